#!/usr/bin/env bash
# The examples of the runbook's chains against the runbook: every flag and every
# value of the deploy config that differs is on docs/runbook-flags.md, and nothing
# else is.
#
# tests/golden/runbook has the facts: the flags of the runbook's start scripts,
# what config.sh of op-contracts/v2.0.0-beta.3 writes (run by hand, with names
# in place of addresses and blocks), and what the runbook edits in it.
. "$(dirname "$0")/../lib.sh"

command -v python3 jq >/dev/null || skip_all 'no python3 or jq'
FACTS=$GOLDEN/runbook
PAGE=$ROOT/docs/runbook-flags.md
SPEC=$ROOT/examples/meeda-runbook/opl2.yaml

page() { # page SECTION: its rows, FLAG RUNBOOK OPL2, with tabs between
	awk -F' *[|] *' -v want="## $1" '
		/^## / { here = $0 == want }
		here && /^[|] `/ {
			gsub("`", ""); print $2 "\t" $3 "\t" $4
		}' "$PAGE" | sort
}
joined() { # joined THEIRS OURS: what differs, of two sorted files NAME VALUE
	join -t "$(printf '\t')" -a1 -a2 -e - -o 0,1.2,2.2 "$1" "$2" |
		awk -F'\t' '$2 != $3'
}

theirs() { # theirs PROGRAM: the flags of its start script
	sed -n "s/^$1\t//p" "$FACTS/flags.tsv" |
		sed 's/localhost/127.0.0.1/' | sort
}
# The variable by which a program is told what the runbook has as a flag.
flag_of='{OP_NODE_L1_ETH_RPC: "l1", OP_NODE_P2P_SEQUENCER_KEY: "p2p.sequencer.key",
	OP_BATCHER_L1_ETH_RPC: "l1-eth-rpc", OP_BATCHER_PRIVATE_KEY: "private-key",
	OP_PROPOSER_L1_ETH_RPC: "l1-eth-rpc", OP_PROPOSER_PRIVATE_KEY: "private-key",
	OP_CHALLENGER_L1_ETH_RPC: "l1-eth-rpc", OP_CHALLENGER_L1_BEACON: "l1-beacon",
	OP_CHALLENGER_PRIVATE_KEY: "private-key"}'
