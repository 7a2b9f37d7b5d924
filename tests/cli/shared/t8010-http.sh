#!/bin/bash
# A state at a server of Terraform's http protocol, shared by the folders a and
# b, which stand for two machines.
. "$(dirname "$0")/../lib.sh"

command -v python3 >/dev/null || skip_all 'no python3'
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$T_DIR"' EXIT
export TF_HTTP_PASSWORD=secretpw

serve() { # serve NAME [OPTION...]: sets url
	mkdir "$T_DIR/$1"
	tail -f /dev/null | exec python3 "$ROOT/tests/fake/tfstate.py" "$T_DIR/$1" \
		--log "$T_DIR/$1.log" "${@:2}" >"$T_DIR/$1.port" &
	written "$T_DIR/$1.port" $!
	url=http://127.0.0.1:$(cat "$T_DIR/$1.port")
}
serve strict --login me:secretpw
log=$T_DIR/strict.log
fault=$T_DIR/strict/fault

both() { # both NAME [LINE...]: specs of a and b with a state of their own
	local f
	rm -rf a b "$T_DIR/strict/$1" "$T_DIR/strict/$1.lock" "$fault"
	mkdir a b
	doc=$T_DIR/strict/$1
	for f in a b; do
		(cd $f && spec) <<-Y
		backend:
		  http: { address: "$url/$1", lock_address: "$url/$1", username: me }
		${2-}
		resources:
		  null:
		    one: { triggers: { x: "1" } }
		    two: { note: "\${null.one.id}" }
		  key:
		    k: { source: { generate: true } }
		Y
		[ -n "${2-}" ] || sed -i '/^  key:/,$d' $f/opl2.yaml
	done
}
change() { # change FOLDER X
	sed -i "s/x: \"[0-9]*\"/x: \"$2\"/" "$1/opl2.yaml"
}
apply() { # apply CODE FOLDER [OPTION...]
	(cd "$2" && run "$1" opl2 apply -auto-approve "${@:3}")
}
same() { # same FOLDER: there is nothing to do
	(cd "$1" && run 0 opl2 plan -detailed-exitcode && out_has "No changes")
}
locked() { [ -e "$doc.lock" ]; }
objects() { jq -r '.objects[].data' "$doc" | base64 -d; }

both s
test_ok 'applied in one folder, there in the other' 'apply 0 a && same b && ! locked'
test_ok 'a plan needs no lock' ': >"$log" && same a && ! grep -q "LOCK\|POST" "$log"'
test_ok 'and the other way round' 'change a 2 && change b 2 && apply 0 b && out_has "null.one: replaced" && same a'
# What only converges is delivered every two seconds.
test_ok 'an apply of many resources needs few requests' '
	both many && for i in $(seq 300); do echo "    n$i: {}"; done >>a/opl2.yaml && cp a/opl2.yaml b &&
	: >"$log" && SECONDS=0 && apply 0 a && [ "$(wc -l <"$log")" -lt $((20 + 2 * SECONDS)) ] && same b'
