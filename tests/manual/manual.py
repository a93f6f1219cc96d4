#!/usr/bin/env python3
"""manual: the pages are well made, their examples run as they say, and they list the options that the programs have.

    tests/manual/manual.py --bin build/tools

In EXAMPLES, a literal display holds a session: a line that begins with `$ ` is run (lines that begin with `> ` go on with it), and
the lines below are what it must print, standard error included. `...` stands for anything: in a line for some text, alone for
some lines. All sessions of a page run one after the other in one bash, in a scratch folder with what samples/ holds. README's
tour is run the same way: a block of sh that a block of text follows prints that text.
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from tap import NotHere, Tap, clean_environment, must  # noqa: E402

MAN = ROOT / "man"
MARK = "\x01"


# -- lint ---------------------------------------------------------------------------------------------------------------------

def lint(page):
    if not shutil.which("mandoc"):
        raise NotHere("there is no mandoc")
    run = subprocess.run(["mandoc", "-T", "lint", page], capture_output=True, text=True)
    # Which pages are installed is a matter of the machine; references are looked at below.
    said = [line for line in run.stdout.splitlines() if "referenced manual not found" not in line]
    must(not said, "\n".join(said))


def references(page):
    for name, section in re.findall(r"^\.Xr (\S+) (\d)", page.read_text(), re.M):
        if name.startswith("tidegate") or (ROOT / "tools" / f"{name}.c").exists():
            must((MAN / f"{name}.{section}").exists(), f"refers to {name}({section}), which is not in man/")


def installed(page):
    must(f"'{page.name}'" in (MAN / "meson.build").read_text(), f"{page.name} is not in man/meson.build")


# -- examples -----------------------------------------------------------------------------------------------------------------

def plain(line):
    """What a literal line of mdoc shows."""
    for written, shown in ((r"\&", ""), (r"\-", "-"), (r"\(dq", '"'), (r"\(aq", "'"), (r"\(ti", "~"), (r"\(ha", "^"), (r"\e", "\\")):
        line = line.replace(written, shown)
    return line


def sessions(page):
    """[(command, [lines expected])] of the page's EXAMPLES."""
    text = page.read_text()
    section = re.search(r"^\.Sh EXAMPLES\n(.*?)(?=^\.Sh |\Z)", text, re.M | re.S)
    found = []
    for display in re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", section.group(1) if section else "", re.M | re.S):
        for line in map(plain, display.splitlines()):
            if line.startswith("$ "):
                found.append([line[2:], []])
            elif line.startswith("> ") and found and not found[-1][1]:
                found[-1][0] += "\n" + line[2:]
            else:
                must(found, f"a display begins with no command: {line}")
                found[-1][1].append(line)
    return found


def matches(got, expected):
    pattern = ""
    for line in expected:
        if line.strip() == "...":
            pattern += r"(?:.*\n)*"
        else:
            pattern += ".*".join(re.escape(part) for part in line.split("...")) + "\n"
    return re.fullmatch(pattern, "".join(line + "\n" for line in got))


def examples(commands, bin_dir):
    if not commands:
        return
    script = "".join(f"{command}\nprintf '{MARK}\\n'\n" for command, _ in commands)
    env = clean_environment()
    with tempfile.TemporaryDirectory(prefix="tidegate-manual-") as scratch:
        shutil.copytree(ROOT / "samples", scratch, dirs_exist_ok=True)
        env.update(PATH=f"{bin_dir}:{env['PATH']}", HOME=scratch)
        # The status of each command is left in $? for the next one, as in a terminal.
        script = script.replace(f"printf '{MARK}\\n'\n", f"_s=$?; printf '{MARK}\\n'; (exit $_s)\n")
        run = subprocess.run(["bash", "-c", script], cwd=scratch, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, start_new_session=True, timeout=60)
    outputs = run.stdout.decode(errors="backslashreplace").split(MARK + "\n")
    for (command, expected), output in zip(commands, outputs):
        got = output.splitlines()
        must(matches(got, expected), f"$ {command}\n-- printed:", *["\n" + line for line in got] or ["nothing"],
             "\n-- the page says:", *["\n" + line for line in expected] or ["nothing"])
    must(len(outputs) == len(commands) + 1, "the session ended early:", outputs[-1])


def tour(readme):
    """The same of README.md."""
    return [(commands.rstrip("\n"), printed.splitlines())
            for commands, printed in re.findall(r"^```sh\n((?:(?!```).*\n)*)```\n\n```text\n((?:(?!```).*\n)*)```$", readme, re.M)]


