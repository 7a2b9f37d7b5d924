# shellcheck shell=bash disable=SC2119,SC2120
# The commands that tests/torture sweeps, each small and offline: what comes
# before it (base_), the command itself behind "$@" (act_), and what has to hold
# when it is repeated without a fault (mend_).

# --- what scenes have in common ---------------------------------------------------

# A command whose specs have their state in a bucket (in_bucket) sets BACKEND.
files_spec() { # files_spec NOTE [MORE]: nulls, a key, a secret and a file beside the spec
	cat >opl2.yaml <<-Y
		opl2: 1
		name: t
		${BACKEND:-}
		resources:
		  "null":
		    a: { note: $1 }
		    b: { triggers: { a: "\${null.a.id}" } }
		    ${2:-}
		  key:
		    k: { source: { generate: true } }
		  jwt_secret: { j: {} }
		  envrc:
		    e:
		      admin_address: "\${key.k.address}"
		      batcher_address: "\${key.k.address}"
		      proposer_address: "\${key.k.address}"
		      sequencer_address: "\${key.k.address}"
		      l1_chain_id: 1
		      l2_chain_id: 2
		      l1_block_time: 12s
		      l2_block_time: 2s
		      impl_salt: $1
		outputs: { b: "\${null.b.id}" }
	Y
}
apply() { "$@" opl2 apply -auto-approve -parallelism=1; }

# What was announced or recorded, and which secrets were made: none of it may
# be made a second time.
made() {
	{
		grep -h '"op":"intent"' .opl2/journal | grep -o '"token":{"id":"[0-9a-f]*"'
		opl2 state list | while read -r addr; do
			opl2 state show -json "$addr" | jq -c '.attrs.id // empty'
		done
		find .opl2/keys -type f ! -name '*.tmp-*' -exec cat {} +
		cat .opl2/files/jwt_secret.j/jwt.txt
	} 2>/dev/null | grep -o '[0-9a-f]\{32,\}' | sort -u
}
still_made() { # still_made FILE: what was made is what there is
	local lost
	lost=$(comm -23 "$1" <(made))
	[ -z "$lost" ] || { echo "made a second time: $lost"; return 1; }
}
no_changes() {
	opl2 plan -detailed-exitcode >"$OUT/plan" 2>&1 && grep -q 'No changes' "$OUT/plan" || {
		cat "$OUT/plan"
		return 1
	}
}
to_the_end() { # an apply ends well, and has made nothing twice
	made >"$T_DIR/made"
	opl2 plan >"$OUT/plan" 2>&1 || { cat "$OUT/plan"; return 1; }
	apply && no_changes && still_made "$T_DIR/made"
}

# --- files ------------------------------------------------------------------------

base_apply() { files_spec one; }
act_apply() { apply "$@"; }
mend_apply() { to_the_end; }

base_change() { files_spec one && apply && files_spec two 'c: { note: new }'; }
act_change() { apply "$@"; }
mend_change() { to_the_end; }

base_destroy() { files_spec one && apply; }
act_destroy() { "$@" opl2 destroy -auto-approve -parallelism=1; }
mend_destroy() {
	# The file of the key stays, and that is said.
	act_destroy || [ $? -eq 13 ] || return
	[ -z "$(opl2 state list)" ] && opl2 plan >"$OUT/plan"
}

base_plan() { base_change; }
act_plan() { "$@" opl2 plan -out=p; }
mend_plan() { act_plan && opl2 apply p && no_changes; }

base_look() { files_spec one && apply; }
act_look() { "$@" opl2 plan -detailed-exitcode; }
mend_look() { no_changes; }

base_saved() { base_change && opl2 plan -out=p; }
act_saved() { "$@" opl2 apply p; }
# What it has begun makes the plan one of yesterday.
mend_saved() {
	made >"$T_DIR/made"
	opl2 apply p >"$T_DIR/log" 2>&1 || grep -qE 'E06[0-9]{2}' "$T_DIR/log" || {
		cat "$T_DIR/log"
		return 1
	}
	apply && no_changes && still_made "$T_DIR/made" && rm -f p
}

base_mv() { files_spec one && apply; }
act_mv() { "$@" opl2 state mv -auto-approve null.b null.d; }
mend_mv() {
	made >"$T_DIR/made"
	case $(opl2 state list | grep null | paste -sd,) in
	null.a,null.b) act_mv || return ;;
	null.a,null.d) ;;
	*) opl2 state list && return 1 ;;
	esac
	sed -i 's/^    b: /    d: /; s/null\.b/null.d/' opl2.yaml
	no_changes && still_made "$T_DIR/made"
}

