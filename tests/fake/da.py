#!/usr/bin/env python3
"""DA servers and a beacon node for tests, on 127.0.0.1 and a free port.

The first part of a path is what the server does there; the port is printed,
and each request is a line in the file LOG: METHOD PATH STATUS.

  /meeda, /upstream   as it should be
  /number, /nested, /noid, /empty, /list, /page   replies to a Meeda put
  /short              the reply to an upstream put is one byte
  /full               a put is answered 507
  /lossy, /hex        what was put is gone, comes back in hex
  /u200, /u500        so is an unknown object answered
  /beacon             the beacon API; /execution: everything is 404
A file FORGET in the working directory empties the stores.
It stops when its standard input ends.
"""
import json
import os
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STORE = {}
PUT_REPLIES = {
    'number': {'id': 'Qm/a+b 1', 'size': 32},
    'nested': {'id': 'Qm/a+b 1', 'file': {}},
    'noid': {'ok': 'yes', 'none': None},
    'empty': {'id': ''},
    'list': ['id'],
}
BEACON = {
    '/eth/v1/node/version': {'version': 'Fake/v1'},
    '/eth/v1/beacon/genesis': {'genesis_time': '1'},
    '/eth/v1/config/spec': {'SECONDS_PER_SLOT': '12'},
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def answer(self, status, body=b''):
        with open(sys.argv[1], 'a', encoding='ascii') as log:
            log.write('%s %s %d\n' % (self.command, self.path, status))
        self.send_response(status)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def split(self):
        _, mode, rest = self.path.split('/', 2)
        return mode, '/' + rest

    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        mode, path = self.split()
        if mode in ('upstream', 'short') and path == '/put':
            name = b'\x01\xff' + b'0123456789abcdef'
            STORE[mode + name.hex()] = body
            self.answer(200, name[:1] if mode == 'short' else name)
        elif mode == 'full':
            self.answer(507)
        elif mode == 'page':
            self.answer(200, b'<html>please log in</html>')
        elif mode != 'execution' and path == '/putObject':
            STORE[mode + 'Qm/a+b 1'] = bytes.fromhex(json.loads(body)['data'])
            reply = PUT_REPLIES.get(mode, {'id': 'Qm/a+b 1', 'x': None})
            self.answer(200, json.dumps(reply).encode())
        else:
            self.answer(404)

    def do_GET(self):
        mode, path = self.split()
        url = urllib.parse.urlsplit(path)
        if mode == 'beacon' and path in BEACON:
            text = json.dumps({'data': BEACON[path]})
            return self.answer(200, text.encode())
        if os.path.exists('FORGET'):
            STORE.clear()
        if url.path == '/getObject':
            name = urllib.parse.parse_qs(url.query)['id'][0]
        else:
            name = url.path.removeprefix('/get/0x')
        data = STORE.get(mode + name)
        if data is None and mode in ('u200', 'u500'):
            return self.answer(int(mode[1:]), b'no such object')
        if data is None or mode == 'lossy':
            return self.answer(404)
        return self.answer(200, data.hex().encode() if mode == 'hex' else data)


def main():
    server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    server.daemon_threads = True
    print(server.server_port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


main()
