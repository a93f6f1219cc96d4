#!/usr/bin/env python3
"""fixed_files: fixed2json on whole files: against a small decoder of its own in this file, against the conformance values, cut at every
byte, several files at once, sums of any size, memory."""
import datetime
import decimal
import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import ROOT, NotHere, Scratch, Tap, arguments, balanced, must, rng  # noqa: E402

CONFORMANCE = ROOT.parent / "shared" / "conformance" / "csv" / "fixed-width"


def load(line):
    """Numbers as ("number", digits), for 12.50 is not 12.5."""
    return json.loads(line, parse_int=lambda d: ("number", d), parse_float=lambda d: ("number", d))


def convert(scratch, fixed, data, *args, contract=None, **how):
    path = scratch.write("contract.json", {**(contract or {}), "x-fixed": fixed})
    return scratch.run("fixed2json", "-c", path, "--max-rejects", "100%", *args, stdin=data, **how)


# -- a decoder that knows nothing of ours -------------------------------------------------------------------------------------

class Wrong(Exception):
    pass


def number(digits, minus, scale):
    value = decimal.Decimal((0, tuple(map(int, digits)), 0)).scaleb(-scale, decimal.Context(prec=200))
    text = f"{value:.{max(scale, 0)}f}" if scale >= 0 else str(int(value))
    return ("number", ("-" if minus and value else "") + text)


def zoned(text, alphabet):
    """alphabet: {character: (digit, minus)} of the last."""
    if not text or text[-1] not in alphabet or not all(c in "0123456789" for c in text[:-1]):
        raise Wrong
    digit, minus = alphabet[text[-1]]
    return text[:-1] + str(digit), minus


DIGITS = {str(d): (d, False) for d in range(10)}
IBM = {**DIGITS, **{c: (d, False) for d, c in enumerate("{ABCDEFGHI")}, **{c: (d, True) for d, c in enumerate("}JKLMNOPQR")}}
MICRO_FOCUS = {**DIGITS, **{chr(0x70 + d): (d, True) for d in range(10)}}


def decode(field, raw, codec):
    kind, scale = field.get("type", "text"), field.get("scale", 0)
    if kind == "packed":
        half = raw.hex()
        if not half[:-1].isdigit() or half[-1] not in "abcdef":
            raise Wrong
        return number(half[:-1], half[-1] in "bd", scale)
    if kind == "binary":
        return number(str(abs(int.from_bytes(raw, "big", signed=True))), raw[0] >= 0x80, scale)
    if kind == "zoned" and codec == "cp037":
        zones = [(b >> 4, b & 15) for b in raw]
        if any(low > 9 for _, low in zones) or any(high != 15 for high, _ in zones[:-1]) or zones[-1][0] < 10:
            raise Wrong
        return number("".join(str(low) for _, low in zones), zones[-1][0] in (11, 13), scale)
    try:
        text = raw.decode(codec)
    except UnicodeDecodeError:
        raise Wrong from None
    if kind == "text":
        if "\0" in text:
            raise Wrong
        return text.rstrip(" ")
    if not text.strip(" ") and field.get("blank") == "null":
        return None
    if kind == "number":
        if not all(c in "0123456789" for c in text):
            raise Wrong
        return number(text, False, scale)
    if kind == "zoned":
        digits, minus = zoned(text, MICRO_FOCUS if field.get("sign") else IBM)
        return number(digits, minus, scale)
    if kind == "boolean":
        if text.rstrip(" ") not in ("Y", "N"):
            raise Wrong
        return text.rstrip(" ") == "Y"
    try:
        if not all(c in "0123456789" for c in text):
            raise Wrong
        return datetime.datetime.strptime(text, "%Y%m%d").date().isoformat()
    except ValueError:
        raise Wrong from None


def record(fields, raw, codec):
    """The object, or the pointers that are wrong."""
    out, wrong = {}, []
    for f in fields:
        part = raw[f["at"] - 1:f["at"] - 1 + f["width"]]
        if f.get("type") == "filler":
            continue
        try:
            out[f["name"]] = decode(f, part, codec)
        except Wrong:
            wrong.append("/" + f["name"])
    return wrong or out


