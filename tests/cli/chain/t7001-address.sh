#!/bin/bash
# address: the address book, from what is recorded, with no network.
. "$(dirname "$0")/../lib.sh"
# Lower case in the file of the deployment; checksummed afterwards.
SC=0x16f69c7da3396b9abca5857d5081c3b81cd07593
PORTAL=0xad9419b96776358b8b7a852f57928d8b71499b15
. "$ROOT/tests/cli/lib-chain.sh"

IMPL=0x034d4aed0a6a4a8b1631d3c0e9b4ea4bd0526e46
PROXIES=0x748ed5cf012327c2027b7e331fdfaa030c066842
serve_l1 "{ eth_getCode: { \"$IMPL\": \"0x60\", \"$PROXIES\": \"0x60\" } }"
chain() {
	{
		chain_spec
		echo 'outputs: { l2_rpc: "http://127.0.0.1:9545", l2_chain_id: 42069 }'
	} | spec
	sed -i 's/^name: t$/name: my-chain/' opl2.yaml
	adopt "{ OptimismPortal: \"$IMPL\", ProxyAdmin: \"$PROXIES\" }" && opl2 apply -auto-approve
}

is() { [ "$(opl2 address "$1")" = "$2" ]; }
test_ok 'before there is a chain' '
	spec </dev/null && run 11 opl2 address && err_has E1051'
test_ok 'of a chain that is only planned: the roles, as far as they are there' '
	fresh planned && chain_spec | sed "s/^    admin: .*/&\n    worker: { source: { generate: true } }/" | spec &&
	: >"$CALLS" && run 0 opl2 address && out_has "admin   0xd41c057fd1c78805AAC12B0A94a405c0461A6FBb" &&
	out_has "worker  not made yet" && err_has "opl2 apply -target=key" &&
	is admin 0xd41c057fd1c78805AAC12B0A94a405c0461A6FBb && run 3 opl2 address worker &&
	err_has E0898 && err_has "no account yet: not made yet" && run 0 opl2 address -json &&
	jq -e ".roles.worker.pending and .roles.admin.address" "$OUT/stdout" &&
	run 11 opl2 address -viem && [ ! -s "$CALLS" ]'
test_ok 'a variable that is not set, and a file that is' '
	fresh others && (umask 077 && printf %064d 9 >k9) && chain_spec |
	sed "s/^    admin: .*/    admin: { source: { env: NOT_SET } }\n    f: { source: { file: k9 } }/" | spec &&
	run 0 opl2 address && out_has "NOT_SET is not set" && grep -qE "^  f +0x[0-9a-fA-F]{40}$" "$OUT/stdout"'
test_ok 'all of it, by layer' '
	fresh a && chain && kill $server && run 0 opl2 address && cmp_golden address/table'
cd a || exit 1
url=$L1_URL
unset SEED_KEY L1_URL
test_ok 'as JSON, without the secret URL of the L1, with no variable set' '
	run 0 opl2 address -json && cmp_golden address/json &&
	! grep -q "${url#http://}" "$OUT/stdout"'
test_ok 'a name gives the address: of a proxy, of a role, of a predeploy' '
	is OptimismPortal 0xAD9419B96776358b8b7A852F57928D8B71499b15 &&
	is OptimismPortalProxy 0xAD9419B96776358b8b7A852F57928D8B71499b15 &&
	is admin 0xd41c057fd1c78805AAC12B0A94a405c0461A6FBb &&
	is L2StandardBridge 0x4200000000000000000000000000000000000010'
test_ok 'an address gives what it is, in any spelling' '
	is $PORTAL "l1/OptimismPortal, proxy" && is $IMPL "l1/OptimismPortal, implementation" &&
	is 0x420000000000000000000000000000000000000f l2/GasPriceOracle &&
	run 0 opl2 address -json $IMPL &&
	jq -e ".[0] | .where == \"l1\" and .what == \"implementation\"" "$OUT/stdout"'
test_ok 'one name on both layers' '
	run 3 opl2 address ProxyAdmin && err_has "l1/ProxyAdmin or l2/ProxyAdmin" &&
	is l1/ProxyAdmin 0x748eD5cF012327C2027b7e331FDfaA030c066842 &&
	is l2/ProxyAdmin 0x4200000000000000000000000000000000000018'
test_fails 3 'a name that there is not' 'opl2 address OptimismPotral' \
	'err_has E0898 && err_has "did you mean '\''OptimismPortal'\''"'
test_ok 'for viem' 'run 0 opl2 address -viem && cmp_golden address/viem &&
	out_has "export const myChain = " && out_has "export const myChainL1 = "'
named() { # named NAME IDENTIFIER: what viem's module calls that chain
	mkdir -p "named/$1" && cp -r .opl2 "named/$1" &&
		sed "s/^name: .*/name: \"$1\"/" opl2.yaml >"named/$1/opl2.yaml" &&
		opl2 -chdir="named/$1" address -viem >"named/$1.mjs" &&
		grep -qxF "export const $2 = defineChain({" "named/$1.mjs" || return 1
	! command -v node >/dev/null || node --check "named/$1.mjs"
}
test_ok 'whose names are those of constants' '
	named a-b_c- aBC && named 1x chain1x && named news news &&
	named new newChain && named chain-config chainConfigChain'
test_ok 'for ethereum-lists/chains' '
	run 0 opl2 address -chainlist && cmp_golden address/chainlist'
test_ok 'with a page about it, which only the spec can know' '
	mkdir page && cp -r .opl2 page && cd page && export L1_URL=$url SEED_KEY=$WORD &&
	sed "s#^outputs: { #&info_url: \"https://chain.example/\", #" ../opl2.yaml >opl2.yaml &&
	opl2 apply -auto-approve -refresh=false && opl2 address -chainlist |
	jq -e ".infoURL == \"https://chain.example/\""'
test_fails 3 'one form at a time' 'opl2 address -viem -json' 'err_has E1012'
done_testing
