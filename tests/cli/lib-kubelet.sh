# shellcheck shell=bash
# For tests of processes in pods of a real API server with its controllers, and
# without a node: kubelet.py says that pods run. After lib-kube.sh.
#
#   K ...                          kubectl in the namespace t
#   $REG, registry_up, $REG_PID    a real registry for images

command -v python3 >/dev/null || skip_all 'no python3'
REGISTRY=$(command -v docker-registry || echo "$ROOT/build/tools/docker-registry")
[ -x "$REGISTRY" ] || REGISTRY=$ROOT/build/tools/k8s-debian/usr/bin/docker-registry
[ -x "$REGISTRY" ] || skip_all 'no docker-registry: make build/tools/docker-registry'
ADDRESS=$(hostname -I | cut -d' ' -f1)
[ -n "$ADDRESS" ] || skip_all 'no address but loopback'

# Supervisors of pods listen at one port, and all pods are at one address.
exec 8>"${TMPDIR:-/tmp}/opl2-kubelet.lock"
flock 8

kube_up
kubectl create namespace t >/dev/null
mkdir "$T_DIR/kubelet"
CLUSTER=$K8S_DIR/keys/cluster.conf
(cd "$K8S_DIR" && exec setpriv --pdeathsig KILL kube-controller-manager \
	--kubeconfig="$CLUSTER" --leader-elect=false --secure-port=0 --cert-dir="$T_DIR/pki" \
	--service-account-private-key-file=keys/sa.key \
	--controllers='statefulset,serviceaccount,resourcequota,garbagecollector,namespace') \
	>"$T_DIR/controllers.out" 2>&1 &
setpriv --pdeathsig KILL python3 "$ROOT/tests/cli/kubelet.py" "$CLUSTER" t \
	"$ADDRESS" "$T_DIR/kubelet" >"$T_DIR/kubelet.out" 2>&1 &
wait_for 10 test -s "$T_DIR/kubelet.out"
grep -qx ready "$T_DIR/kubelet.out" ||
	skip_all "port 7300 is in use: $(cat "$T_DIR/kubelet.out")"
registry_up() { # at the address that it had before, if it had one
	printf 'version: 0.1\nstorage: { filesystem: { rootdirectory: "%s" } }\nhttp: { addr: "%s" }\n' \
		"$T_DIR/registry" "${REG:-127.0.0.1:0}" >"$T_DIR/registry.yml"
	setpriv --pdeathsig KILL "$REGISTRY" serve "$T_DIR/registry.yml" \
		>"$T_DIR/registry.log" 2>&1 &
	REG_PID=$!
	wait_for 10 grep -q 'listening on' "$T_DIR/registry.log"
	REG=$(sed -n 's/.*listening on \([0-9.:]*\).*/\1/p' "$T_DIR/registry.log")
}
registry_up
K() { kubectl -n t "$@"; }
