"""Where the command's bodies go: files, links, pipes and descriptors, and what attempts that break off leave there.
The peers are raw sockets of this process, plain and over TLS."""
import contextlib
import fcntl
import gzip
import json
import os
import pty
import select
import signal
import socket
import ssl
import stat
import subprocess
import sys
import tempfile
import termios
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
import stores  # noqa: E402

HEADRACE = os.path.abspath(stores.HEADRACE)
PLAIN = {name: value for name, value in os.environ.items() if "proxy" not in name.lower() and not name.startswith("AWS_")}
STORE = ("--access-key", "a", "--secret-key", "b")
HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"e\"\r\n\r\nhello"
WAIT_S = 30


def sized(body, *, promised=None, status="200 OK", fields=()):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if promised is None else promised}", *fields]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def chunked(body, *, end=True):
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"%x\r\n%s\r\n" % (len(body), body) + (b"0\r\n\r\n" if end else b"")


CUT = sized(b"x" * 1_000_000, promised=2_000_000)


class Script:
    """A server: each connection has its request's head read, gets the next answer of the list, and is closed."""

    def __init__(self, *answers, context=None, then=None):
        self.answers, self.context, self.then = list(answers), context, then
        self.seen = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        self.url = f"{'https' if self.context else 'http'}://127.0.0.1:{self.socket.getsockname()[1]}"
        return self

    def __exit__(self, *_):
        self.socket.close()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self.socket.accept()
                with contextlib.suppress(OSError):
                    self.answer(self.context.wrap_socket(peer, server_side=True) if self.context else peer)
                peer.close()

    def answer(self, peer):
        head = b""
        while b"\r\n\r\n" not in head:
            piece = peer.recv(65536)
            if not piece:
                return
            head += piece
        self.seen.append(head)
        if self.answers:
            answer = self.answers.pop(0)
            peer.sendall(answer(self.url) if callable(answer) else answer)
        elif self.then:
            self.then(peer)
        # All of it arrives before the end does.
        peer = peer.unwrap() if self.context else peer
        peer.shutdown(socket.SHUT_WR)
        while peer.recv(65536):
            pass
        peer.close()


def run(*arguments, **options):
    options.setdefault("timeout", WAIT_S)
    options.setdefault("env", PLAIN)
    if "input" not in options:
        options.setdefault("stdin", subprocess.DEVNULL)
    if "stdout" not in options:
        options.setdefault("stdout", subprocess.PIPE)
    return subprocess.run([HEADRACE, *arguments], stderr=subprocess.PIPE, check=False, **options)


def good(*arguments, **options):
    done = run(*arguments, **options)
    assert done.returncode == 0, (done.returncode, done.stderr)
    return done.stdout


def content(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)
    return path


def nothing_beside(folder):
    assert not [name for name in os.listdir(folder) if name.startswith(".headrace")], os.listdir(folder)


def wait_for(condition):
    """Looks until it is so; the sleep is between two looks, not in place of one."""
    until = time.monotonic() + WAIT_S
    while not condition():
        if time.monotonic() > until:
            raise RuntimeError("it did not happen in time")
        time.sleep(0.01)


class Certificate:
    def __init__(self, folder):
        self.certificate, self.key = os.path.join(folder, "tls.pem"), os.path.join(folder, "tls.key")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                        "30", "-subj", "/CN=t", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", self.key, "-out",
                        self.certificate], check=True, capture_output=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.certificate, self.key)


# ---- Attempts that break off.

BROKEN = (
    ("with a length", CUT, HELLO, b"hello"),
    ("chunked", chunked(b"y" * 700_000, end=False), chunked(b"hello"), b"hello"),
    ("small", sized(b"0123456789", promised=20), HELLO, b"hello"),
    ("and then nothing", CUT, sized(b""), b""),
    ("and then an error as the answer", CUT, sized(b"gone", status="410 Gone"), b"gone"),
    ("and then more", CUT, sized(b"z" * 1_500_000), b"z" * 1_500_000),
)


