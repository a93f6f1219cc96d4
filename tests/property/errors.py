#!/usr/bin/env python3
"""errors: what validate passes is its input line for line, and every error that it tells leads somewhere.

Of each error the pointer resolves in the record, the schema pointer in the contract, and ends with the keyword; no value of a
confidential field is in a message. The output forms of the standard, --first and --errors tell the same faults.
"""
import json
import pathlib
import subprocess
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import ROOT, Scratch, Tap, arguments, balanced, must, rng  # noqa: E402

CONTRACT = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object", "required": ["id", "kind"], "unevaluatedProperties": False,
    "properties": {
        "id": {"type": "string", "pattern": "^[0-9]{4}$", "x-class": "internal"},
        "kind": {"enum": ["card", "sepa", "none"], "x-class": "public"},
        "note~/": {"type": ["string", "null"], "maxLength": 8},
        "lines": {"type": "array", "maxItems": 3, "uniqueItems": True, "items": {"$ref": "#/$defs/line"}},
    },
    "oneOf": [
        {"properties": {"kind": {"const": "card"}, "last4": {"type": "string", "pattern": "^[0-9]{4}$", "x-class": "restricted"}}, "required": ["last4"]},
        {"properties": {"kind": {"const": "sepa"}, "iban": {"type": "string", "minLength": 15, "x-class": "restricted"}}, "required": ["iban"]},
        {"properties": {"kind": {"const": "none"}}},
    ],
    "$defs": {"line": {"type": "object", "required": ["qty"], "properties": {"qty": {"type": "integer", "minimum": 1}, "sub": {"$ref": "#/properties/lines"}},
                       "additionalProperties": False}},
}
SECRET = "zzqqxx"


def value(random, depth=2):
    draw = random.random()
    if depth and draw < 0.2:
        return [value(random, depth - 1) for _ in range(random.randrange(4))]
    if depth and draw < 0.4:
        return {random.choice(["qty", "sub", "qtty", "x"]): value(random, depth - 1) for _ in range(random.randrange(3))}
    return random.choice([0, 1, 2.0, 1.5, "1", "", "long enough to be too long", None, True])


def record(random):
    kind = random.choice(["card", "sepa", "none", "none", "cash", 5])
    made = {"id": random.choice(["0001", "0002", "0003", "1", 7]), "kind": kind}
    if random.random() < 0.5:
        made["last4"] = random.choice(["1234", SECRET, 1234])
    if random.random() < 0.5:
        made["iban"] = random.choice(["DE02120300000000202051", SECRET])
    if random.random() < 0.3:
        made["note~/"] = value(random, 0)
    if random.random() < 0.5:
        made["lines"] = [{"qty": 1, "sub": [{"qty": 2}]}, value(random), value(random)][random.randrange(3):]
    if random.random() < 0.1:
        made["knd"] = 1
    if random.random() < 0.1:
        del made["id"]
    pairs = list(made.items())
    random.shuffle(pairs)
    return dict(pairs)


def resolve(whole, pointer):
    for step in pointer.split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        whole = whole[int(step)] if isinstance(whole, list) else whole[step]
    return whole


def check_error(error, rejected, contract):
    try:
        resolve(rejected, error["pointer"])
        resolve(contract, error["schema"])
    except (KeyError, IndexError, ValueError, TypeError) as wrong:
        must(False, "leads nowhere:", error, repr(wrong))
    must(error["keyword"] in error["schema"].split("/") or error["keyword"] == "false", "another keyword:", error)
    must(error["message"] and SECRET not in error["message"] + error.get("hint", ""), "a secret or nothing:", error)


def lines_of(result, data, contract):
    """What passed is what was not rejected, in order, as it came."""
    balanced(result)
    kept = {}
    for reject in result.rejects:
        kept[reject["at"]["line"]] = reject
        must(reject["errors"], "a reject without an error")
        for error in reject["errors"][:20]:
            check_error(error, json.loads(reject["record"]), contract)
    lines = data.splitlines(keepends=True)
    must(result.out == b"".join(line for n, line in enumerate(lines, 1) if n not in kept), "other lines came out")
    must(0 < len(kept) < len(lines), "a test needs both:", len(kept), "of", len(lines))


def follow(contract, location):
    """What a keywordLocation leads to: through references."""
    at, was = contract, None
    for step in location.split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        if was == "$ref":
            at = resolve(contract, at.partition("#")[2])
        at = at[int(step)] if isinstance(at, list) else at[step]
        was = step
    return resolve(contract, at.partition("#")[2]) if was == "$ref" else at


