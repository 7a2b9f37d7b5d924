"""Drives opl2-worker --forward: forward.py CASE, silent when all is well.

A JSON-RPC server with a key in its path stands behind the forwarder.
"""
import http.client
import http.server
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import urllib.parse

KEY = "k3y-" + os.urandom(8).hex()
seen = []


class Behind(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        seen.append((self.path, body))
        text = b"[" + body + b"]"
        self.send_response(200 if self.path == "/v3/" + KEY else 400)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args):
        pass


def start(url, **how):
    child = subprocess.Popen(
        ["opl2-worker", "--forward"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, **how)
    child.stdin.write(url.encode() + b"\n")
    child.stdin.flush()
    return child, urllib.parse.urlsplit(child.stdout.readline().decode().strip())


def ask(local, body, method="POST", path=None, headers=None):
    c = http.client.HTTPConnection(local.hostname, local.port, timeout=120)
    c.request(method, path or local.path, body, headers or {})
    r = c.getresponse()
    return r.status, r.read()


def passes(url):
    child, local = start(url)
    one = b'{"jsonrpc":"2.0","id":7,"method":"eth_blockNumber"}'
    batch = json.dumps([{"id": i, "x": "a" * 1000} for i in range(3000)])
    for body in (one, batch.encode(), b"\0\xff \r\n\r\n"):
        assert ask(local, body) == (200, b"[" + body + b"]")
        assert seen[-1] == ("/v3/" + KEY, body)
    child.stdin.close()
    assert child.wait(120) == 0


def hides(url):
    child, local = start(url)
    assert ask(local, b"{}")[0] == 200
    looked = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                looked += 1
                assert KEY.encode() not in f.read(), pid
        except (FileNotFoundError, ProcessLookupError):
            pass
    assert looked > 1
    child.stdin.close()
    assert child.wait(120) == 0


def refuses(url):
    child, local = start(url)
    n = len(seen)
    assert ask(local, b"{}", path="/")[0] == 404
    assert ask(local, b"{}", path=local.path + "0")[0] == 404
    assert ask(local, b"{}", path=local.path[:-1])[0] == 404
    assert ask(local, None, method="GET")[0] == 405
    assert ask(local, None, headers={"Content-Length": "99999999"})[0] == 413
    assert ask(local, None)[0] == 411
    # In one piece: the answer may come before a body of its own would.
    with socket.create_connection((local.hostname, local.port), 120) as c:
        c.sendall(
            f"POST {local.path} HTTP/1.1\r\nHost: x\r\n"
            "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n".encode()
        )
        assert c.recv(65536).split()[1] == b"411"
    assert ask(local, None, headers={"X": "a" * 20000})[0] == 431
    assert len(seen) == n
    child.stdin.close()
    assert child.wait(120) == 0


def explains(url):
    gone = http.server.HTTPServer(("127.0.0.1", 0), Behind)
    port = gone.server_port
    gone.server_close()
    child, local = start(f"http://127.0.0.1:{port}/{KEY}")
    status, text = ask(local, b"{}")
    assert status == 502 and text and KEY.encode() not in text
    child.stdin.close()
    assert child.wait(120) == 0


def dies(url):
    """Its parent is killed while somebody else holds the pipe open."""
    r, w = os.pipe()
    out_r, out_w = os.pipe()
    pid = os.fork()
    if pid == 0:
        child = subprocess.Popen(["opl2-worker", "--forward"], stdin=r,
                                 stdout=subprocess.PIPE)
        line = child.stdout.readline()
        os.write(out_w, str(child.pid).encode() + b" " + line)
        signal.pause()
    os.write(w, url.encode() + b"\n")
    child, line = os.read(out_r, 4096).decode().split()
    watch = os.pidfd_open(int(child))
    assert ask(urllib.parse.urlsplit(line), b"{}")[0] == 200
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert select.select([watch], [], [], 120)[0]


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Behind)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
globals()[sys.argv[1]](f"http://127.0.0.1:{server.server_port}/v3/{KEY}")
