#!/usr/bin/env bash
# genesis and datadir, with stand-ins for op-node, geth and the L1.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/fake/l2_inputs.sh"

command -v python3 jq >/dev/null || skip_all 'no python3 or jq'
BASE=$PWD
mkfifo hold && exec 7<>hold && rm hold
python3 "$ROOT/tests/fake/l1.py" "$PWD/asked" <&7 >port &
SERVER=$!
end_all() {
	cd "$BASE" && opl2 destroy -auto-approve
	opl2 stop -force
	kill $SERVER
	rm -rf "$T_DIR"
} >/dev/null 2>&1
trap end_all EXIT
until [ -s port ]; do kill -0 $SERVER || exit 1; done
PORT=$(cat port)

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
case $* in
*init*) ;;
*) exec sleep 1000 ;;
esac
echo geth >>../ran
while [ $# -gt 1 ]; do shift; done
time=$(sed -n 's/.*"timestamp": "0x\(.*\)".*/\1/p' "$1")
[ "$time" != 6553f1c0 ] || time=7
echo '{"lvl":"info","msg":"starting","hash":"0x12"}' >&2
printf '{"msg":"wrote genesis state","hash":"0x%064x"}\n' "0x$time" >&2
echo 'not JSON' >&2
S
sed -i "s#\.\./#$PWD/#" v1/op-node v1/geth && chmod +x v1/* && cp -r v1 v2
cat >genesis.json <<'J'
{
  "config": {
    "chainId": 42069, "regolithTime": 0, "graniteTime": 1700000292,
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
  "block_time": 2, "regolith_time": 0, "granite_time": 1700000292,
  "deposit_contract_address": "0x0000000000000000000000000000000000000001",
  "l1_system_config_address": "0x0000000000000000000000000000000000000002"
}
J

genesis() { # genesis PROGRAMS [FIELD...]; PROGRAMS '': by opl2 itself
	cat <<-Y
	  genesis:
	    l2:
	      ${1:+program: "$1/op-node"}
	      l1_rpc: http://127.0.0.1:$PORT
	      l1_chain_id: 3151
	      deploy_config: $BASE/deploy.json
	      l1_digest: a
	      l2_digest: b
	      addresses: $BASE/addresses.json
	      addresses_digest: c
	      system_config: "0x0000000000000000000000000000000000000002"
	      allocs: $BASE/allocs.json
	      allocs_sha256: d
	$(printf '      %s\n' "${@:2}")
	Y
}
chain() { # chain PROGRAMS: a whole chain of these programs
	spec <<-Y
	resources:
	  null:
	    build: { triggers: { version: "${T_BUILD:-1}" } }
	$(genesis "$1")
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

# --- another block of the L1 ---

mkdir moved && cd moved || exit 1
moved() { # moved ANCHOR [FIELD...]
	spec <<-Y
	resources:
	$(genesis "$BASE/v1" "l1_anchor: $1" "${@:2}")
	Y
}
again() { rm -rf .opl2; }
DEPOSITED=0xb3813568d9991fc951961fcb4c784893574240a28925604d09fc577c55bb7c32
CONFIG_UPDATE=0x1d2b0bda21d56b8bd12d4f94ebacffdfb35f5e226f84b461103bb8beab6353be
G="geth: $BASE/v1/geth"
test_ok 'op-node needs geth for it' '
	moved 30 && run 3 opl2 validate && err_has E0433 && err_has opl2.yaml:'
test_ok 'the plan warns' '
	moved 30 "$G" && run 0 opl2 plan && err_has W0436 && err_has "up to block 30" && err_has opl2.yaml:17:'
test_ok 'a block before SystemConfig is refused' '
	moved 15 "$G" && run 10 opl2 apply -auto-approve && err_has E0434 && err_has "block 16"'
test_ok 'the genesis moves' '
	: >../asked && moved 30 "$G" && run 0 opl2 apply -auto-approve &&
	jq -S . .opl2/files/genesis.l2/rollup.json >"$OUT/r" && cmp_golden genesis/moved-rollup.json "$OUT/r" &&
	jq -S . .opl2/files/genesis.l2/genesis.json >"$OUT/g" && cmp_golden genesis/moved-genesis.json "$OUT/g" &&
	has ../asked "\"fromBlock\": \"0x11\", \"toBlock\": \"0x1e\"" &&
	[ -z "$(ls -A .opl2/tmp)" ] && [ "$(ls .opl2/files/genesis.l2)" = "$(printf "%s\n" genesis.json rollup-chain-op.json rollup.json)" ]'
test_ok 'its values are those of the new block' '
	attrs genesis.l2 | jq -e --arg t "0x$(printf %064x 1700000360)" \
		".l1_number == 30 and .l2_time == 1700000360 and .l2_hash == \$t and (.l1_hash | endswith(\"01e\"))" &&
	jq -e ".genesis.l2_time == 1700000360 and .granite_time == 1700000460" .opl2/files/genesis.l2/rollup-chain-op.json &&
	run 0 opl2 plan -detailed-exitcode && lacks "$OUT/stderr" W0436'
test_ok 'a file that is gone is made again as it was' '
	attrs genesis.l2 >../before && rm .opl2/files/genesis.l2/genesis.json &&
	run 0 opl2 apply -auto-approve && attrs genesis.l2 | diff ../before -'
test_ok 'one that was changed by hand is drift, and made again as it was, not as a new chain' '
	G0=.opl2/files/genesis.l2/genesis.json && cp $G0 ../kept &&
	jq ".timestamp = \"0x5\"" ../kept >$G0 &&
	run 6 opl2 plan -refresh-only -detailed-exitcode && out_has genesis.l2 &&
	out_has "genesis_sha256" && out_has "changed outside of opl2" &&
	run 0 opl2 plan && cp "$OUT/stdout" said && has said "1 to change" && lacks said "new genesis" && lacks said restart &&
	run 0 opl2 apply -auto-approve && cmp ../kept $G0 && attrs genesis.l2 | diff ../before - &&
	run 0 opl2 plan -refresh-only -detailed-exitcode'
test_ok 'another block is another chain' '
	moved 31 "$G" && run 10 opl2 plan && err_has E0610 && err_has "new genesis" &&
	run 0 opl2 apply -auto-approve -replace=genesis.l2 -accept-irreversible=t &&
	attrs genesis.l2 | jq -e ".l1_number == 31"'
test_ok 'what is lost is counted' '
	again && jq -n "[\"$DEPOSITED\", \"$DEPOSITED\", \"$CONFIG_UPDATE\"] | map({topics: [.]})" >../logs &&
	moved 30 "$G" && run 0 opl2 apply -auto-approve && err_has "deposits in L1 blocks 17 to 30 that do not reach the L2: 2" &&
	err_has "changes of SystemConfig in L1 blocks 17 to 30 that do not reach the L2: 1"'
test_ok 'the block must be as deep as any' '
	again && : >../asked && moved 40 "$G" "confirmations: 3" && {
		opl2 apply -auto-approve >"$OUT/stdout" 2>&1 &
		until grep -q "waiting for L1 block 43, now 40" "$OUT/stdout"; do kill -0 $! || exit 1; done
		lacks ../asked eth_getLogs && echo 43 >../head && wait $!
	} && attrs genesis.l2 | jq -e ".l1_number == 40"'
test_ok 'a geth that makes another block 0 is refused' '
	again && sed "s/time=7/time=8/" ../v1/geth >geth && chmod +x geth && moved 30 "geth: $PWD/geth" &&
	run 1 opl2 apply -auto-approve && err_has E0422 && err_has "$(printf %064x 8)"'
test_ok 'a geth that says nothing too' '
	printf "#!/bin/sh\n" >geth && run 1 opl2 apply -auto-approve && err_has E0435 && err_has geth.log'

# --- by opl2 itself ---

cd "$BASE" && expand plain && cp plain/config.json deploy.json && cp plain/addresses.json plain/allocs.json . || exit 1
jq -r .genesis.l1.hash "$CASES/plain.json" >./hash
place() { mkdir "$BASE/$1" && cd "$BASE/$1" && rm -f "$BASE/ran"; } # a chain of its own
made() { # made PROGRAMS [FIELD...]
	spec <<-Y
	resources:
	$(genesis "$@")
	Y
}
F=.opl2/files/genesis.l2
test_ok 'opl2 computes what op-node does' '
	place own && made "" && run 0 opl2 plan -out=p && opl2 show -json p | jq -e ".changes[0].attrs.scheduled" && run 0 opl2 apply p &&
	cmp $F/rollup.json "$CASES/plain.json" && [ "$(sha256sum <$F/genesis.json | cut -c1-64)" = "$(cat "$CASES/plain.sha256")" ] &&
	[ ! -e ../ran ] && attrs genesis.l2 | jq -e .scheduled &&
	[ "$(ls $F)" = "$(printf "%s\n" genesis.json rollup-chain-op.json rollup.json)" ] &&
	run 0 opl2 plan -detailed-exitcode && cp $F/genesis.json $F/rollup.json ..'
test_ok 'leaving out the program changes nothing' '
	place left && made "$BASE/v1" && run 0 opl2 apply -auto-approve && attrs genesis.l2 >before && files >files.before &&
	made "" && run 0 opl2 plan -out=p && changes p >c && [ "$(cat c)" = "genesis.l2 update in_place" ] &&
	run 0 opl2 apply p && attrs genesis.l2 | diff before - && files | diff files.before - &&
	run 0 opl2 plan -detailed-exitcode && [ "$(cat ../ran)" = op-node ]'
again_same() { # what is lost comes back as it was, without any program
	attrs genesis.l2 >before && made "" "$@" && run 0 opl2 apply -auto-approve && (cd $F && sha256sum -- *) >sums &&
		rm "$BASE/ran" $F/*.json && run 0 opl2 apply -auto-approve && (cd $F && sha256sum -c ../../../sums) &&
		attrs genesis.l2 | diff before - && [ ! -e "$BASE/ran" ] && run 0 opl2 plan -detailed-exitcode
}
test_ok 'the files of an op-node come back as it wrote them' '
	place lost && made "$BASE/v1" && run 0 opl2 apply -auto-approve && again_same'
test_ok '... and as opl2 wrote them when that op-node was wrong' '
	place wrong && jq ".genesis.l1.hash |= sub(\".\$\"; \"x\")" ../own/$F/rollup.json >../rollup.json &&
	made "$BASE/v1" && run 0 opl2 apply -auto-approve && err_has W0418 && ! cmp -s $F/rollup.json ../own/$F/rollup.json && again_same'
test_ok 'another block of the L1 needs no program' '
	place far && jq -n "[\"$DEPOSITED\"] | map({topics: [.]})" >../logs && made "" "l1_anchor: 30" &&
	run 0 opl2 apply -auto-approve && err_has "deposits in L1 blocks 17 to 30 that do not reach the L2: 1" && [ ! -e ../ran ] &&
	attrs genesis.l2 | jq -e ".l1_number == 30 and .l2_time == 1700000360" &&
	jq -e ".timestamp == \"0x6553f268\"" $F/genesis.json'
test_ok '... and is what op-node and geth come to' '
	place near && cp ../own/$F/rollup.json .. && jq -r .genesis.l2.hash ../own/$F/rollup.json >6553f1c0 &&
	jq -r .genesis.l2.hash ../far/$F/rollup.json >6553f268 &&
	sed "s#^printf.*#printf \"{\\\\\"hash\\\\\":\\\\\"%s\\\\\"}\\\\n\" \$(cat $PWD/\$time) >\&2#; /time=7/d" ../v1/geth >geth && chmod +x geth &&
	made "$BASE/v1" "geth: $PWD/geth" "l1_anchor: 30" && run 0 opl2 apply -auto-approve &&
	for f in genesis rollup rollup-chain-op; do diff <(jq -S . $F/$f.json) <(jq -S . ../far/$F/$f.json) || exit; done &&
	again_same "l1_anchor: 30"'
test_ok 'other allocs under the same digest are no other chain' '
	cd own && cp ../allocs.json ../kept.json && jq ".\"0x0000000000000000000000000000000000000001\".balance = \"0x2\"" ../kept.json >../allocs.json &&
	rm $F/genesis.json && run 5 opl2 apply -auto-approve && err_has E0427 && [ ! -e $F/genesis.json ]'
test_ok 'allocs that lack a contract are refused' '
	place lack && jq "del(.\"0x4200000000000000000000000000000000000123\")" ../kept.json >../allocs.json && made "" &&
	run 10 opl2 apply -auto-approve && err_has E0438 && err_has 0x4200000000000000000000000000000000000123 && [ -z "$(ls $F)" ]'
test_ok 'and a value that opl2 does not know' '
	cd lack && cp ../kept.json ../allocs.json && jq ".l2GenesisBlockNumber = \"0x5\"" ../plain/config.json >../deploy.json &&
	run 10 opl2 apply -auto-approve && err_has E0437 && err_has l2GenesisBlockNumber && [ -z "$(ls $F)" ]'
done_testing
