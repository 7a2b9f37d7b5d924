#!/usr/bin/env bash
# endpoint of an RPC: how many calls it takes at once, and that a node program
# goes by what was measured first.
. "$(dirname "$0")/../lib.sh"

command -v python3 >/dev/null || skip_all 'no python3'
SERVE=$ROOT/tests/cli/rpc_server.py
python3 "$SERVE" --free-port >port
limit() { # limit N: how many calls in one request
	jq -n --argjson n "$1" '{batch_max: $n, eth_chainId: "0x1",
		web3_clientVersion: "Fake/v1", eth_getBlockByNumber: {
		number: "0x10", hash: ("0x" + "11" * 32),
		withdrawalsRoot: ("0x" + "22" * 32),
		parentBeaconBlockRoot: ("0x" + "33" * 32)}}' >answers.new
	mv answers.new answers
}
limit 8
: >calls
python3 "$SERVE" port calls answers &
SERVER=$!
trap 'kill $SERVER; rm -rf "$T_DIR"' EXIT
until (exec 3<>"/dev/tcp/127.0.0.1/$(cat port)") 2>/dev/null; do
	kill -0 $SERVER || exit 1
done
spec <<Y
resources:
  endpoint:
    l1: { rpc: "http://127.0.0.1:$(cat port)", chain_id: 1 }
outputs: { size: "\${endpoint.l1.batch_size}" }
Y
found() { # found FIELD: its value in the state
	jq -c "[.. | objects | .$1? // empty] | first" .opl2/state.json
}

test_ok 'a server that takes few calls at once' '
	run 0 opl2 apply -auto-approve && cat .opl2/state.json &&
	[ "$(found batch_limit)" -le 8 ] &&
	[ "$(found batch_size)" = "$(found batch_limit)" ] &&
	[ "$(found batch_size)" -gt 1 ]'
test_ok 'a better day changes nothing for the node programs' '
	size=$(found batch_size) && limit 1000 && run 0 opl2 apply -auto-approve &&
	[ "$(found batch_size)" = "$size" ] && run 0 opl2 plan -expect-no-changes'
test_ok 'of many calls no more than usual are sent at once' '
	rm -rf .opl2 opl2.lock && run 0 opl2 apply -auto-approve &&
	[ "$(found batch_limit)" = 100 ] && [ "$(found batch_size)" = 20 ]'
done_testing
