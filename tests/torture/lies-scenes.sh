# shellcheck shell=bash disable=SC2119,SC2120
# The commands that tests/torture/lies.sh has lied to. Servers are those of
# tests/fake, behind its liar.

FAKE=$ROOT/tests/fake
LIVE='look send signer npm git da meeda image s3 http kube sup'
resources() { # resources [LINE...]: a spec; the resources from standard input
	{
		printf 'opl2: 1\nname: t\n'
		[ $# -eq 0 ] || printf '%s\n' "$@"
		cat
	} >opl2.yaml
}
applied() { "$@" opl2 apply -auto-approve -parallelism=1; }
no_changes() {
	opl2 plan -detailed-exitcode >"$OUT/plan" 2>&1 && grep -q 'No changes' "$OUT/plan" || {
		cat "$OUT/plan"
		return 1
	}
}
all_well() { applied && no_changes; }

# --- JSON-RPC -----------------------------------------------------------------------

up_look() {
	mkdir -p "$T_DIR/l1" && cd "$T_DIR/l1" && serve_by python3 "$FAKE/l1.py" log &&
		UPSTREAM=127.0.0.1:$PORT && liar
}
base_look() {
	resources <<-Y
	resources:
	  endpoint:
	    l1: { rpc: "http://127.0.0.1:$LIED", chain_id: 3151 }
	Y
}
act_look() { applied "$@"; }
mend_look() { all_well; }
same_look() { cat; }

# An L1 that mines what it gets; each of its accounts has its own nonces.
l1_of() { # l1_of: a fresh one
	restart_by python3 "$FAKE/gas_l1.py" '{"step": 5}'
}
ask_l1() { # ask_l1 METHOD: of the L1 itself
	curl -sS -m 10 "http://127.0.0.1:$L1" -H 'content-type: application/json' \
		-d '{"jsonrpc":"2.0","id":1,"method":"'"$1"'","params":[]}' | jq -e .result
}
once_each() { # once_each N: so many transactions, planned and mined once
	local planned mined
	planned=$(cat .opl2/ledger/* | sed 's/^[^{]*//' |
		jq -s 'map(select(.type == "begin") | .txs | length) | add')
	mined=$(ask_l1 test_log | jq -c '[.mined[] | [.nonce, .status]]')
	[ "$planned $mined" = "$1 $(jq -nc "[range($1) | [., 1]]")" ] || {
		echo "$planned planned; nonces and statuses of those mined: $mined"
		return 1
	}
}
up_send() { l1_of && liar; }
reset_send() { l1_of && L1=$PORT UPSTREAM=127.0.0.1:$PORT; }
money() { # money L1-PORT KEY
	resources 'limits: { eth: 2eth }' <<-Y
	resources:
	  key:
	    k: { source: $2 }
	  contract_call:
	    one:
	      rpc: "http://127.0.0.1:$1"
	      chain_id: 31337
	      from: "\${key.k.private_key}"
	      to: "0x00000000000000000000000000000000000000aa"
	      function: set(uint256)
	      args: [6]
	    two:
	      depends_on: [contract_call.one]
	      rpc: "http://127.0.0.1:$1"
	      chain_id: 31337
	      from: "\${key.k.private_key}"
	      to: "0x00000000000000000000000000000000000000bb"
	      function: set(uint256)
	      args: [7]
	Y
}
KEY=ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80
ADDRESS=0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266
base_send() { (umask 077 && echo $KEY >../k) && money "$LIED" '{ file: ../k }'; }
act_send() { applied "$@"; }
mend_send() { all_well && once_each 2; }
# A block is another one each time, and with it the hash.
same_send() { jq -cS 'del(.[1].block, .[1].transaction)'; }

up_signer() {
	cd "$T_DIR" && l1_of && serve_by python3 "$FAKE/signer.py" $KEY &&
		SIGNER=127.0.0.1:$PORT && liar
}
reset_signer() { l1_of && L1=$PORT UPSTREAM=$SIGNER; }
base_signer() { money "$L1" "{ signer: { url: \"http://127.0.0.1:$LIED\", address: \"$ADDRESS\" } }"; }
act_signer() { applied "$@"; }
mend_signer() { mend_send; }
same_signer() { same_send; }

# --- the bridge: both chains are behind the liar ----------------------------------------

up_withdraw() {
	export SEED_KEY=0x0000000000000000000000000000000000000000000000000000000000000007
	mkdir -p "$T_DIR/bridge" && cd "$T_DIR/bridge" && : >sent &&
		serve_by python3 "$FAKE/bridge.py" sent && UPSTREAM=127.0.0.1:$PORT && liar
}
reset_withdraw() {
	: >"$T_DIR/bridge/sent"
	jq -n '{
		kind: "'"${1:-oracle}"'", paused: false, now: 1700000000, step: 0, output: true,
		told: [1699999995],
		root: "", lie: "", proven: 0, void: false, prover: "", finalized: false,
		success: true, refuse: "", arrived: 1, deposits: 0, chain_id: 1,
		account: "0xd41c057fd1c78805AAC12B0A94a405c0461A6FBb", mined: {}, tokens: false,
		nonce: { l1: 0, l2: 0 }, head: { l1: 50, l2: 105 },
		game: { n: 0, status: 0, created: 1699999000, resolved: 0, type: 0, black: false, claims: 1 }
	}' >"$T_DIR/bridge/chain.json"
}
TX=0x$(printf '11%.0s' {1..32})
base_withdraw() {
	tells 0 '' && resources 'limits: { eth: 10eth }' <<-Y && echo '{}' >config.json
	resources:
	  key:
	    admin: { source: { env: SEED_KEY } }
	  l1_contracts:
	    l1:
	      l1_rpc: "http://127.0.0.1:$LIED/l1"
	      l1_chain_id: 1
	      deployer: "\${key.admin.private_key}"
	      project: { path: "$PWD", digest: p, forge: /bin/false, tool_dirs: [] }
	      deploy_config: "$PWD/config.json"
	      l1_digest: d1
	outputs: { l2_rpc: "http://127.0.0.1:$LIED/l2", l2_chain_id: "\${l1_contracts.l1.l1_chain_id}" }
	Y
	jq -n '{ SystemConfigProxy: ("0x" + "a3" * 20), OptimismPortalProxy: ("0x" + "a1" * 20),
		L1StandardBridgeProxy: ("0x" + "a4" * 20),
		DisputeGameFactoryProxy: ("0x" + "a2" * 20) }' >artifact.json
	opl2 apply -auto-approve -target=key.admin && opl2 import l1_contracts.l1 artifact.json
}
act_withdraw() { "$@" opl2 withdraw prove $TX; }
mend_withdraw() {
	act_withdraw && [ "$(cat "$T_DIR/bridge/sent")" = 'l1 proveWithdrawalTransaction' ] || {
		cat "$T_DIR/bridge/sent"
		return 1
	}
}
same_withdraw() { cat; }
up_games() { up_withdraw; }
reset_games() { reset_withdraw games; }
base_games() { base_withdraw; }
act_games() { act_withdraw "$@"; }
mend_games() { mend_withdraw; }
same_games() { cat; }
up_deposit() { up_withdraw; }
reset_deposit() { reset_withdraw; }
base_deposit() { base_withdraw; }
act_deposit() { "$@" opl2 deposit 0.5eth -auto-approve; }
# Once it has told what became of it, a further one is a further deposit.
mend_deposit() {
	[ -n "$(find .opl2/ledger -name '*.told' 2>/dev/null)" ] || act_deposit || return
	[ "$(cat "$T_DIR/bridge/sent")" = 'l1 depositTransaction' ] || {
		cat "$T_DIR/bridge/sent"
		return 1
	}
}
same_deposit() { cat; }

