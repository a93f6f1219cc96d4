#!/usr/bin/env python3
"""replaying: what replay gives back is what was rejected, byte for byte, and what a person has corrected is known.

Random rows go through csv2json and validate, many of them wrong in some way; what is replayed must be just the rejected rows, and
after they are corrected all rows have landed, each once. Killed at any of its system calls, replay leaves nothing landed, and the
next run lands the same as if nothing had been.
"""
import base64
import hashlib
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import NotHere, Scratch, Tap, arguments, clean_environment, must, rng  # noqa: E402
from zones import Zone, need_strace  # noqa: E402

CONTRACT = {"x-source": "acme", "x-entity": "people", "x-key": ["/id"],
            "properties": {"age": {"type": "integer", "maximum": 120}, "name": {"type": "string", "maxLength": 30}}}


def make_rows(draw, n):
    """(row as sent, row as it should be): the second is what a person would make of it."""
    rows = []
    for i in range(n):
        good = f"{i},{draw.choice(['Ada', 'Eve', 'Zoë', '山田'])}{i},{draw.randrange(100)}".encode()
        wrong = draw.randrange(10)
        sent = good
        if wrong == 0:
            sent = good.replace(b",", b"|", 1)
        elif wrong == 1:
            sent = good + b",more"
        elif wrong == 2:
            sent = good[: good.rindex(b",")] + b",4O"
        elif wrong == 3:
            sent = good[: good.rindex(b",")] + b",777"  # validate rejects this one
        elif wrong == 4:
            sent = b"\xff" + good
        elif wrong == 5:
            sent = good.replace(b",", b',"x\ny"', 1)
        rows.append((sent, good))
    return rows


def rejects_of(path):
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def record_of(reject):
    return base64.b64decode(reject["record_base64"]) if "record_base64" in reject else reject["record"].encode()


def pipeline(scratch, command, kill=None):
    """Runs a line of shell with the programs in its path; replay is killed at that call where one is given."""
    trace = f"strace -f -o /dev/null -e inject={kill[0]}:signal=KILL:when={kill[1]} " if kill else ""
    environment = clean_environment()
    environment["PATH"] = f"{scratch.bin}:{environment['PATH']}"
    return subprocess.run(["bash", "-c", command.replace("@replay", f"{trace}{scratch.bin}/replay")], cwd=scratch.path, env=environment,
                          capture_output=True, text=True, timeout=120)


def round_trip(scratch, draw, number):
    rows = make_rows(draw, 60)
    scratch.write("in.csv", b"id,name,age\n" + b"".join(sent + b"\n" for sent, _ in rows))
    scratch.write("contract.json", CONTRACT)
    zone = scratch.path / f"zone{number}"
    rejects = scratch.path / f"rejects{number}.jsonl"
    land = f"dedupe --state keys{number}.db --contract contract.json | landing-write --zone zone{number} --contract contract.json --date 2025-11-05"
    first = pipeline(scratch, f"csv2json -c contract.json -r {rejects.name} in.csv | validate -c contract.json -r {rejects.name} | {land}")
    must(first.returncode == 0, first.stderr)
    rejected = rejects_of(rejects)

    for tool in ("csv2json", "validate"):
        wanted = [record_of(r) for r in rejected if r["tool"] == tool]
        got = scratch.run("replay", "--tool", tool, rejects, rejects=None)
        must(got.exit == 0 and got.out == b"".join(record + b"\n" for record in wanted), tool, "replayed other bytes", got.err)
        code = draw.choice(sorted({r["code"] for r in rejected if r["tool"] == tool} or {"none"}))
        wanted = [record_of(r) for r in rejected if r["tool"] == tool and r["code"] == code]
        got = scratch.run("replay", "--tool", tool, "--code", code, "--line-end", "none", rejects, rejects=None)
        must(got.out == b"".join(wanted), tool, code, "replayed others")
        must(got.counts["records"]["dropped"] == len(rejected) - len(wanted), "others are not counted as dropped", got.counts)

    prepared = scratch.run("replay", "--prepare", rejects, rejects=None)
    lines = [json.loads(line) for line in prepared.out.splitlines()]
    must([{k: v for k, v in line.items() if k != "record_sha256"} for line in lines] == rejected, "--prepare changed more than it may")
    must(all(line["record_sha256"] == hashlib.sha256(record_of(line)).hexdigest() for line in lines), "--prepare has other digests")
    again = scratch.run("replay", "--prepare", scratch.write("prepared.jsonl", prepared.out), rejects=None)
    must(again.out == prepared.out, "--prepare twice is not the same as once")

    # What a person would do: each fault goes back to the row as it should be; for validate's records, the age.
    good = {sent: whole for sent, whole in rows}
    corrected = set()
    for line in lines:
        if line["tool"] == "csv2json":
            whole = next((g for s, g in good.items() if s == record_of(line)), None)
            must(whole is not None, "a reject holds what no row was:", line)
            line.pop("record_base64", None)
            line["record"] = whole.decode()
            corrected.add(line["at"]["line"])
        else:
            record = json.loads(line["record"])
            row = next(g for _, g in rows if g.startswith(record["id"].encode() + b","))
            line["record"] = json.dumps({**record, "age": int(row.rsplit(b",", 1)[1])})
    scratch.write(f"corrected{number}.jsonl", "".join(json.dumps(line) + "\n" for line in lines).encode())
    return rows, zone, land, corrected, lines


