#!/bin/bash
# A process that is paused: by a person, by an outage of what it needs; and one
# that ended over what a restart would not cure.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-sup.sh"

calls() { grep -c "$1" calls || true; }

python3 "$HERE/rpc_server.py" --free-port >port
python3 "$HERE/rpc_server.py" --free-port >da
p=$(cat port) da=$(cat da)
echo '{"admin_pause": true, "admin_resume": true}' >answers
lines() { [ "$(wc -l <"$1")" = "$2" ]; } # lines FILE N
batcher() { # batcher STEPS-METHOD [FIELD]
	cat <<-J
	{"command": ["/usr/bin/env", "python3", "$HERE/rpc_server.py", "$PWD/port",
	   "$PWD/calls", "$PWD/answers"],
	 "log": {"path": "$D/logs/b.log"},
	 "ready": [{"tcp": {"port": $p}}],
	 "pause": {
	   "steps": [{"rpc": {"url": "http://127.0.0.1:$p/", "method": "$1"},
	     "or_error": "no admin_nothing"}],
	   "resume": [{"rpc": {"url": "http://127.0.0.1:$p/", "method": "admin_resume"}}],
	   "args": ["--paused"],
	   "when_down": [{"http": {"url": "http://127.0.0.1:$da/", "status": 0}}],
	   ${2:+$2,}
	   "after": 300}}
	J
}
serve_da() {
	python3 "$HERE/rpc_server.py" "$PWD/da" "$PWD/da-calls" >/dev/null 2>&1 &
	echo $! >da-pid
	until_true 50 curl -so /dev/null "http://127.0.0.1:$da/"
}

test_ok 'a batcher runs' '
	serve_da && opl2-supervise --dir="$D" && put b "$(batcher admin_pause)" &&
	put other "{\"command\": [\"/bin/sleep\", \"1000\"]}" && opl2 start &&
	is b .pause.on false && opl2 status'
test_ok 'batcher pause makes the call and shows' '
	opl2 batcher pause >said && has said "b: paused" && is b .pause.on true &&
	[ "$(calls admin_pause)" = 1 ] && is b .ready true &&
	opl2 status >said && has said "paused by" && has said "b  "'
test_ok 'it outlives the supervisor' '
	s=$(opl2 status -json | jq .supervisor.pid) && kill -9 "$s" &&
	until_true 50 is b .adopted true && is b .pause.on true &&
	is b .pause.asked true && [ "$(calls admin_pause)" = 1 ]'
test_ok '... and the process, which is started paused' '
	opl2 restart b && is b .pause.on true && [ "$(calls admin_pause)" = 1 ] &&
	tr "\0" " " <"/proc/$(program b)/cmdline" | grep -q -- --paused &&
	is b .stale false'
test_ok 'batcher resume' '
	opl2 batcher resume b && is b .pause.on false && [ "$(calls admin_resume)" = 1 ]'
test_fails 3 'what has no pause cannot be paused' 'opl2 batcher pause other' \
	'err_has "E0936" && err_has "cannot be paused"'
# Not in the middle of a look, which would say another reason.
looked() { [ "$(grep -c GET da-calls)" -gt "$1" ]; }
test_ok 'while what it needs is away it is paused, and says so' '
	n=$(grep -c GET da-calls); until_true 100 looked "$n" && kill $(cat da-pid) && until_true 100 is b .pause.on true &&
	is b .pause.asked false && ! opl2 status >said && cat said &&
	has said "paused until it answers: http://127.0.0.1:$da/: Connection refused"'
test_ok '... also when somebody resumes it' '
	opl2 batcher resume >said && has said "b stays paused: http" &&
	is b .pause.on true'
test_ok '... and resumed when it is back' '
	serve_da && until_true 100 is b .pause.on false && opl2 status'
test_ok 'an error that says it is so already is fine' '
	put b "$(batcher admin_nothing)" && opl2 batcher pause && is b .pause.on true'
shown() { opl2 status >said; grep -qF "$1" said; }
test_fails 9 'one that cannot be told is tried again, and the reason is shown' '
	opl2 batcher resume && put b "$(batcher admin_never)" &&
	sup pause "{\"names\": [\"b\"], \"timeout_ms\": 500}" >reply;
	until_true 100 shown "could not be signalled"; jq -r ".diags[0].code" reply >&2;
	exit $(jq ".diags[0].code == \"E0937\" | if . then 9 else 1 end" reply)' \
	'has said "could not be signalled: no admin_never"'
