#!/bin/bash
# The command blocks of the documents that need a chain, run as they are there at
# one devnet, by somebody at a terminal: from its first apply to its destroy.
. "$(dirname "$0")/lib.sh"

command -v python3 >/dev/null || { echo '1..0 # SKIP no python3'; exit 0; }
D=$WORK/docs
mkdir -p "$D"
cp "$ROOT/examples/devnet/opl2.yaml" "$D/"
# With blocks and outputs that need no long wait, beside other chains.
cat >>"$D/opl2.yaml" <<'Y'
with: { l1_block_time: 1s, submission_interval: 5 }
port_offset: 1450
Y
cd "$D" || bail "no $D"
cleanup() {
	end_chain "$D"
	[ -n "${OPL2_E2E_DIR:-}" ] || rm -rf "$WORK"
}
trap cleanup EXIT
docs() { python3 "$ROOT/tests/cli/doc_run.py" "$@"; }

for place in devnet devnet-end; do
	for page in $(docs pages $place); do
		ok "the commands of $page" docs run $place "$page" || done_testing
	done
done
done_testing
