"""The embedded S3-compatible server does what a request says or refuses it by name. What S3 has comes from botocore's
own model of its API, so that no list here has to be complete. Reads HR_ENDPOINT, AWS_ACCESS_KEY_ID and
AWS_SECRET_ACCESS_KEY; prints a line a test; ends non-zero on failure."""
import base64
import hashlib
import os
import re
import sys
import urllib.parse
import zlib

import botocore.session

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from s3_raw import Endpoint, code_of  # noqa: E402
from stores import case, finish  # noqa: E402

ENDPOINT = Endpoint(os.environ["HR_ENDPOINT"])
MODEL = botocore.session.Session().get_service_model("s3")
BUCKET = "strict-" + os.urandom(4).hex()
BODY = b"what must stay as it is"
MD5 = {"Content-MD5": base64.b64encode(hashlib.md5(b"").digest()).decode()}

# What the server answers, as its documentation says, and of what S3 has there what it does not honour. A field that
# stands neither here nor among HONOURED is a mistake of this test.
HERE = set("""ListBuckets CreateBucket HeadBucket DeleteBucket GetBucketLocation GetBucketVersioning ListObjects
    ListObjectsV2 ListMultipartUploads DeleteObjects PutObject GetObject HeadObject DeleteObject CopyObject
    CreateMultipartUpload UploadPart UploadPartCopy CompleteMultipartUpload AbortMultipartUpload ListParts
    GetObjectTagging PutBucketVersioning ListObjectVersions PutObjectTagging DeleteObjectTagging GetBucketTagging
    PutBucketTagging DeleteBucketTagging GetObjectAcl PutObjectAcl GetBucketAcl PutBucketAcl GetBucketOwnershipControls
    GetObjectLegalHold PutObjectLegalHold GetObjectRetention PutObjectRetention GetObjectLockConfiguration
    PutObjectLockConfiguration GetObjectAttributes GetBucketCors PutBucketCors DeleteBucketCors""".split())
# Documents of the operations that need one.
TAGS = b"<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>"
ACL = b"<AccessControlPolicy><AccessControlList/></AccessControlPolicy>"
CORS = (b"<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>"
        b"</CORSConfiguration>")
DOCUMENTS = {"PutBucketVersioning": b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
             "PutObjectTagging": TAGS, "PutBucketTagging": TAGS, "PutObjectAcl": ACL, "PutBucketAcl": ACL,
             "PutBucketCors": CORS, "PutObjectLegalHold": b"<LegalHold><Status>OFF</Status></LegalHold>",
             "PutObjectRetention": b"<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2100-01-01T00:00:00Z</RetainUntilDate></Retention>",
             "PutObjectLockConfiguration": b"<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>"}
# Operations on a bucket of its own, with locks and tags.
IN_SETTINGS = set(DOCUMENTS) | {"GetBucketTagging", "GetBucketCors", "GetObjectLegalHold", "GetObjectRetention", "GetObjectLockConfiguration"}
# What can be asked for and never set: read by the name of the setting.
SETTINGS = {"GetBucketEncryption", "GetBucketLogging", "GetBucketNotification", "GetBucketRequestPayment",
            "GetBucketNotificationConfiguration", "GetBucketAccelerateConfiguration"}
REFUSED = re.compile("""x-amz-(grant-.*|mfa|write-offset-bytes|website-redirect-location|if-match-.*|object-lock-event-hold.*|
    bucket-object-lock-token|
    server-side-encryption-context)""".replace("\n", "").replace(" ", ""))


def put(key="object", **headers):
    status, _, text = ENDPOINT.signed("PUT", f"/{BUCKET}/{key}", data=BODY, headers=headers)
    assert status == 200, text


def is_whole(key="object"):
    status, _, body = ENDPOINT.signed("GET", f"/{BUCKET}/{key}")
    assert (status, body) == (200, BODY), (status, body)


def refuses(answer, *codes, name=None):
    status, _, body = answer
    assert code_of(body) in (codes or ("NotImplemented",)), (status, body)
    assert status == {"NotImplemented": 501, "PreconditionFailed": 412, "AccessDenied": 403, "NoSuchKey": 404}.get(
        code_of(body), 400), (status, body)
    if name:
        assert name.lower() in body.decode(errors="replace").lower(), (name, body)


