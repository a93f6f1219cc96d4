#!/usr/bin/env python3
"""webhook_key_pairs: requests signed with key pairs of this test's own, by openssl: Discord, SendGrid, SNS and PayPal.

The vectors have none of Discord and PayPal. Good ones pass, under the second of two keys too; nothing that is signed can be changed,
and what is not is named: of PayPal's body a body of the same CRC passes, marked as weak.
"""
import base64
import json
import pathlib
import shutil
import subprocess
import sys
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import NotHere, Scratch, Tap, arguments, must  # noqa: E402

NOW = 1760000000
TIME = "2025-10-09T08:53:20Z"
BODY = '{"id":"evt_1","type":"Zoë","amount":100}\r\n'


def openssl(*words, data=None):
    return subprocess.run(["openssl", *map(str, words)], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True).stdout


class Keys:
    """Two pairs of each kind: the first is the sender's, the second somebody else's."""

    def __init__(self, folder):
        self.folder = folder
        for name, words in {"ed": ("ed25519",), "ec": ("EC", "-pkeyopt", "ec_paramgen_curve:P-256"), "rsa": ("RSA",)}.items():
            for who in "12":
                openssl("genpkey", "-algorithm", *words, "-out", self.path(name, who))

    def path(self, name, who):
        return self.folder / f"{name}{who}.pem"

    def der(self, name, who):
        return openssl("pkey", "-in", self.path(name, who), "-pubout", "-outform", "DER")

    def certificate(self, who):
        return openssl("req", "-x509", "-key", self.path("rsa", who), "-subj", "/CN=test", "-days", "1").decode()

    def sign(self, name, who, text, digest="-sha256"):
        if name != "ed":
            return openssl("dgst", digest, "-sign", self.path(name, who), data=text)
        (self.folder / "text").write_bytes(text)  # which it wants to read twice
        return openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.path(name, who), "-in", self.folder / "text")


def base64_of(raw):
    return base64.b64encode(raw).decode()


# -- what the senders do: (keys, whose, body, time) -> request ---------------------------------------------------------------

def discord(keys, who, body=BODY, now=NOW):
    return {"headers": {"X-Signature-Ed25519": keys.sign("ed", who, f"{now}{body}".encode()).hex(), "X-Signature-Timestamp": str(now)},
            "body": body}


def sendgrid(keys, who, body=BODY, now=NOW):
    return {"headers": {"X-Twilio-Email-Event-Webhook-Signature": base64_of(keys.sign("ec", who, f"{now}{body}".encode())),
                        "X-Twilio-Email-Event-Webhook-Timestamp": str(now)}, "body": body}


def paypal(keys, who, body=BODY, now=TIME, webhook="WH-1"):
    text = f"id-1|{now}|{webhook}|{zlib.crc32(body.encode())}"
    return {"headers": {"PAYPAL-TRANSMISSION-ID": "id-1", "PAYPAL-TRANSMISSION-TIME": now, "PAYPAL-AUTH-ALGO": "SHA256withRSA",
                        "PAYPAL-CERT-URL": "https://api.paypal.com/v1/notifications/certs/C-1",
                        "PAYPAL-TRANSMISSION-SIG": base64_of(keys.sign("rsa", who, text.encode()))}, "body": body}


def sns(keys, who, version="2", **more):
    message = {"Type": "Notification", "MessageId": "m-1", "TopicArn": "arn:aws:sns:us-west-2:1:t", "Subject": "Zoë", "Message": "a\nb",
               "Timestamp": TIME, **more}
    text = "".join(f"{name}\n{message[name]}\n" for name in sorted(message))
    signed = keys.sign("rsa", who, text.encode(), "-sha256" if version == "2" else "-sha1")
    return {"headers": {}, "body": json.dumps({**message, "SignatureVersion": version, "Signature": base64_of(signed),
                                               "SigningCertURL": "https://sns.us-west-2.amazonaws.com/x.pem"})}


