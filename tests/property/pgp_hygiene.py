#!/usr/bin/env python3
"""pgp_hygiene: what pgp-open and pgp-seal touch, and what is left of them: under strace, and after each way to end.

No network, no configuration of the user's, no file but in the key home, the spool and the run log, no plain text on its way before
gpg has ended, no core, no secret in arguments, environment or memory, and no process, home or spool afterwards.
"""
import collections
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from pgp_kit import Kit, clean, need  # noqa: E402
from programs import NotHere, Tap, arguments, must  # noqa: E402

PASSPHRASE = "correct horse battery staple 7141"
PLAIN = b"id,name\n" + b"".join(b"%d,tide table of the year %d\n" % (i, i) for i in range(20000))
MARK = b"tide table of the year"

# One of each program: its words but for the message or file.
Way = collections.namedtuple("Way", "name words file plain_out")


def hostile_homes(kit):
    """Where GnuPG would look; gpg does not even start with such a configuration."""
    found = [kit.path / ".gnupg", kit.path / "other-home"]
    for home in found:
        home.mkdir(mode=0o700)
        for name in ("gpg.conf", "gpg-agent.conf", "dirmngr.conf", "common.conf", "gpgsm.conf"):
            (home / name).write_text("this-is-no-option\n")
    return found


# -- strace -----------------------------------------------------------------------------------------------------------------------

CALL = re.compile(r"^(\d+) +(?:[\d.]+ )?(\w+)\((.*)$")


def no_leaks():
    """The leak sanitizer cannot work in a process that is traced."""
    return {"ASAN_OPTIONS": f"{os.environ.get('ASAN_OPTIONS', '')}:detect_leaks=0"}


def strace(kit, way, *more, target=None, variables=None, faults=()):
    need("strace")
    log = kit.path / "strace"
    out = target or kit.path / "traced.out"
    with open(out, "wb") as stdout:
        run = subprocess.run(
            ["strace", "-f", "-yy", "-v", "-s", "65536", "-o", log, "-e",
             "trace=execve,execveat,socket,connect,sendto,sendmsg,openat,open,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,link,linkat,symlink,"
             "symlinkat,write,writev,pwrite64,splice,sendfile,copy_file_range,tee,vmsplice,prlimit64,setrlimit,prctl,exit_group,kill,chmod,fchmod,truncate",
             *faults, kit.bin / way.name, "--run", kit.path / "run.jsonl", *map(str, way.words), *more, str(way.file)],
            cwd=kit.path, env={**kit.environment, **no_leaks(), **(variables or {})}, stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE,
            timeout=120, start_new_session=True)
    lines = log.read_text(errors="surrogateescape").splitlines()
    # A call that was interrupted by another process's line is put together again.
    begun, whole = {}, []
    for line in lines:
        pid = line.split(" ", 1)[0]
        if line.endswith("<unfinished ...>"):
            begun[pid] = line[:-len("<unfinished ...>")].rstrip()
            whole.append([pid, len(whole)])
            begun[pid + "/at"] = len(whole) - 1
            continue
        resumed = re.match(r"^\d+ +(?:[\d.]+ )?<\.\.\. \w+ resumed>(.*)$", line)
        if resumed and pid in begun:
            whole[begun.pop(pid + "/at")] = begun.pop(pid) + resumed.group(1)
            continue
        whole.append(line)
    for pid in [p for p in begun if "/" not in p]:  # it never came back
        whole[begun[pid + "/at"]] = begun[pid]
    return run, [line for line in whole if isinstance(line, str)]


def calls(lines, *names):
    for line in lines:
        found = CALL.match(line)
        if found and found.group(2) in names:
            yield found.group(1), found.group(2), found.group(3)


def failed(rest):
    return re.search(r"= -1 E", rest) is not None


def network(lines):
    for _, name, rest in calls(lines, "socket", "connect"):
        must("AF_INET" not in rest and "AF_NETLINK" not in rest and "AF_PACKET" not in rest, "the network is touched:", name, rest[:200])
        if name == "connect":
            path = re.search(r'sun_path=@?"([^"]*)"', rest)
            must(path, "an odd connection:", rest[:200])
            must(path.group(1).endswith("/S.gpg-agent") and "tidegate-pgp-" in path.group(1) or path.group(1).startswith(("/var/run/nscd/", "/run/nscd/", "/run/user/", "/var/run/user/")),
                 "a connection to", path.group(1))


def users_configuration(lines, homes):
    for _, _, rest in calls(lines, "openat", "open"):
        must(not any(f'"{home}' in rest for home in homes), "looked into the user's GnuPG home:", rest[:200])


def paths(rest):
    return re.findall(r'"((?:[^"\\]|\\.)*)"', rest)


