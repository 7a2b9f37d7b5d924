"""A JSON-RPC server for process tests.

rpc_server.py --free-port        prints a port that is free now
rpc_server.py PORTFILE CALLFILE [ANSWERFILE]
                                 serves there, noting the called methods

ANSWERFILE, read at each request, is {METHOD: RESULT} or, for a method that is
asked of an address, {METHOD: {WHAT: RESULT}}: WHAT is the address in lower
case, and for eth_call the address, if there is one, a colon and the data; an
object there is what replies {"error": ...}.
"METHOD PARAMETER" is of that parameter alone.
batch_max in it is the number of calls in one request above which the whole is
refused. A GET is none, and noted once it was answered. While the file
ANSWERFILE.held is there, no call is answered.
"""
import http.server
import json
import os
import socket
import sys
import time

ANSWERS = {
    "eth_blockNumber": lambda: "0x10",
    "eth_syncing": lambda: {"head": hex(int(time.time()))},
    "admin_stop": lambda: "0xabc",
}


def answers():
    if len(sys.argv) < 4:
        return {}
    with open(sys.argv[3], encoding="ascii") as file:
        return json.load(file)


def hold():
    while len(sys.argv) > 3 and os.path.exists(sys.argv[3] + ".held"):
        time.sleep(0.05)


def batch_max():
    return answers().get("batch_max", sys.maxsize)


def answer(call):
    method, params = call["method"], call.get("params") or []
    with open(sys.argv[2], "a", encoding="ascii") as calls:
        calls.write(method + "\n")
    reply = {"jsonrpc": "2.0", "id": call.get("id", 1)}
    known = answers()
    if method in ("eth_getCode", "eth_call") and method in known:
        what = params[0]
        if method == "eth_call":
            what = what.get("to", "") + ":" + what["data"]
        result = known[method].get(what.lower(), "0x")
        if isinstance(result, dict):
            return reply | result
        return reply | {"result": result}
    for what in params:
        if f"{method} {what}" in known:
            return reply | {"result": known[f"{method} {what}"]}
    if method in known:
        return reply | {"result": known[method]}
    if method in ANSWERS:
        return reply | {"result": ANSWERS[method]()}
    return reply | {"error": {"code": -32601, "message": "no " + method}}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        size = int(self.headers["content-length"])
        asked = json.loads(self.rfile.read(size))
        many = isinstance(asked, list)
        if many and len(asked) > batch_max():
            said = {"code": -32005, "message": "batch item count exceeded"}
            reply = {"jsonrpc": "2.0", "id": None, "error": said}
        else:
            reply = [answer(call) for call in asked] if many else answer(asked)
        text = json.dumps(reply).encode()
        hold()
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for part in (text[:7], text[7:]):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        self.wfile.write(b"0\r\n\r\n")

    def do_GET(self):
        self.send_error(501)
        self.wfile.flush()
        with open(sys.argv[2], "a", encoding="ascii") as calls:
            calls.write("GET\n")

    def log_message(self, *args):
        pass


if sys.argv[1] == "--free-port":
    probe = socket.socket()
    probe.bind(("127.0.0.1", 0))
    print(probe.getsockname()[1])
else:
    with open(sys.argv[1], encoding="ascii") as ports:
        where = ("127.0.0.1", int(ports.read()))
    http.server.ThreadingHTTPServer(where, Handler).serve_forever()
