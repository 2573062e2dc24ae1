"""s3cmd against the embedded store."""
import urllib.parse

import client_cases as cases
from client_cases import BLANKS, LARGE, LISTED, OBJECT, Files, Store, operation, same

store, files = Store("s3cmd"), Files()
B, OTHER = store.bucket, store.other
HOST = urllib.parse.urlsplit(cases.ENDPOINT).netloc
with open(files.path("config"), "w", encoding="ascii") as config:
    config.write(f"[default]\nhost_base = {HOST}\nhost_bucket = {HOST}\nuse_https = False\nsignature_v2 = False\n"
                 f"multipart_chunk_size_mb = 5\nmax_retries = 1\nbucket_location = {cases.REGION}\n")


def s3cmd(*arguments):
    return cases.run("s3cmd", "--config", files.path("config"), "--no-progress", *arguments)


@operation("bucket")
def bucket():
    s3cmd("mb", f"s3://{B}", f"s3://{OTHER}")
    listed = s3cmd("ls").decode()
    assert B in listed and OTHER in listed, listed


@operation("put")
def put():
    s3cmd("put", files.write("put"), f"s3://{B}/put")
    same(store.read("put"), OBJECT)


@operation("get")
def get():
    store.write("get")
    s3cmd("get", f"s3://{B}/get", files.path("got"))
    same(files.read("got"), OBJECT)


@operation("range")
def ranged():
    """What it has: it goes on with a file that is there in part."""
    store.write("range")
    s3cmd("get", "--continue", f"s3://{B}/range", files.write("range", OBJECT[:1000]))
    same(files.read("range"), OBJECT)


@operation("list")
def listing():
    store.fill_list()
    told = s3cmd("ls", "--recursive", f"s3://{B}/list/").decode().split()
    same([word for word in told if word.startswith("s3:")], [f"s3://{B}/{key}" for key in LISTED], "keys")
    same(s3cmd("ls", f"s3://{B}/list/").decode().split(), ["DIR", f"s3://{B}/list/a/", "DIR", f"s3://{B}/list/b/"], "folders")


@operation("metadata")
def metadata():
    s3cmd("put", "--mime-type", "text/x-test", "--add-header", "x-amz-meta-colour: dark blue", files.write("metadata"),
          f"s3://{B}/metadata")
    head = store.head("metadata")
    same((head["content-type"], head["x-amz-meta-colour"]), ("text/x-test", "dark blue"), "metadata")
    told = s3cmd("info", f"s3://{B}/metadata").decode()
    assert "dark blue" in told and "text/x-test" in told, told


@operation("tags")
def tags():
    store.write("tags")
    s3cmd("settagging", f"s3://{B}/tags", "colour=blue&size=7")
    told = s3cmd("gettagging", f"s3://{B}/tags").decode()
    assert "colour" in told and "blue" in told and "size" in told, told
    s3cmd("deltagging", f"s3://{B}/tags")
    assert "colour" not in s3cmd("gettagging", f"s3://{B}/tags").decode()


@operation("copy")
def copy():
    store.write("source", x_amz_meta_colour="blue")
    s3cmd("cp", f"s3://{B}/source", f"s3://{B}/copied")
    same(store.read("copied"), OBJECT)
    same(store.head("copied")["x-amz-meta-colour"], "blue", "metadata")


@operation("other-bucket")
def other_bucket():
    store.write("source")
    s3cmd("cp", f"s3://{B}/source", f"s3://{OTHER}/copied")
    same(store.read("copied", OTHER), OBJECT)


@operation("blanks")
def blanks():
    for key in BLANKS:
        s3cmd("put", files.write("blanks", key.encode()), f"s3://{B}/{key}")
        same(store.read(key), key.encode())
        s3cmd("mv", f"s3://{B}/{key}", f"s3://{B}/moved/{key}")
        same(store.keys("moved/" + key), ["moved/" + key], "keys")
        s3cmd("get", "--force", f"s3://{B}/moved/{key}", files.path("back"))
        same(files.read("back"), key.encode())


@operation("multipart")
def multipart():
    s3cmd("put", files.write("large", LARGE), f"s3://{B}/multipart")
    cases.in_parts(store, "multipart")
    s3cmd("get", f"s3://{B}/multipart", files.path("large-back"))
    same(files.read("large-back"), LARGE)


@operation("presign")
def presign():
    raise cases.Gap("the client presigns in the older way, which the store has with --sigv2 alone")


@operation("sync")
def sync():
    folder, contents = files.tree("tree")
    s3cmd("sync", folder + "/", f"s3://{B}/tree/")
    same(store.keys("tree/"), sorted("tree/" + path for path in contents), "keys")
    same(s3cmd("sync", "--dry-run", folder + "/", f"s3://{B}/tree/"), b"", "the second time")
    s3cmd("sync", f"s3://{B}/tree/", files.path("twin") + "/")
    files.is_tree("twin", contents)


@operation("delete")
def delete():
    s3cmd("del", f"s3://{B}/put")
    assert "put" not in store.keys()
    for at in (B, OTHER):
        s3cmd("del", "--recursive", "--force", f"s3://{at}")
    same(store.keys(), [], "keys")
    s3cmd("rb", f"s3://{B}", f"s3://{OTHER}")
    store.is_gone(B, OTHER)


cases.main("s3cmd", cases.run("s3cmd", "--version").decode().split()[-1], files)
