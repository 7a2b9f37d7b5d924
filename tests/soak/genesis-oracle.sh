#!/bin/bash
# The L2's genesis as opl2 computes it against that of op-node v1.9.4, byte for
# byte: OP_NODE=PATH genesis-oracle.sh [FOLDER...]. A folder has config.json,
# addresses.json and allocs.json; without one it is each of
# tests/golden/l2_genesis/cases.json. With OPL2_GOLDEN=1 what op-node says of
# those is recorded for tests/unit/providers/clients/genesis/test_l2_genesis.c.
. "$(dirname "$0")/../e2e/lib.sh"
. "$ROOT/tests/fake/l2_inputs.sh"

[ -n "${OP_NODE:-}" ] || { echo "1..0 # SKIP OP_NODE is not set"; exit 0; }

begin() { # begin: the L1, whose hashes are those that op-node computes
	mkfifo hold && exec 7<>hold && rm hold
	python3 "$ROOT/tests/fake/l1.py" "$PWD/asked" <&7 >port &
	L1=$!
	trap 'kill $L1; [ -n "${OPL2_E2E_DIR:-}" ] || rm -rf "$WORK"' EXIT
	wait_for 10 test -s port || bail 'no L1'
}

asks() { # asks FOLDER: the files of op-node
	"$OP_NODE" genesis l2 --l1-rpc "http://127.0.0.1:$(cat port)" \
		--deploy-config "$1/config.json" --l1-deployments "$1/addresses.json" \
		--l2-allocs "$1/allocs.json" --outfile.l2 "$2/genesis.json" \
		--outfile.rollup "$2/rollup.json" &&
		jq -r .genesis.l1.hash "$2/rollup.json" >./hash
}

computes() { # computes FOLDER DIR: those of opl2
	cat >"$2/opl2.yaml" <<-Y
		opl2: 1
		name: oracle
		resources:
		  genesis:
		    l2:
		      l1_rpc: http://127.0.0.1:$(cat port)
		      l1_chain_id: 3151
		      deploy_config: $1/config.json
		      l1_digest: a
		      l2_digest: b
		      addresses: $1/addresses.json
		      addresses_digest: c
		      system_config: "0x0000000000000000000000000000000000000002"
		      allocs: $1/allocs.json
		      allocs_sha256: d
	Y
	(cd "$2" && opl2 apply -auto-approve)
}

record() { # record NAME DIR
	cp "$2/rollup.json" "$CASES/$1.json" &&
		sha256sum <"$2/genesis.json" | cut -c1-64 >"$CASES/$1.sha256"
}

same() { # same FOLDER
	local d
	d=$PWD/of.$(basename "$1")
	mkdir -p "$d"
	asks "$1" "$d" && computes "$1" "$d" &&
		for f in genesis rollup; do
			cmp "$d/$f.json" "$d/.opl2/files/genesis.l2/$f.json" || {
				diff "$d/$f.json" "$d/.opl2/files/genesis.l2/$f.json" | head -n 20
				return 1
			}
		done
}

cd "$WORK" && begin
if [ $# -gt 0 ]; then
	for f; do
		ok "$f" same "$(cd "$OLDPWD" && realpath "$f")"
	done
	done_testing
fi
for n in $(jq -r 'keys[]' "$CASES/cases.json"); do
	ok "inputs of $n" expand "$n"
	[ -z "${OPL2_GOLDEN:-}" ] || {
		mkdir -p "of.$n"
		ok "$n is recorded" eval 'asks "$PWD/$n" "of.$n" && record "$n" "of.$n"'
	}
	ok "$n" same "$PWD/$n"
done
done_testing
