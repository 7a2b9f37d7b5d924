#!/bin/bash
# state mv, pull, push and rollback: the state changes, the objects do not.
. "$(dirname "$0")/../lib.sh"

three() {
	spec <<-'Y'
	resources:
	  null:
	    a: { triggers: { x: "1" } }
	    b: { note: "${null.a.id}" }
	    c: { note: "${null.b.id}", depends_on: [null.a] }
	outputs:
	  a_id: "${null.a.id}"
	Y
}
serial() { jq .serial .opl2/state.json; }
kept() { # kept COMMAND: the state stays as it is, byte for byte
	cp .opl2/state.json before && eval "$1" && cmp before .opl2/state.json
}
three && opl2 apply -auto-approve >/dev/null

test_ok 'mv: the entry and what depends on it' '
	id=$(opl2 state show -json null.a | jq -r .attrs.id) &&
	run 0 opl2 state mv -auto-approve null.a null.z && out_has "null.a: now null.z" &&
	[ "$(opl2 state list | xargs)" = "null.b null.c null.z" ] &&
	[ "$(opl2 state show -json null.z | jq -r .attrs.id)" = "$id" ] &&
	opl2 state show -json null.b | jq -e ".depends == [\"null.z\"]" &&
	opl2 state show -json null.c | jq -e ".depends == [\"null.b\", \"null.z\"]" && [ ! -e .opl2/journal ]'
test_ok 'mv: with the spec changed likewise nothing is to be done' '
	sed -i "s/null\.a/null.z/; s/    a:/    z:/" opl2.yaml && sed -i "s/null\.a/null.z/g" opl2.yaml &&
	run 0 opl2 plan -detailed-exitcode'
test_ok 'mv: into an instance and back' '
	run 0 opl2 state mv -auto-approve null.z null.i/z && opl2 state list | grep -qx null.i/z &&
	run 0 opl2 state mv -auto-approve null.i/z null.z'
test_fails 3 'mv: an unknown address' 'kept "opl2 state mv -auto-approve null.y null.x"' 'err_has E1015 && err_has "did you mean"'
mv_refused() { # mv_refused TITLE NEW TEXT
	test_ok "mv: $1" "cp .opl2/state.json before; run 3 opl2 state mv -auto-approve null.z '$2' &&
		err_has E0520 && err_has \"$3\" && cmp before .opl2/state.json"
}
mv_refused 'another kind' key.z "is of kind 'null', not 'key'"
mv_refused 'what is there' null.b "'null.b' is in the state already"
mv_refused 'itself' null.z 'is in the state already'
for bad in z null. .z 'null.a b' null.-a null.a/b/c ''; do
	mv_refused "no address: '$bad'" "$bad" 'is not an address'
done
test_fails 3 'mv asks' 'opl2 state mv null.z null.y' 'err_has E1008'
test_fails 3 'mv needs two' 'opl2 state mv null.z' 'err_has "needs OLD NEW"'
test_fails 3 'mv where there is no state leaves no folder' '
	mkdir none && cd none && opl2 state mv -auto-approve null.z null.y; rc=$?; [ ! -e .opl2 ] && exit $rc' 'err_has E1015'

test_ok 'pull: the document as it is' 'run 0 opl2 state pull && cmp .opl2/state.json "$OUT/stdout"'
test_ok 'pull: nothing before the first save' 'mkdir -p new && cd new && run 0 opl2 state pull && [ ! -s "$OUT/stdout" ]'

test_ok 'push: what is there already' 'opl2 state pull >p && kept "run 0 opl2 state push p" && out_has "No changes"'
test_ok 'push: an older one is refused' '
	opl2 state rm -auto-approve null.c >/dev/null && kept "run 11 opl2 state push -auto-approve p" && err_has E0518'
test_ok 'push: asks, and shows what differs' 'kept "run 3 opl2 state push -force p" && err_has E1008 && out_has "+ null.c"'
test_ok 'push -force: the older one comes back under a new serial' '
	was=$(serial) && run 0 opl2 state push -force -auto-approve p && opl2 state list | grep -qx null.c &&
	[ "$(serial)" = $((was + 1)) ] && run 0 opl2 plan -detailed-exitcode'
edited() { # edited FILTER: the state, changed by hand
	opl2 state pull | jq "$1" >p
}
test_ok 'push: an edited one is refused' '
	edited ".serial += 10 | .resources |= map(select(.addr != \"null.c\"))" &&
	kept "run 11 opl2 state push -auto-approve p" && err_has E0504 && err_has "-force takes"'
