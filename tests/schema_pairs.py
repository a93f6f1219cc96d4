"""schema_pairs: schemas made at random over the whole language, what people do to one from version to version, and records for both.

    made = Schemas(random.Random(1))
    old = made.document()
    new = made.mutate(old)
    Records(rng, old, new).value(3)
"""
import json

NAMES = ["a", "b", "c", "x_a", "x_b", "id", "", "é"]
WORDS = ["a", "b", "ab", "abc", "", "1", "2025-11-05", "x", "é", "a@b.de", "192.0.2.1"]
PATTERNS = ["^a", "b$", "^[a-z]+$", "^a|b$", "^x_", "^[ab]{1,3}$", "c", "^.{2}$", "^\\d+$", "(?=a)b", "^(ab)*$", "^$"]
FORMATS = ["date", "email", "ipv4", "uuid", "date-time", "uri", "iri", "json-pointer", "hostname", "regex", "no-such"]
NUMBERS = [0, 1, 2, 3, 5, -1, 0.5, 1.5, 10, 2.25, 1e3]

DEEP = {"properties", "additionalProperties", "patternProperties", "items", "prefixItems", "contains", "propertyNames", "anyOf", "oneOf",
        "unevaluatedProperties", "unevaluatedItems", "dependentSchemas"}
OF_TYPE = {
    "string": ["minLength", "maxLength", "pattern", "format", "enum"],
    "number": ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
    "integer": ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
    "array": ["minItems", "maxItems", "uniqueItems", "items", "prefixItems", "contains", "unevaluatedItems", "items"],
    "object": ["properties", "properties", "properties", "required", "additionalProperties", "patternProperties", "propertyNames",
               "minProperties", "maxProperties", "dependentRequired", "dependentSchemas", "anyOf", "oneOf", "unevaluatedProperties"],
}


