#!/bin/bash
# A devnet for hours, with traffic and with faults at random: what stays up
# with it (supervisor, watchdog, opl2-metrics, opl2-ui, opl2-meeda) neither
# grows nor collects descriptors, and logs and history stay within their
# limits. Each minute is a line of figures; the slopes come at the end.
#
# usage: hours.sh [HOURS]     (1)
#
# OPL2_SOAK_SEED repeats the choice of faults; OPL2_SOAK_OFFSET: the chain's
# ports (1700); OPL2_SOAK_CALM: minutes between two faults that end what is
# measured (25). The figures stay in OPL2_E2E_DIR, if that is given.
OPL2_BIN=${OPL2_BIN:-$(cd "$(dirname "$0")/../.." && pwd)/build/release}
. "$(dirname "$0")/../e2e/lib.sh"

SECONDS_ALL=$(python3 -c "print(int(float('${1:-1}') * 3600))")
SEED=${OPL2_SOAK_SEED:-$(($(date +%s) % 32768))}
OFFSET=${OPL2_SOAK_OFFSET:-1700}
CALM=$((${OPL2_SOAK_CALM:-25} * 60))
D=$WORK/hours
NOTES=$WORK/notes
JOBS=
mkdir -p "$D" "$NOTES" && cd "$D" || bail "no $D"
cleanup() {
	# shellcheck disable=SC2086
	kill $JOBS 2>/dev/null
	# What was stopped in the middle of a fault cannot be ended otherwise.
	# shellcheck disable=SC2046
	kill -CONT $(pids_under "$D") 2>/dev/null
	end_chain "$D"
	[ -n "${OPL2_E2E_DIR:-}" ] || rm -rf "$WORK"
}
trap cleanup EXIT
trap 'exit 1' INT TERM
echo "# seed $SEED, $SECONDS_ALL s"

# Elsewhere than in $D: nothing of it is the chain's.
mkfifo "$WORK/hold" && exec 7<>"$WORK/hold" && rm "$WORK/hold"
exec 8< <(exec python3 "$ROOT/tests/fake/meeda.py" "$WORK/objects" <&7 7>&-)
JOBS=$!
read -r PORT <&8
cat >opl2.yaml <<Y
opl2: 1
name: hours
use: devnet
port_offset: $OFFSET
with: { metrics: true, ui: true, da: meeda, meeda_url: "http://127.0.0.1:$PORT" }
resources:
  process:
    # Fills its log in minutes, over and over.
    talker:
      command: [/bin/sh, -c, "while :; do yes talk | head -c 400000; sleep 2; done", sh]
Y
out() { opl2 output -json | jq -er "$1"; }
ok 'apply brings the devnet up' opl2 apply -auto-approve || done_testing
L2=$(out .l2_rpc)
PAGE=http://127.0.0.1:$((7320 + OFFSET)) METRICS=http://127.0.0.1:$((7310 + OFFSET))
END=$((SECONDS + SECONDS_ALL))

# Each that there is: program, pid, KiB of memory, those of it that are no part of
# a file, open descriptors.
measured() {
	python3 - "$D" <<-'P'
		import os, sys
		for pid in filter(str.isdigit, os.listdir('/proc')):
		    try:
		        args = open(f'/proc/{pid}/cmdline').read().split('\0')
		        name = os.path.basename(os.readlink(f'/proc/{pid}/exe'))
		        cwd = os.readlink(f'/proc/{pid}/cwd') + '/'
		        name = {'--guard': 'watchdog', '--supervisor': 'supervisor'}.get(args[1], name)
		        if not cwd.startswith(sys.argv[1] + '/') or name not in (
		                'supervisor', 'watchdog', 'opl2-metrics', 'opl2-ui', 'opl2-meeda'):
		            continue
		        kib = {l.split()[0]: l.split()[1] for l in open(f'/proc/{pid}/smaps_rollup')}
		        print(name, pid, kib['Rss:'], kib['Anonymous:'], len(os.listdir(f'/proc/{pid}/fd')))
		    except (OSError, IndexError, KeyError):
		        pass  # it has just ended
	P
}
pid_of() { measured | awk -v p="$1" '$1 == p { print $2 }'; }

# --- traffic --------------------------------------------------------------------

