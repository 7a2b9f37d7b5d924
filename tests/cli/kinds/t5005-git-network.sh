#!/usr/bin/env bash
# git_checkout over http, from a server that misbehaves.
. "$(dirname "$0")/../lib.sh"

FAKE=$ROOT/tests/fake
command -v python3 >/dev/null || skip_all 'no python3'
[ -x "$(git --exec-path 2>/dev/null)/git-http-backend" ] ||
	skip_all 'no git http-backend'
export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.org
export GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.org
export PYTHONDONTWRITEBYTECODE=1
git config --global protocol.file.allow always
git config --global init.defaultBranch main

W=$PWD
commit() { # commit REPO FILE TEXT: prints the commit
	echo "$3" >"$1/$2" && git -C "$1" add -A &&
		git -C "$1" commit -qm "$3" && git -C "$1" rev-parse HEAD
}
sub() { # sub REPO PATH OTHER: makes OTHER, beside it, a submodule by ../OTHER
	git -C "$1" submodule --quiet add "$W/www/$3" "$2" &&
		git -C "$1" config -f .gitmodules "submodule.$2.url" "../$3"
}
mkdir www && for r in leaf lib top; do git init -q "www/$r"; done
LEAF=$(commit www/leaf leaf.txt leaf)
sub www/lib inner leaf
LIB=$(commit www/lib lib.txt lib)
sub www/top deps/lib lib
# A pack of a megabyte, which the later commits share.
head -c 1000000 /dev/urandom >www/top/large
ONE=$(commit www/top a.txt one)
git -C www/top tag v1
TWO=$(commit www/top a.txt two)
git -C www/top tag v2
git -C www/top config -f .gitmodules submodule.deps/lib.url "file://$W/www/lib"
BAD=$(commit www/top a.txt bad)
git -C www/top tag bad

serve() { # serve [FAULT...]: sets URL
	local args=() port
	stop_server
	for f in "$@"; do args+=(--fault "$f"); done
	rm -f "$W/requests"
	mkfifo hold && exec 7<>hold && rm hold
	exec 8< <(exec python3 "$FAKE/githttpd.py" "$W/www" \
		--log "$W/requests" "${args[@]}" <&7 7>&-)
	SERVER=$!
	read -r port <&8
	PORT=$port
	URL=http://127.0.0.1:$port
}
SERVER=
stop_server() {
	[ -z "$SERVER" ] || kill $SERVER
	SERVER=
}
trap 'stop_server; rm -rf "$T_DIR"' EXIT

