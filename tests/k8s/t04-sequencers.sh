#!/bin/bash
# Three sequencers on three nodes, of which the leader's is lost, again and again
# (OPL2_LOSSES): the L2 goes on, one leader at a time, and no block is lost that
# most of them had. When the node is back, so is its sequencer.
export K8S_NODES='n1 n2 n3'
. "$(dirname "$0")/chain.sh"

OFFSET=2400
LOSSES=${OPL2_LOSSES:-3}
cat >opl2.yaml <<Y
opl2: 1
name: kube
use: devnet
with: { da: calldata, l1_block_time: 2s, sequencers: 3 }
limits: { eth: 500eth }
port_offset: $OFFSET
runtime:
  kubernetes:
    kubeconfig: $KUBECONFIG
    namespace: $NS
    images: { repository: $K8S_REGISTRY/opl2/chain, plain_http: true }
Y

# --- what is looked at ---
# A member is its pod, and is asked there, for the API server says late what a
# node has lost.
of() { [ "$2" = 1 ] && echo "$1" || echo "$1-$2"; } # of PROGRAM N
node_of() { k get pod "$(of op-geth "$1")-0" -o jsonpath='{.spec.nodeName}'; }
ip_of() { k get pod "$1-0" -o jsonpath='{.status.podIP}' --request-timeout=5s; }
places() { # of all members, as they are now
	local n
	for n in 1 2 3; do
		echo "$n $(ip_of "$(of op-geth $n)") $(node_of $n)"
	done >places
}
at() { # at PORT N
	echo "http://$(sed -n "s/^$2 \([^ ]*\) .*/\1/p" places):$(($1 + OFFSET + 20 * ($2 - 1)))"
}
engine() { at 9545 "$1"; }
node() { at 9547 "$1"; }
conductor() { at 9549 "$1"; }
ask() { # ask URL METHOD [PARAMS]: one that is lost answers nobody
	curl -sf -m 2 -H 'content-type: application/json' "$1" -d \
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$2\",\"params\":${3:-[]}}" | jq -ce .result
}
leads() {
	[ "$(ask "$(conductor "$1")" conductor_leader)" = true ] &&
		[ "$(ask "$(node "$1")" admin_sequencerActive)" = true ]
}
leader() {
	local n
	for n in 1 2 3; do
		leads $n && echo $n && return
	done
	return 1
}
best() { cut -d' ' -f2 heads | tail -n 1; }
well() {
	[ "$(ask "$(conductor "$1")" conductor_sequencerHealthy)" = true ] &&
		[ $(($(ask "$(engine "$1")" eth_blockNumber | jq -r .))) -ge $(($(best) - 2)) ]
}
all_well() { places && leader && well 1 && well 2 && well 3; }
safe() { ask "$(node "$(leader)")" optimism_syncStatus | jq -e .safe_l2.number; }
proposed() { latest_output "http://$(ip_of l1):$((8545 + OFFSET))" "$ORACLE"; }

watch() { # what the heads do from now on
	: >heads
	python3 "$ROOT/tests/e2e/heads.py" heads "$(engine 1)" "$(engine 2)" "$(engine 3)" >heads.json 2>heads.err &
	WATCH=$!
	wait_for 10 test -s heads
}
went_on() { # went_on SECONDS WHAT: after that, without a block for so long at most
	kill "$WATCH"
	wait "$WATCH"
	cat heads.json
	jq -r --arg what "$2" '"# \(.longest_s) s without a block: \($what)"' heads.json >&3
	jq -e --argjson most "$1" '.longest_s <= $most and .lost == []' heads.json
}
keep_logs() { # of pods, also of those that are gone
	mkdir -p logs
	cp -ru "$K8S_DIR"/n?/pods/. logs/
}
one_maker() { # no two op-nodes put a block of their own at one height
	grep -rahoE 'Sequencer inserted block" +block=0x[0-9a-f]+:[0-9]+' logs |
		sed 's/.*block=//' | sort -u | cut -d: -f2 >made
	sort made | uniq -d >twice
	cat twice
	[ "$(wc -l <made)" -gt 50 ] && [ ! -s twice ]
}
one_winner() { # no two conductors won the same term
	grep -raoE 'election won.* term=[0-9]+' logs | sort -u |
		sed -E 's|^logs/[^/]*_(op-geth[-0-9]*)-0_.* term=([0-9]+)$|\1 \2|' | sort -u |
		cut -d' ' -f2 | sort -n | uniq -d >twice
	cat twice
	[ ! -s twice ]
}