# A wei more each time: the same command again would be one that broke off.
traffic() {
	local n=0
	while :; do
		n=$((n + 1))
		timeout 120 opl2 send -layer=l2 -from=dev-0 -auto-approve dev-1 "$n"wei
		echo "send $?" >>"$NOTES/traffic"
		[ $((n % 5)) -ne 0 ] || {
			timeout 300 opl2 deposit -from=dev-1 -auto-approve "$n"wei
			echo "deposit $?" >>"$NOTES/traffic"
		}
		sleep 3
	done >>"$NOTES/traffic.log" 2>&1
}
# Somebody has the page open, and Prometheus asks.
onlooker() {
	while :; do
		curl -sN -m 600 "$PAGE/events" >/dev/null
		sleep 1
	done
}
prometheus() {
	while :; do
		curl -s -m 10 "$METRICS/metrics" >/dev/null
		sleep 15
	done
}

# --- faults ---------------------------------------------------------------------

nodes() { # of the chain, without what is measured
	opl2 status -json | jq -r '.processes[] | select(.pid > 0 and
		(.name | test("^(metrics|ui|meeda)") | not)) | .pid'
}
node() { nodes | shuf -n 1 --random-source=<(yes $RANDOM); }
all_up() { # or another try, for what crashed too often is held
	timeout 300 opl2 start ||
		{ echo "start: $?"; sleep 5; timeout 300 opl2 start; }
}
small_fault() { # small_fault N
	local p
	case $1 in
	0 | 1 | 2)
		p=$(node) && [ -n "$p" ] || return
		echo "kill $(tr '\0' ' ' <"/proc/$p/cmdline" | cut -c1-60)"
		kill -9 "$p"
		;;
	3 | 4)
		p=$(node) && [ -n "$p" ] || return
		echo "freeze $(tr '\0' ' ' <"/proc/$p/cmdline" | cut -c1-60)"
		kill -STOP "$p" && sleep $((RANDOM % 20)) && kill -CONT "$p"
		;;
	5)
		echo 'batcher pause' && timeout 100 opl2 batcher pause
		sleep $((RANDOM % 20)) && timeout 100 opl2 batcher resume
		;;
	6) echo 'stop op-node' && timeout 100 opl2 stop op-node && timeout 200 opl2 start op-node ;;
	7) echo 'apply' && timeout 300 opl2 apply -auto-approve ;;
	esac
	[ "$1" -ne 7 ] || return 0
}
great_fault() { # great_fault N
	case $1 in
	0) echo 'stop, start' && timeout 300 opl2 stop && all_up ;;
	1) echo 'kill the supervisor' && kill -9 "$(pid_of supervisor)" ;;
	2) echo 'kill the watchdog' && kill -9 "$(pid_of watchdog)" ;;
	3)
		echo 'kill both' && kill -9 "$(pid_of supervisor)" "$(pid_of watchdog)"
		all_up
		;;
	4)
		echo 'kill metrics, ui and meeda'
		kill -9 "$(pid_of opl2-metrics)" "$(pid_of opl2-ui)" "$(pid_of opl2-meeda)"
		;;
	esac
}
faults() {
	RANDOM=$SEED
	local great=$((RANDOM % 5)) next=$((SECONDS + CALM))
	while :; do
		sleep $((10 + RANDOM % 40))
		date +%T
		if [ $SECONDS -ge $next ]; then
			great_fault $((great++ % 5))
			next=$((SECONDS + CALM))
		else
			small_fault $((RANDOM % 8))
		fi || echo "failed: $?"
		opl2 status -json | jq -e 'all(.processes[]; .state == "ready")' >/dev/null || {
			sleep 20
			all_up || echo 'not all is up'
		}
	done >>"$NOTES/faults" 2>&1
}

# --- figures --------------------------------------------------------------------

