#!/usr/bin/env python3
"""replay: each fuzz target over its kept corpus, and then for a short while over what it makes of it.

    tests/fuzz/replay.py --build build-test/clang-asan [--seconds 8] [--long]

A find is left in the build folder, named, and its bytes are shown, so that it can become a case and a file of tests/corpus/NAME.
"""
import argparse
import base64
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from tap import Tap, Wrong, must  # noqa: E402

FIXED = ["-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1"]


def fuzz(target, words):
    """One run of libFuzzer; Wrong with its last words and the input that it found."""
    with tempfile.TemporaryDirectory(prefix="tidegate-fuzz-") as finds:
        run = subprocess.run([target, *FIXED, f"-artifact_prefix={finds}/", *words], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        text = run.stdout.decode(errors="backslashreplace")
        if run.returncode == 0:
            return text
        shown = text.splitlines()[-60:]
        for find in sorted(pathlib.Path(finds).iterdir()):
            kept = target.parent / f"{target.name}-{find.name}"
            kept.write_bytes(find.read_bytes())
            shown.append(f"kept as {os.path.relpath(kept, ROOT)}: {base64.b64encode(find.read_bytes()[:600]).decode()}")
        raise Wrong("\n".join(shown))


def executions(text):
    for line in text.splitlines():
        if line.startswith("stat::number_of_executed_units:"):
            return int(line.split()[-1])
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--long", action="store_true", help="ten minutes a target")
    options = parser.parse_args()
    tap = Tap()
    targets = sorted(p for p in options.build.resolve().glob("tests/fuzz_*") if p.is_file() and os.access(p, os.X_OK))
    wanted = sorted(p.stem for p in (ROOT / "tests" / "fuzz").glob("fuzz_*.c"))
    tap.check([t.name for t in targets] == wanted and wanted, f"{len(wanted)} targets are built", "built", [t.name for t in targets])
    for target in targets:
        room = target.name[len("fuzz_"):]
        corpus = ROOT / "tests" / "corpus" / room
        with tap.case(f"{room}: the corpus"):
            must(corpus.is_dir() and any(corpus.iterdir()), f"there is no corpus in tests/corpus/{room}")
            fuzz(target, ["-runs=0", str(corpus)])
        with tap.case(f"{room}: a short run"), tempfile.TemporaryDirectory() as new:
            seconds = 600 if options.long else options.seconds
            tried, runs = 0, 0
            while tried <= 1000 and runs < 6:  # again on a machine that has other work
                text = fuzz(target, [f"-max_total_time={seconds}", "-max_len=4096", new, *([str(corpus)] if corpus.is_dir() else [])])
                tried, runs = tried + executions(text), runs + 1
            must(tried > 1000, "fewer than 1,000 inputs tried:\n" + text[-2000:])
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
