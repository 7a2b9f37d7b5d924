#!/bin/bash
# The page of a devnet in a real Chromium: read without JavaScript, live, by the
# keyboard, nothing that axe finds; a batcher that is killed is shown within five
# seconds. Its screenshots are left in build/pictures.
. "$(dirname "$0")/lib.sh"

for need in chromium node npm; do
	command -v $need >/dev/null || { echo "1..0 # SKIP no $need"; exit 0; }
done
D=$WORK/ui
UI=
mkdir -p "$D"
cd "$D" || bail "no $D"
cleanup() {
	[ -z "$UI" ] || kill "$UI" 2>/dev/null
	end_chain "$D"
	[ -n "${OPL2_E2E_DIR:-}" ] || rm -rf "$WORK"
}
trap cleanup EXIT
cat >opl2.yaml <<'Y'
opl2: 1
name: devnet
use: devnet
with: { l1_block_time: 1s, submission_interval: 5, ui: true }
port_offset: 1350
Y
mkdir -p "$WORK/axe"
(cd "$WORK/axe" && npm install --silent --no-audit --no-fund --ignore-scripts \
	axe-core@4.14.1) >"$WORK/npm.txt" 2>&1 &
NPM=$!

ok 'apply brings the devnet up' opl2 apply -auto-approve || done_testing
wait "$NPM"
opl2 ui -addr=127.0.0.1:0 >tell 2>ui.log &
UI=$!
ok 'the page is served' wait_for 20 grep -q ^http tell || done_testing
URL=$(cat tell)
browser() { timeout 300 node "$ROOT/tests/browser/ui.mjs" "$1" "$URL" "${@:2}"; }
recorded() { curl -s "${URL}history" | jq -e '.at | length >= 2'; }
well() { opl2 status; }
wait_for 120 well
wait_for 90 recorded # two of them make a line
ok 'without JavaScript it is tables' browser plain
ok 'with it, live, with lines, and from nowhere else' browser live
ok 'by the keyboard' browser keys
ok 'one walks in the graph' browser graph
PICTURES=$ROOT/build/pictures
mkdir -p "$PICTURES"
changed() { # with something to do
	cp opl2.yaml kept.yaml
	cat >>opl2.yaml <<-'Y'
	resources: { process: { op-batcher: { args: { max-channel-duration: 3 } } } }
	Y
	browser plan process.op-batcher args/max-channel-duration "$PICTURES/ui-plan.png"
	local rc=$?
	mv kept.yaml opl2.yaml
	return $rc
}
ok 'what an apply would do is in the graph' changed
axe() {
	local file=$WORK/axe/node_modules/axe-core/axe.min.js
	[ -f "$file" ] || { cat "$WORK/npm.txt"; return 1; }
	browser axe "$file"
}
ok 'axe finds nothing' axe

pid() { # of the batcher, when it runs
	opl2 status -json op-batcher | jq -e '.processes[0].pid // empty'
}
# The process has the file of the history, and the command reads what it writes.
process() {
	local url
	url=$(opl2 status -json ui | jq -er \
		'.processes[0].ports[0] | "http://127.0.0.1:\(.port)/"') &&
		curl -sf "$url" | grep -q 'op-batcher' &&
		curl -sf "${url}history" | jq -e '.at | length >= 2'
}
ok 'as a process of the chain it is the same' process
# It is killed as often as the supervisor starts it.
hold() {
	while :; do
		p=$(pid) && kill -9 "$p" && date >>killed
	done
}
export -f pid hold
ok 'a batcher that is killed is shown within five seconds' \
	browser killed hold op-batcher "$PICTURES/ui-killed.png"
ok 'and it was killed, with SIGKILL' test -s killed
ok 'axe finds nothing in findings either' axe
ok 'when it is back, the page says so' wait_for 120 well
picture() { # picture NAME WIDTH HEIGHT SCHEME
	browser picture "$PICTURES/$1.png" "$2" "$3" "$4" && [ -s "$PICTURES/$1.png" ]
}
ok 'pictures: light' picture ui-light 1400 900 light
ok 'pictures: dark' picture ui-dark 1400 900 dark
ok 'pictures: narrow' picture ui-narrow 400 800 dark
PORT=${URL##*:} PORT=${PORT%/}
export OPL2_PID=$UI OPL2_PORT=$PORT
ok 'without its server it says that it is old, and comes back' browser lost \
	'kill $OPL2_PID; tail --pid=$OPL2_PID -f /dev/null' \
	'opl2 ui -addr=127.0.0.1:$OPL2_PORT >again 2>&1 & echo $! >again.pid'
UI=$(cat again.pid)
done_testing
