#!/usr/bin/env bash
# Fees over the limits are waited for, not paid for in advance, and money may
# come while other work goes on.
. "$(dirname "$0")/../lib.sh"

command -v python3 >/dev/null || skip_all 'no python3'
mkfifo hold
python3 "$ROOT/tests/fake/gas_l1.py" '{"base_fee": 8000000000, "balance": 200000000000000}' <hold >port &
exec 3>hold
trap 'exec 3>&-; rm -rf "$T_DIR"' EXIT
written port $! || exit 1
L1=http://127.0.0.1:$(cat port)
set_l1() { # set_l1 JSON
	curl -sf -o /dev/null -d "{\"id\": 1, \"method\": \"test_set\", \"params\": [$1]}" "$L1"
}
until_says() { # until_says TEXT FILE: a program that runs writes it
	until_true 300 grep -qF -- "$1" "$2" || { has "$2" "$1"; return 1; }
}
PAYER=$(printf '%064d' 7)
export PAYER
# 21,420 gas is 0.00013 ether at 6 gwei, and would be 0.00021 at 8 and a quarter.
payer_spec() {
	spec <<-Y
		limits: { eth: 0.0002eth, max_base_fee: 6gwei, fee_wait: 10m }
		resources:
		  key:
		    payer: { source: { env: PAYER } }
		    worker: { source: { generate: true } }
		  contract_call:
		    c:
		      rpc: "$L1"
		      chain_id: 31337
		      from: "\${key.payer.private_key}"
		      to: "0x00000000000000000000000000000000000000aa"
		      function: f()
	Y
}
payer_spec

test_ok 'the plan has the gate, the base fee, and what waiting means' '
	run 0 opl2 plan &&
	has "$OUT/stdout" "limits.max_base_fee: 6gwei, and the base fee is 8gwei" &&
	has "$OUT/stdout" "apply sends nothing until the base fee falls to the limit. It waits for up to 10m" &&
	has "$OUT/stdout" "with gas at 6.001gwei" && ! grep -q "W088[34]" "$OUT/stderr"'
test_ok 'exactly, for programs' '
	run 0 opl2 plan -json && jq -e -s "map(select(.type == \"funds\"))[0].funds[0] |
	.waits and .base_fee == \"8000000000\" and .price == \"6000000001\" and
	.max_base_fee == \"6000000000\" and .fee_wait == \"10m\" and
	.spends == .accounts[0].needs and .accounts[0].missing == \"0\"" "$OUT/stdout"'
opl2 apply -auto-approve >log 2>&1 &
APPLY=$!
test_ok 'apply waits, within its own limits' '
	until_says "waits for a base fee of 6gwei or less, now 8gwei" log'
set_l1 '{"base_fee": 5000000000}'
wait $APPLY
RC=$?
test_ok 'and goes on when the fee has fallen' 'cat log; [ $RC = 0 ]'
test_ok 'a plan says that it would not wait now' '
	sed -i "s/function: f/function: g/" opl2.yaml && opl2 plan -replace=contract_call.c >plan 2>&1
	has plan "limits.max_base_fee: 6gwei, and the base fee is 5gwei now" &&
	has plan "apply sends nothing while it is over the limit: it waits for up to 10m"'

# --- who lacks how much, and what changes that
payer_spec
cat >>opl2.yaml <<Y
    d:
      rpc: "$L1"
      chain_id: 31337
      from: "\${key.payer.private_key}"
      to: "0x00000000000000000000000000000000000000aa"
      function: h()
  balance:
    worker:
      rpc: "$L1"
      chain_id: 31337
      address: "\${key.worker.address}"
      at_least: 1eth
      remedy: "'worker_balance' says how much"
Y
sed -i 's/eth: 0.0002eth/eth: 9eth/' opl2.yaml
set_l1 '{"balance": 12345}'
test_ok 'a shortfall has role, address, and what to do' '
	run 10 opl2 apply -auto-approve &&
	grep -qE "E0844.*payer \(0x[0-9a-fA-F]{40}\) has 0.0000000000000123eth and needs 0.000[0-9]*eth" "$OUT/stderr" &&
	grep -qE "E0844.*worker \(0x[0-9a-fA-F]{40}\) has 0.0000000000000123eth and needs 1eth" "$OUT/stderr" &&
	err_has "send 1eth to it, then rerun the command; '\''worker_balance'\'' says how much"'
set_l1 '{"base_fee": 8000000000, "balance": 200000000000000}'
WORKER=$(opl2 state show -json key.worker | jq -r .attrs.address)
test_ok 'the plan says the same' '
	run 0 opl2 plan && grep -q "W0883.*worker ($WORKER) needs 0.9998eth more" "$OUT/stderr" &&
	err_has "before apply or while it builds; '\''worker_balance'\'' says how much"'
opl2 apply -auto-approve >log 2>&1 &
APPLY=$!
test_ok 'while other work goes on, money is waited for' '
	until_says "now 8gwei" log &&
	until_says "waits: worker ($WORKER) has 0.0002eth and needs 1eth" log && ! grep -q E0844 log'
set_l1 "{\"balances\": {\"${WORKER,,}\": 2000000000000000000}}"
test_ok 'and taken when it has come' 'until_says "balance.worker: created" log'
set_l1 '{"base_fee": 5000000000}'
wait $APPLY
RC=$?
test_ok 'so that nothing has failed' 'cat log; [ $RC = 0 ] && opl2 plan -detailed-exitcode'
done_testing
