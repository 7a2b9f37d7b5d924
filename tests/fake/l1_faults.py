#!/usr/bin/env python3
"""A bad RPC in front of a good one, on 127.0.0.1 and a free port.

l1_faults.py URL FAULT: prints the port. What it does wrong:
  none     nothing
  drop     says yes to every third transaction, and passes it not on
  busy     answers two of three requests with 429, then with error -32005
  batch    takes three calls in one request at most
  silent   passes the first two requests with transactions on, and never
           answers them
  away     is not there for six seconds once a transaction has come
  reorg    rolls the chain two blocks back when a receipt is first seen
  replace  the same, and what was rolled back is gone from the pool, too
  liar     says that it serves another chain
  indexing answers with an error, in place of any receipt, for 25 seconds
  balancer says that another transaction has the nonce, and for four seconds
           knows none of them, as of two nodes of which one lags
  cap      passes on no transaction whose gas may cost more than 4/5 of what
           the first one's may, in the words of reth
  lowcap   the same at 1/1000, in the words of geth
  forgets  has no receipt and no transaction by its hash, as after a year
  pruned   the same, and no block but the newest
  lagging  the same, and is at block 0
It stops when its standard input ends.
"""
import json
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bridge import unrlp

URL, FAULT = sys.argv[1], sys.argv[2]
BATCH_MAX = 3
CAPS = {'cap': 0.8, 'lowcap': 0.001}
FORGETFUL = ('forgets', 'pruned', 'lagging')
AWAY = 6.0
INDEXING = 25.0
LAG = 4.0
lock = threading.Lock()
seen = {'requests': 0, 'sent': 0, 'held': 0, 'away_until': None, 'reorg': False,
        'since': None, 'fee': None}


def upstream(asked):
    request = urllib.request.Request(URL, json.dumps(asked).encode(),
                                     {'Content-Type': 'application/json'})
    with urllib.request.urlopen(request, timeout=20) as reply:
        return json.loads(reply.read())


def ask(method, *params):
    return upstream({'jsonrpc': '2.0', 'id': 1, 'method': method,
                     'params': list(params)}).get('result')


def error(call, code, text):
    return {'jsonrpc': '2.0', 'id': call.get('id'),
            'error': {'code': code, 'message': text}}


def nth(what):
    with lock:
        seen[what] += 1
        return seen[what]


def elapsed():
    """Seconds since it was first asked for."""
    with lock:
        if seen['since'] is None:
            seen['since'] = time.monotonic()
        return time.monotonic() - seen['since']


def forgetful(call):
    method, params = call['method'], call.get('params', [])
    if method in ('eth_getTransactionReceipt', 'eth_getTransactionByHash'):
        return {'jsonrpc': '2.0', 'id': call['id'], 'result': None}
    if method == 'eth_getBlockByNumber' and params[0].startswith('0x') \
            and int(params[0], 16) > 0 and FAULT != 'forgets':
        return {'jsonrpc': '2.0', 'id': call['id'], 'result': None}
    if method == 'eth_getBlockByNumber' and FAULT == 'lagging':
        call = dict(call, params=['0x0'] + params[1:])
    return upstream(call)


def over_cap(raw):
    fields, _ = unrlp(bytes.fromhex(raw[2:]), 1)
    fee, gas = (int.from_bytes(v, 'big') for v in fields[3:5])
    with lock:
        seen['fee'] = seen['fee'] or fee
    cap = int(CAPS[FAULT] * seen['fee']) * gas
    if fee * gas <= cap:
        return None
    if FAULT == 'cap':
        return f'tx fee ({fee * gas} wei) exceeds the configured cap ({cap} wei)'
    return (f'tx fee ({fee * gas / 1e18:.2f} ether) exceeds the configured cap '
            f'({cap / 1e18:.2f} ether)')


def answer(call):
    method = call['method']
    if FAULT in CAPS and method == 'eth_sendRawTransaction':
        why = over_cap(call['params'][0])
        if why:
            return error(call, -32000, why)
    if FAULT == 'drop' and method == 'eth_sendRawTransaction' and nth('sent') % 3 == 0:
        return {'jsonrpc': '2.0', 'id': call['id'], 'result': '0x' + '00' * 32}
    if FAULT == 'liar' and method == 'eth_chainId':
        return {'jsonrpc': '2.0', 'id': call['id'], 'result': '0x1'}
    if (FAULT == 'indexing' and method == 'eth_getTransactionReceipt'
            and elapsed() < INDEXING):
        return error(call, -32000, 'transaction indexing is in progress')
    if FAULT == 'balancer' and method == 'eth_sendRawTransaction' and elapsed() < LAG:
        upstream(call)
        return error(call, -32000, 'replacement transaction underpriced')
    if FAULT == 'balancer' and method == 'eth_getTransactionByHash' and elapsed() < LAG:
        return {'jsonrpc': '2.0', 'id': call['id'], 'result': None}
    if FAULT in FORGETFUL:
        return forgetful(call)
    reply = upstream(call)
    if method == 'eth_getTransactionReceipt' and reply.get('result'):
        roll_back()
    return reply


def roll_back():
    with lock:
        if FAULT not in ('reorg', 'replace') or seen['reorg']:
            return
        if int(ask('eth_blockNumber'), 16) < 2:
            return
        seen['reorg'] = True
        ask('anvil_reorg', 2, []) if FAULT == 'reorg' else ask('anvil_rollback', 2)
        if FAULT == 'replace':
            ask('anvil_dropAllTransactions')


def is_away(sends):
    if FAULT != 'away':
        return False
    with lock:
        if sends and seen['away_until'] is None:
            seen['away_until'] = time.monotonic() + AWAY
        return seen['away_until'] is not None and time.monotonic() < seen['away_until']


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        calls = asked if isinstance(asked, list) else [asked]
        sends = any(c['method'] == 'eth_sendRawTransaction' for c in calls)
        n = nth('requests')
        if is_away(sends):
            self.close_connection = True
            return
        if FAULT == 'busy' and n % 3 == 1:
            self.reply(429, {'error': 'slow down'})
            return
        if FAULT == 'busy' and n % 3 == 2:
            self.reply(200, error(calls[0], -32005, 'limit exceeded'))
            return
        if FAULT == 'batch' and len(calls) > BATCH_MAX:
            self.reply(200, error({}, -32600, 'batch too large'))
            return
        replies = [answer(c) for c in calls]
        if FAULT == 'silent' and sends and nth('held') <= 2:
            sys.stdin.read()
            return
        self.reply(200, replies if isinstance(asked, list) else replies[0])

    def reply(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main():
    server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    server.daemon_threads = True
    print(server.server_port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


main()