# scheme, request, what is pinned, options
SENDERS = {
    "discord": (discord, lambda keys, who: keys.der("ed", who)[-32:].hex(), []),
    "sendgrid": (sendgrid, lambda keys, who: base64_of(keys.der("ec", who)), []),
    "paypal": (paypal, lambda keys, who: keys.certificate(who), ["--param", "webhook_id=WH-1"]),
    "aws-sns": (sns, lambda keys, who: keys.certificate(who), []),
}


class Verifier:
    def __init__(self, scratch, scheme, pinned, options):
        self.scratch, self.options = scratch, ["--scheme", scheme, "--now", NOW, "--max-rejects", 0, *options]
        for text in pinned:
            path = scratch.path / f"pinned-{zlib.crc32(text.encode()):08x}"
            path.write_text(text)
            self.options += ["--secret", f"file:{path}"]

    def run(self, *requests, more=()):
        lines = b"".join(json.dumps(request).encode() + b"\n" for request in requests)
        return self.scratch.run("hmac-verify", *self.options, *more, stdin=lines), lines

    def passes(self, what, request, more=()):
        result, lines = self.run(request, more=more)
        must(result.exit == 0 and result.out == lines and not result.err, what, result.exit, result.err, result.rejects)
        return result

    def refuses(self, what, *requests, code=None, more=()):
        result, _ = self.run(*requests, more=more)
        must(result.exit == 77 and not result.out and len(result.rejects) == len(requests), what, result.exit, result.out[:300], result.err)
        must(code is None or {r["code"] for r in result.rejects} == {code}, what, [r["code"] for r in result.rejects])


def changed_headers(request):
    for name, value in request["headers"].items():
        end = len("https://api.paypal.com") if name == "PAYPAL-CERT-URL" else len(value)  # what follows is not signed, nor fetched
        for at in range(0, end, 5):
            yield {**request, "headers": {**request["headers"], name: value[:at] + chr(ord(value[at]) ^ 1) + value[at + 1:]}}
        yield {**request, "headers": {**request["headers"], name: ""}}
        yield {**request, "headers": {k: v for k, v in request["headers"].items() if k != name}}


def changed_bodies(request, scheme):
    body = request["body"]
    if scheme == "aws-sns":  # the members
        message = json.loads(body)
        for name in ("Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion", "Signature"):
            yield {**request, "body": json.dumps({**message, name: message[name] + "0"})}
            yield {**request, "body": json.dumps({k: v for k, v in message.items() if k != name})}
        yield {**request, "body": body + "x"}
        return
    for at in range(len(body)):
        yield {**request, "body": body[:at] + chr(ord(body[at]) ^ 1) + body[at + 1:]}
    yield {**request, "body": body[:-1]}
    yield {**request, "body": body.rstrip()}


def same_crc(body, other):
    """other with four bytes more, so that it has body's CRC-32."""
    table = []
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ 0xEDB88320 * (n & 1)
        table.append(n)
    back = {word >> 24: n for n, word in enumerate(table)}
    wanted, path = zlib.crc32(body) ^ 0xFFFFFFFF, []
    for _ in range(4):
        path.append(back[wanted >> 24])
        wanted = (wanted ^ table[path[-1]]) << 8 & 0xFFFFFFFF
    state, more = zlib.crc32(other) ^ 0xFFFFFFFF, b""
    for n in reversed(path):
        more += bytes([(state ^ n) & 0xFF])
        state = state >> 8 ^ table[n]
    must(zlib.crc32(other + more) == zlib.crc32(body), "the forger is wrong")
    return other + more


def check(scratch, keys, scheme):
    make, pinned, options = SENDERS[scheme]
    ours, others = pinned(keys, "1"), pinned(keys, "2")
    verifier, good = Verifier(scratch, scheme, [ours], options), make(keys, "1")
    verifier.passes("as signed", good)
    verifier.refuses("by another key", make(keys, "2"), code="signature-mismatch")
    Verifier(scratch, scheme, [others, ours], options).passes("by the second of two keys", good)
    if good["headers"]:
        verifier.refuses("changed headers", *changed_headers(good))
    verifier.refuses("changed bodies", *changed_bodies(good, scheme))
    verifier.passes("as signed, still", good)


