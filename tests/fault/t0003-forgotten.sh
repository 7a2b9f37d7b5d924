#!/bin/bash
# Ether that was sent once, and whose record in the state is gone, is not sent
# again by an apply whose L1 node has dropped its index of old transactions, or
# lags. What opl2 cannot know it asks.
. "$(dirname "$0")/../e2e/lib.sh"

D=$WORK/forgotten
mkdir -p "$D/tools"
cd "$D/tools" || bail "no $D"
command -v python3 >/dev/null || { echo '1..0 # SKIP no python3'; exit 0; }
anvil_spec tools >opl2.yaml
ok 'anvil from the registry' opl2 apply -auto-approve || done_testing
ANVIL=$(opl2 output -raw anvil)

# An account of anvil's own, whose mnemonic is public.
A=0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266
PAID=0x00000000000000000000000000000000000000aa
(umask 077
	echo ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80 >"$D/a")
mkdir "$D/chain" && cd "$D/chain" || bail "no $D"
port=$(python3 "$ROOT/tests/cli/rpc_server.py" --free-port)
URL=http://127.0.0.1:$port

node() { # an L1, made again of the same genesis
	"$ANVIL" --quiet --port "$port" --chain-id 31337 --timestamp 1700000000 &
	NODE=$!
	wait_for 60 height "$URL"
	rpc "$URL" evm_setNextBlockTimestamp "[$(($(date +%s) + 1))]" >/dev/null
	rpc "$URL" anvil_mine '["0x1"]' >/dev/null
}
through() { # through FAULT: the spec asks by way of a bad RPC
	exec 7>&-
	coproc FAULTY { exec python3 "$ROOT/tests/fake/l1_faults.py" "$URL" "$1"; }
	exec 7>&"${FAULTY[1]}"
	read -r at <&"${FAULTY[0]}"
	spec "http://127.0.0.1:$at"
}
spec() {
	cat >opl2.yaml <<-Y
		opl2: 1
		name: forgotten
		limits: { eth: 20eth }
		resources:
		  key:
		    a: { source: { file: ../a } }
		  contract_call:
		    paid:
		      rpc: $1
		      chain_id: 31337
		      from: "\${key.a.private_key}"
		      to: "$PAID"
		      function: pay()
		      value: 1eth
	Y
}
sent() { # sent N: so much was paid, by as many transactions
	[ "$(balance "$URL" $PAID)" = "$(printf '0x%x' "$1")000000000000000" ] ||
		[ "$(num "\"$(balance "$URL" $PAID)\"")" = "$1"000000000000000000 ] || {
		echo "$PAID has $(balance "$URL" $PAID)"
		return 1
	}
	[ "$(nonce "$URL" $A)" = "$1" ] || { echo "nonce $(nonce "$URL" $A)"; return 1; }
}
forget() { opl2 state rm -auto-approve contract_call.paid; }
unsure() { # unsure WORDS: apply asks, and sends nothing
	exits 12 opl2 apply -auto-approve >out.txt 2>&1 && grep -q E0878 out.txt &&
		grep -q "$1" out.txt && sent 1 || { cat out.txt; return 1; }
}

trap 'kill $NODE 2>/dev/null; [ -n "${OPL2_E2E_DIR:-}" ] || rm -rf "$WORK"' EXIT
node
ok 'an L1' height "$URL"
spec "$URL"
ok 'ether is sent' eval 'opl2 apply -auto-approve && sent 1'
# The index is for some blocks after it.
rpc "$URL" anvil_mine '["0x8"]' >/dev/null
forget
through forgets
ok 'a node without an index: the block has it' eval 'opl2 apply -auto-approve && sent 1'
forget
through pruned
ok 'a node without that block, either' unsure 'nonce is used'
through lagging
ok 'a node that is behind' unsure 'behind that block'
spec "$URL"
ok 'a node that has all of it' eval 'opl2 apply -auto-approve && sent 1'
forget
kill "$NODE"
wait "$NODE" 2>/dev/null
node
ok 'an L1 made again' height "$URL"
ok 'it is sent there' eval 'opl2 apply -auto-approve && sent 1'
done_testing
