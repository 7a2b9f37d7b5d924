#!/bin/bash
# A process that is bound to another one begins again when that one broke off.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-sup.sh"

state_is() { is "$1" .state "\"$2\""; }
def() { # def NAME [MORE]: a process that does nothing
	echo "{\"command\": [\"/bin/sleep\", \"1000\"], \"log\": {\"path\": \"$D/logs/$1.log\"}${2:-}}"
}

test_ok 'three processes, one of them bound' '
	opl2-supervise --dir="$D" && put engine "$(def engine)" &&
	put node "$(def node ", \"depends\": [\"engine\"], \"bound_to\": [\"engine\"]")" &&
	put batcher "$(def batcher ", \"depends\": [\"node\"]")" && opl2 start &&
	state_is node ready && state_is batcher ready'

test_ok 'the other one is killed: this one is restarted once that is back' '
	e=$(field engine .pid) n=$(field node .pid) b=$(field batcher .pid) &&
	kill -9 "$e" && until_true 80 other_pid node "$n" && other_pid engine "$e" &&
	[ "$(field batcher .pid)" = "$b" ] &&
	grep -q "node: restarted, because engine was interrupted" "$D/logs/supervise.log"'

test_ok 'that is no failure of its own' 'is node .restarts 0'

test_ok 'a restart that was asked for is none of its business' '
	e=$(field engine .pid) n=$(field node .pid) && opl2 restart engine &&
	other_pid engine "$e" && [ "$(field node .pid)" = "$n" ]'

node_is() { [ "$(field node .pid)" = "$1" ]; }
test_ok 'a supervisor that comes after does not do it again' '
	e=$(field engine .pid) n=$(field node .pid) && kill -9 "$e" && until_true 80 other_pid node "$n" &&
	n=$(field node .pid) && sup upgrade "{\"path\": \"$BIN/opl2-supervise\"}" && until_true 80 state_is node ready &&
	e=$(field engine .pid) && opl2 stop engine && opl2 start engine && other_pid engine "$e" && stays 10 node_is "$n"'

test_ok 'what is stopped stays so' '
	opl2 stop node && e=$(field engine .pid) && kill -9 "$e" &&
	until_true 80 other_pid engine "$e" && state_is node stopped'

test_fails 3 'the name of no process is refused' '
	sup put "{\"name\": \"x\", \"def\": $(def x ", \"bound_to\": [7]")}" >reply
	jq -r .diags[0].summary reply >&2
	exit $(jq ".diags[0].code == \"E0901\" | if . then 3 else 1 end" reply)' \
	'err_has "bound_to: item 0"'

done_testing