bytes() { du -sb "$1" 2>/dev/null | cut -f1; }
# The lowest of a minute: what a look or a request holds for its time is no
# growth.
figures() {
	local turn t logs history run ledger line
	for turn in 1 2 3 4 5 6; do
		measured
		sleep 10
	done >"$NOTES/minute"
	t=$((SECONDS - BEGAN))
	awk '{ k = $1 " " $2
		for (i = 3; i <= 5; i++)
			if (!((k, i) in low) || $i < low[k, i]) low[k, i] = $i
		seen[k] = 1 }
		END { for (k in seen) print k, low[k, 3], low[k, 4], low[k, 5] }' "$NOTES/minute" |
		sort >"$NOTES/lowest"
	sed "s/^/$t /" "$NOTES/lowest" >>"$NOTES/samples"
	line=$(awk '{ printf "%s %s KiB (%s) %s fds; ", $1, $3, $4, $5 }' "$NOTES/lowest")
	logs=$(bytes .opl2/logs) history=$(find .opl2/history -type f | wc -l)
	run=$(find .opl2/run .opl2/tmp -mindepth 1 2>/dev/null | wc -l)
	ledger=$(find .opl2/ledger -type f 2>/dev/null | wc -l)
	echo "$t $logs $history" >>"$NOTES/sizes"
	echo "# $(date +%T) $t s: ${line}logs $logs B, history $history files" \
		"$(bytes .opl2/history) B, run and tmp $run files, ledger $ledger files," \
		"L2 at $(height "$L2" 2>/dev/null)"
}
# One line for all pids of a program: each begins at a height of its own, and
# its first ten minutes are not looked at.
slopes() { # slopes COLUMN LIMIT UNIT: by least squares; fails when one is over
	python3 - "$NOTES/samples" "$@" <<-'P'
		import collections, sys
		path, column, limit, unit = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
		runs = collections.defaultdict(list)
		for line in open(path):
		    f = line.split()
		    runs[f[1], f[2]].append((int(f[0]) / 3600, int(f[column])))
		bad = 0
		for program in sorted({p for p, _ in runs}):
		    sxx = sxy = 0
		    values = []
		    for (p, _), points in runs.items():
		        late = [q for q in points if q[0] >= points[0][0] + 1 / 6]
		        if p != program or len(late) < 3:
		            continue
		        mx = sum(x for x, _ in late) / len(late)
		        my = sum(y for _, y in late) / len(late)
		        sxx += sum((x - mx) ** 2 for x, _ in late)
		        sxy += sum((x - mx) * (y - my) for x, y in late)
		        values += [y for _, y in late]
		    if len(values) < 10:
		        print(f'{program}: too short to say')
		        bad += 1
		        continue
		    slope = sxy / sxx
		    flat = slope < limit
		    bad += not flat
		    print(f'{program}: {slope:+.1f} {unit}/h, {min(values)} to {max(values)} {unit} '
		          f'in {len(values)} minutes: {"flat" if flat else "GROWS"}')
		sys.exit(bad > 0)
	P
}
# Each log has two older parts; one is looked at each second.
bounded() {
	local most limit
	limit=$(($(find .opl2/logs -name '*.log' | wc -l) * 3 * (16777216 + 4000000)))
	most=$(cut -d' ' -f2 "$NOTES/sizes" | sort -n | tail -n 1)
	echo "logs: $most bytes at most, limit $limit"
	[ "$most" -le "$limit" ] && [ -e .opl2/logs/talker.log.2 ]
}
generations() { # ten are kept
	echo "history: $(cut -d' ' -f3 "$NOTES/sizes" | sort -n | tail -n 1) files at most"
	[ "$(cut -d' ' -f3 "$NOTES/sizes" | sort -n | tail -n 1)" -le 10 ]
}
# An L1 that was killed lost blocks, and the proposer takes its time after that.
well() { wait_for 300 opl2 doctor || opl2 doctor; }
goes_on() { wait_for 120 above "$(height "$L2")" height "$L2"; }

BEGAN=$SECONDS
for job in traffic onlooker prometheus faults; do
	$job &
	JOBS="$JOBS $!"
	eval "${job}_pid=$!"
done
while [ $SECONDS -lt $END ]; do figures; done
# shellcheck disable=SC2154
kill "$traffic_pid" "$faults_pid"
wait "$traffic_pid" "$faults_pid" 2>/dev/null
# shellcheck disable=SC2046
kill -CONT $(pids_under "$D") 2>/dev/null
sort "$NOTES/traffic" | uniq -c | sed 's/^/# traffic: /'
grep -oE '^(kill( the [a-z]+| both| metrics)?|freeze|batcher pause$|stop op-node|stop, start|apply$)' "$NOTES/faults" |
	sort | uniq -c | sed 's/^/# faults: /'

for what in slopes\ 3\ 64\ KiB slopes\ 4\ 64\ anonymous-KiB slopes\ 5\ 2\ descriptors bounded generations; do
	$what >"$NOTES/said" 2>&1
	rc=$?
	sed 's/^/# /' "$NOTES/said"
	ok "$what" test $rc -eq 0
done
timeout 300 opl2 batcher resume >/dev/null 2>&1
ok 'all of it starts' all_up
ok 'the chain goes on' goes_on
ok 'doctor finds nothing' well
done_testing
