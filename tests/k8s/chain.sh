# shellcheck shell=bash
# For tests of a chain on the two nodes that up.sh makes: it starts them, and a
# namespace for the chain, and works in an empty folder. Both end with the test;
# what has to end before is ends_here.

K8S_ID=${K8S_ID:-8}
. "$(dirname "$0")/../e2e/lib.sh"
export K8S_ID K8S_DIR=$WORK/k8s
. "$(dirname "$0")/lib.sh"

NS=chain
D=$WORK/chain
ends_here() { :; }
cleanup() {
	ends_here
	cd /
	"$K8S_SRC/down.sh"
	wait_for 20 none_under "$D"
	[ -n "${OPL2_E2E_DIR:-}" ] || rm -rf "$WORK"
}
trap cleanup EXIT
trap 'exit 1' INT TERM
up=$("$K8S_SRC/up.sh")
case $? in
0) echo "$up" | sed 's/^/# /' ;;
77) echo "1..0 # SKIP ${up#skipped: }" && exit ;;
*) bail 'no cluster' ;;
esac

mkdir -p "$D"
cd "$D" || bail "no $D"
kubectl create -f - >/dev/null <<Y
apiVersion: v1
kind: Namespace
metadata:
  name: $NS
  labels: { pod-security.kubernetes.io/enforce: restricted }
Y

began() { BEGAN=$(date +%s%N); }
say() { # say TEXT: with the seconds since began
	printf '# %6.1f s  %s\n' "$((($(date +%s%N) - BEGAN) / 1000000))e-3" "$*"
}
k() { kubectl -n $NS "$@"; }
