"""The JSON Schema that a table of fields writes, against the loader that is led by the same table: jsonschema and check-jsonschema read
documents by the hundred, good ones and bad ones, and judge each as the loader does, and as it was meant. The schema is that of
tests/support/config_judge.c."""
import fractions
import json
import os
import random
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
import stores  # noqa: E402

JUDGE = os.path.join(os.path.dirname(stores.HEADRACE), "../tests/config_judge")
CHECK = os.path.join(os.path.dirname(sys.executable), "check-jsonschema")
PATIENCE_S = 300
SEED = 13
RANDOM_DOCUMENTS = 300

# ---- Values, as YAML has them: those that a field takes, and those that it does not.

GOOD = {
    "name": ["esper", "'42'", "e-e", '"a b"', "true", "abcdefghijklmnop"],
    "zone": ["eu-1", "'z-19'", "null", "~", ""],
    "title": ["x", "1.10", "false", "''", "null", "1e3", "\"a: b\"", "no", "12:30"],
    "note": ["abc", "'a c'", "''", "..", "'....'", "'...'", "q", "'^^'", "\"a\\nc\""],
    "password": ["secret-secret", "'12345678'", "null"],
    "url": ["https://a.test/b", "http://[::1]:80", "file:///x", "s3+x://b", "null", "a://é"],
    "endpoint": ["h:1", "h.test:65535", "'[::1]:80'", "12:30", "h:00080", "a]b:1", "null"],
    "folder": ["/a", "b", "7", "null", "true"],
    "code": ["https://a.test/", "https://.test/", "null"],
    "offset": ["-128", "127", "0", "+5", "0x7f", "0o17", "null"],
    "port": ["0", "65535", "0xffff", "null"],
    "large": ["-9223372036854775808", "9223372036854775807"],
    "huge": ["0", "18446744073709551615"],
    "debug": ["true", "false", "TRUE", "False", "null"],
    "rate": ["0", "0.5", "0.25", "5e-1", ".1", "null"],
    "factor": ["-1.5", "0", "1e300", "7", ".inf"],
    "any_ms": ["0", "'0'", "250ms", "1h30m", "1.5s", "1m30s", "1d", "0.001s", "2000us", "3000000ns", "5000µs", "1h1m1s1ms"],
    "ticks_s": ["0", "10m", "600s", "1000ms", "9m60s", "1.5m", "0s"],
    "limit": ["0", "512", "1048576", "1MiB", "'1024 KiB'", "1024KiB", "0.5MiB", "1.5kB", "1MB", "null"],
    "quota": ["0", "12", "1TiB", "2GB", "1B", "1.25KiB", "18446744073709551615"],
    "level": ["debug", "info", "null", "'info'"],
    "mode": ["off", "1", "'1'", "true", "'true'", "null"],
    "hosts": ["[a]", "[longer.than.three, 2, true]", "null", "['x', 1.5]"],
    "ports": ["[]", "[1024, 65535]", "null"],
    "waits": ["[]", "[1s]", "[0, 1m30s]", "null"],
    "origins": ["[{address: 'a:1'}]", "[{address: 'a:1', weight: -2}, {address: 'b:2', weight: null}]"],
    "services": ["{}", "{a: {address: 'a:1'}}", "{a: {address: 'a:1', weight: 10, path: /x}, b: {address: 'b:1', path: null}}", "null"],
    "training": ["{any: [1, {deep: x}]}", "5", "null", "text", "[]"],
    "plugin": ["{}", "5", "text", "[1]"],
    "pool": ["{}", "null", "{size: 1}", "{size: 1024, idle_ms: 49d, bytes: 1GiB}", "{size: null, idle_ms: 0}"],
    "store": ["{bucket: abc}", "{bucket: 'a.b-c', part: 5MiB}", "{bucket: 'abc', part: 5368709120}", "{bucket: abc, part: 5GiB}"],
    "backup": ["null", "{bucket: abc}"],
}
BAD = {
    "name": ["e", "''", "abcdefghijklmnopq", "[a]", "{a: b}", "null"],
    "zone": ["EU-1", "eu", "eu-20", "eu-1x", "[]"],
    "title": ["[x]", "{}"],
    "note": ["abcdabcdx", "x", "'-'", "'\"]\"'", "'acx'"],
    "password": ["short", "''", "[]"],
    "url": ["nowhere", "'://x'", "http://", "http:///x", "1a://b", "'http://a b'", "7", "true", "[]"],
    "endpoint": ["h", "h:0", "h:65536", "':1'", "'a:b:1'", "'[::1:80'", "'a b:1'", "h:1x", "'h:'", "'[a:1'", "'a]:1'", "80"],
    "folder": ["''", "[]", "{}"],
    "code": ["http://a.test/", "https://a.test/x", "https:a.test/", "'https://a b.test/'"],
    "offset": ["-129", "128", "1.5", "x", "'5'", "true", "[]"],
    "port": ["-1", "65536", "0x10000", "'80'", "80.5"],
    "large": ["-9223372036854775809", "9223372036854775808"],
    "huge": ["-1", "18446744073709551616"],
    "debug": ["yes", "'true'", "1", "on", "[]"],
    "rate": ["0.500001", "-0.1", "1", "'0.1'", "x", ".inf", "true"],
    "factor": ["x", "'1'", "true", "[]"],
    "any_ms": ["5", "5x", "''", "1m1h", "1s1s", "1 s", "-1s", "1500us", "1.5ms", "1ns", "1.s", ".5s", "1.0000000001s", "1h30", "true", "1us1µs", "[]"],
    "ticks_s": ["601s", "11m", "1h", "1500ms", "1d", "600001ms", "1us"],
    "limit": ["1048577", "-1", "2MiB", "1XB", "1.0005kB", "1.5", "'1  KiB'", "1025KiB", "1048577B", "1kb", "true", "1GiB", "[]"],
    "quota": ["18446744073709551616", "1.5B", "-5", "KiB", "''"],
    "level": ["loud", "Debug", "''", "1", "[]"],
    "mode": ["on", "2", "false", "'False'", "1.5"],
    "hosts": ["[]", "[a, b, c, d]", "[[a]]", "[{a: b}]", "[null]", "[~, x]", "a", "{}"],
    "ports": ["[1023]", "[65536]", "['1024']", "[null]", "1024", "[1.5]"],
    "waits": ["[1s, 2s, 3s]", "[5]", "[null]", "[50d]", "1s"],
    "origins": ["[]", "[{}]", "[{weight: 1}]", "[null]", "{}", "null", "[{address: 'a:1', name: x}]", "[{address: 'a:1', path: x}]",
                "[{address: 'a:1'}, {address: 'b:1'}, {address: 'c:1'}]", "[{address: null}]"],
    "services": ["[]", "{a: {}}", "{a: null}", "{a: {address: 'a:1', name: a}}", "{a: {address: 'a:1', weight: 11}}", "{a: 5}",
                 "{a: {address: 'a:1', path: ''}}", "{a: {address: 'a:1'}, b: {address: 'a:1'}, c: {address: 'a:1'}}"],
    "plugin": ["null", ""],
    "pool": ["5", "[]", "{size: 0}", "{size: 1025}", "{idle_ms: 50d}", "{unheard: 1}", "{bytes: x}", "{idle_ms: 4294967296ms}"],
    "store": ["null", "{}", "{part: 5MiB}", "{bucket: ab}", "{bucket: Abc}", "{bucket: abc, part: 4MiB}", "{bucket: null}", "{bucket: abc, part: 6GiB}",
              "{bucket: abc, part: 5368709121}", "{bucket: abc, part: 5242879B}", "{bucket: abc, x: 1}"],
    "backup": ["{}", "{part: 8MiB}", "{bucket: null}", "5"],
    "unheard": ["1", "null"],
    "nmae": ["x"],
}
REQUIRED = {"name": "esper", "origins": "[{address: 'a:1'}]", "store": "{bucket: abc}", "plugin": "{}"}

