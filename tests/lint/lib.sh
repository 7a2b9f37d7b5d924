# shellcheck shell=bash
# Sourced by the lint scripts: each rule is a TAP test that lists its breaches.
set -u
shopt -s lastpipe
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
export LC_ALL=C
mkdir -p build/lint
t_n=0
t_bad=0

rule() { # rule TITLE: breaches on standard input; none is good
	local found
	found=$(cat)
	t_n=$((t_n + 1))
	if [ -z "$found" ]; then
		echo "ok $t_n - $1"
	else
		echo "not ok $t_n - $1"
		printf '%s\n' "$found" | head -n 40 | sed 's/^/# /'
		t_bad=$((t_bad + 1))
	fi
}

done_testing() {
	echo "1..$t_n"
	[ $t_bad -eq 0 ]
	exit $?
}

c_files() { # all C sources and headers, or those below the folders given
	find "${@:-.}" -path ./build -prune -o -name '.*' -not -name . -prune -o \
		-name '*.[ch]' -print | sed 's,^\./,,' | sort
}

# A file that has passed need not be looked at again until it, or its checker,
# is another. Those of standard input that have to be:
changed() { # changed NAME CHECKER...: its version and settings are part of it
	local passed=build/lint/$1 checker
	touch "$passed"
	checker=$(cat "${@:2}" | sha256sum | cut -c1-16)
	xargs -r sha256sum | sed "s/\$/ $checker/" | { grep -vxFf "$passed" || :; } |
		tee "$passed.new" | sed -E 's/^[0-9a-f]+  (.*) [0-9a-f]+$/\1/'
}
has_passed() { # has_passed NAME: all of these but those of standard input
	sed 's/.*/  & /' | grep -vFf - "build/lint/$1.new" >>"build/lint/$1"
}

includes() { # FILE HEADER pairs of all project includes
	# shellcheck disable=SC2046
	grep -H '^#include "' $(c_files engine state providers cmd) |
		sed 's/^\([^:]*\):#include "\([^"]*\)".*/\1 \2/'
}

room_edges() { # ROOM ROOM pairs: a file of the first includes one of the second
	includes | sed -E 's,/[^/ ]*( |$),\1,g' | awk '$1 != $2' | sort -u
}

room_graph() { # the same for Graphviz
	echo 'digraph rooms { rankdir=BT; node [shape=box];'
	room_edges | sed -E 's/(.*) (.*)/\t"\1" -> "\2";/'
	echo '}'
}
