#!/usr/bin/env bash
# l1_script: what is wrong with it is shown where it stands, and a plan says
# what it would run.
. "$(dirname "$0")/../lib.sh"

script() { # script FIELD...: one a line
	spec <<-Y
	limits: { eth: 1eth }
	resources:
	  key: { k: { source: { env: K } } }
	  l1_script:
	    s:
	      l1_rpc: http://127.0.0.1:1
	      l1_chain_id: 1
	      deployer: "\${key.k.private_key}"
	      project: { path: /p, digest: d, forge: /f, tool_dirs: [] }
	      deploy_config: /c.json
	$(printf '      %s\n' "$@")
	Y
}

test_ok 'a plan says what is run' '
	script "sig: \"initializeAnchorStateRegistry()\"" &&
	run 0 opl2 plan -refresh=false &&
	out_has "runs initializeAnchorStateRegistry() of scripts/Deploy.s.sol:Deploy"'
test_ok 'and what is asked of the chain first' '
	script "sig: \"f()\"" \
		"expect: { to: \"0x00000000000000000000000000000000000000aa\", function: \"version()(string)\", equals: \"1\" }" &&
	run 0 opl2 plan -refresh=false && out_has "nothing is sent if"'
test_ok 'a signature that is none' '
	script "sig: \"initialize(\"" && run 3 opl2 validate &&
	err_has "opl2.yaml:13:"'
test_ok 'as many arguments as the function takes' '
	script "sig: \"f(string,uint256)\"" "args: [a]" && run 3 opl2 validate &&
	err_has "opl2.yaml:1"'
test_ok 'variables that are the run'\''s own' '
	script "sig: \"f()\"" "env: { FOUNDRY_FFI: \"false\" }" &&
	run 3 opl2 validate && err_has E0871 && err_has "opl2.yaml:14:"'
test_ok 'and others, which are the user'\''s' '
	script "sig: \"f()\"" "env: { FORK: fjord }" && run 0 opl2 validate'
done_testing
