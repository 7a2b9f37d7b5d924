#!/usr/bin/env bash
# genesis and datadir, with stand-ins for op-node, geth and the L1.
. "$(dirname "$0")/lib.sh"

command -v python3 jq >/dev/null || skip_all 'no python3 or jq'
mkfifo hold && exec 7<>hold && rm hold
python3 "$ROOT/tests/fake/l1.py" "$PWD/asked" <&7 >port &
SERVER=$!
end_all() {
	opl2 destroy -auto-approve
	opl2 stop -force
	kill $SERVER
	rm -rf "$T_DIR"
} >/dev/null 2>&1
trap end_all EXIT
until [ -s port ]; do kill -0 $SERVER || exit 1; done

# Both know what they are told to do; else they are the running node.
mkdir v1
cat >v1/op-node <<'S'
#!/bin/sh
[ "$1" = genesis ] || exec sleep 1000
echo op-node >>../ran
while [ $# -gt 0 ]; do
	case $1 in
	--outfile.l2) cp ../genesis.json "$2" ;;
	--outfile.rollup) cp ../rollup.json "$2" ;;
	esac
	shift
done
S
cat >v1/geth <<'S'
#!/bin/sh
[ "$1" = init ] || exec sleep 1000
echo geth >>../ran
S
sed -i "s#\.\./#$PWD/#" v1/op-node v1/geth && chmod +x v1/* && cp -r v1 v2
cat >genesis.json <<'J'
{
  "config": {
    "chainId": 42069, "regolithTime": 0, "graniteTime": 0,
    "optimism": { "eip1559Elasticity": 6, "eip1559Denominator": 50, "eip1559DenominatorCanyon": 250 }
  },
  "timestamp": "0x6553f1c0",
  "alloc": {}
}
J
cat >rollup.json <<J
{
  "genesis": {
    "l1": { "hash": "0x$(printf %064x 16)", "number": 16 },
    "l2": { "hash": "0x$(printf %064d 7)", "number": 0 },
    "l2_time": 1700000192
  },
  "block_time": 2, "regolith_time": 0, "granite_time": 0,
  "deposit_contract_address": "0x0000000000000000000000000000000000000001",
  "l1_system_config_address": "0x0000000000000000000000000000000000000002"
}
J

chain() { # chain PROGRAMS [FIELD...]: a chain whose programs are there
	spec <<-Y
	resources:
	  null:
	    build: { triggers: { version: "${T_BUILD:-1}" } }
	  genesis:
	    l2:
	      program: "$1/op-node"
	      l1_rpc: http://127.0.0.1:$(cat port)
	      l1_chain_id: 3151
	      deploy_config: $PWD/deploy.json
	      l1_digest: a
	      l2_digest: b
	      addresses: $PWD/addresses.json
	      addresses_digest: c
	      system_config: "0x0000000000000000000000000000000000000002"
	      allocs: $PWD/allocs.json
	      allocs_sha256: d
	$(printf '      %s\n' "${@:2}")
	  datadir:
	    geth:
	      key: "\${genesis.l2.chain_key}"
	      program: "$1/geth"
	      genesis: "\${genesis.l2.genesis}"
	      genesis_sha256: "\${genesis.l2.genesis_sha256}"
	  process:
	    geth:
	      command: ["$1/geth", --datadir, "\${datadir.geth.path}"]
	    op-node:
	      command: ["$1/op-node", --rollup.config, "\${genesis.l2.rollup}"]
	      triggers: { rollup: "\${genesis.l2.rollup_sha256}" }
	      after: ["\${process.geth.name}"]
	Y
}
attrs() { opl2 state show -json "$1" | jq -S .attrs; }
files() { find .opl2/files .opl2/data -type f -exec stat -c '%n %i %y' {} + | sort; }
# Each change of a saved plan, with how grave it is.
changes() { opl2 show -json "$1" | jq -r '.changes[] | "\(.addr) \(.action) \(.class // "in_place")"' | sort; }

chain "$PWD/v1"
test_ok 'a chain is made' '
	run 0 opl2 apply -auto-approve && run 0 opl2 plan -detailed-exitcode &&
	[ "$(sort ran)" = "$(printf "geth\nop-node")" ]'
restarts=$(printf '%s\n' 'datadir.geth update in_place' \
	'genesis.l2 update in_place' 'process.geth update restart' \
	'process.op-node update restart')
test_ok 'other programs are a restart and nothing else' '
	attrs genesis.l2 >before && files >files.before && chain "$PWD/v2" &&
	run 0 opl2 plan -out=p && changes p >c && [ "$(grep -v no-op c)" = "$restarts" ] &&
	run 0 opl2 apply p && [ "$(wc -l <ran)" = 2 ]'
test_ok '... the files and the database are those of before' '
	attrs genesis.l2 | diff before - && files | diff files.before -'
test_ok '... and the programs are in the state' '
	run 0 opl2 plan -detailed-exitcode &&
	[ "$(opl2 state show -json genesis.l2 | jq -r .config.program)" = "$PWD/v2/op-node" ] &&
	[ "$(opl2 state show -json datadir.geth | jq -r .config.program)" = "$PWD/v2/geth" ]'
test_ok 'nor is a program that has yet to be built more' '
	T_BUILD=2 chain "$PWD/\${null.build.id}" && run 0 opl2 plan -out=p && changes p >c &&
	has c "null.build replace" && [ "$(grep -v null.build c)" = "$restarts" ]'
done_testing