def check_unit(unit, rejected, contract):
    must(unit["valid"] is False, "a unit that is valid:", unit)
    resolve(rejected, unit["instanceLocation"])
    found = follow(contract, unit["keywordLocation"])
    if "absoluteKeywordLocation" in unit:
        base, _, pointer = unit["absoluteKeywordLocation"].partition("#")
        must(base == contract["$id"] and resolve(contract, urllib.parse.unquote(pointer)) == found, "leads elsewhere:", unit)


def leaves(unit, rejected, contract, above=None):
    check_unit(unit, rejected, contract)
    if "error" in unit:
        return [unit]
    if above is not None:
        must(len(unit["errors"]) > 1, "a node with one fault is none:", unit)
        must(unit["keywordLocation"].startswith(above["keywordLocation"]) and unit["instanceLocation"].startswith(above["instanceLocation"]), "not below:", unit)
    return [leaf for error in unit["errors"] for leaf in leaves(error, rejected, contract, unit)]


def outputs(scratch, contract, path, data):
    """What the forms say of a record is the same, and leads to the same places."""
    runs = {form: scratch.run("validate", "--contract", path, "--error-format", form, stdin=data) for form in ("jsonl", "flag", "basic", "detailed")}
    for plain, flag, basic, detailed in zip(*(run.rejects for run in runs.values()), strict=True):
        rejected = json.loads(plain["record"])
        must(flag["output"] == {"valid": False} and plain["errors"] == flag["errors"] == basic["errors"] == detailed["errors"], "other errors")
        told = [(error["pointer"], error["message"]) for error in plain["errors"] if "keyword" in error]
        units = basic["output"]["errors"]
        must([(unit["instanceLocation"], unit["error"]) for unit in units] == told, "basic tells otherwise:", basic)
        for unit, error in zip(units, plain["errors"]):
            check_unit(unit, rejected, contract)
            must(resolve(contract, error["schema"]) == follow(contract, unit["keywordLocation"]), "another keyword:", unit, error)
        key = lambda unit: sorted(unit.items())  # noqa: E731
        must(sorted(leaves(detailed["output"], rejected, contract), key=key) == sorted(units, key=key), "detailed has other leaves:", detailed)


def fewer(scratch, path, data):
    """--first and --errors tell of the same records, and nothing that the full list has not."""
    full, first, two = (scratch.run("validate", "--contract", path, *more, stdin=data).rejects
                        for more in (["--errors", "1000"], ["--first"], ["--errors", "2"]))
    for every, one, some in zip(full, first, two, strict=True):
        must(every["record"] == one["record"] == some["record"], "other records")
        known = [(e["pointer"], e["schema"]) for e in every["errors"]]
        must(len(one["errors"]) == 1 and (one["errors"][0]["pointer"], one["errors"][0]["schema"]) in known, "--first:", one, every)
        must(some["errors"][:2] == every["errors"][:2] and len(some["errors"]) == min(3, len(every["errors"])), "--errors 2:", some)
        if len(some["errors"]) == 3:
            must(some["errors"][2]["message"].startswith(f"has {len(every['errors']) - 2} more fault"), "the count:", some)


def main():
    options = arguments(__doc__)
    tap = Tap()
    random = rng(options, "errors")
    with Scratch(options.bin) as scratch:
        with tap.case("nested records"):
            made = [json.dumps(record(random), separators=random.choice([(",", ":"), (", ", ": ")])) for _ in range(60000 if options.long else 6000)]
            data = "".join(line + "\n" for line in made).encode()
            result = scratch.run("validate", "--contract", scratch.write("contract.json", CONTRACT), stdin=data)
            must(result.exit == 0, "exit", result.exit, result.err)
            lines_of(result, data, CONTRACT)
        with tap.case("forms of output"):
            for contract in (CONTRACT | {"$id": "https://example.test/a%20b"}, CONTRACT | {"$id": "https://example.test/plain"}):
                data = "".join(json.dumps(record(random)) + "\n" for _ in range(10000 if options.long else 1000)).encode()
                outputs(scratch, contract, scratch.write("contract.json", contract), data)
        with tap.case("fewer errors"):
            fewer(scratch, scratch.write("contract.json", CONTRACT), data)
        with tap.case("customers"):
            gen = ROOT / "scripts" / "gen"
            contract = subprocess.run([gen, "contract"], check=True, capture_output=True).stdout
            data = subprocess.run([gen, "customers-jsonl", "20000", "--bad", "0.1"], check=True, capture_output=True).stdout
            result = scratch.run("validate", "--contract", scratch.write("customers.json", contract), stdin=data)
            must(result.exit == 0, "exit", result.exit, result.err)
            lines_of(result, data, json.loads(contract))
            must(all(len(reject["errors"]) == 1 for reject in result.rejects), "one rule each is broken")
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
