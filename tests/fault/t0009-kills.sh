#!/bin/bash
# kill -9 of the release programs at random calls, a part of what
# tests/torture/kills.sh does: the next run puts all right, nothing is done
# twice and nothing stays. The seed is fixed.
OPL2_BIN=$(cd "$(dirname "$0")/../.." && pwd)/build/release
. "$(dirname "$0")/../cli/lib.sh"
. "$ROOT/tests/torture/lib.sh"
. "$ROOT/tests/torture/scenes.sh"
. "$ROOT/tests/torture/lib-kills.sh"

command -v jq python3 >/dev/null || skip_all 'no jq or python3'
[ "$(uname -m)" = x86_64 ] || skip_all 'failcall is for x86-64'
"$FAILCALL" -- true 2>/dev/null || skip_all 'no failcall, or it may not trace'
SERVER=''
# shellcheck disable=SC2086
trap 'end_all; kill $SERVER 2>/dev/null; cd /; rm -rf "$T_DIR"' EXIT

killed() { # killed SCENE VICTIM TRIALS
	kills "$@" 1 && [ "$(wc -l <"$KILLS")" -gt 0 ] || { cat "$DEFECTS"; return 1; }
}
test_ok 'an apply from nothing' 'killed apply front 4'
test_ok '... its worker' 'killed apply worker 3'
test_ok '... both' 'killed apply all 3'
test_ok 'a change' 'killed change all 3'
test_ok 'a destroy' 'killed destroy all 3'
test_ok 'processes: the supervisor' 'killed up supervisor 3'
test_ok '... its watchdog' 'killed up watchdog 2'
test_ok '... all at once' 'killed up all 2'
test_ok 'a changed process' 'killed again all 3'
# Not in a test's shell: its server is there for all of them.
undisturbed deposit >"$OUT/log" 2>&1
test_ok 'a deposit' 'killed deposit all 3 && killed deposit worker 2'
# Otherwise something else is tested than is said.
test_ok 'few kills were missed' '
	[ "$(grep -c missed "$KILLS")" -le "$(($(wc -l <"$KILLS") / 10))" ]'
kill_table | sed 's/^/# /'
done_testing
