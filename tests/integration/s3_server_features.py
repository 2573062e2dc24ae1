"""Tags, access control lists, encryption, locks and attributes of the embedded S3-compatible server, through boto3. Reads
HR_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; prints a line a test; ends non-zero on failure."""
import base64
import datetime
import hashlib
import http.client
import os
import sys
import urllib.parse

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from stores import case, finish  # noqa: E402


def client(**config):
    return boto3.client("s3", endpoint_url=os.environ["HR_ENDPOINT"], region_name="us-east-1", config=Config(
        retries={"max_attempts": 1}, s3={"addressing_style": "path"}, **config))


s3, nobody = client(), client(signature_version=UNSIGNED)


def bucket(**options):
    name = "features-" + os.urandom(6).hex()
    s3.create_bucket(Bucket=name, **options)
    return name


def refused(code, status, function, **options):
    try:
        function(**options)
    except ClientError as error:
        got = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
        assert got == (code, status), f"{got} instead of {(code, status)}"
        return error.response
    raise AssertionError(f"accepted instead of {code}")


def tags_of(name, key, **options):
    return {t["Key"]: t["Value"] for t in s3.get_object_tagging(Bucket=name, Key=key, **options)["TagSet"]}


def tag_set(tags):
    return {"TagSet": [{"Key": key, "Value": value} for key, value in tags.items()]}


with case("features: tags come with an object, are replaced and taken away"):
    name = bucket()
    s3.put_object(Bucket=name, Key="a", Body=b"x", Tagging="one=1&two+words=%C3%BC%26%3D&empty=")
    assert tags_of(name, "a") == {"one": "1", "two words": "ü&=", "empty": ""}, tags_of(name, "a")
    head = s3.head_object(Bucket=name, Key="a")
    assert head.get("TagCount", int(head["ResponseMetadata"]["HTTPHeaders"]["x-amz-tagging-count"])) == 3
    before = head["LastModified"], head["ETag"]
    s3.put_object_tagging(Bucket=name, Key="a", Tagging=tag_set({"<&>\"'": "új", "k": ""}))
    assert tags_of(name, "a") == {"<&>\"'": "új", "k": ""}
    assert s3.get_object(Bucket=name, Key="a")["Body"].read() == b"x"
    head = s3.head_object(Bucket=name, Key="a")
    assert (head["LastModified"], head["ETag"]) == before, "tags do not change the object"
    s3.delete_object_tagging(Bucket=name, Key="a")
    assert tags_of(name, "a") == {}
    assert "x-amz-tagging-count" not in s3.head_object(Bucket=name, Key="a")["ResponseMetadata"]["HTTPHeaders"]
    refused("NoSuchKey", 404, s3.put_object_tagging, Bucket=name, Key="none", Tagging=tag_set({"a": "b"}))
    refused("NoSuchKey", 404, s3.get_object_tagging, Bucket=name, Key="none")

with case("features: tags have S3's limits"):
    ten = {f"k{n}": "v" * 256 for n in range(10)}
    s3.put_object_tagging(Bucket=name, Key="a", Tagging=tag_set(ten))
    assert tags_of(name, "a") == ten
    s3.put_object_tagging(Bucket=name, Key="a", Tagging=tag_set({"ü" * 128: "ü" * 256}))
    for wrong, code in (({**ten, "k10": ""}, "BadRequest"), ({"k" * 129: ""}, "InvalidTag"), ({"k": "v" * 257}, "InvalidTag"),
                        ({"aws:x": "v"}, "InvalidTag"), ({str(n): "" for n in range(60)}, "MalformedXML")):
        refused(code, 400, s3.put_object_tagging, Bucket=name, Key="a", Tagging=tag_set(wrong))
    twice = {"TagSet": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}
    refused("InvalidTag", 400, s3.put_object_tagging, Bucket=name, Key="a", Tagging=twice)
    for text in ("a=1&a=2", "=x", "&".join(f"k{n}=" for n in range(11)), "a=%zz"):
        refused({"a=%zz": "InvalidArgument", "a=1&a=2": "InvalidTag", "=x": "InvalidTag"}.get(text, "BadRequest"), 400,
                s3.put_object, Bucket=name, Key="b", Body=b"", Tagging=text)
    refused("404", 404, s3.head_object, Bucket=name, Key="b")

