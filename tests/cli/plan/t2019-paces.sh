#!/usr/bin/env bash
# Inputs that are paces of one another: games and channels, blocks and what a
# conductor waits for.
. "$(dirname "$0")/../lib.sh"

opstack() { # opstack WITH
	printf 'opl2: 1\nname: t\nuse: opstack\nlimits: { eth: 3eth }\nwith: { %s, %s }\n' \
		"l1_rpc: 'http://127.0.0.1:1', l1_chain_id: 5, l2_chain_id: 7" "$1" >opl2.yaml
}
sequencers() { # sequencers WITH
	printf 'opl2: 1\nname: t\nuse: devnet\nwith: { da: calldata, sequencers: 3, %s }\n' "$1" >opl2.yaml
}
plan() { run "${1:-0}" opl2 plan -refresh=false; }

test_ok 'games every 20 minutes, channels of 5: nothing to say' \
	'opstack "" && plan && ! err_has W0419'
test_ok 'games within a channel: the plan warns where it was written' '
	opstack "proposal_interval: 4m" && plan && err_has W0419 && err_has "every 300 s" &&
	err_has "opl2.yaml:5:" && err_has "proposal_interval: 4m"'
test_ok '... when it is the channel that is long' \
	'opstack "max_channel_duration: 200" && plan && err_has W0419 && err_has "every 2400 s"'
test_ok '... or closed by nothing but size' \
	'opstack "max_channel_duration: 0" && plan && err_has W0419 && err_has "when a batch is full"'

test_ok 'blocks every 3 s: a conductor waits for 5 s' '
	sequencers "l1_block_time: 12s, l2_block_time: 3s" && run 0 opl2 validate && run 0 opl2 show -spec &&
	[ "$(grep -c "healthcheck.unsafe-interval: 5" "$OUT/stdout")" = 3 ]'
test_fails 3 'every 4 s: that is too little' \
	'sequencers "l1_block_time: 12s, l2_block_time: 4s" && opl2 validate' \
	'err_has E1430 && err_has "at least 6s" && err_has "l2_block_time: 4s"'
test_ok '... and enough' '
	sequencers "l1_block_time: 12s, l2_block_time: 4s, unsafe_interval: 6s" && run 0 opl2 validate && run 0 opl2 show -spec &&
	[ "$(grep -c "healthcheck.unsafe-interval: 6" "$OUT/stdout")" = 3 ]'
done_testing
