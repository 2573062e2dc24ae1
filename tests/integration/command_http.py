"""`headrace http` against servers that are not ours: Python's http.server, plain and over TLS, on TCP and on a unix socket."""
import base64
import contextlib
import gzip
import hashlib
import http.server
import json
import os
import pty
import select
import signal
import socket
import socketserver
import ssl
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
import stores  # noqa: E402

HEADRACE = stores.HEADRACE
VARIABLES = {"http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "no_proxy", "NO_PROXY",
             "HEADRACE_HTTP_PASSWORD"}
PLAIN = {name: value for name, value in os.environ.items() if name not in VARIABLES}
PAGE = b"<p>a page</p>\n"
LARGE = bytes(range(256)) * 16384
REPORT_FIELDS = """method url final_url status headers redirects body_bytes decoded_bytes sent_bytes output peer reused tls total_ms timings
attempts attempt_log error""".split()
TIMINGS = "queue_ms resolve_ms connect_ms tls_ms first_byte_ms body_ms total_ms".split()


def run(*arguments, prefix=(), **options):
    options.setdefault("timeout", 60)
    options.setdefault("env", PLAIN)
    if "input" not in options:
        options.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run([*prefix, HEADRACE, "http", *arguments], capture_output=True, check=False, **options)


def good(*arguments, **options):
    done = run(*arguments, **options)
    assert done.returncode == 0, (done.returncode, done.stderr)
    return done.stdout


def failed(*arguments, name, **options):
    """It exits 1 and its line ends with the error's name; the line."""
    done = run(*arguments, **options)
    assert done.returncode == 1, (done.returncode, done.stdout[:200], done.stderr)
    assert f"[{name}".encode() in done.stderr, done.stderr
    return done.stderr


