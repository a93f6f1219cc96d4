#!/usr/bin/env python3
"""trailer: x-count and x-sum against what a stage before has found out: what differs fails the run, and a sink lands nothing.

    tests/pipeline/trailer.py --bin build/tools

pour stands for the stage that reads the trailer; what it passes goes through validate, and keep lands it.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import NotHere, Tap, arguments, clean_environment, must  # noqa: E402

RECORDS = b"".join(b'{"id":%d,"amount":%s}\n' % row for row in ((1, b"10.10"), (2, b"20.2"), (3, b"-0.0000000000000000000001")))
SUM = "30.2999999999999999999999"
ASKS = {"x-count": "trailer", "x-sum": {"/amount": "trailer"}, "properties": {"amount": {"x-class": "internal"}}}


class Line:
    """pour | ... | validate | keep, in a shell without pipefail."""

    def __init__(self, options):
        self.bin = options.bin
        self.made = options.bin.parent / "tests"
        if not (self.made / "pour").exists():
            raise NotHere("pour: build it")

    def run(self, line, contract, records=RECORDS):
        """(status of the line, messages, what landed)."""
        with tempfile.TemporaryDirectory(prefix="tidegate-test-") as name:
            folder = pathlib.Path(name)
            (folder / "in.jsonl").write_bytes(records)
            (folder / "contract.json").write_text(json.dumps(contract))
            (folder / "landed").mkdir()
            (folder / "home").mkdir(mode=0o700)
            env = clean_environment()
            env.update(PATH=f"{self.bin}:{self.made}:{env['PATH']}", TIDEGATE_CONTRACT="contract.json", XDG_RUNTIME_DIR=str(folder / "home"),
                       XDG_STATE_HOME=str(folder / "home"))
            run = subprocess.run(["bash", "-c", line], cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, timeout=60, start_new_session=True)
            landed = [path.read_bytes() for path in (folder / "landed").iterdir()]
            return run.returncode, run.stderr.decode(), landed

    def expect(self, line, contract, status, *words, records=RECORDS, landed=None):
        got, err, files = self.run(line, contract, records)
        must(got == status, "the line ends with", got, "and not", status, err)
        must(all(word in err for word in words), "the messages lack one of", words, err)
        must(files == ([] if landed is None else [landed]), "landed:", files)
        return err


def trailer(count, total):
    return "--trailer '" + json.dumps({"count": count, "sums": {"/amount": total}}) + "'"


def main():
    options = arguments(__doc__.splitlines()[0])
    tap = Tap()
    line = Line(options)
    end = "| validate | keep --to landed"
    with tap.case("what was announced lands"):
        line.expect(f"pour {trailer(3, SUM)} in.jsonl {end}", ASKS, 0, landed=RECORDS)
        line.expect(f"pour {trailer(3, SUM + '000')} in.jsonl | pour {end}", ASKS, 0, landed=RECORDS)
    with tap.case("what differs does not, and both numbers are told"):
        line.expect(f"pour {trailer(4, SUM)} in.jsonl {end}", ASKS, 65, "there are 3 records, and the trailer says 4")
        err = line.expect(f"pour {trailer(3, '30.3')} in.jsonl {end}", ASKS, 65, f"/amount adds up to {SUM}, and the trailer says 30.3")
        must("x-count" not in err, "the count is right:", err)
    with tap.case("numbers of a class that may not be told are not"):
        secret = {**ASKS, "properties": {"amount": {"x-class": "restricted"}}}
        err = line.expect(f"pour {trailer(3, '30.3')} in.jsonl {end}", secret, 65, "/amount does not add up to what the trailer says")
        must("30.3" not in err and SUM not in err, err)
        line.expect(f"pour {trailer(3, '30.3')} in.jsonl | validate --show-values | keep --to landed", secret, 65, "30.3")
    with tap.case("a record that a stage before has rejected is counted, and what is rejected here"):
        partner = RECORDS + b'{"id":"4"}\nnot JSON\n'
        line.expect(f"pour --rejects r.jsonl {trailer(5, SUM)} in.jsonl | validate --rejects r.jsonl | keep --to landed",
                    {**ASKS, "properties": {"id": {"type": "integer"}}}, 0, records=partner, landed=RECORDS)
        line.expect(f"pour --rejects r.jsonl {trailer(4, SUM)} in.jsonl {end}", ASKS, 65,
                    "there are 5 records, and the trailer says 4", "1 of its records", records=partner)
    with tap.case("where no stage has read a trailer, it is the set-up that is wrong"):
        line.expect(f"pour in.jsonl {end}", ASKS, 78, "x-count", "validate must stand behind the stage that reads it")
        line.expect("validate in.jsonl | keep --to landed", ASKS, 78, "x-count")
        line.expect("pour --trailer '{\"count\":3}' in.jsonl " + end, ASKS, 78, "x-sum")
    with tap.case("a trailer that is none"):
        line.expect("pour --trailer '{\"count\":\"many\"}' in.jsonl " + end, ASKS, 76, "x-count")
        line.expect("pour --trailer 7 in.jsonl " + end, ASKS, 78, "x-count")
    with tap.case("a stage that failed is not believed"):
        line.expect(f"pour --act fail --status 69 --at 9 {trailer(3, SUM)} in.jsonl {end}", ASKS, 69)
        line.expect(f"pour --act kill --at 9 {trailer(3, SUM)} in.jsonl {end}", ASKS, 75)
    with tap.case("numbers of the contract need no stage"):
        line.expect("validate in.jsonl | keep --to landed", {"x-count": 3, "x-sum": {"/amount": 30.2, "/id": 6.0}}, 65, "/amount does not add up")
        line.expect("validate in.jsonl | keep --to landed", {"x-count": 3.0, "x-sum": {"/id": 6}}, 0, landed=RECORDS)
        line.expect("validate in.jsonl | keep --to landed", {"x-count": 0}, 65, "there are 3 records, and the contract says 0")
    with tap.case("csv2json finds the trailer, and validate asks for it"):
        asks = {**ASKS, "properties": {"id": {"type": "string"}, "amount": {"type": "number", "x-class": "internal"}},
                "x-csv": {"trailer": {"tag": "TRL", "count": 2, "sums": [{"field": 3, "of": "/amount"}]}}}
        csv = b"id,amount\n1,10.10\n2,20.2\n3,x\nTRL,3,60.30\n"
        records = b'{"id":"1","amount":10.10}\n{"id":"2","amount":20.2}\n'
        one = {**asks, "x-sum": {"/amount": 30.3}}
        line.expect("csv2json --rejects r.jsonl in.jsonl | validate | keep --to landed", one, 0, records=csv, landed=records)
        line.expect("csv2json --rejects r.jsonl in.jsonl | validate | keep --to landed", asks, 65, "/amount adds up to 30.3, and the trailer says 60.30",
                    records=csv)
        whole = csv.replace(b"x", b"30")
        line.expect("csv2json in.jsonl in.jsonl | validate | keep --to landed", asks, 0, records=whole,
                    landed=2 * (records + b'{"id":"3","amount":30}\n'))
        line.expect("csv2json in.jsonl | validate | keep --to landed", asks, 65, "counts 4 rows", records=whole.replace(b"TRL,3", b"TRL,4"))
    with tap.case("rows of several kinds say it too"):
        kinds = {"HDR": {"columns": ["date"], "emit": False}, "DTL": {"columns": ["id", "amount"]}, "TRL": {"columns": ["rows", "total"], "emit": False}}
        checks = [{"in": "TRL", "field": "rows", "is": "count", "of": "DTL"}, {"in": "TRL", "field": "total", "is": "sum", "of": "/amount", "record": "DTL"}]
        asks = {**ASKS, "properties": {"amount": {"type": "number", "x-class": "internal"}}, "x-csv": {"records": kinds, "control": checks}}
        rows = b"HDR,20251105\nDTL,1,10.10\nDTL,2,20.2\nTRL,2,30.30\n"
        records = b'{"record":"DTL","id":"1","amount":10.10}\n{"record":"DTL","id":"2","amount":20.2}\n'
        line.expect("csv2json in.jsonl | validate | keep --to landed", asks, 0, records=rows, landed=records)
        line.expect("csv2json in.jsonl | validate | keep --to landed", {**asks, "x-sum": {"/amount": 30}}, 65, "adds up to 30.3", records=rows)
        line.expect("csv2json in.jsonl | validate | keep --to landed", asks, 65, "is 2, and it says 3", records=rows.replace(b"L,2,30", b"L,3,30"))
    with tap.case("--output is not published"):
        got, err, _ = line.run("validate --output out.jsonl in.jsonl; s=$?; test ! -e out.jsonl && exit $s", {"x-count": 4})
        must(got == 65, got, err)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
