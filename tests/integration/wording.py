"""The command says its own options, never the fields of the library's structs: every field that a message of the library names is
looked for in the table of perf/command/cli/wording.c, or excused here, because no command sets it. And a few are seen at work."""
import glob
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
import listener  # noqa: E402
import stores  # noqa: E402

# Fields that no command sets, so that their messages are for programs alone; or that say what a program did wrong.
EXCUSED = {
    "account_id", "attempts_per_second_max", "base_url", "bucket_key", "buffer_count", "buffer_size_bytes", "bytes_per_second_max", "ca_pem", "certificate_pem",
    "checksum_algorithm", "checksum_type", "cipher_suites", "customer_key", "deadline_field", "dual_stack", "entry_count", "error_in_body",
    "failure_rate_percent", "failures_max", "field_count", "hosts_file", "if_modified_since_s", "if_unmodified_since_s",
    "item_size", "key_pem", "kms_context", "kms_key_id", "latency_max_ms", "length_max", "length_min", "memory_size", "metadata_count",
    "negative_ttl_s", "part_number", "part_size", "probes_max", "quantile_percent", "query_count", "range_first", "range_last",
    "replace_metadata", "replace_tags", "request_checksums", "requests_max", "response_checksums", "retain_until_s", "ring_entries",
    "slow_call_ms", "slow_rate_percent", "tag_count", "throughput_min", "throughput_window_ms", "time_max_ms", "time_ms", "timeout_ms", "trailer_count",
    "ttl_max_s", "ttl_min_s", "unit_ns", "upload_id", "use_arn_region", "version_id", "window_ms",
}
SOURCES = ("engine/base/src", "engine/src", "engine/src/*", "net/src/*", "s3/src/*", "config/src", "config/src/*")
HEADERS = ("engine/base/include", "engine/include", "net/include", "s3/include", "config/include")
STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"')


def read(path):
    with open(path, encoding="utf-8") as file:
        return re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)


def field_names():
    """Of all structs of the public headers; a plain word, which any sentence may have, is none to be looked for."""
    names = set()
    for folder in HEADERS:
        for path in glob.glob(os.path.join(stores.ROOT, folder, "headrace/*.h")):
            for body in re.findall(r"struct \w+ \{(.*?)\n\};", read(path), flags=re.S):
                for line in body.split(";"):
                    names.update(re.findall(r"(\w+)\s*(?:\[[^\]]*\])?\s*(?=,|$)", line.strip()))
    return {name for name in names if "_" in name.rstrip("_")}


def strings(path):
    """The literals of a source, neighbours joined."""
    text = re.sub(r"^\s*#.*$", "", read(path), flags=re.M)
    return STRING.findall(re.sub(r'"\s*\n\s*"', "", text))


def check_table():
    names = field_names()
    known = set(re.findall(r"\w+", " ".join(strings(os.path.join(stores.ROOT, "perf/command/cli/wording.c")))))
    said = {}
    for folder in SOURCES:
        for path in sorted(glob.glob(os.path.join(stores.ROOT, folder, "*.c"))):
            for text in strings(path):
                for word in re.findall(r"\w+", text):
                    if word in names:
                        said.setdefault(word, f"{os.path.basename(path)}: {text[:100]}")
    with stores.case("wording: fields that messages of the library name are the command's options, or excused"):
        wrong = {word: where for word, where in said.items() if word not in known and word not in EXCUSED}
        assert len(said) > 40 and not wrong, wrong
    with stores.case("wording: none is excused that no message names, or that has its row"):
        stale = {word for word in EXCUSED if word not in said or word in known}
        assert not stale, stale
    with stores.case("wording: what stands in for a field is an option of some command"):
        text = read(os.path.join(stores.ROOT, "perf/command/cli/wording.c"))
        options = set(re.findall(r'^    \{"([a-z0-9-]+)", (?:"|NULL)', "".join(
            read(path) for path in glob.glob(os.path.join(stores.ROOT, "perf/command/**/*.c"), recursive=True)), flags=re.M))
        used = {name for names in re.findall(r'^    \{"[^"]+", "([a-z0-9|-]+)"', text, flags=re.M) for name in names.split("|")}
        unknown = {name for name in used if name not in options and name != "user-agent"}
        assert used and not unknown, unknown


class Server(listener.Listener):
    """Answers each connection with `answer`, or with nothing."""

    def __init__(self, answer):
        self.answer, self.held = answer, []
        super().__init__()
        self.url = f"http://127.0.0.1:{self.port}"

    def serve(self, peer):
        self.held.append(peer)
        peer.recv(65536)
        if self.answer:
            peer.sendall(self.answer)


def check_at_work():
    names = field_names()
    head = b"HTTP/1.1 200 OK\r\n"
    rows = (
        ("http", "-H", "Content-Length: 5"), ("http", "-H", "Bad\x01: x"), ("http", "-H", "Host: a", "-H", "Host: b"),
        ("http", "--first-byte-timeout", "50ms"), ("bench", "http", "--requests", "1", "--first-byte-timeout", "50ms"),
    )
    for row in rows:
        with stores.case(f"wording: {' '.join(row)!r}"), Server(b"") as server:
            check_said(run(*row, server.url), names)
    for what, answer in (("a head of 1 MiB", head + b"X: " + b"x" * (1 << 20)), ("300 fields", head + b"X: y\r\n" * 300)):
        with stores.case(f"wording: {what}"), Server(answer) as server:
            check_said(run("http", server.url), names)
    with stores.case("wording: a redirect too many, by http and bench http"), \
            Server(head.replace(b"200 OK", b"302 No") + b"Location: /\r\nConnection: close\r\nContent-Length: 0\r\n\r\n") as server:
        check_said(run("http", "--redirects", "1", server.url), names)
    for row in (("--cert", "/nonexistent", "--key", "/nonexistent"), ("--ca-file", "/nonexistent"), ("--pin", "x"),
                ("--nameserver", "x"), ("--proxy", "socks5://h"), ("--unix-socket", "x" * 200), ("--ca-directory", "/nonexistent"),
                ("--unix-socket", "/x", "--proxy", "h"), ("--resolve", "*:80:127.0.0.1")):
        for command in (("http", "https://h.test/"), ("bench", "http", "https://h.test/")):
            with stores.case(f"wording: {' '.join(command[:-1])} {row[0]} {row[1][:20]}"):
                said = check_said(run(*command, *row), names)
                assert row[0] in said or row[1] in said, said
    for row in (("--access-key", "a", "--secret-key", "s", "--pin", "x"), ("--access-key", "a", "--secret-key", "s", "--proxy", "x:y"),
                ()):
        with stores.case(f"wording: s3 ls {' '.join(row)}"):
            said = check_said(run("s3", "ls", "s3://b", "--endpoint", "http://127.0.0.1:9", *row), names)
            assert (row[4] if row else "--access-key") in said, said


def run(*arguments):
    clean = {name: value for name, value in os.environ.items()
             if not name.lower().endswith("_proxy") and not name.startswith(("AWS_", "S3_"))}
    return subprocess.run([stores.HEADRACE, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False,
                          env=dict(clean, AWS_EC2_METADATA_DISABLED="true"))


def check_said(done, names):
    said = done.stderr.decode("utf-8", "replace") + done.stdout.decode("utf-8", "replace")
    assert done.returncode != 0 and said, done
    found = {word for word in re.findall(r"\w+", done.stderr.decode()) if word in names}
    assert not found and "sink" not in said, (found, said)
    return said


def main():
    check_table()
    check_at_work()
    stores.finish()


if __name__ == "__main__":
    main()