def report_of(*arguments, code=0, **options):
    done = run("--json", *arguments, **options)
    assert done.returncode == code, (done.returncode, done.stderr)
    report = json.loads(done.stdout)
    assert list(report) == REPORT_FIELDS, list(report)
    assert list(report["timings"]) == TIMINGS, report["timings"]
    return report


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        whole = b""
        while size := int(self.rfile.readline(), 16):
            whole += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return whole

    def answer(self, status, body, *fields):
        self.send_response(status)
        for name, value in (*fields, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def reply(self):
        self.server.seen.append(self)
        self.sent = self.body()
        path = self.path.split("?", 1)[0]
        if path.startswith("http://"):
            self.answer(200, b"by proxy: " + self.path.encode())
        elif path == "/missing":
            self.answer(404, b"not here\n")
        elif path == "/large":
            self.answer(200, LARGE)
        elif path.startswith("/hop/"):
            left = int(path.removeprefix("/hop/"))
            self.answer(302, b"", ("Location", f"/hop/{left - 1}" if left > 1 else "/page"))
        elif path == "/zipped" and "gzip" in self.headers.get("Accept-Encoding", ""):
            self.answer(200, gzip.compress(PAGE), ("Content-Encoding", "gzip"))
        elif path == "/flaky" and len(self.server.seen) <= 2:
            self.close_connection = True
        elif path == "/silent":
            time.sleep(30)
        else:
            self.answer(200, PAGE, ("X-One", "a"), ("X-One", "b"))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = reply

    def log_message(self, *_):
        pass


class UnixServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def get_request(self):
        peer, _ = super().get_request()
        return peer, ("unix", 0)


@contextlib.contextmanager
def served(server):
    """A server in this process; what it has been asked is in `seen`."""
    server.seen = []
    server.daemon_threads = True
    server.handle_error = lambda *_: None
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server
        server.shutdown()


@contextlib.contextmanager
def web(context=None):
    """The server and its URL."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.request_queue_size = 64
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    with served(server) as running:
        yield running, f"{'https' if context else 'http'}://127.0.0.1:{server.server_port}"


def check_answers(server, url):
    with stores.case("http, the body and nothing else"):
        assert good(url + "/page") == PAGE
    with stores.case("http, a large body through a pipe"):
        assert good(url + "/large") == LARGE
    with stores.case("http, any status is an answer, --fail makes it a failure without a body"):
        assert good(url + "/missing") == b"not here\n"
        done = run("--fail", url + "/missing")
        assert done.returncode == 1 and not done.stdout and b"404" in done.stderr, done
        assert good("--fail", url + "/page") == PAGE
    with stores.case("http, --include and HEAD show the head"):
        head, body = good("-i", url + "/page").split(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n") and b"\r\nX-One: a\r\nX-One: b" in head, head
        assert body == PAGE
        shown = good("HEAD", url + "/page")
        assert shown.startswith(b"HTTP/1.1 200 OK\r\n") and shown.endswith(b"\r\n\r\n"), shown
        assert server.seen[-1].command == "HEAD"
    with stores.case("http, a method of its own and header fields"):
        good("PATCH", "-H", "X-A: b c", "--header", "X-D;", "-H", "X-E:", url + "/page")
        asked = server.seen[-1]
        assert asked.command == "PATCH" and asked.headers["X-A"] == "b c" and asked.headers["X-D"] == "" and "X-E" not in asked.headers, asked.headers


def check_remedies():
    """Lines that a person can act upon, in the words of the command."""
    rows = (
        (("--outptu", "x", "http://h/"), 2, b"did you mean '--output'?"),
        (("-Z", "http://h/"), 2, b"-Z: not supported: several URLs"), (("--data", "x", "--nope", "http://h/"), 2, b"'--nope'. See"),
        (("http://b\u00fccher.example/",), 2, b"punycode"),
        (("gopher://h:8080/x",), 2, b"neither http:// nor https://"), (("http://me:secret@h:x/",), 2, b"'http://***@h:x/'"),
        (("--unix-socket", "/s", "--proxy", "http://p", "http://h/"), 2, b"--unix-socket and --proxy exclude"),
        (("--nameserver", "p", "http://h/"), 2, b"--nameserver 'p'"),
        (("http://127.0.0.1:1/",), 1, b"nothing listens there"),
        (("--unix-socket", "/nowhere/s", "http://h/"), 1, b"the unix socket /nowhere/s: No such file"),
        (("-o", "/tmp/", "http://127.0.0.1:1/"), 2, b"name the file"),
    )
    with stores.case("http, what is wrong is said with its remedy"):
        for arguments, code, expected in rows:
            done = run(*arguments)
            assert done.returncode == code and expected in done.stderr, (arguments, done)
            assert done.stdout == b"" and done.stderr.count(b"\n") == 1, done


def check_bodies(server, url, folder):
    path = os.path.join(folder, "sent")
    with open(path, "wb") as file:
        file.write(LARGE)
    with stores.case("http, a body of text is a POST"):
        good("--body", "a=b", url + "/page")
        assert (server.seen[-1].command, server.seen[-1].sent) == ("POST", b"a=b"), server.seen[-1].sent
    with stores.case("http, a body from a file has its length"):
        good("PUT", "--body-file", path, url + "/page")
        assert server.seen[-1].sent == LARGE and server.seen[-1].headers["Content-Length"] == str(len(LARGE))
    with stores.case("http, standard input that is a file has its length too"):
        with open(path, "rb") as file:
            file.seek(100)
            good("--body-file", "-", url + "/page", stdin=file)
        assert server.seen[-1].sent == LARGE[100:] and server.seen[-1].headers["Content-Length"]
    with stores.case("http, a pipe is sent chunked"):
        good("--body-file", "-", url + "/page", input=LARGE)
        assert server.seen[-1].sent == LARGE, len(server.seen[-1].sent)
        assert server.seen[-1].headers["Transfer-Encoding"] == "chunked", server.seen[-1].headers
    with stores.case("http, a slow pipe"):
        process = subprocess.Popen([HEADRACE, "http", "--body-file", "-", url + "/page"], env=PLAIN,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        before = len(server.seen)
        process.stdin.write(b"first ")
        process.stdin.flush()
        until = time.monotonic() + 30
        while len(server.seen) == before and time.monotonic() < until:  # the head is there before the body's end
            time.sleep(0.01)
        assert len(server.seen) > before
        process.communicate(b"last", timeout=30)
        assert process.returncode == 0 and server.seen[-1].sent == b"first last", server.seen[-1].sent
    with stores.case("http, a body that is not there"):
        done = run("--body-file", os.path.join(folder, "nothing"), url + "/page")
        assert done.returncode == 1 and b"nothing" in done.stderr, done
    with stores.case("http, a folder is no body"):
        done = run("--body-file", folder, url + "/page")
        assert done.returncode == 1 and b"directory" in done.stderr, done


def check_outputs(url, folder):
    target = os.path.join(folder, "got")

    def content():
        with open(target, "rb") as file:
            return file.read()
    with stores.case("http, --output FILE, and into a folder by the URL's last part"):
        assert good("-o", target, url + "/large") == b"" and content() == LARGE
        good("-o", folder, url + "/page?x=/y")
        with open(os.path.join(folder, "page"), "rb") as file:
            assert file.read() == PAGE
    with stores.case("http, --output with --include shows the head on standard output"):
        assert good("-i", "-o", target, url + "/page").startswith(b"HTTP/1.1 200 OK\n") and content() == PAGE
    with stores.case("http, what fails leaves the file alone and nothing beside it"):
        assert run("--fail", "-o", target, url + "/missing").returncode == 1 and content() == PAGE
        assert run("-o", target, "http://127.0.0.1:1/").returncode == 1 and content() == PAGE
        assert not [name for name in os.listdir(folder) if name.startswith(".headrace")], os.listdir(folder)
    with stores.case("http, a full disk"):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([HEADRACE, "http", url + "/large"], stdout=full, stderr=subprocess.PIPE, check=False,
                                  env=PLAIN, timeout=60)
        assert done.returncode == 1 and b"No space" in done.stderr, done
    with stores.case("http, a closed pipe"):
        done = subprocess.run(["bash", "-c", f"'{HEADRACE}' http {url}/large | head -c 10 >/dev/null; exit ${{PIPESTATUS[0]}}"],
                              capture_output=True, check=False, env=PLAIN, timeout=60)
        assert done.returncode == 1 and b"Broken pipe" in done.stderr, done
    for arguments, binary in ((["/large"], True), (["/page"], False), (["/large", "-o", "-"], False)):
        with stores.case(f"http, a terminal: {' '.join(arguments)}"):
            shown, code, errors = on_terminal(url + arguments[0], *arguments[1:])
            assert code == (1 if binary else 0), (code, errors)
            assert (b"binary" in errors) == binary and (shown == b"") == binary, errors


def on_terminal(*arguments):
    """What a terminal as standard output shows, the exit code, standard error."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([HEADRACE, "http", *arguments], stdout=theirs, stderr=subprocess.PIPE,
                               stdin=subprocess.DEVNULL, env=PLAIN)
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # the other side has closed
        while select.select([ours], [], [], 60)[0] and (piece := os.read(ours, 65536)):
            shown += piece
    os.close(ours)
    errors = process.communicate(timeout=60)[1]
    return shown, process.returncode, errors


