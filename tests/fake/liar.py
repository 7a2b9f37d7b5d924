#!/usr/bin/env python3
"""A server that lies once: a proxy in front of a well-behaved one.

usage: liar.py LOG          serves HTTP on 127.0.0.1 and a free port
       liar.py LOG SOCKET   serves frames (engine/io/frame.h) on that socket
       liar.py --lies LOG [EVERY [OFFSET]]

The port, or the socket, is printed. A line on standard input, "UPSTREAM N LIE",
begins anew: it is the Nth answer from now on that is a lie (0: none is), and what
is asked is asked of UPSTREAM, HOST:PORT or a socket. "ready" is the reply. LOG has
a line of JSON for each answer since; that of the lie has "lied". It stops when its
standard input ends.

--lies prints "N LIE" for all that can be told in place of the answers of LOG, or
of cuts and values each EVERYth alone, and of the others 16 times as many.

  cut:K        K bytes, head included, then the connection ends
  hold:K       K bytes, then nothing, until the peer goes
  short:K      K bytes of the body, as if that were all
  again        the answer of the request before this one
  againid      the same, with the id of this one
  twice        the answer two times
  id:KIND      an id of that kind (see node)
  node:I:KIND  the Ith value of the JSON, in writing order, is another one: null,
               true, zero, negative, big (2^64), huge (400 digits), fraction,
               empty, text, long (a megabyte), hex (0x), bighex (65 digits),
               hex1 (0x1), nul, list, object, deep (100,000 lists), gone
  big:space    the body has 65 MiB of white space before it
  big:endless  the body has no end
  big:head     so has the head
  bomb         the body is 65 MiB, deflated
  gzip         the body is said to be deflated, and is not
  empty html nonsense latin     that body, with status 200
  status:N     that status, and the same body
  loop away    a redirect to itself, to a file
Of frames:     length:N, a head of that length; nonsense, empty
"""
import gzip
import http.client
import json
import os
import select
import socket
import struct
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MANY = 65 << 20  # over LIM_HTTP_BODY and LIM_FRAME_BYTES
DEEP = 100000
GONE = object()
KINDS = {
    'null': 'null', 'true': 'true', 'zero': '0', 'negative': '-1',
    'big': str(2**64), 'huge': '9' * 400, 'fraction': '1e999', 'empty': '""',
    'text': '"x y/../%s"', 'long': '"' + 'a' * (1 << 20) + '"', 'hex': '"0x"',
    'bighex': '"0x' + 'f' * 65 + '"', 'hex1': '"0x1"', 'nul': r'"a\u0000b"',
    'list': '[]', 'object': '{}', 'deep': '[' * DEEP + ']' * DEEP,
}
BODIES = {'empty': b'', 'html': b'<html>please log in</html>\n',
          'nonsense': b'\0\1\2{"id"', 'latin': b'{"id": 1, "result": "\xe9\xff"}'}
STATUSES = (204, 301, 304, 401, 404, 429, 500, 503, 999)


# --- JSON with a value exchanged ---

def written(value, at, text):
    """JSON whose value number `at` is `text`, or is gone; and how many it has."""
    count = 0

    def write(v):
        nonlocal count
        mine, count = count, count + 1
        if isinstance(v, dict):
            inner = [(json.dumps(k), write(x)) for k, x in v.items()]
            mix = '{%s}' % ', '.join('%s: %s' % kv for kv in inner if kv[1] is not GONE)
        elif isinstance(v, list):
            mix = '[%s]' % ', '.join(x for x in map(write, v) if x is not GONE)
        else:
            mix = json.dumps(v)
        return text if mine == at else mix

    out = write(value)
    return b'' if out is GONE else out.encode(), count


def parsed(body):
    try:
        return json.loads(body) if body[:1] in b'{[' and body else None
    except ValueError:
        return None


def with_node(body, at, kind):
    return written(parsed(body), int(at), GONE if kind == 'gone' else KINDS[kind])[0]


def with_id(body, kind):
    value = parsed(body)
    mine = value[0] if isinstance(value, list) and value else value
    if not isinstance(mine, dict) or 'id' not in mine:
        return body
    if not isinstance(kind, str):
        mine['id'] = kind[0]
        return json.dumps(value).encode()
    text = GONE if kind == 'gone' else KINDS[kind]
    mark = 'the id that is exchanged'
    mine['id'] = mark
    out = json.dumps(value).encode()
    if text is GONE:
        del mine['id']
        return json.dumps(value).encode()
    return out.replace(json.dumps(mark).encode(), text.encode())


def id_of(body):
    value = parsed(body)
    mine = value[0] if isinstance(value, list) and value else value
    return mine.get('id') if isinstance(mine, dict) else None


# --- which lies there are ---

