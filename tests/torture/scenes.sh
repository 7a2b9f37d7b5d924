# shellcheck shell=bash disable=SC2119,SC2120
# The commands that tests/torture sweeps, each small and offline: what comes
# before it (base_), the command itself behind "$@" (act_), and what has to hold
# when it is repeated without a fault (mend_).

# --- what scenes have in common ---------------------------------------------------

files_spec() { # files_spec NOTE [MORE]: nulls, a key, a secret and a file beside the spec
	cat >opl2.yaml <<-Y
		opl2: 1
		name: t
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
	exec 8< <(exec python3 "$ROOT/tests/fake/httpd.py" "$www" <&7 7>&-)
	SERVER=$!
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

# A supervisor that cannot write waits for space, as long as it may.
proc_spec() { # proc_spec MARK
	cat >opl2.yaml <<-Y
		opl2: 1
		name: t
		resources:
		  process:
		    p:
		      timeout: 8s
		      command: [/bin/sh, -c, "echo $1 >>starts; exec sleep 1000", sh]
		    q:
		      timeout: 8s
		      command: [/bin/sh, -c, "exec sleep 1001", sh]
		      after: ["\${process.p.name}"]
	Y
}
runs() { # both, once each
	local p n=0
	for p in $(running); do
		tr '\0' ' ' <"/proc/$p/cmdline" 2>/dev/null | grep -q '^sleep 100[01] $' && n=$((n + 1))
	done
	[ $n -eq 2 ] || {
		echo "$n processes"
		opl2 status
		return 1
	}
}

LIVE='up stop start again life down send'
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
