#!/usr/bin/env bash
# Presets that are put together from parts, and what they share.
. "$(dirname "$0")/../lib.sh"

command -v jq >/dev/null || skip_all 'no jq'

file() { # file PATH: from standard input
	mkdir -p "$(dirname "$1")" && cat >"$1"
}
mine() { # mine: a preset of the user's own with one part
	printf 'opl2: 1\nname: t\nuse: ./presets/mine\n' >opl2.yaml
	file presets/common/part.yaml <<-'Y'
		inputs:
		  note: { type: string, default: hello, description: "What n says." }
		shared:
		  said: { note: "${with.note}" }
		resources:
		  null: { n: { <<: said }, gone: {} }
	Y
	file presets/mine/preset.yaml <<-'Y'
		opl2: 1
		parts: [common]
		resources:
		  null: { n: { triggers: { a: b } }, gone: null, m: { <<: said } }
	Y
}
test_ok 'a preset in a folder is put together from a part' '
	fresh a && mine && run 0 opl2 plan -json &&
	jq -se "map(select(.type == \"planned_change\") | .change) |
		map({key: .addr, value: .config}) | from_entries |
		(keys == [\"null.m\", \"null.n\"]) and .[\"null.m\"].note == \"hello\"
		and .[\"null.n\"].note == \"hello\" and .[\"null.n\"].triggers.a == \"b\"" "$OUT/stdout"'
test_ok 'and stays as it is when it is written out' '
	cd a && run 0 opl2 apply -auto-approve &&
	file presets/mine/preset.yaml <<-Y && run 0 opl2 plan -expect-no-changes
		resources:
		  null: { n: { note: hello, triggers: { a: b } }, m: { note: hello } }
	Y'
test_ok 'show names the file in which a value stands' '
	fresh b && mine && run 0 opl2 show -spec && out_has "./presets/common/part.yaml:2" &&
	out_has "./presets/mine/preset.yaml:4"'

bad() { # bad TITLE PLACE TEXT [HINT]: what is wrong with the files as they are
	test_ok "$1" "cd b && run 3 opl2 validate && err_has '--> $2' && err_has \"$3\" && err_has \"${4:-}\""
}
sed -i 's/common/commen/' b/presets/mine/preset.yaml
bad 'a part that is not there' ./presets/mine/preset.yaml:2:9 "E0475]: unknown part 'commen'" \
	"create './presets/commen/part.yaml'"
sed -i 's/commen/common, common/' b/presets/mine/preset.yaml
bad 'one that is named twice' ./presets/mine/preset.yaml:2:17 "E0475]: duplicate part 'common'" 'remove one'
sed -i 's/common, common/..\/common/' b/presets/mine/preset.yaml
bad 'a path' ./presets/mine/preset.yaml:2:9 "E0475]: invalid part name '../common'" "the name of a folder"
sed -i 's/\[..\/common\]/common/' b/presets/mine/preset.yaml
bad 'no list' ./presets/mine/preset.yaml:2:1 "E0203]: 'parts' must be a list"
sed -i 's/parts: common/parts: [common]/' b/presets/mine/preset.yaml
sed -i '1i parts: [common]' b/presets/common/part.yaml
bad 'a part of a part' ./presets/common/part.yaml:1:1 "E0475]: a part cannot have 'parts'" "move it"
sed -i '1s/.*/input: {}/' b/presets/common/part.yaml
bad 'an unknown key of a part' ./presets/common/part.yaml:1:1 "E0201]: unknown field 'input'" inputs
sed -i '1d; s/note: "/note: ["/; s/note}" /note}"] /' b/presets/common/part.yaml
bad 'a value of the wrong type in a part' ./presets/common/part.yaml:4 "E0203]: 'note' must be text"
sed -i 's/note: \[/note: /; s/note}"\] /note}" /; s/<<: said }, g/<<: sait }, g/' b/presets/common/part.yaml
bad 'a body that is not shared' ./presets/common/part.yaml:6:20 "E0475]: unknown shared body 'sait'" "did you mean 'said'"

# --- the built-in ones ---
devnet() { printf 'opl2: 1\nname: t\nuse: devnet\n' >opl2.yaml; }

test_ok 'init lists the inputs of parts where the preset names them' '
	fresh c && run 0 opl2 init devnet && grep -o "^  # [a-z0-9_]*: " opl2.yaml >inputs &&
	grep -x "  # l2_forks: " inputs && sed -n "/programs:/,/da:/p" inputs | grep l2_forks &&
	tail -1 inputs | grep ui && run 0 opl2 validate'
test_ok 'a part is no preset' '
	fresh d && printf "opl2: 1\nname: t\nuse: chain\n" >opl2.yaml && run 3 opl2 validate && err_has E0312 &&
	rm opl2.yaml && run 3 opl2 init chain && err_has E1017'
test_ok 'opl2.lock keeps the parts of a preset, and no others' '
	fresh e && devnet && run 0 opl2 lock &&
	jq -e ".presets | keys == [\"devnet\"]" opl2.lock &&
	jq -e ".presets.devnet.files | has(\"../node/part.yaml\") and has(\"../chain/solc.js\")
		and (keys | map(test(\"public\")) | any | not)" opl2.lock'
test_ok 'and they are used from there' '
	cd e && jq ".presets.devnet.digest = (\"0\" * 64) | .presets.devnet.files[\"../node/part.yaml\"] |=
		sub(\"gcmode: archive\"; \"gcmode: other\")" opl2.lock >other && mv other opl2.lock &&
	run 0 opl2 show -spec && out_has "gcmode: other" && out_has "opl2.lock:node/part.yaml"'
test_ok 'until the upgrade' '
	cd e && run 0 opl2 lock -upgrade && run 0 opl2 show -spec && out_has "gcmode: archive" &&
	out_has "presets/node/part.yaml"'
# As a release wrote it whose presets had no parts.
test_ok 'a lock file of a preset without parts' '
	cd e && jq ".presets.devnet = {digest: \"1\", files: {\"preset.yaml\": \"resources: { null: { n: {} } }\"}}" \
		opl2.lock >other && mv other opl2.lock && run 0 opl2 plan && out_has null.n'
test_ok 'one that lacks a part says so' '
	cd e && jq ".presets.devnet.files[\"preset.yaml\"] = \"parts: [node]\"" opl2.lock >other &&
	mv other opl2.lock && run 3 opl2 validate && err_has "--> opl2.lock:devnet/preset.yaml:1:9" && err_has E0475'
done_testing
