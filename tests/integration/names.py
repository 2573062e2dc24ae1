"""Where the command's connections go: halves of look-ups, zones of IPv6 addresses, proxy variables and NO_PROXY, against raw
peers of this process."""
import json
import os
import re
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
import listener  # noqa: E402
import stores  # noqa: E402

VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
CLEAN = {name: value for name, value in os.environ.items()
         if name.lower() not in VARIABLES and not name.startswith(("AWS_", "S3_"))}
BODY = b"hello from here\n"


class Peer(listener.Listener):
    """Answers every request with `answer(head)` and notes the heads; as a proxy it is asked in absolute form or by CONNECT."""

    def __init__(self, family=socket.AF_INET, address=("127.0.0.1", 0), answer=None):
        self.heads, self.answer = [], answer or (lambda head: b"HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n" + BODY)
        super().__init__(family, address)

    def serve(self, connection):
        held = b""
        with connection:
            while data := connection.recv(65536):
                held += data
                while b"\r\n\r\n" in held:
                    head, held = held.split(b"\r\n\r\n", 1)
                    self.heads.append(head.decode("latin-1"))
                    connection.sendall(self.answer(self.heads[-1]))


def run(*arguments, **variables):
    return subprocess.run([stores.HEADRACE, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False,
                          env={**CLEAN, **variables})


def got(done):
    assert done.returncode == 0 and done.stdout == BODY, (done.returncode, done.stdout, done.stderr)
    return done.stderr.decode()


# ---- Zones.

def link_local():
    """An address and the interface that it belongs to."""
    with open("/proc/net/if_inet6", encoding="ascii") as file:
        for line in file:
            digits, index, _, scope, flags, name = line.split()
            if scope == "20" and not int(flags, 16) & 0x48:  # link-local, neither tentative nor failed
                address = socket.inet_ntop(socket.AF_INET6, bytes.fromhex(digits))
                return address, name, int(index, 16)
    return None


def check_loopback_zone():
    with stores.case("zones: one that is there, on the loopback address; Host has none"), \
            Peer(socket.AF_INET6, ("::1", 0)) as peer:
        index = socket.if_nametoindex("lo")
        for zone in ("lo", str(index), "%6co"):
            got(run("http", f"http://[::1%25{zone}]:{peer.port}/a"))
        assert len(peer.heads) == 3, peer.heads
        assert all(f"\r\nHost: [::1]:{peer.port}" in head and "%" not in head for head in peer.heads), peer.heads
    with stores.case("zones: one that is not there is named"):
        done = run("http", "--json", "http://[fe80::1%25hr-none]:1/")
        error = json.loads(done.stdout)["error"]
        assert done.returncode == 1 and error["code"] == "HR_ERR_NAME_UNRESOLVED", done
        assert "interface" in error["message"] and "fe80::1%25hr-none" in error["message"], error
    with stores.case("zones: a bare % is refused, with what is right"):
        done = run("http", "http://[fe80::1%eth0]/")
        assert done.returncode == 2 and b"%25" in done.stderr, done
    with stores.case("zones: --resolve leads to one, and from one"), Peer(socket.AF_INET6, ("::1", 0)) as peer:
        got(run("http", "--resolve", f"h.test:{peer.port}:::1%lo", f"http://h.test:{peer.port}/"))
        got(run("http", "--resolve", f"[fe80::1%25lo]:{peer.port}:[::1]", f"http://[fe80::1%25lo]:{peer.port}/"))
        done = run("http", "--resolve", "h.test:80:fe80::1%hr-none", "http://h.test/")
        assert done.returncode == 2 and b"interface" in done.stderr, done


def check_link_local():
    found = link_local()
    if not found:
        stores.skip("zones: link-local", "no interface of this host has a link-local address")
        return
    address, name, index = found
    place = (address, 0, 0, index)
    with stores.case("zones: link-local, by name and by number, with redirects that do not know the zone"):
        def answer(head):
            host = re.search(r"\r\nHost: (\S+)", head).group(1)
            if head.startswith("GET /there"):
                return b"HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n" + BODY
            where = f"http://{host}/there" if head.startswith("GET /absolute") else "there"
            return f"HTTP/1.1 302 Found\r\nLocation: {where}\r\nContent-Length: 0\r\n\r\n".encode()
        with Peer(socket.AF_INET6, place, answer) as peer:
            for zone in (name, str(index)):
                for path in ("there", "relative", "absolute"):
                    got(run("http", "-L", f"http://[{address}%25{zone}]:{peer.port}/{path}"))
            assert not any("%" in head for head in peer.heads), peer.heads
    with stores.case("zones: link-local, over epoll, through --resolve, as proxy, as S3's endpoint"), \
            Peer(socket.AF_INET6, place) as peer:
        got(run("http", "--backend", "epoll", f"http://[{address}%25{name}]:{peer.port}/"))
        got(run("http", "--resolve", f"h.test:{peer.port}:[{address}%{name}]", f"http://h.test:{peer.port}/"))
        got(run("http", f"http://[{address}%25{name}]:{peer.port}/", all_proxy="http://127.0.0.1:1",
                NO_PROXY=f"{address}%{name}"))
        got(run("http", "--proxy", f"http://[{address}%25{name}]:{peer.port}", "http://h.test/"))
        assert peer.heads[-1].startswith("GET http://h.test/ "), peer.heads[-1]
        done = run("s3", "cat", "s3://bucket/key", S3_ENDPOINT_URL=f"http://[{address}%25{name}]:{peer.port}",
                   AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="s")
        got(done)
        assert f"\r\nHost: [{address}]:{peer.port}" in peer.heads[-1] and "%" not in peer.heads[-1], peer.heads[-1]


# ---- Names.

A, AAAA = 1, 28
LOCAL = {A: socket.inet_aton("127.0.0.1"), AAAA: socket.inet_pton(socket.AF_INET6, "::1")}


class NameServer:
    """A name server on UDP that does what `script(name, type, number)` says to the number-th question of that name and type:
    None is nothing at all, a number is a code (2 SERVFAIL, 3 NXDOMAIN), bytes are addresses (b"" is none), and a pair
    (seconds, one of these) comes after so long."""

    def __init__(self, script):
        self.script, self.asked, self.lock = script, [], threading.Lock()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                question, peer = self.socket.recvfrom(4096)
            except OSError:
                return
            labels, at = [], 12
            while question[at]:
                labels.append(question[at + 1:at + 1 + question[at]].decode())
                at += 1 + question[at]
            name, kind = ".".join(labels), int.from_bytes(question[at + 1:at + 3], "big")
            with self.lock:
                self.asked.append((name, kind))
                number = self.asked.count((name, kind))
            says, wait = self.script(name, kind, number), 0
            if isinstance(says, tuple):
                wait, says = says
            if says is not None:
                threading.Timer(wait, self.answer, (question[:at + 5], kind, says, peer)).start()

    def answer(self, question, kind, says, peer):
        code, size = (says, 0) if isinstance(says, int) else (0, {A: 4, AAAA: 16}[kind])
        addresses = [says[i:i + size] for i in range(0, len(says), size)] if size else []
        head = question[:2] + bytes((0x81, 0x80 | code, 0, 1, 0, len(addresses), 0, 0, 0, 0))
        records = b"".join(b"\xc0\x0c" + kind.to_bytes(2, "big") + b"\0\1\0\0\0\x3c" + size.to_bytes(2, "big") + address
                           for address in addresses)
        try:
            self.socket.sendto(head + question[12:] + records, peer)
        except OSError:
            pass  # it is over

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def by_type(a, aaaa):
    return lambda name, kind, number: {A: a, AAAA: aaaa}.get(kind)


def fetch(servers, port, *arguments, name="h.test"):
    done = run("http", "--json", "--output", "/dev/null", "--nameserver", servers.address, *arguments, f"http://{name}:{port}/")
    return done, json.loads(done.stdout or b"{}")


def check_halves():
    # Both loopback addresses at one port, or only one of them.
    with Peer() as four, Peer(socket.AF_INET6, ("::1", four.port)) as six:
        rows = (("AAAA is never answered", LOCAL[A], None, four, 40), ("A is never answered", None, LOCAL[AAAA], six, 0),
                ("AAAA fails", LOCAL[A], 2, four, 0), ("A fails", 2, LOCAL[AAAA], six, 0),
                ("AAAA is refused", LOCAL[A], 5, four, 0), ("AAAA has no address", LOCAL[A], b"", four, 0),
                ("AAAA is denied, wrongly", LOCAL[A], 3, four, 0), ("A has no address", b"", LOCAL[AAAA], six, 0),
                ("A comes a second later than an AAAA that fails", (1, LOCAL[A]), 2, four, 900))
        for what, a, aaaa, peer, least_ms in rows:
            for backend in ("io_uring", "epoll"):
                with stores.case(f"names: {what} ({backend})"), NameServer(by_type(a, aaaa)) as servers:
                    heads = len(peer.heads)
                    done, report = fetch(servers, four.port, "--backend", backend)
                    assert done.returncode == 0 and len(peer.heads) == heads + 1, (done, len(peer.heads))
                    resolve_ms = report["timings"]["resolve_ms"]
                    assert least_ms <= resolve_ms < 4000, resolve_ms
                    assert report["timings"]["connect_ms"] < 3000, report["timings"]
        for option, asked, peer in (("-4", A, four), ("--ipv4", A, four), ("-6", AAAA, six), ("--ipv6", AAAA, six)):
            with stores.case(f"names: {option} asks for that family alone, and connects to it"), \
                    NameServer(by_type(LOCAL[A], LOCAL[AAAA])) as servers:
                heads = len(peer.heads)
                done, _ = fetch(servers, four.port, option)
                assert done.returncode == 0 and len(peer.heads) == heads + 1, done
                assert {kind for _, kind in servers.asked} == {asked}, servers.asked
        for option, peer in (("-4", four), ("-6", six)):
            with stores.case(f"names: {option} and localhost, by http, s3 cat, bench http and bench s3"):
                url = f"http://localhost:{four.port}"
                store = ("--endpoint", url, "--access-key", "a", "--secret-key", "s")
                for command in (("http", url), ("s3", "cat", "s3://b/k", *store), ("bench", "http", "--requests", "2", url),
                                ("bench", "s3", "--no-setup", "--mix", "get=1", "--size", "16", "--operations", "2",
                                 "--concurrency", "1", *store)):
                    heads = len(peer.heads)
                    done = run(*command, option)
                    assert done.returncode == 0 and len(peer.heads) > heads, done
        with stores.case("names: an address of the other family is refused by the options' names"):
            for option, host in (("-4", "[::1]"), ("-6", "127.0.0.1")):
                done = run("http", option, f"http://{host}:{four.port}/")
                assert done.returncode == 1 and b"--ipv4, --ipv6" in done.stderr, done
            done = run("http", "-4", "-6", "http://h.test/")
            assert done.returncode == 2 and b"--ipv4 and --ipv6 exclude each other" in done.stderr, done


def check_late():
    for what, script, address in (
            ("AAAA is there at once and nobody listens, A comes later", by_type((0.7, LOCAL[A]), LOCAL[AAAA]), "127.0.0.1"),
            ("A is there at once and nobody listens, AAAA comes later", by_type(LOCAL[A], (0.7, LOCAL[AAAA])), "::1"),
            ("AAAA is there at once, A is lost once and asked for again",
             lambda name, kind, number: LOCAL[kind] if kind == AAAA or number > 1 else None, "127.0.0.1")):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with stores.case(f"names: {what}: it joins the race"), Peer(family, (address, 0)) as peer, NameServer(script) as servers:
            done, report = fetch(servers, peer.port)
            assert done.returncode == 0 and len(peer.heads) == 1, done
            assert report["peer"]["address"] == address, report["peer"]
    with stores.case("names: a refusal by all that there is ends it when the other half has ended"), \
            NameServer(by_type(LOCAL[A], (0.5, 3))) as servers, socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and does not listen
        done, report = fetch(servers, bound.getsockname()[1])
        assert done.returncode == 1 and report["error"]["code"] == "ECONNREFUSED", done


def check_failures():
    for what, script, code in (
            ("nobody answers", by_type(None, None), "HR_ERR_RESOLVE_TIMEOUT"),
            ("A denies the name, AAAA is lost", by_type(3, None), "HR_ERR_NAME_UNRESOLVED"),
            ("both fail", by_type(2, 2), "HR_ERR_NAME_SERVERS"),
            ("A has no address, AAAA fails", by_type(b"", 2), "HR_ERR_NAME_SERVERS"),
            ("no address at all", by_type(b"", b""), "HR_ERR_NAME_UNRESOLVED")):
        with stores.case(f"names: {what}: {code}, told once, the time is that of the name"), NameServer(script) as servers:
            done, report = fetch(servers, 1, "--connect-timeout", "700ms")
            error = report["error"]
            assert done.returncode == 1 and error["code"] == code, error
            assert error["message"].count("not resolved") <= 1 and error["message"].count("h.test") == 1, error
            timings = report["timings"]
            assert timings["connect_ms"] < 5 and timings["resolve_ms"] > timings["total_ms"] - timings["queue_ms"] - 5, timings
            if code == "HR_ERR_RESOLVE_TIMEOUT":
                assert timings["resolve_ms"] >= 700, timings
    with stores.case("names: a proxy's name that is not there is the one that is told"), NameServer(by_type(3, 3)) as servers:
        done, report = fetch(servers, 1, "--proxy", "http://proxy.test:3128")
        assert "proxy.test" in report["error"]["message"], report["error"]


# ---- Proxies.

def check_no_proxy():
    unread = "<local>", ".", "*.*.corp.example", "http://x", "10.0.0.0/33", "fe80::1%", "a*b", ":8080", "'localhost'", "http://h:bad"
    with Peer() as proxy, Peer() as origin:
        url, through = f"http://127.0.0.1:{origin.port}/", f"http://127.0.0.1:{proxy.port}"
        for entry in (*unread, "192.168.*", "fe80::1%eth0"):
            with stores.case(f"NO_PROXY={entry}: no proxy is set, nothing is said"):
                assert got(run("http", url, NO_PROXY=entry)) == "", entry
            with stores.case(f"NO_PROXY={entry}: through the proxy, with one notice where it cannot be read"):
                told = got(run("http", url, http_proxy=through, NO_PROXY=f"a.test,{entry},{entry},b.test"))
                assert told.count("\n") == (1 if entry in unread else 0), told
                assert entry not in unread or (f"'{entry}' and 1 more" in told and "NO_PROXY" in told), told
                assert proxy.heads[-1].startswith(f"GET {url} "), proxy.heads[-1]
        for entry in ("*", "127.*", "127.0.*.*", "127.0.0.0/8", f"127.0.0.1:{origin.port}", " 127.0.0.1", ".x 127.0.0.1\t<local>",
                      "foo.test,,127.0.0.1,", "10.16.0.0/12,127.0.0.0/12", "a.test,*"):
            with stores.case(f"NO_PROXY={entry!r}: directly"):
                asked = len(proxy.heads)
                got(run("http", url, http_proxy=through, no_proxy=entry))
                assert len(proxy.heads) == asked, proxy.heads[-1]
        for entry in (",", "secure.test:443,", "27.0.0.1", "127.0.0.11", "localhos,127.0.0.1.test"):
            with stores.case(f"NO_PROXY={entry!r}: through the proxy"):
                asked = len(proxy.heads)
                got(run("http", url, http_proxy=through, no_proxy=entry))
                assert len(proxy.heads) == asked + 1, proxy.heads[-1]
        with stores.case("--no-proxy: an entry that cannot be read is passed over by the option's name"):
            told = got(run("http", "--proxy", through, "--no-proxy", "<local>,h.test", url))
            assert told.startswith("headrace: --no-proxy: passed over '<local>': "), told
        for command in (("s3", "cat", "s3://b/k"), ("bench", "s3", "--no-setup", "--mix", "get=1", "--size", "16", "--operations",
                                                    "3", "--concurrency", "1")):
            with stores.case(f"{' '.join(command[:2])}: the same notice, the same proxy"):
                here = ("--endpoint", url.rstrip("/"), "--access-key", "a", "--secret-key", "s")
                asked = len(proxy.heads)
                done = run(*command, *here, http_proxy=through, NO_PROXY="<local>,b.test")
                assert done.returncode == 0 and done.stderr.count(b"passed over '<local>'") == 1, done
                assert len(proxy.heads) > asked, done
        with stores.case("bench http: --proxy and --no-proxy"):
            done = run("bench", "http", "--requests", "3", "-c", "1", "--proxy", through, "--no-proxy", "<local>", url)
            assert done.returncode == 0 and done.stderr.count(b"passed over '<local>'") == 1, done


def check_variables():
    with Peer() as proxy, Peer() as origin:
        url, through = f"http://127.0.0.1:{origin.port}/", f"http://127.0.0.1:{proxy.port}"
        for name, variables, direct in (
                ("all_proxy=socks beside http_proxy", {"all_proxy": "socks://127.0.0.1:9", "http_proxy": through}, False),
                ("https_proxy=https:// for an http URL", {"https_proxy": "https://127.0.0.1:9"}, True),
                ("ALL_PROXY=socks5h and the host in no_proxy", {"ALL_PROXY": "socks5h://u:s3cret@x", "NO_PROXY": "127.*"}, True),
                ("HTTP_PROXY of a CGI", {"HTTP_PROXY": "http://127.0.0.1:9", "REQUEST_METHOD": "GET"}, True)):
            with stores.case(f"proxies: {name}"):
                asked = len(proxy.heads)
                assert got(run("http", url, **variables)) == ""
                assert (len(proxy.heads) == asked) == direct, proxy.heads
                done = run("s3", "cat", "s3://b/k", "--endpoint", url.rstrip("/"), "--access-key", "a", "--secret-key", "s",
                           **variables)
                assert got(done) == "" and (len(proxy.heads) == asked) == direct, done
        for variable, asks in (("http_proxy", url), ("https_proxy", "https://127.0.0.1:9/"), ("HTTPS_PROXY", "https://h.test/"),
                               ("all_proxy", url), ("ALL_PROXY", url)):
            for value in ("socks5://u:s3cret@127.0.0.1:9", "https://u:s3cret@127.0.0.1:9"):
                with stores.case(f"proxies: {variable}={value.split(':')[0]}://… is needed: refused by its name"):
                    done = run("http", "--json", asks, **{variable: value})
                    error = json.loads(done.stdout)["error"]
                    assert done.returncode != 0 and error["code"] == "EINVAL" and variable in error["message"], done
                    assert b"s3cret" not in done.stdout + done.stderr, done
        with stores.case("proxies: https_proxy=socks5 is needed by S3: refused by its name"):
            done = run("s3", "cat", "s3://b/k", "--endpoint", "https://127.0.0.1:9", "--access-key", "a", "--secret-key", "s",
                       https_proxy="socks5://127.0.0.1:9")
            assert done.returncode != 0 and b"https_proxy" in done.stderr, done
        with stores.case("proxies: --proxy '' is none"):
            dead = {name: "http://127.0.0.1:9" for name in ("http_proxy", "all_proxy")}
            assert got(run("http", "--proxy", "", url, **dead)) == ""
            done = run("s3", "cat", "s3://b/k", "--endpoint", url.rstrip("/"), "--access-key", "a", "--secret-key", "s", "--proxy",
                       "", **dead)
            assert got(done) == ""
            done = run("bench", "http", "--requests", "3", "--proxy", "", url)
            assert done.returncode == 0, done
        with stores.case("proxies: --proxy that cannot be one is refused by the option's name"):
            done = run("http", "--proxy", "socks5://u:s3cret@h", url)
            assert done.returncode == 2 and b"--proxy: only http://" in done.stderr and b"s3cret" not in done.stderr, done


def main():
    check_loopback_zone()
    check_link_local()
    check_halves()
    check_late()
    check_failures()
    check_no_proxy()
    check_variables()
    stores.finish()


if __name__ == "__main__":
    main()
