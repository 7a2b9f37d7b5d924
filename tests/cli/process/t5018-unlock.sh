#!/bin/bash
# What the supervisor tells the helper that opens a keystore: a helper that
# writes down what it was sent.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-sup.sh"

mkdir helpers
cat >helpers/opl2-worker <<'P'
#!/usr/bin/env python3
import json, os, socket, struct, sys
sock = socket.socket(fileno=0)
def recv(n):
    data = b""
    while len(data) < n:
        data += sock.recv(n - len(data))
    return data
ask = json.loads(recv(struct.unpack(">I", recv(4))[0]))
with open(os.environ["HOME"] + "/asked", "a") as f:
    print(json.dumps(ask["secrets"], sort_keys=True), file=f)
text = json.dumps({"body": "11" * 32}).encode()
sock.sendall(struct.pack(">I", len(text)) + text)
P
chmod +x helpers/opl2-worker
ln -s "$BIN/opl2-supervise" helpers/
export HOME=$PWD OPL2_LIBEXEC=$PWD/helpers

key() { # key NAME PASSWORD: a process with a key from a keystore
	put "$1" "{\"command\": [\"/bin/sleep\", \"1000\"],
	  \"log\": {\"path\": \"$D/logs/$1.log\"},
	  \"env\": {\"OTHER\": {\"\$secret\": [{\"env\": \"OTHER\"}]},
	    \"KEY\": {\"\$secret\": [{\"keystore\": \"/k/$1\", \"password\": $2}]}}}"
}
secrets='{"secrets": {"env:PASS": "word", "env:OTHER": "key", "var:v": "value"}}'

opl2-supervise --dir="$D"
test_ok 'a helper gets the password of its keystore and no other secret' '
	key a "{\"env\": \"PASS\"}" && sup secrets "$secrets" >/dev/null &&
	sup start "{\"names\": [\"a\"]}" >/dev/null && until_true 50 is a .state "\"ready\"" &&
	[ "$(cat asked)" = "{\"env:PASS\": \"word\"}" ] &&
	tr "\0" "\n" <"/proc/$(program a)/environ" >env && grep -qx OTHER=key env &&
	grep -q ^KEY=1111 env'
test_ok '... a variable is none of the environment' '
	: >asked && key b "{\"var\": \"v\"}" &&
	sup start "{\"names\": [\"b\"]}" >/dev/null && until_true 50 is b .state "\"ready\"" &&
	[ "$(cat asked)" = "{\"var:v\": \"value\"}" ]'
test_ok '... and of a file nothing is sent' '
	: >asked && key c "{\"file\": \"/k/password\"}" &&
	sup start "{\"names\": [\"c\"]}" >/dev/null && until_true 50 is c .state "\"ready\"" &&
	[ "$(cat asked)" = "{}" ]'
done_testing
