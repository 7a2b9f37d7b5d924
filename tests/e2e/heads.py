#!/usr/bin/env python3
"""Watches the heads of several engines until SIGTERM; then one line of JSON:
the longest time without a higher block, and the blocks that most engines had
and that are not in the chain of the one that is highest in the end.

heads.py FILE URL...   FILE gets a line for each new block: time, height."""

import json
import signal
import sys
import threading
import time
import urllib.request

FILE, URLS = sys.argv[1], sys.argv[2:]
lock = threading.Lock()
over = threading.Event()
seen = {}  # height: {hash: set of engines}
best, since, longest, longest_at = -1, time.monotonic(), 0.0, -1
out = open(FILE, "w", buffering=1)


def block(url, which, timeout):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method":
                       "eth_getBlockByNumber", "params": [which, False]})
    req = urllib.request.Request(url, body.encode(),
                                 {"content-type": "application/json"})
    with urllib.request.urlopen(req, timeout=timeout) as answer:
        b = json.load(answer)["result"]
    return int(b["number"], 16), b["hash"]


def saw(url, number, digest):
    global best, since, longest, longest_at
    with lock:
        seen.setdefault(number, {}).setdefault(digest, set()).add(url)
        if number <= best:
            return
        now = time.monotonic()
        if best >= 0 and now - since > longest:
            longest, longest_at = now - since, best
        best, since = number, now
        out.write(f"{time.time():.2f} {number}\n")


def watch(url):
    while not over.is_set():
        try:
            saw(url, *block(url, "latest", 1))
        except (OSError, ValueError, TypeError, KeyError):
            pass
        over.wait(0.1)


def height(url):
    try:
        return block(url, "latest", 10)[0]
    except (OSError, ValueError, TypeError, KeyError):
        return -1


def lost():
    url = max(URLS, key=height)
    bad = []
    for number, digests in sorted(seen.items()):
        for digest, engines in digests.items():
            if 2 * len(engines) <= len(URLS):
                continue
            try:
                if block(url, hex(number), 10)[1] != digest:
                    bad.append(number)
            except (OSError, ValueError, TypeError, KeyError):
                bad.append(number)
    return bad


signal.signal(signal.SIGTERM, lambda *_: over.set())
threads = [threading.Thread(target=watch, args=(u,)) for u in URLS]
for t in threads:
    t.start()
for t in threads:
    t.join()
gap = max(longest, time.monotonic() - since)
print(json.dumps({"longest_s": round(gap, 1), "at": longest_at,
                  "blocks": len(seen), "head": best, "lost": lost()}))
