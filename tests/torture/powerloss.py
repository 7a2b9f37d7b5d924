#!/usr/bin/env python3
"""What a disk has when the power goes: from what failcall -r has recorded.

usage: powerloss.py RECORD ROOT BASE CUT HOW
       powerloss.py --count RECORD
       powerloss.py --sent RECORD CUT

Makes ROOT, which the recorded command worked in and which was like the folder BASE
before, what may be found when the power goes before line CUT of RECORD. What is
synced is there: of a file its bytes by fsync of the file, its name by fsync of its
folder. Of the rest HOW says what is:
  all      all of it
  synced   nothing
  names    names; the bytes of files are not, which are as long as they were
  zeros    names and lengths, and zeros in place of the bytes
  bytes    bytes; names are as they were
  half     all but the second half of the newest bytes
  some:N   this or that, at random from N on
The digest of what there is now is printed.
--count prints the number of lines, --sent each transaction that was sent before
line CUT.
"""
import hashlib
import json
import os
import random
import re
import shutil
import sys

O_TRUNC = 0o1000


class Node:
    def __init__(self, names=None, data=b'', mode=0o600):
        self.names, self.data, self.mode = names, bytearray(data), mode
        self.link = None  # of a symlink: what it says


def load(path):
    """What is there before, all of it synced."""
    if os.path.islink(path):
        node = Node()
        node.link = os.readlink(path)
    elif os.path.isdir(path):
        node = Node({n: load(os.path.join(path, n)) for n in os.listdir(path)})
    elif os.path.isfile(path):
        with open(path, 'rb') as f:
            node = Node(None, f.read(), os.stat(path).st_mode & 0o777)
    else:
        node = Node()
    return node


class Step:
    """One change of one node, which is synced or not."""

    def __init__(self, node, kind, do):
        self.node, self.kind, self.do, self.synced = node, kind, do, False


def write(node, at, data):
    def do():
        if len(node.data) < at + len(data):
            node.data.extend(bytes(at + len(data) - len(node.data)))
        node.data[at:at + len(data)] = data
    return do


def resize(node, size, grow_only=False):
    def do():
        if len(node.data) < size:
            node.data.extend(bytes(size - len(node.data)))
        elif not grow_only:
            del node.data[size:]
    return do


def name(folder, as_, node):
    def do():
        folder.names[as_] = node
    return do


def unname(folder, as_):
    def do():
        folder.names.pop(as_, None)
    return do


def rename(old, was, new, as_, node):
    def do():
        if old.names.get(was) is node:
            del old.names[was]
        new.names[as_] = node
    return do


