"""Every operation of the embedded S3-compatible server through boto3, and what boto3 does not send through raw
requests. Reads HR_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; prints counts; ends non-zero on failure."""
import base64
import datetime
import hashlib
import http.client
import io
import os
import sys
import urllib.parse
import urllib.request
import zlib

import boto3
import botocore.httpchecksum
from boto3.s3.transfer import TransferConfig
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

ENDPOINT = os.environ["HR_ENDPOINT"]
ACCESS_KEY, SECRET_KEY = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
HOST = urllib.parse.urlsplit(ENDPOINT).netloc
REGION = "us-east-1"
BUCKET = "boto3-" + os.urandom(4).hex()
OTHER = BUCKET + "-2"
KEYS = ["a b+c%20&=?#.txt", "deep/er/ünïcödé/测试", "quote'\"<&>", "tilde~-_.", "k" * 200, "double//slash",
        "./dot/../dots", "/leading", "trailing/", "p/" + "x" * 1022, "line\nend\ttab\r", "\x01control\x7f",
        "%2F%zz", "++", "semi;colon,comma@at:$!*()"]

passed = failed = 0


def client(secret=SECRET_KEY, **config):
    config.setdefault("s3", {"addressing_style": "path"})
    return boto3.client("s3", endpoint_url=ENDPOINT, region_name=REGION, aws_access_key_id=ACCESS_KEY,
                        aws_secret_access_key=secret, config=Config(retries={"max_attempts": 1}, **config))


s3 = client()


def check(function):
    """Runs one test at once."""
    global passed, failed
    name = function.__name__.replace("_", " ")
    try:
        function()
        passed += 1
        print(f"ok: boto3, {name}", flush=True)
    except Exception as problem:  # the others are to run, too
        failed += 1
        line = problem.__traceback__.tb_next.tb_lineno if problem.__traceback__.tb_next else 0
        print(f"fail: boto3, {name}: line {line}: {type(problem).__name__}: {' '.join(str(problem).split())[:300]}",
              flush=True)


def refused(code, status, function, *arguments, **options):
    """The call must fail with this code and status; a HEAD tells the status only."""
    try:
        function(*arguments, **options)
    except ClientError as error:
        got = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
        assert got == (code, status), f"{got} instead of {(code, status)}"
        assert error.response["ResponseMetadata"]["RequestId"] or status == 304
        return error.response
    raise AssertionError(f"accepted instead of {code}")


def body_of(key, size=1000):
    return (hashlib.sha256(key.encode()).digest() * (size // 32 + 1))[:size]


def signed(method, path, query="", data=b"", headers=(), payload=None, secret=SECRET_KEY, send=None):
    """A raw request, signed by botocore's signer; `payload` overrides x-amz-content-sha256."""
    request = AWSRequest(method=method, url=f"{ENDPOINT}{path}" + (f"?{query}" if query else ""), data=data)
    for name, value in dict(headers).items():
        request.headers[name] = value
    if payload:
        request.headers["X-Amz-Content-SHA256"] = payload

    class Signer(S3SigV4Auth):
        def payload(self, request):
            return payload or super().payload(request)

        def _should_sha256_sign_payload(self, request):
            return True

    signer = Signer(Credentials(ACCESS_KEY, secret), "s3", REGION)
    signer.add_auth(request)
    return deliver(method, path + (f"?{query}" if query else ""), dict(request.headers.items()),
                   data if send is None else send(request))


def deliver(method, target, headers, data):
    connection = http.client.HTTPConnection(HOST, timeout=30)
    try:
        connection.request(method, target, body=data or None,
                           headers={**headers, **({} if data else {"Content-Length": "0"})})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


@check
def buckets():
    s3.create_bucket(Bucket=BUCKET)
    s3.create_bucket(Bucket=OTHER)
    refused("BucketAlreadyOwnedByYou", 409, s3.create_bucket, Bucket=BUCKET)
    refused("InvalidArgument", 400, s3.create_bucket, Bucket=BUCKET + "-3", ObjectOwnership="Nobody")
    refused("404", 404, s3.head_bucket, Bucket="absent-bucket")
    assert s3.head_bucket(Bucket=BUCKET)["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"] == REGION
    names = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    assert BUCKET in names and OTHER in names and names == sorted(names)
    assert s3.get_bucket_location(Bucket=BUCKET)["LocationConstraint"] is None
    assert "Status" not in s3.get_bucket_versioning(Bucket=BUCKET)
    refused("NoSuchBucket", 404, s3.list_objects_v2, Bucket="absent-bucket")
    refused("NoSuchBucket", 404, s3.delete_bucket, Bucket="absent-bucket")
    status, _, text = signed("PUT", "/Bad_Name")
    assert status == 400 and b"InvalidBucketName" in text, text
    named = s3.create_bucket(Bucket=BUCKET + "-eu", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert named["Location"] == f"/{BUCKET}-eu"
    assert s3.get_bucket_location(Bucket=BUCKET + "-eu")["LocationConstraint"] == "eu-west-1"
    assert s3.head_bucket(Bucket=BUCKET + "-eu")["BucketRegion"] == "eu-west-1"
    assert [item["Name"] for item in s3.list_buckets(BucketRegion="eu-west-1", Prefix=BUCKET)["Buckets"]] == [BUCKET + "-eu"]
    listed = {item["Name"]: item["BucketRegion"] for item in s3.list_buckets(Prefix=BUCKET)["Buckets"]}
    assert listed == {BUCKET: REGION, OTHER: REGION, BUCKET + "-eu": "eu-west-1"}, listed
    for region in ("Eu west", "x" * 32, "a/b"):
        refused("InvalidLocationConstraint", 400, s3.create_bucket, Bucket=BUCKET + "-no",
                CreateBucketConfiguration={"LocationConstraint": region})
    s3.delete_bucket(Bucket=BUCKET + "-eu")


@check
def keys_of_every_kind():
    for key in KEYS:
        body = body_of(key)
        put = s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        assert put["ETag"] == '"' + hashlib.md5(body).hexdigest() + '"'
        got = s3.get_object(Bucket=BUCKET, Key=key)
        assert got["Body"].read() == body and got["ETag"] == put["ETag"], key
        assert s3.head_object(Bucket=BUCKET, Key=key)["ContentLength"] == len(body)
    listed = [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert listed == sorted(KEYS, key=lambda key: key.encode()), listed
    listed = [item["Key"] for item in s3.list_objects(Bucket=BUCKET)["Contents"]]
    assert listed == sorted(KEYS, key=lambda key: key.encode()), listed
    refused("KeyTooLongError", 400, s3.put_object, Bucket=BUCKET, Key="k" * 1025, Body=b"")
    for key in KEYS[:4]:
        s3.delete_object(Bucket=BUCKET, Key=key)
        refused("NoSuchKey", 404, s3.get_object, Bucket=BUCKET, Key=key)
    removed = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key} for key in KEYS if key.isprintable()]})
    assert {item["Key"] for item in removed["Deleted"]} == {key for key in KEYS if key.isprintable()}
    for key in KEYS:
        s3.delete_object(Bucket=BUCKET, Key=key)
    assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0


