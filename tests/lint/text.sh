#!/bin/bash
# What no file may hold: hosts of package registries, paths of somebody's
# machine, unfinished business.
. "$(dirname "$0")/lib.sh"

files=$(git ls-files --cached --others --exclude-standard |
	while read -r f; do [ -f "$f" ] && echo "$f"; done)

in_files() { # in_files PATTERN: FILE:LINE:TEXT
	# shellcheck disable=SC2086
	grep -nIE "$1" $files /dev/null
}
# Brackets keep these patterns from finding themselves.
in_files 'npm[j]s[.](org|com)|(proxy|sum)[.]go[l]ang[.]org|go[p]roxy[.](io|cn)|npm[m]irror' |
	rule 'no host of a package registry'
in_files '(^|[^A-Za-z0-9_.$}/-])/(r[o]ot|h[o]me|w[o]rk|m[n]t|U[s]ers)/' | rule 'no path of a machine'
in_files '\b(TO[D]O|FIX[M]E|XX[X])\b' | grep -vE '[Xx]{6}|mktemp|mkdtemp' | rule 'nothing unfinished'
in_files '[[:blank:]]$' | grep -vE '^[^:]*\.(md|golden|txt):|^tests/(golden|fuzz)/' | rule 'no trailing blanks'
# shellcheck disable=SC2046
grep -nE '(^|[;{})[:blank:]])//' $(c_files engine state providers cmd tests) | grep -v '"' |
	rule 'C comments are /* */'
# clang-format wraps a long line of a table so; then it is no table any more.
# shellcheck disable=SC2046
awk 'FNR == 1 { comment = 0 }
	comment && /^[[:blank:]]*[*][^[:blank:]\/*]/ { print FILENAME ":" FNR ":" $0 }
	/^[[:blank:]]*\/[*]/ { comment = 1 }
	/[*]\// { comment = 0 }' $(c_files engine state providers cmd tests) |
	rule 'lines of a comment begin with a star and a blank'
# shellcheck disable=SC2046
for f in $(c_files engine state providers cmd); do
	n=$(wc -l <"$f")
	[ "$n" -le 900 ] || echo "$f: $n lines"
done | rule 'files are of a size that one can read'
done_testing
