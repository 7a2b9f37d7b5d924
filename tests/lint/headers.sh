#!/bin/bash
# Each header compiles alone, and its guard is named after its path.
. "$(dirname "$0")/lib.sh"

# That whose .c begins with it is compiled alone by every build.
own=$(c_files engine state providers cmd | grep '\.c$' |
	xargs grep -m1 -h '^#include "' | sed 's/.*"\(.*\)"/\1/')
for h in $(c_files engine state providers cmd | grep '\.h$' |
	grep -vxF "$own"); do
	[ "$h" = engine/base/banned.h ] ||
		${CC:-gcc} -std=c17 -D_GNU_SOURCE -DOPL2_VERSION='""' -I. -Ibuild/gen \
			-include engine/base/banned.h -Wall -Werror -fsyntax-only \
			-x c "$h" >/dev/null 2>&1 || echo "$h"
done | rule 'each header compiles alone'
for h in $(c_files engine state providers cmd | grep '\.h$'); do
	grep -q '^#ifndef OPL2_[A-Z0-9_]*_H$' "$h" || echo "$h"
done | rule 'each header has a guard'
done_testing
