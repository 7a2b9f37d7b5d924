#!/usr/bin/env bash
# The figure of a deployment is that of the L1's fork, as far as it is known.
. "$(dirname "$0")/../lib.sh"
(umask 077 && printf '%064d\n' 7 >k7)
deploys() { # deploys MORE PROJECT: a line of l1_contracts, fields of its project
	spec <<-Y
		limits: { eth: 9eth }
		resources:
		  key:
		    admin: { source: { file: k7 } }
		  l1_contracts:
		    l1:
		      l1_rpc: "http://127.0.0.1:9"
		      l1_chain_id: 1
		      deployer: "\${key.admin.private_key}"
		      project: { path: "$T_DIR", digest: p, forge: /bin/false, tool_dirs: [] ${2-} }
		      deploy_config: "$T_DIR/config.json"
		      l1_digest: d1
		      ${1-}
	Y
}
figures() { # figures GAS MILLIONS WHERE [TRANSACTIONS]: what the plan says of it
	run 0 opl2 plan -refresh=false &&
		has "$OUT/stdout" "about ${4-58} transactions and $2 M gas, based on an earlier deployment on $3;" &&
		has "$OUT/stdout" "$1 gas (based on earlier deployments)" &&
		run 0 opl2 plan -refresh=false -json &&
		jq -e -s "any(.[]; .change.kind == \"l1_contracts\" and
		(.change.costs[0] | .estimate and .source == \"recorded\"))" "$OUT/stdout"
}

deploys 'l1_fork: osaka'
test_ok 'Osaka' 'figures 57079596 57.1 "an L1 of the fork osaka"'
deploys 'l1_fork: amsterdam'
test_ok 'Amsterdam' 'figures 386473754 386.5 "an L1 of the fork amsterdam"'
deploys
test_ok 'the dearest where it is not said' 'figures 386473754 386.5 "the newest L1 known"'
deploys 'l1_fork: amsterdam' ', script: "scripts/deploy/Deploy.s.sol:Deploy"'
test_ok 'of a checkout' 'figures 400268029 400.3 "an L1 of the fork amsterdam" 60'
deploys 'l1_fork: osaka' ', script: "scripts/DeployChain.s.sol:DeployChain"'
test_ok 'contracts v7.0.0' 'figures 80907703 80.9 "an L1 of the fork osaka" 36'
deploys 'l1_fork: amsterdam' ', script: "scripts/DeployChain.s.sol:DeployChain"'
test_ok 'contracts v7.0.0 at Amsterdam' 'figures 560972807 561.0 "an L1 of the fork amsterdam" 36'
# What the presets and examples say of money goes by the same figures: waiting
# for the base fee is of use only when the limit and what the admin is asked to
# own are enough at it, with a tip of a gwei and a quarter.
enough() { # enough FILE GAS
	local gate eth own
	gate=$(grep -oP '^limits:.*max_base_fee: \K[0-9.]+(?=gwei)' "$1")
	eth=$(grep -oP '^limits:.*[{ ]eth: \K[0-9.]+(?=eth)' "$1")
	own=$(grep -oP '(admin_balance: |Balance that the admin must have.*|type: wei, default: )\K[0-9.]+(?=eth( +#|, description: "Balance that the admin))' "$1")
	echo "$1: gate $gate gwei, limit $eth, admin $own"
	awk -v g="$gate" -v e="$eth" -v o="$own" -v gas="$2" 'BEGIN {
		need = gas * (g + 1.25) / 1e9; exit !(g && need <= o && o <= e) }'
}
test_ok 'presets and examples' '
	enough "$ROOT/examples/meeda-sepolia/opl2.yaml" 400268029 &&
	enough "$ROOT/schemas/presets/opstack/preset.yaml" 560972807 &&
	enough "$ROOT/examples/sepolia/opl2.yaml" 560972807 &&
	enough "$ROOT/examples/meeda-runbook/opl2.yaml" 59168891 &&
	enough "$ROOT/examples/meeda-runbook-faultproof/opl2.yaml" 59168891'
done_testing
