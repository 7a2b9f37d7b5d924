#!/bin/bash
# A node: the first process of its namespaces. node.sh NAME NUMBER
. "$(dirname "$0")/lib.sh"
name=$1 dir=$K8S_DIR/$1 ip=$K8S_NET.$2 pods=$K8S_RANGE.$2.0/24
cluster=$K8S_DIR/keys/cluster.conf
hostname "$name"
mkdir -p "$dir"/{log,cni,"certs.d/$K8S_REGISTRY"}
mount -t tmpfs none /run
mkdir -p /run/lock
mount -t tmpfs none /var/log
cd "$dir" || exit 1

ip link set lo up
wait_for 20 ip link show eth0
ip addr add "$ip/24" dev eth0
ip link set eth0 up
ip route add default via $K8S_NET.1
for other in $K8S_NODES; do
	i=$(k8s_number "$other")
	[ "$i" = "$2" ] || ip route add "$K8S_RANGE.$i.0/24" via "$K8S_NET.$i"
done
echo 1 >/proc/sys/net/ipv4/ip_forward
# Version 1 of cgroups: a root for each kubelet in every hierarchy.
for c in /sys/fs/cgroup/*/; do
	[ "$c" = /sys/fs/cgroup/unified/ ] && continue
	mkdir -p "$c/$K8S_CGROUP-$name"
	[ -f "$c/cpuset.cpus" ] || continue
	cat "$c/cpuset.cpus" >"$c/$K8S_CGROUP-$name/cpuset.cpus"
	cat "$c/cpuset.mems" >"$c/$K8S_CGROUP-$name/cpuset.mems"
done

cat >"certs.d/$K8S_REGISTRY/hosts.toml" <<Y
server = "http://$K8S_REGISTRY"
[host."http://$K8S_REGISTRY"]
  capabilities = ["pull", "resolve"]
Y
cat >cni/10-pods.conflist <<Y
{ "cniVersion": "1.0.0", "name": "pods", "plugins": [
  { "type": "ptp", "ipMasq": false, "ipam": {
    "type": "host-local", "dataDir": "/run/ipam",
    "ranges": [[{ "subnet": "$pods" }]],
    "routes": [{ "dst": "0.0.0.0/0" }] } },
  { "type": "portmap", "capabilities": { "portMappings": true } } ] }
Y
cat >containerd.toml <<Y
version = 2
root = "$dir/containerd"
oom_score = 0
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "opl2.test/pod:1"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$K8S_DEBS/usr/lib/cni"
    conf_dir = "$dir/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "$dir/certs.d"
Y
cat >kubelet.yaml <<Y
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $ip
authentication: { anonymous: { enabled: true }, webhook: { enabled: false } }
authorization: { mode: AlwaysAllow }
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
cgroupDriver: cgroupfs
cgroupRoot: /$K8S_CGROUP-$name
failCgroupV1: false
clusterDNS: ["$K8S_NET.1"]
clusterDomain: cluster.local
makeIPTablesUtilChains: false
podLogsDir: $dir/pods
volumePluginDir: $dir/plugins
evictionHard: { nodefs.available: "1%", imagefs.available: "1%", memory.available: 50Mi }
imageGCHighThresholdPercent: 100
failSwapOn: false
nodeStatusUpdateFrequency: 2s
syncFrequency: 5s
registryPullQPS: 0
eventRecordQPS: 0
serializeImagePulls: false
Y
containerd -c containerd.toml >>log/containerd.log 2>&1 &
wait_for 30 ctr version
ctr -n k8s.io images import "$K8S_DIR/pod.tar" >>log/import.log 2>&1
wait_for 60 curl -m 2 -sfk $K8S_API/readyz
kubelet --config=kubelet.yaml --kubeconfig="$cluster" \
	--root-dir="$dir/kubelet" --cert-dir="$dir/pki" \
	--hostname-override="$name" --node-ip="$ip" >>log/kubelet.log 2>&1 &
# Of the pods' addresses alone: with the nodes' in it, who asks for a ClusterIP
# from outside by one node gets no answer from a pod on another.
kube-proxy --kubeconfig="$cluster" --hostname-override="$name" \
	--proxy-mode=iptables --cluster-cidr=$K8S_RANGE.8.0/21 \
	--conntrack-max-per-core=0 --conntrack-tcp-timeout-established=0 \
	--conntrack-tcp-timeout-close-wait=0 --nodeport-addresses="$ip/32" \
	--metrics-bind-address=127.0.0.1:10249 \
	--healthz-bind-address=127.0.0.1:10256 >>log/proxy.log 2>&1 &
while :; do
	wait
	sleep 1
done
