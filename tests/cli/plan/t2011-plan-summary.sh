#!/bin/bash
# What a person decides by: a plan's groups, its summary, and what is folded.
. "$(dirname "$0")/../lib.sh"

command -v jq >/dev/null || skip_all 'no jq'
command -v python3 >/dev/null || skip_all 'no python3'
command -v script >/dev/null || skip_all 'no script'
HERE=$ROOT/tests/cli
PRESETS=$ROOT/schemas/presets
export L1_RPC_URL=http://127.0.0.1:1

# Every contract that the preset asks for, at the same address.
addresses() {
	grep -oh 'l1_contracts\.l2\.addresses\.[A-Za-z0-9]*' "$PRESETS"/{opstack/preset,chain/part}.yaml | sed 's/.*\.//' |
		jq -Rnc '[inputs | {key: ., value: "0x1111111111111111111111111111111111111111"}] | from_entries'
}
made() { # made L1-FORK: as if the chain of opl2.yaml had been made
	python3 "$HERE/pretend.py" "l1_contracts.l2.addresses=$(addresses)" \
		"endpoint.l1.fork=\"$1\"" 'genesis.l2.chain_key="abcdef0123"'
}
lines() { [ "$(wc -l <"$OUT/stdout")" -lt "$1" ]; }

cp "$ROOT/examples/meeda-runbook/opl2.yaml" .
test_ok 'a new chain: a line a resource, builds apart, the end to decide by' '
	run 0 opl2 plan -refresh=false && cmp_golden plan/chain.txt && lines 100'
test_ok '-full has all of it, and the same end' '
	cp "$OUT/stdout" folded && run 0 opl2 plan -refresh=false -full &&
	out_has "args.networkid: 11155986" && out_has "l2_rpc: http://127.0.0.1:8545" &&
	lacks "$OUT/stdout" "-full shows" && [ "$(tail -n 1 folded)" = "$(tail -n 1 "$OUT/stdout")" ]'
test_ok 'show folds a saved plan in the same way' '
	opl2 plan -refresh=false -out=p | grep -v "^Saved" >a && opl2 show p >b && diff a b &&
	run 0 opl2 show -full p && out_has "args.networkid: 11155986"'
test_ok 'and as Markdown, builds in a fold of their own' '
	run 0 opl2 show -markdown p && out_has "**Plan: 24 to add, 0 to change, 0 to destroy; cache: 17 to build, 0 to drop.**" &&
	sed "/^<details>/,\$d" "$OUT/stdout" >top && has top "Downloads and builds: about" &&
	has top "| create | \`process.op-geth\`" && lacks top "\`build.op-geth\`" &&
	has "$OUT/stdout" "args.networkid: 11155986"'
test_ok '-json is complete, and counts apart besides' '
	run 0 opl2 plan -refresh=false -json &&
	jq -es "(.[-1].changes | .add == 41 and .cache == {build: 17, drop: 0}) and
		(map(.change? // empty | select(.cache)) | length == 17 and
			all(.[]; .kind | IN(\"build\", \"forge_project\", \"git_checkout\", \"toolchain\"))) and
		any(.[]; .change?.addr == \"process.op-geth\" and .change.config.args.networkid == 11155986)" "$OUT/stdout"'

test_ok 'a made chain has no changes' '
	fresh move && cp "$ROOT/examples/meeda-runbook/opl2.yaml" . && made cancun &&
	run 0 opl2 plan -refresh=false -expect-no-changes && [ "$(wc -l <"$OUT/stdout")" = 1 ]'
test_ok 'other programs: restarts and one change with no way back; the error comes last' '
	cd move && sed -i "s/programs: v1.9.4-meeda/programs: v1.19.6/" opl2.yaml &&
	run 10 opl2 plan -refresh=false && cmp_golden plan/move.txt && err_has E0624 &&
	[ "$(tail -n 1 "$OUT/stdout")" = "Plan: 1 to add, 7 to change (4 restart), 0 to destroy; cache: 5 to build, 5 to drop." ]'
test_ok 'what changes is shown, what is new is folded' '
	cd move && out_has "programs: v1.9.4-meeda -> v1.19.6" && out_has "process.meeda-adapter" &&
	lacks "$OUT/stdout" OPL2_MEEDA_URL && run 0 opl2 plan -refresh=false -full -accept-irreversible=meeda &&
	out_has OPL2_MEEDA_URL'
test_ok 'taken down, the cache is no loss' '
	cd move && run 0 opl2 plan -destroy && out_has "0 to add, 0 to change, " && out_has "; cache: 0 to build, 17 to drop."'

# --- before the question --------------------------------------------------------
asked() { # asked: apply on a terminal, which is told no
	printf 'no\n' | timeout 300 script -qec 'opl2 apply' /dev/null | tr -d '\r' >"$OUT/stdout"
}
at() { # at TEXT: in which line it is first
	grep -nF -- "$1" "$OUT/stdout" | head -n 1 | cut -d: -f1 | grep .
}
test_ok 'apply asks after the same end, and after the warnings' '
	fresh ask && spec <<-Y && asked && [ "$(at "toolchain.sh")" -lt "$(at "Plan: 1 to add")" ] &&
	resources:
	  compat: { c: { programs: v1.9.4, op_geth: v1.101602.3 } }
	  toolchain: { sh: { program: bash, version: ">=4" } }
	Y
	has "$OUT/stdout" "; cache: 1 to build, 0 to drop." &&
	[ "$(at "Plan: 1 to add")" -lt "$(at "warning[W0625]")" ] &&
	[ "$(at "= hint: use op-geth v1.101411.0")" -lt "$(at "Do you want to perform these actions?")" ]'

# --- how long it took -----------------------------------------------------------
built() { # built TEXT: a build from a tree that is there
	spec <<-Y
	resources:
	  build:
	    b:
	      source: "$PWD/tree"
	      source_digest: "${1}"
	      steps: [[sh, -c, "cp in out"]]
	      outputs: { out: out }
	Y
}
ms() { jq -e ".\"build.b\".create" .opl2/durations.json; }
test_ok 'without a record it is a first time' '
	fresh took && mkdir tree && echo one >tree/in && built one && run 0 opl2 plan &&
	out_has "build.b  first time: about 2 min"'
test_ok 'an apply records what it took, without the wait for its turn' '
	cd took && run 0 opl2 apply -auto-approve -json &&
	all=$(jq "select(.type == \"apply_complete\" and .resource.addr == \"build.b\").elapsed_ms" "$OUT/stdout") &&
	[ "$(ms)" -gt 0 ] && [ $((all - $(ms))) -ge 200 ]'
test_ok 'which the next plan expects' '
	cd took && opl2 destroy -auto-approve >/dev/null && run 0 opl2 plan -json &&
	jq -es --argjson ms "$(ms)" "any(.[]; .change?.addr == \"build.b\" and .change.takes == {ms: \$ms, source: \"recorded\"})" "$OUT/stdout" &&
	echo "{\"build.b\": {\"create\": 95000}}" >.opl2/durations.json && run 0 opl2 plan &&
	out_has "build.b  about 2 min" && lacks "$OUT/stdout" "first time" &&
	out_has "Downloads and builds: about 2 min in total"'
test_ok 'what is found in the store says nothing about that' '
	cd took && run 0 opl2 apply -auto-approve && [ "$(ms)" = 95000 ]'
test_ok 'a broken record is none' '
	cd took && opl2 destroy -auto-approve >/dev/null && echo "{" >.opl2/durations.json &&
	run 0 opl2 plan && out_has "first time" && [ ! -s "$OUT/stderr" ]'
done_testing
