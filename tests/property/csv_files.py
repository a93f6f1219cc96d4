#!/usr/bin/env python3
"""csv_files: csv2json on whole files: byte order marks, headers and their absence, several files, rows that are too long, what rejects
and messages say; and the same bytes out and the same rejects however the input comes."""
import argparse
import bz2
import gzip
import json
import lzma
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import Scratch, Tap, arguments, balanced, must, pieces, rng  # noqa: E402

ENGINES = ("scan", "libcsv")


def fails(scratch, status, *words, args=(), stdin=b"", out=b""):
    result = scratch.run("csv2json", *args, stdin=stdin)
    must(result.exit == status, stdin[:60], "exit", result.exit, result.err)
    must(result.out == out, stdin[:60], "wrote", result.out)
    for word in words:
        must(word in result.err, stdin[:60], "the message does not say", repr(word), ":", result.err)
    return result


def gives(scratch, out, *args, stdin=b"", rejects=(), variables=None):
    result = scratch.run("csv2json", "--max-rejects", "100%", *args, stdin=stdin, variables=variables)
    must(result.exit == 0, stdin[:60], "exit", result.exit, result.err)
    must(result.out.decode() == out, stdin[:60], "wrote", result.out.decode(), "expected", out)
    got = [(r["at"]["line"], r["code"]) for r in result.rejects]
    must(got == list(rejects), stdin[:60], "rejects", got, "expected", rejects)
    balanced(result)
    return result


def marks(scratch):
    for mark, name in ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"), (b"\xff\xfe\0\0", "UTF-32"), (b"\0\0\xfe\xff", "UTF-32")):
        fails(scratch, 65, name, "byte order mark", stdin=mark + b"i\0d\0")
    for read in (None, 1, 2):
        variables = pieces(scratch.bin, read=read) if read else None
        gives(scratch, '{"id":"1"}\n', stdin=b'\xef\xbb\xbf"id"\n1\n', variables=variables)
    gives(scratch, '{"\ufeffid":"1"}\n', stdin=b"\xef\xbb\xbf\xef\xbb\xbfid\n1\n")
    fails(scratch, 65, "empty", stdin=b"\xef\xbb\xbf")
    fails(scratch, 65, "empty", stdin=b"\n\r\n\n")


def headers(scratch):
    fails(scratch, 65, "line 1, column 7", "csv-quote", stdin=b'id,"a"b\n1,2\n')
    fails(scratch, 65, "line 2, column 3", "csv-nul", stdin=b"\nid\0,b\n1,2\n")
    fails(scratch, 65, "line 1", "never closes", stdin=b'id,"b\n1,2\n')
    gives(scratch, "", stdin=b"id,name\n")
    gives(scratch, "", stdin=b"id,name")
    gives(scratch, '{"a":"x","b":"1"}\n{"a":"a","b":"2"}\n', stdin=b'a,b\nx,1\na,b\na,2\n"a",b\n',
          rejects=[(3, "csv-header"), (5, "csv-header")])


def without_header(scratch):
    contract = scratch.write("headless.json", {"x-csv": {"header": False, "columns": ["a", "b"]}})
    for engine in ENGINES:
        args = ("-c", contract, "-e", engine)
        gives(scratch, '{"a":"1","b":"2"}\n{"a":"a","b":"3"}\n', *args, stdin=b"1,2\na,b\na,3\nx\n",
              rejects=[(2, "csv-header"), (4, "csv-fields")])
        gives(scratch, '{"a":"a","b":"3"}\n', *args, stdin=b"\na,3")
        gives(scratch, "", *args, stdin=b"")
        fails(scratch, 65, "line 2", "no header", args=args, stdin=b'\na,"b"\n1,2\n')
    for dialect in ({"quote": None}, {"delimiter": "||"}):
        fails(scratch, 64, "libcsv", args=("-e", "libcsv", "-c", scratch.write("odd.json", {"x-csv": dialect})), stdin=b"a\n")
    skip = scratch.write("skip.json", {"x-csv": {"header": False, "columns": ["a", "b"], "skip": 2}})
    gives(scratch, '{"a":"1","b":"2"}\n', "-c", skip, stdin=b'x"\n\xff\n1,2\n')
    fails(scratch, 65, "to be skipped", args=("-c", skip), stdin=b"x\ny")
    result = gives(scratch, "", "-c", skip, stdin=b"x\ny\n1\n", rejects=[(3, "csv-fields")])
    must(result.rejects[0]["at"]["offset"] == 4, "offset", result.rejects)


