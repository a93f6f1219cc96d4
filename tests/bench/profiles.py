#!/usr/bin/env python3
"""profiles: what optimizing as a whole (LTO) and by a profile (PGO) bring each, as CPU times of the plain build over those of others.

    tests/bench/profiles.py [--make] [--size quick] [plain=build lto=build-lto pgo=build-pgo both=build-release]

With --make the builds are made first, each in its folder, which takes some minutes; the first that is named is what others are held against.
All run the same work in turns, and their outputs are compared. A profile is of nothing but the benchmark's data (training.py).
"""
import argparse
import math
import os
import pathlib
import subprocess
import sys

from measuring import ROOT, Bench, Run, WrongOutput
from rows_levels import JOBS

OPTIONS = {"plain": [], "lto": ["-Db_lto=true"], "pgo": ["-Db_pgo=generate"], "both": ["-Db_lto=true", "-Db_pgo=generate"]}
PARTIAL = ["-Dc_args=-fprofile-partial-training", "-Dc_link_args=-fprofile-partial-training"]  # as scripts/build --release has them
DEFAULT = ["plain=build", "lto=build-lto", "pgo=build-pgo", "both=build-release"]


def programs(folder):
    lines = subprocess.check_output(["ninja", "-C", folder, "-t", "targets", "all"], text=True).splitlines()
    return [name for name in (line.split(":")[0] for line in lines) if name.startswith("tools/") and "." not in name]


def make(name, folder):
    def run(*words):
        subprocess.run(words, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)

    if name == "both":
        return run("scripts/build", "--release")
    if not (folder / "build.ninja").exists():
        run("meson", "setup", str(folder), *OPTIONS[name], *(PARTIAL if name == "pgo" else []))
    if name == "pgo":
        run("meson", "configure", str(folder), "-Db_pgo=generate")
    run("ninja", "-C", str(folder), *programs(folder))
    if name == "pgo":
        run(sys.executable, "tests/bench/training.py", "--build", str(folder))
        run("meson", "configure", str(folder), "-Db_pgo=use")
        run("ninja", "-C", str(folder), *programs(folder))
    return None


def more_jobs(b):
    """Beside the jobs of the levels: what has few vector steps or none."""
    keys = b.input("keys", b.rows)
    return {"dedupe, whole records": ([b.tool("dedupe")], keys), "landing-verify": ([b.tool("landing-verify"), "--zone", zone(b)], os.devnull)}


def zone(b):
    where = b.scratch / "zone"
    if not where.exists():
        with open(b.input("customers-csv", b.rows // 2), "rb") as file:
            subprocess.run([b.tool("landing-write"), "--zone", str(where), "--source", "bench", "--entity", "data"], stdin=file,
                           stdout=subprocess.DEVNULL, env=b.env, check=True)
    return str(where)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    parser.add_argument("--make", action="store_true")
    parser.add_argument("--size", default="quick", choices=("tiny", "quick", "default"))
    parser.add_argument("builds", nargs="*", metavar="NAME=FOLDER", default=DEFAULT)
    options = parser.parse_args()
    builds = {name: pathlib.Path(folder).resolve() for name, folder in (word.split("=", 1) for word in options.builds)}
    if options.make:
        for name, folder in builds.items():
            make(name, folder)
    first, *others = builds
    subprocess.run(["ninja", "-C", builds[first], "tests/measure"], stdout=subprocess.DEVNULL, check=True)
    b = Bench(builds[first], options.size)
    print(f"{'CPU of ' + first + ' / of':26} {''.join(f'{name:>10}' for name in others)}")
    logs = {name: [] for name in others}
    try:
        jobs = {name: (words(b), b.input(kind, b.rows // share)) for name, (words, kind, share) in JOBS.items()} | more_jobs(b)
        for job, (command, file) in jobs.items():
            runs = {name: Run([str(folder / "tools" / pathlib.Path(command[0]).name), *command[1:]], stdin=file) for name, folder in builds.items()}
            race = b.race(**runs)
            ratios = {name: race.ratio(first, name) for name in others}
            for name, ratio in ratios.items():
                logs[name].append(math.log(ratio))
            print(f"{job:26} {''.join(f'{ratio:10.3f}' for ratio in ratios.values())}   {race.best(first) * 1000:.0f} ms", flush=True)
        print(f"{'all (geometric mean)':26} {''.join(f'{math.exp(sum(them) / len(them)):10.3f}' for them in logs.values())}")
    except WrongOutput as error:
        sys.exit(f"profiles: {error}")
    finally:
        b.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
