#!/bin/bash
# Probes that are alternatives: one of them must hold before a process starts.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-sup.sh"

P=$(python3 "$HERE/rpc_server.py" --free-port)
Q=$(python3 "$HERE/rpc_server.py" --free-port)
echo "$P" >"$D/port"
node='["/usr/bin/env", "python3", "'$HERE'/rpc_server.py", "'$D'/port", "'$D'/calls", "'$D'/answers"]'
says() { # says NUMBER: the newest block of the node
	echo "{\"eth_blockNumber\": \"$1\"}" >"$D/new" && mv "$D/new" "$D/answers"
}
open='{"tcp": {"port": '$P'}}'
closed='{"tcp": {"port": '$Q'}}'
high='{"rpc": {"url": "http://127.0.0.1:'$P'/", "method": "eth_blockNumber", "at_least": "17"}}'
waits() { # waits NAME PROBE...: a process that starts when they hold
	local name=$1 probes
	shift
	probes=$(IFS=,; echo "$*")
	put "$name" "{\"command\": [\"/bin/sleep\", \"1000\"], \"log\": {\"path\": \"$D/logs/$name.log\"},
		\"start_when\": [$probes]}"
}
any() { local IFS=,; echo "{\"any\": [$*]}"; }

START=
says 0x10
opl2-supervise --dir="$D"
test_ok 'the first, one in the middle, or the last holds' '
	put node "{\"command\": $node, \"log\": {\"path\": \"$D/logs/node.log\"}, \"ready\": [$open]}" &&
	opl2 start node && waits a "$(any "$open" "$closed")" "$(any "$closed" "$open" "$high")" "$(any "$closed" "$high" "$open")" &&
	opl2 start a && is a .state "\"ready\""'
test_ok 'none of them does' '
	waits b "$open" "$(any "$closed" "$high")" && { opl2 start b >/dev/null 2>&1 & START=$!; } &&
	until_true 50 eval "field b .waits_for | grep -q \"eth_blockNumber at .*: is .*, must be at least\"" &&
	is b .pid null'
test_ok 'until one does' '
	says 0x11 && until_true 50 is b .state "\"ready\"" && wait $START'
test_ok 'all others must hold as well' '
	waits c "$(any "$closed" "$open")" "$closed" && { opl2 start c >/dev/null 2>&1 & START=$!; } &&
	until_true 50 eval "field c .waits_for | grep -q \"port $Q\"" && is c .pid null; rc=$?
	opl2 stop -force c >/dev/null 2>&1; kill $START 2>/dev/null; wait $START; return $rc'
sup shutdown '{}' >/dev/null
done_testing
