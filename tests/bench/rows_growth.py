"""rows_growth: what a byte, a cell, a record or a key costs as there are more of them, with --growth: flat is linear.

Each row is one chart, and fails when a unit costs more than a stated factor above what it cost before, at any larger size. The cost is CPU
time less that of a run on next to nothing, or small inputs would show the start of a program only. The big ends (10 GB, 100 million keys)
are for --full.
"""
import os
import random

from measuring import at_most, cached, growth, row
from rows_every import PROGRAMS, fed

MB, MILLION = 1_000_000, 1_000_000
BYTES = (MB, 10 * MB, 100 * MB, 1000 * MB)
PROGRAM = {program.name: program for program in PROGRAMS}
TOTAL = 32 * MB  # bytes of each file of records of one size


def least(figures):
    return min(figure["cpu"] for figure in figures) / 1e6


def ends(b, values):
    """All of them, or where nothing is to be learnt the two smallest."""
    return values[:2] if b.size == "tiny" else values


def again(seconds):
    """How often what took so long is run: small times are known less well."""
    return 2 if seconds > 2 else 5 if seconds > 0.2 else 15


def cost(b, once):
    """CPU seconds, the least of some runs of once()."""
    first = once()
    return least([first] + [once() for _ in range(again(first["cpu"] / 1e6) - 1 if b.size != "tiny" else 0)])


def on_file(b, command, file, stdin=True):
    return cost(b, lambda: b.measure(command if stdin else [*command, file], stdin=file if stdin else None)[0])


def bound(factor):
    return at_most("the dearest unit / the cheapest before it", factor, 1.1)


# -- bytes --------------------------------------------------------------------------------------------------------------------

