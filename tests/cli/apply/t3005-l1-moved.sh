#!/bin/bash
# An L1 that is reached at another URL than before, where nothing answers any
# more: what is on it is looked at where it is now.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-chain.sh"

serve_l1 '{}'
# Not by a variable, whose value nobody records.
chain_spec | sed "s#\${var.l1}#$L1_URL#" | spec
test_ok 'a chain on one L1' 'adopt && opl2 apply -auto-approve && opl2 plan -detailed-exitcode'

moves() { # the same answers at another port, none at the old one
	local port old=$server was=$L1_URL
	port=$(python3 "$ROOT/tests/cli/rpc_server.py" --free-port)
	echo "$port" >"$T_DIR/port"
	python3 "$ROOT/tests/cli/rpc_server.py" "$T_DIR/port" "$CALLS" "$RPC" &
	server=$!
	kill "$old" && { wait "$old" 2>/dev/null; }
	export L1_URL=http://127.0.0.1:$port
	sed -i "s#$was#$L1_URL#" opl2.yaml
	listens "$port" $server
}
moves
test_ok 'a plan looks at the new one, and has only that to change' '
	run 0 opl2 plan && out_has "l1_rpc: (sensitive) -> (sensitive)" &&
	out_has "0 to add, 1 to change" && ! grep -q "cannot be reached\|deferred" "$OUT/stdout"'
test_ok 'and so does an apply' '
	run 0 opl2 apply -auto-approve && run 0 opl2 plan -detailed-exitcode'
moves
# What is put off until a dependency is there is read by what that has become.
cat >>opl2.yaml <<'Y'
  process:
    p:
      command: [sleep, "1000"]
Y
test_ok 'a read that is put off is made at the new one' '
	sed -i "s/      l1_digest: d1/&\n      depends_on: [process.p]/" opl2.yaml &&
	run 0 opl2 apply -auto-approve && run 0 opl2 plan -detailed-exitcode; rc=$?
	opl2 stop -force >/dev/null 2>&1; [ $rc = 0 ]'
done_testing
