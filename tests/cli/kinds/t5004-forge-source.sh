#!/usr/bin/env bash
# forge_project of a checkout, through the worker: what forge finds, and what
# the store keeps. forge itself is a script here; the real one compiles
# checkouts in the examples.
. "$(dirname "$0")/../lib.sh"

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
	echo "process \$\$"
} >>seen 2>&1
{ echo forge >"$PWD/escaped"; } 2>/dev/null
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
		timeout 300 python3 "$FAKE/worker.py" "$BIN/opl2-worker" \
			env.json >"$1.json"
	cat "$1.json"
}
# forge writes in its own folder alone; what is in the store says what it saw.
seen() { cat store/forge/*/seen >seen; }
is() { # is NAME JQ-EXPRESSION
	jq -e "$2" "$1.json" >/dev/null || { echo "not so: $2"; return 1; }
}

test_ok 'forge sees the patched copy, its compilers and a commit' '
	project a && is a ".outcome == \"ok\"" && seen && cat seen &&
	has seen "build --skip test --skip a/**" && has seen "ast = false" &&
	has seen "Version: 0.8.15" && grep -Eq "^[0-9a-f]{40}$" seen &&
	has seen "at home" && has seen alone &&
	[ "$(cat src/sub/foundry.toml)" = "ast = true" ] && [ ! -e src/sub/out ]'
test_ok 'what was compiled is in the store, with all a run needs' '
	p=$(jq -r .attrs.path a.json) && has "$p/out/Deploy.json" compiled &&
	[ -x "$p/.svm/0.8.15/solc-0.8.15" ] && [ -e "$p/scripts/Deploy.s.sol" ]'
test_ok 'the same source is compiled once' '
	cp seen before && project a && is a ".outcome == \"ok\"" && seen && cmp seen before'
# Linux 5.13 and newer, where it is switched on.
if [ "$(python3 -c "import ctypes; print(ctypes.CDLL(None).syscall(444, 0, 0, 1))")" -gt 0 ]; then
	test_ok 'and it reached nothing else' '[ ! -e escaped ]'
else
	echo "# no Landlock: what forge may change is not looked at"
fi
test_ok 'another patch is another project' '
	jq -r .attrs.digest a.json >first &&
	project b ", \"patches\": []" && is b ".outcome == \"ok\"" &&
	[ "$(jq -r .attrs.digest b.json)" != "$(cat first)" ] &&
	seen && [ "$(grep -c "at home" seen)" = 2 ]'
test_ok 'an error is shown and nothing is kept of it' '
	echo "echo Source not found; exit 1" >action && project c \
		", \"digest\": \"d2\"" && is c ".outcome == \"fail\"" &&
	is c "[.diags[].code] | index(\"E0621\") != null" &&
	is c "[.diags[].detail // \"\"] | join(\"\") | test(\"Source not found\")" &&
	[ "$(find store/forge -mindepth 1 -maxdepth 1 | wc -l)" = 2 ]'
test_ok 'what a killed run left is begun again' '
	p=$(jq -r .attrs.path a.json) && mv "$p" "$p.tmp" && echo old >"$p.tmp/out/old" &&
	: >action && project a && is a ".outcome == \"ok\"" && [ ! -e "$p.tmp" ] &&
	has "$p/out/Deploy.json" compiled && [ ! -e "$p/out/old" ]'
test_ok 'a folder without foundry.toml is no project' '
	: >action && project d ", \"dir\": \"sub/scripts\"" &&
	is d "[.diags[].code] == [\"E0485\"]"'


# The same compiler twice, as a program and as a script for node.
cp -r "$TOOLS" other && rm other/forge
printf '#!/bin/sh\n# node x.js\nexec cat "%s/version"\n' "$PWD/other" >other/solc
cat >"$TOOLS/forge" <<EOF
#!/bin/bash
echo build
echo 'Compiling 312 files with Solc 0.8.15'
echo 'Compiling 1 files with Solc 0.8.19'
echo 'Solc 0.8.19 finished in 1.02s'
echo 'Warning (3628): some last line'
echo 'Solc 0.8.15 finished in 44.10s'
mkdir -p out/{Proxy,Deploy.s,DeployConfig.s,L2Genesis.s}.sol && echo compiled >out/Deploy.json
EOF
chain() { # chain FOLDER: a spec whose solc 0.8.15 is in the folder
	cat >opl2.yaml <<-Y
	opl2: 1
	name: t
	resources:
	  forge_project:
	    p:
	      source: { path: "$PWD/src", digest: d, dir: sub }
	      compilers: { 0.8.15: "$1/solc", 0.8.19: "$1/solc" }
	      forge: "$TOOLS/forge"
	      cast: "$TOOLS/cast"
	      tools: [/bin/sh]
	  null:
	    runs:
	      triggers: { path: "\${forge_project.p.path}",
	        digest: "\${forge_project.p.digest}" }
	Y
}
export XDG_CACHE_HOME=$PWD/cache
builds() { grep -c '^build$' .opl2/logs/forge_project.p.log; }
attr() { jq -r ".resources[] | select(.kind == \"forge_project\") | .attrs.$1" \
	.opl2/state.json; }
test_ok 'progress is what is compiled now, and by what' '
	chain "$PWD/other" && run 0 opl2 apply -auto-approve -json &&
	jq -r "select(.type == \"apply_progress\") | .text" "$OUT/stdout" >said; cat said
	has said "compiling 312 Solidity files with solc 0.8.15 (JavaScript)" &&
	has said "0.8.15 (JavaScript), 1 with solc 0.8.19 (JavaScript)" &&
	has said "writing what was compiled" && ! has said 3628'
test_ok 'another build of the same compilers is a change of the project alone' '
	attr path >path && attr digest >digest && chain "$TOOLS" &&
	run 0 opl2 plan && out_has "forge_project.p" && ! out_has "null.runs" &&
	run 0 opl2 apply -auto-approve && [ "$(builds)" = 1 ] &&
	[ "$(attr path)" = "$(cat path)" ] &&
	[ "$(attr digest)" = "$(cat digest)" ] &&
	has "$(cat path)/.svm/0.8.15/solc-0.8.15" "$TOOLS/solc" &&
	run 0 opl2 plan && out_has "No changes"'
test_ok 'a compiler that is gone is put again, and nothing compiled' '
	p=$(cat path)/.svm/0.8.15/solc-0.8.15 && sed -i s/solc/gone/ "$p" &&
	run 0 opl2 apply -auto-approve && has "$p" "$TOOLS/solc" &&
	[ "$(builds)" = 1 ]'
test_ok 'another version is another project' '
	chain "$TOOLS" && sed -i "s/0.8.19:/0.8.25:/" opl2.yaml &&
	run 0 opl2 apply -auto-approve && [ "$(builds)" = 2 ] &&
	[ "$(attr digest)" != "$(cat digest)" ]'

test_ok 'drivers beside a source are files of another project' '
	chain "$TOOLS" && run 0 opl2 apply -auto-approve && attr digest >plain && echo "contract D {}" >d.sol &&
	sed -i "s|compilers:.*|&\n      drivers: { scripts/new/D.s.sol: asset:d.sol }|" opl2.yaml &&
	run 0 opl2 apply -auto-approve && [ "$(attr digest)" != "$(cat plain)" ] &&
	cmp "$(attr path)/scripts/new/D.s.sol" d.sol'

# The same for the drivers of published artifacts.
for c in Deploy.s DeployConfig.s L2Genesis.s Proxy; do
	mkdir -p artifacts/$c.sol
	echo '{"abi": [], "bytecode": {"object": "0x6001"}, "deployedBytecode":
		{"object": "0x6001"}, "methodIdentifiers": {}}' \
		>artifacts/$c.sol/${c%.s}.json
done
published() { # published FOLDER VERSION: its solc
	chain "$1"
	sed -i -e "s|source:.*|artifacts: \"$PWD/artifacts\"|" \
		-e "s|compilers:.*|solc: \"$1/solc\"|" \
		-e "s|tools:.*|&\n      solc_version: $2|" opl2.yaml
	sed -i "/solc_version/a\\      artifacts_digest: d\n      drivers: {}" \
		opl2.yaml
}
test_ok 'another build of the compiler of drivers compiles nothing again' '
	published "$PWD/other" 0.8.15 && run 0 opl2 apply -auto-approve &&
	attr path >path && builds >built && published "$TOOLS" 0.8.15 &&
	run 0 opl2 plan && out_has "forge_project.p" && ! out_has "null.runs" &&
	run 0 opl2 apply -auto-approve && [ "$(builds)" = "$(cat built)" ] &&
	[ "$(attr path)" = "$(cat path)" ] &&
	has "$(cat path)/foundry.toml" "$TOOLS/solc"'
test_ok 'another version of it does' '
	published "$TOOLS" 0.8.19 && run 0 opl2 apply -auto-approve &&
	[ "$(attr path)" != "$(cat path)" ]'

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
	spec_of "source: { path: /s, digest: d }, compilers: { 0.8.15: /x }, solc: /x" &&
	run 3 opl2 validate && err_has E0484 && err_has "opl2.yaml:5:"'
test_ok 'nor is it compiled without compilers' '
	spec_of "source: { path: /s, digest: d }" &&
	run 3 opl2 validate && err_has "a source needs"'
test_ok 'artifacts need their own' '
	spec_of "artifacts: /a, artifacts_digest: d" &&
	run 3 opl2 validate && err_has "need '\''drivers'\''" && err_has "need '\''solc'\''"'
done_testing
