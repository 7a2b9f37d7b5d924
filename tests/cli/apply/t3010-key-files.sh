#!/usr/bin/env bash
# Which file a generated key has: one of its own for each address, and that of
# an earlier version, which wrote '_' for the '/' of an instance.
. "$(dirname "$0")/../lib.sh"

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
	sed -i 's#\(/keys/key\.[^"+]*\)+#\1_#g' .opl2/state.json && resum
}
resum() { # the checksum of the state, after an edit
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

test_ok 'two that have shared a key keep it, and nothing changes' '
	fresh e && world r1_admin && mkdir -p .opl2/keys &&
	for f in r1+admin r1_admin; do
		printf "%064d\n" 7 >.opl2/keys/key.$f && chmod 600 .opl2/keys/key.$f || exit
	done
	run 0 apply && older && run 0 opl2 plan -expect-no-changes && err_has W1167 &&
	err_has "key.r1/admin" && err_has "key.r1_admin" && [ ! -e .opl2/keys/key.r1+admin ] &&
	run 0 apply && err_has W1167 &&
	[ "$(address key.r1/admin)" = "$(address key.r1_admin)" ]'

# The folders of an earlier version: files/KIND.r1/NAME, data/HASH8/r1/NAME.
older_folders() {
	local f
	for f in .opl2/files/*+* .opl2/data/*/*+*; do
		[ -e "$f" ] || continue
		mkdir -p "${f%+*}" && mv "$f" "${f/+//}" || return
	done
	sed -i 's#\(/files/[^"+]*\)+#\1/#g; s#\(/data/[^"+]*\)+#\1/#g' .opl2/state.json && resum
}
test_ok 'files and databases of a chain made by an earlier version stay' '
	fresh f && world r1 && run 0 apply && older && older_folders &&
	[ -f .opl2/files/jwt_secret.r1/j/jwt.txt ] && [ -d .opl2/data/01234567/r1/geth ] &&
	cp .opl2/files/jwt_secret.r1/j/jwt.txt was && run 0 opl2 plan -expect-no-changes &&
	run 0 apply && cmp .opl2/files/jwt_secret.r1/j/jwt.txt was &&
	[ ! -e .opl2/files/jwt_secret.r1+j ] && [ ! -e .opl2/data/01234567/r1+geth ]'

test_ok '... also when nothing is recorded any more' '
	cd f && run 0 opl2 state rm -auto-approve jwt_secret.r1/j datadir.r1/geth &&
	run 0 apply && cmp .opl2/files/jwt_secret.r1/j/jwt.txt was &&
	[ ! -e .opl2/files/jwt_secret.r1+j ] && [ ! -e .opl2/data/01234567/r1+geth ] &&
	run 0 opl2 plan -expect-no-changes'

test_ok 'the folder that geth has in a datadir of the instance'"'"'s name is not one' '
	fresh h && printf "opl2: 1\nname: t\nresources:\n  datadir: { r1: { key: \"0x0123456789abcdef\" } }\n" >opl2.yaml &&
	run 0 apply && mkdir .opl2/data/01234567/r1/geth && world r1 && cat >>opl2.yaml <<-Y &&
	  datadir: { r1: { key: "0x0123456789abcdef" } }
	Y
	run 0 apply && [ -f .opl2/data/01234567/r1+geth/opl2.json ]'

test_ok 'a resource of the instance'"'"'s name is removed without those' '
	fresh g && world && printf "resources:\n  jwt_secret: { r1: {} }\n" >>opl2.yaml &&
	run 0 apply && older_folders && world && run 0 apply &&
	[ ! -e .opl2/files/jwt_secret.r1/jwt.txt ] && [ -f .opl2/files/jwt_secret.r1/j/jwt.txt ] &&
	run 0 opl2 plan -expect-no-changes'
done_testing
