#!/usr/bin/env bash
# The examples: valid and planned with no network, no key and no variable of
# the L1; the order of their resources is a reviewed golden file.
. "$(dirname "$0")/../lib.sh"

# Without the right to make a namespace the network is there and unused.
offline() {
	if unshare -rn true 2>/dev/null; then
		unshare -rn "$@"
	else
		"$@"
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
	test_ok "$name is valid" '
		cp "$dir/opl2.yaml" . && run 0 offline opl2 validate &&
		out_has "is valid"'
	test_ok "$name: the order of its resources" 'order "$name"'
	test_ok "$name: nothing was written" '
		[ "$(ls -A)" = opl2.yaml ]'
done
done_testing
