"""Exit codes and the errors of --json: usage is 2, the environment 3, the rest 1, and each is told with its code and class."""
import json
import os
import resource
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
import listener  # noqa: E402
import stores  # noqa: E402

CLASSES = {1: "failed", 2: "usage", 3: "environment"}
REFUSE = os.environ.get("HR_REFUSE_IO_URING", os.path.join(os.path.dirname(stores.HEADRACE), "../tests/refuse_io_uring"))
CLEAN = {name: value for name, value in os.environ.items()
         if not name.lower().endswith("_proxy") and not name.startswith(("AWS_", "S3_", "HEADRACE_"))}
KEYS = ("--access-key", "a", "--secret-key", "s")


class Server(listener.Listener):
    """Answers every request with `status`."""

    def __init__(self, status):
        self.answer = f"HTTP/1.1 {status} X\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi".encode()
        super().__init__()
        self.url = f"http://127.0.0.1:{self.port}"

    def serve(self, peer):
        with peer:
            if peer.recv(65536):
                peer.sendall(self.answer)


def run(*arguments, prefix=(), environment=(), **options):
    return subprocess.run([*prefix, stores.HEADRACE, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=120,
                          check=False, env={**CLEAN, **dict(environment)}, **options)


def check(code, name, *arguments, **options):
    """The last line of JSON, whose error has the class of the exit code, and its name."""
    with stores.case(f"{' '.join(arguments)[:80]!r} ends with {code}, {name}"):
        done = run(*arguments, **options)
        assert done.returncode == code, done
        text = done.stdout.decode().strip()
        report = json.loads(text if text.startswith("{\n") else text.splitlines()[-1])
        error = report["error"]
        assert error["class"] == CLASSES[code] and error["code"] == name and error["message"], error
        assert "headrace: " not in error["message"], error
        return report
    return {}


def json_of(command):
    return ("--json", "-") if command[0] in ("bench", "proxy") else ("--json",)


def free_port():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return bound.getsockname()[1]


def check_usage():
    commands = (("http", "http://127.0.0.1:9/"), ("s3", "ls", "s3://b", *KEYS), ("s3", "cp", "s3://b/k", "/dev/null", *KEYS),
                ("s3", "rm", "s3://b/k", *KEYS), ("s3", "mb", "s3://b", *KEYS), ("s3", "rb", "s3://b", *KEYS),
                ("s3", "stat", "s3://b/k", *KEYS), ("s3", "presign", "s3://b/k", *KEYS), ("s3", "tag", "get", "s3://b/k", *KEYS),
                ("s3", "versions", "s3://b", *KEYS), ("s3", "whoami", *KEYS), ("s3", "api", "GET", "/b", *KEYS),
                ("s3", "exists", "s3://b/k", *KEYS), ("s3", "health", "s3://b", *KEYS), ("serve", "s3"), ("doctor",),
                ("proxy", "faults", "--to", "127.0.0.1:9"),
                ("bench", "http", "http://127.0.0.1:9/"), ("bench", "s3",), ("bench", "config"), ("config", "diff", "/dev/null", "/dev/null"))
    for command in commands:
        check(2, "EINVAL", *command, *json_of(command), "--no-such-option")
        if command[0] != "http":  # several URLs are fine
            check(2, "EINVAL", *command, *json_of(command), "one", "two", "three", *("many",) * 20)
    for command in commands[1:8]:
        check(2, "HR_ERR_S3_ENDPOINT_INVALID", *command, "--json", "--endpoint", "ftp://x")
        check(2, "HR_ERR_TLS_OPTIONS", *command, "--json", "--endpoint", "https://127.0.0.1:9", "--ca-file", "/nonexistent")
    for command in commands[2:3] + commands[3:4]:
        wrong = [word.replace("s3://b/k", "s3:///k") for word in command]
        check(2, "EINVAL", *wrong, "--json", "--endpoint", "http://127.0.0.1:9")
    for verb in ("check", "show", "get"):  # any number of files is fine
        check(2, "EINVAL", "config", verb, "/nonexistent", "--json", "--no-such-option")
        check(2, "EINVAL", "config", verb, "/nonexistent", "--json", "--schema", "/nonexistent")
    check(2, "EINVAL", "config", "show", "--json", "--env", "--no-env")
    check(2, "EINVAL", "s3", "--json")
    check(2, "EINVAL", "nonsense", "--json")
    check(2, "HR_ERR_TLS_OPTIONS", "http", "--json", "https://h.test/", "--cert", "/nonexistent", "--key", "/nonexistent")
    check(2, "EINVAL", "http", "--json", "--proxy", "socks5://h", "http://h.test/")
    check(2, "EINVAL", "http", "--json", "--body", "a", "--body-file", "b", "http://h.test/")
    check(2, "EINVAL", "serve", "s3", "--json", "--access-key", "a")
    check(2, "EINVAL", "http", "--json", "http://127.0.0.1:9/", environment={"HEADRACE_BACKEND": "kqueue"})


def check_environment():
    one = ("-c", "1000", "http://127.0.0.1:9/", "--json", "-")
    check(3, "EMFILE", "bench", "http", *one, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256)))
    check(3, "ENOENT", "bench", "config", "--json", "-", "--directory", "/nonexistent")
    if not os.access(REFUSE, os.X_OK):
        stores.skip("exit code 3 where the ring is refused", f"{REFUSE} is not built")
        return
    for command in (("http", "http://127.0.0.1:9/"), ("s3", "ls", "s3://b", "--endpoint", "http://127.0.0.1:9", *KEYS),
                    ("serve", "s3"), ("proxy", "faults", "--to", "127.0.0.1:9"), ("bench", "http", "http://127.0.0.1:9/"),
                    ("bench", "s3", "--endpoint", "http://127.0.0.1:9", *KEYS)):
        check(3, "EPERM", *command, *json_of(command), "--backend", "io_uring", prefix=(REFUSE, "EPERM"))
    with stores.case("doctor: the error is null, or says so, with its exit code"):
        done = run("doctor", "--json")
        error = json.loads(done.stdout)["error"]
        assert (error is None) == (done.returncode == 0), done
        assert error is None or error["class"] == "environment", error


