"""programs: what the property tests share: running a built program on bytes, in pieces, with its counts from the run log."""
import argparse
import collections
import json
import os
import pathlib
import platform
import random
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
from tap import NotHere, Tap, clean_environment, must  # noqa: F401  (for the tests that import this)

Result = collections.namedtuple("Result", "exit out err rejects counts rss")


def arguments_parser(about):
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build" / "tools", help="where the programs are")
    parser.add_argument("--long", action="store_true", help="the big runs")
    parser.add_argument("--seed", type=int, default=1)
    return parser


def arguments(about):
    options = arguments_parser(about).parse_args()
    options.bin = options.bin.resolve()
    return options


def slow_build(options):
    """With sanitizers, which keep shadows: memory says nothing there, and a start takes ten times as long."""
    return any(word in str(options.bin) for word in ("asan", "tsan"))


def levels():
    """Those of TIDEGATE_CPU that this machine has, the least first."""
    words = pathlib.Path("/proc/cpuinfo").read_text().split() if platform.machine() == "x86_64" else []
    had = {"scalar": True, "neon": platform.machine() == "aarch64", "sse2": words, "avx2": "avx2" in words, "avx512": "avx512_vbmi2" in words}
    return [level for level in had if had[level]]


def pieces(bin_dir, read=None, write=None):
    """The variables that make the system answer in pieces."""
    shim = bin_dir.parent / "tests" / "pieces.so"
    if not shim.exists():
        raise NotHere(f"{shim.name}: build it")
    variables = {"LD_PRELOAD": str(shim), "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"}
    if read is not None:
        variables["PIECES_READ"] = str(read)
    if write is not None:
        variables["PIECES_WRITE"] = str(write)
    return variables


class Scratch:
    """A folder for one test, and programs run in it."""

    def __init__(self, bin_dir):
        self.bin = bin_dir
        self.folder = tempfile.TemporaryDirectory(prefix="tidegate-test-")
        self.path = pathlib.Path(self.folder.name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def write(self, name, content):
        path = self.path / name
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    def run(self, name, *args, stdin=b"", variables=None, rejects="rejects.jsonl", timeout=120, preexec=None, stdout=None):
        """Runs a program; its rejects and counts as Python values. stdin is bytes, or an open file."""
        log = self.path / "run.jsonl"
        reject_file = self.path / rejects if rejects else None
        for old in (log, reject_file):
            if old and old.is_file():
                old.unlink()
        command = [str(self.bin / name), "--run", str(log)]
        if rejects:
            command += ["--rejects", str(reject_file)]
        environment = clean_environment()
        environment.update(variables or {})
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = subprocess.Popen(
                [*command, *map(str, args)], cwd=self.path, env=environment, preexec_fn=preexec, start_new_session=True,
                stdin=subprocess.PIPE if isinstance(stdin, bytes) else stdin, stdout=stdout or out, stderr=err)
            if isinstance(stdin, bytes):
                try:
                    process.stdin.write(stdin)
                    process.stdin.close()
                except BrokenPipeError:
                    pass
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            err.seek(0)
            text = out.read(), err.read().decode(errors="replace")
        kept = []
        if reject_file and reject_file.is_file():
            kept = [json.loads(line) for line in reject_file.read_bytes().splitlines()]
        finish = {}
        if log.is_file():
            for line in log.read_text().splitlines():
                entry = json.loads(line)
                if entry["event"] == "finish":
                    finish = entry
        return Result(process.returncode, *text, kept, finish, usage.ru_maxrss * 1024)


def balanced(result):
    """in = out + dropped + rejected, and the reject file holds as many."""
    records = result.counts.get("records")
    must(records, "no counts in the run log:", result.counts, result.err)
    must(records["in"] == records["out"] + records["dropped"] + records["rejected"], "the counts do not add up:", records)
    must(records["rejected"] == len(result.rejects), "rejected", records["rejected"], "but kept", len(result.rejects))
    return records


def rng(options, what):
    return random.Random(f"{options.seed}/{what}")
