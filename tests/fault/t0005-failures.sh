#!/bin/bash
# Calls of the release programs that fail, each at some of its places: a part
# of what `make torture` does with all of them. The seed is fixed.
OPL2_BIN=$(cd "$(dirname "$0")/../.." && pwd)/build/release
. "$(dirname "$0")/../cli/lib.sh"
. "$ROOT/tests/torture/lib.sh"
. "$ROOT/tests/torture/scenes.sh"

command -v jq >/dev/null || skip_all 'no jq'
[ "$(uname -m)" = x86_64 ] || skip_all 'failcall is for x86-64'
"$FAILCALL" -- true 2>/dev/null || skip_all 'no failcall, or it may not trace'
trap 'end_all; cd /; rm -rf "$T_DIR"' EXIT
OFFSET=1 EACH=one

swept() { # swept STRIDE SWEEP-ARGUMENTS...: calls, or with three a disk
	STRIDE=$1
	shift
	if [ $# -eq 3 ]; then
		sweep_disk "$@"
	else
		sweep "$@"
	fi && [ -s "$RESULTS" ] || { cat "$DEFECTS"; return 1; }
}
test_ok 'an apply from nothing: calls of opl2' 'swept 9 apply opl2'
test_ok '... and of its worker' 'swept 6 apply opl2-worker'
test_ok '... a disk that is full from there on' 'swept 12 apply opl2 ENOSPC'
test_ok '... or read-only' 'swept 12 apply opl2-worker EROFS'
test_ok 'a change' 'swept 15 change opl2'
test_ok 'a destroy: calls of the worker' 'swept 3 destroy opl2-worker'
test_ok 'state mv' 'swept 9 mv opl2'
test_ok 'processes: calls of the supervisor' 'swept 20 up opl2-supervise'
# Otherwise something else is tested than is said.
test_ok 'few places were missed' '
	[ "$(grep -c missed "$RESULTS")" -le "$(($(wc -l <"$RESULTS") / 10))" ]'
table | sed 's/^/# /'
done_testing