def check_attempts(folder, certificate):
    target = os.path.join(folder, "got")
    for backend in ("io_uring", "epoll"):
        for context, trust in ((None, ()), (certificate.context, ("--ca-file", certificate.certificate))):
            way = f"{backend}, {'TLS' if context else 'plain'}"
            environment = dict(PLAIN, HEADRACE_BACKEND=backend)
            for name, first, second, expected in BROKEN:
                with stores.case(f"http -o, an attempt cut off {name}, {way}"), Script(first, second, context=context) as peer:
                    report = json.loads(good("http", "--json", "--retry", "2", *trust, "-o", target, peer.url + "/f",
                                             env=environment))
                    assert content(target) == expected, (len(content(target)), len(expected))
                    assert report["body_bytes"] == len(expected) and report["attempts"] == 2, report
            with stores.case(f"s3 cp, an attempt cut off, {way}"), Script(CUT, HELLO, context=context) as peer:
                report = json.loads(good("s3", "cp", "--json", "--endpoint", peer.url, *STORE, *trust, "s3://b/k", target,
                                         env=environment))
                assert content(target) == b"hello" and report["size_bytes"] == 5 and report["attempts"] == 2, report
            with stores.case(f"http -o, three that break off, each at another place, {way}"):
                answers = (sized(b"a" * 300_000, promised=900_000), sized(b"b" * 800_000, promised=900_000),
                           sized(b"c" * 10, promised=900_000), HELLO)
                with Script(*answers, context=context) as peer:
                    good("http", "--retry", "4", *trust, "-o", target, peer.url + "/f", env=environment)
                    assert content(target) == b"hello", len(content(target))
    with stores.case("http -o, a redirect behind an attempt cut off"):
        moved = sized(b"m" * 3000, status="302 Found", fields=("Location: /elsewhere",))
        with Script(CUT, moved, HELLO) as peer:
            good("http", "--retry", "2", "-L", "-o", target, peer.url + "/f")
            assert content(target) == b"hello", len(content(target))
    with stores.case("http -o, an error that is tried again behind an attempt cut off"):
        busy = sized(b"b" * 5000, status="503 Busy")
        with Script(CUT, busy, HELLO) as peer:
            good("http", "--retry", "3", "-o", target, peer.url + "/f")
            assert content(target) == b"hello", len(content(target))
    with stores.case("http -o --decode, an attempt cut off"):
        packed = gzip.compress(os.urandom(400_000))
        fields = ("Content-Encoding: gzip",)
        with Script(sized(packed[:300_000], promised=len(packed), fields=fields),
                    sized(gzip.compress(b"hello"), fields=fields)) as peer:
            good("http", "--retry", "2", "--decode", "-o", target, peer.url + "/f")
            assert content(target) == b"hello", len(content(target))
    with stores.case("s3 cp, an error of the store behind an attempt cut off leaves the target alone"):
        document = b"<Error><Code>NoSuchKey</Code><Message>gone</Message></Error>"
        write(target, b"before")
        with Script(CUT, sized(document, status="404 Not Found")) as peer:
            done = run("s3", "cp", "--endpoint", peer.url, *STORE, "s3://b/k", target)
            assert done.returncode == 1 and b"NoSuchKey" in done.stderr, done
            assert content(target) == b"before"
            nothing_beside(folder)
    with stores.case("http, standard output that has been given bytes ends the attempts"):
        for stdout in ("pipe", "file"):
            with Script(CUT, HELLO) as peer, open(os.path.join(folder, "out"), "w+b") as file:
                done = run("http", "--retry", "2", peer.url + "/f", stdout=file if stdout == "file" else subprocess.PIPE)
                got = content(file.name) if stdout == "file" else done.stdout
                assert done.returncode == 1 and got == b"x" * len(got) and len(peer.seen) == 1, (done.returncode, len(got))
                assert b"HR_ERR_HTTP_TRUNCATED" in done.stderr and b"cannot be taken back" in done.stderr, done.stderr
    with stores.case("s3 cat, standard output that has been given bytes ends the attempts"), Script(CUT, HELLO) as peer:
        done = run("s3", "cat", "--endpoint", peer.url, *STORE, "s3://b/k")
        assert done.returncode == 1 and len(peer.seen) == 1 and b"cannot be taken back" in done.stderr, done.stderr


# ---- Sizes that are not said.

def check_sizes(folder):
    target = os.path.join(folder, "sized")
    answers = {"chunked": chunked(b"hello"), "HTTP/1.0": b"HTTP/1.0 200 OK\r\n\r\nhello",
               "close": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello", "chunked and empty":
               b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}
    for name, answer in answers.items():
        expected = b"" if "empty" in name else b"hello"
        with stores.case(f"s3 cp, cat, a body without Content-Length: {name}"), Script(answer, answer) as peer:
            report = json.loads(good("s3", "cp", "--json", "--endpoint", peer.url, *STORE, "s3://b/k", target))
            assert content(target) == expected and report["size_bytes"] == len(expected), report
            assert good("s3", "cat", "--endpoint", peer.url, *STORE, "s3://b/k") == expected
    with stores.case("s3 cp, a chunked body that breaks off is none"), Script(chunked(b"hel", end=False)) as peer:
        done = run("s3", "cp", "--attempts", "1", "--endpoint", peer.url, *STORE, "s3://b/k", target)
        assert done.returncode == 1 and b"HR_ERR_HTTP_TRUNCATED" in done.stderr, done
    with stores.case("s3 stat, no Content-Length"):
        with Script(b"HTTP/1.1 200 OK\r\nETag: \"e\"\r\nTransfer-Encoding: chunked\r\n\r\n") as peer:
            assert json.loads(good("s3", "stat", "--json", "--endpoint", peer.url, *STORE, "s3://b/k"))["size_bytes"] is None


