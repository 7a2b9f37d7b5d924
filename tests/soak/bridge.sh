#!/bin/bash
# The bridge's commands, killed with -9 at random moments and given again until
# they end: each is one transaction a step, what it moves arrives once, and what
# was paid in wei is what the ledger has for that many transactions, and within
# 1 % of what an undisturbed deposit pays, or 10 % of a withdrawal: its proof is
# not always as long.
# OPL2_SOAK_ROUNDS: kills (20); OPL2_SOAK_SEED repeats a run;
# OPL2_SOAK_OFFSET: the chain's ports (1200).
. "$(dirname "$0")/../e2e/lib.sh"

ROUNDS=${OPL2_SOAK_ROUNDS:-20}
SEED=${OPL2_SOAK_SEED:-$(($(date +%s) % 32768))}
RANDOM=$SEED
D=$WORK/bridge-soak
mkdir -p "$D"
cd "$D" || bail "no $D"
cat >opl2.yaml <<Y
opl2: 1
name: soak
use: devnet
with: { l1: anvil, l1_block_time: 2s, da: calldata, submission_interval: 10 }
port_offset: ${OPL2_SOAK_OFFSET:-1200}
resources:
  process:
    l1: { args: { block-base-fee-per-gas: 7 } }
Y
cleanup() {
	end_chain "$D"
	[ -n "${OPL2_E2E_DIR:-}" ] || rm -rf "$WORK"
}
trap cleanup EXIT
echo "# seed $SEED"

out() { opl2 output -json | jq -er "$1"; }
ok 'apply brings the devnet up' opl2 apply -auto-approve || done_testing
L1=$(out .l1_rpc) L2=$(out .l2_rpc)
DEV=$(out '.dev_accounts[0].address')
TO=0x00000000000000000000000000000000000b41d9

has() { num "$(balance "$1" "$2")"; }
# A wei more each time: the same command again would be one that broke off.
amount=1000000
moves() { # moves WHAT
	amount=$((amount + 1))
	MOVE=(opl2 "$1" "${amount}wei" -from=dev-0 -to="$TO" -auto-approve -json)
	# Where it ends, and how many transactions it takes on the L1. On the L2
	# either counts as one of the sender's.
	case $1 in
	deposit) LAYER=$L2 ON_L1=1 ;;
	withdraw) LAYER=$L1 ON_L1=2 ;;
	esac
}

fees() { # on the L1, of all that the ledger has
	python3 - "$DEV" "$(num "$(rpc "$L1" eth_chainId)")" .opl2/ledger/* <<-'P'
		import json, sys
		paid = 0
		for path in sys.argv[3:]:
		    if '.' in path.rsplit('/', 1)[1]:
		        continue
		    lines = [json.loads(l[9:]) for l in open(path)]
		    if lines and lines[0].get('from') == sys.argv[1] and \
		            lines[0].get('chain_id') == int(sys.argv[2]):
		        paid += sum(l['gas_used'] * int(l['price']) for l in lines
		                    if l['type'] == 'mined')
		print(paid)
	P
}

before() {
	moves "$1"
	HAD=$(has "$LAYER" $TO) N1=$(nonce "$L1" "$DEV") N2=$(nonce "$L2" "$DEV")
	ETHER=$(balance "$L1" "$DEV") FEES=$(fees)
}
after() { # after WHAT: once, and its fees on the L1 go to paid.WHAT
	local moved=0
	[ "$LAYER" = "$L1" ] || moved=$amount
	[ "$(has "$LAYER" $TO)" = $((HAD + amount)) ] ||
		{ echo "$TO has $(has "$LAYER" $TO), had $HAD, gets $amount"; return 1; }
	[ "$(nonce "$L1" "$DEV") $(nonce "$L2" "$DEV")" = "$((N1 + ON_L1)) $((N2 + 1))" ] ||
		{ echo "nonces $(nonce "$L1" "$DEV") $(nonce "$L2" "$DEV"), before $N1 $N2"; return 1; }
	PAID=$(wei "$ETHER - $(balance "$L1" "$DEV") - $moved")
	echo "$1 paid $PAID wei on the L1"
	[ "$PAID" = "$(wei "$(fees) - $FEES")" ] ||
		{ echo "the ledger has $(wei "$(fees) - $FEES")"; return 1; }
}
undisturbed() {
	local began
	before "$1"
	began=$(date +%s%3N)
	"${MOVE[@]}" && after "$1" || return
	eval "TOOK_$1=$(($(date +%s%3N) - began)) PAID_$1=$PAID"
}
killed() { # killed WHAT MS WHOM
	local pid workers=
	before "$1"
	"${MOVE[@]}" >first.txt 2>&1 &
	pid=$!
	sleep "$(wei "$2 / 1000")"
	kill -STOP $pid 2>/dev/null
	[ "$3" = opl2 ] || workers=$(pgrep -P $pid)
	# shellcheck disable=SC2086
	kill -9 $pid $workers 2>/dev/null
	if wait $pid; then
		echo 'it was over'
	else
		echo "killed after: $(tail -n 1 first.txt)"
		"${MOVE[@]}" || return
	fi
	after "$1" && within "$PAID" "$(eval "echo \$PAID_$1")" $((1 + 9 * (ON_L1 - 1)))
}
for what in deposit withdraw; do
	undisturbed $what >last.txt 2>&1
	ok "a $what that nobody disturbs" eval "cat last.txt; exit $?" || done_testing
	grep paid last.txt | sed 's/^/# /'
done
for i in $(seq "$ROUNDS"); do
	what=deposit
	[ $((RANDOM % 3)) -eq 0 ] || what=withdraw
	ms=$((RANDOM * $(eval "echo \$TOOK_$what") / 32768))
	whom=opl2
	[ $((RANDOM % 2)) -eq 0 ] || whom='opl2 and its workers'
	killed $what $ms "$whom" >last.txt 2>&1
	ok "round $i: $what, $whom killed after $ms ms" eval "cat last.txt; exit $?"
	grep -E '^(killed after|it was over|[a-z]+ paid)' last.txt | sed 's/^/#   /'
done
ok 'nothing is on its way' eval "opl2 withdraw list -json | jq -e '.withdrawals |
	length > 0 and all(.stage == \"finalized\")'"
done_testing
