#!/usr/bin/env python3
"""guards: what landing-write asks of content before it lands, and how it lies there packed."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import NotHere, Scratch, Tap, arguments, must  # noqa: E402
from zones import Zone, sha256  # noqa: E402

CSV = b"a,b\n" + b"".join(b"%d,%d\n" % (n, n * n) for n in range(2000))
WHERE = ("--zone", "zone", "--source", "acme", "--entity", "orders", "--date", "2025-11-05", "--name", "data")


class Landing:
    def __init__(self, scratch):
        self.scratch, self.path = scratch, scratch.path

    def __call__(self, data, *more, status=0, said="", variables=None):
        result = self.scratch.run("landing-write", *WHERE, *more, stdin=open(self.scratch.write("data", data), "rb"), rejects=None, variables=variables)
        must(result.exit == status, *more, "ended", result.exit, result.err)
        must(said in result.err, f"{more}: no {said!r} in", result.err)
        must(len(result.err.splitlines()) <= 1, "more than a line:", result.err)
        if status:
            must(not (self.path / "zone/manifest.jsonl").exists() or not self.landed(data), "it has landed all the same")
        return json.loads(result.out) if result.out else {}

    def landed(self, data):
        return [line for line in Zone(self.path / "zone").landings() if line["sha256"] == sha256(data)]


def sizes_and_types(tap, land):
    with tap.case("--max-size"):
        land(CSV, "--max-size", "1k", status=64)
        land(CSV, "--max-size", str(len(CSV) - 1), status=65, said="--max-size")
        must(land(CSV, "--max-size", str(len(CSV)))["result"] == "landed", "of just that size it does not land")
    with tap.case("--accept"):
        for data, accept, status in ((b"PK\x03\x04" + bytes(30), "text/*", 65), (b"\x7fELF" + bytes(60), "text/csv,application/json", 65),
                                     (b'{"a":1}\n{"a":2}\n', "text/csv, application/x-ndjson", 0), (b"x,y\n1,2\n3,4\n5,6\n", "text/*", 0),
                                     (b'{"a":"' + b"x" * 300 + b'"}\n' * 1, "application/json", 0)):
            try:
                land(data, "--accept", accept, status=status, said="--accept" if status else "")
            except Exception as wrong:
                if "libmagic" in str(wrong):
                    raise NotHere("there is no libmagic") from None
                raise
        long = b"".join(b'{"n":%d,"text":"%s"}\n' % (n, b"y" * 90) for n in range(12000))
        must(len(long) > 1 << 20, "it is too short for this test")
        land(long, "--accept", "application/x-ndjson")
        for wrong in ("", "csv", "text/", "/csv", "text/csv,,", "te*t/csv", "text/csv;charset=utf-8"):
            land(b"x\n", "--accept", wrong, status=64)
    with tap.case("what is not asked for is not loaded"):
        if any(word in str(land.scratch.bin) for word in ("asan", "tsan")):
            raise NotHere("with a sanitizer all libraries are linked")
        if not shutil.which("strace"):
            raise NotHere("there is no strace")
        trace = land.path / "trace"
        subprocess.run(["strace", "-f", "-e", "trace=openat", "-o", trace, str(land.scratch.bin / "landing-write"), *WHERE], cwd=land.path, check=True,
                       stdin=open(land.path / "data", "rb"), stdout=subprocess.DEVNULL, env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
        text = trace.read_text()
        must("libmagic" not in text and "libzstd" not in text, "a library was loaded for nothing")


def alive(group):
    """Processes of a group that are more than what nobody has waited for."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its = stat.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(its) == group and state != "Z":
            found.append(stat)
    return found


