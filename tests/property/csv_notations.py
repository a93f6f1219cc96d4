#!/usr/bin/env python3
"""csv_notations: texts of partners as values, and back. The cells of the CSV on the Web suite are judged as it judges them, where a contract
can say what they say; made dates are what Python's datetime says, made numbers what its decimal says; and whatever a contract says of
dates, numbers, booleans and nulls, what json2csv writes csv2json reads as it was, and the other way round."""
import csv
import datetime
import decimal
import io
import itertools
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import ROOT, NotHere, Scratch, Tap, arguments, balanced, must, rng  # noqa: E402

CELLS = ROOT.parent / "shared" / "conformance" / "csv" / "w3c-csvw" / "values.jsonl"
ANY = ("--max-rejects", "100%")


def spelt(data):
    """Records whose numbers keep their spelling."""
    keep = dict(parse_float=lambda s: ("number", s), parse_int=lambda s: ("number", s))
    return [json.loads(line, **keep) for line in data.split(b"\n") if line]


def rows_of(data, delimiter=","):
    return list(csv.reader(io.StringIO(data.decode(), newline=""), delimiter=delimiter, strict=True))


def file_of(rows, delimiter=","):
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


# -- CSV on the Web -----------------------------------------------------------------------------------------------------------

RANGES = {"integer": (None, None), "long": (-2**63, 2**63 - 1), "int": (-2**31, 2**31 - 1), "short": (-2**15, 2**15 - 1), "byte": (-128, 127),
          "nonNegativeInteger": (0, None), "positiveInteger": (1, None), "unsignedLong": (0, 2**64 - 1), "unsignedInt": (0, 2**32 - 1),
          "unsignedShort": (0, 2**16 - 1), "unsignedByte": (0, 255), "nonPositiveInteger": (None, 0), "negativeInteger": (None, -1)}


def property_of(base, form):
    """What a contract says for a datatype; the wish of CSVW that it cannot express as the second."""
    pattern = form.get("pattern") if isinstance(form, dict) else form
    if base == "boolean":
        yes, no = (pattern or "true|false").split("|")
        return {"type": "boolean", "x-boolean": {"true": [yes], "false": [no]}}, None
    if base in ("date", "time", "dateTime", "dateTimeStamp"):
        zoned = "X" in pattern
        if base == "date" and zoned:
            return None, "a date with a zone"
        return {"type": "string", "x-date": {"format": pattern, **({"zone": "UTC"} if base.startswith("dateTime") and not zoned else {})}}, None
    what = {"type": "integer" if base in RANGES else "number"}
    low, high = RANGES.get(base, (None, None))
    what.update({k: v for k, v in (("minimum", low), ("maximum", high)) if v is not None})
    group = "," if pattern and "," in pattern.split(".")[0] else form.get("groupChar") if isinstance(form, dict) else None
    if group:
        indian = pattern and len(pattern.split(".")[0].split(",")) > 2
        what["x-number"] = {"group": group, "groups": "indian" if indian else "three"}
    return what, None


def beyond(cell):
    """Why a contract cannot say what the suite says of a cell; None: it can."""
    base, form, text = cell["datatype"]["base"], cell["datatype"].get("format"), cell["cell"]
    pattern = form.get("pattern") if isinstance(form, dict) else form
    if property_of(base, form)[1]:
        return property_of(base, form)[1]
    if text.endswith("%"):
        return "percent signs"
    if text in ("NaN", "INF", "-INF") and cell["valid"]:
        return "what is no number in JSON"
    if base == "decimal" and not cell["valid"] and re.fullmatch(r"[\d.]+E\d+", text):
        return "decimals without exponents: a number of JSON may have one"
    if pattern and base in ("integer", "decimal") and not cell["valid"] and re.fullmatch(r"\d+(\.\d+)?", text) and not (base == "integer" and "." in text):
        return "how many digits there must be, and that there must be groups"
    if pattern and "," in pattern.split(".")[-1] and "." in pattern and "," in text.split(".")[-1]:
        return "groups in decimals"
    return None


