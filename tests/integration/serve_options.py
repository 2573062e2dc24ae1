"""`headrace serve s3`, its options of a small server: keys, anonymous reads, a certificate of its own making, /healthz, access
log, draining. Plain and over TLS, with boto3, curl and raw sockets."""
import contextlib
import json
import os
import re
import select
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import stores  # noqa: E402
from s3_raw import Endpoint  # noqa: E402
from stores import HEADRACE, case  # noqa: E402

WRITER, READER = ("writer", "writer-secret-0123456789"), ("reader", "reader-secret-0123456789")
PATIENCE_S = 30


class Served:
    """A server of its own, and how to talk to it."""

    def __init__(self, process, line, ca):
        self.process, self.line, self.ca = process, line, ca
        self.url = line["endpoint"]
        self.host = self.url.partition("://")[2]
        self.port = int(self.host.rsplit(":", 1)[1])

    def client(self, key=WRITER, **config):
        import boto3
        from botocore.config import Config
        config.setdefault("s3", {"addressing_style": "path"})
        return boto3.client("s3", endpoint_url=self.url, aws_access_key_id=key[0], aws_secret_access_key=key[1],
                            region_name="us-east-1", verify=self.ca or True,
                            config=Config(retries={"max_attempts": 1}, signature_version="s3v4", **config))

    def raw(self, key=WRITER):
        return Endpoint(self.url, self.ca, *key)

    def curl(self, path, *options):
        """(status, body)."""
        trust = ("--cacert", self.ca) if self.ca else ()
        done = subprocess.run(["curl", "-q", "-sS", "-w", "\n%{http_code}", *trust, *options, self.url + path],
                              capture_output=True, timeout=60, check=True)
        body, _, status = done.stdout.rpartition(b"\n")
        return int(status), body

    def connect(self):
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)
        if not self.ca:
            return plain
        return ssl.create_default_context(cafile=self.ca).wrap_socket(plain, server_hostname="localhost")