test_ok 'one that does not pause in an outage is killed, and starts paused' '
	opl2 batcher resume && put b "$(batcher admin_never "\"kill_after\": 4000")" && is b .pause.on false && : >calls &&
	n=$(field b .restarts) && kill $(cat da-pid) && until_true 150 is b .pause.on true &&
	until_true 100 is b .ready true && [ "$(calls admin_never)" -gt 0 ] &&
	is b .restarts $((n + 1)) && opl2 status >said; has said "paused until it answers" &&
	tr "\0" " " <"/proc/$(program b)/cmdline" | grep -q -- --paused'
test_ok '... and is resumed when it is back' '
	serve_da && until_true 100 is b .pause.on false && [ "$(calls admin_resume)" = 1 ] && opl2 status'
two='{"command": ["/bin/sleep", "1000"],
  "pause": {"steps": [{"rpc": {"url": "http://127.0.0.1:'$p'/", "method": "admin_pause"}}],
    "resume": [{"rpc": {"url": "http://127.0.0.1:'$p'/", "method": "admin_resume"}}],
    "when_down": [{"http": {"url": "http://127.0.0.1:'$da'/", "status": 0}},
      {"rpc": {"url": "http://127.0.0.1:'$p'/", "method": "other_up"}}],
    "after": 100}}'
test_ok 'the reason is what is away now' '
	put two "$two" && opl2 start two && until_true 100 is two .pause.on true &&
	shown "no other_up" && kill $(cat da-pid) &&
	until_true 100 is two .pause.outage "\"http://127.0.0.1:$da/: Connection refused\"" &&
	serve_da && until_true 100 shown "no other_up" &&
	jq ".other_up = true" answers >a.new && mv a.new answers &&
	until_true 100 is two .pause.on false && opl2 stop two'
deaf='{"command": ["/bin/sh", "-c", "trap : INT; : >trapped; while :; do sleep 0.2; done"],
  "dir": "'$PWD'",
  "log": {"path": "'$D'/logs/deaf.log"},
  "stop": [{"signal": "INT", "grace": 600000}],
  "pause": {"steps": [{"rpc": {"url": "http://127.0.0.1:'$p'/", "method": "admin_pause"}}],
    "resume": [{"rpc": {"url": "http://127.0.0.1:'$p'/", "method": "admin_resume"}}],
    "when_down": [{"http": {"url": "http://127.0.0.1:'$da'/", "status": 0}}],
    "kill_after": 1000, "after": 300}}'
test_ok 'one that an outage keeps from ending is killed, long before its grace' '
	put deaf "$deaf" && opl2 start deaf && until_true 50 test -e trapped && kill $(cat da-pid) &&
	timeout 200 opl2 stop deaf && is deaf .state "\"stopped\"" &&
	grep "deaf: does not end; SIGKILL" "$D/logs/supervise.log"'
test_ok '... but not without an outage' '
	rm trapped && serve_da && opl2 start deaf && until_true 50 test -e trapped &&
	until_true 100 is deaf .pause.outage null && { opl2 stop deaf & s=$!; } &&
	until_true 100 is deaf .state "\"stopping\"" &&
	stays 30 is deaf .state "\"stopping\"" &&
	[ "$(grep -c "deaf: does not end" "$D/logs/supervise.log")" = 1 ]
	rc=$?; opl2 stop -force deaf; wait $s; [ $rc = 0 ]'

test_fails 3 'a pause without calls is refused' '
	sup put "{\"name\": \"x\", \"def\": {\"command\": [\"/bin/true\"],
	  \"pause\": {\"steps\": []}}}" >reply; jq -r .diags[0].summary reply >&2
	exit $(jq ".diags[0].code == \"E0901\" | if . then 3 else 1 end" reply)' \
	'err_has "pause.steps is empty"'

# Ready when the test says so, and not because it took long to end.
node_up() { jq '.node_up = true' answers >answers.new && mv answers.new answers; }
mismatch='{"command": ["/bin/sh", "-c",
  "test -e ok && exec sleep 1000; echo incorrect genesis hash 0x1; exit 1"],
  "dir": "'$PWD'", "log": {"path": "'$D'/logs/node.log"},
  "restart": {"min_ms": 10},
  "ready": [{"rpc": {"url": "http://127.0.0.1:'$p'/", "method": "node_up"}}],
  "fatal": [{"log": "something else", "reason": "no"},
    {"log": "incorrect genesis", "reason": "the database is of another chain"}]}'