def provenance(scratch):
    data = b'\xef\xbb\xbfid,n\r\n1,"a\r\nb"\r\n\r\n2\r\n3,x\r\n'
    first = scratch.write("first.csv", data)
    second = scratch.write("second.csv", b"n\ny\n")
    out = ('{"id":"1","n":"a\\r\\nb","_source":{"file":"first.csv","line":2,"offset":9}}\n'
           '{"id":"3","n":"x","_source":{"file":"first.csv","line":6,"offset":24}}\n'
           '{"n":"y","_source":{"file":"second.csv","line":2,"offset":2}}\n')
    for engine in ENGINES:
        gives(scratch, out, "--provenance", "-e", engine, first, second, rejects=[(5, "csv-fields")])
        gives(scratch, '{"n":"y","_source":{"line":2,"offset":2}}\n', "--provenance", "-e", engine, stdin=b"n\ny\n")
    fails(scratch, 65, '"_source"', args=("--provenance",), stdin=b"id,_source\n1,2\n")
    gives(scratch, '{"_source":"2"}\n', stdin=b"_source\n2\n")


TYPES = {"properties": {"n": {"type": "number", "x-class": "public"}, "i": {"type": ["integer", "null"]}, "b": {"type": "boolean"}},
         "x-csv": {"nulls": ["NA"], "true": ["Y"], "false": ["N"]}}


def types(scratch):
    contract = scratch.write("types.json", TYPES)
    data = 'n,i,b\n1,2,Y\n"x\nÄ",ab,maybe\n'.encode()
    for engine in ENGINES:
        result = gives(scratch, '{"n":1,"i":2,"b":true}\n', "-c", contract, "-e", engine, stdin=data, rejects=[(3, "csv-type")])
        reject = result.rejects[0]
        must(reject["record"] == '"x\nÄ",ab,maybe', "record", reject)
        got = [(e["pointer"], e["keyword"], e["line"], e["column"], e["schema"]) for e in reject["errors"]]
        must(got == [("/n", "number", 3, 1, "/properties/n"), ("/i", "integer", 4, 4, "/properties/i"),
                     ("/b", "boolean", 4, 7, "/properties/b")], "errors", got)
        said = [e["message"] for e in reject["errors"]]
        must(said[0].startswith('"x\\nÄ" is no number') and "ab" not in said[1] and "maybe" not in said[2], "messages", said)
        must('"Y" or "N"' in said[2] and '"NA"' in said[1], "the notation expected:", said)
        gives(scratch, '{"n":1,"i":2,"b":true}\n{"n":"x\\nÄ","i":"ab","b":"maybe"}\n', "-c", contract, "-e", engine,
              "--on-type-error", "string", stdin=data)
    result = gives(scratch, "", "-c", contract, "--show-values", stdin=b"i\n7.0\n", rejects=[(2, "csv-type")])
    must('"7.0" is no integer' in result.rejects[0]["errors"][0]["message"], "shown", result.rejects)
    strange = scratch.write("strange.json", {"properties": {"a/b~c": {"type": "integer"}}})
    result = gives(scratch, "", "-c", strange, stdin=b"a/b~c\nx\n", rejects=[(2, "csv-type")])
    must(result.rejects[0]["errors"][0]["pointer"] == "/a~1b~0c", "pointer", result.rejects)


def long_rows(scratch):
    """Whatever the size of the reads: a row of more bytes than the limit ends at the first line feed behind the limit."""
    limit = 50
    rows = [b"1," + b"x" * 48, b"2," + b"x" * 49, b"4,z", b'5,"' + b"q" * 46 + b'"', b'6,"' + b"w" * 120 + b"\n\nw,w\n", b"7,ok"]
    data = b"id,t\n" + b"\n".join(rows) + b"\n"
    expected = None
    for engine in ENGINES:
        for read in (None, 1, 3, 64, 4000):
            variables = pieces(scratch.bin, read=read) if read else None
            result = scratch.run("csv2json", "--max-record", str(limit), "--max-rejects", "100%", "-e", engine, stdin=data, variables=variables)
            balanced(result)
            got = (result.exit, result.out, [(r["at"], r["code"], r.get("record"), r.get("record_base64")) for r in result.rejects])
            expected = expected or got
            must(got == expected, engine, read, "gave", got, "and not", expected)
    must(expected[0] == 0 and [json.loads(line)["id"] for line in expected[1].splitlines()] == ["1", "4", "5", "w", "7"], "out", expected[1])
    must([c for _, c, *_ in expected[2]] == ["too-long", "too-long"], "codes", expected[2])
    for read in (None, 1, 1000):
        variables = pieces(scratch.bin, read=read) if read else None
        result = scratch.run("csv2json", "--max-record", "50", stdin=b"a," + b"b" * 100 + b"\n1,2\n", variables=variables)
        must(result.exit == 65 and result.out == b"" and "header is longer" in result.err, read, "exit", result.exit, result.err)
        result = scratch.run("csv2json", "--max-record", "50", "--max-rejects", "100%", stdin=b'a,b\n"' + b"c\n" * 40 + b"d,e\n", variables=variables)
        must(result.exit == 0 and result.out == b'{"a":"d","b":"e"}\n' and result.rejects[0]["code"] == "too-long", read, "exit",
             result.exit, result.out, result.err)
    contract = scratch.write("short.json", {"x-csv": {"maxRecord": 20}})
    gives(scratch, "", "-c", contract, stdin=b"a\n" + b"x" * 21 + b"\n", rejects=[(2, "too-long")])
    gives(scratch, '{"a":"%s"}\n' % ("x" * 21), "-c", contract, "--max-record", "1kB", stdin=b"a\n" + b"x" * 21 + b"\n")


