"""boto3, and its transfer manager, against the embedded store."""
import io

import boto3
import client_cases as cases
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from client_cases import BLANKS, LARGE, LISTED, MIB, OBJECT, TAGS, Store, operation, same

store = Store("boto3")
B, OTHER = store.bucket, store.other
s3 = boto3.client("s3", endpoint_url=cases.ENDPOINT, region_name=cases.REGION, aws_access_key_id=cases.ACCESS_KEY,
                  aws_secret_access_key=cases.SECRET_KEY,
                  config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}))


@operation("bucket")
def bucket():
    s3.create_bucket(Bucket=B)
    s3.create_bucket(Bucket=OTHER)
    assert {B, OTHER} <= {each["Name"] for each in s3.list_buckets()["Buckets"]}
    s3.head_bucket(Bucket=B)


@operation("put")
def put():
    s3.put_object(Bucket=B, Key="put", Body=OBJECT)
    same(store.read("put"), OBJECT)


@operation("get")
def get():
    store.write("get")
    same(s3.get_object(Bucket=B, Key="get")["Body"].read(), OBJECT)


@operation("range")
def ranged():
    store.write("range")
    got = s3.get_object(Bucket=B, Key="range", Range="bytes=1000-1999")
    same(got["Body"].read(), OBJECT[1000:2000])
    same(got["ContentRange"], "bytes 1000-1999/100000", "Content-Range")


@operation("list")
def listing():
    store.fill_list()
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=B, Prefix="list/", PaginationConfig={"PageSize": 10})
    same([each["Key"] for page in pages for each in page["Contents"]], LISTED, "keys")
    page = s3.list_objects_v2(Bucket=B, Prefix="list/", Delimiter="/")
    same([each["Prefix"] for each in page["CommonPrefixes"]], ["list/a/", "list/b/"], "folders")


@operation("metadata")
def metadata():
    s3.put_object(Bucket=B, Key="metadata", Body=b"x", ContentType="text/x-test", Metadata={"colour": "dark blue"})
    head = s3.head_object(Bucket=B, Key="metadata")
    same((head["ContentType"], head["Metadata"]), ("text/x-test", {"colour": "dark blue"}), "metadata")


@operation("tags")
def tags():
    store.write("tags")
    wanted = [{"Key": key, "Value": value} for key, value in TAGS.items()]
    s3.put_object_tagging(Bucket=B, Key="tags", Tagging={"TagSet": wanted})
    got = s3.get_object_tagging(Bucket=B, Key="tags")["TagSet"]
    same({tag["Key"]: tag["Value"] for tag in got}, TAGS, "tags")
    s3.delete_object_tagging(Bucket=B, Key="tags")
    same(s3.get_object_tagging(Bucket=B, Key="tags")["TagSet"], [], "tags")


@operation("copy")
def copy():
    store.write("source", x_amz_meta_colour="blue")
    s3.copy_object(Bucket=B, Key="copied", CopySource={"Bucket": B, "Key": "source"})
    same(store.read("copied"), OBJECT)
    same(store.head("copied")["x-amz-meta-colour"], "blue", "metadata")


@operation("other-bucket")
def other_bucket():
    store.write("source")
    s3.copy({"Bucket": B, "Key": "source"}, OTHER, "copied")
    same(store.read("copied", OTHER), OBJECT)


@operation("blanks")
def blanks():
    for key in BLANKS:
        s3.put_object(Bucket=B, Key=key, Body=key.encode())
        same(store.read(key), key.encode())
        same(s3.get_object(Bucket=B, Key=key)["Body"].read(), key.encode())
        s3.copy_object(Bucket=B, Key=key + " 2", CopySource={"Bucket": B, "Key": key})
        same(store.read(key + " 2"), key.encode())
        same([each["Key"] for each in s3.list_objects_v2(Bucket=B, Prefix=key)["Contents"]], [key, key + " 2"], "keys")


@operation("multipart")
def multipart():
    parts = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB)
    s3.upload_fileobj(io.BytesIO(LARGE), B, "multipart", Config=parts)
    cases.in_parts(store, "multipart")
    got = io.BytesIO()
    s3.download_fileobj(B, "multipart", got, Config=parts)
    same(got.getvalue(), LARGE)


@operation("presign")
def presign():
    store.write("presign")
    signer = boto3.client("s3", endpoint_url=cases.ENDPOINT, region_name=cases.REGION, aws_access_key_id=cases.ACCESS_KEY,
                          aws_secret_access_key=cases.SECRET_KEY, config=Config(signature_version="s3v4"))
    same(cases.fetch(signer.generate_presigned_url("get_object", {"Bucket": B, "Key": "presign"})), OBJECT)


cases.gap("sync", "the client has no such call")


@operation("delete")
def delete():
    s3.delete_object(Bucket=B, Key="put")
    assert "put" not in store.keys()
    for name in (B, OTHER):
        keys = [{"Key": key} for key in store.keys(bucket=name)]
        same(s3.delete_objects(Bucket=name, Delete={"Objects": keys}).get("Errors"), None, "errors")
        s3.delete_bucket(Bucket=name)
    store.is_gone(B, OTHER)


cases.main("boto3", boto3.__version__)
