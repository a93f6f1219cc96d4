#!/usr/bin/env python3
"""reading: landing-read gives what landed: all of it, in its order, by every choice, and nothing of a landing that is not what it was.

A zone of many landings is held against a list of what was landed, kept here: random choices must give what the same choice gives
on the list. One landing is as long as many blocks, some lie packed, some were erased from or pruned.
"""
import json
import os
import sys
import pathlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import Scratch, Tap, arguments, must, rng  # noqa: E402

LANDINGS = 40


class Landed:
    def __init__(self, source, entity, date, records, text):
        self.source, self.entity, self.date = source, entity, date
        self.records, self.text = records, text
        self.gone = False
        self.line = None  # of --list


def land(scratch, draw, zone):
    """Lands one after the other; returns what should be there."""
    landed = []
    for i in range(LANDINGS):
        source, entity = draw.choice(["acme", "öl & gas"]), draw.choice(["people", "orders"])
        date = f"2025-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02}"
        n = 60_000 if i == 7 else draw.randrange(1, 6)
        records = [{"id": f"{i}-{k}", "who": f"w{draw.randrange(20)}", "text": "x" * draw.randrange(40)} for k in range(n)]
        text = "".join(json.dumps(record) + "\n" for record in records)
        if i % 5 == 3:
            text = text[:-1]  # no line feed at the end
        name = scratch.write(f"in{i}.jsonl", text.encode())
        done = scratch.run("landing-write", "--zone", zone, "--source", source, "--entity", entity, "--date", date,
                           *(["--compress", "zstd"] if i % 4 == 1 else []), name, rejects=None)
        must(done.exit == 0, done.err)
        landed.append(Landed(source, entity, date, records, text))
    return landed


def read(scratch, zone, *args):
    return scratch.run("landing-read", "--zone", zone, *args, rejects=None)


def erase_and_prune(scratch, zone, landed):
    """Records of one person go from all of acme's orders, and what is old goes from the people of acme."""
    contract = scratch.write("contract.json", {"x-source": "acme", "x-entity": "orders", "x-key": ["/who"]})
    request = scratch.write("request.jsonl", b'{"who":"w3"}\n{"who":"w4"}\n')
    done = scratch.run("landing-prune", "--zone", zone, "--contract", contract, "--erase", request, "--reason", "a test", rejects=None)
    must(done.exit == 0, done.err)
    for one in landed:
        if (one.source, one.entity) == ("acme", "orders"):
            one.records = [record for record in one.records if record["who"] not in ("w3", "w4")]
            kept = "".join(json.dumps(record) + "\n" for record in one.records)
            one.gone = not kept
            one.text = kept if one.text.endswith("\n") or len(kept) < len(one.text) else kept[:-1]
    done = scratch.run("landing-prune", "--zone", zone, "--source", "acme", "--entity", "people", "--keep", "P6M", "--now", "2025-12-31",
                       rejects=None)
    must(done.exit == 0, done.err)
    for one in landed:
        if (one.source, one.entity) == ("acme", "people") and one.date < "2025-06-30":
            one.gone = True


def choices(draw):
    """Options, and the same as a function of what landed."""
    args, tests = [], []
    if draw.random() < .4:
        source = draw.choice(["acme", "öl & gas", "nobody"])
        args += ["--source", source]
        tests.append(lambda one: one.source == source)
    if draw.random() < .4:
        entity = draw.choice(["people", "orders"])
        args += ["--entity", entity]
        tests.append(lambda one: one.entity == entity)
    day = f"2025-{draw.randrange(1, 13):02}-15"
    if draw.random() < .3:
        args += ["--since", day]
        tests.append(lambda one: one.date >= day)
    if draw.random() < .3:  # the same day is a span of one
        args += ["--until", day]
        tests.append(lambda one: one.date <= day)
    last = draw.choice([0, 0, 1, 3, 1000])
    if last:
        args += ["--last", str(last)]
    return args, lambda landed: [one for one in landed if not one.gone and all(test(one) for test in tests)][-last:]


def records_of(text):
    return [json.loads(line) for line in text.splitlines()]


def check_choice(scratch, zone, landed, args, expected):
    done = read(scratch, zone, *args)
    must(done.exit == 0, done.err)
    must(records_of(done.out) == [record for one in expected for record in one.records], args, "gave other records")
    must(done.counts["records"]["out"] == sum(len(one.records) for one in expected), args, done.counts["records"])
    bytes_out = b"".join(one.text.encode() + (b"" if one.text.endswith("\n") or one is expected[-1] else b"\n") for one in expected)
    must(done.out == bytes_out, args, "gave other bytes")


