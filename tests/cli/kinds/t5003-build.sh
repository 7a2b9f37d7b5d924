#!/usr/bin/env bash
# The kind build, through the worker and the front end, on a small tree.
. "$(dirname "$0")/../lib.sh"

FAKE=$ROOT/tests/fake
command -v python3 >/dev/null || skip_all 'no python3'
[ -x /usr/bin/make ] || skip_all 'no make'
mkdir spec state src src/sub bin
cat >env.json <<END
{"spec_dir": "$PWD/spec", "state_dir": "$PWD/state",
 "store_dir": "$PWD/store"}
END
cat >src/Makefile <<END
all: out/prog
	mytool >>$PWD/ran
out/prog: version
	mkdir -p out/more
	cp version out/prog && chmod +x out/prog
	printenv FLAVOUR >out/more/env
	printenv PATH >out/more/path
	printenv USERS_OWN >out/more/own || :
fail:
	echo one thing is wrong; exit 7
END
printf 'version 1 of two 2, two 2\n' >src/version
ln -s version src/link
printf '#!/bin/sh\necho my tool\n' >bin/mytool && chmod +x bin/mytool

answer() { # answer NAME REQUEST
	echo "$2" | timeout 300 python3 "$FAKE/worker.py" "$BIN/opl2-worker" \
		env.json >"$1.json"
	cat "$1.json"
}
build() { # build NAME [MORE-CONFIG]: the answer is in NAME.json
	answer "$1" '{"kind": "build", "op": "create", "name": "'"$1"'",
		"config": {"source": "'"$PWD"'/src", "source_digest": "x1",
		"tools": ["'"$PWD"'/bin/mytool"], "steps": [["make"]],
		"env": {"FLAVOUR": "plain"},
		"outputs": {"prog": "out/prog", "more": "out/more"}
		'"${2-}"'}}'
}
is() { # is NAME JQ-EXPRESSION
	jq -e "$2" "$1.json" >/dev/null || { echo "not so: $2"; return 1; }
}
path_of() { jq -r ".attrs.paths.$2" "$1.json"; }
PATCH=', "patches": [{"file": "version", "replace": "version 1",
	"with": "edition 2"}, {"file": "new/.commit", "with": "c0ffee"},
	{"file": "version", "replace": "absent", "with": "",
	"optional": true}]'

