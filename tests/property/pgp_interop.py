#!/usr/bin/env python3
"""pgp_interop: what Sequoia (sq) and rnp make is read by pgp-open, with the right verdict; what pgp-seal makes is read by them and by gpg."""
import hashlib
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from pgp_kit import Kit, clean, need  # noqa: E402
from programs import NotHere, Tap, arguments, must  # noqa: E402

PLAIN = b"id,name,amount\r\n" + b"".join(b'%d,"Name %d, \xc3\x84",%d.50\r\n' % (i, i, 37 * i) for i in range(2000))


def opened(kit, message, key, pins, about, **how):
    result = kit.open(message, [key], pins, **how)
    must(result.exit == 0 and result.out == PLAIN, about, "status", result.exit, result.err)
    must(result.meta.get("sha256") == hashlib.sha256(PLAIN).hexdigest(), about, "another sha256:", result.meta)


def refused(kit, message, key, pins, about, exits=(77,), **how):
    result = kit.open(message, [key], pins, **how)
    must(result.exit in exits, about, "status", result.exit, "expected", exits, result.err)
    must(result.out == b"", about, "bytes on stdout:", result.out[:80])
    must(result.err.count("\n") == 1, about, "not one line on stderr:", result.err)


def sq_message(kit, recipient, signer, *words):
    signed = ["--signer-key", signer.secret] if signer else []
    return kit.tool("sq", "encrypt", "--recipient-cert", recipient.public, *signed, *words, stdin=PLAIN).stdout


def rnp_message(kit, recipient, signer, *words):
    target = kit.path / "made.rnp"
    source = kit.write("source.csv", PLAIN)
    signed = ["-s", "-u", signer.fpr] if signer else []
    kit.rnp("-e", *signed, "-r", recipient.fpr, *words, "--overwrite", "--output", target, source)
    return target.read_bytes()


