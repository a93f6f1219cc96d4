#!/usr/bin/env python3
"""landing: landing-write killed, failed, stopped and torn at its system calls; then it runs again, and the content has landed once.

    tests/crash/landing.py --bin DIR            a sample of the pairs, under a minute
    tests/crash/landing.py --bin DIR --long     all of them
"""
import concurrent.futures
import os
import pathlib
import random
import resource
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import arguments  # noqa: E402
from tap import Tap  # noqa: E402
from zones import (LOGS, Bench, NotHere, Wrong, Zone, grow_manifest, grow_zone, inject, lagging_zone, must,  # noqa: E402
                   named, need_strace, receipt, sha256, signal)

A = b'{"id":1,"name":"Ada"}\n'
B = b'{"id":2,"name":"Bob"}\n'
C = b'{"id":3,"name":"Cyd"}\n'
DAY = ("--date", "2025-11-05", "--name", "data")
ERRORS = ("ENOSPC", "EIO", "EINTR", "EDQUOT", "EACCES", "EMFILE")
OURS = {0, 1, 64, 65, 66, 69, 70, 73, 74, 75, 76, 77, 78}


def settle(bench, cwd, contents, when, more=DAY, void=False):
    """Clean runs of all contents: afterwards each has landed once, and nothing else is there."""
    for content in contents:
        bench.again(cwd, content, *more)
    zone = Zone(cwd / "zone")
    zone.check(when, orphans=False, void=void)
    zone.holds(contents, when)


def kept(zone, before, when):
    now = zone.snapshot()
    must(all(now.get(name) == what for name, what in before.items()), f"{when}: what was there has changed")


# -- templates: zones to begin in ----------------------------------------------------------------------------------------------


def used_zone(bench):
    """A zone in which something has landed."""
    cwd = bench.fresh()
    bench.again(cwd, b"before\n", *DAY)
    return cwd


# -- kills ---------------------------------------------------------------------------------------------------------------------


def kill_each(tap, bench, about, template, contents, more=DAY, orders=((A,), (B, A))):
    """Killed at each call; the zone is right at once; then the same content, or another one first, and the zone is right and clean."""
    with tap.case(f"killed at every call, {about}"):
        need_strace()
        probe = bench.fresh(template)
        calls = bench.calls(probe, A, *more)
        bench.drop(probe)
        must(len(calls) > 15, "so few calls:", calls)
        for order in orders:
            for call in calls:
                cwd = bench.fresh(template)
                zone = Zone(cwd / "zone")
                before = zone.snapshot()
                when = f"{about}, killed at {call.name} {call.number}: {named(call.text)[:100]}"
                bench.killed(cwd, A, call, *more)
                zone.check(when)
                settle(bench, cwd, [*order, *contents], when, more)
                kept(zone, before, when)
                bench.drop(cwd)
        print(f"# {about}: {len(calls)} calls")


def kill_pairs(tap, bench, options, template, contents):
    """The recovery is killed too."""
    with tap.case("the recovery killed at every call"):
        need_strace()
        probe = bench.fresh(template)
        calls = bench.calls(probe, A, *DAY)
        bench.drop(probe)
        rng = random.Random(options.seed)
        pairs = 0
        for call in calls if options.long else rng.sample(calls, 14):
            half = bench.fresh(template)
            bench.killed(half, A, call, *DAY)
            probe = bench.fresh(half)
            second = bench.calls(probe, A, *DAY)
            bench.drop(probe)
            for other in second if options.long else rng.sample(second, min(len(second), 14)):
                cwd = bench.fresh(half)
                when = f"killed at {call.name} {call.number}, then at {other.name} {other.number}"
                bench.killed(cwd, A, other, *DAY)
                Zone(cwd / "zone").check(when)
                settle(bench, cwd, [A, *contents], when)
                bench.drop(cwd)
                pairs += 1
            bench.drop(half)
        print(f"# {pairs} pairs")


def midnight(tap, bench):
    """Killed before midnight, run again after it: the date is the day of receipt, and what was left lies under yesterday."""
    with tap.case("killed before midnight, run again after it"):
        need_strace()
        late, early = ("--now", "2025-11-05T23:59:59Z"), ("--now", "2025-11-06T00:00:01Z")
        probe = bench.fresh()
        calls = bench.calls(probe, A, *late)
        bench.drop(probe)
        for call in calls:
            cwd = bench.fresh()
            when = f"killed at {call.name} {call.number}"
            bench.killed(cwd, A, call, *late)
            settle(bench, cwd, [A], when, early)
            bench.drop(cwd)


