#!/usr/bin/env python3
"""An L1 that counts gas, for tests of what is signed there; 127.0.0.1, a free port.

gas_l1.py CONFIG: prints the port. It mines by itself, a block of a second
every few milliseconds. A transaction to nobody uses the gas that the first
eight bytes of its data say, seven times as much from Amsterdam on; with data
that begins with ff it reverts; any other one uses 21,000, and with data that
begins with fe it wants 90,000. With less gas than
that it is mined and fails.

CONFIG is JSON, and the method test_set changes it:
  cap        gas of one request of eth_simulateV1 and eth_estimateGas; 0: none
  simulate, estimate, config   whether there is such a method
  fork_at    time of Amsterdam; 0: from the beginning, none: never
  announced  eth_config tells it
  gas_limit  of a block
  step       milliseconds for a block; 0: none is mined
  leap       [n, time]: no block is made for none until n transactions are
             mined, and the next one after them has this time
  osaka      the chain knows CLZ
  base_fee   of all blocks, in wei
  genesis    hash of block 0, when it is another one
  strangers  transactions of the same sender in the pool, which nobody mines
  taken      how many nonces others have used
  receipts   null: there are none; "error": none are told; "half": without a block
  fee_cap    in wei, of what is passed on; 0: none
  floor      in wei, of the fee that the pool takes
  balance    of everybody, in wei, but for those in `balances`, by address in small letters
The method test_log answers {mined: [{nonce, gas, used, status, amsterdam,
block, sent, sent_in_amsterdam}], asked: {method: times}, sizes: calls of each simulation}; sent is
the block that was the newest when it came.
It stops when its standard input ends.
"""
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bridge import hexed, keccak, unrlp  # noqa: E402

START, BLOCK_S, WEI = 1700000000, 1, 10**21
config = {'cap': 0, 'simulate': True, 'estimate': True, 'config': True, 'fork_at': None,
          'announced': True, 'gas_limit': 100000000, 'step': 40, 'osaka': True,
          'balance': WEI, 'balances': {}, 'base_fee': 7, 'leap': [0, 0],
          'genesis': '0x%064x' % 0, 'strangers': 0, 'taken': 0, 'receipts': True, 'fee_cap': 0, 'floor': 0}
config.update(json.loads(sys.argv[1]))
lock = threading.RLock()
blocks = [{'time': START, 'nonce': 0}]
pool, receipts = {}, {}
log = {'mined': [], 'asked': {}, 'sizes': []}


class Refused(Exception):
    def __init__(self, code, text, data=None):
        super().__init__(text)
        self.error = {'code': code, 'message': text} | ({'data': data} if data else {})


def amsterdam(when):
    return config['fork_at'] is not None and when >= config['fork_at']


def need(tx, when):
    data = bytes.fromhex(tx['data'][2:])
    if tx['to'] or not data:
        return 21000
    return int.from_bytes(data[1:9], 'big') * (7 if amsterdam(when) else 1)


def wants(tx, when):
    return 90000 if tx['to'] and tx['data'][2:4] == 'fe' else need(tx, when)


def reverts(tx):
    return tx['data'][2:4] == 'ff'


# --- mining ---

def mine():
    when = blocks[-1]['time'] + BLOCK_S
    if len(log['mined']) >= config['leap'][0]:
        when = max(when, config['leap'][1])
    nonce, room = blocks[-1]['nonce'], config['gas_limit']
    while nonce in pool and pool[nonce]['gas'] <= room:
        tx = pool.pop(nonce)
        used = need(tx, when)
        ok = wants(tx, when) <= tx['gas'] and not reverts(tx)
        room -= tx['gas']
        nonce += 1
        log['mined'].append({'nonce': tx['nonce'], 'gas': tx['gas'], 'used': min(used, tx['gas']), 'status': int(ok),
                             'amsterdam': amsterdam(when), 'block': len(blocks), 'sent': tx['sent'],
                             'sent_in_amsterdam': amsterdam(blocks[tx['sent']]['time'])})
        receipts[tx['hash']] = {'blockNumber': hex(len(blocks)), 'gasUsed': hex(min(used, tx['gas'])),
                                'status': hex(ok), 'effectiveGasPrice': '0x8'}
    blocks.append({'time': when, 'nonce': nonce})


def mine_on():
    while True:
        step = config['step']
        time.sleep((step or 10) / 1000)
        with lock:
            if step and (pool or len(log['mined']) >= config['leap'][0]):
                mine()


# --- what is asked ---

def at(tag):
    n = len(blocks) - 1 if tag in ('latest', 'pending', 'safe') else int(tag, 16)
    if n >= len(blocks):
        raise Refused(-32000, 'header not found')
    return n


def header(tag, _full):
    n = at(tag)
    h = {'number': hex(n), 'hash': '0x%064x' % n if n else config['genesis'], 'timestamp': hex(blocks[n]['time']),
         'gasLimit': hex(config['gas_limit']), 'baseFeePerGas': hex(config['base_fee']), 'requestsHash': '0x1'}
    if amsterdam(blocks[n]['time']):
        h |= {'blockAccessListHash': '0x1', 'slotNumber': '0x0'}
    return h


def count(_who, tag):
    return hex(blocks[at(tag)]['nonce'] + config['taken'] +
               (len(pool) + config['strangers'] if tag == 'pending' else 0))


def asked_tx(call):
    return {'to': call.get('to'), 'data': call['data']}


