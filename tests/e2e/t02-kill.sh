#!/bin/bash
# kill -9 of opl2, with its workers or without, at random moments of a fresh
# apply, each followed by one more apply: one deployment, no orphan, a running
# chain.
# OPL2_KILL_ROUNDS says how often (2), OPL2_KILL_SEED repeats a run. With
# OPL2_E2E_DIR what a failed round left is kept there, but for its databases.
. "$(dirname "$0")/lib.sh"

ROUNDS=${OPL2_KILL_ROUNDS:-2}
SEED=${OPL2_KILL_SEED:-$(($(date +%s) % 32768))}
RANDOM=$SEED
SPAN=${OPL2_KILL_SPAN_MS:-}
echo "# seed $SEED"

fresh() {
	D=$WORK/kill$1
	mkdir -p "$D"
	printf 'opl2: 1\nname: devnet\nuse: devnet\nport_offset: 100\n' >"$D/opl2.yaml"
	cd "$D" || exit 1
}
cleanup() {
	end_chain "$D"
	if [ -n "${OPL2_E2E_DIR:-}" ] && [ "${1:-0}" -lt "$t_bad" ]; then
		rm -rf "$D/.opl2/data"
	else
		rm -rf "$D"
	fi
}
trap 'cleanup; [ -n "${OPL2_E2E_DIR:-}" ] || rm -rf "$WORK"' EXIT

strays() { # tools of a dead run, in the folder or below; nodes are no strays
	local p
	for p in $(pids_under "$D"); do
		case $(readlink "/proc/$p/exe") in
		*/forge | */solc | */node | */go | */compile | */link | */opl2 | */opl2-worker)
			tr '\0' ' ' <"/proc/$p/cmdline" | cut -c1-200
			;;
		esac
	done 2>/dev/null
}
no_strays() { [ -z "$(strays)" ]; }
strays_end() { wait_for 20 no_strays || { strays; return 1; }; }

killed_at() { # killed_at MS WHOM: apply, killed after MS
	opl2 apply -auto-approve >first.txt 2>&1 &
	local pid=$! workers=
	sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"
	# Stopped first, so that it starts no worker between the two.
	kill -STOP $pid 2>/dev/null
	[ "$2" = opl2 ] || workers=$(pgrep -P $pid)
	# shellcheck disable=SC2086
	kill -9 $pid $workers 2>/dev/null
	wait $pid 2>/dev/null
	sed -n 's/^\([^ ]*\): creating$/\1/p' first.txt | while read -r a; do
		grep -q "^$a: created" first.txt || echo "$a"
	done | tr '\n' ' ' | sed 's/^/# interrupted: /; s/$/\n/'
}

# The transactions of a sender, by the ledger and by the chain.
ledger_txs() { sed 's/^[^{]*//' .opl2/ledger/"$1"* | jq -s '[.[] | .txs // [] | length] | add'; }
address() { opl2 state show "$1" | grep -om1 '0x[0-9a-fA-F]\{40\}'; }
sent() { nonce "$(opl2 output -json | jq -er .l1_rpc)" "$(address "$1")"; }

one_deployment() { # every sender sent what an undisturbed apply sends
	local n
	[ "$(find .opl2/ledger -name 'l1_contracts*' | wc -l)" -eq 1 ] ||
		{ ls .opl2/ledger; return 1; }
	n=$(sent key.admin) || return 1
	if [ "$n" != "$NONCE" ] || [ "$n" != "$(ledger_txs l1_contracts)" ]; then
		echo "$n transactions of the admin, wanted $NONCE"
		return 1
	fi
	for n in key.dev-0 key.dev-1; do
		[ "$(sent $n)" = 1 ] || { echo "$n: $(sent $n) deposits"; return 1; }
	done
}
goes_on() {
	local l2
	l2=$(opl2 output -json | jq -er .l2_rpc) || return 1
	wait_for 60 above "$(height "$l2")" height "$l2"
}

fresh 0
began=$(date +%s%3N)
ok 'an undisturbed apply' opl2 apply -auto-approve || done_testing
took=$(($(date +%s%3N) - began))
# The moments fall on all steps of an apply, however quick the machine is.
SPAN=${SPAN:-$took}
NONCE=$(sent key.admin)
ok 'a deployment has transactions' test "${NONCE:-0}" -gt 0
ok 'one deployment' one_deployment
echo "# $NONCE transactions of the admin; took $took ms, span $SPAN ms"
cleanup

for i in $(seq "$ROUNDS"); do
	fresh "$i"
	bad=$t_bad
	ms=$((RANDOM * SPAN / 32768))
	# Workers that outlive opl2 must end by themselves, and be waited for.
	whom=opl2
	[ $((i % 2)) -eq 0 ] || whom='opl2 and its workers'
	killed_at $ms "$whom"
	[ "$whom" = opl2 ] ||
		ok "round $i: $whom killed after $ms ms, no tool is left" strays_end
	ok "round $i: one more apply ends well" opl2 apply -auto-approve
	ok "round $i: $whom killed after $ms ms, one deployment" one_deployment
	ok "round $i: the chain goes on" goes_on
	ok "round $i: nothing is left to do" exits 0 opl2 plan -detailed-exitcode
	ok "round $i: no tool is left" strays_end
	cleanup "$bad"
done
done_testing
