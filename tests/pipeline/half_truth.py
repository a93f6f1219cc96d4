#!/usr/bin/env python3
"""half_truth: what a pipe hides: a stage that was killed, failed, was mistyped, or cannot be seen. A sink at the end lands all or nothing.

    tests/pipeline/half_truth.py --bin build/tools [--long] [--only=WORD]

Every line is run by each shell in which it means something (the real programs by two of them in turn, by all with --long), without
pipefail, in a session and a folder of its own; then again with --upstream any. Looked at are what landed, byte for byte, and the
status of the line: 0 only if all of it landed, else the status of the stage that failed. The lines are those of tidegate-runlog(5),
with the programs that are there (csv2json, validate, landing-write), and with two that were made for this (pour, keep) and can end
in all ways.
"""
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import NotHere, Tap, arguments, clean_environment, must  # noqa: E402

SHELLS = ("bash", "dash", "zsh", "ksh93")
WORKERS = 3
PATIENCE = 30  # seconds; a line takes a twentieth


# -- the cast -----------------------------------------------------------------------------------------------------------------

class Made:
    """pour and keep: {S} pours `in`, {F} pours what comes, {K} keeps; the others fail."""

    name = "made"
    words = {
        "S": "pour in", "P": "pour", "I": "in", "F": "pour", "K": "keep --to landed", "H": "cat in",
        "BAD": "pour --act fail --status 65 --at 3 in", "BADF": "pour --act fail --status 65 --at 3", "NONE": "pour none",
    }
    bad, badf, empty = 65, 65, 78  # the statuses of BAD, BADF, and of {P} on nothing

    def __init__(self, lines=4000):
        self.source = b"".join(b'{"id":"%05d","note":"%s"}\n' % (n, b"x" * (n % 50)) for n in range(lines))
        self.content = self.source

    def set_up(self, folder):
        (folder / "in").write_bytes(self.source)
        (folder / "landed").mkdir()

    def landed(self, folder):
        return [(path.read_bytes(), path.name.split("-")[-1]) for path in (folder / "landed").iterdir()]


class Real:
    """csv2json, validate and landing-write."""

    name = "real"
    words = {
        "S": "csv2json in.csv", "P": "csv2json", "I": "in.csv", "F": "validate", "H": "cat in.csv", "NONE": "csv2json none.csv",
        "K": "landing-write --zone zone --source acme --entity customers --date 2025-11-05",
        "BAD": "csv2json cut.csv", "BADF": "validate --contract wrong.json",
    }
    bad, badf, empty = 65, 78, 65
    contract = {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "required": ["id", "note"],
        "properties": {"id": {"type": "string", "pattern": "^[0-9]{5}$"}, "note": {"type": "string"}},
    }

    def __init__(self, bin_dir, lines=4000):
        rows = ["id,note"] + [f"{n:05d},{'x' * (n % 50)}" for n in range(lines)]
        self.source = ("\n".join(rows) + "\n").encode()
        with tempfile.TemporaryDirectory() as folder:
            self.set_up(pathlib.Path(folder))
            self.content = subprocess.run([bin_dir / "csv2json", "in.csv"], cwd=folder, capture_output=True, check=True,
                                          env={**os.environ, "TIDEGATE_CONTRACT": "contract.json"}).stdout
        must(self.content.count(b"\n") == lines, "csv2json made", self.content.count(b"\n"), "of", lines, "records")

    def set_up(self, folder):
        (folder / "in.csv").write_bytes(self.source)
        (folder / "cut.csv").write_bytes(self.source + b'"never closed')
        (folder / "contract.json").write_text(json.dumps(self.contract))
        (folder / "wrong.json").write_text(json.dumps({**self.contract, "type": 7}))

    def landed(self, folder):
        manifest = folder / "zone" / "manifest.jsonl"
        lines = [json.loads(line) for line in manifest.read_text().splitlines()] if manifest.exists() else []
        found = []
        for line in lines:
            if line["kind"] == "landing":
                sidecar = json.loads((folder / "zone" / (line["path"] + ".meta.json")).read_text())
                found.append(((folder / "zone" / line["path"]).read_bytes(), sidecar.get("upstream", "?")))
        return found


# -- lines --------------------------------------------------------------------------------------------------------------------

@dataclasses.dataclass
class Ends:
    """How a line ends: the statuses it may have, and the shares of the content that land."""

    status: set
    lands: tuple = ()
    mark: str = ""  # verified, unverified, none: of what landed


def refused(*status):
    return Ends(set(status)), Ends(set(status))


def verified(*lands, mark="verified"):
    return (Ends({0}, lands or ("all",), mark),) * 2