LIKELY = {"text": "Ann Oak\"\\ ~\u00e9", "number": "0123456789", "zoned": "0123456789{AJ}p", "date": "0123", "boolean": "YN "}


def make(field, codec, r):
    """Bytes for a field that are mostly right."""
    kind, width = field.get("type", "text"), field["width"]
    if r.random() < 0.01:
        return r.randbytes(width).replace(b"\n", b"\t")
    if kind == "packed":
        return bytes.fromhex("".join(r.choice("0001234567890") for _ in range(2 * width - 1)) + r.choice("ccccddfbae"))
    if kind == "binary":
        return r.choice((r.randbytes(width), bytes(width), b"\xff" * width))
    if kind == "filler":
        return r.randbytes(width).replace(b"\n", b"\t")
    if kind == "date":
        text = f"{r.randrange(1900, 2100)}{r.randrange(1, 13):02}{r.randrange(1, 29 if r.random() < 0.9 else 33):02}"
    elif kind == "zoned" and codec == "cp037":
        return bytes(0xf0 | r.randrange(10) for _ in range(width - 1)) + bytes([r.choice((0xf0, 0xc0, 0xd0, 0xd0, 0xa0, 0xb0)) | r.randrange(10)])
    elif kind == "zoned":
        last = "pqvy" if field.get("sign") else "{AJ}"
        text = "".join(r.choice("0000123456789") for _ in range(width - 1)) + r.choice("0123456789" + last)
    elif kind == "boolean":
        text = r.choice("YYNNX").ljust(width)
    else:
        text = "".join(r.choice(LIKELY[kind]) for _ in range(r.randrange(width + 1)))
        text = text.rjust(width, "0") if kind == "number" else text.ljust(width)
    if field.get("blank") and r.random() < 0.2:
        text = " " * width
    return text.encode(codec, "replace")


def fields_of(*kinds):
    at, fields = 1, []
    for i, (width, more) in enumerate(kinds):
        fields.append({"name": f"f{i}", "at": at, "width": width, **more})
        at += width
    return fields


LAYOUTS = [
    ("windows-1252", "lines", fields_of((9, {"type": "number"}), (1, {}), (31, {}), (8, {"type": "date"}), (10, {"type": "zoned", "scale": 2}),
                                        (4, {"type": "filler"}), (17, {"type": "number", "scale": 20}), (33, {}), (2, {"type": "boolean"}),
                                        (5, {"type": "number", "scale": -2, "blank": "null"}), (70, {}),
                                        (6, {"type": "zoned", "scale": 6, "sign": "overpunch-trailing-ascii"}))),
    ("cp037", "fixed", fields_of((12, {}), (5, {"type": "packed", "scale": 2}), (4, {"type": "binary", "scale": 3}), (1, {"type": "packed"}),
                                 (8, {"type": "date"}), (9, {"type": "packed", "scale": 17}), (7, {"type": "zoned", "scale": 1}), (40, {}),
                                 (8, {"type": "binary"}), (3, {"type": "filler"}), (11, {"type": "number", "scale": 11}))),
]


def differential(scratch, options):
    count = 500000 if options.long else 5000
    for codec, framing, fields in LAYOUTS:
        r = rng(options, codec)
        for f in fields:
            f.update({"date": {"format": "yyyyMMdd"}, "boolean": {"true": ["Y"], "false": ["N"]}, "binary": {"sign": "twos"}}.get(f.get("type"), {}))
        given = [b"".join(make(f, codec, r) for f in fields) for _ in range(count)]
        end = b"\n" if framing == "lines" else b""
        result = convert(scratch, {"framing": framing, "encoding": codec, "fields": fields}, b"".join(g + end for g in given))
        must(result.exit == 0, codec, "exit", result.exit, result.err[:500])
        lines, rejects = iter(result.out.decode().split("\n")), iter(result.rejects)
        for i, raw in enumerate(given):
            expected = record(fields, raw, codec)
            if isinstance(expected, list):
                reject = next(rejects)
                must((reject["at"]["line"], reject["at"]["offset"]) == (i + 1, i * (len(raw) + len(end))), codec, "place", reject["at"], i)
                got = [e["pointer"] for e in reject["errors"]]
                must(got == expected, codec, raw, "is wrong at", got, "expected", expected)
            else:
                got = load(next(lines))
                must(got == expected and list(got) == list(expected), codec, raw, "gave", got, "expected", expected)
        must(next(lines) == "" and next(rejects, None) is None, codec, "there is more")
        records = balanced(result)
        must(records["in"] == count and count * 0.6 < records["out"] < count, codec, records)


