"""Every option of every command, as the program's own help lists them, has a test of what it does: the table below names it. An option
without a row fails here, so does a row whose test is gone. The last tests of options that no other script looks at stand here."""
import contextlib
import glob
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
import stores  # noqa: E402

HEADRACE = stores.HEADRACE
TESTS = os.path.dirname(HERE)
VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "S3_ENDPOINT_URL", "AWS_ENDPOINT_URL", "AWS_REGION")
PLAIN = {name: value for name, value in os.environ.items() if name.lower() not in VARIABLES and name not in VARIABLES}
KEYS = ("--access-key", "access", "--secret-key", "secret")

# Command (or family of commands with the same table of options): option: file: a part of its test's name or text.
CURL, HTTP, COMMAND, S3 = "command_curl.py", "command_http.py", "command.py", "s3_command.py"
BENCH, LOG, CAT, NAMES = "bench_http.py", "bench_log.py", "command_log_cat.py", "names.py"
LOADS = "bench_loads.py"
CONFIG, BENCH_CONFIG, BENCH_BESIDE, OWN = "command_config.py", "bench_config.py", "bench_beside.py", "command_own.py"
SUITE, HTTP_BESIDE = "suite.py", "bench_http_beside.py"
REPORT = "report.py"
TARGETS, ANSWERS, QUESTIONS, HERE_NAME = "command_targets.py", "s3_answers.py", "s3_questions.py", "option_effects.py"
RAMP = {
    "step": (LOADS, "--step N, and --require"), "step-duration": (LOADS, "SIGINT ends it with the curve"), "p99": (LOADS, "no rate that is held"),
    "think-time": (LOADS, "bench http --think-time"), "warm-up": (LOADS, "bench http --warm-up"),
}
TRANSFERS = "s3_transfers.py"
TREES = "s3_trees.py"
TREE = {"exclude": (TREES, "what passes the patterns"), "include": (TREES, "what passes the patterns"),
        "dry-run": (TREES, "--dry-run changes nothing"), "quiet": (TREES, "the bodies, by rclone check")}
