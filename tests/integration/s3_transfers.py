"""Objects of several parts by `headrace s3 cp`, read and written by boto3 too; what stays behind when a transfer ends early."""
import hashlib
import http.server
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
import stores  # noqa: E402

PART = 8 << 20
SIZES = [0, 1, PART, PART + 1, 3 * PART, 4 * PART + 12345]
DATA = random.Random(16).randbytes(max(SIZES))
BUCKET = "transfers"


def multipart_etag(data):
    """As S3 makes it."""
    if len(data) <= PART:
        return hashlib.md5(data).hexdigest()
    parts = [data[at:at + PART] for at in range(0, len(data), PART)]
    return f"{hashlib.md5(b''.join(hashlib.md5(part).digest() for part in parts)).hexdigest()}-{len(parts)}"


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def uploads(client):
    return client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])


def check_up(store, client, folder):
    for size in SIZES:
        path = os.path.join(folder, f"up-{size}")
        write(path, DATA[:size])
        done = store.headrace("s3", "cp", path, f"s3://{BUCKET}/up-{size}", "--metadata", "a=b", "--content-type", "text/x", "--json")
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)
        answer = client.get_object(Bucket=BUCKET, Key=f"up-{size}", ChecksumMode="ENABLED")
        assert answer["Body"].read() == DATA[:size], size
        assert answer["Metadata"] == {"a": "b"} and answer["ContentType"] == "text/x", answer
        assert answer["ETag"].strip('"') == report["etag"] == multipart_etag(DATA[:size]), (answer["ETag"], report)
        assert report["size_bytes"] == size, report
    assert not uploads(client), uploads(client)


def check_down(store, client, folder):
    from boto3.s3.transfer import TransferConfig
    config = TransferConfig(multipart_threshold=PART, multipart_chunksize=5 << 20)
    for size in SIZES:
        path = os.path.join(folder, f"from-{size}")
        write(path, DATA[:size])
        client.upload_file(path, BUCKET, f"down-{size}", Config=config)
        to = os.path.join(folder, f"down-{size}")
        done = store.headrace("s3", "cp", f"s3://{BUCKET}/down-{size}", to, "--json")
        assert done.returncode == 0, done.stderr
        assert read(to) == DATA[:size], size
    assert sorted(os.listdir(folder)) == sorted([f"from-{size}" for size in SIZES] + [f"down-{size}" for size in SIZES])


def check_pipe(store, client):
    data = DATA[:3 * PART + 7]
    done = store.headrace("s3", "cp", "-", f"s3://{BUCKET}/pipe", data=data)
    assert done.returncode == 0, done.stderr
    assert client.get_object(Bucket=BUCKET, Key="pipe")["Body"].read() == data
    done = store.headrace("s3", "cp", f"s3://{BUCKET}/pipe", "-")
    assert done.returncode == 0 and done.stdout == data, done.stderr


