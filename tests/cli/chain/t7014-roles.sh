#!/usr/bin/env bash
# A chain is known by the roles of its processes: with made-up names status,
# doctor and metrics are those of the names that the presets give; and a role
# is no change.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-chain.sh"

FACTORY=0x00000000000000000000000000000000000000b1
HEAD=$(($(date +%s) + 900)) # heads do not grow old while this runs
LATE=$((HEAD - 100000))
serve_l1 "{ eth_getCode: { \"$FACTORY\": \"0x60\" }, eth_getBalance: \"0x7\", eth_getTransactionCount: \"0x1\",
	eth_getBlockByNumber: { number: \"0x10\", timestamp: \"$(printf '0x%x' $HEAD)\" },
	optimism_syncStatus: { head_l1: { number: 16 }, unsafe_l2: { number: 900, timestamp: $LATE },
		safe_l2: { number: 880, timestamp: $HEAD, l1origin: { number: 15 } } },
	optimism_rollupConfig: { block_time: 2, seq_window_size: 3600 },
	admin_sequencerActive: false }"
end_all() {
	for d in before made-up; do
		rm "$T_DIR/cwd/$d/opl2.yaml" # the last one is none
		opl2 -chdir="$T_DIR/cwd/$d" stop -force
	done
	kill $server
	rm -rf "$T_DIR"
} >/dev/null 2>&1
trap end_all EXIT

# chain SEQUENCER NODE ENGINE BATCHER PROPOSER [LINE OF EACH]...: its spec
chain() {
	chain_spec
	cat <<-Y
		  process:
		    $1:
		      command: [/bin/sh, -c, "cat $PWD/$1.log; exec sleep 1000", sh]
		      urls: { rpc: "$L1_URL" }
		      $6
		    $2:
		      command: [/bin/sleep, "1000"]
		      urls: { rpc: "$L1_URL" }
		      $7
		    $3:
		      command: [/bin/sleep, "1000"]
		      urls: { rpc: "$L1_URL" }
		      $8
		    $4:
		      command: [/bin/sh, -c, "cat $PWD/$4.log; exec sleep 1000", sh]
		      args: { altda.da-server: "http://127.0.0.1:1" }
		      owns: { sender: "\${key.admin.address}" }
		      $9
		    $5:
		      command: [/bin/sh, -c, "exec sleep 1000", sh]
		      args: { game-factory-address: "$FACTORY", game-type: 3, proposal-interval: 1h }
		      ${10}
	Y
}
ROLES=('role: sequencer' 'role: node' 'role: engine' 'role: batcher
      da_server: "http://127.0.0.1:1"' 'role: proposer
      proposes: { to: games, game_type: 3, interval: 1h }')
up() { # up NAME...
	local t=()
	for p in "$@"; do t+=("-target=process.$p"); done
	adopt "{ DisputeGameFactoryProxy: \"$FACTORY\" }" && opl2 apply -auto-approve "${t[@]}"
}
says() { # says FOLDER: all that the three commands say, but for ages
	local d=$1
	{
		opl2 -chdir="$d" status -json | jq -S "del(.processes, .supervisor)"
		opl2 -chdir="$d" doctor -json |
			jq -S "[.findings[] | del(.cause, .title, .evidence[].time?)]"
		opl2 -chdir="$d" metrics | grep -vE "seconds|_bytes|^#"
	} | sed -E 's/[0-9]+s old/N s old/;s/t=2[0-9T:-]*/t=/;/"lag_s"/d;/"ms"/d' | sort
}
codes() { opl2 doctor -json | jq -c "[.findings[].code] | unique"; }
said() { # said OUT: "fred" for each name of before
	sed 's/rep\/op-node/tom/g;s/op-node/fred/g;s/op-geth/ann/g;s/op-batcher/bob/g;s/op-proposer/eve/g' "$1"
}
nonce() { printf 't=%s lvl=error err="nonce too low"\n' "$(date -u -d "+60 sec" +%FT%T+0000)"; }

mkdir before made-up
cd before || exit 1
nonce >op-batcher.log
: >op-node.log
chain op-node rep/op-node op-geth op-batcher op-proposer '' '' '' '' '' | spec
test_ok 'names of a release without roles' '
	up op-node rep/op-node op-geth op-batcher op-proposer && printed op-batcher "nonce too low" && says . >../before.said &&
	opl2 status -json | jq -e ".heads.unsafe.number == 900 and (.replicas | length) == 1" &&
	[ "$(codes)" = "[\"E1110\",\"E1112\",\"E1140\"]" ]'
cd ../made-up || exit 1
nonce >bob.log
: >fred.log
chain fred tom ann bob eve "${ROLES[@]}" | spec
test_ok 'made-up names with roles: the same status, doctor and metrics' '
	up fred tom ann bob eve && printed bob "nonce too low" && says . >../made-up.said &&
	diff <(said ../before.said | sort) ../made-up.said'
test_ok 'cures name the process' '
	opl2 doctor -json | jq -e "[.findings[].cure] | tostring | contains(\"opl2 restart fred\")"'
test_ok 'no name of a program is left in it' '! grep -E "op-(node|geth|batcher|proposer)[^a-z ,]" ../made-up.said'

cd ../before || exit 1
pids() { opl2 status -json | jq -c "[.processes[].pid]"; }
was=$(pids)
chain op-node rep/op-node op-geth op-batcher op-proposer "${ROLES[@]}" | spec
test_ok 'roles that a spec gets later are no change' '
	run 0 opl2 plan -expect-no-changes && opl2 apply -auto-approve && out_has "No changes"; [ "$(pids)" = "$was" ]'
test_ok 'and count at once' 'says . >../later.said && diff ../before.said ../later.said'
chain op-node rep/op-node op-geth op-batcher op-proposer '' 'role: metrics' 'role: metrics' '' '' | spec
test_ok 'with a role among them no name counts' '
	opl2 status -json | jq -e ".heads | has(\"unsafe\") | not"'
chain op-node rep/op-node op-geth op-batcher op-proposer 'role: sequencr' '' '' '' '' | spec
test_fails 3 'a role that there is not' 'opl2 validate' 'err_has sequencer'
done_testing
