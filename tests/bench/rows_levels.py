"""rows_levels: the same work at each level of vector steps (TIDEGATE_CPU), and by one thread and two (--jobs). Same bytes by all of them.

A machine without wide vectors is held to half of what the wide ones must reach. Threads are compared by wall time, and by what they cost in
CPU time more than one; where there is one CPU only, nothing is to be gained.
"""
import os

from measuring import NotHere, Run, at_least, at_most, megabytes, row
from rows_fixed2json import TEXT

LEVELS = ("scalar", "sse2", "avx2", "avx512")
FLAG = {"scalar": "", "sse2": "sse2", "avx2": "avx2", "avx512": "avx512_vbmi2"}


def levels_here():
    """Those that this machine has: a level that it lacks would be passed over in silence."""
    try:
        words = open("/proc/cpuinfo", encoding="ascii", errors="replace").read().split()
    except OSError:
        words = []
    return [level for level in LEVELS if not FLAG[level] or FLAG[level] in words]


def text_contract(b):
    return b.file("text.json", {"x-fixed": TEXT})


# name: the words for a bench, the kind of its input, the share of the records.
JOBS = {
    "csv2json": (lambda b: [b.tool("csv2json")], "customers-csv", 2),
    "csv2json wide": (lambda b: [b.tool("csv2json")], "wide-csv", 20),
    "fixed2json": (lambda b: [b.tool("fixed2json"), "--contract", text_contract(b)], "wages-fixed", 2),
    "json2csv": (lambda b: [b.tool("json2csv")], "customers-jsonl", 4),
    "validate": (lambda b: [b.tool("validate"), "--contract", b.file("customers.json", b.contract())], "customers-jsonl", 2),
    "scanner": (lambda b: [b.tool("validate"), "--contract", b.file("any.json", True)], "customers-jsonl", 2),
    "dedupe": (lambda b: [b.tool("dedupe"), "--key", "/id", "--on-conflict", "drop"], "customers-jsonl", 2),
}

# Yardsticks that even the narrow vectors must keep up with: who, and the figure.
BESIDE = {
    "csv2json": ("libcsv", "libcsv with empty callbacks / ours with SSE2", 1.25, 2, lambda b, file: Run([b.helper("bench_libcsv"), file], answer=None, limit=True)),
    "scanner": ("yyjson", "yyjson read per line / ours with SSE2", 0.45, 0.6, lambda b, file: Run(["yyjson", file], answer=None)),
}


def of_levels(name, words, kind, share):
    beside = BESIDE.get(name)
    more = (at_least(*beside[1:4]),) if beside else ()

    @row(f"levels {name}", at_least("scalar / SSE2"), at_least("scalar / AVX2"), at_least("scalar / AVX-512"), *more)
    def levels(b):
        file, here = b.input(kind, b.rows // share), levels_here()
        race = b.race(**{level: Run(words(b), stdin=file, env={"TIDEGATE_CPU": level}) for level in here},
                      **({beside[0]: beside[4](b, file)} if beside else {}))
        found = [race.ratio("scalar", level) for level in LEVELS[1:]] + ([race.ratio(beside[0], "sse2")] if beside else [])
        return found, ", ".join(f"{level} {race.rate(level, megabytes(file))}" for level in here) + " MB/s"


def of_threads(name, words, kind, share):
    @row(f"jobs {name}", at_least("wall with --jobs 1 / with --jobs 2"), at_most("CPU time with --jobs 2 / with --jobs 1"))
    def threads(b):
        if len(os.sched_getaffinity(0)) < 2:
            raise NotHere("there is one CPU")
        file = b.input(kind, b.rows // share)
        race = b.race(clock="wall", **{f"jobs {n}": Run([*words(b), "--jobs", str(n)], stdin=file) for n in (1, 2)})
        return [race.ratio("jobs 1", "jobs 2", "wall"), race.ratio("jobs 2", "jobs 1")], ""


for job, parts in JOBS.items():
    of_levels(job, *parts)
for job, parts in JOBS.items():
    of_threads(job, *parts)
