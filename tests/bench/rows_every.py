"""rows_every: what holds for every program: bounded memory, no allocation a record, and a short start.

A program is one line of PROGRAMS. Readers of files are given 10 GB too, since what grows by a byte a row shows there only.
"""
import os
import subprocess

from measuring import WrongOutput, at_most, row
from rows_fixed2json import TEXT
from rows_landing import fresh_zone, landing

GIGABYTE = 1_000_000_000


def validate(b):
    return [b.tool("validate"), "--contract", b.file("customers.json", b.contract())]


# name, its command, the input that it is given, what is done before each run
PROGRAMS = [
    ("csv2json", lambda b: [b.tool("csv2json")], "customers-csv", lambda b: None),
    ("fixed2json", lambda b: [b.tool("fixed2json"), "--contract", b.file("text.json", {"x-fixed": TEXT})], "wages-fixed", lambda b: None),
    ("json2csv", lambda b: [b.tool("json2csv")], "customers-jsonl", lambda b: None),
    ("validate", validate, "customers-jsonl", lambda b: None),
    ("landing-write", landing, "customers-jsonl", fresh_zone),
]

# Of these, what is read from a pipe that does not end for long.
STREAMS = ("csv2json", "fixed2json", "json2csv")


def peak(b, command, kind, size=GIGABYTE):
    """Peak RSS over so many bytes that come through a pipe: one file, from the page cache, again and again."""
    file = b.input(kind, b.rows // 2)
    times = size // os.path.getsize(file) + 1
    tail = "tail -n +2 -- " if kind.endswith("-csv") else "cat -- "
    script = f'head -n 1 -- "$0"; i=0; while [ $i -lt {times} ]; do {tail}"$0"; i=$((i + 1)); done'
    # A stage, so that a sink finds who vouches for the end of its input.
    feeder = subprocess.Popen([b.tool("stage"), "feed", "--", "sh", "-c", script, file], env=b.env, stdout=subprocess.PIPE)
    try:
        figure = b.measure(command, feed=feeder.stdout)[0]
    finally:
        feeder.stdout.close()
        status = feeder.wait()
    if status:
        raise WrongOutput(f"{os.path.basename(command[0])} did not read to the end: what fed it ended with status {status}")
    return [figure["rss"] * 1024 / 1e6], f"{figure['wall'] / 1e6:.1f} s"


def allocations(b, command, kind, before):
    """How many more a run over a million records makes than one over the first 1,000 of them. The fewest of three runs each: the run
    log's directory is shared by all programs of the user, and what lies there is looked at."""
    counts = []
    for rows in (1000, 1_000_000):
        file, count, found = b.input(kind, rows), b.scratch / "count", []
        for _ in range(3):
            count.unlink(missing_ok=True)
            before(b)
            b.measure(command, stdin=file, env={"LD_PRELOAD": b.helper("allocations.so"), "ALLOCATIONS": str(count)})
            found.append(sum(map(int, count.read_text().split())))
        counts.append(min(found))
    return [counts[1] - counts[0]], f"{counts[0]} before"


def start(b, command, kind, lands):
    """Median CPU of single runs. A sink lands each in the same zone, on a day of its own, or it would find a duplicate."""
    file = b.input(kind, 1)
    if lands:
        days = [f"{2000 + n // 28:04}-01-{n % 28 + 1:02}" for n in range(b.starts)]
        figures = [b.measure([*command, "--date", day], stdin=file)[0] for day in days]
    else:
        figures = b.measure(command, times=b.starts, stdin=file)
    floor = b.measure(["/bin/true"], times=b.starts, stdin=file)
    ours, true = (sorted(f["cpu"] for f in them)[len(them) // 2] / 1000 for them in (figures, floor))
    return [ours - true], f"{ours:.2f} ms, true {true:.2f}"


def rows_of(name, command, kind, before):
    @row(f"memory {name}", at_most("peak RSS on 1 GB of input", 16, 8, "MB"))
    def memory(b):
        before(b)
        found = peak(b, command(b), kind)
        before(b)
        return found

    @row(f"allocations {name}", at_most("heap allocations from record 1,000 to the last", 0, 0))
    def allocation(b):
        return allocations(b, command(b), kind, before)

    @row(f"start {name}", at_most("start to exit on one record, CPU above /bin/true", 3, 1, "ms"))
    def starting(b):
        before(b)
        return start(b, command(b), kind, command is landing)


def stream_of(name, command, kind, _):
    @row(f"stream {name}", at_most("peak RSS on 10 GB of input", 16, 8, "MB"),
         at_most("the same, less peak RSS on 1 GB", 1, 0.5, "MB"), full=True)  # counted to within 64 pages
    def stream(b):
        (short,), _ = peak(b, command(b), kind)
        (long,), took = peak(b, command(b), kind, 10 * GIGABYTE)
        return [long, long - short], took


for program in PROGRAMS:
    rows_of(*program)
    if program[0] in STREAMS:
        stream_of(*program)
