"""Each option of put, copy, get, head, delete and tags: headrace does it and boto3 reads it back, and the reverse, on the
embedded store, versitygw and (HR_MINIO=1) MinIO. A store that lacks one stands in GAPS with its error."""
import datetime
import os
import sys

sys.path[0] = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support")  # in place of this folder, whose secrets.py hides the standard one
import drivers  # noqa: E402
import stores  # noqa: E402
from drivers import IGNORED  # noqa: E402

NAME = "interop_objects"
BUCKET = "objects"
LOCKED = "locked"
KEY32 = "0123456789abcdef0123456789abcdef"
PART = 5 << 20
EXPIRES = 4102444800  # 2100-01-01
TLS_ONLY = "HR_ERR_S3_TLS_NEEDED"
# (store, option) → the code of its error, IGNORED where it answers with success and does nothing.
GAPS = {
    **{("embedded", f"{way}, {name}"): "NotImplemented" for way in ("put", "copy", "multipart")
       for name in ("website_redirect", "sse-kms")},  # sse-kms without a context is known: bucket_key
    **{("versitygw", f"{way}, {name}"): IGNORED for way in ("put", "copy", "multipart")
       for name in ("storage_class", "sse-s3", "sse-kms", "dsse-kms", "bucket_key")},
    # Its dates have fractions of a second, which no condition can name.
    **{("versitygw", f"{way} if_modified_since_s now"): IGNORED for way in ("get,", "head,", "copy, source")},
    **{("versitygw", f"{way} if_unmodified_since_s now"): "HR_ERR_S3_PRECONDITION" for way in ("get,", "head,", "copy, source")},
    # 304, where S3 answers a copy with 412.
    ("versitygw", "copy, source if_none_match etag"): "HR_ERR_S3_NOT_MODIFIED",
    ("versitygw", "copy, source if_none_match quoted etag"): "HR_ERR_S3_NOT_MODIFIED",
    ("versitygw", "put, if_match *"): "HR_ERR_S3_PRECONDITION",
    ("versitygw", "copy, if_match nope"): IGNORED,
    ("versitygw", "copy, if_none_match *"): IGNORED,
    ("versitygw", "put, acl public-read"): IGNORED,
    **{("minio", f"{way}, {name}"): IGNORED for way in ("put", "copy", "multipart") for name in ("website_redirect", "bucket_key")},
    **{("minio", f"{way}, dsse-kms"): "InvalidArgument" for way in ("put", "copy", "multipart")},
    # Tags are ASCII there, so the objects that were to have others are not stored.
    **{("minio", f"{way}, tags"): "InvalidTag" for way in ("put", "copy", "multipart")},
    **{("minio", name): "NoSuchKey" for name in ("copy, tags of the source", "tags put", "tags get", "tags delete")},
    ("minio", "copy, if_match nope"): IGNORED,
    ("minio", "copy, if_none_match *"): IGNORED,
    ("minio", "delete, if_match nope"): IGNORED,
    ("minio", "put, acl public-read"): IGNORED,
    ("minio", "expected_owner"): None,
    ("minio", "delete, locked version"): "InvalidRequest",
}


def moment(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)


def equal(found, wanted):
    assert found == wanted, (found, wanted)


def head_has(client, key, **wanted):
    """boto3's head, which must have these members."""
    head = client.head_object(Bucket=BUCKET, Key=key)
    for name, value in wanted.items():
        assert head.get(name) == value, (name, head.get(name), value)


def tags_of(client, key, **more):
    return [(tag["Key"], tag["Value"]) for tag in client.get_object_tagging(Bucket=BUCKET, Key=key, **more)["TagSet"]]


