"""boto3 reads what headrace wrote and the reverse, on the embedded server and on versitygw: hostile keys, empty
objects, ranges, metadata, large multipart uploads, wrong secrets, presigned URLs."""
import datetime
import hashlib
import io
import json
import os
import random
import subprocess
import sys
import unittest.mock
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
import stores  # noqa: E402

try:
    import botocore.auth
    import botocore.awsrequest
    import botocore.credentials
except ImportError:
    botocore = None

NAME = "interop"
BUCKET = "interop"
KEYS = ["a b+c%20&=?#.txt", "deep/er/ünïcödé/测试", "quote'\"<&>", "tilde~-_.", "k" * 200]
# versitygw keeps objects as files, which such names cannot be.
KEYS_EMBEDDED = ["double//slash", "./dot/../dots", "p/" + "x" * 1022]
RANGES = [(0, 0), (0, 99), (1, 65535), (65535, 65536), (99999, 99999), (50000, None)]
SEED = 7


def body_of(key, size=100000):
    return random.Random(f"{SEED} {key}").randbytes(size)


def uri(key, bucket=BUCKET):
    return f"s3://{bucket}/{key}"


def run(store, *arguments, **options):
    """The command, which must succeed; its stdout."""
    done = store.headrace(*arguments, **options)
    assert done.returncode == 0, f"headrace {' '.join(arguments)[:200]}: exit {done.returncode}: {done.stderr.decode()[-300:]}"
    return done.stdout


def listed_by_headrace(store, bucket=BUCKET):
    """The keys that `headrace s3 ls --json` tells."""
    listing = json.loads(run(store, "s3", "ls", "--recursive", "--json", f"s3://{bucket}"))
    return {entry["key"] for entry in listing["entries"]}


def listed_by_boto3(client, bucket=BUCKET):
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {entry["Key"] for page in pages for entry in page.get("Contents", [])}


def check_keys(store, client, keys):
    for index, key in enumerate(keys):
        short = key if len(key) < 40 else f"{len(key.encode())} bytes"
        with stores.case(f"{store.kind}: headrace writes, boto3 reads: {short}".replace(": ", ", ")):
            run(store, "s3", "cp", "-", uri(key), data=body_of(key))
            answer = client.get_object(Bucket=BUCKET, Key=key)
            assert answer["Body"].read() == body_of(key)
            assert answer["ETag"].strip('"') == hashlib.md5(body_of(key)).hexdigest(), answer["ETag"]
        with stores.case(f"{store.kind}: boto3 writes, headrace reads: {short}".replace(": ", ", ")):
            other = body_of(key + " again", 1000 + index)
            client.put_object(Bucket=BUCKET, Key=key, Body=other)
            assert run(store, "s3", "cat", uri(key)) == other
    with stores.case(f"{store.kind}, both list all keys"):
        assert listed_by_boto3(client) == set(keys), listed_by_boto3(client)
        assert listed_by_headrace(store) == set(keys), listed_by_headrace(store)
    with stores.case(f"{store.kind}, headrace removes, boto3 lists the rest"):
        run(store, "s3", "rm", "--literal", uri(keys[0]))
        assert listed_by_boto3(client) == set(keys[1:])


def check_empty(store, client):
    with stores.case(f"{store.kind}, empty objects both ways"):
        run(store, "s3", "cp", "-", uri("empty"), data=b"")
        assert client.get_object(Bucket=BUCKET, Key="empty")["Body"].read() == b""
        assert client.head_object(Bucket=BUCKET, Key="empty")["ContentLength"] == 0
        client.put_object(Bucket=BUCKET, Key="empty-2", Body=b"")
        assert run(store, "s3", "cat", uri("empty-2")) == b""


def check_ranges(store, client):
    body = body_of("ranges")
    with stores.case(f"{store.kind}, ranges"):
        run(store, "s3", "cp", "-", uri("ranges"), data=body)
        for first, last in RANGES:
            wanted = f"bytes={first}-{'' if last is None else last}"
            answer = client.get_object(Bucket=BUCKET, Key="ranges", Range=wanted)
            expected = body[first:] if last is None else body[first:last + 1]
            assert answer["Body"].read() == expected, wanted
            total = answer["ContentRange"].rsplit("/", 1)[1]
            assert total == str(len(body)), answer["ContentRange"]


