#!/bin/bash
# Processes in pods of a real API server with its controllers, and without a
# node: kubelet.py says that pods run. tests/k8s has real ones.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-kube.sh"
. "$ROOT/tests/cli/lib-kubelet.sh"

# --- a chain: one with a key, two that shares its pod, three ---
chain() { # chain NAME [KEY: VALUE...]: of `kubernetes`
	fresh "$1" && cp /bin/sleep . && echo 5ec2e7c0ffee5ec2e7 >key && chmod 600 key &&
		export TOKEN=70ce2-of-env && spec <<-Y
	variables: { token: { type: string, env: TOKEN, sensitive: true } }
	runtime:
	  kubernetes:
	    namespace: t
	    images: { repository: "$REG/opl2/t" }${2:+
	    $2}
	resources:
	  process:
	    one: { command: ["$PWD/sleep", "1001", "$PWD/key"], env: { T: "\${var.token}" }, ports: { rpc: 20799 } }
	    two: { command: ["$PWD/sleep", "1002"], bound_to: [one], after: ["\${process.one.name}"] }
	    three: { command: ["$PWD/sleep", "1003"], after: ["\${process.one.name}"],
	      pause: { steps: [{ rpc: { url: "http://127.0.0.1:20799", method: a } }], resume: [{ rpc: { url: "http://127.0.0.1:20799", method: b } }] } }
	Y
}
flag() { # flag OLD NEW: a program's argument
	sed -i "s/\"$1\"/\"$2\"/" opl2.yaml
}
apply() { run "$1" opl2 apply -auto-approve "${@:2}"; }
same() { run 0 opl2 plan -detailed-exitcode && out_has 'No changes'; }
left() { K get statefulsets,pods,services,secrets,cm,netpol,pdb -o name | grep -v kube-root-ca; }
gone() { run 0 opl2 destroy -auto-approve && [ -z "$(left)" ] || { left; return 1; }; }
uid() { K get pod "$1-0" -o jsonpath='{.metadata.uid}'; }
uids() { echo "$(uid one) $(uid three)"; }

# --- what is wrong with a spec ---
test_fails 3 'no namespace' 'chain a && sed -i "/namespace/d" opl2.yaml && opl2 validate' \
	'err_has "namespace"'
test_fails 3 'no images' 'chain a && sed -i "/images/d" opl2.yaml && opl2 validate' 'err_has "images"'
test_fails 3 'a namespace that can be none' 'chain a && sed -i "s/namespace: t/namespace: T_x/" opl2.yaml && opl2 validate' \
	'err_has "namespace"'
for bad in 'storage: 10' 'storage: 1GB' 'resources: { cpu: many }' 'resources: { memory: 1Ki }' \
	'expose: world'; do
	test_fails 3 "no quantity: $bad" "chain a && sed -i 's/\"1003\"\],/& $bad,/' opl2.yaml && opl2 validate" \
		"err_has '${bad%%:*}'"
done
test_fails 3 'two runtimes' 'chain a && sed -i "s/^runtime:/&\n  local: {}/" opl2.yaml && opl2 validate' \
	'err_has "local"'

# --- who may not ---
test_ok 'no such context' 'chain a "context: nowhere" && apply 10 && err_has E1312 && err_has "has no context" && err_has "it has admin, limited"'
test_ok 'no such kubeconfig' 'chain a "kubeconfig: $PWD/none" && apply 10 && err_has E1301 && err_has none'
test_ok 'a login that has ended' '
	chain a && sed "s/token: .*/token: ended } }]/" "$K8S_DIR/keys/admin.conf" >config &&
	export KUBECONFIG=$PWD/config && apply 10 && err_has E1302 && err_has "log in"'
test_ok 'a user without rights' 'chain a "context: limited" && apply 10 && err_has E1302 && err_has configmaps'
test_ok 'no such namespace' '
	chain a && sed -i "s/namespace: t/namespace: other/" opl2.yaml && apply 1 && err_has "create namespace other"'
test_ok 'a script cannot be in an image' '
	chain a && printf "#!/bin/sh\n" >script && chmod +x script && sed -i "s#$PWD/sleep\", \"1001#$PWD/script\", \"1001#" opl2.yaml &&
	apply 10 && err_has E1321 && ! K get statefulset one'