def csvw(scratch):
    if not CELLS.exists():
        raise NotHere("the corpus w3c-csvw is not beside the source (../shared/conformance/csv)")
    cells = [json.loads(line) for line in CELLS.read_text().splitlines()]
    left_out = [beyond(cell) for cell in cells]
    asked = [cell for cell, why in zip(cells, left_out) if not why]
    for why in sorted({why for why in left_out if why}):
        print(f"# {left_out.count(why)} cells left out: {why}")
    print(f"# {len(asked)} of {len(cells)} cells asked")
    names = [f"c{i}" for i in range(len(asked))]
    contract = {"properties": {name: property_of(cell["datatype"]["base"], cell["datatype"].get("format"))[0] for name, cell in zip(names, asked)}}
    path, data = scratch.write("csvw.json", contract), file_of([names, [cell["cell"] for cell in asked]])
    bad = {e["pointer"][1:] for r in scratch.run("csv2json", *ANY, "-c", path, stdin=data).rejects for e in r["errors"]}
    text = scratch.run("csv2json", "-c", path, "--on-type-error", "string", stdin=data)
    record = json.loads(text.out)
    bad |= {e["pointer"][1:] for r in scratch.run("validate", *ANY, "-c", path, "--errors", "1000", stdin=text.out).rejects for e in r["errors"]}
    wrong, unsure = [], {}
    for name, cell in zip(names, asked):
        if cell["valid"] is None:
            unsure.setdefault(cell["test"], []).append(name in bad)
        elif cell["valid"] == (name in bad) or (cell["valid"] and record[name] != cell["value"]):
            wrong.append((cell, record[name]))
    must(not wrong, len(wrong), "cells are judged otherwise:", wrong[:5])
    must(all(map(any, unsure.values())), "the suite says that some cell is wrong, and none was:", unsure)
    must(len(asked) > 200 and len(unsure) >= 4, "only", len(asked), "cells were asked")


# -- dates against datetime ---------------------------------------------------------------------------------------------------

MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
FORMATS = ["dd.MM.yyyy", "d.M.yyyy", "MM/dd/yyyy", "M/d/yyyy", "yyyyMMdd", "yyyy-MM-dd", "yyyyDDD", "yyyy-DDD", "dd-MMM-yyyy", "d MMMM yyyy", "yyMMdd", "cyyMMdd",
           "ddMMyy", "HH:mm:ss", "HHmm", "h:mm a", "hh:mm:ssa", "HHmmssSSS", "yyyyMMddHHmmss", "dd.MM.yyyy HH:mm:ss.SSSSSS", "yyyy-MM-dd'T'HH:mm:ssXXX",
           "yyyyMMddHHmmX", "M/d/yyyy h:mm a", "HH:mm:ss xx"]
PIVOT = 60
TOKEN = re.compile(r"y+|M+|d+|D+|H+|h+|m+|s+|S+|X+|x+|c|a|'[^']*'|.")
PARTS = {"yyyy": r"(?P<Y>\d{4})", "yy": r"(?P<y>\d\d)", "c": r"(?P<c>\d)", "MM": r"(?P<M>\d\d)", "M": r"(?P<M>\d\d?)", "MMM": "(?P<N>%s)" % "|".join(m[:3] for m in MONTHS),
         "MMMM": "(?P<N>%s)" % "|".join(MONTHS), "dd": r"(?P<d>\d\d)", "d": r"(?P<d>\d\d?)", "DDD": r"(?P<D>\d{3})", "HH": r"(?P<H>\d\d)", "H": r"(?P<H>\d\d?)",
         "hh": r"(?P<h>\d\d)", "h": r"(?P<h>\d\d?)", "mm": r"(?P<m>\d\d)", "ss": r"(?P<s>\d\d)", "a": "(?P<a>[AaPp][Mm])", "X": r"(?P<z>Z|[+-]\d\d(\d\d)?)",
         "XXX": r"(?P<z>Z|[+-]\d\d:\d\d)", "xx": r"(?P<z>[+-]\d{4})"}


def tokens(form):
    return TOKEN.findall(form)


def expression(form):
    out = ""
    for token in tokens(form):
        if token[0] == "S":
            out += r"(?P<f>\d{%d})" % len(token)
        else:
            out += PARTS.get(token) or re.escape(token.strip("'"))
    return re.compile(out, re.ASCII | re.IGNORECASE)


