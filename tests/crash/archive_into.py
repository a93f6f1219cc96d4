#!/usr/bin/env python3
"""archive_into: archive-open --into killed at its system calls, and failed at them; then it runs again, and all is there.

    tests/crash/archive_into.py --bin DIR            a sample, a few seconds
    tests/crash/archive_into.py --bin DIR --long     all of them

At every moment a directory that was not there is there whole or not; one that was there holds whole files alone, and what was in it
before. A run that is told of an error says so and, unless the error came between two names, puts nothing. After a clean run all is
there, and nothing that a dead run left.
"""
import collections
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import arguments, clean_environment  # noqa: E402
from tap import Tap, must  # noqa: E402
from zones import LOGS, need_strace, shm  # noqa: E402

FILES = {"a.csv": b"id,name\n1,Ada\n", "d/b.csv": b"id\n2\n" * 20000, "d/e/c.csv": b""}
CALLS = ("mkdirat", "openat", "write", "fsync", "linkat", "renameat", "renameat2", "unlinkat", "fchmod", "flock")
ERRORS = {"mkdirat": "ENOSPC", "openat": "EMFILE", "write": "ENOSPC", "fsync": "EIO", "linkat": "EIO", "renameat2": "EIO", "fchmod": "EPERM"}
LOG = re.compile(r"run\.jsonl|/tidegate-\d|/stdout>")  # the run log and its own output are not what this is about
ENV = clean_environment()
ENV["ASAN_OPTIONS"] = ENV.get("ASAN_OPTIONS", "") + ":detect_leaks=0"  # the leak check cannot run under a tracer


def fresh(top, there):
    """A folder with the archive, and with the directory where it is to be there, a file of it and one of another's in it."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=top))
    with zipfile.ZipFile(folder / "x.zip", "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in FILES.items():
            z.writestr(name, data)
    if there:
        (folder / "out").mkdir()
        (folder / "out" / "a.csv").write_bytes(FILES["a.csv"])
        (folder / "out" / "other.csv").write_bytes(b"other\n")
    return folder


OUTPUTS = set()  # what the runs wrote to, as the names of their logs have it


def run(options, folder, *tracer):
    """Its standard output is a file, whose identity no later run has."""
    with open(folder / "stdout", "w+b") as out:
        stat = os.fstat(out.fileno())
        OUTPUTS.add(f"{stat.st_dev:x}:{stat.st_ino}")
        done = subprocess.run([*tracer, options.bin / "archive-open", "--run", "run.jsonl", "--into", "out", "x.zip"], cwd=folder, env=ENV, stdin=subprocess.DEVNULL,
                              stdout=out, stderr=subprocess.PIPE, timeout=60)
        out.seek(0)
        done.stdout = out.read()
    return done


def forget_logs():
    """Killed stages leave their run log for a day."""
    for path in LOGS.glob("*/*"):
        found = re.search(r"\.file:([0-9a-f]+:\d+)\.", path.name)
        if found and found.group(1) in OUTPUTS:
            path.unlink(missing_ok=True)


def calls(options, top, there):
    """{(call, its number): its text} of a clean run, from its first touch of the folder on."""
    folder = fresh(top, there)
    done = run(options, folder, "strace", "-y", "-s", "60", "-o", "trace", "-e", "trace=" + ",".join("?" + name for name in CALLS))
    must(done.returncode == 0, done.stderr.decode())
    seen, found, began = collections.Counter(), {}, False
    for line in (folder / "trace").read_text(errors="replace").splitlines():
        call = re.match(r"(\w+)\(", line)
        if not call:
            continue
        seen[call.group(1)] += 1
        began |= ".tidegate-into-" in line
        if began:
            found[call.group(1), seen[call.group(1)]] = line
    return found


def state(folder):
    out = folder / "out"
    return {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file() and ".tidegate-into-" not in str(p)} if out.exists() else None


def look(folder, there, when):
    now = state(folder)
    if not there:
        must(now in (None, FILES), f"{when}: half of it is there:", sorted(now or ()))
        return
    must(now.pop("other.csv") == b"other\n" and now["a.csv"] == FILES["a.csv"], f"{when}: what was there has changed")
    must(all(FILES.get(name) == data for name, data in now.items()), f"{when}: a file is there in part:", sorted(now))


def settled(options, folder, there, when):
    done = run(options, folder)
    must(done.returncode == 0, f"{when}: the run behind it ended", done.returncode, done.stderr.decode())
    must(state(folder) == {**FILES, **({"other.csv": b"other\n"} if there else {})}, f"{when}: after another run:", sorted(state(folder)))
    left = [str(p) for p in folder.rglob(".tidegate-*")]
    must(not left, f"{when}: left behind:", *left)


def broken(options, top, there, call, number, text, error):
    when = f"{'failed' if error else 'killed'} at {call} {number}: {text[:100]}"
    folder = fresh(top, there)
    done = run(options, folder, "strace", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:{f'error={error}' if error else 'signal=KILL'}:when={number}")
    if error:
        must(done.returncode in (0, 69, 73, 74, 75), f"{when}: status", done.returncode, done.stderr.decode())
        must((done.returncode == 0) == (not done.stderr) and (done.returncode == 0 or not done.stdout), f"{when}: status", done.returncode, done.stdout, done.stderr)
    look(folder, there, when)
    settled(options, folder, there, when)


def main():
    options, tap = arguments(__doc__), Tap()
    if not (options.bin / "archive-open").exists():
        tap.skip("archives into a directory", "there is no archive-open: it was not built")
        return tap.end()
    with tempfile.TemporaryDirectory(prefix="tidegate-crash-", dir=shm()) as top, concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for there in (False, True):
            about = "which is there" if there else "which is not there yet"
            with tap.case(f"into a directory {about}: killed at every call, and told of errors"):
                need_strace()
                points = calls(options, top, there)
                must(len(points) > 20, "so few calls:", *points)
                todo = [(call, number, text, None) for (call, number), text in points.items()]
                todo += [(call, number, text, ERRORS[call]) for (call, number), text in points.items()
                         if call in ERRORS and not LOG.search(text)]
                todo = todo if options.long else todo[options.seed % 3::4 if there else 2]
                list(pool.map(lambda point: broken(options, top, there, *point), todo))
                print(f"# {sum(not error for *_, error in todo)} kills, {sum(bool(error) for *_, error in todo)} errors", flush=True)
        forget_logs()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
