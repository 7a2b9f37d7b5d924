#!/usr/bin/env bash
# A chain without the deterministic deployer: refused by name at plan, before
# anything is paid.
. "$(dirname "$0")/../lib.sh"

command -v python3 jq >/dev/null || skip_all 'no python3 or jq'
DEPLOYER=0x4e59b44847b379578588920ca78fbf26c0b4956c
HASH=0x$(printf %064x 1)
answers() { # answers CODE: of the deployer
	jq -n --arg d "$DEPLOYER" --arg c "$1" --arg h "$HASH" '{eth_chainId: "0xc4f",
		eth_getBlockByNumber: {number: "0x0", hash: $h},
		eth_getCode: {($d): $c}}' >answers.new && mv answers.new answers
}
answers 0x
PORT=$(python3 "$ROOT/tests/cli/rpc_server.py" --free-port)
echo "$PORT" >port
: >calls
python3 "$ROOT/tests/cli/rpc_server.py" port calls answers &
SERVER=$!
trap 'kill $SERVER; rm -rf "$T_DIR"' EXIT
until (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; do
	kill -0 $SERVER || exit 1
done
key='"0x0000000000000000000000000000000000000000000000000000000000000007"'

contracts() { # contracts PORT: of a deployment whose project is yet to be made
	spec <<-Y
	limits: { eth: 3eth, max_base_fee: 3gwei }
	variables: { key: { type: string, default: $key, sensitive: true } }
	resources:
	  null: { project: {} }
	  l1_contracts:
	    l2:
	      l1_rpc: http://127.0.0.1:$1
	      l1_chain_id: 3151
	      deployer: "\${var.key}"
	      project: { path: /p, digest: "\${null.project.id}", forge: /f, tool_dirs: [/bin] }
	      deploy_config: /d
	      l1_digest: "\${null.project.id}"
	Y
}
call() { # call FIELDS: of the kind contract_call
	spec <<-Y
	limits: { eth: 3eth, max_base_fee: 3gwei }
	variables: { key: { type: string, default: $key, sensitive: true } }
	resources:
	  contract_call:
	    c:
	      rpc: http://127.0.0.1:$PORT
	      chain_id: 3151
	      from: "\${var.key}"
	$(printf '      %s\n' "$@")
	Y
}
refused() { # refused COMMAND...: E0864, and nothing was sent or made
	run 10 "$@" && err_has E0864 && err_has 0x4e59b448 && err_has presigned &&
		! grep -q sendRawTransaction calls && [ ! -d .opl2/ledger ]
}

contracts "$PORT"
test_ok 'the contracts of a chain are refused by plan' 'refused opl2 plan && err_has l1_contracts.l2'
test_ok '... and by apply, before its first effect' '
	refused opl2 apply -auto-approve && ! opl2 state show null.project'
contracts 1
test_ok 'of an L1 that does not answer nothing is said' 'run 0 opl2 plan'
answers 0x6001
contracts "$PORT"
test_ok 'nor when it is there' 'run 0 opl2 plan'
answers 0x
call 'create: { bytecode: "0x6001", salt: "'$HASH'" }'
test_ok 'a contract made by it is refused too' 'refused opl2 plan && err_has contract_call.c'
call 'to: "'$DEPLOYER'"' 'function: "f()"'
test_ok 'a call needs none' 'run 0 opl2 plan'
done_testing
