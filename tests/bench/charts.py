"""charts: bars and lines on log axes as SVG, to stand inside of a page: text in, text out, nothing drawn by a script.

    bars([("ours", 1.0, "ours"), ("mlr", 56.2, "peer")], "times the CPU of ours")
    lines({"csv2json": [(1e6, 0.9), (1e7, 0.85)]}, "bytes of input", "ns a byte")

Colours are by class (ours, peer, limit; line0, line1 ...), which the page's style sheet knows, so that a dark page can have its own.
"""
import html
import math

WIDTH, LABEL, ROW = 860, 250, 20
LINES = 8  # colours of lines that the style sheet has


def short(value):
    """A figure for an axis or the end of a bar: 1, 2.5, 100, 20 k, 1 M."""
    for size, unit in ((1e9, " G"), (1e6, " M"), (1e4, " k")):
        if abs(value) >= size:
            return f"{value / (1e3 if size == 1e4 else size):.3g}{unit}"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def decades(low, high):
    """The powers of ten that hold both."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    return [10.0 ** n for n in range(first, max(last, first + 1) + 1)]


class Scale:
    """Where a value of a log axis lies, between two places of the picture."""

    def __init__(self, low, high, start, end):
        self.ticks = decades(low, high)
        self.low, self.high, self.start, self.end = self.ticks[0], self.ticks[-1], start, end

    def __call__(self, value):
        share = math.log10(value / self.low) / math.log10(self.high / self.low)
        return self.start + share * (self.end - self.start)


def text(x, y, words, anchor="start", kind="label"):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">{html.escape(words)}</text>'


def svg(height, about, parts):
    return (f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{html.escape(about, quote=True)}" xmlns="http://www.w3.org/2000/svg">'
            f'<title>{html.escape(about)}</title>{"".join(parts)}</svg>')


def bars(items, unit, base=1.0):
    """Bars from a base to the right where a value is above it, to the left where it is below. items: (label, value, class)."""
    items = [item for item in items if item[1] and item[1] > 0]
    if not items:
        return ""
    values = [value for _, value, _ in items] + [base]
    scale = Scale(min(values), max(values), LABEL, WIDTH - 70)
    bottom = ROW * len(items) + 6
    parts = []
    for tick in scale.ticks:
        parts.append(f'<line x1="{scale(tick):.1f}" x2="{scale(tick):.1f}" y1="0" y2="{bottom}" class="{"base" if tick == base else "grid"}"/>')
        parts.append(text(scale(tick), bottom + 14, short(tick), "middle", "tick"))
    for at, (label, value, kind) in enumerate(items):
        left, right = sorted((scale(value), scale(base)))
        y = at * ROW + 4
        parts.append(text(LABEL - 8, y + 12, label, "end"))
        parts.append(f'<rect x="{left:.1f}" y="{y}" width="{max(right - left, 1.5):.1f}" height="{ROW - 6}" class="{kind}"/>')
        parts.append(text(right + 5, y + 12, short(value), "start", "value"))
    parts.append(text(WIDTH - 4, bottom + 28, unit, "end", "tick"))
    return svg(bottom + 34, unit + ": " + ", ".join(f"{label} {short(value)}" for label, value, _ in items), parts)


def lines(curves, x_words, y_words, height=300):
    """Lines through points, both axes by decades. curves: {name: [(x, y), ...]}."""
    curves = {name: sorted((x, y) for x, y in points if x > 0 and y > 0) for name, points in curves.items()}
    points = [point for line in curves.values() for point in line]
    if not points:
        return ""
    right = WIDTH - 220
    across = Scale(min(x for x, _ in points), max(x for x, _ in points), 70, right)
    up = Scale(min(y for _, y in points), max(y for _, y in points), height - 44, 26)
    parts = []
    for tick in across.ticks:
        parts.append(f'<line x1="{across(tick):.1f}" x2="{across(tick):.1f}" y1="26" y2="{height - 44}" class="grid"/>')
        parts.append(text(across(tick), height - 28, short(tick), "middle", "tick"))
    for tick in up.ticks:
        parts.append(f'<line x1="70" x2="{right}" y1="{up(tick):.1f}" y2="{up(tick):.1f}" class="grid"/>')
        parts.append(text(64, up(tick) + 4, short(tick), "end", "tick"))
    for at, (name, line) in enumerate(curves.items()):
        kind = f"line{at % LINES}"
        path = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in line)
        parts.append(f'<polyline points="{path}" class="{kind}" fill="none"/>')
        parts += [f'<circle cx="{across(x):.1f}" cy="{up(y):.1f}" r="3" class="{kind}"><title>{html.escape(name)}: {short(x)}, {short(y)}</title></circle>'
                  for x, y in line]
        parts.append(f'<rect x="{right + 14}" y="{26 + 20 * at}" width="12" height="12" class="{kind} key"/>')
        parts.append(text(right + 32, 36 + 20 * at, name))
    parts.append(text((70 + right) / 2, height - 8, x_words, "middle", "tick"))
    parts.append(text(4, 10, y_words, "start", "tick"))
    return svg(height, f"{y_words} by {x_words}: " + "; ".join(f"{name} {short(line[0][1])} to {short(line[-1][1])}" for name, line in curves.items() if line),
               parts)
