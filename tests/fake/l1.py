#!/usr/bin/env python3
"""An L1 for tests of what asks one, on 127.0.0.1 and a free port.

l1.py LOG: prints the port; each call is a line METHOD PARAMS in the file LOG.
SystemConfig started at block 16, the head is 40, block N has the hash 0x..N
and the time 1700000000 + 12 N. A folder may hold 'head' with another number,
'chain' with another chain id, 'logs' with the list that eth_getLogs gives
(without it that is refused), and
'hash' with another hash of all blocks: a client that computes it from the
header comes to another one than 0x..N.
It stops when its standard input ends.
"""
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

START = 16
ZEROS = '0x' + '00' * 32
NOTHING = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421'
HEADER = {
    'parentHash': ZEROS, 'stateRoot': ZEROS, 'mixHash': ZEROS,
    'sha3Uncles': '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347',
    'transactionsRoot': NOTHING, 'receiptsRoot': NOTHING,
    'logsBloom': '0x' + '00' * 256, 'miner': '0x' + '00' * 20,
    'nonce': '0x0000000000000000', 'difficulty': '0x0', 'extraData': '0x',
    'gasLimit': '0x1c9c380', 'gasUsed': '0x0', 'baseFeePerGas': '0x7',
    'transactions': [], 'uncles': [],
}


def told(name, default):
    if not os.path.exists(name):
        return default
    with open(name, encoding='ascii') as f:
        return f.read().strip()


def head():
    return int(told('head', 40))


def block(tag, _full):
    number = int(tag, 16) if tag[:2] == '0x' else head()
    if number > head():
        return None
    return {**HEADER, 'number': hex(number),
            'hash': told('hash', '0x%064x' % number),
            'timestamp': hex(1700000000 + 12 * number)}


def logs(_filter):
    with open('logs', encoding='ascii') as f:
        return json.load(f)


CALLS = {
    'eth_chainId': lambda: hex(int(told('chain', 3151))),
    'eth_blockNumber': lambda: hex(head()),
    'eth_call': lambda *_: '0x%064x' % START,
    'eth_getBlockByNumber': block,
    'eth_getLogs': logs,
}


def answer(call):
    reply = {'jsonrpc': '2.0', 'id': call['id']}
    with open(sys.argv[1], 'a', encoding='ascii') as log:
        log.write('%s %s\n' % (call['method'], json.dumps(call['params'])))
    try:
        reply['result'] = CALLS[call['method']](*call['params'])
    except (KeyError, OSError) as e:
        reply['error'] = {'code': -32601, 'message': repr(e)}
    return reply


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
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
    sys.stdin.read()


main()
