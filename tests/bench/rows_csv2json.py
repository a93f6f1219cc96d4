"""rows_csv2json: against libcsv, which only parses, against all that make JSON lines of CSV, and against itself without a contract.

The data are customers, a hundred columns of short numbers, and customers with every cell quoted, as many databases export them.
"""
import csv
import hashlib
import io
import json
import pathlib

from measuring import Run, at_least, at_most, cached, digest_of, megabytes, row

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def python_csv(path, value=None):
    """SHA-256 of the same conversion by Python's csv and json; value turns (name, text) into JSON text, or None."""
    digest = hashlib.sha256()
    with open(path, newline="", encoding="utf-8") as file:
        rows = csv.reader(file, strict=True)
        names = next(rows)
        for cells in rows:
            if value:
                line = "{" + ",".join(f"{encode(n)}:{value(n, t) or encode(t)}" for n, t in zip(names, cells)) + "}"
            else:
                line = encode(dict(zip(names, cells)))
            digest.update(line.encode() + b"\n")
    return digest.hexdigest()


def typed_csv(path):
    """By the contract of the row with types."""
    return python_csv(path, lambda name, text: text if name == "balance" else "null" if name == "note" and text == "" else None)


def quoted(b, rows):
    """The customers' rows with every cell quoted, made once."""
    plain = b.input("customers-csv", rows)
    path = pathlib.Path(plain + "-quoted")
    if not path.exists():
        part = path.with_name(path.name + ".part")
        with open(plain, newline="", encoding="utf-8") as file, open(part, "w", newline="", encoding="utf-8") as out:
            csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(csv.reader(file, strict=True))
        part.rename(path)
    return cached(path)


def against_libcsv(b, file):
    race = b.race(ours=Run([b.tool("csv2json"), file], expect=b.known(python_csv, file)),
                  libcsv=Run([b.helper("bench_libcsv"), file], answer=None, limit=True))
    size = megabytes(file)
    return [race.ratio("libcsv", "ours")], f"{race.rate('ours', size)} MB/s, libcsv {race.rate('libcsv', size)}"


PARSES = "libcsv with empty callbacks / ours, full conversion included"


@row("csv2json", at_least(PARSES, 2.5, 4))
def csv2json(b):
    return against_libcsv(b, b.input("customers-csv"))


