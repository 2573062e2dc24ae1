"""Where secrets of credentials are in memory: a service (tests/support/credentials_holder.c) gets them from each of AWS's sources, and its
memory is searched while it works, when its client is closed, and in a core of it; and none is in anything that the command prints."""
import array
import contextlib
import hashlib
import http.server
import json
import os
import random
import re
import resource
import signal
import ssl
import string
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
import stores  # noqa: E402
from stores import case  # noqa: E402

HOLDER = os.path.join(os.path.dirname(stores.HEADRACE), "../tests/credentials_holder")
PATIENCE_S = 60
REACTORS = 2
MAPPING_MAX = 1 << 29  # larger ones are a sanitizer's shadow
NEEDLE = 16
PAGE = os.sysconf("SC_PAGESIZE")
CHANCE = random.SystemRandom()
KEYS = ("secret key", "session token")
COPIES_MAX = 1 + 2 * REACTORS  # what is published; of each reactor a copy of that, and its signer's


class Secrets:
    """All that was given out: (what, which one of its kind, text)."""

    def __init__(self):
        self.all, self.lock = [], threading.Lock()

    def make(self, what, size=40):
        text = "".join(CHANCE.choices(string.ascii_letters, k=size))
        with self.lock:
            number = 1 + sum(1 for one in self.all if one[0] == what)
            self.all.append((what, number, text))
        return text

    def newest(self, what):
        return max((one for one in self.all if one[0] == what), key=lambda one: one[1], default=None)


def document(secrets, names):
    """Of new keys, with the members called so."""
    access, secret, token, expiration = names
    return {secret: secrets.make("secret key"), access: "AKIA" + str(CHANCE.randrange(10**12)), token: secrets.make("session token", 700),
            expiration: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))}


# What becomes of an answer with credentials: (status, text). A secret is in each of them.
LIES = {
    "true": lambda text: (200, text),
    "cut": lambda text: (200, text[:-30]),
    "followed by more": lambda text: (200, text + "}<"),
    "refused": lambda text: (403, text),
    "without a head": lambda text: (0, text),
}