def kill_indexing(tap, bench, options, template, contents, about):
    """Killed while the index is made, or brought up: what has landed is found all the same."""
    with tap.case(f"killed while the index is {about}"):
        need_strace()
        probe = bench.fresh(template)
        calls = bench.calls(probe, A, *DAY, kinds=("openat", "write", "pwrite64", "fsync", "linkat", "unlinkat", "fallocate"))
        bench.drop(probe)
        index = [i for i, c in enumerate(calls) if "index" in c.text or c.name == "fallocate"]
        must(index, "no index is touched:", calls)
        calls = calls[index[0]:index[-1] + 2]
        rng = random.Random(options.seed)
        for call in calls if options.long or len(calls) < 12 else [calls[0], *rng.sample(calls[1:-3], 5), *calls[-3:]]:
            cwd = bench.fresh(template)
            when = f"killed at {call.name} {call.number}: {named(call.text)[:80]}"
            bench.killed(cwd, A, call, *DAY)
            for content in (contents[0], contents[64], contents[-1]):
                must(receipt(bench.again(cwd, content))["result"] == "duplicate", f"{when}: landed twice")
            bench.again(cwd, A, *DAY)
            Zone(cwd / "zone").check(when, orphans=False)
            Zone(cwd / "zone").holds([A, *contents], when)
            bench.drop(cwd)
        print(f"# {len(calls)} calls")


# -- errors --------------------------------------------------------------------------------------------------------------------


def fail_each(tap, bench, options, template, contents):
    """Each call fails: the run says so, or copes; whatever it says is true; the next one lands it once."""
    with tap.case("errors at every call"):
        need_strace()
        probe = bench.fresh(template)
        calls = bench.calls(probe, A, *DAY)
        bench.drop(probe)
        tried, coped, broke = 0, 0, 0
        for at, call in enumerate(calls):
            errors = ERRORS if options.long else ("ENOSPC", "EIO", ERRORS[2 + at % 4])
            for error in errors:
                cwd = bench.fresh(template)
                zone = Zone(cwd / "zone")
                before = zone.snapshot()
                when = f"{error} at {call.name} {call.number}: {named(call.text)[:100]}"
                result = bench.run(cwd, A, *DAY, tracer=inject(call, f"error={error}"))
                must(result.exit in OURS, f"{when}: exit", result.exit, result.err)
                must(result.exit == 0 or result.err, f"{when}: exit {result.exit} without a word")
                zone.check(when)
                landed = sha256(A) in {l["sha256"] for l in zone.landings()}
                must(landed or result.exit != 0, f"{when}: says that it landed:", result.out)
                broken = cwd / "zone/.tidegate/broken"
                if not broken.exists():
                    left = zone.visible() - {name for l in zone.landings() for name in (l["path"], l["path"] + ".meta.json")}
                    must(not left, f"{when}: exit {result.exit}, and something is visible:", left)
                if broken.exists():
                    must(result.exit == 74, f"{when}: broken, and exit", result.exit)
                    must(bench.run(cwd, A, *DAY).exit == 74, f"{when}: broken, and the next one goes on")
                    broken.unlink()
                    broke += 1
                settle(bench, cwd, [A, *contents], when)
                kept(zone, before, when)
                bench.drop(cwd)
                tried += 1
                coped += result.exit == 0
        print(f"# {tried} errors: {coped} coped with, {broke} broke the zone")


def break_it(tap, bench):
    """The manifest can be neither synced nor cut: the zone is broken, and all stop until it is repaired."""
    with tap.case("a manifest that cannot be taken back"):
        need_strace()
        cwd = used_zone(bench)
        probe = bench.fresh(cwd)
        calls = bench.calls(probe, A, *DAY)
        bench.drop(probe)
        write = next(i for i, c in enumerate(calls) if c.name == "write" and "manifest.jsonl" in c.text)
        sync = next(c for c in calls[write:] if c.name == "fsync")
        result = bench.run(cwd, A, *DAY, tracer=["strace", "-qq", "-o", os.devnull, "-e", "trace=fsync,ftruncate", "-e",
                                                 f"inject=fsync:error=EIO:when={sync.number}+"])
        must(result.exit == 74 and "broken" in result.err, "exit", result.exit, result.err)
        must((cwd / "zone/.tidegate/broken").exists(), "no mark")
        for content in (A, B, b"before\n"):
            result = bench.run(cwd, content, *DAY)
            must(result.exit == 74 and "landing-verify --repair" in result.err, "goes on:", result)
        bench.drop(cwd)


