#!/usr/bin/env python3
"""libraries: a library that is not there stops the runs that need it, with a message that names its package, and no others."""
import gzip
import pathlib
import re
import sys
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import ROOT, NotHere, Scratch, Tap, arguments, must, slow_build  # noqa: E402

LAND = ("--zone", "zone", "--source", "acme", "--entity", "orders", "--upstream", "any")
RECORD = b'{"id":"a","host":"xn--bcher-kva.example"}\n'


def contract(**more):
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", **more}


# package, file, program, its arguments, standard input; those of the second table are linked in a build with sanitizers.
OPTIONAL = [
    ("libzstd1", "libzstd.so.1", "landing-write", (*LAND, "--compress", "zstd"), RECORD),
    ("libmagic1", "libmagic.so.1", "landing-write", (*LAND, "--accept", "text/*,application/*"), RECORD),
    ("libpq5", "libpq.so.5", "dedupe", ("--contract", "key.json", "--state", "postgresql://nowhere.example/db"), RECORD),
    ("libutf8proc2", "libutf8proc.so.2", "dedupe", ("--contract", "folded.json", "--state", "memory:"), RECORD),
    ("libidn2-0", "libidn2.so.0", "validate", ("--contract", "idn.json"), RECORD),
    ("libssl3", "libcrypto.so.3", "hmac-verify", ("--scheme", "discord", "--secret", "file:key", "--state", "memory:"), b""),
]
NEEDED = [
    ("libsqlite3-0", "libsqlite3.so.0", "dedupe", ("--contract", "key.json", "--state", "keys.db"), RECORD),
    ("libpcre2-8-0", "libpcre2-8.so.0", "validate", ("--contract", "pattern.json"), RECORD),
    ("libcsv3", "libcsv.so.3", "csv2json", ("--engine", "libcsv"), b"a,b\n1,2\n"),
    ("zlib1g", "libz.so.1", "csv2json", (), gzip.compress(b"a,b\n1,2\n")),
    ("libarchive13", "libarchive.so.13", "archive-open", ("one.zip",), b""),
    ("libgpgme11", "libgpgme.so.11", "pgp-open", ("--keys", "keys"), b"\x85\x01\x0c"),
    ("libmd0", "libmd.so.0", "landing-write", LAND, RECORD),
]
# These do their work without: by other code, or with less of a check.
WITHOUT = [
    ("libcrypto.so.3", "landing-write", LAND, RECORD * 100000),
    ("libidn2.so.0", "validate", ("--contract", "host.json"), RECORD),
]


def main():
    options = arguments(__doc__)
    tap = Tap()
    shim = options.bin.parent / "tests" / "missing.so"
    with Scratch(options.bin) as scratch:
        scratch.write("key.json", contract(**{"x-key": ["/id"]}))
        scratch.write("folded.json", contract(**{"x-key": ["/id"], "properties": {"id": {"type": "string", "x-normalize": ["fold"]}}}))
        scratch.write("idn.json", contract(properties={"host": {"format": "idn-hostname"}}))
        scratch.write("host.json", contract(properties={"host": {"format": "hostname"}}))
        scratch.write("pattern.json", contract(properties={"id": {"pattern": "^(?=a)"}}))
        scratch.write("key", b"a1" * 32).chmod(0o600)
        (scratch.path / "keys").mkdir()
        with zipfile.ZipFile(scratch.path / "one.zip", "w") as made:
            made.writestr("one.csv", "a,b\n")

        def run(library, program, words, data):
            if not shim.exists():
                raise NotHere(f"{shim.name}: build it")
            return scratch.run(program, *words, stdin=data, rejects=None,
                               variables={"LD_PRELOAD": str(shim), "MISSING": library, "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"})

        for package, library, program, words, data in OPTIONAL + NEEDED:
            with tap.case(f"{program} without {library}"):
                if slow_build(options) and (package, library, program, words, data) in NEEDED:
                    raise NotHere("linked in a build with sanitizers")
                if not (options.bin / program).exists():
                    raise NotHere(f"no {program} in this build")
                result = run(library, program, words, data)
                must(result.exit == 69, "ended", result.exit, result.err)
                must(re.search(rf"needs .*\(Debian's package is {re.escape(package)}\)$", result.err.strip()), "says", result.err)
                must(len(result.err.splitlines()) == 1, "more than a line:", result.err)
        for library, program, words, data in WITHOUT:
            with tap.case(f"{program} works without {library}"):
                result = run(library, program, words, data)
                must(result.exit == 0 and not result.err, "ended", result.exit, result.err)
    with tap.case("README.md names the packages"):
        text = (ROOT / "README.md").read_text()
        named = {name for path in (ROOT / "common").glob("*/*.[ch]")
                 for name in re.findall(r'(?:\.package = |define \w+_PACKAGE )"([^"]+)"', path.read_text())}
        must(named == {row[0] for row in OPTIONAL + NEEDED}, "tried are others than those of common/:", named)
        must(not [name for name in named if f"`{name}`" not in text], "not in it:", *[name for name in named if f"`{name}`" not in text])
    sys.exit(tap.end())


if __name__ == "__main__":
    main()
