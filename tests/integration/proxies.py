"""`headrace http` through squid and tinyproxy: what was asked and got, as a table."""
import json
import os
import subprocess
import sys
import tempfile
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
import forwards  # noqa: E402
import stores  # noqa: E402
import webs  # noqa: E402

HELLO = b"hello\n"
UPLOAD = bytes(i * 7 % 251 for i in range(300000))
VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
CLEAN = {name: value for name, value in os.environ.items() if name.lower() not in VARIABLES}
table = {}


class Answer:
    """What the command told: its JSON, the body, the exit code."""

    def __init__(self, *arguments, data=None, environment=()):
        with tempfile.TemporaryDirectory() as folder:
            output = os.path.join(folder, "body")
            done = subprocess.run([stores.HEADRACE, "http", "--json", "--retry", "0", "--output",
                                   output, *arguments], input=data,
                                  stdin=None if data is not None else subprocess.DEVNULL, capture_output=True, timeout=120,
                                  check=False, env={**CLEAN, **dict(environment)})
            self.exit, self.stderr = done.returncode, done.stderr.decode()
            self.printed = done.stdout.decode() + self.stderr
            self.json = json.loads(done.stdout) if done.stdout.strip() else {}
            self.body = open(output, "rb").read() if os.path.exists(output) else b""
        self.status = self.json.get("status")
        self.error = (self.json.get("error") or {}).get("code")
        self.port = (self.json.get("peer") or {}).get("port")

    def told(self, proxy):
        if self.error:
            return self.error
        return f"{self.status}, {'through it' if self.port == proxy else 'directly'}"


class Rows:
    """The rows of one proxy."""

    def __init__(self, name, port):
        self.name, self.port = name, port

    def expect(self, row, answer, *, status=None, body=None, error=None, says="", through=True):
        table.setdefault(row, {})[self.name] = answer.told(self.port)
        name = f"{self.name}, {row}"
        secret = forwards.PASSWORDS[self.name]
        stores.check(f"{name}, no password printed",
                     secret not in answer.printed and urllib.parse.quote(secret, safe="") not in answer.printed)
        if error:
            good = answer.error == error and answer.exit == 1 and says in answer.printed
        else:
            good = answer.status == status and not answer.error and (answer.port == self.port) == through
            good = good and (body is None or answer.body == body)
        stores.check(name, good, f"{answer.told(self.port)}, exit {answer.exit}, peer {answer.port}: {answer.printed[-400:]}")


def proxy_url(port, user=None, password=""):
    who = f"{user}:{urllib.parse.quote(password, safe='')}@" if user else ""
    return f"http://{who}127.0.0.1:{port}"


def check_open(rows, plain, secure, trust):
    ask = lambda *arguments, **more: Answer("--proxy", proxy_url(rows.port), *arguments, **more)  # noqa: E731
    rows.expect("http: GET", ask(f"{plain}/small"), status=200, body=HELLO)
    rows.expect("http: GET of 1 MiB, chunked", ask(f"{plain}/big"), status=200, body=b"x" * (1 << 20))
    rows.expect("http: HEAD", ask("HEAD", f"{plain}/small"), status=200, body=b"")
    rows.expect("http: POST of 300 kB", ask("POST", "--body-file", "-", f"{plain}/echo", data=UPLOAD), status=200, body=UPLOAD)
    rows.expect("http: a redirect, followed", ask("--redirects", "2", f"{plain}/redirect"), status=200, body=HELLO)
    rows.expect("https: GET", ask(*trust, f"{secure}/small"), status=200, body=HELLO)
    rows.expect("https: GET of 1 MiB, chunked", ask(*trust, f"{secure}/big"), status=200, body=b"x" * (1 << 20))
    rows.expect("https: POST of 300 kB", ask("POST", *trust, "--body-file", "-", f"{secure}/echo", data=UPLOAD), status=200,
                body=UPLOAD)
    rows.expect("https: an unknown CA, behind the tunnel", ask(f"{secure}/small"), error="HR_ERR_TLS_CERTIFICATE")


def check_refusing(rows, closed):
    ask = lambda *arguments: Answer("--proxy", proxy_url(rows.port), *arguments)  # noqa: E731
    rows.expect("http: a host that is not allowed", ask("http://elsewhere.test/"), status=403)
    rows.expect("https: a host that is not allowed", ask("https://elsewhere.test/"), error="HR_ERR_PROXY_REFUSED", says="403")
    rows.expect("https: a port that is not allowed", ask("https://localhost:25/"), error="HR_ERR_PROXY_REFUSED", says="403")
    gone = ask(f"https://localhost:{closed}/")
    rows.expect("https: nobody listens there", gone, error="HR_ERR_PROXY_REFUSED", says="50")