test_ok 'a folder of this machine' '
	chain a && sed -i "s#\"1003\"#\"$PWD\"#" opl2.yaml && apply 3 -target=process.three && err_has E1305'
test_ok 'what those left goes' 'cd a && gone'

# --- a chain ---
test_ok 'applied' '
	chain c && apply 0 && same && [ "$(K get statefulsets -o name | wc -l)" = 2 ] &&
	[ "$(K get pod one-0 -o json | jq ".metadata.annotations | length")" = 2 ]'
cd c || exit 1
export TOKEN=70ce2-of-env
test_ok 'again: no request that writes' 'audit_mark && apply 0 && out_has "No changes" && [ -n "$(audit_all)" ] && [ -z "$(audit_writes)" ]'
asked() { audit_all | grep -c "$1"; }
test_ok 'a plan looks once, for all' '
	audit_mark && same && [ "$(asked "list .*/pods?")" = 1 ] && [ "$(asked "list .*/configmaps?.*opl2.dev/process")" -le 2 ] && [ "$(asked "get .*/proxy/status")" = 2 ]'
test_ok 'no key but in Secrets' '
	K get statefulsets,pods,services,cm,netpol -o json >objects && K get cm -o json | jq -r ".items[].binaryData // {} | .[] | @base64d" >>objects &&
	opl2 plan >>objects 2>&1 && opl2 status >>objects && opl2 state pull >>objects &&
	cat /proc/[0-9]*/cmdline 2>/dev/null >>objects
	! grep -aE "5ec2e7c0ffee5ec2e7|70ce2-of-env" objects &&
	[ "$(K get secrets -o json | jq -r ".items[].data[] | @base64d" | grep -cE "5ec2e7c0ffee5ec2e7|70ce2-of-env")" -ge 2 ]'
test_ok 'status' 'run 0 opl2 status && out_has "namespace t" && out_has three && lacks "$OUT/stdout" -1'
test_ok 'a flag changed: that pod alone is another' '
	audit_mark && before=$(uids) && flag 1003 1004 && apply 0 && after=$(uids) &&
	[ "$(asked "patch .*/services/three?")" = 1 ] && [ "$(asked "patch .*/networkpolicies/three?")" = 1 ] && same &&
	[ "${before% *}" = "${after% *}" ] && [ "${before#* }" != "${after#* }" ]'
test_ok 'stopped, and started' '
	run 0 opl2 stop three && [ "$(K get statefulset three -o jsonpath={.spec.replicas})" = 0 ] && ! K get pod three-0 &&
	run 0 opl2 start three && K get pod three-0'
test_ok 'one of a pod stopped: the other one is there' '
	run 0 opl2 stop two && wait_for 20 K get pod one-0 && [ "$(K get pod one-0 -o json | jq ".metadata.annotations | length")" = 1 ] &&
	run 0 opl2 start two && [ "$(K get pod one-0 -o json | jq ".metadata.annotations | length")" = 2 ]'
