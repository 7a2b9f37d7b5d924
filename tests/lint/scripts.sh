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
} | sort -u | while read -r f; do [ -f "$f" ] && echo "$f"; done |
	changed scripts "$0" <(shellcheck --version) |
	xargs -r shellcheck -S warning -f gcc \
		-e SC1090,SC1091,SC2016,SC2034,SC2154,SC2164 >build/lint/scripts.bad
sed 's/:.*//' build/lint/scripts.bad | has_passed scripts
rule 'shellcheck has nothing to say' <build/lint/scripts.bad
done_testing