def zoned(form):
    return bool(set(form) & set("Xx"))


def meaning(form, expected, text):
    """RFC 3339, or None, by Python's calendar."""
    found = expected.fullmatch(text)
    if not found or (found.groupdict().get("z") or "Z").lower() == "z" and "z" in text:
        return None
    part = {k: v for k, v in found.groupdict().items() if v is not None}
    year = int(part.get("Y", 2000))
    if "c" in part:
        year = 1900 + 100 * int(part["c"]) + int(part["y"])
    elif "y" in part:
        year = int(part["y"]) + (2000 if int(part["y"]) < PIVOT else 1900)
    month = [m[:3].lower() for m in MONTHS].index(part["N"][:3].lower()) + 1 if "N" in part else int(part.get("M", 1))
    hour = int(part.get("H", part.get("h", 0)))
    if "h" in part:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if part["a"].lower() == "pm" else 0)
    try:
        day = datetime.date(year, month, int(part.get("d", 1)))
        if "D" in part:
            day += datetime.timedelta(days=int(part["D"]) - 1)
            if day.year != year:
                return None
        time = datetime.time(hour, int(part.get("m", 0)), int(part.get("s", 0)))
        zone = part.get("z", "")
        if len(zone) > 1:
            digits = zone[1:].replace(":", "").ljust(4, "0")
            datetime.time(int(digits[:2]), int(digits[2:]))
            zone = f"{zone[0]}{digits[:2]}:{digits[2:]}"
    except (ValueError, OverflowError):
        return None
    has_day, has_time = set("Yy") & set(part), set("Hh") & set(part)
    out = day.isoformat() if has_day else ""
    if has_time:
        out += ("T" if has_day else "") + time.isoformat() + ("." + part["f"] if "f" in part else "")
        out += zone or ("+01:00" if has_day else "")
    return out


