#!/bin/bash
# Servers that lie, some of the lies in each scene: a part of what
# tests/torture/lies.sh does with all of them.
. "$(dirname "$0")/../cli/lib.sh"
. "$ROOT/tests/torture/lies-lib.sh"
. "$ROOT/tests/torture/lies-scenes.sh"

for t_need in python3 jq curl openssl; do
	command -v $t_need >/dev/null || skip_all "no $t_need"
done
TOP=$T_DIR SERVERS=()
trap 'quit; cd /; rm -rf "$TOP"' EXIT
in_lane one

told() { # told SCENE ["N LIE"]...: none of them does harm
	local scene=$1 one bad=0
	shift
	trap 'quit' EXIT
	truth "$scene" || { cat "$DEFECTS"; return 1; }
	for one; do
		# shellcheck disable=SC2086 # two words
		lie "$scene" $one || bad=1
		[ "$(tail -n 1 "$RESULTS" | cut -f 5)" != missed ] || { echo "missed: $one"; bad=1; }
	done
	[ $bad -eq 0 ] || cat "$DEFECTS"
	return $bad
}
test_ok 'an RPC: cut, of another request, too large, of another type' '
	told look "1 cut:60" "1 id:huge" "1 node:2:deep" "2 bomb" "3 short:40" "4 node:0:null" "9 twice" "5 node:3:list"'
test_ok 'an L1 that is paid on: each transaction once' '
	told send "3 node:2:negative" "9 node:2:bighex" "20 again" "24 html" "27 empty"'
test_ok 'a signer' 'told signer "1 node:2:list" "2 node:2:long" "2 againid" "2 short:90"'
test_ok 'proofs of a withdrawal' 'told withdraw "9 node:2:null" "12 node:9:hex" "14 short:900"'
test_ok 'DA servers and a beacon node' 'told da "1 gzip" "2 node:1:nul" "3 loop" "4 empty" "5 latin"'
test_ok 'packages and archives' 'told npm "1 cut:300" "2 node:0:object" "2 node:4:list" "3 html" "3 short:100"'
test_ok 'an image registry' 'told image "1 away" "2 status:204" "4 empty"'
test_ok 'a state in a cluster' 'told kube "3 html"'
# The fifth is how it was after it got a new definition, before the restart.
test_ok 'the supervisor' 'told sup "2 node:0:text" "3 length:4294967295" "5 node:2:zero" "4 id:zero" "6 cut:9"'
T_DIR=$TOP lies_table | sed 's/^/# /'
done_testing
