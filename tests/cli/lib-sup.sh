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
until_true() { # until_true N CMD: tries for N tenths of a second
	local n=$1
	shift
	while ! "$@"; do
		n=$((n - 1))
		[ $n -gt 0 ] || return 1
		sleep 0.1
	done
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
