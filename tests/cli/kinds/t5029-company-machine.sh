#!/usr/bin/env bash
# What a company's machine has set for npm, go, git and curl: a row of
# docs/company-machine.md each. The server is a proxy for itself, too.
. "$(dirname "$0")/../lib.sh"

FAKE=$ROOT/tests/fake
command -v python3 >/dev/null || skip_all 'no python3'
command -v openssl >/dev/null || skip_all 'no openssl'
export PYTHONDONTWRITEBYTECODE=1 npm_config_globalconfig=/nowhere
mkdir spec state www
cat >env.json <<J
{"spec_dir": "$PWD/spec", "state_dir": "$PWD/state", "store_dir": "$PWD/store"}
J

publish() { # publish NAME VERSION
	local sri
	mkdir -p pkg/package "www/$1/-" "www/$1/$2"
	echo "$1" >pkg/package/data
	tar -C pkg -czf "www/$1/-/$1-$2.tgz" package
	rm -r pkg
	sri=sha512-$(openssl dgst -sha512 -binary <"www/$1/-/$1-$2.tgz" |
		base64 -w0)
	jq -n --arg n "$1" --arg v "$2" --arg i "$sri" '{name: $n, version: $v,
		dist: {tarball: "http://home.invalid/\($n)/-/\($n)-\($v).tgz",
		integrity: $i}}' >"www/$1/$2/index.json"
	jq '{name, versions: {(.version): .}}' "www/$1/$2/index.json" \
		>"www/$1/index.json"
}
publish plain 1.0.0
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=r.invalid \
	-addext subjectAltName=DNS:r.invalid -keyout key -out cert 2>/dev/null &&
	cat cert key >www/tls.pem

SERVER=
stop_server() {
	[ -z "$SERVER" ] || kill $SERVER
	SERVER=
}
trap 'stop_server; rm -rf "$T_DIR"' EXIT
serve() { # serve [FAULT...]: sets URL
	local args=() port
	stop_server
	for f in "$@"; do args+=(--fault "$f"); done
	mkfifo hold && exec 7<>hold && rm hold
	exec 8< <(exec python3 "$FAKE/httpd.py" www --log requests \
		"${args[@]}" <&7 7>&-)
	SERVER=$!
	read -r port <&8
	URL=http://127.0.0.1:$port
}
op() { # op JSON: the worker's answer is in out.json
	rm -rf store
	: >requests
	# -S: what is in the environment stays as it is.
	echo "$1" | timeout 300 python3 -S "$FAKE/worker.py" "$BIN/opl2-worker" \
		env.json >out.json
	cat out.json requests
}
npm() { # npm REGISTRY: takes the package from there
	echo "registry=$1" >spec/.npmrc
	op '{"kind": "npm_package", "op": "create",
		"config": {"package": "plain", "version": "1.0.0"}}'
}
archive() { # archive URL
	op '{"kind": "archive", "op": "create", "config": {"url": "'"$1"'",
		"sha256": "'"$SHA"'"}}'
}
is() { jq -e "$1" out.json >/dev/null || { echo "not so: $1"; return 1; }; }
ok() { is '.outcome == "ok"'; }
untrusted() { is '.outcome == "fail" and .diags[0].code == "E0802"'; }
SHA=$(sha256sum www/plain/-/plain-1.0.0.tgz | cut -d' ' -f1)
DEAD=http://127.0.0.1:1
TLS=https://r.invalid

serve
# --- proxies ---
test_ok 'curl: http_proxy' '
	http_proxy=$URL npm http://r.invalid && ok &&
	grep -q "^GET http://r.invalid/plain" requests'
test_ok 'go, npm: HTTP_PROXY in capitals' '
	HTTP_PROXY=$URL npm http://r.invalid && ok'
test_ok 'npm: proxy= of .npmrc' '
	echo "proxy=$URL" >$HOME/.npmrc && npm http://r.invalid && ok; r=$?
	rm $HOME/.npmrc; return $r'
