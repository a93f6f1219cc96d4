"""rows_validate: the scanner, which every filter stands on, and what a contract costs beyond it."""
import json
import pathlib
import re
import shutil
import subprocess

from measuring import Run, WrongOutput, at_least, at_most, digest_of, megabytes, row
from peers import PEERS

SCANNER = (at_least("jansson loads per line / ours passing all, verbatim output included", 12, 18),
           at_most("ours passing all / cat", 10, 7), at_least("yyjson read per line / ours passing all", 0.9, 1.15), at_least("jq -c . / ours passing all"))


def values_of(path):
    """jq writes some numbers in another way: the values must be the same."""
    return [json.loads(line, parse_int=float) for line in open(path, encoding="utf-8")]


def scanner(b, kind, rows):
    file = b.input(kind, rows)
    race = b.race(ours=Run([b.tool("validate"), "--contract", b.file("any.json", True)], stdin=file, expect=digest_of(file)),
                  jansson=Run([b.helper("bench_scan"), "jansson", file], answer=None),
                  yyjson=Run(["yyjson", file], answer=None),
                  scan=Run([b.helper("bench_scan"), "scan", file], answer=None, limit=True),
                  cat=Run(["cat", file], limit=True))
    small = b.input(kind, rows // 20)
    slow = b.race(ours=Run([b.tool("validate"), "--contract", b.file("any.json", True)], stdin=small, answer=values_of),
                  jq=Run(["jq", "-c", ".", small], answer=values_of))
    size = megabytes(file)
    return ([race.ratio("jansson", "ours"), race.ratio("ours", "cat"), race.ratio("yyjson", "ours"), slow.ratio("jq", "ours")],
            f"{race.rate('ours', size)} MB/s; the scan alone {race.rate('scan', size)}, jansson {race.rate('jansson', size)}, "
            f"cat {race.rate('cat', size)}")


@row("scanner customers", *SCANNER)
def scanner_customers(b):
    return scanner(b, "customers-jsonl", b.rows // 2)


@row("scanner events", *SCANNER)
def scanner_events(b):
    return scanner(b, "events-jsonl", b.rows // 5)


@row("validate", at_most("ours with the contract / ours with an empty schema", 2.2, 1.6))
def validate(b):
    file = b.input("customers-jsonl", b.rows // 2)
    race = b.race(full=Run([b.tool("validate"), "--contract", b.file("customers.json", b.contract())], stdin=file,
                           expect=digest_of(file)),
                  empty=Run([b.tool("validate"), "--contract", b.file("any.json", True)], stdin=file))
    return [race.ratio("full", "empty")], f"{race.rate('full', megabytes(file))} MB/s"


@row("validate rejects", at_most("ours with 10 % bad records and a reject file / ours with none bad", 2, 1.4))
def validate_rejects(b):
    rows = b.rows // 2
    good, bad = b.input("customers-jsonl", rows), b.input("customers-jsonl", rows, "--bad", "0.1")
    rejects = b.scratch / "rejects.jsonl"
    plain = [b.tool("validate"), "--contract", b.file("customers.json", b.contract())]

    def whole(passed):
        """The generator breaks one rule a record: what passes and what is rejected must together be the input, line for line."""
        out = set(pathlib.Path(passed).read_bytes().splitlines())
        rejected = {json.loads(line)["record"].encode() for line in open(rejects, encoding="utf-8")}
        if not 0.09 < len(rejected) / rows < 0.11:
            raise WrongOutput(f"{len(rejected)} of {rows} records were rejected, expected a tenth")
        return len(out) + len(rejected), out | rejected

    given = set(pathlib.Path(bad).read_bytes().splitlines())
    race = b.race(bad=Run([*plain, "--rejects", str(rejects)], stdin=bad, before=lambda: rejects.unlink(missing_ok=True),
                          answer=whole, expect=(len(given), given)),
                  good=Run(plain, stdin=good, expect=digest_of(good)))
    return [race.ratio("bad", "good")], f"{race.rate('bad', megabytes(bad))} MB/s"


@row("validate peers", at_least("ajv compiled, first error only / ours", 10, 16), at_least("jsonschema-rs from Python / ours"),
     at_least("fastjsonschema / ours"))
def validate_peers(b):
    """What passes must be the same lines."""
    file = b.input("customers-jsonl", b.rows // 10, "--bad", "0.01")
    contract, rejects = b.file("customers.json", b.contract()), str(b.scratch / "rejects.jsonl")
    ours = [b.tool("validate"), "--contract", contract, "--rejects", rejects]
    race = b.race(ours=Run(ours, stdin=file),
                  ajv=Run(["ajv", contract], stdin=file),
                  jsonschema_rs=Run(["jsonschema_rs", contract], stdin=file),
                  fastjsonschema=Run(["fastjsonschema", contract], stdin=file))
    return [race.ratio("ajv", "ours"), race.ratio("jsonschema_rs", "ours"), race.ratio("fastjsonschema", "ours")]


@row("validate peers, all good", at_least("Blaze CLI --fast, formats asserted, no output / ours", 15, 25), at_least("boon / ours"), at_least("jsonschema-rs, its own program / ours"))
def validate_all_good(b):
    """Programs that say no more than whether all is good. Two read no JSON lines, so they get them as one array."""
    file, rows = b.input("customers-jsonl", b.rows // 10), b.rows // 10
    named = b.scratch / "good.jsonl"  # it goes by the end of the name, and of a link's target
    shutil.copyfile(file, named)
    contract = b.file("customers.json", b.contract())
    arguments = ["validate", "--fast", "--format-assertion", contract, str(named)]

    def passed(_):
        """It says on standard error how many were good."""
        said = subprocess.run([*PEERS["blaze"].command(), *arguments], capture_output=True, text=True).stderr
        return re.findall(r"(\d+) passed, 0 failed", said)

    array = b.scratch / "good.json"
    array.write_bytes(b"[" + b",".join(pathlib.Path(file).read_bytes().splitlines()) + b"]")
    of_array = b.file("array.json", {"type": "array", "minItems": rows, "items": b.contract()})
    race = b.race(ours=Run([b.tool("validate"), "--contract", contract], stdin=file, expect=digest_of(file)),
                  blaze=Run(["blaze", *arguments], answer=passed, expect=[str(rows)]),
                  boon=Run(["boon", "--assert-format", of_array, str(array)],
                           answer=lambda path: "instance" in (said := pathlib.Path(path).read_text()) and "failed" not in said,
                           expect=True),
                  jsonschema_cli=Run(["jsonschema_cli", "validate", of_array, "--assert-format", "-i", str(array)],
                                     answer=lambda path: pathlib.Path(path).read_text().rstrip().endswith("- VALID"), expect=True))
    return [race.ratio(peer, "ours") for peer in ("blaze", "boon", "jsonschema_cli")]
