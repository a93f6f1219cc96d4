#!/usr/bin/env python3
"""demo: each promise that scripts/demo shows is a test."""
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import ROOT, Tap, arguments  # noqa: E402


def main():
    options = arguments(__doc__)
    tap = Tap()
    run = subprocess.run([ROOT / "scripts" / "demo", "--bin", options.bin], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True)
    promises = re.findall(r"^  (kept|NOT KEPT): (.*)$", run.stdout, re.M)
    for verdict, words in promises:
        tap.line(verdict == "kept", words)
    tap.check(run.returncode == 0 and promises, "the demo ends well", f"status {run.returncode}:\n{run.stdout}")
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
