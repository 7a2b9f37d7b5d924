"""The YAML of the documents as specs: doc_specs.py ROOT OUT.

A piece becomes a whole spec in one of two ways, of the devnet and of a chain on
a public L1: OUT/PAGE.N/devnet/opl2.yaml and OUT/PAGE.N/opstack/opl2.yaml. Those
that are only a part of something (they begin with a space) are left out.
"""
import pathlib
import re
import sys

root, out = map(pathlib.Path, sys.argv[1:])
head = 'opl2: 1\nname: chain\nuse: '
inputs = 'l1_rpc: "http://127.0.0.1:8545"', 'l1_chain_id: 11155111', \
    'l2_chain_id: 11155986'
limits = 'limits: { eth: 3eth }\n'


def with_inputs(piece):
    own = [i for i in inputs
           if not re.search(rf'^ +{i.split(":")[0]}:', piece, re.M)]
    lines = 'with:\n' + ''.join(f'  {i}\n' for i in own)
    flow = 'with: { ' + ', '.join(own) + ', '
    if re.search(r'^with:$', piece, re.M):
        return re.sub(r'^with:( *#.*)?\n', lines, piece, 1, re.M)
    if re.search(r'^with: \{ ', piece, re.M):
        return re.sub(r'^with: \{ ', flow, piece, 1, re.M)
    return lines + piece


for page in sorted([root / 'README.md', *root.glob('docs/*.md')]):
    pieces = re.findall(r'^```yaml\n(.*?)^```$', page.read_text(), re.M | re.S)
    for n, piece in enumerate(pieces, 1):
        if piece.startswith(' '):
            continue
        whole = piece.startswith('opl2:')
        for how, text in (('devnet', piece if whole else head + 'devnet\n' + piece),
                          ('opstack', head + 'opstack\n' +
                           ('' if 'limits:' in piece else limits) +
                           with_inputs(piece))):
            folder = out / f'{page.stem}.{n}' / how
            folder.mkdir(parents=True)
            (folder / 'opl2.yaml').write_text(text)
