"""peers: what others' programs the rows are measured against, and how each is had.

Distribution packages come with `scripts/setup --bench`. What only a language's registry has is pinned here and built by
`scripts/bench --peers` into a folder outside the tree. A peer that is not there is left out of a race by name, with the reason.
"""
import dataclasses
import os
import pathlib
import shutil
import subprocess
import sys
import venv

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "tidegate-bench"


class NotHere(Exception):
    """What a figure needs and this machine has not."""


@dataclasses.dataclass(frozen=True)
class Peer:
    program: str
    package: str
    source: str = "debian"  # or cargo, pip
    version: str = ""       # of a registry, always one and the same
    options: tuple = ()     # of cargo install
    says: tuple = ("--version",)

    @property
    def folder(self):
        return CACHE / self.source / f"{self.package}-{self.version}"

    def path(self):
        if self.source == "debian":
            if not shutil.which(self.program):
                raise NotHere(f"there is no {self.program}; scripts/setup --bench installs it")
            return self.program
        if not (self.folder / "bin" / self.program).exists():
            raise NotHere(f"{self.package} {self.version} is not built; scripts/bench --peers does it, where there is {self.source}")
        return str(self.folder / "bin" / self.program)

    def said(self):
        """The version by its own words."""
        run = subprocess.run([self.path(), *self.says], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        return ((run.stdout or run.stderr).splitlines() or ["?"])[0].strip()


PEERS = {
    "sort": Peer("sort", "coreutils"),
    "cat": Peer("cat", "coreutils"),
    "openssl": Peer("openssl", "openssl", says=("version",)),
    "gawk": Peer("gawk", "gawk"),
    "mawk": Peer("mawk", "mawk", says=("-W", "version")),
    "mlr": Peer("mlr", "miller"),
    "duckdb": Peer("duckdb", "duckdb-cli", "pip", "1.5.6"),
    "huniq": Peer("huniq", "huniq", "cargo", "2.7.0"),
    "xan": Peer("xan", "xan", "cargo", "0.61.0"),
    "qsvlite": Peer("qsvlite", "qsv", "cargo", "16.1.0", ("--no-default-features", "--features", "lite", "--bin", "qsvlite")),
}


def commands(peer):
    """What installs it."""
    if peer.source == "cargo":
        return [["cargo", "install", "--locked", "--root", str(peer.folder), *peer.options, f"{peer.package}@{peer.version}"]]
    return [[str(peer.folder / "bin" / "python"), "-m", "pip", "install", "--quiet", f"{peer.package}=={peer.version}"]]


def install(names):
    """All that the registries have, or those named. A peer that cannot be had is said, and is no reason to fail."""
    for name in names or PEERS:
        peer = PEERS.get(name)
        if not peer:
            sys.exit(f"bench: there is no peer {name}; there are {' '.join(PEERS)}")
        if peer.source != "debian" and not (peer.folder / "bin" / peer.program).exists():
            print(f"{name}: {peer.package} {peer.version} by {peer.source}, which can take minutes", flush=True)
            try:
                if peer.source == "pip":
                    venv.create(peer.folder, with_pip=True)
                for command in commands(peer):
                    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=sys.stderr)
            except (OSError, subprocess.CalledProcessError) as error:
                print(f"{name}: not to be had: {error}", flush=True)
                continue
        try:
            print(f"{name}: {peer.said()}", flush=True)
        except NotHere as lack:
            print(f"{name}: {lack}", flush=True)
