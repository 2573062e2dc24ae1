"""What the embedded S3-compatible server answers where clients depend on the very answer, plain and over TLS: raw
requests, and rclone and s3cmd where they are installed."""
import hashlib
import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import stores  # noqa: E402
from s3_raw import Endpoint, code_of  # noqa: E402
from stores import case  # noqa: E402

BUCKET = "answers-bucket"
BODY = b"0123456789"


def text_of(body, name):
    found = re.search(f"<{name}>(.*?)</{name}>".encode(), body, re.DOTALL)
    return html.unescape(found.group(1).decode()) if found else None


def buckets(endpoint, kind):
    with case(f"{kind}: a bucket asked for with or without object lock is made so"):
        for value in ("false", "true", "no"):
            status, _, body = endpoint.signed("PUT", f"/{BUCKET}-lock-{value}", headers={
                "x-amz-bucket-object-lock-enabled": value, "x-amz-object-ownership": "BucketOwnerEnforced"})
            assert (status, code_of(body)) == ((400, "InvalidArgument") if value == "no" else (200, "")), (value, status, body)
            assert value != "no" or b"x-amz-bucket-object-lock-enabled" in body, body
            assert endpoint.signed("HEAD", f"/{BUCKET}-lock-{value}")[0] == (404 if value == "no" else 200)
            wanted = {"true": b"", "false": b"ObjectLockConfigurationNotFoundError", "no": b"NoSuchBucket"}[value]
            assert wanted in endpoint.signed("GET", f"/{BUCKET}-lock-{value}", "object-lock")[2]

    with case(f"{kind}: ListBuckets in pages, by prefix and by region"):
        for index in range(5):
            assert endpoint.signed("PUT", f"/paged-{index}")[0] == 200
        names, token, pages = [], None, 0
        while pages == 0 or token:
            query = "max-buckets=2&prefix=paged" + (f"&continuation-token={token}" if token else "")
            status, _, body = endpoint.signed("GET", "/", query)
            assert status == 200 and text_of(body, "Prefix") == "paged", body
            names += re.findall(b"<Name>(.*?)</Name>", body)
            assert set(re.findall(b"<BucketRegion>(.*?)</BucketRegion>", body)) == {b"us-east-1"}, body
            token = text_of(body, "ContinuationToken")
            pages += 1
        assert names == [b"paged-%d" % index for index in range(5)] and pages == 3, (names, pages)
        for query in ("continuation-token=bogus", "continuation-token=deadbeef", "max-buckets=0",
                      "continuation-token=" + b"paged-2".hex(), "max-buckets=10001", "max-buckets=x"):
            status, _, body = endpoint.signed("GET", "/", query)
            assert (status, code_of(body)) == (400, "InvalidArgument"), (query, body)
        assert text_of(endpoint.signed("GET", "/", "continuation-token=x")[2], "ArgumentName") == "continuation-token"
        _, _, body = endpoint.signed("GET", "/", "continuation-token=&prefix=paged")
        assert len(re.findall(b"<Name>", body)) == 5, body
        for region, found in (("us-east-1", True), ("eu-west-1", False)):
            _, _, body = endpoint.signed("GET", "/", f"bucket-region={region}")
            assert (b"paged-1" in body) == found, body
        _, _, body = endpoint.signed("GET", "/")
        assert b"BucketRegion" not in body and b"paged-4" in body, body

    with case(f"{kind}: a token of another listing's making is refused"):
        for token in ("bogus", "deadbeef", "0" * 40):
            status, _, body = endpoint.signed("GET", f"/{BUCKET}", f"list-type=2&continuation-token={token}")
            assert (status, code_of(body)) == (400, "InvalidArgument"), (token, body)
        status, _, body = endpoint.signed("GET", f"/{BUCKET}", "list-type=2&continuation-token=")  # none, as in S3
        assert status == 200 and b"<ContinuationToken></ContinuationToken>" in body, body


