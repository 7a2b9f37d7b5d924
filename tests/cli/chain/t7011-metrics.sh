#!/usr/bin/env bash
# opl2 metrics, opl2-metrics that serves them, and the alerts and dashboards of
# examples/monitoring on them.
. "$(dirname "$0")/../lib.sh"

command -v python3 jq curl >/dev/null || skip_all 'no python3, jq or curl'
PROMTOOL=$(command -v promtool || echo "$ROOT/build/tools/promtool")
RULES=$ROOT/examples/monitoring/opl2.rules.yml
D=$PWD/.opl2
EXPORTER=
export OPL2_LIBEXEC=$BIN
sup() { python3 "$ROOT/tests/cli/supctl.py" "$D" "$@"; }
end_all() {
	[ -z "$EXPORTER" ] || kill "$EXPORTER"
	opl2 stop -force
	sup shutdown '{}'
	rm -rf "$T_DIR"
} >/dev/null 2>&1
trap end_all EXIT
promtool() { "$PROMTOOL" "$@"; }
by_promtool() { # by_promtool TITLE BODY: skipped where there is none
	if [ -x "$PROMTOOL" ]; then
		test_ok "$@"
	else
		test_skip "$1" 'no promtool'
	fi
}
serve() { # serve OPTION...: at $URL
	[ -z "$EXPORTER" ] || { kill "$EXPORTER"; wait "$EXPORTER"; }
	: >log # else the port of the one before may be read
	opl2-metrics --listen 127.0.0.1:0 "$@" 2>log &
	EXPORTER=$!
	until_true 100 grep -q msg=listening log
	URL=http://$(sed -n 's/.*addr=\([^ ]*\).*/\1/p' log)
}
get() { # get STATUS PATH: the body is in body, the head in head
	local got
	got=$(curl -s -m 20 -o body -D head -w '%{http_code}' "$URL$2")
	[ "$got" = "$1" ] || { echo "status $got"; cat body log; return 1; }
}
value() { # value SERIES: its number in body
	awk -v s="$1" '$1 == s { print $2; n++ } END { exit n != 1 }' body
}
is() { [ "$(value "$1")" = "$2" ] || { echo "$1 is not $2"; cat body; return 1; }; }
looked() { value opl2_look_timestamp_seconds; }

# --- the alerts -----------------------------------------------------------------
by_promtool 'the alert rules are well-formed' 'promtool check rules "$RULES"'
by_promtool 'and the configuration that uses them' \
	'promtool check config "$ROOT/examples/monitoring/prometheus.yml"'
cp "$RULES" "$ROOT/tests/cli/opl2.rules.test.yml" .
by_promtool 'each fires when it should, and only then' '
	promtool test rules opl2.rules.test.yml'
test_ok 'of each alert there is such a test' '
	for a in $(sed -n "s/.*- alert: //p" "$RULES"); do
		grep -q "alertname=\"$a\"" opl2.rules.test.yml || { echo "$a"; exit 1; }
	done'

# --- the dashboards ---------------------------------------------------------------
BOARDS=$ROOT/examples/monitoring/grafana
boards() { python3 "$ROOT/tests/cli/dashboards.py" "$@"; }
test_ok 'the dashboards are whole: ids, variables, units, the limits of the alerts' \
	'boards check "$BOARDS" "$RULES"'
spoil() { # spoil FILTER: a copy of the dashboards that it changes
	rm -rf spoiled && cp -r "$BOARDS" spoiled &&
		jq "$1" "$BOARDS/money.json" >spoiled/money.json
}
for spoiled in '.panels[1].id = 1' '.panels[0].fieldConfig.defaults.thresholds.steps[1].value = 7' \
	'.panels[3].targets[0].expr = "opl2_account_balance_ether{}"' '.uid = "opl2-chain"'; do
	test_ok "... and are not with $spoiled" '
		spoil "$spoiled" && ! boards check spoiled "$RULES" >faults && [ -s faults ]'
done
by_promtool 'their queries are of the language' '
	boards rules "$BOARDS" >queries.yml && promtool check rules queries.yml'

# --- the command ------------------------------------------------------------------
test_fails 1 'no chain: an error, and nothing on standard output' 'opl2 metrics' \
	'err_has E0924 && [ ! -s "$OUT/stdout" ]'
serve
test_ok 'served, that is 503 with the reason' \
	'get 503 /metrics && has body E0924 && has log E0924'
test_ok 'there is nothing else' 'get 404 / && get 200 /healthz &&
	[ "$(curl -s -o body -w "%{http_code}" -d x=1 "$URL/metrics")" = 405 ]'

