#!/bin/bash
# A chain on this machine, its L1 too, is moved to the two nodes that up.sh
# makes, and back, while it makes blocks. Comments tell how many seconds things
# took.
. "$(dirname "$0")/chain.sh"
ends_here() { cd "$D" && opl2 stop -suspend >/dev/null 2>&1; }

cat >here.yaml <<Y
opl2: 1
name: kube
use: devnet
with: { da: calldata, l1_block_time: 2s }
limits: { eth: 500eth }
port_offset: 12400
Y
cat here.yaml - >there.yaml <<Y
runtime:
  kubernetes:
    kubeconfig: $KUBECONFIG
    namespace: $NS
    images: { repository: $K8S_REGISTRY/opl2/chain, plain_http: true }
resources:
  process:
    op-geth: { storage: 3Gi }
Y

# The same addresses on both sides; in a cluster while a command runs.
L2=http://127.0.0.1:21945
L1=http://127.0.0.1:20945
NODE=http://127.0.0.1:21947
in_reach() { # in_reach COMMAND...: with the ports here
	local rc
	opl2 forward >forward.out 2>&1 &
	wait_for 30 test -s forward.out
	"$@"
	rc=$?
	kill -INT $! && wait $!
	return $rc
}
hash_of() { # hash_of URL NUMBER
	rpc "$1" eth_getBlockByNumber "[\"$(printf 0x%x "$2")\", false]" | jq -r .hash
}
remember() { # both layers, in a file, for each case is a shell of its own
	N1=$(height $L1) && N2=$(height $L2) && SAFE=$(safe_height $NODE) &&
		H1=$(hash_of $L1 "$N1") && H2=$(hash_of $L2 "$N2") &&
		printf '%s=%s\n' N1 "$N1" N2 "$N2" SAFE "$SAFE" H1 "$H1" H2 "$H2" >heads
}
as_before() {
	. ./heads
	[ "$(hash_of $L1 "$N1")" = "$H1" ] && [ "$(hash_of $L2 "$N2")" = "$H2" ]
}
goes_on() { # both heads, and what is safe
	. ./heads
	wait_for 90 above "$N1" height $L1 && wait_for 90 above "$N2" height $L2 &&
		wait_for 120 above "$SAFE" safe_height $NODE
}
here() { pgrep -f "$D/.opl2/data" | wc -l; } # programs on a database here
moved_there() {
	remember && cp there.yaml opl2.yaml || return 1
	began
	opl2 move -auto-approve -lock-timeout=30s >move.out 2>&1 || { cat move.out; return 1; }
	say 'moved to the cluster' >&3
	grep -E '^(L[12] block|Copying|Stopping|Starting)' move.out | sed 's/^/# /' >&3
	[ "$(here)" = 0 ] && grep 'L2 block .* as before' move.out
}
moved_here() {
	in_reach remember && cp here.yaml opl2.yaml || return 1
	began
	opl2 move -auto-approve -lock-timeout=30s >move.out 2>&1 || { cat move.out; return 1; }
	say 'moved back' >&3
	[ -z "$(k get pods -o name)" ] && grep 'L2 block .* as before' move.out
}
# The move is killed at random moments, and continued.
moved_by_many() {
	local i rc=1
	remember && cp there.yaml opl2.yaml || return 1
	for i in $(seq 12); do
		timeout -s KILL "$((RANDOM % 9 + 2))" opl2 move -auto-approve -lock-timeout=30s >move.out 2>&1
		rc=$?
		[ $rc = 137 ] || break
		[ "$(here)" = 0 ] || [ "$(engines)" = 0 ] || return 1
		KILLS=$i
	done
	[ $rc = 0 ] || { began; exits 0 opl2 move -auto-approve -lock-timeout=30s >move.out 2>&1 || { cat move.out; return 1; }; }
	echo "# killed ${KILLS:-0} times" >&3
	opl2 move -auto-approve | grep 'Nothing to move'
}
engines() { # in pods of this cluster
	local pid n=0
	for pid in $(pgrep -f '^/opl2/bin/[0-9a-f]*/(geth|op-node)'); do
		! grep -qs "/$K8S_CGROUP-n" "/proc/$pid/cgroup" || n=$((n + 1))
	done
	echo $n
}
unchanged() { opl2 plan -detailed-exitcode; }

exec 3>&1
cp here.yaml opl2.yaml
began
ok 'a chain on this machine' opl2 apply -auto-approve || done_testing
say 'apply'
ok 'its safe head moves' wait_for 120 above 0 safe_height $NODE
ok 'moved to the cluster: the same blocks' moved_there || done_testing
ok 'a plan has no changes' unchanged
ok 'it goes on there' in_reach goes_on
ok 'the same blocks, asked once more' in_reach as_before
ok 'a deposit there' opl2 deposit -auto-approve 0.1eth
ok 'moved back: the same blocks' moved_here || done_testing
ok 'a plan has no changes here' unchanged
ok 'it goes on here' goes_on
ok 'the same blocks here' as_before
ok 'moved again, killed again and again: never two' moved_by_many
ok 'no changes, whatever was killed' unchanged
ok 'it goes on' in_reach goes_on
ok 'the same blocks, whatever was killed' in_reach as_before
ok 'destroyed' exits 13 opl2 destroy -auto-approve
done_testing