# Members of hr_s3_object_options, and what boto3's head then tells.
STORED = {
    "content_encoding": ({"content_encoding": "gzip"}, {"ContentEncoding": "gzip"}),
    "content_language": ({"content_language": "de, en"}, {"ContentLanguage": "de, en"}),
    "content_disposition": ({"content_disposition": 'attachment; filename="a b.txt"'},
                            {"ContentDisposition": 'attachment; filename="a b.txt"'}),
    "cache_control": ({"cache_control": "max-age=60, private"}, {"CacheControl": "max-age=60, private"}),
    "expires_s": ({"expires_s": EXPIRES}, {"Expires": moment(EXPIRES)}),
    "storage_class": ({"storage_class": "REDUCED_REDUNDANCY"}, {"StorageClass": "REDUCED_REDUNDANCY"}),
    "website_redirect": ({"website_redirect": "/other"}, {"WebsiteRedirectLocation": "/other"}),
    "sse-s3": ({"encryption": {"kind": 1}}, {"ServerSideEncryption": "AES256"}),
    "sse-kms": ({"encryption": {"kind": 2, "kms_key_id": "test", "kms_context": '{"a":"b"}'}},
                {"ServerSideEncryption": "aws:kms"}),
    "dsse-kms": ({"encryption": {"kind": 3, "kms_key_id": "test"}}, {"ServerSideEncryption": "aws:kms:dsse"}),
    "bucket_key": ({"encryption": {"kind": 2, "kms_key_id": "test", "bucket_key": True}}, {"BucketKeyEnabled": True}),
}


def each_way(driver, key, options):
    """Ways to store an object with options: put, copy, multipart."""
    def put():
        return driver.ask("put", bucket=BUCKET, key=key, body="x", options=options)

    def copy():
        driver.do("put", bucket=BUCKET, key="plain", body="x")
        return driver.ask("copy", bucket=BUCKET, key=key, source={"bucket": BUCKET, "key": "plain"}, options=options,
                          replace_metadata=True)

    def multipart():
        create = driver.ask("upload_create", bucket=BUCKET, key=key, options=options)
        if "error" in create:
            return create
        upload = {"bucket": BUCKET, "key": key, "upload_id": create["upload_id"]}
        part = driver.do("upload_part", part_number=1, body="x", **upload)
        return driver.ask("upload_complete", parts=[[1, part["etag"]]], **upload)

    return {"put": put, "copy": copy, "multipart": multipart}


def check_stored(store, driver, client):
    for name, (options, wanted) in STORED.items():
        for way, act in each_way(driver, f"stored {name}", options).items():
            drivers.option(store, GAPS, f"{way}, {name}", act, lambda _: head_has(client, f"stored {name}", **wanted))


def check_metadata(store, driver, client):
    metadata = {"colour": "blue green", "n": "1"}
    rows = [list(pair) for pair in metadata.items()]
    drivers.option(store, GAPS, "put, type and metadata",
                   lambda: driver.ask("put", bucket=BUCKET, key="m", body="abc", content_type="text/x-h", metadata=rows),
                   lambda _: head_has(client, "m", ContentType="text/x-h", Metadata=metadata))
    source = {"bucket": BUCKET, "key": "m"}
    drivers.option(store, GAPS, "copy, metadata of the source",
                   lambda: driver.ask("copy", bucket=BUCKET, key="m2", source=source),
                   lambda _: head_has(client, "m2", ContentType="text/x-h", Metadata=metadata))
    drivers.option(store, GAPS, "copy, metadata replaced",
                   lambda: driver.ask("copy", bucket=BUCKET, key="m3", source=source, replace_metadata=True,
                                      content_type="text/y", metadata=[["k", "v"]]),
                   lambda _: head_has(client, "m3", ContentType="text/y", Metadata={"k": "v"}))
    drivers.option(store, GAPS, "copy, onto itself with metadata replaced",
                   lambda: driver.ask("copy", bucket=BUCKET, key="m", source=source, replace_metadata=True,
                                      metadata=[["k", "w"]]),
                   lambda _: head_has(client, "m", Metadata={"k": "w"}))


