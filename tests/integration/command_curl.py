"""`headrace http` beside the real curl: the same command line to both, the bytes of the requests that a raw server recorded and the
kind of end compared; then what curl's users do that leaves files, and every option that curl has."""
import contextlib
import json
import os
import pty
import re
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
import stores  # noqa: E402

HEADRACE = stores.HEADRACE
CURL = shutil.which("curl")
VARIABLES = {"http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "no_proxy", "NO_PROXY",
             "HEADRACE_HTTP_PASSWORD"}
PLAIN = {name: value for name, value in os.environ.items() if name not in VARIABLES}
PAGE = b"ok\n"
WHOLE = bytes(range(256)) * 40
# Fields that either program sends of its own accord.
OWN = {"user-agent", "accept", "expect", "accept-encoding", "proxy-connection"}


def read_request(stream):
    """Head and body of one request as they came, the body without its chunks; None at the end."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = stream.readline()
        if not line:
            return None
        head += line
    body = b""
    length = re.search(rb"(?im)^content-length: *(\d+)", head)
    if re.search(rb"(?im)^transfer-encoding: *chunked", head):
        while size := int(stream.readline(), 16):
            body += stream.read(size)
            stream.readline()
        stream.readline()
    elif length:
        body = stream.read(int(length[1]))
    return head, body


class Recorder:
    """A server that keeps the bytes of requests. `reply(head)` gives the bytes of the answer."""

    def __init__(self):
        self.seen = []
        self.reply = self.page
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.url = f"http://{self.address}"
        threading.Thread(target=self.accept, daemon=True).start()

    @staticmethod
    def page(_head):
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(PAGE), PAGE)

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                peer = self.listener.accept()[0]
                threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        with contextlib.suppress(OSError, ValueError), peer, peer.makefile("rb") as stream:
            while (request := self.receive(peer, stream)) is not None:
                self.seen.append(request)
                answer = self.reply(request[0])
                if request[0].startswith(b"HEAD "):
                    answer = answer.split(b"\r\n\r\n")[0] + b"\r\n\r\n"
                peer.sendall(answer)
                if b"Connection: close" in answer:
                    return

    @staticmethod
    def receive(peer, stream):
        """curl waits a second for 100 Continue, so it gets one at once."""
        first = stream.peek(1)
        while first and b"\r\n\r\n" not in first:
            more = stream.peek(len(first) + 1)
            if len(more) <= len(first):
                break
            first = more
        if b"Expect: 100-continue" in first:
            peer.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        return read_request(stream)


def run(program, arguments, **options):
    options.setdefault("timeout", 60)
    if "input" not in options:
        options.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run([*program, *arguments], capture_output=True, check=False, env=PLAIN, **options)


def headrace(*arguments, **options):
    return run((HEADRACE, "http"), arguments, **options)


def normal(request):
    """A request without what each program does in its own way: order and case of fields, the boundary of a form."""
    head, body = request
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    fields = sorted((name.lower(), value.strip()) for name, value in (line.split(":", 1) for line in lines)
                    if name.lower() not in OWN)
    boundary = re.search(rb"boundary=([-0-9A-Za-z]+)", head)
    if boundary:
        body = body.replace(boundary[1], b"BOUNDARY")
        fields = [(name, value.replace(boundary[1].decode(), "BOUNDARY")) for name, value in fields if name != "content-length"]
    first = re.sub("%[0-9a-f]{2}", lambda digits: digits[0].upper(), first)
    return first, [field for field in fields if field != ("content-length", "0") or body], body


def kind_of(code):
    """Done, refused before anything was sent, or failed."""
    return "done" if code == 0 else "usage" if code in (2, 3) else "failed"


# One line a comparison: arguments, URL standing for the server's. {folder} holds the files below.
FILES = {"f": b"line1\r\nline2\n end\n", "a b.txt": b"text", "a;b": b"semi", "a,b": b"comma", 'q"u.png': b"p", "x.HTML": b"<p>",
         "fields": b"X-One: 1\r\nX-Two:  2 \nX-Three;\n", "j.json": b'\n {"a": 1}\n'}
SAME = [
    "-d a URL/", "-d a -d b URL/", ["-d", "", "-d", "b", "URL/"], "-d @f URL/", "-d@f URL/", "--data-ascii @f URL/",
    "--data-binary @f URL/", "--data-raw @f URL/", "-d a --data-binary @f --data-raw @x URL/", ["-d", "", "URL/"],
    ["--data-urlencode", "a b&c+d%/~", "URL/"], ["--data-urlencode", "=a b=c", "URL/"], ["--data-urlencode", "n=a b", "URL/"],
    "--data-urlencode @f URL/", "--data-urlencode n@f URL/", "--data-urlencode x@y=z URL/", ["--data-urlencode", "\u00fc", "URL/"],
    ["--data-urlencode", "", "URL/"], ["-d", "a", "--data-urlencode", "b=c d", "URL/"], "--data-urlencode = URL/",
    "-G -d a=1 -d b=2 URL/p?q=1", "-G -d a=1 URL/p", "-G -d a=1 URL/p?", "-G -d a=1 URL/p#fragment", "-G URL/p", "-G -d a=1 URL",
    ["-G", "--data-urlencode", "q=a b&c", "URL/s"], "-GI -d x=1 URL/p", "-Gd a=1 URL/p", ["-G", "-d", "", "URL/p"],
    "-T f URL/d/", "-T f URL/d", ["-T", "a b.txt", "URL/d/"], "-T f URL", "-T f URL/d/?x=1", "-Tf URL/d/", "-T - URL/d", "-T . URL/d",
    "-T f -T a;b URL/one URL/two/", "-T f URL/one URL/two", ["-T", "", "-T", "f", "URL/one", "URL/two"], "-T f -X POST URL/d",
    "-X DELETE URL/x", "-XPOST URL/x", "-X post -d x URL/", "-X PURGE URL/x", "-X PUT -d x URL/x", "--request PATCH --data x URL/",
    "-I URL/x", "--head URL/x", "-sSfL URL/x", "-fsSLo out URL/x",
    "-b a=b URL/", ["-b", "a=b; c=d", "-b", "e=f", "URL/"], ["-b", "", "URL/"], "-ba=b URL/",
    "-e http://from/ URL/", ["-e", "", "URL/"], "-A mine URL/", "-u me:pw URL/", "-u me:p:w URL/", "-ume: URL/",
    "-r 0-9 URL/", "-r 5- URL/", "-r -5 URL/", "-r 0-1,3-4 URL/", "-r0-0 URL/", "-r 7 URL/", "-C 5 URL/", "-C5 URL/", "-C 0 URL/",
    ["-H", "X: 1", "-H", "Y;", "-H", "Z:", "URL/"], "-H @fields URL/", ["-H", "Content-Type:", "-d", "x", "URL/"],
    ["-H", "content-type: text/x", "-d", "x", "URL/"], ["-H", "Cookie: own=1", "-b", "a=b", "URL/"], ["-H", "Host: other", "URL/"],
    ["-H", "Referer:", "-e", "http://x/", "URL/"], ["-H", "Expect:", "-T", "f", "URL/d"],
    "URL/1 URL/2", "--url URL/1", "--url URL/1 URL/2", "URL/a?b=c%20d", "-g URL/a", "ADDRESS/x", "ADDRESS", "--http1.1 URL/x",
    "-k URL/x", "-m 20 URL/x", "--max-time 20.5 --connect-timeout 2.5 URL/x", "-N URL/x", "--no-location URL/x",
    "--resolve h.test:PORT:127.0.0.1 http://h.test:PORT/x", "-x URL http://elsewhere.test/x", "-x ADDRESS http://elsewhere.test/x",
    "-F n=v URL/", "-F n= URL/", "-F n=@f URL/", "-F n=<f URL/", "-F n=@f;type=text/x URL/", "-F n=v;type=text/plain URL/",
    "-F n=@f;filename=new URL/", ["-F", 'n=@f;filename="a;b\\"c"', "URL/"], ["-F", "n=@a b.txt", "URL/"], ["-F", 'n=@q"u.png', "URL/"],
    ["-F", 'n=@"a,b"', "URL/"], ["-F", 'n=@"a;b"', "URL/"], ["-F", 'na"me=v', "URL/"], ["-F", 'n="quo;ted"', "URL/"],
    ["-F", 'n="q\\"x\\\\"', "URL/"], ["-F", 'n="open', "URL/"], ["-F", "n=@f; type=text/x ; filename=z", "URL/"],
    "-F n=v;filename=zz URL/", "-F n=<f;type=a/b URL/", "-F n=a=b URL/", "-F n=v;type=text/html;charset=utf-8 URL/",
    ["-F", "n=@f;type=text/html; charset=utf-8;filename=k", "URL/"], ["-F", "n= sp ", "URL/"], "-F n=;type=text/plain URL/",
    "-F n=@f;filename= URL/", "-F =v URL/", "-F n=@./f URL/", "-F n=@x.HTML URL/", "-F n=@f;filename=p.svg URL/",
    "-F n=@- URL/", "-F n=<- URL/", "--form-string n=@f;type=x URL/", "-F a=1 -F b=@f --form-string c=<x URL/", "-Fa=1 -Fb=2 URL/",
    ["-F", "n=v", "-H", "Content-Type: multipart/form-data", "URL/"], "-G -d a=1 URL/p?x&", "-G -d a#b URL/p", "URL/\u00fc",
    ["-F", 'a={"one":"1","two":"2"}', "URL/"], ["-F", 'a="(test"', "URL/"], "-sO --url URL/1 --url URL/2",
    ["-F", "n\r\n\"m=v", "URL/"], ["-F", "n=\r\nx", "URL/"],
]
# Both refuse: neither sends a byte.
REFUSED = ["-F n URL/", "-F n=v;type= URL/", "-I -d x URL/", "-T f -d x URL/", "-F a=b -d x URL/", "-I -T f URL/", "-F a=b -T f URL/",
           "-F n=@nothing URL/", "-T nothing URL/d", "-O URL/", "-O URL/dir/", "-O URL", "-O URL/a/..", "-O URL/.", "-X", "-o",
           "-m x URL/", "--connect-timeout 5x URL/", "--nothing-like-it URL/", "-fsQ", "ftp://127.0.0.1:1/", "-Gd a ftp://127.0.0.1:1/x"]


def words_of(line, server):
    words = line if isinstance(line, list) else line.split(" ")
    port = server.address.split(":")[1]
    return [word.replace("URL", server.url).replace("ADDRESS", server.address).replace("PORT", port) for word in words]


def both(line, server, folder, **options):
    """What each did: the requests and the result."""
    ends = []
    for program in ((CURL, "-sS"), (HEADRACE, "http")):
        server.seen.clear()
        done = run(program, words_of(line, server), cwd=folder, **options)
        ends.append((done, [normal(request) for request in server.seen]))
    return ends


def check_same(server, folder):
    if not CURL:
        stores.skip("http beside curl", "there is no curl")
        return
    for line in SAME:
        with stores.case(f"http beside curl: {line}".replace(": ", ":").replace("\r\n", "CRLF")):
            options = {"input": b"from standard input"} if "-" in words_of(line, server) or "=@-" in str(line) or "=<-" in str(line) or \
                " . " in str(line) else {}
            (curl, curl_sent), (ours, ours_sent) = both(line, server, folder, **options)
            assert curl_sent and curl_sent == ours_sent, (curl_sent, ours_sent, ours.stderr)
            assert kind_of(curl.returncode) == kind_of(ours.returncode), (curl, ours)
    for line in REFUSED:
        with stores.case(f"http beside curl, refused: {line}".replace(": ", ":")):
            (curl, curl_sent), (ours, ours_sent) = both(line, server, folder)
            assert curl.returncode and ours.returncode, (curl, ours)
            assert not curl_sent and not ours_sent, (curl_sent, ours_sent)
            assert ours.stderr.count(b"\n") == 1, ours.stderr


def content(folder, name):
    with open(os.path.join(folder, name), "rb") as file:
        return file.read()


def good(*arguments, **options):
    done = headrace(*arguments, **options)
    assert done.returncode == 0, (done.returncode, done.stderr)
    return done.stdout


def refused(*arguments, code=2, names=b"", **options):
    done = headrace(*arguments, **options)
    assert done.returncode == code and names in done.stderr, (done.returncode, done.stderr)
    return done


def check_outputs(server, folder):
    url = server.url
    with stores.case("http -O, the name as the URL has it, nothing decoded"):
        for path, name in (("/a/b?x=/y", "b"), ("/a%20b", "a%20b"), ("/x%2F..%2Fy", "x%2F..%2Fy"), ("/%2e%2e", "%2e%2e"),
                           ("/.hid", ".hid"), ("/x;y#z", "x;y"), ("/-", "-")):
            before = set(os.listdir(folder))
            assert good("-O", url + path, cwd=folder) == b"", path
            assert set(os.listdir(folder)) - before == {name} and content(folder, name) == PAGE, (path, name)
            os.unlink(os.path.join(folder, name))
    with stores.case("http -O, a URL that ends in no name is refused"):
        for path in ("", "/", "/a/", "/a/..", "/.", "/?x=/y"):
            refused("-O", url + path, cwd=folder, names=b"no file name")
    with stores.case("http -O, a folder of that name is not written into"):
        os.mkdir(os.path.join(folder, "kept"))
        refused("-O", url + "/kept", cwd=folder, names=b"folder")
        assert not os.listdir(os.path.join(folder, "kept"))
    with stores.case("http, several URLs, their outputs in order, the rest to standard output"):
        assert good("-o", "one", "-O", url + "/1", url + "/two", url + "/3", url + "/4", cwd=folder) == PAGE * 2
        assert content(folder, "one") == content(folder, "two") == PAGE
    with stores.case("http, several URLs go over one connection"):
        assert good("-s", "-w", "%{num_connects}\\n", url + "/1", url + "/2", "-o", "one", "-o", "two", cwd=folder) == b"1\n0\n"
    with stores.case("http, several URLs, the exit code is the worst, --fail-early ends"):
        server.reply = lambda head: b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n" if b" /no " in head else server.page(head)
        server.seen.clear()
        assert headrace("-f", url + "/no", url + "/yes").returncode == 1 and len(server.seen) == 2
        server.seen.clear()
        assert headrace("-f", "--fail-early", url + "/no", url + "/yes").returncode == 1 and len(server.seen) == 1
        server.seen.clear()
        refused(url + "/yes", "http://h:x/")
        assert not server.seen, "the first was asked although the second cannot be"
        server.reply = server.page
    with stores.case("http, several URLs with --json: an object each"):
        text = good("--json", url + "/1", url + "/2").decode()
        decoder, objects = json.JSONDecoder(), []
        while text.strip():
            found, end = decoder.raw_decode(text.lstrip())
            objects.append(found["url"])
            text = text.lstrip()[end:]
        assert objects == [url + "/1", url + "/2"], objects
    with stores.case("http, --create-dirs and --output-dir"):
        refused("-o", "no/such/file", url, code=1, cwd=folder)
        good("--create-dirs", "-o", "d1/d2/file", url, cwd=folder)
        good("--create-dirs", "--output-dir", "d3/d4", "-O", "-o", "named", url + "/remote", url, cwd=folder)
        for name in ("d1/d2/file", "d3/d4/remote", "d3/d4/named"):
            assert content(folder, name) == PAGE, name
    with stores.case("http -I -X GET: the head alone"):
        assert good("-I", "-X", "GET", url).endswith(b"\r\n\r\n")
    with stores.case("http --fail-with-body"):
        server.reply = lambda _: b"HTTP/1.1 404 No\r\nContent-Length: 4\r\n\r\nwhy\n"
        done = headrace("--fail-with-body", url)
        assert done.returncode == 1 and done.stdout == b"why\n", done
        server.reply = server.page
    with stores.case("http -s: no message, -S: one"):
        assert headrace("-s", "http://127.0.0.1:1/").stderr == b""
        assert headrace("-sS", "http://127.0.0.1:1/").stderr.count(b"\n") == 1
        assert headrace("-s", "--nope").stderr.count(b"\n") == 1


def check_methods(server):
    with stores.case("http, methods in any case, hosts without a scheme"):
        for words, first in ((["get", "URL/x"], "GET /x"), (["Post", "ADDRESS/x"], "POST /x"), (["dElEtE", "URL"], "DELETE /"),
                             (["head", "URL"], "HEAD /"), (["PURGE", "URL"], "PURGE /"), (["get", "URL", "-d", "x"], "GET /"),
                             (["patch", "--url", "URL/y"], "PATCH /y")):
            server.seen.clear()
            good(*words_of(words, server))
            assert server.seen[-1][0].startswith(first.encode() + b" HTTP/1.1"), server.seen
    with stores.case("http, words that are neither a method nor a URL"):
        refused("purge", "http://h/", names=b"in capitals")
        refused("http://h/", "get", names=b"where the method is wanted")
        refused("get", names=b"argument is missing")
        refused("--json", '{"a": 1}', "http://h/", names=b"--json-body")
        refused("-F", "n=v", "-H", "Content-Type: text/x", "http://h/", names=b"a form is multipart")
        refused("-X", "PUT", "POST", "http://h/", names=b"two methods")
    with stores.case("http, text that is JSON gets its type"):
        for words, kind, accept in ((["-d", '{"a": 1}'], b"application/json", None), (["-d", " [1]"], b"application/json", None),
                                    (["--body", "{}"], b"application/json", None), (["--body", "text"], None, None),
                                    (["--json-body", "1"], b"application/json", b"application/json"),
                                    (["--json-body", "@j.json"], b"application/json", b"application/json"),
                                    (["--json-body", "1", "-H", "Content-Type: own/type"], b"own/type", b"application/json")):
            server.seen.clear()
            good(*words, server.url, cwd=FOLDER)
            head = server.seen[-1][0]
            for name, wanted in ((b"Content-Type", kind), (b"Accept", accept)):
                found = re.findall(rb"(?m)^%s: (.*)\r$" % name, head)
                assert found == ([wanted] if wanted else []), (words, head)
        assert server.seen[-1][0].count(b"\r\nContent-Type:") == 1
    with stores.case("http, what is refused by name"):
        for words, names in ((["-b", "jar.txt"], b"file of cookies"), (["-e", "x;auto"], b";auto"), (["-r", "a-b"], b"--range"),
                             (["-r", "1-2,"], b"--range"), (["-C", "x"], b"--continue-at"), (["-C", "-", "-T", "f"], b"--continue-at"),
                             (["-C", "-", "-r", "1-"], b"exclude"), (["-C", "-", "--compressed"], b"exclude"),
                             (["-F", "n=v;w"], b"double quotes"), (["-F", "n=@f,x"], b"one file a field"),
                             (["-F", "n=(x)"], b"--form-string"), (["-F", "n=@f;encoder=base64"], b"encoder="),
                             (["-H", "Host:"], b"Host"), (["-d", "@nothing"], b"nothing"), (["-w", "@nothing"], b"nothing"),
                             (["-H", "@nothing"], b"nothing"), (["--max-redirs", "-1"], b"--max-redirs"), (["-d"], b"--data needs")):
            server.seen.clear()
            done = headrace(server.url, *words, cwd=FOLDER)
            assert done.returncode in (1, 2) and names in done.stderr and not server.seen, (words, done)
    with stores.case("http --max-redirs"):
        server.reply = lambda head: b"HTTP/1.1 302 F\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n"
        refused("-L", "--max-redirs", "2", server.url, code=1, names=b"HR_ERR_REDIRECT_LIMIT")
        refused("-L", "--max-redirs", "0", server.url, code=1, names=b"HR_ERR_REDIRECT_LIMIT")
        good("--max-redirs", "2", server.url)
        server.reply = server.page


def ranges(head, ignore=False, etag=b"", cut=None):
    """A server with WHOLE that knows Range."""
    asked = re.search(rb"(?im)^range: *bytes=(\d+)-", head)
    if ignore or not asked:
        body, line = WHOLE, b"200 OK"
    elif int(asked[1]) >= len(WHOLE):
        return b"HTTP/1.1 416 No\r\nContent-Range: bytes */%d\r\nContent-Length: 3\r\n\r\nno\n" % len(WHOLE)
    else:
        first = int(asked[1])
        body = WHOLE[first:]
        line = b"206 Partial\r\nContent-Range: bytes %d-%d/%d" % (first, len(WHOLE) - 1, len(WHOLE))
    close = b"Connection: close\r\n" if cut else b""
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n%s%s\r\n%s" % (line, len(body), etag, close, body[:cut])


def check_resume(server, folder):
    def put(size, name="r"):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(WHOLE[:size])

    def resume(*arguments, code=0):
        server.seen.clear()
        done = headrace("-C", "-", "-o", "r", *arguments, server.url, cwd=folder)
        assert done.returncode == code, (done.returncode, done.stderr)
        return done
    server.reply = ranges
    with stores.case("http -C -: the rest is appended"):
        put(1000)
        resume()
        assert content(folder, "r") == WHOLE and b"\r\nRange: bytes=1000-\r\n" in server.seen[-1][0], server.seen
    with stores.case("http -C -: a file that is complete stays, done"):
        resume()
        assert content(folder, "r") == WHOLE
        resume("-f")
        assert content(folder, "r") == WHOLE
    with stores.case("http -C -: no file is the whole"):
        os.unlink(os.path.join(folder, "r"))
        resume()
        assert content(folder, "r") == WHOLE and b"Range:" not in server.seen[-1][0]
    with stores.case("http -C -: what was cut is kept and goes on"):
        os.unlink(os.path.join(folder, "r"))
        server.reply = lambda head: ranges(head, cut=3000)
        resume(code=1)
        assert content(folder, "r") == WHOLE[:3000], len(content(folder, "r"))
        resume(code=1)
        assert content(folder, "r") == WHOLE[:6000]
        server.reply = ranges
        resume()
        assert content(folder, "r") == WHOLE
    for name, reply, why in (
            ("ignores the range", lambda head: ranges(head, ignore=True), b"nothing was appended"),
            ("has another part", lambda head: ranges(head).replace(b"bytes 1000-", b"bytes 999-"), b"another part"),
            ("says not which part", lambda head: ranges(head).replace(b"Content-Range", b"X-Range"), b"another part"),
            ("has a shorter file", lambda _: b"HTTP/1.1 416 No\r\nContent-Range: bytes */5\r\nContent-Length: 0\r\n\r\n", b"another file"),
            ("fails", lambda _: b"HTTP/1.1 404 No\r\nContent-Length: 3\r\n\r\nno\n", b"status 404"),
            ("sends elsewhere", lambda _: b"HTTP/1.1 302 F\r\nLocation: /\r\nContent-Length: 3\r\n\r\nno\n", b"status 302")):
        with stores.case(f"http -C -: a server that {name} changes nothing"):
            server.reply = reply
            put(1000)
            assert why in resume(code=1).stderr
            assert content(folder, "r") == WHOLE[:1000]
    with stores.case("http -C -: 200 with as many bytes as the file is complete"):
        server.reply = lambda head: ranges(head, ignore=True)
        put(len(WHOLE))
        resume()
        assert content(folder, "r") == WHOLE
    with stores.case("http -C OFFSET: of a file that ends there, of none, to standard output"):
        server.reply = ranges
        put(1000)
        good("-C", "1000", "-o", "r", server.url, cwd=folder)
        assert content(folder, "r") == WHOLE
        good("-C", "1000", "-o", "rest", server.url, cwd=folder)
        assert content(folder, "rest") == WHOLE[1000:]
        assert good("-C", "1000", server.url) == WHOLE[1000:]
        refused("-C", "999", "-o", "r", server.url, cwd=folder, names=b"--continue-at 999")
        assert content(folder, "r") == WHOLE
    with stores.case("http -C - -O with retries: each attempt begins where the file ended"):
        tag = b'ETag: "one"\r\n'
        answers = [lambda _: b"HTTP/1.1 503 Later\r\nContent-Length: 3\r\n\r\nno\n", lambda head: ranges(head, etag=tag, cut=2000),
                   lambda head: ranges(head, etag=b"ETag: W/\"one\"\r\n", cut=3000), ranges]
        server.reply = lambda head: answers.pop(0)(head)
        put(1000, "file")
        server.seen.clear()
        good("--retry", "3", "-C", "-", "-O", server.url + "/file", cwd=folder)
        assert content(folder, "file") == WHOLE
        asked = [re.findall(rb"(?m)^((?:If-)?Range: .*)\r$", head) for head, _ in server.seen]
        assert asked == [[b"Range: bytes=1000-"], [b"Range: bytes=1000-"], [b"Range: bytes=3000-", b'If-Range: "one"'],
                         [b"Range: bytes=6000-"]], asked
    with stores.case("http -C -, another file than the one that broke off is not appended"):
        answers = [lambda head: ranges(head, etag=tag, cut=2000), lambda head: ranges(head, ignore=True, etag=b'ETag: "two"\r\n')]
        os.unlink(os.path.join(folder, "file"))
        refused("--retry", "1", "-C", "-", "-O", server.url + "/file", cwd=folder, code=1, names=b"nothing was appended")
        assert content(folder, "file") == WHOLE[:2000]
    server.reply = server.page


WRITE_OUT = ("%{http_code} %{response_code} %{size_download} %{content_type} %{num_redirects} %{remote_ip} %{remote_port} %{method} "
             "%{scheme} %{http_version} %{urlnum} %{url} %{size_header} %{num_headers} %{redirect_url} %{referer} %{num_connects} "
             "%{ssl_verify_result} %{exitcode} %{size_upload} %header{X-One} %header{none} %% %x %{unclosed \\n\\t\\q")


def check_write_out(server, folder):
    answer = b"HTTP/1.1 302 Found\r\nX-One: a b\r\nContent-Type: text/x\r\nLocation: next?y\r\nContent-Length: 3\r\n\r\nok\n"
    server.reply = lambda _: answer
    with stores.case("http -w beside curl"):
        if CURL:
            words = ["-w", WRITE_OUT, "-e", "http://from/", "-d", "abc", server.url + "/a/b"]
            curl, ours = run((CURL, "-sS"), words), headrace(*words)
            assert curl.stdout == ours.stdout, (curl.stdout, ours.stdout)
    with stores.case("http -w, heads that are shown count no more than others"):
        counts = [good("-s", *more, "-w", "%{size_header} %{num_headers}", server.url).split(b"\n")[-1] for more in ([], ["-i"])]
        assert counts[0] == counts[1] == b"%d 4" % (len(answer) - 3), counts
    with stores.case("http -w, times and sizes"):
        words = "%{time_namelookup} %{time_connect} %{time_appconnect} %{time_pretransfer} %{time_starttransfer} %{time_total}"
        times = [float(word) for word in good("-s", "-o", "x", "-w", words, server.url, cwd=folder).split()]
        assert len(times) == 6 and times[0] <= times[1] <= times[3] <= times[4] <= times[5] and times[2] == 0 < times[5], times
    with stores.case("http -w, an unknown variable is named"):
        done = headrace("-w", "a%{nope}b\\n", server.url)
        assert done.stdout.endswith(b"ab\n") and b"'nope'" in done.stderr and done.returncode == 0, done
    with stores.case("http -w, %{onerror}, %{errormsg}, %{stderr}"):
        assert good("-w", "a%{onerror}b", server.url).endswith(b"ok\na")
        done = headrace("-s", "-w", "%{exitcode}%{onerror}: %{errormsg}%{stderr}E", "http://127.0.0.1:1/")
        assert done.stdout.startswith(b"1: ") and len(done.stdout) > 5 and done.stderr == b"E" and done.returncode == 1, done
    with stores.case("http -w, from a file and standard input"):
        with open(os.path.join(folder, "format"), "w", encoding="ascii") as file:
            file.write("[%{http_code}]\n")
        assert good("-o", "x", "-w", "@format", server.url, cwd=folder) == b"[302]"
        assert good("-o", "x", "-w", "@-", server.url, cwd=folder, input=b"<%{http_code}>\\n") == b"<302>\n"
    server.reply = server.page


def check_verbose(server):
    with stores.case("http -v, connection, both heads and trailers, no secret"):
        server.reply = lambda _: (b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 Fine\r\nSet-Cookie: sid=hidden\r\n"
                                  b"Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nok\n\r\n0\r\nX-Sum: 7\r\n\r\n")
        done = headrace("-v", "-u", "me:hidden", "-b", "sid=hidden", "-H", "X-A: shown", server.url + "/p?q")
        shown = done.stderr.decode()
        host, port = server.address.split(":")
        for line in (f"* Connected to {host} port {port}", "> GET /p?q HTTP/1.1", f"> Host: {server.address}", "> X-A: shown",
                     "> Authorization: Basic [redacted]", "> Cookie: [redacted]", "< HTTP/1.1 103 Early", "< HTTP/1.1 200 Fine",
                     "< Set-Cookie: [redacted]", "< X-Sum: 7"):
            assert f"{line}\n" in shown, (line, shown)
        assert done.stdout == PAGE and "hidden" not in shown and "bWU6" not in shown, shown
        server.reply = server.page
    with stores.case("http -v, each attempt and a kept connection"):
        shown = headrace("-v", server.url + "/1", server.url + "/2").stderr.decode()
        assert shown.count("> GET /") == 2 and "* Reusing the connection to" in shown, shown


def check_progress(folder):
    """The server sends the second half when the first one's percentage has been shown."""
    shown = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        peer = listener.accept()[0]
        with peer, peer.makefile("rb") as stream:
            read_request(stream)
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n" + bytes(1000000))
            shown.wait(60)
            peer.sendall(bytes(1000000))
    threading.Thread(target=serve, daemon=True).start()
    with stores.case("http, a percentage where the size is known"):
        ours, theirs = pty.openpty()
        process = subprocess.Popen([HEADRACE, "http", "-o", "x", f"http://127.0.0.1:{listener.getsockname()[1]}/"], cwd=folder,
                                   stderr=theirs, stdin=subprocess.DEVNULL, env=PLAIN)
        os.close(theirs)
        text = b""
        with contextlib.suppress(OSError):  # the other side has closed
            while select.select([ours], [], [], 60)[0] and (piece := os.read(ours, 65536)):
                text += piece
                if b"(50 %)" in text:
                    shown.set()
        shown.set()
        os.close(ours)
        assert process.wait(timeout=60) == 0 and re.search(rb"received 976\.\d KiB of 1\.9 MiB \(50 %\), ", text), text
    listener.close()


