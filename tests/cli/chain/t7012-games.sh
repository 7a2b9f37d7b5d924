#!/usr/bin/env bash
# status and doctor name a dispute game by which somebody else than the proposer
# claims another output than the node computes.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-chain.sh"

FACTORY=0x00000000000000000000000000000000000000b1
GAME=0x0000000000000000000000000000000000000911
WETH=0x00000000000000000000000000000000000000b2
THEIRS=0x00000000000000000000000000000000000000e1
NOW=$(date +%s)
HEAD=$((NOW + 900)) # heads do not grow old while this runs
# w NUMBER: a word, also of 160 bits when it is hex
w() {
	case $1 in
	0x*) printf '%64s' "${1#0x}" | tr ' A-F' '0a-f' ;;
	*) printf '%064x' "$1" ;;
	esac
}
serve_l1 "{ eth_getCode: { \"$FACTORY\": \"0x60\", \"$WETH\": \"0x60\" }, eth_getBalance: \"0x7\", eth_getTransactionCount: \"0x1\",
	eth_getBlockByNumber: { number: \"0x10\", timestamp: \"$(printf '0x%x' $HEAD)\" },
	optimism_syncStatus: { head_l1: { number: 16 }, unsafe_l2: { number: 900, timestamp: $HEAD },
		safe_l2: { number: 880, timestamp: $HEAD, l1origin: { number: 15 } } },
	optimism_rollupConfig: { block_time: 2, seq_window_size: 3600 },
	optimism_outputAtBlock: { outputRoot: \"0x$(w 7)\" } }"
end_all() {
	opl2 stop -force
	kill $server
	rm -rf "$T_DIR"
} >/dev/null 2>&1
trap end_all EXIT

# game ROOT STATUS CLAIMS CREATOR: the one game of the factory, made 10 minutes
# ago with a clock of an hour, for block 880
game() {
	local found
	found=$(w 32)$(w 1)$(w 32)$(w 0)$(w 0)$(w $((NOW - 600)))$(w "$1")$(w 160)$(w 32)$(w 880)
	set_rpc ".eth_call += {
		\"$FACTORY:0x4d1975b4\": \"0x$(w 1)\",
		\"$FACTORY:0x254bd683$(w 0)$(w 0)$(w 1)\": \"0x$found\",
		\"$FACTORY:0x254bd683$(w 0)$(w 0)$(w 20)\": \"0x$found\",
		\"$FACTORY:0xbb8aa1fc$(w 0)\": \"0x$(w 0)$(w 0)$(w $GAME)\",
		\"$GAME:0x200d2ed2\": \"0x$(w "$2")\",
		\"$GAME:0x8980e0cc\": \"0x$(w "$3")\",
		\"$GAME:0xdabd396d\": \"0x$(w 3600)\",
		\"$GAME:0xc6f0308c$(w 0)\": \"0x$(w 0)$(w 0)$(w "$4")$(w 0)$(w 0)$(w 1)$(w 0)\" }"
}
finds() { # finds CODE... of doctor; none: nothing
	local rc=0
	[ $# -eq 0 ] || rc=1
	run $rc opl2 doctor -json && jq -e --arg c "$*" \
		'[.findings[].code] == ($c | split(" "))' "$OUT/stdout"
}

says() { # says TEXT: doctor, however it breaks its lines
	run 1 opl2 doctor && tr -s ' \n' ' ' <"$OUT/stdout" >"$OUT/flat" && has "$OUT/flat" "$1"
}

{
	chain_spec
	cat <<-Y
		  process:
		    op-node:
		      command: [/bin/sleep, "1000"]
		      urls: { rpc: "$L1_URL" }
		    op-proposer:
		      command: [/bin/sh, -c, "exec sleep 1000", sh]
		      args: { game-factory-address: "$FACTORY", game-type: 0 }
		      owns: { sender: "\${key.admin.address}" }
		outputs: { rollup_rpc: "\${process.op-node.urls.rpc}" }
	Y
} | spec

game 7 0 1 $ADMIN
test_ok 'a chain with games, and one of the proposer' '
	adopt "{ DisputeGameFactoryProxy: \"$FACTORY\", DelayedWETHProxy: \"$WETH\" }" &&
	opl2 apply -auto-approve -target=process.op-node -target=process.op-proposer &&
	finds && run 0 opl2 status'
game 7 0 1 $THEIRS
test_ok 'what another claims, and the node computes too, is no matter' 'finds'
game 13 0 1 $THEIRS
test_ok 'another root: who, what, how long, and what to do' '
	finds E1163 && says "game $GAME, made by $THEIRS, claims 0x$(w 13) for block 880; the node computes 0x$(w 7)" &&
	grep -qE "its clock runs for 0h(4[0-9]|50)m, until 20" "$OUT/flat" && says "run an op-challenger"'
test_ok 'status says it, too' '
	run 1 opl2 status && out_has "games: game $GAME, made by $THEIRS"'
game 13 0 3 $THEIRS
test_ok 'one that is disputed' 'finds E1163 && says "it is disputed, with 3 claims"'
game 13 2 1 $THEIRS
test_ok 'one that was won' 'finds E1163 && says blacklist'
game 13 1 3 $THEIRS
test_ok 'one that was lost is over' 'finds'
game 13 0 1 $ADMIN
test_ok "the proposer's own is E1114" 'finds E1114'

# An hour ago the account had an ether, and the contract of the bonds as much.
ETHER=de0b6b3a7640000
spent() { # spent BONDS: what doctor and status make of so much in the contract
	set_rpc ".eth_getBalance = \"0x16345785d8a0000\" | .[\"eth_getBalance 0x1\"] = \"0x$ETHER\" |
		.[\"eth_getBalance 0x10\"] = \"0x$1\" |
		.[\"eth_getBlockByNumber 0x1\"] = { number: \"0x1\", timestamp: \"$(printf '0x%x' $((HEAD - 3600)))\" }"
}
game 7 0 1 $ADMIN
spent $ETHER
test_ok 'what the proposer spends is told' '
	finds W1117 && run 1 opl2 status && out_has "0.1eth, enough for 0 hours at 21.6eth a day"'
spent 1b$ETHER
test_ok '... bonds that come back are not spent' '
	finds && run 0 opl2 status && out_has "0.1eth" && lacks "$OUT/stdout" "enough for"'
done_testing
