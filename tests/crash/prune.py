#!/usr/bin/env python3
"""prune: landing-prune killed, failed and cut off from power at its system calls; what a line says is gone goes, and nothing else.

At any moment landing-verify finds no fault: a killed run leaves notes at most. The same line again does the rest, and then each
record is there that must be, none that must not, in the zone's files, its manifest and its sidecars.

    tests/crash/prune.py --bin DIR            a sample of the pairs
    tests/crash/prune.py --bin DIR --long     all of them
"""
import collections
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from lost_cache import CALLS, Disk, Done, build, flat, replay  # noqa: E402
from programs import arguments, clean_environment  # noqa: E402
from tap import Tap, must  # noqa: E402
from zones import KINDS, Bench, Call, Result, Zone, inject, named, need_strace, sha256  # noqa: E402

NOW = "2025-11-26"
WRONG = ("ENOSPC", "EIO", "EINTR")


def lines(*ids):
    return "".join(json.dumps({"id": n, "name": f"person number {n}"}) + "\n" for n in ids).encode()


# Landings by day: two are old; the person with id 7 is in three, alone in one of them.
CONTENTS = {"2023-01-05": lines(1, 2), "2023-02-05": lines(3, 7), "2025-11-03": lines(4, 5, 7), "2025-11-04": lines(7), "2025-11-05": lines(6)}
OLD = ("2023-01-05", "2023-02-05")
RUNS = {
    "retention": (["--keep", "P1Y"], {day: text for day, text in CONTENTS.items() if day not in OLD}),
    "erasure": (["--erase", "requests", "--key", "/id", "--reason", "case 1"],
                {"2023-01-05": lines(1, 2), "2023-02-05": lines(3), "2025-11-03": lines(4, 5), "2025-11-05": lines(6)}),
}


