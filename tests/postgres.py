"""postgres: a PostgreSQL of one's own for a test: made in a folder, reached by a Unix socket, run as a user who is not root.

    with Postgres() as server:
        url = server.url(schema)
"""
import glob
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

from tap import NotHere, must


def program(name):
    found = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"))[-1:] or [shutil.which(name)]
    if not found[0]:
        raise NotHere(f"there is no {name} of PostgreSQL")
    return found[0]


class Postgres:
    def __init__(self, durable=False):
        self.durable = durable
        self.initdb, self.postgres, self.psql = program("initdb"), program("postgres"), program("psql")
        self.user = None
        if os.geteuid() == 0:  # it refuses to run as root
            names = [name for name in ("postgres", "nobody") if any(p.pw_name == name for p in pwd.getpwall())]
            if not names:
                raise NotHere("a user who is not root is needed")
            self.user = names[0]

    def run(self, *argv, **more):
        return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, user=self.user, cwd="/", **more)

    def __enter__(self):
        shm = pathlib.Path("/dev/shm")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tidegate-pg-", dir=shm if os.access(shm, os.W_OK) else None))
        if self.user:
            shutil.chown(self.folder, self.user)
        self.folder.chmod(0o755)
        done = self.run(self.initdb, "-D", str(self.folder / "data"), "-A", "trust", "-U", "tester", "-N", "-E", "UTF8", "--no-locale")
        must(done.returncode == 0, "initdb:", done.stderr)
        self.start()
        return self

    def start(self):
        options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={self.folder}", "-c", "max_connections=40"]
        if not self.durable:  # it is the order of transactions that is tried, not the disk
            options += ["-c", "fsync=off", "-c", "full_page_writes=off"]
        self.log = open(self.folder.parent / (self.folder.name + ".log"), "ab")
        self.process = subprocess.Popen([self.postgres, "-D", str(self.folder / "data"), *options], stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log, user=self.user, cwd="/")
        for _ in range(300):
            if self.run(self.psql, "-h", str(self.folder), "-U", "tester", "-d", "postgres", "-c", "select 1").returncode == 0:
                return
            must(self.process.poll() is None, "postgres ended:", pathlib.Path(self.log.name).read_text()[-500:])
            time.sleep(0.1)
        must(False, "postgres does not answer")

    def kill(self):
        """As if the machine had stopped."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(60)
        self.log.close()

    def sql(self, text):
        done = self.run(self.psql, "-q", "-h", str(self.folder), "-U", "tester", "-d", "postgres", "-c", text)
        must(done.returncode == 0, "psql:", text, done.stderr)

    def url(self, schema):
        return f"postgresql:///postgres?host={self.folder}&user=tester&options=-csearch_path%3D{schema}"

    def __exit__(self, *_):
        self.kill()
        shutil.rmtree(self.folder)
        os.unlink(self.log.name)
