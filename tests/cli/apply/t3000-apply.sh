#!/bin/bash
# apply, output, show and state on null resources.
. "$(dirname "$0")/../lib.sh"

two() {
	spec <<-'Y'
	resources:
	  null:
	    a: { triggers: { x: "1" } }
	    b: { note: "${null.a.id}" }
	outputs:
	  a_id: "${null.a.id}"
	  pair: ["${null.a.id}", "${null.b.id}"]
	Y
}
two
test_fails 3 'apply asks, and nobody is there' 'opl2 apply' 'err_has E1008 && lacks "$OUT/stdout" "created"'
test_ok 'nothing was done' '[ -z "$(opl2 state list)" ]'
test_ok 'apply' 'run 0 opl2 apply -auto-approve && out_has "null.a: created" && out_has "null.b: created" && out_has "opl2 ui " &&
	out_has "Applied: 2 created" && out_has "Outputs:" && out_has "opl2 status"'
test_ok 'in a pipe there are no control sequences' '! grep -q "$(printf "\033")" "$OUT/stdout"'
test_ok 'OPL2_IN_AUTOMATION drops the hints' '
	rm -rf .opl2 && OPL2_IN_AUTOMATION=1 run 0 opl2 apply -auto-approve && lacks "$OUT/stdout" "What next"'
test_ok 'apply again' 'run 0 opl2 apply -auto-approve && grep -q "^No changes" "$OUT/stdout"'
test_ok 'state list' 'run 0 opl2 state list && printf "null.a\nnull.b\n" | cmp - "$OUT/stdout"'
test_ok 'state list -json' 'opl2 state list -json | jq -e "map(.addr) == [\"null.a\", \"null.b\"]"'
test_ok 'state show' 'run 0 opl2 state show null.b && out_has "note: $(opl2 output -raw a_id)"'
test_ok 'state show -json' 'opl2 state show -json null.a | jq -e ".kind == \"null\" and (.attrs.id | length == 32)"'
test_fails 3 'state show of nothing' 'opl2 state show null.aa' 'err_has "did you mean '\''null.a'\''?"'
test_ok 'show of the state' 'run 0 opl2 show && out_has "null.a:" && opl2 show -json | jq -e ".resources | length == 2"'
test_ok 'output' 'run 0 opl2 output && grep -qE "^a_id = [0-9a-f]{32}$" "$OUT/stdout"'
test_ok 'output -json' 'opl2 output -json | jq -e "(.a_id | length == 32) and (.pair | length == 2)"'
test_ok 'output -raw has no newline' '[ "$(opl2 output -raw a_id | wc -c)" = 32 ]'
test_fails 3 'output of nothing' 'opl2 output a_idd' 'err_has "did you mean '\''a_id'\''?"'
test_fails 3 'output -raw of a list' 'opl2 output -raw pair' 'err_has "-json"'
test_ok 'private files' '[ "$(stat -c %a .opl2)" = 700 ] && [ "$(stat -c %a .opl2/state.json)" = 600 ]'

test_ok 'a saved plan is applied without a question' '
	sed -i "s/x: \"1\"/x: \"2\"/" opl2.yaml && opl2 plan -out=p >/dev/null && run 0 opl2 apply p &&
	out_has "null.a: replaced"'
test_fails 5 'the same plan again is stale' 'opl2 apply p'
test_ok 'a plan of another spec is stale' '
	sed -i "s/x: \"2\"/x: \"3\"/" opl2.yaml && opl2 plan -out=p >/dev/null &&
	sed -i "s/x: \"3\"/x: \"4\"/" opl2.yaml && run 5 opl2 apply p'