base_rm() { files_spec one && apply; }
act_rm() { "$@" opl2 state rm -auto-approve key.k; }
mend_rm() {
	case $(opl2 state list | grep -c '^key') in
	1) act_rm || return ;;
	esac
	# Its file is there: the key is found again.
	cp .opl2/keys/key.k "$T_DIR/key"
	apply && no_changes && cmp .opl2/keys/key.k "$T_DIR/key"
}

base_backup() { files_spec one && apply; }
act_backup() { "$@" opl2 backup -keys b.tar.gz; }
mend_backup() {
	# What is there is whole, whatever was said of it.
	[ ! -e b.tar.gz ] || tar tzf b.tar.gz >"$OUT/list" || return
	rm -f b.tar.gz
	act_backup && tar tzf b.tar.gz | grep -q state.json && no_changes
}

base_restore() {
	base_backup && act_backup && mv b.tar.gz .. && cd .. && rm -rf dir &&
		mkdir dir && cd dir
}
act_restore() { "$@" opl2 restore ../b.tar.gz; }
# The file beside the spec is in no backup.
mend_restore() { act_restore && apply && no_changes; }

# --- downloads --------------------------------------------------------------------

# A server of files and a small repository, for as long as the sweep lasts.
serve() {
	local www=$T_DIR/www
	mkdir -p "$www/pkg" && echo '#!/bin/sh' >"$www/pkg/tool" &&
		head -c 200000 /dev/urandom >"$www/pkg/data" &&
		tar -C "$www" -czf "$www/pkg.tar.gz" pkg || return
	git init -q -b main "$T_DIR/repo" && echo one >"$T_DIR/repo/a.txt" &&
		git -C "$T_DIR/repo" add -A &&
		git -C "$T_DIR/repo" -c user.name=t -c user.email=t@example.org commit -qm one || return
	mkfifo "$T_DIR/hold" && exec 7<>"$T_DIR/hold" || return
	# Elsewhere than in the chain's folder, whose processes are ended.
	exec 8< <(cd "$T_DIR" && exec python3 "$ROOT/tests/fake/httpd.py" "$www" <&7 7>&-)
	SERVER="$SERVER $!"
	read -r PORT <&8
}
base_fetch() {
	[ -n "${PORT:-}" ] || serve || return
	cat >opl2.yaml <<-Y
		opl2: 1
		name: t
		resources:
		  archive:
		    pkg:
		      url: http://127.0.0.1:$PORT/pkg.tar.gz
		      sha256: $(sha256sum <"$T_DIR/www/pkg.tar.gz" | head -c 64)
		  git_checkout:
		    repo:
		      url: file://$T_DIR/repo
		      ref: main
		      commit: $(git -C "$T_DIR/repo" rev-parse HEAD)
	Y
}
act_fetch() { apply "$@"; }
mend_fetch() {
	to_the_end && [ "$(cat .opl2/src/repo/*/a.txt)" = one ] &&
		[ -z "$(git -C .opl2/src/repo/* status --porcelain)" ] &&
		cmp "$(opl2 state show -json archive.pkg | jq -r .attrs.dir)/pkg/data" \
			"$T_DIR/www/pkg/data"
}

# --- a tool -----------------------------------------------------------------------

base_build() {
	mkdir src && printf '#!/bin/sh\necho made >out\n' >src/run.sh && chmod +x src/run.sh
	cat >opl2.yaml <<-Y
		opl2: 1
		name: t
		resources:
		  build:
		    x:
		      source: $PWD/src
		      source_digest: x1
		      steps: [[./run.sh], [./run.sh, again]]
		      outputs: { x: out }
		outputs: { x: "\${build.x.paths.x}" }
	Y
}
act_build() { apply "$@"; }
mend_build() { to_the_end && [ "$(cat "$(opl2 output -raw x)")" = made ]; }

# --- processes --------------------------------------------------------------------