def start(*options):
    return subprocess.Popen([HEADRACE, "--no-config", "serve", "s3", "--listen", "127.0.0.1:0", "--json", *options],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@contextlib.contextmanager
def served(tls, *options):
    """Ends well, unless the body has ended it."""
    with tempfile.TemporaryDirectory() as folder:
        ca = os.path.join(folder, "ca.pem") if tls else None
        keys = os.path.join(folder, "keys")
        write_keys(keys, " ".join(WRITER) + "\n# a comment\n\n\t" + "\t".join(READER) + " read-only\r\n")
        process = start("--keys", keys, *(("--tls-self-signed", "--tls-ca-out", ca) if tls else ()), *options)
        try:
            ready, _, _ = select.select([process.stdout], [], [], PATIENCE_S)
            line = process.stdout.readline() if ready else b""
            if not line:
                raise RuntimeError(process.stderr.read())
            yield Served(process, json.loads(line), ca)
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(timeout=60)
            if code != 0:
                stores.fail("the server ends with 0", f"{code}: {process.stderr.read()[-300:]}")
            process.stdout.close()
            process.stderr.close()


def write_keys(path, text, mode=0o600):
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    os.chmod(path, mode)


def refusal(call, *arguments, **named):
    """The code of the error that a call of boto3 ends in; None: it has not failed."""
    from botocore.exceptions import ClientError
    try:
        call(*arguments, **named)
    except ClientError as problem:
        return problem.response["Error"]["Code"]
    return None


def check_keys(kind, store):
    writer, reader = store.client(), store.client(READER)
    with case(f"{kind}: --keys: each key signs with its own secret"):
        assert refusal(writer.create_bucket, Bucket="shared") is None
        assert refusal(writer.put_object, Bucket="shared", Key="k", Body=b"body") is None
        assert refusal(store.client(("writer", READER[1])).list_buckets) == "SignatureDoesNotMatch"
        assert refusal(store.client(("nobody", READER[1])).list_buckets) == "InvalidAccessKeyId"
        assert "access_key" not in store.line and "secret_key" not in store.line, store.line
    with case(f"{kind}: --keys: a read-only key reads"):
        assert reader.get_object(Bucket="shared", Key="k")["Body"].read() == b"body"
        assert [each["Key"] for each in reader.list_objects_v2(Bucket="shared")["Contents"]] == ["k"]
        assert refusal(reader.head_object, Bucket="shared", Key="k") is None
        assert refusal(reader.get_bucket_acl, Bucket="shared") is None
    with case(f"{kind}: --keys: a read-only key writes nothing"):
        upload = writer.create_multipart_upload(Bucket="shared", Key="parts")["UploadId"]
        at, named = {"Bucket": "shared"}, {"Bucket": "shared", "Key": "k"}
        for call, arguments in (
                (reader.create_bucket, {"Bucket": "another"}), (reader.delete_bucket, at),
                (reader.put_object, dict(named, Body=b"x")), (reader.delete_object, named),
                (reader.delete_objects, dict(at, Delete={"Objects": [{"Key": "k"}]})),
                (reader.copy_object, dict(at, Key="copy", CopySource="shared/k")),
                (reader.create_multipart_upload, dict(at, Key="more")),
                (reader.upload_part, dict(at, Key="parts", UploadId=upload, PartNumber=1, Body=b"x")),
                (reader.abort_multipart_upload, dict(at, Key="parts", UploadId=upload)),
                (reader.complete_multipart_upload, dict(at, Key="parts", UploadId=upload, MultipartUpload={
                    "Parts": [{"PartNumber": 1, "ETag": "x"}]})),
                (reader.put_bucket_acl, dict(at, ACL="public-read-write")),
                (reader.put_object_acl, dict(named, ACL="public-read")),
                (reader.put_bucket_versioning, dict(at, VersioningConfiguration={"Status": "Enabled"})),
                (reader.put_object_tagging, dict(named, Tagging={"TagSet": []}))):
            assert refusal(call, **arguments) == "AccessDenied", call.__name__
        assert [each["Key"] for each in writer.list_objects_v2(Bucket="shared")["Contents"]] == ["k"]
        assert writer.list_multipart_uploads(Bucket="shared")["Uploads"][0]["UploadId"] == upload
        assert [each["Name"] for each in writer.list_buckets()["Buckets"]] == ["shared"]
    with case(f"{kind}: --keys: URLs and forms that a read-only key has signed"):
        url = reader.generate_presigned_url("put_object", Params={"Bucket": "shared", "Key": "by-url"})
        status, body = store.curl(url.removeprefix(store.url), "-X", "PUT", "--data-binary", "x")
        assert status == 403 and b"AccessDenied" in body, body
        status, body = store.curl(reader.generate_presigned_url("get_object", Params={"Bucket": "shared", "Key": "k"})
                                  .removeprefix(store.url))
        assert (status, body) == (200, b"body"), body
        for signer, wanted in ((reader, 403), (writer, 204)):
            post = signer.generate_presigned_post("shared", "by-form")
            fields = [word for name, value in post["fields"].items() for word in ("-F", f"{name}={value}")]
            status, body = store.curl("/shared", *fields, "-F", "file=x")
            assert status == wanted, (status, body)


def check_key_files():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "the-keys")
        for text, mode, wanted in (
                ("a hidden-word\n", 0o644, "chmod 600"), ("a hidden-word\n", 0o620, "chmod 600"),
                ("a hidden-word\nb\n", 0o600, "the-keys:2:"), ("\n\na hidden-word readonly\n", 0o600, "the-keys:3:"),
                ("a hidden-word read-only more\n", 0o600, "the-keys:1:"), ("a hidden-word\na b\n", 0o600, "the-keys:2:"),
                ("# none\n", 0o600, "no key"), ("a hidden-word\0\n", 0o600, "the-keys"),
                ("b s\na " + "hidden-word" * 50 + "\n", 0o600, "the-keys:2: the secret is longer than 256"),
                ("a,b hidden-word\n", 0o600, "the-keys:1: an access key"), ("x" * (1 << 20), 0o600, "the-keys"),
                ("".join(f"key{i} s\n" for i in range(1001)), 0o600, "the-keys:1001:")):
            with case(f"--keys: {wanted} for {text[:24]!r} of mode {mode:o}"):
                write_keys(path, text, mode)
                process = start("--keys", path)
                said = b"".join(process.communicate(timeout=60)).decode()
                assert process.returncode == 2, (process.returncode, said)
                assert wanted in said and "hidden-word" not in said, said
    with case("--keys: a file that is not there"):
        process = start("--keys", "/none/such")
        said = b"".join(process.communicate(timeout=60))
        assert process.returncode == 2 and b"/none/such" in said, said
    for options, wanted in ((("--any-credentials", "--keys", "k"), b"--keys"), (("--tls-ca-out", "f"), b"--tls-self-signed"),
                            (("--tls-self-signed", "--tls-cert", "c", "--tls-key", "k"), b"exclude each other"),
                            (("--anonymous-read", "No_Bucket"), b"No_Bucket"),
                            (("--access-log", "/none/such/log"), b"/none/such/log"), (("--drain-timeout", "0"), b"--drain-timeout")):
        with case(f"serve s3 {' '.join(options)}: refused by name"):
            process = start(*options)
            said = b"".join(process.communicate(timeout=60))
            assert process.returncode in (1, 2) and wanted in said, said


