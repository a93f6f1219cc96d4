#!/usr/bin/env python3
"""day: files of two partners arrive over several runs of tidegate-pipelines(7)'s script: what landed, what was said, nothing lost or twice.

    tests/pipeline/day.py --bin build/tools [--long]

The script and the contract are read out of the page. The day: in order, out of order, resent, resent with other content, corrupt,
half written, still growing, zipped, sealed, with bad rows, in a damaged zip, forged, under names made to mislead. Then days in
which the script and all its pipeline are killed, and the next run finishes.
"""
import collections
import fcntl
import hashlib
import io
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "manual")]
from manual import MAN, sessions  # noqa: E402
from pgp_kit import Kit, need  # noqa: E402
from programs import arguments  # noqa: E402
from tap import Tap, must  # noqa: E402
from zones import Zone  # noqa: E402

DAY = "2025-11-05"


def of_the_page():
    """{name: content} of the files that a session of the page makes by `cat >NAME <<'END'`."""
    files = {}
    for command, _ in sessions(MAN / "tidegate-pipelines.7"):
        found = re.fullmatch(r"cat >(\S+) <<'END'\n(.*\n)END", command, re.S)
        if found:
            files[found.group(1)] = found.group(2)
    must({"land.sh", "orders.json"} <= set(files), "the page makes", list(files))
    return files


def rows(*ids):
    return b"id,total\n" + b"".join(b"%s,%d.50\n" % (i.encode(), n) for n, i in enumerate(ids, 1))


def zipped(content, *names):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names or ["orders.csv"]:
            archive.writestr(name, content)
    return out.getvalue()


def name_of(source, number, content, ending="", crc=None):
    return f"{source}_orders_{DAY}_seq-{number:05}_crc32-{zlib.crc32(content) if crc is None else crc:08x}.csv{ending}"


class Folder:
    """Where the script lives, all that has ever arrived in it, and what is to be seen there."""

    def __init__(self, kit, name, keys):
        self.kit, self.path, self.arrived, self.seen = kit, kit.path / name, [], 0
        for folder in ("in", "done", "bad", *(f"keys/{source}" for source in keys["pins"])):
            (self.path / folder).mkdir(parents=True)
        for source, key in keys["pins"].items():
            shutil.copy(key.public, self.path / "keys" / source / "key.pgp")
        shutil.copy(keys["ours"].secret, self.path / "our.key")
        for name, content in of_the_page().items():
            (self.path / name).write_text(content)
        self.env = {**kit.environment, "PATH": f"{kit.bin}:{os.environ['PATH']}"}

    def arrive(self, source, number, content, ending="", crc=None, old=True):
        return self.put(name_of(source, number, content, ending, crc), content, old)

    def put(self, name, content, old=True):
        path = self.path / "in" / name
        path.write_bytes(content)
        if old:
            os.utime(path, (time.time() - 600,) * 2)
        self.arrived.append(hashlib.sha256(content).hexdigest())
        return path

    def start(self):
        return subprocess.Popen(["sh", "./land.sh"], cwd=self.path, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, start_new_session=True)

    def run(self):
        """(status, messages) of the script; it prints nothing."""
        process = self.start()
        out, err = process.communicate(timeout=60)
        must(not out, "the script prints", out)
        return process.returncode, err.decode(errors="backslashreplace")

    def names(self, folder):
        """{(source, number)} of what lies there."""
        found = [re.match(r"(\w+?)_orders_.*_seq-(\d+)_", p.name) for p in (self.path / folder).iterdir()]
        return sorted((m.group(1), int(m.group(2))) for m in found if m)

    def lines(self, name):
        path = self.path / name
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def receipts(self):
        """What the pipelines of the last run said: (result, status, source)."""
        lines = self.lines("receipts.jsonl")
        fresh, self.seen = lines[self.seen:], len(lines)
        return [(line["result"], line["status"], line.get("source")) for line in fresh]

    def landed(self):
        """{source: [ids, in the order in which they landed]}."""
        zone, ids = Zone(self.path / "zone"), collections.defaultdict(list)
        for landing in zone.landings():
            for line in (zone.path / landing["path"]).read_text().splitlines():
                ids[landing["source"]].append(json.loads(line)["id"])
        return dict(ids)

    def rejects(self):
        return [(line["tool"], line["code"]) for line in self.lines("rejects.jsonl")]

    def whole(self):
        """Each file that came is in one of the folders, once, as it came."""
        there = [hashlib.sha256(p.read_bytes()).hexdigest() for folder in ("in", "done", "bad") for p in (self.path / folder).iterdir()]
        must(sorted(there) == sorted(self.arrived), "came", len(self.arrived), "files, and there are", len(there))

    def verified(self, *options):
        run = subprocess.run([self.kit.bin / "landing-verify", "-z", "zone", *options], cwd=self.path, env=self.env, capture_output=True, text=True)
        must(run.returncode == 0 and not run.stdout + run.stderr, "landing-verify:", run.returncode, run.stdout, run.stderr)


