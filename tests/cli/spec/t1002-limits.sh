#!/usr/bin/env bash
# A limit for what an apply may spend has to be there where money is spent on a
# chain that the spec does not run, and nowhere else.
. "$(dirname "$0")/../lib.sh"

(umask 077 && printf '%064d\n' 7 >k7)
pays() { # pays RPC: the resources of a spec that sends from a key
	cat <<-Y
		resources:
		  endpoint:
		    l1: { rpc: "$1", chain_id: 1 }
		  key:
		    admin: { source: { file: ../k7 } }
		  balance:
		    b:
		      rpc: "\${endpoint.l1.urls}"
		      chain_id: 1
		      address: "0x00000000000000000000000000000000000000aa"
		      at_least: 0.3eth
		      funder: "\${key.admin.private_key}"
	Y
}
foreign() { { [ -z "${1-}" ] || echo "$1"; pays http://127.0.0.1:9; } | spec; }

fresh a
foreign
test_fails 3 'without a limit it is refused, with a figure' 'opl2 validate' '
	err_has "error[E0873]: '\''limits.eth'\'' is missing: '\''balance.b'\''" &&
	err_has "opl2.yaml:10:12" && err_has "limits: { eth: 0.31eth }" &&
	err_has "207391 gas at 10gwei and to send 0.3eth"'
test_fails 3 'plan and apply say the same before they look anywhere' 'opl2 plan' \
	'err_has E0873 && test ! -e .opl2'
test_fails 3 'apply too' 'opl2 apply -auto-approve' 'err_has E0873'
foreign 'limits: { max_fee: 3gwei }'
test_fails 3 'limits without eth are pointed at' 'opl2 validate' \
	'err_has E0873 && err_has "opl2.yaml:3:1"'
foreign 'limits: { eth: 1eth }'
test_ok 'with one it is valid' 'opl2 validate'

foreign
sed -i '/funder/d' opl2.yaml
test_ok 'an account that is only looked at costs nothing' 'opl2 validate'
foreign
test_ok 'what only looks, and what takes down, needs none' '
	opl2 show -spec >/dev/null && opl2 graph >/dev/null && opl2 destroy -auto-approve'

# Its contract may have other values than the spec.
spec <<'Y'
resources:
  endpoint:
    l1: { rpc: "http://127.0.0.1:9", chain_id: 1 }
  key:
    admin: { source: { file: ../k7 } }
  system_config:
    c:
      rpc: "${endpoint.l1.urls}"
      chain_id: 1
      from: "${key.admin.private_key}"
      address: "0x00000000000000000000000000000000000000aa"
      gas_limit: 30000000
Y
test_fails 3 'what may have to be told something costs as well' 'opl2 validate' \
	'err_has "E0873" && err_has system_config.c'

# The URL is the user's, but it is made of what a process says of itself.
{
	pays '${process.l1.urls.rpc}'
	cat <<-'Y'
		  process:
		    l1:
		      command: [sleep]
		      ports: { rpc: 8545 }
		      urls: { rpc: "http://127.0.0.1:${self.ports.rpc}" }
	Y
} | spec
test_ok 'a chain that the spec runs costs nothing' 'opl2 validate'
sed -i 's/{process.l1.urls.rpc}/{endpoint.own.rpc}/; s/^  endpoint:/&\n    own: { rpc: "http:\/\/127.0.0.1:${process.l1.ports.rpc}" }/' opl2.yaml
test_ok 'through an endpoint as well' 'opl2 validate'

fresh init
test_ok 'what init writes has a limit' '
	opl2 init opstack && grep -q "^limits: { eth: 4eth, " opl2.yaml &&
	sed -i -E "s/^  (l[12]_chain_id): *\$/  \1: 1\1/; s/1l([12])_chain_id/42\1/" \
		opl2.yaml && opl2 validate'
test_fails 3 'a preset pays on what it is given' \
	'sed -i /^limits/d opl2.yaml; opl2 validate' \
	'err_has "'\''l1_contracts.l2'\''" && err_has "use: opstack"'
test_ok 'the devnet has an L1 of its own' '
	rm opl2.yaml && opl2 init && ! grep -q ^limits opl2.yaml && opl2 validate'
done_testing