# -- the conformance values ---------------------------------------------------------------------------------------------------

def conformance(scratch):
    if not CONFORMANCE.is_dir():
        raise NotHere("../shared/conformance/csv/fixed-width is not here")
    for line in (CONFORMANCE / "values.jsonl").read_text().splitlines():
        case = json.loads(line)
        data = bytes.fromhex(case["hex"])
        keys = ("type", "pad", "padChar", "scale", "sign", "point", "order", "format", "pivot")
        field = {"name": "v", "at": 1, "width": len(data), **{k: case[k] for k in keys if k in case}}
        result = convert(scratch, {"framing": "fixed", "encoding": case.get("encoding", "ascii"), "fields": [field]}, data)
        if "error" in case:
            must([r["code"] for r in result.rejects] == ["fixed-type"], line, result.rejects, result.out)
            continue
        must(result.out, line, "is a reject:", result.rejects)
        got = load(result.out)["v"]
        must((got[1] if isinstance(got, tuple) else got) == case["value"], line, "gave", got)
    result = convert(scratch, json.loads((CONFORMANCE / "pay.json").read_text()), (CONFORMANCE / "pay.txt").read_bytes())
    must(result.out == (CONFORMANCE / "pay.jsonl").read_bytes(), "pay.txt gave", result.out)


# -- how the bytes come -------------------------------------------------------------------------------------------------------

def in_two(scratch, contract, data, at):
    """One read gets the bytes up to `at`, the next one the others: a pipe in packet mode."""
    reader, writer = os.pipe2(os.O_DIRECT | os.O_CLOEXEC)
    os.write(writer, data[:at])
    os.write(writer, data[at:])
    os.close(writer)
    with open(reader, "rb") as stdin:
        return scratch.run("fixed2json", "-c", contract, "--max-rejects", "100%", stdin=stdin)


def cut_everywhere(scratch):
    rdw = lambda b: (len(b) + 4).to_bytes(2, "big") + b"\0\0" + b  # noqa: E731
    named = [{"name": "n", "at": 2, "width": 2, "type": "integer"}, {"name": "t", "at": 4, "width": 3}]
    tagged = {"tag": {"at": 1, "width": 1}, "records": {"A": {"fields": named}, "Z": {"emit": False, "length": 2},
              "T": {"emit": False, "fields": [named[0], {"at": 4, "width": 3, "type": "filler"}]}}, "fill": "^9+$",
              "control": [{"in": "T", "field": "n", "is": "count", "of": "A"}]}
    for fixed, data in (
            ({**tagged, "encoding": "utf-8", "unit": "characters"},
             "\ufeffA01Zo\u00eb\r\n\nA02\u6771\u4eacX\nA\nZ\u00e9\r\nXX\nA04x y\nT04...\n999\n".encode()),
            ({**tagged, "framing": "rdw-bdw"}, rdw(rdw(b"A01\x0axx") + rdw(b"Z1")) + rdw(rdw(b"A02yyy") + rdw(b"Q")) + rdw(rdw(b"A03z\x0a ") + rdw(b"T03   ")))):
        contract = scratch.write("cut.json", {"x-fixed": fixed})
        whole = scratch.run("fixed2json", "-c", contract, "--max-rejects", "100%", stdin=data)
        must(whole.out and whole.rejects and whole.exit == 0, "the whole:", whole)
        plain = [{**r, "run": 0} for r in whole.rejects]
        for at in range(1, len(data)):
            cut = in_two(scratch, contract, data, at)
            must((cut.exit, cut.out) == (whole.exit, whole.out), "cut at", at, cut.exit, cut.out, cut.err)
            must([{**r, "run": 0} for r in cut.rejects] == plain, "cut at", at, cut.rejects)


