#!/bin/bash
# A kind is a line of kinds.def, a folder with two halves and a schema: none may be missing,
# and none may lie around unlisted.
. "$(dirname "$0")/lib.sh"

kinds=$(sed -n 's/^KIND(\([a-z0-9_]*\))$/\1/p' providers/kinds/kinds.def)

printf '%s\n' "$kinds" | sort -c 2>&1 | rule 'kinds.def is sorted'
for k in $kinds; do
	d=providers/kinds/$k
	for f in $d/$k.c $d/effect_$k.c schemas/kinds/$k.json; do
		[ -f "$f" ] || echo "$f is missing"
	done
	grep -q "^const struct kind kind_$k = {" "$d/$k.c" || echo "no kind_$k"
	grep -q "^const struct effects effects_$k = {" "$d/effect_$k.c" ||
		echo "no effects_$k"
done 2>&1 | rule 'every kind has its halves and its schema'
unlisted() {
	grep -ho '^const struct \(kind kind\|effects effects\)_[a-z0-9_]* = {' \
		providers/kinds/*/*.c |
		sed 's/.* \(kind\|effects\)_\(.*\) = {/\2/' | sort -u |
		grep -vxF "$kinds"
}
unlisted | rule 'every half is in kinds.def'

actions=$(sed -n 's/^ACTION(\([a-z0-9_]*\))$/\1/p' providers/actions/actions.def)
printf '%s\n' "$actions" | sort -c 2>&1 | rule 'actions.def is sorted'
for a in $actions; do
	grep -q "^const struct action action_$a = {" "providers/actions/$a.c" || echo "$a"
done 2>&1 | rule 'every action of actions.def exists'
grep -ho '^const struct action action_[a-z0-9_]* = {' providers/actions/*.c |
	sed 's/.* action_\(.*\) = {/\1/' | grep -vxF "$actions" |
	rule 'every action is in actions.def'

cmds=$(sed -n 's/^CMD(\([a-z_]*\))$/\1/p' cmd/opl2/cli/table.def)
for c in $cmds; do
	grep -q "^const struct cmd_entry cmd_$c = {" cmd/opl2/*/*.c || echo "$c"
done | rule 'every command of table.def exists'
grep -ho '^const struct cmd_entry cmd_[a-z_]*' cmd/opl2/*/*.c | sed 's/.*cmd_entry cmd_//' |
	grep -vxF "$cmds" | rule 'every command is in table.def'
for d in schemas/presets/*/; do
	[ -d "$d" ] || continue
	[ -f "${d}preset.yaml" ] || [ -f "${d}part.yaml" ] || echo "$d has neither"
done | rule 'every preset folder has a preset.yaml or a part.yaml'
done_testing
