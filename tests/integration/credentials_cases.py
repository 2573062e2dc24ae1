"""The cases of aws-credentials and aws-config against AWS's providers: each row is a process (tests/support/credentials_driver.c) with the
row's environment and files, and listeners on loopback that answer as the row says.

usage: credentials_cases.py [NAME]  (only the rows whose name has it)"""
import base64
import datetime
import glob
import http.server
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
import stores  # noqa: E402

DRIVER = os.path.join(os.path.dirname(stores.HEADRACE), "../tests/credentials_driver")
CASES = os.environ.get("HR_CASES", os.path.join(HERE, "../../../shared/cases"))
PATIENCE_S = 90
ASKED_MAX = 10
# Rows of aws-config that come out otherwise on purpose.
OTHERWISE = {
    "credential_process": "has a pipe, which needs a shell; as botocore, there is none",
    "credential_process_account_id_fallback": "the same",
}
LATER_S = 7231356211


class Script:
    """The exchanges of a row, answered in their order, over any of its listeners."""

    def __init__(self, exchanges):
        self.exchanges, self.at, self.asked = exchanges, 0, 0
        self.wrong, self.lock = [], threading.Lock()

    def answer(self, request):
        with self.lock:
            self.asked += 1
            if self.asked > ASKED_MAX:
                self.wrong.append("asked more than ten times")
                return None
            if self.at > 0 and self.exchanges[self.at - 1].get("repeat") and \
                    not difference(request, self.exchanges[self.at - 1]["request"]):
                return self.exchanges[self.at - 1]["response"]
            why = "nothing more is expected"
            for i in range(self.at, len(self.exchanges)):
                why = difference(request, self.exchanges[i]["request"])
                if not why:
                    self.at = i + 1
                    return dict(self.exchanges[i]["response"], pieces=self.exchanges[i].get("pieces"))
                if not self.exchanges[i].get("optional"):
                    break
            self.wrong.append(f"{request['method']} {request['url']}: {why}")
            return None

    def missing(self):
        return [e["request"]["url"] for e in self.exchanges[self.at:] if not e.get("optional")]


def same_url(a, b):
    a, b = urllib.parse.urlsplit(a), urllib.parse.urlsplit(b)
    query = [sorted(urllib.parse.parse_qsl(x.query, keep_blank_values=True)) for x in (a, b)]
    paths = [urllib.parse.unquote(x.path) or "/" for x in (a, b)]
    return a.scheme == b.scheme and a.netloc.lower() == b.netloc.lower() and paths[0] == paths[1] and query[0] == query[1]


def difference(request, wanted):
    if request["method"] != wanted["method"]:
        return f"method {request['method']}"
    if not same_url(request["url"], wanted["url"]):
        return f"url, not {wanted['url']}"
    fields = request["headers"]
    for name, value in wanted.get("headers", {}).items():
        if fields.get(name.lower()) != value:
            return f"{name} is {fields.get(name.lower())!r}"
    for name in wanted.get("absent_headers", []):
        if name.lower() in fields:
            return f"{name} is there"
    form = dict(urllib.parse.parse_qsl(request["body"], keep_blank_values=True))
    for name, value in wanted.get("form", {}).items():
        if form.get(name) != value:
            return f"form: {name} is {form.get(name)!r}"
    for name in wanted.get("form_any_value", []):
        if not form.get(name):
            return f"form: {name} is missing"
    signed = wanted.get("signed_by")
    if signed:
        match = re.match(r"AWS4-HMAC-SHA256 Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request, ?SignedHeaders=[^,]+, ?Signature=[0-9a-f]{64}$",
                         fields.get("authorization", ""))
        if not match or match.groups() != (signed["access_key_id"], signed["region"], signed["service"]):
            return f"Authorization is {fields.get('authorization')!r}"
    if "session_token" in wanted and fields.get("x-amz-security-token") != wanted["session_token"]:
        return "x-amz-security-token"
    return ""


def handler(script, scheme):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def do(self):
            body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            answer = script.answer({"method": self.command, "url": f"{scheme}://{self.headers['host']}{self.path}",
                                    "headers": {k.lower(): v for k, v in self.headers.items()}, "body": body})
            self.close_connection = True
            if answer is None or answer.get("close"):
                return
            text = base64.b64decode(answer["body_b64"]) if "body_b64" in answer else answer.get("body", "").encode()
            self.send_response_only(answer["status"])
            for name, value in answer.get("headers", {}).items():
                if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.send_header("Connection", "close")
            self.end_headers()
            last = 0
            for at in (answer.get("pieces") or []) + [len(text)]:
                self.wfile.write(text[last:at])
                self.wfile.flush()
                last = at

        do_GET = do_PUT = do_POST = do
    return Handler


