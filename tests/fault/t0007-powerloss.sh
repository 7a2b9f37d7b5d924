#!/bin/bash
# The power goes at some places of an apply that pays, and of one that makes
# files: a part of what tests/torture/powerloss.sh does at all of them.
OPL2_BIN=$(cd "$(dirname "$0")/../.." && pwd)/build/release
. "$(dirname "$0")/../cli/lib.sh"
. "$ROOT/tests/torture/powerloss-lib.sh"

for t_need in python3 jq curl; do
	command -v $t_need >/dev/null || skip_all "no $t_need"
done
[ "$(uname -m)" = x86_64 ] || skip_all 'failcall is for x86-64'
"$FAILCALL" -- true 2>/dev/null || skip_all 'no failcall, or it may not trace'
trap 'quit; cd /; rm -rf "$T_DIR"' EXIT

told() { # told SCENE HOW CUT...: what is found is good
	local scene=$1 how=$2 cut bad=0
	shift 2
	for cut; do
		dark "$scene" "$cut" "$how" || bad=1
	done
	[ $bad -eq 0 ] || cat "$DEFECTS"
	return $bad
}
calls() { # calls SCENE PATTERN: the places right after such a line of the record
	grep -nE "$2" "$T_DIR/record.$1" | cut -d: -f1
}
sent() { # the places right after a transaction was sent
	local n=0 at
	for at in $(calls pay '"(sendto|sendmsg)","by":"opl2-worker"'); do
		[ "$(python3 "$POWERLOSS" --sent "$T_DIR/record.pay" "$at" | wc -l)" -gt $n ] || continue
		n=$((n + 1))
		echo "$at"
	done
	[ $n -eq 2 ]
}
test_ok 'an apply that pays is recorded' 'record pay'
test_ok 'what was sent is in the ledger, in whichever folder that is' '
	cuts=$(sent) && told pay synced $cuts'
test_ok 'a record that is half there, or zeros' '
	cuts=$(calls pay "\"write\".*/ledger/[^.]*\"") && told pay half $cuts &&
	told pay zeros $(echo "$cuts" | sed -n "2p;4p")'
test_ok 'a new state, and a journal that is gone' '
	cuts=$(calls pay "\"(rename|unlink)\".*/(state.json|journal)\"") && [ -n "$cuts" ] &&
	told pay names $cuts && told pay synced $cuts'
test_ok 'an apply that makes files is recorded' 'record apply'
test_ok 'names without bytes, bytes without names' '
	cuts=$(calls apply "\"rename") && [ "$(echo "$cuts" | wc -l)" -gt 8 ] &&
	told apply zeros $(echo "$cuts" | sed -n "0~3p") && told apply bytes $(echo "$cuts" | sed -n "1~4p")'
dark_table | sed 's/^/# /'
done_testing