def sts_answer(secrets, action):
    made = document(secrets, ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"))
    members = "".join(f"<{name}>{text}</{name}>" for name, text in made.items())
    return (f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result><Credentials>{members}</Credentials>'
            f"<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/r/s</Arn><AssumedRoleId>R:s</AssumedRoleId></AssumedRoleUser>"
            f"</{action}Result></{action}Response>")


def handler(world):
    """IMDS, a container's service, STS, single sign-on and a store in one; answers come in two pieces."""
    secrets, seen = world.secrets, world.seen

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_):
            pass

        def store(self, path):
            """Refuses the first credentials that it sees where the key is called so; a refusal quotes the request, as S3's does."""
            token = self.headers.get("x-amz-security-token", "") if self.server is world.plain else ""  # else OpenSSL has a copy
            quoted = f"<CanonicalRequest>x-amz-security-token:{token}</CanonicalRequest><Token-0>{token}</Token-0>"
            if path.endswith("/refused"):
                return 403, f"<Error><Code>SignatureDoesNotMatch</Code><Message>m</Message>{quoted}</Error>"
            key = self.headers["authorization"].partition("Credential=")[2].partition("/")[0]
            seen.setdefault("first", key)
            if path.endswith("/expired") and key == seen["first"]:
                return 400, f"<Error><Code>ExpiredToken</Code><Message>m</Message>{quoted}</Error>"
            return 200, "body" if self.command == "GET" else ""

        def answer(self, path, body):
            if path == "/latest/api/token":
                return world.status_of_token, secrets.make("metadata token")
            if path.startswith("/latest/meta-data/iam/security-credentials/"):
                made = dict(document(secrets, ("AccessKeyId", "SecretAccessKey", "Token", "Expiration")), Code="Success") if path[-1] != "/" else 0
                return world.lie(json.dumps(made)) if made else (200, "role")
            if path == "/container":
                return world.lie(json.dumps(document(secrets, ("AccessKeyId", "SecretAccessKey", "Token", "Expiration"))))
            if path == "/federation/credentials":
                made = document(secrets, ("accessKeyId", "secretAccessKey", "sessionToken", "expiration"))
                return world.lie(json.dumps({"roleCredentials": dict(made, expiration=int(time.time() + 3600) * 1000)}))
            if body.startswith("Action="):
                return world.lie(sts_answer(secrets, dict(urllib.parse.parse_qsl(body))["Action"]))
            return self.store(path)

        def do(self):
            body = self.rfile.read(int(self.headers.get("content-length", 0))).decode(errors="replace")
            status, text = self.answer(self.path.partition("?")[0], body)
            data = text.encode()
            if status == 0:
                self.wfile.write(data)
                self.close_connection = True
                return
            self.send_response_only(status)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("ETag", '"e"')
            self.send_header("x-amz-request-id", "1")
            self.end_headers()
            for piece in (data[:len(data) // 2], data[len(data) // 2:]):
                self.wfile.write(piece)
                self.wfile.flush()

        do_GET = do_PUT = do_POST = do
    return Handler


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


class World:
    """The fakes, plain and over TLS, a home with AWS's files, and the environment that leads there."""

    def __init__(self, pki, folder, lie="true"):
        self.secrets, self.seen, self.home, self.answers, self.lie = Secrets(), {}, folder, lie, LIES[lie]
        self.status_of_token = 0 if lie == "without a head" else 200
        made = handler(self)
        self.plain, self.tls = Server(("127.0.0.1", 0), made), Server(("127.0.0.1", 0), made)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pki.certificate, pki.key)
        self.tls.socket = context.wrap_socket(self.tls.socket, server_side=True)
        for server in (self.plain, self.tls):
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        self.http = f"http://127.0.0.1:{self.plain.server_address[1]}"
        self.https = f"https://127.0.0.1:{self.tls.server_address[1]}"
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": folder, "AWS_REGION": "us-east-1", "AWS_CA_BUNDLE": pki.ca, "S3_ENDPOINT_URL": self.http,
            "AWS_ENDPOINT_URL_STS": self.https, "AWS_ENDPOINT_URL_SSO": self.https, "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": self.path("config"), "AWS_SHARED_CREDENTIALS_FILE": self.path("credentials")}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "HEADRACE_BACKEND"):
            if name in os.environ:
                self.environment[name] = os.environ[name]
        if "ASAN_OPTIONS" in os.environ:
            self.environment["ASAN_OPTIONS"] += ":disable_coredump=0"

    def path(self, name):
        return os.path.join(self.home, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def close(self):
        for server in (self.plain, self.tls):
            server.shutdown()
            server.server_close()


# ---- Sources: each sets the world up; what it returns is done before the credentials are renewed.

def keys_text(secrets, section):
    return (f"[{section}]\naws_access_key_id = AKIA{CHANCE.randrange(10**12)}\naws_secret_access_key = {secrets.make('secret key')}\n"
            f"aws_session_token = {secrets.make('session token', 700)}\n")


def environment(world):
    world.environment.update(AWS_ACCESS_KEY_ID="AKIA1", AWS_SECRET_ACCESS_KEY=world.secrets.make("secret key"),
                             AWS_SESSION_TOKEN=world.secrets.make("session token", 700))


def file_of(name):
    def source(world):
        def write():
            text = keys_text(world.secrets, "default")
            status, lied = world.lie(text)
            world.write(name, lied if status == 200 else text.replace("aws_secret_access_key = ", ""))
        write()
        return write
    return source


def process(world):
    """Prints what a file has, to both of its outputs."""
    def write():
        made = document(world.secrets, ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"))
        status, text = world.lie(json.dumps(dict(made, Version=1), indent=4))
        world.write("printed", text)
        world.write("print", f"cat {world.path('printed')}\ncat {world.path('printed')} >&2\nexit {status != 200:d}\n")
    write()
    world.write("config", f"[default]\ncredential_process = sh {world.path('print')}\n")
    return write


def container(world):
    path = world.write("container-token", world.secrets.make("authorization token"))
    world.environment.update(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{world.http}/container", AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=path)


def instance(world):
    world.environment.update(AWS_EC2_METADATA_DISABLED="false", AWS_EC2_METADATA_SERVICE_ENDPOINT=world.http)


def web_identity(world):
    path = world.write("web-token", world.secrets.make("web identity token", 900))
    world.environment.update(AWS_WEB_IDENTITY_TOKEN_FILE=path, AWS_ROLE_ARN="arn:aws:iam::123456789012:role/r", S3_ENDPOINT_URL=world.https)


def role(world):
    text = keys_text(world.secrets, "profile source")
    world.secrets.all = [("source's " + what, number, secret) for what, number, secret in world.secrets.all]
    world.write("config", f"[default]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = source\n{text}")


def single_sign_on(world):
    token = {"accessToken": world.secrets.make("access token", 300), "expiresAt": "2099-01-01T00:00:00Z"}
    world.write(f".aws/sso/cache/{hashlib.sha1(b's').hexdigest()}.json", json.dumps(token))
    world.write("config", "[default]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = r\n"
                          "[sso-session s]\nsso_start_url = https://s.test\nsso_region = us-east-1\n")
    world.environment["S3_ENDPOINT_URL"] = world.https


SOURCES = {"environment": environment, "credentials file": file_of("credentials"), "config file": file_of("config"), "process": process,
           "container": container, "IMDS": instance, "web identity": web_identity, "role": role, "SSO": single_sign_on}


# ---- Looking.

def mappings(pid):
    with open(f"/proc/{pid}/maps", encoding="utf-8") as file:
        for line in file:
            fields = line.split(maxsplit=5)
            begin, end = (int(text, 16) for text in fields[0].split("-"))
            if fields[1].startswith("rw") and end - begin <= MAPPING_MAX:
                yield begin, end, fields[5].strip() if len(fields) > 5 else hex(begin)


def runs(pagemap, begin, end):
    """(begin, end) of pages that were ever touched: a sanitizer maps far more."""
    flags = array.array("Q", os.pread(pagemap.fileno(), (end - begin) // PAGE * 8, begin // PAGE * 8))
    first = None
    for index, page in enumerate(flags):
        if page >> 62 and first is None:
            first = index
        elif not page >> 62 and first is not None:
            yield begin + first * PAGE, begin + index * PAGE
            first = None
    if first is not None:
        yield begin + first * PAGE, end


def memory_of(pid):
    """[(place, bytes)] of what it can write to."""
    found = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory, open(f"/proc/{pid}/pagemap", "rb", buffering=0) as pagemap:
        for begin, end, name in mappings(pid):
            for at, until in runs(pagemap, begin, end):
                data = bytearray()
                with contextlib.suppress(OSError):
                    while at < until and (piece := os.pread(memory.fileno(), min(until - at, 1 << 24), at)):
                        data += piece
                        at += len(piece)
                found.append((name, bytes(data)))
    return found


def needles(secret):
    """Stretches of it: a freed block loses its first bytes to the heap."""
    return [secret[at:at + NEEDLE].encode() for at in (0, len(secret) // 2, len(secret) - NEEDLE)]


def places(data, needle):
    at = data.find(needle)
    while at >= 0:
        yield at
        at = data.find(needle, at + 1)


def of_environment(data, begin):
    """The environment as the system gave it, and a sanitizer's copy of that."""
    return data[max(0, begin - 4):begin] == b"KEY=" or data[max(0, begin - 6):begin] == b"TOKEN="


def copies(memory, secret):
    """Where it is, by the stretch that is found most; with what stands before it, but not itself."""
    best = []
    for needle in needles(secret):
        offset = secret.index(needle.decode())
        found = [f"{place}: …{data[max(0, at - 40):at]!r}" for place, data in memory for at in places(data, needle)
                 if not of_environment(data, at - offset)]
        best = max(best, found, key=len)
    return best


def memory_begin(core):
    """Where the memory begins in a core. Before it stand the registers, and vector registers keep what was copied last."""
    table, size, count = struct.unpack_from("<Q", core, 32)[0], *struct.unpack_from("<HH", core, 54)
    parts = [struct.unpack_from("<I4xQ", core, table + size * number) for number in range(count)]
    return min(offset for kind, offset in parts if kind == 1)


class Holder:
    def __init__(self, world):
        self.world, self.said = world, []
        self.process = subprocess.Popen([HOLDER, "bucket"], env=world.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, cwd=world.home, text=True, preexec_fn=allow_core)

    def until(self, mark):
        for line in self.process.stdout:
            self.said.append(line)
            if line.strip() == mark:
                return
        raise AssertionError(f"no {mark}: {self.said}")

    def go_on(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self):
        self.go_on()
        self.said += self.process.stdout.readlines()
        assert self.process.wait(PATIENCE_S) == 0, (self.process.returncode, self.said)

    def core(self):
        """[(place, bytes)] of a core that the kernel writes; None: this system writes none beside the process."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(PATIENCE_S)
        for name in os.listdir(self.world.home):
            if name.startswith("core"):
                with open(self.world.path(name), "rb") as file:
                    data = file.read()
                return [("core", data[memory_begin(data):])]
        return None

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def allow_core():
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


# ---- What may be where.

def allowed(world, source, mark, secret):
    """How many copies: what is in use, while the client lives; and the settings' copy of a variable."""
    if mark in ("closed", "gone") or secret[0] not in KEYS or secret != world.secrets.newest(secret[0]):
        return 0
    return COPIES_MAX + (source == "environment")


def compare(world, source, mark, memory):
    for secret in world.secrets.all:
        found, most = copies(memory, secret[2]), allowed(world, source, mark, secret)
        assert len(found) <= most, f"{mark}: {secret[0]} {secret[1]} stands in {len(found)} places, not {most}: {found}"
        if mark == "live" and secret[0] in KEYS:
            assert found, f"the search finds no {secret[0]}"


def check_memory(pki, source):
    with world_of(pki, source) as (world, renew), contextlib.closing(Holder(world)) as holder:
        for mark in ("live", "renewed", "closed", "gone"):
            holder.until(mark)
            compare(world, source, mark, memory_of(holder.process.pid))
            if mark == "live" and renew:
                renew()
            if mark != "gone":
                holder.go_on()
        holder.end()
        errors = [line for line in holder.said if line.startswith("error")]
        assert source == "environment" or not errors, errors  # whose keys are not renewed
        with open(world.path("log"), encoding="utf-8") as log:
            lines = log.read()
        assert "operation=GetObject" in lines, lines
        no_secret(world, "".join(holder.said) + lines)


def check_core(pki, source, until):
    with world_of(pki, source) as (world, _), contextlib.closing(Holder(world)) as holder:
        for mark in ("live", "renewed", "closed"):
            holder.until(mark)
            if mark == until:
                break
            holder.go_on()
        core = holder.core()
        if core:
            compare(world, source, until, core)
        return core is not None


def no_secret(world, text):
    for what, number, secret in world.secrets.all:
        assert not any(needle.decode() in text for needle in needles(secret)), f"{what} {number} in {text!r}"


@contextlib.contextmanager
def world_of(pki, source, lie="true"):
    with tempfile.TemporaryDirectory() as home:
        world = World(pki, home, lie)
        try:
            yield world, SOURCES[source](world)
        finally:
            world.close()


# ---- What the command says.

COMMANDS = (["s3", "stat", "s3://bucket/key"], ["s3", "stat", "--json", "s3://bucket/refused"], ["s3", "ls", "s3://bucket"], ["s3", "whoami"],
            ["s3", "whoami", "--json"], ["s3", "api", "GET", "/bucket/refused"])


def stacks(pid):
    """Of each thread of a process that does not end, the functions from the innermost one."""
    done = subprocess.run(["gdb", "-batch", "-p", str(pid), "-ex", "thread apply all bt 9"], capture_output=True, text=True, check=False)
    threads = done.stdout.split("\nThread ")[1:]
    return " | ".join(" < ".join(re.findall(r"^#\d+ +(?:0x\w+ in )?(\S+)", thread, re.MULTILINE)) for thread in threads)


def said(world, arguments):
    with subprocess.Popen([stores.HEADRACE, *arguments], env=world.environment, cwd=world.home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as process:
        try:
            return process.communicate(timeout=PATIENCE_S)[0].decode(errors="replace")
        except subprocess.TimeoutExpired:
            where = stacks(process.pid)
            process.kill()
            raise AssertionError(f"{' '.join(arguments)} (answers: {world.answers}) has not ended after {PATIENCE_S} s: {where}") from None


def check_command(pki, source, lie):
    commands = COMMANDS if lie == "true" else COMMANDS[:1] + COMMANDS[3:4]
    with world_of(pki, source, lie) as (world, _):
        for arguments in commands:
            text = said(world, arguments)
            no_secret(world, text)
        assert world.secrets.all


def bench(pki, source):
    with world_of(pki, source) as (world, _):
        report = world.path("report")
        text = said(world, ["bench", "s3", "--endpoint", world.environment["S3_ENDPOINT_URL"], "--operations", "8", "--mix", "get=1", "--no-setup",
                            "--json", report])
        with open(report, encoding="utf-8") as file:
            no_secret(world, text + file.read())


def main():
    if not os.access(HOLDER, os.X_OK):
        stores.fail("secrets in memory", f"{HOLDER} is not built")
        return
    from webs import Pki
    with tempfile.TemporaryDirectory() as folder:
        pki = Pki(folder)
        for source in SOURCES:
            with case(f"{source}: secrets are where they have to be while the client lives, and nowhere when it is gone"):
                check_memory(pki, source)
            with case(f"{source}: the command says no secret"):
                for lie in LIES:
                    check_command(pki, source, lie)
        for source in ("process", "IMDS", "SSO"):
            with case(f"{source}: nor does a report of bench"):
                bench(pki, source)
            for mark in ("live", "closed"):
                name = f"{source}: a core that is written when the client is {mark} has no more"
                try:
                    written = check_core(pki, source, mark)
                except AssertionError as problem:
                    stores.fail(name, problem)
                    continue
                if written:
                    stores.ok(name)
                else:
                    print("  the kernel writes no core beside the process: its memory alone was searched", flush=True)


main()
stores.finish()
