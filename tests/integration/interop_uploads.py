"""Multipart uploads, attributes, versions, listings, deletes of many, buckets and the pass-through: headrace does it and boto3
reads it back, and the reverse, on the embedded store, versitygw and (HR_MINIO=1) MinIO. What a store lacks stands in GAPS."""
import base64
import glob
import hashlib
import os
import subprocess
import sys

sys.path[0] = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support")  # this folder's secrets.py hides another
import drivers  # noqa: E402
import stores  # noqa: E402
from drivers import IGNORED, option  # noqa: E402

NAME = "interop_uploads"
BUCKET = "uploads"
VERSIONED = "versioned"
PART = 5 << 20
CORS = (b'<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>'
        b'</CORSConfiguration>').decode()
LIFECYCLE = ('<LifecycleConfiguration><Rule><ID>r</ID><Filter><Prefix>tmp/</Prefix></Filter><Status>Enabled</Status>'
             '<Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>')
# (store, option) → the code of its error, IGNORED where it answers with success and does nothing.
GAPS = {
    ("embedded", "restore"): "NotImplemented",
    ("embedded", "pass-through, lifecycle"): "NotImplemented",
    ("versitygw", "pass-through, lifecycle"): "NotImplemented",
    # Its markers do not work, for boto3's paginators neither.
    ("versitygw", "uploads, pages of 1"): "InvalidArgument",
    ("versitygw", "versions, pages of 1"): "HR_ERR_S3_RESPONSE",
    # It completes whatever size is told, so that the next complete finds the key.
    ("minio", "complete, object size of another"): None,
    ("minio", "complete, if_none_match * of a new key"): "PreconditionFailed",
    # It lists the uploads of one key alone, whose whole name the prefix is.
    ("minio", "uploads, both list"): IGNORED,
    ("minio", "uploads, pages of 1"): IGNORED,
    ("minio", "uploads, delimiter"): IGNORED,
    ("minio", "restore"): "InvalidObjectState",
    ("minio", "pass-through, cors"): "NotImplemented",
    ("minio", "bucket, ownership"): IGNORED,
    ("minio", "buckets, prefix in pages of 1"): IGNORED,
    # It knows no owner of a bucket.
    ("minio", "list, expected_owner of another"): None,
    ("minio", "bucket_head, expected_owner of another"): None,
    ("minio", "bucket_delete, expected_owner of another"): None,
    ("versitygw", "restore"): "NotImplemented",
    ("versitygw", "attributes, parts in pages"): IGNORED,
    ("versitygw", "delete many, quiet"): IGNORED,
}


def equal(found, wanted):
    assert found == wanted, (str(found)[:300], str(wanted)[:300])


def refused(store, name, wanted, act):
    """A request that the store must refuse with this code."""
    expected = GAPS.get((store.kind, name), wanted)
    with stores.case(f"{store.kind}, {name}{'' if expected == wanted else f', a gap: {expected or IGNORED}'}"):
        error = act().get("error")
        equal(error and error["code"], expected)


def begin(driver, key, **more):
    create = driver.do("upload_create", bucket=BUCKET, key=key, **more)
    return {"bucket": BUCKET, "key": key, "upload_id": create["upload_id"]}


