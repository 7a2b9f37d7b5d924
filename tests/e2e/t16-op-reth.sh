#!/bin/bash
# op-reth as the execution client, scripted over a real op-geth
# (tests/fake/op_reth.py): a replica syncs with it, the sequencer is moved to the
# replica's database, and no block is lost; then a chain that begins with it.
. "$(dirname "$0")/lib.sh"

command -v python3 >/dev/null || { echo '1..0 # SKIP no python3'; exit 0; }
D=$WORK/op-reth
mkdir -p "$D"
cd "$D" || bail "no $D"
cleanup() {
	end_chain "$D/new"
	cd "$D" && end_chain "$D"
	[ -n "${OPL2_E2E_DIR:-}" ] || rm -rf "$WORK"
}
trap cleanup EXIT

OFFSET=${OPL2_E2E_OFFSET:-500}
GETH='' # of the chain, once that is built
program() { # the scripted op-reth, in the folder here
	printf '#!/bin/sh\nexec python3 %s "%s" "$@"\n' \
		"$ROOT/tests/fake/op_reth.py" "$GETH" >op-reth
	chmod +x op-reth
}
spec() { # spec WITH [LINE...]
	printf 'opl2: 1\nname: reth\nuse: devnet\nwith: { da: calldata, %s }\nport_offset: %s\n' \
		"l1_block_time: 1s, submission_interval: 5$1" "$OFFSET" >opl2.yaml
	shift
	[ $# -eq 0 ] || printf '%s\n' "$@" >>opl2.yaml
}
replica() { # the chain on op-geth, with a replica on op-reth
	spec "$1" 'instances:' '  verifier:' '    use: replica' '    with:' \
		'      of: "${process.op-node}"' \
		'      l1_chain_config: "${l1_genesis.l1.path}"' \
		'      l1_poll_interval: 1s' '      engine: op-reth' \
		'      op_reth: { path: op-reth }'
}
out() { opl2 output -json | jq -er "$1"; }
head_of() { rpc "$1" eth_getBlockByNumber '["latest",false]' | jq -er '[.number, .hash] | join(" ")'; }
level() { # the replica has the newest block of the sequencer
	[ "$(head_of "$REPLICA")" = "$(head_of "$L2")" ]
}
block() { rpc "$1" eth_getBlockByNumber "[\"$2\",false]" | jq -er .hash; }
command_of() { tr '\0' ' ' <"/proc/$(opl2 status -json | jq -er --arg n "$1" '.processes[] | select(.name == $n) | .pid')/cmdline"; }

spec ''
ok 'a chain on op-geth' opl2 apply -auto-approve || done_testing
L2=$(out .l2_rpc) NODE=$(out .rollup_rpc)
GETH=$(opl2 state show -json go_binary.geth | jq -er .attrs.path) || bail 'no geth'
program
wait_for 60 above 3 height "$L2" || bail 'no blocks'

refused() {
	spec ', engine: op-reth, op_reth: { path: op-reth }'
	exits 3 opl2 plan 2>err && cat err && grep -q E0487 err &&
		grep -q 'data/[0-9a-f]*/op-geth' err && above 3 height "$L2"
}
ok 'its sequencer cannot begin with an empty database' refused

replica ''
ok 'a replica on op-reth' opl2 apply -auto-approve || done_testing
REPLICA=$(out '."verifier/rpc"')
AT=$(echo .opl2/data/*/verifier+op-reth)
ok 'its database is one of op-reth, in a folder of its own' \
	test -e "$AT/db/mdbx.dat" -a -d "$AT/static_files" -a ! -e "$AT/geth"
behind() { above 1 height "$REPLICA" && [ "$(block "$REPLICA" 0x1)" = "$(block "$L2" 0x1)" ]; }
ok 'it derives the same blocks' wait_for 90 behind
ok 'status and doctor know it' sh -c 'opl2 status -json | jq -e ".replicas[0].name == \"verifier/op-node\"" && opl2 doctor'

# --- the sequencer is moved -----------------------------------------------------
ok 'no new blocks, until the replica has all of them' eval '
	rpc "$NODE" admin_stopSequencer && wait_for 120 level'
LAST=$(head_of "$L2")
moved() {
	opl2 stop op-node verifier/op-node verifier/op-geth &&
		spec ', engine: op-reth, op_reth: { path: op-reth }' 'moved:' \
			'  - { from: datadir.verifier/op-reth, to: datadir.op-reth }' &&
		opl2 plan && exits 13 opl2 apply -auto-approve && opl2 start op-node
}
ok 'the chain gets the database of the replica' moved ||
	{ tail -n 20 .opl2/logs/op-*.log | cut -c1-300 | sed 's/^/# /'; done_testing; }
more() { above $((${LAST%% *} + 3)) height "$L2"; }
ok 'it makes blocks' wait_for 60 more
ok '... after those of op-geth' [ "$(block "$L2" "${LAST%% *}")" = "${LAST##* }" ]
safe_past() { above $((${LAST%% *})) safe_height "$NODE"; }
ok '... and they get to the L1' wait_for 120 safe_past
ok 'its execution client is that database'\''s' eval \
	'command_of op-geth | grep -F "$AT/db"'
ok 'the database of op-geth is still there' eval \
	'test -d .opl2/data/*/op-geth/geth/chaindata'
ok 'nothing is left to do' opl2 plan -expect-no-changes

louder() {
	sed -i 's/with: {/with: { log_level: debug,/' opl2.yaml &&
		opl2 apply -auto-approve && wait_for 60 more
}
ok 'another log level restarts it, and it goes on' louder
ok 'stop' opl2 stop

# --- a chain that begins with it ------------------------------------------------
mkdir new && cd new || bail 'no folder'
OFFSET=$((OFFSET + 100))
program
spec ', engine: op-reth, op_reth: { path: op-reth }, l2_forks: { holocene: start, isthmus: start, jovian: start, karst: start }'
ok 'a chain that begins with op-reth' opl2 apply -auto-approve
L2=$(out .l2_rpc)
ok '... with the forks of its chain file' eval '
	wait_for 60 above 6 height "$L2" &&
	jq -e ".config | .karstTime > .jovianTime" .opl2/files/reth_chain.l2/chain.json'
ok '... which never had op-geth'\''s database' eval '! ls -d .opl2/data/*/op-geth'
done_testing