def shape_of(operation):
    """Method, path and query of an operation of the model, with the bucket and a key filled in."""
    path, _, query = operation.http["requestUri"].partition("?")
    return operation.http["method"], path.replace("{Bucket}", BUCKET).replace("{Key+}", "object"), query


def members(operation, location):
    for shape in (operation.input_shape.members.values() if operation.input_shape else ()):
        if shape.serialization.get("location") == location:
            yield shape.serialization["name"], shape


with case("strict: a bucket and an object"):
    assert ENDPOINT.signed("PUT", f"/{BUCKET}-settings", headers={"x-amz-bucket-object-lock-enabled": "true"})[0] == 200
    assert ENDPOINT.signed("PUT", f"/{BUCKET}-settings", "tagging", TAGS)[0] == 204
    assert ENDPOINT.signed("PUT", f"/{BUCKET}-settings", "cors", CORS)[0] == 200
    assert ENDPOINT.signed("PUT", f"/{BUCKET}-settings/object", data=BODY, headers={
        "x-amz-object-lock-mode": "GOVERNANCE", "x-amz-object-lock-retain-until-date": "2099-01-01T00:00:00Z"})[0] == 200
    assert ENDPOINT.signed("PUT", f"/{BUCKET}")[0] == 200
    put()

with case("strict: no operation that is not there acts on the bucket or the object"):
    tried = 0
    for name in MODEL.operation_names:
        operation = MODEL.operation_model(name)
        method, path, query = shape_of(operation)
        if name in HERE | SETTINGS or "WriteGetObjectResponse" in name:
            continue
        if operation.endpoint and "hostPrefix" in operation.endpoint:
            continue
        required = operation.input_shape.required_members if operation.input_shape else ()
        more = [shape.serialization["name"] + "=x" for member, shape in
                (operation.input_shape.members.items() if operation.input_shape else ())
                if member in required and shape.serialization.get("location") == "querystring"]
        if not query and not more and not any(location for location, _ in members(operation, "header")):
            continue  # told apart by the host only
        status, _, body = ENDPOINT.signed(method, path, "&".join([part for part in [query] if part] + more), b"", MD5)
        assert status in (400, 404, 405, 501), (name, status, body)
        is_whole()
        tried += 1
    assert tried > 60, tried

with case("strict: each subresource on each method, known or not"):
    subresources = {part.partition("=")[0] for name in MODEL.operation_names
                    for part in shape_of(MODEL.operation_model(name))[2].split("&") if part}
    known = {"location", "versioning", "versions", "uploads", "delete", "list-type", "tagging", "cors", "acl", "ownershipControls", "x-id"}
    assert {"metadataInventoryTable", "metadataJournalTable", "annotation"} <= subresources, subresources
    for subresource in (subresources | {"unheardOf", "Acl", "a b", "%00", ""}) - known:
        for method in ("GET", "PUT", "DELETE", "POST", "HEAD"):
            for path in (f"/{BUCKET}", f"/{BUCKET}/object", "/"):
                if method in ("GET", "HEAD") and path.endswith("object") and subresource == "partNumber":
                    continue
                quoted = subresource if subresource.startswith("%") else urllib.parse.quote(subresource)
                for query in (quoted, quoted + "=", quoted + "=1"):
                    if not query:
                        continue
                    status, _, body = ENDPOINT.signed(method, path, query)
                    fine = method == "GET" and any(f"?{subresource}" in MODEL.operation_model(name).http["requestUri"]
                                                   for name in SETTINGS if subresource)
                    assert status in ((200,) if fine and path.count("/") < 2 else ()) + (400, 404, 405, 501), (
                        method, path, query, status, body)
    is_whole()

