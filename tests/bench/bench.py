#!/usr/bin/env python3
"""bench: the figures that a release is held to, each a ratio of CPU times within one run, so that it holds on any machine.

    scripts/bench               some 300 MB a kind and 10 million keys, competitors in turns five times, the best taken
    scripts/bench --quick       a quarter of that and 1 million keys, in turns three times: under three minutes
    scripts/bench --growth      how cost grows with bytes, columns, sizes of records and keys, in ten minutes; no other rows
    scripts/bench --full        all of it, 100 million keys too, and 10 GB through a pipe
    scripts/bench scanner       the rows whose name holds the word
    scripts/bench --peers       build the peers that no distribution package brings (all, or those named), and exit

Before a row is timed, the outputs are held against another implementation's. Input is the project's own (scripts/gen), made once, kept in
the cache beside the peers, and in the page cache when it counts. The status is 1 when an output was wrong, never because of a time. What is
measured is the release (scripts/build --release), or with --build another build that has the bench's helpers.

A row is a function in a file rows_SUBJECT.py beside this one, which is found by its name; no list has it. It is given the Bench and
returns a value for each of the figures that stand above it, and maybe a remark:

    @row("validate tiny", at_least("jq / ours", 10, 20), at_most("peak RSS of ours", unit="MB"))
    def tiny(b):
        file = b.input("customers-jsonl", b.rows // 2)
        race = b.race(ours=Run([b.tool("validate"), "-c", b.file("any.json", True)], stdin=file), jq=Run(["jq", "-c", ".", file]))
        return [race.ratio("jq", "ours"), race["ours"].rss], f"{race.rate('ours', megabytes(file))} MB/s"

measuring.py says what there is: Figure(what, bound, must, aim), row(keys=, full=, growth=), Run(limit=), Bench.input, race, measure, curve.
A peer is one line of peers.py. A goal that a release is held to is one line of goals.py, which points to a row's figure. Whatever rows find
is printed as it comes, and stands in --json and --html.
"""
import argparse
import importlib
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import time

import page
import peers
import report
from measuring import ROOT, ROWS, Bench, NotHere, WrongOutput, used

ORDER = ["csv2json", "fixed2json", "hmac", "validate", "dedupe", "landing", "verify", "chain", "every"]


def load():
    """The rows of all subjects, in the order of the pipeline; what is not in this list comes after it."""
    found = [path.stem.removeprefix("rows_") for path in sorted(pathlib.Path(__file__).parent.glob("rows_*.py"))]
    for subject in sorted(found, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER)):
        first = len(ROWS)
        importlib.import_module(f"rows_{subject}")
        yield from ROWS[first:]


# -- what was measured, and on what -------------------------------------------------------------------------------------------

FLAGS = "sse2 ssse3 sse4_2 avx avx2 bmi1 bmi2 popcnt pclmulqdq sha_ni aes avx512f avx512bw avx512vl avx512vbmi avx512_vbmi2 vpclmulqdq asimd"


def output_of(*command):
    try:
        return subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def machine():
    info = pathlib.Path("/proc/cpuinfo").read_text() if os.path.exists("/proc/cpuinfo") else ""
    model = re.search(r"^model name\s*:\s*(.*)", info, re.M)
    flags = re.search(r"^(?:flags|Features)\s*:\s*(.*)", info, re.M)
    had = set(flags[1].split()) if flags else set()
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    return {"cpu": model[1].strip() if model else platform.machine(), "cpus": os.cpu_count(), "memory_gb": round(memory),
            "flags": [flag for flag in FLAGS.split() if flag in had], "system": f"{platform.system()} {platform.release()}",
            "python": platform.python_version()}


def built(build):
    """Which profile the programs are of, who compiled them, and how long that took when scripts/build has said it."""
    path = build / "meson-info" / "intro-buildoptions.json"
    options = {option["name"]: option["value"] for option in json.loads(path.read_text())} if path.exists() else {}
    profile = [str(options.get("buildtype", "?"))]
    profile += ["LTO"] if options.get("b_lto") else []
    profile += ["PGO"] if options.get("b_pgo") == "use" else []
    commands = build / "compile_commands.json"
    first = json.loads(commands.read_text())[0]["command"].split() if commands.exists() else []
    compiler = next((output_of(word, "--version").split("\n")[0] for word in first[:2] if re.search(r"(?:^|/)(?:g?cc|clang)[-\d.]*$", word)), "") or "?"
    took = build / "release-seconds"
    commit = output_of("git", "rev-parse", "--short=12", "HEAD")
    changed = output_of("git", "status", "--porcelain", "--untracked-files=no")
    return {"profile": ", ".join(profile), "compiler": compiler, "build_seconds": float(took.read_text()) if took.exists() else None,
            "commit": commit + (" and changes" if commit and changed else "")}


def versions():
    found = {}
    for name, peer in peers.PEERS.items():
        try:
            found[name] = peer.said()
        except NotHere as lack:
            found[name] = f"not here: {lack}"
    return found


def about(bench, asked):
    return {"machine": machine(), "build": built(bench.build), "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "load_before": list(os.getloadavg()), "size": bench.size, "records": bench.rows, "keys": bench.keys, "rounds": bench.rounds,
            "versions": versions() if asked else {}}


def about_lines(said):
    box, made = said["machine"], said["build"]
    took = f", built in {made['build_seconds']:.0f} s" if made["build_seconds"] else ""
    yield f"{box['cpus']} x {box['cpu']} ({' '.join(box['flags'])}), {box['memory_gb']} GB, {box['system']}, Python {box['python']}"
    yield f"tidegate {made['commit'] or '?'}: {made['profile']}, {made['compiler']}{took}; load {said['load_before'][0]:.2f}"
    yield f"{said['records']:,} records, best of {said['rounds']}, CPU time (user and system)"


