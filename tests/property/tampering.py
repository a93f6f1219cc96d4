#!/usr/bin/env python3
"""tampering: in a zone of 200 landings something is changed, one thing at a time, and landing-verify finds it and names it.

    tests/property/tampering.py --bin DIR

Also: a zone that nobody has touched is fine, for any number of jobs, by any anchor that it once had, and while landings go on; the
report is the same for all numbers of jobs; what a killed writer leaves is a note; and a chain that was rewritten whole, with the
digests of all sidecars, is found by the anchor.
"""
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from pgp_kit import Kit, clean  # noqa: E402
from programs import Scratch, arguments  # noqa: E402
from tap import NotHere, Tap, must  # noqa: E402
from zones import ZEROS, Zone, compact, landing_line, sha256  # noqa: E402

LANDINGS = 200
FORGED = b"forged\n"


def sidecar_of(line):
    return compact({"v": 1, "source": line["source"], "entity": line["entity"], "date": line["date"], "received_at": line["time"],
                    "checksum": "sha256:" + line["sha256"], "run": line["run"], "landing": line["landing"]}) + b"\n"


def grow(zone, lines):
    """Lines, data and sidecars as landing-write makes them; gives the lines."""
    made, prev = [], ZEROS
    for number in range(lines):
        line = landing_line(prev, number)
        line["sidecar_sha256"] = sha256(sidecar_of(line))
        write(zone / line["path"], b"%d" % number)
        write(zone / (line["path"] + ".meta.json"), sidecar_of(line))
        prev = sha256(compact(line))
        made.append(line)
    put(zone, made)
    return made


def write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_bytes(data)


def put(zone, lines):
    (zone / "manifest.jsonl").write_bytes(b"".join(compact(line) + b"\n" for line in lines))


def get(zone):
    return [json.loads(line) for line in (zone / "manifest.jsonl").read_bytes().splitlines()]


def chain(lines, start=0):
    """Each prev anew, from a line on."""
    prev = sha256(compact(lines[start - 1])) if start else ZEROS
    for line in lines[start:]:
        line["prev"] = prev
        prev = sha256(compact(line))
    return lines


class Bench:
    def __init__(self, options, scratch):
        self.program = str(options.bin / "landing-verify")
        self.writer = str(options.bin / "landing-write")
        self.path, self.made, self.asked = scratch.path, 0, 0
        self.slow = b"__asan_init" in pathlib.Path(self.program).read_bytes()  # a build with sanitizers sees a part of the pairs
        self.template = scratch.path / "template"
        (scratch.path / "first").write_bytes(b"first\n")
        self.land(self.template, "first")
        (self.template / "manifest.jsonl").unlink()
        shutil.rmtree(self.template / "source=acme")
        self.lines = grow(self.template, LANDINGS)
        self.anchor = self.verify(self.template, "--head").stdout

    def land(self, zone, *args, entity="customers"):
        run = subprocess.run([self.writer, "--zone", zone, "--source", "acme", "--entity", entity, "--date", "2025-11-05", *args],
                             cwd=self.path, capture_output=True, text=True)
        must(run.returncode == 0, "landing-write:", run)

    def verify(self, zone, *args):
        return subprocess.run([self.program, "--zone", zone, *args], cwd=self.path, capture_output=True, text=True)

    def fresh(self):
        self.made += 1
        zone = self.path / f"zone-{self.made}"
        shutil.copytree(self.template, zone, symlinks=True)
        return zone

    def found(self, zone, *args):
        """What it says: [(code, line)], and the same for all numbers of jobs."""
        one = self.verify(zone, *args)
        self.asked += 1
        for jobs in ("2", "0", "7") if not self.slow else ("7",) if self.asked % 4 == 0 else ():
            other = self.verify(zone, "--jobs", jobs, *args)
            must((other.stdout, other.stderr, other.returncode) == (one.stdout, one.stderr, one.returncode), "another report for",
                 jobs, "jobs:", other.stdout, one.stdout)
        said = [json.loads(line) for line in one.stdout.splitlines()]
        faults = [fault for fault in said if fault["severity"] == "fault"]
        must(one.returncode == (65 if faults else 0), "status", one.returncode, one.stderr)
        must(bool(one.stderr) == bool(faults), "stderr:", one.stderr)
        return said


