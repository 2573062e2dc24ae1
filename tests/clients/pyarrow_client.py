"""pyarrow's file system, which is the AWS SDK for C++, against the embedded store."""
import urllib.parse

import client_cases as cases
import pyarrow
from client_cases import BLANKS, LARGE, LISTED, OBJECT, Store, operation, same
from pyarrow import fs

store = Store("pyarrow")
B, OTHER = store.bucket, store.other
s3 = fs.S3FileSystem(endpoint_override=urllib.parse.urlsplit(cases.ENDPOINT).netloc, scheme="http", region=cases.REGION,
                     access_key=cases.ACCESS_KEY, secret_key=cases.SECRET_KEY, allow_bucket_creation=True,
                     allow_bucket_deletion=True, connect_timeout=10, request_timeout=30)


def write(key, data, **options):
    with s3.open_output_stream(f"{B}/{key}", **options) as stream:
        stream.write(data)


def read(path):
    with s3.open_input_stream(path) as stream:
        return stream.read()


@operation("bucket")
def bucket():
    s3.create_dir(B)
    s3.create_dir(OTHER)
    listed = [each.path for each in s3.get_file_info(fs.FileSelector(""))]
    assert B in listed and OTHER in listed, listed


@operation("put")
def put():
    write("put", OBJECT)
    same(store.read("put"), OBJECT)


@operation("get")
def get():
    store.write("get")
    same(read(f"{B}/get"), OBJECT)


@operation("range")
def ranged():
    store.write("range")
    with s3.open_input_file(f"{B}/range") as file:
        same(file.read_at(1000, 1000), OBJECT[1000:2000])


@operation("list")
def listing():
    store.fill_list()
    found = s3.get_file_info(fs.FileSelector(f"{B}/list", recursive=True))
    same(sorted(each.path for each in found if each.type == fs.FileType.File), [f"{B}/{key}" for key in LISTED], "keys")
    same(sorted(each.path for each in s3.get_file_info(fs.FileSelector(f"{B}/list"))), [f"{B}/list/a", f"{B}/list/b"],
         "folders")


@operation("metadata")
def metadata():
    write("metadata", b"x", metadata={"Content-Type": "text/x-test", "colour": "dark blue"})
    same(store.head("metadata")["content-type"], "text/x-test", "content type")
    with s3.open_input_stream(f"{B}/metadata") as stream:
        same(stream.metadata()["Content-Type"], b"text/x-test", "content type")
    if "x-amz-meta-colour" not in store.head("metadata"):
        raise cases.Gap("the client sends the content type, and no field of the user's")


cases.gap("tags", "the client has no such call")


@operation("copy")
def copy():
    store.write("source", x_amz_meta_colour="blue")
    s3.copy_file(f"{B}/source", f"{B}/copied")
    same(store.read("copied"), OBJECT)
    same(store.head("copied")["x-amz-meta-colour"], "blue", "metadata")


@operation("other-bucket")
def other_bucket():
    store.write("source")
    s3.copy_file(f"{B}/source", f"{OTHER}/copied")
    same(store.read("copied", OTHER), OBJECT)


@operation("blanks")
def blanks():
    for key in BLANKS:
        write(key, key.encode())
        same(store.read(key), key.encode())
        s3.move(f"{B}/{key}", f"{B}/moved/{key}")
        same(store.keys("moved/" + key), ["moved/" + key], "keys")
        same(read(f"{B}/moved/{key}"), key.encode())


@operation("multipart")
def multipart():
    """It sends a part as soon as 10 MiB have come."""
    write("multipart", LARGE)
    cases.in_parts(store, "multipart", parts=int(store.head("multipart")["etag"].strip('"').partition("-")[2] or 0))
    assert "-" in store.head("multipart")["etag"]
    same(read(f"{B}/multipart"), LARGE)


cases.gap("presign", "the client has no such call")


@operation("sync")
def sync():
    """A tree from bucket to bucket, and back into memory."""
    store.write("tree/deep/a b")
    fs.copy_files(f"{B}/tree", f"{OTHER}/tree", source_filesystem=s3, destination_filesystem=s3)
    same(store.read("tree/deep/a b", OTHER), OBJECT)


@operation("delete")
def delete():
    s3.delete_file(f"{B}/put")
    assert "put" not in store.keys()
    s3.delete_dir(f"{B}/list")
    same(store.keys("list/"), [], "keys")
    for name in (B, OTHER):
        s3.delete_dir(name)
    store.is_gone(B, OTHER)


cases.main("pyarrow", pyarrow.__version__)
