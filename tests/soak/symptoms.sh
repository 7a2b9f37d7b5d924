#!/bin/bash
# What doctor names while it runs, provoked on real programs: one fault after
# the other in a chain that is well in between.
# OPL2_SOAK_ONLY: an extended regular expression of the codes to provoke;
# OPL2_SOAK_OFFSET: of the ports (1200).
. "$(dirname "$0")/../e2e/lib.sh"
. "$(dirname "$0")/lib.sh"

OFFSET=${OPL2_SOAK_OFFSET:-1200}
begin symptoms

# --- a chain with a DA server -----------------------------------------------------
cat >base.yaml <<E2
opl2: 1
name: devnet
use: devnet
with: { programs: v1.9.4, l1: anvil, l1_block_time: 1s, submission_interval: 5 }
port_offset: $OFFSET
resources:
  process:
    op-proposer: { args: { rpc.enable-admin: true } }
    # What public RPCs do and no node program can be made to.
    proxy:
      command: [python3, $ROOT/tests/fake/limited.py, "\${self.ports.http}", "\${process.l1.urls.rpc}", $D/how]
      ports: { http: 8590 }
      urls: { rpc: "http://127.0.0.1:\${self.ports.http}" }
      after: ["\${process.l1.name}"]
      ready: [{ tcp: { port: "\${self.ports.http}" } }]
      stop_order: 80
    op-node:
      args: { l1: "\${process.proxy.urls.rpc}" }
      after: ["\${process.proxy.name}", "\${process.op-geth.name}", "\${process.da-server.name}"]
E2
cp base.yaml opl2.yaml
ok 'apply' opl2 apply -auto-approve || done_testing
L1=$(out .l1_rpc) L2=$(out .l2_rpc) NODE=$(out .rollup_rpc)
CAST=$(show toolchain.cast .attrs.path)
ARTIFACT=.opl2/files/l1_contracts.l2/artifact.json
contract() { jq -er ".$1" $ARTIFACT; }
BATCHER=$(show key.batcher .attrs.address)
wait_for 60 above 3 safe_height "$NODE"
ok 'nothing is wrong' opl2 doctor

provoke E1129 op-batcher 40 '    op-batcher: { args: { max-l1-tx-size-bytes: 256000 } }'
provoke E1141 op-batcher 40 '    op-batcher: { args: { sub-safety-margin: 100000 } }'
provoke W1146 op-node 60 '    op-node: { args: { p2p.priv.raw: 0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d } }'
provoke E1130 op-node 60 '    op-node: { args: { rollup.config: "${genesis.l2.rollup_chain_op}" } }'
provoke E1134 op-geth 40 '    op-geth: { args: { gcmode: full, state.scheme: path } }'

ROLLUP=$D/.opl2/files/genesis.l2/rollup.json
edited() { # edited FILTER: a rollup.json that somebody changed
	jq "$1" "$ROLLUP" >other-rollup.json
	echo "    op-node: { args: { rollup.config: \"$D/other-rollup.json\" } }"
}
provoke E1131 op-node 60 "$(edited '.alt_da.da_challenge_window = 0')"
other_database() {
	jq '.timestamp = "0x1"' .opl2/files/genesis.l2/genesis.json >other-genesis.json
	"$(show go_binary.geth .attrs.path)" init --datadir other --state.scheme=hash other-genesis.json
}
if wanted E1121; then
	ok 'a database of another genesis' other_database
	provoke E1121 op-geth 60 "    op-geth: { args: { datadir: \"$D/other\" } }"
fi

