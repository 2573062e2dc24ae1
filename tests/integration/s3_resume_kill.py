"""`headrace s3 cp` killed at random moments of an upload and of a download: the same command goes on, and nothing is left.

--kills N --size MIB --seed N: by hand, for more than continuous integration has time for."""
import argparse
import fcntl
import hashlib
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
import stores  # noqa: E402

PARSER = argparse.ArgumentParser()
PARSER.add_argument("--kills", type=int, default=6)
PARSER.add_argument("--size", type=int, default=48)
PARSER.add_argument("--seed", type=int, default=23)
ARGUMENTS = PARSER.parse_args()
RANDOM = random.Random(ARGUMENTS.seed)
PART, PARALLEL = 5 << 20, 3
SIZE = (ARGUMENTS.size << 20) + 12345
DATA = b"".join(RANDOM.randbytes(1 << 20) for _ in range((SIZE >> 20) + 1))[:SIZE]
BUCKET = "kills"
HEADS = 1 << 20  # of requests and responses, far more than they are
ENDED = 12 << 20  # that may be on the way of a response which is ended at its head


class Proxy:
    """Between the command and a store: counts bytes, and kills the command when `moment` comes."""

    def __init__(self, store):
        self.to = (store.host, store.port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.lock = threading.Lock()
        self.threads = []
        self.begin(None)
        threading.Thread(target=self.accept, daemon=True).start()

    def begin(self, moment, how=signal.SIGKILL):
        self.moment, self.how, self.process, self.killed = moment, how, None, threading.Event()
        self.bytes = {"up": 0, "down": 0}

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(self.to)
            seen = {"request": b""}
            for side in (("up", client, server), ("down", server, client)):
                thread = threading.Thread(target=self.copy, args=(*side, seen), daemon=True)
                self.threads.append(thread)
                thread.start()

    def comes(self, way, data, seen):
        """Whether the moment is there: bytes of one way, or a request of a kind, before its answer is seen."""
        kind, value = self.moment
        if kind == "bytes":
            return self.bytes[value[0]] >= value[1]
        return way == "down" and value in seen["request"] and data.startswith(b"HTTP/1.1 2")

    def kill(self):
        while not self.process:  # the command has connected before Popen has returned
            pass
        self.process.send_signal(self.how)
        if self.how == signal.SIGKILL:
            self.process.wait()
            self.killed.set()
        self.moment = None

    def copy(self, way, source, sink, seen):
        try:
            while data := source.recv(1 << 16):
                with self.lock:
                    self.bytes[way] += 0 if self.killed.is_set() else len(data)  # the rest is drained
                    if way == "up" and data[:4] in (b"POST", b"PUT ", b"GET ", b"DELE", b"HEAD"):
                        seen["request"] = data[:data.find(b"\r\n")]
                    if self.moment and not self.killed.is_set() and self.comes(way, data, seen):
                        self.kill()
                if not (way == "down" and self.killed.is_set()):
                    sink.sendall(data)
        except OSError:
            pass
        for end, how in ((sink, socket.SHUT_WR), (source, socket.SHUT_RD)):
            try:
                end.shutdown(how)
            except OSError:
                pass

    def settle(self):
        """The store has read all that it will ever get of what was killed."""
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive()
        self.threads.clear()


class Kills:
    def __init__(self, store, folder):
        self.store, self.proxy, self.folder = store, Proxy(store), folder
        self.client = store.boto3()
        self.state = os.path.join(folder, "state")
        self.local = os.path.join(folder, "local")
        os.mkdir(self.local)
        self.file = os.path.join(self.local, "file")
        with open(self.file, "wb") as file:
            file.write(DATA)
        parts = [DATA[at:at + PART] for at in range(0, SIZE, PART)]
        self.etag = f"{hashlib.md5(b''.join(hashlib.md5(part).digest() for part in parts)).hexdigest()}-{len(parts)}"

    def run(self, moment, *arguments, how=signal.SIGKILL, form=("--json",)):
        self.proxy.begin(moment, how)
        environment = dict(self.store.environment(), S3_ENDPOINT_URL=self.proxy.endpoint, XDG_STATE_HOME=self.state)
        command = [stores.HEADRACE, "s3", "cp", "--part-size", "5MiB", "--concurrency", str(PARALLEL), *form, *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        self.proxy.process = process
        output, errors = process.communicate(timeout=300)
        self.proxy.settle()
        return process.returncode, output, errors

    def uploads(self):
        return self.client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])

    def journals(self):
        return [name for _, _, names in os.walk(self.state) for name in names]

    def listed(self):
        """Parts that the store has."""
        uploads = self.uploads()
        assert len(uploads) <= 1, uploads
        if not uploads:
            return 0
        return len(self.client.list_parts(Bucket=BUCKET, Key="up", UploadId=uploads[0]["UploadId"]).get("Parts", []))

    def finished(self, *arguments):
        code, output, errors = self.run(None, *arguments)
        assert code == 0, errors
        assert not self.journals(), self.journals()
        return json.loads(output)

    def up(self, moment):
        arguments = (self.file, f"s3://{BUCKET}/up")
        self.client.delete_object(Bucket=BUCKET, Key="up")
        code, _, errors = self.run(moment, *arguments)
        assert code == -signal.SIGKILL, (code, errors)
        kept = max(0, self.listed() - PARALLEL)
        report = self.finished(*arguments)
        sent = self.proxy.bytes["up"]
        assert report["parts_kept"] >= kept, (report, kept)
        assert sent <= SIZE - kept * PART + HEADS, (sent, kept)
        assert not self.uploads(), self.uploads()
        head = self.client.head_object(Bucket=BUCKET, Key="up")
        assert head["ContentLength"] == SIZE and head["ETag"].strip('"') == self.etag == report["etag"], head
        return report["parts_kept"]

    def down(self, moment):
        to = os.path.join(self.local, "to")
        arguments = (f"s3://{BUCKET}/down", to)
        code, _, errors = self.run(moment, *arguments)
        assert code == -signal.SIGKILL, (code, errors)
        assert not os.path.exists(to)
        came = self.proxy.bytes["down"]
        report = self.finished(*arguments)
        came += self.proxy.bytes["down"]
        with open(to, "rb") as file:
            assert file.read() == DATA
        assert came <= SIZE + PARALLEL * PART + 2 * ENDED, came
        os.unlink(to)
        assert os.listdir(self.local) == ["file"], os.listdir(self.local)
        return report["parts_kept"]

    def several(self, moments, check):
        kept = 0
        for index, moment in enumerate(moments):
            try:
                kept += check(moment)
            except Exception as problem:
                raise AssertionError(f"kill {index}, {moment}: {type(problem).__name__}: {problem}") from problem
        assert kept > 0, "no part was ever kept"


