#!/usr/bin/env bash
# endpoint with several URLs: the next one is asked while one is down, one of
# another chain is refused, and what takes the text of all of them gets on.
. "$(dirname "$0")/../lib.sh"

command -v python3 >/dev/null || skip_all 'no python3'
SERVE=$ROOT/tests/cli/rpc_server.py
for n in a b c; do python3 "$SERVE" --free-port >port-$n; done
serve() { # serve NAME CHAIN-ID
	jq -n --arg id "$2" '{eth_chainId: $id, web3_clientVersion: "Fake/v1",
		eth_getBalance: "0xde0b6b3a7640000",
		eth_getBlockByNumber: {number: "0x10", hash: ("0x" + "11" * 32)}}' \
		>"answers-$1"
	: >"calls-$1"
	python3 "$SERVE" "port-$1" "calls-$1" "answers-$1" &
	eval "PID_$1=$!"
	listens "$(cat "port-$1")" $! || exit 1
}
serve a 0x1
serve b 0x1
serve c 0x2
trap 'kill $PID_a $PID_b $PID_c 2>/dev/null; rm -rf "$T_DIR"' EXIT
url() { echo "http://127.0.0.1:$(cat "port-$1")"; }
with() { # with FALLBACKS: the spec
	spec <<Y
variables:
  second: { type: url, env: SECOND, sensitive: true }
resources:
  endpoint:
    l1: { rpc: "$(url a)", rpc_fallback: [$*], chain_id: 1 }
  balance:
    b:
      rpc: "\${endpoint.l1.urls}"
      chain_id: 1
      address: "0x00000000000000000000000000000000000000aa"
      at_least: 1eth
Y
}
export SECOND
SECOND=$(url b)
asked() { grep -c eth_getBalance "calls-$1"; }

with '"${var.second}"'
test_ok 'the first one is asked while it answers' '
	run 0 opl2 apply -auto-approve && [ "$(asked a)" -gt 0 ] &&
	[ "$(asked b)" = 0 ] && run 0 opl2 plan -expect-no-changes'
test_ok 'no URL of a variable gets into the state' '
	! grep -q "$SECOND" .opl2/state.json && grep -q second .opl2/state.json'
with '"${var.second}",' "\"$(url c)\""
test_ok 'one that serves another chain is refused' '
	run 10 opl2 plan && grep -q "E0812.*serves chain 2, not 1" "$OUT/stderr"'
with '"http://127.0.0.1:1"'
test_ok 'one that is down is told, and no more' '
	run 0 opl2 plan && grep -q W0880 "$OUT/stderr"'
with '"http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3",
      "http://127.0.0.1:4"'
test_ok 'four are too many' 'run 3 opl2 plan && has "$OUT/stderr" "has 4 URLs" "$OUT/stderr"'
spec <<Y
resources:
  endpoint:
    m: { type: meeda, rpc: "$(url a)", rpc_fallback: ["$(url b)"] }
Y
test_ok 'they are for an RPC only' 'run 3 opl2 plan && grep -q E0850 "$OUT/stderr"'
spec <<Y
resources:
  balance:
    b: { rpc: "$(url a) nonsense", chain_id: 1, at_least: 1wei,
      address: "0x00000000000000000000000000000000000000aa" }
Y
test_ok 'each of several must be one' 'run 3 opl2 plan && grep -q E0214 "$OUT/stderr"'

with '"${var.second}"'
kill $PID_a
wait $PID_a 2>/dev/null
: >calls-b
test_ok 'with the first one down the second one serves' '
	rm -rf .opl2 opl2.lock && run 0 opl2 apply -auto-approve &&
	[ "$(asked b)" -gt 0 ] && grep -q "W0880" "$OUT/stderr" &&
	run 0 opl2 plan -expect-no-changes'
SECOND=$(url c)
test_ok 'but not when it serves another chain' '
	run 10 opl2 apply -auto-approve && grep -q "E0812" "$OUT/stderr"'
done_testing
