#!/bin/bash
# A supervisor lives for months: what a burst of requests took of its memory it
# gives back, and no page of a secret stays locked. Of the release programs, for
# the sanitizers have a heap of their own.
OPL2_BIN=$(cd "$(dirname "$0")/../.." && pwd)/build/release
. "$(dirname "$0")/../cli/lib.sh"
. "$ROOT/tests/cli/lib-sup.sh"

export TOKEN=not-for-everybody
spec <<'Y'
variables:
  token: { type: string, env: TOKEN, sensitive: true }
resources:
  process:
    p:
      command: [/bin/sleep, "1000"]
      env: { A: "${var.token}", B: "b${var.token}", C: "${var.token}c" }
Y
test_ok 'a process that knows a secret' 'opl2 apply -auto-approve'
S=$(sup_pid)
kib() { awk -v f="$1:" '$1 == f { print $2 }' "/proc/$S/$2"; }
least() { [ "$(kib Anonymous smaps_rollup)" -le "$1" ]; }
locked() { kib VmLck status; }

restarts() {
	local n
	for n in 1 2 3 4 5 6; do opl2 restart p || return; done
	tr '\0' '\n' <"/proc/$(program p)/environ" | grep -qx "B=b$TOKEN" || return
	[ "$(locked)" = 0 ] || { echo "$(locked) KiB are locked"; return 1; }
}
test_ok 'no page of a secret stays locked' restarts

burst() {
	local i env had peak
	had=$(kib Anonymous smaps_rollup)
	env=$(python3 -c 'import json
print(json.dumps({f"V{i}": f"value number {i}" for i in range(1500)}))')
	for i in 1 2 3 4 5 6; do
		put "big$i" "{\"command\": [\"/bin/true\"], \"env\": $env}" || return
	done
	peak=$(kib Anonymous smaps_rollup)
	for i in 1 2 3 4 5 6; do
		sup remove "{\"names\": [\"big$i\"]}" >/dev/null || return
	done
	echo "$had KiB before, $peak KiB with it"
	[ "$peak" -gt $((had + 1000)) ] && until_true 200 least $((had + 200)) ||
		{ echo "now $(kib Anonymous smaps_rollup)"; return 1; }
}
test_ok 'a burst of requests leaves nothing' burst
done_testing
