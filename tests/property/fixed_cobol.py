#!/usr/bin/env python3
"""fixed_cobol: a COBOL program writes numbers in all the forms that it has, GnuCOBOL compiles it, and fixed2json reads them back."""
import decimal
import json
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import NotHere, Scratch, Tap, arguments, must, rng  # noqa: E402

# P in a packed picture is left out: GnuCOBOL 3.1 makes zero of all that is moved there.
# Name, picture, digits, decimals, whether it is signed; how the layout has it.
FIELDS = [
    ("plain", "9(7)V99", 9, 2, False, {"width": 9, "type": "number", "scale": 2}),
    ("zoned", "S9(5)V99", 7, 2, True, {"width": 7, "type": "zoned", "scale": 2}),
    ("first", "S9(5) SIGN IS LEADING", 5, 0, True, {"width": 5, "type": "number", "sign": "overpunch-leading"}),
    ("before", "S9(5) SIGN IS LEADING SEPARATE", 5, 0, True, {"width": 6, "type": "number", "sign": "leading"}),
    ("behind", "S9(4)V9 SIGN IS TRAILING SEPARATE", 5, 1, True, {"width": 6, "type": "number", "sign": "trailing", "scale": 1}),
    ("packed", "S9(9)V99 COMP-3", 11, 2, True, {"width": 6, "type": "packed", "scale": 2}),
    ("even", "9(4) COMP-3", 4, 0, False, {"width": 3, "type": "packed"}),
    ("large", "S9(18)V9(13) COMP-3", 31, 13, True, {"width": 16, "type": "packed", "scale": 13}),
    ("word", "S9(9) COMP", 9, 0, True, {"width": 4, "type": "binary", "sign": "twos"}),
    ("tenths", "S9(3)V9 COMP", 4, 1, True, {"width": 2, "type": "binary", "sign": "twos", "scale": 1}),
    ("native", "S9(18) COMP-5", 18, 0, True, {"width": 8, "type": "binary", "sign": "twos", "order": sys.byteorder}),
    ("unsigned", "9(4) COMP", 4, 0, False, {"width": 2, "type": "binary", "sign": "none"}),
    ("digits", "9(6) COMP-6", 6, 0, False, {"width": 3, "type": "packed", "sign": "none"}),
    ("thousands", "S9(3)P(3)", 3, -3, True, {"width": 3, "type": "zoned", "scale": -3}),
    ("tiny", "SVP(3)9(3)", 3, 6, True, {"width": 3, "type": "zoned", "scale": 6}),
]
WRITER = """IDENTIFICATION DIVISION.
PROGRAM-ID. WRITER.
ENVIRONMENT DIVISION.
INPUT-OUTPUT SECTION.
FILE-CONTROL.
    SELECT O ASSIGN TO "out.dat" ORGANIZATION IS SEQUENTIAL.
DATA DIVISION.
FILE SECTION.
FD O.
01 R.
  05 X-TEXT PIC X(8).
{fields}
PROCEDURE DIVISION.
    OPEN OUTPUT O.
{moves}
    CLOSE O.
    STOP RUN.
"""


def draw(r, digits, decimals, signed):
    """A value that the picture holds, as (what is moved, what must come out)."""
    number = r.choice((0, 1, 10 ** digits - 1, r.randrange(10 ** digits), r.randrange(10 ** min(digits, 3))))
    minus = signed and r.random() < 0.5
    value = decimal.Decimal((minus, tuple(map(int, str(number))), 0)).scaleb(-decimals, decimal.Context(prec=60))
    text = f"{value:.{max(decimals, 0)}f}" if decimals >= 0 else str(int(value))
    return text, text.removeprefix("-") if number == 0 else text


def main():
    options, tap = arguments(__doc__), Tap()
    r = rng(options, "cobol")
    with Scratch(options.bin) as scratch:
        rows = [[draw(r, *field[2:5]) for field in FIELDS] for _ in range(500 if options.long else 60)]
        fields = "\n".join(f"  05 X-{name.upper()} PIC {picture}." for name, picture, *_ in FIELDS)
        moves = "\n".join("\n".join([f'    MOVE "row {n}" TO X-TEXT.'] + [f"    MOVE {moved} TO X-{field[0].upper()}." for field, (moved, _) in zip(FIELDS, row)]
                                    + ["    WRITE R."]) for n, row in enumerate(rows))
        scratch.write("writer.cob", WRITER.format(fields=fields, moves=moves).encode())
        for sign, zoned in (("ASCII", "-ascii"), ("EBCDIC", "")):
            with tap.case(f"numbers that a COBOL program has written, signs as in {sign}"):
                if not shutil.which("cobc"):
                    raise NotHere("there is no cobc")
                for command in (["cobc", "-x", "-free", f"-fsign={sign}", "-o", "writer", "writer.cob"], ["./writer"]):
                    run = subprocess.run(command, cwd=scratch.path, stdin=subprocess.DEVNULL, capture_output=True, text=True)
                    must(run.returncode == 0, command, run.stdout, run.stderr)
                at, layout = 9, [{"name": "text", "at": 1, "width": 8}]
                for name, *_, how in FIELDS:
                    layout.append({"name": name, "at": at, **how})
                    at += how["width"]
                    if "over" in how.get("sign", "") or how["type"] == "zoned":
                        layout[-1]["sign"] = how.get("sign", "overpunch-trailing") + zoned
                contract = scratch.write("writer.json", {"x-fixed": {"framing": "fixed", "fields": layout}})
                result = scratch.run("fixed2json", "-c", contract, scratch.path / "out.dat")
                must(result.exit == 0, result.err, result.rejects[:1])
                lines = result.out.decode().splitlines()
                must(len(lines) == len(rows), len(lines), "records of", len(rows))
                for n, (line, row) in enumerate(zip(lines, rows)):
                    got = json.loads(line, parse_int=str, parse_float=str)
                    expected = {"text": f"row {n}", **{field[0]: out for field, (_, out) in zip(FIELDS, row)}}
                    must(got == expected, "record", n, "gave", got, "expected", expected)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