# A supervisor that cannot write waits for space, as long as it may. Whoever
# starts while the one before it lives finds its lock.
proc_spec() { # proc_spec MARK
	cat >opl2.yaml <<-Y
		opl2: 1
		name: t
		${BACKEND:-}
		resources:
		  process:
		    p:
		      timeout: 8s
		      command: [/bin/sh, -c, "exec 9>p.lock; flock -n 9 || echo p >>twice; echo $1 >>starts; exec sleep 1000", sh]
		    q:
		      timeout: 8s
		      command: [/bin/sh, -c, "exec 9>q.lock; flock -n 9 || echo q >>twice; exec sleep 1001", sh]
		      after: ["\${process.p.name}"]
	Y
}
runs() { # both, once each
	local p n=0
	for p in $(running); do
		tr '\0' ' ' <"/proc/$p/cmdline" 2>/dev/null | grep -q '^sleep 100[01] $' && n=$((n + 1))
	done
	[ $n -eq 2 ] && [ -z "$(find "$CHAIN" -name twice)" ] || {
		echo "$n processes; twice: $(find "$CHAIN" -name twice -exec cat {} +)"
		opl2 status
		return 1
	}
	supervised
}
supervisors() { # "SUPERVISOR WATCHDOG" by who is there
	local p
	for p in $(running); do
		case $(tr '\0' ' ' <"/proc/$p/cmdline") in
		*opl2-supervise' --supervisor '*) echo "1 $p" ;;
		*opl2-supervise' --guard '*) echo "2 $p" ;;
		esac
	done 2>/dev/null | sort | cut -d' ' -f2 | paste -sd' '
}
# One of each, which know each other: who is left alone starts the other.
supervised() {
	local n
	for ((n = 0; n < 150; n++)); do
		[ "$(supervisors)" != "$(opl2 status -json | jq -r '.supervisor | "\(.pid) \(.guard_pid)"')" ] ||
			return 0
		sleep 0.1
	done
	echo "supervisor and watchdog: $(supervisors)"
	opl2 status -json | jq -c .supervisor
	return 1
}

LIVE='up stop start again life down less send deposit withdraw transfer'
LIVE="$LIVE s3_apply s3_change s3_destroy s3_up s3_again s3_send"
base_up() { proc_spec one; }
act_up() { apply "$@"; }
mend_up() { to_the_end && runs && wound_up; }
base_stop() { base_up && apply; }
act_stop() { "$@" opl2 stop; }
mend_stop() { act_stop && opl2 start && runs && no_changes && wound_up; }
base_start() { base_stop && opl2 stop; }
act_start() { "$@" opl2 start; }
mend_start() { act_start && runs && no_changes && wound_up; }
base_again() { base_stop && proc_spec two; }
act_again() { apply "$@"; }
mend_again() { to_the_end && runs && wound_up; }
# A supervisor that is traced through what it does when nobody waits for it.
base_life() { proc_spec one; }
act_life() { "$@" sh -c 'opl2 apply -auto-approve -parallelism=1 && opl2 stop && opl2 start'; }
mend_life() { to_the_end && opl2 start && mend_up; }
base_down() { base_stop; }
act_down() { act_destroy "$@"; }
mend_down() { mend_destroy && none_running; }
# A spec that has its processes no more.
base_less() { base_stop && files_spec none; }
act_less() { apply "$@"; }
mend_less() { to_the_end && none_running; }
# A destroy leaves nothing running, so that what is compared is at rest.
wound_up() { act_destroy && none_running; }

# --- money ------------------------------------------------------------------------

# Two of anvil's own accounts, whose mnemonic is public.
A=0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266
B=0x70997970C51812dc3A010C7d01b50e0d17dc79C8
PAID=0x00000000000000000000000000000000000000aa
# Stores what its one argument says, and gives it to a call without any.
CODE=0x601a600c600039601a6000f33660041060125760005460005260206000f35b60043560005500

