#!/usr/bin/env python3
"""hot_loops: a record costs no more instructions than it did: what the tree keeps is held against what callgrind counts.

    tests/instructions/hot_loops.py             more than 3 % above what counts.json says fails
    tests/instructions/hot_loops.py --update    what is counted now is written there, for a change that is meant and explained

No clock is in it, so it says the same on a busy machine. Only instructions of the program itself count: what libraries do depends on
the processor that they find. They are counted for each level of vector steps that this machine has, on the project's own data.
A secret drawn at each start spreads keys over tables, and some draws are a little dearer: the best of a few runs counts. Counts belong to one
compiler: under another the test is skipped.
"""
import csv
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE.parent / "bench"))
from programs import ROOT, NotHere, Scratch, Tap, arguments_parser, must  # noqa: E402
from rows_fixed2json import TEXT  # noqa: E402

KEPT = HERE / "counts.json"
MOST = 1.03  # of what is kept
RECORDS = 10_000
DRAWS = 3  # runs at most
LEVELS = ("scalar", "sse2", "avx2")  # valgrind knows no AVX-512


def gen(kind, *options):
    return subprocess.run([ROOT / "scripts" / "gen", kind, str(RECORDS), *options], check=True, stdout=subprocess.PIPE).stdout


def ledger_of(records):
    """Dates, times and amounts as a bank writes them, and what its contract says of them."""
    sign = {"decimal": ",", "group": ".", "minus": "trailing"}
    contract = {"x-csv": {"delimiter": ";", **sign}, "properties": {
        "booked": {"type": "string", "x-date": "dd.MM.yyyy"}, "at": {"type": "string", "x-date": {"format": "yyyyMMddHHmmss", "zone": "+01:00"}},
        "amount": {"type": "number"}, "rate": {"type": "number", "x-number": {"group": None, "minus": "leading"}}, "open": {"type": "boolean", "x-boolean": {"true": ["J"], "false": ["N"]}}}}
    rows = ["booked;at;amount;rate;open"]
    for i in range(records):
        day, month = i % 28 + 1, i % 12 + 1
        amount = f"{i * 7919 % 10_000_000:,}".replace(",", ".") + f",{i % 100:02}" + ("-" if i % 3 == 0 else "")
        rows.append(f"{day:02}.{month:02}.2025;2025{month:02}{day:02}{i % 24:02}{i % 60:02}{i * 7 % 60:02};{amount};{i % 10},{i % 1000:03};{'JN'[i % 2]}")
    return "\n".join(rows).encode() + b"\n", contract


