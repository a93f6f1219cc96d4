#!/usr/bin/env python3
"""arrows: rooms and arrows, as design.md draws them, held against the #include lines.

An arrow points down only:

    tools -> subject rooms -> run -> state, io, value -> json, digest, time, encoding -> base

A room may include its own headers and those of any room below. The one arrow between subject rooms goes to contract: every
program takes the contract, so every subject room may ask it. A header that says "Inside ROOM/" (or "inside common/ROOM:") in
its first comment belongs to that room alone. Tests may include anything.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from tap import Tap  # noqa: E402

LAYERS = [["base"], ["json", "digest", "time", "encoding"], ["state", "io", "value"], ["run"]]  # a room that is not listed is a subject room
SUBJECT, TOOLS = len(LAYERS), len(LAYERS) + 1
FOR_ALL_SUBJECTS = {"contract"}
SIDEWAYS = {  # (from, to) inside one layer; each one with its reason
    ("fixed", "schema"),  # records that only fill a file up are named by a pattern, which means what one in the contract means (schema/pattern.h)
    ("state", "io"),  # a wait for a database ends at a signal (io/interrupt.h)
    ("sniff", "csv"),  # a draft is tried with the reader that will read by it; nothing in csv knows of it
    ("compat", "schema"),  # two compiled schemas are what compat compares; nothing in schema knows of it
}

# (who, which header): what is inside a room and yet used from outside, with the reason that its header gives.
INSIDE_USED = {
    ("tools/csv-sniff.c", "common/run/program.h"),  # no records: the start of a file in, a contract out, and a main of its own
    ("tools/landing-prune.c", "common/run/program.h"),  # it changes a zone, and has a main of its own
    ("tools/landing-read.c", "common/run/program.h"),  # it reads a zone, and has a main of its own
    ("tools/landing-verify.c", "common/run/program.h"),  # it reads a zone, and has a main of its own
    ("tools/pgp-seal.c", "common/run/program.h"),  # bytes in, bytes out, and a main of its own
    ("tools/schema-compat.c", "common/run/program.h"),  # contracts in, a report out: none of the three shapes
    ("tools/schema-compat.c", "common/run/runner.h"),  # the validator's words about a witness go through a tg_work
    ("tools/stage.c", "common/run/program.h"),  # stage is none of the three shapes
    ("common/compat/form.h", "common/schema/program.h"),  # formulas are read from the compiled form, which is one for all drafts
    ("common/compat/text.h", "common/schema/nfa.h"),  # automata of patterns, walked through together
    ("common/compat/walk.c", "common/schema/parse.h"),  # and made, for pairs of patterns that validate runs otherwise
}

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def layer(room):
    return next((at for at, rooms in enumerate(LAYERS) if room in rooms), SUBJECT)


def room_of(path):
    parts = path.parts
    return parts[1] if parts[0] == "common" and len(parts) == 3 else None


def inside(header):
    comment = re.match(r"\s*/\*.*?\*/", header, re.S)
    found = comment and re.search(r"\b[Ii]nside (?:common/)?(\w+)[/:]", comment.group())
    return found and found.group(1)


def faults(path):
    """What is wrong with the includes of one file."""
    here, text = room_of(path), (ROOT / path).read_text()
    for name in INCLUDE.findall(text):
        target = pathlib.PurePosixPath(name)
        there = room_of(target)
        if not there:
            yield f"{name}: an include names its file from the top, common/ROOM/NAME.h"
            continue
        if not (ROOT / name).exists():
            yield f"{name}: is not there"
            continue
        owner = inside((ROOT / name).read_text())
        if owner and owner != here and (str(path), name) not in INSIDE_USED:
            yield f"{name}: is inside {owner}/"
        if here is None or here == there:
            continue
        mine, its = layer(here), layer(there)
        if mine == its == SUBJECT and there in FOR_ALL_SUBJECTS:
            continue
        if mine == its and (here, there) not in SIDEWAYS:
            yield f"{name}: {here} and {there} stand side by side; neither may know the other"
        elif mine < its:
            yield f"{name}: {here} calls upward"


def cycles(path):
    """contract may be used by all subjects, so it must itself use none."""
    if room_of(path) not in FOR_ALL_SUBJECTS:
        return
    for name in INCLUDE.findall((ROOT / path).read_text()):
        there = room_of(pathlib.PurePosixPath(name))
        if there and there != room_of(path) and layer(there) == SUBJECT:
            yield f"{name}: {room_of(path)} is used by all subject rooms and may use none"


def mapped():
    """The map in README.md: (room, its floor by where it is drawn, the header to begin with)."""
    drawn = re.findall(r"^ {6}( *)(\w+)/ +(\w+\.h) ", (ROOT / "README.md").read_text(), re.M)
    floors = sorted({len(indent) for indent, _, _ in drawn}, reverse=True)
    return [(room, floors.index(len(indent)), header) for indent, room, header in drawn]


def map_faults(rooms):
    drawn = {room: floor for room, floor, _ in mapped()}
    floor = {room: layer(room) + (layer(room) == SUBJECT and room not in FOR_ALL_SUBJECTS) for room in rooms}
    yield from (f"{room}: not on the map" for room in sorted(rooms - drawn.keys()))
    yield from (f"{room}: on the map, and there is none" for room in sorted(drawn.keys() - rooms))
    yield from (f"{room}: drawn on floor {drawn[room]}, is on {floor[room]}" for room in sorted(rooms & drawn.keys()) if drawn[room] != floor[room])
    yield from (f"{room}/{header}: is not there" for room, _, header in mapped() if not (ROOT / "common" / room / header).exists())


def main():
    tap = Tap()
    files = sorted(p.relative_to(ROOT) for top in ("common", "tools") for p in (ROOT / top).rglob("*.[ch]"))
    tap.check(files, "there are sources")
    rooms = {}
    for path in files:
        found = list(faults(path)) + list(cycles(path))
        rooms.setdefault(room_of(path) or "tools", []).extend(f"{path} includes {fault}" for fault in found)
    for room, found in sorted(rooms.items()):
        tap.check(not found, f"arrows of {room} point down", "\n".join(found))
    wrong = list(map_faults(rooms.keys() - {"tools"}))
    tap.check(not wrong, "README.md's map of rooms is right", "\n".join(wrong))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
