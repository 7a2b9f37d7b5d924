#!/bin/bash
# The L1 of a chain that runs goes to Amsterdam, and its programs, v1.13.7, do
# not follow: it is warned before, named as halted after, and brought back by
# one word of its spec, with the blocks that it had.
. "$(dirname "$0")/lib.sh"

D=$WORK/crossing
mkdir -p "$D"
cd "$D" || bail "no $D"
cleanup() {
	end_chain "$D"
	[ -n "${OPL2_E2E_DIR:-}" ] || rm -rf "$WORK"
}
trap cleanup EXIT

FORKS=
spec() { # spec PROGRAMS FORK-AT
	cat >opl2.yaml <<E2
opl2: 1
name: crossing
use: devnet
with:
  programs: $1
  l1_fork: amsterdam
  l1_fork_at: $2
  l1_block_time: 1s
  submission_interval: 10
  $FORKS
port_offset: 1000
E2
}
out() { opl2 output -json | jq -er "$1"; }
seen() { # seen FILTER: true of what status says
	opl2 status -json >status.json
	jq -e "$1" status.json || { jq -c 'del(.processes)' status.json; return 1; }
}
says() { # says TEXT COMMAND...: its output holds the text
	local text=$1
	shift
	"$@" >says.txt 2>&1
	cat says.txt
	grep -qF -- "$text" says.txt
}
finds() { # finds CODE: doctor does
	opl2 doctor -json >doctor.json
	jq -e --arg c "$1" 'select(.findings) | .findings[] | select(.code == $c)' doctor.json ||
		{ cat doctor.json; return 1; }
}

# The fork's time is of the L1's genesis, so that all is built before.
spec v1.13.7 2000000000
targets=()
for t in go_binary.{geth,op-node,op-batcher,op-proposer,da-server,l1-geth} forge_project.contracts; do
	targets+=("-target=$t")
done
ok 'the programs' opl2 apply -auto-approve "${targets[@]}" || done_testing
AT=$(($(date +%s) + ${OPL2_E2E_FORK:-120}))
spec v1.13.7 "$AT"
ok 'apply on an L1 at Osaka' opl2 apply -auto-approve ||
	{ tail -n 40 .opl2/logs/*.log 2>/dev/null | cut -c1-300 | sed 's/^/# /'
	  done_testing; }
ok 'before the fork' test "$(date +%s)" -lt $((AT - 5)) || done_testing
L1=$(out .l1_rpc) L2=$(out .l2_rpc) NODE=$(out .rollup_rpc)
ok 'status counts down to the fork' seen '.l1_fork.now == "osaka" and
	.l1_fork.next.name == "amsterdam" and .l1_fork.next.in_s > 0 and
	.l1_fork.next.followed == false and .l1_fork.follows == "osaka"'
ok 'plan warns, with what to change' says 'change to node programs v1.19.6' opl2 plan
ok '... by a code' grep -q W0869 says.txt
ok 'doctor, too' finds W1164
ok 'metrics have it' says 'opl2_l1_next_fork_time_seconds{' opl2 metrics
ok 'the safe head moves' wait_for 60 above 5 safe_height "$NODE"
block() { rpc "$1" eth_getBlockByNumber "[\"$2\",false]"; }
OLD=$(block "$L2" 0x5 | jq -er .hash)

forked() { block "$L1" latest | jq -e .blockAccessListHash; }
ok 'the L1 crosses' wait_for 240 forked
halted() { seen '.l1_fork.now == "amsterdam" and .l1_fork.followed == false and
	(.l1_fork.stopped | length) > 0 and .healthy == false'; }
ok 'status says where the chain stopped' wait_for 60 halted
ok 'doctor names it' finds E1162
ok 'every process is green all the same' seen '[.processes[].state] | all(. == "ready")'
STOOD=$(safe_height "$NODE")
# The sequencer that cannot follow its L1 goes on until its blocks are too far
# ahead of it, or stands at once: it took the first block of the fork for its
# origin. With this one stopped, nothing drives its op-geth.
ok 'the sequencer stands' rpc "$NODE" admin_stopSequencer
refused() { exits 3 opl2 plan >refused.txt 2>&1 && grep -q E0856 refused.txt; }
ok 'plan names what no longer goes together' refused

# --- one word -------------------------------------------------------------------
spec v1.19.6 "$AT"
ok 'plan shows restarts' says 'process.op-node' opl2 plan
ok 'one apply' says W1153 opl2 apply -auto-approve
ok 'the safe head passes where it stood' wait_for 60 above "$STOOD" safe_height "$NODE"
ok 'the old block is the same' test "$(block "$L2" 0x5 | jq -er .hash)" = "$OLD"
ok 'nothing is left to do' exits 0 opl2 plan -detailed-exitcode
well() { seen '.healthy and .l1_fork.followed'; }
ok 'the chain is well' wait_for 120 well
ok 'outputs go on' wait_for 120 above "$STOOD" latest_output "$L1" \
	"$(jq -er .L2OutputOracleProxy "$(out .artifact)")"

# --- a fork of the L2 ------------------------------------------------------------
SOON=$(($(date +%s) + 140))
FORKS="l2_forks: { jovian: $SOON, karst: $((SOON + 5)) }"
spec v1.19.6 "$AT"
ok 'a fork of the L2 is a plan' says 'scheduled L2 upgrade: jovian, irreversible after' opl2 plan
ok '... and is applied' opl2 apply -auto-approve
ok 'status counts down to it' seen '.forks.next.name == "jovian" and .forks.next.in_s > 0'
jovian() { block "$L2" latest | jq -e '.extraData | length == 36'; }
ok 'it comes' wait_for 200 jovian
NOW=$(height "$L2")
ok 'and the safe head passes it' wait_for 60 above "$NOW" safe_height "$NODE"
ok 'Karst is active' wait_for 60 seen '.forks.active == "karst"'
moved() {
	FORKS="l2_forks: { jovian: $((SOON + 86400)), karst: $((SOON + 86405)) }" spec v1.19.6 "$AT"
	exits 3 opl2 plan >past.txt 2>&1
	grep -E 'E046[0-9]' past.txt
}
ok 'what is past stays' moved
spec v1.19.6 "$AT"

# --- an older op-geth -----------------------------------------------------------------
back() { spec v1.13.7 "$AT"; exits 3 opl2 plan >back.txt 2>&1; cat back.txt; grep -q E0462 back.txt; }
ok 'programs that do not know its forks are refused' back
spec v1.19.6 "$AT"
NOW=$(safe_height "$NODE")
cp -r "$ROOT/schemas/presets/devnet/go-v1.9.4" old
old_geth() { # that of v1.9.4 is given the database of the new one
	cp opl2.yaml new.yaml
	cat >>opl2.yaml <<-E2
	resources:
	  go_binary:
	    old:
	      go: "\${toolchain.go.path}"
	      go_mod: asset:old/go.mod
	      go_sum: asset:old/go.sum
	      package: github.com/ethereum/go-ethereum/cmd/geth
	  process:
	    op-geth:
	      command: ["\${go_binary.old.path}"]
	      args: { $(printf 'override.%s: null, ' holocene isthmus jovian karst osaka) }
	E2
	says 'converted by a newer op-geth' opl2 apply -auto-approve
	local rc=$?
	cp new.yaml opl2.yaml
	return $rc
}
ok 'an old op-geth on the new database is explained' old_geth
ok '... by doctor, too' finds E1160
ok 'with the new one the chain goes on' opl2 apply -auto-approve
ok '... with its safe head' wait_for 180 above "$NOW" safe_height "$NODE"
done_testing
