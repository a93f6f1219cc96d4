#!/usr/bin/env python3
"""names: what name-check takes, leaves and refuses, in lists and one by one, and what a sink learns of it."""
import gzip
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from postgres import Postgres  # noqa: E402
from programs import NotHere, Tap, arguments, clean_environment, must  # noqa: E402
from zones import Zone  # noqa: E402

USUAL = "{source}_{entity}_{date:%Y-%m-%d}_seq-{seq:5}_crc32-{crc32}.csv"
NOW = "2025-11-06T12:00:00Z"


def csv(*values):
    return b"id\n" + b"".join(b"%s\n" % str(v).encode() for v in values)


def name(number, content, source="acme", entity="orders", date="2025-11-05", width=5, crc=None, end=".csv"):
    return f"{source}_{entity}_{date}_seq-{number:0{width}}_crc32-{zlib.crc32(content) if crc is None else crc:08X}{end}"


class Inbox:
    """A folder with a contract and files, and lines of bash in it."""

    def __init__(self, options, contract=USUAL, **more):
        self.folder = tempfile.TemporaryDirectory(prefix="tidegate-test-")
        self.path = pathlib.Path(self.folder.name)
        (self.path / "in").mkdir()
        self.contract(contract, **more)
        self.environment = clean_environment()
        self.environment["PATH"] = f"{options.bin}:{self.environment['PATH']}"
        self.state = "s.db"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def contract(self, x_name, **more):
        (self.path / "c.json").write_text(json.dumps({"x-name": x_name, **more}))

    def file(self, number, content, **how):
        path = self.path / "in" / name(number, content, **how)
        path.write_bytes(content)
        return f"in/{path.name}"

    def sh(self, line, stdin=None):
        """In a session of its own, as cron has it: a stage of the session that has just failed counts in a pipeline that nobody vouches for."""
        return subprocess.run(["bash", "-c", line], cwd=self.path, env=self.environment, capture_output=True, timeout=60, start_new_session=True,
                              **({"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}))

    def list(self, more="in", status=0, stdin=None):
        """({base name: line}, {base name: code of its reject}, stderr)"""
        rejects = self.path / "r.jsonl"
        rejects.unlink(missing_ok=True)
        run = self.sh(f"name-check -c c.json --state '{self.state}' --now {NOW} -r r.jsonl --max-rejects 100% --all {more}", stdin)
        must(run.returncode == status, more, "ended", run.returncode, run.stderr)
        told = [json.loads(line) for line in run.stdout.splitlines()]
        kept = [json.loads(line) for line in rejects.read_bytes().splitlines()] if rejects.exists() else []
        self.order = [os.path.basename(line["path"]) for line in told]
        return {os.path.basename(t["path"]): t for t in told}, {r["at"].get("file"): r["code"] for r in kept}, run.stderr.decode()

    def take(self, file, more="", status=0, result="landed", between="csv2json |", state=True, said=""):
        state = f"--state '{self.state}'" if state else ""
        run = self.sh(f"name-check -c c.json {state} --now {NOW} --take {more} {file} | {between} landing-write --zone zone --run run.log")
        receipt = json.loads(run.stdout) if run.stdout else {}
        must(run.returncode == status and (status or receipt["result"] == result), file, more, "ended", run.returncode, receipt, run.stderr)
        must(said in run.stderr.decode(), file, f"no {said!r} in", run.stderr)
        return receipt

    def landed(self):
        return [line["path"].rpartition("seq-")[2][:5] for line in Zone(self.path / "zone").landings()]


def verdicts(tap, options):
    with tap.case("a list: each verdict, and the order"), Inbox(options) as box:
        for number in (3, 2, 1, 5):
            box.file(number, csv(number))
        late, zed = box.file(7, csv(7), entity="zeta"), box.file(8, csv(8), source="zz")
        bad = box.file(4, csv(4), crc=zlib.crc32(csv(4)) ^ 1)
        for base in (".x.csv", "x.csv.tmp", "X.PART"):
            (box.path / "in" / base).write_bytes(b"")
        (box.path / "in" / "below").mkdir()
        os.symlink("../c.json", box.path / "in" / name(9, b""))
        told, rejects, err = box.list(status=75)
        names = [name(n, csv(n)) for n in (1, 2, 3)]
        must([b for b in box.order if told[b]["verdict"] == "take"] == [*names, os.path.basename(late), os.path.basename(zed)], "the order is", box.order)
        must(told[name(5, csv(5))]["code"] == "gap" and "00004" in told[name(5, csv(5))]["reason"], told[name(5, csv(5))])
        must(sum(t["verdict"] == "ignore" for t in told.values()) == 3, told)
        must(rejects == {os.path.basename(bad): "name-crc32", name(9, b""): "no-file"}, rejects)
        must("00004 has not come" in err and "1 file waits" in err, err)
        one = told[names[0]]
        must({k: one[k] for k in ("source", "entity", "date", "seq", "bytes", "crc32")}
             == {"source": "acme", "entity": "orders", "date": "2025-11-05", "seq": 1, "bytes": len(csv(1)), "crc32": f"{zlib.crc32(csv(1)):08x}"}, one)
    with tap.case("a list of nothing, of what is not there, of lines that name no file"), Inbox(options) as box:
        box.list()
        run = box.sh("name-check -c c.json in/nothing")
        must(run.returncode == 66 and b"in/nothing" in run.stderr, run)
        lines = b'{"path":"in/gone_x_2025-11-05_seq-00001_crc32-00000000.csv"}\n{"file":"x"}\n{"path":7}\n\n{"path":""}\n{"path":"in/"}\nx\n'
        told, rejects, _ = box.list("", stdin=lines)
        must(not told and sorted(json.loads(line)["code"] for line in (box.path / "r.jsonl").read_text().splitlines())
             == ["json", "missing-key", "missing-key", "name", "name", "no-file"], (box.path / "r.jsonl").read_text())
    with tap.case("names that are bytes"), Inbox(options) as box:
        for base in (b"a\xff.csv", b"a\nb.csv", b"-x.csv", "ä_b.csv".encode()):
            (pathlib.Path(os.fsdecode(os.fsencode(box.path) + b"/in/" + base))).write_bytes(b"")
        _, rejects, err = box.list()
        must(sorted(rejects.values()) == ["encoding", "name", "name", "name"], rejects)
        must("\xff" not in err and "\x1b" not in err, err)
        box.contract({"template": "{source}_{what}.csv"})
        told, _, _ = box.list()
        must(told["ä_b.csv"]["source"] == "ä" and told["ä_b.csv"]["fields"] == {"what": "b"}, told)
    with tap.case("whose files these are"), Inbox(options, **{"x-source": "acme"}) as box:
        box.file(1, csv(1)), box.file(1, csv(2), source="bolt")
        _, rejects, _ = box.list()
        must(rejects == {name(1, csv(2), source="bolt"): "name"}, rejects)
        _, rejects, _ = box.list("--source bolt in")
        must(rejects == {name(1, csv(1)): "name"}, rejects)
    with tap.case("days"), Inbox(options, {"template": USUAL, "zone": "Pacific/Auckland"}) as box:
        for number, date in ((1, "2025-11-08"), (2, "2025-11-09"), (3, "2025-11-07"), (4, "2024-01-01")):
            box.file(number, csv(number), date=date)
        told, rejects, err = box.list("--on-gap warn in")  # at noon UTC it is the seventh there already
        must(list(rejects.values()) == ["name-date"] and name(2, csv(2), date="2025-11-09") in rejects, rejects)
        must("earlier day" in err, err)
        _, rejects, _ = box.list("--on-gap warn --oldest 30d in")
        must(len(rejects) == 2, rejects)
        must(box.sh("name-check -c c.json --oldest tomorrow in").returncode == 64, "a word for a day")


def sequences(tap, options):
    with tap.case("gaps, by what is wanted; late and conflicting numbers"), Inbox(options) as box:
        files = {n: box.file(n, csv(n)) for n in (7, 8, 10)}
        box.take(files[8], "--first 7", status=75, said="00007 has not come")
        box.take(files[7])
        box.take(files[10], status=75, said="00008 has not come")
        box.take(files[10], "--on-gap reject", status=65)
        box.take(files[8])
        box.take(files[10], "--on-gap warn")
        nine = box.file(9, csv(9))
        box.take(nine, status=65, said="higher numbers")
        must(box.list()[1] == {os.path.basename(nine): "seq-late"}, "a late one in a list")
        box.take(nine, "--on-gap warn")
        box.take(box.file(11, csv(11)))
        other = box.file(8, csv(88))
        box.take(other, status=65, said="other content")
        must(box.list()[1] == {os.path.basename(other): "seq-conflict"}, "a conflict in a list")
        must(box.landed() == ["00007", "00008", "00010", "00009", "00011"], box.landed())
    with tap.case("a file that has landed passes, and nothing of it lands again"), Inbox(options) as box:
        file = box.file(7, csv(1, 2))
        first = box.take(file)
        for between in ("csv2json |", "csv2json | dedupe -s k.db |", "csv2json | jq -c . |", ""):
            if "jq" in between:
                continue
            again = box.take(file, between=between, result="duplicate")
            must(again["source"] == "acme" and again["entity"] == "orders" and "path" not in again, again)
        sidecar = json.loads(pathlib.Path(first["path"] + ".meta.json").read_bytes())
        must(sidecar["seq"] == 7 and sidecar["source_crc32"] == f"{zlib.crc32(csv(1, 2)):08x}" and sidecar["source_file"] == os.path.basename(file), sidecar)
        must(box.landed() == ["00007"] and first["path"].endswith(f"-{os.path.basename(file)[:-4]}.jsonl"), first)
    with tap.case("what is left of a file may be nothing: it has come all the same"), Inbox(options) as box:
        seven = box.file(7, csv(1, 2))
        box.take(seven, between="csv2json | dedupe -s s.db |")
        must(not box.sh("dedupe -s s.db --files in/*").stdout, "dedupe does not know the partner's file")
        box.take(box.file(8, csv(2, 1)), between="csv2json | dedupe -s s.db |", result="nothing")
        box.take(box.file(9, b""), between="", result="nothing")
        box.take(box.file(10, csv(3)), between="csv2json | dedupe -s s.db |")
        must(set(t["verdict"] for t in box.list()[0].values()) == {"duplicate"}, box.list()[0])
    with tap.case("a failure anywhere, and the file is to be taken again"), Inbox(options) as box:
        file = box.file(7, csv(1))
        box.take(file, between="csv2json | validate -c no.json |", status=78, said="no.json")
        run = box.sh(f"name-check -c c.json --state s.db --now {NOW} --take {file} | csv2json | head -c 1 | landing-write --zone zone")
        must(run.returncode in (65, 78), "cut short, with csv2json at its end before or behind that:", run)
        run = box.sh(f"name-check -c c.json --state s.db --take {file} >/dev/full")
        must(run.returncode == 74, run)
        must(box.list()[0][os.path.basename(file)]["verdict"] == "take", "it is not")
        box.take(file)
    with tap.case("rollover"), Inbox(options, {"template": USUAL.replace("seq:5", "seq:1"), "rollover": 1}) as box:
        for turn, number in enumerate([8, 9, 1, 2]):
            box.take(box.file(number, csv(turn), width=1))
        box.take(box.file(9, csv("x"), width=1), status=65, said="other content")
        box.take(box.file(5, csv("x"), width=1), status=75, said="3 has not come")
    with tap.case("two that share a number, and neither has landed"), Inbox(options) as box:
        a, b, c = box.file(7, csv(1)), box.file(7, csv(2)), box.file(8, csv(3))
        told, rejects, _ = box.list("--first 7 in", status=75)
        must(set(rejects.values()) == {"seq-conflict"} and len(rejects) == 2 and told[os.path.basename(c)]["verdict"] == "wait", told, rejects)
        os.unlink(box.path / b)
        must([t["verdict"] for t in box.list("--first 7 in")[0].values()] == ["take", "take"], a)
    with tap.case("without numbers the content tells"), Inbox(options, "{source}_{entity}.csv") as box:
        for base, content in (("acme_a.csv", b"1\n"), ("acme_b.csv", b"1\n")):
            (box.path / "in" / base).write_bytes(content)
        box.take("in/acme_a.csv", between="")
        box.take("in/acme_a.csv", between="", result="duplicate")
        box.take("in/acme_b.csv", between="")  # of another entity
        (box.path / "in" / "acme_a.csv").write_bytes(b"2\n")
        box.take("in/acme_a.csv", between="")
    with tap.case("numbers in PostgreSQL"), Postgres() as server, Inbox(options) as box:
        server.sql("create schema names")
        box.state = server.url("names")
        files = [box.file(n, csv(n)) for n in (1, 2, 4)]
        box.take(files[0]), box.take(files[1]), box.take(files[2], status=75)
        must([t["verdict"] for t in box.list(status=75)[0].values()] == ["duplicate", "duplicate", "wait"], box.list(status=75)[0])


def one_by_one(tap, options):
    with tap.case("a file that is not what its name says"), Inbox(options) as box:
        cksum = box.path / "in" / name(7, csv(1), crc=int(subprocess.run(["cksum"], input=csv(1), capture_output=True, check=True).stdout.split()[0]))
        cksum.write_bytes(csv(1))
        box.take(f"in/{cksum.name}", status=65, said="cksum")
        turned = box.file(7, csv(1), crc=int.from_bytes(zlib.crc32(csv(1)).to_bytes(4, "little"), "big"))
        box.take(turned, status=65, said="wrong order")
        box.take(box.file(7, csv(1), end=".CSV"), status=65, said="does not fit")
        box.take(box.file(7, csv(1), date="2025-02-29"), status=65, said="there is not")
        box.take(box.file(7, csv(1), end=".csv.part"), status=75, said="still being written")
        os.symlink(box.path / turned, box.path / "in" / name(9, csv(1)))
        box.take(f"in/{name(9, csv(1))}", status=65, said="no regular file")
        os.mkfifo(box.path / "in" / name(8, csv(1)))
        box.take(f"in/{name(8, csv(1))}", status=65, said="no regular file")
        os.unlink(box.path / "in" / name(8, csv(1)))
        must(not (box.path / "zone/manifest.jsonl").exists(), "something has landed")
        box.take("", status=64, said="no name")
        good = box.file(7, csv(1))
        must(box.sh(f"cat {good} | name-check -c c.json --take").returncode == 64, "a pipe has no name")
        box.take(f"<{good}", state=False)
        box.take(f"<{good}", "--source acme", state=False, result="duplicate")
        must(box.sh(f"name-check -c c.json --take {good} {good}").returncode == 64, "two files")
        for words in ("--take --all", "--take --paths", "--all --paths", "--first 100000", "--first x", "-"):
            must(box.sh(f"name-check -c c.json {words} {good}").returncode == 64, words)
        must(box.sh(f"name-check --take {good}").returncode == 64, "no contract")
    with tap.case("files that are still being written"), Inbox(options) as box:
        small = box.file(7, csv(1))
        box.take(small, "--settle 1h", status=75)
        run = box.sh(f"name-check -c c.json --settle 1h {small}")
        must(run.returncode == 75 and not run.stdout and b"still being written" in run.stderr, run)
        content = b"x" * (8 << 20)
        big = box.file(8, content)
        for change in ("grow", "touch"):
            process = subprocess.Popen(["name-check", "-c", "c.json", "--now", NOW, "--take", big], cwd=box.path, env=box.environment,
                                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            must(process.stdout.read(1) == b"x", "it does not begin")
            if change == "grow":
                with open(box.path / big, "ab") as out:
                    out.write(b"x")
            else:
                os.utime(box.path / big, (1, 1))
            out, err = process.communicate(timeout=60)
            must(process.returncode == 75 and b"still being written" in err, change, process.returncode, err)
            (box.path / big).write_bytes(content)
    with tap.case("the CRC of the content, behind what opens the file"):
        if not shutil.which("archive-open", path=f"{options.bin}"):
            raise NotHere("there is no archive-open")
        with Inbox(options, {"template": USUAL + ".gz", "crc32_of": "content"}) as box:
            content = csv(1, 2)
            base = name(7, content, end=".csv.gz")
            (box.path / "in" / base).write_bytes(gzip.compress(content, mtime=0))
            told, _, _ = box.list()
            must(told[base]["verdict"] == "take", told)
            line = f"archive-open in/{base} | name-check -c c.json --state s.db --now {NOW} --take | csv2json | landing-write --zone zone"
            run = box.sh(line)
            must(run.returncode == 0 and json.loads(run.stdout)["result"] == "landed", run)
            must(box.landed() == ["00007"], "landed under another name")
            must(json.loads(box.sh(line).stdout)["result"] == "duplicate", "again")
            run = box.sh(f"name-check -c c.json --now {NOW} --take in/{base} | landing-write --zone zone")
            must(run.returncode == 65 and b"crc32_of" in run.stderr, run)
            bad = name(8, b"other", end=".csv.gz")
            (box.path / "in" / bad).write_bytes(gzip.compress(content, mtime=0))
            run = box.sh(f"archive-open in/{bad} | name-check -c c.json --state s.db --now {NOW} --take | csv2json | landing-write --zone zone")
            must(run.returncode == 65 and b"crc32_of" not in run.stderr and b"another content" in run.stderr, run)
    with tap.case("what is wrong in x-name"), Inbox(options) as box:
        for x_name, said in ((7, "must be a template"), ({}, "has no template"), ({"template": "{a}{b}"}, "two ways"), ({"template": "{a}", "valeus": {}}, "did you mean values"),
                             ({"template": "{a}", "zone": "Europe/Atlantis"}, "time zone"), ({"template": "{a}", "crc32_of": "file"}, "as-named"),
                             ({"template": "{a}", "rollover": 1}, "no {seq}"), ({"template": "{seq}", "rollover": 1}, "no width"), ({"template": "{seq:2}", "first": 100}, "cannot hold"),
                             ({"template": "{a}", "values": {"b": ["x"]}}, "no such field"), ({"template": "{a}", "crc32_of": "content"}, "no {crc32}")):
            box.contract(x_name)
            run = box.sh("name-check -c c.json in")
            must(run.returncode == 78 and said in run.stderr.decode() and b"c.json:1:" in run.stderr, x_name, run)
        (box.path / "c.json").write_text("{}")
        must(box.sh("name-check -c c.json in").returncode == 78, "no x-name")


def moved(tap, options):
    def there(box, folder):
        return sorted(p.name for p in (box.path / folder).iterdir())

    with tap.case("what has landed and what is rejected leaves the folder, and nothing else does"), Inbox(options) as box:
        for folder in ("done", "bad"):
            (box.path / folder).mkdir()
        landed, new, gap = box.file(7, csv(1)), box.file(8, csv(2)), box.file(11, csv(5))
        box.take(landed)
        twin = box.path / "in" / name(8, csv(2), date="2025-11-04")  # the same number and content, and neither has landed
        twin.write_bytes(csv(2))
        wrong, odd, link = box.file(9, csv(3), crc=1), box.path / "in" / "a\nb", box.path / "in" / "link"
        odd.write_bytes(b"odd")
        link.symlink_to("../c.json")
        (box.path / "in" / "below").mkdir()
        (box.path / "in" / "x.part").write_bytes(b"half")
        (box.path / "bad" / os.path.basename(wrong)).write_bytes(b"an older one")
        stays = sorted(["below", "x.part", *map(os.path.basename, (new, gap, twin))])
        run = box.sh(f"name-check -c c.json -s s.db --now {NOW} -r r.jsonl --done done --bad bad --paths in")
        must(run.returncode == 75 and run.stdout.decode().split() == [min(new, f"in/{twin.name}")], run)
        must(there(box, "in") == stays, "what stays is", there(box, "in"))
        must(there(box, "done") == [os.path.basename(landed)], "done:", there(box, "done"))
        must(there(box, "bad") == sorted(["a\nb", "link", os.path.basename(wrong), os.path.basename(wrong) + ".1"]), "bad:", there(box, "bad"))
        must((box.path / "bad" / os.path.basename(wrong)).read_bytes() == b"an older one" and (box.path / "bad" / "link").is_symlink(), "overwritten")
        codes = sorted(json.loads(line)["code"] for line in (box.path / "r.jsonl").read_text().splitlines())
        must(codes == ["name", "name", "name-crc32"], codes)
    with tap.case("what --done and --bad ask for"), Inbox(options) as box:
        box.file(7, csv(1), crc=1)
        os.mkdir(box.path / "bad")
        for words, status, said in (("--bad bad in", 64, "--rejects"), ("-r r.jsonl --bad in in", 64, "is the folder"), ("--done in in/", 64, "is the folder"),
                                    ("--done no in", 73, "no: No such"), ("--done c.json in", 73, "must be a folder"), ("--take --done bad in/x", 64, "for lists")):
            run = box.sh(f"name-check -c c.json {words}")
            must(run.returncode == status and said in run.stderr.decode(), words, run)
        run = box.sh("name-check -c c.json -r /dev/full --bad bad in")
        must(run.returncode == 74 and not there(box, "bad"), "moved, though nobody knows why:", run)


def main():
    options = arguments(__doc__)
    tap = Tap()
    verdicts(tap, options)
    sequences(tap, options)
    one_by_one(tap, options)
    moved(tap, options)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