class Schemas:
    def __init__(self, rng, draft="2020"):
        self.r, self.draft = rng, draft

    def value(self, depth=2):
        r = self.r
        k = r.random()
        if k < 0.25:
            return r.choice(NUMBERS)
        if k < 0.55:
            return r.choice(WORDS)
        if k < 0.65:
            return r.choice([None, True, False])
        if depth and k < 0.8:
            return [self.value(depth - 1) for _ in range(r.randrange(4))]
        if depth:
            return {r.choice(NAMES): self.value(depth - 1) for _ in range(r.randrange(4))}
        return r.choice(WORDS)

    def schema(self, depth):
        r = self.r
        if r.random() < 0.06:
            return r.random() < 0.6
        if r.random() < 0.5:
            return self.typed(depth)
        s = {}
        for _ in range(r.choice([1, 1, 2, 2, 3, 4])):
            self.add(s, depth)
        return s

    def typed(self, depth):
        """Of one type, with keywords that speak of it: there mostly is a value."""
        r = self.r
        kind = r.choice(list(OF_TYPE) if depth > 0 else ["string", "number", "integer"])
        s = {"type": kind}
        for _ in range(r.choice([1, 1, 2, 3])):
            key = r.choice(OF_TYPE[kind])
            if depth > 0 or key not in DEEP:
                self.add(s, depth, key)
        return s

    def map(self, depth, keys):
        return {self.r.choice(keys): self.schema(depth - 1) for _ in range(self.r.randrange(1, 3))}

    def list(self, depth, most=3):
        return [self.schema(depth - 1) for _ in range(self.r.randrange(1, most + 1))]

    def add(self, s, depth, key=None):
        r = self.r
        flat = ["type", "type", "type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
                "minLength", "maxLength", "pattern", "format", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties",
                "required", "dependentRequired"]
        deep = ["properties", "properties", "properties", "additionalProperties", "patternProperties", "items", "prefixItems",
                "contains", "propertyNames", "allOf", "anyOf", "oneOf", "not", "if", "dependentSchemas", "unevaluatedProperties",
                "unevaluatedItems", "$ref"]
        key = key or r.choice(flat + (deep * 2 if depth > 0 else []))
        types = ["null", "boolean", "integer", "number", "string", "array", "object"]
        if key == "type":
            s[key] = r.choice(types) if r.random() < 0.7 else r.sample(types, r.randrange(1, 4))
        elif key == "enum":
            s[key] = []
            for _ in range(r.randrange(1, 5)):
                v = self.value(1)
                if not any(same(v, old) for old in s[key]):
                    s[key].append(v)
        elif key == "const":
            s[key] = self.value(1)
        elif key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
            s[key] = r.choice(NUMBERS)
        elif key == "multipleOf":
            s[key] = r.choice([1, 2, 3, 0.5, 4, 1.5, 0.01])
        elif key in ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"):
            s[key] = r.randrange(4)
        elif key == "pattern":
            s[key] = r.choice(PATTERNS)
        elif key == "format":
            s[key] = r.choice(FORMATS)
        elif key == "uniqueItems":
            s[key] = r.random() < 0.8
        elif key == "required":
            s[key] = r.sample(NAMES, r.randrange(1, 3))
        elif key == "dependentRequired":
            s[key] = {r.choice(NAMES): r.sample(NAMES, r.randrange(1, 3))}
        elif key == "properties" or key == "dependentSchemas":
            s[key] = self.map(depth, NAMES)
        elif key == "patternProperties":
            s[key] = self.map(depth, PATTERNS)
        elif key in ("additionalProperties", "items", "propertyNames", "not", "unevaluatedProperties", "unevaluatedItems"):
            s[key] = self.schema(depth - 1) if r.random() < 0.6 else False
        elif key == "contains":
            s[key] = self.schema(depth - 1)
            if r.random() < 0.4:
                s["minContains"] = r.randrange(3)
            if r.random() < 0.4:
                s["maxContains"] = r.randrange(3)
        elif key == "prefixItems":
            s[key] = self.list(depth)
        elif key in ("allOf", "anyOf", "oneOf"):
            s[key] = self.list(depth)
        elif key == "if":
            s[key] = self.schema(depth - 1)
            for word in ("then", "else"):
                if r.random() < 0.7:
                    s[word] = self.schema(depth - 1)
        elif key == "$ref":
            s["$ref"] = r.choice(["#/$defs/one", "#/$defs/two"])

    def document(self, depth=3):
        s = self.schema(depth)
        if isinstance(s, bool):
            s = {"type": "object"} if s else {"not": {}}
        s["$defs"] = {"one": self.recursive(), "two": self.recursive()}
        return s

    def recursive(self):
        """Leads back to itself or to its neighbour, but always a level down in the value."""
        r = self.r

        def below():
            return {"$ref": r.choice(["#/$defs/one", "#/$defs/two"])} if r.random() < 0.6 else self.simple()

        s = {}
        if r.random() < 0.7:
            s["type"] = r.choice(["object", "object", "array", ["object", "null"], ["array", "string"], ["object", "array", "integer"]])
        if r.random() < 0.7:
            s["properties"] = {name: below() for name in r.sample(["a", "b", "c"], r.randrange(1, 3))}
        if r.random() < 0.4:
            s["items"] = below()
        if r.random() < 0.3:
            s["required"] = r.sample(["a", "b"], r.randrange(1, 3))
        if r.random() < 0.25:
            s["additionalProperties"] = below() if r.random() < 0.5 else False
        if r.random() < 0.25:
            s[r.choice(["anyOf", "oneOf", "allOf"])] = [{"properties": {"a": below()}, "required": ["a"]}, {"items": below()}, self.simple()]
        if r.random() < 0.1:
            s["contains"] = below()
        if r.random() < 0.1:
            s["not"] = {"properties": {"b": below()}, "required": ["b"]}
        return s

    def tangle(self):
        """A document that is little else."""
        return {"$ref": "#/$defs/one", "$defs": {"one": self.recursive(), "two": self.recursive()}}

    def simple(self):
        return Schemas(self.r).schema(0)

    # What people do to a schema from one version to the next.
    def mutate(self, s):
        s = json.loads(json.dumps(s))
        places = list(self.places(s))
        for _ in range(self.r.choice([1, 1, 1, 2, 3])):
            place = self.r.choice(places)
            keys = [k for k in place if k not in ("$defs", "$ref", "$schema", "$id")]
            what = self.r.random()
            if what < 0.3 and keys:
                del place[self.r.choice(keys)]
            elif what < 0.6:
                self.add(place, 1)
            elif keys:
                key = self.r.choice(keys)
                old = place[key]
                if isinstance(old, bool):
                    place[key] = not old
                elif isinstance(old, (int, float)) and key != "const":
                    place[key] = max(0, old + self.r.choice([-1, 1])) or 1
                elif key == "required" and len(old) > 1:
                    place[key] = old[1:]
                elif key == "enum":
                    v = self.value(0)
                    if not any(same(v, o) for o in old):
                        place[key] = old + [v]
                elif key in ("anyOf", "oneOf") and old:
                    place[key] = old + [self.schema(1)] if self.r.random() < 0.5 or len(old) == 1 else old[1:]
                elif key == "properties":
                    place[key] = {**old, self.r.choice(NAMES): self.schema(1)}
        return s

    def places(self, s):
        if not isinstance(s, dict):
            return
        yield s
        for key, value in list(s.items()):
            if key in ("properties", "patternProperties", "$defs", "dependentSchemas", "definitions") and isinstance(value, dict):
                for v in value.values():
                    yield from self.places(v)
            elif key in ("allOf", "anyOf", "oneOf", "prefixItems") and isinstance(value, list):
                for v in value:
                    yield from self.places(v)
            elif key in ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames",
                         "unevaluatedItems", "unevaluatedProperties") and isinstance(value, dict):
                yield from self.places(value)