def check_metadata(store, client):
    with stores.case(f"{store.kind}, metadata and content type both ways"):
        run(store, "s3", "cp", "--content-type", "text/x-headrace", "--metadata", "seed=42", "--metadata",
            "colour=blue green", "-", uri("meta"), data=b"x")
        head = client.head_object(Bucket=BUCKET, Key="meta")
        assert head["Metadata"] == {"seed": "42", "colour": "blue green"}, head["Metadata"]
        assert head["ContentType"] == "text/x-headrace", head["ContentType"]
        client.put_object(Bucket=BUCKET, Key="meta-2", Body=b"yz", Metadata={"run": "7"}, ContentType="text/x-boto")
        stat = json.loads(run(store, "s3", "stat", "--json", uri("meta-2")))
        assert stat["size_bytes"] == 2 and stat["content_type"] == "text/x-boto", stat
        assert stat["metadata"] == {"run": "7"}, stat


def check_multipart(store, client):
    body = body_of("multipart", 20 << 20)
    with stores.case(f"{store.kind}, 20 MiB multipart by boto3"):
        client.upload_fileobj(io.BytesIO(body), BUCKET, "multipart")
        assert run(store, "s3", "cat", uri("multipart")) == body
        assert "-" in client.head_object(Bucket=BUCKET, Key="multipart")["ETag"]
    with stores.case(f"{store.kind}, 20 MiB by headrace from a file, boto3 downloads in parts"):
        path = os.path.join(os.environ.get("TMPDIR", "/tmp"), f"headrace-interop-{os.getpid()}")
        try:
            with open(path, "wb") as file:
                file.write(body)
            run(store, "s3", "cp", path, uri("whole"))
            received = io.BytesIO()
            client.download_fileobj(BUCKET, "whole", received)
            assert received.getvalue() == body
            os.unlink(path)
            run(store, "s3", "cp", uri("whole"), path)
            with open(path, "rb") as file:
                assert file.read() == body
        finally:
            if os.path.exists(path):
                os.unlink(path)


def check_wrong_secret(store):
    from botocore.exceptions import ClientError
    with stores.case(f"{store.kind}, a wrong secret is 403 SignatureDoesNotMatch to boto3"):
        try:
            store.boto3(secret_key="wrong").get_object(Bucket=BUCKET, Key="meta")
        except ClientError as error:
            assert error.response["Error"]["Code"] == "SignatureDoesNotMatch", error.response["Error"]
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 403
        else:
            raise AssertionError("it was accepted")
    with stores.case(f"{store.kind}, a wrong secret is 403 SignatureDoesNotMatch to headrace"):
        done = store.headrace("s3", "cat", uri("meta"), secret_key="wrong")
        assert done.returncode == 1, done.returncode
        assert b"SignatureDoesNotMatch" in done.stderr and b"403" in done.stderr, done.stderr
        assert done.stdout == b"", done.stdout


def curl(*arguments, data=None):
    done = subprocess.run(["curl", "--silent", "--show-error", "--max-time", "60", "--noproxy", "*", "--write-out",
                           "\n%{http_code}", *arguments], input=data, capture_output=True, check=False)
    body, _, status = done.stdout.rpartition(b"\n")
    return int(status or 0), body


def check_presigned_details(store, client, body):
    with stores.case(f"{store.kind}, a presigned part belongs to its upload"):
        upload = {"Bucket": BUCKET, "Key": "parts-by-curl"}
        upload["UploadId"] = client.create_multipart_upload(**upload)["UploadId"]
        url = run(store, "s3", "presign", "--method", "PUT", "--query", f"uploadId={upload['UploadId']}", "--query", "partNumber=1",
                  uri("parts-by-curl")).decode().strip()
        status, received = curl("--request", "PUT", "--header", "Content-Type:", "--data-binary", "@-", url, data=body)
        assert status == 200, (status, received[:300])
        part = client.list_parts(**upload)["Parts"][0]
        client.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
        assert client.get_object(Bucket=BUCKET, Key="parts-by-curl")["Body"].read() == body
        status, received = curl("--request", "PUT", "--data-binary", "@-", url.replace("partNumber=1", "partNumber=2"), data=body)
        assert status == 403, (status, received[:300])
    with stores.case(f"{store.kind}, the fields of a presigned URL have to be sent as they are signed"):
        url = run(store, "s3", "presign", "--method", "PUT", "-H", "Content-Type: a/b", "-H", "x-amz-meta-who: curl",
                  uri("typed-by-curl")).decode().strip()
        put = ["--request", "PUT", "--header", "x-amz-meta-who: curl", "--data-binary", "@-"]
        status, received = curl(*put, "--header", "Content-Type: a/c", url, data=body)
        assert status == 403, (status, received[:300])
        status, received = curl(*put, "--header", "Content-Type: a/b", url, data=body)
        assert status == 200, (status, received[:300])
        head = client.head_object(Bucket=BUCKET, Key="typed-by-curl")
        assert (head["ContentType"], head["Metadata"]) == ("a/b", {"who": "curl"}), head
    with stores.case(f"{store.kind}, a presigned URL with a parameter has boto3's signature"):
        url = run(store, "s3", "presign", "--query", "response-content-disposition=attachment; filename=\"a b.txt\"",
                  uri(KEYS[0])).decode().strip()
        status, received = curl(url)
        assert (status, received) == (200, body), (status, received[:300])
        base, text = url.split("?")
        query = urllib.parse.parse_qs(text)
        now = datetime.datetime.strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
        theirs = botocore.awsrequest.AWSRequest("GET", base, params={"response-content-disposition": 'attachment; filename="a b.txt"'})
        keys = botocore.credentials.Credentials(stores.ACCESS_KEY, stores.SECRET_KEY)
        with unittest.mock.patch("botocore.auth.get_current_datetime", return_value=now):
            botocore.auth.S3SigV4QueryAuth(keys, "s3", "us-east-1", expires=3600).add_auth(theirs)
        assert urllib.parse.parse_qs(theirs.url.split("?")[1]) == query, (theirs.url, url)


