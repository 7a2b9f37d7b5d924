# shellcheck shell=bash
# What the tests of doctor's findings have in common. Sourced by bash after
# tests/e2e/lib.sh. The chain as it is well is base.yaml, to which the YAML of
# a fault can be added.

ONLY=${OPL2_SOAK_ONLY:-.}

begin() { # begin NAME: in a folder $D of its own
	D=$WORK/$1
	mkdir -p "$D" && cd "$D" || bail "no $D"
	trap end EXIT
}
end() {
	# shellcheck disable=SC2046
	kill $(jobs -p) 2>/dev/null
	end_chain "$D"
	[ -n "${OPL2_E2E_DIR:-}" ] || rm -rf "$WORK"
}

out() { opl2 output -json | jq -er "$1"; }
show() { opl2 state show -json "$1" | jq -er "$2"; }
key() { cat ".opl2/keys/key.$1"; }

# --- findings -------------------------------------------------------------------
has() { # has CODE WHAT: doctor has that finding now, with evidence and a cure
	opl2 doctor -json -since 3m >doctor.json
	# jq 1.6 finds nothing wrong with an empty file.
	[ -s doctor.json ] || return 1
	jq -e --arg c "$1" --arg w "$2" --argjson since "$SINCE" \
		'any(.findings[]; .code == $c and .what == $w and .cure != "" and
		.cause != "" and any(.evidence[]; .said or .time >= $since))' \
		doctor.json ||
		{ jq -c '.findings[] | [.code, .what, .evidence]' doctor.json; return 1; }
}
named() { # named CODE WHAT SECONDS: it comes up within so many seconds
	wait_for "$3" has "$1" "$2" || { has "$1" "$2"; return 1; }
}
SINCE=0
wanted() { # wanted CODE: begins with it, unless others are asked for
	SINCE=$(date +%s)
	grep -qE "$ONLY" <<<"$1"
}

# provoke CODE WHAT SECONDS YAML: an apply of the spec with that in it, which
# may never end well; then one without it.
provoke() {
	wanted "$1" || return
	local code=$1 what=$2 within=$3 pid rc
	{ cat base.yaml; echo "$4"; } >opl2.yaml
	timeout 120 opl2 apply -auto-approve >"apply.$code" 2>&1 &
	pid=$!
	ok "$code: $what" named "$code" "$what" "$within"
	kill -INT $pid 2>/dev/null
	wait $pid
	rc=$?
	grep -oE '^error.E[0-9]+.*' "apply.$code" | sed "s/^/# $rc /"
	jq -c --arg c "$code" '.findings[] | select(.code == $c) | .evidence[0]' doctor.json |
		cut -c1-300 | sed 's/^/# /'
	cp base.yaml opl2.yaml
	timeout 300 opl2 apply -auto-approve >apply.back 2>&1 ||
		{ tail -n 5 apply.back; timeout 100 opl2 start; } | sed 's/^/# back: /'
}
well() { opl2 doctor || { opl2 doctor -json | jq -c '.findings[] | [.code, .what, .evidence]'; return 1; }; }
eventually_well() { wait_for 60 well || well; }
