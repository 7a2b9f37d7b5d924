#!/usr/bin/env python3
"""Random requests and kills for a real opl2-supervise, with a model beside it.

    supervise_model.py BIN [--seed N] [--steps N] [--rounds N]

BIN is the folder of the programs (build/asan). A step is a few requests, or a
kill -9 of the supervisor, of its watchdog, of both, or of a child; some are
sent before the ones before them are done. After each step the supervisor has to
come to what the model says, and

- a process runs once at most, and is the one that the status names;
- a process that nothing was asked of keeps its pid;
- each request gets its answer;
- what is refused is refused with a code.

A failure prints the seed, the steps, and what was expected; the same seed
repeats the run.
"""
import argparse
import json
import os
import random
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

SETTLE_S = 60
NAMES = ["base", "user", "bound", "secret", "deaf"]
# What each is: what it waits for, what it is bound to, a secret, deaf to TERM.
DEPENDS = {"user": ["base"]}
BOUND = {"bound": ["base"]}


class Failure(Exception):
    """What is not as the model says."""


class Link:
    """One connection."""

    def __init__(self, folder):
        self.sock = socket.socket(socket.AF_UNIX)
        # The address of a socket is short: by the folder that is open.
        run = os.open(os.path.join(folder, "run"), os.O_RDONLY)
        try:
            self.sock.connect(f"/proc/self/fd/{run}/supervise.sock")
        finally:
            os.close(run)
        self.text, self.kept = b"", {}

    def ask(self, number, op, args):
        text = json.dumps(dict(args, op=op, id=number)).encode()
        self.sock.sendall(struct.pack(">I", len(text)) + text)

    def answer(self, number, until, keep=False):
        """The reply to that request; None when the connection ends. Others are
        passed over, or kept for later."""
        if number in self.kept:
            return self.kept.pop(number)
        while True:
            while len(self.text) >= 4:
                (size,) = struct.unpack(">I", self.text[:4])
                if len(self.text) < 4 + size:
                    break
                reply = json.loads(self.text[4:4 + size])
                self.text = self.text[4 + size:]
                if "event" in reply:
                    continue
                if reply.get("id") == number:
                    return reply
                if keep:
                    self.kept[reply["id"]] = reply
            left = until - time.monotonic()
            if left <= 0:
                raise Failure("a request got no answer")
            if not select.select([self.sock], [], [], left)[0]:
                continue
            try:
                more = self.sock.recv(65536)
            except ConnectionError:
                more = b""
            if not more:
                return None
            self.text += more

    def close(self):
        self.sock.close()


class Proc:
    """What the model knows of a process."""

    def __init__(self):
        self.version = 0
        self.up = self.hold = False
        self.runs = False
        self.run_version = None
        self.pid = self.killed = None
        self.stuck = False
        self.loose = False  # which version it runs is not known


class Model:
    """What has to become of the requests."""

    def __init__(self):
        self.procs = {}
        self.secret = False

    def put(self, name, version, hold):
        p = self.procs.setdefault(name, Proc())
        p.version = version
        if hold is not None:
            p.hold = hold
        if name == "secret":
            self.secret = True

    def start(self, p):
        p.up, p.hold = True, False

    def stop(self, p, hold, force):
        p.up = False
        p.hold = p.hold or hold

    def settle(self):
        """Everything that follows by itself."""
        for name in NAMES:  # in the order of what depends on what
            p = self.procs.get(name)
            if p is None or not p.up or p.runs:
                continue
            if name == "secret" and not self.secret:
                continue
            if all(d in self.procs and self.procs[d].runs and self.procs[d].up
                   for d in DEPENDS.get(name, [])):
                p.runs, p.run_version, p.pid = True, p.version, None

    def state(self, name):
        p = self.procs[name]
        if p.stuck:
            return {"stopping"}
        if p.runs:
            return {"ready"}
        if not p.up:
            return {"stopped"}
        if name == "secret" and not self.secret:
            return {"blocked"}
        return {"waiting"}


