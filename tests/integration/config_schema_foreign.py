"""`headrace config --schema` with JSON Schemas of foreign origin: documents by the hundred are judged by jsonschema and by the command,
and what a table of fields cannot say is refused with its place."""
import json
import os
import random
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
import stores  # noqa: E402

PATIENCE_S = 60
SEED = 14
DOCUMENTS = 80  # of each schema

# ---- Schemas.

SERVICE = {
    "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://example.com/service.json", "title": "Service",
    "type": "object", "additionalProperties": False, "required": ["name", "listen"],
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z][a-z0-9-]*$", "maxLength": 12},
        "listen": {"$ref": "#/$defs/address"},
        "admin": {"anyOf": [{"$ref": "#/$defs/address"}, {"type": "null"}], "default": None},
        "workers": {"type": "integer", "minimum": 1, "exclusiveMaximum": 65, "default": 4},
        "ratio": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
        "mode": {"enum": ["fast", "safe", "off"]},
        "kind": {"const": "service"},
        "debug": {"type": ["boolean", "null"], "description": "More\nwords."},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "limits": {"type": "object", "additionalProperties": {"type": ["integer", "null"]}},
        "extra": {},
        "free": {"type": "object"},
        "tags": {"type": "array", "items": {"type": "string", "minLength": 2, "maxLength": 4}, "minItems": 1, "maxItems": 3},
        "routes": {"type": "array", "items": {"$ref": "#/$defs/route"}},
        "pools": {"type": "object", "additionalProperties": {"$ref": "#/$defs/pool"}, "maxProperties": 2},
        "password": {"type": "string", "writeOnly": True, "minLength": 3},
    },
    "$defs": {
        "address": {"type": "object", "required": ["port"], "additionalProperties": False, "properties": {
            "host": {"type": "string", "default": "localhost"},
            "port": {"type": "integer", "minimum": 0, "maximum": 65535}}},
        "route": {"type": "object", "required": ["path"], "properties": {
            "path": {"type": "string", "pattern": "^/"}, "weight": {"type": "integer"}, "to": {"$ref": "#/$defs/address"}}},
        "pool": {"type": "object", "properties": {"size": {"type": "integer", "exclusiveMinimum": 0}, "name": {"type": "string"}},
                 "additionalProperties": False, "x-order": 3},
    },
}
OPEN = {
    "type": "object", "x-vendor": {"a": 1},
    "properties": {
        "camelCase": {"type": "integer", "maximum": -5}, "exact": {"type": "integer", "minimum": 7, "maximum": 7},
        "large": {"type": "integer", "minimum": 0}, "from": {"type": "string", "pattern": "b+|^x$"},
        "code": {"type": "string", "pattern": "^(?:[A-Z]{2}|\\d{3})[-/.]?(a|bc)??$"}, "word": {"type": "string", "pattern": "\\w\\s[^\\d\\]^-]"},
        "deep": {"type": "object", "required": ["a"], "properties": {
            "a": {"type": "object", "required": ["b"], "properties": {"b": {"type": "object", "required": ["c"], "properties": {
                "c": {"type": "boolean"}}}}}}},
        "lists": {"type": "array", "items": {}}, "numbers": {"type": "array", "items": {"type": "number", "minimum": -1.5, "maximum": 2.5}},
        "choices": {"type": "array", "items": {"enum": ["a", "b"]}, "uniqueItems": False, "minItems": 0},
    },
}


# Written by pydantic; isolated, as scripts of this folder have names of modules.
PYDANTIC = """
import json
from typing import Literal, Optional
from pydantic import BaseModel, ConfigDict, Field, SecretStr

class Store(BaseModel):
    model_config = ConfigDict(extra="forbid")
    bucket: str = Field(min_length=3, max_length=8, pattern="^[a-z.]+$")
    secret: Optional[SecretStr] = None
    parts: list[int] = [8, 16]

class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    level: Literal["debug", "info"] = "info"
    ratio: float = Field(0.5, ge=0, lt=1)
    port: Optional[int] = Field(None, gt=0, le=65535)
    store: Store
    backup: Optional[Store] = None
    stores: dict[str, Store] = {}
    labels: dict[str, str] = {}

print(json.dumps(Settings.model_json_schema()))
"""


