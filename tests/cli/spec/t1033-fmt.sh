#!/bin/bash
# opl2 fmt: white space alone changes, and nothing of what the file says.
. "$(dirname "$0")/../lib.sh"

# @ is a blank at the end of a line.
tr @ ' ' >odd.yaml <<'Y'


opl2:   1
name:	t   # a trailing	tab
# about null
resources:
    null :
        # about n
        n: {note:hello,  triggers : { "q":x }}
          # rather of n
        'm':
            ignore_changes:
            - /note
            -   "/a b"
            # after the list


        # after m
      # between two levels
variables:
    text: |
          block@@
            more

          end


    # after the block
    kept: >2-
            two
         one
    quoted: "multi
       line \@@

      end"
    plain: some
       words # of a comment
    flow: {
    a: 1,
        b: [ {
      x: [ ] }, {
      y: { } } ],
      # in it
       }
? complex
:   - v
    - - w
      - z
last: |+
   x


Y
tr @ ' ' >canonical.yaml <<'Y'
opl2: 1
name: t   # a trailing	tab
# about null
resources:
  null:
    # about n
    n: { note:hello, triggers: { "q": x } }
    # rather of n
    'm':
      ignore_changes:
        - /note
        - "/a b"
      # after the list

    # after m
    # between two levels
variables:
  text: |
    block@@
      more

    end

  # after the block
  kept: >2-
          two
       one
  quoted: "multi
    line \@

    end"
  plain: some
    words # of a comment
  flow: {
    a: 1,
    b: [{
      x: [] }, {
        y: {} }],
    # in it
  }
? complex
: - v
  - - w
    - z
last: |+
  x


Y
lays_out() { # lays_out IN OUT: printf formats; OUT stays as it is
	# shellcheck disable=SC2059
	printf -- "$1" >in.yaml && printf -- "$2" >want.yaml && opl2 fmt - <in.yaml >got.yaml &&
		diff -u want.yaml got.yaml && opl2 fmt - <got.yaml | diff -u got.yaml -
}

test_ok 'all that it does' 'opl2 fmt - <odd.yaml >got && diff -u canonical.yaml got'
test_ok 'what is canonical stays' 'opl2 fmt - <canonical.yaml >got && diff -u canonical.yaml got'
test_fails 3 '-check lists a file and writes nothing' 'cp odd.yaml a && opl2 fmt -check a canonical.yaml' \
	'cmp a odd.yaml && [ "$(cat "$OUT/stdout")" = a ]'
test_fails 0 '-check of a canonical file says nothing' 'opl2 fmt -check canonical.yaml' '[ ! -s "$OUT/stdout" ]'
test_fails 3 '-check of standard input' 'opl2 fmt -check - <odd.yaml' '[ ! -s "$OUT/stdout" ]'
patches() { # patches FILE: what -diff prints makes the canonical one of it
	cp "$1" a && { opl2 fmt -check -diff a >d; [ $? = 3 ]; } && cmp a "$1" && patch -s a d && opl2 fmt -check a
}
test_ok '-diff prints a patch' '
	patches odd.yaml && cmp a canonical.yaml && has d "-opl2:   1" && has d "+opl2: 1" && printf "a:   1\n\n\nb: 2" >b && patches b &&
	printf "a: 1\n\n\n" >b && patches b && printf "a: 1\nb:  1\r\n" >b && patches b && run 0 opl2 fmt -diff a && [ ! -s "$OUT/stdout" ]'
test_ok 'the file is replaced, with its mode, through a link' '
	fresh links && cp ../odd.yaml real && chmod 640 real && ln -s real opl2.yaml && run 0 opl2 fmt &&
	out_has opl2.yaml && cmp real ../canonical.yaml && [ -L opl2.yaml ] && [ "$(stat -c %a real)" = 640 ] &&
	[ "$(ls)" = "$(printf "opl2.yaml\nreal")" ]'
test_ok 'what is no file is left alone' '
	fresh fifo && mkfifo f && { cat ../odd.yaml >f & run 1 opl2 fmt f; } && err_has E0114 && [ -p f ]'
test_fails 3 'a file that is missing' 'opl2 fmt none.yaml' 'err_has "error[E0112]" && err_has none.yaml'
test_fails 3 'no spec here' 'fresh none && opl2 fmt' 'err_has E1011'
test_fails 3 'one bad file of two: the other is done' '
	fresh two && printf "a: [\n" >bad && printf "a:   1\n" >good && opl2 fmt bad good' \
	'err_has "bad:" && has two/good "a: 1" && has two/bad "a: ["'
