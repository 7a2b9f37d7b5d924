#!/bin/bash
# What a deployment of 58 transactions costs on an L1 at Amsterdam: none runs
# out of gas, and what is paid is what was planned, whatever the L1's server
# serves of eth_simulateV1, and when Amsterdam comes in the middle of it.
. "$(dirname "$0")/lib.sh"

command -v python3 >/dev/null || { echo '1..0 # SKIP no python3'; exit 0; }
cleanup() {
	local d
	# shellcheck disable=SC2046
	kill $(jobs -p) 2>/dev/null
	for d in "$WORK"/gas-*; do (cd "$d" && end_chain "$d"); done
	[ -n "${OPL2_E2E_DIR:-}" ] || rm -rf "$WORK"
}
trap cleanup EXIT

chain() { # chain NAME PORT_OFFSET WITH RESOURCES: its folder, and an L1
	D=$WORK/gas-$1
	mkdir -p "$D" && cd "$D" || bail "no $D"
	printf '%s\n' 'opl2: 1' "name: $1" 'use: devnet' "port_offset: $2" \
		'limits: { eth: 10eth }' \
		"with: { da: calldata, $3 }" "resources: { $4 }" >opl2.yaml
	ok "$1: an L1" opl2 apply -auto-approve -target=deploy_config.l2 \
		-target=forge_project.contracts || done_testing
	L1=http://127.0.0.1:$((8545 + $2))
	ADMIN=$(opl2 state show -json key.admin | jq -er .attrs.address)
}
planned() { # gas of the contracts, and where the figure is from
	opl2 plan -json -target=l1_contracts.l2 | jq -r 'select(.change.addr ==
		"l1_contracts.l2") | .change.costs[0] | "\(.gas) \(.source)"'
}
entry() { sed 's/^[^{]*//' .opl2/ledger/l1_contracts*; }
mined() { entry | jq -s "[.[] | select(.type == \"mined\") | $1] | $2"; }
deploy() { opl2 apply -auto-approve -target=l1_contracts.l2; }
whole() { # all of it is mined, each nonce once
	[ "$(mined .i 'unique | length')" = 58 ] &&
		[ "$(nonce "$L1" "$ADMIN")" = 58 ]
}
as_planned() { # as_planned [SOURCE]: what is paid is what was planned
	local gas source
	read -r gas source <planned.txt
	echo "planned $gas ($source), paid $(mined .gas_used add)"
	[ "${1:-$source}" = "$source" ] && within "$(mined .gas_used add)" "$gas" 2
}

chain full 1320 'l1_block_time: 2s' ''
forked_since() { # what was planned for an L1 of before is not begun on this one
	cp opl2.yaml kept.yaml
	sed -i 's/^resources:.*/resources: { l1_contracts: { l2: { l1_fork: osaka } } }/' opl2.yaml
	exits 10 deploy >forked.txt 2>&1
	local rc=$?
	cp kept.yaml opl2.yaml
	grep E0899 forked.txt && [ $rc -eq 0 ] && [ "$(nonce "$L1" "$ADMIN")" = 0 ]
}
ok 'full: not by a plan for another fork' forked_since
planned >planned.txt
ok 'full: the deployment is mined' deploy
ok 'full: all of it, once' whole
ok 'full: at the gas that was simulated' as_planned simulated
amsterdam() { above 300000000 mined .gas_used add; }
ok 'full: it is the gas of Amsterdam' amsterdam

# geth's own cap of one request, 50 M, as that of a provider.
chain capped 1420 'l1_block_time: 1s' \
	'process: { l1: { args: { rpc.gascap: null } } }'
planned >planned.txt
ok 'capped: the deployment is mined' deploy
ok 'capped: all of it, once' whole
ok 'capped: at the gas that was planned' as_planned
for d in full capped; do (cd "$WORK/gas-$d" && end_chain "$PWD"); done

# A server that serves neither eth_simulateV1 nor eth_config.
FLAG=$WORK/flag
echo old >"$FLAG"
python3 "$ROOT/tests/fake/limited.py" 10844 http://127.0.0.1:10065 "$FLAG" 2>/dev/null &
chain old 1520 'l1_block_time: 1s' \
	'l1_contracts: { l2: { l1_rpc: "http://127.0.0.1:10844" } }'
planned >planned.txt
ok 'old: the deployment is mined' deploy
ok 'old: all of it, once' whole
ok 'old: at the gas that was planned' as_planned
end_chain "$D"

# Blocks of 40 M hold what is the largest transaction on Amsterdam, but not the
# whole deployment on Osaka.
AT=$(($(date +%s) + 75))
chain crossing 1620 "l1_block_time: 2s, l1_fork: amsterdam, l1_fork_at: $AT" \
	'l1_genesis: { l1: { gas_limit: 40000000 } }, process: { l1: { args: { miner.gaslimit: 40000000 } } }'
dies() { ! OPL2_FAULT=sender.mined deploy && [ "$(date +%s)" -lt "$AT" ]; }
ok 'crossing: it dies before the fork' dies
forked() { rpc "$L1" eth_getBlockByNumber '["latest",false]' | jq -e .blockAccessListHash; }
ok 'crossing: the fork comes' wait_for 120 forked
ok 'crossing: it goes on after it' deploy
ok 'crossing: all of it, once' whole
split() { # some were mined before the fork, some after
	mined .block 'min' >first && mined .block 'max' >last &&
		at() { rpc "$L1" eth_getBlockByNumber "[\"$(printf 0x%x "$1")\",false]"; } &&
		[ "$(at "$(cat first)" | jq 'has("blockAccessListHash")')" = false ] &&
		at "$(cat last)" | jq -e .blockAccessListHash
}
ok 'crossing: on both sides of it' split
done_testing
