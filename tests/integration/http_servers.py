"""`headrace http` against servers that are not ours: what was asked and got, as a table. Each plain and over TLS, and
openssl s_server with odd settings."""
import hashlib
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
import stores  # noqa: E402
import webs  # noqa: E402

HELLO, PACKED = b"hello\n", b"hello\n" * 1000
UPLOAD = bytes(i * 7 % 251 for i in range(300000))
BIG = b"x" * (1 << 20)
table = {}


class Answer:
    """What the command told: its JSON, the body, the exit code."""

    def __init__(self, *arguments, data=None):
        with tempfile.TemporaryDirectory() as folder:
            output = os.path.join(folder, "body")
            done = subprocess.run([stores.HEADRACE, "http", "--json", "--output", output, *arguments], input=data,
                                  stdin=None if data is not None else subprocess.DEVNULL, capture_output=True,
                                  timeout=120, check=False)
            self.exit, self.stderr = done.returncode, done.stderr.decode()
            self.json = json.loads(done.stdout) if done.stdout.strip() else {}
            self.body = open(output, "rb").read() if os.path.exists(output) else b""
        self.status = self.json.get("status")
        self.error = (self.json.get("error") or {}).get("code")

    def told(self):
        """In few words, for the table."""
        if self.error:
            return self.error
        return f"{self.status}, {len(self.body)} bytes" if self.body else str(self.status)


def note(server, row, text):
    table.setdefault(row, {})[server] = text


def expect(server, row, answer, *, status=None, body=None, error=None):
    note(server, row, answer.told())
    name = f"{server}: {row}".replace(": ", ", ")
    if error:
        stores.check(name, answer.error == error and answer.exit == 1, f"{answer.told()}, exit {answer.exit}: {answer.stderr}")
        return
    same = body is None or hashlib.sha256(body).digest() == hashlib.sha256(answer.body).digest()
    stores.check(name, answer.status == status and same and not answer.error,
                 f"{answer.told()}, not {status} with {len(body or b'')} bytes: {answer.stderr}")


def check_methods(server, base, trust):
    ask = lambda *arguments, data=None: Answer(*trust, *arguments, data=data)  # noqa: E731
    expect(server, "GET with a length", ask(f"{base}/small"), status=200, body=HELLO)
    expect(server, "HEAD", ask("HEAD", f"{base}/small"), status=200, body=b"")
    expect(server, "GET of 1 MiB, chunked where the server does", ask(f"{base}/big"), status=200, body=BIG)
    expect(server, "GET of nothing", ask(f"{base}/nope"), status=404)
    expect(server, "a server that closes", ask(f"{base}/close"), status=200, body=HELLO)
    expect(server, "a redirect, not followed", ask(f"{base}/redirect"), status=302)
    followed = ask("--redirects", "3", f"{base}/redirect")
    expect(server, "a redirect, followed", followed, status=200, body=HELLO)
    expect(server, "gzip, decoded", ask("--decode", f"{base}/gzip"), status=200, body=PACKED)
    expect(server, "gzip, not asked for", ask(f"{base}/gzip"), status=200, body=PACKED)
    expect(server, "POST", ask("POST", "--body", "abc", f"{base}/echo"), status=200, body=b"abc")
    expect(server, "POST, chunked", ask("POST", "--body-file", "-", f"{base}/echo", data=UPLOAD), status=200, body=UPLOAD)
    with tempfile.NamedTemporaryFile() as file:
        file.write(UPLOAD)
        file.flush()
        method = "POST" if server.startswith("nginx") else "PUT"
        expect(server, "PUT of a file", ask(method, "--body-file", file.name, f"{base}/echo"), status=200, body=UPLOAD)


def check_reuse(server, base, trust):
    """Fifty requests over two connections."""
    done = subprocess.run([stores.HEADRACE, "bench", "http", "--json", "-", "--requests", "50", "--concurrency", "2", *trust,
                           f"{base}/small"], capture_output=True, timeout=120, check=False)
    told = json.loads(done.stdout) if done.stdout.strip() else {}
    note(server, "50 requests", f"{told.get('operations', {}).get('succeeded')} of 50, {told.get('connections_peak')} connections")
    stores.check(f"{server}, 50 requests over 2 connections", done.returncode == 0 and told.get("success_rate") == 1 and
                 told.get("connections_peak") <= 2, f"exit {done.returncode}: {done.stderr.decode()[-300:]}")


