# shellcheck shell=bash
# A supervisor that is spoken to: after lib.sh. Its folder is $D, and all of it
# ends with the test.

command -v python3 jq >/dev/null || skip_all 'no python3 or jq'
HERE=$ROOT/tests/cli
export OPL2_LIBEXEC=$BIN
D=$PWD/.opl2
mkdir -p "$D"

# sup OP JSON: one request; prints the reply.
sup() { python3 "$HERE/supctl.py" "$D" "$@"; }
# put NAME JSON: defines a process.
put() { sup put "{\"name\": \"$1\", \"def\": $2}" >/dev/null; }
field() { opl2 status -json "$1" | jq -c ".processes[0]$2"; }
is() { [ "$(field "$1" "$2")" = "$3" ]; } # is NAME .FIELD VALUE
sup_pid() { # sup_pid [guard_pid]: of the supervisor
	opl2 status -json | jq -r --arg k "${1:-pid}" '.supervisor[$k]'
}
sup_changed() { # sup_changed pid|guard_pid OLD: there is another one
	case $(sup_pid "$1" 2>/dev/null) in
	'' | null | 0 | "$2") return 1 ;;
	esac
}
gone() { # gone PID: it has ended, though nobody may have waited for it yet
	! kill -0 "$1" 2>/dev/null || grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null
}
# One that is quick to see the other die would start it again.
at_once() { # at_once PID...: kills them all
	local pid
	kill -STOP "$@" && kill -9 "$@" || return
	for pid; do until_true 100 gone "$pid" || return; done
}
other_pid() { # other_pid NAME OLD: it is ready, and another one
	is "$1" .state '"ready"' && [ "$(field "$1" .pid)" != "$2" ]
}
# Without a probe one is ready after a moment, whatever it has done by then.
is_executed() { # is_executed PID: it runs its own program
	case $(readlink "/proc/$1/exe") in
	'' | */opl2-supervise) return 1 ;;
	esac
}
program() { # program NAME: its pid, once it runs its own program
	local pid
	pid=$(field "$1" .pid) && until_true 100 is_executed "$pid" && echo "$pid"
}
stays() { # stays N CMD: it is so for N tenths of a second
	local n=$1
	shift
	while "$@"; do
		n=$((n - 1))
		[ $n -gt 0 ] || return 0
		sleep 0.1
	done
	return 1
}
end_all() {
	opl2 stop -force
	sup shutdown '{}'
	rm -rf "$T_DIR"
} >/dev/null 2>&1
trap end_all EXIT