for name in http_proxy HTTP_PROXY ALL_PROXY npm_config_proxy; do
	for host in 127.0.0.1 localhost; do
		test_ok "$name is not for $host" '
			env=$name=$DEAD; export "${env?}" &&
			npm "http://$host:${URL##*:}"; unset $name; ok'
	done
done
test_ok 'what no_proxy has is kept' '
	export no_proxy=r.invalid http_proxy=$URL && npm http://r.invalid;
	unset no_proxy http_proxy; [ ! -s requests ] && is ".outcome == \"fail\""'
test_ok 'nor with npm'\''s own noproxy' '
	export npm_config_proxy=$DEAD npm_config_noproxy=x.invalid &&
	npm $URL; unset npm_config_proxy npm_config_noproxy; ok'

# --- authorities ---
export HTTPS_PROXY=$URL
test_ok 'without the authority it is refused, with what to do' '
	npm $TLS && untrusted && is ".diags[0].hint | contains(\"SSL_CERT_FILE\")"'
for name in SSL_CERT_FILE CURL_CA_BUNDLE NODE_EXTRA_CA_CERTS npm_config_cafile; do
	test_ok "the authority of $name" '
		env=$name=$PWD/cert; export "${env?}" && npm $TLS; unset $name; ok'
done
mkdir hashed && cp cert "hashed/$(openssl x509 -hash -noout -in cert).0"
test_ok 'the authority of SSL_CERT_DIR' '
	SSL_CERT_DIR=/nowhere:$PWD/hashed npm $TLS && ok'
test_ok 'NODE_EXTRA_CA_CERTS is besides the others' '
	cat /etc/ssl/certs/ca-certificates.crt >bundle 2>/dev/null || : >bundle
	export SSL_CERT_FILE=$PWD/cert NODE_EXTRA_CA_CERTS=$PWD/bundle &&
	npm $TLS; unset SSL_CERT_FILE NODE_EXTRA_CA_CERTS; ok'
test_ok 'one that does not exist takes nothing away' '
	export SSL_CERT_FILE=$PWD/cert NODE_EXTRA_CA_CERTS=/nowhere &&
	npm $TLS; unset SSL_CERT_FILE NODE_EXTRA_CA_CERTS; ok'
test_ok 'npm: ca= as a text' '
	{ printf "ca=\""; awk "{printf \"%s\\\\n\", \$0}" cert; echo "\""; } \
		>$HOME/.npmrc && npm $TLS; rm $HOME/.npmrc; ok'
test_ok 'npm: the longest parent, the host in any spelling' '
	echo "//r.invalid/:_authToken=t" >$HOME/.npmrc &&
	SSL_CERT_FILE=$PWD/cert npm https://R.Invalid:443; rm $HOME/.npmrc; ok &&
	grep -q "^GET /plain/1.0.0 - 200 auth" requests'
unset HTTPS_PROXY

# --- logins ---
test_ok 'curl, go: a login of ~/.netrc' '
	echo "machine 127.0.0.1 login me password secret" >$HOME/.netrc &&
	archive $URL/plain/-/plain-1.0.0.tgz; rm $HOME/.netrc; ok &&
	grep -q "200 auth" requests'
test_ok 'go: the file that NETRC names' '
	echo "machine 127.0.0.1 login me password secret" >netrc &&
	NETRC=$PWD/netrc archive $URL/plain/-/plain-1.0.0.tgz && ok &&
	grep -q "200 auth" requests'
test_ok 'a login in the URL is used and not shown' '
	archive http://me:s5cret@127.0.0.1:${URL##*:}/nowhere && is \
	".outcome == \"fail\"" && grep -q " auth" requests && ! grep s5cret out.json'
test_ok 'npm: ~/.netrc is none of its business' '
	echo "machine 127.0.0.1 login me password secret" >$HOME/.netrc &&
	npm $URL; rm $HOME/.netrc; ok && ! grep " auth" requests'

# --- folders of this machine as sources ---
test_ok 'an archive of file:///PATH' '
	archive file://$PWD/www/plain/-/plain-1.0.0.tgz && ok && [ ! -s requests ]'
