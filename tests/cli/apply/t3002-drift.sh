#!/bin/bash
# Drift: what was changed behind opl2's back is named, has an exit code of its
# own with -refresh-only, and is repaired by the next apply.
. "$(dirname "$0")/../lib.sh"

command -v python3 jq >/dev/null || skip_all 'no python3 or jq'
D=$PWD/.opl2
end_all() {
	opl2 destroy -auto-approve
	opl2 stop -force
	rm -rf "$T_DIR"
} >/dev/null 2>&1
trap end_all EXIT
sup() { python3 "$ROOT/tests/cli/supctl.py" "$D" "$@"; }

spec <<-'Y'
resources:
  jwt_secret: { l2: {} }
  process:
    node:
      command: [/bin/sh, -c, 'exec sleep 1000', sh]
      args: { verbosity: 3 }
Y
JWT=.opl2/files/jwt_secret.l2/jwt.txt
apply_ok() { run 0 opl2 apply -auto-approve; }
none() { run 0 opl2 plan -refresh-only -detailed-exitcode && out_has "No changes."; }
drifts() { # drifts ADDR: and nothing else; the state stays
	cp .opl2/state.json before.json &&
		run 6 opl2 plan -refresh-only -detailed-exitcode && out_has "$1" &&
		out_has "changed outside of opl2" && out_has "Drift: 1 changed" &&
		cmp .opl2/state.json before.json
}

test_ok 'there is none after an apply' 'apply_ok && none'
test_ok 'the mode of a file' 'chmod 644 $JWT && drifts jwt_secret.l2 && out_has "0600 -> 0644"'
test_ok 'only -refresh-only has the code' 'run 0 opl2 plan && run 2 opl2 plan -detailed-exitcode'
test_ok 'an apply repairs it' 'apply_ok && [ "$(stat -c %a $JWT)" = 600 ] && none'
pid() { opl2 status -json node | jq -er .processes[0].pid; }
sleeps() { tr "\0" " " <"/proc/$1/cmdline" | grep -q "sleep 1000"; } # sleeps PID
other_args() { # as if somebody had talked to the supervisor
	local def
	def=$(jq -c '.def.command[-1] = "--verbosity=5" | .def' "$D/run/procs/node.json") &&
		sup put "{\"name\": \"node\", \"def\": $def, \"secrets\": {}}" && sup restart '{}' &&
		sup wait_ready '{}'
}
test_ok 'the arguments of a process' 'other_args && drifts process.node'
test_ok 'the plan says what it means' '
	run 2 opl2 plan -detailed-exitcode && out_has "process.node" && out_has "restart"'
test_ok 'an apply restarts it as the spec says' '
	was=$(pid) && apply_ok && now=$(pid) && [ "$was" != "$now" ] &&
	until_true 100 sleeps "$now" &&
	jq -e ".def.command[-1] == \"--verbosity=3\"" "$D/run/procs/node.json" && none'
test_ok 'a process that was ended' '
	sup stop "{}" && run 6 opl2 plan -refresh-only -detailed-exitcode && out_has process.node &&
	apply_ok && none'
test_ok 'apply -refresh-only takes it as it is' '
	chmod 640 $JWT && run 0 opl2 apply -refresh-only -auto-approve && none &&
	[ "$(stat -c %a $JWT)" = 640 ]'
done_testing
