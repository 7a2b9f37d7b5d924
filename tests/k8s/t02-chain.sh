#!/bin/bash
# A chain on the two nodes that up.sh makes, L1 and all, by one apply; and what
# happens to it there: programs are killed, a pod is deleted, a node is drained
# and lost, the API server is away. Comments tell how many seconds things took.
. "$(dirname "$0")/chain.sh"

cat >opl2.yaml <<Y
opl2: 1
name: kube
use: devnet
with: { da: calldata, l1_block_time: 2s }
limits: { eth: 500eth }
port_offset: 12400
runtime:
  kubernetes:
    kubeconfig: $KUBECONFIG
    namespace: $NS
    images: { repository: $K8S_REGISTRY/opl2/chain, plain_http: true }
resources:
  process:
    op-batcher: { args: { max-pending-tx: 5 } }
Y

# --- what is looked at ---
out() { opl2 output -json | jq -er "$1"; }
ip_of() { k get pod "$1-0" -o jsonpath='{.status.podIP}' --request-timeout=5s; }
node_of() { k get pod "$1-0" -o jsonpath='{.spec.nodeName}'; }
# Asked at the pods themselves, for the API server may be away.
l2() { height "http://${L2_IP:=$(ip_of op-geth)}:21945"; }
l2_anew() { L2_IP=$(ip_of op-geth) && l2; }
safe() { safe_height "http://$(ip_of op-geth):21947"; }
goes_on() { # goes_on SECONDS: the L2 makes blocks
	local n
	wait_for "$1" l2_anew && n=$(l2_anew) && wait_for "$1" above "$n" l2_anew
}
uids() { k get pods -o json | jq -r '.items[].metadata | "\(.name) \(.uid)"'; }
all_ready() {
	[ "$(k get pods -o json | jq '[.items[] | select(any(.status.conditions[]?;
		.type == "Ready" and .status == "True"))] | length')" = 4 ]
}
pids() { # pids PATTERN: processes in pods of this cluster
	local pid
	for pid in $(pgrep -f "^/opl2/bin/[0-9a-f]*/$1"); do
		! grep -qs "/$K8S_CGROUP-n" "/proc/$pid/cgroup" || echo "$pid"
	done
}
# By the folder, for both layers have a program of that name.
engine() { pids 'geth .*op-geth'; }
one_writer() { # of the database
	[ "$(engine | wc -l)" -le 1 ]
}

