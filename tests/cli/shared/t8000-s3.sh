#!/bin/bash
# A state in a bucket: other machines, the lease, what is encrypted, and each
# way in which a server can fail.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-shared.sh"

s3_start || skip_all 'moto does not start'
two='resources: { null: { a: { note: one }, b: { note: "${null.a.id}" } } }'
keyed='encryption: { passphrase: { env: PASS } }
resources: { key: { admin: { source: { generate: true } } }, jwt_secret: { j: {} } }'

first() { # first KEY SPEC: made on machine a, and b has the spec too
	rm -rf "$T_DIR/cwd/a" "$T_DIR/cwd/b"
	for m in b a; do
		machine $m && echo "$2" | shared "$1" || return
	done
	run 0 opl2 apply -auto-approve
}

test_ok 'another machine goes on with what one has made' '
	first two "$two" && machine b &&
	run 0 opl2 plan && out_has "No changes." &&
	run 0 opl2 state list && out_has null.b &&
	cmp .opl2/state.json ../a/.opl2/state.json'
test_ok 'below a key of one letter' 'first k "$two" && objects k | grep -q log'
test_ok 'state commands of a fresh clone find the state' '
	first list "$two" && machine b && run 0 opl2 state list && out_has null.a'
test_ok 'a change of one is seen by the other' '
	first change "$two" && machine b && sed -i s/one/two/ opl2.yaml &&
	run 0 opl2 apply -auto-approve && machine a &&
	run 0 opl2 plan && out_has two'
test_ok 'what one forgets, the other has forgotten' '
	first rm "$two" && machine b && run 0 opl2 state rm -auto-approve null.b &&
	machine a && run 0 opl2 state list && lacks "$OUT/stdout" null.b'
# What only converges is delivered every two seconds.
test_ok 'a thousand resources take a handful of requests' '
	machine many && { echo resources:; echo "  null:"
		for i in $(seq 1000); do echo "    n$i: { note: x }"; done; } |
		shared many && before=$(requests /many/) && SECONDS=0 &&
	run 0 opl2 apply -auto-approve && n=$(($(requests /many/) - before)) &&
	echo "$n requests in $SECONDS s" && test $n -le $((25 + SECONDS))'
test_ok 'many runs do not leave many objects' '
	first runs "$two" && for i in $(seq 12); do
		sed -i "s/note: [a-z0-9]*/note: n$i/" opl2.yaml
		run 0 opl2 apply -auto-approve || return; done
	objects runs && test "$(objects runs | wc -l)" -le 20 &&
	machine b && cp ../a/opl2.yaml . && run 0 opl2 plan && out_has "No changes."'

# --- what is encrypted ---
export PASS=correct-horse
test_ok 'files and keys are laid down on another machine, whatever its paths' '
	first sealed "$keyed" && machine b && run 0 opl2 plan &&
	out_has "No changes." && cmp .opl2/keys/key.admin ../a/.opl2/keys/key.admin &&
	cmp .opl2/files/jwt_secret.j/jwt.txt ../a/.opl2/files/jwt_secret.j/jwt.txt &&
	grep -q "$PWD/.opl2/keys" .opl2/state.json || grep -q ../a .opl2/state.json ||
	run 0 opl2 apply -auto-approve'
