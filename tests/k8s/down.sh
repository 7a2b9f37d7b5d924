#!/bin/bash
# Ends the cluster of lib.sh, and leaves nothing of it. down.sh -keep keeps the
# folder, with its logs.
. "$(dirname "$0")/lib.sh"
for name in n1 n2 cp; do
	k8s_leave $name
done
ip link del opl2-k8s 2>/dev/null
for root in /sys/fs/cgroup/*/opl2-n[0-9]; do
	[ -d "$root" ] && find "$root" -depth -type d -exec rmdir {} +
done
[ "${1:-}" = -keep ] || rm -rf "$K8S_DIR"
