#!/usr/bin/env python3
"""schema_suite: the public JSON Schema test suite (conformance/json-schema), draft 2020-12, by the program itself.

A group is one contract, its cases are the records: what comes out is valid, what is rejected is not. Required and optional tests
run with format as an annotation, optional/format with it asserted. What is out of reach stands below by name, with the reason;
it is run too, and said to be right where it is.
"""
import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import NotHere, ROOT, Scratch, Tap, arguments, must  # noqa: E402

DRAFT = "draft2020-12"
REMOTE = "documents beside the contract"
META = "the meta-schema, or one of one's own"
IDNA = "IDNA's tables"

# file: {group, or group/case, or "" for all of it: what it needs}
OUT_OF_REACH = {
    "defs.json": {"": META},
    "dynamicRef.json": {
        "strict-tree schema, guards against misspelled properties": REMOTE,
        "tests for implementation dynamic anchor and reference link": REMOTE,
        "$ref and $dynamicAnchor are independent of order - $defs first": REMOTE,
        "$ref and $dynamicAnchor are independent of order - $ref first": REMOTE,
        "$ref to $dynamicRef finds detached $dynamicAnchor": REMOTE,
    },
    "ref.json": {"remote ref, containing refs itself": META},
    "refRemote.json": {"": REMOTE},
    "vocabulary.json": {"": META},
    "optional/cross-draft.json": {"": "other drafts"},
    "optional/format-assertion.json": {"": META},
    "optional/format/hostname.json": {"validation of A-label (punycode) host names": IDNA},
    "optional/format/idn-email.json": {"": IDNA},
    "optional/format/idn-hostname.json": {"": IDNA},
}


class Number(str):
    """A number as it is spelt: its digits must survive."""


def spelt(value):
    """JSON again, with the numbers as they were."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k)}:{spelt(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(spelt, value)) + "]"
    return json.dumps(value)


def suite():
    for folder in (os.environ.get("TIDEGATE_SHARED"), ROOT.parent / "shared"):
        path = pathlib.Path(folder or "/nowhere") / "conformance" / "json-schema" / "tests" / DRAFT
        if path.is_dir():
            return path
    raise NotHere("conformance/json-schema does not lie beside the tree")


def verdicts(scratch, group, assert_format):
    """By case whether it is valid, or the words with which the contract was refused."""
    contract = scratch.write("contract.json", spelt(group["schema"]).encode())
    lines = "".join(spelt(case["data"]) + "\n" for case in group["tests"])
    options = [] if assert_format else ["--format-annotation"]
    result = scratch.run("validate", "--contract", contract, "--max-rejects", "100%", *options, stdin=lines.encode())
    if result.exit == 78:
        return result.err.strip()
    must(result.exit == 0, "exit", result.exit, result.err)
    refused = {reject["at"]["line"] for reject in result.rejects}
    return [line not in refused for line in range(1, len(group["tests"]) + 1)]


def run_file(scratch, path, name, assert_format, counts):
    excuses = OUT_OF_REACH.get(name, {})
    wrong, excused = [], []
    for group in json.loads(path.read_text(), parse_int=Number, parse_float=Number):
        got = verdicts(scratch, group, assert_format)
        for i, case in enumerate(group["tests"]):
            title = f"{group['description']}/{case['description']}"
            right = not isinstance(got, str) and got[i] == case["valid"]
            reason = excuses.get("") or excuses.get(group["description"]) or excuses.get(title)
            counts["right" if right else "excused" if reason else "wrong"] += 1
            if not right:
                (excused if reason else wrong).append(f"{title}: {reason or ''} {got if isinstance(got, str) else got[i]}")
    return wrong, excused


def main():
    options = arguments(__doc__)
    tap = Tap()
    try:
        folder = suite()
    except NotHere as lack:
        tap.skip("the suite", lack)
        return tap.end()
    with Scratch(options.bin) as scratch:
        for kind, pattern in (("required", "*.json"), ("optional", "optional/*.json"), ("format", "optional/format/*.json")):
            counts = dict(right=0, wrong=0, excused=0)
            for path in sorted(folder.glob(pattern)):
                name = path.relative_to(folder).as_posix()
                wrong, excused = run_file(scratch, path, name, kind == "format", counts)
                tap.line(not wrong, f"{name}", f"{len(excused)} cases are out of reach" if excused else "", wrong)
            print(f"# {kind}: {counts['right']} right, {counts['wrong']} wrong, {counts['excused']} out of reach")
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