def made_up(random):
    """A file with dirt in it, and rows about as long as blocks."""
    rows = [b"id,name,note"]
    for i in range(random.randrange(1, 400)):
        cells = [b"%d" % i, random.choice([b"Ann", b'"B, o"', b'"C ""c"" c"', "Çé €".encode(), b""]), random.choice([b"", b"x" * random.randrange(200), b'"two\r\nlines"', b'"\n"'])]
        row = b",".join(cells)
        if random.random() < 0.1:
            row = random.choice([row + b",", row[:-1], row.replace(b"A", b"\xff"), row + b"\0", row + b"\r", b'"a"b' + row, row + b'x"y', b"", b"id,name,note"])
        rows.append(row)
    return random.choice([b"\n", b"\r\n"]).join(rows) + random.choice([b"", b"\n"])


def any_read(scratch, options):
    random = rng(options, "csv")
    for _ in range(200 if options.long else 25):
        data = made_up(random)
        expected = None
        for engine in ENGINES:
            for read in (None, random.choice([1, 2, 3, 7]), random.randrange(20, 5000)):
                variables = pieces(scratch.bin, read=read) if read else None
                result = scratch.run("csv2json", "--max-rejects", "100%", "--provenance", "-e", engine, stdin=data, variables=variables)
                got = (result.exit, result.out, [{k: v for k, v in r.items() if k != "run"} for r in result.rejects])
                expected = expected or got
                must(got == expected, "seed", options.seed, engine, "reads of", read, "differ on", data)
        if expected[0] == 0:
            rest = data
            for reject in expected[2]:
                text = reject["record"].encode() if "record" in reject else __import__("base64").b64decode(reject["record_base64"])
                must(data[reject["at"]["offset"]:].startswith(text), "a reject is not the input's bytes:", reject)
                must(data[:reject["at"]["offset"]].count(b"\n") + 1 == reject["at"]["line"], "line", reject)
            for line in expected[1].splitlines():
                at = json.loads(line)["_source"]
                must(rest[:at["offset"]].count(b"\n") + 1 == at["line"], "line", at)


def big_fields(scratch):
    """A row of many times the usual size comes out as any other, and takes little more room than itself, whatever escapes its texts need."""
    random = rng(argparse.Namespace(seed=7), "big fields")
    contract = scratch.write("big.json", {"properties": {"n": {"type": "number"}, "t": {"type": ["string", "null"]}},
                                          "x-csv": {"nulls": ["NA"], "empty": "absent", "columns": ["e", {"header": "i", "ignore": True}, "n", "t"]}})
    plain = scratch.write("plain.json", {"x-csv": {"quote": "'"}})
    for _ in range(4):
        text = "".join(random.choice(('"', '""', "'", "ä", "x" * 31, "\n", "\\", "\x01", ",")) for _ in range(random.randrange(30_000, 90_000)))
        text += "y" * (270_000 - len(text) if len(text) < 270_000 else 0)
        number = "0" * random.choice((3, 70_000)) + "7" * 70_000 + ".50"
        quoted = '"%s"' % text.replace('"', '""')
        for level in ({}, {"TIDEGATE_CPU": "scalar"}, {"TIDEGATE_CPU": "sse2"}):
            for data, args, expected in (
                    ("a,b\n%s,1\na,x\n" % quoted, (), [{"a": text, "b": "1"}, {"a": "a", "b": "x"}]),
                    ("e,i,n,t\n,%s,%s,%s\n\"a\",,x,%s\n,,,NA\n" % (quoted, number, quoted, quoted), ("-c", contract), [{"n": 1, "t": text}, {"t": None}]),
                    ("a,b\n'%s',''\n" % text.replace("'", "''"), ("-c", plain), [{"a": text, "b": ""}])):
                result = scratch.run("csv2json", "--provenance", "--max-rejects", "100%", *args, stdin=data.encode(), variables=level)
                got = [json.loads(line, parse_float=lambda s: ("number", s)) for line in result.out.splitlines()]
                must([len(g.pop("_source")) for g in got] == [2] * len(expected), "provenance")
                if "n" in got[0]:
                    must(got[0]["n"] == ("number", number.lstrip("0")), "a number of many digits", got[0]["n"][:60])
                    got[0]["n"] = 1
                must(got == expected, level, args, "came out as", str(got)[:200], "and not", str(expected)[:200], result.err)
    data = b'a,b\n1,"' + b"\x01" * 12_000_000 + b'"\n'
    result = scratch.run("csv2json", stdin=data)
    must(result.exit == 0 and len(result.out) == 72_000_017, "exit", result.exit, len(result.out), result.err)
    if "libasan" not in subprocess.run(["ldd", scratch.bin / "csv2json"], capture_output=True, text=True).stdout:
        must(result.rss < 48 << 20, "12 MB that become 72 took", result.rss >> 20, "MB")


