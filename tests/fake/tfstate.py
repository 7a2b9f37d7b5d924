#!/usr/bin/env python3
"""A server for tests that speaks as Terraform's http backend does, on 127.0.0.1
and a free port, which is printed.

usage: tfstate.py ROOT [--login USER:PASSWORD] [--log F] [--lax]

Each path has a document, ROOT/PATH, and a lock, ROOT/PATH.lock:
  GET POST DELETE PATH       a write needs ?ID= of the lock that is held, and
                             no ID when there is none
  LOCK UNLOCK PATH           with the lock's JSON; 423 with the holder's
  POST DELETE PATH/lock      the same as GitLab has it: 409, with the holder's
                             ID and else what the asker said of itself
A document's "serial" must be a new one, as GitLab wants it. With --lax any
write is taken, whoever holds the lock.

Faults, for N requests of METHOD after the next SKIP: the file ROOT/fault has
the line "METHOD MODE N SKIP".
  503, 413 ...  that status; nothing is done
  lost          done, and the connection closed without an answer
  unsaid        a lock that is held: without saying by whom
  steal         the lock is another's, from before this request on
The log has a line for each request: METHOD PATH STATUS ID. It stops when its
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


def load(path):
    try:
        with open(path, 'rb') as f:
            return f.read()
    except FileNotFoundError:
        return None


def save(path, data):
    with open(path + '.new', 'wb') as f:
        f.write(data)
    os.replace(path + '.new', path)


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def fault(self):
        path = self.server.root + '/fault'
        text = load(path)
        if not text:
            return None
        method, mode, left, skip = (text.decode().split() + ['0'])[:4]
        if method != self.command:
            return None
        if int(skip) > 0:
            save(path, f'{method} {mode} {left} {int(skip) - 1}'.encode())
            return None
        if int(left) > 1:
            save(path, f'{method} {mode} {int(left) - 1}'.encode())
        else:
            os.unlink(path)
        return mode

    def answer(self, status, body, who):
        if self.server.log:
            with open(self.server.log, 'a') as f:
                f.write(f'{self.command} {self.path} {status} {who}\n')
        self.send_response(status)
        self.send_header('Content-Length', str(len(body)))
        if status == 503:
            self.send_header('Retry-After', '0')
        self.end_headers()
        self.wfile.write(body)

    def lock(self, path, status, said, unsaid):
        held = load(path + '.lock')
        if not held:
            save(path + '.lock', json.dumps(said).encode())
            return 200, b''
        if status == 409:
            held = json.dumps({**said, 'ID': json.loads(held)['ID']}).encode()
        return status, b'' if unsaid else held

    def unlock(self, path, status, said):
        held = load(path + '.lock')
        if held and json.loads(held)['ID'] != said.get('ID'):
            return status, held
        if held:
            os.unlink(path + '.lock')
        return 200, b''

    def write(self, path, body, who):
        held = load(path + '.lock')
        has = json.loads(held)['ID'] if held else None
        if has != who and not self.server.lax:
            return (423, held) if held else (409, b'not locked')
        serial = json.loads(body)['serial']
        before = load(path)
        if before and json.loads(before)['serial'] >= serial:
            if not self.server.lax:
                return 400, b'serial has been taken'
        save(path, body)
        return 200, b''

    def act(self, path, body, who, mode):
        method = self.command
        gitlab = path.endswith('/lock') and method != 'GET'
        full = self.server.root + '/' + urllib.parse.quote(
            path[:-5] if gitlab else path, safe='')
        held = 409 if gitlab else 423
        if mode == 'steal':
            save(full + '.lock', b'{"ID": "another"}')
        if method == 'LOCK' or (gitlab and method == 'POST'):
            return self.lock(full, held, json.loads(body), mode == 'unsaid')
        if method == 'UNLOCK' or (gitlab and method == 'DELETE'):
            return self.unlock(full, held, json.loads(body or '{}'))
        if method == 'GET':
            found = load(full)
            return (404, b'') if found is None else (200, found)
        if method == 'POST':
            return self.write(full, body, who)
        return 405, b'no such method'

    def serve(self):
        url = urllib.parse.urlsplit(self.path)
        who = urllib.parse.parse_qs(url.query).get('ID', [None])[0]
        body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        login = self.server.login
        if login and self.headers.get('Authorization') != 'Basic ' + \
                base64.b64encode(login.encode()).decode():
            return self.answer(401, b'HTTP Basic: Access denied', who)
        with self.server.one:
            mode = self.fault()
            if mode and mode.isdigit():
                return self.answer(int(mode), b'so it is asked for', who)
            status, text = self.act(url.path.lstrip('/'), body, who, mode)
        if mode == 'lost':
            self.close_connection = True
            return None
        return self.answer(status, text, who)

    do_GET = do_POST = do_DELETE = do_LOCK = do_UNLOCK = serve


def main():
    p = argparse.ArgumentParser()
    p.add_argument('root')
    p.add_argument('--login')
    p.add_argument('--log')
    p.add_argument('--lax', action='store_true')
    o = p.parse_args()
    server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    server.daemon_threads = True
    server.one = threading.Lock()
    server.root, server.login, server.log = o.root, o.login, o.log
    server.lax = o.lax
    print(server.server_port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


main()