def unverified(*lands):
    return Ends({78}), Ends({0}, lands or ("all",), "unverified")


def either(first, second):
    """A race: the one or the other."""
    return tuple([a, b] for a, b in zip(first, second))


@dataclasses.dataclass
class Line:
    text: str
    ends: tuple  # plain, with --upstream any
    shells: tuple = SHELLS
    name: str = ""
    casts: tuple = ("made", "real")


SUBSTITUTION = ("bash", "zsh", "ksh93")
BASH = ("bash",)
NO_KSH93 = ("bash", "dash", "zsh")  # where its sockets leave the session as the only tie, and that is cut or is too much
ZSH = ("zsh",)


def whole_lines(cast):
    """What is verified, and the same with a stage that fails."""
    bad, badf = refused(cast.bad), refused(cast.badf)
    rows = [
        ("{S} | {K}", SHELLS), ("{S} | {F} | {K}", SHELLS), ("{S} | {F} | {F} | {F} | {K}", SHELLS),
        ("nohup {S} 2>/dev/null | {K}", SHELLS), ("nice {S} | nice {F} | nice {K}", SHELLS),
        ("timeout 60 {S} | timeout 60 {F} | timeout 60 {K}", SHELLS), ("setsid {S} | setsid {F} | setsid -w {K}", NO_KSH93),
        ("coproc {{ {S}; }}; {K} <&${{COPROC[0]}}", BASH), ("{S} | {F} | {K} & wait $!", SHELLS),
        ("mkfifo p; {S} >p & {K} <p", SHELLS), ("mkfifo p; {S} | {F} >p & {F} <p | {K}", SHELLS), ("({S}) | ( ({F}) | ({K}) )", SHELLS),
        ("{F} <({S}) | {K}", SUBSTITUTION), ("{K} <({S} | {F})", SUBSTITUTION), ("{S} | {K} | cat >/dev/null", BASH),
        ("{S} >file; {K} <file", SHELLS), ("{S} >file; {K} file", SHELLS), ("{S} >file; {F} file | {K}", SHELLS),
        ("{S} | {F} --output file; {K} file", NO_KSH93), ("exec 3>&1; {S} | {K} >&3", SHELLS),
        ("env A=b {S} | env A=b {K}", SHELLS), ("sh -c '{S}' | {K}", SHELLS), ("{S} | xargs -0 true | {K}", ()),
        ("{S} | sh -c '{F}' | {K}", SHELLS), ("{S} 2>/dev/null | {K} >receipt", SHELLS),
        ("{S} | if true; then {F}; fi | {K}", SHELLS), ("f() {{ {S}; }}; f | {K}", SHELLS),
    ]
    for text, shells in rows:
        if not shells:
            continue
        file = ">file" in text or "--output" in text
        yield Line(text, verified(), shells)
        if text.endswith("| cat >/dev/null"):
            continue  # the last status is not the sink's: only what landed is of interest, below
        # A filter with --output publishes nothing then, and the file is not there.
        yield Line(text.replace("{S}", "{BAD}"), bad if "--output" not in text else refused(66), shells)
        if "{F}" in text and not file:
            yield Line(text.replace("{F}", "{BADF}", 1), badf, shells)
    yield Line("{BAD} | {K} | cat >/dev/null", (Ends({0}),) * 2, SHELLS)


