"""zones: what the crash tests share: runs of landing-write that are killed, stopped or failed at a system call, and a zone's state.

The invariants (I1 to I5) are those that a landing zone promises at any moment: each line that counts names data and a sidecar that
match it, the chain of hashes holds, what landed is there once, nothing else is visible, nothing that was there has changed.
"""
import collections
import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

from tap import NotHere, Wrong, clean_environment, must

ZEROS = "0" * 64
KINDS = ("openat", "mkdirat", "write", "pwrite64", "fsync", "fdatasync", "linkat", "renameat2", "unlinkat", "ftruncate", "flock")
LOGS = pathlib.Path("/tmp") / f"tidegate-{os.geteuid()}"

Call = collections.namedtuple("Call", "name number text")  # number: how many of that name there were, with it
Result = collections.namedtuple("Result", "exit out err")


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def need_strace():
    if not shutil.which("strace"):
        raise NotHere("there is no strace")
    if subprocess.run(["strace", "-o", os.devnull, "true"], stderr=subprocess.DEVNULL).returncode:
        raise NotHere("strace may not trace here")


class Zone:
    """What is there of a zone, and whether it may be so."""

    def __init__(self, path):
        self.path = pathlib.Path(path)

    def text(self):
        manifest = self.path / "manifest.jsonl"
        return manifest.read_bytes() if manifest.is_file() else b""

    def lines(self):
        """The lines that count, as (line, value), by the rule: prev is the hash of the last that counts. Then those that do not."""
        tail, good, void = ZEROS, [], []
        for line in self.text().splitlines(keepends=True):
            try:
                value = json.loads(line)
            except ValueError:
                value = None
            if not line.endswith(b"\n") or not isinstance(value, dict) or value.get("prev") != tail:
                void.append(line)
                continue
            tail = sha256(line[:-1])
            good.append(value)
        return good, void

    def landings(self):
        return [value for value in self.lines()[0] if value["kind"] == "landing"]

    def visible(self):
        """All files but the manifest and the zone's own."""
        return {str(p.relative_to(self.path)) for p in self.path.rglob("*")
                if not p.is_dir() and p.relative_to(self.path).parts[0] not in ("manifest.jsonl", ".tidegate")}

    def snapshot(self):
        """Of each file that a line names: inode, time and content. They never change."""
        named = {}
        for landing in self.landings():
            for name in (landing["path"], landing["path"] + ".meta.json"):
                file = self.path / name
                st = file.stat()
                named[name] = (st.st_ino, st.st_mtime_ns, sha256(file.read_bytes()))
        return named

    def check(self, when, orphans=True, void=False):
        """I1 and I2, at any moment; without orphans I5 too."""
        good, bad = self.lines()
        text = self.text()
        torn = bool(text) and not text.endswith(b"\n")
        must(void or len(bad) <= torn, f"{when}: {len(bad)} lines do not count:", bad[:1])
        must(orphans or not torn, f"{when}: a torn line is left")
        for line in text.splitlines():
            must(len(line) < 4096, f"{when}: a line of {len(line)} bytes")
        seen = set()
        for landing in self.landings():
            data, sidecar = self.path / landing["path"], self.path / (landing["path"] + ".meta.json")
            must(data.is_file() and sidecar.is_file(), f"{when}: a line names what is not there:", landing["path"])
            digest, size = (landing["stored_sha256"], landing["stored_bytes"]) if "encoding" in landing else (landing["sha256"], landing["bytes"])
            must(sha256(data.read_bytes()) == digest, f"{when}: other data than the line says:", landing["path"])
            must(data.stat().st_size == size, f"{when}: other size")
            must(sha256(sidecar.read_bytes()) == landing["sidecar_sha256"], f"{when}: another sidecar than the line says")
            said = json.loads(sidecar.read_bytes())
            must(said["checksum"] == "sha256:" + landing["sha256"] and said["landing"] == landing["landing"], f"{when}: sidecar:", said)
            key = landing["source"], landing["entity"], landing["date"], landing["sha256"]
            must(key not in seen, f"{when}: landed twice:", landing["path"])
            seen.add(key)
        if not orphans:
            named = {l["path"] for l in self.landings()}
            named |= {name + ".meta.json" for name in named}
            must(self.visible() == named, f"{when}: also in the zone:", self.visible() - named)
            own = {p.name for p in (self.path / ".tidegate").iterdir()}
            must(own <= {"zone", "lock", "index"}, f"{when}: also the zone's own:", own)
            beside = {p.name for p in self.path.parent.iterdir() if p.name.startswith(".tidegate")}
            must(not beside, f"{when}: beside the zone:", beside)

    def holds(self, contents, when):
        """I3: exactly these contents have landed, each once."""
        landed = collections.Counter(l["sha256"] for l in self.landings())
        must(landed == collections.Counter({sha256(c): 1 for c in contents}), f"{when}: landed", landed)


