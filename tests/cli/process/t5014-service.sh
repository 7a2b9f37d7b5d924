#!/bin/bash
# The systemd unit, and what it calls at boot and shutdown.
. "$(dirname "$0")/../lib.sh"

command -v python3 jq >/dev/null || skip_all 'no python3 or jq'
D=$PWD/.opl2
pid() { opl2 status -json "$1" | jq -r '.processes[0].pid'; }
end_all() {
	opl2 destroy -auto-approve
	opl2 stop -force
	rm -rf "$T_DIR"
} >/dev/null 2>&1
trap end_all EXIT
cat >opl2.yaml <<YAML
opl2: 1
name: t
resources:
  process:
    one: { command: [/bin/sh, -c, 'exec sleep 1000'], stop_order: 20 }
    two: { command: [/bin/sh, -c, 'exec sleep 1001'], stop_order: 10 }
    held: { command: [/bin/sh, -c, 'exec sleep 1002'] }
YAML

test_ok 'a chain runs' 'opl2 apply -auto-approve && opl2 stop held'
test_ok 'service print' '
	run 0 opl2 service print && out_has "KillMode=process" && out_has "SendSIGKILL=no" &&
	out_has "ExecStart=\"$(command -v opl2)\" \"-chdir=$PWD\" start -resume" &&
	out_has "WantedBy=default.target"'
if command -v systemd-analyze >/dev/null; then
	test_ok 'systemd-analyze has nothing to say' '
		opl2 service print -system >t.service &&
		{ systemd-analyze verify --man=no "$PWD/t.service" >said 2>&1; cat said; } &&
		lacks said t.service'
fi
test_ok 'service install writes it and says how to go on' '
	run 0 opl2 service install && out_has "systemctl --user enable --now opl2-t" &&
	opl2 service print | cmp - "$HOME/.config/systemd/user/opl2-t.service"'
test_ok 'its ExecStop stops in order, without a hold, and the supervisor' '
	p=$(pid one) && opl2 stop -suspend && ! kill -0 "$p" 2>/dev/null &&
	[ ! -S "$D/run/supervise.sock" ] &&
	opl2 status -json | jq -e "[.processes[] | select(.hold)] | map(.name) == [\"held\"]" &&
	grep "stopping pid" "$D/logs/supervise.log" | tail -n 2 | head -n 1 | grep two:'
test_ok 'its ExecStart starts what was up, and no more' '
	opl2 start -resume && kill -0 "$(pid one)" && kill -0 "$(pid two)" &&
	[ "$(pid held)" = null ] && opl2 plan -detailed-exitcode'
test_fails 3 'suspend takes no names' 'opl2 stop -suspend one' 'err_has E0944'

printf 'variables:\n  url: { type: string, env: MY_URL, sensitive: true }\n' >>opl2.yaml
sed -i "s/1001'\\]/&, env: { URL: \"\${var.url}\" }/" opl2.yaml
test_fails 10 'what comes from the environment only is refused' '
	MY_URL=5ecre7 opl2 apply -auto-approve && opl2 service install' '
	err_has E0943 && err_has "needs OPL2_VAR_url"'
test_fails 1 'a file that others can read is refused' '
	echo OPL2_VAR_url=5ecre7 >env && chmod 644 env &&
	opl2 service print -environment-file=env' 'err_has E0942 && err_has "chmod 600"'
test_ok 'a file with the variable is taken, and not shown' '
	chmod 600 env && run 0 opl2 service print -environment-file=env &&
	out_has "EnvironmentFile=$PWD/env" && lacks "$OUT/stdout" 5ecre7'
test_fails 10 'one without it is not' '
	echo OTHER=1 >env && opl2 service print -environment-file=env' 'err_has E0943'
test_fails 10 'without a supervisor nobody knows what is needed' '
	opl2 stop -suspend && opl2 service print' 'err_has "opl2 start"'
done_testing