# --- downloads ----------------------------------------------------------------------

up_npm() {
	local www=$T_DIR/www
	mkdir -p "$www/tool/-" "$www/tool/1.0.0" "$T_DIR/pkg/package" && cd "$T_DIR" &&
		printf '#!/bin/sh\necho tool 1.0.0\n' >pkg/package/tool && chmod +x pkg/package/tool &&
		tar -C pkg -czf "$www/tool/-/tool-1.0.0.tgz" package &&
		cp "$www/tool/-/tool-1.0.0.tgz" "$www/pkg.tar.gz" || return
	jq -n --arg sri "sha512-$(openssl dgst -sha512 -binary <"$www/pkg.tar.gz" | base64 -w0)" '{
		name: "tool", version: "1.0.0", dist: {
		tarball: "http://SELF/tool/-/tool-1.0.0.tgz", integrity: $sri } }' >"$www/tool/1.0.0/index.json"
	serve_by python3 "$FAKE/httpd.py" "$www" && UPSTREAM=127.0.0.1:$PORT && liar
}
base_npm() {
	export npm_config_registry=http://127.0.0.1:$LIED/
	resources <<-Y
	resources:
	  npm_package:
	    p: { package: tool, version: 1.0.0 }
	  archive:
	    a: { url: "http://127.0.0.1:$LIED/pkg.tar.gz", sha256: $(sha256sum <"$T_DIR/www/pkg.tar.gz" | head -c 64) }
	Y
}
act_npm() { applied "$@"; }
mend_npm() {
	all_well && [ "$("$(opl2 state show -json npm_package.p | jq -r .attrs.dir)/tool")" = 'tool 1.0.0' ]
}
same_npm() { cat; }

