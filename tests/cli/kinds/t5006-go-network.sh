#!/usr/bin/env bash
# go_binary with the real go, from a module proxy whose connection breaks: the
# next try goes on, and what had come whole is not fetched again.
. "$(dirname "$0")/../lib.sh"

FAKE=$ROOT/tests/fake
command -v python3 >/dev/null || skip_all 'no python3'
GO=$(command -v go) || GO=/usr/local/go/bin/go
[ -x "$GO" ] || skip_all 'no go'
mkdir -p spec state/assets www main
cat >env.json <<EOF
{"spec_dir": "$PWD/spec", "state_dir": "$PWD/state",
 "store_dir": "$PWD/store"}
EOF

# publish NAME GO-FILE TEXT MOD: version v1.0.0 of a module, as a proxy has it
publish() {
	python3 - "$@" <<'EOF'
import os, sys, zipfile
name, file, text, mod = sys.argv[1:]
at = f'www/{name}/@v/'
os.makedirs(at)
open(at + 'list', 'w').write('v1.0.0\n')
open(at + 'v1.0.0.info', 'w').write(
    '{"Version":"v1.0.0","Time":"2024-01-01T00:00:00Z"}')
open(at + 'v1.0.0.mod', 'w').write(mod)
with zipfile.ZipFile(at + 'v1.0.0.zip', 'w') as z:
    z.writestr(f'{name}@v1.0.0/go.mod', mod)
    z.writestr(f'{name}@v1.0.0/{file}', text)
    z.writestr(f'{name}@v1.0.0/padding', os.urandom(65536))
EOF
}
publish example.test/b b.go 'package b; func Word() string { return "hello" }' \
	'module example.test/b'
publish example.test/a cmd/hello/main.go 'package main
import "example.test/b"
func main() { println(b.Word()) }' 'module example.test/a
require example.test/b v1.0.0
'
printf 'module x\n\ngo 1.21\n\nrequire (\n\texample.test/a v1.0.0\n\texample.test/b v1.0.0\n)\n' \
	>main/go.mod
(cd main && GOPROXY=file://$OUT/../cwd/www GONOSUMDB='*' GOFLAGS=-mod=mod \
	GOMODCACHE=$PWD/../prepared GOTOOLCHAIN=local "$GO" mod download -modcacherw \
	example.test/a example.test/b) || skip_all 'go cannot read the modules'

mkfifo hold && exec 7<>hold && rm hold
python3 "$FAKE/httpd.py" www --log requests \
	--fault '/example.test/b/@v/v1.0.0.zip=truncate*3' <&7 >port &
SERVER=$!
trap 'kill $SERVER 2>/dev/null; chmod -R u+w "$T_DIR"; rm -rf "$T_DIR"' EXIT
until [ -s port ]; do kill -0 $SERVER || exit 1; done
GOPROXY=http://127.0.0.1:$(cat port)
export GOPROXY GONOSUMDB='*' GOMODCACHE=$PWD/modules GOCACHE=$PWD/gocache

asset() { # asset FILE: lays it down and prints its value
	local sha
	sha=$(sha256sum <"$1" | head -c 64)
	cp "$1" "state/assets/$sha"
	echo "asset:$sha:${1##*/}"
}
MOD=$(asset main/go.mod) SUM=$(asset main/go.sum)
build() { # the answer is in a.json
	echo '{"kind": "go_binary", "op": "create", "name": "hello",
		"config": {"go": "'"$GO"'", "go_mod": "'"$MOD"'",
		"go_sum": "'"$SUM"'", "package": "example.test/a/cmd/hello",
		"env": {"CGO_ENABLED": "0"}}}' |
		timeout 300 python3 "$FAKE/worker.py" "$BIN/opl2-worker" \
			env.json >a.json
	cat a.json
}
is() { jq -e "$1" a.json >/dev/null || { echo "not so: $1"; return 1; }; }
zips() { grep -c "^GET /example.test/$1/@v/v1.0.0.zip" requests; }

test_ok 'a module that breaks off fails the build and is named' '
	build && is ".outcome == \"fail\"" &&
	is "[.diags[] | .text + (.detail // \"\")] | join(\" \") |
		test(\"example.test/b\")" && [ -z "$(find store -name hello)" ]'
a=$(zips a)
test_ok 'the next try ends well' '
	for i in 1 2 3; do build && is ".outcome == \"ok\"" && break; done &&
	is ".outcome == \"ok\"" && [ "$("$(jq -r .attrs.path a.json)" 2>&1)" = hello ]'
test_ok 'what had come whole was fetched once' '
	cat requests && [ "$(zips a)" = '"$a"' ] && [ "$(zips a)" = 1 ] &&
	[ "$(zips b)" -ge 2 ]'
done_testing
