#!/bin/bash
# The operator's view of a devnet: what status shows and how fast, that doctor
# names what is broken and nothing on a healthy chain, and a replica that
# derives the same chain.
. "$(dirname "$0")/lib.sh"

D=$WORK/ops
command -v python3 >/dev/null || { echo '1..0 # SKIP no python3'; exit 0; }
FROZEN=
PROMETHEUS=
mkdir -p "$D"
cd "$D" || bail "no $D"
cleanup() {
	# shellcheck disable=SC2046
	kill -CONT $(jobs -p) $FROZEN 2>/dev/null
	[ -z "$PROMETHEUS" ] || kill "$PROMETHEUS"
	end_chain "$D"
	[ -n "${OPL2_E2E_DIR:-}" ] || rm -rf "$WORK"
}
trap cleanup EXIT
cat >opl2.yaml <<'E2'
opl2: 1
name: devnet
use: devnet
with: { l1_block_time: 1s, submission_interval: 5, metrics: true }
port_offset: 900
instances:
  replica-1:
    use: replica
    with:
      of: "${process.op-node}"
      l1_chain_config: "${l1_genesis.l1.path}"
      da: server
      da_server: "${process.da-server.urls.da}"
      l1_poll_interval: 1s
E2

ok 'apply' opl2 apply -auto-approve ||
	{ tail -n 40 .opl2/logs/*.log 2>/dev/null | cut -c1-300 | sed 's/^/# /'
	  done_testing; }
out() { opl2 output -json | jq -er "$1"; }
L1=$(out .l1_rpc) L2=$(out .l2_rpc) NODE=$(out .rollup_rpc)
ORACLE=$(jq -er .L2OutputOracleProxy .opl2/files/l1_contracts.l2/artifact.json)

# --- status -------------------------------------------------------------------
seen() { # seen FILTER: true of what status says
	opl2 status -json >status.json && jq -e "$1" status.json ||
		{ jq -c 'del(.processes)' status.json; return 1; }
}
wait_for 60 above 5 latest_output "$L1" "$ORACLE"
ok 'status: heads, batches, outputs, balances of a healthy chain' \
	wait_for 30 seen '.healthy and .problems == [] and .output.matches and
	.output.block > 0 and .output.next_block == .output.block + 5 and
	.heads.l1.lag_s < 10 and .heads.unsafe.lag_s < 10 and
	.heads.safe.number > 0 and .heads.safe.number <= .heads.unsafe.number and
	.batches.last.block > 0 and .batches.last.age_s < 60 and .batches.window_left_percent > 90 and
	(.balances | map(.role) == ["batcher", "proposer"]) and
	(.balances | all(.hours_left > 0 and .wei_per_day > "0")) and
	.da.name == "da-server" and .peers["op-geth"] == 0'
BATCHER=$(jq -er '.balances[0].address' status.json)
newest_batch() { # block of the batcher's newest transaction by its receipts
	local n nonce now
	n=$(jq .batches.last.block status.json)
	# the nonce changed in that very block
	nonce=$(rpc "$L1" eth_getTransactionCount \
		"[\"$BATCHER\",\"$(printf '0x%x' $((n - 1)))\"]")
	now=$(rpc "$L1" eth_getTransactionCount \
		"[\"$BATCHER\",\"$(printf '0x%x' "$n")\"]")
	[ "$(num "$now")" -gt "$(num "$nonce")" ]
}
ok 'the newest batch is where it says' newest_batch
for_people() {
	opl2 status >text || return 1
	grep -q '^L1  .*block [0-9]*, [0-9]*s old' text &&
		grep -q '^L2  .*unsafe [0-9]*,.* safe [0-9]*,' text &&
		grep -q '^outputs  .*as the node computes it' text &&
		grep -q '^batcher  .*eth, enough for years' text || { cat text; return 1; }
}
ok 'the same for people' for_people
quick() { # the fastest of five, in milliseconds, on a machine with other work
	local best=99999 from ms
	for _ in 1 2 3 4 5; do
		from=$(date +%s%N)
		opl2 status -json >/dev/null || return 1
		ms=$((($(date +%s%N) - from) / 1000000))
		[ $ms -ge $best ] || best=$ms
	done
	echo "$best ms"
	[ $best -le "$1" ]
}
# Sanitizers take their time; without them it is a fifth of this.
ok 'in a few seconds, on a busy machine too' quick 3000
watching() { # two looks, a line each
	timeout 20 opl2 status -watch -json | head -n 2 | jq -es \
		'length == 2 and (.[0].heads.unsafe.number < .[1].heads.unsafe.number)'
}
ok 'status -watch' watching
root() {
	local n want
	n=$(jq .output.block status.json)
	want=$(jq -r .output.root status.json)
	[ "$(opl2 output-root "$n")" = "$want" ] &&
		opl2 output-root "$n" -json | jq -e --arg r "$want" --argjson n "$n" \
			'.output_root == $r and .block == $n'
}
ok 'output-root is that of the oracle' root
ok 'a block that does not exist yet' exits 1 opl2 output-root 100000000

# --- metrics --------------------------------------------------------------------
METRICS=http://127.0.0.1:8210/metrics
PROMTOOL=$(command -v promtool || echo "$ROOT/build/tools/promtool")
served() { # no promtool: then what follows must do
	curl -sf -m 20 -o metrics "$METRICS" || return 1
	[ ! -x "$PROMTOOL" ] || "$PROMTOOL" check metrics <metrics
}
ok 'the metrics of a real chain are what Prometheus takes' served
metric() { awk -v s="$1" '$1 == s { print $2 }' metrics; }
as_status_says() {
	opl2 status -json >status.json && served || return 1
	[ "$(metric opl2_healthy)" = 1 ] && [ "$(metric opl2_problems)" = 0 ] &&
		[ "$(metric opl2_output_matches)" = 1 ] &&
		[ "$(metric 'opl2_endpoint_up{endpoint="l1"}')" = 1 ] &&
		[ "$(metric 'opl2_process_up{process="replica-1/op-geth"}')" = 1 ] &&
		[ "$(metric 'opl2_head_block_number{head="safe"}')" -ge \
			"$(($(jq .heads.safe.number status.json) - 20))" ] &&
		grep -q '^opl2_account_balance_ether.*role="batcher".* 2[0-9]*[.]' metrics ||
		{ cat metrics; return 1; }
}
ok '... and say what status says' as_status_says
# t07 has the second L1 URL, t11 the fork, t15 several sequencers.
exported() { # all that the alerts go by
	local m n=0
	for m in $(grep -o 'opl2_[a-z_0-9]*' "$ROOT/examples/monitoring/opl2.rules.yml" | sort -u); do
		case $m in opl2_process_server_index | opl2_l1_next_fork_time_seconds | opl2_sequencer_*) continue ;; esac
		n=$((n + 1))
		grep -q "^${m}[ {]" metrics || { echo "no $m"; cat metrics; return 1; }
	done
	[ $n -ge 15 ]
}
ok '... and have what the alerts go by' exported

# --- Prometheus -------------------------------------------------------------------
# That of the examples, at this devnet; what it is asked comes when it has seen a
# while of the chain.
SERVER=$(command -v prometheus || echo "$ROOT/build/tools/prometheus")
SERVED=http://127.0.0.1:10461
if [ -x "$SERVER" ]; then
	cp "$ROOT/examples/monitoring/opl2.rules.yml" .
	sed -e '/^  # What the node programs/,$d' -e 's/127.0.0.1:7310/127.0.0.1:8210/' \
		-e 's/\(_interval\|_timeout\): [0-9]*s/\1: 1s/' \
		"$ROOT/examples/monitoring/prometheus.yml" >prometheus.yml
	"$SERVER" --config.file=prometheus.yml --storage.tsdb.path=prometheus \
		--web.listen-address="${SERVED#http://}" >prometheus.log 2>&1 &
	PROMETHEUS=$!
	ok 'a Prometheus with the configuration of the examples' \
		wait_for 30 curl -sf -o /dev/null "$SERVED/-/ready"
fi

# --- a replica ------------------------------------------------------------------
block_hash() { rpc "$1" eth_getBlockByNumber "[\"$2\",false]" | jq -er .hash; }
same_chain() { # at the sequencer's safe head of now
	local n h
	n=$(safe_height "$NODE") && [ "$n" -gt 0 ] || return 1
	h=$(printf '0x%x' "$n")
	[ "$(block_hash "$(out '."replica-1/rpc"')" "$h")" = "$(block_hash "$L2" "$h")" ]
}
ok 'a replica reaches the safe head, with the same blocks' \
	wait_for 60 same_chain
ok 'status shows how far behind it is' seen '.replicas[0].name ==
	"replica-1/op-node" and .replicas[0].safe > 0 and .replicas[0].behind < 100'

# --- the dashboards ---------------------------------------------------------------
cat >without <<'E2'
chain/Alerts/A: a healthy chain has none
chain/Next L1 fork that is not supported/A: t11 has such an L1
processes/Server in use/A: t07 has a second URL of the L1
processes/Free space in volumes/A: only pods have volumes
E2
quiet() { # a scrape that took more than a second is pending, and nothing else is
	curl -sf "$SERVED/api/v1/alerts" >alerts.json &&
		jq -e '.data.alerts | map(select(.labels.alertname != "Opl2MetricsAway")) == []' alerts.json ||
		{ cat alerts.json; return 1; }
}
if [ -n "$PROMETHEUS" ]; then
	ok 'each query of the dashboards has data' python3 "$ROOT/tests/cli/dashboards.py" \
		ask "$ROOT/examples/monitoring/grafana" "$SERVED" without
	ok 'and no alert is on its way' quiet
	kill "$PROMETHEUS"
	PROMETHEUS=
else
	t_n=$((t_n + 1))
	echo "ok $t_n - each query of the dashboards has data # SKIP no prometheus"
fi

# --- doctor ---------------------------------------------------------------------
pid_of() { opl2 status -json "$1" | jq -er '.processes[0].pid'; }
says() { # says CODE WHAT: doctor has that finding, with evidence and a cure
	exits 1 opl2 doctor -json >doctor.json && [ -s doctor.json ] || return 1
	jq -e --arg c "$1" --arg w "$2" '.healthy == false and any(.findings[];
		.code == $c and .what == $w and .cure != "" and .cause != "" and
		(.evidence | length > 0))' doctor.json ||
		{ jq -c '.findings[] | [.code, .what, .evidence]' doctor.json; return 1; }
}
ok 'doctor finds nothing on a healthy chain' opl2 doctor
FROZEN="$(pid_of l1) $(pid_of da-server)"
# shellcheck disable=SC2086
kill -STOP $FROZEN
ok 'an L1 that does not answer' says E1108 l1
ok 'a DA server that does not answer' says E1110 da-server
for_people() {
	exits 1 opl2 doctor >text && grep -q '^error.E1108.: l1: the L1 cannot be' text &&
		grep -A9 E1108 text | grep -A1 'cure:' | grep -q 'opl2 restart l1'
}
ok 'for people, with the cure' for_people
ok 'and status does not hang' exits 1 opl2 status
# shellcheck disable=SC2086
kill -CONT $FROZEN

opl2 stop op-proposer >/dev/null 2>&1
python3 -m http.server --bind 127.0.0.1 10460 >/dev/null 2>&1 &
HOG=$!
wait_for 10 curl -sf -o /dev/null http://127.0.0.1:10460/
timeout 20 opl2 start op-proposer >/dev/null 2>&1
ok 'a port that another program has' says E1128 op-proposer
kill $HOG
ok 'which is free again' opl2 start op-proposer

JWT=.opl2/files/jwt_secret.l2/jwt.txt
cp $JWT jwt.kept
tr 0123456789abcdef 123456789abcdef0 <jwt.kept >$JWT
opl2 restart op-node >/dev/null 2>&1 &
RESTART=$!
ok 'a JWT secret that is not that of op-geth' wait_for 40 says E1138 op-node
cat jwt.kept >$JWT
wait $RESTART
ok 'the right one again' opl2 start

CAST=$(opl2 state show -json toolchain.cast | jq -er .attrs.path)
key() { cat ".opl2/keys/key.$1"; }
config() { # config ADDRESS: who batches, by the owner's word
	"$CAST" send --rpc-url "$L1" --private-key "$(key admin)" --json \
		"$(jq -er .SystemConfigProxy .opl2/files/l1_contracts.l2/artifact.json)" \
		'setBatcherHash(bytes32)' "0x000000000000000000000000${1#0x}" |
		jq -e '.status == "0x1"'
}
ok 'another batcher on the L1' config 0x00000000000000000000000000000000000000aa
ok 'is a wrong key here' says E1118 op-batcher
config "$BATCHER" >/dev/null

drain() { # all but what the transfer costs, to an account that is there
	local all rc
	opl2 stop op-batcher >/dev/null 2>&1
	all=$("$CAST" balance --rpc-url "$L1" "$BATCHER")
	"$CAST" send --rpc-url "$L1" --private-key "$(key batcher)" --legacy \
		--gas-price 2gwei --json --value "$(python3 -c "print($all - 21000 * 2 * 10**9)")" \
		--gas-limit 21000 "$(opl2 address -json | jq -r .roles.admin.address)" |
		jq -e '.status == "0x1"'
	rc=$?
	opl2 start op-batcher >/dev/null 2>&1
	return $rc
}
ok 'a batcher whose ether is gone' drain
ok 'is found by its balance' wait_for 40 says E1116 op-batcher
"$CAST" send --rpc-url "$L1" --private-key "$(key dev-0)" --value 10ether \
	"$BATCHER" >/dev/null
N=$(height "$L2")
ok 'and with new ether all is posted' wait_for 60 above "$N" safe_height "$NODE"

# shellcheck disable=SC2046
kill -9 $(opl2 status -json | jq '.supervisor.guard_pid, .supervisor.pid')
ok 'no supervisor' says E1126 supervisor
ok 'which start brings back' opl2 start

# --- without the replica ----------------------------------------------------------
sed -i '/^instances:/,$d' opl2.yaml
gone() {
	opl2 apply -auto-approve || [ $? = 13 ] || return 1
	! opl2 status -json | jq -e '.processes | any(.name | startswith("replica"))' &&
		[ "$(echo .opl2/data/*/replica-1+geth)" != '.opl2/data/*/replica-1+geth' ] &&
		exits 0 opl2 plan -detailed-exitcode
}
ok 'a replica that is not in the spec any more goes, its data stays' gone

opl2 stop >/dev/null 2>&1
ok 'a chain that was stopped is no problem' \
	seen '.healthy and .problems == [] and (.stopped | index("op-node") != null)'
done_testing