def check_parts(store, client, folder):
    path, to = os.path.join(folder, "f"), os.path.join(folder, "to")
    write(path, DATA[:2 * PART])
    done = store.headrace("s3", "cp", "--part-size", "5MiB", "--concurrency", "2", path, f"s3://{BUCKET}/cut", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["etag"].endswith("-4"), done
    assert client.head_object(Bucket=BUCKET, Key="cut", PartNumber=4)["ContentLength"] == 1 << 20
    done = store.headrace("s3", "cp", "--part-size", "5MiB", "--concurrency", "2", f"s3://{BUCKET}/cut", to)
    assert done.returncode == 0 and read(to) == DATA[:2 * PART], done
    done = store.headrace("s3", "cp", "--part-size", "4MiB", path, f"s3://{BUCKET}/cut")
    assert done.returncode == 2 and b"--part-size" in done.stderr, done


FIELDS = {"ContentType": "text/x", "CacheControl": "no-store", "ContentLanguage": "de", "ContentDisposition": "inline", "Metadata": {"color": "red", "b": "2"}}
TAGS = [{"Key": "team", "Value": "a b"}, {"Key": "kind", "Value": "x/y=z"}]


def described(client, bucket, key):
    head = client.head_object(Bucket=bucket, Key=key)
    tags = client.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
    return {name: head.get(name) for name in FIELDS}, sorted(tags, key=lambda tag: tag["Key"])


def copy(store, *arguments):
    done = store.headrace("s3", "cp", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def check_copies(store, client):
    """Each form, to another bucket, judged by boto3."""
    client.create_bucket(Bucket="copies")
    whole = FIELDS, sorted(TAGS, key=lambda tag: tag["Key"])
    for size in (0, PART, 3 * PART + 5):
        client.put_object(Bucket=BUCKET, Key=f"of {size}", Body=DATA[:size], Tagging="team=a%20b&kind=x%2Fy%3Dz", **FIELDS)
        for key, options, parts in (("one", (), 1), ("parts", ("--multipart-threshold", "1MiB", "--part-size", "5MiB"), max(1, -(-size // (5 << 20))))):
            report = copy(store, *options, f"s3://{BUCKET}/of {size}", f"s3://copies/{key}")
            answer = client.get_object(Bucket="copies", Key=key)
            assert answer["Body"].read() == DATA[:size] and report["size_bytes"] == size and report["parts"] == parts, (size, report)
            assert answer["ETag"].strip('"') == report["etag"] and ("-" in report["etag"]) == (parts > 1), (answer, report)
            assert described(client, "copies", key) == whole, described(client, "copies", key)
    assert not client.list_multipart_uploads(Bucket="copies").get("Uploads", [])


def check_replaced(store, client):
    client.put_object(Bucket=BUCKET, Key="f/source", Body=DATA[:2 * PART], Tagging="team=a", **FIELDS)
    for options in ((), ("--multipart-threshold", "1MiB", "--part-size", "5MiB")):
        options += ("--replace-metadata", "--content-type", "text/y", "--metadata", "only=this", "--tags", "new=one", "--checksum", "CRC32")
        assert copy(store, *options, f"s3://{BUCKET}/f/source", f"s3://{BUCKET}/to/")["to"] == f"s3://{BUCKET}/to/source"
        fields, tags = described(client, BUCKET, "to/source")
        assert fields == {**dict.fromkeys(FIELDS), "ContentType": "text/y", "Metadata": {"only": "this"}}, fields
        assert tags == [{"Key": "new", "Value": "one"}], tags
    done = store.headrace("s3", "cp", "--content-type", "text/y", f"s3://{BUCKET}/f/source", f"s3://{BUCKET}/x")
    assert done.returncode == 2 and b"--replace-metadata" in done.stderr, done
    done = store.headrace("s3", "cp", "--multipart-threshold", "1MiB", "--if-none-match", "*", f"s3://{BUCKET}/f/source", f"s3://{BUCKET}/to/source")
    assert done.returncode == 1 and not uploads(client), done
    done = store.headrace("s3", "cp", "--json", f"s3://{BUCKET}/nothing", f"s3://{BUCKET}/x")
    assert done.returncode == 1 and "404" in done.stderr.decode(), done


def check_keys(store, client, folder):
    """From one key to another, as boto3 reads it."""
    keys = [bytes([i]) * 32 for i in (1, 2)]
    for i, key in enumerate(keys):
        write(os.path.join(folder, f"key{i}"), key)
    client.put_object(Bucket=BUCKET, Key="secret", Body=DATA[:2 * PART], SSECustomerAlgorithm="AES256", SSECustomerKey=keys[0])
    options = "--sse-c", f"file:{folder}/key1"
    for threshold in ("5GiB", "1MiB"):
        report = copy(store, *options, "--sse-c-copy-source", f"file:{folder}/key0", "--multipart-threshold", threshold, "--part-size", "5MiB",
                      f"s3://{BUCKET}/secret", f"s3://{BUCKET}/other")
        assert report["parts"] == (1 if threshold == "5GiB" else 4), report
        answer = client.get_object(Bucket=BUCKET, Key="other", SSECustomerAlgorithm="AES256", SSECustomerKey=keys[1])
        assert answer["Body"].read() == DATA[:2 * PART]
    done = store.headrace("s3", "cp", *options, f"s3://{BUCKET}/secret", f"s3://{BUCKET}/x")
    assert done.returncode == 1 and keys[1] not in done.stderr, done


def check_uploads(store, client):
    for key in ("left/a", "left/b c", "other"):
        client.create_multipart_upload(Bucket=BUCKET, Key=key)
    done = store.headrace("s3", "uploads", f"s3://{BUCKET}/left/", "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 0 and report["complete"] and report["aborted"] == 0, done
    assert [upload["key"] for upload in report["uploads"]] == ["left/a", "left/b c"], report
    done = store.headrace("s3", "uploads", f"s3://{BUCKET}", "--abort-older", "1h")
    assert done.returncode == 0 and len(uploads(client)) == 3 and b"aborted" not in done.stdout, done
    done = store.headrace("s3", "uploads", f"s3://{BUCKET}/left/", "--abort-older", "0s")
    assert done.returncode == 0 and done.stdout.count(b"aborted") == 2, done
    assert [upload["Key"] for upload in uploads(client)] == ["other"], uploads(client)
    done = store.headrace("s3", "uploads", f"s3://{BUCKET}", "--abort-older", "0s", "--json")
    assert json.loads(done.stdout)["aborted"] == 1 and not uploads(client), done


for STORE in stores.each("s3 transfers"):
    CLIENT = STORE.boto3()
    CLIENT.create_bucket(Bucket=BUCKET)
    with tempfile.TemporaryDirectory() as FOLDER:
        with stores.case(f"{STORE.kind}: files of every number of parts up, as boto3 reads them"):
            check_up(STORE, CLIENT, FOLDER)
    with tempfile.TemporaryDirectory() as FOLDER:
        with stores.case(f"{STORE.kind}: objects that boto3 uploads in parts of another size, down"):
            check_down(STORE, CLIENT, FOLDER)
    with tempfile.TemporaryDirectory() as FOLDER:
        with stores.case(f"{STORE.kind}: s3 cp --part-size and --concurrency"):
            check_parts(STORE, CLIENT, FOLDER)
    with stores.case(f"{STORE.kind}: s3 cp from store to store keeps metadata, tags and fields, whole and in parts (--multipart-threshold)"):
        check_copies(STORE, CLIENT)
    with stores.case(f"{STORE.kind}: s3 cp --replace-metadata, --tags, --checksum and --if-none-match of a copy"):
        check_replaced(STORE, CLIENT)
    if STORE.kind == "embedded-tls":
        with tempfile.TemporaryDirectory() as FOLDER, stores.case("s3 cp --sse-c-copy-source and --sse-c, keys of their own"):
            check_keys(STORE, CLIENT, FOLDER)
    with stores.case(f"{STORE.kind}: s3 uploads lists those left behind, and aborts the old ones"):
        check_uploads(STORE, CLIENT)
    with stores.case(f"{STORE.kind}: a pipe up and down"):
        check_pipe(STORE, CLIENT)


class Recording(http.server.BaseHTTPRequestHandler):
    """A store that knows multipart uploads and keeps what is asked; its parts wait until `go` is set."""
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **fields):
        self.send_response(status)
        self.send_header("x-amz-request-id", "1")
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.server.asked.append(("POST", self.path))
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(200, b"<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>")

    def do_PUT(self):
        self.server.asked.append(("PUT", self.path))
        self.server.seen.set()
        self.server.go.wait(60)
        self.close_connection = True

    def do_DELETE(self):
        self.server.asked.append(("DELETE", self.path))
        self.answer(204)
        self.server.go.set()


with stores.case("SIGINT in the middle of an upload aborts it at the store"), tempfile.TemporaryDirectory() as FOLDER:
    SERVER = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recording)
    SERVER.asked, SERVER.seen, SERVER.go = [], threading.Event(), threading.Event()
    threading.Thread(target=SERVER.serve_forever, daemon=True).start()
    PATH = os.path.join(FOLDER, "f")
    write(PATH, DATA[:3 * PART])
    FAKE = stores.Store("fake", f"http://127.0.0.1:{SERVER.server_address[1]}", None)
    PROCESS = subprocess.Popen([stores.HEADRACE, "s3", "cp", PATH, "s3://transfers/k"], env=FAKE.environment(), stderr=subprocess.PIPE)
    assert SERVER.seen.wait(60)
    PROCESS.send_signal(signal.SIGINT)
    _, ERRORS = PROCESS.communicate(timeout=60)
    SERVER.shutdown()
    assert PROCESS.returncode == 130, (PROCESS.returncode, ERRORS)
    assert [path for method, path in SERVER.asked if method == "DELETE"] == ["/transfers/k?uploadId=u1"], SERVER.asked

with stores.case("a download that fails leaves no file"), tempfile.TemporaryDirectory() as FOLDER:
    with stores.embedded("--faults", "truncate=1") as STORE:
        STORE.headrace("s3", "mb", f"s3://{BUCKET}")
        write(os.path.join(FOLDER, "f"), DATA[:2 * PART])
        DONE = STORE.headrace("s3", "cp", f"{FOLDER}/f", f"s3://{BUCKET}/k", "--attempts", "1")
        os.unlink(os.path.join(FOLDER, "f"))
        DONE = STORE.headrace("s3", "cp", f"s3://{BUCKET}/k", f"{FOLDER}/to", "--attempts", "1")
        assert DONE.returncode == 1 and os.listdir(FOLDER) == [], (DONE, os.listdir(FOLDER))

stores.finish()
