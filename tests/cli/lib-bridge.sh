# shellcheck shell=bash
# Two scripted chains with a bridge, and a spec whose contracts they have.
#
#   . "$(dirname "$0")/../lib.sh"
#   . "$ROOT/tests/cli/lib-bridge.sh"

command -v python3 jq >/dev/null || skip_all 'no python3 or jq'
export SEED_KEY=0x0000000000000000000000000000000000000000000000000000000000000007
ADMIN=0xd41c057fd1c78805AAC12B0A94a405c0461A6FBb
TX=0x$(printf '11%.0s' {1..32})
ODD=0x$(printf '12%.0s' {1..32})
export LOG=$T_DIR/sent CHAIN=$T_DIR/chain.json
mkfifo "$T_DIR/hold" && exec 7<>"$T_DIR/hold"
exec 8< <(cd "$T_DIR" && exec python3 "$ROOT/tests/fake/bridge.py" "$LOG" <&7 7>&-)
server=$!
trap 'exec 7>&-; kill $server; rm -rf "$T_DIR"' EXIT
read -r port <&8

# shellcheck disable=SC2120 # who sources this gives it words
chain() { # chain [JQ]: the chains as they begin, changed by JQ; nothing is sent
	: >"$LOG"
	jq -n --arg admin $ADMIN '{
		kind: "oracle", paused: false, now: 1700000000, step: 0, output: true,
		told: [1699999995],
		root: "", lie: "", proven: 0, void: false, prover: "", finalized: false,
		success: true, refuse: "", arrived: 1, deposits: 0, chain_id: 1, account: $admin, mined: {}, tokens: false,
		nonce: { l1: 0, l2: 0 }, head: { l1: 50, l2: 105 },
		game: { n: 0, status: 0, created: 1699999000, resolved: 0, type: 0, black: false, claims: 1 }
	} | '"${1:-.}" >"$CHAIN"
}
now() { jq -c "$1" "$CHAIN"; }
# shellcheck disable=SC2120 # the bodies that give it words are strings
sent() { # sent [WORDS]: exactly these were sent, in order
	[ "$(tr '\n' ' ' <"$LOG")" = "${1:+$1 }" ] || { cat "$LOG"; return 1; }
}
killed() { # killed POINT COMMAND...
	local rc
	OPL2_FAULT=$1 "${@:2}" >killed.txt 2>&1 && { cat killed.txt; return 1; }
	return 0
}
spec <<Y
limits: { eth: 10eth }
resources:
  key:
    admin: { source: { env: SEED_KEY } }
  l1_contracts:
    l1:
      l1_rpc: "http://127.0.0.1:$port/l1"
      l1_chain_id: 1
      deployer: "\${key.admin.private_key}"
      project: { path: "$T_DIR", digest: p, forge: /bin/false, tool_dirs: [] }
      deploy_config: "$T_DIR/config.json"
      l1_digest: d1
outputs: { l2_rpc: "http://127.0.0.1:$port/l2", l2_chain_id: "\${l1_contracts.l1.l1_chain_id}" }
Y
echo '{}' >"$T_DIR/config.json"
jq -n '{ SystemConfigProxy: ("0x" + "a3" * 20), OptimismPortalProxy: ("0x" + "a1" * 20),
	L1StandardBridgeProxy: ("0x" + "a4" * 20),
	DisputeGameFactoryProxy: ("0x" + "a2" * 20) }' >artifact.json
chain
test_ok 'a chain to work on' '
	opl2 apply -auto-approve -target=key.admin && opl2 import l1_contracts.l1 artifact.json &&
	jq -e ".outputs.l2_rpc" .opl2/state.json'
