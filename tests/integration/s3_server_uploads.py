"""Uploads in parts and copies at the embedded S3-compatible server: their checksums, and a completion that is asked for
twice. Vectors are computed here by zlib and hashlib. Reads HR_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."""
import base64
import concurrent.futures
import hashlib
import html
import os
import re
import sys
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from s3_raw import Endpoint, code_of  # noqa: E402
from stores import case, finish  # noqa: E402

ENDPOINT = Endpoint(os.environ["HR_ENDPOINT"])
BUCKET = "uploads-" + os.urandom(4).hex()
PARTS = [os.urandom(5 << 20), b"the rest"]
WHOLE = b"".join(PARTS)


def crc32(data):
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def sha256(data):
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


SUMS = {"CRC32": crc32, "SHA256": sha256}


def composite(name):
    return SUMS[name](b"".join(base64.b64decode(SUMS[name](part)) for part in PARTS)) + f"-{len(PARTS)}"


def text_of(body, name):
    found = re.search(f"<{name}>(.*?)</{name}>".encode(), body, re.DOTALL)
    return html.unescape(found.group(1).decode()) if found else None


class Upload:
    def __init__(self, key, algorithm=None, kind=None):
        self.path, self.algorithm, self.kind = f"/{BUCKET}/{key}", algorithm, kind
        headers = {"x-amz-checksum-algorithm": algorithm} if algorithm else {}
        headers.update({"x-amz-checksum-type": kind} if kind else {})
        status, _, body = ENDPOINT.signed("POST", self.path, "uploads", headers=headers)
        assert status == 200, body
        self.query = f"uploadId={text_of(body, 'UploadId')}"
        self.etags = [f'"{hashlib.md5(part).hexdigest()}"' for part in PARTS]

    def put(self, number, checksum=True, headers=()):
        more = dict(headers)
        if checksum and self.algorithm:
            more[f"x-amz-checksum-{self.algorithm.lower()}"] = SUMS[self.algorithm](PARTS[number - 1])
        return ENDPOINT.signed("PUT", self.path, f"partNumber={number}&{self.query}", PARTS[number - 1], more)

    def fill(self, checksum=True):
        for number in range(1, len(PARTS) + 1):
            status, _, body = self.put(number, checksum)
            assert status == 200, body
        return self

    def complete(self, checksums=True, headers=(), etags=None, sums=None):
        document = "<CompleteMultipartUpload>"
        for number, part in enumerate(PARTS, 1):
            document += f"<Part><PartNumber>{number}</PartNumber><ETag>{(etags or self.etags)[number - 1]}</ETag>"
            if checksums and self.algorithm:
                value = sums[number - 1] if sums else SUMS[self.algorithm](part)
                document += f"<Checksum{self.algorithm}>{value}</Checksum{self.algorithm}>"
            document += "</Part>"
        return ENDPOINT.signed("POST", self.path, self.query, (document + "</CompleteMultipartUpload>").encode(),
                               dict(headers))


def refuses(answer, code, words=""):
    status, _, body = answer
    assert (status, code_of(body)) == ({"NoSuchUpload": 404, "NotImplemented": 501}.get(code, 400), code), (status, body)
    assert words in (text_of(body, "Message") or ""), body


with case("uploads: a bucket"):
    assert ENDPOINT.signed("PUT", f"/{BUCKET}")[0] == 200

with case("uploads: algorithms and types that do not go together"):
    for headers, words in (
            ({"x-amz-checksum-type": "COMPOSITE"}, "can only be used with the x-amz-checksum-algorithm header"),
            ({"x-amz-checksum-algorithm": "CRC32", "x-amz-checksum-type": "SOME"}, "x-amz-checksum-type header is invalid"),
            ({"x-amz-checksum-algorithm": "SHA256", "x-amz-checksum-type": "FULL_OBJECT"}, "FULL_OBJECT"),
            ({"x-amz-checksum-algorithm": "CRC64NVME", "x-amz-checksum-type": "COMPOSITE"}, "COMPOSITE"),
            ({"x-amz-checksum-algorithm": "CRC16"}, "unsupported"), ({"x-amz-checksum-algorithm": ""}, "unsupported")):
        refuses(ENDPOINT.signed("POST", f"/{BUCKET}/k", "uploads", headers=headers), "InvalidRequest", words)

