"""The frame of a client's script: it runs every operation of operations.txt, prints one line each, and looks into the
store with requests that are not the client's. Reads HR_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
from s3_raw import Endpoint  # noqa: E402

ENDPOINT = os.environ["HR_ENDPOINT"]
ACCESS_KEY, SECRET_KEY, REGION = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"], "us-east-1"
COMMAND_TIMEOUT_S, WHY_CHARACTERS_MAX = 60, 400
MIB = 1 << 20
OBJECT = os.urandom(100_000)
LARGE = os.urandom(12 * MIB)  # with parts of 5 MiB: three
TAGS = {"colour": "blue", "two words": "a+b c"}
BLANKS = ["a b+c.txt", "two  blanks/100% sure.txt", "größe/测试.txt"]
LISTED = sorted([f"list/a/{index:02}" for index in range(12)] + [f"list/b/{index:02}" for index in range(13)])
_operations = {}


class Gap(Exception):
    """The operation cannot be done; the text says why."""


def operation(name):
    """Makes a function the test of one operation."""
    def keep(function):
        _operations[name] = function
        return function
    return keep


def gap(name, why):
    """An operation that the client has not."""
    def absent():
        raise Gap(why)
    _operations[name] = absent


class Store:
    """The store as seen by botocore's signer over http.client."""

    def __init__(self, client):
        self.raw = Endpoint(ENDPOINT, access_key=ACCESS_KEY, secret_key=SECRET_KEY)
        self.bucket = f"{re.sub('[^a-z0-9]', '', client)}-{os.urandom(4).hex()}"
        self.other = self.bucket + "-other"

    def call(self, method, key="", query="", data=b"", headers=(), bucket=None, wanted=(200, 204)):
        path = "/" + (bucket or self.bucket) + ("/" + urllib.parse.quote(key) if key else "")
        status, fields, body = self.raw.signed(method, path, query, data, headers)
        assert status in wanted, f"{method} {path}?{query}: {status} {body[:200]}"
        return fields, body

    def write(self, key, data=OBJECT, **fields):
        self.call("PUT", key, data=data, headers={name.replace("_", "-"): value for name, value in fields.items()})

    def read(self, key, bucket=None):
        return self.call("GET", key, bucket=bucket)[1]

    def head(self, key):
        return self.call("HEAD", key)[0]

    def keys(self, prefix="", bucket=None):
        query = f"encoding-type=url&list-type=2&prefix={urllib.parse.quote(prefix, safe='')}"
        body = self.call("GET", query=query, bucket=bucket)[1]
        return [urllib.parse.unquote_plus(key.decode()) for key in re.findall(b"<Key>(.*?)</Key>", body)]

    def fill_list(self):
        for key in LISTED:
            self.write(key, b"x")

    def is_gone(self, *buckets):
        for bucket in buckets:
            assert self.raw.signed("HEAD", "/" + bucket)[0] == 404, f"the bucket {bucket} is still there"


def same(got, wanted, what="the bytes that came back"):
    if got != wanted:
        told = f"{len(got)} bytes, not the {len(wanted)}" if isinstance(got, bytes) else f"{got!r}, not {wanted!r}"
        raise AssertionError(f"{what}: {told[:WHY_CHARACTERS_MAX]}")


def fetch(url):
    """Reads a URL as a browser does, without credentials."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=COMMAND_TIMEOUT_S) as response:
        return response.read()


def in_parts(store, key, data=LARGE, parts=3):
    """An object that was sent in parts has come in one piece, and its entity tag tells of them."""
    same(store.read(key), data)
    tag = store.head(key)["etag"].strip('"')
    same(tag.partition("-")[2], str(parts), f"the number of parts in the entity tag {tag}")


def run(*command, data=None, environment=None, cwd=None):
    """The standard output of a command that must end well."""
    done = subprocess.run(command, input=data, capture_output=True, timeout=COMMAND_TIMEOUT_S, check=False, cwd=cwd,
                          env=dict(os.environ, **(environment or {})))
    if done.returncode != 0:
        told = (done.stderr or done.stdout).decode(errors="replace").replace(SECRET_KEY, "(secret)")
        raise RuntimeError(f"{os.path.basename(command[0])} {' '.join(command[1:3])} ended with {done.returncode}: {told}")
    return done.stdout


class Files:
    """A folder of this run's own."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="headrace-client-")

    def path(self, *names):
        path = os.path.join(self.folder, *names)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def write(self, name, data=OBJECT):
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def tree(self, name):
        """A small tree to be synchronised: its folder, and what is in it by relative path."""
        contents = {"one.txt": b"one", "deep/er/two b.bin": OBJECT, "deep/three+.bin": b"3" * 5000}
        for path, data in contents.items():
            self.write(os.path.join(name, path), data)
        return self.path(name), contents

    def is_tree(self, name, contents):
        found = {}
        for folder, _, names in os.walk(self.path(name)):
            for file in names:
                path = os.path.join(folder, file)
                found[os.path.relpath(path, self.path(name))] = self.read(path)
        same(sorted(found), sorted(contents), "the files of the tree")
        for path, data in contents.items():
            same(found[path], data, path)

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def _one_line(problem):
    line = problem.__traceback__
    while line.tb_next and line.tb_next.tb_frame.f_code.co_filename == sys.argv[0]:
        line = line.tb_next
    text = " ".join(f"line {line.tb_lineno}: {type(problem).__name__}: {problem}".split())
    return text.replace(SECRET_KEY, "(secret)")[:WHY_CHARACTERS_MAX]


def _try(client, name):
    """One operation. A store that says NotImplemented has a gap; the table in the docs tells which are known."""
    try:
        if name not in _operations:
            raise AssertionError("the script has no such operation")
        _operations[name]()
    except Gap as why:
        print(f"gap: {client}: {name}: {why}", flush=True)
    except Exception as problem:  # the others are to run, too
        if re.search(r"not ?implemented|\b501\b", str(problem), re.IGNORECASE):
            word = re.search(r"is not implemented: ([\w-]+)", str(problem))
            print(f"gap: {client}: {name}: not yet in the store{': ' + word.group(1) if word else ''}", flush=True)
            return True
        print(f"fail: {client}: {name}: {_one_line(problem)}", flush=True)
        return False
    else:
        print(f"ok: {client}: {name}", flush=True)
    return True


def names():
    with open(os.path.join(HERE, "operations.txt"), encoding="ascii") as file:
        return [line.partition(":")[0] for line in file]


def main(client, version, files=None):
    """Runs all of them, and ends the program."""
    print(f"version: {client}: {version}", flush=True)
    results = [_try(client, name) for name in names()]
    if files:
        files.remove()
    sys.exit(0 if all(results) else 1)