def check_users(rows, plain, secure, trust):
    right = proxy_url(rows.port, forwards.USER, forwards.PASSWORDS[rows.name])
    for scheme, base, more in (("http", plain, ()), ("https", secure, trust)):
        ask = lambda proxy, base=base, more=more: Answer("--proxy", proxy, *more, f"{base}/small")  # noqa: E731
        rows.expect(f"{scheme}: the right password", ask(right), status=200, body=HELLO)
        wrong, none = ask(proxy_url(rows.port, forwards.USER, "no")), ask(proxy_url(rows.port))
        # Plain, the proxy's answer is an answer; in front of a tunnel it is an error.
        refused = {"status": 407} if scheme == "http" else {"error": "HR_ERR_PROXY_AUTH", "says": "407"}
        if rows.name == "tinyproxy":  # it says 401 to a wrong user
            refused_wrong = {"status": 401} if scheme == "http" else {"error": "HR_ERR_PROXY_REFUSED", "says": "401"}
        else:
            refused_wrong = refused
        rows.expect(f"{scheme}: a wrong password", wrong, **refused_wrong)
        rows.expect(f"{scheme}: no password", none, **refused)


def check_environment(rows, plain, secure, trust):
    here = proxy_url(rows.port)
    dead = proxy_url(webs.free_port())
    ask = lambda url, **variables: Answer(*trust, f"{url}/small", environment=variables)  # noqa: E731
    rows.expect("http_proxy, http", ask(plain, http_proxy=here), status=200, body=HELLO)
    rows.expect("http_proxy, https", ask(secure, http_proxy=dead), status=200, body=HELLO, through=False)
    rows.expect("HTTPS_PROXY, https", ask(secure, HTTPS_PROXY=here), status=200, body=HELLO)
    rows.expect("ALL_PROXY, https", ask(secure, ALL_PROXY=here), status=200, body=HELLO)
    rows.expect("HTTP_PROXY, which is ignored", ask(plain, HTTP_PROXY=dead), status=200, body=HELLO, through=False)
    rows.expect("NO_PROXY with the host", ask(plain, all_proxy=dead, NO_PROXY="x.test,localhost"), status=200, body=HELLO,
                through=False)
    rows.expect("NO_PROXY with another host", ask(secure, all_proxy=here, NO_PROXY="x.test,10.0.0.0/8"), status=200, body=HELLO)
    direct = Answer("--proxy", dead, "--no-proxy", "localhost", f"{plain}/small")
    rows.expect("--no-proxy with the host", direct, status=200, body=HELLO, through=False)
    for scheme, base in (("http", plain), ("https", secure)):
        rows.expect(f"{scheme}: the proxy is not there", Answer("--proxy", dead, *trust, f"{base}/small"), error="ECONNREFUSED",
                    says="the proxy 127.0.0.1:")


def check_proxies(folder, origins, trust):
    plain, secure = (f"{scheme}://localhost:{port}" for scheme, port in origins.items())
    closed = webs.free_port()
    ports = (*origins.values(), closed)
    for name, start in forwards.PROXIES.items():
        why = forwards.missing(name)
        if why:
            stores.skip(name, why)
            continue
        with stores.case(f"{name}, started and gone over"), start(folder, ports, users=False) as port:
            rows = Rows(name, port)
            check_open(rows, plain, secure, trust)
            check_refusing(rows, closed)
            check_environment(rows, plain, secure, trust)
        with stores.case(f"{name} with users, started and gone over"), start(folder, ports, users=True) as port:
            check_users(Rows(name, port), plain, secure, trust)


def print_table():
    names = list(dict.fromkeys(name for row in table.values() for name in row))
    print("\n| asked | " + " | ".join(names) + " |")
    print("|---" * (len(names) + 1) + "|")
    for row, got in table.items():
        print(f"| {row} | " + " | ".join(got.get(name, "") for name in names) + " |")


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        pki = webs.Pki(folder)
        with webs.http_server(folder, None) as plain, webs.http_server(folder, pki) as secure:
            check_proxies(folder, {"http": plain, "https": secure}, ("--ca-file", pki.ca))
    print_table()
    stores.finish()


main()
