"""Checksums of the S3 client and of the embedded server beside other implementations: all ten against awscrt's, botocore's
and hashlib's, multipart uploads of 20 MiB composite and of the full object against boto3's both ways, plain and over TLS;
and a flipped bit, in header, body, trailer (an unsigned one over TLS, too) and part, is refused by either side."""
import base64
import contextlib
import hashlib
import os
import random
import re
import select
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
import stores  # noqa: E402
from stores import case  # noqa: E402

DRIVER = os.path.join(os.path.dirname(stores.HEADRACE), "../tests/checksum_driver")
BUCKET = "checksums"
ALGORITHMS = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "SHA512", "MD5", "XXHASH64", "XXHASH3", "XXHASH128"]
FULL_OBJECT = {"CRC32", "CRC32C", "CRC64NVME"}
DEFAULT, SIGNED, UNSIGNED, STREAMING_SIGNED, STREAMING_UNSIGNED = "0", "1", "2", "3", "4"
SIZE, PART = 20 << 20, 8 << 20
MARK = b"here a bit is flipped"


def foreign(algorithm, body):
    """The value by somebody else: botocore (its CRCs and XXHASH are awscrt's), hashlib for MD5."""
    if algorithm == "MD5":
        return base64.b64encode(hashlib.md5(body).digest()).decode()
    from botocore import httpchecksum
    return httpchecksum._CHECKSUM_CLS[algorithm.lower()]().handle(body)


def composite(algorithm, values):
    return foreign(algorithm, b"".join(base64.b64decode(value) for value in values)) + f"-{len(values)}"


class Client:
    """The driver, against an endpoint."""

    def __init__(self, endpoint, folder, authority=None):
        self.endpoint, self.folder, self.authority = endpoint, folder, authority

    def run(self, *arguments, **variables):
        """(the status, the text behind ok or error, the attempts)."""
        trust = ("--ca", self.authority) if self.authority else ()
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "S3_"))}
        environment.update(S3_ENDPOINT_URL=self.endpoint, AWS_ACCESS_KEY_ID=stores.ACCESS_KEY,
                           AWS_SECRET_ACCESS_KEY=stores.SECRET_KEY, AWS_REGION=stores.REGION, **variables)
        done = subprocess.run([DRIVER, *trust, *arguments], capture_output=True, timeout=120, env=environment, check=False)
        found = re.fullmatch(r"(ok|error) (.*)\nattempts (\d+)\n", done.stdout.decode(), re.DOTALL)
        assert found and b"ERROR:" not in done.stderr, (arguments, done.returncode, done.stdout, done.stderr[-600:])
        return found.group(1), found.group(2), int(found.group(3))

    def file(self, body):
        path = os.path.join(self.folder, "body")
        with open(path, "wb") as file:
            file.write(body)
        return path

    def put(self, key, body, payload=DEFAULT, algorithm="-", source="file", *value, **variables):
        return self.run("put", BUCKET, key, self.file(body), payload, algorithm, source, *value, **variables)

    def parts(self, key, body, payload, algorithm, kind):
        return self.run("parts", BUCKET, key, self.file(body), payload, algorithm, kind, str(PART))

    def get(self, key):
        path = os.path.join(self.folder, "received")
        status, text, attempts = self.run("get", BUCKET, key, path)
        with open(path, "rb") as file:
            return status, text, attempts, file.read()


def stored(boto3, key):
    return boto3.get_object_attributes(Bucket=BUCKET, Key=key, ObjectAttributes=["Checksum"])["Checksum"]


# ---- Values.

def check_values(kind, client, boto3, payloads):
    body = random.Random(1).randbytes(300001)
    for algorithm in ALGORITHMS:
        with case(f"{kind}: {algorithm} is that of another implementation, in header and trailer"):
            wanted = foreign(algorithm, body)
            for payload in payloads:
                for source in ("bytes", "file", "producer"):
                    if source == "producer" and payload in (DEFAULT, SIGNED, UNSIGNED):
                        continue  # it cannot begin again
                    key = f"{algorithm}-{payload}-{source}"
                    assert client.put(key, body, payload, algorithm, source) == ("ok", wanted, 1), (payload, source)
                    answer = boto3.get_object(Bucket=BUCKET, Key=key, ChecksumMode="ENABLED")
                    assert answer["Body"].read() == body
                    assert answer.get(f"Checksum{algorithm}") == wanted, answer
                    assert "aws-chunked" not in answer.get("ContentEncoding", ""), answer
            status, verified, _, received = client.get(f"{algorithm}-{payloads[0]}-bytes")
            assert (status, verified) == ("ok", algorithm) and received == body, (status, verified)
    for algorithm in (name for name in ALGORITHMS if name != "MD5"):  # which botocore does not send
        with case(f"{kind}: boto3 puts with {algorithm}, headrace compares"):
            boto3.put_object(Bucket=BUCKET, Key="by-boto3", Body=body, ChecksumAlgorithm=algorithm)
            status, verified, _, received = client.get("by-boto3")
            assert (status, verified) == ("ok", algorithm) and received == body, (status, verified)


