#!/bin/bash
# A backup of a shared state is sealed as the state is.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-shared.sh"

s3_start || skip_all 'moto does not start'
export P1=correct-horse
res='resources: { key: { k: { source: { generate: true } } }, jwt_secret: { j: {} }, null: { a: {} } }'
machine a && printf '%s\n' 'encryption: { passphrase: { env: P1 } }' "$res" | shared sealed
run 0 opl2 apply -auto-approve && mkdir -p .opl2/data/x &&
	head -c 3000000 /dev/urandom >.opl2/data/x/db # many chunks

restored() { # restored FILE: into an empty folder
	rm -rf "$T_DIR/cwd/r" && machine r && opl2 restore "../$1"
}
bad() { # bad OFFSET|-N: a copy with that byte changed; -N: without the last N
	cp ../all bad && if [ "$1" -lt 0 ]; then truncate -s "$1" bad; else
		printf '\x%02x' $((0x$(xxd -s "$1" -l 1 -p bad) ^ 1)) >b && dd if=b of=bad bs=1 seek="$1" conv=notrunc status=none
	fi && mv bad ../bad && rm -rf "$T_DIR/cwd/r"
}
test_ok 'nothing of it is in clear' '
	machine a && run 0 opl2 backup -keys -data ../all && out_has "encrypted, with keys" &&
	key=$(cat .opl2/keys/key.k) && head -1 ../all | jq -e ".opl2_sealed == 1 and .encryption.passphrase.env == \"P1\"" &&
	! grep -qaF -e "$key" -e correct-horse -e lineage -e opl2-backup ../all && ! tar tzf ../all'
test_ok 'it is restored' '
	run 0 restored all && cmp .opl2/keys/key.k ../a/.opl2/keys/key.k && cmp .opl2/state.json ../a/.opl2/state.json &&
	cmp .opl2/data/x/db ../a/.opl2/data/x/db && [ "$(stat -c %a .opl2/keys/key.k)" = 600 ]'
test_ok 'and becomes the shared one of another place' '
	machine r && sed -i s/sealed/again/ opl2.yaml && run 0 opl2 init -migrate-state && run 0 opl2 apply -auto-approve && cmp .opl2/keys/key.k ../a/.opl2/keys/key.k && run 0 opl2 plan && out_has "No changes."'
test_fails 11 'another passphrase' 'P1=x restored all' 'err_has E0547 && err_has "another key"'
test_fails 11 'no passphrase' 'unset P1; restored all' 'err_has E0537 && err_has "P1 is not set"'
test_fails 1 'into a copy of a shared state' 'machine a && opl2 restore ../all' 'err_has E1149 && err_has -migrate-state'
for at in 400 70000 -1 -65552 -200000; do
	test_fails 1 "damaged: $at" "machine a && bad $at && restored bad" '
		err_has E0706 && err_has "is damaged: it" && [ ! -e "$T_DIR/cwd/r/.opl2/state.json" ]'
done
test_ok 'without keys' 'machine a && run 0 opl2 backup ../few && out_has "encrypted, without keys" && run 0 restored few && [ ! -e .opl2/keys ]'
test_ok 'without encryption it is a plain archive' '
	machine p && shared plain <<<"resources: { null: { a: {} } }" && run 0 opl2 apply -auto-approve &&
	run 0 opl2 backup ../plain && tar tzf ../plain && run 0 restored plain'
done_testing
