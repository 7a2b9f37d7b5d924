#!/bin/bash
# What doctor names of a chain with dispute games, provoked on real programs.
# OPL2_SOAK_ONLY: an extended regular expression of the codes to provoke;
# OPL2_SOAK_OFFSET: of the ports (1250).
. "$(dirname "$0")/../e2e/lib.sh"
. "$(dirname "$0")/lib.sh"

OFFSET=${OPL2_SOAK_OFFSET:-1250}
begin games

cat >base.yaml <<E2
opl2: 1
name: games
use: devnet
port_offset: $OFFSET
with:
  l1: anvil
  l1_block_time: 1s
  da: calldata
  programs: v1.9.4
  proofs: dispute_games
  game_clock: 90s
  proposal_interval: 10s
E2
cp base.yaml opl2.yaml
ok 'apply' opl2 apply -auto-approve || done_testing
L1=$(out .l1_rpc) FACTORY=$(out .game_factory)
CAST=$(show toolchain.cast .attrs.path)
ARTIFACT=$(out .artifact)
games() { "$CAST" call -r "$L1" "$FACTORY" 'gameCount()(uint256)' | sed 's/ .*//'; }
ok 'games are made' wait_for 90 above 1 games
ok 'nothing is wrong' opl2 doctor
provoke_args() { # provoke_args CODE WHAT SECONDS PROCESS ARGS
	provoke "$1" "$2" "$3" "resources: { process: { $4: { args: { $5 } } } }"
}

provoke_args E1136 op-challenger 60 op-challenger 'cannon-prestate: /nowhere/prestate.bin.gz'
# A program that is none of the games': cannon's state of another one.
other_prestate() {
	local cannon
	cannon=$(jq -er '.resources[] | select(.addr == "process.op-challenger") | .config.args["cannon-bin"]' .opl2/state.json)
	"$cannon" run --input "$(out .prestate.file)" --meta '' --stop-at '=1' \
		--output "$D/other.bin.gz" --proof-fmt '' --info-at never
	test -s "$D/other.bin.gz"
}
if wanted E1136; then
	ok 'another prestate' other_prestate
	provoke_args E1136 op-challenger 60 op-challenger "cannon-prestate: $D/other.bin.gz"
fi
provoke_args E1137 op-challenger 90 op-node 'safedb.path: null'
provoke_args E1143 op-proposer 60 op-proposer 'game-type: 7'
# shellcheck disable=SC2016
provoke E1143 op-proposer 60 'resources: { process: { op-proposer: {
  args: { game-type: 1 }, env: { OP_PROPOSER_PRIVATE_KEY: "${key.dev-0.private_key}" },
  owns: { sender: "${key.dev-0.address}" } } } }'

slot() { "$CAST" keccak "$("$CAST" abi-encode 'f(uint256,uint256)' "$1" 1)"; }
set_anchor() { # set_anchor WORD: the root of type 0
	rpc "$L1" anvil_setStorageAt "[\"$(jq -er .AnchorStateRegistryProxy "$ARTIFACT")\", \"$(slot 0)\", \"$1\"]" >/dev/null
}
if wanted E1135; then
	ROOT_NOW=$("$CAST" storage -r "$L1" "$(jq -er .AnchorStateRegistryProxy "$ARTIFACT")" "$(slot 0)")
	ok 'the anchor is there' test "$(wei "int('$ROOT_NOW', 16) > 0")" = True
	set_anchor "0x$(printf '0%.0s' {1..64})"
	ok 'E1135: games without an anchor' named E1135 op-proposer 60
	set_anchor "$ROOT_NOW"
	N=$(games)
	ok '... are made again with it' wait_for 60 above "$N" games
	ok '... and the finding goes' eventually_well
fi
done_testing
