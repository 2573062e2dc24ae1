"""`serve s3 --store FOLDER` killed by SIGKILL at random times under 64 writers, and started again on the same folder: every
object whose write was answered is there whole, of the writes without an answer each has happened or not, and there is no file
that nothing names. `--kills N` (20), `--seed N`; boto3 reads everything back."""
import argparse
import concurrent.futures
import datetime
import http.client
import os
import random
import re
import select
import signal
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from stores import ACCESS_KEY, HEADRACE, REGION, SECRET_KEY, START_S, Store, case, finish  # noqa: E402

WRITERS, KEYS, BUCKET, PART = 64, 4, "bucket", 5 << 20
NOISE = random.Random(1).randbytes(PART + (1 << 20))


def content(writer, key, count):
    """The bytes of the nth write of a key: no two are alike, and each says what it is."""
    rng = random.Random(f"{writer} {key} {count}")
    size = rng.choice([0, 1, 100, 4096, 70_000, 300_000, 700_000])
    at = rng.randrange(1 << 19)
    return b"" if size == 0 else f"{writer} {key} {count}\n".encode() + NOISE[at:at + size]


def parts_of(writer, key, count):
    at = random.Random(f"parts {writer} {key} {count}").randrange(1 << 19)
    return [NOISE[at:at + PART], f"{writer} {key} {count} end".encode()]