test_fails 3 'a saved plan takes no planning options' 'opl2 apply -target=null.a p' 'err_has E1012'
test_ok 'apply -json' '
	run 0 opl2 apply -auto-approve -json &&
	jq -es "(.[0].type == \"version\") and (map(.type) | index(\"apply_start\") and index(\"apply_complete\") and
		index(\"apply_summary\") and index(\"outputs\"))" "$OUT/stdout"'
test_ok 'state history' 'opl2 state history | tee h && grep -q "(current)$" h && [ "$(wc -l <h)" -ge 3 ]'

ask() { # ask ANSWER COMMAND...: on a terminal
	local answer=$1
	shift
	printf '%s\n' "$answer" | timeout 300 script -qec "$*" /dev/null
}
if command -v script >/dev/null; then
	test_ok 'only the whole word is a yes' '
		sed -i "s/x: \"4\"/x: \"5\"/" opl2.yaml &&
		ask y "opl2 apply" >o; grep -q "not approved" o'
	test_ok 'yes' 'ask yes "opl2 apply" >o; grep -q "1 replaced" o'
	test_ok 'on a terminal a block is redrawn in place' '
		sed -i "s/x: \"5\"/x: \"6\"/" opl2.yaml && export TERM=xterm &&
		ask "" "opl2 apply -auto-approve" >o; grep -q "$(printf "\033\\[J")" o && grep -q "of . done" o'
	test_ok 'a dumb terminal gets plain lines' '
		sed -i "s/x: \"6\"/x: \"7\"/" opl2.yaml && export TERM=dumb &&
		ask "" "opl2 apply -auto-approve" >o; ! grep -q "$(printf "\033")" o && grep -q "null.a: replaced" o'
fi
test_ok 'the scratch of a killed run is left alone by plan, removed by apply' '
	mkdir -p .opl2/tmp/forge-x/out && >.opl2/tmp/forge-x/out/f && opl2 plan >/dev/null &&
	[ -e .opl2/tmp/forge-x/out/f ] && run 0 opl2 apply -auto-approve && [ ! -e .opl2/tmp/forge-x ]'
test_ok 'state rm' '
	run 0 opl2 state rm -auto-approve null.b && [ "$(opl2 state list)" = null.a ] &&
	run 2 opl2 plan -detailed-exitcode && out_has "Plan: 1 to add"'
test_fails 3 'state rm asks' 'opl2 state rm null.a' 'err_has E1008'
test_ok 'graph' 'run 0 opl2 graph && out_has digraph && out_has null.b && run 0 opl2 graph -mermaid && out_has "flowchart"'
test_ok 'show -spec' 'run 0 opl2 show -spec && out_has "null" && out_has "opl2.yaml:"'
test_ok 'a state from a newer release is refused' '
	fresh newer && two && opl2 apply -auto-approve >/dev/null &&
	sed -i "s/\"version\": [0-9]*/\"version\": 99/" .opl2/state.json && run 11 opl2 state list'
test_ok 'a state that was cut off is refused' '
	fresh cut && two && opl2 apply -auto-approve >/dev/null && truncate -s 100 .opl2/state.json && run 11 opl2 plan'
test_ok 'a state that was edited is refused' '
	fresh edit && two && opl2 apply -auto-approve >/dev/null && sed -i "s/null.a/null.z/" .opl2/state.json && run 11 opl2 plan'
test_ok 'the lock is held' '
	fresh held && two && mkdir -m 700 .opl2 && : >.opl2/lock &&
	flock .opl2/lock opl2 apply -auto-approve >o 2>e; [ $? = 4 ] && opl2 plan >/dev/null'
waits() { # waits PID: has it found the lock held, and does it live on?
	until grep -q 'waiting for the lock' o; do
		kill -0 "$1" 2>/dev/null || return 1
		sleep 0.05
	done
	kill -0 "$1"
}
late() { # an apply that finds the lock held, and is given it
	local holder p rc
	flock .opl2/lock sh -c ': >ready; read -r go <go' &
	holder=$!
	: <ready
	opl2 apply -auto-approve -lock-timeout=10m >o 2>e &
	p=$!
	waits "$p" && [ ! -e .opl2/state.json ]
	rc=$?
	echo >go
	wait "$p" && wait "$holder" && [ $rc = 0 ] && [ -e .opl2/state.json ]
}
test_ok 'whoever has time waits until the lock is free' '
	fresh late && two && mkdir -m 700 .opl2 && : >.opl2/lock && mkfifo go ready && late'
test_ok 'an output without a value is no change either' '
	fresh none && spec <<-"Y" && run 0 opl2 apply -auto-approve &&
	resources: { null: { a: {} } }
	outputs: { none: "${null.a.note}" }
	Y
	run 0 opl2 output -json && jq -e "has(\"none\") and .none == null" "$OUT/stdout" &&
	run 0 opl2 plan -detailed-exitcode && out_has "No changes"'
done_testing
