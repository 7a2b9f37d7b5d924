#!/usr/bin/env bash
# Every combination of a preset's inputs that decide what there is: it is a
# chain, or what does not go together is named, where the user wrote it, with
# what to change.
. "$(dirname "$0")/../lib.sh"

good=0 # combinations that were chains
bad=0  # and that were refused
judged() { # judged COMMAND...: of the spec here
	local rc code
	"$@" >"$OUT/stdout" 2>"$OUT/stderr" </dev/null
	rc=$?
	[ $rc -eq 0 ] && good=$((good + 1)) && return 0
	[ $rc -eq 3 ] || { echo "exit $rc"; return 1; }
	bad=$((bad + 1))
	for code in $(grep -oE '^error\[E[0-9]+' "$OUT/stderr"); do
		case ${code#*[} in
		E0473 | E0856 | E0857 | E0858) ;;
		*) return 1 ;;
		esac
	done
	[ "$(grep -c '^error' "$OUT/stderr")" = \
		"$(grep -c '= hint: ' "$OUT/stderr")" ] &&
		! grep -q -- '--> presets' "$OUT/stderr"
}
use() { # use PRESET INPUTS [LINE...]
	printf 'opl2: 1\nname: t\nuse: %s\nwith: { %s }\n' "$1" "$2" >opl2.yaml
	shift 2
	[ $# -eq 0 ] || printf '%s\n' "$@" >>opl2.yaml
}
each() { # each COMMAND...: or what was tried and said
	judged "$@" || { cat opl2.yaml "$OUT/stdout" "$OUT/stderr"; return 1; }
}

devnets() {
	local p q d l
	for p in v1.19.6 v1.13.7 v1.9.4; do
		for q in output_oracle dispute_games; do
			for d in upstream calldata meeda; do
				for l in geth anvil; do
					use devnet "programs: $p, proofs: $q, da: $d, l1: $l"
					each opl2 validate || return 1
				done
			done
		done
	done
	[ $good -eq 20 ] && [ $bad -eq 16 ]
}
devnet_l1s() {
	local p l f t
	for p in v1.19.6 v1.13.7 v1.9.4; do
		for l in geth anvil; do
			for f in newest cancun osaka amsterdam; do
				for t in 0 1795900000; do
					use devnet "programs: $p, l1: $l, l1_fork: $f, l1_fork_at: $t"
					each opl2 validate || return 1
				done
			done
		done
	done
	[ $good -gt 0 ] && [ $bad -gt 0 ]
}
contracts() { # contracts RELEASE GOOD BAD: with what it goes together
	local p q d
	for p in v1.19.6 v1.13.7 v1.9.4-meeda; do
		for q in output_oracle dispute_games permissioned_games; do
			for d in calldata blobs upstream meeda; do
				use opstack "contracts: $1, programs: $p, proofs: $q, da: $d, l1_rpc: 'http://127.0.0.1:1', l1_chain_id: 5, l2_chain_id: 7" \
					'limits: { eth: 3eth }'
				each opl2 validate || return 1
			done
		done
	done
	[ $good -eq "$2" ] && [ $bad -eq "$3" ] || { echo "$good $bad"; return 1; }
}
replica() { # replica CHAIN-INPUTS INPUTS
	use devnet "$1" 'instances:' '  r:' '    use: replica' \
		"    with: { of: '\${process.op-node}', $2 }"
	each opl2 plan -refresh=false
}
replicas() {
	local c p d
	for c in v1.19.6 v1.13.7 v1.9.4; do
		for p in v1.19.6 v1.13.7 v1.9.4; do
			replica "programs: $c, da: calldata" "programs: $p" ||
				return 1
		done
	done
	[ $good -eq 3 ] && [ $bad -eq 6 ] || return 1
	for c in calldata upstream; do
		for d in l1 blobs server 'server, da_server: "http://127.0.0.1:1"'; do
			replica "da: $c" "da: $d" || return 1
		done
	done
	[ $good -eq 5 ]
}

test_ok 'a devnet: programs, proofs, DA and the program of the L1' \
	'fresh a && devnets'
test_ok 'a devnet: what its L1 is at, and since when' 'fresh a && devnet_l1s'
test_ok 'a chain on a public L1: programs, proofs and DA' 'fresh a && contracts v7.0.0 4 32'
test_ok '... with older contracts' 'fresh a && contracts v2.0.0-beta.3 13 23'
test_ok 'a replica: programs and DA of its chain' 'fresh a && replicas'

# --- the rendering of rollup.json that the programs read ---

reads() { # reads OUTPUT NAME: it is op-node's, of this name
	run 0 opl2 show -spec && out_has "  $1: \"\${l2_forks.l2.$2}\"" &&
		out_has "rollup.config: \"\${l2_forks.l2.$2}\""
}
test_ok 'output rollup is what op-node reads: devnet' '
	fresh b && for p in v1.19.6 v1.13.7; do
		use devnet "programs: $p" && reads rollup rollup_chain_op || exit 1
	done
	use devnet "programs: v1.9.4" && reads rollup rollup'
test_ok 'on a public L1' '
	fresh b && for p in v1.19.6 v1.13.7 v1.9.4-meeda; do
		use opstack "programs: $p, contracts: v2.0.0-beta.3, proofs: output_oracle, l1_rpc: http://127.0.0.1:1, l1_chain_id: 5, l2_chain_id: 7" \
			"limits: { eth: 3eth }"
		n=rollup_chain_op && [ $p = v1.9.4-meeda ] && n=rollup
		reads rollup $n || exit 1
	done'
test_ok 'and of a replica' '
	fresh b && for p in v1.19.6 v1.13.7 v1.9.4; do
		use devnet "programs: $p, da: calldata" "instances:" "  r:" "    use: replica" \
			"    with: { of: \"\${process.op-node}\", programs: $p }"
		n=rollup_chain_op && [ $p = v1.9.4 ] && n=rollup
		reads r/rollup $n || exit 1
	done'
done_testing
