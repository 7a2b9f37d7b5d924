#!/usr/bin/env bash
# Which applies share their limits: one that did not end well and those that go
# on with it have one name, in .opl2/apply; the next one has another.
. "$(dirname "$0")/../lib.sh"

need() { # need PATH: apply fails as long as it does not exist
	spec <<Y
resources:
  null: { a: {} }
  key: { k: { source: { file: $1 } } }
Y
}
name() { cat .opl2/apply; }

need missing
test_ok 'a failed apply keeps its name' '
	run 10 opl2 apply -auto-approve && name >first && [ -s first ]'
test_ok 'and what goes on with it has it too' '
	run 10 opl2 apply -auto-approve && name | cmp - first'
(umask 077 && printf '%064d\n' 7 >missing)
test_ok 'a plan does not touch it' 'run 0 opl2 plan && name | cmp - first'
test_ok 'it ends with an apply that ends well' '
	run 0 opl2 apply -auto-approve && [ ! -e .opl2/apply ]'
test_ok 'or with one that finds nothing to do, of all resources' '
	echo 0123456789abcdef >.opl2/apply && run 0 opl2 apply -auto-approve -target=null.a &&
	[ -e .opl2/apply ] && run 0 opl2 apply -auto-approve && [ ! -e .opl2/apply ]'
rm missing
test_ok 'the next one has another' '
	rm -rf .opl2 && run 10 opl2 apply -auto-approve && ! name | cmp -s - first'
printf 'xyz' >.opl2/apply
test_ok 'a damaged one is replaced' '
	run 10 opl2 apply -auto-approve && name | grep -Eqx "[0-9a-f]{16}"'
done_testing
