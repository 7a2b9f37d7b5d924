#!/bin/bash
# opl2 state reseal: a shared state gets another key, the first one, or none;
# killed at each point; with other machines that have one key only.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/cli/lib-shared.sh"

s3_start || skip_all 'moto does not start'
export P1=correct-horse P2=battery-staple
big=$(head -c 60000 /dev/urandom | base64 -w0) # a state with a blob
res="resources: { key: { k: { source: { generate: true } } }, null: { a: { note: one }, b: { note: \"$big\" } } }"
open="resources: { null: { a: { note: one }, b: { note: \"$big\" } } }"
p1='encryption: { passphrase: { env: P1 } }'
p2='encryption: { passphrase: { env: P2 } }'
p2_old1='encryption: { passphrase: { env: P2 }, old: { passphrase: { env: P1 } } }'
p1_old2='encryption: { passphrase: { env: P1 }, old: { passphrase: { env: P2 } } }'
p1_plain='encryption: { passphrase: { env: P1 }, old: { unencrypted: true } }'
plain_old1='encryption: { unencrypted: true, old: { passphrase: { env: P1 } } }'

on() { # on MACHINE KEY ENCRYPTION [RESOURCES]: enters it, with that spec
	machine "$1" && printf '%s\n' "$3" "${4:-$res}" | shared "$2"
}
keys() { # keys KEY: which keys its objects have, but for the lease
	local o
	for o in $(objects "$1" | grep -v lease); do
		object "$1/$o" | head -1 | jq -r '.key // "" | if . == "" then "none" else . end'
	done | sort -u
}
KEY=$T_DIR/key # the generated one
first() { # first KEY ENCRYPTION [RESOURCES]: made on machine a
	rm -rf "$T_DIR"/cwd/[a-c]
	on a "$@" && run 0 opl2 apply -auto-approve || return
	[ ! -e .opl2/keys ] || cp .opl2/keys/key.k "$KEY"
}
copied() { # copied KEY: the state of the first test, without an apply
	local o
	rm -rf "$T_DIR"/cwd/[bc] && cp "$KEY.seed" "$KEY"
	for o in $(objects seed); do
		object "seed/$o" >o && put_object "$1/$o" o || return
	done
}
reads() { # reads KEY ENCRYPTION [RESOURCES]: a new machine has it all
	rm -rf "$T_DIR/cwd/z" && on z "$@" && run 0 opl2 plan &&
		out_has "No changes." && lacks "$OUT/stderr" W0549 &&
		{ [ $# -gt 2 ] || cmp .opl2/keys/key.k "$KEY"; }
}
bare() { # bare KEY: nothing in clear of what is secret
	local o key
	key=$(cat "$KEY") && [ ${#key} -ge 64 ] || return
	for o in $(objects "$1"); do
		object "$1/$o" >o
		! grep -qaF -e "$key" -e $P1 -e $P2 -e generate -e lineage o ||
			{ echo "in $o"; return 1; }
	done
}

test_ok 'a state with a key' 'first seed "$p1" && [ "$(keys seed)" != none ] && cp "$KEY" "$KEY.seed"'
test_ok 'runs go on with the old key, and say so' '
	first one "$p1" && before=$(keys one) && on b one "$p2_old1" &&
	sed -i "s/note: one/note: two/" opl2.yaml && run 0 opl2 apply -auto-approve && err_has W0549 &&
	err_has "opl2 state reseal" && test "$(keys one)" = "$before" &&
	sed -i "s/note: two/note: one/" opl2.yaml && run 0 opl2 apply -auto-approve &&
	machine a && run 0 opl2 plan && out_has "No changes."'
test_ok 'everything gets the new key, and the old one is not needed' '
	before=$(keys one) && on b one "$p2_old1" && run 0 opl2 state reseal &&
	grep -qE "key of the spec. Rewritten: [2-9] \([0-9]{5,} bytes\). Removed: [0-9]+" "$OUT/stdout" &&
	test "$(keys one | wc -l)" = 1 && test "$(keys one)" != "$before" &&
	bare one && P1="" reads one "$p2"'
test_ok 'a second time there is nothing to do' '
	on b one "$p2_old1" && run 0 opl2 state reseal && out_has "Nothing to do" &&
	on b one "$p2" && run 0 opl2 state reseal && out_has "Nothing to do"'
test_ok 'a command without a spec does not ask for the old key' '
	on b one "$p2" && run 0 env -u P1 opl2 state list && out_has null.a'
test_fails 11 'the old key alone is told so' 'machine a && opl2 plan' '
	err_has E0536 && err_has "another key"'
test_ok 'the copy of another machine goes on with the new spec' '
	on a one "$p2" && run 0 opl2 plan && out_has "No changes." &&
	run 0 env -u P1 opl2 state list && out_has null.a &&
	sed -i "s/note: one/note: three/" opl2.yaml && run 0 opl2 apply -auto-approve'

# --- killed ---
killed() { # killed POINT
	K=${1//[.:]/-}
	copied "$K" && on b "$K" "$p2_old1" &&
		! OPL2_FAULT=$1 opl2 state reseal >killed.txt 2>&1
}
completed() { # on c, with nothing but the spec
	on c "$K" "$p2_old1" && run 0 opl2 state reseal &&
		[ "$(keys "$K" | wc -l)" = 1 ] && bare "$K" &&
		P1="" reads "$K" "$p2"
}
test_ok 'killed in the middle, both keys are needed, and are enough' '
	killed log.before_sweep && on c "$K" "$p1" && run 11 opl2 apply -auto-approve &&
	err_has E0545 && err_has "only the old" &&
	on c "$K" "$p2" && run 11 opl2 plan && err_has "only the new" &&
	on c "$K" "$p2_old1" && sed -i "s/note: one/note: two/" opl2.yaml &&
	run 0 opl2 apply -auto-approve && err_has "did not come to its end" &&
	sed -i "s/note: two/note: one/" opl2.yaml && run 0 opl2 apply -auto-approve && completed'
for point in reseal.announced reseal.begun reseal.blob reseal.swept; do
	test_ok "killed at $point, another machine completes it" \
		"killed $point && completed"
done
test_ok 'a change that was begun can be taken back' '
	copied back && before=$(keys back) && on b back "$p2_old1" &&
	! OPL2_FAULT=log.before_sweep opl2 state reseal >killed.txt 2>&1 &&
	on c back "$p1_old2" && run 0 opl2 state reseal &&
	test "$(keys back)" = "$before" && P2="" reads back "$p1"'

# --- from and to no key ---
test_ok 'a state that is not encrypted is refused until it was asked for' '
	first clear "" "$open" && test "$(keys clear)" = none &&
	on b clear "$p1" "$open" && run 11 opl2 plan && err_has E0536 && err_has "unencrypted: true" &&
	run 11 opl2 state reseal && err_has E0536 &&
	on b clear "$p1_plain" && run 0 opl2 plan && err_has "still not encrypted" &&
	run 0 opl2 state reseal &&
	[ "$(keys clear)" != none ] && reads clear "$p1" "$open"'
test_ok 'a plain object is not taken for ours afterwards' '
	on y clear2 "" "$open" && run 0 opl2 apply -auto-approve && object clear2/base >o &&
	{ [ -s o ] && grep -q opl2 o || object clear2/log/000000000001 >o; } &&
	put_object clear/base o && rm -rf ../c && on c clear "$p1" && run 11 opl2 plan &&
	err_has "is not encrypted"'
test_fails 3 'generated keys do not go into the clear' '
	copied keys && on b keys "$plain_old1" "$open" && opl2 state reseal' '
	err_has E0541 && err_has keys/key.k'
test_fails 3 'nor does a spec that generates them' '
	on b keys "$plain_old1" && opl2 plan' 'err_has E0541'
test_ok 'a state without them does, and its copies go on' '
	first off "$p1" "$open" && on b off "$plain_old1" "$open" &&
	run 0 opl2 state reseal && test "$(keys off)" = none && P1="" reads off "" "$open" &&
	on a off "" "$open" && run 0 opl2 plan && out_has "No changes."'

# --- who may ---
test_fails 3 'a state of this folder has no key' '
	machine l && spec <<<"$open" && opl2 state reseal' 'err_has E0546'
test_ok 'a run that holds the lease goes first; one that lost it writes nothing' '
	first slow "$p1" && sed -i "s/note: one/note: two/" opl2.yaml &&
	faults "1 held PUT slow/log/" && { opl2 apply -auto-approve >apply.txt 2>&1 & A=$!
	} && holding $A && kill -STOP $A $(pgrep -P $A) && on b slow "$p2_old1" && run 4 opl2 state reseal &&
	err_has "holds the lease" && run 0 opl2 force-unlock -auto-approve "$(object slow/lease | jq -r .id)" &&
	run 0 opl2 state reseal && cd ../a && rm "$S3/holding" && kill -CONT $A $(pgrep -P $A) && ! wait $A && has apply.txt E0515 &&
	P1="" reads slow "$p2"'
test_ok 'a server that fails in the middle: the next run completes it' '
	copied fail && on b fail "$p2_old1" && faults "1 denied PUT fail/base" &&
	run 11 opl2 state reseal && err_has E0531 && run 0 opl2 state reseal && P1="" reads fail "$p2"'
test_ok 'answers that were lost' '
	copied lostw && on b lostw "$p2_old1" &&
	faults "2 lost PUT lostw/format" "1 lost PUT lostw/blob" "1 lost PUT lostw/base" &&
	run 0 opl2 state reseal && P1="" reads lostw "$p2" && test "$(keys lostw | wc -l)" = 1'
done_testing