def lies_of(answer):
    """The few, and the many, that can be told in place of it."""
    size, head = answer['size'], answer['head']
    many = ['cut:%d' % k for k in range(size)]
    if not answer['frames']:
        few = ['empty', 'html', 'nonsense', 'latin', 'big:space', 'big:endless',
               'big:head', 'bomb', 'gzip', 'loop', 'away']
        few += ['status:%d' % s for s in STATUSES]
        many += ['short:%d' % k for k in range(size - head)]
    else:
        few = ['empty', 'nonsense', 'length:0', 'length:%d' % (MANY + 1), 'length:4294967295']
    few += ['again', 'twice', 'cut:0', 'cut:%d' % head, 'cut:%d' % (size - 1)]
    few += ['hold:0', 'hold:%d' % head, 'hold:%d' % (size - 1)]
    if answer['id']:
        few += ['againid'] + ['id:' + k for k in KINDS if k not in ('long', 'hex', 'bighex')] + ['id:gone']
    for i in range(answer['nodes']):
        many += ['node:%d:%s' % (i, k) for k in [*KINDS, 'gone']]
    return few, [m for m in many if m not in few]


def print_lies(log, every, offset):
    turn = offset
    with open(log, encoding='ascii') as f:
        for line in f:
            answer = json.loads(line)
            few, many = lies_of(answer)
            # The few are so few that more of them can be had.
            for lies, step in (few, (every + 15) // 16), (many, every):
                for lie in lies:
                    if turn % step == 0:
                        print(answer['n'], lie)
                    turn += 1


# --- what both servers do ---

class Liar:
    def __init__(self, log):
        self.path = log
        self.lock = threading.Lock()
        self.begin('', 0, '')

    def begin(self, upstream, at, lie):
        with self.lock:
            self.upstream, self.at, self.lie = upstream, int(at), lie
            self.n, self.before = 0, None
            with open(self.path, 'w', encoding='ascii'):
                pass

    def counted(self, asked, answer, head, body, frames=False):
        """The lie that is told in place of this answer, or '', and the one before."""
        with self.lock:
            self.n += 1
            lie = self.lie if self.n == self.at else ''
            before, self.before = self.before, answer
            value = parsed(body)
            line = {'n': self.n, 'asked': asked, 'size': head + len(body), 'head': head,
                    'nodes': 0 if value is None else written(value, -1, '')[1],
                    'id': id_of(body) is not None, 'frames': frames}
            if lie:
                line['lied'] = lie
            with open(self.path, 'a', encoding='ascii') as f:
                f.write(json.dumps(line) + '\n')
        return lie, before


def until_gone(connection):
    select.select([connection], [], [])


def control(liar):
    for line in sys.stdin:
        liar.begin(*(line.split() + ['0', ''])[:3])
        print('ready', flush=True)


# --- HTTP ---

class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def asked_body(self):
        if self.headers.get('Transfer-Encoding') != 'chunked':
            return self.rfile.read(int(self.headers.get('Content-Length', 0)))
        data = b''
        while True:
            size = int(self.rfile.readline(), 16)
            data += self.rfile.read(size)
            self.rfile.readline()
            if not size:
                return data

    def truth(self, liar, body):
        """Status, headers and body, as the server upstream has them."""
        there = http.client.HTTPConnection(liar.upstream, timeout=60)
        headers = {k: v for k, v in self.headers.items()
                   if k.lower() not in ('accept-encoding', 'connection', 'transfer-encoding', 'expect')}
        if body:
            headers['Content-Length'] = str(len(body))
        there.request(self.command, self.path, body or None, headers)
        reply = there.getresponse()
        data = reply.read()
        there.close()
        ours = '127.0.0.1:%d' % self.server.server_port
        kept = [(k, v.replace(liar.upstream, ours)) for k, v in reply.getheaders()
                if k.lower() not in ('connection', 'transfer-encoding', 'content-length', 'date', 'server')]
        if parsed(data) is not None:
            data = data.replace(liar.upstream.encode(), ours.encode())
        length = reply.getheader('Content-Length') if self.command == 'HEAD' else None
        return reply.status, kept, data, length

    @staticmethod
    def raw(status, headers, body, length=None):
        lines = ['HTTP/1.1 %d %s' % (status, http.client.responses.get(status, 'x'))]
        lines += ['%s: %s' % kv for kv in headers]
        if status not in (204, 304):
            lines += ['Content-Length: %s' % (len(body) if length is None else length)]
        return ('\r\n'.join(lines) + '\r\n\r\n').encode('latin-1'), body

    def endless(self, head):
        self.wfile.write(head)
        block = b' ' * (1 << 20)
        for _ in range(300):
            self.wfile.write(block)
        self.close_connection = True

    def tell(self, status, headers, body, lie, before):
        kind, _, rest = lie.partition(':')
        head, body = self.raw(status, headers, body)
        if kind in ('cut', 'hold'):
            self.wfile.write((head + body)[:int(rest)])
            self.close_connection = True
            if kind == 'hold':
                until_gone(self.connection)
            return
        if kind == 'short':
            body = body[:int(rest)]
        elif kind == 'again' and before:
            head, body = before
        elif kind == 'againid' and before:
            body = with_id(before[1], [id_of(body)])
        elif kind == 'twice':
            body = body + head + body
            self.wfile.write(head + body)
            return
        elif kind == 'id':
            body = with_id(body, rest)
        elif kind == 'node':
            body = with_node(body, *rest.split(':'))
        elif lie == 'big:space':
            body = b' ' * MANY + body
        elif lie == 'big:endless':
            return self.endless(b'HTTP/1.1 200 OK\r\n\r\n')
        elif lie == 'big:head':
            return self.endless(b'HTTP/1.1 200 OK\r\nX-Long: ')
        elif kind in ('bomb', 'gzip'):
            body = gzip.compress(b' ' * MANY) if kind == 'bomb' else body
            headers = headers + [('Content-Encoding', 'gzip')]
        elif kind in BODIES:
            body, status = BODIES[kind], 200
        elif kind == 'status':
            status = int(rest)
        elif kind in ('loop', 'away'):
            status = 302
            headers = headers + [('Location', self.path if kind == 'loop' else 'file:///etc/passwd')]
        # A head says the length of its own body, a new one of the new.
        if not (kind == 'again' and before):
            head, body = self.raw(status, headers, body)
        self.wfile.write(head + (b'' if self.command == 'HEAD' or status in (204, 304) else body))

    def do(self):
        liar = self.server.liar
        status, headers, body, length = self.truth(liar, self.asked_body())
        answer = self.raw(status, headers, body, length)
        asked = '%s %s' % (self.command, urllib.parse.urlsplit(self.path).path)
        lie, before = liar.counted(asked, answer, len(answer[0]), body)
        try:
            if lie:
                self.tell(status, headers, body, lie, before)
            else:
                self.wfile.write(answer[0] + answer[1])
        except OSError:
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_LOCK = do_UNLOCK = do


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        """Who goes in the middle of a lie is no news."""


def serve_http(liar):
    server = Server(('127.0.0.1', 0), Handler)
    server.liar = liar
    print(server.server_port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()


# --- frames ---

def received(s):
    def exactly(n):
        data = b''
        while len(data) < n:
            more = s.recv(n - len(data))
            if not more:
                raise OSError
            data += more
        return data
    head = exactly(4)
    return exactly(struct.unpack('>I', head)[0])


def frame(body):
    return struct.pack('>I', len(body)) + body


def tell_frame(peer, body, lie, before):
    kind, _, rest = lie.partition(':')
    if kind in ('cut', 'hold'):
        peer.sendall(frame(body)[:int(rest)])
        if kind == 'hold':
            until_gone(peer)
        raise OSError
    if kind == 'length':
        peer.sendall(struct.pack('>I', int(rest)) + body)
        raise OSError
    if kind == 'again':
        body = before or body
    elif kind == 'againid' and before:
        body = with_id(before, [id_of(body)])
    elif kind == 'id':
        body = with_id(body, rest)
    elif kind == 'node':
        body = with_node(body, *rest.split(':'))
    elif kind in BODIES:
        body = BODIES[kind]
    peer.sendall(frame(body) * (2 if kind == 'twice' else 1))


def pass_frames(liar, peer):
    there = socket.socket(socket.AF_UNIX)
    there.connect(liar.upstream)

    def asks():
        try:
            while True:
                there.sendall(frame(received(peer)))
        except OSError:
            there.close()
    threading.Thread(target=asks, daemon=True).start()
    try:
        while True:
            body = received(there)
            lie, before = liar.counted('frame', body, 4, body, frames=True)
            if lie:
                tell_frame(peer, body, lie, before)
            else:
                peer.sendall(frame(body))
    except OSError:
        # Both ends: the thread that reads of the peer has it open, too.
        for s in (peer, there):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


def serve_frames(liar, path):
    if os.path.exists(path):
        os.unlink(path)
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(64)
    print(path, flush=True)

    def accept():
        while True:
            peer, _ = server.accept()
            threading.Thread(target=pass_frames, args=(liar, peer), daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()


def main():
    if sys.argv[1] == '--lies':
        every, offset = (sys.argv[3:] + ['1', '0'][len(sys.argv) - 3:])[:2]
        print_lies(sys.argv[2], int(every), int(offset))
        return
    liar = Liar(sys.argv[1])
    if len(sys.argv) > 2:
        serve_frames(liar, sys.argv[2])
    else:
        serve_http(liar)
    control(liar)


if __name__ == '__main__':
    main()