with case("features: tags of copies, uploads in parts, versions and buckets"):
    s3.put_object(Bucket=name, Key="a", Body=b"x", Tagging="from=source")
    s3.copy_object(Bucket=name, Key="copy", CopySource=f"{name}/a")
    assert tags_of(name, "copy") == {"from": "source"}
    s3.copy_object(Bucket=name, Key="copy", CopySource=f"{name}/a", TaggingDirective="REPLACE", Tagging="from=request")
    assert tags_of(name, "copy") == {"from": "request"}
    refused("InvalidRequest", 400, s3.copy_object, Bucket=name, Key="copy", CopySource=f"{name}/a", Tagging="from=request")
    upload = s3.create_multipart_upload(Bucket=name, Key="parts", Tagging="from=create")["UploadId"]
    part = s3.upload_part(Bucket=name, Key="parts", UploadId=upload, PartNumber=1, Body=b"p")["ETag"]
    s3.complete_multipart_upload(Bucket=name, Key="parts", UploadId=upload, MultipartUpload={
        "Parts": [{"PartNumber": 1, "ETag": part}]})
    assert tags_of(name, "parts") == {"from": "create"}
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=name, Key="v", Body=b"1", Tagging="n=1")["VersionId"]
    second = s3.put_object(Bucket=name, Key="v", Body=b"2", Tagging="n=2")["VersionId"]
    done = s3.put_object_tagging(Bucket=name, Key="v", VersionId=first, Tagging=tag_set({"n": "one"}))
    assert done["VersionId"] == first
    assert tags_of(name, "v", VersionId=first) == {"n": "one"} and tags_of(name, "v") == {"n": "2"}
    assert s3.get_object_tagging(Bucket=name, Key="v")["VersionId"] == second
    s3.delete_object(Bucket=name, Key="v")
    refused("NoSuchKey", 404, s3.get_object_tagging, Bucket=name, Key="v")
    refused("NoSuchTagSet", 404, s3.get_bucket_tagging, Bucket=name)
    fifty = {f"k{n}": "v" for n in range(50)}
    s3.put_bucket_tagging(Bucket=name, Tagging=tag_set(fifty))
    assert {t["Key"]: t["Value"] for t in s3.get_bucket_tagging(Bucket=name)["TagSet"]} == fifty
    s3.delete_bucket_tagging(Bucket=name)
    refused("NoSuchTagSet", 404, s3.get_bucket_tagging, Bucket=name)

ALL = "http://acs.amazonaws.com/groups/global/AllUsers"


def grants(answer):
    return sorted((g["Grantee"].get("URI", "owner").rsplit("/", 1)[-1], g["Permission"]) for g in answer["Grants"])


with case("features: nobody in particular reads what an access control list lets everybody read"):
    name = bucket()
    s3.put_object(Bucket=name, Key="public", Body=b"for all", ACL="public-read")
    s3.put_object(Bucket=name, Key="private", Body=b"for one")
    assert nobody.get_object(Bucket=name, Key="public")["Body"].read() == b"for all"
    assert nobody.head_object(Bucket=name, Key="public")["ContentLength"] == 7
    refused("AccessDenied", 403, nobody.get_object, Bucket=name, Key="private")
    refused("AccessDenied", 403, nobody.get_object, Bucket=name, Key="absent")
    refused("NoSuchBucket", 404, nobody.get_object, Bucket="absent-bucket", Key="absent")
    for call, options in ((nobody.list_objects_v2, {}), (nobody.put_object, {"Key": "new", "Body": b""}),
                          (nobody.delete_object, {"Key": "public"}), (nobody.delete_bucket, {}), (nobody.get_bucket_acl, {}),
                          (nobody.put_object_acl, {"Key": "public", "ACL": "private"}), (nobody.get_bucket_versioning, {}),
                          (nobody.put_object_tagging, {"Key": "public", "Tagging": tag_set({})})):
        refused("AccessDenied", 403, call, Bucket=name, **options)
    refused("AccessDenied", 403, nobody.list_buckets)
    s3.put_object_acl(Bucket=name, Key="private", ACL="public-read")
    s3.put_object_acl(Bucket=name, Key="public", ACL="private")
    assert nobody.get_object(Bucket=name, Key="private")["Body"].read() == b"for one"
    refused("AccessDenied", 403, nobody.get_object, Bucket=name, Key="public")
    s3.copy_object(Bucket=name, Key="copy", CopySource=f"{name}/private")
    refused("AccessDenied", 403, nobody.get_object, Bucket=name, Key="copy")