with case("strict: the parameter is named, a subresource of its own beside it or not"):
    for method, path, query, name in [
            ("PUT", "/object", "annotation=x", "annotation"), ("DELETE", "/object", "annotation=x", "annotation"),
            ("PUT", "/object", "x-id=PutObjectAnnotation&annotation&annotationName=n", "annotation"),
            ("GET", "/object", "foo", "foo"), ("DELETE", "/object", "uploads", "uploads"),
            ("GET", "", "list-type=2&marker=a", "marker"), ("GET", "", "uploads&acl", "acl"),
            ("GET", "", "location&policy", "location"), ("POST", "", "delete&foo=1", "foo"),
            ("DELETE", "", "foo", "foo"), ("PUT", "", "metadataInventoryTable", "metadataInventoryTable"),
            ("DELETE", "/object", "X-Amz-Expires=5", "X-Amz-Expires"),
            ("PUT", "/object", "x-amz-meta-a=b", "x-amz-meta-a"), ("PUT", "/object", "append&position=0", "append")]:
        refuses(ENDPOINT.signed(method, f"/{BUCKET}{path}", query, headers=MD5 if method == "POST" else {}), name=name)
    is_whole()
    status, _, body = ENDPOINT.signed("GET", f"/{BUCKET}/object", "x-id=GetObject")
    assert (status, body) == (200, BODY)
    refuses(ENDPOINT.signed("PUT", f"/{BUCKET}/object", "versionId=null"), "InvalidArgument", name="version-id")
    refuses(ENDPOINT.signed("GET", f"/{BUCKET}", "prefix=a&prefix=b"), "InvalidArgument", name="prefix")
    for fields in ({}, {"x-amz-copy-source": f"/{BUCKET}/object"}):
        refuses(ENDPOINT.signed("PUT", f"/{BUCKET}/object", "partNumber=1", b"x" * (not fields), fields), "InvalidArgument",
                name="partNumber without uploadId")
    is_whole()

# Of each field that S3 takes at an operation: values that do nothing special there, and values that must be refused.
GOOD = {"x-amz-acl": "private", "x-amz-bucket-namespace": "global", "x-amz-bucket-object-lock-enabled": "false",
        "x-amz-object-ownership": "BucketOwnerEnforced", "x-amz-expected-bucket-owner": "000000000000",
        "x-amz-request-payer": "requester", "x-amz-optional-object-attributes": "RestoreStatus",
        "x-amz-bypass-governance-retention": "false", "x-amz-server-side-encryption": "AES256",
        "x-amz-server-side-encryption-bucket-key-enabled": "false", "x-amz-storage-class": "STANDARD_IA",
        "x-amz-tagging": "", "x-amz-checksum-mode": "ENABLED", "x-amz-metadata-directive": "REPLACE",
        "x-amz-tagging-directive": "REPLACE", "x-amz-object-annotation-directive": "EXCLUDE",
        "x-amz-source-expected-bucket-owner": "000000000000", "x-amz-object-lock-legal-hold": "OFF",
        "x-amz-object-attributes": "ObjectSize", "x-amz-max-parts": "1", "x-amz-part-number-marker": "1"}
BAD = {"x-amz-acl": ["log-delivery-write", "bogus", ""], "x-amz-object-lock-mode": ["GOVERNANCE", "bogus"],
       "x-amz-object-lock-retain-until-date": ["2099-01-01T00:00:00Z", "bogus"], "x-amz-object-lock-legal-hold": ["MAYBE"],
       **{f"x-amz-{of}server-side-encryption-customer-{name}": ["AES256", "bogus"] for of in ("", "copy-source-")
          for name in ("algorithm", "key", "key-MD5")}, "x-amz-server-side-encryption-aws-kms-key-id": ["key"],
       "x-amz-object-attributes": ["bogus", ""], "x-amz-max-parts": ["x"], "x-amz-part-number-marker": ["x"], "x-amz-bucket-namespace": ["account-regional"],
       "x-amz-bucket-object-lock-enabled": ["maybe", ""], "x-amz-object-ownership": ["bogus"],
       "x-amz-expected-bucket-owner": ["123456789012", ""], "x-amz-request-payer": ["owner", ""],
       "x-amz-optional-object-attributes": ["Other"], "x-amz-bypass-governance-retention": ["maybe"],
       "x-amz-server-side-encryption": ["aws:fsx", "bogus"], "x-amz-storage-class": ["BOGUS", ""],
       "x-amz-server-side-encryption-bucket-key-enabled": ["maybe"], "x-amz-tagging": ["a=%zz"],
       "x-amz-checksum-mode": ["DISABLED"], "x-amz-metadata-directive": ["MERGE"], "x-amz-tagging-directive": ["MERGE"],
       "x-amz-object-annotation-directive": ["MERGE"], "x-amz-source-expected-bucket-owner": ["123456789012"],
       "x-amz-sdk-checksum-algorithm": ["SHA256", "bogus"], "x-amz-checksum-algorithm": ["bogus"],
       "x-amz-checksum-type": ["bogus"], "x-amz-checksum-crc32": ["AAAAAA==", "AAAA", ""],
       "x-amz-checksum-crc32c": ["AAAAAA==", "AAAA"], "x-amz-checksum-sha1": [base64.b64encode(bytes(20)).decode(), "AAAA"],
       "x-amz-checksum-crc64nvme": ["AAAAAAAAAAA=", "AAAA"],
       "x-amz-checksum-sha256": [base64.b64encode(bytes(32)).decode(), "AAAA"],
       "x-amz-checksum-sha512": [base64.b64encode(bytes(64)).decode(), "AAAA"],
       "x-amz-checksum-md5": [base64.b64encode(bytes(16)).decode(), "AAAA"],
       "x-amz-checksum-xxhash64": ["AAAAAAAAAAA=", "AAAA"], "x-amz-checksum-xxhash3": ["AAAAAAAAAAA=", "AAAA"],
       "x-amz-checksum-xxhash128": [base64.b64encode(bytes(16)).decode(), "AAAA"],
       "x-amz-copy-source-if-modified-since": ["never"], "x-amz-copy-source-if-unmodified-since": ["never"],
       "x-amz-copy-source-if-match": ['"other"'], "x-amz-copy-source": ["nothing", ""],
       "x-amz-copy-source-range": ["bytes=-3", "bytes=1-", "0-1", "bytes=2-1", "bytes=0-1,2-3"],
       "x-amz-mp-object-size": ["99", "x"]}


