#!/usr/bin/env python3
"""csv_back: json2csv is the way back of csv2json. What that program takes, of the cases and the corpora, comes back as the same records,
and plain files as the same bytes; made records come back as they were, or are rejects; Python's csv reads the same fields."""
import csv
import io
import itertools
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import ROOT, NotHere, Scratch, Tap, arguments, balanced, must, pieces, rng, slow_build  # noqa: E402

CASES = ROOT / "tests" / "cases" / "csv2json"
CORPUS = ROOT.parent / "shared" / "conformance" / "csv"
ANY = ("--max-rejects", "100%")
LEVELS = ({}, {"TIDEGATE_CPU": "scalar"})


def values(data):
    """Records as lists of (name, value, spelling of a number), so that 1.0 and 1.00 differ."""
    keep = dict(parse_float=lambda s: ("number", s), parse_int=lambda s: ("number", s))
    return [json.loads(line, **keep) for line in data.split(b"\n") if line]


# -- files that csv2json takes ------------------------------------------------------------------------------------------------

def files():
    """(name, contract or None, bytes)"""
    for folder in sorted(CASES.iterdir()):
        if (folder / "case.json").exists():
            spec = json.loads((folder / "case.json").read_text())
            words = spec.get("args", [])
            contract = next((folder / b for a, b in zip(words, words[1:]) if a == "--contract"), None)
            yield folder.name, contract, (folder / spec["stdin"]).read_bytes()
    for path in sorted((CORPUS / "csv-spectrum").glob("*.csv")):
        yield path.name, None, path.read_bytes()


def there_and_back(scratch, name, contract, data):
    """True: csv2json takes something of it."""
    args = ("-c", contract) if contract else ()
    first = scratch.run("csv2json", *args, *ANY, stdin=data)
    if first.exit != 0:
        return False
    vary = len({tuple(v) for v in values(first.out)}) > 1  # then the first record's members are not all
    for more in ((), ("--crlf",), () if vary else ("--first",)):
        csv_keys = json.loads(contract.read_text()).get("x-csv", {}) if contract else {}
        if "--first" in more and not csv_keys.get("header", True) or "--crlf" in more and csv_keys.get("newline") in ("lf", "cr", "nel"):
            continue
        second = scratch.run("json2csv", *args, *more, stdin=first.out)
        must(second.exit == 0, name, more, "json2csv ended", second.exit, second.err, second.rejects[:2])
        balanced(second)
        if not first.out and not second.out:
            continue
        third = scratch.run("csv2json", *args, stdin=second.out)
        must(third.exit == 0 and values(third.out) == values(first.out), name, more, "came back as", third.out[:500], third.err,
             "for", first.out[:500], "by", second.out[:500])
    return bool(first.out)


def all_files(scratch):
    taken = [name for name, contract, data in files() if there_and_back(scratch, name, contract, data)]
    must(len(taken) > 12, "only these were taken:", taken)


def pollution(scratch):
    path = CORPUS / "pollution" / "mutations.jsonl"
    if not path.exists():
        raise NotHere("the corpus pollution is not beside the source (../shared/conformance/csv)")
    taken = 0
    for line in path.read_text().splitlines():
        m = json.loads(line)
        if "input" in m and m["exit"] != 65:
            taken += there_and_back(scratch, m["name"], None, m["input"].encode())
    must(taken > 50, "only", taken, "were taken")


# -- bytes --------------------------------------------------------------------------------------------------------------------

def same_bytes(scratch):
    """Plain files come back byte for byte; others but for the quotes that they do not need."""
    for data in (b"id,name\n1,Ann\n2,Bo\n", b"a\n1\n\"\"\nx y\n", b"a,b\n\"x,y\",\n,\"q\"\"q\"\n\" l\",\"t\t\"\n", b"a,b\n\"l1\nl2\",\"c\rr\"\n",
                 "ä,ö\nü,€\n".encode(), b"a;b,c\n1,\n"):
        got = scratch.run("json2csv", stdin=scratch.run("csv2json", stdin=data).out)
        must(got.out == data, data, "came back as", got.out, got.err)
    must(scratch.run("json2csv", stdin=scratch.run("csv2json", stdin=b'"a","b"\r\n"1","2"\r\n').out).out == b"a,b\n1,2\n", "quotes stay")


