"""rclone against the embedded store. HR_RCLONE names another rclone program."""
import json
import os

import client_cases as cases
from client_cases import BLANKS, LARGE, LISTED, OBJECT, Files, Store, operation, same

store, files = Store("rclone"), Files()
B, OTHER = f"x:{store.bucket}", f"x:{store.other}"
RCLONE = os.environ.get("HR_RCLONE", "rclone")
ENVIRONMENT = {"RCLONE_CONFIG": files.path("rclone.conf"), "RCLONE_CONFIG_X_TYPE": "s3", "RCLONE_CONFIG_X_PROVIDER": "Other",
               "RCLONE_CONFIG_X_ENDPOINT": cases.ENDPOINT, "RCLONE_CONFIG_X_ACCESS_KEY_ID": cases.ACCESS_KEY,
               "RCLONE_CONFIG_X_SECRET_ACCESS_KEY": cases.SECRET_KEY, "RCLONE_CONFIG_X_REGION": cases.REGION,
               "RCLONE_CONFIG_X_FORCE_PATH_STYLE": "true", "RCLONE_CONFIG_X_UPLOAD_CUTOFF": "5M",
               "RCLONE_CONFIG_X_CHUNK_SIZE": "5M", "RCLONE_RETRIES": "1", "RCLONE_LOW_LEVEL_RETRIES": "1"}


def rclone(*arguments, data=None):
    return cases.run(RCLONE, *arguments, data=data, environment=ENVIRONMENT)


@operation("bucket")
def bucket():
    rclone("mkdir", B)
    rclone("mkdir", OTHER)
    listed = rclone("lsd", "x:").decode()
    assert store.bucket in listed and store.other in listed, listed


@operation("put")
def put():
    rclone("copyto", files.write("put"), f"{B}/put")
    same(store.read("put"), OBJECT)
    rclone("rcat", f"{B}/piped", data=OBJECT)
    same(store.read("piped"), OBJECT)


@operation("get")
def get():
    store.write("get")
    rclone("copyto", f"{B}/get", files.path("got"))
    same(files.read("got"), OBJECT)


@operation("range")
def ranged():
    store.write("range")
    same(rclone("cat", "--offset", "1000", "--count", "1000", f"{B}/range"), OBJECT[1000:2000])


@operation("list")
def listing():
    store.fill_list()
    told = json.loads(rclone("lsjson", "--recursive", "--files-only", f"{B}/list"))
    same(sorted("list/" + each["Path"] for each in told), LISTED, "keys")
    same(rclone("lsf", "--dirs-only", f"{B}/list").decode().split(), ["a/", "b/"], "folders")


@operation("metadata")
def metadata():
    rclone("copyto", "--metadata", "--metadata-set", "colour=dark blue", "--metadata-set", "content-type=text/x-test",
           files.write("metadata"), f"{B}/metadata")
    head = store.head("metadata")
    same((head["content-type"], head["x-amz-meta-colour"]), ("text/x-test", "dark blue"), "metadata")
    told = json.loads(rclone("lsjson", "--stat", "--metadata", f"{B}/metadata"))["Metadata"]
    same((told["content-type"], told["colour"]), ("text/x-test", "dark blue"), "metadata")


cases.gap("tags", "the client has no such command")


@operation("copy")
def copy():
    store.write("source", x_amz_meta_colour="blue")
    rclone("copyto", f"{B}/source", f"{B}/copied")
    same(store.read("copied"), OBJECT)
    same(store.head("copied")["x-amz-meta-colour"], "blue", "metadata")


@operation("other-bucket")
def other_bucket():
    store.write("source")
    rclone("copyto", f"{B}/source", f"{OTHER}/copied")
    same(store.read("copied", store.other), OBJECT)


@operation("blanks")
def blanks():
    for key in BLANKS:
        rclone("copyto", files.write("blanks", key.encode()), f"{B}/{key}")
        same(store.read(key), key.encode())
        rclone("moveto", f"{B}/{key}", f"{B}/moved/{key}")
        same(store.keys("moved/" + key), ["moved/" + key], "keys")
        same(rclone("cat", f"{B}/moved/{key}"), key.encode())


@operation("multipart")
def multipart():
    rclone("copyto", files.write("large", LARGE), f"{B}/multipart")
    cases.in_parts(store, "multipart")
    rclone("copyto", f"{B}/multipart", files.path("large-back"))
    same(files.read("large-back"), LARGE)


@operation("presign")
def presign():
    store.write("presign")
    same(cases.fetch(rclone("link", f"{B}/presign").decode().strip()), OBJECT)


@operation("sync")
def sync():
    folder, contents = files.tree("tree")
    rclone("sync", folder, f"{B}/tree")
    same(store.keys("tree/"), sorted("tree/" + path for path in contents), "keys")
    rclone("check", "--download", folder, f"{B}/tree")
    rclone("sync", f"{B}/tree", f"{OTHER}/tree")
    rclone("sync", f"{OTHER}/tree", files.path("twin"))
    files.is_tree("twin", contents)
    told = cases.run(RCLONE, "sync", "--stats-one-line", "--use-json-log", "--dry-run", "--combined", "-", folder, f"{B}/tree",
                     environment=ENVIRONMENT).decode()
    assert all(line.startswith("=") for line in told.splitlines()), told


@operation("delete")
def delete():
    rclone("deletefile", f"{B}/put")
    assert "put" not in store.keys()
    rclone("purge", f"{B}/list")
    same(store.keys("list/"), [], "keys")
    rclone("purge", B)
    rclone("purge", OTHER)
    store.is_gone(store.bucket, store.other)


cases.main("rclone", cases.run(RCLONE, "version").decode().split()[1].lstrip("v"), files)