def check_tags(store, driver, client):
    tags = [["a b", "c+d/e=f"], ["empty", ""], ["ü", "ß: @_.-"]]
    wanted = sorted(tuple(tag) for tag in tags)
    for way, act in each_way(driver, "tagged", {"tags": tags}).items():
        if way == "copy":
            def act():
                driver.do("put", bucket=BUCKET, key="plain", body="x")
                return driver.ask("copy", bucket=BUCKET, key="tagged", source={"bucket": BUCKET, "key": "plain"},
                                  replace_tags=True, options={"tags": tags})
        drivers.option(store, GAPS, f"{way}, tags", act, lambda _: equal(sorted(tags_of(client, "tagged")), wanted))
    drivers.option(store, GAPS, "copy, tags of the source",
                   lambda: driver.ask("copy", bucket=BUCKET, key="tagged2", source={"bucket": BUCKET, "key": "tagged"}),
                   lambda _: equal(sorted(tags_of(client, "tagged2")), wanted))
    drivers.option(store, GAPS, "tags put",
                   lambda: driver.ask("tags_put", bucket=BUCKET, key="tagged", tags=tags[:2]),
                   lambda _: equal(sorted(tags_of(client, "tagged")), wanted[:2]))

    def by_boto3():
        if (store.kind, "tags get") in GAPS:
            return driver.ask("tags_get", bucket=BUCKET, key="tagged")
        client.put_object_tagging(Bucket=BUCKET, Key="tagged",
                                  Tagging={"TagSet": [{"Key": key, "Value": value} for key, value in tags]})
        return driver.ask("tags_get", bucket=BUCKET, key="tagged")
    drivers.option(store, GAPS, "tags get", by_boto3,
                   lambda got: equal(sorted((tag["key"], tag["value"]) for tag in got["entries"]), wanted))
    drivers.option(store, GAPS, "tags delete", lambda: driver.ask("tags_delete", bucket=BUCKET, key="tagged"),
                   lambda _: equal(tags_of(client, "tagged"), []))


def check_read(store, driver, client):
    def put():
        client.put_object(Bucket=BUCKET, Key="read", Body=b"0123456789", ContentType="text/x-b", Metadata={"k": "v v"},
                          ContentLanguage="fr", CacheControl="no-cache", ContentDisposition="inline")
    put()
    with stores.case(f"{store.kind}, boto3 writes, headrace heads"):
        got = driver.do("head", bucket=BUCKET, key="read")
        for name, value in {"x-amz-meta-k": "v v", "content-type": "text/x-b", "content-language": "fr",
                            "cache-control": "no-cache", "content-disposition": "inline"}.items():
            equal(got["head"].get(name), value)
        equal((got["size_bytes"], got["etag"]), (10, client.head_object(Bucket=BUCKET, Key="read")["ETag"].strip('"')))
    overrides = {"content_type": "a/b", "content_encoding": "br", "content_language": "de", "cache_control": "private",
                 "content_disposition": "attachment", "expires_s": EXPIRES}
    for name, value in overrides.items():
        field = name.replace("_s", "").replace("_", "-")
        wanted = "Fri, 01 Jan 2100 00:00:00 GMT" if name == "expires_s" else value
        drivers.option(store, GAPS, f"get, override {name}",
                       lambda: driver.ask("get", bucket=BUCKET, key="read", options={"overrides": {name: value}}),
                       lambda got: equal(got["head"].get(field), wanted))
    for first, last, wanted in ((0, 0, "0"), (3, 5, "345"), (5, (1 << 63) - 1, "56789"), (9, 9, "9")):
        drivers.option(store, GAPS, f"get, range {first}-{last}",
                       lambda: driver.ask("get", bucket=BUCKET, key="read", ranged=True, range_first=first, range_last=last),
                       lambda got: equal(got["body"], wanted))


