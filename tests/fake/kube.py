#!/usr/bin/env python3
"""A Kubernetes API server for tests that has Secrets and Leases alone, on 127.0.0.1 and a
free port, which is printed.

usage: kube.py FILE [--log F]

They are in FILE, by name; a Lease's begins with 'lease '. Lists have two a page. A create of one that is there is refused, as
is an update with another resourceVersion, and one of more than 1 MiB of data.

Faults, for N requests of METHOD: FILE.fault has the line "METHOD MODE N".
  403, 503 ...  that status; nothing is done
  lost          done, and the connection closed without an answer
The log has a line for each request: METHOD PATH STATUS. It stops when its
standard input ends.
"""
import argparse
import base64
import json
import os
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROOMS = {'/api/v1/namespaces/chains/secrets': '',
         '/apis/coordination.k8s.io/v1/namespaces/chains/leases': 'lease '}


def failure(code, reason):
    return code, {'kind': 'Status', 'status': 'Failure', 'reason': reason,
                  'message': f'the server says {reason}', 'code': code}


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def fault(self):
        path = self.server.path + '.fault'
        if not os.path.exists(path):
            return None
        with open(path) as f:
            method, mode, left = f.read().split()
        if method != self.command:
            return None
        if int(left) > 1:
            with open(path, 'w') as f:
                f.write(f'{method} {mode} {int(left) - 1}')
        else:
            os.unlink(path)
        return mode

    def keep(self, name, secret):
        size = sum(len(base64.b64decode(v))
                   for v in secret.get('data', {}).values())
        if size > 1 << 20:
            return failure(422, 'Invalid')
        self.server.revision += 1
        secret['metadata']['resourceVersion'] = str(self.server.revision)
        self.server.all[name] = secret
        with open(self.server.path, 'w') as f:
            json.dump(self.server.all, f)
        return 201 if self.command == 'POST' else 200, secret

    def select(self, query):
        want = dict(x.split('=') for x in query['labelSelector'][0].split(','))
        found = [s['metadata'] for s in self.server.all.values()
                 if want.items() <= s['metadata']['labels'].items()]
        start = int(query.get('continue', ['0'])[0])
        page = found[start:start + 2]
        more = {'continue': str(start + 2)} if len(found) > start + 2 else {}
        if 'PartialObjectMetadataList' not in self.headers['Accept']:
            return failure(406, 'NotAcceptable')
        return 200, {'metadata': more, 'items': [{'metadata': m} for m in page]}

    def act(self, path, query, body):
        room = [r for r in ROOMS if path.startswith(r)]
        if not room:
            return failure(404, 'NotFound')
        name = path[len(room[0]) + 1:]
        if self.command == 'GET' and not name:
            return self.select(query)
        secret = json.loads(body) if body else None
        if self.command == 'POST':
            name = secret['metadata']['name']
        name = ROOMS[room[0]] + name
        if self.command == 'POST':
            if name in self.server.all:
                return failure(409, 'AlreadyExists')
            return self.keep(name, secret)
        if name not in self.server.all:
            return failure(404, 'NotFound')
        if self.command == 'GET':
            return 200, self.server.all[name]
        if self.command == 'DELETE':
            del self.server.all[name]
            return 200, {'kind': 'Status', 'status': 'Success'}
        has = self.server.all[name]['metadata']['resourceVersion']
        if secret['metadata'].get('resourceVersion', has) != has:
            return failure(409, 'Conflict')
        return self.keep(name, secret)

    def serve(self):
        url = urllib.parse.urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        with self.server.one:
            mode = self.fault()
            if mode and mode.isdigit():
                status, reply = failure(int(mode), 'so')
            else:
                status, reply = self.act(
                    url.path, urllib.parse.parse_qs(url.query), body)
        if self.server.log:
            with open(self.server.log, 'a') as f:
                f.write(f'{self.command} {self.path} {status}\n')
        if mode == 'lost':
            self.close_connection = True
            return
        text = json.dumps(reply).encode()
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_DELETE = serve


def main():
    p = argparse.ArgumentParser()
    p.add_argument('file')
    p.add_argument('--log')
    o = p.parse_args()
    server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    server.daemon_threads = True
    server.one = threading.Lock()
    server.path, server.log, server.all, server.revision = o.file, o.log, {}, 0
    print(server.server_port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


main()
