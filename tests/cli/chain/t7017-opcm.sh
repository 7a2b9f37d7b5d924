#!/usr/bin/env bash
# The contracts' release: what it is, an upgrade of it that is refused, proposed,
# or would revert, and a new chain by an OPCM. tests/unit has an upgrade that is
# sent.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-chain.sh"

FACTORY=0x00000000000000000000000000000000000000b1
OLD=0x00000000000000000000000000000000000000c1
NEW=0x00000000000000000000000000000000000000c2
SAFE=0x00000000000000000000000000000000000000d1
# w NUMBER: a word, also of 160 bits when it is hex
w() {
	case $1 in
	0x*) printf '%64s' "${1#0x}" | tr ' A-F' '0a-f' ;;
	*) printf '%064x' "$1" ;;
	esac
}
packed() { printf '%s' "$(w 222)$(printf '%0120d' 0)$(w 10)${ADMIN#0x}${SAFE#0x}" | tr A-F a-f; }
serve_l1 "{ eth_getTransactionCount: \"0x0\", eth_gasPrice: \"0x7\", eth_call: {
	\"$SC:0x8ed95502\": \"0x$(w $OLD)\", \"$SC:0xdad544e0\": \"0x$(w $ADMIN)\",
	\"$FACTORY:0x74cc86ac$(w 1)\": \"0x$(w 32)$(w 164)$(packed)$(printf '%056d' 0)\",
	\"$FACTORY:0x74cc86ac$(w 0)\": \"0x$(w 32)$(w 0)\",
	\"$FACTORY:0x74cc86ac$(w 8)\": \"0x$(w 32)$(w 0)\",
	\"$FACTORY:0x6593dc6e$(w 0)\": \"0x$(w 0)\", \"$FACTORY:0x6593dc6e$(w 8)\": \"0x$(w 0)\",
	\"$FACTORY:0x6593dc6e$(w 1)\": \"0x$(w 80000000000000000)\",
	\"$SAFE:0xe75235b8\": \"0x$(w 2)\", \"$SAFE:0x2f54bf6e$(w $ADMIN)\": \"0x$(w 1)\" } }"
trap 'kill $server; rm -rf "$T_DIR"' EXIT

chain() { # chain [OPCM]
	spec <<-Y
	limits: { eth: 10eth }
	resources:
	  key: { admin: { source: { env: SEED_KEY } } }
	  opcm_upgrade:
	    l2:
	      rpc: "$L1_URL"
	      chain_id: 1
	      from: "\${key.admin.private_key}"
	      address: "$SC"
	      dispute_game_factory: "$FACTORY"
	      ${1:+opcm: "$1"}
	Y
}
sends_nothing() { ! grep -q eth_sendRawTransaction "$CALLS"; }
live() { opl2 state show -json opcm_upgrade.l2 | jq -er ".attrs.live.$1"; }
upgrade() { run 10 opl2 apply -auto-approve -accept-irreversible=t && sends_nothing; }

test_ok 'what a chain has is recorded' '
	chain && run 0 opl2 apply -auto-approve && [ "$(live opcm)" = 0x00000000000000000000000000000000000000C1 ] &&
	[ "$(live challenger)" = 0x00000000000000000000000000000000000000D1 ] &&
	[ "$(live absolute_prestate)" = "0x$(w 222)" ] && [ "$(live bond)" = 80000000000000000 ] &&
	run 0 opl2 plan -expect-no-changes && sends_nothing'
test_ok 'to name it changes nothing' '
	chain "$OLD" && run 10 opl2 plan && err_has E0624 &&
	run 0 opl2 apply -auto-approve -accept-irreversible=t && sends_nothing && run 0 opl2 plan -expect-no-changes'
test_ok 'another one needs consent, and the plan has the call' '
	chain "$NEW" && run 10 opl2 plan && err_has E0624 && err_has "no OPCM takes contracts back" &&
	run 0 opl2 plan -accept-irreversible=t && out_has "no way back" &&
	out_has "runs upgrade of $NEW, by a delegatecall"'
test_ok 'an account with a key cannot make it' '
	run 0 opl2 plan -accept-irreversible=t && out_has "apply would stop here" && out_has "(E1204)" &&
	upgrade && err_has E1204 && err_has "to a Safe"'
test_ok 'of a Safe with two signatures it is to be proposed' '
	set_rpc ".eth_call[\"$SC:0xdad544e0\"] = \"0x$(w $SAFE)\"" &&
	upgrade && err_has E1202 && err_has "delegatecall to $NEW, value 0, data" && err_has "| 0x8a847e2e0000"'
