"""`headrace proxy faults` between clients that are not ours (sockets, http.client, ssl, boto3) and servers that are not: each fault is seen as
it is told, and the proxy's counts agree with the client's and the server's. At last our own client through ten per cent of faults."""
import contextlib
import http.client
import http.server
import json
import os
import re
import resource
import select
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import listener  # noqa: E402
import stores  # noqa: E402
from stores import case  # noqa: E402

BODY = bytes(range(256)) * 40
SPOILING = "reset reset-behind status truncate corrupt trickle silent".split()
MUTE = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy") and not name.startswith("AWS_")}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        sent = self.rfile.read(length)
        self.server.requests.append((self.command, self.path, sent))
        kind = self.path.rpartition("/")[2]
        body = sent if self.command == "PUT" else BODY
        if kind in ("204", "304"):
            head = f"HTTP/1.1 {kind} X\r\nETag: \"e\"\r\n\r\n".encode()
            body = b""
        elif kind == "chunked":
            head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
            body = b"".join(b"%x;q=\"a b\"\r\n%s\r\n" % (len(part), part) for part in (BODY[:1], BODY[1:5000], BODY[5000:]))
            body += b"0\r\nX-Sum: 1\r\n\r\n"
        elif kind == "close":
            head = b"HTTP/1.0 200 OK\r\n\r\n"
            self.close_connection = True
        else:
            head = f"HTTP/1.1 200 OK\r\nX-Odd:  a  b \r\nContent-Length: {len(body)}\r\n\r\n".encode()
        self.wfile.write(head + (b"" if self.command == "HEAD" else body))

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = answer

    def log_message(self, *_):
        pass


class Origin(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, handler=Handler):
        super().__init__(("127.0.0.1", 0), handler)
        self.requests = []
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        pass  # connections that the proxy ends


