#!/usr/bin/env python3
"""lost_store: PostgreSQL whose connection is cut at any statement, before or after the server has heard it; and waits for a store
that another writer holds, which end at a signal.

    tests/crash/lost_store.py --bin DIR [--long]
"""
import json
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from dedupe import FIRST, SECOND, Bench, both, lines  # noqa: E402
from postgres import Postgres  # noqa: E402
from programs import arguments  # noqa: E402
from tap import NotHere, Tap, must  # noqa: E402


class Proxy:
    """Between the programs and the server. The connection `which` (they are counted) is cut at its n-th message, the first excepted:
    before it is handed on, or when the server has answered and nobody heard it."""

    def __init__(self, server):
        self.server = str(server.folder / ".s.PGSQL.5432")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tidegate-proxy-"))
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(self.folder / ".s.PGSQL.5432"))
        self.socket.listen(20)
        self.plan(None, 0, False)
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        shutil.rmtree(self.folder)

    def url(self, server, schema):
        return server.url(schema).replace(f"host={server.folder}", f"host={self.folder}")

    def plan(self, which, n, heard):
        self.which, self.n, self.heard = which, n, heard
        self.connections, self.said = 0, {}

    def accept(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            number, self.connections = self.connections, self.connections + 1
            self.said[number] = []
            threading.Thread(target=self.serve, args=(client, number), daemon=True).start()

    def serve(self, client, number):
        server = socket.socket(socket.AF_UNIX)
        server.connect(self.server)
        deaf = threading.Event()
        threading.Thread(target=self.answer, args=(server, client, deaf), daemon=True).start()
        try:
            while data := client.recv(1 << 20):
                said = self.said[number]
                said.append(data)
                if number == self.which and len(said) == self.n + 2:
                    if self.heard:
                        deaf.set()
                        server.sendall(data)
                        time.sleep(0.03)
                    break
                server.sendall(data)
        except OSError:
            pass
        for end in (client, server):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()

    def answer(self, server, client, deaf):
        try:
            while data := server.recv(1 << 20):
                if deaf.is_set():
                    continue
                client.sendall(data)
            client.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def is_commit(data):
    return b"commit\0" in data


def cut_everywhere(tap, bench, server, proxy, options):
    with tap.case("the connection is cut at any statement, heard or not"):
        made = 0

        def fresh():
            nonlocal made
            made += 1
            server.sql(f"create schema c{made}")
            bench.url = proxy.url(server, f"c{made}")
            return bench.fresh()

        cwd = fresh()
        proxy.plan(None, 0, False)
        status, out = bench.run(cwd, FIRST)
        must(status == [0, 0], "a clean run:", status, out)
        said = [proxy.said[0][1:], proxy.said[1][1:]]
        landed = 0
        for which, statements in enumerate(said):
            commits = [n for n, data in enumerate(statements) if is_commit(data)]
            some = sorted({*commits, *range(0, len(statements), 1 if options.long else 3)})
            must(len(commits) > 2, "so few commits:", commits)
            for n in some:
                for heard in (False, True):
                    cwd = fresh()
                    proxy.plan(which, n, heard)
                    status, out = bench.run(cwd, FIRST)
                    when = f"connection {which} cut at statement {n} ({statements[n][:60]!r}), {'' if heard else 'not '}heard"
                    must(status[-1] in (0, 69, 75), f"{when}: a status that asks for no retry:", status, out, (cwd / "err-1").read_text())
                    if which and is_commit(statements[n]):  # A7: it looks again
                        must(status == [0, 0], f"{when}: it did not look again:", status, out, (cwd / "err-1").read_text())
                        must("state" not in json.loads(out), f"{when}: in doubt:", out)
                    landed += status[-1] == 0
                    proxy.plan(None, 0, False)
                    for records in (FIRST, SECOND):
                        bench.until_done(cwd, records, when)
                    bench.judge(cwd, both(FIRST, SECOND), when)
                    shutil.rmtree(cwd)
        print(f"# {made} runs, {landed} landed at once")
        bench.url = None


def restored(tap, bench, server, proxy):
    """A replica that lagged takes over while dedupe reads."""
    with tap.case("behind a lost connection answers an older state of the store: 78"):
        server.sql("create schema older")
        bench.url = proxy.url(server, "older")
        proxy.plan(None, 0, False)
        cwd = bench.fresh()
        for at, change, expected in ((0, "select 1", 0), (1, "update older.tidegate_store set clock = clock - 1", 78)):
            bench.until_done(cwd, FIRST, "before")
            argv = [str(bench.bin / "dedupe"), "--key", "/id", "--state", bench.url]
            process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            process.stdin.write(lines(FIRST[:1]))
            process.stdin.flush()
            time.sleep(0.3)
            server.kill()
            server.start()
            server.sql(change)
            out, err = process.communicate(lines(FIRST[1:]), timeout=30)
            must(process.returncode == expected and out == b"", f"round {at}: status", process.returncode, err)
        bench.url = None


def ends_soon(process, what):
    time.sleep(0.4)
    must(process.poll() is None, what, "does not wait")
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    status = process.wait(30)
    took = time.monotonic() - began
    must(status == -signal.SIGTERM and took < 2, what, "ended", status, "after", round(took, 1), "s:", process.stderr.read())


def waits_end(tap, bench, server):
    def dedupe(url):
        process = subprocess.Popen([str(bench.bin / "dedupe"), "--key", "/id", "--state", str(url)], stdin=subprocess.PIPE,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        process.stdin.write(lines(FIRST))
        process.stdin.close()
        return process

    with tap.case("a wait for a SQLite store ends at a signal"):
        path = bench.fresh() / "s.db"
        must(dedupe(path).wait(30) == 0, "a clean run")
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("begin immediate")
        ends_soon(dedupe(path), "SQLite")
        holder.execute("rollback")
        must(dedupe(path).wait(30) == 0, "a clean run")
    if not server:
        return
    with tap.case("a wait for a PostgreSQL store ends at a signal"):
        server.sql("create schema held")
        url = server.url("held")
        must(dedupe(url).wait(30) == 0, "a clean run")
        holder = subprocess.Popen([server.psql, "-q", "-h", str(server.folder), "-U", "tester", "-d", "postgres"], stdin=subprocess.PIPE,
                                  stdout=subprocess.DEVNULL, user=server.user, cwd="/")
        holder.stdin.write(b"begin; select 1 from held.tidegate_store for update;\n")
        holder.stdin.flush()
        time.sleep(0.4)
        ends_soon(dedupe(url), "PostgreSQL")
        holder.stdin.close()
        holder.wait(30)
        must(dedupe(url).wait(30) == 0, "a clean run")


def main():
    options = arguments(__doc__.splitlines()[0])
    tap = Tap()
    with Bench(options) as bench:
        try:
            server = Postgres()
        except NotHere as lack:
            waits_end(tap, bench, None)
            tap.skip("PostgreSQL's connection is lost", lack)
            return tap.end()
        with server, Proxy(server) as proxy:
            waits_end(tap, bench, server)
            cut_everywhere(tap, bench, server, proxy, options)
            restored(tap, bench, server, proxy)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
