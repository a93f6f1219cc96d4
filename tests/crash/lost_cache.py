#!/usr/bin/env python3
"""lost_cache: the power fails, and of what was not synced any part may be gone, in any order; then landing-write runs again.

A kill keeps what was written; a loss of power does not. A run's system calls are replayed in a model of a file system that keeps two
states of each file and directory: the one that everybody sees, and the one that a sync has made last. At each call the power fails:
of what has happened since, nothing, all, any one, all but one, or a part drawn at random is on the disk; a write may be there in half,
or as zeros. Each such disk is built, the program runs on it, and the invariants must hold. What it had said before must still be
true. The model knows no order but that of syncs: a file's sync does not save its name, a directory's not that of the directory itself.

    tests/crash/lost_cache.py --bin DIR            under half a minute
    tests/crash/lost_cache.py --bin DIR --long     with every pair of a kill and a loss
"""
import itertools
import os
import pathlib
import random
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import arguments  # noqa: E402
from tap import Tap  # noqa: E402
from zones import Bench, Zone, grow_zone, lagging_zone, must, named, need_strace, receipt, sha256  # noqa: E402

A = b'{"id":1,"name":"Ada"}\n'
B = b'{"id":2,"name":"Bob"}\n'
DAY = ("--date", "2025-11-05")
CALLS = ("openat,mkdirat,write,pwrite64,ftruncate,fsync,fdatasync,linkat,renameat,renameat2,unlinkat,fcntl,close,fallocate,"
         "exit_group")


# -- the model -----------------------------------------------------------------------------------------------------------------


class Node:
    """A file or a directory: what is seen, what is safe, and what happened between, in order."""

    def __init__(self, directory):
        self.directory = directory
        self.seen = {} if directory else b""
        self.safe = {} if directory else b""
        self.pending = []

    def change(self, op):
        self.pending.append(op)
        self.seen = apply(self.seen, op)

    def sync(self):
        self.safe = dict(self.seen) if self.directory else self.seen
        self.pending = []


def apply(state, op):
    kind = op[0]
    if kind == "write":
        _, at, data = op
        return state[:at].ljust(at, b"\0") + data + state[at + len(data):]
    if kind == "truncate":
        return state[:op[1]].ljust(op[1], b"\0")
    state = dict(state)
    if kind == "add":
        state[op[1]] = op[2]
    elif kind == "remove":
        state.pop(op[1], None)
    elif kind == "rename":
        state.pop(op[1], None)
        state[op[2]] = op[3]
    return state


