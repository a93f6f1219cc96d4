#!/usr/bin/env python3
"""pgp_seal: what is sealed, for whom, by whom, and that a seal that fails has written nothing."""
import hashlib
import os
import pathlib
import pty
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from pgp_kit import Kit, clean, finish_line  # noqa: E402
from programs import NotHere, Tap, arguments, must, rng  # noqa: E402

PLAIN = b"id,name\r\n1,\"Ann\"\r\n2,\0\xff\n"


def read(kit, message, about=""):
    """The text and the signer's fingerprints, as gpg finds them; and that nobody may change it unnoticed."""
    run = kit.tool("gpg", "--homedir", kit.home, "--batch", "--quiet", "--status-fd", "2", "--decrypt", stdin=message)
    said = run.stderr.decode(errors="replace")
    must("GOODMDC" in said and "DECRYPTION_INFO 2 9" in said, about, "gpg says:", said)
    valid = [line.split() for line in said.splitlines() if line.startswith("[GNUPG:] VALIDSIG")]
    must(len(valid) == 1 and valid[0][9] == "8", about, "not one signature over SHA-256:", said)
    name = next(line.split(" ", 4)[4:] for line in said.splitlines() if line.startswith("[GNUPG:] PLAINTEXT "))
    return run.stdout, valid[0][2], name[0] if name else ""


def sealed(kit, result, about=""):
    must(result.exit == 0 and result.err == "", about, "status", result.exit, result.err)
    return read(kit, result.out, about)


def refused(result, status, words, about=""):
    must(result.exit == status, about, "status", result.exit, "expected", status, result.err)
    must(result.out == b"", about, "bytes on stdout")
    lines = [line for line in result.err.splitlines() if "others than you" not in line]
    must(len(lines) == 1 and words in lines[0], about, "messages:", result.err)


def recipients(kit, message):
    """Key ids of the recipients, in order."""
    text = kit.gpg("--list-packets", stdin=message, good=False).decode(errors="replace")
    return [line.split("keyid ")[1] for line in text.splitlines() if line.startswith(":pubkey enc packet:")]


def bytes_and_names(tap, kit, ours, acme, random):
    with tap.case("bytes come out as they went in, of any size, with the name of the file; the run log says what"):
        for size in (0, 1, 65535, 65536, 3_000_000):
            text = random.randbytes(size)
            path = kit.write("Größe 1.csv", text)
            result = kit.seal(path, [acme], ours)
            plain, signer, name = sealed(kit, result, size)
            must(plain == text and signer == ours.fpr, size, "another text, or signer", signer)
            must(name == "Größe%201.csv", "name inside", name)
            expected = {"name": "Größe 1.csv", "pgp_fingerprint": ours.fpr, "sealed_for": [acme.fpr],
                        "sha256": hashlib.sha256(text).hexdigest(), "sealed_sha256": hashlib.sha256(result.out).hexdigest()}
            must({**result.meta, **expected} == result.meta and "signed_at" in result.meta, "meta", result.meta)
    with tap.case("--name, --armor and --compress"):
        for way in (["--name", "-x.csv"], ["--name", "a b"], ["-a"], ["--compress", "none"], ["--compress", "bzip2", "--armor"]):
            result = kit.seal(PLAIN, [acme], ours, *way)
            plain, _, name = sealed(kit, result, way)
            must(plain == PLAIN, way, "another text")
            must(name == (way[1].replace(" ", "%20") if way[0] == "--name" else "plain"), way, "name", name)
            must(result.out.startswith(b"-----BEGIN PGP MESSAGE-----") == any(w in ("-a", "--armor") for w in way), way, "armor")
        large = b"0123456789" * 100000
        must(len(kit.seal(large, [acme], ours).out) < 100000 < 1000000 < len(kit.seal(large, [acme], ours, "--compress", "none").out), "sizes")
        for name in ("", "a/b", "..", ".", "_CONSOLE", "a\nb", "\x1b[31m", "x" * 256, b"\xff", "a\u202eb"):
            refused(kit.run("pgp-seal", *kit.seal_words([acme], ours), "--name=" + os.fsdecode(name), stdin=PLAIN), 64, "--name", repr(name))
        result = kit.run("pgp-seal", *kit.seal_words([acme], ours), stdin=open(kit.write("plain", PLAIN), "rb"))
        must(sealed(kit, result)[2] == "", "standard input has a name")
        odd = pathlib.Path(os.fsdecode(os.fsencode(kit.path) + b"/\xff.csv"))
        odd.write_bytes(PLAIN)
        run = subprocess.run([os.fsencode(kit.bin / "pgp-seal"), *map(os.fsencode, kit.seal_words([acme], ours)), os.fsencode(odd)],
                             env=kit.environment, capture_output=True, stdin=subprocess.DEVNULL)
        must(run.returncode == 0 and read(kit, run.stdout)[2] == "", "a file whose name is not UTF-8", run.stderr)


