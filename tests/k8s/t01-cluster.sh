#!/bin/bash
# What a chain needs of the cluster that up.sh makes, and what is done to it.
K8S_ID=${K8S_ID:-9}
. "$(dirname "$0")/../e2e/lib.sh"
export K8S_ID K8S_DIR=$WORK/k8s
. "$(dirname "$0")/lib.sh"

trap '"$K8S_SRC/down.sh"; rm -rf "$WORK"' EXIT
trap 'exit 1' INT TERM
up=$("$K8S_SRC/up.sh")
case $? in
0) echo "$up" | sed 's/^/# /' ;;
77) echo "1..0 # SKIP ${up#skipped: }" && exit ;;
*) bail 'no cluster' ;;
esac

pods() { # pods IMAGE: two, one on each node, with a volume each
	kubectl apply -f - <<-Y
	apiVersion: v1
	kind: Namespace
	metadata:
	  name: try
	  labels: { pod-security.kubernetes.io/enforce: restricted }
	---
	apiVersion: v1
	kind: Service
	metadata: { name: hello, namespace: try }
	spec: { selector: { app: hello }, ports: [{ port: 7000 }] }
	---
	apiVersion: apps/v1
	kind: StatefulSet
	metadata: { name: hello, namespace: try }
	spec:
	  replicas: 2
	  serviceName: hello
	  podManagementPolicy: Parallel
	  selector: { matchLabels: { app: hello } }
	  template:
	    metadata: { labels: { app: hello } }
	    spec:
	      automountServiceAccountToken: false
	      securityContext:
	        runAsNonRoot: true
	        runAsUser: 65532
	        fsGroup: 65532
	        seccompProfile: { type: RuntimeDefault }
	      affinity:
	        podAntiAffinity:
	          requiredDuringSchedulingIgnoredDuringExecution:
	          - topologyKey: kubernetes.io/hostname
	            labelSelector: { matchLabels: { app: hello } }
	      containers:
	      - name: hello
	        image: $1
	        args: [serve, "7000"]
	        readinessProbe: { tcpSocket: { port: 7000 }, periodSeconds: 1 }
	        volumeMounts: [{ name: data, mountPath: /data }]
	        securityContext:
	          allowPrivilegeEscalation: false
	          capabilities: { drop: [ALL] }
	  volumeClaimTemplates:
	  - metadata: { name: data }
	    spec:
	      accessModes: [ReadWriteOnce]
	      resources: { requests: { storage: 1Gi } }
	Y
	kubectl -n try rollout status statefulset/hello --timeout=90s
}
says() { # says NAME TEXT: a pod of the first node finds it, and that answers so
	local got
	got=$(kubectl -n try exec hello-0 -- /pod get "$1" 7000)
	[[ $got =~ ^$2$ ]] || { echo "$1 says '$got'"; return 1; }
}
from_here() { # this machine reaches a Service
	IP=${IP:-$(kubectl -n try get service hello -o jsonpath='{.spec.clusterIP}')}
	timeout 10 cat <"/dev/tcp/$IP/7000" | grep '^hello-'
}
registry() { # an image that was pushed is pulled under the same name
	local image=$K8S_REGISTRY/try/pod:2
	nsenter -t "$(cat "$K8S_DIR/n1.pid")" -a sh -c "PATH=$PATH
		ctr -n k8s.io images tag opl2.test/pod:1 $image &&
		ctr -n k8s.io images push --plain-http $image" &&
		curl -sf "http://$K8S_REGISTRY/v2/try/pod/tags/list" && pods "$image"
}
claims_gone() {
	kubectl delete namespace try --timeout=60s &&
		wait_for 20 sh -c '[ -z "$(kubectl get pv -o name)" ]' &&
		[ -z "$(find "$K8S_DIR"/n?/volumes -mindepth 1)" ]
}
lost() { # its pod is not started elsewhere, and is Ready again with the node
	node_kill n2 &&
		kubectl wait --for=condition=Ready=Unknown node/n2 --timeout=40s &&
		wait_for 40 sh -c 'kubectl -n try get pods -o json |
			jq -e ".items[] | select(.metadata.deletionTimestamp)"' &&
		[ "$(kubectl -n try get pods -o name | wc -l)" = 2 ] &&
		from_here && node_start n2 && node_ready n2 60 &&
		kubectl -n try rollout status statefulset/hello --timeout=90s
}
drained() {
	kubectl drain n2 --ignore-daemonsets --delete-emptydir-data --timeout=60s &&
		kubectl -n try get pods -o json |
		jq -e '[.items[] | select(.status.phase == "Pending")] | length == 1' &&
		kubectl uncordon n2 &&
		kubectl -n try rollout status statefulset/hello --timeout=90s
}
away() { # who asks sees it, who does not runs on
	from_here && api_stop && ! kubectl get nodes && from_here && api_start &&
		kubectl get nodes
}
logged() {
	audit_mark && kubectl get pods -A && kubectl -n try label pod hello-1 a=b --dry-run=server &&
		[ -z "$(audit_writes)" ] && kubectl -n try delete pod hello-1 &&
		audit_writes | grep '^delete /api/v1/namespaces/try/pods/hello-1 200 admin'
}
nothing_left() {
	"$K8S_SRC/down.sh"
	! pgrep -f "$K8S_DIR" && ! ip link show "$K8S_DEVICE" && [ ! -e "$K8S_DIR" ] &&
		! grep "$K8S_DIR" /proc/mounts && ! ls -d /sys/fs/cgroup/*/"$K8S_CGROUP"-*
}

ok 'two pods with a volume each, under the restricted policy' pods opl2.test/pod:1
ok 'a pod finds a Service' says hello 'hello-[01]'
ok 'by its whole name too' says hello.try.svc.cluster.local 'hello-[01]'
ok 'and a pod of the other node' says hello-1.hello hello-1
ok 'so does this machine' from_here
ok 'an image goes through the registry' registry
ok 'a node is lost, and back' lost
ok 'a node is drained' drained
ok 'the API server is away' away
ok 'the audit log has who changed what' logged
ok 'volumes go with their claims' claims_gone
ok 'nothing is left' nothing_left
done_testing
