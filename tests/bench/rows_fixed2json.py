"""rows_fixed2json: lines of text against gawk's FIELDWIDTHS and Python's slices, and a mainframe's extract against Python's struct."""
import pathlib
import struct
import sys

from measuring import Run, at_least, cached, megabytes, row

SCRIPT = str(pathlib.Path(__file__).with_name("fixed_lines.py"))

TEXT = {"length": 120, "fields": [
    {"name": "id", "at": 1, "width": 9}, {"name": "name", "at": 10, "width": 30}, {"name": "city", "at": 40, "width": 20},
    {"name": "born", "at": 60, "width": 8, "type": "date", "format": "yyyyMMdd"},
    {"name": "gross", "at": 68, "width": 10, "type": "zoned", "scale": 2}, {"name": "hours", "at": 78, "width": 6, "type": "number", "scale": 2},
    {"name": "dept", "at": 84, "width": 8}, {"name": "note", "at": 92, "width": 29}]}

EXTRACT = {"framing": "fixed", "encoding": "cp037", "fields": [
    *TEXT["fields"][:4], {"name": "gross", "at": 68, "width": 6, "type": "packed", "scale": 2},
    {"name": "hours", "at": 74, "width": 4, "type": "binary", "sign": "twos", "scale": 2},
    {"name": "dept", "at": 78, "width": 8}, {"name": "note", "at": 86, "width": 29}]}

# Without escapes: there is nothing in the data that would need them.
GAWK = r"""
BEGIN { FIELDWIDTHS = "9 30 20 4 2 2 9 1 6 8 29"; plus = "{ABCDEFGHI"; minus = "}JKLMNOPQR" }
function money(s, sign) { sub(/^0+/, "", s); while (length(s) < 3) s = "0" s; if (s == "000") sign = ""
    return sign substr(s, 1, length(s) - 2) "." substr(s, length(s) - 1) }
{ at = index(plus, $8); sign = ""; if (!at) { at = index(minus, $8); sign = "-" }
  sub(/ +$/, "", $1); sub(/ +$/, "", $2); sub(/ +$/, "", $3); sub(/ +$/, "", $10); sub(/ +$/, "", $11)
  printf "{\"id\":\"%s\",\"name\":\"%s\",\"city\":\"%s\",\"born\":\"%s-%s-%s\",\"gross\":%s,\"hours\":%s,\"dept\":\"%s\",\"note\":\"%s\"}\n",
      $1, $2, $3, $4, $5, $6, money($7 (at - 1), sign), money($9, ""), $10, $11 }
"""


def extract_of(b, text):
    """The text's records as a mainframe writes them, made once."""
    path = pathlib.Path(text + "-ebcdic")
    if not path.exists():
        part, record = path.with_name(path.name + ".part"), struct.Struct(">67s6si37s")
        with open(text, encoding="ascii") as lines, open(part, "wb") as out:
            for line in lines:
                at = "{ABCDEFGHI}JKLMNOPQR".index(line[76])
                packed = bytes.fromhex("0" + line[67:76] + str(at % 10) + ("d" if at > 9 else "c"))
                out.write(record.pack(line[:67].encode("cp037"), packed, int(line[77:83]), line[83:120].encode("cp037")))
        part.rename(path)
    return cached(path)


@row("fixed2json", at_least("csv2json of customers / ours, a byte", 0.5, 1), at_least("gawk with FIELDWIDTHS / ours", 20, 40),
     at_least("Python with slices / ours", 20, 40))
def fixed2json(b):
    file, table = b.input("wages-fixed", b.rows // 2), b.input("customers-csv", b.rows // 2)
    race = b.race(ours=Run([b.tool("fixed2json"), "--contract", b.file("text.json", {"x-fixed": TEXT}), file]),
                  gawk=Run(["gawk", "-b", GAWK, file]),
                  python=Run([sys.executable, SCRIPT, "text", file]),
                  csv=Run([b.tool("csv2json"), table], answer=None))
    size = megabytes(file)
    same_size = race.ratio("csv", "ours") * size / megabytes(table)
    return [same_size, race.ratio("gawk", "ours"), race.ratio("python", "ours")], f"{race.rate('ours', size)} MB/s"


@row("fixed2json EBCDIC", at_least("Python with struct / ours", 20, 40), at_least("ours of the text / ours of the extract, a byte", 0.3, 0.5))
def fixed2json_ebcdic(b):
    text = b.input("wages-fixed", b.rows // 2)
    file = extract_of(b, text)
    race = b.race(ours=Run([b.tool("fixed2json"), "--contract", b.file("extract.json", {"x-fixed": EXTRACT}), file]),
                  python=Run([sys.executable, SCRIPT, "extract", file]),
                  text=Run([b.tool("fixed2json"), "--contract", b.file("text.json", {"x-fixed": TEXT}), text]))
    size = megabytes(file)
    return [race.ratio("python", "ours"), race.ratio("text", "ours") * size / megabytes(text)], f"{race.rate('ours', size)} MB/s"
