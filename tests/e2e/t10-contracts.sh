#!/bin/bash
# What the owner of the contracts changes on a running chain, by the spec, and
# what somebody else has changed.
. "$(dirname "$0")/lib.sh"

D=$WORK/contracts
mkdir -p "$D"
cd "$D" || bail "no $D"
cleanup() {
	end_chain "$D"
	[ -n "${OPL2_E2E_DIR:-}" ] || rm -rf "$WORK"
}
trap cleanup EXIT

spec() { # spec WITH [RESOURCES]: the chain with these values
	cat >opl2.yaml <<E2
opl2: 1
name: contracts
use: devnet
port_offset: 950
with:
  l1: anvil
  $1
resources:
  # The new batcher gets its ether by hand.
  l1_genesis: { l1: { lifecycle: { ignore_changes: [/alloc] } } }
${2:-}
E2
}
address() { jq -er ".$1" .opl2/files/l1_contracts.l2/artifact.json; }
word() { printf '%064x' "$1"; }
ask() { # ask CONTRACT DATA: the answer of an eth_call
	rpc "$L1" eth_call "[{\"to\":\"$(address "$1")\",\"data\":\"$2\"},\"latest\"]"
}
other() { # other CALL: the same admin, by a chain that opl2 knows nothing of
	n=$((${n:-0} + 1))
	mkdir -p "../other-$n" && cat >"../other-$n/opl2.yaml" <<E2
opl2: 1
name: other
limits: { eth: 1eth }
resources:
  key: { admin: { source: { file: $D/.opl2/keys/key.admin } } }
  contract_call:
    call: { rpc: "$L1", chain_id: 3151, from: "\${key.admin.private_key}", $1 }
E2
	(cd "../other-$n" && opl2 apply -auto-approve)
}
gas_limit_is() { # of the newest L2 block
	test "$(num "$(rpc "$L2" eth_getBlockByNumber '["latest",false]' | jq .gasLimit)")" = "$1"
}
says() { # says TEXT COMMAND...: its output holds the text
	local text=$1 out
	shift
	out=$("$@" 2>&1)
	printf '%s\n' "$out"
	[[ $out == *"$text"* ]]
}
no_changes() { says 'No changes.' opl2 plan; }
entries() { find .opl2/ledger -name "$1-*" | wc -l; }

spec 'l2_gas_limit: 30000000'
ok 'apply' opl2 apply -auto-approve || done_testing
L1=$(opl2 output -json | jq -er .l1_rpc)
L2=$(opl2 output -json | jq -er .l2_rpc)
NODE=$(opl2 output -json | jq -er .rollup_rpc)
ADMIN=$(opl2 address -json | jq -er .roles.admin.address)
SAFE=$(address SystemOwnerSafe)
ok 'a fresh deployment has the values: nothing was sent' \
	test "$(entries system_config)$(entries superchain_config)$(entries ownership)" = 000
ok 'and there is nothing to do' no_changes

# --- by the spec ---------------------------------------------------------------
# The tenth of anvil's published accounts.
echo 0x2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6 >batcher2
chmod 600 batcher2
BATCHER=0xa0Ee7A142d267C1f36714E4a8F75612F20a79720
rpc "$L1" anvil_setBalance "[\"$BATCHER\",\"0x56bc75e2d63100000\"]" >/dev/null
spec 'l2_gas_limit: 45000000
  base_fee_scalar: 9000
  paused: true
  roles: { batcher: { file: ./batcher2 } }'
opl2 plan >plan.txt 2>&1
ok 'the plan has each call' grep -q 'calls setGasLimit(uint64) of .* with \[45000000\]' plan.txt
ok '... of the scalars' grep -q 'calls setGasConfigEcotone(uint32,uint32) .*\[9000,0\]' plan.txt
ok '... and that the batcher changes' grep -q '^ *batcher: .* -> (known after apply' plan.txt
ok '... of the pause' grep -q 'calls pause(string)' plan.txt
ok 'and no new chain' bash -c '! grep -q "new chain\|new genesis" plan.txt'

