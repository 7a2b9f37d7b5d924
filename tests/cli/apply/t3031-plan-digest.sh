#!/bin/bash
# apply -plan-digest: what was approved, also on another machine, or nothing.
. "$(dirname "$0")/../lib.sh"

two() {
	spec <<-'Y'
	variables:
	  x: { type: string, default: "1" }
	resources:
	  null:
	    a: { triggers: { x: "${var.x}" } }
	    b: { note: "${null.a.id}" }
	outputs:
	  a_id: "${null.a.id}"
	Y
}
digest() { # digest OPTIONS...: of the plan
	opl2 plan -json "$@" | jq -er 'select(.type == "change_summary").plan_digest'
}
approve() { # approve DIGEST OPTIONS...: into $OUT
	local d=$1
	shift
	opl2 apply -plan-digest="$d" "$@"
}
unchanged() { # unchanged COMMAND: nothing is done
	cp .opl2/state.json before && eval "$1" && cmp before .opl2/state.json
}
two
test_ok 'plan prints it for people, JSON and Markdown' '
	d=$(digest) && grep -qxE "sha256:[0-9a-f]{64}" <<<"$d" && opl2 plan -out=p | grep -qx "Digest: $d" &&
	opl2 show -json p | jq -e ".plan_digest == \"$d\"" && opl2 show -markdown p | grep -qF "Digest \`$d\`" &&
	opl2 show p | grep -qx "Digest: $d"'
test_ok 'the first plan is applied by its digest, without a question' '
	run 0 approve "$(digest)" && out_has "null.a: created"'
test_ok 'no changes, no digest for people' 'opl2 plan >o && ! grep -q ^Digest: o'
test_ok 'once more: there is nothing to do' '
	unchanged "run 5 approve sha256:$(printf %064d 0)" && err_has E0652 && err_has "applied already"'
test_ok 'another folder, another HOME, the same state: the same digest' '
	mkdir -p "$T_DIR/else/deep" && cp -r . "$T_DIR/else/deep/it" && d=$(digest -var x=2) &&
	cd "$T_DIR/else/deep/it" && export HOME=$T_DIR/other XDG_CACHE_HOME=$T_DIR/other/c && [ "$(digest -var x=2)" = "$d" ] &&
	run 0 approve "$d" -var x=2 && out_has "null.a: replaced"'
test_ok 'another machine, a chain with keys, files and processes: the same digest' '
	fresh one && opl2 init >/dev/null && mkdir "$T_DIR/else/two" && cp opl2.yaml "$T_DIR/else/two" && d=$(digest -refresh=false) &&
	cd "$T_DIR/else/two" && export HOME=$T_DIR/other XDG_CACHE_HOME=$T_DIR/other/c && [ "$(digest -refresh=false)" = "$d" ]'
test_ok 'other variables' '
	d=$(digest -var x=2) && unchanged "run 5 approve $d -var x=3" && err_has E0652 && err_has "replace null.a" &&
	err_has "the spec, its variables" && err_has "$(digest -var x=3)"'
test_ok 'options count' '
	d=$(digest -replace=null.a) && run 5 approve "$d" && err_has E0652 && run 0 approve "$d" -replace=null.a'
test_ok 'one change more is named' '
	fresh drift && spec <<-Y
	resources: { null: { a: {}, b: {} } }
	Y
	opl2 apply -auto-approve >/dev/null && d=$(digest -replace=null.a) &&
	opl2 state rm -auto-approve null.b >/dev/null && run 5 approve "$d" -replace=null.a && err_has "null.b"'
test_ok 'a saved plan with its digest, and with another' '
	opl2 plan -out=p >/dev/null && run 5 approve "$(digest -replace=null.a)" p && err_has E0652 && run 0 approve "$(digest)" p'
test_ok 'a destroy' 'd=$(digest -destroy) && run 5 approve "$d" && run 0 approve "$d" -destroy && [ -z "$(opl2 state list)" ]'
test_ok 'a saved destroy with its digest' '
	opl2 apply -auto-approve >/dev/null && d=$(digest -destroy) && opl2 plan -destroy -out=p | grep -qx "Digest: $d" &&
	run 0 approve "$d" p && [ -z "$(opl2 state list)" ]'
hex=$(printf %064d 0)
for bad in "$hex" "sha256:${hex}0" "sha256:${hex%0}" "sha256:${hex%0}G" "SHA256:$hex" sha256: x ''; do
	test_ok "no digest: '$bad'" "run 3 approve '$bad' && err_has E0651 && err_has '64 hex digits'"
done
done_testing
