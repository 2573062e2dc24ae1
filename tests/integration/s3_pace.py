"""A store that answers SlowDown above so many requests a second with each prefix, under an open loop over two prefixes: the one that asks
for too much settles near what the store takes, and the other is not slowed."""
import http.server
import os
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import stores  # noqa: E402
from stores import case  # noqa: E402

RATE = 30  # a second, that the store takes with the prefix "a"
ASKED = 90  # a second, half of them with "a" and half with "b"
SECONDS = 8
REFUSAL = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"


class Prefix:
    """Counts, and a bucket of tokens."""

    def __init__(self, per_second):
        self.per_second, self.tokens, self.filled = per_second, 1, time.monotonic()
        self.taken, self.refused, self.lock = [], [], threading.Lock()

    def take(self):
        with self.lock:
            now = time.monotonic()
            self.tokens = min(max(1, self.per_second / 10), self.tokens + (now - self.filled) * self.per_second)
            self.filled = now
            fits = self.tokens >= 1
            self.tokens -= fits
            (self.taken if fits else self.refused).append(now)
            return fits


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        fits = self.server.prefixes[self.path.split("/")[2]].take()
        body = b"0123456789" if fits else REFUSAL
        self.wfile.write(f"HTTP/1.1 {'200 OK' if fits else '503 Slow Down'}\r\nETag: \"e\"\r\nx-amz-request-id: R\r\n"
                         f"Content-Length: {len(body)}\r\n\r\n".encode() + body)

    def log_message(self, *_):
        pass


class Store(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.prefixes = {"a": Prefix(RATE), "b": Prefix(100000)}
        threading.Thread(target=self.serve_forever, daemon=True).start()


def load(store, pace, **more):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "S3_"))}
    environment.update(AWS_ACCESS_KEY_ID=stores.ACCESS_KEY, AWS_SECRET_ACCESS_KEY=stores.SECRET_KEY, AWS_EC2_METADATA_DISABLED="true", **more)
    return subprocess.run([stores.HEADRACE, "bench", "s3", "--endpoint", f"http://127.0.0.1:{store.server_port}", "--no-setup", "--mix", "get=1",
                           "--size", "10", "--prefix", "", "--rate", str(ASKED), "--duration", f"{SECONDS}s", "--concurrency", "2000",
                           "--pool", "16", "--attempts", "10", "--pace", pace], env=environment, capture_output=True, text=True, timeout=120, check=False)


def within(times, begin, end):
    return sum(begin <= one < end for one in times)


def prefixes():
    store = Store()
    done = load(store, "prefix")
    slow, free = store.prefixes["a"], store.prefixes["b"]
    begin = free.taken[0]
    with case("every request succeeds"):
        assert done.returncode == 0, done.stdout + done.stderr
        assert len(slow.taken) + len(free.taken) == ASKED * SECONDS, (len(slow.taken), len(free.taken))

    with case("the prefix that is refused settles near what the store takes"):
        taken, refused = (within(times, begin + SECONDS / 2, begin + SECONDS) for times in (slow.taken, slow.refused))
        assert 0.8 * RATE * SECONDS / 2 <= taken <= 1.05 * RATE * SECONDS / 2, (taken, refused)
        assert refused <= 0.3 * taken, (taken, refused)  # far more where nothing is slowed: a third is too much, and each is repeated

    with case("the other one is asked as often as before"):
        asked = [within(free.taken, begin + second, begin + second + 1) for second in range(SECONDS)]
        assert sum(asked) >= 0.9 * ASKED / 2 * SECONDS, asked
        assert min(asked) >= 0.6 * ASKED / 2 and max(asked) <= 1.5 * ASKED / 2, asked


def client_wide():
    store = Store()
    done = load(store, "auto", AWS_RETRY_MODE="adaptive")
    with case("in adaptive mode every request succeeds, and both prefixes are slowed"):
        assert done.returncode == 0, done.stdout + done.stderr
        free = store.prefixes["b"].taken
        assert within(free, free[0], free[0] + SECONDS) < 0.9 * ASKED / 2 * SECONDS, len(free)


prefixes()
client_wide()
stores.finish()
