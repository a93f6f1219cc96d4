#!/usr/bin/env python3
"""jobs: several threads make the bytes that one makes, at every level of wide steps: output, rejects, messages, counts and status are the
same for every --jobs and every TIDEGATE_CPU.

Inputs are drawn: well formed for the most part, with everything in them that is not, and cut into blocks of any size
(TIDEGATE_JOBS_BLOCK), so that records, quotes and faults stand on both sides of the ends of blocks. Also: what is ready goes out
before more has come, a reader that goes away ends the run, and so does a signal.
"""
import gzip
import hmac
import itertools
import json
import os
import pathlib
import random
import select
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import Scratch, Tap, arguments, clean_environment, levels, must, pieces, rng, slow_build  # noqa: E402

BLOCKS = (1, 7, 20, 64, 64, 300, 300, 1000, 4096, 262144)
TIMES = ("time", "seconds", "cpu_seconds", "max_rss_bytes", "pid", "span_id", "parent_span_id", "trace_id", "run", "host")

SCHEMA = {"type": "object", "required": ["id"], "properties": {
    "id": {"type": "integer"}, "name": {"type": "string", "maxLength": 12}, "list": {"type": "array", "items": {"type": "number"}}}}


# -- inputs -------------------------------------------------------------------------------------------------------------------

def json_line(random):
    draw = random.random()
    if draw < 0.75:
        record = {"id": random.randrange(10**6)}
        if random.random() < 0.5:
            record["name"] = "n" * random.randrange(12) + random.choice(["", "é", '"', "\n", ","])
        if random.random() < 0.3:
            record["list"] = [random.randrange(100) for _ in range(random.randrange(8))]
        return json.dumps(record, ensure_ascii=random.random() < 0.5).encode()
    return random.choice([
        b"", b" ", b"\t", b'{"id":"x"}', b'{"id":1', b"nonsense", b'{"id":1,"id":2}', b'{"id":1}x', b"\xff\xfe", b'{"name":1}',
        b'{"id":1,"name":"' + b"y" * random.randrange(400) + b'"}', b'{"id":3,"_source":{"file":"f","line":7,"offset":9}}',
        b'{"id":%d}' % random.randrange(10), b"\x00", b'"' * random.randrange(3)])


def json_lines(random, count):
    text = bytearray(b"\xef\xbb\xbf" if random.random() < 0.1 else b"")
    crlf = random.random()
    for _ in range(count):
        text += json_line(random) + (b"\r\n" if random.random() < crlf * 0.3 else b"\n")
    if random.random() < 0.5:
        text += json_line(random)
    return bytes(text)


def good_lines(random, count):
    return b"".join(json.dumps({"id": i, "name": "a,b" if random.random() < 0.1 else "n%d" % i}).encode() + b"\n" for i in range(count))


def csv_field(random, wild):
    draw = random.random()
    if draw < 0.5:
        return str(random.randrange(10**random.randrange(1, 6)))
    if draw < 0.65:
        return '"' + random.choice(["a,b", "x\ny", "\r\n", '""', "", "é", "\n\n\n", ' "" ', ","]) * random.randrange(4) + '"'
    if draw < 0.85 or random.random() > wild:
        return random.choice(["", "text", "é", "-1.5", "true", "2025-01-31", "x" * random.randrange(60)])
    return random.choice(['"open', 'st"ray', '"a"b', "\r", "\0", '"', '""', 'a,b,c', "\udcff", '"\n', "\x1a", ",,", "#note", "id"])