def parted_lines(cast):
    """What nobody vouches for."""
    bad = refused(cast.bad)
    yield Line("for x in 1 2; do {S}; done | {K}", unverified("twice"))
    yield Line("for x in 1 2; do {BAD}; {S}; done | {K}", bad)
    yield Line("for x in 1 2; do {S}; {BAD}; done | {K}", bad)
    yield Line("{{ {S} && {S}; }} | {K}", unverified("twice"))
    yield Line("{{ {S} && {BAD}; }} | {K}", bad)
    yield Line("{{ {BAD} || {S}; }} | {K}", bad)
    yield Line("{S} >>file; {S} >>file; {K} file", unverified("twice"))
    yield Line("{BAD} >>file; {S} >>file; {K} file", bad)
    yield Line("{S} >>file; {BAD} >>file; {K} file", bad)
    yield Line("{NONE} >>file 2>/dev/null; {S} >>file; {K} file", refused(66))
    yield Line("{NONE} >file 2>/dev/null; sleep 0.02; {S} >file; {K} file", verified())
    yield Line("{BAD} >file; {S} >file; {K} file", verified())
    yield Line("{S} >file; {BAD} >file; {K} file", bad)
    yield Line("{BAD} >file; sleep 0.02; rm file; {H} >file; {K} file", verified("foreign", mark="none"), casts=("made",))
    yield Line("printf '%s\\n' {I} {I} | xargs -n 1 {P} | {K}", unverified("twice"))
    yield Line("printf '%s\\n' {I} none | xargs -n 1 {P} 2>/dev/null | {K}", refused(66))
    yield Line("head -n 20 {I} >small; printf '%s\\n' small small | xargs -n 1 -P 2 {P} | {K}", unverified("*"))
    yield Line("printf '%s\\n' {I} {I} | xargs -n 1 -P 2 {P} | {K}", either(refused(64), unverified("*")))
    yield Line("{S} | cat | {K}", unverified())
    yield Line("{BAD} | cat | {K}", bad)
    yield Line("{BAD} | {F} | cat | {K}", bad)
    yield Line("{BAD} | {F} | cat | {F} | {K}", bad)
    yield Line("{H} | {P} | {K}", unverified())
    yield Line("{H} | {P} | {BADF} | {K}", refused(cast.badf))
    yield Line("{S} | tee >({K} >/dev/null) | {K}", unverified("all", "all"), ("bash", "zsh"))
    yield Line("{BAD} | tee >({K} >/dev/null) | {K}", bad, ("bash", "zsh"))
    yield Line("{S} | tee copy | {K}", unverified())
    yield Line("{BAD} | tee copy | {K}", bad)
    yield Line("x=$({S}); printf '%s\\n' \"$x\" | {K}", unverified())
    yield Line("x=$({BAD}); printf '%s\\n' \"$x\" | {K}", bad)
    yield Line("{K} <<<\"$({S})\"", unverified(), SUBSTITUTION)
    yield Line("{K} <<<\"$({BAD})\"", bad, SUBSTITUTION)
    yield Line("{K} <<END\n$({S})\nEND", unverified())
    yield Line("{K} <<END\n$({BAD})\nEND", bad)
    yield Line("{S} >copy | {K}", unverified(), ZSH)
    yield Line("{BAD} >copy | {K}", bad, ZSH)
    yield Line("{S} | while IFS= read -r line; do printf '%s\\n' \"$line\"; done | {K}", unverified(), casts=("made",))
    yield Line("{S} | {{ head -n 1 >/dev/null; {K}; }}", either(refused(75), unverified("*")), casts=("made",))


def missing_lines(cast):
    """What never started, and who stopped early."""
    nothing = refused(65) if cast.empty == 65 else (Ends({78}), Ends({75}))
    yield Line("nosuch | {P} | {K}", nothing)
    yield Line("nosuch | {P} | {F} | {K}", nothing)
    yield Line("nosuch | {F} | {K}", (Ends({78}), Ends({75})))
    yield Line("nosuch | {K}", (Ends({78}), Ends({75})))
    yield Line("{S} | nosuch | {K}", (Ends({65, 78}), Ends({65, 75})))
    yield Line("{S} | nosuch | {F} | {K}", (Ends({65, 78}), Ends({65, 75})))
    yield Line("{S} | {F} | nosuch", (Ends({127}),) * 2)
    yield Line("{NONE} | {K}", refused(66))
    yield Line("{P} --nosuch {I} | {K}", refused(64))
    yield Line("{S} | {F} --nosuch | {K}", refused(64))
    yield Line("{S} | {F} --contract nosuch.json | {K}", refused(66, 78), casts=("real",))
    yield Line("{S} | head -n 1 | {K}", either(refused(65), unverified("one")))
    yield Line("{S} | stage head -- head -n 1 | {K}", verified("one"))
    yield Line("{S} | {F} | stage head -- head -n 1 | {K}", verified("one"))
    yield Line("{H} | {P} | false | {K}", (Ends({65, 78}), Ends({65, 75})))


