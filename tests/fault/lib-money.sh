# shellcheck shell=bash
# For the tests that kill an apply which spends, after tests/e2e/lib.sh: an L1
# of their own for each, a transfer, a new contract and a call.

D=$WORK/money
mkdir -p "$D/tools"
cd "$D/tools" || bail "no $D"
command -v python3 >/dev/null || { echo '1..0 # SKIP no python3'; exit 0; }
trap '[ -n "${OPL2_E2E_DIR:-}" ] || rm -rf "$WORK"' EXIT
anvil_spec tools >opl2.yaml
ok 'anvil from the registry' opl2 apply -auto-approve || done_testing
ANVIL=$(opl2 output -raw anvil)

# Two of anvil's own accounts, whose mnemonic is public.
A=0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266
B=0x70997970C51812dc3A010C7d01b50e0d17dc79C8
(umask 077
	echo ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80 >"$D/a"
	echo 59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d >"$D/b")
# Stores what its one argument says, and gives it to a call without any.
CODE=0x601a600c600039601a6000f33660041060125760005460005260206000f35b60043560005500
PAID=0x00000000000000000000000000000000000000aa

# An L1 of 2 s blocks and 30 M gas, whose base fee is next to nothing, so that
# what is paid does not depend on how long it takes.
begin() { # begin NAME: an L1 and a spec in a folder of their own
	mkdir -p "$D/$1" && cd "$D/$1" || return
	local port
	port=$(python3 "$ROOT/tests/cli/rpc_server.py" --free-port)
	URL=http://127.0.0.1:$port
	"$ANVIL" --quiet --port "$port" --chain-id 31337 --block-time 2 \
		--gas-limit 30000000 --block-base-fee-per-gas 7 >anvil.log 2>&1 &
	NODE=$!
	trap 'kill $NODE 2>/dev/null' EXIT
	cat >opl2.yaml <<-Y
		opl2: 1
		name: money
		${STATE:-}
		limits: { eth: 2eth }
		resources:
		  key:
		    a: { source: { file: ../a } }
		    b: { source: { file: ../b } }
		  balance:
		    paid:
		      rpc: $URL
		      chain_id: 31337
		      address: "$PAID"
		      at_least: 1eth
		      funder: "\${key.b.private_key}"
		  contract_call:
		    made:
		      rpc: $URL
		      chain_id: 31337
		      from: "\${key.a.private_key}"
		      create: { bytecode: "$CODE" }
		    told:
		      rpc: $URL
		      chain_id: 31337
		      from: "\${key.a.private_key}"
		      to: "\${contract_call.made.address}"
		      function: set(uint256)
		      args: [7]
		      expect: { function: "get()(uint256)", equals: 7 }
		outputs: { made: "\${contract_call.made.address}" }
	Y
	wait_for 100 height "$URL"
}
# What was paid for gas, beside the ether that was to be paid.
fees() { wei "2 * 10 ** 22 - $(balance "$URL" $A) - $(balance "$URL" $B) - 10 ** 18"; }
planned() { # every transaction that was planned is mined, under its own nonce
	local n
	n=$(cat .opl2/ledger/* | sed 's/^[^{]*//' |
		jq -s 'map(select(.type == "begin") | .txs | length) | add')
	[ "$n" = 3 ] || { echo "$n transactions planned"; ls .opl2/ledger; return 1; }
	[ "$(nonce "$URL" $A) $(nonce "$URL" $B)" = '2 1' ] || {
		echo "nonces $(nonce "$URL" $A) $(nonce "$URL" $B)"
		return 1
	}
}
arrived() {
	local at
	at=$(opl2 output -raw made) || return
	[ "$at" = "${MADE:-$at}" ] && [ "$(balance "$URL" $PAID)" = 0xde0b6b3a7640000 ] &&
		[ "$(num "$(rpc "$URL" eth_call "[{\"to\":\"$at\"},\"latest\"]")")" = 7 ]
}
