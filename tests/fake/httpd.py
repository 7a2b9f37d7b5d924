#!/usr/bin/env python3
"""A web server for tests, on 127.0.0.1 and a free port, that can misbehave.

usage: httpd.py ROOT [--log F] [--fault 'GLOB=MODE[*N]']...

Serves the files below ROOT, with ranges and ETags. A path is decoded first, so
that @scope%2fname is ROOT/@scope/name; a folder answers with its index.json. In
JSON files the text http://SELF stands for the server's own address. The port
is printed.

Faults, for the first N requests (always, without *N) of paths that match:
  503        answer 503 with Retry-After: 0
  404        answer 404 (405 likewise)
  stall      send half of what was asked for, then nothing, until the peer goes
  truncate   send half, then close
  wrong      the first byte is another
  slow       send half, then a byte at a time, 50 ms apart
  norange    take no notice of Range
  html       a page instead, with status 200
It is a proxy, too, for itself under any name: of http by whole URLs, of https by
CONNECT, with the certificate and key of ROOT/tls.pem.
The log has a line for each request: METHOD PATH RANGE STATUS AUTHORIZED.
It stops when its standard input ends, so that no test can leave it behind.
"""
import argparse
import fnmatch
import hashlib
import os
import ssl
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Fault:
    def __init__(self, text):
        self.glob, _, mode = text.rpartition('=')
        self.mode, _, count = mode.partition('*')
        self.left = int(count) if count else None
        self.lock = threading.Lock()

    def take(self, path):
        with self.lock:
            if not fnmatch.fnmatch(path, self.glob) or self.left == 0:
                return None
            if self.left is not None:
                self.left -= 1
            return self.mode


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def note(self, status):
        line = ' '.join([
            self.command, self.path, self.headers.get('Range', '-'),
            str(status), 'auth' if 'Authorization' in self.headers else '-'])
        with self.server.log_lock:
            if self.server.log:
                self.server.log.write(line + '\n')
                self.server.log.flush()

    def plain(self, status, text, **headers):
        self.note(status)
        body = text.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace('_', '-'), value)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)

    def content(self, path):
        full = os.path.normpath(self.server.root + '/' + path)
        if not full.startswith(self.server.root + '/'):
            return None
        if os.path.isdir(full):
            full += '/index.json'
        try:
            with open(full, 'rb') as f:
                data = f.read()
        except OSError:
            return None
        self_url = 'http://127.0.0.1:%d' % self.server.server_port
        if data[:1] in b'{[':
            data = data.replace(b'http://SELF', self_url.encode())
        return data

    def wanted_range(self, size):
        value = self.headers.get('Range', '')
        if not value.startswith('bytes='):
            return None
        first, _, last = value[6:].partition('-')
        if not first.isdigit():
            return None
        return int(first), int(last) if last.isdigit() else size - 1

    def send_body(self, data, mode):
        try:
            if mode in ('stall', 'truncate'):
                self.wfile.write(data[:len(data) // 2])
                self.wfile.flush()
                if mode == 'stall':
                    self.connection.recv(1)
                self.close_connection = True
            elif mode == 'slow':
                half = len(data) // 2
                self.wfile.write(data[:half])
                for i in range(half, len(data)):
                    self.wfile.write(data[i:i + 1])
                    time.sleep(0.05)
            else:
                self.wfile.write(data)
        except OSError:
            self.close_connection = True

    def do_GET(self):
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
        mode = None
        for fault in self.server.faults:
            mode = mode or fault.take(path)
        if mode == '503':
            return self.plain(503, 'busy\n', Retry_After='0')
        if mode == 'html':
            return self.plain(200, '<html>please log in</html>\n')
        if mode == '405':
            return self.plain(405, '{}')
        data = None if mode == '404' else self.content(path)
        if data is None:
            return self.plain(404, '{"error":"not found"}')
        etag = '"%s"' % hashlib.sha256(data).hexdigest()[:16]
        part = None if mode == 'norange' else self.wanted_range(len(data))
        if self.headers.get('If-Range', etag) != etag:
            part = None
        if part and part[0] >= len(data):
            return self.plain(416, '', Content_Range='bytes */%d' % len(data))
        self.note(206 if part else 200)
        self.send_response(206 if part else 200)
        self.send_header('ETag', etag)
        if mode != 'norange':
            self.send_header('Accept-Ranges', 'bytes')
        if part:
            self.send_header('Content-Range', 'bytes %d-%d/%d' % (
                part[0], part[1], len(data)))
        if mode == 'wrong':
            data = bytes([data[0] ^ 1]) + data[1:]
        if part:
            data = data[part[0]:part[1] + 1]
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        if self.command != 'HEAD':
            self.send_body(data, mode)

    do_HEAD = do_GET

    def do_CONNECT(self):
        self.note(200)
        self.send_response(200)
        self.end_headers()
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(self.server.root + '/tls.pem')
        self.connection = tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile('rb')
        self.wfile = self.connection.makefile('wb', 0)
        self.close_connection = False


def main(handler=Handler):
    p = argparse.ArgumentParser()
    p.add_argument('root')
    p.add_argument('--log')
    p.add_argument('--fault', action='append', default=[])
    args = p.parse_args()
    server = ThreadingHTTPServer(('127.0.0.1', 0), handler)
    server.daemon_threads = True
    server.handle_error = lambda *peer: None
    server.root = os.path.abspath(args.root)
    server.faults = [Fault(f) for f in args.fault]
    server.log = open(args.log, 'a') if args.log else None
    server.log_lock = threading.Lock()
    print(server.server_port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == '__main__':
    main()
