#!/bin/bash
# plan: actions, reasons, exit codes; it changes nothing.
. "$(dirname "$0")/../lib.sh"

two() {
	spec <<-'Y'
	resources:
	  null:
	    a: { triggers: { x: "1" } }
	    b: { note: "${null.a.id}", triggers: { y: "2" } }
	outputs:
	  a_id: "${null.a.id}"
	Y
}
two
test_ok 'a fresh plan' 'run 0 opl2 plan && cmp_golden plan/fresh.txt && [ ! -s "$OUT/stderr" ]'
test_ok 'it ends with the count' 'tail -n 1 "$OUT/stdout" | grep -qx "Plan: 2 to add, 0 to change, 0 to destroy."'
test_ok 'a plan leaves nothing behind' '[ "$(ls -A | grep -v "^\.opl2$")" = opl2.yaml ] && [ ! -e .opl2/state.json ]'
test_ok 'a plan twice is the same, byte for byte' '
	opl2 plan -out=p1 >o1 && opl2 plan -out=p2 >o2 && cmp p1 p2'
test_ok '-detailed-exitcode' 'run 2 opl2 plan -detailed-exitcode'
test_ok '-expect-no-changes' 'run 7 opl2 plan -expect-no-changes && err_has E1013'
test_ok '-json is NDJSON with the documented lines' '
	run 0 opl2 plan -json &&
	jq -es "(.[0].type == \"version\") and (.[0].ui == \"1.4\") and
		(map(select(.type == \"planned_change\")) | length == 2) and
		(.[-1] | .type == \"change_summary\" and .changes.add == 2) and
		all(.[]; .\"@level\" and .\"@message\" and .\"@timestamp\" and .type)" "$OUT/stdout"'
test_ok '-target plans the closure' '
	run 0 opl2 plan -target=null.a && out_has "Plan: 1 to add" && lacks "$OUT/stdout" null.b &&
	out_has "Limited by -target"'
test_ok 'show of a saved plan is the plan' '
	opl2 plan -out=p | grep -v "^Saved" >a && opl2 show p >b && diff a b &&
	[ "$(stat -c %a p)" = 600 ]'
test_ok 'show -json of a saved plan' '
	run 0 opl2 show -json p && jq -e ".changes | length == 2" "$OUT/stdout"'
test_ok 'show -markdown of a saved plan' '
	run 0 opl2 show -markdown p && out_has "### opl2 plan: t" && out_has "| create | \`null.a\`"'
test_ok 'a plan file that was edited is refused' '
	sed "s/null.a/null.x/" p >q && run 5 opl2 apply q'
test_fails 3 'a target that does not exist' 'opl2 plan -target=null.zz'
test_fails 3 '-destroy and -refresh-only' 'opl2 plan -destroy -refresh-only' 'err_has E1012'

opl2 apply -auto-approve >/dev/null
test_ok 'after apply: no changes' '
	run 0 opl2 plan -detailed-exitcode && out_has "No changes." &&
	run 0 opl2 plan -expect-no-changes && run 0 opl2 plan -refresh=false -detailed-exitcode'
test_ok 'a changed note is an update with its values' '
	sed -i "s/    b: { note: /&\"v2 \" #/; s/    b: .*/    b: { note: v2, triggers: { y: \"2\" } }/" opl2.yaml &&
	run 2 opl2 plan -detailed-exitcode && cmp_golden plan/update.txt'
test_ok 'a changed trigger replaces' '
	two && sed -i "s/y: \"2\"/y: \"3\"/" opl2.yaml &&
	run 2 opl2 plan -detailed-exitcode && out_has "-/+" && out_has "triggers.y: 2 -> 3" &&
	out_has "Plan: 1 to add, 0 to change, 1 to destroy."'
test_ok 'a resource that is gone from the spec is destroyed' '
	two && sed -i "/    b:/d" opl2.yaml &&
	run 2 opl2 plan -detailed-exitcode && out_has "not in the spec any more"'
test_ok '-replace' 'two && run 2 opl2 plan -detailed-exitcode -replace=null.b && out_has "asked for by -replace"'
test_ok '-destroy' 'run 2 opl2 plan -destroy -detailed-exitcode && out_has "0 to add, 0 to change, 2 to destroy"'
test_ok '-refresh-only without drift' 'run 0 opl2 plan -refresh-only -detailed-exitcode && out_has "No changes."'
done_testing
