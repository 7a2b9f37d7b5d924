# shellcheck shell=bash
# A chain whose L1 is scripted and which is adopted, not made: after lib.sh.
#
#   serve_l1 JQ           answers over the usual ones; sets server, L1_URL
#   { chain_spec; ...; } | spec
#   adopt JQ              its contracts, besides those of the usual ones
#
# What was asked is in $CALLS, the answers are in $RPC.

command -v python3 jq >/dev/null || skip_all 'no python3 or jq'
WORD=0x0000000000000000000000000000000000000000000000000000000000000007
SC=${SC:-0x00000000000000000000000000000000000000a1}
PORTAL=${PORTAL:-${SC%?}2}
ADMIN=0xd41c057fd1c78805AAC12B0A94a405c0461A6FBb # of the key SEED_KEY
export SEED_KEY=$WORD RPC=$T_DIR/rpc.json CALLS=$T_DIR/calls
: >"$CALLS"

set_rpc() { jq "$1" "$RPC" >"$RPC.new" && mv "$RPC.new" "$RPC"; }

serve_l1() {
	local port
	# startBlock() and owner()
	jq -n --arg sc $SC --arg portal "$PORTAL" --arg word $WORD '{
		eth_chainId: "0x1", eth_blockNumber: "0x20",
		eth_getCode: { ($sc): "0x60", ($portal): "0x60" },
		eth_getBlockByNumber: { hash: $word, number: "0x0" },
		eth_call: { ($sc + ":0x48cd4cb1"): $word, ($sc + ":0x8da5cb5b"): $word }
	}' >"$RPC"
	set_rpc ". * $1"
	port=$(python3 "$ROOT/tests/cli/rpc_server.py" --free-port)
	echo "$port" >"$T_DIR/port"
	python3 "$ROOT/tests/cli/rpc_server.py" "$T_DIR/port" "$CALLS" "$RPC" &
	server=$!
	trap 'kill $server 2>/dev/null; rm -rf "$T_DIR"' EXIT
	export L1_URL=http://127.0.0.1:$port
	listens "$port" $server
}

printed() { # printed PROCESS TEXT: it is in the log; one is ready before it is
	until_true 100 grep -qF -- "$2" ".opl2/logs/$1.log"
}

chain_spec() { # ends among the resources, whose kinds have two spaces
	cat <<-Y
		limits: { eth: 10eth }
		variables:
		  l1: { type: url, env: L1_URL, sensitive: true }
		resources:
		  key:
		    admin: { source: { env: SEED_KEY } }
		  l1_contracts:
		    l1:
		      l1_rpc: "\${var.l1}"
		      l1_chain_id: 1
		      deployer: "\${key.admin.private_key}"
		      project: { path: "$T_DIR", digest: p, forge: /bin/false, tool_dirs: [] }
		      deploy_config: "$T_DIR/config.json"
		      l1_digest: d1
	Y
}

adopt() {
	jq -n '{ finalSystemOwner: "0x0000000000000000000000000000000000000007" }' >"$T_DIR/config.json"
	jq -n --arg sc $SC --arg portal "$PORTAL" \
		"{ SystemConfigProxy: \$sc, OptimismPortalProxy: \$portal } + ${1-{\}}" >artifact.json
	opl2 apply -auto-approve -target=key.admin && opl2 import l1_contracts.l1 artifact.json
}
