# shellcheck shell=bash disable=SC2119,SC2120
# Losses of power: sourced after tests/cli/lib.sh. Scenes are those of scenes.sh
# and one that pays.
. "$ROOT/tests/torture/lies-lib.sh"
. "$ROOT/tests/torture/lib.sh"
. "$ROOT/tests/torture/scenes.sh"
POWERLOSS=$ROOT/tests/torture/powerloss.py
SERVERS=()
mkfifo "$T_DIR/hold" && exec 7<>"$T_DIR/hold"

# Two transactions by a key that was made for them. The L1 is told what it had
# got when the power went.
l1_anew() {
	restart_by python3 "$ROOT/tests/fake/gas_l1.py" '{"step": 5}' && L1=$PORT || return
	[ ! -e opl2.yaml ] || sed -i -E "s#(rpc: \"http://127.0.0.1:)[0-9]+#\1$L1#" opl2.yaml
}
ask_l1() { # ask_l1 METHOD [PARAMS]
	curl -sS -m 10 "http://127.0.0.1:$L1" -H 'content-type: application/json' \
		-d '{"jsonrpc":"2.0","id":1,"method":"'"$1"'","params":['"${2-}"']}' | jq -e .result
}
base_pay() {
	cat >opl2.yaml <<-'Y'
		opl2: 1
		name: t
		limits: { eth: 2eth }
		resources:
		  key:
		    k: { source: { generate: true } }
		  contract_call:
	Y
	local n after=''
	for n in one two; do
		cat <<-Y
		    $n:
		      rpc: "http://127.0.0.1:1"
		      chain_id: 31337
		      from: "\${key.k.private_key}"
		      to: "0x00000000000000000000000000000000000000aa"
		      function: set(uint256)
		      args: [7]
		      $after
		Y
		after='depends_on: [contract_call.one]'
	done >>opl2.yaml
	l1_anew
}
act_pay() { apply "$@"; }
mend_pay() {
	local planned mined was
	was=$(cat "$T_DIR/paid.by")
	apply && no_changes || return
	planned=$(cat .opl2/ledger/* | sed 's/^[^{]*//' |
		jq -s 'map(select(.type == "begin") | .txs | length) | add')
	mined=$(ask_l1 test_log | jq -c '[.mined[] | [.nonce, .status]]')
	[ "$planned $mined" = '2 [[0,1],[1,1]]' ] || {
		echo "$planned planned; nonces and statuses of those mined: $mined"
		return 1
	}
	[ ! -s "$T_DIR/sent" ] || [ "$was" = "$(cat .opl2/keys/key.k)" ] || {
		echo 'what was paid with is another key'
		return 1
	}
}

record() { # record SCENE: $T_DIR/record.SCENE, and the folder before it
	begin "$1" >"$T_DIR/log" 2>&1 || { cat "$T_DIR/log"; return 1; }
	[ "$1" != pay ] || l1_anew || return
	rm -rf "$T_DIR/base.$1"
	cp -a "$CHAIN" "$T_DIR/base.$1"
	"act_$1" "$FAILCALL" -t 60 -r "$T_DIR/record.$1" -- >"$OUT/stdout" 2>"$OUT/stderr" </dev/null
	echo $? >"$T_DIR/rc.$1"
	[ "$1" != pay ] || cp .opl2/keys/key.k "$T_DIR/paid.by"
	python3 "$POWERLOSS" --count "$T_DIR/record.$1" >"$T_DIR/count.$1"
	[ "$(cat "$T_DIR/rc.$1")" -lt 124 ] && [ "$(cat "$T_DIR/count.$1")" -gt 9 ]
}

# What is found loads, or there is a code that says why not.
loads() {
	local rc how=loads
	for command in 'state list' 'plan -refresh=false'; do
		# shellcheck disable=SC2086
		timeout -k 5 60 opl2 $command >"$OUT/stdout" 2>"$OUT/stderr" </dev/null
		rc=$?
		[ $rc -ne 0 ] || continue
		[ $rc -le 13 ] && grep -qE '\bE[0-9]{4}\b' "$OUT/stderr" || {
			echo "opl2 $command: exit $rc"
			cat "$OUT/stderr"
			return 1
		}
		how=refused
	done
	echo $how >"$T_DIR/loads"
}

dark() { # dark SCENE CUT HOW: its verdict in $RESULTS
	local why outcome digest
	cd "$T_DIR" || return
	digest=$(python3 "$POWERLOSS" "$T_DIR/record.$1" "$CHAIN" "$T_DIR/base.$1" "$2" "$3") || return
	# The L1 knows more of a later place that looks the same.
	python3 "$POWERLOSS" --sent "$T_DIR/record.$1" "$2" >"$T_DIR/sent"
	digest="$digest $(sha256sum <"$T_DIR/sent")"
	if grep -qsxF "$digest" "$T_DIR/seen.$1"; then
		printf '%s\t' "$1" "$2" "${3%:*}" same >>"$RESULTS"
		echo >>"$RESULTS"
		return
	fi
	echo "$digest" >>"$T_DIR/seen.$1"
	enter || return
	if [ "$1" = pay ]; then
		l1_anew
		while read -r tx; do ask_l1 eth_sendRawTransaction "\"$tx\"" >"$T_DIR/log"; done <"$T_DIR/sent"
	fi
	echo no >"$T_DIR/loads"
	if ! why=$(loads 2>&1) || ! why=$("mend_$1" 2>&1); then
		outcome=DEFECT
		{
			echo "tests/torture/powerloss.sh $1 $2 $3"
			sed -n "$2p" "$T_DIR/record.$1" | cut -c 1-200 | sed 's/^/  after /'
			printf '%s\n' "$why" | tail -n 25 | sed 's/^/  > /'
		} >>"$DEFECTS"
	else
		outcome=$(cat "$T_DIR/loads")
	fi
	printf '%s\t' "$1" "$2" "${3%:*}" "$outcome" >>"$RESULTS"
	{ grep -oE '\bE[0-9]{4}\b' "$OUT/stderr" || :; } | sort -u | paste -sd, >>"$RESULTS"
	[ $outcome != DEFECT ]
}

sweep_dark() { # sweep_dark SCENE
	local cut how bad=0
	record "$1" || { echo "$1 cannot be recorded" >>"$DEFECTS"; return 1; }
	for ((cut = OFFSET % STRIDE; cut <= $(cat "$T_DIR/count.$1"); cut += STRIDE)); do
		for how in synced all names zeros bytes half some:1 some:2 some:3; do
			dark "$1" "$cut" "$how" || bad=1
		done
	done
	return $bad
}

dark_table() { # what became of the losses of each scene
	sort "$RESULTS" | awk -F'\t' '
	{ k = sprintf("%-9s %-8s", $1, $3)
	  if (!(k in runs)) keys[++n] = k
	  runs[k]++
	  got[k, $4]++; all[$4]++
	  if ($5 != "" && !((k, $5) in told)) { told[k, $5] = 1; codes[k] = codes[k] " " $5 } }
	END {
	  form = "%s %6s %6s %6s %8s %7s %s\n"
	  printf form, sprintf("%-9s %-8s", "scene", "lost"), "places", "same", "loads", "refused", "DEFECT", " codes"
	  for (i = 1; i <= n; i++) { k = keys[i]
		printf form, k, runs[k], got[k, "same"] + 0, got[k, "loads"] + 0,
			got[k, "refused"] + 0, got[k, "DEFECT"] + 0, codes[k] }
	  printf "%d places: %d as one before, %d load, %d refused, %d defects\n", NR,
		all["same"], all["loads"], all["refused"], all["DEFECT"] }'
}
