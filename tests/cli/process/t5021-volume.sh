#!/bin/bash
# opl2-supervise --volume: databases are read and written over HTTP by who has
# the token.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-sup.sh"

LISTEN=$(python3 "$HERE/rpc_server.py" --free-port)
url=http://127.0.0.1:$LISTEN
V=$T_DIR/volume
end_pod() {
	pkill -KILL -f "$T_DIR/" 2>/dev/null
	rm -rf "$T_DIR"
}
trap end_pod EXIT
sup() { echo "no supervisor of a chain is asked here" >&2; }

mkdir -p "$V/op-geth/geth" "$D"
printf 70ce2 >"$D/token"
(setsid opl2-supervise --volume="$V" --dir="$D" --listen="$LISTEN" --token="$D/token" >out 2>err
	echo $? >status) &

call() { # call STATUS OP JSON [FILE]: the reply is in reply
	{ printf '%s\n' "$3" && [ -z "${4:-}" ] || cat "$4"; } >body
	[ "$(curl -s -m 30 -o reply -w '%{http_code}' -H "x-opl2-token: ${TOKEN-70ce2}" --data-binary @body "$url/volume/$2")" = "$1" ]
}
says() { jq -Rre 'fromjson.error' reply | grep -qF -- "$1"; }
piece() { # piece PATH SIZE AT FILE [SUM]: the line of a write
	printf '{"path": "%s", "size": %d, "mtime": 1700000000000000005, "mode": 416, "at": %d, "sum": "%s"}' \
		"$1" "$2" "$3" "${5:-$(sha256sum "$4" | cut -d' ' -f1)}"
}
write() { call 200 write "$(piece "$1" "$2" "$3" "$4")" "$4"; }

head -c 4194304 /dev/urandom >one
head -c 777 /dev/urandom >two
cat one two >whole

test_ok 'it is ready without a process' '
	until_true 100 curl -sf "$url/ready" && [ "$(curl -s "$url/status" | jq -c .processes)" = "[]" ]'
test_ok 'a file comes in pieces, and is there when it is whole' '
	write op-geth/geth/000001.sst 4195081 0 one && [ ! -e "$V/op-geth/geth/000001.sst" ] &&
	write op-geth/geth/000001.sst 4195081 4194304 two && cmp whole "$V/op-geth/geth/000001.sst" &&
	[ "$(stat -c "%a %Y" "$V/op-geth/geth/000001.sst")" = "640 1700000000" ]'
test_ok 'a piece whose answer was lost may come again' '
	write op-geth/geth/000001.sst 4195081 4194304 two && cmp whole "$V/op-geth/geth/000001.sst" &&
	[ "$(find "$V" -type f | wc -l)" = 1 ]'
test_ok 'a list says how large and how old files are, and nothing of opl2s own' '
	touch "$V/op-geth/opl2-prepared" "$V/op-geth/PREPARE.json" && mkfifo "$V/op-geth/geth.ipc" &&
	call 200 list "{\"folders\": [\"op-geth\", \"none\"]}" &&
	jq -e ".files == { \"op-geth/geth/000001.sst\": [4195081, 1700000000000000005, 416] }" reply'
test_ok 'it is read in pieces' '
	call 200 read "{\"path\": \"op-geth/geth/000001.sst\", \"at\": 4194304, \"n\": 4194304}" &&
	head -n 1 reply | jq -e ".sum == \"$(sha256sum two | cut -d" " -f1)\"" && tail -n +2 reply | cmp - two'
test_ok 'what did not arrive intact is not written' '
	call 409 write "$(piece op-geth/x 777 0 two "$(sha256sum one | cut -d" " -f1)")" two && says "did not arrive intact" &&
	[ ! -e "$V/op-geth/x" ] && [ ! -e "$V/op-geth/x.opl2-part" ]'
for path in ../leak /etc/leak op-geth/../../leak '' op-geth//x; do
	test_ok "no way out of the volume: '$path'" '
		call 409 write "$(piece "$path" 777 0 two)" two && says "is not a path in a volume" &&
		call 409 read "{\"path\": \"$path\", \"at\": 0, \"n\": 9}" && call 409 remove "{\"path\": \"$path\"}" &&
		[ ! -e "$T_DIR/leak" ]'
done
test_ok 'a link does not lead out when a file is written' '
	ln -s "$T_DIR/leak" "$V/op-geth/link.opl2-part" && call 409 write "$(piece op-geth/link 777 0 two)" two && [ ! -e "$T_DIR/leak" ]'
test_ok 'a file goes, and all is written to disk' '
	call 200 remove "{\"path\": \"op-geth/geth/000001.sst\"}" && [ ! -e "$V/op-geth/geth/000001.sst" ] &&
	call 200 remove "{\"path\": \"op-geth/geth/000001.sst\"}" && call 200 sync "{}"'
test_ok 'without the token nothing is told or done' '
	: >"$V/op-geth/keep" && TOKEN=70ce3 call 401 list "{\"folders\": [\"op-geth\"]}" && [ ! -s reply ] &&
	TOKEN= call 401 remove "{\"path\": \"op-geth/keep\"}" && [ -e "$V/op-geth/keep" ] && call 200 list "{\"folders\": []}"'
test_ok 'what it does not know' '
	call 409 format "{}" && says "does not take the request" && call 409 list "no JSON" && says "" &&
	[ "$(curl -s -o /dev/null -w "%{http_code}" "$url/volume/list")" = 404 ] &&
	[ "$(curl -s -o /dev/null -w "%{http_code}" -d "{}" "$url/call")" = 404 ]'
test_ok 'it ends when it is told to' '
	kill -TERM "$(pgrep -of "^opl2-supervise --volume=$V")" && until_true 100 test -s status && [ "$(cat status)" = 0 ]'
done_testing
