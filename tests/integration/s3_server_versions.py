"""Versions, delete markers and their listing in the embedded S3-compatible server, through boto3. Reads HR_ENDPOINT,
AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; prints a line a test; ends non-zero on failure."""
import os
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from stores import case, finish  # noqa: E402

s3 = boto3.client("s3", endpoint_url=os.environ["HR_ENDPOINT"], region_name="us-east-1",
                  config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}))


def bucket(status=None):
    name = "versions-" + os.urandom(6).hex()
    s3.create_bucket(Bucket=name)
    if status:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": status})
    return name


def set_versioning(name, status):
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": status})


def refused(code, status, function, **options):
    try:
        function(**options)
    except ClientError as error:
        got = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
        assert got == (code, status), f"{got} instead of {(code, status)}"
        return error.response["ResponseMetadata"]["HTTPHeaders"]
    raise AssertionError(f"accepted instead of {code}")


def put(name, key, body):
    return s3.put_object(Bucket=name, Key=key, Body=body).get("VersionId")


def get(name, key, version=None):
    return s3.get_object(Bucket=name, Key=key, **({"VersionId": version} if version else {}))["Body"].read()


def listed(name, **options):
    page = s3.list_object_versions(Bucket=name, **options)
    return page, [(v["Key"], v["VersionId"], v["IsLatest"]) for v in page.get("Versions", [])], [
        (m["Key"], m["VersionId"], m["IsLatest"]) for m in page.get("DeleteMarkers", [])]


with case("versions: a bucket has none until they are enabled"):
    name = bucket()
    assert "Status" not in s3.get_bucket_versioning(Bucket=name)
    assert put(name, "key", b"one") is None and put(name, "key", b"two") is None
    assert "VersionId" not in s3.get_object(Bucket=name, Key="key")
    _, versions, markers = listed(name)
    assert versions == [("key", "null", True)] and not markers, versions
    for status in ("Enabled", "Suspended"):
        set_versioning(name, status)
        assert s3.get_bucket_versioning(Bucket=name)["Status"] == status
    refused("MalformedXML", 400, s3.put_bucket_versioning, Bucket=name, VersioningConfiguration={"Status": "On"})

with case("versions: each write makes one, and each is read by its id"):
    name = bucket("Enabled")
    ids = [put(name, "key", str(number).encode()) for number in range(5)]
    assert len(set(ids)) == 5
    assert [get(name, "key", version) for version in ids] == [b"0", b"1", b"2", b"3", b"4"]
    assert get(name, "key") == b"4"
    head = s3.head_object(Bucket=name, Key="key", VersionId=ids[1])
    assert head["VersionId"] == ids[1] and head["ContentLength"] == 1
    assert s3.head_object(Bucket=name, Key="key")["VersionId"] == ids[4]
    _, versions, _ = listed(name)
    assert versions == [("key", version, version == ids[4]) for version in reversed(ids)], versions
    refused("NoSuchVersion", 404, s3.get_object, Bucket=name, Key="key", VersionId="0" * 32)
    refused("InvalidArgument", 400, s3.get_object, Bucket=name, Key="key", VersionId="nonsense")
    refused("NoSuchVersion", 404, s3.get_object, Bucket=name, Key="other", VersionId=ids[0])