test_ok 'a mirror that is a folder' '
	jq --arg to "file://$PWD/www/" ".mirrors = {\"http://r.invalid/\": \$to}" \
		env.json >new && cp env.json old && mv new env.json &&
	archive http://r.invalid/plain/-/plain-1.0.0.tgz; mv old env.json; ok'
test_ok 'what does not exist is told by its path' '
	archive file:///nowhere/a.tgz && is \
	".diags[0].summary | contains(\"/nowhere/a.tgz\")"'
test_ok 'with a digest that is wrong, it is refused' '
	SHA=$(printf %064d 1) archive file://$PWD/www/plain/-/plain-1.0.0.tgz &&
	is ".diags[0].code == \"E0703\""'

# --- go ---
PLATFORM=$(go env GOOS GOARCH 2>/dev/null | paste -sd-)
[ -n "$PLATFORM" ] || PLATFORM=linux-amd64
H1=$(python3 - "$PLATFORM" <<'P'
import base64, hashlib, os, sys, zipfile
version = 'v0.0.1-go1.22.7.' + sys.argv[1]
name = 'golang.org/toolchain@' + version + '/bin/go'
text = b'#!/bin/sh\necho go version go1.22.7 linux/amd64\n'
os.makedirs('www/go/golang.org/toolchain/@v')
with zipfile.ZipFile('www/go/golang.org/toolchain/@v/' + version + '.zip', 'w') as z:
    z.writestr(name, text)
line = '%s  %s\n' % (hashlib.sha256(text).hexdigest(), name)
print('h1:' + base64.b64encode(hashlib.sha256(line.encode()).digest()).decode())
P
)
gotool() {
	op '{"kind": "toolchain", "op": "create", "config": {"program": "go",
		"version": "1.22.7", "host": false, "from": {"go": {
		"version": "1.22.7", "hashes": {"'"$PLATFORM"'": "'"$H1"'"}}}}}'
}
test_ok 'go: GOPROXY=file:///PATH' 'GOPROXY=off,file://$PWD/www/go gotool && ok'
test_ok 'go: what go env -w wrote' '
	mkdir -p $HOME/.config/go && echo "GOPROXY=$URL/go" >$HOME/.config/go/env &&
	gotool; rm $HOME/.config/go/env; ok && grep -q "^GET /go/golang" requests'
test_ok 'go: the file that GOENV names' '
	echo "GOPROXY=$URL/go" >goenv && GOENV=$PWD/goenv gotool && ok'
test_ok 'go: a login of ~/.netrc for the proxy' '
	echo "default login me password secret" >$HOME/.netrc &&
	GOPROXY=$URL/go gotool; rm $HOME/.netrc; ok && grep -q "200 auth" requests'
test_ok 'go: a login in GOPROXY' '
	GOPROXY=http://me:secret@${URL#http://}/go gotool && ok &&
	grep -q "200 auth" requests && ! grep secret out.json'

# --- registries ---
serve "/plain/1.0.0=405"
test_ok 'npm: a registry that has no documents of versions (405)' '
	npm $URL && ok && grep -q "GET /plain/1.0.0 - 405" requests'
serve "/plain/1.0.0=404"
test_ok 'npm: or none of this one (404)' 'npm $URL && ok'
serve "/plain*=405"
test_fails 1 'one that has neither is no registry' 'npm $URL && ok' '
	is ".diags[0].code == \"E0702\""'
# --- what runs on ---
. "$ROOT/tests/cli/lib-sup.sh"
trap 'stop_server; end_all' EXIT
cat >opl2.yaml <<Y
opl2: 1
name: t
resources:
  process:
    node: { command: [/bin/sh, -c, "env >node.env; exec sleep 1000"], dir: . }
Y
test_ok 'a process has no proxy for this machine, and no key of another' '
	export http_proxy=$DEAD no_proxy=x.invalid GOERLI_PRIVATE_KEY=0x12 &&
	opl2 apply -auto-approve >/dev/null && until_true 50 [ -s node.env ] &&
	grep "^no_proxy=x.invalid,localhost," node.env &&
	grep "^NO_PROXY=x.invalid,localhost," node.env && ! grep GOERLI node.env'
done_testing
