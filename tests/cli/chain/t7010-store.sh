#!/usr/bin/env bash
# store: what no chain uses any more is removed, and nothing else.
. "$(dirname "$0")/../lib.sh"

export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.org
export GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.org
S=$XDG_CACHE_HOME/opl2/store
W=$PWD
git init -q repo && echo a >repo/a && git -C repo add a &&
	git -C repo commit -qm a && git -C repo tag v1
COMMIT=$(git -C repo rev-parse HEAD)
chain() { # chain: a spec that checks the repository out
	printf 'resources:\n  git_checkout:\n    x: {url: "file://%s/repo", ref: v1, commit: "%s"}\n' \
		"$W" "$COMMIT" | spec
}
unused() { # an entry that no chain names
	mkdir -p "$S/npm/left-1.0-0123456789abcdef/root" "$S/tmp/build+half" &&
		echo x >"$S/npm/left-1.0-0123456789abcdef/root/x"
}

test_ok 'an empty store' 'run 0 opl2 store list && run 0 opl2 store gc && out_has "0 of 0 entries"'
test_ok 'an entry and who uses it' '
	fresh a && chain && opl2 apply -auto-approve >/dev/null && run 0 opl2 store list &&
	out_has git/ && out_has "$PWD/.opl2" && unused && run 0 opl2 store list -json &&
	jq -e "[.entries[] | .used_by | length] == [1, 0]" "$OUT/stdout"'
test_ok 'what was just made stays' '
	run 0 opl2 store gc && out_has "0 of 2 entries" && [ -e $S/npm/left* ] && [ -e $S/tmp/build+half ]'
test_ok 'a dry run removes nothing' '
	run 0 opl2 store gc -older-than=0s -dry-run && out_has npm/left && lacks "$OUT/stdout" git/ &&
	out_has "would be removed" && [ -e $S/npm/left* ] && [ -e $S/tmp/build+half ]'
test_fails 4 'not while a chain is worked on' \
	'flock a/.opl2/lock opl2 store gc -older-than=0s' 'err_has E0507 && [ -e $S/npm/left* ]'
test_ok 'what nobody uses goes, and what a killed run left' '
	run 0 opl2 store gc -older-than=0s && out_has "1 of 2 entries" &&
	[ ! -e $S/npm/left* ] && [ -z "$(ls -A $S/tmp)" ] && [ -n "$(ls $S/git)" ]'
test_ok 'a work tree that borrows objects is a use, though the state forgot it' '
	cd a && opl2 state rm -auto-approve git_checkout.x >/dev/null && run 0 opl2 store gc -older-than=0s &&
	out_has "0 of 1 entries" && [ -z "$(git -C .opl2/src/x/* status --porcelain)" ]'
test_fails 11 'chains that cannot be listed still use what they use' '
	mv $S/roots kept && : >$S/roots && opl2 store gc -older-than=0s; rc=$?
	rm $S/roots && mv kept $S/roots && exit $rc' 'err_has E0501 && [ -n "$(ls $S/git)" ]'
test_fails 11 'and so does one whose root cannot be read' '
	mkdir $S/roots/odd && opl2 store gc -older-than=0s; rc=$?
	rmdir $S/roots/odd && exit $rc' 'err_has E0501 && [ -n "$(ls $S/git)" ]'
test_ok 'a chain that is gone uses nothing' '
	rm -r a && run 0 opl2 store gc -older-than=0s && out_has "1 of 1 entries" && [ -z "$(ls -A $S/git)$(ls -A $S/roots)" ]'
test_ok 'and what it needs again is fetched again' '
	fresh b && chain && run 0 opl2 apply -auto-approve && [ "$(cat .opl2/src/x/*/a)" = a ]'
done_testing
