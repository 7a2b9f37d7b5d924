#!/bin/bash
# The bridge's commands against two scripted chains: every state of a
# withdrawal, what is refused before anything is sent, and what is not.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-bridge.sh"

# Games whose defender has won, proven by admin.
WON='.kind = "games" | .proven = 1699999990 | .prover = $admin | .game.status = 2 | .game.resolved = 1699999980'

# --- arguments --------------------------------------------------------------

test_fails 3 'an amount without a unit' 'opl2 withdraw start 1' 'err_has E1060 && err_has "0.5eth"'
test_fails 3 'nothing' 'opl2 deposit 0eth' 'err_has E1060'
test_fails 3 'no such role' 'opl2 deposit 1eth -from=batcher' 'err_has E1061 && err_has "ROLE: admin"'
test_fails 3 'no recipient' 'opl2 deposit 1eth -to=nobody' 'err_has E1052'
test_fails 3 'nobody can be asked' 'opl2 deposit 1eth' 'err_has E1008 && err_has "hint: give -auto-approve"'
test_fails 3 'no such way' 'opl2 deposit 1eth -via=plane' 'err_has E1003 && err_has "portal or bridge"'
test_fails 3 'half a pair of tokens' "opl2 deposit 1 -erc20=$ADMIN -auto-approve" 'err_has E1012 && err_has l2-token'
test_fails 3 'no layer' 'opl2 send admin 1eth' 'err_has E1003 && err_has -layer'
test_fails 3 'no hash' 'opl2 withdraw prove 0x12' 'err_has E1070'
test_fails 3 'no such part' 'opl2 withdraw begin 1eth' 'err_has E1004'
test_ok 'the parts are listed' '
	run 0 opl2 withdraw -help && out_has "withdraw finalize" &&
	run 0 opl2 help withdraw prove && out_has TXHASH'
test_ok 'none of it sent anything' 'sent'

test_fails 10 'a chain without an L2' '
	{ sed "/^outputs/d" opl2.yaml; } >x && cp artifact.json "$T_DIR/" && fresh bare && mv "$T_DIR/cwd/x" opl2.yaml &&
	cp "$T_DIR/artifact.json" . && opl2 apply -auto-approve -target=key.admin >/dev/null &&
	opl2 import l1_contracts.l1 artifact.json >/dev/null && opl2 deposit 1eth -auto-approve' \
	'err_has E1063 && err_has l2_rpc'

# --- state of a withdrawal, either portal -----------------------------------

stage() { # stage JQ STAGE TEXT: how far it is on such chains
	chain "$1" && run 0 opl2 withdraw status $TX -json &&
		jq -e --arg s "$2" '.stage == $s' "$OUT/stdout" &&
		run 0 opl2 withdraw status $TX && out_has "$3" && sent
}
test_ok 'no output yet' 'stage ".output = false" no_output "block 110 is due in about 10s"'
test_ok 'not safe yet' 'stage ".output = false | .head.l2 = 120" no_output "any moment"'
# The L1 has outputs up to block 90, one every 20 blocks, 40 seconds.
BEHIND=".output = false | .head.l2 = 400"
test_ok 'not before the L2 is so far: the proposer keeps up' '
	stage ".output = false | .head.l2 = 105 | .told = [1699999998, 1699999999]" no_output "is due in about 10s"'
test_ok 'the proposer is behind, and catches up' '
	stage "$BEHIND | .told = [1699999985, 1699999990, 1699999995, 1700000000]" no_output \
		"the proposer is 310 blocks behind; at its pace the output of block 110 is due in about 5s" &&
	run 0 opl2 withdraw status $TX -json && jq -e ".seconds == 5" "$OUT/stdout"'
test_ok 'the time that it was away is not its pace' '
	stage "$BEHIND | .told = [1699990000, 1699999990, 1699999995, 1700000000]" no_output "is due in about 5s"'
