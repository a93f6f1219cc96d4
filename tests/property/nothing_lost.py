#!/usr/bin/env python3
"""nothing_lost: on generated dirt in = out + dropped + rejected for each program, and each rejected record can be taken from the
reject file byte for byte."""
import base64
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import Scratch, Tap, arguments, balanced, must, rng  # noqa: E402

CONTRACT = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["id", "email"],
    "properties": {"id": {"type": "string", "pattern": "^[0-9]{5}$"}, "email": {"type": "string", "format": "email"},
                   "amount": {"type": "number", "minimum": 0}},
}


def kept(reject):
    """The record as the reject file has it."""
    if "record" in reject:
        return reject["record"].encode()
    return base64.b64decode(reject["record_base64"], validate=True)


def dirty(random, line):
    """A line with one thing wrong, or nothing."""
    draw, at = random.randrange(9), random.randrange(len(line) or 1)
    if draw == 0:
        return line[:at] + bytes([random.randrange(256)]) + line[at:]
    if draw == 1:
        return line[:at]
    if draw == 2:
        return line[:at] + b"\xff\xfe" + line[at:]
    if draw == 3:
        return line[:at] + b'"' + line[at:]
    if draw == 4:
        return line[:at] + b"\x00" + line[at:]
    if draw == 5:
        return line + line
    if draw == 6:
        return line[:at] + random.choice([b",", b"\r", b"\t", b" ", b"{", b"}"]) + line[at:]
    return line


def is_record(line):
    return line.strip(b" \t\r") != b""


def text_of(line):
    return line[:-1] if line.endswith(b"\r") else line


def check_filter(scratch, random, rounds):
    contract = scratch.write("contract.json", CONTRACT)
    for _ in range(rounds):
        lines = []
        for number in range(random.randrange(400)):
            record = {"id": f"{number:05d}", "email": "a@b.example", "amount": random.randrange(-5, 100), "s": "é" * random.randrange(9)}
            lines.append(dirty(random, json.dumps(record, ensure_ascii=random.random() < 0.5).encode()).replace(b"\n", b""))
        data = b"\n".join(lines) + (b"\n" if random.random() < 0.5 else b"")
        result = scratch.run("validate", "--contract", contract, "--max-rejects", "100%", stdin=data)
        records = balanced(result)
        lines = data.split(b"\n")
        must(records["in"] == sum(map(is_record, lines)), "read", records["in"], "of", sum(map(is_record, lines)))
        where = {}
        offset = 0
        for number, line in enumerate(lines, 1):
            where[number] = offset, text_of(line)
            offset += len(line) + 1
        rejected = {}
        for reject in result.rejects:
            line = reject["at"]["line"]
            must(line not in rejected, "line", line, "is rejected twice")
            must(reject["at"]["offset"] == where[line][0], "line", line, "is at", where[line][0], "not", reject["at"]["offset"])
            must(kept(reject) == where[line][1], "line", line, "is kept as", kept(reject), "and was", where[line][1])
            must(reject["errors"], "no reason")
            rejected[line] = True
        passed = [text for number, (_, text) in where.items() if is_record(text) and number not in rejected]
        must(result.out == b"".join(text + b"\n" for text in passed), "what is not rejected did not come out")


