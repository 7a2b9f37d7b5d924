#!/usr/bin/env bash
# image: programs of this machine to a real registry, and out of it again.
. "$(dirname "$0")/../lib.sh"

REGISTRY=$(command -v docker-registry || echo "$ROOT/build/tools/docker-registry")
[ -x "$REGISTRY" ] || skip_all 'no docker-registry: make build/tools/docker-registry'
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$T_DIR"' EXIT
export DOCKER_CONFIG=$T_DIR/docker
mkdir "$DOCKER_CONFIG"

serve() { # serve NAME [YAML]: sets reg and log
	log=$T_DIR/$1.log
	mkdir "$T_DIR/$1"
	printf 'version: 0.1\nstorage: { filesystem: { rootdirectory: "%s" }, delete: { enabled: true } }\nhttp: { addr: "127.0.0.1:0"%s }\n%s\n' \
		"$T_DIR/$1" "${3-}" "${2-}" >"$T_DIR/$1.yml"
	"$REGISTRY" serve "$T_DIR/$1.yml" >>"$log" 2>&1 &
	pid=$!
	until_true 100 grep -q 'listening on' "$log"
	reg=$(sed -n 's/.*listening on \([0-9.:]*\).*/\1/p' "$log")
}
image() { # image NAME [FIELD]: a fresh folder, with programs of its own
	fresh "$1" && cp /bin/cat /bin/sleep . && spec <<-Y
	resources:
	  image:
	    i: { repository: "$reg/opl2/chain", programs: { cat: cat, sleep: "$PWD/sleep" }${2-} }
	outputs: { ref: "\${image.i.ref}" }
	Y
}
apply() { run "$1" opl2 apply -auto-approve; }
ref() { jq -r .outputs.ref.value .opl2/state.json; }
requests() { grep -o '"[A-Z]* /v2/[^"]* HTTP/[0-9.]*" [0-9]*' "$log"; }
forget() { : >"$log"; }
pull() { # pull FOLDER [CURL OPTION...]: what a node does
	local url digest l accept='Accept: application/vnd.oci.image.manifest.v1+json'
	url=http://$reg/v2/opl2/chain digest=$(ref | cut -d@ -f2)
	mkdir "$1" && curl -sf "${@:2}" -H "$accept" "$url/manifests/$digest" >manifest &&
		echo "${digest#sha256:}  manifest" | sha256sum -c --quiet || return
	for l in $(jq -r '.config.digest, .layers[].digest' manifest); do
		curl -sf "${@:2}" "$url/blobs/$l" >blob && echo "${l#sha256:}  blob" | sha256sum -c --quiet || return
		[ "$l" != "$(jq -r .config.digest manifest)" ] && { tar -xf blob -C "$1" || return; }
	done
	curl -sf "${@:2}" "$url/blobs/$(jq -r .config.digest manifest)" >config
}

serve plain
test_ok 'pushed, and the ref is of what is there' '
	image one ", entrypoint: [sleep, \"1\"]" && apply 0 && ref | grep -qx "$reg/opl2/chain@sha256:[0-9a-f]\{64\}" && pull root &&
	cmp root/opl2/bin/cat /bin/cat && cmp root/opl2/bin/sleep /bin/sleep && [ ! -e root/bin ] &&
	[ "$(stat -c %a root/tmp root/opl2/bin/cat | xargs)" = "1777 755" ] &&
	jq -e ".config.User == \"65532:65532\" and .config.Entrypoint == [\"/opl2/bin/sleep\", \"1\"] and .os == \"linux\"" config'
if [ "$(id -u)" = 0 ]; then
	test_ok 'its programs run there, as its user' '
		cd one && echo hi >root/tmp/t && [ "$(chroot --userspec=65532:65532 root /opl2/bin/cat /tmp/t)" = hi ]'
else
	test_skip 'its programs run there, as its user' 'chroot is for root'
fi
test_ok 'nothing to do afterwards: one request' '
	cd one && forget && run 0 opl2 plan -detailed-exitcode && [ "$(requests | wc -l)" = 1 ] && requests | grep -q "^\"HEAD .*manifests.* 200"'
test_ok 'the same from another folder, by one request' '
	image one2 ", entrypoint: [sleep, \"1\"]" &&
	touch -d 2001-01-01 cat && chmod 700 sleep && forget && apply 0 && [ "$(ref)" = "$(cd ../one && ref)" ] && [ "$(requests | wc -l)" = 1 ]'
test_ok 'with another program the other layers stay' '
	cd one && forget && { cat /bin/cat; echo x; } >cat && run 0 opl2 plan && out_has "image.i" && out_has "digests" && apply 0 &&
	[ "$(requests | grep -c "PUT .*blobs")" = 2 ] && [ "$(ref)" != "$(cd ../one2 && ref)" ] && run 0 opl2 plan -detailed-exitcode'