test_ok 'the proposer has stopped' '
	stage "$BEHIND | .told = [1699990000, 1699999400]" no_output "310 blocks behind and made its last output 10m ago" &&
	lacks "$OUT/stdout" "due" && run 0 opl2 withdraw status $TX -json && jq -e "has(\"seconds\") | not" "$OUT/stdout"'
test_ok 'it stopped and the L2 too' '
	stage ".output = false | .head.l2 = 110 | .told = [1699990000, 1699999400]" no_output "made its last output 10m ago"'
test_ok 'the proposer never began' '
	stage "$BEHIND | .told = []" no_output "310 blocks behind and has made no output yet"'
test_ok 'games: by their interval' '
	stage ".kind = \"games\" | .output = false | .told = [1699999880, 1699999940]" no_output "any moment" &&
	stage ".kind = \"games\" | .output = false | .told = [1699999910, 1699999970]" no_output "due in about 30s"'
test_ok 'games: nobody makes them any more' '
	stage ".kind = \"games\" | .output = false | .told = [1699999340, 1699999400]" no_output "the last output was made 10m ago"'
test_ok 'provable' 'stage . provable "can be proven"'
test_ok 'maturing, to the second' 'stage ".proven = 1699999990" maturing "in about 3s"'
test_ok 'strictly' 'stage ".proven = 1699999988" maturing "in about 1s"'
test_ok 'ready' 'stage ".proven = 1699999987" ready "can be finalized"'
test_ok 'another output since' 'stage ".proven = 1699999000 | .void = true" provable "output that proved it was removed"'
test_ok 'finalized' 'stage ".finalized = true" finalized finalized'
test_ok 'games: none yet' 'stage ".kind = \"games\" | .output = false" no_output "waits for a game with L2 block 100"'
test_ok 'games: provable' 'stage ".kind = \"games\"" provable "can be proven"'
test_ok 'games over several chains: by the root of this one' '
	stage ".kind = \"games\" | .super = [7, 1]" provable "can be proven"'
test_ok 'games over several chains: not of this one' '
	stage ".kind = \"games\" | .super = [7, 8]" no_output "waits for a game"'
test_ok 'games over several chains: another root of this one is not believed' '
	stage ".kind = \"games\" | .super = [1] | .root = \"ff\"" no_output "waits for a game"'
test_ok 'games: the game runs' 'stage "$WON | .game.status = 0 | .game.created = 1699999995" game "its clock to run out, in about 8s"'
test_ok 'games: it is disputed' 'stage "$WON | .game.status = 0 | .game.created = 1699999995 | .game.claims = 3" game disputed'
test_ok 'games: nobody ends it' 'stage "$WON | .game.status = 0" resolvable "has run out"'
test_ok 'games: air gap' 'stage "$WON | .game.resolved = 1699999995 | .proven = 1699999000" maturing "in about 8s"'
test_ok 'games: maturing' 'stage "$WON" maturing "in about 3s"'
test_ok 'games: ready' 'stage "$WON | .proven = 1699999000" ready finalized'
test_ok 'games: lost' 'stage "$WON | .game.status = 1" provable "lost to a challenger"'
test_ok 'games: blacklisted' 'stage "$WON | .game.black = true" provable "guardian has blacklisted"'
test_ok 'games: another type counts' 'stage "$WON | .game.type = 1" provable "no longer respected"'
test_ok 'games: another type counted when it was made' 'stage "$WON | .game.type = 1 | .game.respected = true" maturing "in about 3s"'
test_ok 'games: its type did not count when it was made' 'stage "$WON | .game.respected = false" provable "no longer respected"'
test_ok 'games: made in this block, too new for a proof' 'stage ".kind = \"games\" | .age = 0" no_output "waits for a game"'
test_ok 'games: older than the type' 'stage "$WON | .game.created = 999" provable "older than the current game type"'
test_ok 'games: proven by another' '
	stage "$WON | .proven = 1699999000 | .prover = \"0x00000000000000000000000000000000000000e1\"" ready finalized &&
	run 0 opl2 withdraw status $TX -json && jq -e ".prover | endswith(\"e1\")" "$OUT/stdout"'
