#!/bin/bash
# anvil at its default 30 M gas as L1: its pool loses transactions when more
# are queued than a block holds. One apply, all mined, no nonce used twice.
. "$(dirname "$0")/lib.sh"

D=$WORK/anvil
mkdir -p "$D"
cat >"$D/opl2.yaml" <<'E2'
opl2: 1
name: devnet
use: devnet
with: { l1: anvil }
port_offset: 200
E2
cd "$D" || bail "no $D"
cleanup() {
	end_chain "$D"
	[ -n "${OPL2_E2E_DIR:-}" ] || rm -rf "$WORK"
}
trap cleanup EXIT

ok 'apply on anvil' opl2 apply -auto-approve || done_testing
L1=$(opl2 output -json | jq -er .l1_rpc)
L2=$(opl2 output -json | jq -er .l2_rpc)
ADMIN=$(opl2 state show key.admin | grep -om1 '0x[0-9a-fA-F]\{40\}')
ledger_txs() { sed 's/^[^{]*//' .opl2/ledger/l1_contracts* | jq -s '[.[] | .txs // [] | length] | add'; }
ok 'every planned nonce was used, none beyond' \
	test "$(nonce "$L1" "$ADMIN")" = "$(ledger_txs)"
extra_blocks() { # how many more the deployment took than its gas needs
	sed 's/^[^{]*//' .opl2/ledger/l1_contracts* |
		jq -s '[.[] | select(.type == "mined")] | (map(.block) | max - min + 1) -
			(map(.gas_used) | add / 30000000 | ceil)'
}
ok 'two blocks more than the gas needs at most' test "$(extra_blocks)" -le 2
ok 'the L2 produces blocks' wait_for 60 above "$(height "$L2")" height "$L2"
done_testing
