#!/usr/bin/env bash
# prestate through the worker, with a cannon that is a script.
. "$(dirname "$0")/../lib.sh"

FAKE=$ROOT/tests/fake
command -v python3 >/dev/null || skip_all 'no python3'
mkdir spec state bin
cat >env.json <<EOF
{"spec_dir": "$PWD/spec", "state_dir": "$PWD/state",
 "store_dir": "$PWD/store"}
EOF

# The hash is that of what it loads.
cat >bin/cannon <<EOF
#!/bin/bash
HERE=$PWD
EOF
cat >>bin/cannon <<'EOF'
echo "$*" >>"$HERE/runs"
case $1 in
load-elf) cp "$5" "$7" ;;
witness)
	[ ! -e "$HERE/mute" ] || exec echo '{}'
	echo '{"witnessHash": "0x'"$(sha256sum <"$3" | head -c 64)"'"}'
	;;
esac
EOF
chmod +x bin/cannon
echo one >client
echo two >other

op() { # op NAME OPERATION CLIENT [MORE]: the answer is in NAME.json
	echo '{"kind": "prestate", "op": "'"$2"'", "name": "p",
		"config": {"cannon": "'"$PWD"'/bin/cannon",
		"client": "'"$PWD/$3"'", "type": "singlethreaded-2"}'"${4-}"'}' |
		timeout 300 python3 "$FAKE/worker.py" "$BIN/opl2-worker" \
			env.json >"$1.json"
	cat "$1.json"
}
prior() { # prior NAME: what NAME.json has, for the next operation
	jq -c '", \"prior\": \(.attrs), \"priv\": \(.priv)"' -r "$1.json"
}
is() { # is NAME JQ-EXPRESSION
	jq -e "$2" "$1.json" >/dev/null || { echo "not so: $2"; return 1; }
}
HASH=0x$(sha256sum <client | head -c 64)

test_ok 'cannon loads the client, and tells the hash' '
	op a create client && is a ".attrs.hash == \"$HASH\"" &&
	cmp client "$(jq -r .attrs.path a.json)" &&
	has runs "load-elf --type singlethreaded-2 --path $PWD/client"
'
test_ok 'the same programs are not asked again' '
	rm runs && op b create client && [ ! -e runs ] &&
	[ "$(jq -c .attrs a.json)" = "$(jq -c .attrs b.json)" ]
'
test_ok 'what the store has lost is made again, with the same hash' '
	chmod -R u+w store && rm -r "$(dirname "$(jq -r .attrs.path a.json)")" &&
	op r read client "$(prior a)" && is r ".attrs.path == \"\"" &&
	is r ".attrs.hash == \"$HASH\"" &&
	op u update client "$(prior r)" && is u ".attrs.hash == \"$HASH\"" &&
	cmp client "$(jq -r .attrs.path u.json)"
'
test_ok 'another client is no update' '
	op o update other "$(prior u)" && is o ".outcome != \"ok\"" &&
	has o.json E0866
'
test_ok 'a new one is made of it when that is asked for' '
	op n create other && is n ".outcome == \"ok\"" &&
	is n ".attrs.hash != \"$HASH\""
'
test_ok 'no hash, no prestate' '
	: >mute && echo three >third && op m create third; rm mute
	is m ".outcome != \"ok\"" && has m.json E0865 &&
	[ "$(find store/prestate -name manifest.json | wc -l)" -eq 2 ]
'
done_testing