def keys(tap, kit, ours, acme, other):
    folder = kit.path / "partners"
    folder.mkdir()
    (folder / "acme.pub").write_bytes(acme.public.read_bytes())
    (folder / "other.asc").symlink_to(kit.write("other.asc", kit.gpg("--armor", "--export", other.fpr)))
    (folder / ".hidden").write_bytes(b"no key")
    (folder / "below").mkdir()
    words = ["--keys", folder, "--secret-key", ours.secret]
    acme_sub, other_sub = (kit.fingerprints(key.fpr)[1] for key in (acme, other))
    with tap.case("a folder of keys: all of them, or those that are named, in any spelling"):
        plain = open(kit.write("plain", PLAIN), "rb")
        result = kit.run("pgp-seal", *words, stdin=plain)
        must(sealed(kit, result)[0] == PLAIN and recipients(kit, result.out) == [acme_sub[-16:], other_sub[-16:]], recipients(kit, result.out))
        spaced = " ".join(other.fpr[at:at + 4] for at in range(0, 40, 4)).lower()
        for name in (other.fpr, other.fpr.lower(), spaced, other_sub):
            result = kit.run("pgp-seal", *words, "--recipient", name, kit.path / "plain")
            sealed(kit, result)
            must(recipients(kit, result.out) == [other_sub[-16:]] and result.meta["sealed_for"] == [other.fpr], name, recipients(kit, result.out))
    with tap.case("recipients that are not full fingerprints, or not there"):
        for name in (acme.fpr[-16:], acme.fpr[-8:], "0x" + acme.fpr, acme.fpr + "0", acme.fpr[:-1], "acme@example.test", ""):
            refused(kit.run("pgp-seal", *words, "--recipient", name, kit.path / "plain"), 64, "full fingerprint", name)
        refused(kit.run("pgp-seal", *words, "--recipient", ours.fpr, kit.path / "plain"), 78, "no key of --keys", "ours is no partner")
        refused(kit.run("pgp-seal", *words, "--recipient", "0" * 40, kit.path / "plain"), 78, "no key of --keys")
    with tap.case("folders and files that are not what they should be"):
        (folder / "README").write_text("keys of partners\n")
        refused(kit.run("pgp-seal", *words, kit.path / "plain"), 78, "README")
        (folder / "README").unlink()
        os.mkfifo(folder / "fifo")
        refused(kit.run("pgp-seal", *words, kit.path / "plain"), 78, "fifo")
        (folder / "fifo").unlink()
        (folder / "gone").symlink_to("nowhere")
        refused(kit.run("pgp-seal", *words, kit.path / "plain"), 78, "gone")
        (folder / "gone").unlink()
        empty = kit.path / "empty"
        empty.mkdir()
        refused(kit.run("pgp-seal", "--keys", empty, "--secret-key", ours.secret, kit.path / "plain"), 78, "no key file")
        refused(kit.run("pgp-seal", "--keys", kit.path / "nosuch", "--secret-key", ours.secret, kit.path / "plain"), 66, "nosuch")
        refused(kit.run("pgp-seal", "--keys", acme.secret, "--secret-key", ours.secret, kit.path / "plain"), 78, "secret key")
        refused(kit.run("pgp-seal", "--keys", acme.public, "--secret-key", ours.public, kit.path / "plain"), 78, "no secret key")
        refused(kit.run("pgp-seal", "--secret-key", ours.secret, kit.path / "plain"), 64, "--keys")
        refused(kit.run("pgp-seal", "--keys", acme.public, kit.path / "plain"), 64, "--secret-key")
        both = kit.path / "both"
        both.mkdir()
        for key in (acme.public, ours.secret):
            (both / pathlib.Path(key).name).write_bytes(pathlib.Path(key).read_bytes())
            (both / pathlib.Path(key).name).chmod(0o600)
        result = kit.run("pgp-seal", "--keys", both, kit.path / "plain")
        must(sealed(kit, result, "the folder that pgp-open takes")[1] == ours.fpr, "its secret key signs")
        must(result.meta["sealed_for"] == [acme.fpr], "its own key is no recipient")


