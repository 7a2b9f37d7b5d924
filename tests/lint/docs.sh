#!/bin/bash
# The documents: links lead somewhere, commands and their options exist, each
# command is run by a test or says why not, and a translation has what its
# original has.
. "$(dirname "$0")/lib.sh"

if ! command -v python3 >/dev/null; then
	echo '1..0 # SKIP no python3'
	exit 0
fi
documents() { python3 tests/lint/docs.py "$@"; }

documents links | rule 'links lead to a file or a heading that is there'
python3 tests/cli/doc_run.py check | rule 'each command block is run, or says why not'
documents pairs | rule 'a translation has the headings, code and links of its original'
for opl2 in build/asan/opl2 build/release/opl2; do
	[ ! -x $opl2 ] || break
done
if [ -x $opl2 ]; then
	documents commands $opl2 | rule 'commands and options of the documents exist'
else
	t_n=$((t_n + 1))
	echo "ok $t_n - commands and options of the documents exist # SKIP no build"
fi
done_testing
