#!/bin/bash
# -target and -exclude, with names of kinds, and from files.
. "$(dirname "$0")/../lib.sh"

# a <- b <- c; d alone; a key.
many() {
	spec <<-'Y'
	resources:
	  null:
	    a: {}
	    b: { note: "${null.a.id}" }
	    c: { note: "${null.b.id}" }
	    d: {}
	  key:
	    k: { source: { generate: true } }
	Y
}
planned() { # planned "ADDR ACTION ..." OPTIONS...: these changes, and no others
	local want=$1 got
	shift
	run 0 opl2 plan -json "$@" || return 1
	got=$(jq -r 'select(.type == "planned_change") | .change | "\(.addr) \(.action)"' "$OUT/stdout" | sort | xargs)
	[ "$got" = "$want" ] || { echo "planned $got"; return 1; }
}
many
test_ok 'without any' 'planned "key.k create null.a create null.b create null.c create null.d create"'
test_ok '-exclude: not what depends on it' 'planned "key.k create null.a create null.d create" -exclude=null.b'
test_ok '-exclude: a kind' 'planned "key.k create" -exclude=null'
test_ok '-exclude: several' 'planned "null.a create null.b create" -exclude=null.c -exclude key -exclude=null.d'
test_ok '-target: a kind' 'planned "null.a create null.b create null.c create null.d create" -target=null'
test_ok 'people are told' 'run 0 opl2 plan -exclude=null.b && out_has "Limited by -target or -exclude"'
test_ok 'from a file: comments, blanks, CRLF, no newline at the end' '
	printf "# what\n\n  null.d  # why\r\n\tkey" >f && planned "key.k create null.d create" -target-file=f &&
	planned "null.a create null.b create null.c create" -exclude-file=f'
test_ok 'a file and an option' 'planned "null.a create null.b create" -exclude-file=f -exclude=null.c'
test_ok 'an empty file excludes nothing' '
	echo "# none" >none && planned "key.k create null.a create null.b create null.c create null.d create" -exclude-file=none'
test_fails 3 'a file of targets without any' 'opl2 plan -target-file=none' 'err_has E0650 && err_has "none"'
test_fails 3 'a line that is no address' 'printf "null.a\nnull.b null.c\n" >two; opl2 plan -target-file=two' \
	'err_has E0650 && err_has "line 2 of"'
test_fails 3 'a file that is missing' 'opl2 plan -exclude-file=missing' 'err_has "missing"'
test_fails 3 'an unknown address in a file' 'echo null.x >x; opl2 plan -exclude-file=x' 'err_has E0604 && err_has null.x'
test_fails 3 '-exclude of nothing' 'opl2 plan -exclude=null.x' 'err_has E0604 && err_has "-exclude"'
test_fails 3 '-exclude of a kind without resources' 'opl2 plan -exclude=process' 'err_has E0604'
test_fails 3 '-exclude with -target' 'opl2 plan -exclude=null.a -target=null.d' 'err_has E1012'
test_fails 3 '-exclude with a saved plan' 'opl2 plan -out=p >/dev/null; opl2 apply -exclude=null.a p' 'err_has E1012'

test_ok 'apply does the same' '
	run 0 opl2 apply -auto-approve -exclude=null.b && [ "$(opl2 state list | xargs)" = "key.k null.a null.d" ]'
test_ok 'a change of what is excluded waits, and so does what depends on it' '
	opl2 apply -auto-approve >/dev/null && sed -i "s/a: {}/a: { triggers: { x: \"1\" } }/; s/d: {}/d: { triggers: { x: \"1\" } }/" opl2.yaml &&
	planned "null.d replace" -exclude=null.a && run 0 opl2 apply -auto-approve -exclude=null.a &&
	planned "null.a replace null.b update"'
test_ok 'what left the spec stays when it is excluded, and what it stands on' '
	opl2 apply -auto-approve >/dev/null && spec <<-Y
	resources: { null: { d: { triggers: { x: "1" } } } }
	Y
	planned "key.k forget null.a delete null.b delete null.c delete" &&
	planned "key.k forget" -exclude=null.b &&
	planned "key.k forget null.c delete null.d delete" -exclude=null.b -destroy'
test_ok 'a kind that is only in the state' 'planned "null.a delete null.b delete null.c delete" -exclude=key'
test_ok 'destroy: the excluded and what it stands on stay' '
	many && opl2 apply -auto-approve >/dev/null && opl2 destroy -auto-approve -exclude=null.b >/dev/null
	[ "$(opl2 state list | xargs)" = "null.a null.b" ]'
test_fails 3 'destroy: an unknown one' 'opl2 destroy -auto-approve -exclude=null.x' 'err_has E0604'
done_testing