def check_reports(server, url, folder):
    with stores.case("http --json, every field"):
        report = report_of("-H", "X-Q: 1", url + "/page")
        assert report["status"] == 200 and report["body_bytes"] == len(PAGE) and report["error"] is None, report
        assert [field for field in report["headers"] if field["name"] == "X-One"] == [
            {"name": "X-One", "value": "a"}, {"name": "X-One", "value": "b"}], report["headers"]
        assert report["peer"] == {"address": "127.0.0.1", "port": server.server_port}, report["peer"]
        assert report["tls"] is None and report["attempts"] == 1 and len(report["attempt_log"]) == 1, report
        timings = report["timings"]
        assert 0 < timings["connect_ms"] < timings["total_ms"] <= report["total_ms"], report
        assert timings["first_byte_ms"] > 0, timings
    with stores.case("http --json, the body in a file, sent bytes counted"):
        target = os.path.join(folder, "body")
        report = report_of("--body", "four", "-o", target, url + "/page")
        assert report["output"] == target and report["sent_bytes"] == 4, report
        with open(target, "rb") as file:
            assert file.read() == PAGE
    with stores.case("http --json, an error is an object in it"):
        report = report_of("http://127.0.0.1:1/", code=1)
        assert report["error"]["code"] == "ECONNREFUSED" and report["status"] is None, report
        entry = report["attempt_log"][0]
        assert entry["result"] == "ECONNREFUSED" and entry["status"] is None, entry


def check_redirects(server, url):
    with stores.case("http, a redirect is an answer"):
        assert report_of(url + "/hop/2")["status"] == 302
    with stores.case("http, --location follows"):
        assert good("-L", url + "/hop/3") == PAGE
        report = report_of("-L", url + "/hop/3")
        assert report["redirects"] == 3 and report["final_url"] == url + "/page", report
    with stores.case("http, --redirects is a limit"):
        assert good("--redirects", "2", url + "/hop/2") == PAGE
        line = failed("--redirects", "1", url + "/hop/2", name="HR_ERR_REDIRECT_LIMIT")
        assert b"and --redirects is 1" in line, line