def foreign_lines(cast):
    """Foreign programs, as they are and as stages."""
    yield Line("stage cat -- {H} | {P} | {K}", verified())
    yield Line("stage cat -- {H} | {P} | stage cat -- cat | {K}", verified())
    yield Line("stage cat -- {H} >file; {P} file | {K}", verified())
    yield Line("stage f -- sh -c '{H}; sleep 0.1; exit 7' | {P} | {K}", refused(75))
    yield Line("stage f -- sh -c '{H}; sleep 0.1; kill -9 $$' | {P} | {K}", refused(75))
    yield Line("stage f -- nosuch 2>/dev/null | {F} | {K}", refused(78))
    yield Line("stage f -- /etc/passwd 2>/dev/null | {F} | {K}", refused(78))
    yield Line("{S} | stage f -- sh -c 'head -n 3; exit 1' | {K}", refused(75), NO_KSH93)
    yield Line("stage f -- sh -c '{H}; sleep 0.1; exit 7' >file; {P} file | {K}", refused(75))
    yield Line("sh -c '{H}; sleep 0.1; exit 7' | {P} | {K}", (Ends({78}), None))
    yield Line("{S} | sh -c 'cat; exit 7' | {K}", (Ends({78}), None))
    yield Line("timeout 0.3 stage f -- sh -c '{H}; exec sleep 5' | {P} | {K}", refused(75))
    yield Line("timeout -s KILL 0.3 stage f -- sh -c '{H}; exec sleep 5' | {P} | {K}", refused(75), casts=("made",))
    # The first line's failure is of this session, and of less than a second ago: refused wrongly, but on the safe side.
    yield Line("{BAD} | cat >/dev/null; {H} | {P} | {K}", (Ends({cast.bad}),) * 2)
    yield Line("{BAD} | cat >/dev/null; sleep 1.2; {H} | {P} | {K}", unverified())
    yield Line("{BAD} | cat >/dev/null; stage cat -- {H} | {P} | {K}", verified(), NO_KSH93)
    yield Line("{BAD} | cat >/dev/null; {S} | {K}", verified(), NO_KSH93)
    # A sink whose receipt goes to the next one.
    yield Line("{S} | {K} | {K}", (Ends({64}, ("all",)),) * 2, NO_KSH93, casts=("made",))


def ending_lines(cast):
    """Every way in which a stage can end, at several moments."""
    for status in (77, 70, 78, 64, 65, 66, 76, 73, 74, 69, 75, 1):
        for at in (0, 1, 3000, 9999):
            yield Line(f"pour --act fail --status {status} --at {at} in | pour | {{K}}", refused(status), ("dash",))
            yield Line(f"{{S}} | pour --act fail --status {status} --at {at} | {{K}}", refused(status), ("dash",))
    for at in (0, 1, 3000, 9999):
        # Killed before it has logged anything, it is no stage.
        died = (Ends({75 if at else 78}), Ends({75}))
        yield Line(f"pour --act kill --at {at} in | {{K}}", died)
        yield Line(f"pour --act kill --at {at} in | {{F}} | {{K}}", died)
        middle = (Ends({75} if at else {65, 75, 78}), Ends({65, 75}))
        yield Line(f"{{S}} | pour --act kill --at {at} | {{K}}", middle)
        yield Line(f"pour --act kill --at {at} in >file; {{K}} file", refused(75) if at else (Ends({0}),) * 2, ("dash",))
    for how in ("TERM", "INT", "HUP", "KILL"):
        yield Line(f"timeout -s {how} 0.2 pour --act wait --millis 3000 --at 2 in | {{F}} | {{K}}", refused(75), ("bash", "dash"))
        yield Line(f"{{S}} | timeout -s {how} 0.2 pour --act wait --millis 3000 --at 2 | {{K}}", refused(75), ("bash", "dash"))
    yield Line("pour --act fail --status 65 --at 9 in | pour --act fail --status 77 --at 2 | {K}", refused(77), ("dash",))
    yield Line("pour --act kill --at 9999 in | pour --act fail --status 65 --at 9999 | {K}", refused(65), ("dash",))
    yield Line("pour --act wait --millis 300 --at 9999 in | {K}", verified(), ("dash",))
    # A file that a stage still writes, and one that it wrote in time.
    yield Line("pour --act wait --millis 5000 --at 9999 in >file & sleep 0.2; {K} file; s=$?; kill %1 2>/dev/null || kill $!; exit $s",
               refused(75), ("bash",))
    yield Line("pour --act wait --millis 700 --at 9999 in >file & sleep 0.2; {K} <file", either(refused(75), verified()), ("dash",))


# -- running ------------------------------------------------------------------------------------------------------------------

@dataclasses.dataclass
class Outcome:
    status: int
    lands: list
    err: str


