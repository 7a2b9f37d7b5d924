#!/bin/bash
# explain, schema and completion: what is written from the tables.
. "$(dirname "$0")/../lib.sh"

test_ok 'explain a code' 'run 0 opl2 explain E1002 && out_has "abbreviations" && out_has "Exit code 3"'
test_ok 'explain knows lower case' 'run 0 opl2 explain e1002 && out_has E1002'
test_ok 'explain lists all' 'run 0 opl2 explain && [ "$(wc -l <"$OUT/stdout")" -gt 20 ]'
test_ok 'every code has an explanation' '
	opl2 explain | cut -d" " -f1 >codes &&
	while read -r c; do opl2 explain "$c" >x && [ "$(wc -w <x)" -gt 15 ] || { echo "$c"; exit 1; }; done <codes'
test_fails 3 'an unknown code' 'opl2 explain E1020X' 'err_has E1010'
test_ok 'completion for bash is valid and completes' '
	opl2 completion bash >c.bash && bash -n c.bash && . ./c.bash &&
	comp() { COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=(); _opl2 2>/dev/null; printf "%s\n" "${COMPREPLY[@]}"; } &&
	comp opl2 app | grep -qx apply &&
	comp opl2 apply -auto | grep -qx -- -auto-approve &&
	comp opl2 state l | grep -qx list &&
	comp opl2 schema nul | grep -qx null'
test_ok 'completion for zsh and fish' '
	opl2 completion zsh | head -1 | grep -qx "#compdef opl2" &&
	opl2 completion fish >c.fish && grep -q "__fish_use_subcommand -a apply" c.fish'
test_fails 3 'completion for an unknown shell' 'opl2 completion tcsh' 'err_has "bash, zsh or fish"'
test_ok 'schema of a kind' 'run 0 opl2 schema null && jq -e .properties.triggers "$OUT/stdout"'
test_ok 'schema of the spec' '
	run 0 opl2 schema &&
	jq -e ".properties.resources.properties.null.additionalProperties.anyOf[0].properties | .triggers and .depends_on and (.id | not)" "$OUT/stdout"'
test_ok 'the schema of the spec has what every resource and the top level take' '
	run 0 opl2 schema &&
	jq -e ".properties | .port_offset.description and .moved.items.properties.from and
		(.resources.properties.process.additionalProperties.anyOf[0] |
			(has(\"required\") | not) and .properties.lifecycle.properties.prevent_destroy)" "$OUT/stdout"'
test_ok 'a page of documentation of a kind' '
	run 0 opl2 schema -markdown null && out_has "# null" && out_has "change replaces the resource" &&
	out_has "depends_on"'
test_fails 3 'schema of an unknown kind' 'opl2 schema nul' 'err_has "did you mean '\''null'\''?"'
done_testing
