#!/usr/bin/env python3
"""csv_trailers: rows at a file's edges that are no records, lead and trailer: what they count and add up, where they must stand, what
is told of them, and the same however the input comes."""
import base64
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import Scratch, Tap, arguments, balanced, must, pieces, rng  # noqa: E402

ENGINES = ("scan", "libcsv")
NUMBERS = {"amount": {"type": ["number", "null"], "x-class": "internal"}, "secret": {"type": "number"}, "qty": {"type": "integer"}}
PLAIN = {"properties": NUMBERS, "x-csv": {"trailer": {"tag": "TRL", "count": 2}}}


def contract(scratch, name="c.json", lead=None, trailer=None, **csv):
    if lead is not None:
        csv["lead"] = lead
    if trailer:
        csv["trailer"] = trailer
    return scratch.write(name, {"properties": NUMBERS, "x-csv": csv})


def run(scratch, path, data, *args, **more):
    return scratch.run("csv2json", "-c", path, "--max-rejects", "100%", *args, stdin=data, **more)


def passes(scratch, path, data, ids, *args, rejects=(), meta=None):
    for engine in ENGINES:
        result = run(scratch, path, data, "-e", engine, *args)
        must(result.exit == 0, data[:80], "exit", result.exit, result.err)
        got = [json.loads(line).get("id") for line in result.out.splitlines()]
        must(got == list(ids), data[:80], "records", got[:5])
        got = [(r["at"]["line"], r["code"]) for r in result.rejects]
        must(got == list(rejects), data[:80], "rejects", got)
        balanced(result)
        for key, value in (meta or {}).items():
            must(result.counts["meta"].get(key) == value, data[:80], key, "in the run log is", result.counts["meta"].get(key))
    return result


def fails(scratch, path, data, *words, code="csv-trailer", args=()):
    for engine in ENGINES:
        result = run(scratch, path, data, "-e", engine, *args)
        must(result.exit == 65, data[:80], "exit", result.exit, result.err)
        must(result.counts["error"]["code"] == code, data[:80], "code", result.counts["error"])
        for word in words:
            must(word in result.err, data[:80], "the message does not say", repr(word), ":", result.err)
    return result


def counts(scratch):
    c = contract(scratch, trailer={"tag": "TRL", "count": 2})
    passes(scratch, c, b"id,name\n1,a\n2,b\nTRL,2\n", "12", meta={"trailer": {"count": 2}})
    passes(scratch, c, b"id,name\r\n1,a\r\nTRL,0001\r\n\r\n", "1", meta={"trailer": {"count": 1}})
    passes(scratch, c, b"id,name\nTRL,0", "", meta={"trailer": {"count": 0}})
    passes(scratch, c, b'id,name\n1,TRL\n"TRL","1"\n', "1")
    passes(scratch, c, b"id,name\n1,a\nTRLX,b\n1,\"TRL\n2\"\nTRL,3\n", ["1", "TRLX", "1"])
    # What is rejected was sent.
    passes(scratch, c, b"id,name\n1,a\n2\n3,\"x\"y\n4,b\nTRL,4\n", "14", rejects=[(3, "csv-fields"), (4, "csv-quote")])
    passes(scratch, c, b"id,name\n1,a\n" + b"x" * 300 + b"\n4,b\nTRL,3\n", "14", "--max-record", "200", rejects=[(3, "too-long")])
    fails(scratch, c, b"id,name\n1,a\n2,b\nTRL,3\n", "line 4", "counts 3 rows", "there are 2")
    fails(scratch, c, b"id,name\n1,a\n2,b\nTRL,1\n", "counts 1 row,", "there are 2")
    fails(scratch, c, b"id,name\n1,a\nTRL,x\n", "line 3", "field 2 should be the number of rows")
    fails(scratch, c, b"id,name\n1,a\nTRL,1.0\n", "field 2 should be the number of rows")
    fails(scratch, c, b"id,name\n1,a\nTRL\n", "line 3", "has 1 field", "field 2")
    fails(scratch, c, b"id,name\n1,a\nTRL,99999999999999999999999999\n", "99999999999999999999999999", "there are 1")
    # Where it must stand.
    fails(scratch, c, b"id,name\n1,a\n2,b\n", "there is no trailer", "TRL", "2 rows were read", "cut off")
    fails(scratch, c, b"id,name\n1,a\nTRL,1\n2,b\n", "line 4", "behind the trailer", "line 3")
    fails(scratch, c, b"id,name\n1,a\nTRL,1\nTRL,1\n", "line 4", "behind the trailer", "line 3")
    fails(scratch, c, b"id,name\n1,a\nTRL,1\n\n\nid,name\n", "line 6", "behind the trailer")
    fails(scratch, c, b"id,name\n1,a\nTRL,\"1\"x\n", "line 3", "malformed", "csv-quote")
    fails(scratch, c, b"id,name\n1,a\nTRL,\xff\n", "line 3", "malformed", "csv-encoding")
    fails(scratch, c, b"", "empty", code="csv-empty")
    includes = contract(scratch, "i.json", trailer={"tag": "TRL", "count": 2, "countIncludes": ["header", "trailer"]})
    passes(scratch, includes, b"id,name\n1,a\n2,b\nTRL,4\n", "12", meta={"trailer": {"count": 2}})
    fails(scratch, includes, b"id,name\n1,a\n2,b\nTRL,2\n", "counts 2 rows", "there are 4 with the 2 that are no records")
    optional = contract(scratch, "o.json", trailer={"tag": "TRL", "count": 2, "optional": True})
    passes(scratch, optional, b"id,name\n1,a\n", "1", meta={"trailer": None})
    fails(scratch, optional, b"id,name\n1,a\nTRL,2\n", "counts 2 rows")
    headless = contract(scratch, "h.json", trailer={"tag": "T", "count": 2}, header=False, columns=["id", "x"])
    passes(scratch, headless, b"1,a\n2,b\nT,2\n", "12")
    named = contract(scratch, "n.json", trailer={"tag": "T", "columns": ["tag", "rows", "by"], "count": 2})
    passes(scratch, named, b"id,x\n1,a\nT,1,me\n", "1", meta={"trailer": {"count": 1, "fields": {"tag": "T", "rows": "1", "by": "me"}}})
    fails(scratch, named, b"id,x\n1,a\nT,1\n", "has 2 fields where the contract has 3")


