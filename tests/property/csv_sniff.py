#!/usr/bin/env python3
"""csv_sniff: what csv-sniff drafts is a contract by which csv2json reads the same file without a reject, and validate takes what comes out.

Held against the public suites, the inputs of the cases, and files made in dialects that the draft must find again, value by value. What is
not well formed must be told as such; the same bytes give the same draft.
"""
import json
import pathlib
import random
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import Scratch, Tap, arguments, must, rng, slow_build  # noqa: E402
from tap import NotHere  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CORPORA = ROOT.parent / "shared" / "conformance" / "csv"


class Desk(Scratch):
    def sniff(self, data, *args, status=0):
        run = subprocess.run([self.bin / "csv-sniff", "--report", "json", *args], input=data, capture_output=True, cwd=self.path)
        must(run.returncode == status, f"{args}: ends {run.returncode}, expected {status}: {run.stderr[:500]}")
        if status:
            must(run.stdout == b"", "there is a draft although there can be none")
            return None, None
        return run.stdout, json.loads(run.stderr)

    def check(self, data):
        """(records, draft, report) of a file that must be read by its draft; the report alone where that says that it cannot be."""
        draft, report = self.sniff(data)
        must(self.sniff(data) == (draft, report), "the same bytes give two drafts")
        contract = self.write("draft.json", draft)
        self.write("data.csv", data)
        read = self.run("csv2json", "--contract", contract, "data.csv")
        rejects = len(read.rejects)
        told = report["ragged"] + report["malformed"]
        must(read.exit == (1 if rejects else 0) or told, f"csv2json ends {read.exit}: {read.err}\n{draft.decode()}")
        if read.exit not in (0, 1):
            return None, json.loads(draft), report
        must(rejects == told, f"{rejects} rejects, and {told} were told: {read.err}\n{draft.decode()}")
        good = self.run("validate", "--contract", contract, stdin=read.out)
        must(good.exit == 0 and good.out == read.out, f"validate: {good.err}")
        return [json.loads(line) for line in read.out.splitlines()], json.loads(draft), report


def spectrum(desk):
    folder = CORPORA / "csv-spectrum"
    if not folder.is_dir():
        raise NotHere("../shared/conformance/csv is not here")
    for path in sorted(folder.glob("*.csv")):
        records, draft, _ = desk.check(path.read_bytes())
        expected = json.loads(path.with_suffix(".json").read_text())
        got = [{k: "" if v is None else v if isinstance(v, str) else json.dumps(v) for k, v in r.items()} for r in records]
        must(got == expected, f"{path.name}: {got} is not {expected}")


def w3c(desk):
    folder = CORPORA / "w3c-csvw"
    if not folder.is_dir():
        raise NotHere("../shared/conformance/csv is not here")
    files = sorted(folder.glob("*.csv"))
    must(len(files) > 20, "there are hardly any files")
    for path in files:
        records, draft, report = desk.check(path.read_bytes())
        must(records is not None, f"{path.name}: cannot be read by its draft: {report}")


def cases(desk):
    """What nobody can read may be refused; what is drafted must be read, but for the rows that were told."""
    drafted = 0
    files = sorted((ROOT / "tests" / "cases" / "csv2json").glob("*/in*.csv"))
    must(len(files) > 30, f"there are {len(files)} files")
    for path in files:
        data = path.read_bytes()
        run = subprocess.run([desk.bin / "csv-sniff"], input=data, capture_output=True)
        must(run.returncode in (0, 65), f"{path}: ends {run.returncode}: {run.stderr}")
        if run.returncode == 0:
            drafted += 1
            try:
                desk.check(data)
            except Exception as wrong:
                raise type(wrong)(f"{path.parent.name}: {wrong}")
    must(drafted * 10 >= len(files) * 8, f"only {drafted} of {len(files)} are drafted")


WORDS = ["Anna", "Müller", "Zoë", "north", "a b", "x-1", "Ångström", "semi;colon", "com,ma", "pi|pe", "quo\"te", "two\nlines", "O'Neil"]


