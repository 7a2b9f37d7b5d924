#!/bin/bash
# destroy, init and lock.
. "$(dirname "$0")/../lib.sh"

one() {
	spec <<-'Y'
	resources:
	  null:
	    a: {}
	    b: { note: "${null.a.id}" }
	Y
}
one
opl2 apply -auto-approve >/dev/null
test_fails 3 'destroy asks' 'opl2 destroy' 'err_has E1008'
test_ok 'destroy, in reverse order' '
	run 0 opl2 destroy -auto-approve && out_has "Destroyed: 2 removed" &&
	grep "removed in" "$OUT/stdout" | head -1 | grep -q null.b && [ -z "$(opl2 state list)" ]'
test_ok 'destroy again' 'run 0 opl2 destroy -auto-approve && out_has "Nothing to destroy"'
test_ok 'destroy without a spec' '
	one && opl2 apply -auto-approve >/dev/null && rm opl2.yaml && run 0 opl2 destroy -auto-approve && [ -z "$(opl2 state list)" ]'
test_ok 'destroy with a broken spec is refused: it says what is protected' '
	one && opl2 apply -auto-approve >/dev/null && echo "x: [" >>opl2.yaml && run 3 opl2 destroy -auto-approve'
test_ok 'prevent_destroy keeps, and what it needs: exit 13' '
	fresh keep && spec <<-Y &&
	resources:
	  null:
	    a: {}
	    b: { note: "\${null.a.id}", lifecycle: { prevent_destroy: true } }
	    c: {}
	Y
	opl2 apply -auto-approve >/dev/null && run 13 opl2 destroy -auto-approve && out_has "Left behind:" &&
	out_has "unchanged: lifecycle.prevent_destroy" && out_has "unchanged: null.b depends on it" &&
	[ "$(opl2 state list | tr "\n" " ")" = "null.a null.b " ]'
test_ok 'what stays is listed with its place' '
	fresh stay && spec <<-Y &&
	resources:
	  key: { a: { source: { generate: true } } }
	  datadir: { d: { key: 0123456789abcdef } }
	Y
	opl2 apply -auto-approve >/dev/null && addr=$(opl2 state show key.a | grep -om1 "0x[0-9a-fA-F]\{40\}") &&
	run 13 opl2 destroy -auto-approve &&
	sed -n "/^Left behind:/,\$p" "$OUT/stdout" >left && cat left &&
	grep -qF "account $addr: its key is in $PWD/.opl2/keys/key.a" left &&
	grep -qF "database in $PWD/.opl2/data/01234567/d" left &&
	[ -f .opl2/keys/key.a ] && [ -d .opl2/data/01234567/d ]'
test_ok 'init writes a spec that is valid' '
	fresh init && run 0 opl2 init && [ "$(ls | tr "\n" " ")" = "opl2.schema.json opl2.yaml " ] && run 0 opl2 validate &&
	grep -q "^use: devnet$" opl2.yaml && grep -q "  # l2_chain_id: " opl2.yaml'
test_ok 'and every commented input is what the preset has' '
	cd init && sed -i "s/^  # \([a-z0-9_]*: \)/  \1/" opl2.yaml && run 0 opl2 validate'
test_ok 'the plan of a preset needs no network and no key' '
	cd init && run 0 opl2 plan -refresh=false && grep -q "^Plan: [1-9][0-9]* to add, 0 to change, 0 to destroy" "$OUT/stdout"'
test_ok 'init asks for what has to be given, and a secret of the environment' '
	fresh init2 && run 0 opl2 init opstack &&
	has opl2.yaml "  l1_rpc: { type: rpc, env: L1_RPC, sensitive: true }" &&
	has opl2.yaml "  l1_rpc: \"\${var.l1_rpc}\"" &&
	grep -qx "  # l1_anchor:" opl2.yaml && grep -qx "  l2_chain_id:" opl2.yaml &&
	run 3 opl2 validate && err_has l1_chain_id && lacks "$OUT/stderr" "input '\''l1_rpc" &&
	sed -i "s/^  l\([12]\)_chain_id:/& 7777\1/" opl2.yaml && run 0 opl2 validate'
test_fails 3 'init does not overwrite' 'cd init && opl2 init' 'err_has E1019'
test_fails 3 'init of an unknown preset' 'opl2 init devnte' 'err_has "did you mean '\''devnet'\''?"'
test_ok 'lock pins the preset' '
	cd init && run 0 opl2 lock && jq -e ".presets.devnet | .digest and .files[\"preset.yaml\"]" opl2.lock &&
	cp opl2.lock before && run 0 opl2 lock && cmp before opl2.lock &&
	run 0 opl2 lock -upgrade && out_has "up to date" && cmp before opl2.lock'
done_testing