rpc() { # rpc METHOD PARAMS: the result, as text
	local answer
	answer=$(curl -sS -m 10 -H 'content-type: application/json' "$L1" -d \
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$1\",\"params\":$2}") &&
		# jq 1.6 finds nothing wrong with no answer at all.
		[ -n "$answer" ] && jq -er .result <<<"$answer"
}
# An L1 that mines at once, for as long as the sweep lasts. Its program comes
# from the user's own store.
l1() {
	mkdir -p "$T_DIR/anvil" && cd "$T_DIR/anvil" || return
	cat >opl2.yaml <<-'Y'
		opl2: 1
		name: anvil
		resources:
		  toolchain:
		    anvil:
		      program: anvil
		      version: "1.7.1"
		      host: false
		      from:
		        npm: { package: "@foundry-rs/anvil-${host.foundry_platform}", version: 1.7.1 }
		outputs: { anvil: "${toolchain.anvil.path}" }
	Y
	HOME=$USER_HOME XDG_CACHE_HOME=$USER_HOME/.cache opl2 apply -auto-approve || return
	local port n
	port=$(python3 "$ROOT/tests/cli/rpc_server.py" --free-port)
	L1=http://127.0.0.1:$port
	HOME=$T_DIR/anvil "$(opl2 output -raw anvil)" --quiet --port "$port" --chain-id 31337 \
		--gas-limit 30000000 --block-base-fee-per-gas 7 >anvil.log 2>&1 &
	ANVIL=$!
	for ((n = 0; n < 100; n++)); do
		rpc eth_blockNumber '[]' >anvil.log 2>&1 && break
		sleep 0.1
	done
	FRESH=$(rpc evm_snapshot '[]') && cd "$CHAIN/dir"
}
base_send() {
	[ -n "${L1:-}" ] || l1 || return
	# A snapshot is good for one return to it.
	rpc evm_revert "[\"$FRESH\"]" && FRESH=$(rpc evm_snapshot '[]') || return
	(umask 077
		echo ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80 >../a
		echo 59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d >../b)
	cat >opl2.yaml <<-Y
		opl2: 1
		name: money
		${BACKEND:-}
		limits: { eth: 2eth }
		resources:
		  key:
		    a: { source: { file: ../a } }
		    b: { source: { file: ../b } }
		  balance:
		    paid:
		      rpc: $L1
		      chain_id: 31337
		      address: "$PAID"
		      at_least: 1eth
		      funder: "\${key.b.private_key}"
		  contract_call:
		    made:
		      rpc: $L1
		      chain_id: 31337
		      from: "\${key.a.private_key}"
		      create: { bytecode: "$CODE" }
		    told:
		      rpc: $L1
		      chain_id: 31337
		      from: "\${key.a.private_key}"
		      to: "\${contract_call.made.address}"
		      function: set(uint256)
		      args: [7]
		      expect: { function: "get()(uint256)", equals: 7 }
		outputs: { made: "\${contract_call.made.address}" }
	Y
}
act_send() { apply "$@"; }
mend_send() { # three transactions, each planned and sent once
	local n nonces
	apply && no_changes || return
	n=$(cat .opl2/ledger/* | sed 's/^[^{]*//' |
		jq -s 'map(select(.type == "begin") | .txs | length) | add')
	nonces=$(rpc eth_getTransactionCount "[\"$A\",\"latest\"]"
		rpc eth_getTransactionCount "[\"$B\",\"latest\"]"
		rpc eth_getBalance "[\"$PAID\",\"latest\"]"
		rpc eth_call "[{\"to\":\"$(opl2 output -raw made)\"},\"latest\"]" | sed 's/0x0*/0x/')
	[ "$n" = 3 ] && [ "$(echo "$nonces" | paste -sd,)" = 0x2,0x1,0xde0b6b3a7640000,0x7 ] || {
		echo "$n transactions planned; nonces, balance and value: $nonces"
		return 1
	}
}

# --- the bridge -------------------------------------------------------------------

