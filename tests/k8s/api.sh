#!/bin/bash
# etcd and an API server on free ports of this machine, without a node, below
# $K8S_DIR: in the foreground, as the first process of a pid namespace, so that
# with it everything ends. Then common.sh has what one can do with it.
#
#   K8S_DIR=DIR tests/k8s/api.sh & ... KUBECONFIG=DIR/keys/admin.conf
: "${K8S_DIR:?the folder of the cluster}"
if [ $$ != 1 ]; then
	user=
	[ "$(id -u)" = 0 ] || user='--user --map-root-user'
	# shellcheck disable=SC2086 # none or two options
	exec unshare $user --pid --fork --kill-child --mount-proc "$0"
fi
. "$(dirname "$0")/common.sh"
free_port() {
	local port=20000
	while (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || [ $port = 20000 ]; do
		port=$((20001 + RANDOM % 12000))
	done
	echo $port
}
mkdir -p "$K8S_DIR/log"
cd "$K8S_DIR" || exit 1
k8s_bin
PATH=$K8S_DIR/bin:$PATH
etcd=http://127.0.0.1:$(free_port)
port=$(free_port)
k8s_keys "https://127.0.0.1:$port"
k8s_etcd "$etcd" "http://127.0.0.1:$(free_port)" &
k8s_apiserver "$etcd" --secure-port="$port" --bind-address=127.0.0.1 \
	--endpoint-reconciler-type=none &
wait
