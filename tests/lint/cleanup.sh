#!/bin/bash
# A variable that is cleaned up at each return (CLEANUP) has a value by the first:
# what is freed there otherwise is whatever the stack had.
. "$(dirname "$0")/lib.sh"

c_files engine state providers cmd | xargs awk '
FNR == 1 { n = 0 }
# The name may be on the line after CLEANUP(...).
{ line = joined $0; joined = "" }
line ~ /CLEANUP\([a-z_]+\)$/ { joined = line " "; next }
/^}/ { n = 0 }
match(line, /CLEANUP\([a-z_]+\) ?[a-z_0-9 ]+[ *][a-z_0-9]+;$/) {
	name = substr(line, 1, length(line) - 1)
	sub(/.*[ *]/, "", name)
	names[++n] = name
	next
}
n && /return/ {
	for (i = 1; i <= n; i++)
		if (names[i] != "")
			print FILENAME ":" FNR ": " names[i] " has no value yet"
	n = 0
}
{ for (i = 1; i <= n; i++)
	if (names[i] != "" && match(line, "(&" names[i] "[^a-z_0-9]|^[ \t]*" names[i] " = )"))
		names[i] = "" }' | rule 'what is cleaned up has a value'
done_testing