def sums(scratch):
    trailer = {"tag": "TRL", "count": 2, "sums": [{"field": 3, "of": "/amount"}]}
    c = contract(scratch, trailer=trailer)
    passes(scratch, c, b"id,amount\n1,0.1\n2,0.2\nTRL,2,0.30\n", "12", meta={"trailer": {"count": 2, "sums": {"/amount": "0.30"}}})
    passes(scratch, c, b"id,amount\n1,-1\n2,1e0\nTRL,2,0\n", "12")
    passes(scratch, c, b"id,amount\nTRL,0,0\n", "")
    passes(scratch, c, b"id,x\n1,5\nTRL,1,0.00\n", "1")  # no such column: nothing is nothing
    big = b"9" * 60
    passes(scratch, c, b"id,amount\n1,%s.01\n2,0.99\nTRL,2,1%s\n" % (big, b"0" * 60), "12")
    fails(scratch, c, b"id,amount\n1,%s.01\n2,0.99\nTRL,2,1%s.01\n" % (big, b"0" * 60), "adds up to 1%s," % ("0" * 60))
    fails(scratch, c, b"id,amount\n1,0.1\n2,0.2\nTRL,2,0.31\n", "line 4", "/amount adds up to 0.3", "says 0.31")
    fails(scratch, c, b"id,amount\n1,0.1\nTRL,2,0.2\n", "counts 2 rows", "/amount adds up to 0.1")
    fails(scratch, c, b"id,amount\n1,0.1\nTRL,1,x\n", "field 3 should be the sum of /amount")
    # Notation, nulls, several sums; what may not be told is not.
    c = contract(scratch, delimiter=";", decimal=",", group=".", nulls=[""], trailer={
        "tag": "TRL", "sums": [{"field": 2, "of": "/amount"}, {"field": 3, "of": "/secret"}, {"field": 4, "of": "/qty"}]})
    head = b"id;amount;secret;qty\n1;1.234,50;7;2\n2;;0,5;-3\n"
    passes(scratch, c, head + b"TRL;1.234,50;7,50;-1\n", "12", meta={"trailer": {"sums": {"/amount": "1234.50", "/secret": "7.50", "/qty": "-1"}}})
    result = fails(scratch, c, head + b"TRL;1,00;8,50;0\n", "/amount adds up to 1234.5, and it says 1.00", "/secret does not add up", "/qty does not add up")
    must("7.5" not in result.err and "8.5" not in result.err, "a sum is told that may not be", result.err)
    fails(scratch, c, head + b"TRL;1234,50;8,50;0\n", "/secret adds up to 7.5, and it says 8.50", args=("--show-values",))


