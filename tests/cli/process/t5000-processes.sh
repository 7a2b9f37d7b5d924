#!/bin/bash
# The supervisor with real programs: start order, readiness, secrets, stop
# steps, restarts, and what outlives whose death.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-sup.sh"

state_is() { is "$1" .state "\"$2\""; }
logged() { grep -cE "$1" "$D/logs/supervise.log" || :; }
logged_more() { [ "$(logged "$1")" -gt "$2" ]; } # logged_more TEXT BEFORE
# Nobody answers there: whoever waits for it does not pass for ready.
nobody='"ready": [{"tcp": {"port": '$(python3 "$HERE/rpc_server.py" --free-port)'}}]'

node='["/usr/bin/env", "python3", "'$HERE'/rpc_server.py", "'$D'/port", "'$D'/calls"]'

test_fails 1 'no processes yet' 'opl2 status' 'grep -q E0924 $OUT/stderr'
test_ok 'the supervisor starts' 'opl2-supervise --dir="$D" && [ -S "$D/run/supervise.sock" ]'
test_ok 'starting it twice is fine' 'opl2-supervise --dir="$D"'

test_ok 'two processes, one after the other' '
	python3 "$HERE/rpc_server.py" --free-port >"$D/port" &&
	p=$(cat "$D/port") &&
	put l1 "{\"command\": $node, \"log\": {\"path\": \"$D/logs/l1.log\"},
	  \"ports\": [{\"name\": \"rpc\", \"port\": $p}], \"stop_order\": 90,
	  \"ready\": [{\"rpc\": {\"url\": \"http://127.0.0.1:$p/\",
	    \"method\": \"eth_blockNumber\", \"at_least\": \"16\"}}]}" &&
	put node "{\"command\": [\"/bin/sleep\", \"1000\"],
	  \"log\": {\"path\": \"$D/logs/node.log\"}, \"depends\": [\"l1\"],
	  \"env\": {\"KEY\": {\"\$secret\": [\"0x\", {\"env\": \"MYKEY\"}]}},
	  \"start_when\": [{\"rpc\": {\"url\": \"http://127.0.0.1:$p/\",
	    \"method\": \"eth_syncing\", \"at\": \"/head\", \"age_below\": 60000}}],
	  \"stop_order\": 10,
	  \"stop\": [{\"rpc\": {\"url\": \"http://127.0.0.1:$p/\",
	    \"method\": \"admin_stop\", \"timeout\": 60000}},
	    {\"signal\": \"INT\", \"grace\": 60000}]}" &&
	MYKEY=5ecre7 opl2 start && state_is l1 ready && state_is node ready'

test_ok 'its ports are in reach without a forward' '
	opl2 forward l1 >out && grep -qx "l1 rpc  http://127.0.0.1:$(cat "$D/port")" out &&
	grep -q "nothing has to be forwarded" out &&
	opl2 forward -json | jq -e ".process == \"l1\" and .port == \"rpc\"" &&
	! opl2 forward node && ! opl2 forward nobody'

test_ok 'the secret is in the environment of the process and nowhere else' '
	tr "\0" "\n" <"/proc/$(program node)/environ" | grep -qx KEY=0x5ecre7 &&
	! grep -rq 5ecre7 "$D" &&
	! tr "\0" "\n" <"/proc/$(sup_pid pid)/environ" | grep -q 5ecre7'

test_ok 'a child inherits no descriptor' '
	[ "$(ls "/proc/$(program node)/fd" | tr "\n" " ")" = "0 1 2 " ]'

test_ok 'a killed process comes back' '
	old=$(field node .pid) && kill -9 "$old" && until_true 50 other_pid node "$old"'

test_ok 'a killed supervisor comes back with secrets, and adopts' '
	s=$(sup_pid pid) n=$(field node .pid) l=$(field l1 .pid) && kill -9 "$s" &&
	until_true 50 sup_changed pid "$s" &&
	[ "$(field node .pid)" = "$n" ] && [ "$(field l1 .pid)" = "$l" ] &&
	[ "$(field node .adopted)" = true ] && kill -9 "$n" &&
	until_true 50 other_pid node "$n" &&
	grep "node: ended, status unknown after .*; next attempt in" "$D/logs/supervise.log"'

test_ok 'a killed watchdog comes back' '
	g=$(sup_pid guard_pid) && kill -9 "$g" && until_true 50 sup_changed guard_pid "$g"'

test_ok 'supervisor and watchdog killed: nodes run on, start adopts them' '
	n=$(field node .pid) && at_once $(sup_pid guard_pid) $(sup_pid pid) &&
	opl2 status -json node | grep -q unsupervised &&
	opl2 start && [ "$(field node .pid)" = "$n" ]'

test_fails 10 'without its secret a process says which to set' '
	opl2 restart node' 'grep -q "MYKEY" $OUT/stderr'
test_ok '... and goes on when it is set' 'MYKEY=5ecre7 opl2 start && state_is node ready'

test_ok 'an upgrade in place keeps the children as children' '
	s=$(sup_pid pid) n=$(field node .pid) up="supervisor .*, watchdog pid" &&
	before=$(logged "$up") && sup upgrade "{\"path\": \"$BIN/opl2-supervise\"}" &&
	until_true 50 logged_more "$up" "$before" && until_true 50 state_is node ready && [ "$(sup_pid pid)" = "$s" ] &&
	[ "$(field node .pid)" = "$n" ] && [ "$(field node .adopted)" = false ]'

same_sup() { [ "$(sup_pid pid)" = "$1" ] && [ "$(field node .pid)" = "$2" ]; }
printf '#!/no/such/interpreter\n' >no-interpreter
printf 'not a program\n' >no-program
printf '#!/bin/sh\nexit 0\n' >another
printf '#!/bin/sh\nrm "$0"; exit 3\n' >vanishing
chmod +x no-interpreter no-program another vanishing
for f in no-interpreter no-program another missing; do
	test_ok "no upgrade to what does not run: $f" '
		s=$(sup_pid pid) n=$(field node .pid) &&
		! sup upgrade "{\"path\": \"$PWD/$f\"}" >reply && grep -q E0914 reply &&
		same_sup "$s" "$n" && state_is node ready'
done
test_ok 'an upgrade that fails at the last moment: the old one goes on' '
	s=$(sup_pid pid) n=$(field node .pid) g=$(sup_pid guard_pid) &&
	sup upgrade "{\"path\": \"$PWD/vanishing\"}" &&
	until_true 50 grep -q "cannot run .*vanishing.*continuing with" "$D/logs/supervise.log" &&
	same_sup "$s" "$n" && [ "$(sup_pid guard_pid)" = "$g" ] &&
	kill -9 "$n" && until_true 100 other_pid node "$n" && same_sup "$s" "$(field node .pid)"'

test_ok 'stop: by order, calls first; the hold is kept' '
	: >"$D/calls" && opl2 stop && grep -q admin_stop "$D/calls" &&
	[ "$(field node .hold)" = true ] && state_is l1 stopped &&
	grep -n "stopping pid" "$D/logs/supervise.log" | tail -n 2 >order &&
	head -n 1 order | grep -q node: && tail -n 1 order | grep -q l1:'

frozen() { # frozen COMMAND...: names the pid within the time it has
	local s
	s=$(sup_pid pid)
	kill -STOP "$s"
	timeout 60 "$@" 2>err
	[ $? = 9 ] && grep -q "E1150.*pid $s, does not answer" err
	set -- $?
	kill -CONT "$s"
	[ "$1" = 0 ] || { cat err; return 1; }
}
for c in status 'status -json' doctor 'start node' stop 'restart node'; do
	# shellcheck disable=SC2086
	test_ok "a supervisor that is stopped: $c" 'frozen opl2 $c'
done
test_ok '... of which too many have asked' '
	s=$(sup_pid pid) && kill -STOP "$s" && python3 -c "
import os, socket
os.chdir(\"$D/run\")
socks = []
while True:
    k = socket.socket(socket.AF_UNIX)
    k.setblocking(False)
    socks.append(k)
    try: k.connect(\"supervise.sock\")
    except BlockingIOError: break
os.chdir(\"../..\")
os.execvp(\"timeout\", [\"timeout\", \"60\", \"opl2\", \"status\"])" 2>err
	rc=$?; kill -CONT "$s"; [ $rc = 9 ] && grep -q E1150 err'
test_ok '... and continued it is the same' 'opl2 status node | grep -q stopped'

test_ok 'stop without a supervisor writes the hold' '
	MYKEY=5ecre7 opl2 start && p="$(field node .pid) $(field l1 .pid)" &&
	at_once $(sup_pid guard_pid) $(sup_pid pid) $p && opl2 stop &&
	[ "$(field node .hold)" = true ] && opl2 status | grep -q "not running"'

test_ok 'after a reboot-like kill everything starts again' '
	MYKEY=5ecre7 opl2 start && at_once $(sup_pid guard_pid) $(sup_pid pid) \
	  $(field node .pid) $(field l1 .pid) && MYKEY=5ecre7 opl2 start &&
	state_is node ready'

test_fails 10 'a port in use names its holder' '
	put clash "{\"command\": [\"/bin/sleep\", \"9\"],
	  \"ports\": [{\"name\": \"rpc\", \"port\": $(cat "$D/port")}]}" &&
	opl2 start clash' 'grep -q "in use by pid $(field l1 .pid) (python3)" $OUT/stderr'

test_fails 10 'a program that does not exist' '
	put absent "{\"command\": [\"/no/such/program\"], $nobody,
	  \"restart\": {\"min_ms\": 10}}" && opl2 start absent' '
	grep -q "cannot run ./no/such/program.: No such file" $OUT/stderr'

test_fails 1 'a crash loop ends with the last lines of the log' '
	put crash "{\"command\": [\"/bin/sh\", \"-c\", \"echo flag --x is wrong; exit 3\"], $nobody,
	  \"log\": {\"path\": \"$D/logs/crash.log\"},
	  \"restart\": {\"min_ms\": 10}}" && opl2 start crash' '
	grep -q "flag --x is wrong" $OUT/stderr && state_is crash failed &&
	[ "$(field crash .restarts)" = 3 ]'

test_fails 9 'one that ignores its signals is not killed' '
	put stubborn "{\"command\": [\"/bin/sh\", \"-c\",
	  \"trap : TERM INT; : >$PWD/trapped; while :; do sleep 1; done\"],
	  \"stop\": [{\"signal\": \"TERM\", \"grace\": 100}]}" &&
	opl2 start stubborn && until_true 50 test -e trapped && opl2 stop stubborn' '
	kill -0 "$(field stubborn .pid)"'
test_fails 9 '... and to start it says so' 'timeout 60 opl2 start stubborn' '
	grep -q E0907 $OUT/stderr'
test_ok '... but by force' '
	p=$(field stubborn .pid) && opl2 stop -force stubborn && gone "$p"'

test_ok 'a stop that a start overtakes gets its answer' '
	put quick "{\"command\": [\"/bin/sleep\", \"1000\"]}" && opl2 start quick &&
	p=$(field quick .pid) && ! timeout 60 python3 "$HERE/supctl.py" "$D" stop "{\"names\": [\"quick\"]}" \
		start "{\"names\": [\"quick\"]}" >replies && grep -q "E0907.*started again" replies &&
	[ "$(field quick .pid)" = "$p" ] && opl2 stop quick'
recorded() { jq -e "$2 == $3" "$D/run/procs/$1.json"; }
test_ok 'force is of one stop, not of the next' '
	opl2 start quick && p=$(field quick .pid) && sup restart "{\"names\": [\"quick\"], \"force\": true}" >/dev/null &&
	until_true 50 other_pid quick "$p" && until_true 50 is quick .ready true &&
	until_true 50 recorded quick .force false && opl2 stop quick'
test_ok 'a restart that was begun outlives the supervisor' '
	put slow "{\"command\": [\"/bin/sh\", \"-c\",
	  \"trap : TERM; : >$PWD/slow; while :; do sleep 1; done\"],
	  \"stop\": [{\"signal\": \"TERM\", \"grace\": 3000}, {\"signal\": \"INT\", \"grace\": 60000}]}" &&
	opl2 start slow && until_true 50 test -e slow && p=$(field slow .pid) s=$(sup_pid pid) &&
	{ sup restart "{\"names\": [\"slow\"]}" >/dev/null 2>&1 & } &&
	until_true 100 grep -q "slow: SIGTERM" "$D/logs/supervise.log" && kill -9 "$s" &&
	until_true 300 other_pid slow "$p" && opl2 stop -force slow'

# Written at once: what is written between the copy and the cut is lost.
seq -f 'line %g' 0 2999 >lines
test_ok 'a log is rotated by copy and truncate' '
	put chatty "{\"command\": [\"/bin/sh\", \"-c\", \"cat $PWD/lines; exec sleep 1000\"],
	  \"log\": {\"path\": \"$D/logs/chatty.log\", \"max_bytes\": 10000, \"keep\": 1}}" &&
	opl2 start chatty && until_true 50 test -f "$D/logs/chatty.log.1" &&
	until_true 20 grep -q "line 2999" "$D/logs/chatty.log.1" &&
	until_true 20 test ! -s "$D/logs/chatty.log"'

test_ok 'logs -n' 'echo one >>"$D/logs/chatty.log"; echo two >>"$D/logs/chatty.log"
	[ "$(opl2 logs -n 1 process.chatty)" = two ]'
test_fails 3 'an unknown name gets a hint' 'opl2 stop nod' 'grep -q "did you mean .node" $OUT/stderr'
test_ok 'supervisor and watchdog are small' '
	[ "${BIN%asan}" != "$BIN" ] || [ "$(sup_pid rss_bytes)" -lt 20971520 ]'
test_ok 'shutdown leaves no trace of a sanitizer' '
	opl2 stop -force && s=$(sup_pid pid) && sup shutdown "{}" &&
	until_true 100 gone "$s" &&
	! grep -E "Sanitizer|runtime error" "$D/logs/supervise.log"'
test_ok 'a chain whose folder is removed leaves no supervisor and no watchdog' '
	mkdir -p other/run && opl2-supervise --dir="$PWD/other" &&
	s=$(python3 "$HERE/supctl.py" "$PWD/other" status "{}" | jq .supervisor.pid) &&
	g=$(python3 "$HERE/supctl.py" "$PWD/other" status "{}" | jq .supervisor.guard_pid) &&
	kill -0 $s $g && rm -r other && until_true 100 gone "$s" && until_true 100 gone "$g"'
done_testing