def torn_writes(tap, bench, template, contents):
    """Writes that take half: of one that goes on the rest follows, or the line is cut off; and a death in the middle of a write."""
    with tap.case("short and torn writes"):
        if not bench.shim.exists():
            raise NotHere(f"{bench.shim.name}: build it")
        tried = 0
        for kind in ("half", "kill"):
            for number in range(1, 30):
                cwd = bench.fresh(template)
                zone = Zone(cwd / "zone")
                when = f"write {number}: {kind}"
                result = bench.run(cwd, A, *DAY, variables={"LD_PRELOAD": str(bench.shim), "TORN_PATH": str(cwd),
                                                            "TORN_WRITE": f"{number}:{kind}"})
                zone.check(when)
                must(result.exit in (0, 74, -signal.SIGKILL), f"{when}: exit", result.exit, result.err)
                settle(bench, cwd, [A, *contents], when)
                bench.drop(cwd)
                tried += 1
                if kind == "kill" and result.exit == 0:
                    break  # there are no more
        must(tried > 6, "so few writes:", tried)
        print(f"# {tried} writes")


def lesser_file_systems(tap, bench):
    """Without unnamed files, without linking by descriptor, without hard links, without renaming that replaces nothing."""
    kinds = ("openat", "write", "linkat", "renameat2", "unlinkat", "fsync", "flock")
    # NFS: names from the beginning, hard links, and answers that get lost.
    for lack, killed_at in (("tmpfile", kinds), ("empty-path", kinds), ("tmpfile,link", kinds), ("tmpfile,answer", ("linkat", "unlinkat", "fsync"))):
        with tap.case(f"a file system without {lack}"):
            need_strace()
            if not bench.shim.exists():
                raise NotHere(f"{bench.shim.name}: build it")
            variables = {"LD_PRELOAD": str(bench.shim), "TORN_LACKS": lack}
            cwd = bench.fresh()
            for content, result in ((A, "landed"), (A, "duplicate"), (B, "landed")):
                got = bench.run(cwd, content, *DAY, variables=variables)
                must(got.exit == 0 and receipt(got)["result"] == result, "got", got)
            Zone(cwd / "zone").check(lack, orphans=False)
            bench.drop(cwd)
            # Killed at each call that makes or names a file; what is left under a name goes with the next landing.
            for name in killed_at:
                number = 0
                while True:
                    number += 1
                    cwd = bench.fresh()
                    tracer = ["strace", "-qq", "-o", os.devnull, "-E", f"LD_PRELOAD={bench.shim}", "-e", f"trace={name}", "-e",
                              f"inject={name}:signal=KILL:when={number}"]
                    got = bench.run(cwd, A, *DAY, tracer=tracer, variables={"TORN_LACKS": lack})
                    Zone(cwd / "zone").check(f"{name} {number}")
                    for content in (B, A):
                        after = bench.run(cwd, content, *DAY, variables=variables)
                        must(after.exit == 0, f"{name} {number}: afterwards", after)
                    zone = Zone(cwd / "zone")
                    zone.check(f"{name} {number}", orphans=False)
                    zone.holds([A, B], f"{name} {number}")
                    bench.drop(cwd)
                    if got.exit == 0:
                        break
    with tap.case("a system without renameat2"):
        need_strace()
        for error in ("ENOSYS", "EINVAL"):
            cwd = bench.fresh()
            got = bench.run(cwd, A, *DAY, tracer=["strace", "-qq", "-o", os.devnull, "-e", "trace=renameat2", "-e",
                                                  f"inject=renameat2:error={error}"])
            must(got.exit == 0, "got", got)
            Zone(cwd / "zone").check(error, orphans=False)
            bench.drop(cwd)


# -- signals, locks, several at once -------------------------------------------------------------------------------------------


