#!/usr/bin/env python3
"""webhook_vectors: every vector of conformance/webhooks gets the verdict that it must have; and of every request that is good, no
byte can be changed that its sender has signed.

The vectors lie beside the tree, in ../shared. Where a sender signs less than the body's bytes, that is named in MEMBERS and FORMS.
"""
import argparse
import base64
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import NotHere, ROOT, Scratch, Tap, arguments, balanced, must, rng, slow_build  # noqa: E402

VECTORS = ROOT.parent / "shared" / "conformance" / "webhooks" / "vectors.json"
# Of these senders the body's bytes are not what is signed, but some of its members: only those are changed. All other members of the
# body can be changed by anybody, and so can GitLab's body, of which nothing is signed.
MEMBERS = {
    "adyen-payments-body": [f"/notificationItems/0/NotificationRequestItem/{name}" for name in (
        "pspReference", "merchantAccountCode", "merchantReference", "amount/value", "amount/currency", "eventCode", "success",
        "additionalData/hmacSignature")],
    "aws-sns": ["/Type", "/MessageId", "/TopicArn", "/Message", "/Timestamp", "/Signature", "/SignatureVersion"],
    "gitlab-token": [],
    "mailgun-body": ["/signature/timestamp", "/signature/token", "/signature/signature"],
}
FORMS = {"twilio-form"}  # pairs in any order, spelt anyhow: letters and digits are changed to others
URLS = {"square-hmacsha256", "twilio-form", "twilio-bodysha256"}  # the URL is signed
LISTS = {"stripe-v1": (",", "v1="), "paddle-h1": (";", "h1="), "standard-webhooks-v1": (" ", "v1,"), "standard-webhooks-v1a": (" ", "v1a,")}


def secrets_of(scratch, vector):
    """--secret options; the files hold what the vector says, byte for byte."""
    texts = vector.get("secrets") or [vector["secret"] if "secret" in vector else vector["key"]]
    options = []
    for i, text in enumerate(texts):
        path = scratch.path / f"secret{i}"
        more = "\n" if vector["id"] == "stripe/secret-with-newline" else ""  # a file's last line end is cut
        path.write_bytes(((json.dumps(text) if isinstance(text, dict) else text) + more).encode())
        path.chmod(0o600)
        options += ["--secret", f"file:{path}"]
    return options


def line_of(vector, request=None):
    request = request or vector["request"]
    return json.dumps({k: request[k] for k in ("method", "url", "headers", "body", "body_base64") if k in request}).encode() + b"\n"


def options_of(scratch, vector):
    options = ["--scheme", vector["scheme"], *secrets_of(scratch, vector), "--now", vector["now"], "--max-rejects", 0]
    if vector["tolerance_seconds"] is not None:
        options += ["--tolerance", f"{vector['tolerance_seconds']}s"]
    if vector["id"] == "sns/v1-sha1-ok":
        options += ["--allow-sha1"]
    return options


def check(scratch, vector):
    line = line_of(vector)
    result = scratch.run("hmac-verify", *options_of(scratch, vector), stdin=line)
    if vector["valid"]:
        must(result.exit == 0 and result.out == line and not result.err, vector["id"], result.exit, result.err, result.rejects)
    elif vector["reason"].startswith("config_error") or vector["id"] == "stripe/secret-with-newline":
        # A secret that ends with a blank is refused at the start, so that vector's key never gets into use.
        must(result.exit == 78 and not result.out, vector["id"], result.exit, result.err)
        secret = vector["secret"].strip()
        must(not secret or secret not in result.err, "the secret is in the message:", result.err)
        return "config"
    else:
        must(result.exit == 77 and not result.out, vector["id"], result.exit, result.err)
        must(balanced(result)["rejected"] == 1, vector["id"])
    return result.rejects[0]["code"] if result.rejects else "good"


