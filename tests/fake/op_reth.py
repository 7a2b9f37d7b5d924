#!/usr/bin/env python3
"""op-reth's command line over a real op-geth: a scripted execution client.

usage: op_reth.py GETH init|node OPTION...
       op_reth.py GETH --version

It takes the options of op-reth v2 (docs.optimism.io/node-operators/op-reth/cli,
those below) as clap does: one that it does not know, that lacks its value or is
given twice ends it with 2. Its folder is laid out as op-reth's is, a lock in it
as well, and what is in it is op-geth's: so op-node gets real answers. The forks
of L2 are those of --chain at each start, as with op-reth.
"""
import fcntl
import json
import os
import re
import subprocess
import sys

VALUES = {
    'init': 'chain datadir color config log.stdout.filter log.file.max-files',
    'node': 'addr authrpc.addr authrpc.jwtsecret authrpc.port builder.deadline '
            'builder.interval chain color config datadir '
            'engine.cross-block-cache-size http.addr http.api http.corsdomain '
            'http.port log.file.max-files log.stdout.filter max-peers metrics '
            'nat p2p-secret-key port rollup.sequencer rpc.eth-proof-window '
            'trusted-peers ws.addr ws.api ws.origins ws.port',
}
SWITCHES = {
    'init': '',
    'node': 'disable-discovery full http ipcdisable no-persist-peers '
            'rollup.disable-tx-pool-gossip ws',
}
MODULES = {'admin', 'debug', 'eth', 'net', 'trace', 'txpool', 'web3', 'rpc',
           'reth', 'ots', 'flashbots', 'miner', 'mev'}
LEVELS = {'error': 1, 'warn': 2, 'info': 3, 'debug': 4, 'trace': 5}
FORKS = ('granite', 'holocene', 'isthmus', 'jovian', 'karst')


def usage(text):
    print(f"error: {text}\n\nFor more information, try '--help'.",
          file=sys.stderr)
    sys.exit(2)


def options(command, argv):
    """{name: value}; of a switch True."""
    values, switches = VALUES[command].split(), SWITCHES[command].split()
    got = {}
    argv = list(argv)
    while argv:
        word = argv.pop(0)
        name, eq, value = word[2:].partition('=')
        if not word.startswith('--') or name not in values + switches:
            usage(f"unexpected argument '{word}' found")
        if name in got:
            usage(f"the argument '--{name}' cannot be used multiple times")
        if name in switches:
            if eq:
                usage(f"unexpected value '{value}' for '--{name}' found; no "
                      'more were expected')
            got[name] = True
            continue
        if not eq:
            if not argv:
                usage(f"a value is required for '--{name}' but none was "
                      'supplied')
            value = argv.pop(0)
        got[name] = value
    for name in ('http.api', 'ws.api'):
        for module in got.get(name, '').split(','):
            if module and module not in MODULES:
                usage(f"invalid value '{module}' for '--{name}'")
    for name in ('authrpc.port', 'builder.deadline', 'http.port', 'max-peers',
                 'port', 'rpc.eth-proof-window', 'ws.port'):
        if not re.fullmatch('[0-9]+', got.get(name, '0')):
            usage(f"invalid value '{got[name]}' for '--{name}'")
    return got


def database(folder):
    """The folder of the database, locked for as long as this process lives."""
    db = os.path.join(folder, 'db')
    os.makedirs(db, exist_ok=True)
    os.makedirs(os.path.join(folder, 'static_files'), exist_ok=True)
    for name in ('mdbx.dat', 'mdbx.lck'):
        open(os.path.join(db, name), 'a').close()
    lock = os.open(os.path.join(db, 'lock'), os.O_RDWR | os.O_CREAT, 0o644)
    os.set_inheritable(lock, True)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        print('Error: storage is in use as read-write by another process',
              file=sys.stderr)
        sys.exit(1)
    return os.path.join(db, 'scripted')


def later(chain):
    """The forks past block 0, which are no part of what op-geth begins with."""
    at = int(chain['timestamp'], 0)
    return {fork: chain['config'][f'{fork}Time'] for fork in FORKS
            if chain['config'].get(f'{fork}Time', 0) > at}


def init(geth, got):
    """geth's init, of the same block 0. Its hash is as short as geth tells it."""
    folder = database(got['datadir'])
    with open(got['chain']) as f:
        chain = json.load(f)
    for fork in later(chain):
        del chain['config'][f'{fork}Time']
    genesis = os.path.join(got['datadir'], 'db', 'genesis.json')
    with open(genesis, 'w') as f:
        json.dump(chain, f)
    told = subprocess.run([geth, 'init', '--datadir', folder,
                           '--state.scheme=hash', genesis],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    if told.returncode:
        print('Error: genesis hash in the storage does not match the '
              'specified chainspec\n' + told.stdout, file=sys.stderr)
        sys.exit(1)
    short = re.findall(r'hash=([0-9a-f]{6}\.\.[0-9a-f]{6})', told.stdout)
    print(f'INFO Genesis block written hash={short[-1]}')


def node(geth, got):
    init(geth, got)
    with open(got['chain']) as f:
        chain = json.load(f)
    config, forks = chain['config'], later(chain)
    argv = [geth, '--datadir', os.path.join(got['datadir'], 'db', 'scripted'),
            '--networkid', str(config['chainId']), '--syncmode', 'full',
            '--gcmode', 'archive', '--nodiscover', '--maxpeers',
            got.get('max-peers', '30'), '--cache', '128', '--verbosity',
            str(LEVELS[got.get('log.stdout.filter', 'info')])]
    argv += [f'--override.{fork}={at}' for fork, at in forks.items()]
    if 'karst' in forks:
        argv.append(f'--override.osaka={forks["karst"]}')
    for name in ('authrpc.addr', 'authrpc.jwtsecret', 'authrpc.port',
                 'http.addr', 'http.api', 'http.corsdomain', 'http.port',
                 'port', 'ws.addr', 'ws.api', 'ws.origins', 'ws.port'):
        if name in got:
            argv.append(f'--{name}={got[name]}')
    for name in ('http', 'ipcdisable', 'ws'):
        if name in got:
            argv.append(f'--{name}')
    if 'rollup.disable-tx-pool-gossip' in got:
        argv.append('--rollup.disabletxpoolgossip')
    if 'rollup.sequencer' in got:
        argv.append(f'--rollup.sequencerhttp={got["rollup.sequencer"]}')
    if 'metrics' in got:
        host, _, port = got['metrics'].rpartition(':')
        argv += ['--metrics', '--metrics.addr', host, '--metrics.port', port]
    sys.stdout.flush()
    os.execv(geth, argv)


def main():
    geth, argv = sys.argv[1], sys.argv[2:]
    if argv == ['--version']:
        print('reth-optimism-cli Version: 2.3.2\nCommit SHA: 0000000')
        return
    if not argv or argv[0] not in VALUES:
        usage(f"unrecognized subcommand '{argv[0] if argv else ''}'")
    got = options(argv[0], argv[1:])
    {'init': init, 'node': node}[argv[0]](geth, got)


if __name__ == '__main__':
    main()