RULES = {
    **dict.fromkeys(("alpha", "difference"), (BENCH_BESIDE, "the rules are those that were asked for")),
    **dict.fromkeys(("until-stable", "rounds-max"), (BENCH_BESIDE, "at least seven rounds")),
    "no-calibration": (BENCH_BESIDE, "--no-calibration: it is not"),
}
FAULTS = "proxy_faults.py"
NETWORK = "../unit/command/session/test_network_options.c"
TLS = {
    "ca-file": (HTTP, "TLS: --ca-file"), "ca-directory": (HTTP, "TLS: --ca-directory"), "insecure": (HTTP, "TLS: --insecure"),
    "cert": (HTTP, "TLS: a certificate of the client"), "key": (HTTP, "TLS: a certificate of the client"),
    "pin": (HTTP, "TLS: --pin"), "tls-min": (HTTP, "TLS: --tls-min"),
    "tlsv1.2": (NETWORK, "options_of_tls"), "tlsv1.3": (NETWORK, "options_of_tls"),
}
NET = {
    "resolve": (HTTP, "http, --resolve"), "nameserver": (NAMES, "--nameserver"),
    "ipv4": (NAMES, "asks for that family alone"), "ipv6": (NAMES, "asks for that family alone"),
    "proxy": (HTTP, "http, --proxy"), "no-proxy": (NAMES, "--proxy and --no-proxy"),
    "unix-socket": (HTTP, "http, --unix-socket"), "connect-timeout": (NAMES, "--connect-timeout"),
    "first-byte-timeout": (HTTP, "http, time-outs have names"), "stall-timeout": (HERE_NAME, "--stall-timeout"),
    "lenient": (HERE_NAME, "--lenient"), "backend": (COMMAND, "is what it runs on"),
}
STORE = {
    "endpoint": (COMMAND, "nobody listens"), "timeout": (COMMAND, "a time-out"),
    "literal": (S3, "is reached with --literal"), "region": (S3, "the region stands in the signature"),
    "access-key": (S3, "environment, "), "secret-key": (COMMAND, "a wrong secret"), "addressing": (HERE_NAME, "--addressing"),
    "no-sign-request": (S3, "--no-sign-request: nothing is signed"),
    "attempts": (HERE_NAME, "s3 --attempts"), "profile": (S3, "profile, --profile gives"),
    **{name: NET[name] for name in ("resolve", "nameserver", "ipv4", "ipv6", "proxy", "no-proxy", "lenient", "backend")}, **TLS,
}
# Of commands over one object.
REQUESTER = dict.fromkeys(("request-payer", "expected-bucket-owner"), (S3, "--request-payer and --expected-bucket-owner"))
VERSION = {"version-id": (S3, "s3 --version-id: "), **REQUESTER}
REMOVE = {"if-match": (S3, "--bypass-governance and --if-match"), **VERSION}
OBJECT = {**dict.fromkeys(("if-match", "if-none-match"), (S3, "s3 cp --if-none-match and --if-match")), "sse-c": (S3, "s3 --sse-c: "), **VERSION}
UPLOAD = {
    **dict.fromkeys("content-encoding content-disposition content-language cache-control expires tags acl storage-class sse".split(),
                    (S3, "the options of an upload are read back")),
    "website-redirect": (S3, "s3 cp --website-redirect"), "sse-kms-key-id": (S3, "--sse-kms-key-id goes with"),
    "checksum": (S3, "s3 cp --checksum "), "exact-key": (S3, "s3 cp --exact-key"),
}
# Of all commands.
COMMON = {"config": (OWN, "own: --config, else here"), "no-config": (OWN, "own: --no-config leaves")}
SOURCES = {
    "set": (CONFIG, "later files, variables and --set win"), "prefix": (CONFIG, "config show --no-env and --prefix"),
    "no-env": (CONFIG, "config show --no-env and --prefix"), "substitute": (CONFIG, "config show --substitute"),
    "env-file": (CONFIG, "config --env-file"), "secrets-folder": (CONFIG, "config --secrets-folder"),
    "secrets-optional": (CONFIG, "config --secrets-optional"), "secrets-strict": (CONFIG, "config --secrets-strict"),
    "profile": (CONFIG, "config --profile"), "empty-is-value": (CONFIG, "config --empty-is-value"),
    "pipe-wait": (CONFIG, "config --pipe-wait"), "schema": (CONFIG, "config check --schema"),
}
BESIDE = (CURL, "http beside curl: ")
TABLE = {
    "http": {
        **dict.fromkeys("request url header head range user-agent referer cookie user http1.1 globoff data data-raw data-binary "
                        "data-urlencode get form form-string upload-file no-buffer".split(), BESIDE),
        "bearer": (HTTP, "http, --bearer"), "location": (HTTP, "--location follows"), "max-redirs": (CURL, "http --max-redirs"),
        "redirects": (HTTP, "--redirects is a limit"), "retry": (HTTP, "--retry repeats"), "idempotent": (HTTP, "a POST is not repeated"),
        "timeout": (HTTP, "http, time-outs have names"), "fail-early": (CURL, "--fail-early ends"),
        "disable": (HERE_NAME, "-q and -g"), "json-body": (CURL, "text that is JSON gets its type"),
        "body": (HTTP, "a body of text is a POST"), "body-file": (HTTP, "a body from a file has its length"),
        "output": (HTTP, "--output FILE"), "remote-name": (CURL, "http -O, the name as the URL has it"),
        "remote-name-all": (HERE_NAME, "--remote-name-all"), "output-dir": (CURL, "--create-dirs and --output-dir"),
        "create-dirs": (CURL, "--create-dirs and --output-dir"), "continue-at": (CURL, "http -C -: the rest is appended"),
        "include": (HTTP, "--include and HEAD"), "json": (HTTP, "http --json, every field"), "fail": (HTTP, "--fail makes it a failure"),
        "fail-with-body": (CURL, "http --fail-with-body"), "decode": (HTTP, "http, --decode"), "verbose": (CURL, "http -v, "),
        "write-out": (CURL, "http -w beside curl"), "silent": (CURL, "http -s: no message"), "show-error": (CURL, "-S: one"),
        "no-progress-meter": (HERE_NAME, "--no-progress-meter"), **TLS, **NET,
    },
    "serve s3": {
        "listen": (COMMAND, "serve s3 on a port in use"), "access-key": (COMMAND, "a wrong secret"),
        "secret-key": (COMMAND, "a wrong secret"), "any-credentials": (ANSWERS, "any credentials do everything"),
        "sigv2": (ANSWERS, "URLs presigned in the older way"), "region": (ANSWERS, "signs for another region"),
        "session-token": (HERE_NAME, "serve s3 --session-token"), "preload": (HERE_NAME, "serve s3 --preload"),
        "faults": (HERE_NAME, "serve s3 --faults"), "fault-seed": (HERE_NAME, "serve s3 --faults, --fault-seed"),
        "domain": (HERE_NAME, "serve s3 --domain"), "tls-cert": (HTTP, "s3 over TLS: serve"), "tls-key": (HTTP, "s3 over TLS: serve"),
        "store": (HERE_NAME, "serve s3 --store"), "limit": (HERE_NAME, "serve s3 --limit: "),
        "fsync": (HERE_NAME, "serve s3 --fsync"), "scrub": (HERE_NAME, "serve s3 --scrub"), "limit-objects": (HERE_NAME, "serve s3 --limit-objects"),
        "reactors": (HERE_NAME, "serve s3 --reactors"), "json": (HERE_NAME, "serve s3 --json"), "backend": (COMMAND, "bench and serve exit 3"),
        **{name: ("serve_options.py", text) for name, text in {
            "keys": "--keys: a read-only key writes nothing", "anonymous-read": "--anonymous-read: nothing else",
            "tls-self-signed": "--tls-self-signed: localhost, the address", "tls-ca-out": "the authority stands in --tls-ca-out",
            "access-log": "--access-log: a line a request", "drain-timeout": "--drain-timeout: what takes longer"}.items()},
    },
    "proxy faults": {
        **{name: (FAULTS, text) for name, text in {
            "to": "a server that is not there resets", "listen": "a port in use, exit code 1", "script": "--script does as --fault",
            "fault": "all of them are counted", "seed": "a seed repeats its run", "tcp": "bytes pass, a server may speak first",
            "connections": "one connection more is reset", "json": "ends it with {code}, and the report"}.items()},
        "backend": ("exit_codes.py", '("proxy", "faults", "--to", "127.0.0.1:9"), ("bench", "http"'),
    },
    "s3 ls": {"recursive": (COMMAND, "ls, prefixes and objects"), "json": (COMMAND, "ls of buckets"), **STORE},
    "s3 cp": {
        "content-type": (S3, "--content-type wins"), "metadata": (S3, "metadata, "), "payload": (HERE_NAME, "s3 cp --payload"),
        **dict.fromkeys(("part-size", "concurrency"), (TRANSFERS, "s3 cp --part-size")),
        "multipart-threshold": (TRANSFERS, "whole and in parts (--multipart-threshold)"), "replace-metadata": (TRANSFERS, "s3 cp --replace-metadata"),
        "sse-c-copy-source": (TRANSFERS, "s3 cp --sse-c-copy-source"),
        "journal": ("s3_resume_kill.py", "--journal DIR, which is made"), "no-journal": ("s3_resume_kill.py", "--no-journal leaves the upload"),
        "spool-max": (TARGETS, "stops at a limit that has a name"), "recursive": (TREES, "s3 cp --recursive copies"), **TREE,
        "json": (COMMAND, "one JSON object"), **UPLOAD, **OBJECT, **STORE,
    },
    "s3 cat": {**OBJECT, **STORE},
    "s3 rm": {"json": (HERE_NAME, "--json of s3 mb, rm, rb"), "bypass-governance": (S3, "--bypass-governance and --if-match"), "recursive": (TREES, "s3 rm --recursive removes"), **TREE, **REMOVE, **STORE},
    "s3 mb": {"json": (HERE_NAME, "--json of s3 mb, rm, rb"), **STORE},
    "s3 rb": {"json": (HERE_NAME, "--json of s3 mb, rm, rb"), "force": (S3, "s3 rb --force: all versions"), **STORE},
    "s3 stat": {"json": (S3, "stat --json has each name once"), **OBJECT, **STORE},
    "s3 probe": {"output": ("s3_probe.py", "is described"), "json": ("s3_probe.py", "probe --json"), **STORE},
    "s3 exists": {"json": (QUESTIONS, "s3 exists: yes and no"), **{name: row for name, row in OBJECT.items() if not name.startswith("if-")}, **STORE},
    "s3 health": {"json": (QUESTIONS, "s3 health: the store"), **STORE},
    "s3 presign": {"query": ("interop.py", "a presigned part belongs"), "header": ("interop.py", "the fields of a presigned URL"),
                   "method": (HERE_NAME, "presign --method"), "expires": (S3, "presign --expires"), "json": (HERE_NAME, "presign --json"),
                   **STORE},
    "s3 tag": {"json": (S3, "s3 tag get: lines"), **VERSION, "version-id": (S3, "s3 tag: of a version"), **STORE},
    "s3 sync": {"delete": (TREES, "--delete removes what"), "size-only": (TREES, "--size-only leaves"), "checksum": (TREES, "--size-only leaves"),
                "no-follow-symlinks": (TREES, "links, loops and pipes"), "part-size": (TREES, "--part-size and --concurrency"),
                "concurrency": (TREES, "--part-size and --concurrency"), "json": (TREES, "every key and size"), **TREE, **REQUESTER, **STORE},
    "s3 du": {"json": (TREES, "s3 du adds up"), **REQUESTER, **STORE},
    "s3 find": {**dict.fromkeys(("name", "larger", "smaller", "older", "newer", "json"), (TREES, "s3 du adds up")), **REQUESTER, **STORE},
    "s3 uploads": {"json": (TRANSFERS, "s3 uploads"), "abort-older": (TRANSFERS, "s3 uploads"), **REQUESTER, **STORE},
    "s3 versions": {"json": (S3, "s3 versions: each version"), **REQUESTER, **STORE},
    "s3 whoami": {"json": (S3, "s3 whoami: the source"), **STORE},
    "s3 api": {
        "query": (S3, "s3 api: --query"), "header": (S3, "s3 api: --header"), "body": (S3, "s3 api: --query and --body"),
        "output": (S3, "and --output is a file"), "json": (S3, "s3 api: --json"), **STORE,
    },
    "bench s3": {
        "concurrency": (COMMAND, "1000 uploads are 1000 connections"), "operations": (COMMAND, "1000 uploads are 1000 connections"),
        "duration": (COMMAND, "SIGINT ends a bench"), "rate": (COMMAND, "open loop keeps its rate"),
        "size": (COMMAND, "keys and bodies are those"), "objects": (COMMAND, "keys and bodies are those"),
        "pool": (HERE_NAME, "bench s3 --pool"), "mix": (COMMAND, "bench, every kind"), **dict.fromkeys(("part-size", "part-concurrency"), ("bench_loads.py", "--part-size and --part-concurrency")), "reactors": (COMMAND, "bench, two reactors"),
        "payload": (HERE_NAME, "bench s3 --payload"), "checksum": (HERE_NAME, "bench s3 --checksum"), "bucket": (COMMAND, "failures are counted"),
        "prefix": (COMMAND, "keys and bodies are those"), "seed": (COMMAND, "the same seed"), "verify": (COMMAND, "bodies verified"),
        "no-setup": (COMMAND, "failures are counted"), "cleanup": (COMMAND, "--cleanup removes"), "json": (COMMAND, "JSON in a file"),
        "spin-us": (HERE_NAME, "bench s3 --spin-us"), "beside": (BENCH_BESIDE, "both did all of the work"), "rounds": (BENCH_BESIDE, "two rounds show nothing"), **RULES,
        **dict.fromkeys(("checkpoint", "checkpoint-every"), ("bench_soak.py", "killed and resumed")),
        "shard": ("bench_shards.py", "four shards as {name} starts them"), "start-at": ("bench_shards.py", "four shards as {name} starts them"),
        "start-in": ("bench_shards.py", "--start-in waits"),
        **RAMP, "require": (LOADS, "bench s3 --require"), "fault": (FAULTS, "bench s3 --fault"), "trace": (LOADS, "bench s3 --trace: each"),
        "with-log": (LOADS, "bench s3 --with-log --with-http"), "with-http": (LOADS, "bench s3 --with-log --with-http"),
        "strict-storage": (LOADS, "bench s3 --strict-storage: too small"), "storage-memory": (LOADS, "--storage-memory: five runs"),
        "progress": ("bench_live.py", "bench s3, {title}"), "with-directory": (LOADS, "bench s3 --with-directory"), "key-choice": (LOADS, "bench s3 --key-choice zipf"),
        "pace": ("s3_pace.py", "settles near what the store takes"), "peers": (BENCH_BESIDE, "a folder of peers"), "python": (BENCH_BESIDE, "a Python without"),
        **{name: row for name, row in STORE.items() if name not in ("literal", "no-sign-request")}, "timeout": (HERE_NAME, "bench s3 --timeout"),
    },
    "bench http": {
        "concurrency": (BENCH, "as many requests as asked for"), "requests": (BENCH, "as many requests as asked for"),
        "duration": (BENCH, "a duration ends it"), "rate": (BENCH, "bench http, open loop"), "method": (BENCH, "{name}, {method}"),
        "size": (BENCH, "{name}, {method}"), "header": (BENCH, "a header goes with every request"),
        "connect-each": (BENCH, "a connection for each request"), "no-resumption": (HTTP, "full and resumed handshakes"),
        "attempts": (BENCH, "no repetition is hidden"), "timeout": (HERE_NAME, "bench http --timeout"),
        "reactors": (BENCH, "two reactors share"), "json": (BENCH, "every field of the report"), "spin-us": (BENCH, "spin_us is told"),
        **RAMP, "progress": ("bench_live.py", "bench s3, {title}"), "trace": (LOADS, "bench http --trace: each"), "require": (LOADS, "bench http --require"), "beside": (HTTP_BESIDE, "as many as it tells"), "rounds": (HTTP_BESIDE, "as many as it tells"), **RULES,
        "peers": (BENCH_BESIDE, "a folder of peers"), "python": (HTTP_BESIDE, "as many as it tells"),
        **TLS, **NET,
    },
    "bench log": {
        "records": (LOG, "names, and nothing dropped"), "repeat": (LOG, "several rounds"), "idle": (HERE_NAME, "bench log --idle"),
        "directory": (LOG, "a folder that is not there"), "peers": (LOG, "a peer that is not there"),
        "beside": (LOG, "bench log --beside --form"), "rounds": (LOG, "bench log --beside --form"), "python": (LOG, "bench log --beside --form"),
        "threads": (LOG, "bench log --beside --form"), "form": (LOG, "bench log --beside --form"), "as-peer": (LOG, "bench log --as-peer"),
        **RULES, "no-peers": (HERE_NAME, "bench log --no-peers"), "json": (LOG, "as a table, and as JSON"),
    },
    "bench service": {
        "part": (SUITE, "bench service: every part"), "bucket": (SUITE, "and the bucket"), "directory": (SUITE, "a folder that is not there"),
        "json": (SUITE, "bench service: every part"), "spin-us": (HERE_NAME, "bench s3 --spin-us"),
        **{name: row for name, row in STORE.items() if name not in ("literal", "no-sign-request")},
    },
    "suite": {
        "quick": (SUITE, "every check of the quick form"), "full": (SUITE, "the full form"), "out": (SUITE, "a file for each"),
        "duration": ("bench_soak.py", "ten seconds tick no 24 hours"),
        "json": (SUITE, "all of them as one object"), "bucket": (SUITE, "and the bucket"),
        **{name: (SUITE, "go to the commands") for name in ("endpoint", "region", "profile", "addressing", "ca-file")},
    },
    "bench config": {
        "keys": (BENCH_CONFIG, "bench config: names of figures"), "repeat": (BENCH_CONFIG, "several rounds"),
        "readers": (BENCH_CONFIG, "so many readers"), "directory": (BENCH_CONFIG, "a folder that is not there"),
        "peers": (BENCH_CONFIG, "a peer that is not there"), "python": (BENCH_CONFIG, "bench config --python"),
        "beside": (BENCH_CONFIG, "bench config --beside --load"), "rounds": (BENCH_CONFIG, "bench config --beside --load"),
        "file": (BENCH_CONFIG, "bench config --beside --load"), "load": (BENCH_CONFIG, "bench config --beside --load"),
        **RULES, "as-peer": (BENCH_CONFIG, "bench config --as-peer"), "no-peers": (BENCH_CONFIG, "bench config --no-peers"), "json": (BENCH_CONFIG, "as a table, and as JSON"),
    },
    "report": {
        "output": (REPORT, "report -o .csv"), "baseline": (REPORT, "a tenth over six rounds"), "threshold": (REPORT, "report --threshold"),
        "together": (REPORT, "report --together rounds"), "chart": (REPORT, "report --chart"), "json": (REPORT, "counts are the sums"),
    },
    "log cat": {
        "level": (CAT, "log cat, --level"), "since": (CAT, "--since and --until"), "until": (CAT, "--since and --until"),
        "where": (CAT, "log cat, --where"), "follow": (CAT, "log cat -f, added"), "json": (CAT, "text and JSON out"),
        "color": (CAT, "colours on a terminal only"),
    },
    "log ctl": {"json": ("../unit/command/log/test_log_ctl_command.c", "json status"),
                "timeout": ("../unit/command/log/test_log_ctl_command.c", "a_log_that_does_not_answer")},
    "log recover": {"json": (COMMAND, "log recover of what is no rings")},
    "config check": {"strict": (CONFIG, "config check --strict"), "json": (CONFIG, "config check --json: how many"), **SOURCES},
    "config show": {"json": (CONFIG, "config show --json: numbers"), "path": (CONFIG, "config show --path: a part"),
                    "env": (CONFIG, "config show --env: what comes"), **SOURCES},
    "config get": {"json": (CONFIG, "config get --json: scalars"), "reveal": (CONFIG, "config get --reveal"), **SOURCES},
    "config diff": {"json": (CONFIG, "config diff --json: the same"), **SOURCES},
    "config schema": {"schema": (CONFIG, "config schema --format"), "format": (CONFIG, "config schema --format"),
                      "prefix": (CONFIG, "config schema --format"), "schema-file": (CONFIG, "config schema --schema-file"),
                      "output": (CONFIG, "config schema --schema-file")},
    "doctor": {"json": (COMMAND, "doctor --json")}, "man": {}, "completion": {},
}
TABLE = {command: {**rows, **COMMON} for command, rows in TABLE.items()}