def requests_of(name):
    """(method, path, query, body, fields) that the operation accepts; each call with things of its own to act on."""
    if name == "CreateBucket":
        return "PUT", f"/{BUCKET}-{os.urandom(4).hex()}", "", b"", {}
    if name == "DeleteBucket":
        path = f"/{BUCKET}-{os.urandom(4).hex()}"
        assert ENDPOINT.signed("PUT", path)[0] == 200
        return "DELETE", path, "", b"", {}
    if name == "DeleteObjects":
        document = b"<Delete><Object><Key>victim</Key></Object></Delete>"
        return "POST", f"/{BUCKET}", "delete", document, {"Content-MD5": base64.b64encode(
            hashlib.md5(document).digest()).decode()}
    upload = f"/{BUCKET}/upload"
    if name in ("UploadPart", "UploadPartCopy", "CompleteMultipartUpload", "AbortMultipartUpload", "ListParts"):
        _, _, text = ENDPOINT.signed("POST", upload, "uploads")
        upload_id = re.search(b"<UploadId>(.*)</UploadId>", text).group(1).decode()
        _, part, _ = ENDPOINT.signed("PUT", upload, f"partNumber=1&uploadId={upload_id}", b"part")
        query = f"uploadId={upload_id}"
        if name == "CompleteMultipartUpload":
            document = (f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{part['etag']}</ETag></Part>"
                        "</CompleteMultipartUpload>").encode()
            return "POST", upload, query, document, {}
        if name == "UploadPart":
            return "PUT", upload, query + "&partNumber=2", b"more", {}
        if name == "UploadPartCopy":
            return "PUT", upload, query + "&partNumber=2", b"", {"x-amz-copy-source": f"/{BUCKET}/object"}
        return ("GET" if name == "ListParts" else "DELETE"), upload, query, b"", {}
    method, path, query = shape_of(MODEL.operation_model(name))
    if name in IN_SETTINGS:
        return method, path.replace(BUCKET, BUCKET + "-settings"), query, DOCUMENTS.get(name, b""), {}
    if name == "GetObjectAttributes":
        return method, path, query, b"", {"x-amz-object-attributes": "ETag"}
    if name == "DeleteObject":
        path = f"/{BUCKET}/victim"
    if name == "PutObject":
        return method, f"/{BUCKET}/new", query, b"new", {}
    if name == "CopyObject":
        return method, f"/{BUCKET}/new", query, b"", {"x-amz-copy-source": f"/{BUCKET}/object"}
    return method, path, query, b"", {}


def send(name, **more):
    method, path, query, body, fields = requests_of(name)
    if name.startswith("Put") and name.endswith("Acl") and "x-amz-acl" in more:
        body = b""  # the one or the other
    return ENDPOINT.signed(method, path, query, body, {**fields, **{key.replace("_", "-"): value
                                                                    for key, value in more.items()}})