def pydantic_schema():
    done = subprocess.run([sys.executable, "-I", "-c", PYDANTIC], capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    return json.loads(done.stdout) if done.returncode == 0 else None


# ---- Documents.

WRONG = {"string": [[], {"a": 1}], "integer": ["x", 1.5, [], True, {}], "number": ["x", True, [1]], "boolean": ["yes", 1, []],
         "object": [5, [], "x"], "array": ["x", {}, 5]}
WORDS = ["a", "ab", "abc", "abcd", "service", "x", "XY", "XY-a", "123/bc", "12", "/", "/a", "a/", "b", "aXb", "a b", "a 1", "_\t]", "_\tq", "-", "fast",
         "", "abcdefghijklm", "a.b", "é"]


def resolve(schema, whole, chance):
    """The schema that this one stands for, or None for null."""
    while True:
        if "anyOf" in schema:
            schema = chance.choice(schema["anyOf"])
        elif "$ref" in schema:
            steps, schema = schema["$ref"].split("/")[1:], whole
            for step in steps:
                schema = schema[step]
        else:
            return schema


def make(schema, whole, chance, wrongness):
    """A value that is about right; with a chance of `wrongness` at each place, it is not."""
    schema = resolve(schema, whole, chance)
    if "enum" in schema or "const" in schema:
        return chance.choice(WORDS) if chance.random() < wrongness else chance.choice(schema.get("enum", [schema.get("const")]))
    kind = schema.get("type", "any")
    kind = chance.choice(kind) if isinstance(kind, list) else kind
    if kind == "null":
        return None
    if kind == "any":
        return chance.choice([1, "x", True, [1, {"a": None}], {}, 2.5])
    if chance.random() < wrongness:
        return chance.choice(WRONG[kind])
    if kind == "string":
        return make_text(schema, chance, wrongness)
    if kind == "integer":
        low, high = int(schema.get("minimum", schema.get("exclusiveMinimum", -10))), int(schema.get("maximum", schema.get("exclusiveMaximum", 10)))
        return chance.choice([low, low + 1, high - 1, high, low - 1, high + 1]) if chance.random() < wrongness else chance.randint(low + 1, max(high - 1, low + 1)) if low != high else low
    if kind == "number":
        return chance.choice([-2, -1.5, 0, 1e-9, 0.5, 0.999, 1, 1.0, 2.5, 2.6]) if chance.random() < wrongness else 0.25
    if kind == "boolean":
        return chance.choice([True, False])
    if kind == "array":
        count = chance.randrange(5) if chance.random() < wrongness else max(schema.get("minItems", 0), min(2, schema.get("maxItems", 2)))
        return [make(schema.get("items", {}), whole, chance, wrongness) for _ in range(count)]
    return make_object(schema, whole, chance, wrongness)


def make_text(schema, chance, wrongness):
    import re
    if chance.random() < wrongness:
        return chance.choice(WORDS)
    fits = [word for word in WORDS if re.search(schema.get("pattern", ""), word) and word.isascii()
            and schema.get("minLength", 0) <= len(word) <= schema.get("maxLength", 99)]
    return chance.choice(fits)


def make_object(schema, whole, chance, wrongness):
    value = {}
    for key, one in schema.get("properties", {}).items():
        needed = key in schema.get("required", ())
        if chance.random() < (1 - wrongness / 2 if needed else 0.4):
            value[key] = make(one, whole, chance, wrongness)
    more = schema.get("additionalProperties", True)
    if isinstance(more, dict):
        for key in chance.sample(["one", "two", "three"], chance.randrange(3)):
            value[key] = make(more, whole, chance, wrongness)
    elif chance.random() < (wrongness / 2 if more is False else 0.3):
        value["unheard"] = chance.choice([1, None, {"a": []}])
    return value


def is_ascii(value):
    return json.dumps(value, ensure_ascii=False).isascii()


# ---- Judges.

class Folder:
    def __init__(self, folder):
        self.folder, self.count = folder, 0

    def write(self, value):
        self.count += 1
        path = os.path.join(self.folder, f"{self.count}.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write(value if isinstance(value, str) else json.dumps(value, indent=1))
        return path


def config(*arguments, **environment):
    plain = {name: value for name, value in os.environ.items() if not name.upper().startswith("ESPER_")}
    return subprocess.run([stores.HEADRACE, "config", *arguments], capture_output=True, text=True, check=False, timeout=PATIENCE_S,
                          stdin=subprocess.DEVNULL, env={**plain, **environment})


def judge(folder, name, schema):
    import jsonschema
    validator, chance = jsonschema.Draft202012Validator(schema), random.Random(SEED)
    path, wrong, good, count = folder.write(schema), [], 0, 0
    with stores.case(f"{DOCUMENTS} documents of {name} are judged as jsonschema judges them"):
        while count < DOCUMENTS:
            value = make(schema, schema, chance, chance.choice([0, 0, 0.1, 0.2]))
            if not isinstance(value, dict) or not is_ascii(value):
                continue
            count += 1
            done = config("check", "--no-env", "--schema", path, folder.write(value))
            assert done.returncode in (0, 1), done
            fits = validator.is_valid(value)
            good += fits
            if fits != (done.returncode == 0):
                wrong.append((fits, value, done.stderr))
        assert not wrong, (len(wrong), wrong[:4])
        assert good >= DOCUMENTS // 5 and count - good >= DOCUMENTS // 5, (good, count)


def check_judges(folder):
    try:
        import jsonschema  # noqa: F401
    except ImportError:
        stores.skip("schemas of foreign origin, beside jsonschema", "jsonschema is not installed")
        return
    judge(folder, "a service's schema", SERVICE)
    judge(folder, "a schema with open objects and patterns", OPEN)
    schema = pydantic_schema()
    if not schema:
        stores.skip("pydantic's own schema", "pydantic is not installed")
        return
    judge(folder, "pydantic's own schema", schema)


# ---- Patterns: each with texts that it matches, and others, by Python's own engine.

PATTERNS = ["^a", "a$", "a", "^a|b$", "^(a|b)$", "^[^a-c]+$", "^\\d+\\.\\d{2,}$", "^[\\w.]+@[\\w.]+$", "\\bab\\b", "^(?:ab){2,3}?$", "^a+?b*?$", "^(a)\\1$",
            "^(?:x(?:y)(z)?)+$", "^[\\s\\S]{3}$", "^.{3}$", "^[]-]?$".replace("[]", "[\\]"), "^[-a]$", "^[a^]$", "^[\\^]$", "^[\\]\\[^-]+$", "^\\/\\-\\{a}$", "^a{x}$", "^\\x41\\u0042$",
            "^[\\x00-\\x1f]$", "^\\t$", "^\\W\\D\\S$", "(a|b)\\1c", "^$", "^a\\$$", "^[a|b]$", "^(a)|(b)$", "^a{2}$", "^\\.{0,2}$", "^[^\\n]*$"]
TEXTS = ["", "a", "b", "aa", "ab", "ba", "abab", "ababab", "aab", "x", "xy", "xyz", "xyzxy", "1.25", "1.2", "a@b", "a b", "cab c", "]", "-", "^", "[", "[]^-", "/-{a}", "a{x}",
         "AB", "\x01", "\t", "-a-", "aac", "bbc", "abc", "a$", "|", "..", "a\nb", "d"]


def check_patterns(folder):
    import re
    with stores.case(f"{len(PATTERNS)} patterns match {len(TEXTS)} texts as Python has them"):
        properties = {f"p{i}": {"type": "string", "pattern": pattern} for i, pattern in enumerate(PATTERNS)}
        schema = folder.write({"type": "object", "properties": properties})
        for text in TEXTS:
            done = config("check", "--no-env", "--json", "--schema", schema, folder.write({name: text for name in properties}))
            refused = {row["path"] for row in json.loads(done.stdout)["problems"]}
            for i, pattern in enumerate(PATTERNS):
                assert (f"p{i}" not in refused) == bool(re.search(pattern, text)), (pattern, text, done.stderr)
    with stores.case("patterns that POSIX cannot have are refused by name"):
        for pattern in ("(?=a)", "(?<n>a)", "(?!a)b", "a(?<!b)", "[\\D]", "\\p{L}", "[é]", "\\u00e9", "(a", "[a", "a**", "\\8"):
            done = config("check", "--schema", folder.write({"type": "object", "properties": {"a": {"type": "string", "pattern": pattern}}}), "/dev/null")
            assert done.returncode == 2 and "properties.a.pattern: " in done.stderr, (pattern, done)


# ---- Refusals.

REFUSED = [
    ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, "oneOf"), ({"if": {"type": "string"}}, "if"), ({"type": "string", "not": {"const": "a"}}, "not"),
    ({"type": "integer", "multipleOf": 5}, "multipleOf"), ({"type": "array", "items": {"type": "array"}}, "items"),
    ({"type": "array", "uniqueItems": True}, "uniqueItems"), ({"type": "array", "prefixItems": []}, "prefixItems"),
    ({"type": "array", "items": {"type": ["string", "null"]}}, "items"), ({"type": "object", "patternProperties": {}}, "patternProperties"),
    ({"type": "object", "propertyNames": {}}, "propertyNames"), ({"type": "object", "minProperties": 1}, "minProperties"),
    ({"type": "object", "properties": {"a": {}}, "additionalProperties": {"type": "string"}}, "additionalProperties"),
    ({"type": "object", "additionalProperties": {"type": "string", "pattern": "a"}}, "pattern"),
    ({"type": "object", "additionalProperties": {"type": "array"}}, "additionalProperties"),
    ({"$ref": "other.json"}, "$ref"), ({"$ref": "#/$defs/none"}, "$ref"), ({"$ref": "#"}, "leads to itself"), ({"$ref": "#/properties/it"}, "more than 32"),
    ({"$ref": "#/$defs/a", "minimum": 1}, "minimum"), ({"$ref": "#/$defs/a", "type": "integer"}, "type"), ({"type": "text"}, "no such type"),
    ({"type": ["string", "object"]}, "several types"), ({"type": "null"}, "null alone"), (False, "takes a value"), ({"properties": {}}, "properties"),
    ({"enum": [1, 2]}, "of texts"), ({"const": 1}, "a text"), ({"type": "string", "maximun": 3}, "maximun"), ({"maximum": 3}, "maximum"),
    ({"type": "integer", "minimum": 2, "maximum": 1}, "within its bounds"), ({"type": "integer", "minimum": "1"}, "no number"),
    ({"type": "integer", "maximum": 9007199254740994}, "2^53"), ({"type": "string", "maxLength": 0}, "bound of 0"),
    ({"type": "integer", "writeOnly": True}, "writeOnly"), ({"type": "array", "default": ["a,b"], "items": {"type": "string"}}, "default"),
    ({"type": "object", "default": {"a": 1}}, "default"), ({"type": "array", "items": {"type": "string", "pattern": "a", "minLength": 2}}, "lengths"),
    ({"allOf": [{"type": "string"}, {"minLength": 1}]}, "allOf"), ({"type": ["string", "integer"], "minimum": 1}, "bounds"),
    ({"$dynamicRef": "#a"}, "dynamicRef"), ({"type": "array", "contains": {}}, "contains"), ("text", "no schema"),
]


def check_refusals(folder):
    with stores.case(f"{len(REFUSED)} schemas that a table cannot say are refused with file, place and keyword"):
        for schema, words in REFUSED:
            path = folder.write({"type": "object", "$defs": {"a": {"type": "integer"}}, "properties": {"it": schema}})
            done = config("check", "--json", "--schema", path, "/dev/null")
            assert done.returncode == 2 and words in done.stderr and f"--schema: {path}:" in done.stderr, (schema, done)
            report = json.loads(done.stdout)
            assert report["ok"] is False and report["error"]["class"] == "usage" and report["error"]["code"] == "EINVAL", report
    with stores.case("what is required and may be null is refused, and so is what is required and nowhere"):
        for properties, words in (({"a": {"type": ["string", "null"]}}, "may be null"), ({"a": {}}, "may be null"), ({"b": {"type": "string"}}, "none of the properties")):
            done = config("check", "--schema", folder.write({"type": "object", "required": ["a"], "properties": properties}), "/dev/null")
            assert done.returncode == 2 and words in done.stderr, done
    with stores.case("a schema that leads to itself, by way of others, is refused, and one that is used twice is not"):
        node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}, "all": {"type": "array", "items": {"$ref": "#/$defs/node"}}}}
        done = config("check", "--schema", folder.write({"type": "object", "properties": {"a": {"$ref": "#/$defs/node"}}, "$defs": {"node": node}}), "/dev/null")
        assert done.returncode == 2 and "leads to itself" in done.stderr, done
    with stores.case("schemas that grow without bound have limits"):
        doubling = {f"d{i}": {"type": "object", "properties": {"a": {"$ref": f"#/$defs/d{i + 1}"}, "b": {"$ref": f"#/$defs/d{i + 1}"}}} for i in range(20)}
        doubling["d20"] = {"type": "object"}
        done = config("check", "--schema", folder.write({"type": "object", "properties": {"a": {"$ref": "#/$defs/d0"}}, "$defs": doubling}), "/dev/null")
        assert done.returncode == 2 and "more than 1000 objects" in done.stderr, done
        deep = {"type": "object"}
        for _ in range(40):
            deep = {"type": "object", "properties": {"a": deep}}
        done = config("check", "--schema", folder.write(deep), "/dev/null")
        assert done.returncode == 2 and "30 levels" in done.stderr, done
    with stores.case("what is no schema is wrong usage, by its name"):
        for name, words in (("nonsense", "'nonsense' is none of"), (os.path.join(folder.folder, "none.json"), "none.json"), (folder.write("[1]"), "a map"),
                            (folder.write("{\"type\": \"string\"}"), "an object with properties"), (folder.write("a: *b"), "no anchor")):
            done = config("check", "--schema", name, "/dev/null")
            assert done.returncode == 2 and words in done.stderr and "--schema: " in done.stderr, (name, done)


