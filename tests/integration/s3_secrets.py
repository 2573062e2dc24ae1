#!/usr/bin/env python3
"""No user information of a URL in anything that the command prints: arguments, environment, Location, good and malformed."""
import os
import socket
import subprocess
import threading

HEADRACE = os.environ["HR_HEADRACE"]
SECRETS = ("s3cr3tuser", "s3cr3tpass")
USERINFO = (
    "s3cr3tuser:s3cr3tpass@",
    "s3cr3tuser:s3cr3tpass/x@",
    "s3cr3tuser:s3cr3tpass x@",
    "s3cr3tuser:s3cr3tpass?x@",
    "s3cr3tuser:s3cr3tpass#x@",
    "s3cr3tuser:s3cr3tpass%zz@",
    "s3cr3tuser:s3cr3tpass\\x@",
    "s3cr3tuser:s3cr3tpassé@",
    "s3cr3tuser:x@s3cr3tpass@",
    "s3cr3tuser@",
)


def redirecting(location):
    """A server whose every response leads there. Its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: " + location.encode() +
                                   b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1]


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def said(arguments, environment):
    variables = {name: value for name, value in os.environ.items()
                 if not name.lower().endswith("_proxy") and not name.startswith(("AWS_", "S3_"))}
    variables.update(environment)
    done = subprocess.run([HEADRACE] + arguments, env=variables, stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=60, check=False)
    return (done.stdout + done.stderr).decode(errors="replace")


def cases(userinfo):
    port = closed_port()
    there = f"127.0.0.1:{port}/"
    keys = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"}
    every = ("http://", "https://", "socks5://", "htp://", "http:/", "http:", "//", "")
    for scheme in every if userinfo == USERINFO[0] else ("http://",):
        url = scheme + userinfo + there
        yield ["http", url], {}
        yield ["http", "GET", url, "--json"], {}
        if scheme or ":" in userinfo:  # else it may be anything, a file called photo@2
            yield ["http", url, "GET"], {}
            yield ["http", "GET", url, url], {}
            yield [url], {}
            yield ["http", "--retry", url, "http://" + there], {}
            yield ["http", "--resolve", url, "http://" + there], {}
            yield ["s3", "cp", url, url], dict(keys, S3_ENDPOINT_URL="http://" + there)
            yield ["s3", "ls", url], dict(keys, S3_ENDPOINT_URL="http://" + there)
            yield ["serve", "s3", "--listen", url], {}
        if " " not in userinfo:  # a blank ends an entry
            yield ["http", "https://" + there], {"https_proxy": url, "no_proxy": url}
            yield ["http", "http://" + there], {"no_proxy": url, "http_proxy": "http://" + there}
        yield ["http", "--proxy", url, "http://" + there], {}
        yield ["http", "--proxy=" + url, "http://" + there, "--json"], {}
        yield ["http", "http://" + there], {"http_proxy": url}
        yield ["http", "http://" + there, "--json"], {"all_proxy": url}
        yield ["http", "https://" + there], {"https_proxy": url}
        yield ["http", "--nameserver", url, "http://x.test/"], {}
        yield ["bench", "http", url, "--requests", "1"], {}
        yield ["bench", "http", url, "--requests", "1", "--json", "-"], {}
        yield ["bench", "s3", "--endpoint", url, "--operations", "1"], keys
        yield ["s3", "ls", "s3://b/"], dict(keys, S3_ENDPOINT_URL=url)
        yield ["s3", "ls", "s3://b/"], dict(keys, AWS_ENDPOINT_URL=url, S3_ENDPOINT_URL="http://" + there)
        yield ["s3", "ls", "--endpoint", url, "s3://b/"], keys
        yield ["s3", "presign", "s3://b/k", "--endpoint", url], keys
        yield ["doctor"], {"S3_ENDPOINT_URL": url, "http_proxy": url, "https_proxy": url, "all_proxy": url}


def main():
    wrong = []
    for userinfo in USERINFO:
        for arguments, environment in cases(userinfo):
            text = said(arguments, environment)
            if any(secret in text for secret in SECRETS):
                wrong.append(f"{environment} {arguments}: {text.strip()}")
    print("fail: arguments and environment: " + " | ".join(wrong[:20]) if wrong else "ok: arguments and environment")
    wrong = []
    for userinfo in USERINFO:
        for location in (f"http://{userinfo}127.0.0.1:9/", f"//{userinfo}127.0.0.1:9/", f"/x?to=http://{userinfo}h/"):
            port = redirecting(location)
            for extra in ([], ["--json"], ["--retry", "1"]):
                text = said(["http", "--redirects", "2", f"http://127.0.0.1:{port}/"] + extra, {})
                # The response's own fields are its body to whoever asks for them by --json.
                if extra != ["--json"] and any(secret in text for secret in SECRETS):
                    wrong.append(f"{location}: {text.strip()}")
    print("fail: Location: " + " | ".join(wrong[:20]) if wrong else "ok: Location")


main()
