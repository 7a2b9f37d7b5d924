#!/bin/bash
# opl2-supervise --pod: the supervisor as the first process of a container.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-sup.sh"

P=$PWD/defs
LISTEN=$(python3 "$HERE/rpc_server.py" --free-port)
url=http://127.0.0.1:$LISTEN
end_pod() {
	pkill -KILL -f "$T_DIR/" 2>/dev/null
	rm -rf "$T_DIR"
}
trap end_pod EXIT

define() { # define NAME JSON: with a log of its own
	mkdir -p "$P"
	jq -n "$2 + { log: { path: \"$D/logs/$1.log\" } }" >"$P/$1.json"
}
pod() { # pod PREFIX...: starts it; its exit status will be in status
	rm -f status
	(setsid "$@" opl2-supervise --pod="$P" --dir="$D" --listen="$LISTEN" --token="$D/token" >out 2>err
		echo $? >status) &
	until_true 100 pgrep -f "^opl2-supervise --pod=$P" >/dev/null
}
ends() { # ends STATUS: when it is told to
	kill -TERM "$(pgrep -of "^opl2-supervise --pod=$P")" && until_true 150 test -s status && [ "$(cat status)" = "$1" ]
}
ready() { [ "$(curl -s -o body -w '%{http_code}' "$url/ready${2:+/$2}")" = "$1" ]; }
call() { # call STATUS JSON: the reply is in reply
	[ "$(curl -s -m 120 -o reply -w '%{http_code}' -H "x-opl2-token: $(cat "$D/token")" -d "$2" "$url/call")" = "$1" ] && [ -s reply ]
}
says() { grep -qF -- "$1" "${2:-out}"; }
sup() { echo "no supervisor of a chain is asked here" >&2; }

# It serves as soon as nothing holds it.
node='{ command: ["/bin/sh", "-c", "while [ -e '$D'/held ]; do sleep 0.1; done; exec python3 '$HERE'/rpc_server.py '$D'/port '$D'/calls"] }'
python3 "$HERE/rpc_server.py" --free-port >"$D/port"
rpc=$(cat "$D/port")
# To inet_pton(3) this is no address, but a name.
named=http://127.1:$rpc/
key=$D/key
(umask 077; echo 5ecre7 >"$key"; printf 70ce2 >"$D/token")

