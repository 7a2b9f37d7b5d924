#!/bin/bash
# The bridge's commands where the chains do not do what was expected: nothing is
# paid twice, and what was paid is told.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-bridge.sh"

WON='.kind = "games" | .proven = 1699999990 | .prover = $admin | .game.status = 2 | .game.resolved = 1699999980'

# --- paid, and not told: never paid again ------------------------------------

paid() { # paid AMOUNT JQ: such a deposit, and what the L1 is after it
	chain && killed ledger.ended timeout 60 opl2 deposit $1 -auto-approve && jq "$2" "$CHAIN" >chain.new &&
		mv chain.new "$CHAIN" && sent "l1 depositTransaction"
}
unsure() { # unsure AMOUNT JQ TEXT
	paid $1 "$2" && run 12 timeout 60 opl2 deposit $1 -auto-approve && err_has E0878 && err_has "$3" &&
		err_has "nothing was sent" && sent "l1 depositTransaction"
}
anew() { # anew AMOUNT JQ: the L1 is another one, of the same block 0
	paid $1 "$2" && run 0 timeout 60 opl2 deposit $1 -auto-approve && lacks "$OUT/stdout" "An earlier run" &&
		sent "l1 depositTransaction l1 depositTransaction"
}
test_ok 'a deposit that is in the L1 is not made again' '
	paid 0.3eth . && run 0 opl2 deposit 0.3eth -auto-approve && out_has "An earlier run started this deposit" &&
	sent "l1 depositTransaction"'
test_ok 'two nodes behind one URL, one of which is behind' 'unsure 0.31eth ".behind = true" "behind that block"'
test_ok 'a node without receipts and blocks' 'unsure 0.32eth ".forgets = \"blocks\"" "the nonce is used"'
test_ok 'a node that is behind' 'unsure 0.33eth ".forgets = \"receipts\" | .head.l1 = 49" "behind that block"'
test_ok 'a node without receipts, whose block has it' '
	paid 0.34eth ".forgets = \"index\"" && run 1 opl2 deposit 0.34eth -auto-approve && err_has E0832 &&
	err_has "no longer has" && sent "l1 depositTransaction"'
test_ok 'another L1: a younger one, later than this' 'anew 0.35eth ".mined = {} | .head.l1 = 49 | .now = 4000000000"'
test_ok 'another L1: its block has other transactions' 'anew 0.36eth ".mined = {}"'
test_ok 'another L1: no block, and a nonce that is free' 'anew 0.37eth ".mined = {} | .nonce.l1 = 0 | .forgets = \"blocks\""'

# --- on the way ---------------------------------------------------------------

test_ok 'a transaction that fails on the L1 is explained, and the next one is another' '
	chain ".fails = true" && run 1 opl2 deposit 0.4eth -auto-approve && err_has E0842 && err_has failed &&
	sent "l1 depositTransaction" && run 1 opl2 deposit 0.4eth -auto-approve &&
	sent "l1 depositTransaction l1 depositTransaction" &&
	jq ".fails = false" "$CHAIN" >chain.new && mv chain.new "$CHAIN" && run 0 opl2 deposit 0.4eth -auto-approve &&
	lacks "$OUT/stdout" "An earlier run"'
test_ok 'why it failed is said' '
	chain ".proven = 1 | .fails = \"0x475a2535\"" && run 1 opl2 withdraw finalize $TX && err_has E0842 &&
	err_has "already finalized" && sent "l1 finalizeWithdrawalTransaction"'
test_ok 'another command is not kept from its own by it' '
	chain && killed sender.sent opl2 send -layer=l1 admin 2eth -auto-approve &&
	jq ".fails = true" "$CHAIN" >chain.new && mv chain.new "$CHAIN" && run 1 opl2 withdraw prove $TX &&
	err_has "of an earlier run: send 1 of 1" && err_has "prove 1 of 1" && sent "l1 ether l1 proveWithdrawalTransaction"'
test_ok 'a deposit through the bridge, and one whose message fails' '
	chain && run 0 opl2 deposit 0.41eth -via=bridge -auto-approve && sent "l1 bridgeETHTo" &&
	chain ".arrived = 2" && run 1 opl2 deposit 0.42eth -via=bridge -auto-approve && err_has E0832 &&
	err_has "its call of" && err_has -l2-gas && sent "l1 bridgeETHTo"'
