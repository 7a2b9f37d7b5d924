#!/bin/bash
# Allocations that fail at some places of opl2 and of its worker: a part of what
# tests/torture/nomem.sh does at all of them. The seed is fixed.
OPL2_BIN=$(cd "$(dirname "$0")/../.." && pwd)/build/release
. "$(dirname "$0")/../cli/lib.sh"
. "$ROOT/tests/torture/nomem-lib.sh"

command -v python3 >/dev/null || skip_all 'no python3'
[ -x "$NOMEM/opl2" ] && [ -e "$NOMEM/nomem.so" ] || skip_all 'no programs that count allocations'
SERVER=''
# shellcheck disable=SC2086
trap 'end_all; kill $SERVER 2>/dev/null; cd /; rm -rf "$T_DIR"' EXIT
OFFSET=1

none() { # none STRIDE XSTRIDE SCENE PROGRAM
	STRIDE=$1 XSTRIDE=$2
	shift 2
	sweep_memory "$@" && [ -s "$RESULTS" ] || { cat "$DEFECTS"; return 1; }
}
test_ok 'a plan: its spec, state and journal' 'none 9 150 look opl2'
test_ok 'an apply' 'none 30 200 apply opl2'
test_ok '... its worker' 'none 15 30 apply opl2-worker'
test_fails 1 'there is a code, and no crash' '
	base_look >"$T_DIR/log" 2>&1 && with_counter opl2:100 "" opl2 plan' 'err_has E0654'
memory_table | sed 's/^/# /'
done_testing