def csv_text(random, count, columns, newline="\n", delimiter=","):
    wild = random.choice([0, 0, 0.02, 0.2, 1])
    names = ["id", "name", "third", "amount", "day"][:columns]
    text = delimiter.join(names) + newline
    if random.random() < 0.1:
        text = "\ufeff" + text
    for _ in range(count):
        if random.random() < 0.02:
            text += random.choice(["", newline, delimiter.join(names) + newline, "one" + newline, '"' + "y" * random.randrange(300) + '"' + newline,
                                   "# note" + newline, '# 5" wide' + newline, r'"\",",a\"' + newline, "\\" + newline])
        text += delimiter.join(csv_field(random, wild) for _ in range(columns)) + (newline if random.random() > wild / 10 else "\r\n")
    if random.random() < 0.3:
        text += delimiter.join(csv_field(random, wild) for _ in range(columns))
    return text.encode("utf-8", "surrogateescape")


# -- comparison ---------------------------------------------------------------------------------------------------------------

def essence(result):
    """What must be the same."""
    rejects = [{k: v for k, v in reject.items() if k != "run"} for reject in result.rejects]
    counts = {k: v for k, v in result.counts.items() if k not in TIMES}
    if counts.get("status") not in ("ok", "rejected", "refused"):  # it stopped, and had read ahead
        counts["bytes"] = {**counts.get("bytes", {}), "in": None}
    return {"exit": result.exit, "stdout": result.out, "stderr": result.err, "rejects": rejects, "counts": counts}


def first_difference(a, b):
    for name, value in a.items():
        if value != b[name]:
            if isinstance(value, bytes | list):
                at = next((i for i, (x, y) in enumerate(zip(value, b[name])) if x != y), min(len(value), len(b[name])))
                return f"{name}, from {at} of {len(value)} and {len(b[name])}: {value[at:at + 200]!r} but {b[name][at:at + 200]!r}"
            return f"{name}: {value!r} but {b[name]!r}"
    return None


class Bench:
    def __init__(self, options, scratch):
        self.options, self.scratch = options, scratch
        self.level = itertools.cycle([level for level in levels() for _ in range(2)][1:] + levels()[:1])  # 2 and 7 threads at each in turn

    def same(self, random, tool, args, files, variables=None, stdin=b"", blocks=BLOCKS, before=lambda: None, besides=lambda: None, **how):
        """One thread, and then several with blocks of some size. before: each run; besides: what a run leaves elsewhere."""
        paths = []
        if tool in ("validate", "json2csv", "dedupe") and any(b"_source" in data for data in [*files, stdin]):
            args = [*args, "--source-member"]  # what another run has said of a file that is gone is not asked for
        for i, data in enumerate(files):
            self.scratch.write(f"in{i}", data)
            paths.append(f"in{i}")

        def run(jobs, more):
            before()
            result = self.scratch.run(tool, *args, "--jobs", jobs, *paths, stdin=stdin, variables={**(variables or {}), **more}, **how)
            return {**essence(result), "besides": besides()}

        one = run(1, {"TIDEGATE_CPU": "scalar"})
        for jobs in (2, 7):
            block, level = random.choice(blocks), next(self.level)
            # What is read first is the program's own, up to a header: a little of it.
            little = {} if variables else pieces(self.options.bin, read=random.choice([30, 100, 500]))
            several = run(jobs, {"TIDEGATE_JOBS_BLOCK": str(block), "TIDEGATE_CPU": level, **little})
            different = first_difference(one, several)
            must(not different, f"{tool} {' '.join(map(str, args))} --jobs {jobs}, blocks of {block}, {level}:", different)
        return one


def some_args(random):
    """Limits that are met, sometimes."""
    args = []
    if random.random() < 0.3:
        args += ["--max-record", random.choice([5, 20, 60, 300])]
    if random.random() < 0.2:
        args += ["--max-reject-bytes", random.choice([0, 500, 5000])]
    if random.random() < 0.2:
        args += ["--max-rejects", random.choice(["0", "3", "50%"])]
    if random.random() < 0.2:
        args += ["--verbose"]
    return args


def rejects_of(random):
    return {"rejects": None} if random.random() < 0.3 else {}


# -- programs -----------------------------------------------------------------------------------------------------------------