def same(a, b):
    return json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True) or (a == b and isinstance(a, bool) == isinstance(b, bool))


def consts(s):
    """Values that a schema speaks of: records are made of them."""
    if isinstance(s, dict):
        for k, v in s.items():
            if k == "const":
                yield v
            elif k == "enum" and isinstance(v, list):
                yield from v
            elif k in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf") and isinstance(v, (int, float)):
                yield v
                yield v + 0.5
            elif k == "required" and isinstance(v, list):
                yield {n: 1 for n in v if isinstance(n, str)}
            else:
                yield from consts(v)
    elif isinstance(s, list):
        for v in s:
            yield from consts(v)


def names(s):
    if isinstance(s, dict):
        for k, v in s.items():
            if k in ("properties", "dependentSchemas") and isinstance(v, dict):
                yield from v
            yield from names(v)
    elif isinstance(s, list):
        for v in s:
            yield from names(v)


class Records:
    def __init__(self, rng, *schemas):
        self.r = rng
        self.pool = [v for s in schemas for v in consts(s)] or [1]
        self.names = list(dict.fromkeys([n for s in schemas for n in names(s)])) or ["a"]
        self.base = Schemas(rng)

    def value(self, depth):
        r = self.r
        k = r.random()
        if k < 0.3:
            return r.choice(self.pool)
        if depth and k < 0.6:
            return {(r.choice(self.names) if r.random() < 0.8 else r.choice(NAMES)): self.value(depth - 1) for _ in range(r.randrange(5))}
        if depth and k < 0.75:
            return [self.value(depth - 1) for _ in range(r.randrange(4))]
        return self.base.value(0)


def vary(rng, records, record):
    """The record with something in it changed."""
    record = json.loads(json.dumps(record))
    holder, key, at = None, None, record
    while isinstance(at, (dict, list)) and at and rng.random() < 0.7:
        holder, key = at, rng.choice(list(at) if isinstance(at, dict) else range(len(at)))
        at = holder[key]
    if holder is None:
        return records.value(2)
    if rng.random() < 0.3 and isinstance(holder, dict):
        del holder[key]
    else:
        holder[key] = records.value(1)
    return record


def small_world():
    """All values that are small: what a verdict overlooks is mostly among them."""
    scalars = [None, 1, 0.5, "a"]

    def above(values):
        yield from ([], *([v] for v in values), *([v, w] for v in values for w in values))
        for v in [..., *values]:
            for w in [..., *values]:
                yield {name: value for name, value in (("a", v), ("b", w)) if value is not ...}

    small = scalars + list(above(scalars))
    return small + [v for v in above(small) if v not in small]
