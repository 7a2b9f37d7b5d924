#!/usr/bin/env bash
# engine: op-reth. Each preset gives it arguments that it knows, and none of
# op-geth's; what does not go together is refused where the user wrote it.
. "$(dirname "$0")/../lib.sh"

command -v python3 jq >/dev/null || skip_all 'no python3 or jq'

chain() { # chain PRESET WITH [LINE...]
	local with=
	[ "$1" != opstack ] || with=", l1_rpc: 'http://127.0.0.1:1', l1_chain_id: 5, l2_chain_id: 7"
	printf 'opl2: 1\nname: t\nuse: %s\nwith: { %s%s }\nlimits: { eth: 3eth }\n' "$1" "$2" "$with" >opl2.yaml
	shift 2
	[ $# -eq 0 ] || printf '%s\n' "$@" >>opl2.yaml
}
config() { # config ADDR: as it is planned, in $OUT/config
	run 0 opl2 plan -refresh=false -json &&
		jq -es --arg a "$1" '.[] | select(.type == "planned_change") | .change |
			select(.addr == $a).config' "$OUT/stdout" >"$OUT/config"
}
is() { # is FILTER: true of that
	jq -e "$1" "$OUT/config" || { cat "$OUT/config"; return 1; }
}
known() { # all arguments of the client are op-reth's, and what they say fits
	jq -r '.args | to_entries[] | select(.value | . != null and . != false and . != []) | "\(.key) \(.value == true)"' "$OUT/config" >"$OUT/args" &&
		[ -s "$OUT/args" ] && PYTHONPATH=$ROOT/tests/fake python3 -c '
import op_reth, sys
values, switches = op_reth.VALUES["node"].split(), op_reth.SWITCHES["node"].split()
bad = [l for l in sys.stdin.read().splitlines()
       if l.split()[0] not in (switches if l.endswith("true") else values)]
print(bad)
sys.exit(bool(bad))' <"$OUT/args"
}
told() { # told TITLE: the arguments that are known, for the golden file
	echo "# $1" && jq -r '.args | to_entries[] | select(.value | . != null and . != false and . != []) |
		"--\(.key)" + (if .value == true then "" else "=\(.value | if type == "array" then join(",") else . end)" end)' \
		"$OUT/config" | sed "s|=$PWD/|=|" | LC_ALL=C sort
}
RETH='engine: op-reth, op_reth: { path: /opt/op-reth }'
beside() { # beside WITH: the lines of a replica
	printf '%s\n' 'instances:' '  r:' '    use: replica' \
		"    with: { of: '\${process.op-node}', $1 }"
}

test_ok 'a devnet' '
	chain devnet "da: calldata, $RETH" && run 0 opl2 validate && config process.op-geth && known &&
	is ".args[\"engine.cross-block-cache-size\"] == 128 and .args[\"builder.deadline\"] == 1 and
		.args[\"disable-discovery\"] == true and .ports.http == 9545 and .role == \"engine\""'
test_ok 'a chain on a public L1: its WebSocket, metrics and level of the log' '
	chain opstack "$RETH, log_level: warn, cors_origins: [a, b], l2_block_time: 1s" && run 0 opl2 validate &&
	config process.op-geth && known &&
	is ".args.metrics == \"127.0.0.1:6060\" and .args[\"ws.port\"] == 8546 and
		.args[\"ws.origins\"] == [\"a\", \"b\"] and .args[\"log.stdout.filter\"] == \"warn\" and
		.args[\"builder.deadline\"] == 1"'
test_ok '... with peers of its op-node, and a file of op-geth that it has no use for' '
	chain opstack "$RETH, p2p: static, op_geth_config: /x.toml, rpc_vhosts: [a]" && config process.op-geth && known &&
	is ".args[\"max-peers\"] == 0"'
test_ok 'its op-node is told' '
	chain opstack "$RETH" && config process.op-node && is ".args[\"l2.enginekind\"] == \"reth\""'
test_ok 'it has a database of its own, and op-geth has none' '
	config datadir.op-reth && is ".client == \"op-reth\" and .instead_of == \"op-geth\"" &&
	! grep -q "\"addr\": *\"datadir.op-geth\"" "$OUT/stdout"'
test_ok 'a replica on op-reth beside a chain on op-geth' '
	chain devnet "da: calldata" "$(beside "$RETH, sequencer_rpc: \"\${process.op-geth.urls.rpc}\"")" &&
	run 0 opl2 validate && config process.r/op-geth && known &&
	is ".args[\"rollup.sequencer\"] == \"http://127.0.0.1:9545\" and (.args | has(\"builder.deadline\") | not)" &&
	config process.op-geth && is ".args.syncmode == \"full\""'
test_ok 'a replica on op-geth beside a chain on op-reth' '
	chain devnet "da: calldata, $RETH" "$(beside "")" && run 0 opl2 validate && config process.r/op-geth &&
	is ".args.syncmode == \"full\""'
test_ok 'the user has the last word' '
	chain devnet "da: calldata, $RETH" "resources:" \
		"  process: { op-geth: { args: { full: true, rpc.eth-proof-window: null } } }" &&
	config process.op-geth && known && is ".args.full and .args[\"rpc.eth-proof-window\"] == null"'

test_ok 'what it is told, whole' '
	chain devnet "da: calldata, $RETH" "$(beside "$RETH, log_level: debug, p2p: static")" &&
	config process.op-geth && told "a devnet" >"$OUT/args" &&
	config process.r/op-geth && told "a replica" >>"$OUT/args" &&
	chain opstack "$RETH" && config process.op-geth && told "a chain on a public L1" >>"$OUT/args" &&
	cmp_golden plan/op-reth.txt "$OUT/args"'
test_fails 3 'without a program' 'chain devnet "engine: op-reth" && opl2 validate' \
	'err_has E0714 && err_has "set op_reth: { path: FILE }, " && err_has "engine: op-reth"'
test_fails 3 'from two places' '
	chain devnet "engine: op-reth, op_reth: { path: /x, dir: /y }" && opl2 validate' 'err_has op_reth'
test_fails 3 'with node programs of before' 'chain devnet "programs: v1.13.7, $RETH" && opl2 validate' \
	'err_has E0868 && err_has v1.13.7 && err_has "use programs v1.19.6"'
test_fails 3 'with several sequencers' 'chain devnet "sequencers: 3, da: calldata, $RETH" && opl2 validate' \
	'err_has E0868 && err_has "sequencers 1"'
test_ok 'from an archive, or an image' '
	chain devnet "da: calldata, engine: op-reth, op_reth: { archive: { url: \"https://x.example/a.tar.gz\", sha256: \"$(printf %064d 1)\" }, bin: op-reth }" &&
	run 0 opl2 validate && config toolchain.op-reth && is ".from.archive.url == \"https://x.example/a.tar.gz\" and .host == false" &&
	chain devnet "da: calldata, engine: op-reth, op_reth: { image: { ref: \"ghcr.io/a/b@sha256:$(printf %064d 1)\", file: /bin/op-reth } }" &&
	run 0 opl2 validate && config toolchain.op-reth && is ".from.image.file == \"/bin/op-reth\""'
test_ok 'op_reth alone changes nothing' '
	chain devnet "" && run 0 opl2 show -spec && cp "$OUT/stdout" before &&
	chain devnet "op_reth: { path: /x }" && run 0 opl2 show -spec && cmp before "$OUT/stdout"'
done_testing
