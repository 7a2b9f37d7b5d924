#!/bin/bash
# balance: a command that asks both layers through workers, outside of a plan.
. "$(dirname "$0")/lib.sh"

command -v python3 jq >/dev/null || skip_all 'no python3 or jq'
WORD=0x0000000000000000000000000000000000000000000000000000000000000007
SC=0x00000000000000000000000000000000000000a1
ADMIN=0xd41c057fd1c78805AAC12B0A94a405c0461A6FBb # of the key SEED_KEY
export SEED_KEY=$WORD RPC=$T_DIR/rpc.json CALLS=$T_DIR/calls
: >"$CALLS"
jq -n --arg sc $SC --arg word $WORD '{
	eth_chainId: "0x1", eth_blockNumber: "0x20", eth_getCode: { ($sc): "0x60", ($sc[:-1] + "2"): "0x60" },
	eth_getBlockByNumber: { hash: $word, number: "0x0" },
	eth_call: { ($sc + ":0x48cd4cb1"): $word, ($sc + ":0x8da5cb5b"): $word },
	eth_getBalance: "0xde0b6b3a7640001"
}' >"$RPC"
port=$(python3 "$ROOT/tests/cli/rpc_server.py" --free-port)
echo "$port" >"$T_DIR/port"
python3 "$ROOT/tests/cli/rpc_server.py" "$T_DIR/port" "$CALLS" "$RPC" &
server=$!
trap 'kill $server; rm -rf "$T_DIR"' EXIT
for _ in $(seq 100); do
	(: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
	sleep 0.1
done

chain() { # chain L2-URL: adopts a chain whose L1 is the server
	spec <<-Y
	limits: { eth: 10eth }
	variables:
	  l1: { type: url, env: L1_URL, sensitive: true }
	resources:
	  key:
	    admin: { source: { env: SEED_KEY } }
	  l1_contracts:
	    l1:
	      l1_rpc: "\${var.l1}"
	      l1_chain_id: 1
	      deployer: "\${key.admin.private_key}"
	      project: { path: "$T_DIR", digest: p, forge: /bin/false, tool_dirs: [] }
	      deploy_config: "$T_DIR/config.json"
	      l1_digest: d1
	outputs: { l2_rpc: "$1", l2_chain_id: "\${l1_contracts.l1.l1_chain_id}" }
	Y
	jq -n '{ finalSystemOwner: "0x0000000000000000000000000000000000000007" }' >"$T_DIR/config.json"
	jq -n --arg sc $SC '{ SystemConfigProxy: $sc, OptimismPortalProxy: ($sc[:-1] + "2") }' >artifact.json
	opl2 apply -auto-approve -target=key.admin >/dev/null &&
		opl2 import l1_contracts.l1 artifact.json >/dev/null
}
export L1_URL=http://127.0.0.1:$port

test_ok 'before there is a chain' '
	spec </dev/null && run 11 opl2 balance && err_has E1051'
test_ok 'exact amounts on both layers' '
	fresh both && chain "http://127.0.0.1:$port" && run 0 opl2 balance &&
	cmp_golden balance/table && run 0 opl2 balance -json && cmp_golden balance/json'
cd both || exit 1
test_ok 'by role and by address' '
	run 0 opl2 balance admin $SC && out_has $ADMIN && out_has $SC &&
	run 0 opl2 balance -json $SC && jq -e ".accounts | length == 1" "$OUT/stdout"'
test_ok 'one look at each layer, whatever the number of accounts' '
	: >"$CALLS" && run 0 opl2 balance admin $SC && [ "$(grep -c eth_blockNumber "$CALLS")" = 2 ]'
test_fails 3 'neither role nor address' 'opl2 balance batcher' 'err_has E1052'
test_fails 3 'a checksum that is wrong' "opl2 balance ${ADMIN/d41c/D41c}" 'err_has E1052 && err_has checksum'
test_fails 11 'an output root without a rollup node' 'opl2 output-root 1' 'err_has E1101'
test_fails 3 'an output root of no block' 'opl2 output-root 0x1' 'err_has E1100'
test_fails 10 'another chain answers' 'jq ".eth_chainId = \"0x2\"" "$RPC" >b && mv b "$RPC" && opl2 balance' 'err_has E0812'
jq '.eth_chainId = "0x1"' "$RPC" >b && mv b "$RPC"
test_fails 10 'no variable for the L1' 'unset L1_URL && opl2 balance' 'err_has E0920 && out_has 1.000000000000000001eth'
dead=$(python3 "$ROOT/tests/cli/rpc_server.py" --free-port)
test_fails 10 'a layer that is not there: the other is shown' '
	fresh half && chain "http://127.0.0.1:$dead" >/dev/null 2>&1; opl2 balance' \
	'err_has E0801 && out_has 1.000000000000000001eth'
done_testing
