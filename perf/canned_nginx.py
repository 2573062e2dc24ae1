#!/usr/bin/env python3
"""nginx with canned answers (perf/nginx/canned.conf) on a free loopback port, as a child.

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


def program():
    """nginx's path, or None."""
    return shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(folder, prefix):
    """nginx cannot take port 0, so a free one is found by binding; should another process be quicker, it is tried again."""
    with open(os.path.join(HERE, "nginx/canned.conf"), encoding="utf-8") as file:
        template = file.read()
    for _ in range(TRIES):
        port = free_port()
        path = os.path.join(folder, "nginx.conf")
        text = template.replace("PREFIX", folder).replace("PORT", str(port)).replace("CANNED_KIB", "x" * 1024)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        process = subprocess.Popen([*prefix, program(), "-p", folder, "-c", path], stderr=subprocess.DEVNULL)
        until = time.monotonic() + START_S
        while process.poll() is None and time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1):
                    return process, f"http://127.0.0.1:{port}"
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
        process, url = start(folder, prefix)
        try:
            yield url
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    with running(sys.argv[1:]) as address:
        print(address, flush=True)
        sys.stdin.read()