for name in sorted(HERE):
    fields = [field for field, _ in members(MODEL.operation_model(name), "header") if field.startswith("x-amz-")]
    with case(f"strict: {name}: each of its fields is honoured or refused"):
        put("victim")
        for field in fields:
            if REFUSED.fullmatch(field):
                answer = send(name, **{field: "AES256"})
                assert answer[0] == 501, (field, answer)
                assert name.startswith("Head") or field.lower() in answer[2].decode().lower(), (field, answer)
                continue
            for value in BAD.get(field, ()):
                answer = send(name, **{field: value})
                assert answer[0] in (400, 403, 404, 412, 501), (field, value, answer)
            assert field in BAD or field in GOOD or field in (
                "x-amz-copy-source-if-none-match",), f"{field} of {name} is not known to this test"
            if field in GOOD and name not in ("DeleteObject", "DeleteObjects"):
                answer = send(name, **{field: GOOD[field]})
                assert answer[0] in (200, 204), (field, answer)
        is_whole("victim")
    with case(f"strict: {name}: a field of another operation or of none is refused by name"):
        put("victim")
        foreign = {"x-amz-unheard-of": "1", "x-amz-copy-source-range": "bytes=0-1", "x-amz-mfa": "1 2", "x-amz-meta-a": "b",
                   "x-amz-if-match-size": "99", "x-amz-grant-read": "id=1",
                   "x-amz-storage-class": "STANDARD", "x-amz-checksum-crc16": "AAA=", "x-amz-" + "n" * 300: "long"}
        honoured = {"UploadPartCopy": {"x-amz-copy-source-range"}}
        for writes in ("PutObject", "CopyObject", "CreateMultipartUpload"):
            honoured[writes] = {"x-amz-meta-a", "x-amz-storage-class"}
        for field, value in foreign.items():
            if field in honoured.get(name, ()):
                continue
            status, _, body = send(name, **{field: value})
            assert status == 501, (name, field, status, body)
            assert name.startswith("Head") or field[:100] in body.decode(), (field, body)
        is_whole("victim")
        for field in ("amz-sdk-request", "amz-sdk-invocation-id", "x-amzn-trace-id", "x-amz-user-agent"):
            status, _, body = send(name, **{field: "attempt=1; max=3"})
            assert status in (200, 204), (name, field, status, body)
            if name in ("DeleteObject", "DeleteObjects"):
                put("victim")

with case("strict: a condition where something is changed is honoured or refused"):
    put("victim")
    etag = '"' + hashlib.md5(BODY).hexdigest() + '"'
    past = "Sun, 06 Nov 1994 08:49:37 GMT"
    victim = f"/{BUCKET}/victim"
    refuses(ENDPOINT.signed("DELETE", victim, headers={"If-Match": '"other"'}), "PreconditionFailed")
    for field, value in (("If-None-Match", etag), ("If-None-Match", "*"), ("If-Unmodified-Since", past),
                         ("If-Modified-Since", past), ("x-amz-if-match-size", "99"),
                         ("x-amz-if-match-size", str(len(BODY))), ("x-amz-if-match-last-modified-time", past)):
        refuses(ENDPOINT.signed("DELETE", victim, headers={field: value}), name=field)
    for field, value in (("If-None-Match", '"tag"'), ("If-None-Match", etag), ("If-Unmodified-Since", past),
                         ("If-Modified-Since", past), ("Content-Range", "bytes 0-2/3")):
        refuses(ENDPOINT.signed("PUT", victim, data=b"new", headers={field: value}), name=field)
    refuses(ENDPOINT.signed("PUT", victim, data=b"new", headers={"If-None-Match": "*"}), "PreconditionFailed")
    refuses(ENDPOINT.signed("POST", victim, "uploads", headers={"If-None-Match": "*"}), name="If-None-Match")
    is_whole("victim")
    for value in (etag, "*", "badetag"):
        refuses(ENDPOINT.signed("DELETE", f"/{BUCKET}/absent", headers={"If-Match": value}), "NoSuchKey")
    for value in (etag, etag.strip('"'), "*"):
        status, _, text = ENDPOINT.signed("DELETE", victim, headers={"If-Match": value})
        assert status == 204, text
        assert ENDPOINT.signed("GET", victim)[0] == 404
        put("victim")