def simulate(ask, tag):
    n, left, out = at(tag), config['cap'] or 10**12, []
    log['sizes'].append(len(ask['blockStateCalls']))
    for block in ask['blockStateCalls']:
        tx = asked_tx(block['calls'][0])
        used = need(tx, int(block['blockOverrides']['time'], 16))
        has = min(left, config['gas_limit'])
        if has < 21000:
            raise Refused(-38013, 'intrinsic gas too low: have %d, want 21000' % has)
        call = {'status': '0x1', 'gasUsed': hex(used), 'maxUsedGas': hex(used + used // 50), 'returnData': '0x'}
        if reverts(tx):
            call = {'status': '0x0', 'gasUsed': '0x7530', 'returnData': '0x',
                    'error': {'code': 3, 'message': 'execution reverted'}}
        elif used > has:
            used = has
            call = {'status': '0x0', 'gasUsed': hex(has), 'returnData': '0x',
                    'error': {'code': -32015, 'message': 'out of gas'}}
        left -= used
        out.append({'number': hex(n + 1 + len(out)), 'calls': [call]})
    return out


def estimate(call, tag='latest'):
    tx = asked_tx(call)
    used = wants(tx, blocks[at(tag)]['time'])
    if reverts(tx):
        raise Refused(3, 'execution reverted', '0x')
    most = min(config['cap'] or 10**12, config['gas_limit'])
    if used > most:
        raise Refused(-32000, 'gas required exceeds allowance (%d)' % most)
    return hex(used + used // 50)


def eth_config():
    when = config['fork_at'] if config['announced'] else None
    if not when or amsterdam(blocks[-1]['time']):
        return {'current': {'activationTime': 0}, 'next': None}
    return {'current': {'activationTime': 0}, 'next': {'activationTime': when}}


def eth_call(call, _tag):
    if not config['osaka']:
        raise Refused(-32000, 'invalid opcode: CLZ')
    return '0x%064x' % 255


def send(raw):
    raw = bytes.fromhex(raw[2:])
    f, _ = unrlp(raw, 1)
    nonce, tip, cap, gas = (int.from_bytes(x, 'big') for x in f[1:5])
    tx = {'nonce': nonce, 'cap': cap, 'cost': cap * gas + int.from_bytes(f[6], 'big'), 'gas': gas, 'hash': hexed(keccak(raw)),
          'to': hexed(f[5]) if f[5] else None, 'data': hexed(f[7]), 'sent': len(blocks) - 1}
    if nonce < blocks[-1]['nonce']:
        raise Refused(-32000, 'nonce too low')
    if not amsterdam(blocks[-1]['time']) and config['osaka'] and gas > 1 << 24:
        raise Refused(-32000, 'transaction gas limit too high')
    if config['fee_cap'] and cap * gas > config['fee_cap']:
        raise Refused(-32000, 'tx fee (%.2f ether) exceeds the configured cap (%.2f ether)' % (
            cap * gas / 10**18, config['fee_cap'] / 10**18))
    if cap < config['floor']:
        raise Refused(-32000, 'transaction underpriced')
    if gas > config['gas_limit']:
        raise Refused(-32000, 'exceeds block gas limit')
    if nonce in pool and pool[nonce]['hash'] != tx['hash'] and cap * 10 < pool[nonce]['cap'] * 11:
        raise Refused(-32000, 'replacement transaction underpriced')
    if tx['cost'] + sum(p['cost'] for n, p in pool.items() if n != nonce) > config['balance']:
        raise Refused(-32000, 'insufficient funds for gas * price + value')
    pool[nonce] = tx
    return tx['hash']


def receipt(tx):
    if config['receipts'] == 'error':
        raise Refused(-32000, 'transaction indexing is in progress')
    if not config['receipts'] or tx not in receipts:
        return None
    return receipts[tx] | ({'blockNumber': None} if config['receipts'] == 'half' else {})


def by_hash(tx):
    known = tx in receipts or any(p['hash'] == tx for p in pool.values())
    return {'hash': tx} if known else None


CALLS = {
    'eth_chainId': lambda: hex(31337),
    'eth_blockNumber': lambda: hex(len(blocks) - 1),
    'eth_getBlockByNumber': header,
    'eth_getTransactionCount': count,
    'eth_getBalance': lambda who, _tag: hex(config['balances'].get(who.lower(), config['balance'])),
    'eth_maxPriorityFeePerGas': lambda: '0x1',
    'eth_getTransactionReceipt': receipt,
    'eth_getTransactionByHash': by_hash,
    'eth_sendRawTransaction': send,
    'eth_call': eth_call,
    'eth_simulateV1': simulate,
    'eth_estimateGas': estimate,
    'eth_config': eth_config,
    'test_set': config.update,
    'test_log': lambda: log,
}
OPTIONAL = {'eth_simulateV1': 'simulate', 'eth_estimateGas': 'estimate', 'eth_config': 'config'}


def answer(call):
    method = call['method']
    reply = {'jsonrpc': '2.0', 'id': call['id']}
    log['asked'][method] = log['asked'].get(method, 0) + 1
    try:
        if not config.get(OPTIONAL.get(method), True):
            raise Refused(-32601, 'the method %s does not exist/is not available' % method)
        reply['result'] = CALLS[method](*call['params'])
    except Refused as e:
        reply['error'] = e.error
    return reply


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        with lock:
            reply = [answer(c) for c in asked] if isinstance(asked, list) else answer(asked)
            body = json.dumps(reply).encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main():
    server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    server.daemon_threads = True
    print(server.server_port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    threading.Thread(target=mine_on, daemon=True).start()
    sys.stdin.read()


main()
