#!/usr/bin/env python3
"""arm64: the unit tests of what has variants for NEON, compiled for arm64 and run by an emulator.

    scripts/setup --arm64 && scripts/test arm64

That neon says what scalar says is part of these tests, as it is of the levels of x86-64: every pair of bytes in the check for UTF-8, the
spans of JSON and the rows and records of CSV, of made-up texts (fewer than elsewhere) and of what the fuzzers found.
"""
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import NotHere, ROOT, Tap, clean_environment, must  # noqa: E402

COMPILER, EMULATOR = "aarch64-linux-gnu-gcc", "qemu-aarch64-static"
ROOMS = ["base", "json", "digest", "time", "encoding", "value", "io", "run", "contract", "csv", "fixed", "rules"]
LIBRARIES = ["libjansson.so.4", "libmd.so.0", "libz.so.1", "libpcre2-8.so.0"]
CHECKS = ["json_check", "csv_check", "fixed_check"]
TESTS = [["base"], ["utf8"], ["json"], ["json_diff", "10000"], ["csv"], ["csv_write"], ["fixed"], ["digest"]]
SHARE = 50  # of so many made-up inputs one is tried
FLAGS = ["-std=gnu17", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-D_GNU_SOURCE", '-DTG_VERSION="0"', f"-I{ROOT}"]
# Headers of libraries are those of this machine, behind the compiler's own: they are the same, or of a machine as wide.
FLAGS += ["-idirafter", "/usr/include", "-idirafter", "/usr/include/x86_64-linux-gnu"]


def call(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    must(done.returncode == 0, *words[-3:], "\n", done.stderr[-3000:])


def compile_all(folder):
    sources = [path for room in ROOMS for path in sorted((ROOT / "common" / room).glob("*.c")) if path.name != "main.c"]
    sources += [ROOT / "tests" / "fuzz" / f"{name}.c" for name in CHECKS]

    def one(source):
        target = folder / ("-".join(source.relative_to(ROOT).parts) + ".o")
        call(COMPILER, *FLAGS, "-c", "-o", target, source)
        return target

    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        objects = list(pool.map(one, sources))
    call("aarch64-linux-gnu-ar", "rcs", folder / "all.a", *objects)


def link(folder, root, name):
    source = ROOT / "tests" / "unit" / f"test_{name}.c"
    tap = [] if "int main(" in source.read_text() else [source.with_name("tap.c")]
    libraries = [next(root.rglob(library)) for library in LIBRARIES]
    call(COMPILER, *FLAGS, "-o", folder / name, source, *tap, folder / "all.a", *libraries, "-Wl,--allow-shlib-undefined")


def main():
    tap = Tap()
    where = pathlib.Path(subprocess.check_output([pathlib.Path(__file__).with_name("install"), "--where"], text=True).strip())
    missing = [tool for tool in (COMPILER, EMULATOR) if not shutil.which(tool)]
    missing += [] if (where / "complete").exists() else ["its C library"]
    if missing:
        tap.skip("arm64", f"not here: {', '.join(missing)}; scripts/setup --arm64 installs it")
        return tap.end()
    with tempfile.TemporaryDirectory(prefix="tidegate-arm64-") as name:
        folder = pathlib.Path(name)
        with tap.case("all compiles without a warning"):
            compile_all(folder)
        environment = {**clean_environment(), "TIDEGATE_SOURCE": str(ROOT), "TIDEGATE_SHARE": str(SHARE)}
        for test, *words in TESTS if not tap.failed else []:
            with tap.case(f"{test}, emulated"):
                link(folder, where / "root", test)
                done = subprocess.run([EMULATOR, "-L", where / "root", folder / test, *words], env=environment, capture_output=True, text=True)
                wrong = [line for line in done.stdout.splitlines() if not line.startswith("ok ")]
                must(done.returncode == 0 and wrong and wrong[-1].startswith("1.."), test, "ended", done.returncode, "\n".join(wrong[-40:]), done.stderr[-2000:])
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
