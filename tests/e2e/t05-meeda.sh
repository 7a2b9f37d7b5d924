#!/bin/bash
# The devnet with its batches in Meeda: a server that is none is found before
# anything is spent, L1 holds only short commitments, the L2 goes on while
# Meeda does not answer and is caught up with afterwards, and an empty database
# is derived from Meeda again.
. "$(dirname "$0")/lib.sh"

command -v python3 >/dev/null || { echo '1..0 # SKIP no python3'; exit 0; }
D=$WORK/meeda
mkdir -p "$D"
cd "$D" || bail "no $D"
cleanup() {
	end_chain "$D"
	kill "$MEEDA" 2>/dev/null
	[ -n "${OPL2_E2E_DIR:-}" ] || rm -rf "$WORK"
}
trap cleanup EXIT
mkfifo hold && exec 7<>hold && rm hold
# Elsewhere than in $D: nothing of it is the chain's.
exec 8< <(exec python3 "$ROOT/tests/fake/meeda.py" "$WORK/objects" <&7 7>&-)
MEEDA=$!
read -r PORT <&8
URL=http://127.0.0.1:$PORT
cat >opl2.yaml <<E2
opl2: 1
name: devnet
use: devnet
with: { l1: anvil, l1_block_time: 1s, da: meeda, meeda_url: "$URL" }
port_offset: 400
E2

control() { # control MODE
	curl -sf -o /dev/null "$URL/control" -d "{\"mode\": \"$1\"}"
}
failed() { # requests that the mode was for
	curl -sf "$URL/control" | jq -e .failed
}
objects() { find "$WORK/objects" -type f | wc -l; }

control number
unfit() {
	exits 10 opl2 apply -auto-approve 2>err.txt || { cat err.txt; return 1; }
	grep -q E0853 err.txt && [ ! -d .opl2/ledger ] && [ "$(objects)" = 0 ]
}
ok 'a server that is no Meeda is refused before anything is spent' unfit
control ''
ok 'apply' opl2 apply -auto-approve ||
	{ tail -n 40 .opl2/logs/*.log 2>/dev/null | cut -c1-300 | sed 's/^/# /'
	  done_testing; }
out() { opl2 output -json | jq -er "$1"; }
L1=$(out .l1_rpc) L2=$(out .l2_rpc) NODE=$(out .rollup_rpc)
INBOX=$(jq -er .batch_inbox_address .opl2/files/genesis.l2/rollup.json)

ok 'the safe head follows' wait_for 60 above 0 safe_height "$NODE"
ok 'batches are kept in Meeda' wait_for 30 above "$(objects)" objects

inbox() { # what was sent to the inbox, one a line
	local i n
	n=$(height "$L1") || return 1
	for ((i = 1; i <= n; i++)); do
		printf '{"jsonrpc": "2.0", "id": %d, "params": ["0x%x", true],
			"method": "eth_getBlockByNumber"}' $i $i
	done | jq -cs . | curl -sf -m 20 -H 'content-type: application/json' \
		-d @- "$L1" | jq -er --arg inbox "$INBOX" '.[].result.transactions[]
		| select((.to // "" | ascii_downcase) == ($inbox | ascii_downcase))
		| .input'
}
commitments() {
	local c name
	inbox >inbox.txt && [ -s inbox.txt ] || return 1
	while read -r c; do
		# a generic commitment, and no batch would be as short
		[[ $c =~ ^0x0101([0-9a-f]{2}){1,80}$ ]] ||
			{ echo "not a commitment: ${c:0:200}"; return 1; }
		name=$(perl -e 'print pack("H*", $ARGV[0])' "${c: -64}")
		[ -s "$WORK/objects/$name" ] || { echo "$c is not in Meeda"; return 1; }
	done <inbox.txt
}
ok 'L1 holds commitments to them and nothing else' commitments

# While op-node waits for the adapter it makes no blocks: twice its time-out
# for two looks, and some for a busy machine.
outage() { # outage MODE: the L2 goes on
	control "$1" && wait_for 60 above 0 failed &&
		wait_for 60 above $(($(height "$L2") + 2)) height "$L2"
}
for mode in fail busy stall; do
	ok "the L2 goes on with a Meeda in mode '$mode'" outage $mode
done
N=$(height "$L2")
SAFE=$(safe_height "$NODE")
ok 'without its safe head' test "${SAFE:-$N}" -lt "$N"
control ''
ok 'which catches up when Meeda is back' \
	wait_for 90 above "$N" safe_height "$NODE"

block_hash() { rpc "$1" eth_getBlockByNumber "[\"$2\",false]" | jq -er .hash; }
SAFE=$(safe_height "$NODE")
HASH=$(block_hash "$L2" "$(printf '0x%x' "$SAFE")")
again() {
	opl2 stop op-proposer op-batcher op-node op-geth || return 1
	rm -rf .opl2/data/*/op-geth
	opl2 apply -auto-approve && opl2 start
}
ok 'with an empty database op-geth starts at block 0' again
ok 'the chain is derived from Meeda' \
	wait_for 90 above "$SAFE" safe_height "$NODE"
ok 'it is the same chain' \
	test "$(block_hash "$L2" "$(printf '0x%x' "$SAFE")")" = "$HASH"
ok 'the adapter counts' grep -q \
	'^opl2_meeda_requests_total{op="get",outcome="ok"} [1-9]' \
	<(curl -sf "$(opl2 state show process.meeda-adapter |
		grep -om1 'http://[^ ]*/metrics')")
ok 'nothing is left to do' exits 0 opl2 plan -detailed-exitcode
done_testing
