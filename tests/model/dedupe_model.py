#!/usr/bin/env python3
"""dedupe_model: random histories of up to four runs over one key store, held against a model of a few lines.

    tests/model/dedupe_model.py --bin build/tools [--long] [--seed N] [--history N] [--kind sqlite|postgres]

A run tries to land its records until they have landed or are all known: it starts, passes, saves, takes the zone's lock, settles
what is in doubt, marks, writes its line, and tells the store. A record is a key with one of two contents; of a conflict the record
is rejected, or passed by those runs that were asked to. Each run is of a file, which is known once it has landed. Between any two of these steps another run may go on, a run may be
killed, its pending batch swept, small batches merged, keys expire by the window, and the lock be lost under its holder. The zone's
manifest is the model's own: a list of lines, of which one counts if it was written on the tail that its writer knew.

Held against the model: no key lands twice within the window, unless it was passed for its other content, and then not by two runs
at once; what a run drops has landed within the window with this content, what conflicts with another; a file is known when a
landing of it has been told, and not before; every run gets there once the trouble stops; nothing is left in doubt, and the store is
whole. The histories must have held all of this: kills, conflicts, re-runs, expiries, sweeps.
"""
import argparse
import collections
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from postgres import Postgres  # noqa: E402
from tap import NotHere, Tap, Wrong, must  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
UNIT = 1000000  # the clock ticks in these; a window has 32, so that merging within 1/32 of it is exact
WINDOW = 32 * UNIT
RUNS, KEYS, STEPS = 4, 24, 120


