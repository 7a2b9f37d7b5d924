#!/bin/bash
# A real deployment, and a script's beside it, killed with -9: at each crash
# point of engine, ledger and sender, and at random moments. After one more
# apply every planned nonce was used once, the contracts are where they were
# planned to be, and the gas paid in wei is an undisturbed run's within 1 %.
# OPL2_SOAK_ROUNDS: random kills (50); OPL2_SOAK_SEED repeats a run;
# OPL2_SOAK_JOBS: rounds at the same time (4), with ports from
# OPL2_SOAK_OFFSET (1200) on.
. "$(dirname "$0")/../e2e/lib.sh"

ROUNDS=${OPL2_SOAK_ROUNDS:-50}
JOBS=${OPL2_SOAK_JOBS:-4}
OFFSET=${OPL2_SOAK_OFFSET:-1200}
SEED=${OPL2_SOAK_SEED:-$(($(date +%s) % 32768))}
RANDOM=$SEED
D=$WORK/soak
mkdir -p "$D"
trap '[ -n "${OPL2_E2E_DIR:-}" ] || rm -rf "$WORK"' EXIT
echo "# seed $SEED"

begin() { # begin NAME LANE: a spec in a folder of its own
	DIR=$D/$1
	mkdir -p "$DIR" && cd "$DIR" || return
	trap 'end_chain "$DIR" >/dev/null 2>&1' EXIT
	cat >opl2.yaml <<-Y
		opl2: 1
		name: soak
		use: devnet
		port_offset: $((OFFSET + $2))
		with: { l1: anvil, l1_block_time: 2s }
		resources:
		  # Next to nothing: what is paid does not depend on how long it takes.
		  process: { l1: { args: { block-base-fee-per-gas: 7 } } }
		  l1_script:
		    more:
		      l1_rpc: "\${process.l1.urls.rpc}"
		      l1_chain_id: "\${with.l1_chain_id}"
		      deployer: "\${key.dev-0.private_key}"
		      project:
		        path: "\${forge_project.contracts.path}"
		        digest: "\${forge_project.contracts.digest}"
		        forge: "\${forge_project.contracts.forge}"
		        tool_dirs: "\${forge_project.contracts.tool_dirs}"
		      deploy_config: "\${deploy_config.l2.solidity}"
		      sig: "run()"
		      env: { IMPL_SALT: more }
	Y
}
DEPLOY=(opl2 apply -auto-approve -target=l1_contracts.l2 -target=l1_script.more)
deploy() { "${DEPLOY[@]}" "$@"; }

