#!/bin/bash
# What provides volumes for the storage class `local`: a folder of the node for
# which the scheduler chose the claim. With the claim the volume goes.
. "$(dirname "$0")/lib.sh"
export KUBECONFIG=$K8S_DIR/keys/cluster.conf
trap 'kill $(jobs -p) 2>/dev/null' EXIT

kubectl apply -f - <<Y
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: local
  annotations: { storageclass.kubernetes.io/is-default-class: "true" }
provisioner: opl2.test/local
volumeBindingMode: WaitForFirstConsumer
reclaimPolicy: Delete
Y
# A watch begins with what is there; it ends when the API server does.
kubectl get pvc -A --watch -o json | jq --unbuffered -r '
	select(.status.phase == "Pending" and .spec.storageClassName == "local") |
	.metadata as $m | $m.annotations["volume.kubernetes.io/selected-node"] // empty |
	"\(.) \($m.uid) \($m.namespace) \($m.name)"' |
	while read -r node uid ns name; do
		size=$(kubectl get pvc -n "$ns" "$name" \
			-o jsonpath='{.spec.resources.requests.storage}') || continue
		mkdir -p "$K8S_DIR/$node/volumes/$uid"
		kubectl create -f - <<-Y
			apiVersion: v1
			kind: PersistentVolume
			metadata:
			  name: pvc-$uid
			  annotations: { pv.kubernetes.io/provisioned-by: opl2.test/local }
			spec:
			  capacity: { storage: $size }
			  accessModes: [ReadWriteOnce]
			  persistentVolumeReclaimPolicy: Delete
			  storageClassName: local
			  claimRef: { namespace: $ns, name: $name, uid: $uid }
			  local: { path: $K8S_DIR/$node/volumes/$uid }
			  nodeAffinity:
			    required:
			      nodeSelectorTerms:
			      - matchExpressions:
			        - { key: kubernetes.io/hostname, operator: In, values: [$node] }
		Y
	done &
kubectl get pv --watch -o json | jq --unbuffered -r '
	select(.status.phase == "Released" and .spec.storageClassName == "local") |
	"\(.metadata.name) \(.spec.local.path)"' |
	while read -r name path; do
		kubectl delete pv "$name" --wait=false && rm -rf "${path:?}"
	done &
wait -n