def endings(scratch):
    """No records; headers; lines before them; options that do not fit."""
    contract = scratch.write("c.json", {"properties": {"a": {}, "b": {"type": "number"}}, "x-csv": {"skip": 2}})
    bare = scratch.write("bare.json", {"properties": {"a": {}}, "x-csv": {"header": False, "columns": ["a", "b"]}})
    for args, stdin, out in (
            ((), b"", b""), (("--columns", "x,/y"), b"", b"x,/y\n"), (("-c", contract), b"", b"\n\na,b\n"),
            (("-c", contract, "--crlf"), b'{"a":"x","b":1}\n', b"\r\n\r\na,b\r\nx,1\r\n"), (("-c", contract, "--no-header"), b'{"a":"x","b":1}', b"x,1\n"),
            (("-c", bare), b'{"b":1,"a":""}\n', b",1\n"), (("-c", bare), b"", b""),
            (("-c", bare), b'{"a":"\xef\xbb\xbfx","b":1}', b'"\xef\xbb\xbfx",1\n'),
            (("--columns", '"a,b",c=/d/0'), b'{"a,b":1,"d":[2],"e":3}\n', b'"a,b",c\n1,2\n'),
            (("--source-member",), b'{"_source":{"file":"x","line":1,"offset":2},"a":1}\n', b"a\n1\n"),
            (("--crlf",), b'{"a":1}\n{"a":2}', b"a\r\n1\r\n2\r\n")):
        for variables in ({}, pieces(scratch.bin, read=1)):
            result = scratch.run("json2csv", *args, stdin=stdin, variables=variables)
            must(result.exit == 0 and result.out == out, args, stdin, "gave", result.out, result.err)
    for status, args in ((64, ("--columns", "a,a")), (64, ("--columns", "")), (64, ("--columns", "a,")), (64, ("--columns", "/~2")), (64, ("--columns", 'a"')),
                         (64, ("--columns", "a", "--first")), (64, ("--exact", "--guard-formulas")), (64, ("-c", bare, "--first")),
                         (64, ("-c", scratch.write("n.json", {"x-csv": {"newline": "cr"}}), "--crlf")),
                         (78, ("-c", scratch.write("t.json", {"x-csv": {"encoding": "iso-8859-1", "trailer": {"tag": "€", "count": 2}}}))),
                         (78, ("-c", scratch.write("e.json", {"additionalProperties": False})))):
        result = scratch.run("json2csv", *args, stdin=b'{"a":1}\n')
        must(result.exit == status and not result.out, args, "ended", result.exit, result.err, result.out)
        must(len(result.err.splitlines()) == 1, "says", result.err)
    path = scratch.path / "out.csv"
    result = scratch.run("json2csv", "--output", path, scratch.write("in.jsonl", b'{"a":1}\n'))
    must(result.exit == 0 and path.read_bytes() == b"a\n1\n", "--output", result.err)
    path.unlink()
    result = scratch.run("json2csv", "--output", path, scratch.write("in.jsonl", b'{"a":1}\n{"b":1}\n'), rejects=None)
    must(result.exit == 1 and not path.exists(), "--output with too many rejects", result.exit)


def formulas(scratch):
    texts = ["=1", "+1", "-1", "@x", "\tx", "\rx", "\nx", "＝x", "＋x", "－x", "＠x", "  =x", "x=1", "", "中", "'", "1-1"]
    records = [{"n": "x", "v": text} for text in texts] + [{"n": "x", "v": -5}]
    result = scratch.run("json2csv", "--guard-formulas", stdin="".join(json.dumps(r) + "\n" for r in records).encode())
    rows = list(csv.reader(io.StringIO(result.out.decode(), newline=""), strict=True))[1:]
    expected = [("'" if i < 12 else "") + text for i, text in enumerate(texts)] + ["-5"]
    must([row[1] for row in rows] == expected, "gave", rows)
    plain = scratch.run("json2csv", stdin=json.dumps({"=a": "=1"}).encode())
    must(plain.out == b"=a\n=1\n", plain.out)
    must(scratch.run("json2csv", "--guard-formulas", stdin=b'{"=a":"=1"}').out == b"'=a\n'=1\n", "names")