test_ok 'nothing in the bucket says a key, the passphrase or the state' '
	key=$(cat "$T_DIR"/cwd/a/.opl2/keys/key.admin) && test ${#key} -ge 64 &&
	for o in $(objects sealed); do object "sealed/$o" >o && {
		! grep -qaF -e "$key" -e correct-horse -e generate -e lineage o ||
			{ echo "in $o"; return 1; }; }; done'
test_fails 11 'another passphrase' 'machine b && PASS=wrong opl2 plan' 'err_has "another key"'
test_fails 11 'no passphrase' 'machine b && env -u PASS opl2 plan' 'err_has "PASS is not set"'
test_fails 11 'an encrypted state and a spec that says nothing of it' '
	machine c && echo "$two" | shared sealed && opl2 plan' 'err_has E0537'
test_fails 11 'a plain state and a spec that wants it encrypted' '
	first plain "$two" && machine c && { echo "encryption: { passphrase: { env: PASS } }"; echo "$two"; } |
		shared plain && opl2 plan' 'err_has E0536'
test_fails 3 'a generated key in a plain state' '
	machine c && echo "resources: { key: { k: { source: { generate: true } } } }" |
		shared other && opl2 plan' 'err_has "opl2.yaml:" && err_has E0541'
test_ok 'a plain object in the place of an encrypted one is refused' '
	first sealed2 "$keyed" && machine b && object plain/log/000000000001 >o &&
	put_object sealed2/base o && run 11 opl2 plan && err_has "is not encrypted"'

# --- the lease ---
stopped() { # stopped KEY: an apply of machine a that stands still in the middle
	rm -rf "$T_DIR/cwd/a" "$T_DIR/cwd/b" "$S3/holding"
	for m in b a; do machine $m && echo "$two" | shared "$1" || return; done
	faults '1 held PUT log/000000000002'
	opl2 apply -auto-approve >apply.txt 2>&1 &
	A=$!
	holding $A && kill -STOP $A $(pgrep -P $A)
}
resume() { rm "$S3/holding" && kill -CONT $A $(pgrep -P $A); wait $A; }

test_ok 'a second run says who holds the lease' '
	stopped held && machine b && run 4 opl2 apply -auto-approve;
	err_has "'"'apply' holds the lease"'" && err_has "force-unlock" && resume &&
	run 0 opl2 plan && out_has "No changes."'
test_ok 'or waits for it' '
	stopped waits && machine b && { opl2 apply -auto-approve -lock-timeout=10m >b.txt 2>&1 & B=$!
	} && until grep -q "waiting for the lock" b.txt; do
		kill -0 $B || return
		sleep 0.1 # wait: for a line of a file
	done && resume && wait $B && has b.txt "No changes."'
test_ok 'a run whose lease was taken does nothing more' '
	stopped stolen && machine b && id=$(object stolen/lease | jq -r .id) &&
	run 0 opl2 force-unlock -auto-approve "$id" &&
	run 0 opl2 apply -auto-approve && cp .opl2/state.json state.json &&
	machine a && ! resume && cat apply.txt && has apply.txt E0515 &&
	grep -qE "PUT /chains/stolen/(log/[0-9]*|lease) 412" "$S3/log" &&
	machine b && run 0 opl2 plan && out_has "No changes." &&
	cmp state.json .opl2/state.json'
test_fails 4 'a lease that is not there' '
	machine b && opl2 force-unlock -auto-approve 0123' 'err_has "no lease"'
test_ok 'the lock of a folder is none to break' '
	fresh plain && spec </dev/null && run 1 opl2 force-unlock -auto-approve 1 &&
	err_has E0516'

# --- a run that was killed ---
killed() { # killed POINT: on a; b goes on at once, for a does not live
	rm -rf "$T_DIR/cwd/a" "$T_DIR/cwd/b"
	for m in b a; do machine $m && echo "$two" | shared "kill-$1" || return; done
	OPL2_FAULT=$1 opl2 apply -auto-approve >killed.txt 2>&1 && return 1
	machine b && run 0 opl2 apply -auto-approve &&
		run 0 opl2 plan && out_has 'No changes.' &&
		machine a && run 0 opl2 plan && out_has 'No changes.'
}
for point in journal.before_append apply.before_record apply.after_sync \
	store.before_fold store.after_fold store.after_journal; do
	test_ok "killed at $point, another machine goes on" "killed $point"
done

# --- processes ---
one="resources: { process: { p: { command: [sleep, 1000] } }, null: { n: { note: x } } }"
test_ok 'processes belong to the machine that started them' '
	first procs "$one" && machine b && run 0 opl2 apply -auto-approve &&
	out_has "No changes." && sed -i s/1000/1001/ opl2.yaml &&
	run 10 opl2 apply -auto-approve && err_has E0544 && err_has "$T_DIR/cwd/a/.opl2" &&
	run 10 opl2 destroy -auto-approve && err_has E0544 &&
	sed -i "s/1001/1000/; s/x/y/" opl2.yaml &&
	run 0 opl2 apply -auto-approve -exclude=process &&
	machine a && cp ../b/opl2.yaml . && run 0 opl2 plan && out_has "No changes." &&
	run 0 opl2 destroy -auto-approve -target=process &&
	machine b && run 0 opl2 apply -auto-approve && run 0 opl2 plan &&
	out_has "No changes." && run 0 opl2 destroy -auto-approve'

# --- the server ---
test_ok 'a write whose answer was lost counts as written' '
	faults "2 lost PUT log/" "1 lost PUT lease" && first lost "$two" &&
	machine b && run 0 opl2 plan && out_has "No changes."'
test_ok 'a busy server is asked again' '
	faults "2 busy PUT log/" "1 busy GET format" && first busy "$two"'
test_fails 11 'credentials that have ended' '
	first ended "$two" && faults "9 expired * /ended/" && opl2 plan' '
	err_has E0531 && err_has ExpiredToken && err_has "get new ones"'
test_fails 11 'a bucket that is not there' '
	faults && machine d && echo "$two" | shared x1 && sed -i s/chains,/nowhere,/ opl2.yaml &&
	opl2 plan' 'err_has E0533 && err_has nowhere'
test_fails 11 'no credentials' '
	machine d && echo "$two" | shared x1 && env -u AWS_ACCESS_KEY_ID \
		AWS_EC2_METADATA_DISABLED=true opl2 plan' 'err_has E0532'
test_ok 'a profile and a session token are used' '
	machine d && echo "$two" | shared profile && mkdir -p "$HOME/.aws" &&
	printf "[x]\naws_access_key_id = 1\n\n[ci]\naws_access_key_id = test\naws_secret_access_key=s\naws_session_token = t\n" \
		>"$HOME/.aws/credentials" && run 0 env -u AWS_ACCESS_KEY_ID \
		-u AWS_SECRET_ACCESS_KEY AWS_PROFILE=ci opl2 apply -auto-approve'
test_fails 11 'the state of another chain' '
	first chain "$two" && machine d && echo "$two" | shared chain &&
	sed -i "s/^name: t/name: other/" opl2.yaml && opl2 plan' 'err_has E0538'
test_ok 'an object that was cut short' '
	first cut "$two" && o=cut/log/000000000002 && object $o >whole &&
	head -c 200 whole >short && put_object $o short && machine b &&
	run 11 opl2 plan && err_has E0535 && put_object $o ../a/whole &&
	run 0 opl2 plan && out_has "No changes."'
test_fails 11 'a folder with a state of its own' '
	machine e && echo "$two" | spec && opl2 apply -auto-approve >/dev/null &&
	echo "$two" | shared own && opl2 plan' 'err_has E0540'
test_ok 'a state moves into a bucket, to another one, and back' '
	machine e && ids() { jq -r ".resources[].attrs.id" .opl2/state.json; } && ids >../ids &&
	echo "$two" | shared moved1 && run 0 opl2 init -migrate-state && out_has "where" &&
	run 0 opl2 plan && out_has "No changes." &&
	run 0 opl2 init -migrate-state && out_has "is where the spec says" &&
	cp opl2.yaml ../old.yaml && echo "$two" | shared moved2 &&
	run 11 opl2 plan && err_has E0540 &&
	run 0 opl2 init -migrate-state && run 0 opl2 plan && out_has "No changes." &&
	machine f && cp ../old.yaml opl2.yaml && run 11 opl2 plan && err_has E0543 &&
	machine e && echo "$two" | spec && run 11 opl2 plan && err_has E0540 &&
	run 0 opl2 init -migrate-state && run 0 opl2 plan && out_has "No changes." &&
	ids | cmp - ../ids'
test_ok 'a state does not move to where there is one' '
	first full "$two" && machine e && echo "$two" | shared full &&
	run 11 opl2 init -migrate-state && err_has "has a state already"'
test_fails 11 'a copy whose spec has no backend any more' '
	machine a && echo "$two" | spec && opl2 plan' 'err_has E0540'
test_ok 'a server that goes away in the middle: the next run delivers' '
	rm -rf "$T_DIR"/cwd/a "$T_DIR"/cwd/b; for m in b a; do machine $m && echo "$two" | shared gone; done
	faults "99 denied PUT gone/log/000000000002" "99 denied PUT gone/log/000000000003" &&
	! opl2 apply -auto-approve >apply.txt 2>&1 && has apply.txt E0531 &&
	faults && run 0 opl2 apply -auto-approve &&
	machine b && run 0 opl2 plan && out_has "No changes."'
done_testing
