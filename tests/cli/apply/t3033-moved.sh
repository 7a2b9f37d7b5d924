#!/bin/bash
# A resource that gets another name, and is replaced by the same apply: nothing of
# the old object is left, and what opl2.lock has of it follows.
. "$(dirname "$0")/../lib.sh"

WHO='"0xd41c057fd1c78805AAC12B0A94a405c0461A6FBb"'
spec() { # spec NAME FILE [MOVED]: what has that name, and what depends on it
	cat >opl2.yaml <<Y
opl2: 1
name: t
resources:
  envrc:
    $1:
      path: $2
      admin_address: $WHO
      batcher_address: $WHO
      proposer_address: $WHO
      sequencer_address: $WHO
      l1_chain_id: 900000
      l2_chain_id: 900001
      l1_block_time: 2s
      l2_block_time: 1s
      impl_salt: salt
  null:
    $1: { triggers: { t: "1" } }
    user: { triggers: { t: "\${null.$1.id}" } }
${3:-}
Y
}
objects() { jq -r '[.resources[].addr] | sort | join(" ")' .opl2/state.json; }
pinned() { jq -r '.resources | keys | join(" ")' opl2.lock; }
moved() { printf 'moved:\n  - { from: envrc.a, to: envrc.b }\n  - { from: null.a, to: null.b }\n'; }

spec a old.sh
test_ok 'made' 'run 0 opl2 apply -auto-approve && [ -f old.sh ]'
# Pinned as a kind that fetches would pin it.
echo '{ "opl2_lock": 1, "presets": {}, "resources": { "null.a": { "pinned": "x" } } }' >opl2.lock
spec b new.sh "$(moved)"
test_ok 'the plan replaces it under its new name' '
	run 0 opl2 plan && out_has "envrc.b" && out_has "moved"'
test_ok 'apply leaves nothing of the old one' '
	run 0 opl2 apply -auto-approve && [ -f new.sh ] && [ ! -e old.sh ] &&
	[ "$(objects)" = "envrc.b null.b null.user" ]'
test_ok 'what depends on it goes by its new name' '
	[ "$(jq -r ".resources[] | select(.addr == \"null.user\").depends[0]" .opl2/state.json)" = null.b ]'
test_ok 'opl2.lock has it under its new name' '[ "$(pinned)" = null.b ]'
test_ok 'nothing is left to do' 'run 0 opl2 plan -detailed-exitcode'
test_ok 'state mv takes the pin along' '
	run 0 opl2 state mv -auto-approve null.b null.c && [ "$(pinned)" = null.c ]'

# Keys and files stay where they were made.
keys() { # keys NAME... [MOVED]: keys and secrets of these names
	printf 'opl2: 1\nname: t\nresources:\n  key:\n'
	for k; do printf '    %s: { source: { generate: true } }\n' "$k"; done
	printf '  jwt_secret:\n'
	for k; do printf '    %s: {}\n' "$k"; done
}
address() { jq -r --arg a "key.$1" '.resources[] | select(.addr == $a).attrs.address' .opl2/state.json; }
keys one >opl2.yaml
test_ok 'a key' 'run 0 opl2 apply -auto-approve'
key=$(address one)
{
	keys two
	printf 'moved:\n  - { from: key.one, to: key.two }\n  - { from: jwt_secret.one, to: jwt_secret.two }\n'
} >opl2.yaml
test_ok 'a move alone is shown, and is a change' '
	run 2 opl2 plan -detailed-exitcode && out_has "moved from: key.one" && out_has "0 to add, 0 to change, 0 to destroy" &&
	run 2 opl2 plan -detailed-exitcode -out=p && run 0 opl2 show -markdown p && out_has "key.two"'
test_ok 'it is the same key' '
	run 0 opl2 apply -auto-approve && [ "$(address two)" = "$key" ] && run 0 opl2 plan -detailed-exitcode'
secret() { jq -r --arg a "jwt_secret.$1" '.resources[] | select(.addr == $a).attrs.path' .opl2/state.json; }
keys two one >opl2.yaml
test_ok 'another of its old name has a key and a secret of its own' '
	run 0 opl2 apply -auto-approve && [ "$(address two)" = "$key" ] && [ "$(address one)" != "$key" ] &&
	! cmp -s "$(secret one)" "$(secret two)" && run 0 opl2 plan -detailed-exitcode'
test_ok 'which goes alone' '
	keys two >opl2.yaml && was=$(secret one) && run 13 opl2 apply -auto-approve && [ ! -e "$was" ] && [ -f "$(secret two)" ]'
keys two >opl2.yaml
test_ok 'destroy removes the file where it is' '
	[ -f .opl2/files/jwt_secret.one/jwt.txt ] && run 13 opl2 destroy -auto-approve && [ ! -e .opl2/files/jwt_secret.one ]'
done_testing
