"""`headrace config`: check, show, get and diff, against the values of the YAML cases as Python reads them, and faults by the dozen."""
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
import stores  # noqa: E402

HEADRACE = stores.HEADRACE
CASES = os.path.join(os.environ.get("HR_CASES", os.path.join(stores.ROOT, "../shared/cases")), "yaml/cases.given.jsonl")
PLAIN = {name: value for name, value in os.environ.items() if not name.upper().startswith("ESPER_")}
PATIENCE_S = 60


def config(*arguments, code=0, **environment):
    done = subprocess.run([HEADRACE, "config", *arguments], stdin=subprocess.DEVNULL, capture_output=True, check=False,
                          timeout=PATIENCE_S, env={**PLAIN, **environment})
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done.stdout.decode(), done.stderr.decode()


class Folder:
    """Files by their text."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.count = 0

    def write(self, text, name=None):
        self.count += 1
        path = os.path.join(self.folder.name, name or f"{self.count}.yaml")
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        os.chmod(path, 0o600)
        return path


# ---- The cases.

def load_cases():
    with open(CASES, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def is_map(one):
    return one["json"] and isinstance(one["json"][0], dict)


def values_alike(a, b):
    """1 and 1.0 are two values here, and True is not 1."""
    if isinstance(a, dict) and isinstance(b, dict):
        return list(sorted(a)) == list(sorted(b)) and all(values_alike(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(values_alike(x, y) for x, y in zip(a, b))
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (a != a and b != b)
    return type(a) is type(b) and a == b


def check_case(folder, one):
    """A document that is no map is shown as the value of a key, a blank further in."""
    text, wanted = one["yaml"], one["json"][0] if one["json"] else None
    if wanted is not None and not is_map(one):
        text, wanted = "of:\n" + "".join(" " + line for line in text.splitlines(True)), {"of": wanted}
    shown = json.loads(config("show", "--json", "--no-env", folder.write(text))[0])
    assert values_alike(shown, {} if wanted is None else wanted), (one["name"], shown, wanted)


def check_refusal(folder, one):
    said = json.loads(config("check", "--json", "--no-env", folder.write(one["yaml"]), code=1)[0])
    assert [row["message"] for row in said["problems"]] == ["a configuration is a map of keys and values"], (one["name"], said)


def has_marker(one):
    """Of a document, which cannot stand below a key."""
    return any(line.startswith("---") for line in one["yaml"].splitlines())


def check_cases(folder):
    if not os.path.exists(CASES):
        stores.skip("config show --json: the given values", f"{CASES} is not there")
        return
    cases = load_cases()
    core = [one for one in cases if one["class"] == "config-core" and isinstance(one["json"], list)]
    wrong, shown = [], 0
    for one in core:
        empty = not one["json"] or one["json"][0] is None
        try:
            if empty or is_map(one) or not has_marker(one):
                check_case(folder, one)
                shown += 1
            if not empty and not is_map(one):
                check_refusal(folder, one)
        except (AssertionError, ValueError) as problem:
            wrong.append(f"{one['name']}: {problem}"[:300])
    with stores.case("config show --json: the given values of each core document"):
        assert not wrong and shown >= 60 and shown >= 0.9 * len(core), (shown, len(core), wrong[:5])
    with stores.case("config check: each invalid document ends with 1, and its line is told"):
        invalid = [one for one in cases if one["class"] == "invalid"]
        wrong = []
        for one in invalid:
            path = folder.write(one["yaml"])
            out, err = config("check", "--json", "--no-env", path, code=1)
            problems = json.loads(out)["problems"]
            lines = one["yaml"].count("\n") + 2
            if not problems or not all(1 <= row["line"] <= lines and row["column"] >= 1 and row["file"] == path for row in problems):
                wrong.append((one["name"], problems))
            if f"{path}:{problems[0]['line']}:{problems[0]['column']}: error: " not in err:
                wrong.append((one["name"], err))
        assert len(invalid) >= 40 and not wrong, wrong[:3]


# ---- Faults.

# Each with the part of its message and the place of its mark: "@" stands before it, and is taken away.
FAULTS = (
    ("host: one\n@host: two\n", "the key is there twice, first in line"),
    ("alias: @*nowhere\n", "no anchor &nowhere has come before"),
    ("tagged: @!application 1\n", "the tag !application: only the tags of YAML's core schema"),
    ("count: @!!int many\n", "!!int, but it is not an integer"),
    ("ratio: @!!float high\n", "!!float, but it is not a number"),
    ("flag: @!!bool perhaps\n", "!!bool, but it is not a boolean"),
    ("nothing: @!!null something\n", "!!null, but it is not null"),
    ("loop: &loop [1, @*loop]\n", "the alias *loop stands inside of what it names"),
    ("merged:\n  <<: @text\n", "the merge key << takes a map"),
    ("zero: @\"a\\0b\"\n", "a NUL character, which no value here can hold"),
    ("nested:\n  deeper: {a: 1, @a: 2}\n", "the key is there twice, first in line"),
    ("@!!int 5: x\n", "the tag tag:yaml.org,2002:int on a key: keys are strings"),
    ("list: @!!map [1]\n", "only the tags of YAML's core schema"),
)


def place_of(marked):
    before = marked[:marked.index("@")]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def check_faults(folder):
    text, wanted = "", []
    for marked, message in FAULTS:
        line, column = place_of(marked)
        wanted.append((text.count("\n") + line, column, message))
        text += marked.replace("@", "")
    path = folder.write(text)
    out, err = config("check", "--json", "--no-env", path, code=1)
    report = json.loads(out)
    with stores.case(f"config check: {len(FAULTS)} faults of one file, each with line and column"):
        found = [(row["line"], row["column"], row["message"]) for row in report["problems"]]
        missing = [one for one in wanted if not any(one[:2] == row[:2] and one[2] in row[2] for row in found)]
        assert not missing and len(found) == len(wanted) >= 10, (missing, found)
    with stores.case("config check --json: how many, of which file, and no more than that"):
        assert report["ok"] is False and report["errors"] == len(FAULTS) and report["warnings"] == 0, report
        assert all(row["severity"] == "error" and row["file"] == path for row in report["problems"]), report
        assert report["error"]["code"] == "HR_ERR_CONFIG" and report["error"]["class"] == "failed", report
    with stores.case("config check: the same on standard error, the line and a caret below each"):
        for line, column, message in wanted:
            head = f"{path}:{line}:{column}: error: "
            at = err.index(head)
            first, second, third = err[at:].split("\n")[:3]
            assert message in first and second == "  | " + text.split("\n")[line - 1].replace("\0", "?"), (first, second)
            assert third == "  | " + " " * (column - 1) + "^", third
        assert err.endswith(f"headrace: config check: {len(FAULTS)} errors, 0 warnings\n"), err[-200:]
        assert config("check", "--no-env", path, code=1) == ("", err)


# Variables with what is wrong with each; the file that they stand above is below.
UNDER = "port: 1\nratio: 0.5\nflag: true\ndatabase: {pool: {size: 4}}\nhosts: [a, b]\nname: service\nempty: []\n"
VARIABLES = {
    "ESPER_PORT": ("many", "it is not an integer"), "ESPER_RATIO": ("high", "it is not a number"),
    "ESPER_FLAG": ("perhaps", "it is not a boolean"), "ESPER_DATABASE": ("x", "a map is there"),
    "ESPER_DATABASE__POOL": ("x", "a map is there"), "ESPER_HOSTS": ("x", "a list is there"),
    "ESPER_HOSTS__7": ("x", "a list has no such item"), "ESPER_NAME__PART": ("x", "which is a string: it has no such part"),
    "ESPER_PORT__PART__X": ("1", "which is an integer: it has no such part"), "ESPER_EMPTY__0": ("x", "a list has no such item"),
    "ESPER_DATABASE__POOL__SIZE": ("1.5", "it is not an integer"), "ESPER_": ("x", "the name has no level"),
    "esper_flag__x": ("x", "which is a boolean: it has no such part"),
}


def check_variables(folder):
    path = folder.write(UNDER)
    given = {name: value for name, (value, _) in VARIABLES.items()}
    out, err = config("check", "--json", path, code=1, **given)
    with stores.case(f"config check: {len(VARIABLES)} faults through variables, each named by its variable"):
        problems = json.loads(out)["problems"]
        assert len(problems) == len(VARIABLES), problems
        for name, (_, message) in VARIABLES.items():
            row = [row for row in problems if row.get("variable") == name]
            assert len(row) == 1 and message in row[0]["message"], (name, row)
            assert "line" not in row[0] and "file" not in row[0], row
            assert f"variable {name}: error: " in err, err
    with stores.case("config check: values of variables and of settings are never told"):
        out, err = config("check", "--json", "--set", "port=hidden-word", path, code=1, ESPER_FLAG="hidden-word", ESPER_HOSTS="hidden-word")
        assert "hidden-word" not in out + err and '"set":"port"' in out and "--set port: error: " in err, (out, err)


def check_check(folder):
    clean, old = folder.write("a: 1\n"), folder.write("a: no\nb: 0777\nc: 12:30\nd: 2026-11-29\n")
    with stores.case("config check: clean is silent, and 0"):
        assert config("check", clean) == ("", "")
        report = json.loads(config("check", "--json", clean)[0])
        assert report == {"ok": True, "errors": 0, "warnings": 0, "problems": [], "error": None}, report
    with stores.case("config check --strict: warnings too are a failure"):
        report = json.loads(config("check", "--json", old)[0])
        assert report["ok"] is True and [row["line"] for row in report["problems"]] == [1, 2, 3, 4], report
        assert {row["severity"] for row in report["problems"]} == {"warning"}, report
        report = json.loads(config("check", "--json", "--strict", old, code=1)[0])
        assert report["ok"] is False and report["warnings"] == 4 and report["error"]["class"] == "failed", report
        assert config("check", "--strict", clean) == ("", "")
    with stores.case("config: wrong usage is 2"):
        for row in (("check",), ("get", clean), ("diff", clean), ("diff", clean, clean, clean), ("check", "--no-such", clean),
                    ("show", "--env", "--no-env", clean), ("show", "--prefix", "", clean), ("show", "--set", "x", clean), ("what", clean)):
            out, err = config(*row, code=2)
            assert not out and err.startswith("headrace: "), (row, err)
    with stores.case("config check: what is no file is named"):
        for path in (folder.folder.name, "/dev/null", os.path.join(folder.folder.name, "none")):
            out, err = config("check", "--json", path, code=1)
            assert json.loads(out)["problems"][0]["file"] == path and path in err, (out, err)
    with stores.case("config check: bytes that are no text have their place, and do not reach the terminal"):
        out, err = config("check", "--json", folder.write(b"a: 1\nb: x\xff\x1b[31m\n"), code=1)
        row = json.loads(out)["problems"][0]
        assert (row["line"], row["column"]) == (2, 5) and "\x1b" not in err and "0xff" in row["message"], (row, err)


# ---- Showing.

TREE = """database:
  host: localhost
  pool_size: 10
  digits: 123456789012345678901234567890
  based: 0xFFFFFFFFFFFFFFFFFFFF
  exact: +1.50
  infinite: -.inf
  none: .NaN