def falling():
    """Records of some hundred names in falling order, each another sequence than the one before: what sorts them must not go by the square."""
    names = [chr(ord("z") - i // 26) + chr(ord("z") - i % 26) for i in range(255)]
    return b"".join(json.dumps({name: 1 for name in names[i % 2:]}).encode() + b"\n" for i in range(400))


class Loops:
    """The inputs, made once, and what is run on them."""

    def __init__(self, scratch):
        self.scratch = scratch
        customers = gen("customers-csv")
        contract = json.loads(subprocess.run([ROOT / "scripts" / "gen", "contract"], check=True, stdout=subprocess.PIPE).stdout)
        plain = scratch.write("customers.csv", customers)
        lines = scratch.write("customers.jsonl", gen("customers-jsonl", "--dup", "0"))
        wide = scratch.write("wide.csv", gen("wide-csv"))
        quoted = io.StringIO(newline="")
        rows = csv.reader(io.StringIO(customers.decode(), newline=""), strict=True)
        csv.writer(quoted, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
        typed = dict(contract, **{"x-csv": dict(contract["x-csv"], nulls=["", "NULL"])})
        typed["properties"] = dict(contract["properties"], balance={"type": "number"})
        agreed = scratch.write("contract.json", contract)
        ledger, noted = ledger_of(RECORDS)
        self.command = {
            "csv2json": ["csv2json", plain],
            "csv2json, all quoted": ["csv2json", scratch.write("quoted.csv", quoted.getvalue().encode())],
            "csv2json, wide": ["csv2json", wide],
            "csv2json, typed": ["csv2json", "--contract", scratch.write("typed.json", typed), plain],
            "csv2json, notations": ["csv2json", "--contract", scratch.write("ledger.json", noted), scratch.write("ledger.csv", ledger)],
            "fixed2json": ["fixed2json", "--contract", scratch.write("fixed.json", {"x-fixed": TEXT}), scratch.write("wages.txt", gen("wages-fixed"))],
            "json2csv": ["json2csv", lines],
            "validate": ["validate", "--contract", agreed, "--rejects", scratch.path / "rejects.jsonl", lines],
            "validate, empty schema": ["validate", "--contract", scratch.write("true.json", b"true"), lines],
            "dedupe": ["dedupe", "--key", "/id", lines],
            "dedupe, names that fall": ["dedupe", scratch.write("falling.jsonl", falling())],
        }

    def best(self, name, level, enough):
        """The least of a few runs; no more of them once it is enough."""
        least = self.count(name, level)
        for _ in range(DRAWS - 1):
            if least <= enough:
                break
            least = min(least, self.count(name, level))
        return least

    def count(self, name, level):
        """Instructions a record of the program's own."""
        tool, *args = self.command[name]
        out = self.scratch.path / "callgrind"
        environment = {k: v for k, v in os.environ.items() if not k.startswith("TIDEGATE_")}
        environment["TIDEGATE_CPU"] = level
        program = self.scratch.bin / tool
        done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", program, *args], env=environment,
                              cwd=self.scratch.path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=100)
        must(done.returncode == 0, done.stderr[-2000:])
        return round(own(out.read_text(), program) / RECORDS, 1)


def own(profile, program):
    """The instructions that callgrind's file counts in that program's own code."""
    names, here, total, call = {}, None, 0, False
    for line in profile.splitlines():
        if found := re.match(r"(c?ob)=\((\d+)\)(?: (.*))?$", line):
            what, number, name = found.groups()
            names.setdefault(number, name)
            if what == "ob":
                here = names[number]
        elif line.startswith("calls="):
            call = True  # the next line is what the callee cost
        elif re.match(r"[+*\d-]", line):
            if not call and here == str(program):
                total += int(line.split()[1])
            call = False
    return total


def compiler(bin_dir):
    """Which one built the programs: they say so themselves."""
    comment = subprocess.run(["readelf", "-p", ".comment", bin_dir / "csv2json"], capture_output=True, text=True)
    found = re.search(r"(GCC|clang).*?(\d+\.\d+)\.\d+", comment.stdout)
    return f"{found[1].lower()} {found[2]}" if found else "an unknown compiler"


def machine():
    return os.uname().machine


def had(level):
    flags = pathlib.Path("/proc/cpuinfo").read_text()
    return level != "avx2" or re.search(r"^flags.*\bavx2\b.*\bpclmulqdq\b|^flags.*\bpclmulqdq\b.*\bavx2\b", flags, re.M)


def need(kept, built):
    if not shutil.which("valgrind"):
        raise NotHere("there is no valgrind")
    if kept["compiler"] != built or kept["machine"] != machine():
        raise NotHere(f"counts are kept for {kept['compiler']} on {kept['machine']}, this is {built} on {machine()}")


def main():
    parser = arguments_parser(__doc__.split("\n")[0])
    parser.add_argument("--update", action="store_true", help="write what is counted now into counts.json")
    options = parser.parse_args()
    options.bin = options.bin.resolve()
    built = compiler(options.bin)
    kept = json.loads(KEPT.read_text())
    new = {"compiler": built, "machine": machine(), "instructions a record": {}}
    tap = Tap()
    with Scratch(options.bin) as scratch:
        loops = Loops(scratch)
        for name in loops.command:
            counted = new["instructions a record"].setdefault(name, {})
            for level in LEVELS:
                with tap.case(f"{name}, {level}"):
                    if not options.update:
                        need(kept, built)
                    if not had(level):
                        raise NotHere(f"this machine has no {level}")
                    before = kept["instructions a record"].get(name, {}).get(level)
                    counted[level] = loops.best(name, level, 0 if options.update else (before or 0) * MOST)
                    print(f"# {name}, {level}: {counted[level]} instructions a record, kept {before}")
                    if options.update:
                        continue
                    must(before, "counts.json does not know it: --update")
                    must(counted[level] <= before * MOST, f"{counted[level]} instructions a record, {before} are kept:",
                         f"{counted[level] / before - 1:+.1%}. Find what got dearer; if that is meant, --update and say why")
                    if counted[level] < before / MOST:
                        print(f"# {counted[level] / before - 1:+.1%}: cheaper than what is kept; --update keeps it so")
    if options.update:
        KEPT.write_text(json.dumps(new, indent="\t") + "\n")
    sys.exit(tap.end())


main()
