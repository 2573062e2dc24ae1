"""The command's own configuration: headrace.yaml and ESPER_* variables below the command's variables and options, by what they do."""
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
import listener  # noqa: E402
import stores  # noqa: E402

HEADRACE = stores.HEADRACE
PATIENCE_S = 120
DROPPED = ("AWS_", "S3_", "HEADRACE_", "XDG_CONFIG")
PLAIN = {name: value for name, value in os.environ.items()
         if not name.startswith(DROPPED) and not name.upper().startswith("ESPER_") and not name.lower().endswith("_proxy")}
KEYS = {"AWS_ACCESS_KEY_ID": "of-the-variable", "AWS_SECRET_ACCESS_KEY": "secret"}
NOBODY = 65534


class Place:
    """A folder in which headrace runs, and which is its home."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="headrace-own-")
        os.chmod(self.folder, 0o755)

    def write(self, text, name="headrace.yaml"):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def run(self, *arguments, code=0, prefix=(), user=None, **environment):
        done = subprocess.run([*prefix, HEADRACE, *arguments], stdin=subprocess.DEVNULL, capture_output=True, check=False, user=user,
                              timeout=PATIENCE_S, cwd=self.folder, env={**PLAIN, "HOME": self.folder, **environment})
        assert code is None or done.returncode == code, (arguments, done)
        return done.stdout.decode(), done.stderr.decode()

    def close(self):
        shutil.rmtree(self.folder)


@contextlib.contextmanager
def place(text=None):
    made = Place()
    try:
        if text is not None:
            made.write(text)
        yield made
    finally:
        made.close()


class Server(listener.Listener):
    """Keeps the heads of requests and their bodies' sizes; answers with 200."""

    def __init__(self):
        self.heads = []
        super().__init__()
        self.url = f"http://127.0.0.1:{self.port}/"

    def serve(self, peer):
        with peer:
            data = b""
            while b"\r\n\r\n" not in data:
                more = peer.recv(65536)
                if not more:
                    return
                data += more
            head, _, body = data.partition(b"\r\n\r\n")
            size = re.search(rb"content-length: (\d+)", head, re.I)
            left = int(size[1]) - len(body) if size else 0
            while left > 0:
                left -= len(peer.recv(65536)) or left
            self.heads.append(head.decode())
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")

    def last(self, name):
        return re.findall(rf"^{name}: (.*?)\r?$", self.heads[-1], flags=re.M | re.I)


# ---- Which wins.

def presigned(where, *options, **environment):
    return where.run("s3", "presign", *options, "s3://bucket/key", **{**KEYS, "S3_ENDPOINT_URL": "http://localhost:9", **environment})[0]


def region(url):
    return re.search(r"%2F\d{8}%2F([^%]+)%2F", url)[1]


