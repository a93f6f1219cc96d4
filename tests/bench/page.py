"""page: a run as one HTML file: tables and charts, styles inside, no script, nothing fetched.

    page.of(found)      what --json writes, as text of the page
"""
import html

import charts
from report import bounds, number

STYLE = """
:root { color-scheme: light dark; --ink: #1c2733; --soft: #5a6877; --line: #dde3ea; --paper: #fff; --ours: #0072b2; --peer: #9aa7b4; --limit: #e69f00;
  --good: #0a7d4f; --bad: #c0392b }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e9ee; --soft: #9aa7b4; --line: #34404c; --paper: #12181f; --ours: #56b4e9; --peer: #6b7885;
  --limit: #e6a83c; --good: #4fc38a; --bad: #ff8070 } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 1080px; margin: 2em auto; padding: 0 1.2em }
h1 { font-size: 1.7em; margin: 0 0 .2em } h2 { font-size: 1.25em; margin: 2em 0 .5em } h3 { font-size: 1em; margin: 1.4em 0 .3em }
p { margin: .4em 0; max-width: 75ch } .soft, th { color: var(--soft); font-weight: normal }
.scroll { overflow-x: auto } table { border-collapse: collapse; width: 100%; font-size: 13px }
th, td { text-align: left; vertical-align: top; padding: 3px 10px 3px 0; border-bottom: 1px solid var(--line) }
td.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums } td.met { color: var(--good) } .missed { color: var(--bad); font-weight: bold }
svg { width: 100%; height: auto; display: block } svg text { font-size: 12px; fill: var(--ink) } svg text.tick { fill: var(--soft); font-size: 11px }
svg text.value { font-size: 11px } .grid { stroke: var(--line) } .base { stroke: var(--soft) }
rect.ours { fill: var(--ours) } rect.peer { fill: var(--peer) } rect.limit { fill: var(--limit) }
details { margin: .5em 0 } summary { cursor: pointer }
""" + "".join(f"polyline.line{n} {{ stroke: {c}; stroke-width: 2 }} circle.line{n}, rect.line{n} {{ fill: {c} }}\n" for n, c in enumerate(
    ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f6bbf", "#8a8a3a")))  # charts.LINES of them


def cell(value, kind=""):
    return f"<td{f' class={kind}' if kind else ''}>{html.escape(str(value))}</td>"


def table(heads, rows):
    """rows: lists of cells."""
    head = "".join(f"<th>{html.escape(word)}</th>" for word in heads)
    return f'<div class="scroll"><table><tr>{head}</tr>' + "".join(f"<tr>{''.join(row)}</tr>\n" for row in rows) + "</table></div>\n"


def verdict(words):
    return cell(words, "met" if words.startswith("met") else "missed" if words in ("MISSED", "WRONG") else "")


READING = (
    "<p><b>a / b</b> is how many times b's time a takes; <b>ours</b> is what was built here. Where a bound says &gt;=, more is better; where it says &lt;=, less is.</p>\n"
    "<p><b>must</b> is what a release is held to. <b>aim</b> is where we want to be: near what the machine can do at all. <b>met</b>: the first "
    "holds; <b>met, aim</b>: both do; <b>MISSED</b>: not even the first.</p>\n")


def head(found):
    box, made = found["machine"], found["build"]
    took = f", built in {made['build_seconds']:.0f} s" if made["build_seconds"] else ""
    rows = [("machine", f"{box['cpus']} x {box['cpu']}, {box['memory_gb']} GB"), ("vector steps and the like", " ".join(box["flags"])),
            ("system", f"{box['system']}, Python {box['python']}"), ("compiler", made["compiler"]), ("build", made["profile"] + took),
            ("commit", made["commit"] or "unknown"),
            ("run", f"{found['time']}, {found['seconds']:.0f} s, --{found['size']}; load {found['load_before'][0]:.2f} before, {found['load_after'][0]:.2f} after"),
            ("size", f"{found['records']:,} records a kind, best of {found['rounds']} rounds in turns")]
    return ("<h1>Tidegate: what was measured</h1>\n<p class=soft>Ratios are of CPU time (user and system) within one run unless they say wall; outputs were "
            "compared before times.</p>\n" + READING + ("<p class=missed>This was a trial run on next to no data: its figures mean nothing.</p>\n"
            if found["size"] == "tiny" else "") + table(("", ""), [[cell(name, "soft"), cell(value)] for name, value in rows]))


def goals(found):
    if not any(goal["found"] is not None for goal in found["goals"]):
        return ""
    rows = [[cell(goal["tool"]), cell(goal["asked"]), cell(goal["must"], "n"), cell(goal["aim"], "n"), cell(number(goal["found"], goal["unit"]), "n"),
             verdict(goal["verdict"]), cell(goal["remark"], "soft")] for goal in found["goals"]]
    return "<h2>Goals</h2>\n" + table(("about", "goal", "must", "aim", "measured", "", "beside it"), rows)


def jobs(found):
    if not found["jobs"]:
        return ""
    ahead = [(f"{job['row']}: {job['peer']}", job["ahead"], "ours") for job in found["jobs"] if job["ahead"]]
    near = [(f"{job['row']}: {job['limit']}", job["of_limit"], "limit") for job in found["jobs"] if job["of_limit"]]
    text = "<h2>Each job: the best peer, and the limit</h2>\n"
    if ahead:
        text += "<h3>The best peer's time, in times of ours</h3>\n" + charts.bars(ahead, "times ours; right of 1 we are ahead")
    if near:
        text += ("<h3>Our time, in times of what cannot be done without</h3>\n"
                 + charts.bars(near, "times the limit's; left of 1 we do more in less"))
    return text


def races(found):
    """A chart a race: the first of ours is 1. What differs in nothing but a variable (levels, jobs) is all ours."""
    text, groups = "", {}
    for entry in found["races"]:
        groups.setdefault(entry["row"], []).append(entry)
    for row, entries in groups.items():
        ours = next((entry for entry in entries if entry["kind"] == "ours"), None)
        if ours and len(entries) > 1 and ours["cpu_best"]:
            items = [(entry["competitor"], entry["cpu_best"] / ours["cpu_best"], entry["kind"]) for entry in entries]
            text += f"<details><summary>{html.escape(row)}</summary>{charts.bars(items, 'CPU time, in times of ours')}</details>\n"
    return f"<h2>Each race</h2>\n{text}" if text else ""


def curves(found):
    text = ""
    for curve in found["curves"]:
        text += f"<h3>{html.escape(curve['title'])}</h3>\n{charts.lines(curve['lines'], curve['x'], curve['y'])}\n"
    return f"<h2>How cost grows</h2>\n<p class=soft>Flat is linear: the cost of a byte, cell or key stays what it was.</p>\n{text}" if text else ""


def figures(found):
    rows = []
    for figure in found["figures"]:
        if "what" in figure:
            must, aim = bounds(figure)
            rows.append([cell(figure["row"]), cell(figure["what"]), cell(number(figure["found"], figure["unit"]), "n"), cell(must, "n"), cell(aim, "n"),
                         verdict(figure["verdict"]), cell(figure["remark"], "soft")])
        else:
            rows.append([cell(figure["row"]), cell(figure["remark"]), cell(""), cell(""), cell(""), verdict("WRONG"), cell("")])
    return "<h2>All figures</h2>\n" + table(("row", "figure", "found", "must", "aim", "", "beside it"), rows)


def times(found):
    rows = [[cell(entry["row"]), cell(entry["competitor"]),
             *(cell(f"{entry[name]:.3f}", "n") for name in ("cpu_best", "cpu_median", "wall_best", "wall_median")),
             cell(f"{entry['rss_mb']:.1f}", "n"), cell(entry["rounds"], "n")] for entry in found["races"]]
    heads = ("row", "competitor", "CPU s, best", "median", "wall s, best", "median", "peak MB", "rounds")
    return f"<h2>All times</h2>\n<details><summary>{len(rows)} lines</summary>{table(heads, rows)}</details>\n" if rows else ""


def peers(found):
    rows = [[cell(name), cell(said)] for name, said in found["versions"].items()]
    text = "<h2>Who took part</h2>\n" + table(("peer", "version"), rows)
    if found["left_out"]:
        text += "<h3>Left out</h3>\n" + table(("row", "who", "why"), [[cell(left["row"]), cell(left["peer"]), cell(left["why"])] for left in found["left_out"]])
    return text


def of(found):
    body = "".join(part(found) for part in (head, goals, jobs, curves, races, figures, times, peers))
    return (f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Tidegate: what was measured</title>\n'
            f'<meta name="viewport" content="width=device-width">\n<style>{STYLE}</style></head>\n<body>\n{body}</body></html>\n')
