"""s5cmd against the embedded store. HR_S5CMD names another s5cmd program."""
import json
import os

import client_cases as cases
from client_cases import BLANKS, LARGE, LISTED, OBJECT, Files, Store, operation, same

store, files = Store("s5cmd"), Files()
B, OTHER = store.bucket, store.other
S5CMD = os.environ.get("HR_S5CMD", "s5cmd")


def s5cmd(*arguments, data=None):
    return cases.run(S5CMD, "--endpoint-url", cases.ENDPOINT, "--retry-count", "0", *arguments, data=data,
                     environment={"AWS_REGION": cases.REGION})


@operation("bucket")
def bucket():
    s5cmd("mb", f"s3://{B}")
    s5cmd("mb", f"s3://{OTHER}")
    listed = s5cmd("ls").decode()
    assert B in listed and OTHER in listed, listed


@operation("put")
def put():
    s5cmd("cp", files.write("put"), f"s3://{B}/put")
    same(store.read("put"), OBJECT)


@operation("get")
def get():
    store.write("get")
    s5cmd("cp", f"s3://{B}/get", files.path("got"))
    same(files.read("got"), OBJECT)
    same(s5cmd("cat", f"s3://{B}/get"), OBJECT)


cases.gap("range", "the client has no such option")


@operation("list")
def listing():
    store.fill_list()
    told = [json.loads(line)["key"] for line in s5cmd("--json", "ls", f"s3://{B}/list/*").decode().splitlines()]
    same(sorted(told), [f"s3://{B}/{key}" for key in LISTED], "keys")
    same(s5cmd("ls", f"s3://{B}/list/").decode().split(), ["DIR", "a/", "DIR", "b/"], "folders")


@operation("metadata")
def metadata():
    s5cmd("cp", "--content-type", "text/x-test", "--metadata", "colour=dark blue", files.write("metadata"),
          f"s3://{B}/metadata")
    head = store.head("metadata")
    same((head["content-type"], head["x-amz-meta-colour"]), ("text/x-test", "dark blue"), "metadata")
    told = json.loads(s5cmd("--json", "head", f"s3://{B}/metadata"))
    same((told["content_type"], {name.lower(): value for name, value in told["metadata"].items()}),
         ("text/x-test", {"colour": "dark blue"}), "metadata")


cases.gap("tags", "the client has no such command")


@operation("copy")
def copy():
    """It copies with the directive REPLACE and no metadata."""
    store.write("source")
    s5cmd("cp", f"s3://{B}/source", f"s3://{B}/copied")
    same(store.read("copied"), OBJECT)


@operation("other-bucket")
def other_bucket():
    store.write("source")
    s5cmd("cp", f"s3://{B}/source", f"s3://{OTHER}/copied")
    same(store.read("copied", OTHER), OBJECT)
    store.write("several/a b")
    s5cmd("cp", f"s3://{B}/several/*", f"s3://{OTHER}/several/")
    same(store.read("several/a b", OTHER), OBJECT)


@operation("blanks")
def blanks():
    for key in BLANKS:
        s5cmd("cp", files.write("blanks", key.encode()), f"s3://{B}/{key}")
        same(store.read(key), key.encode())
        s5cmd("mv", f"s3://{B}/{key}", f"s3://{B}/moved/{key}")
        same(store.keys("moved/" + key), ["moved/" + key], "keys")
        same(s5cmd("cat", f"s3://{B}/moved/{key}"), key.encode())


@operation("multipart")
def multipart():
    s5cmd("cp", "--part-size", "5", files.write("large", LARGE), f"s3://{B}/multipart")
    cases.in_parts(store, "multipart")
    s5cmd("cp", "--part-size", "5", f"s3://{B}/multipart", files.path("large-back"))
    same(files.read("large-back"), LARGE)


@operation("presign")
def presign():
    store.write("presign")
    same(cases.fetch(s5cmd("presign", f"s3://{B}/presign").decode().strip()), OBJECT)


@operation("sync")
def sync():
    folder, contents = files.tree("tree")
    s5cmd("sync", folder + "/", f"s3://{B}/tree/")
    same(store.keys("tree/"), sorted("tree/" + path for path in contents), "keys")
    same(s5cmd("--dry-run", "sync", "--size-only", folder + "/", f"s3://{B}/tree/"), b"", "the second time")
    s5cmd("sync", f"s3://{B}/tree/*", files.path("twin") + "/")
    files.is_tree("twin", contents)


@operation("delete")
def delete():
    s5cmd("rm", f"s3://{B}/put")
    assert "put" not in store.keys()
    for at in (B, OTHER):
        s5cmd("rm", f"s3://{at}/*")
        s5cmd("rb", f"s3://{at}")
    store.is_gone(B, OTHER)


cases.main("s5cmd", cases.run(S5CMD, "version").decode().split("-")[0].lstrip("v").strip(), files)