# -- options ------------------------------------------------------------------------------------------------------------------

def flags(text):
    """The options that a piece of mdoc names: {'contract', 'c', ...}. What stands behind Fl up to the next macro are its names."""
    names = set()
    for line in text.splitlines():
        inside = False
        for word in line.lstrip(".").split():
            if re.fullmatch(r"[A-Z][a-z]", word):
                inside = word == "Fl"
            elif inside and re.fullmatch(r"-?[A-Za-z0-9][A-Za-z0-9-]*", word):
                names.add(word.lstrip("-"))
    return names


def section(text, *names):
    return "\n".join(body for name in names for body in re.findall(rf"^\.Sh {name}\n(.*?)(?=^\.Sh |\Z)", text, re.M | re.S))


def options(name, page, bin_dir):
    """The program's own options stand in SYNOPSIS and as items; the common ones in tidegate(7); nothing else is an item."""
    run = subprocess.run([bin_dir / name, "--describe"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    must(run.returncode == 0, f"--describe ended {run.returncode}: {run.stderr}")
    has = json.loads(run.stdout)
    text = page.read_text()
    common = flags(section((MAN / "tidegate.7").read_text(), "COMMON OPTIONS"))
    synopsis = flags(section(text, "SYNOPSIS"))
    body = section(text, "DESCRIPTION", "OPTIONS")
    listed = flags("\n".join(line for line in body.splitlines() if line.startswith(".It Fl")))
    known = set()
    for option in has["options"]:
        names = {option["name"]} | ({option["short"]} if option.get("short") else set())
        known |= names
        if option["own"]:
            missing = names - listed
            must(not missing, f"--{option['name']} has no item of its own in the page ({', '.join(sorted(missing))})")
            must(names & synopsis, f"--{option['name']} is not in SYNOPSIS")
        else:
            must(names <= common, f"--{option['name']} is not among the COMMON OPTIONS of tidegate(7)")
        if option.get("choices"):
            where = body if option["own"] else section((MAN / "tidegate.7").read_text(), "COMMON OPTIONS")
            for choice in option["choices"]:
                must(re.search(rf"\bCm {re.escape(choice)}\b", where), f"--{option['name']}: the choice {choice} is not said")
        if option.get("variable"):
            where = text + (MAN / "tidegate.7").read_text()
            must(f"TIDEGATE_{option['variable']}" in where, f"TIDEGATE_{option['variable']} is not said")
    must(listed <= known, "the page lists what the program does not have:", ", ".join(sorted(listed - known)))
    must(synopsis <= known, "SYNOPSIS has what the program does not have:", ", ".join(sorted(synopsis - known)))


def helps(name, bin_dir):
    """--help and --version go to stdout and are no failure."""
    for option in ("--help", "--version"):
        run = subprocess.run([bin_dir / name, option], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        must(run.returncode == 0 and run.stdout and not run.stderr, f"{option}: status {run.returncode}, {run.stderr}")
    must(re.match(rf"{name} \(tidegate\) \d+\.\d+\.\d+\n", run.stdout), f"--version says {run.stdout.splitlines()[0]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, type=pathlib.Path)
    bin_dir = parser.parse_args().bin.resolve()
    tap = Tap()
    pages = sorted(p for p in MAN.iterdir() if re.fullmatch(r"\.[1-9]", p.suffix))
    tap.check(pages, "there are pages")
    for page in pages:
        with tap.case(f"{page.name} is clean"):
            lint(page)
        with tap.case(f"{page.name} refers to what is there, and is installed"):
            references(page)
            installed(page)
        with tap.case(f"{page.name}: its examples run"):
            examples(sessions(page), bin_dir)
    readme = (ROOT / "README.md").read_text()
    with tap.case("README.md: the tour runs"):
        must(tour(readme), "there is none")
        examples(tour(readme), bin_dir)
    with tap.case("README.md: its Python is Python"):
        for code in re.findall(r"^```python\n(.*?)^```$", readme, re.M | re.S):
            compile(code, "README.md", "exec")
    for page in (p for p in pages if p.suffix == ".1"):
        with tap.case(f"{page.stem}: options and page agree"):
            options(page.stem, page, bin_dir)
        with tap.case(f"{page.stem}: --help and --version"):
            helps(page.stem, bin_dir)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
