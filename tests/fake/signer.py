#!/usr/bin/env python3
"""A remote signer for tests, on 127.0.0.1 and a free port: eth_signTransaction
and health_status as op-signer serves them. RLP, Keccak and ECDSA are its own,
so that it shares no mistake with the code under test.

usage: signer.py KEY [--log F] [--tls DIR] [--port N]

KEY is 64 hex digits. The port is printed. With --tls, DIR has ca.pem,
server.pem and server.key, and a client needs a certificate of that CA. The
log has a line METHOD PARAMS for each call. A file 'fault' in the working
directory holds what to do wrong:
  nonce to value data gas fee chain    sign a transaction with another one
  key        sign with another key
  legacy     answer with a transaction of type 0
  high       the other s that is as good for the curve, and not for the chain
  garbage    answer with bytes that are nothing
  number     answer with a number
  object     answer as geth does: {raw, tx}
  refuse     answer with an error
  html       answer with a page
  silent     do not answer
  close      close the connection
It stops when its standard input ends.
"""
import argparse
import json
import os
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

P = 2**256 - 2**32 - 977
N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141
G = (0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798,
     0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8)


def keccak(data):
    def rot(v, n):
        return (v << n | v >> (64 - n)) & (2**64 - 1)

    def permute(a):
        lfsr = 1
        for _ in range(24):
            c = [a[x][0] ^ a[x][1] ^ a[x][2] ^ a[x][3] ^ a[x][4] for x in range(5)]
            d = [c[x - 1] ^ rot(c[(x + 1) % 5], 1) for x in range(5)]
            a = [[a[x][y] ^ d[x] for y in range(5)] for x in range(5)]
            x, y, current = 1, 0, a[1][0]
            for t in range(24):
                x, y = y, (2 * x + 3 * y) % 5
                current, a[x][y] = a[x][y], rot(current, (t + 1) * (t + 2) // 2 % 64)
            for y in range(5):
                row = [a[x][y] for x in range(5)]
                for x in range(5):
                    a[x][y] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5])
            for j in range(7):
                if lfsr & 1:
                    a[0][0] ^= 1 << (2**j - 1)
                lfsr = lfsr << 1 ^ (0x171 if lfsr & 0x80 else 0)
        return a

    rate = 136
    data = bytearray(data) + b'\x01'
    data += b'\0' * (-len(data) % rate)
    data[-1] |= 0x80
    state = [[0] * 5 for _ in range(5)]
    for at in range(0, len(data), rate):
        for i in range(rate // 8):
            state[i % 5][i // 5] ^= int.from_bytes(data[at + 8 * i:at + 8 * i + 8], 'little')
        state = permute(state)
    return b''.join(state[i % 5][i // 5].to_bytes(8, 'little') for i in range(4))


def add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % P == 0:
        return None
    if a == b:
        m = 3 * a[0] * a[0] * pow(2 * a[1], -1, P)
    else:
        m = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (m * m - a[0] - b[0]) % P
    return x, (m * (a[0] - x) - a[1]) % P


def multiply(k, point=G):
    out = None
    while k:
        if k & 1:
            out = add(out, point)
        point = add(point, point)
        k >>= 1
    return out


def address(key):
    x, y = multiply(key)
    return '0x' + keccak(x.to_bytes(32, 'big') + y.to_bytes(32, 'big'))[12:].hex()


def sign(key, digest, high):
    z = int.from_bytes(digest, 'big')
    # Not random, so that a test can be repeated; not for real keys.
    k = int.from_bytes(keccak(key.to_bytes(32, 'big') + digest), 'big') % N
    x, y = multiply(k)
    r, s, odd = x % N, pow(k, -1, N) * (z + x % N * key) % N, y & 1
    if (s > N // 2) != high:
        s, odd = N - s, odd ^ 1
    return odd, r, s


def rlp(v):
    if isinstance(v, list):
        body, base = b''.join(map(rlp, v)), 0xc0
    else:
        body = v if isinstance(v, bytes) else v.to_bytes((v.bit_length() + 7) // 8, 'big')
        if len(body) == 1 and body[0] < 0x80:
            return body
        base = 0x80
    if len(body) < 56:
        return bytes([base + len(body)]) + body
    n = len(body).to_bytes((len(body).bit_length() + 7) // 8, 'big')
    return bytes([base + 55 + len(n)]) + n + body


def hexed(args, key):
    return bytes.fromhex((args.get(key) or '0x')[2:])


def transaction(args, wrong, key):
    number = {k: int(args[k], 16) for k in (
        'chainId', 'nonce', 'gas', 'maxFeePerGas', 'maxPriorityFeePerGas', 'value')}
    # Node programs give input and a null for data.
    both = [hexed(args, k) for k in ('input', 'data') if args.get(k) is not None]
    if len(both) == 2 and both[0] != both[1]:
        raise ValueError('both "data" and "input" are set and not equal')
    to, data = hexed(args, 'to'), both[0]
    if wrong in ('nonce', 'value', 'gas'):
        number[wrong] += 1
    number['chainId'] += wrong == 'chain'
    number['maxFeePerGas'] += wrong == 'fee'
    to = b'\xaa' * 20 if wrong == 'to' else to
    data = data + b'\1' if wrong == 'data' else data
    key = key + 1 if wrong == 'key' else key
    fields = [number['chainId'], number['nonce'], number['maxPriorityFeePerGas'],
              number['maxFeePerGas'], number['gas'], to, number['value'], data, []]
    if wrong == 'legacy':
        fields = [number['nonce'], 1, number['gas'], to, number['value'], data]
        odd, r, s = sign(key, keccak(rlp(fields)), False)
        return rlp(fields + [27 + odd, r, s])
    odd, r, s = sign(key, keccak(b'\2' + rlp(fields)), wrong == 'high')
    return b'\2' + rlp(fields + [odd, r, s])


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def result(self, call, wrong):
        if call['method'] == 'health_status':
            return 'fake'
        if call['method'] != 'eth_signTransaction':
            raise ValueError('the method does not exist')
        if wrong == 'refuse':
            raise ValueError('not allowed by policy')
        args = call['params'][0]
        if args['from'].lower() != address(self.server.key):
            raise ValueError('no key for ' + args['from'])
        raw = '0x' + transaction(args, wrong, self.server.key).hex()
        return {'garbage': '0x02c0', 'number': 7,
                'object': {'raw': raw, 'tx': {}}}.get(wrong, raw)

    def do_POST(self):
        call = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        wrong = ''
        if os.path.exists('fault'):
            with open('fault', encoding='ascii') as f:
                wrong = f.read().strip()
        if self.server.log:
            with open(self.server.log, 'a', encoding='ascii') as log:
                log.write('%s %s\n' % (call['method'], json.dumps(call.get('params'))))
        if wrong == 'silent':
            time.sleep(3600)
        if wrong == 'close':
            self.close_connection = True
            return
        reply = {'jsonrpc': '2.0', 'id': call['id']}
        try:
            reply['result'] = self.result(call, wrong)
        except (ValueError, KeyError) as e:
            reply['error'] = {'code': -32011, 'message': str(e)}
        body = b'<html>' if wrong == 'html' else json.dumps(reply).encode()
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main():
    p = argparse.ArgumentParser()
    p.add_argument('key')
    p.add_argument('--log')
    p.add_argument('--tls')
    p.add_argument('--port', type=int, default=0)
    o = p.parse_args()
    server = ThreadingHTTPServer(('127.0.0.1', o.port), Handler)
    server.daemon_threads = True
    server.key = int(o.key, 16)
    server.log = o.log
    if o.tls:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(o.tls + '/server.pem', o.tls + '/server.key')
        tls.load_verify_locations(o.tls + '/ca.pem')
        tls.verify_mode = ssl.CERT_REQUIRED
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    print(server.server_port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


main()