def flips(text, random, most=100):
    """Texts that differ in one byte: at all places of a short one, at some of a long one."""
    places = range(len(text)) if len(text) <= most else sorted(random.sample(range(len(text)), most))
    for at in places:
        for byte in {text[at] ^ 1, text[at] ^ 0x20, text[at] ^ 0x80}:
            yield text[:at] + bytes([byte]) + text[at + 1:]


def plain_flips(text):
    """One letter or digit for another, outside escapes, so that it is another text however it is spelt."""
    for at, char in enumerate(text):
        other = chr(ord(char) ^ 1)
        if char.isalnum() and other.isalnum() and "%" not in text[max(at - 2, 0):at]:
            yield text[:at] + other + text[at + 1:]


def texts(changed):
    for one in changed:
        try:
            yield one.decode()
        except UnicodeDecodeError:
            pass


def bodies(vector, random):
    request = vector["request"]
    body = base64.b64decode(request["body_base64"]) if "body_base64" in request else request["body"].encode()
    if vector["scheme"] in FORMS:
        yield from (one.encode() for one in plain_flips(body.decode()))
    elif vector["scheme"] in MEMBERS:
        for pointer in MEMBERS[vector["scheme"]]:
            yield from members(json.loads(body), pointer, random)
    else:
        yield from flips(body, random)
        yield body + b" "
        yield b" " + body
        if body:
            yield body[:-1]


def members(document, pointer, random):
    """The body with one member changed in one byte."""
    *way, last = pointer[1:].split("/")
    at = document
    for step in way:
        at = at[int(step)] if isinstance(at, list) else at[step]
    value = at.get(last)
    if value is None:
        return
    for changed in texts(flips(str(value).encode(), random)):
        if last != "signature" or changed.lower() != value.lower():  # hexadecimal in either case
            at[last] = int(changed) if isinstance(value, int) and changed.isdecimal() and changed.isascii() else changed
            if at[last] != value:
                yield json.dumps(document).encode()


def header_texts(vector, name, value, random):
    hexadecimal = SCHEMES[vector["scheme"]].get("signature", {}).get("encoding") == "hex" and "signature" in name.lower()
    for changed in texts(flips(value.encode(), random)):
        if not hexadecimal or changed.lower() != value.lower():
            yield changed


def is_alone(vector):
    """One signature, so that a change of it is not made good by another."""
    between, start = LISTS.get(vector["scheme"], (None, ""))
    for name, value in vector["request"]["headers"].items():
        if between and "signature" in name.lower():
            return isinstance(value, str) and sum(e.strip().startswith(start) for e in value.split(between)) == 1
    document = vector["request"].get("body", "")
    return len([n for n in vector["request"]["headers"] if "docusign" in n.lower()]) < 2 and "parent-signature" not in document


def mutations(vector, random):
    """Requests with one byte changed: of the body, of each header that the scheme looks at, of the URL where that is signed."""
    request = vector["request"]
    bare = {k: v for k, v in request.items() if k not in ("body", "body_base64")}
    for body in bodies(vector, random) if is_alone(vector) or vector["scheme"] not in MEMBERS else ():
        yield {**bare, "body_base64": base64.b64encode(body).decode()}
    for name, value in request["headers"].items() if is_alone(vector) else ():
        if name.lower() in LOOKED_AT[vector["scheme"]] and isinstance(value, str):
            for changed in header_texts(vector, name, value, random):
                yield {**request, "headers": {**request["headers"], name: changed}}
    for url in plain_flips(request["url"]) if vector["scheme"] in URLS and "'" not in request["url"] else ():
        if ":1234" not in request["url"] and "%" not in request["url"]:  # a port and an apostrophe may be spelt otherwise
            yield {**request, "url": url}


PAID = 800_000  # bytes that are signed, by which libcrypto has taken over from libmd, and all buffers have the size that they keep


