"""measuring: what a row is made of, and the bench that it is measured with.

A row is a function under @row, in a file rows_SUBJECT.py beside this one; the runner finds it:

    @row("validate tiny", at_least("jq / ours", 10, 20))
    def tiny(b):
        file = b.input("customers-jsonl", 1000)
        race = b.race(ours=Run([b.tool("validate"), "-c", b.file("any.json", True)], stdin=file), jq=Run(["jq", "-c", ".", file]))
        return [race.ratio("jq", "ours")]

It returns a value for each of its figures, None for one that could not be had, and maybe a remark: [values], "remark". A command
that begins with the name of a peer (peers.py) runs that peer, or leaves it out by name. What is no rival but cannot be done without
(cat, a digest) is a limit: Run(..., limit=True). A row of how cost grows also says b.curve(...), which is drawn.
"""
import collections
import contextlib
import dataclasses
import hashlib
import inspect
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

from peers import CACHE, PEERS, NotHere

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class WrongOutput(Exception):
    """What a program printed, or how it ended, is not what an independent one says."""


# -- rows ---------------------------------------------------------------------------------------------------------------------

# What is measured, what it must be, what is aimed at (None: only shown).
Figure = collections.namedtuple("Figure", "what bound must aim unit")
Row = collections.namedtuple("Row", "name figures measure keys full growth slow")

ROWS = []


def at_least(what, must=None, aim=None):
    return Figure(what, ">=", must, aim, "")


def at_most(what, must=None, aim=None, unit=""):
    return Figure(what, "<=", must, aim, unit)


def used():
    """CPU seconds of this process and of all that it has waited for."""
    return sum(os.times()[:4])


def row(name, *figures, keys=0, full=False, growth=False, slow=False):
    """The function below is a row. keys: it is measured where so many are asked for (--quick, --full). full: only with --full.
    growth: only with --growth, and with --full. slow: not with --quick, unless it is named."""
    def keep(measure):
        ROWS.append(Row(name, figures, measure, keys, full, growth, slow))
        return measure
    return keep


def growth(points):
    """How much dearer a point is than the cheapest before it, at worst."""
    worst, least = 1.0, None
    for _, y in sorted(points):
        worst = max(worst, y / least) if least else worst
        least = min(least, y) if least else y
    return worst


# -- races --------------------------------------------------------------------------------------------------------------------

