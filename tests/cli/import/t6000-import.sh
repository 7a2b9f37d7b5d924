#!/bin/bash
# import: contracts that were deployed by hand, on an L1 of canned answers.
. "$(dirname "$0")/../lib.sh"

command -v python3 jq >/dev/null || skip_all 'no python3 or jq'
SC=0x00000000000000000000000000000000000000a1
OP=0x00000000000000000000000000000000000000A2
L2OO=0x00000000000000000000000000000000000000A3
OWNER=0000000000000000000000000000000000000000000000000000000000000007
SEED=0x0000000000000000000000000000000000000000000000000000000000000007
export SEED_KEY=$SEED L1=$T_DIR/l1.json CALLS=$T_DIR/calls
: >"$CALLS"
mkdir "$T_DIR/project"

world() { # world JQ-FILTER: what the L1 answers from now on
	jq -n --arg sc $SC --arg owner $OWNER '{
		eth_chainId: "0x1", eth_blockNumber: "0x20",
		eth_getBlockByNumber: { hash: ("0x" + $owner), number: "0x0" },
		eth_getCode: { ($sc): "0x60", ($sc[:-1] + "2"): "0x60", ($sc[:-1] + "3"): "0x60" },
		eth_call: { ($sc + ":0x48cd4cb1"): ("0x" + $owner), ($sc + ":0x8da5cb5b"): ("0x" + $owner) }
	}' | jq "$1" >"$L1.new" && mv "$L1.new" "$L1"
}
world .
port=$(python3 "$ROOT/tests/cli/rpc_server.py" --free-port)
echo "$port" >"$T_DIR/port"
python3 "$ROOT/tests/cli/rpc_server.py" "$T_DIR/port" "$CALLS" "$L1" &
server=$!
trap 'kill $server; rm -rf "$T_DIR"' EXIT
listens "$port" $server || exit 1

chain() { # chain [EXTRA]: a spec whose L1 is the server
	spec <<-Y
	limits: { eth: 10eth }
	resources:
	  key:
	    admin: { source: { env: SEED_KEY } }
	  null:
	    before: {}
	    after: { note: "\${l1_contracts.l1.addresses.SystemConfigProxy}" }
	  l1_contracts:
	    l1:
	      l1_rpc: http://127.0.0.1:$port
	      l1_chain_id: 1
	      deployer: "\${key.admin.private_key}"
	      project: { path: "$T_DIR/project", digest: p, forge: /bin/false, tool_dirs: [] }
	      deploy_config: "$T_DIR/config.json"
	      l1_digest: ${1:-d1}
	      depends_on: [null.before]
	outputs:
	  portal: "\${l1_contracts.l1.addresses.OptimismPortalProxy}"
	Y
	jq -n --arg o "0x${OWNER#000000000000000000000000}" '{ finalSystemOwner: $o }' >"$T_DIR/config.json"
	jq -n --arg sc $SC --arg op $OP --arg oo $L2OO \
		'{ SystemConfigProxy: $sc, OptimismPortalProxy: $op, L2OutputOracleProxy: $oo }' >artifact.json
}
key_first() { opl2 apply -auto-approve -target=key.admin >/dev/null; }
digest() { cat .opl2/state.json | sha256sum; }
import() { opl2 import l1_contracts.l1 artifact.json "$@"; }
refused() { # refused EXIT CODE TEXT: and nothing is recorded
	local was
	was=$(digest)
	run "$1" opl2 import l1_contracts.l1 artifact.json && err_has "$2" && err_has "$3" &&
		[ "$(digest)" = "$was" ] && [ ! -e deployments/t.json ] &&
		[ "$(opl2 state list)" = key.admin ]
}

test_ok 'what it refers to comes first' '
	fresh a && chain && run 3 import && err_has E1041 && err_has "opl2 apply -target=key.admin" &&
	lacks "$OUT/stderr" null.before && [ -z "$(opl2 state list)" ] && key_first'
cd a || exit 1
test_fails 3 'an address that is none' 'opl2 import l1_contracts.x artifact.json' 'err_has E0604'
test_fails 3 'a kind that cannot' 'opl2 import null.after artifact.json' 'err_has E1042 && err_has null.after'
test_fails 3 'no file given' 'opl2 import l1_contracts.l1' 'err_has E1004'
test_ok 'a file that does not exist' '
	run 1 opl2 import l1_contracts.l1 none.json; err_has none.json && [ "$(opl2 state list)" = key.admin ]'
test_ok 'no JSON' 'printf "{\n \"a\": 1,,\n" >artifact.json && refused 3 E1043 "artifact.json:2:9"'
test_ok 'no flat map' '
	printf "{\n  \"SystemConfigProxy\": \"%s\",\n  \"OptimismPortalProxy\": {\"a\": 1}\n}\n" $SC >artifact.json &&
	refused 3 E1043 "artifact.json:3:3"'