class Bench:
    """Folders for runs of landing-write."""

    def __init__(self, options):
        self.program = str(options.bin / "landing-write")
        self.shim = options.bin.parent / "tests" / "torn.so"
        self.folder = tempfile.TemporaryDirectory(prefix="tidegate-crash-", dir=shm())
        self.path = pathlib.Path(self.folder.name)
        self.runs = 0
        self.made = 0
        self.pipes = set()
        # The run log's buckets, so that no run makes one: then calls have the same numbers in each.
        for bucket in range(256):
            (LOGS / f"{bucket:02x}").mkdir(mode=0o700, parents=True, exist_ok=True)
        LOGS.chmod(0o700)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.forget_logs()
        self.folder.cleanup()

    def fresh(self, template=None):
        """An empty folder, or a copy of one, with its times and inodes its own."""
        self.made += 1
        path = self.path / f"run-{self.made}"
        if template:
            shutil.copytree(template, path, symlinks=True)
        else:
            path.mkdir()
        return path

    def drop(self, path):
        shutil.rmtree(path)

    def forget_logs(self):
        """Killed stages leave their run log for a day. The files' names say which pipe they wrote to."""
        for bucket in os.scandir(LOGS) if LOGS.is_dir() else ():
            for file in os.scandir(bucket) if bucket.is_dir() else ():
                found = re.search(r"\.pipe:[0-9a-f]+:(\d+)\.", file.name)
                if found and found.group(1) in self.pipes:
                    with contextlib.suppress(OSError):
                        os.unlink(file.path)

    def start(self, cwd, content, more=(), tracer=(), variables=None, name="in.csv"):
        """A run, not waited for."""
        self.runs += 1
        file = cwd / name
        if not file.exists() or file.read_bytes() != content:
            file.write_bytes(content)
        environment = clean_environment()
        environment.update(variables or {})
        argv = [*tracer, self.program, "--zone", str(cwd / "zone"), "--source", "acme", "--entity", "customers", *more]
        with open(file, "rb") as stdin:
            return subprocess.Popen(argv, cwd=cwd, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)

    def end(self, process, timeout=120):
        pipe = str(os.fstat(process.stdout.fileno()).st_ino)
        out, err = process.communicate(timeout=timeout)
        self.pipes.add(pipe)
        return Result(process.returncode, out, err.decode(errors="replace"))

    def run(self, cwd, content, *more, tracer=(), variables=None):
        return self.end(self.start(cwd, content, more, tracer, variables))

    def calls(self, cwd, content, *more, kinds=KINDS):
        """The system calls of a run that stand between its first and last touch of the zone, or all that make one."""
        trace = cwd / "trace"
        result = self.run(cwd, content, *more, tracer=["strace", "-y", "-s", "40", "-o", str(trace), "-e", "trace=" + ",".join(kinds)])
        must(result.exit == 0, "a clean run:", result)
        seen, calls = collections.Counter(), []
        started = False
        for line in trace.read_text(errors="replace").splitlines():
            name = line.split("(")[0]
            if name not in kinds:
                continue
            seen[name] += 1
            started = started or str(cwd) in line and "in.csv" not in line
            if started:
                calls.append(Call(name, seen[name], line))
        trace.unlink()
        return calls

    def killed(self, cwd, content, call, *more):
        return self.run(cwd, content, *more, tracer=inject(call, "signal=KILL"))

    def again(self, cwd, content, *more, expected=(0,)):
        result = self.run(cwd, content, *more)
        must(result.exit in expected, "the run afterwards:", result)
        return result