def check_conditions(store, driver, client):
    client.put_object(Bucket=BUCKET, Key="c", Body=b"c")
    etag = client.head_object(Bucket=BUCKET, Key="c")["ETag"].strip('"')
    now = int(client.head_object(Bucket=BUCKET, Key="c")["LastModified"].timestamp())
    failed, unchanged = "HR_ERR_S3_PRECONDITION", "HR_ERR_S3_NOT_MODIFIED"
    rows = [("if_match", etag, None), ("if_match", f'"{etag}"', None), ("if_match", "*", None), ("if_match", "nope", failed),
            ("if_none_match", etag, unchanged), ("if_none_match", f'"{etag}"', unchanged), ("if_none_match", "other", None),
            ("if_modified_since_s", now - 60, None), ("if_modified_since_s", now, unchanged),
            ("if_unmodified_since_s", now, None), ("if_unmodified_since_s", now - 60, failed)]
    for operation in ("get", "head"):
        for name, value, wanted in rows:
            condition(store, f"{operation}, {name} {label(value, etag, now)}", wanted,
                      lambda: driver.ask(operation, bucket=BUCKET, key="c", options={"conditions": {name: value}}))
    source = {"bucket": BUCKET, "key": "c"}
    for name, value, wanted in rows:
        condition(store, f"copy, source {name} {label(value, etag, now)}", failed if wanted else None,
                  lambda: driver.ask("copy", bucket=BUCKET, key="c2", source={**source, "conditions": {name: value}}))
    for name, value, wanted in rows[:4] + [("if_none_match", "*", failed)]:
        for operation, more in (("put", {"body": "c"}), ("copy", {"source": source})):
            driver.do("copy", bucket=BUCKET, key="c3", source=source)
            condition(store, f"{operation}, {name} {label(value, etag, now)}", wanted,
                      lambda: driver.ask(operation, bucket=BUCKET, key="c3", conditions={name: value}, **more))
    condition(store, "put, if_none_match * of a new key", None,
              lambda: driver.ask("put", bucket=BUCKET, key="c-new", body="c", conditions={"if_none_match": "*"}))
    condition(store, "put, if_match of no key", "NoSuchKey",
              lambda: driver.ask("put", bucket=BUCKET, key="c-none", body="c", conditions={"if_match": etag}))
    for value, wanted in (("nope", failed), (etag, None)):
        condition(store, f"delete, if_match {label(value, etag, now)}", wanted,
                  lambda: driver.ask("delete", bucket=BUCKET, key="c", if_match=value))


def label(value, etag, now):
    if isinstance(value, int):
        return "now" if value == now else "a minute ago"
    return {etag: "etag", f'"{etag}"': "quoted etag"}.get(value, value)


def condition(store, name, wanted, act):
    """A condition ends as wanted: None is success, else the library's name of the error. GAPS has the name instead."""
    kind = store.kind.partition("-")[0]
    expected = GAPS.get((kind, name), wanted)
    gap = f", a gap: {expected}" if (kind, name) in GAPS else ""
    with stores.case(f"{store.kind}, {name}{gap}"):
        error = act().get("error")
        name = error and (error["code"] if error["name"] == "HR_ERR_S3_SERVICE" else error["name"])
        equal(name, None if expected == IGNORED else expected)


def check_customer_key(store, driver, client):
    key, options = "sse-c", {"encryption": {"customer_key": KEY32}}
    with stores.case(f"{store.kind}, SSE-C"):
        if not store.ca:
            equal(driver.code("put", bucket=BUCKET, key=key, body="x", options=options), TLS_ONLY)
            equal(driver.code("head", bucket=BUCKET, key=key, options={"customer_key": KEY32}), TLS_ONLY)
            return
        driver.do("put", bucket=BUCKET, key=key, body="secret", options=options)
        got = client.get_object(Bucket=BUCKET, Key=key, SSECustomerAlgorithm="AES256", SSECustomerKey=KEY32)
        equal(got["Body"].read(), b"secret")
        equal(driver.code("get", bucket=BUCKET, key=key), "InvalidRequest")
        equal(driver.code("get", bucket=BUCKET, key=key, options={"customer_key": KEY32[::-1]}), "AccessDenied")
        driver.do("copy", bucket=BUCKET, key="sse-c2", source={"bucket": BUCKET, "key": key, "customer_key": KEY32},
                  options={"encryption": {"customer_key": KEY32[::-1]}})
        equal(driver.do("get", bucket=BUCKET, key="sse-c2", options={"customer_key": KEY32[::-1]})["body"], "secret")