def check_credentials(server, url, folder):
    def sent():
        return server.seen[-1].headers["Authorization"]

    def basic(text):
        return "Basic " + base64.b64encode(text.encode()).decode()
    with stores.case("http, --user"):
        good("--user", "me:pass:word", url + "/page")
        assert sent() == basic("me:pass:word"), sent()
        good("--user", "me", url + "/page", env=dict(PLAIN, HEADRACE_HTTP_PASSWORD="other"))
        assert sent() == basic("me:other"), sent()
    with stores.case("http, --user without a password or a terminal"):
        done = run("--user", "me", url + "/page", start_new_session=True)
        assert done.returncode == 2 and b"HEADRACE_HTTP_PASSWORD" in done.stderr, done
    with stores.case("http, --bearer from the environment and a file"):
        good("--bearer", "env:TOKEN", url + "/page", env=dict(PLAIN, TOKEN="abc.def"))
        assert sent() == "Bearer abc.def", sent()
        path = os.path.join(folder, "token")
        with open(path, "w", encoding="ascii") as file:
            file.write("from-file\n")
        good("--bearer", f"file:{path}", url + "/page")
        assert sent() == "Bearer from-file", sent()
    with stores.case("http, no credentials, none sent"):
        good(url + "/page")
        assert sent() is None, sent()


def check_resilience(url):
    with stores.case("http, --retry repeats what may be repeated"):
        with web() as (server, flaky):
            report = report_of("--retry", "3", flaky + "/flaky")
            assert report["attempts"] == 3 == len(report["attempt_log"]) and report["status"] == 200, report
            assert report["attempt_log"][0]["result"] and report["attempt_log"][2]["result"] is None, report
    with stores.case("http, without --retry one attempt, and a POST is not repeated"):
        with web() as (server, flaky):
            assert run(flaky + "/flaky").returncode == 1 and len(server.seen) == 1
        with web() as (server, flaky):
            assert run("--retry", "3", "--body", "x", flaky + "/flaky").returncode == 1 and len(server.seen) == 1
        with web() as (server, flaky):
            good("--retry", "3", "--body", "x", "--idempotent", flaky + "/flaky")
            assert [asked.sent for asked in server.seen] == [b"x"] * 3, server.seen
    with stores.case("http, time-outs have names"):
        assert failed("--timeout", "200ms", url + "/silent", name="ETIMEDOUT")
        assert failed("--first-byte-timeout", "200ms", url + "/silent", name="HR_ERR_FIRST_BYTE_TIMEOUT")
    with stores.case("http, SIGINT ends it with 130"):
        process = subprocess.Popen([HEADRACE, "http", url + "/silent"], env=PLAIN, stderr=subprocess.PIPE)
        until = time.monotonic() + 30
        while not connected(process.pid) and time.monotonic() < until:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        errors = process.communicate(timeout=30)[1]
        assert process.returncode == 130 and b"SIGINT" in errors, (process.returncode, errors)


