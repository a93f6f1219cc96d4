#!/usr/bin/env python3
"""wrong_use: what the programs say when they are used wrongly: the status, and the words that tell a newcomer what to do.

    tests/property/wrong_use.py --bin DIR

A row here is a message that somebody found to be poor, or a slip that went unsaid, and what it must say by now.
"""
import json
import pathlib
import subprocess
import sys
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import Scratch, Tap, arguments, clean_environment, must  # noqa: E402

REJECT = {"tool": "csv2json", "code": "csv-type", "at": {"file": "a.csv", "line": 2, "offset": 3}, "errors": [], "record": "x"}

# line of sh, status, what must be in the message
ROWS = [
    ("archive-open --max-ratio 0 a.zip", 64, "--max-ratio: it must be 1 or more"),
    ("archive-open --max-entries 0 a.zip", 64, "--max-entries: it must be 1 or more"),
    ("archive-open --max-entry 0 a.zip", 64, "--max-entry: it must be 1 or more"),
    ("archive-open --max-entry 3 a.zip", 65, "a.csv holds more than 3 bytes; --max-entry"),
    ("replay --tool validate rejects", 0, "none of the 1 rejects was asked for; the first is of csv2json, code csv-type"),
    ("replay --prepare --code schema rejects", 0, "none of the 1 rejects was asked for"),
    ("dedupe --key /id --state foo://x a.jsonl", 64, "foo://x is no key store: it must be a path, memory: or postgresql://"),
    ("landing-prune -z zone --entity e --erase a.csv --reason x -k /id", 65, 'a.csv:1: it is no JSON; each line must be an object with the key, as {"id":"4711"}'),
    ("landing-prune -z zone --entity e --erase none --reason x -k /id", 65, "none:1: /id is required"),
    ("landing-prune -z zone --landing abc --reason x", 64, "32 hexadecimal digits"),
    ("landing-prune -z zone --landing 0123456789abcdef0123456789abcdef", 64, "no --reason"),
    ("landing-prune -z zone --landing 0123456789abcdef0123456789abcdef --reason x", 66, "there is no landing 0123456789abcdef"),
    ("landing-prune -z zone --landing 0123456789abcdef0123456789abcdef --reason x --keep P1Y", 64, "one at a time"),
]


def main():
    options = arguments(__doc__.splitlines()[0])
    tap = Tap()
    with Scratch(options.bin) as scratch:
        (scratch.path / "a.csv").write_text("id,total\n1,2\n")
        (scratch.path / "a.jsonl").write_text('{"id":1}\n')
        (scratch.path / "none").write_text("{}\n")
        (scratch.path / "rejects").write_text(json.dumps(REJECT) + "\n")
        with zipfile.ZipFile(scratch.path / "a.zip", "w") as archive:
            archive.write(scratch.path / "a.csv", "a.csv")
        environment = clean_environment()
        environment["PATH"] = f"{options.bin}:{environment['PATH']}"

        def run(line):
            return subprocess.run(["sh", "-c", line], cwd=scratch.path, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)

        must(run("landing-write -z zone --source a --entity e a.jsonl").returncode == 0, "nothing lands")
        for line, status, said in ROWS:
            with tap.case(line):
                done = run(line)
                must(done.returncode == status and said in done.stderr and len(done.stderr.splitlines()) == 1, done)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
