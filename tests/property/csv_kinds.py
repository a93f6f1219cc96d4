#!/usr/bin/env python3
"""csv_kinds: files with several kinds of row: lists of values, places, counts and sums over kinds, what is told of the rows that do not come
out, and the same however the input comes."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import Scratch, Tap, arguments, balanced, must, pieces, rng  # noqa: E402

ENGINES = ("scan", "libcsv")
TYPES = {"n": {"type": "integer", "x-class": "internal"}, "amount": {"type": ["number", "null"], "x-class": "internal"},
         "v": {"type": "array", "items": {"type": ["number", "null"]}}, "w": {"type": "array"}}


def contract(scratch, records, control=None, name="c.json", **csv):
    if control is not None:
        csv["control"] = control
    return scratch.write(name, {"properties": TYPES, "x-csv": {"records": records, **csv}})


def run(scratch, path, data, *args, **more):
    return scratch.run("csv2json", "-c", path, "--max-rejects", "100%", *args, stdin=data, **more)


def passes(scratch, path, data, lines, *args, rejects=(), meta=None):
    for engine in ENGINES:
        result = run(scratch, path, data, "-e", engine, *args)
        must(result.exit == 0, data[:80], "exit", result.exit, result.err)
        must(result.out.decode().split("\n")[:-1] == list(lines), data[:80], "records", result.out[:300])
        got = [(r["at"]["line"], r["code"]) for r in result.rejects]
        must(got == list(rejects), data[:80], "rejects", got, [r["errors"] for r in result.rejects])
        balanced(result)
        for key, value in (meta or {}).items():
            must(result.counts["meta"].get(key) == value, data[:80], key, "in the run log is", result.counts["meta"].get(key))
    return result


def fails(scratch, path, data, *words, args=()):
    for engine in ENGINES:
        result = run(scratch, path, data, "-e", engine, *args)
        must(result.exit == 65, data[:80], "exit", result.exit, result.err)
        must(result.counts["error"]["code"] == "csv-control", data[:80], "code", result.counts["error"])
        for word in words:
            must(word in result.err, data[:80], "the message does not say", repr(word), ":", result.err)
    return result


def a(**members):
    return json.dumps({"record": "a", **members}, separators=(",", ":"))


def lists(scratch):
    c = contract(scratch, {"A": {"as": "a", "columns": ["x", "v", "y"], "repeat": "v"}})
    passes(scratch, c, b"A,1,2\nA,1,5,2\nA,1,5,-0.5,6,2\nA,,,\n", [
        a(x="1", v=[], y="2"), a(x="1", v=[5], y="2"), a(x="1", v=[5, -0.5, 6], y="2")], rejects=[(4, "csv-type")])
    passes(scratch, c, b"A\nA,1\nA,1,x,2\n", [], rejects=[(1, "csv-fields"), (2, "csv-fields"), (3, "csv-type")])
    result = run(scratch, c, b'A,"",1,2,x,4,"y",6\n')
    must([(e["pointer"], e["column"]) for e in result.rejects[0]["errors"]] == [("/v/2", 10), ("/v/4", 14)], "pointers", result.rejects[0]["errors"])
    for columns, data, expected in ((["v"], b"A\nA,1\nA,1,2\n", ['{"record":"a","v":[]}', '{"record":"a","v":[1]}', '{"record":"a","v":[1,2]}']),
                                    (["w"], b'A,"q""1",\nA\n', ['{"record":"a","w":["q\\"1",""]}', '{"record":"a","w":[]}']),
                                    (["w", "n"], b"A,5\nA,a,5\n", ['{"record":"a","w":[],"n":5}', '{"record":"a","w":["a"],"n":5}']),
                                    (["x", "w"], b"A,5\nA,a,b,c\n", ['{"record":"a","x":"5","w":[]}', '{"record":"a","x":"a","w":["b","c"]}'])):
        c = contract(scratch, {"A": {"as": "a", "columns": columns, "repeat": columns[0] if columns[0] in "vw" else "w"}}, nulls=["NA"])
        passes(scratch, c, data, expected)
        source = [json.loads(line) for line in run(scratch, c, data, "--provenance").out.splitlines()]
        must([r.pop("_source")["line"] for r in source] == list(range(1, len(expected) + 1)) and source == [json.loads(e) for e in expected], source)
    c = contract(scratch, {"A": {"as": "a", "columns": ["v"], "repeat": {"column": "v", "times": 2}}, "B": {"columns": ["n", "x"]},
                           "C": {"columns": ["w", "n"], "repeat": {"column": "w", "times": {"record": "B", "field": "n"}}},
                           "E": {"columns": []}}, nulls=["NA"])
    passes(scratch, c, b"A,1,NA\nA,1\nA,1,2,3\n", ['{"record":"a","v":[1,null]}'], rejects=[(2, "csv-fields"), (3, "csv-fields")])
    passes(scratch, c, b"C,7\nB,1,q\nC,x,7\nC,7\nB,0,\nC,7\nB,,\nC,7\nE\nE,\n", [
        '{"record":"B","n":1,"x":"q"}', '{"record":"C","w":["x"],"n":7}', '{"record":"B","n":0,"x":""}', '{"record":"C","w":[],"n":7}',
        '{"record":"E"}'], rejects=[(1, "csv-record"), (4, "csv-fields"), (7, "csv-type"), (8, "csv-record"), (10, "csv-fields")])
    many = ",".join(map(str, range(5000)))
    c = contract(scratch, {"A": {"as": "a", "columns": ["v", "y"], "repeat": "v"}})
    passes(scratch, c, f"A,{many},y\nA,1,y\nA,{many},y\n".encode(), [a(v=list(range(5000)), y="y"), a(v=[1], y="y"), a(v=list(range(5000)), y="y")])


def places(scratch):
    kinds = {"H": {"columns": ["d"], "emit": False, "after": [None], "max": 1}, "D": {"columns": ["n"], "after": ["H", "D"]},
             "T": {"columns": [], "emit": False, "after": ["D"], "min": 1, "max": 1}}
    c = contract(scratch, kinds)
    d = '{"record":"D","n":%d}'
    passes(scratch, c, b"H,x\nD,1\nD,2\nT\n", [d % 1, d % 2], meta={"records": {"H": {"d": "x"}, "T": {}}, "trailer": None})
    passes(scratch, c, b"D,1\nD,2\nT\n", [d % 2], rejects=[(1, "csv-record")])
    passes(scratch, c, b"D,1\nH,1\nD,2\nT\n", [d % 2], rejects=[(1, "csv-record"), (2, "csv-record")])
    result = passes(scratch, c, b"H,x\nD,1\nT\nD,2\n", [d % 1], rejects=[(4, "csv-record")])
    must("behind T, where a D may stand behind D, H" in result.rejects[0]["errors"][0]["message"], result.rejects)
    # What cannot be read may have been anything: the next row may stand behind it.
    passes(scratch, c, b"H,x\nD,1\nT\nx,\"\"y\nD,2\n", [d % 1, d % 2], rejects=[(4, "csv-quote")])
    passes(scratch, c, b"H,x\nD,1\nX\nD,\"2\"3\nT\n", [d % 1], rejects=[(3, "csv-record"), (4, "csv-quote")])
    fails(scratch, c, b"H,x\nD,1\n", "0 rows of the kind T, and there must be 1", "cut off")
    fails(scratch, c, b"", "0 rows of the kind T")
    fails(scratch, c, b"H,x\nH,x\nD,1\nT\n", "line 2", "this is the H number 2, and there may be 1")
    passes(scratch, c, b"H,x\nD,1\nT,too,many\n", [d % 1], rejects=[(3, "csv-fields")])  # it was there
    # "*" is what has no kind, with its first field; of several fields, more say more.
    c = contract(scratch, {"*": {"as": "other", "columns": ["w"], "repeat": "w"}, "D": {"columns": ["n"]}, "DD": {"tag": ["D", "D"], "columns": ["n"]}})
    passes(scratch, c, b"D,1\nD,D,2\nq,1\n\"D\",D,x\nD\n", [d % 1, '{"record":"DD","n":2}', '{"record":"other","w":["q","1"]}'],
           rejects=[(4, "csv-type"), (5, "csv-fields")])
    c = contract(scratch, {"D": {"columns": ["n"]}}, skip=1, delimiter="|")
    passes(scratch, c, b"D|x\nD|1\n", [d % 1])


def ragged(scratch):
    """What a kind has too few or too many of, where the contract forgives it."""
    kinds = {"A": {"as": "a", "columns": ["x", "v", "y", "z"], "repeat": {"column": "v", "times": 2}}, "B": {"columns": ["n", "x"]}, "E": {"columns": []}}
    whole = a(x="1", v=[2, 3], y="4", z="5")
    c = contract(scratch, kinds, ragged="pad")
    passes(scratch, c, b"A,1,2,3,4,5\nA,1,2,3,4\nA,1,2,3\nA,1,2\nB,1\nB\nE\nE,\nA,1,2,3,4,5,\nA,1,2,x\n",
           [whole, a(x="1", v=[2, 3], y="4"), a(x="1", v=[2, 3]), '{"record":"B","n":1}', '{"record":"B"}', '{"record":"E"}'],
           rejects=[(4, "csv-fields"), (8, "csv-fields"), (9, "csv-fields"), (10, "csv-type")])
    c = contract(scratch, kinds, ragged="trailing")
    passes(scratch, c, b"A,1,2,3,4,5,\nA,1,2,3,4,5,,,,\nA,1,2,3,4\nE,\nE\nB,1,x,,y\nB,1,x,\"\"\n", [whole, whole, '{"record":"E"}', '{"record":"E"}'],
           rejects=[(3, "csv-fields"), (6, "csv-fields"), (7, "csv-fields")])
    kinds = {"D": {"columns": ["x", "amount"]}, "Z": {"columns": ["sum"], "emit": False}}
    c = contract(scratch, kinds, [{"in": "Z", "field": "sum", "is": "sum", "of": "/amount", "record": "D"}], ragged="pad")
    passes(scratch, c, b"D,a,2\nD,b\nZ,2\n", ['{"record":"D","x":"a","amount":2}', '{"record":"D","x":"b"}'])
    fails(scratch, c, b"D,a,2\nD,b\nZ\n", "field 2 of the Z should be a number")


def control(scratch):
    kinds = {"B": {"columns": ["x"], "emit": False}, "D": {"columns": ["code", "amount"]}, "E": {"columns": ["rows", "sum"], "emit": False},
             "Z": {"columns": ["rows", "sum", "hash"], "emit": False}}
    checks = [{"in": "E", "field": "rows", "is": "count", "of": "D", "since": "B"},
              {"in": "E", "field": "sum", "is": "sum", "of": "/amount", "record": "D", "since": ["B"]},
              {"in": "Z", "field": "rows", "is": "count", "of": ["B", "D", "E", "Z"]},
              {"in": "Z", "field": "sum", "is": "sum", "of": "/amount", "when": {"/code": ["7", "8"]}}]
    c = contract(scratch, kinds, checks, nulls=[""])
    lines = ['{"record":"D","code":"7","amount":1.50}', '{"record":"D","code":"9","amount":2}', '{"record":"D","code":"8","amount":null}']
    good = b"B,1\nD,7,1.50\nD,9,2\nE,2,3.5\nB,2\nD,8,\nE,1,0\nZ,8,1.5,\n"
    passes(scratch, c, good, lines, meta={"trailer": None})
    fails(scratch, c, good.replace(b"E,2", b"E,3"), "line 4", "the E says: the number of rows (D) is 2, and it says 3")
    fails(scratch, c, good.replace(b"E,1,0", b"E,1,0.01"), "line 7", "/amount (D) is 0, and it says 0.01")
    fails(scratch, c, good.replace(b"Z,8", b"Z,7"), "line 8", "is 8, and it says 7")
    fails(scratch, c, good.replace(b"1.5,", b"3.5,"), "line 8", "/amount (D) is 1.5, and it says 3.5")
    fails(scratch, c, good.replace(b"Z,8", b"Z,x"), "field 2 of the Z should be a number")
    fails(scratch, c, good.replace(b"Z,8,1.5,", b"Z,8"), "line 8", "the Z, which says what the file is, cannot be read")
    fails(scratch, c, good[:good.index(b"Z")], "0 rows of the kind Z")
    # What is rejected counts; a value or a kind that is hidden is not judged, and that is said.
    result = passes(scratch, c, good.replace(b"D,9,2", b"D,9,x").replace(b"E,2,3.5", b"E,2,99"), [lines[0], lines[2]], rejects=[(3, "csv-type")])
    must("E says cannot be checked of the sum of /amount (D)" in result.err and "Z says" not in result.err, "said", result.err)
    result = passes(scratch, c, good.replace(b"D,9,2", b"D,\"9\"9,2"), [lines[0], lines[2]], rejects=[(3, "csv-quote")])
    must("number of rows" not in result.err, "said", result.err)
    result = passes(scratch, c, good.replace(b"D,9,2", b"\"D\"x,9,2"), [lines[0], lines[2]], rejects=[(3, "csv-quote")])
    must("E says cannot be checked of the number of rows (D), and the sum" in result.err and "Z says" in result.err, "said", result.err)
    result = passes(scratch, c, good.replace(b"D,9,2", b"D,9," + b"2" * 300), [lines[0], lines[2]], "--max-record", "200", rejects=[(3, "too-long")])
    must("E says cannot be checked of the number of rows (D), and the sum" in result.err, "said", result.err)
    # What counts is said by a field that cannot be read; and a field behind a list is not where it stands in the contract.
    kinds = {"D": {"columns": ["code", "w", "amount", "n"], "repeat": {"column": "w", "times": {"record": "Q", "field": "n"}}}, "Q": {"columns": ["n"]},
             "Z": {"columns": ["w", "rows", "sum"], "repeat": "w", "emit": False}}
    checks = [{"in": "Z", "field": "rows", "is": "count", "of": "D", "when": {"/n": "7"}}, {"in": "Z", "field": "sum", "is": "sum", "of": "/amount"}]
    c = contract(scratch, kinds, checks)
    data = b"Q,2\nD,a,x,y,1.5,7\nQ,0\nD,b,2.5,8\nD,c,4,7\nZ,p,q,r,2,8\n"
    lines = ['{"record":"Q","n":2}', '{"record":"D","code":"a","w":["x","y"],"amount":1.5,"n":7}', '{"record":"Q","n":0}',
             '{"record":"D","code":"b","w":[],"amount":2.5,"n":8}', '{"record":"D","code":"c","w":[],"amount":4,"n":7}']
    passes(scratch, c, data, lines, meta={"records": {"Z": {"rows": "2", "sum": "8"}}})
    fails(scratch, c, data.replace(b"r,2,8", b"r,3,8"), "is 2, and it says 3")
    fails(scratch, c, data.replace(b"r,2,8", b"r,2,9"), "is 8, and it says 9")
    result = passes(scratch, c, data.replace(b"D,c,4,7", b"D,c,4"), lines[:4], rejects=[(5, "csv-fields")])
    must("Z says cannot be checked of the number of rows (D), and the sum of /amount (D)" in result.err, "said", result.err)
    passes(scratch, contract(scratch, {"D": {"columns": ["w"], "repeat": {"column": "w", "times": {"record": "Q", "field": "n", "dividing": 12}}},
                                       "Q": {"columns": ["n"]}}), b"Q,4\nD,a,b,c\nQ,5\nD,a\nQ,0\nD,a\nQ,12\nD,a\nD,a,b\n",
           ['{"record":"Q","n":4}', '{"record":"D","w":["a","b","c"]}', '{"record":"Q","n":5}', '{"record":"Q","n":0}', '{"record":"Q","n":12}',
            '{"record":"D","w":["a"]}'], rejects=[(4, "csv-record"), (6, "csv-record"), (9, "csv-fields")])
    # Only the last digits of a hash are told.
    kinds = {"D": {"columns": ["n"]}, "Z": {"columns": ["hash"], "emit": False}}
    c = contract(scratch, kinds, [{"in": "Z", "field": "hash", "is": "sum", "of": "/n", "modulo": 1000}])
    passes(scratch, c, b"D,700\nD,800\nZ,0500\n", ['{"record":"D","n":700}', '{"record":"D","n":800}'])
    fails(scratch, c, b"D,700\nD,800\nZ,1500\n", "is 500, and it says 1500")


def told(scratch):
    """What validate asks for: of several files together."""
    kinds = {"H": {"as": "head", "columns": ["d"], "emit": False}, "D": {"columns": ["n"]}, "Z": {"columns": ["rows", "sum"], "emit": False}}
    checks = [{"in": "Z", "field": "rows", "is": "count", "of": "D"}, {"in": "Z", "field": "sum", "is": "sum", "of": "/n", "record": "D"}]
    c = contract(scratch, kinds, checks)
    one, two = scratch.write("one.txt", b"H,1\nD,5\nZ,1,5\n"), scratch.write("two.txt", b"H,2\nD,6\nD,7\nZ,2,013\n")
    lines = ['{"record":"D","n":%d}' % n for n in (5, 6, 7)]
    passes(scratch, c, b"", lines[1:], two, meta={"trailer": {"count": 2, "sums": {"/n": "13"}}, "records": {"head": {"d": "2"}, "Z": {"rows": "2", "sum": "013"}}})
    passes(scratch, c, b"", lines, one, two, meta={
        "trailer": {"count": 3, "sums": {"/n": "18"}},
        "records": [{"head": {"d": "1"}, "Z": {"rows": "1", "sum": "5"}}, {"head": {"d": "2"}, "Z": {"rows": "2", "sum": "013"}}]})
    fails(scratch, c, b"", "two.txt: line 4", args=(one, scratch.write("two.txt", b"H,2\nD,6\nD,7\nZ,3,13\n")))
    kinds["F"] = {"columns": ["n"]}  # a count of some of the records is none of all
    passes(scratch, contract(scratch, kinds, checks), b"", lines[:1], one, meta={"trailer": None})


def in_pieces(scratch, options):
    c = contract(scratch, {"H": {"columns": ["d"], "emit": False}, "D": {"columns": ["x", "n"]},
                           "L": {"columns": ["v", "x"], "repeat": {"column": "v", "times": {"record": "D", "field": "n"}}},
                           "Z": {"columns": ["rows"], "emit": False, "min": 0}}, [{"in": "Z", "field": "rows", "is": "count", "of": ["D", "L"]}])
    random = rng(options, "pieces")
    for _ in range(60 if options.long else 6):
        rows, counted = [b"H,1"], 0
        for _ in range(random.randrange(60)):
            row = random.choice((b'D,"a\n""b",%d' % random.randrange(4), b"L,1,2,3,x", b"L,1,x", b'L,"7",y', b"L,x", b"Q", b'D,"x"y,1', b"D,,", b"d" * 40))
            counted += row[:1] in b"DL"
            rows.append(row)
        data = random.choice((b"\n", b"\r\n")).join([*rows, b"Z,%d" % counted])
        for engine in ENGINES:
            said = set()
            for read in (None, 1, 2, 3, 7):
                variables = pieces(scratch.bin, read=read) if read else None
                result = run(scratch, c, data, "-e", engine, "--max-record", "39", "--provenance", variables=variables)
                rejects = json.dumps([{k: v for k, v in r.items() if k != "run"} for r in result.rejects])
                said.add((result.exit, result.out, rejects, result.err, json.dumps(result.counts.get("meta"))))
                balanced(result)
            must(len(said) == 1, "seed", options.seed, engine, "depends on the pieces:", data, *said)


def back(scratch, options):
    """json2csv writes the rows of all kinds that come out as records, so that csv2json reads the same; or says why not."""
    kinds = {"H": {"as": "head", "columns": ["x", "n"], "after": [None], "max": 1}, "D": {"columns": ["n", "v", "y"], "repeat": "v", "after": ["H", "D", "L", "M", "N"]},
             "L": {"columns": ["w"], "repeat": {"column": "w", "times": {"record": "H", "field": "n"}}},
             "M": {"columns": ["v", "y"], "repeat": {"column": "v", "times": 2}}, "N": {"columns": ["w", "y", "x"], "repeat": "w"}, "E": {"columns": []}}
    c = contract(scratch, kinds, name="back.json", delimiter=";", decimal=",", nulls=["NA"])
    random = rng(options, "back")

    def amount():
        return random.choice((None, 0, -1.5, 12.25, 1234567))

    for _ in range(150 if options.long else 10):
        n = random.randrange(4)
        records = [{"record": "head", "x": random.choice(("", "NA", "a;b", '"', "E", "\n")), "n": n}]
        for _ in range(random.randrange(30)):
            if records[-1]["record"] == "E":
                break
            word = random.choice("DDLLMMNNE")
            records.append({
                "D": {"record": "D", "n": random.randrange(99), "v": [amount() for _ in range(random.randrange(4))], "y": random.choice(("", "7", "x"))},
                "L": {"record": "L", "w": [random.choice(("", "q", "NA", '"', ";")) for _ in range(n)]},
                "N": {"record": "N", "w": [random.choice(("", "q")) for _ in range(random.randrange(3))], "y": "", "x": random.choice(("", "7"))},
                "M": {"record": "M", "v": [amount(), amount()], "y": "\ufeff"}, "E": {"record": "E"}}[word])
        data = "".join(json.dumps(r, separators=(",", ":"), ensure_ascii=False) + "\n" for r in records).encode()
        for more in ((), ("--crlf",), ("--exact",)):
            first = scratch.run("json2csv", "-c", c, *more, stdin=data)
            must(first.exit == 0, more, "exit", first.exit, first.err, first.rejects[:1])
            second = scratch.run("csv2json", "-c", c, stdin=first.out)
            must(second.exit == 0 and second.out == data, more, "came back as", second.out, "for", data, "by", first.out, second.err)
    for record, code in ((b'[]', "csv-record"), (b'{"n":1}', "csv-record"), (b'{"record":"Q"}', "csv-record"), (b'{"record":"H","x":"","n":1}', "csv-record"),
                         (b'{"record":"D","n":1,"v":[],"y":""}', "csv-record"), (b'{"record":"E","q":1}', "csv-column"), (b'{"record":"M","v":[1],"y":""}', "csv-value"),
                         (b'{"record":"M","v":[1,"x"],"y":""}', "csv-value"), (b'{"record":"M","v":3,"y":""}', "csv-value"), (b'{"record":"L","w":[]}', "csv-value"),
                         (b'{"record":"M","y":""}', "csv-value")):
        result = scratch.run("json2csv", "-c", c, "--max-rejects", "100%", stdin=record + b'\n{"record":"E"}\n')
        must([r["code"] for r in result.rejects] == [code] and result.out == b"E\n", record, result.rejects, result.out, result.err)
    result = scratch.run("json2csv", "-c", c, "--max-rejects", "100%", stdin=b'{"record":"M","v":[1,true],"y":""}\n')
    must(result.rejects[0]["errors"][0]["pointer"] == "/v/1", result.rejects)
    # More than one field says what a row is: it must still be what it was meant to be.
    c = contract(scratch, {"D": {"columns": ["x"]}, "DD": {"tag": ["D", "D"], "columns": ["x"]}, "*": {"as": "other", "columns": ["w"], "repeat": "w"}}, name="two.json")
    result = scratch.run("json2csv", "-c", c, "--max-rejects", "100%", stdin=b'{"record":"D","x":"1"}\n{"record":"D","x":"D"}\n{"record":"DD","x":"D"}\n'
                         b'{"record":"other","w":["q","D"]}\n{"record":"other","w":["D","q"]}\n')
    must(result.out == b"D,1\nD,D,D\nq,D\n" and [r["at"]["line"] for r in result.rejects] == [2, 5], result.out, result.rejects)
    for more, status, word in (((), 78, "T"), (("--first",), 64, "--first"), (("--columns", "x"), 64, "--columns")):
        kinds = {"D": {"columns": ["x"]}, "T": {"columns": [], "emit": False, "min": 0 if more else 1}}
        result = scratch.run("json2csv", "-c", contract(scratch, kinds, name="no.json"), *more, stdin=b'{"record":"D","x":"1"}\n')
        must(result.exit == status and word in result.err and not result.out, more, result.exit, result.err)


def main():
    options = arguments(__doc__)
    tap = Tap()
    with Scratch(options.bin) as scratch:
        for name, test in (("lists of values", lists), ("where a row may stand", places), ("ragged rows", ragged), ("counts and sums", control), ("what is told", told)):
            with tap.case(name):
                test(scratch)
        with tap.case("the way back"):
            back(scratch, options)
        with tap.case("the same however it comes"):
            in_pieces(scratch, options)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