def scans(tap, land):
    with tap.case("--scan: its status, and what it says"):
        land(b"1\n", "--scan", 'cmp - data', status=0)
        land(b"2\n", "--scan", 'test "$(cat {})" = 2', status=0)
        land(b"3\n", "--scan", "echo found: Eicar-1; exit 1", status=77, said="with status 1; nothing has landed: found: Eicar-1")
        land(b"3\n", "--scan", r"printf '\033]0;x\a\nmore'; exit 2", status=77, said=r"\x1b]0;x\x07\nmore")
        land(b"3\n", "--scan", "head -c 100000 /dev/zero | tr '\\0' x; exit 1", status=77, said="x...")
        land(b"3\n", "--scan", "no-such-scanner -", status=78)
        land(b"3\n", "--scan", "kill -9 $$", status=75, said="signal 9")
        land(b"3\n", "--scan", "", status=64)
        must(land(b"3\n", "--scan", "cat >/dev/null", "--accept", "text/*")["result"] == "landed", "what passes does not land")
        sidecar = json.loads((land.path / "zone" / (land.landed(b"3\n")[0]["path"] + ".meta.json")).read_bytes())
        must(sidecar["scanned_by"] == "cat >/dev/null" and sidecar["media_type"] == "text/plain", sidecar)
    with tap.case("a scanner that reads nothing, or leaves a process behind"):
        land(CSV * 50, "--scan", "exit 0")
        began = time.monotonic()
        land(b"4\n", "--scan", "sleep 9 & exit 0")
        must(time.monotonic() - began < 7, "it waits for what the scanner left behind")
    with tap.case("a scanner that does not end is killed, with all that it has started"):
        land(b"5\n", "--scan", "echo $$ >scanner; sleep 50 | cat; exit 0", "--scan-wait", "200ms", status=75, said="--scan")
        group = int((land.path / "scanner").read_text())
        for _ in range(50):
            if not alive(group):
                break
            time.sleep(0.02)
        must(not alive(group), "something of it lives")
    with tap.case("a scanner cannot change what lands"):
        land(b"6\n", "--scan", "echo changed >&0; exit 0")
        if os.geteuid() == 0:  # root may open it again
            land(b"6a\n", "--scan", "echo changed >/dev/stdin; exit 0", status=77, said="has written")
            land(b"6b\n", "--scan", "printf x 1<>/dev/stdin; exit 0", status=77, said="has written")
            land(b"6c\n", "--compress", "zstd", "--scan", "printf x 1<>/dev/stdin; exit 0", status=77, said="has written")
    with tap.case("SIGTERM while it is scanned"):
        (land.path / "scanner").unlink(missing_ok=True)
        process = subprocess.Popen([str(land.scratch.bin / "landing-write"), *WHERE, "--scan", "echo $$ >scanner; sleep 50"], cwd=land.path,
                                   stdin=open(land.scratch.write("data", b"7\n"), "rb"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while process.poll() is None and not ((land.path / "scanner").exists() and (land.path / "scanner").read_text().strip()):
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
        must(process.returncode == -signal.SIGTERM and not land.landed(b"7\n"), "it ends", process.returncode)


def packing(tap, land):
    with tap.case("--compress zstd: the content is what counts"):
        if not shutil.which("zstd"):
            raise NotHere("there is no zstd")
        data = CSV + b"x,y\n"
        first = land(data, "--compress", "zstd")
        line = land.landed(data)[0]
        must(first["sha256"] == sha256(data) and first["bytes"] == len(data) and first["path"].endswith("-data.zst"), "receipt:", first)
        stored = (land.path / "zone" / line["path"]).read_bytes()
        must(line["encoding"] == "zstd" and line["stored_sha256"] == sha256(stored) and line["stored_bytes"] == len(stored) < len(data) / 2, "line:", line)
        must(line["bytes"] == len(data) and line["records"] == data.count(b"\n"), "line:", line)
        must(subprocess.run(["zstd", "-dc"], input=stored, capture_output=True, check=True).stdout == data, "it holds something else")
        sidecar = json.loads((land.path / "zone" / (line["path"] + ".meta.json")).read_bytes())
        must({k: sidecar[k] for k in ("encoding", "stored_sha256", "stored_bytes")} == {k: line[k] for k in ("encoding", "stored_sha256", "stored_bytes")}, sidecar)
        must(land(data)["result"] == "duplicate" and land(data, "--compress", "zstd")["result"] == "duplicate", "packed or not, it is the same content")
        must(land(CSV, "--compress", "zstd")["result"] == "duplicate", "what landed as it is, is no other when packed")
    with tap.case("packed and scanned: the scanner sees the content"):
        data = CSV + b"z\n"
        land(data, "--compress", "zstd", "--scan", "cmp - data")
        land(data + b"1\n", "--compress", "zstd", "--scan", "exit 1", status=77)
    with tap.case("packed in pieces, and nothing of it stays behind"):
        big = os.urandom(300000) + b"\n" + bytes(3000000)
        land(big, "--compress", "zstd")
        line = land.landed(big)[0]
        stored = (land.path / "zone" / line["path"]).read_bytes()
        must(subprocess.run(["zstd", "-dc"], input=stored, capture_output=True, check=True).stdout == big, "it holds something else")
    with tap.case("the zone is whole"):
        zone = Zone(land.path / "zone")
        zone.check("at the end", orphans=False)
        verify = land.scratch.bin / "landing-verify"
        if verify.exists():
            run = subprocess.run([verify, "--zone", "zone"], cwd=land.path, capture_output=True, text=True)
            must(run.returncode == 0, "landing-verify:", run.stdout, run.stderr)
    with tap.case("a dry run changes nothing"):
        before = sorted(str(p) for p in (land.path / "zone").rglob("*"))
        must(land(b"dry\n", "--dry-run", "--compress", "zstd", "--scan", "exit 1", "--accept", "text/*")["dry_run"], "no word of it")
        must(before == sorted(str(p) for p in (land.path / "zone").rglob("*")), "it has")


def main():
    options = arguments(__doc__)
    tap = Tap()
    with Scratch(options.bin) as scratch:
        land = Landing(scratch)
        sizes_and_types(tap, land)
        scans(tap, land)
        packing(tap, land)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
