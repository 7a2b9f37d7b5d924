#!/usr/bin/env bash
# backup and restore: a round trip, and what is refused so that nothing is lost.
. "$(dirname "$0")/../lib.sh"

K=1111111111111111111111111111111111111111111111111111111111111111
chain() { # a chain of a key, files, a ledger, a database and a secret file
	spec <<-'Y'
	resources:
	  key: { admin: { source: { generate: true } } }
	  jwt_secret: { l2: {} }
	  "null": { a: { triggers: { x: "1" } } }
	Y
	opl2 apply -auto-approve && mkdir -p .opl2/ledger .opl2/data/ab/op-geth deployments &&
		echo one >.opl2/ledger/deploy-1 && chmod 600 .opl2/ledger/deploy-1 &&
		echo rows >.opl2/data/ab/op-geth/db && ln -s /etc .opl2/data/link &&
		echo '{"a": 1}' >deployments/devnet.json && echo public >.opl2/files/rollup.json
}
mode() { stat -c %a "$1"; }

fresh origin && chain >"$OUT/log" 2>&1 || cat "$OUT/log"
cd "$T_DIR/cwd" || exit 1
test_fails 1 'nothing is recorded' 'fresh empty && opl2 backup b.tar.gz' 'err_has E1148'
test_ok 'a backup has no secrets, and is its owner'\''s' '
	cd origin && run 0 opl2 backup ../plain.tar.gz && out_has "without keys" &&
	[ "$(mode ../plain.tar.gz)" = 600 ] && tar tzf ../plain.tar.gz >../list &&
	head -1 ../list | grep -qx opl2-backup.json &&
	grep -qx .opl2/state.json ../list && grep -qx .opl2/ledger/deploy-1 ../list &&
	grep -qx .opl2/files/rollup.json ../list && grep -qx deployments/devnet.json ../list &&
	! grep -E "jwt.txt|keys/|secret.key|opl2/data" ../list'
test_fails 1 'a file that is there is not replaced' 'cd origin && opl2 backup ../plain.tar.gz' \
	'err_has E1148 && err_has "already exists"'
test_ok 'with keys and databases' '
	cd origin && run 0 opl2 backup -keys -data ../all.tar.gz && out_has "unencrypted keys" &&
	tar tzf ../all.tar.gz >../list && grep -q "keys/key.admin" ../list &&
	grep -q jwt.txt ../list && grep -qx .opl2/data/ab/op-geth/db ../list && ! grep -q data/link ../list'
test_ok 'databases that came from a cluster' '
	cp -a origin there && cd there && echo "{}" >.opl2/data/ab/op-geth/PREPARE.json && echo "{}" >.opl2/data/ab/op-geth/MOVED.json &&
	run 0 opl2 backup -keys -data ../there.tar.gz && cd .. && mv origin kept && fresh origin && run 0 opl2 restore ../there.tar.gz &&
	[ -e .opl2/data/ab/op-geth/db ] && [ ! -e .opl2/data/ab/op-geth/PREPARE.json ] && [ ! -e .opl2/data/ab/op-geth/MOVED.json ]
	rc=$?; cd ..; rm -rf origin there; mv kept origin; [ $rc = 0 ]'
test_ok 'a round trip into an empty folder of that name' '
	mv origin lost && fresh origin && run 0 opl2 restore ../all.tar.gz &&
	diff -r -x history -x lock -x tmp -x .gitignore -x run -x assets -x logs -x apply --no-dereference \
		-x link -x durations.json ../lost . && [ "$(mode .opl2/keys/key.admin)" = 600 ] &&
	[ "$(mode .opl2/ledger/deploy-1)" = 600 ] && [ "$(mode .opl2/state.json)" = 600 ] &&
	run 0 opl2 plan -detailed-exitcode && [ ! -e .opl2/tmp/restore ]'
test_ok 'without keys the plan says what is missing' '
	rm -rf origin && fresh origin && run 0 opl2 restore ../plain.tar.gz && out_has "without keys" &&
	[ ! -e .opl2/keys/key.admin ] && run 10 opl2 plan && err_has E0822 && err_has key.admin'
test_ok 'over the same state: what is there stays' '
	rm -rf origin && cp -a lost origin && cd origin && rm -r .opl2/data &&
	echo two >.opl2/ledger/deploy-1 && echo three >.opl2/ledger/deploy-2 &&
	echo '"$K"' >.opl2/keys/key.admin && echo changed >.opl2/files/rollup.json &&
	run 0 opl2 restore ../all.tar.gz && grep -qx two .opl2/ledger/deploy-1 &&
	grep -qx three .opl2/ledger/deploy-2 && grep -qx '"$K"' .opl2/keys/key.admin &&
	grep -qx public .opl2/files/rollup.json'
refused() { # refused WHY: and nothing has changed
	cp -a . "$T_DIR/before" && run 1 opl2 restore ../all.tar.gz && err_has E1149 && err_has "$1" &&
		diff -r --no-dereference -x lock -x tmp -x apply "$T_DIR/before" .
	local rc=$?
	rm -rf "$T_DIR/before"
	return $rc
}
test_ok 'databases that are there' 'rm -rf origin && cp -a lost origin && cd origin && refused databases'
test_ok 'a newer state' '
	rm -rf origin && cp -a lost origin && cd origin && rm -r .opl2/data &&
	sed -i "s/x: \"1\"/x: \"2\"/" opl2.yaml && opl2 apply -auto-approve && refused newer'
test_ok 'the state of another chain' '
	fresh other && spec </dev/null && printf "resources: { \"null\": { a: {} } }\n" >>opl2.yaml &&
	opl2 apply -auto-approve && refused "another chain"'
test_ok 'the record of other contracts' '
	fresh origin && mkdir deployments && echo "{}" >deployments/devnet.json &&
	run 1 opl2 restore ../all.tar.gz && err_has E1149 && err_has "other contracts" &&
	[ ! -e .opl2/state.json ] && grep -qx "{}" deployments/devnet.json'
edited() { # edited FILTER: restores the backup with another manifest
	rm -rf "$T_DIR/edit" odd && mkdir "$T_DIR/edit" && tar xzf all.tar.gz -C "$T_DIR/edit" &&
	jq "$1" "$T_DIR/edit/opl2-backup.json" >m && cp m "$T_DIR/edit/opl2-backup.json" &&
	(cd "$T_DIR/edit" && GLOBIGNORE=opl2-backup.json && tar czf ../edited.tar.gz opl2-backup.json -- *) &&
	fresh odd && opl2 restore "$T_DIR/edited.tar.gz"
}
for f in '.private = [1]' '.private = [null]' '.private = [["a"]]' '.private = ["../x"]' \
	'.lineage = 1 | .private = [{}]' '.serial = "x" | .private = [true]'; do
	test_fails 1 "a manifest with $f" "edited '$f'" 'err_has E1149 && [ ! -e odd/.opl2/state.json ]'
done
test_ok 'an archive of something else' '
	fresh odd && echo x >y && tar czf ../y.tar.gz y && run 1 opl2 restore ../y.tar.gz &&
	err_has E1149 && err_has "not a backup"'
test_ok 'a member that would leave the folder' '
	fresh evil && mkdir in && echo x >outside && (cd in && tar czPf ../../evil.tar.gz ../outside) &&
	rm outside && run 1 opl2 restore ../evil.tar.gz && err_has E0706 && [ ! -e outside ]'
test_fails 1 'no such file' 'fresh none && opl2 restore nothing.tar.gz' 'err_has E1149'
done_testing
