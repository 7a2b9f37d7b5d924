#!/bin/bash
# The bench table: opl2 on its own figures, and terraform and OpenTofu beside it in
# the same run where they are: on the PATH, OpenTofu by `make build/tools/tofu` too.
# Nothing here passes or fails: it measures.
# usage: bench.sh [quick]   (quick leaves the devnet out)
set -u
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
BIN=$ROOT/build/release
T=$BIN/bench/timeit
export PATH=$BIN:$PATH:$ROOT/build/tools LC_ALL=C OPL2_INPUT=0
# On the disk that the project is on: a tmpfs would make fsync free.
W=$(mktemp -d "$ROOT/build/bench.XXXXXX")
trap 'rm -rf "$W"' EXIT
TFS=$(for tf in terraform tofu; do command -v "$tf" >/dev/null && echo "$tf"; done)
# Their configuration is not what is measured, nor may it be missing.
export TF_CLI_CONFIG_FILE=/dev/null CHECKPOINT_DISABLE=1

row() { printf '%-46s %14s %14s %14s\n' "$1" "$2" "$3" "$4"; }
ms() { # ms TITLE TARGET RUNS [-e FILE] COMMAND...: one row of timeit
	local title=$1 target=$2 r
	shift 2
	r=$("$T" "$@") || { row "$title" "$target" failed -; return; }
	# shellcheck disable=SC2086
	set -- $r
	row "$title" "$target" "$1 ms" "$(($3 / 1024)).$((($3 % 1024) * 10 / 1024)) MiB"
}
synthetic() { # synthetic N FOLDER: a spec of N once resources
	mkdir -p "$2"
	{
		printf 'opl2: 1\nname: bench\nresources:\n  null:\n'
		seq -f '    r%g: { triggers: { a: "1" } }' "$1"
		echo '# a'
	} >"$2/opl2.yaml"
}
# Three shapes: each of 1000 resources depends on the one before; in ten layers of
# 100 each depends on all of the layer before; 1000 resources, 100 MB of state.
shapes() { # shapes deep|wide|heavy FOLDER: the spec of opl2, and tf/main.tf
	mkdir -p "$2/tf" && python3 - "$1" "$2" <<'P'
import sys

shape, folder = sys.argv[1:]
names = [f"r{i}" for i in range(1000)]
heavy = shape == "heavy"


def before(i):
    if shape == "deep":
        return names[max(i - 1, 0):i]
    return names[(i // 100 - 1) * 100:i // 100 * 100] if shape == "wide" and i >= 100 else []


with open(f"{folder}/opl2.yaml", "w", encoding="ascii") as f:
    f.write("opl2: 1\nname: bench\n")
    if heavy:
        f.write(f"variables:\n  big: {{ type: string, default: {'x' * 100000} }}\n")
    f.write("resources:\n  null:\n")
    value = "${var.big}" if heavy else "1"
    for i, n in enumerate(names):
        after = ", ".join(f"null.{b}" for b in before(i))
        f.write(f'    {n}: {{ triggers: {{ a: "{value}" }}, depends_on: [{after}] }}\n')
with open(f"{folder}/tf/main.tf", "w", encoding="ascii") as f:
    # terraform_data keeps what goes in and what comes out.
    if heavy:
        f.write(f'locals {{ big = "{"x" * 50000}" }}\n')
    value = "local.big" if heavy else '"1"'
    for i, n in enumerate(names):
        after = ", ".join(f"terraform_data.{b}" for b in before(i))
        f.write(f'resource "terraform_data" "{n}" {{\n  input = {value}\n'
                f'  depends_on = [{after}]\n}}\n')
P
}
# tf_rows TF CONFIG TITLE: what one of the two takes for it, which may be minutes
# where resources depend on many others.
tf_rows() {
	local d=$2.$1 t0
	mkdir -p "$d" && cp "$2" "$d/main.tf" && "$1" -chdir="$d" init -input=false >/dev/null
	t0=$(date +%s%N)
	timeout 180 "$1" -chdir="$d" apply -auto-approve -input=false >"$d.said" 2>&1
	case $? in
	0) row "  $1 apply, $3" - "$(since "$t0") ms" - ;;
	124) row "  $1 apply, $3" - 'over 180 s' - && return ;;
	*) tail -5 "$d.said" && row "  $1 apply, $3" - failed - && return ;;
	esac
	ms "  $1 no-op plan, $3" - 1 "$1" -chdir="$d" plan -refresh=false -input=false
}
since() { echo $((($(date +%s%N) - $1) / 1000000)); }

