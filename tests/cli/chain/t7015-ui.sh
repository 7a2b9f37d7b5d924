#!/usr/bin/env bash
# opl2 ui: the page as somebody without JavaScript reads it, who may read it,
# its events and its history. tests/e2e/t13-ui.sh has it in a browser.
. "$(dirname "$0")/../lib.sh"

command -v python3 jq curl >/dev/null || skip_all 'no python3, jq or curl'
D=$PWD/.opl2
UI=
L1=
export OPL2_LIBEXEC=$BIN
sup() { python3 "$ROOT/tests/cli/supctl.py" "$D" "$@"; }
end_all() {
	[ -z "$UI" ] || kill "$UI"
	[ -z "$L1" ] || kill "$L1"
	opl2 stop -force
	sup shutdown '{}'
	rm -rf "$T_DIR"
} >/dev/null 2>&1
trap end_all EXIT
quit() { [ -z "$UI" ] || { kill "$UI" && wait "$UI"; }; }
ui() { # ui OPTION...: at $URL
	quit
	: >tell
	opl2 ui "$@" >tell 2>log &
	UI=$!
	until_true 100 grep -q ^http tell
	URL=$(sed -n 's,^\(http.*\)/$,\1,p' tell)
}
get() { # get STATUS PATH [CURL-OPTION...]: the body is in body, the head in head
	local got
	rm -f body
	got=$(curl -s -m 120 -o body -D head -w '%{http_code}' "${@:3}" "$URL$2")
	[ "$got" = "$1" ] || { echo "status $got"; cat body log; return 1; }
}
on_page() { get 200 / && grep -qF "$1" body; }
shows() { # shows TEXT...: the page does, soon
	local t
	for t in "$@"; do
		until_true 200 on_page "$t" || { echo "no $t"; cat body log; return 1; }
	done
}

# --- who may read it --------------------------------------------------------------
test_fails 1 'no chain: an error' 'timeout 120 opl2 ui' 'err_has E0924'
mkdir "$D"
opl2-supervise --dir="$D"
sup put "{\"name\": \"other\", \"def\": {\"command\": [\"/bin/sleep\", \"1000\"],
	\"log\": {\"path\": \"$D/logs/other.log\"}}}" >/dev/null
sup put '{"name": "replica/node", "def": {"command": ["/bin/sleep", "1000"]}}' >/dev/null
opl2 start other >/dev/null 2>&1
test_fails 3 'others could reach it: a token is needed' 'timeout 120 opl2 ui -addr=0.0.0.0:0' \
	'err_has E1400 && err_has -token-file'
test_fails 3 '... also by the program itself' \
	'timeout 120 opl2-ui --listen 0.0.0.0:0; rc=$?; [ $rc = 1 ] && exit 3' 'err_has E1400'
test_fails 1 'an address that is none' 'timeout 120 opl2 ui -addr=localhost' 'err_has E1401'
test_fails 3 'one that is not of this machine' 'timeout 120 opl2 ui -addr=127.0.0.1.2:0' \
	err_has\ E1400
(umask 077; echo short >short; echo 0123456789abcdef0123 >token)
cp token open && chmod 644 open
test_fails 10 'a token that others may read' 'timeout 120 opl2 ui -token-file=open' 'err_has E0922'
test_fails 3 'a token that is not there' 'timeout 120 opl2 ui -token-file=none' 'err_has E1402'
test_fails 1 'a token that can be guessed' 'timeout 120 opl2 ui -token-file=short -addr=127.0.0.1:0' \
	'err_has E1402'

ui -addr=127.0.0.1:0
test_ok 'at 127.0.0.1 it needs none' 'get 200 / && has head "text/html"'
test_ok 'a name that means this machine by somebody else'"'"'s word is refused' '
	get 403 / -H "Host: evil.example:${URL##*:}" && lacks body "<html" &&
	get 403 /events -H "Host: 127.0.0.1.evil.example" &&
	get 403 / -H "Host:"'
test_ok 'an end of a tunnel is not' '
	get 200 / -H "Host: localhost:9000" && get 200 / -H "Host: 127.0.0.1:9"'
test_ok 'it is read, and nothing else' '
	get 405 / -d x=1 && get 405 / -X DELETE && get 405 /events -X PUT &&
	get 404 /../etc/passwd --path-as-is && get 404 /status && get 200 / -I'
test_ok 'nothing from elsewhere, nothing inline but its style, no frame' '
	get 200 / && has head "default-src '"'none'"'" && has head "script-src '"'self'"';" &&
	has head "X-Frame-Options: DENY" && has head nosniff && lacks head unsafe &&
	lacks body "style=" && lacks body "onclick" && ! grep -E "(src|href)=\"(http|//)" body'
