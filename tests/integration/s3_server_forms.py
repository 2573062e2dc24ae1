"""Uploads by a browser's form (POST Object) to the embedded S3-compatible server, with policies that boto3 makes. Reads
HR_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; prints a line a test; ends non-zero on failure."""
import base64
import http.client
import os
import re
import sys
import urllib.parse
import zlib

import boto3
from botocore.config import Config

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from stores import case, finish  # noqa: E402

ENDPOINT = os.environ["HR_ENDPOINT"]
s3 = boto3.client("s3", endpoint_url=ENDPOINT, region_name="us-east-1", config=Config(
    retries={"max_attempts": 1}, s3={"addressing_style": "path"}, signature_version="s3v4"))
BUCKET = "forms-" + os.urandom(6).hex()


def encode(fields, file, name="photo.jpg", boundary="----xyz123", behind=()):
    """multipart/form-data as browsers write it."""
    body = b""
    for key, value in fields:
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
    if file is not None:
        body += (f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
                 "Content-Type: image/jpeg\r\n\r\n").encode() + file + b"\r\n"
    for key, value in behind:
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
    return body + f"--{boundary}--\r\n".encode()


def post(bucket, body, boundary="----xyz123", **headers):
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(ENDPOINT).netloc, timeout=30)
    try:
        connection.request("POST", f"/{bucket}", body, {"Content-Type": f"multipart/form-data; boundary={boundary}", **headers})
        answer = connection.getresponse()
        text = answer.read().decode()
        code = re.search("<Code>(.*?)</Code>", text)
        return answer.status, code and code.group(1), {k.lower(): v for k, v in answer.getheaders()}, text
    finally:
        connection.close()


def policy(key, fields=None, conditions=None, **options):
    made = s3.generate_presigned_post(BUCKET, key, Fields=fields, Conditions=conditions, **options)
    return list(made["fields"].items())


with case("forms: a policy lets an upload in, as it is signed"):
    s3.create_bucket(Bucket=BUCKET)
    file = b"--" + bytes(range(256)) * 40 + b"\r\n--not-the-boundary\r\n"
    status, _, fields, text = post(BUCKET, encode(policy("up/one"), file))
    assert (status, text) == (204, ""), (status, text)
    got = s3.get_object(Bucket=BUCKET, Key="up/one")
    assert got["Body"].read() == file and got["ETag"] == fields["etag"]
    for broken in ("x-amz-signature", "x-amz-date", "x-amz-credential", "policy"):
        changed = [(k, v if k != broken else v[:-1] + ("0" if v[-1] != "0" else "1")) for k, v in policy("up/two")]
        status, code, _, text = post(BUCKET, encode(changed, b"x"))
        assert status in (400, 403) and code, (broken, status, text)
        status, code, _, text = post(BUCKET, encode([f for f in policy("up/two") if f[0] != broken], b"x"))
        assert status in (400, 403) and code, (broken, status, text)
    assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 1

with case("forms: each field has to be as the policy has it, and in it"):
    fields = {"acl": "public-read", "Content-Type": "text/plain", "x-amz-meta-colour": "blue"}
    conditions = [{"acl": "public-read"}, ["starts-with", "$Content-Type", "text/"], ["eq", "$x-amz-meta-colour", "blue"],
                  ["content-length-range", 2, 10]]
    good = policy("up/${filename}", fields, conditions)
    status, _, _, text = post(BUCKET, encode(good, b"hello", name="C:\\folder\\a b.txt"))
    assert status == 204, text
    head = s3.head_object(Bucket=BUCKET, Key="up/a b.txt")
    assert head["ContentType"] == "text/plain" and head["Metadata"] == {"colour": "blue"}, head
    acl = s3.get_object_acl(Bucket=BUCKET, Key="up/a b.txt")["Grants"]
    assert any(g["Grantee"].get("URI", "").endswith("AllUsers") for g in acl)
    for changed, file, code in (([(k, "private" if k == "acl" else v) for k, v in good], b"hello", "AccessDenied"),
                                ([(k, "image/png" if k == "Content-Type" else v) for k, v in good], b"hello", "AccessDenied"),
                                ([f for f in good if f[0] != "x-amz-meta-colour"], b"hello", "AccessDenied"),
                                ([(k, "down/x" if k == "key" else v) for k, v in good], b"hello", "AccessDenied"),
                                (good + [("x-amz-storage-class", "STANDARD_IA")], b"hello", "AccessDenied"),
                                (good, b"h", "EntityTooSmall"), (good, b"h" * 11, "EntityTooLarge")):
        status, got, _, text = post(BUCKET, encode(changed, file))
        assert got == code, (changed, status, text)
    assert post(BUCKET, encode(good + [("x-ignore-me", "x")], b"hello"))[0] == 204
    assert post(BUCKET, encode(good, b"hello", behind=[("x-amz-acl", "private")]))[0] == 204, "what comes behind the file is no field"

