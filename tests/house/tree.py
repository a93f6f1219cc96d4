#!/usr/bin/env python3
"""tree: each file has its parts, each program its page and its tests, and nothing in the tree knows the machine it was made on."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from tap import Tap  # noqa: E402

# Programs without case folders, and where they are tested instead.
NO_CASES = {
    "stage": "tests/pipeline",  # it is what stands before and behind it that counts
}

# Golden inputs hold what partners send, also paths.
DATA = ("tests/cases/csv-sniff/", "tests/cases/csv2json/", "tests/cases/fixed2json/", "samples/acme_payroll.ach", "tests/cases/json2csv/", "tests/cases/hmac-verify/", "tests/cases/validate/", "tests/cases/landing-write/", "tests/cases/name-check/", "tests/cases/pgp-open/", "tests/cases/replay/", "tests/cases/archive-open/", "tests/cases/schema-compat/", "tests/corpus/", "tests/conformance/")

# Spelt so that this file does not find itself.
MACHINE = re.compile("|".join((r"(?<![\w.-])/wor[k]/", r"(?<![\w.-])/roo[t]/", r"(?<![\w.-])/hom[e]/\w", r"bash_job[s]", r"/tmp/[b]-")))
HOSTS = re.compile("|".join((r"deb\.debia[n]\.org", r"pypi\.or[g]", r"npmj[s]\.", r"proxy\.golan[g]", r"crates\.i[o]")))

LIMIT = 900  # lines; a longer file wants splitting by subject


def tracked():
    """The files that belong to the tree: git's, or all but build folders where there is no git."""
    git = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"], capture_output=True)
    if git.returncode == 0:
        paths = [pathlib.Path(name) for name in git.stdout.decode().split("\0") if name]
    else:
        paths = [p.relative_to(ROOT) for p in ROOT.rglob("*") if not p.parts[len(ROOT.parts)].startswith((".git", "build"))]
    return sorted(p for p in paths if (ROOT / p).is_file() and not (ROOT / p).is_symlink())


def first_comment(text):
    found = re.match(r"\s*/\*(.*?)\*/", text, re.S)
    return found and found.group(1)


def header_faults(path, text):
    comment = first_comment(text)
    if not comment or not re.search(r"\w+: \S", comment):
        yield "does not begin by saying what it is for"
    if comment and re.search(r"\binside \w+\.c, which includes this", comment):
        return  # a piece of a source, not a header
    guard = re.search(r"#ifndef (\w+)\n#define \1\n", text)
    want = "TG_" + "_".join(path.with_suffix("").parts[1:]).upper() + "_H"
    if not guard or guard.group(1) != want and path.parts[0] == "common":
        yield f"has no guard {want}"
    if not text.rstrip().endswith("#endif"):
        yield "has something behind its guard"


def built(room):
    build = ROOT / room / "meson.build"
    return build.read_text() if build.exists() else ""


def source_faults(path, text):
    if path.parts[0] == "tools" and not re.match(rf"/\*\n \* {path.stem}: .*?\n \*\n \*\t.*\b{path.stem}\b", text, re.S):
        yield "does not begin with what it does and a command line"
    if path.parts[0] == "common" and path.name not in built(path.parent) and path.name != "main.c":
        yield f"is not in {path.parent}/meson.build"
    for what, pattern in (("ctype.h", r"#include <ctype\.h>"), ("a locale's numbers", r"\bLC_(ALL|NUMERIC)\b")):
        if path.parts[0] in ("common", "tools") and re.search(pattern, text):
            yield f"uses {what}"


def script_faults(path, text):
    if text.startswith("#!") and not (ROOT / path).stat().st_mode & 0o111:
        yield "has a first line for the kernel and may not be run"
    body = re.sub(r"^#!.*\n", "", text)
    if not re.match(r'(#|""")\s?\S', body):
        yield "does not begin by saying what it is for"


def page_faults(path, text):
    for macro in (".Dd ", f".Dt {path.stem.upper()} {path.suffix[1:]}", ".Os", ".Sh NAME", f".Nm {path.stem}", ".Sh DESCRIPTION"):
        if macro not in text:
            yield f"has no {macro}"
    if path.suffix == ".1" and ".Sh EXAMPLES" not in text:
        yield "has no EXAMPLES"


def faults(path, text):
    top, kind = path.parts[0], path.suffix
    if kind in (".c", ".h") and top in ("common", "tools", "tests"):
        yield from (header_faults if kind == ".h" else source_faults)(path, text)
        if top != "tests" and text.count("\n") > LIMIT:
            yield f"has {text.count(chr(10))} lines: split it by subject"
    elif kind == ".py" or top in ("scripts", ".ci"):
        yield from script_faults(path, text)
    elif top == "man" and re.fullmatch(r"\.[1-9]", kind):
        yield from page_faults(path, text)
    if text and not text.endswith("\n"):
        yield "has no last line feed"
    if re.search(r"[ \t]+$", text, re.M) and kind != ".md":
        yield "has blanks at a line's end"
    if MACHINE.search(text):
        yield f"knows a path of a machine: {MACHINE.search(text).group()}"
    if HOSTS.search(text):
        yield f"names a host: {HOSTS.search(text).group()}"


def programs():
    return sorted(p.stem for p in (ROOT / "tools").glob("*.c"))


def main():
    tap = Tap()
    found, count = [], 0
    for path in tracked():
        if str(path).startswith(DATA):
            continue
        try:
            text = (ROOT / path).read_text()
        except UnicodeDecodeError:
            found.append(f"{path} is not UTF-8")
            continue
        count += 1
        found += [f"{path} {fault}" for fault in faults(path, text)]
    tap.check(count and not found, f"each of {count} files has its parts", "\n".join(found))

    for name in programs():
        lacks = []
        if not (ROOT / "man" / f"{name}.1").exists():
            lacks.append(f"man/{name}.1")
        if name not in NO_CASES and not (ROOT / "tests" / "cases" / name).is_dir():
            lacks.append(f"tests/cases/{name}/")
        if name in NO_CASES and not (ROOT / NO_CASES[name]).is_dir():
            lacks.append(NO_CASES[name])
        if f"'{name}'" not in (ROOT / "tools" / "meson.build").read_text():
            lacks.append("its line in tools/meson.build")
        tap.check(not lacks, f"{name} has its page, its tests and its line in the build", "missing: " + ", ".join(lacks))

    for room in sorted(p.name for p in (ROOT / "common").iterdir() if p.is_dir()):
        headers = list((ROOT / "common" / room).glob("*.h"))
        unit = (ROOT / "tests" / "unit" / f"test_{room}.c").exists()
        tap.check(headers and unit, f"room {room} has a header and tests/unit/test_{room}.c")
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