@check
def empty_objects():
    put = s3.put_object(Bucket=BUCKET, Key="empty", Body=b"")
    assert put["ETag"] == '"d41d8cd98f00b204e9800998ecf8427e"'
    got = s3.get_object(Bucket=BUCKET, Key="empty")
    assert got["Body"].read() == b"" and got["ContentLength"] == 0
    refused("InvalidRange", 416, s3.get_object, Bucket=BUCKET, Key="empty", Range="bytes=0-")
    s3.delete_object(Bucket=BUCKET, Key="empty")


@check
def headers_and_metadata():
    when = datetime.datetime(2030, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
    s3.put_object(Bucket=BUCKET, Key="meta", Body=b"x", ContentType="text/plain; charset=utf-8",
                  CacheControl="max-age=1", ContentDisposition='attachment; filename="a b"', ContentEncoding="gzip",
                  ContentLanguage="de", Expires=when, Metadata={"colour": "blue green", "n": "7"},
                  StorageClass="STANDARD_IA")
    head = s3.head_object(Bucket=BUCKET, Key="meta")
    assert head["Metadata"] == {"colour": "blue green", "n": "7"}, head["Metadata"]
    assert head["ContentType"] == "text/plain; charset=utf-8" and head["CacheControl"] == "max-age=1"
    assert head["ContentDisposition"] == 'attachment; filename="a b"' and head["ContentEncoding"] == "gzip"
    assert head["ContentLanguage"] == "de" and head["StorageClass"] == "STANDARD_IA"
    assert head["ExpiresString"] == "Wed, 02 Jan 2030 03:04:05 GMT", head["ExpiresString"]
    age = datetime.datetime.now(datetime.timezone.utc) - head["LastModified"]
    assert abs(age.total_seconds()) < 60 and head["AcceptRanges"] == "bytes"
    over = s3.get_object(Bucket=BUCKET, Key="meta", ResponseContentType="a/b", ResponseCacheControl="no-store")
    assert over["ContentType"] == "a/b" and over["CacheControl"] == "no-store" and over["ContentLanguage"] == "de"
    refused("InvalidArgument", 400, s3.get_object, Bucket=BUCKET, Key="meta", ResponseContentType="a\r\nX: y")
    s3.put_object(Bucket=BUCKET, Key="plain", Body=b"x")
    assert s3.head_object(Bucket=BUCKET, Key="plain")["ContentType"] == "binary/octet-stream"
    refused("MetadataTooLarge", 400, s3.put_object, Bucket=BUCKET, Key="meta", Body=b"", Metadata={"a": "b" * 2048})
    refused("InvalidStorageClass", 400, s3.put_object, Bucket=BUCKET, Key="meta", Body=b"", StorageClass="NONE")
    refused("NotImplemented", 501, s3.put_object, Bucket=BUCKET, Key="meta", Body=b"", WebsiteRedirectLocation="/b")
    assert s3.get_object_tagging(Bucket=BUCKET, Key="meta")["TagSet"] == []
    refused("AccessDenied", 403, s3.list_objects_v2, Bucket=BUCKET, ExpectedBucketOwner="123456789012")


@check
def ranges():
    body = body_of("range", 100000)
    s3.put_object(Bucket=BUCKET, Key="range", Body=body)
    for text, expected in [("0-0", body[:1]), ("0-99", body[:100]), ("99999-", body[-1:]), ("-5", body[-5:]),
                           ("65535-65536", body[65535:65537]), ("50000-999999", body[50000:]), ("-999999", body)]:
        got = s3.get_object(Bucket=BUCKET, Key="range", Range=f"bytes={text}")
        assert got["Body"].read() == expected, text
        assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
        assert got["ContentRange"].endswith("/100000"), got["ContentRange"]
    for text in ("bytes=100000-", "bytes=-0", "bytes=200000-300000"):
        refused("InvalidRange", 416, s3.get_object, Bucket=BUCKET, Key="range", Range=text)
    for text in ("bytes=5-2", "lines=1-2", "bytes=1-2,4-5", "bytes=a-b"):
        got = s3.get_object(Bucket=BUCKET, Key="range", Range=text)
        assert got["ResponseMetadata"]["HTTPStatusCode"] == 200 and len(got["Body"].read()) == 100000, text
    for validator, status, size in ((got["ETag"], 206, 10), ('"old"', 200, 100000)):
        answer = signed("GET", f"/{BUCKET}/range", headers={"Range": "bytes=0-9", "If-Range": validator})
        assert answer[0] == status and len(answer[2]) == size, answer[:2]
    head = s3.head_object(Bucket=BUCKET, Key="range", Range="bytes=10-19")
    assert head["ContentLength"] == 10 and head["ContentRange"] == "bytes 10-19/100000"


@check
def conditions():
    etag = s3.put_object(Bucket=BUCKET, Key="cond", Body=b"1")["ETag"]
    modified = s3.head_object(Bucket=BUCKET, Key="cond")["LastModified"]
    before, after = modified - datetime.timedelta(hours=1), modified + datetime.timedelta(hours=1)
    get = dict(Bucket=BUCKET, Key="cond")
    s3.get_object(**get, IfMatch=etag)
    s3.get_object(**get, IfModifiedSince=before)
    s3.get_object(**get, IfUnmodifiedSince=after)
    s3.get_object(**get, IfNoneMatch='"other"')
    refused("PreconditionFailed", 412, s3.get_object, **get, IfMatch='"other"')
    refused("PreconditionFailed", 412, s3.get_object, **get, IfUnmodifiedSince=before)
    refused("304", 304, s3.get_object, **get, IfNoneMatch=etag)
    refused("304", 304, s3.get_object, **get, IfModifiedSince=modified)
    refused("412", 412, s3.head_object, **get, IfMatch='"other"')
    refused("PreconditionFailed", 412, s3.put_object, **get, Body=b"2", IfNoneMatch="*")
    refused("PreconditionFailed", 412, s3.put_object, **get, Body=b"2", IfMatch='"other"')
    s3.put_object(**get, Body=b"2", IfMatch=etag)
    s3.put_object(Bucket=BUCKET, Key="cond-new", Body=b"2", IfNoneMatch="*")
    refused("NoSuchKey", 404, s3.put_object, Bucket=BUCKET, Key="cond-absent", Body=b"2", IfMatch=etag)
    refused("PreconditionFailed", 412, s3.delete_object, **get, IfMatch=etag)


# What this botocore computes: without awscrt only some.
COMPUTED = [name for name in ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "SHA512", "XXHASH64", "XXHASH3", "XXHASH128")
            if name.lower() in botocore.httpchecksum._SUPPORTED_CHECKSUM_ALGORITHMS]


