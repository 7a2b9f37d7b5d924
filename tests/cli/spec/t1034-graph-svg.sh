#!/bin/bash
# opl2 graph -svg: a picture without another program.
. "$(dirname "$0")/../lib.sh"

command -v python3 >/dev/null || skip_all 'no python3'
cat >look.py <<'E'
"""What a person would see: python3 look.py FILE.svg FILE.dot"""
import re, sys
import xml.etree.ElementTree as ET

NS = "{http://www.w3.org/2000/svg}"
svg = ET.parse(sys.argv[1]).getroot()
dot = open(sys.argv[2]).read()
wanted = set(re.findall(r'^\t"([^"]+)";$', dot, re.M))
edges = re.findall(r'"([^"]+)" -> "([^"]+)"', dot)
width, height = int(svg.get("width")), int(svg.get("height"))
box = {}
for g in svg.iter(NS + "g"):
    title, rect = g.find(NS + "title"), g.find(NS + "rect")
    if title is None or rect is None:
        continue
    x, y, w, h = (float(rect.get(k)) for k in ("x", "y", "width", "height"))
    assert 0 <= x and x + w <= width and 0 <= y and y + h <= height, title.text
    longest = max(len(t.text) for t in g.iter(NS + "text"))
    assert longest * 7.3 <= w, "%s does not fit" % title.text
    box[title.text] = (x, y, w, h)
assert set(box) == wanted, wanted ^ set(box)
for a, (x, y, w, h) in box.items():
    for b, (p, q, v, u) in box.items():
        assert a >= b or x + w <= p or p + v <= x or y + h <= q or q + u <= y, a + " on " + b
for a, b in edges:
    assert box[a][0] > box[b][0] + box[b][2], "%s is not right of %s" % (a, b)
drawn = sum(len(re.findall("M", p.get("d"))) for p in svg.iter(NS + "path") if p.get("class") != "h")
print(len(box), drawn)
E
looks() { opl2 graph -svg >g.svg && opl2 graph >g.dot && python3 "$T_DIR/cwd/look.py" g.svg g.dot; }

test_ok 'the presets: all is there, nothing lies on another, no arrow goes back' '
	for p in devnet opstack; do
		fresh "$p" && opl2 init "$p" && export L1_RPC_URL=http://127.0.0.1:1 && sed -i "s/\\(l\\([12]\\)_chain_id:\\)\$/\\1 4\\2/" opl2.yaml && looks || exit 1
	done'
test_ok 'the same bytes each time' 'cd devnet && opl2 graph -svg | cmp - g.svg'
test_ok 'a title, light and dark' '
	cd devnet && has g.svg "<title>Dependencies of devnet</title>" && has g.svg "prefers-color-scheme:dark" &&
	has g.svg "<g class=\"run\" data-addr=\"process.op-node\"" && lacks g.svg "<script"'
test_ok 'what others imply is left out' '
	fresh abc && spec <<<"resources: { null: { a: {}, b: { note: \"\${null.a.id}\" }, c: { after: x, depends_on: [null.a, null.b] } } }" &&
	sed -i "s/after: x, //" opl2.yaml && [ "$(looks)" = "3 2" ]'
test_ok 'an edge over layers bends, once for all that share it' '
	fresh bend && spec <<<"resources: { null: { a: {}, b: { depends_on: [null.a] }, c: { depends_on: [null.b, null.z] }, d: { depends_on: [null.b, null.z] }, y: {}, z: { depends_on: [null.y] } } }" &&
	looks'
test_ok 'a resource alone, and none' '
	fresh one && spec <<<"resources: { null: { a: {} } }" && [ "$(looks)" = "1 0" ] && spec <<<"" && [ "$(looks)" = "0 0" ]'
test_ok 'a thousand, in a line and side by side' '
	fresh many && { echo "resources:"; echo "  null:"; echo "    n0: {}"
		for i in $(seq 500); do echo "    n$i: { depends_on: [null.n$((i - 1))] }"; echo "    w$i: { depends_on: [null.n0] }"; done; } | spec &&
	[ "$(looks | cut -d" " -f1)" = 1001 ]'
# --- what an apply waits for ---
test_ok '-critical: the line that takes longest, as each took the last time' '
	fresh line && spec <<<"resources: { null: { a: {}, b: { depends_on: [null.a] }, c: { depends_on: [null.a] }, d: { depends_on: [null.b, null.c] }, e: { depends_on: [null.c] } } }" &&
	mkdir .opl2 && echo "{\"null.a\": {\"create\": 1000}, \"null.b\": {\"create\": 500, \"update\": 9000},
		\"null.c\": {\"create\": 2000}, \"null.d\": {\"create\": 250}, \"null.e\": {\"create\": 100}}" >.opl2/durations.json &&
	opl2 graph -critical | tr -s " " >said && sed "s/^ //" >want <<-T &&
	3.25s one after another, of 3.85s in all, as each took the last time or its kind takes:
	0s + 1s null.a
	1s + 2s null.c
	3s + 250ms null.d
	T
	sed "s/^ //" said | diff want -'
test_ok '... before the first apply by what each kind is known to take' '
	fresh devnet2 && opl2 init devnet >/dev/null && opl2 graph -critical >said && has said go_binary.l1-geth'
test_fails 3 'not with -mermaid' 'cd one && opl2 graph -svg -mermaid' 'err_has E1012'
done_testing
