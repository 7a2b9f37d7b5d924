#!/bin/bash
# Downloads and builds are each machine's own: a fresh clone lacks them, and
# that is no change of the chain. They are made when something needs them.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-shared.sh"

command -v git >/dev/null || skip_all 'no git'
s3_start || skip_all 'moto does not start'
export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.org
export GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.org
SRC=$T_DIR/src
git init -qb main "$SRC" && printf 'all:\n\tcp text prog\n' >"$SRC/Makefile" &&
	echo one >"$SRC/text" && git -C "$SRC" add -A &&
	git -C "$SRC" commit -qm one
COMMIT=$(git -C "$SRC" rev-parse HEAD)

body() { # body: a checkout, a build of it, and who has that; NOTE, STEPS
	cat <<-Y
		resources:
		  toolchain: { make: { program: make, version: "*" } }
		  git_checkout: { src: { url: "file://$SRC", ref: main, commit: "$COMMIT" } }
		  build:
		    b:
		      source: "\${git_checkout.src.path}"
		      source_digest: "\${git_checkout.src.digest}"
		      tools: ["\${toolchain.make.path}"]
		      tool_digests: ["\${toolchain.make.digest}"]
		      steps: ${STEPS:-[[make]]}
		      outputs: { prog: prog }
		  null:
		    user: { note: "${NOTE:-one} \${build.b.digests.prog}", triggers: { at: "\${build.b.paths.prog}" } }
		    other: { note: x }
		outputs: { at: "\${build.b.paths.prog}" }
	Y
}
first() { # first KEY: made on machine a; b is a fresh clone, and is entered
	rm -rf "$T_DIR"/cwd/[ab] "$T_DIR"/home-[ab]
	machine a && body | shared "$1" && run 0 opl2 apply -auto-approve &&
		clone_as b "$1"
}
clone_as() { # clone_as NAME KEY: what git has of it
	rm -rf "$T_DIR/cwd/$1" "$T_DIR/home-$1"
	machine "$1" && cp ../a/opl2.lock . && body | shared "$2"
}
digest() { sed -n 's/^Digest: //p' "$OUT/stdout"; }
made() { find "$XDG_CACHE_HOME" -path '*store/build/*' -name prog | grep .; }

test_ok 'a fresh clone plans no changes, and says what it has not got' '
	first clone && run 0 opl2 plan -detailed-exitcode &&
	out_has "No changes. The chain matches the spec." &&
	out_has "Not on this machine: 2 downloads and builds" &&
	run 0 opl2 plan -refresh-only -detailed-exitcode &&
	out_has "No changes." && run 0 opl2 plan -json &&
	jq -se ".[] | select(.type == \"change_summary\") | .changes |
		.not_here == 2 and .cache.build == 0" "$OUT/stdout" &&
	jq -se ".[] | select(.type == \"change_summary\") | .has_changes == false" "$OUT/stdout"'
test_ok 'an apply there does nothing' '
	first nothing && run 0 opl2 apply -auto-approve &&
	out_has "No changes." && ! made && test ! -e .opl2/src &&
	run 0 opl2 apply -refresh-only -auto-approve && machine a &&
	run 0 opl2 plan && out_has "No changes." &&
	lacks "$OUT/stdout" "Not on this machine"'
test_ok 'what does not need them leaves them where they are' '
	first free && sed -i "s/note: x/note: y/" opl2.yaml &&
	run 2 opl2 plan -detailed-exitcode && out_has "null.other" &&
	lacks "$OUT/stdout" "build.b" && run 0 opl2 apply -auto-approve && ! made'
test_ok 'what needs them gets them, from the bottom up' '
	first needs && NOTE=two body | shared needs && run 2 opl2 plan -detailed-exitcode &&
	out_has "1 to change" && out_has "cache: 2 to build" &&
	lacks "$OUT/stdout" "Not on this machine" &&
	run 0 opl2 apply -auto-approve && made && test -d .opl2/src/src &&
	run 0 opl2 plan && lacks "$OUT/stdout" "Not on this machine" &&
	machine a && NOTE=two body | shared needs && run 0 opl2 plan &&
	out_has "No changes." && lacks "$OUT/stdout" "Not on"'
test_ok 'the digest of a plan is the same with them and without' '
	first digest && NOTE=two body | shared digest && run 0 opl2 plan &&
	d=$(digest) && machine a &&
	NOTE=two body | shared digest && run 0 opl2 plan && out_has "Digest: $d" &&
	machine b && run 0 opl2 apply -plan-digest="$d" && made'
test_ok 'a saved plan makes them too' '
	first saved && NOTE=two body | shared saved && run 0 opl2 plan -out=p &&
	run 0 opl2 apply p && made && run 0 opl2 plan && out_has "No changes."'
test_ok 'one that the spec wants otherwise is a change, here as there' '
	first other && STEPS="[[make], [cp, Makefile, prog]]" body | shared other &&
	run 2 opl2 plan -detailed-exitcode && out_has "build.b" &&
	d=$(digest) && machine a &&
	STEPS="[[make], [cp, Makefile, prog]]" body | shared other && run 0 opl2 plan &&
	out_has "Digest: $d" && machine b && run 0 opl2 apply -plan-digest="$d" && made'
test_ok 'one that is asked for by name is made' '
	first named && run 0 opl2 apply -auto-approve -target=git_checkout.src &&
	test -d .opl2/src/src && ! made'
test_ok 'a tool of another version is none of the chain either' '
	first tool && printf "#!/bin/sh\necho GNU Make 9.9\nexec /usr/bin/make \"\$@\"\n" >make &&
	chmod +x make && rm -rf "$T_DIR/cwd/a/.opl2"; machine a && mkdir -p bin && cp ../b/make bin/ &&
	export PATH=$PWD/bin:$PATH && body | shared tool2 && run 0 opl2 apply -auto-approve &&
	clone_as b tool2 && echo "# a line" >>../a/bin/make &&
	run 0 opl2 plan -detailed-exitcode && out_has "No changes." &&
	out_has "Not on this machine: 3 downloads and builds" &&
	NOTE=two body | shared tool2 && run 5 opl2 apply -auto-approve && err_has E0606 &&
	err_has "make a new plan" && made && run 0 opl2 apply -auto-approve &&
	run 0 opl2 plan && out_has "No changes."'
test_ok 'a local state is about this machine: what is lost is made again' '
	machine l && body | spec && run 0 opl2 apply -auto-approve &&
	rm -rf "$XDG_CACHE_HOME"/opl2/store/build && run 2 opl2 plan -detailed-exitcode &&
	out_has "cache: 1 to build" && run 0 opl2 apply -auto-approve && made'
test_ok 'the programs of processes that run here are needed here' '
	machine a && rm -rf .opl2 "$XDG_CACHE_HOME" && { body
		echo "  process: { p: { command: [sleep, \"1000\"], env: { AT: \"\${build.b.paths.prog}\" } } }"; } |
		sed "/^outputs/d" | shared procs && run 0 opl2 apply -auto-approve &&
	rm -rf "$XDG_CACHE_HOME"/opl2/store/build && run 2 opl2 plan -detailed-exitcode &&
	out_has "cache: 1 to build"; rc=$?; opl2 destroy -auto-approve; exit $rc'
done_testing
