#!/usr/bin/env python3
"""constant_time: how many instructions the verification of a wrong signature takes does not depend on how much of it is right.

Counted by callgrind, so that no clock and no other load of the machine is in it: between the entry of tg_verifier_check and its
end, libcrypto's included, for each request by itself. Requests differ in nothing but how long the right beginning of their
signature is, and lie at equal places of memory pages, since copying depends on where bytes lie.
"""
import base64
import hashlib
import hmac
import json
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import NotHere, Scratch, Tap, arguments, must  # noqa: E402

PAGE = 4096
NOW = "1760000000"
KEY = b"a key of this test, and of it alone"
BODY = '{"id":"evt_1","amount":100}'
FUNCTION = "tg_verifier_check"
WARM = 4


def digest(signed, algorithm="sha256"):
    return hmac.digest(KEY, signed.encode(), algorithm)


def wrong_hex(right, k):
    """The digits from k on are others, figures for figures and letters for letters: which they are is the attacker's, no secret."""
    other = str.maketrans("0123456789abcdef", "1234567890bcdefa")
    return right.hex()[:k] + right.hex()[k:].translate(other)


def wrong_base64(right, k):
    return base64.b64encode(right[:k] + bytes(b ^ 0x55 for b in right[k:])).decode()


def wrong_text(right, k):
    return right[:k].decode() + "".join(chr(c ^ 3) for c in right[k:])


# What is sent: scheme, secret, (how much is right) -> request, and how much there is.
def github(k):
    return {"headers": {"X-Hub-Signature-256": "sha256=" + wrong_hex(digest(BODY), k)}, "body": BODY}


def stripe(k):
    return {"headers": {"Stripe-Signature": f"t={NOW},v1={wrong_hex(digest(f'{NOW}.{BODY}'), k)}"}, "body": BODY}


def shopify(k):
    return {"headers": {"X-Shopify-Hmac-Sha256": wrong_base64(digest(BODY), k)}, "body": BODY}


def standard(k):
    signed = f"v1,{wrong_base64(digest(f'msg_1.{NOW}.{BODY}'), k)} v1,{base64.b64encode(bytes(32)).decode()}"
    return {"headers": {"webhook-id": "msg_1", "webhook-timestamp": NOW, "webhook-signature": signed}, "body": BODY}


def twilio(k):
    url = f"https://hooks.example.com/in/7?bodySHA256={hashlib.sha256(BODY.encode()).hexdigest()}"
    return {"url": url, "headers": {"X-Twilio-Signature": wrong_base64(digest(url, "sha1"), k)}, "body": BODY}


def gitlab(k):
    return {"headers": {"X-Gitlab-Token": wrong_text(KEY, k)}, "body": BODY}


SCHEMES = [
    ("github-sha256", KEY, github, 64),
    ("stripe-v1", KEY, stripe, 64),
    ("shopify-hmac", KEY, shopify, 32),
    ("standard-webhooks-v1", b"whsec_" + base64.b64encode(KEY), standard, 32),
    ("twilio-json", KEY, twilio, 20),
    ("gitlab-token", KEY, gitlab, len(KEY)),
]


def padded(request):
    line = json.dumps(request).encode()
    return line[:-1] + b" " * (PAGE - 1 - len(line)) + b"}\n"


def counts(scratch, scheme, secret, requests):
    """Instructions of each verification."""
    key = scratch.write("secret", secret)
    key.chmod(0o600)
    for old in scratch.path.glob("counts*"):
        old.unlink()
    run = subprocess.run(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={scratch.path}/counts", f"--toggle-collect={FUNCTION}",
         f"--dump-after={FUNCTION}", str(scratch.bin / "hmac-verify"), "--scheme", scheme, "--secret", f"file:{key}", "--now", NOW,
         "--rejects", str(scratch.path / "rejects")],
        input=b"".join(map(padded, requests)), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    must(run.returncode == 77 and not run.stdout, run.returncode, run.stderr.decode(errors="replace")[-2000:])
    found = []
    for n in range(1, len(requests) + 1):
        dump = scratch.path / f"counts.{n}"
        must(dump.exists(), f"no counts of call {n} of {FUNCTION}: is it one function in the program?")
        found.append(int(re.search(r"^totals: (\d+)", dump.read_text(), re.M).group(1)))
    return found


def need_valgrind(scratch):
    if not shutil.which("valgrind"):
        raise NotHere("there is no valgrind")
    if subprocess.run(["valgrind", "-q", "--tool=none", "true"], stderr=subprocess.DEVNULL).returncode:
        raise NotHere("valgrind does not run here")


def main():
    options = arguments(__doc__.splitlines()[0])
    tap = Tap()
    with Scratch(options.bin) as scratch:
        for scheme, secret, make, whole in SCHEMES:
            prefixes = [0, 1, whole // 2, whole - 2, whole - 1]
            with tap.case(f"{scheme}: as many instructions with {', '.join(map(str, prefixes))} of {whole} right"):
                need_valgrind(scratch)
                # What is set up once is set up by the first ones; the last, of a header more, shows that a difference would be seen.
                other = make(0)
                other["headers"]["X-Other"] = "x"
                found = counts(scratch, scheme, secret, [make(0)] * WARM + [make(k) for k in prefixes * 2] + [other])
                measured = found[WARM:-1]
                must(len(set(measured)) == 1, list(zip(prefixes * 2, measured)))
                must(found[-1] != measured[0] > 100, "nothing was measured:", found)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
