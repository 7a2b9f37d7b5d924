#!/bin/bash
# Several machines share a state, and the processes run in a cluster: each works
# on them as if they were its own. Two folders stand for the machines.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-kube.sh"
. "$ROOT/tests/cli/lib-kubelet.sh"

kubectl create namespace state >/dev/null
cp "$(readlink -f /bin/sh)" shell
export PASS=correct-horse-battery
N=$$
end_here() {
	pkill -KILL -f "opl2-supervise .*$T_DIR/"
	pkill -KILL -f "^sleep ${N}[12]\$"
	kube_down
	rm -rf "$T_DIR"
}
trap end_here EXIT
top=$PWD
machine() { # machine NAME: its folder, with the spec of the other
	mkdir -p "$top/$1" && cd "$top/$1" && export HOME=$top/home-$1 && mkdir -p "$HOME"
}
chain() { # chain SECONDS [there]: of the second process
	spec <<-Y
	backend: { kubernetes: { namespace: state, name: t } }
	encryption: { passphrase: { env: PASS } }
	$([ $# = 1 ] || echo "runtime: { kubernetes: { namespace: t, images: { repository: \"$REG/opl2/t\" } } }")
	resources:
	  process:
	    one: { command: ["$top/shell", "-c", "exec sleep ${N}1", "x"] }
	    two: { command: ["$top/shell", "-c", "exec sleep $1", "x"], after: ["\${process.one.name}"] }
	Y
}
apply() { run 0 opl2 apply -auto-approve; }
same() { run 0 opl2 plan -detailed-exitcode && out_has 'No changes'; }
mine() { pgrep -f "^sleep ${N}[12]\$" | wc -l; }

test_ok 'one applies, another one has nothing to do' '
	machine a && chain "${N}2" there && apply && same && machine b && chain "${N}2" there && same'
test_ok 'and sees the processes' '
	machine b && run 0 opl2 status && out_has "namespace t" && out_has two && run 0 opl2 restart two && run 0 opl2 stop two && run 0 opl2 start two'
test_ok 'the other changes them, and the one has nothing to do' '
	machine b && chain "${N}3" there && before=$(K get pod one-0 -o jsonpath="{.metadata.uid}") && apply && same &&
	machine a && chain "${N}3" there && same && [ "$(K get pod one-0 -o jsonpath="{.metadata.uid}")" = "$before" ]'
test_fails 10 'one whose spec has them on the machine does not start them' 'machine c && chain "${N}3" && opl2 apply -auto-approve -replace=process.two' \
	'err_has E0544 && err_has "namespace t" && [ "$(mine)" = 0 ]'
test_ok 'destroyed by the other' 'machine b && run 0 opl2 destroy -auto-approve && ! K get statefulset one && machine a && run 2 opl2 plan -detailed-exitcode'
test_ok 'on the machine of one, the other does not move them' '
	machine a && chain "${N}2" && apply && [ "$(mine)" = 2 ] && machine b && chain "${N}2" there && apply && out_has "not looked at" &&
	run 10 opl2 apply -auto-approve -replace=process.two && err_has E0544 && [ "$(mine)" = 2 ] && ! K get statefulset one &&
	machine d && chain "${N}2" there && run 3 opl2 plan && err_has E1300 && err_has "on another machine" &&
	run 10 opl2 move -auto-approve && err_has E0544 && [ "$(mine)" = 2 ]'
test_ok 'the one does, and then the other has them, too' '
	machine a && chain "${N}2" there && run 0 opl2 move -auto-approve && [ "$(mine)" = 0 ] && same && machine b && same && run 0 opl2 status && out_has two'
test_ok 'and takes them back to its own machine' '
	machine b && chain "${N}2" && run 0 opl2 move -auto-approve && [ "$(mine)" = 2 ] && same && ! K get statefulset one &&
	machine a && chain "${N}2" && run 3 opl2 apply -auto-approve && err_has E1300 && err_has "on another machine" && [ "$(mine)" = 2 ]'
done_testing