class Proxy:
    """A proxy in front of a port; `report` is there behind its end."""

    def __init__(self, port, *rules, options=()):
        self.rules, self.report = [word for rule in rules for word in ("--fault", rule)], None
        with tempfile.NamedTemporaryFile(suffix=".json", delete=False) as made:
            self.path = made.name
        self.process = subprocess.Popen([stores.HEADRACE, "proxy", "faults", "--to", f"127.0.0.1:{port}", "--json", self.path, *self.rules,
                                         *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=MUTE)
        select.select([self.process.stdout], [], [], 30)
        line = self.process.stdout.readline().decode()
        match = re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", line)
        if not match:
            raise RuntimeError(f"no proxy: {line!r} {self.process.stderr.read()!r}")
        self.port = int(match.group(1))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        out, errors = self.process.communicate(timeout=60)
        with open(self.path, encoding="utf-8") as file:
            self.report = json.load(file)
        os.unlink(self.path)
        assert self.process.returncode == 0 and not errors, (self.process.returncode, errors)
        assert b"connections" in out, out
        report = self.report
        spoiled = sum(report["faults"][kind] for kind in SPOILING)
        if not report["tcp"]:
            assert report["requests"] == report["passed"] + report["lost"] + spoiled, report
        for rule in report["rules"]:
            assert rule["happened"] <= rule["chosen"], rule

    def connect(self):
        peer = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return peer

    def http(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)


def ask(proxy, path="/b/k", method="GET", body=None, **headers):
    """(status, body) over a connection of its own, or the name of what went wrong."""
    connection = proxy.http()
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, response.read()
    except (ConnectionError, http.client.HTTPException) as problem:
        return type(problem).__name__
    finally:
        connection.close()


def exchange(peer, sent, enough=lambda got: False):
    """All that comes behind these bytes, until the end or until it is enough; and how it ended."""
    got, end = b"", "enough"
    try:
        if sent:
            peer.sendall(sent)
        while not enough(got):
            piece = peer.recv(65536)
            if not piece:
                end = "fin"
                break
            got += piece
    except ConnectionResetError:
        end = "reset"
    return got, end


RESET = "ConnectionResetError"


def is_refused(proxy):
    """Whether a connection is reset before it was sent anything; that may be before it is known to be made."""
    try:
        with proxy.connect() as peer:
            return exchange(peer, b"") == (b"", "reset")
    except ConnectionResetError:
        return True


# ---- Nothing happens.

def raw_request(method, path, *fields, body=b""):
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\n{''.join(f'{field}{chr(13)}{chr(10)}' for field in fields)}\r\n".encode() + body


def check_transparent(origin):
    requests = [raw_request("GET", "/b/k"), raw_request("HEAD", "/b/k"), raw_request("GET", "/204"), raw_request("GET", "/304"),
                raw_request("GET", "/chunked"), raw_request("PUT", "/b/k", "Content-Length: 10240", body=BODY),
                raw_request("GET", "/b/k", "Connection: close")]

    def all_of(port, at_once):
        with socket.create_connection(("127.0.0.1", port), timeout=30) as peer:
            if at_once:
                return exchange(peer, b"".join(requests))
            got = b""
            for request in requests[:-1]:
                got += exchange(peer, request, lambda seen: is_complete(seen, request))[0]
            tail, end = exchange(peer, requests[-1])
            return got + tail, end

    def is_complete(seen, request):
        head, found, body = seen.partition(b"\r\n\r\n")
        if not found:
            return False
        if b"chunked" in head:
            return body.endswith(b"\r\n\r\n")
        return len(body) == (10240 if b"Length" in head and not request.startswith(b"HEAD") else 0)

    before = len(origin.requests)
    with Proxy(origin.port) as proxy:
        with case("proxy faults: without rules all bytes pass as they are, over one connection"):
            direct = all_of(origin.port, False)
            assert all_of(proxy.port, False) == direct and direct[1] == "fin" and len(direct[0]) > 40000
        with case("proxy faults: pipelined requests are answered in their order"):
            assert all_of(proxy.port, True) == direct
        with case("proxy faults: a request byte by byte"), proxy.connect() as peer:
            for at in range(len(requests[-1])):
                peer.sendall(requests[-1][at:at + 1])
            assert exchange(peer, b"")[0].endswith(BODY)
        with case("proxy faults: a body up to the end of the connection"), proxy.connect() as peer:
            got, end = exchange(peer, raw_request("GET", "/close"))
            assert end == "fin" and got.endswith(BODY), (end, len(got))
        with case("proxy faults: Expect: 100-continue"), proxy.connect() as peer:
            head = raw_request("PUT", "/b/k", "Content-Length: 3", "Expect: 100-continue", "Connection: close")
            interim, _ = exchange(peer, head, lambda seen: b"\r\n\r\n" in seen)
            assert interim.startswith(b"HTTP/1.1 100"), interim
            assert exchange(peer, b"abc")[0].endswith(b"\r\n\r\nabc")
        with case("proxy faults: a chunked request body"):
            assert ask(proxy, method="POST", body=iter([b"abc", b"defg"])) is not None
        with case("proxy faults: a client that sends its end first gets its response"), proxy.connect() as peer:
            peer.sendall(raw_request("GET", "/b/k"))
            peer.shutdown(socket.SHUT_WR)
            assert exchange(peer, b"")[0].endswith(BODY)
    with case("proxy faults: requests are counted as the server counts them"):
        seen = len(origin.requests) - before - len(requests)
        assert proxy.report["requests"] == seen and proxy.report["lost"] <= 1, (proxy.report, seen)


class Switching(listener.Listener):
    """Leaves HTTP behind its answer, and sends back what comes."""

    def serve(self, peer):
        with peer, contextlib.suppress(ConnectionError):
            head, _ = exchange(peer, b"", lambda seen: b"\r\n\r\n" in seen)
            peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n" if head.startswith(b"CONNECT") else
                         b"HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nfirst")
            while piece := peer.recv(65536):
                peer.sendall(piece)


def check_switching():
    with Switching() as server, Proxy(server.port, "every 2nd reset") as proxy:
        for name, request, greeting in (("CONNECT", raw_request("CONNECT", "h:1"), b""),
                                        ("101", raw_request("GET", "/", "Connection: upgrade", "Upgrade: echo"), b"first")):
            with case(f"proxy faults: behind {name} bytes pass"), proxy.connect() as peer:
                assert exchange(peer, request, lambda seen: seen.endswith(b"\r\n\r\n" + greeting))[1] == "enough"
                assert exchange(peer, BODY, lambda seen: len(seen) == len(BODY))[0] == BODY
                peer.shutdown(socket.SHUT_WR)
                assert exchange(peer, b"") == (b"", "fin")
    with case("proxy faults: an upgrade is a request that has passed, a CONNECT none that is read"):
        assert proxy.report["requests"] == 1 and proxy.report["passed"] == 1 and proxy.report["unparsed"] == 1, proxy.report


# ---- Each fault.