def terminate_each(tap, bench, template, contents):
    """SIGTERM at each call, and two of them: it has landed and says so, or nothing has."""
    with tap.case("SIGTERM at every call"):
        need_strace()
        probe = bench.fresh(template)
        calls = bench.calls(probe, A, *DAY)
        bench.drop(probe)
        told = 0
        held = range(next(i for i, c in enumerate(calls) if c.name == "pwrite64" and "/lock>" in c.text),
                     next(i for i, c in enumerate(calls) if c.name == "fsync" and "manifest.jsonl" in c.text))
        for twice in (False, True):
            for at, call in enumerate(calls[:-1]):
                cwd = bench.fresh(template)
                zone = Zone(cwd / "zone")
                when = f"SIGTERM{' twice' if twice else ''} at {call.name} {call.number}: {named(call.text)[:100]}"
                tracer = inject(call, "signal=TERM")
                if twice:
                    other = calls[at + 1]
                    tracer[-2:-2] = ["-e", f"inject={other.name}:signal=TERM:when={other.number}"]
                    tracer[tracer.index("-e") + 1] = f"trace={call.name},{other.name}"
                result = bench.run(cwd, A, *DAY, tracer=tracer)
                must(result.exit in (0, -signal.SIGTERM), f"{when}: exit", result)
                zone.check(when)
                landed = sha256(A) in {l["sha256"] for l in zone.landings()}
                must(landed or result.exit != 0, f"{when}: says that it landed")
                if landed and (result.exit == 0 or not twice):  # a second signal behind the line may cost the receipt
                    must(receipt(result).get("result") == "landed", f"{when}: landed, and says", result)
                must(landed or at not in held, f"{when}: nothing interrupts from here on, and nothing has landed")
                told += landed
                settle(bench, cwd, [A, *contents], when)
                bench.drop(cwd)
        print(f"# {told} of {2 * len(calls) - 2} had landed")


def stopped(bench, cwd, content, call):
    """A run that stops itself at a call; the process of the program."""
    trace = cwd / f"trace-{sha256(content)[:4]}"
    tracer = [str(trace) if word == os.devnull else word for word in inject(call, "signal=STOP")]
    process = bench.start(cwd, content, DAY, tracer, name=f"stopped-{sha256(content)[:4]}.csv")
    deadline = time.monotonic() + 60
    while not trace.exists() or "stopped by SIGSTOP" not in trace.read_text(errors="replace"):
        must(process.poll() is None and time.monotonic() < deadline, "it did not stop at", call)
        time.sleep(0.005)
    trace.unlink()
    for child in subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True).stdout.split():
        if program_of(child) == bench.program:
            return process, int(child)
    raise Wrong("the program's process is not to be found")


def resumed(bench, process, pid):
    """Goes on, to its end."""
    os.kill(pid, signal.SIGCONT)
    return bench.end(process)


def program_of(pid):
    try:
        return os.path.realpath(f"/proc/{pid}/exe")
    except OSError:
        return ""


def held_lock(tap, bench):
    """A holder of the lock is stopped: the next one waits as long as it may, ends with 75 and changes nothing; then the first lands."""
    with tap.case("a stopped holder of the lock"):
        need_strace()
        template = used_zone(bench)
        probe = bench.fresh(template)
        calls = bench.calls(probe, A, *DAY)
        bench.drop(probe)
        locked = next(i for i, c in enumerate(calls) if c.name == "flock" and "/lock>" in c.text)
        for call in [c for c in calls[locked + 1:] if c.name in ("linkat", "fsync", "write", "pwrite64", "mkdirat")
                     and LOGS.name not in c.text]:
            cwd = bench.fresh(template)
            zone = Zone(cwd / "zone")
            when = f"stopped at {call.name} {call.number}: {named(call.text)[:80]}"
            first, pid = stopped(bench, cwd, A, call)
            before = zone.text(), zone.visible()
            for content in (A, B):
                began = time.monotonic()
                second = bench.run(cwd, content, *DAY, "--lock-wait", "200ms")
                took = time.monotonic() - began
                must(second.exit == 75, f"{when}: the second:", second)
                must(0.2 <= took < 5, f"{when}: it waited {took} s")
            must((zone.text(), zone.visible()) == before, f"{when}: the second changed the zone")
            result = resumed(bench, first, pid)
            must(result.exit == 0 and receipt(result)["result"] == "landed", f"{when}: the first:", result)
            settle(bench, cwd, [A, B, b"before\n"], when)
            bench.drop(cwd)
        bench.drop(template)


