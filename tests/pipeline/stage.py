#!/usr/bin/env python3
"""stage: its statuses are the command's, its bytes are the command's, and signals reach the command.

    tests/pipeline/stage.py --bin build/tools
"""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import Tap, arguments, clean_environment, must  # noqa: E402


class Stand:
    def __init__(self, options, folder):
        self.stage = str(options.bin / "stage")
        self.folder = pathlib.Path(folder)
        self.log = self.folder / "run.jsonl"
        self.env = clean_environment()
        self.env["TIDEGATE_RUN"] = str(self.log)

    def start(self, *args, **streams):
        if self.log.exists():
            self.log.unlink()
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
        return subprocess.Popen([self.stage, *args], env=self.env, cwd=self.folder, start_new_session=True, **streams)

    def run(self, *args, **streams):
        process = self.start(*args, **streams)
        out, err = process.communicate(timeout=30)
        return process.returncode, out, err, self.finish()

    def finish(self):
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        must([line["event"] for line in lines] == ["start", "finish"], "lines:", lines)
        must("secret" not in json.dumps(lines), "an argument of the command is in the log")
        return lines[1]


def statuses(stand):
    rows = [
        (("x", "--", "true"), 0, "ok", 0),
        (("x", "--", "false"), 1, "foreign", 1),
        (("x", "--", "sh", "-c", "exit 99 # secret"), 99, "foreign", 99),
        (("x", "--", "nosuch"), 127, "foreign", 127),
        (("x", "--", "/etc/passwd"), 126, "foreign", 126),
        (("x", "--", "sh", "-c", "kill -9 $$"), -9, "foreign", 137),
        (("x", "--", "sh", "-c", "kill -TERM $$"), -15, "foreign", 143),
        (("x", "--", "sh", "-c", "kill -SEGV $$"), -11, "foreign", 139),
        (("x", "--"), 64, "usage", 64),
        (("x",), 64, "usage", 64),
        ((), 64, "usage", 64),
        (("--", "true"), 64, "usage", 64),
        (("x", "y", "--", "true"), 64, "usage", 64),
        (("a/b", "--", "true"), 64, "usage", 64),
        (("x" * 65, "--", "true"), 64, "usage", 64),
        (("--nosuch", "x", "--", "true"), 64, "usage", 64),
    ]
    for args, code, status, logged in rows:
        got, _, err, finish = stand.run(*args)
        must(got == code, args, "ended", got, err)
        must((finish["status"], finish["exit"]) == (status, logged), args, finish)
        must(finish["tool"] == (args[0] if status in ("ok", "foreign") else "stage"), args, finish)
        must("in" not in finish["bytes"], "it does not know what was read", finish)


def whole_bytes(stand):
    """Through a pipe, to a file, to a file that is appended to, to a socket: the same bytes, and their number."""
    content = os.urandom(3_000_001)
    (stand.folder / "data").write_bytes(content)
    target = stand.folder / "out"
    got, out, _, finish = stand.run("x", "--", "cat", "data")
    must(got == 0 and out == content and finish["bytes"]["out"] == len(content), "a pipe:", got, len(out), finish)
    for mode, before in (("wb", b""), ("ab", b"before")):
        target.write_bytes(before)
        with open(target, mode) as out:
            got, _, _, finish = stand.run("x", "--", "cat", "data", stdout=out)
        must(got == 0 and target.read_bytes() == before + content and finish["bytes"]["out"] == len(content), mode, got, finish)
    with open(stand.folder / "data", "rb") as data:
        got, out, _, _ = stand.run("x", "--", "cat", stdin=data)
    must(got == 0 and out == content, "standard input is the command's")
    got, out, _, finish = stand.run("x", "--", "sh", "-c", "sleep 0.2 & echo first; exec sleep 0.1")
    must(got == 0 and out == b"first\n", "with a child in the background", got, out)


def full(stand):
    with open("/dev/full", "wb") as out:
        got, _, err, finish = stand.run("x", "--", "echo", "hello", stdout=out)
    must(got == 74 and finish["status"] == "io" and b"No space" in err, got, err, finish)


def closed_pipe(stand):
    """The reader goes: the command is told, and the stage ends as any program would, though nothing is written."""
    for command in ("yes", "echo first; sleep 0.3; echo second; sleep 0.3; echo third"):
        process = stand.start("x", "--", "sh", "-c", command)
        process.stdout.read(1)
        process.stdout.close()
        process.wait(10)
        must(process.returncode == -signal.SIGPIPE, command, process.returncode, process.stderr.read())
        must(stand.finish()["status"] == "pipe", stand.finish())


def passed_on(stand):
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        process = stand.start("x", "--", "sh", "-c", "trap 'echo told; exit 0' TERM HUP INT; echo up; while :; do sleep 0.05; done")
        must(process.stdout.readline() == b"up\n", "it does not start")
        began = time.monotonic()
        process.send_signal(number)
        out, _ = process.communicate(timeout=10)
        must(out == b"told\n", number, "the command was not told, or its last words are lost:", out)
        must(process.returncode == -number, number, process.returncode)
        must(time.monotonic() - began < 2, "it took", time.monotonic() - began)
        must(stand.finish()["status"] == "interrupted", stand.finish())


def inherited(stand):
    """What the stage ignores, the command does not, unless it was ignored before."""
    command = ("x", "--", "sh", "-c", "grep SigIgn /proc/self/status")
    _, out, _, _ = stand.run(*command)
    must(int(out.split()[1], 16) & (1 << 31) - 1 == 0, "ignored:", out)
    _, out, _, _ = stand.run(*command, restore_signals=False, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    must(int(out.split()[1], 16) & 1 << (signal.SIGHUP - 1), "nohup is lost:", out)
    descriptors = stand.run("x", "--", "sh", "-c", "ls /proc/self/fd | wc -l")[1]
    must(int(descriptors) == 4, "descriptors of ours leak:", descriptors)


def main():
    options, tap = arguments(__doc__), Tap()
    for test in (statuses, whole_bytes, full, closed_pipe, passed_on, inherited):
        with tempfile.TemporaryDirectory(prefix="tidegate-test-") as folder, tap.case(test.__name__.replace("_", " ")):
            test(Stand(options, folder))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
