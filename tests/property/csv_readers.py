#!/usr/bin/env python3
"""csv_readers: made files, of which every field is known, are read the same by both engines of csv2json and by readers that no one here
wrote: Python's csv in strict mode, and pyarrow and DuckDB where there are. Spoilt files are read the same by both engines, reject for
reject. 100,000 records; a million with --long."""
import csv
import io
import itertools
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import NotHere, Scratch, Tap, arguments, balanced, must, rng  # noqa: E402

ENGINES = ("scan", "libcsv")
DIALECTS = ((",", '"'), (";", '"'), ("\t", '"'), ("|", "'"), (",", "'"))
PIECES = ["", "", "a", "Ann", "007", "1.50", "-1", "NA", "null", " ", "  x ", "\t", "\n", "\r\n", "\r", ",", ";", "|", '"', "'", '""', "é", "日本語", "\U0001f600", "\u2028", "\ufeff",
          "x" * 15, "y" * 16, "z" * 31, "w" * 64, "two words", "=1+1", "#", "\\", "\\n", "sep=;"]


def cells(random, count):
    """Texts, most of them plain; made many at a time, for there are many."""
    pool = ["".join(random.choices(PIECES, k=random.choice((1, 1, 2, 3, 6)))) for _ in range(4000)]
    pool += [str(random.randrange(10**n)) for n in range(1, 12) for _ in range(400)]
    return random.choices(pool, k=count)


def written(random, rows, delimiter, quote, newline):
    """A file of rows: quotes where they must be, and here and there where they need not."""
    special = {delimiter, quote, "\n", "\r"}

    def field(text, alone):
        if alone and not text or not special.isdisjoint(text) or text.startswith("\ufeff") or random.random() < 0.2:
            return quote + text.replace(quote, quote + quote) + quote
        return text

    lines = [delimiter.join(field(text, len(row) == 1) for text in row) for row in rows]
    ends = random.choices(["\n", "\r\n"], k=len(lines)) if newline == "mixed" else itertools.repeat(newline)
    text = "".join(map("".join, zip(lines, ends)))
    return text.rstrip("\r\n") if random.random() < 0.3 and not lines[-1].endswith(("\r", "\n")) else text


class Files:
    """Files of one dialect, and what is in them."""

    def __init__(self, scratch, random, number, records, newlines=("\n", "\r\n", "mixed")):
        self.delimiter, self.quote = DIALECTS[number % len(DIALECTS)]
        self.contract = scratch.write("dialect.json", {"x-csv": {"delimiter": self.delimiter, "quote": self.quote}})
        self.paths, self.rows = [], []
        while records > 0:
            columns, n = random.choice((1, 2, 3, 8, 20)), min(records, random.choice((1, 7, 100, 3000)))
            texts = iter(cells(random, columns * n))
            rows = [[f"c{i}" for i in range(columns)], *(list(itertools.islice(texts, columns)) for _ in range(n))]
            text = written(random, rows, self.delimiter, self.quote, random.choice(newlines))
            self.paths.append(scratch.write(f"{number}-{len(self.paths)}.csv", text.encode()))
            self.rows.append(rows)
            records -= n

    def read_by_python(self):
        for path, rows in zip(self.paths, self.rows):
            with path.open(newline="", encoding="utf-8") as file:
                got = [row for row in csv.reader(file, delimiter=self.delimiter, quotechar=self.quote, strict=True) if row]
            same(path, "Python's csv", got, rows)

    def read_by(self, scratch, engine):
        """All in one process."""
        result = scratch.run("csv2json", "-c", self.contract, "-e", engine, *self.paths)
        must(result.exit == 0 and not result.rejects, engine, "ended", result.exit, result.err, result.rejects[:1])
        balanced(result)
        return result.out

    def hold(self, out, engine):
        """The records against what was written."""
        records = map(json.loads, out.splitlines())
        for path, rows in zip(self.paths, self.rows):
            got = [list(record.values()) for record in itertools.islice(records, len(rows) - 1)]
            same(path, engine, [rows[0], *got], rows)
        must(next(records, None) is None, engine, "gives more records than there are")