def objects(endpoint, kind, server):
    with case(f"{kind}: a plus in x-amz-copy-source is a blank, as a form encodes it"):
        for key in ("a b", "a+b", "a  +b/c d", "é ü", "100%"):
            path = urllib.parse.quote(f"/{BUCKET}/{key}")
            assert endpoint.signed("PUT", path, data=key.encode())[0] == 200
            for source in (urllib.parse.quote_plus(f"{BUCKET}/{key}"), urllib.parse.quote(f"/{BUCKET}/{key}"),
                           urllib.parse.quote_plus(f"{BUCKET}/{key}", safe="/") + "?versionId=null"):
                status, _, body = endpoint.signed("PUT", f"/{BUCKET}/copied", headers={"x-amz-copy-source": source})
                assert status == 200, (source, body)
                assert endpoint.signed("GET", f"/{BUCKET}/copied")[2] == key.encode(), source

    with case(f"{kind}: ranges that cannot be met"):
        for key, data in (("empty", b""), ("ten", BODY)):
            assert endpoint.signed("PUT", f"/{BUCKET}/{key}", data=data)[0] == 200
        status, fields, body = endpoint.signed("GET", f"/{BUCKET}/empty", headers={"Range": "bytes=-5"})
        assert (status, body) == (200, b"") and "content-range" not in fields, (status, fields)
        for key, wanted, size in (("empty", "bytes=0-", 0), ("ten", "bytes=10-", 10), ("ten", "bytes=-0", 10),
                                  ("empty", "bytes=-0", 0), ("ten", "bytes=99-100", 10)):
            for method in ("GET", "HEAD"):
                status, fields, body = endpoint.signed(method, f"/{BUCKET}/{key}", headers={"Range": wanted})
                assert status == 416 and fields["content-range"] == f"bytes */{size}", (key, wanted, status, fields)
                assert method == "HEAD" or text_of(body, "ActualObjectSize") == str(size), body

    with case(f"{kind}: the range of a part that is copied has two ends"):
        _, _, body = endpoint.signed("POST", f"/{BUCKET}/part", "uploads")
        query = f"partNumber=1&uploadId={text_of(body, 'UploadId')}"
        for value, wanted in (("bytes=-3", "InvalidArgument"), ("bytes=2-", "InvalidArgument"), ("bytes=0-10", "InvalidArgument"),
                              ("0-2", "InvalidArgument"), ("bytes=hello-world", "InvalidArgument"),
                              ("bytes=0-2,3-5", "InvalidArgument"), ("bytes=3-2", "InvalidArgument"),
                              ("bytes=99999999999999999999-99999999999999999999", "InvalidArgument"), ("bytes=2-4", "")):
            status, _, body = endpoint.signed("PUT", f"/{BUCKET}/part", query, headers={
                "x-amz-copy-source": f"{BUCKET}/ten", "x-amz-copy-source-range": value})
            assert code_of(body) == wanted and (status == 200) == (wanted == ""), (value, status, body)
        _, _, body = endpoint.signed("GET", f"/{BUCKET}/part", query.partition("&")[2])
        assert text_of(body, "Size") == "3", body

    with case(f"{kind}: a field of the answer beyond ISO-8859-1 is refused"):
        for name in ("content-disposition", "content-type", "cache-control"):
            for value, status in (("attachment; filename=\"a b.txt\"", 200), ("größe", 200), ("\u20ac", 400), ("日本", 400),
                                  ("a\r\nX-Y: z", 400), ("a\x00", 400)):
                got, fields, body = endpoint.signed("GET", f"/{BUCKET}/ten",
                                                    f"response-{name}={urllib.parse.quote(value)}")
                assert got == status, (name, value, got, body)
                if status == 200:
                    assert fields[name] == value, (fields[name], value)  # http.client reads ISO-8859-1
                else:
                    assert code_of(body) == "InvalidArgument" and "x-y" not in fields, body
            got, _, body = endpoint.signed("GET", f"/{BUCKET}/ten", f"response-{name}=%FF%FE")
            assert (got, code_of(body)) == (400, "InvalidArgument"), body

    with case(f"{kind}: the place of a completed upload"):
        _, _, body = endpoint.signed("POST", f"/{BUCKET}/place", "uploads")
        upload = f"uploadId={text_of(body, 'UploadId')}"
        _, part, _ = endpoint.signed("PUT", f"/{BUCKET}/place", f"partNumber=1&{upload}", b"part")
        _, _, body = endpoint.signed("POST", f"/{BUCKET}/place", upload, (
            f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{part['etag']}</ETag></Part>"
            "</CompleteMultipartUpload>").encode())
        assert text_of(body, "Location") == f"{endpoint.url}/{BUCKET}/place", body

    with case(f"{kind}: a target in absolute form"):
        for scheme in ("http", "https"):
            target = f"{scheme}://{endpoint.host}/{BUCKET}/ten"
            status, _, body = endpoint.signed("GET", f"/{BUCKET}/ten", target=target)
            assert (status, body) == (200, BODY), (target, status, body)
        status, _, body = endpoint.signed("GET", f"/{BUCKET}/ten", target=f"http://other.s3.localhost/{BUCKET}/ten")
        assert (status, code_of(body)) == (403, "SignatureDoesNotMatch"), body  # its authority is what counts

    with case(f"{kind}: a host under localhost names the bucket"):
        for host in (f"{BUCKET}.localhost:{server.port}", f"{BUCKET}.s3.localhost", f"{BUCKET}.localhost"):
            status, _, body = endpoint.signed("PUT", "/photo.jpg", data=host.encode(), host=host)
            assert status == 200, (host, body)
            assert endpoint.signed("GET", f"/{BUCKET}/photo.jpg")[2] == host.encode()
        assert endpoint.signed("HEAD", "/photo.jpg")[0] == 404
        status, _, body = endpoint.signed("GET", f"/{BUCKET}/ten", host="s3.localhost")
        assert (status, body) == (200, BODY), body