hosts: [a, b]
empty: {}
labels: {app.kubernetes.io/name: "x\\n\\e"}
"""
AS_JSON = {"database": {"host": "localhost", "pool_size": 10, "digits": 123456789012345678901234567890,
                        "based": 0xFFFFFFFFFFFFFFFFFFFF, "exact": 1.5, "infinite": "-.inf", "none": ".nan"},
           "hosts": ["a", "b"], "empty": {}, "labels": {"app.kubernetes.io/name": "x\n\x1b"}}


def check_show(folder):
    path = folder.write(TREE)
    above = folder.write("database: {host: above}\nmore: yes\n")
    with stores.case("config show: one line a value, in the order of the file, with its place"):
        lines = config("show", path)[0].splitlines()
        assert lines == [
            f'database.host = "localhost"  # {path}:2:9', f"database.pool_size = 10  # {path}:3:14",
            f"database.digits = 123456789012345678901234567890  # {path}:4:11",
            f"database.based = {0xFFFFFFFFFFFFFFFFFFFF}  # {path}:5:10", f"database.exact = 1.50  # {path}:6:10",
            f"database.infinite = -.inf  # {path}:7:13", f"database.none = .nan  # {path}:8:9", f'hosts.0 = "a"  # {path}:9:9',
            f'hosts.1 = "b"  # {path}:9:12', f"empty = {{}}  # {path}:10:8",
            f'labels.app\\.kubernetes\\.io/name = "x\\n\\u001b"  # {path}:11:34'], lines
    with stores.case("config show --json: numbers keep their digits, as Python reads them"):
        text = config("show", "--json", path)[0]
        assert json.loads(text) == AS_JSON and '"exact":1.50' in text and text.count("\n") == 1, text
    with stores.case("config show: later files, variables and --set win, and say so"):
        lines = config("show", "--set", "hosts.1=c", "--set", "new.a\\.b=1", path, above, ESPER_DATABASE_POOL_SIZE="20")[0].splitlines()
        for line in (f'database.host = "above"  # {above}:1:18', "database.pool_size = 20  # variable ESPER_DATABASE_POOL_SIZE",
                     'hosts.1 = "c"  # --set hosts.1', "new.a\\.b = 1  # --set new.a\\.b", f'more = "yes"  # {above}:2:7'):
            assert line in lines, (line, lines)
    with stores.case("config show --path: a part of it, a value of it, nothing"):
        assert config("show", "--path", "hosts", path)[0] == f'hosts.0 = "a"  # {path}:9:9\nhosts.1 = "b"  # {path}:9:12\n'
        assert json.loads(config("show", "--path", "database", "--json", path)[0]) == AS_JSON["database"]
        assert config("show", "--path", "hosts.1", "--json", path)[0] == '"b"\n'
        assert config("show", "--path", "empty", path)[0] == f"empty = {{}}  # {path}:10:8\n"
        out, err = config("show", "--path", "databse", "--json", path, code=1)
        assert "did you mean 'database'?" in err and json.loads(out)["error"]["code"] == "ENOENT", (out, err)
    with stores.case("config show --env: what comes from variables"):
        given = {"ESPER_DATABASE__POOL_SIZE": "20", "ESPER_NEW_KEY": "on"}
        assert config("show", "--env", path, **given)[0] == ("database.pool_size = 20  # variable ESPER_DATABASE__POOL_SIZE\n"
                                                             "new.key = true  # variable ESPER_NEW_KEY\n")
        assert json.loads(config("show", "--env", "--json", path, **given)[0]) == [
            {"path": "database.pool_size", "value": 20, "variable": "ESPER_DATABASE__POOL_SIZE"},
            {"path": "new.key", "value": True, "variable": "ESPER_NEW_KEY"}]
        assert config("show", "--env", path) == ("", "") and config("show", "--env", "--json", path)[0] == "[]\n"
    with stores.case("config show --no-env and --prefix: which variables count"):
        assert json.loads(config("show", "--no-env", "--json", path, ESPER_DATABASE_HOST="x")[0]) == AS_JSON
        assert config("show", "--prefix", "MINE_", ESPER_A="1", MINE_B="2")[0] == "b = 2  # variable MINE_B\n"
    with stores.case("config show: without a file the variables alone are the configuration"):
        assert json.loads(config("show", "--json", ESPER_A__B="1", ESPER_A__C="x")[0]) == {"a": {"b": 1, "c": "x"}}
        assert config("show") == ("", "") and config("show", "--json")[0] == "{}\n"
    with stores.case("config show --substitute: references to variables"):
        refers = folder.write("a: ${ONE}\nb: '${ONE}'\nc: ${NONE:-x}\nd: $${ONE}\n")
        assert json.loads(config("show", "--substitute", "--json", refers, ONE="1")[0]) == {"a": 1, "b": "1", "c": "x", "d": "${ONE}"}
        assert json.loads(config("show", "--json", refers, ONE="1")[0])["a"] == "${ONE}"
        assert "is no reference" in config("check", "--substitute", folder.write("a: ${1}\n"), code=1)[1]
    with stores.case("config show and diff: the value of a secret file is not shown"):
        plain, secret = folder.write("a: 1\n"), folder.write("hunter2\n", "password")
        os.chmod(secret, 0o600)
        names = {"ESPER_PASSWORD_FILE": secret}
        assert config("show", plain, **names)[0].splitlines()[1] == f"password = ***  # secret {secret}"
        assert json.loads(config("show", "--json", plain, **names)[0]) == {"a": 1, "password": "***"}
        for row in (("show", "--env", plain), ("diff", plain, folder.write("a: 2\n")), ("check", "--json", folder.write("password: {a: 1}\n"))):
            done = subprocess.run([HEADRACE, "config", *row], capture_output=True, check=False, timeout=PATIENCE_S, env={**PLAIN, **names})
            assert b"hunter2" not in done.stdout + done.stderr, (row, done)
    with stores.case("config show: containers deeper than a JSON writer's own limit"):
        deep = folder.write("a: " + "[" * 60 + "]" * 60 + "\n")
        assert config("show", "--json", deep)[0] == '{"a":' + "[" * 60 + "]" * 60 + "}\n"
    with stores.case("config show: a list of 200,000 items, each with its number"):
        many = folder.write("a: [" + ", ".join(str(i) for i in range(200000)) + "]\n")
        lines = config("show", many)[0].splitlines()
        assert len(lines) == 200000 and lines[-1].startswith("a.199999 = 199999  # "), lines[-1]


def check_get(folder):
    path, above = folder.write(TREE), folder.write("hosts: [c]\nname: \"a\\nb\"\ntruth: True\nnothing: ~\n")
    with stores.case("config get: scalars as they are written, containers as JSON"):
        for key, shown in (("database.host", "localhost"), ("database.based", "0xFFFFFFFFFFFFFFFFFFFF"), ("database.exact", "+1.50"),
                           ("hosts.0", "c"), ("name", "a\nb"), ("truth", "True"), ("nothing", "~"), ("empty", "{}"), ("hosts", '["c"]'),
                           ("labels", '{"app.kubernetes.io/name":"x\\n\\u001b"}'), ("labels.app\\.kubernetes\\.io/name", "x\n\x1b")):
            assert config("get", path, above, key)[0] == shown + "\n", key
    with stores.case("config get --json: scalars as JSON"):
        assert config("get", "--json", path, "database.based")[0] == f"{0xFFFFFFFFFFFFFFFFFFFF}\n"
        assert config("get", "--json", path, above, "name")[0] == '"a\\nb"\n'
    with stores.case("config get: a variable and --set stand above the file"):
        assert config("get", path, "database.pool_size", ESPER_DATABASE_POOL_SIZE="7")[0] == "7\n"
        assert config("get", "--set", "database.pool_size=8", path, "database.pool_size", ESPER_DATABASE_POOL_SIZE="7")[0] == "8\n"
    with stores.case("config get: a path that is not there, and the nearest that is"):
        for key, words in (("database.pool_sise", "did you mean 'database.pool_size'?"), ("databse.host", "did you mean 'database.host'?"),
                           ("database.host.x", "'database.host' is a single value"), ("hosts.2", "'hosts' is a list of 2"),
                           ("labels.app.kubernetes.io/name", "did you mean 'labels.app\\.kubernetes\\.io/name'?")):
            out, err = config("get", path, key, code=1)
            assert not out and f"'{key}' is not there" in err and words in err and err.count("\n") == 1, err
        out, _ = config("get", "--json", path, "nowhere", code=1)
        assert json.loads(out)["error"] == {"code": "ENOENT", "class": "failed", "message": "config get: 'nowhere' is not there"}, out


def check_diff(folder):
    a = folder.write("same: 16\nhost: one\ngone: {x: 1, y: []}\nlist: [1, 2, 3]\nkind: text\nratio: 1e3\n")
    b = folder.write("ratio: 1000.0\nhost: two\nlist: [1, 5]\nnew: {z: true}\nkind: {of: map}\nsame: 0x10\n")
    with stores.case("config diff: removed, changed, added, with values and places"):
        assert config("diff", a, b, code=1)[0].splitlines() == [
            f"- gone.x = 1  # {a}:3:11", f"- gone.y = []  # {a}:3:17", f"- list.2 = 3  # {a}:4:14",
            f'~ host = "one" -> "two"  # {a}:2:7 -> {b}:2:7', f"~ list.1 = 2 -> 5  # {a}:4:11 -> {b}:3:11",
            f'~ kind = "text" -> {{"of":"map"}}  # {a}:5:7 -> {b}:5:7', f"+ new.z = true  # {b}:4:10"], config("diff", a, b, code=1)
    with stores.case("config diff --json: the same as one object, whose error is null"):
        report = json.loads(config("diff", "--json", a, b, code=1)[0])
        assert [row["path"] for row in report["removed"]] == ["gone.x", "gone.y", "list.2"], report
        assert report["added"] == [{"path": "new.z", "value": True, "file": b, "line": 4, "column": 10}], report
        assert report["changed"][0] == {"path": "host", "from": {"value": "one", "file": a, "line": 2, "column": 7},
                                        "to": {"value": "two", "file": b, "line": 2, "column": 7}}, report
        assert report["alike"] is False and report["error"] is None, report
    with stores.case("config diff: notation and order do not count"):
        assert config("diff", folder.write("a: 16\nb: {c: True, d: ~}\n"), folder.write("b: {d: null, c: true}\na: 0x10\n")) == ("", "")
        report = json.loads(config("diff", "--json", a, a)[0])
        assert report == {"removed": [], "changed": [], "added": [], "alike": True, "error": None}, report
        assert config("diff", folder.write("a: 1\n"), folder.write("a: 1.0\n"), code=1)[0].startswith("~ a = 1 -> 1.0  # ")
    with stores.case("config diff: variables and --set stand above both, --no-env leaves them out"):
        one, two = folder.write("a: 1\n"), folder.write("a: 2\n")
        assert config("diff", one, two, ESPER_A="3") == ("", "") and config("diff", "--set", "a=3", one, two) == ("", "")
        assert config("diff", "--no-env", one, two, code=1, ESPER_A="3")[0].startswith("~ a = 1 -> 2  # ")
    with stores.case("config diff: a file that cannot be loaded is a failure with an error"):
        report = json.loads(config("diff", "--json", a, folder.write("a: *b\n"), code=1)[0])
        assert report["errors"] == 1 and report["error"]["code"] == "HR_ERR_CONFIG", report
    with stores.case("config diff: two lists of 100,000 items"):
        numbers = [str(i) for i in range(100000)]
        long = folder.write("a: [" + ", ".join(numbers) + "]\n")
        numbers[99999] = "x"
        assert config("diff", long, folder.write("a: [" + ", ".join(numbers) + "]\n"), code=1)[0].startswith("~ a.99999 = 99999 -> \"x\"")


# ---- The sources.

def check_sources(folder):
    path = folder.write("port: 1\nname: file\npassword: null\n", "service.yaml")
    with stores.case("config --env-file: below the environment, above the files, the later one wins"):
        one, two = folder.write("ESPER_PORT=2\nESPER_NAME=one\n", "one.env"), folder.write("ESPER_PORT=3\n", "two.env")
        lines = config("show", "--env-file", one, "--env-file", two, path)[0].splitlines()
        assert f"port = ***  # {two}:1:1" in lines and f"name = ***  # {one}:2:1" in lines, lines
        assert config("get", "--reveal", "--env-file", one, path, "port", ESPER_PORT="9")[0] == "9\n"
        assert config("get", "--reveal", "--env-file", one, "--env-file", two, path, "port")[0] == "3\n"
        shown = json.loads(config("show", "--env", "--json", "--env-file", two, path)[0])
        assert [(row["path"], row["env_file"], row["line"], row["column"]) for row in shown] == [("port", two, 1, 1)], shown
        assert config("diff", "--env-file", two, path, folder.write("port: 7\nname: file\npassword: null\n")) == ("", "")
    secrets = os.path.join(folder.folder.name, "secrets")
    os.mkdir(secrets)
    with open(os.path.join(secrets, "password"), "w", encoding="utf-8") as file:
        file.write("hunter2\n")
    os.chmod(file.name, 0o600)
    with stores.case("config --secrets-folder: values of its files, which are shown nowhere"):
        assert f"password = ***  # secret {file.name}" in config("show", "--secrets-folder", secrets, path)[0].splitlines()
        out, err = config("get", "--secrets-folder", secrets, path, "password", code=1)
        assert not out and "'password' is a secret: --reveal prints it" in err, err
        out, err = config("get", "--json", "--secrets-folder", secrets, path, "password", code=1)
        assert json.loads(out)["error"]["code"] == "EACCES" and "hunter2" not in out + err, (out, err)
    with stores.case("config get --reveal: secrets as they are, which are *** in a map otherwise"):
        given = ("--secrets-folder", secrets, path)
        assert config("get", "--reveal", *given, "password")[0] == "hunter2\n"
        assert config("get", "--reveal", "--json", *given, "password")[0] == '"hunter2"\n'
        assert json.loads(config("get", *given, "")[0])["password"] == "***"
        assert json.loads(config("get", "--reveal", *given, "")[0])["password"] == "hunter2"
    with stores.case("config --secrets-optional: the folder may be missing"):
        gone = os.path.join(folder.folder.name, "gone")
        assert gone in config("check", "--secrets-folder", gone, path, code=1)[1]
        assert config("check", "--secrets-folder", gone, "--secrets-optional", path) == ("", "")
    with stores.case("config --secrets-strict: a secret that others can read is an error, and not a warning"):
        os.chmod(file.name, 0o644)
        report = json.loads(config("check", "--json", "--secrets-folder", secrets, path)[0])
        assert (report["errors"], report["warnings"]) == (0, 1), report
        report = json.loads(config("check", "--json", "--secrets-folder", secrets, "--secrets-strict", path, code=1)[0])
        assert (report["errors"], report["warnings"]) == (1, 0) and report["problems"][0]["secret"] == file.name, report
        assert config("check", "--strict", "--secrets-folder", secrets, path, code=1)
    with stores.case("config --profile: the overlay of each file, and a warning where there is none"):
        folder.write("port: 5\n", "service.prod.yaml")
        assert config("get", "--profile", "prod", path, "port")[0] == "5\n"
        assert "no file of the profile" in config("check", "--profile", "test", path)[1]
        assert "is no word of letters" in config("check", "--profile", "../x", path, code=2)[1]
    with stores.case("config --empty-is-value: an empty variable is an empty text where a text is wanted"):
        assert config("get", path, "name", ESPER_NAME="")[0] == "file\n"
        assert config("get", "--empty-is-value", path, "name", ESPER_NAME="")[0] == "\n"
        assert config("get", "--empty-is-value", path, "port", ESPER_PORT="")[0] == "1\n"
    with stores.case("config --pipe-wait: a pipe without an end is waited for so long"):
        pipe = os.path.join(folder.folder.name, "pipe.env")
        os.mkfifo(pipe)
        held = os.open(pipe, os.O_RDWR)
        try:
            err = config("check", "--pipe-wait", "20ms", "--env-file", pipe, path, code=1)[1]
            assert "within 20 ms (--pipe-wait)" in err, err
        finally:
            os.close(held)


# ---- With a schema.

SCHEMA = """{
  "type": "object", "additionalProperties": false, "required": ["name", "database"],
  "properties": {
    "name": {"type": "string", "maxLength": 8, "description": "Of the service."},
    "mode": {"enum": ["fast", "safe"], "default": "safe"},
    "ratio": {"type": "number", "maximum": 1},
    "debug": {"type": "boolean", "default": false},
    "url": {"type": "string", "format": "uri"},
    "hosts": {"type": "array", "items": {"type": "string", "pattern": "^[a-z]+$"}, "maxItems": 2, "default": ["a", "b"]},
    "password": {"type": "string", "writeOnly": true, "minLength": 8, "default": "hidden-one"},
    "database": {"type": "object", "required": ["host"], "additionalProperties": false, "properties": {
      "host": {"type": "string"}, "port": {"type": "integer", "minimum": 1, "maximum": 65535, "default": 5432}}}
  }
}
"""
TEN = """nam: x
mode: slow
ratio: 2
debug: maybe
url: nowhere
hosts: [a, B]
password: short
database:
  hosst: h
  port: 0