def costs_of_bytes(b, name, sizes):
    program = PROGRAM[name]
    file, found = program.feed(b, 5_000), []

    def once(size):
        program.before(b)
        return fed(b, program.command(b), file, size)

    nothing = cost(b, lambda: once(0))
    floor = os.path.getsize(file)  # fed once at least, and so once more for a size below it
    for size in sizes:
        there = (max(size // floor, 1) + 1) * floor
        found.append((there, max(cost(b, lambda: once(max(size, floor))) - nothing, 1e-6) / (there - floor) * 1e9))
    return found


@row("growth bytes", bound(1.25), growth=True)
def of_bytes(b):
    sizes = ends(b, BYTES + ((10_000 * MB,) if b.full else ()))
    lines = {name: costs_of_bytes(b, name, sizes) for name in ("csv2json", "fixed2json", "json2csv", "validate", "hmac-verify", "dedupe", "landing-write")}
    return [b.curve("Bytes of input, through a pipe", "bytes", "CPU ns a byte", lines)]


# -- columns ------------------------------------------------------------------------------------------------------------------

COLUMNS = (10, 30, 100, 300, 1000)
CELLS = 2_000_000


def table_of(b, columns, kind):
    """So many columns, always as many cells: short texts and numbers. As CSV, or as JSON lines."""
    path = b.data / f"columns-{columns}-{kind}"
    if not path.exists():
        draw, names = random.Random(columns), [f"column_{n:04}" for n in range(columns)]
        cells = [str(draw.randrange(10 ** draw.randrange(1, 9))) for _ in range(997)]
        part = path.with_name(path.name + ".part")
        with open(part, "w", encoding="ascii") as out:
            if kind == "csv":
                out.write(",".join(names) + "\n")
            for _ in range(CELLS // columns):
                at = draw.randrange(997)
                row_of = [cells[(at + n) % 997] for n in range(columns)]
                out.write((",".join(row_of) if kind == "csv" else "{" + ",".join(f'"{n}":"{c}"' for n, c in zip(names, row_of)) + "}") + "\n")
        part.rename(path)
    return cached(path)


@row("growth columns", bound(1.5), growth=True)
def of_columns(b):
    lines = {"csv2json": [], "json2csv": [], "validate, empty schema": [], "validate, a pattern a column": []}
    for columns in ends(b, COLUMNS):
        table, records = table_of(b, columns, "csv"), table_of(b, columns, "jsonl")
        contract = {"type": "object", "additionalProperties": False, "required": ["column_0000"],
                    "properties": {f"column_{n:04}": {"type": "string", "pattern": "^[0-9]+$"} for n in range(columns)}}
        commands = {"csv2json": ([b.tool("csv2json")], table), "json2csv": ([b.tool("json2csv")], records),
                    "validate, empty schema": ([b.tool("validate"), "--contract", b.file("any.json", True)], records),
                    "validate, a pattern a column": ([b.tool("validate"), "--contract", b.file("columns.json", contract)], records)}
        for name, (command, file) in commands.items():
            lines[name].append((columns, on_file(b, command, file) / CELLS * 1e9))
    return [b.curve("Columns, as many cells in all", "columns", "CPU ns a cell", lines)]


# -- sizes of records ---------------------------------------------------------------------------------------------------------

SIZES = (10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000)


def one_text(size):
    return '{"k":"' + "x" * (size - 8) + '"}' if size > 8 else '{"k":1}'


def many_items(size):
    return "[" + ",".join(["1234567"] * max(1, (size - 2) // 8)) + "]"


def many_keys(size):
    return "{" + ",".join(f'"k{n:07}":1' for n in range(max(1, (size - 2) // 13))) + "}"


SHAPES = {"one text": one_text, "an array": many_items, "an object": many_keys}


def records_of(b, shape, size):
    """Lines of one size, of 32 MB in all, and 30 lines at least: making room for the first one is not to count."""
    total = max(TOTAL, 30 * size)
    path = b.data / f"records-{shape.replace(' ', '-')}-{size}" if total == TOTAL else b.data / f"records-{shape.replace(' ', '-')}-{size}-of-{total}"
    if not path.exists():
        line = SHAPES[shape](size) + "\n"
        part = path.with_name(path.name + ".part")
        with open(part, "w", encoding="ascii") as out:
            block = line * max(1, MB // len(line))
            for _ in range(max(1, total // len(block))):
                out.write(block)
        part.rename(path)
    return cached(path)


CACHED = 100_000  # bytes of a record that is read, checked and written within the caches


def of_record_sizes(shape, within, beyond):
    @row(f"growth records, {shape}", at_most("the dearest unit / the cheapest before it, to 100 kB a record", within, 1.1),
         at_most("the same of records of 1 and 10 MB, which no cache holds", beyond), growth=True)
    def of_records(b):
        """Short records have a cost a record; from 100 bytes on, none may be dearer a byte. But: dedupe digests up to eight records at once, and
        of long ones fewer, and it remembers the order of 255 names; of the keys of an object the first 2,047 are learnt, and the others are
        looked up to be no duplicates, at last in a table that no cache holds either."""
        validate = [b.tool("validate"), "--contract", b.file("any.json", True)]
        lines = {"validate": (validate, []), "dedupe": ([b.tool("dedupe")], [])}
        if shape == "one text":
            lines["json2csv"] = ([b.tool("json2csv")], [])
        for size in ends(b, SIZES):
            file = records_of(b, shape, size)
            for command, points in lines.values():
                points.append((size, on_file(b, command, file) / os.path.getsize(file) * 1e9))
        whole = b.curve(f"Size of a record: {shape}", "bytes a record", "CPU ns a byte", {name: points for name, (_, points) in lines.items()})
        return [max(growth([point for point in points if point[0] <= CACHED]) for _, points in lines.values()), whole]


for shape, bounds in zip(SHAPES, ((2, 4), (2, 2), (3, 15))):
    of_record_sizes(shape, *bounds)


# -- keys ---------------------------------------------------------------------------------------------------------------------

@row("growth keys", bound(2.5), at_most("bytes of memory a key, the dearest size from a million on", 48, 40, "B"), growth=True)
def of_keys(b):
    """A table that no longer fits into a cache costs more a key: that is what must be. Sorting grows by a logarithm, too."""
    counts = ends(b, (100_000, MILLION, 10 * MILLION) + ((100 * MILLION,) if b.full else ()))
    lines = {"dedupe, in memory": [], "dedupe --state": [], "LC_ALL=C sort -u -S 2G": []}
    memory, store = [], b.scratch / "keys.db"

    def forget():
        for path in b.scratch.glob("keys.db*"):
            path.unlink()

    for count in counts:
        commands = {"dedupe, in memory": [b.tool("dedupe"), "--key", "/id"], "dedupe --state": [b.tool("dedupe"), "--key", "/id", "--state", str(store)],
                    "LC_ALL=C sort -u -S 2G": ["sort", "-u", "-S", "2G"]}
        for name, command in commands.items():
            figures = []
            for _ in range(3 if count <= MILLION else 1):
                forget()
                figures += b.measure(command, keys=count, env={"LC_ALL": "C"})
            lines[name].append((count, least(figures) / count * 1e9))
            if name == "dedupe, in memory" and count >= MILLION:
                memory.append(max(figure["rss"] for figure in figures) * 1024 / count)
    forget()
    ours = {name: points for name, points in lines.items() if name.startswith("dedupe")}
    b.curve("Keys, no two alike", "keys", "CPU ns a key", lines)
    return [max(map(growth, ours.values())), max(memory)]