test_ok 'restarted' 'before=$(uid three) && run 0 opl2 restart three && [ "$(uid three)" != "$before" ] && same'
token() { K get secret opl2-token -o jsonpath='{.data.token}' | base64 -d; }
test_ok 'paused, by who has the token of the chain' '
	before=$(token) && [ ${#before} = 64 ] && run 0 opl2 batcher pause three && grep "\"op\": *\"pause\"" "$T_DIR/kubelet/calls" &&
	run 0 opl2 batcher resume three && same && [ "$(token)" = "$before" ]'
test_ok 'a call that takes longer than half a minute' '
	touch "$T_DIR/kubelet/slow" && run 0 opl2 batcher pause three; rc=$?; rm "$T_DIR/kubelet/slow"; [ $rc = 0 ] && run 0 opl2 batcher resume three'
test_ok 'a pod with another token' '
	touch "$T_DIR/kubelet/another" && run 1 opl2 batcher pause three && err_has E1310; rc=$?; rm "$T_DIR/kubelet/another"
	run 0 opl2 batcher resume three && [ $rc = 0 ]'
test_ok 'a token that is gone is made anew, and one that is none is told' '
	before=$(token) && K delete secret opl2-token && run 0 opl2 restart three && [ ${#before} = 64 ] && [ -n "$(token)" ] && [ "$(token)" != "$before" ] &&
	K patch secret opl2-token -p "{\"data\":{\"token\":\"\"}}" && run 1 opl2 batcher resume three && err_has E1311 &&
	K delete secret opl2-token && run 0 opl2 restart three && [ -n "$(token)" ]'
prints() { echo "2026-01-01T00:00:0$2.$((RANDOM % 9))Z $3" >>"$T_DIR/kubelet/$1-0.log"; }
printed() { grep -cF "$1" followed; }
test_ok 'the logs of several are followed, each line once' '
	for i in 1 2 3; do prints one $i "one: first $i"; prints one $i "two: second $i"; prints three $i "third $i"; done
	{ opl2 logs -f -n 2 >followed & } && wait_for 20 grep "third 3" followed && for i in 4 5 6; do
		prints one $i "one: first $i"; prints one $i "two: second $i"; prints three $i "third $i"
		wait_for 20 grep "third $i" followed && wait_for 20 grep "second $i" followed || return; done
	kill $! && sort followed | grep -v -e "==>" -e "^$" | uniq -c | sed "s/^ *//" >lines; cat followed
	printf "1 %s\n" "first "{2..6} "second "{2..6} "third "{2..6} | diff - lines'
test_ok 'what tells of changes does not grow' '[ "$(stat -c %s .opl2/run/cluster.turn)" = 8 ]'
test_ok 'no such process' 'run 3 opl2 stop nobody && err_has E0911'

test_ok 'out of a pod, and into it again: never in both' '
	sed -i "s/bound_to: .one.,/& together_with: [],/" opl2.yaml && apply 0 && same && K get statefulset two && K get pod two-0 &&
	[ "$(K get pod one-0 -o json | jq ".metadata.annotations | length")" = 1 ] &&
	sed -i "s/ together_with: ..,//" opl2.yaml && apply 0 && same && ! K get statefulset two && ! K get pod two-0 &&
	[ "$(K get pod one-0 -o json | jq ".metadata.annotations | length")" = 2 ]'
test_ok 'exposed, and not any more' '
	sed -i "s/bound_to/expose: node_port, &/" opl2.yaml && sed -i "s/\"1002\".,/& ports: { x: 20797 },/" opl2.yaml && apply 0 && same &&
	[ "$(K get service two-exposed -o jsonpath={.spec.type})" = NodePort ] &&
	sed -i "s/expose: node_port, //" opl2.yaml && apply 0 && same && ! K get service two-exposed'

# --- others ---
size() { K get statefulset three -o jsonpath='{.spec.volumeClaimTemplates[0].spec.resources.requests.storage}'; }
test_ok 'a process gets data: its pod has a volume' '
	before=$(uid three) && sed -i "s#three: { command: \[\([^]]*\)\]#three: { command: [\1, \"$PWD/.opl2/data/three\"], storage: 1Gi#" opl2.yaml &&
	apply 0 && same && [ "$(size)" = 1Gi ] && [ "$(uid three)" != "$before" ] && K get pvc data-three-0'
test_ok 'a field that was changed' '
	K scale statefulset three --replicas=0 && run 2 opl2 plan -detailed-exitcode && err_has W1308 && err_has "spec.replicas is 0, should be 1" &&
	apply 0 && [ "$(K get statefulset three -o jsonpath={.spec.replicas})" = 1 ] && same'
test_ok 'a setting of the runtime that is new: all pods get it, and once it is gone lose it' '
	before=$(uids) && sed -i "s/^    namespace: t$/&\n    tolerations: [{ key: chain, operator: Exists }]/" opl2.yaml &&
	run 2 opl2 plan -detailed-exitcode && err_has "spec.template.spec.tolerations" && apply 0 && same && after=$(uids) &&
	[ "${before% *}" != "${after% *}" ] && [ "${before#* }" != "${after#* }" ] &&
	K get pod three-0 -o json | jq -e "any(.spec.tolerations[]; .key == \"chain\")" &&
	sed -i "/tolerations: .{ key: chain/d" opl2.yaml && apply 0 && same &&
	! K get pod three-0 -o json | jq -e "any(.spec.tolerations[]; .key == \"chain\")"'
test_fails 1 'a ServiceMonitor where the cluster has no such kind' '
	sed -i "s/^    namespace: t$/&\n    service_monitor: { labels: { release: p }, interval: 15s }/" opl2.yaml && opl2 apply -auto-approve' \
	'err_has E1304 && err_has "no such kind"'
K create -f - >/dev/null <<Y
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: servicemonitors.monitoring.coreos.com }
spec:
  group: monitoring.coreos.com
  names: { kind: ServiceMonitor, plural: servicemonitors, singular: servicemonitor, listKind: ServiceMonitorList }
  scope: Namespaced
  versions:
  - { name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } } }
Y
kubectl wait --for=condition=Established crd/servicemonitors.monitoring.coreos.com --timeout=30s >/dev/null
monitors() { K get servicemonitors -o json | jq -c "[.items[] | { (.metadata.name): [.spec.endpoints[] | .port + .path] }] | add"; }
test_ok 'a ServiceMonitor for each process, until it is taken out' '
	sed -i "s#ports: { rpc: 20799 }#& , urls: { metrics: \"http://127.0.0.1:20799/debug/metrics\" }#" opl2.yaml && apply 0 && same &&
	[ "$(monitors)" = "{\"one\":[\"opl2/metrics\",\"rpc/debug/metrics\"],\"three\":[\"opl2/metrics\"],\"two\":[]}" ] &&
	[ "$(K get servicemonitor one -o jsonpath="{.metadata.labels.release} {.spec.endpoints[0].interval}")" = "p 15s" ] &&
	[ "$(K get service -l "opl2.dev/process=one" -o name)" = service/one ] &&
	sed -i "/service_monitor/d" opl2.yaml && run 2 opl2 plan -detailed-exitcode && apply 0 && same && [ "$(monitors)" = null ]'
rules() { K get ingress "$1" -o json | jq -c "[.spec.rules[] | .host + \":\" + (.http.paths[0].backend.service.port.number | tostring)]"; }
test_fails 3 'an Ingress without a domain' '
	sed -i "s/one: {/one: { expose: ingress,/" opl2.yaml && opl2 apply -auto-approve' 'err_has E1313 && err_has "domain: rpc.example.com"'
test_ok 'an Ingress, of another domain, and none' '
	sed -i "s/^    namespace: t$/&\n    ingress: { domain: rpc.example.com, tls_secret: cert }/" opl2.yaml && apply 0 && same &&
	[ "$(rules one)" = "[\"one.rpc.example.com:20799\"]" ] && ! K get service one-exposed &&
	[ "$(K get ingress one -o jsonpath="{.spec.tls[0].secretName} {.spec.tls[0].hosts[0]}")" = "cert one.rpc.example.com" ] &&
	sed -i "s/rpc.example.com/rpc2.example.com/" opl2.yaml && run 2 opl2 plan -detailed-exitcode && err_has "its Ingress is not as" && apply 0 && same &&
	[ "$(rules one)" = "[\"one.rpc2.example.com:20799\"]" ] &&
	sed -i "s/ expose: ingress,//; /ingress: {/d" opl2.yaml && apply 0 && same && ! K get ingress one'
test_ok 'a field that was added' '
	K set env statefulset/three ADDED=1 --field-manager=somebody && run 2 opl2 plan -detailed-exitcode && err_has "somebody set spec.template" &&
	apply 0 && ! K get statefulset three -o json | grep ADDED && ! K get pod three-0 -o json | grep ADDED && same'
test_ok 'a pod that was deleted is back' 'K delete pod three-0 && wait_for 20 K get pod three-0 && same'
test_ok 'a StatefulSet that was deleted is back' '
	K delete statefulset three && run 2 opl2 plan -detailed-exitcode && apply 0 && K get statefulset three && same'
test_ok 'a Service that was deleted is back' '
	K delete service one && run 2 opl2 plan -detailed-exitcode && err_has "its Service is gone" && apply 0 && K get service one && same'
drifts() { # drifts TEXT: and the next apply makes it again, for the same pods
	run 2 opl2 plan -detailed-exitcode && err_has W1308 && err_has "$1" && apply 0 && same
}
test_ok 'what else was deleted is back' '
	before=$(uids) && K delete networkpolicy three && drifts "its NetworkPolicy is gone" && K get networkpolicy three &&
	K delete poddisruptionbudget t && drifts "the PodDisruptionBudget is gone" && K get poddisruptionbudget t &&
	defs=$(K get configmap -l opl2.dev/pod=three -o name | grep defs) && K delete "$defs" && drifts "${defs#*/}" && K get "$defs" &&
	K delete secret opl2-token && drifts opl2-token && K get secret opl2-token && [ "$(uids)" = "$before" ]'
test_ok 'a pod that a quota keeps out: why is told' '
	K create quota q --hard=pods=0 && K delete pod three-0 && wait_for 20 eval "opl2 status -json | jq -e \".. | strings | select(test(\\\"exceeded quota\\\"))\"" &&
	run 1 opl2 status && out_has "exceeded quota" && { opl2 doctor >doctor 2>&1 || :; } && has doctor E1186 && has doctor "exceeded quota"
	rc=$?; K delete quota q; wait_for 60 K get pod three-0 && [ $rc = 0 ] && wait_for 20 eval "run 0 opl2 plan -detailed-exitcode"'
storage() { sed -i "s/storage: [^ ]*i/storage: $1/" opl2.yaml; }
claimed() { K get pvc data-three-0 -o jsonpath='{.spec.resources.requests.storage}'; }
bound() { # bound CLASS: the claim has a volume of that class, as a provisioner makes it
	kubectl apply -f - <<-Y >/dev/null || return
	apiVersion: v1
	kind: PersistentVolume
	metadata: { name: v }
	spec:
	  capacity: { storage: 1Gi }
	  accessModes: [ReadWriteOnce]
	  storageClassName: $1
	  hostPath: { path: /nowhere }
	  claimRef: { namespace: t, name: data-three-0 }
	---
	apiVersion: storage.k8s.io/v1
	kind: StorageClass
	metadata: { name: larger }
	provisioner: test
	allowVolumeExpansion: true
	---
	apiVersion: storage.k8s.io/v1
	kind: StorageClass
	metadata: { name: fixed }
	provisioner: test
	Y
	K patch pvc data-three-0 -p '{"spec":{"volumeName":"v"}}' &&
		K patch pvc data-three-0 --subresource=status -p '{"status":{"phase":"Bound","capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"]}}'
}
anew() { # anew CLASS: the process and its claim
	sed -i "/storage_class/d; s/^    namespace: t/&\n    storage_class: $1/; s/storage: [^ ]*i/storage: 1Gi/" opl2.yaml &&
		K delete statefulset three && wait_for 20 eval '! K get pod three-0' && K delete pvc data-three-0 --wait=false &&
		K patch pvc data-three-0 -p '{"metadata":{"finalizers":null}}' || return
	kubectl delete pv v --wait=false && kubectl patch pv v -p '{"metadata":{"finalizers":null}}'
	apply 0 && wait_for 20 K get pvc data-three-0 && bound "$1" && uid three >uid
}
stays() { # its pod
	[ "$(uid three)" = "$(cat uid)" ]
}
test_ok 'another storage class is for the next volume' '
	uid three >uid && sed -i "s/^    namespace: t/&\n    storage_class: other/" opl2.yaml && flag 1004 1014 && apply 0 && same &&
	K get pvc data-three-0 && [ "$(K get statefulset three -o jsonpath="{.spec.volumeClaimTemplates[0].spec.storageClassName}")" = other ] && flag 1014 1004 && apply 0 && same'
test_ok 'more storage: the claim is larger, and the pod stays' '
	anew larger && storage 2Gi && apply 0 && same && [ "$(claimed)" = 2Gi ] && [ "$(size)" = 2Gi ] && stays'
test_ok 'the same written in another way is no change' '
	storage 2048Mi && apply 0 && lacks "$OUT/stderr" W1309 && same && [ "$(claimed)" = 2Gi ] && stays'
test_ok 'less is refused' 'storage 1Gi && apply 0 && err_has W1309 && same && [ "$(claimed)" = 2Gi ] && stays'
test_ok 'a class that makes no volume larger' '
	anew fixed && storage 3Gi && apply 0 && err_has W1309 && same && [ "$(claimed)" = 1Gi ] && stays'
test_ok 'another chain in the namespace' '
	chain d && sed -i "s/name: t$/name: other/; s/20799/20798/" opl2.yaml && apply 10 && err_has E1303 && err_has "a namespace holds one chain" && ! left | grep -v /t | grep other'
test_ok 'an object that is nobody of ours' '
	K create service clusterip four --tcp=1 && sed -i "s/    three:/    four:/" opl2.yaml && apply 10 && err_has E1303 && err_has "without opl2"
	rc=$?; K delete service four; sed -i "s/    four:/    three:/" opl2.yaml; [ $rc = 0 ] && apply 0 && same'
test_ok 'a quota' '
	K create quota q --hard=count/secrets=0 && TOKEN=another apply 1 && err_has E1304 && err_has "exceeded quota"
	rc=$?; K delete quota q; [ $rc = 0 ] && apply 0 && same'

# --- what is away ---
test_ok 'no registry' '
	kill -9 $REG_PID && flag 1004 1005 && apply 10 && err_has E1322 && K get pod three-0'
registry_up
test_ok 'it is back' 'apply 0 && same'
# The pods do not start until go.
slow() { # slow OLD NEW: $A
	touch "$T_DIR/kubelet/off"
	flag "$1" "$2"
	opl2 apply -auto-approve >"$T_DIR/slow.out" 2>&1 &
	A=$!
	wait_for 30 pending || {
		kill $A
		cat "$T_DIR/slow.out"
		return 1
	}
}
pending() { [ "$(K get pod three-0 -o jsonpath='{.status.phase}')" = Pending ]; }
go() { rm -f "$T_DIR/kubelet/off"; }
unplaced() { # as the scheduler says it
	K patch pod three-0 --subresource=status -p '{"status":{"conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable","message":"0/2 nodes are available: 2 Insufficient memory."}]}}'
}
ended() { # ended CODE
	wait $A
	[ $? = "$1" ] || { cat "$T_DIR/slow.out"; return 1; }
}
test_ok 'a pod for which there is no node: why is told meanwhile' '
	slow 1005 1011 && unplaced && wait_for 30 grep "0/2 nodes are available: 2 Insufficient memory" "$T_DIR/slow.out"
	rc=$?; cat "$T_DIR/slow.out"; go; ended 0 && [ $rc = 0 ] && flag 1011 1005 && apply 0 && same'
another() { # another UID: three's pod is another one
	[ -n "$(uid three)" ] && [ "$(uid three)" != "$1" ]
}
test_ok 'a pod that waits for what is not wanted any more is replaced' '
	slow 1005 1013 && before=$(uid three) && kill -INT $A && wait $A; [ $? != 0 ] && slow 1013 1005 && wait_for 20 another "$before"
	rc=$?; go; ended 0 && [ $rc = 0 ] && same'
go
test_ok 'the API server is away in the middle' '
	slow 1005 1006 && api_stop && ended 10 && has "$T_DIR/slow.out" E1301 && run 0 opl2 plan && err_has W0613 &&
	run 10 opl2 status && api_start && go && apply 0 && same'
api_start
go
agents() { pgrep -f "^opl2-worker --cluster --dir=$PWD"; }
test_ok 'what connects to the cluster is killed' '
	slow 1006 1007 && kill -9 $(agents) && wait $A; [ $? != 0 ] && go && apply 0 && same'
go # whatever came of it
test_ok 'the apply is killed' 'slow 1007 1008 && kill -9 $A && go && apply 0 && same && K get pod three-0'
go
test_ok 'interrupted, it ends' 'slow 1008 1009 && kill -INT $A && wait $A; [ $? != 0 ] && go && apply 0 && same'
go
test_ok 'two applies' '
	flag 1009 1010 && { opl2 apply -auto-approve -lock-timeout=60s >"$T_DIR/two.out" 2>&1 & } && apply 0 -lock-timeout=60s && wait $! && same'
test_ok 'nobody is left behind' 'wait_for 20 eval "! agents" && ! pgrep -f "kubectl.*proxy.*$T_DIR"'
test_ok 'destroyed' gone
done_testing