@row("csv2json wide", at_least(PARSES, 2.4, 4))
def csv2json_wide(b):
    return against_libcsv(b, b.input("wide-csv", b.rows // 20))


# CPU time of zsv (commit e89322a) over that of libcsv, on another machine where it was to be had, on the same bytes.
ZSV = {"customers": {"2json": 1.335, "count": 0.0848}, "wide": {"2json": 2.5}}


def against_zsv(b, file, kind):
    """Measured where there is a zsv; else computed from libcsv, which is said."""
    runs = {"ours": Run([b.tool("csv2json"), file], expect=b.known(python_csv, file)),
            "libcsv": Run([b.helper("bench_libcsv"), file], answer=None, limit=True)}
    if "count" in ZSV[kind]:
        runs["count"] = Run(["zsv", "count", "--parser", "fast", file], answer=None, limit=True)
    race = b.race(**runs, zsv=Run(["zsv", "2json", "--object", "--compact", file], expect=b.known(python_csv, file)))
    libcsv, remark = race.ratio("libcsv", "ours"), ""
    found = [race.ratio("zsv", "ours"), race.ratio("ours", "count")][:len(ZSV[kind])]
    if None in found:
        computed = [libcsv * ZSV[kind]["2json"], 1 / (libcsv * ZSV[kind]["count"]) if "count" in ZSV[kind] else None]
        found = [value if value is not None else computed[at] for at, value in enumerate(found)]
        remark = "computed: zsv is not to be had here; from libcsv in this run and zsv's share of it on another machine"
    return found, remark


@row("csv2json zsv", at_least("zsv 2json --object --compact / ours", 3, 5), at_most("ours / zsv count --parser fast", 5, 3))
def csv2json_zsv(b):
    return against_zsv(b, b.input("customers-csv"), "customers")


@row("csv2json wide, zsv", at_least("zsv 2json --object --compact / ours", 6, 10))
def csv2json_wide_zsv(b):
    return against_zsv(b, b.input("wide-csv", b.rows // 20), "wide")


@row("csv2json quoted", at_least(PARSES, 2.5, 4))
def csv2json_quoted(b):
    return against_libcsv(b, quoted(b, b.rows // 5))


@row("csv2json typed", at_least("ours without contract / ours with types and null spellings", 0.7, 0.85))
def csv2json_typed(b):
    file = b.input("customers-csv")
    contract = b.contract()
    contract["x-csv"]["nulls"] = ["", "NULL"]
    contract["properties"]["balance"] = {"type": "number"}
    contract["properties"]["note"]["type"] = ["string", "null"]
    path = b.file("typed.json", contract)
    race = b.race(typed=Run([b.tool("csv2json"), "--contract", path, file], expect=b.known(typed_csv, file)),
                  plain=Run([b.tool("csv2json"), file], answer=None))
    return [race.ratio("plain", "typed")], f"{race.rate('typed', megabytes(file))} MB/s"


def values_of(path):
    """For those who write the same values in another way."""
    digest = hashlib.sha256()
    with open(path, encoding="utf-8") as file:
        for line in file:
            digest.update(encode(json.loads(line)).encode() + b"\n")
    return digest.hexdigest()


def cells_of(path):
    """What a program says that only reads: the rows, and the bytes in their cells, by Python's csv."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = csv.reader(file, strict=True)
        next(rows)
        sizes = [len("".join(cells).encode()) for cells in rows]
    return f"{len(sizes)} {sum(sizes)}"


# name: the figure, and the command for a file. All are told that every value is a string, and to use one thread.
PEERS = {
    "xan": ("xan to ndjson --strings '*'", lambda file: ["xan", "to", "ndjson", "--strings", "*", file]),
    "duckdb": ("DuckDB, 1 thread, read_csv(all_varchar) to JSON", lambda file: ["duckdb", "-bail", "-c", f"""SET threads=1; COPY
        (FROM read_csv('{file}', all_varchar=true, nullstr='\x01')) TO '/dev/stdout' (FORMAT json)"""]),
    "polars": ("polars, 1 thread, scan_csv and sink_ndjson", lambda file: ["polars", "polars", file]),
    "pandas": ("pandas read_csv and to_json, in pieces", lambda file: ["pandas", "pandas", file]),
    "pyarrow": ("pyarrow open_csv, lines by Python's json", lambda file: ["pyarrow", "pyarrow", file]),
    "mlr": ("mlr -S --icsv --ojsonl cat", lambda file: ["mlr", "-S", "--icsv", "--ojsonl", "cat", file]),
    "csvjson": ("csvjson --stream -I --snifflimit 0", lambda file: ["csvjson", "--stream", "-I", "--snifflimit", "0", file]),
}


def peers_of(name, make, slow):
    @row(name, *(at_least(f"{what} / ours") for what, _ in PEERS.values()), at_least("pyarrow, which only reads / ours"),
         at_least("qsvlite select 1-, which writes CSV again / ours"), slow=slow)
    def against_peers(b):
        """qsv is not asked for JSON lines: it guesses types, so that a phone number in digits with a + before them loses the +."""
        file, plain = make(b)
        expected = b.known(python_csv, file)

        slowest = ("csvjson",) if b.quick else ()  # it takes as long as all the others
        for peer in slowest:
            b.leave_out(peer, "it is slow: run without --quick")

        def values(path):
            """Most write the very same bytes, so that nothing need be parsed."""
            return expected if digest_of(path) == expected else values_of(path)

        race = b.race(ours=Run([b.tool("csv2json"), file], expect=expected),
                      **{peer: Run(command(file), answer=values, expect=expected) for peer, (_, command) in PEERS.items() if peer not in slowest},
                      arrow=Run(["pyarrow", "read", file], answer=lambda out: out.read_text().strip(), expect=b.known(cells_of, file)),
                      qsvlite=Run(["qsvlite", "select", "1-", file], env={"QSV_SKIP_FORMAT_CHECK": "1"}, expect=digest_of(plain)))
        return [race.ratio(peer, "ours") for peer in (*PEERS, "arrow", "qsvlite")], f"{race.rate('ours', megabytes(file))} MB/s"


def customers(b):
    return (b.input("customers-csv", max(b.rows // 20, min(b.rows, 50_000))),) * 2


def wide(b):
    return (b.input("wide-csv", b.rows // 80),) * 2


def all_quoted(b):
    return quoted(b, b.rows // 20), b.input("customers-csv", b.rows // 20)  # qsv writes quotes where they are needed only


for name, make in {"csv2json peers": customers, "csv2json wide, peers": wide, "csv2json quoted, peers": all_quoted}.items():
    peers_of(name, make, slow=make is not customers)


def python_rows(path):
    """SHA-256 of what Python's csv writes of the same records."""
    digest, names = hashlib.sha256(), None
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    with open(path, encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            if names is None:
                names = list(record)
                writer.writerow(names)
            writer.writerow([record[name] for name in names])
            if text.tell() > 1 << 20:
                digest.update(text.getvalue().encode())
                text.seek(0)
                text.truncate()
    digest.update(text.getvalue().encode())
    return digest.hexdigest()


@row("json2csv", at_least("csv2json of as many records / ours", 0.2, 0.4), at_least("mlr -S --ijsonl --ocsv cat / ours"))
def json2csv(b):
    file, table = b.input("customers-jsonl", b.rows // 10), b.input("customers-csv", b.rows // 10)
    race = b.race(ours=Run([b.tool("json2csv"), file], expect=b.known(python_rows, file)),
                  back=Run([b.tool("csv2json"), table], answer=None),
                  mlr=Run(["mlr", "-S", "--ijsonl", "--ocsv", "cat", file]))
    return [race.ratio("back", "ours"), race.ratio("mlr", "ours")], f"{race.rate('ours', megabytes(file))} MB/s"