def rejected(scratch):
    """Each record that must not come out, its code and the pointers of its faults."""
    typed = {"properties": {"s": {"type": "string"}, "n": {"type": ["number", "null"]}, "i": {"type": "integer"}, "b": {"type": "boolean"}, "o": {"type": "object"}},
             "x-csv": {"nulls": ["", "NA", "0"], "delimiter": ";"}, "additionalProperties": False}
    good = {"s": "x", "n": 1.5, "i": 1, "b": True, "o": {}}
    unquoted = {"properties": {"s": {}, "t": {}}, "x-csv": {"quote": None, "delimiter": "||"}}
    one = {"properties": {"s": {"type": ["string", "null"]}}, "x-csv": {"nulls": [""]}}
    rows = [(typed, {**good, **change}, code, pointers) for change, code, pointers in (
        ({"s": 1}, "csv-value", ["/s"]), ({"s": None, "n": "1"}, "csv-value", ["/s", "/n"]), ({"s": {}}, "csv-value", ["/s"]),
        ({"i": 1.0}, "csv-value", ["/i"]), ({"b": "true"}, "csv-value", ["/b"]), ({"b": None}, "csv-value", ["/b"]),
        ({"s": "\0"}, "csv-value", ["/s"]), ({"i": "1"}, "csv-value", ["/i"]), ({"x/y": 1}, "csv-column", ["/x~1y"]), ({"n": []}, "csv-value", ["/n"]))]
    rows += [(typed, {"s": "x", "n": 1, "b": False}, "csv-value", ["/i"]), (typed, [], "csv-record", [""])]
    rows += [(unquoted, {"s": text, "t": ""}, "csv-value", ["/s"]) for text in ("a||b", "a|", "\n", "a\rb", "\ufeffx")]
    rows += [(one, {"s": None}, "csv-value", ["/s"]), (one, {"s": "s"}, "csv-header", [""]),
             ({**one, "x-csv": {"maxRecord": 10}}, {"s": "12345678901"}, "too-long", [""]),
             ({"properties": {"a": {}, "b": {}}}, {"a": "a", "b": "b"}, "csv-header", [""]),
             ({"properties": {"a ": {}, "b": {}}}, {"a ": "a ", "b": "b"}, "csv-header", [""])]
    for contract, record, code, pointers in rows:
        result = scratch.run("json2csv", *ANY, "-c", scratch.write("c.json", contract), stdin=json.dumps(record).encode())
        got = [(r["code"], [e["pointer"] for e in r["errors"]]) for r in result.rejects]
        must(got == [(code, pointers)], record, "was", got, result.out, result.err)
        balanced(result)
        must(result.out.count(b"\n") <= 1, "came out:", result.out)
    for text in ("|b", "a|b", 'say "x"', " x "):
        contract = scratch.write("c.json", unquoted)
        result = scratch.run("json2csv", "-c", contract, stdin=json.dumps({"s": text, "t": ""}).encode())
        back = scratch.run("csv2json", "-c", contract, stdin=result.out)
        must(values(back.out) == [{"s": text, "t": ""}], text, "came back as", back.out, result.out)
    result = scratch.run("json2csv", "-c", scratch.write("c.json", {"properties": {"b": {}}}), stdin=b'{"a":1}\n{"a":2,"b":3}\n')
    must(result.out == b"b,a\n,1\n3,2\n", "a column of the first record's:", result.out)


# -- made records -------------------------------------------------------------------------------------------------------------

PIECES = ["", "a", "NA", "true", "0", "1.50", "-7", " ", "\t", ",", ";", "||", "|", '"', "'", "\n", "\r\n", "\r", "ä", "中文", "\ufeff", "=", "x" * 15, "y" * 16, "z" * 33,
          "sep=;", "\\", "\u2028", "\x1b", "name of a thing", "\U0001f600"]
