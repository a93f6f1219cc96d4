"""sign: webhooks as the senders' SDKs in Python sign them (tests/pipeline/webhook_sdks.py).

    PYTHONPATH=FOLDER/python python3 sign.py NOW <bodies.json

Standard input is a JSON list of bodies. Each line of output is one request: who signed it, the scheme's name and the secret as
hmac-verify wants them, and the request.
"""
import datetime
import importlib.metadata
import importlib.util
import json
import pathlib
import sys
import urllib.parse

NOW, BODIES = int(sys.argv[1]), json.load(sys.stdin)
WHEN = datetime.datetime.fromtimestamp(NOW, datetime.timezone.utc)
URL = "https://hooks.example.com/in/7"


def stripe(body):
    from stripe import WebhookSignature

    secret = "whsec_test_of_tidegate"
    yield "stripe-v1", secret, {"Stripe-Signature": WebhookSignature.generate_signature_header(body, secret, timestamp=NOW)}, body


def standard(module, names, body):
    secret = "whsec_dGlkZWdhdGUgdGVzdHMgc2lnbmF0dXJlcw=="
    name = f"msg_{names}_{BODIES.index(body)}"
    signed = module.Webhook(secret).sign(name, WHEN, body)
    yield "standard-webhooks-v1", secret, {f"{names}-id": name, f"{names}-timestamp": str(NOW), f"{names}-signature": signed}, body


def standardwebhooks(body):
    from standardwebhooks import webhooks

    return standard(webhooks, "webhook", body)


def svix(body):
    # The module alone: the package around it is the client, and wants a dozen others.
    path = pathlib.Path(importlib.metadata.distribution("svix").locate_file("svix/webhooks.py"))
    spec = importlib.util.spec_from_file_location("svix_webhooks", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return standard(module, "svix", body)


def twilio(body):
    from twilio.request_validator import RequestValidator

    token = "12345678901234567890123456789012"
    validator = RequestValidator(token)
    form = {"Body": body, "From": "+15550001111", "NumMedia": "0"}
    yield "twilio-form", token, {
        "X-Twilio-Signature": validator.compute_signature(URL, form),
        "Content-Type": "application/x-www-form-urlencoded",
    }, urllib.parse.urlencode(form)
    url = f"{URL}?bodySHA256={validator.compute_hash(body)}"
    yield "twilio-json", token, {"X-Twilio-Signature": validator.compute_signature(url, {}), "Content-Type": "application/json"}, body, url


def slack_sdk(body):
    from slack_sdk.signature import SignatureVerifier

    secret = "8f742231b10e8888abcd99yyyzzz85a5"
    signed = SignatureVerifier(secret).generate_signature(timestamp=str(NOW), body=body)
    yield "slack-v0", secret, {"X-Slack-Request-Timestamp": str(NOW), "X-Slack-Signature": signed}, body


def adyen(body):
    from Adyen.util import generate_notification_sig, generate_payload_sig

    key = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"
    yield "adyen-header", key, {"HmacSignature": generate_payload_sig(body.encode(), key).decode()}, body
    item = {
        "pspReference": f"psp{BODIES.index(body)}",
        "originalReference": "",
        "merchantAccountCode": "TestMerchant",
        "merchantReference": body[:40],
        "amount": {"value": 1130, "currency": "EUR"},
        "eventCode": "AUTHORISATION",
        "success": "true",
    }
    item["additionalData"] = {"hmacSignature": generate_notification_sig(item, key).decode()}
    yield "adyen-payments-body", key, {}, json.dumps({"live": "false", "notificationItems": [{"NotificationRequestItem": item}]})


def main():
    for sdk in (stripe, standardwebhooks, svix, twilio, slack_sdk, adyen):
        name = sdk.__name__.replace("_", "-")
        for body in BODIES:
            for scheme, secret, headers, sent, *url in sdk(body):
                request = {"method": "POST", "url": url[0] if url else URL, "headers": headers, "body": sent}
                print(json.dumps({"sdk": f"{name} {importlib.metadata.version(name)}", "scheme": scheme, "secret": secret, "request": request}))


if __name__ == "__main__":
    main()
