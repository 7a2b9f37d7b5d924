#!/usr/bin/env bash
# A server of others that does not answer is named: which it is, what is at
# stake, what to start; and whether anything is recorded of it.
. "$(dirname "$0")/../lib.sh"
command -v python3 >/dev/null || skip_all 'no python3'

port=$(python3 "$ROOT/tests/cli/rpc_server.py" --free-port)
DOWN=http://127.0.0.1:$port
one() { # one TYPE: an endpoint, and what waits for it
	spec <<-Y
	resources:
	  endpoint: { e: { type: $1, rpc: "$DOWN" } }
	  null: { n: { depends_on: [endpoint.e] } }
	Y
}
down() { # down TYPE NAME STAKE ADVICE
	one "$1" && run 0 opl2 plan &&
		err_has "cannot read 'endpoint.e', which has never been read: $2 at '$DOWN' does not answer: connection refused" &&
		lacks "$OUT/stderr" recorded && err_has "$3" && err_has "$4" &&
		lacks "$OUT/stdout" "assumed to be unchanged"
}
test_ok 'a Meeda server' \
	'down meeda "the Meeda server" "no batch can be stored" "start the Meeda server"'
test_ok 'a DA server' 'down da_server "the DA server" "No node can derive" "start the DA server"'
test_ok 'a beacon node' 'down beacon "the beacon node" "read the blobs" "start it"'
test_ok 'an RPC' 'down rpc "the RPC" "check that it is running" "rpc_fallback"'
test_ok 'apply stops before what depends on it' '
	one meeda && run 10 opl2 apply -auto-approve && err_has "the Meeda server at" &&
	err_has "connection refused" && err_has "start the Meeda server" &&
	! jq -e ".resources[\"null.n\"]" .opl2/state.json'
done_testing
