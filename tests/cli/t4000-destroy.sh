#!/bin/bash
# destroy, init and lock.
. "$(dirname "$0")/lib.sh"

one() {
	spec <<-'Y'
	resources:
	  null:
	    a: {}
	    b: { note: "${null.a.id}" }
	Y
}
one
opl2 apply -auto-approve >/dev/null
test_fails 3 'destroy asks' 'opl2 destroy' 'err_has E1008'
test_ok 'destroy, in reverse order' '
	run 0 opl2 destroy -auto-approve && out_has "Destroyed: 2 removed" &&
	grep "removed in" "$OUT/stdout" | head -1 | grep -q null.b && [ -z "$(opl2 state list)" ]'
test_ok 'destroy again' 'run 0 opl2 destroy -auto-approve && out_has "nothing to destroy"'
test_ok 'destroy without a spec' '
	one && opl2 apply -auto-approve >/dev/null && rm opl2.yaml && run 0 opl2 destroy -auto-approve && [ -z "$(opl2 state list)" ]'
test_ok 'destroy with a broken spec is refused: it says what is protected' '
	one && opl2 apply -auto-approve >/dev/null && echo "x: [" >>opl2.yaml && run 3 opl2 destroy -auto-approve'
test_ok 'prevent_destroy keeps, and what it needs: exit 13' '
	fresh keep && spec <<-Y &&
	resources:
	  null:
	    a: {}
	    b: { note: "\${null.a.id}", lifecycle: { prevent_destroy: true } }
	    c: {}
	Y
	opl2 apply -auto-approve >/dev/null && run 13 opl2 destroy -auto-approve && out_has "Left behind:" &&
	[ "$(opl2 state list | tr "\n" " ")" = "null.a null.b " ]'
done_testing