test_ok 'paused, and says so' 'chain ".paused = true" && run 0 opl2 withdraw status $TX && out_has "paused by the guardian"'

# --- refused before anything is sent ----------------------------------------

refused() { # refused CODE JQ TEXT COMMAND...: with nothing sent
	local rc=$1
	chain "$2" && run "$rc" "${@:4}" && err_has "$3" && sent
}
test_ok 'another chain' 'refused 10 ".chain_id = 2" E0812 opl2 withdraw prove $TX'
test_ok 'no portal' 'refused 10 ".kind = \"none\"" E1071 opl2 withdraw start 1eth -auto-approve'
test_ok 'no such transaction' 'refused 3 . "no such transaction" opl2 withdraw prove $ODD'
test_ok 'not so many messages' 'refused 3 . "it has fewer messages" opl2 withdraw prove $TX -message=2'
test_ok 'a proof that lacks the slot' 'refused 10 ".lie = \"value\"" E1072 opl2 withdraw prove $TX'
test_ok 'a proof with a flipped bit' 'refused 10 ".lie = \"node\"" "the storage root does not prove" opl2 withdraw prove $TX'
test_ok 'an account with a flipped bit' 'refused 10 ".lie = \"account\"" "the state root does not prove" opl2 withdraw prove $TX'
test_ok 'an output that is not the L2 node'"'"'s' 'refused 5 ".root = \"ff\"" E1074 opl2 withdraw prove $TX'
test_ok 'a game with a wrong root is not one' 'refused 10 ".kind = \"games\" | .root = \"ff\"" E1073 opl2 withdraw prove $TX'
test_ok 'too early to prove' 'refused 10 ".output = false" "is due in about 10s" opl2 withdraw prove $TX'
test_ok 'too early to finalize' 'refused 10 ".proven = 1699999990" E1073 opl2 withdraw finalize $TX'
test_ok 'unproven' 'refused 10 . "withdraw prove 0x1111" opl2 withdraw finalize $TX'
test_ok 'paused' 'refused 10 ".paused = true" E1065 opl2 withdraw prove $TX'
test_ok 'tokens that are no pair' '
	refused 3 . E1076 opl2 deposit 1 -erc20=$ADMIN -l2-token=$ADMIN -auto-approve'
test_ok 'more places than the token has' '
	refused 3 . E1060 opl2 deposit 1.0000001 -erc20=0xd1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1 -l2-token=$ADMIN -auto-approve'
test_ok 'more than there is' 'refused 10 . E0844 opl2 deposit 11eth -auto-approve'

