"""Real stores for the integration tests, each a child on a free port with made-up credentials, and the lines
that tests/run.sh counts. Standard library and boto3 only."""
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
ACCESS_KEY, SECRET_KEY, REGION = "test-access", "test-secret-0123456789", "us-east-1"
START_S = 30

failures = 0


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

    def environment(self, secret_key=SECRET_KEY):
        """For the command and other clients."""
        return dict(os.environ, S3_ENDPOINT_URL=self.endpoint, AWS_ACCESS_KEY_ID=ACCESS_KEY,
                    AWS_SECRET_ACCESS_KEY=secret_key, AWS_REGION=REGION)

    def boto3(self, secret_key=SECRET_KEY, **config):
        import boto3
        from botocore.config import Config
        config.setdefault("s3", {"addressing_style": "path"})
        config.setdefault("retries", {"max_attempts": 1})
        return boto3.client("s3", endpoint_url=self.endpoint, aws_access_key_id=ACCESS_KEY,
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
def versitygw():
    """versitygw over a folder that goes away. It cannot take port 0, so a free one is found by binding; should
    another process be quicker, another one is tried."""
    folder = tempfile.mkdtemp(prefix="versitygw-")
    environment = dict(os.environ, ROOT_ACCESS_KEY=ACCESS_KEY, ROOT_SECRET_KEY=SECRET_KEY)
    process = None
    try:
        for _ in range(5):
            port = _free_port()
            process = subprocess.Popen([VERSITYGW, "--port", f"127.0.0.1:{port}", "--region", REGION, "--keep-alive",
                                        "--quiet", "--virtual-domain", "s3.test", "posix", folder],
                                       env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if _answers(port, process):
                break
            _stop(process)
        else:
            raise RuntimeError("versitygw did not start")
        yield Store("versitygw", f"http://127.0.0.1:{port}", process)
    finally:
        if process:
            _stop(process)
        shutil.rmtree(folder, ignore_errors=True)


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
