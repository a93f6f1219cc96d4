"""goals: what a release is held to, in the order of the table of goals: each line points to the figure of a row that tells it.

What must be and what is aimed at stand beside the figures themselves. A line of several rows (a pattern with *) shows the worst of them.
"""
import collections
import fnmatch

# About which program, what is asked, the row, which of its figures.
Goal = collections.namedtuple("Goal", "tool asked row figure")

GOALS = [
    Goal("csv2json, customers-csv", "zsv 2json --object --compact / ours", "csv2json zsv", 0),
    Goal("csv2json, customers-csv", "libcsv with empty callbacks / ours, full conversion and UTF-8 check", "csv2json", 0),
    Goal("csv2json, customers-csv", "ours / zsv count --parser fast", "csv2json zsv", 1),
    Goal("csv2json, wide-csv", "zsv 2json / ours", "csv2json wide, zsv", 0),
    Goal("csv2json with --contract", "ours without / ours with types and null spellings", "csv2json typed", 0),
    Goal("scanner, customers", "jansson loads per line / ours", "scanner customers", 0),
    Goal("scanner, events", "jansson loads per line / ours", "scanner events", 0),
    Goal("scanner, customers", "yyjson read per line / ours, verbatim output included", "scanner customers", 2),
    Goal("scanner, events", "yyjson read per line / ours, verbatim output included", "scanner events", 2),
    Goal("scanner, customers", "ours / cat", "scanner customers", 1),
    Goal("scanner, events", "ours / cat", "scanner events", 1),
    Goal("validate, formats asserted", "ajv loop / ours", "validate peers", 0),
    Goal("validate, formats asserted", "Blaze CLI --fast, formats asserted / ours", "validate peers, all good", 0),
    Goal("validate, formats asserted", "ours / ours with an empty schema", "validate", 0),
    Goal("validate, formats asserted", "with 10 % bad records and a reject file / with none", "validate rejects", 0),
    Goal("dedupe, in memory", "sort -u / ours, which parses", "dedupe by key", 0),
    Goal("dedupe, in memory", "gawk '!s[k]++' / ours", "dedupe by key", 1),
    Goal("dedupe, keys in memory", "peak RSS a key, 8 bytes of it the content's digest", "dedupe * M growth", 0),
    Goal("dedupe --state, new keys", "wall with --state / without", "dedupe * M growth", 3),
    Goal("dedupe --state, new keys", "keys a CPU second, the last million / the first", "dedupe * M growth", 5),
    Goal("dedupe --state, new keys", "bytes a key in the state file, 8 of them the content's digest", "dedupe * M growth", 7),
    Goal("dedupe --state, one webhook", "wall above the same with an empty store", "dedupe * M webhook", 0),
    Goal("hmac-verify, 600 B bodies", "ours / EVP_MAC with one context over the same bytes", "hmac-verify", 0),
    Goal("hmac-verify, 600 B bodies", "python json.loads and hmac.digest / ours", "hmac-verify", 1),
    Goal("pgp-open, zip", "our wall / gpg --decrypt, both piped to cat", "pgp-open zip", 0),
    Goal("pgp-open, no compression", "our wall / gpg --decrypt, both piped to cat", "pgp-open plain", 0),
    Goal("landing-write", "ours / openssl dgst -sha256 over the same bytes", "landing-write", 0),
    Goal("landing-write", "bytes read back after writing", "landing-write reads", 0),
    Goal("the chain of three", "wall of mlr | ajv | mlr / ours", "chain", 0),
    Goal("the chain of three", "CPU of the chain / of the three alone to /dev/null", "chain, its pipes", 0),
    Goal("every program", "peak RSS on 1 GB of input, no state", "memory *", 0),
    Goal("every program", "heap allocations from record 1,000 to the last", "allocations *", 0),
    Goal("every program", "start to exit on one record, CPU above /bin/true", "start *", 0),
]


def badness(found):
    """How far a figure is on the wrong side of what it must be, so that the worst of some can be told."""
    value, must = found["found"], found["must"]
    if value is None or must is None:
        return float("-inf")
    distance = value - must
    return distance if found["bound"] == "<=" else -distance


def natural(text):
    """Numbers in a name by their value."""
    return [int(word) if word.isdigit() else 0 for word in text.split()]


def told(results, missing):
    """[(goal, figure or None, row, remark)]: the figure that tells each goal, and why there is none."""
    rows = {}
    for found in results:
        rows.setdefault(found["row"], []).append(found)
    for goal in GOALS:
        names = [name for name in rows if fnmatch.fnmatchcase(name, goal.row)]
        if goal.row.startswith("dedupe *") and names:
            names = [max(names, key=natural)]  # of growing stores the largest counts, whose end is the hardest
        had = [(name, rows[name][goal.figure]) for name in names if goal.figure < len(rows[name]) and "what" in rows[name][goal.figure]]
        with_value = [pair for pair in had if pair[1]["found"] is not None]
        if with_value:
            name, worst = max(with_value, key=lambda pair: badness(pair[1]))
            which = f"the worst of {len(with_value)}: {name}" if len(with_value) > 1 else name
            missed = sum(pair[1]["verdict"] == "MISSED" for pair in with_value)
            many = f", {missed} of them missed" if missed and len(with_value) > 1 else ""
            yield goal, worst, name, which + many
        else:
            wrong = next((rows[name][0]["remark"] for name in names if rows[name][0].get("verdict") == "WRONG"), None)
            lack = next((why for (row, _), why in missing.items() if fnmatch.fnmatchcase(row, goal.row)), "not asked for in this run")
            yield goal, None, goal.row, f"WRONG: {wrong}" if wrong else "nothing to compare with so little data" if had else lack