with case("strict: a body that does not come in chunks is of the size that is told"):
    for value, wanted in ((str(len(BODY)), 200), (str(len(BODY) - 1), 400), ("x", 400)):
        status, _, text = ENDPOINT.signed("PUT", f"/{BUCKET}/sized", data=BODY, headers={
            "x-amz-decoded-content-length": value})
        assert status == wanted, (value, text)


def delete_many(document, *codes, name=None):
    put("victim")
    put("second")
    answer = ENDPOINT.signed("POST", f"/{BUCKET}", "delete", document, {"Content-MD5": base64.b64encode(
        hashlib.md5(document).digest()).decode()})
    if codes:
        refuses(answer, *codes, name=name)
        is_whole("victim")
        is_whole("second")
    return answer


with case("strict: DeleteObjects refuses as a whole what it does not understand"):
    one = b"<Object><Key>second</Key></Object>"
    for element, name in ((b"<Size>99</Size>", "Object/Size"), (b"<Size>23</Size>", "Object/Size"),
                          (b"<LastModifiedTime>Sun, 06 Nov 1994 08:49:37 GMT</LastModifiedTime>", "LastModifiedTime"),
                          (b"<Unheard/>", "Unheard"), (b"<ETag><a/></ETag>", "Object/ETag/a")):
        delete_many(b"<Delete>" + one + b"<Object><Key>victim</Key>" + element + b"</Object></Delete>",
                    "NotImplemented", name=name)
    for document in (b"<Delete>" + one + b"<Other/></Delete>", b"<Delete><Key>victim</Key>" + one + b"</Delete>"):
        delete_many(document, "NotImplemented")
    for document in (b"<Delete><Object><Key>victim</Key><Key>second</Key></Object></Delete>",
                     b"<Delete><Quiet>maybe</Quiet>" + one + b"</Delete>",
                     b"<Delete><Quiet>true</Quiet><Quiet>false</Quiet>" + one + b"</Delete>"):
        delete_many(document, "MalformedXML")

with case("strict: an ETag in DeleteObjects is a condition of its key alone"):
    etag = hashlib.md5(BODY).hexdigest().encode()
    status, _, text = delete_many(b"<Delete><Object><Key>victim</Key><ETag>\"0\"</ETag></Object><Object><Key>second</Key>"
                                  b"<ETag>\"" + etag + b"\"</ETag></Object></Delete>")
    assert status == 200 and b"<Key>victim</Key><Code>PreconditionFailed</Code>" in text, text
    assert b"<Deleted><Key>second</Key></Deleted>" in text, text
    is_whole("victim")
    assert ENDPOINT.signed("GET", f"/{BUCKET}/second")[0] == 404

with case("strict: elements of the other documents"):
    for document, name in ((b"<Part><PartNumber>1</PartNumber><ETag>x</ETag><ChecksumCRC16>AAA=</ChecksumCRC16></Part>",
                            "ChecksumCRC16"), (b"<Size>1</Size>", "Size")):
        method, path, query, _, _ = requests_of("CompleteMultipartUpload")
        refuses(ENDPOINT.signed(method, path, query, b"<CompleteMultipartUpload>" + document +
                                b"</CompleteMultipartUpload>"), name=name)
    for document in (b"<Bucket><Type>Directory</Type></Bucket>", b"<Tags><Tag><Key>a</Key><Value>b</Value></Tag></Tags>"):
        other = f"/{BUCKET}-x"
        refuses(ENDPOINT.signed("PUT", other, "", b"<CreateBucketConfiguration>" + document +
                                b"</CreateBucketConfiguration>"), name=document.decode()[1:4])
        assert ENDPOINT.signed("HEAD", other)[0] == 404

