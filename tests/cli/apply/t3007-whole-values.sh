#!/bin/bash
# What goes to a pipe or a file is whole; only a terminal's plan is cut.
. "$(dirname "$0")/../lib.sh"

LONG=$(printf 'https://host.example/%0150d/END' 0)
spec <<-Y
	resources:
	  null:
	    a: { note: "$LONG", triggers: { t: "$LONG" } }
	outputs:
	  text: "$LONG"
	  list: ["$LONG", { deep: "$LONG" }]
Y
whole() { # whole N COMMAND...: it prints N values to a pipe, the end of each
	local n=$1
	shift
	"$@" | cat >o
	[ "$(grep -oF "$LONG" o | wc -l)" -ge "$n" ] && lacks o '0...' && return
	cat o
	return 1
}
test_ok 'a plan' 'whole 5 opl2 plan -full'
test_ok 'a saved plan, as Markdown too' '
	opl2 plan -out=p >/dev/null && whole 5 opl2 show -full p && whole 5 opl2 show -full -markdown p'
test_ok 'a run and the outputs at its end' 'whole 3 opl2 apply -auto-approve'
test_ok 'output' 'whole 3 opl2 output && whole 1 opl2 output text && whole 2 opl2 output list && whole 1 opl2 output -raw text'
test_ok 'output is one line for each' '[ "$(opl2 output | wc -l)" = 2 ]'
test_ok 'show and state show' 'whole 2 opl2 show && whole 2 opl2 state show null.a'
test_ok 'show -spec' 'whole 4 opl2 show -spec'
test_ok 'a change' 'sed -i "s/END\", triggers/NEW\", triggers/" opl2.yaml && whole 1 opl2 plan && has o NEW'
test_ok 'the store'\''s digests' '
	mkdir -p "$XDG_CACHE_HOME/opl2/store/npm/$(printf "%064d" 7)" &&
	opl2 store list | cat >o && has o "npm/$(printf "%064d" 7)"'

on_terminal() { # on_terminal COMMAND
	timeout 300 script -qec "$1" /dev/null
}
if command -v script >/dev/null; then
	test_ok 'on a terminal a plan is cut' 'on_terminal "opl2 plan" >o && has o "0..." && lacks o NEW'
	test_ok 'output is not: it is copied from there' 'on_terminal "opl2 output" >o && grep -qF "$LONG" o'
fi
done_testing