def lost_lock(tap, bench):
    """The lock is lost under its holder: its file is taken away and made anew. Whoever lands second finds out."""
    with tap.case("a lock that is lost under its holder"):
        need_strace()
        template = used_zone(bench)
        probe = bench.fresh(template)
        calls = bench.calls(probe, A, *DAY)
        bench.drop(probe)
        locked = next(i for i, c in enumerate(calls) if c.name == "flock" and "/lock>" in c.text)
        outcomes = []
        for content in (A, B):
            for call in [c for c in calls[locked + 1:] if c.name in ("linkat", "fsync", "write", "openat", "mkdirat")
                         and LOGS.name not in c.text]:
                cwd = bench.fresh(template)
                zone = Zone(cwd / "zone")
                when = f"stopped at {call.name} {call.number}: {named(call.text)[:80]}"
                first, pid = stopped(bench, cwd, A, call)
                os.rename(cwd / "zone/.tidegate/lock", cwd / "zone/.tidegate/lock.lost")
                bench.again(cwd, content, *DAY)
                zone.check(when, void=True)
                result = resumed(bench, first, pid)
                (cwd / "zone/.tidegate/lock.lost").unlink()
                must(result.exit in (0, 75), f"{when}: the first:", result)
                zone.check(when, void=True)
                must(result.exit or sha256(A) in {l["sha256"] for l in zone.landings()}, f"{when}: the first says that it landed")
                for one in (A, B):
                    bench.again(cwd, one, *DAY)
                zone.check(when, void=True)
                zone.holds([A, B, b"before\n"], when)
                outcomes.append(result.exit)
                bench.drop(cwd)
        must(75 in outcomes, "nobody noticed:", outcomes)
        print(f"# {len(outcomes)} times, {outcomes.count(75)} of them noticed, the others had landed before")
        bench.drop(template)


def waiting(tap, bench):
    """While one waits for the lock, its file is taken away and made anew, and another holds that: the waiting one must not take the
    old one for the lock when it comes free."""
    with tap.case("a lock that is changed while one waits"):
        need_strace()
        template = used_zone(bench)
        probe = bench.fresh(template)
        call = next(c for c in bench.calls(probe, A, *DAY) if c.name == "linkat" and "customers" in c.text)
        bench.drop(probe)
        cwd = bench.fresh(template)
        first, first_pid = stopped(bench, cwd, A, call)
        second = bench.start(cwd, B, DAY)
        time.sleep(0.3)
        os.rename(cwd / "zone/.tidegate/lock", cwd / "zone/.tidegate/lock.lost")
        third, third_pid = stopped(bench, cwd, C, call)
        results = [resumed(bench, first, first_pid)]
        time.sleep(0.5)
        must(second.poll() is None, "the second has gone on under a lock that is none:", second.returncode)
        results += [resumed(bench, third, third_pid), bench.end(second)]
        (cwd / "zone/.tidegate/lock.lost").unlink()
        # The first had lost its lock and has appended all the same: the third finds that its line would be void.
        must([r.exit for r in results] == [0, 75, 0], "got", results)
        settle(bench, cwd, [A, B, C, b"before\n"], "afterwards", void=True)
        bench.drop(cwd)
        bench.drop(template)


def at_once(tap, bench):
    with tap.case("eight at once, the same content, no zone yet"):
        for _ in range(5):
            cwd = bench.fresh()
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                results = list(pool.map(lambda n: bench.end(bench.start(cwd, A, DAY, name=f"in-{n}.csv")), range(8)))
            must(all(r.exit == 0 for r in results), "got", results)
            said = sorted(receipt(r)["result"] for r in results)
            must(said == ["duplicate"] * 7 + ["landed"], "said", said)
            Zone(cwd / "zone").check("at once", orphans=False)
            Zone(cwd / "zone").holds([A], "at once")
            bench.drop(cwd)
    with tap.case("eight at once, other contents, no zone yet"):
        for _ in range(5):
            cwd = bench.fresh()
            contents = [b"%d\n" % n for n in range(8)]
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                results = list(pool.map(lambda n: bench.end(bench.start(cwd, contents[n], DAY, name=f"in-{n}.csv")), range(8)))
            must(all(r.exit == 0 and receipt(r)["result"] == "landed" for r in results), "got", results)
            Zone(cwd / "zone").check("at once", orphans=False)
            Zone(cwd / "zone").holds(contents, "at once")
            bench.drop(cwd)


