#!/bin/bash
# Starts the cluster of lib.sh and waits until its nodes are ready. K8S_NODES=n1
# for one node. Skips by name where it cannot run: exit 77.
. "$(dirname "$0")/lib.sh"
set -eE
skip() {
	echo "skipped: $*"
	exit 77
}
[ "$(id -u)" = 0 ] || skip 'a cluster of nodes needs root'
[ -d /sys/fs/cgroup/memory ] || skip 'a cluster of nodes needs version 1 of cgroups'
[ -x "$KUBEBOX" ] || skip 'no kubebox: make kubebox'
[ -d "$K8S_TOOLS/k8s-debian" ] || skip 'no containerd: make build/tools/k8s-debian'
[ -x "$K8S_KUBECTL" ] || skip 'no kubectl: make build/tools/kubectl'
unshare --net --mount --pid --fork sh -c 'mount -t tmpfs none /run &&
	ip link add br0 type bridge && ip link add v0 type veth peer name v1' 2>/dev/null ||
	skip 'no namespaces or bridges here'
if ip link show "$K8S_DEVICE" >/dev/null 2>&1; then
	echo "a cluster runs already: end it with down.sh" >&2
	exit 1
fi
if [ -e "$K8S_DIR/cp" ]; then
	echo "$K8S_DIR is an earlier cluster's: remove it with down.sh" >&2
	exit 1
fi
trap '"$K8S_SRC/down.sh"' ERR

began=$(date +%s%N)
say() {
	printf '%6.1f s  %s\n' "$(((($(date +%s%N) - began) / 1000000)))e-3" "$*"
}
k8s_bin
ln -sfn "$K8S_TOOLS/k8s-debian" "$K8S_DEBS"
k8s_keys $K8S_API
"$K8S_SRC/image.sh" "$K8S_DIR/pod.tar"

k8s_enter cp cp.sh
wait_for 10 test -f "$K8S_DIR/cp/net-up"
ip link add "$K8S_DEVICE" type veth peer name host netns "$(cat "$K8S_DIR/cp.pid")"
ip addr add $K8S_NET.254/24 dev "$K8S_DEVICE"
ip link set "$K8S_DEVICE" up
k8s_cp ip link set host master br0 up
for node in $K8S_NODES; do
	node_start "$node"
	i=$(k8s_number "$node")
	ip route add "$K8S_RANGE.$i.0/24" via "$K8S_NET.$i"
done
# Services, by way of the first node.
ip route add $K8S_RANGE.128.0/17 via $K8S_NET.11
wait_for 60 curl -m 2 -sfk $K8S_API/readyz
say 'the API server is ready'
for node in $K8S_NODES; do
	wait_for 60 kubectl get node "$node"
	node_ready "$node" 60
	say "$node is ready"
done
wait_for 60 kubectl get storageclass local
echo "KUBECONFIG=$KUBECONFIG"
