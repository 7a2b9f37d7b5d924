#!/usr/bin/env bash
# git_checkout, from small repositories on this disk.
. "$(dirname "$0")/../lib.sh"

command -v git >/dev/null || skip_all 'no git'
export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.org
export GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.org
git config --global protocol.file.allow always
git config --global init.defaultBranch main

W=$PWD
commit() { # commit REPO FILE TEXT: prints the commit
	echo "$3" >"$1/$2" && git -C "$1" add -A &&
		git -C "$1" commit -qm "$3" && git -C "$1" rev-parse HEAD
}
mkdir src && git init -q src/lib && git init -q src/top
LIB=$(commit src/lib lib.sol one)
commit src/lib lib.sol 'a later one' >/dev/null
git -C src/top submodule --quiet add ../lib deps/lib 2>/dev/null ||
	git -C src/top submodule --quiet add "$W/src/lib" deps/lib
git -C src/top config -f .gitmodules submodule.deps/lib.url ../lib
git -C src/top/deps/lib checkout -q "$LIB"
echo '*.o' >src/top/.gitignore
ONE=$(commit src/top a.txt one)
git -C src/top tag v1 -a -m v1
TWO=$(commit src/top a.txt two)

checkout() { # checkout NAME REF COMMIT [MORE]: a resource
	printf '    %s: {url: "%s", ref: "%s", commit: "%s"%s}\n' \
		"$1" "${URL:-file://$W/src/top}" "$2" "$3" "${4-}"
}
checkouts() { # a spec of what checkout says
	{ cat; echo 'resources:'; echo '  git_checkout:'; "$@"; } </dev/null |
		spec
}
apply() { opl2 apply -auto-approve "$@"; }

test_ok 'a tag is checked out, with a submodule' '
	fresh a && checkouts checkout x v1 $ONE ", submodules: [deps/lib]" &&
	run 0 apply && d=.opl2/src/x/${ONE:0:12} &&
	[ "$(cat $d/a.txt)" = one ] && [ "$(cat $d/deps/lib/lib.sol)" = one ] &&
	[ -z "$(git -C $d status --porcelain)" ] &&
	[ "$(git -C $d rev-parse HEAD)" = $ONE ] &&
	! git -C $d symbolic-ref -q HEAD &&
	has opl2.lock "$(git -C $d rev-parse HEAD^{tree})" && has opl2.lock $LIB
'
test_ok 'what a killed apply recorded gets into opl2.lock by the next one' '
	fresh killed && checkouts checkout x v1 $ONE ", submodules: [deps/lib]" &&
	! OPL2_FAULT=journal.after_fsync:2 apply && [ ! -e opl2.lock ] &&
	run 0 apply && has "$OUT/stdout" "No changes" && cmp opl2.lock ../a/opl2.lock &&
	[ ! -e .opl2/journal ]
'
test_ok '... and by an edit of the state' '
	fresh edited && checkouts checkout x v1 $ONE ", submodules: [deps/lib]" &&
	! OPL2_FAULT=journal.after_fsync:2 apply && [ ! -e opl2.lock ] &&
	run 0 opl2 state rm -auto-approve -lock-timeout=60s git_checkout.x && cmp opl2.lock ../a/opl2.lock
'
test_ok 'a second apply does nothing, also without the repository' '
	cd a && mv ../src ../away && run 0 opl2 plan -expect-no-changes && run 0 apply; rc=$?
	mv ../away ../src; exit $rc
'
test_ok 'what is in the store is not fetched again' '
	fresh b && checkouts checkout y v1 $ONE && mv ../src ../away &&
	run 0 apply; rc=$?; mv ../away ../src; exit $rc
'
test_ok 'two revisions share one store' '
	cd b && checkouts eval "checkout y v1 $ONE; checkout z main $TWO" &&
	run 0 apply && [ "$(cat .opl2/src/z/${TWO:0:12}/a.txt)" = two ] &&
	cmp .opl2/src/y/*/.git/objects/info/alternates \
		.opl2/src/z/*/.git/objects/info/alternates
'
test_ok 'a store that was removed is a cache that is made again' '
	cd a && rm -rf "$XDG_CACHE_HOME/opl2" && run 0 opl2 plan && out_has git_checkout.x &&
	run 0 apply && run 0 opl2 plan && out_has "No changes."