def check_presigned(store, client):
    key = KEYS[0]
    body = body_of("presigned")
    client.put_object(Bucket=BUCKET, Key=key, Body=body)
    with stores.case(f"{store.kind}, a URL presigned by headrace works with curl"):
        url = run(store, "s3", "presign", uri(key)).decode().strip()
        status, received = curl(url)
        assert (status, received) == (200, body), (status, received[:300])
        status, received = curl(url.replace("X-Amz-Signature=", "X-Amz-Signature=0"))
        assert status == 403, (status, received[:300])
    with stores.case(f"{store.kind}, a PUT presigned by headrace works with curl"):
        url = run(store, "s3", "presign", "--method", "PUT", uri("by-curl")).decode().strip()
        status, received = curl("--request", "PUT", "--header", "Content-Type:", "--data-binary", "@-", url, data=body)
        assert status == 200, (status, received[:300])
        assert client.get_object(Bucket=BUCKET, Key="by-curl")["Body"].read() == body
    check_presigned_details(store, client, body)
    with stores.case(f"{store.kind}, a URL presigned by boto3 works with curl"):
        url = client.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": key}, ExpiresIn=600)
        status, received = curl(url)
        assert (status, received) == (200, body), (status, received[:300])


def check_buckets(store, client):
    with stores.case(f"{store.kind}, buckets both ways"):
        run(store, "s3", "mb", "s3://made-by-headrace")
        client.create_bucket(Bucket="made-by-boto3")
        names = {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}
        assert {"made-by-headrace", "made-by-boto3", BUCKET} <= names, names
        text = run(store, "s3", "ls").decode()
        assert "made-by-boto3" in text and "made-by-headrace" in text, text
        run(store, "s3", "rb", "s3://made-by-boto3")
        client.delete_bucket(Bucket="made-by-headrace")
        done = store.headrace("s3", "cat", uri("x", "made-by-headrace"))
        assert done.returncode == 1 and b"NoSuchBucket" in done.stderr, (done.returncode, done.stderr)
        done = store.headrace("s3", "rb", f"s3://{BUCKET}")
        assert done.returncode == 1 and b"BucketNotEmpty" in done.stderr, (done.returncode, done.stderr)


def check_store(store):
    # Signed bodies and SigV4 query signatures, as the strictest servers want them.
    client = store.boto3(signature_version="s3v4", s3={"addressing_style": "path", "payload_signing_enabled": True})
    client.create_bucket(Bucket=BUCKET)
    check_keys(store, client, KEYS + (KEYS_EMBEDDED if store.kind == "embedded" else []))
    check_empty(store, client)
    check_ranges(store, client)
    check_metadata(store, client)
    check_multipart(store, client)
    check_wrong_secret(store)
    check_presigned(store, client)
    check_buckets(store, client)


def main():
    if stores.need(NAME):
        with stores.embedded() as store:
            check_store(store)
        if stores.need_versitygw(f"{NAME} versitygw"):
            with stores.versitygw() as store:
                check_store(store)
    stores.finish()


if __name__ == "__main__":
    main()