def check_provenance(scratch, zone, landed):
    done = read(scratch, zone, "--provenance")
    must(done.exit == 0, done.err)
    got = records_of(done.out)
    must([{k: v for k, v in r.items() if k != "_source"} for r in got] == [r for one in landed if not one.gone for r in one.records],
         "--provenance changed records")
    for record in got[:: max(1, len(got) // 500)]:
        source = record["_source"]
        if source["file"].endswith(".zst"):
            continue
        data = (zone / source["file"]).read_bytes()
        line = data[source["offset"]:].split(b"\n")[0]
        must(json.loads(line) == {k: v for k, v in record.items() if k != "_source"}, source, "is another record's place")
        must(data[: source["offset"]].count(b"\n") + 1 == source["line"], source, "is another line")


def check_tampering(scratch, zone, lines):
    """A changed byte anywhere: what was before comes out, nothing of that landing, and 65. Put back: all is well."""
    there = [line for line in lines if not line.get("gone")]
    for at in (0, len(there) // 2, len(there) - 1):
        path = zone / there[at]["path"]
        good = path.read_bytes()
        mode = path.stat().st_mode
        path.chmod(0o644)
        for where in (0, len(good) // 2, len(good) - 1):
            bad = bytearray(good)
            bad[where] ^= 1
            path.write_bytes(bad)
            done = read(scratch, zone)
            path.write_bytes(good)
            must(done.exit == 65, "a changed byte", where, "of", there[at]["path"], "was not seen:", done.exit, done.err)
            whole = read(scratch, zone).out
            before = sum(line["bytes"] for line in there[:at])
            must(whole.startswith(done.out) and before <= len(done.out) <= before + at, "of what was altered something came out")
        path.chmod(mode)


def main():
    options = arguments(__doc__)
    draw = rng(options, "reading")
    tap = Tap()
    with Scratch(options.bin) as scratch:
        zone = scratch.path / "landing"
        landed = land(scratch, draw, zone)
        with tap.case("all that landed comes out, in its order"):
            check_choice(scratch, zone, landed, [], landed)
        erase_and_prune(scratch, zone, landed)
        with tap.case("what was erased comes out where it stood, what was pruned does not"):
            check_choice(scratch, zone, landed, [], [one for one in landed if not one.gone])
            must("are gone" in read(scratch, zone).err, "nobody says that something is gone")
        lines = records_of(read(scratch, zone, "--list").out)
        with tap.case("--list tells of all, in the same order"):
            must([(line["source"], line["entity"], line["date"]) for line in lines] == [(o.source, o.entity, o.date) for o in landed],
                 "--list has another order")
            must([line.get("gone", False) for line in lines] == [one.gone for one in landed], "--list has other landings gone")
        with tap.case("by source, entity, day and last, in any combination"):
            for _ in range(300 if options.long else 40):
                args, choose = choices(draw)
                check_choice(scratch, zone, landed, args, choose(landed))
        with tap.case("by content, id and run"):
            for line, one in list(zip(lines, landed))[::7]:
                if one.gone:
                    continue
                for option, member in (("--sha256", "sha256"), ("--landing", "landing"), ("--of-run", "run")):
                    same = [o for o, other in zip(landed, lines) if other[member] == line[member] and not o.gone]
                    check_choice(scratch, zone, landed, [option, line[member].upper() if member != "run" else line[member]], same)
        with tap.case("by time of receipt"):
            middle = lines[LANDINGS // 2]["time"]
            for option, keep in (("--received-since", lambda t: t >= middle), ("--received-until", lambda t: t < middle)):
                check_choice(scratch, zone, landed, [option, middle],
                             [o for o, line in zip(landed, lines) if keep(line["time"]) and not o.gone])
        with tap.case("a span that nothing can be in is no span"):
            for words in ("--since 2025-11-06 --until 2025-11-05", "--received-since 2025-11-06 --received-until 2025-11-06",
                          "--received-since 2025-11-05T00:00:00.000001Z --received-until 2025-11-05T01:00:00+01:00"):
                done = read(scratch, zone, *words.split())
                must(done.exit == 64 and "in between" in done.err, words, done.exit, done.err)
        with tap.case("--provenance says where each record lies"):
            check_provenance(scratch, zone, landed)
        with tap.case("--output is no file of the zone"):
            manifest = (scratch.path / zone / "manifest.jsonl").read_bytes()
            os.symlink(scratch.path / zone / "manifest.jsonl", scratch.path / "link")
            for output in (f"{zone}/manifest.jsonl", f"{zone}/new", scratch.path / "link"):
                done = read(scratch, zone, "--output", output)
                must(done.exit == 64, output, done.exit, done.err)
            must((scratch.path / zone / "manifest.jsonl").read_bytes() == manifest, "the manifest is not as it was")
        with tap.case("an altered landing is not given out"):
            check_tampering(scratch, zone, lines)
        with tap.case("a chain that does not hold gives nothing"):
            manifest = zone / "manifest.jsonl"
            good = manifest.read_bytes()
            manifest.write_bytes(good.replace(b'"records":', b'"records" :', 1))
            done = read(scratch, zone)
            manifest.write_bytes(good)
            must(done.exit == 65 and not done.out and "landing-verify" in done.err, done.exit, done.err)
        with tap.case("a broken zone gives nothing"):
            (zone / ".tidegate" / "broken").write_bytes(b"")
            done = read(scratch, zone)
            (zone / ".tidegate" / "broken").unlink()
            must(done.exit == 74 and not done.out, done.exit, done.err)
    sys.exit(tap.end())


main()