def check_levels():
    with place() as where:
        with stores.case("own: a text: default < file < ESPER_ < the option's variable < option"):
            assert region(presigned(where)) == "us-east-1"
            where.write("s3: {region: of-the-file}\n")
            assert region(presigned(where)) == "of-the-file"
            assert region(presigned(where, ESPER_S3_REGION="of-esper")) == "of-esper"
            both = {"ESPER_S3_REGION": "of-esper", "AWS_REGION": "of-aws"}
            assert region(presigned(where, **both)) == "of-aws"
            assert region(presigned(where, "--region", "of-the-option", **both)) == "of-the-option"
        with stores.case("own: S3_ENDPOINT_URL wins over the file, and the file over nothing"):
            where.write("s3: {endpoint: 'http://of.the.file:1'}\n")
            assert presigned(where).startswith("http://localhost:9/")
            assert presigned(where, S3_ENDPOINT_URL="").startswith("http://of.the.file:1/")
        with stores.case("own: keys come from one place, both"):
            where.write("s3: {access_key: of-the-file, secret_key: s}\n")
            assert "Credential=of-the-variable%2F" in presigned(where)
            plain = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
            assert "Credential=of-the-file%2F" in presigned(where, **plain)
        with stores.case("own: a duration: default < file < ESPER_ < option, a command's map above its family's"):
            seconds = lambda url: re.search(r"X-Amz-Expires=(\d+)", url)[1]  # noqa: E731
            where.write("s3: {expires: 2m}\n")
            assert seconds(presigned(where)) == "120"
            where.write("s3: {expires: 2m, presign: {expires: 3m}}\n")
            assert seconds(presigned(where)) == "180"
            assert seconds(presigned(where, ESPER_S3_PRESIGN_EXPIRES="4m")) == "240"
            assert seconds(presigned(where, ESPER_S3_EXPIRES="4m")) == "240"
            assert seconds(presigned(where, "--expires", "5m", ESPER_S3_EXPIRES="4m")) == "300"
        with stores.case("own: a choice: default < file < ESPER_ < option"):
            url = "http://store.example:9"
            host = lambda *options, **more: presigned(where, *options, S3_ENDPOINT_URL=url, **more).split("/")[2]  # noqa: E731
            where.write("s3: {addressing: virtual}\n")
            assert host() == "bucket.store.example:9"
            assert host(ESPER_S3_ADDRESSING="path") == "store.example:9"
            assert host("--addressing", "virtual", ESPER_S3_ADDRESSING="path") == "bucket.store.example:9"
        with stores.case("own: a flag: default < file < ESPER_ < option, off again by --no-"):
            where.write("s3: {json: true}\n")
            assert json.loads(presigned(where))["url"]
            assert presigned(where, ESPER_S3_JSON="false").startswith("http")
            assert json.loads(presigned(where, "--json", ESPER_S3_JSON="false"))["url"]
            assert presigned(where, "--no-json").startswith("http")
            for words in (("s3", "ls", "--region", ""), ("s3", "presign", "s3://b/k", "--attempts", "x")):
                assert json.loads(where.run(*words, code=2)[0])["error"]["class"] == "usage", words


def check_numbers(server):
    with place() as where:
        with stores.case("own: a number: default < file < ESPER_ < option"):
            attempts = lambda *options, **more: json.loads(  # noqa: E731
                where.run("http", "--json", *options, "http://127.0.0.1:1/", code=1, **more)[0])["attempts"]
            assert attempts() == 1
            where.write("http: {retry: 1}\n")
            assert attempts() == 2
            assert attempts(ESPER_HTTP_RETRY="2") == 3
            assert attempts("--retry", "0", ESPER_HTTP_RETRY="2") == 1
        with stores.case("own: a size: default < file < ESPER_ < option"):
            def sent(*options, **more):
                where.run("bench", "http", "--method", "PUT", "--requests", "1", "--concurrency", "1", *options, server.url, **more)
                return server.last("content-length")
            where.write("bench: {http: {size: 8KiB}}\n")
            assert sent() == ["8192"]
            assert sent(ESPER_BENCH_HTTP_SIZE="16KiB") == ["16384"]
            assert sent("--size", "1KiB", ESPER_BENCH_HTTP_SIZE="16KiB") == ["1024"]
        with stores.case("own: a list: file < ESPER_ < option, one in the place of the other"):
            def fields(*options, **more):
                where.run("http", "-s", *options, server.url, **more)
                return server.last("x-a")
            where.write("http:\n  header:\n    - 'X-A: one'\n    - 'X-A: two'\n")
            assert fields() == ["one", "two"]
            assert fields(ESPER_HTTP_HEADER="X-A: three,X-A: four") == ["three", "four"]
            assert fields("-H", "X-A: five", ESPER_HTTP_HEADER="X-A: three") == ["five"]
        with stores.case("own: HEADRACE_BACKEND wins over the file"):
            backend = lambda **more: json.loads(where.run(  # noqa: E731
                "bench", "http", "--requests", "1", "--concurrency", "1", "--json", "-", server.url, **more)[0])["backend"]
            where.write("bench: {http: {backend: epoll}}\n")
            assert backend() == "epoll"
            where.write("bench: {http: {backend: io_uring}}\n")
            assert backend(HEADRACE_BACKEND="epoll") == "epoll"


# ---- Which file.

