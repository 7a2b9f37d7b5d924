#!/bin/bash
# The bridge: a deposit and a withdrawal, killed at every point where something
# is sent and wherever it waits, each command given again until it ends, pay
# for each transaction once. What the official client has started is finished
# from another folder, and the other way round. The keys are where keys can be:
# in keystores, at remote signers, and in files.
. "$(dirname "$0")/lib.sh"

D=$WORK/bridge
mkdir -p "$D"
# Accounts of anvil's, whose mnemonic is public.
signer 92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e "$WORK/batcher"
BATCHER=http://127.0.0.1:$PORT
signer 4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356 "$WORK/dev-1"
DEV1=http://127.0.0.1:$PORT
cp "$ROOT"/tests/e2e/keystore-*.json "$D"
(umask 077 && echo anvil >"$D/password")
cat >"$D/opl2.yaml" <<Y
opl2: 1
name: bridge
use: devnet
with:
  da: calldata
  submission_interval: 10
  roles:
    admin: { keystore: keystore-admin.json, password_file: password }
    proposer: { keystore: keystore-proposer.json, password_file: password }
    batcher:
      signer: { url: "$BATCHER", address: "0x976EA74026E726554dB657fA54763abd0C3a0aa9" }
port_offset: 800
resources:
  key:
    dev-1:
      source:
        generate: null
        signer: { url: "$DEV1", address: "0x14dC79964da2C08b23698B3D3cc7Ca32193d9955" }
Y
cd "$D" || bail "no $D"
cleanup() {
	end_chain "$D"
	[ -n "${OPL2_E2E_DIR:-}" ] || rm -rf "$WORK"
}
trap cleanup EXIT
# The example's packages are both clients.
cp -r "$ROOT/examples/bridge-sdk" "$WORK/sdk"
(cd "$WORK/sdk" && npm install --silent --no-audit --no-fund --ignore-scripts) \
	>"$WORK/npm.txt" 2>&1 &
NPM=$!

out() { opl2 output -json | jq -er "$1"; }
ok 'apply brings the devnet up' opl2 apply -auto-approve || done_testing
L1=$(out .l1_rpc) L2=$(out .l2_rpc) ART=$(out .artifact)
KEY=$(out '.dev_accounts[0].key_file')
DEV=$(out '.dev_accounts[0].address')
ADMIN=$(opl2 state show -json key.admin | jq -er .attrs.address)
# tests/cli/chain/t7005-bridge.sh has those of the ledger too.
POINTS='sender.before_send sender.sent sender.mined'

sdk() { # sdk STEP KEYFILE WHAT [games]
	NODE_PATH=$WORK/sdk/node_modules timeout 300 node \
		"$ROOT/tests/e2e/sdk-withdraw.js" "$1" "$L1" "$L2" "$ART" "${@:2}"
}
has() { # has RPC ADDRESS WEI
	local v
	v=$(balance "$1" "$2") && [ "$(printf '%d' "$v")" = "$3" ] || { echo "$2 has $v"; return 1; }
}
dies() { # dies POINT COMMAND...: its worker is killed there
	local rc
	OPL2_FAULT=$1 "${@:2}" >died.txt 2>&1
	rc=$?
	[ $rc -ne 0 ] && grep -q 'killed\|died\|signal' died.txt ||
		{ echo "exit $rc at $1"; cat died.txt; return 1; }
}
shot() { # shot TEXT COMMAND...: kill -9 of all of it once it says TEXT
	local pid end=$((SECONDS + 60))
	setsid "${@:2}" >shot.txt 2>&1 &
	pid=$!
	until grep -q "$1" shot.txt; do
		kill -0 $pid 2>/dev/null && [ $SECONDS -lt $end ] || { cat shot.txt; return 1; }
		sleep 0.1
	done
	# shellcheck disable=SC2046
	kill -9 $pid $(pgrep -P $pid)
	wait $pid 2>/dev/null
	return 0
}

# --- what crosses to and from the official client, in the background ---------

wait $NPM
ok 'the official client is installed' test -d "$WORK/sdk/node_modules/ethers"

# viem's way with an account of its own, the ninth of anvil's, as users do it.
echo 0xdbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97 >viem.key
opl2 address -viem >"$WORK/sdk/chain.mjs"
ok 'ether for another account' \
	opl2 send -layer=l1 0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f 2eth -auto-approve
viem() { # viem deposit|withdraw ETHER
	BRIDGE=$WORK/sdk timeout 600 node "$ROOT/tests/e2e/viem.mjs" "$1" "$L1" "$L2" \
		"$WORK/sdk/chain.mjs" viem.key "$2"
}
(viem deposit 0.5 && viem withdraw 0.1) >viem.txt 2>&1 &
VIEM=$!
sdk_starts() { sdk start "$KEY" 0.01 >sdk-tx.txt; }
ok 'it starts a withdrawal' sdk_starts
opl2_starts() {
	opl2 withdraw start 0.02eth -from dev-1 -to dev-0 -auto-approve -json >start.json &&
		jq -er .l2_tx start.json >our-tx.txt
}
ok 'opl2 starts another' opl2_starts
sdk finish "$KEY" "$(cat our-tx.txt)" >sdk-finish.txt 2>&1 &
SDK=$!

