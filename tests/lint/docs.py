"""Checks of the documents, for docs.sh: prints breaches, one a line.

docs.py links           links and anchors of all documents
docs.py pairs           a translation against its original
docs.py commands OPL2   commands and options in shell blocks, against its help
"""
import os
import re
import subprocess
import sys

FENCE = re.compile(r'^```(\w*)\n(.*?)^```$', re.M | re.S)
CODE = re.compile(r'`([^`]+)`')
LINK = re.compile(r'!?\[[^\]]*\]\(([^)\s]+)\)')
HEADING = re.compile(r'^(#+) +(.*)$', re.M)


def read(path):
    with open(path, encoding='utf-8') as f:
        return f.read()


def documents():
    out = subprocess.run(['git', 'ls-files', '--cached', '--others',
                          '--exclude-standard', '*.md'],
                         capture_output=True, text=True, check=True).stdout
    return [p for p in out.split('\n') if p and os.path.exists(p)]


def prose(text):
    return FENCE.sub('', text)


def code(text):
    """What stands between backquotes in a text without blocks."""
    return {' '.join(c.split()) for c in CODE.findall(text)}


def anchors(text):
    """The anchors of the headings, in order, as GitHub makes them."""
    seen, found = {}, []
    for _, title in HEADING.findall(prose(text)):
        slug = re.sub(r'[^\w\- ]', '', title.lower()).replace(' ', '-')
        n = seen[slug] = seen.get(slug, -1) + 1
        found.append(slug if n == 0 else f'{slug}-{n}')
    return found


def links(path, text):
    """Target file and anchor of each relative link in a text of PATH."""
    for url in LINK.findall(CODE.sub('', text)):
        if not re.match(r'[a-z]+:', url):
            file, _, anchor = url.partition('#')
            file = os.path.normpath(os.path.join(os.path.dirname(path), file)) \
                if file else path
            yield url, file, anchor


def check_links():
    for path in documents():
        for url, file, anchor in links(path, prose(read(path))):
            if not os.path.exists(file):
                print(f'{path}: no file {url}')
            elif anchor and anchor not in anchors(read(file)):
                print(f'{path}: no heading {url}')


def original(path):
    """Of a translation the document that it is of; else the document itself."""
    path = path.replace('.zh-CN.md', '.md')
    as_english = path.replace('docs/zh/', 'docs/')
    return as_english if os.path.exists(as_english) else path


def target(file, anchor):
    """What a link leads to, in whichever language."""
    if anchor:
        known = anchors(read(file))
        anchor = known.index(anchor) if anchor in known else -1
    return f'{original(file)}#{anchor}'


def sections(path):
    """Level, title, blocks, targets and code of each section, in order."""
    text, blocks = read(path), []

    def keep(match):
        blocks.append(match.group(0))
        return f'\0{len(blocks) - 1}\0'

    parts = re.split(r'^(#+) +(.*)$', FENCE.sub(keep, text), flags=re.M)
    for level, title, body in zip(parts[1::3], parts[2::3], parts[3::3]):
        yield (len(level), title,
               [blocks[int(n)] for n in re.findall('\0(\\d+)\0', body)],
               sorted(target(f, a) for _, f, a in links(path, body)),
               sorted(code(body) | set(re.findall(r'\b[EW]\d{4}\b', body))))


def check_pairs():
    for path in documents():
        if original(path) == path:
            if path.startswith('docs/zh/'):
                print(f'{path}: has no original')
            continue
        ours, theirs = list(sections(path)), list(sections(original(path)))
        if [s[0] for s in ours] != [s[0] for s in theirs]:
            print(f'{path}: {len(ours)} headings, or other levels, where '
                  f'{original(path)} has {len(theirs)}')
            continue
        for (_, title, *mine), (_, name, *its) in zip(ours, theirs):
            for what, a, b in zip(('code blocks', 'links', 'code in the text'),
                                  mine, its):
                if a != b:
                    odd = [x for x in a if x not in b] + \
                          [x for x in b if x not in a]
                    print(f'{path}: {title} / {name}: other {what}: '
                          f'{odd[:3] or "another number or order"}')


def check_commands(opl2):
    def helped(*words):
        return subprocess.run([opl2, 'help', *words], capture_output=True,
                              text=True).stdout

    commands = set(re.findall(r'^  ([a-z-]+(?: [a-z-]+)?)  ', helped(), re.M))
    groups = {c.split()[0] for c in commands if ' ' in c} - commands
    options = {}
    call = re.compile(r'(?:^|[;&|(`]\s*)opl2(?: -chdir=\S+)* +([a-z][a-z-]*)'
                      r'(?: +([a-z][a-z-]*))?([^;&|>#`\n]*)')
    for path in documents():
        text = read(path)
        shell = [body for kind, body in FENCE.findall(text) if kind == 'sh']
        for line in '\n'.join(shell).replace('\\\n', ' ').split('\n') + \
                [f'`{c}`' for c in sorted(code(prose(text)))]:
            for one, two, rest in call.findall(line):
                name = f'{one} {two}' if f'{one} {two}' in commands else one
                if name in groups and line[0] == '`':
                    continue
                if name not in commands:
                    print(f'{path}: no command: opl2 {one} {two}'.rstrip())
                    continue
                if name not in options:
                    options[name] = set(re.findall(r'(?:^  |\|)(-[a-z0-9-]+)',
                                                   helped(*name.split()), re.M))
                for option in re.findall(r' (-[a-z][a-z0-9-]*)', rest):
                    if option not in options[name]:
                        print(f'{path}: no option: opl2 {name} {option}')


if __name__ == '__main__':
    {'links': check_links, 'pairs': check_pairs,
     'commands': check_commands}[sys.argv[1]](*sys.argv[2:])