up_git() {
	cd "$T_DIR" && git init -q -b main www/repo && echo one >www/repo/a.txt &&
		git -C www/repo add -A &&
		git -C www/repo -c user.name=t -c user.email=t@example.org commit -qm one &&
		serve_by python3 "$FAKE/githttpd.py" "$T_DIR/www" && UPSTREAM=127.0.0.1:$PORT && liar
}
base_git() {
	resources <<-Y
	resources:
	  git_checkout:
	    r:
	      url: "http://127.0.0.1:$LIED/repo/.git"
	      ref: main
	      commit: $(git -C "$T_DIR/www/repo" rev-parse HEAD)
	Y
}
act_git() { applied "$@"; }
mend_git() { all_well && [ "$(cat .opl2/src/r/*/a.txt)" = one ]; }
same_git() { cat; }

up_image() {
	cp /bin/true "$T_DIR/prog"
	serve_by true
	liar
}
reset_image() { restart_by python3 "$FAKE/registry.py" "$T_DIR/registry.log" && UPSTREAM=127.0.0.1:$PORT; }
base_image() {
	resources <<-Y
	resources:
	  image:
	    i: { repository: "127.0.0.1:$LIED/x", programs: { prog: "$T_DIR/prog" } }
	Y
}
act_image() { applied "$@"; }
mend_image() { all_well; }
same_image() { cat; }

# --- DA -----------------------------------------------------------------------------

up_da() {
	mkdir -p "$T_DIR/da" && cd "$T_DIR/da" && serve_by python3 "$FAKE/da.py" log &&
		UPSTREAM=127.0.0.1:$PORT && liar
}
base_da() {
	resources <<-Y
	resources:
	  endpoint:
	    up: { type: da_server, rpc: "http://127.0.0.1:$LIED/upstream/" }
	    me: { type: meeda, rpc: "http://127.0.0.1:$LIED/meeda" }
	    be: { type: beacon, rpc: "http://127.0.0.1:$LIED/beacon/" }
	Y
}
act_da() { applied "$@"; }
mend_da() { all_well; }
# The name of an object that is made anew is another one.
same_da() { jq -cS 'del(.[1].probe)'; }

# The adapter: what is put comes back byte by byte, or there is a status.
up_meeda() { serve_by python3 "$FAKE/meeda.py" "$T_DIR/objects" && UPSTREAM=127.0.0.1:$PORT && liar; }
base_meeda() {
	head -c 2000 "$BIN/opl2" >data
	OPL2_MEEDA_URL=http://127.0.0.1:$LIED/ opl2-meeda --listen 127.0.0.1:0 \
		--put-timeout 20s --get-timeout 20s 2>log &
	while_alive $! grep -q msg=listening log
	sed -n 's/.*msg=listening.*addr=\([^ ]*\).*/\1/p' log >address
}
there() { # there: put, and got again
	local at
	at=http://$(cat address)
	# A status that is none of success is the adapter's code of an error.
	curl -sS -m 100 -f --data-binary @data -o key "$at/put" 2>&1 &&
		curl -sS -m 100 -f -o back "$at/get/0x$(od -An -v -tx1 key | tr -d ' \n')" 2>&1 ||
		{ echo "E0000 $?"; return 1; }
	cmp data back || return 99
}
act_meeda() { there >&2; }
mend_meeda() { there && ! grep -q 'Sanitizer\|runtime error' log; }
same_meeda() { cat; }