# -- what is done to a zone: each gives the (code, line) that must be said, at least ------------------------------------------------


def data(zone, line):
    return zone / line["path"]


def sidecar(zone, line):
    return zone / (line["path"] + ".meta.json")


def flip(zone, lines):
    content = data(zone, lines[99]).read_bytes()
    write(data(zone, lines[99]), bytes([content[0] ^ 1]) + content[1:])
    return [("altered", 100)]


def truncate(zone, lines):
    write(data(zone, lines[150]), data(zone, lines[150]).read_bytes()[:-1])
    return [("size", 151)]


def longer(zone, lines):
    write(data(zone, lines[150]), data(zone, lines[150]).read_bytes() + b"\n")
    return [("size", 151)]


def delete(zone, lines):
    data(zone, lines[7]).unlink()
    return [("missing", 8)]


def delete_both(zone, lines):
    data(zone, lines[7]).unlink()
    sidecar(zone, lines[7]).unlink()
    return [("missing", 8), ("sidecar-missing", 8)]


def add_data(zone, lines):
    write(data(zone, lines[0]).parent / f"{sha256(b'new')[:16]}-new", b"new")
    return [("orphan", None)]


def add_false_name(zone, lines):
    write(data(zone, lines[0]).parent / f"{sha256(b'new')[:16]}-new", b"other")
    return [("foreign", None)]


def add_anywhere(zone, lines):
    write(zone / "notes.txt", b"x")
    write(zone / "source=acme/x/y", b"x")
    write(zone / ".tidegate/more", b"x")
    (zone / "source=acme/entity=other").symlink_to("/etc")
    return [("foreign", None)] * 4


def swap_data(zone, lines):
    one, two = data(zone, lines[10]), data(zone, lines[11])
    contents = one.read_bytes(), two.read_bytes()
    write(one, contents[1])
    write(two, contents[0])
    return [("altered", 11), ("altered", 12)]


def swap_sidecars(zone, lines):
    one, two = sidecar(zone, lines[10]), sidecar(zone, lines[11])
    contents = one.read_bytes(), two.read_bytes()
    write(one, contents[1])
    write(two, contents[0])
    return [("sidecar-altered", 11), ("sidecar-altered", 12)]


def rename(zone, lines):
    data(zone, lines[20]).rename(data(zone, lines[20]).parent / (data(zone, lines[20]).name + "y"))
    return [("missing", 21), ("orphan", None)]


def link(zone, lines):
    copy = zone.parent / f"copy-{zone.name}"
    data(zone, lines[20]).rename(copy)
    data(zone, lines[20]).symlink_to(copy)
    return [("no-file", 21)]


def link_directory(zone, lines):
    copy = zone.parent / f"copy-{zone.name}"
    data(zone, lines[0]).parent.rename(copy)
    data(zone, lines[0]).parent.symlink_to(copy)
    return [("no-file", number) for number in range(1, LANDINGS + 1)] * 2 + [("foreign", None)]


def edit_sidecar(zone, lines):
    text = sidecar(zone, lines[30]).read_bytes().replace(b'"v":1', b'"v":2')
    write(sidecar(zone, lines[30]), text)
    return [("sidecar-altered", 31)]


def broken_from(number):
    return [("chain", number), *(("lost", n) for n in range(number, LANDINGS + 1))]


def edit_line(zone, lines):
    lines[49]["records"] = 2
    put(zone, lines)
    return broken_from(51)


def remove_line(zone, lines):
    del lines[49]
    put(zone, lines)
    return [("chain", 50), *(("lost", n) for n in range(50, LANDINGS)), ("orphan", None), ("orphan", None)]


def remove_first_line(zone, lines):
    put(zone, lines[1:])
    return [("chain", 1), *(("lost", n) for n in range(1, LANDINGS)), ("orphan", None), ("orphan", None)]


def swap_lines(zone, lines):
    lines[49], lines[50] = lines[50], lines[49]
    put(zone, lines)
    return [("chain", 50), ("lost", 50), *(("lost", n) for n in range(52, LANDINGS + 1))]


