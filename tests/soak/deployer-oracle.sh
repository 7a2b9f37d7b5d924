#!/bin/bash
# The L2's genesis of a chain with contracts v7.0.0 against that of op-deployer:
# OPL2_CHAIN=FOLDER deployer-oracle.sh. FOLDER is of a chain that was applied
# from source. op-deployer's packages of v1.19.6, which run the script in an EVM
# of their own and not by forge, are given its addresses and values. Go fetches
# what they need.
. "$(dirname "$0")/../e2e/lib.sh"

[ -n "${OPL2_CHAIN:-}" ] || { echo "1..0 # SKIP OPL2_CHAIN is not set"; exit 0; }
STATE=$OPL2_CHAIN/.opl2/state.json
trap '[ -n "${OPL2_E2E_DIR:-}" ] || rm -rf "$WORK"' EXIT
attr() { # attr ADDRESS FIELD
	jq -er --arg a "$1" ".resources[] | select(.addr == \$a) | .attrs.$2" "$STATE"
}

# The Go module lacks the registry of chains, which that of op-geth has, with a
# key more.
registry() {
	python3 - "$@" <<-'P'
		import sys
		import zipfile
		with zipfile.ZipFile(sys.argv[1]) as old, zipfile.ZipFile(sys.argv[2], 'w', 8) as new:
		    for name in old.namelist():
		        text = old.read(name)
		        if name.endswith('.toml'):
		            text = b''.join(line for line in text.splitlines(True)
		                            if not line.startswith(b'superchain_level'))
		        new.writestr(name, text)
	P
}
module() { go list -mod=mod -m -f '{{.Dir}}' "github.com/$1"; }
builds() {
	local zip=optimism/op-core/superchain/superchain-configs.zip
	cp "$ROOT/tests/soak/deployer-oracle/main.go" "$ROOT"/schemas/presets/chain/go-v1.19.6/go.* . &&
		cp -r "$(module ethereum-optimism/optimism)" optimism && chmod -R u+w optimism &&
		registry "$(module ethereum/go-ethereum)/superchain/superchain-configs.zip" $zip &&
		sha256sum <$zip | sed 's/-$/superchain-configs.zip/' >$zip.sha256 &&
		go mod edit -replace github.com/ethereum-optimism/optimism=./optimism &&
		GOFLAGS=-mod=mod nice -n 10 go build -p 2 -o oracle .
}
computes() {
	mkdir theirs && ./oracle "$(attr forge_project.contracts path)/forge-artifacts" \
		"$(attr deploy_config.l2 op_node)" "$(attr l1_contracts.l2 artifact)" \
		"$(attr genesis.l2 rollup)" theirs
}
# Accounts as "ADDRESS KEY VALUE" lines: code, nonce, balance, each slot. One with
# zero is none: forge's dump has a few.
accounts() {
	jq -r '.alloc | to_entries[] | (.key | ascii_downcase | ltrimstr("0x")) as $a | .value |
		"\($a) code \(.code // "0x")", "\($a) nonce \(.nonce // "0x0")",
		"\($a) balance \(.balance // "0x0")",
		((.storage // {}) | to_entries[] | select(.value | test("^0x.*[1-9a-f]"; "i")) |
			"\($a) slot \(.key) \(.value)")' "$1" | sort
}
same() { # same PART: what both have of each account
	diff <(grep " $1 " ours.txt) <(grep " $1 " theirs.txt) >"$1.diff"
	local rc=$?
	echo "# $1: $(grep -c " $1 " ours.txt) lines, $(grep -c '^[<>]' "$1.diff") differ"
	head -n 20 "$1.diff" | cut -c1-200
	return $rc
}
header() { jq -S 'del(.alloc, .config)' "$1"; }

cd "$WORK" || exit 1
ok 'op-deployer is built' builds || done_testing
ok 'its genesis is computed' computes || done_testing
OURS=$(attr genesis.l2 genesis)
accounts "$OURS" >ours.txt
accounts theirs/genesis.json >theirs.txt
echo "# $(jq '.alloc | length' "$OURS") accounts, op-deployer has $(jq '.alloc | length' theirs/genesis.json)"
ok 'the same accounts' diff <(cut -d' ' -f1 ours.txt | uniq) <(cut -d' ' -f1 theirs.txt | uniq)
for part in code nonce balance slot; do
	ok "the same: $part" same "$part"
done
ok 'the same header' diff <(header "$OURS") <(header theirs/genesis.json)
# It has Karst in block 0 where nothing is said of it; opl2 gives it a block of its
# own.
rest() { jq -S "$1 | del(.karstTime, .karst_time)" "$2"; }
ok 'the same config' diff <(rest .config "$OURS") \
	<(rest .config theirs/genesis.json)
ok 'the same rollup.json, with the hash of block 0' \
	diff <(rest . "$(attr genesis.l2 rollup)") <(rest . theirs/rollup.json)
jq -r '"# block 0: \(.genesis.l2.hash)"' theirs/rollup.json
done_testing