row measure target measured 'max RSS'
ms 'opl2 version' '5 ms, 5 MiB' 200 opl2 version
for tf in $TFS; do ms "  $tf version" - 10 "$tf" version; done
for n in 1000 5000; do
	synthetic $n "$W/s$n"
	t0=$(date +%s%N)
	(cd "$W/s$n" && opl2 apply -auto-approve >/dev/null) || row "apply $n" - failed -
	took=$(since "$t0")
	bare=$("$BIN/bench/fsync_loop" $n "$W/bare")
	row "apply of $n once resources" "3 x $bare ms" "$took ms" -
	ms "no-op plan of $n resources" "$((n / 10)) ms" 10 -e "$W/s$n/opl2.yaml" \
		opl2 -chdir="$W/s$n" plan -refresh=false
done
seq -f 'resource "terraform_data" "r%g" { input = "1" }' 1000 >"$W/main.tf"
for tf in $TFS; do tf_rows "$tf" "$W/main.tf" '1000 terraform_data'; done
for shape in deep wide heavy; do
	D=$W/$shape
	shapes $shape "$D"
	t0=$(date +%s%N)
	(cd "$D" && opl2 apply -auto-approve >/dev/null) || row "apply, $shape" - failed -
	row "apply of 1000 resources, $shape" - "$(since "$t0") ms" -
	ms "no-op plan of 1000 resources, $shape" - 5 opl2 -chdir="$D" plan -refresh=false
	for tf in $TFS; do tf_rows "$tf" "$D/tf/main.tf" $shape; done
done
size=$(cat "$BIN/opl2" "$BIN/opl2-worker" "$BIN/opl2-supervise" "$BIN/opl2-meeda" "$BIN/opl2-metrics" "$BIN/opl2-ui" | wc -c)
for p in opl2 opl2-worker opl2-supervise opl2-meeda opl2-metrics opl2-ui; do strip -o "$W/$p" "$BIN/$p"; done
row 'six binaries, stripped' '3 MB' \
	"$(($(cat "$W/opl2" "$W/opl2-worker" "$W/opl2-supervise" "$W/opl2-meeda" "$W/opl2-metrics" "$W/opl2-ui" | wc -c) / 1000)) kB" -
row '  with debug information' - "$((size / 1000)) kB" -

