#!/bin/bash
# A chain with three sequencers goes on when the leader is killed, frozen, cut
# off or has no disk left, and while all three get other programs: one leader
# at a time, and no block is lost that most of them had. OPL2_KILLS says how
# often the leader is killed.
. "$(dirname "$0")/lib.sh"

D=$WORK/conductor
KILLS=${OPL2_KILLS:-20}
FULL=$D/disk
mkdir -p "$D"
cd "$D" || bail "no $D"
cleanup() {
	join
	end_chain "$D"
	umount "$FULL" 2>/dev/null
	[ -n "${OPL2_E2E_DIR:-}" ] || rm -rf "$WORK"
}
trap cleanup EXIT

OFFSET=1150
LEVEL=info
MEMBERS=3
spec() {
	cat >opl2.yaml <<E2
opl2: 1
name: conductor
use: ${OPL2_E2E_PRESET:-devnet}
with: { sequencers: 3, da: calldata, log_level: $LEVEL }
port_offset: $OFFSET
E2
	sed -i "s/sequencers: 3/sequencers: $MEMBERS/" opl2.yaml
}

# Members are numbered; the first has no number in its names.
of() { # of PROGRAM N: its process
	[ "$2" = 1 ] && echo "$1" || echo "$1-$2"
}
pid_of() { opl2 status -json | jq -er --arg n "$1" '.processes[] | select(.name == $n) | .pid'; }
port_of() { opl2 status -json | jq -er --arg n "$1" --arg p "$2" '.processes[] | select(.name == $n) |
	.ports[] | select(.name == $p) | .port'; }
at() { echo "http://127.0.0.1:$(($1 + OFFSET + 20 * ($2 - 1)))"; } # at PORT N
engine() { at 9545 "$1"; }
node() { at 9547 "$1"; }
conductor() { at 9549 "$1"; }

leads() { # leads N: it is the leader, and makes blocks
	[ "$(rpc "$(conductor "$1")" conductor_leader)" = true ] &&
		[ "$(rpc "$(node "$1")" admin_sequencerActive)" = true ]
}
leader() {
	local n
	for n in 1 2 3; do
		leads "$n" 2>/dev/null && echo "$n" && return
	done
	return 1
}
best() { cut -d' ' -f2 heads.txt | tail -n 1; }
well() { # well N: healthy, and level with the best
	[ "$(rpc "$(conductor "$1")" conductor_sequencerHealthy)" = true ] &&
		[ "$(height "$(engine "$1")")" -ge $(($(best) - 2)) ]
}
all_well() { leader && well 1 && well 2 && well 3; } 2>/dev/null

# What the heads do while something is done.
watch() {
	: >heads.txt
	python3 "$ROOT/tests/e2e/heads.py" heads.txt "$(engine 1)" "$(engine 2)" "$(engine 3)" >heads.json 2>heads.err &
	WATCH=$!
	wait_for 10 test -s heads.txt
}
went_on() { # after that: no longer than 10 s without a block, and none lost
	kill "$WATCH"
	wait "$WATCH"
	cat heads.json
	echo "$1: $(jq -r '"\(.longest_s) s without a block, after \(.at)"' heads.json)" >>figures
	jq -e '.longest_s <= 10 and .lost == []' heads.json
}
new_leader() { # new_leader OLD
	local n
	n=$(leader) && [ "$n" != "$1" ]
}

# --- faults of the leader ---------------------------------------------------------
hit() { # hit SIGNAL N PROGRAM...
	local signal=$1 n=$2 p
	shift 2
	for p; do
		kill -"$signal" "$(pid_of "$(of "$p" "$n")")"
	done
}
ALL=(op-conductor op-node op-geth)
# What ended five times in ten minutes is started by hand.
well_again() {
	opl2 status -json | jq -e '.processes[] | select(.state == "failed")' && opl2 start
	all_well
}
# The supervisor starts it again, so soon that it may stay the leader.
kill_leader() { # kill_leader PROGRAM...
	local n
	n=$(leader) && watch || return 1
	hit KILL "$n" "$@"
	wait_for 30 above $(($(best) + 3)) best && wait_for 90 well_again
	local rc=$?
	went_on "killed $* of sequencer $n" && [ $rc -eq 0 ]
}
freeze_leader() { # freeze_leader PROGRAM...
	local n
	n=$(leader) && watch || return 1
	hit STOP "$n" "$@"
	wait_for 30 new_leader "$n"
	local rc=$?
	hit CONT "$n" "$@"
	wait_for 90 all_well || rc=1
	went_on "froze $* of sequencer $n" && [ $rc -eq 0 ]
}

# Packets of a member to and from the others are dropped. Whom it dialled
# itself is found by its own ports.
drop() { # drop MATCH...
	iptables -I INPUT -i lo -p tcp "$@" -j DROP && echo "$*" >>"$D/rules"
}
dialled() { # dialled N OTHER-PORTS: local ports of its connections to those
	local p
	for p in "${ALL[@]}"; do
		ss -Htnp state established | grep "pid=$(pid_of "$(of "$p" "$1")")," |
			awk -v ports=" $2 " '{ n = split($4, to, ":"); split($3, own, ":")
				if (index(ports, " " to[n] " ")) print own[2] }'
	done
}
cut_off() { # cut_off N
	local p m others=
	for m in 1 2 3; do
		for p in "$(port_of "$(of op-conductor $m)" raft)" \
			"$(port_of "$(of op-node $m)" p2p)" "$(port_of "$(of op-geth $m)" p2p)"; do
			if [ $m = "$1" ]; then
				drop --dport "$p" && drop --sport "$p" || return 1
			else
				others+=" $p"
			fi
		done
	done
	OTHERS="$others "
	drop_dialled "$1"
}
drop_dialled() { # drop_dialled N: what it has dialled since, too
	local p
	for p in $(dialled "$1" "$OTHERS"); do
		grep -qx -- "--sport $p" "$D/rules" && continue
		drop --sport "$p"
		drop --dport "$p"
	done
}
new_leader_cut() { # new_leader_cut OLD: it dials again, and is cut off again
	drop_dialled "$1"
	new_leader "$1"
}
join() {
	local r
	[ -e "$D/rules" ] || return 0
	while read -r r; do
		# shellcheck disable=SC2086
		iptables -D INPUT -i lo -p tcp $r -j DROP
	done <"$D/rules"
	rm "$D/rules"
}
cut_leader() {
	local n
	n=$(leader) && watch || return 1
	cut_off "$n" && wait_for 30 new_leader_cut "$n"
	local rc=$?
	join
	wait_for 90 all_well || rc=1
	went_on "cut off sequencer $n" && [ $rc -eq 0 ]
}