test_ok 'a program that went away changes nothing' 'cd one && rm cat && run 0 opl2 plan -detailed-exitcode'
test_ok 'the same programs elsewhere are the same image, whatever else is new here' '
	cd one2 && r=$(ref) && mkdir moved && cp cat moved && sed -i "s/cat: cat/cat: moved\/cat/" opl2.yaml && export SSL_CERT_FILE=/nonexistent &&
	forget && run 0 opl2 plan && out_has "moved/cat" && apply 0 && [ "$(ref)" = "$r" ] && ! requests | grep -q PUT &&
	sed -i "s/ }$/, plain_http: true }/" opl2.yaml && run 0 opl2 plan && ! grep -q "known after" "$OUT/stdout" && apply 0 &&
	[ "$(ref)" = "$r" ] && run 0 opl2 plan -detailed-exitcode'
test_ok 'an image that went away is made again' '
	cd one2 && curl -sf -X DELETE "http://$reg/v2/opl2/chain/manifests/$(ref | cut -d@ -f2)" &&
	run 2 opl2 plan -detailed-exitcode && apply 0 && pull again && run 0 opl2 plan -detailed-exitcode'
test_ok 'destroy leaves it' 'cd one2 && r=$(ref) && run 13 opl2 destroy -auto-approve && out_has "$r" && curl -sfI "http://$reg/v2/opl2/chain/manifests/${r#*@}" -H "Accept: application/vnd.oci.image.manifest.v1+json"'
test_ok 'an interrupted push ends, and the next one goes on' '
	image stop && kill -STOP $pid && { opl2 apply -auto-approve >out 2>&1 & p=$!; } &&
	until_true 100 grep -q "reading the programs" out
	kill -INT $p; wait $p; rc=$?; kill -CONT $pid; cat out; [ $rc = 8 ] && grep -q "E0805\|interrupted" out && apply 0'

# --- what is refused before anything is asked ---
bad() { # bad CODE EXIT TEXT LINE
	fresh bad && spec <<-Y && run "$2" opl2 validate && err_has "$1" && err_has "$3" && err_has opl2.yaml:5
	resources:
	  image:
	    i: { $4 }
	Y
}
test_ok 'a repository that is none' 'bad E1320 3 "is no repository" "repository: \"$reg/Chain\", programs: { cat: /bin/cat }"'
test_ok 'a repository with a tag' 'bad E1320 3 "no tag" "repository: \"$reg/chain:v1\", programs: { cat: /bin/cat }"'
test_ok 'no programs' 'bad E1321 10 "no program" "repository: \"$reg/chain\", programs: {}"'
test_ok 'a name that is a path' 'bad E1321 10 "name of a program" "repository: \"$reg/chain\", programs: { ../cat: /bin/cat }"'
test_ok 'an entrypoint of nobody' 'bad E1321 10 "not one of" "repository: \"$reg/chain\", programs: { cat: /bin/cat }, entrypoint: [dog]"'
test_ok 'a script' '
	image script && printf "#!/bin/sh\n" >cat && apply 10 && err_has E1321 && err_has "is no program for Linux"'
test_ok 'a program that is not there' 'image none && rm cat && apply 10 && err_has E1321 && err_has "cannot read"'

# --- a login, and TLS ---
echo 'me:$2b$04$bZ0Z0olXvaklYuCA.55gx.l2FoP.8Qn0/mzjAew4Ju6gHFELhtfTa' >"$T_DIR/htpasswd"
serve login "auth: { htpasswd: { realm: r, path: \"$T_DIR/htpasswd\" } }"
auths() { # auths USER:PASSWORD
	echo "{\"auths\":{\"$reg\":{\"auth\":\"$(printf %s "$1" | base64)\"}}}" >"$DOCKER_CONFIG/config.json"
}
test_ok 'without a login' 'image nologin && apply 10 && err_has E1323 && err_has "docker login $reg"'
test_ok 'with a wrong one' 'image wronglogin && auths me:bad && apply 10 && err_has E1323 && err_has "log in anew"'
test_ok 'with the right one, which is nowhere afterwards' '
	image login && auths me:geheim42 && OPL2_LOG=trace apply 0 && pull root -u me:geheim42 && run 0 opl2 plan -detailed-exitcode &&
	! grep -rqF -e geheim42 -e "$(printf me:geheim42 | base64)" .opl2 "$OUT" "$log"'
rm "$DOCKER_CONFIG/config.json"

openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T_DIR/key.pem" -out "$T_DIR/cert.pem" -days 2 \
	-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 2>/dev/null
serve tls '' ", tls: { certificate: \"$T_DIR/cert.pem\", key: \"$T_DIR/key.pem\" }"
test_ok 'over TLS, by the authorities of the environment' '
	image tls ", plain_http: false" && SSL_CERT_FILE=$T_DIR/cert.pem apply 0 && requests | grep -q "PUT .*manifests.* 201"'
test_ok 'of somebody unknown' 'image unknown ", plain_http: false" && apply 10 && err_has E1322 && err_has SSL_CERT_FILE'
done_testing