class Run:
    def __init__(self, programs, seed, steps):
        self.bin = os.path.abspath(programs)
        self.random = random.Random(seed)
        self.steps, self.seed, self.log = steps, seed, []
        self.home = tempfile.mkdtemp(prefix="opl2-model-")
        self.folder = os.path.join(self.home, ".opl2")
        os.mkdir(self.folder)
        self.model, self.number = Model(), 0
        self.supervisor = self.watchdog = 0
        self.deaf_too = True
        self.mark = f"{os.getpid()}-{seed}"

    # --- the supervisor

    def begin(self):
        env = dict(os.environ, OPL2_LIBEXEC=self.bin)
        subprocess.run([f"{self.bin}/opl2-supervise", f"--dir={self.folder}"],
                       env=env, check=True, timeout=SETTLE_S,
                       stdin=subprocess.DEVNULL)

    def link(self):
        until = time.monotonic() + SETTLE_S
        while True:
            try:
                return Link(self.folder)
            except OSError:
                if time.monotonic() > until:
                    raise Failure("the supervisor does not come back") from None
                time.sleep(0.02)

    def call(self, op, **args):
        """One request, whose reply is waited for."""
        until = time.monotonic() + SETTLE_S
        while True:
            link = self.link()
            self.number += 1
            try:
                link.ask(self.number, op, args)
                reply = link.answer(self.number, until)
            except BrokenPipeError:
                reply = None
            finally:
                link.close()
            if reply is not None:
                return reply

    def definition(self, name, version):
        program = "exec sleep 86400"
        if name == "deaf":
            program = "trap '' TERM; exec sleep 86400"
        env = {"MODEL": f"{self.mark}:{name}", "PATH": os.environ["PATH"],
               "VERSION": str(version)}
        if name == "secret":
            env["KEY"] = {"$secret": [{"env": "MODEL_KEY"}]}
        return {
            "command": ["/bin/sh", "-c", program], "env": env,
            "log": {"path": os.path.join(self.folder, f"{name}.log")},
            "depends": DEPENDS.get(name, []), "bound_to": BOUND.get(name, []),
            "restart": {"min_ms": 20, "max_ms": 100, "limit": 1000,
                        "window_ms": 1},
            "stop": [{"signal": "TERM", "grace": 300}],
            "stop_order": NAMES.index(name) * 10,
        }

    # --- steps: each changes the model, and returns requests (op, args)

    def some(self):
        known = sorted(self.model.procs)
        if not self.deaf_too and "deaf" in known:
            known.remove("deaf")
        if not known:  # no names are all
            return [], {"names": ["nobody"]} if self.model.procs else {}
        if self.deaf_too and self.random.random() < 0.1:
            return known, {}
        names = self.random.sample(known, self.random.randint(1, len(known)))
        return names, {"names": names}

    def step_put(self):
        name = self.random.choice(NAMES)
        version = self.random.randint(0, 2)
        hold = self.random.choice([None, True, False])
        self.model.put(name, version, hold)
        args = {"name": name, "def": self.definition(name, version)}
        if hold is not None:
            args["hold"] = hold
        if name == "secret":
            args["secrets"] = {"env:MODEL_KEY": "value"}
        return [("put", args)]

    def step_start(self):
        names, args = self.some()
        for n in names:
            self.model.start(self.model.procs[n])
        return [("start", args)]

    def step_stop(self):
        names, args = self.some()
        hold, force = self.random.random() < 0.5, self.random.random() < 0.7
        for n in names:
            p = self.model.procs[n]
            self.model.stop(p, hold, force)
            self.down(n, force)
        return [("stop", dict(args, hold=hold, force=force))]

    def down(self, name, force):
        """It is stopped; who is deaf runs on unless it is forced."""
        p = self.model.procs[name]
        if p.runs and name == "deaf" and not force:
            p.stuck = True
            return
        p.runs, p.stuck, p.run_version = False, False, None

    def step_restart(self):
        names, args = self.some()
        # Of what is deaf a restart without force leaves no more than a stop.
        force = "deaf" in names or self.random.random() < 0.5
        for n in names:
            p = self.model.procs[n]
            self.model.start(p)
            self.down(n, force)
        return [("restart", dict(args, force=force))]

    def step_hold(self):
        names, args = self.some()
        on = self.random.random() < 0.5
        for n in names:
            self.model.procs[n].hold = on
        return [("hold", dict(args, on=on))]

    def step_remove(self):
        names, args = self.some()
        self.random.shuffle(names)
        if any(self.model.procs[n].runs or self.model.procs[n].up
               for n in names):
            # Those that are down are removed all the same.
            for n in names:
                p = self.model.procs[n]
                if not p.runs and not p.up:
                    del self.model.procs[n]
            return [("remove", args, "E0913")]
        for n in names:
            del self.model.procs[n]
        return [("remove", args)]

    def step_secrets(self):
        self.model.secret = True
        return [("secrets", {"secrets": {"env:MODEL_KEY": "value"}})]

    def step_nonsense(self):
        op, args, code = self.random.choice([
            ("start", {"names": ["nobody"]}, "E0911"),
            ("remove", {"names": ["nobody"]}, "E0911"),
            ("pause", {"names": ["base"], "on": True}, "E0936"),
            ("dance", {}, "E0908"),
            ("wait_gate", {"names": []}, "E0908"),
            ("hello", {"version": 99}, "E0908"),
            ("put", {"name": "bad", "def": {"command": 1}}, None),
            ("upgrade", {"path": "/none"}, "E0914"),
        ])
        if op == "pause" and "base" not in self.model.procs:
            code = "E0911"
        if op == "wait_gate" and len(self.model.procs) == 1:
            return []
        return [(op, args, code or "")]

    def step_kill_child(self):
        alive = [n for n, p in self.model.procs.items() if p.runs and p.pid]
        if not alive:
            return []
        name = self.random.choice(sorted(alive))
        p = self.model.procs[name]
        os.kill(p.pid, signal.SIGKILL)
        p.runs = p.stuck = False
        if name == "base" and p.up:
            # Those that are bound to it are restarted when it is back.
            b = self.model.procs.get("bound")
            if b and b.up and b.runs:
                b.runs = False
        p.killed = p.pid
        return []

    def kill_all(self, pids):
        """At once, so that none has time to start another."""
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        until = time.monotonic() + SETTLE_S
        while any(self.is_alive(pid) for pid in pids):
            if time.monotonic() > until:
                raise Failure("a killed supervisor lives")
            time.sleep(0.01)

    def another(self):
        """A supervisor that comes after one knows nothing of stops that ended
        long ago: what is to run, and does, is ready."""
        for p in self.model.procs.values():
            p.stuck = p.stuck and not p.up

    def step_kill_supervisor(self):
        self.kill_all([self.supervisor])
        self.another()
        return []

    def step_kill_watchdog(self):
        self.kill_all([self.watchdog])
        return []

    def step_kill_both(self):
        self.kill_all([self.watchdog, self.supervisor])
        if self.random.random() < 0.5:
            self.step_kill_child()
        self.model.secret = False
        self.another()
        self.begin()
        return []

    def step_shutdown(self):
        self.call("shutdown")
        until = time.monotonic() + SETTLE_S
        while self.is_alive(self.supervisor) or self.is_alive(self.watchdog):
            if time.monotonic() > until:
                raise Failure("after a shutdown the supervisor lives")
            time.sleep(0.02)
        self.model.secret = False
        self.another()
        self.begin()
        return []

    def step_upgrade(self):
        self.another()
        return [("upgrade", {"path": f"{self.bin}/opl2-supervise"})]

    # --- what there is

    @staticmethod
    def is_alive(pid):
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
                return f.read().rsplit(")", 1)[1].split()[0] not in "ZX"
        except OSError:
            return False

    def ours(self):
        """Pids of each process, by its environment."""
        found = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/environ", "rb") as f:
                    env = f.read()
            except OSError:
                continue
            at = env.find(f"MODEL={self.mark}:".encode())
            if at >= 0 and self.is_alive(pid):
                name = env[at:].split(b"\0")[0].split(b":")[1].decode()
                found.setdefault(name, []).append(int(pid))
        return found

    def difference(self, status):
        """Why the status is not as the model says, or None."""
        seen = {p["name"]: p for p in status["procs"]}
        if sorted(seen) != sorted(self.model.procs):
            return f"processes are {sorted(seen)}"
        for name, p in self.model.procs.items():
            s = seen[name]
            if s["state"] not in self.model.state(name):
                return f"{name} is {s['state']}"
            if s["desired"] != ("up" if p.up else "down"):
                return f"{name} is to be {s['desired']}"
            if s["hold"] != p.hold:
                return f"{name} has hold {s['hold']}"
            if p.runs and not p.loose and p.run_version is not None and (
                    s["stale"] != (p.run_version != p.version)):
                return f"{name} has stale {s['stale']}"
            if p.runs != ("pid" in s):
                return f"{name} has the pid {s.get('pid')}"
            if p.runs and s["pid"] == p.killed:
                return f"{name} has the pid {s['pid']}, which was killed"
            if p.runs and p.pid not in (None, s["pid"]):
                return f"{name} has the pid {s['pid']} in place of {p.pid}"
        return None

    def check(self):
        self.model.settle()
        until = time.monotonic() + SETTLE_S
        while True:
            status = self.call("status")
            wrong = self.difference(status)
            alive = self.ours()
            for name, pids in alive.items():
                if len(pids) > 1:
                    raise Failure(f"{name} runs as {pids}")
            if not wrong:
                break
            if time.monotonic() > until:
                raise Failure(f"{wrong}; the status is {json.dumps(status)}")
            time.sleep(0.05)
        for s in status["procs"]:
            p = self.model.procs[s["name"]]
            if p.loose and p.runs:
                p.run_version = None if s["stale"] else p.version
            p.pid, p.loose = s.get("pid"), False
            if alive.get(s["name"], []) != ([p.pid] if p.pid else []):
                raise Failure(f"{s['name']} is {p.pid}, "
                              f"and {alive.get(s['name'])} runs")
        self.supervisor = status["supervisor"]["pid"]
        self.watchdog = status["supervisor"]["guard_pid"]

    def watched(self):
        """A watchdog that was killed is soon there again."""
        until = time.monotonic() + SETTLE_S
        while not self.is_alive(self.watchdog):
            if time.monotonic() > until:
                raise Failure("there is no watchdog")
            time.sleep(0.02)
            status = self.call("status")
            self.watchdog = status["supervisor"]["guard_pid"]

    def step_together(self):
        """Several at a time, each taken before the next one is sent, but not
        done; then the supervisor may be killed."""
        steps = self.random.choices(
            [self.step_put, self.step_start, self.step_stop, self.step_restart,
             self.step_hold, self.step_secrets], k=self.random.randint(2, 5))
        self.deaf_too = False
        requests = [r for step in steps for r in step()]
        self.deaf_too = True
        self.note("together", requests)
        for p in self.model.procs.values():
            p.loose = True  # started before a put of these, or after it
        for op, args in requests:
            if op not in ("stop", "restart"):
                continue
            names = args.get("names") or list(self.model.procs)
            # Whoever is stopped and started at once may have been left alone.
            for name in names + (["bound"] if "base" in names else []):
                if name in self.model.procs:
                    self.model.procs[name].pid = None
        until, links = time.monotonic() + SETTLE_S, []
        for op, args in requests:
            link = self.link()
            self.number += 2
            link.ask(self.number - 1, op, args)
            link.ask(self.number, "hello", {"version": 1})
            if link.answer(self.number, until, keep=True) is None:
                raise Failure(f"no answer to hello after {op}")
            links.append((link, self.number - 1, op))
        killed = self.random.random() < 0.25
        if killed:
            self.kill_all([self.supervisor])
            self.another()
        for link, number, op in links:
            reply = link.answer(number, until)
            link.close()
            if reply is None and not killed:
                raise Failure(f"{op} got no answer")
        return []

    def one_step(self):
        kinds = [(self.step_put, 5), (self.step_start, 6), (self.step_stop, 4),
                 (self.step_restart, 3), (self.step_hold, 1),
                 (self.step_remove, 2), (self.step_secrets, 1),
                 (self.step_nonsense, 2), (self.step_kill_child, 3),
                 (self.step_kill_supervisor, 2), (self.step_kill_watchdog, 1),
                 (self.step_kill_both, 1), (self.step_shutdown, 1),
                 (self.step_upgrade, 1), (self.step_together, 8)]
        step = self.random.choices([k for k, _ in kinds],
                                   [n for _, n in kinds])[0]
        requests = step()
        if step != self.step_together:
            self.note(step.__name__[5:], requests)
        for op, args, *code in requests:
            reply = self.call(op, **args)
            self.judge(op, reply, code)
        self.watched()
        self.check()
        self.ask_ready()

    def ask_ready(self):
        """Who waits for a process is told at once what becomes of it."""
        if not self.model.procs or self.random.random() < 0.5:
            return
        name = self.random.choice(sorted(self.model.procs))
        p, state = self.model.procs[name], self.model.state(name)
        code = {"ready": [], "stopped": ["E0912"], "waiting": ["E0912"],
                "blocked": ["E0909"], "stopping": ["E0907"]}[min(state)]
        if not p.up:
            code = ["E0912"]
        reply = self.call("wait_ready", names=[name])
        if [d["code"] for d in reply.get("diags", [])] != code:
            raise Failure(f"wait_ready of {name} got {reply}")

    def note(self, what, requests):
        self.log.append(f"{what} "
                        + json.dumps([(r[0], {k: v for k, v in r[1].items()
                                              if k != "def"})
                                      for r in requests]))

    def judge(self, op, reply, code):
        codes = [d["code"] for d in reply.get("diags", [])
                 if d.get("severity", "error") == "error"]
        if code:
            if reply["ok"] or (code[0] and code[0] not in codes):
                raise Failure(f"{op} got {reply}")
        elif not reply["ok"] and not (op in ("stop", "restart")
                                      and codes == ["E0907"]):
            raise Failure(f"{op} got {reply}")

    def all(self):
        self.begin()
        try:
            self.check()
            for _ in range(self.steps):
                self.one_step()
        finally:
            self.end()

    def end(self):
        for pid in [self.watchdog, self.supervisor]:
            if pid and self.is_alive(pid):
                os.kill(pid, signal.SIGSTOP)
        for pid in [self.watchdog, self.supervisor]:
            if pid and self.is_alive(pid):
                os.kill(pid, signal.SIGKILL)
        for pids in self.ours().values():
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.home, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bin")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=1)
    opts = parser.parse_args()
    for seed in range(opts.seed, opts.seed + opts.rounds):
        run = Run(opts.bin, seed, opts.steps)
        try:
            run.all()
        except Failure as e:
            print("\n".join(run.log))
            print(f"seed {seed}, step {len(run.log)}: {e}")
            print(f"repeat it with --seed {seed} --steps {opts.steps}")
            sys.exit(1)
        print(f"seed {seed}: {len(run.log)} steps")


main()
