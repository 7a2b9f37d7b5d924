#!/bin/bash
# A test waits for something, in a loop that looks: a sleep alone is either too
# short for some machine or too long for all. A long one is a stand-in program.
. "$(dirname "$0")/lib.sh"

bare() {
	git ls-files --cached --others --exclude-standard -- \
		'tests/cli/**.sh' 'tests/fault/*.sh' | while read -r file; do
		awk '
		/^[ \t]*#/ { next }
		{ line = $0
		  opens = gsub(/(^|[ \t;&|])do([ \t;]|$)/, "&", line)
		  closes = gsub(/(^|[ \t;&|])done([ \t;)&|<>'"'"'"]|$)/, "&", line) }
		depth + opens == 0 && /(^|[^-a-z_."\/])sleep (0|[0-9][0-9]?)(\.[0-9]+)?([^0-9]|$)/ &&
		!/(while|until|exec) sleep/ { print FILENAME ":" FNR ": " $0 }
		{ depth += opens - closes; if (depth < 0) depth = 0 }' "$file"
	done
}
bare | rule 'no test sleeps instead of waiting'
done_testing