def run(*arguments, **options):
    options.setdefault("timeout", 120)
    options.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run([HEADRACE, *arguments], capture_output=True, check=False, env=PLAIN, **options)


def listed():
    """Commands and their options with other names, by their help."""
    overview = run("--help").stdout.decode()
    commands = re.findall(r"^  ([a-z0-9]+(?: [a-z0-9]+)?) {2,}\S", overview, flags=re.M)
    commands.remove("help")
    options = {}
    for command in commands:
        text = run(*command.split(), "--help").stdout.decode()
        options[command] = {match[2]: match[1] for match in re.finditer(r"^  (?:-(.), )?--([a-z0-9.-]+)", text, flags=re.M)}
    return options


def check_table():
    options = listed()
    with stores.case("options: the help names the commands of the table"):
        assert set(options) == set(TABLE), set(options) ^ set(TABLE)
    for command, names in options.items():
        with stores.case(f"options: each of {command} has a test of its effect"):
            missing, gone = set(names) - set(TABLE.get(command, {})), set(TABLE.get(command, {})) - set(names)
            assert len(names) > 0 and not missing and not gone, {"without a test": missing, "gone": gone}
    with stores.case("options: the tests that the table names are there, and give the option"):
        texts, wrong = {}, []
        for command, rows in TABLE.items():
            for option, (name, part) in rows.items():
                path = os.path.normpath(os.path.join(HERE, name))
                texts.setdefault(path, open(path, encoding="utf-8").read())
                letter = options.get(command, {}).get(option)
                named = re.search(rf"--{re.escape(option)}\b", texts[path]) or (letter and re.search(rf"[\" ]-\w*{letter}", texts[path]))
                # The table itself names each part once: of this file it must stand there twice.
                count = texts[path].count(part)
                if count < (2 if name == HERE_NAME else 1) or not named:
                    wrong.append((command, option, name, part))
        assert not wrong, wrong
    assert glob.glob(os.path.join(TESTS, "unit/command/*/*.c"))


