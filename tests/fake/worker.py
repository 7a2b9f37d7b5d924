#!/usr/bin/env python3
"""Drives opl2-worker through one operation, as the engine would.

usage: worker.py WORKER ENV.json < OP.json

Prints one JSON object: the `done` message, with the lists "progress" (texts),
"intend" (tokens) and "diags". Missing members of ENV and OP get harmless
values. With "cancel_on": TEXT in OP a cancel is sent when TEXT is in a
progress line. What $TOLD names, if it is set, has each progress text at once.
"""
import json
import os
import socket
import struct
import subprocess
import sys


def recv_exact(s, n):
    data = b''
    while len(data) < n:
        more = s.recv(n - len(data))
        if not more:
            return None
        data += more
    return data


def recv(s):
    head = recv_exact(s, 4)
    if head is None:
        return None
    return json.loads(recv_exact(s, struct.unpack('>I', head)[0]))


def send(s, msg):
    text = json.dumps(msg).encode()
    s.sendall(struct.pack('>I', len(text)) + text)


def main():
    worker, env_file = sys.argv[1:3]
    env = {'chain': 'test', 'secrets': {}, 'locked': False}
    with open(env_file) as f:
        env.update(json.load(f))
    op = {'name': 'x', 'config': {}, 'delete_data': False, 'force': False,
          'timeout_ms': 0}
    op.update(json.load(sys.stdin))
    op.setdefault('addr', '%s.%s' % (op['kind'], op['name']))
    cancel_on = op.pop('cancel_on', None)
    ours, theirs = socket.socketpair()
    lock = os.open(os.devnull, os.O_RDWR)
    fd = os.dup(theirs.fileno())

    def wire():
        # The worker finds them as 3 and 4; go by way of high numbers.
        a = os.dup2(fd, 100)
        b = os.dup2(lock, 101)
        os.dup2(a, 3)
        os.dup2(b, 4)

    child = subprocess.Popen([worker], preexec_fn=wire, close_fds=False)
    theirs.close()
    os.close(fd)
    out = {'progress': [], 'intend': [], 'diags': []}
    send(ours, dict(env, type='env'))
    send(ours, dict(op, type='op'))
    while True:
        m = recv(ours)
        if m is None:
            out['died'] = child.wait()
            break
        kind = m.pop('type')
        if kind == 'progress':
            out['progress'].append(m['text'])
            if 'TOLD' in os.environ:
                with open(os.environ['TOLD'], 'a') as f:
                    f.write(m['text'] + '\n')
            if cancel_on and cancel_on in m['text']:
                send(ours, {'type': 'cancel'})
        elif kind == 'intend':
            out['intend'].append(m['token'])
            send(ours, {'type': 'ok'})
        elif kind == 'pgroup':
            send(ours, {'type': 'ok'})
        elif kind == 'diag':
            out['diags'].append(m)
        elif kind == 'done':
            out.update(m)
            break
    ours.close()
    child.wait()
    print(json.dumps(out, indent=1))


main()
