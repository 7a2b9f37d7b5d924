#!/bin/bash
# The operator's view of a devnet: what status shows and how fast.
. "$(dirname "$0")/lib.sh"

D=$WORK/ops
mkdir -p "$D"
cd "$D" || bail "no $D"
cleanup() {
	end_chain "$D"
	[ -n "${OPL2_E2E_DIR:-}" ] || rm -rf "$WORK"
}
trap cleanup EXIT
cat >opl2.yaml <<E2
opl2: 1
name: devnet
use: devnet
with: { l1_block_time: 1s, submission_interval: 5 }
port_offset: 900
E2

ok 'apply' opl2 apply -auto-approve ||
	{ tail -n 40 .opl2/logs/*.log 2>/dev/null | cut -c1-300 | sed 's/^/# /'
	  done_testing; }
out() { opl2 output -json | jq -er "$1"; }
L1=$(out .l1_rpc) L2=$(out .l2_rpc) NODE=$(out .rollup_rpc)
ORACLE=$(jq -er .L2OutputOracleProxy .opl2/files/l1_contracts.l2/artifact.json)

# --- status -------------------------------------------------------------------
seen() { # seen FILTER: true of what status says
	opl2 status -json >status.json && jq -e "$1" status.json ||
		{ jq -c 'del(.processes)' status.json; return 1; }
}
wait_for 60 above 5 latest_output "$L1" "$ORACLE"
ok 'status: heads, batches, outputs, balances of a healthy chain' \
	wait_for 30 seen '.healthy and .problems == [] and .output.matches and
	.output.block > 0 and .output.next_block == .output.block + 5 and
	.heads.l1.lag_s < 10 and .heads.unsafe.lag_s < 10 and
	.heads.safe.number > 0 and .heads.safe.number <= .heads.unsafe.number and
	.batches.last.block > 0 and .batches.window_left_percent > 90 and
	(.balances | map(.role) == ["batcher", "proposer"]) and
	(.balances | all(.hours_left > 0 and .wei_per_day > "0")) and
	.da.name == "da-server" and .peers["op-geth"] == 0'
newest_batch() { # block of the batcher's newest transaction by its receipts
	local n nonce now
	n=$(jq .batches.last.block status.json)
	BATCHER=$(jq -er '.balances[0].address' status.json)
	# the nonce changed in that very block
	nonce=$(rpc "$L1" eth_getTransactionCount \
		"[\"$BATCHER\",\"$(printf '0x%x' $((n - 1)))\"]")
	now=$(rpc "$L1" eth_getTransactionCount \
		"[\"$BATCHER\",\"$(printf '0x%x' "$n")\"]")
	[ "$(num "$now")" -gt "$(num "$nonce")" ]
}
ok 'the newest batch is where it says' newest_batch
for_people() {
	opl2 status >text || return 1
	grep -q '^L1  .*block [0-9]*, [0-9]*s old' text &&
		grep -q '^L2  .*unsafe [0-9]*,.* safe [0-9]*,' text &&
		grep -q '^outputs  .*as the node computes it' text &&
		grep -q '^batcher  .*eth, enough for years' text || { cat text; return 1; }
}
ok 'the same for people' for_people
quick() { # the fastest of five, in milliseconds, on a machine with other work
	local best=99999 from ms
	for _ in 1 2 3 4 5; do
		from=$(date +%s%N)
		opl2 status -json >/dev/null || return 1
		ms=$((($(date +%s%N) - from) / 1000000))
		[ $ms -ge $best ] || best=$ms
	done
	echo "$best ms"
	[ $best -le "$1" ]
}
# Sanitizers take their time; without them it is a fifth of this.
ok 'in a second' quick 1000
watching() { # two looks, a line each
	timeout 20 opl2 status -watch -json | head -n 2 | jq -es \
		'length == 2 and (.[0].heads.unsafe.number < .[1].heads.unsafe.number)'
}
ok 'status -watch' watching
root() {
	local n want
	n=$(jq .output.block status.json)
	want=$(jq -r .output.root status.json)
	[ "$(opl2 output-root "$n")" = "$want" ] &&
		opl2 output-root "$n" -json | jq -e --arg r "$want" --argjson n "$n" \
			'.output_root == $r and .block == $n'
}
ok 'output-root is that of the oracle' root
ok 'a block that is not there yet' exits 1 opl2 output-root 100000000

opl2 stop >/dev/null 2>&1
ok 'a chain that was stopped is no problem' \
	seen '.healthy and .problems == [] and (.stopped | index("op-node") != null)'
done_testing
