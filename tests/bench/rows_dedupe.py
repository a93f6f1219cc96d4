"""rows_dedupe: what is new, against all that keep the first of each key; and how cost grows with the keys that are known.

The peers take what they are best at: sort and huniq know whole lines only, awk finds the key by its place, xan and qsv read CSV.
"""
import hashlib
import os
import pathlib
import re
import statistics
import subprocess

from measuring import Run, at_least, at_most, cached, digest_of, megabytes, row

MILLION = 1_000_000
LOCALE = {"LC_ALL": "C"}
ROOM = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2  # bytes of memory that a peer may take


def digest_of_lines(lines):
    digest = hashlib.sha256()
    for text in lines:
        digest.update(text)
    return digest.hexdigest()


def first_of_each(path):
    """The digest of what keeps the first record of each id, by a second implementation."""
    seen = set()

    def kept():
        with open(path, "rb") as file:
            for text in file:
                key = text[7:17]
                if key not in seen:
                    seen.add(key)
                    yield text
    return digest_of_lines(kept())


def ids(path):
    """For those who keep another record of an id, or write it otherwise: which ids there are."""
    found = re.findall(rb'(?m)^(?:\{ *"id": *"|"?)([0-9]{10})"?,', pathlib.Path(path).read_bytes())
    return digest_of_lines(sorted(found))


def sorted_lines(path):
    with open(path, "rb") as file:
        return digest_of_lines(sorted(set(file)))


def lines_in_any_order(path):
    with open(path, "rb") as file:
        return digest_of_lines(sorted(file))


def is_sorted(path):
    """How much it is, when it is sorted and no line is there twice: what can be asked of a hundred million."""
    order = subprocess.run(["sort", "-cu", path], env={**os.environ, **LOCALE}, capture_output=True)
    return order.returncode == 0 and os.path.getsize(path)


def duckdb(query, file):
    plain = "(FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01')"
    return ["duckdb", "-bail", "-c", f"SET threads=1; COPY ({query.format(file)}) TO '/dev/stdout' {plain}"]


# -- by a key, and by the whole record ----------------------------------------------------------------------------------------

@row("dedupe by key", at_least("LC_ALL=C sort -u of whole lines / ours by /id", 1.2, 2), at_least("gawk '!s[$4]++' / ours", 2, 3),
     at_least("mawk, the same / ours"), at_least("DuckDB, 1 thread, group by json->>'id' / ours"), at_least("mlr head -n 1 -g id / ours"),
     at_least("xan dedup -s id, of CSV / ours"), at_least("qsvlite extdedup -s id, of CSV / ours"))