class Driver:
    def __init__(self, path):
        self.process = subprocess.Popen([str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.said = []

    def ask(self, *words):
        line = " ".join(map(str, words))
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().split()
        self.said.append(f"{line} -> {' '.join(answer)}")
        must(answer, "the driver died at:", line)
        return (0, answer[1:]) if answer[0] == "ok" else (int(answer[0]), answer[1:])

    def do(self, *words):
        """The same for what may not be refused."""
        status, rest = self.ask(*words)
        must(status == 0, *words, "gave", status, *rest)
        return rest

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Zone:
    """The manifest: (kind, landing, keys, when, prev); counts says whether each does."""

    def __init__(self):
        self.lines, self.tail = [], 0
        self.holder = None

    def append(self, kind, landing, records, when, prev):
        counts = prev == self.tail
        self.lines.append((kind, landing, records, when, counts))
        if counts:
            self.tail = len(self.lines)
        return counts

    def fate(self, landing):
        return next((kind for kind, which, _, _, counts in self.lines if counts and which == landing), None)

    def landed(self, key, since=0):
        """[(content, when)]"""
        return [(content, when) for kind, _, records, when, counts in self.lines[since:] if kind == "landing" and counts
                for which, content in records if which == key]


class Run:
    """One who must land his records; state is the step that comes next."""

    def __init__(self, history, number, records, file, passes):
        self.h, self.number, self.records, self.file, self.passes = history, number, records, file, passes
        self.attempts = 0
        self.reset()

    def reset(self):
        if self.h.zone.holder is self:
            self.h.zone.holder = None
        self.step, self.passed, self.dropped, self.conflicts, self.left = "start", [], [], [], list(self.records)
        self.batch = self.landing = self.doubts = None

    def kill(self):
        if self.step != "done":
            self.h.driver.do("kill", self.number)
            self.h.count["kills"] += 1
            self.reset()

    def on(self):
        """One step. A step that may not be taken now (the lock is held) does nothing."""
        getattr(self, self.step)()

    def start(self):
        self.attempts += 1
        self.h.count["re-runs"] += self.attempts > 1
        self.began, self.since = self.h.now, len(self.h.zone.lines)
        self.h.driver.do("start", self.number, self.h.url, self.h.now, WINDOW if self.h.windowed else 0)
        self.step = "read"

    def read(self):
        for _ in range(self.h.random.randint(1, 6)):
            if not self.left:
                self.step = "save"
                return
            key, content = record = self.left.pop(0)
            verdict, where = self.h.driver.do("pass", self.number, key, content, int(self.passes))
            last = [c for k, c in self.passed if k == key][-1:]
            if where == "own":
                must(last and (verdict == "conflict") == (last[0] != content), record, "is", verdict, "and the last own was", last)
            elif verdict != "pass":
                (self.conflicts if verdict == "conflict" else self.dropped).append(record)
            self.h.count["conflicts"] += verdict == "conflict"
            if verdict == "pass" or verdict == "conflict" and self.passes:
                self.passed.append(record)

    def keys(self):
        return len({key for key, _ in self.passed})

    def save(self):
        batch, keys = self.h.driver.do("save", self.number)
        must(int(keys) == self.keys(), "saved", keys, "of", len(self.passed))
        self.h.driver.do("kill", self.number)
        if not self.passed:
            self.finish()
            return
        self.batch, self.step = batch, "lock"

    def lock(self):
        if self.h.zone.holder is not None:
            return
        self.h.zone.holder = self
        self.h.driver.do("open", self.number, self.h.url)
        self.doubts = self.h.driver.do("doubts", self.number)
        self.step = "settle"

    def settle(self):
        """One doubt at a time."""
        zone = self.h.zone
        if not self.doubts:
            self.tail, self.step = zone.tail, "mark"
            return
        landing = self.doubts.pop()
        if zone.fate(landing) is None:
            zone.append("give-up", landing, [], self.h.now, zone.tail)
            if self.h.random.random() < 0.1:  # it may die between the line and the store
                self.doubts.append(landing)
                return
        self.h.settle(self.number, landing)

    def mark(self):
        self.when = self.h.now  # of the landing, in its line and in the store
        self.landing = f"{self.h.random.getrandbits(128):032x}"
        status, why = self.h.driver.ask("mark", self.number, self.batch, self.landing, self.keys(), self.when, self.file)
        must(status in (0, 75), "mark gave", status, *why)
        if status:
            self.h.count["refused"] += 1
            self.reset()
        else:
            self.step = "line"

    def line(self):
        zone, h = self.h.zone, self.h
        if self.tail == zone.tail:
            for key, content in self.passed:
                since = self.since if self.passes else 0  # it was passed for its content, then
                again = [when for _, when in zone.landed(key, since) if not h.windowed or when >= self.when - WINDOW]
                must(not again, "key", key, "lands twice: at", again, "and now,", self.when, "by a run that began at", self.began)
        if zone.append("landing", self.landing, self.passed, self.when, self.tail):
            h.of_file[self.landing] = self.file, self.when
            self.step = "see"
        else:
            h.driver.do("drop", self.number, self.batch, self.landing)
            h.count["voided"] += 1
            self.reset()

    def see(self):
        self.h.driver.do("see", self.number, self.batch, self.landing, self.keys(), self.when)
        self.h.told(self.landing)
        if self.h.zone.holder is self:
            self.h.zone.holder = None
        self.finish()

    def finish(self):
        for some, same in ((self.dropped, True), (self.conflicts, False)):
            for key, content in some:
                found = self.h.zone.landed(key)
                must(any((c == content) == same and (not self.h.windowed or when >= self.began - WINDOW) for c, when in found), "key", key,
                     "was dropped" if same else "was a conflict", "in a run that began at", self.began, "and landed at", found)
        for key, content in self.passed:
            must(content in [c for c, _ in self.h.zone.landed(key)], "key", key, "was passed and never landed")
        self.step = "done"


class History:
    def __init__(self, driver, url, seed):
        self.random = random.Random(seed)
        self.driver, self.url, self.now = driver, url, 1000 * UNIT
        self.windowed = self.random.random() < 0.4
        self.stormy = self.random.random() < 0.25  # locks get lost all the time
        self.long = self.random.random() < 0.1  # enough landings that batches are merged
        self.keys = 200 if self.long else KEYS
        self.other = self.random.choice([0, 0.1, 0.4])  # how often a record has another content
        self.zone, self.count, self.runs = Zone(), collections.Counter(), []
        self.of_file = {}  # landing: its file, and when
        self.known = {}  # file: when the last landing of it was that the store was told of
        self.files = 0

    def new_run(self):
        if len(self.runs) < RUNS:
            free = next(n for n in range(RUNS) if n not in [run.number for run in self.runs])
            first = self.random.randrange(self.keys)
            some = [(self.random.randrange(first, min(first + 10, self.keys)), int(self.random.random() < self.other))
                    for _ in range(self.random.randint(1, 8))]
            again = self.files and self.random.random() < 0.2  # a file that came before: all of it is known by then, or lands as if new
            self.files += not again
            self.runs.append(Run(self, free, some, self.random.randint(1, self.files) if again else self.files,
                                 self.random.random() < 0.3))
            self.count["runs"] += 1

    def told(self, landing):
        file, when = self.of_file[landing]
        self.known[file] = max(when, self.known.get(file, 0))

    def settle(self, number, landing):
        landed = self.zone.fate(landing) == "landing"
        self.driver.do("settle", number, landing, int(landed))
        if landed:
            self.told(landing)

    def look_at_files(self):
        """With the store open as 9. At some of them."""
        for file in self.random.sample(range(1, self.files + 1), min(self.files, 4)):
            has, when = self.driver.do("file", 9, file) == ["1"], self.known.get(file)
            must(when is not None or not has, "file", file, "is known, and no landing of it has been told")
            must(has or when is None or self.windowed and when < self.now - WINDOW, "file", file, "landed at", when, "and is not known")
            self.count["files known"] += has

    def disturb(self):
        what = self.random.choice(["kill", "kill", "sweep", "drop", "tick", "tick", "lose", "new"] + ["sweep"] * 8 * self.long +
                                  ["lose"] * 6 * self.stormy)
        if what == "kill" and self.runs:
            self.random.choice(self.runs).kill()
        elif what == "sweep":
            self.driver.do("open", 9, self.url)
            self.driver.do("sweep", 9, self.now)
            self.count["sweeps"] += 1
            self.look_at_files()
        elif what == "drop":
            waiting = [run for run in self.runs if run.step in ("lock", "settle", "mark")]
            if waiting:
                self.driver.do("open", 9, self.url)
                self.driver.do("drop", 9, self.random.choice(waiting).batch, "0")
        elif what == "tick":
            self.now += UNIT * self.random.choice([0, 1] if self.long else [1, 1, 1, 5, 20])
        elif what == "lose" and (self.stormy or self.random.random() < 0.3):
            self.zone.holder = None
        elif what == "new":
            self.new_run()

    def play(self):
        self.driver.do("open", 10, self.url, WINDOW if self.windowed else 0)  # stays, or each close of the last one would tidy the file
        for _ in range(STEPS * (4 if self.long else 1)):
            if not self.runs or self.random.random() < 0.06:
                self.new_run()
            if self.random.random() < 0.12:
                self.disturb()
            elif self.runs:
                run = self.random.choice(self.runs)
                run.on()
                self.runs = [run for run in self.runs if run.step != "done"]
        # The trouble stops: each gets there.
        for run in self.runs:
            run.attempts = 0
        self.zone.holder = next((run for run in self.runs if run is self.zone.holder), None)
        for _ in range(2000):
            if not self.runs:
                break
            run = self.random.choice(self.runs)
            run.on()
            must(run.attempts < 20, "a run does not get there")
            self.runs = [run for run in self.runs if run.step != "done"]
        must(not self.runs, "runs are left:", [run.step for run in self.runs])
        self.driver.do("open", 9, self.url)
        for landing in self.driver.do("doubts", 9):
            if self.zone.fate(landing) is None:
                self.zone.append("give-up", landing, [], self.now, self.zone.tail)
            self.settle(9, landing)
        self.look_at_files()
        self.driver.do("check", 9)
        states = list(map(int, self.driver.do("states", 9)))
        must(states[2] == 0, "something is committing still")
        self.count["landed"] = sum(kind == "landing" and counts for kind, _, _, _, counts in self.zone.lines)
        self.count["merged or expired"] += states[3] < self.count["landed"]
        self.driver.do("close", 9)
        self.driver.do("close", 10)
        for number in range(RUNS):
            self.driver.do("close", number)
            self.driver.do("kill", number)


def memory_folder():
    """Where a sync costs nothing: it is the order of transactions that is tried here, not the disk."""
    shm = pathlib.Path("/dev/shm")
    return tempfile.mkdtemp(prefix="tidegate-model-", dir=shm if os.access(shm, os.W_OK) else None)


def play_many(tap, name, path, count, first, url_of, after=lambda url: None):
    totals = collections.Counter()
    with tap.case(f"{count} histories on {name}"):
        driver = Driver(path)
        for seed in range(first, first + count):
            driver.said.clear()
            url = url_of(seed)
            history = History(driver, url, seed)
            try:
                history.play()
            except Wrong as wrong:
                raise Wrong(f"history {seed}: {wrong}\n" + "\n".join(driver.said[-60:])) from None
            after(url)
            totals += history.count
        driver.close()
        if count > 1:
            for kind in ("landed", "kills", "conflicts", "re-runs", "refused", "voided", "sweeps", "merged or expired", "files known"):
                must(totals[kind] > count / 20, "there are only", totals[kind], kind, "in all the histories: they do not try that")
    print("# " + ", ".join(f"{value} {key}" for key, value in totals.items()), flush=True)


def sqlite(tap, path, count, first):
    folder = pathlib.Path(memory_folder())

    def clean(url):
        for file in folder.glob("*"):
            file.unlink()

    try:
        play_many(tap, "SQLite", path, count, first, lambda seed: folder / f"{seed}.db", clean)
    finally:
        shutil.rmtree(folder)


def postgres(tap, path, count, first):
    try:
        server = Postgres()
    except NotHere as lack:
        tap.skip("histories on PostgreSQL", lack)
        return
    with server:
        def fresh(seed):
            server.sql(f"create schema h{seed}")
            return server.url(f"h{seed}")

        def clean(url):
            server.sql(f"drop schema {url.rsplit('%3D')[-1]} cascade")

        play_many(tap, "PostgreSQL", path, count, first, fresh, clean)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build" / "tools", help="where the programs are")
    parser.add_argument("--long", action="store_true", help="ten thousand on SQLite, a thousand on PostgreSQL")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--history", type=int, help="this one alone")
    parser.add_argument("--kind", choices=["sqlite", "postgres"])
    options = parser.parse_args()
    path = options.bin.resolve().parent / "tests" / "steps"
    tap = Tap()
    many = 20 if options.long else 1
    first = options.history if options.history is not None else options.seed * 1000000
    if not path.exists():
        tap.skip("histories", "steps is not built")
        return tap.end()
    if options.kind in (None, "sqlite"):
        sqlite(tap, path, 1 if options.history is not None else 500 * many, first)
    if options.kind in (None, "postgres"):
        postgres(tap, path, 1 if options.history is not None else 60 * many, first)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
