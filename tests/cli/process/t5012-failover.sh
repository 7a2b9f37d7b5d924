#!/bin/bash
# Processes that go on with the next server of a list when the log of one of
# them says that the present one fails; and a full disk.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-sup.sh"

FULL=
url_of() { tr '\0' '\n' <"/proc/$(program "$1")/environ" | sed -n 's/^URL=//p'; }
end_full() {
	opl2 destroy -auto-approve
	[ -z "$FULL" ] || umount "$FULL"
	end_all
} >/dev/null 2>&1
trap end_full EXIT

# A node that complains for as long as a file of its server's name is there,
# more than often enough at a time.
cat >node.sh <<'S'
while sleep 0.05; do
	[ ! -e "busy-${URL##*/}" ] || for _ in 1 2 3 4 5 6; do
		echo "err=\"credits limited to 6000/sec\""
	done
done
S
cat >opl2.yaml <<YAML
opl2: 1
name: t
variables:
  url: { type: string, env: MY_URL, sensitive: true }
resources:
  process:
    node:
      command: [/bin/sh, $PWD/node.sh]
      dir: .
      env: { URL: "\${var.url}" }
      failover:
        group: l1
        env: { URL: "\${var.url} http://127.0.0.1:2/two" }
        when: { log: ["no such text"], rate_limit: true, times: 5, within: 1s }
      stop_order: 20
    poster:
      command: [/bin/sh, -c, "exec sleep 1000"]
      env: { URL: "\${var.url}" }
      after: ["\${process.node.name}"]
      failover: { group: l1, env: { URL: "\${var.url} http://127.0.0.1:2/two" } }
      stop_order: 10
    other:
      command: [/bin/sh, -c, "exec sleep 1000"]
YAML
export MY_URL=http://127.0.0.1:1/5ecre7-one

test_ok 'the first server is used' '
	opl2 apply -auto-approve && [ "$(url_of node)" = "$MY_URL" ] &&
	[ "$(url_of poster)" = "$MY_URL" ] && is node .failover.of 2'
