#!/usr/bin/env bash
# forge_project of a checkout, through the worker: what forge finds, and what
# the store keeps. forge itself is a script here; the real one compiles
# checkouts in the examples.
. "$(dirname "$0")/lib.sh"

FAKE=$ROOT/tests/fake
command -v python3 >/dev/null || skip_all 'no python3'
# Paths are the user's: one may need care in a shell.
TOOLS="$PWD/bin o'mine"
mkdir -p spec state src/sub/scripts "$TOOLS"
cat >env.json <<EOF
{"spec_dir": "$PWD/spec", "state_dir": "$PWD/state",
 "store_dir": "$PWD/store"}
EOF
echo 'ast = true' >src/sub/foundry.toml
echo 'contract Deploy {}' >src/sub/scripts/Deploy.s.sol
echo 'outside' >src/README
cat >"$TOOLS/solc" <<'EOF'
#!/bin/sh
cat "${0%/*}/version"
EOF
echo 'Version: 0.8.15' >"$TOOLS/version"
cat >"$TOOLS/forge" <<EOF
#!/bin/sh
{
	echo "\$*"
	cat foundry.toml
	"\$HOME/.svm/0.8.15/solc-0.8.15" --version
	git rev-parse HEAD
	[ "\$HOME" = "\$PWD" ] && echo at home
	[ -e ../README ] || echo alone
} >>"$PWD/seen" 2>&1
. "$PWD/action"
mkdir out && echo compiled >out/Deploy.json
EOF
chmod +x "$TOOLS/forge" "$TOOLS/solc"
ln -s /bin/true "$TOOLS/cast"
: >action

project() { # project NAME [SOURCE-FIELDS]: the answer is in NAME.json
	echo '{"kind": "forge_project", "op": "create", "name": "'"$1"'",
		"config": {"source": {"path": "'"$PWD"'/src", "digest": "d1",
			"dir": "sub", "patches": [{"file": "foundry.toml",
			"replace": "ast = true", "with": "ast = false"}],
			"skip": ["test", "a/**"] '"${2-}"'},
		"compilers": {"0.8.15": "'"$TOOLS"'/solc"},
		"forge": "'"$TOOLS"'/forge",
		"cast": "'"$TOOLS"'/cast",
		"tools": ["/usr/bin/git", "/bin/sh"]}}' |
		timeout 60 python3 "$FAKE/worker.py" "$BIN/opl2-worker" \
			env.json >"$1.json"
	cat "$1.json"
}
is() { # is NAME JQ-EXPRESSION
	jq -e "$2" "$1.json" >/dev/null || { echo "not so: $2"; return 1; }
}

test_ok 'forge sees the patched copy, its compilers and a commit' '
	project a && is a ".outcome == \"ok\"" && cat seen &&
	has seen "build --skip test --skip a/**" && has seen "ast = false" &&
	has seen "Version: 0.8.15" && grep -Eq "^[0-9a-f]{40}$" seen &&
	has seen "at home" && has seen alone &&
	[ "$(cat src/sub/foundry.toml)" = "ast = true" ] && [ ! -e src/sub/out ]'
test_ok 'what was compiled is in the store, with all a run needs' '
	p=$(jq -r .attrs.path a.json) && has "$p/out/Deploy.json" compiled &&
	[ -x "$p/.svm/0.8.15/solc-0.8.15" ] && [ -e "$p/scripts/Deploy.s.sol" ]'
test_ok 'the same source is compiled once' '
	project a && is a ".outcome == \"ok\"" && [ "$(grep -c "at home" seen)" = 1 ]'
test_ok 'another patch is another project' '
	jq -r .attrs.digest a.json >first &&
	project b ", \"patches\": []" && is b ".outcome == \"ok\"" &&
	[ "$(jq -r .attrs.digest b.json)" != "$(cat first)" ] &&
	[ "$(grep -c "at home" seen)" = 2 ]'
test_ok 'an error is shown and nothing is kept of it' '
	echo "echo Source not found; exit 1" >action && project c \
		", \"digest\": \"d2\"" && is c ".outcome == \"fail\"" &&
	is c "[.diags[].code] | index(\"E0621\") != null" &&
	is c "[.diags[].detail // \"\"] | join(\"\") | test(\"Source not found\")" &&
	[ "$(find store/forge -mindepth 1 -maxdepth 1 | wc -l)" = 2 ]'
test_ok 'what a killed run left is begun anew' '
	p=$(jq -r .attrs.path a.json) && mv "$p" "$p.tmp" && echo old >"$p.tmp/out/old" &&
	: >action && project a && is a ".outcome == \"ok\"" && [ ! -e "$p.tmp" ] &&
	has "$p/out/Deploy.json" compiled && [ ! -e "$p/out/old" ]'
test_ok 'a folder without foundry.toml is no project' '
	: >action && project d ", \"dir\": \"sub/scripts\"" &&
	is d "[.diags[].code] == [\"E0485\"]"'

spec_of() { # spec_of FIELDS: a project with them
	cat >opl2.yaml <<-Y
	opl2: 1
	name: t
	resources:
	  forge_project:
	    p: { forge: /f, cast: /c, $1 }
	Y
}
test_ok 'a source does not go with what published artifacts need' '
	spec_of "source: { path: /s, digest: d }, compilers: { 0.8.15: /x }, drivers: {}" &&
	run 3 opl2 validate && err_has E0484 && err_has "opl2.yaml:5:"'
test_ok 'nor is it compiled without compilers' '
	spec_of "source: { path: /s, digest: d }" &&
	run 3 opl2 validate && err_has "a source needs"'
test_ok 'artifacts need their own' '
	spec_of "artifacts: /a, artifacts_digest: d" &&
	run 3 opl2 validate && err_has "need '\''drivers'\''" && err_has "need '\''solc'\''"'
done_testing