def hidden(scratch):
    """A reject that hides a value: its sum is not judged, and that is said; the others are, and the count."""
    c = contract(scratch, trailer={"tag": "T", "count": 2, "sums": [{"field": 3, "of": "/amount"}, {"field": 4, "of": "/qty"}]})
    result = passes(scratch, c, b"id,amount,qty\n1,x,2\n2,5,3\nT,2,99,5\n", "2", rejects=[(2, "csv-type")])
    must("cannot be checked of /amount, 1 value" in result.err and "/qty" not in result.err, "said", result.err)
    fails(scratch, c, b"id,amount,qty\n1,x,2\n2,5,3\nT,2,99,6\n", "/qty does not add up")
    fails(scratch, c, b"id,amount,qty\n1,x,2\n2,5,3\nT,3,99,5\n", "counts 3 rows")
    result = passes(scratch, c, b"id,amount,qty\n1,x\n2,5,3\nT,2,99,6\n", "2", rejects=[(2, "csv-fields")])
    must("of /amount, 1 value of which could not be read, and /qty, 1 value" in result.err, "said", result.err)
    result = run(scratch, c, b"id,amount,qty\n1,x,2\n2,5,3\nT,2,99,5\n", "--on-type-error", "string")
    must(result.exit == 0 and "cannot be checked of /amount" in result.err, "as text", result.err)
    # The header once more hides nothing.
    passes(scratch, c, b"id,amount,qty\n1,4,2\nid,amount,qty\n2,5,3\nT,3,9,5\n", "12", rejects=[(3, "csv-header")])


def without_a_tag(scratch):
    c = contract(scratch, trailer={"last": 1, "count": 2})
    passes(scratch, c, b"id,name\n1,a\n2,b\ntotal,2\n", "12", meta={"trailer": {"count": 2}})
    passes(scratch, c, b"id,name\n1,a\n2\n3,\"x\"y\ntotal,3,,,\n", "1", rejects=[(3, "csv-fields"), (4, "csv-quote")])
    passes(scratch, c, b"id,name\n,0\n", "")
    fails(scratch, c, b"id,name\n1,a\n2,b\n", "line 3", "field 2 should be the number")
    fails(scratch, c, b"id,name\n", "should be the last 1 row", "not so many")
    fails(scratch, c, b"id,name\n1,a\n1,1\n" + b"x" * 300, "too long", args=("--max-record", "200"))
    passes(scratch, c, b"id,name\n1,a\n" + b"x" * 300 + b"\n5,b\nsum,3\n", "15", "--max-record", "200", rejects=[(3, "too-long")])
    c = contract(scratch, trailer={"last": 3, "count": 1, "sums": [{"field": 2, "of": "/amount"}]})
    data = b"id,amount\n" + b"".join(b"%d,%d.5\n" % (i, i) for i in range(2000))
    passes(scratch, c, data + b"2000,2000000\n\"signed\nby\"\nend,of,file\n", [str(i) for i in range(2000)])
    fails(scratch, c, data + b"2000,2000001\n\"signed\nby\"\nend,of,file\n", "line 2002", "/amount adds up to 2000000")
    fails(scratch, c, b"id,amount\n1,2\n3,4\n", "the last 3 rows", "not so many")
    result = passes(scratch, c, b"id,amount\n1,\"2\"\n\"4\n\",2\n2,4\n-\n-\n", ["1", "4\n"], "--provenance")
    places = [json.loads(line)["_source"] for line in result.out.splitlines()]
    must(places == [{"line": 2, "offset": 10}, {"line": 3, "offset": 16}], "places", places)