explained() { # explained REVERT TEXT: what the portal says on finalizing
	refused 10 ".proven = 1 | .refuse = \"$1\"" E1064 opl2 withdraw finalize $TX &&
		err_has "$2"
}
text_error() { # Error(string) of TEXT
	local hex
	hex=$(printf %s "$1" | od -An -tx1 | tr -d ' \n')
	printf '0x08c379a0%064x%064x%-128s' 32 ${#1} "$hex" | tr ' ' 0
}
test_ok 'explained: unproven' 'explained 0x94efd49b "not been proven to the portal by this account"'
test_ok 'explained: a bad proof' 'explained 0x09bde339 "claims a wrong root"'
test_ok 'explained: game type' 'explained 0x27a10cc2 "no longer respected"'
test_ok 'explained: game not over' 'explained 0xa080a3c4 "has not won the game"'
test_ok 'explained: twice' 'explained 0x475a2535 "already finalized"'
test_ok 'explained: paused' 'explained 0xf480973e "paused the bridge"'
test_ok 'explained: older output' 'explained "$(text_error "MerkleTrie: path remainder must share all nibbles with key")" "older than the withdrawal"'
test_ok 'explained: maturing' 'explained "$(text_error "OptimismPortal: proven withdrawal has not matured yet")" "not old enough"'
test_ok 'explained: air gap' 'explained "$(text_error "OptimismPortal: output proposal in air-gap")" "time to object"'
test_ok 'explained: oracle, too early' 'explained "$(text_error "OptimismPortal: proven withdrawal finalization period has not elapsed")" "not old enough"'
test_ok 'what is not known is quoted' 'explained 0x12345678 "custom error 0x12345678"'

# --- the way ----------------------------------------------------------------

test_ok 'output oracle, the whole way' '
	chain ".step = 5" && run 0 opl2 withdraw 0.05eth -auto-approve && out_has "Withdrawal of 0.05eth" &&
	out_has finalized && err_has "can be finalized" &&
	sent "l2 bridgeETHTo l1 proveWithdrawalTransaction l1 finalizeWithdrawalTransaction"'
test_ok 'it is listed' 'run 0 opl2 withdraw list && out_has 0.05eth && out_has finalized'
test_ok 'dispute games, the whole way' '
	chain ".kind = \"games\" | .step = 30" && run 0 opl2 withdraw 0.06eth -via=portal -auto-approve &&
	err_has "the game must be resolved" &&
	sent "l2 initiateWithdrawal l1 proveWithdrawalTransaction l1 resolveClaim l1 resolve l1 finalizeWithdrawalTransaction"'
test_ok 'proven again when the game was lost' '
	chain "$WON | .game.status = 1" && run 0 opl2 withdraw prove $TX && out_has "waits for its clock" &&
	sent "l1 proveWithdrawalTransaction" && [ "$(now .game.n)" = 1 ]'
test_ok 'and when it was blacklisted, on the way' '
	chain "$WON | .game.black = true | .step = 30" && run 0 opl2 withdraw $TX && out_has finalized &&
	sent "l1 proveWithdrawalTransaction l1 resolveClaim l1 resolve l1 finalizeWithdrawalTransaction"'
test_ok 'proven again when the output was removed' '
	chain ".proven = 1699999000 | .void = true | .step = 5" && run 0 opl2 withdraw $TX &&
	sent "l1 proveWithdrawalTransaction l1 finalizeWithdrawalTransaction"'
test_ok 'finalized by the proof of another' '
	chain "$WON | .proven = 1 | .prover = \"0x00000000000000000000000000000000000000e1\"" &&
	run 0 opl2 withdraw finalize $TX && sent "l1 finalizeWithdrawalTransactionExternalProof"'
test_ok 'what is proven is not proven again' 'chain ".proven = 1" && run 0 opl2 withdraw prove $TX && sent'
test_ok 'a call that failed on the L1 is told' '
	chain ".proven = 1 | .success = false" && run 0 opl2 withdraw finalize $TX && err_has W1075'
test_ok 'a deposit' '
	chain && run 0 opl2 deposit 0.5eth -auto-approve && out_has "Deposited 0.5eth." && out_has "has 10eth" &&
	sent "l1 depositTransaction"'
test_ok 'a deposit that fails on the L2' '
	chain ".arrived = 0" && run 1 opl2 deposit 0.6eth -auto-approve && err_has E0832'
test_ok 'no ether is sent to a chain with a gas token' '
	chain ".gas_token = true" && run 10 opl2 deposit 0.7eth -auto-approve && err_has E1078 && sent &&
	run 10 opl2 withdraw 0.05eth -auto-approve && err_has E1078 && sent &&
	run 0 opl2 deposit 0.5 -erc20=0xd1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1 -l2-token=$ADMIN -auto-approve &&
	sent "l1 approve l1 bridgeERC20To"'
test_ok 'newer contracts say that it is ether' '
	chain ".gas_token = false" && run 0 opl2 deposit 0.8eth -auto-approve && sent "l1 depositTransaction"'
test_ok 'tokens are allowed and deposited' '
	chain && run 0 opl2 deposit 0.25 -erc20=0xd1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1 -l2-token=$ADMIN -auto-approve &&
	out_has "Deposited 0.25 tokens." && sent "l1 approve l1 bridgeERC20To"'
test_ok 'tokens' '
	chain && run 0 opl2 withdraw start 0.5 -erc20=0xd1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1 -l2-token=$ADMIN -auto-approve &&
	out_has "Withdrawal of 0.5 tokens" && out_has "has 1.25 tokens" && sent "l2 bridgeERC20To"'
test_ok 'tokens on their way are told with their amount' '
	chain ".tokens = true | .output = false" && run 0 opl2 withdraw status $TX &&
	out_has "Withdrawal of 0.5 tokens:" && out_has "message    0eth from 0x4200" &&
	grep -qi "token      0x\(d1\)\{20\} (0x\(d2\)\{20\} on the L2) for 0x\(e2\)\{20\}" "$OUT/stdout" &&
	run 0 opl2 withdraw list && grep -qi "  0.5 tokens of 0x\(d1\)\{20\}\$" "$OUT/stdout" &&
	run 0 opl2 withdraw list -json && jq -e ".withdrawals[0] | .amount == \"500000\" and
	.decimals == 6 and .value == \"0\"" "$OUT/stdout"'
test_ok 'what it costs is said before, and after' '
	chain && run 0 opl2 send -layer=l1 0x00000000000000000000000000000000000000e3 1eth -auto-approve &&
	err_has "'\''send'\'' needs about 100000 gas at" && out_has "fees paid" &&
	chain && run 0 opl2 withdraw prove $TX -json && jq -e ".transactions == [{step: \"prove\",
	tx: .transactions[0].tx, gas: 21000, fee: \"21000\", gas_estimate: 100000,
	fee_estimate: .transactions[0].fee_estimate}] and
	(.transactions[0].fee_estimate | tonumber) > 100000" "$OUT/stdout"'
