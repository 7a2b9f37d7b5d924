# shellcheck shell=bash
# Allocations that fail: sourced after tests/cli/lib.sh. The scenes are those of
# scenes.sh. opl2 is one that counts its own, the others preload the counter.
. "$ROOT/tests/torture/lib.sh"
. "$ROOT/tests/torture/scenes.sh"
NOMEM=$ROOT/build/release/torture/nomem
export OPL2_LIBEXEC=$ROOT/build/release

with_counter() { # with_counter PROGRAM:N [LOG] COMMAND...: the command, so counted
	local at=$1 log=$2
	shift 2
	OPL2_NOMEM=$at OPL2_NOMEM_LOG=$log LD_PRELOAD=$NOMEM/nomem.so PATH=$NOMEM:$PATH \
		timeout -k 5 "${NOMEM_BOUND:-60}" "$@"
}
acts() { # acts SCENE PROGRAM:N [LOG]
	begin "$1" >"$T_DIR/log" 2>&1 || { cat "$T_DIR/log"; return 125; }
	"act_$1" with_counter "$2" "${3-}" >"$OUT/stdout" 2>"$OUT/stderr" </dev/null
}

# N and the name of the function that asked for memory, of each place.
places_of() { # places_of PROGRAM LOG
	local file=$NOMEM/opl2
	[ "$1" = opl2 ] || file=$OPL2_LIBEXEC/$1
	python3 - "$file" "$2" <<-'P'
	import bisect, subprocess, sys
	names = []
	for line in subprocess.check_output(['nm', sys.argv[1]], text=True).splitlines():
	    part = line.split()
	    if len(part) == 3 and part[1] in 'tTwW':
	        names.append((int(part[0], 16), part[2]))
	names.sort()
	starts = [n[0] for n in names]
	end = starts[-1] + 4096
	seen = set()
	with open(sys.argv[2]) as log:
	    for line in log:
	        n, *calls = line.split()
	        stack = []
	        for call in (int(c, 16) for c in calls):
	            at = bisect.bisect(starts, call) - 1
	            stack.append(names[at][1] if 0 <= at and call < end else 'library')
	        # Several workers, or those of two runs, have the same places.
	        if (n, *calls) not in seen:
	            seen.add((n, *calls))
	            print(n, stack[0])
	P
}

without() { # without SCENE PROGRAM N [FUNCTION]: its verdict in $RESULTS
	local rc why outcome
	acts "$1" "$2:$3"
	rc=$?
	if ! why=$(no_memory $rc "$(cat "$T_DIR/rc.$1")" 2>&1) || ! why=$(finish "$1" 2>&1); then
		outcome=DEFECT
		{
			echo "tests/torture/nomem.sh $1 $2 $3"
			echo "  exit $rc, at ${4-}"
			sed 's/^/  | /' "$OUT/stderr" | head -n 12
			printf '%s\n' "$why" | tail -n 25 | sed 's/^/  > /'
		} >>"$DEFECTS"
	elif [ $rc -eq "$(cat "$T_DIR/rc.$1")" ]; then
		outcome=tolerated
	else
		outcome=refused
	fi
	printf '%s\t' "$1" "$2" "${4-}" "$outcome" >>"$RESULTS"
	{ grep -oE '\bE[0-9]{4}\b' "$OUT/stderr" || :; } | sort -u | paste -sd, >>"$RESULTS"
	[ $outcome != DEFECT ]
}
no_memory() { # no_memory RC RC-OF-AN-UNDISTURBED-ONE
	[ "$1" -ne 124 ] || { echo 'it hangs'; return 1; }
	[ "$1" -le 13 ] || { echo "exit $1"; return 1; }
	! grep -iE 'internal error|: Success|crashed' "$OUT/stderr" || return
	[ "$1" -eq "$2" ] || grep -qE '\bE[0-9]{4}\b' "$OUT/stderr" || {
		echo 'no code of an error'
		return 1
	}
}

sweep_memory() { # sweep_memory SCENE PROGRAM
	local n function turn=$OFFSET xturn=$OFFSET bad=0
	[ -e "$T_DIR/rc.$1" ] || undisturbed "$1" || return
	rm -f "$T_DIR/places"
	# To walk the stack at each allocation takes its time.
	NOMEM_BOUND=600 acts "$1" "$2:0" "$T_DIR/places"
	[ -s "$T_DIR/places" ] || return 0
	places_of "$2" "$T_DIR/places" >"$T_DIR/named"
	while read -r -u 3 n function; do
		case $function in
		x*alloc* | xstr*dup)
			xturn=$((xturn + 1))
			[ $((xturn % XSTRIDE)) -eq 0 ] || continue
			;;
		*)
			turn=$((turn + 1))
			[ $((turn % STRIDE)) -eq 0 ] || continue
			;;
		esac
		without "$1" "$2" "$n" "$function" || bad=1
	done 3<"$T_DIR/named"
	return $bad
}

memory_table() { # what became of the failures of each scene
	sort "$RESULTS" | awk -F'\t' '
	{ what = $3 ~ /^x(.*alloc|str.*dup)/ ? "xmalloc" : $3 == "library" ? "a library" : "others"
	  k = sprintf("%-9s %-12s %-10s", $1, $2, what)
	  if (!(k in runs)) keys[++n] = k
	  runs[k]++
	  got[k, $4]++; all[$4]++
	  m = split($5, c, ",")
	  for (i = 1; i <= m; i++)
		if (!((k, c[i]) in told)) { told[k, c[i]] = 1; codes[k] = codes[k] " " c[i] } }
	END {
	  form = "%s %6s %8s %10s %7s %s\n"
	  printf form, sprintf("%-9s %-12s %-10s", "scene", "program", "asked by"), "places", "refused", "tolerated", "DEFECT", " codes"
	  for (i = 1; i <= n; i++) { k = keys[i]
		printf form, k, runs[k], got[k, "refused"] + 0, got[k, "tolerated"] + 0, got[k, "DEFECT"] + 0, codes[k] }
	  printf "%d places: %d refused, %d tolerated, %d defects\n", NR, all["refused"], all["tolerated"], all["DEFECT"] }'
}
