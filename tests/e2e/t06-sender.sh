#!/bin/bash
# The sender against real anvils, whose program comes from the registry: in
# bad company, killed at every point, and a table of what came of it.
. "$(dirname "$0")/lib.sh"

D=$WORK/sender
mkdir -p "$D"
anvil_spec sender >"$D/opl2.yaml"
cd "$D" || bail "no $D"
trap '[ -n "${OPL2_E2E_DIR:-}" ] || rm -rf "$WORK"' EXIT

ok 'anvil from the registry' opl2 apply -auto-approve || done_testing
OPL2_ANVIL=$(opl2 output -raw anvil)
export OPL2_ANVIL
cd "$ROOT" || bail "no $ROOT"
unit() { CMOCKA_MESSAGE_OUTPUT=TAP "$OPL2_BIN/unit/providers/clients/send/$1" | tee "$D/$1.txt"; }
passes() { # all of its tests, and it has some
	unit "$1" && grep -q '^ok 1' "$D/$1.txt" && ! grep -q '^not ok' "$D/$1.txt"
}
ok 'each nonce is used once, killed or not' passes test_sender
ok 'each nonce is used once, whatever the RPC does' passes test_sender_faults
grep '^# .* s, silent' "$D/test_sender_faults.txt" >&2
done_testing