def leads(scratch):
    c = contract(scratch, lead={"tag": "HDR", "columns": ["tag", "date", "sequence"]}, trailer={"tag": "TRL", "count": 2})
    passes(scratch, c, b"HDR,20251105,7\nid,x\n1,a\nTRL,1\n", "1",
           meta={"lead": {"tag": "HDR", "date": "20251105", "sequence": "7"}, "trailer": {"count": 1}})
    fails(scratch, c, b"id,x\n1,a\nTRL,1\n", "line 1", "the lead must be here", "HDR", code="csv-lead")
    fails(scratch, c, b"HDR,20251105\nid,x\n1,a\nTRL,1\n", "line 1", "2 fields where the contract has 3", code="csv-lead")
    fails(scratch, c, b"HDR,\"2\"0251105,7\nid,x\n1,a\nTRL,1\n", "malformed", code="csv-lead")
    fails(scratch, c, b"\n", "should be a lead", code="csv-empty")
    fails(scratch, c, b"HDR,20251105,7\n", "should be a header", code="csv-empty")
    c = contract(scratch, lead={"tag": "HDR", "optional": True, "count": 2})
    passes(scratch, c, b"HDR,2\nid,x\n1,a\n2,b\n", "12", meta={"lead": ["HDR", "2"], "trailer": {"count": 2}})
    passes(scratch, c, b"\nid,x\n1,a\n", "1", meta={"lead": None, "trailer": None})
    fails(scratch, c, b"HDR,3\nid,x\n1,a\n2,b\n", "line 1", "counts 3 rows", code="csv-lead")
    c = contract(scratch, lead={}, skip=1)
    passes(scratch, c, b"x\ny,z\nid\n1\n", "1", meta={"lead": ["y", "z"]})
    # BOF and EOF lines with blanks between their fields, around rows with bars.
    edge = {"delimiter": " ", "count": 5}
    c = contract(scratch, delimiter="|", lead={"tag": "BOF", **edge}, trailer={"tag": "EOF", **edge})
    sam = b"BOF PUBLIC V2 20251105 0000002 \"\nid|b\n1|2\n2|\nEOF PUBLIC V2 20251105 0000002\n"
    result = run(scratch, c, sam.replace(b' "', b""))
    must(result.exit == 0 and result.out == b'{"id":"1","b":"2"}\n{"id":"2","b":""}\n', "BOF", result.err)
    result = run(scratch, c, sam.replace(b"0000002\n", b"0000003\n").replace(b' "', b""))
    must(result.exit == 65 and "counts 3 rows, and there are 2" in result.err, "EOF", result.err)


def several_files(scratch):
    c = contract(scratch, lead={"tag": "H"}, trailer={"tag": "T", "count": 2, "sums": [{"field": 3, "of": "/amount"}]})
    one = scratch.write("one.csv", b"H,1\nid,amount\n1,2.50\nT,1,2.50\n")
    two = scratch.write("two.csv", b"H,2\namount,id\n0.1,2\n0.2,3\nT,2,0.30\n")
    passes(scratch, c, b"", "123", one, two, meta={"lead": [["H", "1"], ["H", "2"]], "trailer": {"count": 3, "sums": {"/amount": "2.8"}}})
    wrong = scratch.write("wrong.csv", b"H,2\namount,id\n0.1,2\n0.2,3\nT,1,0.30\n")
    fails(scratch, c, b"", "wrong.csv: line 5", "counts 1 row", args=(one, wrong))
    cut = scratch.write("cut.csv", b"H,2\nid,amount\n1,1\n")
    fails(scratch, c, b"", "cut.csv", "there is no trailer", args=(cut, one))


def in_pieces(scratch):
    """The same answer at every cut."""
    cases = [
        (contract(scratch, "a.json", lead={"tag": "HDR", "optional": True}, trailer={"tag": "TRL", "count": 2, "sums": [{"field": 3, "of": "/amount"}]}),
         b'HDR,x\r\nid,amount\r\n1,"2.5"\r\n"a\n""b",-1\r\nTRLX,0\r\nx\r\n"TRL",4,1.50\r\n\r\n'),
        (contract(scratch, "b.json", trailer={"last": 2, "count": 1}), b'id,amount\n1,2\n"x\n",3\n3,"y"z\n3\n"bye\n'),
        (contract(scratch, "b.json", trailer={"last": 2, "count": 1}), b'id,amount\n1,2\n"x\n",3\n3,"y"z\n3\n"bye"\n'),
    ]
    for path, data in cases:
        for limit in (50, 12):
            for engine in ENGINES:
                said = set()
                for read in (None, 1, 2, 3, 7):
                    variables = pieces(scratch.bin, read=read) if read else None
                    result = run(scratch, path, data, "-e", engine, "--max-record", str(limit), variables=variables)
                    rejects = json.dumps([(r["at"], r["code"], r.get("record")) for r in result.rejects])
                    said.add((result.exit, result.out, rejects, result.err, json.dumps(result.counts.get("meta"))))
                must(len(said) == 1, data, "limit", limit, engine, "depends on the pieces:", *said)


