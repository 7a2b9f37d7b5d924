#!/usr/bin/env bash
# endpoint of the types beacon, da_server and meeda: what is asked, what is
# kept, and that each wrong answer has its own error.
. "$(dirname "$0")/../lib.sh"

command -v python3 >/dev/null || skip_all 'no python3'
mkfifo hold && exec 7<>hold && rm hold
python3 "$ROOT/tests/fake/da.py" "$PWD/requests" <&7 >port 2>/dev/null &
SERVER=$!
trap 'kill $SERVER 2>/dev/null; rm -rf "$T_DIR"' EXIT
until [ -s port ]; do kill -0 $SERVER || exit 1; done
URL=http://127.0.0.1:$(cat port)
: >requests

one() { # one TYPE PATH [FIELD...]: the spec of one endpoint
	spec <<-Y
	resources:
	  endpoint:
	    e: { type: $1, rpc: "$URL/$2" $(printf ', %s' "${@:3}" | sed 's/^, $//') }
	Y
}
puts() { grep -c ^POST requests; }

# wrong TYPE PATH CODE TEXT TEXT: error code, summary, consequence
wrong() {
	one "$1" "$2" && run "10" opl2 plan && err_has "$3" &&
		err_has "$4" && err_has "$5" && err_has opl2.yaml:5
}

test_ok 'the good ones' '
	spec <<-Y
	resources:
	  endpoint:
	    up: { type: da_server, rpc: "$URL/upstream/" }
	    me: { type: meeda, rpc: "$URL/meeda" }
	    be: { type: beacon, rpc: "$URL/beacon/" }
	Y
	run 0 opl2 apply -auto-approve &&
	jq -e "[.. | objects | .probe? // empty] | sort ==
		[\"01ff30313233343536373839616263646566\", \"Qm/a+b 1\"]" .opl2/state.json &&
	jq -e "[.. | objects | .client? // empty] == [\"Fake/v1\"]" .opl2/state.json'
test_ok 'what is only built or fetched first puts no look off' '
	cp opl2.yaml good.yaml && sed "s/^  endpoint:/  archive:\n    a: { url: \"http:\/\/127.0.0.1:1\/\", sha256: $(printf "%064d" 1) }\n&/
		s/ rpc: [^ ]*meeda\"/&, depends_on: [archive.a]/" good.yaml >opl2.yaml && cat opl2.yaml &&
	run 0 opl2 plan && out_has archive.a && lacks "$OUT/stdout" "does not exist yet"; rc=$?; mv good.yaml opl2.yaml; exit $rc'
n=$(puts)
test_ok 'a known server gets no second object' '
	[ '"$n"' -gt 0 ] && run 0 opl2 plan -expect-no-changes &&
	[ "$(puts)" = '"$n"' ] && grep -q "GET /meeda/getObject?id=Qm%2Fa%2Bb%201 200" requests'
test_ok 'an object that is gone' '
	touch FORGET && run 10 opl2 plan && err_has E0854 &&
	err_has "answered 404 for an object that was stored there"; rc=$?
	rm FORGET; exit $rc'
rm -rf .opl2

test_ok 'a number in the reply' 'wrong meeda number E0853 "'"'size' in its answer is not a string"'" "values are all strings"'
test_ok 'an object in the reply' 'wrong meeda nested E0853 "'"'file' in its answer is not a string"'" "flat"'
test_ok 'no id' 'wrong meeda noid E0853 "there is no '"'id'"'" "flat"'
test_ok 'an empty id' 'wrong meeda empty E0853 "is empty" "flat"'
test_ok 'a list' 'wrong meeda list E0853 "did not answer with a JSON object" "flat"'
test_ok 'a page' 'wrong meeda page E0853 "did not answer with a JSON object" "flat"'
test_ok 'no commitment' 'wrong da_server short E0853 "is not a commitment" "01 and at least one"'
test_ok 'a put that is refused' 'wrong meeda full E0852 "answered 507 to a put" "status 200"'
test_ok 'another protocol' 'wrong da_server meeda E0852 "answered 404 to a put" "type"'
test_ok 'a lost object' 'wrong meeda lossy E0854 "answered 404 for an object" "keep objects"'
test_ok 'other bytes' 'wrong meeda hex E0854 "64 bytes that differ" "not with hex"'
test_ok 'unknown is 200' 'wrong meeda u200 E0855 "answers 200" "corrupts derivation"'
test_ok 'unknown is 500' 'wrong meeda u500 E0855 "answers 500" "forever"'
test_ok 'not a beacon node' 'wrong beacon execution E0851 "/eth/v1/node/version" "execution client"'
test_ok 'fields of an rpc' '
	one meeda meeda "chain_id: 5" "newest_fork: cancun" &&
	run 3 opl2 validate && err_has "E0850" && err_has "opl2.yaml:5:" &&
	err_has "'"'chain_id'"'" && err_has "'"'newest_fork'"'"'
test_ok 'WebSocket' '
	one beacon x && sed -i "s/http:/ws:/" opl2.yaml &&
	run 3 opl2 validate && err_has E0472 && err_has WebSocket'
done_testing
