#!/usr/bin/env python3
"""zone_model: random histories of landings, prunings and erasures in one zone, held against a model of a few lines.

    tests/model/zone_model.py --bin DIR [--long] [--seed N]

What the model knows: which contents are there, by day, and which were ever there. A step is a landing (through dedupe with a key store, or
without), a pruning by age, or an erasure by key; some are killed at a call drawn at random, and done again. After each step the zone
holds what the model says and landing-verify finds no fault, killed or not; what was ever there is a duplicate; an anchor that was taken
at any time holds; and the key store takes the zone for the one that it knows.
"""
import collections
import datetime
import json
import pathlib
import random
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import Scratch, arguments, clean_environment  # noqa: E402
from tap import Tap, must  # noqa: E402
from zones import Zone, inject, Call, need_strace  # noqa: E402

START = datetime.date(2025, 1, 1)
KILLS = {"openat": 40, "write": 12, "fsync": 16, "linkat": 3, "unlinkat": 8, "pwrite64": 4, "flock": 4}


def text_of(ids):
    return "".join(f'{{"id":{n},"name":"n{n}"}}\n' for n in ids).encode()


class History:
    def __init__(self, options, path, rng):
        self.bin, self.path, self.rng = options.bin, path, rng
        self.zone, self.today = path / "zone", START
        self.there = collections.Counter()  # (day, content)
        self.known = set()  # contents: they do not land any more
        self.seen = set()  # ids whose keys the store has seen
        self.anchors, self.did = [], collections.Counter()

    def run(self, *argv, tracer=(), stdin=subprocess.DEVNULL):
        environment = clean_environment()
        return subprocess.run([*tracer, *map(str, argv)], cwd=self.path, env=environment, stdin=stdin, capture_output=True, text=True)

    def maybe_killed(self, act):
        """The act, perhaps killed first and then done again, as often as it takes."""
        while self.rng.random() < 0.35:
            kind = self.rng.choice(list(KILLS))
            act(inject(Call(kind, self.rng.randrange(1, KILLS[kind] + 1), ""), "signal=KILL"))
            self.did["killed"] += 1
            if (self.zone / ".tidegate/zone").exists():
                self.verify("after a kill")
        run = act(())
        must(run.returncode == 0, "did", run.args, "and got", run)
        return run

    def land(self):
        ids = tuple(sorted(self.rng.sample(range(1, 30), self.rng.randrange(1, 5))))
        content, day = text_of(ids), str(self.today)
        (self.path / "in.jsonl").write_bytes(content)
        words = [self.bin / "landing-write", "--zone", "zone", "--source", "s", "--entity", "e", "--now", f"{day}T06:00:00Z"]
        run = self.maybe_killed(lambda tracer: self.run(*words, "in.jsonl", tracer=tracer))
        said = json.loads(run.stdout)["result"]
        if content in self.known:
            must(said == "duplicate", "known content has", said)
        else:  # a run that was killed behind its line has landed it
            self.there[day, content] += 1
        self.known.add(content)
        self.did["landed"] += 1

    def land_by_keys(self):
        ids = sorted(self.rng.sample(range(100, 130), 6))
        (self.path / "keyed.jsonl").write_bytes(text_of(ids))
        line = (f"{self.bin}/dedupe --state k.db --key /id <keyed.jsonl | "
                f"{self.bin}/landing-write --zone zone --source s --entity e --now {self.today}T07:00:00Z")
        run = self.run("bash", "-c", line)
        must(run.returncode == 0, "dedupe | landing-write:", run)
        new = [n for n in ids if n not in self.seen]
        said = json.loads(run.stdout)["result"]
        must(said == ("landed" if new and text_of(new) not in self.known else "duplicate" if new else "nothing"), "said", said, "new", new)
        if said == "landed":
            self.there[str(self.today), text_of(new)] += 1
        self.known.add(text_of(new))
        self.seen |= set(new)
        self.did["by keys"] += 1

    def prune(self):
        days = self.rng.randrange(20, 60)
        words = [self.bin / "landing-prune", "--zone", "zone", "--entity", "e", "--keep", f"P{days}D", "--now", f"{self.today}T12:00:00Z"]
        self.maybe_killed(lambda tracer: self.run(*words, tracer=tracer))
        for day, content in list(self.there):
            if datetime.date.fromisoformat(day) + datetime.timedelta(days) <= self.today:
                del self.there[day, content]
                self.did["pruned"] += 1

    def erase(self):
        ids = {self.rng.choice([*range(1, 30), *range(100, 130)]) for _ in range(2)}
        (self.path / "requests").write_text("".join(f'{{"id":{n}}}\n' for n in ids))
        words = [self.bin / "landing-prune", "--zone", "zone", "--entity", "e", "--key", "/id", "--erase", "requests", "--reason", "case",
                 "--now", f"{self.today}T12:00:00Z"]
        self.maybe_killed(lambda tracer: self.run(*words, tracer=tracer))
        for (day, content), n in list(self.there.items()):
            kept = b"".join(line + b"\n" for line in content.splitlines() if json.loads(line)["id"] not in ids)
            if kept == content:
                continue
            del self.there[day, content]
            if kept:
                self.there[day, kept] += n
                self.known.add(kept)
            self.did["erased"] += n

    def verify(self, when):
        expect = [word for anchor in self.anchors[-3:] for word in ("--expect", anchor)]
        run = self.run(self.bin / "landing-verify", "--zone", "zone", *expect)
        must(run.returncode == 0, when, "landing-verify:", run)
        return run.stdout

    def check(self):
        must(self.verify("then") == "", "something is left to be done")
        lines = Zone(self.zone).lines()[0]
        gone = {i for line in lines for i in [*line.get("landings", []), line.get("replaces")]}
        there = collections.Counter((line["date"], (self.zone / line["path"]).read_bytes()) for line in lines
                                    if line["kind"] == "landing" and line["landing"] not in gone)
        must(there == +self.there, "there is", there, "and the model has", self.there)
        if self.rng.random() < 0.3:
            self.anchors.append(self.run(self.bin / "landing-verify", "--zone", "zone", "--head").stdout.strip())

    def go(self, steps):
        self.land()
        for _ in range(steps):
            self.today += datetime.timedelta(self.rng.randrange(0, 5))
            self.rng.choices([self.land, self.land_by_keys, self.prune, self.erase], [8, 4, 2, 3])[0]()
            self.check()


def main():
    options = arguments(__doc__)
    tap, did = Tap(), collections.Counter()
    with tap.case("landings, prunings and erasures, killed and done again"), Scratch(options.bin) as scratch:
        need_strace()
        for number in range(40 if options.long else 3):
            path = scratch.path / f"history-{number}"
            path.mkdir()
            history = History(options, path, random.Random(f"{options.seed}/{number}"))
            history.go(60 if options.long else 40)
            did += history.did
            shutil.rmtree(path)
        must(all(did[what] > 3 for what in ("landed", "by keys", "pruned", "erased", "killed")), "hardly anything happened:", did)
        print(f"# {dict(did)}")
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
