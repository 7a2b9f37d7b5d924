#!/bin/bash
# envrc: the shell file of the official scripts' variables.
. "$(dirname "$0")/../lib.sh"

mkdir "it's a dir" && cd "it's a dir" || exit 1

write() { # write EXTRA: the fields of the envrc after the usual ones
	spec <<-Y
	variables:
	  rpc: { type: url, env: MY_URL, sensitive: true, default: null }
	resources:
	  key:
	    admin: { source: { generate: true } }
	    batcher: { source: { generate: true } }
	    proposer: { source: { generate: true } }
	    sequencer: { source: { env: SEQ_KEY } }
	  envrc:
	    e:
	      admin_address: "\${key.admin.address}"
	      admin_key_file: "\${key.admin.file}"
	      batcher_address: "\${key.batcher.address}"
	      batcher_key_file: "\${key.batcher.file}"
	      proposer_address: "\${key.proposer.address}"
	      proposer_key_file: "\${key.proposer.file}"
	      sequencer_address: "\${key.sequencer.address}"
	      sequencer_key_file: "\${key.sequencer.file}"
	      l1_chain_id: 11155111
	      l2_chain_id: 42069
	      l1_block_time: ${T_BLOCK:-12s}
	      l2_block_time: 2s
	      impl_salt: "a \$(touch pwned) \`id\` 'b' \"c\""
	$(printf '      %s\n' "$@")
	Y
}
names="GS_ADMIN_ADDRESS GS_ADMIN_PRIVATE_KEY GS_BATCHER_ADDRESS GS_BATCHER_PRIVATE_KEY
	GS_PROPOSER_ADDRESS GS_PROPOSER_PRIVATE_KEY GS_SEQUENCER_ADDRESS GS_SEQUENCER_PRIVATE_KEY
	L1_CHAIN_ID L1_BLOCK_TIME L2_CHAIN_ID L2_BLOCK_TIME L1_RPC_KIND L1_RPC_URL IMPL_SALT
	DEPLOYMENT_CONTEXT TENDERLY_PROJECT TENDERLY_USERNAME ETHERSCAN_API_KEY PRIVATE_KEY"
export SEQ_KEY=0x0000000000000000000000000000000000000000000000000000000000000007
export MY_URL=https://user:pass@l1.example/v3/secret

sourced() { # sourced SHELL... -- COMMAND: after the file, in an empty environment
	local sh=()
	while [ "$1" != -- ]; do
		sh+=("$1")
		shift
	done
	env -i PATH="$PATH" MY_URL="$MY_URL" "${sh[@]}" -uec ". ./.envrc; $2"
}
all_set() {
	sourced "$@" -- "env" >"$OUT/env" || return 1
	for n in $names; do
		grep -q "^$n=" "$OUT/env" || { echo "no $n"; return 1; }
	done
}

write 'l1_rpc_env: MY_URL' 'tenderly_project: "p q"'
test_ok 'plan knows what it writes' 'run 2 opl2 plan -detailed-exitcode && out_has envrc.e'
test_ok 'apply' 'run 0 opl2 apply -auto-approve && [ "$(stat -c %a .envrc)" = 600 ]'
test_ok 'it is shell' 'sh -n .envrc && bash -n .envrc'
test_ok 'every name is set, in bash' 'all_set bash'
test_ok 'every name is set, in sh' 'all_set "$(command -v dash || command -v sh)"'
test_ok 'keys are those of the files' '
	for k in admin batcher proposer; do
		up=$(echo $k | tr a-z A-Z) && f=$(opl2 state show -json key.$k | jq -r .attrs.file) &&
		[ "$(sourced sh -- "printf %s \"\$GS_${up}_PRIVATE_KEY\"")" = "$(cat "$f")" ] &&
		[ "$(sourced sh -- "printf %s \"\$GS_${up}_ADDRESS\"")" = \
			"$(opl2 state show -json key.$k | jq -r .attrs.address)" ] || exit 1
	done &&
	[ "$(sourced sh -- "printf %s \"\$PRIVATE_KEY\"")" = "$(cat "$(opl2 state show -json key.admin | jq -r .attrs.file)")" ]'