def strangers(endpoint, kind):
    with case(f"{kind}: a wrong signature is explained"):
        wrong = Endpoint(endpoint.url, endpoint.ca, stores.ACCESS_KEY, "wrong")
        for answer in (wrong.signed("GET", f"/{BUCKET}/a%20b&c", "prefix=%3Cx%3E&y"),
                       wrong.presigned("GET", f"/{BUCKET}/k", "x-amz-meta-a=b")):
            status, _, body = answer
            assert (status, code_of(body)) == (403, "SignatureDoesNotMatch"), body
            canonical, string = text_of(body, "CanonicalRequest"), text_of(body, "StringToSign")
            lines = canonical.split("\n")
            assert lines[0] == "GET" and lines[1].startswith(f"/{BUCKET}/"), canonical
            assert string.split("\n")[0] == "AWS4-HMAC-SHA256", string
            assert string.split("\n")[3] == hashlib.sha256(canonical.encode()).hexdigest(), (string, canonical)
            for name, text in (("StringToSignBytes", string), ("CanonicalRequestBytes", canonical)):
                assert bytes.fromhex(text_of(body, name)) == text.encode(), name
            assert text_of(body, "AWSAccessKeyId") == stores.ACCESS_KEY, body
            assert len(text_of(body, "SignatureProvided")) == 64, body

    with case(f"{kind}: a refused HEAD says where the bucket is"):
        wrong = Endpoint(endpoint.url, endpoint.ca, stores.ACCESS_KEY, "wrong")
        for status, fields, _ in (wrong.signed("HEAD", f"/{BUCKET}"), endpoint.deliver("HEAD", f"/{BUCKET}", {}),
                                  wrong.signed("HEAD", f"/{BUCKET}/ten"),
                                  endpoint.signed("HEAD", f"/{BUCKET}", headers={"x-amz-expected-bucket-owner": "1"})):
            assert status == 403 and fields["x-amz-bucket-region"] == "us-east-1", (status, fields)
        status, fields, _ = wrong.signed("HEAD", "/absent-bucket")
        assert status == 403 and "x-amz-bucket-region" not in fields, (status, fields)

    with case(f"{kind}: a browser's form and its preflight"):
        form = {"Content-Type": "multipart/form-data; boundary=x"}
        data = b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\nk\r\n--x--\r\n'
        status, _, body = endpoint.deliver("POST", f"/{BUCKET}", form, data)
        assert (status, code_of(body)) == (400, "InvalidArgument"), body
        assert "exactly one file" in text_of(body, "Message"), body
        status, _, body = endpoint.deliver("POST", f"/{BUCKET}", form, b"")
        assert (status, code_of(body)) == (400, "MalformedPOSTRequest"), body
        status, _, body = endpoint.deliver("POST", f"/{BUCKET}", {"Content-Type": "text/plain"}, data)
        assert (status, code_of(body)) == (403, "AccessDenied"), body
        asks = {"Origin": "http://example.com", "Access-Control-Request-Method": "PUT"}
        for path, kind_of in ((f"/{BUCKET}/k", "OBJECT"), (f"/{BUCKET}", "BUCKET")):
            status, fields, body = endpoint.deliver("OPTIONS", path, asks)
            assert (status, code_of(body)) == (403, "AccessForbidden"), body
            assert "CORS is not enabled" in text_of(body, "Message"), body
            assert text_of(body, "Method") == "PUT" and text_of(body, "ResourceType") == kind_of, body
            assert not any(name.startswith("access-control-allow") for name in fields), fields
        for missing in asks:
            fields = {name: value for name, value in asks.items() if name != missing}
            status, _, body = endpoint.deliver("OPTIONS", f"/{BUCKET}/k", fields)
            assert (status, code_of(body)) == (400, "BadRequest"), body
        status, _, body = endpoint.deliver("OPTIONS", "/absent-bucket/k", asks)
        assert (status, code_of(body)) == (403, "AccessForbidden"), body