def other_kinds(scratch):
    """What is no CSV at all is named, however its first bytes come; and nothing waits for a second byte that the first rules out."""
    plain = b"a,b\n1,2\n"
    for data, words in ((b"PK\x03\x04" + bytes(40), ("ZIP", "archive-open", "CSV")), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", (".xls", "CSV")),
                        (gzip.compress(gzip.compress(plain)), ("decompressed", "gzip", "twice")), (bz2.compress(plain), ("bzip2",)),
                        (lzma.compress(plain), ("xz",)), (b"%PDF-1.4\n", ("PDF",)), (b"\n<!doctype HTML><html>", ("HTML", "error page")),
                        (b"-----BEGIN PGP MESSAGE-----\n", ("OpenPGP", "pgp-open")), (b"\x85\x01\x0c\x03" + bytes(300), ("OpenPGP", "pgp-open"))):
        for read in (None, 1, 3):
            variables = pieces(scratch.bin, read=read) if read else None
            result = scratch.run("csv2json", stdin=data, variables=variables)
            must(result.exit == 65 and result.out == b"" and not result.rejects, data[:20], "exit", result.exit, result.err)
            must(all(word in result.err for word in words) and "csv2json" in result.err, data[:20], "said", result.err)
            must(result.counts["error"]["code"] == "other-kind", result.counts["error"])
    layout = scratch.write("layout.json", {"x-fixed": {"length": 4, "fields": [{"name": "a", "at": 1, "width": 4}]}})
    for data, words in ((b"PK\x03\x04", ("ZIP",)), (b"\x85\x01\x0c\x03", ("OpenPGP",)), (b"<html>", ("HTML",))):
        result = scratch.run("fixed2json", "-c", layout, stdin=data)
        must(result.exit == 65 and all(word in result.err for word in (*words, "fixed2json")), data, result.exit, result.err)
    layout = scratch.write("packed.json", {"x-fixed": {"length": 4, "framing": "fixed", "fields": [
        {"name": "a", "at": 1, "width": 4, "type": "binary", "sign": "none"}]}})
    result = scratch.run("fixed2json", "-c", layout, stdin=b"\x85\x01\x0c\x03")  # where any bytes may be data, so few say nothing
    must(result.exit == 0 and b"2231438339" in result.out, "packed", result.exit, result.out, result.err)
    for head in (b"PAR1,b", b"PK", b"<b", b" <a", b"%PDF-,x", b"BZh9", b"ORC", b"\xef\xbb\xbf<htm", b"-----BEGIN"):
        for read in (None, 1):
            variables = pieces(scratch.bin, read=read) if read else None
            result = scratch.run("csv2json", stdin=head + b"\n", variables=variables)
            must(result.exit == 0, head, "exit", result.exit, result.err)
    reader, writer = os.pipe()
    process = subprocess.Popen([scratch.bin / "csv2json"], stdin=subprocess.PIPE, stdout=writer, cwd=scratch.path)
    os.close(writer)
    process.stdin.write(b"a\n1\n")
    process.stdin.flush()
    must(os.read(reader, 100) == b'{"a":"1"}\n', "a row that is there does not come out")
    process.stdin.close()
    process.wait()
    os.close(reader)


def main():
    options = arguments(__doc__)
    tap = Tap()
    with Scratch(options.bin) as scratch:
        for name, test in (("byte order marks", marks), ("headers", headers), ("no header", without_header), ("provenance", provenance),
                           ("types", types), ("rows that are too long", long_rows), ("big fields", big_fields), ("files of other kinds", other_kinds)):
            with tap.case(name):
                test(scratch)
        with tap.case("the same however it is read"):
            any_read(scratch, options)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