# The page of a chain with 20 processes and a day of history, while one reader
# looks at it for half a minute. What opl2-ui itself takes, and what the opl2 that
# it runs does.
sup() { python3 "$ROOT/tests/cli/supctl.py" "$D/.opl2" "$@" >/dev/null; }
ticks() { cut -d' ' -f"$2" "/proc/$1/stat" | tr ' ' '+' | bc; }
percent() { # percent TICKS SECONDS
	echo "$(echo "scale=2; $1 * 100 / $2 / $(getconf CLK_TCK)" | bc) %"
}
page() {
	local i own all url
	mkdir -p "$D/.opl2"
	cd "$D" || return
	opl2-supervise --dir="$D/.opl2"
	for i in $(seq 20); do
		sup put "{\"name\": \"p$i\", \"def\": {\"command\":
			[\"/bin/sleep\", \"1000\"]}}"
	done
	opl2 start >/dev/null 2>&1
	python3 "$ROOT/tests/fake/ui_day.py" .opl2/ui.ring
	opl2 ui -addr=127.0.0.1:0 >tell 2>log &
	UI=$!
	for i in $(seq 100); do grep -q ^http tell && break; sleep 0.1; done
	url=$(cat tell)
	own=$(ticks $UI 14,15) all=$(ticks $UI 16,17)
	timeout 30 curl -sN "${url}events" >events
	own=$(($(ticks $UI 14,15) - own)) all=$(($(ticks $UI 16,17) - all))
	row 'page of 20 processes: opl2-ui' '1 %, 10 MiB' "$(percent $own 30)" \
		"$(awk '/VmHWM/ { printf "%.1f MiB", $2 / 1024 }' /proc/$UI/status)"
	row '  the opl2 that it runs' - "$(percent $all 30)" -
	if command -v chromium >/dev/null && command -v node >/dev/null; then
		node "$ROOT/tests/browser/ui.mjs" paint "$url" 200 >paints 2>&1
		row '  its first paint, five times' '200 ms' \
			"$(sed -n 's/first paint: \(.*\) ms/\1/p' paints)" -
	fi
	kill $UI
	opl2 stop -force >/dev/null 2>&1
	sup shutdown '{}'
}
D=$W/page
(page)
[ "${1:-}" != quick ] || exit 0

# The devnet: once to warm the store, then a fresh one timed.
rpc() {
	curl -s -m 2 -H 'content-type: application/json' "$1" \
		-d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$2\",\"params\":$3}" |
		jq -r '.result // empty'
}
# Sets applied, block and output: ms to the end of apply, to the first L2 block
# (apply goes on after it: deposits), and to the first proposed output.
devnet() { # devnet FOLDER
	local t0 l1 oracle pid
	mkdir -p "$1"
	printf 'opl2: 1\nname: devnet\nuse: devnet\nport_offset: 300\n# a\n' >"$1/opl2.yaml"
	cd "$1" || return 1
	t0=$(date +%s%N)
	opl2 apply -auto-approve >apply.txt 2>&1 &
	pid=$!
	until [ "$(($(rpc http://127.0.0.1:9845 eth_blockNumber '[]')))" -ge 1 ]; do
		kill -0 $pid 2>/dev/null || { tail -5 apply.txt; return 1; }
		sleep 0.2
	done
	block=$(since "$t0")
	wait $pid || { tail -5 apply.txt; return 1; }
	applied=$(since "$t0")
	l1=$(opl2 output -raw l1_rpc)
	oracle=$(jq -r .L2OutputOracleProxy "$(opl2 output -raw artifact)")
	until [ "$(($(rpc "$l1" eth_call "[{\"to\":\"$oracle\",\"data\":\"0x4599c788\"},\"latest\"]")))" -ge 1 ]; do
		sleep 0.2
	done
	output=$(since "$t0")
}
bare() { # bare FOLDER PACKAGE...: go build of the preset's programs, by hand
	local zip=superchain-configs.zip module=github.com/ethereum-optimism/optimism p
	mkdir -p "$W/bare" && cp -r "$ROOT"/schemas/presets/*/"$1" "$W/bare/" &&
		cd "$W/bare/$1" || return 1
	shift
	if [ -f $zip ]; then
		ln -s "$(go mod download -json $module | jq -r .Dir)" optimism &&
			go mod edit -replace=$module=./optimism || return 1
		jq -n --arg to optimism/op-core/superchain/$zip --arg zip $zip \
			'{Replace: {($to): $zip, ($to + ".sha256"): ($zip + ".sha256")}}' >overlay.json
	else
		echo '{}' >overlay.json
	fi
	for p in "$@"; do
		go build -overlay overlay.json -trimpath -o /dev/null "github.com/$p" || return 1
	done
}
down() { opl2 destroy -auto-approve -delete-data >/dev/null 2>&1; }
if [ -n "${OPL2_BENCH_COLD:-}" ]; then
	export XDG_CACHE_HOME=$W/cache GOCACHE=$W/gocache
	devnet "$W/cold" && row 'cold devnet apply (modules cached)' '1.1 x bare' "$applied ms" -
	down
	export GOCACHE=$W/gocache2
	t0=$(date +%s%N)
	bare go-l1-v1.17.10 ethereum/go-ethereum/cmd/geth || exit 1
	o=ethereum-optimism/optimism
	bare go-v1.19.6 ethereum/go-ethereum/cmd/geth $o/op-node/cmd \
		$o/op-batcher/cmd $o/op-alt-da/cmd/daserver || exit 1
	bare go-v1.13.7 $o/op-proposer/cmd || exit 1
	row '  bare go build of the same programs' - "$(since "$t0") ms" -
else
	devnet "$W/warm0" && down
fi
if devnet "$W/warm"; then
	row 'warm devnet apply' - "$applied ms" -
	row '  to the first L2 block' '6000 ms' "$block ms" -
	row '  to the first output' '20000 ms' "$output ms" -
	for command in 'deposit 5000' 'withdraw 45000'; do
		t0=$(date +%s%N)
		opl2 "${command% *}" -from=dev-0 -auto-approve 0.1eth >bridge.txt 2>&1 ||
			{ tail -5 bridge.txt; continue; }
		row "  ${command% *}" "${command#* } ms" "$(since "$t0") ms" -
	done
	ms 'no-op apply of the running devnet' '500 ms' 5 opl2 apply -auto-approve
	ms 'no-op plan -refresh=false of the devnet' '20 ms, 16 MiB' 50 \
		-e "$W/warm/opl2.yaml" opl2 plan -refresh=false
	ms 'status of the devnet' '200 ms' 10 opl2 status
	down
fi
exit 0