# --- what is done ---
apart() { [ "$(cut -d' ' -f3 places | sort -u | wc -l)" = 3 ]; }
same() { opl2 plan -detailed-exitcode; }
others_to() { # others_to NODE: what has no volume
	local others
	others=$(for n in $K8S_NODES; do [ "$n" = "$1" ] || echo "$n"; done)
	# shellcheck disable=SC2086
	kubectl cordon $others && k delete pod op-batcher-0 op-proposer-0 --timeout=60s &&
		wait_for 60 k wait --for=condition=Ready pod/op-batcher-0 pod/op-proposer-0 --timeout=5s
	local rc=$?
	# shellcheck disable=SC2086
	kubectl uncordon $others
	return $rc
}
leads_off() { # leads_off NODE: a member elsewhere leads
	local n to
	n=$(leader) || return 1
	[ "$(node_of "$n")" = "$1" ] || return 0
	to=$((n % 3 + 1))
	ask "$(conductor "$n")" conductor_transferLeaderToServer \
		"[\"sequencer-$to\",\"$(of op-conductor $to):$((9232 + 20 * to + OFFSET))\"]"
	return 1
}
another_leads() {
	local n
	n=$(leader) && [ "$n" != "$1" ]
}
doctor_says() { # that a node is lost, and who could not take over
	opl2 doctor >doctor 2>&1
	grep E1182 doctor && grep W1427 doctor || {
		cat doctor
		return 1
	}
}
fails_over() { # fails_over N NODE: N leads and is lost with the node
	local was out
	was=$(safe) && out=$(proposed) && watch || return 1
	keep_logs
	# It may have handed over meanwhile: then this is no test.
	leads "$1" || return 1
	began
	node_kill "$2"
	wait_for 30 another_leads "$1" && wait_for 30 above $(($(best) + 10)) best
	local rc=$?
	say "the node of sequencer $1 is lost, until ten blocks of another one" >&3
	wait_for 60 above "$was" safe && wait_for 60 above "$out" proposed || rc=1
	say 'and the safe head and the outputs went on' >&3
	wait_for 60 doctor_says || rc=1
	keep_logs
	went_on 15 "the node of sequencer $1 is lost" && [ $rc = 0 ]
}
comes_back() { # comes_back NODE
	began
	node_start "$1" && node_ready "$1" 60 && wait_for 120 all_well || return 1
	say 'the node is back, until all sequencers are well' >&3
	opl2 apply -auto-approve | grep 'No changes'
}
lost() { # the node of the leader
	local n on rc=0
	wait_for 60 all_well && wait_for 30 leads_off "$L1_NODE" || return 1
	n=$(leader) && on=$(node_of "$n") || return 1
	fails_over "$n" "$on" || rc=1
	comes_back "$on" && [ $rc = 0 ]
}
destroyed() { exits 13 opl2 destroy -auto-approve && [ -z "$(k get pods -o name)" ]; }

exec 3>&1
echo 0 0 >heads
began
ok 'a chain with three sequencers by one apply' opl2 apply -auto-approve || {
	k get pods -o wide | sed 's/^/# /'
	done_testing
}
say 'apply'
ok 'one of three makes blocks' wait_for 60 all_well
ok 'each is on a node of its own' apart || sed 's/^/# /' places
ok 'nothing is left to do' same
L1_NODE=$(k get pod l1-0 -o jsonpath='{.spec.nodeName}')
ORACLE=$(jq -r .L2OutputOracleProxy "$(opl2 output -json | jq -er .artifact)")
ok 'the others are where the L1 is' others_to "$L1_NODE"
ok 'batches are posted' wait_for 90 above 0 safe
ok 'outputs are proposed' wait_for 90 above 0 proposed
for ((i = 1; i <= LOSSES; i++)); do
	ok "loss $i of the leader's node" lost
done
keep_logs
ok 'no height has blocks of two sequencers' one_maker
ok 'no term has two leaders' one_winner
ok 'destroyed' destroyed
done_testing