with case("versions: a delete marker hides the key and shows itself"):
    name = bucket("Enabled")
    first = put(name, "key", b"one")
    gone = s3.delete_object(Bucket=name, Key="key")
    assert gone["DeleteMarker"] is True and gone["VersionId"] != first, gone
    fields = refused("NoSuchKey", 404, s3.get_object, Bucket=name, Key="key")
    assert fields["x-amz-delete-marker"] == "true" and fields["x-amz-version-id"] == gone["VersionId"], fields
    fields = refused("404", 404, s3.head_object, Bucket=name, Key="key")
    assert fields["x-amz-delete-marker"] == "true", fields
    fields = refused("MethodNotAllowed", 405, s3.get_object, Bucket=name, Key="key", VersionId=gone["VersionId"])
    assert fields["x-amz-delete-marker"] == "true" and fields["allow"] == "DELETE", fields
    assert s3.list_objects_v2(Bucket=name)["KeyCount"] == 0
    _, versions, markers = listed(name)
    assert versions == [("key", first, False)] and markers == [("key", gone["VersionId"], True)]
    refused("BucketNotEmpty", 409, s3.delete_bucket, Bucket=name)
    back = s3.delete_object(Bucket=name, Key="key", VersionId=gone["VersionId"])
    assert back["DeleteMarker"] is True and back["VersionId"] == gone["VersionId"]
    assert get(name, "key") == b"one"
    assert s3.list_objects_v2(Bucket=name)["KeyCount"] == 1
    assert s3.delete_object(Bucket=name, Key="never")["DeleteMarker"] is True, "as S3: a marker for a key that never was"

with case("versions: the one before becomes current when the newest is deleted for good"):
    name = bucket("Enabled")
    ids = [put(name, "key", str(number).encode()) for number in range(4)]
    gone = s3.delete_object(Bucket=name, Key="key", VersionId=ids[1])
    assert gone["VersionId"] == ids[1] and not gone.get("DeleteMarker")
    assert get(name, "key") == b"3"
    s3.delete_object(Bucket=name, Key="key", VersionId=ids[3])
    assert get(name, "key") == b"2" and s3.head_object(Bucket=name, Key="key")["VersionId"] == ids[2]
    marker = s3.delete_object(Bucket=name, Key="key")["VersionId"]
    s3.delete_object(Bucket=name, Key="key", VersionId=ids[2])
    refused("NoSuchKey", 404, s3.get_object, Bucket=name, Key="key")
    s3.delete_object(Bucket=name, Key="key", VersionId=marker)
    assert get(name, "key") == b"0"
    s3.delete_object(Bucket=name, Key="key", VersionId=ids[0])
    s3.delete_object(Bucket=name, Key="key", VersionId=ids[0])
    s3.delete_bucket(Bucket=name)

with case("versions: suspended, there is one null version, and the others stay"):
    name = bucket()
    put(name, "key", b"before")
    set_versioning(name, "Enabled")
    second = put(name, "key", b"enabled")
    assert get(name, "key", "null") == b"before"
    set_versioning(name, "Suspended")
    assert put(name, "key", b"suspended") == "null"
    assert get(name, "key", "null") == b"suspended" and get(name, "key", second) == b"enabled"
    put(name, "key", b"again")
    _, versions, _ = listed(name)
    assert versions == [("key", "null", True), ("key", second, False)], versions
    gone = s3.delete_object(Bucket=name, Key="key")
    assert gone["DeleteMarker"] is True and gone["VersionId"] == "null", gone
    _, versions, markers = listed(name)
    assert versions == [("key", second, False)] and markers == [("key", "null", True)], (versions, markers)
    set_versioning(name, "Enabled")
    third = put(name, "key", b"third")
    set_versioning(name, "Suspended")
    put(name, "key", b"null again")
    _, versions, markers = listed(name)
    assert [v for _, v, _ in versions] == ["null", third, second] and not markers, (versions, markers)
    s3.delete_object(Bucket=name, Key="key", VersionId="null")
    assert get(name, "key") == b"third"