def upload_with_key(driver, name, source):
    """An upload of two parts with a customer key: one put, one copied from an object with another key."""
    create = driver.do("upload_create", bucket=BUCKET, key=name, options={"encryption": {"customer_key": KEY32}})
    upload = {"bucket": BUCKET, "key": name, "upload_id": create["upload_id"]}
    one = driver.do("upload_part", part_number=1, body={"fill": PART}, customer_key=KEY32, **upload)
    two = driver.do("upload_part_copy", part_number=2, customer_key=KEY32,
                    source={"bucket": BUCKET, "key": source, "customer_key": KEY32[::-1]}, **upload)
    equal([part["part_number"] for part in driver.do("part_list", customer_key=KEY32, **upload)["entries"]], [1, 2])
    return upload, [[1, one["etag"]], [2, two["etag"]]]


def check_customer_key_uploads(store, driver, client):
    with stores.case(f"{store.kind}, SSE-C of an upload in parts"):
        if not store.ca:
            equal(driver.code("upload_create", bucket=BUCKET, key="u", options={"encryption": {"customer_key": KEY32}}), TLS_ONLY)
            for operation, more in (("upload_part", {"body": "x"}), ("upload_part_copy", {"source": {"bucket": BUCKET, "key": "u"}})):
                equal(driver.code(operation, bucket=BUCKET, key="u", upload_id="u", part_number=1, customer_key=KEY32, **more), TLS_ONLY)
            equal(driver.code("upload_complete", bucket=BUCKET, key="u", upload_id="u", parts=[[1, "e"]], customer_key=KEY32), TLS_ONLY)
            return
        mine, other = ({"SSECustomerAlgorithm": "AES256", "SSECustomerKey": key} for key in (KEY32, KEY32[::-1]))
        client.put_object(Bucket=BUCKET, Key="sse-c source", Body=b"the end", **other)
        upload, parts = upload_with_key(driver, "sse-c parts", "sse-c source")
        equal(driver.code("upload_part", part_number=3, body="x", customer_key=KEY32[::-1], **upload), "AccessDenied")
        driver.do("upload_complete", parts=parts, customer_key=KEY32, **upload)
        wanted = drivers.filled(PART) + b"the end"
        equal(client.get_object(Bucket=BUCKET, Key="sse-c parts", **mine)["Body"].read() == wanted, True)
        got = driver.do("head", bucket=BUCKET, key="sse-c parts", options={"customer_key": KEY32})
        equal((got["size_bytes"], got["head"]["x-amz-server-side-encryption-customer-algorithm"]), (len(wanted), "AES256"))
        equal(driver.do("get", bucket=BUCKET, key="sse-c parts", options={"customer_key": KEY32, "part_number": 2})["body"], "the end")
        equal(driver.ask("head", bucket=BUCKET, key="sse-c parts")["error"]["status"], 400)
        equal(driver.code("get", bucket=BUCKET, key="sse-c parts", options={"customer_key": KEY32[::-1]}), "AccessDenied")
    with stores.case(f"{store.kind}, SSE-C of boto3's upload in parts"):
        create = client.create_multipart_upload(Bucket=BUCKET, Key="sse-c boto3", **mine)["UploadId"]
        named = {"Bucket": BUCKET, "Key": "sse-c boto3", "UploadId": create}
        part = client.upload_part(PartNumber=1, Body=b"by boto3", **named, **mine)
        client.complete_multipart_upload(MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}, **named, **mine)
        equal(driver.do("get", bucket=BUCKET, key="sse-c boto3", options={"customer_key": KEY32})["body"], "by boto3")
        equal(driver.do("exists", bucket=BUCKET, key="sse-c boto3", customer_key=KEY32)["exists"], True)