@check
def checksums():
    body = body_of("checksum", 10000)
    wrong = {"CRC32": "AAAAAA==", "CRC32C": "AAAAAA==", "SHA1": base64.b64encode(bytes(20)).decode(),
             "SHA256": base64.b64encode(bytes(32)).decode(), "CRC64NVME": base64.b64encode(bytes(8)).decode(),
             "SHA512": base64.b64encode(bytes(64)).decode(), "MD5": base64.b64encode(bytes(16)).decode(),
             "XXHASH64": base64.b64encode(bytes(8)).decode(), "XXHASH3": base64.b64encode(bytes(8)).decode(),
             "XXHASH128": base64.b64encode(bytes(16)).decode()}
    for algorithm in COMPUTED:
        put = s3.put_object(Bucket=BUCKET, Key="sum", Body=body, ChecksumAlgorithm=algorithm)
        got = s3.get_object(Bucket=BUCKET, Key="sum", ChecksumMode="ENABLED")
        assert got["Body"].read() == body
        assert got[f"Checksum{algorithm}"] == put[f"Checksum{algorithm}"] and got["ChecksumType"] == "FULL_OBJECT"
    assert zlib.crc32(body).to_bytes(4, "big") == base64.b64decode(
        s3.put_object(Bucket=BUCKET, Key="sum", Body=body)["ChecksumCRC32"])
    for algorithm, value in wrong.items():
        refused("BadDigest", 400, s3.put_object, Bucket=BUCKET, Key="sum", Body=body,
                **{f"Checksum{algorithm}": value})
        refused("InvalidRequest", 400, s3.put_object, Bucket=BUCKET, Key="sum", Body=body,
                **{f"Checksum{algorithm}": "AAAA"})
    md5 = base64.b64encode(hashlib.md5(body).digest()).decode()
    plain = client(request_checksum_calculation="when_required")
    plain.put_object(Bucket=BUCKET, Key="sum", Body=body, ContentMD5=md5)
    refused("BadDigest", 400, plain.put_object, Bucket=BUCKET, Key="sum", Body=b"other", ContentMD5=md5)
    refused("InvalidDigest", 400, plain.put_object, Bucket=BUCKET, Key="sum", Body=body, ContentMD5="AAAA")
    status, _, text = signed("PUT", f"/{BUCKET}/sum", data=b"abc",
                             send=lambda request: b"abd")
    assert status == 400 and b"XAmzContentSHA256Mismatch" in text, text


