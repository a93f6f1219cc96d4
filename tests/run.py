#!/usr/bin/env python3
"""run: all tests, of all kinds, in all builds (scripts/test calls it).

    scripts/test               everything, some twelve minutes on two cores
    scripts/test --quick       what is said within a minute: house, unit tests of one build
    scripts/test --long        with the big seeded runs, and the property tests under both compilers' sanitizers
    scripts/test --matrix      and what depends on them under each level of wide steps that the machine has (TIDEGATE_CPU), by 1, 2 and 7
                               threads (TIDEGATE_JOBS); with 7, blocks are cut to 64 bytes (TIDEGATE_JOBS_BLOCK); and with
                               ThreadSanitizer: twice the time
    scripts/test --cpu sse2 --jobs 7   all of it under one of them
    scripts/test unit csv      the suites whose name holds one of the words

Test programs print TAP. A suite that prints no plan or another number of tests than planned, ends by a signal, or takes too
long has failed. Quick suites come first, and one that fails stops the slow ones (--keep-going: it does not). The last line is
`N passed, N failed, N skipped`; the status is 1 if anything failed.
"""
import argparse
import concurrent.futures
import dataclasses
import glob
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from programs import ROOT, levels

# -- what there is ------------------------------------------------------------------------------------------------------------

# Lines are all that a sanitizer's finding needs of debug information, and a finding that need not be come back from is less code: both
# take a quarter off the time of a build. Completions are asked of the plain build.
SANITIZE = ["-Dbuildtype=debugoptimized", "-Doptimization=1", "-Ddebug=false", "-Dc_args=-g1 -fno-sanitize-recover=undefined",
            "-Db_sanitize=address,undefined", "-Dcompletions=false"]
# What has threads: the lanes of sources and filters, and the checkers of a landing zone.
TSAN = ["-Db_sanitize=thread" if word.startswith("-Db_sanitize") else word for word in SANITIZE]
THREADED = [f"tools/{name}" for name in ("csv2json", "dedupe", "fixed2json", "hmac-verify", "json2csv", "landing-verify", "landing-write", "landing-prune",
                                         "landing-read", "validate")]
# compiler, options of meson, whether its programs are slow, and what is built of it (nothing: all)
BUILDS = {
    "gcc": ("gcc", ["-Dwerror=true"], False, []),
    "gcc-asan": ("gcc", SANITIZE, True, []),
    "clang-asan": ("clang-14", [*SANITIZE, "-Db_lundef=false", "-Dwerror=true", "-Dfuzz=true"], True, []),
    "gcc-tsan": ("gcc", TSAN, True, [*THREADED, "tests/pieces.so"]),
}


def threads(jobs, cpu=None):
    """What programs are told of it in their environment. Inputs of tests are small: with blocks of the usual size one thread would get them whole."""
    variables = {"TIDEGATE_CPU": cpu, "TIDEGATE_JOBS": jobs, "TIDEGATE_JOBS_BLOCK": "64" if jobs == "7" else None}
    return {name: value for name, value in variables.items() if value}


