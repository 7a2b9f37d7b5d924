#!/bin/bash
# Ends the cluster of lib.sh, and leaves nothing of it. down.sh -keep keeps the
# folder, with its logs.
. "$(dirname "$0")/lib.sh"
for node in "$K8S_DIR"/n*.unshare; do
	[ ! -e "$node" ] || node_kill "$(basename "$node" .unshare)"
done
if [ -e "$K8S_DIR/cp.unshare" ]; then
	k8s_leave cp
	ip link del "$K8S_DEVICE" 2>/dev/null
fi
[ "${1:-}" = -keep ] || rm -rf "$K8S_DIR"