# ---- What a target may be.

def copy_to(way, peer, target, **options):
    if way == "http":
        return run("http", "-o", target, peer.url + "/name", **options)
    return run("s3", "cp", "--endpoint", peer.url, *STORE, "s3://b/name", target, **options)


def check_targets(folder):
    for way in ("http", "s3"):
        path = os.path.join(folder, way)
        os.mkdir(path)
        with inside(path):
            check_links(way)
            check_descriptors(way)
            check_pipes(way)
            check_modes(way)
            nothing_beside(".")


@contextlib.contextmanager
def inside(path):
    before = os.getcwd()
    os.chdir(path)
    try:
        yield
    finally:
        os.chdir(before)


def check_links(way):
    write("file", b"before")
    os.mkdir("folder")
    for name, link, to, file in (("relative", "link", "file", "file"), ("absolute", "link2", os.path.abspath("file"), "file"),
                                 ("of a link", "link3", "link", "file"), ("in a folder", "folder/up", "../file", "file"),
                                 ("to nothing yet", "dangling", "folder/new", "folder/new")):
        with stores.case(f"{way}, a link is followed: {name}"), Script(HELLO) as peer:
            os.symlink(to, link)
            done = copy_to(way, peer, link)
            assert done.returncode == 0, done.stderr
            assert os.path.islink(link) and content(file) == b"hello", os.listdir(".")
            write("file", b"before")
    with stores.case(f"{way}, a link to a folder is that folder"), Script(HELLO) as peer:
        os.symlink("folder", "door")
        assert copy_to(way, peer, "door").returncode == 0 and content("folder/name") == b"hello"
        assert os.path.islink("door")
    with stores.case(f"{way}, a link in a folder under the name"), Script(HELLO) as peer:
        os.unlink("folder/name")
        os.symlink("../file", "folder/name")
        assert copy_to(way, peer, "folder/").returncode == 0 and content("file") == b"hello"
        assert os.path.islink("folder/name")
    with stores.case(f"{way}, links in a circle are an error by name"), Script(HELLO) as peer:
        os.symlink("two", "one")
        os.symlink("one", "two")
        done = copy_to(way, peer, "one")
        assert done.returncode == 1 and b"symbolic links" in done.stderr, done.stderr
        assert os.path.islink("one") and os.path.islink("two")
    with stores.case(f"{way}, what fails leaves link and file alone"), Script(CUT, CUT, CUT) as peer:
        write("file", b"before")
        assert copy_to(way, peer, "link").returncode == 1
        assert os.path.islink("link") and content("file") == b"before"
        nothing_beside(".")


