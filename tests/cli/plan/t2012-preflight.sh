#!/usr/bin/env bash
# What this machine lacks for a plan is said in one go, before anything is
# done: programs, settings of clients, ports, disk space.
. "$(dirname "$0")/../lib.sh"

command -v python3 jq >/dev/null || skip_all 'no python3 or jq'
mkdir bin lone
export T_DIR
for t in bash cat rm grep; do ln -s "$(command -v $t)" bin/$t; done
# Programs whose build knew no client; tests with other programs name both.
cp "$BIN"/opl2* lone
LISTENERS=
end_listeners() {
	# shellcheck disable=SC2086
	[ -z "$LISTENERS" ] || kill $LISTENERS
	LISTENERS=
}
end_all() {
	end_listeners
	(cd "$T_DIR/cwd" && opl2 stop -force && opl2 destroy -auto-approve)
	rm -rf "$T_DIR"
} >/dev/null 2>&1
trap end_all EXIT
listen() { # listen ADDRESS [PORT]: sets PORT
	exec 8< <(exec python3 -c '
import socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
s = socket.socket(family)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((sys.argv[1], int(sys.argv[2])))
s.listen()
print(s.getsockname()[1], flush=True)
while True:
    s.accept()
' "$1" "${2:-0}")
	LISTENERS="$LISTENERS $!"
	read -r PORT <&8
}
lone() ( # lone COMMAND...: no npm, no go, and none when opl2 was built
	export PATH=$T_DIR/cwd/lone:$T_DIR/cwd/bin "OPL2_LIBEXEC=$T_DIR/cwd/lone"
	"$@"
)
nothing_made() { [ "$(opl2 state list)" = "" ]; }
fake() { # fake PROGRAM TEXT
	rm -f "$T_DIR/cwd/bin/$1"
	printf '#!/bin/bash\necho "%s"\n' "$2" >"$T_DIR/cwd/bin/$1"
	chmod +x "$T_DIR/cwd/bin/$1"
}

# --- programs ---

spec <<'Y'
resources:
  null:
    first: { triggers: { a: "1" } }
  toolchain:
    bash: { program: bash, version: ">=4" }
    git: { program: git, version: ">=2" }
    jq: { program: jq, version: ">=1.5" }
    other: { program: jq, version: ">=1.7" }
    make: { program: make, version: ">=3" }
    forge: { program: forge, version: "1" }
Y
test_ok 'all missing programs are told by plan, with one line to install them' '
	lone run 10 opl2 plan && out_has "cache: 6 to build" &&
	err_has "no usable '"'forge', 'git', 'jq' and 'make'"'" &&
	grep -q "hint: .*apt-get install git jq make\$" "$OUT/stderr" &&
	[ "$(grep -c E0439 "$OUT/stderr")" = 1 ] &&
	err_has "toolchain.jq: '"'jq' is not in PATH, need '>=1.5'"'" &&
	err_has "toolchain.other: "
'
test_ok 'apply refuses before its first effect' '
	lone run 10 opl2 apply -auto-approve && err_has E0439 && nothing_made
'
test_ok 'a saved plan is looked at again, too' '
	lone run 10 opl2 plan -out=p && lone run 10 opl2 apply p &&
	err_has E0439 && nothing_made
'
test_ok 'programs get it as one diagnostic' '
	lone run 10 opl2 plan -json && grep E0439 "$OUT/stdout" |
	jq -e "[.. | .hint? // empty] | any(endswith(\"git jq make\"))"
'
test_ok 'one of a wrong version is not installed by its name' '
	fake jq jq-1.4 && fake git "git version 2.1" &&
	lone run 10 opl2 plan -target=toolchain.jq -target=toolchain.git &&
	err_has "bin/jq'"'"' is version 1.4, need" &&
	lacks "$OUT/stderr" apt-get && lacks "$OUT/stderr" git
'
test_ok 'what is not planned is not asked for' '
	lone run 0 opl2 plan -target=toolchain.bash && lacks "$OUT/stderr" E0439
'
spec <<'Y'
resources:
  build:
    b:
      source: /
      source_digest: x
      steps: [[nosuch-tool, x], [/bin/true]]
      outputs: { a: a }
  process:
    p: { command: [no-such-program] }
Y
test_ok 'programs of processes and of the steps of builds are of the kind' '
	run 10 opl2 plan && err_has "'"'no-such-program' and 'nosuch-tool'"'" ||
	err_has "'"'nosuch-tool' and 'no-such-program'"'"
'

# --- settings ---

rm -f bin/jq bin/git
spec <<'Y'
resources:
  npm_package:
    a: { package: a, version: 1.0.0 }
    b: { package: b, version: 1.0.0 }
  toolchain:
    c: { program: c, version: "1", from: { npm: { package: c, version: 1.0.0 } } }
    jq: { program: jq, version: ">=1.5" }
Y
test_ok 'without a registry the line that is missing is named, once' '
	lone run 10 opl2 plan && [ "$(grep -c E0701 "$OUT/stderr")" = 1 ] &&
	grep -q "E0701.*@1.0.0. and 2 more cannot" "$OUT/stderr" &&
	err_has "add the line '"'registry=URL' to $HOME/.npmrc"'" &&
	grep -q "hint: .*apt-get install .*npm" "$OUT/stderr" &&
	[ "$(grep -c "apt-get install" "$OUT/stderr")" = 1 ]
'
test_ok 'that line is enough' '
	echo "registry=http://127.0.0.1:1/" >"$HOME/.npmrc" &&
	lone run 10 opl2 plan && lacks "$OUT/stderr" E0701; rc=$?
	rm "$HOME/.npmrc"; return $rc
'
test_ok 'so is what npm said when opl2 was built' '
	echo "NPM_REGISTRY=http://127.0.0.1:1/" >lone/clients.env &&
	lone run 10 opl2 plan && lacks "$OUT/stderr" E0701; rc=$?
	rm lone/clients.env; return $rc
'
test_ok 'and what an npm says that is there' '
	fake npm http://127.0.0.1:1/ && lone run 10 opl2 plan &&
	lacks "$OUT/stderr" E0701; rc=$?; rm bin/npm; return $rc
'
test_ok 'the build has written down what the clients say' '
	[ -s "$BIN/clients.env" ] && ! grep -q @ "$BIN/clients.env" &&
	if command -v npm; then grep -q "^NPM_REGISTRY=http" "$BIN/clients.env"
	fi && if command -v go; then grep -q "^GOPROXY=." "$BIN/clients.env"; fi
'

# A mount namespace, for a disk that is small and a Go that is away.
in_namespace() { unshare -m bash -c "$1"; }
mounts() { in_namespace 'mount -t tmpfs -o size=4m none /mnt' 2>/dev/null; }
spec <<'Y'
resources:
  toolchain:
    go: { program: go, version: ">=1.26", from: { go: { version: 1.26.8 } } }
Y
if mounts; then
	test_ok 'Go is told its own lines' '
		in_namespace "[ ! -d /usr/local/go ] ||
			mount -t tmpfs none /usr/local/go
			$(declare -f lone run); lone run 10 opl2 plan" &&
		err_has "no Go module proxy is configured" &&
		err_has "no Go checksum database is configured" &&
		err_has "'"'GOPROXY=URL' to $HOME/.config/go/env"'" &&
		grep -q "apt-get install golang-go" "$OUT/stderr"
	'
	test_ok 'and what it said when opl2 was built will do' '
		printf "%s\n" GOPROXY=http://127.0.0.1:1 GOSUMDB=x \
			>lone/clients.env &&
		in_namespace "[ ! -d /usr/local/go ] ||
			mount -t tmpfs none /usr/local/go
			$(declare -f lone run); lone run 0 opl2 plan"; rc=$?
		rm -f lone/clients.env; return $rc
	'
fi

# --- ports ---

ports() { # ports PORT ARGS
	spec <<-Y
	resources:
	  null:
	    first: { triggers: { a: "1" } }
	  process:
	    p:
	      command: [python3, $ROOT/tests/cli/rpc_server.py, port, calls]
	      args: { $2 }
	      ports: { http: $1 }
	      depends_on: [null.first]
	Y
}
listen 127.0.0.1
ports "$PORT" 'http.addr: 127.0.0.1, http.port: "${self.ports.http}"'
test_ok 'a port that is taken is a warning of plan, with its holder' '
	run 0 opl2 plan && err_has "warning[W0466]: port $PORT (http)" &&
	grep -q "pid [0-9]* (python3) uses it" "$OUT/stderr"
'
test_ok 'apply refuses it before its first effect' '
	run 10 opl2 apply -auto-approve && err_has "error[E0466]: port $PORT" &&
	nothing_made
'
test_ok 'so it does a saved plan' '
	run 0 opl2 plan -out=p && run 10 opl2 apply p && err_has E0466 &&
	nothing_made
'
test_ok 'a program that says no address listens on all' '
	ports "$PORT" "" && run 0 opl2 plan && err_has W0466
'
for how in 'http.addr: 127.0.0.2, http.port: "${self.ports.http}"' \
	'listen: "127.0.0.2:${self.ports.http}"' \
	'host: 127.0.0.2, port: "${self.ports.http}"' \
	'listen: "[::1]:${self.ports.http}"'; do
	ports "$PORT" "$how"
	test_ok "another address is free: ${how%%,*}" '
		run 0 opl2 plan && lacks "$OUT/stderr" W0466
	'
done
ports "$PORT" 'listen: "0.0.0.0:${self.ports.http}"'
test_ok 'all addresses meet one' 'run 0 opl2 plan && err_has W0466'
end_listeners
listen 0.0.0.0
ports "$PORT" 'listen: "127.0.0.1:${self.ports.http}"'
test_ok 'and one meets all' 'run 0 opl2 plan && err_has W0466'
end_listeners
if listen :: && [ -n "$PORT" ]; then
	ports "$PORT" 'listen: "127.0.0.1:${self.ports.http}"'
	test_ok 'all of both families as well' 'run 0 opl2 plan && err_has W0466'
fi
end_listeners

# --- one port, twice in a spec ---

twice() { # twice ARGS ARGS: of two processes with one port
	spec <<-Y
	resources:
	  process:
	    a: { command: [sleep], args: { $1 }, ports: { http: 7001 } }
	    b: { command: [sleep], args: { $2 }, ports: { rpc: 7001 } }
	Y
}
a1='http.addr: 127.0.0.1, http.port: "${self.ports.http}"'
for b in 'rpc.addr: 127.0.0.2, rpc.port: "${self.ports.rpc}"' 'listen: "10.0.0.5:${self.ports.rpc}"' \
	'listen: "[::1]:7001"' 'host: 127.0.0.2, port: 7001'; do
	twice "$a1" "$b"
	test_ok "other addresses are other ports: $b" 'run 0 opl2 validate'
done
for b in '' 'rpc.addr: 127.0.0.1, rpc.port: 7001' 'rpc.addr: 0.0.0.0, rpc.port: "${self.ports.rpc}"' \
	'listen: ":7001"' 'listen: "[::]:7001"' 'rpc.addr: localhost, rpc.port: 7001'; do
	twice "$a1" "$b"
	test_ok "the same address is the same port: $b" 'run 3 opl2 validate && err_has E0220 && err_has 7001'
done

# A port that is taken between the question and its answer.
cat >late.py <<'P'
import os, pty, socket, sys
pid, fd = pty.fork()
if pid == 0:
    os.execlp('opl2', 'opl2', 'apply')
seen, s = b'', socket.socket()
while True:
    try:
        more = os.read(fd, 4096)
    except OSError:
        break
    seen += more
    if b"Type 'yes'" in seen and s.fileno() >= 0 and not s.getsockname()[1]:
        s.bind(('127.0.0.1', int(sys.argv[1])))
        s.listen()
        os.write(fd, b'yes\n')
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
P
python3 "$ROOT/tests/cli/rpc_server.py" --free-port >port
ports "$(cat port)" ''
test_ok 'apply looks again after the answer to its question' '
	run 10 python3 late.py "$(cat port)" &&
	out_has "Do you want to perform these actions?" && out_has "E0466" && nothing_made
'
own() { # own TRIGGER
	spec <<-Y
	resources:
	  process:
	    p:
	      command: [python3, $ROOT/tests/cli/rpc_server.py, $PWD/port, $PWD/calls]
	      triggers: { a: "$1" }
	      ports: { http: $(cat port) }
	      ready:
	        - tcp: { port: $(cat port) }
	Y
}
own 1
test_ok 'a port that a process of the chain holds is no matter' '
	run 0 opl2 apply -auto-approve && own 2 && run 0 opl2 plan &&
	out_has "process.p" && lacks "$OUT/stderr" W0466 &&
	run 0 opl2 apply -auto-approve
'

# --- disk ---

if mounts; then
	mkdir small
	small() { # small COMMAND: with a disk of 4 MiB at small
		in_namespace "mount -t tmpfs -o size=4m none small
			$(declare -f run); $1"
	}
	echo "registry=http://127.0.0.1:1/" >"$HOME/.npmrc"
	spec <<-'Y'
	resources:
	  npm_package:
	    a: { package: a, version: 1.0.0 }
	    b: { package: b, version: 1.0.0 }
	Y
	test_ok 'a store without room for what is fetched' '
		small "XDG_CACHE_HOME=$PWD/small run 10 opl2 plan" &&
		err_has "4 MiB free, and this takes at least 100 MiB" &&
		small "XDG_CACHE_HOME=$PWD/small run 10 opl2 apply -auto-approve" &&
		err_has "error[E0467]"
	'
	test_ok 'is no matter where there is some' '
		run 0 opl2 plan && lacks "$OUT/stderr" E0467
	'
	spec <<-'Y'
	resources:
	  datadir:
	    d: { key: "01234567", program: /bin/true, genesis: g, genesis_sha256: x }
	Y
	test_ok 'a folder without room for a database' '
		small "cp opl2.yaml small; cd small; run 10 opl2 plan" &&
		err_has "at least 512 MiB"
	'
fi
done_testing