def validate(bench, random, contract):
    args = ["--contract", contract, *some_args(random)]
    if random.random() < 0.2:
        args += ["--error-format", "text"]
    files = [json_lines(random, random.choice([0, 1, 5, 60, 400])) for _ in range(random.choice([1, 1, 2, 4]))]
    bench.same(random, "validate", args, files, **rejects_of(random))


def keyed_lines(random, count):
    """Of few keys, so that many come again: with the same content, with another, spelt otherwise, or among lines that are none."""
    text = bytearray()
    for _ in range(count):
        record = {"id": random.randrange(count // 3 + 2), "t": random.randrange(50), "v": random.choice(["a", "b", "\u00e9", [1, {"x": None}]])}
        draw = random.random()
        if draw < 0.1:
            record["_source"] = {"file": random.choice(["f", "a\n\u00e9"]), "line": random.randrange(9), "offset": 1}
        if draw < 0.2:
            record = dict(sorted(record.items(), reverse=True))
        ready = json.dumps(record, ensure_ascii=random.random() < 0.5, separators=random.choice([(",", ":"), (", ", ": ")])).encode()
        text += json_line(random) if random.random() < (0.05 if count > 100 else 0.2) else ready
        text += b"\r\n" if random.random() < 0.02 else b"\n"
    return bytes(text if random.random() < 0.7 else text[:-1])


def dedupe(bench, random, _):
    """What was there before comes out of the same table, whoever has made the digests; so with a store, whose keys are looked at too."""
    directory = bench.scratch.path
    args = random.choice([["--key", "/id"], ["--key", "/id", "--key", "/t"], []])
    args += ["--on-conflict", random.choice(["reject", "reject", "drop", "pass", "newer"])]
    args += ["--time", "/t"] if "newer" in args else random.choice([[], ["--window", "40s", "--time", "/t", "--late", random.choice(["reject", "drop", "pass"])]])
    besides, before = [], []
    if random.random() < 0.5:
        args += ["--duplicates", "dropped"]
        besides.append(lambda: (directory / "dropped").exists() and (directory / "dropped").read_bytes())
    if random.random() < 0.4:
        args += ["--state", "keys.db", "--commit"]
        timed = ["--time", "/t"] * ("--time" in args)
        made = bench.scratch.write("made.jsonl", keyed_lines(random, 40))
        for path in directory.glob("seed.db*"):
            path.unlink()
        bench.scratch.run("dedupe", "--key", "/id", "--state", "seed.db", "--commit", "--on-conflict", "newer" if timed else "pass", *timed, made)
        before.append(lambda: replace_store(directory))
        besides.append(lambda: sorted(line for line in bench.scratch.run("dedupe", "--state", "keys.db", "--export").out.splitlines() if b'"key"' in line))
    elif random.random() < 0.3 and "newer" not in args:
        args[args.index("--on-conflict") + 1] = "reject"
        args += ["--keep", "last"]
    files = [keyed_lines(random, random.choice([1, 5, 60, 400])) for _ in range(random.choice([1, 1, 2]))]
    bench.same(random, "dedupe", [*args, *some_args(random)], files, before=lambda: [f() for f in before], besides=lambda: [f() for f in besides], **rejects_of(random))


def replace_store(directory):
    for path in directory.glob("keys.db*"):
        path.unlink()
    for path in directory.glob("seed.db*"):
        (directory / path.name.replace("seed", "keys")).write_bytes(path.read_bytes())


def csv2json(bench, random, _):
    columns = random.choice([1, 2, 3, 5])
    newline = random.choice(["\n", "\n", "\r\n"])
    dialect = {"newline": random.choice(["lf", "crlf"])} if random.random() < 0.2 else {}
    if random.random() < 0.08:
        newline, dialect = "\r", {"newline": "cr"}
    for key, values in {"quote": [None], "blank": ["reject", "row"], "ragged": ["pad", "trailing"], "multiline": [False], "trim": [True, "start"],
                        "comment": ["#", "#"], "escape": ["\\", "\\"], "delimiter": [";"], "encoding": ["iso-8859-1"], "maxRecord": [80]}.items():
        if random.random() < 0.08:
            dialect[key] = random.choice(values)
    if "escape" in dialect and random.random() < 0.3:
        dialect["quote"] = None
    properties = {"id": {"type": random.choice(["integer", "string"])}, "amount": {"type": ["number", "null"]}}
    trailer = lead = ""
    if random.random() < 0.15:
        dialect["trailer"] = {"tag": "T", "count": 2} if columns > 1 else {"tag": "T"}
        trailer = random.choice([newline, ""]) + "T" + dialect.get("delimiter", ",") + str(random.choice([0, 60, 400, 1500])) + random.choice(["", newline])
    if random.random() < 0.08:
        dialect["lead"] = {}
        lead = "L" + newline
    args = some_args(random)
    if trailer or lead or random.random() < 0.7:
        args += ["--contract", bench.scratch.write("csv.json", {"properties": properties, "x-csv": dialect})]
    if random.random() < 0.3:
        args += ["--provenance"]
    if random.random() < 0.1:
        args += ["--engine", "libcsv"]
    files = [csv_text(random, random.choice([0, 1, 60, 400, 400, 1500]), columns, newline, dialect.get("delimiter", ",")) for _ in range(random.choice([1, 1, 2, 4]))]
    files = [lead.encode() + text + trailer.encode() + (newline.encode() + text if trailer and random.random() < 0.3 else b"") for text in files]
    one = bench.same(random, "csv2json", args, files, **rejects_of(random))
    return one["exit"] != 78


def json2csv(bench, random, contract):
    args = some_args(random)
    dialect = {}
    for key, values in {"delimiter": [";"], "encoding": ["windows-1252"], "newline": ["crlf"], "header": [False], "trailer": [{"tag": "T", "count": 1}]}.items():
        if random.random() < 0.1:
            dialect[key] = random.choice(values)
    if random.random() < 0.7:
        named = dict(SCHEMA, **{"x-csv": dict(dialect, columns=["id", "name"])}) if dialect else SCHEMA
        args += ["--contract", bench.scratch.write("csv.json", named)]
    for flag in ("--exact", "--no-header", "--crlf"):
        if random.random() < 0.1:
            args += [flag]
    kind = json_lines if random.random() < 0.5 else good_lines
    files = [kind(random, random.choice([0, 1, 5, 60, 400])) for _ in range(random.choice([1, 1, 2, 4]))]
    bench.same(random, "json2csv", args, files, **rejects_of(random))


def fixed2json(bench, random, _):
    framing = random.choice(["lines", "lines", "fixed"])
    layout = {"framing": framing, "fields": [
        {"name": "id", "at": 1, "width": 4, "type": "integer"}, {"name": "text", "at": 5, "width": 6}, {"name": "amount", "at": 11, "width": 5, "type": "number"}]}
    if random.random() < 0.2:
        layout["encoding"] = random.choice(["windows-1252", "utf-8"])
    if framing == "lines" and random.random() < 0.3:
        layout["short"] = "pad"
    wild = random.choice([0, 0.05, 0.5])

    def record():
        text = f"{random.randrange(10000):04}{random.choice(['abc', 'é', '', 'x y']):6}{random.randrange(1000):05}"
        if random.random() < wild:
            text = random.choice([text[:-1], text + "0", "x" + text[1:], "", "\udcff" + text[1:], "y" * random.randrange(200), "\r" + text[1:], "\n" + text[1:]])
        return text.encode("utf-8" if layout.get("encoding") == "utf-8" else "latin-1", "replace")

    end = b"" if framing == "fixed" else random.choice([b"\n", b"\r\n"])
    files = [b"".join(record() + end for _ in range(random.choice([1, 5, 60, 300]))) for _ in range(random.choice([1, 1, 3]))]
    if random.random() < 0.3:
        files[-1] += record()[: random.randrange(17)]
    args = ["--contract", bench.scratch.write("fixed.json", {"x-fixed": layout}), *some_args(random)]
    if random.random() < 0.3:
        args += ["--provenance"]
    bench.same(random, "fixed2json", args, files, **rejects_of(random))


def request(random, i):
    body = f'{{"n":{i}}}'
    digest = hmac.new(b"key", body.encode(), "sha256").hexdigest()
    if random.random() < 0.1:
        digest = random.choice(["0" * 64, "", digest[:-1], "x"])
    line = {"method": "POST", "headers": {"X-Hub-Signature-256": "sha256=" + digest}, "body": body}
    return random.choice([b"", b"nonsense", b'{"headers":{}}']) if random.random() < 0.05 else json.dumps(line).encode()


def hmac_verify(bench, random, _):
    bench.scratch.write("key", b"key")
    (bench.scratch.path / "key").chmod(0o600)
    args = ["--scheme", "github", "--secret", "file:key", *some_args(random)]
    if random.random() < 0.2:
        args += ["--emit", "body"]
    if random.random() < 0.1:
        args += ["--explain"]
    files = [b"".join(request(random, i) + b"\n" for i in range(random.choice([1, 5, 60, 200]))) for _ in range(random.choice([1, 2]))]
    bench.same(random, "hmac-verify", args, files, **rejects_of(random))


# -- what is live -------------------------------------------------------------------------------------------------------------

def environment(**more):
    return {**clean_environment(), **more}


def starts(bench, *command):
    tool, *args = command
    return subprocess.Popen([str(bench.scratch.bin / tool), *map(str, args)], cwd=bench.scratch.path, env=environment(),
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def readable(file, seconds):
    return select.select([file], [], [], seconds)[0]


def at_once(bench, command, begin, line, answer):
    """A line that has come goes out, though nothing comes behind it; half of one does not."""
    with starts(bench, *command) as process:
        process.stdin.write(begin)
        for i in range(3):
            process.stdin.write(line * (1 if i < 2 else 3000))
            process.stdin.write(line[:3])
            process.stdin.flush()
            got = b""
            while len(got) < len(answer) * (1 if i < 2 else 3000):
                must(readable(process.stdout, 20), "nothing comes out after", i, "lines, of which there are", len(got), "bytes")
                got += os.read(process.stdout.fileno(), 1 << 20)
            must(got == answer * (1 if i < 2 else 3000), "other bytes came out", got[:200])
            process.stdin.write(line[3:])
            process.stdin.flush()
            must(readable(process.stdout, 20) and os.read(process.stdout.fileno(), 100) == answer, "the other half of a line")
        process.stdin.close()
        must(process.stdout.read() == b"", "something came behind the end")
        must(process.wait() == 0, "exit", process.returncode)


def gone(bench, command, path):
    """The reader of the output goes away."""
    with open(path, "rb") as data, subprocess.Popen(
            [str(bench.scratch.bin / command[0]), *map(str, command[1:])], cwd=bench.scratch.path, env=environment(), stdin=data,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.read(1000)
        process.stdout.close()
        said = process.stderr.read()
        must(process.wait() == -signal.SIGPIPE and not said, "exit", process.returncode, said)


def full(bench, command, good, bad):
    """Whatever is written to has no room: the same end and the same words for every number of threads."""
    for path, out, more in ((good, "/dev/full", ()), (bad, "/dev/null", ("--rejects", "/dev/full"))):
        ends = set()
        for jobs in (1, 3):
            with open(path, "rb") as data, open(out, "wb") as to:
                done = subprocess.run([str(bench.scratch.bin / command[0]), *map(str, command[1:]), *more, "--jobs", str(jobs)], cwd=bench.scratch.path,
                                      env=environment(), stdin=data, stdout=to, stderr=subprocess.PIPE, timeout=100)
            ends.add((done.returncode, done.stderr))
        must(len(ends) == 1 and ends.pop()[0] == 74, "ends", path, out, more)


def stopped(bench, command, line):
    """A signal while it waits for more."""
    with starts(bench, *command) as process:
        process.stdin.write(line * 100)
        process.stdin.flush()
        must(readable(process.stdout, 20), "nothing comes out")
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
        must(process.wait() == -signal.SIGTERM, "exit", process.returncode)
        must(time.monotonic() - begun < 10, "it took its time")


def main():
    options = arguments(__doc__)
    tap = Tap()
    rounds = 400 if options.long else 12 if slow_build(options) else 30
    with Scratch(options.bin) as scratch:
        bench = Bench(options, scratch)
        contract = scratch.write("contract.json", SCHEMA)
        for name, program in (("validate", validate), ("dedupe", dedupe), ("csv2json", csv2json), ("json2csv", json2csv), ("fixed2json", fixed2json), ("hmac-verify", hmac_verify)):
            with tap.case(f"{name}: {rounds} inputs"):
                for i in range(rounds):
                    program(bench, rng(options, f"{name}/{i}"), contract)
        with tap.case("reads in pieces"):
            for size in (1, 7, 1000):
                random = rng(options, f"pieces/{size}")
                bench.same(random, "validate", ["--contract", contract], [], stdin=json_lines(random, 200), variables=pieces(options.bin, read=size))
        with tap.case("a mark of the byte order comes first, and alone"):
            line = b'\xef\xbb\xbf{"id":"x","_source":{"file":"f","line":7,"offset":9}}\n'
            one = bench.same(random, "validate", ["--contract", contract], [], stdin=line, variables=pieces(options.bin, read=3))
            must(one["rejects"][0]["at"] == {"file": "f", "line": 7, "offset": 9}, "at", one["rejects"])
        with tap.case("a file of many blocks"):
            data = b"".join(json_lines(rng(options, f"large/{i}"), 200) for i in range(20)) * (50 if options.long else 5)
            bench.same(random, "validate", ["--contract", contract], [data, data], blocks=BLOCKS[6:])
        with tap.case("a trailer that counts rows, rightly, wrongly, and with rows behind it"):
            counted = scratch.write("counted.json", {"x-csv": {"lead": {}, "trailer": {"tag": "T", "count": 2}}})
            rows, end = b"1,2\n" * 1000, b"T,%d\n"
            for text in (rows + end % 1000, rows + end % 999, rows + end % 1000 + rows):
                bench.same(random, "csv2json", ["--contract", counted], [b"HDR,20251105\na,b\n" + text], blocks=[8, 9, 10, 11])
        with tap.case("compressed input that is damaged gives what comes before the damage"):
            packed = bytearray(gzip.compress(data, 1, mtime=0))
            packed[len(packed) // 2] ^= 0x55
            for args in (["--contract", contract], ["--contract", contract, "--max-record", 100]):
                one = bench.same(random, "validate", args, [good_lines(random, 3), bytes(packed)])
                must(one["exit"] == 65 and one["stdout"], "exit", one["exit"])
        with tap.case("a ready line goes out at once"):
            at_once(bench, ("validate", "--contract", contract, "--jobs", 3), b"", b'{"id":1}\n', b'{"id":1}\n')
        path = scratch.write("many.jsonl", good_lines(rng(options, "many"), 200000))
        with tap.case("the reader of the output goes away"):
            gone(bench, ("validate", "--contract", contract, "--jobs", 3), path)
        with tap.case("a full disk ends it, of the output and of the rejects"):
            full(bench, ("validate", "--contract", contract), path, scratch.write("bad.jsonl", b"]\n" * 200000))
        with tap.case("a signal ends it"):
            stopped(bench, ("validate", "--contract", contract, "--jobs", 3), b'{"id":1}\n')
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