# A line a suite: stage, name, build, command, seconds, and the environment where there is one. A pattern in the command, or a list of
# them, becomes a suite for each file that it finds (for a unit test's source, its program is run); {bin} is where the build's programs
# are, {build} the build. Stages: quick; slow, as many at a time as there are CPUs; long, the same with --long; alone, since they watch
# the clock.
UNIT = "tests/unit/test_*.c"
# Each case in one way: in pieces, a pipe gives a read no more than a packet, and drops what a block has no room for.
CASES_ONCE = ["scripts/cases", "--once", "--bin", "{bin}"]
SUITES = [
    ("quick", "house", None, ["tests/house/*.py"], 60),
    ("quick", "unit", "gcc", [UNIT], 120),
    ("slow", "fuzz", "clang-asan", ["tests/fuzz/replay.py", "--build", "{build}"], 400),
    ("slow", "manual", "gcc", ["tests/manual/*.py", "--bin", "{bin}"], 120),
    ("slow", "cases", "gcc", ["scripts/cases", "--bin", "{bin}"], 300),
    *[("slow", f"cases, {cpu}, {jobs} jobs", "gcc", CASES_ONCE, 300, threads(jobs, cpu)) for cpu, jobs in zip(levels(), "7272")],
    ("slow", "property", "gcc", ["tests/property/*.py", "--bin", "{bin}"], 300),
    ("slow", "bench", "gcc", ["tests/bench/self_test.py", "--bin", "{bin}"], 60),
    ("slow", "crash", "gcc", ["tests/crash/*.py", "--bin", "{bin}"], 600),
    ("slow", "timing", "gcc", ["tests/timing/*.py", "--bin", "{bin}"], 180),
    ("slow", "instructions", "gcc", ["tests/instructions/*.py", "--bin", "{bin}"], 180),
    ("slow", "model", "gcc", ["tests/model/*.py", "--bin", "{bin}"], 900),
    ("slow", "arm64", None, ["tests/arm64/arm64.py"], 600),
    ("slow", "unit, gcc-asan", "gcc-asan", [UNIT], 300),
    ("slow", "cases, gcc-asan", "gcc-asan", ["scripts/cases", "--patience", "10", "--bin", "{bin}"], 400),
    ("long", "property, gcc-asan", "gcc-asan", ["tests/property/*.py", "--bin", "{bin}"], 400),
    ("slow", "unit, clang-asan", "clang-asan", [UNIT], 300),
    ("slow", "cases, clang-asan", "clang-asan", ["scripts/cases", "--patience", "10", "--bin", "{bin}"], 400),
    ("slow", "property, clang-asan", "clang-asan", ["tests/property/*.py", "--bin", "{bin}"], 400),
    ("alone", "pipeline", "gcc", ["tests/pipeline/*.py", "--bin", "{bin}"], 300),
    ("alone", "demo", "gcc", ["tests/demo/*.py", "--bin", "{bin}"], 120),
]

# --matrix adds these: what depends on the level or on threads, and does not go through them by itself.
NARROW = ("archive_", "cases_notice", "compat", "jobs", "names", "pgp_")
WIDE = [str(path.relative_to(ROOT)) for path in ROOT.glob("tests/property/*.py") if not path.stem.startswith(NARROW)]
PAIRS = [(cpu, jobs) for cpu in levels() for jobs in "127"]
MATRIX = [
    *[("slow", f"unit, {cpu}", "gcc", [UNIT], 120, {"TIDEGATE_CPU": cpu}) for cpu in levels()[:-1]],
    *[("slow", f"cases, {cpu}, {jobs} jobs", "gcc", CASES_ONCE, 300, threads(jobs, cpu)) for cpu, jobs in PAIRS],
    *[("slow", f"property, {cpu}, {jobs} jobs", "gcc", [WIDE, "--bin", "{bin}"], 300, threads(jobs, cpu)) for cpu, jobs in PAIRS],
    *[("slow", f"{kind}, 7 jobs", "gcc", [f"tests/{kind}/*.py", "--bin", "{bin}"], 900, threads("7")) for kind in ("manual", "crash", "model")],
    ("slow", "threads, gcc-tsan", "gcc-tsan", [["tests/property/jobs.py", "tests/property/tampering.py"], "--bin", "{bin}"], 400),
    *[("slow", f"cases, clang-asan, {cpu}, 7 jobs", "clang-asan", CASES_ONCE, 400, threads("7", cpu)) for cpu in levels()],
]
MATRIX = [row for row in MATRIX if row[1] not in {row[1] for row in SUITES}]

# What takes long begins early, so that it does not run on when all else is done. In falling order.
LONGEST = ["fuzz", "crash: dedupe", "model: dedupe_model", "cases, gcc-asan", "cases, clang-asan", "unit, gcc-asan: csv", "unit, clang-asan: csv"]

CPUS = len(os.sched_getaffinity(0))
LONG = 20  # --long: so many times the seconds

# A finding of a sanitizer ends a program with a status that is none of ours, so no expectation can be met by accident.
SANITIZER_ENV = {
    "ASAN_OPTIONS": "exitcode=86:detect_stack_use_after_return=1:strict_string_checks=1:allocator_may_return_null=1",
    "TSAN_OPTIONS": "exitcode=86:halt_on_error=1",
    "UBSAN_OPTIONS": "halt_on_error=1:exitcode=86:print_stacktrace=1",
}


@dataclasses.dataclass
class Suite:
    stage: str
    name: str
    build: str
    argv: list
    seconds: float
    env: dict = dataclasses.field(default_factory=dict)


# -- builds -------------------------------------------------------------------------------------------------------------------

def build_dir(name):
    return ROOT / "build-test" / name