entries() { cat .opl2/ledger/"$1"-* | sed 's/^[^{]*//' | jq -cs "$2"; }
l1() { # the RPC of the L1, which the supervisor runs
	jq -er '.resources[] | select(.addr == "process.l1") | .config.urls.rpc' .opl2/state.json
}
# With what it had at the beginning.
fees() { wei "25600 * 10 ** 18 - $(balance "$L1" "$1")"; }
used_once() { # used_once ENTRY ROLE: all nonces of its one entry, and no other
	local n who
	who=$(opl2 state show "key.$2" | grep -om1 '0x[0-9a-fA-F]\{40\}')
	n=$(entries "$1" 'map(select(.type == "begin")) | if length == 1 then
		.[0].txs | length else error("\(length) entries") end') || return
	[ "$(nonce "$L1" "$who")" = "$n" ] ||
		{ echo "$2: nonce $(nonce "$L1" "$who"), planned $n"; return 1; }
	[ "$n" -gt 50 ] && fees "$who" >"$DIR/paid.$2"
}
as_planned() { # what is recorded is what the list said before it was signed
	local planned at
	planned=$(entries l1_contracts 'map(select(.type == "begin"))[0].about.addresses | map(.) | sort')
	[ "$planned" = "$(jq -cS '.addresses | map(.) | sort' deployments/soak.json)" ] || return
	for at in $(jq -r '.[]' <<<"$planned"); do
		[ "$(rpc "$L1" eth_getCode "[\"$at\",\"latest\"]")" != '"0x"' ] ||
			{ echo "no code at $at"; return 1; }
	done
}
whole() {
	L1=$(l1) && used_once l1_contracts admin && used_once l1_script dev-0 && as_planned
}
points() {
	begin points 1 || return
	# One worker, so that the passes of a point are those of one process.
	OPL2_FAULT_LOG=$D/passes deploy -parallelism=1 && whole
}
undisturbed() {
	local began
	begin first 1 || return
	began=$(date +%s%3N)
	deploy && whole || return
	echo $(($(date +%s%3N) - began)) >"$D/took"
	cp paid.* "$D"
}
finish() {
	deploy || return
	whole && within "$(cat paid.admin)" "$(cat "$D/paid.admin")" &&
		within "$(cat paid.dev-0)" "$(cat "$D/paid.dev-0")" || return
	echo "admin paid $(cat paid.admin) wei, undisturbed $(cat "$D/paid.admin")"
}
at_point() { # at_point NAME LANE POINT
	begin "$1" "$2" || return
	OPL2_FAULT=$3 deploy -parallelism=1 && { echo 'nobody was killed'; return 1; }
	finish
}
at_random() { # at_random NAME LANE MS WHOM
	local pid workers=
	begin "$1" "$2" || return
	"${DEPLOY[@]}" >first.txt 2>&1 &
	pid=$!
	sleep "$(wei "$3 / 1000")"
	kill -STOP $pid 2>/dev/null
	[ "$4" = opl2 ] || workers=$(pgrep -P $pid)
	# shellcheck disable=SC2086
	kill -9 $pid $workers 2>/dev/null || echo 'it was over'
	wait $pid
	echo "killed after: $(tail -n 1 first.txt)"
	finish
}
round() { # round TITLE COMMAND...: in a lane that is free, with its folder
	local title=$1 lane
	shift
	parallel "$JOBS"
	for lane in $(seq "$JOBS"); do
		mkdir "$D/lane$lane" 2>/dev/null && break
	done
	n=$((n + 1))
	echo "$title" >"$D/$n.title"
	(
		"$1" "round$n" "$lane" "${@:2}" >"$D/$n.txt" 2>&1
		echo $? >"$D/$n.rc"
		end_chain "$DIR" >/dev/null 2>&1
		if [ "$(cat "$D/$n.rc")" -eq 0 ] || [ -z "${OPL2_E2E_DIR:-}" ]; then
			rm -rf "${D:?}/round$n"
		fi
		rmdir "$D/lane$lane"
	) </dev/null &
}

n=0
ok 'an undisturbed deployment' undisturbed || done_testing
ok 'and its crash points' points || done_testing
TOOK=$(cat "$D/took")
echo "# took $TOOK ms; admin paid $(cat "$D/paid.admin") wei, dev-0 $(cat "$D/paid.dev-0")"
sort "$D/passes" | uniq -c | awk '{ print $2 ":1"
	if ($1 > 1 && $2 ~ /^(apply|journal|ledger|sender)/)
		print $2 ":" int($1 / 2 + 1) }' >"$D/all"
while read -r point; do
	round "killed at $point" at_point "$point"
done <"$D/all"
for _ in $(seq "$ROUNDS"); do
	ms=$((RANDOM * TOOK / 32768))
	whom=opl2
	[ $((RANDOM % 2)) -eq 0 ] || whom='opl2 and its workers'
	round "$whom killed after $ms ms" at_random "$ms" "$whom"
done
wait
for i in $(seq "$n"); do
	ok "$(cat "$D/$i.title")" eval "cat '$D/$i.txt'; exit \$(cat '$D/$i.rc')"
	grep -E '^(killed after|admin paid)' "$D/$i.txt" | sed 's/^/#   /'
done
done_testing
