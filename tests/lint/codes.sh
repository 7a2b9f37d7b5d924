#!/bin/bash
# Diagnostic codes: registered once, in order, in the right block, raised
# somewhere, and nothing raised that is not registered.
. "$(dirname "$0")/lib.sh"

def=engine/diag/codes.def
codes=$(sed -n 's/^CODE(\([EW][0-9]\{4\}\),.*/\1/p' $def)
# shellcheck disable=SC2046
raised=$(grep -hoE '"[EW][0-9]{4}"' $(c_files engine state providers cmd | grep "\.c$") | tr -d '"' | sort -u)

printf '%s\n' "$codes" | sort | uniq -d | rule 'each code is registered once'
awk '/^\/\* --- [0-9][0-9] /{block = $3}
	/^CODE\(/{c = substr($0, 6, 5); if (substr(c, 2, 2) != block) print c " is in block " block}' \
	$def | rule 'each code is in its block'
comm -23 <(printf '%s\n' "$codes" | sort) <(printf '%s\n' "$raised") |
	rule 'each registered code is raised'
comm -13 <(printf '%s\n' "$codes" | sort) <(printf '%s\n' "$raised") |
	rule 'each raised code is registered'
done_testing
