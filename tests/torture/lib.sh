# shellcheck shell=bash
# The sweep of failing calls: sourced after tests/cli/lib.sh. A *scene* is one
# command and what comes before and after it, functions of scenes.sh: base_S
# makes the folder, act_S runs the command behind "$@", mend_S repeats it
# without the fault and checks that all is as an undisturbed one leaves it. A
# *place* is the Nth call of a program in the command.

FAILCALL=$ROOT/build/release/torture/failcall
CHAIN=$T_DIR/chain
RESULTS=$T_DIR/results
DEFECTS=$T_DIR/defects
MOTO=$ROOT/build/tools/moto/bin/python
: >"$RESULTS"
: >"$DEFECTS"

# All that a scene writes, the store of its user too.
enter() {
	export HOME=$CHAIN/home XDG_CACHE_HOME=$CHAIN/home/cache
	mkdir -p "$CHAIN/dir" "$HOME" && cd "$CHAIN/dir" || return
}

begin() { # begin SCENE: as before its command
	local base=$T_DIR/base.$1
	cd "$T_DIR" && rm -rf "$CHAIN" || return
	case " $LIVE " in
	*" $1 "*) enter && "base_$1" && return ;;
	esac
	if [ ! -d "$base" ]; then
		enter && "base_$1" && cp -a "$CHAIN" "$base"
		return
	fi
	cp -a "$base" "$CHAIN" && enter
}

# Names alone: a random part is the same as any other. How long things took is
# remembered where that can be done. What the store has in the middle of
# something goes when that is done again, or with `store gc`.
listing() {
	(cd "$CHAIN" && find . -not -path '*/history/[0-9]*.json' -not -name durations.json \
		-not -path ./dir/.opl2/tmp -not -path '*/store/partial/*' \
		-not -path '*/store/git/*.lock' -not -path '*/store/git/*_git2_*' \
		-not -path '*/store/lock/*.queue/[0-9]*' |
		sed -E 's/[0-9a-f]{16,}/HEX/g' | sort)
}

running() ( # processes that work in the chain's folder, but for this shell
	cd / || exit
	find /proc -maxdepth 2 -name cwd -lname "$CHAIN*" 2>/dev/null |
		while IFS=/ read -r _ _ p _; do
			cmp -s "/proc/$p/cmdline" /proc/$$/cmdline || echo "$p"
		done
)

# Ends what a scene started, whatever became of it. A supervisor and its
# watchdog start each other again, unless neither can look.
end_all() {
	local n pids
	for ((n = 0; n < 50; n++)); do
		pids=$(running)
		[ -n "$pids" ] || return 0
		# shellcheck disable=SC2086
		kill -STOP $pids 2>/dev/null
		# shellcheck disable=SC2086
		kill -KILL $pids 2>/dev/null
		sleep 0.05
	done
	return 1
}

# Its own processes end a moment after the command that told them to.
none_running() {
	local n
	for ((n = 0; n < 100; n++)); do
		[ -n "$(running)" ] || return 0
		sleep 0.1
	done
	echo "left running:"
	ps -o pid,args -p "$(running | paste -sd,)"
	return 1
}

# What a failing call may say. EINTR is what a signal does; a short write is
# what a full pipe does, or a disk in its last block.
errors_of() { # errors_of LABEL
	case $1 in
	write:file) echo EIO ENOSPC EINTR short ;;
	write:std) echo ENOSPC EINTR short ;;
	write:pipe | write:socket) echo EPIPE EINTR short ;;
	send:*) echo ECONNRESET EINTR short ;;
	sync:*) echo EIO ;;
	rename:* | link:*) echo EIO ENOSPC EROFS ;;
	unlink:*) echo EIO EROFS ;;
	mkdir:*) echo ENOSPC EROFS ;;
	open:*) echo ENOSPC EROFS EMFILE ;;
	truncate:*) echo EIO ENOSPC ;;
	mode:*) echo EPERM EIO ;;
	copy:*) echo EIO ENOSPC ;;
	lock:*) echo ENOLCK EINTR ;;
	fork | thread) echo EAGAIN ;;
	exec:*) echo ENOMEM ;;
	connect) echo ECONNREFUSED EINTR ;;
	descriptor*) echo EMFILE ;;
	esac
}