def by_key(b):
    file = b.input("customers-jsonl", b.rows // 2)
    table = b.input("customers-csv", b.rows // 2, "--dup", "0.05")
    awk = ["-F\"", "!s[$4]++", file]
    slow = {"mlr": Run(["mlr", "-S", "--ijsonl", "--ojsonl", "head", "-n", "1", "-g", "id", file], answer=ids)}
    if b.quick:
        slow.clear()
        b.leave_out("mlr", "it is slow: run without --quick")
    race = b.race(
        ours=Run([b.tool("dedupe"), "-k", "/id", "--on-conflict", "drop", file], expect=b.known(first_of_each, file)),
        sort=Run(["sort", "-u", file], env=LOCALE, expect=b.known(sorted_lines, file)),
        gawk=Run(["gawk", *awk], env=LOCALE),
        mawk=Run(["mawk", *awk], env=LOCALE),
        duckdb=Run(duckdb("SELECT any_value(json) FROM read_ndjson_objects('{}') GROUP BY json->>'id'", file), answer=ids),
        **slow,
        xan=Run(["xan", "dedup", "-s", "id", table], answer=ids),
        qsvlite=Run(["qsvlite", "extdedup", "-s", "id", table], env={"QSV_SKIP_FORMAT_CHECK": "1"}, answer=ids))
    return ([race.ratio(peer, "ours") for peer in ("sort", "gawk", "mawk", "duckdb", "mlr", "xan", "qsvlite")],
            f"{race.rate('ours', megabytes(file))} MB/s")


@row("dedupe whole records", at_least("LC_ALL=C sort -u / ours without a key"), at_least("gawk '!s[$0]++' / ours"),
     at_least("mawk, the same / ours"), at_least("huniq / ours"), at_least("DuckDB, 1 thread, select distinct / ours"))
def whole_records(b):
    file = b.input("keys", b.rows)
    query = "SELECT DISTINCT line FROM read_csv('{}', columns={{'line':'VARCHAR'}}, header=false, delim='\x01', quote='', escape='')"
    race = b.race(
        ours=Run([b.tool("dedupe"), file], expect=b.known(first_of_each, file)),
        sort=Run(["sort", "-u", file], env=LOCALE, expect=b.known(sorted_lines, file)),
        gawk=Run(["gawk", "!s[$0]++", file], env=LOCALE),
        mawk=Run(["mawk", "!s[$0]++", file], env=LOCALE),
        huniq=Run(["huniq"], stdin=file),
        duckdb=Run(duckdb(query, file), answer=lines_in_any_order))
    return ([race.ratio(peer, "ours") for peer in ("sort", "gawk", "mawk", "huniq", "duckdb")],
            f"{b.rows / MILLION / race.best('ours'):.1f} M records a CPU second")


# -- how cost grows -----------------------------------------------------------------------------------------------------------

# name: bytes of memory that it was seen to take a key, and above how many keys it only wastes time: it was several times slower before
LIMITS = {"sort": (20, None), "gawk": (310, None), "mawk": (90, MILLION), "mlr": (450, MILLION), "duckdb": (100, None),
          "huniq": (30, None), "xan": (210, None), "qsvlite": (120, None)}


def of_peers(b, count):
    """The runs of all peers over short distinct keys, but for those that the machine cannot hold."""
    file = b.key_file(count)
    table = b.data / f"keys-{count}-distinct.csv"
    if not table.exists():
        subprocess.run(["sh", "-c", '{ echo id; cut -d\\" -f4 <"$1"; } >"$1.csv"', "sh", file], check=True)
    table = cached(table)
    query = "SELECT any_value(json) FROM read_ndjson_objects('{}') GROUP BY json->>'id'"
    runs = {
        "sort": Run(["sort", "-u", "-S", "2G", file], env=LOCALE, answer=is_sorted, expect=os.path.getsize(file)),
        "gawk": Run(["gawk", "-F\"", "!s[$4]++", file], env=LOCALE),
        "mawk": Run(["mawk", "-F\"", "!s[$4]++", file], env=LOCALE),
        "mlr": Run(["mlr", "-S", "--ijsonl", "--ojsonl", "head", "-n", "1", "-g", "id", file], answer=without_spaces),
        "duckdb": Run(duckdb(query, file), answer=is_whole),
        "huniq": Run(["huniq"], stdin=file),
        "xan": Run(["xan", "dedup", "-s", "id", table], expect=digest_of(table)),
        "qsvlite": Run(["qsvlite", "extdedup", "-s", "id", table], expect=digest_of(table)),
    }
    for name, (size, most) in LIMITS.items():
        if name == "mlr" and b.quick:
            b.leave_out(name, "it is slow: run without --quick")
            del runs[name]
            continue
        if size * count > ROOM:
            b.leave_out(name, f"it would take {size * count / 1e9:.0f} GB of memory")
        elif most and count > most:
            b.leave_out(name, f"it is slow: see the row of {most // MILLION} M keys")
        else:
            continue
        del runs[name]
    return runs


def without_spaces(path):
    with open(path, "rb") as file:
        return digest_of_lines(text.replace(b" ", b"") for text in file)


def is_whole(path):
    """Keys in any order: all of them, none twice."""
    run = subprocess.run(f"LC_ALL=C sort -u -S 2G <'{path}' | sha256sum", shell=True, check=True, capture_output=True)
    return run.stdout


def growing(count):
    millions = f"{count // MILLION} M"

    @row(f"dedupe {millions} keys", at_least("LC_ALL=C sort -u -S 2G / ours"), at_least("gawk '!s[$4]++' / ours"), at_least("mawk / ours"),
         at_least("mlr head -n 1 -g id / ours"), at_least("DuckDB, 1 thread / ours"), at_least("huniq, of whole lines / ours"),
         at_least("xan dedup, of CSV / ours"), at_least("qsvlite extdedup, of CSV / ours"), keys=count)
    def peers_of_keys(b):
        ours = Run([b.tool("dedupe"), "-k", "/id", b.key_file(count)], expect=digest_of(b.key_file(count)))
        race = b.race(ours=ours, **of_peers(b, count))
        return [race.ratio(peer, "ours") for peer in LIMITS], f"{count / MILLION / race.best('ours'):.2f} M keys a CPU second"

    # notes/performance.md asks at most 24 bytes (aim 18) a key in the file and 32 in memory (aim) of keys of 16 bytes alone. An entry has 8 more,
    # of the content: without them no run could tell a record that comes again from one that has changed, and a store does not know what
    # later runs will ask. So 8 are on top here; a page of SQLite holds 167 entries of 24 bytes.
    @row(f"dedupe {millions} growth",
         at_most("peak RSS a key, in memory", 48, 40, "B"),
         at_least("keys a CPU second in memory, the last million / the first", 0.7, 0.9),
         at_least("keys a CPU second in memory, the last fifth / the first"),
         at_most("wall with --state / without, new keys only", 3, 1.6),
         at_most("CPU time with --state / without"),
         at_least("keys a CPU second with --state, the last million / the first", 0.7, 0.9),
         at_least("keys a CPU second with --state, the last fifth / the first"),
         at_most("bytes a key in the SQLite file", 32, 26, "B"),
         at_most("peak RSS a key with --state", unit="B"), keys=count)
    def growth(b):
        store = b.scratch / "keys.db"
        race = b.race(
            state=Run([b.tool("dedupe"), "-k", "/id", "-s", str(store)], keys=count, before=lambda: forget(store),
                      expect=digest_of(b.key_file(count))),
            memory=Run([b.tool("dedupe"), "-k", "/id"], keys=count, answer=None))
        state, memory, size = race["state"], race["memory"], store_bytes(store)
        forget(store)
        return ([memory.rss * 1e6 / count, *last_to_first(memory), race.ratio("state", "memory", "wall"), race.ratio("state", "memory"),
                 *last_to_first(state), size / count, state.rss * 1e6 / count],
                f"CPU s a million: {slowest(memory)}; with --state {slowest(state)}")

    @row(f"dedupe {millions} webhook", at_most("one new record, wall above the same with an empty store", 2, 0.5, "ms"), keys=count)
    def webhook(b):
        large, small = b.scratch / "large.db", b.scratch / "small.db"
        b.measure(commit_to(b, large), stdin=b.key_file(count), stdout=str(b.scratch / "out"))
        took = {large: [], small: []}
        for number in range(b.starts // 4 + 1):
            for store, figures in took.items():
                record = b.file("record", {"id": f"new {number}"})
                figures += b.measure(commit_to(b, store), stdin=record, stdout=str(b.scratch / "out"))
        forget(large)
        forget(small)
        best = {store: min(figure["wall"] / 1000 for figure in figures) for store, figures in took.items()}
        wall, cpu = ({store: statistics.median(figure[what] / 1000 for figure in figures) for store, figures in took.items()}
                     for what in ("wall", "cpu"))
        return ([best[large] - best[small]],
                f"best wall {best[large]:.2f} and {best[small]:.2f} ms; median {wall[large]:.2f} and {wall[small]:.2f}, "
                f"CPU {cpu[large]:.2f} and {cpu[small]:.2f}")


def commit_to(b, store):
    return [b.tool("dedupe"), "-k", "/id", "-s", str(store), "--commit"]


def forget(store):
    for path in store.parent.glob(store.name + "*"):
        path.unlink()


def store_bytes(store):
    return sum(path.stat().st_size for path in store.parent.glob(store.name + "*"))


def last_to_first(timing):
    """By one million, which may be one in which a table grew, and by fifths, which do not depend on such chance."""
    took = timing.millions
    fifth = len(took) // 5
    return (took[0] / took[-1], sum(took[:fifth]) / sum(took[-fifth:])) if fifth else (None, None)


def slowest(timing):
    found, rest = timing.millions, min(timing.cpu) - sum(timing.millions)
    return f"{min(found):.2f} to {max(found):.2f}, first {found[0]:.2f}, at the end {rest:.2f}"


for count in (MILLION, 10 * MILLION, 100 * MILLION):
    growing(count)