with case("features: a bucket that everybody may list or write"):
    s3.put_bucket_acl(Bucket=name, ACL="public-read")
    assert nobody.list_objects_v2(Bucket=name)["KeyCount"] == 3 and nobody.list_objects(Bucket=name)["Contents"]
    nobody.head_bucket(Bucket=name)
    refused("NoSuchKey", 404, nobody.get_object, Bucket=name, Key="absent")
    refused("AccessDenied", 403, nobody.put_object, Bucket=name, Key="new", Body=b"n")
    public = bucket(ACL="public-read-write")
    nobody.put_object(Bucket=public, Key="new", Body=b"n", ACL="public-read")
    assert nobody.get_object(Bucket=public, Key="new")["Body"].read() == b"n"
    nobody.delete_object(Bucket=public, Key="new")
    refused("AccessDenied", 403, nobody.delete_bucket, Bucket=public)
    refused("AccessDenied", 403, nobody.put_bucket_acl, Bucket=public, ACL="private")

with case("features: access control lists are told and set by documents, too"):
    assert grants(s3.get_bucket_acl(Bucket=name)) == [("AllUsers", "READ"), ("owner", "FULL_CONTROL")]
    assert grants(s3.get_bucket_acl(Bucket=public)) == [("AllUsers", "READ"), ("AllUsers", "WRITE"), ("owner", "FULL_CONTROL")]
    policy = s3.get_object_acl(Bucket=name, Key="private")
    assert grants(policy) == [("AllUsers", "READ"), ("owner", "FULL_CONTROL")]
    s3.put_object_acl(Bucket=name, Key="public", AccessControlPolicy={"Grants": policy["Grants"], "Owner": policy["Owner"]})
    assert nobody.get_object(Bucket=name, Key="public")["Body"].read() == b"for all"
    other = [{"Grantee": {"Type": "CanonicalUser", "ID": "1" * 64}, "Permission": "READ"}]
    refused("NotImplemented", 501, s3.put_object_acl, Bucket=name, Key="public",
            AccessControlPolicy={"Grants": other, "Owner": policy["Owner"]})
    refused("NotImplemented", 501, s3.put_object, Bucket=name, Key="x", Body=b"", GrantRead='id="1"')
    s3.put_object_acl(Bucket=name, Key="public", ACL="authenticated-read")
    assert grants(s3.get_object_acl(Bucket=name, Key="public"))[0] == ("AuthenticatedUsers", "READ")
    refused("AccessDenied", 403, nobody.get_object, Bucket=name, Key="public")

with case("features: a bucket whose owner enforces takes no access control lists"):
    enforced = bucket(ObjectOwnership="BucketOwnerEnforced")
    refused("AccessControlListNotSupported", 400, s3.put_object, Bucket=enforced, Key="a", Body=b"", ACL="public-read")
    refused("AccessControlListNotSupported", 400, s3.put_bucket_acl, Bucket=enforced, ACL="public-read")
    s3.put_object(Bucket=enforced, Key="a", Body=b"", ACL="bucket-owner-full-control")
    for where, rule in ((enforced, "BucketOwnerEnforced"), (name, "BucketOwnerPreferred")):
        controls = s3.get_bucket_ownership_controls(Bucket=where)["OwnershipControls"]
        assert controls["Rules"][0]["ObjectOwnership"] == rule