def check_descriptors(way):
    names = ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "/proc/thread-self/fd/1", "to-stdout"]
    os.symlink("/dev/stdout", "to-stdout")
    for name in names:
        with stores.case(f"{way}, {name} as a pipe and as a file"):
            before = os.lstat("/dev/stdout")
            with Script(HELLO, HELLO) as peer:
                done = copy_to(way, peer, name)
                assert done.returncode == 0 and done.stdout == b"hello", done
                with open("redirected", "w+b") as file:
                    file.write(b"first ")
                    file.flush()
                    done = copy_to(way, peer, name, stdout=file)
                    os.write(file.fileno(), b" last")
                assert done.returncode == 0 and content("redirected") == b"first hello last", (done, content("redirected"))
            assert os.lstat("/dev/stdout").st_ino == before.st_ino and stat.S_ISLNK(os.lstat("/dev/stdout").st_mode)
    with stores.case(f"{way}, a descriptor that was handed down"), Script(HELLO) as peer:
        ours, theirs = os.pipe()
        done = copy_to(way, peer, f"/dev/fd/{theirs}", pass_fds=[theirs])
        os.close(theirs)
        assert done.returncode == 0 and os.read(ours, 100) == b"hello", done.stderr
        os.close(ours)
    with stores.case(f"{way}, a descriptor that is appended to"), Script(HELLO) as peer:
        write("appended", b"before ")
        with open("appended", "ab") as file:
            done = copy_to(way, peer, f"/proc/self/fd/{file.fileno()}", pass_fds=[file.fileno()])
        assert done.returncode == 0 and content("appended") == b"before hello", done.stderr
    with stores.case(f"{way}, a socket"), Script(HELLO) as peer:
        ours, theirs = socket.socketpair()
        done = copy_to(way, peer, f"/dev/fd/{theirs.fileno()}", pass_fds=[theirs.fileno()])
        theirs.close()
        assert done.returncode == 0 and ours.recv(100) == b"hello", done.stderr
        ours.close()
    for number in range(3, 12):
        # None of them was handed down: what the command has opened itself is not written to.
        with stores.case(f"{way}, a descriptor that is not open: {number}"), Script(HELLO) as peer:
            done = copy_to(way, peer, f"/dev/fd/{number}")
            assert done.returncode == 1 and b"Bad file descriptor" in done.stderr, done.stderr
    with stores.case(f"{way}, standard output that does not wait (O_NONBLOCK)"):
        body = os.urandom(3 << 20)
        with Script(sized(body)) as peer:
            ours, theirs = os.pipe()
            os.set_blocking(theirs, False)
            process = subprocess.Popen([HEADRACE, *command(way, peer, "/dev/stdout")], stdout=theirs, env=PLAIN,
                                       stderr=subprocess.PIPE)
            os.close(theirs)
            with open(ours, "rb") as file:
                got = file.read()
            errors = process.communicate(timeout=WAIT_S)[1]
            assert process.returncode == 0 and got == body, (process.returncode, len(got), errors)
    with stores.case(f"{way}, /dev/stdout and --json would both write there"), Script(HELLO) as peer:
        words = command(way, peer, "/dev/stdout")
        done = run(*words[:1 if way == "http" else 2], "--json", *words[1 if way == "http" else 2:])
        assert done.returncode == 2 and b"standard output" in done.stderr and b"hello" not in done.stdout, done
        assert json.loads(done.stdout)["error"]["class"] == "usage", done.stdout


def command(way, peer, target):
    if way == "http":
        return ["http", "-o", target, peer.url + "/name"]
    return ["s3", "cp", "--endpoint", peer.url, *STORE, "s3://b/name", target]


def check_pipes(way):
    os.mkfifo("pipe")
    os.symlink("pipe", "to-pipe")
    for name in ("pipe", "to-pipe"):
        with stores.case(f"{way}, a named pipe: {name}"), Script(HELLO) as peer:
            process = subprocess.Popen([HEADRACE, *command(way, peer, name)], stdout=subprocess.DEVNULL, env=PLAIN)
            assert content("pipe") == b"hello" and process.wait(timeout=WAIT_S) == 0
            assert stat.S_ISFIFO(os.lstat("pipe").st_mode)
    with stores.case(f"{way}, a signal ends the wait for somebody who reads a pipe"), Script(HELLO) as peer:
        process = subprocess.Popen([HEADRACE, *command(way, peer, "pipe")], stderr=subprocess.PIPE, env=PLAIN)
        wait_for(lambda: blocks(process.pid, signal.SIGINT))
        process.send_signal(signal.SIGINT)
        errors = process.communicate(timeout=WAIT_S)[1]
        assert process.returncode == 130 and b"SIGINT" in errors, (process.returncode, errors)
    with stores.case(f"{way}, devices"), Script(HELLO, sized(b"f" * 100_000)) as peer:
        done = copy_to(way, peer, "/dev/null")
        assert done.returncode == 0 and stat.S_ISCHR(os.stat("/dev/null").st_mode), done.stderr
        done = copy_to(way, peer, "/dev/full")
        assert done.returncode == 1 and b"No space" in done.stderr and stat.S_ISCHR(os.stat("/dev/full").st_mode), done.stderr
    with stores.case(f"{way}, a unix socket is refused by name"), Script(HELLO) as peer, socket.socket(socket.AF_UNIX) as end:
        end.bind("end")
        done = copy_to(way, peer, "end")
        assert done.returncode == 1 and b"cannot write end" in done.stderr and stat.S_ISSOCK(os.lstat("end").st_mode), done


def blocks(pid, number):
    """Whether a process blocks a signal: it reads it from a descriptor then."""
    with contextlib.suppress(OSError):
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            for line in file:
                if line.startswith("SigBlk:"):
                    return bool(int(line.split()[1], 16) >> (number - 1) & 1)
    return False


