"""`headrace bench http` against a real web server (nginx with canned answers), on both back ends."""
import contextlib
import json
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
sys.path.insert(0, os.path.join(HERE, "../../perf/compare"))
import canned_nginx  # noqa: E402
import listener  # noqa: E402
import stores  # noqa: E402

HEADRACE = stores.HEADRACE
REFUSE = os.environ.get("HR_REFUSE_IO_URING", os.path.join(os.path.dirname(HEADRACE), "../tests/refuse_io_uring"))
FIELDS = """protocol harness started_at urls method connect_each attempts_max loop concurrency reactors size_bytes
connections_peak connections_opened handshakes_full handshakes_resumed tls operations not_started
success_rate first_attempt_success_rate duration_s operations_per_s bytes_per_s bytes bytes_sent bytes_received latency_ms latency_histogram percentile_error cpu_us_per_operation cpu_s
rss_peak_bytes rss_peak_of retries errors error_examples kinds backend backend_cause spin_us kernel machine versions
environment stopped_by requirements sizes series_step_s series ramp highest_rate_per_s curve
think_time_s warm_up trace omission""".split()
BODY_SIZE = 4096


def run(*arguments, prefix=(), **options):
    options.setdefault("timeout", 120)
    return subprocess.run([*prefix, HEADRACE, "bench", "http", *arguments], capture_output=True, check=False, **options)


def report_of(*arguments, code=0, **options):
    done = run(*arguments, "--json", "-", **options)
    assert done.returncode == code, (done.returncode, done.stderr)
    return json.loads(done.stdout)


class Raw(listener.Listener):
    """A server in this process that answers every request with `answer` and notes its head. On a kept connection each
    request whose number `resets` divides is answered by a reset instead."""

    def __init__(self, answer, resets=0):
        self.answer, self.heads, self.resets, self.reset = answer, [], resets, 0
        super().__init__()
        self.url = f"http://127.0.0.1:{self.port}/"

    def serve(self, peer):
        held, kept = b"", False
        with peer:
            while data := peer.recv(65536):
                held += data
                while b"\r\n\r\n" in held:
                    head, held = held.split(b"\r\n\r\n", 1)
                    self.heads.append(head)
                    if kept and self.resets and len(self.heads) % self.resets == 0:
                        self.reset += 1
                        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        return
                    kept = True
                    peer.sendall(self.answer)


def check_counts(url, backend):
    name = f"bench http on {backend}"
    with stores.case(f"{name}, as many requests as asked for, every field of the report"):
        report = report_of("--backend", backend, "-c", "16", "--requests", "1234", url)
        missing = [field for field in FIELDS if field not in report]
        assert not missing and report["harness"] == "bench http", missing
        assert report["operations"] == {"submitted": 1234, "succeeded": 1234, "failed": 0, "cancelled": 0}, report
        assert report["backend"] == backend and report["backend_cause"] is None, report["backend"]
        assert 1 <= report["connections_peak"] <= 16 and report["errors"] == {}, report
        assert report["bytes"] == report["bytes_received"] == 1234 * BODY_SIZE and report["bytes_sent"] == 0, report
        latency = report["latency_ms"]
        order = [latency[key] for key in ("p50", "p90", "p95", "p99", "p999", "max")]
        assert order == sorted(order) and order[0] > 0, latency
        assert report["percentile_error"] == 0.010889, report["percentile_error"]
    for method in ("PUT", "HEAD"):
        with stores.case(f"{name}, {method}"):
            report = report_of("--backend", backend, "--method", method, "--size", "100000", "-c", "4", "--requests",
                               "100", url)
            assert report["method"] == method and report["operations"]["succeeded"] == 100, report
            assert set(report["kinds"]) == {method.lower()}, report["kinds"]
            assert report["bytes_sent"] == (100 * 100000 if method == "PUT" else 0), report["bytes_sent"]
            assert report["bytes"] == report["bytes_sent"] + report["bytes_received"], report
            assert method == "PUT" or report["bytes_per_s"] == report["bytes"] == 0, report
    with stores.case(f"{name}, two reactors share the connections"):
        report = report_of("--backend", backend, "--reactors", "2", "-c", "10", "--requests", "500", url)
        assert report["reactors"] == 2 and report["connections_peak"] <= 10, report["connections_peak"]
        assert report["operations"]["succeeded"] == 500, report["operations"]
    with stores.case(f"{name}, spin_us is told"):
        report = report_of("--backend", backend, "--spin-us", "50", "-c", "1", "--requests", "100", url)
        assert report["spin_us"] == 50 and report["operations"]["succeeded"] == 100, report