def frame(chunks, trailer=b""):
    """Unsigned aws-chunked."""
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n" + trailer + b"\r\n"


@check
def unsigned_chunks_with_trailer():
    body = body_of("chunked", 70000)
    crc = base64.b64encode(zlib.crc32(body).to_bytes(4, "big"))
    chunked = [body[:65536], body[65536:]]

    def put(data, size=len(body), trailer="x-amz-checksum-crc32"):
        return signed("PUT", f"/{BUCKET}/chunked", data=data, payload="STREAMING-UNSIGNED-PAYLOAD-TRAILER", headers={
            "Content-Encoding": "aws-chunked", "X-Amz-Decoded-Content-Length": str(size), "X-Amz-Trailer": trailer})

    status, _, text = put(frame(chunked, b"x-amz-checksum-crc32:" + crc + b"\r\n"))
    assert status == 200, text
    got = s3.get_object(Bucket=BUCKET, Key="chunked", ChecksumMode="ENABLED")
    assert got["Body"].read() == body and got["ChecksumCRC32"] == crc.decode() and "ContentEncoding" not in got
    for data, size, code in [
            (frame(chunked, b"x-amz-checksum-crc32:AAAAAA==\r\n"), len(body), b"BadDigest"),
            (frame(chunked), len(body), b"MalformedTrailerError"),
            (frame(chunked, b"x-amz-checksum-sha1:AAAA\r\n"), len(body), b"MalformedTrailerError"),
            (frame([body[:100], body[100:]], b"x-amz-checksum-crc32:" + crc + b"\r\n"), len(body),
             b"InvalidChunkSizeError"),
            (frame(chunked, b"x-amz-checksum-crc32:" + crc + b"\r\n"), len(body) + 1, b"IncompleteBody"),
            (frame(chunked, b"x-amz-checksum-crc32:" + crc + b"\r\n"), len(body) - 1, b"IncompleteBody"),
            (b"zz\r\n", len(body), b"InvalidRequest")]:
        status, _, text = put(data, size)
        assert 400 <= status < 500 and b"<Code>" + code + b"</Code>" in text, text
    status, _, text = signed("PUT", f"/{BUCKET}/chunked", data=frame([b"abc"], b"x-amz-checksum-crc32:AAAAAA==\r\n"),
                             payload="STREAMING-UNSIGNED-PAYLOAD-TRAILER",
                             headers={"X-Amz-Decoded-Content-Length": "3"})
    assert status == 400 and b"MalformedTrailerError" in text, text  # not announced: nobody would compare it
    status, _, text = signed("PUT", f"/{BUCKET}/chunked", data=frame([b"abc"]),
                             payload="STREAMING-UNSIGNED-PAYLOAD-TRAILER")
    assert status == 411 and b"MissingContentLength" in text, text


@check
def listing():
    for index in range(25):
        s3.put_object(Bucket=OTHER, Key=f"a/{index:02}", Body=b"")
        s3.put_object(Bucket=OTHER, Key=f"b{index % 5}/c/{index:02}", Body=b"")
    expected = sorted([f"a/{i:02}" for i in range(25)] + [f"b{i % 5}/c/{i:02}" for i in range(25)])
    for name in ("list_objects_v2", "list_objects"):
        for size in (1, 7, 50, 1000):
            pages = list(s3.get_paginator(name).paginate(Bucket=OTHER, PaginationConfig={"PageSize": size}))
            assert [item["Key"] for page in pages for item in page.get("Contents", [])] == expected, (name, size)
            pages = list(s3.get_paginator(name).paginate(Bucket=OTHER, Delimiter="/",
                                                         PaginationConfig={"PageSize": size}))
            prefixes = [item["Prefix"] for page in pages for item in page.get("CommonPrefixes", [])]
            assert prefixes == ["a/", "b0/", "b1/", "b2/", "b3/", "b4/"], (name, size, prefixes)
            assert not any(page.get("Contents") for page in pages)
    page = s3.list_objects_v2(Bucket=OTHER, Prefix="a/1", StartAfter="a/15", MaxKeys=2, FetchOwner=True)
    assert [item["Key"] for item in page["Contents"]] == ["a/16", "a/17"] and page["IsTruncated"]
    assert page["Contents"][0]["Owner"]["ID"] and page["KeyCount"] == 2 and page["StartAfter"] == "a/15"
    assert s3.list_objects_v2(Bucket=OTHER, MaxKeys=0)["KeyCount"] == 0
    assert s3.list_objects_v2(Bucket=OTHER, Prefix="b0", Delimiter="/c")["CommonPrefixes"] == [{"Prefix": "b0/c"}]
    refused("InvalidArgument", 400, s3.list_objects_v2, Bucket=OTHER, ContinuationToken="xyz")
    refused("InvalidArgument", 400, s3.list_objects_v2, Bucket=OTHER, EncodingType="other")
    refused("BucketNotEmpty", 409, s3.delete_bucket, Bucket=OTHER)


