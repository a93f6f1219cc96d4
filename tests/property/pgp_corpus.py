#!/usr/bin/env python3
"""pgp_corpus: pgp-open answers the corpus of ../shared/conformance/pgp as its tables say.

The corpus is made afresh: keys and messages differ from run to run, the answers do not. Each refusal is run again with every public
key at hand, for a key at hand is no pin. After each run nothing is left: no key home, no spool, no agent, no gpg.
"""
import csv
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import ROOT, NotHere, Scratch, Tap, arguments, must  # noqa: E402

MAKE = ROOT / "../shared/conformance/pgp/make.sh"
LIMIT = {"bomb.pgp": "100MB"}


def table(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def processes(of):
    """Those whose command line or environment names the folder."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and str(of) in (entry / "cmdline").read_bytes().decode(errors="replace"):
                found.append(entry.name)
        except OSError:
            pass
    return found


class Corpus:
    def __init__(self, options):
        if not MAKE.exists():
            raise NotHere("../shared is not there")
        for program in ("gpg", "gpgconf"):
            if not shutil.which(program):
                raise NotHere(f"there is no {program}")
        if not (options.bin / "pgp-open").exists():
            raise NotHere("pgp-open is not built: GPGME is missing")
        self.folder = tempfile.TemporaryDirectory(prefix="tg-pgp-", dir="/tmp")
        self.path = pathlib.Path(self.folder.name) / "corpus"
        self.tmp = pathlib.Path(self.folder.name) / "tmp"
        self.tmp.mkdir()
        made = subprocess.run(["sh", MAKE, self.path], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              text=True, env={**os.environ, "TMPDIR": self.folder.name})
        must(made.returncode == 0, "the corpus cannot be made:", made.stderr)
        for secret in [*self.path.glob("*.sec.asc"), *self.path.glob("*.passphrase")]:
            secret.chmod(0o600)
        self.fingerprints = dict(line.split("\t") for line in (self.path / "fingerprints.tsv").read_text().splitlines())
        self.plain = (self.path / "plain.csv").read_bytes()
        self.scratch = Scratch(options.bin)

    def close(self):
        self.scratch.folder.cleanup()
        self.folder.cleanup()

    def pins(self, names, everybody=False):
        words = []
        files = {f"{name.split('/')[0]}.pub.asc" for name in names}
        if everybody:
            files |= {path.name for path in self.path.glob("*.pub.asc")}
        for name in sorted(files):
            words += ["--keys", self.path / name]
        for name in names:
            words += ["--signer", self.fingerprints[name]]
        return words

    def run(self, *args, stdin=b""):
        result = self.scratch.run("pgp-open", *args, stdin=stdin, rejects=None, variables={"TMPDIR": str(self.tmp)})
        left = list(self.tmp.iterdir())
        must(not left, "left behind:", left)
        alive = processes(self.tmp)
        must(not alive, "still there:", alive)
        return result

    def check(self, result, output, exits):
        wanted = {"plain": self.plain, "empty": b"", "-": b""}
        must(result.exit in [int(code) for code in exits.split("|")], f"exit {result.exit}, expected {exits}:", result.err)
        if "|" in output:
            output = "plain" if result.exit == 0 else "-"
        must(result.out == wanted[output], f"{len(result.out)} bytes came out, expected {output}")
        if result.exit:
            must(result.err.count("\n") == 1, "the refusal is not one line:", result.err)
            must("\x1b" not in result.err, "an escape on stderr")
        else:
            must(not result.err, "all went well, and yet on stderr:", result.err)

    def message(self, row, everybody=False, through_pipe=False):
        args = ["--secret-key", self.path / f"{row['secret']}.sec.asc", *self.pins(row["pin"].split(","), everybody)]
        passphrase = self.path / f"{row['secret']}.passphrase"
        if passphrase.exists():
            args += ["--passphrase", f"file:{passphrase}"]
        if row["file"] in LIMIT:
            args += ["--max-output", LIMIT[row["file"]]]
        file = self.path / row["file"]
        if through_pipe:
            result = self.run(*args, stdin=file.read_bytes())
        else:
            result = self.run(*args, file)
        self.check(result, row["output"], row["exit"])
        if result.exit == 0:
            meta = result.counts["meta"]
            known = {self.fingerprints[name.split("/")[0]] for name in row["pin"].split(",")}
            must(meta.get("pgp_fingerprint") in known, "pgp_fingerprint is", meta.get("pgp_fingerprint"))
            must(meta.get("signed_at", "").startswith("2025-06-01T12:"), "signed_at is", meta.get("signed_at"))
            if not through_pipe:
                must(meta["name"] == row["file"].rsplit(".", 1)[0], "name is", meta["name"])
        return result

    def detached(self, row, everybody=False):
        args = [*self.pins(row["pin"].split(","), everybody), "--signature", self.path / row["signature"], self.path / row["data"]]
        self.check(self.run(*args), "plain" if row["exit"] == "0" else "-", row["exit"])


def main():
    tap = Tap()
    options = arguments(__doc__)
    try:
        corpus = Corpus(options)
    except NotHere as lack:
        tap.skip("the PGP corpus", lack)
        return tap.end()
    try:
        for row in table(corpus.path / "verdicts.tsv"):
            name = f"{row['file']}, pinned {row['pin']}: {row['why']}"
            with tap.case(name):
                corpus.message(row)
            if row["exit"] == "0":
                with tap.case(f"{name}, through a pipe"):
                    corpus.message(row, through_pipe=True)
            else:
                with tap.case(f"{name}, with every public key at hand"):
                    corpus.message(row, everybody=True)
        for row in table(corpus.path / "verdicts-detached.tsv"):
            name = f"{row['data']} by {row['signature']}: {row['why']}"
            with tap.case(name):
                corpus.detached(row)
            if row["exit"] != "0":
                with tap.case(f"{name}, with every public key at hand"):
                    corpus.detached(row, everybody=True)
    finally:
        corpus.close()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