def killed_at_random(tap, bench, options):
    """Many at once, some of them killed at any moment: then each once."""
    rounds = 40 if options.long else 4
    with tap.case("eight at once, killed at random"):
        rng = random.Random(options.seed)
        for _ in range(rounds):
            cwd = bench.fresh()
            contents = [b"%d\n" % (n % 4) for n in range(8)]
            processes = [bench.start(cwd, content, DAY, name=f"in-{n}.csv") for n, content in enumerate(contents)]
            for process in processes:
                if rng.random() < 0.6:
                    time.sleep(rng.random() * 0.006)
                    process.kill()
            for process in processes:
                bench.end(process)
            Zone(cwd / "zone").check("killed at random")
            settle(bench, cwd, [b"%d\n" % n for n in range(4)], "killed at random")
            bench.drop(cwd)


# -- many landings -------------------------------------------------------------------------------------------------------------


def seconds_of(bench, cwd, content, *more):
    """CPU seconds of a run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = bench.run(cwd, content, *more)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    must(result.exit == 0, "got", result)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, receipt(result)["result"]


def many_landings(tap, bench, options):
    lines = 1000000 if options.long else 200000
    with tap.case(f"a manifest of {lines} lines"):
        cwd = bench.fresh()
        bench.again(cwd, b"first\n", *DAY)
        zone = cwd / "zone"
        grow_manifest(zone, lines)
        make, said = seconds_of(bench, cwd, A, *DAY)
        must(said == "landed", "new content is", said)
        index = (zone / ".tidegate/index").stat().st_size
        fast = []
        for number in (0, 1, lines // 2, lines - 1):
            for more in ((), ("--date", "2025-10-01")):
                took, said = seconds_of(bench, cwd, b"%d" % number, *more)
                must(said == "duplicate", f"line {number} is", said)
                fast.append(took)
        took, said = seconds_of(bench, cwd, b"%d" % (lines + 1), *DAY)
        must(said == "landed", "new content is", said)
        fast.append(took)
        must(min(fast) < 0.05, "a look-up with the index takes", fast)
        must(min(fast) * 10 < make, "the index makes no difference:", fast, make)
        (zone / ".tidegate/index").unlink()
        without, said = seconds_of(bench, cwd, b"7")
        must(said == "duplicate", "without the index it is", said)
        took, said = seconds_of(bench, cwd, b"8")
        must(said == "duplicate" and took * 10 < without, "made again:", said, took, without)
        print(f"# index of {index / lines:.0f} bytes a landing; CPU: made with a landing {make:.3f} s, look-up {min(fast):.4f} s, "
              f"made again {without:.3f} s")
        bench.drop(cwd)


def main():
    options = arguments(__doc__)
    tap = Tap()
    began = os.times()
    with Bench(options) as bench:
        empty = None
        used = used_zone(bench)
        lagging, old = lagging_zone(bench)
        kill_each(tap, bench, "no zone yet", empty, [])
        kill_each(tap, bench, "in a zone", used, [b"before\n"])
        kill_each(tap, bench, "packed and scanned", used, [b"before\n"], (*DAY, "--compress", "zstd", "--scan", "cat >/dev/null"), ((B, A),))
        kill_indexing(tap, bench, options, lagging, old, "made")
        bench.again(lagging, B, *DAY)
        kill_indexing(tap, bench, options, lagging, [*old, B, *grow_zone(lagging / "zone", 130, 260)], "brought up")
        kill_pairs(tap, bench, options, empty, [])
        midnight(tap, bench)
        fail_each(tap, bench, options, empty, [])
        break_it(tap, bench)
        torn_writes(tap, bench, empty, [])
        lesser_file_systems(tap, bench)
        terminate_each(tap, bench, used, [b"before\n"])
        held_lock(tap, bench)
        lost_lock(tap, bench)
        waiting(tap, bench)
        at_once(tap, bench)
        killed_at_random(tap, bench, options)
        many_landings(tap, bench, options)
        runs = bench.runs
    ended = os.times()
    cpu = sum(ended[:4]) - sum(began[:4])
    print(f"# {runs} runs, {cpu:.0f} s of CPU")
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
