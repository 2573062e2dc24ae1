"""Bug reports that users of other S3 clients have filed about settings, credentials and answers, each tried with the command: against the
embedded store where a store is needed, else against a server that gives the answer of the report."""
import contextlib
import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path[0] = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support")  # this folder's secrets.py hides another
import stores  # noqa: E402

NAME = "s3_reports"
BUCKET = "reports"
KEYS = f"aws_access_key_id = {stores.ACCESS_KEY}\naws_secret_access_key = {stores.SECRET_KEY}\n"
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": stores.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": stores.SECRET_KEY, "AWS_REGION": "us-east-1"}


class Server:
    """Answers each connection once: with the next of the answers, the last of them again and again."""

    def __init__(self, *answers):
        self.answers, self.heads = list(answers), []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.thread = threading.Thread(target=self.serve)

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                head = b""
                while b"\r\n\r\n" not in head:
                    piece = connection.recv(65536)
                    if not piece:
                        break
                    head += piece
                else:
                    self.heads.append(head.decode("latin-1"))
                    connection.sendall(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()


def response(body, *fields, status="200 OK"):
    head = "".join(f"{field}\r\n" for field in (f"HTTP/1.1 {status}", "Connection: close", f"Content-Length: {len(body)}", *fields))
    return head.encode() + b"\r\n" + body


class Home:
    """A HOME with both files of AWS's; `run` has nothing of the caller's but PATH."""

    def __init__(self, folder, config="", credentials=""):
        os.makedirs(os.path.join(folder, ".aws"), exist_ok=True)
        for name, text in (("config", config), ("credentials", credentials)):
            with open(os.path.join(folder, ".aws", name), "w", encoding="utf-8", newline="") as file:
                file.write(text)
        self.variables = {"HOME": folder, "PATH": os.environ["PATH"], "AWS_EC2_METADATA_DISABLED": "true"}

    def run(self, *arguments, **variables):
        return subprocess.run([stores.HEADRACE, *arguments], capture_output=True, timeout=60, check=False,
                                     env={**self.variables, **variables})


def works(done):
    assert done.returncode == 0, (done.returncode, done.stderr[-300:])
    return done.stdout


def refused(done, word):
    assert done.returncode == 2 and word in done.stderr.decode(), (done.returncode, done.stderr[-300:])


def line_break_in_a_key(store, folder):
    home = Home(folder)
    for name, what in (("AWS_ACCESS_KEY_ID", "access key"), ("AWS_SECRET_ACCESS_KEY", "secret key")):
        for ending in ("\n", "\r\n"):
            variables = {**ENVIRONMENT, name: ENVIRONMENT[name] + ending, "S3_ENDPOINT_URL": store.endpoint}
            refused(home.run("s3", "ls", f"s3://{BUCKET}", **variables), what)


def endpoint_of_the_default_profile(store, folder):
    """A name is no address, and buckets stand in the path all the same."""
    config = f"[default]\nregion = us-east-1\noutput = json\nendpoint_url = http://localhost:{store.port}\n\ns3 =\n  signature_version = s3v4\n"
    home = Home(folder, config, "[default]\n" + KEYS)
    assert b"s3://reports" in works(home.run("s3", "ls"))
    works(home.run("s3", "ls", f"s3://{BUCKET}"))


def another_profile_lacks_its_source(store, folder):
    config = (f"[profile foo]\n[profile bar]\nsource_profile = nothere\nrole_arn=arn:aws:iam::1:role/x\n"
              f"[profile good]\nregion=us-east-1\nendpoint_url={store.endpoint}/\n")
    home = Home(folder, config, "[good]\n" + KEYS)
    works(home.run("s3", "ls", f"s3://{BUCKET}", AWS_PROFILE="good"))
    refused(home.run("s3", "ls", f"s3://{BUCKET}", AWS_PROFILE="bar"), 'source_profile "nothere"')


def profiles_with_odd_names(store, folder):
    config = f"[profile Audit/AWS.Power@x+y]\nendpoint_url={store.endpoint}\nregion=us-east-1\n{KEYS}[profile b c]\n!=\n"
    works(Home(folder, config).run("s3", "ls", f"s3://{BUCKET}", AWS_PROFILE="Audit/AWS.Power@x+y"))


def a_profile_stands_twice(store, folder):
    config = f"[profile test]\nregion = eu-central-1\n[profile test]\nregion = us-east-1\nendpoint_url={store.endpoint}\n{KEYS}"
    works(Home(folder, config).run("s3", "ls", f"s3://{BUCKET}", AWS_PROFILE="test"))


def lines_of_another_system(store, folder):
    credentials = "[default]\r\n" + KEYS.replace("\n", "   \r\n") + "aws_session_token =\r\n"
    home = Home(folder, f"\ufeff[default]\r\nregion=us-east-1\r\nendpoint_url={store.endpoint}\r\n", credentials)
    works(home.run("s3", "ls", f"s3://{BUCKET}"))


def a_container_is_asked_off_the_proxy(_, folder):
    document = json.dumps({"AccessKeyId": "AK", "SecretAccessKey": "s", "Token": "t", "Expiration": "2099-01-01T00:00:00Z"}).encode()
    objects = response(b"x", 'ETag: "e"')
    with Server(response(document, "Content-Type: application/json")) as service, Server(objects) as proxied:
        done = Home(folder).run("s3", "cat", "s3://b/k", "--endpoint", "http://store.invalid", http_proxy=proxied.url, AWS_REGION="us-east-1",
                                AWS_CONTAINER_CREDENTIALS_FULL_URI=service.url + "/creds", AWS_CONTAINER_AUTHORIZATION_TOKEN="PASS")
        assert works(done) == b"x"
        assert len(service.heads) == 1 and "\nAuthorization: PASS\r" in service.heads[0], service.heads
        assert not [head for head in proxied.heads if "PASS" in head] and "Credential=AK/" in proxied.heads[0], proxied.heads


def sts_of_another_vendor(_, folder):
    answer = response(b"<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
                      b"<SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>"
                      b"</AssumeRoleResponse>")
    config = ("[default]\naws_access_key_id = test\naws_secret_access_key = test\n[profile messaging]\nregion = us-east-1\n"
              "role_arn = arn:aws:iam::000000000000:role/messaging\nrole_session_name = messaging\nsource_profile = default\n")
    with Server(answer) as sts, Server(response(b"x", 'ETag: "e"')) as objects:
        home = Home(folder, config)
        done = home.run("s3", "cat", "s3://b/k", AWS_PROFILE="messaging", AWS_ENDPOINT_URL=sts.url, AWS_ENDPOINT_URL_S3=objects.url)
        assert works(done) == b"x" and sts.heads[0].startswith("POST / "), sts.heads
        assert "Credential=ROLE/" in objects.heads[0], objects.heads


def gzip_is_left_alone(_, folder):
    """Nothing is decoded, and no Accept-Encoding is signed that a proxy would change."""
    packed = gzip.compress(b"hello hello")
    chunked = (b"HTTP/1.1 200 OK\r\nConnection: close\r\nETag: \"e\"\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
               + b"%x\r\n%b\r\n0\r\n\r\n" % (len(packed), packed))
    with Server(chunked) as server:
        assert works(Home(folder).run("s3", "cat", "s3://b/k", "--endpoint", server.url, **ENVIRONMENT)) == packed
        assert "accept-encoding" not in server.heads[0].lower(), server.heads[0]


def metadata_beyond_ascii_is_shown(_, folder):
    with Server(response(b"", 'ETag: "e"', "x-amz-meta-note: größe")) as server:
        done = Home(folder).run("s3", "stat", "--json", "s3://b/k", "--endpoint", server.url, **ENVIRONMENT)
        assert json.loads(works(done))["metadata"] == {"note": "größe"}, done.stdout


def a_listing_that_breaks_off(_, folder):
    begin = b"<ListBucketResult><Contents><Key>k</Key><Size>1</Size></Contents>"
    with Server(response(begin + b"<Contents><Ke"), response(begin + b"</ListBucketResult>")) as server:
        done = Home(folder).run("s3", "ls", "--recursive", "--json", "s3://b", "--endpoint", server.url, **ENVIRONMENT)
        assert [entry["key"] for entry in json.loads(works(done))["entries"]] == ["k"], done.stdout
        assert len(server.heads) == 2, server.heads


def a_listing_of_version_1(_, folder):
    """It says that there is more, and not how to get it."""
    body = b"<ListBucketResult><Contents><Key>k</Key></Contents><IsTruncated>true</IsTruncated><NextMarker>k</NextMarker></ListBucketResult>"
    with Server(response(body)) as server:
        done = Home(folder).run("s3", "ls", "--recursive", "s3://b", "--endpoint", server.url, **ENVIRONMENT)
        assert done.returncode == 1 and b"no continuation token" in done.stderr, done
        assert len(server.heads) == 1, server.heads


def an_error_behind_200(_, folder):
    error = response(b"<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code><Message>again</Message></Error>")
    with Server(error, response(b"<ListBucketResult></ListBucketResult>")) as server:
        works(Home(folder).run("s3", "ls", "s3://b", "--endpoint", server.url, **ENVIRONMENT))
        assert len(server.heads) == 2, server.heads


def a_conflict_of_a_creation(_, folder):
    conflict = response(b"<Error><Code>ConditionalRequestConflict</Code></Error>", status="409 Conflict")
    with Server(conflict, response(b"", 'ETag: "e"')) as server:
        done = Home(folder).run("s3", "cp", "/dev/null", "s3://b/k", "--if-none-match", "*", "--endpoint", server.url, **ENVIRONMENT)
        works(done)
        assert [("If-None-Match: *" in head) for head in server.heads] == [True, True], server.heads


def a_fifo_of_authorities(_, folder):
    path = os.path.join(folder, "fifo")
    os.mkfifo(path)
    refused(Home(folder).run("s3", "ls", "s3://b", "--endpoint", "https://127.0.0.1:9", AWS_CA_BUNDLE=path, **ENVIRONMENT), "FIFO")


LEAVES = """import os, signal, sys
child = os.fork()
if child == 0:
    os.setpgid(0, 0)
    signal.pause()
while os.getpgid(child) != child:
    pass
os.setpgid(0, child)
with open(sys.argv[1] + ".new", "w") as file:
    file.write(f"{os.getpid()} {child}")
os.rename(sys.argv[1] + ".new", sys.argv[1])
signal.pause()
"""


def a_process_that_leaves_its_group(store, folder):
    """It is ended with the command that asks it."""
    script, started = os.path.join(folder, "leaves.py"), os.path.join(folder, "started")
    with open(script, "w", encoding="utf-8") as file:
        file.write(LEAVES)
    home = Home(folder, f"[default]\ncredential_process = {sys.executable} {script} {started}\n")
    with subprocess.Popen([stores.HEADRACE, "s3", "ls", "--endpoint", store.endpoint], env=home.variables, stderr=subprocess.PIPE) as command:
        while not os.path.exists(started) and command.poll() is None:
            time.sleep(0.01)
        with open(started, encoding="utf-8") as file:
            process, child = map(int, file.read().split())
        try:
            command.send_signal(signal.SIGINT)
            errors = command.communicate(timeout=30)[1]
        finally:
            os.kill(child, signal.SIGKILL)
            command.kill()
    assert command.returncode == 130 and not os.path.exists(f"/proc/{process}"), (command.returncode, errors)


REPORTS = {
    "argoproj/argo-workflows#981, boto/botocore#2001": line_break_in_a_key,
    "lusingander/stu#57": endpoint_of_the_default_profile,
    "boto/botocore#2311": another_profile_lacks_its_source,
    "aws/aws-cli#8481": profiles_with_odd_names,
    "aws/aws-cli#9261": a_profile_stands_twice,
    "aws/aws-sdk-java-v2#2248": lines_of_another_system,
    "DataDog/datadog-agent#52191": a_container_is_asked_off_the_proxy,
    "awslabs/aws-sdk-rust#1193, ClickHouse/ClickHouse#110699": sts_of_another_vendor,
    "rclone/rclone#6533, aws/aws-sdk-go-v2#1816": gzip_is_left_alone,
    "apache/opendal#6131": metadata_beyond_ascii_is_shown,
    "apache/opendal#5178, aws/aws-sdk-go-v2#1717": a_listing_that_breaks_off,
    "aws/aws-sdk-go#3892": a_listing_of_version_1,
    "aws/aws-sdk-go-v2#3503": an_error_behind_200,
    "apache/arrow-rs-object-store#852, apache/opendal#6741": a_conflict_of_a_creation,
    "a FIFO as AWS_CA_BUNDLE": a_fifo_of_authorities,
    "a credential_process in another group": a_process_that_leaves_its_group,
}


def main():
    if not stores.need(NAME):
        stores.finish()
        return
    with stores.embedded() as store:
        store.boto3().create_bucket(Bucket=BUCKET)
        for report, attempt in REPORTS.items():
            with stores.case(f"{attempt.__name__}, {report}"), tempfile.TemporaryDirectory() as folder:
                attempt(store, folder)
    stores.finish()


if __name__ == "__main__":
    main()
