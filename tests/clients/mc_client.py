"""mc, MinIO's command line, against the embedded store. HR_MC names another mc program."""
import json
import os
import urllib.parse

import client_cases as cases
from client_cases import BLANKS, LARGE, LISTED, OBJECT, Files, Store, operation, same

store, files = Store("mc"), Files()
B, OTHER = f"x/{store.bucket}", f"x/{store.other}"
MC = os.environ.get("HR_MC", "mc")
HOST = urllib.parse.urlsplit(cases.ENDPOINT).netloc
ENVIRONMENT = {"MC_HOST_x": f"http://{cases.ACCESS_KEY}:{cases.SECRET_KEY}@{HOST}", "MC_CONFIG_DIR": files.path("mc")}


def mc(*arguments, data=None):
    return cases.run(MC, "--quiet", *arguments, data=data, environment=ENVIRONMENT)


def told_by(*arguments):
    return [json.loads(line) for line in mc("--json", *arguments).decode().splitlines()]


@operation("bucket")
def bucket():
    mc("mb", B)
    mc("mb", OTHER)
    listed = [each["key"] for each in told_by("ls", "x")]
    assert store.bucket + "/" in listed and store.other + "/" in listed, listed


@operation("put")
def put():
    mc("cp", files.write("put"), f"{B}/put")
    same(store.read("put"), OBJECT)
    mc("pipe", f"{B}/piped", data=OBJECT)
    same(store.read("piped"), OBJECT)


@operation("get")
def get():
    store.write("get")
    mc("cp", f"{B}/get", files.path("got"))
    same(files.read("got"), OBJECT)


@operation("range")
def ranged():
    """What it has: from an offset to the end."""
    store.write("range")
    same(mc("cat", "--offset", "1000", f"{B}/range"), OBJECT[1000:])


@operation("list")
def listing():
    store.fill_list()
    same(["list/" + each["key"] for each in told_by("ls", "--recursive", f"{B}/list/")], LISTED, "keys")
    same([each["key"] for each in told_by("ls", f"{B}/list/")], ["a/", "b/"], "folders")


@operation("metadata")
def metadata():
    mc("cp", "--attr", "Content-Type=text/x-test;colour=dark blue", files.write("metadata"), f"{B}/metadata")
    head = store.head("metadata")
    same((head["content-type"], head["x-amz-meta-colour"]), ("text/x-test", "dark blue"), "metadata")
    told = told_by("stat", f"{B}/metadata")[0]["metadata"]
    same((told["Content-Type"], told["X-Amz-Meta-Colour"]), ("text/x-test", "dark blue"), "metadata")


@operation("tags")
def tags():
    store.write("tags")
    mc("tag", "set", f"{B}/tags", "colour=blue&size=7")
    same(told_by("tag", "list", f"{B}/tags")[0]["tagset"], {"colour": "blue", "size": "7"}, "tags")
    mc("tag", "remove", f"{B}/tags")


@operation("copy")
def copy():
    store.write("source", x_amz_meta_colour="blue")
    mc("cp", f"{B}/source", f"{B}/copied")
    same(store.read("copied"), OBJECT)
    same(store.head("copied")["x-amz-meta-colour"], "blue", "metadata")


@operation("other-bucket")
def other_bucket():
    store.write("source")
    mc("cp", f"{B}/source", f"{OTHER}/copied")
    same(store.read("copied", store.other), OBJECT)


@operation("blanks")
def blanks():
    for key in BLANKS:
        mc("cp", files.write("blanks", key.encode()), f"{B}/{key}")
        same(store.read(key), key.encode())
        mc("mv", f"{B}/{key}", f"{B}/moved/{key}")
        same(store.keys("moved/" + key), ["moved/" + key], "keys")
        same(mc("cat", f"{B}/moved/{key}"), key.encode())


@operation("multipart")
def multipart():
    """Its parts are of 16 MiB and more."""
    data = LARGE + LARGE
    mc("cp", files.write("large", data), f"{B}/multipart")
    cases.in_parts(store, "multipart", data, parts=2)
    mc("cp", f"{B}/multipart", files.path("large-back"))
    same(files.read("large-back"), data)


@operation("presign")
def presign():
    store.write("presign")
    same(cases.fetch(told_by("share", "download", f"{B}/presign")[0]["share"]), OBJECT)


@operation("sync")
def sync():
    folder, contents = files.tree("tree")
    mc("mirror", folder, f"{B}/tree")
    same(store.keys("tree/"), sorted("tree/" + path for path in contents), "keys")
    same(mc("diff", folder, f"{B}/tree"), b"", "the second time")
    mc("mirror", f"{B}/tree", files.path("twin"))
    files.is_tree("twin", contents)


@operation("delete")
def delete():
    mc("rm", f"{B}/put")
    assert "put" not in store.keys()
    mc("rm", "--recursive", "--force", f"{B}/list/")
    same(store.keys("list/"), [], "keys")
    mc("rb", "--force", B)
    mc("rb", "--force", OTHER)
    store.is_gone(store.bucket, store.other)


cases.main("mc", os.environ.get("HR_MC_VERSION") or cases.run(MC, "--version").decode().split()[2], files)