# --- what is done ---
applied() { opl2 apply -auto-approve; }
unchanged() {
	audit_mark
	began
	opl2 apply -auto-approve | grep 'No changes' || return 1
	say 'an apply without changes' >&3
	began
	opl2 plan -detailed-exitcode || return 1
	say 'a plan' >&3
	audit_writes >writes
	[ ! -s writes ] || { cat writes; return 1; }
}
one_pod_differs() {
	uids >before
	sed -i 's/max-pending-tx: 5/max-pending-tx: 6/' opl2.yaml
	began
	opl2 apply -auto-approve || return 1
	say 'a flag of the batcher changed' >&3
	uids >after
	diff before after | grep '^>' | cut -d' ' -f2 | grep -x op-batcher-0 &&
		[ "$(diff before after | grep -c '^>')" = 1 ]
}
taken_back() {
	k set env statefulset/op-proposer ADDED=1 --field-manager=somebody &&
		opl2 plan >plan 2>&1 && grep 'somebody set spec.template' plan || {
		cat plan
		return 1
	}
	applied && ! k get statefulset op-proposer -o json | grep ADDED &&
		opl2 plan -detailed-exitcode
}
killed() { # killed PATTERN: the cluster notices nothing
	local pid
	pid=$(pids "$1") && [ -n "$pid" ] || return 1
	began
	kill -9 "$pid"
	wait_for 60 replaced "$1" "$pid" && goes_on 60 || return 1
	say "kill -9 of ${1##*[. *]} until the L2 goes on" >&3
}
replaced() { # replaced PATTERN PID
	local now
	now=$(pids "$1") && [ -n "$now" ] && [ "$now" != "$2" ]
}
deleted() { # deleted PROCESS
	began
	k delete pod "$1-0" --timeout=120s && goes_on 90 && wait_for 60 all_ready || return 1
	say "the pod of $1 deleted until the L2 goes on and all are ready" >&3
}
drained() { # drained NODE: what has a volume there waits for it
	began
	kubectl drain "$1" --ignore-daemonsets --delete-emptydir-data --timeout=25s
	one_writer || return 1
	kubectl uncordon "$1" && goes_on 90 && wait_for 60 all_ready || return 1
	say "drain of $1 until the L2 goes on and all are ready" >&3
}
lost() { # lost NODE
	began
	node_kill "$1"
	kubectl wait --for=condition=Ready=Unknown "node/$1" --timeout=60s &&
		one_writer || return 1
	say "$1 lost, and the cluster knows" >&3
	opl2 status >status
	grep -i 'node' status || { cat status; return 1; }
	began
	node_start "$1" && node_ready "$1" 60 && goes_on 120 && one_writer || return 1
	say "$1 back until the L2 goes on" >&3
	wait_for 90 all_ready
}
told_away() { # the processes cannot be asked (10), or their answers are old (11)
	opl2 status
	case $? in 10 | 11) ;; *) return 1 ;; esac
}
away() { # what is not seen is not taken to be gone
	local n
	l2_anew && api_stop || return 1
	n=$(l2)
	exits 0 opl2 plan >plan 2>&1 && grep "cannot read 'process.l1'" plan &&
		told_away && sleep 60 # it is the time that counts
	n=$(($(l2) - n))
	echo "# $n blocks while the API server was away" >&3
	api_start && goes_on 60 && [ $n -gt 30 ]
}
no_keys() { # of the chain's accounts, anywhere but in Secrets
	local key file
	{
		k get cm,sts,pods,svc,netpol,pdb -o json
		k get cm -o json | jq -r '.items[].binaryData // {} | .[] | @base64d'
		for file in $(k get pods -o name); do k logs "$file"; done
		cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' '\n'
		opl2 plan
		opl2 state pull
	} >everything
	for file in .opl2/keys/*; do
		key=$(grep -oE '[0-9a-f]{64}' "$file") || continue
		! grep -F "$key" everything || { echo "$file"; return 1; }
		found=1
	done
	[ -n "${found:-}" ]
}
destroyed() {
	began
	exits 13 opl2 destroy -auto-approve || return 1
	say 'destroy' >&3
	k get all,cm,secrets,netpol,pdb -o name | grep -v kube-root-ca >left
	[ ! -s left ] && [ "$(k get pvc -o name | wc -l)" = 2 ] || {
		cat left
		k get pvc
		return 1
	}
}

exec 3>&1
began
ok 'a chain by one apply, its L1 too' applied || done_testing
say 'apply'
L1=http://$(ip_of l1):20945
ORACLE=$(jq -r .L2OutputOracleProxy "$(out .artifact)")
ok 'the L2 makes blocks' goes_on 60
say 'until blocks'
ok 'nothing to do, and nothing written' unchanged
ok 'the safe head follows' wait_for 90 above 0 safe
say 'until the safe head moved'
ok 'one pod each, on two nodes' test "$(k get pods -o json |
	jq -r '[.items[].spec.nodeName] | unique | length')" = 2
ok 'a deposit' opl2 deposit -auto-approve 0.1eth
ok 'no key outside Secrets' no_keys
ok 'a flag changed, one pod replaced' one_pod_differs
ok 'a field that somebody added is taken back' taken_back
for program in 'geth .*op-geth' op-node op-batcher; do
	ok "${program##*[. *]} is killed" killed "$program"
done
ok 'a pod is deleted' deleted op-geth
ok 'the API server is away' away
ok 'a node is drained' drained "$(node_of op-geth)"
ok 'a node is lost, and back' lost "$(node_of op-geth)"
ok 'outputs are proposed' wait_for 60 above 0 latest_output "$L1" "$ORACLE"
ok 'what was safe is still' wait_for 60 above 0 safe
ok 'destroyed, but for volumes' destroyed
done_testing
