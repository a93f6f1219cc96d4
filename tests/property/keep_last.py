#!/usr/bin/env python3
"""keep_last: dedupe --keep last against a model of ten lines: which records go out and in which order, what is dropped and why."""
import json
import pathlib
import resource
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import Scratch, Tap, arguments, balanced, must, pieces, rng  # noqa: E402

FAULTY = [b"{no json", b'{"v":1}', b'{"id":1,"t":"soon"}']


def text(record):
    return json.dumps(record).encode()


def reference(records, landed, conflict, window):
    """[(line, what becomes of it)]. A record is a dict, or bytes that must be rejected."""
    fate, last, latest = {}, {}, None
    for n, record in enumerate(records):
        if isinstance(record, bytes):
            fate[n] = "rejected"
            continue
        latest = record["t"] if latest is None else max(latest, record["t"])
        if window is not None and record["t"] < latest - window:
            fate[n] = "rejected"
            continue
        if record["id"] in last:
            fate[last[record["id"]]] = "superseded"
        last[record["id"]] = n
        fate[n] = "out"
    for n, what in fate.items():
        known = landed.get(records[n]["id"]) if what == "out" else None
        if known == records[n]:
            fate[n] = "seen-before"
        elif known:
            newer = records[n]["t"] > known["t"]
            fate[n] = {"reject": "rejected", "drop": "conflict", "pass": "out", "newer": "out" if newer else "older"}[conflict]
    return fate


def lines(records):
    return b"".join((record if isinstance(record, bytes) else text(record)) + b"\n" for record in records)


def draw(random, timed):
    keys = random.choice((1, 3, 20, 500))
    records = []
    for n in range(random.choice((0, 1, 7, 60, 2000))):
        time = n * 10 + random.randrange(-300, 300) if timed else random.randrange(3)
        records.append({"id": random.randrange(keys), "v": random.choice("ab"), "t": time + 1000})
        if random.random() < 0.05:
            records.append(random.choice(FAULTY))
    return records


def trial(options, seed, tap):
    random = rng(options, f"keep_last/{seed}")
    kind = random.choice(("alone", "window", "store", "store"))
    records = draw(random, kind == "window")
    args = ["--key", "/id", "--keep", "last", "--time", "/t", "--duplicates", "dropped.jsonl", "--max-rejects", "100%"]
    conflict, window, landed = "reject", None, {}
    with Scratch(options.bin) as scratch, tap.case(f"seed {seed}: {kind}, {len(records)} records"):
        if kind == "window":
            window = random.choice((5, 100))
            args += ["--window", f"{window}s"]
        else:
            args += ["--window", "1w"]  # so that a time is wanted, and nothing is too old
        if kind == "store":
            conflict = random.choice(("reject", "drop", "pass", "newer"))
            args += ["--state", "keys.db", "--on-conflict", conflict]
            landed = {r["id"]: r for r in draw(random, False) if isinstance(r, dict)}
            with open(scratch.path / "landed.jsonl", "wb") as out:
                first = scratch.run("dedupe", "-s", "keys.db", "-k", "/id", "--time", "/t", "-w", "1w", "--commit",
                                    scratch.write("before.jsonl", lines(landed.values())), stdout=out)
            must(first.exit == 0, first.err)
        size = random.choice((None, 1, 1000)) if len(records) < 100 else None
        shim = pieces(options.bin, read=size) if size else {}
        run = scratch.run("dedupe", *args, stdin=lines(records), variables={"TMPDIR": str(scratch.path), **shim})
        fate = reference(records, landed, conflict, window)
        must(run.exit == 0, run.exit, run.err)
        counts = balanced(run)
        must(run.out == lines(records[n] for n, what in sorted(fate.items()) if what == "out"), "other records go out")
        dropped = {}
        for what in fate.values():
            if what not in ("out", "rejected"):
                dropped[what] = dropped.get(what, 0) + 1
        must(run.counts.get("dropped", {}) == dropped, "dropped", run.counts.get("dropped"), "and not", dropped)
        must(counts["in"] == len(records), "in", counts["in"])
        told = [json.loads(line) for line in (scratch.path / "dropped.jsonl").read_bytes().splitlines()]
        must([t["at"]["line"] for t in told] == sorted(n + 1 for n, what in fate.items() if what not in ("out", "rejected")),
             "the file of --duplicates has other lines")
        for t in told:
            n = t["at"]["line"] - 1
            must(t["reason"] == fate[n] and t["record"].encode() == text(records[n]), "it says", t)
            must((t["first"] == {"here": True}) == (fate[n] == "superseded"), "it says", t)
        must(not list(scratch.path.glob(".tidegate-*")), "a temporary file is left")


def much(scratch):
    """More than stays in memory."""
    return b"".join(b'{"id":%d,"v":"%d%s"}\n' % (n % 5000, n, b"x" * 60) for n in range(20000))


def edges(options, tap):
    with Scratch(options.bin) as scratch:
        data = much(scratch)
        with tap.case("more than stays in memory: the last of each"):
            run = scratch.run("dedupe", "-k", "/id", "--keep", "last", stdin=data)
            must(run.exit == 0 and run.out == b"".join(data.splitlines(True)[-5000:]), "other records go out", run.err)
        with tap.case("no room for what is held back: 74, and nothing goes out"):
            run = scratch.run("dedupe", "-k", "/id", "--keep", "last", stdin=data,
                              preexec=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300000, 300000)))
            must(run.exit == 74 and run.out == b"", run.exit, run.err)
            must("TMPDIR" in run.err, run.err)
        with tap.case("no place for it: 74, and the message says what to do"):
            run = scratch.run("dedupe", "-k", "/id", "--keep", "last", stdin=data, variables={"TMPDIR": "/nowhere"})
            must(run.exit == 74 and run.out == b"" and "TMPDIR" in run.err, run.exit, run.err)
        with tap.case("stopped while it holds records back: nothing goes out, nothing is counted that is not"):
            process = subprocess.Popen([str(options.bin / "dedupe"), "-k", "/id", "--keep", "last", "--run", str(scratch.path / "log")],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
            process.stdin.write(data)
            process.stdin.flush()
            time.sleep(0.2)
            process.send_signal(signal.SIGTERM)
            out, _ = process.communicate(timeout=10)
            must(process.returncode == -signal.SIGTERM and out == b"", process.returncode, len(out))
            finish = json.loads((scratch.path / "log").read_text().splitlines()[-1])
            counts = finish["records"]
            must(counts["in"] == counts["out"] + counts["dropped"] + counts["rejected"], counts)
        with tap.case("what makes no sense is refused"):
            for args, word in ((["--on-conflict", "pass"], "--state"), (["--on-conflict", "drop", "-s", "memory:"], "--state"),
                               (["-s", "keys.db", "--stats"], "--keep"), (["-s", "keys.db", "--import"], "--keep")):
                run = scratch.run("dedupe", "--keep", "last", *args, stdin=b"")
                must(run.exit == 64 and word in run.err, args, run.exit, run.err)


def main():
    options = arguments(__doc__)
    tap = Tap()
    for seed in range(400 if options.long else 40):
        trial(options, seed, tap)
    edges(options, tap)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
