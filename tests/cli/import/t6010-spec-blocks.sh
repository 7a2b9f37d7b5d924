#!/bin/bash
# removed: and import: in the spec, beside moved:.
. "$(dirname "$0")/../lib.sh"

command -v jq >/dev/null || skip_all 'no jq'
HASH=0x$(printf '%064d' 4242)
cat >geth <<'EOF'
#!/bin/sh
while [ "${1#--}" != "$1" ]; do shift; done # options of all commands
if [ -e "$3/geth/of" ] && ! cmp -s "$3/geth/of" "$5"; then
	echo "Fatal: database contains incompatible genesis"
	exit 1
fi
mkdir -p "$3/geth/chaindata" && cp "$5" "$3/geth/of"
echo "Successfully wrote genesis state hash=000000..004242"
EOF
chmod +x geth
echo '{"of": "this chain"}' >genesis.json
TOP=$PWD
fresh_pair() { # fresh_pair NAME: null.a and null.b are recorded
	fresh "$1" && echo 'resources: { null: { a: {}, b: { note: "${null.a.id}" } } }' | spec &&
		opl2 apply -auto-approve
}
only_a() { # only_a REMOVED: null.b is gone from the spec
	printf 'resources: { null: { a: {} } }\nremoved:\n  - %s\n' "$1" | spec
}
import_spec() { # import_spec TEXT: a datadir to adopt, and TEXT
	spec <<Y
resources:
  datadir:
    op-geth:
      key: abcdef0123
      program: "$TOP/geth"
      genesis: "$TOP/genesis.json"
      genesis_sha256: d1
      genesis_hash: "$HASH"
  null:
    after: { note: "\${datadir.op-geth.path}" }
$1
Y
}
ADOPT='import:
  - { to: datadir.op-geth, id: by-hand }'
hand() { # a database that was made by hand, in a fresh folder
	fresh "$1" && "$TOP/geth" init --datadir by-hand --state.scheme=hash "$TOP/genesis.json" &&
		echo blocks >by-hand/geth/chaindata/000001
}
changes() { opl2 plan -json | jq -s 'map(select(.type == "planned_change").change)' | jq -e "$1"; }
digest() { opl2 plan | sed -n 's/^Digest: //p'; }

# --- removed ---

test_ok 'destroy: false forgets: plan' '
	fresh_pair forget && only_a "{ from: null.b, destroy: false }" && run 0 opl2 plan -out=p &&
	out_has "null.b" && out_has "will be forgotten; nothing is destroyed" && out_has "0 to destroy, 1 to forget" &&
	changes "length == 1 and .[0].action == \"forget\" and .[0].reasons[0].why == \"removed\"" &&
	jq -e ".changes[] | select(.addr == \"null.b\") | .action == \"forget\" and .reasons[0].why == \"removed\"" p'
test_ok '... and the saved plan' '
	cd forget && run 0 opl2 apply p && out_has "1 forgotten" && [ "$(opl2 state list)" = null.a ] &&
	run 0 opl2 plan -expect-no-changes && lacks "$OUT/stdout" null.b'
test_ok 'destroy: true, the default, destroys as ever' '
	for d in "" ", destroy: true"; do
		fresh_pair destroy && only_a "{ from: null.b$d }" && run 0 opl2 plan && out_has "1 to destroy" &&
		changes ".[0].action == \"delete\" and .[0].reasons[0].why == \"orphan\"" || exit 1
	done'
test_ok 'destroy leaves what is to be forgotten' '
	fresh_pair all && only_a "{ from: null.b, destroy: false }" && run 0 opl2 destroy -auto-approve &&
	out_has "1 forgotten" && [ -z "$(opl2 state list)" ]'
test_ok 'one that is not recorded is passed over' '
	fresh never && only_a "{ from: null.x, destroy: false }" && opl2 apply -auto-approve &&
	run 0 opl2 plan -expect-no-changes && lacks "$OUT/stdout" null.x && [ ! -s "$OUT/stderr" ]'
test_ok '-target and -exclude leave it out' '
	fresh_pair scope && only_a "{ from: null.b, destroy: false }" && run 0 opl2 plan -target=null.a &&
	lacks "$OUT/stdout" null.b && run 0 opl2 plan -exclude=null.b && lacks "$OUT/stdout" forgotten &&
	run 0 opl2 plan -target=null.b && out_has "will be forgotten"'
