#!/usr/bin/env bash
# A toolchain from a container image: the image is made and pushed by the kind
# image, so what is taken out of it is what was put in.
. "$(dirname "$0")/../lib.sh"

command -v python3 jq >/dev/null || skip_all 'no python3 or jq'
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$T_DIR"' EXIT
export DOCKER_CONFIG=$T_DIR/docker
mkdir "$DOCKER_CONFIG"

serve() { # serve NAME [OPTION...]: sets reg and log
	log=$T_DIR/$1.log
	tail -f /dev/null --pid=$$ |
		python3 "$ROOT/tests/fake/registry.py" "$log" "${@:2}" >"$T_DIR/$1.port" 2>"$T_DIR/$1.err" &
	until_true 100 test -s "$T_DIR/$1.port"
	reg=127.0.0.1:$(cat "$T_DIR/$1.port")
}
image() { # image NAME: a fresh folder with an image of cat; sets ref
	fresh "$1" && cp /bin/cat . && spec <<-Y && run 0 opl2 apply -auto-approve || return
	resources:
	  image:
	    i: { repository: "$reg/x", programs: { cat: cat } }
	outputs: { ref: "\${image.i.ref}" }
	Y
	ref=$(jq -r .outputs.ref.value .opl2/state.json)
}
program() { # program REF [FILE]: a spec with that
	spec <<-Y
	resources:
	  toolchain:
	    cat: { program: cat, version: "*", host: false, from: { image: { ref: "$1", file: ${2-/opl2/bin/cat} } } }
	Y
}
taken() { opl2 state show -json toolchain.cat | jq -er .attrs.path; }

serve plain
test_ok 'a file of an image is the program' '
	image one && fresh user && program "$ref" && run 0 opl2 apply -auto-approve &&
	cmp "$(taken)" /bin/cat && [ -x "$(taken)" ] && opl2 state show -json toolchain.cat |
	jq -e ".attrs.origin | startswith(\"image:127.0.0.1\")" && run 0 opl2 plan -expect-no-changes &&
	grep -q "sha256:" opl2.lock && [ -z "$(find "$XDG_CACHE_HOME" -name layer)" ]'
test_ok 'it is in the store: another chain asks nobody' '
	image one && fresh again && program "$ref" && : >"$log" && run 0 opl2 apply -auto-approve && ! grep -q blobs "$log"'
test_ok 'a path that it does not have' '
	image one && fresh missing && program "$ref" /opl2/bin/dog && run 1 opl2 apply -auto-approve && err_has E1330 && err_has /opl2/bin/dog'
test_ok 'an image that is not there' '
	image one && fresh gone && program "${ref%????}0000" && run 1 opl2 apply -auto-approve && err_has "$reg/x"'
test_fails 3 'without a digest' 'fresh tag && program "$reg/x:latest" && opl2 validate' 'err_has ref'

serve closed --token me:secret
test_ok 'a registry that wants a login' '
	jq -n --arg h "$reg" --arg a "$(printf me:secret | base64)" "{ auths: { (\$h): { auth: \$a } } }" >"$DOCKER_CONFIG/config.json" &&
	image two && fresh login && sed -i "s/^/x/;s/^x//" "$DOCKER_CONFIG/config.json" && rm -rf "$XDG_CACHE_HOME/opl2/store/image" &&
	program "$ref" && run 0 opl2 apply -auto-approve && cmp "$(taken)" /bin/cat'

serve liar --answer 'GET:/blobs/:200:x:y'
test_ok 'a layer of another content is not taken' '
	image three && fresh lied && rm -rf "$XDG_CACHE_HOME/opl2/store/image" && program "$ref" &&
	run 1 opl2 apply -auto-approve && err_has E1325 && ! ls "$XDG_CACHE_HOME"/opl2/store/image/*/bin/cat'
done_testing