class Server:
    """The store in a process. `--any-credentials`, so that a request needs no signature of its own."""

    def __init__(self, folder, *options):
        self.process = subprocess.Popen(
            [HEADRACE, "serve", "s3", "--listen", "127.0.0.1:0", "--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY,
             "--any-credentials", "--reactors", "2", "--limit", "20GiB", "--store", folder, *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        ready, _, _ = select.select([self.process.stdout], [], [], START_S)
        line = self.process.stdout.readline().decode() if ready else ""
        match = re.search(r"http://[0-9.]+:\d+", line)
        if not match:
            self.process.kill()
            raise RuntimeError(f"it did not start: {line!r} {self.process.communicate()[1].decode()!r}")
        self.store = Store("embedded", match.group(0), self.process)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        return self.process.communicate()[1].decode()


class Connection:
    """Requests without a signature that anybody would compare: boto3 would be slower than the server."""

    def __init__(self, store):
        self.http = http.client.HTTPConnection(store.host, store.port, timeout=60)

    def send(self, method, path, body=b""):
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        self.http.request(method, f"/{BUCKET}/{path}", body, {
            "x-amz-date": now, "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/{now[:8]}/{REGION}/s3/aws4_request, "
                             f"SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature={'0' * 64}"})
        response = self.http.getresponse()
        text = response.read()
        if response.status // 100 != 2:
            raise AssertionError(f"{method} {path}: {response.status} {text[:200]}")
        return response.headers, text


class Key:
    """Of one key: what has been answered, and what has not. A state is None (nothing is there) or a body and the number of
    files that it takes."""

    def __init__(self, writer, number):
        self.writer, self.number = writer, number
        self.name = f"w{writer}/../k//{number}"
        self.count, self.known, self.pending = 0, None, []


class Writer:
    def __init__(self, number):
        self.number, self.rng = number, random.Random(f"{SEED} {number}")
        self.keys = [Key(number, i) for i in range(KEYS)]
        self.open = None  # an upload that is never completed, and its parts that have been answered: (id, {number: size})
        self.maybe = set()  # sizes of parts without an answer
        self.answered, self.problem = 0, None

    def run(self, store, stop):
        self.connection = Connection(store)
        try:
            while not stop.is_set():
                self.step(self.rng.choice(self.keys), self.rng.random())
                self.answered += 1
        except (OSError, http.client.HTTPException):
            pass  # killed
        except AssertionError as problem:
            self.problem = problem
        finally:
            self.connection.http.close()

    def step(self, key, chance):
        key.count += 1
        if chance < 0.15:
            self.change(key, None, lambda: self.connection.send("DELETE", key.name))
        elif chance < 0.18:
            self.upload(key)
        elif chance < 0.21:
            self.add_part()
        else:
            body = content(self.number, key.number, key.count)
            self.change(key, (body, 1), lambda: self.connection.send("PUT", key.name, body))

    def change(self, key, state, request):
        key.pending = [state]
        request()
        key.known, key.pending = state, []

    def create(self, name):
        _, text = self.connection.send("POST", name + "?uploads")
        return re.search(rb"<UploadId>(.+)</UploadId>", text).group(1).decode()

    def upload(self, key):
        bodies = parts_of(self.number, key.number, key.count)
        upload = self.create(key.name)
        etags = [self.connection.send("PUT", f"{key.name}?partNumber={i}&uploadId={upload}", body)[0]["ETag"]
                 for i, body in enumerate(bodies, 1)]
        document = "".join(f"<Part><PartNumber>{i}</PartNumber><ETag>{etag}</ETag></Part>" for i, etag in enumerate(etags, 1))
        document = f"<CompleteMultipartUpload>{document}</CompleteMultipartUpload>".encode()
        self.change(key, (b"".join(bodies), 1 + len(bodies)),
                    lambda: self.connection.send("POST", f"{key.name}?uploadId={upload}", document))

    def add_part(self):
        name = f"open{self.number}"
        if not self.open:
            self.open = (self.create(name), {})
        number, size = self.rng.randrange(1, 4), self.rng.randrange(1, 5000)
        self.maybe = {(number, size)}
        self.connection.send("PUT", f"{name}?partNumber={number}&uploadId={self.open[0]}", NOISE[:size])
        self.open[1][number] = size
        self.maybe = set()


def check_key(s3, key, listed):
    states = [key.known, *key.pending]
    if key.name not in listed:
        assert None in states, f"{key.name}: it is gone"
        key.known = None
    else:
        body = s3.get_object(Bucket=BUCKET, Key=key.name)["Body"].read()
        found = [state for state in states if state and state[0] == body]
        assert found, f"{key.name}: {len(body)} bytes that are none of {[len(s[0]) for s in states if s]}"
        key.known = found[0]
    key.pending = []
    return key.known[1] if key.known else 0


def check_upload(s3, writer):
    if not writer.open:
        return
    listed = s3.list_parts(Bucket=BUCKET, Key=f"open{writer.number}", UploadId=writer.open[0]).get("Parts", [])
    sizes = {part["PartNumber"]: part["Size"] for part in listed}
    either = {**writer.open[1], **dict(writer.maybe)}
    assert sizes in (writer.open[1], either), f"upload of {writer.number}: {sizes} is not {writer.open[1]} or {either}"
    writer.open, writer.maybe = (writer.open[0], sizes), set()


def files_in(folder):
    return [os.path.join(at, name) for at, _, names in os.walk(folder) for name in names]


def end_other_uploads(s3, writers):
    """Uploads that were under way when the store was killed, and would else be files that the test does not know of."""
    kept = {writer.open[0] for writer in writers if writer.open}
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=BUCKET):
        for upload in page.get("Uploads", []):
            if upload["UploadId"] not in kept:
                s3.abort_multipart_upload(Bucket=BUCKET, Key=upload["Key"], UploadId=upload["UploadId"])


def check(server, folder, writers, pool):
    s3 = server.store.boto3(max_pool_connections=8)
    assert not files_in(os.path.join(folder, "tmp")), "something is left in tmp"
    assert not files_in(os.path.join(folder, "damaged")), "something is damaged"
    listed = {entry["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
              for entry in page.get("Contents", [])}
    keys = [key for writer in writers for key in writer.keys]
    assert listed <= {key.name for key in keys}, "keys that nobody has written"
    end_other_uploads(s3, writers)
    files = sum(pool.map(lambda key: check_key(s3, key, listed), keys))
    for writer in writers:
        assert not writer.problem, writer.problem
        check_upload(s3, writer)
        files += 1 + len(writer.open[1]) if writer.open else 0
    found = files_in(os.path.join(folder, "objects"))
    assert len(found) == files, f"{len(found)} files for what takes {files}"
    return len(listed)


def write_and_kill(server, writers, delay):
    stop = threading.Event()
    threads = [threading.Thread(target=writer.run, args=(server.store, stop)) for writer in writers]
    for thread in threads:
        thread.start()
    stop.wait(delay)  # the random time
    errors = server.kill()
    stop.set()
    for thread in threads:
        thread.join()
    assert "ERROR: " not in errors and "runtime error" not in errors, errors[:2000]


def one_kill(number, folder, writers, pool, rng):
    server = Server(folder, *(["--fsync"] if number % 5 == 4 else []))
    if number == 0:
        server.store.boto3().create_bucket(Bucket=BUCKET)
    try:
        check(server, folder, writers, pool)
        write_and_kill(server, writers, rng.uniform(0.02, 1.0))
    finally:
        server.kill()


def last_look(folder, writers, pool):
    server = Server(folder, "--scrub", "full")
    try:
        objects = check(server, folder, writers, pool)
    finally:
        server.kill()
    answered = sum(writer.answered for writer in writers)
    assert answered > 10 * KILLS and objects > 0, f"{answered} answers, {objects} objects: that tests nothing"
    print(f"seed {SEED}: {KILLS} kills, {answered} answers, {objects} objects")


parser = argparse.ArgumentParser()
parser.add_argument("--kills", type=int, default=20)
parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
arguments = parser.parse_args()
KILLS, SEED = arguments.kills, arguments.seed

with tempfile.TemporaryDirectory() as top, concurrent.futures.ThreadPoolExecutor(4) as readers:
    place, everybody, times = os.path.join(top, "store"), [Writer(i) for i in range(WRITERS)], random.Random(SEED)
    with case(f"store: {KILLS} times SIGKILL under {WRITERS} writers loses nothing and shows nothing half (seed {SEED})"):
        for kill in range(KILLS):
            one_kill(kill, place, everybody, readers, times)
        last_look(place, everybody, readers)
finish()
