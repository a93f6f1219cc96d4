"""fixed_lines: records of fixed width to JSON lines, as a Python programmer writes it, by slices or by struct.

    python3 fixed_lines.py text FILE       the lines that scripts/gen wages-fixed makes
    python3 fixed_lines.py extract FILE    the same in EBCDIC with packed amounts, as rows_fixed2json.py makes them
"""
import json
import struct
import sys

SIGN = {c: (str(d), "") for d, c in enumerate("{ABCDEFGHI")} | {c: (str(d), "-") for d, c in enumerate("}JKLMNOPQR")}
quoted = json.encoder.encode_basestring


def money(digits, minus):
    digits = digits.lstrip("0").rjust(3, "0")
    return f"{minus if digits != '000' else ''}{digits[:-2]}.{digits[-2:]}"


def text(path):
    with open(path, encoding="ascii") as file:
        for line in file:
            last, minus = SIGN[line[76]]
            yield (f'{{"id":{quoted(line[:9].rstrip())},"name":{quoted(line[9:39].rstrip())},"city":{quoted(line[39:59].rstrip())},'
                   f'"born":"{line[59:63]}-{line[63:65]}-{line[65:67]}","gross":{money(line[67:76] + last, minus)},'
                   f'"hours":{money(line[77:83], "")},"dept":{quoted(line[83:91].rstrip())},"note":{quoted(line[91:120].rstrip())}}}\n')


def extract(path):
    record = struct.Struct(">9s30s20s8s6si8s29s")
    with open(path, "rb") as file:
        while block := file.read(record.size * 1000):
            for ident, name, city, born, gross, hours, dept, note in record.iter_unpack(block):
                ident, name, city, dept, note = (part.decode("cp037").rstrip() for part in (ident, name, city, dept, note))
                born, packed = born.decode("cp037"), gross.hex()
                yield (f'{{"id":{quoted(ident)},"name":{quoted(name)},"city":{quoted(city)},"born":"{born[:4]}-{born[4:6]}-{born[6:]}",'
                       f'"gross":{money(packed[:-1], "-" if packed[-1] in "db" else "")},"hours":{money(str(hours), "")},'
                       f'"dept":{quoted(dept)},"note":{quoted(note)}}}\n')


if __name__ == "__main__":
    sys.stdout.writelines({"text": text, "extract": extract}[sys.argv[1]](sys.argv[2]))
