#!/usr/bin/env python3
"""pgp_mutation: messages that were changed, outside and under the encryption, never release a byte that is not of the signed text.

For each mutant: refused, and nothing out; or opened, and what came out is exactly a text that the pinned key has signed. A few hundred by
a seed here, a million with --long. What is under the encryption is changed before it is encrypted, as anybody can who has our public
key. The messages are opened by open_many, which is pgp-open without its start; some by pgp-open itself.
"""
import collections
import concurrent.futures
import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import pgp_mutants  # noqa: E402
from pgp_kit import Kit, clean  # noqa: E402
from programs import NotHere, Tap, arguments, must, rng  # noqa: E402

BATCH = 200
LONGEST = 5400  # seconds: what has not begun by then is left out, and the count says so
TEXTS = [b"id,name,amount\r\n1,\"A\rnn\",100.00\r\n2,Bo,7.50\r\n", b"id,name,amount\n1,Eve,999999.00\n", b"", b"x" * 700 + b"\n" + bytes(range(256))]


class Corpus:
    """Signed texts, as packets, and the same encrypted; all by the pinned key, some beside others."""

    def __init__(self, kit):
        self.ours, self.partner, self.rsa, self.stranger = kit.gpg_key("ours"), kit.gpg_key("partner"), kit.gpg_key("rsa", "rsa2048", None), kit.gpg_key("stranger")
        sign = ["-z", "0", "--set-filename", "x.csv"]
        by = ["-u", self.partner.fpr]
        self.signed = [kit.gpg(*sign, *by, "-s", stdin=text) for text in TEXTS]
        self.signed.append(kit.gpg(*sign, *by, "-u", self.stranger.fpr, "-s", stdin=TEXTS[0]))
        # A stranger's, and a part of signatures that were meant for something else: what an attacker has at hand.
        self.foreign = [kit.gpg(*sign, "-u", self.stranger.fpr, "-s", stdin=b"id,name,amount\n1,Mallory,1.00\n"),
                        kit.gpg(*by, "-b", stdin=TEXTS[1]), kit.gpg(*by, "--digest-algo", "SHA512", "-b", stdin=b"quite another file\n"),
                        self.partner.public.read_bytes()]
        self.encrypted = [kit.gpg("-r", self.ours.fpr, *by, "-s", "-e", *more, stdin=text)
                          for text in TEXTS for more in (["-z", "0"], ["--compress-algo", "zip"])]
        self.encrypted.append(kit.gpg("-r", self.ours.fpr, "-r", self.stranger.fpr, *by, "-s", "-e", "-z", "0", stdin=TEXTS[0]))
        self.allowed = {hashlib.sha256(text).hexdigest(): text for text in TEXTS}


def encrypt_all(kit, corpus, folder, mutants):
    """Each mutant of what is inside is encrypted as it stands, by one gpg for all of them."""
    names = []
    for at, mutant in enumerate(mutants):
        names.append(f"{folder}/i{at}")
        pathlib.Path(names[-1]).write_bytes(mutant)
    kit.tool("gpg", "--homedir", kit.home, "--batch", "--quiet", "--yes", "--trust-model", "always", "--no-literal", "-z", "0", "-r", corpus.ours.fpr,
             "--multifile", "--encrypt", *names)
    return [name + ".gpg" for name in names]


