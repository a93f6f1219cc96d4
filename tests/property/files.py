#!/usr/bin/env python3
"""files: dedupe --files: what counts as landed, and what a script gets to read."""
import gzip
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import Scratch, Tap, arguments, clean_environment, must  # noqa: E402

CONTRACT = {"properties": {"id": {"type": "integer"}}}


class Shell:
    """Lines of bash in a scratch folder, with the programs in the path."""

    def __init__(self, scratch):
        self.path = scratch.path
        self.environment = clean_environment()
        self.environment["PATH"] = f"{scratch.bin}:{self.environment['PATH']}"

    def __call__(self, line):
        return subprocess.run(["bash", "-c", line], cwd=self.path, env=self.environment, capture_output=True, stdin=subprocess.DEVNULL,
                              timeout=60)

    def land(self, what, status=0, result="landed", sink=""):
        run = self(f"csv2json {what} | dedupe -s k.db -k /id | landing-write -z zone --source a --entity e {sink}")
        must(run.returncode == status, what, "ended", run.returncode, run.stderr)
        must(json.loads(run.stdout)["result"] == result, what, "is", run.stdout)

    def new(self, *names, status=0, options=""):
        run = self(f"dedupe -s k.db --files {options} " + " ".join(names))
        must(run.returncode == status, "--files", *names, "ended", run.returncode, run.stderr)
        return run.stdout.decode()


def write(scratch, name, *ids):
    text = "id\n" + "".join(f"{n}\n" for n in ids)
    data = gzip.compress(text.encode(), mtime=0) if name.endswith(".gz") else text.encode()
    (scratch.path / name).write_bytes(data)


def what_counts(tap, scratch, shell):
    for name, ids in (("a.csv", (1, 2)), ("b.csv.gz", (3,)), ("c.csv", (4,)), ("d.csv", range(1000, 60000)), ("e.csv", (1, 3)), ("f.csv", ("x", 6)),
                      ("g.csv", ("y",)), ("h.csv", (7,)), ("i.csv", ())):
        write(scratch, name, *ids)
    scratch.write("c.json", CONTRACT)
    with tap.case("where no store is, all are new, and none is made"):
        must(shell.new("a.csv", "c.csv") == "a.csv\nc.csv\n", "not all are")
        must(not (scratch.path / "k.db").exists(), "a store was made")
    with tap.case("a file that landed, by whatever name; and only where its digest was told"):
        shell.land("--digest a.csv")
        shell.land("c.csv")
        (scratch.path / "again.csv").write_bytes((scratch.path / "a.csv").read_bytes())
        must(shell.new("a.csv", "c.csv", "again.csv") == "c.csv\n", "it says otherwise")
    with tap.case("compressed: the bytes as they lie there"):
        shell.land("--digest b.csv.gz")
        (scratch.path / "b.csv").write_bytes(gzip.decompress((scratch.path / "b.csv.gz").read_bytes()))
        must(shell.new("b.csv.gz", "b.csv") == "b.csv\n", "it says otherwise")
    with tap.case("several files in one landing"):
        write(scratch, "j.csv", 8)
        shell.land("--digest d.csv j.csv")
        must(shell.new("d.csv", "j.csv") == "", "it says otherwise")
    with tap.case("a file of which all had landed before, and an empty one, which is new for ever"):
        shell.land("--digest e.csv", result="nothing")
        shell.land("--digest i.csv", result="nothing")
        must(shell.new("e.csv", "i.csv") == "i.csv\n", "it says otherwise")
    with tap.case("with rejects it has landed; where all is rejected it has not"):
        lenient = "-q -r rejects.jsonl --max-rejects 100%"
        shell.land(f"--digest -c c.json {lenient} f.csv")
        shell.land(f"--digest -c c.json {lenient} g.csv", result="nothing")
        must(shell.new("f.csv", "g.csv") == "g.csv\n", "it says otherwise")
    with tap.case("a landing that was refused, and a dry run, tell nothing"):
        shell.land("--digest h.csv | stage late -- sh -c 'cat; exit 1'", 75, result="refused")
        shell.land("--digest h.csv", sink="--dry-run")
        must(shell.new("h.csv") == "h.csv\n", "it says otherwise")
    with tap.case("where not all of the file has come, nothing is told"):
        write(scratch, "k.csv", *range(200, 300))
        shell.land("--digest k.csv | stage head -- head -2")
        write(scratch, "l.csv", *range(300, 400))
        shell.land("--digest l.csv | head -2", sink="--upstream any")
        must(shell.new("k.csv", "l.csv") == "k.csv\nl.csv\n", "it says otherwise")
        shell.land("--digest k.csv l.csv")
        must(shell.new("k.csv", "l.csv") == "", "it says otherwise")
    with tap.case("the store, moved, knows them; forgotten, they are new"):
        run = shell("dedupe -s k.db --export >export && dedupe -s k2.db --import export && dedupe -s k2.db --export | cmp - export &&"
                    " dedupe -s k2.db --files a.csv h.csv; dedupe -s k2.db --forget-before 2100-01-01; dedupe -s k2.db --files a.csv h.csv")
        must(run.stdout.decode().splitlines()[0] == "h.csv" and run.stdout.endswith(b"a.csv\nh.csv\n"), run.stdout, run.stderr)


def what_is_read(tap, scratch, shell):
    with tap.case("a name with a line feed: left out of lines, and whole with --null"):
        write(scratch, "two\nlines.csv", 9)
        must(shell.new("h.csv", "two*", "g.csv", status=65) == "h.csv\ng.csv\n", "it says otherwise")
        must(shell.new("h.csv", "two*", "a.csv", options="--null") == "h.csv\0two\nlines.csv\0", "it says otherwise")
    with tap.case("what cannot be read is said, and the others are printed"):
        (scratch.path / "folder").mkdir()
        must(shell.new("nowhere", "h.csv", "folder", "g.csv", status=66) == "h.csv\ng.csv\n", "it says otherwise")
    with tap.case("no operands: none is new"):
        must(shell.new() == "", "it says otherwise")
    with tap.case("what makes no sense"):
        for line in ("dedupe --files a.csv", "dedupe -s memory: --files a.csv", "dedupe -s k.db --files --stats", "dedupe -s k.db --null"):
            must(shell(line).returncode == 64, line)
    with tap.case("its reader may go away"):
        run = shell("dedupe -s k.db --files $(for i in {1..20000}; do echo ././././././././././././././././././././././././././././././h.csv; done) | head -1; echo ${PIPESTATUS[0]}")
        must(run.stdout.endswith(b"h.csv\n141\n"), run.stdout[-100:], run.stderr)


def main():
    options = arguments(__doc__)
    tap = Tap()
    with Scratch(options.bin) as scratch:
        shell = Shell(scratch)
        what_counts(tap, scratch, shell)
        what_is_read(tap, scratch, shell)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
