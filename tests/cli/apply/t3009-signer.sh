#!/bin/bash
# Keys at a remote signer: the plan, what programs get, and what they cannot
# get. What a signer answers wrongly is in tests/unit/providers/clients/keys/test_signer.c.
. "$(dirname "$0")/../lib.sh"

command -v python3 >/dev/null || skip_all 'no python3'
# The first account of anvil.
key=ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80
address=0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266

tail -f /dev/null | (cd "$T_DIR" && exec python3 "$ROOT/tests/fake/signer.py" $key --log log) >"$T_DIR/port" &
trap 'kill $(jobs -p); rm -rf "$T_DIR"' EXIT
written "$T_DIR/port" $! || exit 1
url=http://127.0.0.1:$(cat "$T_DIR/port")

world() { # world NAME SIGNER-FIELDS ENV-FIELDS
	fresh "$1" && spec <<Y
resources:
  key:
    k: { source: { signer: { address: "$address", $2 } } }
    other: { source: { generate: true } }
  process:
    p:
      command: [sh, -c, 'env | grep ^OP_ | sort >got; exec sleep 300']
      dir: .
      env: { $3 }
Y
}
preset='OP_PRIVATE_KEY: "${key.k.local_key}", OP_ENDPOINT: "${key.k.signer.url}"'
preset+=', OP_ADDRESS: "${key.k.signer.address}", OP_TLS: "${key.k.signer.tls}"'
preset+=', OP_CA: "${key.k.signer.tls_ca}"'
ends() { opl2 destroy -auto-approve >/dev/null || [ $? -eq 13 ]; }

test_ok 'a program gets the signer, and no key' '
	world plain "url: \"$url\"" "$preset" && run 0 opl2 plan &&
	run 0 opl2 apply -auto-approve && until_true 100 test -s got && cat got && [ "$(cat got)" = "OP_ADDRESS=$address
OP_CA=
OP_ENDPOINT=$url
OP_TLS=false" ] && has "$T_DIR/log" health_status &&
	run 0 opl2 plan -detailed-exitcode && run 13 opl2 destroy -auto-approve &&
	out_has "its key is at the signer $url"'

test_ok 'with another source it gets the key, and no signer' '
	world local "url: \"$url\"" "$(echo "$preset" | sed s/key.k/key.other/g)" &&
	run 0 opl2 apply -auto-approve && until_true 100 test -s got &&
	[ "$(cat got)" = "OP_PRIVATE_KEY=$(cat .opl2/keys/key.other)" ] && ends'

test_fails 3 'a program that wants the key itself' '
	world wants "url: \"$url\"" "OP_NODE_KEY: \"\${key.k.private_key}\"" && opl2 plan' \
	'err_has E0894 && err_has "OP_NODE_KEY needs the key itself"'
test_fails 3 'TLS with one file only' '
	world one "url: \"$url\", tls_ca: ca" "" && opl2 plan' 'err_has E0823'
test_fails 3 'a signer without an address' '
	fresh no && spec <<Y && opl2 plan
resources: { key: { k: { source: { signer: { url: "$url" } } } } }
Y
' 'err_has address'
test_fails 1 'nobody is there: apply says so before anything is sent' '
	world gone "url: \"http://127.0.0.1:1\"" "$preset" && opl2 apply -auto-approve' \
	'err_has E0895 && [ ! -e got ]'
test_ok 'the preset refuses a signer for the sequencer, whose key op-node needs' '
	fresh preset && spec <<Y && run 3 opl2 plan &&
use: devnet
with: { roles: { sequencer: { signer: { url: "$url", address: "$address" } } } }
Y
	err_has "OP_NODE_P2P_SEQUENCER_KEY needs the key itself"'

# TLS with certificates on both sides.
tls() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout ca.key -out ca.pem -subj /CN=ca -days 2 &&
		for who in server client; do
			openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
				-keyout $who.key -out $who.csr -subj /CN=$who &&
				echo subjectAltName=IP:127.0.0.1 >ext &&
				openssl x509 -req -in $who.csr -CA ca.pem -CAkey ca.key \
					-CAcreateserial -days 2 -extfile ext -out $who.pem || return 1
		done
}
if command -v openssl >/dev/null; then
	mkdir "$T_DIR/tls" && (cd "$T_DIR/tls" && tls) >/dev/null 2>&1
	tail -f /dev/null | (cd "$T_DIR" && exec python3 "$ROOT/tests/fake/signer.py" $key --tls tls) >"$T_DIR/tlsport" &
	written "$T_DIR/tlsport" $!
	safe=https://127.0.0.1:$(cat "$T_DIR/tlsport")
	files="tls_ca: $T_DIR/tls/ca.pem, tls_cert: $T_DIR/tls/client.pem, tls_key: $T_DIR/tls/client.key"
	test_ok 'a signer that wants a certificate gets it' '
		world certs "url: \"$safe\", $files" "$preset" &&
		run 0 opl2 apply -auto-approve && until_true 100 test -s got &&
		has got "OP_CA=$T_DIR/tls/ca.pem" && has got OP_TLS=true && ends'
	test_fails 1 'without one it does not let us in' '
		world nocert "url: \"$safe\"" "" && opl2 apply -auto-approve -target=key.k' 'err_has E089'
fi
done_testing