NUMBERS = ["0", "-0", "1", "-1", "10.50", "0.000", "123456789012345678901234567890", "1e5", "1.5E-7", "-99.9", "12345678.12345678", "12345678901234567"]


def text(random):
    return "".join(random.choice(PIECES) for _ in range(random.choice((0, 1, 1, 2, 3, 8))))


def dialect(random):
    d = {"delimiter": random.choice([",", ";", "\t", "|", "||", "¦", "-", "1", "a"]), "quote": random.choice(['"', '"', "'", None]),
         "nulls": random.choice([[], [""], ["NA"], ["", "NA", "-1"], ["0"], ["a,b"], ["-1", " "]])}
    if random.random() < 0.3:
        d.update(decimal=",", group=random.choice([None, "."]))
    if random.random() < 0.3:
        d.update(true=["Y", "true"], false=["N"])
    if random.random() < 0.2:
        d["skip"] = random.randrange(3)
    return {k: v for k, v in d.items() if v is not None or k == "quote"}


def framing(random):
    """What else a dialect may say: a few keys at once."""
    keys = {"encoding": ["windows-1252", "iso-8859-15", "utf-16", "utf-16le", "utf-16be", "cp1047", "gb18030", "iso-2022-jp", "us-ascii"],
            "newline": ["lf", "crlf", "cr"], "escape": ["\\", "^", "+"], "comment": ["#", "//", "1", "a", "=x"], "blank": ["reject", "row"],
            "ragged": ["pad", "trailing"], "multiline": [False], "trim": [True, "start", "end"], "empty": ["null", "absent"],
            "sepLine": [True], "dosEof": [True]}
    return {key: random.choice(keys[key]) for key in random.sample(sorted(keys), random.choice((1, 1, 2, 3, 5)))}


def named(random, names):
    """Columns that are called otherwise in the file, and others that are not looked at."""
    items = [random.choice([name, {"header": name}, {"header": name + " in the file", "as": name}]) for name in names]
    for _ in range(random.choice((0, 0, 1))):
        items.insert(random.randrange(len(items) + 1), {"header": "left out", "ignore": True})
    return {"columns": items, "order": random.choice(["any", "exact"])}


TYPES = ["string", "number", "integer", "boolean", ["string", "null"], ["number", "null"], ["integer", "null"], ["boolean", "null"], "null", None, ["string", "number"], "object"]


def value(random, type_):
    """JSON text of a value, mostly of the type."""
    kind = random.choice(type_ if isinstance(type_, list) else [type_])
    if kind is None or random.random() < 0.02:
        kind = random.choice(["string", "number", "boolean", "null", "object"])
    if kind == "string":
        return json.dumps(text(random), ensure_ascii=random.random() < 0.3)
    if kind == "number":
        return random.choice(NUMBERS)
    if kind == "integer":
        return random.choice(["0", "7", "-1", "123456789012345678901"])
    if kind == "boolean":
        return random.choice(["true", "false"])
    return "null" if kind == "null" else random.choice(['{"k":[1,"x, y"]}', "[]", '{ "a" : null }'])


def made(random, names, types, rows):
    out = []
    for _ in range(rows):
        members = [(n, value(random, t)) for n, t in zip(names, types) if random.random() > 0.01]
        if random.random() < 0.2:
            random.shuffle(members)
        if members:
            out.append("{" + ",".join(json.dumps(n) + ":" + v for n, v in members) + "}")
    return ("\n".join(out) + "\n").encode()


def ordered(record, names):
    return {n: record[n] for n in names if n in record}