def digest_of(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cached(path):
    """The path, its bytes in the page cache."""
    with open(path, "rb") as file:
        while file.read(1 << 20):
            pass
    return str(path)


def megabytes(path):
    return os.path.getsize(path) / 1e6


@dataclasses.dataclass
class Run:
    """A command that takes part in a race, and how its output is judged before anything is timed: answer(path) of what it printed
    must be `expect`, or the answer of the first in the race. None: its output is another's, or none."""
    argv: list
    stdin: str = None
    keys: int = 0  # it is fed so many records {"id":"..."}, no two alike, instead
    env: dict = dataclasses.field(default_factory=dict)
    before: callable = lambda: None
    answer: callable = digest_of
    expect: object = None
    limit: bool = False  # no rival, but what the job cannot be done without
    least: int = 0  # rounds, however long they take: for what is compared by wall time, and near its bound


@dataclasses.dataclass
class Timing:
    cpu: list = dataclasses.field(default_factory=list)  # seconds a round: of the program and all it started
    wall: list = dataclasses.field(default_factory=list)
    rss: float = 0  # megabytes at its peak
    millions: list = dataclasses.field(default_factory=list)  # least CPU seconds that each million keys took, of those fed

    def take(self, figure):
        marks = [cpu / 1e6 for cpu, _ in figure.get("millions", [])]
        taken = [mark - before for mark, before in zip(marks, [0, *marks])]
        self.millions = [min(pair) for pair in zip(self.millions or taken, taken)]
        self.cpu.append(figure["cpu"] / 1e6)
        self.wall.append(figure["wall"] / 1e6)
        self.rss = max(self.rss, figure["rss"] * 1024 / 1e6)

    def summary(self):
        return {"cpu_best": min(self.cpu), "cpu_median": statistics.median(self.cpu), "wall_best": min(self.wall),
                "wall_median": statistics.median(self.wall), "rss_mb": self.rss, "rounds": len(self.cpu),
                **({"cpu_millions": self.millions} if self.millions else {})}


class Race(dict):
    """name: Timing of all that took part, and what each is: "ours", "peer" or "limit". clock: what they are compared by."""

    def __init__(self, clock="cpu"):
        super().__init__()
        self.clock, self.kinds = clock, {}

    def standing(self):
        """(name of the best peer, its time over ours), (name of the nearest limit, our time over its), None where there is none."""
        ours = next((name for name in self if self.kinds[name] == "ours"), None)
        peers, limits = ([name for name in self if self.kinds[name] == kind] for kind in ("peer", "limit"))
        best, near = (min(names, key=lambda name: min(getattr(self[name], self.clock)), default=None) for names in (peers, limits))
        return ((best, self.ratio(best, ours, self.clock)) if ours and best else None,
                (near, self.ratio(ours, near, self.clock)) if ours and near else None)

    def ratio(self, of, to, what="cpu"):
        """Between the best rounds of two; None where one did not take part."""
        if of not in self or to not in self:
            return None
        return min(getattr(self[of], what)) / min(getattr(self[to], what))

    def best(self, name):
        return min(self[name].cpu)

    def rate(self, name, amount):
        """amount a second of CPU, in a word."""
        return f"{amount / self.best(name):.0f}" if name in self else "-"


# -- the bench ----------------------------------------------------------------------------------------------------------------

class Bench:
    def __init__(self, build, size="default"):
        self.build = build.resolve()
        self.size, self.full, tiny = size, size == "full", size == "tiny"
        self.quick = quick = size in ("quick", "tiny")
        self.volume = 1_000_000 if tiny else 200_000_000 if quick else 1_000_000_000  # bytes over which memory is looked at
        self.many = 2_000 if tiny else 100_000 if quick else 1_000_000            # records, to which allocations are counted
        self.rounds = 3 if quick else 5
        self.patience = 0.4 if quick else 10  # seconds of CPU; what has taken longer is not timed again
        self.starts = 3 if tiny else 40 if quick else 300
        self.rows = 2_000 if tiny else 500_000 if quick else 2_000_000
        self.keys = {"tiny": 0, "quick": 1_000_000, "default": 10_000_000, "full": 100_000_000}[size]
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir=self.build))
        # Made once for all builds; another generator makes another folder.
        self.data = CACHE / "data" / digest_of(ROOT / "scripts" / "gen")[:12]
        self.data.mkdir(parents=True, exist_ok=True)
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("TIDEGATE_")}
        self.made, self.at_end = {}, contextlib.ExitStack()
        self.making = 0.0   # CPU seconds for what is made once and kept
        self.row = None     # that is being measured
        self.races = []     # (row, Race), for the table at the end
        self.curves = []    # of how cost grows: see curve
        self.missing = {}   # (row, peer): why it was left out

    def once(self, name, make):
        """What make() gives as a with block, made for the first row that asks, and put away by close."""
        if name not in self.made:
            self.made[name] = self.at_end.enter_context(make())
        return self.made[name]

    def close(self):
        self.at_end.close()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def tool(self, name):
        path = self.build / "tools" / name
        if not path.exists():
            raise NotHere(f"there is no program {name}")
        return str(path)

    def helper(self, name):
        path = self.build / "tests" / name
        if not path.exists():
            raise NotHere(f"there is no {name} in this build")
        return str(path)

    def input(self, kind, rows=None, *options):
        """A file of generated records, made once."""
        rows = rows or self.rows
        path = self.data / "-".join([kind, str(rows), *(o.strip("-") for o in options)])
        if not path.exists():
            part, began = path.with_name(path.name + ".part"), used()
            with open(part, "wb") as out:
                subprocess.run([sys.executable, ROOT / "scripts" / "gen", kind, str(rows), *options], stdout=out, check=True)
            part.rename(path)
            self.making += used() - began
        return cached(path)

    def key_file(self, count):
        """So many records {"id":"..."}, no two alike: what is fed as keys, in a file."""
        path = self.data / f"keys-{count}-distinct"
        if not path.exists():
            part = path.with_name(path.name + ".part")
            self.measure(["cat"], keys=count, stdout=str(part))
            expected = subprocess.check_output([sys.executable, ROOT / "scripts" / "gen", "keys", "10000", "--dup", "0"])
            with open(part, "rb") as file:
                self.same("the first keys, and those of scripts/gen", file.read(len(expected)), expected)
            part.rename(path)
        return cached(path)

    def known(self, function, path, *more):
        """function(path, *more), an answer by an independent implementation that takes long: kept beside the data until one of the three
        is another. What it gives must go into JSON and come out the same."""
        source = inspect.getsource(sys.modules[function.__module__]) + repr(more)
        kept = self.data / f"{pathlib.Path(path).name}.{function.__name__}-{hashlib.sha256(source.encode()).hexdigest()[:12]}.answer"
        if not kept.exists():
            part, began = kept.with_name(kept.name + ".part"), used()
            part.write_text(json.dumps(function(path, *more)))
            part.rename(kept)
            self.making += used() - began
        return json.loads(kept.read_text())

    def leave_out(self, name, why):
        """Says at the end that the row is without this competitor."""
        self.missing[self.row, name] = why

    def file(self, name, value):
        path = self.scratch / name
        path.write_text(json.dumps(value))
        return str(path)

    def contract(self):
        return json.loads(subprocess.check_output([sys.executable, ROOT / "scripts" / "gen", "contract"]))

    def measure(self, command, times=1, stdin=None, keys=0, stdout="/dev/null", env=None, feed=None, orphans=False):
        """[{cpu, wall, rss, status}] of so many runs, started by a program that is small itself (measure.c). With orphans what a command
        leaves running is waited for and counted."""
        argv = [self.helper("measure"), *(["-a"] if orphans else []), "-n", str(times), "-o", stdout]
        argv += ["-i", stdin] if stdin else ["-k", str(keys)] if keys else []
        argv += command
        run = subprocess.run(argv, cwd=self.scratch, env={**self.env, **(env or {})}, stdin=feed, capture_output=True, text=True)
        figures = [json.loads(line) for line in run.stdout.splitlines()]
        if run.returncode or any(figure["status"] for figure in figures):
            raise WrongOutput(f"{' '.join(command)}: {run.stderr.strip() or figures}")
        return figures

    def same(self, what, got, expected):
        if got != expected:
            raise WrongOutput(f"{what}: the outputs differ")

    def curve(self, title, x, y, lines):
        """To be drawn on two log axes: {name: [(x, y), ...]}. Returns by how much the y of a later point of any line exceeds the least
        before it, at worst: 1 for what falls all the way, and what the rest of its row may ask about."""
        self.curves.append({"row": self.row, "title": title, "x": x, "y": y, "lines": lines})
        return max((growth(points) for points in lines.values()), default=None)

    def race(self, clock="cpu", **runs):
        """Those that can be had, their outputs compared, then timed in turns, so that a slow minute hits all of them. What took long
        when its output was compared is not run again: that time counts, though it wrote to a file."""
        runs = {name: run for name, run in runs.items() if self._found(name, run)}
        race, reference = Race(clock), self.scratch / "reference"
        for name, run in runs.items():
            self._compare(name, run, race, reference)
        reference.unlink(missing_ok=True)
        for _ in range(self.rounds):
            for name, timing in race.items():
                if sum(timing.cpu) < self.patience or len(timing.cpu) < runs[name].least:
                    timing.take(self._once(runs[name]))
        self.races.append((self.row, race))
        return race

    def _found(self, name, run):
        """Puts a peer's path in the place of its name."""
        try:
            if run.argv[0] in PEERS:
                run.argv = [*PEERS[run.argv[0]].command(), *run.argv[1:]]
        except NotHere as lack:
            self.leave_out(name, str(lack))
            return False
        return True

    def _once(self, run, stdout="/dev/null"):
        run.before()
        return self.measure(run.argv, stdin=run.stdin, keys=run.keys, env=run.env, stdout=str(stdout))[0]

    def _compare(self, name, run, race, reference):
        """Into the race with it, unless its output is wrong: a peer is left out then, one of ours ends the row."""
        out, timing = self.scratch / "output", Timing()
        try:
            if run.answer:
                figure = self._once(run, out)
                if not reference.exists():
                    shutil.copyfile(out, reference)
                self.same(name, run.answer(out), run.answer(reference) if run.expect is None else run.expect)
                if figure["cpu"] / 1e6 > self.patience:
                    timing.take(figure)
        except WrongOutput as error:
            if not race or str(self.build) in run.argv[0]:
                raise
            self.leave_out(name, f"wrong: {error}")
            return
        finally:
            out.unlink(missing_ok=True)
        race[name] = timing
        ours = str(self.build / "tools") in " ".join(run.argv)
        race.kinds[name] = "limit" if run.limit else "ours" if ours else "peer"