batcher() {
	exits 10 opl2 deposit 1eth -from batcher -auto-approve >batcher.txt 2>&1 &&
		grep -q E1062 batcher.txt
}
ok 'the key of a process that runs is left alone' batcher

# --- a deposit, killed ------------------------------------------------------

TO=0x00000000000000000000000000000000000b41d9
N1=$(nonce "$L1" "$ADMIN")
deposit=(opl2 deposit 0.1eth -to "$TO" -auto-approve)
# Or the L2 has followed the L1 before the last kill.
ok 'an L2 that stands still' opl2 stop op-node
for p in $POINTS; do
	ok "a deposit that dies at $p" dies "$p" "${deposit[@]}"
done
ok 'and while it waits for the L2' shot 'waits for the L2' "${deposit[@]}"
ok 'it goes on' opl2 start op-node
ends() {
	"${deposit[@]}" >deposit.txt && cat deposit.txt &&
		grep -q 'An earlier run started' deposit.txt
}
ok 'ends when it is given again' ends
ok 'and has arrived once' has "$L2" $TO 100000000000000000
ok 'by one transaction' test "$(nonce "$L1" "$ADMIN")" = $((N1 + 1))
ok 'after that it is another deposit' "${deposit[@]}"
ok 'which arrives too' has "$L2" $TO 200000000000000000
ok 'gas for the L2' opl2 deposit 1eth -via bridge -auto-approve

# --- a withdrawal, killed ---------------------------------------------------

BACK=0x00000000000000000000000000000000000b41da
N1=$(nonce "$L1" "$ADMIN") N2=$(nonce "$L2" "$ADMIN")
withdraw=(opl2 withdraw 0.3eth -to "$BACK" -auto-approve)
for p in $POINTS; do
	ok "a withdrawal that dies at $p, starting" dies "$p" "${withdraw[@]}"
done
ok 'and while it waits for an output' shot 'waits for an output' "${withdraw[@]}"
for p in $POINTS; do
	ok "and at $p, proving" dies "$p" "${withdraw[@]}"
done
ok 'and while it matures' shot 'proven: can be finalized' "${withdraw[@]}"
for p in $POINTS; do
	ok "and at $p, finalizing" dies "$p" "${withdraw[@]}"
done
arrives() {
	"${withdraw[@]}" -json >withdraw.json && cat withdraw.json &&
		jq -e '.stage == "finalized" and .resumed and .delivered' withdraw.json
}
ok 'ends when it is given again' arrives
ok 'and has arrived once' has "$L1" $BACK 300000000000000000
ok 'by one transaction on the L2' test "$(nonce "$L2" "$ADMIN")" = $((N2 + 1))
ok 'and two on the L1' test "$(nonce "$L1" "$ADMIN")" = $((N1 + 2))

# --- the other's ------------------------------------------------------------

elsewhere() { # the same chain in a folder without a ledger
	mkdir -p "$WORK/elsewhere/.opl2" &&
		cp opl2.yaml opl2.lock keystore-*.json password "$WORK/elsewhere/" &&
		cp .opl2/state.json "$WORK/elsewhere/.opl2/" && cp -r .opl2/keys "$WORK/elsewhere/.opl2/" &&
		cd "$WORK/elsewhere" || return 1
	local before tx
	tx=$(cat "$D/sdk-tx.txt") before=$(balance "$L1" "$DEV")
	opl2 withdraw prove -wait "$tx" && opl2 withdraw prove "$tx" || return 1
	exits 10 opl2 withdraw finalize "$tx" || return 1
	opl2 withdraw finalize -wait "$tx" && opl2 withdraw status "$tx" &&
		opl2 withdraw list -json | jq -e --arg tx "$tx" \
			'.withdrawals[] | select(.l2_tx == $tx) | .stage == "finalized"' &&
		[ "$(balance "$L1" "$DEV")" != "$before" ]
}
ok 'what the client started is finished elsewhere, by its hash' elsewhere
wait $SDK
client_finishes() { cat sdk-finish.txt; grep -q ^relayed sdk-finish.txt; }
ok 'what opl2 started is finished by the client' client_finishes
listed() {
	opl2 withdraw list -json >list.json && cat list.json &&
		jq -e '.withdrawals | length == 2 and all(.stage == "finalized")' list.json
}
ok 'and opl2 knows' listed
wait $VIEM
ok "viem's deposit and withdrawal have arrived, too" grep -q '^withdraw of 0.1 ETH: relayed' viem.txt ||
	tail -n 20 viem.txt | sed 's/^/# /' >&2
ok 'the batcher has sent by its signer' signed "$WORK/batcher"
ok 'and so has opl2, on both layers' test "$(grep -c ^eth_signTransaction "$WORK/dev-1/log")" -ge 2
done_testing
