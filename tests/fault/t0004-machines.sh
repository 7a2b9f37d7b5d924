#!/bin/bash
# Kills an apply that spends, whose state is in a bucket, at each crash point,
# and goes on with it on another machine: another folder and HOME, which shares
# nothing with the first but the server. Each nonce is used once, and what was
# planned is there. OPL2_FAULTS_ALL: at every pass of each point.
. "$(dirname "$0")/../e2e/lib.sh"

MOTO=$ROOT/build/tools/moto/bin/python
[ -x "$MOTO" ] || { echo '1..0 # SKIP no moto: make build/tools/moto'; exit 0; }
. "$ROOT/tests/fault/lib-money.sh"

mkdir -p "$D/s3"
"$MOTO" "$ROOT/tests/cli/s3_server.py" "$D/s3" chains >"$D/s3/url" 2>"$D/s3/err" &
S3_PID=$!
trap 'kill $S3_PID 2>/dev/null; [ -n "${OPL2_E2E_DIR:-}" ] || rm -rf "$WORK"' EXIT
wait_for 100 grep -q http "$D/s3/url" || bail 'moto does not start'
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=secret PASS=correct-horse

shared() { # shared NAME: where the state of begin's spec is
	STATE="backend: { s3: { bucket: chains, key: $1, endpoint: \"$(cat "$D/s3/url")\" } }
encryption: { passphrase: { env: PASS } }"
}
undisturbed() {
	shared first
	begin first || return
	OPL2_FAULT_LOG=$D/points opl2 apply -auto-approve -parallelism=1 && planned && arrived &&
		opl2 output -raw made >"$D/made"
}
other_machine() { # other_machine NAME: enters it, with the spec alone
	mkdir -p "$D/other-$1" "$D/home-$1" && cp opl2.yaml "$D/other-$1" &&
		cd "$D/other-$1" && export HOME=$D/home-$1
}
killed() { # killed POINT
	local name=kill-${1/:/-}
	shared "$name"
	begin "$name" || return
	OPL2_FAULT=$1 opl2 apply -auto-approve -parallelism=1 && { echo 'nobody was killed'; return 1; }
	other_machine "$name" || return
	opl2 apply -auto-approve || return
	planned && arrived && exits 0 opl2 plan -detailed-exitcode
}

ok 'an undisturbed apply' undisturbed || done_testing
MADE=$(cat "$D/made")
# The log is compacted after all that counts, and by the keeper alone, whose end
# the run need not notice (t8031).
sort "$D/points" | grep -v '^log\.' | uniq -c | awk -v all="${OPL2_FAULTS_ALL:-}" '{
	for (i = 1; i <= $1; i++)
		if (all || (i == 1 && $2 !~ /^file/) || (i == $1 && $2 ~ /^(sender|ledger)/))
			print $2 ":" i }' >"$D/all"
while read -r point; do
	parallel 12
	(killed "$point" >"$D/$point.txt" 2>&1; echo $? >"$D/$point.rc") </dev/null &
done <"$D/all"
mapfile -t left < <(jobs -p | grep -v "^$S3_PID$")
wait "${left[@]}"
while read -r point; do
	ok "killed at $point" eval "cat '$D/$point.txt'; exit \$(cat '$D/$point.rc')"
done <"$D/all"
done_testing
