#!/usr/bin/env python3
"""bench: the figures that a release is held to, each a ratio of CPU times within one run, so that it holds on any machine.

    scripts/bench               some 300 MB a kind and 10 million keys, competitors in turns five times, the best taken
    scripts/bench --quick       half of that and 1 million keys, in turns twice
    scripts/bench --full        100 million keys too, and 10 GB through a pipe
    scripts/bench scanner       the rows whose name holds the word
    scripts/bench --peers       build the peers that no distribution package brings (all, or those named), and exit

Before a row is timed, the outputs are held against another implementation's. Input is the project's own (scripts/gen), is kept in the
build folder, and is in the page cache when it counts. The status is 1 when an output was wrong, never because of a time.

A row is five lines in a file rows_SUBJECT.py (measuring.py shows one), a peer is one line of peers.py.
"""
import argparse
import importlib
import json
import os
import pathlib
import platform
import shutil
import sys
import time

import peers
from measuring import ROOT, ROWS, Bench, NotHere, WrongOutput


def load():
    """The rows of all subjects, in the order of the pipeline; what is not in this list comes after it."""
    order = ["csv2json", "fixed2json", "hmac", "validate", "dedupe", "landing", "verify", "every"]
    found = [path.stem.removeprefix("rows_") for path in sorted(pathlib.Path(__file__).parent.glob("rows_*.py"))]
    for subject in sorted(found, key=lambda name: order.index(name) if name in order else len(order)):
        first = len(ROWS)
        importlib.import_module(f"rows_{subject}")
        yield from ROWS[first:]


# -- tables -------------------------------------------------------------------------------------------------------------------

HEAD = f"{'row':26} {'figure':68} {'found':>10}  {'must':8} {'aim':9} {'':9} beside it"


def number(value, unit):
    if value is None:
        return "-"
    text = f"{value:.0f}" if value == int(value) and (unit == "B" or value >= 100 or value == 0) else f"{value:.2f}"
    return f"{text} {unit}".strip()


def holds(figure, value, bound):
    return value >= bound if figure.bound == ">=" else value <= bound


def verdict(figure, value):
    if value is None or figure.must is None:
        return ""
    if not holds(figure, value, figure.must):
        return "MISSED"
    return "met, aim" if holds(figure, value, figure.aim) else "met"


def line(name, figure, value, remark):
    must, aim = (f"{figure.bound} {bound:g}" if bound is not None else "" for bound in (figure.must, figure.aim))
    return (f"{name:26} {figure.what:68} {number(value, figure.unit):>10}  {must:8} {aim:9} {verdict(figure, value):9} "
            f"{remark}").rstrip()


def races(bench):
    """One line a competitor; the last column is its CPU time over that of the first in its race."""
    yield f"{'row':26} {'competitor':12} {'CPU s':>8} {'median':>8} {'wall s':>8} {'median':>8} {'peak MB':>8} {'rounds':>6} {'ratio':>7}"
    for name, race in bench.races:
        first = next(iter(race), None)
        for competitor, timing in race.items():
            s = timing.summary()
            yield (f"{name:26} {competitor:12} {s['cpu_best']:8.3f} {s['cpu_median']:8.3f} {s['wall_best']:8.3f} "
                   f"{s['wall_median']:8.3f} {s['rss_mb']:8.1f} {s['rounds']:6} {race.ratio(competitor, first):7.2f}")


def machine():
    model = next((text.split(":", 1)[1].strip() for text in open("/proc/cpuinfo") if text.startswith("model name")), platform.machine())
    return f"{os.cpu_count()} x {model}, {platform.system()} {platform.release()}, Python {platform.python_version()}"


def versions():
    found = {}
    for name, peer in peers.PEERS.items():
        try:
            found[name] = peer.said()
        except NotHere as lack:
            found[name] = f"not here: {lack}"
    return found


# -- the run ------------------------------------------------------------------------------------------------------------------

def measure(bench, row):
    """Yields (figure, value, remark); says so when there is nothing to say."""
    bench.row = row.name
    found = row.measure(bench)
    values, remark = found if isinstance(found, tuple) else (found, "")
    for figure, value in zip(row.figures, values, strict=True):
        yield figure, value, remark
        remark = ""  # once is enough


def run(bench, rows):
    """All rows, printed as they come. Returns what --json writes, and how many were wrong."""
    print(HEAD, flush=True)
    results, wrong = [], 0
    for row in rows:
        try:
            for figure, value, remark in measure(bench, row):
                print(line(row.name, figure, value, remark), flush=True)
                results.append({"row": row.name, **figure._asdict(), "found": value, "verdict": verdict(figure, value),
                                "remark": remark})
        except NotHere as lack:
            print(f"{row.name:26} not measured: {lack}", flush=True)
            bench.missing[row.name, "all"] = str(lack)
        except (WrongOutput, KeyError, ValueError) as error:
            wrong += 1
            print(f"{row.name:26} WRONG: {error}", flush=True)
            results.append({"row": row.name, "verdict": "WRONG", "remark": str(error)})
    return results, wrong


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     allow_abbrev=False)
    parser.add_argument("names", nargs="*", metavar="NAME")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", dest="size", action="store_const", const="quick", help="less data, fewer rounds")
    size.add_argument("--full", dest="size", action="store_const", const="full", help="100 million keys too, and 10 GB through a pipe")
    parser.add_argument("--peers", action="store_true", help="build the peers that registries have, and exit")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write all figures here too")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peers:
        return peers.install(options.names)

    bench = Bench(options.build, options.size or "default")
    rows = [row for row in load() if row.keys <= bench.keys and row.full <= bench.full and
            (not options.names or any(word in row.name for word in options.names))]
    about = {"machine": machine(), "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "records": bench.rows,
             "keys": bench.keys, "rounds": bench.rounds, "versions": versions()}
    print(about["machine"])
    print(f"{bench.rows:,} records, best of {bench.rounds}, CPU time (user and system)\n")
    try:
        results, wrong = run(bench, rows)
    finally:
        shutil.rmtree(bench.scratch, ignore_errors=True)
    print("", *races(bench), "", *(f"{name}: {said}" for name, said in about["versions"].items()), sep="\n")
    for (row, peer), why in bench.missing.items():
        print(f"left out of {row}: {peer}: {why}")
    if options.json:
        table = [{"row": name, "competitor": who, **timing.summary()} for name, race in bench.races for who, timing in race.items()]
        left = [{"row": row, "peer": peer, "why": why} for (row, peer), why in bench.missing.items()]
        options.json.write_text(json.dumps({**about, "figures": results, "races": table, "left_out": left}, indent=1) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
