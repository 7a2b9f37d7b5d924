#!/bin/bash
# What a running chain survives by itself: kill -9 of each of its processes, of
# all of them, of supervisor and watchdog; an L1, a DA server that is away, and an
# L1 that answers 429.
# OPL2_KILL_ROUNDS says how often the kills are repeated (3).
. "$(dirname "$0")/lib.sh"

ROUNDS=${OPL2_KILL_ROUNDS:-3}
D=$WORK/outage
OFFSET=700
L1_URL=http://127.0.0.1:$((8545 + OFFSET))
PROXY_PORT=$((8590 + OFFSET))
mkdir -p "$D" && cd "$D" || exit 1
# The nodes reach the L1 by a proxy that can be told to answer 429.
cat >opl2.yaml <<Y
opl2: 1
name: devnet
use: devnet
port_offset: $OFFSET
resources:
  process:
    proxy:
      command: [python3, $ROOT/tests/fake/limited.py, "\${self.ports.http}", "$L1_URL", $D/limited]
      ports: { http: 8590 }
      after: ["\${process.l1.name}"]
      ready: [{ tcp: { port: "\${self.ports.http}" } }]
      stop_order: 80
    op-node:
      args: { l1: null }
      env: { OP_NODE_L1_ETH_RPC: "http://127.0.0.1:$PROXY_PORT" }
      failover:
        group: l1
        env: { OP_NODE_L1_ETH_RPC: "http://127.0.0.1:$PROXY_PORT $L1_URL" }
        when: { log: ["429 Too Many Requests"], times: 5, within: 20s }
      after: ["\${process.proxy.name}", "\${process.op-geth.name}", "\${process.da-server.name}"]
    op-batcher:
      args: { l1-eth-rpc: null }
      env: { OP_BATCHER_L1_ETH_RPC: "http://127.0.0.1:$PROXY_PORT" }
      failover: { group: l1, env: { OP_BATCHER_L1_ETH_RPC: "http://127.0.0.1:$PROXY_PORT $L1_URL" } }
    op-proposer:
      args: { l1-eth-rpc: null }
      env: { OP_PROPOSER_L1_ETH_RPC: "http://127.0.0.1:$PROXY_PORT" }
      failover: { group: l1, env: { OP_PROPOSER_L1_ETH_RPC: "http://127.0.0.1:$PROXY_PORT $L1_URL" } }
Y
trap 'kill $watcher 2>/dev/null; end_chain "$D"; [ -n "${OPL2_E2E_DIR:-}" ] || rm -rf "$WORK"' EXIT
watcher=

field() { opl2 status -json "$1" | jq -r ".processes[0]$2"; }
sup() { opl2 status -json | jq -r ".supervisor.$1"; }
is() { [ "$(field "$1" "$2")" = "$3" ]; }
healthy() { opl2 status >/dev/null 2>&1; }
shows() { opl2 status 2>&1 | grep -F -- "$1"; }
NODES='l1 da-server op-geth op-node op-batcher op-proposer'
pids() { opl2 status -json | jq -r '.processes[] | select(.name != "proxy") | .pid // empty'; }

# Notes every moment at which two programs have one database.
watch_writers() {
	local dir n
	while sleep 0.2; do
		for dir in "$D"/.opl2/data/*/*/; do
			n=$(pgrep -fc -- "--datadir=${dir%/}( |\$)")
			[ "$n" -lt 2 ] || echo "$n on $dir" >>"$D/two-writers"
		done
	done
}
comes_back() { # comes_back NAME OLD-PID
	[ "$(field "$1" .pid)" != "$2" ] && is "$1" .ready true
}
kill_each() {
	local n p
	for n in $NODES; do
		p=$(field "$n" .pid)
		kill -9 "$p" || return 1
		wait_for 60 comes_back "$n" "$p" || return 1
	done
}
another() { [ "$(sup "$1")" != "$2" ]; } # another pid|guard_pid OLD
kill_one() { # kill_one pid|guard_pid: of supervisor or watchdog
	local p
	p=$(sup "$1")
	kill -9 "$p" && wait_for 30 another "$1" "$p"
}
kill_all_nodes() {
	# shellcheck disable=SC2046
	kill -9 $(pids) && wait_for 90 healthy
}
kill_both() { # nodes run on, and start adopts them
	local before
	before=$(pids)
	# Stopped first, for each would start the other.
	set -- "$(sup pid)" "$(sup guard_pid)"
	kill -STOP "$@" && kill -9 "$@"
	opl2 status -json | jq -e 'all(.processes[]; .state == "unsupervised")' &&
		opl2 start && [ "$(pids)" = "$before" ]
}
goes_on() { wait_for 90 above "$(safe_height "$ROLLUP")" safe_height "$ROLLUP"; }

ok 'a chain whose nodes have two L1 URLs' opl2 apply -auto-approve || done_testing
ROLLUP=$(opl2 output -raw rollup_rpc)
ok 'its safe head grows' goes_on
watch_writers &
watcher=$!

for i in $(seq "$ROUNDS"); do
	ok "round $i: each node killed comes back" kill_each
	ok "round $i: a killed supervisor comes back" kill_one pid
	ok "round $i: a killed watchdog comes back" kill_one guard_pid
	ok "round $i: all nodes killed at once come back" kill_all_nodes
	ok "round $i: the safe head grows" goes_on
done
ok 'supervisor and watchdog killed: nodes run on, start adopts them' kill_both

ok 'the L1 is stopped' opl2 stop l1
ok '... and named' shows "held by 'opl2 stop'"
ok '... and started' opl2 start l1
ok '... and the safe head grows' goes_on

ok 'the DA server is stopped' opl2 stop da-server
ok '... and the batcher is paused' wait_for 60 is op-batcher .pause.on true
ok '... and status says why' shows 'paused until it answers: http'
ok '... and ends with 1' exits 1 opl2 status
size=$(stat -c %s .opl2/logs/op-batcher.log)
sleep 5 # that nothing is written, is what is looked at
quiet() { [ $(($(stat -c %s .opl2/logs/op-batcher.log) - size)) -lt 4096 ]; }
ok '... and quiet' quiet
ok '... and the DA server is started' opl2 start da-server
ok '... and the batcher is resumed' wait_for 60 is op-batcher .pause.on false
ok '... and the safe head grows' goes_on

on_second() { is op-node .failover.at 2 && healthy; }
: >limited
ok 'an L1 that answers 429: the next URL is used' wait_for 90 on_second
ok '... and status says why' shows "uses server 2 of 2: '429 Too Many Requests'"
ok '... and the safe head grows' goes_on
counted() {
	opl2 metrics | grep -c -e '^opl2_process_server_index{process="op-node"} 2$' \
		-e '^opl2_process_failovers_total{process="op-batcher"} 1$' | grep -qx 2
}
ok '... and metrics count it' counted
ok '... and apply has nothing to do' exits 0 opl2 plan -detailed-exitcode

never_two() { [ ! -e two-writers ] || { sort two-writers | uniq -c; return 1; }; }
ok 'never two programs on one database' never_two
# A batcher that its DA server's outage keeps from pausing is, by its spec.
never_hard() {
	! grep -F 'SIGKILL to' .opl2/logs/supervise.log |
		grep -vF 'op-batcher: does not pause'
}
ok 'the supervisor killed nothing hard' never_hard
done_testing