# -- zones made by hand --------------------------------------------------------------------------------------------------------


def landing_line(prev, number):
    """A line as landing-write makes them, for the decimal digits of a number as data."""
    data, day = b"%d" % number, "2025-10-01"
    digest = sha256(data)
    return {
        "v": 1, "kind": "landing", "prev": prev, "landing": f"{number:032x}", "time": "2025-10-01T00:00:00.000000Z",
        "run": "r", "source": "acme", "entity": "customers", "date": day,
        "path": f"source=acme/entity=customers/date={day}/{digest[:16]}-x", "sha256": digest, "bytes": len(data), "records": 1,
        "sidecar_sha256": ZEROS, "batches": []}


def compact(value):
    return json.dumps(value, separators=(",", ":")).encode()


def tail_of(zone):
    lines = (zone / "manifest.jsonl").read_bytes().splitlines() if (zone / "manifest.jsonl").exists() else []
    return sha256(lines[-1]) if lines else ZEROS


def grow_manifest(zone, lines):
    """Appends lines of data that are nowhere."""
    prev = tail_of(zone)
    with open(zone / "manifest.jsonl", "ab") as out:
        for number in range(lines):
            line = compact(landing_line(prev, number))
            prev = sha256(line)
            out.write(line + b"\n")


def grow_zone(zone, start, end):
    """Appends lines and makes their data; gives the contents."""
    prev = tail_of(zone)
    (zone / landing_line(prev, 0)["path"]).parent.mkdir(parents=True, exist_ok=True)
    with open(zone / "manifest.jsonl", "ab") as out:
        for number in range(start, end):
            line = landing_line(prev, number)
            data = b"%d" % number
            sidecar = compact({"checksum": "sha256:" + sha256(data), "landing": line["landing"]})
            (zone / line["path"]).write_bytes(data)
            (zone / (line["path"] + ".meta.json")).write_bytes(sidecar)
            line["sidecar_sha256"] = sha256(sidecar)
            prev = sha256(compact(line))
            out.write(compact(line) + b"\n")
    return [b"%d" % number for number in range(start, end)]


def lagging_zone(bench):
    """A zone whose manifest has grown so far that the next landing makes its index; and the contents that it holds."""
    cwd = bench.fresh()
    bench.again(cwd, b"0\n", "--date", "2025-11-05")
    (cwd / "zone/manifest.jsonl").unlink()
    shutil.rmtree(cwd / "zone/source=acme")
    contents = grow_zone(cwd / "zone", 0, 130)
    must((cwd / "zone/manifest.jsonl").stat().st_size > 64 * 1024, "the manifest is too short to be indexed")
    return cwd, contents


def shm():
    """In memory where that can be: what is tested is the order of the calls, not the disk."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) and has_tmpfile("/dev/shm") else None


def has_tmpfile(path):
    try:
        os.close(os.open(path, os.O_TMPFILE | os.O_RDWR))
    except OSError:
        return False
    return True


def inject(call, what):
    return ["strace", "-qq", "-o", os.devnull, "-e", f"trace={call.name}", "-e", f"inject={call.name}:{what}:when={call.number}"]


def receipt(result):
    return json.loads(result.out) if result.out else {}


def named(path):
    """For messages: a call without the folder."""
    return re.sub(r"/\S*tidegate-crash-[^/]*/run-\d+", "", path)


__all__ = ["Bench", "Call", "KINDS", "LOGS", "grow_manifest", "grow_zone", "lagging_zone", "NotHere", "Result", "Wrong", "Zone", "inject", "json", "must", "named", "need_strace", "receipt",
           "sha256", "signal"]