data=$(grep -o '0x8a847e2e[0-9a-f]*' "$OUT/stderr")
test_ok 'its data keeps the games' '
	[[ $data == *$(w 80000000000000000)$(w 1)* ]] &&
	[[ $data == *$(w 222)$(w $ADMIN)$(w $SAFE)* ]]'
test_ok 'what would revert is not proposed' '
	set_rpc ".eth_call += {\"$SAFE:$data\": {error: {code: 3, message: \"execution reverted\",
		data: \"0x3afa7308\"}}}" &&
	upgrade && err_has E1205 && err_has "SuperchainConfigNeedsUpgrade()" && ! err_has E1202'
test_ok 'a node that simulates none is no reason to stop' '
	set_rpc ".eth_call += {\"$SAFE:$data\": {error: {code: -32602, message: \"too many arguments\"}}}" &&
	upgrade && err_has E1202'
test_ok 'older contracts have no OPCM' '
	set_rpc "del(.eth_call[\"$SC:0x8ed95502\"])" && run 10 opl2 plan -accept-irreversible=t;
	run 1 opl2 apply -auto-approve -accept-irreversible=t && err_has E1203 && err_has "lastUsedOPCM()" &&
	err_has "contracts v7.0.0 or later" && sends_nothing'

# --- a new chain by an OPCM that is there ---------------------------------------
text() { printf '0x%s' "$(w 32)$(w ${#1})$(printf '%s' "$1" | od -An -tx1 | tr -d ' \n')$(printf "%0$((64 - 2 * ${#1}))d" 0)"; }
opcm_is() { # opcm_is VERSION FEATURES
	set_rpc ".eth_call += {\"$NEW:0x54fd4d50\": \"$(text "$1")\", \"$NEW:0x1d8a4e92\": \"0x$(w "$2")\"}"
}
mkdir new && cd new || exit 1
echo '{"l2ChainID": 4341}' >"$T_DIR/config.json"
{ chain_spec; echo "      opcm: \"$NEW\""; } | spec
test_ok 'older contracts have none' '
	run 3 opl2 validate && err_has E1207 && err_has "older than v7.0.0"'
sed -i 's/forge: /script: "scripts\/DeployChain.s.sol:DeployChain", forge: /' opl2.yaml
unfit() { run 10 opl2 plan && err_has E0834 && err_has "$NEW $1" && err_has "nothing was changed"; }
test_ok 'what has no version is no OPCM' 'unfit "is no OPCM"'
test_ok 'nor does one of a later release do' 'opcm_is 8.0.3 0 && unfit "is OPCM 8.0.3, and opl2 knows"'
test_ok 'nor one with features under development' 'opcm_is 7.1.17 16 && unfit "is an OPCM with features under development"'
test_ok 'with one that does, the plan says who decides what' '
	opcm_is 7.1.17 0 && run 0 opl2 plan && out_has "about 1 transaction and" &&
	out_has "whose guardian can" && out_has "delays of withdrawals and bonds" && sends_nothing'

# --- another release --------------------------------------------------------------
mkdir ../release && cd ../release || exit 1
release() {
	spec <<-Y
	resources:
	  deploy_config:
	    l2:
	      l1_rpc: "$L1_URL"
	      anchor: latest
	      l1_chain_id: 1
	      l2_chain_id: 4341
	      admin: "$ADMIN"
	      batcher: "0x00000000000000000000000000000000000000e1"
	      proposer: "0x00000000000000000000000000000000000000e2"
	      sequencer: "0x00000000000000000000000000000000000000e3"
	      contracts: $1
	Y
}
test_ok 'an older release does not become v7.0.0, and the plan says why' '
	set_rpc ".eth_getBlockByNumber.timestamp = \"0x65920080\"" &&
	release v2.0.0-beta.3 && run 0 opl2 apply -auto-approve &&
	release v7.0.0 &&
	cat >>opl2.yaml <<-Y &&
	      use_fault_proofs: true
	      respected_game_type: 1
	      fault_game_clock_extension: 10s
	      fault_game_absolute_prestate: "0x$(w 222)"
	      gas_price_oracle_blob_base_fee_scalar: 1
	Y
	run 10 opl2 plan && err_has E0610 && err_has "no OP Contracts Manager (OPCM) upgrades the older ones" &&
	err_has "-replace=deploy_config.l2"'
done_testing
