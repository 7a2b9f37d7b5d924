#!/bin/bash
# -json-into: NDJSON in a file, the usual view on the terminal.
. "$(dirname "$0")/../lib.sh"

spec <<'Y'
resources:
  null:
    a: {}
    b: { note: "${null.a.id}" }
outputs: { a_id: "${null.a.id}" }
Y
types() { # types FILE: what its lines are, each once
	jq -r .type "$1" | sort -u | xargs
}
test_ok 'plan: people see what they see without it' '
	opl2 plan >without && run 0 opl2 plan -json-into=j && cmp without "$OUT/stdout" &&
	[ "$(types j)" = "change_summary planned_change version" ] && [ "$(stat -c %a j)" = 600 ]'
test_ok 'the file has what -json prints' '
	strip() { jq -c "del(.\"@timestamp\")" "$1"; }
	opl2 plan -json >without && strip without >w && strip j | cmp w -'
test_ok 'with -json both are JSON' '
	run 0 opl2 plan -json -json-into=k && [ "$(types k)" = "$(types "$OUT/stdout")" ]'
test_ok 'apply: into a file that is there' '
	yes | head -5000 >j && run 0 opl2 apply -auto-approve -json-into=j && out_has "null.a: created" && out_has "What next" &&
	jq -es "(.[0].type == \"version\") and (map(.type) | index(\"apply_start\") and index(\"apply_complete\") and
		index(\"apply_summary\") and index(\"outputs\"))" j'
test_ok 'errors are in it, and on the terminal' '
	run 3 opl2 apply -auto-approve -json-into=j -target=null.x && err_has E0604 &&
	jq -es "any(.[]; .diagnostic.code == \"E0604\")" j'
test_ok 'a spec with an error, too' '
	(fresh bad && spec <<<"resources: { null: { a: { x: 1 } } }" && run 3 opl2 plan -json-into=j &&
		jq -es "any(.[]; .type == \"diagnostic\")" j)'
test_ok 'a pipe' 'opl2 plan -refresh=false -json-into=/dev/fd/3 3>&1 >/dev/null | jq -es "length > 1"'
test_ok 'destroy' 'run 0 opl2 destroy -auto-approve -json-into=j && jq -es "any(.[]; .type == \"apply_summary\")" j'
test_fails 1 'a file that cannot be made: nothing is done' 'opl2 apply -auto-approve -json-into=no/j' \
	'err_has E0653 && err_has "no/j" && [ -z "$(opl2 state list)" ]'
test_fails 1 'a folder' 'opl2 plan -json-into=.' 'err_has E0653'
if [ -e /dev/full ]; then
	test_ok 'a full disk: the apply ends well, and the loss is told' '
		run 1 opl2 apply -auto-approve -json-into=/dev/full && err_has E0653 && out_has "2 created" &&
		opl2 state list | grep -qx null.b'
fi
test_fails 3 'without a file' 'opl2 plan -json-into' 'err_has "json-into"'
done_testing
