"""The AWS command line, `s3` and `s3api`, against the embedded store. HR_AWS names another aws program."""
import json
import os

import client_cases as cases
from client_cases import BLANKS, LARGE, LISTED, OBJECT, TAGS, Files, Store, operation, same

store, files = Store("awscli"), Files()
B, OTHER = store.bucket, store.other
AWS = os.environ.get("HR_AWS", "aws")
with open(files.path("config"), "w", encoding="ascii") as config:  # version 1 presigns in an older way than it signs
    config.write("[default]\ns3 =\n  signature_version = s3v4\n  multipart_threshold = 5MB\n  multipart_chunksize = 5MB\n")
ENVIRONMENT = {"AWS_CONFIG_FILE": files.path("config"), "AWS_DEFAULT_REGION": cases.REGION, "AWS_MAX_ATTEMPTS": "1",
               "AWS_PAGER": ""}


def aws(*arguments):
    return cases.run(AWS, "--endpoint-url", cases.ENDPOINT, *arguments, environment=ENVIRONMENT)


def api(name, *arguments):
    out = aws("s3api", name, "--output", "json", "--bucket", B, *arguments)
    return json.loads(out) if out.strip() else {}


@operation("bucket")
def bucket():
    aws("s3", "mb", f"s3://{B}")
    aws("s3", "mb", f"s3://{OTHER}")
    listed = aws("s3", "ls").decode()
    assert B in listed and OTHER in listed, listed


@operation("put")
def put():
    aws("s3", "cp", files.write("put"), f"s3://{B}/put")
    same(store.read("put"), OBJECT)


@operation("get")
def get():
    store.write("get")
    aws("s3", "cp", f"s3://{B}/get", files.path("got"))
    same(files.read("got"), OBJECT)


@operation("range")
def ranged():
    store.write("range")
    told = api("get-object", "--key", "range", "--range", "bytes=1000-1999", files.path("range"))
    same(files.read("range"), OBJECT[1000:2000])
    same(told["ContentRange"], "bytes 1000-1999/100000", "Content-Range")


@operation("list")
def listing():
    store.fill_list()
    told = api("list-objects-v2", "--prefix", "list/", "--page-size", "10")
    same([each["Key"] for each in told["Contents"]], LISTED, "keys")
    same([line.split() for line in aws("s3", "ls", f"s3://{B}/list/").decode().splitlines()], [["PRE", "a/"], ["PRE", "b/"]],
         "folders")


@operation("metadata")
def metadata():
    aws("s3", "cp", files.write("metadata"), f"s3://{B}/metadata", "--content-type", "text/x-test", "--metadata",
        "colour=dark blue")
    told = api("head-object", "--key", "metadata")
    same((told["ContentType"], told["Metadata"]), ("text/x-test", {"colour": "dark blue"}), "metadata")


@operation("tags")
def tags():
    store.write("tags")
    wanted = [{"Key": key, "Value": value} for key, value in TAGS.items()]
    api("put-object-tagging", "--key", "tags", "--tagging", json.dumps({"TagSet": wanted}))
    got = api("get-object-tagging", "--key", "tags")["TagSet"]
    same({tag["Key"]: tag["Value"] for tag in got}, TAGS, "tags")
    api("delete-object-tagging", "--key", "tags")
    same(api("get-object-tagging", "--key", "tags")["TagSet"], [], "tags")


@operation("copy")
def copy():
    store.write("source", x_amz_meta_colour="blue")
    aws("s3", "cp", f"s3://{B}/source", f"s3://{B}/copied")
    same(store.read("copied"), OBJECT)
    same(store.head("copied")["x-amz-meta-colour"], "blue", "metadata")


@operation("other-bucket")
def other_bucket():
    store.write("source")
    aws("s3", "cp", f"s3://{B}/source", f"s3://{OTHER}/copied")
    same(store.read("copied", OTHER), OBJECT)


@operation("blanks")
def blanks():
    for key in BLANKS:
        aws("s3", "cp", files.write("blanks", key.encode()), f"s3://{B}/{key}")
        same(store.read(key), key.encode())
        aws("s3", "mv", f"s3://{B}/{key}", f"s3://{B}/moved/{key}")
        same(store.keys("moved/" + key), ["moved/" + key], "keys")
        aws("s3", "cp", f"s3://{B}/moved/{key}", files.path("back"))
        same(files.read("back"), key.encode())


@operation("multipart")
def multipart():
    aws("s3", "cp", files.write("large", LARGE), f"s3://{B}/multipart")
    cases.in_parts(store, "multipart")
    aws("s3", "cp", f"s3://{B}/multipart", files.path("large-back"))
    same(files.read("large-back"), LARGE)


@operation("presign")
def presign():
    store.write("presign")
    same(cases.fetch(aws("s3", "presign", f"s3://{B}/presign").decode().strip()), OBJECT)


@operation("sync")
def sync():
    folder, contents = files.tree("tree")
    aws("s3", "sync", folder, f"s3://{B}/tree")
    same(store.keys("tree/"), sorted("tree/" + path for path in contents), "keys")
    same(aws("s3", "sync", folder, f"s3://{B}/tree", "--dryrun"), b"", "the second time")
    aws("s3", "sync", f"s3://{B}/tree", files.path("twin"))
    files.is_tree("twin", contents)


@operation("delete")
def delete():
    aws("s3", "rm", f"s3://{B}/put")
    assert "put" not in store.keys()
    aws("s3", "rm", "--recursive", f"s3://{B}/list/")
    same(store.keys("list/"), [], "keys")
    aws("s3", "rb", "--force", f"s3://{B}")
    aws("s3", "rb", "--force", f"s3://{OTHER}")
    store.is_gone(B, OTHER)


version = cases.run(AWS, "--version").decode().split()[0].partition("/")[2]
cases.main("awscli", version, files)
