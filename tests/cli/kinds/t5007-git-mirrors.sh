#!/usr/bin/env bash
# git_checkout from repositories on this disk, of every shape that git makes:
# each is taken, or it is said what to run there, and that is run.
. "$(dirname "$0")/../lib.sh"

command -v git >/dev/null || skip_all 'no git'
FAKE=$ROOT/tests/fake
export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.org
export GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.org
export PYTHONDONTWRITEBYTECODE=1
git config --global protocol.file.allow always
git config --global init.defaultBranch main
git config --global uploadpack.allowFilter true
git config --global uploadpack.allowAnySHA1InWant true

W=$PWD
mkdir -p m/org
git init -q m/src
for n in one two three; do # each with a large file of its own
	echo $n >m/src/a.txt
	head -c 100000 /dev/urandom >m/src/large
	git -C m/src add -A
	git -C m/src commit -qm $n
	git -C m/src tag -a -m $n $n
done
ONE=$(git -C m/src rev-parse one^{}) THREE=$(git -C m/src rev-parse three^{})
SRC=file://$W/m/src
git clone -q --mirror $SRC m/org/top.git
git clone -q $SRC m/clone
git clone -q --mirror $SRC m/loose.git
mv m/loose.git/objects/pack/*.pack . && rm -f m/loose.git/objects/pack/*
git -C m/loose.git unpack-objects -q <"$(ls ./*.pack)" && rm ./*.pack
git clone -q --bare --shared m/src m/shared.git
git -C m/src worktree add -q "$W/m/worktree" one
git clone -q --separate-git-dir m/dir $SRC m/gitfile
git init -q m/around && git -C m/around submodule --quiet add $SRC sub
git clone -q --bare --filter=blob:none $SRC m/partial.git
git clone -q --filter=blob:none $SRC m/partial
git -C m/partial sparse-checkout set --no-cone '/*'
git clone -q --bare --filter=tree:0 $SRC m/treeless.git
git clone -q --bare --shared m/partial m/partial-shared.git 2>/dev/null
git clone -q --bare --depth 1 $SRC m/shallow.git
git clone -q --depth 1 --branch one $SRC m/shallow-one 2>/dev/null
git clone -q --bare m/shallow.git m/shallow-shallow.git 2>/dev/null
git -C m/src bundle create -q "$W/m/all.bundle" --all
mkdir m/empty
cp -r m/org/top.git "m/with space.git"

take() { # take URL [REF COMMIT]: the spec's repository from URL, an empty store
	rm -rf "$XDG_CACHE_HOME" .opl2 opl2.lock
	more "$@"
}
more() { # as take, with the store that is there
	spec <<-Y
	mirrors: { "https://x.invalid/org/": "$1" }
	resources:
	  git_checkout:
	    x: {url: "https://x.invalid/org/${T_NAME-}", ref: ${2-one}, commit: "${3-$ONE}"}
	Y
	timeout 300 opl2 apply -auto-approve >"$OUT/stdout" 2>"$OUT/stderr"
}
holds() { # holds WORD: all of it is as checked out, and git finds its way in it
	local tree
	tree=$(echo .opl2/src/x/*)
	[ "$(cat "$tree/a.txt")" = "$1" ] &&
		[ -z "$(git -C "$tree" status --porcelain)" ] &&
		git -C "$tree" show -s --format=%ct "$(basename "$tree")" &&
		git -C "$tree" log --format=%s
}
taken() { # taken URL
	take "$1" && holds one && return
	cat "$OUT/stderr"
	return 1
}
# Runs the first command of a hint: what stands after the last ': '.
hinted() { bash -c "$(sed -n 's/.*hint: .*\(git -C .*\)/\1/p' "$OUT/stderr")"; }

for r in org/top clone clone/.git loose.git shared.git worktree dir gitfile \
	around/sub 'with%20space'; do
	test_ok "$r, as a URL" 'fresh a && taken "file://$W/m/$r"'
done
for r in org/top.git org/top/ src 'with space'; do
	test_ok "$r, as a path" 'fresh a && taken "$W/m/$r"'
done
test_ok 'a relative path, one of the home, and a host that is this one' '
	fresh a && taken ../m/org/top.git && ln -s $W/m $HOME/mirrors &&
	taken "~/mirrors/org/top" && taken "file://localhost$W/m/org/top"
'
test_ok 'a prefix, the rest of the URL without .git; and insteadOf of git' '
	git config --global "url.$W/m/org/.insteadOf" mine: &&
	fresh a && T_NAME=top taken "file://$W/m/org/" && taken mine:top
'

# --- a part of it ------------------------------------------------------------
test_ok 'a shallow clone, at its commit' '
	fresh s && take $W/m/shallow.git three $THREE && holds three &&
	take $W/m/shallow-one && holds one &&
	take $W/m/shallow-shallow.git three $THREE && holds three
'
test_ok 'what a shallow clone lacks, and what to run' '
	fresh s && ! take $W/m/shallow.git && err_has E0732 &&
	err_has --unshallow && hinted && taken $W/m/shallow.git
'
test_ok 'the store goes on after a part of the history' '
	fresh s && taken $W/m/shallow-one &&
	more $W/m/org/top three $THREE && holds three
'
test_ok 'a partial clone that has the files of the commit' '
	fresh p && take $W/m/partial three $THREE && holds three &&
	take $W/m/partial-shared.git three $THREE && holds three
'
for r in partial partial.git treeless.git; do
	test_ok "$r lacks files, and it is said what to run" '
		fresh p && ! take file://$W/m/$r && err_has E0721 &&
		err_has "partial clone" && err_has "$W/m/$r" && hinted && taken file://$W/m/$r
	'
done
test_ok 'loose objects of a partial clone' '
	fresh p && git -C $W/m/partial commit -q --allow-empty -m loose &&
	c=$(git -C $W/m/partial rev-parse HEAD) &&
	take $W/m/partial main $c && holds three
'
test_ok 'a mirror that lags behind, and what to run' '
	fresh l && git clone -q --bare $SRC $W/m/late.git &&
	git -C $W/m/late.git tag -d three >/dev/null &&
	! take $W/m/late three $THREE && err_has E0732 &&
	lacks $OUT/stderr unshallow && hinted &&
	take $W/m/late three $THREE && holds three
'

# --- none ----------------------------------------------------------------------
test_ok 'a bundle, and what to run' '
	fresh b && ! take $W/m/all.bundle && err_has E0720 && err_has "a bundle" &&
	bash -c "$(sed -n "s/.*hint: run \(.*\), and use.*/\1/p" $OUT/stderr)" &&
	taken $W/m/all.bundle-mirror
