#!/usr/bin/env python3
"""compat_program: schema-compat as a program: its statuses, several old versions, the lenient policy, the registry and the changelog."""
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from programs import Scratch, Tap, arguments, clean_environment, must  # noqa: E402

OPEN = {"type": "object", "properties": {"a": {"type": "integer"}}}
MORE = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}}
WIDER = {"type": "object", "properties": {"a": {"type": ["integer", "null"]}}}
TEXTS = {"type": "object", "properties": {"a": {"type": ["integer", "string"]}}}
LOOK = {"type": "string", "pattern": "(?=a)[ab]$"}
AHEAD = {"type": "string", "pattern": "(?!b)[ab]$"}
RULES = {**MORE, "required": ["a", "b"], "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}}


class Shop(Scratch):
    def compat(self, *args, status):
        variables = clean_environment()
        run = subprocess.run([self.bin / "schema-compat", *args], cwd=self.path, env=variables, stdin=subprocess.DEVNULL, capture_output=True)
        said = run.stderr.decode()
        must(run.returncode == status, f"{args}: ends {run.returncode}, expected {status}: {run.stdout.decode()}{said}")
        must(said == "" if status == 0 else said.startswith("schema-compat: "), f"{args}: said {said!r}")
        return run.stdout

    def lines(self, *args, status):
        return [json.loads(line) for line in self.compat("--format", "json", *args, status=status).splitlines()]


def statuses(shop):
    for name, schema in {"open": OPEN, "more": MORE, "look": LOOK, "ahead": AHEAD, "broken": {"type": "no-type"}}.items():
        shop.write(name, schema)
    shop.write("cut", b'{"type":')
    for status, args in (
            (0, ["open", "open"]), (1, ["open", "more"]), (0, ["-m", "forward", "open", "more"]), (1, ["-m", "full", "open", "more"]),
            (0, ["open", "more", "--mode", "forward"]), (78, ["open", "broken"]), (78, ["cut", "open"]), (66, ["open", "not-there"]),
            (64, []), (64, ["open"]), (64, ["open", "more", "look"]), (64, ["open", "--mode", "full", "more"]), (64, ["--mode", "odd", "open", "more"]),
            (64, ["--name", "x", "open", "more"]), (1, ["look", "ahead"]), (0, ["--allow-unknown", "look", "ahead"])):
        shop.compat(*args, status=status)
    verdict = shop.lines("look", "ahead", status=1)[-1]
    must(verdict["verdict"] == "unknown" and verdict["backward"]["why"] and verdict["backward"]["old"] == "/pattern", verdict)


def report(shop):
    shop.write("old.json", OPEN)
    shop.write("new.json", MORE)
    difference, verdict = shop.lines("--mode", "full", "old.json", "new.json", status=1)
    must(difference["new"] == "/properties/b" and difference["effect"] == "narrowed" and difference["breaks"] == ["new readers"], difference)
    must("close the object" in difference["advice"] and "lenient" in difference["advice"], difference)
    must(verdict["forward"]["verdict"] == "compatible" and verdict["backward"]["errors"][0]["pointer"] == "/b", verdict)


def transitive(shop):
    for name, schema in {"1": WIDER, "2": OPEN, "3": {**OPEN, "title": "three"}}.items():
        shop.write(name, schema)
    run = shop.lines("--transitive", "1", "2", "3", status=1)
    verdicts = {line["old"]: line["verdict"] for line in run if "verdict" in line}
    must(verdicts == {"1": "incompatible", "2": "compatible"}, verdicts)
    # By the lenient policy each step is fine, and the first to the last is not.
    for name, schema in {"a": {"properties": {"x": {"type": "string"}, "y": {}}}, "b": {"properties": {"y": {}}},
                         "c": {"properties": {"x": {"type": "integer"}, "y": {}}}}.items():
        shop.write(name, schema)
    shop.compat("--policy", "lenient", "a", "b", status=0)
    shop.compat("--policy", "lenient", "b", "c", status=0)
    shop.compat("--policy", "lenient", "--transitive", "a", "b", "c", status=1)


def lenient(shop):
    shop.write("old", OPEN)
    shop.write("new", MORE)
    shop.write("typed", {"type": "object", "properties": {"a": {"type": "string"}}})
    run = shop.lines("--policy", "lenient", "--mode", "full", "old", "new", status=0)
    must(run[-1]["backward"] == {"verdict": "compatible", "strict": "incompatible"}, run[-1])
    must(run[-1]["forward"] == {"verdict": "compatible", "strict": "compatible"}, run[-1])
    run = shop.lines("--policy", "lenient", "old", "typed", status=1)
    must(set(run[-1]["backward"]["witness"]) == {"a"}, run[-1])


def rules(shop):
    shop.write("old", RULES)
    shop.write("new", {**RULES, "x-rules": [{"compare": ["/a", "<=", "/b"]}]})
    verdict = shop.lines("old", "new", status=1)[-1]
    witness = verdict["backward"]["witness"]
    must(witness["a"] > witness["b"], f"{witness} breaks no rule")
    shop.compat("--mode", "forward", "old", "new", status=0)
    # A witness of the schemas must keep the rules of the version that it is a record of.
    shop.write("newer", {**RULES, "required": ["a", "b"], "properties": {"a": {"type": "integer"}, "b": {"type": "integer", "minimum": 7}},
                         "x-rules": [{"compare": ["/a", "<=", "/b"]}]})
    witness = shop.lines("new", "newer", status=1)[-1]["backward"]["witness"]
    must(witness["a"] <= witness["b"] < 7, witness)


def beyond(shop):
    for old, new, backward, forward in (
            ({"x-key": ["/a"]}, {"x-key": ["/b"]}, 1, 1), ({"x-csv": {"delimiter": ";"}}, {}, 1, 1), ({}, {"x-unique": [["/a"]]}, 1, 0),
            ({"x-count": 3}, {}, 0, 1), ({"x-version": "1.0.0", "x-retention": {"keep": "P400D"}, "title": "a"}, {"x-version": "2.0.0"}, 0, 0)):
        shop.write("old", {**OPEN, **old})
        shop.write("new", {**OPEN, **new})
        shop.compat("--mode", "backward", "old", "new", status=backward)
        shop.compat("--mode", "forward", "old", "new", status=forward)


def registry(shop):
    folder = shop.path / "reg" / "orders"
    shop.write("new", {**OPEN, "x-version": "1.0.0", "x-entity": "orders"})
    shop.compat("--registry", "reg", "new", status=66)
    (shop.path / "reg").mkdir()
    must(b"first version" in shop.compat("--registry", "reg", "new", status=0), "nothing about the first version")
    folder.mkdir()
    for version, schema in {"1.2.0": OPEN, "1.10.0": OPEN, "1.9.0": TEXTS, "notes": {}}.items():
        (folder / f"{version}.json").write_text(json.dumps(schema))
    for version, schema, status in (
            ("1.10.1", OPEN, 0), ("1.11.0", OPEN, 0), ("1.10.0", OPEN, 1), ("1.9.9", OPEN, 1),  # the same set
            ("1.10.1", WIDER, 1), ("1.11.0", WIDER, 0), ("2.0.0", WIDER, 0),  # a wider one
            ("1.11.0", MORE, 1), ("2.0.0", MORE, 0)):  # a narrower one
        shop.write("new", {**schema, "x-version": version})
        run = shop.lines("--registry", "reg", "--name", "orders", "new", status=status)
        must(run[-1]["after"] == "1.10.0" and run[-1]["verdict"] == ("wrong" if status else "right"), run[-1])
    # A mode asks for more than a right number.
    shop.compat("--registry", "reg", "--name", "orders", "--mode", "backward", "new", status=1)
    shop.write("new", {**WIDER, "x-version": "1.11.0"})
    shop.compat("--registry", "reg", "--name", "orders", "--mode", "backward", "new", status=0)
    shop.compat("--registry", "reg", "--name", "orders", "--mode", "backward", "--transitive", "new", status=1)
    for name in ("../orders", ".hidden", "a/b"):
        shop.compat("--registry", "reg", "--name", name, "new", status=64)
    shop.write("new", OPEN)
    shop.compat("--registry", "reg", "--name", "orders", "new", status=78)
    shop.compat("--registry", "reg", "new", status=64)


def changelog(shop):
    folder = shop.path / "reg" / "orders"
    folder.mkdir(parents=True)
    (folder / "1.0.0.json").write_text(json.dumps(OPEN))
    for version, schema in (("1.1.0", WIDER), ("2.0.0", {**OPEN, "required": ["a"]})):
        shop.write("new", {**schema, "x-version": version, "x-entity": "orders"})
        shop.compat("--registry", "reg", "--now", "2026-11-26", "--changelog", "CHANGES.md", "new", status=0)
    text = (shop.path / "CHANGES.md").read_text()
    must(text.startswith("# Changelog\n\n## 2.0.0 (2026-11-26)\n\nmajor: some records of 1.0.0 are no longer taken.\n"), text)
    must(text.index("## 2.0.0") < text.index("- narrowed: `/required/0`") < text.index("## 1.1.0") < text.index("- widened: "), text)
    shop.compat("--registry", "reg", "--changelog", "no/such/folder/x", "new", status=73)


def main():
    options = arguments(__doc__)
    tap = Tap()
    for about, test in (("the status says it", statuses), ("a report in JSON", report), ("several old versions", transitive),
                        ("the lenient policy, and what strict would have said", lenient), ("rules over several members", rules),
                        ("what is said beyond the schema", beyond), ("a registry and its numbers", registry), ("the changelog", changelog)):
        with tap.case(about), Shop(options.bin) as shop:
            test(shop)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
