#!/bin/bash
# Kills opl2 at every crash point of an apply, a change and a destroy; each
# time the next apply must finish the work, and what was announced must not
# have been made a second time.
. "$(dirname "$0")/../cli/lib.sh"

spec() { # spec NOTE
	cat >opl2.yaml <<-END
		opl2: 1
		name: demo
		resources:
		  null:
		    a: { note: $1 }
		    b: { triggers: { a: "\${null.a.id}" } }
		    c: { note: "\${null.b.id}" }
		outputs: { c: "\${null.c.id}" }
	END
}

# The identifiers that intents have announced, of what is not yet recorded.
announced() {
	grep -h '"op":"intent"' .opl2/journal 2>/dev/null |
		grep -o '"token":{"id":"[0-9a-f]*"' | grep -o '[0-9a-f]\{32\}'
}

prepare() { # prepare WHAT
	rm -rf .opl2 opl2.lock
	spec first
	[ "$1" = create ] || opl2 apply -auto-approve || return
	case $1 in
	change) spec second ;;
	esac
}

act() { # act WHAT
	case $1 in
	replace) opl2 apply -auto-approve -replace=null.a ;;
	destroy) opl2 destroy -auto-approve ;;
	*) opl2 apply -auto-approve ;;
	esac
}

finish() { # finish WHAT
	act "$1" || return
	[ "$1" = destroy ] && return
	opl2 plan -detailed-exitcode
}

crash_at() { # crash_at WHAT POINT
	local id rc
	prepare "$1" || return
	OPL2_FAULT=$2 act "$1"
	rc=$?
	[ $rc -ne 0 ] || echo "passed without a crash"
	announced >ids
	case $1 in
	# What a replacement announced may have become a recorded object, which
	# the same command replaces again.
	replace) opl2 apply -auto-approve || return ;;
	*) finish "$1" || return ;;
	esac
	[ "$1" = create ] || return 0
	while read -r id; do
		grep -q "$id" .opl2/state.json || {
			echo "announced $id was made again"
			return 1
		}
	done <ids
}

for what in create change replace destroy; do
	prepare $what >"$OUT/log" 2>&1
	rm -f points
	OPL2_FAULT_LOG=$PWD/points act $what >"$OUT/log" 2>&1
	test_ok "$what: crash points are passed" 'test -s points'
	sort points | uniq -c | awk '{ for (i = 1; i <= $1; i++) print $2 ":" i }' \
		>all
	# Every point where it is passed first and last; all with
	# OPL2_FAULTS_ALL.
	if [ -z "${OPL2_FAULTS_ALL-}" ]; then
		awk -F: '{ n[$1] = $2 } END { for (p in n) {
			print p ":1"; if (n[p] > 1) print p ":" n[p] } }' all |
			sort >some && mv some all
	fi
	while read -r point; do
		test_ok "$what: killed at $point" "crash_at $what $point"
	done <all
done
done_testing
