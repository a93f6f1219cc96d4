#!/usr/bin/env python3
"""archive_attacks: each archive that make_archives.py makes is read as it should be, or refused with its status and reason, and then not
a byte is out; from a file and from a pipe alike.

    tests/property/archive_attacks.py --bin build/tools
"""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import make_archives  # noqa: E402
from programs import Tap, arguments, clean_environment, must, slow_build  # noqa: E402

PIPED_MOST = 20_000  # bytes: what is larger is read from a file alone


def run(options, folder, words, stdin=None):
    log = folder / "run.jsonl"
    log.unlink(missing_ok=True)
    environment = clean_environment()
    done = subprocess.run([options.bin / "archive-open", "--run", log, *words], cwd=folder, env=environment, capture_output=True, timeout=60,
                          **({"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}))
    finish = json.loads(log.read_text().splitlines()[-1])
    return done, finish


def check(done, finish, expected, folder, names):
    if isinstance(expected, bytes):
        must(done.returncode == 0, "status", done.returncode, done.stderr.decode())
        must(done.stdout == expected, "got", done.stdout[:100], "expected", expected[:100])
        must(not done.stderr, "all is well, and yet:", done.stderr.decode())
        return
    status, code = expected
    must(done.returncode == status, "status", done.returncode, "expected", status, done.stderr.decode())
    must(not done.stdout, len(done.stdout), "bytes are out")
    must(code in ("*", finish["error"]["code"]), "code", finish["error"]["code"], "expected", code, done.stderr.decode())
    text = done.stderr.decode()
    must(text.count("\n") == 1 and text[:-1].isprintable() and len(text) < 1000, "message:", repr(text))
    must(sorted(os.listdir(folder)) == sorted(names), "left behind:", os.listdir(folder))


def one(options, row):
    about, name, data, words, expected = row
    try:
        with tempfile.TemporaryDirectory(prefix="tidegate-test-") as top:
            folder = pathlib.Path(top)
            (folder / name).write_bytes(data)
            check(*run(options, folder, [*words, name]), expected, folder, [name, "run.jsonl"])
            # What a file is called says something of one that is compressed.
            if len(data) <= PIPED_MOST and name in ("x.zip", "x.tar", "x") and not (slow_build(options) and len(about) % 4):
                (folder / name).unlink()
                check(*run(options, folder, words, data), expected, folder, ["run.jsonl"])
    except Exception as wrong:  # whatever it is, this row has failed
        return f"{about}: {wrong}"
    return None


def main():
    options, tap = arguments(__doc__), Tap()
    if not (options.bin / "archive-open").exists():
        tap.skip("archives", "there is no archive-open: it was not built")
        return tap.end()
    rows = list(make_archives.rows())
    if slow_build(options) and not options.long:
        rows = rows[options.seed % 3::3]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        wrong = [text for text in pool.map(lambda row: one(options, row), rows) if text]
    read = sum(isinstance(row[4], bytes) for row in rows)
    tap.check(not wrong and read > 20 and len(rows) - read > 2 * read, f"{read} archives are read, {len(rows) - read} refused, each for its reason", "\n".join(wrong[:40]))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
