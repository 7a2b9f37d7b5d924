#!/usr/bin/env bash
# go_binary through the worker, with a go that is a script: turns, the store,
# and what is shown of a failure.
. "$(dirname "$0")/../lib.sh"

FAKE=$ROOT/tests/fake
command -v python3 >/dev/null || skip_all 'no python3'
mkdir spec state state/assets bin
cat >env.json <<EOF
{"spec_dir": "$PWD/spec", "state_dir": "$PWD/state",
 "store_dir": "$PWD/store"}
EOF

# `go env` tells a version; `go build` notes what it is given, then does what
# the file `action` says.
cat >bin/go <<EOF
#!/bin/bash
HERE=$PWD
EOF
cat >>bin/go <<'EOF'
if [ "$1" = env ]; then
	echo '{"GOVERSION": "go1.99.1", "GOOS": "linux", "GOARCH": "'${GOARCH:-amd64}'"}'
	exit
fi
if [ "$1 $2" = 'mod download' ]; then
	[ ! -e "$HERE/adds" ] || echo "$4 h1:new" >>go.sum
	[ -d "$HERE/cache/$4" ] || {
		echo '{"Error": "unknown revision"}'
		exit 1
	}
	echo '{"Dir": "'"$HERE/cache/$4"'"}'
	exit
fi
if [ "$1 $2" = 'mod edit' ]; then
	echo "$3" >>go.mod
	exit
fi
cat overlay.json overlay/* optimism/file >"$HERE/seen" 2>/dev/null
echo "$* GOFLAGS=$GOFLAGS $CGO_ENABLED $(cat go.mod) $(cat go.sum)" >>"$HERE/builds"
package=${!#}
. "$HERE/action"
echo 'go: downloading example.test/dep v1.0.0' >&2
echo example.test/dep >&2
while [ $# -gt 1 ]; do
	[ "$1" = -o ] && echo "program $package" >"$2" && chmod +x "$2"
	shift
done
EOF
chmod +x bin/go
: >action

asset() { # asset TEXT: lays it down and prints its value
	local sha
	sha=$(printf %s "$1" | sha256sum | head -c 64)
	printf %s "$1" >"state/assets/$sha"
	echo "asset:$sha:file"
}
MOD=$(asset 'module x') SUM=$(asset 'sums')

build() { # build NAME PACKAGE [MORE-CONFIG]: the answer is in NAME.json
	echo '{"kind": "go_binary", "op": "create", "name": "'"$1"'",
		"config": {"go": "'"$PWD"'/bin/go", "go_mod": "'"$MOD"'",
		"go_sum": "'"$SUM"'", "package": "'"$2"'"'"${3-}"'}}' |
		timeout 300 python3 "$FAKE/worker.py" "$BIN/opl2-worker" \
			env.json >"$1.json"
	cat "$1.json"
}
is() { # is NAME JQ-EXPRESSION
	jq -e "$2" "$1.json" >/dev/null || { echo "not so: $2"; return 1; }
}

test_ok 'a build is named by its package and kept in the store' '
	build a example.test/m/op-node/cmd && is a ".outcome == \"ok\"" &&
	path=$(jq -r .attrs.path a.json) && [ "${path##*/}" = op-node ] &&
	[ "$(cat "$path")" = "program example.test/m/op-node/cmd" ] &&
	is a ".attrs.go_version == \"go1.99.1\"" &&
	is a ".attrs.digest == \"sha256:$(sha256sum <"$path" | head -c 64)\"" &&
	has builds "GOFLAGS=-mod=readonly" && has builds "module x sums"
'
test_ok 'the same inputs are not built again' '
	rm builds && build a example.test/m/op-node/cmd &&
	is a ".outcome == \"ok\"" && [ ! -e builds ]
'
test_ok 'reading it starts no program' '
	mv bin/go bin/gone && jq "{kind: \"go_binary\", op: \"read\",
		prior: .attrs, priv: .priv}" a.json |
		python3 "$FAKE/worker.py" "$BIN/opl2-worker" env.json \
		>read.json && mv bin/gone bin/go &&
	is read ".outcome == \"ok\""
'
test_ok 'a program that was tampered with is built again' '
	path=$(jq -r .attrs.path a.json) && echo more >>"$path" &&
	jq "{kind: \"go_binary\", op: \"read\", prior: .attrs,
		priv: .priv}" a.json |
		python3 "$FAKE/worker.py" "$BIN/opl2-worker" env.json \
		>read.json && is read ".outcome == \"gone\"" &&
	build a example.test/m/op-node/cmd && ! grep more "$path"
'
test_ok 'flags and environment are inputs, too' '
	rm -f builds && build b example.test/m/op-node/cmd \
		", \"trimpath\": true, \"tags\": [\"x\", \"y\"],
		\"ldflags\": \"-s -w\", \"gcflags\": \"all=-dwarf=false\", \"goarch\": \"mips\",
		\"env\": {\"CGO_ENABLED\": \"0\"}" &&
	is b ".outcome == \"ok\"" &&
	[ "$(jq -r .attrs.path a.json)" != "$(jq -r .attrs.path b.json)" ] &&
	has builds "-trimpath -tags=x,y -gcflags=all=-dwarf=false -ldflags=-s -w example.test" &&
	has builds "GOFLAGS=-mod=readonly 0 module x"