checkout() { # checkout REF COMMIT [MORE [URL]]: a spec
	printf '%s\nresources:\n  git_checkout:\n    x: %s\n' "${HEAD-}" \
		"{url: \"${4:-$URL/top}\", ref: $1, commit: \"$2\"${3-}}" |
		spec
}
apply() { timeout 300 opl2 apply -auto-approve "$@"; }
tree() { echo ".opl2/src/x/${1:0:12}"; }
empty_store() { rm -rf "$XDG_CACHE_HOME"; }
bytes() { # bytes PATH: of the packs that were sent
	awk -v p="$1" '$1 == "POST" && $2 == p { n += $3 } END { print n + 0 }' \
		"$W/requests"
}
sound() { # every repository of the store is whole, and nothing is left over
	local d
	for d in "$XDG_CACHE_HOME"/opl2/store/git/*; do
		git -C "$d" fsck --full --strict || return 1
		[ -z "$(find "$d" -name 'pack_*' -o -name '*.lock')" ] ||
			return 1
	done
}

serve
test_ok 'a tag, a submodule of a relative URL, and one within that' '
	fresh a && checkout v1 $ONE ", submodules: [deps/lib/inner, deps/lib]" &&
	run 0 apply && d=$(tree $ONE) && [ "$(cat $d/a.txt)" = one ] &&
	[ "$(cat $d/deps/lib/lib.txt)" = lib ] &&
	[ "$(cat $d/deps/lib/inner/leaf.txt)" = leaf ] &&
	[ -z "$(git -C $d status --porcelain)" ] && has opl2.lock $LEAF &&
	run 0 opl2 plan -expect-no-changes
'
test_ok 'a submodule within needs the one around it' '
	fresh b && checkout v1 $ONE ", submodules: [deps/lib/inner]" &&
	run 1 apply && err_has E0733 && err_has "deps/lib" && [ ! -e $(tree $ONE) ]
'
test_ok 'of the next revision only what is new is sent' '
	first=$(bytes /top/git-upload-pack) && [ $first -gt 1000000 ] &&
	: >$W/requests && cd a && checkout v2 $TWO && run 0 apply &&
	[ "$(cat $(tree $TWO)/a.txt)" = two ] &&
	next=$(bytes /top/git-upload-pack) && echo "$next of $first" &&
	[ $next -lt 2000 ] &&
	[ "$(ls -d $XDG_CACHE_HOME/opl2/store/git/* | wc -l)" = 3 ] && sound
'
test_ok 'of an earlier revision nothing is' '
	fresh c && empty_store && checkout v2 $TWO && run 0 apply &&
	: >$W/requests && fresh d && checkout v1 $ONE && run 0 apply &&
	[ "$(cat $(tree $ONE)/a.txt)" = one ] &&
	[ "$(bytes /top/git-upload-pack)" = 0 ]
'
test_ok 'a branch that does not exist, and a repository' '
	fresh e && empty_store && checkout v9 $ONE && run 1 apply && err_has E0732 &&
	err_has v9 && checkout v1 $ONE "" $URL/none && run 1 apply &&
	err_has E0731 && err_has "404"
'
test_ok 'a submodule that is a folder of this machine is refused' '
	fresh f && checkout bad $BAD ", submodules: [deps/lib]" &&
	run 1 apply && err_has E0756 && err_has "file://$W/www/lib" &&
	[ ! -e $(tree $BAD) ]
'
test_ok 'a mirror of the spec, of the longest prefix' '
	fresh g && empty_store && HEAD="mirrors:
  https://x.invalid/: http://127.0.0.1:1/
  https://x.invalid/org/: $URL/" &&
	checkout v1 $ONE ", submodules: [deps/lib]" https://x.invalid/org/top &&
	run 0 apply && [ -s $(tree $ONE)/deps/lib/lib.txt ]
'
test_ok 'insteadOf of git' '
	fresh h && empty_store &&
	git config --global url.$URL/.insteadOf https://y.invalid/ &&
	checkout v1 $ONE "" https://y.invalid/top && run 0 apply
'
test_ok 'insteadOf by GIT_CONFIG_COUNT, and by GIT_CONFIG_GLOBAL' '
	fresh h && empty_store && checkout v1 $ONE "" https://w.invalid/top &&
	(export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=url.$URL/.insteadOf &&
	GIT_CONFIG_VALUE_0=https://w.invalid/ run 0 apply) && rm -rf .opl2 &&
	empty_store && git config -f $W/global url.$URL/.insteadOf https://w.invalid/ &&
	GIT_CONFIG_GLOBAL=$W/global run 0 apply && rm -rf .opl2 && empty_store &&
	run 1 env GIT_CONFIG_SYSTEM=$W/global opl2 apply -auto-approve &&
	run 0 env -u GIT_CONFIG_NOSYSTEM GIT_CONFIG_SYSTEM=$W/global opl2 apply -auto-approve
'
if command -v openssl >/dev/null; then
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=z.invalid \
		-addext subjectAltName=DNS:z.invalid -keyout key -out cert \
		2>/dev/null && cat cert key >www/tls.pem
	test_ok 'a proxy of the environment, and the authority of one' '
		fresh i && empty_store && : >$W/requests &&
		checkout v1 $ONE "" https://z.invalid/top &&
		export HTTPS_PROXY=$URL && run 1 apply && err_has E0731 &&
		err_has SSL &&
		SSL_CERT_FILE=$W/cert run 0 apply && [ -s $(tree $ONE)/a.txt ] &&
		has $W/requests "CONNECT z.invalid:443"
	'
	for set in "http.sslCAInfo $W/cert" "http.https://z.invalid/.sslCAInfo $W/cert" \
		"http.https://z.invalid.sslVerify false"; do
		test_ok "git config ${set% *}" '
			fresh n && empty_store && export HTTPS_PROXY=$URL &&
			checkout v1 $ONE "" https://z.invalid/top &&
			git config --global $set && run 0 apply; rc=$?
			git config --global --unset-all ${set% *}; exit $rc
		'
	done
	mkdir hashed && cp cert "hashed/$(openssl x509 -hash -noout -in cert).0"
	for set in GIT_SSL_CAINFO=$W/cert GIT_SSL_CAPATH=$W/hashed SSL_CERT_DIR=$W/hashed \
		CURL_CA_BUNDLE=$W/cert; do
		test_ok "the authority of ${set%=*}" '
			fresh n && empty_store && export HTTPS_PROXY=$URL "${set?}" &&
			checkout v1 $ONE "" https://z.invalid/top && run 0 apply
		'
	done
	test_ok 'git config http.sslCAPath' '
		fresh n && empty_store && export HTTPS_PROXY=$URL &&
		checkout v1 $ONE "" https://z.invalid/top &&
		git config --global http.sslCAPath $W/hashed && run 0 apply; rc=$?
		git config --global --unset-all http.sslCAPath; exit $rc
	'
	test_ok 'git config http.proxy' '
		fresh n && empty_store && : >$W/requests &&
		checkout v1 $ONE "" https://z.invalid/top &&
		git config --global http.proxy $URL && SSL_CERT_FILE=$W/cert run 0 apply &&
		has $W/requests "CONNECT z.invalid:443"; rc=$?
		git config --global --unset-all http.proxy; exit $rc
	'
	test_ok 'of another server it is none' '
		fresh n && empty_store && export HTTPS_PROXY=$URL &&
		checkout v1 $ONE "" https://z.invalid/top &&
		export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=http.https://z.inv.sslVerify &&
		GIT_CONFIG_VALUE_0=false run 1 apply && err_has E0731
	'
	test_ok 'GIT_SSL_NO_VERIFY' '
		fresh n && empty_store && export HTTPS_PROXY=$URL &&
		checkout v1 $ONE "" https://z.invalid/top &&
		GIT_SSL_NO_VERIFY=1 run 0 apply
	'
fi
test_ok 'no_proxy is heeded, and for http: there is no proxy' '
	fresh j && empty_store && : >$W/requests && export HTTPS_PROXY=$URL &&
	checkout v1 $ONE "" https://z.invalid/top &&
	no_proxy=z.invalid run 1 apply && [ ! -s $W/requests ] &&
	checkout v1 $ONE "" http://z.invalid/top &&
	http_proxy=$URL run 1 apply && err_has "https:"
'
test_ok 'a server on this machine is asked without a proxy' '
	fresh l && empty_store && checkout v1 $ONE &&
	http_proxy=http://127.0.0.1:1 run 0 apply
'

serve '/top/*=401'
test_ok 'a server that wants a login is told of, and nobody is asked' '
	fresh k && empty_store && checkout v1 $ONE && run 1 apply &&
	err_has E0755 && err_has insteadOf && [ ! -e $(tree $ONE) ]
'
test_ok 'a login by insteadOf is used, and is in no output' '
	git config --global url.http://me:s3cr3t@127.0.0.1:$PORT/.insteadOf \
		https://w.invalid/ && cd k &&
	checkout v1 $ONE "" https://w.invalid/top && run 0 apply &&
	grep -q "^POST .* auth$" $W/requests &&
	! grep -r s3cr3t $OUT opl2.lock .opl2
'
logged_in() { # by what SET does, from nothing
	: >$W/requests && fresh q && empty_store && checkout v1 $ONE &&
		run 0 apply && grep -q "^POST .* auth$" $W/requests &&
		! grep -r s3cr3t $OUT opl2.lock .opl2
}
test_ok 'a login of ~/.netrc' '
	printf "machine x.invalid login a password b\nmacdef m\nmachine 127.0.0.1\n\nmachine 127.0.0.1\n  login me\n  password s3cr3t\n" >$HOME/.netrc &&
	logged_in; rc=$?; rm $HOME/.netrc; exit $rc
'
test_ok 'a login of a credential helper' '
	git config --global credential.helper \
		"!f() { cat >$W/asked; echo username=me; echo password=s3cr3t; }; f" &&
	logged_in && has $W/asked "host=127.0.0.1:$PORT"; rc=$?
	git config --global --unset-all credential.helper; exit $rc
'
test_ok 'a login in http.extraHeader of the server' '
	git config --global http.$URL/.extraHeader "Authorization: Basic czNjcjN0" &&
	logged_in; rc=$?; git config --global --unset http.$URL/.extraHeader; exit $rc
'
test_ok 'a helper that knows none does not ask' '
	fresh q && empty_store && checkout v1 $ONE &&
	git config --global credential.helper "!f() { cat; }; f" && run 1 apply &&
	err_has E0755; rc=$?; git config --global --unset-all credential.helper; exit $rc
'
serve '/top/git-upload-pack=truncate*1'
test_ok 'a connection that is cut in the pack' '
	fresh l && empty_store && checkout v1 $ONE && run 1 apply &&
	err_has E0731 && err_has "rerun apply" && [ ! -e $(tree $ONE) ]
'
test_ok 'then apply again ends well' '
	cd l && run 0 apply && [ "$(cat $(tree $ONE)/a.txt)" = one ] && sound
'
serve '/lib/git-upload-pack=truncate*1'
test_ok 'what is complete is not fetched again' '
	fresh m && empty_store && checkout v1 $ONE ", submodules: [deps/lib]" &&
	run 1 apply && err_has E0731 && err_has /lib && : >$W/requests &&
	run 0 apply && [ -s $(tree $ONE)/deps/lib/lib.txt ] &&
	! grep /top $W/requests
'
serve '/top/info/refs=503*1' '/top/info/refs=html*1'
test_ok 'a busy server, and a page that is no repository' '
	fresh n && empty_store && checkout v1 $ONE && run 1 apply &&
	err_has E0731 && run 1 apply && err_has E0731 && run 0 apply
'
serve '/top/git-upload-pack=stall*1'
test_ok 'a silent server is given up' '
	fresh o && empty_store && git config --global http.lowSpeedTime 4 &&
	checkout v1 $ONE && run 1 apply && err_has E0731 &&
	err_has "stopped sending data" && git config --global --unset http.lowSpeedTime &&
	run 0 apply && sound
'
serve '/top/git-upload-pack=stall*1'
test_ok 'Ctrl-C in the middle of a pack ends it, and leaves the store sound' '
	fresh p && empty_store && checkout v1 $ONE && mkfifo fifo &&
	{ opl2 apply -auto-approve >o 2>&1 & } && pid=$! &&
	until ls $XDG_CACHE_HOME/opl2/store/git/*/objects/pack/pack_*; do
		kill -0 $pid || return 1; read -rt 0.05 _ <>fifo
	done 2>/dev/null
	kill -INT $pid; wait $pid; rc=$?; cat o; [ $rc = 8 ] &&
	[ ! -e $(tree $ONE) ] && run 0 apply && sound
'
serve '/top/git-upload-pack=stall*1'
test_ok 'so does kill -9' '
	fresh q && empty_store && checkout v1 $ONE && mkfifo fifo &&
	{ opl2 apply -auto-approve >o 2>&1 & } && pid=$! &&
	until ls $XDG_CACHE_HOME/opl2/store/git/*/objects/pack/pack_*; do
		kill -0 $pid || return 1; read -rt 0.05 _ <>fifo
	done 2>/dev/null
	kill -9 $pid; wait $pid; run 0 apply && sound
'
serve
# From a server that has only a part, or after a disk lost some.
lose() { # lose NAME: a file's content is missing in the store of the one URL
	local d oid
	d=$(echo "$XDG_CACHE_HOME"/opl2/store/git/*)
	oid=$(git -C "$d" rev-parse "$ONE:$1") &&
		git -C "$d" cat-file --batch-all-objects --batch-check |
		awk -v not="$oid" '$1 != not { print $1 }' |
			git -C "$d" pack-objects -q "$d/objects/less" >./hash &&
		rm -f "$d"/objects/pack/* &&
		for e in pack idx; do
			mv "$d/objects/less-$(cat hash).$e" \
				"$d/objects/pack/pack-$(cat hash).$e"
		done && ! git -C "$d" cat-file -e "$oid"
}
test_ok 'a store that lacks an object says so, and is mended by the next apply' '
	fresh r && empty_store && checkout v1 $ONE && run 0 apply &&
	lose large && fresh s && checkout v1 $ONE && run 1 apply &&
	err_has E0735 && err_has "fetches it again" && [ ! -e $(tree $ONE) ] &&
	run 0 apply && cmp $(tree $ONE)/large $W/www/top/large && sound &&
	[ -z "$(git -C ../r/$(tree $ONE) status --porcelain)" ]
'
done_testing