'
test_ok "a path as the spec's URL is refused with how it is written" '
	fresh b && printf "resources: {git_checkout: {x: {url: /srv/x.git, ref: r, commit: $ONE}}}" |
	spec && run 3 opl2 validate && err_has E0214 && err_has file:///PATH
'
test_ok 'no repository, nothing, and no path' '
	fresh b && ! take $W/m/empty && err_has E0720 &&
	err_has "is not a git repository" &&
	! T_NAME=top take $W/m/or && err_has E0731 && err_has "$W/m/ortop" &&
	err_has "is missing" &&
	! take file:m/org/top && err_has E0720 && err_has "file:///PATH"
'
if [ "$(id -u)" = 0 ]; then
	cp -r m/org/top.git m/theirs.git && chown -R 65534 m/theirs.git
	test_ok "another user's, and what to run" '
		fresh o && ! take $W/m/theirs && err_has E0720 &&
		err_has "another user" && err_has safe.directory &&
		bash -c "$(sed -n "s/.*: \(git config.*\)/\1/p" $OUT/stderr)" &&
		taken $W/m/theirs
	'
	for value in '*' "$W/m/*"; do
		test_ok "safe.directory $value" '
			git config --global --replace-all safe.directory "$value" &&
			fresh o && taken $W/m/theirs
		'
	done
	test_ok 'an empty safe.directory takes back all' '
		git config --global --add safe.directory "" && fresh o &&
		! take $W/m/theirs && err_has E0720
	'
	git config --global --unset-all safe.directory
	ln -s "$W/m/theirs.git" link.git
	tilde='~'
	for value in "$tilde/../${W##*/}/m/theirs.git" "$W/link.git"; do
		test_ok "safe.directory $value" '
			git config --global safe.directory "$value" &&
			fresh o && taken $W/m/theirs
		'
	done
	git config --global --unset-all safe.directory
	test_ok 'safe.directory of the file that GIT_CONFIG_GLOBAL names' '
		printf "[safe]\n\tdirectory = %s\n" "*" >$W/global &&
		export GIT_CONFIG_GLOBAL=$W/global && fresh o && taken $W/m/theirs
	'
	test_ok 'safe.directory by GIT_CONFIG_COUNT' '
		export GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=a.b\"c.d \
			GIT_CONFIG_VALUE_0=\" GIT_CONFIG_KEY_1=safe.directory \
			GIT_CONFIG_VALUE_1=$W/m/theirs.git &&
		fresh o && taken $W/m/theirs
	'
	test_ok 'with none of these it is refused' '
		fresh o && ! take $W/m/theirs && err_has E0720
	'
fi

# --- and a server afterwards ------------------------------------------------------
if [ -x "$(git --exec-path)/git-http-backend" ] && command -v python3 >/dev/null
then
	mkfifo hold && exec 7<>hold && rm hold
	exec 8< <(exec python3 "$FAKE/githttpd.py" "$W/m/org" <&7 7>&-)
	SERVER=$!
	trap 'kill $SERVER; rm -rf "$T_DIR"' EXIT
	read -r PORT <&8
	test_ok 'a server after a shallow mirror: what it sends is whole' '
		fresh h && taken $W/m/shallow-one &&
		more http://127.0.0.1:$PORT/top.git three $THREE && holds three &&
		[ "$(git -C .opl2/src/x/* rev-list HEAD | wc -l)" = 3 ]
	'
	test_ok 'and after a partial one' '
		fresh h && git clone -q --filter=blob:none --branch one $SRC $W/m/part 2>/dev/null &&
		taken $W/m/part &&
		more http://127.0.0.1:$PORT/top.git three $THREE && holds three
	'
fi
done_testing
