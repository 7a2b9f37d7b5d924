#!/usr/bin/env bash
# A resource that is like another one.
. "$(dirname "$0")/../lib.sh"

command -v jq >/dev/null || skip_all 'no jq'

spec() { # spec RESOURCES: of the kind null
	printf 'opl2: 1\nname: t\nresources:\n  null:\n' >opl2.yaml
	cat >>opl2.yaml
}
configs() { # of a plan's changes, by address
	jq -se 'map(select(.type == "planned_change") | .change) |
		map({key: .addr, value: .config}) | from_entries' "$OUT/stdout"
}
test_ok 'it has what the other has, and its own over it' '
	fresh a && spec <<-Y && run 0 opl2 plan -json &&
		    n: { note: hello, triggers: { a: b, c: d } }
		    m: { like: n, triggers: { c: null, e: f } }
	Y
	configs | jq -e ".[\"null.m\"] | .note == \"hello\" and .triggers == {a: \"b\", e: \"f\"}" &&
	configs | jq -e ".[\"null.n\"].triggers == {a: \"b\", c: \"d\"}"'
test_ok 'what the user adds to a resource of a preset, too' '
	fresh b && mkdir -p p && cat >p/preset.yaml <<-Y && cat >opl2.yaml <<-Z && run 0 opl2 plan -json &&
		opl2: 1
		resources: { null: { n: { triggers: { a: b } }, m: { like: n } } }
	Y
		opl2: 1
		name: t
		use: ./p
		resources: { null: { n: { note: mine } } }
	Z
	configs | jq -e ".[\"null.m\"] | .note == \"mine\" and .triggers.a == \"b\""'
test_ok 'in an instance it names one of the instance' '
	cd b && cat >opl2.yaml <<-Z && run 0 opl2 plan -json &&
		opl2: 1
		name: t
		instances: { i: { use: ./p } }
	Z
	configs | jq -e ".[\"null.i/m\"].triggers.a == \"b\""'
test_ok 'a reference to itself means the copy' '
	fresh c && spec <<-Y && run 0 opl2 plan -json &&
		    n: { note: "\${self.triggers.a}", triggers: { a: one } }
		    m: { like: n, triggers: { a: two } }
	Y
	configs | jq -e ".[\"null.m\"].note == \"two\" and .[\"null.n\"].note == \"one\""'
test_ok 'one that is not there is refused, with the nearest' '
	fresh d && spec <<-Y && run 3 opl2 validate && err_has E1420 && err_has "did you mean '"'first'"'"
		    first: {}
		    m: { like: frist }
	Y'
test_ok 'and one that has it itself' '
	fresh e && spec <<-Y && run 3 opl2 validate && err_has E1420 && err_has "has '"'like'"' itself"
		    n: {}
		    m: { like: n }
		    o: { like: m }
	Y'
test_ok 'and what is no name' '
	fresh f && spec <<-Y && run 3 opl2 validate && err_has E1420
		    n: {}
		    m: { like: [n] }
	Y'
done_testing
