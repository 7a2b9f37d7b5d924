#!/bin/bash
# A changed process is let through a gate before the next one is changed, and
# goes back to what it was when it does not pass.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-sup.sh"

end_all() {
	opl2 destroy -auto-approve
	opl2 stop -force
	kill "$(cat counter-pid)"
	rm -rf "$T_DIR"
} >/dev/null 2>&1
trap end_all EXIT

# A chain whose head is the length of a file, and its safe head that of another.
cat >counter.py <<'P'
import http.server, json, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        head = {"result": {name: hex(os.path.getsize(file)) for name, file in (("head", "blocks"), ("safe", "batches"))}}
        if os.path.exists("mute"):
            head = {"error": {"code": 1, "message": "not now"}}
        body = json.dumps({"id": 1, **head}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
P
python3 "$HERE/rpc_server.py" --free-port >port
: >blocks
: >batches
python3 counter.py "$(cat port)" >/dev/null 2>&1 &
echo $! >counter-pid
# What drives the node is changed with it, or stays as it is.
POSTER=
spec() { # spec NODE-SCRIPT [FALL-BACK [TIMEOUT [SAME]]]
	cat >opl2.yaml <<YAML
opl2: 1
name: t
resources:
  process:
    node:
      command: [/bin/sh, -c, '$1']
      dir: .
      urls: { rpc: "http://127.0.0.1:$(cat port)" }
      ready:
        - rpc: { url: "\${self.urls.rpc}", method: head }
      gate:
        probes:
          - rpc: { url: "\${self.urls.rpc}", method: head, at: /head, grows: true }
        timeout: ${3:-5m}
        fall_back: ${2:-true}
        driven_by: [poster]
        same: { genesis: "${4:-0x1}" }
    poster:
      command: [/bin/sh, -c, 'exec sleep 1000 # ${POSTER:-$1}']
      after: ["\${process.node.name}"]
      # Whatever is answered will do.
      pause:
        steps: [{ rpc: { url: "http://127.0.0.1:$(cat port)", method: head } }]
        resume: [{ rpc: { url: "http://127.0.0.1:$(cat port)", method: head } }]
YAML
}
good='while sleep 0.1; do printf x >>blocks; done'
command_is() { program "$1" | xargs -I{} cat /proc/{}/cmdline | tr '\0' ' ' | grep -qF -- "$2"; }

test_ok 'a chain runs' 'spec "$good" && opl2 apply -auto-approve'
test_ok 'a change that gets on passes the gate, one after the other' '
	spec "$good; true" && opl2 apply -auto-approve >said && cat said &&
	command_is node "$good; true" &&
	[ "$(grep -E "^process\..*: updated" said | cut -d: -f1 | tr "\n" " ")" = \
	  "process.node process.poster " ] && opl2 plan -detailed-exitcode'
pids() { field node .pid; field poster .pid; }
test_fails 9 'one that does not goes back, and the next is left alone' '
	field poster .pid >before && spec "exec sleep 1000" true 6s && opl2 apply -auto-approve' '
	err_has "E0938" && err_has "is not growing yet" && err_has "E0939" &&
	err_has "runs its previous definition" && command_is node "$good; true" &&
	field node .ready | grep -q true && field poster .pid | cmp - before &&
	[ "$(field node .stale)" = false ]'
test_ok 'the plan shows the change once more' '
	opl2 plan | grep -E "~ +process.node" && spec "$good; true" &&
	opl2 plan -detailed-exitcode'
test_fails 1 'one that ends at once goes back, too' '
	spec "echo no such flag; exit 2" && opl2 apply -auto-approve' '
	err_has "E0904" && err_has "no such flag" && err_has "E0939" && command_is node "$good; true" &&
	field node .ready | grep -q true'
POSTER=stays
test_ok 'what drives it is changed alone' 'spec "$good; true" && opl2 apply -auto-approve'
test_fails 9 'without fall_back it stays with the new' '
	spec "exec sleep 1000" false 6s && opl2 apply -auto-approve' '
	err_has "E0938" && ! grep -q E0939 "$OUT/stderr" &&
	err_has "E1154" && grep -q "it ran ./bin/sh. before" "$OUT/stderr" &&
	command_is node "sleep 1000"'
test_ok '... until somebody goes back' '
	spec "$good; true" false && opl2 apply -auto-approve &&
	command_is node "$good; true"'
test_ok 'who is driven by what does not run is let through, with a warning' '
	opl2 stop poster && spec "exec sleep 1001" false && run 0 opl2 apply -auto-approve &&
	err_has W1153 && grep -q "poster. is not running" "$OUT/stderr" && command_is node "sleep 1001" &&
	opl2 start poster'
test_ok 'so is who is driven by what somebody paused' '
	opl2 batcher pause poster && spec "exec sleep 1001; true" false && run 0 opl2 apply -auto-approve &&
	err_has W1153 && grep -q "poster. is paused" "$OUT/stderr" && opl2 batcher resume poster'
test_ok 'and one that begins another chain: who drives it comes later' '
	spec "exec sleep 1002" false 10m 0x2 && run 0 timeout 120 opl2 apply -auto-approve &&
	command_is node "sleep 1002"'

# --- what stood before, perhaps for what drives it ---
restarted() { [ "$(field poster .pid)" != "$(cat before)" ]; }
test_ok 'one that stood is let through to the change of what drives it' '
	field poster .pid >before && POSTER=one && spec "exec sleep 1006" false 10m 0x2 &&
	run 0 timeout 120 opl2 apply -auto-approve && err_has W1153 &&
	grep -q "no progress before, and .poster." "$OUT/stderr" &&
	command_is node "sleep 1006" && restarted && opl2 plan -detailed-exitcode'
test_fails 9 '... not when that stays' '
	POSTER=one && spec "exec sleep 1007" false 3s 0x2 && opl2 apply -auto-approve' '
	err_has E0938 && command_is node "sleep 1007"'
test_fails 9 '... nor when its change is not of this apply' '
	field poster .pid >before && POSTER=two && spec "exec sleep 1008" false 3s 0x2 &&
	opl2 apply -auto-approve -target=process.node' '
	err_has E0938 && command_is node "sleep 1008" && ! restarted'
test_ok 'one that was mute is let through, too, and one that an apply gave up' '
	touch mute && POSTER=two && spec "rm -f mute; exec sleep 1009" false 10m 0x2 &&
	run 0 timeout 120 opl2 apply -auto-approve && err_has W1153 && restarted'

# --- a probe with drivers of its own ---
batched() { # batched NODE-SCRIPT TIMEOUT
	spec "$1" true "$2" 0x2 && sed -i '/grows: true/{p;s/at: .*/at: \/safe, passes: true, driven_by: [poster] }/}
		/^        driven_by/d' opl2.yaml && [ "$(grep -c driven_by opl2.yaml)" = 1 ]
}
test_ok 'what drives one of two numbers is not running' '
	opl2 stop poster && POSTER=two && batched "$good" 1m && run 0 opl2 apply -auto-approve &&
	err_has W1153 && grep -q "did not check safe of .node.: .poster. is not" "$OUT/stderr" &&
	opl2 start poster'
test_fails 9 '... works: the number has to pass' '
	POSTER=two && batched "$good; : 1" 3s && opl2 apply -auto-approve' '
	err_has E0938 && err_has "must be above" && err_has E0939'
test_ok '... is changed next, and the number stood: it has to come to where it was' '
	head -c 5 /dev/zero >batches && field poster .pid >before && POSTER=three &&
	batched "$good; : 2" 1m && run 0 opl2 apply -auto-approve && restarted &&
	grep -q "W1153.*: checked safe of .node. only up to where it was: there was" "$OUT/stderr"'
test_fails 9 '... which it does not' '
	POSTER=three-and && batched ": >batches; $good; : 2" 3s && opl2 apply -auto-approve' '
	err_has E0938 && err_has "is \"0x0\", must be above \"0x4\"" && err_has E0939'
test_fails 9 '... the other number is checked all the same' '
	field poster .pid >before && POSTER=four && batched "exec sleep 1010" 3s &&
	opl2 apply -auto-approve' 'err_has E0938 && err_has "not growing" && err_has E0939 && ! restarted'
test_ok '... is changed next, and the number moved: it has to pass' '
	(while sleep 0.2; do printf x >>batches; [ ! -e enough ] || exit; done) &
	POSTER=five && batched "$good; : 3" 1m && run 0 opl2 apply -auto-approve; r=$?
	touch enough; wait; [ $r = 0 ] && ! grep -q W1153 "$OUT/stderr"'
POSTER=stays
test_ok 'both go on as before' 'spec "$good" false 10m 0x2 && opl2 apply -auto-approve'

# --- a head that has to pass where it stood ---
# The node sets it back at its start, as one does that derives its chain again.
passing() { # passing NODE-SCRIPT [TIMEOUT]
	spec "$1" false "${2:-5m}" &&
		sed -i '/grows: true/s/grows/passes/' opl2.yaml && grep -q passes opl2.yaml
}
stands_at() { head -c "$1" /dev/zero >blocks; }
size() { stat -c %s blocks; }
anew=': >blocks; while sleep 0.1; do printf x >>blocks; done'
test_ok 'a head that was set back has to pass where it stood' '
	passing "exec sleep 1003" && run 0 opl2 apply -auto-approve && stands_at 30 &&
	passing "$anew" && run 0 opl2 apply -auto-approve && [ "$(size)" -gt 30 ]'
test_fails 9 '... and growing is not enough' '
	stands_at 200000 && passing "$anew; true" 6s && opl2 apply -auto-approve' '
	err_has E0938 && err_has "must be above \"0x30d" && command_is node "$anew; true"'
test_ok 'what answers nothing before is measured by its first answer' '
	stands_at 200000 && touch mute && passing ": >blocks; rm -f mute; $anew" &&
	run 0 opl2 apply -auto-approve && [ ! -e mute ] && [ "$(size)" -lt 200000 ]'
same_program() { passing "$anew" 1m && sed -i 's/^      dir: \.$/&\n      triggers: { flag: "1" }/' opl2.yaml; }
test_ok 'of the same program any answer will do' '
	passing "$anew" && opl2 apply -auto-approve && stands_at 200000 &&
	before=$(field node .pid) && same_program && run 0 opl2 apply -auto-approve &&
	[ "$(field node .pid)" != "$before" ] && [ "$(size)" -lt 200000 ]'
once() { passing "$@" && sed -i 's/^      dir: \.$/&\n      restart: never/' opl2.yaml; }
gave_up() { [ "$(field node .state)" = '"failed"' ]; }
test_ok 'one that ended by itself' '
	once "exec sleep 1004" && stands_at 5 && opl2 apply -auto-approve -replace=process.node &&
	kill -9 "$(field node .pid)" && until_true 100 gave_up'
test_fails 9 '... has to get on, too, when it is mended' '
	once "exec sleep 1005" 2s && opl2 apply -auto-approve' '
	err_has E0938 && command_is node "sleep 1005"'
test_ok '... and does' '
	passing "$anew; true" && run 0 opl2 apply -auto-approve && command_is node "$anew; true"'
test_ok 'no trace of a sanitizer' '
	opl2 stop -force && ! grep -E "Sanitizer|runtime error" "$D/logs/supervise.log"'
done_testing
