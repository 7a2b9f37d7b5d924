#!/usr/bin/env bash
# image: a registry that wants a token, that breaks off, that has its own mind
# about addresses, and that refuses.
. "$(dirname "$0")/../lib.sh"

command -v python3 >/dev/null || skip_all 'no python3'
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$T_DIR"' EXIT
log=$T_DIR/log SERVER=

quit() { # ends the registry that serve has begun
	[ -z "$SERVER" ] || { kill "$SERVER" && wait "$SERVER" 2>/dev/null; }
	SERVER=
}
serve() { # serve [OPTION...]: sets reg, empties the log
	quit
	rm -f "$T_DIR/port" "$log"
	tail -f /dev/null | exec python3 "$ROOT/tests/fake/registry.py" "$log" "$@" >"$T_DIR/port" &
	SERVER=$!
	written "$T_DIR/port" $SERVER
	reg=127.0.0.1:$(cat "$T_DIR/port")
}
# A program that is more than one packet, and a small one.
{ cat /bin/cat && head -c 3000000 /dev/urandom; } >"$T_DIR/big"
chmod +x "$T_DIR/big"

image() { # image NAME [LINE...]: a fresh folder with an image of both
	fresh "$1" && spec <<-Y
	resources:
	  image:
	    i: { repository: "$reg/x", programs: { big: "$T_DIR/big", sleep: /bin/sleep } }
	Y
}
apply() { run "$1" opl2 apply -auto-approve; }
count() { grep -c "$1" "$log"; }
login() { # login AUTHS: what docker login has put there
	mkdir -p "$DOCKER_CONFIG" && echo "$1" >"$DOCKER_CONFIG/config.json"
}
export DOCKER_CONFIG=$T_DIR/docker
clean() { ! grep -rqE 'geheim42|bWU6Z2VoZWltNDI|t1\b' .opl2 "$OUT"; }
me='{"auths":{"'%s'":{"auth":"bWU6Z2VoZWltNDI="}}}'

# --- tokens ---
serve --token me:geheim42
test_ok 'a token is got with the login of docker' '
	image tok && login "$(printf "$me" "$reg")" && apply 0 && clean &&
	[ "$(count "GET /token")" = 1 ] && grep "GET /token" "$log" | grep "service=fake" | grep "scope=repository:x:pull,push" &&
	[ "$(count " anonymous")" = 1 ] && grep -q "PUT /v2/x/manifests/opl2-[0-9a-f]* 201 t1" "$log" && ! grep -q "v2.* basic" "$log"'
test_ok 'again: one look, which asks for no more than to read' '
	cd tok && : >"$log" && run 0 opl2 plan -detailed-exitcode && [ "$(count "")" = 3 ] && grep -q "HEAD .* 200 t2" "$log" &&
	! grep -q push "$log"'
test_ok 'without a login' '
	image none && login "{}" && apply 10 && err_has E1323 && err_has "docker login $reg" && err_has "$T_DIR/docker/config.json"'
test_ok 'with a wrong one' '
	image wrong && login "{\"auths\":{\"$reg\":{\"auth\":\"bWU6YmFk\"}}}" && apply 10 && err_has E1323 && err_has "wrong login" && clean'
test_ok 'with a file that is none' '
	image torn && login "{" && apply 10 && err_has E1328 && err_has "is not JSON"'
mkdir "$T_DIR/bin" && cat >"$T_DIR/bin/docker-credential-it" <<'H'
#!/bin/sh
cat >asked
echo '{"Username":"me","Secret":"geheim42"}'
H
chmod +x "$T_DIR/bin/docker-credential-it"
test_ok 'by a helper, and no secret in an argument' '
	image helper && login "{\"credHelpers\":{\"$reg\":\"it\"}}" && export PATH=$T_DIR/bin:$PATH ASAN_OPTIONS=detect_leaks=0 &&
	strace -f -e trace=execve -s 400 -o calls opl2 apply -auto-approve >"$OUT/stdout" 2>&1 &&
	[ "$(cat asked)" = "$reg" ] && grep -q docker-credential-it calls && ! grep -q geheim42 calls && clean'
serve --token me:geheim42 --good-for 4
test_ok 'a token that ends in between is got anew' '
	image ends && login "$(printf "$me" "$reg")" && apply 0 && [ "$(count "GET /token")" -gt 2 ] && clean'
