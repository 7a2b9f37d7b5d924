#!/usr/bin/env bash
# A diagnostic shows the line that the user wrote; the preset's, where that is
# another, is a note.
. "$(dirname "$0")/../lib.sh"

devnet() { # devnet LINE...: of `with`
	printf 'opl2: 1\nname: t\nuse: devnet\nwith:\n' >opl2.yaml
	printf '  %s\n' "$@" >>opl2.yaml
}
own() { # own USE LINE...: with a preset of the user's own
	printf 'opl2: 1\nname: t\nuse: ./p\n' >opl2.yaml
	[ $# -eq 0 ] || printf '%s\n' "$@" >>opl2.yaml
	mkdir -p p && cat >p/preset.yaml
}
no_preset() { lacks "$OUT/stderr" '--> presets' && lacks "$OUT/stderr" '--> ./p/'; }

test_ok "a kind's own check: the input" '
	fresh a && devnet "l1_chain_id: 900" && run 3 opl2 validate &&
	err_has "opl2.yaml:5:16  l1_genesis.l1 /chain_id" && no_preset'
test_ok 'a key source within a map of roles' '
	cd a && devnet "roles:" "  admin: { generate: true }" "  batcher: { env: A, file: ./b }" &&
	run 3 opl2 validate && err_has "opl2.yaml:7:" && no_preset'
test_ok 'what is missing in a block of the user' '
	cd a && devnet "roles:" "  batcher:" "    signer:" "      url: \"http://h\"" &&
	run 3 opl2 validate && err_has "E0202" && err_has "opl2.yaml:7:" && no_preset'
test_ok 'what two inputs make together: the choice, and nothing that follows' '
	cd a && devnet "programs: v1.9.4" "proofs: dispute_games" "da: upstream" &&
	run 3 opl2 validate && err_has "opl2.yaml:7:7  compat.versions /da" &&
	lacks "$OUT/stderr" E0411 && no_preset'
test_ok 'a clash of ports: what is used, and which line of it' '
	cd a && printf "opl2: 1\nname: t\nuse: devnet\nresources: { process: { x: { command: [x], ports: { a: 9545 } } } }\n" >opl2.yaml &&
	run 3 opl2 validate && err_has E0220 && err_has "opl2.yaml:4:56" && no_preset'
test_ok 'a value of the preset itself: where it is used' '
	cd a && printf "opl2: 1\nname: t\nuse: devnet\nresources: { toolchain: { solc: null } }\n" >opl2.yaml &&
	run 3 opl2 validate && err_has "E0303" && err_has "opl2.yaml:3:6" &&
	err_has "defined at presets/devnet/preset.yaml:" && no_preset'
test_ok 'a value of a variant: the input that chose it' '
	cd a && devnet "da: meeda" && printf "resources: { toolchain: { go: null } }\n" >>opl2.yaml &&
	sed -i "5i\  programs: v1.13.7" opl2.yaml &&
	run 3 opl2 validate && err_has "opl2.yaml:5:13  go_binary.geth /go" && no_preset'
test_ok 'in JSON, too' '
	cd a && run 3 opl2 validate -json &&
	jq -e "any(.diagnostics[]; .preset.filename == \"presets/chain/part.yaml\"
		and .range.filename == \"opl2.yaml\")" "$OUT/stdout"'

test_ok 'an input within a text' '
	fresh b && own "with:" "  host: \"a b\"" <<-Y && run 3 opl2 validate &&
		opl2: 1
		inputs: { host: { type: string } }
		resources:
		  endpoint: { e: { rpc: "http://\${with.host}:80" } }
	Y
	err_has E0214 && err_has "opl2.yaml:5:9  endpoint.e /rpc" && err_has "defined at ./p/preset.yaml:4" && no_preset'
test_ok 'the default of an input: the use of the preset' '
	cd b && own <<-Y && run 3 opl2 validate &&
		opl2: 1
		inputs: { url: { type: string, default: "ftp://x" } }
		resources:
		  endpoint: { e: { rpc: "\${with.url}" } }
	Y
	err_has E0472 && err_has "opl2.yaml:3:6  endpoint.e /rpc" && err_has "defined at ./p/preset.yaml:2" && no_preset'
test_ok 'by way of another resource' '
	cd b && own "with:" "  id: 900" <<-Y && run 3 opl2 plan &&
		opl2: 1
		inputs: { id: { type: integer } }
		resources:
		  endpoint: { e: { rpc: "http://127.0.0.1:1", chain_id: "\${with.id}" } }
		  l1_genesis: { l: { chain_id: "\${endpoint.e.chain_id}" } }
	Y
	err_has E0401 && err_has "opl2.yaml:5:7  l1_genesis.l /chain_id" &&
	lacks "$OUT/stderr" "--> ./p/preset.yaml:5"'
test_ok "of an instance: its own lines" '
	cd b && printf "opl2: 1\nname: t\nuse: devnet\ninstances:\n  r:\n    use: replica\n    with:\n      of: \"\${process.op-node}\"\n      sequencer_rpc: localhost:1\n" >opl2.yaml &&
	run 3 opl2 validate && err_has E0214 && err_has "opl2.yaml:9:22" && no_preset'
test_ok "a preset that is being written shows its own mistakes" '
	cd b && own <<-Y && run 3 opl2 validate &&
		opl2: 1
		resources:
		  null: { n: { nothing: 1 } }
	Y
	err_has "./p/preset.yaml:3:"'

# --- URLs ---

url() { # url FIELD-LINE...: of an opstack's `with`
	printf 'opl2: 1\nname: t\nuse: opstack\nlimits: { eth: 1eth }\nvariables: { u: { type: url, env: T_URL, sensitive: true } }\nwith:\n  l1_chain_id: 5\n  l2_chain_id: 7\n' >opl2.yaml
	printf '  %s\n' "$@" >>opl2.yaml
}
test_ok 'a WebSocket URL of the L1, and what to write instead' '
	fresh c && url "l1_rpc: \"\${var.u}\"" && T_URL=wss://h/KEY run 3 opl2 validate &&
	err_has E0472 && err_has "the https:// URL" && err_has "opl2.yaml:9:11" && ! grep -q KEY "$OUT/stderr"'
test_ok 'one without a scheme' '
	cd c && T_URL=localhost:8545 run 3 opl2 validate && err_has E0214 && err_has "no scheme"'
test_ok 'one in a variable of another type' '
	cd c && sed -i "s/type: url/type: string/" opl2.yaml && T_URL=ws://h/KEY run 3 opl2 validate &&
	err_has E0472 && err_has "the http:// URL" && ! grep -q KEY "$OUT/stderr"'
for f in l1_rpc meeda_url da_server l1_beacon; do
	test_ok "of $f" '
		fresh d && for u in ws://h:1 ftp://h localhost:8545; do
			url "$f: \"$u\"" && [ $f = l1_rpc ] || echo "  l1_rpc: http://127.0.0.1:1" >>opl2.yaml
			run 3 opl2 validate && grep -qE "E0472|E0214" "$OUT/stderr" || exit 1
			[ $f = l1_rpc ] || err_has "opl2.yaml:9:" || exit 1
		done'
done
test_ok 'of fallbacks and signers' '
	fresh d && url "l1_rpc: http://127.0.0.1:1" "l1_rpc_fallback: [\"wss://h\"]" \
		"roles: { batcher: { signer: { url: \"ftp://h\", address: \"0x0000000000000000000000000000000000000001\" } } }" &&
	run 3 opl2 validate && err_has "opl2.yaml:10:21" && err_has "opl2.yaml:11:"'
done_testing