with case("features: encryption that is asked for is told"):
    name = bucket()
    for asked in ({"ServerSideEncryption": "AES256"}, {"ServerSideEncryption": "aws:kms"},
                  {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "arn:aws:kms:us-east-1:1:key/a", "BucketKeyEnabled": True}):
        put = s3.put_object(Bucket=name, Key="a", Body=b"x", **asked)
        for answer in (put, s3.head_object(Bucket=name, Key="a"), s3.get_object(Bucket=name, Key="a"),
                       s3.copy_object(Bucket=name, Key="b", CopySource=f"{name}/a"),
                       s3.create_multipart_upload(Bucket=name, Key="c", **asked)):
            assert {key: answer.get(key) for key in asked} == asked, (asked, answer)
    refused("InvalidArgument", 400, s3.put_object, Bucket=name, Key="a", Body=b"", ServerSideEncryption="AES256", SSEKMSKeyId="k")
    refused("InvalidArgument", 400, s3.put_object, Bucket=name, Key="a", Body=b"", ServerSideEncryption="rot13")

with case("features: what was written with a client's key is read with that key alone"):
    key, other = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}, {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "o" * 32}
    md5 = base64.b64encode(hashlib.md5(b"k" * 32).digest()).decode()
    put = s3.put_object(Bucket=name, Key="own", Body=b"secret", **key)
    assert put["SSECustomerKeyMD5"] == md5 and put["SSECustomerAlgorithm"] == "AES256"
    got = s3.get_object(Bucket=name, Key="own", **key)
    assert got["Body"].read() == b"secret" and got["SSECustomerKeyMD5"] == md5
    refused("InvalidRequest", 400, s3.get_object, Bucket=name, Key="own")
    refused("400", 400, s3.head_object, Bucket=name, Key="own")
    refused("AccessDenied", 403, s3.get_object, Bucket=name, Key="own", **other)
    refused("InvalidRequest", 400, s3.get_object, Bucket=name, Key="a", **key)
    refused("InvalidEncryptionAlgorithmError", 400, s3.put_object, Bucket=name, Key="own", Body=b"",
            SSECustomerAlgorithm="DES", SSECustomerKey="k" * 32)
    refused("InvalidArgument", 400, s3.put_object, Bucket=name, Key="own", Body=b"", SSECustomerAlgorithm="AES256", SSECustomerKey="k" * 31)
    refused("InvalidArgument", 400, s3.put_object, Bucket=name, Key="own", Body=b"", **key, SSECustomerKeyMD5=base64.b64encode(bytes(16)).decode())
    refused("InvalidArgument", 400, s3.put_object, Bucket=name, Key="own", Body=b"", **key, ServerSideEncryption="AES256")
    source = {"CopySourceSSECustomerAlgorithm": "AES256", "CopySourceSSECustomerKey": "k" * 32}
    refused("InvalidRequest", 400, s3.copy_object, Bucket=name, Key="plain", CopySource=f"{name}/own")
    s3.copy_object(Bucket=name, Key="plain", CopySource=f"{name}/own", **source)
    assert "SSECustomerAlgorithm" not in s3.head_object(Bucket=name, Key="plain")
    s3.copy_object(Bucket=name, Key="again", CopySource=f"{name}/own", **source, **other)
    assert s3.get_object(Bucket=name, Key="again", **other)["Body"].read() == b"secret"
    upload = s3.create_multipart_upload(Bucket=name, Key="parts", **key)["UploadId"]
    refused("InvalidRequest", 400, s3.upload_part, Bucket=name, Key="parts", UploadId=upload, PartNumber=1, Body=b"p")
    refused("AccessDenied", 403, s3.upload_part, Bucket=name, Key="parts", UploadId=upload, PartNumber=1, Body=b"p", **other)
    part = s3.upload_part(Bucket=name, Key="parts", UploadId=upload, PartNumber=1, Body=b"p", **key)["ETag"]
    s3.complete_multipart_upload(Bucket=name, Key="parts", UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part}]})
    refused("InvalidRequest", 400, s3.get_object, Bucket=name, Key="parts")
    assert s3.get_object(Bucket=name, Key="parts", **key)["Body"].read() == b"p"

