#!/usr/bin/env bash
# doctor and status with peers that do what real ones cannot be made to do: an
# L1 that limits requests, that is of another chain, that does not exist.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-chain.sh"

NOW=$(printf '0x%x' $(($(date +%s) + 900))) # heads do not grow old while this runs
serve_l1 "{ eth_getBalance: \"0x7\", eth_getTransactionCount: \"0x1\",
	eth_getBlockByNumber: { number: \"0x10\", timestamp: \"$NOW\" } }"
end_all() {
	opl2 stop -force
	kill $server
	rm -rf "$T_DIR"
} >/dev/null 2>&1
trap end_all EXIT
finds() { # finds CODE WHAT
	run 1 opl2 doctor -json && jq -e --arg c "$1" --arg w "$2" \
		'[.findings[] | [.code, .what]] == [[$c, $w]]' "$OUT/stdout"
}
# Ready for once, if it took long to end, it is tried again some times.
has_failed() { opl2 status -json | jq -e '.processes[0].state == "failed"' >/dev/null; }

test_fails 1 'a chain without processes' 'spec </dev/null && opl2 doctor' \
	'err_has E0924 && err_has "opl2 apply"'
test_ok 'who asks after an apply that failed is not sent back to it' '
	fresh failed && spec <<-Y && run 10 opl2 apply -auto-approve &&
	resources:
	  null: { n: {} }
	  key: { k: { source: { file: absent } } }
	Y
	for c in doctor status; do
		run 1 opl2 $c && err_has E0924 && err_has "opl2 plan" || exit 1
	done'
{
	chain_spec
	cat <<-Y
		  l2_forks:
		    l2:
		      genesis: { sha256: a, time: 1700000000, scheduled: true, rollup: "$PWD/rollup.json", rollup_sha256: b, rollup_chain_op: "$PWD/rollup.json", rollup_chain_op_sha256: c }
		      block_time: 2s
		      forks: { holocene: start, isthmus: 2100-01-01T00:00:00Z }
		  process:
		    batch/op-batcher:
		      command: [/bin/sh, -c, 'cat $PWD/lines; exec sleep 1000', sh]
		      args: { private-key: "0x01" }
		      owns: { sender: "\${key.admin.address}" }
		      # Whatever is answered will do.
		      pause:
		        steps: [{ rpc: { url: "$L1_URL", method: eth_chainId } }]
		        resume: [{ rpc: { url: "$L1_URL", method: eth_chainId } }]
	Y
} | spec
: >lines
echo '{}' >rollup.json
test_ok 'a chain whose L1 is scripted' '
	adopt && opl2 apply -auto-approve -target=process.batch/op-batcher -target=l2_forks.l2'
test_ok 'a key that all can see' 'finds W1146 batch/op-batcher'
sed -i 's/private-key: "0x01"/flag: true/' opl2.yaml
test_ok 'and no finding without it' '
	opl2 apply -auto-approve -target=process.batch/op-batcher && run 0 opl2 doctor &&
	out_has "Found no problem" && run 0 opl2 status && out_has "0.000000eth"'
test_ok 'which fork is next, and when' '
	out_has "holocene is active; next L2 fork: isthmus in " && out_has "(2100-01-01T00:00:00Z)" &&
	run 0 opl2 status -json && jq -e ".forks | .active == \"holocene\" and .next.time == 4102444800" "$OUT/stdout" &&
	run 0 opl2 metrics && out_has "opl2_l2_fork_time_seconds{fork=\"isthmus\"} 4102444800"'
test_ok 'a batcher that somebody paused is noted, and nothing wrong' '
	opl2 batcher pause && run 0 opl2 doctor && out_has "note[W1152]: batch/op-batcher" &&
	out_has "the safe head does not advance" && out_has "opl2 batcher resume" &&
	run 0 opl2 doctor -json && jq -e ".healthy and .findings[0].note" "$OUT/stdout" &&
	opl2 batcher resume && run 0 opl2 doctor && out_has "Found no problem"'
test_ok 'an L1 of another chain' '
	set_rpc ".eth_chainId = \"0x2\"" && finds E1122 l1 && run 1 opl2 status &&
	out_has "problems"; rc=$?; set_rpc ".eth_chainId = \"0x1\""; [ $rc = 0 ]'
test_ok 'an account without ether' '
	set_rpc ".eth_getBalance = \"0x0\"" && finds E1116 batch/op-batcher &&
	run 1 opl2 status && out_has "has no ether"; rc=$?
	set_rpc ".eth_getBalance = \"0x7\""; [ $rc = 0 ]'
test_ok 'an L1 that stands still' '
	set_rpc ".eth_getBlockByNumber.timestamp = \"0x1\"" && finds E1111 l1; rc=$?
	set_rpc ".eth_getBlockByNumber.timestamp = \"$NOW\""; [ $rc = 0 ]'
test_ok 'no variable for the L1' '
	(unset L1_URL && finds E1125 l1)'
test_ok 'an L1 that does not exist' '
	(L1_URL=http://127.0.0.1:1 && finds E1108 l1 && run 1 opl2 doctor && out_has "cure:")'
test_ok 'a line of a log, with file and time' '
	printf "t=%s lvl=error err=\"nonce too low\"\n" "$(date -u -d "+900 sec" +%FT%T+0000)" >lines &&
	opl2 restart batch/op-batcher && printed batch/op-batcher "nonce too low" && finds E1140 batch/op-batcher &&
	run 1 opl2 doctor && out_has "op-batcher.log" && out_has ", 0.0s ago" && out_has "nonce too low"'
test_ok 'which is too old to count' '
	printf "t=2024-01-01T00:00:00+0000 lvl=error err=\"nonce too low\"\n" >lines && : >.opl2/logs/batch/op-batcher.log &&
	opl2 restart batch/op-batcher && run 0 opl2 doctor'
test_ok 'a process that ended counts by its last words, however old' '
	sed -i "s/exec sleep 1000/exit 1/" opl2.yaml
	opl2 apply -auto-approve -target=process.batch/op-batcher
	until_true 600 has_failed && run 1 opl2 doctor -json &&
	jq -e "[.findings[].code] | contains([\"E1124\", \"E1140\"])" "$OUT/stdout"'
cat >>opl2.yaml <<-Y
	    op-proposer: { command: [/bin/sleep, "1000"], after: [batch/op-batcher] }
Y
test_ok 'nor one that waits to be started by those of its run before' '
	opl2 apply -auto-approve -target=process.op-proposer
	echo "t=2024-01-01T00:00:00+0000 lvl=info msg=\"loop returning\"" >.opl2/logs/op-proposer.log
	opl2 status -json | jq -e ".processes[] | select(.name == \"op-proposer\").state == \"waiting\"" &&
	run 1 opl2 doctor -json && jq -e "[.findings[].code] | contains([\"E1139\"]) | not" "$OUT/stdout"'
cat >>opl2.yaml <<-Y
	    op-node:
	      command: [/bin/sleep, "1000"]
	      urls: { rpc: "$L1_URL" }
Y
SYNC='{ head_l1: { number: 9999 }, unsafe_l2: { number: 4, timestamp: now | floor },
	safe_l2: { number: 3, timestamp: 9, l1origin: { number: 1 } } }'
test_ok 'a safe head that op-node has just set back is no window that ran out' '
	set_rpc ".optimism_syncStatus = $SYNC | .optimism_rollupConfig = { block_time: 2, seq_window_size: 3600 }" &&
	opl2 apply -auto-approve -target=process.op-node && run 1 opl2 status -json &&
	jq -e "[.. | objects | .safe?.number?] | index([3])" "$OUT/stdout" && run 1 opl2 doctor -json &&
	jq -e "[.findings[].code] | contains([\"E1124\"]) and (contains([\"E1104\"]) | not)" "$OUT/stdout"'
test_ok 'every code of a finding is explained' '
	for c in $(grep -ho "\"[EW]11[0-9][0-9]\"" "$ROOT"/providers/health/*.c | tr -d \" | sort -u); do
		run 0 opl2 explain $c || exit 1
	done'
done_testing