def date_text(random, form):
    """A text of the form, mostly of a day that there is; sometimes spoilt."""
    near = [(1900, 2, 29), (2000, 2, 29), (2024, 2, 29), (2023, 2, 29), (2023, 12, 31), (2024, 12, 31), (1, 1, 1), (9999, 12, 31), (2059, 1, 1), (1960, 1, 1), (0, 1, 1), (2025, 4, 31)]
    year, month, day = random.choice(near) if random.random() < 0.2 else (random.randrange(1900, 2100), random.randrange(1, 13), random.randrange(1, 32))
    hour, minute, second = random.choice([0, 11, 12, 23, 24, random.randrange(24)]), random.choice([0, 59, 60, random.randrange(60)]), random.randrange(60)
    ordinal = random.choice([0, 1, 59, 60, 61, 365, 366, 367, random.randrange(1, 366)])
    zone = random.choice(["Z", "+01:00", "-05:30", "+00:00", "+14:00", "+23:59", "-24:00", "+01:60"])
    out = ""
    for token in tokens(form):
        short = random.random() < 0.7
        out += {"yyyy": f"{year:04}", "yy": f"{year % 100:02}", "c": str(max(0, year // 100 - 19)), "MM": f"{month:02}", "M": f"{month if short else f'{month:02}'}",
                "MMM": random.choice([str, str.upper])(MONTHS[month - 1][:3]), "MMMM": random.choice([str, str.lower])(MONTHS[month - 1]), "dd": f"{day:02}",
                "d": f"{day if short else f'{day:02}'}", "DDD": f"{ordinal:03}", "HH": f"{hour:02}", "H": str(hour), "hh": f"{hour % 13:02}", "h": str(hour % 13), "mm": f"{minute:02}",
                "ss": f"{second:02}", "a": random.choice(["AM", "PM", "pm"]), "X": zone if zone == "Z" else zone.replace(":", "")[:random.choice([3, 5])], "XXX": zone,
                "xx": zone.replace(":", "")}.get(token) or ("".join(random.choice("0123456789") for _ in token) if token[0] == "S" else token.strip("'"))
    if random.random() < 0.15:
        at = random.randrange(len(out) + 1)
        out = random.choice([out[:at] + random.choice("0123456789-./: TZ+xé") + out[at:], out[:at] + out[at + 1:], out[:at] + random.choice("0123456789٣") + out[at + 1:],
                             " " + out, out + " ", out[:at], ""])
    return out


def dates(scratch, random, count):
    names = [f"c{i}" for i in range(len(FORMATS))]
    says = {}
    for name, form in zip(names, FORMATS):
        says[name] = {"type": "string", "x-date": {"format": form}}
        if "yy" in tokens(form) and "c" not in form:
            says[name]["x-date"]["pivot"] = PIVOT
        if set("yY") & set(form) and set("Hh") & set(form) and not zoned(form):
            says[name]["x-date"]["zone"] = "+01:00"
    contract = scratch.write("dates.json", {"properties": says, "x-csv": {"delimiter": ";"}})
    expected = [expression(form) for form in FORMATS]
    rows = [[date_text(random, form) for form in FORMATS] for _ in range(count // len(FORMATS) + 1)]
    right = [[meaning(*what) for what in zip(FORMATS, expected, row)] for row in rows]
    data = file_of([names, *rows], ";")
    for variables in ({}, {"TIDEGATE_CPU": "scalar"}):
        read = scratch.run("csv2json", *ANY, "-c", contract, stdin=data, variables=variables)
        bad = {(r["at"]["line"] - 2, e["pointer"][1:]) for r in read.rejects for e in r["errors"]}
        text = scratch.run("csv2json", "-c", contract, "--on-type-error", "string", stdin=data, variables=variables)
        for number, (row, values, record) in enumerate(itertools.zip_longest(rows, right, map(json.loads, text.out.splitlines()))):
            for name, form, was, value in zip(names, FORMATS, row, values):
                must(((number, name) in bad) == (value is None), form, repr(was), "is", value, "by Python, and", "refused" if (number, name) in bad else record[name])
                must(record[name] == (was if value is None else value), form, repr(was), "is", record[name], "and by Python", value)
    taken = sum(value is not None for values in right for value in values)
    must(count * 0.5 < taken < count * 0.95, taken, "of", count, "are dates")


# -- numbers against decimal --------------------------------------------------------------------------------------------------

NUMBERS = [(",", ".", "three", "leading"), (".", ",", "three", "leading"), (".", ",", "indian", "trailing"), (",", "\u00a0", "three", "parentheses"), (".", "'", "three", "trailing"),
           (",", None, "three", "leading"), (".", None, "three", "leading"), ("٫", "٬", "indian", "parentheses"), (".", None, "three", "trailing")]


def grouped(digits, groups, sign):
    head, tail = digits[:-3], digits[-3:]
    size = 2 if groups == "indian" else 3
    parts = [tail] if len(digits) >= 3 else [digits]
    while head:
        parts.insert(0, head[-size:])
        head = head[:-size]
    return sign.join(parts)


def number_meaning(form, text):
    """By a regular expression and Python's decimal."""
    point, group, groups, minus = form
    whole = r"\d+"
    if group:
        g = re.escape(group)
        whole += rf"|(?!0{g})\d{{1,3}}(?:{g}\d{{3}})+" if groups == "three" else rf"|(?!0{g})\d{{1,2}}(?:{g}\d\d)*{g}\d{{3}}"
    body = rf"(?P<w>{whole})?(?:{re.escape(point)}(?P<f>\d*))?(?P<e>[eE][+-]?\d+)?"
    sign = {"leading": rf"(?P<s>[+-])?{body}", "trailing": rf"{body}(?P<s>[+-])?", "parentheses": rf"(?P<p>\()?(?P<s>\+)?{body}(?(p)\))"}[minus]
    found = re.fullmatch(sign, text, re.ASCII)
    if not found or not (found["w"] or found["f"]):
        return None
    if found.groupdict().get("p") and found["s"]:
        return None
    negative = found["s"] == "-" or found.groupdict().get("p")
    whole = (found["w"] or "0").replace(group or "\0", "")
    return decimal.Decimal(f"{'-' if negative else ''}{whole}{'.' + found['f'] if found['f'] else ''}{found['e'] or ''}")


def number_text(random, form):
    point, group, groups, minus = form
    digits = "".join(random.choice("0123456789") for _ in range(random.choice([0, 1, 2, 3, 4, 5, 6, 7, 15, 16, 17, 40])))
    if group and digits and random.random() < 0.6:
        digits = grouped(digits, groups if random.random() < 0.9 else "three", group)
    text = digits
    if random.random() < 0.6:
        text += point + "".join(random.choice("0123456789") for _ in range(random.choice([0, 1, 2, 12])))
    if random.random() < 0.1:
        text += random.choice(["e5", "E+07", "e-3", "e", "e+"])
    if random.random() < 0.4:
        text = random.choice([f"-{text}", f"{text}-", f"({text})", f"+{text}", f"{text}+", {"leading": f"-{text}", "trailing": f"{text}-", "parentheses": f"({text})"}[minus]])
    if random.random() < 0.15:
        at = random.randrange(len(text) + 1)
        text = random.choice([text[:at] + random.choice([".", ",", "0", "-", " ", "(", "'", "\u00a0", "x", "٣"]) + text[at:], text[:at] + text[at + 1:], "00" + text])
    return text


def numbers(scratch, random, count):
    names = [f"c{i}" for i in range(len(NUMBERS))]
    says = {n: {"type": random.choice(["number", "string"]), "x-number": {"decimal": f[0], "group": f[1], "groups": f[2], "minus": f[3]}} for n, f in zip(names, NUMBERS)}
    contract = scratch.write("numbers.json", {"properties": says, "x-csv": {"delimiter": ";"}})
    rows = [[number_text(random, form) for form in NUMBERS] for _ in range(count // len(NUMBERS) + 1)]
    data = file_of([names, *rows], ";")
    read = scratch.run("csv2json", *ANY, "-c", contract, stdin=data)
    bad = {(r["at"]["line"] - 2, e["pointer"][1:]) for r in read.rejects for e in r["errors"]}
    text = scratch.run("csv2json", "-c", contract, "--on-type-error", "string", stdin=data)
    taken = 0
    for number, (row, record) in enumerate(itertools.zip_longest(rows, spelt(text.out))):
        for name, form, was in zip(names, NUMBERS, row):
            value, got = number_meaning(form, was), record[name]
            must(((number, name) in bad) == (value is None), form, repr(was), "is", value, "by Python, and", "refused" if (number, name) in bad else got)
            if value is None:
                must(got == was, form, repr(was), "went out as", got)
                continue
            taken += 1
            must(isinstance(got, tuple) == (says[name]["type"] == "number"), form, was, "is", got)
            got = got[1] if isinstance(got, tuple) else got
            must(re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", got), got, "is no JSON, from", repr(was))
            must(decimal.Decimal(got).as_tuple() == value.as_tuple(), form, repr(was), "is", got, "and by Python", value)
    must(count * 0.3 < taken < count * 0.95, taken, "of", count, "are numbers")
    # And the way back: what is written is what Python would write.
    back = scratch.run("json2csv", "-c", contract, stdin=read.out)
    must(back.exit == 0, back.err)
    for record, row in itertools.zip_longest(spelt(read.out), rows_of(back.out, ";")[1:]):
        for name, (point, group, groups, minus), got in zip(names, NUMBERS, row):
            digits = record[name][1] if isinstance(record[name], tuple) else record[name]
            negative, whole, rest = re.fullmatch(r"(-?)(\d+)(.*)", digits).groups()
            text = (grouped(whole, groups, group) if group else whole) + rest.replace(".", point)
            if negative:
                text = {"leading": f"-{text}", "trailing": f"{text}-", "parentheses": f"({text})"}[minus]
            must(got == text, digits, "was written", got, "and not", text)


# -- there and back -----------------------------------------------------------------------------------------------------------

BACK_FORMATS = [*FORMATS, "'day' DDD' of '''yyyy", "yyyy年M月d日", "c-yy/MM/dd", "HH", "X HHmm", "ssmmHH"]
SPELLINGS = [["Y"], ["ja", "JA"], ["1"], ["true", "wahr"], [" "], ["x;y"], ['"']]


def maybe(random, likely, *pairs):
    return {k: v for k, v in pairs if random.random() < likely}


def number_form(random):
    decimal_sign = random.choice([".", ",", "·"])
    return maybe(random, 0.7, ("decimal", decimal_sign), ("group", random.choice([s for s in ["'", " ", "\u00a0", None, "_"]])), ("groups", random.choice(["three", "indian"])),
                 ("minus", random.choice(["leading", "trailing", "parentheses"])))


def made_property(random):
    kind = random.choice(["date", "date", "number", "number", "digits", "integer", "boolean", "text"])
    null = random.random() < 0.4
    json_type = {"date": "string", "digits": "string", "text": "string"}.get(kind, kind)
    says = {"type": [json_type, "null"] if null else json_type}
    if kind == "date":
        form = random.choice(BACK_FORMATS)
        says["x-date"] = {"format": form}
        if "yy" in tokens(form) and "c" not in tokens(form):
            says["x-date"]["pivot"] = random.choice([0, 30, PIVOT, 100])
        if not zoned(form) and set("Hh") & set(form) and (set("y") & set(form) or random.random() < 0.3):
            says["x-date"]["zone"] = random.choice(["UTC", "+01:00", "-09:30"])
    if kind == "digits" or kind in ("number", "integer") and random.random() < 0.7:
        says["x-number"] = number_form(random)
    if kind == "boolean" and random.random() < 0.7:
        yes, no = random.sample(SPELLINGS, 2)
        says["x-boolean"] = {"true": yes, "false": no}
    if null and random.random() < 0.6:
        says["x-nulls"] = random.choice([[""], ["NULL", ""], ["01.01.1900", "00000000", "19000101"], ["0", "-"], [], ["n/a", "Y"]])
    if random.random() < 0.2:
        return {"$ref": "#/$defs/any"}, {"any": says}, kind
    if random.random() < 0.2 and null:
        inner = dict(says, type=json_type)
        return {"anyOf": [inner, {"type": "null"}]}, {}, kind
    return says, {}, kind


def made_contract(random):
    properties, defs, kinds = {}, {}, {}
    for i in range(random.randrange(1, 8)):
        says, more, kind = made_property(random)
        if more:
            says = {"$ref": f"#/$defs/d{i}"}
            defs[f"d{i}"] = more["any"]
        properties[f"p{i}"], kinds[f"p{i}"] = says, kind
    file = maybe(random, 0.4, ("decimal", random.choice([",", "."])), ("minus", random.choice(["trailing", "leading"])), ("nulls", random.choice([[], [""], ["-", "NULL"]])),
                 ("true", ["T", "true"]), ("false", ["F"]))
    file.update(delimiter=random.choice([";", "|", "\t", ","]), quote=random.choice(['"', '"', "'", None]))
    return {"properties": properties, "$defs": defs, "x-csv": file, "additionalProperties": False}, kinds


DATE_VALUES = ["2025-11-05", "2024-02-29", "1959-12-31", "1960-01-01", "2059-12-31", "0001-01-01", "9999-12-31", "2025-02-29", "1900-01-01"]
TIME_VALUES = ["00:00:00", "12:00:00", "12:30:00", "23:59:59", "00:05:00", "13:05:07", "11:59:59", "24:00:00"]


def made_value(random, kind):
    """JSON text."""
    if random.random() < 0.1:
        return random.choice(["null", "null", "true", '""', "1", '"x"', '"NULL"', "[]"])
    if kind in ("number", "digits"):
        text = random.choice(["0", "-0", "7", "-12", "999", "1000", "-1234567.50", "0.001", "12345678901234567890.10", "1e5", "-1234.5E-7", "100000"])
        return f'"{text}"' if kind == "digits" else text
    if kind == "integer":
        return random.choice(["0", "-0", "7", "-999", "1000", "123456789012345678901"])
    if kind == "boolean":
        return random.choice(["true", "false"])
    if kind == "text":
        return json.dumps(random.choice(["", "a", "NULL", "0", "-", "a;b", "1.5", " x", 'q"q', "n/a"]), ensure_ascii=False)
    zone = random.choice(["", "", "Z", "+01:00", "-09:30", "+00:00"])
    fraction = random.choice(["", "", ".5", ".140", ".123456", ".000"])
    day, time = random.choice(DATE_VALUES), random.choice(TIME_VALUES) + fraction + zone
    return json.dumps(random.choice([day, time, f"{day}T{time}"]))


def there_and_back(scratch, random, rows):
    """json2csv | csv2json, on records; then csv2json | json2csv | csv2json, on what has been written."""
    spec, kinds = made_contract(random)
    contract = scratch.write("made.json", spec)
    variables = random.choice(({}, {"TIDEGATE_CPU": "scalar"}))
    if scratch.run("json2csv", "-c", contract).exit == 78:  # signs that cannot stand together, the same word for true and false
        must(scratch.run("csv2json", "-c", contract, stdin=b"").exit == 78, "csv2json takes what json2csv refuses:", spec)
        return 0
    lines = ["{" + ",".join(f'"{n}":{made_value(random, k)}' for n, k in kinds.items()) + "}" for _ in range(rows)]
    # Records that are all well make up for the many that are not.
    written = scratch.run("json2csv", "--exact", *ANY, "-c", contract, stdin=("\n".join(lines) + "\n").encode(), variables=variables)
    must(written.exit == 0, spec, written.err)
    balanced(written)
    for reject in written.rejects:
        must(reject["errors"] and all(e["pointer"][1:] in kinds or e["pointer"] == "" for e in reject["errors"]), "errors", reject)
    refused = {r["at"]["line"] for r in written.rejects}
    passed = [line for number, line in enumerate(lines, 1) if number not in refused]
    read = scratch.run("csv2json", "-c", contract, stdin=written.out, variables=variables)
    must(read.exit == 0, spec, "csv2json refuses what json2csv wrote:", read.err, written.out[:400])
    wrong = next(((g, e) for g, e in itertools.zip_longest(spelt(read.out), spelt("\n".join(passed).encode())) if g != e), None)
    must(wrong is None, spec, "came back as", *(wrong or ()), "by", written.out[:400])
    again = scratch.run("json2csv", "-c", contract, stdin=read.out, variables=variables)
    must(again.out == written.out, spec, "is written otherwise the second time")
    return len(passed)


def from_texts(scratch, random, rows):
    """What csv2json takes of a partner's texts, json2csv can always write, and it reads as it was."""
    form, number = random.choice(FORMATS), random.choice(NUMBERS)
    says = {"type": "string", "x-date": {"format": form}}
    if "yy" in tokens(form) and "c" not in form:
        says["x-date"]["pivot"] = PIVOT
    if set("y") & set(form) and set("Hh") & set(form) and not zoned(form):
        says["x-date"]["zone"] = "UTC"
    contract = scratch.write("texts.json", {"x-csv": {"delimiter": ";"}, "properties": {
        "day": says, "n": {"type": "number", "x-number": {"decimal": number[0], "group": number[1], "groups": number[2], "minus": number[3]}}}})
    data = file_of([["day", "n"], *([date_text(random, form), number_text(random, number)] for _ in range(rows))], ";")
    first = scratch.run("csv2json", *ANY, "-c", contract, stdin=data)
    second = scratch.run("json2csv", "--exact", "-c", contract, stdin=first.out)
    must(second.exit == 0 and not second.rejects, form, number, "cannot be written:", second.err, second.rejects[:2])
    third = scratch.run("csv2json", "-c", contract, stdin=second.out)
    must(third.exit == 0 and third.out == first.out, form, number, "came back as", third.out[:300], "for", first.out[:300], "by", second.out[:300])
    return first.out.count(b"\n")


def main():
    options = arguments(__doc__)
    tap = Tap()
    texts, times = (1_000_000, 1500) if options.long else (10_000, 60)
    with Scratch(options.bin) as scratch:
        with tap.case("the cells of CSV on the Web are judged as there"):
            csvw(scratch)
        with tap.case("dates are what Python's datetime says"):
            dates(scratch, rng(options, "dates"), texts)
        with tap.case("numbers are what Python's decimal says, and are written as it would"):
            numbers(scratch, rng(options, "numbers"), texts)
        with tap.case("records come back through made contracts, or are rejects"):
            passed = sum(there_and_back(scratch, rng(options, f"back {i}"), 100) for i in range(times))
            must(passed > times * 10, "only", passed, "records passed")
        with tap.case("texts come back the same value"):
            passed = sum(from_texts(scratch, rng(options, f"texts {i}"), 100) for i in range(times // 3))
            must(passed > times * 5, "only", passed, "rows passed")
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