def round_trip(scratch, random, rows, framed):
    """With --exact, what passes comes back as it was; without, so do all that have no reason not to."""
    names = random.sample(["id", "name", "NA", "a b", "ä", 'q"q', "x,y", "l\nl", "=1", "price", "n1", "n2"], random.choice((1, 2, 3, 7)))
    types = [random.choice(TYPES) for _ in names]
    spec = {"properties": {n: {"type": t} if t else {} for n, t in zip(names, types)}, "additionalProperties": random.random() < 0.5, "x-csv": dialect(random)}
    if framed:
        spec["x-csv"].update(framing(random))
        if random.random() < 0.3:
            spec["x-csv"].update(named(random, names))
    contract = scratch.write("c.json", spec)
    if scratch.run("json2csv", "-c", contract).exit in (78,):
        return 0  # a name or a sign that this dialect cannot have
    data = made(random, names, types, rows)
    variables = random.choice(LEVELS)
    result = scratch.run("json2csv", "--exact", *ANY, "-c", contract, *random.choice(((), ("--crlf",) if spec["x-csv"].get("newline", "crlf") == "crlf" else ())), stdin=data,
                         variables=variables)
    must(result.exit == 0, spec, result.err)
    balanced(result)
    rejected_ = [json.dumps(r["record"]) for r in result.rejects]
    passed = [line for line in data.split(b"\n") if line]
    for r in rejected_:
        passed.remove(json.loads(r).encode())
    back = scratch.run("csv2json", "-c", contract, stdin=result.out)
    must(back.exit == 0, spec, "csv2json refuses", back.err, result.out[:300])
    got, expected = values(back.out), values(b"\n".join(passed))
    wrong = next(((g, e) for g, e in itertools.zip_longest(got, expected) if g != e), None)
    must(wrong is None, spec, "came back as", *(wrong or ()), result.out[:300])
    must(all(list(g) == list(ordered(g, names)) for g in got), "order", spec)
    loose = scratch.run("json2csv", *ANY, "-c", contract, stdin=data)
    must(len(loose.rejects) <= len(result.rejects), "--exact rejects less")
    taken = scratch.run("csv2json", "-c", contract, stdin=loose.out)
    must(taken.exit == 0 and taken.out.count(b"\n") == loose.counts["records"]["out"], spec, "csv2json refuses what json2csv wrote:", taken.err, loose.out[:300])
    return len(got)


def with_contract(scratch, random, times, rows, framed=False):
    passed = sum(round_trip(scratch, random, rows, framed) for _ in range(times))
    must(passed > times * rows // 8, "only", passed, "records passed")


def against_python(scratch, random, times, rows):
    """Without a contract Python's csv, strict, reads the texts that went in."""
    for _ in range(times):
        names = [f"c{i}" for i in range(random.choice((1, 2, 5)))]
        records = [{n: text(random) for n in names} for _ in range(rows)]
        data = "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records).encode()
        for variables in LEVELS:
            result = scratch.run("json2csv", *random.choice(((), ("--crlf",))), stdin=data, variables=variables)
            must(result.exit == 0, result.err)
            got = list(csv.reader(io.StringIO(result.out.decode(), newline=""), strict=True))
            must(got == [names] + [list(r.values()) for r in records], "Python reads otherwise:", result.out[:400])
            back = scratch.run("csv2json", stdin=result.out)
            must(back.exit == 0 and values(back.out) == records, "csv2json reads otherwise:", back.err, result.out[:400])


def main():
    options = arguments(__doc__)
    random, tap = rng(options, "csv_back"), Tap()
    times, rows = (200, 400) if options.long else (8, 60) if slow_build(options) else (20, 60)
    with Scratch(options.bin) as scratch:
        for name, test in (("what csv2json takes comes back the same: cases and csv-spectrum", all_files), ("the same: pollution", pollution),
                           ("plain files come back byte for byte", same_bytes), ("headers, ends and options", endings), ("formulas", formulas),
                           ("what is rejected", rejected)):
            with tap.case(name):
                test(scratch)
        with tap.case("made records and contracts come back, or are rejects"):
            with_contract(scratch, random, times, rows)
        with tap.case("the same under all keys of the dialect"):
            with_contract(scratch, random, 4 * times, rows // 2, True)
        with tap.case("Python's csv reads the same"):
            against_python(scratch, random, times // 2, rows)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
