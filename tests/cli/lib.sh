# shellcheck shell=bash
# Test library of the command line: TAP for prove, in the manner of git's.
#
#   . "$(dirname "$0")/lib.sh"
#   test_ok 'title' 'commands && commands'
#   test_fails 3 'title' 'command'         that exit code, and no other
#   done_testing
#
# A body is a string: it runs in a subshell of its own, in the test file's
# folder, with `set -e` unset; chain with &&. Death by a signal or a sanitizer
# is always a failure. On failure its output is shown. What a body prints is
# in $OUT/stdout and $OUT/stderr of test_fails and of `run`.

set -u
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
GOLDEN=$ROOT/tests/golden
BIN=${OPL2_BIN:-$ROOT/build/asan}

# A clean environment: what the caller has set must not matter.
for t_var in $(compgen -e); do
	case $t_var in
	PATH | TMPDIR | OPL2_BIN | OPL2_GOLDEN | OPL2_FAULTS_ALL) ;;
	*) unset "$t_var" ;;
	esac
done
export PATH=$BIN:$PATH LC_ALL=C TZ=UTC TERM=dumb
# Recognisable: no command of ours exits 99.
export ASAN_OPTIONS=exitcode=99:detect_leaks=1
export UBSAN_OPTIONS=exitcode=99:print_stacktrace=1

T_DIR=$(mktemp -d "${TMPDIR:-/tmp}/opl2-cli.XXXXXX")
OUT=$T_DIR/out
mkdir "$OUT" "$T_DIR/home" "$T_DIR/cwd"
export HOME=$T_DIR/home XDG_CACHE_HOME=$T_DIR/home/cache OUT
cd "$T_DIR/cwd" || exit 1
trap 'rm -rf "$T_DIR"' EXIT
t_n=0
t_bad=0

t_report() { # t_report RC TITLE
	t_n=$((t_n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $t_n - $2"
	else
		echo "not ok $t_n - $2"
		sed 's/^/# /' "$OUT/log" | tail -n 60
		t_bad=$((t_bad + 1))
	fi
}

test_ok() { # test_ok TITLE BODY
	(eval "$2") >"$OUT/log" 2>&1 </dev/null
	t_report $? "$1"
}

test_fails() { # test_fails CODE TITLE COMMAND [CHECK]
	local rc want=$1
	(eval "$3") >"$OUT/stdout" 2>"$OUT/stderr" </dev/null
	rc=$?
	{
		echo "exit $rc, wanted $want: $3"
		cat "$OUT/stdout" "$OUT/stderr"
	} >"$OUT/log"
	if [ $rc -eq "$want" ] && [ $# -gt 3 ]; then
		(eval "$4") >>"$OUT/log" 2>&1
		rc=$?
		t_report $rc "$2"
	else
		[ $rc -eq "$want" ]
		t_report $? "$2"
	fi
}

test_skip() { # test_skip TITLE WHY: one that cannot be run here
	t_n=$((t_n + 1))
	echo "ok $t_n - $1 # SKIP $2"
}

skip_all() { # skip_all WHY: before the first test
	echo "1..0 # SKIP $*"
	exit 0
}

done_testing() {
	echo "1..$t_n"
	[ $t_bad -eq 0 ]
	exit $?
}

# --- helpers for bodies ---

run() { # run CODE COMMAND...: its output goes to $OUT/stdout and stderr
	local rc want=$1
	shift
	"$@" >"$OUT/stdout" 2>"$OUT/stderr" </dev/null
	rc=$?
	[ $rc -eq "$want" ] && return 0
	echo "exit $rc, wanted $want: $*"
	cat "$OUT/stdout" "$OUT/stderr"
	return 1
}

# Random, temporary and timed things, so that a golden stays the same.
t_scrub() {
	sed -E -e "s#$T_DIR/cwd#DIR#g" \
		-e 's/[0-9a-f]{32,64}/HEX/g' \
		-e 's/ in [0-9.]+s\b/ in TIME/g' \
		-e 's/"@timestamp":"[^"]*"/"@timestamp":"TIME"/' \
		-e 's/"elapsed_ms":[0-9]+/"elapsed_ms":0/'
}

cmp_golden() { # cmp_golden NAME [FILE]: FILE is $OUT/stdout by default
	local want=$GOLDEN/$1 got=$OUT/golden
	t_scrub <"${2:-$OUT/stdout}" >"$got"
	if [ -n "${OPL2_GOLDEN:-}" ]; then
		mkdir -p "$(dirname "$want")" && cp "$got" "$want"
		return
	fi
	diff -u "$want" "$got"
}

# How fast a machine is, is none of what a test is about.
until_true() { # until_true N CMD: tries for N tenths of a second and a minute
	local end=$((SECONDS + 60 + $1 / 10))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.1 # wait: for what the command looks at
	done
}

while_alive() { # while_alive PID CMD: until CMD succeeds, as long as PID lives
	local pid=$1
	shift
	until "$@"; do
		kill -0 "$pid" || return 1
		sleep 0.05 # wait: for what the command looks at
	done
}
takes() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; } # takes PORT: a connection
listens() { while_alive "$2" takes "$1"; }                 # listens PORT PID
written() { while_alive "$2" [ -s "$1" ]; }                # written FILE PID

has() { # has FILE TEXT: the file holds the text
	grep -qF -- "$2" "$1" && return 0
	echo "no '$2' in $1:"
	cat "$1"
	return 1
}

lacks() { # lacks FILE TEXT
	grep -qF -- "$2" "$1" || return 0
	echo "'$2' is in $1:"
	cat "$1"
	return 1
}

out_has() { has "$OUT/stdout" "$1"; }
err_has() { has "$OUT/stderr" "$1"; }

spec() { # spec: a spec in the current folder, from standard input
	{
		printf 'opl2: 1\nname: t\n'
		cat
	} >opl2.yaml
}

fresh() { # fresh NAME: an empty folder, entered
	rm -rf "$T_DIR/cwd/$1" && mkdir "$T_DIR/cwd/$1" &&
		cd "$T_DIR/cwd/$1" || return 1
}