test_fails 1 'a fatal text in the log: it is not started again' '
	put node "$mismatch" && opl2 start node' '
	err_has E0935 && err_has "the database is of another chain" &&
	err_has "incorrect genesis hash 0x1" && is node .restarts 0 &&
	is node .state "\"failed\"" &&
	opl2 status node | grep -q "the database is of another chain"'
test_ok '... also not by a next supervisor' '
	s=$(opl2 status -json | jq .supervisor.pid) && kill -9 "$s" &&
	until_true 50 is b .adopted true && is node .state "\"failed\"" &&
	is node .code "\"E0935\"" && is node .restarts 0'
test_ok 'an old text does not count' '
	: >ok && node_up && opl2 start node && kill -9 $(field node .pid) &&
	until_true 50 is node .restarts 1 && until_true 50 is node .ready true'
test_ok 'one that ended so while no supervisor was there is not started either' '
	echo "something else" >>"$D/logs/node.log" &&
	n=$(field node .pid) &&
	set -- $(opl2 status -json | jq ".supervisor.pid, .supervisor.guard_pid") &&
	at_once $* $n && opl2-supervise --dir="$D" &&
	until_true 50 is node .code "\"E0935\""'
# The preset's own rule, on a line that a real op-node wrote.
mkdir window && (cd window && opl2 init devnet && opl2 show -spec) >spec.txt 2>&1
text=$(grep -o 'Generating next batch' spec.txt | head -n 1)
expiring='{"command": ["/bin/sh", "-c",
  "test ! -e over || echo t=2024-08-21T02:27:27+0000 lvl=info msg=Generating next batch epoch=0xa:1 timestamp=5; echo $$ >>op-node-pids; exec sleep 1000"],
  "dir": "'$PWD'", "log": {"path": "'$D'/logs/op-node.log"}, "note": {"role": "sequencer"},
  "restart": {"min_ms": 10},
  "fatal": [{"log": "'$text'", "reason": "the sequencing window ran out"}]}'
test_ok 'an op-node that ends with its sequencing window over is not started again' '
	[ -n "$text" ] && put op-node "$expiring" && opl2 start op-node &&
	until_true 50 lines op-node-pids 1 && : >over &&
	kill -9 $(field op-node .pid) && until_true 50 is op-node .restarts 1 &&
	until_true 50 is op-node .ready true && until_true 50 lines op-node-pids 2 && kill -9 $(field op-node .pid) &&
	until_true 50 is op-node .code "\"E0935\"" && is op-node .restarts 1 &&
	opl2 status op-node | grep "the sequencing window ran out" &&
	lines op-node-pids 2'
test_ok '... and doctor says what it means' '
	! opl2 doctor -json >said; jq -e "[.findings[] | select(.what == \"op-node\") | .code] |
	  contains([\"E1104\", \"E1124\"])" said'
test_ok '... until somebody starts it' '
	rm over && opl2 start op-node && is op-node .ready true'
# --- one that hangs, and says so ---
hanging='{"command": ["/bin/sh", "-c",
  "trap : INT TERM; while :; do test ! -e crash || { rm crash; echo RPC method engine_x crashed: no space; }; sleep 0.05; done"],
  "dir": "'$PWD'", "log": {"path": "'$D'/logs/engine.log"}, "restart": {"min_ms": 10},
  "stop": [{"signal": "INT", "grace": 300000}],
  "hangs": [{"log": "something else", "reason": "no"},
    {"log": "RPC method engine_", "reason": "a call of its engine API crashed"}]}'
again() { # again N: it was started again for the Nth time, and is ready
	until_true 50 is engine .restarts "$1" && until_true 50 is engine .ready true
}
test_ok 'a text in the log says that it hangs: it is killed and started again' '
	put engine "$hanging" && opl2 start engine && : >crash && again 1 &&
	has "$D/logs/supervise.log" "engine: it hangs: a call of its engine API crashed; SIGKILL"'
test_ok '... not for what it wrote before, also by a next supervisor' '
	s=$(opl2 status -json | jq .supervisor.pid) && kill -9 "$s" &&
	until_true 50 is engine .adopted true && : >crash && again 2 &&
	[ "$(grep -c "it hangs" "$D/logs/supervise.log")" = 2 ]'
test_ok '... and while it is being stopped' '
	{ opl2 stop engine & } && until_true 50 is engine .state "\"stopping\"" && : >crash &&
	until_true 50 is engine .state "\"stopped\""'

test_ok 'no trace of a sanitizer' '
	kill $(cat da-pid); opl2 stop -force && sup shutdown "{}" &&
	! grep -E "Sanitizer|runtime error" "$D/logs/supervise.log"'
done_testing
