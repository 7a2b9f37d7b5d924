#!/bin/bash
# The schema for editors, in the language server that most of them use.
. "$(dirname "$0")/../lib.sh"
SERVER=$ROOT/build/tools/yaml-language-server/node_modules/yaml-language-server/bin/yaml-language-server
[ -f "$SERVER" ] || skip_all 'no yaml-language-server: make build/tools/yaml-language-server'
command -v node >/dev/null || skip_all 'no node'
command -v python3 >/dev/null || skip_all 'no python3'

lsp() { timeout 300 python3 "$ROOT/tests/cli/lsp.py" "$SERVER" "$@" 2>lsp.err || { cat lsp.err; return 1; }; }
problems() { # problems NUMBER [TEXT]: of opl2.yaml
	lsp check opl2.yaml >found && [ "$(wc -l <found)" = "$1" ] && { [ $# = 1 ] || grep -qF -- "$2" found; } || { cat found; return 1; }
}
proposes() { # proposes LINE COLUMN WORD...
	local word
	lsp complete opl2.yaml "$1" "$2" >found || return 1
	for word in "${@:3}"; do
		grep -qxF -- "$word" found || { cat found; return 1; }
	done
}
head_of() { printf '# yaml-language-server: $schema=opl2.schema.json\nopl2: 1\nname: t\nuse: %s\n' "$1"; }

test_ok 'init writes both, and there is nothing to say' '
	fresh a && run 0 opl2 init && [ -s opl2.schema.json ] && head -n 1 opl2.yaml | grep -qF "schema=opl2.schema.json" && problems 0'
test_ok 'all examples are sound to it' '
	for file in "$ROOT"/examples/*/opl2.yaml; do
		fresh example && { head_of x | head -n 1; cat "$file"; } >opl2.yaml && run 0 opl2 schema -install && problems 0 || { echo "$file"; return 1; }
	done'
test_ok 'it is told which line is missing' '
	fresh b && head_of devnet | tail -n +2 >opl2.yaml && run 0 opl2 schema -install && out_has "yaml-language-server" &&
	fresh c && run 0 opl2 schema -install && ! out_has "yaml-language-server"'
fresh d && opl2 schema -install >/dev/null
test_ok 'inputs of the preset are proposed, and no other preset'\''s' '
	{ head_of devnet; printf "with:\n  \n"; } >opl2.yaml && proposes 6 3 l2_chain_id l1_fork da && ! grep -q funding found'
test_ok 'choices of an input' '{ head_of devnet; printf "with:\n  da: \n"; } >opl2.yaml && proposes 6 7 upstream calldata meeda'
test_ok 'presets' '{ head_of ""; } >opl2.yaml && proposes 4 6 devnet opstack'
test_ok 'fields of a resource' '
	{ head_of devnet; printf "resources:\n  process:\n    op-geth:\n      \n"; } >opl2.yaml && proposes 8 7 storage args restart'
test_ok 'an input that there is not' '{ head_of devnet; printf "with:\n  l2_chain: 7\n"; } >opl2.yaml && problems 1 "6:3 "'
test_ok 'a value of another type' '{ head_of devnet; printf "with:\n  l2_chain_id: many\n"; } >opl2.yaml && problems 1 "6:16 "'
test_ok 'no such choice' '{ head_of devnet; printf "with:\n  da: blobs\n"; } >opl2.yaml && problems 1 "6:7 "'
test_ok 'a reference may be anything' '{ head_of devnet; printf "with:\n  l2_chain_id: \${var.id}\nvariables:\n  id: { type: integer }\n"; } >opl2.yaml && problems 0'
test_ok 'inputs of an instance' '
	{ head_of devnet; printf "instances:\n  two:\n    use: replica\n    with:\n      l2_chain: 7\n"; } >opl2.yaml && problems 1 "9:7 "'
test_ok 'a folder as a preset: its inputs are not known' '{ head_of ./mine; printf "with: { anything: 1 }\n"; } >opl2.yaml && problems 0'
done_testing