test_ok 'when it fails for long, the group goes on with the next one' '
	o=$(field other .pid) p=$(field poster .pid) && : >busy-5ecre7-one &&
	until_true 100 is node .failover.at 2 && until_true 50 other_pid poster "$p" &&
	[ "$(url_of node)" = http://127.0.0.1:2/two ] &&
	[ "$(url_of poster)" = http://127.0.0.1:2/two ] && [ "$(field other .pid)" = "$o" ]'
test_ok 'status says so and why, and names no secret' '
	opl2 status >said && has said "uses server 2 of 2: '\''too many requests'\'' appeared" &&
	lacks said 5ecre7'
test_ok 'it stopped and started them in order' '
	grep -E "stopping|: started" "$D/logs/supervise.log" | tail -n 4 | cut -d" " -f3- >order;
	cat order; [ "$(sed "s/ pid.*//" order | tr "\n" " ")" = \
	  "poster: stopping node: stopping node: started poster: started " ]'
test_ok 'nothing is left to do for apply' 'opl2 plan -detailed-exitcode'
test_ok 'it outlives restarts of everything' '
	set -- $(opl2 status -json | jq ".supervisor.pid, .supervisor.guard_pid, .processes[].pid") &&
	at_once $* && opl2 start &&
	[ "$(url_of node)" = http://127.0.0.1:2/two ]'
test_ok 'the next one may fail too: back to the first' '
	p=$(field poster .pid) && rm busy-5ecre7-one && : >busy-two &&
	until_true 150 is node .failover.at 1 && until_true 50 other_pid poster "$p" && [ "$(url_of node)" = "$MY_URL" ]'
test_ok 'nothing of the secret is on disk' '! grep -rq 5ecre7 "$D"'
test_fails 3 'a group without a list' '
	mkdir bad && sed "s/^      failover: { group: l1, .*/      failover: { group: l1 }/" opl2.yaml >bad/opl2.yaml &&
	opl2 -chdir=bad validate' 'err_has "is missing" || err_has required'

test_fails 3 'a failover without a condition' '
	mkdir mute && sed "s/log: \[.*true, times/times/" opl2.yaml >mute/opl2.yaml &&
	opl2 -chdir=mute validate' 'err_has E0946'

# --- a log that is cut ---
cat >few.sh <<'S'
echo 'err="credits limited to 6000/sec"'
exec sleep 1000
S
lines_of() { head -c 70000 /dev/zero | tr '\0' '\n'; }
few() { # few NAME: its log is over its limit when it starts
	lines_of >"$1.log" && python3 "$ROOT/tests/cli/supctl.py" "$D" put "{\"name\": \"$1\", \"def\": {
	  \"command\": [\"/bin/sh\", \"$PWD/few.sh\"], \"dir\": \"$PWD\",
	  \"log\": {\"path\": \"$PWD/$1.log\", \"max_bytes\": 65536},
	  \"failover\": {\"group\": \"$1\", \"env\": {\"URL\": \"http://127.0.0.1:1/ http://127.0.0.1:2/\"},
	    \"when\": {\"rate_limit\": true, \"times\": 3, \"within\": 3600000}}}}" >/dev/null
}
cut() { [ "$(stat -c %s "$1.log")" -lt 1000 ]; }
looks() { # looks N: at the logs, each of which cuts one that is too long
	local i
	for ((i = 0; i < $1; i++)); do
		lines_of >>ticks.log
		until_true 50 cut ticks || return 1
	done
}
test_ok 'what a log that was cut says is counted once' '
	few few && few ticks && opl2 start few ticks && until_true 50 cut few &&
	echo "err=\"credits limited to 6000/sec\"" >>few.log && looks 4 && is few .failover.at 1'

# --- a full disk under the log ---
cat >full.sh <<'S'
line=$(head -c 3000 /dev/zero | tr '\0' x)
while sleep 0.05; do
	echo "$line" || echo lost >>lost
	[ ! -e end ] || exit 1
done
S
cat >big.sh <<'S'
i=0
while [ $i -lt 60 ]; do
	head -c 65536 /dev/zero
	i=$((i + 1))
done
: >done
exec sleep 1000
S
put() { # put NAME LOG-AND-RESTART
	python3 "$ROOT/tests/cli/supctl.py" "$D" put "{\"name\": \"$1\", \"def\": {
	  \"command\": [\"/bin/sh\", \"$PWD/$1.sh\"], \"dir\": \"$PWD\", $2}}" >/dev/null
}
restarts_above() { [ "$(field full .restarts)" -gt "$1" ]; }
below_2M() { [ "$(stat -c %s "$FULL/big.log")" -lt 2097152 ]; }
FULL=$PWD/full
mkdir "$FULL"
if mount -t tmpfs -o size=4m tmpfs "$FULL" 2>/dev/null; then
	test_ok 'a process whose log is on a full disk runs on, and status says so' '
		put full "\"log\": {\"path\": \"$FULL/full.log\"},
		  \"restart\": {\"min_ms\": 10, \"max_ms\": 50}" && opl2 start full &&
		pid=$(field full .pid) && ! dd if=/dev/zero of="$FULL/fill" bs=64k &&
		until_true 100 test -s lost && [ "$(field full .pid)" = "$pid" ] &&
		! opl2 status full >said && has said "the disk of its log is full"'
	test_ok '... what ends there is started again for as long as it takes' '
		: >end && until_true 200 restarts_above 12 && rm end &&
		until_true 50 is full .ready true'
	test_ok '... and once there is room, all is well' '
		rm "$FULL/fill" && opl2 status full &&
		until_true 50 eval "tail -c 5 $FULL/full.log | grep -q xxx"'
	test_ok 'a log that fills the disk is cut' '
		put big "\"log\": {\"path\": \"$FULL/big.log\", \"max_bytes\": 2097152}" &&
		opl2 start big && until_true 100 test -e done &&
		until_true 100 below_2M && opl2 status big'
fi
test_ok 'no trace of a sanitizer' '
	opl2 stop -force && ! grep -E "Sanitizer|runtime error" "$D/logs/supervise.log"'
done_testing
