#!/bin/bash
# Dispute games: what is said of them, and what is sent to end them.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-bridge.sh"

# The first game, in each state; the second one runs.
games() { chain ".kind = \"games\" | $1"; }
OVER='.game.status = 2 | .game.credit = 80000000000000000'
line() { # line N TEXT: what the list says of game N
	run 0 opl2 games list && grep "^#$1 " "$OUT/stdout" | grep -F "$2"
}

test_ok 'a game that runs' 'games . && line 1 "undisputed, its clock runs for 7s" && line 1 "L2 block 100" && sent'
test_ok 'one whose clock has run out' 'games . && line 0 "opl2 games resolve"'
test_ok 'a disputed one' 'games ".game.claims = 3" && line 0 "disputed: 3 claims"'
test_ok 'a lost one' 'games ".game.status = 1" && line 0 "lost to a challenger"'
test_ok 'a won one' 'games "$OVER | .game.credit = 0" && line 0 won && lacks "$OUT/stdout" "games claim"'
test_ok 'a bond to be claimed' 'games "$OVER" && line 0 "won, 0.08eth can be claimed" &&
	out_has "Bonds: 0.08eth in running games, 0.08eth to be claimed."'
test_ok 'one that is unlocked' 'games "$OVER | .game.unlocked = true" && line 0 "after its delay"'
test_ok 'one whose claim is over several chains' 'games ".super = [42069] | .game.type = 5" &&
	line 0 "type 5" && line 0 "several chains" && lacks "$OUT/stdout" "L2 block" &&
	run 0 opl2 games show 0 && out_has "for several chains" &&
	run 0 opl2 games list -json && jq -e ".games[0] | has(\"block\") | not" "$OUT/stdout"'
test_ok 'as JSON' 'games "$OVER" && run 0 opl2 games list -json &&
	jq -e ".games | length == 2 and .[1].status == 2 and .[1].bond == \"80000000000000000\"" "$OUT/stdout"'
test_ok 'only the newest' 'games . && run 0 opl2 games list -newest=1 -json && jq -e ".games | length == 1" "$OUT/stdout"'
test_fails 3 'none of them' 'opl2 games list -newest=0' 'err_has E1003'

test_ok 'one, by its number' 'games . && run 0 opl2 games show 0 && out_has "Game 0:" && out_has "bond       0.08eth"'
test_ok 'and by its address' "games . && run 0 opl2 games show 0x$(printf 'b2%.0s' {1..20}) && out_has 'Game 1:'"
test_fails 3 'one that is not there' 'opl2 games show 7' 'err_has E1077 && err_has "opl2 games list"'

test_ok 'what is due is resolved, and nothing else' '
	games . && run 0 opl2 games resolve && sent "l1 resolveClaim l1 resolve" && out_has "fees paid" && line 0 won'
test_ok 'again: nothing to do' 'run 0 opl2 games resolve && out_has "No game can be resolved now."'
test_ok 'a disputed game is left to its challenger' '
	games ".game.claims = 3" && run 0 opl2 games resolve && sent'
test_ok 'an older bond is claimed at once' 'games "$OVER" && run 0 opl2 games claim && sent "l1 claimCredit" &&
	out_has claim-bond && line 0 won'
test_ok 'a newer one is unlocked, then claimed' '
	games "$OVER | .game.unlocked = false" && run 0 opl2 games claim && out_has unlock-bond && sent "l1 claimCredit" &&
	run 0 opl2 games claim && out_has claim-bond && sent "l1 claimCredit l1 claimCredit"'
test_ok 'without a bond: nothing is sent' 'games ".game.status = 2" && run 0 opl2 games claim && out_has "No bond can be claimed now." && sent'
test_ok 'a chain without games' 'chain && run 0 opl2 games list && sent'
done_testing
