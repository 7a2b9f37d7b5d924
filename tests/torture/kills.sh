#!/bin/bash
# kill -9 of the release programs at random calls, in what applies, pays, runs
# processes and takes them down: the next run ends well without -force, nothing
# is paid or made twice, nothing is lost, each process runs once and is watched,
# and no file or process stays. What became of it is a table; each defect has
# the line that repeats it alone.
#
# usage: kills.sh [SCENE...]
#        kills.sh SCENE VICTIM N
#
# KILLS_EACH: kills of each victim in each scene (10); KILLS_SEED repeats a run.
# A victim is front, worker, supervisor, watchdog, or all at once.
EACH=${KILLS_EACH:-10}
SEED=${KILLS_SEED:-$(($(date +%s) % 32768))}
USER_HOME=$HOME
OPL2_BIN=$(cd "$(dirname "$0")/../.." && pwd)/build/release
. "$(dirname "$0")/../cli/lib.sh"
. "$ROOT/tests/torture/lib.sh"
. "$ROOT/tests/torture/scenes.sh"
. "$ROOT/tests/torture/lib-kills.sh"
ANVIL='' SERVER=''
# shellcheck disable=SC2086
trap 'end_all; kill $ANVIL $SERVER 2>/dev/null; cd /; rm -rf "$T_DIR"' EXIT
# Whoever has seen enough gets the table of what there is.
trap 'exec <&-; kill_table; cat "$DEFECTS"; exit 1' INT TERM

if [[ ${3:-} =~ ^[0-9]+$ ]]; then
	undisturbed "$1" && kill_at "$@"
	cat "$OUT/stdout" "$OUT/stderr" "$DEFECTS" "$KILLS"
	[ ! -s "$DEFECTS" ]
	exit
fi
if [ $# -eq 0 ]; then
	set -- apply change destroy saved mv rm restore fetch build up stop start again \
		life down less send deposit withdraw transfer
	[ ! -x "$MOTO" ] ||
		set -- "$@" s3_apply s3_change s3_destroy s3_up s3_again s3_send
fi
echo "# $EACH of each, seed $SEED"
for scene; do
	for victim in front worker supervisor watchdog all; do
		kills "$scene" $victim "$EACH" "$SEED"
	done
done
kill_table
cat "$DEFECTS"
[ ! -s "$DEFECTS" ]