test_fails 3 'a tab that indents' 'printf "a:\n\tb: 1\n" | opl2 fmt -' 'err_has E0108'
test_fails 3 'an unquoted reference in braces' 'printf "a: { b: \${x.y} }\n" | opl2 fmt -' 'err_has E0110'
test_fails 3 'a line break that is none here' 'printf "a: 1 # c\\xe2\\x80\\xa8b: 2\n" | opl2 fmt -' 'err_has E0113'

test_ok 'CRLF, CR, a byte order mark' 'lays_out "\xef\xbb\xbfa:  1\r\nb: \x27x\r\n  y\x27\rc: 2" "a: 1\nb: \x27x\n  y\x27\nc: 2\n"'
test_ok 'anchors, aliases, tags, duplicates, documents' '
	lays_out "%%YAML 1.1\n---\n- &a   x\n-  *a\n-  !!str   5\n---  # two\na: {*a : b, &c   d:  1, e: , f: *a}\na: 2\n...\n" \
	"%%YAML 1.1\n---\n- &a x\n- *a\n- !!str 5\n---  # two\na: { *a : b, &c d: 1, e: , f: *a }\na: 2\n...\n"'
test_ok 'characters, not bytes' 'lays_out "\xd1\x8f:   \"\xc3\xa4\" # \xe2\x82\xac \nb:\n    - \xd1\x8f:  1\n      c: 2\n" \
	"\xd1\x8f: \"\xc3\xa4\" # \xe2\x82\xac\nb:\n  - \xd1\x8f: 1\n    c: 2\n"'
test_ok 'empty files and comments alone' 'lays_out "" "" && lays_out "\n\n  \n" "" && lays_out "\n  # a\n\n\n# b" "# a\n\n# b\n"'
test_ok 'a value that is commented out' '
	lays_out "a:\n    # b: 1\n    # c:\nd:\n- a\n-\n     # x\n# d\n" "a:\n  # b: 1\n  # c:\nd:\n  - a\n  -\n    # x\n# d\n"'
test_ok 'a block scalar without a newline at the end' 'lays_out "a: |\n   x" "a: |\n  x" && lays_out "a: |+\n   x\n\n" "a: |+\n  x\n\n" &&
	lays_out "a: |\n   x\n\n\n" "a: |\n  x\n"'
test_ok 'lists in lists, long lines' '
	long=$(printf "x%.0s " $(seq 300)) && lays_out "-   - a\n    -   b: 1\n        c: $long\n-\n    d\n" \
	"- - a\n  - b: 1\n    c: ${long% }\n-\n  d\n"'

test_ok 'presets, examples and first specs are canonical' '
	find "$ROOT/schemas" "$ROOT/examples" "$ROOT/tests" -name "*.y*ml" | xargs opl2 fmt -check &&
	for p in devnet opstack; do fresh "$p" && opl2 init "$p" && opl2 fmt -check || exit 1; done'
heredocs() { # all specs in the tests, a file each
	awk "/<<'?Y'?\$/ { f = \"spec\" ++n \".yaml\"; next } /^Y\$/ { f = \"\" } f { print > f }" "$ROOT"/tests/cli/*/*.sh
}
test_ok 'specs of the tests say the same, and stay as they are then' '
	fresh all && heredocs && [ "$(ls | wc -l)" -gt 30 ] &&
	for f in *.yaml; do
		sed -i "s/\\\\\\$/\\$/" "$f"
		if ! opl2 fmt - <"$f" >"$f.1" 2>err; then
			lacks err E0113 && continue
			exit 1
		fi
		opl2 fmt -check "$f.1" || exit 1
	done'
test_ok 'a spec validates and plans alike' '
	fresh alike && export L1_RPC_URL=http://127.0.0.1:1 &&
	looks() { opl2 validate && opl2 show -spec && { [ "$1" != devnet ] || opl2 plan; }; } &&
	for e in devnet meeda-runbook; do
		sed "s/^ */&&&/; s/: /:   /" "$ROOT/examples/$e/opl2.yaml" >opl2.yaml && looks "$e" >before &&
		opl2 fmt && opl2 fmt -check && looks "$e" >after && diff before after || exit 1
	done'
done_testing
