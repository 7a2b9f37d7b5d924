#!/bin/bash
# A chain's processes and databases go from this machine to a cluster, and back.
# The API server and its controllers are real, and so is what has a volume while
# it is copied; there is no node (kubelet.py). tests/k8s/t03-move.sh moves a
# whole chain.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-kube.sh"
. "$ROOT/tests/cli/lib-kubelet.sh"

# What the processes here sleep for is of this test alone.
N=$$
end_here() {
	pkill -KILL -f "opl2-supervise .*$T_DIR/"
	pkill -KILL -f "^sleep ${N}[12]\$"
	kube_down
	rm -rf "$T_DIR"
}
trap end_here EXIT

cp "$(readlink -f /bin/sh)" shell
chain() { # chain [LINE...]: of `kubernetes`, or the chain is here
	spec <<-Y
	$([ $# = 0 ] || cat <<-Z
	runtime:
	  kubernetes:
	    namespace: t
	    images: { repository: "$REG/opl2/t" }
	$(printf '    %s\n' "${@:2}")
	Z
	)
	resources:
	  process:
	    one: { command: ["$PWD/shell", "-c", "exec sleep ${N}1", "x", "$PWD/.opl2/data/one"]$([ $# = 0 ] || echo ', storage: 1Gi') }
	    two: { command: ["$PWD/shell", "-c", "exec sleep ${N}2"], after: ["\${process.one.name}"] }
	Y
}
there() { chain there "$@"; }
here() { chain; }
same() { run 0 opl2 plan -detailed-exitcode && out_has 'No changes'; }
mine() { pgrep -f "^sleep ${N}[12]\$" | wc -l; } # that run here
V=$T_DIR/kubelet/data-one-0/one
D=.opl2/data/one
calls() { grep -c "$1" "$T_DIR/kubelet/volume-calls"; }
copies() { [ "$(calls write)" -ge 1 ]; }

mkdir -p $D/geth
head -c 9000000 /dev/urandom >$D/geth/000001.sst
echo made >$D/opl2.json
echo 1 >$D/geth/CURRENT
touch -d '1 hour ago' $D/geth/*

test_ok 'a chain here' 'here && run 0 opl2 apply -auto-approve && same && K get pods 2>&1 | grep "No resources"'
test_ok 'where it is, there is nothing to move' 'run 0 opl2 move -auto-approve && out_has "Nothing to move"'
test_fails 3 'its spec says elsewhere: an apply does not start it twice' 'there && opl2 apply -auto-approve' \
	'err_has E1300 && err_has "opl2 move"'
test_ok 'nobody to ask: nothing happens' '
	run 3 opl2 move -input=false </dev/null; [ ! -e .opl2/move.json ] && run 0 opl2 status && out_has one && ! K get pvc data-one-0'
test_fails 3 'several sequencers stay' '
	here && sed -i "s/two: {/two: { role: conductor,/" opl2.yaml && opl2 apply -auto-approve &&
	there && sed -i "s/two: {/two: { role: conductor,/" opl2.yaml && opl2 move -auto-approve' \
	'err_has E1344 && err_has "sequencers: 1" && ! K get pvc data-one-0 && here && run 0 opl2 apply -auto-approve'
test_ok 'a user without rights: it runs on here' '
	there "context: limited" && run 10 opl2 move -auto-approve && err_has E1302 && err_has persistentvolumeclaims && here && same'
test_ok 'a pod that does not start: it runs on here' '
	there && touch "$T_DIR/kubelet/off" && { opl2 move -auto-approve >slow.out 2>&1 & } && A=$! &&
	wait_for 60 K get pod one-volume && kill -TERM $A && { ! wait $A; } && rm "$T_DIR/kubelet/off" && here && same && run 0 opl2 status && out_has ready'
test_ok 'killed while it copies, the chain runs on, and it is continued' '
	there && touch "$T_DIR/kubelet/held" && { opl2 move -auto-approve >slow.out 2>&1 & } && A=$! &&
	wait_for 60 copies && kill -9 $A; wait $A 2>/dev/null; rm "$T_DIR/kubelet/held"
	here && same && there'
test_ok 'moved: copied, stopped, removed here, started there' '
	run 0 opl2 move -auto-approve && K get pod one-0 && K get pod two-0 && ! K get pod one-volume &&
	cmp $D/geth/000001.sst "$V/geth/000001.sst" && cmp $D/geth/CURRENT "$V/geth/CURRENT" && [ ! -e "$V/opl2.json" ] &&
	[ ! -e .opl2/move.json ] && [ -e $D/MOVED.json ] && [ "$(mine)" = 0 ] && same'
test_ok 'the volume is as large as the spec says, and the StatefulSet took it' '
	[ "$(K get pvc data-one-0 -o jsonpath={.spec.resources.requests.storage})" = 1Gi ] &&
	[ "$(K get statefulset one -o jsonpath={.spec.replicas})" = 1 ]'
test_ok 'no key, token or path of this machine in what it left' '
	! K get pvc,pods -o json | grep -F "$PWD/.opl2"'
echo 2 >"$V/geth/CURRENT"
echo news >"$V/geth/000002.sst"
rm "$V/geth/000001.sst"
test_fails 3 'and back: first the spec' 'here && opl2 plan' 'err_has E1300 && err_has "in a cluster"'
test_ok 'back: what the chain did there is here' '
	run 0 opl2 move -auto-approve && [ "$(cat $D/geth/CURRENT)" = 2 ] && cmp "$V/geth/000002.sst" $D/geth/000002.sst &&
	[ ! -e $D/geth/000001.sst ] && [ "$(cat $D/opl2.json)" = made ] && [ ! -e $D/MOVED.json ] && [ ! -e .opl2/runtime.json ] &&
	! K get statefulset one && K get pvc data-one-0 && [ "$(mine)" -ge 2 ] && same'
test_ok 'there again: only what differs is copied' '
	echo 3 >$D/geth/CURRENT && : >"$T_DIR/kubelet/volume-calls" && there && run 0 opl2 move -auto-approve &&
	[ "$(calls "write 200")" = 1 ] && [ "$(cat "$V/geth/CURRENT")" = 3 ] && same'
test_ok 'databases of a stopped chain in a backup' '
	run 0 opl2 stop && echo 4 >"$V/geth/CURRENT" && run 0 opl2 backup -data b.tar.gz && ! K get pod one-volume &&
	[ "$(tar xzOf b.tar.gz .opl2/data/one/geth/CURRENT)" = 4 ] &&
	run 3 opl2 restore b.tar.gz && err_has E1342 && run 0 opl2 start && same'
test_fails 3 'not from one namespace to another' 'sed -i "s/namespace: t/namespace: u/" opl2.yaml && opl2 move -auto-approve' \
	'err_has E1344'
test_ok 'destroyed there' 'there && run 0 opl2 destroy -auto-approve && ! K get statefulset one'
done_testing
