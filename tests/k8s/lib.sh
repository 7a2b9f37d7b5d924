# shellcheck shell=bash
# A Kubernetes of two nodes, or of those in K8S_NODES (n1 to n5), in namespaces of
# this machine, with real kubelets: up.sh starts it, down.sh ends it. What tests do in between, with this file
# sourced (KUBECONFIG is the admin's then, and kubectl is in PATH):
#
#   node_kill n2; node_start n2   its machine loses power, and is back with
#                                 the disk that it had
#   api_stop; api_start           the API server alone; pods run on
#   api_away SECONDS
#   audit_mark; audit_all; audit_writes    requests of users since the mark
#   kubectl drain n1 --ignore-daemonsets --delete-emptydir-data; kubectl uncordon n1
#
# Storage class: `local`, the default one. Registry: $K8S_REGISTRY, under that
# name here and on the nodes, plain http. This machine reaches Services by
# their ClusterIP, and nodes' ports. A NetworkPolicy is not enforced. Everything
# is below $K8S_DIR but for cgroups, a network device and two routes.

. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

K8S_DIR=${K8S_DIR:-${K8S_SRC%/tests/k8s}/build/k8s}
K8S_DEBS=$K8S_DIR/debian
K8S_NODES=${K8S_NODES:-n1 n2}
K8S_NET=$K8S_RANGE.0
K8S_DEVICE=opl2-k8s${K8S_ID:-}
K8S_CGROUP=opl2${K8S_ID:-}
K8S_REGISTRY=$K8S_NET.1:5000
K8S_API=https://$K8S_NET.1:6443
k8s_multiarch=$(gcc -print-multiarch)
export PATH=$K8S_DIR/bin:$K8S_DEBS/usr/bin:$K8S_DEBS/usr/sbin:$PATH
export LD_LIBRARY_PATH=$K8S_DEBS/usr/lib/$k8s_multiarch
export XTABLES_LIBDIR=$K8S_DEBS/usr/lib/$k8s_multiarch/xtables
export KUBECONFIG=$K8S_DIR/keys/admin.conf

k8s_number() { # k8s_number NODE: the last part of its address
	echo $((10 + ${1#n}))
}

# Namespaces of its own, in which the first process is a script: when that ends
# all in it ends, and mounts and devices go with it. Sets $K8S_DIR/NAME.pid.
k8s_enter() { # k8s_enter NAME SCRIPT [ARGUMENT...]
	local name=$1 script=$2
	shift 2
	setsid unshare --net --mount --pid --uts --ipc --fork --kill-child \
		--mount-proc bash "$K8S_SRC/$script" "$@" </dev/null \
		>"$K8S_DIR/$name.out" 2>&1 &
	disown
	echo $! >"$K8S_DIR/$name.unshare"
	wait_for 10 pgrep -P $!
	pgrep -P $! >"$K8S_DIR/$name.pid"
}
k8s_leave() { # k8s_leave NAME
	local file pid
	for file in "$K8S_DIR/$1.unshare" "$K8S_DIR/$1.pid"; do
		[ -f "$file" ] || continue
		pid=$(cat "$file")
		# The number may be somebody else's by now.
		if grep -qsF "$K8S_SRC/" "/proc/$pid/cmdline"; then
			kill -9 "$pid"
			wait_for 20 k8s_gone "$pid"
		fi
		rm -f "$file"
	done
}
# The first process of a pid namespace goes after all others in it.
k8s_gone() { ! kill -0 "$1"; }
k8s_cp() { # k8s_cp COMMAND...: in the network of the control plane
	nsenter -t "$(cat "$K8S_DIR/cp.pid")" -n "$@"
}

node_start() { # node_start NODE
	local number
	number=$(k8s_number "$1")
	k8s_enter "$1" node.sh "$1" "$number"
	ip link add eth0 netns "$(cat "$K8S_DIR/$1.pid")" type veth \
		peer name "$1" netns "$(cat "$K8S_DIR/cp.pid")"
	k8s_cp ip link set "$1" master br0 up
}
node_kill() { # node_kill NODE
	local root
	[ -e "$K8S_DIR/$1.unshare" ] || return 0
	k8s_leave "$1"
	# A machine that starts has no cgroups of the pods that it had.
	for root in /sys/fs/cgroup/*/"$K8S_CGROUP-$1"; do
		[ -d "$root" ] && find "$root" -depth -type d -exec rmdir {} +
	done
}
node_ready() { # node_ready NODE SECONDS
	kubectl wait --for=condition=Ready "node/$1" --timeout="$2s" >/dev/null
}