test_ok 'all start, in their order, by names of hosts' '
	define node "$node + { ready: [{ rpc: { url: \"$named\", method: \"eth_blockNumber\" } }],
		stop_order: 90 }" &&
	define batcher "{ command: [\"/bin/sh\", \"-c\", \"echo I am here; echo \$KEY >$D/key.seen; exec sleep 1000\"],
		env: { KEY: { \"\$secret\": [{ file: \"$key\" }] } }, stop_order: 10, depends: [\"node\"],
		start_when: [{ tcp: { host: \"127.1\", port: $rpc } }],
		stop: [{ rpc: { url: \"$named\", method: \"admin_stop\", timeout: 60000 } }, { signal: \"INT\", grace: 60000 }] }" &&
	pod && until_true 150 ready 200 && [ "$(cat body)" = ready ] && until_true 50 says "batcher: I am here" &&
	until_true 50 test -s "$D/key.seen" && [ "$(cat "$D/key.seen")" = 5ecre7 ]'
test_ok 'their states are told, and no secret' '
	curl -s "$url/status" >status.json && jq -e "[.processes[] | .name + \" \" + .state] == [\"batcher ready\", \"node ready\"]" status.json &&
	! grep -r 5ecre7 status.json out err "$D/run" && ready 200 &&
	[ "$(curl -s -o /dev/null -w "%{http_code}" "$url/key")" = 404 ]'
test_ok 'they are metrics, too' '
	curl -s "$url/metrics" >metrics && grep -qx "opl2_process_up{process=\"node\"} 1" metrics &&
	grep -qx "opl2_supervisor_up 1" metrics && grep -q "^opl2_supervisor_resident_memory_bytes [1-9]" metrics &&
	{ ! command -v promtool >/dev/null || promtool check metrics <metrics; }'
test_ok 'many who ask, and one who does not go on' '
	exec 9<>"/dev/tcp/127.0.0.1/$LISTEN" && printf "GET /rea" >&9 &&
	for _ in $(seq 60); do ready 200 || return; done; exec 9>&-'
test_ok 'one that is killed is started again, and meanwhile it is not ready' '
	pid=$(jq -r ".processes[] | select(.name == \"node\") | .pid" status.json) && : >"$D/held" && kill -KILL "$pid" &&
	until_true 100 ready 503 && says "node: " body && rm "$D/held" && until_true 200 ready 200'
test_ok 'TERM stops them by their steps, and it exits with status 0' '
	: >"$D/calls" && ends 0 && says admin_stop "$D/calls" && ! pgrep -f "$D/port" && says "stopping all" err &&
	[ "$(grep -c "I am here" out)" = 1 ]'
test_ok 'a next container of the pod goes on, without what is defined no more' '
	rm "$P/batcher.json" && cp "$D/logs/batcher.log" "$D/logs/node.log" && pod && until_true 150 ready 200 && ! says "I am here" && curl -s "$url/status" |
	jq -e "[.processes[].name] == [\"node\"]" && ends 0'

# Each part is written at once, and cut before the next one: what a process
# writes between the copy and the cut is lost.
for n in 0 1 2 3; do seq -f "line %g of many" $((n * 5000 + 1)) $((n * 5000 + 5000)) >"$T_DIR/part$n"; done
test_ok 'all lines come, also when logs are cut' '
	rm "$P"/* && define many "{ command: [\"/bin/sh\", \"-c\",
		\"for n in 0 1 2 3; do cat $T_DIR/part\$n; while [ -s $D/logs/many.log ]; do sleep 0.1; done; done; exec sleep 1000\"] }" &&
	jq ".log.max_bytes = 65536 | .log.keep = 0" "$P/many.json" >m && mv m "$P/many.json" && pod &&
	until_true 150 says "line 20000 of many" && [ "$(sort -u out | wc -l)" = 20000 ] && [ "$(wc -l <out)" = 20000 ] && ends 0'
orphan() { pgrep -P "$first" -fx "sleep 1234"; }
test_ok 'as pid 1 it leaves no zombies' '
	rm "$P"/* && define parent "{ command: [\"/bin/sh\", \"-c\", \"(setsid sleep 1234 &); exec sleep 1000\"] }" &&
	pod unshare --pid --fork --kill-child --mount-proc && until_true 150 ready 200 &&
	first=$(pgrep -of "^opl2-supervise --pod=$P") && until_true 100 orphan && pid=$(orphan) &&
	kill -KILL "$pid" && until_true 100 test ! -e "/proc/$pid"; rc=$?; ends 0 && [ $rc = 0 ]'
# A database that a program makes: it says so, and makes one that is whole only
# after a while, or when nobody said that it must fail.
db=$T_DIR/data/db
mkdir -p "$T_DIR/data"
cat >geth <<'EOF'
#!/bin/sh
# geth FOLDER GENESIS: makes the database once
echo "making it of $(cat "$2")"
mkdir "$1/geth" && echo half >"$1/geth/half" || exit 3
[ ! -e "$1/../slow" ] || { echo "slowly"; exec sleep 1000; }
[ ! -e "$1/../bad" ] || { echo "no room for it"; exit 9; }
mv "$1/geth/half" "$1/geth/whole" && echo "made it"
EOF
chmod +x geth
echo '{"genesis":1}' | gzip >genesis.json.gz
prepared() { # prepared JSON: a node that needs a database
	rm -rf "$P" "$D/run" "$D/logs" && define node "{ command: [\"/bin/sh\", \"-c\", \"cat $db/geth/whole && echo runs; exec sleep 1000\"],
		prepare: [{ unless: \"$db/MADE\", command: [\"$PWD/geth\", \"$db\", \"$T_DIR/genesis.json\"],
			unpack: { \"$PWD/genesis.json.gz\": \"$T_DIR/genesis.json\" }, clean: [\"geth\"] }],
		restart: { min_ms: 100, max_ms: 100 } } + ${1:-{\}}"
}
attempts() { grep -c 'making it' out; }
# The only child of the pod that prepares: other tests have some, too.
maker() { pgrep -P "$(pgrep -of "^opl2-supervise --pod=$P")" -f "^opl2-supervise --prepare"; }
ready_says() { ready 503 && says "$1" body; }
maker_gone() { # the maker's sleep has its log open
	! fuser -s "$D/logs/node.log"
}
test_ok 'a database is made before the first start' '
	prepared && pod && until_true 150 ready 200 && until_true 50 says "making it of {\"genesis\":1}" && until_true 50 says "made it" &&
	until_true 50 says runs && [ -e "$db/MADE" ] && [ ! -e "$T_DIR/genesis.json" ] && ends 0'
test_ok 'and never again' 'pod && until_true 150 ready 200 && ends 0 && ! says "to be prepared" err'
test_ok 'one that cannot be made is told, with the log, and made anew' '
	rm -rf "$db" && touch "$T_DIR/data/bad" && prepared "{ restart: { min_ms: 4000 } }" && pod &&
	until_true 150 ready 503 && until_true 50 ready_says "exited with status 9" && curl -s "$url/status" >status.json &&
	jq -e ".processes[0] | .state == \"backoff\" and (.last_exit.tail | test(\"no room for it\"))" status.json &&
	rm "$T_DIR/data/bad" && until_true 150 ready 200 && [ "$(attempts)" -ge 2 ] && [ "$(ls "$db/geth")" = whole ] && ends 0'
test_ok 'meanwhile the supervisor answers, and ends when it is told to' '
	rm -rf "$db" && touch "$T_DIR/data/slow" && prepared && pod && until_true 100 says slowly &&
	ready_says "its data to be prepared" && ends 0 && until_true 50 maker_gone && [ ! -e "$db/MADE" ]'
test_ok 'one that was half made when all was killed does not count' '
	pod && until_true 100 says slowly && kill -KILL "$(pgrep -of "^opl2-supervise --pod=$P")" &&
	until_true 50 test -s status && until_true 50 maker_gone && rm "$T_DIR/data/slow" && pod && until_true 150 ready 200 &&
	[ "$(ls "$db/geth")" = whole ] && ends 0'
test_ok 'nor one whose maker was killed' '
	rm -rf "$db" && touch "$T_DIR/data/slow" && prepared && pod && until_true 100 says slowly &&
	rm "$T_DIR/data/slow" && kill -KILL "$(maker)" &&
	until_true 150 ready 200 && [ "$(attempts)" = 2 ] && [ "$(ls "$db/geth")" = whole ] && ends 0'
test_ok 'a database of somebody else is left alone' '
	rm "$db/MADE" && prepared && pod && until_true 50 ready_says "was not made for this" && until_true 100 ready_says failed &&
	[ "$(ls "$db/geth")" = whole ]'
test_ok '... and when it is gone a restart makes one' '
	echo mine >"$db/geth/mine" && mv "$db/geth" "$db/moved" && call 200 "{\"op\": \"restart\"}" && until_true 150 ready 200 &&
	[ "$(ls "$db/geth")" = whole ] && [ -e "$db/moved/mine" ] && ends 0'
test_ok 'a genesis that came in half is told' '
	rm -rf "$db" && head -c 20 genesis.json.gz >cut && mv cut genesis.json.gz && prepared && pod &&
	until_true 50 ready_says "is not a whole gzip file" && [ ! -e "$T_DIR/genesis.json" ] && ends 0'
# What a pod may be asked: the batcher can be paused, and goes on as long as its
# number grows.
refuses() { call "$1" "$3" && jq -e --arg code "$2" '.ok == false and .diags[0].code == $code' reply; }
answers() { echo "$1" >answers.new && mv answers.new "$D/answers"; }
pid_of() { curl -s "$url/status" | jq ".processes[] | select(.name == \"$1\") | .pid"; }
is_paused() { call 200 '{"op":"status","names":["l2/batcher"]}' && jq -e ".procs[0].pause.on == $1" reply; }
batcher=$(jq -n --arg url "$named" --arg home "$HERE" --arg d "$D" '
	def calls(method): [{ rpc: { url: $url, method: method, timeout: 60000 } }];
	{ command: ["/usr/bin/env", "python3", "\($home)/rpc_server.py", "\($d)/port", "\($d)/calls", "\($d)/answers"],
	  pause: { steps: calls("admin_pause"), resume: calls("admin_resume"), args: ["--paused"] },
	  gate: { probes: [{ rpc: { url: $url, method: "eth_blockNumber", grows: true } }] },
	  ready: [{ rpc: { url: $url, method: "eth_blockNumber" } }],
	  stop: [calls("admin_stop")[0], { signal: "TERM", grace: 60000 }] }')
deaf='{ command: ["/bin/sh", "-c", "trap : TERM; while [ ! -e '$D'/end ]; do sleep 0.1; done"], stop: [{ signal: "TERM", grace: 200 }] }'
test_ok 'one of several is asked for by name' '
	rm -rf "$P" "$D/run" "$D/logs" && answers "{\"eth_blockNumber\": 1, \"admin_pause\": true, \"admin_resume\": true}" &&
	define l2+batcher "$batcher" && define deaf "$deaf" && pod && until_true 150 ready 200 l2/batcher && until_true 100 ready 200 deaf && ready 404 l2 &&
	call 200 "{\"op\": \"status\"}" && jq -e ".ok and [.procs[].name] == [\"deaf\", \"l2/batcher\"]" reply'
denied() { # denied HEADER
	[ "$(curl -s -o /dev/null -w "%{http_code}" -H "$1" -d "{\"op\": \"status\"}${2:-}" "$url/call")" = 401 ]
}
test_ok 'without the token no call is taken' '
	for field in "A: b" "X-Opl2-Token:" "X-Opl2-Token: 70ce" "X-Opl2-Token: 70ce20" "X-Opl2-Token: 0" "Not-X-Opl2-Token: 70ce2"; do
		denied "$field" || return; done
	denied "A: b" "$(printf "\r\nX-Opl2-Token: 70ce2\r\n")" && ready 200 deaf && curl -sf "$url/status"'
test_ok 'one that was made anew holds, and none takes no call' '
	printf 70ce3 >"$D/token" && denied "X-Opl2-Token: 70ce2" && call 200 "{\"op\": \"status\"}" && : >"$D/token" &&
	denied "X-Opl2-Token:" && rm "$D/token" && denied "X-Opl2-Token:" && printf 70ce2 >"$D/token" && call 200 "{\"op\": \"status\"}"'
test_ok 'it is paused, and answers when it is so' '
	: >"$D/calls" && call 200 "{\"op\": \"pause\", \"names\": [\"l2/batcher\"], \"on\": true, \"timeout_ms\": 60000}" &&
	says admin_pause "$D/calls" && is_paused true && call 200 "{\"op\": \"pause\", \"names\": [\"l2/batcher\"], \"on\": false}" && is_paused false'
test_ok 'what is not so in time is 504, what cannot be is 409' '
	answers "{\"eth_blockNumber\": 1}" && refuses 504 E0937 "{\"op\": \"pause\", \"names\": [\"l2/batcher\"], \"timeout_ms\": 700}" &&
	call 200 "{\"op\": \"pause\", \"names\": [\"l2/batcher\"], \"on\": false}" &&
	refuses 409 E0936 "{\"op\": \"pause\", \"names\": [\"deaf\"]}" && refuses 409 E0911 "{\"op\": \"pause\", \"names\": [\"none\"]}"'
test_ok 'a gate is waited for' '
	gate="{\"op\": \"wait_gate\", \"names\": [\"l2/batcher\"], \"above\": [1], \"timeout_ms\": 60000}" &&
	refuses 504 E0938 "$(jq ".timeout_ms = 700" <<<"$gate")" && { call 200 "$gate" & waits=$!; } && ready 200 &&
	answers "{\"eth_blockNumber\": 2}" && wait $waits && jq -e .ok reply'
test_ok 'one is restarted by its stop steps, and the other is not' '
	: >"$D/calls" && pid=$(pid_of l2/batcher) && other=$(pid_of deaf) && call 200 "{\"op\": \"restart\", \"names\": [\"l2/batcher\"]}" &&
	until_true 100 ready 200 && says admin_stop "$D/calls" && [ "$(pid_of l2/batcher)" != "$pid" ] && [ "$(pid_of deaf)" = "$other" ]'
test_ok 'none is killed, whoever asks for it' '
	pid=$(pid_of deaf) && refuses 504 E0907 "{\"op\": \"restart\", \"names\": [\"deaf\"], \"force\": true, \"timeout_ms\": 60000}" &&
	[ "$(pid_of deaf)" = "$pid" ] && kill -KILL "$pid" && until_true 100 ready 200'
test_ok 'it takes no other requests' '
	for op in put stop start hold secrets remove suspend upgrade shutdown hello none; do
		refuses 409 E0908 "{\"op\": \"$op\", \"version\": 1, \"names\": [\"deaf\"]}" && ready 200 || return; done'
test_ok 'nor what is no request' '
	refuses 409 E0908 "{}" && refuses 409 E0908 "[]" && refuses 409 E0908 "{\"op\": 1}" && call 409 "{\"op\": \"status\"" &&
	[ "$(curl -s -o /dev/null -w "%{http_code}" "$url/call")" = 404 ] && head -c 70000 /dev/zero | tr "\0" x >big &&
	[ "$(curl -s -o /dev/null -w "%{http_code}" --data-binary @big "$url/call")" = 413 ] && ready 200'
test_ok 'those who wait keep nobody out, and give up when they like' '
	gate="{\"op\": \"wait_gate\", \"names\": [\"l2/batcher\"], \"above\": [9]}" && waits= && for _ in $(seq 20); do
		curl -s -o /dev/null -w "%{http_code}\n" -m 300 -H "X-Opl2-Token: 70ce2" -d "$gate" "$url/call" >>waited & waits="$waits $!"; done &&
	until_true 50 says 503 waited && ready 200; rc=$?; kill $waits; wait $waits; until_true 50 call 200 "{\"op\": \"status\"}" && [ $rc = 0 ] && touch "$D/end" && ends 0'
paused() { tr "\0" " " <"/proc/$(pid_of l2/batcher)/cmdline" | grep -q -- --paused; }
test_ok 'a pause outlives the pod, by OPL2_PAUSED' '
	rm -rf "$D/run" "$P/deaf.json" && export OPL2_PAUSED=l2/batch,l2/batcher && pod && until_true 150 ready 200 && is_paused true && paused && ends 0'
test_ok '... and ends with it' '
	export OPL2_PAUSED= && pod && until_true 150 ready 200 && is_paused false && ! paused && ends 0; unset OPL2_PAUSED'
group='a Secret of a group of the pod'
if [ "$(id -u)" != 0 ] || ! command -v setpriv >/dev/null; then
	skip "$group: needs root and setpriv" 2
else
	as() { # as GROUPS: a user that is not root
		chmod -R a+rwX "$T_DIR" && rm -rf "$D/run" "$D/logs" && chown root:4242 "$key" && chmod "$2" "$key" &&
			pod setpriv --reuid 65532 --regid 65532 --groups "$1"
	}
	rm -f "$P"/*
	define reads "{ command: [\"/bin/sh\", \"-c\", \"echo \$KEY >$D/key.seen; exec sleep 1000\"],
		env: { KEY: { \"\$secret\": [{ file: \"$key\" }] } } }"
	test_ok "$group" 'rm -f "$D/key.seen"; as 4242 0440 && until_true 150 ready 200 && until_true 50 test -s "$D/key.seen" && [ "$(cat "$D/key.seen")" = 5ecre7 ] && ends 0'
	test_ok 'others may not read it' 'as 4242 0444 && until_true 150 ready_says "other users can read" && ends 0'
	chmod 600 "$key"
fi

refused() { # refused TEXT ARGUMENTS...
	run 1 opl2-supervise --dir="$D" "${@:2}" && err_has "$1"
}
test_ok 'a definition that is none' 'rm -rf "$D/run" "$P"/*; echo "{}" >"$P/x.json"; refused "command" --pod="$P"'
test_ok 'no definitions' 'rm -f "$P"/*; refused "no definition" --pod="$P" && refused "cannot read" --pod="$P/none"'
test_ok 'a port that is taken' '
	define x "{ command: [\"/bin/sleep\", \"1000\"] }"; python3 -m http.server -b 127.0.0.1 "$LISTEN" >/dev/null 2>&1 & server=$!
	until_true 100 curl -s "$url" >/dev/null; refused "$LISTEN" --pod="$P" --listen="$LISTEN"; rc=$?; kill $server; return $rc'
done_testing