test_ok 'all of it has less than 150 kB' '
	n=0; for f in / /page.js /icon.svg; do
		get 200 $f && n=$((n + $(wc -c <body))); done
	echo $n; [ $n -gt 10000 ] && [ $n -lt 150000 ]'
test_ok 'its files are not sent twice' '
	get 200 /page.js && etag=$(sed -n "s/^ETag: \(.*\)\r/\1/p" head) &&
	get 304 /page.js -H "If-None-Match: $etag" && [ ! -e body ]'

# --- what it shows ------------------------------------------------------------------
test_ok 'processes in a table' '
	shows "<th scope=\"row\">other</th><td class=\"n l\"><span class=\"sign ok\">ready</span>" \
		"<th scope=\"row\">replica/node</th><td class=\"n l\"><span class=\"sign off\">stopped" \
		"Nothing is wrong"'
test_ok '... and as JSON, as the command prints it' '
	get 200 /status.json && jq -e ".processes | length == 2" body &&
	run 0 opl2 ui -json && jq -e ".name and .at and .keeper and .findings == [] and
		(.processes | map(.name) == [\"other\", \"replica/node\"])" "$OUT/stdout"'
events() { # events FILTER: true of the page of an event, in time
	timeout 120 curl -sN "$URL/events" | sed -un 's/^data: //p' |
		timeout 120 jq -ne --unbuffered "first(inputs | select(type == \"object\" and ($1)))"
}
test_ok 'listeners get it at once' 'events ".tables | contains(\"replica/node\")" >event &&
	jq -e ".verdict == \"ok\" and .now > 0" event'
other() { # other PROGRAM...: what that process is from its next start on
	sup put "$(jq -cn '{ name: "other", def: { command: $ARGS.positional } }' --args "$@")"
}
told() { grep -q '"verdict": *"error"' stream; }
# It ends, and who listens hears of it: in so many ms. The page shows it before.
heard() {
	local p s at listener
	other /bin/sleep 1000 && opl2 start other && shows 'class="verdict ok"' || return
	curl -sN -m 300 "$URL/events" >stream &
	listener=$!
	until_true 100 grep -q '^data: {' stream && other /bin/false &&
		p=$(opl2 status -json other | jq .processes[0].pid) && s=$(date +%s%3N) && kill -9 "$p" &&
		until_true 100 told && at=$(date +%s%3N)
	kill $listener
	[ -n "$at" ] && echo $((at - s)) >ms
}
# A machine that is busy may be late for once.
test_ok 'and what changes within five seconds' '
	for _ in 1 2 3 4 5; do heard || return; cat ms; [ "$(cat ms)" -ge 5000 ] || break; done
	[ "$(cat ms)" -lt 5000 ] && sed -n "s/^data: //p" stream | grep "\"verdict\": *\"error\"" | head -n 1 |
		jq -r .top | grep "not ready"'
test_ok 'the page says why' 'shows "class=\"verdict error\"" "<b>other</b>"'
test_ok 'listeners hear that it lives' '
	timeout 120 curl -sN "$URL/events" | grep -m1 "^event: beat"'

test_ok 'the graph of a spec that is not there' 'get 503 /graph.svg && has body error'
test_ok 'and of one that is' '
	printf "opl2: 1\nname: t\nresources:\n  \"null\": { a: {}, b: { depends_on: [null.a] } }\n" >opl2.yaml &&
	get 200 /graph.svg && has head "image/svg+xml" && has body "data-needs=\"null.a\"" &&
	lacks head script-src'
test_ok 'what an apply would do' '
	get 200 /plan && has head "text/html" && has body "Plan: 2 to add" &&
	has body "<tr data-addr=\"null.b\" data-action=\"create\"" && ! opl2 state list | grep null'
test_ok '... is not for pages from elsewhere' '
	get 403 /plan -H "Sec-Fetch-Site: cross-site" && get 403 /graph.svg -H "Sec-Fetch-Site: same-site" &&
	get 200 /plan -H "Sec-Fetch-Site: same-origin" && get 403 /plan -H "Host: evil.example"'
test_ok 'and so is what is wrong with the spec' '
	echo "resources: 1" >opl2.yaml && get 200 /plan && has body "There is no plan" && has body E0 && rm opl2.yaml'
# An L1 that says nothing yet: one plan waits for it, and nobody else does. That
# a spec is not there yet would hold up the looks at the chain, too.
python3 "$ROOT/tests/cli/rpc_server.py" --free-port >port
echo '{"eth_chainId": "0x1", "web3_clientVersion": "Fake/v1", "eth_getBlockByNumber":
	{"number": "0x10", "timestamp": "0x1", "hash": "0x11"}}' >answers
python3 "$ROOT/tests/cli/rpc_server.py" port calls answers &
L1=$!
listens "$(cat port)" $L1
held() { # held: a spec whose plan waits until answers.held is gone
	: >answers.held
	spec <<-Y
	resources: { endpoint: { l1: { rpc: "http://127.0.0.1:$(cat port)" } }, "null": { a: {} } }
	Y
}
asked() { pgrep -cfx "opl2 plan -json" -P "$UI"; }
asks() { [ "$(asked)" != 0 ]; }
asks_nobody() { ! asks; }
together() {
	local i p=
	held
	for i in 1 2 3; do
		curl -sv -m 120 "$URL/plan" >plan.$i 2>sent.$i &
		p="$p $!"
	done
	for i in 1 2 3; do until_true 100 grep -q "^> GET" sent.$i || return; done
	until_true 100 asks
	curl -s -m 1 "$URL/plan"
	get 200 / && get 200 /status.json && [ "$(asked)" = 1 ] || return 1
	rm answers.held
	# shellcheck disable=SC2086
	wait $p
	for i in 1 2 3; do has plan.$i "Plan: 1 to add" || return 1; done
	until_true 50 asks_nobody && get 200 /
}
test_ok 'a plan that takes long is one for all, and holds up nobody' together
held
(curl -s -m 120 "$URL/plan" >plan.4 &)
until_true 100 asks
quit
rc=$?
test_ok 'nor the end' '[ $rc = 0 ] && [ ! -s log ]'
UI=
rm -f opl2.yaml answers.held
ui -addr=127.0.0.1:0

# --- the history --------------------------------------------------------------------
recorded() { get 200 /history && jq -e ".at | length > 0" body; }
test_ok 'of each half minute there is a record' '
	until_true 100 recorded && jq -e ".step == 30 and .processes[0] == 2 and .l1[0] == null" body'
test_ok '... in a file of fixed size, which others may not read' '
	[ "$(stat -c "%s %a" .opl2/ui.ring)" = "944664 600" ]'
test_ok 'since when may be said' '
	get 200 /history?since=99999999999 && jq -e ".at == []" body &&
	get 400 /history?since=x'
quit
rc=$?
test_ok 'it ends when it is told to, and leaves nothing behind' '
	[ $rc = 0 ] && [ ! -s log ]'
UI=
python3 "$ROOT/tests/fake/ui_day.py" .opl2/ui.ring
# The first of them are more than a day ago when it takes long to start.
ui -addr=127.0.0.1:0
test_ok 'a day is there again after a restart' 'get 200 /history &&
	jq -e "(.at | length) >= 2860 and (.accounts | length == 2) and
		(.window | min) < 50 and (.at == (.at | sort))" body'
printf torn | dd of=.opl2/ui.ring bs=1 seek=$((24 + 328 * 100 + 50)) conv=notrunc 2>/dev/null
test_ok 'a torn record is left out' 'n=$(jq ".at | length" body) && get 200 /history &&
	[ "$(jq ".at | length" body)" -le $n ] && [ "$(jq ".at | length" body)" -gt $((n - 3)) ]'

# --- with a token -------------------------------------------------------------------
ui -addr=0.0.0.0:0 -token-file=token
URL=http://127.0.0.1:${URL##*:}
T=0123456789abcdef0123
test_ok 'without the token it asks for it' '
	get 401 / && has head "WWW-Authenticate: Basic" && lacks body "<html" &&
	get 401 /events && get 401 /page.js && get 401 / -d x=1'
test_ok 'with another one too' '
	get 401 / -u ":${T}x" && get 401 / -u "$T:" && get 401 / -u : &&
	get 401 / -H "Authorization: Bearer ${T%3}" && get 401 / -H "Authorization: $T" &&
	get 401 / -H "Authorization: Basic ===" && get 401 / -H "Authorization: Basic"'
test_ok 'with the token it is read, by any name' '
	get 200 / -u "any:$T" && get 200 / -H "Authorization: Bearer $T" &&
	get 200 / -u "any:$T" -H "Host: chain.example"'
quit
UI=

# --- in the presets -----------------------------------------------------------------
test_ok 'a devnet has it for the asking' '
	fresh devnet && opl2 init devnet >/dev/null &&
	run 0 opl2 plan -refresh=false && ! grep -q process.ui "$OUT/stdout" &&
	printf "opl2: 1\nname: t\nuse: devnet\nwith: { ui: true }\n" >opl2.yaml &&
	run 0 opl2 plan -refresh=false -full && out_has process.ui &&
	out_has "args.listen: 127.0.0.1:7320"'
done_testing
