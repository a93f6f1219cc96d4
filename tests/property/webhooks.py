#!/usr/bin/env python3
"""webhooks: what hmac-verify does beside the verdict: replays, clocks, secrets, limits, what it says and what it never says."""
import base64
import hashlib
import hmac
import json
import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import Scratch, Tap, arguments, balanced, clean_environment, must  # noqa: E402

KEY = b"test-only-key-7f3a"
NOW = 1760000000


def mac(signed, key=KEY):
    return hmac.digest(key, signed if isinstance(signed, bytes) else signed.encode(), "sha256")


def github(body, key=KEY, **more):
    return {"headers": {"X-Hub-Signature-256": "sha256=" + mac(body, key).hex(), **more}, "body": body}


def generic(body, at=NOW, **more):
    return {"headers": {"X-Webhook-Signature": mac(f"{at}.{body}").hex(), "X-Webhook-Timestamp": str(at)}, "body": body, **more}


def stripe(body, at=NOW):
    return {"headers": {"Stripe-Signature": f"t={at},v1={mac(f'{at}.{body}').hex()}"}, "body": body}


def lines(*requests):
    return b"".join(json.dumps(r).encode() + b"\n" for r in requests)


class Hooks(Scratch):
    def __init__(self, bin_dir):
        super().__init__(bin_dir)
        self.secret(KEY)

    def secret(self, content, name="key", mode=0o600):
        self.write(name, content)
        (self.path / name).chmod(mode)

    def verify(self, scheme, data, *args, key="file:key", **how):
        return self.run("hmac-verify", "--scheme", scheme, "--secret", key, *args, stdin=data, **how)

    def codes(self, scheme, data, *args, **how):
        result = self.verify(scheme, data, *args, **how)
        balanced(result)
        return [r["code"] for r in result.rejects]