def put_line_in(zone, lines):
    """A line with its data, in its place in the chain."""
    line = landing_line(sha256(compact(lines[49])), LANDINGS)
    line["sidecar_sha256"] = sha256(sidecar_of(line))
    write(data(zone, line), b"%d" % LANDINGS)
    write(sidecar(zone, line), sidecar_of(line))
    put(zone, lines[:50] + [line] + lines[50:])
    return [("chain", 52), *(("lost", n) for n in range(52, LANDINGS + 2))]


def remove_last_lines(zone, lines):
    put(zone, lines[:-2])
    return [("orphan", None)] * 4


def edit_last_line(zone, lines):
    """No other line builds on the last one; its sidecar says what it said."""
    lines[-1]["time"] = "2025-10-02T00:00:00.000000Z"
    put(zone, lines)
    return [("sidecar-differs", LANDINGS)]


def lead_out(zone, lines):
    """A line that names what lies outside, with a chain that holds."""
    lines[-1]["path"] = "source=acme/entity=customers/date=../../../../../etc/passwd"
    put(zone, lines)
    return [("line", LANDINGS), ("orphan", None), ("orphan", None)]


def land_twice(zone, lines):
    """A second line for the same data, with a chain that holds."""
    put(zone, chain([*lines, dict(lines[5])], LANDINGS))
    return [("twice", LANDINGS + 1)]


def take_manifest(zone, lines):
    (zone / "manifest.jsonl").unlink()
    return [("orphan", None)] * 2 * LANDINGS


ALONE = [flip, truncate, longer, delete, delete_both, add_data, add_false_name, add_anywhere, swap_data, swap_sidecars, rename, link,
         link_directory, edit_sidecar, edit_line, remove_line, remove_first_line, swap_lines, put_line_in, remove_last_lines,
         edit_last_line, lead_out, land_twice, take_manifest]


def rewrite(start):
    def rewrite_from(zone, lines):
        """Other data, with all digests and all that hash them: the zone alone does not know."""
        line = lines[start]
        old = data(zone, line), sidecar(zone, line)
        line.update(sha256=sha256(FORGED), bytes=len(FORGED), path=str(pathlib.PurePath(line["path"]).parent / f"{sha256(FORGED)[:16]}-x"))
        line["sidecar_sha256"] = sha256(sidecar_of(line))
        for path in old:
            path.unlink()
        write(data(zone, line), FORGED)
        write(sidecar(zone, line), sidecar_of(line))
        put(zone, chain(lines, start + 1))
    return rewrite_from


def main():
    options = arguments(__doc__)
    tap = Tap()
    with Scratch(options.bin) as scratch:
        bench = Bench(options, scratch)
        with tap.case("a zone that nobody has touched"):
            must(bench.found(bench.template) == [], "it says", bench.found(bench.template))
            must(bench.found(bench.template, "--expect", bench.anchor.strip()) == [], "the anchor")
        for change in ALONE:
            with tap.case(change.__name__.replace("_", " ")):
                zone = bench.fresh()
                expected = change(zone, get(zone))
                said = bench.found(zone)
                got = [(fault["code"], fault.get("line")) for fault in said if fault["severity"] == "fault"]
                must(sorted(got, key=str) == sorted(expected, key=str), "said", got[:8], len(got), "expected", expected[:8], len(expected))
                must([line for _, line in got if line] == sorted(line for _, line in got if line), "not in the order of the lines:", got)
                shutil.rmtree(zone)
        for start in (0, 99, LANDINGS - 1):
            with tap.case(f"the chain rewritten from line {start + 1} on: the anchor knows"):
                zone = bench.fresh()
                rewrite(start)(zone, get(zone))
                must(bench.found(zone) == [], "the zone alone says", bench.found(zone)[:3])
                said = bench.found(zone, "--expect", bench.anchor.strip())
                must([(fault["code"], fault["line"]) for fault in said] == [("anchor", LANDINGS)], "by the anchor:", said)
                shutil.rmtree(zone)
        with tap.case("cut off at the end, and grown again: the anchor knows"):
            zone = bench.fresh()
            lines = get(zone)
            for line in lines[-2:]:
                data(zone, line).unlink()
                sidecar(zone, line).unlink()
            put(zone, lines[:-2])
            must(bench.found(zone) == [], "the zone alone says", bench.found(zone)[:3])
            said = bench.found(zone, "--expect", bench.anchor.strip())
            must([(fault["code"], fault["line"]) for fault in said] == [("anchor-cut", LANDINGS)], "by the anchor:", said)
            for number in range(3):
                (scratch.path / "more").write_bytes(b"more %d\n" % number)
                bench.land(zone, "more")
            said = bench.found(zone, "--expect", bench.anchor.strip())
            must([(fault["code"], fault["line"]) for fault in said] == [("anchor", LANDINGS)], "grown again:", said)
        anchors_of_a_growing_zone(tap, bench, scratch)
        resumed(tap, bench, scratch)
        what_is_no_fault(tap, bench, scratch)
        put_right(tap, bench)
        signed(tap, bench)
        while_landings_go_on(tap, bench, scratch)
        odd_options(tap, bench, scratch)
    return tap.end()


