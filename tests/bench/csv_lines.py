"""csv_lines: CSV to JSON lines, as one does it with a library that reads tables: every value a string, in one thread.

    python3 csv_lines.py pandas FILE
    python3 csv_lines.py polars FILE
    python3 csv_lines.py pyarrow FILE     Arrow writes no JSON, so Python's json does
    python3 csv_lines.py read FILE        pyarrow again, reading alone: prints the rows, and the bytes in their cells
"""
import csv
import json
import os
import sys


def by_pandas(path):
    import pandas

    for table in pandas.read_csv(path, dtype=str, na_filter=False, chunksize=50_000):
        table.to_json(sys.stdout, orient="records", lines=True, force_ascii=False)


def by_polars(path):
    os.environ["POLARS_MAX_THREADS"] = "1"
    import polars

    polars.scan_csv(path, infer_schema=False, empty_string_is_null=False).sink_ndjson(sys.stdout.buffer)


def batches(path):
    import pyarrow
    from pyarrow import csv as arrow

    pyarrow.set_cpu_count(1)
    pyarrow.set_io_thread_count(1)
    with open(path, encoding="utf-8", newline="") as file:
        names = next(csv.reader(file))
    return arrow.open_csv(path, arrow.ReadOptions(use_threads=False), arrow.ParseOptions(newlines_in_values=True),
                          arrow.ConvertOptions(column_types=dict.fromkeys(names, pyarrow.string()), strings_can_be_null=False))


def by_pyarrow(path):
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    for batch in batches(path):
        sys.stdout.writelines(encode(record) + "\n" for record in batch.to_pylist())


def read(path):
    from pyarrow import compute

    rows = size = 0
    for batch in batches(path):
        rows += batch.num_rows
        size += sum(compute.sum(compute.binary_length(column)).as_py() or 0 for column in batch.columns)
    print(rows, size)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    {"pandas": by_pandas, "polars": by_polars, "pyarrow": by_pyarrow, "read": read}[sys.argv[1]](sys.argv[2])
