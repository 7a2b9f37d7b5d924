#!/bin/bash
# Who may include whom: cmd > providers > engine > state > engine/base, rooms
# in one direction, a kind's halves apart, one home for each foreign header.
. "$(dirname "$0")/lib.sh"

upward() {
	includes | awk '
	function level(f) {
		if (f ~ "^engine/(base|diag|io)/") return 0
		if (f ~ "^state/") return 1
		if (f ~ "^engine/") return 2
		if (f ~ "^providers/") return 3
		if (f ~ "^cmd/") return 4
		return f ~ "^tests/" ? 5 : -1
	}
	level($2) < 0 { print $1 ": \"" $2 "\" is not rooted" }
	level($2) > level($1) { print $1 " includes " $2 ", a higher layer" }'
}
upward | rule 'includes go down the layers'

# tsort names the members of each loop.
room_edges | tsort 2>&1 >/dev/null | rule 'rooms include each other in one direction'

crowded() {
	c_files engine state providers cmd | xargs -n1 dirname | sort | uniq -c |
		awk '$1 > 30 {print $2 ": " $1 " files"}'
}
crowded | rule 'a room has 30 files at most'

# The front end links the pure halves only.
pure() {
	includes | grep -vE '^[^ ]*/effect_|^providers/(clients|actions)/' |
		grep -E '^(providers|cmd/opl2)/' |
		grep -E ' (providers/(clients|actions)/[^ ]*|[^ ]*/effect_[^/]*)$' |
		grep -v ' providers/actions/action\.h$'
}
pure | rule 'pure halves and the front end include no effect and no client'

# Who runs processes is asked through providers/runtime/runtime.h.
around() {
	includes | grep -vE '^(providers/runtime/(local|wire|kubernetes)|cmd/opl2-(supervise|worker))/' |
		grep -E ' providers/runtime/(local|wire|kubernetes)/'
}
around | rule 'nobody goes around the runtime'

# What a process is, its role says. Names of before there were roles are in one
# table; a flag's value or a text about a program is none of a process.
by_name() {
	# shellcheck disable=SC2046
	grep -nE '"op-(node|geth|batcher|proposer|challenger)"' \
		$(c_files engine state providers cmd | grep '\.c$') |
		grep -v '^cmd/opl2/chain/part_before\.c:'
}
by_name | rule 'nothing goes by the name of a process'

# The two others only name the version of what they were linked with.
asks_version="cmd/opl2-worker/libraries\.c|cmd/opl2/cli/version\.c"
home() { # home PATTERN FILE-PATTERN: the header is included there only
	# shellcheck disable=SC2046
	grep -nE "^#include <$1>" $(c_files engine state providers cmd) |
		grep -vE "^($2|$asks_version):"
}
{
	home 'yaml\.h' 'engine/yaml/(yaml|scan)\.c'
	home 'curl/.*' 'providers/clients/http/http\.c'
	home 'secp256k1.*' 'providers/clients/keys/sign\.c'
	home 'archive.*' 'providers/clients/store/(un)?tar\.c'
	home 'git2.*' 'providers/clients/git/git_int\.h'
	home 'microhttpd\.h' 'cmd/server/server\.h'
	home 'nettle/.*|gmp\.h' 'engine/base/.*\.c'
	home 'openssl/.*' 'providers/clients/.*\.c'
} | rule 'each foreign header has one home'

no_threads() {
	# shellcheck disable=SC2046
	grep -nE 'pthread_create|<threads\.h>' $(c_files engine state cmd/opl2)
}
no_threads | rule 'no threads in the engine'

first_include() { # a .c includes its own header first
	c_files engine state providers cmd | grep '\.c$' | while read -r f; do
		h=${f%.c}.h
		[ -f "$h" ] || continue
		[ "$(grep -m1 '^#include' "$f")" = "#include \"$h\"" ] || echo "$f"
	done
}
first_include | rule 'a source includes its own header first'
done_testing
