#!/usr/bin/env bash
# Where the devnet's batches go: what goes together is planned, what does not
# is refused, all without a network.
. "$(dirname "$0")/../lib.sh"

devnet() { # devnet WITH [RESOURCES]
	printf 'opl2: 1\nname: t\nuse: devnet\nwith: { l1: anvil, %s }\n' \
		"$1" >opl2.yaml
	[ $# -lt 2 ] || printf 'resources: { %s }\n' "$2" >>opl2.yaml
}
plan() { # plan CODE
	run "$1" opl2 plan -refresh=false -full
}

for da in calldata upstream meeda; do
	test_ok "da: $da" 'devnet "da: $da" && plan 0 && cp "$OUT/stdout" $da'
done
test_ok 'of DA servers each has its own alone' '
	! grep -q -e meeda -e da-server -e altda calldata &&
	grep -q process.da-server upstream && ! grep -q meeda upstream &&
	grep -q process.meeda-adapter meeda && ! grep -q -e process.da-server -e go_binary.da-server meeda'
test_ok 'both node programs speak to the adapter' '
	run 0 opl2 show -spec &&
	[ "$(grep -c "altda.da-server:.*meeda-adapter.urls.da" "$OUT/stdout")" = 2 ] &&
	[ "$(grep -c "altda.da-service: true" "$OUT/stdout")" = 2 ]'
test_ok 'the URL of Meeda may have a key in it' '
	devnet "da: meeda, meeda_url: \"\${var.meeda}\"" &&
	echo "variables: { meeda: { type: url, env: MEEDA, sensitive: true } }" >>opl2.yaml &&
	export MEEDA=http://127.0.0.1:8082/KEY-OF-IT && plan 0 &&
	out_has "OPL2_MEEDA_URL: (sensitive)" && out_has "status\":0,\"url\":\"(sensitive)\"" &&
	! grep -q "KEY-OF-IT\|secret\"" "$OUT/stdout"'
test_ok 'keccak commitments are refused with Meeda' '
	devnet "da: meeda" "deploy_config: { l2: { alt_da: { commitment: KeccakCommitment } } }" &&
	plan 3 && err_has E0857 && err_has GenericCommitment'
test_ok 'the largest transaction of the batcher' '
	devnet "da: meeda, max_l1_tx_size: 130673B" && plan 0'
test_ok 'a larger one is refused' '
	devnet "da: meeda, max_l1_tx_size: 130674B" && plan 3 && err_has 130673'
test_ok 'as calldata it is what the pools of the L1 take' '
	devnet "da: calldata, max_l1_tx_size: 130816B" && run 0 opl2 validate'
refused_at() { # refused_at LINE: by validate, with the line that was written
	run 3 opl2 validate && err_has E0415 && err_has "opl2.yaml:$1:" && err_has 120000
}
test_ok '... and no more, by validate' '
	devnet "da: calldata, max_l1_tx_size: 200kB" && refused_at "$(grep -n 200kB opl2.yaml | cut -d: -f1)" &&
	devnet "da: calldata, max_l1_tx_size: 130817B" && run 3 opl2 validate && err_has E0415'
test_ok '... also of an argument' '
	devnet "da: calldata" "process: { op-batcher: { args: { max-l1-tx-size-bytes: 200000 } } }" &&
	refused_at "$(grep -n 200000 opl2.yaml | cut -d: -f1)"'
public() { # public DA: a chain on a public L1 with large batch transactions
	cat >opl2.yaml <<-Y
	opl2: 1
	name: t
	use: opstack
	limits: { eth: 3eth, max_base_fee: 3gwei }
	with:
	  l1_rpc: http://127.0.0.1:1
	  l1_chain_id: 3151
	  l2_chain_id: 42069
	  da: $1
	  max_l1_tx_size: 200kB
	Y
}
test_ok '... and on a public L1, whose blobs are no matter' '
	public calldata && refused_at 10 &&
	public blobs && { opl2 validate >out 2>&1 || true; } && ! grep -q E0415 out'
test_ok 'blobs are refused: no L1 of a devnet keeps them' '
	devnet "da: blobs" && run 3 opl2 validate && err_has E0205'
test_ok 'a URL that is none is refused' '
	devnet "da: meeda, meeda_url: here" && run 3 opl2 validate && err_has meeda_url'
ordered() { # ordered WITH: contracts after the builds that take long
	devnet "$1" && opl2 graph >g &&
		for b in geth op-node op-proposer; do
			has g "\"deploy_config.l2\" -> \"go_binary.$b\"" || return
		done
}
for with in 'da: calldata' 'da: upstream' 'da: meeda' 'programs: v1.13.7' \
	'programs: v1.9.4, proofs: dispute_games, da: calldata'; do
	test_ok "the clock of the L2 starts when its programs are built ($with)" 'ordered "$with"'
done
done_testing