# --- keys, accounts, programs ---------------------------------------------------------
batcher_has() { opl2 status -json | jq -e ".balances[] | select(.role == \"batcher\") | $1"; }
set_batcher() { # set_batcher WEI
	rpc "$L1" anvil_setBalance "[\"$BATCHER\", \"$(wei "hex($1)")\"]" >/dev/null
}
if wanted W1117; then
	DAY=$(batcher_has '.wei_per_day | tonumber')
	set_batcher "$DAY // 8"
	N=$(height "$L1")
	# What was taken away is not spent: only after 120 blocks it is not in it.
	wait_for 200 above $((N + 121)) height "$L1"
	ok 'W1117: ether for three hours' named W1117 op-batcher 30
	ok '... by what it spends' batcher_has "(.wei_per_day | tonumber) < 3 * $DAY"
	set_batcher '10**22'
fi

set_proposer() { # set_proposer ADDRESS: in the oracle's storage
	local oracle slot word
	oracle=$(contract L2OutputOracleProxy)
	for slot in $(seq 0 20); do
		word=$("$CAST" storage -r "$L1" "$oracle" "$slot")
		[ "${word: -40}" = "$(tr A-F a-f <<<"${PROPOSER: -40}")" ] || [ "$slot" = "${SLOT:-}" ] || continue
		SLOT=$slot
		rpc "$L1" anvil_setStorageAt "[\"$oracle\", \"$(printf '0x%x' "$slot")\",
			\"0x000000000000000000000000${1#0x}\"]"
		return
	done
	return 1
}
if wanted E1119; then
	PROPOSER=$(show key.proposer .attrs.address)
	set_proposer 0x00000000000000000000000000000000000000aa
	ok 'E1119: another proposer in the oracle' named E1119 op-proposer 30
	logged() { jq -e '.findings[] | select(.code == "E1119").evidence | any(.line)' doctor.json; }
	both() { has E1119 op-proposer && logged; }
	ok 'E1119: and the log says it' wait_for 60 both
	set_proposer "$PROPOSER"
fi

if wanted E1139; then
	rpc "http://127.0.0.1:$((9560 + OFFSET))" admin_stopProposer
	ok 'E1139: a proposer that somebody stopped' named E1139 op-proposer 20
	rpc "http://127.0.0.1:$((9560 + OFFSET))" admin_startProposer
	# It says so and does nothing (v1.9.4), and panics at its end.
	ok '... is not started again by its admin RPC' named E1139 op-proposer 20
	ok '... but by a restart' opl2 restart op-proposer
	ok '... of which nothing is left' opl2 doctor
fi

if wanted E1140; then
	mapfile -d '' -t ARGS <"/proc/$(opl2 status -json op-batcher | jq .processes[0].pid)/cmdline"
	OP_BATCHER_PRIVATE_KEY=$(key batcher) "${ARGS[@]}" --rpc.port 0 >second.log 2>&1 &
	SECOND=$!
	ok 'E1140: a second batcher with one key' named E1140 op-batcher 60
	kill $SECOND
	wait $SECOND
fi

# --- the L1 ------------------------------------------------------------------------
if wanted E1102; then
	echo batch >how
	ok 'E1102: an RPC that refuses batches' named E1102 op-node 60
	rm how
fi
if wanted E1106; then
	echo lag >how
	ok 'E1106: a balancer with a node that lags' named E1106 l1 60
	rm how
fi
reorg() { # reorg DEPTH: other blocks with the same transactions
	local n i hash raw list=
	n=$(height "$L1")
	for ((i = 0; i < $1; i++)); do
		for hash in $(rpc "$L1" eth_getBlockByNumber \
			"[\"$(printf '0x%x' $((n - $1 + 1 + i)))\", false]" | jq -r '.transactions[]'); do
			raw=$(rpc "$L1" eth_getRawTransactionByHash "[\"$hash\"]")
			list=$list${list:+,}[$raw,$i]
		done
	done
	[ "$(rpc "$L1" anvil_reorg "[$1, [$list]]")" = null ]
}
if wanted E1105; then
	ok 'a reorganisation of five blocks' reorg 5
	ok 'E1105: the L1 was reorganised' named E1105 l1 30
	N=$(height "$L2")
	ok '... and the chain follows' wait_for 60 above "$N" safe_height "$NODE"