with case("features: attributes of objects, in one piece and in parts"):
    everything = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]
    s3.put_object(Bucket=name, Key="whole", Body=b"hello", ChecksumAlgorithm="SHA256", StorageClass="STANDARD_IA")
    got = s3.get_object_attributes(Bucket=name, Key="whole", ObjectAttributes=everything)
    assert got["ETag"] == hashlib.md5(b"hello").hexdigest() and got["ObjectSize"] == 5 and got["StorageClass"] == "STANDARD_IA"
    assert got["Checksum"]["ChecksumSHA256"] == base64.b64encode(hashlib.sha256(b"hello").digest()).decode(), got
    assert "ObjectParts" not in got and got["LastModified"]
    upload = s3.create_multipart_upload(Bucket=name, Key="attr", ChecksumAlgorithm="CRC32")["UploadId"]
    big = bytes(5 << 20)
    parts = [s3.upload_part(Bucket=name, Key="attr", UploadId=upload, PartNumber=n, Body=body, ChecksumAlgorithm="CRC32")
             for n, body in ((1, big), (2, big), (3, b"end"))]
    s3.complete_multipart_upload(Bucket=name, Key="attr", UploadId=upload, MultipartUpload={"Parts": [
        {"PartNumber": n, "ETag": p["ETag"], "ChecksumCRC32": p["ChecksumCRC32"]} for n, p in enumerate(parts, 1)]})
    got = s3.get_object_attributes(Bucket=name, Key="attr", ObjectAttributes=everything)
    assert got["ObjectParts"]["TotalPartsCount"] == 3 and not got["ObjectParts"]["IsTruncated"], got
    assert [(p["PartNumber"], p["Size"], p["ChecksumCRC32"]) for p in got["ObjectParts"]["Parts"]] == [
        (1, 5 << 20, parts[0]["ChecksumCRC32"]), (2, 5 << 20, parts[1]["ChecksumCRC32"]), (3, 3, parts[2]["ChecksumCRC32"])], got
    assert got["ETag"].endswith("-3") and got["Checksum"]["ChecksumType"] == "COMPOSITE"
    page = s3.get_object_attributes(Bucket=name, Key="attr", ObjectAttributes=["ObjectParts"], MaxParts=1, PartNumberMarker=1)["ObjectParts"]
    assert page["IsTruncated"] and page["NextPartNumberMarker"] == 2 and [p["PartNumber"] for p in page["Parts"]] == [2], page
    refused("NoSuchKey", 404, s3.get_object_attributes, Bucket=name, Key="none", ObjectAttributes=["ETag"])
    refused("InvalidArgument", 400, s3.get_object_attributes, Bucket=name, Key="attr", ObjectAttributes=["Colour"])
    refused("InvalidRequest", 400, s3.get_object_attributes, Bucket=name, Key="own", ObjectAttributes=["ETag"])
    assert "ETag" not in s3.get_object_attributes(Bucket=name, Key="attr", ObjectAttributes=["ObjectSize"])


def soon(days=1):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)).replace(microsecond=0)


with case("features: a lock keeps a version from deletion"):
    name = bucket(ObjectLockEnabledForBucket=True)
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    assert s3.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"] == {"ObjectLockEnabled": "Enabled"}
    until = soon()
    kept = s3.put_object(Bucket=name, Key="a", Body=b"x", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until)["VersionId"]
    head = s3.head_object(Bucket=name, Key="a")
    assert head["ObjectLockMode"] == "GOVERNANCE" and head["ObjectLockRetainUntilDate"] == until, head
    refused("AccessDenied", 403, s3.delete_object, Bucket=name, Key="a", VersionId=kept)
    many = s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": "a", "VersionId": kept}]})
    assert many["Errors"][0]["Code"] == "AccessDenied" and many["Errors"][0]["VersionId"] == kept
    assert s3.delete_object(Bucket=name, Key="a")["DeleteMarker"] is True, "a marker hides it, no more"
    assert s3.get_object(Bucket=name, Key="a", VersionId=kept)["Body"].read() == b"x"
    refused("AccessDenied", 403, s3.put_object_retention, Bucket=name, Key="a", VersionId=kept, Retention={"Mode": "GOVERNANCE", "RetainUntilDate": soon(0.5)})
    s3.put_object_retention(Bucket=name, Key="a", VersionId=kept, Retention={"Mode": "GOVERNANCE", "RetainUntilDate": soon(2)})
    s3.delete_object(Bucket=name, Key="a", VersionId=kept, BypassGovernanceRetention=True)
    refused("NoSuchVersion", 404, s3.get_object, Bucket=name, Key="a", VersionId=kept)

