#!/usr/bin/env python3
"""pgp_corpus: pgp-open answers the corpus of ../shared/conformance/pgp as its tables say.

The corpus is made afresh: keys and messages differ from run to run, the answers do not. Each refusal is run again with every public
key at hand, for a key at hand is no pin. After each run nothing is left: no key home, no spool, no agent, no gpg.
"""
import csv
import fcntl
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import pgp_kit  # noqa: E402
import pgp_mutants  # noqa: E402
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
        self.make()
        for secret in [*self.path.glob("*.sec.asc"), *self.path.glob("*.passphrase")]:
            secret.chmod(0o600)
        self.fingerprints = dict(line.split("\t") for line in (self.path / "fingerprints.tsv").read_text().splitlines())
        self.plain = (self.path / "plain.csv").read_bytes()
        self.scratch = Scratch(options.bin)

    def make(self):
        """Its keys take ten seconds; in one run of scripts/test they are made once, for all builds."""
        shared = os.environ.get("TESTS_SHARED")
        kept = pathlib.Path(shared, "pgp-corpus") if shared else self.path
        with open(f"{kept}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not kept.exists():
                new = kept.with_name(kept.name + ".new")
                for left in (2, 1, 0):
                    shutil.rmtree(new, ignore_errors=True)
                    made = subprocess.run(["sh", MAKE, new], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                          text=True, env={**os.environ, "TMPDIR": self.folder.name})
                    # Each gpg begins with the same faked second: one that is a second late has made a key of the next one's future.
                    if made.returncode == 0 or not left or "Time conflict" not in made.stderr:
                        break
                must(made.returncode == 0, "the corpus cannot be made:", made.stderr)
                new.rename(kept)
        if kept != self.path:
            shutil.copytree(kept, self.path)

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


OURS = ("--secret-key", "receiver.sec.asc")


def options_of(c):
    """What the options change, and what stands in the run log: (name, function)."""
    def run(*words, stdin=b"", **how):
        paths = [c.path / word if (c.path / str(word)).is_file() else word for word in words]
        return c.scratch.run("pgp-open", *paths, stdin=stdin, rejects=None, variables={"TMPDIR": str(c.tmp), **how})

    def refused(result, exit, words):
        must(result.exit == exit and not result.out, f"exit {result.exit}, {len(result.out)} bytes, expected {exit} and none:", result.err)
        must(words in result.err and result.err.count("\n") == 1, f"no {words!r} in the one line", result.err)

    def taken(result, *allowed, plain=c.plain):
        must(result.exit == 0 and result.out == plain, f"exit {result.exit}, {len(result.out)} bytes:", result.err)
        meta = result.counts["meta"]
        must(meta.get("pgp_allowed", []) == list(allowed), "pgp_allowed is", meta.get("pgp_allowed"))
        must(meta["signed"] == ("unsigned-ok" not in allowed), "signed is", meta["signed"])
        return meta

    def sha1():
        words = [*OURS, "--keys", "partner-rsa.pub.asc", "sha1.pgp"]
        refused(run(*words), 77, "SHA-1")
        taken(run("--allow-sha1", *words), "allow-sha1")
        taken(run("--allow-sha1", *OURS, "--keys", "partner-rsa.pub.asc", "good-rsa.pgp"))
        refused(run("--allow-sha1", *OURS, "--keys", "stranger.pub.asc", "sha1.pgp"), 77, "none of the keys")

    def expired():
        words = [*OURS, "--keys", "expired.pub.asc", "expired-key.pgp"]
        refused(run(*words), 77, "has expired")
        taken(run("--allow-expired-signer", *words), "allow-expired-signer")
        refused(run("--allow-expired-signer", *OURS, "--keys", "revoked.pub.asc", "revoked-key.pgp"), 77, "revoked")
        refused(run("--allow-expired-signer", *OURS, "--keys", "partner.pub.asc", "expired-signature.pgp"), 77, "made to expire")

    def unsigned():
        words = [*OURS, "--keys", "partner.pub.asc"]
        refused(run(*words, "unsigned.pgp"), 77, "nobody has signed")
        meta = taken(run("--unsigned-ok", *words, "unsigned.pgp"), "unsigned-ok")
        must("pgp_fingerprint" not in meta and "signed_at" not in meta, "a signer of what is unsigned:", meta)
        refused(run("--unsigned-ok", *words, "stranger.pgp"), 77, "none of the keys")
        refused(run("--unsigned-ok", *words, "tampered-middle.pgp"), 77, "integrity")
        taken(run("--unsigned-ok", *words, "good.pgp"))

    def require():
        two = [*OURS, "--keys", "partner.pub.asc", "--keys", "stranger.pub.asc", "--require", "2"]
        meta = taken(run(*two, "two-signers.pgp"))
        must(len(meta["messages"][0]["signers"]) == 2, "the signers are", meta["messages"])
        refused(run(*two, "good.pgp"), 77, "--require wants 2")
        refused(run(*OURS, "--keys", "partner.pub.asc", "--require", "2", "good.pgp"), 64, "only 1 signers are pinned")

    def passphrase():
        words = ["--secret-key", "locked.sec.asc", "--keys", "partner.pub.asc", "good-locked.pgp"]
        refused(run(*words), 78, "--passphrase says where it is")
        wrong = c.path / "wrong.passphrase"
        wrong.write_text("wrong horse\n")
        wrong.chmod(0o600)
        refused(run("--passphrase", f"file:{wrong}", *words), 77, "is not that of the secret key")
        taken(run("--passphrase", "env:PHRASE", *words, PHRASE="correct horse"))
        wrong.write_text("correct horse\n")
        wrong.chmod(0o644)
        result = run("--passphrase", f"file:{wrong}", *words)
        must(result.exit == 0 and "open to others" in result.err, "no warning:", result.err)
        result = run("--passphrase", "correct horse", *words)
        must(result.exit == 64 and "horse" not in result.err, "a secret in a message:", result.err)

    def armor():
        words = [*OURS, "--keys", "partner.pub.asc", "--no-armor"]
        refused(run(*words, "good.asc"), 77, "--no-armor")
        taken(run(*words, "good.pgp"))

    def limits():
        words = [*OURS, "--keys", "partner.pub.asc"]
        taken(run(*words, "--max-output", str(len(c.plain)), "good.pgp"))
        refused(run(*words, "--max-output", str(len(c.plain) - 1), "good.pgp"), 65, "--max-output")
        refused(run(*words, "bomb.pgp"), 65, "200 times")
        for memory in ("1", "100kB"):
            taken(run(*words, "--spool-memory", memory, "good.pgp"))
        refused(run(*words, "--spool-memory", "1", "--spool", "/nonexistent", "good.pgp"), 74, "cannot keep what is held back")

    def several():
        words = [*OURS, "--keys", "partner.pub.asc"]
        meta = taken(run(*words, "good.pgp", "good.asc", "good-empty.pgp"), plain=c.plain * 2)
        must([m["file"] for m in meta["messages"]] == ["good.pgp", "good.asc", "good-empty.pgp"], "messages:", meta["messages"])
        must("name" not in meta and meta["pgp_fingerprint"] == c.fingerprints["partner"], "meta:", meta)
        refused(run(*words, "good.pgp", "stranger.pgp"), 77, "stranger.pgp is refused")
        refused(run(*words, "good.pgp", "missing.pgp"), 66, "missing.pgp")

    def folder():
        keys = c.path / "folder"
        keys.mkdir()
        for name in ("partner.pub.asc", "receiver.sec.asc"):
            shutil.copy(c.path / name, keys)
        (keys / ".hidden").write_text("no key")
        taken(run("--keys", keys, "good.pgp"))
        taken(run("--keys", keys, "--signer", " ".join(c.fingerprints["partner"].lower()), "good.pgp"))
        refused(run("--keys", keys, "stranger.pgp"), 77, "none of the keys")
        (keys / "README").write_text("no key")
        refused(run("--keys", keys, "good.pgp"), 78, "README holds no OpenPGP key")

    def own_key_is_no_pin():
        refused(run(*OURS, "good.pgp"), 64, "nobody is pinned")

    def names():
        meta = taken(run(*OURS, "--keys", "partner.pub.asc", "good-named.pgp"))
        must(meta["messages"][0]["inner_name"].endswith("evil") and meta["name"] == "good-named", "names:", meta)

    def output():
        made = c.scratch.path / "opened.csv"
        words = [*OURS, "--keys", "partner.pub.asc", "--output", str(made)]
        refused(run(*words, "stranger.pgp"), 77, "refused")
        must(not made.exists(), "a refused message has an output")
        result = run(*words, "good.pgp")
        must(result.exit == 0 and made.read_bytes() == c.plain, "the output is", made.exists(), result.err)

    def without_gpg():
        refused(run(*OURS, "--keys", "partner.pub.asc", "good.pgp", PATH="/nonexistent"), 69, "there is no gpg")

    def version():
        out = run("--version").out.decode()
        must(out.startswith("pgp-open (tidegate) ") and "\ngpg 2." in out, out)

    return [("SHA-1 by consent", sha1), ("an expired signer by consent", expired), ("unsigned by consent", unsigned),
            ("so many signers", require), ("passphrases", passphrase), ("armor ruled out", armor), ("limits", limits),
            ("several files", several), ("a folder of keys", folder), ("our own key pins nobody", own_key_is_no_pin),
            ("names inside are data", names), ("--output", output), ("no gpg", without_gpg), ("--version names gpg", version)]


def busy(options):
    """A small message that holds 300,000 signatures: gpg would work at it for hours. It is broken off after a minute."""
    with pgp_kit.Kit(options.bin) as kit:
        us, acme = kit.gpg_key("us"), kit.gpg_key("acme")
        one_pass, literal, signature = [whole for _, _, whole in pgp_mutants.packets(kit.gpg("-z", "0", "-u", acme.fpr, "-s", stdin=b"x\n"))]
        more = one_pass[:-1] + b"\0"  # another one-pass packet follows
        count = 300000
        message = kit.write("busy.pgp", kit.gpg("--no-literal", "-z", "9", "-r", us.fpr, "-e",
                                                stdin=more * (count - 1) + one_pass + literal + signature * count))
        began = time.monotonic()
        result = kit.open(message, [us], [acme])
        must(result.exit == 65 and not result.out and "busy for a minute" in result.err, result.exit, len(result.out), result.err)
        must(time.monotonic() - began < 90, "it took", time.monotonic() - began)


def main():
    tap = Tap()
    options = arguments(__doc__)
    if options.long:
        with tap.case("a message that keeps gpg busy for nothing"):
            busy(options)
    else:
        tap.skip("a message that keeps gpg busy for nothing", "takes a minute: --long")
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
        for name, check in options_of(corpus):
            with tap.case(name):
                check()
                must(not list(corpus.tmp.iterdir()), "left behind:", list(corpus.tmp.iterdir()))
    finally:
        corpus.close()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
