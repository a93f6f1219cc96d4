#!/usr/bin/env python3
"""dedupe: dedupe and landing-write with a key store, killed at their system calls and at any moment; each record lands once.

    tests/crash/dedupe.py --bin DIR            a sample of the pairs, 200 random kills
    tests/crash/dedupe.py --bin DIR --long     more of both
"""
import collections
import contextlib
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

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from postgres import Postgres  # noqa: E402
from programs import arguments, clean_environment  # noqa: E402
from tap import NotHere, Tap, must  # noqa: E402
from zones import Zone, need_strace  # noqa: E402

KINDS = ("openat", "mkdirat", "write", "pwrite64", "pwritev", "fsync", "fdatasync", "linkat", "renameat2", "unlink", "unlinkat",
         "ftruncate", "flock", "close", "getrandom")
FIRST = [{"id": n, "v": f"a{n}"} for n in range(1, 9)]
SECOND = [{"id": n, "v": f"a{n}"} for n in range(5, 13)]
BIG = 800_000  # keys, in some 4,800 pages: more than is saved in one transaction
SLICE = 1024  # pages that a run takes away
Call = collections.namedtuple("Call", "name number")


def lines(records):
    return "".join(json.dumps(record) + "\n" for record in records).encode()


class Bench:
    def __init__(self, options):
        self.bin = options.bin
        self.folder = tempfile.TemporaryDirectory(prefix="tidegate-crash-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
        self.path = pathlib.Path(self.folder.name)
        self.made, self.pipes = 0, set()
        self.url = None  # of the key store; None: a file in the folder

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.forget_logs()
        self.folder.cleanup()

    def fresh(self, template=None):
        self.made += 1
        path = self.path / f"run-{self.made}"
        if template:
            shutil.copytree(template, path, symlinks=True)
        else:
            path.mkdir()
        return path

    def forget_logs(self):
        """Killed stages leave their run log for a day."""
        logs = pathlib.Path("/tmp") / f"tidegate-{os.geteuid()}"
        for file in os.scandir(logs) if logs.is_dir() else ():
            found = re.search(r"\.pipe:[0-9a-f]+:(\d+)\.", file.name)
            if found and found.group(1) in self.pipes:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(file.path)
        self.pipes.clear()

    def start(self, cwd, stages, source):
        """The stages of a pipeline, each a list, in a session of their own as a shell would have them."""
        environment = clean_environment()
        processes, stdin = [], open(source, "rb")
        for number, argv in enumerate(stages):
            process = subprocess.Popen([*argv[:-1], *argv[-1:]], cwd=cwd, stdin=stdin, stdout=subprocess.PIPE, env=environment,
                                       stderr=open(cwd / f"err-{number}", "wb"))
            stdin.close()
            self.pipes.add(str(os.fstat(process.stdout.fileno()).st_ino))
            stdin = process.stdout
            processes.append(process)
        return processes

    def end(self, processes):
        out = processes[-1].stdout.read()
        processes[-1].stdout.close()
        status = [process.wait(120) for process in processes]
        if len(self.pipes) > 60:
            self.forget_logs()
        return status, out

    def stages(self, cwd, tracers=None):
        tracers = tracers or {}
        return [[*tracers.get("dedupe", []), str(self.bin / "dedupe"), "--digest", "--key", "/id", "--state", self.url or str(cwd / "s.db")],
                [*tracers.get("landing-write", []), str(self.bin / "landing-write"), "--zone", str(cwd / "zone"), "--source", "acme",
                 "--entity", "customers", "--date", "2025-11-05"]]

    def run(self, cwd, records, tracers=None):
        source = cwd / "in.jsonl"
        source.write_bytes(lines(records))
        return self.end(self.start(cwd, self.stages(cwd, tracers), source))

    def until_done(self, cwd, records, when, tries=6):
        for _ in range(tries):
            status, out = self.run(cwd, records)
            if status[-1] == 0:
                return
            must(status[-1] in (75,) or self.url and status[-1] == 69, f"{when}: run again:", status, out, (cwd / "err-0").read_text(), (cwd / "err-1").read_text())
        must(False, f"{when}: it does not get there:", status, out)

    def calls(self, cwd, records, program):
        """All that the program does to the world, in order."""
        trace = cwd / "trace"
        tracer = {program: ["strace", "-f", "-o", str(trace), "-e", "trace=" + ",".join(KINDS)]}
        status, out = self.run(cwd, records, tracer)
        must(status[-1] == 0, "a clean run:", status, out)
        seen, calls = collections.Counter(), []
        for line in trace.read_text(errors="replace").splitlines():
            found = re.match(r"\d+\s+(\w+)\(", line)
            if found and found.group(1) in KINDS:
                seen[found.group(1)] += 1
                calls.append(Call(found.group(1), seen[found.group(1)]))
        return calls

    def killed(self, cwd, records, program, call):
        return self.run(cwd, records, {program: inject(call)})

    def question(self, cwd, what):
        return json.loads(subprocess.run([str(self.bin / "dedupe"), "--state", self.url or str(cwd / "s.db"), what], check=True,
                                         stdin=subprocess.DEVNULL, capture_output=True).stdout)

    def new_files(self, cwd, *paths):
        """Those of the files that have not landed."""
        argv = [str(self.bin / "dedupe"), "--state", self.url or str(cwd / "s.db"), "--files", *map(str, paths)]
        run = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        must(run.returncode == 0, "--files:", run.returncode, run.stderr)
        return run.stdout.splitlines()

    def judge_file(self, cwd, records, when):
        """A file is new until a line says that it has landed, whatever was killed."""
        source = cwd / "asked.jsonl"
        source.write_bytes(lines(records))
        zone = Zone(cwd / "zone")
        wanted = lines(records)
        landed = any((zone.path / landing["path"]).read_bytes() == wanted for landing in zone.landings())
        must(bool(self.new_files(cwd, source)) != landed, f"{when}: the file has", "" if landed else "not", "landed, and --files says otherwise")

    def judge(self, cwd, records, when):
        """Each record once, nothing in doubt, the store and the zone whole."""
        zone = Zone(cwd / "zone")
        zone.check(when)
        landed = collections.Counter(line for landing in zone.landings() for line in (zone.path / landing["path"]).read_bytes().splitlines())
        wanted = collections.Counter({line: 1 for line in lines(records).splitlines()})
        must(landed == wanted, f"{when}: landed {landed}, wanted {wanted}")
        must(self.question(cwd, "--check")["whole"], f"{when}: the store is not whole")
        stats = self.question(cwd, "--stats")
        must(stats["batches"]["committing"] == 0, f"{when}: something is in doubt still:", stats)
        must(stats["keys"] == len(wanted), f"{when}: the store knows other keys:", stats)
        for which in (FIRST, SECOND):
            (cwd / "asked.jsonl").write_bytes(lines(which))
            must(not self.new_files(cwd, cwd / "asked.jsonl"), f"{when}: a file that landed is new")


def inject(call):
    return ["strace", "-f", "-o", os.devnull, "-e", f"trace={call.name}", "-e", f"inject={call.name}:signal=KILL:when={call.number}"]


def both(first, second):
    return list({record["id"]: record for record in [*first, *second]}.values())


def settle(bench, cwd, when, done=()):
    bench.until_done(cwd, FIRST, when)
    bench.until_done(cwd, SECOND, when)
    bench.judge(cwd, both([*done, *FIRST], SECOND), when)


def kill_each(tap, bench, program, about, template, done):
    with tap.case(f"{program} killed at every call, {about}"):
        need_strace()
        probe = bench.fresh(template)
        calls = bench.calls(probe, FIRST, program)
        shutil.rmtree(probe)
        must(len(calls) > 20, "so few calls:", calls)
        for number, call in enumerate(calls):
            cwd = bench.fresh(template)
            when = f"{about}, {program} killed at {call.name} {call.number}"
            bench.killed(cwd, FIRST, program, call)
            if number % 2 and not done:  # a question settles, too; the others are left to the next run
                bench.judge_file(cwd, FIRST, when)
            settle(bench, cwd, when, done)
            shutil.rmtree(cwd)
        print(f"# {len(calls)} calls")


def kill_pairs(tap, bench, options, template):
    """The next run is killed too, in either program."""
    with tap.case("killed, and the next run too"):
        need_strace()
        rng, pairs = random.Random(options.seed), 0
        for program in ("dedupe", "landing-write"):
            probe = bench.fresh(template)
            calls = bench.calls(probe, FIRST, program)
            shutil.rmtree(probe)
            for call in rng.sample(calls, 60 if options.long else 7):
                half = bench.fresh(template)
                bench.killed(half, FIRST, program, call)
                for other in ("dedupe", "landing-write"):
                    probe = bench.fresh(half)
                    second = bench.calls(probe, FIRST, other)
                    shutil.rmtree(probe)
                    for next_call in rng.sample(second, min(len(second), 20 if options.long else 3)):
                        cwd = bench.fresh(half)
                        when = f"{program} killed at {call}, then {other} at {next_call}"
                        bench.killed(cwd, FIRST, other, next_call)
                        settle(bench, cwd, when)
                        shutil.rmtree(cwd)
                        pairs += 1
                shutil.rmtree(half)
        print(f"# {pairs} pairs")


def pipeline(bench, cwd, last):
    contract = ["--contract", str(cwd / "contract.json")]
    dedupe, sink = bench.stages(cwd)
    dedupe += ["--keep", "last"] * last
    stages = [[str(bench.bin / "csv2json"), "--digest", *contract], [str(bench.bin / "validate"), *contract], dedupe, sink]
    return [stage for stage in stages if pathlib.Path(stage[0]).exists()]


def random_kills(tap, bench, options):
    """Seven days of files that overlap, every other one with --keep last; any stage dies at any moment; the same line is run again until it ends well."""
    with tap.case("random kills of csv2json | validate | dedupe | landing-write"):
        rng, kills, wanted = random.Random(options.seed), 0, 2000 if options.long else 200
        while kills < wanted:
            cwd = bench.fresh()
            (cwd / "contract.json").write_text(json.dumps({"type": "object", "properties": {"id": {"type": "integer"}, "v": {"type": "string"}}}))
            for day in range(7):
                source = cwd / f"{day}.csv"
                source.write_text("id,v\n" + "".join(f"{n},v{n}\n" for n in range(day * 400, day * 400 + 1000)))
                length = 0.15
                while True:
                    processes = bench.start(cwd, pipeline(bench, cwd, last=day % 2), source)
                    if kills < wanted and rng.random() < 0.85:
                        time.sleep(rng.random() * length)
                        rng.choice(processes).send_signal(signal.SIGKILL)
                        kills += 1
                    began = time.monotonic()
                    status, out = bench.end(processes)
                    length = min(0.5, max(0.03, 0.8 * length + 0.2 * (time.monotonic() - began)))
                    if status[-1] == 0 and all(s == 0 for s in status):
                        break
                    errors = [(cwd / f"err-{i}").read_text() for i in range(len(processes))]
                    # 78: a stage died before it could log that it is there, so nobody vouches for the end.
                    must(status[-1] in (0, -9, 65, 75, 78), "a status that asks for no retry:", status, out, errors)
            zone = Zone(cwd / "zone")
            zone.check("after the kills")
            landed = collections.Counter(json.loads(line)["id"] for landing in zone.landings()
                                         for line in (zone.path / landing["path"]).read_bytes().splitlines())
            must(set(landed.values()) == {1} and len(landed) == 6 * 400 + 1000, "landed otherwise than once:",
                 [item for item in landed.most_common(5)], len(landed))
            stats = bench.question(cwd, "--stats")
            must(stats["keys"] == len(landed) and stats["batches"]["committing"] == 0, "the store:", stats)
            must(not bench.new_files(cwd, *(cwd / f"{day}.csv" for day in range(7))), "files that landed are new")
            shutil.rmtree(cwd)
        print(f"# {kills} kills")


def former_version(bench, cwd, server, schema):
    """A store as version 1 left it is read, and made one of this version."""
    server.sql(f"drop table {schema}.tidegate_file; update {schema}.tidegate_store set version = 1")
    must(len(bench.new_files(cwd, cwd / "in.jsonl")) == 1, "a store without files knows one")
    must(bench.question(cwd, "--stats")["version"] == 2 and bench.question(cwd, "--check")["whole"], "it is not of version 2")
    status, out = bench.run(cwd, FIRST)
    must(status == [0, 0] and json.loads(out)["result"] == "nothing", "what landed before is not known:", status, out)
    must(not bench.new_files(cwd, cwd / "in.jsonl"), "a file of which all had landed is new")


def postgres_dies(tap, bench, options):
    """The server is killed at any moment of a run, and started again; the line is run again until it ends well."""
    with tap.case("PostgreSQL killed and started again in the middle"), Postgres(durable=True) as server:
        rng = random.Random(options.seed)
        for number in range(60 if options.long else 12):
            server.sql(f"create schema k{number}")
            bench.url = server.url(f"k{number}")
            cwd = bench.fresh()
            (cwd / "in.jsonl").write_bytes(lines(FIRST))
            for _ in range(2):
                processes = bench.start(cwd, bench.stages(cwd), cwd / "in.jsonl")
                time.sleep(rng.random() * 0.12)
                server.kill()
                status, out = bench.end(processes)
                must(status[-1] in (0, 65, 69, 75, 78), "a status that asks for no retry:", status, out)
                server.start()
            settle(bench, cwd, f"round {number}")
            if number == 0:
                former_version(bench, cwd, server, f"k{number}")
            shutil.rmtree(cwd)
        bench.url = None


def removing(bench, cwd):
    """Pages of batches that are gone already; the store must be whole."""
    answer = bench.question(cwd, "--check")
    must(answer["whole"], "the store is not whole:", answer)
    return answer.get("removing", {"pages": 0})["pages"]


def left_over(bench, cwd, calls):
    """A big batch that nobody landed: each run, also one that is killed, takes away no more of it than a slice."""
    source = cwd / "big.jsonl"
    source.write_text("".join(f'{{"id":{n},"v":"b{n}"}}\n' for n in range(1, BIG + 1)))
    with open(source, "rb") as records:
        subprocess.run(bench.stages(cwd)[0], stdin=records, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, start_new_session=True)
    must(bench.question(cwd, "--stats")["batch_keys"]["pending"] == BIG, "it is not pending")
    left = BIG / 168
    for call in calls:
        bench.killed(cwd, FIRST, "dedupe", call)
        now = removing(bench, cwd)
        must(now == 0 or now >= left - SLICE, f"killed at {call}: {left} pages were left, {now} are")
        left = now or left
    must(left > SLICE, "there is nothing left to remove")
    bench.until_done(cwd, FIRST, "beside a big batch")
    must(bench.question(cwd, "--stats")["batches"]["pending"] == 0 and bench.question(cwd, "--stats")["batches"]["removing"] == 1, "it is not gone")
    for _ in range(10):
        now = removing(bench, cwd)
        must(left - SLICE <= now < left or left == now == 0, f"{left} pages were left, {now} are")
        left = now
        bench.until_done(cwd, SECOND, "beside a big batch")
    must(left == 0, "some of it is left:", left)
    bench.judge(cwd, both(FIRST, SECOND), "beside a big batch")


def left_over_in_both(tap, bench):
    with tap.case("a big batch that nobody landed goes in slices, and its runs are killed"):
        need_strace()
        cwd = bench.fresh()
        left_over(bench, cwd, [Call("pwrite64", 1), Call("pwrite64", 30), Call("pwrite64", 700), Call("fdatasync", 1), Call("fdatasync", 2)])
        shutil.rmtree(cwd)
    with tap.case("and on PostgreSQL"), Postgres() as server:
        server.sql("create schema big")
        bench.url, cwd = server.url("big"), bench.fresh()
        left_over(bench, cwd, [])
        server.sql("select 1 / (count(*) <= 2)::int from big.tidegate_page")  # no page of it is left
        shutil.rmtree(cwd)
    bench.url = None


def main():
    options = arguments(__doc__.splitlines()[0])
    tap = Tap()
    with Bench(options) as bench:
        before = [{"id": 1, "v": "a1"}, {"id": 90, "v": "a90"}]
        used = bench.fresh()
        bench.run(used, before)
        kill_each(tap, bench, "dedupe", "nothing there", None, ())
        kill_each(tap, bench, "landing-write", "nothing there", None, ())
        kill_each(tap, bench, "dedupe", "something landed", used, before)
        kill_each(tap, bench, "landing-write", "something landed", used, before)
        kill_pairs(tap, bench, options, None)
        random_kills(tap, bench, options)
        postgres_dies(tap, bench, options)
        left_over_in_both(tap, bench)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
