#!/usr/bin/env bash
# The examples: valid and planned with no network, no key and no variable of
# the L1; the order of their resources is a reviewed golden file.
. "$(dirname "$0")/../lib.sh"

offline() { unshare -rn "$@"; }
offline_test() { # offline_test TITLE BODY: skipped where no namespace may be made
	if offline true 2>/dev/null; then
		test_ok "$@"
	else
		test_skip "$1" 'unshare -rn is refused'
	fi
}

order() { # order NAME: action and address of each resource, in order
	run 0 offline opl2 plan -refresh=false -json &&
		jq -r 'select(.type == "planned_change") | .change |
		"\(.action) \(.addr)"' "$OUT/stdout" >"$OUT/order" &&
		cmp_golden "examples/$1.txt" "$OUT/order"
}

for dir in "$ROOT"/examples/*/; do
	[ -f "$dir/opl2.yaml" ] || continue # not a spec
	name=$(basename "$dir")
	offline_test "$name is valid" '
		cp "$dir/opl2.yaml" . && run 0 offline opl2 validate &&
		out_has "is valid"'
	offline_test "$name: the order of its resources" 'order "$name"'
	offline_test "$name: nothing was written" '
		[ "$(ls -A)" = opl2.yaml ]'
done
done_testing