def check_modes(way):
    with stores.case(f"{way}, mode and owner stay"), Script(HELLO) as peer:
        write("kept", b"before")
        os.chmod("kept", 0o751)
        if os.geteuid() == 0:
            os.chown("kept", 12345, 54321)
        done = copy_to(way, peer, "kept")
        info = os.stat("kept")
        assert done.returncode == 0 and content("kept") == b"hello" and stat.S_IMODE(info.st_mode) == 0o751, info
        assert os.geteuid() != 0 or (info.st_uid, info.st_gid) == (12345, 54321), info
    with stores.case(f"{way}, a new file has the mode of the umask"), Script(HELLO) as peer:
        done = copy_to(way, peer, "fresh", preexec_fn=lambda: os.umask(0o027))
        assert done.returncode == 0 and stat.S_IMODE(os.stat("fresh").st_mode) == 0o640, oct(os.stat("fresh").st_mode)
    with stores.case(f"{way}, a file that its mode protects"), Script(HELLO) as peer:
        write("protected", b"before")
        os.chmod("protected", 0o444)
        os.chmod(".", 0o777)
        done = copy_to(way, peer, os.path.abspath("protected"), **as_nobody())
        assert done.returncode == 1 and b"Permission denied" in done.stderr and content("protected") == b"before", done
    with stores.case(f"{way}, a folder that takes no files, and a file that may be written"), Script(CUT, CUT, CUT, HELLO) as peer:
        os.mkdir("closed")
        write("closed/file", b"before, and longer than hello")
        os.chmod("closed/file", 0o666)
        os.chmod("closed", 0o555)
        if way == "http":
            refused = run("http", "-o", os.path.abspath("closed/file"), "http://127.0.0.1:1/", **as_nobody())
            assert refused.returncode == 1 and content("closed/file") == b"before, and longer than hello", refused
        done = run(*command(way, peer, os.path.abspath("closed/file"))[:1 if way == "http" else 2],
                   *(("--retry", "4") if way == "http" else ("--attempts", "5")),
                   *command(way, peer, os.path.abspath("closed/file"))[1 if way == "http" else 2:], **as_nobody())
        assert done.returncode == 0 and content("closed/file") == b"hello", done
    with stores.case(f"{way}, a folder as the file"), Script(HELLO) as peer:
        os.makedirs("dir/name")
        done = copy_to(way, peer, "dir")
        assert done.returncode == 1 and b"Is a directory" in done.stderr, done


def as_nobody():
    """Options of subprocess by which a program is not root; where it is not already."""
    return {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}


def check_mount_points(folder):
    """A file that is a mount point itself cannot be renamed over: one that a container was given."""
    inner, outer = write(os.path.join(folder, "inner"), b"before, and long"), write(os.path.join(folder, "outer"), b"")
    script = 'mount --bind "$1" "$2" && exec "$3" http -o "$2" "$4"'
    with Script(HELLO) as peer:
        done = subprocess.run(["unshare", "-m", "bash", "-c", script, "-", inner, outer, HEADRACE, peer.url + "/f"], env=PLAIN,
                              capture_output=True, check=False, timeout=WAIT_S)
        if not peer.seen:
            stores.skip("http, a file that is a mount point", "this process may not mount one")
            return
        with stores.case("http, a file that is a mount point"):
            assert done.returncode == 0 and content(inner) == b"hello", done


def check_folders(folder):
    path = os.path.join(folder, "made")
    for name, target, file in (("of the file", "a/b/c/file", "a/b/c/file"), ("that is named as one", "new/", "new/name")):
        with stores.case(f"s3 cp, a missing folder is made: {name}"), Script(HELLO) as peer:
            done = copy_to("s3", peer, os.path.join(path, target))
            assert done.returncode == 0 and content(os.path.join(path, file)) == b"hello", done
    with stores.case("s3 cp, folders that were made go with what has failed, others stay"), Script(CUT) as peer:
        done = run("s3", "cp", "--attempts", "1", "--endpoint", peer.url, *STORE, "s3://b/k", os.path.join(path, "new/x/y/z"))
        assert done.returncode == 1 and os.listdir(os.path.join(path, "new")) == ["name"], os.listdir(path)
    with stores.case("s3 cp, a file stands where a folder is wanted"), Script(HELLO) as peer:
        done = copy_to("s3", peer, os.path.join(path, "new/name/under"))
        assert done.returncode == 1 and b"Not a directory" in done.stderr, done
    with stores.case("http -o, a missing folder is an error that names it"), Script(HELLO) as peer:
        done = copy_to("http", peer, os.path.join(path, "nowhere/file"))
        assert done.returncode == 1 and b"nowhere/file: No such file" in done.stderr, done