def anchors_of_a_growing_zone(tap, bench, scratch):
    with tap.case("each anchor that a zone ever had still holds; between two the change lies"):
        zone, anchors = bench.fresh(), []
        for number in range(4):
            path = scratch.path / f"anchor-{number}"
            path.write_text(bench.verify(zone, "--head").stdout)
            anchors += ["--expect", path]
            (scratch.path / "more").write_bytes(b"anchored %d\n" % number)
            bench.land(zone, "more")
        must(bench.found(zone, *anchors) == [], "they do not:", bench.found(zone, *anchors))
        lines = get(zone)
        lines[LANDINGS + 1]["records"] = 7  # behind the second anchor, before the third
        put(zone, chain(lines, LANDINGS + 2))
        said = bench.found(zone, *anchors)
        must([(f["code"], f["line"]) for f in said if f["code"] == "anchor"] == [("anchor", LANDINGS + 2), ("anchor", LANDINGS + 3)], said)
        other = bench.fresh()
        (other / ".tidegate/zone").chmod(0o644)
        (other / ".tidegate/zone").write_text('{"v":1,"zone":"%s"}\n' % ("0" * 32))
        must([f["code"] for f in bench.found(other, *anchors[:2])] == ["anchor-zone"], "another zone")


def resumed(tap, bench, scratch):
    with tap.case("resumed: what was verified is not read again, but must be there"):
        zone, mark = bench.fresh(), scratch.path / "mark"
        must(bench.found(zone, "--resume", mark) == [], "the first time")
        must(mark.read_text() == bench.anchor, "the mark is", mark.read_text())
        (scratch.path / "more").write_bytes(b"resumed\n")
        bench.land(zone, "more")
        lines = get(zone)
        flip(zone, lines)
        run = bench.verify(zone, "--resume", mark, "-v")
        must(run.returncode == 0 and ": 1 read" in run.stderr, "it read more than what had come:", run)
        must(mark.read_text() == bench.verify(zone, "--head").stdout, "the mark was not brought up")
        before = mark.read_text()
        must([f["code"] for f in bench.found(zone)] == ["altered"], "the whole is read without it")
        data(zone, lines[5]).unlink()
        sidecar(zone, lines[6]).unlink()
        must([(f["code"], f["line"]) for f in bench.found(zone, "--resume", mark)] == [("missing", 6), ("sidecar-missing", 7)], "gone")
        must(mark.read_text() == before, "brought up though there were faults")
        lines[3]["records"] = 9
        put(zone, chain(lines, 4))
        must("anchor" in [f["code"] for f in bench.found(zone, "--resume", mark)], "a chain rewritten before the mark")


