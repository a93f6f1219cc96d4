#!/usr/bin/env python3
"""bad_input: what comes from outside broken, huge or hostile, and a world that fails: a clear error with its place, nothing lost,
bounded memory."""
import json
import os
import pathlib
import resource
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import Scratch, Tap, arguments, balanced, clean_environment, must, slow_build  # noqa: E402

MiB = 1 << 20


def one_line(err, *words):
    lines = err.splitlines()
    must(lines, "no message")
    for word in words:
        must(word in err, f"the message does not say {word!r}:", err)


def stream(command):
    """The standard output of a shell line, as a file to read."""
    return subprocess.Popen(["bash", "-c", command], stdout=subprocess.PIPE).stdout


def files(tap, scratch):
    any_contract = scratch.write("any.json", {})
    with tap.case("empty input: csv2json 65, validate 0"):
        result = scratch.run("csv2json")
        must(result.exit == 65 and result.out == b"", "exit", result.exit)
        one_line(result.err, "empty")
        result = scratch.run("validate", "-c", any_contract)
        must(result.exit == 0 and result.out == b"", "exit", result.exit, result.err)
    with tap.case("a file cut within a quoted field"):
        result = scratch.run("csv2json", stdin=b'id,name\n1,a\n2,"b')
        must(result.exit == 65 and result.out == b'{"id":"1","name":"a"}\n', "exit", result.exit, result.out)
        one_line(result.err, "line 3")
    with tap.case("binary bytes are rejects, each kept"):
        noise = bytes(range(256)) * 40
        result = scratch.run("validate", "-c", any_contract, "--max-rejects", "100%", stdin=noise)
        must(result.exit == 0 and balanced(result)["rejected"] > 0, "exit", result.exit, result.err)
        result = scratch.run("csv2json", "--max-rejects", "100%", stdin=b"a,b\n" + noise)
        must(result.exit in (0, 65), "exit", result.exit, result.err)
        result = scratch.run("csv2json", stdin=noise)
        must(result.exit == 65 and result.out == b"", "a binary header: exit", result.exit)
    with tap.case("bad UTF-8 and NUL are named"):
        result = scratch.run("validate", "-c", any_contract, "--max-rejects", "100%", stdin=b'{"a":"\xff"}\n{"a":"\x00"}\n{"a":1\x00}\n1\n')
        must([r["code"] for r in result.rejects] == ["encoding", "json", "json"], "codes", [r["code"] for r in result.rejects])
        must(result.out == b"1\n", "out", result.out)
    with tap.case("an input that is not there, a directory"):
        result = scratch.run("csv2json", "no-such.csv")
        must(result.exit == 66, "exit", result.exit)
        one_line(result.err, "no-such.csv", "No such file")
        must(scratch.run("csv2json", ".").exit == 66, "a directory")
    with tap.case("output equal to input"):
        path = scratch.write("same.csv", b"a\n1\n")
        with open(path, "ab") as out:
            result = scratch.run("csv2json", path, stdout=out)
        must(result.exit == 64 and path.read_bytes() == b"a\n1\n", "exit", result.exit, path.read_bytes())


def depth(tap, scratch):
    contract = scratch.write("any.json", {})
    with tap.case("depth 100,000, with a stack of 256 KiB"):
        deep = b"[" * 100000 + b"]" * 100000 + b"\n" + b'{"a":' * 100000 + b"1" + b"}" * 100000 + b"\n[[[]]]\n"
        result = scratch.run("validate", "-c", contract, "--max-rejects", "100%", stdin=deep,
                             preexec=lambda: resource.setrlimit(resource.RLIMIT_STACK, (256 << 10, 256 << 10)))
        must([r["code"] for r in result.rejects] == ["depth", "depth"], "exit", result.exit, result.err)
        must(result.out == b"[[[]]]\n", "out", result.out)