class Prunes(Bench):
    def __init__(self, options):
        super().__init__(options)
        self.bin, self.judged = options.bin, 0
        self.template = self.fresh()
        for day, text in CONTENTS.items():
            self.again(self.template, text, "--date", day)
        (self.path / "requests").write_text('{"id":7}\n')

    def prune_words(self, cwd, words):
        return [str(self.bin / "landing-prune"), "--zone", str(cwd / "zone"), "--entity", "customers", "--now", NOW, "--lock-wait", "2s",
                *(str(self.path / word) if word == "requests" else word for word in words)]

    def live(self, cwd):
        """The landings that are there."""
        counting = Zone(cwd / "zone").lines()[0]
        gone = {i for line in counting for i in [*line.get("landings", []), line.get("replaces")]}
        return [line for line in counting if line["kind"] == "landing" and line["landing"] not in gone]

    def prune(self, cwd, words, tracer=(), variables=None):
        environment = clean_environment()
        environment.update(variables or {})
        self.runs += 1
        argv = [*tracer, *self.prune_words(cwd, words)]
        process = subprocess.Popen(argv, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        return self.end(process)

    def prune_calls(self, cwd, words):
        trace = cwd / "trace"
        result = self.prune(cwd, words, ["strace", "-y", "-s", "40", "-o", str(trace), "-e", "trace=" + ",".join(KINDS)])
        must(result.exit == 0, "a clean run:", result)
        seen, calls, started = collections.Counter(), [], False
        for line in trace.read_text(errors="replace").splitlines():
            name = line.split("(")[0]
            if name not in KINDS:
                continue
            seen[name] += 1
            started = started or f"{cwd}/zone" in line
            if started:
                calls.append(Call(name, seen[name], line))
        trace.unlink()
        return calls

    def verify(self, cwd, when, faults=frozenset()):
        """No faults at any moment, but for those that may be; gives the codes."""
        run = subprocess.run([self.bin / "landing-verify", "--zone", cwd / "zone"], cwd=cwd, capture_output=True, text=True)
        said = [json.loads(line) for line in run.stdout.splitlines()]
        must({fault["code"] for fault in said if fault["severity"] == "fault"} <= faults, f"{when}: landing-verify:", run.stdout, run.stderr)
        return [fault["code"] for fault in said]

    def done(self, cwd, words, wanted, when):
        """The same line again; then all is as it should be, and what is gone is nowhere."""
        result = self.prune(cwd, words)
        must(result.exit == 0, f"{when}: run again:", result)
        must(self.verify(cwd, when) == [], f"{when}: something is left to be done")
        zone, held = cwd / "zone", {}
        for path in zone.rglob("*"):
            if path.is_dir() or path.parent == zone / ".tidegate" or path.name.endswith(".meta.json") or path.name == "manifest.jsonl":
                continue
            held[re.search(r"date=([0-9-]*)", str(path)).group(1)] = path.read_bytes()
        must(held == wanted, f"{when}: the zone holds", held)
        gone = set(b"".join(CONTENTS.values()).splitlines()) - set(b"".join(wanted.values()).splitlines())
        for path in zone.rglob("*"):
            text = path.read_bytes() if path.is_file() else b""
            for record in gone:
                must(record not in text and json.loads(record)["name"].encode() not in text, f"{when}: a record that is gone stands in", path)
        self.judged += 1
        for day, text in list(CONTENTS.items())[1:3] if self.judged % 4 == 0 else ():  # known still: one that went, or went in part
            again = self.run(cwd, text, "--date", day)
            must(json.loads(again.out)["result"] == "duplicate", f"{when}: the content of {day} lands again:", again)


def killed_at_each_call(tap, bench, options):
    for about, (words, wanted) in RUNS.items():
        with tap.case(f"{about}: killed at every call"):
            need_strace()
            probe = bench.fresh(bench.template)
            calls = bench.prune_calls(probe, words)
            bench.done(probe, words, wanted, "not killed")
            bench.drop(probe)
            must(len(calls) > 15, "so few calls:", calls)
            notes = collections.Counter()
            for call in calls:
                cwd = bench.fresh(bench.template)
                when = f"{about}, killed at {call.name} {call.number}: {named(call.text)[:80]}"
                bench.prune(cwd, words, inject(call, "signal=KILL"))
                notes.update(bench.verify(cwd, when))
                bench.done(cwd, words, wanted, when)
                bench.drop(cwd)
            must(set(notes) <= {"remains", "unfinished", "torn"} and notes["remains"], "notes:", notes)
            print(f"# {len(calls)} calls; {dict(notes)}")


def killed_in_pairs(tap, bench, options):
    with tap.case("killed, and the next run too"):
        need_strace()
        rng, pairs = random.Random(options.seed), 0
        for about, (words, wanted) in RUNS.items():
            probe = bench.fresh(bench.template)
            calls = bench.prune_calls(probe, words)
            bench.drop(probe)
            for call in calls if options.long else rng.sample(calls, 7):
                half = bench.fresh(bench.template)
                bench.prune(half, words, inject(call, "signal=KILL"))
                probe = bench.fresh(half)
                second = bench.prune_calls(probe, words)
                bench.drop(probe)
                for other in second if options.long else rng.sample(second, min(3, len(second))):
                    cwd = bench.fresh(half)
                    when = f"{about}, killed at {call.name} {call.number}, then at {other.name} {other.number}"
                    bench.prune(cwd, words, inject(other, "signal=KILL"))
                    bench.verify(cwd, when)
                    bench.done(cwd, words, wanted, when)
                    bench.drop(cwd)
                    pairs += 1
                bench.drop(half)
        print(f"# {pairs} pairs")


def a_writer_comes_next(tap, bench, options):
    """After a kill the next one is a landing, which must neither trip over what is left nor take it away too early."""
    with tap.case("killed, and then somebody lands"):
        need_strace()
        rng = random.Random(options.seed)
        for about, (words, wanted) in RUNS.items():
            probe = bench.fresh(bench.template)
            calls = bench.prune_calls(probe, words)
            bench.drop(probe)
            for call in calls if options.long else rng.sample(calls, 8):
                cwd = bench.fresh(bench.template)
                when = f"{about}, killed at {call.name} {call.number}, then a landing"
                bench.prune(cwd, words, inject(call, "signal=KILL"))
                bench.again(cwd, lines(99), "--date", "2025-11-20")
                must("unfinished" not in bench.verify(cwd, when), f"{when}: it left what was begun")
                bench.done(cwd, words, {**wanted, "2025-11-20": lines(99)}, when)
                bench.drop(cwd)


def errors_at_each_call(tap, bench, options):
    with tap.case("errors at every call"):
        need_strace()
        tried = coped = 0
        for about, (words, wanted) in RUNS.items():
            probe = bench.fresh(bench.template)
            calls = bench.prune_calls(probe, words)
            bench.drop(probe)
            for at, call in enumerate(calls):
                if not options.long and at % 3 and len(calls) > 30:
                    continue
                for error in WRONG if options.long else WRONG[at % 3:at % 3 + 1]:
                    cwd = bench.fresh(bench.template)
                    when = f"{about}, {error} at {call.name} {call.number}: {named(call.text)[:80]}"
                    result = bench.prune(cwd, words, inject(call, f"error={error}"))
                    must(result.exit in (0, 73, 74, 75, 65), f"{when}: exit", result)
                    must(not (cwd / "zone/.tidegate/broken").exists(), f"{when}: broken")
                    bench.verify(cwd, when)
                    bench.done(cwd, words, wanted, when)
                    bench.drop(cwd)
                    tried += 1
                    coped += result.exit == 0
        print(f"# {tried} errors, {coped} of them coped with")


def power_fails(tap, bench, options):
    """Of what was not synced any part may be gone. A line that says that data are gone is on the disk before they go."""
    for about, (words, wanted) in RUNS.items():
        with tap.case(f"{about}: the power fails at every call"):
            need_strace()
            cwd, rng, tried = bench.fresh(bench.template), random.Random(options.seed), set()
            trace = bench.path / "trace"
            disk = Disk(cwd)
            result = bench.prune(cwd, words, ["strace", "-qq", "-xx", "-s", "1000000", "-o", str(trace), "-e", "trace=" + CALLS])
            must(result.exit == 0, "a clean run:", result)
            calls = [call for call in map(Done, trace.read_text().splitlines()) if call.good]
            for call in replay(disk, calls):
                for lost in disk.losses(rng, 30 if options.long else 4):
                    key = repr(sorted(flat(lost)))
                    if key in tried:
                        continue
                    tried.add(key)
                    again = bench.path / f"disk-{len(tried)}"
                    build(again, lost)
                    when = f"{about}, lost at {named(call.line)[:80]}"
                    # The note of what was begun is not synced, so what it was is not known: until it is done it is nobody's.
                    must(set(bench.verify(again, when, {"orphan", "foreign"})) <= {"remains", "unfinished", "torn", "orphan", "foreign"}, when)
                    bench.done(again, words, wanted, when)
                    bench.drop(again)
            bench.drop(cwd)
            print(f"# {len(tried)} disks")


def broken_zones(tap, bench):
    """A manifest that cannot be synced nor cut: the zone is broken, repair is killed at every call and run again, then all goes on."""
    with tap.case("repair killed at every call"):
        need_strace()
        cwd = bench.fresh(bench.template)
        manifest = cwd / "zone/manifest.jsonl"
        text = manifest.read_bytes()
        manifest.write_bytes(text + b'{"v":1,"kind":"landing","prev":"torn')
        (cwd / "zone/.tidegate/broken").touch()
        repair = [str(bench.bin / "landing-verify"), "--zone", "zone", "--repair"]
        kinds = ("openat", "ftruncate", "pwrite64", "fsync", "unlinkat", "flock")
        done = 0
        for kind in kinds:
            for number in range(1, 200):
                again = bench.fresh(cwd)
                tracer = inject(Call(kind, number, ""), "signal=KILL")
                run = subprocess.run([*tracer, *repair], cwd=again, capture_output=True, text=True)
                must((again / "zone/manifest.jsonl").read_bytes().startswith(text), f"{kind} {number}: lines that counted are gone")
                second = subprocess.run(repair, cwd=again, capture_output=True, text=True)
                must(second.returncode == 0, f"{kind} {number}: again:", second)
                must((again / "zone/manifest.jsonl").read_bytes() == text, f"{kind} {number}: the manifest")
                bench.again(again, lines(50), "--date", "2025-11-21")
                bench.drop(again)
                done += 1
                if run.returncode == 0:
                    break
        bench.drop(cwd)
        print(f"# {done} times")
    with tap.case("prune does nothing to a zone that is broken, or whose chain does not hold"):
        for about, change, status in (("broken", lambda z: (z / ".tidegate/broken").touch(), 74),
                                      ("changed", lambda z: change_line(z / "manifest.jsonl"), 65)):
            cwd = bench.fresh(bench.template)
            change(cwd / "zone")
            before = sorted((str(p), p.stat().st_mtime_ns) for p in (cwd / "zone").rglob("*"))
            for words, _ in RUNS.values():
                result = bench.prune(cwd, words)
                must(result.exit == status and not result.out, f"{about}:", result)
            must(sorted((str(p), p.stat().st_mtime_ns) for p in (cwd / "zone").rglob("*")) == before, f"{about}: it was touched")
            bench.drop(cwd)


def change_line(manifest):
    first, rest = manifest.read_bytes().split(b"\n", 1)
    manifest.write_bytes(first.replace(b'"records":2', b'"records":3') + b"\n" + rest)


def lost_locks(tap, bench, options):
    """The lock is lost under its holder, others prune and land meanwhile, and then it goes on: nothing that is there is taken away."""
    with tap.case("a lock that is lost under its holder"):
        need_strace()
        rng, exits = random.Random(options.seed), collections.Counter()
        for about, (words, wanted) in RUNS.items():
            probe = bench.fresh(bench.template)
            calls = bench.prune_calls(probe, words)
            bench.drop(probe)
            locked = next(at for at, call in enumerate(calls) if call.name == "flock")
            calls = [call for call in calls[locked + 1:] if call.name in ("write", "fsync", "linkat", "unlinkat")]
            for call in calls if options.long else rng.sample(calls, min(6, len(calls))):
                cwd = bench.fresh(bench.template)
                when = f"{about}, stopped at {call.name} {call.number}: {named(call.text)[:80]}"
                trace = cwd / "trace"
                tracer = [str(trace) if word == os.devnull else word for word in inject(call, "signal=STOP")]
                argv = bench.prune_words(cwd, words)
                first = subprocess.Popen([*tracer, *argv], cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                deadline = time.monotonic() + 60
                while not trace.exists() or "stopped by SIGSTOP" not in trace.read_text(errors="replace"):
                    must(first.poll() is None and time.monotonic() < deadline, when, "it did not stop")
                    time.sleep(0.005)
                child = int(subprocess.run(["pgrep", "-P", str(first.pid)], capture_output=True, text=True).stdout.split()[0])
                os.rename(cwd / "zone/.tidegate/lock", cwd / "zone/.tidegate/lock.lost")
                bench.again(cwd, lines(99), "--date", "2025-11-20")
                second = bench.prune(cwd, words)
                must(second.exit in (0, 75), f"{when}: the second:", second)
                os.kill(child, signal.SIGCONT)
                out, err = first.communicate(timeout=60)
                exits[first.returncode] += 1
                must(first.returncode in (0, 65, 75), f"{when}: the first:", first.returncode, out, err)
                trace.unlink()
                (cwd / "zone/.tidegate/lock.lost").unlink()
                bench.verify(cwd, when, {"orphan"})
                result = bench.prune(cwd, words)
                must(result.exit == 0, f"{when}: run again:", result)
                held = [(cwd / "zone" / line["path"]).read_bytes() for line in bench.live(cwd)]
                must(sorted(held) == sorted([*wanted.values(), lines(99)]), f"{when}: the zone holds", held)
                bench.drop(cwd)
        print(f"# exits of those that had lost it: {dict(exits)}")


def two_at_once(tap, bench):
    with tap.case("two at once, and landings meanwhile"):
        for about, (words, wanted) in RUNS.items():
            cwd = bench.fresh(bench.template)
            argv = bench.prune_words(cwd, words)
            runs = [subprocess.Popen(argv, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)]
            bench.again(cwd, lines(99), "--date", "2025-11-20")
            results = [Result(run.returncode, *run.communicate()) for run in runs]
            must(all(run.returncode in (0, 75) for run in runs), about, results)
            bench.done(cwd, words, {**wanted, "2025-11-20": lines(99)}, about)
            named_gone = [i for line in Zone(cwd / "zone").lines()[0] for i in [*line.get("landings", []), *filter(None, [line.get("replaces")])]]
            must(len(named_gone) == len(set(named_gone)), f"{about}: a landing went twice:", named_gone)
            bench.drop(cwd)


def main():
    options = arguments(__doc__)
    tap = Tap()
    began = os.times()
    with Prunes(options) as bench:
        killed_at_each_call(tap, bench, options)
        killed_in_pairs(tap, bench, options)
        a_writer_comes_next(tap, bench, options)
        errors_at_each_call(tap, bench, options)
        power_fails(tap, bench, options)
        broken_zones(tap, bench)
        lost_locks(tap, bench, options)
        two_at_once(tap, bench)
        ended = os.times()
        cpu = sum(ended[:4]) - sum(began[:4])
        print(f"# {bench.runs} runs, {cpu:.0f} s of CPU")
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