# Blocks stop, and the apply is killed while its transactions wait.
rpc "$L1" evm_setIntervalMining '[0]' >/dev/null
opl2 apply -auto-approve >apply.txt 2>&1 &
pid=$!
waits() { # transactions of the admin in the pool
	rpc "$L1" txpool_status | jq -e ".pending != \"0x0\""
}
ok 'the transactions wait in the pool' wait_for 30 waits
kill -9 "$pid"
wait "$pid" 2>/dev/null
rpc "$L1" evm_setIntervalMining '[2]' >/dev/null
ok 'the next apply goes on' opl2 apply -auto-approve
used() { # nonces in the ledger, and how often each
	sed 's/^[^{]*//' .opl2/ledger/*config-* | jq -se '[.[] | select(.type == "mined") |
		.hash] | length == 4 and (unique | length == 4)'
}
ok 'nothing was mined twice' used
ledger_nonces() { sed 's/^[^{]*//' .opl2/ledger/*config-* .opl2/ledger/l1_contracts-* | jq -s '[.[].txs // [] | length] | add'; }
ok 'every nonce of the admin is in the ledger' test "$(nonce "$L1" "$ADMIN")" = "$(ledger_nonces)"
ok 'then there is nothing to do' no_changes
ok 'withdrawals are paused' test "$(ask OptimismPortalProxy 0x5c975abb)" = "\"0x$(word 1)\""
ok 'L2 blocks have the new gas limit' wait_for 60 gas_limit_is 45000000
ok 'the new batcher posts' wait_for 60 above 0 nonce "$L1" "$BATCHER"
ok 'and its batches count' wait_for 60 above "$(safe_height "$NODE")" safe_height "$NODE"

# --- by somebody else ------------------------------------------------------------
ok 'somebody sets another gas limit' other "to: \"$(address SystemConfigProxy)\", function: setGasLimit(uint64), args: [25000000]"
ok 'the plan shows it as drift' says 'live.gas_limit: 45000000 -> 25000000  # changed outside of opl2' opl2 plan
ok '... with an exit code of its own' exits 6 opl2 plan -refresh-only -detailed-exitcode
ok 'apply sets it back' opl2 apply -auto-approve
ok 'for good' no_changes
ok 'somebody upgrades a proxy' other "through_safe: \"$SAFE\",
      to: \"$(address ProxyAdmin)\", function: 'upgrade(address,address)',
      args: [\"$(address L1ERC721BridgeProxy)\", \"$(address L1StandardBridge)\"]"
ok 'the plan names it' says 'L1ERC721BridgeProxy runs other code than was deployed' opl2 plan
ok 'apply records it and sends nothing' opl2 apply -auto-approve
ok 'once' no_changes

# --- the Safe ----------------------------------------------------------------------
spec 'l2_gas_limit: 45000000
  base_fee_scalar: 9000
  roles: { batcher: { file: ./batcher2 } }' "  system_config: { l2: { owner: \"$SAFE\" } }"
ok 'unpaused, and owned by the Safe' opl2 apply -auto-approve
ok 'so the portal says' test "$(ask OptimismPortalProxy 0x5c975abb)" = "\"0x$(word 0)\""
sed -i 's/base_fee_scalar: 9000/base_fee_scalar: 8000/' opl2.yaml
ok 'the cost is measured' says "cost: owner $ADMIN" opl2 plan
ok 'the owner is a Safe now: the call goes through it' opl2 apply -auto-approve
ok 'with the key of its owner' test "$(num "$(ask SystemConfigProxy 0xbfb14fb7)")" = 8000

# --- who may not --------------------------------------------------------------------
spec 'l2_gas_limit: 45000000
  base_fee_scalar: 8000
  roles: { batcher: { file: ./batcher2 } }' "  system_config: { l2: { owner: \"$SAFE\" } }
  ownership:
    versions:
      rpc: \"\${process.l1.urls.rpc}\"
      chain_id: 3151
      from: \"\${key.admin.private_key}\"
      address: \"\${l1_contracts.l2.addresses.ProtocolVersionsProxy}\"
      owner: \"$BATCHER\""
ok 'a contract is given away' opl2 apply -auto-approve
ok 'to the new owner' test "$(ask ProtocolVersionsProxy 0x8da5cb5b | tr A-F a-f)" = \
	"\"0x$(printf '%024d%s' 0 "${BATCHER#0x}" | tr A-F a-f)\""
sed -i "s/owner: \"$BATCHER\"/owner: \"$ADMIN\"/" opl2.yaml
ok 'the key that gave it cannot take it back' says E1201 exits 10 opl2 apply -auto-approve
sed -i "s/owner: \"$ADMIN\"/owner: \"$BATCHER\"/; s/addresses.ProtocolVersionsProxy/addresses.SystemOwnerSafe/" opl2.yaml
ok 'a contract without an owner is none of this kind' says E1203 exits 1 opl2 apply -auto-approve
sed -i '/^  ownership:/,$d' opl2.yaml
ok 'without the resource it stays behind' exits 13 opl2 apply -auto-approve
ok 'the Safe gets a second owner' other "through_safe: \"$SAFE\",
      to: \"$SAFE\", function: 'addOwnerWithThreshold(address,uint256)', args: [\"$BATCHER\", 2]"
sed -i 's/base_fee_scalar: 8000/base_fee_scalar: 7000/' opl2.yaml
before=$(nonce "$L1" "$ADMIN")
ok 'two signatures are more than opl2 has' says E1202 exits 10 opl2 apply -auto-approve
ok 'it says what is to be signed' says "setGasConfigEcotone(uint32,uint32): to $(address SystemConfigProxy), value 0, data 0x21d7fde5$(word 7000)$(word 0)" \
	opl2 apply -auto-approve
ok 'and sends nothing' test "$(nonce "$L1" "$ADMIN")" = "$before"

# --- adopted again ----------------------------------------------------------------
began=$(jq -er .deploy_config.batchSenderAddress deployments/contracts.json)
spec 'l2_gas_limit: 45000000
  base_fee_scalar: 8000
  roles: { batcher: { file: ./batcher2 } }' "  system_config: { l2: { owner: \"$SAFE\" } }"
opl2 state rm -auto-approve l1_contracts.l2 deploy_config.l2 >/dev/null
ok 'a lost state does not know what the chain began with' \
	says "batcher: \"$began\", l2_genesis_block_gas_limit: 30000000, gas_price_oracle_base_fee_scalar: 7663" \
	exits 5 opl2 apply -auto-approve
cat >>opl2.yaml <<E2
  deploy_config:
    l2:
      batcher: "$began"
      l2_genesis_block_gas_limit: 30000000
      gas_price_oracle_base_fee_scalar: 7663
E2
opl2 state rm -auto-approve deploy_config.l2 >/dev/null
ok 'the record does: the contracts are adopted' opl2 apply -auto-approve
ok 'and nothing is left to do' no_changes
# --- a key that moves -----------------------------------------------------------------
sed -i "s,^  roles: .*,  roles: { batcher: { file: ./batcher2 }\, admin: { signer: { url: \"http://127.0.0.1:9\"\, address: \"$ADMIN\" } } }," opl2.yaml
moved() { # the plan is none of a new chain
	local out
	out=$(opl2 plan 2>&1) || { echo "$out"; return 1; }
	echo "$out"
	[[ $out == *'key.admin'* && $out != *'new chain'* && $out != *genesis.l2* ]]
}
ok 'to a signer with the same account: no new chain' moved
ok 'the L2 still produces blocks' wait_for 30 above "$(height "$L2")" height "$L2"
done_testing
