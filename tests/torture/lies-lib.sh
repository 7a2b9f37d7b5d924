# shellcheck shell=bash
# The sweep of lies: sourced after tests/cli/lib.sh. A *scene* is one command
# that asks a server, by functions of lies-scenes.sh: up_S starts the server,
# reset_S has it forget, base_S makes the folder, act_S runs the command behind
# "$@", and mend_S repeats it with honest answers and checks that all is well.
# A *lane* does one thing at a time, with servers of its own.

LIAR=$ROOT/tests/fake/liar.py
# A held answer is waited for and asked for again, several times.
BOUND=400
export PYTHONDONTWRITEBYTECODE=1 NO_PROXY='*' no_proxy='*'

in_lane() { # in_lane NAME: from here on all is this lane's
	T_DIR=$T_DIR/lane.$1
	OUT=$T_DIR/out
	mkdir -p "$OUT" && . "$ROOT/tests/torture/lib.sh"
	ASAN_OPTIONS=exitcode=99:detect_leaks=1:log_path=$T_DIR/sanitizer
	UBSAN_OPTIONS=exitcode=99:print_stacktrace=1:log_path=$T_DIR/sanitizer
	export ASAN_OPTIONS UBSAN_OPTIONS OUT
	SERVERS=()
	UP=''
	mkfifo "$T_DIR/hold" && exec 7<>"$T_DIR/hold"
}