with case("strict: fields in a presigned query count as if they were sent"):
    path = f"/{BUCKET}/presigned"
    status, _, text = ENDPOINT.presigned("PUT", path, "x-amz-meta-colour=dark%20blue&X-Amz-Storage-Class=STANDARD_IA&"
                                         "X-Amz-Meta-N=7&x-amz-acl=private&x-id=PutObject", BODY)
    assert status == 200, text
    _, fields, _ = ENDPOINT.signed("HEAD", path)
    assert fields["x-amz-meta-colour"] == "dark blue" and fields["x-amz-meta-n"] == "7", fields
    assert fields["x-amz-storage-class"] == "STANDARD_IA", fields
    right = urllib.parse.quote(base64.b64encode(zlib.crc32(b"right").to_bytes(4, "big")), safe="")
    status, fields, text = ENDPOINT.presigned("PUT", path, f"x-amz-checksum-crc32={right}&"
                                              "x-amz-sdk-checksum-algorithm=CRC32", b"right")
    assert status == 200 and urllib.parse.quote(fields["x-amz-checksum-crc32"], safe="") == right, (fields, text)
    refuses(ENDPOINT.presigned("PUT", path, f"x-amz-checksum-crc32={right}", b"wrong"), "BadDigest")
    refuses(ENDPOINT.presigned("PUT", path, "x-amz-checksum-crc16=AAAA", b"wrong"), name="x-amz-checksum-crc16")
    refuses(ENDPOINT.presigned("PUT", path, "x-amz-grant-read=id%3D1", b"wrong"), name="x-amz-grant-read")
    refuses(ENDPOINT.presigned("PUT", path, "x-amz-acl=aws-exec-read", b"wrong"), name="x-amz-acl")
    refuses(ENDPOINT.presigned("PUT", path, "x-amz-unheard-of=1", b"wrong"), name="x-amz-unheard-of")
    refuses(ENDPOINT.presigned("PUT", path, "foo=1", b"wrong"), name="foo")
    refuses(ENDPOINT.presigned("DELETE", path, "x-amz-if-match-size=99"), name="x-amz-if-match-size")
    refuses(ENDPOINT.presigned("PUT", path, "x-amz-meta-a=b%0D%0AX:%20y", b"wrong"), "InvalidArgument")
    refuses(ENDPOINT.presigned("PUT", path, "x-amz-meta-a%0D%0A=b", b"wrong"), "InvalidArgument")
    refuses(ENDPOINT.presigned("PUT", path, "x-amz-acl=private", b"wrong", {"x-amz-acl": "private"}), "InvalidArgument")
    refuses(ENDPOINT.presigned("PUT", path, "x-amz-expires=5", b"wrong"), name="x-amz-expires")
    refuses(ENDPOINT.presigned("PUT", path, "x-amz-expected-bucket-owner=123456789012", b"wrong"), "AccessDenied")
    status, _, body = ENDPOINT.signed("GET", path)
    assert (status, body) == (200, b"right"), (status, body)
    copied = urllib.parse.quote(f"{BUCKET}/object", safe="")
    status, _, text = ENDPOINT.presigned("PUT", path, f"x-amz-copy-source={copied}")
    assert status == 200 and b"CopyObjectResult" in text, text
    is_whole("presigned")

with case("strict: a payload hash in a presigned query is compared with the body"):
    path, digest = f"/{BUCKET}/hashed", hashlib.sha256(BODY).hexdigest()
    for value, data, wanted in ((digest, BODY, 200), ("UNSIGNED-PAYLOAD", BODY, 200), (digest, b"other", 400)):
        request_query = f"X-Amz-Content-Sha256={value}"
        import botocore.auth

        class Signer(botocore.auth.S3SigV4QueryAuth):
            def payload(self, request):
                return value

        request = botocore.awsrequest.AWSRequest(method="PUT", url=f"{ENDPOINT.url}{path}?{request_query}")
        Signer(ENDPOINT.credentials, "s3", "us-east-1", expires=600).add_auth(request)
        parts = urllib.parse.urlsplit(request.url)
        status, _, text = ENDPOINT.deliver("PUT", f"{parts.path}?{parts.query}", {}, data)
        assert status == wanted, (value, status, text)
        assert wanted == 200 or code_of(text) == "XAmzContentSHA256Mismatch", text

with case("strict: metadata of a copy needs the directive to replace"):
    source = {"x-amz-copy-source": f"/{BUCKET}/object"}
    refuses(ENDPOINT.signed("PUT", f"/{BUCKET}/copy", headers={**source, "x-amz-meta-a": "b"}), "InvalidRequest")
    status, _, text = ENDPOINT.signed("PUT", f"/{BUCKET}/copy", headers={
        **source, "x-amz-meta-a": "b", "x-amz-metadata-directive": "REPLACE", "x-amz-server-side-encryption": "AES256"})
    assert status == 200, text
    _, fields, _ = ENDPOINT.signed("HEAD", f"/{BUCKET}/copy")
    assert fields["x-amz-meta-a"] == "b" and fields["x-amz-server-side-encryption"] == "AES256", fields

finish()