test_ok 'what is allowed already is not allowed again' '
	tokens() { opl2 deposit 0.25 -erc20=0x$(printf "d1%.0s" {1..20}) -l2-token=$ADMIN -auto-approve; }
	chain ".allowed = 250000" && run 0 tokens && sent "l1 bridgeERC20To" &&
	chain ".allowed = 249999" && run 0 tokens && sent "l1 approve l1 bridgeERC20To"'
test_ok 'a portal that makes no deposit' '
	chain ".deposits = null" && run 1 opl2 deposit 0.43eth -auto-approve && err_has "made no deposit" &&
	sent "l1 depositTransaction"'
test_fails 8 'interrupted while the L2 has not seen it, it goes on from there' '
	chain ".arrived = -1" && { env --default-signal=INT opl2 deposit 0.44eth -auto-approve & } && pid=$! &&
	until_true 100 grep -q "waits for the L2" "$OUT/stdout" "$OUT/stderr" && kill -INT $pid; wait $pid' \
	'err_has E0805 && err_has "continues where it stopped" && sent "l1 depositTransaction"'
test_ok 'which it does' '
	jq ".arrived = 1" "$CHAIN" >chain.new && mv chain.new "$CHAIN" && run 0 opl2 deposit 0.44eth -auto-approve &&
	out_has "An earlier run started this deposit" && sent "l1 depositTransaction"'
test_ok 'ether that was sent and not told is not sent again' '
	chain && killed ledger.ended opl2 send -layer=l1 $ADMIN 3eth -auto-approve &&
	run 0 opl2 send -layer=l1 $ADMIN 3eth -auto-approve && out_has "An earlier run started to send this" &&
	sent "l1 ether"'
test_ok 'nothing is sent while it cannot be read what was' '
	chain && killed sender.sent opl2 send -layer=l1 admin 4eth -auto-approve && f=$(ls -t .opl2/ledger/send-* | head -1) &&
	cp "$f" kept && sed -i "1s/begin/begun/" "$f" && run 11 opl2 deposit 0.45eth -auto-approve && err_has E0840 &&
	err_has "damaged at line 1" && run 11 opl2 withdraw prove $TX && err_has E0840 && sent "l1 ether" &&
	cp kept "$f" && run 0 opl2 deposit 0.45eth -auto-approve && sent "l1 ether l1 depositTransaction"'
test_ok 'a game with more claims than fit in a block is left to its challenger' '
	chain "$WON | .game.status = 0 | .game.claims = 1000" && run 10 opl2 withdraw $TX && err_has "1000 claims" &&
	err_has "challenger resolves" && sent'
test_ok 'a withdrawal that failed on the L2' '
	chain ".message_fails = true" && run 3 opl2 withdraw prove $TX && err_has "failed on the L2" && sent'
test_ok 'the oracle follows the safe head' '
	chain ".output = false | .head.l2 = 400 | .head.safe = 105" && run 0 opl2 withdraw status $TX &&
	out_has "the safe head is at 105"'

# --- before anything is sent --------------------------------------------------

test_fails 3 'no address' 'chain && opl2 send -layer=l1 0x12 1eth -auto-approve' 'err_has E1052 && sent'
test_fails 3 'a token that is no address' \
	"opl2 deposit 1 -erc20=0x12 -l2-token=$ADMIN -auto-approve" 'err_has E1003 && err_has "no address" && sent'
test_fails 3 'no such way to withdraw' 'opl2 withdraw start 1eth -via=plane -auto-approve' \
	'err_has E1003 && err_has "use bridge or portal" && sent'
test_ok 'nothing was withdrawn' '
	rm -rf none && mkdir none && cp opl2.yaml none && mkdir none/.opl2 && cp .opl2/state.json none/.opl2 && cd none &&
	run 0 opl2 withdraw list && out_has "No withdrawal was started here."'
test_fails 10 'contracts without an L1 bridge' '
	jq "del(.L1StandardBridgeProxy)" artifact.json >a.json && opl2 state rm -auto-approve l1_contracts.l1 >/dev/null && rm deployments/t.json &&
	opl2 import l1_contracts.l1 a.json >/dev/null && opl2 deposit 1eth -via=bridge -auto-approve' \
	'err_has E1063 && err_has L1StandardBridge && err_has "opl2 state show" && sent'
done_testing
