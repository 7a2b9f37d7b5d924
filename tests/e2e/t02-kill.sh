#!/bin/bash
# kill -9 of opl2 and its workers at random moments of a fresh apply, each
# followed by one more apply: one deployment, no orphan, a running chain.
# OPL2_KILL_ROUNDS says how often (2), OPL2_KILL_SEED repeats a run.
. "$(dirname "$0")/lib.sh"

ROUNDS=${OPL2_KILL_ROUNDS:-2}
RANDOM=${OPL2_KILL_SEED:-$(date +%s)}
echo "# seed $RANDOM"
SPAN=${OPL2_KILL_SPAN_MS:-16000}

# A store that is warm makes the moments fall on the chain's own steps.
fresh() {
	D=$WORK/kill$1
	mkdir -p "$D"
	printf 'opl2: 1\nname: devnet\nuse: devnet\nport_offset: 100\n' >"$D/opl2.yaml"
	cd "$D" || exit 1
}
cleanup() {
	opl2 stop >/dev/null 2>&1 || opl2 stop -force >/dev/null 2>&1
	# shellcheck disable=SC2046
	kill -9 $(pids_under "$D") 2>/dev/null
	cd / && rm -rf "$D"
}
trap 'cleanup; [ -n "${OPL2_E2E_DIR:-}" ] || rm -rf "$WORK"' EXIT

strays() { # tools of a dead run, in the folder or below; nodes are no strays
	local p
	for p in $(pids_under "$D"); do
		case $(readlink "/proc/$p/exe") in
		*/forge | */solc | */node | */go | */compile | */link | */opl2-worker) echo "$p" ;;
		esac
	done
}
no_strays() { [ -z "$(strays)" ]; }

killed_at() { # killed_at MS: apply, killed with its workers after MS
	opl2 apply -auto-approve >first.txt 2>&1 &
	local pid=$!
	sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"
	# shellcheck disable=SC2046
	kill -9 $pid $(pgrep -P $pid) 2>/dev/null
	wait $pid 2>/dev/null
	return 0
}

one_deployment() { # the admin's nonce is the number of planned transactions
	local l1 admin want
	l1=$(opl2 output -json | jq -er .l1_rpc) || return 1
	admin=$(opl2 state show key.admin | grep -om1 '0x[0-9a-fA-F]\{40\}')
	want=${NONCE:-$(nonce "$l1" "$admin")}
	NONCE=$want
	[ "$(nonce "$l1" "$admin")" = "$want" ] ||
		{ echo "nonce $(nonce "$l1" "$admin"), wanted $want"; return 1; }
}

fresh 0
ok 'an undisturbed apply' opl2 apply -auto-approve || done_testing
one_deployment
echo "# $NONCE transactions of the admin"
cleanup

for i in $(seq "$ROUNDS"); do
	fresh "$i"
	ms=$((RANDOM * SPAN / 32768))
	killed_at $ms
	ok "round $i: killed after $ms ms, no tool is left" wait_for 10 no_strays
	ok "round $i: one more apply ends well" opl2 apply -auto-approve
	ok "round $i: one deployment" one_deployment
	ok "round $i: nothing is left to do" exits 0 opl2 plan -detailed-exitcode
	cleanup
done
done_testing
