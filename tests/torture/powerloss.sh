#!/bin/bash
# The power goes at each place of a command: what it did to files, as the tracer
# has recorded it, is done again up to there, and what was not synced is lost in
# several ways. What is found must load or be refused by name, the next apply
# must put all right, and what was paid for is paid for once.
#
# usage: powerloss.sh [SCENE...]
#        powerloss.sh SCENE CUT HOW       HOW as in tests/torture/powerloss.py
#
# TORTURE_STRIDE: each so-manieth place (1), from TORTURE_SEED on.
STRIDE=${TORTURE_STRIDE:-1}
OFFSET=${TORTURE_SEED:-$(($(date +%s) % 32768))}
OPL2_BIN=$(cd "$(dirname "$0")/../.." && pwd)/build/release
. "$(dirname "$0")/../cli/lib.sh"
. "$ROOT/tests/torture/powerloss-lib.sh"
trap 'quit; cd /; rm -rf "$T_DIR"' EXIT

if [[ ${2:-} =~ ^[0-9]+$ ]]; then
	# With another record the same place is another one: the last of them.
	record "$1" && dark "$@"
	cat "$OUT/stdout" "$OUT/stderr" "$DEFECTS" "$RESULTS"
	[ ! -s "$DEFECTS" ]
	exit
fi
[ $# -gt 0 ] || set -- apply change destroy mv rm pay
echo "# every $STRIDE. place, seed $OFFSET"
# Whoever has seen enough gets the table of what there is.
trap 'dark_table; cat "$DEFECTS"; exit 1' INT TERM
for scene; do
	sweep_dark "$scene"
done
dark_table
cat "$DEFECTS"
[ ! -s "$DEFECTS" ]