test_ok 'runs one after the other leave the log short' '
	both long && for i in 1 2 3 4 5 6; do change a $i && change b $i && apply 0 a && same b || exit; done &&
	[ "$(jq "[.objects | keys[] | select(startswith(\"log/\"))] | length" "$doc")" -lt 12 ]'

# Another key.
ids() { jq -r '.objects | del(.lease)[].data' "$doc" | while read -r o; do base64 -d <<<"$o" | head -1 | jq -r .key; done | sort -u; }
export P1=correct-horse P2=battery-staple
test_ok 'another key, one that was killed included' '
	both reseal "encryption: { passphrase: { env: P1 } }" && head -c 60000 /dev/urandom | base64 -w0 >big &&
	sed -i "s|two: { note|big: { note: \"$(cat big)\" }\n    &|" a/opl2.yaml && cp a/opl2.yaml b && apply 0 a && before=$(ids) &&
	sed -i "s/env: P1 }/env: P2 }, old: { passphrase: { env: P1 } }/" b/opl2.yaml &&
	! (cd b && OPL2_FAULT=reseal.blob opl2 state reseal >out 2>&1) && (cd a && run 11 opl2 plan && err_has E0545) &&
	(cd b && run 0 opl2 state reseal) && [ "$(ids | wc -l)" = 1 ] && [ "$(ids)" != "$before" ] &&
	! objects | grep -qa -e correct-horse -e battery -e lineage && sed "s/, old: { passphrase: { env: P1 } }//" b/opl2.yaml >a/opl2.yaml &&
	(unset P1; same a) && ! locked'

test_ok 'two applies at once' '
	both s && apply 0 a && change a 2 && change b 2
	(cd a && exec opl2 apply -auto-approve -lock-timeout=10m >../a.out 2>&1) & one=$!
	(cd b && exec opl2 apply -auto-approve -lock-timeout=10m >../b.out 2>&1) & two=$!
	wait $one && wait $two; rc=$?; cat a.out b.out
	[ $rc = 0 ] && same a && same b && ! locked'

# The lease is of a machine that is not this one, whose process nobody knows.
elsewhere() {
	python3 - "$doc" <<-'P'
	import base64, json, sys, time
	doc = json.load(open(sys.argv[1]))
	e = doc['objects']['lease']
	lease = json.loads(base64.b64decode(e['data']))
	lease.update(machine='other', host='elsewhere', released=False)
	e['data'] = base64.b64encode(json.dumps(lease).encode()).decode()
	e['modified'] = int(time.time())
	doc['lock'] = 'opl2-1-of-another'
	json.dump(doc, open(sys.argv[1], 'w'))
	json.dump({'ID': doc['lock']}, open(sys.argv[1] + '.lock', 'w'))
	print(lease['id'])
	P
}
test_ok 'a run elsewhere holds it' '
	both s && apply 0 a && elsewhere >id && change b 2 &&
	apply 4 b && err_has E0507 && err_has elsewhere && err_has "$(cat id)"'
test_ok 'force-unlock ends it' '
	(cd b && run 0 opl2 force-unlock -auto-approve "$(cat ../id)") && ! locked && apply 0 b && change a 2 && same a'
test_ok 'a lease that was not renewed ends with its lock' '
	elsewhere >id && jq ".objects.lease.modified -= 100" "$doc" >d && cp d "$doc" && change b 3 && apply 0 b && ! locked'
test_ok 'a lock of opl2 that was never used ends after a minute' '
	echo "{\"ID\":\"opl2-$(($(date +%s) - 100))-x\"}" >"$doc.lock" && change b 4 && apply 0 b && ! locked'
test_ok 'so it does when the server does not say whose it is' '
	elsewhere >id && jq ".objects.lease.modified -= 100" "$doc" >d && cp d "$doc" &&
	echo LOCK unsaid 1 >"$fault" && change b 5 && apply 0 b && ! locked'
test_ok 'a lock of another program stays' '
	echo "{\"ID\":\"5d1f7c2e\"}" >"$doc.lock" && change b 6 &&
	apply 4 b && err_has E0507 && err_has 5d1f7c2e && locked; rc=$?; rm "$doc.lock"; [ $rc = 0 ]'

# What a run does after its lock has gone to another is refused.
test_ok 'who has lost the lock writes nothing more' '
	both s && apply 0 a && change a 2 && : >"$log" && echo "POST steal 1 2" >"$fault" && apply 4 a && err_has E0515 &&
	[ "$(grep -c "^POST .* 200" "$log")" = 2 ] && rm "$doc.lock" && change b 2 && apply 0 b && same b'

for mode in lost 503; do
	for n in 1 3; do
		test_ok "$n writes: $mode" "
			both s && echo 'POST $mode $n' >\"\$fault\" && apply 0 a && same b && [ ! -e \"\$fault\" ]"
	done
	test_ok "a lock: $mode" "both s && echo 'LOCK $mode 1' >\"\$fault\" && apply 0 a && same b && ! locked"
	test_ok "an answer: $mode" "both s && echo 'GET $mode 2' >\"\$fault\" && apply 0 a && same b"
done
test_ok 'every answer of a write is lost' '
	both s && apply 0 a && change a 2 && change b 2 && echo POST lost 4 1 >"$fault" && apply 0 a && same b'
test_ok 'a server that is never there again' '
	both s && apply 0 a && change a 2 && echo POST 503 9999 >"$fault" && apply 11 a && err_has E0530'
test_ok 'then the next run delivers what was kept' 'rm "$fault" && apply 0 a && change b 2 && same b'
test_ok 'a state that is too large' 'both s && echo POST 413 2 >"$fault" && apply 11 a && err_has E0539 && err_has "413"'
test_ok 'a server without LOCK' 'both s && echo LOCK 405 1 >"$fault" && apply 11 a && err_has E0534 && err_has lock_method'
test_ok 'no such address' 'both s && echo LOCK 404 1 >"$fault" && apply 11 a && err_has E0533'
test_ok 'a wrong password' '
	both s && TF_HTTP_PASSWORD=secretno apply 11 a && err_has E0531 && err_has "Access denied" && ! grep -q secret "$OUT"/std*'
test_ok 'no password' 'unset TF_HTTP_PASSWORD; apply 11 a && err_has E0532'
test_ok 'the password as OPL2_HTTP_PASSWORD' 'unset TF_HTTP_PASSWORD; OPL2_HTTP_PASSWORD=secretpw apply 0 a'
test_ok 'a state of Terraform stays' '
	both s && echo "{\"version\":4,\"serial\":7,\"resources\":[]}" >"$doc" && cp "$doc" tf &&
	apply 11 a && err_has E0535 && cmp tf "$doc" && ! locked'
test_ok 'without lock_address nothing is safe' '
	both s && sed -i "s/lock_address: [^,]*, //" a/opl2.yaml && apply 11 a && err_has E0534 && err_has lock_address'

test_ok 'a state of this folder is moved there' '
	both s && cp a/opl2.yaml spec && sed -i "/^backend:/,+1d" a/opl2.yaml && apply 0 a && cp spec a/opl2.yaml &&
	(cd a && run 0 opl2 init -migrate-state) && same a && same b && ! locked'
test_ok 'encrypted' '
	head -c 32 /dev/urandom >key && chmod 600 key && both e "encryption: { key_file: $PWD/key }" && apply 0 a &&
	same b && find a/.opl2 b/.opl2 -name "*.key" | grep -q /b/ || find a b -type f | sort
	k=$(find b/.opl2 -path "*keys*" -type f | head -1) && key=$(tr -d "\n" <"$k" | sed s/^0x//) && [ ${#key} -ge 64 ] &&
	! grep -qi "$key" "$doc" && objects >plain; ! grep -qi "$key\|null.one" plain'
test_ok 'a generated key without encryption is refused' '
	sed -i /^encryption/d a/opl2.yaml && sed -i "s#/e\"#/f\"#g" a/opl2.yaml && rm -rf a/.opl2 && apply 3 a && err_has E0541'

# Killed at the first pass of every point; finished in the other folder.
both s
apply 0 a >/dev/null
change a 2
(cd a && OPL2_FAULT_LOG=$T_DIR/points opl2 apply -auto-approve) >/dev/null
# Some of them, or all with OPL2_FAULTS_ALL.
every=5
[ -z "${OPL2_FAULTS_ALL-}" ] || every=1
for point in $(sort -u "$T_DIR/points" | awk "NR % $every == 0"); do
	test_ok "killed at $point, finished elsewhere" "
		both s && apply 0 a && change a 2 && change b 2 &&
		(cd a && OPL2_FAULT=$point:1 opl2 apply -auto-approve); apply 0 b && same b && same a && ! locked"
done

serve lax --lax
test_ok 'a server that takes any write' '
	both s && apply 11 a && err_has E0534 && err_has "although another holds the lock"'
serve gitlab
test_ok 'as GitLab has it' '
	rm -rf a b && mkdir a b && (cd a && spec) <<-Y && cp a/opl2.yaml b && apply 0 a && same b
	backend:
	  http:
	    address: "$url/p/state"
	    lock_address: "$url/p/state/lock"
	    unlock_address: "$url/p/state/lock"
	    lock_method: POST
	    unlock_method: DELETE
	resources: { null: { a: {} } }
	Y
	[ ! -e "$T_DIR/gitlab/p%2Fstate.lock" ]'
done_testing