# -- the run ------------------------------------------------------------------------------------------------------------------

def nameless(bench, text):
    """Without the places of this machine: what is written is shown to others."""
    for path, word in ((bench.scratch, "scratch"), (bench.data, "data"), (bench.build, "build"), (ROOT, "."), (peers.CACHE, "peers"),
                       (pathlib.Path.home(), "~")):
        text = text.replace(str(path), word)
    return text


def measure(bench, row):
    """Yields (figure, value, remark); says so when there is nothing to say."""
    bench.row = row.name
    found = row.measure(bench)
    values, remark = found if isinstance(found, tuple) else (found, "")
    for figure, value in zip(row.figures, values, strict=True):
        yield figure, value, nameless(bench, remark)
        remark = ""  # once is enough


def run(bench, rows):
    """All rows, printed as they come. Returns what --json writes of them, the seconds of wall and CPU time that each took, and how many were wrong."""
    print(report.HEAD, flush=True)
    results, seconds, wrong = [], {}, 0
    for row in rows:
        began, before, making = time.monotonic(), used(), bench.making
        try:
            for figure, value, remark in measure(bench, row):
                print(report.line(row.name, figure, value, remark), flush=True)
                results.append({"row": row.name, **figure._asdict(), "found": value, "verdict": report.verdict(figure, value),
                                "remark": remark})
        except KeyboardInterrupt:
            print("stopped; what there is:", flush=True)
            break
        except NotHere as lack:
            print(f"{row.name:26} not measured: {lack}", flush=True)
            bench.missing[row.name, "all"] = str(lack)
        except (WrongOutput, KeyError, ValueError, OSError, subprocess.CalledProcessError) as error:
            wrong += 1
            said = nameless(bench, str(error))
            print(f"{row.name:26} WRONG: {said}", flush=True)
            results.append({"row": row.name, "verdict": "WRONG", "remark": said})
        seconds[row.name] = {"wall": round(time.monotonic() - began, 2), "cpu": round(used() - before, 2), "making": round(bench.making - making, 2)}
    return results, seconds, wrong


def chosen(bench, options):
    """The rows of this run."""
    for row in load():
        here = row.keys <= bench.keys and row.full <= bench.full
        here = here and not (row.slow and bench.quick and not options.names)
        here = here and (row.growth == bool(options.growth) or bench.full or bool(options.names) and row.growth)
        if here and (not options.names or any(word in row.name for word in options.names)):
            yield row


def gathered(bench, rows, asked=True):
    """All of a run, as --json writes it and --html shows it."""
    began = time.monotonic()
    said = about(bench, asked)
    print(*about_lines(said), "", sep="\n")
    try:
        results, seconds, wrong = run(bench, rows)
    finally:
        bench.close()
    said |= {"load_after": list(os.getloadavg()), "seconds": round(time.monotonic() - began, 1)}
    left = [{"row": row, "peer": peer, "why": nameless(bench, why)} for (row, peer), why in bench.missing.items()]
    return {**said, "goals": list(report.goal_table(results, {(l["row"], l["peer"]): l["why"] for l in left})), "jobs": report.jobs(bench),
            "figures": results, "races": list(report.race_table(bench)), "curves": bench.curves, "row_seconds": seconds, "left_out": left}, wrong


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     allow_abbrev=False)
    parser.add_argument("names", nargs="*", metavar="NAME")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", dest="size", action="store_const", const="quick", help="less data, fewer rounds")
    size.add_argument("--full", dest="size", action="store_const", const="full", help="100 million keys too, and 10 GB through a pipe")
    size.add_argument("--tiny", dest="size", action="store_const", const="tiny", help=argparse.SUPPRESS)  # to see that all works
    parser.add_argument("--growth", action="store_true", help="how cost grows, and nothing else")
    parser.add_argument("--peers", action="store_true", help="build the peers that registries have, and exit")
    parser.add_argument("--no-versions", dest="versions", action="store_false", help=argparse.SUPPRESS)
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write all figures here too")
    parser.add_argument("--html", type=pathlib.Path, metavar="FILE", help="write a page with tables and charts here")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build-release", metavar="DIR", help="measure the programs of this build")
    options = parser.parse_args()
    if options.peers:
        return peers.install(options.names)

    if not options.build.is_dir():
        parser.error(f"there is no build {options.build}; scripts/build --release makes the usual one")
    bench = Bench(options.build, options.size or "default")
    found, wrong = gathered(bench, list(chosen(bench, options)), options.versions)
    print("", *report.races(found["races"]), "", *report.job_lines(found["jobs"]), sep="\n")
    if not options.growth:
        print("", *report.goal_lines(found["goals"]), sep="\n")
    print("", *(f"{name}: {said}" for name, said in found["versions"].items()), sep="\n")
    for left in found["left_out"]:
        print(f"left out of {left['row']}: {left['peer']}: {left['why']}")
    spent = found["row_seconds"]
    print(f"{found['seconds']:.0f} s of wall time; CPU {sum(s['cpu'] for s in spent.values()):.0f} s, {sum(s['making'] for s in spent.values()):.0f} s of it for "
          "what is made once; the longest rows: " + ", ".join(f"{name} {spent[name]['cpu']:.0f}" for name in sorted(spent, key=lambda n: -spent[n]["cpu"])[:8]))
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")
    if options.html:
        options.html.write_text(page.of(found), encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