def raw_bytes(endpoint, kind):
    """What no client sends: bytes over a socket of our own, as they stand."""
    import socket
    import ssl

    def send(data):
        host, port = endpoint.host.rsplit(":", 1)
        connection = socket.create_connection((host, int(port)), timeout=60)
        if endpoint.ca:
            connection = ssl.create_default_context(cafile=endpoint.ca).wrap_socket(connection, server_hostname=host)
        with connection:
            connection.sendall(data)
            answer = b""
            while b"\r\n\r\n" not in answer:
                more = connection.recv(65536)
                if not more:
                    break
                answer += more
            return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0

    def signed_head(method, path, more=(), twice=()):
        from botocore.auth import S3SigV4Auth
        from botocore.awsrequest import AWSRequest
        request = AWSRequest(method=method, url=endpoint.url + path)
        for name, value in dict(more).items():
            request.headers[name] = value
        S3SigV4Auth(endpoint.credentials, "s3", "us-east-1").add_auth(request)
        lines = [f"{method} {path} HTTP/1.1", f"Host: {endpoint.host}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in request.headers.items()] + list(twice)
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    victim = f"/{BUCKET}/victim"
    with case(f"{kind}: heads that no client sends are refused and harm nothing"):
        assert endpoint.signed("PUT", victim, data=BODY)[0] == 200
        assert send(signed_head("GET", victim)) == 200
        assert send(signed_head("GET", victim, {"X-AMZ-Checksum-MODE": "enabled"})) == 200
        for head, statuses in (
                (signed_head("DELETE", victim, twice=["x-amz-if-match-size: 99"]), (403, 501)),
                (signed_head("DELETE", victim, {"x-amz-meta-a": "b"}), (501,)),
                (signed_head("DELETE", victim, {"X-Amz-If-Match-Size": "99"}), (501,)),
                (signed_head("DELETE", victim, {"IF-UNMODIFIED-SINCE": "never"}), (501,)),
                (signed_head("DELETE", victim, {"If-Match": '"x"'}, ['If-Match: "y"']), (403, 412)),
                (signed_head("DELETE", victim, {"x-amz-request-payer": "requester"}, ["x-amz-request-payer: requester"]),
                 (400, 403)),
                (signed_head("DELETE", victim + "?versionId"), (400,)), (signed_head("DELETE", victim + "?%"), (400,)),
                (signed_head("DELETE", victim + "?%00"), (400, 403, 501)), (signed_head("DELETE", victim + "?&=&"), (403, 501)),
                (signed_head("DELETE", victim + "?" + "&".join("x-id=a" for _ in range(2))), (400,)),
                (signed_head("DELETE", victim + "?" + "a&" * 200), (400,)),
                (signed_head("DELETE", victim + "?" + "a" * 4000), (400, 501)),
                (signed_head("DELETE", victim + "?X-Amz-Algorithm=AWS4-HMAC-SHA256"), (400,)),
                (signed_head("DELETE", victim, {"x-amz-\xfc": "b"}), (400, 403, 501)),
                (signed_head("PROPFIND", victim), (405, 501)),
                (b"DELETE " + victim.encode() + b" HTTP/1.1\r\n\r\n", (400,)),
                (b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", (400, 403)),
                (b"DELETE https:// HTTP/1.1\r\nHost: x\r\n\r\n", (400,))):
            status = send(head)
            assert status in statuses, (status, head)
        assert endpoint.signed("GET", victim)[2] == BODY


CAN_BE_SET = {"cors", "tagging", "object-lock"}
NOT_CONFIGURED = {"policy": "NoSuchBucketPolicy", "cors": "NoSuchCORSConfiguration", "tagging": "NoSuchTagSet",
                  "lifecycle": "NoSuchLifecycleConfiguration", "website": "NoSuchWebsiteConfiguration",
                  "object-lock": "ObjectLockConfigurationNotFoundError", "policyStatus": "NoSuchBucketPolicy",
                  "replication": "ReplicationConfigurationNotFoundError",
                  "publicAccessBlock": "NoSuchPublicAccessBlockConfiguration"}


def settings(endpoint, kind, store, ca):
    client = client_of(store, ca=ca, token="a/token+", signature_version="s3v4")
    with case(f"{kind}: settings that nobody has made are not configured"):
        for name, code in NOT_CONFIGURED.items():
            status, _, body = endpoint.signed("GET", f"/{BUCKET}", name)
            assert (status, code_of(body)) == (404, code), (name, body)
            status, _, body = endpoint.signed("GET", "/absent-bucket", name)
            assert (status, code_of(body)) == (404, "NoSuchBucket"), (name, body)
            for method in ("PUT", "DELETE", "POST") if name not in CAN_BE_SET else ():
                status, _, body = endpoint.signed(method, f"/{BUCKET}", name)
                assert (status, code_of(body)) == (501, "NotImplemented"), (method, name, body)
            status, _, body = endpoint.signed("GET", f"/{BUCKET}", name + "&prefix=a")
            assert (status, code_of(body)) == (501, "NotImplemented"), (name, body)
        assert endpoint.signed("HEAD", f"/{BUCKET}")[0] == 200

    with case(f"{kind}: settings that have a default tell it, as boto3 reads it"):
        bucket = {"Bucket": BUCKET}
        encryption = client.get_bucket_encryption(**bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
        assert encryption["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}, encryption
        client.put_object(**bucket, Key="acl", Body=b"x", ACL="bucket-owner-full-control")
        for acl in (client.get_bucket_acl(**bucket), client.get_object_acl(**bucket, Key="acl")):
            grant = acl["Grants"][0]
            assert len(acl["Grants"]) == 1 and grant["Permission"] == "FULL_CONTROL", acl
            assert grant["Grantee"]["Type"] == "CanonicalUser" and grant["Grantee"]["ID"] == acl["Owner"]["ID"], acl
        rules = client.get_bucket_ownership_controls(**bucket)["OwnershipControls"]["Rules"]
        assert rules == [{"ObjectOwnership": "BucketOwnerPreferred"}], rules
        assert client.get_bucket_request_payment(**bucket)["Payer"] == "BucketOwner"
        for answer, member in ((client.get_bucket_versioning(**bucket), "Status"),
                               (client.get_bucket_logging(**bucket), "LoggingEnabled"),
                               (client.get_bucket_accelerate_configuration(**bucket), "Status"),
                               (client.get_bucket_notification_configuration(**bucket), "TopicConfigurations")):
            assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200 and member not in answer, answer
        status, _, body = endpoint.signed("GET", f"/{BUCKET}/absent", "acl")
        assert (status, code_of(body)) == (404, "NoSuchKey"), body

    with case(f"{kind}: session tokens are signed and let in"):
        url = client.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": "acl"})
        parts = urllib.parse.urlsplit(url)
        assert "X-Amz-Security-Token" in url
        status, _, body = endpoint.deliver("GET", f"{parts.path}?{parts.query}", {})
        assert (status, body) == (200, b"x"), body
        status, _, body = endpoint.deliver("GET", f"{parts.path}?{parts.query}".replace("a%2Ftoken", "b%2Ftoken"), {})
        assert (status, code_of(body)) == (403, "SignatureDoesNotMatch"), body

    with case(f"{kind}: AES256 is accepted and told again"):
        told = {"ServerSideEncryption": "AES256"}
        one = {"Bucket": BUCKET, "Key": "sse"}
        assert client.put_object(**one, Body=b"x", **told)["ServerSideEncryption"] == "AES256"
        assert client.head_object(**one)["ServerSideEncryption"] == "AES256"
        assert "ServerSideEncryption" not in client.head_object(Bucket=BUCKET, Key="acl")
        copied = client.copy_object(Bucket=BUCKET, Key="sse-2", CopySource=f"{BUCKET}/acl", **told)
        assert copied["ServerSideEncryption"] == "AES256"
        upload = client.create_multipart_upload(**one, **told)
        assert upload["ServerSideEncryption"] == "AES256"
        part = client.upload_part(**one, UploadId=upload["UploadId"], PartNumber=1, Body=b"y")
        assert part["ServerSideEncryption"] == "AES256"
        done = client.complete_multipart_upload(**one, UploadId=upload["UploadId"], MultipartUpload={
            "Parts": [{"PartNumber": 1, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]}]
            if "ChecksumCRC32" in part else [{"PartNumber": 1, "ETag": part["ETag"]}]})
        assert done["ServerSideEncryption"] == client.get_object(**one)["ServerSideEncryption"] == "AES256"

    with case(f"{kind}: whether it lives is told without a signature, and nothing else"):
        for path in ("/healthz", "/minio/health/live", "/minio/health/ready", "/minio/health/cluster"):
            for method in ("GET", "HEAD"):
                status, _, body = endpoint.deliver(method, path, {})
                told = b'{"status":"ok"}\n' if method == "GET" else b""
                assert (status, body) == (200, told), (path, status, body)
            assert endpoint.deliver("PUT", path, {})[0] in (403, 404), path
        for path in ("/healthz/", "/healthz?acl", "/minio/health/livex", "/minio/health", "/", f"/{BUCKET}/acl"):
            assert endpoint.deliver("GET", path, {})[0] in (403, 404), path
        status, _, body = endpoint.signed("GET", "/healthz")
        assert (status, code_of(body)) == (404, "NoSuchBucket"), body


def clients(store, kind, ca):
    folder = tempfile.mkdtemp()
    try:
        tree = os.path.join(folder, "tree")
        os.makedirs(os.path.join(tree, "deep er"))
        for name, size in (("a+b c.txt", 100), ("deep er/ü&=.bin", 70000), ("empty", 0), ("large", 20 << 20)):
            with open(os.path.join(tree, name), "wb") as file:
                file.write(os.urandom(size))
        if shutil.which("rclone"):
            rclone(store, kind, ca, folder, tree)
        else:
            stores.skip(f"{kind}: rclone", "rclone is not there")
        if shutil.which("s3cmd"):
            s3cmd(store, kind, ca, folder, tree)
        else:
            stores.skip(f"{kind}: s3cmd", "s3cmd is not there")
    finally:
        shutil.rmtree(folder)


def run(command, **options):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=False, **options)
    assert done.returncode == 0, f"{command}: {done.stdout[-600:]!r} {done.stderr[-1200:]!r}"
    return done.stdout.decode(errors="replace")


def rclone(store, kind, ca, folder, tree):
    others = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = dict(others, RCLONE_CONFIG=os.path.join(folder, "rclone.conf"), RCLONE_CONFIG_X_TYPE="s3",
                       RCLONE_CONFIG_X_PROVIDER="Other", RCLONE_CONFIG_X_ENDPOINT=store.endpoint,
                       RCLONE_CONFIG_X_ACCESS_KEY_ID=stores.ACCESS_KEY, RCLONE_CONFIG_X_REGION="us-east-1",
                       RCLONE_CONFIG_X_SECRET_ACCESS_KEY=stores.SECRET_KEY, RCLONE_CONFIG_X_FORCE_PATH_STYLE="true",
                       RCLONE_CONFIG_X_UPLOAD_CUTOFF="6M", RCLONE_CONFIG_X_CHUNK_SIZE="5M", RCLONE_RETRIES="1",
                       RCLONE_LOW_LEVEL_RETRIES="1", **({"RCLONE_CA_CERT": ca} if ca else {}))
    with case(f"{kind}: rclone makes a bucket, fills, checks, copies, lists and purges it"):
        at = "x:rclone-bucket"
        for step in (["mkdir", at], ["copy", tree, at + "/tree"], ["check", "--download", tree, at + "/tree"],
                     ["copy", at + "/tree", at + "/twin"], ["check", tree, at + "/twin"],
                     ["moveto", at + "/twin/a+b c.txt", at + "/moved + here"], ["cat", at + "/moved + here"],
                     ["sync", os.path.join(tree, "deep er"), at + "/twin"], ["purge", at]):
            run(["rclone", *step], env=environment)
        assert "rclone-bucket" not in run(["rclone", "lsd", "x:"], env=environment)


def s3cmd(store, kind, ca, folder, tree):
    config = os.path.join(folder, "s3cfg")
    host = urllib.parse.urlsplit(store.endpoint).netloc
    with open(config, "w", encoding="ascii") as file:
        file.write(f"[default]\naccess_key = {stores.ACCESS_KEY}\nsecret_key = {stores.SECRET_KEY}\nhost_base = {host}\n"
                   f"host_bucket = {host}\nuse_https = {bool(ca)}\nca_certs_file = {ca or ''}\nmultipart_chunk_size_mb = 5\n"
                   "max_retries = 1\nbucket_location = us-east-1\n")
    with case(f"{kind}: s3cmd makes a bucket, fills, copies, lists and empties it"):
        at = "s3://s3cmd-bucket"
        for step in (["mb", at], ["sync", tree + "/", at + "/tree/"], ["cp", at + "/tree/a+b c.txt", at + "/b+c d"],
                     ["get", "--force", at + "/b+c d", os.path.join(folder, "got")],
                     ["mv", at + "/b+c d", at + "/moved"], ["la"], ["sync", at + "/tree/", os.path.join(folder, "back") + "/"],
                     ["info", at], ["info", at + "/moved"], ["del", at + "/moved"], ["del", "--recursive", "--force", at], ["rb", at]):
            run(["s3cmd", "--config", config, "--no-progress", *step])
        run(["diff", "-r", tree, os.path.join(folder, "back")])


def server(kind, options, ca):
    with stores.embedded(*options) as store:
        endpoint = Endpoint(store.endpoint, ca, stores.ACCESS_KEY, stores.SECRET_KEY)
        assert endpoint.signed("PUT", f"/{BUCKET}")[0] == 200
        buckets(endpoint, kind)
        objects(endpoint, kind, store)
        strangers(endpoint, kind)
        settings(endpoint, kind, store, ca)
        raw_bytes(endpoint, kind)
        clients(store, kind, ca)


def regions():
    """A server with a region of its own: a client that signs for another one learns the right one."""
    with stores.embedded("--region", "eu-central-1") as store:
        endpoint = Endpoint(store.endpoint, None, stores.ACCESS_KEY, stores.SECRET_KEY)
        with case("a client that signs for another region learns the right one from a HEAD, too"):
            right = client_of(store, region="eu-central-1")
            right.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
            status, fields, _ = endpoint.signed("HEAD", f"/{BUCKET}")
            assert status == 400 and fields["x-amz-bucket-region"] == "eu-central-1", (status, fields)
            assert right.head_bucket(Bucket=BUCKET)["BucketRegion"] == "eu-central-1"
            for answer in (endpoint.signed("GET", f"/{BUCKET}/k"), endpoint.presigned("GET", f"/{BUCKET}/k")):
                assert answer[0] == 400 and text_of(answer[2], "Region") == "eu-central-1", answer
                assert answer[1]["x-amz-bucket-region"] == "eu-central-1", answer
            page = right.list_buckets(MaxBuckets=1)
            assert page["Buckets"][0]["BucketRegion"] == "eu-central-1", page


def client_of(store, access_key=stores.ACCESS_KEY, secret_key=stores.SECRET_KEY, endpoint=None, token=None, ca=None,
              region="us-east-1", **config):
    import boto3
    from botocore.config import Config
    config.setdefault("s3", {"addressing_style": "path"})
    return boto3.client("s3", endpoint_url=endpoint or store.endpoint, aws_access_key_id=access_key, verify=ca,
                        aws_secret_access_key=secret_key, region_name=region, aws_session_token=token,
                        config=Config(retries={"max_attempts": 1}, **config))


def by_url(endpoint, method, url, data=b"", headers=()):
    parts = urllib.parse.urlsplit(url)
    host = {"Host": parts.netloc} if parts.netloc != endpoint.host else {}
    return endpoint.deliver(method, f"{parts.path}?{parts.query}", {**dict(headers), **host}, data)


def signed_v2(method, path, headers, endpoint):
    from botocore.auth import HmacV1QueryAuth
    from botocore.awsrequest import AWSRequest
    request = AWSRequest(method=method, url=endpoint.url + path)
    for name, value in headers.items():
        request.headers[name] = value
    HmacV1QueryAuth(endpoint.credentials).add_auth(request)
    return request.url


def older_urls(kind, options, ca):
    """URLs presigned by boto3's default signature, HMAC-SHA1."""
    with stores.embedded("--sigv2", *options) as store:
        endpoint = Endpoint(store.endpoint, ca, stores.ACCESS_KEY, stores.SECRET_KEY)
        assert endpoint.signed("PUT", f"/{BUCKET}")[0] == 200
        signer = client_of(store, ca=ca, signature_version="s3")
        with case(f"{kind}: URLs presigned in the older way"):
            at = {"Bucket": BUCKET, "Key": "older +%/ü"}
            url = signer.generate_presigned_url("put_object", {**at, "Metadata": {"b": "2", "a": "1 x"},
                                                               "ContentType": "text/x", "StorageClass": "STANDARD_IA"})
            assert "AWSAccessKeyId=" in url and "X-Amz" not in url, url
            assert by_url(endpoint, "PUT", url, BODY)[0] == 200
            assert by_url(endpoint, "PUT", url, BODY, {"Content-Type": "text/x"})[0] == 200
            assert by_url(endpoint, "PUT", url, BODY, {"Content-Type": "other/x"})[0] in (400, 403)
            for token in (None, "session+token/"):
                reader = client_of(store, ca=ca, signature_version="s3", token=token)
                url = reader.generate_presigned_url("get_object", {**at, "ResponseContentType": "a/b",
                                                                   "ResponseContentDisposition": "x; y=\"z\""})
                status, fields, body = by_url(endpoint, "GET", url)
                assert (status, body) == (200, BODY), (url, body)
                assert fields["content-type"] == "a/b" and fields["content-disposition"] == 'x; y="z"', fields
                assert fields["x-amz-meta-a"] == "1 x" and fields["x-amz-meta-b"] == "2", fields
                assert fields["x-amz-storage-class"] == "STANDARD_IA", fields
            assert by_url(endpoint, "GET", signer.generate_presigned_url(
                "list_objects_v2", {"Bucket": BUCKET, "Prefix": "old"}))[0] == 200
            assert by_url(endpoint, "GET", signer.generate_presigned_url("get_bucket_acl", {"Bucket": BUCKET}))[0] == 200
            hosted = client_of(store, ca=ca, signature_version="s3", s3={"addressing_style": "virtual"},
                               endpoint=store.endpoint.replace("127.0.0.1", "localhost"))
            url = hosted.generate_presigned_url("get_object", at)
            assert f"//{BUCKET}.localhost" in url, url
            assert by_url(endpoint, "GET", url)[2] == BODY

        with case(f"{kind}: a URL presigned in the older way is good for what it says"):
            url = signer.generate_presigned_url("get_object", at)
            number = int(re.search(r"Expires=(\d+)", url).group(1))
            for changed, code in ((url.replace(f"Expires={number}", f"Expires={number + 1}"), "SignatureDoesNotMatch"),
                                  (url.replace("older", "colder"), "SignatureDoesNotMatch"),
                                  (url + "&acl", "SignatureDoesNotMatch"), (url + "&x-amz-meta-a=b", "SignatureDoesNotMatch"),
                                  (url + "&foo=1", "NotImplemented"), (url + "&X-Amz-Expires=1", "SignatureDoesNotMatch"),
                                  (url.replace(stores.ACCESS_KEY, "OTHER"), "InvalidAccessKeyId"),
                                  (re.sub(r"&Expires=\d+", "", url), "AccessDenied")):
                assert changed != url
                status, _, body = by_url(endpoint, "GET", changed)
                assert code_of(body) == code and status in (400, 403, 501), (changed, body)
            assert by_url(endpoint, "DELETE", url)[0] == 403
            past = client_of(store, ca=ca, signature_version="s3").generate_presigned_url("get_object", at, ExpiresIn=-5)
            status, _, body = by_url(endpoint, "GET", past)
            assert (status, code_of(body), text_of(body, "Message")) == (403, "AccessDenied", "Request has expired"), body
            listing = signer.generate_presigned_url("list_objects", {"Bucket": BUCKET})
            for more in ("encryption", "policyStatus", "publicAccessBlock"):
                status, _, body = by_url(endpoint, "GET", f"{listing}&{more}")
                assert status in (403, 501), (more, body)
            status, _, body = endpoint.deliver("GET", f"/{BUCKET}", {"Authorization": "AWS key:signature"})
            assert (status, code_of(body)) == (400, "InvalidRequest"), body
            put = signed_v2("PUT", f"/{BUCKET}/hashed", {"x-amz-content-sha256": hashlib.sha256(BODY).hexdigest()}, endpoint)
            assert by_url(endpoint, "PUT", put, BODY)[0] == 200
            status, _, body = by_url(endpoint, "PUT", put, b"other")
            assert code_of(body) == "XAmzContentSHA256Mismatch", body
            for payload, code in (("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "InvalidRequest"), ("nonsense", "InvalidArgument")):
                put = signed_v2("PUT", f"/{BUCKET}/hashed", {"x-amz-content-sha256": payload}, endpoint)
                status, _, body = by_url(endpoint, "PUT", put, BODY)
                assert (status, code_of(body)) == (400, code), (payload, body)
            put = signed_v2("PUT", f"/{BUCKET}/hashed", {"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
                                                         "x-amz-decoded-content-length": "10"}, endpoint)
            assert by_url(endpoint, "PUT", put, b"a\r\n" + BODY + b"\r\n0\r\n\r\n")[0] == 200
            assert endpoint.signed("GET", f"/{BUCKET}/hashed")[2] == BODY
            wrong = client_of(store, secret_key="wrong", ca=ca, signature_version="s3")
            status, _, body = by_url(endpoint, "GET", wrong.generate_presigned_url("get_object", at))
            assert code_of(body) == "SignatureDoesNotMatch", body
            assert text_of(body, "StringToSign").startswith("GET\n\n\n"), body

    with stores.embedded(*options) as store, case(f"{kind}: without --sigv2 the older way is refused"):
        endpoint = Endpoint(store.endpoint, ca, stores.ACCESS_KEY, stores.SECRET_KEY)
        status, _, body = by_url(endpoint, "GET", signer.generate_presigned_url("list_buckets"))
        assert (status, code_of(body)) == (400, "InvalidRequest"), body


def anybody(kind, options, ca):
    """--any-credentials: keys and secrets that the server has never heard of."""
    with stores.embedded("--any-credentials", "--sigv2", *options) as store:
        with case(f"{kind}: any credentials do everything"):
            for key, secret, token in (("AKIAIOSFODNN7EXAMPLE", "whatever", None), ("a/b", "c", "token")):
                client = client_of(store, key, secret, ca=ca, token=token, signature_version="s3v4")
                name = BUCKET + str(len(key))
                client.create_bucket(Bucket=name)
                client.put_object(Bucket=name, Key="k", Body=BODY)
                assert client.get_object(Bucket=name, Key="k")["Body"].read() == BODY
                endpoint = Endpoint(store.endpoint, ca, key, secret)
                for version in ("s3", "s3v4"):
                    signer = client_of(store, key, secret, ca=ca, token=token, signature_version=version)
                    url = signer.generate_presigned_url("get_object", {"Bucket": name, "Key": "k"})
                    assert by_url(endpoint, "GET", url)[2] == BODY
                client.delete_object(Bucket=name, Key="k")
                client.delete_bucket(Bucket=name)

        with case(f"{kind}: any credentials, but some, and what they say is compared"):
            endpoint = Endpoint(store.endpoint, ca, "any", "any")
            assert endpoint.signed("PUT", f"/{BUCKET}")[0] == 200
            status, _, body = endpoint.deliver("GET", f"/{BUCKET}", {})
            assert (status, code_of(body)) == (403, "AccessDenied"), body
            status, _, body = endpoint.signed("PUT", f"/{BUCKET}/k", data=BODY, headers={"x-amz-checksum-crc32": "AAAAAA=="})
            assert code_of(body) == "BadDigest", body
            for trailer in (b"", b"x-amz-checksum-crc32:AAAAAA==\r\n\r\nx-amz-trailer-signature:" + b"0" * 64 + b"\r\n"):
                kind_of = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" + ("-TRAILER" if trailer else "")
                chunk = b";chunk-signature=" + b"0" * 64 + b"\r\n"
                data = b"a" + chunk + BODY + b"\r\n0" + chunk + trailer + b"\r\n"
                status, _, body = chunks(endpoint, f"/{BUCKET}/chunks", data, kind_of, bool(trailer))
                assert (status, code_of(body)) == ((400, "BadDigest") if trailer else (200, "")), body
            assert endpoint.signed("GET", f"/{BUCKET}/chunks")[2] == BODY


def chunks(endpoint, path, data, payload, has_trailer):
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest

    class Signer(S3SigV4Auth):
        def payload(self, request):
            return payload

        def _should_sha256_sign_payload(self, request):
            return True

    request = AWSRequest(method="PUT", url=endpoint.url + path, data=data)
    request.headers["X-Amz-Content-SHA256"] = payload
    request.headers["X-Amz-Decoded-Content-Length"] = str(len(BODY))
    if has_trailer:
        request.headers["X-Amz-Trailer"] = "x-amz-checksum-crc32"
    Signer(endpoint.credentials, "s3", "us-east-1").add_auth(request)
    return endpoint.deliver("PUT", path, dict(request.headers.items()), data)


def main():
    if not stores.need("s3 answers"):
        return
    server("plain", (), None)
    older_urls("plain", (), None)
    anybody("plain", (), None)
    regions()
    if not shutil.which("openssl"):
        stores.skip("s3 answers over TLS", "openssl is not there")
        return
    from webs import Pki
    with tempfile.TemporaryDirectory() as folder:
        pki = Pki(folder)
        options = ("--tls-cert", pki.certificate, "--tls-key", pki.key)
        server("TLS", options, pki.ca)
        older_urls("TLS", options, pki.ca)
        anybody("TLS", options, pki.ca)


main()
stores.finish()
