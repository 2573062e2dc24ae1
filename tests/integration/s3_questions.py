"""headrace s3 exists and s3 health: yes, no and no answer are three things; a refusal says who sent it."""
import json
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
import stores  # noqa: E402
from s3_command import answer, peer, run  # noqa: E402

REFUSED = b"<Error><Code>AccessDenied</Code><Message>no</Message><Resource>/b/k</Resource><HostId>in the body</HostId></Error>"
IDS = [("x-amz-request-id", "R1"), ("x-amz-id-2", "H/1=")]


def free_port():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return bound.getsockname()[1]


def exists(url, *options, uri="s3://b/k"):
    done = run("s3", "exists", "--attempts", "1", *options, uri, S3_ENDPOINT_URL=url, AWS_EC2_METADATA_DISABLED="true")
    return done.returncode, done.stdout.decode().strip(), done.stderr.decode()


def check_exists(store):
    assert store.headrace("s3", "mb", "s3://asked").returncode == 0
    assert store.headrace("s3", "cp", __file__, "s3://asked/there").returncode == 0
    with stores.case("s3 exists: yes and no, as words, codes and --json"):
        for key, code, word in (("there", 0, "yes"), ("none", 1, "no")):
            done = store.headrace("s3", "exists", f"s3://asked/{key}")
            assert (done.returncode, done.stdout.decode().strip(), done.stderr) == (code, word, b""), done
            done = store.headrace("s3", "exists", "--json", f"s3://asked/{key}")
            assert done.returncode == code and json.loads(done.stdout) == {"bucket": "asked", "key": key, "exists": code == 0, "error": None}, done
    with stores.case("s3 exists: a bucket that is missing is no answer"):
        done = store.headrace("s3", "exists", "--json", "s3://missing/k")
        found = json.loads(done.stdout)
        assert done.returncode == 4 and found["exists"] is None and found["error"]["s3_code"] == "NoSuchBucket", done
    with stores.case("s3 exists: a refusal is no answer, and says who sent it"), peer(answer("403 Forbidden", IDS)) as (url, _):
        code, out, err = exists(url, "--json")
        error = json.loads(out)["error"]
        assert code == 4 and (error["http_status"], error["request_id"], error["host_id"]) == (403, "R1", "H/1="), out
        assert error["retryable"] is False and error["class"] == "failed" and "request R1, host H/1=" in err, (error, err)
    with stores.case("s3 exists: no connection and a time-out are no answer"):
        code, out, err = exists(f"http://127.0.0.1:{free_port()}")
        assert (code, out) == (4, "") and "ECONNREFUSED" in err, (code, out, err)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            code, out, err = exists(f"http://127.0.0.1:{silent.getsockname()[1]}", "--timeout", "100ms")
            assert (code, out) == (4, "") and "ETIMEDOUT" in err, (code, out, err)
    with stores.case("s3 exists: wrong usage is 2"):
        assert exists("http://127.0.0.1:1", uri="s3://b")[0] == 2 and exists("ftp://x")[0] == 2
        assert exists("http://127.0.0.1:1", "--if-match", "e")[0] == 2
    with stores.case("s3 exists: --version-id, --request-payer and --expected-bucket-owner go along"), \
            peer(answer("200 OK", [*IDS, ("ETag", '"e"')])) as (url, heads):
        assert exists(url, "--version-id", "v1", "--request-payer", "--expected-bucket-owner", "111122223333")[:2] == (0, "yes")
        assert b"/b/k?versionId=v1 " in heads[0] and b"x-amz-request-payer: requester" in heads[0], heads
        assert b"x-amz-expected-bucket-owner: 111122223333" in heads[0], heads
    with stores.case("s3 exists: --sse-c goes over https alone"):
        os.environ["HR_SSE_KEY"] = "k" * 32
        code, _, err = exists("http://127.0.0.1:1", "--sse-c", "env:HR_SSE_KEY")
        assert code == 4 and "HR_ERR_S3_TLS_NEEDED" in err, (code, err)


def check_health(store):
    with stores.case("s3 health: the store, in words and --json"):
        done = store.headrace("s3", "health")
        assert done.returncode == 0 and done.stdout.startswith(b"healthy  http://127.0.0.1:"), done
        found = json.loads(store.headrace("s3", "health", "--json", "s3://asked").stdout)
        assert found["status"] == "healthy" and found["latency_ms"] > 0 and found["region"] == "us-east-1" and found["error"] is None, found
    with stores.case("s3 health: a store that refuses is unhealthy, with code 1"), peer(answer("403 Forbidden", IDS, REFUSED)) as (url, _):
        done = run("s3", "health", "--json", "--attempts", "1", S3_ENDPOINT_URL=url)
        found = json.loads(done.stdout)
        assert done.returncode == 1 and found["status"] == "unhealthy" and found["latency_ms"] is None and found["endpoint"] == url, done
        assert found["error"]["s3_code"] == "AccessDenied" and found["error"]["resource"] == "/b/k" and found["error"]["host_id"] == "H/1=", found
    with stores.case("s3 health: a bucket where the list is not allowed"), \
            peer(lambda method, target: answer("200 OK", IDS) if method == "HEAD" else answer("403 Forbidden", IDS, REFUSED)) as (url, heads):
        done = run("s3", "health", "--attempts", "1", "s3://bucket", S3_ENDPOINT_URL=url)
        assert done.returncode == 0 and len(heads) == 2 and heads[1].startswith(b"HEAD /bucket "), (done, heads)
    with stores.case("s3 health: nobody listens, and a key is too much"):
        done = run("s3", "health", "--attempts", "1", S3_ENDPOINT_URL=f"http://127.0.0.1:{free_port()}")
        assert done.returncode == 1 and done.stdout.startswith(b"unhealthy  ") and b"ECONNREFUSED" in done.stderr, done
        assert run("s3", "health", "s3://b/k", S3_ENDPOINT_URL="http://127.0.0.1:1").returncode == 2


def main():
    with stores.embedded() as store:
        check_exists(store)
        check_health(store)
    stores.finish()


if __name__ == "__main__":
    main()
