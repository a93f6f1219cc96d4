"""rows_pgp: pgp-open and pgp-seal against gpg by itself, in wall time: the work is done by a gpg that GPGME starts.

RSA-3072, AES-256 with MDC, signed; both sides write into a pipe to cat, as they do in use. gpg gives its text out before it has checked
it, ours does not.
"""
import contextlib
import pathlib
import shlex
import shutil
import subprocess
import tempfile

from measuring import Run, at_least, at_most, cached, megabytes, row
from peers import PEERS, NotHere


@contextlib.contextmanager
def new_keys():
    """A home of gpg's with one key: how gpg is called, and the words of our programs."""
    try:
        with tempfile.TemporaryDirectory(prefix="tg-bench-", dir="/tmp") as folder:  # a short path: the agent's socket lives in it
            gpg = ["gpg", "--homedir", folder, "--batch", "--quiet", "--yes", "--trust-model", "always", "--pinentry-mode", "loopback", "--passphrase", ""]

            def run(*words):
                return subprocess.run([*gpg, *words], stdin=subprocess.DEVNULL, capture_output=True, check=True).stdout

            run("--quick-generate-key", "bench <bench@example.test>", "rsa3072", "cert,sign", "never")
            fingerprint = next(line.split(":")[9] for line in run("--with-colons", "--list-keys").decode().splitlines() if line.startswith("fpr:"))
            run("--quick-add-key", fingerprint, "rsa3072", "encr", "never")
            public, secret = pathlib.Path(folder, "bench.pub"), pathlib.Path(folder, "bench.sec")
            public.write_bytes(run("--export", fingerprint))
            secret.write_bytes(run("--export-secret-keys", fingerprint))
            secret.chmod(0o600)
            words = ["--keys", str(public), "--secret-key", str(secret)]
            try:
                yield [*gpg, "-r", fingerprint, "-u", fingerprint], words
            finally:
                subprocess.run(["gpgconf", "--homedir", folder, "--kill", "all"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except FileNotFoundError as lack:
        raise NotHere(str(lack)) from None


@contextlib.contextmanager
def keys(b):
    """The same for all rows of a run."""
    yield b.once("keys of gpg", new_keys)


def piped(*argv):
    return ["sh", "-c", " ".join(map(shlex.quote, map(str, argv))) + " 2>/dev/null | cat"]


def here(b, name):
    """For a peer inside of a pipe, whose name does not begin the command."""
    try:
        return PEERS[name].command()
    except NotHere as lack:
        return b.leave_out(name, str(lack))


def rnp_home(b, secret_key):
    home = b.scratch / "rnp"
    if shutil.which("rnpkeys"):
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(mode=0o700)
        subprocess.run(["rnpkeys", "--homedir", home, "--notty", "--password", "", "--import", secret_key], stdin=subprocess.DEVNULL, capture_output=True)
    return home


OTHERS = (at_least("sq decrypt / ours, wall"), at_least("rnp --decrypt / ours, wall"))


def opening(b, compress):
    file = b.input("customers-csv", max(b.rows, 1_000_000) if b.size != "tiny" else None)  # or the start of gpg would be half of it
    with keys(b) as (gpg, words):
        message = b.scratch / "in.pgp"
        subprocess.run([*gpg, "-z", compress, "-o", message, "-s", "-e", file], stdin=subprocess.DEVNULL, capture_output=True, check=True)
        cached(message)
        runs = {"sq": ["sq", "decrypt", "--signer-cert", words[1], "--recipient-key", words[3], message],
                "rnp": ["rnp", "--homedir", rnp_home(b, words[3]), "--notty", "--password", "", "--output", "-", "--decrypt", message]}
        race = b.race(clock="wall", ours=Run(piped(b.tool("pgp-open"), *words, message), least=b.rounds), gpg=Run(piped(*gpg, "--decrypt", message), least=b.rounds),
                      **{name: Run(piped(*command)) for name, command in runs.items() if here(b, name)})
        message.unlink()
    return [race.ratio("ours", "gpg", "wall"), race.ratio("sq", "ours", "wall"), race.ratio("rnp", "ours", "wall")], f"{megabytes(file) / min(race['ours'].wall):.0f} MB/s, gpg {megabytes(file) / min(race['gpg'].wall):.0f}"


@row("pgp-open zip", at_most("ours / gpg --decrypt, compressed and signed, wall", 1.10, 1.03), *OTHERS)
def pgp_open_zip(b):
    return opening(b, "6")


@row("pgp-open plain", at_most("ours / gpg --decrypt, not compressed, signed, wall", 2.3, 1.1), *OTHERS)
def pgp_open_plain(b):
    return opening(b, "0")


@row("pgp-open many", at_most("ours in one run / gpg --decrypt a file, 300 files of 10 kB, wall", 1.5, 1.0),
     at_most("a file more", None, None, "ms"), slow=True)
def pgp_open_many(b):
    with keys(b) as (gpg, words):
        files = []
        plain = b.scratch / "plain"
        plain.write_bytes(b"0123456789,abcdefgh\n" * 500)
        count = 10 if b.size == "tiny" else 300
        for at in range(count):
            files.append(b.scratch / f"in-{at}.pgp")
            subprocess.run([*gpg, "-o", files[-1], "-s", "-e", plain], stdin=subprocess.DEVNULL, capture_output=True, check=True)
        loop = "for f in " + " ".join(map(str, files)) + "; do " + " ".join(map(shlex.quote, [*gpg, "--decrypt"])) + ' "$f" 2>/dev/null; done | cat'
        race = b.race(clock="wall", ours=Run(piped(b.tool("pgp-open"), *words, *files)), one=Run(piped(b.tool("pgp-open"), *words, files[0]), answer=None), gpg=Run(["sh", "-c", loop]))
        each = (min(race["ours"].wall) - min(race["one"].wall)) / (count - 1) * 1000
    return [race.ratio("ours", "gpg", "wall"), each], f"one alone {min(race['one'].wall) * 1000:.0f} ms; gpg {min(race['gpg'].wall) / count * 1000:.1f} ms a file"


@row("pgp-seal zip", at_most("ours / gpg --sign --encrypt, compressed, wall", None, 1.10))
def pgp_seal_zip(b):
    file = b.input("customers-csv", b.rows // 2)
    with keys(b) as (gpg, words):
        opened = piped(*gpg, "--decrypt")

        def text(path):
            return subprocess.run(opened, stdin=open(path, "rb"), capture_output=True, check=True).stdout == open(file, "rb").read()

        race = b.race(clock="wall", ours=Run(piped(b.tool("pgp-seal"), *words, file), answer=text, expect=True),
                      gpg=Run(piped(*gpg, "--compress-algo", "zip", "--digest-algo", "SHA256", "-o", "-", "-s", "-e", file), answer=text, expect=True))
    return [race.ratio("ours", "gpg", "wall")], f"{megabytes(file) / min(race['ours'].wall):.0f} MB/s"


# What a key home of ours has (common/pgp/home.c), so that gpg has the same to do.
CONFIGURATION = {
    "gpg.conf": "no-random-seed-file\nno-auto-check-trustdb\ntrust-model always\nno-auto-key-locate\ndisable-dirmngr\n",
    "gpg-agent.conf": "disable-scdaemon\nallow-loopback-pinentry\ns2k-count 1048576\n",
}


def by_gpg_alone(b, words, *operation):
    """CPU of gpg for one small file, from keys in files: a new home, both keys brought in by one process, the file, and an agent, which
    ends when its home goes. In milliseconds, less a shell."""
    with tempfile.TemporaryDirectory(prefix="tg-bench-", dir="/tmp") as folder:
        for name, text in CONFIGURATION.items():
            pathlib.Path(folder, name).write_text(text)
        gpg = shlex.join(["gpg", "--homedir", folder, "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""])
        script = f"{gpg} --import {shlex.join([words[1], words[3]])} 2>&1 && {gpg} {shlex.join(map(str, operation))} 2>&1 && exec rm -r {folder}"
        cpu = b.measure(["sh", "-c", script], orphans=True)[0]["cpu"]
        pathlib.Path(folder).mkdir(exist_ok=True)
    return (cpu - b.measure(["sh", "-c", "exec /bin/true"])[0]["cpu"]) / 1000


def start_above_gpg(b, words, command, *operation):
    floor = min(f["cpu"] for f in b.measure(["/bin/true"], times=10)) / 1000
    ours, theirs = [], []
    for _ in range(9):
        ours.append(b.measure(command)[0]["cpu"] / 1000 - floor)
        theirs.append(by_gpg_alone(b, words, *operation))
    return [min(ours) - min(theirs)], f"{min(ours):.1f} ms above true, gpg alone {min(theirs):.1f}"


@row("pgp-open start", at_most("CPU on one record above that of gpg alone, which brings in the keys, decrypts and has an agent", 3, 1, "ms"))
def pgp_open_start(b):
    with keys(b) as (gpg, words):
        message = b.scratch / "start.pgp"
        subprocess.run([*gpg, "-o", message, "-s", "-e", b.input("customers-csv", 1)], stdin=subprocess.DEVNULL, capture_output=True, check=True)
        return start_above_gpg(b, words, [b.tool("pgp-open"), *words, str(message)], "--decrypt", message)


@row("pgp-seal start", at_most("CPU on one record above that of gpg alone, which brings in the keys, signs and encrypts, and has an agent", 3, 1, "ms"))
def pgp_seal_start(b):
    file = b.input("customers-csv", 1)
    with keys(b) as (gpg, words):
        whose = gpg[gpg.index("-r"):]
        return start_above_gpg(b, words, [b.tool("pgp-seal"), *words, file], *whose, "--trust-model", "always", "-o", "-", "-s", "-e", file)