with case("versions: pages of any size have each version once, while it is deleted, too"):
    name = bucket("Enabled")
    made = set()
    for key in ("a", "a/b", "a!", "b", "c/d", "c/e", "ünï"):
        for number in range(3):
            made.add((key, put(name, key, b"x")))
    for key in ("b", "c/d"):
        made.add((key, s3.delete_object(Bucket=name, Key=key)["VersionId"]))
    _, everything, markers = listed(name)
    for size in (1, 2, 5, 1000):
        seen, marker = [], {}
        while True:
            page, versions, gone = listed(name, MaxKeys=size, **marker)
            assert len(versions) + len(gone) <= size
            seen += versions + gone
            if not page["IsTruncated"]:
                break
            marker = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
        assert len(seen) == len(made) and {(k, v) for k, v, _ in seen} == made, (size, len(seen))
        assert sorted(seen) == sorted(everything + markers), size
    page = s3.list_object_versions(Bucket=name, Delimiter="/")
    assert [p["Prefix"] for p in page["CommonPrefixes"]] == ["a/", "c/"], page
    assert {v["Key"] for v in page["Versions"]} == {"a", "a!", "b", "ünï"}, page
    _, versions, markers = listed(name, Prefix="c/")
    assert len(versions) == 6 and len(markers) == 1
    _, versions, _ = listed(name, KeyMarker="b")
    assert {k for k, _, _ in versions} == {"c/d", "c/e", "ünï"}
    marker = {}
    while True:
        page, versions, gone = listed(name, MaxKeys=4, **marker)
        done = s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": k, "VersionId": v}
                                                                  for k, v, _ in versions + gone]})
        assert "Errors" not in done, done
        if not page["IsTruncated"]:
            break
        marker = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
    assert listed(name)[1:] == ([], [])
    s3.delete_bucket(Bucket=name)

with case("versions: many are deleted, with a marker or for good"):
    name = bucket("Enabled")
    first, second = put(name, "a", b"1"), put(name, "a", b"2")
    done = s3.delete_objects(Bucket=name, Delete={"Objects": [
        {"Key": "a"}, {"Key": "a", "VersionId": first}, {"Key": "b", "VersionId": "nonsense"}]})
    by = {(d["Key"], d.get("VersionId")): d for d in done["Deleted"]}
    assert by["a", None]["DeleteMarker"] is True and by["a", None]["DeleteMarkerVersionId"], by
    assert "DeleteMarker" not in by["a", first]
    assert [(e["Key"], e["Code"]) for e in done["Errors"]] == [("b", "NoSuchVersion")], done
    assert listed(name)[1] == [("a", second, False)]

with case("versions: copies of a version, uploads in parts, conditions"):
    name = bucket("Enabled")
    first, second = put(name, "a", b"first"), put(name, "a", b"second")
    copied = s3.copy_object(Bucket=name, Key="b", CopySource={"Bucket": name, "Key": "a", "VersionId": first})
    assert copied["CopySourceVersionId"] == first and copied["VersionId"] not in (None, first, second), copied
    assert get(name, "b") == b"first"
    back = s3.copy_object(Bucket=name, Key="a", CopySource={"Bucket": name, "Key": "a", "VersionId": first})
    assert get(name, "a") == b"first" and s3.head_object(Bucket=name, Key="a")["VersionId"] == back["VersionId"]
    upload = s3.create_multipart_upload(Bucket=name, Key="a")["UploadId"]
    part = s3.upload_part_copy(Bucket=name, Key="a", UploadId=upload, PartNumber=1,
                               CopySource={"Bucket": name, "Key": "a", "VersionId": second})
    assert part["CopySourceVersionId"] == second
    done = s3.complete_multipart_upload(Bucket=name, Key="a", UploadId=upload, MultipartUpload={
        "Parts": [{"PartNumber": 1, "ETag": part["CopyPartResult"]["ETag"]}]})
    assert done["VersionId"] and get(name, "a") == b"second" and get(name, "a", done["VersionId"]) == b"second"
    marker = s3.delete_object(Bucket=name, Key="a")["VersionId"]
    refused("NoSuchKey", 404, s3.copy_object, Bucket=name, Key="c", CopySource={"Bucket": name, "Key": "a"})
    refused("InvalidRequest", 400, s3.copy_object, Bucket=name, Key="c", CopySource={
        "Bucket": name, "Key": "a", "VersionId": marker})
    s3.put_object(Bucket=name, Key="a", Body=b"new", IfNoneMatch="*")
    refused("PreconditionFailed", 412, s3.put_object, Bucket=name, Key="a", Body=b"new", IfNoneMatch="*")

finish()