test_ok 'outputs are in the store, with digests, and the source is as it was' '
	export USERS_OWN=1 &&
	find src -printf "%p %T@ %s\n" >before && build a &&
	is a ".outcome == \"ok\"" && [ -x "$(path_of a prog)" ] &&
	is a ".attrs.digests.prog == \"sha256:$(sha256sum <src/version |
		head -c 64)\"" &&
	is a ".attrs.digests.more | test(\"^sha256:[0-9a-f]{64}$\")" &&
	has ran "my tool" && has "$(path_of a more)/env" plain &&
	[ ! -s "$(path_of a more)/own" ] &&
	find src -printf "%p %T@ %s\n" | diff before - &&
	[ "$(ls state/tmp store/tmp)" = "state/tmp:

store/tmp:" ]
'
test_ok 'a tool is found in a folder that has the tools alone' '
	p=$(cat "$(path_of a more)/path") &&
	[ "${p#*:}" = /usr/bin:/bin ] && [ "${p%%:*}" != "$PWD/bin" ] &&
	has "$(path_of a more)/path" "$PWD/state/tmp/"
'
test_ok 'the same inputs are not built again, nor is the source needed' '
	rm ran && mv src gone && build other && mv gone src &&
	is other ".outcome == \"ok\"" && [ ! -e ran ] &&
	[ "$(path_of other prog)" = "$(path_of a prog)" ]
'
test_ok 'environment and the content of tools are inputs' '
	build b ", \"env\": {\"FLAVOUR\": \"other\"}" && rm ran &&
	has "$(path_of b more)/env" other && echo "# more" >>bin/mytool &&
	build c && [ -s ran ] && [ "$(path_of c prog)" != "$(path_of a prog)" ]
'
test_ok 'what was tampered with is gone, and is built again' '
	echo more >>"$(path_of c prog)" &&
	answer read "$(jq "{kind: \"build\", op: \"read\", prior: .attrs}" \
		c.json)" && is read ".outcome == \"gone\"" &&
	build c && ! grep more "$(path_of c prog)" &&
	answer read "$(jq "{kind: \"build\", op: \"read\", prior: .attrs}" \
		c.json)" && is read ".outcome == \"ok\""
'
test_ok 'patches change the copy, and only that' '
	build d "$PATCH, \"steps\": [[\"make\"],
		[\"sh\", \"-c\", \"cat new/.commit >>out/prog\"]]" &&
	is d ".outcome == \"ok\"" &&
	has "$(path_of d prog)" "edition 2 of two" &&
	has "$(path_of d prog)" c0ffee &&
	has src/version "version 1" && [ ! -e src/new ]
'
test_ok 'a patch that does not fit is refused, by its file' '
	build e ", \"patches\": [{\"file\": \"version\",
		\"replace\": \"absent\", \"with\": \"\"}]" &&
	is e ".diags[0].code == \"E0752\"" &&
	is e ".diags[0].summary | test(\"is not in .version\")" &&
	build e ", \"patches\": [{\"file\": \"version\",
		\"replace\": \"two 2\", \"with\": \"\"}]" &&
	is e ".diags[0].summary | contains(\"more than once\")" &&
	build e ", \"patches\": [{\"file\": \"Makefile\", \"with\": \"\"}]" &&
	is e ".diags[0].summary | contains(\"already\")" &&
	build e ", \"patches\": [{\"file\": \"no\", \"replace\": \"a\",
		\"with\": \"\"}]" &&
	is e ".diags[0].summary | contains(\"file to patch does not exist\")" && [ -s src/Makefile ]
'
test_ok 'a patch does not follow a link out of the source' '
	mkdir -p out && echo old >out/f && ln -sfn "$PWD/out" src/away &&
	build e ", \"patches\": [{\"file\": \"away/f\",
		\"replace\": \"old\", \"with\": \"new\"}]" ; rm src/away
	is e ".diags[0].code == \"E0752\"" && has out/f old
'
test_ok 'a failing step shows itself, its end and its log' '
	build f ", \"steps\": [[\"true\"], [\"make\", \"fail\"]]" &&
	is f ".outcome == \"fail\"" && is f ".diags[0].code == \"E0753\"" &&
	is f ".diags[0].summary | test(\"step 2 .* with status 2: make fail\")" &&
	is f ".diags[0].detail | contains(\"one thing is wrong\")" &&
	is f ".diags[0].hint | contains(\"logs/build.f.log\")" &&
	has state/logs/build.f.log "one thing" && [ -z "$(ls store/tmp)" ]
'
test_ok 'an output that was not made is an error' '
	build g ", \"outputs\": {\"x\": \"out/x\"}" &&
	is g ".diags[0].code == \"E0754\"" &&
	is g ".diags[0].summary | contains(\"out/x\")" &&
	[ -z "$(ls store/tmp)" ]
'
test_ok 'missing sources and tools are told before anything is built' '
	rm -f ran; build h ", \"source\": \"$PWD/none\", \"weight\": 1,
		\"source_digest\": \"x2\"" &&
	is h ".diags[0].code == \"E0751\"" &&
	build h ", \"tools\": [\"$PWD/none\"]" &&
	is h ".diags[0].summary | contains(\"/none\")" &&
	build h ", \"steps\": [[\"make\"], [\"no-such-program\"]]" &&
	is h ".diags[0].summary | contains(\"no-such-program\")" &&
	[ ! -e ran ]
'
test_ok 'without the PATH of the host there are but the tools' '
	build i ", \"host_path\": false" &&
	is i ".diags[0].summary | contains(\"make\")" &&
	build i ", \"host_path\": false, \"steps\": [[\"mytool\"]],
		\"outputs\": {\"v\": \"version\"}" && is i ".outcome == \"ok\""
'
test_ok 'a step has a folder of its own, and the programs of the tree' '
	printf "#!/bin/sh\npwd >where\n" >src/sub/here && chmod +x src/sub/here &&
	build j ", \"steps\": [{\"dir\": \"sub\", \"command\": [\"./here\"]}],
		\"outputs\": {\"where\": \"sub/where\"},
		\"source_digest\": \"x3\"" &&
	has "$(path_of j where)" /source/sub
'

# The second step goes on until progress of it was seen.
cat >src/slow.sh <<'END'
#!/bin/sh
if [ "$1" = first ]; then exec sleep 3; fi
echo 'an error that is none' >&2
until [ -e "$1" ]; do sleep 0.1; done
END
chmod +x src/slow.sh
cat >opl2.yaml <<END
opl2: 1
name: t
resources:
  build:
    x:
      source: $PWD/src
      source_digest: x2
      steps: [[./slow.sh, first], [./slow.sh, $PWD/seen]]
      outputs: {x: version}
END
test_ok 'progress is the step that runs, and for how long; not its last line' '
	mkfifo pace
	{ opl2 apply -auto-approve >said 2>&1; } &
	until grep -q "still creating.*step 2 of 2" said 2>/dev/null || ! kill -0 $!; do
		read -rt 0.1 _ <>pace
	done
	: >seen && wait $! && cat said &&
	grep -Eq "^build.x: still creating, [0-9hms]+: step 2 of 2: ./slow.sh .*/seen \\(for [0-9.]+s\\)$" said &&
	! grep "error that is none" said
'

cat >opl2.yaml <<END
opl2: 1
name: t
resources:
  build:
    x:
      source: $PWD/src
      source_digest: x1
      steps: [[make, all], {dir: sub, command: make}, {command: [make], x: 1}]
      dir: ../up
      patches: [{file: /etc/passwd, with: x}]
      env: {PATH: /bin}
      outputs: {.x: out/x, y: a/../../b}
END
test_fails 3 'what cannot work is told by validate' 'opl2 validate' '
	for text in "a step is not a command" "../up" "/etc/passwd" \
		"PATH" "cannot be the name" "a/../../b"; do
		err_has "$text" || return 1
	done
	[ "$(grep -c "a step is not" "$OUT/stderr")" = 2 ]
'
done_testing
