"""Real stores for the integration tests, each a child on a free port with made-up credentials, and the lines
that tests/run.sh counts. Standard library and boto3 only."""
import atexit
import contextlib
import http.client
import os
import re
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HEADRACE = os.environ.get("HR_HEADRACE", os.path.join(ROOT, "build/release/perf/headrace"))
VERSITYGW = os.environ.get("HR_VERSITYGW", os.path.join(ROOT, "build/peers/bin/versitygw"))
MINIO = os.environ.get("HR_MINIO_BINARY", os.path.join(ROOT, "build/peers/bin/minio"))
ACCESS_KEY, SECRET_KEY, REGION = "test-access", "test-secret-0123456789", "us-east-1"
START_S = 30

failures = 0

# Journals of transfers do not go to the user's own.
os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="headrace-state-")
atexit.register(shutil.rmtree, os.environ["XDG_STATE_HOME"], ignore_errors=True)


def ok(name):
    print(f"ok: {name}", flush=True)


def fail(name, why):
    global failures
    failures += 1
    print(f"fail: {name}: {' '.join(str(why).split())[:600]}", flush=True)


def skip(name, why):
    print(f"skip: {name}: {why}", flush=True)


def check(name, condition, why=""):
    if condition:
        ok(name)
    else:
        fail(name, why or "it is not so")
    return bool(condition)


@contextlib.contextmanager
def case(name):
    """The body is one test: it passes unless it raises."""
    try:
        yield
    except Exception as problem:  # a test's failure must not end the others
        fail(name, f"{type(problem).__name__}: {problem}")
    else:
        ok(name)


def finish():
    sys.exit(1 if failures else 0)


class Store:
    """An S3 endpoint and how to talk to it."""

    def __init__(self, kind, endpoint, process):
        self.kind, self.endpoint, self.process = kind, endpoint, process
        self.host, port = endpoint.partition("://")[2].rsplit(":", 1)
        self.port = int(port)
        self.ca = None  # a certificate to trust

    def environment(self, secret_key=SECRET_KEY):
        """For the command and other clients."""
        trust = {"AWS_CA_BUNDLE": self.ca} if self.ca else {}
        return dict(os.environ, S3_ENDPOINT_URL=self.endpoint, AWS_ACCESS_KEY_ID=ACCESS_KEY,
                    AWS_SECRET_ACCESS_KEY=secret_key, AWS_REGION=REGION, **trust)

    def boto3(self, secret_key=SECRET_KEY, verify=None, **config):
        import boto3
        from botocore.config import Config
        config.setdefault("s3", {"addressing_style": "path"})
        config.setdefault("retries", {"max_attempts": 1})
        return boto3.client("s3", verify=verify or self.ca, endpoint_url=self.endpoint, aws_access_key_id=ACCESS_KEY,
                            aws_secret_access_key=secret_key, region_name=REGION, config=Config(**config))

    def headrace(self, *arguments, data=None, secret_key=SECRET_KEY, timeout=300, **environment):
        """Runs the command, with further variables; stdout and stderr are bytes."""
        return subprocess.run([HEADRACE, *arguments], input=data, capture_output=True, timeout=timeout,
                              env={**self.environment(secret_key), **environment}, check=False)


def _stop(process):
    process.terminate()
    try:
        return process.wait(timeout=START_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return None


@contextlib.contextmanager
def embedded(*options):
    """`headrace serve s3`, which must also end well."""
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen([HEADRACE, "serve", "s3", "--listen", "127.0.0.1:0", "--access-key", ACCESS_KEY,
                                    "--secret-key", SECRET_KEY, *options], stdout=subprocess.PIPE, stderr=errors)
        try:
            ready, _, _ = select.select([process.stdout], [], [], START_S)
            line = process.stdout.readline().decode() if ready else ""
            match = re.search(r"https?://[0-9.]+:\d+", line)
            if not match:
                errors.seek(0)
                raise RuntimeError(f"headrace serve s3 did not start: {line!r} {errors.read().decode()!r}")
            yield Store("embedded", match.group(0), process)
        finally:
            status = _stop(process)
            if status != 0:
                errors.seek(0)
                fail("the embedded server ends with 0", f"{status}: {errors.read().decode()[-300:]}")


@contextlib.contextmanager
def embedded_tls():
    """The embedded store over TLS, with a certificate that its Store trusts."""
    with tempfile.TemporaryDirectory() as folder:
        certificate, key = os.path.join(folder, "c.pem"), os.path.join(folder, "k.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
                        "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"], check=True,
                       capture_output=True)
        with embedded("--tls-cert", certificate, "--tls-key", key) as store:
            store.kind, store.ca = "embedded-tls", certificate
            yield store


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _answers(port, process):
    """Waits until something answers HTTP on the port."""
    deadline = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", "/")
            connection.getresponse().read()
            return True
        except OSError:
            time.sleep(0.02)  # between two looks, not in place of one
    return False


@contextlib.contextmanager
def _on_free_port(kind, command, **variables):
    """A store that cannot take port 0, over a folder that goes away: a free port is found by binding; should another
    process be quicker, another one is tried. command(address, folder) is what to start."""
    folder = tempfile.mkdtemp(prefix=f"{kind}-")
    process = None
    try:
        for _ in range(5):
            port = _free_port()
            process = subprocess.Popen(command(f"127.0.0.1:{port}", folder), env=dict(os.environ, **variables),
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if _answers(port, process):
                break
            _stop(process)
        else:
            raise RuntimeError(f"{kind} did not start")
        yield Store(kind, f"http://127.0.0.1:{port}", process)
    finally:
        if process:
            _stop(process)
        shutil.rmtree(folder, ignore_errors=True)


def versitygw():
    def command(address, folder):
        versions = os.path.join(folder, "versions")
        objects = os.path.join(folder, "objects")
        os.makedirs(versions, exist_ok=True)
        os.makedirs(objects, exist_ok=True)
        return [VERSITYGW, "--port", address, "--region", REGION, "--keep-alive", "--quiet", "--virtual-domain",
                "s3.test", "posix", "--versioning-dir", versions, objects]
    return _on_free_port("versitygw", command, ROOT_ACCESS_KEY=ACCESS_KEY, ROOT_SECRET_KEY=SECRET_KEY)


def minio():
    def command(address, folder):
        return [MINIO, "server", "--quiet", "--address", address, folder]
    return _on_free_port("minio", command, MINIO_ROOT_USER=ACCESS_KEY, MINIO_ROOT_PASSWORD=SECRET_KEY,
                         MINIO_KMS_SECRET_KEY="test:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")


def each(name):
    """All stores that are there, one after the other; MinIO where HR_MINIO=1 and HR_MINIO_BINARY say so."""
    if not need(name):
        return
    makers = [embedded, embedded_tls]
    if need_versitygw(f"{name} versitygw"):
        makers.append(versitygw)
    if os.environ.get("HR_MINIO") == "1":
        makers.append(minio)
    for maker in makers:
        with maker() as store:
            yield store


def need(name):
    """Whether the peers are there; says the skip where one is not."""
    try:
        import boto3  # noqa: F401
    except ImportError:
        skip(name, "boto3 is not there")
        return False
    if not os.access(HEADRACE, os.X_OK):
        fail(name, f"the command is not built: {HEADRACE}")
        return False
    return True


def need_versitygw(name):
    if os.access(VERSITYGW, os.X_OK):
        return True
    skip(name, "versitygw is not there")
    return False