def check_anonymous(kind, store):
    writer = store.client()
    for bucket in ("open", "closed"):
        writer.create_bucket(Bucket=bucket)
        writer.put_object(Bucket=bucket, Key="a/b", Body=b"body")
    with case(f"{kind}: --anonymous-read: objects and lists of that bucket without a signature"):
        assert store.curl("/open/a/b") == (200, b"body")
        assert store.curl("/open/a/b", "-I")[0] == 200 and store.curl("/open", "-I")[0] == 200
        for query in ("", "?list-type=2", "?prefix=a/"):
            status, body = store.curl("/open" + query)
            assert status == 200 and b"<Key>a/b</Key>" in body, body
        assert store.curl("/open/none")[0] == 404
    with case(f"{kind}: --anonymous-read: nothing else"):
        for path, *options in (("/closed/a/b",), ("/closed",), ("/",), ("/open/a/b", "-X", "PUT", "--data-binary", "x"),
                               ("/open/a/b", "-X", "DELETE"), ("/open/a/b?acl",), ("/open?versions",), ("/open?uploads",),
                               ("/open/a/b?versionId=null",), ("/open/a/b?tagging",), ("/open?acl",),
                               ("/open?delete", "-X", "POST", "--data-binary", "<Delete/>")):
            status, body = store.curl(path, *options)
            assert status == 403 and b"AccessDenied" in body, (path, options, status, body)
        assert writer.get_object(Bucket="open", Key="a/b")["Body"].read() == b"body"


def check_health(kind, store):
    with case(f"{kind}: /healthz is well without credentials, and a bucket of that name is a bucket"):
        assert json.loads(store.curl("/healthz")[1]) == {"status": "ok"} and store.curl("/healthz", "-I")[0] == 200
        writer = store.client()
        writer.create_bucket(Bucket="healthz")
        writer.put_object(Bucket="healthz", Key="k", Body=b"in the bucket")
        assert writer.list_objects_v2(Bucket="healthz")["KeyCount"] == 1
        assert b"<Key>k</Key>" in store.raw().signed("GET", "/healthz")[2]
        assert store.curl("/healthz/k")[0] == 403 and store.curl("/healthz?list-type=2")[0] == 403
        assert store.curl("/healthz", "-X", "PUT")[0] == 403 and store.curl("/healthz/")[0] == 403
        assert json.loads(store.curl("/healthz")[1]) == {"status": "ok"}


