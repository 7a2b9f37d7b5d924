#!/bin/bash
# Dispute games: an output of the proposer is won by its defender and moves the
# anchor on; a stranger's invalid one is countered by the challenger, is lost,
# and does not move the anchor.
. "$(dirname "$0")/lib.sh"

D=$WORK/dispute
# Time enough for a challenger on a loaded machine; each game takes as long.
CLOCK=${OPL2_E2E_CLOCK:-90}
mkdir -p "$D"
# The challenger moves by a remote signer; an account of anvil's.
signer 92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e "$WORK/challenger"
cat >"$D/opl2.yaml" <<EOF
opl2: 1
name: dispute
use: devnet
with:
  l1: anvil
  da: calldata
  programs: v1.9.4
  proofs: dispute_games
  game_clock: ${CLOCK}s
  proposal_interval: 30s
  roles:
    challenger:
      signer:
        url: "http://127.0.0.1:$PORT"
        address: "0x976EA74026E726554dB657fA54763abd0C3a0aa9"
port_offset: 300
EOF
cd "$D" || bail "no $D"
cleanup() {
	end_chain "$D"
	[ -n "${OPL2_E2E_DIR:-}" ] || rm -rf "$WORK"
}
trap cleanup EXIT

out() { opl2 output -json | jq -er "$1"; }
show() { opl2 state show -json "$1" | jq -er "$2"; }
logs() {
	tail -n 20 .opl2/logs/op-challenger.log | cut -c1-300 | sed 's/^/# /'
}

ok 'apply brings up a chain with dispute games' opl2 apply -auto-approve ||
	done_testing
L1=$(out .l1_rpc) NODE=$(out .rollup_rpc) FACTORY=$(out .game_factory)
REGISTRY=$(jq -er .AnchorStateRegistryProxy "$(out .artifact)")
CAST=$(show toolchain.cast .attrs.path)
ADMIN=$(show key.admin .attrs.address)
CHALLENGER=$(show key.challenger .attrs.address)

ask() { # ask CONTRACT VIEW [ARG...]: each value it returns on a line
	"$CAST" call -r "$L1" "$@" | sed 's/ .*//'
}
games() { ask "$FACTORY" 'gameCount()(uint256)'; }
anchor() { ask "$REGISTRY" 'anchors(uint32)(bytes32,uint256)' 0; }
anchor_block() { anchor | sed -n 2p; }
verdict() { # verdict GAME N: 1 the challenger wins, 2 the defender
	[ "$(ask "$1" 'status()(uint8)')" = "$2" ]
}

N0=$(nonce "$L1" "$ADMIN")
again() {
	opl2 apply -auto-approve >again.txt 2>&1 &&
		grep -q '^No changes' again.txt &&
		[ "$(nonce "$L1" "$ADMIN")" = "$N0" ] || { cat again.txt; return 1; }
}
ok 'a second apply does nothing' again
same_prestate() {
	local game
	game=$(ask "$FACTORY" 'gameImpls(uint32)(address)' 0) &&
		[ "$(ask "$game" 'absolutePrestate()(bytes32)')" = \
			"$(out .prestate.hash)" ]
}
ok 'games judge by the prestate that was made' same_prestate

ok 'the proposer makes a game' wait_for 90 above 0 games || done_testing
HONEST=$(ask "$FACTORY" 'gameAtIndex(uint256)(uint32,uint64,address)' 0 | tail -n 1)

BAD=0x$(printf 'bad0%.0s' {1..16})
propose() { # an invalid output of the safe head, by a stranger
	local block
	block=$(safe_height "$NODE") &&
		"$CAST" send -r "$L1" --json --private-key \
			"$(cat "$(out '.dev_accounts[1].key_file')")" \
			--value "$(ask "$FACTORY" 'initBonds(uint32)(uint256)' 0)" \
			"$FACTORY" 'create(uint32,bytes32,bytes)' 0 "$BAD" \
			"$("$CAST" abi-encode 'f(uint256)' "$block")" >lie.json &&
		jq -e '.status == "0x1"' lie.json
}
ok 'a stranger proposes an invalid output' propose || done_testing
# DisputeGameCreated(address indexed, ...) is the last of its events.
LIE=0x$(jq -er '.logs[-1].topics[1][26:]' lie.json)
CLAIM='claimData(uint256)(uint32,address,address,uint128,bytes32,uint128,uint128)'
countered() { [ "$(ask "$LIE" "$CLAIM" 1 | sed -n 3p)" = "$CHALLENGER" ]; }
ok 'the challenger counters it' wait_for $((CLOCK - 10)) countered || logs

ok 'the honest game is won by its defender' \
	wait_for $((CLOCK + 60)) verdict "$HONEST" 2 || logs
BLOCK=$(ask "$HONEST" 'l2BlockNumber()(uint256)')
ok 'and moves the anchor on' wait_for 30 above $((BLOCK - 1)) anchor_block
ok 'the invalid output is lost to the challenger' \
	wait_for $((CLOCK + 60)) verdict "$LIE" 1 || logs
true_anchor() {
	local root block
	{ read -r root && read -r block; } < <(anchor)
	echo "$root of block $block"
	[ "$root" = "$(rpc "$NODE" optimism_outputAtBlock \
		"[\"$(printf 0x%x "$block")\"]" | jq -er .outputRoot)" ]
}
ok 'the anchor is an output of the L2' true_anchor
ok 'a moved anchor is no drift' again
ok 'the challenger has moved by its signer' signed "$WORK/challenger"
done_testing
