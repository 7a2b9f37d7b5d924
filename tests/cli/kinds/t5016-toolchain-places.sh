#!/usr/bin/env bash
# toolchain: which of its places a program comes from, through the worker, and
# what the plan says of it.
. "$(dirname "$0")/../lib.sh"

FAKE=$ROOT/tests/fake
command -v python3 >/dev/null || skip_all 'no python3'
mkdir -p spec state www/native www/solc/- www/solc/0.8.15 pkg/package bin
cat >env.json <<EOF
{"spec_dir": "$PWD/spec", "state_dir": "$PWD/state",
 "store_dir": "$PWD/store"}
EOF

# The same program twice: a file as it is, and a package.
program() { # program FILE TEXT
	printf '#!/bin/sh\necho %s\n' "$2" >"$1" && chmod +x "$1"
}
program www/native/solc-linux+commit.1 'Version: 0.8.15 native'
program pkg/package/solc 'Version: 0.8.15 package'
tar -C pkg -czf www/solc/-/solc-0.8.15.tgz package
SRI=sha512-$(openssl dgst -sha512 -binary <www/solc/-/solc-0.8.15.tgz |
	base64 -w0)
cat >www/solc/0.8.15/index.json <<EOF
{"name": "solc", "version": "0.8.15", "dist": {
 "tarball": "http://SELF/solc/-/solc-0.8.15.tgz", "integrity": "$SRI"}}
EOF
sum() { sha256sum <"www/native/$1" | head -c 64; }
FILE=native/solc-linux+commit.1
SUM=$(sum solc-linux+commit.1)

# serve [FAULT...]: sets npm_config_registry and URL
serve() {
	local args=() port
	stop_server
	for f in "$@"; do args+=(--fault "$f"); done
	rm -f requests
	mkfifo hold && exec 7<>hold && rm hold
	exec 8< <(exec python3 "$FAKE/httpd.py" www --log requests \
		"${args[@]}" <&7 7>&-)
	SERVER=$!
	read -r port <&8
	URL=http://127.0.0.1:$port
	export npm_config_registry=$URL/
}
SERVER=
stop_server() {
	[ -z "$SERVER" ] || kill $SERVER
	SERVER=
}
trap 'stop_server; rm -rf "$T_DIR"' EXIT

is() { # is JQ-EXPRESSION: true of the answer
	jq -e "$1" out.json >/dev/null || { echo "not so: $1"; return 1; }
}
NPM='{"npm": {"package": "solc", "version": "0.8.15"}, "bin": "solc",
	"note": "JavaScript: minutes instead of seconds"}'
archive() { # archive URL [MORE [SHA256]]
	echo '{"archive": {"url": "'"$1"'", "sha256": "'"${3-$SUM}"'",
		"unpack": false} '"${2-}"'}'
}
take() { # take FROM FALLBACK [MORE-OP]: into a new store
	rm -rf store && : >requests
	echo '{"kind": "toolchain", "op": "create", "config": {
		"program": "solc", "version": "0.8.15", "host": false,
		"from": '"$1"', "fallback": '"$2"'} '"${3-}"'}' |
		timeout 300 python3 "$FAKE/worker.py" "$BIN/opl2-worker" \
			"${ENV:-env.json}" >out.json
	cat out.json
}

serve
test_ok 'the first place that can be reached serves, and no other is asked' '
	take "$(archive "$URL/$FILE")" "[$NPM]" &&
	is ".outcome == \"ok\" and .diags == []" &&
	is ".attrs.origin == \"archive:solc-linux+commit.1\"" &&
	is ".lock == {program: \"solc\", range: \"0.8.15\",
		file: \"solc-linux+commit.1\", sha256: \"$SUM\"}" &&
	[ "$("$(jq -r .attrs.path out.json)")" = "Version: 0.8.15 native" ] &&
	! grep " /solc" requests'