def check_expect(store, driver, client):
    """The body follows 100 Continue, and a refusal comes before it."""
    drivers.option(store, GAPS, "put, expect_continue",
                   lambda: driver.ask("put", bucket=BUCKET, key="expected", body={"fill": 300000}, expect_continue=True),
                   lambda _: equal(client.get_object(Bucket=BUCKET, Key="expected")["Body"].read() == drivers.filled(300000), True))
    condition(store, "put, expect_continue, bucket that is none", "NoSuchBucket",
              lambda: driver.ask("put", bucket="no-such-bucket-here", key="k", body={"fill": 300000}, expect_continue=True))


def check_access(store, driver, client):
    drivers.option(store, GAPS, "put, acl public-read",
                   lambda: driver.ask("put", bucket=BUCKET, key="acl", body="x", options={"acl": "public-read"}),
                   lambda _: equal({grant["Grantee"].get("URI", "").rsplit("/", 1)[-1] for grant in client.get_object_acl(
                       Bucket=BUCKET, Key="acl")["Grants"]} & {"AllUsers"}, {"AllUsers"}))
    drivers.option(store, GAPS, "put, request_payer",
                   lambda: driver.ask("put", bucket=BUCKET, key="payer", body="x", options={"request_payer": True}),
                   lambda _: head_has(client, "payer", ContentLength=1))
    with stores.case(f"{store.kind}, put, expected_owner of another"):
        code = driver.code("put", bucket=BUCKET, key="owner", body="x", options={"expected_owner": "999999999999"})
        equal(code, GAPS.get((store.kind.partition("-")[0], "expected_owner"), "AccessDenied"))


def copy_locked(driver, name, lock):
    driver.do("put", bucket=LOCKED, key="plain", body="x")
    return driver.ask("copy", bucket=LOCKED, key=name, source={"bucket": LOCKED, "key": "plain"}, options={"lock": lock})


def upload_locked(driver, name, lock):
    create = driver.ask("upload_create", bucket=LOCKED, key=name, options={"lock": lock})
    if "error" in create:
        return create
    upload = {"bucket": LOCKED, "key": name, "upload_id": create["upload_id"]}
    part = driver.do("upload_part", part_number=1, body="x", **upload)
    return driver.ask("upload_complete", parts=[[1, part["etag"]]], **upload)


def lock_by_boto3(driver, client, key, members):
    client.put_object(Bucket=LOCKED, Key=key, Body=b"x", ChecksumAlgorithm="SHA256", **members)
    return driver.ask("head", bucket=LOCKED, key=key)


def lock_is(head, members):
    fields = {"ObjectLockMode": "x-amz-object-lock-mode", "ObjectLockLegalHoldStatus": "x-amz-object-lock-legal-hold"}
    for member, value in members.items():
        if member in fields:
            equal(head.get(fields[member]), value)
        else:
            until = datetime.datetime.fromisoformat(head["x-amz-object-lock-retain-until-date"].replace("Z", "+00:00").replace(".000", ""))
            equal(until, value)


def retention(driver, client, until):
    client.put_object(Bucket=LOCKED, Key="kept", Body=b"x")
    client.put_object_retention(Bucket=LOCKED, Key="kept", Retention={"Mode": "GOVERNANCE", "RetainUntilDate": moment(until)})
    got = driver.ask("request", bucket=LOCKED, key="kept", query=[["retention"]])
    assert "error" in got or ("GOVERNANCE" in got["body"] and "2099-01-01" in got["body"]), got
    return got


