#!/usr/bin/env python3
"""cases_notice: scripts/cases sees what is wrong: right cases, each made wrong in one place, must fail."""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import ROOT, Tap, arguments, must  # noqa: E402


def replace(name, old, new):
    def change(folder):
        path = folder / name
        must(old in path.read_text(), f"{name} has no {old!r}")
        path.write_text(path.read_text().replace(old, new, 1))
    return change


def expect(*path, value):
    def change(folder):
        spec = json.loads((folder / "case.json").read_text())
        at = spec
        for step in path[:-1]:
            at = at[step]
        must(at[path[-1]] != value, "nothing is changed")
        at[path[-1]] = value
        (folder / "case.json").write_text(json.dumps(spec))
    return change


WRONG = [
    ("a line that does not come", "csv2json/ragged-rows", replace("out.jsonl", "\n", "\n{}\n")),
    ("a number in another spelling", "csv2json/decimal-comma-exact", replace("out.jsonl", "1234.50", "1234.5")),
    ("another status", "csv2json/bad-utf8", expect("expect", "exit", value=0)),
    ("another line", "csv2json/ragged-rows", expect("expect", "rejects", 0, "line", value=9)),
    ("another code", "csv2json/ragged-rows", expect("expect", "rejects", 0, "code", value="csv-quote")),
    ("another offset", "csv2json/line-numbers-crlf-multiline", expect("expect", "rejects", 0, "offset", value=45)),
    ("a reject too few", "csv2json/ragged-rows", expect("expect", "rejects", value=[])),
    ("a byte of a record passed on", "validate/integer-forms", replace("out.jsonl", ":", ": ")),
    ("an error that is not among them", "validate/format-email",
     expect("expect", "rejects", 0, "errors", 0, "pointer", value="/other")),
    ("a message that quotes", "validate/classified-value-not-quoted",
     expect("expect", "rejects", 0, "absent_in_messages", value=["e-mail"])),
    ("a landing too many", "landing-write/same-content-twice", expect("expect", "zone", "manifest_lines", value=2)),
    ("other data in the zone", "landing-write/same-content-twice", expect("expect", "zone", "data", 0, "sha256", value="0" * 64)),
    ("a status of a step", "landing-write/disk-full", expect("steps", 0, "exit", value=0)),
    ("the status of a pipeline", "landing-write/upstream-failed", expect("expect", "exit", value=75)),
]


def main():
    options = arguments(__doc__)
    tap = Tap()
    for about, name, change in WRONG:
        with tap.case(about), tempfile.TemporaryDirectory(prefix="tidegate-notice-") as scratch:
            folder = pathlib.Path(scratch, "changed")
            shutil.copytree(ROOT / "tests" / "cases" / name, folder)
            for way in ("as it is", "changed"):
                if way == "changed":
                    change(folder)
                run = subprocess.run([sys.executable, ROOT / "scripts" / "cases", "--patience", "10", "--bin", options.bin, folder],
                                     capture_output=True, text=True)
                lines = [line for line in run.stdout.splitlines() if line.startswith(("ok", "not ok"))]
                must(lines, "the runner said nothing:", run.stderr)
                if way == "as it is":
                    must(run.returncode == 0, "the case itself fails:", run.stdout)
                else:
                    must(run.returncode == 1 and all(line.startswith("not ok") for line in lines), "not noticed:", run.stdout)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