mkdir "$D"
opl2-supervise --dir="$D"
sup put '{"name": "replica/node", "def": {"command": ["/bin/sleep", "1000"]}}' >/dev/null
sup put "{\"name\": \"other\", \"def\": {\"command\": [\"/bin/sleep\", \"1000\"],
	\"log\": {\"path\": \"$D/logs/other.log\"}}}" >/dev/null
sup start '{"names": ["other"]}' >/dev/null
test_ok 'processes' '
	opl2 start other && run 0 opl2 metrics && cp "$OUT/stdout" body &&
	is "opl2_process_up{process=\"other\"}" 1 &&
	is "opl2_process_up{process=\"replica/node\"}" 0 &&
	is "opl2_process_state{process=\"other\",state=\"ready\"}" 1 &&
	is opl2_supervisor_up 1 && is opl2_healthy 1 && lacks body opl2_head'
by_promtool '... in the format of Prometheus' 'promtool check metrics <body'
test_ok 'served, with the type of the format' '
	get 200 /metrics && has head "text/plain; version=0.0.4" &&
	is opl2_supervisor_up 1'
restarted() { opl2 status -json other | jq -e '.processes[0].restarts == 1' >/dev/null; }
test_ok 'it counts what was ended and came back' '
	p=$(opl2 status -json other | jq .processes[0].pid) && kill -9 $p && until_true 50 restarted &&
	opl2 start other && run 0 opl2 metrics && cp "$OUT/stdout" body &&
	is "opl2_process_restarts_total{process=\"other\"}" 1 &&
	has body "opl2_process_last_exit_info{process=\"other\",how=\"was killed by SIGKILL\"} 1"'

# --- what serves them ---------------------------------------------------------------
serve --max-age 1h
next_second() { # what is looked at now has another time than before
	local s
	s=$(date +%s)
	while [ "$(date +%s)" = "$s" ]; do sleep 0.05; done
}
test_ok 'what was seen just now is not looked at again' '
	get 200 /metrics && a=$(looked) && sup stop "{\"names\": [\"other\"]}" &&
	next_second && get 200 /metrics && [ "$(looked)" = "$a" ] &&
	is "opl2_process_up{process=\"other\"}" 1'
serve --max-age 0s
test_ok '... but is when it is too old' 'get 200 /metrics &&
	is "opl2_process_up{process=\"other\"}" 0'
SUP=$(sup status '{}' | jq .supervisor.pid)
kill -STOP "$SUP"
test_ok 'a supervisor that does not answer is a value' 'get 200 /metrics &&
	is opl2_supervisor_up 0 && is "opl2_process_up{process=\"other\"}" 0'
serve --max-age 0s --timeout 2s # less than a supervisor has
test_ok 'a look that takes too long is given up' 'get 503 /metrics &&
	has body "took longer than 2000 ms"'
kill -CONT "$SUP"
test_ok '... and the next one is whole again' 'until_true 50 get 200 /metrics &&
	is opl2_supervisor_up 1'
kill "$EXPORTER" && wait "$EXPORTER"
EXPORTER=
test_ok 'it ends when it is told to' 'has log "msg=stopped signal=15"'
test_fails 3 'without an address it says how it is used' 'opl2-metrics' \
	'err_has "usage: opl2-metrics --listen"'
test_fails 1 'an address that is none' 'opl2-metrics --listen localhost:1' \
	'err_has E1151'
test_fails 1 'a folder that does not exist' \
	'opl2-metrics --listen 127.0.0.1:0 --chdir nowhere' 'err_has E1151'

# --- in the presets -------------------------------------------------------------------
test_ok 'a devnet has it for the asking' '
	fresh devnet && opl2 init devnet >/dev/null &&
	run 0 opl2 plan -refresh=false && ! grep -q process.metrics "$OUT/stdout" &&
	printf "opl2: 1\nname: t\nuse: devnet\nwith: { metrics: true }\n" >opl2.yaml &&
	run 0 opl2 plan -refresh=false -full && out_has process.metrics &&
	out_has "args.listen: 127.0.0.1:7310"'
fresh opstack
cp "$ROOT/examples/meeda-sepolia/opl2.yaml" .
sed -i 's/^with:/with:\n  metrics: true/' opl2.yaml
test_ok 'a chain on a public L1 too, which then gets the URLs of that' '
	run 0 opl2 plan -refresh=false -full && out_has process.metrics &&
	grep -A3 "env.OPL2_L1_RPC: (sensitive)" "$OUT/stdout"'
done_testing