def check_parts(store, driver, client):
    body = drivers.filled(PART)
    upload = begin(driver, "parts", metadata=[["k", "v"]], content_type="text/p")
    client.put_object(Bucket=BUCKET, Key="source", Body=body)
    source = {"bucket": BUCKET, "key": "source"}
    etag = client.head_object(Bucket=BUCKET, Key="source")["ETag"].strip('"')
    parts = []

    def put():
        parts.append([1, driver.do("upload_part", part_number=1, body={"fill": PART}, **upload)["etag"]])
        copy = driver.do("upload_part_copy", part_number=2, source={**source, "conditions": {"if_match": etag}}, ranged=True,
                         range_first=0, range_last=PART - 1, **upload)
        parts.append([2, copy["etag"]])
        return driver.ask("upload_part_copy", part_number=3, source=source, **upload)

    def read(third):
        parts.append([3, third["etag"]])
        found = client.list_parts(Bucket=BUCKET, Key="parts", UploadId=upload["upload_id"])["Parts"]
        equal([[part["PartNumber"], part["ETag"].strip('"'), part["Size"]] for part in found],
              [[number, tag, PART] for number, tag in parts])
        listed = driver.do("part_list", page_size=2, **upload)
        equal([[entry["part_number"], entry["etag"]] for entry in listed["entries"]], parts)
        equal(listed["pages"], 2)
        equal([entry["part_number"] for entry in driver.do("part_list", part_number_after=2, **upload)["entries"]], [3])
    option(store, GAPS, "parts, put and copied, both list", put, read)
    refused(store, "part copy, source if_match of another", "PreconditionFailed",
            lambda: driver.ask("upload_part_copy", part_number=4, source={**source, "conditions": {"if_match": "no"}}, **upload))
    refused(store, "complete, object size of another", "InvalidRequest",
            lambda: driver.ask("upload_complete", parts=parts, object_size_bytes=1, **upload))
    option(store, GAPS, "complete, if_none_match * of a new key",
           lambda: driver.ask("upload_complete", parts=parts, object_size_bytes=3 * PART,
                              conditions={"if_none_match": "*"}, **upload),
           lambda _: equal(client.get_object(Bucket=BUCKET, Key="parts")["Body"].read(), body * 3))
    with stores.case(f"{store.kind}, metadata of an upload"):
        head = client.head_object(Bucket=BUCKET, Key="parts")
        equal((head["Metadata"], head["ContentType"], head["ETag"][-3:]), ({"k": "v"}, "text/p", '-3"'))
    option(store, GAPS, "get, part 2 of 3", lambda: driver.ask("get", bucket=BUCKET, key="parts", options={"part_number": 2}),
           lambda got: equal((got["body_size"], got["parts"]), (PART, 3)))


def check_complete_conditions(store, driver, client):
    for name, value in (("if_none_match", "*"), ("if_match", "nope")):
        upload = begin(driver, "parts")
        part = driver.do("upload_part", part_number=1, body="x", **upload)
        refused(store, f"complete, {name} {value} of a key that is there", "PreconditionFailed",
                lambda: driver.ask("upload_complete", parts=[[1, part["etag"]]], conditions={name: value}, **upload))
        driver.ask("upload_abort", **upload)


def check_uploads(store, driver, client):
    uploads = {key: begin(driver, key)["upload_id"] for key in ("u/a b+c", "u/ü&<>", "v/x")}
    other = client.create_multipart_upload(Bucket=BUCKET, Key="u/by boto3")["UploadId"]
    def both():
        found = {entry["Key"]: entry["UploadId"] for entry in client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])}
        for key, upload in uploads.items():
            equal(found.get(key), upload)
        listed = driver.do("upload_list", bucket=BUCKET, prefix="u/")
        equal({entry["key"]: entry["upload_id"] for entry in listed["entries"]},
              {"u/a b+c": uploads["u/a b+c"], "u/ü&<>": uploads["u/ü&<>"], "u/by boto3": other})
    option(store, GAPS, "uploads, both list", dict, lambda _: both())
    option(store, GAPS, "uploads, pages of 1",
           lambda: driver.ask("upload_list", bucket=BUCKET, prefix="u/", page_size=1),
           lambda got: equal((got["uploads"], got["pages"]), (3, 3)))
    option(store, GAPS, "uploads, delimiter",
           lambda: driver.ask("upload_list", bucket=BUCKET, delimiter="/"),
           lambda got: equal({entry["key"] for entry in got["entries"] if entry["is_prefix"]}, {"u/", "v/"}))
    with stores.case(f"{store.kind}, uploads, abort"):
        for key, upload in [*uploads.items(), ("u/by boto3", other)]:
            driver.do("upload_abort", bucket=BUCKET, key=key, upload_id=upload)
        equal(client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []), [])
        equal(driver.code("upload_part", bucket=BUCKET, key="v/x", upload_id=uploads["v/x"], part_number=1, body="x"),
              "NoSuchUpload")