def signers(tap, kit, ours, acme):
    with tap.case("the newest subkey that signs, or the one that is named; of several secret keys one must be named"):
        many = kit.gpg_key("many", "rsa2048", "rsa2048", signs="ed25519")
        primary, _, sub = kit.fingerprints(many.fpr)
        result = kit.seal(PLAIN, [acme], many)
        must(sealed(kit, result)[1] == sub and result.meta["pgp_fingerprint"] == primary, "the signing subkey", result.meta)
        must(sealed(kit, kit.seal(PLAIN, [acme], many, "--sign-with", primary))[1] in (primary, sub), "the primary's key")
        must(sealed(kit, kit.seal(PLAIN, [acme], many, "--sign-with", sub))[1] == sub, "the subkey by name")
        refused(kit.seal(PLAIN, [acme], many, "--secret-key", ours.secret), 64, "--sign-with")
        must(sealed(kit, kit.seal(PLAIN, [acme], many, "--secret-key", ours.secret, "--sign-with", ours.fpr))[1] == ours.fpr, "one of two")
        refused(kit.seal(PLAIN, [acme], many, "--sign-with", acme.fpr), 78, acme.fpr)
        refused(kit.seal(PLAIN, [acme], many, "--sign-with", "1234"), 64, "full fingerprint")
    with tap.case("a weak signing subkey that is newer is not taken, though gpg would"):
        weak = kit.gpg_key("weak-sub", "rsa2048", None, signs="rsa1024")
        primary, sub = kit.fingerprints(weak.fpr)
        by_gpg = kit.gpg("-u", weak.fpr, "-s", "--status-fd", "1", "-o", "/dev/null", stdin=PLAIN).decode()
        must(sub in by_gpg, "gpg does not take the weak one, so this tests nothing:", by_gpg)
        must(sealed(kit, kit.seal(PLAIN, [acme], weak))[1] == primary, "the weak one signed")
        refused(kit.seal(PLAIN, [acme], weak, "--sign-with", sub), 77, "2048")
    with tap.case("keys that are expired, revoked, weak, or for another purpose"):
        for name, how, words in (("old", {"expire": "30d", "faked": "20240101T000000"}, "expired"),
                                 ("feeble", {"kind": "rsa1024", "encrypt": "rsa1024"}, "2048"),
                                 ("signs-only", {"encrypt": None}, "encrypts")):
            bad = kit.gpg_key(name, **how)
            refused(kit.seal(PLAIN, [bad], ours), 77, words, name)
            refused(kit.seal(PLAIN, [acme, bad], ours), 77, words, name + " among good ones")
            if name != "signs-only":
                refused(kit.seal(PLAIN, [acme], bad), 77, words, name + " as signer")
        old = kit.path / "old.pub"
        result = kit.run("pgp-seal", "--keys", old, "--secret-key", kit.path / "old.sec", "--now", "2024-01-15", kit.path / "plain")
        must(result.exit == 0 and result.meta["signed_at"].startswith("2024-01-15T00:00:0"), "by the clock of then", result.exit, result.err, result.meta)
        revoked = kit.gpg_key("revoked")
        certificate = (kit.home / "openpgp-revocs.d" / f"{revoked.fpr}.rev").read_text().replace(":-----BEGIN", "-----BEGIN")
        kit.gpg("--import", stdin=certificate.encode())
        revoked = kit.exported("revoked", revoked.fpr)
        refused(kit.seal(PLAIN, [revoked], ours), 77, "revoked", "recipient")
        refused(kit.seal(PLAIN, [acme], revoked), 77, "revoked", "signer")
    with tap.case("a passphrase from each place, and from none; the wrong one"):
        locked = kit.gpg_key("locked", passphrase="correct horse")
        secret = kit.write("word", b"correct horse\n")
        secret.chmod(0o600)
        fd = os.open(secret, os.O_RDONLY)
        ways = [(f"file:{secret}", {}), (f"fd:{fd}", {}), ("env:WORD", {"WORD": "correct horse"}), ("cred:word", {"CREDENTIALS_DIRECTORY": str(kit.path)})]
        for spec, variables in ways:
            run = subprocess.run([kit.bin / "pgp-seal", *map(str, kit.seal_words([acme], locked)), "--passphrase", spec, str(kit.path / "plain")],
                                 env={**kit.environment, **variables}, pass_fds=[fd], capture_output=True, stdin=subprocess.DEVNULL)
            must(run.returncode == 0 and run.stderr == b"" and read(kit, run.stdout)[1] == locked.fpr, spec, run.returncode, run.stderr)
        os.close(fd)
        refused(kit.seal(PLAIN, [acme], locked), 77, "passphrase")
        wrong = kit.write("wrong", b"battery staple\n")
        wrong.chmod(0o600)
        refused(kit.seal(PLAIN, [acme], locked, "--passphrase", f"file:{wrong}"), 77, "passphrase is wrong")
        result = kit.seal(PLAIN, [acme], locked, "--passphrase", "correct horse")
        refused(result, 64, "--passphrase")
        must("horse" not in result.err, "the passphrase is repeated:", result.err)


