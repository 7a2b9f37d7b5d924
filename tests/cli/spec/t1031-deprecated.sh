#!/bin/bash
# Inputs of presets that are to go: who sets one is told what to do instead.
. "$(dirname "$0")/../lib.sh"

mkdir -p presets/mine presets/common
cat >presets/common/part.yaml <<'Y'
inputs:
  shade: { type: map, default: { a: "1" }, deprecated: "use 'said' of the part" }
Y
cat >presets/mine/preset.yaml <<'Y'
opl2: 1
parts: [common]
inputs:
  said: { type: string, default: hello, description: "What n says." }
  note: { type: string, required: false, deprecated: "use 'said', which says the same", description: "Old." }
resources:
  null: { n: { note: "${with.said}", triggers: "${with.shade}" } }
Y
uses() { # uses WITH: the spec
	printf 'opl2: 1\nname: t\nuse: ./presets/mine\nwith:\n  %s\n' "$1" >opl2.yaml
}
warns() { # warns WITH LINE:COL TEXT: once
	uses "$1"
	run 0 opl2 validate && err_has "warning[W0478]: the input" && err_has "--> opl2.yaml:$2" && err_has "$3" &&
		[ "$(grep -c W0478 "$OUT/stderr")" = 1 ]
}
test_ok 'its place and its text' 'warns "note: x" 5:3 "hint: use '\''said'\'', which says the same"'
test_ok 'an empty value is a value' 'warns "note: \"\"" 5:3 "input '\''note'\'' of"'
test_ok 'of a part, a map' 'warns "shade: { b: \"2\" }" 5:3 "use '\''said'\'' of the part"'
test_ok 'plan tells it, too, and JSON' '
	uses "note: x" && run 0 opl2 plan && err_has W0478 && opl2 plan -json |
	jq -es "any(.[]; .diagnostic.code == \"W0478\" and .diagnostic.severity == \"warning\")"'
test_ok 'who does not set it is not told' '
	uses "said: x" && run 0 opl2 validate && lacks "$OUT/stderr" W0478 && uses "note: null" && run 0 opl2 validate &&
	lacks "$OUT/stderr" W0478'
test_ok 'an instance' '
	printf "opl2: 1\nname: t\ninstances:\n  i:\n    use: ./presets/mine\n    with:\n      note: x\n" >opl2.yaml &&
	run 0 opl2 validate && err_has "opl2.yaml:7:7"'
test_ok 'explain' 'run 0 opl2 explain W0478 && out_has deprecated'
test_ok 'a text is needed' '
	uses "said: x" && for text in "\"\"" "[a]"; do
		sed "s/deprecated: \"use .said., which.*same\"/deprecated: $text/" presets/mine/preset.yaml >p &&
		mkdir -p presets/bad && cp p presets/bad/preset.yaml && sed -i "s/presets.*/presets\/bad/" opl2.yaml &&
		run 3 opl2 validate && err_has "preset.yaml:5:" && err_has deprecated || exit 1
	done'
test_fails 3 'a variable is of nobody else' '
	spec <<<"variables: { v: { type: string, default: x, deprecated: y } }"; opl2 validate' 'err_has E0201 && err_has "opl2.yaml:3:"'
done_testing
