"""A JSON-RPC server for process tests.

rpc_server.py --free-port        prints a port that is free now
rpc_server.py PORTFILE CALLFILE  serves there, noting the called methods
"""
import http.server
import json
import socket
import sys
import time

ANSWERS = {
    "eth_blockNumber": lambda: "0x10",
    "eth_syncing": lambda: {"head": hex(int(time.time()))},
    "admin_stop": lambda: "0xabc",
}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        size = int(self.headers["content-length"])
        method = json.loads(self.rfile.read(size))["method"]
        with open(sys.argv[2], "a", encoding="ascii") as calls:
            calls.write(method + "\n")
        text = json.dumps(
            {"jsonrpc": "2.0", "id": 1, "result": ANSWERS[method]()}
        ).encode()
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for part in (text[:7], text[7:]):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        self.wfile.write(b"0\r\n\r\n")

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