# -- files as wholes ----------------------------------------------------------------------------------------------------------

def counted(count, total, *values):
    return "".join(f"D{v:>40}\n" for v in values).encode() + f"T{count:04}{total:>36}\n".encode()


COUNTED = {"length": 41, "tag": {"at": 1, "width": 1}, "records": {
    "D": {"fields": [{"name": "v", "at": 2, "width": 40, "type": "number", "scale": 2, "sign": "leading", "padChar": " "}]},
    "T": {"emit": False, "after": ["D", ""], "fields": [
        {"name": "n", "at": 2, "width": 4, "type": "integer"},
        {"name": "v", "at": 6, "width": 36, "type": "number", "scale": 2, "sign": "leading", "padChar": " "}]}},
    "control": [{"in": "T", "field": "n", "is": "count", "of": "D"}, {"in": "T", "field": "v", "is": "sum", "of": "/v"}]}


def trailers(scratch):
    huge = 10 ** 35 - 1
    result = convert(scratch, COUNTED, counted(3, huge + 8, huge, 9, -1))
    must(result.exit == 0, result.err)
    meta = result.counts["meta"]
    must(meta["trailer"] == {"count": 3, "sums": {"/v": "1000000000000000000000000000000000.07"}} and meta["records"]["T"]["n"] == 3
         and meta["records_by_tag"] == {"D": 3, "T": 1}, meta)
    must(convert(scratch, COUNTED, counted(3, huge + 9, huge, 9, -1)).exit == 65, "a sum that is one cent off")
    for data in (b"", counted(0, 0)[:-1]):
        result = convert(scratch, COUNTED, data)
        must(result.exit == (0 if data else 65), data, result.exit, result.err)
    first, second = scratch.write("first", counted(1, 5, 5)), scratch.write("second", counted(2, 3, 1, 2))
    result = convert(scratch, COUNTED, b"", first, second)
    must(result.exit == 0, result.err)
    trailer = result.counts["meta"]["trailer"]
    must((trailer["count"], trailer["sums"]) == (3, {"/v": "0.08"}), "of two files:", trailer)
    must([t["T"]["n"] for t in result.counts["meta"]["records"]] == [1, 2], "of two files:", result.counts["meta"])
    secret = convert(scratch, COUNTED, counted(1, 5, 5), contract={"properties": {"v": {"x-class": "restricted"}}})
    must("records" not in secret.counts["meta"], "what may not be shown is not logged:", secret.counts["meta"])


def rejects(scratch):
    """Their columns, what is quoted, what they do to sums under a condition, and to how many there may be."""
    number = {"type": "integer"}
    entry = {"after": ["", "E"], "max": 3, "fields": [{"name": "code", "at": 2, "width": 2, **number}, {"name": "v", "at": 4, "width": 3, **number}]}
    end = {"emit": False, "after": ["E"], "fields": [{"name": "v", "at": 2, "width": 5, **number}]}
    fixed = {"length": 6, "fill": "^9*$", "tag": {"at": 1, "width": 1}, "records": {"E": entry, "T": end},
             "control": [{"in": "T", "field": "v", "is": "sum", "of": "/v", "record": "E", "when": {"/code": [22]}}]}
    public = {"properties": {"v": {"x-class": "public"}}}
    result = convert(scratch, fixed, b"E22001\nEx2xx5\nE33004\nE22001\nT00001\n999999\nE22001\n999999\n", contract=public)
    must(result.exit == 0 and "sum cannot be checked" in result.err, result.exit, result.err)
    told = [(r["at"]["line"], r["code"], e["pointer"], e.get("column"), e["message"][:7]) for r in result.rejects for e in r["errors"]]
    must(told == [(2, "fixed-type", "/code", 2, "is no n"), (2, "fixed-type", "/v", 4, '"xx5" i'), (4, "fixed-record", "", None, "is one "),
                  (7, "fixed-record", "", None, "stands ")], told)
    result = convert(scratch, {**fixed, "control": []}, b"E22001\nE22xx\nE22xx\nE22001\nE2200123\nX\n", contract=public)
    told = [(r["at"]["line"], r["code"], r["errors"][0].get("column")) for r in result.rejects]
    must(told == [(2, "fixed-length", 6), (3, "fixed-length", 6), (4, "fixed-record", None), (5, "fixed-record", None), (6, "fixed-record", 1)], told)
    group = {"fields": [{"name": "g", "at": 1, "width": 4, "type": "group", "fields": [{"name": "v", "at": 1, "width": 4, **number}]}]}
    for contract, quoted in ((public, False), ({"properties": {"g": {"x-class": "public"}}}, True)):
        result = convert(scratch, group, b"12x4\n", contract=contract)
        must(result.rejects[0]["errors"][0]["pointer"] == "/g/v" and ("12x4" in result.err + json.dumps(result.rejects[0]["errors"])) == quoted,
             "what is in a group is as confidential as the group", result.rejects)
    result = convert(scratch, {"fields": [{"name": "a", "at": 1, "width": 4}, {"name": "b", "at": 4, "width": 4}]}, b"")
    must(result.exit == 78 and result.counts["error"]["code"] == "fixed-overlap", result.exit, result.counts)