test_ok 'a key from the environment is left to it' '
	[ "$(env -i PATH="$PATH" MY_URL=x GS_SEQUENCER_PRIVATE_KEY=0x9 sh -c ". ./.envrc; echo \$GS_SEQUENCER_PRIVATE_KEY")" = 0x9 ]'
test_ok 'values are quoted' '
	[ "$(sourced sh -- "printf %s \"\$IMPL_SALT\"")" = "a \$(touch pwned) \`id\` '\''b'\'' \"c\"" ] && [ ! -e pwned ] &&
	[ "$(sourced sh -- "printf %s \"\$TENDERLY_PROJECT|\$L1_BLOCK_TIME|\$L2_BLOCK_TIME|\$L1_RPC_URL\"")" = "p q|12|2|$MY_URL" ]'
test_ok 'no secret is in it' '
	lacks .envrc secret && lacks .envrc pass@ && lacks .envrc "${SEQ_KEY#0x}" && for k in admin batcher proposer; do
		f=$(opl2 state show -json key.$k | jq -r .attrs.file) && k=$(cat "$f") && lacks .envrc "${k#0x}" || exit 1
	done'
test_ok 'sha256 and path are told' '
	opl2 state show -json envrc.e | jq -e --arg s "$(sha256sum <.envrc | cut -c1-64)" --arg p "$PWD/.envrc" \
		".attrs.sha256 == \$s and .attrs.written == \$p"'
test_ok 'applied again there is no change' 'run 0 opl2 plan -detailed-exitcode'

test_ok 'an edit is drift' 'echo "export MINE=1" >>.envrc && run 2 opl2 plan -detailed-exitcode && out_has envrc.e'
test_ok 'it is kept when the file is written again' '
	d=$(sha256sum <.envrc | cut -c1-8) && run 0 opl2 apply -auto-approve && lacks .envrc MINE &&
	has .envrc.bak-$d MINE && [ "$(stat -c %a .envrc.bak-$d)" = 600 ] && run 0 opl2 plan -detailed-exitcode'
test_ok 'permissions are drift' '
	chmod 644 .envrc && run 2 opl2 plan -detailed-exitcode && run 0 opl2 apply -auto-approve &&
	[ "$(stat -c %a .envrc)" = 600 ] && [ "$(ls .envrc.bak-* | wc -l)" = 1 ]'
test_ok 'another value is an update, which keeps nothing' '
	write "l1_rpc: http://127.0.0.1:8545" && run 0 opl2 apply -auto-approve &&
	[ "$(sourced sh -- "printf %s \"\$L1_RPC_URL\"")" = http://127.0.0.1:8545 ] && [ "$(ls .envrc.bak-* | wc -l)" = 1 ]'
test_ok 'a file that is gone is written again' '
	rm .envrc && run 0 opl2 apply -auto-approve && [ -s .envrc ]'
test_ok 'an edit outlives destroy' '
	rm .envrc.bak-* && echo "export MINE=2" >>.envrc && run 13 opl2 destroy -auto-approve && [ ! -e .envrc ] &&
	grep -q MINE=2 .envrc.bak-*'

echo 'export THEIRS=1' >.envrc
test_ok 'a file of somebody else is refused' '
	! opl2 apply -auto-approve >"$OUT/stdout" 2>"$OUT/stderr" && err_has E0450 && has .envrc THEIRS'
write 'l1_rpc: "https://user:pass@l1.example/"'
test_fails 3 'a URL with a password' 'opl2 validate' 'err_has E0451 && lacks "$OUT/stderr" pass@'
write 'l1_rpc: "${var.rpc}"'
test_fails 3 'a secret variable' 'opl2 validate' 'err_has E0451 && err_has l1_rpc_env'
write 'l1_rpc: http://127.0.0.1:1' 'l1_rpc_env: MY_URL'
test_fails 3 'two sources' 'opl2 validate' 'err_has E0453'
T_BLOCK=1500ms write 'l1_rpc_env: MY_URL'
test_fails 3 'a block time of no whole seconds' 'opl2 validate' 'err_has E0452'
done_testing
