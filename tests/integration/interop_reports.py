"""Bug reports that users of other S3 clients have filed, each tried with headrace against the embedded store and versitygw."""
import os
import sys

sys.path[0] = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support")  # this folder's secrets.py hides another
import drivers  # noqa: E402
import stores  # noqa: E402

NAME = "interop_reports"
BUCKET = "reports"
# versitygw keeps objects as files, which these keys cannot be or which XML cannot hold.
GAPS = {("minio", "aws/aws-sdk-js-v3#5520")}  # it drops an Expires that is no date
NO_FILES = {"boto/boto3#2005", "boto/botocore#3496", "aws/aws-sdk-cpp#1924", "versity/versitygw#2274", "s3tools/s3cmd#976"}


def equal(found, wanted):
    assert found == wanted, (str(found)[:300], str(wanted)[:300])


def put_list_delete(driver, keys):
    """Keys that are put, read, listed, and deleted by one request."""
    for key in keys:
        driver.do("put", bucket=BUCKET, key=key, body=key)
        equal(driver.do("get", bucket=BUCKET, key=key)["body"], key)
    listed = [entry["key"] for entry in driver.do("list", bucket=BUCKET)["entries"]]
    equal(listed, sorted(keys, key=str.encode))
    result = driver.do("delete_many", bucket=BUCKET, keys=[[key] for key in keys])
    equal(sorted((entry["key"], entry["code"]) for entry in result["entries"]), sorted((key, "") for key in keys))
    equal(driver.do("list", bucket=BUCKET)["entries"], [])


def control_characters(driver, _):
    """XML cannot hold them: a request for many says so, and one for each works."""
    put_list_delete(driver, ["c/\r", "c/\t\n", "c/\x7f"])
    for key in ("c/\x10\x10foo.jpg", "c/\x01", "c/\x1f"):
        driver.do("put", bucket=BUCKET, key=key, body=key)
        equal([entry["key"] for entry in driver.do("list", bucket=BUCKET)["entries"]], [key])
        equal(driver.code("delete_many", bucket=BUCKET, keys=[[key]]), "HR_ERR_S3_KEY_INVALID")
        driver.do("delete", bucket=BUCKET, key=key)


def blank_keys(driver, _):
    put_list_delete(driver, [" ", "\n", "  a  ", "b "])


def markup_in_keys(driver, _):
    put_list_delete(driver, ["aaa/a<a", "a>&b", "a]]>b", "&amp;", "quote\"'"])


def upload_of_control_characters(driver, client):
    """Each answer names the key in XML that is none, and the upload works all the same."""
    key = "test\x07.txt"
    upload = {"bucket": BUCKET, "key": key, "upload_id": driver.do("upload_create", bucket=BUCKET, key=key)["upload_id"]}
    part = driver.do("upload_part", part_number=1, body="bell", **upload)
    driver.do("upload_complete", parts=[[1, part["etag"]]], **upload)
    equal(client.get_object(Bucket=BUCKET, Key=key)["Body"].read(), b"bell")
    driver.do("delete", bucket=BUCKET, key=key)
    equal(client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []), [])


def copy_of_odd_keys(driver, client):
    for key in ("etc/c++", "a b", "test/example%2fkey", "my/{e14c}/x", "[1]", "ü?x=1#y", "100%", "a+b c%20d"):
        driver.do("put", bucket=BUCKET, key=key, body=key)
        driver.do("copy", bucket=BUCKET, key="copy " + key, source={"bucket": BUCKET, "key": key})
        equal(client.get_object(Bucket=BUCKET, Key="copy " + key)["Body"].read(), key.encode())
        driver.do("delete_many", bucket=BUCKET, keys=[[key], ["copy " + key]])


def metadata_beyond_ascii(driver, _):
    result = driver.ask("put", bucket=BUCKET, key="m", body="x", metadata=[["name", "groß.jpg"]])
    equal(result["error"]["name"], "HR_ERR_HEADER_INVALID")
    assert 'metadata "name"' in result["error"]["message"], result["error"]


def metadata_with_blanks(driver, client):
    driver.do("put", bucket=BUCKET, key="m", body="x", metadata=[["name", "annual  report   x"]])
    assert client.head_object(Bucket=BUCKET, Key="m")["Metadata"]["name"].split() == ["annual", "report", "x"]
    driver.do("delete", bucket=BUCKET, key="m")


