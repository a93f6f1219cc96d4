"""rows_landing: landing-write against the digest that it cannot do without, and what it reads back."""
import hashlib
import json
import re
import shutil
import statistics
import subprocess
import time

from measuring import NotHere, Run, at_least, at_most, digest_of, megabytes, row


def landing(b):
    return [b.tool("landing-write"), "--zone", str(b.scratch / "zone"), "--source", "bench", "--entity", "data"]


def fresh_zone(b):
    shutil.rmtree(b.scratch / "zone", ignore_errors=True)


@row("landing-write", at_most("ours / openssl dgst -sha256 over the same bytes", 1.6, 1.3))
def landing_write(b):
    file = b.input("customers-csv")

    def landed(receipt):
        """The receipt's digest, and the landed file's."""
        said = json.loads(receipt.read_text())
        return said["sha256"], digest_of(said["path"])

    race = b.race(ours=Run(landing(b), stdin=file, before=lambda: fresh_zone(b), answer=landed, expect=(digest_of(file),) * 2),
                  openssl=Run(["openssl", "dgst", "-sha256", file], answer=lambda out: out.read_text().split()[-1],
                              expect=digest_of(file), limit=True))
    size = megabytes(file)
    return [race.ratio("ours", "openssl")], f"{race.rate('ours', size)} MB/s, openssl {race.rate('openssl', size)}"


@row("landing-write reads", at_most("bytes of the data read back after writing", 0, 0, "B"))
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
    return [back]


def small_landings(b, count):
    """Seconds that each of so many landings of a file of 1 kB takes, one program after the other, all synced."""
    taken = []
    for number in range(count):
        file = b.scratch / "small"
        file.write_bytes((b"%d\n" % number).ljust(1000, b"x"))
        began = time.monotonic()
        with open(file, "rb") as stdin:
            subprocess.run(landing(b), cwd=b.scratch, env=b.env, stdin=stdin, stdout=subprocess.DEVNULL, check=True)
        taken.append(time.monotonic() - began)
    return taken


@row("landing-write, small", at_least("landings of 1 kB a second of wall time, each synced"))
def landing_small(b):
    fresh_zone(b)
    taken = small_landings(b, 100)
    return [1 / statistics.median(taken)], f"the slowest {max(taken) * 1000:.0f} ms"


def grow(manifest, lines):
    """Lines of landings behind those that are there, chained by hash as landing-write does."""
    last = manifest.read_bytes().splitlines()[-1]
    with open(manifest, "ab") as out:
        for number in range(lines):
            digest = hashlib.sha256(b"%d" % number).hexdigest()
            line = (f'{{"v":1,"kind":"landing","prev":"{hashlib.sha256(last).hexdigest()}","landing":"{number:032x}","time":"2025-10-01T00:00:00.000000Z",'
                    f'"run":"019a5299-c368-7c11-9d0e-5b1f0c2a7e44","source":"bench","entity":"data","date":"2025-10-01",'
                    f'"path":"source=bench/entity=data/date=2025-10-01/{digest[:16]}-data.jsonl","sha256":"{digest}","bytes":{len(str(number))},"records":1,'
                    f'"sidecar_sha256":"{"0" * 64}","batches":[]}}')
            last = line.encode()
            out.write(last + b"\n")


@row("landing-write, 10^6 there", at_most("CPU of a landing among a million / of one in an empty zone", 3, 1.5), at_most("peak memory of it", 16, 8, "MB"),
     at_most("CPU seconds that making the index takes, once", 10, 3, "s"), slow=True)
def landing_among_many(b):
    fresh_zone(b)
    empty = []
    for number in range(20):
        small = b.scratch / "small"
        small.write_bytes(b"%d empty\n" % number)
        fresh_zone(b)
        empty.append(b.measure(landing(b), stdin=str(small))[0]["cpu"])
    grow(b.scratch / "zone" / "manifest.jsonl", 1_000_000)
    full = []
    for number in range(20):
        small.write_bytes(b"%d full\n" % number)
        full.append(b.measure(landing(b), stdin=str(small))[0])
    index = full.pop(0)
    fresh_zone(b)
    cpu = statistics.median(figure["cpu"] for figure in full)
    return ([cpu / statistics.median(empty), max(figure["rss"] for figure in full) * 1024 / 1e6, index["cpu"] / 1e6],
            f"{cpu / 1000:.1f} ms a landing, {statistics.median(figure['wall'] for figure in full) / 1000:.1f} ms of wall time")