@check
def delete_objects():
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=OTHER)["Contents"]]
    quiet = s3.delete_objects(Bucket=OTHER, Delete={"Objects": [{"Key": key} for key in keys[:10]], "Quiet": True})
    assert "Deleted" not in quiet and "Errors" not in quiet
    loud = s3.delete_objects(Bucket=OTHER, Delete={"Objects": [{"Key": key} for key in keys]})
    assert len(loud["Deleted"]) == len(keys)
    assert s3.list_objects_v2(Bucket=OTHER)["KeyCount"] == 0
    refused("MalformedXML", 400, s3.delete_objects, Bucket=OTHER,
            Delete={"Objects": [{"Key": str(index)} for index in range(1001)]})
    for document in (b"", b"<Delete>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><Delete/>", b"<Other/>", b"\xff" * 100):
        md5 = base64.b64encode(hashlib.md5(document).digest()).decode()
        status, _, text = signed("POST", f"/{OTHER}", "delete=", document, {"Content-MD5": md5})
        assert status == 400 and b"MalformedXML" in text, (document, text)
    status, _, text = signed("POST", f"/{OTHER}", "delete=", b"<Delete/>")
    assert status == 400 and b"InvalidRequest" in text, text


@check
def copy():
    source = s3.put_object(Bucket=BUCKET, Key="src +%/ü", Body=b"copied", Metadata={"a": "b"}, ContentType="x/y")
    done = s3.copy_object(Bucket=OTHER, Key="dst", CopySource={"Bucket": BUCKET, "Key": "src +%/ü"})
    assert done["CopyObjectResult"]["ETag"] == source["ETag"]
    head = s3.head_object(Bucket=OTHER, Key="dst")
    assert head["Metadata"] == {"a": "b"} and head["ContentType"] == "x/y"
    s3.copy_object(Bucket=OTHER, Key="dst", CopySource=f"{OTHER}/dst", MetadataDirective="REPLACE",
                   Metadata={"c": "d"}, ContentType="z/z")
    head = s3.head_object(Bucket=OTHER, Key="dst")
    assert head["Metadata"] == {"c": "d"} and head["ContentType"] == "z/z"
    assert s3.get_object(Bucket=OTHER, Key="dst")["Body"].read() == b"copied"
    refused("InvalidRequest", 400, s3.copy_object, Bucket=OTHER, Key="dst", CopySource=f"{OTHER}/dst")
    refused("NoSuchKey", 404, s3.copy_object, Bucket=OTHER, Key="dst", CopySource=f"{BUCKET}/absent")
    refused("NoSuchBucket", 404, s3.copy_object, Bucket=OTHER, Key="dst", CopySource="absent-bucket/absent")
    refused("InvalidArgument", 400, s3.copy_object, Bucket=OTHER, Key="dst", CopySource="nothing")
    refused("PreconditionFailed", 412, s3.copy_object, Bucket=OTHER, Key="dst", CopySource=f"{OTHER}/dst",
            CopySourceIfMatch='"other"', MetadataDirective="REPLACE")
    s3.delete_object(Bucket=OTHER, Key="dst")


@check
def multipart_by_the_transfer_manager():
    body = os.urandom(20 << 20)
    s3.upload_fileobj(io.BytesIO(body), BUCKET, "big", ExtraArgs={"Metadata": {"m": "1"}})
    head = s3.head_object(Bucket=BUCKET, Key="big")
    md5s = b"".join(hashlib.md5(body[at:at + (8 << 20)]).digest() for at in range(0, len(body), 8 << 20))
    assert head["ETag"] == '"' + hashlib.md5(md5s).hexdigest() + '-3"', head["ETag"]
    assert head["Metadata"] == {"m": "1"} and head["ContentLength"] == len(body)
    received = io.BytesIO()
    s3.download_fileobj(BUCKET, "big", received)
    assert received.getvalue() == body
    assert s3.get_object(Bucket=BUCKET, Key="big")["Body"].read() == body
    got = s3.get_object(Bucket=BUCKET, Key="big", Range=f"bytes={(8 << 20) - 3}-{(16 << 20) + 2}")
    assert got["Body"].read() == body[(8 << 20) - 3:(16 << 20) + 3]
    part = s3.get_object(Bucket=BUCKET, Key="big", PartNumber=3)
    assert part["Body"].read() == body[16 << 20:] and part["PartsCount"] == 3
    refused("InvalidPartNumber", 416, s3.get_object, Bucket=BUCKET, Key="big", PartNumber=4)
    s3.copy({"Bucket": BUCKET, "Key": "big"}, BUCKET, "big-copy",
            Config=TransferConfig(multipart_threshold=6 << 20, multipart_chunksize=6 << 20))
    assert s3.get_object(Bucket=BUCKET, Key="big-copy")["Body"].read() == body
    for key in ("big", "big-copy"):
        s3.delete_object(Bucket=BUCKET, Key=key)


