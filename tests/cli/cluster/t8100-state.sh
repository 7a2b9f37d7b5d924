#!/bin/bash
# A state in Secrets of a real API server, shared by the folders a and b, which
# stand for two machines. tests/cli/shared has what a server of ours can do worse.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-kube.sh"
command -v python3 >/dev/null || skip_all 'no python3'

kube_up
kubectl create namespace chains >/dev/null
kubectl -n chains create role state \
	--verb=get,list,create,update,delete --resource=secrets,leases >/dev/null

both() { # both NAME [KEY: VALUE...]
	rm -rf a b
	mkdir a b
	(cd a && spec) <<-Y
	backend:
	  kubernetes: { namespace: chains, name: $1${2:+, $2} }
	resources:
	  null:
	    one: { triggers: { x: "1" } }
	    two: { note: "\${null.one.id}" }
	Y
	cp a/opl2.yaml b
}
change() { # change X
	sed -i "s/x: \"[0-9]*\"/x: \"$1\"/" a/opl2.yaml b/opl2.yaml
}
apply() { # apply CODE FOLDER [OPTION...]
	(cd "$2" && run "$1" opl2 apply -auto-approve "${@:3}")
}
same() { # same FOLDER: there is nothing to do
	(cd "$1" && run 0 opl2 plan -detailed-exitcode && out_has "No changes")
}
secrets() { kubectl -n chains get secrets -l "opl2/state=$1${2:+,opl2/role=$2}" -o name; }

test_ok 'applied in one folder, there in the other' 'both s && apply 0 a && same b && secrets s head | grep secret/s-'
test_ok 'and the other way round' 'change 2 && apply 0 b && out_has "null.one: replaced" && same a'
test_ok 'a second apply has nothing to do' 'apply 0 a && out_has "No changes" && same b'
test_ok 'a plan changes nothing there' 'audit_mark && same b && [ -n "$(audit_all)" ] && [ -z "$(audit_writes)" ]'
test_ok 'two states of a namespace are apart' 'both t && apply 0 a && both s && change 2 && same a && same b'
test_ok 'many runs do not leave many Secrets' '
	both m && for i in 1 2 3 4 5 6; do change $i && apply 0 a || exit; done; [ "$(secrets m head | wc -l)" -lt 14 ]'
test_ok 'two applies at once' '
	both w && apply 0 a && change 2
	(cd a && exec opl2 apply -auto-approve -lock-timeout=60s >../a.out 2>&1) & one=$!
	(cd b && exec opl2 apply -auto-approve -lock-timeout=60s >../b.out 2>&1) & two=$!
	wait $one && wait $two; rc=$?; cat a.out b.out
	[ $rc = 0 ] && same a && same b'
# The server takes 1 MiB in one Secret.
big() { head -c 2400000 /dev/urandom | base64 -w 0; }
test_ok 'a large state is cut, and found whole' '
	both big && { echo "    three:"; echo "      note: $(big)"; } >>a/opl2.yaml && cp a/opl2.yaml b &&
	apply 0 a && secrets big part && [ "$(secrets big part | wc -l)" -ge 2 ] && same b'
test_ok 'killed, and finished elsewhere' '
	both kill && apply 0 a && change 2 && (cd a && OPL2_FAULT=apply.after_effect:1 opl2 apply -auto-approve); apply 0 b && same b && same a'

# --- what one may do ---
as=kubectl\ --context\ limited\ -n\ chains\ auth\ can-i
test_ok 'a user without rights' '
	both no "context: limited" && ! $as get secrets && apply 11 a && err_has E0531 && err_has "cannot get resource"'
test_ok 'a user who may read' '
	kubectl -n chains create role reads --verb=get,list --resource=secrets,leases &&
	kubectl -n chains create rolebinding reads --role=reads --user=limited && wait_for 20 $as get leases &&
	both s "context: limited" && change 2 && same a && change 3 &&
	apply 11 a && err_has E0531 && err_has "in the namespace" && change 2 && same b'
test_ok 'a user with the rights that the hint names' '
	kubectl -n chains create rolebinding state --role=state --user=limited && wait_for 20 $as create leases &&
	both yes "context: limited" && apply 0 a && same b && change 2 && apply 0 b && same a'
test_ok 'a login that has ended' '
	both s && sed "s/token: .*/token: ended } }]/" "$K8S_DIR/keys/admin.conf" >a/config &&
	(cd a && KUBECONFIG=config run 11 opl2 plan && err_has E0531)'
test_ok 'a namespace that is not there' '
	both s && sed -i s/chains/other/ a/opl2.yaml && apply 11 a && err_has E0533 && err_has "\"other\" not found"'

# --- a run that others overtake, a server that is away ---
# The apply in a has created null.one and waits for the process until go.
slow() { # slow NAME: $A, and its words are in a/out
	local port
	port=$(python3 "$ROOT/tests/cli/rpc_server.py" --free-port)
	both "$1" && cat >>a/opl2.yaml <<-Y && cp a/opl2.yaml b
	    three: { note: "\${process.p.name}" }
	  process:
	    p:
	      command: [sh, -c, "until [ -e $PWD/go ]; do sleep 0.05; done; exec python3 -m http.server -b 127.0.0.1 $port"]
	      ready: [{ tcp: { port: $port } }]
	      triggers: { one: "\${null.one.id}" }
	Y
	rm -f go
	(cd a && exec opl2 apply -auto-approve >out 2>&1) &
	A=$!
	wait_for 20 grep -q 'process.p: starting' a/out || { cat a/out; return 1; }
}
go() { # go CODE: how it ended
	touch go
	wait $A
	[ $? = "$1" ] || { cat a/out; return 1; }
}
ended() { (cd a && run 0 opl2 destroy -auto-approve); }

test_ok 'away and back while nothing is written' '
	slow back && api_stop && api_start && go 0 && same b && same a && ended'
test_ok 'away in the middle: the next run goes on' '
	slow away && api_stop && go 11 && has a/out E0530 && apply 11 b && err_has E0530 && api_start &&
	apply 0 a && out_has "null.three: created" && ! grep "process.p: creating" "$OUT/stdout" && same b && ended'
test_ok 'a run whose lease was taken does nothing more' '
	slow stolen && id=$(kubectl -n chains get lease stolen -o jsonpath="{.metadata.annotations.opl2/data}" | jq -r .id) &&
	(cd b && run 0 opl2 force-unlock -auto-approve "$id") && apply 0 b -target=null.two &&
	go 4 && has a/out E0515 && apply 0 a && same a && same b && ended'
kube_down
test_ok 'no server' 'both s && apply 11 a && err_has E0530'
done_testing
