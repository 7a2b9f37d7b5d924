#!/usr/bin/env bash
# The preset 'replica': a few lines beside either preset of a chain.
. "$(dirname "$0")/../lib.sh"

devnet() { # devnet FURTHER-LINES: of the second replica
	cat >opl2.yaml <<-Y
	opl2: 1
	name: devnet
	use: devnet
	instances:
	  one:
	    use: replica
	    with: { of: "\${process.op-node}", da: server, da_server: "\${process.da-server.urls.da}" }
	  two:
	    use: replica
	    with:
	      of: "\${process.op-node}"
	      da: server
	      da_server: "\${process.da-server.urls.da}"
	      $1
	Y
}
opstack() { # opstack WITH-OF-THE-REPLICA
	cat >opl2.yaml <<-Y
	opl2: 1
	name: x
	use: opstack
	variables: { l1: { type: url, env: L1_URL, sensitive: true } }
	limits: { eth: 1eth }
	with: { l1_rpc: "\${var.l1}", l1_chain_id: 5, l2_chain_id: 7 }
	instances:
	  r:
	    use: replica
	    with: { of: "\${process.op-node}", $1 }
	Y
}
planned() { # planned FILTER: true of the config of some planned resource
	run 0 opl2 plan -refresh=false -json &&
		jq -es "any(.[] | select(.type == \"planned_change\") | .change; $1)" "$OUT/stdout"
}

test_ok 'two beside a devnet' '
	devnet "ports: { http: 20545, engine: 20551, p2p: 32303, rpc: 20547 }" &&
	run 0 opl2 validate && run 0 opl2 show -spec &&
	out_has "two/op-node:" && out_has "altda.verify-on-read"'
test_ok 'each has its own engine, JWT and database' '
	planned ".addr == \"jwt_secret.one/engine\"" &&
	planned ".addr == \"jwt_secret.two/engine\"" &&
	planned ".addr == \"datadir.two/geth\""'
test_ok 'it is no sequencer' '
	run 0 opl2 show -spec && [ "$(grep -c "sequencer.enabled" "$OUT/stdout")" = 1 ]'
test_fails 3 'ports that another one has' 'devnet "" && opl2 validate' 'err_has 19545'
test_ok 'beside a chain on an L1 of others, with its secret URL' '
	opstack "programs: v1.13.7" && run 0 opl2 validate &&
	run 0 opl2 show -spec && out_has "rollup_chain_op}" && out_has "l1_contracts.l2.l1_rpc"'
test_fails 3 'of something that is no process' '
	opstack "programs: v1.13.7" && sed -i "s/process.op-node/genesis.l2/" opl2.yaml &&
	opl2 validate' 'err_has "of kind"'
test_fails 3 'it is no chain by itself' 'fresh alone && opl2 init replica' \
	'err_has E1147 && err_has "instances:"'
test_ok 'with peers of its own, and others that may ask it' '
	opstack "p2p: static, op_node_peers: [/ip4/192.0.2.7/tcp/9222/p2p/16U], cors_origins: [\"*\"], rpc_vhosts: [a, b], log_level: warn" &&
	planned ".addr == \"process.r/op-node\" and .config.args[\"p2p.disable\"] == null and
		.config.args[\"p2p.static\"] == [\"/ip4/192.0.2.7/tcp/9222/p2p/16U\"] and
		.config.args[\"p2p.listen.tcp\"] == 19222 and .config.args[\"log.level\"] == \"warn\"" &&
	planned ".addr == \"process.r/op-geth\" and .config.args[\"http.corsdomain\"] == [\"*\"] and
		.config.args[\"http.vhosts\"] == [\"a\", \"b\"] and .config.args.verbosity == 2 and .config.args.maxpeers == 25"'
done_testing