def check_certificate():
    with served(True, "--domain", "unit.test") as store:
        with case("--tls-self-signed: localhost, the address, the domain and its buckets are vouched for, no other name"):
            for name, good in (("localhost", True), ("127.0.0.1", True), ("unit.test", True), ("bucket.unit.test", True),
                               ("other.test", False), ("a.b.unit.test", False)):
                url = f"https://{name}:{store.port}/healthz"
                done = subprocess.run(["curl", "-q", "-sS", "--cacert", store.ca, "--resolve", f"{name}:{store.port}:127.0.0.1", url],
                                      capture_output=True, timeout=60, check=False)
                assert (done.returncode == 0) == good, (name, done)
                wanted = b"NoSuchBucket" if name == "bucket.unit.test" else b'{"status":"ok"}' if good else b""
                assert wanted in done.stdout, (name, done)  # under a bucket's name the path is that of a key
            assert subprocess.run(["curl", "-q", "-s", f"{store.url}/healthz"], timeout=60, check=False).returncode == 60
        with case("--tls-self-signed: the authority stands in --tls-ca-out and in \"ca\" of --json, and no key anywhere"):
            with open(store.ca, encoding="ascii") as file:
                text = file.read()
            assert store.line["ca"] == text and text.count("BEGIN CERTIFICATE") == 1 and "PRIVATE" not in text, text
            strict = subprocess.run(["openssl", "verify", "-x509_strict", "-CAfile", store.ca, store.ca], capture_output=True, check=False)
            assert strict.returncode == 0, strict
            assert sorted(os.listdir(os.path.dirname(store.ca))) == ["ca.pem", "keys"], os.listdir(os.path.dirname(store.ca))
    with served(True) as first, served(True) as second, case("--tls-self-signed: each run has an authority of its own"):
        assert first.line["ca"] != second.line["ca"]
    with case("--tls-self-signed: without a way to its authority it is refused"):
        done = subprocess.run([HEADRACE, "--no-config", "serve", "s3", "--tls-self-signed"], capture_output=True, timeout=60, check=False)
        assert done.returncode == 2 and b"--tls-ca-out" in done.stderr, done