def check_lock(store, driver, client):
    until = 4070908800  # 2099-01-01
    with stores.case(f"{store.kind}, a bucket with object lock"):
        driver.do("bucket_create", bucket=LOCKED, object_lock=True)
        equal(client.get_object_lock_configuration(Bucket=LOCKED)["ObjectLockConfiguration"]["ObjectLockEnabled"], "Enabled")
    for name, lock, wanted in (("mode and date", {"mode": "GOVERNANCE", "retain_until_s": until},
                                {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": moment(until)}),
                               ("legal hold", {"legal_hold": "ON"}, {"ObjectLockLegalHoldStatus": "ON"})):
        def read(_):
            head = client.head_object(Bucket=LOCKED, Key=name)
            for member, value in wanted.items():
                equal(head.get(member), value)
        drivers.option(store, GAPS, f"put, lock {name}",
                       lambda: driver.ask("put", bucket=LOCKED, key=name, body="x", options={"lock": lock}), read)
        drivers.option(store, GAPS, f"copy, lock {name}", lambda: copy_locked(driver, name, lock), read)
        drivers.option(store, GAPS, f"multipart, lock {name}", lambda: upload_locked(driver, name, lock), read)
        drivers.option(store, GAPS, f"boto3 locks, headrace reads {name}", lambda: lock_by_boto3(driver, client, f"boto3 {name}", wanted),
                       lambda got: lock_is(got["head"], wanted))
    condition(store, "retention by boto3, read by the pass-through", None, lambda: retention(driver, client, until))
    version = driver.do("put", bucket=LOCKED, key="governed", body="x",
                        options={"lock": {"mode": "GOVERNANCE", "retain_until_s": until}})["version_id"]
    condition(store, "delete, locked version", "AccessDenied",
              lambda: driver.ask("delete", bucket=LOCKED, key="governed", version_id=version))
    drivers.option(store, GAPS, "delete, bypass governance",
                   lambda: driver.ask("delete", bucket=LOCKED, key="governed", bypass_governance=True, version_id=version),
                   lambda _: equal(driver.code("get", bucket=LOCKED, key="governed"), "NoSuchKey"))


def check_questions(store, driver, client):
    with stores.case(f"{store.kind}, exists: yes, no, and a bucket that is none is an error"):
        client.put_object(Bucket=BUCKET, Key="there", Body=b"x")
        equal([driver.do("exists", bucket=BUCKET, key=key)["exists"] for key in ("there", "not there")], [True, False])
        equal(driver.code("exists", bucket="no-such-bucket-here", key="there"), "NoSuchBucket")
        client.delete_object(Bucket=BUCKET, Key="there")
        equal(driver.do("exists", bucket=BUCKET, key="there")["exists"], False)
    with stores.case(f"{store.kind}, health"):
        health = driver.do("health")
        equal((health["status"], health["endpoint"], health["region"]), (1, store.endpoint, stores.REGION))


def check_checksums(store, driver, client):
    """The store's value of a body is the one that headrace sent with it."""
    for algorithm in ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"):
        def read(_, key=f"sum {algorithm}", name=f"Checksum{algorithm}"):
            assert client.head_object(Bucket=BUCKET, Key=key, ChecksumMode="ENABLED")[name]
        drivers.option(store, GAPS, f"put, {algorithm}",
                       lambda: driver.ask("put", bucket=BUCKET, key=f"sum {algorithm}", body="x", checksum_algorithm=algorithm), read)
        drivers.option(store, GAPS, f"copy, {algorithm}",
                       lambda: driver.ask("copy", bucket=BUCKET, key=f"sum {algorithm}", source={"bucket": BUCKET, "key": "plain"},
                                          checksum_algorithm=algorithm), read)


def main():
    for store in stores.each(NAME):
        client = store.boto3(signature_version="s3v4", s3={"addressing_style": "path", "payload_signing_enabled": True})
        with drivers.driver(store) as driver:
            driver.do("bucket_create", bucket=BUCKET)
            for check in (check_questions, check_stored, check_checksums, check_metadata, check_tags, check_read,
                          check_conditions, check_customer_key, check_customer_key_uploads, check_expect, check_access, check_lock):
                check(store, driver, client)
    stores.finish()


if __name__ == "__main__":
    main()