class Peer:
    """Answers each request on its connections with what `reply` makes of its head, and keeps the heads."""

    def __init__(self, reply):
        self.reply, self.seen = reply, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.url = f"http://{self.address}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self.serve, args=(self.listener.accept()[0],), daemon=True).start()

    def serve(self, peer):
        with contextlib.suppress(OSError, ValueError), peer, peer.makefile("rb") as stream:
            while True:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    line = stream.readline()
                    if not line:
                        return
                    head += line
                if b"Expect: 100-continue" in head:
                    peer.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                size = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
                stream.read(int(size[1]) if size else 0)
                self.seen.append(head)
                answer = self.reply(head)
                if answer is None:  # says nothing until the client has gone
                    stream.readline()
                    return
                peer.sendall(answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


def page(body=b"page", fields=b""):
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%s\r\n%s" % (len(body), fields, body)


def check_http(folder):
    with Peer(lambda _: page()) as peer:
        with stores.case("http -q and -g, --http1.1, -N: nothing changes"):
            for options in ((), ("-q",), ("--disable",), ("-g",), ("--globoff",), ("-N",), ("--no-buffer",), ("--http1.1",)):
                peer.seen.clear()
                assert run("http", *options, peer.url + "/a[1]{2}").stdout == b"page", options
                assert peer.seen[0].startswith(b"GET /a[1]{2} HTTP/1.1\r\n"), peer.seen
        with stores.case("http --remote-name-all: each URL's own name"):
            done = run("http", "--remote-name-all", peer.url + "/one", peer.url + "/two", cwd=folder)
            assert done.returncode == 0 and done.stdout == b"", done
            assert all(open(os.path.join(folder, name), "rb").read() == b"page" for name in ("one", "two"))
        with stores.case("http --no-progress-meter: no progress, messages all the same"):
            done = run("http", "--no-progress-meter", peer.url + "/x", "http://127.0.0.1:1/")
            assert done.returncode == 1 and done.stdout == b"page" and b"ECONNREFUSED" in done.stderr, done
    with Peer(lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf") as peer, stores.case("http --stall-timeout"):
        done = run("http", "--stall-timeout", "200ms", peer.url)
        assert done.returncode == 1 and b"HR_ERR_STALL_TIMEOUT" in done.stderr, done
    bare = b"HTTP/1.1 200 OK\nContent-Length: 4\n\npage"
    with Peer(lambda _: bare) as peer, stores.case("http, s3 and bench http --lenient: bare line feeds"):
        assert run("http", peer.url).returncode == 1
        assert run("http", "--lenient", peer.url).stdout == b"page"
        s3 = ("s3", "cat", "--endpoint", peer.url, "--attempts", "1", *KEYS, "s3://bucket/key")
        assert run(*s3).returncode == 1 and run(*s3, "--lenient").stdout == b"page"
        bench = ("bench", "http", "--requests", "5", "-c", "1", peer.url)
        assert run(*bench).returncode == 1 and run(*bench, "--lenient").returncode == 0
    with Peer(lambda _: None) as peer, stores.case("bench http --timeout"):
        done = run("bench", "http", "--timeout", "200ms", "--requests", "1", "-c", "1", peer.url)
        assert done.returncode == 1 and b"time" in done.stderr, done


def check_s3(folder):
    with Peer(lambda _: b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n") as peer, stores.case("s3 --attempts: so many requests"):
        for attempts in (1, 2, 3):
            peer.seen.clear()
            done = run("s3", "stat", "--attempts", str(attempts), "--endpoint", peer.url, *KEYS, "s3://bucket/key")
            assert done.returncode == 1 and len(peer.seen) == attempts, (attempts, len(peer.seen), done)
    with Peer(lambda _: page(fields=b"ETag: \"x\"\r\n")) as peer:
        port = peer.address.split(":")[1]
        with stores.case("s3 --addressing: the bucket's name in the path or in the host"):
            for style, first, host in (("path", b"GET /bucket/key ", b"store.test"), ("virtual", b"GET /key ", b"bucket.store.test")):
                peer.seen.clear()
                done = run("s3", "cat", "--addressing", style, "--endpoint", f"http://store.test:{port}", "--resolve",
                           "*.store.test:*:127.0.0.1", "--resolve", "store.test:*:127.0.0.1", *KEYS, "s3://bucket/key")
                assert done.stdout == b"page", done
                assert peer.seen[0].startswith(first) and b"\r\nHost: " + host + b":" in peer.seen[0], peer.seen
        with stores.case("s3 cp --payload: what the signature says of the body"):
            path = os.path.join(folder, "payload")
            with open(path, "wb") as file:
                file.write(b"hello")
            sha256 = b"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
            for mode, wanted in (("signed", sha256), ("unsigned", b"UNSIGNED-PAYLOAD"), ("auto", sha256)):
                peer.seen.clear()
                run("s3", "cp", "--payload", mode, "--endpoint", peer.url, *KEYS, path, "s3://bucket/key")
                assert re.search(rb"(?i)x-amz-content-sha256: " + wanted + rb"\r\n", peer.seen[0]), (mode, peer.seen)
    with stores.case("s3 presign --method: another signature, the same URL"):
        urls = {method: run("s3", "presign", "--method", method, "--endpoint", "http://127.0.0.1:9", *KEYS, "s3://bucket/key").stdout
                for method in ("GET", "PUT", "HEAD", "DELETE")}
        assert len({re.search(rb"X-Amz-Signature=(\w+)", url)[1] for url in urls.values()}) == 4, urls
    with stores.case("s3 presign --json: the URL in an object"):
        done = run("s3", "presign", "--json", "--endpoint", "http://127.0.0.1:9", *KEYS, "s3://bucket/key")
        assert json.loads(done.stdout)["url"].startswith("http://127.0.0.1:9/bucket/key?"), done


def check_store():
    with stores.embedded() as store:
        with stores.case("--json of s3 mb, rm, rb: one object each"):
            for line, name in ((("mb", "s3://effects"), "created"), (("rm", "s3://effects/none"), "removed"),
                               (("rb", "s3://effects"), "removed")):
                done = store.headrace("s3", line[0], "--json", line[1])
                found = json.loads(done.stdout)
                assert found.pop(name) == line[1] and set(found) <= {"version_id", "delete_marker"}, done
        bench = ("bench", "s3", "--endpoint", store.endpoint, "--operations", "40", "--concurrency", "8", "--size", "1KiB", "--json", "-")
        with stores.case("bench s3 --pool: fewer connections than operations at once"):
            report = json.loads(store.headrace(*bench, "--pool", "2").stdout)
            assert re.search(r'"pool\w*": 2\b', json.dumps(report)) and '"connections_peak": 2' in json.dumps(report), report
        with stores.case("bench s3 --payload: told as asked for"):
            texts = {mode: store.headrace(*bench, "--payload", mode).stdout for mode in ("signed", "unsigned")}
            payloads = {mode: re.search(rb'"payload(?:_signed)?": ?("?\w+"?)', text)[1] for mode, text in texts.items()}
            assert payloads["signed"] != payloads["unsigned"], payloads
        with stores.case("bench s3 --checksum: the objects have it"):
            for algorithm, name in (("none", None), ("sha1", "ChecksumSHA1"), ("crc64nvme", "ChecksumCRC64NVME")):
                assert store.headrace(*bench, "--checksum", algorithm, "--prefix", algorithm).returncode == 0
                key = store.boto3().list_objects_v2(Bucket="headrace-bench", Prefix=algorithm)["Contents"][0]["Key"]
                head = store.boto3().head_object(Bucket="headrace-bench", Key=key, ChecksumMode="ENABLED")
                found = [member for member in head if member.startswith("Checksum") and member != "ChecksumType"]
                assert found == ([name] if name else []), (algorithm, found)
        with stores.case("bench s3 --spin-us: told as asked for"):
            assert b'"spin_us":7' in store.headrace(*bench, "--spin-us", "7").stdout.replace(b" ", b"")
    with Peer(lambda _: None) as peer, stores.case("bench s3 --timeout"):
        done = run("bench", "s3", "--timeout", "200ms", "--endpoint", peer.url, *KEYS, "--operations", "1", "--attempts", "1")
        assert done.returncode == 1 and len(peer.seen) >= 1, done
    with stores.embedded("--domain", "unit.test") as store, stores.case("serve s3 --domain: the bucket's name in the host"):
        where = ("--endpoint", f"http://unit.test:{store.port}", "--resolve", "*.unit.test:*:127.0.0.1", "--resolve",
                 "unit.test:*:127.0.0.1", "--addressing", "virtual")
        assert store.headrace("s3", "mb", *where, "s3://named").returncode == 0
        assert b"s3://named" in store.headrace("s3", "ls").stdout
    with stores.embedded("--session-token", "the-token") as store:
        with stores.case("serve s3 --session-token: requests with it alone"):
            said = {token: store.headrace("s3", "ls", AWS_SESSION_TOKEN=token) for token in ("the-token", "another", "")}
            assert said["the-token"].returncode == 0, said
            assert b"InvalidToken" in said["another"].stderr and b"InvalidAccessKeyId" in said[""].stderr, said
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(os.path.join(folder, "first-bucket", "a", "b"))
        os.makedirs(os.path.join(folder, "second"))
        for path, text in (("first-bucket/a/b/deep ü.txt", b"deep"), ("first-bucket/top", b"")):
            with open(os.path.join(folder, path), "wb") as file:
                file.write(text)
        with stores.embedded("--preload", folder + "/") as store, stores.case("serve s3 --preload: a folder's files are there"):
            assert store.headrace("s3", "cat", "s3://first-bucket/a/b/deep ü.txt").stdout == b"deep"
            assert store.headrace("s3", "ls", "--recursive", "s3://first-bucket/").stdout.count(b"\n") == 2
            assert b"s3://second" in store.headrace("s3", "ls").stdout
        with stores.case("serve s3 --preload: a file in no bucket is refused by name"):
            with open(os.path.join(folder, "stray"), "wb"):
                pass
            done = run("serve", "s3", "--listen", "127.0.0.1:0", "--preload", folder)
            assert done.returncode != 0 and b"stray" in done.stderr, done
    with stores.case("serve s3 --faults, --fault-seed: as often as asked for, and the same again"):
        said = []
        for seed in ("7", "7", "8"):
            with stores.embedded("--faults", "SlowDown=0.3,InternalError=0.2", "--fault-seed", seed) as store:
                one = store.boto3()
                codes = []
                for _ in range(60):
                    try:
                        one.list_buckets()
                        codes.append("")
                    except Exception as problem:  # any that the table names
                        codes.append(problem.response["Error"]["Code"])
                said.append(codes)
        assert said[0] == said[1] != said[2] and set(said[0]) == {"", "SlowDown", "InternalError"}, said[0]
        done = run("serve", "s3", "--listen", "127.0.0.1:0", "--faults", "SlowDown=2")
        assert done.returncode != 0 and b"SlowDown=2" in done.stderr, done
    with stores.embedded("--limit", "100KiB") as store, stores.case("serve s3 --limit: what is more is refused by name"):
        assert store.headrace("s3", "mb", "s3://small").returncode == 0
        done = store.headrace("s3", "cp", "-", "s3://small/key", data=bytes(200 << 10))
        assert done.returncode == 1 and b"InsufficientStorage" in done.stderr, done
        assert store.headrace("s3", "cp", "-", "s3://small/key", data=bytes(10 << 10)).returncode == 0
    with stores.embedded("--reactors", "3", "--store", "memory") as store:
        with stores.case("serve s3 --reactors: a thread each"):
            names = [open(path).read().strip() for path in glob.glob(f"/proc/{store.process.pid}/task/*/comm")]
            with stores.embedded("--reactors", "1") as one:
                single = len(glob.glob(f"/proc/{one.process.pid}/task/*"))
            assert len(names) == single + 2, (names, single)
        with stores.case("serve s3 --store memory: gone with the server"):
            assert store.headrace("s3", "mb", "s3://gone").returncode == 0
            with stores.embedded("--store", "memory") as other:
                assert other.headrace("s3", "ls").stdout == b"", "another one has none of it"
    check_store_folder()
    with stores.case("serve s3 --json: one object says where, and who may"):
        process = subprocess.Popen([HEADRACE, "serve", "s3", "--listen", "127.0.0.1:0", "--json"], stdout=subprocess.PIPE, env=PLAIN)
        said = json.loads(process.stdout.readline())
        process.terminate()
        assert process.wait(timeout=60) == 0 and said["pid"] == process.pid, said
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", said["endpoint"]) and len(said["secret_key"]) == 40, said


def put(store, key, size=10):
    return store.headrace("s3", "cp", "-", f"s3://bucket/{key}", data=bytes(size))


def flip(folder, at):
    """Another bit in the one file of a store."""
    (path,) = glob.glob(os.path.join(folder, "objects", "*", "*.obj"))
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1]))


