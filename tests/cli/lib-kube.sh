# shellcheck shell=bash
# For tests against a real API server, with etcd and without nodes: after lib.sh.
# kube_up starts one that ends with the test. Its admin is the current context of
# $KUBECONFIG; the context `limited` is a user who has no right.
#
#   kubectl ...
#   api_stop; api_start                it is away, and back
#   audit_mark; audit_all; audit_writes     see tests/k8s/common.sh

. "$ROOT/tests/k8s/common.sh"
[ -x "$KUBEBOX" ] || skip_all 'no kubebox: make kubebox'
[ -x "$K8S_KUBECTL" ] || skip_all 'no kubectl: make build/tools/kubectl'

kube_up() {
	export K8S_DIR=$T_DIR/kube
	export KUBECONFIG=$K8S_DIR/keys/admin.conf:$K8S_DIR/keys/limited.conf
	export PATH=$K8S_DIR/bin:$PATH
	# Also when this test is killed, it ends.
	setpriv --pdeathsig KILL "$ROOT/tests/k8s/api.sh" >"$T_DIR/kube.out" 2>&1 &
	KUBE_PID=$!
	trap 'kube_down; rm -rf "$T_DIR"' EXIT
	wait_for 20 test -f "$K8S_DIR/keys/audit.yaml" &&
		wait_for 60 kubectl get --raw /readyz || {
		cat "$T_DIR/kube.out"
		echo 'Bail out! no API server'
		exit 1
	}
}

kube_down() {
	kill -9 "$KUBE_PID" 2>/dev/null
	wait "$KUBE_PID" 2>/dev/null
}
