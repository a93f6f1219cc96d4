#!/usr/bin/env python3
"""completions: what the build made for the shells does complete, for every program."""
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import NotHere, Tap, arguments, must  # noqa: E402

ASK = 'source "$1"; COMP_WORDS=("$2" "$3"); COMP_CWORD=1; COMP_LINE="$2 $3"; %s; printf "%%s\\n" "${COMPREPLY[@]}"'


def main():
    options = arguments(__doc__)
    tap = Tap()
    files = sorted(options.bin.glob("*.bash"))
    tap.check(files, "there are completions to try")
    for file in files:
        name = file.stem
        with tap.case(f"bash completes the options of {name}"):
            function = "_tidegate_" + name.replace("-", "_")
            run = subprocess.run(["bash", "-c", ASK % function, "bash", file, name, "--cont"], capture_output=True, text=True)
            must(run.returncode == 0 and run.stdout.split() == ["--contract"], run.stdout, run.stderr)
        with tap.case(f"zsh reads the one of {name}"):
            if not shutil.which("zsh"):
                raise NotHere("zsh is not installed")
            run = subprocess.run(["zsh", "-n", options.bin / f"_{name}"], capture_output=True, text=True)
            must(run.returncode == 0, run.stderr)
        with tap.case(f"fish gets one line an option of {name}"):
            lines = (options.bin / f"{name}.fish").read_text().splitlines()
            must(all(line.startswith(("#", f"complete -c {name} ")) for line in lines) and len(lines) > 10, lines[:3])
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
