# shellcheck shell=bash
# Helpers of the end-to-end tests: TAP, JSON-RPC, waiting. Sourced by bash.
# A test works in its own folder under $WORK, on the programs in $OPL2_BIN.

set -u
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
OPL2_BIN=${OPL2_BIN:-$ROOT/build/asan}
export PATH=$OPL2_BIN:$PATH LC_ALL=C OPL2_INPUT=0
# A node process is not ours to leak-check, and leaks of a killed run are none.
export ASAN_OPTIONS=${ASAN_OPTIONS:-abort_on_error=1:detect_leaks=0}
WORK=${OPL2_E2E_DIR:-$(mktemp -d "${TMPDIR:-/tmp}/opl2-e2e.XXXXXX")}
mkdir -p "$WORK"
t_n=0
t_bad=0

ok() { # ok TITLE COMMAND...: one test; its output is shown when it fails
	local title=$1 out rc
	shift
	t_n=$((t_n + 1))
	out=$("$@" 2>&1)
	rc=$?
	if [ $rc -eq 0 ]; then
		echo "ok $t_n - $title"
	else
		echo "not ok $t_n - $title"
		# To stderr, which prove shows without being asked.
		printf '%s\n' "not ok $t_n - $title: exit $rc of: $*" "$out" |
			tail -n 60 | sed 's/^/# /' >&2
		t_bad=$((t_bad + 1))
	fi
	return $rc
}

exits() { # exits CODE COMMAND...: that exit code and no other
	local want=$1 rc
	shift
	"$@"
	rc=$?
	[ $rc -eq "$want" ] || {
		echo "exit $rc, wanted $want"
		return 1
	}
}

done_testing() {
	echo "1..$t_n"
	[ "$t_bad" -eq 0 ]
	exit $?
}

bail() {
	echo "Bail out! $*"
	exit 1
}

anvil_spec() { # anvil_spec NAME: a spec that is nothing but anvil's program
	cat <<E2
opl2: 1
name: $1
resources:
  toolchain:
    anvil:
      program: anvil
      version: "1.7.1"
      host: false
      from:
        npm: { package: "@foundry-rs/anvil-\${host.foundry_platform}", version: 1.7.1 }
outputs: { anvil: "\${toolchain.anvil.path}" }
E2
}

rpc() { # rpc URL METHOD [PARAMS-JSON]: the result, as JSON
	local answer
	answer=$(curl -sS -m 10 -H 'content-type: application/json' "$1" -d \
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$2\",\"params\":${3:-[]}}") &&
		# jq 1.6 finds nothing wrong with no answer at all.
		[ -n "$answer" ] &&
		jq -ce 'if .error then error(.error.message) else .result end' <<<"$answer"
}

num() { # a hex quantity or a decimal number, with or without quotes
	local v=${1//\"/}
	[ -n "$v" ] && echo $((v))
}

height() { num "$(rpc "$1" eth_blockNumber)"; }

safe_height() { # of the rollup node $1
	rpc "$1" optimism_syncStatus | jq -e .safe_l2.number
}

latest_output() { # of the L2OutputOracle $2 on the L1 $1; 0 when none
	local v
	# latestBlockNumber()
	v=$(rpc "$1" eth_call "[{\"to\":\"$2\",\"data\":\"0x4599c788\"},\"latest\"]") || return 1
	num "$v"
}

nonce() { num "$(rpc "$1" eth_getTransactionCount "[\"$2\",\"latest\"]")"; }

balance() { rpc "$1" eth_getBalance "[\"$2\",\"latest\"]" | jq -r .; }

wei() { # wei EXPRESSION: in Python, for what bash cannot count
	python3 -c "print($1)"
}

within() { # within PAID WANTED [PERCENT]: 1 % of each other
	[ "$(wei "abs($1 - $2) * 100 <= $2 * ${3:-1}")" = True ] || {
		echo "paid $1, wanted $2"
		return 1
	}
}

parallel() { # parallel N: waits until fewer than N jobs run
	while [ "$(jobs -rp | wc -l)" -ge "$1" ]; do wait -n; done
}

wait_for() { # wait_for SECONDS COMMAND...: until it succeeds
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || {
			echo "gave up on: $*"
			return 1
		}
		sleep 0.5
	done
}

above() { # above N COMMAND...: its number is greater than N
	local n=$1 v
	shift
	v=$("$@") && [ "$v" -gt "$n" ]
}

# A remote signer in DIR, which ends with the test; PORT is its port. Its log
# is DIR/log.
signer() { # signer KEY DIR
	mkdir -p "$2"
	# Nothing of the test's own output is held open, or prove would wait.
	tail -f /dev/null --pid=$$ 2>"$2/err" |
		(cd "$2" && exec python3 "$ROOT/tests/fake/signer.py" "$1" --log log) \
			>"$2/port" 2>>"$2/err" &
	wait_for 10 test -s "$2/port" && PORT=$(cat "$2/port")
}
signed() { # signed DIR: it has signed something
	grep -q ^eth_signTransaction "$1/log"
}

pids_under() { # processes whose command line names $1, or that work in it
	local p pid cwd
	for p in /proc/[0-9]*; do
		pid=${p#/proc/}
		[ "$pid" != $$ ] && [ "$pid" != $BASHPID ] || continue
		cwd=$(readlink "$p/cwd" 2>/dev/null)
		if [ "$cwd" = "$1" ] || [ "${cwd#"$1/"}" != "$cwd" ] ||
			tr '\0' ' ' 2>/dev/null <"$p/cmdline" | grep -qF -- "$1"; then
			echo "$pid"
		fi
	done
}

none_under() { # kills what pids_under $1 finds; true when there was nothing
	local p
	p=$(pids_under "$1")
	[ -n "$p" ] || return 0
	# shellcheck disable=SC2086
	kill -9 $p 2>/dev/null
	return 1
}

end_chain() { # end_chain DIR: stops what runs in it, by force if need be
	opl2 stop >/dev/null 2>&1 || opl2 stop -force >/dev/null 2>&1
	# A worker of a killed run may just be starting something.
	cd / && wait_for 20 none_under "$1"
}