def tags_and_tails(scratch):
    """A tag behind characters of more bytes; a list at the end that may be cut short only where nothing else reads its bytes."""
    names = [{"name": "n", "at": 1, "width": 3}, {"name": "tag", "at": 4, "width": 1}]
    fixed = {"unit": "characters", "encoding": "utf-8", "tag": {"at": 4, "width": 1}, "records": {"\u00df": {"fields": names}, "B": {"fields": names}}}
    result = convert(scratch, fixed, "Zo\u00eb\u00df\nAnnB\n\u6771\u4eac B\n\u6771\u4eac\n".encode())
    must([load(line)["record"] for line in result.out.splitlines()] == ["\u00df", "B", "B"], result.out)
    must([(r["at"]["line"], r["code"]) for r in result.rejects] == [(4, "fixed-length")], result.rejects)
    fields = [{"name": "n", "at": 1, "width": 1, "type": "integer"}, {"name": "v", "at": 2, "width": 2, "occurs": 3, "dependsOn": "n"}]
    result = convert(scratch, {"fields": fields}, b"1ab\n")
    must(result.out == b'{"n":1,"v":["ab"]}\n', result.out)
    fields.append({"name": "all", "at": 2, "width": 6, "redefines": "v"})
    result = convert(scratch, {"fields": fields}, b"1ab\n1abcdef\n")
    must(result.out == b'{"n":1,"v":["ab"],"all":"abcdef"}\n' and [r["at"]["line"] for r in result.rejects] == [1], result.out, result.rejects)


def limits(scratch):
    fixed = {"fields": [{"name": "v", "at": 1, "width": 4}]}
    result = convert(scratch, fixed, b"abcd\n" + b"x" * 5000 + b"\nefgh\n", "--max-record", "1000")
    must(result.out == b'{"v":"abcd"}\n{"v":"efgh"}\n' and [r["code"] for r in result.rejects] == ["too-long"], result.out, result.rejects)
    long = (1504).to_bytes(2, "big") + b"\0\0" + b"\n" * 1500
    result = convert(scratch, {**fixed, "framing": "rdw"}, b"\0\x08\0\0abcd" + long + b"\0\x08\0\0efgh", "--max-record", "1000")
    must(result.out == b'{"v":"abcd"}\n{"v":"efgh"}\n' and [r["code"] for r in result.rejects] == ["too-long"], result.out, result.rejects)
    long = counted(2, 5, 5, 0).replace(b"D" + b" " * 39 + b"0", b"D" + b" " * 2000 + b"0")
    result = convert(scratch, COUNTED, long, "--max-record", "1000")
    must(result.exit == 0 and [r["code"] for r in result.rejects] == ["too-long"] and "cannot be checked" in result.err, result.err)
    long = counted(1, 5, 5).replace(b"T0001", b"T0001" + b" " * 2000)
    must(convert(scratch, COUNTED, long, "--max-record", "1000").exit == 65, "a trailer that is too long to be read")
    must(convert(scratch, {**fixed, "framing": "fixed"}, b"abcd", "--max-record", "3").exit == 64, "records longer than they may be")
    result = convert(scratch, fixed, b"\xff\xfea\0b\0")
    must(result.exit == 65 and "UTF-16" in result.err, result.err)
    result = scratch.run("fixed2json", stdin=b"abcd")
    must(result.exit == 64 and "--contract" in result.err, result.err)