class Stand:
    """Runs lines, each in a folder and a session of its own."""

    def __init__(self, options):
        tests = options.bin.parent / "tests"
        self.options = options
        self.path = os.pathsep.join([str(options.bin), str(tests), os.environ["PATH"]])
        self.env = clean_environment()
        self.env.update(PATH=self.path, LC_ALL="C.UTF-8")

    def has(self, name):
        return shutil.which(name, path=self.path)

    def run(self, cast, argv, variables=None, folder=None):
        with tempfile.TemporaryDirectory(prefix="tidegate-test-", dir=folder) as name:
            folder = pathlib.Path(name)
            cast.set_up(folder)
            env = {**self.env, **({"TIDEGATE_CONTRACT": "contract.json"} if cast.name == "real" else {}), **(variables or {})}
            process = subprocess.Popen(argv, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True)
            try:
                _, err = process.communicate(timeout=PATIENCE)  # the end of all that hold its streams
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
                raise AssertionError(f"not done after {PATIENCE} s") from None
            return Outcome(process.returncode, cast.landed(folder), err)

    def line(self, cast, line, shell, upstream=None):
        text = line.text.format(**cast.words)
        return self.run(cast, [shell, "-c", text], {"TIDEGATE_UPSTREAM": upstream} if upstream else None)


def share(cast, name):
    return {"all": cast.content, "twice": cast.content * 2, "one": cast.content[:cast.content.index(b"\n") + 1],
            "foreign": cast.source}.get(name)


def compare(cast, ends, got):
    """None, or what is otherwise."""
    if got.status not in ends.status:
        return f"status {got.status}, expected {' or '.join(map(str, sorted(ends.status)))}"
    wanted = [share(cast, name) for name in ends.lands]
    if cast.name == "real":  # the same again is a duplicate, and lands once
        wanted = wanted[:1]
    if len(got.lands) != len(wanted):
        return f"{len(got.lands)} landings, expected {len(wanted)}"
    for (content, mark), whole in zip(got.lands, wanted):
        if whole is not None and content != whole:
            return f"landed {len(content)} bytes, expected {len(whole)}, or others"
        if ends.mark and mark != ends.mark and mark != "?":
            return f"landed as {mark}, expected {ends.mark}"
    return None


def in_ksh93(line):
    """ksh93 joins stages by sockets: what would be verified is unverified."""
    plain, anyhow = line.ends
    if isinstance(plain, Ends) and plain.mark == "verified" and "|" in line.text:
        ends = Ends({78}), Ends({0}, plain.lands, "unverified")
        return either(refused(65), ends) if "head" in line.text else ends
    # Who reads from a socket cannot be known: when he ends before all is written, the writer was cut short, which is 65.
    if "|" in line.text and all(isinstance(end, Ends) and not end.lands and end.status & {75, 78} for end in line.ends):
        return either(refused(65), line.ends)
    return line.ends


def check(stand, cast, line, shell):
    wrong = []
    ends = in_ksh93(line) if shell == "ksh93" else line.ends
    for upstream, allowed in zip((None, "any"), ends):
        if allowed is None:
            continue
        got = stand.line(cast, line, shell, upstream)
        said = [compare(cast, one, got) for one in (allowed if isinstance(allowed, list) else [allowed])]
        if all(said):
            wrong.append(f"{'with --upstream any: ' if upstream else ''}{'; or '.join(said)}\n{got.err}")
    return wrong


def shells_of(stand, cast, line, number):
    """What the shells make of a line the made programs have seen in all of them: the real ones see it in two, in turn."""
    if cast.name == "made" or stand.options.long:
        return line.shells
    return [line.shells[(number + k) % len(line.shells)] for k in range(min(2, len(line.shells)))]


def run_lines(tap, stand, cast, about, lines, only):
    """One line of TAP for each line and shell."""
    jobs = []
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for number, line in enumerate(lines):
            if cast.name not in line.casts:
                continue
            for shell in shells_of(stand, cast, line, number):
                name = f"{cast.name}: {about}: {shell}: {line.text.format(**cast.words)!r}"
                if only and only not in name:
                    continue
                if not stand.has(shell):
                    tap.skip(name, f"there is no {shell}")
                    continue
                jobs.append((name, pool.submit(check, stand, cast, line, shell)))
        for name, job in jobs:
            with tap.case(name):
                wrong = job.result()
                must(not wrong, "\n".join(wrong))


# -- killed at every system call ----------------------------------------------------------------------------------------------

def count_calls(stand, cast, argv):
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder) / "calls"
        stand.run(cast, ["strace", "-qq", "-o", str(log), *argv])
        return len(log.read_text().splitlines())


def killed(stand, cast, words, stage, call):
    """One stage of a line dies at its n-th system call."""
    words = [*words]
    words[stage] = f"strace -qq -o /dev/null -e inject=all:signal=KILL:when={call} " + words[stage]
    got = stand.run(cast, ["sh", "-c", " | ".join(words)])
    whole = [content for content, _ in got.lands] == [cast.content]
    sink = stage == len(words) - 1
    if got.lands and not whole:
        return f"call {call} of stage {stage}: half of it landed: {got.err}"
    if not got.lands and got.status == 0:
        return f"call {call} of stage {stage}: nothing landed, and the status is 0: {got.err}"
    if got.lands and got.status and not sink:
        return f"call {call} of stage {stage}: landed with status {got.status}: {got.err}"
    return None


