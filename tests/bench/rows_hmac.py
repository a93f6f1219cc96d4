"""rows_hmac: webhook requests with bodies of some 600 bytes, against the bare calls of libcrypto and against Python."""
import hmac
import json
import pathlib
import subprocess
import sys

from measuring import Run, at_least, at_most, digest_of, megabytes, row

HERE = pathlib.Path(__file__).parent
KEY = b"a key of the bench"


def secret(b, name, text):
    path = b.scratch / name
    path.write_bytes(text)
    path.chmod(0o600)
    return str(path)


def made(b, name, make):
    """A file made once from others."""
    path = b.data / name
    if not path.exists():
        part = path.with_name(path.name + ".part")
        with open(part, "wb") as out:
            make(out)
        part.rename(path)
    return str(path)


def request(headers, body):
    """As most captures write it: UTF-8, escapes only where they must be."""
    line = json.dumps({"method": "POST", "url": "https://hooks.example.com/in/7", "headers": headers, "body": body.decode()}, ensure_ascii=False)
    return line.encode() + b"\n"


def signed_by_github(b, bodies):
    def make(out):
        with open(bodies, "rb") as file:
            for line in file:
                body = line[:-1]
                signature = "sha256=" + hmac.digest(KEY, body, "sha256").hex()
                out.write(request({"User-Agent": "GitHub-Hookshot/1", "X-Hub-Signature-256": signature}, body))
    return made(b, pathlib.Path(bodies).name + "-github", make)


def signed_by_discord(b, bodies):
    """(requests, lines of signature and what it signs for the bare calls, the key)."""
    sign = b.helper("bench_evp")
    plain = made(b, pathlib.Path(bodies).name + "-timed", lambda out: out.writelines(b"1760000000" + line for line in open(bodies, "rb")))
    key, *signatures = subprocess.check_output([sign, "sign", plain], text=True).split()

    def requests(out):
        with open(plain, "rb") as file:
            for signature, line in zip(signatures, file, strict=True):
                out.write(request({"X-Signature-Ed25519": signature, "X-Signature-Timestamp": "1760000000"}, line[10:-1]))

    def bare(out):
        out.write(key.encode() + b"\n")
        with open(plain, "rb") as file:
            out.writelines(signature.encode() + line for signature, line in zip(signatures, file, strict=True))

    return made(b, pathlib.Path(bodies).name + "-discord", requests), made(b, pathlib.Path(bodies).name + "-signed", bare), key.encode()


@row("hmac-verify", at_most("ours / EVP_MAC with one context over the bodies alone", 2.5, 1.9), at_least("python json.loads, hmac.digest / ours", 5, 8))
def hmac_verify(b):
    bodies = b.input("events-jsonl", b.rows // 10)
    file = signed_by_github(b, bodies)
    key = secret(b, "github", KEY)
    race = b.race(ours=Run([b.tool("hmac-verify"), "--scheme", "github", "--secret", f"file:{key}"], stdin=file, expect=digest_of(file)),
                  evp=Run([b.helper("bench_evp"), "mac", bodies], answer=None, limit=True),
                  python=Run([sys.executable, str(HERE / "hmac_lines.py"), key], stdin=file))
    return ([race.ratio("ours", "evp"), race.ratio("python", "ours")],
            f"{race.rate('ours', b.rows / 10)} requests/s, {race.rate('ours', megabytes(file))} MB/s")


@row("hmac-verify Ed25519", at_most("ours / EVP_DigestVerify alone", 1.2, 1.05))
def ed25519(b):
    count = b.rows // 100
    requests, bare, key = signed_by_discord(b, b.input("events-jsonl", count))
    path = secret(b, "discord", key)
    race = b.race(ours=Run([b.tool("hmac-verify"), "--scheme", "discord", "--secret", f"file:{path}", "--now", "1760000000"],
                           stdin=requests, expect=digest_of(requests)),
                  evp=Run([b.helper("bench_evp"), "verify", bare], answer=None, limit=True))
    return [race.ratio("ours", "evp")], f"{race.rate('ours', count)} requests/s"
