"""peers: what others' programs the rows are measured against, and how each is had.

Distribution packages come with `scripts/setup --bench`. What only a language's registry has is pinned here and built by
`scripts/bench --peers` into a folder outside the tree. A peer that is not there is left out of a race by name, with the reason.
zsv and simdjson are missing: no registry has them as programs: npm has a parser of zsv in WebAssembly, without the commands. yyjson
comes as source inside of a Python package, and gets a main of ours.
"""
import dataclasses
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv

HERE = pathlib.Path(__file__).resolve().parent
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "tidegate-bench"


class NotHere(Exception):
    """What a figure needs and this machine has not."""


@dataclasses.dataclass(frozen=True)
class Peer:
    program: str
    package: str
    source: str = "debian"  # or cargo, pip, npm, sdist (C source in a package of pip's), none
    version: str = ""       # of a registry, always one and the same
    options: tuple = ()     # of cargo install; packages beside it, of npm
    says: tuple = ("--version",)
    script: str = ""        # beside this file: what the program runs, where the peer is a library

    @property
    def folder(self):
        return CACHE / self.source / f"{self.package}-{self.version}"

    @property
    def file(self):
        """What is there when it has been built."""
        if self.source == "npm":
            return self.folder / "node_modules" / self.package / "package.json"
        return self.folder / "bin" / self.program

    def command(self):
        """How its command line begins; NotHere when it cannot be had."""
        if self.source in ("debian", "none"):
            if not shutil.which(self.program):
                lack = "scripts/setup --bench installs it" if self.source == "debian" else "no registry has it as a program"
                raise NotHere(f"there is no {self.program}; {lack}")
            return [self.program]
        if not self.file.exists():
            raise NotHere(f"{self.package} {self.version} is not built; scripts/bench --peers does it, where there is {self.source}")
        script = [str(HERE / self.script)] if self.script else []
        if self.source == "npm":
            return [self.program, *script, str(self.folder / "node_modules")]
        return [str(self.file), *script]

    def said(self):
        """The version by its own words; of a library, the one that was asked for."""
        run = subprocess.run([self.command()[0], *self.says], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        words = ((run.stdout or run.stderr).splitlines() or ["?"])[0].strip()
        if self.source == "sdist":
            return f"{self.package} {self.version}"
        return f"{self.package} {self.version}, {words}" if self.script else words


PEERS = {
    "sort": Peer("sort", "coreutils"),
    "cat": Peer("cat", "coreutils"),
    "openssl": Peer("openssl", "openssl", says=("version",)),
    "gawk": Peer("gawk", "gawk"),
    "mawk": Peer("mawk", "mawk", says=("-W", "version")),
    "mlr": Peer("mlr", "miller"),
    "jq": Peer("jq", "jq"),
    "csvjson": Peer("csvjson", "csvkit"),
    "gpg": Peer("gpg", "gpg"),
    "sq": Peer("sq", "sq"),
    "rnp": Peer("rnp", "rnp"),
    "zsv": Peer("zsv", "zsv", "none", says=("version",)),
    "yyjson": Peer("bench_yyjson", "yyjson", "sdist", "4.0.6"),
    "unzip": Peer("unzip", "unzip", says=("-v",)),
    "bsdtar": Peer("bsdtar", "libarchive-tools"),
    "gzip": Peer("gzip", "gzip"),
    "duckdb": Peer("duckdb", "duckdb-cli", "pip", "1.5.6"),
    "huniq": Peer("huniq", "huniq", "cargo", "2.7.0"),
    "xan": Peer("xan", "xan", "cargo", "0.61.0"),
    # 9.1 and 16.1 do not build as the registry has them: they want a library that is only in its own repository.
    "qsvlite": Peer("qsvlite", "qsv", "cargo", "4.0.0", ("--no-default-features", "--features", "lite", "--bin", "qsvlite")),
    "pandas": Peer("python", "pandas", "pip", "3.1.1", script="csv_lines.py"),
    "pyarrow": Peer("python", "pyarrow", "pip", "26.0.1", script="csv_lines.py"),
    "polars": Peer("python", "polars", "pip", "2.1.0", script="csv_lines.py"),
    "ajv": Peer("node", "ajv", "npm", "8.20.0", ("ajv-formats@3.0.1",), script="ajv_lines.js"),
    "blaze": Peer("jsonschema", "sourcemeta-jsonschema", "pip", "17.3.0", says=("version",)),
    "boon": Peer("boon", "boon-cli", "cargo", "0.6.2"),
    "jsonschema_cli": Peer("jsonschema-cli", "jsonschema-cli", "cargo", "0.60.2"),
    "fastjsonschema": Peer("python", "fastjsonschema", "pip", "2.22.3", script="fastjsonschema_lines.py"),
    "jsonschema_rs": Peer("python", "jsonschema-rs", "pip", "0.61.0", script="jsonschema_rs_lines.py"),
}


def build_source(peer):
    """The C files of the package, compiled as fast as they go, with the main beside this file."""
    with tempfile.TemporaryDirectory() as scratch:
        venv.create(f"{scratch}/venv", with_pip=True)  # the system's Python may have no pip
        subprocess.run([f"{scratch}/venv/bin/python", "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest", scratch,
                        f"{peer.package}=={peer.version}"], check=True, stdin=subprocess.DEVNULL, stdout=sys.stderr)
        with tarfile.open(pathlib.Path(scratch, f"{peer.package}-{peer.version}.tar.gz")) as archive:
            archive.extractall(scratch)
        source = pathlib.Path(scratch, f"{peer.package}-{peer.version}", peer.package)
        peer.file.parent.mkdir(parents=True)
        subprocess.run(["cc", "-O3", "-DNDEBUG", f"-I{source}", "-o", peer.file, HERE / f"{peer.program}.c", source / f"{peer.package}.c"], check=True)


def build(peer):
    if peer.source == "sdist":
        return build_source(peer)
    wanted = f"{peer.package}=={peer.version}" if peer.source == "pip" else f"{peer.package}@{peer.version}"
    if peer.source == "pip":
        venv.create(peer.folder, with_pip=True)
    command = {"cargo": ["cargo", "install", "--locked", "--root", peer.folder, *peer.options, wanted],
               "npm": ["npm", "install", "--silent", "--prefix", peer.folder, wanted, *peer.options],
               "pip": [peer.folder / "bin" / "python", "-m", "pip", "install", "--quiet", wanted]}[peer.source]
    return subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=sys.stderr)


def install(names):
    """All that the registries have, or those named. A peer that cannot be had is said, and is no reason to fail."""
    for name in names or PEERS:
        peer = PEERS.get(name)
        if not peer:
            sys.exit(f"bench: there is no peer {name}; there are {' '.join(PEERS)}")
        if peer.source not in ("debian", "none") and not peer.file.exists():
            print(f"{name}: {peer.package} {peer.version} by {peer.source}, which can take minutes", flush=True)
            try:
                build(peer)
            except (OSError, subprocess.CalledProcessError) as error:
                shutil.rmtree(peer.folder, ignore_errors=True)
                print(f"{name}: not to be had: {error}", flush=True)
                continue
        try:
            print(f"{name}: {peer.said()}", flush=True)
        except NotHere as lack:
            print(f"{name}: {lack}", flush=True)
