#!/bin/bash
# Every call of the release programs that can fail fails, each at every place,
# and a disk becomes full or read-only at each: the command ends with a code or
# does without, the next one puts all right, and nothing is done twice. What
# became of them is a table; each defect has the line that repeats it alone.
#
# usage: failures.sh [SCENE...]
#        failures.sh SCENE PROGRAM CLASS N ERROR
#
# TORTURE_STRIDE: each so-manieth place (1), from TORTURE_SEED on;
# TORTURE_EACH=one: one error of each place instead of all.
STRIDE=${TORTURE_STRIDE:-1}
OFFSET=${TORTURE_SEED:-$(($(date +%s) % 32768))}
EACH=${TORTURE_EACH:-all}
USER_HOME=$HOME
OPL2_BIN=$(cd "$(dirname "$0")/../.." && pwd)/build/release
. "$(dirname "$0")/../cli/lib.sh"
. "$ROOT/tests/torture/lib.sh"
. "$ROOT/tests/torture/scenes.sh"
ANVIL='' SERVER=''
# shellcheck disable=SC2086
trap 'end_all; kill $ANVIL $SERVER 2>/dev/null; cd /; rm -rf "$T_DIR"' EXIT
# Whoever has seen enough gets the table of what there is.
trap 'exec <&-; table; cat "$DEFECTS"; exit 1' INT TERM

if [[ ${4:-} =~ ^[0-9]+$ ]]; then
	undisturbed "$1" && place "$@"
	cat "$OUT/stdout" "$OUT/stderr" "$DEFECTS"
	cut -f 1-8 "$RESULTS"
	[ ! -s "$DEFECTS" ]
	exit
fi
[ $# -gt 0 ] || set -- apply change destroy look plan saved mv rm backup restore fetch build up stop start again down less send
echo "# every $STRIDE. place, seed $OFFSET"
for scene; do
	undisturbed "$scene" || continue
	for program in opl2 opl2-worker opl2-supervise; do
		sweep "$scene" $program
		for error in ENOSPC EROFS; do
			sweep_disk "$scene" $program $error
		done
	done
done
table
cat "$DEFECTS"
[ ! -s "$DEFECTS" ]