def check_files():
    named = lambda name: f"s3: {{region: {name}}}\n"  # noqa: E731
    with place() as where:
        with stores.case("own: --config, else here, else XDG_CONFIG_HOME, else ~/.config"):
            where.write(named("home"), ".config/headrace/headrace.yaml")
            assert region(presigned(where)) == "home"
            where.write(named("xdg"), "xdg/headrace/headrace.yaml")
            xdg = {"XDG_CONFIG_HOME": os.path.join(where.folder, "xdg")}
            assert region(presigned(where, **xdg)) == "xdg"
            where.write(named("here"))
            assert region(presigned(where, **xdg)) == "here"
            other = where.write(named("named"), "other.yaml")
            assert region(presigned(where, "--config", other, **xdg)) == "named"
            assert region(presigned(where, f"--config={other}", **xdg)) == "named"
        with stores.case("own: --config and --no-config stand before the command's words, too"):
            for options, wanted in ((("--config", other), "named"), ((f"--config={other}",), "named"), (("--no-config",), "us-east-1")):
                url = where.run(*options, "s3", "presign", "s3://b/k", **KEYS, S3_ENDPOINT_URL="http://localhost:9")[0]
                assert region(url) == wanted, options
        with stores.case("own: --no-config leaves file and ESPER_ variables alone"):
            assert region(presigned(where, "--no-config", ESPER_S3_REGION="x")) == "us-east-1"
        with stores.case("own: --config and --no-config exclude each other"):
            said = where.run("--config", other, "doctor", "--no-config", code=2)[1]
            assert "exclude each other" in said, said
        with stores.case("own: --config without a file is wrong usage"):
            for words in (("--config",), ("--config=",), ("doctor", "--config")):
                where.run(*words, code=2)
        with stores.case("own: http -q is --no-config"):
            where.write("http: {nonsense: 1}\n")
            where.run("http", "-s", "http://127.0.0.1:1", code=2)
            where.run("http", "-sq", "http://127.0.0.1:1", code=1)


def refused(where, *parts, arguments=("doctor",), user=None, **environment):
    out, err = where.run(*arguments, code=2, user=user, **environment)
    for part in parts:
        assert part in err, (part, err)
    return out, err


def check_refusals():
    with place() as where:
        with stores.case("own: all faults of a file are told at once, whichever command runs, with exit code 2"):
            where.write("http:\n  retry: 100\n  retyr: 1\n  timeout: 3x\ns3:\n  ls: {attempts: zero}\nbench:\n  s3: {mix: put}\n"
                        "  http: {size: 10MB}\ndoctr: {}\n")
            out, err = refused(where, "headrace.yaml:2:10: error: http.retry:", "headrace.yaml:3:3: error: http.retyr:",
                               'is "retry" meant', "headrace.yaml:4:12: error: http.timeout:", "headrace.yaml:6:18: error: s3.ls.attempts:",
                               "headrace.yaml:9:16: error: bench.http.size:", "headrace.yaml:10:1: error: doctr:",
                               "headrace.yaml has 6 errors; --no-config does without it", arguments=("doctor", "--json"))
            assert json.loads(out)["error"]["class"] == "usage", out
            assert "mix" not in err, err
        with stores.case("own: --help is there in spite of a bad file"):
            assert "usage: headrace doctor" in where.run("doctor", "--help")[0]
        with stores.case("own: a file that is named has to be there"):
            refused(where, "/not/there", arguments=("--config", "/not/there", "doctor"))
        with stores.case("own: a folder, and a pipe, are no file"):
            refused(where, "it is a folder", arguments=("--config", where.folder, "doctor"))
            os.unlink(os.path.join(where.folder, "headrace.yaml"))
            os.mkdir(os.path.join(where.folder, "headrace.yaml"))
            refused(where, "headrace.yaml: error: it is a folder")
            os.rmdir(os.path.join(where.folder, "headrace.yaml"))
            os.mkfifo(os.path.join(where.folder, "headrace.yaml"))
            refused(where, "headrace.yaml: error: ")
            os.unlink(os.path.join(where.folder, "headrace.yaml"))
        with stores.case("own: one that all may write is trusted only by its name"):
            path = where.write("http: {}\n")
            os.chmod(path, 0o666)
            refused(where, "./headrace.yaml belongs to another user, or all may write it")
            where.run("--config", path, "doctor", code=None)
            os.chmod(path, 0o644)
    check_as_nobody()