# The third member's data moves to a small disk of its own.
small_disk() {
	local p
	opl2 stop op-conductor-3 op-node-3 op-geth-3 || return 1
	mkdir -p disk
	mount -t tmpfs -o size=$(($(du -sm .opl2/data/*/op-geth-3 | cut -f1) + 400))m none disk || return 1
	for p in .opl2/data/*/op-geth-3 .opl2/data/*/op-conductor-3; do
		mv "$p" disk && ln -s "$FULL/${p##*/}" "$p" || return 1
	done
	opl2 start op-geth-3 op-node-3 op-conductor-3 && wait_for 90 all_well
}
third_leads() {
	leads 3 && return
	rpc "$(conductor "$(leader)")" conductor_transferLeaderToServer \
		"[\"sequencer-3\",\"127.0.0.1:$(port_of op-conductor-3 raft)\"]"
	return 1
}
fill_disk() {
	wait_for 30 third_leads && watch || return 1
	dd if=/dev/zero of=disk/ballast bs=1M 2>/dev/null
	wait_for 40 new_leader 3
	local rc=$?
	rm disk/ballast
	wait_for 90 all_well || rc=1
	went_on 'filled the disk of sequencer 3' && [ $rc -eq 0 ]
}

# --- the logs ---------------------------------------------------------------------------
one_maker() { # no two op-nodes put a block of their own at one height
	grep -ahoE 'Sequencer inserted block" +block=0x[0-9a-f]+:[0-9]+' .opl2/logs/op-node*.log* |
		sed 's/.*block=//' | sort -u | cut -d: -f2 >made
	sort made | uniq -d >twice
	cat twice
	[ "$(wc -l <made)" -gt 50 ] && [ ! -s twice ]
}
one_winner() { # no two conductors won the same term
	grep -aH 'election won' .opl2/logs/op-conductor*.log* |
		sed -E 's|.*/(op-conductor[-0-9]*)\.log.* term=([0-9]+).*|\1 \2|' | sort -u |
		cut -d' ' -f2 | sort -n | uniq -d >twice
	cat twice
	[ ! -s twice ]
}

# --- up -----------------------------------------------------------------------------------
spec
ok 'apply' opl2 apply -auto-approve ||
	{ tail -n 40 .opl2/logs/*.log 2>/dev/null | cut -c1-300 | sed 's/^/# /'
	  done_testing; }
echo 0 0 >heads.txt
ok 'nothing is left to do' exits 0 opl2 plan -detailed-exitcode
ok 'one of three makes blocks' wait_for 30 all_well
metrics_say() { # that one leads, and all could
	opl2 metrics >metrics && [ "$(grep -c '^opl2_sequencer_healthy.* 1$' metrics)" = 3 ] &&
		[ "$(grep -c '^opl2_sequencer_leads.* 1$' metrics)" = 1 ]
}
ok 'metrics say so' wait_for 30 metrics_say
ok 'batches are posted' wait_for 60 above 5 safe_height "$(node 1)"
ok 'bootstrap was once' test "$(grep -al 'Raft cluster bootstrapped' .opl2/logs/op-conductor*.log)" = .opl2/logs/op-conductor.log

ways=('op-conductor' 'op-node' 'op-geth' 'op-conductor op-node op-geth')
for ((i = 0; i < KILLS; i++)); do
	# shellcheck disable=SC2086
	ok "kill $((i + 1)): ${ways[i % 4]}" kill_leader ${ways[i % 4]}
done
ok 'the leader is frozen' freeze_leader "${ALL[@]}"
ok 'its op-node alone is frozen' freeze_leader op-node
ok 'its op-geth alone is frozen' freeze_leader op-geth
if iptables -L INPUT -n >/dev/null 2>&1; then
	ok 'the leader is cut off' cut_leader
else
	ok 'the leader is cut off # skip iptables' true
fi
if mkdir -p try && mount -t tmpfs none try 2>/dev/null && umount try; then
	ok 'a small disk' small_disk
	ok 'the disk of the leader is full' fill_disk
else
	ok 'the disk of the leader is full # skip mount' true
fi

# --- other programs ---------------------------------------------------------------------
LEVEL=debug
spec
roll() {
	watch
	opl2 apply -auto-approve
	local rc=$?
	went_on 'all programs restarted' && [ $rc -eq 0 ]
}
ok 'a rolling upgrade' roll
ok '... of which the leader was the last' wait_for 30 new_leader 1
ok 'nothing is left to do after it' exits 0 opl2 plan -detailed-exitcode

SAFE=$(safe_height "$(node 1)")
ok 'the safe head goes on' wait_for 60 above "$SAFE" safe_height "$(node 1)"
ok 'no height has blocks of two sequencers' one_maker
ok 'no term has two leaders' one_winner

away() {
	local rc
	opl2 stop op-conductor op-node op-geth && SAFE=$(safe_height "$(node 2)") &&
		opl2 restart op-batcher && wait_for 60 above "$SAFE" safe_height "$(node 2)"
	rc=$?
	opl2 start && wait_for 60 all_well && [ $rc -eq 0 ]
}
ok 'op-batcher can restart while the first of them is away' away

restarts() { # restarts PROGRAM: how often it was started again
	opl2 status -json | jq --arg n "$1" '.processes[] | select(.name == $n) | .restarts'
}
# The blocks of before are young enough to mislead who waits for a new one.
down() {
	local before
	before=$(restarts op-batcher) && opl2 stop && opl2 start && wait_for 60 all_well &&
		[ "$(restarts op-batcher)" -le $((before + 1)) ]
}
ok 'stop and start' down
ok 'nothing was changed by that' exits 0 opl2 plan -detailed-exitcode

# --- one sequencer, and three again -----------------------------------------------------
members() { # members N STATUS: so many from now on; apply ends with STATUS
	MEMBERS=$1
	spec
	watch || return 1
	exits "$2" opl2 apply -auto-approve
	local rc=$? from
	from=$(best)
	wait_for 60 above $((from + 5)) height "$(engine 1)" || rc=1
	[ "$1" = 1 ] || wait_for 90 all_well || rc=1
	went_on "from $((4 - $1)) sequencers to $1" && [ $rc -eq 0 ]
}
# Status 13: databases of the others stay.
ok 'the chain goes on with one of them' members 1 13
ok 'nothing is left to do then' exits 0 opl2 plan -detailed-exitcode
ok 'and with three again' members 3 0
ok 'nothing is left to do, either' exits 0 opl2 plan -detailed-exitcode
ok 'still no height has blocks of two sequencers' one_maker

# --- a backup without databases; the L1's is kept, as if it were somebody else's ----------
restored() { # by one apply, for which the batcher waits
	local l1
	opl2 stop && opl2 backup -keys backup.tar.gz && mkdir away && mv .opl2 deployments opl2.lock away || return 1
	l1=$(cd away && echo .opl2/data/*/l1)
	opl2 restore backup.tar.gz && mkdir -p "${l1%/*}" && mv "away/$l1" "$l1" &&
		opl2 apply -auto-approve && wait_for 60 all_well && [ "$(restarts op-batcher)" = 0 ]
}
SAFE=$(safe_height "$(node 1)")
ok 'restored: one of three makes blocks' restored
ok '... on what was safe' wait_for 60 above "$SAFE" safe_height "$(node 1)"
ok 'nothing is left to do after that' exits 0 opl2 plan -detailed-exitcode
sed 's/^/# /' figures
done_testing
