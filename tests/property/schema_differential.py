#!/usr/bin/env python3
"""schema_differential: contracts and records made at random, in all drafts: validate says what other validators say.

Asked are those that are installed: python-jsonschema (Debian's python3-jsonschema) and jsonschema-rs (tests/sdks/install).
10,000 pairs; 100,000 with --long.
Where they differ the specification decides. What it has decided stands below by name, with its clause.
"""
import json
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import NotHere, ROOT, Scratch, Tap, arguments, must, rng  # noqa: E402

DRAFTS = ["4", "6", "7", "2019-09", "2020-12"]
NAMES = ["a", "b", "c", "aa", "ab"]
RECORDS = 50  # a contract


# -- contracts and records ----------------------------------------------------------------------------------------------------

def made_value(random, depth=0):
    draw = random.random()
    if depth > 2 or draw < 0.55:
        return random.choice([None, True, False, 0, 1, 2, -1, 1.5, 3, 10, "", "a", "ab", "abc", "b", 1.0, 0.5])
    if draw < 0.75:
        return [made_value(random, depth + 1) for _ in range(random.randrange(4))]
    return {name: made_value(random, depth + 1) for name in random.sample(NAMES, random.randrange(4))}


def canonical(value):
    """Equal values have equal texts, 1 and 1.0 among them."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, (int, float)):
        return repr(float(value))
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    return "{" + ",".join(f"{name}:{canonical(value[name])}" for name in sorted(value)) + "}"


class Maker:
    def __init__(self, random, draft):
        self.random, self.draft, self.age = random, draft, DRAFTS.index(draft)

    def schema(self, depth=0):
        draw = self.random
        if self.age > 0 and (depth > 3 or draw.random() < 0.08):
            return draw.choice([True, False, True])
        if depth > 3:
            return {"type": draw.choice(["string", "integer"])}
        made = {}
        for keyword in draw.sample(self.keywords(), draw.choice([1, 1, 2, 2, 3, 4])):
            getattr(self, "make_" + keyword)(made, depth + 1)
        return made

    def keywords(self):
        all_of_them = ["type", "enum", "bounds", "lengths", "pattern", "items", "properties", "patterns", "additional", "required", "counts",
                       "branches", "branches", "not", "multiple", "unique", "reference"]
        newer = [(1, ["const", "contains", "names"]), (2, ["condition"]), (3, ["dependents", "unevaluated", "unevaluated", "recursion"])]
        for age, more in newer:
            all_of_them += more if self.age >= age else []
        return all_of_them + (["dependencies"] if self.age < 3 else [])

    def some(self, depth, most=3):
        return [self.schema(depth) for _ in range(self.random.randrange(1, most))]

    def make_type(self, made, _):
        made["type"] = self.random.choice(["string", "integer", "number", "object", "array", "null", "boolean", ["integer", "string"],
                                           ["array", "object"]])

    def make_enum(self, made, _):
        values = {canonical(value): value for value in (made_value(self.random, 1) for _ in range(self.random.choice([1, 2, 3, 12])))}
        made["enum"] = list(values.values())

    def make_const(self, made, _):
        made["const"] = made_value(self.random, 1)

    def make_bounds(self, made, _):
        made["minimum"] = self.random.choice([0, 1, 1.5, 2])
        if self.random.random() < 0.5:
            made["exclusiveMinimum"] = self.random.choice([True, False]) if self.age == 0 else self.random.choice([0, 1, 2])
        if self.random.random() < 0.5:
            made["maximum"] = self.random.choice([0, 1, 2.5, 3])

    def make_lengths(self, made, _):
        made["minLength"], made["maxLength"] = self.random.randrange(3), self.random.randrange(1, 4)

    def make_pattern(self, made, _):
        made["pattern"] = self.random.choice(["^a", "b$", "^(a|b)+$", "c"])

    def make_multiple(self, made, _):
        made["multipleOf"] = self.random.choice([1, 2, 0.5])  # what doubles can do

    def make_unique(self, made, _):
        made["uniqueItems"] = True

    def make_counts(self, made, _):
        if self.random.random() < 0.5:
            made["minItems"], made["maxItems"] = self.random.randrange(3), self.random.randrange(1, 4)
        else:
            made["minProperties"], made["maxProperties"] = self.random.randrange(2), self.random.randrange(1, 4)

    def make_items(self, made, depth):
        listed = self.random.random() < 0.5
        if self.age == 4:
            if listed:
                made["prefixItems"] = self.some(depth)
            if not listed or self.random.random() < 0.5:
                made["items"] = self.schema(depth)
            return
        made["items"] = self.some(depth) if listed else self.schema(depth)
        if self.random.random() < 0.4:
            made["additionalItems"] = self.random.choice([False, self.schema(depth)])

    def make_properties(self, made, depth):
        made["properties"] = {name: self.schema(depth) for name in self.random.sample(NAMES, self.random.randrange(1, 4))}

    def make_patterns(self, made, depth):
        made["patternProperties"] = {name: self.schema(depth) for name in self.random.sample(["^a", "b", "^aa$"], self.random.randrange(1, 3))}

    def make_additional(self, made, depth):
        made["additionalProperties"] = self.random.choice([False, self.schema(depth)])

    def make_required(self, made, _):
        made["required"] = self.random.sample(NAMES, self.random.randrange(1, 3))

    def make_dependencies(self, made, depth):
        made["dependencies"] = {self.random.choice(NAMES): self.random.choice([self.random.sample(NAMES, 1), self.schema(depth)])}

    def make_dependents(self, made, depth):
        made["dependentRequired"] = {self.random.choice(NAMES): self.random.sample(NAMES, 1)}
        made["dependentSchemas"] = {self.random.choice(NAMES): self.schema(depth)}

    def make_branches(self, made, depth):
        made[self.random.choice(["allOf", "anyOf", "oneOf"])] = self.some(depth, 4)

    def make_not(self, made, depth):
        made["not"] = self.schema(depth)

    def make_condition(self, made, depth):
        made["if"] = self.schema(depth)
        for keyword in self.random.choice([["then"], ["else"], ["then", "else"]]):
            made[keyword] = self.schema(depth)

    def make_contains(self, made, depth):
        made["contains"] = self.schema(depth)
        if self.age >= 3 and self.random.random() < 0.5:
            made["minContains"], made["maxContains"] = self.random.randrange(3), self.random.randrange(1, 3)

    def make_names(self, made, _):
        made["propertyNames"] = self.random.choice([{"pattern": "^a"}, {"maxLength": 1}, {"enum": ["a", "b"]}])

    def make_unevaluated(self, made, depth):
        made[self.random.choice(["unevaluatedProperties", "unevaluatedItems"])] = self.random.choice([False, self.schema(depth)])

    def make_reference(self, made, depth):
        if depth > 1:
            made["$ref"] = self.random.choice(["#/definitions/x", "#/definitions/y"])

    def make_recursion(self, made, depth):
        if depth > 2:
            made.update({"$recursiveRef": "#"} if self.age == 3 else {"$dynamicRef": "#n"})

    def contract(self):
        made = self.schema()
        while not isinstance(made, dict):
            made = self.schema()
        made["definitions"] = {"x": {"type": self.random.choice(["string", "object", "array"])},
                               "y": {"properties": {"a": self.schema(3)}, "required": ["b"]}}
        if self.age >= 3:
            made.update({"$recursiveAnchor": True} if self.age == 3 else {"$dynamicAnchor": "n"})
        return made


# -- validators ---------------------------------------------------------------------------------------------------------------

def python_jsonschema():
    try:
        import jsonschema
        from importlib import metadata
    except ImportError:
        raise NotHere("python-jsonschema is not installed")
    # Before 4.18 it had views of its own on what is evaluated, and on dynamic references.
    old = tuple(map(int, re.findall(r"\d+", metadata.version("jsonschema"))[:2])) < (4, 18)
    kinds = [jsonschema.Draft4Validator, jsonschema.Draft6Validator, jsonschema.Draft7Validator, jsonschema.Draft201909Validator,
             jsonschema.Draft202012Validator]
    return DRAFTS[:3] if old else DRAFTS, lambda draft, contract: kinds[DRAFTS.index(draft)](contract).is_valid


def jsonschema_rs():
    where = subprocess.run([ROOT / "tests" / "sdks" / "install", "--where"], capture_output=True, text=True, check=True).stdout.strip()
    sys.path.append(f"{where}/validators")
    try:
        import jsonschema_rs as rs
    except ImportError:
        raise NotHere("jsonschema-rs is not installed: tests/sdks/install brings it from its registry")
    kinds = [rs.Draft4Validator, rs.Draft6Validator, rs.Draft7Validator, rs.Draft201909Validator, rs.Draft202012Validator]
    return DRAFTS, lambda draft, contract: kinds[DRAFTS.index(draft)](contract).is_valid


def settled(peer, draft, contract):
    """What the specification has decided against the others."""
    if draft == "2019-09" and '"contains"' in contract and '"unevaluatedItems"' in contract:
        return "2019-09, 9.3.1.3: what contains has seen is not evaluated; only items and additionalItems count"
    if peer == "python-jsonschema" and '"unevaluatedProperties"' in contract and '"additionalProperties"' in contract:
        return "2019-09, 9.3.2.4, and 2020-12, 11.3: what additionalProperties has seen is evaluated"
    return None


# -- the comparison -----------------------------------------------------------------------------------------------------------

def verdicts(scratch, draft, contract, records):
    """By record; None: the contract goes in circles, which the others find out too late."""
    result = scratch.run("validate", "--contract", scratch.write("contract.json", contract), "--draft", draft, "--max-rejects", "100%",
                         stdin="".join(json.dumps(record) + "\n" for record in records).encode())
    if result.exit == 78 and "leads back to itself" in result.err:
        return None
    must(result.exit == 0, "exit", result.exit, result.err, json.dumps(contract))
    refused = {reject["at"]["line"] for reject in result.rejects}
    return [line not in refused for line in range(1, len(records) + 1)]


def made_pairs(scratch, random, contracts):
    """Draft, contract, records, and what validate says of them."""
    for i in range(contracts):
        draft = DRAFTS[i % len(DRAFTS)]
        contract = Maker(random, draft).contract()
        records = [made_value(random) for _ in range(RECORDS)]
        ours = verdicts(scratch, draft, contract, records)
        if ours is not None:
            yield draft, contract, records, ours


def compare(made, drafts, peer, name):
    explained, pairs, wrong = {}, 0, []
    for draft, contract, records, ours in made:
        if draft not in drafts:
            continue
        is_valid = peer(draft, contract)
        for record, valid in zip(records, ours):
            pairs += 1
            try:
                theirs = is_valid(record)
            except Exception as broken:  # its own bug, and no answer
                theirs, why = None, f"no answer, {type(broken).__name__}"
            else:
                why = settled(name, draft, json.dumps(contract))
            if theirs == valid:
                continue
            if why:
                explained[why] = explained.get(why, 0) + 1
            else:
                wrong.append(f"{draft}: ours {valid}: {json.dumps(record)} under {json.dumps(contract)}")
    print(f"# {name}: {pairs} pairs", *(f"\n# {n} differ: {why}" for why, n in explained.items()))
    must(not wrong, f"{len(wrong)} differ, such as", *wrong[:3])


def main():
    options = arguments(__doc__)
    tap = Tap()
    contracts = (100000 if options.long else 10000) // RECORDS
    peers = {}
    for name, open_peer in (("python-jsonschema", python_jsonschema), ("jsonschema-rs", jsonschema_rs)):
        try:
            peers[name] = open_peer()
        except NotHere as lack:
            tap.skip(name, lack)
    made = []
    if peers:
        with Scratch(options.bin) as scratch, tap.case(f"{contracts} contracts are taken, or refused for a circle"):
            made = list(made_pairs(scratch, rng(options, "schemas"), contracts))
    for name, (drafts, peer) in peers.items():
        with tap.case(f"{contracts * RECORDS} pairs as {name} has them"):
            compare(made, drafts, peer, name)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
