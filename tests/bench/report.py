"""report: what a run has found, as text: a line a figure, a line a competitor, and the table of goals; and the words that all outputs share."""
import goals

HEAD = f"{'row':26} {'figure':68} {'found':>10}  {'must':8} {'aim':9} {'':9} beside it"


def number(value, unit=""):
    if value is None:
        return "-"
    text = f"{value:.0f}" if value == int(value) and (unit == "B" or value >= 100 or value == 0) else f"{value:.2f}"
    return f"{text} {unit}".strip()


def holds(figure, value, bound):
    return bound is None or (value >= bound if figure.bound == ">=" else value <= bound)


def verdict(figure, value):
    if value is None or figure.must is None and figure.aim is None:
        return ""
    if not holds(figure, value, figure.must):
        return "MISSED"
    return "met, aim" if figure.aim is not None and holds(figure, value, figure.aim) else "met" if figure.must is not None else ""


def bounds(figure):
    """What must be and what is aimed at, as words; of a Figure or of what --json writes of it."""
    bound, must, aim = (figure["bound"], figure["must"], figure["aim"]) if isinstance(figure, dict) else (figure.bound, figure.must, figure.aim)
    return tuple(f"{bound} {limit:g}" if limit is not None else "" for limit in (must, aim))


def line(name, figure, value, remark):
    must, aim = bounds(figure)
    return (f"{name:26} {figure.what:68} {number(value, figure.unit):>10}  {must:8} {aim:9} {verdict(figure, value):9} "
            f"{remark}").rstrip()


def races(table):
    """One line a competitor; the last column is its CPU time over that of the first in its race."""
    yield f"{'row':26} {'competitor':12} {'CPU s':>8} {'median':>8} {'wall s':>8} {'median':>8} {'peak MB':>8} {'rounds':>6} {'ratio':>7}"
    for s in table:
        yield (f"{s['row']:26} {s['competitor']:12} {s['cpu_best']:8.3f} {s['cpu_median']:8.3f} {s['wall_best']:8.3f} "
               f"{s['wall_median']:8.3f} {s['rss_mb']:8.1f} {s['rounds']:6} {s['ratio']:7.2f}")


def race_table(bench):
    """What races() prints and --json writes: the competitors of all races in one list."""
    for name, race in bench.races:
        first = next(iter(race), None)
        for competitor, timing in race.items():
            yield {"row": name, "competitor": competitor, "kind": race.kinds[competitor], **timing.summary(),
                   "ratio": race.ratio(competitor, first)}


def jobs(bench):
    """[{row, peer, ahead, limit, of_limit}]: how many times the time of ours the best peer takes, and how many times the time of the nearest
    limit ours takes. A row of several races has the best peer of any of them."""
    found = {}
    for name, race in bench.races:
        peer, limit = race.standing()
        job = found.setdefault(name, {"row": name, "peer": None, "ahead": None, "limit": None, "of_limit": None, "clock": race.clock})
        if peer and (job["ahead"] is None or peer[1] < job["ahead"]):
            job["peer"], job["ahead"] = peer
        if limit and (job["of_limit"] is None or limit[1] < job["of_limit"]):
            job["limit"], job["of_limit"] = limit
    return [job for job in found.values() if job["peer"] or job["limit"]]


def job_lines(table):
    yield f"{'job':34} {'best peer':16} {'its time / ours':>16}   {'limit':10} {'ours / its':>10}"
    for job in table:
        clock = "" if job["clock"] == "cpu" else ", " + job["clock"]
        yield (f"{job['row'] + clock:34} {job['peer'] or '-':16} {number(job['ahead']):>16}   {job['limit'] or '-':10} "
               f"{number(job['of_limit']):>10}").rstrip()


def goal_table(results, missing):
    """What goal_lines() prints and --json writes."""
    for goal, figure, row, remark in goals.told(results, missing):
        must, aim = bounds(figure) if figure else ("", "")
        yield {"tool": goal.tool, "asked": goal.asked, "row": row, "must": must, "aim": aim, "found": figure["found"] if figure else None,
               "unit": figure["unit"] if figure else "", "verdict": (figure["verdict"] or "-") if figure else "not measured",
               "remark": "; ".join(filter(None, (remark, figure["remark"] if figure else "")))}


def goal_lines(table):
    yield f"{'about':30} {'goal':62} {'must':8} {'aim':8} {'measured':>10}  {'':12} beside it"
    for goal in table:
        yield (f"{goal['tool']:30} {goal['asked']:62} {goal['must']:8} {goal['aim']:8} {number(goal['found'], goal['unit']):>10}  "
               f"{goal['verdict']:12} {goal['remark']}").rstrip()
    count = [sum(goal["verdict"].startswith(word) for goal in table) for word in ("met", "met, aim", "MISSED", "not measured")]
    yield f"{len(table)} goals: {count[0]} met, of them {count[1]} with the aim; {count[2]} missed, {count[3]} not measured"