def made(r):
    """(bytes, expected records, what the draft must say) in a dialect drawn."""
    delimiter = r.choice(",;\t|")
    encoding = r.choice(["utf-8", "utf-8", "utf-8-sig", "windows-1252", "utf-16"])
    end = r.choice(["\n", "\r\n"])
    comma = delimiter != "," and r.random() < 0.5
    empties = r.random() < 0.5
    day = r.choice(["%d.%m.%Y", "%Y-%m-%d", "%Y/%m/%d"])
    rows, expected = [], []
    for n in range(r.randint(5, 40)):
        cents = r.randint(-999999, 999999) / 100
        text = f"{cents:.2f}"
        import datetime
        date = datetime.date(2020, 1, 1) + datetime.timedelta(days=r.randint(0, 3000))
        flag = n % 2 == 0
        amount = "" if empties and r.random() < 0.2 else text.replace(".", ",") if comma else text
        word = r.choice(WORDS)
        rows.append([str(100 + n), f"{n:05}", word, amount, date.strftime(day), "Y" if flag else "N"])
        expected.append({"id": 100 + n, "code": f"{n:05}", "name": word, "amount": float(text) if amount else None,
                         "day": date.isoformat(), "open": flag})
    if all(row[3] == "" for row in rows):
        rows[0][3] = "1,50" if comma else "1.50"
        expected[0]["amount"] = 1.5
    always = r.random() < 0.3

    def field(text):
        special = any(c in text for c in (delimiter, '"', "\n", "\r"))
        return '"' + text.replace('"', '""') + '"' if special or (always and text) else text
    front = ["Bank of nowhere", "Statement"] if r.random() < 0.2 else []
    lines = front + [delimiter.join(map(field, row)) for row in [["id", "code", "name", "amount", "day", "open"], *rows]]
    if r.random() < 0.2:
        lines.append(delimiter.join(["TRAILER", str(len(rows))]))
    return end.join([*lines, ""]).encode(encoding), expected, delimiter


def dialects(desk, r, times):
    for n in range(times):
        data, expected, delimiter = made(r)
        records, draft, report = desk.check(data)
        must(draft["x-csv"]["delimiter"] == delimiter, f"file {n}: {draft['x-csv']} has another delimiter\n{data[:300]}")
        if report["encoding"] != "windows-1252" and "ü" not in json.dumps(expected) or b"\xfc" not in data:
            must(records == expected, f"file {n}: other values: {records[:3]}\n{expected[:3]}\n{data[:300]}")


def shapes(desk, r, times):
    """Files of any look: few rows, few columns, empty fields and names, odd types. No claim but that the draft reads them."""
    values = ["", "1", "007", "1.5", "1,5", "1.234", "NA", "1e5", "2025-01-02", "03/04/2025", "x", '""', "true", "no", " ", "+49", "''", "12:30"]
    for n in range(times):
        d = r.choice(",;\t|")
        columns = r.randint(1, 5)
        kinds = [r.sample(values, r.randint(1, 3)) for _ in range(columns)]
        rows = [[r.choice(kinds[c]) if r.random() < 0.95 else r.choice(values) for c in range(columns)] for _ in range(r.randint(1, 12))]
        if r.random() < 0.6:
            rows.insert(0, [r.choice(["a", "b", "name", "", "no", "2020"]) + r.choice(["", str(c)]) for c in range(columns)])
        data = r.choice(["\n", "\r\n", "\r"]).join([d.join(v if d not in v else f'"{v}"' for v in row) for row in rows] + [""]).encode()
        run = subprocess.run([desk.bin / "csv-sniff", "--report", "none"], input=data, capture_output=True)
        must(run.returncode in (0, 65), f"ends {run.returncode}: {data}")
        if run.returncode == 0:
            try:
                desk.check(data)
            except Exception as wrong:
                raise type(wrong)(f"file {n}, {data}: {wrong}")