def expect(folder, got, status, **wanted):
    """The status of a run, and what must be there after it."""
    code, err = got
    must(code == status, f"the script ends {code}, wanted {status}:\n{err}")
    has = {"receipts": folder.receipts, "landed": folder.landed, "rejects": folder.rejects}
    for what, want in wanted.items():
        value = has[what]() if what in has else err if what == "says" else folder.names({"waits": "in"}.get(what, what))
        if what == "says":
            must(all(word in err for word in want) and (want or not err), "the messages are:\n" + err)
        else:
            must(value == want, f"{what}:\n{value}\nwanted\n{want}\n{err}")
    folder.whole()


def keys_of(kit):
    return {"ours": kit.gpg_key("ours"), "pins": {"acme": kit.gpg_key("acme", encrypt=None), "borea": kit.gpg_key("borea", encrypt=None)}}


def sealed(kit, keys, content, by):
    sign = ["-u", keys["pins"][by].fpr, "--sign"] if by else []
    return kit.gpg("-r", keys["ours"].fpr, *sign, "--encrypt", stdin=content)


def a_dozen(tap):
    """Issue or not, nobody reads a cron script of two pages."""
    lines = of_the_page()["land.sh"].splitlines()
    tap.check(len(lines) <= 17 and max(map(len, lines)) <= 100, "the script is a dozen lines and the frame of a loop", len(lines), max(map(len, lines)))