def kill_everywhere(tap, stand, cast, only):
    name = f"{cast.name}: every stage killed at its system calls"
    if only and only not in name:
        return
    if not stand.has("strace"):
        tap.skip(name, "there is no strace")
        return
    words = [cast.words[part] for part in ("S", "F", "K")]
    step = 1 if stand.options.long else 4
    with tap.case(name), concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        jobs = []
        for stage, call in enumerate(words):
            probe = count_calls(stand, cast, ["sh", "-c", "exec " + call + ("" if stage == 0 else " </dev/null")])
            must(probe > 20, "strace does not work here")
            jobs += [pool.submit(killed, stand, cast, words, stage, n) for n in range(1 + stage, probe + 30, step)]
        wrong = [job.result() for job in jobs if job.result()]
        must(not wrong, "\n".join(wrong))
        must(len(jobs) > 60 / step, "only", len(jobs), "runs")


# -- the log itself -----------------------------------------------------------------------------------------------------------

def explicit_log(stand, cast):
    """TIDEGATE_RUN takes copies: two pipelines, one run, every line whole."""
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder) / "run.jsonl"
        line = Line("{S} | {F} | {K} >/dev/null & {S} | {F} | {K}; s=$?; wait; exit $s", verified())
        got = stand.run(cast, ["bash", "-c", line.text.format(**cast.words)], {"TIDEGATE_RUN": str(log)})
        must(got.status == 0, "status", got.status, got.err)
        must(log.stat().st_mode & 0o777 == 0o600, "the mode is", oct(log.stat().st_mode))
        lines = [json.loads(text) for text in log.read_text().splitlines()]
        must(len(lines) == 12, len(lines), "lines")
        must(len({line["run"] for line in lines}) == 1, "more than one run id")
        must(len({line["span_id"] for line in lines}) == 6, "spans are shared")
        must({line["trace_id"] for line in lines} == {lines[0]["run"].replace("-", "")}, "the trace is not the run's")
        for finish in (line for line in lines if line["event"] == "finish"):
            must(finish["status"] == "ok" and finish["exit"] == 0, finish)
        writers = {line["out"]: line["span_id"] for line in lines if line["event"] == "start" and line["out"].startswith("pipe:")}
        ends = {line["span_id"]: line for line in lines if line["event"] == "finish"}
        joined = 0
        for start in (line for line in lines if line["event"] == "start"):
            if start["in"] in writers:
                joined += 1
                must(ends[writers[start["in"]]]["bytes"]["out"] == ends[start["span_id"]]["bytes"]["in"], "bytes differ", start)
        must(joined == 4, joined, "pipes with both ends")


def traced(stand, cast):
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    rows = [(parent, True), (parent.upper(), False), ("00-" + "0" * 32 + "-b7ad6b7169203331-01", False), (parent + "-x", False),
            ("01" + parent[2:] + "-x", True), ("ff" + parent[2:], False), (parent[:-3], False), ("", False)]
    for value, honoured in rows:
        with tempfile.TemporaryDirectory() as folder:
            log = pathlib.Path(folder) / "run.jsonl"
            stand.run(cast, ["sh", "-c", cast.words["S"]], {"TIDEGATE_RUN": str(log), "TRACEPARENT": value})
            line = json.loads(log.read_text().splitlines()[0])
            must((line["trace_id"] == parent[3:35]) == honoured, value, line)
            must((line.get("parent_span_id") == parent[36:52]) == honoured, value, line)


def copies_that_fail(stand, cast):
    """A copy that cannot be written is a warning to a filter and the end of a sink; a file of something else is left alone."""
    with tempfile.TemporaryDirectory() as folder:
        data = pathlib.Path(folder) / "data.csv"
        data.write_text("id,name\n")
        for path in ("/nosuch/run.jsonl", str(data), "/dev/full", folder):
            got = stand.run(cast, ["sh", "-c", f"{cast.words['S']} >/dev/null"], {"TIDEGATE_RUN": path})
            must(got.status == 0 and got.err.count("\n") == 1, path, "status", got.status, got.err)
            got = stand.run(cast, ["sh", "-c", f"{cast.words['S']} 2>/dev/null | {cast.words['K']}"], {"TIDEGATE_RUN": path})
            must(got.status == 74 and not got.lands, path, "status", got.status, got.err)
        must(data.read_text() == "id,name\n", "a file of something else was written to")