def make(name, jobs):
    """Configures and compiles; None, or what went wrong."""
    compiler, options, _, targets = BUILDS[name]
    where = build_dir(name)
    steps = [["ninja", "-C", str(where), "-j", str(jobs), *targets]]
    chosen = where / "chosen"  # what it was configured with: another choice is another build
    if not (where / "build.ninja").exists() or not chosen.exists() or chosen.read_text() != " ".join(options):
        shutil.rmtree(where, ignore_errors=True)
        steps.insert(0, ["meson", "setup", str(where), str(ROOT), *options])
    for step in steps:
        run = subprocess.run(step, cwd=ROOT, env={**os.environ, "CC": compiler}, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if run.returncode:
            shown = [line for line in run.stdout.splitlines() if not re.match(r"\[\d+/\d+\] (Compiling|Linking|Generating)", line)]
            first = next((at for at, line in enumerate(shown) if re.search(r"^FAILED: |ERROR: ", line)), 0)
            return "\n".join(["$ " + " ".join(step), *shown[first:][:60]])
        chosen.write_text(" ".join(options))
    return None


def does_run(name):
    """ThreadSanitizer wants its memory at places that not every kernel leaves free, and ends at once where it has them not."""
    program = build_dir(name) / (BUILDS[name][3] or ["tools/validate"])[0]
    return subprocess.run([program, "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


# -- suites -------------------------------------------------------------------------------------------------------------------

def unit_env(build):
    """What tests/meson.build gives the unit tests of a build as their environment: {program: {...}}."""
    if not (build_dir(build) / "build.ninja").exists():
        return {}
    tests = json.loads(subprocess.check_output(["meson", "introspect", "--tests", str(build_dir(build))]))
    return {test["cmd"][0]: test["env"] for test in tests}


def expand(row, long):
    stage, name, build, command, seconds, *env = row
    words = {"bin": build_dir(build) / "tools", "build": build_dir(build)} if build else {}
    rest = [word.format(**words) for word in command[1:]]
    patterns = command[0] if isinstance(command[0], list) else [command[0]]
    for path in sorted({pathlib.Path(path) for pattern in patterns for path in glob.glob(pattern, root_dir=ROOT)}):
        label = name if command[0] == str(path) else f"{name}: {path.stem.removeprefix('test_')}"
        if path.suffix == ".c":
            argv = [str(build_dir(build) / "tests" / path.stem)]
        else:
            argv = [sys.executable, str(path), *rest]
            if long and "--long" in (ROOT / path).read_text():
                argv.append("--long")
        yield Suite(stage, label, build, argv, seconds * (LONG if long else 1), *env)


# -- TAP ----------------------------------------------------------------------------------------------------------------------

@dataclasses.dataclass
class Report:
    suite: Suite
    passed: int = 0
    failures: list = dataclasses.field(default_factory=list)  # (name, [lines of detail])
    skips: list = dataclasses.field(default_factory=list)  # (name, why)
    seconds: float = 0
    cpu: float = 0  # seconds of all its processes that were waited for
    output: str = ""


RESULT = re.compile(r"(not )?ok\b ?\d*(?: - | )?(.*?)(?: # (.*))?$")


def excerpt(text):
    """The lines that say why a program died: a sanitizer's finding from its first line, else the last ones."""
    lines = text.splitlines()
    found = next((at for at, line in enumerate(lines) if "ERROR: " in line or "runtime error: " in line), None)
    return lines[-30:] if found is None else lines[max(0, found - 2):found + 40]


def read_tap(report, text):
    """Fills the report. Remarks between two results belong to the failure among them, before or behind it."""
    plan, seen, remarks, failed = None, 0, [], None
    for line in text.splitlines():
        result = RESULT.match(line)
        if result and not line.startswith("#"):
            seen += 1
            directive = result.group(3) or ""
            failed = None
            if result.group(1):
                failed = (result.group(2), remarks)
                report.failures.append(failed)
            elif directive.upper().startswith("SKIP"):
                report.skips.append((result.group(2), directive[4:].strip() or "no reason given"))
            else:
                report.passed += 1
            remarks = []
        elif re.match(r"1\.\.\d+", line):
            plan = int(re.match(r"1\.\.(\d+)", line).group(1))
        elif line.startswith("Bail out!"):
            report.failures.append((line, []))
        elif failed:
            failed[1].append(line)
        else:
            remarks.append(line)
    if plan is None:
        report.failures.append(("printed no plan", excerpt(text)))
    elif plan != seen:
        report.failures.append((f"planned {plan} tests and ran {seen}", excerpt(text)))


def run(suite, variables):
    report = Report(suite)
    env = {k: v for k, v in os.environ.items() if not k.startswith("TIDEGATE_")}
    env.update(variables)
    if suite.build and BUILDS[suite.build][2]:
        env.update(SANITIZER_ENV)
    began = time.monotonic()
    with tempfile.TemporaryFile() as out:
        try:
            # A session of its own: programs look at the other stages of theirs.
            process = subprocess.Popen(suite.argv, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=out,
                                       stderr=subprocess.STDOUT, start_new_session=True)
        except OSError as error:
            report.failures.append((f"cannot be run: {error}", []))
            return report
        late = threading.Event()

        def stop():
            late.set()
            os.killpg(process.pid, signal.SIGKILL)

        clock = threading.Timer(suite.seconds, stop)
        clock.start()
        _, status, used = os.wait4(process.pid, 0)
        clock.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        report.cpu = used.ru_utime + used.ru_stime
        out.seek(0)
        report.output = out.read().decode(errors="backslashreplace")
    report.seconds = time.monotonic() - began
    if late.is_set():
        read_tap(report, report.output + "\n1..0")
        report.failures[-1] = (f"not done after {suite.seconds:.0f} s", excerpt(report.output))
        return report
    read_tap(report, report.output)
    if process.returncode and not report.failures:
        how = f"status {process.returncode}" if process.returncode > 0 else f"signal {-process.returncode}"
        report.failures.append((f"ended with {how}, though no test failed", excerpt(report.output)))
    return report


# -- the run ------------------------------------------------------------------------------------------------------------------

class Stage:
    """Suites and the builds that they need, some at a time: a worker makes a build while the others run what is built already."""

    def __init__(self, run, suites, workers, jobs):
        order = {name: place for place, name in enumerate(LONGEST)}
        self.run, self.workers, self.jobs = run, workers, jobs
        self.suites = sorted((suite for suite in suites if run.compiled.get(suite.build) is not False),
                             key=lambda suite: order.get(suite.name, len(order)))
        self.builds = [name for name in BUILDS if name not in run.compiled and any(suite.build == name for suite in suites)]
        self.changed = threading.Condition()

    def ready(self):
        return next((suite for suite in self.suites if suite.build is None or suite.build in self.run.compiled), None)

    def next(self):
        """A build's name or a suite, or None at the end. Called with the lock held, and waits for builds that others make."""
        while self.suites:
            if self.builds:
                return self.builds.pop(0)
            suite = self.ready()
            if suite:
                self.suites.remove(suite)
                return suite
            self.changed.wait()
        return None

    def build(self, name, jobs):
        report, known = self.run.compile(name, jobs)
        with self.changed:
            self.run.compiled[name] = known
            if known is False:
                self.suites = [suite for suite in self.suites if suite.build != name]
        return report

    def work(self):
        while True:
            with self.changed:
                task = self.next()
                jobs = self.jobs if self.ready() or self.builds else CPUS
            if task is None:
                return
            if isinstance(task, str):
                report = self.build(task, jobs)
            else:
                known = self.run.compiled.get(task.build, {}).get(task.argv[0], {})
                report = run(task, {**known, **self.run.env, **task.env})
            with self.changed:
                self.run.done(report)
                self.changed.notify_all()

    def all(self):
        with concurrent.futures.ThreadPoolExecutor(self.workers) as pool:
            for worker in [pool.submit(self.work) for _ in range(self.workers)]:
                worker.result()


class Run:
    def __init__(self, options):
        self.options = options
        self.env = {}  # of all suites
        self.rows = SUITES + (MATRIX if options.matrix else [])
        self.reports, self.stopped = [], []
        self.compiled = {}  # what the unit tests of a build want in their environment, or False where it failed

    def wanted(self, name):
        return not self.options.names or any(word in name for word in self.options.names)

    def failed(self):
        return any(report.failures for report in self.reports)

    def tell(self, report):
        state = "FAILED" if report.failures else "ok"
        counts = [f"{report.passed:4} passed"]
        counts += [f"{len(report.failures)} failed"] * bool(report.failures) + [f"{len(report.skips)} skipped"] * bool(report.skips)
        print(f"{state:6}  {report.suite.name:34} {', '.join(counts):32} {report.seconds:6.1f} s {report.cpu:6.1f} CPU", flush=True)
        if self.options.verbose:
            print("\n".join("        " + line for line in report.output.splitlines()), flush=True)

    def done(self, report):
        self.reports.append(report)
        self.tell(report)

    def compile(self, name, jobs):
        """Its report, for a build that fails is a test that failed, and the environment of its unit tests, or False."""
        began = time.monotonic()
        wrong = make(name, jobs)
        report = Report(Suite("quick", f"build: {name}", name, [], 0), seconds=time.monotonic() - began)
        if wrong:
            report.failures.append(("compiles", wrong.splitlines()))
        elif does_run(name):
            report.passed = 1
            return report, unit_env(name)
        else:
            report.skips.append(("what is built with it", "programs with this sanitizer do not run on this machine"))
        return report, False

    def stage(self, stage, workers, jobs=1):
        suites = [suite for row in self.rows if row[0] == stage for suite in expand(row, self.options.long) if self.wanted(suite.name)]
        Stage(self, suites, workers, jobs).all()

    def all(self):
        self.stage("quick", CPUS, jobs=CPUS)
        if self.options.quick:
            return
        if self.failed() and not self.options.keep_going:
            kinds = ("slow", "long", "alone") if self.options.long else ("slow", "alone")
            self.stopped = [row[1] for row in self.rows if row[0] in kinds and self.wanted(row[1])]
            return
        self.stage("slow", CPUS + 1)  # one more than CPUs, since many wait now and then for a disk or a clock
        if self.options.long:
            self.stage("long", CPUS + 1)
        self.stage("alone", 1)

    def summary(self):
        passed = sum(report.passed for report in self.reports)
        failures = [(report.suite, *failure) for report in self.reports for failure in report.failures]
        skips = [(report.suite, *skip) for report in self.reports for skip in report.skips]
        if skips:
            print("\nskipped:")
            reasons = {}
            for suite, name, why in skips:
                reasons.setdefault(why, []).append(f"{name} ({suite.name})")
            for why, names in reasons.items():
                print(f"  {why}: {'; '.join(names[:6])}{f' and {len(names) - 6} more' if len(names) > 6 else ''}")
        for suite, name, detail in failures:
            print(f"\nFAILED  {suite.name}: {name}")
            for line in detail[-60:]:
                print("        " + re.sub(r"^# ?", "", line))
        if self.stopped:
            print(f"\nnot run, since a quick suite failed (--keep-going runs them): {'; '.join(self.stopped)}")
        print(f"\n{passed} passed, {len(failures)} failed, {len(skips) + len(self.stopped)} skipped")
        return 1 if failures else 0


def main():
    parser = argparse.ArgumentParser(prog="scripts/test", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     allow_abbrev=False)
    parser.add_argument("names", nargs="*", metavar="NAME", help="only suites whose name holds it")
    parser.add_argument("--quick", action="store_true", help="only the quick suites")
    parser.add_argument("--long", action="store_true", help="the big seeded runs")
    parser.add_argument("--cpu", choices=levels(), help="the level of wide steps that programs take")
    parser.add_argument("--jobs", metavar="N", help="the threads that programs take")
    parser.add_argument("--matrix", action="store_true", help="and under each level, by 1, 2 and 7 threads")
    parser.add_argument("--keep-going", action="store_true", help="the slow suites too when a quick one failed")
    parser.add_argument("--verbose", action="store_true", help="show what each suite prints")
    options = parser.parse_args()
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE):  # as a shell would start them, whoever started us
        signal.signal(number, signal.SIG_DFL if number != signal.SIGINT else signal.default_int_handler)
    everything = Run(options)
    shared = tempfile.TemporaryDirectory(prefix="tidegate-shared-")  # what suites may make once for all builds
    os.environ["TESTS_SHARED"] = shared.name
    everything.env = {name: value for name, value in (("TIDEGATE_CPU", options.cpu), ("TIDEGATE_JOBS", options.jobs)) if value}
    everything.all()
    if not everything.reports:
        print("no suite has such a name; there are: " + "; ".join(row[1] for row in everything.rows), file=sys.stderr)
        return 64
    return everything.summary()


if __name__ == "__main__":
    sys.exit(main())
