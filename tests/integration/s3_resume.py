"""Objects whose response breaks off, from a store that keeps a script, plain and over TLS: they come whole, each byte once."""
import hashlib
import os
import random
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import stores  # noqa: E402
from stores import case  # noqa: E402
from webs import Pki  # noqa: E402

SIZE = 3_000_000
DATA = random.Random(7).randbytes(SIZE)
CHANGED = random.Random(8).randbytes(SIZE)


class Store:
    """Answers each GET on a connection of its own, of which `cuts` says how many bytes come; None: all. Behind the cuts, all."""

    def __init__(self, cuts, pki=None, ranges=True, changes=False):
        self.cuts, self.ranges, self.changes = list(cuts), ranges, changes
        self.heads, self.context = [], None
        if pki:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(pki.certificate, pki.key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"{'https' if pki else 'http'}://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            try:
                if self.context:
                    connection = self.context.wrap_socket(connection, server_side=True)
                self.answer(connection)
            except OSError:
                pass
            connection.close()

    def answer(self, connection):
        head = b""
        while b"\r\n\r\n" not in head:
            more = connection.recv(65536)
            if not more:
                return
            head += more
        head = head.decode()
        self.heads.append(head)
        data = CHANGED if self.changes and len(self.heads) > 1 else DATA
        etag = f'"{hashlib.md5(data).hexdigest()}"'
        wanted, match = re.search(r"Range: bytes=(\d+)-(\d*)", head), re.search(r"If-Match: (\S+)", head)
        if match and match[1] != etag:
            connection.sendall(b"HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        first, last, status = 0, SIZE - 1, "200 OK"
        fields = f"ETag: {etag}\r\nx-amz-request-id: R\r\nConnection: close\r\n"
        if wanted and self.ranges:
            first, last, status = int(wanted[1]), int(wanted[2] or SIZE - 1), "206 Partial Content"
            fields += f"Content-Range: bytes {first}-{last}/{SIZE}\r\n"
        body = data[first:last + 1]
        cut = self.cuts.pop(0) if self.cuts else None
        connection.sendall(f"HTTP/1.1 {status}\r\n{fields}Content-Length: {len(body)}\r\n\r\n".encode() + body[:cut])
        connection.shutdown(socket.SHUT_WR)  # over TLS without its close_notify
        while connection.recv(65536):
            pass


def command(*arguments, store, pki=None):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "S3_"))}
    environment.update(AWS_ACCESS_KEY_ID=stores.ACCESS_KEY, AWS_SECRET_ACCESS_KEY=stores.SECRET_KEY, S3_ENDPOINT_URL=store.url,
                       AWS_EC2_METADATA_DISABLED="true")
    if pki:
        environment["AWS_CA_BUNDLE"] = pki.ca
    return subprocess.run([stores.HEADRACE, "s3", *arguments], env=environment, capture_output=True, timeout=120, check=False)


def broken(kind, pki, folder):
    cuts = (700_001, 90_000, 1)
    with case(f"{kind}: standard output has an object that broke off three times"):
        store = Store(cuts, pki)
        done = command("cat", "s3://b/k", store=store, pki=pki)
        assert done.returncode == 0, done.stderr
        assert done.stdout == DATA, len(done.stdout)
        asked = [re.search(r"Range: bytes=(\d+)-", head) for head in store.heads]
        assert len(asked) == 4 and asked[0] is None and all(asked[1:]), store.heads
        begins = [int(one[1]) for one in asked[1:]]
        assert begins == sorted(begins) and begins[0] <= cuts[0], begins
        assert all("If-Match: " in head for head in store.heads[1:]), store.heads
        ids = {re.search(r"amz-sdk-invocation-id: (\S+)", head)[1] for head in store.heads}
        assert len(ids) == 1 and [re.search(r"amz-sdk-request: .*attempt=(\d); max=4", head)[1] for head in store.heads] == list("1234")

    with case(f"{kind}: so has a file"):
        path = os.path.join(folder, f"object-{kind}")
        done = command("cp", "s3://b/k", path, store=Store(cuts, pki), pki=pki)
        assert done.returncode == 0, done.stderr
        with open(path, "rb") as file:
            assert file.read() == DATA

    with case(f"{kind}: a store without ranges sends it anew, and no byte comes twice into a file"):
        path = os.path.join(folder, f"whole-{kind}")
        done = command("cp", "s3://b/k", path, store=Store(cuts, pki, ranges=False), pki=pki)
        assert done.returncode == 0, done.stderr
        with open(path, "rb") as file:
            assert file.read() == DATA

    with case(f"{kind}: an object that changed meanwhile is never mixed with the one before"):
        done = command("cat", "s3://b/k", store=Store(cuts, pki, changes=True), pki=pki)
        if done.returncode == 0:
            assert done.stdout == CHANGED, "begun anew"
        else:
            assert b"changed" in done.stderr and DATA.startswith(done.stdout), done.stderr


def main():
    with tempfile.TemporaryDirectory() as folder:
        pki = Pki(folder)
        broken("plain", None, folder)
        broken("tls", pki, folder)
    return stores.failures > 0


sys.exit(main())