with case("uploads: a composite checksum needs that of each part, from its sender and again at the end"):
    for algorithm in ("SHA256", "CRC32"):
        upload = Upload("composite", algorithm)
        refuses(upload.put(1, checksum=False), "InvalidRequest",
                f"expected checksum Type: {algorithm.lower()}, actual checksum Type: null")
        other = "CRC32" if algorithm == "SHA256" else "SHA256"
        refuses(upload.put(1, False, {f"x-amz-checksum-{other.lower()}": SUMS[other](PARTS[0])}), "InvalidRequest")
        upload.fill()
        refuses(upload.complete(checksums=False), "InvalidRequest", "missing for part 1")
        refuses(upload.complete(sums=[SUMS[algorithm](b"x")] * 2), "InvalidPart")
        name = f"x-amz-checksum-{algorithm.lower()}"
        value = composite(algorithm)
        refuses(upload.complete(headers={"x-amz-checksum-type": "FULL_OBJECT"}), "BadDigest", "COMPOSITE")
        refuses(upload.complete(headers={name: value[:-1] + "3"}), "BadDigest")
        refuses(upload.complete(headers={name: SUMS[algorithm](WHOLE)}), "BadDigest")
        refuses(upload.complete(headers={"x-amz-mp-object-size": str(len(WHOLE) + 1)}), "InvalidRequest")
        status, _, body = upload.complete(headers={name: value, "x-amz-checksum-type": "COMPOSITE",
                                                   "x-amz-mp-object-size": str(len(WHOLE))})
        assert status == 200 and text_of(body, f"Checksum{algorithm}") == value, body
        assert text_of(body, "ChecksumType") == "COMPOSITE", body

with case("uploads: a checksum of the whole needs none of the parts"):
    upload = Upload("full", "CRC32", "FULL_OBJECT").fill(checksum=False)
    refuses(upload.complete(False, {"x-amz-checksum-type": "COMPOSITE"}), "BadDigest", "FULL_OBJECT")
    refuses(upload.complete(False, {"x-amz-checksum-crc32": "AAAAAA=="}), "BadDigest")
    refuses(upload.complete(False, {"x-amz-checksum-crc32": crc32(WHOLE) + "-2"}), "BadDigest")
    status, _, body = upload.complete(False, {"x-amz-checksum-crc32": crc32(WHOLE), "x-amz-checksum-type": "FULL_OBJECT"})
    assert status == 200 and text_of(body, "ChecksumCRC32") == crc32(WHOLE), body

with case("uploads: checksums of the whole where the upload has none are refused"):
    upload = Upload("none").fill()
    refuses(upload.complete(headers={"x-amz-checksum-crc32": crc32(WHOLE)}), "InvalidRequest")
    refuses(upload.complete(headers={"x-amz-checksum-type": "FULL_OBJECT"}), "InvalidRequest")
    assert upload.complete()[0] == 200

with case("uploads: the same completion once more gets the same answer"):
    for algorithm, extra in ((None, {}), ("SHA256", {"x-amz-checksum-sha256": composite("SHA256")})):
        headers = {**extra, "If-None-Match": "*"}
        upload = Upload(f"twice-{algorithm}", algorithm).fill()
        first = upload.complete(headers=headers)
        assert first[0] == 200, first
        again = upload.complete(headers=headers)
        assert (again[0], again[2]) == (200, first[2]), again
        unquoted = upload.complete(etags=[etag.strip('"') for etag in upload.etags])
        assert (unquoted[0], unquoted[2]) == (200, first[2]), unquoted
        refuses(upload.complete(etags=upload.etags[::-1]), "NoSuchUpload")
        refuses(upload.complete(etags=['"x"', '"y"']), "NoSuchUpload")
        refuses(upload.complete(headers={"x-amz-mp-object-size": "1"}), "InvalidRequest")
        refuses(ENDPOINT.signed("PUT", upload.path, f"partNumber=1&{upload.query}", b"late"), "NoSuchUpload")
        status, _, body = ENDPOINT.signed("GET", upload.path)
        assert (status, body) == (200, WHOLE)
        copy = ENDPOINT.signed("PUT", upload.path, headers={
            "x-amz-copy-source": upload.path, "x-amz-metadata-directive": "REPLACE"})
        assert copy[0] == 200, copy
        refuses(upload.complete(), "NoSuchUpload")  # what is there now is another object
    gone = Upload("gone").fill()
    assert gone.complete()[0] == 200 and ENDPOINT.signed("DELETE", gone.path)[0] == 204
    refuses(gone.complete(), "NoSuchUpload")
    aborted = Upload("gone").fill()
    assert ENDPOINT.signed("DELETE", aborted.path, aborted.query)[0] == 204
    refuses(aborted.complete(), "NoSuchUpload")