def moments(way, count, kinds):
    return kinds + [("bytes", (way, RANDOM.randrange(1, SIZE))) for _ in range(count - len(kinds))]


HALF = ("bytes", ("up", SIZE // 2))


def check_folder(kills):
    folder = os.path.join(kills.folder, "a", "b")
    arguments = ("--journal", folder, kills.file, f"s3://{BUCKET}/up")
    kills.run(HALF, *arguments)
    assert len(os.listdir(folder)) == 1 and not kills.journals(), (os.listdir(folder), kills.journals())
    code, output, errors = kills.run(None, *arguments, form=())
    assert code == 0 and re.search(rb"; \d+ of %d parts were there\n$" % (-(-SIZE // PART)), output), (output, errors)
    assert os.listdir(folder) == [] and not kills.uploads()


def check_folder_refused(kills):
    code, _, errors = kills.run(None, "--journal", "/dev/null/x", kills.file, f"s3://{BUCKET}/up")
    assert code == 1 and b"--journal /dev/null/x: " in errors, errors


def check_none(kills):
    kills.run(HALF, "--no-journal", kills.file, f"s3://{BUCKET}/up")
    assert not kills.journals() and len(kills.uploads()) == 1, kills.uploads()
    upload = kills.uploads()[0]
    kills.client.abort_multipart_upload(Bucket=BUCKET, Key=upload["Key"], UploadId=upload["UploadId"])


def check_lock(kills):
    arguments = (kills.file, f"s3://{BUCKET}/up")
    kills.run(HALF, *arguments)
    name, = kills.journals()
    with open(os.path.join(kills.state, "headrace/transfers", name), encoding="ascii") as journal:
        fcntl.flock(journal, fcntl.LOCK_EX)
        code, _, errors = kills.run(None, *arguments)
    assert code == 1 and name.encode() in errors and b"in use" in errors, errors
    assert kills.finished(*arguments)["parts_kept"] > 0


def check_changed(kills):
    arguments = (kills.file, f"s3://{BUCKET}/up")
    kills.run(HALF, *arguments)
    os.utime(kills.file)
    assert kills.finished(*arguments)["parts_kept"] == 0
    assert not kills.uploads()


def check_interrupt(kills):
    to = os.path.join(kills.local, "to")
    arguments = (f"s3://{BUCKET}/down", to)
    kills.run(("bytes", ("down", SIZE // 2)), *arguments)
    assert len(kills.journals()) == 1 and len(os.listdir(kills.local)) == 2, os.listdir(kills.local)
    code, _, errors = kills.run(("bytes", ("down", SIZE // 6)), *arguments, how=signal.SIGINT)
    assert code == 130, (code, errors)
    assert not kills.journals() and os.listdir(kills.local) == ["file"], (kills.journals(), os.listdir(kills.local))


def check_twice(kills):
    to = os.path.join(kills.local, "to")
    arguments = (f"s3://{BUCKET}/down", to)
    kills.run(("bytes", ("down", SIZE // 2)), *arguments)
    part, = (name for name in os.listdir(kills.local) if name != "file")
    with open(os.path.join(kills.local, part), "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        code, _, errors = kills.run(None, *arguments)
    assert code == 1 and b"another process is getting it" in errors, errors
    assert kills.finished(*arguments)["parts_kept"] > 0
    os.unlink(to)


for STORE in stores.each("s3 resume behind kills"):
    if STORE.ca:
        continue  # the proxy reads what is asked
    with tempfile.TemporaryDirectory() as FOLDER:
        KILLS = Kills(STORE, FOLDER)
        KILLS.client.create_bucket(Bucket=BUCKET)
        with stores.case(f"{STORE.kind}: uploads killed at {ARGUMENTS.kills} moments go on"):
            KILLS.several(moments("up", ARGUMENTS.kills, [("answer", b"uploads"), ("answer", b"uploadId")]), KILLS.up)
        with stores.case(f"{STORE.kind}: an upload killed when all of it was put together ends without its bytes"):
            KILLS.up(("answer", b"POST /kills/up?uploadId"))
            assert KILLS.proxy.bytes["up"] < HEADS, KILLS.proxy.bytes
        KILLS.client.put_object(Bucket=BUCKET, Key="down", Body=DATA)
        with stores.case(f"{STORE.kind}: downloads killed at {ARGUMENTS.kills} moments go on"):
            KILLS.several(moments("down", ARGUMENTS.kills, []), KILLS.down)
        if STORE.kind == "embedded":
            for NAME, CHECK in (("--journal DIR, which is made; the line says how many parts were there", check_folder),
                                ("--journal DIR that cannot be made", check_folder_refused),
                                ("--no-journal leaves the upload that was killed", check_none),
                                ("a journal in use is refused by name", check_lock),
                                ("a file that has changed is sent anew, and the upload of the old one aborted", check_changed),
                                ("SIGINT leaves neither journal nor file of a download that was killed before", check_interrupt),
                                ("a download that another process is at is refused", check_twice)):
                with stores.case(f"s3 cp, {NAME}"):
                    CHECK(KILLS)
stores.finish()
