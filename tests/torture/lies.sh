#!/bin/bash
# Servers that lie, once in each scene: each answer is cut at each byte, held,
# told twice or again, is another's, too large, or has another value in place of
# each value of its JSON. The command ends with a code or does without, the next
# honest one puts all right, nothing wrong is recorded and nothing done twice.
# What became of them is a table; each defect has the line that repeats it.
#
# usage: lies.sh [SCENE...]
#        lies.sh SCENE N LIE          the Nth answer; LIE as in tests/fake/liar.py
#
# TORTURE_STRIDE: each so-manieth of the cuts and values (1), from TORTURE_SEED
# on; TORTURE_LANES: so many at a time (8, for most of it is waiting).
STRIDE=${TORTURE_STRIDE:-1}
OFFSET=${TORTURE_SEED:-$(($(date +%s) % 32768))}
LANES=${TORTURE_LANES:-8}
. "$(dirname "$0")/../cli/lib.sh"
. "$ROOT/tests/torture/lies-lib.sh"
. "$ROOT/tests/torture/lies-scenes.sh"
SERVERS=() LANE_PIDS=()
TOP=$T_DIR
trap 'quit; cd /; rm -rf "$TOP"' EXIT

if [[ ${2:-} =~ ^[0-9]+$ ]]; then
	in_lane one && truth "$1" && lie "$@"
	cat "$OUT/stdout" "$OUT/stderr" "$DEFECTS"
	cut -f 1-6 "$RESULTS"
	rc=0
	[ ! -s "$DEFECTS" ] || rc=1
	exit $rc
fi
[ $# -gt 0 ] || set -- look send signer withdraw npm git da meeda image s3 http kube sup
echo "# every $STRIDE. cut and value, seed $OFFSET"
# Whoever has seen enough gets the table of what there is.
trap 'kill "${LANE_PIDS[@]}"; wait; report' INT TERM
report() {
	lies_table
	cat "$T_DIR"/lane.*/defects
	! cat "$T_DIR"/lane.*/defects | grep -q .
	exit
}
for scene; do
	sweep_lies "$scene"
done
report
