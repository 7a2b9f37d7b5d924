#!/usr/bin/env python3
"""A git server over http for tests, on 127.0.0.1, that can misbehave.

usage: githttpd.py ROOT [--log F] [--fault 'GLOB=MODE[*N]']...

Serves the repositories below ROOT by git http-backend; otherwise it is
httpd.py, proxy for itself included.

Faults: 503, truncate, stall, slow and html of httpd.py, and
  401        answer 401 to what has no credential
In the log the RANGE is the length of the answer's body.
"""
import os
import subprocess
import urllib.parse

import httpd


class Handler(httpd.Handler):
    length = 0

    def note(self, status):
        line = ' '.join([
            self.command, self.path, str(self.length), str(status),
            'auth' if 'Authorization' in self.headers else '-'])
        with self.server.log_lock:
            if self.server.log:
                self.server.log.write(line + '\n')
                self.server.log.flush()

    def body(self):
        if self.headers.get('Transfer-Encoding') != 'chunked':
            return self.rfile.read(int(self.headers.get('Content-Length', 0)))
        data = b''
        while True:
            size = int(self.rfile.readline(), 16)
            data += self.rfile.read(size)
            self.rfile.readline()
            if not size:
                return data

    def backend(self, path, query, body):
        env = {
            'PATH': os.environ['PATH'], 'GIT_HTTP_EXPORT_ALL': '1',
            'GIT_CONFIG_NOSYSTEM': '1', 'HOME': self.server.root,
            'GIT_CONFIG_COUNT': '2',
            'GIT_CONFIG_KEY_0': 'safe.directory', 'GIT_CONFIG_VALUE_0': '*',
            'GIT_CONFIG_KEY_1': 'uploadpack.allowAnySHA1InWant',
            'GIT_CONFIG_VALUE_1': 'true',
            'GIT_PROJECT_ROOT': self.server.root, 'PATH_INFO': path,
            'QUERY_STRING': query, 'REQUEST_METHOD': self.command,
            'CONTENT_TYPE': self.headers.get('Content-Type', ''),
            'CONTENT_LENGTH': str(len(body)), 'REMOTE_ADDR': '127.0.0.1'}
        done = subprocess.run(['git', 'http-backend'], input=body, env=env,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=False)
        head, _, data = done.stdout.partition(b'\r\n\r\n')
        fields = dict(line.split(': ', 1)
                      for line in head.decode().split('\r\n') if line)
        return int(fields.pop('Status', '200').split()[0]), fields, data

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        path = urllib.parse.unquote(url.path)
        body = self.body()
        mode = None
        for fault in self.server.faults:
            mode = mode or fault.take(path)
        self.length = 0
        if mode == '503':
            return self.plain(503, 'busy\n', Retry_After='0')
        if mode == 'html':
            return self.plain(200, '<html>please log in</html>\n')
        if mode == '401' and 'Authorization' not in self.headers:
            return self.plain(401, '', WWW_Authenticate='Basic realm="git"')
        status, fields, data = self.backend(path, url.query, body)
        self.length = len(data)
        self.note(status)
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        self.send_body(data, mode)

    do_POST = do_GET


httpd.main(Handler)