with case("features: legal hold, compliance and the bucket's rule"):
    held = s3.put_object(Bucket=name, Key="h", Body=b"x", ObjectLockLegalHoldStatus="ON")["VersionId"]
    assert s3.get_object_legal_hold(Bucket=name, Key="h")["LegalHold"]["Status"] == "ON"
    assert s3.get_object(Bucket=name, Key="h")["ObjectLockLegalHoldStatus"] == "ON"
    refused("AccessDenied", 403, s3.delete_object, Bucket=name, Key="h", VersionId=held, BypassGovernanceRetention=True)
    s3.put_object_legal_hold(Bucket=name, Key="h", LegalHold={"Status": "OFF"})
    s3.delete_object(Bucket=name, Key="h", VersionId=held)
    rule = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 2}}}
    s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=rule)
    assert s3.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"] == rule
    strict = s3.put_object(Bucket=name, Key="c", Body=b"x")["VersionId"]
    retention = s3.get_object_retention(Bucket=name, Key="c")["Retention"]
    assert retention["Mode"] == "COMPLIANCE" and soon(1.9) < retention["RetainUntilDate"] < soon(2.1)
    refused("AccessDenied", 403, s3.delete_object, Bucket=name, Key="c", VersionId=strict, BypassGovernanceRetention=True)
    refused("AccessDenied", 403, s3.put_object_retention, Bucket=name, Key="c", BypassGovernanceRetention=True,
            Retention={"Mode": "GOVERNANCE", "RetainUntilDate": soon(9)})
    s3.put_object_retention(Bucket=name, Key="c", Retention={"Mode": "COMPLIANCE", "RetainUntilDate": soon(9)})
    refused("InvalidBucketState", 409, s3.put_bucket_versioning, Bucket=name, VersioningConfiguration={"Status": "Suspended"})
    for wrong in ({"Mode": "COMPLIANCE", "Days": 1, "Years": 1}, {"Mode": "COMPLIANCE", "Days": 0}, {"Mode": "NONE", "Days": 1}):
        refused("MalformedXML", 400, s3.put_object_lock_configuration, Bucket=name,
                ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": wrong}})

with case("features: locks are refused where there are none"):
    name = bucket()
    s3.put_object(Bucket=name, Key="a", Body=b"x")
    refused("InvalidRequest", 400, s3.put_object, Bucket=name, Key="a", Body=b"", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=soon())
    refused("InvalidRequest", 400, s3.put_object_legal_hold, Bucket=name, Key="a", LegalHold={"Status": "ON"})
    refused("InvalidRequest", 400, s3.get_object_legal_hold, Bucket=name, Key="a")
    refused("ObjectLockConfigurationNotFoundError", 404, s3.get_object_lock_configuration, Bucket=name)
    refused("InvalidBucketState", 409, s3.put_object_lock_configuration, Bucket=name, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"})
    locks = bucket(ObjectLockEnabledForBucket=True)
    refused("InvalidArgument", 400, s3.put_object, Bucket=locks, Key="a", Body=b"", ObjectLockMode="GOVERNANCE")
    refused("InvalidArgument", 400, s3.put_object, Bucket=locks, Key="a", Body=b"", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=soon(-1))
    s3.put_object(Bucket=locks, Key="a", Body=b"")
    refused("NoSuchObjectLockConfiguration", 404, s3.get_object_retention, Bucket=locks, Key="a")


def ask(method, path, **fields):
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(os.environ["HR_ENDPOINT"]).netloc, timeout=30)
    try:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in fields.items()})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()
    finally:
        connection.close()