test_ok 'one that cannot be reached is passed over, with a warning' '
	take "$(archive http://127.0.0.1:1/x/$FILE)" "[$NPM]" &&
	is ".outcome == \"ok\" and (.diags | length) == 1" &&
	is ".attrs.origin == \"npm:solc@0.8.15\" and .attrs.found == \"0.8.15\"" &&
	is ".lock.integrity == \"$SRI\" and .lock.sha256 == null" &&
	is ".diags[0].code == \"W0718\" and .diags[0].path == \"/from\"" &&
	is ".diags[0].summary | contains(\"npm:solc@0.8.15 (JavaScript: minutes\")" &&
	is ".diags[0].summary | contains(\"http://127.0.0.1:1/x/$FILE\")" &&
	is ".diags[0].hint | contains(\"\\\"http://127.0.0.1:1/x/native/\\\": \")" &&
	is ".diags[0].hint | contains(\"-replace=toolchain.x\")" &&
	is "any(.progress[]; contains(\"trying npm:solc@0.8.15\"))"'
test_ok 'what was taken is read again without asking anyone' '
	: >requests && jq "{kind: \"toolchain\", op: \"read\", prior: .attrs,
		priv: .priv, config: {program: \"solc\", version: \"0.8.15\"}}" \
		out.json | timeout 300 python3 "$FAKE/worker.py" \
		"$BIN/opl2-worker" env.json >read.json &&
	jq -e ".outcome == \"ok\" and .diags == [] and
		.attrs.origin == \"npm:solc@0.8.15\"" read.json &&
	[ ! -s requests ]'
test_ok 'a mirror of the spec has it' '
	jq ".mirrors = {\"http://127.0.0.1:1/x/\": \"$URL/\"}" env.json \
		>mirrors.json &&
	ENV=mirrors.json take "$(archive http://127.0.0.1:1/x/$FILE)" "[$NPM]" &&
	is ".diags == [] and .attrs.origin == \"archive:solc-linux+commit.1\""'
test_ok 'one that is not for this machine is not asked' '
	take "$(archive "$URL/$FILE" ", \"platforms\": [\"linux-none\"]")" \
		"[$NPM]" && is ".diags == []" &&
	is ".attrs.origin == \"npm:solc@0.8.15\"" && ! grep native requests'
test_ok 'of several, each in its turn' '
	take "$(archive http://127.0.0.1:1/a)" "[$(archive "$URL/none"),
		$(archive "$URL/$FILE?1" ", \"platforms\": [\"linux-none\"]"),
		$(archive "$URL/$FILE"), $NPM]" &&
	is "[.diags[].code] == [\"W0718\"]" && grep "GET /none - 404" requests &&
	is ".attrs.origin == \"archive:solc-linux+commit.1\"" &&
	[ "$(wc -l <requests)" = 2 ]'
test_ok 'a package first, then a file' '
	take "{\"npm\": {\"package\": \"nosuch\", \"version\": \"1.0.0\"}}" \
		"[$(archive "$URL/$FILE")]" && is ".outcome == \"ok\"" &&
	is ".diags[0].code == \"W0718\"" &&
	is ".diags[0].summary | contains(\"nosuch@1.0.0\")"'
printf '\177ELF not for here' >www/native/alien
test_ok 'one that does not run here is passed over, too' '
	take "$(archive "$URL/native/alien" "" "$(sum alien)")" "[$NPM]" &&
	is ".attrs.origin == \"npm:solc@0.8.15\"" &&
	is "[.diags[].code] == [\"W0718\"]"'
program www/native/newer 'Version: 0.8.16'
test_ok 'another version is an error' '
	take "$(archive "$URL/native/newer" "" "$(sum newer)")" "[$NPM]" &&
	is "[.diags[].code] == [\"E0708\"]"'
test_ok 'a run that may not extend opl2.lock takes what it names' '
	jq ".locked = true" env.json >locked.json &&
	ENV=locked.json take "$(archive "$URL/$FILE")" "[$NPM]" \
		", \"lock\": {\"program\": \"solc\", \"range\": \"0.8.15\",
		\"package\": \"solc\", \"version\": \"0.8.15\",
		\"integrity\": \"$SRI\"}" &&
	is ".outcome == \"ok\" and .attrs.origin == \"npm:solc@0.8.15\"" &&
	! grep native requests'