def check_reports(folder):
    with Script(HELLO, HELLO, HELLO) as peer:
        with stores.case("bench --json, a link is followed, and the file replaced when it is whole"):
            report, link = os.path.join(folder, "report"), os.path.join(folder, "report-link")
            write(report, b"before")
            os.symlink("report", link)
            good("bench", "http", "--requests", "1", "-c", "1", "--json", link, peer.url + "/")
            assert os.path.islink(link) and json.loads(content(report))["operations"]["submitted"] == 1


# ---- Signals.

ENDING = [signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGALRM, signal.SIGUSR1, signal.SIGUSR2,
          signal.SIGVTALRM, signal.SIGPROF, signal.SIGXCPU, signal.SIGIO, signal.SIGPWR, signal.SIGSYS, signal.SIGTRAP,
          signal.SIGABRT, signal.SIGRTMIN, signal.SIGRTMIN + 3, signal.SIGRTMAX]


def stalls(peer):
    """A body that never ends."""
    peer.sendall(sized(b"part", promised=1000))
    while peer.recv(65536):
        pass


def check_signals(folder):
    for way in ("http", "s3"):
        for number in ENDING:
            with stores.case(f"{way}, {signal.Signals(number).name if number in list(signal.Signals) else number} cleans up"):
                with Script(then=stalls) as peer:
                    target = write(os.path.join(folder, "stopped"), b"before")
                    process = subprocess.Popen([HEADRACE, *command(way, peer, target)], env=PLAIN, stderr=subprocess.PIPE)
                    wait_for(lambda: peer.seen)
                    assert [name for name in os.listdir(folder) if name.startswith(".headrace")]
                    process.send_signal(number)
                    errors = process.communicate(timeout=WAIT_S)[1]
                    assert process.returncode == 128 + number and b"stopped by" in errors, (process.returncode, errors)
                    assert content(target) == b"before"
                    nothing_beside(folder)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1):
        with stores.case(f"http, {number.name} that is ignored at the start stays ignored"):
            go = threading.Event()

            def answers(peer):
                go.wait(WAIT_S)
                peer.sendall(HELLO)
            with Script(then=answers) as peer:
                process = subprocess.Popen([HEADRACE, *command("http", peer, os.path.join(folder, "kept-on"))], env=PLAIN,
                                           stderr=subprocess.PIPE, preexec_fn=lambda: signal.signal(number, signal.SIG_IGN))
                wait_for(lambda: peer.seen)
                process.send_signal(number)
                go.set()
                errors = process.communicate(timeout=WAIT_S)[1]
                assert process.returncode == 0 and content(os.path.join(folder, "kept-on")) == b"hello", errors
    with stores.case("serve s3, a signal that is ignored at the start, and one that ends it"):
        process = subprocess.Popen([HEADRACE, "serve", "s3", "--listen", "127.0.0.1:0", *STORE], env=PLAIN,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                   preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        try:
            endpoint = process.stdout.readline().decode().split()[-1]
            process.send_signal(signal.SIGHUP)
            assert run("http", endpoint + "/").returncode == 0  # any answer is one
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=WAIT_S) == 0
            process.stdout.close()
    with stores.case("http, a limit on the size of files is an error with a name"), Script(sized(b"l" * 300_000)) as peer:
        import resource
        done = run(*command("http", peer, os.path.join(folder, "limited")),
                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)))
        assert done.returncode == 1 and b"EFBIG" in done.stderr, done
        nothing_beside(folder)


def prompted(*arguments, ignored=()):
    """A process at the password prompt of a terminal of its own, as a shell would start it; the terminal."""
    ours, theirs = pty.openpty()
    told, tells = os.pipe()

    def lead():
        """The parent stays as the shell and hands on how the job ended: a job without one cannot be stopped."""
        os.setsid()
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)
        job = os.fork()
        if job:
            os.write(tells, b"%d\n" % job)
            os.closerange(3, 4096)  # Popen waits for the end of a pipe of its own
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            status = os.waitpid(job, 0)[1]
            os._exit(os.waitstatus_to_exitcode(status) % 256)
        os.setpgid(0, 0)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        os.tcsetpgrp(theirs, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)
    process = subprocess.Popen([HEADRACE, "http", "--user", "me", *arguments], env=PLAIN, stdin=theirs, stdout=theirs,
                               stderr=theirs, preexec_fn=lead, pass_fds=())
    process.job = int(os.read(told, 20))
    os.close(told)
    os.close(tells)
    shown = b""
    while b"Password of me: " not in shown:
        assert select.select([ours], [], [], WAIT_S)[0], shown
        shown += os.read(ours, 4096)
    return process, ours, theirs