def connected(pid):
    """Whether a process holds a socket."""
    with contextlib.suppress(OSError):
        return any(os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:") for name in os.listdir(f"/proc/{pid}/fd"))
    return False


def check_ways(server, url, folder):
    port = server.server_port
    with stores.case("http, --resolve"):
        assert good("--resolve", f"web.test:{port}:127.0.0.1", f"http://web.test:{port}/page") == PAGE
        assert server.seen[-1].headers["Host"] == f"web.test:{port}", server.seen[-1].headers["Host"]
    with stores.case("http, --proxy, and that of the environment"):
        assert good("--proxy", url, "http://elsewhere.test/x") == b"by proxy: http://elsewhere.test/x"
        assert good("http://elsewhere.test/x", env=dict(PLAIN, http_proxy=url)) == b"by proxy: http://elsewhere.test/x"
        assert good(url + "/page", env=dict(PLAIN, http_proxy="http://127.0.0.1:1", no_proxy="127.0.0.1")) == PAGE
        assert good("--proxy", "http://127.0.0.1:1", "--no-proxy", "127.0.0.1", url + "/page") == PAGE
    with stores.case("http, --unix-socket"):
        path = os.path.join(folder, "socket")
        with served(UnixServer(path, Handler)) as local:
            assert good("--unix-socket", path, "http://local/page") == PAGE
            assert local.seen[-1].headers["Host"] == "local", local.seen[-1].headers
    with stores.case("http, --decode"):
        assert good(url + "/zipped") == PAGE and good("--decode", url + "/zipped") == PAGE
        asked = [entry.headers["Accept-Encoding"] for entry in server.seen[-2:]]
        assert asked[0] is None and "gzip" in asked[1], asked
        report = report_of("--decode", url + "/zipped")
        assert report["decoded_bytes"] == len(PAGE), report
        assert report["body_bytes"] == len(gzip.compress(PAGE)), report


class Certificates:
    """A CA, and what it vouches for."""

    def __init__(self, folder):
        self.folder = folder
        self.ca, self.ca_key = self.path("ca.pem"), self.path("ca.key")
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                     "-subj", "/CN=test CA", "-keyout", self.ca_key, "-out", self.ca)
        self.server = self.issue("server", "IP:127.0.0.1,DNS:localhost")
        self.client = self.issue("client", "DNS:client.test")

    def path(self, name):
        return os.path.join(self.folder, name)

    @staticmethod
    def openssl(*arguments, **options):
        return subprocess.run(["openssl", *arguments], check=True, capture_output=True, **options).stdout

    def issue(self, name, names):
        certificate, key, asked = self.path(name + ".pem"), self.path(name + ".key"), self.path(name + ".csr")
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                     "-addext", f"subjectAltName={names}", "-keyout", key, "-out", asked)
        self.openssl("x509", "-req", "-in", asked, "-CA", self.ca, "-CAkey", self.ca_key, "-CAcreateserial", "-days", "30",
                     "-copy_extensions", "copy", "-out", certificate)
        return certificate, key

    def pin(self):
        """As `curl --pinnedpubkey` takes it, worked out by openssl."""
        public = self.openssl("x509", "-in", self.server[0], "-pubkey", "-noout")
        der = self.openssl("pkey", "-pubin", "-outform", "DER", input=public)
        return "sha256//" + base64.b64encode(hashlib.sha256(der).digest()).decode()

    def context(self, client_ca=False, version_max=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.server)
        if client_ca:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.ca)
        if version_max:
            context.maximum_version = version_max
        return context


def check_tls(folder):
    made = Certificates(folder)
    trusted = ("--ca-file", made.ca)
    with web(made.context()) as (_, url):
        with stores.case("http, TLS: a certificate that nobody vouches for"):
            line = failed(url + "/page", name="HR_ERR_TLS_CERTIFICATE")
            assert b"trust its CA with --ca-file," in line, line
            missing = run("--ca-file", "/nowhere/ca_file", url + "/page")
            assert missing.returncode == 2, missing
            assert b"--ca-file /nowhere/ca_file: No such file or directory" in missing.stderr, missing.stderr
        with stores.case("http, TLS: --ca-file, and what was agreed upon"):
            assert good(*trusted, url + "/large") == LARGE
            report = report_of(*trusted, url + "/page")
            assert report["tls"]["version"] == "TLSv1.3" and report["timings"]["tls_ms"] > 0, report
        with stores.case("http, TLS: --verbose shows version, cipher and certificate"):
            shown = run(*trusted, "-v", "-o", os.devnull, url + "/page").stderr.decode()
            for line in ("* TLSv1.3, TLS_", "*   subject: CN=server\n", "*   issuer: CN=test CA\n",
                         "*   names: IP Address:127.0.0.1, DNS:localhost\n", " GMT\n", "> GET /page HTTP/1.1\n"):
                assert line in shown, (line, shown)
        with stores.case("http, TLS: a body goes up through a pipe"):
            assert good(*trusted, "--body-file", "-", url + "/page", input=LARGE) == PAGE
        with stores.case("http, TLS: --ca-directory"):
            hashes = os.path.join(folder, "hashes")
            os.mkdir(hashes)
            name = made.openssl("x509", "-in", made.ca, "-noout", "-hash").decode().strip()
            os.symlink(made.ca, os.path.join(hashes, name + ".0"))
            assert good("--ca-directory", hashes, url + "/page") == PAGE
        with stores.case("http, TLS: --insecure"):
            assert good("--insecure", url + "/page") == PAGE
        with stores.case("http, TLS: another name"):
            port = url.rsplit(":", 1)[1]
            failed(*trusted, "--resolve", f"other.test:{port}:127.0.0.1", f"https://other.test:{port}/page",
                   name="HR_ERR_TLS_CERTIFICATE")
        with stores.case("http, TLS: --pin"):
            assert good(*trusted, "--pin", made.pin(), url + "/page") == PAGE
            failed(*trusted, "--pin", "sha256//" + base64.b64encode(bytes(32)).decode(), url + "/page",
                   name="HR_ERR_TLS_PIN")
        with stores.case("http, TLS: a file that is not there is wrong usage"):
            done = run("--ca-file", os.path.join(folder, "no.pem"), url)
            assert done.returncode == 2 and b"no.pem" in done.stderr, done
    with web(made.context(version_max=ssl.TLSVersion.TLSv1_2)) as (_, url):
        with stores.case("http, TLS: --tls-min"):
            assert report_of(*trusted, url + "/page")["tls"]["version"] == "TLSv1.2"
            assert run(*trusted, "--tls-min", "1.3", url + "/page").returncode == 1
    with web(made.context(client_ca=True)) as (_, url):
        with stores.case("http, TLS: a certificate of the client"):
            certificate, key = made.client
            assert good(*trusted, "--cert", certificate, "--key", key, url + "/page") == PAGE
            assert run(*trusted, url + "/page").returncode == 1


