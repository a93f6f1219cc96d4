#!/usr/bin/env python3
"""training: what a profile is taken of: each program over the benchmark's data (scripts/build --release calls it).

    tests/bench/training.py --build build-release

Nothing but what scripts/gen makes is read, so that a fresh clone takes the same profile, and nobody's data is in it. Every level of vector
steps that this machine has takes part: code that never ran is compiled to be small, not fast. Sizes are such that no start-up counts.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from measuring import ROOT, Bench
from rows_csv2json import quoted
from rows_fixed2json import EXTRACT, TEXT, extract_of
from rows_hmac import KEY, secret, signed_by_github

ROWS = 40_000
LEVELS = ("scalar", "sse2", "avx2", "avx512")
ALIKE = ("scalar", "avx2")  # for what has few vector steps, or none


class Training:
    def __init__(self, bench):
        self.b = bench
        self.zone = bench.scratch / "zone"

    def run(self, name, *words, stdin=None, levels=LEVELS, statuses=(0,), variables=None, before=lambda: None):
        for level in levels:
            before()
            with open(stdin or os.devnull, "rb") as file, open(self.b.scratch / "out", "wb") as out:
                done = subprocess.run([self.b.tool(name), *map(str, words)], stdin=file, stdout=out, stderr=subprocess.PIPE, cwd=self.b.scratch,
                                      env={**self.b.env, "TIDEGATE_CPU": level, **(variables or {})})
            if done.returncode not in statuses:
                sys.exit(f"training: {name} {' '.join(map(str, words))} ended with {done.returncode}: {done.stderr.decode(errors='replace')[:500]}")

    def forget(self, name):
        def now():
            for path in self.b.scratch.glob(name + "*"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        return now

    def sources(self):
        b, contract = self.b, self.b.contract()
        customers = b.input("customers-csv", ROWS)
        typed = dict(contract, **{"x-csv": dict(contract["x-csv"], nulls=["", "NULL"])})
        typed["properties"] = dict(contract["properties"], balance={"type": "number"})
        for file in (customers, quoted(b, ROWS), b.input("wide-csv", ROWS // 4)):
            self.run("csv2json", file)
        self.run("csv2json", "--contract", b.file("typed.json", typed), customers)
        self.run("csv2json", "--provenance", "--jobs", "1", customers)
        self.run("csv-sniff", customers, levels=ALIKE)
        text = b.input("wages-fixed", ROWS)
        self.run("fixed2json", "--contract", b.file("text.json", {"x-fixed": TEXT}), text)
        self.run("fixed2json", "--contract", b.file("extract.json", {"x-fixed": EXTRACT}), extract_of(b, text))

    def filters(self):
        b = self.b
        good, events, bad = b.input("customers-jsonl", ROWS), b.input("events-jsonl", ROWS // 4), b.input("customers-jsonl", ROWS, "--bad", "0.1")
        contract, rejects = b.file("contract.json", b.contract()), b.scratch / "rejects.jsonl"
        self.run("json2csv", good)
        self.run("json2csv", "--contract", contract, good)
        self.run("validate", "--contract", contract, stdin=good)
        for file in (good, events):
            self.run("validate", "--contract", b.file("any.json", True), stdin=file)
        self.run("validate", "--contract", contract, "--rejects", rejects, stdin=bad, before=self.forget("rejects.jsonl"))
        self.run("replay", rejects, levels=ALIKE)
        self.run("dedupe", "--key", "/id", "--on-conflict", "drop", good)
        self.run("dedupe", b.input("keys", ROWS * 4))
        self.run("dedupe", "--key", "/id", b.input("keys", ROWS * 4, "--dup", "0"), levels=ALIKE)
        self.run("dedupe", "--key", "/id", "--state", "keys.db", b.input("keys", ROWS * 4, "--dup", "0"), levels=ALIKE, before=self.forget("keys.db"))
        requests = signed_by_github(b, events)
        self.run("hmac-verify", "--scheme", "github", "--secret", "file:" + secret(b, "github", KEY), stdin=requests)

    def landings(self):
        b = self.b
        file = b.input("customers-csv", ROWS)
        words = ("--zone", self.zone, "--source", "bench", "--entity", "data")
        self.run("landing-write", *words, stdin=file, levels=ALIKE, before=self.forget("zone"))
        self.run("landing-write", *words, stdin=b.input("customers-jsonl", ROWS), levels=ALIKE)
        self.run("landing-verify", "--zone", self.zone, levels=ALIKE)
        self.run("landing-read", "--zone", self.zone, levels=ALIKE)
        names = b.file("names.json", {"x-name": "{source}.csv"})
        folder = b.scratch / "in"
        folder.mkdir()
        shutil.copyfile(file, folder / "acme.csv")
        self.run("name-check", "--contract", names, folder, levels=ALIKE)
        shutil.copyfile(file, b.scratch / "data.csv")
        for packed in (["gzip", "-k", "data.csv"], ["tar", "-czf", "data.tar.gz", "data.csv"]):
            subprocess.run(packed, cwd=b.scratch, check=True)
        self.run("archive-open", "data.csv.gz", levels=ALIKE)
        self.run("archive-open", "data.tar.gz", levels=ALIKE)
        contract = b.file("contract.json", b.contract())
        self.run("schema-compat", contract, contract, levels=ALIKE)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    bench = Bench(parser.parse_args().build, "quick")
    try:
        training = Training(bench)
        training.sources()
        training.filters()
        training.landings()
    finally:
        bench.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
