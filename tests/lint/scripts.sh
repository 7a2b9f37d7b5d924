#!/bin/bash
# Shell scripts pass shellcheck. Sourced paths are computed, and a test's body
# is a string that is evaluated later: hence the exclusions.
. "$(dirname "$0")/lib.sh"

command -v shellcheck >/dev/null || {
	echo '1..0 # SKIP shellcheck is not installed'
	exit 0
}
{
	git ls-files --cached --others --exclude-standard -- '*.sh'
	echo .ci/run
} | sort -u | while read -r f; do
	[ -f "$f" ] || continue
	shellcheck -S warning -e SC1090,SC1091,SC2016,SC2034,SC2154,SC2164 -f gcc "$f"
done | rule 'shellcheck has nothing to say'
done_testing