def batch(kit, corpus, seed, number, harness):
    """So many mutants opened: what became of them, and those that went wrong."""
    random = rng(seed, f"mutants {number}")
    seen, wrong = collections.Counter(), []
    with tempfile.TemporaryDirectory(prefix="mutants-", dir=kit.path) as folder:
        outside = []
        for at in range(BATCH // 2):
            outside.append(f"{folder}/o{at}")
            pathlib.Path(outside[-1]).write_bytes(pgp_mutants.outside(random, corpus.encrypted))
        pool = corpus.signed + corpus.foreign
        inside = encrypt_all(kit, corpus, folder, [pgp_mutants.inside(random, pool) for _ in range(BATCH // 2)])
        names = outside + inside
        run = subprocess.run([harness, corpus.ours.secret, corpus.partner.public], input="".join(name + "\n" for name in names).encode(), capture_output=True,
                             env=kit.environment, timeout=600)
        answers = run.stdout.decode(errors="replace").splitlines()
        if run.returncode or len(answers) != len(names):
            last = names[len(answers)] if len(answers) < len(names) else "-"
            return seen, [(number, "it ended", run.returncode, run.stderr.decode(errors="replace")[-2000:], keep(kit, number, last))]
        for name, answer in zip(names, answers):
            status, rest = answer.split(" ", 1)
            seen[status if status != "0" else "opened"] += 1
            if status == "0" and rest.split()[1] not in corpus.allowed:
                wrong.append((number, "RELEASED", rest, keep(kit, number, name)))
            elif status not in ("0", "65", "77"):
                wrong.append((number, "status", answer, keep(kit, number, name)))
    return seen, wrong


def keep(kit, number, name):
    """A find is worth keeping, with the keys that open it."""
    if not pathlib.Path(name).is_file():
        return name
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tidegate-mutant-"))
    for file in (name, kit.path / "ours.sec", kit.path / "partner.pub"):
        (folder / pathlib.Path(file).name).write_bytes(pathlib.Path(file).read_bytes())
    return f"kept in {folder}"


def untouched(kit, corpus, harness):
    """The harness itself: what was not changed is opened, and what a stranger signed is not."""
    with tempfile.TemporaryDirectory(prefix="mutants-", dir=kit.path) as folder:
        rows = [(pathlib.Path(folder, f"m{at}"), message) for at, message in enumerate(corpus.encrypted)]
        for path, message in rows:
            path.write_bytes(message)
        names = [str(path) for path, _ in rows] + encrypt_all(kit, corpus, folder, [*corpus.signed, corpus.foreign[0], pgp_mutants.literal(b"nobody's\n")])
        run = subprocess.run([harness, corpus.ours.secret, corpus.partner.public], input="".join(name + "\n" for name in names).encode(), capture_output=True,
                             env=kit.environment, timeout=600)
        found = [line.split()[0] for line in run.stdout.decode().splitlines()]
        must(found == ["0"] * (len(rows) + len(corpus.signed)) + ["77", "77"], "found", found, run.stderr.decode()[-500:])


def keys_inside(kit, corpus):
    """gpg lists keys that it comes upon on its standard output, where GPGME has the signed text."""
    signed, key, other = corpus.signed[0], corpus.partner.public.read_bytes(), corpus.stranger.public.read_bytes()
    alone = pgp_mutants.packets(key)[0][2]
    uid = pgp_mutants.packet(13, b"2,Mallory,999999.00")
    rows = [signed + key, key + signed, signed + alone, alone + uid + signed, signed + alone + uid, signed + other, pgp_mutants.compressed(signed + alone + uid),
            pgp_mutants.compressed(pgp_mutants.compressed(signed), 1) + key]
    with tempfile.TemporaryDirectory(prefix="mutants-", dir=kit.path) as folder:
        for at, name in enumerate(encrypt_all(kit, corpus, folder, rows)):
            result = kit.open(pathlib.Path(name), [corpus.ours], [corpus.partner])
            if at == len(rows) - 1 and result.exit == 0:  # gpg does not look behind a compressed packet
                must(result.out == TEXTS[0], at, "RELEASED", result.out)
                continue
            must(result.exit == 77 and result.out == b"", at, "status", result.exit, result.out, result.err)
            must(result.err.count("\n") == 1 and "Mallory" not in result.err, at, result.err)


def modes(kit, corpus):
    """What a literal packet says it is (text, bytes) is not signed, and gpg leaves out carriage returns of what says that it is text."""
    rows = [(mode, text, b"".join(pgp_mutants.packet(11, mode + body[1:]) if tag == 11 else whole for tag, body, whole in pgp_mutants.packets(signed)))
            for mode in (b"b", b"t", b"u", b"l", b"m", b"1", b"\0") for text, signed in zip(TEXTS[:2], corpus.signed)]
    by_text = kit.gpg("-z", "0", "-u", corpus.partner.fpr, "--textmode", "-s", stdin=b"id,name\r\n1,Ann\r\n")
    with tempfile.TemporaryDirectory(prefix="mutants-", dir=kit.path) as folder:
        names = encrypt_all(kit, corpus, folder, [row[2] for row in rows] + [by_text])
        for (mode, text, _), name in zip(rows, names):
            result = kit.open(pathlib.Path(name), [corpus.ours], [corpus.partner])
            must(result.exit == 77 and result.out == b"" or result.exit == 0 and result.out == text, mode, "status", result.exit, "RELEASED", result.out)
            must(result.exit == 0 or mode != b"b", mode, result.err)
        result = kit.open(pathlib.Path(names[-1]), [corpus.ours], [corpus.partner])
        must(result.exit == 0 and result.out == b"id,name\n1,Ann\n", "signed as text:", result.exit, result.out, result.err)


def by_the_program(kit, corpus, options, count):
    """Some mutants through pgp-open itself: its stdout is what counts."""
    random = rng(options, "program")
    for at in range(count):
        if at % 2:
            message = pgp_mutants.outside(random, corpus.encrypted)
        else:
            with tempfile.TemporaryDirectory(prefix="mutants-", dir=kit.path) as folder:
                message = pathlib.Path(encrypt_all(kit, corpus, folder, [pgp_mutants.inside(random, corpus.signed + corpus.foreign[:3])])[0]).read_bytes()
        result = kit.open(message, [corpus.ours], [corpus.partner])
        name = kit.path / "message.pgp"
        right = result.out in TEXTS if result.exit == 0 else result.exit in (65, 77) and result.out == b""
        must(right, at, "status", result.exit, "RELEASED" if result.exit == 0 else "", result.out[:200], result.err, "" if right else keep(kit, at, name))
        if result.exit:
            must(result.err.count("\n") == 1 and result.err.rstrip("\n").isprintable(), at, "message:", repr(result.err))


def main():
    options = arguments(__doc__)
    tap = Tap()
    harness = options.bin.parent / "tests" / "open_many"
    if not harness.exists() or not (options.bin / "pgp-open").exists():
        tap.skip("mutants", "there is no pgp-open: it was not built")
        return tap.end()
    try:
        kit = Kit(options.bin)
    except NotHere as lack:
        tap.skip("mutants", lack)
        return tap.end()
    batches = (250 if kit.slow else 5000) if options.long else 1 if kit.slow else 2
    with kit:
        corpus = Corpus(kit)
        with tap.case("what was not changed is opened, what a stranger or nobody signed is not"):
            untouched(kit, corpus, harness)
        with tap.case("keys beside a signed text, under the encryption: refused, and nothing of them in the text"):
            keys_inside(kit, corpus)
        with tap.case("a text that says of itself that it is of another kind: refused, or released as it was signed"):
            modes(kit, corpus)
        with tap.case(f"{batches * BATCH} mutants, inside and outside: nothing is released that was not signed"):
            seen, wrong, began = collections.Counter(), [], time.monotonic()
            with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
                def one(number):
                    return batch(kit, corpus, options, number, harness) if time.monotonic() - began < LONGEST else (collections.Counter(), [])

                for some, bad in pool.map(one, range(batches)):
                    seen += some
                    wrong += bad
            took = time.monotonic() - began
            total = sum(seen.values())
            print(f"# {total} mutants: {dict(seen)}, {took / max(total, 1) * 1000:.1f} ms each", flush=True)
            must(not wrong, *[f"\n{row}" for row in wrong[:20]])
            must(seen["opened"] > 0 and seen["65"] > 0 and seen["77"] > 0, "the mutants are all alike:", dict(seen))
        with tap.case("some of them by pgp-open itself"):
            by_the_program(kit, corpus, options, 500 if options.long else 8 if kit.slow else 16)
        with tap.case("nothing is left behind"):
            clean(kit)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