def a_day(tap, kit, keys):
    folder = Folder(kit, "day", keys)
    ok = ("landed", "ok")
    growing = rows("a10", "a11")

    with tap.case("first run: in order, zipped, sealed and with a bad row; what is out of order waits, what is half written is left"):
        first = folder.arrive("acme", 1, rows("a1", "a2"))
        folder.arrive("acme", 2, rows("a3") + b"a4,-4\na5,x\n")
        fourth = folder.arrive("acme", 4, rows("a8", "a9"))
        half = folder.put(name_of("acme", 5, growing) + ".part", growing[:10])
        folder.arrive("borea", 1, zipped(rows("b1", "b2")), ".zip")
        folder.arrive("borea", 2, sealed(kit, keys, rows("b3"), "borea"), ".pgp")
        expect(folder, folder.run(), 75, receipts=[(*ok, "acme")] * 2 + [(*ok, "borea")] * 2,
               landed={"acme": ["a1", "a2", "a3"], "borea": ["b1", "b2", "b3"]}, waits=[("acme", 4), ("acme", 5)],
               done=[("acme", 1), ("acme", 2), ("borea", 1), ("borea", 2)], bad=[],
               rejects=[("csv2json", "csv-type"), ("validate", "schema")] if folder.rejects()[0][0] == "csv2json" else
               [("validate", "schema"), ("csv2json", "csv-type")], says=["left for later"])
        must(fourth.exists() and half.exists(), "a file that waits is moved")
        metas = [json.loads(p.read_text()) for p in (folder.path / "zone").rglob("*.meta.json")]
        must([m["pgp_fingerprint"] for m in metas if m.get("pgp_fingerprint")] == [keys["pins"]["borea"].fpr], "who signed is not in the sidecar")
        run = subprocess.run([kit.bin / "landing-verify", "-z", "zone", "--head"], cwd=folder.path, env=folder.env, capture_output=True)
        (kit.path / "anchor").write_bytes(run.stdout)

    with tap.case("second run: resent, in conflict, corrupt, in a damaged zip; what is behind a bad file waits, and nothing else does"):
        folder.arrive("acme", 1, rows("a1", "a2"))
        folder.arrive("acme", 2, rows("a3", "other"))
        third = name_of("acme", 3, rows("a6", "a7"))
        folder.put(third, rows("a6", "a"))
        cut = bytearray(zipped(rows("b4", "b5")))
        cut[45] ^= 0x10
        folder.arrive("borea", 3, bytes(cut), ".zip")
        folder.arrive("borea", 4, sealed(kit, keys, rows("b6"), None), ".pgp")
        outside = folder.put("x\nreject\t-\tland.sh", b"1")
        before = len(folder.rejects())
        got = folder.run()
        must(sorted(folder.rejects()[before:]) == [("name-check", "name"), ("name-check", "name-crc32"), ("name-check", "seq-conflict")],
             "the reject file has", folder.rejects()[before:])
        expect(folder, got, 75, landed={"acme": ["a1", "a2", "a3"], "borea": ["b1", "b2", "b3"]},
               waits=[("acme", 4), ("acme", 5), ("borea", 4)], bad=[("acme", 2), ("acme", 3), ("borea", 3)], says=["is refused"])
        receipts = folder.receipts()
        must(receipts == [("refused", "data", "borea"), ("refused", "try-again", None)], "receipts:", receipts)
        must([line["source_file"][:33] for line in folder.lines("receipts.jsonl")[-2:]] == [f"borea_orders_{DAY}_seq-0000{n}" for n in (3, 4)],
             "a receipt does not say which file it is about:", folder.lines("receipts.jsonl")[-2:])
        must((folder.path / "land.sh").exists() and (folder.path / "bad" / outside.name).exists(), "a name with a line end has another file moved")

    with tap.case("third run: the right files come under the names of wrong ones; a forged one is refused, one that grows waits"):
        folder.put(third, rows("a6", "a7"))
        folder.arrive("borea", 3, zipped(rows("b4", "b5")), ".zip")
        half.unlink()
        folder.arrived.remove(hashlib.sha256(growing[:10]).hexdigest())
        folder.arrive("acme", 5, growing, old=False)
        expect(folder, folder.run(), 77, receipts=[(*ok, "acme"), (*ok, "acme"), (*ok, "borea"), ("refused", "refused", "borea")],
               landed={"acme": ["a1", "a2", "a3", "a6", "a7", "a8", "a9"], "borea": ["b1", "b2", "b3", "b4", "b5"]},
               waits=[("acme", 5)], bad=[("acme", 2), ("acme", 3), ("borea", 3), ("borea", 4)], says=["nobody has signed it", "still being written", "borea_orders_2025-11-05_seq-00004", "has not landed: 77"])

    with tap.case("fourth run: one partner's key is no pin for another's file; records that had landed are dropped"):
        os.utime(folder.path / "in" / name_of("acme", 5, growing), (time.time() - 600,) * 2)
        folder.arrive("borea", 4, sealed(kit, keys, rows("b6", "b1"), "acme"), ".pgp")
        link = folder.path / "in" / name_of("acme", 7, (folder.path / "orders.json").read_bytes())
        link.symlink_to("../orders.json")
        folder.arrived.append(hashlib.sha256(link.read_bytes()).hexdigest())
        folder.arrive("acme", 6, sealed(kit, keys, rows("a1", "a12"), "acme"), ".pgp")
        expect(folder, folder.run(), 77, receipts=[(*ok, "acme"), (*ok, "acme"), ("refused", "refused", "borea")], waits=[],
               bad=[("acme", 2), ("acme", 3), ("acme", 7), ("borea", 3), ("borea", 4), ("borea", 4)], says=["none of the keys"])
        must(folder.rejects()[-1] == ("name-check", "no-file"), "the symbolic link is rejected as", folder.rejects()[-1])

    with tap.case("a run that finds another one busy leaves all as it is"):
        lock = os.open(folder.path / "in", os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiting = folder.arrive("borea", 7, rows("b7"))
        expect(folder, folder.run(), 75, receipts=[], waits=[("borea", 7)], says=[])
        os.close(lock)
        folder.arrived.remove(hashlib.sha256(waiting.read_bytes()).hexdigest())
        waiting.unlink()

    with tap.case("last run: all is ashore, each record once and in order; the night finds all well"):
        folder.arrive("borea", 4, sealed(kit, keys, rows("b6"), "borea"), ".pgp")
        expect(folder, folder.run(), 0, receipts=[(*ok, "borea")], waits=[], says=[],
               landed={"acme": [f"a{n}" for n in (1, 2, 3, 6, 7, 8, 9, 10, 11, 12)], "borea": [f"b{n}" for n in range(1, 7)]})
        expect(folder, folder.run(), 0, receipts=[], waits=[], says=[])
        folder.verified("--expect", str(kit.path / "anchor"))
        folder.verified("--resume", "mark")
        must(first.name in {p.name for p in (folder.path / "done").iterdir()}, "the first file is not where it should be")


    with tap.case("what else the page says is refused keeps its number free: all rows bad, two files in a zip, an entry that leads out"):
        bad = [("acme", 2), ("acme", 3), ("acme", 7), ("borea", 3), ("borea", 4), ("borea", 4)]
        tries = ((1, b"id,total\nb8,-1\n", ""), (65, zipped(rows("b8"), "a.csv", "b.csv"), ".zip"), (77, zipped(rows("b8"), "../b.csv"), ".zip"))
        for status, content, ending in tries:
            folder.arrive("borea", 5, content, ending)
            bad.append(("borea", 5))
            got = folder.run()
            receipts = folder.receipts()
            must([r[0] for r in receipts] == ["refused"] and folder.lines("receipts.jsonl")[-1]["rejected"] == (status == 1), "receipts:", receipts)
            expect(folder, got, status, waits=[], bad=bad, says=["_seq-00005_", f"has not landed: {status}"])
        folder.arrive("borea", 5, zipped(rows("b8")), ".zip")
        expect(folder, folder.run(), 0, receipts=[(*ok, "borea")], waits=[], says=[])
        folder.verified()


# When the group is killed: what has just been seen to have happened.
MOMENTS = {
    "there is a key home": lambda f: any(f.kit.tmp.iterdir()),
    "the list is there": lambda f: (f.path / "todo").exists(),
    "something has landed": lambda f: (f.path / "zone" / "manifest.jsonl").exists(),
    "a receipt is there": lambda f: (f.path / "receipts.jsonl").exists() and (f.path / "receipts.jsonl").stat().st_size,
    "a file is done": lambda f: f.names("done"),
    "two files are done": lambda f: len(f.names("done")) > 1,
    "three files are done": lambda f: len(f.names("done")) > 2,
}


def killed(kit, keys, name, moment, pause, message, alone=False):
    """A day's files; the script is killed at that moment and so much later, alone or with its pipeline; then it runs until all is done."""
    folder = Folder(kit, name, keys)
    folder.arrive("acme", 1, rows("a1", "a2"))
    folder.arrive("acme", 2, rows("a3") + b"a4,-4\n")
    folder.arrive("acme", 3, zipped(rows("a5")), ".zip")
    folder.arrive("acme", 9, b"no", crc=1)
    folder.arrive("borea", 1, rows("b1"))
    folder.arrive("borea", 2, message, ".pgp")
    process = folder.start()
    while not moment(folder) and process.poll() is None:
        time.sleep(0.002)
    time.sleep(pause)
    early = process.poll() is None
    (os.kill if alone else os.killpg)(process.pid, signal.SIGKILL)
    process.wait()
    folder.whole()
    if (folder.path / "zone").exists():
        Zone(folder.path / "zone").check("after the kill")
    for _ in range(100 if alone else 3):
        status, err = folder.run()
        if status == 0:
            break
        must(status in (1, 75), f"the run behind the kill ends {status}:\n{err}")
        if not err:  # a pipeline that lives on has the lock
            time.sleep(0.05)
    process.communicate()
    must(status == 0, f"it does not get there, {status}:\n{err}")
    folder.whole()
    must(folder.landed() == {"acme": ["a1", "a2", "a3", "a5"], "borea": ["b1", "b2", "b3"]}, "landed", folder.landed())
    must(not folder.names("in") and folder.names("bad") == [("acme", 9)], "left:", folder.names("in"), "bad:", folder.names("bad"))
    must({("validate", "schema"), ("name-check", "name-crc32")} == set(folder.rejects()), "rejects:", folder.rejects())
    folder.verified()
    shutil.rmtree(folder.path)
    return early


def main():
    options = arguments(__doc__.splitlines()[0])
    tap = Tap()
    with tap.case("what it takes is here"):
        for program in ("gpg", "flock"):
            need(program)
        with Kit(options.bin) as kit:
            keys = keys_of(kit)
            a_dozen(tap)
            a_day(tap, kit, keys)
            message = sealed(kit, keys, rows("b2", "b3"), "borea")
            rng, early = random.Random(options.seed), 0
            for at, (when, moment) in enumerate(MOMENTS.items()):
                with tap.case(f"killed when {when}: the next run finishes, and all is there once"):
                    for n in range(10 if options.long else 1):
                        early += killed(kit, keys, f"killed-{at}-{n}", moment, rng.random() * 0.05 * (n > 0), message)
            for when in ("the list is there", "a file is done"):
                with tap.case(f"the script alone killed when {when}: its pipeline keeps the lock, and the next run finishes"):
                    killed(kit, keys, "alone", MOMENTS[when], 0, message, alone=True)
            tap.check(early >= len(MOMENTS) // 2, "the kills came in time", early)
            for left in kit.tmp.iterdir():
                print("# left in TMPDIR:", left.name)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