def digest_of(algorithm, data):
    """The value as botocore computes it: its own code and awscrt's, none of headrace's."""
    hasher = botocore.httpchecksum._CHECKSUM_CLS[algorithm.lower()]()
    hasher.update(data)
    return hasher.b64digest()


@check
def multipart_checksums():
    body, rest = body_of("one", 5 << 20), body_of("two", 100)
    pairs = [("CRC32", "COMPOSITE"), ("SHA256", "COMPOSITE"), ("CRC32", "FULL_OBJECT")]
    pairs += [(name, "FULL_OBJECT" if name == "CRC64NVME" else "COMPOSITE") for name in COMPUTED]
    for algorithm, kind in pairs:
        upload = s3.create_multipart_upload(Bucket=BUCKET, Key="mp", ChecksumAlgorithm=algorithm, ChecksumType=kind)
        assert upload["ChecksumAlgorithm"] == algorithm and upload["ChecksumType"] == kind
        name = dict(Bucket=BUCKET, Key="mp", UploadId=upload["UploadId"])
        parts = []
        for number, data in ((1, body), (2, rest)):
            part = s3.upload_part(**name, PartNumber=number, Body=data, ChecksumAlgorithm=algorithm)
            parts.append({"PartNumber": number, "ETag": part["ETag"],
                          f"Checksum{algorithm}": part[f"Checksum{algorithm}"]})
        wrong = [dict(parts[0], **{f"Checksum{algorithm}": parts[1][f"Checksum{algorithm}"]}), parts[1]]
        refused("InvalidPart", 400, s3.complete_multipart_upload, **name, MultipartUpload={"Parts": wrong})
        done = s3.complete_multipart_upload(**name, MultipartUpload={"Parts": parts})
        value = done[f"Checksum{algorithm}"]
        if kind == "FULL_OBJECT":
            assert value == digest_of(algorithm, body + rest), value
        else:
            raw = b"".join(base64.b64decode(part[f"Checksum{algorithm}"]) for part in parts)
            assert value == digest_of(algorithm, raw) + "-2", value
        got = s3.get_object(Bucket=BUCKET, Key="mp", ChecksumMode="ENABLED")
        assert got["Body"].read() == body + rest and got[f"Checksum{algorithm}"] == value
    for algorithm, kind in [(name, "FULL_OBJECT") for name in ("SHA1", "SHA256", "SHA512", "MD5", "XXHASH64", "XXHASH3",
                                                               "XXHASH128")] + [("CRC64NVME", "COMPOSITE")]:
        text = refused("InvalidRequest", 400, s3.create_multipart_upload, Bucket=BUCKET, Key="mp",
                       ChecksumAlgorithm=algorithm, ChecksumType=kind)
        assert f"The {kind} checksum type cannot be used with the {algorithm.lower()} checksum algorithm." == text["Error"]["Message"], text
    refused("InvalidRequest", 400, s3.create_multipart_upload, Bucket=BUCKET, Key="mp", ChecksumType="FULL_OBJECT")
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="mp", ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    name = dict(Bucket=BUCKET, Key="mp", UploadId=upload["UploadId"])
    part = s3.upload_part(**name, PartNumber=1, Body=rest, ChecksumAlgorithm="CRC32")
    done = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]}]}
    refused("BadDigest", 400, s3.complete_multipart_upload, **name, MultipartUpload=done, ChecksumType="COMPOSITE")
    refused("InvalidRequest", 400, s3.complete_multipart_upload, **name, MultipartUpload=done, MpuObjectSize=99)
    refused("BadDigest", 400, s3.complete_multipart_upload, **name, MultipartUpload=done, ChecksumCRC32="AAAAAA==")
    s3.complete_multipart_upload(**name, MultipartUpload=done, ChecksumType="FULL_OBJECT", MpuObjectSize=100,
                                 ChecksumCRC32=digest_of("CRC32", rest))


@check
def multipart_with_an_empty_last_part():
    name = dict(Bucket=BUCKET, Key="hollow")
    name["UploadId"] = s3.create_multipart_upload(**name)["UploadId"]
    parts = [{"PartNumber": number, "ETag": s3.upload_part(**name, PartNumber=number, Body=data)["ETag"]}
             for number, data in ((1, bytes(5 << 20)), (2, b""))]
    s3.complete_multipart_upload(**name, MultipartUpload={"Parts": parts})
    got = s3.get_object(Bucket=BUCKET, Key="hollow", PartNumber=2)
    assert got["Body"].read() == b"" and "ContentRange" not in got, got.get("ContentRange")
    s3.delete_object(Bucket=BUCKET, Key="hollow")


