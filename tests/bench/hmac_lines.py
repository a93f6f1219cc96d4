"""hmac_lines: webhook requests that GitHub has signed, as a Python programmer would check them.

    python3 hmac_lines.py KEYFILE <in.jsonl
"""
import hmac
import json
import sys

with open(sys.argv[1], "rb") as file:
    key = file.read()
out = sys.stdout.buffer
for line in sys.stdin.buffer:
    request = json.loads(line)
    said = request["headers"]["X-Hub-Signature-256"].removeprefix("sha256=")
    if hmac.compare_digest(hmac.digest(key, request["body"].encode(), "sha256").hex(), said):
        out.write(line)