# Two scripted chains for as long as the sweep lasts, and a folder whose spec has
# contracts there.
bridge() {
	local port
	mkdir -p "$T_DIR/bridge" && cd "$T_DIR/bridge" && mkfifo hold && exec 5<>hold || return
	exec 6< <(exec python3 "$ROOT/tests/fake/bridge.py" sent <&5 5>&-)
	SERVER="$SERVER $!"
	read -r port <&6
	enter && bridge_begins && cat >opl2.yaml <<-Y
		opl2: 1
		name: t
		limits: { eth: 10eth }
		resources:
		  key:
		    admin: { source: { file: ../admin } }
		  l1_contracts:
		    l1:
		      l1_rpc: "http://127.0.0.1:$port/l1"
		      l1_chain_id: 1
		      deployer: "\${key.admin.private_key}"
		      project: { path: "$PWD", digest: p, forge: /bin/false, tool_dirs: [] }
		      deploy_config: "$PWD/config.json"
		      l1_digest: d1
		outputs: { l2_rpc: "http://127.0.0.1:$port/l2", l2_chain_id: 2 }
	Y
	(umask 077 && echo 0x0000000000000000000000000000000000000000000000000000000000000007 >../admin)
	echo '{}' >config.json
	jq -n '{ SystemConfigProxy: ("0x" + "a3" * 20), OptimismPortalProxy: ("0x" + "a1" * 20),
		L1StandardBridgeProxy: ("0x" + "a4" * 20),
		DisputeGameFactoryProxy: ("0x" + "a2" * 20) }' >artifact.json
	opl2 apply -auto-approve -target=key.admin && opl2 import l1_contracts.l1 artifact.json &&
		cp -a "$CHAIN" "$T_DIR/base.bridge"
}
bridge_begins() { # nothing is sent; each look takes the L1 a few seconds on
	: >"$T_DIR/bridge/sent"
	jq -n '{ kind: "oracle", paused: false, now: 1700000000, step: 5, output: true,
		told: [1699999995], root: "", lie: "", proven: 0, void: false, prover: "",
		finalized: false, success: true, refuse: "", arrived: 1, deposits: 0,
		chain_id: 1, l2_chain_id: 2, account: "0xd41c057fd1c78805AAC12B0A94a405c0461A6FBb",
		mined: {}, tokens: false, nonce: { l1: 0, l2: 0 }, head: { l1: 50, l2: 105 },
		game: { n: 0, status: 0, created: 1699999000, resolved: 0, type: 0, black: false, claims: 1 }
	}' >"$T_DIR/bridge/chain.json"
}
base_bridge() {
	[ -d "$T_DIR/base.bridge" ] || { bridge && cd "$T_DIR" && rm -rf "$CHAIN"; } || return
	bridge_begins && cd "$T_DIR" && rm -rf "$CHAIN" && cp -a "$T_DIR/base.bridge" "$CHAIN" && enter
}
# The same command again goes on, unless its result was told; then it is new.
mend_bridge() { # mend_bridge SCENE SENT
	[ -n "$(find .opl2/ledger -name '*.told' 2>/dev/null)" ] || "act_$1" || return
	[ "$(tr '\n' ' ' <"$T_DIR/bridge/sent")" = "$2 " ] || {
		cat "$T_DIR/bridge/sent"
		return 1
	}
}
base_deposit() { base_bridge; }
act_deposit() { "$@" opl2 deposit 0.5eth -auto-approve; }
mend_deposit() { mend_bridge deposit 'l1 depositTransaction'; }
base_withdraw() { base_bridge; }
act_withdraw() { "$@" opl2 withdraw 0.05eth -auto-approve; }
mend_withdraw() {
	mend_bridge withdraw 'l2 bridgeETHTo l1 proveWithdrawalTransaction l1 finalizeWithdrawalTransaction'
}
base_transfer() { base_bridge; }
act_transfer() { "$@" opl2 send -layer=l1 0x00000000000000000000000000000000000000e1 1eth -auto-approve; }
mend_transfer() { mend_bridge transfer 'l1 ether'; }

# --- a state in a bucket ----------------------------------------------------------

bucket() { # a server for as long as the sweep lasts
	mkdir -p "$T_DIR/s3" && touch "$T_DIR/s3/log" "$T_DIR/s3/url" || return
	(cd "$T_DIR" && exec "$MOTO" "$ROOT/tests/cli/s3_server.py" s3 chains) \
		>"$T_DIR/s3/url" 2>"$T_DIR/s3/err" &
	S3=$!
	SERVER="$SERVER $S3"
	until [ -s "$T_DIR/s3/url" ]; do
		kill -0 $S3 || { cat "$T_DIR/s3/err"; return 1; }
		sleep 0.05
	done
}
in_bucket() { # in_bucket COMMAND...: whose specs have their state there
	local BACKEND
	[ -s "$T_DIR/s3/url" ] || bucket || return
	export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=secret PASS=correct-horse
	BACKEND="backend: { s3: { bucket: chains, key: \"$(date +%s%N)\", endpoint: \"$(cat "$T_DIR/s3/url")\", region: us-east-1 } }
encryption: { passphrase: { env: PASS } }"
	"$@"
}
for s in apply change destroy up again send; do
	eval "base_s3_$s() { in_bucket base_$s; }
	act_s3_$s() { act_$s \"\$@\"; }
	mend_s3_$s() { mend_$s; }"
done