# --- states that are shared -----------------------------------------------------------

shared() { # shared BACKEND
	resources "backend: { $1 }" <<-Y
	resources:
	  "null":
	    a: { note: one }
	    b: { triggers: { a: "\${null.a.id}" } }
	Y
}
RUN=0
other_machine() { # a folder that knows nothing finds the state
	rm -rf ../other && mkdir ../other && cp opl2.yaml ../other/ && (cd ../other && no_changes)
}
up_s3() {
	export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=secret
	mkdir -p "$T_DIR/s3" && serve_by "$ROOT/build/tools/moto/bin/python" \
		"$ROOT/tests/cli/s3_server.py" "$T_DIR/s3" chains && UPSTREAM=${PORT#http://} && liar
}
base_s3() {
	RUN=$((RUN + 1))
	shared "s3: { bucket: chains, key: r$RUN, endpoint: \"http://127.0.0.1:$LIED\", region: us-east-1 }"
}
act_s3() { applied "$@"; }
mend_s3() { all_well && other_machine; }
same_s3() { sed 's/"triggers":{[^}]*}//'; }

up_http() {
	mkdir -p "$T_DIR/tf" && serve_by python3 "$FAKE/tfstate.py" "$T_DIR/tf" &&
		UPSTREAM=127.0.0.1:$PORT && liar
}
base_http() {
	RUN=$((RUN + 1))
	shared "http: { address: \"http://127.0.0.1:$LIED/r$RUN\", lock_address: \"http://127.0.0.1:$LIED/r$RUN\" }"
}
act_http() { applied "$@"; }
# A lock whose answer was a lie may be held by nobody who knows of it.
mend_http() {
	rm -f "$T_DIR/tf/r$RUN.lock"
	all_well && other_machine
}
same_http() { cat; }

up_kube() { serve_by true; liar; }
reset_kube() {
	rm -f "$T_DIR/secrets"
	restart_by python3 "$FAKE/kube.py" "$T_DIR/secrets" && UPSTREAM=127.0.0.1:$PORT
	export OPL2_KUBERNETES_PROXY=http://127.0.0.1:$LIED
}
base_kube() { shared 'kubernetes: { namespace: chains, name: s }'; }
act_kube() { applied "$@"; }
mend_kube() { all_well && other_machine; }
same_kube() { cat; }

# --- the supervisor -------------------------------------------------------------------

# The supervisor's socket is moved aside, and the liar listens at its place.
up_sup() { UPSTREAM=$CHAIN/dir/.opl2/run/real.sock && liar "$T_DIR/lied.sock"; }
napping() { # napping N
	resources <<-Y
	resources:
	  process:
	    p: { timeout: 20s, command: [sleep, "$1"] }
	Y
}
base_sup() {
	napping 1000 && opl2 apply -auto-approve && mv .opl2/run/supervise.sock .opl2/run/real.sock &&
		ln -s "$T_DIR/lied.sock" .opl2/run/supervise.sock && napping 1001
}
act_sup() { applied "$@" && "$@" opl2 status && "$@" opl2 stop; }
naps() { # the new one, once, and no old one
	local p
	for p in $(running); do
		tr '\0' ' ' <"/proc/$p/cmdline" 2>/dev/null | grep -o 'sleep 100[01] $'
	done | paste -sd, | grep -qx 'sleep 1001 ' && opl2 status p | grep -q ready || { opl2 status; return 1; }
}
mend_sup() { all_well && opl2 start && naps && opl2 destroy -auto-approve && none_running; }
same_sup() { jq -cS 'del(.[1].pid, .[1].running, .[1].status)'; }
