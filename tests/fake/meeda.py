#!/usr/bin/env python3
"""A server of Meeda's protocol on disk, on 127.0.0.1, that can misbehave.

usage: meeda.py DIR [PORT]

POST /putObject {"data":"<hex>"} answers {"id":"..."}; GET /getObject?id=...
answers the bytes or 404. Objects are files of DIR; an id has characters that
have to be escaped in a query. The port is printed.

POST /control with {"mode": MODE, "times": N} makes the next N requests fail
(all that follow, without N; mode "" ends it):
  fail       500              busy      429 with Retry-After: 0
  stall      no answer        lose      404 for what is there
             until the next POST /control
  page       200 and HTML     notjson   a put answered with a text
  noid       a put without id emptyid   with an empty one
  number     with a number    nested    with an object
  empty      200, no body     truncate  half of the body
  drop       the connection is closed
GET /control answers {"requests": N, "waiting": N, "failed": N}: those seen,
those that are stalled just now, and those that a mode was for since the last
POST /control. It stops when its standard input ends.
"""
import hashlib
import json
import os
import select
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PUT_REPLIES = {
    'notjson': b'stored, thank you',
    'noid': b'{"name": "x"}',
    'emptyid': b'{"id": ""}',
    'number': b'{"id": "x", "size": 5}',
    'nested': b'{"id": {"value": "x"}}',
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def answer(self, status, body, kind='application/octet-stream', **more):
        self.send_response(status)
        self.send_header('Content-Type', kind)
        for name, value in more.items():
            self.send_header(name.replace('_', '-'), value)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def mode(self):
        s = self.server
        with s.lock:
            s.requests += 1
            mode = s.mode
            if mode:
                s.failed += 1
            if mode and s.times is not None:
                s.times -= 1
                if s.times <= 0:
                    s.mode = ''
            return mode

    def stall(self):
        s = self.server
        with s.lock:
            s.waiting += 1
            order = s.orders
        while s.orders == order:
            # Readable is a client that has gone.
            if select.select([self.connection], [], [], 0.05)[0]:
                break
        with s.lock:
            s.waiting -= 1
        self.close_connection = True

    def misbehave(self, mode):
        s = self.server
        if mode == 'fail':
            self.answer(500, b'it broke\n', 'text/plain')
        elif mode == 'busy':
            self.answer(429, b'slowly\n', 'text/plain', Retry_After='0')
        elif mode == 'page':
            self.answer(200, b'<html>please log in</html>', 'text/html')
        elif mode == 'empty':
            self.answer(200, b'')
        elif mode == 'truncate':
            self.send_response(200)
            self.send_header('Content-Length', '100')
            self.end_headers()
            self.wfile.write(b'\0' * 50)
            self.close_connection = True
        elif mode == 'drop':
            self.close_connection = True
        elif mode == 'stall':
            self.stall()
        else:
            return False
        return True

    def body(self):
        return self.rfile.read(int(self.headers.get('Content-Length', 0)))

    def do_POST(self):
        body = self.body()
        s = self.server
        if self.path == '/control':
            order = json.loads(body)
            with s.lock:
                s.mode = order.get('mode', '')
                s.times = order.get('times')
                s.orders += 1
                s.failed = 0
            return self.answer(200, b'{}')
        mode = self.mode()
        if self.misbehave(mode):
            return None
        if mode in PUT_REPLIES:
            return self.answer(200, PUT_REPLIES[mode], 'application/json')
        if self.path != '/putObject':
            return self.answer(404, b'')
        data = bytes.fromhex(json.loads(body)['data'])
        name = hashlib.sha256(data).hexdigest()[:32]
        with open(os.path.join(s.root, name), 'wb') as f:
            f.write(data)
        reply = json.dumps({'id': 'mefs/a b+c&d=%\u00e9#' + name})
        return self.answer(200, reply.encode(), 'application/json')

    def do_GET(self):
        s = self.server
        url = urllib.parse.urlsplit(self.path)
        if url.path == '/control':
            with s.lock:
                now = {'requests': s.requests, 'waiting': s.waiting,
                   'failed': s.failed}
            return self.answer(200, json.dumps(now).encode())
        mode = self.mode()
        if self.misbehave(mode):
            return None
        ident = urllib.parse.parse_qs(url.query).get('id', [''])[0]
        prefix, _, name = ident.partition('#')
        full = os.path.join(s.root, os.path.basename(name) or '-')
        if (mode == 'lose' or url.path != '/getObject' or
                prefix != 'mefs/a b+c&d=%\u00e9' or not os.path.exists(full)):
            return self.answer(404, b'not found\n', 'text/plain')
        with open(full, 'rb') as f:
            return self.answer(200, f.read())


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


def main():
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    server = Server(('127.0.0.1', port), Handler)
    server.root = os.path.abspath(sys.argv[1])
    os.makedirs(server.root, exist_ok=True)
    server.lock = threading.Lock()
    server.mode, server.times = '', None
    server.requests = server.waiting = server.failed = server.orders = 0
    print(server.server_port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


main()