def what_is_no_fault(tap, bench, scratch):
    with tap.case("what killed writers leave is a note"):
        zone = bench.fresh()
        lines = get(zone)
        text = (zone / "manifest.jsonl").read_bytes()
        void = landing_line(sha256(compact(lines[100])), 555)
        (zone / "manifest.jsonl").write_bytes(text + compact(void) + b"\n" + b'{"v":1,"kind":"lan')
        name = f"source=acme/entity=customers/date=2025-10-01/{sha256(b'left')[:16]}-left"
        write(zone / name, b"left")
        (zone / ".tidegate/lock").write_bytes(compact({"path": name, "source": "acme", "entity": "customers", "date": "2025-10-01",
                                                        "sha256": sha256(b"left")}))
        said = bench.found(zone)
        must([(f["code"], f["severity"], f.get("line")) for f in said] ==
             [("void", "note", LANDINGS + 1), ("torn", "note", LANDINGS + 2), ("unfinished", "note", None)], "said", said)
        must(bench.found(zone, "--expect", bench.anchor.strip()) == said, "the anchor")
        (scratch.path / "more").write_bytes(b"more\n")
        bench.land(zone, "more")
        must([f["code"] for f in bench.found(zone)] == ["void"], "after the next landing:", bench.found(zone))
    with tap.case("landings that are gone by a line are no fault; files that remain of them are a note"):
        zone = bench.fresh()
        lines = get(zone)
        gone = {"v": 1, "kind": "prune", "prev": sha256(compact(lines[-1])), "time": "t", "landings": [lines[3]["landing"], lines[4]["landing"]]}
        put(zone, [*lines, gone])
        data(zone, lines[3]).unlink()
        sidecar(zone, lines[3]).unlink()
        said = bench.found(zone)
        must([(f["code"], f["severity"]) for f in said] == [("remains", "note")] * 2, "said", said)


def put_right(tap, bench):
    with tap.case("a broken zone is put right, and nothing that counts is touched"):
        zone = bench.fresh()
        text = (zone / "manifest.jsonl").read_bytes()
        (zone / "manifest.jsonl").write_bytes(text + b'{"v":1,"kind":"landing","prev":"')
        (zone / ".tidegate/broken").write_bytes(b"")
        must([f["code"] for f in bench.found(zone)] == ["broken", "torn"], "it says", bench.found(zone))
        (bench.path / "more").write_bytes(b"more\n")
        before = {path: path.stat().st_mtime_ns for path in zone.rglob("*-x*")}
        run = subprocess.run([bench.writer, "--zone", zone, "--source", "a", "--entity", "e", "more"], cwd=bench.path, capture_output=True, text=True)
        must(run.returncode == 74 and "landing-verify --repair" in run.stderr, "a writer goes on:", run)
        run = bench.verify(zone, "--repair")
        must(run.returncode == 0 and run.stdout == "" and "cut off" in run.stderr and "may go on" in run.stderr, "repair:", run)
        must((zone / "manifest.jsonl").read_bytes() == text, "the manifest was changed")
        must({path: path.stat().st_mtime_ns for path in zone.rglob("*-x*")} == before, "files were touched")
        bench.land(zone, "more")
        must(bench.verify(zone, "--repair").stderr == "", "a second time")


def signed(tap, bench):
    """An anchor that was signed: whose, over what, and that it must be."""
    with tap.case("signed anchors"), Kit(pathlib.Path(bench.program).parent) as kit:
        if not (kit.bin / "pgp-seal").exists():
            raise NotHere("there is no pgp-seal: it was built without GPGME")
        ours, other = kit.gpg_key("ours"), kit.gpg_key("other", passphrase="secret words")
        zone = bench.fresh()
        head = kit.run("landing-verify", "--zone", zone, "--head", "--sign", ours.secret)
        must(head.exit == 0 and head.out.startswith(bench.anchor.encode() + b"-----BEGIN PGP SIGNATURE-----\n"), "it prints", head)
        (kit.path / "anchor").write_bytes(head.out)
        line, signature = head.out.split(b"\n", 1)
        (kit.path / "line").write_bytes(line + b"\n")
        (kit.path / "signature").write_bytes(signature)
        kit.gpg("--verify", kit.path / "signature", kit.path / "line")

        def expect(anchor, status, *words, keys=(ours.public,)):
            (kit.path / "tried").write_bytes(anchor)
            more = [word for key in keys for word in ("--keys", key)]
            run = kit.run("landing-verify", "--zone", zone, "--expect", kit.path / "tried", *more)
            must(run.exit == status and all(word in run.err for word in words), "expected", status, words, "got", run)

        expect(head.out, 0)
        expect(head.out, 0, keys=())
        expect(head.out, 0, keys=(other.public, ours.public))
        expect(head.out, 77, keys=(other.public,))
        expect(line + b"\n", 77, "nobody has signed")
        expect(head.out.replace(b" 200 ", b" 199 "), 77)
        expect(head.out.replace(line[-4:], b"0000", 1), 77)
        expect(head.out[:-60], 65, "cut off")
        expect(head.out, 78, "nobody's public key", keys=(ours.secret,))
        must(kit.run("landing-verify", "--zone", zone, "--head", "--sign", ours.public).exit == 78, "a public key signs")
        locked = kit.run("landing-verify", "--zone", zone, "--head", "--sign", other.secret)
        must(locked.exit == 77 and not locked.out, "without the passphrase:", locked)
        (kit.path / "words").write_text("secret words\n")
        (kit.path / "words").chmod(0o600)
        again = kit.run("landing-verify", "--zone", zone, "--head", "--sign", other.secret, "--passphrase", f"file:{kit.path / 'words'}")
        must(again.exit == 0, "with it:", again)
        lines = get(zone)
        lines[3]["records"] = 9
        put(zone, chain(lines, 4))
        expect(head.out, 65, "1 anchor")
        clean(kit)


