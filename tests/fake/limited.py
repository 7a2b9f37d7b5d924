"""A JSON-RPC proxy that answers 429 for as long as a file is there.

limited.py PORT TARGET-URL FLAGFILE
"""
import http.server
import os
import sys
import urllib.error
import urllib.request

PORT, TARGET, FLAG = int(sys.argv[1]), sys.argv[2], sys.argv[3]


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
        if os.path.exists(FLAG):
            self.reply(429, b'{"error": "rate limit exceeded"}')
            return
        ask = urllib.request.Request(
            TARGET, data=body, headers={"content-type": "application/json"})
        try:
            with urllib.request.urlopen(ask, timeout=30) as answer:
                self.reply(answer.status, answer.read())
        except urllib.error.HTTPError as error:
            self.reply(error.code, error.read())
        except OSError:
            self.reply(502, b"{}")

    def log_message(self, *args):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