'
test_ok 'but a file that was changed stays, as far as the index knows' '
	cd a && d=.opl2/src/x/${ONE:0:12} && rm -rf "$XDG_CACHE_HOME/opl2" && echo more >>$d/a.txt &&
	run 0 opl2 plan && out_has a.txt && run 1 apply && err_has E0734 && has $d/a.txt more &&
	run 0 apply -replace=git_checkout.x && run 0 opl2 plan && out_has "No changes."
'
test_ok 'a changed file is drift, is named, and stays' '
	cd a && d=.opl2/src/x/${ONE:0:12} && echo more >>$d/a.txt &&
	echo new >$d/deps/lib/new.sol && touch $d/ignored.o &&
	run 0 opl2 plan && out_has a.txt && out_has deps/lib/new.sol &&
	lacks "$OUT/stdout" ignored.o && run 1 apply && err_has E0734 &&
	err_has "a.txt, deps/lib/new.sol" &&
	err_has "-replace=git_checkout.x" && has $d/a.txt more
'
test_ok 'another revision does not throw it away' '
	cd a && checkouts checkout x main $TWO && run 1 apply &&
	err_has E0734 && has .opl2/src/x/${ONE:0:12}/a.txt more
'
test_ok 'nor does destroy' '
	cd a && run 1 opl2 destroy -auto-approve && err_has E0734 &&
	has .opl2/src/x/${ONE:0:12}/a.txt more
'
test_ok 'but -replace does' '
	cd a && checkouts checkout x v1 $ONE ", submodules: [deps/lib]" &&
	run 0 apply -replace=git_checkout.x && d=.opl2/src/x/${ONE:0:12} &&
	[ "$(cat $d/a.txt)" = one ] && [ ! -e $d/deps/lib/new.sol ]
'
test_ok 'so is another HEAD: drift, named with what follows, and left alone' '
	cd a && d=.opl2/src/x/${ONE:0:12} && git -C $d fetch -q $W/src/top main &&
	git -C $d checkout -q $TWO && run 6 opl2 plan -refresh-only -detailed-exitcode &&
	out_has "git_checkout.x" && out_has "HEAD" && out_has "changed outside of opl2" &&
	run 1 apply && err_has E0734 && err_has "were changed: HEAD" && [ "$(git -C $d rev-parse HEAD)" = $TWO ] &&
	git -C $d checkout -q $ONE &&
	run 0 opl2 plan -refresh-only -detailed-exitcode && run 0 opl2 plan -expect-no-changes
'
test_ok 'a clean tree is replaced by another revision, and destroyed' '
	cd a && checkouts checkout x main $TWO && run 0 apply &&
	[ ! -e .opl2/src/x/${ONE:0:12} ] &&
	[ "$(cat .opl2/src/x/${TWO:0:12}/a.txt)" = two ] &&
	run 0 opl2 destroy -auto-approve && [ ! -e .opl2/src/x/${TWO:0:12} ]
'
test_ok 'a ref that leads elsewhere is an error with both commits' '
	fresh c && rm -rf $XDG_CACHE_HOME && checkouts checkout x main $ONE &&
	run 1 apply && err_has E0730 && err_has $ONE && err_has $TWO
'
test_ok 'so is a ref that does not exist' '
	cd c && checkouts checkout x v9 $ONE && run 1 apply && err_has E0732 &&
	err_has v9
'
test_ok 'and a path that is no submodule' '
	cd c && checkouts checkout x v1 $ONE ", submodules: [a.txt]" &&
	run 1 apply && err_has E0733 && err_has a.txt && [ ! -e .opl2/src/x/* ]
'
test_ok 'a mirror of the spec, and insteadOf' '
	fresh m && rm -rf $XDG_CACHE_HOME && export URL=https://x.invalid/top &&
	git config --global url.file://$W/src/.insteadOf mine: &&
	{ printf "mirrors: {\"https://x.invalid/\": \"mine:\"}\n" &&
	printf "resources:\n  git_checkout:\n" &&
	checkout x v1 $ONE ", submodules: [deps/lib]"; } | spec &&
	run 0 apply && [ "$(cat .opl2/src/x/*/deps/lib/lib.sol)" = one ]