class Authority:
    """A test CA, and a certificate for each host."""

    def __init__(self, folder):
        self.folder, self.made = folder, {}
        self.run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
                 "-subj", "/CN=test CA", "-days", "40000", "-set_serial", "1")

    def run(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True, timeout=PATIENCE_S)

    def context(self, host):
        if host not in self.made:
            number = len(self.made) + 2
            with open(os.path.join(self.folder, "names"), "w", encoding="utf-8") as file:
                file.write(f"subjectAltName=DNS:{host}")
            self.run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{number}.key", "-out", "csr", "-subj", "/CN=x")
            self.run("x509", "-req", "-in", "csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-out", f"{number}.pem", "-days", "40000",
                     "-set_serial", str(number), "-extfile", "names")
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(os.path.join(self.folder, f"{number}.pem"), os.path.join(self.folder, f"{number}.key"))
            self.made[host] = context
        return self.made[host]


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


class TlsServer(Server):
    def get_request(self):
        connection, address = self.socket.accept()
        connection.settimeout(10)
        return self.context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address


def listen(script, scheme, host, authority):
    server = (TlsServer if scheme == "https" else Server)(("127.0.0.1", 0), handler(script, scheme))
    if scheme == "https":
        server.context = authority.context(host)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server


def places(row):
    found = {}
    for exchange in row["exchanges"]:
        url = urllib.parse.urlsplit(exchange["request"]["url"])
        found[(url.hostname, url.port or (443 if url.scheme == "https" else 80))] = url.scheme
    for place in row.get("resolve", []):
        host, port = place.rsplit(":", 1)
        found.setdefault((host.strip("[]"), int(port)), "https" if port == "443" else "http")
    return found


def fill(value, root):
    if isinstance(value, str):
        return value.replace("{root}", root)
    if isinstance(value, dict):
        return {fill(k, root): fill(v, root) for k, v in value.items()}
    return [fill(v, root) for v in value] if isinstance(value, list) else value


def result_of(output):
    lines = dict(line.split(" ", 1) for line in output.splitlines() if " " in line)
    if "error" in lines:
        return {"error": lines["error"]}
    texts = {name: bytes.fromhex(lines.get(name, "")).decode() or None
             for name in ("access_key_id", "secret_access_key", "session_token", "account_id")}
    return {"credentials": dict(texts, expiry=int(lines.get("expiry", "0")))}


def accepted(result, expect):
    if "error" in expect or expect == "error":
        return "error" in result
    if expect == "credentials":
        return "credentials" in result
    return "credentials" in result and all(result["credentials"].get(k) == v for k, v in expect["credentials"].items())


def run(row, authority, extra=()):
    root = tempfile.mkdtemp(prefix="credentials-")
    try:
        row = fill(row, root)
        for path, text in row["files"].items():
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        script = Script(row["exchanges"])
        arguments, servers = [DRIVER, "--ca", os.path.join(authority.folder, "ca.pem"), *extra], []
        for (host, port), scheme in places(row).items():
            servers.append(listen(script, scheme, host, authority))
            arguments += ["--connect", host, str(port), "127.0.0.1", str(servers[-1].server_address[1])]
        if row.get("now"):
            arguments += ["--now", str(int(datetime.datetime.fromisoformat(row["now"].replace("Z", "+00:00")).timestamp()))]
        environment = dict(row["env"], PATH=os.environ["PATH"])
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "HEADRACE_BACKEND"):
            if name in os.environ:
                environment[name] = os.environ[name]
        done = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        for server in servers:
            server.shutdown()
            server.server_close()
        if done.returncode not in (0, 1) or done.stderr:
            return {"crash": f"{done.returncode} {done.stderr[-300:]}"}, script
        return result_of(done.stdout), script
    finally:
        shutil.rmtree(root)