test_ok 'push -force: an edited one, with its serial' '
	opl2 state push -force -auto-approve - <p >"$OUT/stdout" && out_has "  - null.c" &&
	[ "$(serial)" = "$(jq .serial p)" ] && [ "$(opl2 state list | xargs)" = "null.b null.z" ] &&
	opl2 apply -auto-approve >/dev/null && opl2 state list | grep -qx null.c'
test_ok 'push: a state of another lineage' '
	mkdir -p other && (cd other && cp ../opl2.yaml . && opl2 apply -auto-approve >/dev/null && opl2 state pull >../p) &&
	kept "run 11 opl2 state push -auto-approve p" && err_has E0517 && err_has "$(jq -r .lineage p)"'
test_ok 'push -force: a state of another lineage' '
	run 0 opl2 state push -force -auto-approve p && [ "$(jq .lineage .opl2/state.json)" = "$(jq .lineage p)" ] &&
	run 0 opl2 apply -auto-approve'
test_ok 'push: into a folder that has none' '
	opl2 state pull >p && mkdir -p copy && cd copy && cp ../opl2.yaml . && run 0 opl2 state push -auto-approve ../p &&
	cmp ../p .opl2/state.json && run 0 opl2 plan -detailed-exitcode'
refused() { # refused TITLE FILE CODE
	test_ok "push: $1" "cp .opl2/state.json before; run 11 opl2 state push -auto-approve $2 &&
		err_has $3 && err_has 'state pull' && cmp before .opl2/state.json"
}
opl2 state pull >good
head -c 200 good >short
echo '[]' >list
echo '{}' >empty
: >nothing
jq '.resources[0].depends = ["null.nobody"]' good >dangling
jq '.version = 99' good >newer
refused 'a file that is missing' missing E0501
refused 'a file cut short' short E0502
refused 'an empty file' nothing E0502
refused 'a list' list E0503
refused 'another document' empty E0503
refused 'a folder' . E0501
refused 'a newer format' newer E0505
test_ok 'push -force: what is inconsistent stays refused' '
	kept "run 11 opl2 state push -force -auto-approve dangling" && err_has E0506'

test_ok 'rollback: what differs, under a new serial' '
	was=$(serial) && opl2 state rm -auto-approve null.b null.c >/dev/null &&
	kept "run 3 opl2 state rollback $was" && err_has E1008 && out_has "+ null.b" && out_has "+ null.c" &&
	run 0 opl2 state rollback -auto-approve $was && [ "$(serial)" = $((was + 2)) ] &&
	opl2 state history | grep -q "^ *$((was + 2)) .*(current)" && run 0 opl2 plan -detailed-exitcode'
test_ok 'rollback: to the same' 'kept "run 0 opl2 state rollback $(serial)" && out_has "No changes"'
for bad in 999 0 -1 1x '' 01; do
	test_ok "rollback: no such serial '$bad'" "run 3 opl2 state rollback -auto-approve -- '$bad' && err_has E0521"
done
test_fails 3 'rollback where nothing is saved leaves no folder' '
	mkdir -p none && cd none && opl2 state rollback 1; rc=$?; [ ! -e .opl2 ] && exit $rc' 'err_has E0521'

# A run that holds the lock, for as long as it is asked.
hold() { # hold COMMAND
	(exec 9<>.opl2/lock && flock 9 && eval "$1")
}
for cmd in 'mv null.z null.y' 'push -force p' 'rollback 1'; do
	test_ok "${cmd%% *}: another run holds the lock" "hold 'run 4 opl2 state $cmd -auto-approve' && err_has E0507"
done

test_ok 'a run that was killed is folded first' '
	fresh killed && three && OPL2_FAULT=store.before_fold opl2 apply -auto-approve >/dev/null 2>&1
	[ -s .opl2/journal ] && run 0 opl2 state mv -lock-timeout=1m -auto-approve null.a null.z && [ ! -e .opl2/journal ] &&
	[ "$(opl2 state list | xargs)" = "null.b null.c null.z" ]'

test_ok 'killed at any point, the state is the old or the new one' '
	fresh points && three && opl2 apply -auto-approve >/dev/null && cp -r .opl2 was &&
	OPL2_FAULT_LOG=$PWD/log run 0 opl2 state mv -auto-approve null.a null.z && [ -s log ] &&
	for point in $(sort -u log); do
		rm -rf .opl2 && cp -r was .opl2
		OPL2_FAULT=$point opl2 state mv -auto-approve null.a null.z >/dev/null 2>&1
		case $(opl2 state list | xargs) in
		"null.a null.b null.c" | "null.b null.c null.z") ;;
		*) echo "$point"; exit 1 ;;
		esac
	done'
done_testing
