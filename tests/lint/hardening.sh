#!/bin/bash
# What the compiler and the linker do against memory errors is in the programs of
# the release: address-independent, read-only after relocation, no executable
# stack, checks of stacks and buffers.
. "$(dirname "$0")/lib.sh"

command -v readelf >/dev/null || {
	echo '1..0 # SKIP readelf is not installed'
	exit 0
}
programs=$(for p in opl2 opl2-worker opl2-supervise opl2-meeda opl2-metrics opl2-ui; do
	[ ! -e build/release/$p ] || echo build/release/$p
done)
[ -n "$programs" ] || {
	echo '1..0 # SKIP there is no release: make all'
	exit 0
}
each() { # each COMMAND WORDS...: the program is named for which it fails
	local p
	for p in $programs; do
		"$@" "$p" || echo "$p"
	done
}
is_pie() { readelf -hW "$1" | grep -q 'Type: *DYN' && readelf -dW "$1" | grep -q 'FLAGS_1.*PIE'; }
is_bound() { readelf -lW "$1" | grep -q GNU_RELRO && readelf -dW "$1" | grep -q BIND_NOW; }
no_exec_stack() { readelf -lW "$1" | grep GNU_STACK | grep -q ' RW  *0x'; }
no_writable_code() { ! readelf -lW "$1" | grep LOAD | grep -q ' RWE '; }
checks() { readelf -sW "$1" | grep -q "$CHECK"; }

each is_pie | rule 'each is position-independent'
each is_bound | rule 'each is read-only after relocation, at once'
each no_exec_stack | rule 'none has an executable stack'
each no_writable_code | rule 'none has code that can be written'
CHECK='__stack_chk_fail' each checks | rule 'each checks its stack'
CHECK='__[a-z]*_chk' each checks | rule 'each checks its buffers'
done_testing
