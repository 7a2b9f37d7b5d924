#!/usr/bin/env bash
# What the documents show: the README's plan is what the program prints, and each
# piece of YAML is valid in a spec of the devnet or of a chain on a public L1.
. "$(dirname "$0")/../lib.sh"

command -v python3 >/dev/null || skip_all 'no python3'
python3 "$ROOT/tests/cli/doc_specs.py" "$ROOT" "$T_DIR/pieces" || exit 1

# Times of a build are the machine's; all else is what the page says.
plain() { sed -E 's/about [0-9]+ (s|min)/about N/; s/and [0-9]+ more/and N more/' "$@"; }
block() { # block N: the N-th block of the README
	awk -v n="$1" '/^```/ { fence++; next } fence == 2 * n - 1' "$ROOT/README.md"
}
plan_of_readme() {
	block 1 >opl2.yaml && block 3 >"$T_DIR/said" &&
		run 0 opl2 plan -refresh=false || return 1
	plain "$OUT/stdout" >"$T_DIR/printed"
	plain "$T_DIR/said" | grep -vE '^ *\.\.\.$|^$' >"$T_DIR/lines"
	[ "$(wc -l <"$T_DIR/lines")" -gt 5 ] || return 1
	! grep -vxFf "$T_DIR/printed" "$T_DIR/lines"
}
test_ok "the README's plan is that of its spec" plan_of_readme

valid() { # valid DIR: in one of the two ways
	local how
	for how in "$1"/*/; do
		! opl2 -chdir="$how" validate >"$how/out" 2>&1 || return 0
	done
	cat "$1"/*/out
	return 1
}
for dir in "$T_DIR"/pieces/*/; do
	test_ok "valid: $(basename "$dir")" "valid $dir"
done
done_testing