def check_sizes(kind, client, boto3, payloads):
    with case(f"{kind}: bodies at the borders of chunks, and empty ones"):
        for size in (0, 1, 8191, 131071, 131072, 131073, 262144, 262145):
            body = random.Random(size).randbytes(size)
            for payload in payloads:
                status, value, _ = client.put("border", body, payload, "-", "file")
                assert (status, value) == ("ok", foreign("CRC32", body)), (size, payload, status, value)
                assert boto3.get_object(Bucket=BUCKET, Key="border")["Body"].read() == body


def check_option(kind, client):
    with case(f"{kind}: when_required sends none, and one that is chosen"):
        required = {"AWS_REQUEST_CHECKSUM_CALCULATION": "when_required"}
        assert client.put("option", b"x", DEFAULT, "-", "bytes", **required) == ("ok", "", 1)
        assert client.put("option", b"x", DEFAULT, "SHA1", "bytes", **required) == ("ok", foreign("SHA1", b"x"), 1)


# ---- Parts.

def by_boto3(boto3, key, body, algorithm, kind):
    """What the store names for the same parts when boto3 uploads them."""
    named = {} if kind == "-" else {"ChecksumType": kind}
    upload = boto3.create_multipart_upload(Bucket=BUCKET, Key=key, ChecksumAlgorithm=algorithm, **named)["UploadId"]
    parts = []
    for index in range(0, len(body), PART):
        number = index // PART + 1
        part = boto3.upload_part(Bucket=BUCKET, Key=key, UploadId=upload, PartNumber=number, Body=body[index:index + PART],
                                 ChecksumAlgorithm=algorithm)
        parts.append({"PartNumber": number, "ETag": part["ETag"], f"Checksum{algorithm}": part[f"Checksum{algorithm}"]})
    done = boto3.complete_multipart_upload(Bucket=BUCKET, Key=key, UploadId=upload, MultipartUpload={"Parts": parts}, **named)
    return done[f"Checksum{algorithm}"]


def check_parts(kind, client, boto3, payload):
    body = random.Random(2).randbytes(SIZE)
    pieces = [body[at:at + PART] for at in range(0, SIZE, PART)]
    for algorithm in ALGORITHMS:
        types = (["COMPOSITE"] if algorithm != "CRC64NVME" else []) + (["FULL_OBJECT"] if algorithm in FULL_OBJECT else [])
        for kind_of in types:
            with case(f"{kind}: 20 MiB in parts, {algorithm} {kind_of}, as boto3's and awscrt's"):
                wanted = foreign(algorithm, body) if kind_of == "FULL_OBJECT" else composite(
                    algorithm, [foreign(algorithm, piece) for piece in pieces])
                assert client.parts("parts", body, payload, algorithm, kind_of) == ("ok", wanted, 1), wanted
                assert stored(boto3, "parts")["ChecksumType"] == kind_of
                if algorithm != "MD5":
                    assert by_boto3(boto3, "parts-boto3", body, algorithm, kind_of) == wanted
                    status, _, _, received = client.get("parts-boto3")
                    assert status == "ok" and received == body
                assert boto3.get_object(Bucket=BUCKET, Key="parts", ChecksumMode="ENABLED")["Body"].read() == body
    with case(f"{kind}: types that an algorithm does not allow are refused by name"):
        for algorithm, kind_of in (("SHA256", "FULL_OBJECT"), ("CRC64NVME", "COMPOSITE"), ("-", "FULL_OBJECT")):
            status, text, attempts = client.parts("never", b"x", payload, algorithm, kind_of)
            assert status == "error" and kind_of in text and attempts == 0, (algorithm, kind_of, text)


# ---- A flipped bit.

