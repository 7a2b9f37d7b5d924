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
		err_has "until it answers, apply only does what does not need it" &&
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
	! opl2 state list | grep -x null.n'
test_ok 'what is skipped for it is one line' '
	fresh many && spec <<-Y && run 10 opl2 apply -auto-approve &&
	resources:
	  endpoint: { e: { type: meeda, rpc: "$DOWN" } }
	  null:
	    n: { depends_on: [endpoint.e] }
	    a: { depends_on: [null.n] }
	    b: { depends_on: [null.n] }
	    c: { depends_on: [null.n] }
	Y
	grep -E "^4 skipped, they need endpoint.e: null.n, null.., null.. and 1 more$" "$OUT/stdout" &&
	lacks "$OUT/stdout" "skipped, it needs"'

# --- one that is started while something is built --------------------------------
until_said() { # until_said TEXT: apply says it
	until grep -q "$1" said; do
		# Its last words may have come since.
		kill -0 $APPLY || { grep -q "$1" said && return; cat said; return 1; }
		sleep 0.1 # wait: for a line of a file
	done
}
building() { # building NAME: an apply that builds until there is a file go
	fresh "$1" && mkdir src && one rpc || exit 1
	cat >>opl2.yaml <<-Y
	  build:
	    b:
	      source: "$PWD/src"
	      source_digest: $1
	      steps: [[/bin/sh, -c, "until [ -e '$PWD/go' ]; do sleep 0.1; done; touch out"]]
	      outputs: { out: out }
	Y
}
building terminal
timeout 300 script -qec 'opl2 apply -auto-approve' /dev/null </dev/null >said 2>&1 &
APPLY=$!
test_ok 'a terminal keeps a whole line about what is waited for' \
	'until_said "endpoint.e: waits: the RPC at .$DOWN. does not answer: connection refused"'
test_ok 'status says that the apply is at it' '
	run 1 opl2 status && err_has "the apply that runs (process " && err_has "opl2 plan"'
touch go
test_ok 'and when nothing else goes on, it is given up' '
	tail --pid=$APPLY -f /dev/null && until_said "E0801" &&
	run 1 opl2 status && err_has "no apply has come as far as that"'

building stopped
opl2 apply -auto-approve >said 2>&1 &
APPLY=$!
test_ok 'Ctrl-C is told once, not by each tool that it stopped' '
	until_said "endpoint.e: waits:" && kill -INT $APPLY &&
	until_said "^build.b: stopped$" &&
	tail --pid=$APPLY -f /dev/null && until_said E0619 && ! grep E0623 said'

building meanwhile
echo '{"eth_chainId": "0x1", "web3_clientVersion": "Fake/v1", "eth_getBlockByNumber":
	{"number": "0x10", "timestamp": "0x1", "gasLimit": "0x1c9c380",
	"baseFeePerGas": "0x1", "hash": "0x11"}}' >answers
echo "$port" >port
opl2 apply -auto-approve >said 2>&1 &
APPLY=$!
test_ok 'it is waited for as long as something else goes on' \
	'until_said "endpoint.e: waits: the RPC at .* does not answer"'
python3 "$ROOT/tests/cli/rpc_server.py" port calls answers &
SERVER=$!
trap 'kill $SERVER 2>/dev/null; rm -rf "$T_DIR"' EXIT
test_ok 'and found when it is started' 'until_said "endpoint.e: read in"'
touch go
test_ok 'and the apply goes to its end' '
	tail --pid=$APPLY -f /dev/null && cat said &&
	opl2 state list | grep -x null.n'
done_testing
