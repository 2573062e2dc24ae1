"""headrace s3 probe: against the embedded store, which has it all, and against one that lacks features."""
import json
import os
import re
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
import stores  # noqa: E402
import s3_command  # noqa: E402

SUMS = ("crc32", "crc32c", "crc64nvme", "sha1", "sha256", "sha512", "md5", "xxhash64", "xxhash3", "xxhash128")
FEATURES = ["list-v2", "encoding-type", "conditional-put", *(f"checksum-{name}" for name in SUMS), "multipart-etag",
            *(f"trailer-{name}" for name in SUMS)]


class Poor(BaseHTTPRequestHandler):
    """A store of 2010: lists as version 1, knows no conditions and checksums, its ETags are no MD5."""
    protocol_version = "HTTP/1.1"
    objects = {}

    def reply(self, status, body=b"", **fields):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amz-request-id", "R")
        for name, value in fields.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def take(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def do_PUT(self):
        self.objects[self.path.split("?")[0]] = self.take()
        self.reply(200, ETag='"random"')

    def do_GET(self):
        kept = self.objects.get(self.path.split("?")[0])
        if kept is not None:
            self.reply(200, kept, ETag='"random"')
            return
        self.reply(200, b"<ListBucketResult><IsTruncated>true</IsTruncated><NextMarker>x</NextMarker></ListBucketResult>")

    def do_POST(self):
        self.take()
        if self.path.endswith("?uploads"):
            self.reply(200, b"<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><UploadId>u</UploadId>"
                            b"</InitiateMultipartUploadResult>")
        else:
            self.objects[self.path.split("?")[0]] = b""
            self.reply(200, b"<CompleteMultipartUploadResult><ETag>&quot;random&quot;</ETag></CompleteMultipartUploadResult>")

    def do_DELETE(self):
        self.objects.pop(self.path.split("?")[0], None)
        self.reply(204)

    def log_message(self, *_):
        pass


def probe(url, *options, **more):
    return s3_command.run("s3", "probe", "--endpoint", url, *options, "s3://probed", **more)


def verdicts(done):
    report = json.loads(done.stdout)
    return {one["name"]: one["verdict"] for one in report["findings"]}, report


def rich():
    with stores.embedded() as store:
        assert store.headrace("s3", "mb", "s3://probed").returncode == 0
        with stores.case("s3 probe --json: the embedded store has all of it"):
            done = store.headrace("s3", "probe", "--json", "s3://probed")
            assert done.returncode == 0, done
            found, report = verdicts(done)
            assert list(found) == FEATURES, found
            assert set(found.values()) == {"yes"}, report
            assert report["provider"] == "other", report
        with stores.case("s3 probe over TLS: chunks that are not signed"), stores.embedded_tls() as secure:
            assert secure.headrace("s3", "mb", "s3://probed").returncode == 0
            found, report = verdicts(secure.headrace("s3", "probe", "--json", "s3://probed"))
            assert list(found) == FEATURES and set(found.values()) == {"yes"}, report
        with stores.case("s3 probe: its objects are removed"):
            listed = store.headrace("s3", "ls", "s3://probed/")
            assert listed.returncode == 0 and b"headrace-probe" not in listed.stdout, listed
        with stores.case("s3 probe: a bucket that is not there is a failure"):
            done = store.headrace("s3", "probe", "s3://missing")
            assert done.returncode == 1 and b"NoSuchBucket" in done.stderr, done


def poor():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Poor)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "store.yaml")
        with stores.case("s3 probe --output: a store that lacks features is described"):
            done = probe(url, "--output", path)
            text = done.stdout.decode()
            assert done.returncode == 0, done
            for name in ("list-v2", "encoding-type", "conditional-put", "checksum-crc32", "multipart-etag"):
                assert re.search(rf"^{name} +no: ", text, re.M), text
            assert re.search(r"^trailer-crc32 +no: the chunks are kept as the object$", text, re.M), text
            assert re.search(r"^trailer-sha1 +not tried", text, re.M), text
            assert not Poor.objects, Poor.objects
            with open(path, encoding="utf-8") as file:
                assert "storage:\n  provider: other,plain-keys,opaque-etag,no-checksums,no-trailer\n" in file.read()
        with stores.case("s3 probe --output: the loader of services takes it"):
            done = s3_command.run("config", "get", "--schema", "esper", "--set", "name=service", path, "storage.provider")
            assert done.returncode == 0 and b"other,plain-keys" in done.stdout, done
    with stores.case("s3 probe --no-sign-request: chunks need keys or TLS"):
        found, report = verdicts(probe(url, "--json", "--no-sign-request"))
        assert {found[f"trailer-{name}"] for name in SUMS} == {"not tried"} and "no-trailer" not in report["provider"], report
    server.shutdown()


if __name__ == "__main__":
    rich()
    poor()
    stores.finish()