def by_chance(scratch, options):
    random = rng(options, "csv_trailers")
    for _ in range(200 if options.long else 12):
        rows = [(random.choice("abc"), random.randrange(-10**6, 10**6)) for _ in range(random.randrange(3000))]
        cents = sum(n for _, n in rows)

        def money(n):
            return f"{'-' if n < 0 else ''}{abs(n) // 100}.{abs(n) % 100:02}"

        last = random.random() < 0.5
        trailer = {"count": 2, "sums": [{"field": 3, "of": "/amount"}], **({"last": 1} if last else {"tag": "T"})}
        c = contract(scratch, trailer=trailer)
        body = "id,amount\n" + "".join(f"{i},{money(n)}\n" for i, n in rows)
        off = random.choice((0, 0, 1, -1))
        result = run(scratch, c, (body + f"T,{len(rows)},{money(cents + off)}\n").encode())
        must(result.exit == (65 if off else 0), "exit", result.exit, result.err)
        must(result.out.count(b"\n") == len(rows), "records", result.out.count(b"\n"), "of", len(rows))


def encodings(scratch):
    """Leads, trailers and what is held back, in other encodings and with other line ends: places are those of the file's own bytes."""
    text = 'HÄD,1\nid,amount\n1,2.5\n"ä\n",3\nx\n"2",1\nTÄL,4,6.5\n'
    for encoding, codec in (("windows-1252", "cp1252"), ("utf-16le", "utf-16-le"), ("iso-8859-15", "iso8859-15")):
        for trailer in ({"tag": "TÄL"}, {"last": 1}):
            c = contract(scratch, encoding=encoding, lead={"tag": "HÄD"}, trailer={**trailer, "count": 2, "sums": [{"field": 3, "of": "/amount"}]})
            data = text.encode(codec)
            for read in (None, 1, 3):
                variables = pieces(scratch.bin, read=read) if read else None
                result = run(scratch, c, data, "--provenance", variables=variables)
                must(result.exit == 0, encoding, trailer, "exit", result.exit, result.err)
                must(result.counts["meta"]["lead"] == ["HÄD", "1"], result.counts["meta"])
                got = [json.loads(line) for line in result.out.splitlines()]
                must([r["id"] for r in got] == ["1", "ä\n", "2"], got)
                places = [(r["_source"]["line"], r["_source"]["offset"]) for r in got] + [(r["at"]["line"], r["at"]["offset"]) for r in result.rejects]
                wanted = [(line, len(text[:text.index(row)].encode(codec))) for line, row in ((3, "1,2.5"), (4, '"ä'), (7, '"2"'), (6, "x\n"))]
                must(places == wanted, encoding, trailer, read, "places", places, "and not", wanted)
    # A byte that is no character, in a row that was held back: it is kept as it was sent.
    c = contract(scratch, encoding="windows-1252", trailer={"last": 2, "count": 1})
    data = b"id,m\n1,\xe4\n2,\x81\xe4\n3,x\n3,end\nbye\n"
    for read in (None, 1, 2, 3, 7):
        result = run(scratch, c, data, variables=pieces(scratch.bin, read=read) if read else None)
        got = [(r["at"]["line"], r["at"]["offset"], r["code"], base64.b64decode(r.get("record_base64", ""))) for r in result.rejects]
        must(result.exit == 0 and got == [(3, 9, "csv-encoding", b"2,\x81\xe4")], read, result.exit, got, result.err)
        must(result.out.decode() == '{"id":"1","m":"ä"}\n{"id":"3","m":"x"}\n', read, result.out)
    c = contract(scratch, newline="cr", comment="#", trailer={"tag": "T", "count": 2})
    result = run(scratch, c, b"# x\rid,m\r1,2\r# y\rT,1\r# z\r")
    must(result.exit == 0 and result.out == b'{"id":"1","m":"2"}\n', "CR", result.out, result.err)