def finish(scratch, number, rows, zone, land, lines, kill=None):
    back = f"@replay --tool csv2json --head in.csv corrected{number}.jsonl | csv2json -c contract.json | validate -c contract.json | {land}"
    run = pipeline(scratch, back, kill)
    if kill:
        return run
    must(run.returncode == 0, run.stderr)
    if any(line["tool"] == "validate" for line in lines):
        more = pipeline(scratch, f"@replay --tool validate corrected{number}.jsonl | validate -c contract.json | {land}")
        must(more.returncode == 0, more.stderr)
    counting, _ = Zone(zone).lines()
    landed = [json.loads(record) for line in counting if line["kind"] == "landing" for record in (zone / line["path"]).read_bytes().splitlines()]
    expected = [dict(zip(("id", "name", "age"), row.decode().split(","))) for _, row in rows]
    must(sorted(landed, key=lambda r: int(r["id"])) == [{**e, "age": int(e["age"])} for e in expected], "not every row has landed once")
    return run


def check_sidecar(zone, corrected, lines):
    for meta in zone.rglob("*.meta.json"):
        of = json.loads(meta.read_bytes()).get("replay_of")
        if not of or not any(line["tool"] == "csv2json" for line in lines):
            continue
        if of["corrected"] and {at["line"] for at in of["corrected_at"]} == corrected:
            must(of["records"] == of["corrected"] == len(corrected), of)
            return
    must(not corrected, "no sidecar says what was corrected")