test_ok 'another digest in opl2.lock is an error' '
	take "$(archive "$URL/$FILE")" "[$NPM]" ", \"lock\": {
		\"program\": \"solc\", \"range\": \"0.8.15\",
		\"file\": \"solc-linux+commit.1\", \"sha256\": \"00\"}" &&
	is "[.diags[].code] == [\"E0704\"]"'
test_ok 'when none can be had, what each said is told' '
	take "$(archive http://127.0.0.1:1/a)" "[$(archive "$URL/none")]" &&
	is ".outcome == \"fail\"" &&
	is "[.diags[].code] == [\"E0717\", \"E0801\", \"E0803\"]" &&
	is ".diags[0].hint | contains(\"mirrors:\")"'

serve '/native/*=wrong'
test_ok 'a wrong digest is an error and no reason for another place' '
	take "$(archive "$URL/$FILE")" "[$NPM]" &&
	is ".outcome == \"fail\" and [.diags[].code] == [\"E0703\"]" &&
	! grep " /solc" requests'
test_ok 'nor is a wrong one of a mirror, while the server is away' '
	jq ".mirrors = {\"http://127.0.0.1:1/\": \"$URL/\"}" env.json \
		>mirrors.json &&
	ENV=mirrors.json take "$(archive http://127.0.0.1:1/$FILE)" "[$NPM]" &&
	is ".outcome == \"fail\" and any(.diags[]; .code == \"E0703\")" &&
	! grep " /solc" requests'
# silent: a server that takes connections and says nothing; prints its port
silent() {
	exec python3 -c 'import socket, sys
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
sys.stdin.read()'
}
test_ok 'a server that is silent is soon given up' '
	mkfifo deaf && exec 6<>deaf && exec 5< <(silent <&6 6>&-) &&
	read -r port <&5 && SECONDS=0 &&
	take "$(archive "http://127.0.0.1:$port/$FILE")" "[$NPM]" &&
	is ".attrs.origin == \"npm:solc@0.8.15\"" && [ $SECONDS -lt 60 ]
	rc=$?; exec 5<&- 6>&-; return $rc'
serve '/native/*=slow'
test_ok 'an interrupt is no reason for another place' '
	take "$(archive "$URL/$FILE")" "[$NPM]" \
		", \"cancel_on\": \"downloading\"" &&
	is ".outcome == \"cancelled\"" && ! grep " /solc" requests'

spec_of() { # spec_of FIELDS: a toolchain with them
	cat >opl2.yaml <<-Y
	opl2: 1
	name: t
	resources:
	  toolchain:
	    t:
	      program: solc
	      version: "0.8.15"
	      host: false
	      $1
	Y
}
HERE="linux-$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')"
A='archive: { url: "https://files.invalid/solc-1", sha256: '$SUM' }'
N='npm: { package: solc, version: 0.8.15 }, note: "slow"'
test_ok 'the plan says which it will be, and which else' '
	spec_of "from: { platforms: [$HERE], $A }
      fallback: [{ $N }]" && run 0 opl2 plan &&
	out_has "from archive:solc-1" &&
	out_has "if that cannot be reached: npm:solc@0.8.15 (slow)"'
test_ok 'and why not the first' '
	spec_of "from: { platforms: [linux-none], $A }
      fallback: [{ $N }]" && run 0 opl2 plan &&
	out_has "from npm:solc@0.8.15 (slow)" &&
	out_has "archive:solc-1 has nothing for $HERE"'
test_ok 'a machine that none of them serves is told before anything is done' '
	spec_of "from: { platforms: [linux-none], $A }" &&
	run 10 opl2 plan && err_has E0719 && err_has "opl2.yaml:9:"'
test_ok 'a script of a fallback needs its node' '
	touch x.js && spec_of "from: { $A }
      fallback: [{ $N, script: \"asset:x.js\" }]" &&
	run 3 opl2 validate && err_has E0714 && err_has "opl2.yaml:10:"'
done_testing