def while_landings_go_on(tap, bench, scratch):
    with tap.case("while landings go on there is no false alarm"):
        zone, stop = bench.fresh(), []

        def land(which):
            number = 0
            while not stop:
                number += 1
                name = f"busy-{which}-{number}"
                (scratch.path / name).write_bytes(name.encode())
                bench.land(zone, name, entity=which)
            return number

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            busy = [pool.submit(land, which) for which in ("one", "two")]
            try:
                runs = [bench.verify(zone, "--jobs", "2", "--expect", bench.anchor.strip()) for _ in range(15)]
            finally:
                stop.append(True)
            landed = sum(f.result() for f in busy)
        for run in runs:
            notes = {json.loads(line)["code"] for line in run.stdout.splitlines()}
            must(run.returncode == 0 and notes <= {"unfinished", "torn"}, "it says", run)
        must(landed > 15, "hardly anything landed:", landed)
        Zone(zone)
        print(f"# {landed} landings meanwhile")


def odd_options(tap, bench, scratch):
    with tap.case("statuses"):
        (scratch.path / "no-anchor").write_text("hello\n")
        (scratch.path / "plain").mkdir()
        for args, status in ((["--zone", "nowhere"], 66), (["--zone", "plain"], 78), ([], 64), (["--zone", "template", "x"], 64),
                             (["--zone", "template", "--expect", "no-anchor"], 78), (["--zone", "template", "--expect", "nothing"], 66),
                             (["--zone", "template", "--expect", "tidegate-anchor 1 x"], 78), (["--zone", "template", "--head", "--repair"], 64), (["--zone", "template", "--sign", "key"], 64),
                             (["--zone", "template", "--keys", "key"], 64)):
            run = subprocess.run([bench.program, *args], cwd=scratch.path, capture_output=True, text=True)
            must(run.returncode == status and run.stderr and not run.stdout, args, "gives", run)
        with open("/dev/full", "w") as full:
            run = subprocess.run([bench.program, "--zone", bench.template, "--head"], stdout=full, stderr=subprocess.PIPE)
            must(run.returncode == 74, "a full disk:", run)
        if shutil.which("strace"):
            told = 0
            calls = scratch.path / "calls"
            alone = [bench.program, "--zone", bench.template, "--jobs", "1"]  # strace counts by thread
            subprocess.run(["strace", "-qq", "-o", calls, "-e", "trace=pread64", *alone], capture_output=True,
                           env={**os.environ, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"})  # not under ptrace
            reads = sum("pread64(" in line for line in calls.read_text().splitlines())
            must(reads > 20, "only", reads, "reads: strace does not work here")
            for number in (3, reads // 4, reads // 2, reads - 1):
                run = subprocess.run(["strace", "-qq", "-o", os.devnull, "-e", "trace=pread64", "-e",
                                      f"inject=pread64:error=EIO:when={number}", *alone], capture_output=True, text=True,
                                     env={**os.environ, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"})  # not under ptrace
                must(run.returncode == 74 and run.stderr, "a read error:", number, run)
                told += '"unreadable"' in run.stdout
            must(told, "no landing was said to be unreadable")
        if os.geteuid():
            zone = bench.fresh()
            data(zone, get(zone)[0]).chmod(0)
            run = bench.verify(zone)
            must(run.returncode == 74 and json.loads(run.stdout)["code"] == "unreadable", "unreadable:", run)


if __name__ == "__main__":
    sys.exit(main())