def check_trust(server, port, pki):
    base = f"https://localhost:{port}/small"
    wrong = ("--ca-file", pki.ca, "--resolve", f"other.test:{port}:127.0.0.1", f"https://other.test:{port}/small")
    expect(server, "an unknown CA", Answer(base), error="HR_ERR_TLS_CERTIFICATE")
    expect(server, "another name", Answer(*wrong), error="HR_ERR_TLS_CERTIFICATE")
    expect(server, "another name, --insecure", Answer("--insecure", *wrong[2:]), status=200)
    expect(server, "by address", Answer("--ca-file", pki.ca, f"https://127.0.0.1:{port}/small"), status=200)
    answer = Answer("--ca-file", pki.ca, "--tls-min", "1.3", base)
    expect(server, "TLS 1.3", answer, status=200)
    stores.check(f"{server}, says TLS 1.3", (answer.json.get("tls") or {}).get("version") == "TLSv1.3", answer.json.get("tls"))


def check_servers(folder, pki):
    for name, start in webs.SERVERS.items():
        why = webs.missing(name)
        if why:
            stores.skip(name, why)
            continue
        for tls in (False, True):
            server = f"{name}, TLS" if tls else name
            with stores.case(f"{server}, started and gone over"), start(folder, pki if tls else None) as port:
                base = f"{'https' if tls else 'http'}://localhost:{port}"
                trust = ("--ca-file", pki.ca) if tls else ()
                check_methods(server, base, trust)
                check_reuse(server, base, trust)
                if tls:
                    check_trust(server, port, pki)


# Settings of s_server, further arguments of ours, the error that must come (None: 200).
ODD = [
    ("TLS 1.2 only", ["-tls1_2"], [], None),
    ("TLS 1.3 only", ["-tls1_3"], [], None),
    ("TLS 1.2, asked for 1.3", ["-tls1_2"], ["--tls-min", "1.3"], "HR_ERR_TLS_HANDSHAKE"),
    ("TLS 1.1 only", ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], [], "HR_ERR_TLS_HANDSHAKE"),
    ("no tickets", ["-no_ticket"], [], None),
    ("ChaCha20", ["-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"], [], None),
    ("CBC in TLS 1.2", ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256"], [], None),
    ("P-521 only, a second hello", ["-groups", "P-521"], [], None),
    ("records of 512 bytes", ["-max_send_frag", "512"], [], None),
    ("padded records", ["-tls1_3", "-record_padding", "1024"], [], None),
    ("a middlebox's disguise off", ["-tls1_3", "-no_middlebox"], [], None),
    ("a client certificate, not given", ["-Verify", "1"], [], "HR_ERR_TLS_PROTOCOL"),  # 1.3 tells it behind the handshake
    ("a client certificate, given", ["-Verify", "1"], ["CLIENT"], None),
]


def check_odd(folder, pki):
    for row, settings, ours, error in ODD:
        server = "openssl s_server"
        settings = settings + (["-CAfile", pki.ca, "-verify_return_error"] if "-Verify" in settings else [])
        if ours == ["CLIENT"]:
            ours = ["--cert", pki.client_certificate, "--key", pki.client_key]
        with stores.case(f"{server}, {row}, started"), webs.s_server(folder, pki, *settings) as port:
            answer = Answer("--ca-file", pki.ca, *ours, f"https://localhost:{port}/small")
            if error:
                expect(server, row, answer, error=error)
            else:
                expect(server, row, answer, status=200, body=HELLO)


def print_table():
    servers = list(dict.fromkeys(server for row in table.values() for server in row))
    for group in ([s for s in servers if "," not in s and "openssl" not in s], [s for s in servers if "TLS" in s],
                  ["openssl s_server"]):
        print("\n| asked | " + " | ".join(group) + " |")
        print("|---" * (len(group) + 1) + "|")
        for row, got in table.items():
            if any(server in got for server in group):
                print(f"| {row} | " + " | ".join(got.get(server, "") for server in group) + " |")


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        pki = webs.Pki(folder)
        check_servers(folder, pki)
        check_odd(folder, pki)
    print_table()
    stores.finish()


main()