def check_checksums(store, driver, client):
    for algorithm, kind in (("CRC32", "COMPOSITE"), ("CRC32C", "COMPOSITE"), ("SHA1", "COMPOSITE"), ("SHA256", "COMPOSITE"),
                            ("CRC32", "FULL_OBJECT"), ("CRC32C", "FULL_OBJECT"), ("CRC64NVME", "FULL_OBJECT")):
        key = f"sum {algorithm} {kind}"
        upload = begin(driver, key, checksum_algorithm=algorithm, checksum_type=kind)
        field = f"x-amz-checksum-{algorithm.lower()}"
        sums = client.upload_part(Bucket=BUCKET, Key=key, UploadId=upload["upload_id"], PartNumber=1, Body=b"x" * 10,
                                  ChecksumAlgorithm=algorithm)
        value = sums[f"Checksum{algorithm}"]

        def complete():
            driver.do("upload_part", part_number=1, body="x" * 10, fields=[[field, value]], **upload)
            return driver.ask("upload_complete", parts=[[1, sums["ETag"], algorithm, value]], **upload)

        def read(_):
            got = client.head_object(Bucket=BUCKET, Key=key, ChecksumMode="ENABLED")
            equal(got["ChecksumType"], kind)
            equal(got[f"Checksum{algorithm}"].endswith("-1"), kind == "COMPOSITE")
            attributes = driver.do("attributes", bucket=BUCKET, key=key)
            # "-1" is there or not, by store.
            equal((attributes[algorithm.lower()].partition("-")[0], attributes["type"]),
                  (got[f"Checksum{algorithm}"].partition("-")[0], kind))
        option(store, GAPS, f"multipart, {algorithm} {kind}", complete, read)


def check_attributes(store, driver, client):
    option(store, GAPS, "attributes, parts in pages",
           lambda: driver.ask("attributes", bucket=BUCKET, key="sum SHA256 COMPOSITE", parts_max=1),
           lambda got: equal((got["size_bytes"], got["parts_total"], [entry["size_bytes"] for entry in got["entries"]]),
                             (10, 1, [10])))