fi
if wanted E1111; then
	rpc "$L1" evm_setIntervalMining '[0]' >/dev/null
	ok 'E1111: an L1 that makes no blocks' named E1111 l1 330
	rpc "$L1" evm_setIntervalMining '[1]' >/dev/null
	N=$(height "$L2")
	ok '... goes on' wait_for 60 above "$N" height "$L2"
fi

# --- programs that do not fit ---------------------------------------------------------
# An object that is gone is missed by who derives the chain again.
if wanted E1133; then
	wait_for 60 above 10 safe_height "$NODE"
	# shellcheck disable=SC2012
	GONE=$(ls -tr .opl2/data/*/da-server/* | sed -n 3p)
	mv "$GONE" gone
	{ cat base.yaml; cat <<-E2
		instances:
		  replica-1:
		    use: replica
		    with:
		      programs: v1.9.4
		      of: "\${process.op-node}"
		      da: server
		      da_server: "\${process.da-server.urls.da}"
		      l1_poll_interval: 1s
	E2
	} >opl2.yaml
	timeout 120 opl2 apply -auto-approve >apply.E1133 2>&1
	ok 'E1133: a batch that the DA server has not' named E1133 replica-1/op-node 60
	mv gone "$GONE"
	caught_up() { [ "$(safe_height "$(out '."replica-1/rollup_rpc"')")" -ge "$(($(safe_height "$NODE") - 5))" ]; }
	ok '... is derived when it is back' wait_for 60 caught_up
	cp base.yaml opl2.yaml
	opl2 apply -auto-approve >/dev/null 2>&1
fi

cp -r "$ROOT/schemas/presets/chain/go-v1.13.7" newer
# From v1.13 on op-batcher wants to throttle the engine.
provoke E1142 op-batcher 600 "    op-batcher: { command: [\"\${go_binary.newer.path}\"] }
  go_binary:
    newer:
      go: \"\${toolchain.go.path}\"
      go_mod: asset:newer/go.mod
      go_sum: asset:newer/go.sum
      package: github.com/ethereum-optimism/optimism/op-batcher/cmd"

if wanted W1120; then
	{ sed '/^    op-node:/,$d' base.yaml; cat <<-E2
		    op-node:
		      args:
		        l1: "\${process.proxy.urls.rpc}"
		        p2p.disable: null
		        p2p.no-discovery: true
		        p2p.listen.ip: 127.0.0.1
		        p2p.listen.tcp: $((9222 + OFFSET))
		        p2p.priv.path: $D/p2p.key
		        p2p.discovery.path: memory
		        p2p.peerstore.path: memory
		      after: ["\${process.proxy.name}", "\${process.op-geth.name}", "\${process.da-server.name}"]
	E2
	} >opl2.yaml
	ok 'with peers' opl2 apply -auto-approve
	signed_by() { # signed_by ADDRESS
		"$CAST" send -r "$L1" --private-key "$(key admin)" --json "$(contract SystemConfigProxy)" \
			'setUnsafeBlockSigner(address)' "$1" | jq -e '.status == "0x1"'
	}
	ok 'another signer of blocks on the L1' signed_by 0x00000000000000000000000000000000000000aa
	ok 'W1120: the key of the sequencer is not it' named W1120 op-node 30
	signed_by "$(show key.sequencer .attrs.address)" >/dev/null
	cp base.yaml opl2.yaml
	opl2 apply -auto-approve >/dev/null 2>&1
fi

# The L1 makes blocks of a fork that v1.9.4 does not know. (anvil begins a new
# chain with it; op-node stumbles over the first block that it is given.)
if wanted E1123; then
	{ cat base.yaml; echo '    l1: { args: { hardfork: prague } }'; } >opl2.yaml
	timeout 90 opl2 apply -auto-approve >apply.E1123 2>&1
	ok 'E1123: an L1 that is too new for v1.9.4' named E1123 op-node 90
fi
done_testing