def main():
    options = arguments(__doc__)
    draw = rng(options, "replaying")
    tap = Tap()
    with Scratch(options.bin) as scratch:
        for number in range(30 if options.long else 4):
            with tap.case(f"rejected, replayed, corrected, landed: {number}"):
                rows, zone, land, corrected, lines = round_trip(scratch, draw, number)
                finish(scratch, number, rows, zone, land, lines)
                check_sidecar(zone, corrected, lines)
        with tap.case("killed at each system call, nothing of it lands; then all does, once"):
            need_strace()
            rows, zone, land, corrected, lines = round_trip(scratch, draw, 1000)
            before = (zone / "manifest.jsonl").read_bytes()
            # What is reached comes first: at the first that is not, all has landed.
            kills = [("write", 1), ("writev", 1), ("openat", 3), ("openat", 6), ("read", 1), ("read", 2), ("read", 4), ("write", 2), ("openat", 9), ("read", 8)]
            died = 0
            for kill in kills:
                run = finish(scratch, 1000, rows, zone, land, lines, kill)
                died += "Killed" in run.stderr or run.returncode != 0
                if (zone / "manifest.jsonl").read_bytes() != before:
                    must(run.returncode == 0, "killed at", kill, "and something landed:", run.stderr)
                    break  # that call is not reached: all has landed
            must(died >= 4, "the kills do not reach replay")
            finish(scratch, 1000, rows, zone, land, lines)
        for encoding, python in (("windows-1252", "cp1252"), ("utf-16", "utf-16"), ("utf-16be", "utf-16-be"), ("Shift_JIS", "shift_jis")):
            with tap.case(f"rows of {encoding} go back as they were"):
                name = "Zoë" if python != "shift_jis" else "山田"
                rows = ["id,name,age", f"1,{name},x", f'2,"{name}\na",4,5', f"3,{name},7"]
                (scratch.path / "other.csv").write_bytes("".join(row + "\r\n" for row in rows).encode(python))
                contract = scratch.write("other.json", {"x-csv": {"encoding": encoding}, "properties": {"age": {"type": "integer"}}})
                (scratch.path / "rejects.jsonl").unlink(missing_ok=True)
                got = scratch.run("csv2json", "-c", contract, "other.csv")
                must(len(got.rejects) == 2, got)
                kept = scratch.write("kept.jsonl", (scratch.path / "rejects.jsonl").read_bytes())
                got = scratch.run("replay", "-c", contract, "--head", "other.csv", "--line-end", "crlf", kept, rejects="none.jsonl")
                must(got.out == "".join(row + "\r\n" for row in rows[:3]).encode(python), got.out, got.err)
                got = scratch.run("replay", "--encoding", encoding, kept, rejects="none.jsonl")
                must(got.out == "".join(row + "\n" for row in rows[1:3]).encode(python), got.out, got.err)
        with tap.case("what a person writes that the file's encoding has not is rejected"):
            file = scratch.write("w.jsonl", b'{"tool":"csv2json","code":"c","record":"1,\\u5c71"}\n')
            got = scratch.run("replay", "--encoding", "windows-1252", file)
            must(got.exit == 1 and got.rejects[0]["errors"][0]["pointer"] == "/record", got)
        with tap.case("rejects of two programs, and what is none"):
            two = scratch.write("two.jsonl", b'{"tool":"a","code":"c","record":"1"}\n{"tool":"b","code":"c","record":"2"}\n')
            got = scratch.run("replay", two)
            must(got.exit == 64 and "--tool" in got.err, got)
            got = scratch.run("replay", "--tool", "a", "--tool", "b", two)
            must(got.exit == 0 and got.out == b"1\n2\n", got)
            got = scratch.run("replay", scratch.write("none.jsonl", b'[]\n{"tool":1}\n{"tool":"a","code":"c"}\n{"tool":"a","code":"c","record_base64":"*"}\n'))
            must(got.exit == 1 and [r["code"] for r in got.rejects] == ["no-reject"] * 4, got)
        with tap.case("--provenance says where a record stood, and keeps what it has"):
            file = scratch.write("p.jsonl", b'{"tool":"v","code":"c","run":"R","at":{"file":"f","line":7,"offset":9},"record":"{\\"a\\": 1}","record_sha256":"00"}\n'
                                            b'{"tool":"v","code":"c","at":{},"record":"{}"}\n{"tool":"v","code":"c","at":{},"record":"{\\"_source\\":{\\"line\\":3}}"}\n')
            got = scratch.run("replay", "--provenance", file)
            must([json.loads(line) for line in got.out.splitlines()] == [
                {"a": 1, "_source": {"file": "f", "line": 7, "offset": 9, "rejected_by": "v", "run": "R", "corrected": True}},
                {"_source": {"line": 0, "offset": 0, "rejected_by": "v"}}, {"_source": {"line": 3}}], got)
    sys.exit(tap.end())


main()
