#!/usr/bin/env bash
# Which file a generated key has: one of its own for each address, and that of
# an earlier version, which wrote '_' for the '/' of an instance.
. "$(dirname "$0")/lib.sh"

mkdir part && cat >part/preset.yaml <<'Y'
opl2: 1
description: two keys
resources:
  key:
    admin: { source: { generate: true } }
    b_c-d: { source: { generate: true } }
  jwt_secret: { j: {} }
  datadir: { geth: { key: "0x0123456789abcdef" } }
Y
P=$PWD/part
world() { # world NAMES: keys beside the instance r1
	{
		printf 'opl2: 1\nname: t\ninstances:\n  r1: { use: %s }\n' "$P"
		[ $# -eq 0 ] || printf 'resources:\n  key:\n'
		[ $# -eq 0 ] || printf '    %s: { source: { generate: true } }\n' "$@"
	} >opl2.yaml
}
apply() { opl2 apply -auto-approve "$@"; }
address() { opl2 state show -json "$1" | jq -r .attrs.address; }
file() { opl2 state show -json "$1" | jq -r .attrs.file; }
older() { # older: the keys' files and the state as an earlier version has them
	local f
	for f in .opl2/keys/*+*; do
		mv "$f" "${f/+/_}"
	done
	sed -i 's#\(/keys/key\.[^"+]*\)+#\1_#g' .opl2/state.json &&
		jq -cSj 'del(.checksum)' .opl2/state.json | sha256sum | cut -c-64 >sum &&
		jq --arg s "$(cat sum)" '.checksum = $s' .opl2/state.json >new &&
		cat new >.opl2/state.json
}

test_ok 'each address has a key of its own' '
	fresh a && world r1_admin r1-admin r1_b_c-d r1 && run 0 apply &&
	for k in r1/admin r1/b_c-d r1_admin r1-admin r1_b_c-d r1; do address key.$k; done >all &&
	[ "$(sort -u all | grep -c 0x)" = 6 ] && [ "$(ls .opl2/keys | wc -l)" = 6 ] &&
	run 0 opl2 plan -expect-no-changes'

test_ok 'the key of a chain made by an earlier version is used' '
	fresh b && world && run 0 apply && was=$(address key.r1/admin) && older &&
	[ -f .opl2/keys/key.r1_admin ] && run 0 opl2 plan -expect-no-changes &&
	run 0 apply && [ "$(address key.r1/admin)" = "$was" ] &&
	[ "$(ls .opl2/keys | wc -l)" = 2 ]'

test_ok 'and not by another resource with its old name' '
	cd b && world r1_admin && run 0 apply && was=$(address key.r1/admin) &&
	[ "$(address key.r1_admin)" != "$was" ] &&
	[ "$(basename "$(file key.r1/admin)")" = key.r1_admin ] &&
	run 0 opl2 plan -expect-no-changes'

test_ok 'the old file is found when nothing is recorded' '
	fresh c && world && run 0 apply && was=$(address key.r1/admin) && older &&
	run 0 opl2 state rm -auto-approve key.r1/admin && run 0 apply &&
	[ "$(address key.r1/admin)" = "$was" ] && [ ! -e .opl2/keys/key.r1+admin ]'

test_fails 3 'a file that may be of either: no key is made' '
	fresh d && world && run 0 apply && older &&
	run 0 opl2 state rm -auto-approve key.r1/admin && world r1_admin && apply' '
	err_has E1166 && err_has key.r1_admin && [ "$(ls d/.opl2/keys | wc -l)" = 2 ]'

test_ok 'the hint says what to do' '
	cd d && bash -c "$(sed -n "s/.*: \(mv .*\); else.*/\1/p" "$OUT/stderr")" &&
	run 0 apply && [ "$(address key.r1/admin)" != "$(address key.r1_admin)" ]'

test_ok 'two that have shared a key keep it, with a warning' '
	fresh e && world r1_admin && run 0 apply && older && run 0 opl2 plan && err_has W1167 &&
	[ ! -e .opl2/keys/key.r1+admin ]'
done_testing