def check_loops(url):
    with stores.case("bench http, several URLs in turn, the report in text"):
        done = run("--requests", "10", "--concurrency", "1", url, url + "/b")
        assert done.returncode == 0, done.stderr
        assert b"10 submitted, 10 succeeded" in done.stdout and b"and 1 more" in done.stdout, done.stdout
    with stores.case("bench http, a duration ends it"):
        report = report_of("--duration", "300ms", "-c", "4", url)
        assert 0.3 <= report["duration_s"] < 5 and report["operations"]["succeeded"] > 10, report["duration_s"]
    with stores.case("bench http, open loop"):
        report = report_of("--rate", "500", "--requests", "100", url)
        assert report["loop"] == "open" and report["operations"]["submitted"] == 100, report
        assert report["duration_s"] >= 0.19, report["duration_s"]
    with stores.case("bench http, SIGINT ends it with a report"):
        with tempfile.NamedTemporaryFile() as file:
            process = subprocess.Popen([HEADRACE, "bench", "http", "--duration", "60s", "--json", "-", url],
                                       stdout=file, stderr=subprocess.PIPE)
            while sockets(process.pid) < 64 and process.poll() is None:
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
            report = json.load(open(file.name, encoding="utf-8"))
        assert process.returncode == 130 and report["stopped_by"] == "SIGINT", (process.returncode, report)


def sockets(pid):
    """How many a process holds."""
    count = 0
    for name in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(OSError):  # closed meanwhile
            count += os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:")
    return count


