#!/bin/bash
# The kind process under plan, apply and destroy.
. "$(dirname "$0")/../lib.sh"

. "$ROOT/tests/cli/lib-sup.sh"

pid() { opl2 status -json "$1" | jq -r '.processes[0].pid'; }
end_all() {
	opl2 destroy -auto-approve
	opl2 stop -force
	rm -rf "$T_DIR"
} >/dev/null 2>&1
trap end_all EXIT

python3 "$HERE/rpc_server.py" --free-port >port
spec() { # spec PORT NODE-ARGS
	cat >opl2.yaml <<YAML
opl2: 1
name: t
variables:
  token: { type: string, env: MY_TOKEN, sensitive: true }
resources:
  process:
    l1:
      command: [python3, $HERE/rpc_server.py, $PWD/port, $PWD/calls]
      ports: { rpc: $1 }
      urls: { rpc: "http://127.0.0.1:\${self.ports.rpc}" }
      ready:
        - rpc: { url: "\${self.urls.rpc}", method: eth_blockNumber, at_least: 16 }
      stop_order: 90
    node:
      command: [/bin/sh, -c, 'exec sleep 1000', sh]
      args: { $2 }
      env: { TOKEN: "x\${var.token}" }
      after: ["\${process.l1.name}"]
      stop:
        - rpc: { url: "\${process.l1.urls.rpc}", method: admin_stop }
        - { signal: INT, grace: 5s }
      stop_order: 10
YAML
}
spec "$(cat port)" 'flag: true, off: false, list: [a, b], n: 7, text: "false"'
export MY_TOKEN=5ecre7

test_ok 'apply creates both' 'opl2 apply -auto-approve && opl2 status'
test_ok 'arguments are rendered' '
	tr "\0" " " <"/proc/$(pid node)/cmdline" >args; cat args
	tr "\0" "\n" <"$D/run/procs/node.json" | jq -c .def.command |
	  grep -q "\"--flag\",\"--list=a,b\",\"--n=7\",\"--text=false\"\]"'
test_ok 'apply again does nothing' 'opl2 plan -detailed-exitcode && opl2 apply -auto-approve | grep -q "No changes"'
test_ok 'a changed argument restarts that process only' '
	a=$(pid l1) b=$(pid node) && spec "$(cat port)" "n: 8" &&
	opl2 apply -auto-approve && [ "$(pid l1)" = "$a" ] && [ "$(pid node)" != "$b" ]'
test_ok 'a changed secret restarts it too' '
	b=$(pid node) && MY_TOKEN=0ther5 opl2 apply -auto-approve && [ "$(pid node)" != "$b" ] &&
	tr "\0" "\n" <"/proc/$(program node)/environ" | grep -qx TOKEN=x0ther5 &&
	MY_TOKEN=0ther5 opl2 plan | grep -q "No changes"'
test_ok 'a changed stop step does not' '
	b=$(pid node) && sed -i "s/grace: 5s/grace: 6s/" opl2.yaml &&
	MY_TOKEN=0ther5 opl2 apply -auto-approve && [ "$(pid node)" = "$b" ]'
export MY_TOKEN=0ther5
test_ok 'the hold of stop is shown and kept' '
	opl2 stop node && opl2 plan 2>&1 | grep -q W0930 &&
	opl2 plan -detailed-exitcode && [ "$(pid node)" = null ]'
test_ok 'start ends it, and finds variables by the spec' '
	at_once $(opl2 status -json | jq ".supervisor | .pid, .guard_pid") &&
	opl2 start && opl2 plan -detailed-exitcode'
test_ok 'what died with everything is drift, and repaired' '
	at_once $(opl2 status -json | jq ".supervisor.pid, .supervisor.guard_pid, .processes[].pid") &&
	opl2 plan | grep -q "running: true -> false" && opl2 apply -auto-approve &&
	opl2 status && opl2 plan -detailed-exitcode'
# Else it would be ready if it took long to end.
nobody=$(python3 "$HERE/rpc_server.py" --free-port)
test_fails 1 'a wrong flag fails with the log' '
	sed -i "s/exec sleep 1000/echo no such flag; exit 2/; s/, sh]/&\n      ready: [{ tcp: { port: $nobody } }]/" opl2.yaml &&
	opl2 apply -auto-approve' 'grep -q "no such flag" $OUT/stderr'
test_ok '... and the next apply goes on' '
	sed -i "s/echo no such flag; exit 2/exec sleep 1001/; /ready: .{ tcp/d" opl2.yaml &&
	opl2 apply -auto-approve && opl2 status'
# Its restarts do not say how long it waits: those of before count, too.
waits_long() { # until its next attempt is seconds away
	local end=$((SECONDS + 120))
	until grep -q "node: .*; next attempt in 8000 ms" "$D/logs/supervise.log"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.1
	done
}
test_ok 'apply does not wait for the next try of a process' '
	sed -i "s/exec sleep 1001/test ! -e away || exit 1; exec sleep 1001/; s/, sh]/, sh]\n      dir: ./" opl2.yaml &&
	opl2 apply -auto-approve && : >away && kill -9 $(pid node) && waits_long &&
	opl2 plan | grep "running: true -> false" && rm away &&
	opl2 apply -auto-approve && opl2 status node && opl2 plan -detailed-exitcode'
test_ok 'no secret in what opl2 writes' '! grep -rqE "0ther5|5ecre7" "$D"'
test_fails 3 'a secret as an argument is refused' '
	sed "s/n: 8/n: \"\${var.token}\"/" opl2.yaml >x && mkdir -p bad && mv x bad/opl2.yaml &&
	opl2 -chdir=bad validate'
test_ok 'destroy stops in order and ends the supervisor' '
	: >calls && opl2 destroy -auto-approve && grep -q admin_stop calls &&
	[ ! -S "$D/run/supervise.sock" ]'
# As one that was killed just before it told the supervisor to end.
test_ok 'it ends one whose processes are gone' '
	opl2 apply -auto-approve && for p in node l1; do
		sup stop "{\"names\": [\"$p\"], \"force\": true}" &&
		sup remove "{\"names\": [\"$p\"]}" || exit; done &&
	[ -S "$D/run/supervise.sock" ] && opl2 destroy -auto-approve &&
	[ ! -S "$D/run/supervise.sock" ]'
done_testing
