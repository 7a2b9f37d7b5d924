#!/bin/bash
# Processes have a host: what other machines see of them, and how they move.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-shared.sh"
. "$ROOT/tests/cli/lib-chain.sh"

s3_start || skip_all 'moto does not start'
serve_l1 '{}' || skip_all 'no server'
trap 'for m in a b; do (machine $m && opl2 stop -suspend); done >/dev/null 2>&1
	kill $server $S3_PID 2>/dev/null; rm -rf "$T_DIR"' EXIT

# l1 AGE PAST NONCE: blocks up to 0x20, which is AGE seconds old; the one
# before was PAST seconds ago, and the batcher's nonce at 0x20 is NONCE.
l1() {
	set_rpc "(now | floor) as \$now |
		def hex: def d: if . == 0 then \"\" else
			(. / 16 | floor | d) + \"0123456789abcdef\"[. % 16:. % 16 + 1] end;
			\"0x\" + d;
		.eth_getTransactionCount = \"0x5\" |
		.[\"eth_getTransactionCount 0x20\"] = \"$3\" |
		.eth_getBlockByNumber = { hash: \"$WORD\", number: \"0x0\",
			timestamp: (\$now - $2 | hex) } |
		.[\"eth_getBlockByNumber latest\"] = { hash: \"$WORD\",
			number: \"0x20\", timestamp: (\$now - $1 | hex) } |
		.[\"eth_getBlockByNumber 0x20\"] = .[\"eth_getBlockByNumber latest\"]"
}
chain() { # chain MORE: processes, the last of the spec
	chain_spec
	cat <<-Y
		  datadir: { db: { key: "0x00c0ffee" } }
		  process:
		    op-node: { role: sequencer, command: [sleep, "1000"] }
		$1
	Y
}
batcher="    batcher:
      { role: batcher, signs_as: \"\${key.admin.address}\", command: [sleep, \"1000\"],
        depends_on: [process.op-node] }"
at_home() { # at_home KEY MORE: the chain runs on machine a, and b has its spec
	(machine a && opl2 stop -suspend) >/dev/null 2>&1
	rm -rf "$T_DIR/cwd/a" "$T_DIR/cwd/b"
	l1 0 3600 0x5
	for m in b a; do
		machine $m && chain "$2" | shared "$1" || return
	done
	adopt >/dev/null && run 0 opl2 apply -auto-approve
}

test_ok 'plan of another machine does not look at them' '
	at_home look "$batcher" && machine b && run 0 opl2 plan &&
	out_has "No changes." && out_has "Runs on" && out_has "$T_DIR/cwd/a/.opl2" &&
	out_has "process.op-node, process.batcher" &&
	out_has datadir.db && run 0 opl2 plan -refresh-only -detailed-exitcode &&
	run 0 opl2 plan -detailed-exitcode -out=p && run 0 opl2 show -json p &&
	jq -e ".host.dir == \"$T_DIR/cwd/a/.opl2\"" "$OUT/stdout"'
test_ok 'nor does a destroy, or a change, begin there' '
	machine b && run 10 opl2 destroy -auto-approve && err_has E0544 &&
	sed -i s/1000/1001/ opl2.yaml && run 0 opl2 plan && out_has process.batcher &&
	run 10 opl2 apply -auto-approve && err_has E0544 && err_has -take-over &&
	sed -i s/1001/1000/ opl2.yaml'
test_ok 'status of another machine says who has them, and since when' '
	machine b && run 1 opl2 status && out_has "$T_DIR/cwd/a/.opl2" && out_has "seen there on 20" &&
	out_has process.batcher && run 1 opl2 status -json &&
	jq -e ".elsewhere.host and .healthy == null and (.processes | length == 2)" "$OUT/stdout"'
machine b
for command in start 'restart op-node' 'batcher pause' 'batcher resume' stop logs doctor \
	metrics 'service print' 'backup x.tar.gz'; do
	test_fails 10 "'$command' of another machine" "opl2 $command" 'err_has E0544'
done
test_ok 'the machine that has them does all of it' '
	machine a && run 0 opl2 restart op-node && run 0 opl2 plan && out_has "No changes." &&
	lacks "$OUT/stdout" "Runs on"'

machine b
test_fails 10 'an account that sends keeps them there' '
	l1 0 3600 0x6 && {
		until grep -q "waits until the other" out.txt; do
			sleep 0.1 # wait: for a line of a file
		done && l1 0 3600 0x7 & } 2>/dev/null
	opl2 apply -auto-approve -take-over >out.txt' '
	err_has E0555 && err_has batcher && err_has "at work"'
test_fails 10 'an L1 node that lags proves nothing' '
	l1 900 3600 0x5 && opl2 apply -auto-approve -take-over' \
	'err_has E0555 && err_has "15 min old"'
test_ok 'plan -take-over shows what would be started' '
	l1 0 3600 0x5 && run 0 opl2 plan -take-over && out_has process.batcher &&
	lacks "$OUT/stdout" "Runs on"'
test_ok 'they move when the other machine is silent' '
	machine a && run 0 opl2 stop && machine b &&
	run 0 opl2 apply -auto-approve -take-over && run 0 opl2 status &&
	run 0 opl2 plan && out_has "No changes."'
test_ok 'and the machine that had them starts nothing any more' '
	machine a && run 10 opl2 start && err_has E0544 && err_has "$T_DIR/cwd/b/.opl2" &&
	run 10 opl2 start -resume && run 10 opl2 restart op-node && run 0 opl2 stop &&
	run 0 opl2 apply -auto-approve && out_has "No changes." && run 1 opl2 status &&
	out_has "$T_DIR/cwd/b/.opl2"'
test_ok 'a silence that a node does not remember is waited for' '
	machine a && l1 0 0 0x6 && {
		until grep -q "waits until the other" out.txt; do
			sleep 0.1 # wait: for a line of a file
		done && l1 -700 0 0x6 & } 2>/dev/null
	opl2 apply -auto-approve -take-over >out.txt 2>&1 && wait %- && run 0 opl2 status'
test_ok 'a saved plan takes over, too' '
	machine b && l1 0 3600 0x5 && run 0 opl2 plan -take-over -out=p && run 0 opl2 apply p &&
	run 0 opl2 status && machine a && run 1 opl2 status'
(machine b && opl2 destroy -auto-approve) >/dev/null 2>&1

test_fails 10 'a chain without a batcher to watch' '
	at_home none "" && machine b && opl2 apply -auto-approve -take-over' \
	'err_has E0555 && err_has "no batcher"'
test_fails 10 'an L1 that runs there' '
	at_home l1 "$batcher
    l1: { role: l1, command: [sleep, \"1000\"] }" && machine b &&
	opl2 apply -auto-approve -take-over' 'err_has E0555 && err_has process.l1'
test_ok 'what need not be alone moves without proof' '
	at_home replica "$batcher" && sed -i "s/role: sequencer/role: node/; /batcher/,\$d" opl2.yaml &&
	run 0 opl2 apply -auto-approve && cp opl2.yaml ../b && machine b &&
	l1 900 0 0x5 && run 0 opl2 apply -auto-approve -take-over && run 0 opl2 plan && out_has "No changes."'
test_ok 'with a state of this machine alone there is nothing to move' '
	fresh alone && echo "resources: { process: { p: { command: [sleep, 1000] } } }" | spec &&
	run 0 opl2 apply -auto-approve -take-over && run 0 opl2 status &&
	run 0 opl2 destroy -auto-approve'
done_testing