def clocks(tap, hooks):
    with tap.case("the window is inclusive on both sides, and 0 is zero seconds"):
        row = ((300, None, []), (301, None, ["timestamp-too-old"]), (-300, None, []), (-301, None, ["timestamp-in-future"]),
               (0, "0", []), (1, "0", ["timestamp-too-old"]), (-1, "0", ["timestamp-in-future"]), (10**9, "none", []),
               (59, "1m", []), (61, "1m", ["timestamp-too-old"]))
        for age, tolerance, codes in row:
            more = ["--tolerance", tolerance] if tolerance else []
            got = hooks.codes("generic", lines(generic("{}")), "--now", NOW + age, *more)
            must(got == codes, age, tolerance, got)
    with tap.case("--clock received_at goes by the capture, only by request"):
        data = lines(generic("{}", received_at="2025-10-09T08:53:30Z"))
        must(hooks.codes("generic", data, "--now", NOW + 86400) == ["timestamp-too-old"], "now")
        must(hooks.codes("generic", data, "--now", NOW + 86400, "--clock", "received_at") == [], "received_at")
        for other in ({}, {"received_at": "yesterday"}, {"received_at": 5}):
            got = hooks.codes("generic", lines(generic("{}", **other)), "--now", NOW, "--clock", "received_at")
            must(got == ["malformed-request"], other, got)
    with tap.case("a stream is judged by the time at which its records come"):
        env = clean_environment()
        process = subprocess.Popen([hooks.bin / "hmac-verify", "-q", "-S", "generic", "-k", "file:key", "-t", "2s", "-r", "late.jsonl"],
                                   cwd=hooks.path, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        for wait in (0, 3):
            time.sleep(wait)
            process.stdin.write(lines(generic("{}", int(time.time()))))
            process.stdin.flush()
            must(process.stdout.readline(), "it did not pass after", wait, "seconds")
        process.stdin.close()
        process.stdout.close()
        must(process.wait(timeout=30) == 0, "status")
    with tap.case("a time that a scheme does not have cannot be judged: 64"):
        result = hooks.verify("github", lines(github("{}")), "--tolerance", "5m")
        must(result.exit == 64 and "no time" in result.err, result)


def replays(tap, hooks):
    def run(data, *args, scheme="stripe", state="seen.db", now=NOW):
        result = hooks.verify(scheme, data, "--state", state, *(["--now", now] if now else []), *args)
        balanced(result)
        must(result.exit == 0, result)
        return result.out.count(b"\n"), result.counts["records"]["dropped"]

    def committed(data, *args, name="out.jsonl", **how):
        hooks.write("in.jsonl", data)
        with open(hooks.path / name, "wb") as out, open(hooks.path / "in.jsonl", "rb") as given:
            result = hooks.verify(how.pop("scheme", "stripe"), given, "--state", how.pop("state", "seen.db"), "--now", how.pop("now", NOW),
                                  "--commit", *args, stdout=out)
        must(result.exit == 0, result)
        return result.counts["records"]["out"]

    with tap.case("an id that is signed: a retry with a new time is a replay, another id is none"):
        first, retry = stripe('{"id":"evt_1"}'), stripe('{"id":"evt_1"}', NOW + 60)
        must(run(lines(first, retry, stripe('{"id":"evt_2"}')), state="memory:") == (2, 1), "in one run")
        must(committed(lines(first)) == 1 and run(lines(retry, stripe('{"id":"evt_2"}')), now=NOW + 60) == (1, 1), "in the next")
    with tap.case("what did not land may come again"):
        must(run(lines(first), state="other.db") == (1, 0) and run(lines(first), state="other.db") == (1, 0), "pending is not seen")
    with tap.case("an id that is not signed counts for nothing, unless one says so"):
        a, b = github("{}", **{"X-GitHub-Delivery": "1"}), github("{}", **{"X-GitHub-Delivery": "2"})
        must(run(lines(a, b), scheme="github", state="memory:", now=None) == (1, 1), "whoever changes the id does not get through")
        must(run(lines(a, b), "--trust-id", scheme="github", state="memory:", now=None) == (2, 0), "--trust-id")
        c = github('{"n":2}', **{"X-GitHub-Delivery": "1"})
        must(run(lines(a, c), scheme="github", state="memory:", now=None) == (2, 0), "another body")
        must(run(lines(a, c), "--trust-id", scheme="github", state="memory:", now=None) == (1, 1), "--trust-id, the same id")
    with tap.case("endpoints do not know each other's ids"):
        must(committed(lines(first), "--endpoint", "a", state="ends.db") == 1, "a")
        must(run(lines(first), "--endpoint", "b", state="ends.db") == (1, 0), "b")
        must(run(lines(first), "--endpoint", "a", state="ends.db") == (0, 1), "a again")
    with tap.case("a forged request uses up no id"):
        forged = stripe('{"id":"evt_9"}')
        forged["headers"]["Stripe-Signature"] = forged["headers"]["Stripe-Signature"][:-4] + "0000"
        result = hooks.verify("stripe", lines(forged, stripe('{"id":"evt_9"}')), "--state", "memory:", "--now", NOW)
        must(result.counts["records"] == {"in": 2, "out": 1, "dropped": 0, "rejected": 1}, result.counts)
    with tap.case("--keep: at least twice the window, and only where there is one"):
        must(hooks.verify("stripe", b"", "--state", "k.db", "--keep", "599s").exit == 64, "599 s")
        must(hooks.verify("stripe", b"", "--state", "k.db", "--keep", "600s").exit == 0, "600 s")
        must(hooks.verify("github", b"", "--state", "k.db", "--keep", "600s").exit == 64, "no time")
        must(hooks.verify("stripe", b"", "--state", "k.db", "--keep", "10m", "--tolerance", "none").exit == 64, "none")
    with tap.case("the finish line names batch and kind, so that a sink finds them"):
        result = hooks.verify("stripe", lines(first), "--state", "batch.db", "--now", NOW)
        batch = result.counts["meta"]["batch"]
        must(batch["kind"] == "replay" and batch["keys"] == 1 and batch["store"].endswith("/batch.db"), batch)
    with tap.case("a store is no input and no output"):
        must(hooks.verify("stripe", b"", "--state", "both", "-r", "both", rejects=None).exit == 64, "the reject file")


def secrets(tap, hooks):
    with tap.case("one line end is cut, a blank at an end is refused, and nothing of a secret is said"):
        for content, code in ((KEY + b"\n", 0), (KEY + b"\r\n", 0), (KEY + b"\n\n", 78), (b" " + KEY, 78), (KEY + b"\t", 78), (b"", 78),
                              (b"\n", 78), (KEY + b"\0", 78)):
            hooks.secret(content)
            result = hooks.verify("github", lines(github("{}")))
            must(result.exit == code, content, result)
            must("7f3a" not in result.err, result.err)
            must(code == 0 or "file:key" in result.err, "which secret?", result.err)
        hooks.secret(KEY)
    with tap.case("fd:, env: and cred: too; what is no SPEC is not repeated"):
        os.makedirs(hooks.path / "creds", exist_ok=True)
        hooks.secret(KEY, "creds/hook")
        must(hooks.verify("github", lines(github("{}")), key="env:HOOK", variables={"HOOK": KEY.decode()}).exit == 0, "env:")
        must(hooks.verify("github", lines(github("{}")), key="cred:hook", variables={"CREDENTIALS_DIRECTORY": str(hooks.path / "creds")}).exit == 0,
             "cred:")
        result = hooks.verify("github", b"", key=KEY.decode())
        must(result.exit == 64 and KEY.decode() not in result.err, result)
    with tap.case("any of several secrets may match; the run log holds none of them"):
        hooks.secret(b"another-secret", "other")
        data = lines(github("{}"), github("{}", b"another-secret"), github("{}", b"third"))
        result = hooks.verify("github", data, "--secret", "file:other", "--max-rejects", 1)
        must(result.exit == 0 and result.out == data[:len(data) - len(lines(github("{}", b"third")))], result)
        log = (hooks.path / "run.jsonl").read_text()
        must("another-secret" not in log and KEY.decode() not in log, log)
    with tap.case("a secret that others may read is a warning"):
        hooks.secret(KEY, "open", 0o644)
        result = hooks.verify("github", lines(github("{}")), key="file:open")
        must(result.exit == 0 and "chmod" in result.err, result)
    with tap.case("Box: each secret for its own header"):
        hooks.secret(b"primary", "p")
        hooks.secret(b"secondary", "s")

        def box(first, second):
            at = "2025-10-09T08:53:20Z"
            sign = [base64.b64encode(mac("{}" + at, k)).decode() for k in (first, second)]
            return {"headers": {"BOX-SIGNATURE-PRIMARY": sign[0], "BOX-SIGNATURE-SECONDARY": sign[1], "BOX-SIGNATURE-VERSION": "1",
                                "BOX-SIGNATURE-ALGORITHM": "HmacSHA256", "BOX-DELIVERY-TIMESTAMP": at}, "body": "{}"}

        data = lines(box(b"primary", b"x"), box(b"x", b"secondary"), box(b"secondary", b"primary"), box(b"x", b"x"))
        result = hooks.verify("box", data, "--secret", "file:s", "--now", NOW, key="file:p")
        must(result.counts["records"]["out"] == 2 and len(result.rejects) == 2, result.counts)
        must(hooks.verify("box", b"", "--secret", "file:s", "--secret", "file:p", key="file:p").exit == 64, "a third")


def limits(tap, hooks):
    with tap.case("limits: headers, signatures, the value of a header, the body"):
        good = github("{}")
        many = {**good, "headers": {**good["headers"], **{f"X-{i}": "" for i in range(99)}}}
        must(hooks.codes("github", lines(many)) == [], "100 headers")
        many["headers"]["X-100"] = ""
        must(hooks.codes("github", lines(many)) == ["limit"], "101 headers")
        value = stripe("{}")["headers"]["Stripe-Signature"]
        for n, codes in ((19, []), (20, ["limit"]), (10000, ["limit"])):
            request = {"headers": {"stripe-signature": value + f",v1={'00' * 32}" * n}, "body": "{}"}
            must(hooks.codes("stripe", lines(request), "--now", NOW) == codes, n)
        must(hooks.codes("github", lines({**good, "headers": {"X-Hub-Signature-256": "sha256=" + "0" * 8200}})) == ["limit"], "8 kB")
        body = "x" * 10_000_000
        must(hooks.codes("github", lines(github(body))) == [], "10 MB")
        must(hooks.codes("github", lines(github(body + "x"))) == ["limit"], "one more")
        quotes = '"' * 9_000_000
        must(hooks.codes("github", lines(github(quotes)), "--max-record", "64MiB") == [], "9 MB, longer in its spelling")
        packed = base64.b64encode(body.encode() + b"x").decode()
        must(hooks.codes("github", lines({**github(body + "x"), "body": None, "body_base64": packed})) in (["malformed-request"], ["limit"]), "base64")
        for n, codes in ((10000, ["signature-mismatch"]), (10001, ["limit"])):
            form = {"url": "https://a.example/", "headers": {"X-Twilio-Signature": "AAA="}, "body": "&".join(["a"] * n)}
            must(hooks.codes("twilio", lines(form)) == codes, n, "pairs")
        form["url"] = "https://a.example/" + "a" * 8192
        form["body"] = ""
        must(hooks.codes("twilio", lines(form)) == ["limit"], "a long URL")
    with tap.case("a wrong signature of any length is a rejection, never an end"):
        for n in (0, 2, 31, 62, 63, 65, 66, 4000):
            got = hooks.codes("github", lines({"headers": {"X-Hub-Signature-256": "sha256=" + "0" * n}, "body": "{}"}))
            must(got in (["signature-mismatch"], ["malformed-header"]), n, got)


def outputs(tap, hooks):
    with tap.case("--emit body: one line each, blanks in the place of line feeds, else verbatim"):
        bodies = ['{"a":1}', '{\r\n  "a": 1.0,\n "b":"\\n"\n}\r\n', " [1] ", "12345678901234567890123", "\ufeff{}"]
        result = hooks.verify("github", lines(*map(github, bodies)), "--emit", "body")
        want = ['{"a":1}', '{    "a": 1.0,  "b":"\\n" }', "[1]", "12345678901234567890123", "{}"]
        must(result.out.decode().splitlines() == want, result.out)
        must(hooks.codes("github", lines(github("a=b"), github(""), github('{"a":1,"a":2}')), "--emit", "body") == ["body-not-json"] * 3, "no JSON")
    with tap.case("weak passes stand in the run log, and --refuse-weak rejects them"):
        data = lines({"headers": {"X-Gitlab-Token": KEY.decode()}, "body": "{}"})
        result = hooks.verify("gitlab", data)
        must(result.exit == 0 and result.counts["meta"]["webhook"]["weak"] == 1, result.counts)
        must(hooks.codes("gitlab", data, "--refuse-weak") == ["weak-signature"], "--refuse-weak")
        must("weak" not in hooks.verify("github", lines(github("{}"))).counts["meta"]["webhook"], "github is not weak")
    with tap.case("HubSpot's first two versions by name, by their plain hash"):
        for version, signed in (("1", "{}"), ("2", "POSThttps://a.example/{}")):
            request = {"method": "POST", "url": "https://a.example/", "body": "{}", "headers": {
                "X-HubSpot-Signature": hashlib.sha256(KEY + signed.encode()).hexdigest(), "X-HubSpot-Signature-Version": f"v{version}"}}
            result = hooks.verify(f"hubspot-v{version}", lines(request))
            must(result.exit == 0 and result.counts["meta"]["webhook"]["weak"] == 1, version, result)
        request["headers"]["X-HubSpot-Signature-Version"] = "v3"
        must(hooks.codes("hubspot-v2", lines(request)) == ["no-signature-of-known-version"], "another version")
    with tap.case("Linear: the time in the body is judged"):
        body = json.dumps({"webhookTimestamp": NOW * 1000})
        request = {"headers": {"Linear-Signature": mac(body).hex(), "Linear-Timestamp": "1"}, "body": body}
        must(hooks.codes("linear", lines(request), "--now", NOW + 60) == [], "a minute")
        must(hooks.codes("linear", lines(request), "--now", NOW + 61) == ["timestamp-too-old"], "more")
    with tap.case("--explain says what would be signed, and neither secret nor right signature"):
        wrong = github('{"n":1}')
        right = wrong["headers"]["X-Hub-Signature-256"][7:]
        wrong["headers"]["X-Hub-Signature-256"] = "sha256=" + "0" * 64
        for more in ((), ("--show-values",)):
            result = hooks.verify("github", lines(wrong, github("{}")), "--explain", *more)
            must(result.exit == 0 and result.out.count(b"\n") == 2, result)
            told = json.loads(result.out.splitlines()[0])
            must(told["verdict"] == "signature-mismatch" and told["signed"] == [{"part": "body", "bytes": 7}], told)
            must(told["signature"]["bytes"] == [32] and told["secrets"] == 1, told)
            must(("signed_text" in told) == bool(more), told)
            must(right not in result.out.decode() + result.err and KEY.decode() not in result.out.decode() + result.err, "it is told")
            must(base64.b64encode(bytes.fromhex(right)).decode() not in result.out.decode(), "it is told")
            must(json.loads(result.out.splitlines()[1])["verdict"] == "good", result.out)
        result = hooks.run("hmac-verify", "-S", "stripe", "--explain", stdin=lines(stripe("{}")))
        must(json.loads(result.out)["verdict"] in ("no-secret", "timestamp-too-old"), result)
    with tap.case("hints: U+FFFD, a body that was parsed"):
        result = hooks.verify("github", lines({"headers": github("x")["headers"], "body": "a\ufffdb"}, {"body": {"n": 1}}))
        must("body_base64" in result.rejects[0]["errors"][0]["hint"], result.rejects[0])
        must("parsed" in result.rejects[1]["errors"][0]["message"], result.rejects[1])
    with tap.case("the scheme's name, and a file; the nearest name is told"):
        result = hooks.verify("githup", b"")
        must(result.exit == 64 and "did you mean github" in result.err, result)
        must(hooks.verify("./none.json", b"").exit == 66, "no file")
        must(hooks.run("hmac-verify", "-k", "file:key").exit == 64, "no --scheme")
        must(hooks.run("hmac-verify", "-S", "github").exit == 64, "no --secret")
        must(hooks.run("hmac-verify", "-S", "paypal", "-k", "file:key").exit == 64, "no --param")
    with tap.case("one request from two files; the files are inputs, and the request is as any other"):
        body = b"\xff\x00{}\r\n"
        hooks.write("body", body)
        head = f"POST /x HTTP/1.1\r\nHost: a\r\nX-Hub-Signature-256:\r\n sha256={mac(body).hex()}\r\n\r\n".encode()
        hooks.write("head", head)
        result = hooks.verify("github", b"", "--header-file", "head", "--body-file", "body")
        must(result.exit == 0 and json.loads(result.out)["body_base64"] == base64.b64encode(body).decode(), result)
        hooks.write("body", b"{}")
        result = hooks.verify("github", b"", "--header-file", "head", "--body-file", "body")
        must(result.exit == 77 and result.rejects[0]["code"] == "signature-mismatch", result)
        must(hooks.verify("github", b"", "--header-file", "head").exit == 64, "half of it")
        must(hooks.verify("github", b"", "--header-file", "head", "--body-file", "body", "key").exit == 64, "an operand too")
        must(hooks.verify("github", b"", "--header-file", "none", "--body-file", "body").exit == 66, "no head")
        must(hooks.verify("github", b"", "--header-file", "head", "--body-file", "body", "-o", "body").exit == 64, "over its input")
        hooks.write("head", b"no header\r\n")
        must(hooks.verify("github", b"", "--header-file", "head", "--body-file", "body").exit == 65, "no head of a request")


def b64(digest):
    return base64.b64encode(digest).decode()


BODY = '{"id":"x","n":1}'
URL = "https://hooks.example.com/in/7"
# Of the senders without published vectors: what they document, put down once more, apart from the program's own descriptions.
RULES = {
    "bitbucket": lambda b: {"X-Hub-Signature": "sha256=" + mac(b).hex()},
    "calendly": lambda b: {"Calendly-Webhook-Signature": f"t={NOW},v1={mac(f'{NOW}.{b}').hex()}"},
    "dropbox": lambda b: {"X-Dropbox-Signature": mac(b).hex()},
    "hubspot": lambda b: {"X-HubSpot-Signature-v3": b64(mac(f"POST{URL}{b}{NOW}000")), "X-HubSpot-Request-Timestamp": f"{NOW}000"},
    "intuit": lambda b: {"intuit-signature": b64(mac(b))},
    "line": lambda b: {"x-line-signature": b64(mac(b))},
    "mux": lambda b: {"Mux-Signature": f"t={NOW},v1={mac(f'{NOW}.{b}').hex()}"},
    "woocommerce": lambda b: {"X-WC-Webhook-Signature": b64(mac(b))},
    "zoom": lambda b: {"x-zm-signature": "v0=" + mac(f"v0:{NOW}:{b}").hex(), "x-zm-request-timestamp": str(NOW)},
}
WINDOWS = {"calendly": 180, "hubspot": 300, "mux": 300, "zoom": 300}
ELSEWHERE = {"box-two-keys", "generic", "hubspot-v1", "hubspot-v2", "linear-hex"}  # in this file
KEY_PAIRS = {"discord-ed25519", "paypal-crc32"}  # webhook_key_pairs.py
WITH_VECTORS = {
    "adyen-header", "adyen-payments-body", "aws-sns", "docusign-multi", "github-sha256", "gitlab-token", "intercom-sha1", "mailgun-body",
    "paddle-h1", "plaid-jwt-es256", "razorpay-hex", "sendgrid-ecdsa", "shopify-hmac", "slack-v0", "square-hmacsha256", "standard-webhooks-v1",
    "standard-webhooks-v1a", "stripe-v1", "twilio-bodysha256", "twilio-form", "typeform-base64", "xero-base64", "zendesk-base64",
}


def rules(tap, hooks):
    for name, sign in sorted(RULES.items()):
        with tap.case(f"{name}, as its sender documents it"):
            good = {"method": "POST", "url": URL, "headers": sign(BODY), "body": BODY}
            must(hooks.codes(name, lines(good), "--now", NOW) == [], "good")
            must(hooks.codes(name, lines({**good, "body": BODY + " "}), "--now", NOW) == ["signature-mismatch"], "another body")
            must(hooks.codes(name, lines({**good, "headers": {}}), "--now", NOW) == ["missing-header"], "no header")
            window = WINDOWS.get(name)
            late = hooks.codes(name, lines(good), "--now", NOW + (window or 10**9))
            must(late == [], "at the end of its window", late)
            if window:
                must(hooks.codes(name, lines(good), "--now", NOW + window + 1) == ["timestamp-too-old"], "behind it")
    with tap.case("no built-in scheme is without a test"):
        built_in = {}
        for line in hooks.run("hmac-verify", "--list-schemes", rejects=None).out.splitlines():
            scheme = json.loads(line)
            built_in[scheme["name"]] = scheme["name"]
            built_in.update((alias, scheme["name"]) for alias in scheme.get("aliases", []))
        tested = {built_in[name] for name in RULES} | ELSEWHERE | KEY_PAIRS | WITH_VECTORS
        must(tested == set(built_in.values()), tested ^ set(built_in.values()))


def statuses(tap, hooks):
    with tap.case("77 where rejects exceed --max-rejects, and where all were rejected"):
        good, bad = github("{}"), {"body": "{}"}
        for data, args, code in ((lines(good, bad), (), 0), (lines(bad), (), 77), (lines(bad), ("--max-rejects", "100%"), 0),
                                 (lines(good, bad), ("--max-rejects", 0), 77), (lines(good, bad), ("--max-rejects", "50%"), 0)):
            must(hooks.verify("github", data, *args).exit == code, args, code)
        must(hooks.verify("github", lines(good, bad), rejects=None).exit == 77, "kept nowhere")
        finish = hooks.verify("github", lines(bad)).counts
        must(finish["status"] == "refused" and finish["exit"] == 77, finish)
    with tap.case("what is no JSON, or holds a name twice, is rejected before"):
        must(hooks.codes("github", b'{"body":"a","body":"b"}\nnothing\n\xff\n') == ["duplicate-key", "json", "encoding"], "codes")


def main():
    options = arguments(__doc__.splitlines()[0])
    tap = Tap()
    with Hooks(options.bin) as hooks:
        for part in (clocks, replays, secrets, limits, outputs, rules, statuses):
            part(tap, hooks)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