class Disk:
    """Follows the record: which nodes its lines are about, and what is synced."""

    def __init__(self, root, base):
        self.root, self.top = root, load(base)
        # What a later line finds is the view of who was running: a twin tree.
        self.live = {root: self.top}
        self.steps = []
        self.walk(root, self.top)

    def walk(self, path, node):
        self.live[path] = node
        for as_, child in (node.names or {}).items():
            self.walk(path + '/' + as_, child)

    def add(self, node, kind, do):
        self.steps.append(Step(node, kind, do))

    def folder(self, path):
        return self.live[os.path.dirname(path)], os.path.basename(path)

    def follow(self, line):
        call, path, old = line['call'], os.path.normpath(line['path']), os.path.normpath(line['from'])
        node = self.live.get(path)
        if call in ('openat', 'open', 'creat'):
            if line['new']:
                node = self.live[path] = Node()
                folder, as_ = self.folder(path)
                self.add(folder, 'name', name(folder, as_, node))
            elif line['arg'] & O_TRUNC:
                self.add(node, 'bytes', resize(node, 0))
        elif call in ('mkdir', 'mkdirat'):
            node = self.live[path] = Node({})
            folder, as_ = self.folder(path)
            self.add(folder, 'name', name(folder, as_, node))
        elif line['data'] and node:
            self.add(node, 'bytes', write(node, line['at'], bytes.fromhex(line['data'])))
            self.steps[-1].line = line
        elif call in ('ftruncate', 'truncate') and node:
            self.add(node, 'bytes', resize(node, line['arg']))
        elif call == 'fallocate':
            self.add(node, 'bytes', resize(node, line['arg'], True))
        elif call in ('fsync', 'fdatasync') and node:
            for step in self.steps:
                step.synced |= step.node is node
        elif call == 'syncfs':
            for step in self.steps:
                step.synced = True
        elif call in ('rename', 'renameat', 'renameat2'):
            moved = {p: n for p, n in self.live.items() if p == old or p.startswith(old + '/')}
            node = self.live[old]
            was, as_old = self.folder(old)
            now, as_new = self.folder(path)
            self.add(now, 'name', rename(was, as_old, now, as_new, node))
            for p in moved:
                del self.live[p]
            for p, n in moved.items():
                self.live[path + p[len(old):]] = n
        elif call in ('link', 'linkat'):
            folder, as_ = self.folder(path)
            self.live[path] = self.live[old]
            self.add(folder, 'name', name(folder, as_, self.live[old]))
        elif call in ('symlink', 'symlinkat'):
            node = self.live[path] = Node()
            node.link = line['from']
            folder, as_ = self.folder(path)
            self.add(folder, 'name', name(folder, as_, node))
        elif call in ('unlink', 'unlinkat', 'rmdir'):
            folder, as_ = self.folder(path)
            self.live.pop(path, None)
            self.add(folder, 'name', unname(folder, as_))
        elif call in ('fchmod', 'chmod', 'fchmodat'):
            if node and node.names is None:
                node.mode = line['arg'] & 0o777 or 0o600
        elif call not in ('fchown', 'utimensat', 'fchownat', 'write', 'pwrite64'):
            sys.exit('powerloss.py does not know ' + call)

    def zeroed(self, step):
        line = step.line
        return write(step.node, line['at'], bytes(len(line['data']) // 2))

    def lose(self, how):
        kind, _, seed = how.partition(':')
        dice = random.Random(int(seed or 0))
        newest = next((s for s in reversed(self.steps) if hasattr(s, 'line')), None)
        for step in self.steps:
            is_name = step.kind == 'name'
            if step.synced or kind == 'all' or (kind == 'half' and step is not newest):
                step.do()
            elif kind == 'half':
                line = step.line
                data = bytes.fromhex(line['data'])
                write(step.node, line['at'], data[:len(data) // 2])()
            elif kind == 'zeros' and not is_name:
                (self.zeroed(step) if hasattr(step, 'line') else step.do)()
            elif (kind in ('names', 'zeros') and is_name) or (kind == 'bytes' and not is_name):
                step.do()
            elif kind == 'some' and dice.random() < 0.5:
                step.do()


def build(node, path, digest):
    digest.update(('%s %o\n' % (path, node.mode)).encode())
    if node.link is not None:
        os.symlink(node.link, path)
    elif node.names is not None:
        os.mkdir(path, 0o700)
        for as_ in sorted(node.names):
            build(node.names[as_], path + '/' + as_, digest)
    else:
        digest.update(node.data)
        with open(path, 'wb', opener=lambda p, f: os.open(p, f, node.mode)) as f:
            f.write(node.data)


def lines(record):
    with open(record, encoding='utf-8') as f:
        return [json.loads(line) for line in f]


def sent(told):
    """Transactions that were sent, of requests that may be written in parts."""
    data = b''.join(bytes.fromhex(line['data']) for line in told
                    if line['call'] in ('sendto', 'sendmsg') and line['by'] == 'opl2-worker')
    found = re.findall(rb'"eth_sendRawTransaction","params":\["(0x[0-9a-f]*)"\]', data)
    return list(dict.fromkeys(found))


def main():
    if sys.argv[1] == '--count':
        print(len(lines(sys.argv[2])))
    elif sys.argv[1] == '--sent':
        for one in sent(lines(sys.argv[2])[:int(sys.argv[3])]):
            print(one.decode())
    else:
        record, root, base, cut, how = sys.argv[1:]
        disk = Disk(root, base)
        for line in lines(record)[:int(cut)]:
            if line['path'].startswith(root + '/'):
                disk.follow(line)
        disk.lose(how)
        shutil.rmtree(root, ignore_errors=True)
        digest = hashlib.sha256()
        build(disk.top, root, digest)
        print(digest.hexdigest())


main()