def check_versions(store, driver, client):
    bucket = {"bucket": VERSIONED}

    def enable():
        driver.do("bucket_create", **bucket)
        equal(driver.do("versioning_get", **bucket)["status"], 0)
        return driver.ask("versioning_put", status=1, **bucket)
    option(store, GAPS, "versioning", enable,
           lambda _: equal((client.get_bucket_versioning(Bucket=VERSIONED)["Status"],
                            driver.do("versioning_get", **bucket)["status"]), ("Enabled", 1)))
    one = driver.do("put", key="v", body="one", **bucket)["version_id"]
    two = client.put_object(Bucket=VERSIONED, Key="v", Body=b"two", Tagging="n=2")["VersionId"]
    with stores.case(f"{store.kind}, versions, read, copied and tagged by id"):
        equal(driver.do("get", key="v", options={"version_id": one}, **bucket)["body"], "one")
        equal(driver.do("head", key="v", options={"version_id": two}, **bucket)["version_id"], two)
        driver.do("copy", key="old", source={"bucket": VERSIONED, "key": "v", "version_id": one}, **bucket)
        equal(client.get_object(Bucket=VERSIONED, Key="old")["Body"].read(), b"one")
        driver.do("tags_put", key="v", version_id=one, tags=[["n", "1"]], **bucket)
        equal(client.get_object_tagging(Bucket=VERSIONED, Key="v", VersionId=one)["TagSet"], [{"Key": "n", "Value": "1"}])
        equal(driver.do("tags_get", key="v", version_id=two, **bucket)["entries"], [{"key": "n", "value": "2"}])
    marker = driver.do("delete", key="v", **bucket)
    with stores.case(f"{store.kind}, versions, delete marker, both list"):
        equal(marker["delete_marker"], True)
        listed = driver.do("version_list", prefix="v", **bucket)
        found = [(entry["version_id"], entry["is_delete_marker"], entry["is_latest"]) for entry in listed["entries"]]
        equal(found, [(marker["deleted_version_id"], True, True), (two, False, False), (one, False, False)])
        pages = client.list_object_versions(Bucket=VERSIONED, Prefix="v")
        equal(([entry["VersionId"] for entry in pages["Versions"]], [entry["VersionId"] for entry in pages["DeleteMarkers"]]),
              ([two, one], [marker["deleted_version_id"]]))
    option(store, GAPS, "versions, pages of 1", lambda: driver.ask("version_list", page_size=1, prefix="v", **bucket),
           lambda got: equal([entry["version_id"] for entry in got["entries"]], [marker["deleted_version_id"], two, one]))
    option(store, GAPS, "versions, begin behind one",
           lambda: driver.ask("version_list", key_after="v", version_id_after=two, prefix="v", **bucket),
           lambda got: equal([entry["version_id"] for entry in got["entries"]], [one]))
    with stores.case(f"{store.kind}, versions, deleted by id, many with results"):
        driver.do("delete", key="v", version_id=marker["deleted_version_id"], **bucket)
        equal(client.get_object(Bucket=VERSIONED, Key="v")["Body"].read(), b"two")
        many = driver.do("delete_many", keys=[["v", one], ["v", two], ["old"]], **bucket)
        equal(sorted((entry["key"], entry["version_id"]) for entry in many["entries"]),
              sorted([("old", ""), ("v", one), ("v", two)]))
        equal([entry["code"] for entry in many["entries"]], ["", "", ""])
    option(store, GAPS, "versioning, suspended", lambda: driver.ask("versioning_put", status=2, **bucket),
           lambda _: equal(client.get_bucket_versioning(Bucket=VERSIONED)["Status"], "Suspended"))


def check_listings(store, driver, client):
    keys = [f"l/{index:02}" for index in range(7)] + ["l/d/a b", "l/d/+", "l/e%2F/ü", "m"]
    for key in keys:
        client.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    for page in (0, 1, 3):
        with stores.case(f"{store.kind}, list, pages of {page}"):
            got = driver.do("list", bucket=BUCKET, prefix="l/", page_size=page)
            equal([entry["key"] for entry in got["entries"]], sorted(keys, key=str.encode)[:-1])
            got = driver.do("list", bucket=BUCKET, prefix="l/", delimiter="/", page_size=page)
            equal(sorted(entry["key"] for entry in got["entries"] if entry["is_prefix"]), ["l/d/", "l/e%2F/"])
            equal((got["objects"], got["prefixes"]), (7, 2))
            got = driver.do("list", bucket=BUCKET, prefix="l/", start_after="l/05", page_size=page)
            equal([entry["key"] for entry in got["entries"]][0], "l/06")
    with stores.case(f"{store.kind}, list, one page and its token"):
        first = driver.do("list", bucket=BUCKET, prefix="l/0", page_size=2, one_page=True)
        again = driver.do("list", bucket=BUCKET, prefix="l/0", page_size=2, one_page=True, next_token=first["next_token"])
        equal((first["truncated"], [entry["key"] for entry in first["entries"] + again["entries"]]), (True, keys[:4]))
    option(store, GAPS, "delete many, quiet",
           lambda: driver.ask("delete_many", bucket=BUCKET, keys=[[key] for key in keys[:2]], quiet=True),
           lambda got: equal((got["entries"], got["failed"]), ([], 0)))
    with stores.case(f"{store.kind}, delete many, with keys that are not there"):
        got = driver.do("delete_many", bucket=BUCKET, keys=[[key] for key in [*keys[2:], "none"]])
        equal((sorted(entry["key"] for entry in got["entries"]), got["deleted"]), (sorted([*keys[2:], "none"]), 10))
        equal(client.list_objects_v2(Bucket=BUCKET, Prefix="l/").get("Contents", []), [])