def from_sequoia(tap, kit, ours, rsa, sq, sq_rsa, stranger):
    with tap.case("messages by Sequoia: all compressions, armored and not, by ed25519 and RSA, are opened"):
        for signer in (sq,) if kit.slow else (sq, sq_rsa):
            for words in (["--compression", "none"], ["--compression", "pad"], ["--compression", "zip", "-B"], ["--compression", "bzip2"],
                          ["--compression", "zlib", "-B"]):
                opened(kit, sq_message(kit, ours, signer, *words), ours, [signer], [signer.name, *words])
        opened(kit, sq_message(kit, rsa, sq), rsa, [sq], "RSA recipient")
    with tap.case("our own key made by Sequoia"):
        opened(kit, sq_message(kit, sq, sq_rsa), sq, [sq_rsa], "sq to sq")
    with tap.case("messages by Sequoia that must be refused: unsigned, another signer, damaged, cut off, two in one"):
        refused(kit, sq_message(kit, ours, None), ours, [sq], "unsigned")
        refused(kit, sq_message(kit, ours, sq_rsa), ours, [sq], "another signer", public=[sq, sq_rsa])
        refused(kit, sq_message(kit, stranger, sq), ours, [sq], "another recipient")
        good = sq_message(kit, ours, sq, "-B", "--compression", "none")
        refused(kit, good[:-30], ours, [sq], "cut", (65, 77))
        refused(kit, good[:len(good) // 2] + bytes([good[len(good) // 2] ^ 4]) + good[len(good) // 2 + 1:], ours, [sq], "a bit", (65, 77))
        refused(kit, good + good, ours, [sq], "two", (65, 77))


def from_rnp(tap, kit, ours, rsa, rnp, other):
    with tap.case("messages by rnp: all compressions, armored and not, with the MDC, are opened"):
        for words in (["-z", "0"], ["--zip"], ["--zlib", "--armor"], ["--bzip"], ["--cipher", "AES128"], ["--hash", "SHA512"]):
            opened(kit, rnp_message(kit, ours, rnp, *words), ours, [rnp], ["rnp", *words])
        opened(kit, rnp_message(kit, rsa, rnp), rsa, [rnp], "RSA recipient")
    with tap.case("our own key made by rnp"):
        opened(kit, rnp_message(kit, rnp, other), rnp, [other], "rnp to rnp")
    with tap.case("a message by rnp with an AEAD packet (OCB) is opened"):
        opened(kit, rnp_message(kit, ours, rnp, "--aead=OCB"), ours, [rnp], "OCB")
    with tap.case("messages by rnp that must be refused: unsigned, SHA-1, another signer, damaged"):
        refused(kit, rnp_message(kit, ours, None), ours, [rnp], "unsigned")
        sha1 = rnp_message(kit, ours, rnp, "--hash", "SHA1", "--allow-weak-hash") if weak_hash(kit) else rnp_message(kit, ours, rnp, "--hash", "SHA1")
        packets = kit.gpg("--list-packets", stdin=kit.gpg("--decrypt", "--unwrap", stdin=sha1)).decode()
        must("digest 2," in packets, "rnp did not sign with SHA-1, so this tests nothing:", packets)
        refused(kit, sha1, ours, [rnp], "SHA-1")
        refused(kit, rnp_message(kit, ours, other), ours, [rnp], "another signer", public=[rnp, other])
        good = rnp_message(kit, ours, rnp, "-z", "0", "--aead=OCB")
        refused(kit, good[:-40] + bytes([good[-40] ^ 1]) + good[-39:], ours, [rnp], "OCB, a bit", (65, 77))
        refused(kit, good[:-16], ours, [rnp], "OCB, without the last tag", (65, 77))


def weak_hash(kit):
    return b"--allow-weak-hash" in kit.tool("rnp", "--help").stdout


# -- ours -------------------------------------------------------------------------------------------------------------------------

def by_gpg(kit, message, signer):
    run = kit.tool("gpg", "--homedir", kit.home, "--batch", "--quiet", "--status-fd", "2", "--decrypt", stdin=message)
    must(run.stdout == PLAIN, "gpg read something else")
    said = run.stderr.decode(errors="replace")
    must(f"VALIDSIG {signer.fpr}" in said or f"{signer.fpr}\n" in said, "gpg saw no good signature:", said)
    must("DECRYPTION_OKAY" in said and "GOODMDC" in said, "gpg says:", said)
    must("DECRYPTION_INFO 2 9" in said, "not MDC and AES-256:", said)


def by_sq(kit, message, recipient, signer):
    # It fails unless there is a good signature by the certificate.
    run = kit.tool("sq", "decrypt", "--recipient-key", recipient.secret, "--signer-cert", signer.public, stdin=message)
    must(run.stdout == PLAIN, "sq read something else", run.stderr)
    must(b"Good signature" in run.stderr, "sq says:", run.stderr)


def by_rnp(kit, message, signer):
    kit.rnpkeys("--import-keys", signer.public)
    target = kit.path / "opened.rnp"
    run = kit.rnp("--decrypt", "--overwrite", "--output", target, kit.write("to.rnp", message))
    must(target.read_bytes() == PLAIN, "rnp read something else", run.stderr)
    must(b"Good signature" in run.stderr + run.stdout or b"1 valid" in run.stderr + run.stdout, "rnp says:", run.stderr, run.stdout)


WAYS = [[], ["--armor"], ["--compress", "none"], ["--compress", "zlib"], ["--compress", "bzip2", "--armor"]]


def ours_read(tap, kit, recipients, signers):
    for recipient in recipients:
        for signer in signers:
            with tap.case(f"sealed for {recipient.name}, signed by {signer.name}: read by gpg, sq and rnp"):
                made = []
                for way in WAYS:
                    sealed = kit.seal(PLAIN, [recipient], signer, *way)
                    must(sealed.exit == 0 and sealed.err == "", way, "status", sealed.exit, sealed.err)
                    by_gpg(kit, sealed.out, signer)
                    if recipient.name.startswith("sq") or signer.name.startswith("sq") or way == []:
                        need("sq")
                        by_sq(kit, sealed.out, recipient, signer)
                    if recipient.name.startswith("rnp"):
                        by_rnp(kit, sealed.out, signer)
                    made.append((way, sealed.out))
            with tap.case(f"sealed for {recipient.name}, signed by {signer.name}: read by pgp-open"):
                for way, message in made:
                    opened(kit, message, recipient, [signer], ["pgp-open", *way])
    with tap.case("sealed for all of them at once: each reads it"):
        sealed = kit.seal(PLAIN, recipients, signers[0])
        must(sealed.exit == 0, sealed.err)
        must(sorted(sealed.meta["sealed_for"]) == sorted(key.fpr for key in recipients), "sealed_for", sealed.meta)
        must(len(kit.gpg("--list-packets", stdin=sealed.out, good=False).split(b":pubkey enc packet:")) == 1 + len(recipients), "not a packet a recipient")
        for recipient in recipients:
            opened(kit, sealed.out, recipient, [signers[0]], recipient.name)


def main():
    options = arguments(__doc__)
    tap = Tap()
    try:
        kit = Kit(options.bin)
    except NotHere as lack:
        tap.skip("interoperability", lack)
        return tap.end()
    with kit:
        ours = kit.gpg_key("ours")
        rsa = kit.gpg_key("rsa", "rsa2048", "rsa2048")
        known = [ours, rsa]
        try:
            sq, sq_rsa = kit.sq_key("sq"), kit.sq_key("sq-rsa", "rsa3k")
            known += [sq, sq_rsa]
            from_sequoia(tap, kit, ours, rsa, sq, sq_rsa, kit.gpg_key("stranger"))
        except NotHere as lack:
            tap.skip("messages by Sequoia", lack)
        try:
            rnp, other = kit.rnp_key("rnp"), kit.rnp_key("rnp-other")
            for key in (ours, rsa):
                kit.rnpkeys("--import-keys", key.public)
            known += [rnp]
            from_rnp(tap, kit, ours, rsa, rnp, other)
        except NotHere as lack:
            tap.skip("messages by rnp", lack)
        if kit.slow:
            known = known[:1] + known[2:3]
        ours_read(tap, kit, known, [ours, *known[2:4:2]])
        with tap.case("nothing is left behind"):
            clean(kit)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
