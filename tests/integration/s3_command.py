"""headrace s3 against stores, and against servers that are none: what it believes, refuses, guesses and says."""
import base64
import contextlib
import json
import mimetypes
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
import stores  # noqa: E402

KEYS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}


def environment(**more):
    """Nothing of the machine's own settings for AWS."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "S3_", "XDG_"))}
    return {**kept, **KEYS, **{key: value for key, value in more.items() if value is not None}}


def run(*arguments, data=None, **more):
    return subprocess.run([stores.HEADRACE, *arguments], input=data, capture_output=True, check=False, timeout=120,
                          env=environment(**more))


def answer(status, fields, body=b""):
    head = f"HTTP/1.1 {status}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields)
    return head.encode() + f"Content-Length: {len(body)}\r\n\r\n".encode() + body


@contextlib.contextmanager
def peer(reply):
    """A raw server that gives one answer, or what reply(method, target) says, and closes nothing."""
    listener = socket.create_server(("127.0.0.1", 0))
    heads, over = [], threading.Event()

    def serve(connection):
        with contextlib.suppress(ConnectionError), connection, connection.makefile("rb") as stream:
            while True:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    line = stream.readline()
                    if not line:
                        return
                    head += line
                heads.append(head)
                fields = dict(line.split(b": ", 1) for line in head.lower().splitlines()[1:] if b": " in line)
                if fields.get(b"expect"):
                    connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                stream.read(int(fields.get(b"content-length", 0)))
                method, target = head.split(b" ")[:2]
                told = reply(method.decode(), target.decode()) if callable(reply) else reply
                if method == b"HEAD":
                    told = told[:told.index(b"\r\n\r\n") + 4]
                connection.sendall(told)

    def accept():
        while not over.is_set():
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                threading.Thread(target=serve, args=(connection,), daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", heads
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def check_web_pages(folder):
    path = os.path.join(folder, "up.txt")
    with open(path, "w", encoding="ascii") as file:
        file.write("up")
    down = os.path.join(folder, "down.txt")
    commands = [("mb", "s3://b"), ("rb", "s3://b"), ("rm", "s3://b/k"), ("stat", "s3://b/k"), ("ls", "s3://b/"), ("ls",),
                ("cp", path, "s3://b/k"), ("cp", "s3://b/k", down), ("cat", "s3://b/k")]
    html = [("Content-Type", "text/html; charset=utf-8")]
    pages = {"a login page": answer("200 OK", html, b"<!doctype html><title>Log in</title><p>unclosed"),
             "a large page": answer("200 OK", html, b"<html>" + b"x" * 200000),
             "a page without a type": answer("200 OK", [], b"<html><body>hello</body></html>"),
             "JSON": answer("200 OK", [("Content-Type", "application/json")], b'{"ok": true}'),
             "an empty 200": answer("200 OK", [])}
    for name, page in pages.items():
        with peer(page) as (endpoint, heads):
            for verb, *arguments in commands:
                if verb in ("cat", "cp") and arguments[0].startswith("s3") and name not in ("a login page", "a large page"):
                    continue  # any body is an object, when nothing says otherwise
                with stores.case(f"{name}, s3 {verb} {len(arguments)} is no success".replace(": ", ":")):
                    del heads[:]
                    done = run("s3", verb, "--json", *arguments, S3_ENDPOINT_URL=endpoint) if verb != "cat" else \
                        run("s3", verb, *arguments, S3_ENDPOINT_URL=endpoint)
                    assert done.returncode == 1, done
                    assert b"HR_ERR_S3_RESPONSE" in done.stderr, done.stderr
                    assert len(heads) == 1, heads  # nor is it asked again
                    assert not os.path.exists(down)
    for status in ("404 Not Found", "403 Forbidden"):
        with stores.case(f"a web server's {status[:3]} is not called S3's"), \
                peer(answer(status, html, b"<html>no</html>")) as (endpoint, _):
            done = run("s3", "ls", "s3://b", S3_ENDPOINT_URL=endpoint)
            assert done.returncode == 1 and b"a web page" in done.stderr and b"no such bucket" not in done.stderr, done


def check_wildcards(store):
    for line in ("rm s3://words/*", "rm s3://words/a?b", "rm s3://words/a[0-9]", "rb s3://w*", "cp s3://words/* .",
                 "cat s3://words/a*", "stat s3://words/*.txt", "ls s3://words/*", "presign s3://words/*",
                 "cp /dev/null s3://words/*"):
        with stores.case(f"a wildcard is refused, s3 {line}".replace(": ", ":")):
            done = store.headrace("s3", *line.split())
            assert done.returncode == 2 and b"wildcard" in done.stderr and b"--literal" in done.stderr, done
    for key in ("a*b", "a?b", "a[0-9]", "*", "[", "a]b[c"):
        with stores.case(f"a key like a wildcard is reached with --literal, {key}"):
            uri = f"s3://words/{key}"
            assert store.headrace("s3", "cp", "--literal", "-", uri, data=b"x").returncode == 0
            assert store.headrace("s3", "cat", "--literal", uri).stdout == b"x"
            found = json.loads(store.headrace("s3", "ls", "--json", "--literal", "--recursive", uri).stdout)
            assert [entry["key"] for entry in found["entries"]] == [key], found
            assert store.headrace("s3", "rm", "--literal", uri).returncode == 0
            assert store.headrace("s3", "stat", "--literal", uri).returncode == 1
    with stores.case("? and [x] are bytes of a key where a missing one is told"):
        assert store.headrace("s3", "cp", "-", "s3://words/q?a=[1]", data=b"x").returncode == 0
        assert store.headrace("s3", "cat", "s3://words/q?a=[1]").stdout == b"x"
        assert store.headrace("s3", "rm", "s3://words/[").returncode == 0


def check_listing(store):
    with stores.case("ls of a missing bucket exits 1 with a sentence"):
        done = store.headrace("s3", "ls", "s3://not-there")
        assert done.returncode == 1 and b"NoSuchBucket" in done.stderr, done
    for arguments in ((), ("--recursive",)):
        with stores.case(f"ls of a missing prefix exits 1 with a sentence {len(arguments)}"):
            done = store.headrace("s3", "ls", *arguments, "s3://words/nothing/here")
            assert done.returncode == 1 and b"nothing/here" in done.stderr and not done.stdout, done
            done = store.headrace("s3", "ls", "--json", *arguments, "s3://words/nothing/here")
            found = json.loads(done.stdout)
            assert done.returncode == 1 and found["error"]["code"] == "ENOENT" and found["count"] == 0, done
    with stores.case("ls of an empty bucket exits 0"):
        assert store.headrace("s3", "mb", "s3://empty-one").returncode == 0
        for uri in ("s3://empty-one", "s3://empty-one/"):
            done = store.headrace("s3", "ls", uri)
            assert done.returncode == 0 and not done.stdout and not done.stderr, done


def check_stat():
    fields = [("ETag", '"e"'), ("Last-Modified", "Sunday, 06-Nov-94 08:49:37 GMT"), ("x-amz-meta-a", "1"),
              ("X-Amz-Meta-A", "2"), ("x-amz-meta-b", "3"), ("x-amz-meta-a", "4"), ("x-amz-meta-" + "n" * 300, "5"),
              ("x-amz-meta-" + "n" * 301, "6"), ("Content-Type", "text/x-" + "t" * 400),
              ("x-amz-version-id", "v" * 1024)]
    with stores.case("stat --json has each name once and no text cut"), peer(answer("200 OK", fields)) as (endpoint, _):
        done = run("s3", "stat", "--json", "s3://b/k", S3_ENDPOINT_URL=endpoint)
        names = []
        found = json.loads(done.stdout, object_pairs_hook=lambda pairs: (names.append([name for name, _ in pairs]),
                                                                         dict(pairs))[1])
        assert all(len(each) == len(set(each)) for each in names), names
        assert found["metadata"] == {"a": "1, 2, 4", "b": "3", "n" * 300: "5", "n" * 301: "6"}, found
        assert found["content_type"] == "text/x-" + "t" * 400 and found["version_id"] == "v" * 1024, found
        assert found["last_modified"] == "1994-11-06T08:49:37.000Z" and found["etag"] == "e", found


def check_dates():
    forms = ["2026-01-02T03:04:05+02:00", "2026-01-02T03:04:05.678+0200", "2026-01-02T01:04:05.5Z",
             "Fri, 02 Jan 2026 01:04:05 GMT", "Friday, 02-Jan-26 01:04:05 GMT", "Fri Jan  2 01:04:05 2026"]
    entries = "".join(f"<Contents><Key>k{number}</Key><LastModified>{text}</LastModified><Size>1</Size></Contents>"
                      for number, text in enumerate(forms))
    body = f"<ListBucketResult>{entries}</ListBucketResult>".encode()
    with stores.case("dates of a listing in every form"), peer(answer("200 OK", [], body)) as (endpoint, _):
        found = json.loads(run("s3", "ls", "--json", "s3://b", S3_ENDPOINT_URL=endpoint).stdout)
        assert {entry["last_modified"] for entry in found["entries"]} == {"2026-01-02T01:04:05.000Z"}, found


def check_sparse():
    body = (b"<ListBucketResult><CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes><Contents><Key>k</Key></Contents>"
            b"</ListBucketResult>")
    with stores.case("a listing with keys and nothing else"), peer(answer("200 OK", [], body)) as (endpoint, _):
        found = json.loads(run("s3", "ls", "--json", "s3://b", S3_ENDPOINT_URL=endpoint).stdout)
        assert found["count"] == 2 and found["entries"][1]["etag"] == "" and not found["entries"][1]["last_modified"], found
    body = (b"<ListBucketResult><CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes><IsTruncated>true</IsTruncated>"
            b"<NextMarker>p/</NextMarker></ListBucketResult>")
    with stores.case("a listing of version 1, which has no token"), peer(answer("200 OK", [], body)) as (endpoint, _):
        done = run("s3", "ls", "s3://b", S3_ENDPOINT_URL=endpoint)
        assert done.returncode == 1 and b"no continuation token" in done.stderr, done
    keys = b"".join(b"<Contents><Key>" + str(number).encode() * 900 + b"</Key></Contents>\n        " for number in range(9))
    body = b"<ListBucketResult>\n        " + keys + b"</ListBucketResult>"
    with stores.case("a listing with long keys, laid out"), peer(answer("200 OK", [], body)) as (endpoint, _):
        found = json.loads(run("s3", "ls", "--json", "s3://b", S3_ENDPOINT_URL=endpoint).stdout)
        assert found["count"] == 9 and len(found["entries"][8]["key"]) == 900, found["count"]


def check_endless():
    def pages(make):
        count = [0]

        def reply(_method, _target):
            count[0] += 1
            entries, token = make(count[0])
            return answer("200 OK", [], (f"<ListBucketResult>{entries}<IsTruncated>true</IsTruncated>"
                                         f"<NextContinuationToken>{token}</NextContinuationToken>"
                                         "</ListBucketResult>").encode())
        return reply

    def entry(name):
        return f"<Contents><Key>{name}</Key><Size>1</Size></Contents>"
    cases = {"two tokens that alternate": lambda n: (entry(n % 2), f"t{n % 2}"),
             "seven tokens behind a tail of five": lambda n: (entry(n), f"t{n if n < 5 else n % 7}"),
             "empty pages with new tokens": lambda n: ("", f"t{n}"),
             "the same page with new tokens": lambda n: (entry("k"), f"t{n}"),
             "three pages with new tokens": lambda n: (entry(n % 3), f"t{n}")}
    for name, make in cases.items():
        with stores.case(f"ls ends, {name}"), peer(pages(make)) as (endpoint, heads):
            done = run("s3", "ls", "--json", "--recursive", "s3://b", S3_ENDPOINT_URL=endpoint)
            found = json.loads(done.stdout)
            assert done.returncode == 1 and not found["complete"], done
            assert found["error"]["code"] == "HR_ERR_S3_RESPONSE" and len(heads) <= 1001, (len(heads), found["error"])


def check_hints():
    for line, wanted in (("mv a b", "s3 sync"), ("put a b", "s3 cp"), ("get a b", "s3 cp"),
                         ("del s3://b/k", "s3 rm"), ("list", "s3 ls"), ("la", "s3 ls"), ("info s3://b/k", "s3 stat"),
                         ("size s3://b", "s3 du"), ("mirror a s3://b", "s3 sync"), ("mkdir s3://b", "s3 mb"), ("signurl s3://b/k", "s3 presign"),
                         ("lss", "s3 ls"), ("ls --versions", "s3 versions"), ("get-object-tagging", "s3 tag"), ("s3api", "s3 api"), ("--profile x ls", "before the verb"), ("ls --profile x", "--profile \"x\": no such profile"), ("ls --default-profile x", "--profile"), 
                         ("ls --ca-bundle x", "--ca-file"), ("ls --no-verify-ssl", "--insecure"),
                         ("cp -P a s3://b", "--acl public-read"), ("ls --exclude x s3://b", "patterns"), ("cp --delete a s3://b", "s3 sync"),
                         ("ls --human-readable", "--json"), ("ls --output json", "--json"), ("mb --force s3://b", "s3 rb"),
                         ("ls --storage-class X s3://b", "an upload"), ("presign --version-id x s3://b/k", "one object"),
                         ("ls --request-payer", "s3 versions"), ("mb --sse-c file:x s3://b", "one object"), ("ls -r s3://b", "--recursive"),
                         ("rm --dryrun s3://b/k", "needs --recursive"),
                         ("rb --recursive s3://b", "s3 ls, cp and rm"), ("ls --access_key x", "--access-key")):
        with stores.case(f"hint, s3 {line}".replace(": ", ":")):
            done = run("s3", *line.split())
            assert done.returncode == 2 and wanted.encode() in done.stderr, done.stderr
            assert b"'s3 mb'" not in done.stderr or "mkdir" in line, done.stderr
    for word in ("mx", "xy", "frobnicate"):
        with stores.case(f"no hint, s3 {word}"):
            done = run("s3", word)
            assert done.returncode == 2 and b"did you mean" not in done.stderr and word.encode() in done.stderr, done


def check_profile(store, keys):
    with tempfile.TemporaryDirectory() as folder, stores.case("profile, --profile gives endpoint and style, and an empty one none"):
        config = os.path.join(folder, "config")
        with open(config, "w", encoding="utf-8") as file:
            # Keys of variables are not looked at where a profile is asked for.
            file.write(f"[profile fast]\nretry_mode = fast\n[profile here]\nendpoint_url = {store.endpoint}\n"
                       f"aws_access_key_id = {stores.ACCESS_KEY}\naws_secret_access_key = {stores.SECRET_KEY}\n"
                       "s3 =\n  addressing_style = path\n")
        keys = dict(keys, AWS_CONFIG_FILE=config, AWS_SHARED_CREDENTIALS_FILE="/dev/null")
        for words, more in ((("--profile", "here"), {}), ((), {"AWS_PROFILE": "here"}), ((), {"AWS_DEFAULT_PROFILE": "here", "AWS_PROFILE": "no"}),
                            (("--profile", "here"), {"AWS_PROFILE": "no"})):
            done = run("s3", "ls", *words, **keys, **more)
            assert done.returncode == 0, done
        done = run("s3", "ls", "--profile", "fast", S3_ENDPOINT_URL=store.endpoint, **keys)
        assert done.returncode == 2 and f"{config}:2 \"fast\" is none of".encode() in done.stderr, done
        done = run("s3", "ls", "--profile", "", S3_ENDPOINT_URL=store.endpoint, **dict(keys, AWS_CONFIG_FILE=folder))
        assert done.returncode == 0, done
        done = run("s3", "ls", S3_ENDPOINT_URL=store.endpoint, **dict(keys, AWS_CONFIG_FILE=folder))
        assert done.returncode == 2 and b"is a folder" in done.stderr, done


def check_environment(store):
    keys = {"AWS_ACCESS_KEY_ID": stores.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": stores.SECRET_KEY}
    wrong = "http://127.0.0.1:1"
    good = [{"AWS_ENDPOINT_URL": store.endpoint}, {"AWS_ENDPOINT_URL": wrong, "AWS_ENDPOINT_URL_S3": store.endpoint},
            {"AWS_ENDPOINT_URL_S3": wrong, "S3_ENDPOINT_URL": store.endpoint},
            {"AWS_ENDPOINT_URL": wrong, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true", "S3_ENDPOINT_URL": store.endpoint},
            {"S3_ENDPOINT_URL": store.endpoint, "AWS_PROFILE": "prod", "AWS_CA_BUNDLE": "/nowhere"}]
    for more in good:
        with stores.case(f"environment, {' '.join(more)}"):
            done = run("s3", "ls", **keys, **more)
            assert done.returncode == 0, done
    with stores.case("environment, AWS_PROFILE is refused by name"):
        for name in ("prod", "default"):
            done = run("s3", "ls", S3_ENDPOINT_URL=store.endpoint, AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="",
                       AWS_PROFILE=name)
            assert done.returncode == 2 and b"AWS_PROFILE" in done.stderr, done
        done = run("s3", "ls", "--access-key", stores.ACCESS_KEY, "--secret-key", stores.SECRET_KEY, AWS_PROFILE="x",
                   S3_ENDPOINT_URL=store.endpoint, AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
        assert done.returncode == 0, done
    check_profile(store, keys)
    with stores.case("environment, a malformed region is named"):
        done = run("s3", "ls", S3_ENDPOINT_URL=store.endpoint, AWS_DEFAULT_REGION="eu west")
        assert done.returncode == 2 and b"AWS_DEFAULT_REGION" in done.stderr, done
        done = run("s3", "ls", "--region", "us-east-1", S3_ENDPOINT_URL=store.endpoint, AWS_DEFAULT_REGION="eu west", **keys)
        assert done.returncode == 0, done
    with stores.case("environment, the region stands in the signature"), peer(answer("403 Forbidden", [])) as (url, heads):
        for more, region in (({"AWS_DEFAULT_REGION": "eu-west-3"}, b"eu-west-3"), ({}, b"us-east-1"),
                             ({"AWS_DEFAULT_REGION": "eu-west-3", "AWS_REGION": "eu-west-4"}, b"eu-west-4")):
            run("s3", "ls", S3_ENDPOINT_URL=url, **more)
            assert b"/" + region + b"/s3/aws4_request" in heads[-1], heads[-1]


def check_trust(folder):
    certificate, key = os.path.join(folder, "c.pem"), os.path.join(folder, "k.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days",
                    "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    keys = {"AWS_ACCESS_KEY_ID": stores.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": stores.SECRET_KEY}
    with stores.embedded("--tls-cert", certificate, "--tls-key", key) as store:
        with stores.case("AWS_CA_BUNDLE is trusted over https"):
            done = run("s3", "ls", S3_ENDPOINT_URL=store.endpoint, AWS_CA_BUNDLE=certificate, **keys)
            assert done.returncode == 0, done
            done = run("s3", "ls", S3_ENDPOINT_URL=store.endpoint, **keys)
            assert done.returncode == 1 and b"HR_ERR_TLS_CERTIFICATE" in done.stderr, done
        with stores.case("AWS_CA_BUNDLE that cannot be read is named, and --insecure needs none"):
            done = run("s3", "ls", S3_ENDPOINT_URL=store.endpoint, AWS_CA_BUNDLE="/nowhere", **keys)
            assert done.returncode == 2 and b"AWS_CA_BUNDLE" in done.stderr, done
            done = run("s3", "ls", "--insecure", S3_ENDPOINT_URL=store.endpoint, AWS_CA_BUNDLE="/nowhere", **keys)
            assert done.returncode == 0, done
        with stores.case("http to a port of https has a hint"):
            done = run("s3", "ls", S3_ENDPOINT_URL=store.endpoint.replace("https", "http"), **keys)
            assert done.returncode == 1 and b"https://" in done.stderr, done
    with stores.embedded() as store, stores.case("https to a port of http has a hint"):
        done = run("s3", "ls", S3_ENDPOINT_URL=store.endpoint.replace("http", "https"), **keys)
        assert done.returncode == 1 and b"use http://" in done.stderr, done


def check_clock():
    def skewed(hours):
        there = time.time() + hours * 3600
        iso = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(there))
        return iso, answer("403 Forbidden", [("Content-Type", "application/xml")],
                           f"<Error><Code>RequestTimeTooSkewed</Code><Message>The difference between the request time and "
                           f"the current time is too large.</Message><ServerTime>{iso}</ServerTime></Error>".encode())
    for hours, side in ((3, b"2 h 59 min later"), (-50, b"2 d 2 h earlier")):
        iso, reply = skewed(hours)
        with stores.case(f"a clock that is {hours} hours off"), peer(reply) as (endpoint, _):
            done = run("s3", "ls", "s3://b", S3_ENDPOINT_URL=endpoint)
            assert done.returncode == 1 and iso.encode() in done.stderr, done
            assert side in done.stderr or (hours == 3 and b"3 h 0 min later" in done.stderr), done
    with stores.case("a clock that is off, told by the Date of an answer to HEAD"), \
            peer(answer("403 Forbidden", [("Date", "Sun, 06 Nov 1994 08:49:37 GMT")])) as (endpoint, _):
        done = run("s3", "stat", "s3://b/k", S3_ENDPOINT_URL=endpoint)
        assert done.returncode == 1 and b"1994-11-06T08:49:37Z" in done.stderr, done


def check_uploads(store, folder):
    def stat(key):
        return json.loads(store.headrace("s3", "stat", "--json", f"s3://words/{key}").stdout)
    for name, arguments, wanted in (
            ("one pair", ("a=b",), {"a": "b"}), ("two pairs", ("a=b,c=d",), {"a": "b", "c": "d"}),
            ("repeated", ("a=b,c=d", "e=f"), {"a": "b", "c": "d", "e": "f"}), ("a comma in a value", ("a=b,c",), {"a": "b,c"}),
            ("blanks", ("a=b c, d=e",), {"a": "b c", "d": "e"}), ("a quoted value", ('a="b,c=d",e=f',), {"a": "b,c=d", "e": "f"}),
            ("an escaped comma", (r"a=b\,c=d",), {"a": "b,c=d"}), ("an equals sign", ("a=b=c",), {"a": "b=c"}),
            ("an empty value", ("a=,b=c",), {"a": "", "b": "c"}), ("quotes inside", ('a=b "c" d',), {"a": 'b "c" d'}),
            ("a quote inside", ('first=foo"bar',), {"first": 'foo"bar'}), ("a hyphen", ("a-b=1",), {"a-b": "1"}),
            ("JSON as a value", ('a={"b": ["/c", "d"]},e=f',), {"a": '{"b": ["/c", "d"]}', "e": "f"}),
            ("a blank between", ("a=b c=d",), {"a": "b c=d"}), ("blanks in a row", ("a=b   c  d",), {"a": "b   c  d"})):
        with stores.case(f"metadata, {name}"):
            options = [word for text in arguments for word in ("--metadata", text)]
            done = store.headrace("s3", "cp", *options, "-", "s3://words/meta", data=b"x")
            assert done.returncode == 0, done
            assert stat("meta")["metadata"] == wanted, stat("meta")
    for name, text in (("no name", "=v"), ("no value", "a"), ("a blank", "a b=c"), ("JSON", '{"a":"b"}')):
        with stores.case(f"metadata that is none, {name}"):
            done = store.headrace("s3", "cp", "--metadata", text, "-", "s3://words/meta", data=b"x")
            assert done.returncode == 2 and b"NAME=VALUE" in done.stderr, done
    with stores.case("metadata, a name twice"):
        done = store.headrace("s3", "cp", "--metadata", "a=b,A=c", "-", "s3://words/meta", data=b"x")
        assert done.returncode == 2 and b"twice" in done.stderr, done
    tables = os.path.exists("/usr/share/mime/globs2") or os.path.exists("/etc/mime.types")
    for name in ("page.html", "PICTURE.JPG", "data.json", "style.css", "text.txt", "doc.pdf", "film.mp4", "archive.zip"):
        if not tables:
            stores.skip(f"content type, {name}", "neither shared-mime-info nor media-types is installed")
            continue
        with stores.case(f"content type, {name}"):
            path = os.path.join(folder, name)
            with open(path, "wb") as file:
                file.write(b"x")
            assert store.headrace("s3", "cp", path, "s3://words/type").returncode == 0
            assert stat("type")["content_type"] == mimetypes.guess_type(name)[0], stat("type")
            assert store.headrace("s3", "cp", "-", f"s3://words/{name}", data=b"x").returncode == 0
            assert stat(name)["content_type"] == mimetypes.guess_type(name)[0], stat(name)
    mime = os.path.join(folder, "share/mime")
    os.makedirs(mime)
    with open(os.path.join(mime, "globs2"), "w", encoding="ascii") as file:
        file.write("# weight:type:pattern:flags\n50:test/short:*.z\n50:test/long:*.y.z\n80:test/heavy:*.w\n"
                   "50:test/light:*.w\n50:test/upper:*.C:cs\n50:test/lower:*.c:cs\n50:test/folded:*.fold\n"
                   "50:test/literal:Whole\n50:notype:*.bad\nnonsense\n50:test/x y:*.blank\n")
    for name, wanted in (("a.z", "test/short"), ("a.y.z", "test/long"), ("a.w", "test/heavy"), ("a.C", "test/upper"),
                         ("a.c", "test/lower"), ("a.FOLD", "test/folded"), ("whole", "test/literal")):
        with stores.case(f"content type by a table of the user's, {name}"):
            store.headrace("s3", "cp", "-", f"s3://words/{name}", data=b"x", XDG_DATA_HOME=os.path.dirname(mime))
            assert stat(name)["content_type"] == wanted, stat(name)
    for name in ("a.bad", "a.blank"):
        with stores.case(f"content type that is none is not taken, {name}"):
            store.headrace("s3", "cp", "-", f"s3://words/{name}", data=b"x", XDG_DATA_HOME=os.path.dirname(mime))
            assert stat(name)["content_type"] == "application/octet-stream", stat(name)
    if os.path.exists("/etc/mime.types"):
        with stores.case("content type by /etc/mime.types alone"):
            done = store.headrace("s3", "cp", "-", "s3://words/X.HTML", data=b"x", XDG_DATA_DIRS="/nowhere", HOME="/nowhere")
            assert done.returncode == 0 and stat("X.HTML")["content_type"] == "text/html", stat("X.HTML")
    with stores.case("content type, --content-type wins, and nothing known is octets"):
        path = os.path.join(folder, "page.html")
        assert store.headrace("s3", "cp", "--content-type", "text/x-own", path, "s3://words/type").returncode == 0
        assert stat("type")["content_type"] == "text/x-own"
        assert store.headrace("s3", "cp", "-", "s3://words/nothing-known", data=b"x").returncode == 0
        assert stat("nothing-known")["content_type"] == "application/octet-stream"


def check_upload_options(store, folder):
    path = os.path.join(folder, "options.txt")
    with open(path, "w", encoding="ascii") as file:
        file.write("body of an upload")
    client = store.boto3()

    def copy(*options):
        return store.headrace("s3", "cp", *options, path, "s3://words/options")
    with stores.case("s3 cp, the options of an upload are read back by boto3"):
        done = copy("--metadata", "a=1", "--tags", "team=blue", "--tags", "x=y&blank=a b/+=", "--acl", "public-read",
                    "--storage-class", "STANDARD_IA", "--cache-control", "max-age=60", "--content-encoding", "identity",
                    "--content-disposition", "attachment; filename=\"a.txt\"", "--content-language", "de", "--content-type", "text/x-own",
                    "--expires", "2030-01-02T03:04:05Z", "--sse", "AES256")
        assert done.returncode == 0, done
        head = client.head_object(Bucket="words", Key="options")
        wanted = {"Metadata": {"a": "1"}, "StorageClass": "STANDARD_IA", "CacheControl": "max-age=60", "ContentEncoding": "identity",
                  "ContentDisposition": "attachment; filename=\"a.txt\"", "ContentLanguage": "de", "ContentType": "text/x-own",
                  "ServerSideEncryption": "AES256"}
        assert {name: head[name] for name in wanted} == wanted, head
        assert head["ExpiresString"] == "Wed, 02 Jan 2030 03:04:05 GMT", head
        tags = {tag["Key"]: tag["Value"] for tag in client.get_object_tagging(Bucket="words", Key="options")["TagSet"]}
        assert tags == {"team": "blue", "x": "y", "blank": "a b/+="}, tags
        grants = client.get_object_acl(Bucket="words", Key="options")["Grants"]
        assert any(grant["Grantee"].get("URI", "").endswith("AllUsers") and grant["Permission"] == "READ" for grant in grants), grants
        found = json.loads(store.headrace("s3", "stat", "--json", "s3://words/options").stdout)
        assert (found["cache_control"], found["content_language"], found["encryption"]) == ("max-age=60", "de", "AES256"), found
    with stores.case("s3 cp --sse-kms-key-id goes with aws:kms alone"):
        assert copy("--sse", "aws:kms", "--sse-kms-key-id", "key-1").returncode == 0
        assert client.head_object(Bucket="words", Key="options")["SSEKMSKeyId"].endswith("key-1")
        for options in (("--sse-kms-key-id", "k"), ("--sse", "AES256", "--sse-kms-key-id", "k")):
            assert copy(*options).returncode == 2, options
    with stores.case("s3 cp --if-none-match and --if-match"):
        done = copy("--if-none-match", "*")
        assert done.returncode == 1 and b"412" in done.stderr, done
        etag = client.head_object(Bucket="words", Key="options")["ETag"]
        assert copy("--if-match", etag.strip('"')).returncode == 0
        assert copy("--if-match", "0" * 32).returncode == 1
        for verb in (("cat",), ("stat",), ("cp", "s3://words/options", os.path.join(folder, "got"))):
            uri = ("s3://words/options",) if len(verb) == 1 else ()
            assert store.headrace("s3", *verb, *uri, "--if-match", etag).returncode == 0, verb
            assert store.headrace("s3", *verb, *uri, "--if-match", "other").returncode == 1, verb
            done = store.headrace("s3", *verb, *uri, "--if-none-match", etag)
            assert done.returncode == 1 and b"304" in done.stderr, done
    for name in ("crc32", "CRC32C", "crc64nvme", "SHA1", "sha256"):
        with stores.case(f"s3 cp --checksum {name}"):
            assert copy("--checksum", name).returncode == 0
            with contextlib.suppress(ImportError):
                head = client.head_object(Bucket="words", Key="options", ChecksumMode="ENABLED")
                assert head[f"Checksum{name.upper()}"], head
    with stores.case("s3 cp --checksum of a pipe, and of what is none"):
        assert store.headrace("s3", "cp", "--checksum", "sha256", "-", "s3://words/piped", data=b"abc").returncode == 0
        done = copy("--checksum", "adler")
        assert done.returncode == 2 and b"CRC32" in done.stderr, done
    for name, options, why in (("ten and one tags", ("--tags", "&".join(f"{n}=1" for n in range(11))), b"one more than the 10"),
                               ("a tag twice", ("--tags", "a=1", "--tags", "a=2"), b"twice"),
                               ("a tag without a key", ("--tags", "=1"), b"KEY=VALUE"), ("a tag without a value", ("--tags", "a=1&b"), b"KEY=VALUE"),
                               ("an hour as Expires", ("--expires", "1h"), b"is no time"), ("a kind of encryption", ("--sse", "x"), b"--sse"),
                               ("a version", ("--version-id", "v"), b"an upload")):
        with stores.case(f"s3 cp refuses {name}"):
            done = copy(*options)
            assert done.returncode == 2 and why in done.stderr, done
    for option in ("--tags a=b", "--acl private", "--storage-class X", "--metadata a=b", "--exact-key", "--payload signed"):
        with stores.case(f"s3 cp refuses {option} of a download"):
            done = store.headrace("s3", "cp", *option.split(), "s3://words/options", os.path.join(folder, "got"))
            assert done.returncode == 2 and option.split()[0].encode() in done.stderr and b"a download" in done.stderr, done
    with stores.case("s3 cp --exact-key: a key that ends in a slash"):
        assert store.headrace("s3", "cp", path, "s3://words/folder/").returncode == 0
        assert store.headrace("s3", "cp", "--exact-key", path, "s3://words/exact/").returncode == 0
        assert store.headrace("s3", "cat", "s3://words/folder/options.txt").stdout == b"body of an upload"
        assert client.get_object(Bucket="words", Key="exact/")["Body"].read() == b"body of an upload"
        assert store.headrace("s3", "cp", "--exact-key", path, "s3://words").returncode == 2
        assert store.headrace("s3", "rm", "s3://words/exact/").returncode == 0
    with stores.case("s3 cp, values of a configuration are for uploads alone"):
        config = os.path.join(folder, "headrace.yaml")
        with open(config, "w", encoding="ascii") as file:
            file.write("s3: {storage_class: GLACIER_IR, tags: [from=file], checksum: crc32}\n")
        assert copy("--config", config).returncode == 0
        assert client.head_object(Bucket="words", Key="options")["StorageClass"] == "GLACIER_IR"
        assert client.get_object_tagging(Bucket="words", Key="options")["TagSet"] == [{"Key": "from", "Value": "file"}]
        assert store.headrace("s3", "cat", "--config", config, "s3://words/options").stdout == b"body of an upload"
        assert store.headrace("s3", "cp", "--config", config, "s3://words/options", os.path.join(folder, "got")).returncode == 0


def check_requester(store):
    for command in ("cat s3://b/k", "stat s3://b/k", "rm s3://b/k", "cp /dev/null s3://b/k", "tag get s3://b/k", "tag put s3://b/k a=b", "versions s3://b"):
        with stores.case(f"s3 {command.split()[0]} --request-payer and --expected-bucket-owner"), peer(answer("403 Forbidden", [])) as (url, heads):
            run("s3", *command.split(), "--request-payer", "--expected-bucket-owner", "123456789012", S3_ENDPOINT_URL=url)
            assert b"x-amz-request-payer: requester" in heads[0] and b"x-amz-expected-bucket-owner: 123456789012" in heads[0], heads
    with stores.case("s3 rm --bypass-governance and --if-match"), peer(answer("403 Forbidden", [])) as (url, heads):
        run("s3", "rm", "--bypass-governance", "--if-match", "e", "s3://b/k", S3_ENDPOINT_URL=url)
        assert b"x-amz-bypass-governance-retention: true" in heads[0] and b'if-match: "e"' in heads[0].lower(), heads
    with stores.case("s3 cp --website-redirect"), peer(answer("403 Forbidden", [])) as (url, heads):
        run("s3", "cp", "--website-redirect", "/other", "/dev/null", "s3://b/k", S3_ENDPOINT_URL=url)
        assert b"x-amz-website-redirect-location: /other" in heads[0], heads
    with stores.case("--no-sign-request: nothing is signed, and keys beside it contradict it"), peer(answer("403 Forbidden", [])) as (url, heads):
        run("s3", "cat", "--no-sign-request", "s3://b/k", S3_ENDPOINT_URL=url)
        assert b"authorization" not in heads[0].lower() and b"x-amz-date" not in heads[0].lower(), heads
        done = run("s3", "cat", "--no-sign-request", "--access-key", "a", "--secret-key", "b", "s3://b/k", S3_ENDPOINT_URL=url)
        assert done.returncode == 2 and len(heads) == 1 and b"--no-sign-request" in done.stderr, done
        done = run("s3", "presign", "--no-sign-request", "s3://b/k", S3_ENDPOINT_URL=url)
        assert done.returncode == 2, done
    with stores.case("--no-sign-request reads what anybody may"):
        store.headrace("s3", "cp", "--acl", "public-read", "-", "s3://words/open", data=b"open")
        store.headrace("s3", "cp", "-", "s3://words/closed", data=b"closed")
        environment = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
        done = store.headrace("s3", "cat", "--no-sign-request", "s3://words/open", **environment)
        assert done.stdout == b"open", done
        done = store.headrace("s3", "cat", "--no-sign-request", "s3://words/closed", **environment)
        assert done.returncode == 1 and b"AccessDenied" in done.stderr, done


def check_customer_keys(folder):
    certificate, key = os.path.join(folder, "c.pem"), os.path.join(folder, "k.pem")
    raw, coded, short = (os.path.join(folder, name) for name in ("raw", "coded", "short"))
    secret = b"not-a-key-for-anything-at-all-32"
    for path, content in ((raw, secret), (coded, base64.b64encode(secret) + b"\n"), (short, secret[:31])):
        with open(path, "wb") as file:
            file.write(content)
    with stores.embedded("--tls-cert", certificate, "--tls-key", key) as store:
        keys = dict(AWS_CA_BUNDLE=certificate, SSE_KEY=base64.b64encode(secret).decode())
        with stores.case("s3 --sse-c: a key from a file, raw or base64, or a variable"):
            assert store.headrace("s3", "mb", "s3://keys", **keys).returncode == 0
            assert store.headrace("s3", "cp", "--sse-c", f"file:{raw}", "-", "s3://keys/k", data=b"text", **keys).returncode == 0
            for place in (f"file:{raw}", f"file:{coded}", "env:SSE_KEY"):
                assert store.headrace("s3", "cat", "--sse-c", place, "s3://keys/k", **keys).stdout == b"text", place
            assert store.headrace("s3", "stat", "--sse-c", f"file:{raw}", "s3://keys/k", **keys).returncode == 0
            assert store.headrace("s3", "cat", "s3://keys/k", **keys).returncode == 1
        with stores.case("s3 --sse-c: what is no place or no key is refused, and never shown"):
            for place, why in ((secret.decode(), b"file:PATH"), (f"file:{short}", b"no key of 32"), ("file:/nowhere", b"cannot read"),
                               ("env:SSE_KEY_NONE", b"SSE_KEY_NONE"), ("file:" + folder, b"cannot read")):
                done = store.headrace("s3", "cat", "--sse-c", place, "s3://keys/k", **keys)
                assert done.returncode == 2 and why in done.stderr, done
                assert secret not in done.stderr and secret[:31] not in done.stderr.replace(place.encode() if "/" in place else b"", b""), done
            done = store.headrace("s3", "cp", "--sse", "AES256", "--sse-c", f"file:{raw}", "-", "s3://keys/k", data=b"", **keys)
            assert done.returncode == 2 and b"--sse-c" in done.stderr, done
    with stores.embedded() as store, stores.case("s3 --sse-c: over https alone"):
        assert store.headrace("s3", "mb", "s3://keys").returncode == 0
        done = store.headrace("s3", "cp", "--sse-c", f"file:{raw}", "-", "s3://keys/k", data=b"text")
        assert done.returncode != 0 and b"TLS" in done.stderr and secret not in done.stderr, done


def check_removal(store):
    client = store.boto3()
    with stores.case("s3 rb --force: all versions and delete markers of more than a page"):
        client.create_bucket(Bucket="full")
        client.put_bucket_versioning(Bucket="full", VersioningConfiguration={"Status": "Enabled"})
        for number in range(1100):
            client.put_object(Bucket="full", Key=f"k{number % 1060}", Body=b"x")
        client.delete_object(Bucket="full", Key="k1")
        done = store.headrace("s3", "rb", "s3://full")
        assert done.returncode == 1 and b"BucketNotEmpty" in done.stderr, done
        done = store.headrace("s3", "rb", "--force", "--json", "s3://full")
        assert done.returncode == 0 and json.loads(done.stdout) == {"removed": "s3://full", "versions": 1101}, done
        assert "full" not in [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]
    with stores.case("s3 rb --force: what the store keeps is named, and the bucket stays"):
        client.create_bucket(Bucket="kept", ObjectLockEnabledForBucket=True)
        client.put_object(Bucket="kept", Key="held", Body=b"x", ObjectLockLegalHoldStatus="ON", ChecksumAlgorithm="SHA256")
        client.put_object(Bucket="kept", Key="free", Body=b"x")
        done = store.headrace("s3", "rb", "--force", "--json", "s3://kept")
        assert done.returncode == 1 and b"1 in it could not be removed" in done.stderr and b"'held'" in done.stderr, done
        assert [version["Key"] for version in client.list_object_versions(Bucket="kept")["Versions"]] == ["held"]
    with stores.case("s3 rb --force of a bucket that is not there"):
        done = store.headrace("s3", "rb", "--force", "s3://not-there")
        assert done.returncode == 1 and b"NoSuchBucket" in done.stderr, done
    with stores.case("s3 --version-id: cat, cp, stat and rm of one version"):
        client.create_bucket(Bucket="old")
        client.put_bucket_versioning(Bucket="old", VersioningConfiguration={"Status": "Enabled"})
        first = json.loads(store.headrace("s3", "cp", "--json", "-", "s3://old/k", data=b"first").stdout)["version_id"]
        store.headrace("s3", "cp", "-", "s3://old/k", data=b"second")
        assert store.headrace("s3", "cat", "--version-id", first, "s3://old/k").stdout == b"first"
        assert store.headrace("s3", "cp", "--version-id", first, "s3://old/k", "-").stdout == b"first"
        assert json.loads(store.headrace("s3", "stat", "--json", "--version-id", first, "s3://old/k").stdout)["version_id"] == first
        marker = json.loads(store.headrace("s3", "rm", "--json", "s3://old/k").stdout)
        assert marker["delete_marker"] and marker["version_id"], marker
        gone = json.loads(store.headrace("s3", "rm", "--json", "--version-id", first, "s3://old/k").stdout)
        assert gone == {"removed": "s3://old/k", "version_id": first, "delete_marker": False}, gone
        assert store.headrace("s3", "cat", "--version-id", first, "s3://old/k").returncode == 1


def check_tags(store):
    client = store.boto3()
    client.create_bucket(Bucket="tagged")
    client.put_object(Bucket="tagged", Key="k", Body=b"x", Tagging="old=1")

    def tags():
        return {tag["Key"]: tag["Value"] for tag in client.get_object_tagging(Bucket="tagged", Key="k")["TagSet"]}
    with stores.case("s3 tag put: replaces all, as boto3 reads them"):
        done = store.headrace("s3", "tag", "put", "s3://tagged/k", "team=blue", "empty=", "ü=a b&x=y=z")
        assert done.returncode == 0 and tags() == {"team": "blue", "empty": "", "ü": "a b", "x": "y=z"}, (done, tags())
    with stores.case("s3 tag get: lines, and an object"):
        lines = store.headrace("s3", "tag", "get", "s3://tagged/k").stdout.decode().splitlines()
        assert sorted(lines) == ["empty=", "team=blue", "x=y=z", "ü=a b"], lines
        assert json.loads(store.headrace("s3", "tag", "get", "--json", "s3://tagged/k").stdout) == {"tags": tags()}
    with stores.case("s3 tag rm: none are left"):
        done = store.headrace("s3", "tag", "rm", "--json", "s3://tagged/k")
        assert json.loads(done.stdout) == {"untagged": "s3://tagged/k"} and tags() == {}, done
        assert store.headrace("s3", "tag", "get", "s3://tagged/k").stdout == b""
    with stores.case("s3 tag: of a version that is named"), peer(answer("403 Forbidden", [])) as (url, heads):
        run("s3", "tag", "get", "--version-id", "v1", "s3://b/k", S3_ENDPOINT_URL=url)
        assert b"/b/k?tagging&versionId=v1 " in heads[0], heads
    with stores.case("s3 tag of an object that is not there"):
        done = store.headrace("s3", "tag", "get", "s3://tagged/none")
        assert done.returncode == 1 and b"NoSuchKey" in done.stderr, done
    for line, why in (("put s3://tagged/k", b"rm takes all"), ("get s3://tagged/k a=b", b"no KEY=VALUE"), ("gett s3://tagged/k", b"none of get, put"),
                      ("put s3://tagged/k a=b a=c", b"twice"), ("put s3://tagged/k a", b"KEY=VALUE"), ("put s3://tagged/k =a", b"KEY=VALUE"),
                      ("put s3://tagged a=b", b"no key"), ("get", b"missing"), ("put s3://tagged/k " + "&".join(f"{n}=1" for n in range(11)), b"more than the 10")):
        with stores.case(f"s3 tag {line[:40]} is refused"):
            done = store.headrace("s3", "tag", *line.split())
            assert done.returncode == 2 and why in done.stderr, done


def check_versions(store):
    client = store.boto3()
    client.create_bucket(Bucket="past")
    client.put_bucket_versioning(Bucket="past", VersioningConfiguration={"Status": "Enabled"})
    for number in range(1003):
        client.put_object(Bucket="past", Key="a/many" if number < 1001 else f"b/{number}", Body=b"x" * (number % 7))
    client.delete_object(Bucket="past", Key="b/1002")
    with stores.case("s3 versions: each version and marker once, over pages, as boto3 lists them"):
        found = json.loads(store.headrace("s3", "versions", "--json", "s3://past").stdout)
        wanted = []
        for page in client.get_paginator("list_object_versions").paginate(Bucket="past"):
            wanted += [(each["Key"], each["VersionId"], each["IsLatest"], False, each["Size"]) for each in page.get("Versions", [])]
            wanted += [(each["Key"], each["VersionId"], each["IsLatest"], True, None) for each in page.get("DeleteMarkers", [])]
        got = [(each["key"], each["version_id"], each["is_latest"], each["delete_marker"], each.get("size_bytes")) for each in found["versions"]]
        assert len(got) == 1004 and sorted(got, key=str) == sorted(wanted, key=str) and found["count"] == 1004 and found["complete"], len(got)
    with stores.case("s3 versions: a prefix, lines, and nothing there"):
        lines = store.headrace("s3", "versions", "s3://past/b/").stdout.decode().splitlines()
        assert len(lines) == 3 and sum("DELETED * " in line for line in lines) == 1 and lines[0].endswith(" b/1001"), lines
        done = store.headrace("s3", "versions", "--json", "s3://past/none")
        assert done.returncode == 1 and json.loads(done.stdout)["error"]["code"] == "ENOENT", done
        assert store.headrace("s3", "versions", "s3://not-there").returncode == 1


def check_api(store, folder):
    client = store.boto3()
    client.create_bucket(Bucket="raw")
    body = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    path = os.path.join(folder, "document.xml")
    with open(path, "wb") as file:
        file.write(body)
    with stores.case("s3 api: --query and --body, from a file and a pipe"):
        assert store.headrace("s3", "api", "PUT", "/raw", "--query", "versioning", "--body", path).returncode == 0
        assert client.get_bucket_versioning(Bucket="raw")["Status"] == "Enabled"
        done = store.headrace("s3", "api", "put", "/raw", "--query", "versioning", "--body", "-", data=body.replace(b"Enabled", b"Suspended"))
        assert done.returncode == 0 and client.get_bucket_versioning(Bucket="raw")["Status"] == "Suspended", done
        done = store.headrace("s3", "api", "GET", "/raw", "--query", "list-type=2", "--query", "prefix=a b&c")
        assert b"<Prefix>a b&amp;c</Prefix>" in done.stdout, done
    with stores.case("s3 api: --header is signed and sent"):
        client.put_object(Bucket="raw", Key="from", Body=b"copied")
        done = store.headrace("s3", "api", "PUT", "/raw/to", "--header", "x-amz-copy-source: /raw/from", "-H", "x-amz-storage-class:STANDARD_IA")
        assert done.returncode == 0 and b"CopyObjectResult" in done.stdout, done
        assert client.head_object(Bucket="raw", Key="to")["StorageClass"] == "STANDARD_IA"
    with stores.case("s3 api: a body streams, and --output is a file or a folder"):
        large = os.urandom(9 << 20)
        client.put_object(Bucket="raw", Key="d/large", Body=large)
        assert store.headrace("s3", "api", "GET", "/raw/d/large").stdout == large
        done = store.headrace("s3", "api", "GET", "/raw/d/large", "--output", folder, "--json")
        found = json.loads(done.stdout)
        assert found["status"] == 200 and found["body_bytes"] == len(large) and found["output"].endswith("/large") and not found["error"], found
        with open(os.path.join(folder, "large"), "rb") as file:
            assert file.read() == large
        done = store.headrace("s3", "api", "GET", "/raw/d/none", "--output", os.path.join(folder, "none"))
        assert done.returncode == 1 and not os.path.exists(os.path.join(folder, "none")), done
    with stores.case("s3 api: --json, every field"):
        found = json.loads(store.headrace("s3", "api", "HEAD", "/raw/from", "--json").stdout)
        assert list(found) == ["method", "bucket", "key", "status", "headers", "body_bytes", "sent_bytes", "output", "attempts", "error"], found
        assert {"name": "Content-Length", "value": "6"} in found["headers"] and found["method"] == "HEAD", found
    with stores.case("s3 api HEAD: the fields"):
        done = store.headrace("s3", "api", "HEAD", "/raw/from")
        assert b"Content-Length: 6\n" in done.stdout, done
    for status, code in ((200, 0), (204, 0), (301, 1), (400, 1), (403, 1), (404, 1), (409, 1), (412, 1), (500, 1), (501, 1), (503, 1)):
        with stores.case(f"s3 api: status {status} ends with {code}"), peer(answer(f"{status} X", [("x-amz-request-id", "R")])) as (url, _):
            done = run("s3", "api", "GET", "/b", "--attempts", "1", "--json", S3_ENDPOINT_URL=url)
            assert done.returncode == code, done
            assert (json.loads(done.stdout)["error"] or {}).get("http_status", status) == status, done
    with stores.case("s3 api: nobody listens ends with 1"):
        assert run("s3", "api", "GET", "/b", "--attempts", "1", S3_ENDPOINT_URL="http://127.0.0.1:1").returncode == 1
    with stores.case("s3 api: an <Error> behind a good status is a failure"), \
            peer(answer("200 OK", [("x-amz-request-id", "R")], b"  <Error><Code>InternalError</Code></Error>")) as (url, _):
        done = run("s3", "api", "PUT", "/b/k", "--attempts", "1", S3_ENDPOINT_URL=url)
        assert done.returncode == 1 and b"InternalError" in done.stderr and not done.stdout, done
    for arguments, why in ((("GET", "b"), b"/BUCKET"), (("GET", "/b?acl"), b"--query"), (("G T", "/b"), b"no method"), (("GET", "//k"), b"no bucket"),
                           (("GET", "/b", "--header", "x"), b"Name: value"), (("GET", "/b", "--query", "=x"), b"NAME"),
                           (("GET", "/b", "--header", "Authorization: x"), b"Authorization"), (("GET",), b"missing")):
        with stores.case(f"s3 api {' '.join(arguments)} is refused".replace(": ", ":")):
            done = store.headrace("s3", "api", *arguments)
            assert done.returncode == 2 and why.lower() in done.stderr.lower(), done
    with stores.case("s3 api: a question mark in a key with --literal"):
        client.put_object(Bucket="raw", Key="a?b", Body=b"q")
        assert store.headrace("s3", "api", "GET", "/raw/a?b", "--literal").stdout == b"q"


def check_whoami(folder):
    secrets = ("S3CR3T-of-a-variable", "S3CR3T-of-a-file", "S3CR3T-of-an-option", "S3CR3T-token")
    credentials = os.path.join(folder, "credentials")
    with open(credentials, "w", encoding="ascii") as file:
        file.write(f"[default]\naws_access_key_id = AKIDFILE\naws_secret_access_key = {secrets[1]}\naws_session_token = {secrets[3]}\n"
                   f"[broken]\naws_access_key_id = AKIDFILE\n[half]\naws_secret_access_key = {secrets[1]}\n")
    files = {"AWS_SHARED_CREDENTIALS_FILE": credentials, "AWS_CONFIG_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true"}
    none = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    variable = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": secrets[0], "AWS_SESSION_TOKEN": secrets[3]}
    option = ("--access-key", "AKID", "--secret-key", secrets[2])
    rows = ((variable, (), "environment", 0), ({**none, **files}, (), "credentials file", 0), ({**variable, **files}, ("--profile", "default"), "credentials file", 0),
            (variable, option, "static", 0), (variable, ("--no-sign-request",), "none", 0),
            ({**none, **files, "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}, (), None, 2), ({**none, **files}, ("--profile", "nowhere"), None, 2),
            ({**none, **files}, ("--profile", "broken"), None, 2), ({**none, **files}, ("--profile", "half"), None, 2),
            ({**none, **files, "AWS_ACCESS_KEY_ID": "AKID"}, (), None, 2), (variable, ("--secret-key", secrets[2]), None, 2))
    for environ, words, source, code in rows:
        name = f"{' '.join(words[:1])} {' '.join(key for key, value in environ.items() if value)}"
        with stores.case(f"s3 whoami: the source, {name}"):
            for form in ((), ("--json",)):
                done = run("s3", "whoami", *words, *form, **environ)
                assert done.returncode == code, done
                assert not any(secret.encode() in done.stdout + done.stderr for secret in secrets), done
                if form:
                    found = json.loads(done.stdout)
                    assert found.get("source") == source and bool(found["error"]) == bool(code), found
                    assert not source or code or all(each["reason"] for each in found["before"]), found
    with stores.case("s3 whoami: the secrets would be found where they are shown"):
        assert any(secret in " ".join(option) for secret in secrets)
        assert secrets[1] in subprocess.run(["cat", credentials], capture_output=True, check=True).stdout.decode()
    with stores.case("s3 whoami: those before it, with the reason of each"):
        found = json.loads(run("s3", "whoami", "--json", **{**none, **files}).stdout)
        assert found["before"][0] == {"source": "environment", "reason": "AWS_ACCESS_KEY_ID is not set"}, found
        assert [each["source"] for each in found["before"]] == ["environment", "profile role", "web identity", "SSO"], found


def check_presign(store):
    for text, seconds in (("3600", 3600), ("1h", 3600), ("90", 90), ("90s", 90), ("604800", 604800)):
        with stores.case(f"presign --expires {text}"):
            done = store.headrace("s3", "presign", "--expires", text, "s3://words/k")
            assert done.returncode == 0 and f"X-Amz-Expires={seconds}&".encode() in done.stdout, done
    for text in ("0", "604801", "-5", "1w", ""):
        with stores.case(f"presign --expires {text} is refused"):
            done = store.headrace("s3", "presign", "--expires", text, "s3://words/k")
            assert done.returncode == 2 and b"--expires" in done.stderr, done


def main():
    with tempfile.TemporaryDirectory() as folder, stores.embedded() as store:
        assert store.headrace("s3", "mb", "s3://words").returncode == 0
        check_web_pages(folder)
        check_wildcards(store)
        check_listing(store)
        check_stat()
        check_dates()
        check_sparse()
        check_endless()
        check_hints()
        check_environment(store)
        check_trust(folder)
        check_clock()
        check_uploads(store, folder)
        check_requester(store)
        check_customer_keys(folder)
        if stores.need("options of s3 cp, read back by boto3"):
            check_upload_options(store, folder)
            check_removal(store)
            check_tags(store)
            check_versions(store)
            check_api(store, folder)
        check_whoami(folder)
        check_presign(store)
    stores.finish()


if __name__ == "__main__":
    main()
