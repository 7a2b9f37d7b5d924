#!/bin/bash
# balance: a command that asks both layers through workers, outside of a plan.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-chain.sh"

serve_l1 '{ eth_getBalance: "0xde0b6b3a7640001" }'
chain() { # chain L2-URL
	{
		chain_spec
		echo "outputs: { l2_rpc: \"$1\", l2_chain_id: \"\${l1_contracts.l1.l1_chain_id}\" }"
	} | spec
	adopt >/dev/null
}

test_ok 'before there is a chain' '
	spec </dev/null && run 11 opl2 balance && err_has E1051'
planned() { # a spec of which nothing is recorded
	chain_spec | sed "s/^    admin: .*/&\n    worker: { source: { generate: true } }/" | spec
}
test_ok 'of a chain that is only planned: keys at hand, and the L1' '
	fresh planned && planned && run 0 opl2 balance &&
	grep -qE "^admin +$ADMIN +1eth +-$" "$OUT/stdout" &&
	grep -qE "^worker +not made yet +- +-$" "$OUT/stdout" &&
	err_has "opl2 apply -target=key" && [ ! -e .opl2/state.json ] &&
	run 0 opl2 balance -json && jq -e ".accounts | map(select(.name == \"admin\"))[0].l1 ==
	\"1000000000000000001\"" "$OUT/stdout" &&
	run 3 opl2 balance worker && err_has E1052 && err_has "no account yet: not made yet"'
test_ok 'with -target=key its keys are made, and nothing else' '
	fresh keys && planned && : >"$CALLS" && run 0 opl2 apply -auto-approve -target=key &&
	[ "$(opl2 state list | sort | tr "\n" " ")" = "key.admin key.worker " ] &&
	[ ! -s "$CALLS" ] && run 0 opl2 balance && [ "$(grep -c "0x.* 1eth" "$OUT/stdout")" = 2 ]'
test_ok 'amounts on both layers, exact in JSON' '
	fresh both && chain "$L1_URL" && run 0 opl2 balance &&
	cmp_golden balance/table && run 0 opl2 balance -json && cmp_golden balance/json'
cd both || exit 1
paid_in() { # paid_in SYMBOL: the state with a gas token
	opl2 state pull >plain && jq --arg s "$1" '.serial += 1 | .resources += [.resources[0] + {
		addr: "deploy_config.l2", kind: "deploy_config", config: { gas_token: { symbol: $s } } }]' plain >paid &&
		opl2 state push -force -auto-approve paid
}
test_ok 'an L2 that has a gas token' '
	paid_in EXG && run 0 opl2 balance admin && grep -qE "^admin +$ADMIN +1eth +1 EXG$" "$OUT/stdout" &&
	jq ".serial += 2" plain >p && opl2 state push -force -auto-approve p && run 0 opl2 balance && cmp_golden balance/table'
test_ok 'by role and by address' '
	run 0 opl2 balance admin $SC && out_has $ADMIN && out_has $SC &&
	run 0 opl2 balance -json $SC && jq -e ".accounts | length == 1" "$OUT/stdout"'
test_ok 'one look at each layer, whatever the number of accounts' '
	: >"$CALLS" && run 0 opl2 balance admin $SC && [ "$(grep -c eth_blockNumber "$CALLS")" = 2 ]'
test_fails 3 'neither role nor address' 'opl2 balance batcher' 'err_has E1052'
test_fails 3 'a checksum that is wrong' "opl2 balance ${ADMIN/d41c/D41c}" 'err_has E1052 && err_has checksum'
test_fails 11 'an output root without a rollup node' 'opl2 output-root 1' 'err_has E1101'
test_fails 3 'an output root of no block' 'opl2 output-root 0x1' 'err_has E1100'
test_fails 10 'another chain answers' 'set_rpc ".eth_chainId = \"0x2\"" && opl2 balance' 'err_has E0812'
set_rpc '.eth_chainId = "0x1"'
test_fails 10 'no variable for the L1' 'unset L1_URL && opl2 balance' 'err_has E0920 && out_has 1eth'
dead=$(python3 "$ROOT/tests/cli/rpc_server.py" --free-port)
test_fails 10 'a layer that does not exist: the other is shown' '
	fresh half && chain "http://127.0.0.1:$dead" >/dev/null 2>&1; opl2 balance' \
	'err_has E0801 && out_has 1eth'
done_testing
