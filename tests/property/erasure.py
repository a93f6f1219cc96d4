#!/usr/bin/env python3
"""erasure: what landing-prune --erase leaves is the landing without the records, byte for byte, and what it took stands nowhere.

    tests/property/erasure.py --bin DIR [--seed N]
"""
import json
import pathlib
import random
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import Scratch, arguments  # noqa: E402
from tap import NotHere, Tap, must  # noqa: E402
from zones import Zone  # noqa: E402


class Bench:
    def __init__(self, options, scratch):
        self.bin, self.path, self.number = options.bin, scratch.path, 0

    def program(self, name, *args, good=True):
        run = subprocess.run([self.bin / name, "--run", "run.jsonl", *args], cwd=self.path, capture_output=True, text=True)
        must(not good or run.returncode == 0, name, run)
        return run

    def zone(self):
        self.number += 1
        return self.path / f"zone-{self.number}"

    def land(self, zone, content, *more, day="2025-11-05"):
        (self.path / "in.jsonl").write_bytes(content)
        run = self.program("landing-write", "--zone", zone, "--source", "acme", "--entity", "people", "--date", day, *more, "in.jsonl")
        return json.loads(run.stdout)

    def erase(self, zone, requests, *more, key="/id", good=True):
        (self.path / "requests").write_text("".join(json.dumps(r) + "\n" for r in requests))
        keys = ("--key", key) if key else ()
        run = self.program("landing-prune", "--zone", zone, "--entity", "people", *keys, "--erase", "requests", "--reason", "case 1",
                           *more, good=good)
        return [json.loads(line) for line in run.stdout.splitlines()], run

    def contents(self, zone):
        """What the landings that are there hold, in order; landing-verify agrees that this is all."""
        run = self.program("landing-verify", "--zone", zone)
        must(run.stdout == "", "landing-verify:", run)
        lines = Zone(zone).lines()[0]
        gone = {i for line in lines for i in [*line.get("landings", []), line.get("replaces")]}
        found = []
        for line in lines:
            if line["kind"] == "landing" and line["landing"] not in gone:
                data = (zone / line["path"]).read_bytes()
                if line.get("encoding"):
                    data = subprocess.run(["zstd", "-dc"], input=data, stdout=subprocess.PIPE, check=True).stdout
                found.append(data)
        return found

    def nowhere(self, zone, *texts):
        for path in [*zone.rglob("*"), self.path / "run.jsonl"]:
            data = path.read_bytes() if path.is_file() else b""
            must(not any(text.encode() in data for text in texts), "stands still in", path)


ODD = [b'{"id":7,"name":"Erased Person"}', b'{ "name" : "Erased \\u0050erson","id":7.0 }', b'{"id":70e-1,"x":1}\r', b'  {"id":7}\t',
       b'{"id":8,"n":1.0}', b'{"n":1E5,"id":8}\r', b'', b'  ', b'{"name":"no id"}', b'{"id":"7","name":"a string"}', b'{"id":null}', b'[7]', b'7',
       b'{"id":77}', b'{"\\u0069d":7,"y":2}']
GONE = {0, 1, 2, 3, 14}


