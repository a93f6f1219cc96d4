#!/usr/bin/env python3
"""self_test: the bench's own arithmetic, its charts and its page; and that a bench of one tiny row runs and writes what can be read (--bin)."""
import argparse
import html.parser
import json
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "bench")]
sys.dont_write_bytecode = True
import charts  # noqa: E402
import goals  # noqa: E402
import page  # noqa: E402
import report  # noqa: E402
from bench import load  # noqa: E402
from measuring import Race, Timing, at_least, at_most, growth  # noqa: E402
from tap import Tap, must  # noqa: E402


class Balanced(html.parser.HTMLParser):
    """Every element that is opened is closed, in order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.faults = [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        if tag not in ("meta", "!doctype"):
            self.open.append(tag)
        self.faults += [f"{tag} asks for {value}" for name, value in attributes
                        if name in ("src", "href") or tag == "script" or value and "://" in value and name != "xmlns"]

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing")


def timing(*seconds):
    return Timing(list(seconds), list(seconds), 1.0)


def arithmetic(tap):
    for points, expected in (([(1, 5.0)], 1), ([(1, 5.0), (10, 4.0), (100, 4.0)], 1), ([(1, 4.0), (10, 5.0)], 1.25), ([(10, 9.0), (1, 3.0)], 3),
                             ([(1, 2.0), (2, 8.0), (3, 1.0), (4, 2.0)], 4)):
        tap.check(growth(points) == expected, f"growth of {points}", "got", growth(points))
    race = Race()
    race |= {"ours": timing(2, 1), "slow": timing(9, 8), "quick": timing(3, 4), "floor": timing(0.5, 0.6)}
    race.kinds = {"ours": "ours", "slow": "peer", "quick": "peer", "floor": "limit"}
    tap.check(race.ratio("slow", "ours") == 8, "a ratio is of the best rounds")
    tap.check(race.ratio("gone", "ours") is None, "who did not take part has no ratio")
    tap.check(race.standing() == (("quick", 3.0), ("floor", 2.0)), "the best peer and the nearest limit", "got", race.standing())
    for figure, value, expected in ((at_least("", 2, 3), 1.9, "MISSED"), (at_least("", 2, 3), 2, "met"), (at_least("", 2, 3), 3, "met, aim"), (at_most("", 2, 1), 2.1, "MISSED"),
                                    (at_most("", 2, 1), 0, "met, aim"), (at_most("", 2), 1, "met"), (at_least(""), 1, ""), (at_least("", 2, 3), None, "")):
        tap.check(report.verdict(figure, value) == expected, f"{value} where {report.bounds(figure)} is asked is {expected or 'only shown'}",
                  "got", report.verdict(figure, value))


def found_of(row, what, value, must_be=10, bound="<="):
    return {"row": row, "what": what, "bound": bound, "must": must_be, "aim": None, "unit": "", "found": value, "remark": "",
            "verdict": "MISSED" if (value > must_be) == (bound == "<=") else "met"}


def table_of_goals(tap):
    rows = {row.name: row for row in load()}
    with tap.case("each goal points to a figure that there is, with what must be"):
        lost = []
        for goal in goals.GOALS:
            names = [name for name in rows if goals.fnmatch.fnmatchcase(name, goal.row)]
            figures = [[figure._asdict() for figure in rows[name].figures] for name in names]
            places = [of[goal.figure]["must"] for of in figures if goal.figure < len(of)]
            lost += [f"{goal.row}: {goal.asked}"] if not places or None in places else []
        must(not lost, lost)
    results = [found_of("memory a", "peak", 9), found_of("memory b", "peak", 12), found_of("memory c", "peak", 11)]
    told = {goal.row: (figure, row, remark) for goal, figure, row, remark in goals.told(results, {("landing-write reads", "all"): "there is no strace"})}
    tap.check(told["memory *"][1] == "memory b" and "2 of them missed" in told["memory *"][2], "of several rows the worst is told", told["memory *"])
    tap.check(told["landing-write reads"][0] is None and told["landing-write reads"][2] == "there is no strace", "what was not measured says why")
    keys = [found_of(f"dedupe {n} M growth", "peak RSS", 40 + n) for n in (1, 10, 100)]
    told = {(goal.row, goal.figure): row for goal, _, row, _ in goals.told(keys, {})}
    tap.check(told["dedupe * M growth", 0] == "dedupe 100 M growth", "of growing stores the largest is told")


def drawings(tap):
    for name, drawn in (("bars", charts.bars([("ours <&>", 1, "ours"), ("jq", 56.2, "peer"), ("cat", 0.004, "limit"), ("none", None, "peer")], "times")),
                        ("lines", charts.lines({"a & b": [(10, 5.0), (1e6, 1e-3)], "one": [(100, 2.0)], "none": []}, "bytes", "ns a byte"))):
        with tap.case(f"{name} are well-formed, and all lies inside of the picture"):
            root = xml.etree.ElementTree.fromstring(drawn)
            width, height = map(float, root.get("viewBox").split()[2:])
            places = [(float(e.get("cx", e.get("x", 0))), float(e.get("cy", e.get("y", 0)))) for e in root.iter()]
            must(all(0 <= x <= width and 0 <= y <= height for x, y in places), places)
    tap.check(charts.bars([], "x") == charts.lines({}, "x", "y") == "", "nothing is drawn of nothing")
    tap.check([charts.short(v) for v in (0.004, 1, 2.504, 100, 20000, 1e6, 1e10)] == ["0.004", "1", "2.5", "100", "20 k", "1 M", "10 G"], "figures are short")


def whole_run(tap, build):
    with tap.case("a bench of one tiny row writes JSON and a page that can be read"), tempfile.TemporaryDirectory() as folder:
        out, shown = pathlib.Path(folder, "bench.json"), pathlib.Path(folder, "bench.html")
        run = subprocess.run([sys.executable, ROOT / "tests/bench/bench.py", "--build", build, "--tiny", "--no-versions", "--json", out, "--html", shown, "start validate"],
                             capture_output=True, text=True)
        must(run.returncode == 0, run.stdout, run.stderr)
        found, text = json.loads(out.read_text()), shown.read_text()
        figures = [figure for figure in found["figures"] if figure["row"] == "start validate"]
        must(len(figures) == 1 and figures[0]["found"] > 0, figures)
        must(any(goal["row"] == "start validate" and goal["found"] for goal in found["goals"]), found["goals"])
        for where in (str(build), str(pathlib.Path.home()), folder):
            must(where not in out.read_text() and where not in text, "there is a path of this machine in it:", where)
        parsed = Balanced(text)
        must(not parsed.faults and not parsed.open, parsed.faults, parsed.open)


def pages(tap):
    figure = found_of("a <row>", "what & why", 1.0)
    found = {"machine": {"cpu": "<x>", "cpus": 2, "memory_gb": 24, "flags": ["avx2"], "system": "s", "python": "3"},
             "build": {"profile": "p", "compiler": "c", "build_seconds": 3.0, "commit": "0"}, "time": "t", "load_before": [1, 1, 1], "load_after": [1, 1, 1],
             "seconds": 1.0, "size": "quick", "records": 1, "rounds": 2, "versions": {"jq": "<1.6>"}, "goals": list(report.goal_table([figure], {})),
             "jobs": [{"row": "a", "peer": "jq", "ahead": 3.0, "limit": "cat", "of_limit": 2.0, "clock": "cpu"}], "figures": [figure],
             "races": [{"row": "a", "competitor": name, "kind": kind, "cpu_best": cpu, "cpu_median": cpu, "wall_best": cpu, "wall_median": cpu, "rss_mb": 1.0,
                        "rounds": 2} for name, kind, cpu in (("ours", "ours", 1.0), ("jq", "peer", 3.0))],
             "curves": [{"row": "g", "title": "T & t", "x": "bytes", "y": "ns", "lines": {"ours": [(1, 1.0), (10, 1.0)]}}], "left_out": [{"row": "a", "peer": "zsv", "why": "<no>"}]}
    parsed = Balanced(text := page.of(found))
    tap.check(not parsed.faults and not parsed.open, "a page is balanced, asks for nothing and runs nothing", parsed.faults, parsed.open)
    tap.check("<x>" not in text and "<1.6>" not in text and "<no>" not in text and "a <row>" not in text, "what was measured is text, never markup")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, help="where the programs are; the build must have the bench's measure")
    options = parser.parse_args()
    tap = Tap()
    arithmetic(tap)
    table_of_goals(tap)
    drawings(tap)
    pages(tap)
    if options.bin:
        whole_run(tap, options.bin.resolve().parent)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