def no_log(stand, cast):
    """The directory of the log cannot be had: in a mount name space of its own, /tmp is something else."""
    if os.geteuid() != 0 or not stand.has("unshare"):
        raise NotHere("only root can mount something else over /tmp")
    if str(stand.options.bin).startswith("/tmp/"):
        raise NotHere("the programs are in /tmp")
    ways = {
        "read-only": "mount -t tmpfs -o ro none /tmp",
        "full": "mount -t tmpfs -o size=4k,nr_inodes=2 none /tmp; mkdir -m 700 /tmp/tidegate-0",
        "a link": "mount -t tmpfs none /tmp; mkdir -m 700 /tmp/x; ln -s x /tmp/tidegate-0",
        "a file": "mount -t tmpfs none /tmp; touch /tmp/tidegate-0",
        "open to others": "mount -t tmpfs none /tmp; mkdir -m 755 /tmp/tidegate-0",
        "another's": "mount -t tmpfs none /tmp; mkdir -m 700 /tmp/tidegate-0; chown 1 /tmp/tidegate-0",
    }
    for about, way in ways.items():
        def outcome(line):
            return stand.run(cast, ["unshare", "-m", "sh", "-c", f"({way}) && {line}".format(**cast.words)], folder="/var/tmp")
        got = outcome("{S} >/dev/null")
        if "permission" in got.err.lower() and "mount" in got.err.lower():
            raise NotHere("mounting is not allowed")
        must(got.status == 0 and got.err.count("\n") == 1, about, ": a filter: status", got.status, got.err)
        got = outcome("{S} | {K}")
        must(got.status == 74 and not got.lands, about, ": a sink: status", got.status, got.err)
    got = stand.run(cast, ["unshare", "-m", "sh", "-c", "mount -t tmpfs none /tmp && {S} | {K} && ls -ld /tmp/tidegate-0 >&2"
                           .format(**cast.words)], folder="/var/tmp")
    must(got.status == 0 and "drwx------" in got.err, "it is made where it is missing:", got.status, got.err)


def log_directory():
    return pathlib.Path(f"/tmp/tidegate-{os.geteuid()}")


def files_go(stand, cast):
    """A verified chain leaves nothing in the directory; a refused one stays."""
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder) / "run.jsonl"

        def left(line):
            if log.exists():
                log.unlink()
            stand.run(cast, ["sh", "-c", line.format(**cast.words)], {"TIDEGATE_RUN": str(log)})
            spans = {json.loads(text)["span_id"] for text in log.read_text().splitlines()}
            return sum(path.name.rsplit(".", 1)[-1] in spans for path in log_directory().glob('*/*'))

        must(left("{S} | {F} | {K} >/dev/null") == 0, "a verified chain left files")
        must(left("{BAD} | {F} | {K} >/dev/null 2>&1") == 3, "a refused chain must stay")
        must(left("{S} | {F} | {K}") == 1, "a sink whose receipt may be read stays")


def many_inputs(stand, cast):
    """More inputs than a line of the log takes: the one that failed is found among them."""
    line = "mkdir d; for i in $(seq 1500); do echo '{{}}' >d/$i; done; pour --act fail --status 65 --at 1 in >d/1400 2>/dev/null; " \
           "pour {0} | keep --to landed"
    got = stand.run(cast, ["bash", "-c", line.format("d/{1..1500}")])
    must(got.status == 65 and not got.lands, "status", got.status, got.err)
    got = stand.run(cast, ["bash", "-c", line.format("d/{1..1300}")])
    must(got.status == 0 and len(got.lands) == 1, "status", got.status, got.err)


def many_pipelines(stand, cast, count):
    """The first line, again and again, several at a time."""
    def one(seed):
        bad = seed % 5 == 0
        line = ("{BAD}" if bad else "{S}") + " | {F} | {K}"
        got = stand.run(cast, [SHELLS[seed % 2], "-c", line.format(**cast.words)])
        return compare(cast, (refused(cast.bad) if bad else verified())[0], got), got.err
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        wrong = [(said, err) for said, err in pool.map(one, range(count)) if said]
    must(not wrong, len(wrong), "of", count, "went wrong:", *wrong[:3])