def syncs_of(store, key):
    """How often the server asks for the medium while it takes an object."""
    with tempfile.NamedTemporaryFile() as trace:
        tracer = subprocess.Popen(["strace", "-f", "-e", "trace=fsync,fdatasync", "-o", trace.name, "-p", str(store.process.pid)],
                                  stderr=subprocess.PIPE)
        tracer.stderr.readline()  # attached
        done = put(store, key)
        tracer.terminate()
        tracer.wait()
        assert done.returncode == 0, done
        return trace.read().decode().count("sync(")


def check_store_folder():
    with tempfile.TemporaryDirectory() as top:
        folder = os.path.join(top, "store")
        with stores.case("serve s3 --store FOLDER: there again at the next start, and for one process alone"):
            with stores.embedded("--store", folder) as store:
                assert store.headrace("s3", "mb", "s3://bucket").returncode == 0 and put(store, "key", 100).returncode == 0
                done = run("serve", "s3", "--listen", "127.0.0.1:0", "--store", folder)
                assert done.returncode == 1 and str(store.process.pid).encode() in done.stderr, done
            with stores.embedded("--store", folder) as store:
                assert store.headrace("s3", "cat", "s3://bucket/key").stdout == bytes(100)
        with stores.case("serve s3 --scrub full: finds bytes that have changed, and records does not"):
            flip(folder, 0)
            with stores.embedded("--store", folder, "--scrub", "records") as store:
                assert store.headrace("s3", "ls", "s3://bucket").stdout.endswith(b"key\n")
            with stores.embedded("--store", folder, "--scrub", "full") as store:
                assert store.headrace("s3", "ls", "s3://bucket").stdout == b""
            assert len(os.listdir(os.path.join(folder, "damaged"))) == 1
        with stores.embedded("--store", folder) as store, stores.embedded("--store", folder + "2", "--fsync") as careful, \
                stores.case("serve s3 --fsync: record and folder are on the medium before the answer"):
            assert careful.headrace("s3", "mb", "s3://bucket").returncode == 0
            asked = syncs_of(store, "k"), syncs_of(careful, "k")
            assert asked[0] == 0 and asked[1] >= 2, asked
            assert store.headrace("s3", "rm", "s3://bucket/k").returncode == 0
        with stores.embedded("--store", folder, "--limit-objects", "2") as store, stores.case("serve s3 --limit-objects: one more is refused"):
            assert put(store, "a").returncode == 0 and put(store, "b").returncode == 0
            done = put(store, "c")
            assert done.returncode == 1 and b"InsufficientStorage" in done.stderr, done
            assert store.headrace("s3", "rm", "s3://bucket/a").returncode == 0 and put(store, "c").returncode == 0


def check_bench_log():
    common = ("bench", "log", "--records", "10000", "--repeat", "1", "--json", "-")
    with stores.case("bench log --no-peers: this library alone; bench log --idle: watched so long"):
        began = time.monotonic()
        report = run(*common, "--no-peers", "--idle", "2s").stdout.decode()
        assert time.monotonic() - began >= 2 and "idle_cpu_percent" in json.loads(report), report
        assert not re.search(r'"(spdlog|python)[^"]*": ?\{', report), report


def main():
    if not os.access(HEADRACE, os.X_OK):
        stores.fail("options", f"the command is not built: {HEADRACE}")
        stores.finish()
    check_table()
    with tempfile.TemporaryDirectory() as folder:
        check_http(folder)
        check_s3(folder)
    check_store()
    check_bench_log()
    stores.finish()


if __name__ == "__main__":
    main()
