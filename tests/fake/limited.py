"""A JSON-RPC proxy that behaves as public RPCs do, for as long as a file is
there. What is in the file says how:

  (nothing)  429 to everything
  batch      429 to requests of more than one call, in a provider's words
  old        neither eth_simulateV1 nor eth_config, as nodes of before
  lag        a balancer: every other time the newest block is an older one

limited.py PORT TARGET-URL FLAGFILE
"""
import http.server
import itertools
import json
import os
import sys
import urllib.error
import urllib.request

PORT, TARGET, FLAG = int(sys.argv[1]), sys.argv[2], sys.argv[3]
LAG = 4  # blocks
turns = itertools.count()


def ask(body):
    request = urllib.request.Request(
        TARGET, data=body, headers={"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError:
        return 502, b"{}"


def mode():
    try:
        with open(FLAG) as flag:
            return flag.read().strip() or "all"
    except FileNotFoundError:
        return None


def lagging(body):
    """The same question, of a block that was the newest a while ago."""
    if b'"latest"' not in body or next(turns) % 2:
        return body
    _, answer = ask(b'{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}')
    newest = int(json.loads(answer)["result"], 16)
    return body.replace(b'"latest"', b'"%s"' % hex(newest - LAG).encode())


def unknown(body):
    """The refusal of an old node, or None; calls come one at a time."""
    call = json.loads(body)
    if isinstance(call, list) or call["method"] not in ("eth_simulateV1", "eth_config"):
        return None
    return json.dumps({"jsonrpc": "2.0", "id": call["id"], "error": {
        "code": -32601, "message": "the method %s does not exist/is not available"
        % call["method"]}}).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self, status, body):
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        how = mode()
        if how == "all":
            self.reply(429, b'{"error": "rate limit exceeded"}')
        elif how == "batch" and body.lstrip().startswith(b"[") and len(json.loads(body)) > 1:
            self.reply(429, b'{"jsonrpc":"2.0","error":{"code":-32005,'
                            b'"message":"batch item count exceeded"}}')
        elif how == "old" and unknown(body):
            self.reply(200, unknown(body))
        else:
            self.reply(*ask(lagging(body) if how == "lag" else body))

    def log_message(self, *args):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