ours() { # ours PROGRAM: of the plan
	jq -r --arg dir "$PWD/" --arg addr "process.$1" "$flag_of"' as $flags |
		select(.type == "planned_change") | .change |
		select(.addr == $addr) | (.unknown // []) as $unknown |
		(.config.args | to_entries[] |
			if ("/args/" + .key | IN($unknown[])) then
				.value = "(known after apply)" else . end |
			select(.value | IN(null, false, []) | not) |
			.value |= if type == "array" then join(",") else tostring end),
		(.config.env | to_entries[] | select(.value != null) |
			{key: ($flags[.key] // .key), value: ("$" + .key)}) |
		"\(.key)\t\(.value | ltrimstr($dir))"' plan.json | sort
}

cp "$SPEC" opl2.yaml
opl2 plan -refresh=false -json >plan.json
for p in op-geth op-node op-batcher op-proposer; do
	test_ok "$p: the page has every flag that differs, and no other" '
		theirs $p >theirs && ours $p >ours && [ -s theirs ] && [ -s ours ] &&
		joined theirs ours >differ && page $p >page &&
		diff -u page differ
	'
done
# With dispute games the chain has another spec. What its programs have besides
# differs from the runbook's as it does without.
games() { # games PROGRAM SCRIPT: what differs here alone
	theirs "$2" >theirs && ours "$1" >ours && [ -s theirs ] && [ -s ours ] &&
		joined theirs ours | sort >differ &&
		page "$1" | comm -13 - differ
}
mkdir games && (cd games && cp "${SPEC%/opl2.yaml}-faultproof/opl2.yaml" . &&
	opl2 plan -refresh=false -json >plan.json)
for p in op-node op-batcher op-proposer; do
	script=$p
	[ $p != op-proposer ] || script=op-proposer-games
	test_ok "$p with dispute games: the page has what else differs, and no more" '
		cd games && games $p $script >more && [ -s more ] &&
		page "$p, with dispute games" >page && diff -u page more
	'
done
test_ok "op-geth with dispute games: nothing else differs" '
	cd games && games op-geth op-geth >more && [ ! -s more ]
'
test_ok "op-challenger: the page has every flag that differs, and no other" '
	cd games && theirs op-challenger >theirs && ours op-challenger >ours &&
	[ -s theirs ] && [ -s ours ] && joined theirs ours >differ &&
	page op-challenger >page && diff -u page differ
'
test_ok 'every row says why' '
	! grep "^| \`" $PAGE | grep -v "| [A-Z0-9a-z\`].*[.] |$"
'
test_ok 'what the page calls an input is one' '
	for name in $(grep -o "[Ii]nput \`[a-z0-9_]*" $PAGE | sed "s/.*\`//" | sort -u); do
		grep -q "^  $name:" $ROOT/schemas/presets/opstack/preset.yaml ||
			{ echo "$name"; exit 1; }
	done
'

# --- what the spec may say -------------------------------------------------------
with_inputs() { # with_inputs LINE...: the example with further inputs, planned
	fresh i && { cat "$SPEC" && printf '  %s\n' "$@"; } |
		awk '/^# Where the repositories/ { rest = 1 } !rest || /^  [a-z]/' >opl2.yaml &&
		run 0 opl2 plan -refresh=false -json && cp "$OUT/stdout" plan.json
}
gives() { # gives PROGRAM FLAG VALUE, - for none
	local got
	got=$(ours "$1" | sed -n "s/^$2\t//p")
	[ "${got:--}" = "$3" ] || { echo "$1 $2: '$got', not '$3'"; return 1; }
}
test_ok 'CORS, virtual hosts, log level, trust' "
	with_inputs 'cors_origins: [\"https://a.example\", \"https://b.example\"]' \
		'rpc_vhosts: [\"*\"]' 'log_level: debug' 'l1_trust_rpc: true' &&
	gives op-geth http.corsdomain https://a.example,https://b.example &&
	gives op-geth ws.origins https://a.example,https://b.example &&
	gives op-geth http.vhosts '*' && gives op-geth verbosity 4 &&
	gives op-node log.level debug && gives op-batcher log.level debug &&
	gives op-proposer log.level debug && gives op-node l1.trustrpc true
"
test_ok 'peers, and none is looked for' "
	touch op-geth.toml && with_inputs 'p2p: static' 'op_geth_config: ../op-geth.toml' \
		'op_node_peers: [/ip4/192.0.2.7/tcp/9222/p2p/16Uiu2HAmA]' &&
	gives op-node p2p.disable - && gives op-node p2p.no-discovery true &&
	gives op-node p2p.static /ip4/192.0.2.7/tcp/9222/p2p/16Uiu2HAmA &&
	gives op-node p2p.listen.tcp 9222 && gives op-node p2p.priv.path .opl2/keys/key.p2p &&
	gives op-geth nodiscover true && gives op-geth maxpeers 25 &&
	gives op-geth config ../op-geth.toml
"
test_ok "the runbook's Granite later: before any other fork" "
	with_inputs 'l2_forks: {granite: 2100-01-01T00:00:00Z}' &&
	gives op-geth override.granite '(known after apply)' &&
	sed -i 's/{granite: /{holocene: /; s/v1.9.4-meeda/v1.19.6/' opl2.yaml && run 3 opl2 validate &&
	err_has E0461 && err_has granite
"

# --- the deploy config ---------------------------------------------------------
mkfifo hold && exec 7<>hold && rm hold
echo 11155111 >chain
python3 "$ROOT/tests/fake/l1.py" "$PWD/asked" <&7 >port &
SERVER=$!
trap 'kill $SERVER; rm -rf "$T_DIR"' EXIT
until [ -s port ]; do kill -0 $SERVER || exit 1; done
L1_RPC_URL=http://127.0.0.1:$(cat port)
export L1_RPC_URL
# Alone: what it waits for otherwise is only so that nothing is begun in vain.
printf 'resources: {deploy_config: {l2: {depends_on: []}}}\n' >>opl2.yaml

named() { # addresses and blocks of this run by the names of the facts
	local edit='' role
	for role in admin batcher proposer sequencer; do
		edit="$edit;s/$(opl2 state show -json "key.$role" |
			jq -r .attrs.address)/${role^^}/I"
	done
	sed "${edit#;}" "$1" | jq -r '
		.l1StartingBlockTag = "L1_BLOCK" |
		.l2OutputOracleStartingTimestamp = 1700000000 |
		.batchInboxAddress |= ascii_downcase |
		to_entries[] | "\(.key)\t\(.value)"' | sort
}
test_ok 'the deploy config: the page has every value that differs, and no other' '
	run 0 opl2 apply -auto-approve -target=deploy_config.l2 &&
	jq -rs ".[0] + .[1] | to_entries[] | \"\(.key)\t\(.value)\"" \
		$FACTS/config-sh.json $FACTS/overrides.json | sort >theirs &&
	named .opl2/files/deploy_config.l2/solidity.json >ours &&
	joined theirs ours >differ && page "The deploy config" >page &&
	diff -u page differ
'
test_ok "op-node's has the same, but for usePlasma" '
	named .opl2/files/deploy_config.l2/op-node.json >node &&
	grep -v "^usePlasma" ours | diff -u - node
'
test_ok 'Granite at genesis is one word, and the plan says what it means' '
	sed "s/^  granite: off.*/  granite: genesis/" opl2.yaml >x && ! cmp x opl2.yaml &&
	run 0 opl2 plan -target=deploy_config.l2 -refresh=false &&
	fresh g && cp ../x opl2.yaml && run 0 opl2 plan -refresh=false &&
	out_has "channels time out after 50 L1 blocks" &&
	cp ../opl2.yaml . && run 0 opl2 plan -refresh=false &&
	out_has "channels time out after 300 L1 blocks"
'
done_testing
