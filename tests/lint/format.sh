#!/bin/bash
# .clang-format is the style; clang-format -i FILE makes it so.
. "$(dirname "$0")/lib.sh"

command -v clang-format >/dev/null || {
	echo '1..0 # SKIP clang-format is not installed'
	exit 0
}
c_files engine state providers cmd tests | while read -r f; do
	clang-format --dry-run -Werror "$f" >/dev/null 2>&1 || echo "$f"
done | rule 'clang-format has nothing to say'
done_testing
