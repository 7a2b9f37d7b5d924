#!/bin/bash
# Every program that sends on the L1 asks for its receipts in time: by default
# they do so every 12 s, which on a quick L1 is six blocks.
. "$(dirname "$0")/../lib.sh"

# Those that send, with how often they ask for a receipt.
asks() { # asks PRESET WITH
	printf 'opl2: 1\nname: t\nlimits: { eth: 9eth }\nuse: %s\nwith: { %s }\n' "$1" "$2" >opl2.yaml
	opl2 plan -refresh=false -out=p >/dev/null && opl2 show -json p |
		jq -r '.changes[] | select(.kind == "process") | .addr as $a | .config.args |
			select(.["num-confirmations"]) |
			"\($a) \(.["txmgr.receipt-query-interval"])"' | sort | tee o
}
each() { # each INTERVAL PRESET WITH NAME...: these send, and ask so often
	asks "$2" "$3" >/dev/null || return
	printf "process.%s $1\n" "${@:4}" | sort | diff - o
}
PUBLIC='l1_rpc: "http://127.0.0.1:1", l1_chain_id: 1, l2_chain_id: 42'
for p in v1.19.6 v1.13.7 v1.9.4; do
	test_ok "the devnet with $p" 'each 500ms devnet "programs: $p" op-batcher op-proposer'
done
test_ok 'the devnet with dispute games' '
	each 500ms devnet "programs: v1.9.4, proofs: dispute_games, da: calldata" op-batcher op-challenger op-proposer'
test_ok 'a public L1: as upstream' 'each 12s opstack "$PUBLIC" op-batcher op-challenger op-proposer'
test_ok 'a quick one: as the L1 is looked at' '
	each 1s opstack "$PUBLIC, l1_poll_interval: 1s" op-batcher op-challenger op-proposer &&
	each 1s opstack "$PUBLIC, l1_poll_interval: 1s, programs: v1.9.4-meeda, contracts: v2.0.0-beta.3, proofs: dispute_games" \
		op-batcher op-challenger op-proposer'
done_testing