def check_time(scratch, keys, scheme, before, after, late, early):
    make, pinned, options = SENDERS[scheme]
    verifier = Verifier(scratch, scheme, [pinned(keys, "1")], options)
    for moment in (before, after):
        verifier.passes("at the window's end", make(keys, "1", now=moment))
    verifier.refuses("too late", make(keys, "1", now=late), code="timestamp-too-old")
    verifier.refuses("too early", make(keys, "1", now=early), code="timestamp-in-future")
    verifier.passes("no window", make(keys, "1", now=late), more=["--tolerance", "none"])


def main():
    options = arguments(__doc__.splitlines()[0])
    tap = Tap()
    with Scratch(options.bin) as scratch:
        keys = None
        with tap.case("keys are made"):
            if not shutil.which("openssl"):
                raise NotHere("there is no openssl")
            keys = Keys(scratch.path)
        for scheme in SENDERS if keys else ():
            with tap.case(f"{scheme}: passes as signed, under the right one of two keys, and not when it was changed"):
                check(scratch, keys, scheme)
        if keys:
            for scheme in ("discord", "sendgrid"):
                with tap.case(f"{scheme}: the window is closed on both sides"):
                    check_time(scratch, keys, scheme, NOW - 300, NOW + 300, NOW - 301, NOW + 301)
            with tap.case("paypal: the window is closed on both sides"):
                check_time(scratch, keys, "paypal", "2025-10-09T08:48:20Z", "2025-10-09T10:58:20+02:00", "2025-10-09T08:48:19Z",
                           "2025-10-09T08:58:21Z")
            with tap.case("paypal: another webhook's, and none named"):
                pinned = keys.certificate("1")
                Verifier(scratch, "paypal", [pinned], ["--param", "webhook_id=WH-2"]).refuses(
                    "another's", paypal(keys, "1"), code="signature-mismatch")
                result, _ = Verifier(scratch, "paypal", [pinned], []).run(paypal(keys, "1"))
                must(result.exit == 64 and "webhook_id" in result.err and not result.out, result.exit, result.err)
            with tap.case("paypal: a forged body of the same CRC passes, counted as weak, and not with --refuse-weak"):
                verifier = Verifier(scratch, "paypal", [keys.certificate("1")], ["--param", "webhook_id=WH-1"])
                forged = {k: v for k, v in paypal(keys, "1").items() if k != "body"}
                forged["body_base64"] = base64_of(same_crc(BODY.encode(), b'{"id":"evt_2","amount":1000000}'))
                result = verifier.passes("forged", forged)
                must(result.counts["meta"]["webhook"]["weak"] == 1, result.counts["meta"])
                verifier.refuses("forged", forged, code="weak-signature", more=["--refuse-weak"])
            with tap.case("aws-sns: the time is judged when that is asked for"):
                verifier = Verifier(scratch, "aws-sns", [keys.certificate("1")], [])
                verifier.passes("not asked", sns(keys, "1", Timestamp="2020-01-01T00:00:00.000Z"))
                verifier.passes("in time", sns(keys, "1", Timestamp="2025-10-09T07:53:20.000Z"), more=["--tolerance", "1h"])
                verifier.refuses("late", sns(keys, "1", Timestamp="2025-10-09T07:53:19.999Z"), more=["--tolerance", "1h"],
                                 code="timestamp-too-old")
            with tap.case("aws-sns: SHA-1 only when it is asked for"):
                verifier = Verifier(scratch, "aws-sns", [keys.certificate("1")], [])
                verifier.refuses("version 1", sns(keys, "1", "1"), code="no-signature-of-known-version")
                verifier.passes("version 1", sns(keys, "1", "1"), more=["--allow-sha1"])
                verifier.passes("version 2", sns(keys, "1"), more=["--allow-sha1"])
            with tap.case("aws-sns: two readings of what is signed are refused"):
                verifier = Verifier(scratch, "aws-sns", [keys.certificate("1")], [])
                verifier.refuses("a subject within the id", sns(keys, "1", MessageId="m\nSubject\nx"), code="malformed-body")
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
