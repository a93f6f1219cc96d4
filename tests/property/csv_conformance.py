#!/usr/bin/env python3
"""csv_conformance: csv2json on the corpora of ../shared/conformance/csv, by both engines: valid files with their records, files with
one fault each and what must come of it, and how numbers and booleans are written."""
import base64
import collections
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import ROOT, NotHere, Scratch, Tap, arguments, balanced, must  # noqa: E402

CORPUS = ROOT.parent / "shared" / "conformance" / "csv"
ENGINES = ("scan", "libcsv")


def there(name):
    if not (CORPUS / name).is_dir():
        raise NotHere(f"the corpus {name} is not beside the source (../shared/conformance/csv)")
    return CORPUS / name


def records(result):
    return [json.loads(line) for line in result.out.splitlines()]


def spectrum(scratch, engine):
    files = sorted(there("csv-spectrum").glob("*.csv"))
    must(files, "there are no files")
    for file in files:
        result = scratch.run("csv2json", "--engine", engine, file)
        expected = json.loads(file.with_suffix(".json").read_text())
        must(result.exit == 0, file.name, "ended", result.exit, result.err)
        must(records(result) == expected, file.name, "got", result.out, "expected", expected)
        balanced(result)


def pollution(scratch, engine, kind, mutations, base):
    for m in mutations:
        data = m["input"].encode() if "input" in m else base64.b64decode(m.get("input_base64", ""))
        result = scratch.run("csv2json", "--engine", engine, "--max-rejects", "0", stdin=data)
        expected = [r for i, r in enumerate(base) if i + 1 not in m["missing"]]
        must(result.exit == m["exit"], kind, m["name"], "exit", result.exit, "expected", m["exit"], result.err)
        if m["exit"] == 65:
            must(all(r in expected for r in records(result)), m["name"], "a wrong record:", result.out)
            continue
        must(records(result) == expected, m["name"], "got", result.out, "expected", expected)
        got = [{"line": r["at"]["line"], "code": r["code"]} for r in result.rejects]
        must(got == m["rejects"], m["name"], "rejects", got, "expected", m["rejects"])
        balanced(result)


def same_number(text, value):
    """By value: the suite gives doubles."""
    return float(text) == float(value)


# A JSON number may have an exponent where CSVW's decimal has none, and ranges of machine integers are for validate to judge.
NOT_BY_NOTATION = {"byte", "unsignedByte", "unsignedLong", "nonNegativeInteger", "nonPositiveInteger", "positiveInteger", "negativeInteger"}
INTEGERS = NOT_BY_NOTATION | {"integer", "long", "int", "short", "unsignedInt", "unsignedShort"}
NUMBERS = {"decimal", "double", "float", "number"}


def csvw(scratch):
    tried = collections.Counter()
    for line in (there("w3c-csvw") / "values.jsonl").read_text().splitlines():
        v = json.loads(line)
        kind, form = v["datatype"]["base"], v["datatype"].get("format")
        if v["valid"] is None or (kind not in INTEGERS | NUMBERS and kind != "boolean"):
            continue
        dialect = {}
        if kind == "boolean" and form:
            dialect = dict(zip(("true", "false"), ([word] for word in form.split("|"))))
        elif form == {"groupChar": ","}:
            dialect = {"group": ","}
        elif form:
            continue  # patterns are no notation of a contract
        if not v["valid"] and (kind in NOT_BY_NOTATION or (kind == "decimal" and "e" in v["cell"].lower())):
            continue
        if isinstance(v.get("value"), str) or v["cell"].endswith(("%", "‰")):
            continue  # INF and NaN, which are no JSON; per cent, which no contract can ask for
        type_ = "integer" if kind in INTEGERS else "number" if kind in NUMBERS else "boolean"
        contract = scratch.write("csvw.json", {"properties": {"v": {"type": type_}}, "x-csv": dialect})
        result = scratch.run("csv2json", "-c", contract, stdin=('v\n"%s"\n' % v["cell"].replace('"', '""')).encode())
        tried[v["valid"]] += 1
        if not v["valid"]:
            must(result.out == b"" and result.rejects and result.rejects[0]["code"] == "csv-type", v, "gave", result.out)
            continue
        must(result.exit in (0, 1) and result.out, v, "was rejected:", result.err)
        got = result.out.decode().strip()[len('{"v":'):-1]
        must(got == ("true" if v["value"] else "false") if type_ == "boolean" else same_number(got, v["value"]), v, "gave", got)
    must(tried[True] > 50 and tried[False] >= 3, "tried", dict(tried))


def main():
    options = arguments(__doc__)
    tap = Tap()
    with Scratch(options.bin) as scratch:
        for engine in ENGINES:
            with tap.case(f"csv-spectrum, {engine}"):
                spectrum(scratch, engine)
        kinds = collections.defaultdict(list)
        base = []
        if (CORPUS / "pollution").is_dir():
            base = [json.loads(line) for line in (CORPUS / "pollution" / "base.jsonl").read_text().splitlines()]
            for line in (CORPUS / "pollution" / "mutations.jsonl").read_text().splitlines():
                mutation = json.loads(line)
                kinds[mutation["kind"]].append(mutation)
        for engine in ENGINES:
            with tap.case(f"pollution is here, {engine}"):
                there("pollution")
            for kind, mutations in kinds.items():
                with tap.case(f"pollution, {kind}, {len(mutations)} files, {engine}"):
                    pollution(scratch, engine, kind, mutations, base)
        with tap.case("w3c-csvw: numbers and booleans"):
            csvw(scratch)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
