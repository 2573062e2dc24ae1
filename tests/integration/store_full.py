"""`serve s3 --store FOLDER` on a medium that is full: refused by name, nothing half done stays, and what goes makes room.
Mounts a tmpfs of its own; skips where that is not allowed."""
import contextlib
import os
import subprocess
import sys
import tempfile
import time

from botocore.exceptions import ClientError

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from stores import case, embedded, finish, skip  # noqa: E402

TITLE = "store: a full medium is 507 InsufficientStorage, and leaves nothing half done"
MEDIUM, SIZE = 16 << 20, 3 << 20
PATIENCE_S = 30


@contextlib.contextmanager
def small_medium():
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={MEDIUM}", "tmpfs", folder], capture_output=True, check=False)
        if done.returncode != 0:
            skip(TITLE, done.stderr.decode().strip()[:200])
            finish()
        try:
            yield folder
        finally:
            subprocess.run(["umount", folder], check=True)


def files_in(folder):
    return sorted(name for _, _, names in os.walk(folder) for name in names)


def is_emptied(folder):
    """A write under way holds its file for a moment behind the answer."""
    until = time.monotonic() + PATIENCE_S
    while files_in(folder) and time.monotonic() < until:
        time.sleep(0.01)
    return not files_in(folder)


def fill(s3):
    """Puts until one is refused; how many are there."""
    for number in range(MEDIUM // SIZE + 1):
        try:
            s3.put_object(Bucket="bucket", Key=f"k{number}", Body=bytes([number + 1]) * SIZE)
        except ClientError as error:
            said = error.response
            assert (said["Error"]["Code"], said["ResponseMetadata"]["HTTPStatusCode"]) == ("InsufficientStorage", 507), said
            return number
    raise AssertionError("more is let in than fits")


with small_medium() as place, case(TITLE):
    store_folder = os.path.join(place, "store")
    with embedded("--store", store_folder) as store:
        client = store.boto3()
        client.create_bucket(Bucket="bucket")
        count = fill(client)
        assert count == (MEDIUM - 1) // SIZE, count
        assert is_emptied(os.path.join(store_folder, "tmp")), "something is left in tmp"
        assert len(files_in(os.path.join(store_folder, "objects"))) == count
        client.delete_object(Bucket="bucket", Key="k0")
        client.put_object(Bucket="bucket", Key="again", Body=b"a" * SIZE)
    with embedded("--store", store_folder, "--scrub", "full") as store:
        client = store.boto3()
        for at in range(1, count):
            assert client.get_object(Bucket="bucket", Key=f"k{at}")["Body"].read() == bytes([at + 1]) * SIZE
        assert client.get_object(Bucket="bucket", Key="again")["Body"].read() == b"a" * SIZE
        assert not files_in(os.path.join(store_folder, "damaged"))
finish()
