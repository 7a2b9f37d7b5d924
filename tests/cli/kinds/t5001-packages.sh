#!/usr/bin/env bash
# Kinds that fetch: npm_package, archive and toolchain, through the worker,
# from a registry that misbehaves.
. "$(dirname "$0")/../lib.sh"

FAKE=$ROOT/tests/fake
command -v python3 >/dev/null || skip_all 'no python3'
mkdir spec state www bin
cat >env.json <<EOF
{"spec_dir": "$PWD/spec", "state_dir": "$PWD/state",
 "store_dir": "$PWD/store"}
EOF

# publish NAME VERSION [INTEGRITY]: a package with one file of 300,000 bytes
publish() {
	local base=${1##*/} sri
	mkdir -p "pkg/package" "www/$1/-" "www/$1/$2"
	seq -w 1 50000 >"pkg/package/data"
	printf '#!/bin/sh\necho %s version %s\n' "$base" "$2" \
		>"pkg/package/$base"
	chmod +x "pkg/package/$base"
	tar -C pkg -czf "www/$1/-/$base-$2.tgz" package
	rm -r pkg
	sri=sha512-$(openssl dgst -sha512 -binary <"www/$1/-/$base-$2.tgz" |
		base64 -w0)
	cat >"www/$1/$2/index.json" <<-EOF
	{"name": "$1", "version": "$2", "dist": {
	 "tarball": "${TARBALL_HOST:-http://SELF}/$1/-/$base-$2.tgz",
	 "integrity": "${3-$sri}"}}
	EOF
	echo "$sri" >"www/$1/$2/sri"
}

# serve [FAULT...]: sets npm_config_registry and URL
serve() {
	local args=() port
	stop_server
	for f in "$@"; do args+=(--fault "$f"); done
	rm -f requests
	mkfifo hold && exec 7<>hold && rm hold
	exec 8< <(exec python3 "$FAKE/httpd.py" www --log requests \
		"${args[@]}" <&7 7>&-)
	SERVER=$!
	read -r port <&8
	URL=http://127.0.0.1:$port
	export npm_config_registry=$URL/
}
SERVER=
stop_server() {
	[ -z "$SERVER" ] || kill $SERVER
	SERVER=
}
trap 'stop_server; rm -rf "$T_DIR"' EXIT

op() { # op JSON [ENV]: the worker's answer is in out.json
	echo "$1" | timeout 300 python3 "$FAKE/worker.py" "$BIN/opl2-worker" \
		"${2:-env.json}" >out.json
	cat out.json
}
is() { # is JQ-EXPRESSION: true of the answer
	[ -s out.json ] && jq -e "$1" out.json >/dev/null || { echo "not so: $1"; return 1; }
}
get() { # get PACKAGE VERSION [MORE-CONFIG [MORE-OP]]
	op '{"kind": "npm_package", "op": "create",
		"config": {"package": "'"$1"'", "version": "'"$2"'"'"${3-}"'}
		'"${4-}"'}'
}

publish plain 1.0.0
publish @scope/scoped 2.1.0
publish weak 1.0.0 sha1-Lve95gjOVATpfV8EL5X4nxwjKHE=

serve
test_ok 'a package is fetched, verified and unpacked' '
	get plain 1.0.0 && is ".outcome == \"ok\"" &&
	is ".attrs.digest == \"$(cat www/plain/1.0.0/sri)\"" &&
	is ".lock == {package: \"plain\", version: \"1.0.0\",
		integrity: .attrs.digest}" &&
	dir=$(jq -r .attrs.dir out.json) &&
	[ "$("$dir/plain")" = "plain version 1.0.0" ] &&
	[ "$(ls store/partial)" = "" ]
'
test_ok 'a package in the store needs no network when its digest is known' '
	: >requests &&
	get plain 1.0.0 "" ", \"lock\": {\"package\": \"plain\",
		\"version\": \"1.0.0\",
		\"integrity\": \"$(cat www/plain/1.0.0/sri)\"}" &&
	is ".outcome == \"ok\"" && [ ! -s requests ]
'
test_ok 'reading it starts nothing and finds damage' '
	read_op() { op "{\"kind\": \"npm_package\", \"op\": \"read\",
		\"prior\": {\"dir\": \"$dir\", \"digest\": \"x\"}}"; } &&
	get plain 1.0.0 && dir=$(jq -r .attrs.dir out.json) &&
	read_op && is ".outcome == \"ok\" and .progress == []" &&
	echo more >>"$dir/data" &&
	read_op && is ".outcome == \"gone\"" &&
	get plain 1.0.0 && read_op && is ".outcome == \"ok\""
