#!/usr/bin/env python3
"""endings: how a run ends when something goes wrong at an awkward moment: what was to be kept is kept, and the status is the right one."""
import fcntl
import json
import os
import pathlib
import signal
import stat
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import Scratch, Tap, arguments, clean_environment, must, pieces  # noqa: E402

BAD = b'{"a":"x"}\n' * 5
CONTRACT = {"properties": {"a": {"type": "integer"}}, "required": ["a"]}


class Shell:
    """Lines of bash in a scratch folder, with the programs in the path."""

    def __init__(self, scratch):
        self.scratch = scratch
        self.environment = clean_environment()
        self.environment["PATH"] = f"{scratch.bin}:{self.environment['PATH']}"

    def __call__(self, line, **how):
        return subprocess.run(["bash", "-c", line], cwd=self.scratch.path, env=self.environment, capture_output=True, timeout=60, **how)

    def start(self, *command, **how):
        return subprocess.Popen(command, cwd=self.scratch.path, env=self.environment, stderr=subprocess.PIPE, **how)


def kept(path):
    return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []


def rejects(tap, scratch, shell):
    with tap.case("a reject file that is a pipe: its reader gets all, and its death is an I/O error"):
        run = shell("validate -q -c c.json -r >(cat >got) bad.jsonl; echo $?; sleep 0.3; wait")
        must(len(kept(scratch.path / "got")) == 5, "got", kept(scratch.path / "got"), run.stderr)
        run = shell("validate -q -c c.json -r >(exec true) <(sleep 0.5; cat bad.jsonl); echo $?")
        must(run.stdout == b"74\n", "status", run.stdout, run.stderr)
    with tap.case("SIGTERM while another stage holds the reject file: the rejects are kept"):
        reject_file = scratch.path / "held.jsonl"
        reject_file.touch()
        with open(reject_file, "rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            process = shell.start("validate", "-q", "-c", "c.json", "-r", "held.jsonl", stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
            process.stdin.write(BAD)
            process.stdin.flush()
            time.sleep(0.3)
            process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
        must(process.wait(5) == -signal.SIGTERM, "status", process.returncode, process.stderr.read())
        process.stdin.close()
        must(len(kept(reject_file)) == 5, "kept", len(kept(reject_file)))
    with tap.case("the reject file is neither input nor output, nor is --output an input"):
        rows = ["-r same -o same bad.jsonl", "-r same bad.jsonl >same", "-r bad.jsonl bad.jsonl", "-o bad.jsonl bad.jsonl"]
        for row in rows:
            (scratch.path / "same").write_bytes(b"")
            run = shell(f"validate -q -c c.json {row}")
            must(run.returncode == 64 and b"also" in run.stderr, row, "status", run.returncode, run.stderr)
        must((scratch.path / "bad.jsonl").read_bytes() == BAD, "the input is not as it was")
        rows = ["-s k.db -o k.db", "-s k.db -r k.db", "--duplicates bad.jsonl", "-r new --duplicates new", "--run new -o new", "-r -", "-o -"]
        for row in rows:
            run = shell(f"dedupe -q {row} bad.jsonl")
            must(run.returncode == 64, row, "status", run.returncode, run.stderr)
        must((scratch.path / "bad.jsonl").read_bytes() == BAD, "the input is not as it was")
        contract = (scratch.path / "c.json").read_bytes()
        for row in ["-o c.json", "-r c.json", "--run c.json"]:
            run = shell(f"validate -q -c c.json {row} bad.jsonl")
            must(run.returncode == 64 and b"also the contract" in run.stderr, row, "status", run.returncode, run.stderr)
        must((scratch.path / "c.json").read_bytes() == contract, "the contract is not as it was")
    with tap.case("a record that just fits is not over the limit, wherever its line end is cut"):
        for end in (b"\r\n", b"\n", b""):
            for size in (None, 1, 8, 9, 12, 13, 14):
                for program, line in (("validate", b'{"a":12}'), ("csv2json", b"12345678")):
                    data = (b"a\n" if program == "csv2json" else b"") + line + end
                    contract = ["-c", scratch.path / "c.json"] if program == "validate" else []
                    result = scratch.run(program, *contract, "--max-record", "8", stdin=data, variables=size and pieces(scratch.bin, read=size))
                    must(result.exit == 0 and not result.rejects, program, end, size, result.err)
    with tap.case("the line end of a record over the limit is the same however it comes"):
        data = b"x" * 50 + b"\r\n" + b'{"a":1}\n'
        for size in (None, 1, 51, 52):
            result = scratch.run("validate", "-c", scratch.path / "c.json", "--max-record", "10", "--max-rejects", "1", stdin=data,
                                 variables=size and pieces(scratch.bin, read=size))
            must(result.out == b'{"a":1}\n' and result.rejects[0]["record_base64"] == "eHh4" * 16 + "eHg=", size, result.rejects, result.err)


def signals(tap, scratch, shell):
    with tap.case("a FIFO that nobody opens: SIGUSR1 is no end, SIGTERM is"):
        os.mkfifo(scratch.path / "fifo")
        process = shell.start("validate", "-c", "c.json", "fifo", stdout=subprocess.DEVNULL)
        time.sleep(0.3)
        process.send_signal(signal.SIGUSR1)
        time.sleep(0.2)
        must(process.poll() is None, "it ended with", process.returncode)
        process.send_signal(signal.SIGTERM)
        must(process.wait(5) == -signal.SIGTERM, "status", process.returncode, process.stderr.read())
    with tap.case("SIGUSR1 while nothing comes: a line of progress"):
        process = shell.start("validate", "-c", "c.json", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stdin.write(b'{"a":1}\n')
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(signal.SIGUSR1)
        must(b"1 records" in process.stderr.readline(), "no progress")
        process.stdin.close()
        must(process.wait(5) == 0, "status", process.returncode)
    with tap.case("SIGTERM while the reader takes a little at a time: within 2 s"):
        process = shell.start("validate", "-c", "any.json", "big.jsonl", stdout=subprocess.PIPE)
        os.read(process.stdout.fileno(), 1000)
        process.send_signal(signal.SIGTERM)
        end = time.monotonic() + 2
        while process.poll() is None and time.monotonic() < end:
            os.read(process.stdout.fileno(), 4096)
            time.sleep(0.05)
        must(process.poll() == -signal.SIGTERM, "status", process.poll())
    with tap.case("--output and a signal: no file, no temporary"):
        process = shell.start("validate", "-c", "c.json", "-o", "made.jsonl", stdin=subprocess.PIPE)
        process.stdin.write(b'{"a":1}\n')
        process.stdin.flush()
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        must(process.wait(5) == -signal.SIGTERM, "status", process.returncode)
        process.stdin.close()
        left = [path.name for path in scratch.path.iterdir() if path.name.startswith((".tidegate", "made"))]
        must(not left, "left", left)


# A stage is killed while a foreign program reads from it; later, other lines of the same session land what nobody vouches for.
DEAD = """
( ( printf 'a\\n1\\n'; sleep 20 ) | csv2json | cat >/dev/null ) &
for try in 1 2 3 4 5 6 7 8 9 10; do
    sleep 0.2
    victim=$(ps -o pid=,comm= -s $$ | awk '$2 == "csv2json" { print $1 }')
    [ -n "$victim" ] && break
done
sleep 0.3
kill -9 $victim
sleep 0.2
echo '{}' | landing-write --zone dz --source s --entity e --upstream any >/dev/null 2>&1; echo $?
sleep 1.5
echo '{}' | landing-write --zone dz --source s --entity e --upstream any >/dev/null; echo $?
pkill -s 0 -x sleep
"""


def dead(tap, scratch, shell):
    with tap.case("a stage that was killed refuses what is landed then, and not for ever what is landed later"):
        (scratch.path / "dead.sh").write_text(DEAD)
        run = shell("setsid -w bash dead.sh")
        must(run.stdout.split() == [b"75", b"0"], run.stdout, run.stderr)


def statuses(tap, scratch, shell):
    with tap.case("--help into a closed pipe, and on a full disk"):
        must(shell("sleep 0 | { sleep 0.2; validate --help; } | true; echo ${PIPESTATUS[1]}").stdout.strip() in (b"141", b"0"), "closed pipe")
        run = shell("validate --help >/dev/full")
        must(run.returncode == 74 and b"No space left" in run.stderr, "status", run.returncode, run.stderr)
    with tap.case("a sink gives a receipt when its input is not there, and when there is no zone"):
        os.mkdir(scratch.path / "plain")
        for line, code in (("landing-write --zone z --source s --entity e nothing.jsonl", 66),
                           ("landing-write --zone plain --source s --entity e <any.json", 78)):
            run = shell(line)
            must(run.returncode == code, line, "status", run.returncode, run.stderr)
            must(json.loads(run.stdout)["result"] == "refused", line, run.stdout)
    with tap.case("a receipt that nobody reads changes nothing: it has landed"):
        run = shell("landing-write --zone z --source s --entity e <any.json | true; echo ${PIPESTATUS[0]}; wc -l <z/manifest.jsonl")
        must(run.stdout.split() == [b"0", b"1"], run.stdout, run.stderr)
    with tap.case("two files of which the first has no line feed at its end are not glued"):
        scratch.write("f1", b'{"a":1}')
        scratch.write("f2", b'{"a":2}')
        run = shell("landing-write --zone z --source s --entity glue f1 f2")
        must(run.returncode == 65 and b"f1" in run.stderr, "status", run.returncode, run.stderr)
        must(shell("landing-write --zone z --source s --entity glue any.json f2").returncode == 65, "status")
        must(shell("landing-write --zone z --source s --entity glue f2").returncode == 0, "one of them alone")
    with tap.case("more operands than descriptors are allowed at first"):
        for n in range(1100):
            (scratch.path / f"n{n}.jsonl").write_bytes(b'{"a":1}\n')
        run = shell("ulimit -Sn 1024; validate -c c.json n*.jsonl | wc -l")
        must(run.stdout.strip() == b"1100", run.stdout, run.stderr)
    with tap.case("--output keeps the permissions of what it replaces, and follows no dangling link"):
        target = scratch.write("private.jsonl", b"old\n")
        target.chmod(0o600)
        must(shell("validate -c any.json -o private.jsonl any.json").returncode == 0, "status")
        must(stat.S_IMODE(target.stat().st_mode) == 0o600, "mode", oct(target.stat().st_mode))
        os.symlink("nowhere", scratch.path / "dangling")
        run = shell("validate -c any.json -o dangling any.json")
        must(run.returncode == 73 and os.path.islink(scratch.path / "dangling"), "status", run.returncode, run.stderr)
    with tap.case("messages as JSON are whole lines of JSON, variables that nobody knows too"):
        name = "\n" * 1400
        run = subprocess.run(["validate", "--log-format", "json", "-c", "c.json", name], cwd=scratch.path,
                             env={**shell.environment, "TIDEGATE_CONRACT": "x"}, capture_output=True)
        lines = [json.loads(line) for line in run.stderr.splitlines()]
        must(len(lines) == 2 and "did you mean TIDEGATE_CONTRACT" in lines[0]["body"], run.stderr)
        must(max(map(len, run.stderr.splitlines())) < 4096, "too long for one write")


def main():
    options = arguments(__doc__)
    tap = Tap()
    with Scratch(options.bin) as scratch:
        scratch.write("c.json", CONTRACT)
        scratch.write("any.json", {})
        scratch.write("bad.jsonl", BAD)
        scratch.write("big.jsonl", b'{"a":"' + b"y" * (12 << 20) + b'"}\n')
        shell = Shell(scratch)
        rejects(tap, scratch, shell)
        signals(tap, scratch, shell)
        dead(tap, scratch, shell)
        statuses(tap, scratch, shell)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