counted() { # counted SCENE PROGRAM CLASS [FAILCALL-OPTIONS]: its calls, in $T_DIR/calls
	local scene=$1 options=(-t 60 -l "$T_DIR/calls")
	[ "$2" = all ] || options+=(-p "$2")
	[ "$3" = all ] || options+=(-c "$3")
	shift 3
	begin "$scene" >"$T_DIR/log" 2>&1 || { cat "$T_DIR/log"; return 125; }
	[ -z "${BYSTANDER:-}" ] || options+=(-k "$("$BYSTANDER")")
	"act_$scene" "$FAILCALL" "${options[@]}" "$@" -- \
		>"$OUT/stdout" 2>"$OUT/stderr" </dev/null
}

# What the failing command itself may have done, and what not.
judge() { # judge RC RC-OF-AN-UNDISTURBED-ONE
	local failed
	failed=$(awk -F'\t' '$6 { print $5; exit }' "$T_DIR/calls")
	[ "$1" -ne 124 ] || { echo 'it hangs'; return 1; }
	[ "$1" -le 13 ] || { echo "exit $1"; return 1; }
	! grep -iE 'internal error|: Success' "$OUT/stderr" || return
	[ "$1" -ne "$2" ] || return 0
	[ "$(readlink -f "$OUT/stderr")" = "$failed" ] ||
		grep -qE '\bE[0-9]{4}\b' "$OUT/stderr" || {
		echo 'no code of an error'
		return 1
	}
}

same_listing() { # same_listing SCENE: as an undisturbed run leaves the folder
	listing >"$T_DIR/listing"
	diff "$T_DIR/listing.$1" "$T_DIR/listing"
}

finish() { # finish SCENE: mended, and all as it should be
	"mend_$1" || return
	# Processes have to end for it, and so do the folders of their sockets.
	same_listing "$1"
}

# One failure, its verdict in $RESULTS.
place() { # place SCENE PROGRAM CLASS N ERROR
	local rc why outcome line sticky=()
	[ "$3" != disk ] || sticky=(-s)
	counted "$1" "$2" "$3" -n "$4" -e "$5" "${sticky[@]}"
	rc=$?
	line=$(awk -F'\t' '$6 { print $2 "\t" $3 "\t" $4 "\t" $5; exit }' "$T_DIR/calls")
	if [ -z "$line" ]; then
		outcome=missed line=$2$'\t'none$'\t'none$'\t'
	elif ! why=$(judge $rc "$(cat "$T_DIR/rc.$1")" 2>&1) || ! why=$(finish "$1" 2>&1); then
		outcome=DEFECT
		{
			echo "tests/torture/failures.sh $1 $2 $3 $4 $5"
			printf '  exit %s, %s\n' "$rc" "$line"
			sed 's/^/  | /' "$OUT/stderr" | head -n 12
			printf '%s\n' "$why" | tail -n 25 | sed 's/^/  > /'
		} >>"$DEFECTS"
	elif [ $rc -eq "$(cat "$T_DIR/rc.$1")" ]; then
		outcome=tolerated
	else
		outcome=refused
	fi
	printf '%s\t' "$1" "$line" "$5" "$outcome" \
		"$(grep -oE '\bE[0-9]{4}\b' "$OUT/stderr" | sort -u | paste -sd,)" >>"$RESULTS"
	echo "$3" >>"$RESULTS"
	case " $LIVE " in *" $1 "*) end_all ;; esac
	[ $outcome != DEFECT ]
}

