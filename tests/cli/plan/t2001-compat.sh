#!/usr/bin/env bash
# compat: refused where it stands, warned in the plan, and noted where a
# version is not known yet.
. "$(dirname "$0")/../lib.sh"

versions() { # versions FIELD...: one a line
	spec <<-Y
	resources:
	  null:
	    n: {}
	  compat:
	    c:
	$(printf '      %s\n' "$@")
	Y
}

test_ok 'a refusal has a code and a place' '
	versions "da: meeda" "proofs: dispute_games" && run 3 opl2 validate &&
	err_has E0857 && err_has "opl2.yaml:8:" && err_has "alt-DA" && err_has "altda.Disabled"'
test_ok 'each field that is in the way is shown' '
	versions "programs: v1.9.4" "l1_fork: prague" "op_geth: v1.101411.0" "go: \"1.21.1\"" &&
	run 3 opl2 plan && err_has E0856 && err_has E0858 &&
	err_has "opl2.yaml:8:" && err_has "opl2.yaml:11:"'
test_ok 'a warning of the plan has its place and the way out' '
	versions "programs: v1.9.4" "op_geth: v1.101602.3" && run 0 opl2 plan &&
	err_has W0625 && err_has "opl2.yaml:9:" && err_has "use op-geth v1.101411.0"'
test_ok 'and stays in the state' '
	run 0 opl2 apply -auto-approve &&
	jq -e "[.. | objects | .verdict? // empty] == [\"warn\"]" .opl2/state.json &&
	run 0 opl2 plan -expect-no-changes'
test_ok 'a better choice is an update' '
	versions "programs: v1.9.4" "op_geth: v1.101411.0" &&
	run 0 opl2 apply -auto-approve &&
	jq -e "[.. | objects | .verdict? // empty] == [\"fine\"]" .opl2/state.json &&
	run 0 opl2 destroy -auto-approve'
test_ok 'what is not known yet is said' '
	versions "programs: v1.9.4" "l1_fork: \"\${null.n.id}\"" && run 0 opl2 plan &&
	out_has "needs an L1 at a fork that the node programs support, which is not known yet"'

devnet() { # devnet INPUT...: a devnet with dispute games
	printf 'opl2: 1\nname: games\nuse: devnet\nwith:\n' >opl2.yaml
	printf '  %s\n' 'proofs: dispute_games' "$@" >>opl2.yaml
}
test_ok 'a devnet has no dispute games over a DA server' '
	fresh devnet && devnet "programs: v1.9.4" && run 3 opl2 validate && err_has E0857 &&
	err_has "compat.versions /da"'
test_ok 'nor with programs that have no proofs' '
	cd devnet && devnet "da: calldata" && run 3 opl2 validate &&
	err_has "v1.19.6 have no op-program" && err_has "v1.9.4 in a devnet"'
test_ok 'and has them over calldata' '
	cd devnet && devnet "da: calldata" "programs: v1.9.4" && run 0 opl2 plan -refresh=false &&
	err_has W0625 && err_has "MIPS 1.0.1" && out_has "sends nothing"'
test_ok 'which the proposer is told of' '
	cd devnet && run 0 opl2 plan -refresh=false -full &&
	out_has "game-factory-address" && lacks "$OUT/stdout" l2oo-address'
done_testing
