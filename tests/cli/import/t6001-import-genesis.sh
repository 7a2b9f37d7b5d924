#!/bin/bash
# import of rollup.json and genesis.json, on an L1 of canned answers.
. "$(dirname "$0")/../lib.sh"

command -v python3 jq >/dev/null || skip_all 'no python3 or jq'
SC=0x00000000000000000000000000000000000000a1
HASH=0x$(printf '%064d' 4242)
: >"$T_DIR/calls"
jq -n --arg h "$HASH" '{ eth_chainId: "0x385", eth_getBlockByNumber: { hash: $h, number: "0x9", timestamp: "0x64" } }' >"$T_DIR/l1.json"
port=$(python3 "$ROOT/tests/cli/rpc_server.py" --free-port)
echo "$port" >"$T_DIR/port"
python3 "$ROOT/tests/cli/rpc_server.py" "$T_DIR/port" "$T_DIR/calls" "$T_DIR/l1.json" &
server=$!
trap 'kill $server; rm -rf "$T_DIR"' EXIT
listens "$port" $server || exit 1

spec <<-Y
resources:
  genesis:
    l2:
      program: /bin/false
      l1_rpc: http://127.0.0.1:$port
      l1_chain_id: 901
      deploy_config: "$PWD/config.json"
      l1_digest: d1
      l2_digest: d2
      addresses: "$PWD/addresses.json"
      addresses_digest: d3
      system_config: "$SC"
      allocs: "$PWD/allocs.json"
      allocs_sha256: d4
  null:
    after: { note: "\${genesis.l2.l2_hash}" }
Y
mkdir given
jq -n '{ l1ChainID: 901, l2ChainID: 902, l2BlockTime: 2, batchSenderAddress: "0x00000000000000000000000000000000000000B7",
	l2GenesisBlockGasLimit: "0x1c9c380", enableGovernance: true }' >config.json
jq -n '{ config: { chainId: 902, londonBlock: 0 }, timestamp: "0x64", gasLimit: "0x1c9c380", difficulty: "0x0",
	alloc: { "0000000000000000000000000000000000000001": { balance: "0x1" } } }' >given/genesis.json
L2=0x$(printf '%064d' 0)
rollup() { # rollup [JQ-FILTER]: another rollup.json
	jq -n --arg h "$HASH" --arg l2 "$L2" --arg sc "${SC^^}" '{
		genesis: { l1: { hash: $h, number: 9 }, l2: { hash: $l2, number: 0 }, l2_time: 100,
			system_config: { batcherAddr: "0x00000000000000000000000000000000000000b7", gasLimit: 30000000 } },
		block_time: 2, l1_chain_id: 901, l2_chain_id: 902, l1_system_config_address: ($sc | sub("0X"; "0x"))
	}' | jq "$@" >given/rollup.json
}
import() { opl2 import genesis.l2 given/rollup.json "$@"; }
refused() { # refused JQ-FILTER TEXT: nothing is recorded
	rollup "$1" && run 5 import && err_has E1046 && err_has "$2" &&
		[ -z "$(opl2 state list)" ] && [ ! -e .opl2/files/genesis.l2 ]
}

rollup .
test_ok 'the hash of block 0 is computed' 'run 5 import && err_has E1047 && [ -z "$(opl2 state list)" ]'
L2=$(sed -n 's/.*gives block 0 \(0x[0-9a-f]*\),.*/\1/p' "$OUT/stderr" | head -n 1)
test_ok 'that of its genesis is told' '[ ${#L2} = 66 ]'
test_ok 'another chain id' 'refused ".l2_chain_id = 903" "l2_chain_id of rollup.json is 903, and l2ChainID of the deploy config is 902"'
test_ok 'another L1' 'refused ".l1_chain_id = 1" "l1_chain_id of rollup.json is 1"'
test_ok 'another SystemConfig' 'refused ".l1_system_config_address |= sub(\"a1\"; \"a2\"; \"i\")" SystemConfigProxy'
test_ok 'another block of the L1' 'refused ".genesis.l1.hash |= sub(\"2\"; \"3\")" "block 9 of the L1"'
test_ok 'another time' 'refused ".genesis.l2_time = 99" "timestamp of genesis.json"'
test_ok 'another batcher' 'refused ".genesis.system_config.batcherAddr |= sub(\"b7\"; \"b8\")" batchSenderAddress'
test_ok 'all at once' 'refused ".block_time = 3 | .l2_chain_id = 5" block_time && err_has l2_chain_id'
test_ok 'no rollup.json at all' 'refused "{}" "genesis.l1.number"'
test_ok 'no genesis.json' 'rollup . && run 1 import none.json; err_has none.json && [ -z "$(opl2 state list)" ]'
test_ok 'it is imported, byte by byte' '
	rollup . && run 0 import && out_has "Applied: 1 imported" && cmp given/rollup.json .opl2/files/genesis.l2/rollup.json &&
	cmp given/genesis.json .opl2/files/genesis.l2/genesis.json && jq -e .chain_op_config .opl2/files/genesis.l2/rollup-chain-op.json &&
	opl2 state show -json genesis.l2 | jq -e --arg l2 "$L2" ".attrs.l2_hash == \$l2 and .attrs.l1_number == 9 and .attrs.l2_time == 100 and .attrs.scheduled == false"'
test_ok 'apply goes on with the rest' '
	run 0 opl2 apply -auto-approve && out_has "Applied: 1 created" && run 0 opl2 plan -expect-no-changes'
test_ok 'from a newer op-node, with genesis.json elsewhere' '
	run 0 opl2 state rm -auto-approve genesis.l2 && mv given/genesis.json g.json && rollup ".chain_op_config = { eip1559Elasticity: 6 }" &&
	run 0 import g.json && cmp given/rollup.json .opl2/files/genesis.l2/rollup-chain-op.json &&
	jq -e ".chain_op_config == null and .block_time == 2" .opl2/files/genesis.l2/rollup.json && run 0 opl2 plan -expect-no-changes'
test_ok 'the spec says it' '
	run 0 opl2 state rm -auto-approve genesis.l2 && cp g.json given/genesis.json && rollup . &&
	printf "import: [ { to: genesis.l2, id: given/rollup.json } ]\n" >>opl2.yaml && run 0 opl2 apply -auto-approve &&
	out_has "1 imported" && run 0 opl2 plan -expect-no-changes'
test_ok 'nothing was ever sent' '[ -s "$T_DIR/calls" ] && ! grep -i "send\|sign" "$T_DIR/calls"'
done_testing
