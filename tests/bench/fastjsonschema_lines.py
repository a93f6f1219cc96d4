"""fastjsonschema_lines: JSON lines that keep a contract, as a Python programmer writes it with the validator that makes Python code.

    python3 fastjsonschema_lines.py CONTRACT <in.jsonl
"""
import json
import sys

import fastjsonschema

with open(sys.argv[1], encoding="utf-8") as contract:
    check = fastjsonschema.compile(json.load(contract))
for line in sys.stdin.buffer:
    try:
        check(json.loads(line))
    except fastjsonschema.JsonSchemaException:
        continue
    sys.stdout.buffer.write(line)
