#!/bin/bash
# What a process leaves in its group is told to end, and by a number that is
# still its own.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-sup.sh"

cat >parent <<'S'
#!/bin/sh
sleep 1000 &
echo $! >"$1"
wait
S
chmod +x parent
put_parent() { # put_parent NAME
	put "$1" "{\"command\": [\"$PWD/parent\", \"$PWD/$1.child\"],
	  \"restart\": {\"policy\": \"never\"}, \"log\": {\"path\": \"$D/logs/$1.log\"}}" &&
	opl2 start "$1" && until_true 50 test -s "$1.child"
}
child_gone() { gone "$(cat "$1.child")"; }

tracer=
command -v strace >/dev/null && strace -qq -o /dev/null true 2>/dev/null &&
	tracer="strace -f -qq -e trace=waitid,kill,pidfd_send_signal -o $PWD/trace"
# shellcheck disable=SC2086
ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 $tracer opl2-supervise --dir="$D" &
until_true 100 test -S "$D/run/supervise.sock"

order() { # order PID: is its group told, then the pid set free
	grep -nE "pidfd_send_signal\([0-9]+, SIGTERM|kill\(-$1, SIGTERM|waitid.*si_pid=$1,.*WEXITED" trace |
		grep -v WNOWAIT >order
	grep -q waitid order && head -n1 order | grep -q SIGTERM
}
if [ -n "$tracer" ]; then
	test_ok 'it is told before the number is free for another' '
		put_parent b && p=$(field b .pid) && kill -9 "$p" &&
		until_true 50 child_gone b && until_true 50 order "$p"'
else
	echo "# no strace: the order is not looked at"
fi
test_ok 'what is left of the group ends with its leader' '
	put_parent a && kill -9 "$(field a .pid)" && until_true 50 child_gone a'
test_ok 'also of a leader that was adopted' '
	put_parent c && s=$(sup_pid) && kill -9 "$s" && until_true 100 sup_changed pid "$s" &&
	is c .adopted true && kill -9 "$(field c .pid)" && until_true 50 child_gone c'
done_testing