def writes_elsewhere(lines, kit, allowed):
    """Files that are made, opened for writing, moved or removed."""
    good = [re.compile(pattern) for pattern in (r".*/tidegate-pgp-\w{6}(/.*)?$", r"/dev/(null|tty|urandom)$", r"/(tmp|var/tmp)/tidegate-\d+(/.*)?$",
                                                re.escape(str(kit.path / "run.jsonl")) + "$", r"/proc/self/.*", *allowed)]
    for _, name, rest in calls(lines, "openat", "open", "creat", "mkdir", "mkdirat", "rename", "renameat", "renameat2", "unlink", "unlinkat", "link", "linkat", "symlink",
                               "symlinkat", "chmod", "truncate"):
        if failed(rest) or (name in ("open", "openat") and not re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TMPFILE", rest)):
            continue
        # unlinkat(3</home>, "name"): the folder stands behind the descriptor.
        folder = re.match(r"(?:\d+|AT_FDCWD)<([^>]*)>", rest)
        for path in paths(rest):
            full = path if path.startswith("/") else f"{folder.group(1) if folder else kit.path}/{path}"
            must(any(pattern.match(full) for pattern in good), "writes elsewhere:", name, rest[:240])


def one_way_out(lines, target, main, deciders):
    """Bytes to stdout: by the program alone, and after each gpg that decrypts or signs has ended."""
    ended, began, first = {}, [], None
    for at, line in enumerate(lines):
        pid = line.split(" ", 1)[0]
        if "execve(" in line and re.search(deciders, line) and not failed(line):
            began.append(pid)
        if re.search(r"\+\+\+ (exited|killed)", line):
            ended[pid] = at
        found = CALL.match(line)
        if found and found.group(2) in ("write", "writev", "pwrite64", "splice", "sendfile", "copy_file_range", "vmsplice") and f"<{target}" in found.group(3):
            must(pid == main, "another process writes to standard output:", line[:200])
            first = at if first is None else first
    must(began, "no gpg was started, so this shows nothing")
    must(first is not None, "nothing was written to standard output, so this shows nothing")
    for pid in began:
        must(pid in ended, "gpg", pid, "outlived the program")
        must(ended[pid] < first, "bytes on standard output before gpg has ended: line", first, "and", ended[pid])


def no_plain_text(lines, target):
    """Plain text goes into the spool (a file without a name), into a pipe between our processes, and to stdout: nowhere else."""
    for _, name, rest in calls(lines, "write", "writev", "pwrite64", "sendto", "sendmsg"):
        if MARK.decode() in rest:
            where = re.match(r"\d+<([^>]*)>", rest)
            must(where and (where.group(1).startswith(("pipe:", str(target))) or "(deleted)" in rest[:300] or "/#" in where.group(1)),
                 "plain text is written to", rest[:120])


def traced(tap, kit, way, homes, deciders):
    target = kit.path / "traced.out"
    with tap.case(f"{way.name}: no network, no configuration of the user's, nothing written elsewhere, one way out"):
        run, lines = strace(kit, way, variables={"GNUPGHOME": str(homes[1]), "GPG_AGENT_INFO": f"{homes[1]}/S:1:1", "GPGME_DEBUG": f"9:{kit.path}/debug"})
        must(run.returncode == 0, "status", run.returncode, run.stderr)
        network(lines)
        users_configuration(lines, homes)
        writes_elsewhere(lines, kit, [re.escape(str(kit.tmp)) + r"(/#\d+.*|/?)$", re.escape(str(kit.path / "traced.out"))])
        main = lines[0].split(" ", 1)[0]
        one_way_out(lines, target, main, deciders)
        no_plain_text(lines, target)
        must(not (kit.path / "debug").exists(), "GPGME_DEBUG was heard")
    with tap.case(f"{way.name}: no core dumps, here and below"):
        must(any("RLIMIT_CORE" in rest and "rlim_cur=0" in rest and "rlim_max=0" in rest for _, _, rest in calls(lines, "prlimit64", "setrlimit")), "RLIMIT_CORE is not set")
        if not kit.slow:
            must(any("PR_SET_DUMPABLE, 0" in rest or "PR_SET_DUMPABLE, SUID_DUMP_DISABLE" in rest for _, _, rest in calls(lines, "prctl")), "PR_SET_DUMPABLE is not set")
    with tap.case(f"{way.name}: the passphrase is in no argument and no environment, from a file or from a variable"):
        for spec, variables in ((f"file:{kit.path}/word", {}), ("env:WORD", {"WORD": PASSPHRASE})):
            run, lines = strace(kit, Way(way.name, [*way.words, "--passphrase", spec] if spec.startswith("env") else way.words, way.file, way.plain_out)
                                if not has(way, "--passphrase") else replaced(way, spec), variables=variables)
            must(run.returncode == 0, spec, "status", run.returncode, run.stderr)
            children = [rest for _, _, rest in calls(lines, "execve", "execveat")][1:]
            must(children, "no children")
            must(not any(PASSPHRASE in rest for rest in children), spec, "a child got it")
            for _, name, rest in calls(lines, "write", "sendto", "sendmsg", "writev"):
                if PASSPHRASE in rest:
                    must(re.match(r"\d+<(pipe:|UNIX|unix|socket:)", rest), spec, "it is written to", rest[:100])
    clean(kit)


def has(way, option):
    return option in way.words


def replaced(way, spec):
    words = list(way.words)
    words[words.index("--passphrase") + 1] = spec
    return way._replace(words=words)


# -- memory -----------------------------------------------------------------------------------------------------------------------

def memory(pid):
    """The bytes of all that a process may write to."""
    found = []
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            span, rights = line.split()[:2]
            low, high = (int(part, 16) for part in span.split("-"))
            if "w" in rights and high - low < 1 << 30:
                try:
                    mem.seek(low)
                    found.append(mem.read(high - low))
                except OSError:
                    pass
    return found


def wiped(tap, kit, way):
    """Stopped on its way out (the trace delays its last call), the process is looked into."""
    for spec, variables in ((f"file:{kit.path}/word", {}), ("env:WORD", {"WORD": PASSPHRASE})):
        with tap.case(f"{way.name}: no passphrase and no secret key in memory at the end, from {spec.split(':')[0]}"):
            need("strace")
            if kit.slow:
                raise NotHere("a sanitizer keeps what was freed")
            way = replaced(way, spec)
            with open(kit.path / "traced.out", "wb") as stdout:
                process = subprocess.Popen(
                    ["strace", "-o", "/dev/null", "-e", "trace=exit_group", "-e", "inject=exit_group:delay_enter=1500000", "-e", "signal=none",
                     kit.bin / way.name, *map(str, way.words), str(way.file)], cwd=kit.path, env={**kit.environment, **variables},
                    stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE, start_new_session=True)
            try:
                pid, end = None, time.monotonic() + 90
                # It is at its end when stdout is whole and there is no child of it left.
                while time.monotonic() < end and process.poll() is None:
                    pid = child_named(process.pid, way.name)
                    if pid and at_exit(pid):
                        break
                    time.sleep(0.02)
                must(pid and process.poll() is None, "it was not caught at its end", process.poll())
                try:
                    pieces = memory(pid)
                except PermissionError:
                    raise NotHere("this user may not look into other processes") from None
                must(any(b"--secret-key" in piece for piece in pieces), "its arguments are not found, so this shows nothing")
                must(not any(PASSPHRASE.encode() in piece for piece in pieces), "the passphrase is still there")
                must(not any(kit.needle in piece for piece in pieces), "the secret key is still there")
            finally:
                process.communicate(timeout=60)
            must(process.returncode == 0, "status", process.returncode)


def child_named(pid, name):
    try:
        for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            if pathlib.Path(f"/proc/{child}/comm").read_text().strip() == name[:15]:
                return int(child)
    except OSError:
        pass
    return None


def at_exit(pid):
    """Whether its system call is exit_group (231 on x86-64, 94 on arm64)."""
    try:
        words = pathlib.Path(f"/proc/{pid}/syscall").read_text().split()
    except OSError:
        return False
    return words[:1] in (["231"], ["94"])


def working(kit):
    """The gpg that opens or seals a message in a home of ours."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            words = pathlib.Path("/proc", pid, "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0] == b"gpg" and os.fsencode(kit.tmp) in b" ".join(words) and (b"--decrypt" in words or b"--encrypt" in words):
            found.append(int(pid))
    return found


# -- ends -------------------------------------------------------------------------------------------------------------------------

def ends(tap, kit, way, refused_words):
    environment = kit.environment
    command = [str(kit.bin / way.name), "--run", str(kit.path / "run.jsonl"), *map(str, way.words)]

    with tap.case(f"{way.name}: after success and after a refusal nothing is left"):
        for words, good in ((way.words, True), (refused_words, False)):
            run = subprocess.run([str(kit.bin / way.name), *map(str, words), str(way.file)], env=environment, capture_output=True, timeout=60, start_new_session=True)
            must((run.returncode == 0) == good, "status", run.returncode, run.stderr)
            must(good or run.stdout == b"", "bytes on stdout in spite of the refusal")
            clean(kit)
    content = pathlib.Path(way.file).read_bytes()
    all_moments = (0.05, 0.1, "half") if kit.slow else (0.0, 0.03, 0.06, 0.1, 0.15, "half", "end")
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL):
        with tap.case(f"{way.name}: {number.name} at its start, in the middle and near the end: nothing is left"):
            for moment in all_moments if number in (signal.SIGTERM, signal.SIGKILL) else all_moments[-2:]:
                process = subprocess.Popen([*command, "-"] if way.name == "pgp-open" else [*command, "--upstream", "any"], env=environment, stdin=subprocess.PIPE,
                                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
                if isinstance(moment, float):
                    time.sleep(moment)
                else:
                    process.stdin.write(content if moment == "end" else content[:len(content) // 2])
                    process.stdin.flush()
                    time.sleep(0.3)
                process.send_signal(number)
                began = time.monotonic()
                code = process.wait(10)
                must(time.monotonic() - began < 2.5, moment, "took", time.monotonic() - began, "s to end")
                must(code == -number, moment, "ended with", code, process.stderr.read())
                out = process.stdout.read()
                must(out == b"", moment, len(out), "bytes on stdout of a message that was not whole")
                process.stdin.close()
                if number == signal.SIGKILL:
                    run = subprocess.run([*command, str(way.file)], env=environment, capture_output=True, timeout=60, start_new_session=True)
                    must(run.returncode == 0, moment, "the next run:", run.returncode, run.stderr)
                clean(kit)
    with tap.case(f"{way.name}: gpg killed in the middle is a reason to try again, and no word about the message; a crash may be its doing"):
        for number, status in ((signal.SIGKILL, (75, 74)), (signal.SIGSEGV, (77, 74))):
            process = subprocess.Popen([*command, "-"] if way.name == "pgp-open" else [*command, "--upstream", "any"], env=environment, stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
            process.stdin.write(content[:len(content) // 2])
            process.stdin.flush()
            end = time.monotonic() + 10
            while not (found := working(kit)) and time.monotonic() < end:
                time.sleep(0.02)
            must(found, "no gpg is at work")
            time.sleep(0.1)
            os.kill(found[0], number)
            try:
                process.stdin.write(content[len(content) // 2:])
                process.stdin.close()
            except BrokenPipeError:
                pass
            must(process.wait(20) == status[way.name == "pgp-seal"], number.name, "ended with", process.returncode, process.stderr.read())
            must(process.stdout.read() == b"", "bytes on stdout")
            clean(kit)
    with tap.case(f"{way.name}: SIGTERM to the whole process group, as Airflow and systemd send it"):
        process = subprocess.Popen([*command, "-"] if way.name == "pgp-open" else [*command, "--upstream", "any"], env=environment, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        process.stdin.write(content[:len(content) // 2])
        process.stdin.flush()
        time.sleep(0.3)
        os.killpg(process.pid, signal.SIGTERM)
        must(process.wait(10) == -signal.SIGTERM, "ended with", process.returncode, process.stderr.read())
        must(process.stdout.read() == b"", "bytes on stdout")
        process.stdin.close()
        clean(kit)
    with tap.case(f"{way.name}: a reader that is gone: 141, nothing left"):
        run = subprocess.run(["bash", "-c", '"$@" | (exec true); exit ${PIPESTATUS[0]}', "-", *command, str(way.file)], env=environment, capture_output=True, timeout=60,
                             start_new_session=True)
        must(run.returncode == 141 and run.stderr == b"", "status", run.returncode, run.stderr)
        clean(kit)


def main():
    options = arguments(__doc__)
    tap = Tap()
    try:
        kit = Kit(options.bin)
    except NotHere as lack:
        tap.skip("hygiene", lack)
        return tap.end()
    with kit:
        homes = hostile_homes(kit)
        ours = kit.gpg_key("ours", "rsa2048", "rsa2048", passphrase=PASSPHRASE)
        acme = kit.gpg_key("acme")
        other = kit.gpg_key("other")
        word = kit.write("word", PASSPHRASE.encode() + b"\n")
        word.chmod(0o600)
        secret = ours.secret.read_bytes()
        kit.needle = secret[-400:-368]  # of the encrypted secret numbers of a key: in no public key
        plain = kit.write("plain.csv", PLAIN)
        message = kit.write("in.pgp", kit.gpg("-r", ours.fpr, "-u", acme.fpr, "-s", "-e", "-z", "0", stdin=PLAIN))
        passphrase = ["--passphrase", f"file:{word}"]
        rows = [
            (Way("pgp-open", [*kit.open_words([ours], [acme]), *passphrase], message, True), [*kit.open_words([ours], [other]), *passphrase], r'"--decrypt"'),
            (Way("pgp-seal", [*kit.seal_words([acme], ours), *passphrase], plain, False), [*kit.seal_words([acme], ours)], r'"--encrypt"'),
        ]
        for way, refused_words, deciders in rows:
            if not (options.bin / way.name).exists():
                tap.skip(way.name, f"there is no {way.name}: it was not built")
                continue
            traced(tap, kit, way, homes, deciders)
            wiped(tap, kit, way)
            ends(tap, kit, way, refused_words)
        for home in homes:
            shutil.rmtree(home)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