'
test_ok 'after a fetch that broke off the next apply goes on' '
	fresh r && rm -rf $XDG_CACHE_HOME && unset URL &&
	checkouts checkout x v1 $ONE ", submodules: [deps/lib]" &&
	mv $W/src/lib $W/src/gone && run 1 apply && err_has E0731 &&
	mv $W/src/gone $W/src/lib && mv $W/src/top $W/src/gone &&
	run 0 apply; rc=$?; mv $W/src/gone $W/src/top; exit $rc
'

# --- a pinned tree is its bytes ---------------------------------------------

mkdir src/bytes && git init -q src/bytes && (
	cd src/bytes && printf 'a\nb\n' >lf.txt && printf 'a\r\nb\r\n' >crlf.txt &&
		printf '$Id$\n' >id.txt && printf 'h\303\251\n' >wide.txt &&
		printf '#!/bin/sh\n' >run.sh && chmod +x run.sh && ln -s lf.txt link &&
		printf 'version https://git-lfs.github.com/spec/v1\n' >big.bin &&
		git -c core.autocrlf=false add -A && printf '%s\n' 'lf.txt text eol=crlf' 'id.txt ident' \
		'wide.txt text working-tree-encoding=UTF-16' 'big.bin filter=lfs' >.gitattributes &&
		git add .gitattributes && git commit -qm bytes
)
BYTES=$(git -C src/bytes rev-parse HEAD)
as_pinned() { # as_pinned DIR: each file has the bytes and mode of the commit
	local mode type oid name
	git -C "$W/src/bytes" ls-tree -r HEAD >want || return 1
	while read -r mode type oid name; do
		case $mode in
		120000) [ "$(readlink "$1/$name")" = lf.txt ] ;;
		100755) [ -x "$1/$name" ] ;;
		*) [ ! -x "$1/$name" ] ;;
		esac && { [ "$mode" = 120000 ] ||
			[ "$(git hash-object --no-filters "$1/$name")" = "$oid" ]; } || {
			echo "$mode $type $name is not as pinned"
			return 1
		}
	done <want
}
pinned() { # pinned NAME: checked out again, and clean
	fresh "$1" && URL=file://$W/src/bytes checkouts checkout x "$BYTES" "$BYTES" &&
		sed -i "s/ref: \"$BYTES\"/ref: main/" opl2.yaml && run 0 apply &&
		as_pinned ".opl2/src/x/${BYTES:0:12}" && run 0 opl2 plan -expect-no-changes
}
printf '*.txt ident eol=crlf\n* filter=up\n' >attrs
for setting in x.y=1 core.autocrlf=true core.autocrlf=input core.eol=crlf \
	core.symlinks=false core.fileMode=false core.ignoreCase=true \
	"core.attributesFile=$W/attrs" core.safecrlf=true; do
	test_ok "a pinned tree is its bytes: $setting" "
		cp ~/.gitconfig keep && git config --global '${setting%%=*}' '${setting#*=}' &&
		git config --global filter.up.smudge 'tr a-z A-Z' &&
		git config --global filter.lfs.smudge 'tr a-z A-Z' &&
		(pinned bytes-${setting%%=*}${#setting}); rc=\$?; mv keep ~/.gitconfig; exit \$rc"
done
test_ok 'a pinned tree has its modes, whatever the umask' '
	(umask 077 && pinned masked) && [ -x masked/.opl2/src/x/*/run.sh ]'
test_ok 'other ends of lines are a change, though git undoes them' '
	cd masked && f=$(echo .opl2/src/x/*/lf.txt) && printf "a\r\nb\r\n" >$f &&
	run 2 opl2 plan -detailed-exitcode && out_has lf.txt &&
	printf "a\nb\n" >$f && run 0 opl2 plan -expect-no-changes'
test_ok 'a link that became a file, and a program that is none, are changes' '
	cd masked && d=$(echo .opl2/src/x/*) && rm $d/link && printf lf.txt >$d/link &&
	chmod -x $d/run.sh && git -C $d config core.symlinks false &&
	git -C $d config core.fileMode false &&
	run 2 opl2 plan -detailed-exitcode && out_has link && out_has run.sh'

done_testing
