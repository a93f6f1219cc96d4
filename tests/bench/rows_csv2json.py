"""rows_csv2json: against libcsv, which only parses, and against itself without a contract."""
import csv
import hashlib
import io
import json

from measuring import Run, at_least, megabytes, row

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


@row("csv2json", at_least("libcsv with empty callbacks / ours, full conversion included", 2.5, 4))
def csv2json(b):
    file = b.input("customers-csv")
    race = b.race(ours=Run([b.tool("csv2json"), file], expect=python_csv(file)),
                  libcsv=Run([b.helper("bench_libcsv"), file], answer=None))
    size = megabytes(file)
    return [race.ratio("libcsv", "ours")], f"{race.rate('ours', size)} MB/s, libcsv {race.rate('libcsv', size)}"


@row("csv2json typed", at_least("ours without contract / ours with types and null spellings", 0.7, 0.85))
def csv2json_typed(b):
    file = b.input("customers-csv")
    contract = b.contract()
    contract["x-csv"]["nulls"] = ["", "NULL"]
    contract["properties"]["balance"] = {"type": "number"}
    contract["properties"]["note"]["type"] = ["string", "null"]
    path = b.file("typed.json", contract)

    def value(name, text):
        return text if name == "balance" else "null" if name == "note" and text == "" else None

    race = b.race(typed=Run([b.tool("csv2json"), "--contract", path, file], expect=python_csv(file, value)),
                  plain=Run([b.tool("csv2json"), file], answer=None))
    return [race.ratio("plain", "typed")], f"{race.rate('typed', megabytes(file))} MB/s"


def values_of(path):
    """For those who write the same values in another way."""
    digest = hashlib.sha256()
    with open(path, encoding="utf-8") as file:
        for line in file:
            digest.update(encode(json.loads(line)).encode() + b"\n")
    return digest.hexdigest()


@row("csv2json peers", at_least("xan to ndjson --strings '*' / ours"), at_least("DuckDB, 1 thread, read_csv(all_varchar) to JSON / ours"),
     at_least("mlr -S --icsv --ojsonl cat / ours"))
def csv2json_peers(b):
    file = b.input("customers-csv", b.rows // 10)
    query = f"SET threads=1; COPY (FROM read_csv('{file}', all_varchar=true, nullstr='\x01')) TO '/dev/stdout' (FORMAT json)"
    race = b.race(ours=Run([b.tool("csv2json"), file], expect=python_csv(file)),
                  xan=Run(["xan", "to", "ndjson", "--strings", "*", file], answer=values_of),
                  duckdb=Run(["duckdb", "-bail", "-c", query], answer=values_of),
                  mlr=Run(["mlr", "-S", "--icsv", "--ojsonl", "cat", file], answer=values_of))
    return [race.ratio(peer, "ours") for peer in ("xan", "duckdb", "mlr")]


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
    race = b.race(ours=Run([b.tool("json2csv"), file], expect=python_rows(file)),
                  back=Run([b.tool("csv2json"), table], answer=None),
                  mlr=Run(["mlr", "-S", "--ijsonl", "--ocsv", "cat", file]))
    return [race.ratio("back", "ours"), race.ratio("mlr", "ours")], f"{race.rate('ours', megabytes(file))} MB/s"