# Servers end with what they read, which is this shell's.
serve_by() { # serve_by COMMAND...: sets PORT to what it prints
	exec 8< <(exec "$@" <&7 7>&- 2>"$T_DIR/server.err")
	SERVERS+=($!)
	read -r PORT <&8 || { cat "$T_DIR/server.err"; return 1; }
}
quit() { # quit: ends the servers of this lane
	[ ${#SERVERS[@]} -eq 0 ] || kill "${SERVERS[@]}" 2>/dev/null
	SERVERS=()
	end_all >/dev/null 2>&1
}
restart_by() { # restart_by COMMAND...: the same for a server that is to forget
	[ -z "${AGAIN:-}" ] || { kill "$AGAIN" && wait "$AGAIN"; } 2>/dev/null
	serve_by "$@" && AGAIN=$! && AGAIN=${SERVERS[-1]} && unset 'SERVERS[-1]' && SERVERS+=("$AGAIN")
}

liar() { # liar [SOCKET]: begins one; sets LIED to its port
	mkfifo "$T_DIR/orders" && exec 5<>"$T_DIR/orders" &&
		exec 6< <(exec python3 "$LIAR" "$T_DIR/answers" "$@" <&5 5>&- 7>&-) || return
	SERVERS+=($!)
	read -r LIED <&6
}
tells() { # tells N LIE: what it does from here on
	local ok
	echo "$UPSTREAM $1 $2" >&5 && read -r ok <&6 && [ "$ok" = ready ]
}

# Those that start nothing which outlives them have nothing to end.
ends_all() { # ends_all SCENE
	case $1 in
	sup | meeda) end_all ;;
	esac
}

before() { # before SCENE N LIE: all as before the command
	if [ "$UP" != "$1" ]; then
		quit
		rm -f "$T_DIR/orders"
		AGAIN=''
		"up_$1" || return
		UP=$1
	fi
	! declare -F "reset_$1" >/dev/null || "reset_$1" || return
	tells 0 '' && begin "$1" && tells "$2" "$3"
}
acted() { # acted SCENE N LIE
	rm -f "$T_DIR"/sanitizer.*
	before "$@" >"$T_DIR/log" 2>&1 || { cat "$T_DIR/log" >&2; return 125; }
	recorded "$1" >"$T_DIR/recorded.base"
	"act_$1" timeout -k 5 $BOUND >"$OUT/stdout" 2>"$OUT/stderr" </dev/null
}

# What is recorded, a line each, but for what is random or the server's to say.
recorded() { # recorded SCENE
	[ -s .opl2/state.json ] || return 0
	# One that is incomplete is none to rely on.
	jq -cS '.resources[] | select(.status == "ok") | [.addr, .attrs] |
		del(.[1].id, .[1].client, .[1].batch_limit, .[1].batch_size)' .opl2/state.json |
		"same_${1}" | sort
}
nothing_wrong() { # nothing_wrong SCENE: of what is recorded
	local wrong
	wrong=$(comm -23 <(recorded "$1") <(sort -u "$T_DIR/recorded.base" "$T_DIR/recorded.$1"))
	[ -z "$wrong" ] || { echo "recorded: $wrong"; return 1; }
}

judged() { # judged SCENE RC
	! cat "$T_DIR"/sanitizer.* 2>/dev/null || return
	[ "$2" -ne 124 ] && [ "$2" -ne 137 ] || { echo 'it hangs'; return 1; }
	[ "$2" -le 13 ] || { echo "exit $2"; return 1; }
	! grep -iE 'internal error|: Success' "$OUT/stderr" || return
	[ "$2" -eq "$(cat "$T_DIR/rc.$1")" ] || grep -qE '\bE[0-9]{4}\b' "$OUT/stderr" || {
		echo 'no code of an error'
		return 1
	}
	nothing_wrong "$1"
}
mended() { # mended SCENE
	tells 0 '' && "mend_$1" && nothing_wrong "$1" || return
	! cat "$T_DIR"/sanitizer.* 2>/dev/null
}

truth() { # truth SCENE: what the lies are compared with
	local rc
	acted "$1" 0 ''
	rc=$?
	echo $rc >"$T_DIR/rc.$1"
	cp "$T_DIR/answers" "$T_DIR/answers.$1"
	: >"$T_DIR/recorded.$1"
	recorded "$1" >"$T_DIR/recorded.now" && cp "$T_DIR/recorded.now" "$T_DIR/recorded.$1"
	if [ $rc -ge 124 ] || ! mended "$1" >"$T_DIR/log" 2>&1; then
		{ echo "$1 fails without a lie, exit $rc"; cat "$OUT/stderr" "$T_DIR/log"; } >>"$DEFECTS"
		return 1
	fi
	ends_all "$1"
}

lie() { # lie SCENE N LIE: its verdict in $RESULTS
	local rc why outcome what asked
	acted "$@"
	rc=$?
	what=$(sed -E 's/^([a-z]+):[0-9]+/\1/; s/^node:/value:/' <<<"$3")
	asked=$(jq -r 'select(.lied) | .asked' "$T_DIR/answers" 2>/dev/null)
	if [ -z "$asked" ]; then
		outcome=missed
	elif ! why=$(judged "$1" $rc 2>&1) || ! why=$(mended "$1" 2>&1); then
		outcome=DEFECT
		{
			echo "tests/torture/lies.sh $1 $2 $3"
			echo "  exit $rc, $asked"
			sed 's/^/  | /' "$OUT/stderr" | head -n 12
			printf '%s\n' "$why" | tail -n 25 | sed 's/^/  > /'
		} >>"$DEFECTS"
	elif [ $rc -eq "$(cat "$T_DIR/rc.$1")" ]; then
		outcome=tolerated
	else
		outcome=refused
	fi
	printf '%s\t' "$1" "$2" "$3" "$what" "$outcome" >>"$RESULTS"
	grep -oE '\bE[0-9]{4}\b' "$OUT/stderr" | sort -u | paste -sd, >>"$RESULTS"
	ends_all "$1"
	[ $outcome != DEFECT ]
}

sweep_lies() { # sweep_lies SCENE
	local n
	LANE_PIDS=()
	for ((n = 0; n < LANES; n++)); do
		(
			SERVERS=()
			trap 'quit' EXIT
			trap 'exit 1' TERM
			in_lane $n
			truth "$1" || exit
			python3 "$LIAR" --lies "$T_DIR/answers.$1" "$STRIDE" "$OFFSET" |
				sed -n "$((n + 1))~${LANES}p" >"$T_DIR/lies"
			while read -r -u 3 at what; do
				lie "$1" "$at" "$what"
			done 3<"$T_DIR/lies"
		) &
		LANE_PIDS+=($!)
	done
	wait "${LANE_PIDS[@]}"
}

lies_table() { # what became of the lies of each scene
	cat "$T_DIR"/lane.*/results | sort | awk -F'\t' '
	{ k = sprintf("%-9s %-15s", $1, $4)
	  if (!(k in runs)) keys[++n] = k
	  runs[k]++
	  got[k, $5]++; all[$5]++
	  m = split($6, c, ",")
	  for (i = 1; i <= m; i++)
		if (!((k, c[i]) in told)) { told[k, c[i]] = 1; codes[k] = codes[k] " " c[i] } }
	END {
	  form = "%s %6s %8s %10s %7s %7s %s\n"
	  printf form, sprintf("%-9s %-15s", "scene", "lie"),
		"runs", "refused", "tolerated", "missed", "DEFECT", " codes"
	  for (i = 1; i <= n; i++) { k = keys[i]
		printf form, k, runs[k], got[k, "refused"] + 0,
			got[k, "tolerated"] + 0, got[k, "missed"] + 0,
			got[k, "DEFECT"] + 0, codes[k] }
	  printf "%d runs: %d refused, %d tolerated, %d missed, %d defects\n", NR,
		all["refused"], all["tolerated"], all["missed"], all["DEFECT"] }'
}
