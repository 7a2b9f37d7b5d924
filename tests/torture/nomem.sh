#!/bin/bash
# Allocations that fail: each place of opl2, or of its worker, that takes memory
# gets none once. A place is a stack of calls; at xmalloc and its like, which all
# end the same way, each so-manieth will do. The command ends with a code, without
# a crash, and the next one puts all right.
#
# usage: nomem.sh [SCENE...]
#        nomem.sh SCENE PROGRAM N         the Nth allocation of PROGRAM
#
# TORTURE_STRIDE: each so-manieth place (1), from TORTURE_SEED on;
# TORTURE_XSTRIDE: of those at xmalloc (20).
STRIDE=${TORTURE_STRIDE:-1}
XSTRIDE=${TORTURE_XSTRIDE:-20}
OFFSET=${TORTURE_SEED:-$(($(date +%s) % 32768))}
OPL2_BIN=$(cd "$(dirname "$0")/../.." && pwd)/build/release
. "$(dirname "$0")/../cli/lib.sh"
. "$ROOT/tests/torture/nomem-lib.sh"
SERVER=''
# shellcheck disable=SC2086
trap 'end_all; kill $SERVER 2>/dev/null; cd /; rm -rf "$T_DIR"' EXIT

if [[ ${3:-} =~ ^[0-9]+$ ]]; then
	undisturbed "$1" && without "$@"
	cat "$OUT/stdout" "$OUT/stderr" "$DEFECTS" "$RESULTS"
	[ ! -s "$DEFECTS" ]
	exit
fi
[ $# -gt 0 ] || set -- apply change destroy look saved mv rm backup restore fetch
echo "# every $STRIDE. place, every $XSTRIDE. at xmalloc, seed $OFFSET"
trap 'exec <&-; memory_table; cat "$DEFECTS"; exit 1' INT TERM
for scene; do
	for program in opl2 opl2-worker; do
		sweep_memory "$scene" $program
	done
done
memory_table
cat "$DEFECTS"
[ ! -s "$DEFECTS" ]
