#!/usr/bin/env python3
"""generator: scripts/gen makes the bytes that published figures name, whatever Python runs it."""
import hashlib
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from tap import Tap  # noqa: E402

# SHA-256 of 10,000 records with default options begins with:
DIGEST = {
    "customers-csv": "77d41a3d06ff8296",
    "wide-csv": "1e78a5e67556be49",
    "wages-fixed": "75c5b8a9bd0398b3",
    "customers-jsonl": "53e969bc0e0ff621",
    "events-jsonl": "583f849e3fd7490e",
    "keys": "84088420e9e3b214",
}


def main():
    tap = Tap()
    for kind, expected in DIGEST.items():
        made = subprocess.run([sys.executable, ROOT / "scripts" / "gen", kind, "10000"], stdout=subprocess.PIPE, check=True).stdout
        got = hashlib.sha256(made).hexdigest()[:16]
        tap.check(got == expected, f"10,000 {kind}", "got", got, "expected", expected)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
