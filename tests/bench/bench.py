#!/usr/bin/env python3
"""bench: the figures that a release is held to, each a ratio of CPU times within one run, so that it holds on any machine.

    scripts/bench            some 300 MB a kind, competitors alternated five times, the best taken
    scripts/bench --quick    half of that, alternated twice
    scripts/bench scanner    the rows whose name holds the word

Before a row is timed, the outputs are held against another implementation's. Input is the project's own (scripts/gen), is kept in the
build folder, and is in the page cache when it counts. The status is 1 when an output was wrong, never because of a time.
"""
import argparse
import collections
import csv
import hashlib
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# -- rows ---------------------------------------------------------------------------------------------------------------------

Row = collections.namedtuple("Row", "name figure bound must aim unit")


def at_least(name, figure, must, aim):
    return Row(name, figure, ">=", must, aim, "")


def at_most(name, figure, must, aim, unit=""):
    return Row(name, figure, "<=", must, aim, unit)


# name (what chooses the row, and the function that measures it), what is measured, what it must be, what is aimed at
ROWS = [
    at_least("csv2json", "libcsv with empty callbacks / ours, full conversion included", 2.5, 4),
    at_least("csv2json typed", "ours without contract / ours with types and null spellings", 0.7, 0.85),
    at_least("scanner customers", "jansson loads per line / ours passing all, verbatim output included", 12, 18),
    at_most("scanner customers", "ours passing all / cat", 10, 7),
    at_least("scanner events", "jansson loads per line / ours passing all", 12, 18),
    at_most("scanner events", "ours passing all / cat", 10, 7),
    at_most("validate", "ours with the contract / ours with an empty schema", 2.2, 1.6),
    at_most("validate rejects", "ours with 10 % bad records and a reject file / ours with none bad", 2, 1.4),
    at_most("landing-write", "ours / openssl dgst -sha256 over the same bytes", 1.6, 1.3),
    at_most("landing-write reads", "bytes of the data read back after writing", 0, 0, "B"),
    at_most("memory csv2json", "peak RSS on 1 GB of input", 16, 8, "MB"),
    at_most("memory validate", "peak RSS on 1 GB of input", 16, 8, "MB"),
    at_most("memory landing-write", "peak RSS on 1 GB of input", 16, 8, "MB"),
    at_most("allocations csv2json", "heap allocations from record 1,000 to the last", 0, 0),
    at_most("allocations validate", "heap allocations from record 1,000 to the last", 0, 0),
    at_most("allocations landing-write", "heap allocations from record 1,000 to the last", 0, 0),
    at_most("start csv2json", "start to exit on one record, CPU above /bin/true", 3, 1, "ms"),
    at_most("start validate", "start to exit on one record, CPU above /bin/true", 3, 1, "ms"),
    at_most("start landing-write", "start to exit on one record, CPU above /bin/true", 3, 1, "ms"),
]


class WrongOutput(Exception):
    pass


class NotHere(Exception):
    pass


# -- the bench ----------------------------------------------------------------------------------------------------------------

class Bench:
    def __init__(self, build, quick):
        self.build = build.resolve()
        self.rounds = 2 if quick else 5
        self.starts = 40 if quick else 300
        self.rows = 1_000_000 if quick else 2_000_000
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir=self.build))
        self.data = self.build / "bench-data"
        self.data.mkdir(exist_ok=True)
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("TIDEGATE_")}
        self.times = {}

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
            part = path.with_suffix(".part")
            with open(part, "wb") as out:
                subprocess.run([sys.executable, ROOT / "scripts" / "gen", kind, str(rows), *options], stdout=out, check=True)
            part.rename(path)
        with open(path, "rb") as file:  # into the page cache
            while file.read(1 << 20):
                pass
        return str(path)

    def file(self, name, value):
        path = self.scratch / name
        path.write_text(json.dumps(value))
        return str(path)

    def contract(self):
        return json.loads(subprocess.check_output([sys.executable, ROOT / "scripts" / "gen", "contract"]))

    # -- measuring

    def measure(self, command, times=1, stdin=None, stdout="/dev/null", env=None, feed=None):
        """[{cpu, wall, rss, status}] of so many runs, started by a program that is small itself."""
        argv = [self.helper("measure"), "-n", str(times), "-o", stdout, *(["-i", stdin] if stdin else []), *command]
        run = subprocess.run(argv, cwd=self.scratch, env={**self.env, **(env or {})}, stdin=feed, capture_output=True, text=True)
        figures = [json.loads(line) for line in run.stdout.splitlines()]
        if run.returncode or any(figure["status"] for figure in figures):
            raise WrongOutput(f"{' '.join(command)}: {run.stderr.strip() or figures}")
        return figures

    def race(self, **competitors):
        """Best CPU seconds of each; competitors take turns, so that a slow minute hits all of them."""
        best = {}
        for _ in range(self.rounds):
            for name, (command, how) in competitors.items():
                if "before" in how:
                    how["before"]()
                cpu = self.measure(command, **{k: v for k, v in how.items() if k != "before"})[0]["cpu"] / 1e6
                best[name] = min(best.get(name, cpu), cpu)
        return best

    def output(self, command, stdin=None, env=None):
        """SHA-256 of what a command prints."""
        with open(stdin or os.devnull, "rb") as given:
            run = subprocess.Popen(command, cwd=self.scratch, env={**self.env, **(env or {})}, stdin=given, stdout=subprocess.PIPE)
            digest = hashlib.sha256()
            while block := run.stdout.read(1 << 20):
                digest.update(block)
            if run.wait():
                raise WrongOutput(f"{' '.join(command)} ended {run.returncode}")
            return digest.hexdigest()

    def same(self, what, got, expected):
        if got != expected:
            raise WrongOutput(f"{what}: the outputs differ")


