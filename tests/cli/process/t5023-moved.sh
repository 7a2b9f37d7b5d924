#!/bin/bash
# A process that gets another name: the old one ends before the new one starts, and
# whenever opl2 is killed on the way, the next apply leaves the new one alone.
. "$(dirname "$0")/../lib.sh"

trap 'opl2 destroy -auto-approve >/dev/null 2>&1; rm -rf "$T_DIR"' EXIT
spec() { # spec NAME [MOVED]
	cat >opl2.yaml <<Y
opl2: 1
name: t
resources:
  process:
    $1: { command: [/bin/sleep, "1000"], stop: [{ signal: TERM, grace: 10s }] }
    user: { command: [/bin/sleep, "1001"], after: ["\${process.$1.name}"] }
${2:-}
Y
}
names() { # of all that the supervisor has, when each is ready
	opl2 status -json | jq -er 'select([.processes[].state] | unique == ["ready"]) | [.processes[].name] | sort | join(" ")'
}
moved() { printf 'moved:\n  - { from: process.%s, to: process.%s }\n' "$1" "$2"; }

spec a
test_ok 'two processes' 'run 0 opl2 apply -auto-approve && [ "$(names)" = "a user" ]'
pid=$(opl2 status -json | jq '.processes[] | select(.name == "a") | .pid')
spec b "$(moved a b)"
test_ok 'the plan says that it is made anew' '
	run 2 opl2 plan -detailed-exitcode && out_has "process.b  (replace)" && out_has "moved from: process.a"'
test_ok 'one of it runs, under the new name' '
	run 0 opl2 apply -auto-approve && [ "$(names)" = "b user" ] && ! kill -0 "$pid" 2>/dev/null'
test_ok 'nothing is left to do' 'run 0 opl2 plan -detailed-exitcode'

was=b
n=0
for point in apply.after_effect apply.before_record apply.after_record; do
	for at in 1 2 3; do
		n=$((n + 1))
		spec "c$n" "$(moved "$was" "c$n")"
		was=c$n
		OPL2_FAULT=$point:$at opl2 apply -auto-approve >/dev/null 2>&1
		test_ok "killed at $point:$at" "run 0 opl2 apply -auto-approve && [ \"\$(names)\" = '$was user' ] &&
			run 0 opl2 plan -detailed-exitcode"
	done
done
done_testing