with case("uploads: eight completions at once all get the one answer"):
    for _ in range(5):
        upload = Upload("race").fill()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = [future.result() for future in [pool.submit(upload.complete) for _ in range(8)]]
        assert {(status, text_of(body, "ETag")) for status, _, body in answers} == {
            (200, text_of(answers[0][2], "ETag"))}, answers

with case("uploads: a copy has the checksum that is asked for, and says so"):
    source = {"x-amz-copy-source": f"/{BUCKET}/plain"}
    assert ENDPOINT.signed("PUT", f"/{BUCKET}/plain", data=WHOLE)[0] == 200
    for algorithm in ("CRC32", "SHA256"):
        status, _, body = ENDPOINT.signed("PUT", f"/{BUCKET}/copy", headers={**source, "x-amz-checksum-algorithm": algorithm})
        assert status == 200 and text_of(body, f"Checksum{algorithm}") == SUMS[algorithm](WHOLE), body
        assert text_of(body, "ChecksumType") == "FULL_OBJECT", body
        _, fields, _ = ENDPOINT.signed("HEAD", f"/{BUCKET}/copy", headers={"x-amz-checksum-mode": "ENABLED"})
        assert fields[f"x-amz-checksum-{algorithm.lower()}"] == SUMS[algorithm](WHOLE), fields
        status, _, body = ENDPOINT.signed("PUT", f"/{BUCKET}/copy-2", headers={"x-amz-copy-source": f"/{BUCKET}/copy"})
        assert text_of(body, f"Checksum{algorithm}") == SUMS[algorithm](WHOLE), body
    refuses(ENDPOINT.signed("PUT", f"/{BUCKET}/copy", headers={**source, "x-amz-checksum-algorithm": "CRC16"}),
            "InvalidRequest", "unsupported")
    _, _, body = ENDPOINT.signed("PUT", f"/{BUCKET}/copy", headers=source)
    assert b"Checksum" not in body, body
    itself = {"x-amz-copy-source": f"/{BUCKET}/plain"}
    refuses(ENDPOINT.signed("PUT", f"/{BUCKET}/plain", headers=itself), "InvalidRequest", "itself")
    for change in ({"x-amz-checksum-algorithm": "CRC32"}, {"x-amz-server-side-encryption": "AES256"},
                   {"x-amz-storage-class": "STANDARD_IA"}):
        status, _, body = ENDPOINT.signed("PUT", f"/{BUCKET}/plain", headers={**itself, **change})
        assert status == 200, (change, body)
    _, fields, body = ENDPOINT.signed("GET", f"/{BUCKET}/plain", headers={"x-amz-checksum-mode": "ENABLED"})
    assert fields["x-amz-checksum-crc32"] == crc32(WHOLE) and body == WHOLE, fields
    assert fields["x-amz-server-side-encryption"] == "AES256", fields

with case("uploads: parts that are copied have the upload's checksum"):
    assert ENDPOINT.signed("PUT", f"/{BUCKET}/plain", data=WHOLE)[0] == 200
    for algorithm in ("CRC32", "SHA256"):
        upload = Upload("parts-copied", algorithm)
        for number, (first, last) in enumerate(((0, (5 << 20) - 1), (5 << 20, len(WHOLE) - 1)), 1):
            status, _, body = ENDPOINT.signed("PUT", upload.path, f"partNumber={number}&{upload.query}", headers={
                "x-amz-copy-source": f"/{BUCKET}/plain", "x-amz-copy-source-range": f"bytes={first}-{last}"})
            assert status == 200 and text_of(body, f"Checksum{algorithm}") == SUMS[algorithm](PARTS[number - 1]), body
            upload.etags[number - 1] = text_of(body, "ETag")
        status, _, body = upload.complete()
        assert status == 200 and text_of(body, f"Checksum{algorithm}") == composite(algorithm), body

with case("uploads: a copy that cannot be says what is not there"):
    for source, bucket, key, code in ((f"{BUCKET}/absent-key", BUCKET, "absent-key", "NoSuchKey"),
                                      ("absent-bucket/k", "absent-bucket", "k", "NoSuchBucket")):
        status, _, body = ENDPOINT.signed("PUT", f"/{BUCKET}/copy", headers={"x-amz-copy-source": source})
        assert (status, code_of(body)) == (404, code), body
        assert text_of(body, "BucketName") == bucket and text_of(body, "Key") == key, body

finish()
