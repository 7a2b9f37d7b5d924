#!/usr/bin/env bash
# An L1 that is, or soon will be, at a fork that the node programs do not
# follow: refused before anything is done, warned of in each plan.
. "$(dirname "$0")/../lib.sh"

command -v python3 jq >/dev/null || skip_all 'no python3 or jq'
SERVE=$ROOT/tests/cli/rpc_server.py
python3 "$SERVE" --free-port >port
set_rpc() { jq "$1" answers >answers.new && mv answers.new answers; }
# Prague's header, with the answer to the probe for Osaka's opcode.
jq -n '("0x" + "11" * 32) as $h | {eth_chainId: "0x1", web3_clientVersion: "Fake/v1",
	eth_call: {":0x60011e60005260206000f3": $h},
	eth_getBlockByNumber: {number: "0x10", hash: $h, withdrawalsRoot: $h,
		parentBeaconBlockRoot: $h, requestsHash: $h}}' >answers
: >calls
python3 "$SERVE" port calls answers &
SERVER=$!
trap 'kill $SERVER; rm -rf "$T_DIR"' EXIT
until (exec 3<>"/dev/tcp/127.0.0.1/$(cat port)") 2>/dev/null; do
	kill -0 $SERVER || exit 1
done
follow() { # follow FIELD...: a chain of that compat
	spec <<Y
resources:
  endpoint:
    l1: { rpc: "http://127.0.0.1:$(cat port)", chain_id: 1 }
  compat:
    versions:
      l1_fork: "\${endpoint.l1.fork}"
      next_l1_fork: "\${endpoint.l1.next_fork}"
      next_l1_fork_time: "\${endpoint.l1.next_fork_time}"
$(printf '      %s\n' "$@")
  null:
    deployment: { depends_on: [compat.versions] }
Y
}
found() { # found FIELD: its value in the state
	jq -c "[.. | objects | select(.client) | .$1] | first" .opl2/state.json
}
at_amsterdam() {
	set_rpc '.eth_getBlockByNumber += {blockAccessListHash: .eth_getBlockByNumber.hash, slotNumber: "0x1"}'
}
# next NAME OF-CONTRACT NAME-OF-PRECOMPILE: to come in October 2026
to_come() {
	set_rpc '{systemContracts: {BEACON_ROOTS_ADDRESS: "0x1"}, precompiles: {P256VERIFY: "0x2"}} as $now |
		.eth_config = {current: ($now + {activationTime: 5}), last: null,
			next: ($now * '"$1"' + {activationTime: 1791294816})}'
}

follow 'programs: v1.13.7'
test_ok 'Osaka is told by its opcode; a server without eth_config says nothing of the next' '
	run 0 opl2 apply -auto-approve && [ "$(found fork)" = "\"osaka\"" ] &&
	[ "$(found next_fork)" = null ] && run 0 opl2 plan -expect-no-changes &&
	! err_has W0869'

to_come '{systemContracts: {BUILDER_DEPOSIT_CONTRACT_ADDRESS: "0x3"}}'
test_ok 'a fork that is scheduled is warned of, with its day and what to change' '
	run 0 opl2 plan -expect-no-changes && err_has "warning[W0869]" &&
	err_has "amsterdam at 2026-10-06 13:53 UTC, but node programs v1.13.7" &&
	err_has "change to node programs v1.19.6"'
test_ok 'and no change of what is planned' '
	follow "programs: v1.13.7" "op_geth: v1.101602.3" &&
	run 0 opl2 apply -auto-approve && run 0 opl2 plan -expect-no-changes && err_has W0869'
test_ok 'but not for programs that follow it' '
	follow "programs: v1.19.6" && run 0 opl2 plan && ! err_has W0869'
test_ok 'what only changes blobs is no fork' '
	follow "programs: v1.13.7" && to_come "{}" && run 0 opl2 plan &&
	! err_has W0869'
test_ok 'one that nobody here knows is warned of too' '
	follow "programs: v1.19.6" && to_come "{precompiles: {FALCON: \"0x4\"}}" && run 0 opl2 plan &&
	err_has W0869 && err_has "that this version of opl2 does not know" && err_has "upgrade opl2 before then"'

set_rpc 'del(.eth_config)' && at_amsterdam
test_ok 'a chain that the L1 has left behind can go' '
	follow "programs: v1.13.7" && run 3 opl2 plan && err_has E0856 &&
	run 0 opl2 destroy -auto-approve && rm -rf .opl2 opl2.lock'
test_ok 'an L1 that is past the programs is refused, and nothing is done' '
	follow "programs: v1.13.7" && run 3 opl2 apply -auto-approve && err_has E0856 &&
	err_has "v1.13.7 support an L1 only up to osaka" && err_has "this L1 is at amsterdam" &&
	err_has "use node programs v1.19.6" && [ ! -e .opl2/state.json ]'
test_ok 'and those of its age are not' '
	follow "programs: v1.19.6" && run 0 opl2 apply -auto-approve &&
	[ "$(found fork)" = "\"amsterdam\"" ] && run 0 opl2 plan -expect-no-changes'

rm -rf .opl2 opl2.lock
set_rpc '.eth_getBlockByNumber.frameRoot = "0x01"'
test_ok 'a header with an unknown field is newer than all of them' '
	run 3 opl2 apply -auto-approve && err_has E0867 && err_has W0868 &&
	err_has "frameRoot" && err_has "accept_newer_l1" && [ ! -e .opl2/state.json ]'
test_ok 'also where it is not known what the programs follow' '
	follow "programs: mine" && run 3 opl2 plan && err_has E0867'
test_ok 'unless somebody accepts it' '
	follow "programs: v1.19.6" "accept_newer_l1: true" && run 0 opl2 plan -full &&
	out_has "accept_newer_l1" && run 0 opl2 apply -auto-approve &&
	[ "$(found fork)" = "\"newer\"" ] && run 0 opl2 plan -expect-no-changes'
done_testing