def long_options(text):
    return re.findall(r"(?m)^ (?:-(.),|   ) --([a-z0-9.-]+)(?: [<\[](.*?)[>\]])?", text)


# Options that a newer curl has than the one that is installed.
NEWER = """ca-native dump-ca-embed ech follow haproxy-clientip ip-tos ipfs-gateway keepalive-cnt knownhosts mptcp out-null
parallel-max-host proxy-ca-native proxy-http2 sigalgs skip-existing tls-earlydata trace-config trace-ids upload-flags variable
vlan-priority""".split()


def check_options():
    """Every option of curl is taken, or refused with a sentence about itself."""
    if not CURL:
        stores.skip("http, every option of curl", "there is no curl")
        return
    listed = long_options(run((CURL,), ["--help", "all"]).stdout.decode())
    known = headrace("--help").stdout.decode()
    with stores.case("http, every option of curl is there or is answered"):
        assert len(listed) > 230, len(listed)
        wrong = []
        for letter, name, value in listed + [("", name, "") for name in NEWER]:
            for word in ([f"--{name}"] + ([f"-{letter}"] if letter else [])):
                if name in ("help", "json") or re.search(rf"(?m)(--{re.escape(name)}[ ,)]|^  -{re.escape(letter or '--')},)", known):
                    continue
                done = headrace(word, "http://127.0.0.1:1/")
                line = done.stderr.decode()
                if done.returncode != 2 or "did you mean" in line or f"{word}: " not in line or "unknown" in line:
                    wrong.append((word, line))
        assert not wrong, wrong
    with stores.case("http, options that both have take a value in both, or in neither"):
        for letter, name, value in listed:
            # --config is another file than curl's, so -K is not taken.
            if name in ("json", "help", "config") or not re.search(rf"--{re.escape(name)}[ ,)]", known):
                continue
            takes = b"needs a value" in headrace(f"--{name}").stderr
            assert takes == bool(value), (name, value, takes)
            if letter and letter != "h":
                assert f"-{letter}, --" in known, (letter, name)
    with stores.case("http, every option stands in docs/command.md"):
        with open(os.path.join(HERE, "../../docs/command.md"), encoding="utf-8") as file:
            page = file.read()
        names = set(re.findall(r"--([a-z0-9.-]+)", "\n".join(line for line in known.split("\nExamples:")[0].split("\n")
                                                         if line.startswith("  -") or "(also " in line)))
        absent = [name for name in names if f"--{name}`" not in page and f"--{name} " not in page]
        assert len(names) > 60 and not absent, absent
    with stores.case("http, a hint is never a guess: the reported ones"):
        for word in ("--dta", "--headr", "--outptu"):
            assert b"did you mean" in headrace(word).stderr, word
        for word in ("--profile", "--nothing", "--fali-x", "--ab"):
            assert b"did you mean" not in headrace(word).stderr, word


FOLDER = ""


def main():
    global FOLDER
    server = Recorder()
    with tempfile.TemporaryDirectory() as FOLDER:
        for name, data in FILES.items():
            with open(os.path.join(FOLDER, name), "wb") as file:
                file.write(data)
        check_same(server, FOLDER)
        check_methods(server)
        for check in (check_outputs, check_resume, check_write_out):
            with tempfile.TemporaryDirectory() as folder:
                check(server, folder)
        check_progress(FOLDER)
        check_verbose(server)
        check_options()
    stores.finish()


if __name__ == "__main__":
    main()