def check_source(scratch, random, rounds):
    for _ in range(rounds):
        header, rows = b"id,name,note", []
        for number in range(random.randrange(300)):
            note = random.choice([b"plain", b'"quoted, with ""quotes"""', b'"two\nlines"', b"", b"caf\xc3\xa9"])
            row = b"%05d,n%d,%s" % (number, number, note)
            rows.append(dirty(random, row) if random.random() < 0.3 else row)
        end = random.choice([b"\n", b"\r\n"])
        data = header + end + end.join(rows) + end
        for engine in ("scan", "libcsv"):
            result = scratch.run("csv2json", "--engine", engine, "--provenance", "--max-rejects", "100%", stdin=data)
            records = balanced(result)
            must(records["out"] == result.out.count(b"\n"), "said", records["out"], "and wrote", result.out.count(b"\n"))
            must(result.exit in (0, 65), "exit", result.exit, result.err)
            spans = []
            for reject in result.rejects:
                text, offset, line = kept(reject), reject["at"]["offset"], reject["at"]["line"]
                must(data[offset:offset + len(text)] == text, engine, "line", line, "is kept as", text, "and was", data[offset:offset + len(text)])
                must(data.count(b"\n", 0, offset) + 1 == line, engine, "offset", offset, "is not in line", line)
                must(reject["errors"], "no reason")
                spans.append((offset, offset + len(text)))
            for record in map(json.loads, result.out.splitlines()):
                offset, line = record["_source"]["offset"], record["_source"]["line"]
                must(data.count(b"\n", 0, offset) + 1 == line, engine, "offset", offset, "is not in line", line)
                spans.append((offset, offset + 1))
            spans.sort()
            must(all(a[1] <= b[0] for a, b in zip(spans, spans[1:])), engine, "records overlap")
            if result.exit == 0:  # every byte that is no line end belongs to a record
                starts = [start for start, _ in spans] + [len(data)]
                must(not data[len(header + end):starts[0]].strip(b"\r\n"), engine, "bytes before the first record are lost")


def check_limit(scratch):
    """What a run adds to the reject file has a limit; the run that would pass it fails, and what it had rejected is kept whole."""
    good = b"".join(b'{"n":%d}\n' % n for n in range(40))
    contract = scratch.write("odd.json", {"properties": {"n": {"multipleOf": 2}}})
    for args, data in ((("csv2json",), b"a,b\n" + b"x\n" * 3000), (("validate", "-c", contract), good * 100),
                       (("validate", "-c", contract, "--jobs", "2"), good * 100)):
        for limit in (10_000, 200_000, 1):
            result = scratch.run(*args, "--max-reject-bytes", str(limit), stdin=data)
            size = (scratch.path / "rejects.jsonl").stat().st_size
            must(result.exit == 65 and "--max-reject-bytes" in result.err, args, limit, "exit", result.exit, result.err)
            must(result.counts["error"]["code"] == "too-many-rejects", result.counts["error"])
            must(size <= limit and (limit == 1 or size > limit - 400), args, limit, "the reject file has", size, "bytes")
            lines = [r["at"]["line"] for r in result.rejects]
            must(len(lines) == len(set(lines)) and lines == sorted(lines), "kept", lines[:10])
            must(result.err.count("\n") == 1, "said", result.err)
        result = scratch.run(*args, "--max-rejects", "100%", stdin=data)
        balanced(result)
        must(result.exit == 0, args, "without a limit", result.exit, result.err)
        size = (scratch.path / "rejects.jsonl").stat().st_size
        result = scratch.run(*args, "--max-rejects", "100%", "--max-reject-bytes", str(size), stdin=data)
        must(result.exit == 0, args, "just within it", result.exit, result.err)
    # A record of which only base64 is kept counts too.
    result = scratch.run("csv2json", "--max-record", "1000", "--max-reject-bytes", "20kB", stdin=b"a\n" + b"x" * 100_000 + b"\nb\n")
    must(result.exit == 65 and not result.rejects, "a long one", result.exit, result.rejects)
    result = scratch.run("csv2json", "--max-record", "1000", "--max-reject-bytes", "200kB", stdin=b"a\n" + b"x" * 100_000 + b"\nb\n")
    must(result.exit == 0 and len(result.rejects) == 1, "a long one within it", result.exit, result.err)


def main():
    options = arguments(__doc__)
    tap = Tap()
    rounds = 1000 if options.long else 60
    with Scratch(options.bin) as scratch:
        with tap.case("validate"):
            check_filter(scratch, rng(options, "filter"), rounds)
        with tap.case("csv2json"):
            check_source(scratch, rng(options, "source"), rounds)
        with tap.case("the reject file has a limit"):
            check_limit(scratch)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