undisturbed() { # undisturbed SCENE: what the others are compared with
	counted "$1" all all
	echo $? >"$T_DIR/rc.$1"
	if "mend_$1" >"$T_DIR/log" 2>&1; then
		listing >"$T_DIR/listing.$1"
	else
		rm "$T_DIR/rc.$1"
		{ echo "$1 fails without a fault"; cat "$T_DIR/log"; } >>"$DEFECTS"
	fi
	case " $LIVE " in *" $1 "*) end_all ;; esac
	[ -e "$T_DIR/rc.$1" ]
}

# All places of a program in a scene, or each STRIDE-th from OFFSET on; with
# EACH=one an error of each place, in turn, and not all of them.
sweep() { # sweep SCENE PROGRAM
	local n program label rest e errors turn=$OFFSET bad=0
	[ -e "$T_DIR/rc.$1" ] || undisturbed "$1" || return
	counted "$1" "$2" all
	cp "$T_DIR/calls" "$T_DIR/places"
	case " $LIVE " in *" $1 "*) end_all ;; esac
	while IFS=$'\t' read -r n program label rest; do
		[ $((n % STRIDE)) -eq $((OFFSET % STRIDE)) ] || continue
		read -ra errors <<<"$(errors_of "$label")"
		[ ${#errors[@]} -gt 0 ] || continue
		[ "$EACH" != one ] || errors=("${errors[turn % ${#errors[@]}]}")
		turn=$((turn + 1))
		for e in "${errors[@]}"; do
			place "$1" "$2" all "$n" "$e" || bad=1
		done
	done <"$T_DIR/places"
	return $bad
}

# A disk that is full, or read-only, from each place on.
sweep_disk() { # sweep_disk SCENE PROGRAM ERROR
	local n rest bad=0
	[ -e "$T_DIR/rc.$1" ] || undisturbed "$1" || return
	# Which calls they are depends on the error: one far away is given.
	counted "$1" "$2" disk -n 4000000000 -e "$3"
	cp "$T_DIR/calls" "$T_DIR/places"
	case " $LIVE " in *" $1 "*) end_all ;; esac
	while IFS=$'\t' read -r n rest; do
		[ $((n % STRIDE)) -eq $((OFFSET % STRIDE)) ] || continue
		place "$1" "$2" disk "$n" "$3" || bad=1
	done <"$T_DIR/places"
	return $bad
}

table() { # of $RESULTS: what became of the calls of each scene
	sort "$RESULTS" | awk -F'\t' '
	{ what = $3
	  if ($9 == "disk") what = $6 == "EROFS" ? "disk read-only" : "disk full"
	  k = sprintf("%-9s %-15s %-16s", $1, $2, what)
	  if (!(k in runs)) keys[++n] = k
	  runs[k]++
	  if ($7 != "missed" && !((k, $4, $5) in seen)) places[k]++
	  seen[k, $4, $5] = 1
	  got[k, $7]++; all[$7]++
	  m = split($8, c, ",")
	  for (i = 1; i <= m; i++)
		if (!((k, c[i]) in told)) { told[k, c[i]] = 1; codes[k] = codes[k] " " c[i] } }
	END {
	  form = "%s %6s %6s %8s %10s %7s %7s %s\n"
	  printf form, sprintf("%-9s %-15s %-16s", "scene", "program", "call"),
		"paths", "runs", "refused", "tolerated", "missed", "DEFECT", " codes"
	  for (i = 1; i <= n; i++) { k = keys[i]
		printf form, k, places[k] + 0, runs[k], got[k, "refused"] + 0,
			got[k, "tolerated"] + 0, got[k, "missed"] + 0,
			got[k, "DEFECT"] + 0, codes[k] }
	  printf "%d runs: %d refused, %d tolerated, %d missed, %d defects\n", NR,
		all["refused"], all["tolerated"], all["missed"], all["DEFECT"] }'
}