def check_buckets(store, driver, client):
    with stores.case(f"{store.kind}, buckets"):
        driver.do("bucket_create", bucket="made-by-driver")
        equal("made-by-driver" in [entry["Name"] for entry in client.list_buckets()["Buckets"]], True)
        equal("made-by-driver" in [entry["name"] for entry in driver.do("bucket_list")["entries"]], True)
        driver.do("bucket_head", bucket="made-by-driver")
        equal(driver.do("bucket_location", bucket="made-by-driver")["region"], "us-east-1")
        driver.do("bucket_delete", bucket="made-by-driver")
        equal(driver.code("bucket_location", bucket="made-by-driver"), "NoSuchBucket")
    option(store, GAPS, "bucket, ownership", lambda: driver.ask("bucket_create", bucket="made-owned", ownership="BucketOwnerPreferred"),
           lambda _: equal(client.get_bucket_ownership_controls(Bucket="made-owned")["OwnershipControls"]["Rules"],
                           [{"ObjectOwnership": "BucketOwnerPreferred"}]))
    option(store, GAPS, "buckets, prefix in pages of 1", lambda: driver.ask("bucket_list", prefix="made-", page_size=1),
           lambda got: equal([entry["name"] for entry in got["entries"]], ["made-owned"]))
    for operation in ("list", "bucket_head", "bucket_delete"):
        refused(store, f"{operation}, expected_owner of another", "AccessDenied" if operation != "bucket_head" else "",
                lambda: driver.ask(operation, bucket="made-owned", expected_owner="999999999999"))
    option(store, GAPS, "restore", lambda: driver.ask("restore", bucket=BUCKET, key="parts", days=1, tier="Standard"),
           lambda _: None)


def check_members():
    """Every input member of botocore's model has one in the structs, or a reason on the page."""
    with stores.case("docs/s3-operations.md: what S3's API has beyond it"):
        import botocore
        model = glob.glob(os.path.join(os.path.dirname(botocore.__file__), "data/s3/*/service-2.json*"))
        subprocess.run([sys.executable, os.path.join(stores.ROOT, "tests/tidy/s3_operations.py"), "--check", "--model", model[0]], check=True)


def check_pass_through(store, driver, client):
    def put(name, document):
        return lambda: driver.ask("request", method="PUT", bucket=BUCKET, query=[[name]], body=document, fields=[
            ["Content-MD5", base64.b64encode(hashlib.md5(document.encode()).digest()).decode()]])
    option(store, GAPS, "pass-through, cors", put("cors", CORS),
           lambda _: equal(client.get_bucket_cors(Bucket=BUCKET)["CORSRules"][0]["AllowedMethods"], ["GET"]))
    option(store, GAPS, "pass-through, lifecycle", put("lifecycle", LIFECYCLE),
           lambda _: equal(client.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"][0]["ID"], "r"))
    option(store, GAPS, "pass-through, acl", lambda: driver.ask("request", bucket=BUCKET, query=[["acl"]]),
           lambda got: equal("AccessControlPolicy" in got["body"], True))


def main():
    for store in stores.each(NAME):
        client = store.boto3(signature_version="s3v4", s3={"addressing_style": "path", "payload_signing_enabled": True})
        with drivers.driver(store) as driver:
            driver.do("bucket_create", bucket=BUCKET)
            for check in (check_parts, check_complete_conditions, check_uploads, check_checksums, check_attributes,
                          check_versions, check_listings, check_buckets, check_pass_through):
                try:
                    check(store, driver, client)
                except Exception as problem:  # the other checks go on
                    stores.fail(f"{store.kind}, {check.__name__}", f"{type(problem).__name__}: {problem}")
    if stores.need(NAME):
        check_members()
    stores.finish()


if __name__ == "__main__":
    main()