def check_as_nobody():
    """As root, another user's eyes and files can be had."""
    if os.geteuid() != 0 or subprocess.run([HEADRACE, "--version"], user=NOBODY, capture_output=True, check=False).returncode != 0:
        stores.skip("own: files of other users", "only root can make one, and the command must be open to all")
        return
    with place("http: {}\n") as where:
        path = os.path.join(where.folder, "headrace.yaml")
        with stores.case("own: a file that cannot be read is refused"):
            os.chmod(path, 0o600)
            refused(where, "headrace.yaml: error: ", "Permission denied", user=NOBODY)
        with stores.case("own: a file of another user is trusted only by its name"):
            os.chmod(path, 0o644)
            os.chown(path, NOBODY, NOBODY)
            refused(where, "./headrace.yaml belongs to another user")
            where.run("doctor", code=None, user=NOBODY)
        with stores.case("own: a home that cannot be looked into has no file"):
            os.unlink(path)
            where.run("doctor", code=None, user=NOBODY, HOME="/root")


# ---- Variables.

def check_variables():
    with place() as where:
        with stores.case("own: variables of services and of other commands are nothing to a command"):
            others = {"ESPER_LOG_LEVEL": "nonsense", "ESPER_HTTP_RETRY": "many", "ESPER_S3_ENDPOINT_URL": "x", "ESPER_NAME": "y",
                      "ESPER_S3_LS_REGION": "", "ESPER_S3_ATTEMPTS_MAX": "z"}
            assert region(presigned(where, **others)) == "us-east-1"
        with stores.case("own: a bad variable of the command is named, without its value"):
            for name in ("ESPER_S3_ATTEMPTS", "ESPER_S3_TIMEOUT", "ESPER_S3__PRESIGN__EXPIRES", "esper_s3_addressing", "ESPER_S3_RESOLVE"):
                out, err = refused(where, name, arguments=("s3", "presign", "--json", "s3://b/k"), **{name: "hunter2"})
                assert "hunter2" not in out + err and json.loads(out)["error"]["class"] == "usage", (out, err)
        with stores.case("own: a secret of the file stands in no message"):
            where.write("http:\n  header: [hunter2]\n  cookie: {hunter2: 1}\n  user: [hunter2]\ns3:\n  secret_key: [hunter2]\n")
            out, err = refused(where, "http.header.0", "s3.secret_key")
            assert "hunter2" not in out + err, err
        with stores.case("own: NAME_FILE names the file that has the value"):
            where.write("")
            path = where.write("of-a-file\n", "region")
            os.chmod(path, 0o600)
            assert region(presigned(where, ESPER_S3_REGION_FILE=path)) == "of-a-file"


# ---- Beside.

def check_doctor():
    with place() as where:
        item = lambda *options, **more: {row["name"]: row for row in json.loads(  # noqa: E731
            where.run(*options, "doctor", "--json", code=None, **more)[0])["items"]}["configuration"]
        with stores.case("own: doctor says which file configures the command"):
            assert item()["value"].startswith(("none: no headrace.yaml", "/etc/")), item()
            where.write("http: {}\n")
            assert item()["value"] == "headrace.yaml" and item()["verdict"] == "ok"
            assert "--no-config" in item("--no-config")["value"]
        with stores.case("own: doctor tells a file that is a mount point itself, as of Kubernetes' subPath"):
            script = f"mount --bind headrace.yaml headrace.yaml && exec {HEADRACE} doctor --json"
            done = subprocess.run(["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script], cwd=where.folder,
                                  capture_output=True, check=False, timeout=PATIENCE_S, env={**PLAIN, "HOME": where.folder})
            if not done.stdout.startswith(b"{"):
                stores.skip("own: a mount", "not allowed here")
            else:
                said = {row["name"]: row for row in json.loads(done.stdout)["items"]}["configuration"]
                assert said["verdict"] == "note" and "mount the folder" in said["remedy"], said


def check_child():
    with place("serve: {s3: {region: elsewhere, tls_cert: /not/there}}\n") as where:
        with stores.case("own: the store that bench s3 starts is not configured by the file"):
            where.run("bench", "s3", "--operations", "4", "--concurrency", "1", "--objects", "1")


def main():
    check_levels()
    with Server() as server:
        check_numbers(server)
    check_files()
    check_refusals()
    check_variables()
    check_doctor()
    check_child()
    stores.finish()


if __name__ == "__main__":
    main()
