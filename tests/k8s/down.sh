#!/bin/bash
# Ends the cluster of lib.sh, and leaves nothing of it. down.sh -keep keeps the
# folder, with its logs.
. "$(dirname "$0")/lib.sh"
for node in n1 n2; do
	node_kill $node
done
k8s_leave cp
ip link del "$K8S_DEVICE" 2>/dev/null
[ "${1:-}" = -keep ] || rm -rf "$K8S_DIR"
