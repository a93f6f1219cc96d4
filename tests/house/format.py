#!/usr/bin/env python3
"""format: clang-format would change nothing. Version 14, since others lay some lines out otherwise."""
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from tap import Tap  # noqa: E402


def main():
    tap = Tap()
    files = sorted(str(p.relative_to(ROOT)) for top in ("common", "tools", "tests") for p in (ROOT / top).rglob("*.[ch]"))
    if not shutil.which("clang-format-14"):
        tap.skip(f"layout of {len(files)} files", "there is no clang-format-14")
        return tap.end()
    run = subprocess.run(["clang-format-14", "--dry-run", "-Werror", *files], cwd=ROOT, capture_output=True, text=True)
    wrong = sorted({line.split(":")[0] for line in run.stderr.splitlines() if "clang-format-violations" in line})
    tap.check(run.returncode == 0, f"layout of {len(files)} files", "\n".join(f"clang-format-14 -i {name}" for name in wrong) or run.stderr)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
