#!/bin/bash
# .clang-format is the style; clang-format -i FILE makes it so.
. "$(dirname "$0")/lib.sh"

command -v clang-format >/dev/null || {
	echo '1..0 # SKIP clang-format is not installed'
	exit 0
}
c_files engine state providers cmd tests |
	changed format .clang-format "$0" <(clang-format --version) |
	xargs -r -n 100 clang-format --dry-run -Werror 2>&1 |
	sed -n 's/^\([^ :]*\):[0-9].*/\1/p' | sort -u >build/lint/format.bad
has_passed format <build/lint/format.bad
rule 'clang-format has nothing to say' <build/lint/format.bad
done_testing