def digest_of(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# -- csv2json -----------------------------------------------------------------------------------------------------------------

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def python_csv(path, value=None):
    """SHA-256 of the same conversion by Python's csv and json; value turns (name, text) into JSON text, or None."""
    digest = hashlib.sha256()
    with open(path, newline="", encoding="utf-8") as file:
        rows = csv.reader(file, strict=True)
        names = next(rows)
        for row in rows:
            if value:
                line = "{" + ",".join(f"{encode(n)}:{value(n, t) or encode(t)}" for n, t in zip(names, row)) + "}"
            else:
                line = encode(dict(zip(names, row)))
            digest.update(line.encode() + b"\n")
    return digest.hexdigest()


def csv2json(b):
    file = b.input("customers-csv")
    ours, theirs = [b.tool("csv2json"), file], [b.helper("bench_libcsv"), file]
    b.same("csv2json and Python", b.output(ours), python_csv(file))
    best = b.race(ours=(ours, {}), libcsv=(theirs, {}))
    return [best["libcsv"] / best["ours"]], f"{megabytes(file) / best['ours']:.0f} MB/s, libcsv {megabytes(file) / best['libcsv']:.0f}"


def csv2json_typed(b):
    file = b.input("customers-csv")
    contract = b.contract()
    contract["x-csv"]["nulls"] = ["", "NULL"]
    contract["properties"]["balance"] = {"type": "number"}
    contract["properties"]["note"]["type"] = ["string", "null"]
    path = b.file("typed.json", contract)

    def value(name, text):
        return text if name == "balance" else "null" if name == "note" and text == "" else None

    plain, typed = [b.tool("csv2json"), file], [b.tool("csv2json"), "--contract", path, file]
    b.same("csv2json --contract and Python", b.output(typed), python_csv(file, value))
    best = b.race(plain=(plain, {}), typed=(typed, {}))
    return [best["plain"] / best["typed"]], f"{megabytes(file) / best['typed']:.0f} MB/s"


# -- scanner and validate -----------------------------------------------------------------------------------------------------

def scanner(b, kind, rows):
    file = b.input(kind, rows)
    ours = [b.tool("validate"), "--contract", b.file("any.json", True)]
    b.same("validate passing all, and its input", b.output(ours, stdin=file), digest_of(file))
    best = b.race(ours=(ours, {"stdin": file}), jansson=([b.helper("bench_scan"), "jansson", file], {}),
                  scan=([b.helper("bench_scan"), "scan", file], {}), cat=(["cat", file], {}))
    size = megabytes(file)
    return ([best["jansson"] / best["ours"], best["ours"] / best["cat"]],
            f"{size / best['ours']:.0f} MB/s; the scan alone {size / best['scan']:.0f}, jansson {size / best['jansson']:.0f}, "
            f"cat {size / best['cat']:.0f}")


def scanner_customers(b):
    return scanner(b, "customers-jsonl", b.rows // 2)


def scanner_events(b):
    return scanner(b, "events-jsonl", b.rows // 5)


def validate(b):
    file = b.input("customers-jsonl", b.rows // 2)
    full = [b.tool("validate"), "--contract", b.file("customers.json", b.contract())]
    empty = [b.tool("validate"), "--contract", b.file("any.json", True)]
    b.same("validate of good records, and its input", b.output(full, stdin=file), digest_of(file))
    best = b.race(full=(full, {"stdin": file}), empty=(empty, {"stdin": file}))
    return [best["full"] / best["empty"]], f"{megabytes(file) / best['full']:.0f} MB/s"


def validate_rejects(b):
    rows = b.rows // 2
    good, bad = b.input("customers-jsonl", rows), b.input("customers-jsonl", rows, "--bad", "0.1")
    rejects = b.scratch / "rejects.jsonl"
    plain = [b.tool("validate"), "--contract", b.file("customers.json", b.contract())]
    kept = [*plain, "--rejects", str(rejects)]

    # The generator breaks one rule a record: what passes and what is rejected must together be the input, line for line.
    passed = b.scratch / "passed.jsonl"
    b.measure(kept, stdin=bad, stdout=str(passed))
    out = set(passed.read_bytes().splitlines())
    rejected = {json.loads(line)["record"].encode() for line in open(rejects, encoding="utf-8")}
    whole = pathlib.Path(bad).read_bytes().splitlines()
    b.same("validate's output and rejects, and its input", (len(out) + len(rejected), out | rejected), (len(set(whole)), set(whole)))
    if not 0.09 < len(rejected) / len(whole) < 0.11:
        raise WrongOutput(f"{len(rejected)} of {len(whole)} records were rejected, expected a tenth")
    b.output(plain, stdin=good)
    best = b.race(bad=(kept, {"stdin": bad, "before": lambda: rejects.unlink(missing_ok=True)}), good=(plain, {"stdin": good}))
    return [best["bad"] / best["good"]], f"{megabytes(bad) / best['bad']:.0f} MB/s"


# -- landing-write ------------------------------------------------------------------------------------------------------------

def landing(b):
    return [b.tool("landing-write"), "--zone", str(b.scratch / "zone"), "--source", "bench", "--entity", "data"]


def fresh_zone(b):
    shutil.rmtree(b.scratch / "zone", ignore_errors=True)


def landing_write(b):
    file = b.input("customers-csv")
    fresh_zone(b)
    receipt = b.scratch / "receipt"
    b.measure(landing(b), stdin=file, stdout=str(receipt))
    said = json.loads(receipt.read_text())
    dgst = ["openssl", "dgst", "-sha256", file]
    theirs = subprocess.check_output(dgst, text=True).split()[-1]
    b.same("the receipt's digest, the landed file's, and openssl's", [said["sha256"], digest_of(said["path"])], [theirs, theirs])
    best = b.race(ours=(landing(b), {"stdin": file, "before": lambda: fresh_zone(b)}), dgst=(dgst, {}))
    return [best["ours"] / best["dgst"]], f"{megabytes(file) / best['ours']:.0f} MB/s, openssl {megabytes(file) / best['dgst']:.0f}"


def landing_write_reads(b):
    """Bytes that come out of a data file of the zone, by any call that reads."""
    if not shutil.which("strace"):
        raise NotHere("there is no strace")
    file = b.input("customers-csv", 10_000)
    fresh_zone(b)
    trace = b.scratch / "trace"
    calls = "read,readv,pread64,preadv,sendfile,copy_file_range,splice,mmap"
    subprocess.run(["strace", "-f", "-y", "-e", f"trace={calls}", "-o", trace, *landing(b)], cwd=b.scratch, env=b.env,
                   stdin=open(file, "rb"), stdout=subprocess.DEVNULL, check=True)
    back = 0
    for line in trace.read_text(errors="replace").splitlines():
        found = re.match(r"\d+ +(\w+)\((.*)\) += (\d+|0x[0-9a-f]+)", line)
        if not found:
            continue
        call, words, result = found.groups()
        words = words.split(", ")
        source = words[4] if call == "mmap" and len(words) > 4 else words[1] if call == "sendfile" else words[0]
        inside = str(b.scratch / "zone") in source
        if inside and "/.tidegate/" not in source and "manifest.jsonl" not in source:
            back += int(words[1]) if call == "mmap" else int(result)
    return [back], ""


# -- every program ------------------------------------------------------------------------------------------------------------

GIGABYTE = 1_000_000_000


def peak(b, command, kind):
    """Peak RSS over a gigabyte that comes through a pipe: one file again and again."""
    file = b.input(kind, b.rows // 2)
    times = GIGABYTE // os.path.getsize(file) + 1
    tail = "tail -n +2 -- " if kind.endswith("-csv") else "cat -- "
    script = f'head -n 1 -- "$0"; i=0; while [ $i -lt {times} ]; do {tail}"$0"; i=$((i + 1)); done'
    # A stage, so that a sink finds who vouches for the end of its input.
    feeder = subprocess.Popen([b.tool("stage"), "feed", "--", "sh", "-c", script, file], env=b.env, stdout=subprocess.PIPE)
    try:
        figure = b.measure(command, feed=feeder.stdout)[0]
    finally:
        feeder.stdout.close()
        feeder.wait()
    return [figure["rss"] * 1024 / 1e6], f"{figure['wall'] / 1e6:.1f} s"


def memory_csv2json(b):
    return peak(b, [b.tool("csv2json")], "customers-csv")


def memory_validate(b):
    return peak(b, [b.tool("validate"), "--contract", b.file("customers.json", b.contract())], "customers-jsonl")


def memory_landing_write(b):
    fresh_zone(b)
    found = peak(b, landing(b), "customers-jsonl")
    fresh_zone(b)
    return found


def allocations(b, command, kind, before=lambda: None):
    """How many more a run over a million records makes than one over the first 1,000 of them. The fewest of three runs each: the run
    log's directory is shared by all programs of the user, and what lies there is looked at."""
    counts = []
    for rows in (1000, 1_000_000):
        file, count, found = b.input(kind, rows), b.scratch / "count", []
        for _ in range(3):
            count.unlink(missing_ok=True)
            before()
            b.measure(command, stdin=file, env={"LD_PRELOAD": b.helper("allocations.so"), "ALLOCATIONS": str(count)})
            found.append(sum(map(int, count.read_text().split())))
        counts.append(min(found))
    return [counts[1] - counts[0]], f"{counts[0]} before"


def allocations_csv2json(b):
    return allocations(b, [b.tool("csv2json")], "customers-csv")


def allocations_validate(b):
    return allocations(b, [b.tool("validate"), "--contract", b.file("customers.json", b.contract())], "customers-jsonl")


def allocations_landing_write(b):
    return allocations(b, landing(b), "customers-jsonl", lambda: fresh_zone(b))


def start(b, commands, kind):
    """Median CPU of single runs; one command, or each of several once."""
    file = b.input(kind, 1)
    if isinstance(commands[0], str):
        figures = b.measure(commands, times=b.starts, stdin=file)
    else:
        figures = [figure for command in commands for figure in b.measure(command, stdin=file)]
    floor = b.measure(["/bin/true"], times=b.starts, stdin=file)
    ours, true = (sorted(f["cpu"] for f in them)[len(them) // 2] / 1000 for them in (figures, floor))
    return [ours - true], f"{ours:.2f} ms, true {true:.2f}"


def start_csv2json(b):
    return start(b, [b.tool("csv2json")], "customers-csv")


def start_validate(b):
    return start(b, [b.tool("validate"), "--contract", b.file("customers.json", b.contract())], "customers-jsonl")


def start_landing_write(b):
    """Each run lands in the same zone, on a day of its own, or it would find a duplicate."""
    fresh_zone(b)
    days = [f"{2000 + n // 28:04}-01-{n % 28 + 1:02}" for n in range(b.starts)]
    return start(b, [[*landing(b), "--date", day] for day in days], "customers-jsonl")


# -- the table ----------------------------------------------------------------------------------------------------------------

def megabytes(path):
    return os.path.getsize(path) / 1e6


def number(value, unit):
    text = f"{value:.0f}" if value == int(value) and (unit == "B" or value >= 100 or value == 0) else f"{value:.2f}"
    return f"{text} {unit}".strip()


def line(row, value, remark):
    met = value >= row.must if row.bound == ">=" else value <= row.must
    aimed = value >= row.aim if row.bound == ">=" else value <= row.aim
    verdict = "ok, aim" if met and aimed else "ok" if met else "MISS"
    return (f"{row.name:26} {row.figure:68} {number(value, row.unit):>10}  {row.bound} {row.must:<4g} {row.bound} {row.aim:<5g} "
            f"{verdict:8} {remark}").rstrip()


def machine():
    model = next((text.split(":", 1)[1].strip() for text in open("/proc/cpuinfo") if text.startswith("model name")), platform.machine())
    return f"{os.cpu_count()} x {model}, {platform.system()} {platform.release()}, Python {platform.python_version()}"


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     allow_abbrev=False)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--quick", action="store_true", help="less data, fewer rounds")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build", help=argparse.SUPPRESS)
    options = parser.parse_args()
    bench = Bench(options.build, options.quick)
    print(machine())
    print(f"{bench.rows:,} records, best of {bench.rounds}, CPU time (user and system)\n")
    print(f"{'row':26} {'figure':68} {'found':>10}  {'must':7} {'aim':8} {'':8} beside it", flush=True)
    wrong = 0
    try:
        for name in dict.fromkeys(row.name for row in ROWS):
            if options.names and not any(word in name for word in options.names):
                continue
            rows = [row for row in ROWS if row.name == name]
            try:
                values, remark = globals()[re.sub(r"[ -]", "_", name)](bench)
                for row, value in zip(rows, values):
                    print(line(row, value, remark), flush=True)
            except NotHere as lack:
                print(f"{name:26} not measured: {lack}", flush=True)
            except (WrongOutput, KeyError, ValueError) as error:
                wrong += 1
                print(f"{name:26} WRONG: {error}", flush=True)
    finally:
        shutil.rmtree(bench.scratch, ignore_errors=True)
    print("\nNot among the competitors yet: zsv, yyjson, ajv, Blaze and others that no distribution package brings.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