def lines_of(path, wanted):
    """Lines of a log once there are so many: the logger writes a moment behind the response."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        with open(path, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        if len(lines) >= wanted or time.monotonic() > deadline:
            return lines
        time.sleep(0.02)  # between two looks


def check_log(kind, tls):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "access.log")
        with served(tls, "--access-log", path) as store:
            writer, odd = store.client(), "a\r\n\x01\"ü/%2F"
            with case(f"{kind}: --access-log: a line a request, with its members"):
                writer.create_bucket(Bucket="logged")
                writer.put_object(Bucket="logged", Key=odd, Body=b"12345")
                answer = writer.get_object(Bucket="logged", Key=odd, Range="bytes=1-3")
                assert answer["Body"].read() == b"234"
                assert refusal(writer.get_object, Bucket="logged", Key="none") == "NoSuchKey"
                url = writer.generate_presigned_url("get_object", Params={"Bucket": "logged", "Key": "none"})
                store.curl(url.removeprefix(store.url))
                store.curl("/healthz")
                store.curl("/logged", "-X", "DELETE")
                lines = lines_of(path, 6)
                said = [(each["method"], each["operation"], each["bucket"], each["key"], each["status"], each["error"],
                         each["access_key"]) for each in lines]
                assert said == [("PUT", "CreateBucket", "logged", "", 200, "", "writer"),
                                ("PUT", "PutObject", "logged", odd, 200, "", "writer"),
                                ("GET", "GetObject", "logged", odd, 206, "", "writer"),
                                ("GET", "GetObject", "logged", "none", 404, "NoSuchKey", "writer"),
                                ("GET", "GetObject", "logged", "none", 404, "NoSuchKey", "writer"),
                                ("DELETE", "DeleteBucket", "logged", "", 403, "AccessDenied", "")], said
                assert lines[2]["bytes_out"] == 3 and lines[1]["bytes_in"] >= 5, lines
                assert lines[2]["request_id"] == answer["ResponseMetadata"]["RequestId"]
                for each in lines:
                    assert re.fullmatch(r"127\.0\.0\.1:\d+", each["client"]) and each["duration_ms"] >= 0 and not each["broken"], each
            with case(f"{kind}: --access-log: no secret, no signature, no raw control byte"):
                with open(path, "rb") as file:
                    text = file.read()
                assert b"Signature" not in text and WRITER[1].encode() not in text and b"\x01" not in text and b"\r" not in text
                assert len(re.search("X-Amz-Signature=(.*)", url).group(1)) == 64
                assert re.search("X-Amz-Signature=(.*)", url).group(1).encode() not in text
            with case(f"{kind}: --access-log: logrotate's way, SIGHUP opens the file again"):
                os.rename(path, path + ".1")
                store.process.send_signal(signal.SIGHUP)
                deadline = time.monotonic() + PATIENCE_S
                while not os.path.exists(path) and time.monotonic() < deadline:
                    time.sleep(0.02)  # between two looks
                writer.list_buckets()
                assert [each["operation"] for each in lines_of(path, 1)] == ["ListBuckets"]
                assert len(lines_of(path + ".1", 6)) == 6
    with case(f"{kind}: --access-log -: on standard output, behind the line"):
        with served(tls, "--access-log", "-") as store:
            store.client().list_buckets()
            line = json.loads(store.process.stdout.readline())
            assert (line["operation"], line["status"]) == ("ListBuckets", 200), line


def half_put(store):
    """A PUT whose head has been taken and half of whose body is sent."""
    store.client().create_bucket(Bucket="drained")
    url = store.client().generate_presigned_url("put_object", Params={"Bucket": "drained", "Key": "k"})
    link = store.connect()
    link.sendall(f"PUT {url.removeprefix(store.url)} HTTP/1.1\r\nHost: {store.host}\r\nContent-Length: 10\r\n"
                 "Expect: 100-continue\r\n\r\n".encode())
    assert link.recv(1000).startswith(b"HTTP/1.1 100"), "the head is with the server"
    link.sendall(b"12345")
    return link


def wait_refused(store):
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", store.port), timeout=5).close()
        except OSError:
            return
        time.sleep(0.02)  # between two looks
    raise RuntimeError("it still accepts")


def receive(link):
    got = b""
    while True:
        more = link.recv(10000)
        if not more:
            return got
        got += more


def check_drain(kind, tls):
    for number in (signal.SIGTERM, signal.SIGINT):
        with case(f"{kind}: {number.name}: what is in progress is answered, new connections are not taken"):
            with served(tls) as store:
                idle, link = store.connect(), half_put(store)
                store.process.send_signal(number)
                wait_refused(store)
                assert store.process.poll() is None, "it waits"
                link.sendall(b"67890")
                answer = receive(link)
                assert answer.startswith(b"HTTP/1.1 200") and b"\r\nconnection: close\r\n" in answer.lower(), answer
                assert store.process.wait(timeout=PATIENCE_S) == 0
                idle.close()
                link.close()
    with case(f"{kind}: --drain-timeout: what takes longer breaks off, exit code 0"):
        with served(tls, "--drain-timeout", "200ms") as store:
            link = half_put(store)
            store.process.send_signal(signal.SIGTERM)
            assert store.process.wait(timeout=PATIENCE_S) == 0
            link.close()
    with case(f"{kind}: a second signal ends at once, exit code 0"):
        with served(tls, "--drain-timeout", "1h") as store:
            link = half_put(store)
            store.process.send_signal(signal.SIGTERM)
            wait_refused(store)
            store.process.send_signal(signal.SIGTERM)
            assert store.process.wait(timeout=PATIENCE_S) == 0
            link.close()


def main():
    if not stores.need("serve s3: options"):
        return
    if not shutil.which("curl"):
        stores.skip("serve s3: options", "curl is not there")
        return
    check_key_files()
    for kind, tls in (("plain", False), ("tls", True)):
        with served(tls, "--anonymous-read", "open", "--anonymous-read", "not-there") as store:
            check_keys(kind, store)
            check_anonymous(kind, store)
            check_health(kind, store)
        check_log(kind, tls)
        check_drain(kind, tls)
    check_certificate()


if __name__ == "__main__":
    main()
    stores.finish()
