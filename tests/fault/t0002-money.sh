#!/bin/bash
# Kills an apply that spends at every crash point, in opl2 or in its worker:
# of ledger and sender for each transaction that passes it, a transfer, a new
# contract and a call. After one more apply each nonce is used once, what was
# planned is there, and what was paid in wei is what an undisturbed apply pays,
# within 1 %.
. "$(dirname "$0")/../e2e/lib.sh"

. "$ROOT/tests/fault/lib-money.sh"

undisturbed() {
	begin first || return
	OPL2_FAULT_LOG=$D/points opl2 apply -auto-approve -parallelism=1 && planned && arrived &&
		fees >"$D/paid" && opl2 output -raw made >"$D/made"
}
killed() { # killed POINT
	begin "kill-${1/:/-}" || return
	# One worker, so that the passes of a point are those of one process.
	OPL2_FAULT=$1 opl2 apply -auto-approve -parallelism=1 && { echo 'nobody was killed'; return 1; }
	opl2 apply -auto-approve || return
	planned && arrived && within "$(fees)" "$(cat "$D/paid")" &&
		exits 0 opl2 plan -detailed-exitcode
}

ok 'an undisturbed apply' undisturbed || done_testing
MADE=$(cat "$D/made")
# A file is replaced by opl2 and by the worker: only the first pass is known.
sort "$D/points" | uniq -c | awk '{
	for (i = 1; i <= $1; i++)
		if (i == 1 || $2 ~ /^(sender|ledger)/ || (i == $1 && $2 !~ /^file/))
			print $2 ":" i }' >"$D/all"
ok 'its crash points are those of money too' \
	test "$(grep -cE '^(sender|ledger)\.' "$D/all")" -ge 24

# Most of the time goes into waiting for blocks.
while read -r point; do
	parallel 12
	(killed "$point" >"$D/$point.txt" 2>&1; echo $? >"$D/$point.rc") </dev/null &
done <"$D/all"
wait
while read -r point; do
	ok "killed at $point" eval "cat '$D/$point.txt'; exit \$(cat '$D/$point.rc')"
done <"$D/all"
done_testing