def check_failures(url):
    with stores.case("bench http, statuses are failures with their name"):
        with Raw(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n") as server:
            report = report_of("--requests", "20", "-c", "2", server.url, code=1)
        assert report["errors"] == {"HTTP 503": 20} and report["operations"]["failed"] == 20, report
        assert server.url in report["error_examples"]["HTTP 503"], report["error_examples"]
    with stores.case("bench http, a header goes with every request, one request ahead"):
        with Raw(b"HTTP/1.1 204 Fine\r\n\r\n") as server:
            report_of("--requests", "5", "-c", "1", "--header", "X-One: a b", "--header", "X-Two:c", server.url)
            assert len(server.heads) == 6, len(server.heads)
            assert all(b"\r\nX-One: a b" in head and b"\r\nX-Two: c" in head for head in server.heads), server.heads[0]
    with stores.case("bench http, a server that fails everything does not stop it, and a request is one attempt"):
        with Raw(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n") as server:
            report = report_of("--requests", "300", "-c", "2", server.url, code=1)
            assert len(server.heads) == 301, len(server.heads)
        assert report["errors"] == {"HTTP 500": 300} and report["retries"] == 0, report
    for attempts, failed in ((1, 55), (2, 0)):
        with stores.case(f"bench http, kept connections that are reset, {attempts} attempt(s): no repetition is hidden"):
            with Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", resets=10) as server:
                report = report_of("--requests", "550" if failed else "495", "-c", "1", "--attempts", str(attempts),
                                   server.url, code=1 if failed else 0)
            assert report["operations"]["failed"] == failed and server.reset == 55, (report["operations"], server.reset)
            assert report["retries"] == 55 - failed and report["bytes"] == 2 * report["operations"]["succeeded"], report
            assert set(report["errors"]) == ({"ECONNRESET"} if failed else set()), report["errors"]
    with stores.case("bench s3, kept connections that are reset: one attempt is one"):
        with Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nETag: \"a\"\r\n\r\nhi", resets=10) as server:
            done = subprocess.run(
                [HEADRACE, "bench", "s3", "--endpoint", server.url, "--no-setup", "--mix", "get=1", "--size", "2",
                 "--operations", "500", "--concurrency", "1", "--attempts", "1", "--access-key", "a", "--secret-key", "s",
                 "--json", "-"], capture_output=True, check=False, timeout=120)
        report = json.loads(done.stdout)
        assert done.returncode == 1 and report["operations"]["failed"] == server.reset == 50, (report, server.reset)
        assert report["retries"] == 0 and report["bytes"] == report["bytes_received"] == 2 * 450, report
    with stores.case("bench http, a connection for each request"):
        report = report_of("--requests", "50", "-c", "3", "--connect-each", url)
        assert report["connect_each"] is True and report["connections_opened"] == 50, report
        assert report["tls"] is None and report["handshakes_full"] == report["handshakes_resumed"] == 0, report
        report = report_of("--requests", "50", "-c", "1", url)
        assert report["connect_each"] is False and report["connections_opened"] == 0, report
    with stores.case("bench http, no HTTP is told at once"):
        with Raw(b"220 mail.example.net ESMTP\r\n\r\n") as server:
            done = run("--requests", "5", "--json", "-", server.url)
        assert done.returncode == 1 and json.loads(done.stdout)["error"]["code"] == "HR_ERR_HTTP_MALFORMED", done
    with stores.case("bench http, refused: the URL and the remedy"):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        done = run("--duration", "60s", "--json", "-", f"http://127.0.0.1:{port}/")
        error = json.loads(done.stdout)["error"]
        assert done.returncode == 1 and error["code"] == "ECONNREFUSED", done
        assert f"http://127.0.0.1:{port}/".encode() in done.stderr and b"start the server" in done.stderr, done.stderr
    with stores.case("bench http, too few open files"):
        done = run("-c", "1000", url, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256)))
        assert done.returncode == 3 and b"1064" in done.stderr, done.stderr


def check_refused(url):
    if not os.access(REFUSE, os.X_OK):
        stores.skip("bench http, ring refused", f"{REFUSE} is not built")
        return
    refused, auto = (REFUSE, "EPERM"), dict(os.environ, HEADRACE_BACKEND="auto")
    with stores.case("bench http, ring refused: it goes on with epoll and says why"):
        report = report_of("--requests", "100", url, prefix=refused, env=auto)
        assert report["backend"] == "epoll" and "seccomp" in report["backend_cause"], (
            report["backend"], report["backend_cause"])
        assert b"going on with epoll" in run("--requests", "100", url, prefix=refused, env=auto).stderr
    with stores.case("bench http, ring refused: --backend io_uring exits 3"):
        done = run("--backend", "io_uring", "--requests", "100", url, prefix=refused, env=auto)
        assert done.returncode == 3 and b"EPERM" in done.stderr, done
    with stores.case("bench http, a wrong HEADRACE_BACKEND exits 2"):
        done = run("--requests", "1", url, env=dict(os.environ, HEADRACE_BACKEND="kqueue"))
        assert done.returncode == 2 and b"kqueue" in done.stderr and b"io_uring" in done.stderr, done


def main():
    if not canned_nginx.program():
        stores.fail("bench http", "nginx is not installed (Debian package nginx-light)")
        stores.finish()
    with canned_nginx.running() as url:
        for backend in ("io_uring", "epoll"):
            check_counts(url, backend)
        check_loops(url)
        check_failures(url)
        check_refused(url)
    stores.finish()


if __name__ == "__main__":
    main()