test_ok 'the digest for approval counts it' '
	fresh_pair digest && only_a "{ from: null.b, destroy: false }" && one=$(digest) &&
	only_a "{ from: null.b, destroy: true }" && two=$(digest) && [ "$one" != "$two" ] &&
	only_a "{ from: null.b, destroy: false }" && [ "$(digest)" = "$one" ] &&
	run 5 opl2 apply -plan-digest="$two" && run 0 opl2 apply -plan-digest="$one" && out_has "1 forgotten"'
test_fails 3 'one that the spec still has' '
	fresh still && only_a "{ from: null.a }" && opl2 validate' \
	'err_has "error[E0440]: removed: '\''null.a'\'' is still in the spec" && err_has "opl2.yaml:5:13"'
test_fails 3 'one that the spec has twice' '
	fresh still && only_a "{ from: null.b }
  - { from: null.b, destroy: false }" && opl2 validate' 'err_has "error[E0442]" && err_has "opl2.yaml:6:13"'

# --- import ---

test_ok 'import: plan' '
	hand plan && import_spec "$ADOPT" && run 0 opl2 plan -out=p && out_has "to import: by-hand" &&
	out_has "Plan: 1 to import, 1 to add, 0 to change, 0 to destroy." &&
	changes "map(select(.addr == \"datadir.op-geth\"))[0] | .action == \"import\" and .reasons[0].text == \"by-hand\" and
		(.attrs_unknown | index(\"path\"))" &&
	jq -e ".summary.import == 1 and .summary.create == 1" p && run 2 opl2 plan -detailed-exitcode'
test_ok '... and the saved plan, with what depends on it' '
	cd plan && run 0 opl2 apply p && out_has "1 imported" && out_has "1 created" &&
	has .opl2/data/abcdef01/op-geth/geth/chaindata/000001 blocks && [ -L .opl2/data/abcdef01/op-geth ]'
test_ok 'what is recorded is passed over' '
	cd plan && run 0 opl2 plan -expect-no-changes && lacks "$OUT/stdout" import && run 0 opl2 apply -auto-approve &&
	run 3 opl2 import datadir.op-geth by-hand && err_has E1040'
test_ok 'what does not match is not recorded, and nothing after it' '
	hand bad && echo "{}" >by-hand/geth/of && import_spec "$ADOPT" && run 1 opl2 apply -auto-approve &&
	err_has "incompatible genesis" && [ -z "$(opl2 state list)" ]'
test_ok 'the command works as before' 'hand command && import_spec "$ADOPT" && run 0 opl2 import datadir.op-geth by-hand && out_has "1 imported"'
test_ok 'from another folder' '
	hand far && import_spec "$ADOPT" && cd / && run 0 opl2 -chdir="$TOP/far" apply -auto-approve && out_has "1 imported"'
test_ok '-exclude leaves it out, with what depends on it' '
	hand without && import_spec "$ADOPT" && run 0 opl2 plan -exclude=datadir.op-geth && lacks "$OUT/stdout" import &&
	run 0 opl2 plan -target=datadir.op-geth && out_has "1 to import, 0 to add"'
test_ok 'the digest for approval counts it' '
	hand sum && import_spec "$ADOPT" && one=$(digest) && import_spec "${ADOPT/by-hand/other}" && two=$(digest) &&
	import_spec "" && three=$(digest) && [ "$one" != "$two" ] && [ "$one" != "$three" ] && [ "$two" != "$three" ] &&
	run 5 opl2 apply -plan-digest="$one" && err_has E0652'
refused() { # refused CODE LINE:COL IMPORT
	printf 'resources: { null: { a: {} } }\nimport:\n  - %s\n' "$3" | spec && run 3 opl2 validate &&
		err_has "error[$1]" && err_has "opl2.yaml:$2"
}
test_ok 'not in the spec' 'refused E0441 5:11 "{ to: datadir.x, id: y }"'
test_ok 'a kind that cannot be' 'refused E1042 5:11 "{ to: null.a, id: y }"'
test_ok 'no address' 'refused E0316 5:5 "{ to: nothing, id: y }"'
test_ok 'no id' 'refused E0202 5:5 "{ to: null.a }"'
test_ok 'an address twice' '
	hand twice && import_spec "$ADOPT
  - { to: datadir.op-geth, id: x }" && run 3 opl2 validate && err_has E0442'
done_testing
