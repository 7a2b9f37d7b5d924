#!/bin/bash
# The devnet from package registries: one apply brings it up, a second does
# nothing, a changed flag restarts one process, a new chain id is refused,
# stop and start keep the chain, destroy is honest, and the contracts that it
# left are adopted.
. "$(dirname "$0")/lib.sh"

D=$WORK/devnet
mkdir -p "$D"
cp "$ROOT/examples/devnet/opl2.yaml" "$D/"
[ ! -f "$ROOT/examples/devnet/opl2.lock" ] ||
	cp "$ROOT/examples/devnet/opl2.lock" "$D/"
cd "$D" || bail "no $D"
cleanup() {
	end_chain "$D"
	[ -n "${OPL2_E2E_DIR:-}" ] || rm -rf "$WORK"
}
trap cleanup EXIT

out() { opl2 output -json | jq -er "$1"; }

# The apply may take minutes when the store is empty: show that it lives.
ok 'apply brings the devnet up' opl2 apply -auto-approve ||
	{ tail -n 40 .opl2/logs/*.log 2>/dev/null | cut -c1-300 | sed 's/^/# /'
	  done_testing; }
L1=$(out .l1_rpc) L2=$(out .l2_rpc) NODE=$(out .rollup_rpc)
ART=$(out .artifact)
ORACLE=$(jq -r .L2OutputOracleProxy "$ART")

ok 'the L2 produces blocks' wait_for 60 above "$(height "$L2")" height "$L2"
ok 'the safe head follows' wait_for 120 above 0 safe_height "$NODE"
ok 'outputs are proposed' wait_for 120 above 0 latest_output "$L1" "$ORACLE"
da_objects() { find .opl2/data/*/da-server -type f | wc -l; }
ok 'DA objects are written' wait_for 60 above 0 da_objects

