"""jsonschema_rs_lines: JSON lines that keep a contract, as a Python programmer writes it with the validator written in Rust.

    python3 jsonschema_rs_lines.py CONTRACT <in.jsonl
"""
import json
import sys

import jsonschema_rs

with open(sys.argv[1], encoding="utf-8") as contract:
    is_valid = jsonschema_rs.validator_for(json.load(contract), validate_formats=True).is_valid
sys.stdout.buffer.writelines(line for line in sys.stdin.buffer if is_valid(json.loads(line)))