'
test_ok 'a scoped package, by its encoded name' '
	get @scope/scoped 2.1.0 && is ".outcome == \"ok\"" &&
	grep -q "^GET /@scope%2fscoped/2.1.0 - 200" requests
'
test_ok 'a package or version that does not exist' '
	get nosuch 1.0.0 && is ".outcome == \"fail\"" &&
	is ".diags[0].code == \"E0702\"" &&
	is ".diags[0].summary | contains(\"nosuch@1.0.0\")"
'
test_ok 'SHA-1 is not good enough' '
	get weak 1.0.0 && is ".diags[0].code == \"E0702\"" &&
	is ".diags[0].summary | contains(\"sha1-\")"
'
test_ok 'the lock file wins over a registry that changed its mind' '
	get plain 1.0.0 "" ", \"lock\": {\"package\": \"plain\",
		\"version\": \"1.0.0\",
		\"integrity\": \"$(cat www/@scope/scoped/2.1.0/sri)\"}" &&
	is ".outcome == \"fail\" and .diags[0].code == \"E0704\"" &&
	is ".diags[0].summary | contains(\"$(cat www/plain/1.0.0/sri)\")" &&
	is ".diags[0].summary |
		contains(\"$(cat www/@scope/scoped/2.1.0/sri)\")"
'
test_ok 'a run that may not extend the lock file says so' '
	jq ".locked = true" env.json >locked.json &&
	op "{\"kind\": \"npm_package\", \"op\": \"create\", \"config\":
		{\"package\": \"plain\", \"version\": \"1.0.0\"}}" \
		locked.json &&
	is ".diags[0].code == \"E0705\""
'
# A worker whose build knew no client, and a PATH without one.
mkdir lone nonpm && cp "$BIN/opl2-worker" lone
for t in timeout cat; do ln -s "$(command -v $t)" nonpm/$t; done
# The program itself: what PATH has may be a script that finds it.
ln -s "$(python3 -c 'import sys; print(sys.executable)')" nonpm/python3
lone() ( # lone COMMAND...
	unset npm_config_registry
	export BIN=$PWD/lone PATH=$PWD/nonpm && "$@"
)
test_ok 'without a registry the error says which line is missing, and where' '
	lone get plain 1.0.0 && is ".diags[0].code == \"E0701\"" &&
	is ".diags[0].hint | contains(\"registry=URL\")" &&
	is ".diags[0].hint | contains(\"$HOME/.npmrc\")"
'
test_ok 'the one that npm named when opl2 was built is used' '
	echo "NPM_REGISTRY=$URL" >lone/clients.env && rm -rf store &&
	lone get plain 1.0.0 && is ".outcome == \"ok\""
'
test_ok 'what is configured comes before it' '
	rm -rf store && : >requests && echo "registry=$URL/none" >spec/.npmrc &&
	lone get plain 1.0.0 && is ".diags[0].code == \"E0702\"" &&
	grep -qa "GET /none/plain" requests; rc=$?
	rm -f spec/.npmrc lone/clients.env; return $rc
'
test_ok 'npm itself is asked once for its registry' '
	printf "#!/bin/sh\necho asked >>%s/asked\necho %s\n" "$PWD" \
		"$npm_config_registry" >bin/npm && chmod +x bin/npm &&
	rm -rf store &&
	(unset npm_config_registry; export PATH=$PWD/bin:$PATH
	get plain 1.0.0 && is ".outcome == \"ok\"" &&
	get @scope/scoped 2.1.0 && is ".outcome == \"ok\"") &&
	[ "$(cat asked)" = asked ]
'
test_ok 'a mirror that hands on the home address is asked itself' '
	TARBALL_HOST=http://127.0.0.1:1 publish away 1.0.0 &&
	get away 1.0.0 && is ".outcome == \"ok\"" &&
	grep -q "^GET /away/-/away-1.0.0.tgz" requests
'
test_ok 'a credential goes to its registry, and into no message' '
	echo "${URL#http:}/:_authToken=s3cr3t" >spec/.npmrc &&
	rm -rf store && : >requests && get plain 1.0.0 &&
	! grep -v " auth$" requests && ! grep s3cr3t out.json &&
	rm spec/.npmrc
'

serve '/plain/-/*=503*2' '/plain/1.0.0=503*1'
test_ok 'a busy server is tried again' '
	rm -rf store && get plain 1.0.0 && is ".outcome == \"ok\"" &&
	[ "$(grep -c " 503 " requests)" -eq 3 ]
'
serve '/plain/-/*=truncate*1'
test_ok 'a transfer that breaks is resumed by range' '
	rm -rf store && get plain 1.0.0 && is ".outcome == \"ok\"" &&
	grep -q "^GET /plain/-/.* bytes=[1-9][0-9]*- 206" requests
'
serve '/plain/-/*=stall*1'
test_ok 'so is one that stalls' '
	rm -rf store &&
	npm_config_fetch_timeout=4000 get plain 1.0.0 &&
	is ".outcome == \"ok\"" &&
	grep -q "^GET /plain/-/.* bytes=[1-9][0-9]*- 206" requests
'
serve '/plain/-/*=truncate'
test_ok 'a later run goes on where an earlier one had to stop' '
	rm -rf store &&
	npm_config_fetch_retries=0 get plain 1.0.0 &&
	is ".outcome == \"fail\"" && [ -s store/partial/* ]
'
serve
test_ok 'and takes only what is missing' '
	get plain 1.0.0 && is ".outcome == \"ok\"" &&
	grep -q "^GET /plain/-/.* bytes=[1-9][0-9]*- 206" requests
'
test_ok 'a wrong start from an earlier run is thrown away' '
	rm -rf store/npm && sri=$(cat www/plain/1.0.0/sri) &&
	head -c 1000 /dev/zero >store/partial/$(printf %s "$sri" |
		sha256sum | head -c 32) &&
	get plain 1.0.0 && is ".outcome == \"ok\""
'
serve '/plain/-/*=wrong'
test_ok 'wrong bytes are refused, naming both digests' '
	rm -rf store && get plain 1.0.0 &&
	is ".outcome == \"fail\" and .diags[0].code == \"E0703\"" &&
	is ".diags[0].summary | contains(\"$(cat www/plain/1.0.0/sri)\")" &&
	[ ! -d store/npm ] && [ "$(ls store/partial)" = "" ]
'
serve '/plain/1.0.0=html'
test_ok 'a login page is not a package' '
	rm -rf store && get plain 1.0.0 &&
	is ".outcome == \"fail\" and .diags[0].code == \"E0702\""
'
serve '/plain/-/*=slow'
test_ok 'a transfer stops when told' '
	rm -rf store &&
	get plain 1.0.0 "" ", \"cancel_on\": \"downloading\"" &&
	is ".outcome == \"cancelled\"" && [ ! -d store/npm ]
'

serve
archive='"sha256": "'$(sha256sum <www/plain/-/plain-1.0.0.tgz | head -c 64)'"'
test_ok 'an archive, by way of a mirror that is broken' '
	op "{\"kind\": \"archive\", \"op\": \"create\", \"config\": {
		\"url\": \"$URL/plain/-/plain-1.0.0.tgz\", $archive,
		\"mirrors\": [\"$URL/none.tgz\"], \"strip\": 1}}" &&
	is ".outcome == \"ok\" and .diags == []" &&
	[ -x "$(jq -r .attrs.dir out.json)/plain" ]
'
test_ok 'the mirrors of the spec replace a prefix' '
	jq ".mirrors = {\"http://nowhere.invalid/\": \"$URL/\"}" env.json \
		>mirrors.json && rm -rf store &&
	op "{\"kind\": \"archive\", \"op\": \"create\", \"config\": {
		\"url\": \"http://nowhere.invalid/plain/-/plain-1.0.0.tgz\",
		$archive}}" mirrors.json && is ".outcome == \"ok\""
'

tool() { # tool RANGE [FROM]
	op '{"kind": "toolchain", "op": "create", "config": {
		"program": "plain", "version": "'"$1"'"'"${2-}"'}}'
}
npm_from=', "from": {"bin": "plain", "npm": {"package": "plain",
	"version": "1.0.0"}}'
test_ok 'a program that is nowhere' '
	tool ">=1" && is ".diags[0].code == \"E0708\"" &&
	is ".diags[0].summary | contains(\"not in PATH\")"
'
test_ok 'a program from npm when the host has none' '
	tool ">=1" "$npm_from" && is ".outcome == \"ok\"" &&
	is ".attrs.found == \"1.0.0\"" &&
	is ".attrs.origin == \"npm:plain@1.0.0\"" &&
	is ".lock.integrity == \"$(cat www/plain/1.0.0/sri)\""
'
test_ok 'one from npm that is out of the range' '
	tool ">=2" "$npm_from" && is ".diags[0].code == \"E0708\"" &&
	is ".diags[0].summary | contains(\"1.0.0\")"
'
printf '#!/bin/sh\necho run >>%s/runs\necho plain 1.5.2\n' "$PWD" >bin/plain
chmod +x bin/plain
PATH=$PWD/bin:$PATH
test_ok 'the one of the host when it is in the range' '
	rm -rf store && tool ">=1.2 <2" "$npm_from" &&
	is ".attrs.origin == \"host\" and .attrs.found == \"1.5.2\"" &&
	is ".lock == {program: \"plain\", range: \">=1.2 <2\"}" &&
	! ls store 2>&- | grep -qvx memo &&
	[ "$(cat runs)" = run ] && cp out.json made.json
'
read_tool() {
	op "$(jq '{kind: "toolchain", op: "read", prior: .attrs, priv: .priv,
		config: {program: "plain", version: ">=1.2 <2"}}' made.json)"
}
test_ok 'it is recognised without being run' '
	rm -f runs && read_tool && is ".outcome == \"ok\"" && [ ! -e runs ]
'
test_ok 'a new copy in the range is asked once' '
	sed -i s/1.5.2/1.6.0/ bin/plain && read_tool &&
	is ".outcome == \"ok\" and .attrs.found == \"1.6.0\"" &&
	[ "$(cat runs)" = run ]
'
test_ok 'one out of the range is as good as none' '
	sed -i s/1.6.0/2.0.0/ bin/plain && read_tool &&
	is ".outcome == \"gone\""
'
test_ok 'one out of the range is passed over for the source' '
	tool "<2" "$npm_from" && is ".attrs.origin == \"npm:plain@1.0.0\""
'
test_ok 'one that fails is passed over, too' '
	printf "#!/bin/sh\nexit 3\n" >bin/plain &&
	tool "<2" "$npm_from" && is ".attrs.origin == \"npm:plain@1.0.0\"" &&
	tool "<2" && is ".diags[0].code == \"E0708\""
'
test_ok 'a script dressed as a program' '
	mkdir -p state/assets store/x &&
	echo "console.log(\"solc 0.8.15 of\", process.argv.slice(2).join())" \
		>script && sha=$(sha256sum <script | head -c 64) &&
	cp script state/assets/$sha &&
	printf "#!/bin/sh\necho solc 0.8.15 of \"\$2\" \"\$3\"\n" >bin/node &&
	chmod +x bin/node &&
	op "{\"kind\": \"toolchain\", \"op\": \"create\", \"config\": {
		\"program\": \"solc\", \"version\": \"0.8.15\",
		\"host\": false, \"from\": {\"node\": \"$PWD/bin/node\",
		\"script\": \"asset:$sha:solc.js\",
		\"dir\": \"$PWD/store/x\"}}}" &&
	is ".outcome == \"ok\" and .attrs.found == \"0.8.15\"" &&
	[ "$("$(jq -r .attrs.path out.json)" --version)" = \
		"solc 0.8.15 of $PWD/store/x --version" ]
'
test_ok 'one from npm is asked for its version once for all' '
	echo "#!/bin/sh
	echo called >>$PWD/calls; echo solc 0.8.15" >bin/node && rm -f calls &&
	sha=$(sha256sum <script | head -c 64) &&
	for i in 1 2; do
		op "{\"kind\": \"toolchain\", \"op\": \"create\", \"config\": {
			\"program\": \"solc\", \"version\": \"0.8.15\",
			\"host\": false, \"from\": {\"node\": \"$PWD/bin/node\",
			\"script\": \"asset:$sha:solc.js\",
			\"npm\": {\"package\": \"plain\", \"version\": \"1.0.0\"}}}}" &&
		is ".outcome == \"ok\" and .attrs.found == \"0.8.15\"" || return 1
	done && [ "$(wc -l <calls)" = 1 ]
'
test_ok 'and says it without being loaded, but compiles when it is asked to' '
	SOLC=$(jq -r .attrs.path out.json) &&
	[ "$($SOLC --version)" = "solc 0.8.15" ] && [ "$(wc -l <calls)" = 1 ] &&
	[ "$($SOLC --standard-json)" = "solc 0.8.15" ] &&
	[ "$(wc -l <calls)" = 2 ]
'
# The digest and the version of a file that is the same are known.
test_ok 'a program of the system is asked once for all chains' '
	JQ=$(realpath "$(command -v jq)") && [ "$(basename "$JQ")" = jq ] &&
	ask() { # ask PROGRAM: how often it was run
		PATH=$(dirname "$1"):$PATH op "{\"kind\": \"toolchain\",
			\"op\": \"create\", \"config\": {
			\"program\": \"jq\", \"version\": \"*\"}}" >&2 &&
		is ".outcome == \"ok\" and .attrs.path == \"$1\"" &&
		is ".attrs.digest == \"sha256:$(sha256sum <"$1" | head -c 64)\"" &&
		jq ".progress | map(select(. == \"asking $1 for its version\")) |
			length" out.json
	} &&
	[ "$(ask "$JQ")" = 1 ] && [ "$(ask "$JQ")" = 0 ] &&
	mkdir -p own && printf "#!/bin/sh\necho jq-1.0\n" >own/jq && chmod +x own/jq &&
	[ "$(ask "$PWD/own/jq")" = 1 ] && [ "$(ask "$PWD/own/jq")" = 1 ]; rc=$?
	rm -f own/jq; return $rc
'

# tarball NAME PATH TEXT: www/tools/NAME with the program PATH that says TEXT
tarball() {
	mkdir -p "www/tools" "unpacked/$(dirname "$2")"
	printf '#!/bin/sh\necho "%s"\n' "$3" >"unpacked/$2"
	chmod +x "unpacked/$2"
	seq -w 1 50000 >unpacked/"${2%%/*}".data
	tar -C unpacked -caf "www/tools/$1" . && rm -r unpacked
}
tarball go1.22.7.tar.gz go/bin/go 'go version go1.22.7 linux/amd64'
tarball node-v20.11.1.tar.xz node-v20.11.1/bin/node v20.11.1
tarball foundry.tar.gz forge 'forge 0.2.0 (fdc0d4e 2024-09-30T00:21:40.2Z)'
printf '#!/bin/sh\necho 2.32.1\n' >www/tools/direnv.linux-amd64
sum() { sha256sum <"www/tools/$1" | head -c 64; }
PATH=$PWD/bin:/usr/bin:/bin
rm -rf store bin/*

from() { # from PROGRAM RANGE FILE [MORE-ARCHIVE [MORE-FROM [MORE-OP]]]
	op '{"kind": "toolchain", "op": "create", "config": {
		"program": "'"$1"'", "version": "'"$2"'", "from": {"archive": {
		"url": "'"$URL/tools/$3"'", "sha256": "'"$(sum "$3")"'"
		'"${4-}"'}'"${5-}"'}}'"${6-}"'}'
}
fake() { # fake PROGRAM TEXT: one of the host, which notes that it was run
	printf '#!/bin/sh\necho %s >>%s/runs\necho "%s"\n' "$1" "$PWD" "$2" \
		>"bin/$1" && chmod +x "bin/$1"
}
test_ok 'a program of an archive: go, node, forge, and one as it is' '
	from go ">=1.22.7 <1.23" go1.22.7.tar.gz ", \"strip\": 1" &&
	is ".attrs.found == \"1.22.7\"" &&
	is ".attrs.origin == \"archive:go1.22.7.tar.gz\"" &&
	is ".lock.sha256 == \"$(sum go1.22.7.tar.gz)\"" &&
	from node 20.11.1 node-v20.11.1.tar.xz "" \
		", \"bin\": \"node-v20.11.1/bin/node\"" &&
	is ".attrs.found == \"20.11.1\"" &&
	from forge "<1" foundry.tar.gz "" ", \"bin\": \"forge\"" &&
	is ".attrs.found == \"0.2.0\"" &&
	from direnv ">=2.30" direnv.linux-amd64 ", \"unpack\": false" &&
	is ".attrs.found == \"2.32.1\"" &&
	[ "$(basename "$(jq -r .attrs.path out.json)")" = direnv ]
'
test_ok 'what the host has is said, what is wanted, and what is done' '
	fake go "go version go1.21.0 linux/amd64" && fake node v22.1.0 &&
	rm -f runs && from go "1.22.7" go1.22.7.tar.gz ", \"strip\": 1" &&
	is ".attrs.found == \"1.22.7\"" &&
	is "any(.progress[]; test(\"bin/go. is version 1.21.0, need .1.22.7.: using archive:go1.22.7.tar.gz\"))" &&
	[ "$(cat runs)" = go ]
'
test_ok 'nowhere to take it from: what was found, and the next step' '
	op "{\"kind\": \"toolchain\", \"op\": \"create\", \"config\":
		{\"program\": \"go\", \"version\": \">=1.22.7\"}}" &&
	is ".diags[0].code == \"E0708\"" && is ".diags[0].summary |
		test(\"cannot find .go. of version .>=1.22.7.: .*/bin/go. is version 1.21.0\")" &&
	is ".diags[0].hint | contains(\"from: {go: {version\")"
'
test_ok 'versions of other programs of the host' '
	fake pnpm 9.15.0 && fake just "just 1.36.0" && fake direnv 2.32.1 &&
	fake make "GNU Make 4.3
Built for x86_64-pc-linux-gnu" && rm -f runs &&
	for t in pnpm:9.15.0 just:1.36.0 direnv:2.32.1 make:4.3; do
		op "{\"kind\": \"toolchain\", \"op\": \"create\",
			\"config\": {\"program\": \"${t%:*}\",
			\"version\": \">=${t#*:}\"}}" &&
		is ".attrs.found == \"${t#*:}\" and
			.attrs.origin == \"host\"" || return 1
	done && [ "$(tr "\n" " " <runs)" = "pnpm just direnv make " ]
'
test_ok 'pnpm of npm, by the node that is named' '
	rm bin/pnpm && mkdir -p "pkg/package/bin" www/pnpm/- www/pnpm/9.15.0 &&
	echo "9.15.0" >pkg/package/bin/pnpm.cjs &&
	echo "{\"bin\": {\"pnpm\": \"./bin/pnpm.cjs\", \"pnpx\": \"x\"}}" \
		>pkg/package/package.json &&
	tar -C pkg -czf www/pnpm/-/pnpm-9.15.0.tgz package && rm -r pkg &&
	echo "{\"name\": \"pnpm\", \"version\": \"9.15.0\", \"dist\": {
		\"tarball\": \"http://SELF/pnpm/-/pnpm-9.15.0.tgz\",
		\"integrity\": \"sha512-$(openssl dgst -sha512 -binary \
		<www/pnpm/-/pnpm-9.15.0.tgz | base64 -w0)\"}}" \
		>www/pnpm/9.15.0/index.json &&
	printf "#!/bin/sh\ncat \"\$1\"; shift; echo \"args \$*\"\n" >bin/node &&
	pnpm() { op "{\"kind\": \"toolchain\", \"op\": \"create\", \"config\":
		{\"program\": \"pnpm\", \"version\": \"9\", \"from\":
		{\"npm\": {\"package\": \"pnpm\", \"version\": \"9.15.0\"}
		$1}}}"; } && pnpm ", \"node\": \"$PWD/bin/node\"" &&
	is ".attrs.found == \"9.15.0\"" &&
	ln -s "$(jq -r .attrs.path out.json)" bin/link &&
	[ "$(bin/link install --x)" = "9.15.0
args install --x" ] && pnpm "" && is ".diags[0].code == \"E0708\"" &&
	is ".diags[0].hint | test(\"needs .node.\")"
'
rm -f bin/*
serve '/tools/go*=wrong'
test_ok 'an archive of another content is refused, with both digests' '
	rm -rf store && from go 1.22 go1.22.7.tar.gz &&
	is ".diags[0].code == \"E0703\"" &&
	is ".diags[0].summary | contains(\"$(sum go1.22.7.tar.gz)\")" &&
	[ ! -d store/archive ]
'
serve '/tools/go*=truncate*1'
test_ok 'a tarball that broke off is resumed by range' '
	from go 1.22 go1.22.7.tar.gz ", \"strip\": 1" &&
	is ".attrs.found == \"1.22.7\"" &&
	grep -q "^GET /tools/go.* bytes=[1-9][0-9]*- 206" requests
'
serve '/none/*=404'
test_ok 'mirrors of an archive are tried first, then its own URL' '
	rm -rf store && from go 1.22 go1.22.7.tar.gz ", \"strip\": 1,
		\"mirrors\": [\"$URL/none/a\", \"http://127.0.0.1:1/b\"]" &&
	is ".outcome == \"ok\" and .diags == []" &&
	grep -q "^GET /none/a " requests
'
test_ok 'the lock file knows the digest of an archive' '
	from go 1.22 go1.22.7.tar.gz ", \"strip\": 1" "" \
		", \"lock\": {\"program\": \"go\", \"range\": \"1.22\",
		\"file\": \"go1.22.7.tar.gz\", \"sha256\": \"00\"}" &&
	is ".diags[0].code == \"E0704\""
'
done_testing