def sizes(tap, scratch, options):
    contract = scratch.write("any.json", {})
    size = 1024 if options.long else 96
    with tap.case(f"a line of {size} MiB is kept, in bounded memory, and the next record goes on"):
        line = stream(f"head -c {size}M /dev/zero | tr '\\0' x; printf '\\n{{\"a\":1}}\\n'")
        result = scratch.run("validate", "-c", contract, "--max-rejects", "100%", stdin=line, rejects=None)
        must(result.exit == 0 and result.out == b'{"a":1}\n', "exit", result.exit, result.err)
        line = stream(f"head -c {size}M /dev/zero | tr '\\0' x; printf '\\n{{\"a\":1}}\\n'")
        reject_file = scratch.path / "big.jsonl"
        result = scratch.run("validate", "-c", contract, "--max-rejects", "100%", "--rejects", reject_file, stdin=line, rejects=None)
        must(result.exit == 0 and result.out == b'{"a":1}\n', "exit", result.exit, result.err)
        must(slow_build(options) or result.rss < 100 * MiB, "peak memory", result.rss // MiB, "MiB")
        must(abs(reject_file.stat().st_size - size * MiB * 4 / 3) < 1000, "kept", reject_file.stat().st_size)
        reject_file.unlink()
    with tap.case("records over --max-record, JSON and CSV: each one reject, its neighbours pass"):
        data = b'{"a":1}\n{"a":"' + b"y" * 5000 + b'"}\n{"a":2}\n'
        result = scratch.run("validate", "-c", contract, "--max-record", "1KiB", "--max-rejects", "1", stdin=data)
        must(result.out == b'{"a":1}\n{"a":2}\n' and [r["code"] for r in result.rejects] == ["too-long"], result.out, result.err)
        must(result.rejects[0]["at"] == {"line": 2, "offset": 8}, "at", result.rejects[0]["at"])
        for engine in ("scan", "libcsv"):
            for big in (b"z" * 5000, b"z" * 600000):
                csv = b"a,b\n1,2\n3," + big + b"\n4,5\n"
                result = scratch.run("csv2json", "--engine", engine, "--max-record", "1KiB", "--max-rejects", "1", stdin=csv)
                must(result.out == b'{"a":"1","b":"2"}\n{"a":"4","b":"5"}\n', engine, "out", result.out, result.err)
                must([(r["code"], r["at"]["line"]) for r in result.rejects] == [("too-long", 3)], engine, "rejects", result.err)
    with tap.case("an unclosed quote over the limit is one reject up to a line end, and reading goes on"):
        csv = b'a,b\n1,"open\n' + b"x,y\n" * 2000 + b"8,9\n"
        result = scratch.run("csv2json", "--max-record", "1KiB", "--max-rejects", "100%", stdin=csv)
        must(result.exit == 0 and result.out.endswith(b'{"a":"8","b":"9"}\n'), "exit", result.exit, result.err)
        must(result.rejects and result.rejects[0]["code"] == "too-long" and result.rejects[0]["at"]["line"] == 2, result.rejects[:1])
    with tap.case("a million columns, a million keys, a million elements: linear"):
        row = b",".join(b"%d" % n for n in range(10**6))
        result = scratch.run("csv2json", stdin=row + b"\n" + row + b"\n", timeout=60)
        must(result.exit in (0, 65), "exit", result.exit, result.err)
        record = b"{" + b",".join(b'"%d":%d' % (n, n) for n in range(10**6)) + b"}\n[" + row + b"]\n"
        result = scratch.run("validate", "-c", contract, stdin=record, timeout=60)
        must(result.exit == 0 and result.out == record, "exit", result.exit, result.err)


def contracts(tap, scratch):
    wrong = [
        (b"{", "line 1 or column"), (b"", "empty"), (b"[1]", "array"), (b'{"type":"interger"}', "/type"), (b'{"pattern":"("}', "/pattern"),
        (b'{"x-csv":{"delimiterr":";"}}', "delimiter"), (b'{"properties":{"a":{"minLength":-1}}}', "/properties/a/minLength"),
        (b'{"type":"object","type":"array"}', "twice"), (b"\xff\xfe{\x00}\x00", ""), (b'{"$ref":"#/nope"}', "#/nope"),
    ]
    with tap.case("a wrong contract is 78, before a record is read"):
        for text, word in wrong:
            path = scratch.write("wrong.json", text)
            result = scratch.run("validate", "-c", path, stdin=b'{"a":1}\n')
            if b"x-csv" not in text:
                must(result.exit == 78 and result.out == b"", text, "exit", result.exit, result.err)
                must("wrong.json" in result.err, text, "is not named:", result.err)
                must(word in result.err or word in ("line 1 or column", "empty", "array"), text, "does not say", word, result.err)
        result = scratch.run("csv2json", "-c", scratch.write("wrong.json", wrong[5][0]), stdin=b"a\n1\n")
        must(result.exit == 78 and "did you mean" in result.err, "exit", result.exit, result.err)
        result = scratch.run("validate", "-c", "not-there.json", stdin=b"1\n")
        must(result.exit == 78 and "not-there.json" in result.err, "exit", result.exit, result.err)


def world(tap, scratch, options):
    contract = scratch.write("any.json", {})
    data = b'{"a":1}\n' * 100000
    with tap.case("a full disk behind stdout, behind the reject file, behind the run log"):
        with open("/dev/full", "wb") as full:
            result = scratch.run("validate", "-c", contract, stdin=data, stdout=full)
            must(result.exit == 74, "exit", result.exit)
            one_line(result.err, "standard output", "No space left")
            result = scratch.run("validate", "-c", contract, stdin=b'{"a":1}\n', stdout=full)
            must(result.exit == 74, "a short input: exit", result.exit)
            result = scratch.run("csv2json", stdin=b"a\n1\n", stdout=full)
            must(result.exit == 74, "csv2json: exit", result.exit)
        result = scratch.run("validate", "-c", contract, "--rejects", "/dev/full", stdin=b"oops\n", rejects=None)
        must(result.exit == 74, "exit", result.exit, result.err)
        one_line(result.err, "/dev/full")
    with tap.case("a reject file that cannot be opened, before anything is read"):
        result = scratch.run("validate", "-c", contract, "--rejects", ".", stdin=data, rejects=None)
        must(result.exit == 73 and result.out == b"", "exit", result.exit, result.err)
        result = scratch.run("validate", "-c", contract, "--rejects", "no/such/dir/r.jsonl", stdin=data, rejects=None)
        must(result.exit == 73, "exit", result.exit, result.err)
    with tap.case("a run log that cannot be written: a filter warns and goes on, a sink ends with 74"):
        environment = clean_environment()
        run = subprocess.run([options.bin / "validate", "--run", "no/such/dir/log", "-c", contract], input=b"1\n", capture_output=True, env=environment)
        must(run.returncode == 0 and run.stdout == b"1\n" and b"no/such/dir/log" in run.stderr, "exit", run.returncode, run.stderr)
        (scratch.path / "in.jsonl").write_bytes(b"1\n")
        run = subprocess.run([options.bin / "landing-write", "--run", "no/such/dir/log", "--zone", scratch.path / "zone", "--source", "s", "--entity", "e",
                              scratch.path / "in.jsonl"], capture_output=True, env=environment)
        must(run.returncode == 74, "exit", run.returncode, run.stderr)
    with tap.case("a zone that is not there"):
        run = subprocess.run([options.bin / "landing-write", "--zone", scratch.path / "no/such/zone", "--source", "s", "--entity", "e",
                              scratch.path / "in.jsonl"], capture_output=True, env=environment)
        must(run.returncode in (73, 78) and b"no/such/zone" in run.stderr, "exit", run.returncode, run.stderr)
    with tap.case("a reader that closes early ends it with SIGPIPE, silently, and no reject is lost"):
        lines = b"".join(b'{"a":%d}\n' % n if n % 10 else b"oops\n" for n in range(200000))
        (scratch.path / "many.jsonl").write_bytes(lines)
        reject_file = scratch.path / "closed.jsonl"
        shell = 'trap "" $1; "$2/validate" -c any.json -r closed.jsonl many.jsonl 2>err | head -n 1 >/dev/null; echo ${PIPESTATUS[0]}'
        for ignored in ("USR2", "PIPE"):
            run = subprocess.run(["bash", "-c", shell, "bash", ignored, options.bin], cwd=scratch.path, capture_output=True, env=environment)
            must(run.stdout == b"141\n", "status", run.stdout, run.stderr)
            must((scratch.path / "err").read_bytes() == b"", "said", (scratch.path / "err").read_bytes())
            kept = reject_file.read_bytes()
            must(kept.endswith(b"}\n") and all(json.loads(row)["code"] == "json" for row in kept.splitlines()), "rejects are torn")
            reject_file.unlink()
    with tap.case("a filter that passes nothing notices that its reader is gone"):
        read, write = os.pipe()
        out_read, out_write = os.pipe()
        process = subprocess.Popen([options.bin / "validate", "-c", contract], stdin=read, stdout=out_write, env=environment)
        os.close(read)
        os.close(out_write)
        os.close(out_read)
        must(process.wait(20) == -signal.SIGPIPE, "status", process.returncode)
        os.close(write)
    with tap.case("what has come flows on before more is waited for"):
        process = subprocess.Popen([options.bin / "validate", "-c", contract], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        process.stdin.write(b'{"a":1}\n')
        process.stdin.flush()
        must(process.stdout.readline() == b'{"a":1}\n', "not at once")
        process.stdin.close()
        must(process.wait(20) == 0, "status", process.returncode)
    with tap.case("SIGTERM: by the signal, within 2 s, the finish line says interrupted"):
        for sent in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            log = scratch.path / "signal.jsonl"
            # Under nohup the tests themselves ignore a signal, and so would the program.
            process = subprocess.Popen([options.bin / "validate", "--run", log, "-c", contract], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, env=environment, preexec_fn=lambda: signal.signal(sent, signal.SIG_DFL))
            process.stdin.write(b'{"a":1}\n')
            process.stdin.flush()
            must(process.stdout.readline() == b'{"a":1}\n', "it is not there yet")
            process.send_signal(sent)
            must(process.wait(5) == -sent, "status", process.returncode)
            process.stdin.close()
            finish = json.loads(log.read_text().splitlines()[-1])
            must((finish["status"], finish["signal"]) == ("interrupted", sent.name), "finish", finish)
            log.unlink()
    with tap.case("closed descriptors at start"):
        shell = '"$1/validate" -c any.json <&- ; echo $? >&2; echo 1 | "$1/validate" -c any.json >&- ; echo $? >&2'
        run = subprocess.run(["bash", "-c", shell, "bash", options.bin], cwd=scratch.path, capture_output=True, env=environment)
        must(run.stderr.split()[-1] == b"74" and b"74" in run.stderr.split()[:-1], "a closed input is no empty one, a closed output swallows nothing:", run.stderr)


def wrong_use(tap, scratch):
    with tap.case("usage errors are 64 and say what to do"):
        rows = [(["--conract", "x"], "--contract"), (["--contract"], "needs a value"), (["in.jsonl", "--rejects=x"], "before operands"),
                (["--max-record", "16M"], "--max-record"), (["--max-rejects", "x"], "--max-rejects"), (["--now", "yesterday"], "--now")]
        for words, said in rows:
            result = scratch.run("validate", *words, rejects=None)
            must(result.exit == 64 and said in result.err, words, "exit", result.exit, result.err)
    with tap.case("--max-rejects, by number and by share"):
        contract = scratch.write("number.json", {"type": "number"})
        data = b"1\n2\n3\n\"x\"\n"
        for limit, code in (("0", 1), ("1", 0), ("24.9999%", 1), ("25%", 0), ("100%", 0)):
            must(scratch.run("validate", "-c", contract, "--max-rejects", limit, stdin=data).exit == code, limit)
        must(scratch.run("validate", "-c", contract, stdin=data).exit == 0, "a reject file is consent")
        must(scratch.run("validate", "-c", contract, stdin=b'"x"\n').exit == 1, "all that was read was rejected")
        result = scratch.run("validate", "-c", contract, stdin=data, rejects=None)
        must(result.exit == 1 and "line 4" in result.err, "without a reject file: exit", result.exit, result.err)
    with tap.case("--output is whole or not at all"):
        target = scratch.write("out.jsonl", b"old\n")
        data = scratch.write("in.jsonl", b"1\n2\n")
        result = scratch.run("validate", "-c", contract, "--output", target, data)
        must(result.exit == 0 and target.read_bytes() == b"1\n2\n", "exit", result.exit, result.err)
        target.write_bytes(b"old\n")
        bad = scratch.write("bad.jsonl", b"1\nx\n")
        result = scratch.run("validate", "-c", contract, "--output", target, bad, rejects=None)
        must(result.exit == 1 and target.read_bytes() == b"old\n", "exit", result.exit, target.read_bytes())
        must(not [p for p in scratch.path.iterdir() if p.name.startswith(".tidegate")], "a temporary is left")


def main():
    options = arguments(__doc__)
    tap = Tap()
    with Scratch(options.bin) as scratch:
        files(tap, scratch)
        depth(tap, scratch)
        sizes(tap, scratch, options)
        contracts(tap, scratch)
        wrong_use(tap, scratch)
        world(tap, scratch, options)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