def main():
    options = arguments(__doc__)
    tap, rng = Tap(), random.Random(options.seed)
    with Scratch(options.bin) as scratch:
        bench = Bench(options, scratch)
        packings = [(), ("--compress", "zstd")] if subprocess.run(["which", "zstd"], capture_output=True).returncode == 0 else [()]
        for packing in packings:
            with tap.case(f"what stays, stays byte for byte{', packed' if packing else ''}"):
                for last in (b"\n", b""):
                    picked = [rng.randrange(len(ODD)) for _ in range(60)] + [4, 0 if last else 5]
                    zone = bench.zone()
                    bench.land(zone, b"\n".join(ODD[i] for i in picked) + last, *packing)
                    said, run = bench.erase(zone, [{"id": 7}])
                    must(said[0]["result"] == "erased" and said[0]["records"] == sum(i in GONE for i in picked), "said", said)
                    whole = b"".join(ODD[i] + b"\n" for i in picked[:-1]) + ODD[picked[-1]] + last
                    pieces = whole.split(b"\n")
                    wanted = b"".join(p + (b"\n" if n < len(pieces) - 1 else b"") for n, p in enumerate(pieces)
                                      if n >= len(picked) or picked[n] not in GONE)
                    must(bench.contents(zone) == [wanted], "got", bench.contents(zone), "wanted", wanted)
                    bench.nowhere(zone, "Erased Person", "Erased \\\\u0050erson")
            with tap.case(f"lines over the blocks{', packed' if packing else ''}"):
                records = [json.dumps({"id": n % 1000, "t": "x" * rng.randrange(4000)}).encode() + b"\n" for n in range(2500)]
                zone = bench.zone()
                bench.land(zone, b"".join(records), *packing)
                said, _ = bench.erase(zone, [{"id": n} for n in (0, 17, 999)])
                must(said[0]["records"] == sum(n % 1000 in (0, 17, 999) for n in range(2500)), "said", said)
                must(bench.contents(zone) == [b"".join(r for n, r in enumerate(records) if n % 1000 not in (0, 17, 999))], "other content")
        if len(packings) == 1:
            with tap.case("packed landings"):
                raise NotHere("there is no zstd")
        with tap.case("again and again in one landing; the same content as another; nothing left"):
            zone = bench.zone()
            one, two, three = (b'{"id":%d}\n' % n for n in (1, 2, 3))
            bench.land(zone, one + two + three)
            bench.land(zone, one, day="2025-11-05")
            bench.erase(zone, [{"id": 3}])
            must(bench.contents(zone) == [one, one + two], "got", bench.contents(zone))
            said, _ = bench.erase(zone, [{"id": 2}])
            must(sorted(bench.contents(zone)) == [one, one], "got", bench.contents(zone))
            must(said[0]["new_path"].count("erased-") == 1, "the name grows:", said)
            said, _ = bench.erase(zone, [{"id": 1}])
            must([s.get("by") for s in said] == [None, None] and bench.contents(zone) == [], "said", said)
            said, run = bench.erase(zone, [{"id": 1}])
            must(said == [{"result": "not-found", "request": 1}] and "1 of 1 keys" in run.stderr, "said", said)
            for content in (one + two + three, one):
                must(bench.land(zone, content)["result"] == "duplicate", "it comes back")
        with tap.case("what is known of the origin stays known"):
            zone = bench.zone()
            bench.land(zone, b'{"id":1}\n{"id":2}\n', "--now", "2025-01-02T03:04:05Z")
            path = next(zone.rglob("*.meta.json"))
            before = json.loads(path.read_text())
            said, _ = bench.erase(zone, [{"id": 1}], "--now", "2025-06-07T08:09:10Z")
            after = json.loads((zone / (said[0]["new_path"] + ".meta.json")).read_text())
            changed = {name for name in {*before, *after} if before.get(name) != after.get(name)} - {"run"}
            must(changed == {"checksum", "bytes", "records", "landing", "replaces", "reason", "erased_at", "erased"}, "changed", changed)
            must(after["replaces"] == before["landing"] and after["erased"] == 1 and after["reason"] == "case 1", "after", after)
            line = Zone(zone).landings()[-1]
            must(line["time"] == after["received_at"] == "2025-01-02T03:04:05.000000Z" and line["erased_at"] == after["erased_at"], "line", line)
        with tap.case("only where it is asked for: entity, source, dry run"):
            zone = bench.zone()
            bench.land(zone, b'{"id":1}\n{"id":2}\n')
            before = sorted((str(p), p.stat().st_mtime_ns) for p in zone.rglob("*"))
            for more in (("--source", "other"), ("--dry-run",)):
                said, _ = bench.erase(zone, [{"id": 1}], *more)
                must(said[0]["result"] == ("not-found" if more[0] == "--source" else "erased"), "said", said)
                must(sorted((str(p), p.stat().st_mtime_ns) for p in zone.rglob("*")) == before, "it was changed by", more)
        with tap.case("one landing goes by its id, of whatever age and kind; what is gone is gone"):
            zone = bench.zone()
            bench.land(zone, b"id,name\n1,Ada\n")
            stays = b'{"id":1}\n'
            bench.land(zone, stays)
            gone = Zone(zone).landings()[0]["landing"]
            wish = ("--landing", gone, "--reason", "case 2")
            run = bench.program("landing-prune", "--zone", zone, "--dry-run", *wish)
            must('"dry_run":true' in run.stdout and len(bench.contents(zone)) == 2, "a dry run", run)
            run = bench.program("landing-prune", "--zone", zone, "--source", "other", *wish, good=False)
            must(run.returncode == 66 and len(bench.contents(zone)) == 2, "another's", run)
            said = json.loads(bench.program("landing-prune", "--zone", zone, *wish).stdout)
            must((said["result"], said["line"], said["landing"]) == ("pruned", 1, gone) and bench.contents(zone) == [stays], "said", said)
            must([line.get("reason") for line in Zone(zone).lines()[0] if line["kind"] == "prune"] == ["case 2"], "the reason")
            run = bench.program("landing-prune", "--zone", zone, "--nothing-status", "9", *wish, good=False)
            must(run.returncode == 9 and not run.stdout, "again", run)
        with tap.case("keys by the contract: normalized, in parts, and not to be missed"):
            contract = {"x-entity": "people", "x-key": ["/mail", "/shop/no"],
                        "properties": {"mail": {"type": "string", "x-normalize": "trim"}}}
            (scratch.path / "c.json").write_text(json.dumps(contract))
            zone = bench.zone()
            stays = b'{"mail":"a@b","shop":{"no":2}}\n'
            bench.land(zone, b'{"mail":" a@b ","shop":{"no":1}}\n' + stays)
            said, _ = bench.erase(zone, [{"mail": "a@b", "shop": {"no": 1.0}}], "--contract", "c.json", key=None)
            must(said[0]["records"] == 1 and bench.contents(zone) == [stays], "said", said)
            for wrong in ([{"mail": "a@b"}], [[]], []):
                _, run = bench.erase(zone, wrong, "--contract", "c.json", key=None, good=False)
                must(run.returncode == 65 and "a@b" not in run.stderr, "status", run)
            (scratch.path / "requests").write_text("{}\n")
            for args, status in ((["--erase", "requests", "--reason", "r"], 64), (["--erase", "requests", "--key", "/id", "--reason", "a\tb"], 64),
                                 (["--keep", "P1D", "--erase", "requests", "--reason", "r"], 64), (["--keep", "1d"], 64), ([], 64),
                                 (["--erase", "nothing", "--key", "/id", "--reason", "r"], 66)):
                run = bench.program("landing-prune", "--zone", zone, "--entity", "people", *args, good=False)
                must(run.returncode == status and run.stderr and not run.stdout, args, "gives", run)
            run = bench.program("landing-prune", "--zone", zone, "--keep", "P1D", good=False)
            must(run.returncode == 64 and "--entity" in run.stderr, "no entity:", run)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
