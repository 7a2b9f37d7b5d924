"""Grafana's dashboards of examples/monitoring, as Grafana would use them.

dashboards.py check FOLDER RULES    what is wrong with them, a line each
dashboards.py rules FOLDER          their queries as rules, for promtool
dashboards.py ask FOLDER URL FILE   asks a Prometheus each query; all but those
                                    of FILE ("KEY/TITLE/REF: why", a line each)
                                    must give data within a minute
"""
import glob
import json
import os
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

ALL = {"chain": ".*", "instance": ".*"}


def load(folder):
    """The dashboards by their names: chain, money, ..."""
    found = {}
    for path in sorted(glob.glob(os.path.join(folder, "*.json"))):
        with open(path, encoding="utf-8") as f:
            found[os.path.basename(path)[:-5]] = json.load(f)
    return found


def queries(board, key):
    for panel in board["panels"]:
        for target in panel["targets"]:
            yield f"{key}/{panel['title']} ({panel['id']})/{target['refId']}", target["expr"]


def filled(expr, values):
    """With the values of variables, as Grafana writes them into a query. A
    source of Grafana's own scrape interval, 15 s, has a rate of a minute."""
    expr = expr.replace("$__rate_interval", "1m")
    for name, value in values.items():
        expr = expr.replace("$" + name, value)
    return expr


def quoted(label):
    """A label that was chosen: Grafana quotes it for =~ in a string."""
    return re.sub(r"([\\^$*+?.()|\[\]{}])", r"\\\\\1", label)


def limits(rules):
    """The numbers that each alert compares with."""
    found, name = {}, None
    for line in rules.splitlines():
        if m := re.match(r"\s*- alert: (\w+)", line):
            name = m[1]
        elif m := re.match(r"\s*expr: ([^#]*)", line):
            numbers = re.findall(r"[<>] ([0-9.e]+(?: \* [0-9]+)*)", m[1])
            found[name] = {eval(n) for n in numbers}  # 3 * 86400, of our own
    return found


def panel_faults(panel, alerts):
    named = re.findall(r"Opl2\w+", panel["description"])
    yield from (f"no alert {n}" for n in named if n not in alerts)
    want = {v for n in named for v in alerts.get(n, ())}
    fields = panel["fieldConfig"]
    sets = [fields["defaults"].get("thresholds")] + [
        p["value"] for o in fields["overrides"] for p in o["properties"] if p["id"] == "thresholds"]
    for step in (s for t in sets if t for s in t["steps"]):
        # 0 is the end of what is measured, not a limit
        if step["value"] and step["value"] not in want:
            yield f"no alert that it names has the limit {step['value']}"
    if panel["type"] in ("timeseries", "stat") and not fields["defaults"].get("unit"):
        if panel["type"] == "timeseries" or len(fields["defaults"]["thresholds"]["steps"]) > 1:
            yield "no unit"
    refs = [t["refId"] for t in panel["targets"]]
    if len(refs) != len(set(refs)):
        yield "a refId is there twice"
    for t in panel["targets"]:
        for name in ("chain", "instance"):
            if t["expr"].count("{") != t["expr"].count(f'{name}=~"${name}"'):
                yield f"{t['refId']} is not of the ${name} that is chosen"
        if panel["type"] != "table" and not t["legendFormat"]:
            yield f"{t['refId']} has no legend"
    if any(x["datasource"]["uid"] != "${DS_PROMETHEUS}" for x in [panel] + panel["targets"]):
        yield "a data source that is not asked for at the import"


def cells(panel):
    g = panel["gridPos"]
    return {(x, y) for x in range(g["x"], g["x"] + g["w"]) for y in range(g["y"], g["y"] + g["h"])}


def board_faults(board, alerts):
    ids = [p["id"] for p in board["panels"]]
    if len(ids) != len(set(ids)):
        yield "the id of a panel is there twice"
    taken = set()
    for p in board["panels"]:
        if taken & cells(p) or max(x for x, _ in cells(p)) > 23:
            yield f"{p['title']}: it has no room there"
        taken |= cells(p)
        yield from (f"{p['title']}: {f}" for f in panel_faults(p, alerts))
    if [i["name"] for i in board["__inputs"]] != ["DS_PROMETHEUS"]:
        yield "its only input is not DS_PROMETHEUS"
    if [v["name"] for v in board["templating"]["list"]] != ["chain", "instance"]:
        yield "its variables are not chain and instance"
    needed = {r["id"] for r in board["__requires"] if r["type"] == "panel"}
    if needed != {p["type"] for p in board["panels"]}:
        yield "__requires has other panels than it uses"
    if "://" in json.dumps(board):
        yield "it wants something of the network"


def check(folder, rules):
    with open(rules, encoding="utf-8") as f:
        alerts = limits(f.read())
    boards = load(folder)
    faults = [f"{k}: {f}" for k, b in boards.items() for f in board_faults(b, alerts)]
    if len({b["uid"] for b in boards.values()}) != len(boards):
        faults.append("two have one uid")
    print("\n".join(faults) or f"{len(boards)} dashboards")
    return bool(faults) or not boards


def as_rules(folder):
    all_of = [e for k, b in load(folder).items() for _, e in queries(b, k)]
    rules = [{"record": f"query:{i}", "expr": filled(e, ALL)} for i, e in enumerate(all_of)]
    print(json.dumps({"groups": [{"name": "dashboards", "rules": rules}]}))
    return not rules


def get(url, path, **args):
    try:
        with urllib.request.urlopen(f"{url}/api/v1/{path}?{urllib.parse.urlencode(args)}", timeout=20) as r:
            return json.load(r)["data"]
    except urllib.error.HTTPError as e:
        sys.exit(f"{args}: {e.read().decode()}")


def has_data(url, expr):
    """Not merely an answer: NaN is drawn by nobody. A query that does not
    parse ends the test."""
    return any(s["value"][1] != "NaN" for s in get(url, "query", query=expr)["result"])


def choice(url, board, end):
    """What a person can choose: label_values(SERIES, LABEL) of each variable,
    the first one of which is chosen."""
    chosen = {}
    for var in board["templating"]["list"]:
        series, label = re.fullmatch(r"label_values\((.*), (\w+)\)", var["query"]).groups()
        while not (found := get(url, f"label/{label}/values", **{"match[]": filled(series, chosen)})):
            if time.monotonic() > end:
                sys.exit(f"nothing to choose: {var['query']}")
            time.sleep(0.5)
        chosen[var["name"]] = quoted(found[0])
    return chosen


def ask(folder, url, path):
    with open(path, encoding="utf-8") as f:
        without = dict(line.strip().split(": ", 1) for line in f if line.strip())
    left, spare, end = {}, set(without), time.monotonic() + 60
    for key, board in load(folder).items():
        one = choice(url, board, end)
        for name, expr in queries(board, key):
            plain = re.sub(r" \(\d+\)/", "/", name)
            if plain in without:
                spare.discard(plain)
                has_data(url, filled(expr, ALL))
                continue
            left[name, "all"] = filled(expr, ALL)
            left[name, "one"] = filled(expr, one)
    asked = len(left)
    while left and time.monotonic() < end:
        left = {n: e for n, e in left.items() if not has_data(url, e)}
        time.sleep(0.5 if left else 0)
    for (name, which), expr in left.items():
        print(f"no data: {name}, {which}: {expr}")
    for name in spare:
        print(f"no such query: {name}")
    print(f"{asked} asked, {len(without)} without data")
    return bool(left or spare)


if __name__ == "__main__":
    sys.exit({"check": check, "rules": as_rules, "ask": ask}[sys.argv[1]](*sys.argv[2:]))