def prefixes_are_decoded(driver, _):
    keys = ["reports/year=2015/a", "reports/a b+c/x", "reports/한글/x"]
    for key in keys:
        driver.do("put", bucket=BUCKET, key=key, body="x")
    got = driver.do("list", bucket=BUCKET, prefix="reports/", delimiter="/")
    equal({entry["key"] for entry in got["entries"]}, {key.rpartition("/")[0] + "/" for key in keys})
    driver.do("delete_many", bucket=BUCKET, keys=[[key] for key in keys])


def slashes_and_dots(driver, _):
    put_list_delete(driver, ["a//", "a///b", "a/./b", "a/..", ".", "//..", "x/."])


def leading_slash(driver, _):
    put_list_delete(driver, ["/foo", "//foo", "/"])


def copy_without_tags(driver, client):
    driver.do("put", bucket=BUCKET, key="t", body="x", options={"tags": [["a", "b"]]})
    driver.do("copy", bucket=BUCKET, key="t2", source={"bucket": BUCKET, "key": "t"}, replace_tags=True)
    equal(client.get_object_tagging(Bucket=BUCKET, Key="t2")["TagSet"], [])
    driver.do("delete_many", bucket=BUCKET, keys=[["t"], ["t2"]])


def expires_that_is_no_date(driver, _):
    driver.do("put", bucket=BUCKET, key="e", body="x", fields=[["Expires", "2023-01-01"]])
    equal(driver.do("head", bucket=BUCKET, key="e")["head"]["expires"], "2023-01-01")
    driver.do("delete", bucket=BUCKET, key="e")


def tags_with_blanks(driver, client):
    driver.do("put", bucket=BUCKET, key="t", body="x", options={"tags": [["a     ", "     b"]]})
    equal(client.get_object_tagging(Bucket=BUCKET, Key="t")["TagSet"], [{"Key": "a     ", "Value": "     b"}])
    driver.do("delete", bucket=BUCKET, key="t")


def etag_as_it_came(driver, client):
    etag = client.put_object(Bucket=BUCKET, Key="q", Body=b"x")["ETag"]
    for value in (etag, etag.strip('"')):
        equal(driver.do("get", bucket=BUCKET, key="q", options={"conditions": {"if_match": value}})["body"], "x")
        driver.do("put", bucket=BUCKET, key="q", body="x", conditions={"if_match": value})
        driver.do("copy", bucket=BUCKET, key="q2", source={"bucket": BUCKET, "key": "q", "conditions": {"if_match": value}})
    driver.do("delete_many", bucket=BUCKET, keys=[["q"], ["q2"]])


REPORTS = {
    "boto/boto3#2005": control_characters,
    "s3tools/s3cmd#976": blank_keys,
    "aws/aws-sdk-php#1790": markup_in_keys,
    "boto/botocore#3496": upload_of_control_characters,
    "awslabs/aws-sdk-rust#1357, aws/aws-sdk-go#1431, google/go-cloud#3402": copy_of_odd_keys,
    "minio/minio-py#764": metadata_beyond_ascii,
    "supabase/storage#1396": metadata_with_blanks,
    "aws/aws-sdk-java#600": prefixes_are_decoded,
    "aws/aws-sdk-cpp#1924": slashes_and_dots,
    "versity/versitygw#2274": leading_slash,
    "minio/minio-java#1633": copy_without_tags,
    "aws/aws-sdk-js-v3#5520": expires_that_is_no_date,
    "aws/aws-sdk-go-v2#3045": tags_with_blanks,
    "adobe/S3Mock#2665": etag_as_it_came,
}


def main():
    for store in stores.each(NAME):
        client = store.boto3(signature_version="s3v4", s3={"addressing_style": "path", "payload_signing_enabled": True})
        with drivers.driver(store) as driver:
            driver.do("bucket_create", bucket=BUCKET)
            for report, attempt in REPORTS.items():
                if report in NO_FILES and store.kind in ("versitygw", "minio") or (store.kind, report) in GAPS:
                    continue
                with stores.case(f"{store.kind}, {attempt.__name__}, {report}"):
                    attempt(driver, client)
                for entry in driver.do("list", bucket=BUCKET)["entries"]:  # left by a failure
                    driver.do("delete", bucket=BUCKET, key=entry["key"])
    stores.finish()


if __name__ == "__main__":
    main()