def whole_or_not_at_all(tap, kit, ours, acme):
    words = " ".join(map(str, kit.seal_words([acme], ours)))
    environment = {**kit.environment, "PATH": f"{kit.bin}:{kit.environment['PATH']}"}

    def shell(line):
        return subprocess.run(["bash", "-c", line], cwd=kit.path, env=environment, capture_output=True, timeout=60, start_new_session=True)

    kit.write("plain", PLAIN)
    rows = [("stage s -- sh -c 'cat plain; exit 3'", "", 75), ("cat plain", "", 78), ("cat plain", "--upstream any", 0), ("stage cat -- cat plain", "", 0),
            ("csv2json nosuch.csv", "", 66), ("csv2json -q plain", "", 1)]
    for source, more, status in rows:
        with tap.case(f"{source} | pgp-seal {more}: {status}, with --output and without"):
            run = shell(f"{source} 2>/dev/null | pgp-seal {words} {more} -o made; s=$?; ls made 2>/dev/null; exit $s")
            must(run.returncode == status and (run.stdout == b"made\n") == (status == 0), "--output:", run.returncode, run.stdout, run.stderr)
            run = shell(f"rm -f made; {source} 2>/dev/null | pgp-seal {words} {more}")
            must(run.returncode == status and (run.stdout != b"") == (status == 0), "stdout:", run.returncode, len(run.stdout), run.stderr)
    with tap.case("the first byte is written when the last one is known"):
        for target in ([], ["-o", "made"]):
            process = subprocess.Popen([kit.bin / "pgp-seal", "--upstream", "any", *map(str, kit.seal_words([acme], ours)), *target], cwd=kit.path,
                                       env=kit.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
            for _ in range(20):
                process.stdin.write(os.urandom(100000))
            process.stdin.flush()
            time.sleep(0.3)
            os.set_blocking(process.stdout.fileno(), False)
            must(process.stdout.read() is None and not (kit.path / "made").exists(), target, "something is there before the end")
            os.set_blocking(process.stdout.fileno(), True)
            process.stdin.close()
            out = process.stdout.read()
            must(process.wait(20) == 0 and len(read(kit, (kit.path / "made").read_bytes() if target else out)[0]) == 2000000, target, process.returncode)
        (kit.path / "made").unlink()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL):
        with tap.case(f"{number.name} in the middle: no file, no byte, nothing left (by the next run at the latest)"):
            for target in ([], ["-o", "made"]):
                process = subprocess.Popen([kit.bin / "pgp-seal", "--upstream", "any", *map(str, kit.seal_words([acme], ours)), *target], cwd=kit.path,
                                           env=kit.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
                process.stdin.write(os.urandom(3000000))
                process.stdin.flush()
                process.send_signal(number)
                must(process.wait(5) == -number, target, "ended with", process.returncode, process.stderr.read())
                must(process.stdout.read() == b"" and process.stderr.read() == b"" and not (kit.path / "made").exists(), target, "something was written")
                process.stdin.close()
                if number == signal.SIGKILL:
                    must(kit.seal(PLAIN, [acme], ours).exit == 0, "the next run")
                clean(kit)
                left = [name for name in os.listdir(kit.path) if name.startswith(".tidegate")]
                must(not left, "left beside the output:", left)
    with tap.case("a disk that is full, an output that is the input, a place that cannot be written, a reader that is gone"):
        large = kit.write("large", os.urandom(4000000))
        before = large.read_bytes()
        for line, status in ((f"pgp-seal {words} large >/dev/full", 74), (f"pgp-seal {words} large -o large", 64), (f"pgp-seal {words} -o large large", 64),
                             (f"pgp-seal {words} -o /nosuch/out large", 73), (f"pgp-seal {words} --spool /nosuch large", 74),
                             (f"(ulimit -f 100; pgp-seal {words} -o made large)", 74), (f"(ulimit -f 100; pgp-seal {words} large)", 74),
                             (f"pgp-seal {words} <&- ", 74), (f"pgp-seal {words} large >&-", 74), (f"pgp-seal {words} nosuch", 66),
                             (f"pgp-seal {words} plain large", 64), (f"pgp-seal {words} /tmp", 66)):
            run = shell(line)
            must(run.returncode == status, line, "status", run.returncode, run.stderr)
            must(run.stdout == b"" and not (kit.path / "made").exists(), line, "something was written")
            must(run.stderr.count(b"\n") == 1, line, "messages", run.stderr)
        must(large.read_bytes() == before, "the input is not as it was")
        run = shell(f"pgp-seal {words} large | (exec true); echo ${{PIPESTATUS[0]}}")
        must(run.stdout == b"141\n" and run.stderr == b"", "a reader that is gone", run.stdout, run.stderr)
        clean(kit)
    with tap.case("standard input a terminal: usage"):
        ours_end, its_end = pty.openpty()
        run = subprocess.run([kit.bin / "pgp-seal", *map(str, kit.seal_words([acme], ours))], env=kit.environment, stdin=its_end, capture_output=True, timeout=20)
        must(run.returncode == 64 and b"terminal" in run.stderr, run.returncode, run.stderr)
        os.close(ours_end)
        os.close(its_end)
    with tap.case("many at once in one TMPDIR do not disturb each other"):
        runs = [subprocess.Popen([kit.bin / "pgp-seal", *map(str, kit.seal_words([acme], ours)), "plain"], cwd=kit.path, env=kit.environment,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) for _ in range(8)]
        for run in runs:
            out, err = run.communicate(timeout=60)
            must(run.returncode == 0 and err == b"", run.returncode, err)
            must(read(kit, out)[0] == PLAIN, "another text")
        clean(kit)


def main():
    options = arguments(__doc__)
    tap = Tap()
    try:
        kit = Kit(options.bin)
    except NotHere as lack:
        tap.skip("sealing", lack)
        return tap.end()
    with kit:
        ours, acme, other = kit.gpg_key("ours", encrypt=None), kit.gpg_key("acme"), kit.gpg_key("other", "rsa2048", "rsa2048")
        bytes_and_names(tap, kit, ours, acme, rng(options, "seal"))
        keys(tap, kit, ours, acme, other)
        signers(tap, kit, ours, acme)
        whole_or_not_at_all(tap, kit, ours, acme)
        with tap.case("nothing is left behind"):
            clean(kit)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
