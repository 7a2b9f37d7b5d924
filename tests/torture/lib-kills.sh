# shellcheck shell=bash
# kill -9 at random calls: sourced after lib.sh and scenes.sh, whose scenes it
# takes. A *victim* is a program of ours in one of its parts, or all of them at
# once; it dies as it is about to make its Nth call, so that one kill can be
# repeated alone.

KILLS=$T_DIR/kills
: >"$KILLS"

# Scenes in which a supervisor is there before the command: it and its watchdog
# are killed at calls of the others, for they are not traced.
ATTENDED=' again stop start down less s3_again '
the_supervisor() { supervisors | cut -d' ' -f1; }
the_watchdog() { supervisors | cut -d' ' -f2; }

victim() { # victim SCENE NAME: how failcall finds it, and how it is killed
	HOW=kill VICTIM=() BYSTANDER=''
	case $2:$ATTENDED in
	front:*) VICTIM=(-p opl2) ;;
	worker:*) VICTIM=(-p opl2-worker) ;;
	all:*) HOW=killall ;;
	supervisor:*" $1 "*) BYSTANDER=the_supervisor ;;
	watchdog:*" $1 "*) BYSTANDER=the_watchdog ;;
	supervisor:*) VICTIM=(-p opl2-supervise -a --supervisor) ;;
	watchdog:*) VICTIM=(-p opl2-supervise -a --guard) ;;
	*) return 1 ;;
	esac
}

# Whoever lives on says what became of the command, or does without the victim.
judge_kill() { # judge_kill RC RC-OF-AN-UNDISTURBED-ONE
	[ "$1" -ne 124 ] || { echo 'it hangs'; return 1; }
	! grep -iE 'internal error|: Success' "$OUT/stderr" || return
	[ "$1" -ne 137 ] && [ "$1" -ne "$2" ] || return 0
	[ "$1" -le 13 ] || { echo "exit $1"; return 1; }
	grep -qE '\bE[0-9]{4}\b' "$OUT/stderr" || { echo 'no code of an error'; return 1; }
}

kill_at() { # kill_at SCENE VICTIM N: one kill, its verdict in $KILLS
	local rc why outcome call
	victim "$1" "$2" || return
	counted "$1" all all "${VICTIM[@]}" -n "$3" -e $HOW
	rc=$?
	BYSTANDER=
	call=$(awk -F'\t' '$6 == "killed" { print $2 " " $4 " " $5; exit }' "$T_DIR/calls")
	# Its processes end with it, or soon after the command that came after it.
	if ! why=$(judge_kill $rc "$(cat "$T_DIR/rc.$1")" 2>&1) ||
		! why=$(finish "$1" 2>&1) || ! why=$(none_running 2>&1); then
		outcome=DEFECT
		{
			echo "tests/torture/kills.sh $1 $2 $3"
			printf '  exit %s, killed before %s\n' "$rc" "${call:-nothing}"
			sed 's/^/  | /' "$OUT/stderr" | head -n 12
			printf '%s\n' "$why" | tail -n 40 | sed 's/^/  > /'
		} >>"$DEFECTS"
	elif [ -z "$call" ]; then
		outcome=missed
	elif [ $rc -eq "$(cat "$T_DIR/rc.$1")" ]; then
		outcome='went on'
	else
		outcome=ended
	fi
	printf '%s\t' "$1" "$2" "$3" "$outcome" >>"$KILLS"
	echo "$call" >>"$KILLS"
	case " $LIVE " in *" $1 "*) end_all ;; esac
	[ "$outcome" != DEFECT ]
}

# What the same seed chooses depends on nothing that came before.
kills() { # kills SCENE VICTIM TRIALS SEED
	local n i bad=0
	[ -e "$T_DIR/rc.$1" ] || undisturbed "$1" || return
	victim "$1" "$2" && counted "$1" all all "${VICTIM[@]}"
	BYSTANDER=
	n=$(wc -l <"$T_DIR/calls")
	case " $LIVE " in *" $1 "*) end_all ;; esac
	[ "$n" -gt 0 ] || return 0
	python3 -c '
import random, sys
calls, trials, seed = int(sys.argv[1]), int(sys.argv[2]), " ".join(sys.argv[3:])
for n in sorted(random.Random(seed).sample(range(1, calls + 1), min(calls, trials))):
    print(n)' "$n" "$3" "$4" "$1" "$2" >"$T_DIR/chosen"
	while read -r i; do
		kill_at "$1" "$2" "$i" </dev/null || bad=1
	done <"$T_DIR/chosen"
	return $bad
}

kill_table() { # of $KILLS: what became of each scene, by its victim
	awk -F'\t' '
	{ k = sprintf("%-11s %-11s", $1, $2)
	  if (!(k in kills)) keys[++n] = k
	  kills[k]++; got[k, $4]++; all[$4]++ }
	END {
	  form = "%s %6s %6s %8s %7s %7s\n"
	  printf form, sprintf("%-11s %-11s", "scene", "victim"), "kills", "ended",
		"went on", "missed", "DEFECT"
	  for (i = 1; i <= n; i++) { k = keys[i]
		printf form, k, kills[k], got[k, "ended"] + 0, got[k, "went on"] + 0,
			got[k, "missed"] + 0, got[k, "DEFECT"] + 0 }
	  printf "%d kills: %d ended the command, %d did not, %d missed, %d defects\n",
		NR, all["ended"], all["went on"], all["missed"], all["DEFECT"] }' "$KILLS"
}
