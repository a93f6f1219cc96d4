#!/usr/bin/env python3
"""archive_tools: what the usual programs make is read, to the byte, from a file and from a pipe; and no change of a byte of it gives
other content.

    tests/property/archive_tools.py --bin build/tools

Info-ZIP's zip, GNU tar, gzip, bzip2, xz and zstd, Python's zipfile and tarfile, and, where they are there, 7-Zip and bsdtar. What they
list and unpack is what archive-open lists and puts into a directory.
"""
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import NotHere, Scratch, Tap, arguments, must, rng, slow_build  # noqa: E402


def sources(random):
    """Files as partners send them, small enough to make many archives of."""
    rows = b"id,name,amount\n" + b"".join(b"%d,customer %d,%d.%02d\n" % (n, n * 7919 % 1000, n * 31 % 997, n % 100) for n in range(3000))
    return {"customers.csv": rows, "empty.csv": b"", "2025/november/a b.csv": rows[:5000] + b"\n", "Müller/größe.csv": b"id\n1\n", "random.bin": random.randbytes(70_000),
            "deep/" * 10 + "x.csv": b"id\n2\n", "l" * 120 + ".csv": b"long\n"}


def call(folder, *words, stdin=None):
    if not shutil.which(words[0]):
        raise NotHere(f"there is no {words[0]}")
    done = subprocess.run(words, cwd=folder, capture_output=True, env={**os.environ, "LC_ALL": "C.UTF-8"}, **({"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}))
    must(done.returncode == 0, *words, done.stderr.decode(errors="replace"))
    return done.stdout


class Unseekable(io.RawIOBase):
    """A pipe: zipfile and tarfile write it without going back."""

    def __init__(self):
        self.data = bytearray()

    def writable(self):
        return True

    def write(self, data):
        self.data += data
        return len(data)

    def seekable(self):
        return False

    def tell(self):
        raise OSError("a pipe")


def by_zipfile(files, where, **words):
    with zipfile.ZipFile(where, "w", **words) as z:
        for name, data in files.items():
            z.writestr(name, data)


def zip64_by_zipfile(files, where):
    with zipfile.ZipFile(where, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in files.items():
            with z.open(name, "w", force_zip64=True) as out:
                out.write(data)


def by_tarfile(files, where, form, mode="w"):
    with tarfile.open(fileobj=where, mode=mode, format=form) as t:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), 1762300800.25
            t.addfile(info, io.BytesIO(data))


def to_bytes(make, *words, sink=io.BytesIO, **more):
    out = sink()
    make(*words[:1], out, *words[1:], **more)
    return bytes(out.data) if isinstance(out, Unseekable) else out.getvalue()


def makers(folder, files):
    """(what made it, what it is called, its bytes or who makes them)."""
    names = sorted(files)
    for level in "0", "6", "9":
        yield f"zip -{level}", "x.zip", lambda level=level: call(folder, "zip", "-q", f"-{level}", "-r", "-", ".")
    yield "zip, to a file", "x.zip", lambda: (call(folder, "zip", "-q", "-r", "../x.zip", "."), (folder.parent / "x.zip").read_bytes())[1]
    # Not to a pipe: there it leaves the large end record out, and unzip does not read it either.
    yield "zip -fz (zip64)", "x.zip", lambda: (call(folder, "zip", "-q", "-fz", "-r", "../x.zip", "."), (folder.parent / "x.zip").read_bytes())[1]
    yield "zip without extra fields and directories", "x.zip", lambda: call(folder, "zip", "-q", "-X", "-D", "-r", "-", ".")
    for method, name in ((zipfile.ZIP_STORED, "stored"), (zipfile.ZIP_DEFLATED, "deflated")):
        yield f"zipfile, {name}", "x.zip", lambda method=method: to_bytes(by_zipfile, files, compression=method)
        yield f"zipfile to a pipe, {name}", "x.zip", lambda method=method: to_bytes(by_zipfile, files, sink=Unseekable, compression=method)
    yield "zipfile, zip64", "x.zip", lambda: to_bytes(zip64_by_zipfile, files)
    yield "zipfile to a pipe, zip64", "x.zip", lambda: to_bytes(zip64_by_zipfile, files, sink=Unseekable)
    yield "7z's zip", "x.zip", lambda: (call(folder, "7z", "a", "-tzip", "../x.zip", "."), (folder.parent / "x.zip").read_bytes())[1]
    # To a pipe it puts zeros behind it, as behind a tar.
    yield "bsdtar's zip", "x.zip", lambda: (call(folder, "bsdtar", "--format=zip", "-cf", "../x.zip", *names), (folder.parent / "x.zip").read_bytes())[1]
    for form in "gnu", "oldgnu", "pax", "posix":
        yield f"tar --format={form}", "x.tar", lambda form=form: call(folder, "tar", f"--format={form}", "-cf", "-", ".")
    yield "tar --format=ustar", "x.tar", lambda: call(folder, "tar", "--format=ustar", "-cf", "-", *(n for n in names if len(n) < 100))
    yield "bsdtar", "x.tar", lambda: call(folder, "bsdtar", "-cf", "-", ".")
    for word, ending in (("-z", "gz"), ("-j", "bz2"), ("-J", "xz"), ("--zstd", "zst")):
        yield f"tar {word}", f"x.tar.{ending}", lambda word=word: call(folder, "tar", word, "-cf", "-", ".")
    for form, name in ((tarfile.PAX_FORMAT, "pax"), (tarfile.GNU_FORMAT, "gnu")):
        yield f"tarfile, {name}", "x.tar", lambda form=form: to_bytes(by_tarfile, files, form)
    yield "tarfile to a pipe, gz", "x.tgz", lambda: to_bytes(by_tarfile, files, tarfile.PAX_FORMAT, "w|gz", sink=Unseekable)


def compare(scratch, name, data, files):
    """All into a directory is what was packed, list says the same, and the entries one by one are right, from a pipe too."""
    (scratch.path / name).write_bytes(data)
    into = scratch.run("archive-open", "--into", "out", name, rejects=None)
    must(into.exit == 0, into.err)
    got = {str(p.relative_to(scratch.path / "out")): p.read_bytes() for p in (scratch.path / "out").rglob("*") if p.is_file()}
    must(got == files, "other files:", sorted(set(got) ^ set(files)), [n for n in got if n in files and got[n] != files[n]])
    listed = scratch.run("archive-open", "--list", name, rejects=None)
    sizes = {entry["name"]: entry["bytes"] for entry in map(json.loads, listed.out.splitlines()) if entry["type"] == "file"}
    must(sizes == {n: len(d) for n, d in files.items()}, "listed:", sizes)
    for entry, piped in (("customers.csv", False), ("customers.csv", True), ("empty.csv", True))[1 if slow_build(scratch) else 0:2 if slow_build(scratch) else 3]:
        one = scratch.run("archive-open", "--entry", entry, *([] if piped else [name]), stdin=data if piped else b"", rejects=None)
        must(one.exit == 0 and one.out == files[entry], entry, one.exit, one.err)
        must(one.counts["meta"]["name"] == entry, one.counts["meta"])


def single(scratch, files):
    """What compresses a file, each in two members as well."""
    rows = files["customers.csv"]
    for words, ending in ((["gzip", "-c"], "gz"), (["gzip", "-n", "-1", "-c"], "gz"), (["bzip2", "-c"], "bz2"), (["xz", "-c"], "xz"), (["xz", "-0", "-T2", "--block-size=20000", "-c"], "xz"),
                          (["zstd", "-q", "-c"], "zst"), (["zstd", "-q", "-19", "--long=27", "-c"], "zst"), (["zstd", "-q", "--no-check", "-c"], "zst")):
        packed = call(scratch.path, *words, stdin=rows[:1000]) + call(scratch.path, *words, stdin=rows[1000:])
        (scratch.path / f"a.csv.{ending}").write_bytes(packed)
        for how in (["a.csv." + ending], ["--entry", "a.csv", "a.csv." + ending], ["--stream", "a.csv." + ending]):
            one = scratch.run("archive-open", *how, rejects=None)
            must(one.exit == 0 and one.out == rows, *words, *how, one.exit, one.err)
            must(one.counts["meta"]["name"] == "a.csv", one.counts["meta"])


def encrypted(scratch, files):
    """ZipCrypto is read with a warning, and with another passphrase refused."""
    (scratch.path / "a.csv").write_bytes(files["customers.csv"])
    call(scratch.path, "zip", "-q", "-P", "secret", "x.zip", "a.csv")
    for passphrase, status in ((b"secret\n", 0), (b"Secret\n", 77)):
        path = scratch.write("passphrase", passphrase)
        path.chmod(0o600)
        one = scratch.run("archive-open", "--passphrase", f"file:{path}", "x.zip", rejects=None)
        must(one.exit == status and one.out == (b"" if status else files["customers.csv"]), one.exit, one.err)
        must("ZipCrypto" in one.err if status == 0 else "passphrase" in one.err, one.err)
        must("ecret" not in one.err, "the passphrase is told")


def streams(scratch, files):
    """--stream lets out what came before the fault, says 65, and no landing follows; without it nothing is out."""
    whole = call(scratch.path, "gzip", "-c", stdin=files["random.bin"])
    for data, status in ((whole, 0), (whole[:-4] + bytes(4), 65)):
        (scratch.path / "r.gz").write_bytes(data)
        held = scratch.run("archive-open", "r.gz", rejects=None)
        through = scratch.run("archive-open", "--stream", "r.gz", rejects=None)
        must(held.exit == through.exit == status, held.exit, through.exit, through.err)
        must(held.out == (files["random.bin"] if status == 0 else b""), len(held.out))
        must(len(through.out) > 50_000 and files["random.bin"].startswith(through.out), "not streamed:", len(through.out))
        must(through.counts["status"] == ("ok" if status == 0 else "data"), through.counts)
        script = f"{scratch.bin}/archive-open --stream r.gz 2>/dev/null | {scratch.bin}/landing-write --zone zone-{status} --source a --entity b >receipt 2>/dev/null"
        done = subprocess.run(["bash", "-c", script], cwd=scratch.path, stdin=subprocess.DEVNULL, start_new_session=True)
        must(done.returncode == status, "landing-write ended", done.returncode)
        must(bool(list(scratch.path.glob(f"zone-{status}/source=a/**/*r"))) == (status == 0), "landed, or not")


def spooled(scratch, files):
    """The same with nothing kept in memory, and from several archives."""
    for name in ("one", "two"):
        by_zipfile({f"{name}.csv": files["customers.csv"]}, scratch.path / f"{name}.zip", compression=zipfile.ZIP_DEFLATED)
    both = scratch.run("archive-open", "--spool-memory", "1", "--spool", scratch.path, "one.zip", "two.zip", rejects=None)
    must(both.exit == 0 and both.out == files["customers.csv"] * 2, both.exit, both.err)
    must([a["entry"] for a in both.counts["meta"]["archives"]] == ["one.csv", "two.csv"], both.counts["meta"])
    into = scratch.run("archive-open", "--into", "both", "one.zip", "two.zip", rejects=None)
    must(into.exit == 0 and sorted(os.listdir(scratch.path / "both")) == ["one.csv", "two.csv"], into.err)
    again = scratch.run("archive-open", "--into", "none", "one.zip", "one.zip", rejects=None)
    must(again.exit == 65 and not (scratch.path / "none").exists(), again.exit, again.err)
    bad = scratch.write("bad.zip", (scratch.path / "two.zip").read_bytes()[:-1])
    for target in ("none", "both"):
        half = scratch.run("archive-open", "--into", target, "one.zip", bad, rejects=None)
        must(half.exit == 65, half.exit, half.err)
    must(not (scratch.path / "none").exists() and sorted(os.listdir(scratch.path / "both")) == ["one.csv", "two.csv"], "half of it was put")


def flipped(scratch, options):
    """In process, by tests/fuzz/flip_archive."""
    harness = options.bin.parent / "tests" / "flip_archive"
    if not harness.exists():
        raise NotHere("there is no flip_archive: build it")
    small = {"a.csv": b"id,name\n1,Ada\n2,Bob\n", "d/b.csv": b"id\n" + b"7,8,9\n" * 30}
    made = {"deflated.zip": to_bytes(by_zipfile, small, compression=zipfile.ZIP_DEFLATED), "stored.zip": to_bytes(by_zipfile, small),
            "pipe.zip": to_bytes(by_zipfile, small, sink=Unseekable, compression=zipfile.ZIP_DEFLATED), "zip64.zip": to_bytes(zip64_by_zipfile, small),
            "x.tgz": to_bytes(by_tarfile, small, tarfile.USTAR_FORMAT, "w:gz"), "x.tar.xz": to_bytes(by_tarfile, small, tarfile.USTAR_FORMAT, "w:xz"),
            "x.tar.bz2": to_bytes(by_tarfile, small, tarfile.USTAR_FORMAT, "w:bz2")}
    if shutil.which("zstd"):
        made["x.tar.zst"] = call(scratch.path, "zstd", "-q", "-c", stdin=to_bytes(by_tarfile, small, tarfile.USTAR_FORMAT))
    for name, data in made.items():
        (scratch.path / name).write_bytes(data)
    done = subprocess.run([harness, *made], cwd=scratch.path, capture_output=True, text=True)
    print("".join(f"# {line}\n" for line in done.stdout.splitlines()), end="")
    must(done.returncode == 0, done.stdout, done.stderr)


def main():
    options, tap = arguments(__doc__), Tap()
    if not (options.bin / "archive-open").exists():
        tap.skip("archives of other programs", "there is no archive-open: it was not built")
        return tap.end()
    files = sources(rng(options, "archives"))
    with Scratch(options.bin) as top:
        folder = top.path / "files"
        for name, data in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        for at, (about, name, make) in enumerate(makers(folder, files)):
            if slow_build(options) and not options.long and at % 3 != options.seed % 3:
                continue
            with tap.case(f"made by {about}"), Scratch(options.bin) as scratch:
                (top.path / "x.zip").unlink(missing_ok=True)
                compare(scratch, name, make(), files if "ustar" not in about else {n: d for n, d in files.items() if len(n) < 100})
    for about, test in (("one file, compressed", single), ("encrypted", encrypted), ("let out while it is read", streams), ("kept in a file, and several", spooled)):
        with tap.case(about), Scratch(options.bin) as scratch:
            test(scratch, files)
    with tap.case("each byte changed, in ten ways"), Scratch(options.bin) as scratch:
        flipped(scratch, options)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