def provenance(scratch):
    fixed = {"framing": "rdw", "fields": [{"name": "v", "at": 1, "width": 2}]}
    path = scratch.write("in.dat", b"\0\6\0\0ab\0\6\0\0cd")
    result = convert(scratch, fixed, b"", "--provenance", path)
    must([load(line)["_source"] for line in result.out.splitlines()] ==
         [{"file": "in.dat", "line": ("number", str(n)), "offset": ("number", str(at))} for n, at in ((1, 4), (2, 10))], result.out)
    fixed["fields"][0]["name"] = "_source"
    must(convert(scratch, fixed, b"", "--provenance", path).exit == 78, "a field of that name")


def layout_file(scratch):
    """Beside the contract, wherever that is; what is wrong in it has its place there; the run log knows it."""
    folder = scratch.path / "agreed"
    folder.mkdir()
    text = json.dumps({"encoding": "cp037", "framing": "fixed", "fields": [{"name": "v", "at": 1, "width": 2}]}).encode()
    (folder / "two.json").write_bytes(text)
    fixed = {"layout": "two.json", "encoding": "ascii"}
    contract = scratch.write("agreed/contract.json", {"x-fixed": fixed})
    result = scratch.run("fixed2json", "-c", contract, stdin=b"abcd")
    must(result.out == b'{"v":"ab"}\n{"v":"cd"}\n', "the contract's encoding counts:", result.out, result.err)
    must(result.counts["meta"]["layout"] == {"file": str(folder / "two.json"), "sha256": hashlib.sha256(text).hexdigest()}, result.counts["meta"])
    (folder / "two.json").write_text('{"fields": [\n{"name": "v", "at": 1, "widht": 2}]}')
    result = scratch.run("fixed2json", "-c", contract, stdin=b"abcd")
    must(result.exit == 78 and "two.json:2:" in result.err and "did you mean width" in result.err, result.err)
    (folder / "two.json").unlink()
    result = scratch.run("fixed2json", "-c", contract, stdin=b"abcd")
    must(result.exit == 78 and "cannot read the layout" in result.err, result.err)


def memory(scratch):
    """The same for a file six times as long, where the shorter one has work for several threads too."""
    contract = scratch.write("flat.json", {"x-fixed": {"fields": [{"name": "v", "at": 1, "width": 99}]}})
    peak = []
    for lines in (100000, 600000):
        # From a shell, whose own memory is small: a process begins with the peak of the one that started it.
        log = scratch.path / f"flat-{lines}.jsonl"
        line = f"yes {'x' * 99} | head -n {lines} | {shlex.quote(str(scratch.bin / 'fixed2json'))} --run {log} -c {contract} >/dev/null; exit 0"
        subprocess.run(["bash", "-c", line], check=True, start_new_session=True)
        finish = json.loads(log.read_text().splitlines()[-1])
        must(finish["records"]["out"] == lines, finish)
        peak.append(finish["max_rss_bytes"])
    must(peak[1] < peak[0] + (4 << 20), "bytes at most:", peak)


def main():
    options, tap = arguments(__doc__), Tap()
    with Scratch(options.bin) as scratch:
        with tap.case("as a decoder of few lines gives it, record by record"):
            differential(scratch, options)
        with tap.case("the conformance values"):
            conformance(scratch)
        with tap.case("cut at every byte"):
            cut_everywhere(scratch)
        with tap.case("trailers, also of several files, and sums of any size"):
            trailers(scratch)
        with tap.case("rejects: their columns, and what they do to sums and numbers"):
            rejects(scratch)
        with tap.case("tags behind wide characters, and lists at the end"):
            tags_and_tails(scratch)
        with tap.case("limits, and what cannot be read at all"):
            limits(scratch)
        with tap.case("where a record came from"):
            provenance(scratch)
        with tap.case("a layout in a file of its own"):
            layout_file(scratch)
        with tap.case("memory does not grow with the file"):
            memory(scratch)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
