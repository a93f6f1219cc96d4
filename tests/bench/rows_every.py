"""rows_every: what holds for every program: bounded memory, no allocation a record, and a short start.

A program is one Program below: its command, and how it is given so many bytes or records. A filter or a source reads a pipe that does not
end for long; what works on files or on a zone finds so many bytes there. Readers of streams are given 10 GB too with --full, since what
grows by a byte a row shows there only.
"""
import contextlib
import dataclasses
import json
import os
import pathlib
import shutil
import subprocess

from measuring import WrongOutput, at_most, cached, row
from rows_fixed2json import TEXT
from rows_hmac import KEY, secret, signed_by_github
from rows_landing import fresh_zone, landing
from rows_pgp import keys

GIGABYTE = 1_000_000_000
COPIES = 100_000  # records of the file that goes through a pipe again and again


# -- inputs -------------------------------------------------------------------------------------------------------------------

def generated(kind):
    return lambda b, records: b.input(kind, records)


def distinct(b, records):
    """Few enough that dedupe's table of keys, which is state and may grow, is small."""
    return b.input("customers-jsonl", min(records, 10_000))


def requests(b, records):
    return cached(signed_by_github(b, b.input("events-jsonl", records)))


def rejected(b, records):
    """What validate has rejected, each record."""
    path = b.data / f"rejects-{records}"
    if not path.exists():
        part = path.with_name(path.name + ".part")
        part.unlink(missing_ok=True)
        contract = b.file("never.json", {"type": "object", "required": ["no-such-key"]})
        subprocess.run([b.tool("validate"), "-q", "--contract", contract, "--rejects", part, "--max-rejects", "100%", b.input("customers-jsonl", records)],
                       env=b.env, stdout=subprocess.DEVNULL, check=True)
        part.rename(path)
    return cached(path)