# file, what x-csv must have (none: must not have), records
AROUND = (
    (b"# by X\n# it's\nid,name\n1,a\n# \"open\n2,b\n", {"comment": "#", "skip": None}, [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]),
    (b"#id,name\n1,a\n2,b\n", {"comment": None}, [{"#id": 1, "name": "a"}, {"#id": 2, "name": "b"}]),
    (b"id,name\n1,a\n#2,b\n", {"comment": None}, [{"id": "1", "name": "a"}, {"id": "#2", "name": "b"}]),
    (b"id, name, n\n1, Ada, 5\n2, Bo , 6\n", {"trim": "start"}, [{"id": 1, "name": "Ada", "n": 5}, {"id": 2, "name": "Bo ", "n": 6}]),
    (b"id, name\n1, Ada\n2,Bo\n", {"trim": None}, [{"id": 1, " name": " Ada"}, {"id": 2, " name": "Bo"}]),
    (b'id, name, x\n1, "Ada, L.", y\n2, "Bo", z\n', {"trim": True, "quote": '"'}, [{"id": 1, "name": "Ada, L.", "x": "y"}, {"id": 2, "name": "Bo", "x": "z"}]),
    (b"id,n\n1,2,\n3,4,\n", {"ragged": "trailing"}, [{"id": 1, "n": 2}, {"id": 3, "n": 4}]),
    (b"id,n\n1,2,\n3,4,x\n5,6,\n", {"ragged": None}, None),
    (b"HDR,20251105\nid,n,x\n1,2,a\n3,4,b\nTRL,2,6\n", {"lead": {"tag": "HDR"}, "skip": None, "trailer": {"tag": "TRL", "count": 2, "sums": [{"field": 3, "of": "/n"}]}},
     [{"id": 1, "n": 2, "x": "a"}, {"id": 3, "n": 4, "x": "b"}]),
    (b"H,20251105,ACME\nD,1,10.00\nD,2,5.50\nD,4,5.00\nT,3,20.50\n", {"lead": {"tag": "H"}, "header": False, "trailer": {"tag": "T", "count": 2, "sums": [{"field": 3, "of": "/column_3"}]}},
     [{"column_1": "D", "column_2": n, "column_3": v} for n, v in ((1, 10.0), (2, 5.5), (4, 5.0))]),
    ("Konto;Betrag/€\n0042;-1.234,50\n0043;7,25\nTOTAL;-1.227,25\n".encode(), {"trailer": {"tag": "TOTAL", "sums": [{"field": 2, "of": "/Betrag~1€"}]}},
     [{"Konto": "0042", "Betrag/€": -1234.5}, {"Konto": "0043", "Betrag/€": 7.25}]),
    (b"id,n\n1,2\n3,4\nTOTAL,7\n", {"trailer": None}, [{"id": "1", "n": 2}, {"id": "3", "n": 4}, {"id": "TOTAL", "n": 7}]),
)


def around(desk):
    for data, wanted, expected in AROUND:
        records, draft, _ = desk.check(data)
        got = {key: draft["x-csv"].get(key) for key in wanted}
        must(got == wanted, data, "is drafted", got, "wanted", wanted)
        must(expected is None or records == expected, data, "gives", records)
    for data, said in ((b'{"id":1}\n', "it is JSON"), (b'\n[{"id":1}]\n', "it is JSON"), (b"PK\3\4rest", "ZIP archive"), (b"\x1b[2J\x1b[31mid,\x07n\x08\n", "control something")):
        run = subprocess.run([desk.bin / "csv-sniff"], input=data, capture_output=True, text=False)
        must(run.returncode == 65 and said in run.stderr.decode() and run.stderr.startswith(b"csv-sniff: standard input") and not run.stdout, data, run)


def main():
    options = arguments(__doc__)
    tap = Tap()
    few = 10 if slow_build(options) else 60
    many = few * 20 if options.long else few
    with Desk(options.bin) as desk:
        for about, test in (
                ("csv-spectrum is read as it is meant", lambda: spectrum(desk)), ("W3C's files are read by their drafts", lambda: w3c(desk)),
                ("the inputs of the cases", lambda: cases(desk)), ("dialects are found again", lambda: dialects(desk, rng(options, "dialects"), many)),
                ("what stands around rows and values, and what is no table", lambda: around(desk)),
                ("any look", lambda: shapes(desk, rng(options, "shapes"), many))):
            with tap.case(about):
                test()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