def provenance(stand, cast):
    """_source is honoured where all that write the input have said that they add it, through any number of filters, and in files."""
    forged = '{"id":"bad","note":"b","_source":{"file":"forged","line":7,"offset":9}}'
    head = ["printf 'id,note\\n00001,a\\nbad,b\\n' >bad.csv; echo '" + forged + "' >forged; ", "; jq -c .at rejects.jsonl >&2"]
    rows = [
        ("csv2json --provenance bad.csv | {V} >/dev/null", '{"file":"bad.csv","line":3,"offset":16}'),
        ("csv2json --provenance bad.csv | pour | pour | {V} >/dev/null", '{"file":"bad.csv","line":3,"offset":16}'),
        ("csv2json --provenance bad.csv >x; {V} x >/dev/null", '{"file":"bad.csv","line":3,"offset":16}'),
        ("csv2json --provenance --output x bad.csv; {V} x >/dev/null", '{"file":"bad.csv","line":3,"offset":16}'),
        ("csv2json --provenance bad.csv >x; csv2json --provenance bad.csv >>x; {V} x >/dev/null", '{"file":"bad.csv","line":3,"offset":16}'),
        ("mkfifo p; csv2json --provenance bad.csv >p & {V} <p >/dev/null", '{"file":"bad.csv","line":3,"offset":16}'),
        ("csv2json bad.csv | {V} >/dev/null", '"line":2,'),
        ("csv2json --provenance bad.csv | cat | {V} >/dev/null", '"line":2,'),
        ("csv2json --provenance bad.csv | cat | {V} --source-member >/dev/null", '{"file":"bad.csv","line":3,"offset":16}'),
        ("{{ csv2json --provenance bad.csv; csv2json bad.csv; }} | {V} >/dev/null", None),
        # The file, its number or the FIFO was a stage's, and what comes is not.
        ("csv2json --provenance bad.csv >x; cp forged x; {V} x >/dev/null", '"line":1,'),
        ("csv2json --provenance bad.csv >x; rm x; cp forged x; {V} x >/dev/null", '"line":1,'),
        ("csv2json --provenance bad.csv >x; cat forged >>x; {V} x >/dev/null", '"line":2,'),
        ("csv2json --provenance bad.csv >x; {V} x forged >/dev/null", '"file":"x","line":2,'),
        ("mkfifo p; csv2json --provenance bad.csv >p & validate <p >/dev/null; wait; sleep 2.1; cat forged >p & {V} <p >/dev/null", '"line":1,'),
    ]
    for line, said in rows:
        line = line.format(V="validate --rejects rejects.jsonl")
        got = stand.run(cast, ["bash", "-c", head[0] + line + head[1]])
        must("forged" not in got.err.replace('"file":"forged","line":1,', ""), line, ":", got.err)
        must(said is None or said in got.err, line, ":", got.err)


def stopped(stand, cast):
    """A sink waits two seconds for a stage that has closed its output and does not end, and no longer."""
    line = "{{ pour --act wait --millis 8000 --at 9999 in >file & }}; sleep 0.2; {K} file; s=$?; kill $!; exit $s"
    began = time.monotonic()
    got = stand.run(cast, ["bash", "-c", line.format(**cast.words)])
    took = time.monotonic() - began
    must(got.status == 75 and not got.lands, "status", got.status, got.err)
    must(2 <= took < 4, "it took", took)
    must("still runs" in got.err, got.err)


def main():
    sys.argv, only = [a for a in sys.argv if not a.startswith("--only=")], [a[7:] for a in sys.argv if a.startswith("--only=")]
    options = arguments(__doc__)
    only = only[0] if only else ""
    stand, tap = Stand(options), Tap()
    made = Made()
    casts = [made]
    missing = [name for name in ("csv2json", "validate", "landing-write") if not (options.bin / name).exists()]
    if missing:
        tap.skip("the lines with the real programs", "not built: " + " ".join(missing))
    else:
        casts.append(Real(options.bin))
    random.seed(options.seed)
    for cast in casts:
        for about, lines in (("whole", whole_lines), ("parted", parted_lines), ("missing", missing_lines), ("foreign", foreign_lines)):
            run_lines(tap, stand, cast, about, lines(cast), only)
        kill_everywhere(tap, stand, cast, only)
    run_lines(tap, stand, made, "ending", ending_lines(made), only)
    for about, test in (("a run log", explicit_log), ("a caller's trace", traced), ("copies that fail", copies_that_fail),
                        ("no log", no_log), ("files go", files_go), ("many inputs", many_inputs), ("patience", stopped)):
        if only in about:
            with tap.case(about):
                test(stand, made)
    if len(casts) > 1 and only in "provenance":
        with tap.case("provenance"):
            provenance(stand, casts[1])
    count = 1000 if options.long else 100
    for cast in casts:
        if only in "many pipelines":
            with tap.case(f"{cast.name}: {count} pipelines, four at a time"):
                many_pipelines(stand, cast, count)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
