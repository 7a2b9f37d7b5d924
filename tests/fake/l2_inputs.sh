# shellcheck shell=bash
# What the L2's genesis is computed from: a case of
# tests/golden/l2_genesis/cases.json as a folder with config.json,
# addresses.json and allocs.json. The allocs have a contract wherever op-node
# wants one, as in tests/unit/providers/clients/genesis/test_l2_genesis.c. Sourced; wants ROOT.

CASES=$ROOT/tests/golden/l2_genesis

expand() { # expand NAME: makes the folder NAME
	mkdir -p "$1"
	jq -n --arg n "$1" --slurpfile cases "$CASES/cases.json" \
		--slurpfile c "$CASES/config.json" --slurpfile a "$CASES/addresses.json" \
		--slurpfile alloc "$CASES/allocs.json" '
		def hex($n): if $n == 0 then "" else
			hex($n / 16 | floor) + "0123456789abcdef"[$n % 16 | floor:($n % 16 | floor) + 1] end;
		def padded($n): hex(.) | "0" * ($n - length) + .;
		def lower: with_entries(.key |= ascii_downcase);
		$cases[0][$n] as $case |
		($c[0] * ($case.config // {}) | with_entries(select(.value != null))) as $config |
		($alloc[0] | lower) as $given |
		{ config: $config, addresses: ($a[0] * ($case.addresses // {})),
		  allocs: (([range(2048) | select(. != 66 or $config.enableGovernance) |
			{ key: ("0x42" + padded(38)), value: { nonce: "0x0", balance: "0x0", code: "0x00" } }] |
			from_entries) +
			{ "0x000000000022d473030f116ddee9f6b43ac78ba3": { nonce: "0x0", balance: "0x0",
				code: ("0x" + "00" * 6945 + ($config.l2ChainID | padded(64))) } } + $given)
		}' >"$1/all.json" &&
		for f in config addresses allocs; do
			jq ".$f" "$1/all.json" >"$1/$f.json" || return
		done
}