class Flip:
    """A way to a store that flips a bit of what stands at a mark: the first `times` times, upwards or downwards."""

    def __init__(self, port, find, times, upwards=True):
        self.port, self.find, self.left, self.upwards, self.flipped = port, find, times, upwards, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.lock = threading.Lock()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                far = socket.create_connection(("127.0.0.1", self.port))
                for source, target, changes in ((near, far, self.upwards), (far, near, not self.upwards)):
                    threading.Thread(target=self.pump, args=(source, target, changes), daemon=True).start()

    def change(self, data):
        found = re.search(self.find, data)
        with self.lock:
            if not found or self.left == 0:
                return data
            self.left -= 1
            self.flipped += 1
        at = found.start(1)
        return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]

    def pump(self, source, target, changes):
        """What is changed comes in one piece: heads and small bodies, on the loopback; a mark that is cut is not
        flipped, and its test says so."""
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 20):
                target.sendall(self.change(data) if changes else data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def close(self):
        self.listener.close()


class TlsFlip(Flip):
    """The same between two connections of TLS, or one of them to a plain store: what flips bits has the plain text, as a broken
    gateway has."""

    def __init__(self, pki, store, find, times, upwards=True):
        self.near, self.far = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), None
        self.near.load_cert_chain(pki.certificate, pki.key)
        if store.ca:
            self.far = ssl.create_default_context(cafile=store.ca)
        super().__init__(store.port, find, times, upwards)
        self.endpoint = self.endpoint.replace("http:", "https:")

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                threading.Thread(target=self.connect, args=(near,), daemon=True).start()

    def connect(self, near):
        with contextlib.suppress(OSError), self.near.wrap_socket(near, server_side=True) as ours:
            with socket.create_connection(("127.0.0.1", self.port)) as plain:
                theirs = self.far.wrap_socket(plain, server_hostname="127.0.0.1") if self.far else plain
                while self.turn(ours, theirs, self.upwards) and self.turn(theirs, ours, not self.upwards):
                    pass
                theirs.close()

    def turn(self, source, target, changes):
        """Passes on what has come; false at an end. One thread serves both directions, as OpenSSL wants it."""
        waiting = isinstance(source, ssl.SSLSocket) and source.pending()
        if not waiting and not select.select([source], [], [], 0.001)[0]:
            return True
        data = source.recv(1 << 20)
        if data:
            target.sendall(self.change(data) if changes else data)
        return bool(data)


BODY = b"before, " + MARK + b", behind"
# (what, where, payload, source, refusal, put right by a second attempt).
UPWARDS = [
    ("header", rb"x-amz-checksum-crc32: (.)", UNSIGNED, "file", "BadDigest|InvalidRequest|SignatureDoesNotMatch", False),
    ("body", rb"\r\n\r\n(?:[0-9a-f]+[^\r]*\r\n)?before, (h)", UNSIGNED, "file", "BadDigest", True),
    ("signed body", rb"before, (h)", SIGNED, "file", "XAmzContentSHA256Mismatch|BadDigest", None),
    ("chunk", rb"before, (h)", STREAMING_SIGNED, "file", "SignatureDoesNotMatch|BadDigest", None),
    ("trailer", rb"x-amz-checksum-crc32:(.)", STREAMING_SIGNED, "file", "SignatureDoesNotMatch|BadDigest", None),
    ("trailer's signature", rb"x-amz-trailer-signature:(.)", STREAMING_SIGNED, "file", "SignatureDoesNotMatch", None),
]


