#!/usr/bin/env bash
# status, doctor and metrics of a chain whose L1 goes, or has gone, to a fork
# that its node programs do not follow.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-chain.sh"

# An L1 at Osaka, and a node that has taken all of it.
now=$(date +%s)
serve_l1 "{ eth_getBalance: \"0x7\", eth_getTransactionCount: \"0x1\",
	eth_call: { \":0x60011e60005260206000f3\": \"$WORD\" },
	eth_getBlockByNumber: { number: \"0x10\", requestsHash: \"$WORD\",
		timestamp: \"$(printf '0x%x' "$((now + 3600))")\" } }"
node=$(python3 "$ROOT/tests/cli/rpc_server.py" --free-port)
echo "$node" >node.port
: >node.calls
synced() { # synced CURRENT: how far it has got of the L1's 16 blocks
	jq -n --argjson at "$1" --argjson time "$((now + 3600))" '{
		optimism_rollupConfig: { block_time: 2, seq_window_size: 3600 },
		optimism_syncStatus: { head_l1: { number: 16 }, current_l1: { number: $at },
			safe_l2: { number: 9, timestamp: $time, l1origin: { number: $at } },
			unsafe_l2: { number: 9, timestamp: $time } } }' >node.new
	mv node.new node.json
}
synced 16
python3 "$ROOT/tests/cli/rpc_server.py" node.port node.calls node.json &
node_pid=$!
end_all() {
	opl2 stop -force
	kill $server $node_pid
	rm -rf "$T_DIR"
} >/dev/null 2>&1
trap end_all EXIT
listens "$node" $node_pid || exit 1
chain() { # chain PROGRAMS
	{
		chain_spec
		cat <<-Y
			  compat:
			    versions: { programs: $1 }
			  process:
			    op-node:
			      command: [/bin/sh, -c, 'cat $PWD/lines; exec sleep 1000', sh]
			      urls: { rpc: "http://127.0.0.1:$node" }
		Y
	} | spec
	opl2 apply -auto-approve -target=compat.versions
}
finds() { # finds CODE WHAT
	opl2 doctor -json >found
	jq -e --arg c "$1" --arg w "$2" '[.findings[] | [.code, .what]] == [[$c, $w]]' found
}
goes_on() { # goes_on SECONDS: to Amsterdam, so far from now
	set_rpc '.eth_config = {current: {activationTime: 5, systemContracts: {}, precompiles: {}},
		next: {activationTime: '"$((now + $1))"', precompiles: {},
		systemContracts: {BUILDER_DEPOSIT_CONTRACT_ADDRESS: "0x1"}}}'
}

: >lines
chain_spec | spec
adopt >/dev/null && chain v1.13.7 && opl2 apply -auto-approve -target=process.op-node
test_ok 'an L1 that the programs follow' '
	run 0 opl2 status && out_has "osaka; programs v1.13.7 support it up to osaka" &&
	run 0 opl2 doctor && run 0 opl2 metrics && out_has "opl2_l1_fork_follow 1"'

goes_on $((20 * 86400 + 3600))
test_ok 'a fork far away is a note, with its day' '
	run 0 opl2 status && out_has "; amsterdam at $(date -u -d "@$((now + 20 * 86400 + 3600))" "+%F %H:%M UTC"), in 20 d" &&
	out_has "v1.13.7 support it up to osaka: change programs to v1.19.6" &&
	finds W1164 l1 && run 0 opl2 doctor && out_has "note[W1164]"'
goes_on $((13 * 86400))
test_ok 'one within two weeks is a problem' '
	run 1 opl2 status && out_has "problems" && out_has "l1: it upgrades to amsterdam" &&
	finds W1164 l1 && run 1 opl2 doctor && out_has "warning[W1164]"
	run 1 opl2 status -json && jq -e ".l1_fork | .now == \"osaka\" and
		.follows == \"osaka\" and .next.name == \"amsterdam\"" "$OUT/stdout" &&
	run 0 opl2 metrics &&
	out_has "opl2_l1_next_fork_time_seconds{fork=\"amsterdam\",followed=\"0\"} $((now + 13 * 86400))"'

set_rpc 'del(.eth_config) | .eth_getBlockByNumber.blockAccessListHash = "0x1"'
synced 12
printf 't=%s lvl=eror msg="Failed to get next origin" err="failed to fetch header by num 13: failed to verify block hash: computed 0x2b but RPC said 0x06"\n' \
	"$(date -u -d '+60 sec' +%FT%T+0000)" >lines
opl2 restart op-node >/dev/null
printed op-node 'Failed to get next origin'
test_ok 'a chain that stopped there is named, with its block and what to do' '
	run 1 opl2 status && out_has "op-node: it stopped following the L1 at block 12, the last before amsterdam" &&
	out_has "amsterdam; programs v1.13.7 support it up to osaka: change programs to v1.19.6" &&
	finds E1162 op-node && run 1 opl2 doctor && out_has "block 12 is the last" &&
	out_has "computed 0x2b" && out_has "-accept-irreversible" &&
	run 0 opl2 metrics && out_has "opl2_l1_fork_follow 0"'
test_ok 'and is not once its programs follow the L1' '
	chain v1.19.6 && sed "s/ lvl=eror.*/ lvl=info msg=\"Advancing bq origin\"/" lines >next &&
	mv next lines && opl2 restart op-node && printed op-node "Advancing bq origin" && run 0 opl2 doctor &&
	run 0 opl2 status && out_has "amsterdam; programs v1.19.6 support it up to amsterdam"'
done_testing