'
LINKED=', "modules": {"optimism": "example.test/big"},
	"overlay": {"optimism/a/missing.zip": "'$(asset 'the file')'"}'
test_ok 'a module is linked and overlaid after go has checked it' '
	mkdir -p cache/example.test/big && echo theirs >cache/example.test/big/file &&
	rm -f builds && build d example.test/m/linked "$LINKED" &&
	is d ".outcome == \"ok\"" && has builds "-overlay=overlay.json" &&
	has builds "module x-replace=example.test/big=./optimism" &&
	has builds " sums" && has seen "theirs" && has seen "the file" &&
	has seen "optimism/a/missing.zip"
'
test_ok 'another overlay is another program' '
	build e example.test/m/linked ", \"modules\": {\"optimism\":
		\"example.test/big\"}, \"overlay\": {\"optimism/a/missing.zip\":
		\"$(asset "another file")\"}" && is e ".outcome == \"ok\"" &&
	[ "$(jq -r .attrs.path d.json)" != "$(jq -r .attrs.path e.json)" ]
'
test_ok 'a module that cannot be had is named' '
	rm builds && build f example.test/m/x ", \"modules\": {\"o\":
		\"example.test/none\"}" && is f ".outcome == \"fail\"" &&
	is f ".diags[0].code == \"E0710\"" &&
	is f ".diags[0].summary | contains(\"unknown revision\")" &&
	[ ! -e builds ]
'
test_ok 'a checksum that go.sum does not have is not taken' '
	: >adds && build g example.test/m/y "$LINKED" &&
	is g ".outcome == \"fail\"" && rm adds &&
	is g ".diags[0].summary | contains(\"go.sum does not have it\")" &&
	[ ! -e builds ]
'
test_ok 'a failure shows what go said, without its chatter' '
	echo "echo \"# example.test/m\" >&2; echo example.test/ok >&2
	echo \"m.go:7: undefined: f\" >&2; exit 1" >action &&
	build c example.test/m/bad && is c ".outcome == \"fail\"" &&
	is c ".diags[0].code == \"E0710\"" &&
	is c ".diags[0].detail | contains(\"undefined: f\")" &&
	is c ".diags[0].detail | contains(\"example.test/ok\") | not" &&
	has state/logs/go_binary.c.log "example.test/ok" &&
	[ "$(ls store/tmp)" = "" ]
'
test_ok 'a known cause has a hint of its own' '
	echo "echo \"m.go:1: missing go.sum entry for module\" >&2; exit 1" \
		>action && build c example.test/m/bad &&
	is c ".diags[0].hint | contains(\"go mod tidy\")"
'
# What is worked on is told, not what go printed last; it goes on when it is.
test_ok 'progress is what go does now' '
	cat >action <<-"END" &&
	says() { # says LINE [TOLD]
		echo "$1" >&2
		read -rt 0.4 _ <>"$HERE/pace"
		until grep -qF "${2-}" "$HERE/told"; do read -rt 0.1 _ <>"$HERE/pace"; done
	}
	says "go: downloading example.test/dep v1.0.0" "downloading modules of said, 1 so far"
	says example.test/dep "compiling said, 1 packages so far"
	says "# example.test/dep: a warning"
	says "$package" "linking said"
	says "the last line"
	END
	mkfifo pace && export TOLD=$PWD/told && : >told && build said example.test/m/said &&
	is said ".outcome == \"ok\"" &&
	is said ".progress | (index(\"downloading modules of said, 1 so far\") <
		index(\"compiling said, 1 packages so far\")) and
		(index(\"compiling said, 1 packages so far\") <
		index(\"linking said\"))" &&
	is said "all(.progress[]; test(\"last line|warning\") | not)"
'
# The first holds the turn until all are in the queue; no two at a time.
test_ok 'programs of a module take turns, the heaviest first' '
	rm -f builds && cat >action <<-"END" &&
	mkdir "$HERE/busy" || echo two at a time >>"$HERE/builds"
	case $package in
	*first) while [ "$(ls "$HERE"/store/lock/*.queue | grep -c -)" -lt 3 ]
		do read -rt 0.05 _ <>"$HERE/fifo"; done ;;
	esac
	rmdir "$HERE/busy"
	END
	mkfifo fifo && { build first example.test/m/first >/dev/null & } &&
	until [ -s builds ]; do read -rt 0.05 _ <>fifo; done
	build light example.test/m/light ", \"weight\": 1" >/dev/null &
	build heavy example.test/m/heavy ", \"weight\": 80" >/dev/null &
	build middle example.test/m/middle ", \"weight\": 30" >/dev/null &
	wait
	sed "s/.*example.test.m.\([a-z]*\).*/\1/" builds | tr "\n" " " \
		>order && cat order first.json &&
	[ "$(cat order)" = "first heavy middle light " ]
'
done_testing