class Disk:
    """A tree of nodes below one folder of the machine."""

    def __init__(self, folder):
        self.folder = str(folder)
        self.index = pathlib.Path(folder) / "zone/.tidegate/index"
        self.root = read_tree(folder)
        self.fds = {}

    def find(self, fd, path):
        """The directory and the last name of a path."""
        if os.path.isabs(path):
            if path != self.folder and not path.startswith(self.folder + "/"):
                return None, None
            at, path = self.root, path[len(self.folder) + 1:]
        else:
            at = self.fds.get(int(fd))
        if at is None or not at.directory:
            return None, None
        *above, name = path.split("/") if path else ["."]
        for step in above:
            at = at.seen.get(step)
            if at is None:
                return None, None
        return at, name

    def begin(self):
        self.fds = {}

    def step(self, call):
        """One call that succeeded; True when something changed that a loss of power can take."""
        name, args, result = call.name, call.args, call.result
        if name == "openat":
            return self.open(args, result)
        if name == "fcntl" and args[1].startswith("F_DUPFD"):
            self.fds[result] = self.fds.get(int(args[0]))
        elif name == "close":
            self.fds.pop(int(args[0]), None)
        elif name == "mkdirat":
            at, last = self.find(args[0], text(args[1]))
            if at is None:
                return False
            at.change(("add", last, Node(True)))
            return True
        elif name in ("write", "pwrite64", "ftruncate", "fsync", "fdatasync", "fallocate"):
            return self.touch(name, args, result)
        elif name == "linkat":
            node = self.fds.get(int(args[0])) if text(args[1]) == "" else self.named(args[0], args[1])
            at, last = self.find(args[2], text(args[3]))
            must(node is not None and at is not None, "a link that the model does not understand:", call)
            at.change(("add", last, node))
            return True
        elif name.startswith("renameat"):
            old, old_name = self.find(args[0], text(args[1]))
            new, new_name = self.find(args[2], text(args[3]))
            must(old is not None and old is new, "a rename that the model does not understand:", call)
            old.change(("rename", old_name, new_name, old.seen[old_name]))
            return True
        elif name == "unlinkat":
            at, last = self.find(args[0], text(args[1]))
            if at is not None:
                at.change(("remove", last))
                return True
        return False

    def named(self, fd, path):
        at, last = self.find(fd, text(path))
        return at and (at if last == "." else at.seen.get(last))

    def open(self, args, result):
        self.fds.pop(result, None)
        flags, path = args[2], text(args[1])
        at, last = self.find(args[0], path)
        if at is None:
            return False
        if "O_TMPFILE" in flags:
            self.fds[result] = Node(False)
            return False
        node = at if last == "." else at.seen.get(last)
        if node is None:
            must("O_CREAT" in flags, "opened what is not there:", path)
            node = Node(False)
            at.change(("add", last, node))
            self.fds[result] = node
            return True
        self.fds[result] = node
        return False

    def touch(self, name, args, result):
        node = self.fds.get(int(args[0]))
        if node is None:
            return False
        if name in ("fsync", "fdatasync"):
            if node.mapped:  # what is stored in memory is in no call; nothing is stored behind the sync
                node.change(("write", 0, self.index.read_bytes()))
            node.sync()
            return True
        if name == "ftruncate":
            node.change(("truncate", int(args[1])))
        elif name == "fallocate":
            node.mapped = True
        else:
            data = raw(args[1])[:result]
            node.change(("write", int(args[3]) if name == "pwrite64" else len(node.seen) if node.appends else node.at, data))
            node.at += len(data)
        return True

    # -- what the power leaves

    def nodes(self):
        """Every node that a state of the tree can reach, once, in a fixed order."""
        found, todo = [], [self.root]
        while todo:
            node = todo.pop()
            if any(node is other for other in found):
                continue
            found.append(node)
            if node.directory:
                todo += [*node.seen.values(), *node.safe.values(), *(op[-1] for op in node.pending if isinstance(op[-1], Node))]
        return found

    def losses(self, rng, most):
        """Disks as the power may leave them, at most so many: trees of bytes and dictionaries. First what is likeliest to be wrong:
        nothing came through, all did, of one file or directory the last change, or all of it, or all but these."""
        nodes = self.nodes()
        pending = [(node, at) for node in nodes for at in range(len(node.pending))]
        every = frozenset(range(len(pending)))
        chosen = [frozenset(), every]
        for node in nodes:
            its = [at for at in every if pending[at][0] is node]
            if its:
                chosen += [frozenset(its[-1:]), every - set(its[-1:]), frozenset(its), every - set(its)]
        rest = [frozenset((one,)) for one in every] + [every - {one} for one in every]
        rest += [frozenset(at for at in every if rng.random() < 0.5) for _ in range(4)]
        if len(pending) <= 3:
            rest += [frozenset(some) for size in range(len(pending) + 1) for some in itertools.combinations(every, size)]
        rng.shuffle(rest)
        disks = []
        for keep in dict.fromkeys(chosen + rest):
            kept = {}
            for at in keep:
                node, op = pending[at]
                kept.setdefault(id(node), set()).add(op)
            for spoilt in ("no", "half", "zeros"):
                disk = tree(self.root, kept, spoilt)
                if disk not in disks:
                    disks.append(disk)
                if len(disks) == most:
                    return disks
        return disks


Node.appends = False
Node.at = 0
Node.mapped = False