def back(scratch, options):
    """json2csv writes the rows that csv2json takes: what it reads of them is what was written, and what it cannot know it asks for."""
    def written(path, records, *args):
        result = scratch.run("json2csv", "-c", path, "--max-rejects", "100%", *args, stdin=records)
        return result.exit, result.out, result.err, [r["code"] for r in result.rejects]

    trailer = {"tag": "TRL", "count": 2, "sums": [{"field": 3, "of": "/amount"}], "countIncludes": ["header", "trailer"]}
    c = contract(scratch, delimiter=";", decimal=",", group=".", nulls=[""], columns=["id", "amount"], lead={"tag": "HDR", "columns": ["tag", "date"]},
                 trailer=trailer)
    records = b'{"id":"1","amount":1234.50}\n{"id":"2;","amount":null}\n{"id":"3","amount":-0.005}\n'
    out = b'HDR;20251105\nid;amount\n1;1.234,50\n"2;";\n3;-0,005\nTRL;5;1.234,495\n'
    must(written(c, records, "--lead", "HDR,20251105") == (0, out, "", []), written(c, records, "--lead", "HDR,20251105"))
    passes(scratch, c, out, ["1", "2;", "3"])
    must(written(c, b"", "--crlf", "--lead", "HDR,20251105")[1] == b"HDR;20251105\r\nid;amount\r\nTRL;2;0\r\n", "without records")
    must(written(c, records, "--no-header")[:2] == (0, b'1;1.234,50\n"2;";\n3;-0,005\n'), "rows only")
    # A row that would be the trailer, a number beyond all sums; neither is counted.
    got = written(c, b'{"id":"TRL","amount":1}\n{"id":"4","amount":%s}\n{"id":"5","amount":2}\n' % (b"9" * 300), "--lead", "HDR,x")
    must(got[3] == ["csv-trailer", "limit"] and got[1].endswith(b"5;2\nTRL;3;2\n"), got)
    for words, more in (("--lead gives its fields", ()), ("must be", ("--lead", "HDX,1")), ("2", ("--lead", "HDR,1,2")), ("row of CSV", ("--lead", 'H"')),
                        ("--lead", ("--lead", ""))):
        code, out, err, _ = written(c, records, *more)
        must(code == (64 if more else 78) and out == b"" and words in err, more, code, out, err)
    for edges, words in ((dict(trailer={"last": 2, "count": 1}), "2 rows"), (dict(trailer={"tag": "T", "count": 3}), "field 2"),
                         (dict(trailer={"tag": "T", "columns": ["a", "b"]}), "field 2"), (dict(lead={"tag": "H", "count": 2}), "only at the end"),
                         (dict(trailer={"tag": "T", "count": 2, "delimiter": "1"}), "may stand in its numbers")):
        code, out, err, _ = written(contract(scratch, "no.json", columns=["id"], **edges), records)
        must(code == 78 and out == b"" and words in err, edges, code, err)
    code, _, err, _ = written(contract(scratch, "no.json", columns=["id"]), records, "--lead", "x")
    must(code == 64 and "no lead" in err, err)
    edge = {"delimiter": " ", "count": 2}
    c = contract(scratch, columns=["id"], lead={"tag": "BOF", "columns": ["tag"], "delimiter": " "}, trailer={"tag": "EOF", **edge})
    must(written(c, b'{"id":"1"}\n')[1] == b"BOF\nid\n1\nEOF 1\n", written(c, b'{"id":"1"}\n'))
    c = contract(scratch, columns=["id", "amount"], trailer={"last": 1, "count": 1, "sums": [{"field": 2, "of": "/amount"}]})
    random = rng(options, "back")
    for _ in range(100 if options.long else 8):
        lines = [json.dumps({"id": random.choice(("T", "x,", "", "\n", '"')), "amount": random.randrange(-999, 999)}, separators=(",", ":"))
                 for _ in range(random.randrange(40))]
        data = "".join(line + "\n" for line in lines).encode()
        code, out, err, rejected = written(c, data)
        must(code == 0 and not rejected, code, err, rejected)
        result = run(scratch, c, out)
        must(result.exit == 0 and result.out == data, "came back as", result.out[:200], result.err, "by", out[:200])


def main():
    options = arguments(__doc__)
    tap = Tap()
    with Scratch(options.bin) as scratch:
        for name, test in (("a trailer counts the rows, and stands last", counts), ("sums are exact, in the file's notation", sums),
                           ("a reject that hides a value", hidden), ("a trailer without a tag", without_a_tag), ("a lead", leads),
                           ("each file has its own", several_files), ("the same however it comes", in_pieces)):
            with tap.case(name):
                test(scratch)
        with tap.case("other encodings and line ends"):
            encodings(scratch)
        with tap.case("the way back"):
            back(scratch, options)
        with tap.case("rows at random"):
            by_chance(scratch, options)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
