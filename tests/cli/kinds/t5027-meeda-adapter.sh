#!/usr/bin/env bash
# The Meeda adapter between a client of upstream's alt-DA routes and a Meeda
# server that misbehaves.
. "$(dirname "$0")/../lib.sh"

command -v python3 >/dev/null || skip_all 'no python3'
command -v curl >/dev/null || skip_all 'no curl'
MEEDA=
ADAPTER=
cleanup() {
	[ -z "$ADAPTER" ] || kill "$ADAPTER" 2>/dev/null
	[ -z "$MEEDA" ] || kill "$MEEDA" 2>/dev/null
	rm -rf "$T_DIR"
}
trap cleanup EXIT
mkfifo hold && exec 7<>hold && rm hold

start_meeda() { # start_meeda [PORT]
	exec 8< <(exec python3 "$ROOT/tests/fake/meeda.py" objects "$@" \
		<&7 7>&-)
	MEEDA=$!
	read -r PORT <&8
}
control() { # control MODE [N]
	curl -sf -o /dev/null "http://127.0.0.1:$PORT/control" \
		-d "{\"mode\": \"$1\"${2:+, \"times\": $2}}"
}
eventually() { until_true 100 eval "$1" >/dev/null 2>&1; } # eventually COMMAND
start_adapter() { # start_adapter OPTION...
	: >log # else the port of the one before may be read
	# The proxy is not for a Meeda on this machine.
	http_proxy=http://127.0.0.1:1 OPL2_MEEDA_URL=http://127.0.0.1:$PORT/ opl2-meeda \
		--listen 127.0.0.1:0 "$@" 2>log &
	ADAPTER=$!
	eventually 'grep -q msg=listening log' || cat log
	URL=http://$(sed -n 's/.*addr=\([^ ]*\).*/\1/p' log)
}
status() { # status WANT CURL-ARG...: the body is in body
	local want=$1 got
	shift
	got=$(curl -s -m 20 -o body -D head -w '%{http_code}' "$@")
	[ "$got" = "$want" ] && return 0
	echo "status $got, wanted $want:"
	cat body log
	return 1
}
put() { status "$1" --data-binary "@$2" "$URL/put"; }
get() { status "$1" "$URL/get/$2"; }
hexed() { od -An -v -tx1 "$1" | tr -d ' \n'; }

{
	printf '\000\001\377\r\n\000'
	head -c 3000 "$BIN/opl2"
} >data
start_meeda
start_adapter --put-timeout 60s --get-timeout 60s

test_ok 'an object comes back byte by byte' '
	put 200 data && cp body commitment &&
	hexed commitment | grep -q ^01 &&
	get 200 "0x$(hexed commitment)" && cmp body data &&
	grep -qi "^content-type: application/octet-stream" head'
KEY=0x$(hexed commitment)
test_ok 'the commitment is the id after a byte 1' '
	[ "$(tail -c +2 commitment)" = "$(printf "mefs/a b+c&d=%%\303\251#%s" \
		"$(ls objects)")" ]'
test_ok 'an unknown id is 404' '
	get 404 0x01616263 && get 404 0x01ff00fe'
test_ok 'a lost object is 404' '
	control lose 1 && get 404 "$KEY" && get 200 "$KEY"'
test_ok 'a bad key is 400' '
	get 400 0x && get 400 0x01 && get 400 0x0061 && get 400 0x01zz &&
	get 400 0x016 && get 400 abc && get 400 0101'
test_ok 'the largest object passes, one byte more is 413' '
	head -c 130673 /dev/zero >max && put 200 max &&
	get 200 "0x$(hexed body)" && cmp body max &&
	head -c 130674 /dev/zero >over && put 413 over &&
	status 413 -H "Transfer-Encoding: chunked" --data-binary @over "$URL/put"'
test_ok 'nothing is not put' ': >none && put 400 none'
test_ok 'other routes are 404' 'status 404 "$URL/putObject"'

for mode in notjson noid emptyid number nested page; do
	test_ok "a put answered with '$mode' is 502 and explained" '
		control $mode 1 && put 502 data && has body "E0931: " &&
		has log "err=\"E0931: "'
done
for mode in page empty; do
	test_ok "a get answered with '$mode' is 502" '
		control $mode 1 && get 502 "$KEY" && has body E0933'
done
test_ok 'half an answer is not handed on' '
	control truncate && get 502 "$KEY" && control ""'
test_ok 'one failure is tried again' '
	control fail 1 && get 200 "$KEY" && control busy 1 && put 200 data'
test_ok 'failures without end are 502' '
	control fail && get 502 "$KEY" && has body E0932 && put 502 data'
test_ok 'too many requests are 503 with Retry-After' '
	control busy && put 503 data && grep -qi "^retry-after: [1-9]" head &&
	get 503 "$KEY" && control ""'

test_ok 'healthy is who answers 404' '
	status 200 "$URL/healthz" && control fail 1 &&
	status 503 "$URL/healthz" && control busy 1 &&
	status 503 "$URL/healthz" && status 200 "$URL/healthz"'