test_ok 'ether from one to another' '
	chain && run 0 opl2 send -layer=l1 0x00000000000000000000000000000000000000e1 1eth -auto-approve &&
	out_has "Sent 1eth on L1" && sent "l1 ether"'

test_fails 8 'interrupted, it says how to go on' '
	chain ".output = false" && { env --default-signal=INT opl2 withdraw $TX & } && pid=$! &&
	until_true 100 grep -q "is due in" "$OUT/stdout" "$OUT/stderr" && kill -INT $pid; wait $pid' \
	'err_has E0805 && err_has "withdraw 0x1111" && sent'

# --- a key that is none of the spec -----------------------------------------

OTHER=0x2c7536E3605D9C16a7a3D7b1898e529396a65c23 # of an example's key
export MINE=4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318
(umask 077 && echo $MINE >own.key && echo foo >pw)
cp own.key open.key && chmod 644 open.key
# A vector of geth's tests, which says no address.
cat >k.json <<'J'
{ "crypto": { "cipher": "aes-128-ctr",
  "cipherparams": {"iv": "e0c41130a323adc1446fc82f724bca2f"},
  "ciphertext": "9517cd5bdbe69076f9bf5057248c6c050141e970efa36ce53692d5d59a3984",
  "kdf": "scrypt", "kdfparams": {"dklen": 32, "n": 2, "r": 8, "p": 1,
    "salt": "711f816911c92d649fb4c84b047915679933555030b3552c1212609b38208c63"},
  "mac": "d5e116151c6aa71470e67a7d42c9620c75c4d23229847dcc127794f0732b0db5" },
  "id": "fecfc4ce-e956-48fd-953b-30f8b52ed66c", "version": 3 }
J
TO=0x00000000000000000000000000000000000000e1
chain
for k in -key=env:MINE -key=file:own.key "-key file:$PWD/own.key"; do
	test_ok "$k" '
		run 0 opl2 send -layer=l2 $TO 1eth -auto-approve '"$k"' && out_has $OTHER &&
		! grep -rq $MINE .opl2 "$OUT/stdout" "$OUT/stderr"'
done
test_ok 'a file in the home folder' '
	mv own.key "$HOME/" && run 0 opl2 send -layer=l2 $TO 1eth -auto-approve -key=file:~/own.key; mv "$HOME/own.key" . && out_has $OTHER'