def check_failures():
    for command in (("check",), ("show",), ("get", "a"), ("diff", "/nonexistent")):
        check(1, "HR_ERR_CONFIG", "config", command[0], "/nonexistent", *command[1:], "--json")
    check(1, "ENOENT", "config", "show", "--json", "--no-env", "--path", "a.b")
    gone = f"http://127.0.0.1:{free_port()}"
    for command in (("http", gone), ("bench", "http", gone)):
        check(1, "ECONNREFUSED", *command, *json_of(command))
    for command in (("ls", "s3://b"), ("cp", "s3://b/k", "/dev/null"), ("rm", "s3://b/k"), ("mb", "s3://b"), ("rb", "s3://b"),
                    ("stat", "s3://b/k"), ("tag", "rm", "s3://b/k"), ("versions", "s3://b"), ("api", "GET", "/b")):
        check(1, "ECONNREFUSED", "s3", *command, "--json", "--endpoint", gone, "--attempts", "1", *KEYS)
    with Server(404) as server:
        report = check(1, "HR_ERR_HTTP_UNEXPECTED", "http", "--json", "--fail", server.url)
        with stores.case("http --fail: the object of a 404 has its status in both places"):
            assert report["status"] == 404 and report["error"]["http_status"] == 404, report
        with stores.case("http without --fail: a 404 is an answer, its error null"):
            done = run("http", "--json", server.url)
            assert done.returncode == 0 and json.loads(done.stdout)["error"] is None, done
        check(1, "HR_ERR_HTTP_UNEXPECTED", "bench", "http", "--json", "-", "--requests", "3", "-c", "1", server.url)
        for verb in ("stat", "cat"):
            with stores.case(f"s3 {verb}: a 404 ends with 1"):
                assert run("s3", verb, "s3://b/k", "--endpoint", server.url, *KEYS).returncode == 1
    with Server(200) as server:
        with stores.case("bench http: where nothing fails the error is null"):
            done = run("bench", "http", "--json", "-", "--requests", "3", server.url)
            assert done.returncode == 0 and json.loads(done.stdout)["error"] is None, done
    taken = socket.create_server(("127.0.0.1", 0))
    with taken:
        check(1, "EADDRINUSE", "proxy", "faults", "--json", "-", "--to", "127.0.0.1:9", "--listen", f"127.0.0.1:{taken.getsockname()[1]}")
        check(1, "EADDRINUSE", "serve", "s3", "--json", "--listen", f"127.0.0.1:{taken.getsockname()[1]}")


def main():
    check_usage()
    check_environment()
    check_failures()
    stores.finish()


if __name__ == "__main__":
    main()
