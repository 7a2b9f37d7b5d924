#!/bin/bash
# The control plane: the first process of its namespaces, which up.sh made.
. "$(dirname "$0")/lib.sh"
dir=$K8S_DIR/cp keys=$K8S_DIR/keys cluster=$K8S_DIR/keys/cluster.conf
mount -t tmpfs none /run
mkdir -p "$dir/log"
cd "$dir" || exit 1
ip link set lo up
# An address of its own, or it changes when a node's device comes or goes.
ip link add br0 address 02:00:00:00:00:01 type bridge
ip addr add $K8S_NET.1/24 dev br0
ip link set br0 up
echo 1 >/proc/sys/net/ipv4/ip_forward
for node in $K8S_NODES; do
	i=$(k8s_number "$node")
	ip route add "$K8S_RANGE.$i.0/24" via "$K8S_NET.$i" onlink dev br0
done
touch "$dir/net-up"

k8s_etcd http://127.0.0.1:2379 http://127.0.0.1:2380 &
k8s_apiserver http://127.0.0.1:2379 --secure-port=6443 \
	--bind-address=0.0.0.0 --advertise-address=$K8S_NET.1 \
	--kubelet-preferred-address-types=InternalIP \
	--default-not-ready-toleration-seconds=5 \
	--default-unreachable-toleration-seconds=5 &
wait_for 60 curl -m 2 -sfk $K8S_API/readyz
# A node is lost after 12 s, not after 40.
again controllers kube-controller-manager --kubeconfig="$cluster" \
	--service-account-private-key-file="$keys/sa.key" \
	--root-ca-file="$keys/server.crt" --leader-elect=false \
	--node-monitor-grace-period=12s --node-monitor-period=2s --cert-dir=pki &
again scheduler kube-scheduler --kubeconfig="$cluster" --leader-elect=false \
	--cert-dir=pki &
again dns kubebox dns -kubeconfig "$cluster" -listen $K8S_NET.1:53 &
again volumes "$K8S_SRC/volumes.sh" &
cat >registry.yaml <<Y
version: 0.1
log: { level: warn }
storage: { filesystem: { rootdirectory: registry }, delete: { enabled: true } }
http: { addr: "$K8S_REGISTRY" }
Y
again registry docker-registry serve registry.yaml &
while :; do
	wait
	sleep 1
done