with case("forms: a policy ends, and is of its bucket"):
    old = policy("up/old", ExpiresIn=-10)
    assert post(BUCKET, encode(old, b"x"))[:2] == (403, "AccessDenied")
    other = BUCKET + "-other"
    s3.create_bucket(Bucket=other)
    assert post(other, encode(policy("up/other"), b"x"))[:2] == (403, "AccessDenied")

with case("forms: success is told as asked for"):
    for asked, wanted in (("200", 200), ("201", 201), ("204", 204), ("999", 204)):
        status, _, _, text = post(BUCKET, encode(policy("up/s", {"success_action_status": asked}, [{"success_action_status": asked}]), b"x"))
        assert status == wanted and ("<Key>up/s</Key>" in text) == (wanted == 201), (asked, status, text)
    target = "https://shop.test/done?a=1"
    status, _, fields, _ = post(BUCKET, encode(policy("up/ü&", {"success_action_redirect": target}, [{"success_action_redirect": target}]), b"x"))
    assert status == 303 and fields["location"].startswith(target + f"&bucket={BUCKET}&key=up%2F%C3%BC%26&etag=%22"), fields

with case("forms: tags, encryption and checksums are those of a PUT"):
    tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>b c</Value></Tag></TagSet></Tagging>"
    crc = base64.b64encode(zlib.crc32(b"hello").to_bytes(4, "big")).decode()
    fields = {"tagging": tags, "x-amz-server-side-encryption": "AES256", "x-amz-checksum-crc32": crc}
    good = policy("up/t", fields, [{k: v} for k, v in fields.items()])
    assert post(BUCKET, encode(good, b"hello"))[0] == 204
    assert s3.get_object_tagging(Bucket=BUCKET, Key="up/t")["TagSet"] == [{"Key": "a", "Value": "b c"}]
    head = s3.head_object(Bucket=BUCKET, Key="up/t", ChecksumMode="ENABLED")
    assert head["ServerSideEncryption"] == "AES256" and head["ChecksumCRC32"] == crc
    assert post(BUCKET, encode(good, b"other"))[1] == "BadDigest"
    for name, code in (("x-amz-grant-read", "NotImplemented"), ("If-None-Match", "NotImplemented"), ("x-amz-unheard-of", "NotImplemented")):
        assert post(BUCKET, encode(policy("up/u", {name: "x"}, [{name: "x"}]), b"x"))[1] == code, name

with case("forms: without a policy where everybody may write"):
    assert post(BUCKET, encode([("key", "x")], b"x"))[:2] == (403, "AccessDenied")
    s3.put_bucket_acl(Bucket=BUCKET, ACL="public-read-write")
    assert post(BUCKET, encode([("key", "open")], b"x"))[0] == 204
    assert s3.get_object(Bucket=BUCKET, Key="open")["Body"].read() == b"x"

with case("forms: what is none is refused"):
    whole = encode([("key", "x")], b"x")
    for body, boundary, code in ((whole, "other", "MalformedPOSTRequest"), (whole[:-40], "----xyz123", "MalformedPOSTRequest"),
                                 (b"", "----xyz123", "MalformedPOSTRequest"), (whole, "b" * 71, "MalformedPOSTRequest"),
                                 (encode([("key", "x")], None), "----xyz123", "InvalidArgument"),
                                 (encode([], b"x"), "----xyz123", "InvalidArgument"),
                                 (encode([("key", "k" * 1025)], b"x"), "----xyz123", "KeyTooLongError"),
                                 (encode([("key", "x"), ("x-ignore-a", "y" * 21000)], b"x"), "----xyz123", "MaxPostPreDataLengthExceededError"),
                                 (encode([(f"x-ignore-{n}", "") for n in range(129)], b"x"), "----xyz123", "MaxPostPreDataLengthExceededError")):
        status, got, _, text = post(BUCKET, body, boundary)
        assert (status, got) == (400, code), (code, status, text)
    assert post("absent-bucket", whole)[:2] == (404, "NoSuchBucket")
    for text in ("", "{}", "[]", '{"expiration": "2100-01-01T00:00:00Z"}x', '{"expiration": "never", "conditions": []}', "\x00"):
        bad = [(k, base64.b64encode(text.encode()).decode() if k == "policy" else v) for k, v in policy("p")]
        assert post(BUCKET, encode(bad, b"x"))[0] in (400, 403), text

with case("forms: a page of another origin may send one where the rules say so"):
    s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [{"AllowedOrigins": ["https://shop.test"], "AllowedMethods": ["POST"]}]})
    status, _, fields, _ = post(BUCKET, encode(policy("up/c"), b"x"), Origin="https://shop.test")
    assert status == 204 and fields["access-control-allow-origin"] == "https://shop.test", fields

finish()