test_ok 'the metrics count' '
	status 200 "$URL/metrics" &&
	has body "requests_total{op=\"put\",outcome=\"too_large\"} 2" &&
	has body "requests_total{op=\"get\",outcome=\"not_found\"} 3" &&
	has body "requests_total{op=\"put\",outcome=\"busy\"} 1" &&
	has body "opl2_meeda_in_flight 0" &&
	has body "opl2_meeda_max_object_bytes 130673" &&
	! grep -q "bytes_total.* 0$" body &&
	! grep -q -e "_sum.* 0.000$" -e "last_ok.* 0$" body'
of() { sed -n "s/^opl2_meeda_$1 //p" body; } # of METRIC: its value
tries() { status 200 "$URL/metrics" && of 'tries_total{op="get"}'; }
test_ok 'and what was asked of Meeda again' '
	n=$(tries) && control fail 1 && get 200 "$KEY" &&
	[ "$(tries)" = $((n + 2)) ]'
test_ok 'as Prometheus reads them' '
	perl -ne "/^# TYPE (\S+) (\w+)/ and \$t{\$1} = \$2 and next; /^#/ and next;
		/^(\w+?)(_bucket|_sum|_count)?(\{(\w+=\"[^\"]+\",?)+\})? [0-9.]+\$/
			&& (\$t{\$1} || \$t{\$1 . \$2}) or die \$_" body &&
	[ "$(of "request_seconds_bucket{op=\"put\",le=\"+Inf\"}")" = \
		"$(of "request_seconds_count{op=\"put\"}")" ]'

test_ok 'with the server down it is 502, and well again after' '
	kill $MEEDA && eventually "! curl -s http://127.0.0.1:$PORT/control" &&
	put 502 data && get 502 "$KEY" && has body E0801 &&
	status 503 "$URL/healthz"'
start_meeda "$PORT"
test_ok 'the server is back' 'get 200 "$KEY" && cmp body data'

test_ok 'it ends at once when told to' 'kill $ADAPTER'
wait "$ADAPTER"
test_ok 'with status 0' "[ $? = 0 ] && has log msg=stopped"
ADAPTER=

# A request's place is free only a moment after its answer.
start_adapter --put-timeout 300ms --get-timeout 300ms --max-requests 2
test_ok 'silence is 504 in time' '
	control stall && a=$SECONDS && get 504 "$KEY" && put 504 data &&
	[ $((SECONDS - a)) -lt 60 ] && control ""'
kill "$ADAPTER" && wait "$ADAPTER"
start_adapter --put-timeout 300s --get-timeout 300s --max-requests 1
control stall 1
curl -s -o /dev/null -w '%{http_code}' "$URL/get/$KEY" >first &
FIRST=$!
test_ok 'one too many is 503' '
	eventually "curl -s http://127.0.0.1:$PORT/control |
		grep -q \"waiting.: 1\"" && get 503 "$KEY" &&
	grep -qi ^retry-after: head'
kill -INT "$ADAPTER"
control drop
wait "$ADAPTER"
test_ok 'what is under way is answered before it ends' "[ $? = 0 ]"
ADAPTER=
wait $FIRST
test_ok 'with a status' '[ "$(cat first)" = 502 ]'
control ""

kb() { sed -n "s/^$1:[^0-9]*\([0-9]*\) kB/\1/p" "/proc/$ADAPTER/status"; }
persist() { # persist ARG...: curl, until a place among the requests is free
	local end=$((SECONDS + 60))
	until curl -sf -m 30 "$@"; do
		[ $SECONDS -lt $end ] && kill -0 "$ADAPTER" || return 1
		sleep 0.1
	done
}
memory() { # objects are held once, in no other form, and few at a time
	local i base pids='' rc=0
	head -c 4194304 /dev/urandom >large
	base=$(kb VmRSS)
	for i in 1 2 3 4; do
		(persist --data-binary @large -o "name$i" "$URL/put" &&
			persist -o "got$i" "$URL/get/0x$(hexed "name$i")" &&
			cmp "got$i" large) &
		pids="$pids $!"
	done
	for i in $pids; do wait "$i" || rc=1; done
	echo "from $base to $(kb VmHWM) kB"
	# Two of 4 MiB, in buffers of up to twice that, and 4 MiB around it.
	[ $rc = 0 ] && [ $(($(kb VmHWM) - base)) -lt 20480 ]
}
ASAN_OPTIONS=$ASAN_OPTIONS:quarantine_size_mb=0 \
	start_adapter --max-object 4194304 --max-requests 2
test_ok 'memory is bounded' memory
kill "$ADAPTER" && wait "$ADAPTER"
ADAPTER=

test_fails 3 'no URL' 'opl2-meeda --listen 127.0.0.1:0' 'err_has usage'
test_fails 3 'a bad limit' \
	'opl2-meeda --listen 127.0.0.1:0 --meeda http://x --max-object 0'
test_ok 'help' 'run 0 opl2-meeda --help && out_has OPL2_MEEDA_URL'
done_testing