@check
def multipart_errors():
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="mp/x")["UploadId"]
    name = dict(Bucket=BUCKET, Key="mp/x", UploadId=upload)
    tags = {number: s3.upload_part(**name, PartNumber=number, Body=b"small")["ETag"] for number in (1, 2, 10000)}

    def complete(*numbers, etag=None):
        return s3.complete_multipart_upload(**name, MultipartUpload={"Parts": [
            {"PartNumber": number, "ETag": etag or tags.get(number, '"0"')} for number in numbers]})

    refused("EntityTooSmall", 400, complete, 1, 2)
    refused("InvalidPartOrder", 400, complete, 2, 1)
    refused("InvalidPart", 400, complete, 3)
    refused("InvalidPart", 400, complete, 1, etag='"' + "0" * 32 + '"')
    refused("MalformedXML", 400, complete)
    refused("InvalidArgument", 400, s3.upload_part, **name, PartNumber=10001, Body=b"")
    refused("NoSuchUpload", 404, s3.upload_part, Bucket=BUCKET, Key="mp/y", UploadId=upload, PartNumber=1, Body=b"")
    listed = s3.list_parts(**name, MaxParts=2)
    assert [part["PartNumber"] for part in listed["Parts"]] == [1, 2] and listed["IsTruncated"]
    listed = s3.list_parts(**name, PartNumberMarker=listed["NextPartNumberMarker"])
    assert [part["PartNumber"] for part in listed["Parts"]] == [10000] and not listed["IsTruncated"]
    other = s3.create_multipart_upload(Bucket=BUCKET, Key="nn")["UploadId"]
    uploads = s3.list_multipart_uploads(Bucket=BUCKET)
    assert [item["Key"] for item in uploads["Uploads"]] == ["mp/x", "nn"]
    assert [item["UploadId"] for item in uploads["Uploads"]] == [upload, other]
    page = s3.list_multipart_uploads(Bucket=BUCKET, MaxUploads=1)
    assert page["IsTruncated"] and page["NextKeyMarker"] == "mp/x"
    page = s3.list_multipart_uploads(Bucket=BUCKET, KeyMarker="mp/x", UploadIdMarker=page["NextUploadIdMarker"])
    assert [item["Key"] for item in page["Uploads"]] == ["nn"]
    assert s3.list_multipart_uploads(Bucket=BUCKET, Delimiter="/")["CommonPrefixes"] == [{"Prefix": "mp/"}]
    done = complete(10000)
    assert s3.get_object(Bucket=BUCKET, Key="mp/x")["Body"].read() == b"small"
    assert complete(10000)["ETag"] == done["ETag"]
    refused("NoSuchUpload", 404, complete, 10000, etag='"' + "0" * 32 + '"')
    s3.abort_multipart_upload(Bucket=BUCKET, Key="nn", UploadId=other)
    refused("NoSuchUpload", 404, s3.abort_multipart_upload, Bucket=BUCKET, Key="nn", UploadId=other)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=BUCKET)