def secrets_of(row):
    """What no error may hold."""
    text = json.dumps(row["files"]) + json.dumps([e.get("response", {}).get("body", "") for e in row["exchanges"]])
    values = re.findall(r"(?:secret_access_key|aws_session_token)\s*=\s*([^\s\\\"]+)", text)
    values += re.findall(r"(?:SecretAccessKey|Token|SessionToken|secretAccessKey|sessionToken|accessToken)\\*\"?\s*[:>]\s*\\*\"?([^\\\"<]+)", text)
    values += [v for k, v in row["env"].items() if k in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN")]
    return [v for v in values if len(v) > 5]


def judge(row, result, script):
    if "crash" in result:
        return result["crash"]
    if "error" in result and any(secret in result["error"] for secret in secrets_of(row)):
        return f"a secret in {result['error']!r}"
    expects = [row["expect"]] if row["class"] == "strict" else \
        [row["expect"] if a == "as-given" else a for a in row.get("accept", ["as-given"])]
    if not any(accepted(result, expect) for expect in expects):
        return f"{result} {script.wrong}"
    if "credentials" in result and script.wrong and row["class"] == "strict":
        return str(script.wrong)
    if "no request" in (row.get("note") or "") and script.wrong and row["class"] == "strict":
        return str(script.wrong)
    if "credentials" in result and script.missing() and row["class"] == "strict":
        return f"not asked: {script.missing()}"
    return ""


# ---- aws-config: recordings.

def exchanges_of(traffic):
    events = traffic.get("events", []) if isinstance(traffic, dict) else traffic or []
    found = {}
    for event in events:
        entry, action = found.setdefault(event["connection_id"], {"request": None, "form": "", "response": None, "body": ""}), event["action"]
        if "Request" in action:
            entry["request"] = action["Request"]["request"]
        elif "Response" in action:
            entry["response"] = action["Response"]["response"]
        elif "Data" in action:
            data = action["Data"]
            text = data["data"].get("Utf8") or base64.b64decode(data["data"].get("Base64", "")).decode()
            entry["form" if data["direction"] == "Request" else "body"] += text
    return [exchange_of(entry) for entry in found.values()]


def exchange_of(entry):
    request = entry["request"]
    wanted = {"method": request["method"], "url": request["uri"],
              "headers": {k: v[0] for k, v in request.get("headers", {}).items() if "token" in k.lower() and "security" not in k.lower()}}
    form = dict(urllib.parse.parse_qsl(entry["form"]))
    wanted["form"] = {k: v for k, v in form.items() if k != "RoleSessionName"}
    response = entry["response"] or {}
    if "Ok" not in response:
        return {"request": wanted, "response": {"close": True}}
    fields = {k: v[0] for k, v in response["Ok"].get("headers", {}).items()}
    return {"request": wanted, "response": {"status": response["Ok"]["status"], "headers": fields, "body": entry["body"]}}


def put_off(exchanges, end_s):
    if end_s:
        iso = [datetime.datetime.fromtimestamp(s, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") for s in (end_s, LATER_S)]
        for exchange in exchanges:
            if "body" in exchange["response"]:
                exchange["response"]["body"] = exchange["response"]["body"].replace(*iso).replace(str(end_s * 1000), str(LATER_S * 1000))
    return exchanges


def row_of_chain(case):
    """As a row of aws-credentials. Recordings are old, so their end is put off."""
    files = {"{root}" + path: text.replace("/token.jwt", "{root}/token.jwt") for path, text in case["fs"].items()}
    environment = {k: "{root}" + v if v.startswith("/") and k in ("HOME", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") else v
                   for k, v in case["env"].items()}
    expect = case["expect"]
    row = {"name": case["name"].split("/")[-1], "class": "strict", "env": environment, "files": files, "note": "",
           "exchanges": put_off(exchanges_of(case.get("http_traffic")), expect.get("Ok", {}).get("expiry"))}
    if "Ok" in expect:
        row["expect"] = {"credentials": dict(expect["Ok"], **({"expiry": LATER_S} if "expiry" in expect["Ok"] and row["exchanges"] else {}))}
    else:
        row["expect"] = {"error": expect}
    return row


def ini(profiles, sessions):
    text = ""
    for kind, sections in (("profile ", profiles), ("sso-session ", sessions)):
        for name, values in sections.items():
            text += f"[{kind}{name}]\n" + "".join(f"{k} = {v}\n" for k, v in values.items())
    return text


def row_of_roles(case):
    """A chain of roles as what it asks STS for."""
    data = case["case"]
    home = {"HOME": "{root}/home", "AWS_PROFILE": data["input"]["selected_profile"], "AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "us-east-1"}
    files = {"{root}/home/.aws/config": ini(data["input"]["profiles"], data["input"].get("sso_sessions", {}))
             .replace("/var/token.jwt", "{root}/token.jwt"), "{root}/token.jwt": "token"}
    row = {"name": case["name"], "class": "strict", "env": home, "files": files, "note": "no request", "exchanges": []}
    if "Error" in data["output"]:
        return dict(row, expect={"error": data["output"]["Error"]})
    chain, key, number = data["output"]["ProfileChain"], None, 0
    for link in chain:
        kind, values = next(iter(link.items()))
        if kind == "AccessKey":
            key = values["access_key_id"]
            continue
        if kind == "NamedSource":
            del home["AWS_EC2_METADATA_DISABLED"]
            row["exchanges"] = imds_exchanges()
            key = "instance"
            continue
        if kind == "Sso":  # a token alone gives no credentials
            return dict(row, expect={"error": "a token, no credentials"})
        number += 1
        form = {"Action": "AssumeRole" if kind == "AssumeRole" else "AssumeRoleWithWebIdentity", "RoleArn": values["role_arn"]}
        if values.get("role_session_name"):
            form["RoleSessionName"] = values["role_session_name"]
        wanted = {"method": "POST", "url": "https://sts.us-east-1.amazonaws.com/", "form": form}
        if kind == "AssumeRole":
            wanted["signed_by"] = {"access_key_id": key, "region": "us-east-1", "service": "sts"}
        key = f"role{number}"
        row["exchanges"].append({"request": wanted, "response": {"status": 200, "body": sts_document(form["Action"], key)}})
    return dict(row, expect={"credentials": {"access_key_id": key}})


def sts_document(action, key):
    return (f"<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result><Credentials><AccessKeyId>{key}</AccessKeyId>"
            "<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2199-02-25T06:03:31Z</Expiration></Credentials>"
            f"</{action}Result></{action}Response>")


def imds_exchanges():
    place = "http://169.254.169.254/latest/"
    keys = {"Code": "Success", "AccessKeyId": "instance", "SecretAccessKey": "s", "Token": "t", "Expiration": "2199-02-25T06:03:31Z"}
    return [{"request": {"method": method, "url": place + path}, "response": {"status": 200, "body": body}} for method, path, body in (
        ("PUT", "api/token", "tok"), ("GET", "meta-data/iam/security-credentials/", "role"),
        ("GET", "meta-data/iam/security-credentials/role", json.dumps(keys)))]


def row_of_place(case):
    """Which URL a container's or an instance's service is asked at."""
    data = case["case"]
    env = dict(data["env"], HOME="{root}/home")
    files = {"{root}/" + path: text for path, text in data.get("fs", {}).items()}
    if "AWS_CONFIG_FILE" in env:
        env["AWS_CONFIG_FILE"] = "{root}/" + env["AWS_CONFIG_FILE"]
    if data.get("mode_override"):  # there is no option for it: the variable stands for it
        env["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"] = data["mode_override"]
    row = {"name": case["name"], "class": "strict", "env": env, "files": files, "note": "", "exchanges": []}
    if "Ok" not in data["result"]:
        return dict(row, expect={"error": data["result"]})
    url, keys = data["result"]["Ok"], imds_exchanges()
    if case["kind"] == "ecs-uri":
        row["exchanges"] = [{"request": {"method": "GET", "url": url}, "response": keys[2]["response"]}]
    else:
        place = url.replace("/latest/api/token", "")
        row["exchanges"] = [dict(e, request=dict(e["request"], url=e["request"]["url"].replace("http://169.254.169.254", place))) for e in keys]
    return dict(row, expect={"credentials": {"access_key_id": "instance"}})


ROWS = {"credential-chain": row_of_chain, "assume-role-chain": row_of_roles, "ecs-uri": row_of_place, "imds-endpoint": row_of_place}


def load(folder):
    rows = []
    for path in sorted(glob.glob(os.path.join(CASES, folder, "*.jsonl"))):
        with open(path, encoding="utf-8") as file:
            rows += [json.loads(line) for line in file]
    return rows


def check(rows, authority, what):
    passed = strict = strict_passed = 0
    for row in rows:
        result, script = run(row, authority)
        why = judge(row, result, script)
        if why and row["name"] in OTHERWISE:
            why = "" if "error" in result else why
        passed += not why
        strict += row["class"] == "strict"
        strict_passed += row["class"] == "strict" and not why
        if why:
            print(f"fail: {what} {row['name']}: {why}", flush=True)
    print(f"ok: {what}: {passed} of {len(rows)}, strict {strict_passed} of {strict}" if passed == len(rows)
          else f"fail: {what}: {passed} of {len(rows)}, strict {strict_passed} of {strict}", flush=True)
    return passed == len(rows)


def main():
    only = sys.argv[1] if len(sys.argv) > 1 else ""
    direct = load("aws-credentials")
    if not direct:
        print("skip: credentials: no cases (HR_CASES)")
        return 77
    recorded = [ROWS[c["kind"]](c) for c in load("aws-config") if c["kind"] in ROWS]
    folder = tempfile.mkdtemp(prefix="authority-")
    try:
        authority = Authority(folder)
        good = check([r for r in direct if only in r["name"]], authority, "aws-credentials")
        good &= check([r for r in recorded if only in r["name"]], authority, "aws-config")
    finally:
        shutil.rmtree(folder)
    return not good


socket.setdefaulttimeout(20)
sys.exit(main())