# ---- What the loader's own rules add.

def check_rules(folder):
    schema = folder.write(SERVICE)
    good = "name: ab\nlisten: {port: 80}\n"
    with stores.case("null is not given, and a plain number or boolean is a text where a text is wanted"):
        for text in ("workers: null\n", "labels: {a: 1, b: true}\n", "listen: {host: 12, port: 1}\n"):
            done = config("check", "--no-env", "--schema", schema, folder.write("name: ab\n" + text + ("" if "listen" in text else "listen: {port: 80}\n")))
            assert done.returncode == 0, done
    with stores.case("a value of a map of scalars is refused with its key"):
        done = config("check", "--json", "--no-env", "--schema", schema, folder.write(good + "limits: {a: 1, b: x, c: null}\nlabels: [1]\n"))
        rows = {row["path"]: row["message"] for row in json.loads(done.stdout)["problems"]}
        assert done.returncode == 1 and "the value of b" in rows["limits"] and "a map" in rows["labels"], done
    with stores.case("a JSON Schema may be YAML"):
        done = config("check", "--no-env", "--schema", folder.write("type: object\nproperties:\n  a: {type: integer}\n"), folder.write("a: x\n"))
        assert done.returncode == 1 and "allowed is an integer" in done.stderr, done


def main():
    if not os.access(stores.HEADRACE, os.X_OK):
        stores.fail("config with a schema", f"the command is not built: {stores.HEADRACE}")
        stores.finish()
    with tempfile.TemporaryDirectory() as name:
        folder = Folder(name)
        for check in (check_judges, check_patterns, check_refusals, check_rules):
            check(folder)
    stores.finish()


if __name__ == "__main__":
    main()
