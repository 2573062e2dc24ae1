"""django-storages' S3 storage, as a Django project has it, against the embedded store."""
import importlib.metadata

import client_cases as cases
import django
from client_cases import BLANKS, LARGE, LISTED, OBJECT, Store, operation, same
from django.conf import settings
from django.core.files.base import ContentFile

store = Store("django-storages")
settings.configure(USE_TZ=True)
django.setup()
from storages.backends.s3 import S3Storage  # noqa: E402  (needs Django's settings)

storage = S3Storage(bucket_name=store.bucket, endpoint_url=cases.ENDPOINT, region_name=cases.REGION,
                    access_key=cases.ACCESS_KEY, secret_key=cases.SECRET_KEY, signature_version="s3v4",
                    addressing_style="path", file_overwrite=True,
                    object_parameters={"Metadata": {"colour": "dark blue"}, "CacheControl": "max-age=60"})


@operation("bucket")
def bucket():
    store.call("PUT")
    raise cases.Gap("the client has no calls for buckets")


@operation("put")
def put():
    storage.save("put", ContentFile(OBJECT))
    same(store.read("put"), OBJECT)
    assert storage.exists("put") and not storage.exists("absent") and storage.size("put") == len(OBJECT)


@operation("get")
def get():
    store.write("get")
    with storage.open("get") as file:
        same(file.read(), OBJECT)


cases.gap("range", "the client reads whole objects")


@operation("list")
def listing():
    store.fill_list()
    same(storage.listdir("list/"), (["a", "b"], []), "folders")
    same(["list/a/" + name for name in storage.listdir("list/a/")[1]], [key for key in LISTED if "/a/" in key], "keys")


@operation("metadata")
def metadata():
    storage.save("metadata.html", ContentFile(b"<p>"))
    head = store.head("metadata.html")
    same((head["content-type"], head["x-amz-meta-colour"], head["cache-control"]), ("text/html", "dark blue", "max-age=60"),
         "metadata")


cases.gap("tags", "the client has no such call")
cases.gap("copy", "the client has no such call")
cases.gap("other-bucket", "the client has no such call")


@operation("blanks")
def blanks():
    for key in BLANKS:
        name = storage.save(key, ContentFile(key.encode()))
        same(store.read(name), key.encode())
        with storage.open(name) as file:
            same(file.read(), key.encode())


@operation("multipart")
def multipart():
    """Its parts are of 5 MiB or what it has gathered; they are sent while the file is written."""
    with storage.open("multipart", "wb") as file:
        for at in range(0, len(LARGE), 1 << 20):
            file.write(LARGE[at:at + (1 << 20)])
    cases.in_parts(store, "multipart")


@operation("presign")
def presign():
    store.write("presign")
    url = storage.url("presign")
    assert "X-Amz-Signature" in url, url
    same(cases.fetch(url), OBJECT)


cases.gap("sync", "the client has no such call")


@operation("delete")
def delete():
    storage.delete("put")
    assert "put" not in store.keys() and not storage.exists("put")
    for key in LISTED:
        storage.delete(key)
    same(store.keys("list/"), [], "keys")


cases.main("django-storages", importlib.metadata.version("django-storages"))
