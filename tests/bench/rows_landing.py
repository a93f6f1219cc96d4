"""rows_landing: landing-write against the digest that it cannot do without, and what it reads back."""
import json
import re
import shutil
import subprocess

from measuring import NotHere, Run, at_most, digest_of, megabytes, row


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
                              expect=digest_of(file)))
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