funded() { # every dev account has ether on the layer $1
	local a
	for a in $(out '.dev_accounts[].address'); do
		[ "$(rpc "$1" eth_getBalance "[\"$a\",\"latest\"]")" != '"0x0"' ] || return 1
	done
}
ok 'dev accounts are funded on L1' funded "$L1"
ok 'dev accounts are funded on L2' funded "$L2"

ADMIN=$(opl2 state show key.admin | grep -om1 '0x[0-9a-fA-F]\{40\}')
N0=$(nonce "$L1" "$ADMIN")
again() {
	strace -f -qq -e trace=execve -o "$D/strace.txt" \
		opl2 apply -auto-approve >"$D/again.txt" 2>&1 || { cat "$D/again.txt"; return 1; }
	grep -q '^No changes' "$D/again.txt" || { cat "$D/again.txt"; return 1; }
	! grep 'execve(' "$D/strace.txt" | grep -v ENOENT |
		grep -vE 'execve\("[^"]*/opl2(-worker)?"'
}
ok 'a second apply changes nothing and runs no program but workers' again
ok 'and sends no transaction' test "$(nonce "$L1" "$ADMIN")" = "$N0"
ok 'plan -detailed-exitcode is 0' exits 0 opl2 plan -detailed-exitcode

pid_of() { opl2 status -json | jq -er --arg n "$1" '.processes[] | select(.name == $n) | .pid'; }
all_pids() { opl2 status -json | jq -c '[.processes[] | {name, pid}] | sort_by(.name)'; }

flag_change() {
	local before after
	before=$(all_pids) || return 1
	cat >>opl2.yaml <<-'Y'
	resources:
	  process:
	    op-batcher: { args: { max-channel-duration: 3 } }
	Y
	opl2 plan >plan.txt || { cat plan.txt; return 1; }
	grep -q '^Plan: 0 to add, 1 to change (1 restarts), 0 to destroy' plan.txt || { cat plan.txt; return 1; }
	grep -q 'process.op-batcher' plan.txt && grep -q restart plan.txt || { cat plan.txt; return 1; }
	opl2 apply -auto-approve || return 1
	after=$(all_pids) || return 1
	echo "$before"; echo "$after"
	[ "$(jq -nr --argjson a "$before" --argjson b "$after" \
		'($b - $a) | map(.name) | join(" ")')" = op-batcher ]
}
ok 'a changed batcher flag restarts the batcher alone' flag_change

new_chain() {
	local file=opl2.yaml
	cp "$file" kept.yaml
	sed -i '/^use: devnet/a with: { l2_chain_id: 42070 }' "$file"
	opl2 plan >plan.txt; grep -qi 'new chain' plan.txt || { cat plan.txt; cp kept.yaml "$file"; return 1; }
	exits 10 opl2 apply -auto-approve
	local rc=$?
	cp kept.yaml "$file"
	[ $rc -eq 0 ] && [ "$(nonce "$L1" "$ADMIN")" = "$N0" ]
}
ok 'a changed chain id is a new chain and is refused without consent' new_chain
ok 'and the devnet is as it was' exits 0 opl2 plan -detailed-exitcode

block_hash() { rpc "$1" eth_getBlockByNumber "[\"$2\",false]" | jq -er .hash; }
H1=$(block_hash "$L2" 0x1) L1H1=$(block_hash "$L1" 0x1)
HEAD=$(height "$L2")
ok 'stop' opl2 stop
ok 'nothing runs any more' exits 7 curl -s "$L2"
ok 'start' opl2 start
ok 'the same L2 goes on' wait_for 60 above "$HEAD" height "$L2"
ok 'with the same block 1' test "$(block_hash "$L2" 0x1)" = "$H1"
ok 'and the same L1' test "$(block_hash "$L1" 0x1)" = "$L1H1"

HEAD=$(height "$L2")
kill_all() {
	# shellcheck disable=SC2046
	kill -9 $(opl2 status -json | jq -r '.supervisor.guard_pid, .supervisor.pid, .processes[].pid')
}
ok 'everything is killed at once' kill_all
ok 'start after it' opl2 start
ok 'the chain goes on' wait_for 90 above "$HEAD" height "$L2"
ok 'with the same block 1 again' test "$(block_hash "$L2" 0x1)" = "$H1"

no_secret() { # no private key outside its file, in any form
	local f k
	for f in .opl2/keys/*; do
		k=$(tr -d '[:space:]' <"$f")
		[ ${#k} -eq 66 ] || [ ${#k} -eq 64 ] || continue
		# Through a file: an argument would be found itself.
		printf '%s\n' "${k#0x}" >"$WORK/pattern"
		if grep -rliFf "$WORK/pattern" --exclude-dir=keys --exclude-dir=data . ||
			cat /proc/[0-9]*/cmdline 2>/dev/null | grep -qaiFf "$WORK/pattern"; then
			echo "the key of $f is elsewhere"
			return 1
		fi
	done
	rm -f "$WORK/pattern"
}
ok 'no key outside its file' no_secret

if [ -z "${OPL2_E2E_NO_SDK:-}" ]; then
	sdk() {
		mkdir -p "$WORK/sdk" && cd "$WORK/sdk" &&
			npm install --silent --no-audit --no-fund --ignore-scripts \
				@eth-optimism/sdk@3.3.3 ethers@5.7.2 &&
			NODE_PATH=$WORK/sdk/node_modules timeout 180 node \
				"$ROOT/tests/e2e/sdk-deposit.js" "$L1" "$L2" "$ART" \
				"$(cd "$D" && out '.dev_accounts[0].key_file')"
	}
	ok 'a deposit by the official SDK is relayed' sdk
fi

ok 'destroy leaves what must stay' exits 13 opl2 destroy -auto-approve
ok 'keys are kept' test -n "$(ls .opl2/keys)"
ok 'the L1 datadir is kept' test -n "$(find .opl2/data -name chaindata | head -1)"
ok 'nothing of it runs' test -z "$(pids_under "$D/.opl2/data")"

ok 'the plan says: adopt or deploy' grep -q 'adopt or deploy' <(opl2 plan)
adopt() {
	opl2 apply -auto-approve >"$D/adopt.txt" 2>&1 || { tail -40 "$D/adopt.txt"; return 1; }
	[ "$(nonce "$L1" "$ADMIN")" = "$N0" ] || { echo 'a second deployment'; return 1; }
}
ok 'apply adopts the contracts that destroy left' adopt
ok 'the chain has the same block 1' test "$(block_hash "$L2" 0x1)" = "$H1"

datadirs() { find .opl2/data -mindepth 2 -maxdepth 2 -type d | sort; }
OLD=$(datadirs)
ORACLE1=$(jq -r .L2OutputOracleProxy "$ART")
accept() { # one apply, and nothing is left to do
	sed -i '/^use: devnet/a with: { l2_chain_id: 42070 }' opl2.yaml
	exits 10 opl2 apply -auto-approve || return 1
	opl2 apply -auto-approve -replace=l1_contracts.l2 \
		-accept-irreversible=devnet >"$D/accept.txt" 2>&1 ||
		{ tail -40 "$D/accept.txt"; return 1; }
	exits 0 opl2 plan -detailed-exitcode
}
ok 'with consent a changed chain id is one apply' accept
second() {
	[ "$(nonce "$L1" "$ADMIN")" -gt "$N0" ] || { echo 'no second deployment'; return 1; }
	[ "$(jq -r .L2OutputOracleProxy "$ART")" != "$ORACLE1" ]
}
ok 'it is a second deployment' second
old_kept() {
	local d
	for d in $OLD; do [ -d "$d" ] || { echo "$d is gone"; return 1; }; done
	[ "$(datadirs | wc -l)" -gt "$(wc -l <<<"$OLD")" ]
}
ok 'the old datadirs are kept' old_kept
ok 'the L2 has the new chain id' test "$(num "$(rpc "$L2" eth_chainId)")" -eq 42070
ok 'and another block 1' test "$(block_hash "$L2" 0x1)" != "$H1"
ok 'dev accounts are funded on it' funded "$L2"
ok 'its safe head follows' wait_for 120 above 0 safe_height "$NODE"
ok 'its outputs are proposed' wait_for 120 above 0 latest_output "$L1" \
	"$(jq -r .L2OutputOracleProxy "$ART")"

# The whole chain gets other names: processes begin anew, all else stays.
H1=$(block_hash "$L2" 0x1)
into_instance() {
	local a
	{
		printf 'opl2: 1\nname: devnet\ninstances:\n  main: { use: devnet, with: { l2_chain_id: 42070 } }\nmoved:\n'
		for a in $(opl2 state list); do echo "  - { from: $a, to: ${a%%.*}.main/${a#*.} }"; done
	} >moved.yaml
	mv moved.yaml opl2.yaml
	opl2 apply -auto-approve >"$D/moved.txt" 2>&1 || { tail -40 "$D/moved.txt"; return 1; }
	exits 0 opl2 plan -detailed-exitcode
}
names() { opl2 status -json | jq -r '[.processes[].name | test("^main/")] | all'; }
N0=$(nonce "$L1" "$ADMIN") HEAD=$(height "$L2")
ok 'it moves into an instance by one apply' into_instance
ok 'no process has its old name' test "$(names)" = true
ok 'nothing was deployed for it' test "$(nonce "$L1" "$ADMIN")" = "$N0"
ok 'it is the same chain' test "$(block_hash "$L2" 0x1)" = "$H1"
ok 'which goes on' wait_for 60 above "$HEAD" height "$L2"
done_testing
