#!/bin/bash
# validate: what is wrong with a spec, where, and what to do.
. "$(dirname "$0")/../lib.sh"

# refused TITLE LINE TEXT: the spec on standard input is refused with exit 3
# at that line of opl2.yaml, with a caret and the text.
refused() {
	cat >opl2.yaml
	test_fails 3 "$1" 'opl2 validate' "
		err_has 'opl2.yaml:$2:' && err_has '$3' &&
		grep -q '\\^' \"\$OUT/stderr\" &&
		grep -q '^error\\[E0[1-4]' \"\$OUT/stderr\""
}

test_fails 3 'no spec' 'opl2 validate' 'err_has E1011 && err_has "opl2 init"'
test_ok 'a valid spec' '
	spec <<-Y
	resources:
	  null:
	    a: { triggers: { x: "1" } }
	    b: { note: "id of a: \${null.a.id}" }
	Y
	run 0 opl2 validate && out_has "2 resources" && [ ! -s "$OUT/stderr" ]'
test_ok 'validate -json of it' '
	run 0 opl2 validate -json && jq -e ".valid and .error_count == 0 and .diagnostics == []" "$OUT/stdout"'
test_ok 'validating writes nothing' '[ "$(ls -A)" = opl2.yaml ]'

refused 'an unknown top-level key' 3 resources <<'Y'
opl2: 1
name: t
resuorces: {}
Y
refused 'an unknown kind' 4 null <<'Y'
opl2: 1
name: t
resources:
  nul:
    a: {}
Y
refused 'an unknown field' 5 triggers <<'Y'
opl2: 1
name: t
resources:
  null:
    a: { trigers: {} }
Y
refused 'a computed field' 5 id <<'Y'
opl2: 1
name: t
resources:
  null:
    a: { id: "1" }
Y
refused 'a duplicate key' 6 a <<'Y'
opl2: 1
name: t
resources:
  null:
    a: {}
    a: {}
Y
refused 'an alias' 5 alias <<'Y'
opl2: 1
name: t
resources:
  null: &x
    a: *x
Y
refused 'a second document' 3 document <<'Y'
opl2: 1
name: t
---
opl2: 1
Y
printf 'opl2: 1\nname: t\nresources:\n\tnull: {}\n' >tab
refused 'a tab' 4 tab <tab
printf 'opl2: 1\nname: "\xff"\n' >latin
cp latin opl2.yaml
test_fails 3 'text that is not UTF-8' 'opl2 validate' 'err_has "error[E01"'
refused 'a newer format' 1 '' <<'Y'
opl2: 2
name: t
Y
refused 'a reference to nothing' 5 'null.a' <<'Y'
opl2: 1
name: t
resources:
  null:
    b: { note: "${null.aa.id}" }
    a: {}
Y
refused 'an unquoted reference in braces' 5 quote <<'Y'
opl2: 1
name: t
resources:
  null:
    b: { note: ${null.a.id} }
    a: {}
Y
spec <<'Y'
resources:
  null:
    a: { note: "${null.b.id}" }
    b: { note: "${null.c.id}" }
    c: { note: "${null.a.id}" }
Y
test_fails 3 'a cycle, with its path' 'opl2 validate' \
	'err_has null.a && err_has null.b && err_has null.c && err_has opl2.yaml:'
refused 'a variable without value' 4 'l1_rpc' <<'Y'
opl2: 1
name: t
variables:
  l1_rpc: { type: url }
resources:
  null:
    a: { note: "${var.l1_rpc}" }
Y
test_ok 'a sensitive variable without value is fine here' '
	spec <<-Y
	variables:
	  token: { type: string, sensitive: true }
	resources:
	  null:
	    a: {}
	Y
	run 0 opl2 validate'
test_ok 'all problems in one pass, sorted by position' '
	spec <<-Y
	resources:
	  null:
	    a: { trigers: {} }
	    b: { note: "\${null.zz.id}" }
	    c: { notes: x }
	Y
	run 3 opl2 validate && [ "$(grep -c "^error" "$OUT/stderr")" -ge 3 ] &&
	grep -o "opl2.yaml:[0-9]*" "$OUT/stderr" | sort -c -t: -k2n'
test_ok 'validate -json of a bad spec' '
	run 3 opl2 validate -json && [ ! -s "$OUT/stderr" ] &&
	jq -e "(.valid | not) and .error_count >= 3 and
		(.diagnostics[0] | .severity == \"error\" and .code and .summary and
		.range.filename and .range.start.line >= 3 and .range.start.column >= 1)" "$OUT/stdout"'
test_ok 'a deep spec is refused, not crashed on' '
	{ printf "opl2: 1\nname: t\nresources: "; head -c 3000 /dev/zero | tr "\0" "["; } >opl2.yaml
	run 3 opl2 validate'
test_ok 'a spec of garbage is refused, not crashed on' '
	head -c 4096 "$BIN/opl2" >opl2.yaml && run 3 opl2 validate'
# --- schemes of URLs ---
sha=$(printf %064d 1)
archive() { printf 'resources: { archive: { a: { url: "%s", sha256: "%s"%s } } }\n' "$1" $sha "${2-}" | spec; }
repo() { printf 'resources: { git_checkout: { a: { url: "%s", ref: v1, commit: "%040d" } } }\n' "$1" 1 | spec; }
top() { printf '%s\nresources: { null: { a: {} } }\n' "$1" | spec; }
typo() { run 3 opl2 validate && { err_has E0472 || err_has E0214; } && err_has "= hint"; }
n=0
for made in 'archive htp://x.org/a.tar.gz' 'archive ftp://x.org/a.tar.gz' \
	'archive x.org/a.tar.gz' "archive https://x.org/a.tgz ', mirrors: [\"htps://y.org/a\"]'" \
	'repo htp://x.org/r' 'repo httpss://x.org/r' \
	"top 'registries: { npm: \"htp://x.org\" }'" "top 'registries: { npm: x.org }'" \
	"top 'registries: { go: \"https://x.org,htp://y.org\" }'" \
	"top 'registries: { go: x.org }'" \
	"top 'registries: { go_sumdb: \"sum.x.org htp://y.org\" }'" \
	"top 'mirrors: { \"https://x.org/\": \"htp://y.org/\" }'"; do
	n=$((n + 1))
	test_ok "a scheme with a slip of the pen, $n: $made" "fresh u$n && $made && typo"
done
for made in 'archive file:///mnt/a.tar.gz' 'repo ssh://git@x.org/r' 'repo file:///srv/r' \
	"top 'registries: { go: \"https://x.org|file:///srv/m,direct\" }'" \
	"top 'registries: { go_sumdb: \"sum.x.org+key https://y.org\" }'" \
	"top 'registries: { go_sumdb: off, npm: \"https://x.org/npm/\" }'" \
	"top 'mirrors: { \"https://x.org/\": /srv/, \"https://y.org/\": \"mine:\" }'" \
	"top 'mirrors: { \"https://x.org/\": \"git@y.org:z/\", \"https://y.org/\": \"file:///srv/\" }'"; do
	n=$((n + 1))
	test_ok "and the right ones, $n: $made" "fresh u$n && $made && run 0 opl2 validate"
done
done_testing