def echoes(terminal):
    return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)


def drain(terminal):
    shown = b""
    while select.select([terminal], [], [], 0)[0]:
        shown += os.read(terminal, 4096)
    return shown


def check_prompt():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGALRM, signal.SIGUSR1):
        with stores.case(f"http, {number.name} at the password prompt gives the terminal back"):
            process, ours, theirs = prompted("http://127.0.0.1:1/")
            assert not echoes(theirs)
            os.kill(process.job, number)
            assert process.wait(timeout=WAIT_S) == 128 + number, process.returncode
            assert echoes(theirs) and b"127.0.0.1" not in drain(ours)
            os.close(ours)
            os.close(theirs)
    for key, number in ((b"\x03", signal.SIGINT), (b"\x1c", signal.SIGQUIT)):
        with stores.case(f"http, the key of {number.name} at the password prompt"):
            process, ours, theirs = prompted("http://127.0.0.1:1/")
            os.write(ours, b"half a pass" + key)
            assert process.wait(timeout=WAIT_S) == 128 + number, process.returncode
            assert echoes(theirs) and b"half" not in drain(ours)
            os.close(ours)
            os.close(theirs)
    with stores.case("http, the end of input at the password prompt"):
        process, ours, theirs = prompted("http://127.0.0.1:1/")
        os.write(ours, b"\x04")
        assert process.wait(timeout=WAIT_S) == 2, process.returncode
        assert echoes(theirs)
        os.close(ours)
        os.close(theirs)
    with stores.case("http, stopped and continued at the password prompt"), Script(HELLO) as peer:
        process, ours, theirs = prompted(peer.url + "/")
        os.kill(process.job, signal.SIGTSTP)
        wait_for(lambda: open(f"/proc/{process.job}/stat", encoding="ascii").read().rsplit(")", 1)[1].split()[0] == "T")
        assert echoes(theirs)
        os.kill(process.job, signal.SIGCONT)
        wait_for(lambda: not echoes(theirs))
        os.write(ours, b"secret\n")
        assert process.wait(timeout=WAIT_S) == 0 and b"Authorization: Basic bWU6c2VjcmV0" in peer.seen[0], peer.seen
        assert echoes(theirs) and b"secret" not in drain(ours)
        os.close(ours)
        os.close(theirs)
    with stores.case("http, a signal that is ignored does not end the password prompt"), Script(HELLO) as peer:
        process, ours, theirs = prompted(peer.url + "/", ignored=(signal.SIGHUP, signal.SIGINT))
        os.kill(process.job, signal.SIGHUP)
        os.kill(process.job, signal.SIGINT)
        os.write(ours, b"secret\n")
        assert process.wait(timeout=WAIT_S) == 0 and b"Authorization: Basic bWU6c2VjcmV0" in peer.seen[0], peer.seen
        assert echoes(theirs)
        os.close(ours)
        os.close(theirs)


# ---- Progress.

UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


def shown_progress(words, ours, theirs, **options):
    """The lines of progress on a terminal, each with the time when it was read: (seconds, bytes, rate)."""
    process = subprocess.Popen([HEADRACE, *words], stderr=theirs, stdout=subprocess.DEVNULL, env=PLAIN, **options)
    os.close(theirs)
    lines, text = [], b""
    with contextlib.suppress(OSError):
        while select.select([ours], [], [], WAIT_S)[0] and (piece := os.read(ours, 4096)):
            text += piece
            while b"\x1b[K" in text:
                line, text = text.split(b"\x1b[K", 1)
                lines.append((time.monotonic(), line.decode().strip()))
    os.close(ours)
    assert process.wait(timeout=WAIT_S) == 0, (process.returncode, lines, text)
    return lines


def size_of(words):
    number, unit = words.split()
    return float(number) * UNITS[unit]