def check_store(folder):
    """The embedded store over TLS, which must be told from a plain one."""
    made = Certificates(folder)
    certificate, key = made.server
    with stores.case("s3 over TLS: serve, cp, cat, bench"):
        process = subprocess.Popen([HEADRACE, "serve", "s3", "--listen", "127.0.0.1:0", "--access-key", "a", "--secret-key",
                                    "b", "--tls-cert", certificate, "--tls-key", key], stdout=subprocess.PIPE)
        try:
            endpoint = process.stdout.readline().decode().split()[-1]
            assert endpoint.startswith("https://127.0.0.1:"), endpoint
            store = ("--endpoint", endpoint, "--access-key", "a", "--secret-key", "b")

            def s3(*words, **options):
                return subprocess.run([HEADRACE, *words], capture_output=True, check=False, env=PLAIN, timeout=60, **options)
            trusted = (*store, "--ca-file", made.ca)
            assert s3("s3", "mb", *trusted, "s3://over-tls").returncode == 0
            assert s3("s3", "cp", *trusted, "-", "s3://over-tls/k", input=LARGE).returncode == 0
            assert s3("s3", "cat", *trusted, "s3://over-tls/k").stdout == LARGE
            refused = s3("s3", "cat", *store, "s3://over-tls/k")
            assert refused.returncode == 1 and b"HR_ERR_TLS_CERTIFICATE" in refused.stderr, refused.stderr
            done = s3("bench", "s3", *trusted, "--operations", "200", "--concurrency", "8", "--mix", "put=1,get=1", "--size",
                      "20000", "--verify", "--json", "-")
            report = json.loads(done.stdout)
            assert done.returncode == 0 and report["operations"]["succeeded"] == 200, (done.returncode, done.stderr)
        finally:
            process.terminate()
            assert process.wait(timeout=30) == 0
            process.stdout.close()
    with stores.case("serve s3, a certificate without its key"):
        done = subprocess.run([HEADRACE, "serve", "s3", "--tls-cert", certificate], capture_output=True, check=False, timeout=60)
        assert done.returncode == 2 and b"--tls-key" in done.stderr, done
    with stores.case("bench http over TLS: full and resumed handshakes"):
        with web(made.context()) as (_, url):
            for more, full in (([], False), (["--no-resumption"], True)):
                done = subprocess.run([HEADRACE, "bench", "http", "--connect-each", "-c", "2", "--requests", "40",
                                       "--ca-file", made.ca, "--json", "-", *more, url + "/page"],
                                      capture_output=True, check=False, env=PLAIN, timeout=60)
                report = json.loads(done.stdout)
                assert done.returncode == 0 and report["operations"]["succeeded"] == 40, done.stderr
                assert report["handshakes_full"] + report["handshakes_resumed"] == 40, report
                assert report["handshakes_full"] == 40 if full else report["handshakes_resumed"] >= 36, report
                assert report["tls"]["version"] == "TLSv1.3", report["tls"]


def main():
    if not os.access(HEADRACE, os.X_OK):
        stores.fail("command http", f"is not built: {HEADRACE}")
        stores.finish()
    check_remedies()
    with web() as (server, url), tempfile.TemporaryDirectory() as folder:
        check_answers(server, url)
        check_bodies(server, url, folder)
        check_outputs(url, folder)
        check_reports(server, url, folder)
        check_redirects(server, url)
        check_credentials(server, url, folder)
        check_resilience(url)
        check_ways(server, url, folder)
    with tempfile.TemporaryDirectory() as folder:
        check_tls(folder)
    with tempfile.TemporaryDirectory() as folder:
        check_store(folder)
    stores.finish()


if __name__ == "__main__":
    main()