test_ok 'a checksum' '
	chain && sed -i "s/\(L2OutputOracleProxy.: .\).*\"/\10x52908400098527886E0F7030069857D2E4169Ee7\"/" artifact.json &&
	refused 3 E1043 checksum'
test_ok 'no SystemConfigProxy' 'chain && jq "del(.SystemConfigProxy)" artifact.json >b && mv b artifact.json &&
	refused 3 E1043 SystemConfigProxy'
test_ok 'of a simulation only' 'chain && world ".eth_getCode = {}" && refused 5 E1044 "come from a simulation" && err_has "artifact.json:2:3"'
test_ok 'half deployed' 'world ".eth_getCode[\"${L2OO,,}\"] = \"0x\"" && refused 5 E1044 "L2OutputOracleProxy has no code" && err_has "2 of 3"'
test_ok 'never initialised' 'world ".eth_call[\"$SC:0x48cd4cb1\"] = \"0x0\"" && refused 1 E0836 "never initialised"'
test_ok 'of another config' 'world ".eth_call[\"$SC:0x8da5cb5b\"] |= sub(\"7$\"; \"8\")" && refused 1 E0837 finalSystemOwner'
test_ok 'another L1' 'world ".eth_chainId = \"0x2\"" && was=$(digest) && run 10 import && err_has E0812 && [ "$(digest)" = "$was" ]'
world .
test_ok 'killed on the way the state is as before, and it can be done again' '
	was=$(digest) && for at in apply.before_op apply.after_effect apply.before_record; do
		! OPL2_FAULT=$at import 2>/dev/null && [ "$(digest)" = "$was" ] &&
		[ "$(opl2 state list)" = key.admin ] || exit 1
	done'
test_ok 'it is imported' '
	run 0 import && out_has "l1_contracts.l1: imported" && out_has "Applied: 1 imported" && out_has "opl2 plan"'
test_ok 'the plan has nothing for it' '
	opl2 plan -json | jq -es "map(select(.type == \"planned_change\").change.addr) == [\"null.before\", \"null.after\"]"'
test_ok 'attributes, record and output are those of a deployment' '
	opl2 state show -json l1_contracts.l1 | jq -e --arg o "$OP" --arg h "$(sha256sum <.opl2/files/l1_contracts.l1/artifact.json | cut -c1-64)" "
		.attrs.addresses.OptimismPortalProxy == \$o and .attrs.start_block == 7 and .attrs.transactions == 0 and
		.attrs.digest == \$h and .attrs.impl_salt == \"d1\"" &&
	jq -e ".opl2 == 1 and .chain == \"t\" and .l1.chain_id == 1 and .start_block == 7 and (.addresses | length == 3)" deployments/t.json &&
	[ "$(opl2 output -raw portal)" = $OP ]'
test_fails 3 'once is enough' 'import' 'err_has E1040 && err_has "opl2 state rm"'
test_ok 'apply goes on with the rest' '
	run 0 opl2 apply -auto-approve && out_has "2 created" && lacks "$OUT/stdout" "l1_contracts.l1: created" &&
	run 0 opl2 plan -expect-no-changes'
test_ok 'forgotten and imported again, from NDJSON' '
	run 0 opl2 state rm -auto-approve l1_contracts.l1 && run 0 import -json &&
	jq -es "map(select(.type == \"apply_summary\"))[0].result.imported == 1" "$OUT/stdout" &&
	run 0 opl2 plan -expect-no-changes'
test_ok 'another deployment than the recorded one' '
	run 0 opl2 state rm -auto-approve l1_contracts.l1 && chain d2 && was=$(sha256sum deployments/t.json) && run 5 import &&
	err_has E1045 && err_has deployments/t.json && [ "$(sha256sum deployments/t.json)" = "$was" ]'
test_ok 'destroy forgets it and keeps the record' '
	chain && run 0 import && run 13 opl2 destroy -auto-approve && out_has "3 contracts on L1 chain 1" && [ -e deployments/t.json ]'
test_ok 'nothing was ever sent' '[ -s "$CALLS" ] && ! grep -i "send\|sign" "$CALLS"'
test_ok 'the spec says it: one apply makes what it is compared with, and adopts' '
	fresh b && chain && printf "import:\n  - { to: l1_contracts.l1, id: artifact.json }\n" >>opl2.yaml &&
	run 0 opl2 plan && out_has "to import: artifact.json" && out_has "1 to import, 3 to add" && lacks "$OUT/stdout" Money &&
	lacks "$OUT/stdout" "cannot be undone" && run 0 opl2 apply -auto-approve && out_has "1 imported" &&
	run 0 opl2 plan -expect-no-changes && [ -e deployments/t.json ]'
done_testing