test_ok 'a keystore, its password in a file or a variable' '
	run 0 opl2 send -layer=l2 $TO 1eth -auto-approve -key=keystore:k.json -password-file=pw &&
	out_has 0xd1E64E5480bFaf733Ba7D48712DEcb8227797a4e &&
	PW=foo run 0 opl2 send -layer=l2 $TO 1eth -auto-approve -key=keystore:k.json -password-env=PW'
test_ok 'deposit and withdraw take one too, to its own account' '
	chain && run 0 opl2 deposit 0.1eth -auto-approve -key=file:own.key -json && jq -e ".to == \"$OTHER\"" "$OUT/stdout" &&
	chain ".output = false" && run 0 opl2 withdraw start 0.1eth -auto-approve -key=file:own.key &&
	out_has "prove -wait -key=file:own.key" &&
	chain && run 0 opl2 withdraw prove -key=file:own.key $TX && sent "l1 proveWithdrawalTransaction"'
test_ok 'whose proof is looked at may be anybody' 'run 0 opl2 withdraw status $TX -from=$OTHER'
not_taken() { # not_taken CODE WORDS OPTION...: as a key, and nothing is sent
	chain && run "$1" opl2 send -layer=l2 $TO 1eth -auto-approve "${@:3}" && err_has "$2" && sent
}
for k in 0x$MINE $MINE env:0x$MINE file:$MINE; do
	test_ok "the key itself (${k%4c08*}...)" '
		not_taken 3 "E0476" -key='"$k"' && err_has "contains a private key" && lacks "$OUT/stderr" 4c0883'
done
test_ok 'no place' 'not_taken 3 "-from=ROLE" -key=admin && not_taken 3 E0476 -key=file: && not_taken 3 E0476 "-key=env:A B"'
test_ok 'a file that others may read' 'not_taken 10 "chmod 600" -key=file:open.key'
test_ok 'a file that does not exist' 'not_taken 10 "none.key" -key=file:none.key'
test_ok 'a variable that is not set' 'not_taken 10 "NOT_SET" -key=env:NOT_SET'
test_ok 'a file without a key' 'not_taken 10 "-key=file:pw" -key=file:pw && lacks "$OUT/stderr" foo'
test_ok 'a keystore without its password, or with two' '
	not_taken 3 E0477 -key=keystore:k.json && not_taken 3 E0477 -key=keystore:k.json -password-file=pw -password-env=PW'
test_ok 'a password for none' 'not_taken 3 E0477 -key=file:own.key -password-file=pw && not_taken 3 E0477 -password-file=pw'
test_ok 'a wrong password' 'PW=bar not_taken 10 "k.json" -key=keystore:k.json -password-env=PW && lacks "$OUT/stderr" bar'
test_ok 'two who sign' 'not_taken 3 E1012 -key=file:own.key -from=admin'
test_ok 'help, manual and completion have it' '
	opl2 help deposit | grep -q -e -key && opl2 help withdraw prove | grep -q -e -password-file &&
	opl2 help -man | grep -q "keystore:PATH" && opl2 completion bash | grep -q -e -password-env'

# --- broken off -------------------------------------------------------------

test_ok 'a start that was broken off is not begun again' '
	chain && for p in ledger.begun sender.before_send sender.sent sender.mined ledger.ended; do
		killed $p opl2 withdraw start 0.07eth -auto-approve || exit 1
	done
	run 0 opl2 withdraw start 0.07eth -auto-approve && out_has "An earlier run started" && sent "l2 bridgeETHTo"'
test_ok 'after which it is another one' '
	run 0 opl2 withdraw start 0.07eth -auto-approve && sent "l2 bridgeETHTo l2 bridgeETHTo"'
test_ok 'what another command had begun is ended first' '
	chain && killed sender.sent opl2 send -layer=l1 admin 1eth -auto-approve &&
	run 0 opl2 withdraw prove $TX && err_has "of an earlier run" && sent "l1 ether l1 proveWithdrawalTransaction"'
done_testing