def check_progress(folder):
    def dribbles(peer):
        peer.sendall(sized(b"", promised=900_000))
        for _ in range(9):
            peer.sendall(b"p" * 100_000)
            time.sleep(0.25)  # the pace of the body
    for way in ("http", "s3"):
        with stores.case(f"{way}, the rate counts from the beginning of the transfer"), Script(then=dribbles) as peer:
            ours, theirs = pty.openpty()
            begun = time.monotonic()
            lines = shown_progress(command(way, peer, os.path.join(folder, "dribbled")), ours, theirs)
            seen = 0
            for at, line in lines:
                if "received" not in line:
                    continue
                words = line.replace("received ", "").split(", ")
                done, rate = size_of(words[0].split(" of ")[0]), size_of(words[-1].removesuffix("/s"))
                # At least so much as since the program was started, at most what has moved in the time until it was shown.
                assert rate >= done / (at - begun) * 0.9, (line, at - begun)
                assert not done or rate <= done / 0.15, line
                seen += bool(done)
            assert seen >= 2, lines
            first = next(line for _, line in lines if "received" in line and "received 0 B" not in line)
            assert ", 0 B/s" not in first, lines


# ---- Sources.

def check_sources(folder):
    with stores.case("s3 cp, a pipe without an end stops at a limit that has a name"):
        with Script() as peer:
            words = ("s3", "cp", "--spool-max", "3MiB", "--endpoint", peer.url, *STORE, "-", "s3://b/k")
            with open("/dev/zero", "rb") as endless:
                done = run(*words, stdin=endless, env=dict(PLAIN, TMPDIR=folder))
            assert done.returncode == 1 and b"--spool-max" in done.stderr and b"3.0 MiB" in done.stderr, done.stderr
            assert not peer.seen
    with stores.case("s3 cp, a pipe as long as the limit"):
        with Script(sized(b"", fields=('ETag: "e"',))) as peer:
            done = run("s3", "cp", "--spool-max", "1MiB", "--payload", "unsigned", "--endpoint", peer.url, *STORE, "-",
                       "s3://b/k", input=b"x" * (1 << 20))
            assert b"Content-Length: 1048576\r\n" in peer.seen[0] or b"content-length: 1048576\r\n" in peer.seen[0].lower(), done
    with stores.case("http, standard input that does not wait (O_NONBLOCK)"):
        with Script(HELLO) as peer:
            ours, theirs = os.pipe()
            os.set_blocking(ours, False)
            process = subprocess.Popen([HEADRACE, "http", "--body-file", "-", peer.url + "/"], stdin=ours, env=PLAIN,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            os.close(ours)
            wait_for(lambda: peer.seen)
            with contextlib.suppress(BrokenPipeError):  # the peer's early answer may have ended it
                os.write(theirs, b"late")
            os.close(theirs)
            out, errors = process.communicate(timeout=WAIT_S)
            assert process.returncode == 0 and out == b"hello", (process.returncode, errors)
    with stores.case("s3 cp, standard input that does not wait (O_NONBLOCK)"):
        with stores.embedded() as store:
            assert store.headrace("s3", "mb", "s3://late").returncode == 0
            ours, theirs = os.pipe()
            os.set_blocking(ours, False)
            process = subprocess.Popen([HEADRACE, "s3", "cp", "-", "s3://late/k"], stdin=ours, env=store.environment(),
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            os.close(ours)
            wait_for(lambda: blocks(process.pid, signal.SIGINT))
            os.write(theirs, b"late")
            os.close(theirs)
            _, errors = process.communicate(timeout=WAIT_S)
            assert process.returncode == 0, (process.returncode, errors)
            assert store.headrace("s3", "cat", "s3://late/k").stdout == b"late"
    with stores.case("http, a named pipe as the body, and a signal before anybody writes"):
        pipe = os.path.join(folder, "body")
        os.mkfifo(pipe)
        with Script(then=stalls) as peer:
            process = subprocess.Popen([HEADRACE, "http", "--body-file", pipe, peer.url + "/"], env=PLAIN,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            wait_for(lambda: blocks(process.pid, signal.SIGINT))
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=WAIT_S)
            assert process.returncode == 130, process.returncode
        with Script(HELLO) as peer:
            process = subprocess.Popen([HEADRACE, "http", "--body-file", pipe, peer.url + "/"], env=PLAIN,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            write(pipe, b"whole body")
            out, errors = process.communicate(timeout=WAIT_S)
            assert process.returncode == 0 and out == b"hello", (process.returncode, errors)


def main():
    if not os.access(HEADRACE, os.X_OK):
        stores.fail("command targets", f"is not built: {HEADRACE}")
        stores.finish()
    checks = {"attempts": lambda folder: check_attempts(folder, Certificate(folder)), "sizes": check_sizes,
              "targets": check_targets, "mounts": check_mount_points, "folders": check_folders, "reports": check_reports,
              "signals": check_signals, "prompt": lambda _: check_prompt(), "progress": check_progress,
              "sources": check_sources}
    for name in sys.argv[1:] or checks:
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            checks[name](folder)
    stores.finish()


if __name__ == "__main__":
    main()