serve --post-token identity
test_ok 'an identity token' '
	image id && login "{\"auths\":{\"$reg\":{\"auth\":\"\",\"identitytoken\":\"identity\"}}}" && apply 0 &&
	grep -q "POST /token 200" "$log" && ! grep -q "identity" "$log"'

# --- transfers ---
login "{}"
serve --break 1000000
test_ok 'an upload that broke off goes on where it was' '
	image on && apply 0 && grep -q "PUT .* broken" "$log" && grep -q "GET /v2/x/blobs/uploads/u[0-9]* 204" "$log" &&
	grep -q "PATCH .* 202" "$log" && [ "$(count "POST ")" = 4 ]'
test_ok 'what is there is not sent again' ': >"$log" && image again && apply 0 && [ "$(cut -d" " -f1 "$log" | xargs)" = HEAD ]'
serve --break 1000000 --no-chunks
test_ok 'or begins over' 'image over && apply 0 && ! grep -q PATCH "$log" && [ "$(count "POST ")" = 5 ]'
serve --break 1000000 --bad-chunks
test_ok 'or begins over when the end does not fit' '
	image bad && apply 0 && grep -q "PATCH .* 202" "$log" && grep -q "PUT .* 400" "$log" && [ "$(count "POST ")" = 5 ]'
serve --busy 2
test_ok 'a registry that is busy is waited for' 'image busy && apply 0 && [ "$(count " 429 ")" = 2 ]'
for form in relative absolute query; do
	serve --location $form
	test_ok "a location that is $form" 'image $form && apply 0 && grep -q "PUT /v2/x/blobs/uploads/u[^ ]*[?&]digest=sha256:" "$log"'
done
serve --mount x
test_ok 'another repository of the same registry is made of what the old one has' '
	image move && apply 0 && sed -i "s|/x\"|/y\"|" opl2.yaml && : >"$log" && apply 0 &&
	grep -q "POST /v2/y/blobs/uploads/?mount=sha256:[0-9a-f]*&from=x 201" "$log" && ! grep -q "PUT .*blobs" "$log" &&
	run 0 opl2 plan -detailed-exitcode'
serve --mount z
test_ok 'or sent, where that cannot be' 'image send && apply 0 && sed -i "s|/x\"|/y\"|" opl2.yaml && apply 0'

# --- refusals: code, exit code, words ---
refused() { # refused EXIT CODE ANSWER TEXT
	serve --answer "$3"
	test_ok "$2: $3" "image r && apply $1 && err_has $2 && err_has status && err_has '$4'"
}
refused 10 E1323 'POST:/blobs/uploads/:403:DENIED:requested access to the resource is denied' 'the right to push'
refused 1 E1326 'POST:/blobs/uploads/:403:DENIED:adding 3 MiB would exceed the Quota of 1 GiB' 'raise the quota'
refused 1 E1326 'PUT:/blobs/uploads/:413:SIZE:too large' 'raise its limit'
refused 1 E1326 'PUT:/blobs/uploads/:507:UNKNOWN:disk' 'make room'
refused 1 E1325 'PUT:/blobs/uploads/:400:DIGEST_INVALID:provided digest did not match' 'status 400'
refused 1 E1329 'POST:/blobs/uploads/:404:NAME_UNKNOWN:no such repository' 'create the repository'
refused 1 E1324 'PUT:/manifests/:400:MANIFEST_INVALID:manifest invalid' 'MANIFEST_INVALID: manifest invalid'
refused 1 E1325 'PUT:/manifests/:404:MANIFEST_BLOB_UNKNOWN:sha256' 'lost a layer'
refused 1 E1327 'PUT:/manifests/:429:TOOMANYREQUESTS:slow down' 'wait'
serve --answer 'HEAD:/manifests/:200:X:hello'
test_ok 'a server that has a page for everything is no registry' '
	image page && apply 1 && err_has E1324 && err_has "as an image registry does"'
test_ok 'only addresses of this machine are asked without TLS' '
	reg=127.0.x.invalid:1 && image far && apply 10 && err_has E1322 && err_has "https://127.0.x.invalid"'
serve
test_ok 'a registry that will be away' 'image away && apply 0'
quit
test_ok 'what is recorded of it stays' '
	cd away && run 0 opl2 plan && err_has W0613 && err_has "cannot connect to the image registry" &&
	rm -rf .opl2 && apply 10 && err_has E1322 && err_has "connection refused"'
done_testing
