#!/usr/bin/env python3
"""nginx with canned responses (perf/compare/nginx/canned.conf) on a free loopback port, as a child.

usage: canned_nginx.py [COMMAND…]   (COMMAND starts nginx, e.g. taskset -c 1; prints the URL, ends with standard input)
"""
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
START_S, TRIES = 10, 5
SECURED = """listen 127.0.0.1:{port} ssl backlog=4096;
    ssl_certificate {folder}/certificate.pem;
    ssl_certificate_key {folder}/key.pem;
    ssl_protocols TLSv1.3;
    ssl_session_cache none;
    ssl_session_tickets on;"""


def program():
    """nginx's path, or None."""
    return shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_certificate(folder):
    """An ECDSA certificate for 127.0.0.1 that vouches for itself, and its key."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                    "30", "-subj", "/CN=canned", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout",
                    os.path.join(folder, "key.pem"), "-out", os.path.join(folder, "certificate.pem")],
                   check=True, capture_output=True)


def start(folder, prefix, secured=False):
    """nginx cannot take port 0, so free ones are found by binding; should another process be quicker, it is tried again.
    The process and its ports, plain and of TLS."""
    with open(os.path.join(HERE, "nginx/canned.conf"), encoding="utf-8") as file:
        template = file.read()
    for _ in range(TRIES):
        port, tls_port = free_port(), free_port()
        lines = SECURED.format(port=tls_port, folder=folder) if secured else ""
        path = os.path.join(folder, "nginx.conf")
        text = template.replace("PREFIX", folder).replace("PORT", str(port)).replace("SECURED", lines)
        text = text.replace("CANNED_KIB", "x" * 1024)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        process = subprocess.Popen([*prefix, program(), "-p", folder, "-c", path], stderr=subprocess.DEVNULL)
        until = time.monotonic() + START_S
        while process.poll() is None and time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1):
                    return process, port, tls_port
            except OSError:
                time.sleep(0.02)
        process.terminate()
        process.wait()
    raise RuntimeError("nginx did not start")


@contextlib.contextmanager
def running(prefix=()):
    """Its URL; `prefix` are words before the command. It is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # its worker is another user
        process, port, _ = start(folder, prefix)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


@contextlib.contextmanager
def running_secured(prefix=(), bulk_bytes=0):
    """Its plain URL, that over TLS 1.3, and the file to trust; with a file of `bulk_bytes` at /bulk, in memory."""
    memory = "/dev/shm" if bulk_bytes and os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        os.chmod(folder, 0o755)
        make_certificate(folder)
        if bulk_bytes:
            with open(os.path.join(folder, "bulk"), "wb") as file:
                for _ in range(bulk_bytes >> 20):
                    file.write(os.urandom(1 << 20))
        process, port, tls_port = start(folder, prefix, True)
        try:
            yield f"http://127.0.0.1:{port}", f"https://127.0.0.1:{tls_port}", os.path.join(folder, "certificate.pem")
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    with running(sys.argv[1:]) as address:
        print(address, flush=True)
        sys.stdin.read()