def check_spoiling(origin):
    rules = ("/r reset", "/lost reset-behind", "/s status 503 SlowDown", "/t50 truncate 50%", "/t9 truncate 9", "/chunked truncate 50%",
             "/c corrupt 3 bytes", "/k trickle 20KiB/s", "/q silent 600ms")
    with Proxy(origin.port, *rules) as proxy:
        def seen():
            return [path for _, path, _ in origin.requests]
        with case("proxy faults: reset: the client sees it, the server nothing"):
            assert ask(proxy, "/r") == RESET and "/r" not in seen()
        with case("proxy faults: reset-behind: the server has acted, the answer is lost"):
            assert ask(proxy, "/lost", "PUT", b"abc") == RESET and origin.requests[-1] == ("PUT", "/lost", b"abc"), origin.requests[-1]
        with case("proxy faults: status: the XML of an S3 error, and the connection goes on"):
            connection = proxy.http()
            for method, body in (("PUT", BODY), ("HEAD", None), ("GET", None)):
                connection.request(method, "/s", body)
                response = connection.getresponse()
                text = response.read()
                assert response.status == 503 and (b"<Code>SlowDown</Code>" in text) == (method != "HEAD"), text
                assert response.headers["x-amz-request-id"]
            connection.request("GET", "/b/k")
            assert connection.getresponse().read() == BODY and "/s" not in seen()
            connection.close()
        with case("proxy faults: status behind Expect: 100-continue comes at once"), proxy.connect() as peer:
            got, end = exchange(peer, raw_request("PUT", "/s", "Content-Length: 9", "Expect: 100-continue"))
            assert got.startswith(b"HTTP/1.1 503 ") and end == "fin", (got, end)
        for path, size in (("/t50", len(BODY) // 2), ("/t9", 9)):
            with case(f"proxy faults: truncate: so many bytes, then the end ({path})"), proxy.connect() as peer:
                got, end = exchange(peer, raw_request("GET", path))
                assert got.partition(b"\r\n\r\n")[2] == BODY[:size] and end == "fin", (len(got), end)
        with case("proxy faults: truncate: foreign clients see an incomplete body"):
            assert ask(proxy, "/t50") == "IncompleteRead" and ask(proxy, "/chunked") == "IncompleteRead"
        with case("proxy faults: truncate: of no body nothing is cut"):
            assert ask(proxy, "/t50", "HEAD") == (200, b"")
        with case("proxy faults: corrupt: so many bytes are others, the length stays"):
            status, body = ask(proxy, "/c")
            assert status == 200 and len(body) == len(BODY) and sum(a != b for a, b in zip(body, BODY)) == 3
        with case("proxy faults: trickle: the response comes at its rate"):
            begun = time.monotonic()
            assert ask(proxy, "/k") == (200, BODY) and time.monotonic() - begun > 0.4, time.monotonic() - begun
        with case("proxy faults: silent: nothing for so long, then the end"):
            begun = time.monotonic()
            assert ask(proxy, "/q", "PUT", BODY * 40) in (RESET, "BrokenPipeError") and time.monotonic() - begun > 0.55
            assert "/q" not in seen()
    with case("proxy faults: all of them are counted"):
        expected = {"reset": 1, "reset-behind": 1, "status": 4, "truncate": 4, "corrupt": 1, "trickle": 1, "silent": 1,
                    "refuse": 0, "delay": 0, "latency": 0, "rate": 0}
        assert proxy.report["faults"] == expected and proxy.report["passed"] == 2 and proxy.report["lost"] == 0, proxy.report


def check_shaping(origin):
    with Proxy(origin.port, "/d delay 300ms", "/l latency 200ms +-50ms", "/v rate 20KiB/s", "/d/r reset") as proxy:
        for path, least in (("/d", 0.29), ("/l", 0.14), ("/v", 0.4)):
            with case(f"proxy faults: {path}: later, and whole"):
                begun = time.monotonic()
                assert ask(proxy, path) == (200, BODY) and time.monotonic() - begun > least
        with case("proxy faults: rate: an upload, too"):
            begun = time.monotonic()
            assert ask(proxy, "/v", "PUT", BODY)[0] == 200 and time.monotonic() - begun > 0.8
        with case("proxy faults: a delay goes before the fault"):
            begun = time.monotonic()
            assert ask(proxy, "/d/r") == RESET and time.monotonic() - begun > 0.29
        with case("proxy faults: a client that leaves meanwhile is lost"), proxy.connect() as peer:
            peer.sendall(raw_request("GET", "/d"))
            assert ask(proxy) == (200, BODY)  # whose bytes came behind these
    with case("proxy faults: delays are counted beside what they spoil not"):
        faults = proxy.report["faults"]
        assert (faults["delay"], faults["latency"], faults["rate"], faults["reset"]) == (3, 1, 2, 1), faults
        assert proxy.report["lost"] == 1 and proxy.report["passed"] == 5, proxy.report


class Impatient(Handler):
    timeout = 0.1  # a connection without a request


def check_idle():
    origin = Origin(Impatient)
    with Proxy(origin.port, "delay 400ms") as proxy, case("proxy faults: a connection that the server ends during a delay is made anew"):
        connection = proxy.http()
        for _ in range(3):
            connection.request("GET", "/b/k")
            assert connection.getresponse().read() == BODY
        connection.close()
    with case("proxy faults: and nothing of it is lost"):
        assert proxy.report["connections"] == 1 and proxy.report["passed"] == 3, proxy.report
    with Proxy(origin.port) as proxy, case("proxy faults: a server's end of an idle connection is passed on"), proxy.connect() as peer:
        assert exchange(peer, raw_request("GET", "/b/k"))[1] == "fin"
    origin.shutdown()


# ---- Ends and bytes that come early.

class Early(listener.Listener):
    """Refuses a PUT behind its head; answers a GET, then sends what nobody has asked for: at once for /more, else when it is told to."""

    def __init__(self):
        super().__init__()
        self.told = threading.Event()

    def serve(self, peer):
        with peer, contextlib.suppress(ConnectionError):
            head, _ = exchange(peer, b"", lambda seen: b"\r\n\r\n" in seen)
            if head.startswith(b"PUT"):
                peer.sendall(b"HTTP/1.1 403 X\r\nContent-Length: 0\r\n\r\n")
            elif b"/more" in head:
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokmore")
            else:
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                self.told.wait(30)
                peer.sendall(bytes(300000))
            exchange(peer, b"")


def check_early(origin):
    get = raw_request("GET", "/b/k")
    for rule, wanted in (("delay 200ms", b"HTTP/1.1 200 "), ("status 503", b"HTTP/1.1 503 "), ("delay 200ms; status 503", b"HTTP/1.1 503 ")):
        with Proxy(origin.port, *rule.split("; ")) as proxy, proxy.connect() as peer:
            with case(f"proxy faults: a client that sends its end first gets its response through {rule}"):
                peer.sendall(get)
                peer.shutdown(socket.SHUT_WR)
                got, end = exchange(peer, b"")
                assert got.startswith(wanted) and end == "fin", (got[:80], end)
        with case(f"proxy faults: and it is counted as it was seen, {rule}"):
            assert proxy.report["lost"] == 0 and proxy.report["faults"]["status"] == ("status" in rule), proxy.report
    with Proxy(origin.port, "status 503") as proxy, proxy.connect() as peer, case("proxy faults: an end within a request's body ends the connection"):
        peer.sendall(raw_request("PUT", "/b/k", "Content-Length: 9", body=b"abc"))
        peer.shutdown(socket.SHUT_WR)
        assert exchange(peer, b"") == (b"", "fin")
    with Early() as early:
        with Proxy(early.port) as proxy, proxy.connect() as peer, case("proxy faults: a response before the request's body"):
            got, _ = exchange(peer, raw_request("PUT", "/b/k", "Content-Length: 3", "Expect: 100-continue"), lambda seen: b"\r\n\r\n" in seen)
            assert got.startswith(b"HTTP/1.1 403 "), got
        with case("proxy faults: and it has passed"):
            assert proxy.report["passed"] == 1 and proxy.report["lost"] == 0, proxy.report
        with Proxy(early.port) as proxy, proxy.connect() as peer, case("proxy faults: bytes behind a response are passed on"):
            assert exchange(peer, raw_request("GET", "/more"), lambda seen: seen.endswith(b"more"))[1] == "enough"
        with case("proxy faults: and the connection is one that is not read"):
            assert proxy.report["unparsed"] == 1 and proxy.report["passed"] == 1, proxy.report
        with Proxy(early.port, "every 2nd delay 1s", "every 2nd status 503") as proxy, proxy.connect() as peer:
            with case("proxy faults: bytes that nobody has asked for are no part of an answer"):
                assert exchange(peer, get, lambda seen: seen.endswith(b"\r\n\r\nok"))[1] == "enough"
                peer.sendall(get)
                assert not select.select([peer], [], [], 0.3)[0]  # it is held by now
                early.told.set()
                got, _ = exchange(peer, b"", lambda seen: b"</Error>" in seen)
                assert got.startswith(b"HTTP/1.1 503 "), got[:80]


# ---- Whom they meet.

def outcomes(proxy, count, **of):
    return [ask(proxy, **of) for _ in range(count)]


def check_conditions(origin):
    with Proxy(origin.port, "first 2 PUT reset", "GET /e every 3rd status 500") as proxy, case("proxy faults: first, every, methods and paths"):
        assert [ask(proxy, "/x", "PUT", b"a") == RESET for _ in range(4)] == [True, True, False, False]
        assert [ask(proxy, "/e")[0] for _ in range(7)] == [200, 200, 500, 200, 200, 500, 200]
        assert ask(proxy, "/x")[0] == 200
    with Proxy(origin.port, "after 700ms for 700ms refuse", "after 700ms for 700ms reset") as proxy, \
            case("proxy faults: an outage begins and ends"):
        states, begun = [], time.monotonic()
        while time.monotonic() - begun < 2.2:
            states.append(ask(proxy) == (200, BODY))
            time.sleep(0.02)  # not a wait: about so many requests a second
        edges = [now for before, now in zip(states, states[1:]) if before != now]
        assert states[0] and edges == [False, True], states
    with Proxy(origin.port, "first 1 refuse") as proxy, case("proxy faults: refuse: connections, before any byte"):
        assert is_refused(proxy) and ask(proxy)[0] == 200
    with case("proxy faults: refused connections are counted"):
        assert proxy.report["faults"]["refuse"] == 1 and proxy.report["connections"] == 2, proxy.report


def check_chance(origin):
    def run(seed):
        with Proxy(origin.port, "20% reset", "20% status 503", options=("--seed", str(seed))) as proxy:
            found = ["reset" if answer == RESET else str(answer[0]) for answer in outcomes(proxy, 300)]
        with case(f"proxy faults: what it counts is what the client saw (seed {seed})"):
            faults = proxy.report["faults"]
            assert (faults["reset"], faults["status"], proxy.report["passed"]) == tuple(
                found.count(word) for word in ("reset", "503", "200")), (proxy.report, found)
        return found
    first, again, other = run(7), run(7), run(8)
    with case("proxy faults: a seed repeats its run, another has another"):
        assert first == again != other
    with case("proxy faults: as often as asked for"):
        # Five standard deviations of 300 draws: 5 * sqrt(300 * 0.2 * 0.8) = 35.
        assert abs(first.count("reset") - 60) < 35 and abs(first.count("503") - 48) < 35, first
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as script:
        script.write("# one in five\n20% reset\n\n20% status 503 # and these\n")
        script.flush()
        with Proxy(origin.port, options=("--seed", "7", "--script", script.name)) as proxy, case("proxy faults: --script does as --fault"):
            assert first == ["reset" if answer == RESET else str(answer[0]) for answer in outcomes(proxy, 300)]
    with case("proxy faults: the report names rules by their lines"):
        assert [rule["line"] for rule in proxy.report["rules"]] == [2, 4], proxy.report


# ---- Without HTTP.

class Echo(listener.Listener):
    """Sends back what comes, behind a greeting of 4 bytes."""

    def __init__(self):
        self.got = []
        super().__init__()

    def serve(self, peer):
        with peer:
            peer.sendall(b"HELO")
            all_of = b""
            with contextlib.suppress(ConnectionError):
                while piece := peer.recv(65536):
                    all_of += piece
                    peer.sendall(piece)
            self.got.append(all_of)


def check_tcp():
    with Echo() as echo:
        def run(rule, *options):
            return Proxy(echo.port, *([rule] if rule else []), options=("--tcp", *options))
        with run(None) as proxy, case("proxy faults --tcp: bytes pass, a server may speak first, ends pass"), proxy.connect() as peer:
            assert exchange(peer, b"", lambda seen: len(seen) == 4)[0] == b"HELO"
            peer.sendall(b"\x16\x03\x01" + BODY)
            peer.shutdown(socket.SHUT_WR)
            assert exchange(peer, b"") == (b"\x16\x03\x01" + BODY, "fin")
        with case("proxy faults --tcp: a connection that has passed is counted"):
            assert proxy.report["passed"] == 1 and proxy.report["lost"] == 0 and proxy.report["bytes_to_server"] == len(BODY) + 3, proxy.report
        expected = {
            "reset": (lambda got, end: end == "reset" and got == b"HELO"),
            "reset-behind": (lambda got, end: end == "reset" and got == b""),
            "truncate 10": (lambda got, end: end == "fin" and got == b"HELO" + BODY[:6]),
            "corrupt 2": (lambda got, end: got[2:] == b"LO" + BODY and got[0] != ord("H") and got[1] != ord("E")),
            "silent 300ms": (lambda got, end: end == "reset" and got == b""),
            "trickle 30KiB/s": (lambda got, end: got == b"HELO" + BODY),
            "delay 200ms": (lambda got, end: got == b"HELO" + BODY),
        }
        for rule, holds in expected.items():
            with run(rule) as proxy, case(f"proxy faults --tcp: {rule}"), proxy.connect() as peer:
                begun = time.monotonic()
                if rule == "reset":
                    assert exchange(peer, b"", lambda seen: len(seen) == 4)[0] == b"HELO"
                    got, end = exchange(peer, BODY)
                    got = b"HELO" + got
                else:
                    got, end = exchange(peer, b"" if rule in ("reset-behind", "silent 300ms") else BODY,
                                        lambda seen: len(seen) == len(BODY) + 4)
                assert holds(got, end), (got[:20], end)
                least = {"silent 300ms": 0.29, "trickle 30KiB/s": 0.25, "delay 200ms": 0.19}.get(rule, 0)
                assert time.monotonic() - begun > least
            with case(f"proxy faults --tcp: {rule} is counted"):
                assert proxy.report["faults"][rule.split()[0]] == 1, proxy.report


def check_tls():
    with tempfile.TemporaryDirectory() as folder:
        certificate, key = os.path.join(folder, "c.pem"), os.path.join(folder, "k.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj",
                        "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        origin = Origin()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        origin.socket = context.wrap_socket(origin.socket, server_side=True)
        trust = ssl.create_default_context(cafile=certificate)
        for options in (("--tcp",), ()):
            with Proxy(origin.port, options=options) as proxy, case(f"proxy faults: TLS passes through {' '.join(options) or 'unparsed'}"):
                connection = http.client.HTTPSConnection("127.0.0.1", proxy.port, timeout=30, context=trust)
                for _ in range(3):
                    connection.request("GET", "/b/k")
                    assert connection.getresponse().read() == BODY
                connection.close()
        with case("proxy faults: what is no HTTP is counted as such"):
            assert proxy.report["unparsed"] == 1 and proxy.report["requests"] == 0, proxy.report
        origin.shutdown()


# ---- Limits.

class Flood(listener.Listener):
    """Sends as much as is taken, and counts."""

    def __init__(self):
        self.sent = 0
        super().__init__()

    def serve(self, peer):
        with peer, contextlib.suppress(ConnectionError):
            peer.recv(65536)
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
            while True:
                self.sent += peer.send(bytes(65536))


def rss_bytes(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def settle(read, seconds=20):
    """Until the figure stands still for a second."""
    last, since, end = read(), time.monotonic(), time.monotonic() + seconds
    while time.monotonic() < end and time.monotonic() - since < 1:
        now = read()
        if now != last:
            last, since = now, time.monotonic()
        time.sleep(0.05)
    return last


def check_limits(origin):
    with Flood() as flood, Proxy(flood.port) as proxy, case("proxy faults: a client that reads nothing holds the server back"), \
            proxy.connect() as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        before = rss_bytes(proxy.process.pid)
        peer.sendall(raw_request("GET", "/b/k"))
        sent = settle(lambda: flood.sent)
        assert 0 < sent < 64 << 20, sent
        grown = rss_bytes(proxy.process.pid) - before
        assert grown < 32 << 20, grown
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with case("proxy faults: such a request is lost"):
        assert proxy.report["lost"] == 1, proxy.report
    with Proxy(origin.port, options=("--connections", "2")) as proxy, case("proxy faults: one connection more is reset"):
        peers = [proxy.connect() for _ in range(2)]
        for peer in peers:
            assert exchange(peer, raw_request("GET", "/b/k"), lambda seen: seen.endswith(BODY))[1] == "enough"
        assert is_refused(proxy)
        for peer in peers:
            peer.close()
    with case("proxy faults: and counted"):
        assert proxy.report["over_limit"] == 1 and proxy.report["connections"] == 3, proxy.report
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and does not listen
        with Proxy(bound.getsockname()[1]) as proxy, case("proxy faults: a server that is not there resets"):
            assert ask(proxy) == RESET
    with case("proxy faults: a server that was not reached is counted"):
        assert proxy.report["unreachable"] == 1 and proxy.report["lost"] == 1, proxy.report
    with Proxy(origin.port) as proxy, case("proxy faults: a head without an end is passed on"), proxy.connect() as peer:
        got, _ = exchange(peer, b"GET / HTTP/1.1\r\nA: " + b"x" * 80000 + b"\r\n\r\n", lambda seen: b"\r\n" in seen)
        assert got.startswith(b"HTTP/1.1 4"), got[:80]
    with case("proxy faults: a head over the limit is counted as unparsed"):
        assert proxy.report["unparsed"] == 1 and proxy.report["requests"] == 0, proxy.report


# ---- The command.

def command(*arguments):
    return subprocess.run([stores.HEADRACE, "proxy", "faults", *arguments], capture_output=True, timeout=60, check=False, env=MUTE,
                          stdin=subprocess.DEVNULL)


def check_command(origin):
    to = ("--to", f"127.0.0.1:{origin.port}")
    for arguments, words in (((), "--to"), (("--to", "nowhere"), "HOST:PORT"), (("--to", "name.invalid:80"), "name.invalid"), (("--to", "127.0.0.1:0"), "port 0"), ((*to, "--fault", "5% rest"), "'rest'"),
                             ((*to, "--fault", "GET refuse"), "refuse"), ((*to, "--tcp", "--fault", "status 503"), "--tcp"),
                             ((*to, "--script", "/nonexistent"), "/nonexistent"), ((*to, "--listen", "nowhere"), "nowhere"),
                             ((*to, "--listen", "name.test:0"), "name.test"), ((*to, "--connections", "0"), "--connections")):
        wanted = 1 if "name.invalid:80" in arguments else 2  # the name is right, and unknown
        with case(f"proxy faults {' '.join(arguments[-2:])}: exit code {wanted}, {words}"):
            done = command(*arguments)
            assert done.returncode == wanted and words.encode() in done.stderr and not done.stdout, done
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as script, case("proxy faults: a wrong line is named"):
        script.write("reset\n\n5% bogus\n")
        script.flush()
        done = command(*to, "--script", script.name)
        assert done.returncode == 2 and b"line 3: 'bogus'" in done.stderr and script.name.encode() in done.stderr, done
    with case("proxy faults: a port in use, exit code 1"):
        done = command(*to, "--listen", f"127.0.0.1:{origin.port}", "--json", "-")
        assert done.returncode == 1 and json.loads(done.stdout)["error"]["code"] == "EADDRINUSE", done
    for number, code in ((signal.SIGTERM, 0), (signal.SIGINT, 0), (signal.SIGHUP, 129)):
        with case(f"proxy faults: {number.name} ends it with {code}, and the report"):
            process = subprocess.Popen([stores.HEADRACE, "proxy", "faults", *to, "--json", "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                       env=MUTE)
            line = process.stderr.readline()
            with socket.create_connection(("127.0.0.1", int(line.rpartition(b":")[2])), timeout=30) as peer:
                assert exchange(peer, raw_request("GET", "/b/k"), lambda seen: seen.endswith(BODY))[1] == "enough"
                process.send_signal(number)
                out, _ = process.communicate(timeout=60)
            assert process.returncode == code and json.loads(out)["passed"] == 1, (process.returncode, out)


# ---- Stores.

def check_boto3(store):
    with Proxy(store.port, "PUT first 2 status 503 SlowDown", "GET first 1 truncate 50%", "HEAD first 1 reset") as proxy, \
            case("proxy faults: boto3 gets over what can be got over"):
        through = stores.Store("proxied", f"http://127.0.0.1:{proxy.port}", proxy.process)
        client = through.boto3(retries={"max_attempts": 4, "mode": "standard"})
        client.create_bucket(Bucket="faulty")
        client.put_object(Bucket="faulty", Key="k", Body=BODY)
        assert client.head_object(Bucket="faulty", Key="k")["ContentLength"] == len(BODY)
        try:
            client.get_object(Bucket="faulty", Key="k")["Body"].read()
            raise AssertionError("a body that was cut")
        except Exception as problem:  # botocore's and urllib3's differ by version
            assert "ncomplete" in repr(problem) or "IncompleteRead" in repr(problem), repr(problem)
        assert client.get_object(Bucket="faulty", Key="k")["Body"].read() == BODY
    with case("proxy faults: and saw as many as were put in its way"):
        assert [rule["happened"] for rule in proxy.report["rules"]] == [2, 1, 1], proxy.report


OPERATIONS = 10000
RULES = ("2% reset", "2% reset-behind", "3% status 503 SlowDown", "1% status 500 InternalError", "1% GET truncate 50%", "0.5% delay 100ms",
         "0.3% trickle 200KiB/s")


def bench(proxy, operations, *options):
    keys = {"AWS_ACCESS_KEY_ID": stores.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": stores.SECRET_KEY, "AWS_REGION": stores.REGION}
    done = subprocess.run([stores.HEADRACE, "bench", "s3", "--endpoint", f"http://127.0.0.1:{proxy.port}", "--operations", str(operations),
                           "--concurrency", "32", "--size", "4KiB", "--mix", "put=1,get=2,head=1", "--attempts", "10", "--objects", "200",
                           "--json", "-", *options], capture_output=True, timeout=600, check=False, env={**MUTE, **keys})
    return json.loads(done.stdout)


def check_counts(report, operations):
    """All have ended, and all but a ten thousandth well."""
    counts = [kind["operations"] for kind in report["kinds"].values()]
    for count in counts:
        assert count["submitted"] == count["succeeded"] + count["failed"] + count["cancelled"], count
    assert sum(count["submitted"] for count in counts) == operations, counts
    assert sum(count["succeeded"] for count in counts) >= 0.9999 * operations, (counts, report["errors"], report["error_examples"])


def check_bench(store):
    """Faults that can be got over, for about one request in ten."""
    # Our client finds the byte that is another one by the store's checksum, and asks again; --verify would find it first, and fail.
    with Proxy(store.port, *RULES, "0.5% GET corrupt 1 byte", options=("--seed", "11")) as proxy:
        report = bench(proxy, OPERATIONS)
    with case(f"proxy faults: {OPERATIONS} operations of bench s3 through ten per cent of faults"):
        check_counts(report, OPERATIONS)
    with case("proxy faults: the client's retries are the faults that need one"):
        faults = proxy.report["faults"]
        spoiled = sum(faults[kind] for kind in SPOILING) - faults["trickle"]
        chosen = sum(rule["chosen"] for rule in proxy.report["rules"])
        assert 0.05 * OPERATIONS < chosen < 0.15 * proxy.report["requests"], proxy.report
        assert all(faults[kind] > 0 for kind in ("reset", "reset-behind", "status", "truncate", "corrupt", "delay", "trickle")), faults
        # The set-up's are in the proxy's count alone: some 200 requests.
        assert spoiled - 60 < report["retries"] <= spoiled, (report["retries"], spoiled)
        assert proxy.report["lost"] == 0 and proxy.report["unparsed"] == 0, proxy.report
    with Proxy(store.port, *RULES, options=("--seed", "12")) as proxy, case("proxy faults: what was read through them is what was written"):
        report = bench(proxy, 2000, "--verify", "--prefix", "verified/")
        check_counts(report, 2000)


def check_option():
    """`bench s3 --fault`: the same in one process; the client's count of spoiled attempts is the proxy's."""
    line = [stores.HEADRACE, "bench", "s3", "--operations", "2000", "--concurrency", "16", "--size", "2KiB", "--mix", "put=1,get=1", "--objects", "100",
            "--verify", "--attempts", "6", "--json", "-"]
    with case("bench s3 --fault: what was put in and what was seen agree, and nothing fails"):
        done = subprocess.run([*line, "--fault", "4% reset", "--fault", "4% status 503 SlowDown", "--fault", "2% GET truncate 50%"], capture_output=True,
                              check=False, timeout=120)
        report = json.loads(done.stdout)
        faults = report["faults"]
        assert done.returncode == 0 and report["operations"] == {"submitted": 2000, "succeeded": 2000, "failed": 0, "cancelled": 0}, report
        assert faults["requests"] == faults["passed"] + sum(faults["faults"][kind] for kind in SPOILING), faults
        assert faults["requests"] == 2000 + report["retries"] and faults["faults"]["reset"] > 20 < faults["faults"]["status"], (faults, report["retries"])
    with case("bench s3 --fault: an error that does not pass ends each operation by name, and the set-up meets none"):
        done = subprocess.run([*line, "--operations", "20", "--fault", "refuse", "--cleanup"], capture_output=True, check=False, timeout=120)
        report = json.loads(done.stdout)
        assert done.returncode == 1 and report["errors"] == {"ECONNRESET": 20}, report
    with case("bench s3 --fault: more connections than the proxy has by default, and descriptors for them"):
        done = subprocess.run([*line, "--operations", "3000", "--concurrency", "1500", "--fault", "1% status 500"], capture_output=True, check=False,
                              timeout=120, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (1024, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
        report = json.loads(done.stdout)
        assert done.returncode == 0 and report["faults"]["over_limit"] == report["faults"]["unreachable"] == 0, report["faults"]
    with case("bench s3 --fault: an endpoint with a path is refused before anything is sent"):
        done = subprocess.run([*line[:3], "--fault", "1% reset", "--endpoint", "http://127.0.0.1:1/path"], capture_output=True, check=False, timeout=60)
        assert done.returncode == 2 and b"without a path" in done.stderr, done
    for rule, words in (("nonsense", b"nonsense"), ("5% status 99", b"99")):
        with case(f"bench s3 --fault '{rule}' is refused"):
            done = subprocess.run([*line[:3], "--fault", rule], capture_output=True, check=False, timeout=60)
            assert done.returncode == 2 and b"--fault" in done.stderr and words in done.stderr and not done.stdout, done
    with case("bench s3 --fault: an endpoint with TLS is refused, with the remedy"), stores.embedded_tls() as store:
        done = subprocess.run([*line[:3], "--operations", "1", "--fault", "1% reset", "--endpoint", store.endpoint],
                              capture_output=True, check=False, timeout=60, env=store.environment())
        assert done.returncode == 2 and b"--tcp" in done.stderr, done


def main():
    origin = Origin()
    check_transparent(origin)
    check_switching()
    check_spoiling(origin)
    check_shaping(origin)
    check_idle()
    check_early(origin)
    check_conditions(origin)
    check_chance(origin)
    check_tcp()
    check_tls()
    check_limits(origin)
    check_command(origin)
    with stores.embedded() as store:
        check_boto3(store)
        check_bench(store)
    check_option()
    stores.finish()


if __name__ == "__main__":
    main()