def check_upwards(client, boto3, port):
    for what, find, payload, source, refusal, again in UPWARDS:
        with case(f"a flipped bit in {what}, on the way to the store: it is refused"):
            flip = Flip(port, find, 100)
            boto3.put_object(Bucket=BUCKET, Key="flip", Body=b"old")
            status, text, _ = Client(flip.endpoint, client.folder).put("flip", BODY, payload, "CRC32", source)
            flip.close()
            assert flip.flipped > 0, "nothing was flipped"
            assert status == "error" and re.search(refusal, text), (status, text)
            assert boto3.get_object(Bucket=BUCKET, Key="flip")["Body"].read() == b"old"
        if again:
            with case(f"a flipped bit in {what}, once: the second attempt is right"):
                flip = Flip(port, find, 1)
                status, _, attempts = Client(flip.endpoint, client.folder).put("flip", BODY, payload, "CRC32", source)
                flip.close()
                assert (status, attempts, flip.flipped) == ("ok", 2, 1), (status, attempts)
                assert boto3.get_object(Bucket=BUCKET, Key="flip")["Body"].read() == BODY
    with case("a value of other bytes, given by the caller: it is refused"):
        wrong = foreign("SHA256", BODY + b"!")
        status, text, _ = client.put("flip", BODY, UNSIGNED, "SHA256", "bytes", wrong)
        assert status == "error" and "BadDigest" in text, text
    with case("a part whose value is of other bytes: complete refuses it"):
        flip = Flip(port, rb"<ChecksumCRC32>(.)", 100)
        status, text, _ = Client(flip.endpoint, client.folder).parts("flip-parts", BODY, UNSIGNED, "CRC32", "COMPOSITE")
        flip.close()
        assert flip.flipped > 0 and status == "error", (flip.flipped, text)
        assert re.search("InvalidPart|BadDigest|XAmzContentSHA256Mismatch|MalformedXML", text), text
    with case("a flipped bit in a part, on the way to the store: it is refused"):
        flip = Flip(port, rb"before, (h)", 100)
        status, text, _ = Client(flip.endpoint, client.folder).parts("flip-parts", BODY, UNSIGNED, "CRC64NVME", "-")
        flip.close()
        assert flip.flipped > 0 and status == "error" and "BadDigest" in text, text


def check_downwards(client, boto3, port):
    boto3.put_object(Bucket=BUCKET, Key="down", Body=BODY, ChecksumAlgorithm="CRC32")
    with case("a flipped bit in a body, on the way back: HR_ERR_S3_CHECKSUM with both values"):
        flip = Flip(port, rb"before, (h)", 100, upwards=False)
        status, text, attempts, _ = Client(flip.endpoint, client.folder).get("down")
        flip.close()
        assert status == "error" and text.startswith("HR_ERR_S3_CHECKSUM") and attempts == 2, (text, attempts)
        assert foreign("CRC32", BODY) in text and foreign("CRC32", BODY.replace(b"here", b"iere", 1)) in text, text
    for what, find in (("header of an object", rb"x-amz-checksum-crc32: (.)"),):
        with case(f"a flipped bit in the {what}, once: the second attempt is right"):
            flip = Flip(port, find, 1, upwards=False)
            status, verified, attempts, received = Client(flip.endpoint, client.folder).get("down")
            flip.close()
            assert (status, verified, attempts) == ("ok", "CRC32", 2) and received == BODY, (status, verified, attempts)
    with case("a store that names another value for what it keeps: HR_ERR_S3_CHECKSUM, after a second attempt"):
        flip = Flip(port, rb"x-amz-checksum-crc32: (.)", 100, upwards=False)
        status, text, attempts = Client(flip.endpoint, client.folder).put("down-2", BODY, UNSIGNED, "CRC32", "file")
        flip.close()
        assert flip.flipped == 2 and attempts == 2, (flip.flipped, attempts)
        assert status == "error" and text.startswith("HR_ERR_S3_CHECKSUM") and foreign("CRC32", BODY) in text, text
    with case("a store that names another value for the whole of an upload: HR_ERR_S3_CHECKSUM"):
        flip = Flip(port, rb"<ChecksumCRC64NVME>(.)", 100, upwards=False)
        status, text, _ = Client(flip.endpoint, client.folder).parts("down-3", BODY, UNSIGNED, "CRC64NVME", "-")
        flip.close()
        assert flip.flipped and status == "error" and text.startswith("HR_ERR_S3_CHECKSUM"), text


# (what, where, refusal), of an unsigned trailer: nothing but the value tells.
TRAILERS = [
    ("the body", rb"before, (h)", "BadDigest"),
    ("the trailer's value", rb"x-amz-checksum-crc32:(.)", "BadDigest"),
    ("the trailer's name", rb"x-amz-checksum-crc3(2):", "MalformedTrailer|InvalidRequest|BadDigest|IncompleteBody|InvalidArgument"),
    ("a chunk's size", rb"[0-9a-f]([0-9a-f])\r\nbefore", "IncompleteBody|InvalidRequest|MalformedTrailer|InvalidChunkSizeError|BadDigest"),
]
BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def put_by_boto3(one, flip, pki):
    """The refusal's code; boto3 sends a trailer of its own accord over TLS. "" where it is taken."""
    from botocore.exceptions import ClientError
    other = stores.Store(one.kind, flip.endpoint, None)
    try:
        other.boto3(verify=pki.ca).put_object(Bucket=BUCKET, Key="flip", Body=BODY, ChecksumAlgorithm="CRC32")
    except ClientError as refused:
        return refused.response["Error"]["Code"]
    return ""


