"""pgp_kit: what the tests about PGP share: keys made by gpg, Sequoia and rnp in a folder that goes away, and how to call the programs.

    with Kit(options.bin) as kit:
        acme = kit.gpg_key("acme")                       # .public, .secret: files; .fpr
        message = kit.gpg("-r", ours.fpr, "-u", acme.fpr, "-s", "-e", stdin=b"text")
        opened = kit.open(message, secret=[ours], pins=[acme])
"""
import collections
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from tap import NotHere, Wrong, clean_environment, must

Key = collections.namedtuple("Key", "name fpr public secret")
Result = collections.namedtuple("Result", "exit out err meta")


def need(program):
    if not shutil.which(program):
        raise NotHere(f"there is no {program}")


def finish_line(log):
    """What the run log's last finish line says, or {}."""
    found = {}
    if log.is_file():
        for line in log.read_text().splitlines():
            entry = json.loads(line)
            if entry["event"] == "finish":
                found = entry
    return found


class Kit:
    def __init__(self, bin_dir):
        need("gpg")
        self.bin = bin_dir
        seal = bin_dir / "pgp-seal"
        self.slow = seal.exists() and b"__asan_init" in seal.read_bytes()  # a build with sanitizers, which need not see every combination
        # The agent's socket lives in the home, and its path must be short.
        self.folder = tempfile.TemporaryDirectory(prefix="tg-kit-", dir="/tmp")
        self.path = pathlib.Path(self.folder.name)
        self.home = self.path / "gpg"
        self.home.mkdir(mode=0o700)
        self.rnp_home = self.path / "rnp"
        self.rnp_home.mkdir(mode=0o700)
        self.tmp = self.path / "tmp"  # TMPDIR of the programs under test
        self.tmp.mkdir()
        self.environment = {k: v for k, v in clean_environment().items() if k != "GNUPGHOME"}
        self.environment.update(TMPDIR=str(self.tmp), HOME=str(self.path))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["gpgconf", "--homedir", self.home, "--kill", "all"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.folder.cleanup()

    def write(self, name, content):
        path = self.path / name
        path.write_bytes(content)
        return path

    # -- yardsticks --

    def tool(self, *command, stdin=b"", good=True):
        run = subprocess.run([str(word) for word in command], input=stdin, cwd=self.path, env=self.environment, capture_output=True, timeout=120)
        if good and run.returncode:
            raise Wrong(f"{command[0]} ended {run.returncode}: {' '.join(map(str, command))}\n{run.stderr.decode(errors='replace')}")
        return run

    def gpg(self, *args, stdin=b"", passphrase="", good=True):
        return self.tool("gpg", "--homedir", self.home, "--batch", "--quiet", "--no-tty", "--yes", "--trust-model", "always",
                         "--pinentry-mode", "loopback", "--passphrase", passphrase, *args, stdin=stdin, good=good).stdout

    def gpg_key(self, name, kind="ed25519", encrypt="cv25519", passphrase="", expire="never", faked=None, signs=None):
        """A key that signs, with a subkey that encrypts (encrypt=None: without)."""
        when = ["--faked-system-time", faked] if faked else []
        address = f"{name}@example.test"
        self.gpg(*when, "--quick-generate-key", f"{name} <{address}>", kind, "cert,sign", expire, passphrase=passphrase)
        fpr = self.fingerprint(address)
        if encrypt:
            self.gpg(*when, "--quick-add-key", fpr, encrypt, "encr", expire, passphrase=passphrase)
        if signs:
            self.gpg(*when, "--quick-add-key", fpr, signs, "sign", expire, passphrase=passphrase)
        return self.exported(name, fpr, passphrase)

    def exported(self, name, fpr, passphrase=""):
        public = self.write(f"{name}.pub", self.gpg("--export", fpr))
        secret = self.write(f"{name}.sec", self.gpg("--export-secret-keys", fpr, passphrase=passphrase))
        secret.chmod(0o600)
        return Key(name, fpr, public, secret)

    def fingerprint(self, user):
        return self.fingerprints(user)[0]

    def fingerprints(self, user):
        """The primary key's, then the subkeys'."""
        rows = [line.split(":") for line in self.gpg("--with-colons", "--list-keys", user).decode().splitlines()]
        return [row[9] for row in rows if row[0] == "fpr"]

    def learn(self, key):
        """Gives gpg a key that another program made."""
        self.gpg("--import", key.secret)
        return key

    def sq_key(self, name, suite="cv25519"):
        need("sq")
        secret, public = self.path / f"{name}.sec", self.path / f"{name}.pub"
        self.tool("sq", "key", "generate", "--userid", f"{name} <{name}@example.test>", "--cipher-suite", suite, "--export", secret)
        secret.chmod(0o600)
        self.tool("sq", "key", "extract-cert", "--output", public, secret)
        self.gpg("--import", secret)
        return Key(name, self.fingerprint(f"{name}@example.test"), public, secret)

    def rnp(self, *args, stdin=b"", good=True):
        need("rnp")
        return self.tool("rnp", "--homedir", self.rnp_home, "--notty", "--password", "", *args, stdin=stdin, good=good)

    def rnpkeys(self, *args):
        need("rnpkeys")
        return self.tool("rnpkeys", "--homedir", self.rnp_home, "--notty", "--password", "", *args)

    def rnp_key(self, name, bits=3072):
        secret, public = self.path / f"{name}.sec", self.path / f"{name}.pub"
        self.rnpkeys("--generate-key", "--userid", f"{name}@example.test", "--numbits", bits)
        self.rnpkeys("--export-key", "--userid", f"{name}@example.test", "--output", public)
        self.rnpkeys("--export-key", "--secret", "--userid", f"{name}@example.test", "--output", secret)
        secret.chmod(0o600)
        self.gpg("--import", secret)
        return Key(name, self.fingerprint(f"{name}@example.test"), public, secret)

    # -- the programs --

    def open_words(self, secret, pins, public=None):
        """The options of pgp-open: our secret keys, the public keys at hand (those of the pins), the pins."""
        words = []
        for key in secret:
            words += ["--secret-key", key.secret]
        for key in pins if public is None else public:
            words += ["--keys", key.public]
        for key in pins:
            words += ["--signer", key.fpr]
        return words

    def seal_words(self, recipients, signer):
        words = ["--secret-key", signer.secret]
        for key in recipients:
            words += ["--keys", key.public]
        return words

    def run(self, name, *args, stdin=b"", variables=None, timeout=120, preexec=None):
        if not (self.bin / name).exists():
            raise NotHere(f"there is no {name}: it was not built")
        log = self.path / "run.jsonl"
        log.unlink(missing_ok=True)
        run = subprocess.run([self.bin / name, "--run", log, *map(str, args)], input=stdin if isinstance(stdin, bytes) else None,
                             stdin=None if isinstance(stdin, bytes) else stdin, cwd=self.path, env={**self.environment, **(variables or {})},
                             capture_output=True, timeout=timeout, start_new_session=True, preexec_fn=preexec)
        return Result(run.returncode, run.stdout, run.stderr.decode(errors="replace"), finish_line(log).get("meta", {}))

    def open(self, message, secret, pins, *more, public=None, **how):
        """message: bytes, or a path."""
        path = self.write("message.pgp", message) if isinstance(message, bytes) else message
        return self.run("pgp-open", *self.open_words(secret, pins, public), *more, path, **how)

    def seal(self, plain, recipients, signer, *more, **how):
        path = self.write("plain", plain) if isinstance(plain, bytes) else plain
        return self.run("pgp-seal", *self.seal_words(recipients, signer), *more, path, **how)

    def leftovers(self):
        """What the programs left in TMPDIR, and agents of homes there."""
        found = [str(path.relative_to(self.tmp)) for path in self.tmp.rglob("*")]
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                line = pathlib.Path("/proc", pid, "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if str(self.tmp) in line and ("gpg" in line or "pgp-" in line):
                found.append(f"process {pid}: {line}")
        return found


def clean(kit):
    # A gpg whose program was killed notices when it next reads or writes.
    end = time.monotonic() + 3
    while (left := kit.leftovers()) and time.monotonic() < end:
        time.sleep(0.05)
    must(not left, "left behind:", *left)