def tree(node, kept, spoilt):
    """The node as it is on the disk, when of its pending changes only those in kept have come there."""
    state = dict(node.safe) if node.directory else node.safe
    for at, op in enumerate(node.pending):
        if at not in kept.get(id(node), ()):
            continue
        if op[0] == "write" and spoilt == "half":
            op = ("write", op[1], op[2][:len(op[2]) // 2])
        elif op[0] == "write" and spoilt == "zeros":
            op = ("write", op[1], b"\0" * len(op[2]))
        state = apply(state, op)
    if node.directory:
        return {name: tree(child, kept, spoilt) for name, child in sorted(state.items())}
    return state


def read_tree(path):
    """What is there, all of it safe."""
    path = pathlib.Path(path)
    node = Node(path.is_dir())
    node.seen = {p.name: read_tree(p) for p in path.iterdir()} if node.directory else path.read_bytes()
    node.sync()
    return node


def build(path, disk):
    path.mkdir()
    for name, what in disk.items():
        if isinstance(what, dict):
            build(path / name, what)
        else:
            (path / name).write_bytes(what)


# -- a run's calls -------------------------------------------------------------------------------------------------------------


class Done:
    """A call that succeeded."""

    LINE = re.compile(r"(\w+)\((.*)\) += (\d+)")

    def __init__(self, line):
        found = self.LINE.match(line)
        self.good = bool(found) and "INJECTED" not in line
        self.line = line
        if self.good:
            self.name, self.result = found.group(1), int(found.group(3))
            self.args = re.findall(r'"(?:\\x[0-9a-f]{2})*"|[^,\s]+(?:\|[^,\s]+)*', found.group(2))
            self.args = [re.sub(r"^(\d+|AT_FDCWD)<[^>]*>(\(deleted\))?$", r"\1", a) for a in self.args]

    def __repr__(self):
        return self.line[:200]


def raw(quoted):
    return bytes.fromhex(quoted.strip('"').replace("\\x", ""))


def text(quoted):
    return raw(quoted).decode()


def traced(bench, cwd, content, *more, kill=None):
    """A run and its calls; kill: (name, number)."""
    trace = cwd.parent / (cwd.name + ".trace")
    tracer = ["strace", "-qq", "-xx", "-s", "10000000", "-o", str(trace), "-e", "trace=" + CALLS]
    if kill:
        tracer += ["-e", f"inject={kill[0]}:signal=KILL:when={kill[1]}"]
    result = bench.run(cwd, content, *more, tracer=tracer)
    calls = [Done(line) for line in trace.read_text().splitlines()]
    trace.unlink()
    return result, [call for call in calls if call.good]


def replay(disk, calls):
    """Steps through a run; yields after each call that matters."""
    disk.begin()
    for call in calls:
        if call.name == "openat" and "O_APPEND" in call.args[2]:
            disk.step(call)
            if disk.fds.get(call.result):
                disk.fds[call.result].appends = True
            continue
        if disk.step(call):
            yield call


# -- the tests -----------------------------------------------------------------------------------------------------------------


class Losses:
    def __init__(self, bench, options):
        self.bench = bench
        self.long = options.long
        self.rng = random.Random(options.seed)
        self.disks = 0
        self.tried = {}  # disks that were right already, by their bytes

    def put_right(self, disk, contents, landed, when, more=DAY, old=()):
        """The program runs on what the power left. landed: what it had said to have landed before; old: what is there besides."""
        key = repr((sorted(flat(disk)), contents, landed, more))
        if key in self.tried:
            return
        self.tried[key] = True
        self.disks += 1
        cwd = self.bench.path / f"disk-{self.disks}"
        build(cwd, disk)
        zone = Zone(cwd / "zone")
        zone.check(when, void=True)  # of two lines that were not synced, the first may be gone and the second there
        for content in landed:
            must(sha256(content) in {l["sha256"] for l in zone.landings()}, f"{when}: what had landed is gone")
        for content in contents:
            result = self.bench.again(cwd, content, *more)
            if content in landed:
                must(receipt(result)["result"] == "duplicate", f"{when}: it landed again")
        zone.check(when, orphans=False)
        zone.holds([*contents, *old], when)
        for file in sorted(cwd.rglob("*"), reverse=True):
            file.rmdir() if file.is_dir() else file.unlink()
        cwd.rmdir()

    def at_each_call(self, template, content, others, about, most=20, more=DAY, old=(), share=1.0):
        """The power fails at each call of a run; a share of them is enough where each costs much."""
        cwd = self.bench.fresh(template)
        disk = Disk(cwd)
        result, calls = traced(self.bench, cwd, content, *more)
        must(result.exit == 0, "a clean run:", result)
        must(len(calls) > 20, "so few calls:", calls)
        points = 0
        for call in replay(disk, calls):
            if not self.long and self.rng.random() > share:
                continue
            points += 1
            for lost in disk.losses(self.rng, most):
                self.put_right(lost, [content, *others], others, f"{about}, lost at {named(call.line)[:80]}", more, old)
        for lost in disk.losses(self.rng, most):
            self.put_right(lost, [content, *others], [content, *others], f"{about}, lost at the end", more, old)
        self.bench.drop(cwd)
        print(f"# {about}: {points} points")

    def after_a_kill(self, template, first, second, others, about, share=1.0):
        """A run is killed, the next one builds on what everybody sees, and lands; then the power fails: what it says must be true."""
        probe = self.bench.fresh(template)
        calls = self.bench.calls(probe, first, *DAY)
        self.bench.drop(probe)
        if not self.long:
            calls = self.rng.sample(calls, round(len(calls) * share))
        for call in calls:
            cwd = self.bench.fresh(template)
            disk = Disk(cwd)
            when = f"{about}, killed at {named(call.text)[:80]}"
            for _ in replay(disk, traced(self.bench, cwd, first, *DAY, kill=(call.name, call.number))[1]):
                pass
            result, again = traced(self.bench, cwd, second, *DAY)
            must(result.exit == 0, f"{when}: then", result)
            contents = [second, *others]
            for step in replay(disk, again):
                if not self.long and self.rng.random() > 0.04:
                    continue
                for lost in disk.losses(self.rng, 12 if self.long else 3):
                    self.put_right(lost, list(dict.fromkeys([first, *contents])), others, f"{when}, lost at {named(step.line)[:80]}")
            for lost in disk.losses(self.rng, 12 if self.long else 5):
                self.put_right(lost, list(dict.fromkeys([first, *contents])), contents, f"{when}, lost at the end")
            self.bench.drop(cwd)
        print(f"# {about}: {len(calls)} kills")


def flat(disk, above=""):
    for name, what in disk.items():
        yield above + name, b"" if isinstance(what, dict) else what
        if isinstance(what, dict):
            yield from flat(what, above + name + "/")


def main():
    options = arguments(__doc__)
    tap = Tap()
    began = os.times()
    with Bench(options) as bench:
        losses = Losses(bench, options)
        used = bench.fresh()
        bench.again(used, b"before\n", *DAY)
        with tap.case("a first landing, the power fails at each call"):
            need_strace()
            losses.at_each_call(None, A, [], "no zone yet")
        with tap.case("a landing in a zone, the power fails at each call"):
            need_strace()
            losses.at_each_call(used, A, [b"before\n"], "in a zone")
        with tap.case("a duplicate, the power fails at each call"):
            need_strace()
            losses.at_each_call(used, b"before\n", [], "duplicate")
        lagging, old = lagging_zone(bench)
        asked = [old[0], old[64], old[-1]]
        rest = [content for content in old if content not in asked]
        with tap.case("an index is made, the power fails at each call"):
            need_strace()
            losses.at_each_call(lagging, A, asked, "index made", 9, (), rest)
        with tap.case("an index is brought up, the power fails at each call"):
            need_strace()
            bench.again(lagging, A)
            more = grow_zone(lagging / "zone", 130, 260)
            losses.at_each_call(lagging, B, [A, *asked, more[0], more[-1]], "index brought up", 12, (), [*rest, *more[1:-1]], 0.03)
        with tap.case("killed, landed by the next run, then the power fails"):
            need_strace()
            losses.after_a_kill(None, A, A, [], "no zone yet")
            losses.after_a_kill(used, A, A, [b"before\n"], "in a zone", 0.5)
        with tap.case("killed, other content landed, then the power fails"):
            need_strace()
            losses.after_a_kill(used, A, B, [b"before\n"], "other content", 0.5)
        runs = bench.runs
    ended = os.times()
    print(f"# {losses.disks} disks, {runs} runs, {sum(ended[:4]) - sum(began[:4]):.0f} s of CPU")
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