def allocations(scratch, vector, requests):
    """What a run over so many requests takes from the heap, by the shim that scripts/bench uses too."""
    shim, count = scratch.bin.parent / "tests" / "allocations.so", scratch.path / "count"
    if slow_build(argparse.Namespace(bin=scratch.bin)) or not shim.exists():
        raise NotHere(f"{shim.name}, or a build without sanitizers")
    count.unlink(missing_ok=True)
    result = scratch.run("hmac-verify", *options_of(scratch, vector), stdin=line_of(vector) * requests,
                         variables={"LD_PRELOAD": str(shim), "ALLOCATIONS": str(count)})
    must(result.exit == 0, vector["id"], result.exit, result.err)
    return sum(map(int, count.read_text().split()))


def check_allocations(scratch, vector):
    """Key pairs are left out: OpenSSL takes some 20 pieces for a check by Ed25519, and 120 for one by ECDSA."""
    requests = PAID // max(64, len(line_of(vector)) - 500) + 1000
    more = allocations(scratch, vector, 2 * requests) - allocations(scratch, vector, requests)
    must(more < 20, vector["id"], "takes memory for a request:", more, "pieces for", requests)


LOOKED_AT, SCHEMES = {}, {}


def gather_headers(scratch):
    """From the schemes themselves: the headers that are looked at, and signed."""
    for line in scratch.run("hmac-verify", "--list-schemes", rejects=None).out.splitlines():
        scheme = json.loads(line)
        names = set()
        for part in ("signature", "timestamp", "id" if "{id}" in scheme.get("signed", "") else "signature"):
            where = scheme.get(part, {}).get("in") or scheme.get(part, {}).get("each") or []
            names |= {w[7:].lower() for w in ([where] if isinstance(where, str) else where) if w.startswith("header:")}
        SCHEMES[scheme["name"]] = scheme
        LOOKED_AT[scheme["name"]] = {n.replace("{n}", "1") for n in names}


def mutate(scratch, vector, random):
    """All changes of one vector in one run: none may pass."""
    lines = [line_of(vector, request) for request in mutations(vector, random)]
    if not lines:
        return 0
    result = scratch.run("hmac-verify", *options_of(scratch, vector), stdin=b"".join(lines))
    must(not result.out, vector["id"], "passes though changed:", *result.out.splitlines()[:3])
    must(result.exit == 77 and len(result.rejects) == len(lines), vector["id"], result.exit, result.err, len(result.rejects), len(lines))
    return len(lines)


def main():
    options = arguments(__doc__.splitlines()[0])
    tap = Tap()
    with Scratch(options.bin) as scratch:
        if not VECTORS.exists():
            with tap.case("the vectors"):
                raise NotHere("../shared/conformance/webhooks")
            return tap.end()
        vectors = json.loads(VECTORS.read_text())["vectors"]
        gather_headers(scratch)
        codes, total = {}, 0
        for scheme in sorted({v["scheme"] for v in vectors}):
            mine = [v for v in vectors if v["scheme"] == scheme]
            with tap.case(f"{scheme}: {len(mine)} vectors"):
                for vector in mine:
                    code = check(scratch, vector)
                    codes[vector["id"]] = (vector["reason"].replace("_", "-"), code)
            with tap.case(f"{scheme}: no byte of what is signed can be changed"):
                random = rng(options, scheme)
                changed = sum(mutate(scratch, v, random) for v in mine if v["valid"])
                must(changed, "nothing was changed")
                total += changed
            if SCHEMES[scheme]["algorithm"].startswith(("hmac", "sha256", "token")):
                with tap.case(f"{scheme}: no memory is taken for a request"):
                    check_allocations(scratch, max((v for v in mine if v["valid"]), key=lambda v: len(line_of(v))))
        with tap.case(f"{len(vectors)} vectors, {total} changes; the reasons are the vectors' own but for a few"):
            others = {i: c for i, c in codes.items() if c[1] != "config" and c[0].replace("ok", "good") != c[1]}
            must(len(others) <= 10, "other reasons:", others)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