def repeated(b, kind, size):
    """A file of so many bytes at least: a generated one again and again. Made once."""
    source = b.input(kind, COPIES)
    times = max(1, -(-size // os.path.getsize(source)))
    path = b.data / f"{kind}-{COPIES}-times-{times}"
    if not path.exists():
        part = path.with_name(path.name + ".part")
        with open(part, "wb") as out:
            for _ in range(times):
                with open(source, "rb") as file:
                    shutil.copyfileobj(file, out, 1 << 20)
        part.rename(path)
    return path


def of_size(b, kind, records, size):
    """The file of a figure: so many records, or so many bytes."""
    return repeated(b, kind, size) if size else pathlib.Path(b.input(kind, records))


def zone_of(b, kind, records, size):
    """A zone with one landing of it. Its digest takes seconds, so it is kept for the rows that follow."""
    file = of_size(b, kind, records, size)
    zone = b.scratch / f"zone-of-{file.name}"
    if not zone.exists():
        command = [b.tool("landing-write"), "--zone", str(zone), "--source", "bench", "--entity", "data"]
        with open(file, "rb") as stdin:
            subprocess.run(command, stdin=stdin, stdout=subprocess.DEVNULL, env=b.env, check=True)
    return str(zone)


def packed(b, records, size):
    file = of_size(b, "customers-csv", records, size)
    path = file.with_name(file.name + ".gz")
    if not path.exists():
        with open(file, "rb") as stdin, open(path, "wb") as out:
            subprocess.run(["gzip", "-1", "-c"], stdin=stdin, stdout=out, check=True)
    return cached(path)


def named(b, records, size):
    """A folder with the file under a name of the contract."""
    file, folder = of_size(b, "customers-csv", records, size), b.scratch / "named"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        os.link(file, folder / "acme.csv")
    except OSError:  # another file system
        shutil.copyfile(file, folder / "acme.csv")
    return str(folder)


def sealed(b, gpg, records, size):
    message = b.scratch / "message.pgp"
    message.unlink(missing_ok=True)
    subprocess.run([*gpg, "-z", "0", "-o", message, "-s", "-e", of_size(b, "customers-csv", records, size)], stdin=subprocess.DEVNULL,
                   capture_output=True, check=True)
    return str(message)


# -- programs -----------------------------------------------------------------------------------------------------------------

@dataclasses.dataclass
class Program:
    """command(b): its words; feed(b, records): the file for its standard input. One that works on files has words(b, records, size)
    instead, which begins a with block and gives all of its words."""
    name: str
    command: callable = None
    feed: callable = None
    words: callable = None
    before: callable = lambda b: None
    stream: bool = False     # 10 GB too
    counted: bool = True     # its allocations are its own, and there are records
    lands: bool = False


def with_contract(name, contract):
    return lambda b: [b.tool(name), "--contract", b.file(f"{name}.json", contract(b) if callable(contract) else contract)]


def hmac_verify(b):
    return [b.tool("hmac-verify"), "--scheme", "github", "--secret", "file:" + secret(b, "github", KEY)]


def on_files(make):
    """A command whose words name what it works on, and which needs nothing to be put away."""
    @contextlib.contextmanager
    def words(b, records, size):
        yield make(b, records, size)
    return words


@contextlib.contextmanager
def pgp_open(b, records, size):
    with keys(b) as (gpg, words):
        yield [b.tool("pgp-open"), *words, sealed(b, gpg, records, size)]


@contextlib.contextmanager
def pgp_seal(b, records, size):
    with keys(b) as (_, words):
        yield [b.tool("pgp-seal"), *words, str(of_size(b, "customers-csv", records, size))]


def erased(b, records, size):
    """All is read, and nothing is written since it is a dry run."""
    zone = zone_of(b, "customers-jsonl", records, size)
    wanted = b.scratch / "erase.jsonl"
    with open(b.input("customers-jsonl", 1000), encoding="utf-8") as file:
        wanted.write_text(json.dumps({"id": json.loads(next(file))["id"]}) + "\n")
    return [b.tool("landing-prune"), "--dry-run", "--zone", zone, "--entity", "data", "--erase", str(wanted), "--key", "/id", "--reason", "bench"]


PROGRAMS = [
    Program("csv2json", lambda b: [b.tool("csv2json")], generated("customers-csv"), stream=True),
    Program("fixed2json", with_contract("fixed2json", {"x-fixed": TEXT}), generated("wages-fixed"), stream=True),
    Program("json2csv", lambda b: [b.tool("json2csv")], generated("customers-jsonl"), stream=True),
    Program("validate", with_contract("validate", lambda b: b.contract()), generated("customers-jsonl"), stream=True),
    Program("hmac-verify", hmac_verify, requests),
    Program("dedupe", lambda b: [b.tool("dedupe")], distinct),
    Program("replay", lambda b: [b.tool("replay")], rejected),
    Program("stage", lambda b: [b.tool("stage"), "copy", "--", "cat"], generated("customers-jsonl"), counted=False),
    Program("landing-write", landing, generated("customers-jsonl"), before=fresh_zone, lands=True),
    Program("landing-read", words=on_files(lambda b, *of: [b.tool("landing-read"), "--zone", zone_of(b, "customers-jsonl", *of)])),
    Program("landing-verify", words=on_files(lambda b, *of: [b.tool("landing-verify"), "--zone", zone_of(b, "customers-jsonl", *of)])),
    Program("landing-prune", words=on_files(erased)),
    Program("archive-open", words=on_files(lambda b, *of: [b.tool("archive-open"), packed(b, *of)])),
    Program("name-check", words=on_files(lambda b, *of: [b.tool("name-check"), "--contract", b.file("name.json", {"x-name": "{source}.csv"}), named(b, *of)])),
    Program("csv-sniff", words=on_files(lambda b, *of: [b.tool("csv-sniff"), str(of_size(b, "customers-csv", *of))])),
    Program("schema-compat", words=on_files(lambda b, *_: [b.tool("schema-compat"), *[b.file("same.json", b.contract())] * 2]), counted=False),
    Program("pgp-open", words=pgp_open, counted=False),  # gpg's allocations would count, too
    Program("pgp-seal", words=pgp_seal, counted=False),
]


# -- figures ------------------------------------------------------------------------------------------------------------------

def fed(b, command, file, size):
    """The figures of one run over so many bytes that come through a pipe: one file, from the page cache, again and again."""
    times = size // os.path.getsize(file) + 1
    tail = "tail -n +2 -- " if "-csv-" in os.path.basename(file) else "cat -- "
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
    return figure


def peak(b, program, size):
    """Peak RSS in MB over so many bytes."""
    program.before(b)
    if program.words:
        with program.words(b, 0, size) as command:
            figure = b.measure(command)[0]
    else:
        figure = fed(b, program.command(b), program.feed(b, COPIES), size)
    program.before(b)
    return figure["rss"] * 1024 / 1e6, f"{figure['wall'] / 1e6:.1f} s"


def allocations(b, program):
    """How many more a run over many records makes than one over the first 1,000 of them. The fewest of some runs each: the run log's
    directory is shared by all programs of the user, and what lies there is looked at, so that one takes a little more than another. Where
    that is goes by the number of the input's file: it is one file, with other bytes."""
    counts, count, given = [], b.scratch / "count", b.scratch / "given"
    env = {"LD_PRELOAD": b.helper("allocations.so"), "ALLOCATIONS": str(count)}
    for records in (1000, b.many):
        with program.words(b, records, 0) if program.words else contextlib.nullcontext(program.command(b)) as command:
            stdin, found = str(given) if program.feed else None, []
            if stdin:
                shutil.copyfile(program.feed(b, records), given)  # written over, and not made anew
            for _ in range(8 if counts else 5):
                if counts and found and min(found) <= counts[0]:
                    break  # there are no more
                count.unlink(missing_ok=True)
                program.before(b)
                b.measure(command, stdin=stdin, env=env)
                found.append(sum(map(int, count.read_text().split())))
        counts.append(min(found))
    given.unlink(missing_ok=True)
    return [counts[1] - counts[0]], f"{counts[0]} before" + (f"; to record {b.many:,}" if b.many < 1_000_000 else "")


def start(b, program):
    """Median CPU of single runs. A sink lands each in the same zone, on a day of its own, or it would find a duplicate."""
    with program.words(b, 1, 0) if program.words else contextlib.nullcontext(program.command(b)) as command:
        file, times = program.feed(b, 1) if program.feed else None, b.starts
        if program.lands:
            days = [f"{2000 + n // 28:04}-01-{n % 28 + 1:02}" for n in range(times)]
            figures = [b.measure([*command, "--date", day], stdin=file)[0] for day in days]
        else:
            once = b.measure(command, stdin=file)[0]
            figures = b.measure(command, times=times if once["cpu"] < 20_000 else 5, stdin=file)
        floor = b.measure(["/bin/true"], times=times, stdin=file)
    ours, true = (sorted(f["cpu"] for f in them)[len(them) // 2] / 1000 for them in (figures, floor))
    return [ours - true], f"{ours:.2f} ms, true {true:.2f}"


def rows_of(program):
    @row(f"memory {program.name}", at_most("peak RSS on 1 GB of input", 16, 8, "MB"))
    def memory(b):
        found, took = peak(b, program, b.volume)
        return [found], took + (f"; of {b.volume // 1_000_000} MB" if b.volume < GIGABYTE else "")

    if program.counted:
        @row(f"allocations {program.name}", at_most("heap allocations from record 1,000 to the last", 0, 0))
        def allocation(b):
            return allocations(b, program)

    @row(f"start {program.name}", at_most("start to exit on one record, CPU above /bin/true", 3, 1, "ms"))
    def starting(b):
        program.before(b)
        found = start(b, program)
        program.before(b)
        return found


def stream_of(program):
    @row(f"stream {program.name}", at_most("peak RSS on 10 GB of input", 16, 8, "MB"),
         at_most("the same, less peak RSS on 1 GB", 1, 0.5, "MB"), full=True)  # counted to within 64 pages
    def stream(b):
        short, _ = peak(b, program, GIGABYTE)
        long, took = peak(b, program, 10 * GIGABYTE)
        return [long, long - short], took


for program in PROGRAMS:
    rows_of(program)
    if program.stream:
        stream_of(program)
