#!/usr/bin/env python3
"""names: name-check --take and landing-write killed at their system calls; each file lands once, in order, and is taken exactly then.

    tests/crash/names.py --bin DIR            every call of one program, a sample of the pairs
    tests/crash/names.py --bin DIR --long     every call of both with and without dedupe between them, more pairs, more random kills
"""
import collections
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import arguments, clean_environment  # noqa: E402
from tap import Tap, must  # noqa: E402
from zones import Zone, need_strace  # noqa: E402

# What changes the world, or another's view of it.
KINDS = ("mkdirat", "write", "pwrite64", "fsync", "fdatasync", "linkat", "renameat2", "unlink", "unlinkat", "ftruncate", "flock")
CONTRACT = {"x-name": "{source}_{entity}_{date:%Y-%m-%d}_seq-{seq:5}_crc32-{crc32}.jsonl"}
Call = collections.namedtuple("Call", "name number")


def name_of(number, content):
    return f"acme_orders_2025-11-05_seq-{number:05}_crc32-{zlib.crc32(content):08x}.jsonl"


class Bench:
    """Folders with files to land, and the line that lands one."""

    def __init__(self, options):
        self.bin = options.bin
        self.folder = tempfile.TemporaryDirectory(prefix="tidegate-crash-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
        self.path, self.made, self.dedupe = pathlib.Path(self.folder.name), 0, False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def fresh(self, contents, template=None):
        self.made += 1
        path = self.path / f"run-{self.made}"
        if template:
            shutil.copytree(template, path, symlinks=True)
            return path
        (path / "in").mkdir(parents=True)
        (path / "contract.json").write_text(json.dumps(CONTRACT))
        for number, content in contents.items():
            (path / "in" / name_of(number, content)).write_bytes(content)
        return path

    def stages(self, file, tracers):
        check = [str(self.bin / "name-check"), "-c", "contract.json", "--state", "s.db", "--take", file]
        sink = [str(self.bin / "landing-write"), "--zone", "zone"]
        between = [[str(self.bin / "dedupe"), "--key", "/id", "--state", "s.db"]] if self.dedupe else []
        return [[*tracers.get("name-check", []), *check], *between, [*tracers.get("landing-write", []), *sink]]

    def start(self, cwd, file, tracers=None):
        env = clean_environment()
        processes, stdin = [], subprocess.DEVNULL
        for at, argv in enumerate(self.stages(file, tracers or {})):
            process = subprocess.Popen(argv, cwd=cwd, stdin=stdin, stdout=subprocess.PIPE, stderr=open(cwd / f"err-{at}", "wb"), env=env)
            if stdin != subprocess.DEVNULL:
                stdin.close()
            stdin = process.stdout
            processes.append(process)
        return processes

    def end(self, processes):
        out = processes[-1].stdout.read()
        processes[-1].stdout.close()
        return [process.wait(60) for process in processes], out

    def run(self, cwd, file, tracers=None):
        return self.end(self.start(cwd, file, tracers))

    def list(self, cwd):
        """{number: verdict} of the files that are there."""
        run = subprocess.run([self.bin / "name-check", "-q", "-c", "contract.json", "--state", "s.db", "--all", "in"], cwd=cwd, capture_output=True)
        must(run.returncode in (0, 75), "the list ends", run.returncode, run.stderr)
        return {line["seq"]: line["verdict"] for line in map(json.loads, run.stdout.splitlines())}

    def until_done(self, cwd, file, when):
        for _ in range(6):
            status, out = self.run(cwd, file)
            if status[-1] == 0 and all(s == 0 for s in status):
                return json.loads(out)
            must(status[-1] == 75, f"{when}: run again:", status, out, *[p.read_text() for p in sorted(cwd.glob("err-*"))])
        must(False, f"{when}: it does not get there:", status, out)

    def calls(self, cwd, file, program):
        trace = cwd / "trace"
        tracer = {program: ["strace", "-f", "-o", str(trace), "-e", "trace=" + ",".join(KINDS)]}
        status, out = self.run(cwd, file, tracer)
        must(status[-1] == 0, "a clean run:", status, out, (cwd / "err-0").read_text())
        seen, calls = collections.Counter(), []
        for line in trace.read_text(errors="replace").splitlines():
            found = re.match(r"\d+\s+(\w+)\(", line)
            if found and found.group(1) in KINDS:
                seen[found.group(1)] += 1
                calls.append(Call(found.group(1), seen[found.group(1)]))
        return calls


def inject(call):
    return ["strace", "-f", "-o", os.devnull, "-e", f"trace={call.name}", "-e", f"inject={call.name}:signal=KILL:when={call.number}"]


def landed(cwd):
    """The numbers that have landed, in the order of the manifest; what landed under them is what came."""
    zone = Zone(cwd / "zone")
    numbers = []
    for landing in zone.landings():
        number = int(re.search(r"seq-(\d{5})", landing["path"]).group(1))
        came = next((cwd / "in").glob(f"*seq-{number:05}_*")).read_bytes()
        must((zone.path / landing["path"]).read_bytes() == came, f"of number {number} something else has landed")
        numbers.append(number)
    return numbers


def judge(bench, cwd, numbers, when):
    """All has landed, once, and is known to have."""
    Zone(cwd / "zone").check(when)
    with_content = [n for n in numbers if next((cwd / "in").glob(f"*seq-{n:05}_*")).stat().st_size]
    must(landed(cwd) == with_content, f"{when}: landed {landed(cwd)}, wanted {with_content}")
    verdicts = bench.list(cwd)
    must(all(verdicts[n] == "duplicate" for n in numbers), f"{when}: the list says", verdicts)


FILES = {7: b'{"id":1}\n{"id":2}\n', 8: b'{"id":3}\n', 10: b'{"id":4}\n'}


def path_of(number, files):
    return f"in/{name_of(number, files[number])}"


def one_kill(bench, template, files, number, program, call, about):
    cwd = bench.fresh(files, template)
    when = f"{about}, {program} killed at {call.name} {call.number}"
    bench.run(cwd, path_of(number, files), {program: inject(call)})
    # A list settles what is in doubt; then a file is to be taken unless it has landed. Of an empty file nothing lands.
    verdict = bench.list(cwd)[number]
    has = number in landed(cwd)
    must(has or verdict == "take" or not files[number], f"{when}: it has not landed, and the list says {verdict}")
    must(not has or verdict == "duplicate", f"{when}: it has landed, and the list says {verdict}")
    return cwd, when


def kill_each(tap, bench, options, program, about, files, number, template=None, step=1):
    with tap.case(f"{program} killed at every call, {about}"):
        need_strace()
        probe = bench.fresh(files, template)
        calls = bench.calls(probe, path_of(number, files), program)
        shutil.rmtree(probe)
        must(len(calls) > 5, "so few calls:", calls)
        step = 1 if options.long else step
        for call in calls[::step]:
            cwd, when = one_kill(bench, template, files, number, program, call, about)
            bench.until_done(cwd, path_of(number, files), when)
            judge(bench, cwd, [n for n in files if n <= number], when)
            shutil.rmtree(cwd)
        print(f"# {len(calls[::step])} kills")


def kill_pairs(tap, bench, options):
    with tap.case("killed, and the next run too"):
        need_strace()
        rng, pairs = random.Random(options.seed), 0
        programs = ("name-check", "landing-write")
        for program in programs:
            probe = bench.fresh(FILES)
            calls = bench.calls(probe, path_of(7, FILES), program)
            shutil.rmtree(probe)
            for call in rng.sample(calls, len(calls) if options.long else 4):
                half, _ = one_kill(bench, None, FILES, 7, program, call, "first")
                other = rng.choice(programs)
                probe = bench.fresh(FILES, half)
                second = bench.calls(probe, path_of(7, FILES), other)
                shutil.rmtree(probe)
                for next_call in rng.sample(second, min(len(second), 8 if options.long else 2)):
                    cwd = bench.fresh(FILES, half)
                    when = f"{program} killed at {call}, then {other} at {next_call}"
                    bench.run(cwd, path_of(7, FILES), {other: inject(next_call)})
                    bench.until_done(cwd, path_of(7, FILES), when)
                    judge(bench, cwd, [7], when)
                    shutil.rmtree(cwd)
                    pairs += 1
                shutil.rmtree(half)
        print(f"# {pairs} pairs")


def gap_stays(tap, bench):
    """A gap holds back what is behind it, however often it is tried; the file that fills it lets it go on."""
    with tap.case("a gap"):
        cwd = bench.fresh(FILES)
        for number in (7, 8):
            bench.until_done(cwd, path_of(number, FILES), "in order")
        status, out = bench.run(cwd, path_of(10, FILES))
        must(status == [75, 75] and landed(cwd) == [7, 8], "a file behind a gap:", status, out)
        more = {**FILES, 9: b'{"id":5}\n'}
        (cwd / path_of(9, more)).write_bytes(more[9])
        must(bench.list(cwd) == {7: "duplicate", 8: "duplicate", 9: "take", 10: "take"}, "the gap is filled")
        for number in (9, 10):
            bench.until_done(cwd, path_of(number, more), "the gap is filled")
        judge(bench, cwd, [7, 8, 9, 10], "the gap is filled")


def at_once(tap, bench):
    """Two lines take one file at the same moment, or two of one sequence: each lands once, and a loser says 75."""
    with tap.case("two lines at once"):
        cwd = bench.fresh(FILES)
        for number in (7, 8):
            lines = [bench.start(cwd, path_of(number, FILES)) for _ in range(3)]
            ends = [bench.end(line) for line in lines]
            must(all(status[-1] in (0, 75) for status, _ in ends) and any(status[-1] == 0 for status, _ in ends), "at once:", ends)
        judge(bench, cwd, [7, 8], "at once")


def random_kills(tap, bench, options):
    """The script that cron runs, over a folder that fills; any process dies at any moment, and it is run again."""
    with tap.case("random kills of the whole line"):
        rng, kills, wanted = random.Random(options.seed), 0, 400 if options.long else 25
        bench.dedupe = True
        while kills < wanted:
            files = {n: b"".join(b'{"id":%d}\n' % i for i in range(n * 10, n * 10 + 10)) if n % 3 else b"" for n in range(1, 8)}
            cwd, tries = bench.fresh(files), 0
            while True:
                todo = [n for n, verdict in bench.list(cwd).items() if verdict == "take"]
                if not todo:
                    break
                tries += 1
                must(tries < 80, "it does not get there:", bench.list(cwd))
                for number in todo:
                    processes = bench.start(cwd, path_of(number, files))
                    if rng.random() < 0.5 and kills < wanted:
                        time.sleep(rng.random() * 0.05)
                        rng.choice(processes).send_signal(signal.SIGKILL)
                        kills += 1
                    status, out = bench.end(processes)
                    must(status[-1] in (0, -9, 65, 75, 78), "a status that asks for no retry:", status, out)
                    if status[-1] != 0:
                        break
            judge(bench, cwd, list(files), "after the kills")
            shutil.rmtree(cwd)
        bench.dedupe = False
        print(f"# {kills} kills")


def main():
    options = arguments(__doc__.splitlines()[0])
    tap = Tap()
    with Bench(options) as bench:
        used = bench.fresh(FILES)
        bench.until_done(used, path_of(7, FILES), "before")
        kill_each(tap, bench, options, "name-check", "the first file", FILES, 7)
        kill_each(tap, bench, options, "landing-write", "the second file", FILES, 8, used)
        empty = {7: FILES[7], 8: b""}
        shutil.copytree(used, bench.path / "used-empty")
        (bench.path / "used-empty" / path_of(8, empty)).write_bytes(b"")
        (bench.path / "used-empty" / path_of(8, FILES)).unlink()
        kill_each(tap, bench, options, "landing-write", "an empty file", empty, 8, bench.path / "used-empty")
        bench.dedupe = True
        kill_each(tap, bench, options, "landing-write", "behind dedupe, in one store", FILES, 8, used, step=4)
        if options.long:
            kill_each(tap, bench, options, "name-check", "before dedupe, in one store", FILES, 8, used)
        bench.dedupe = False
        kill_pairs(tap, bench, options)
        gap_stays(tap, bench)
        at_once(tap, bench)
        random_kills(tap, bench, options)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