"""
SAID = {"name": "name is required", "nam": 'is "name" meant?', "mode": "one of fast, safe", "ratio": "a number", "debug": "true or false",
        "url": "a URL", "hosts.1": "matches [a-z]+", "password": "at least 8 bytes", "database.hosst": 'is "host" meant?',
        "database.host": "host is required", "database.port": "from 1 to 65535"}


def check_schema(folder):
    schema, ten = folder.write(SCHEMA, "service.schema.json"), folder.write(TEN)
    good = folder.write("name: one\ndatabase: {host: h}\n")
    with stores.case("config check --schema: ten faults of one file are all named, each with its place"):
        out, err = config("check", "--json", "--no-env", "--schema", schema, ten, code=1)
        report = json.loads(out)
        rows = report["problems"]
        assert report["errors"] == len(SAID) == len(rows), (report["errors"], rows)
        for path, words in SAID.items():
            missing = words.endswith("is required")
            row = [row for row in rows if words in row["message"] and (missing or row["path"] == path)]
            assert len(row) == 1 and row[0]["file"] == ten and row[0]["line"] >= 1, (path, words, rows)
        assert "short" not in err.replace("shorter", ""), err
    with stores.case("config check --schema: the same faults by variables are named by the variables"):
        given = {"ESPER_MODE": "slow", "ESPER_RATIO": "2", "ESPER_DEBUG": "maybe", "ESPER_URL": "nowhere", "ESPER_HOSTS": "a,B",
                 "ESPER_PASSWORD": "short", "ESPER_DATABASE_PORT": "0"}
        rows = json.loads(config("check", "--json", "--schema", schema, good, code=1, **given)[0])["problems"]
        assert {row.get("variable") for row in rows} == set(given), rows
    with stores.case("config show --schema: defaults say so, and secrets are not shown"):
        lines = config("show", "--no-env", "--schema", schema, good)[0].splitlines()
        assert lines == [f'name = "one"  # {good}:1:7', f'database.host = "h"  # {good}:2:18', "database.port = 5432  # default",
                         'mode = "safe"  # default', "debug = false  # default", 'hosts.0 = "a"  # default', 'hosts.1 = "b"  # default',
                         "password = ***  # default"], lines
        shown = json.loads(config("show", "--json", "--no-env", "--schema", schema, good)[0])
        assert shown["database"] == {"host": "h", "port": 5432} and shown["password"] == "***", shown
    with stores.case("config get --schema: defaults too, and types of variables by the schema"):
        assert config("get", "--schema", schema, good, "database.port")[0] == "5432\n"
        assert config("get", "--schema", schema, good, "name", ESPER_NAME="0x10")[0] == "0x10\n"
        assert config("get", "--json", "--schema", schema, good, "name", ESPER_NAME="12")[0] == '"12"\n'
        assert json.loads(config("get", "--schema", schema, good, "hosts", ESPER_HOSTS="x,y")[0]) == ["x", "y"]
        assert "is a secret" in config("get", "--schema", schema, good, "password", code=1)[1]
    with stores.case("config diff --schema: a default is as good as what is given"):
        same = folder.write("database: {port: 5432, host: h}\nname: one\n")
        assert config("diff", "--no-env", good, same, code=1)[0] == f"+ database.port = 5432  # {same}:1:18\n"
        assert config("diff", "--no-env", "--schema", schema, good, same) == ("", "")
        report = json.loads(config("diff", "--json", "--no-env", "--schema", schema, good, folder.write("database: {port: 1, host: h}\nname: one\n"), code=1)[0])
        assert report["changed"][0]["from"] == {"value": 5432, "default": True}, report
    with stores.case("config schema --format: JSON Schema, table, sample, variables"):
        text = config("schema", "--schema", schema)[0]
        assert json.loads(text)["properties"]["database"]["properties"]["port"]["maximum"] == 65535, text
        assert "| `database.port` |" in config("schema", "--schema", schema, "--format", "markdown")[0]
        sample = config("schema", "--schema", schema, "--format", "sample")[0]
        assert "# Of the service." in sample and config("check", "--schema", schema, folder.write(sample), "--no-env") == ("", ""), sample
        lines = config("schema", "--schema", schema, "--format", "variables", "--prefix", "MINE_")[0].splitlines()
        assert lines[0].startswith("MINE_NAME\tname\t") and len(lines) == 9, lines
        for form in ("json-schema", "markdown", "sample", "variables"):
            assert "hidden-one" not in config("schema", "--schema", schema, "--format", form)[0], form
    with stores.case("config schema --schema-file and --output: the line for editors, a file"):
        made = os.path.join(folder.folder.name, "sample.yaml")
        assert config("schema", "--schema", schema, "--format", "sample", "--schema-file", "a.json", "--output", made) == ("", "")
        with open(made, encoding="utf-8") as file:
            assert file.readline() == "# yaml-language-server: $schema=a.json\n"
        assert "cannot write" in config("schema", "--schema", schema, "--output", folder.folder.name, code=1)[1]
        assert "--schema-file has more than one line" in config("schema", "--schema", schema, "--schema-file", "a\nb", code=2)[1]
    with stores.case("config schema and check: the schemas that have a name"):
        for name, key in (("headrace", "http"), ("esper", "database")):
            assert key in json.loads(config("schema", "--schema", name)[0])["properties"], name
            assert f"  {key}" not in config("schema", "--schema", name, "--format", "variables")[0]
        err = config("check", "--no-env", "--schema", "esper", folder.write("nam: x\n"), code=1)[1]
        assert 'is "name" meant?' in err and "name is required" in err, err
        assert config("check", "--no-env", "--schema", "headrace", folder.write("{}\n")) == ("", "")
    with stores.case("config schema: docs/config-options.md is what it writes"):
        table = config("schema", "--schema", "esper", "--format", "markdown")[0].split("\n\n", 1)[1]
        with open(os.path.join(stores.ROOT, "docs/config-options.md"), encoding="utf-8") as file:
            page = file.read()
        assert page.endswith(table), "headrace config schema --schema esper --format markdown writes another table: put it there"
    with stores.case("config check: a file with a secret that others can read is a warning, one that they can write an error"):
        exposed = folder.write("name: x\ndatabase: {password: hunter2hunter2}\n")
        for mode, flags, code, words in ((0o600, ("--strict",), 0, ""), (0o644, (), 0, "others can read"),
                                         (0o644, ("--strict",), 1, "chmod g-w,o-r"), (0o602, (), 1, "all users can write it: chmod o-w")):
            os.chmod(exposed, mode)
            out, err = config("check", "--no-env", "--schema", "esper", *flags, exposed, code=code)
            assert (words in err if words else not err) and "hunter2" not in out + err, (mode, flags, err)
    with stores.case("config schema: wrong usage"):
        assert "--schema is missing" in config("schema", code=2)[1]
        assert "'nonsense' is none of" in config("schema", "--schema", "nonsense", code=2)[1]
        assert "is none of json-schema" in config("schema", "--schema", schema, "--format", "toml", code=2)[1]


def check_outputs(folder):
    path = folder.write(TREE)
    with stores.case("config: what cannot be written is a failure"), open("/dev/full", "wb") as full:
        schema = folder.write(SCHEMA)
        for row in (("show", path), ("show", "--json", path), ("get", path, "hosts"), ("check", "--json", path), ("schema", "--schema", schema)):
            done = subprocess.run([HEADRACE, "config", *row], stdout=full, stderr=subprocess.PIPE, check=False, timeout=PATIENCE_S, env=PLAIN)
            assert done.returncode == 1 and b"cannot write to standard output" in done.stderr, (row, done)


def main():
    if not os.access(HEADRACE, os.X_OK):
        stores.fail("config", f"the command is not built: {HEADRACE}")
        stores.finish()
    folder = Folder()
    for check in (check_cases, check_faults, check_variables, check_check, check_show, check_get, check_diff, check_sources, check_schema, check_outputs):
        check(folder)
    stores.finish()


if __name__ == "__main__":
    main()