def preflight(path, origin, method, *fields):
    more = {"Access_Control_Request_Headers": ",".join(fields)} if fields else {}
    return ask("OPTIONS", path, Origin=origin, Access_Control_Request_Method=method, **more)


with case("features: rules of CORS answer preflights and let pages read"):
    name = bucket()
    path = f"/{name}/page"
    refused("NoSuchCORSConfiguration", 404, s3.get_bucket_cors, Bucket=name)
    assert preflight(path, "https://a.test", "GET")[0] == 403
    rules = [{"AllowedOrigins": ["https://*.shop.test", "https://one.test"], "AllowedMethods": ["PUT", "GET"],
              "AllowedHeaders": ["x-amz-*", "Content-Type"], "ExposeHeaders": ["ETag", "x-amz-version-id"], "MaxAgeSeconds": 60},
             {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}]
    s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": rules})
    assert s3.get_bucket_cors(Bucket=name)["CORSRules"] == rules
    status, fields, _ = preflight(path, "https://www.shop.test", "PUT", "X-Amz-Date", "content-type")
    assert status == 200 and fields["access-control-allow-origin"] == "https://www.shop.test", fields
    assert fields["access-control-allow-methods"] == "PUT, GET" and fields["access-control-max-age"] == "60"
    assert fields["access-control-allow-headers"] == "X-Amz-Date,content-type"
    assert fields["access-control-allow-credentials"] == "true" and "origin" in fields["vary"].lower()
    for origin, method, wanted in (("https://other.test", "PUT", ()), ("http://one.test", "PUT", ()), ("https://one.test", "DELETE", ()),
                                   ("https://one.test", "PUT", ("authorization",)), ("https://shop.test", "PUT", ())):
        status, fields, text = preflight(path, origin, method, *wanted)
        assert status == 403 and "AccessForbidden" in text and "access-control-allow-origin" not in fields, (origin, status, text)
    s3.put_object(Bucket=name, Key="page", Body=b"x", ACL="public-read")
    status, fields, text = ask("GET", path, Origin="https://one.test")
    assert status == 200 and text == "x" and fields["access-control-allow-origin"] == "https://one.test", fields
    assert fields["access-control-expose-headers"] == "ETag, x-amz-version-id"
    _, fields, _ = ask("GET", path, Origin="https://else.test")
    assert fields["access-control-allow-origin"] == "*" and "access-control-allow-credentials" not in fields
    status, fields, _ = ask("GET", f"/{name}/private", Origin="https://one.test")
    assert status == 403 and fields["access-control-allow-origin"] == "https://one.test", "errors are to be read, too"
    assert "access-control-allow-origin" not in ask("GET", path)[1]
    assert ask("OPTIONS", path)[0] == 400 and ask("OPTIONS", path, Origin="https://one.test")[0] == 400
    for wrong, code in (({"AllowedOrigins": ["*.*"], "AllowedMethods": ["GET"]}, "InvalidRequest"),
                        ({"AllowedOrigins": ["*"], "AllowedMethods": ["PATCH"]}, "InvalidRequest"),
                        ({"AllowedOrigins": [], "AllowedMethods": ["GET"]}, "MalformedXML")):
        refused(code, 400, s3.put_bucket_cors, Bucket=name, CORSConfiguration={"CORSRules": [wrong]})
    many = [{"AllowedOrigins": [f"https://{n}.test"], "AllowedMethods": ["GET"]} for n in range(101)]
    s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": many[:100]})
    assert preflight(path, "https://99.test", "GET")[0] == 200
    refused("MalformedXML", 400, s3.put_bucket_cors, Bucket=name, CORSConfiguration={"CORSRules": many})
    s3.delete_bucket_cors(Bucket=name)
    refused("NoSuchCORSConfiguration", 404, s3.get_bucket_cors, Bucket=name)

finish()