# Whole documents: old names, and files with nothing in them.
WHOLE = [
    (True, "service_name: esper", ["name"]),
    (True, "service_name: esper\nname: null", ["name"]),
    (False, "service_name: esper\nname: esper", ["name"]),
    (False, "service_name: e", ["name"]),
    (False, "service_name: null", ["name"]),
    (False, "service_name: null\nname: esper", ["name"]),
    (True, "pool_size: 5", []),
    (True, "pool_size: 5\npool: {size: null}", []),
    (True, "pool_size: 5\npool: null", []),
    (True, "pool_size: 5\npool: {bytes: 1}", []),
    (False, "pool_size: 5\npool: {size: 5}", []),
    (False, "pool_size: 0", []),
    (False, "pool_size: null", []),
    (False, "pool_size: null\npool: {size: 5}", []),
]

# ---- Durations and sizes at their bounds, by exact fractions.

NS = {"ns": 1, "us": 1000, "µs": 1000, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9, "d": 86400 * 10**9}
BYTES = {"": 1, "B": 1, "kB": 1000, "KB": 1000, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
AMOUNTS = {"between_ms": (NS, 10**6, 100, 3600000), "ticks_s": (NS, 10**9, 0, 600), "small_ms": (NS, 10**6, 0, 65535),
           "limit": (BYTES, 1, 0, 2**20)}


def is_amount(text, units, unit, low, high):
    number, name = re.fullmatch(r"([0-9.]+)(.*)", text).groups()
    value = fractions.Fraction(number) * units[name] / unit
    return value.denominator == 1 and low <= value <= high


def is_cut(number, factor, unit, bounds):
    return any(bound * unit // factor == number and bound * unit % factor for bound in bounds)


def around(field):
    """Each unit with the whole numbers at both bounds and those beside them, and with fractions, but for those of a number that
    a bound cuts."""
    units, unit, low, high = AMOUNTS[field]
    for name, factor in units.items():
        if name == "":
            continue
        for bound in (low, high):
            exact = fractions.Fraction(bound * unit, factor)
            numbers = {max(0, int(exact) + step) for step in (-1, 0, 1, 2)}
            for number in sorted(numbers):
                yield f"{number}{name}"
            for number in sorted(number for number in numbers if not is_cut(number, factor, unit, (low, high))):
                yield f"{number}.000{name}"
                if factor % (2 * unit) == 0:
                    yield f"{number}.5{name}"


# ---- Documents.

def document(values):
    given = {**REQUIRED, **values}
    return "".join(f"{key}: {value}\n" for key, value in given.items() if value is not None)


def single_documents():
    """(meant, text): one value at a time, then without each that is required."""
    for pool, meant in ((GOOD, True), (BAD, False)):
        for field, values in pool.items():
            for value in values:
                yield meant, document({field: value})
    for field in REQUIRED:
        yield False, document({field: None})
    for field, (units, unit, low, high) in AMOUNTS.items():
        for text in around(field):
            yield is_amount(text, units, unit, low, high), document({field: text})
    for meant, text, left_out in WHOLE:
        yield meant, document({field: None for field in left_out}) + text + "\n"
    yield False, ""
    yield False, "# nothing\n"


def random_documents(chance):
    """Any number of good values, and in half of the documents bad ones."""
    names = sorted(GOOD)
    for _ in range(RANDOM_DOCUMENTS):
        values = {field: chance.choice(GOOD[field]) for field in chance.sample(names, chance.randrange(len(names)))}
        bad = chance.sample(sorted(BAD), chance.randrange(1, 4)) if chance.random() < 0.5 else []
        values.update({field: chance.choice(BAD[field]) for field in bad})
        fields = list(values.items())
        chance.shuffle(fields)
        yield not bad, document(dict(fields))


# Spellings that JSON's values do not tell apart, or texts that characters do not measure: there the schema may take what the loader
# does not, and never the other way round.
LOOSE = {
    "name": ["7", "42", "1.10", "0x2a", "é", "ééééééééé", "éééééééééééééééé", "é-long-name"],
    "zone": ["1", "true"],
    "password": ["12345678", "1234", "ééé", "éééé"],
    "port": ["1.0", "1e3", "80"],
    "any_ms": ["0.0", "0x0", "-0", "00", "9999999d", "1.5ms500us", "999us1ns", "0.0000001d"],
    "between_ms": ["59m60s", "1h1ms", "99ms1us", "1m3540s", "0.5h30m", "0.00001d"],
    "ticks_s": ["0.1m", "9.99m", "0.001h", "0.006d"],
    "limit": ["1.0", "1e3", "0x200", "+5", "00512", "1048.577kB", "0.9999KiB", "1.04857601MB", "1.048576MB"],
    "factor": [".nan", "-.inf", "1e999"],
    "note": ["7", "é"],
    "hosts": ["[1.10]", "['']", "[ ]"],
}


def loose_documents():
    for field, values in LOOSE.items():
        for value in values:
            yield document({field: value})


# ---- Judges.

class Judges:
    def __init__(self, folder):
        self.folder = folder
        self.schema_file = self.write("schema.json", judge("json"))
        with open(self.schema_file, encoding="utf-8") as file:
            self.schema = json.load(file)
        self.count = 0

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def files(self, texts):
        paths = []
        for text in texts:
            self.count += 1
            paths.append(self.write(f"{self.count:05}.yaml", text))
        return paths

    @staticmethod
    def loader(paths):
        """[(good, why not)]"""
        return [(line == "good", line) for line in judge("check", *paths).splitlines()]

    def jsonschema(self, paths):
        import jsonschema
        import ruamel.yaml
        validator = jsonschema.Draft202012Validator(self.schema)
        results = []
        for path in paths:
            with open(path, encoding="utf-8") as file:
                instance = ruamel.yaml.YAML(typ="safe", pure=True).load(file)
            results.append(validator.is_valid(instance))
        return results

    def check_jsonschema(self, paths):
        done = subprocess.run([CHECK, "--schemafile", self.schema_file, "--output-format", "json", *paths], capture_output=True,
                              text=True, check=False, timeout=PATIENCE_S)
        report = json.loads(done.stdout)
        assert not report.get("parse_errors"), report["parse_errors"][:3]
        bad = {error["filename"] for error in report["errors"]}
        assert done.returncode == (1 if bad else 0), (done.returncode, done.stderr)
        return [path not in bad for path in paths]


def judge(*arguments):
    done = subprocess.run([JUDGE, *arguments], capture_output=True, check=False, timeout=PATIENCE_S)
    assert done.returncode == 0, (arguments[:2], done.returncode, done.stderr[-500:])
    return done.stdout.decode()


def compare(judges, name, documents, least):
    """Each document as it is meant, as the loader judges it, and as both validators do."""
    documents = list(documents)
    paths = judges.files(text for _, text in documents)
    with stores.case(name.format(len(documents))):
        rows = list(zip(documents, judges.loader(paths), judges.jsonschema(paths), judges.check_jsonschema(paths), strict=True))
        wrong = [row for row in rows if len({row[0][0], row[1][0], row[2], row[3]}) > 1]
        good = sum(meant for meant, _ in documents)
        assert not wrong, (len(wrong), [(*row[0], *row[1:]) for row in wrong[:5]])
        assert good >= least and len(documents) - good >= least, (good, len(documents))


def check_loose(judges):
    texts = list(loose_documents())
    paths = judges.files(texts)
    with stores.case(f"{len(texts)} documents in other spellings: what the loader takes is not refused"):
        rows = zip(texts, judges.loader(paths), judges.jsonschema(paths), judges.check_jsonschema(paths), strict=True)
        wrong = [row for row in rows if row[1][0] and not (row[2] and row[3])]
        assert not wrong, wrong[:5]


# ---- The schema as it is read back.

def by_command(schema, paths):
    """[(good, what is wrong)] by `headrace config check --schema`, to which a failure of another kind is neither."""
    def one(path):
        done = subprocess.run([stores.HEADRACE, "config", "check", "--no-env", "--schema", schema, path], capture_output=True, text=True,
                              check=False, timeout=PATIENCE_S)
        assert done.returncode in (0, 1), (path, done.returncode, done.stderr)
        return done.returncode == 0, done.stderr
    return [one(path) for path in paths]


def check_read_back(judges):
    meant = list(single_documents()) + list(random_documents(random.Random(SEED + 1)))
    texts = [text for _, text in meant] + list(loose_documents())
    paths = judges.files(texts)
    with stores.case(f"{len(texts)} documents are judged by the JSON Schema, read back, as by the table that wrote it"):
        rows = list(zip(texts, judges.loader(paths), by_command(judges.schema_file, paths), strict=True))
        wrong = [row for row in rows if row[1][0] != row[2][0]]
        assert not wrong, (len(wrong), wrong[:5])
    with stores.case("the JSON Schema, read back and written again, is the same but for the form of patterns"):
        done = subprocess.run([stores.HEADRACE, "config", "schema", "--schema", judges.schema_file], capture_output=True, check=True, text=True)
        again = json.loads(done.stdout, object_pairs_hook=lambda pairs: {key: value for key, value in pairs if key != "pattern"})
        with open(judges.schema_file, encoding="utf-8") as file:
            first = json.load(file, object_pairs_hook=lambda pairs: {key: value for key, value in pairs if key != "pattern"})
        assert first == again, [key for key in first["properties"] if first["properties"][key] != again["properties"].get(key)]


# ---- The other documents.

def check_sample(judges):
    text = judge("sample", "schema.json")
    with stores.case("the sample is good as it is, and with each option in force"):
        assert text.startswith("# yaml-language-server: $schema=schema.json\n"), text[:100]
        options = re.sub(r"^( *)#(?! )", r"\1", text, flags=re.M)
        bare = "".join(line for line in text.splitlines(True) if not line.lstrip().startswith("#"))
        paths = judges.files((text, options, bare))
        assert all(good for good, _ in judges.loader(paths)), judges.loader(paths)
        assert all(judges.jsonschema(paths)) and all(judges.check_jsonschema(paths))
    with stores.case("the sample with each option in force has each property of the schema"):
        import ruamel.yaml
        given = ruamel.yaml.YAML(typ="safe", pure=True).load(options)
        assert set(given) == {key for key, value in judges.schema["properties"].items() if not value.get("deprecated")}
        assert given["hosts"] == ["one", "two:2"] and given["debug"] is False and given["port"] == 8080, given


def check_secret():
    for kind in ("json", "markdown", "sample", "variables"):
        with stores.case(f"the default of a secret is not in the document: {kind}"):
            assert "hidden-one" not in judge(kind)


def check_markdown():
    with stores.case("each row of the Markdown table has seven cells"):
        rows = [line for line in judge("markdown").splitlines() if line.startswith("|")]
        assert len(rows) > 40 and all(len(re.findall(r"(?<!\\)\|", row)) == 8 for row in rows), rows


def main():
    try:
        import jsonschema
    except ImportError:
        stores.skip("the JSON Schema against the loader", "jsonschema is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        judges = Judges(folder)
        with stores.case("the JSON Schema is one of draft 2020-12, by two validators"):
            jsonschema.Draft202012Validator.check_schema(judges.schema)
            subprocess.run([CHECK, "--check-metaschema", judges.schema_file], check=True, capture_output=True, timeout=PATIENCE_S)
        compare(judges, "{} documents with one value each are judged alike by loader, jsonschema and check-jsonschema", single_documents(), 100)
        compare(judges, "{} random documents are judged alike by loader, jsonschema and check-jsonschema",
                random_documents(random.Random(SEED)), 100)
        check_loose(judges)
        check_read_back(judges)
        check_sample(judges)
    check_secret()
    check_markdown()
    stores.finish()


if __name__ == "__main__":
    main()
