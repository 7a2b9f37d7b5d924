#!/bin/bash
# Who may include whom: cmd > providers > engine > state > engine/base, the
# split of a kind into halves, and one home for each foreign header.
. "$(dirname "$0")/lib.sh"

level() {
	case $1 in
	engine/base/*) echo 0 ;;
	state/*) echo 1 ;;
	engine/*) echo 2 ;;
	providers/*) echo 3 ;;
	cmd/*) echo 4 ;;
	tests/*) echo 5 ;;
	*) echo -1 ;;
	esac
}

includes() { # FILE HEADER pairs of all project includes
	# shellcheck disable=SC2046
	grep -H '^#include "' $(c_files engine state providers cmd) |
		sed 's/^\([^:]*\):#include "\([^"]*\)".*/\1 \2/'
}

upward() {
	includes | while read -r file header; do
		[ "$(level "$header")" -ge 0 ] ||
			echo "$file: \"$header\" is not rooted"
		[ "$(level "$header")" -le "$(level "$file")" ] ||
			echo "$file includes $header, a higher layer"
	done
}
upward | rule 'includes go down the layers'

# The front end links the pure halves only.
pure() {
	includes | grep -E '^(providers/(health/)?[^/]*\.[ch]|cmd/opl2/[^ ]*) providers/(effect|lib|action)' |
		grep -v '^providers/\(effect\|action\)\.h '
}
pure | rule 'pure halves and the front end include no effect and no client'

home() { # home PATTERN FILE-PATTERN: the header is included there only
	# shellcheck disable=SC2046
	grep -nE "^#include <$1>" $(c_files engine state providers cmd) |
		grep -vE "^($2):"
}
{
	home 'yaml\.h' 'engine/yaml\.c'
	home 'curl/.*' 'providers/lib/http\.c'
	home 'secp256k1.*' 'providers/lib/sign\.c'
	home 'archive.*' 'providers/lib/(un)?tar\.c'
	home 'git2.*' 'providers/lib/git_int\.h'
	home 'microhttpd\.h' 'cmd/(adapter|exporter)/serve\.c'
	home 'nettle/.*|gmp\.h' 'engine/base/.*\.c'
	home 'openssl/.*' 'providers/lib/.*\.c'
} | rule 'each foreign header has one home'

no_threads() {
	grep -nE 'pthread_create|<threads\.h>' engine/*.c engine/base/*.c state/*.c cmd/opl2/*.c
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
