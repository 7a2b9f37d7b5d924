#!/usr/bin/env bash
# What accounts need, own and lack stands beside the plan: by simulation where
# the chain answers one, else by the figures of earlier ones, marked.
. "$(dirname "$0")/../lib.sh"

command -v python3 >/dev/null || skip_all 'no python3'
SERVE=$ROOT/tests/cli/rpc_server.py
python3 "$SERVE" --free-port >port
chain() { # chain BALANCE [MORE]: what the node says
	jq -n --arg balance "$1" "{eth_chainId: \"0x1\", eth_getBalance: \$balance,
		web3_clientVersion: \"Fake/v1\", eth_maxPriorityFeePerGas: \"0x3b9aca00\",
		eth_getTransactionCount: \"0x0\",
		eth_getBlockByNumber: {number: \"0x10\", timestamp: \"0x1\",
		gasLimit: \"0x1c9c380\", baseFeePerGas: \"0x6fc23ac00\",
		hash: (\"0x\" + \"11\" * 32)}} + ${2:-{\}}" >answers.new
	mv answers.new answers
}
chain 0xde0b6b3a7640000
python3 "$SERVE" port calls answers &
SERVER=$!
trap 'kill $SERVER 2>/dev/null; rm -rf "$T_DIR"' EXIT
until (exec 3<>"/dev/tcp/127.0.0.1/$(cat port)") 2>/dev/null; do
	kill -0 $SERVER || exit 1
done
(umask 077 && printf '%064d\n' 7 >k7 && printf '%064d\n' 8 >k8)
spec <<Y
limits: { eth: 0.02eth }
resources:
  endpoint:
    l1: { rpc: "http://127.0.0.1:$(cat port)", chain_id: 1 }
  key:
    admin: { source: { file: k7 } }
    batcher: { source: { file: k8 } }
  balance:
    batcher:
      rpc: "\${endpoint.l1.urls}"
      chain_id: 1
      address: "\${key.batcher.address}"
      at_least: 3eth
  contract_call:
    c:
      rpc: "\${endpoint.l1.urls}"
      chain_id: 1
      from: "\${key.admin.private_key}"
      to: "0x00000000000000000000000000000000000000aa"
      function: f()
Y
row() { # row ROLE NEEDS HAS MISSING [WHERE [MORE]]
	local address='0x[0-9a-fA-F]{40}'
	grep -E "^  $1 +${5:-$address} +$2 +$3 +$4${6-}\$" "$OUT/stdout"
}

test_ok 'keys at hand are read, recorded or not' '
	run 0 opl2 plan && has "$OUT/stdout" "Ether on chain 1, with gas at" &&
	row admin 0.00775eth 1eth - &&
	! grep -q "W0883.*admin" "$OUT/stderr"'
sed -i 's/admin: { source: { file: k7 } }/admin: { source: { generate: true } }/' opl2.yaml
test_ok 'a key that is to be made has nothing' '
	run 0 opl2 plan && row admin 0.00775eth 0eth 0.00775eth "not made yet" &&
	grep -q "W0883.*admin (not made yet) needs 0.00775eth more" "$OUT/stderr" &&
	run 0 opl2 plan -json && grep \"funds\" "$OUT/stdout" |
	jq -e "any(.funds[0].accounts[]; .role == \"admin\" and .has == \"0\" and
	.pending == \"not made yet\" and (has(\"address\") | not))"'
sed -i 's/admin: { source: { generate: true } }/admin: { source: { file: k7 } }/' opl2.yaml
sed -i 's/admin: { source: { file: k7 } }/admin: { source: { env: KEY_7 } }/' opl2.yaml
test_ok 'a key of the environment is read when it is there' '
	run 0 opl2 plan && row admin 0.00775eth "\?" "\?" "KEY_7 is not set" &&
	! grep -q "W0883.*admin" "$OUT/stderr" && export KEY_7=$(cat k7) &&
	run 0 opl2 plan && row admin 0.00775eth 1eth -'
sed -i 's/admin: { source: { env: KEY_7 } }/admin: { source: { file: k7 } }/' opl2.yaml
test_ok 'with them it is told who needs how much' '
	run 0 opl2 apply -auto-approve -target=key.admin -target=key.batcher &&
	run 0 opl2 plan && has "$OUT/stdout" "Ether on chain 1, with gas at" &&
	row batcher 3eth 1eth 2eth'
# 200,000 gas at (30 + 1) gwei and a quarter: 0.00775 ether
test_ok 'a figure of earlier ones is marked' '
	row admin 0.00775eth 1eth - &&
	has "$OUT/stdout" "partly based on earlier deployments"'
test_ok 'what is lacking is warned of' '
	grep -q "W0883.*batcher (0x.*) needs 2eth more" "$OUT/stderr" &&
	! grep -q "W0883.*admin" "$OUT/stderr"'
test_ok 'programs get it in wei' '
	run 0 opl2 plan -json && jq -c "select(.type == \"funds\") | .funds[0]" \
	"$OUT/stdout" >f && cat f && jq -e ".estimate and .chain_id == 1 and
	.limit == \"20000000000000000\" and any(.accounts[]; .role == \"batcher\"
	and .missing == \"2000000000000000000\")" f'
chain 0xde0b6b3a7640000 '{eth_estimateGas: "0x186a0"}'
test_ok 'a simulation takes its place' '
	run 0 opl2 plan && row admin 0.00388eth 1eth - &&
	! grep -q "based on earlier" "$OUT/stdout"'
chain 0xde0b6b3a7640000 '{eth_estimateGas: "0x989680"}'
test_ok 'more than the limit is warned of' '
	run 0 opl2 plan && grep -q "W0884.*more than the limit of 0.02eth" "$OUT/stderr" &&
	! grep -q W0839 "$OUT/stderr"'
chain 0xde0b6b3a7640000 '{eth_estimateGas: "0x1ba8140"}'
test_ok 'a transaction over the fee cap of most nodes, too' '
	run 0 opl2 plan && grep -qE "W0839.*of admin needs up to [0-9]{8} gas.*base fee of 2[0-9.]+gwei or less" "$OUT/stderr" &&
	sed -i "s/eth: 0.02eth/&, max_base_fee: 20gwei/" opl2.yaml && run 0 opl2 plan && ! grep -q W0839 "$OUT/stderr" &&
	sed -i "s/, max_base_fee: 20gwei//" opl2.yaml'
sed -i 's/^      at_least: 3eth/&\n      bonds: { each: 0.08eth, every: 20m, held: [20m, 3h30m] }/' opl2.yaml
bonds_are() { # bonds_are EACH HOUR AFTER AT-ONCE
	grep -qxF "  bonds of batcher: $1 each, $2 an hour; one comes back after $3, so they hold up to $4" "$OUT/stdout"
}
test_ok 'bonds are told, with what they hold' '
	run 0 opl2 plan && bonds_are 0.08eth 0.24eth 3h50m 0.96eth && ! grep -q W0829 "$OUT/stderr"'
sed -i 's/20m, 3h30m/20m, 350h/' opl2.yaml
test_ok '... and when that is more than the account must own' '
	run 0 opl2 plan && bonds_are 0.08eth 0.24eth 350h20m 84.16eth &&
	grep -q "W0829.*bonds of batcher hold up to 84.16eth at once, and it must own only 3eth" "$OUT/stderr" &&
	run 0 opl2 plan -json && jq -se "map(select(.type == \"funds\"))[0].funds[0].accounts |
	any(.bonds == {each: \"80000000000000000\", per_hour: \"240000000000000000\",
	at_once: \"84160000000000000000\", returns_after: \"350h20m\"})" "$OUT/stdout"'
sed -i '/^      bonds:/d' opl2.yaml
test_ok 'nothing is asked with -refresh=false' '
	: >calls && run 0 opl2 plan -refresh=false && [ ! -s calls ] &&
	! grep -q "^Ether on chain" "$OUT/stdout"'
chain 0xde0b6b3a7640000 '{eth_estimateGas: "0x5208"}'
# What is on its way to an account is not missing there.
sed -i 's/      at_least: 3eth/&\n      funder: "${key.admin.private_key}"/
	s/limits: .*/limits: { eth: 9eth }/' opl2.yaml
cat >>opl2.yaml <<-Y
	    d:
	      rpc: "\${endpoint.l1.urls}"
	      chain_id: 1
	      from: "\${key.batcher.private_key}"
	      to: "0x00000000000000000000000000000000000000aa"
	      function: f()
	      value: 2eth
Y
test_ok 'what the plan itself sends is not missing' '
	run 0 opl2 plan && row batcher 2.0009eth 1eth - "" "  \(receives 2eth\)" &&
	row admin 2.0017eth 1eth 1.0017eth && ! grep -q "W0883.*batcher" "$OUT/stderr"'
# Spent down since: an update that sends is told as well.
spec <<Y
limits: { eth: 9eth }
resources:
  key:
    admin: { source: { file: k7 } }
    batcher: { source: { file: k8 } }
  balance:
    worker:
      rpc: "http://127.0.0.1:$(cat port)"
      chain_id: 1
      address: "0x00000000000000000000000000000000000000aa"
      at_least: 1eth
      top_up_to: 3eth
      funder: "\${key.admin.private_key}"
Y
test_ok 'an account that has enough' 'run 0 opl2 apply -auto-approve && run 0 opl2 plan && has "$OUT/stdout" "No changes."'
chain 0x6f05b59d3b20000 '{eth_estimateGas: "0x5208"}'
test_ok 'what tops it up again is in the plan' '
	run 0 opl2 plan && has "$OUT/stdout" "enough: true -> false" &&
	has "$OUT/stdout" "sends at most 3eth" &&
	grep -q "cost: funder 0x[0-9a-fA-F]* 2.5eth, 21000 gas (estimated by its chain.s node)$" "$OUT/stdout"'
# Whatever listens on its port now is another chain.
spec <<Y
resources:
  key:
    admin: { source: { file: k7 } }
  process:
    l1:
      command: ["/bin/true"]
      ports: { http: $(cat port) }
      urls: { rpc: "http://127.0.0.1:\${self.ports.http}" }
  endpoint:
    l1: { rpc: "\${process.l1.urls.rpc}", chain_id: 1 }
  balance:
    a:
      rpc: "\${process.l1.urls.rpc}"
      chain_id: 1
      address: "0x00000000000000000000000000000000000000aa"
      at_least: 1eth
      funder: "\${key.admin.private_key}"
    b:
      rpc: "\${endpoint.l1.urls}"
      chain_id: 1
      address: "0x00000000000000000000000000000000000000bb"
      at_least: 1eth
      funder: "\${key.admin.private_key}"
Y
test_ok 'a chain that the plan creates is not asked for balances' '
	mkdir fresh && cp -p k7 opl2.yaml fresh && : >calls &&
	(cd fresh && run 0 opl2 plan) && has "$OUT/stdout" "balance.b" &&
	! grep -q "^Ether on chain" "$OUT/stdout" &&
	has "$OUT/stdout" "funder 1eth, 207391 gas (based on earlier" &&
	! grep -q W0883 "$OUT/stderr" && [ ! -s calls ]'
kill $SERVER
wait $SERVER 2>/dev/null
test_ok 'a chain that does not answer has no table' '
	run 0 opl2 plan && ! grep -q "^Ether on chain" "$OUT/stdout"'
done_testing