def same(path, who, got, rows):
    wrong = next(((number, g, e) for number, (g, e) in enumerate(itertools.zip_longest(got, rows)) if g != e), None)
    must(wrong is None, path.name, "record", *(wrong or ())[:1], "by", who, "is", *(wrong or ())[1:2], "and was written from", *(wrong or ())[2:])


def clean(scratch, random, records):
    for number in range(len(DIALECTS)):
        files = Files(scratch, random, number, records // len(DIALECTS))
        files.read_by_python()
        first, second = (files.read_by(scratch, engine) for engine in ENGINES)
        files.hold(first, ENGINES[0])
        must(first == second, "the engines write otherwise")
        for path in files.paths:
            path.unlink()


def others(scratch, random, records, read):
    """A reader that takes one file and gives its rows as texts."""
    files = Files(scratch, random, 0, records, ("\n",))
    for path, rows in zip(files.paths, files.rows):
        # What these readers take otherwise: blank lines of one column, CR, line ends of two kinds.
        if len(rows[0]) > 1 and not any("\r" in text for row in rows for text in row):
            same(path, read.__name__, read(path, rows[0]), rows[1:])


def by_pyarrow(path, names):
    try:
        from pyarrow import csv as reader, string
    except ImportError:
        raise NotHere("there is no pyarrow") from None
    table = reader.read_csv(path, parse_options=reader.ParseOptions(newlines_in_values=True),
                            convert_options=reader.ConvertOptions(column_types={name: string() for name in names}, strings_can_be_null=False))
    return [list(row) for row in zip(*(column.to_pylist() for column in table.columns))]


def by_duckdb(path, names):
    try:
        import duckdb
    except ImportError:
        raise NotHere("there is no module duckdb") from None
    rows = duckdb.connect().execute("select * from read_csv(?, delim = ',', quote = '\"', escape = '\"', header = true, auto_detect = false, columns = ?, "
                                    "allow_quoted_nulls = false, nullstr = '\\N', parallel = false, max_line_size = 10000000)",
                                    [str(path), {name: "VARCHAR" for name in names}]).fetchall()
    return [["" if text is None else text for text in row] for row in rows]


def spoilt(scratch, random, times):
    """Bytes put in, taken out or changed: both engines give the same records, rejects and end."""
    found = set()
    for number in range(times):
        delimiter, quote = DIALECTS[number % len(DIALECTS)]
        contract = scratch.write("dialect.json", {"x-csv": {"delimiter": delimiter, "quote": quote}})
        columns = random.choice((1, 2, 5))
        texts = iter(cells(random, 200 * columns))
        rows = [[f"c{i}" for i in range(columns)], *(list(itertools.islice(texts, columns)) for _ in range(200))]
        data = bytearray(written(random, rows, delimiter, quote, "mixed").encode())
        for _ in range(random.choice((1, 3, 30))):
            at = random.randrange(len(rows[0]) * 3, len(data))
            data[at:at + random.randrange(2)] = random.choice([b"", b'"', b"'", b"\r", b"\n", delimiter.encode(), b"\0", b"\xff", b"\xc3", b'""', b"x"])
        results = []
        for engine in ENGINES:
            result = scratch.run("csv2json", "--provenance", "--max-rejects", "100%", "-c", contract, "-e", engine, stdin=bytes(data))
            results.append((result.exit, result.out, [{k: v for k, v in r.items() if k != "run"} for r in result.rejects], result.err))
            found |= {r["code"] for r in result.rejects}
        must(results[0] == results[1], "the engines differ on", bytes(data), *results)
    must({"csv-fields", "csv-quote", "csv-newline", "csv-nul", "csv-encoding"} <= found, "only these faults were met:", found)


def main():
    options = arguments(__doc__)
    tap = Tap()
    records, times = (1_000_000, 2000) if options.long else (100_000, 60)
    with Scratch(options.bin) as scratch:
        with tap.case(f"{records} made records, by Python's csv and by both engines"):
            clean(scratch, rng(options, "clean"), records)
        for read in (by_pyarrow, by_duckdb):
            with tap.case(f"made records, {read.__name__.replace('_', ' ')}"):
                others(scratch, rng(options, read.__name__), records // 5, read)
        with tap.case("spoilt files, by both engines"):
            spoilt(scratch, rng(options, "spoilt"), times)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
