"""The command blocks of the documents: which of them is run, and running them.

doc_run.py check                breaches, one a line
doc_run.py pages PLACE          the pages that have blocks for PLACE, in order
doc_run.py run PLACE PAGE       runs those blocks in this folder

A comment before a block, which no reader sees, says what becomes of it:

	<!-- run: PLACE; exit N -->         where; a command may exit with N, too
	<!-- run by: tests/... -->          tests that run the same commands
	<!-- not run: WHY -->

More lines of a comment of the first kind prepare the block: `X is Y` puts Y for
each X in it, any other line is run before it. All blocks of a page for one place
are one shell at a terminal. Questions are answered with what they ask for. What
runs until Ctrl-C gets that when it has said something. A withdrawal
that pages have in common is made once in a folder.
"""
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLACES = {
    'clone': 'a clone of the repository',
    'folder': 'a new folder, with the first lines of a spec in opl2.yaml',
    'devnet': 'the folder of a devnet, from its first apply on',
    'devnet-end': 'the same, when it has done all else',
}
BLOCK = re.compile(r'(<!--(?:(?!-->).)*-->\n)?```sh\n(.*?)^```$', re.M | re.S)
MARK = re.compile(r'<!-- (run|run by|not run): (.*?) ?-->\n', re.S)
ASKS = re.compile(rb"Type '([^']+)' to continue: $")
UNTIL_CTRL_C = re.compile(r'opl2 (ui|forward)\b|opl2 .* -(f|watch)\b')
WAITS = re.compile(r'opl2 withdraw [\d.]+eth')
LIMIT_S = 240  # for a command


def pages():
    first = ROOT / 'docs/first-chain.md'
    rest = sorted({ROOT / 'README.md', *ROOT.glob('docs/*.md')} - {first})
    return [str(p.relative_to(ROOT)) for p in (first, *rest)]


class Block:
    def __init__(self, page, text, match):
        self.where = f'{page}:{text.count(chr(10), 0, match.start(2)) + 1}'
        self.body = match.group(2)
        mark = MARK.fullmatch(match.group(1) or '')
        self.how, said = mark.groups() if mark else (None, '')
        self.said, *self.before = said.strip().split('\n')
        self.said, *options = (self.said.split('; ') if self.how == 'run'
                               else [self.said])
        self.statuses = {0, *(int(o.removeprefix('exit ')) for o in options)}

    def script(self):
        """Its commands, with what prepares them."""
        body, before = self.body, []
        for line in self.before:
            name, is_, value = line.partition(' is ')
            if is_ and ' ' not in name:
                body = body.replace(name, value)
            else:
                before.append(line)
        return commands('\n'.join(before)), commands(body)


def blocks(page):
    text = (ROOT / page).read_text(encoding='utf-8')
    return [Block(page, text, m) for m in BLOCK.finditer(text)]


def commands(text):
    """Of a script, its whole commands: those that bash needs no more lines for."""
    found, lines = [], []
    for line in text.split('\n'):
        lines.append(line)
        said = subprocess.run(['bash', '-n'], input='\n'.join(lines) + '\n',
                              capture_output=True, text=True)
        if said.returncode == 0 and not said.stderr and line[-1:] != '\\':
            found.append('\n'.join(lines).strip())
            lines = []
    return [c for c in found + ['\n'.join(lines)] if c]


def check():
    for page in pages():
        text = (ROOT / page).read_text(encoding='utf-8')
        marks = len(re.findall(r'^<!-- (?:run|not run)', text, re.M))
        if marks > sum(b.how is not None for b in blocks(page)):
            print(f'{page}: a mark that no block follows')
        for b in blocks(page):
            if not b.how:
                print(f'{b.where}: neither run nor said why not: see tests/cli/doc_run.py')
            elif b.how == 'run' and b.said not in PLACES:
                print(f"{b.where}: no place '{b.said}'")
            elif b.how == 'run by':
                check_others(b)


def check_others(block):
    try:
        tests = ''.join((ROOT / t).read_text() for t in block.said.split())
    except FileNotFoundError as e:
        print(f'{block.where}: {e}')
        return
    for words in re.findall(r'^ *((?:opl2|kubectl) [a-z]\S*)',
                            block.body, re.M):
        if words not in tests:
            print(f"{block.where}: '{words}' is not in {block.said}")


def shell(page, place):
    """A script of all blocks of a page, and its commands. It waits for a line on
    descriptor 8 before each, and says on 9 how it ended."""
    ran = pathlib.Path('commands.ran')  # that take long, in this folder
    done = ran.read_text().splitlines() if ran.exists() else []
    script, listed = [], []
    for b in blocks(page):
        if b.how != 'run' or b.said != place:
            continue
        prepared, shown = b.script()
        for c in prepared + shown:
            long = WAITS.match(c)
            if long and long.group() in done:
                continue
            if long:
                done.append(long.group())
            listed.append((b, c, c in shown))
            script.append(f'read -r <&8\n{c}\necho $? >&9\n')
    if done:
        ran.write_text('\n'.join(done))
    return ''.join(script), listed


class Terminal:
    """A shell at a terminal of its own, and what it says of itself."""

    def __init__(self, script):
        self.said, say = os.pipe()
        go, self.go = os.pipe()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.dup2(go, 8)
            os.dup2(say, 9)
            os.environ.pop('OPL2_INPUT', None)
            os.environ['TERM'] = 'dumb'
            # Ctrl-C is for the command alone.
            os.execvp('bash', ['bash', '--norc', '-c', 'trap : INT\n' + script])
        os.close(go)
        os.close(say)

    def run(self, until_ctrl_c):
        """The next command: its status, or None if it took too long; its text."""
        text, end = b'', time.monotonic() + LIMIT_S
        os.write(self.go, b'\n')
        while time.monotonic() < end:
            ready, _, _ = select.select([self.fd, self.said], [], [], 1)
            more = self.read() if self.fd in ready else b''
            text += more
            ask = ASKS.search(text) if more else None
            if ask:
                os.write(self.fd, ask.group(1) + b'\n')
            elif until_ctrl_c and b'\n' in text:
                os.write(self.fd, b'\x03')
                until_ctrl_c = False
            elif self.said in ready and not more:
                return int(os.read(self.said, 64) or -1), text
        return None, text

    def read(self):
        try:
            return os.read(self.fd, 65536)
        except OSError:  # the shell has ended
            return b''

    def end(self):
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.waitpid(self.pid, 0)


def run(place, page):
    script, listed = shell(page, place)
    terminal, bad = Terminal(script), False
    for block, command, shown in listed:
        began = time.monotonic()
        live = bool(UNTIL_CTRL_C.search(command)) and shown
        status, text = terminal.run(live)
        took = time.monotonic() - began
        print(f'--- {block.where} {took:.1f} s, exit {status}\n$ {command}')
        print(text.decode(errors='replace').replace('\r', ''), flush=True)
        if status not in block.statuses | ({130} if live else set()):
            print(f'{block.where}: exit {status}: {command}')
            bad = True
            break
    terminal.end()
    return bad


def main():
    what, *args = sys.argv[1:]
    if what == 'check':
        check()
    elif what == 'pages':
        for page in pages():
            if any(b.how == 'run' and b.said == args[0] for b in blocks(page)):
                print(page)
    else:
        return run(*args)


if __name__ == '__main__':
    sys.exit(main())