def check_trailers(one, folder, pki, boto3):
    first = foreign("CRC32", BODY).encode()[0]
    assert first ^ 1 in BASE64, "the flipped value is to be one of base64: else its form tells"
    for what, find, refusal in TRAILERS:
        for source in ("file", "producer", "boto3"):
            with case(f"{one.kind} over TLS: a flipped bit in {what} of an unsigned trailer, by {source}: it is refused"):
                boto3.put_object(Bucket=BUCKET, Key="flip", Body=b"old")
                flip = TlsFlip(pki, one, find, 100)
                if source == "boto3":
                    text = put_by_boto3(one, flip, pki)
                else:
                    status, text, _ = Client(flip.endpoint, folder, pki.ca).put("flip", BODY, STREAMING_UNSIGNED, "CRC32", source)
                    assert status == "error", text
                flip.close()
                assert flip.flipped > 0, "nothing was flipped"
                assert re.search(refusal, text), text
                assert boto3.get_object(Bucket=BUCKET, Key="flip")["Body"].read() == b"old"
    with case(f"{one.kind} over TLS: a flipped bit in the body before a trailer, once: the second attempt is right"):
        flip = TlsFlip(pki, one, rb"before, (h)", 1)
        status, text, attempts = Client(flip.endpoint, folder, pki.ca).put("flip", BODY, STREAMING_UNSIGNED, "CRC32", "file")
        flip.close()
        assert (status, attempts, flip.flipped) == ("ok", 2, 1), (status, text, attempts)
        assert boto3.get_object(Bucket=BUCKET, Key="flip")["Body"].read() == BODY
    with case(f"{one.kind} over TLS: nothing flipped, the way alone changes nothing"):
        flip = TlsFlip(pki, one, rb"never there(.)", 1)
        status, text, attempts = Client(flip.endpoint, folder, pki.ca).put("flip", BODY, STREAMING_UNSIGNED, "CRC32", "producer")
        flip.close()
        assert (status, attempts) == ("ok", 1), (status, text, attempts)
    with case(f"{one.kind} over TLS: a flipped bit in a body, on the way back: HR_ERR_S3_CHECKSUM"):
        flip = TlsFlip(pki, one, rb"before, (h)", 100, upwards=False)
        status, text, attempts, _ = Client(flip.endpoint, folder, pki.ca).get("flip")
        flip.close()
        assert flip.flipped and status == "error" and text.startswith("HR_ERR_S3_CHECKSUM") and attempts == 2, (text, attempts)


def store(kind, folder, options, pki, payloads):
    with stores.embedded(*options) as one:
        boto3 = one.boto3() if not pki else one.boto3(verify=pki.ca)
        client = Client(one.endpoint, folder, pki.ca if pki else None)
        boto3.create_bucket(Bucket=BUCKET)
        check_values(kind, client, boto3, payloads)
        check_sizes(kind, client, boto3, payloads)
        check_option(kind, client)
        check_parts(kind, client, boto3, payloads[-1])
        if pki:
            one.ca = pki.ca
            check_trailers(one, folder, pki, boto3)
        else:
            check_upwards(client, boto3, one.port)
            check_downwards(client, boto3, one.port)


def main():
    if not stores.need("checksums"):
        return
    if not os.access(DRIVER, os.X_OK):
        stores.fail("checksums", f"{DRIVER} is not built")
        return
    with tempfile.TemporaryDirectory() as folder:
        store("plain", folder, (), None, (DEFAULT, UNSIGNED, STREAMING_SIGNED))
        if not shutil.which("openssl"):
            stores.skip("checksums over TLS", "openssl is not there")
            return
        from webs import Pki
        pki = Pki(folder)
        options = ("--tls-cert", pki.certificate, "--tls-key", pki.key)
        store("TLS", folder, options, pki, (DEFAULT, SIGNED, STREAMING_SIGNED, STREAMING_UNSIGNED))
        if stores.need_versitygw("trailers of versitygw"):
            with stores.versitygw() as one:
                one.boto3().create_bucket(Bucket=BUCKET)
                check_trailers(one, folder, pki, one.boto3())


main()
stores.finish()