@check
def wrong_credentials():
    refused("SignatureDoesNotMatch", 403, client(secret="wrong").list_buckets)
    refused("403", 403, client(secret="wrong").head_bucket, Bucket=BUCKET)
    other = boto3.client("s3", endpoint_url=ENDPOINT, region_name=REGION, aws_access_key_id="UNKNOWN",
                         aws_secret_access_key=SECRET_KEY)
    refused("InvalidAccessKeyId", 403, other.list_buckets)
    token = boto3.client("s3", endpoint_url=ENDPOINT, region_name=REGION, aws_access_key_id=ACCESS_KEY,
                         aws_secret_access_key=SECRET_KEY, aws_session_token="stale")
    assert token.list_buckets()["Buckets"] == s3.list_buckets()["Buckets"]
    status, _, text = deliver("GET", f"/{BUCKET}/meta", {}, b"")
    assert status == 403 and b"AccessDenied" in text
    status, _, text = deliver("GET", "/", {"Authorization": "AWS key:signature"}, b"")
    assert status == 400 and b"AWS4-HMAC-SHA256" in text
    for value in ("AWS4-HMAC-SHA256 Credential=x", "AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256 Credential=a/b/c/s3/aws4_request,"
                  "SignedHeaders=host,Signature=0"):
        status, _, text = deliver("GET", "/", {"Authorization": value, "X-Amz-Date": "20200101T000000Z",
                                               "X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}, b"")
        assert status in (400, 403) and b"<Code>" in text, (value, text)
    status, _, text = signed("GET", "/", headers={"X-Amz-User-Agent": "b"})
    assert status == 200, text


@check
def skewed_clock():
    from unittest import mock
    import botocore.auth
    late = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None) - datetime.timedelta(minutes=20)
    with mock.patch.object(botocore.auth, "get_current_datetime", lambda *a, **k: late):
        status, _, text = signed("GET", "/")
    assert status == 403 and b"RequestTimeTooSkewed" in text, text


@check
def presigned_urls():
    s3.put_object(Bucket=BUCKET, Key="pre signed/ü+", Body=b"presigned")
    for config in ({}, {"signature_version": "s3v4"}):
        signer = client(**({"signature_version": "s3v4"} | config))
        url = signer.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": "pre signed/ü+"}, ExpiresIn=60)
        assert urllib.request.urlopen(url, timeout=30).read() == b"presigned"
        url = signer.generate_presigned_url("put_object", {"Bucket": BUCKET, "Key": "pre put"}, ExpiresIn=60)
        request = urllib.request.Request(url, data=b"by url", method="PUT")
        request.add_header("Content-Type", "")
        assert urllib.request.urlopen(request, timeout=30).status == 200
        assert s3.get_object(Bucket=BUCKET, Key="pre put")["Body"].read() == b"by url"
    signer = client(signature_version="s3v4")
    url = signer.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": "pre put"}, ExpiresIn=604800)
    for change, code in [(("X-Amz-Expires=604800", "X-Amz-Expires=604801"), b"AuthorizationQueryParametersError"),
                         (("X-Amz-Expires=604800", "X-Amz-Expires=x"), b"AuthorizationQueryParametersError"),
                         (("X-Amz-Expires=604800", "X-Amz-Expires=604799"), b"SignatureDoesNotMatch"),
                         (("&X-Amz-Expires=604800", ""), b"AuthorizationQueryParametersError"),
                         (("pre%20put", "pre%20pu"), b"SignatureDoesNotMatch")]:
        changed = url.replace(*change)
        assert changed != url
        parts = urllib.parse.urlsplit(changed)
        status, _, text = deliver("GET", f"{parts.path}?{parts.query}", {}, b"")
        assert status in (400, 403) and b"<Code>" + code + b"</Code>" in text, text


@check
def expect_continue_is_refused_before_the_body():
    """A large PUT that would fail is answered without its body."""
    connection = http.client.HTTPConnection(HOST, timeout=30)
    connection.putrequest("PUT", f"/{BUCKET}/x")
    connection.putheader("Content-Length", str(1 << 30))
    connection.putheader("Expect", "100-continue")
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 403 and b"AccessDenied" in answer.read()
    connection.close()


@check
def a_body_too_large_is_refused_before_it_is_sent():
    for size, status, code in ((5 << 30, 507, b"InsufficientStorage"), ((5 << 30) + 1, 400, b"EntityTooLarge")):
        request = AWSRequest(method="PUT", url=f"{ENDPOINT}/{BUCKET}/large")
        request.headers["X-Amz-Content-SHA256"] = "UNSIGNED-PAYLOAD"
        request.headers["Content-Length"] = str(size)

        class Signer(S3SigV4Auth):
            def payload(self, request):
                return "UNSIGNED-PAYLOAD"

        Signer(Credentials(ACCESS_KEY, SECRET_KEY), "s3", REGION).add_auth(request)
        connection = http.client.HTTPConnection(HOST, timeout=30)
        connection.putrequest("PUT", f"/{BUCKET}/large")
        for name, value in request.headers.items():
            connection.putheader(name, value)
        connection.putheader("Expect", "100-continue")
        connection.endheaders()
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status == status and code in text, text
        connection.close()


@check
def bodies_that_end_early_leave_nothing():
    import socket
    host, port = HOST.rsplit(":", 1)
    for cut in (0, 1, 50000):
        request = AWSRequest(method="PUT", url=f"{ENDPOINT}/{BUCKET}/early", data=b"x" * 100000)
        S3SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), "s3", REGION).add_auth(request)
        head = f"PUT /{BUCKET}/early HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 100000\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(head.encode() + b"\r\n" + b"x" * cut)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(4096):
                pass
    refused("404", 404, s3.head_object, Bucket=BUCKET, Key="early")


@check
def virtual_host():
    connection = http.client.HTTPConnection(HOST, timeout=30)
    s3.put_object(Bucket=BUCKET, Key="vh", Body=b"virtual")
    host = f"{BUCKET}.s3.localhost:{HOST.rsplit(':', 1)[1]}"
    request = AWSRequest(method="GET", url=f"http://{host}/vh")
    S3SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), "s3", REGION).add_auth(request)
    connection.request("GET", "/vh", headers={"Host": host, **dict(request.headers.items())})
    answer = connection.getresponse()
    assert answer.status == 200 and answer.read() == b"virtual", answer.status
    connection.close()


@check
def other_methods():
    for method, path, query, status, code in [
            ("POST", "/", "", 405, b"MethodNotAllowed"), ("PATCH", f"/{BUCKET}/k", "", 405, b"MethodNotAllowed"),
            ("POST", f"/{BUCKET}", "", 501, b"NotImplemented"), ("GET", f"/{BUCKET}", "metrics=", 501, b"NotImplemented"),
            ("GET", f"/{BUCKET}/%zz", "", 400, b"InvalidURI"), ("POST", f"/{BUCKET}/k", "", 501, b"NotImplemented"),
            ("PUT", f"/{BUCKET}/k", "partNumber=1", 400, b"InvalidArgument")]:
        got, headers, text = signed(method, path, query)
        assert got == status and code in text, (method, path, got, text)
        assert headers["x-amz-request-id"] and headers["x-amz-id-2"] and headers["Date"], headers


@check
def clean_up():
    for bucket in (BUCKET, OTHER):
        keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
        for key in keys:
            s3.delete_object(Bucket=bucket, Key=key)
        s3.delete_bucket(Bucket=bucket)
    refused("404", 404, s3.head_bucket, Bucket=BUCKET)


print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
