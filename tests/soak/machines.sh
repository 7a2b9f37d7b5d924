#!/bin/bash
# A state in a bucket, and machines that are lost: an apply that spends is
# killed with all of its workers at a random moment on one machine after
# another, and finished on the last. Each nonce was used once, and what was
# planned is there. OPL2_SOAK_ROUNDS: kills (100); OPL2_SOAK_SEED repeats a
# run; OPL2_SOAK_JOBS: chains at the same time (4).
. "$(dirname "$0")/../e2e/lib.sh"

MOTO=$ROOT/build/tools/moto/bin/python
[ -x "$MOTO" ] || { echo '1..0 # SKIP no moto: make build/tools/moto'; exit 0; }
. "$ROOT/tests/fault/lib-money.sh"

ROUNDS=${OPL2_SOAK_ROUNDS:-100}
SEED=${OPL2_SOAK_SEED:-$(($(date +%s) % 32768))}
RANDOM=$SEED
KILLS=4 # of a chain
echo "# seed $SEED"
mkdir -p "$D/s3"
"$MOTO" "$ROOT/tests/cli/s3_server.py" "$D/s3" chains >"$D/s3/url" 2>"$D/s3/err" &
S3_PID=$!
trap 'kill $S3_PID 2>/dev/null; [ -n "${OPL2_E2E_DIR:-}" ] || rm -rf "$WORK"' EXIT
wait_for 20 grep -q http "$D/s3/url" || bail 'moto does not start'
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=secret PASS=correct-horse

machine() { # machine NAME: with the spec alone
	mkdir -p "$D/$1" "$D/home-$1" && cp opl2.yaml "$D/$1" && cd "$D/$1" &&
		export HOME=$D/home-$1
}
killed() { # killed SECONDS: the run and all that it started; 1: it ended first
	local run
	setsid bash -c 'echo $$ >session; exec opl2 apply -auto-approve -lock-timeout=90s' \
		>killed.txt 2>&1 &
	run=$!
	sleep "$1" # a random moment is what is wanted
	pkill -KILL -s "$(cat session)" || return 1
	wait $run
	return 0
}
chain() { # chain NAME SECONDS...
	local name=$1 n=0
	shift
	STATE="backend: { s3: { bucket: chains, key: $name, endpoint: \"$(cat "$D/s3/url")\" } }
encryption: { passphrase: { env: PASS } }"
	begin "$name" || return
	for at; do
		killed "$at"
		echo "killed after $at s: $?"
		machine "$name-$((++n))" || return
	done
	opl2 apply -auto-approve -lock-timeout=90s || return
	planned && arrived && exits 0 opl2 plan -detailed-exitcode
}

for i in $(seq $((ROUNDS / KILLS))); do
	times=()
	for _ in $(seq $KILLS); do times+=("$((RANDOM % 9)).$((RANDOM % 10))"); done
	parallel "${OPL2_SOAK_JOBS:-4}"
	(chain "c$i" "${times[@]}" >"$D/c$i.txt" 2>&1; echo $? >"$D/c$i.rc") &
done
mapfile -t left < <(jobs -p | grep -v "^$S3_PID$")
wait "${left[@]}"
for i in $(seq $((ROUNDS / KILLS))); do
	ok "chain $i" eval "cat '$D/c$i.txt'; exit \$(cat '$D/c$i.rc')"
done
echo "# $(cat "$D"/c*.txt | grep -c 'killed after .*: 0') of $ROUNDS kills hit a run"
done_testing
