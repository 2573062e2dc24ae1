"""obstore, which is Rust's object_store, against the embedded store."""
import datetime
import importlib.metadata

import client_cases as cases
import obstore
from client_cases import BLANKS, LARGE, LISTED, MIB, OBJECT, Store, operation, same
from obstore.store import S3Store

store = Store("obstore")
s3 = S3Store(store.bucket, endpoint=cases.ENDPOINT, region=cases.REGION, access_key_id=cases.ACCESS_KEY,
             secret_access_key=cases.SECRET_KEY, virtual_hosted_style_request=False, client_options={"allow_http": True},
             retry_config={"max_retries": 0})


@operation("bucket")
def bucket():
    store.call("PUT")
    raise cases.Gap("the client has no calls for buckets")


@operation("put")
def put():
    obstore.put(s3, "put", OBJECT)
    same(store.read("put"), OBJECT)


@operation("get")
def get():
    store.write("get")
    same(bytes(obstore.get(s3, "get").bytes()), OBJECT)


@operation("range")
def ranged():
    store.write("range")
    same(bytes(obstore.get_range(s3, "range", start=1000, end=2000)), OBJECT[1000:2000])
    several = obstore.get_ranges(s3, "range", starts=[0, 5000], ends=[10, 5010])
    same([bytes(each) for each in several], [OBJECT[:10], OBJECT[5000:5010]], "ranges")


@operation("list")
def listing():
    store.fill_list()
    same(sorted(each["path"] for page in obstore.list(s3, "list/", chunk_size=10) for each in page), LISTED, "keys")
    same(sorted(obstore.list_with_delimiter(s3, "list/")["common_prefixes"]), ["list/a", "list/b"], "folders")


@operation("metadata")
def metadata():
    obstore.put(s3, "metadata", b"x", attributes={"Content-Type": "text/x-test", "colour": "dark blue"})
    head = store.head("metadata")
    same((head["content-type"], head["x-amz-meta-colour"]), ("text/x-test", "dark blue"), "metadata")
    told = obstore.get(s3, "metadata").attributes
    same((told["Content-Type"], told["colour"]), ("text/x-test", "dark blue"), "metadata")


@operation("tags")
def tags():
    """What it has: tags that are given with the object."""
    obstore.put(s3, "tags", b"x", tags={"colour": "blue"})
    assert b"<Key>colour</Key>" in store.call("GET", "tags", "tagging=")[1]


@operation("copy")
def copy():
    store.write("source", x_amz_meta_colour="blue")
    obstore.copy(s3, "source", "copied")
    same(store.read("copied"), OBJECT)
    same(store.head("copied")["x-amz-meta-colour"], "blue", "metadata")


cases.gap("other-bucket", "the client's copy is within a bucket")


@operation("blanks")
def blanks():
    for key in BLANKS:
        obstore.put(s3, key, key.encode())
        same(store.read(key), key.encode())
        obstore.rename(s3, key, "moved/" + key)
        same(store.keys("moved/" + key), ["moved/" + key], "keys")
        same(bytes(obstore.get(s3, "moved/" + key).bytes()), key.encode())


@operation("multipart")
def multipart():
    obstore.put(s3, "multipart", LARGE, use_multipart=True, chunk_size=5 * MIB)
    cases.in_parts(store, "multipart")
    same(bytes(obstore.get(s3, "multipart").bytes()), LARGE)


@operation("presign")
def presign():
    store.write("presign")
    same(cases.fetch(obstore.sign(s3, "GET", "presign", datetime.timedelta(minutes=5))), OBJECT)


cases.gap("sync", "the client has no such call")


@operation("delete")
def delete():
    obstore.delete(s3, "put")
    assert "put" not in store.keys()
    obstore.delete(s3, LISTED)
    same(store.keys("list/"), [], "keys")


cases.main("obstore", importlib.metadata.version("obstore"))
