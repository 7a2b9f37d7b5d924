#!/bin/bash
# state mv, pull, push, rollback and -plan-digest with a state in a bucket.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-shared.sh"

s3_start || skip_all 'moto does not start'
two='resources: { null: { a: { note: one }, b: { note: "${null.a.id}" } } }'
for m in b a; do
	machine $m && shared edit <<<"$two"
done
digest() {
	opl2 plan -json "$@" | jq -er 'select(.type == "change_summary").plan_digest'
}
serial() { opl2 state pull | jq .serial; }

test_ok 'a plan that one machine made is applied by another' '
	machine a && d=$(digest) && machine b && run 0 opl2 apply -plan-digest="$d" &&
	machine a && run 0 opl2 plan -detailed-exitcode'
test_ok 'pull is the same everywhere' '
	machine a && opl2 state pull >../p && machine b && opl2 state pull | cmp ../p'
test_ok 'mv is seen by others' '
	machine b && run 0 opl2 state mv -auto-approve null.a null.z && machine a &&
	[ "$(opl2 state list | xargs)" = "null.b null.z" ]'
test_ok 'rollback, too' '
	machine b && run 0 opl2 state rollback -auto-approve "$(jq .serial ../p)" && out_has "+ null.a" &&
	machine a && [ "$(opl2 state list | xargs)" = "null.a null.b" ] && run 0 opl2 plan -detailed-exitcode'
test_ok 'push of a higher serial' '
	machine b && opl2 state pull | jq ".serial += 10" >../p && run 0 opl2 state push -force -auto-approve ../p &&
	out_has "No changes" && opl2 state pull | jq ".serial += 10 | .resources |= map(select(.addr != \"null.b\"))" >../p &&
	run 0 opl2 state push -force -auto-approve ../p && machine a && [ "$(serial)" = "$(jq .serial ../p)" ] &&
	[ "$(opl2 state list)" = null.a ] && run 0 opl2 apply -auto-approve && machine b && run 0 opl2 plan -detailed-exitcode'
test_ok 'a third machine, with nothing but the spec' '
	machine c && shared edit <<<"$two" && run 0 opl2 state mv -auto-approve null.b null.y && machine a &&
	opl2 state list | grep -qx null.y'
test_ok 'generations of all machines are listed and brought back on any' '
	machine a && opl2 state history >../p && machine d && shared edit <<<"$two" &&
	opl2 state history | diff ../p - && old=$(awk "/^ *[0-9]+/ { print \$1 }" ../p | sort -n | head -1) &&
	run 0 opl2 state rollback -auto-approve "$old" && machine a && [ "$(opl2 state list | xargs)" = "null.a null.b" ]'
test_ok 'and the old ones go everywhere' '
	machine d && for i in 1 2 3 4 5 6; do
		run 0 opl2 state mv -auto-approve null.a null.m && run 0 opl2 state mv -auto-approve null.m null.a || return; done
	machine a && opl2 state history >../p && [ "$(ls .opl2/history | wc -l)" = 10 ] && rm -rf .opl2 && opl2 state history | diff ../p -'
test_ok 'with the server away nothing is changed' '
	machine a && cp .opl2/state.json ../p && kill $S3_PID && wait $S3_PID 2>/dev/null
	run 11 opl2 state mv -auto-approve null.y null.x && err_has E0530 && cmp ../p .opl2/state.json'
done_testing
