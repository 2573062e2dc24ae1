"""The stress harness against a real store: 1000 concurrent uploads, then 5000 mixed operations, none failed;
boto3 then finds every key written and compares bodies; virtual-host style through the static table of names."""
import json
import os
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
import stores  # noqa: E402

SIZE = 65536
SEED = 20240607
NAME = "versitygw"


def bench(store, *options):
    """The result's JSON, and what was said besides."""
    with tempfile.NamedTemporaryFile(suffix=".json") as result:
        run = store.headrace("bench", "s3", "--endpoint", store.endpoint, "--json", result.name, *options, timeout=600)
        text = result.read()
    try:
        return run, json.loads(text)
    except ValueError:
        raise RuntimeError(f"exit {run.returncode}, no JSON: {run.stderr.decode()[-400:]}") from None


def check_result(run, result, operations, peak_min):
    counts = result["operations"]
    assert run.returncode == 0, f"exit {run.returncode}: {run.stderr.decode()[-300:]}"
    assert counts["failed"] == 0 and counts["cancelled"] == 0, (counts, result["errors"])
    assert counts["submitted"] == counts["succeeded"] >= operations, counts
    assert result["connections_peak"] >= peak_min, result["connections_peak"]
    assert result["success_rate"] == 1, result["success_rate"]
    for field in ("harness", "endpoint", "concurrency", "first_attempt_success_rate", "duration_s", "operations_per_s",
                  "bytes_per_s", "cpu_us_per_operation", "rss_peak_bytes", "retries"):
        assert field in result, f"{field} is missing"
    latency = result["latency_ms"]
    order = [latency[key] for key in ("p50", "p90", "p95", "p99", "p999", "max")]
    assert order == sorted(order) and latency["mean"] > 0, latency


def listing(client):
    """Every key of every bucket: {(bucket, key): size}."""
    found = {}
    for bucket in client.list_buckets()["Buckets"]:
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket["Name"]):
            found.update({(bucket["Name"], entry["Key"]): entry["Size"] for entry in page.get("Contents", [])})
    return found


def compare_bodies(store, client, keys):
    """boto3 and the command read the same 100 objects."""
    for bucket, key in random.Random(SEED).sample(sorted(keys), 100):
        body = client.get_object(Bucket=bucket, Key=key)["Body"].read()
        assert len(body) == SIZE, (key, len(body))
        other = store.headrace("s3", "cat", f"s3://{bucket}/{key}")
        assert other.returncode == 0, other.stderr
        assert other.stdout == body, f"{key} differs"


def main():
    if not stores.need(NAME) or not stores.need_versitygw(NAME):
        stores.finish()
    with stores.versitygw() as store:
        client = store.boto3()
        with stores.case("1000 concurrent PUTs"):
            run, result = bench(store, "--concurrency", "1000", "--operations", "2000", "--objects", "1000", "--mix",
                                "put=1", "--size", str(SIZE))
            check_result(run, result, 2000, 1000)
            keys = listing(client)
            assert len(keys) == 1000, f"{len(keys)} keys are listed"
            assert set(keys.values()) == {SIZE}, set(keys.values())
        with stores.case("100 bodies compare"):
            compare_bodies(store, client, listing(client))
        with stores.case("5000 mixed operations"):
            run, result = bench(store, "--concurrency", "64", "--operations", "5000", "--objects", "1000", "--mix",
                                "put=1,get=3,head=1,list=1", "--size", str(SIZE))
            check_result(run, result, 5000, 64)
        with stores.case("100 bodies compare after the mix"):
            compare_bodies(store, client, listing(client))
        with stores.case("virtual-host style through the static table"):
            virtual_host(store, client)
    stores.finish()


def virtual_host(store, client):
    client.create_bucket(Bucket="virtual")
    body = os.urandom(100000)
    options = ["--endpoint", f"http://s3.test:{store.port}", "--addressing", "virtual", "--resolve",
               f"*.s3.test:{store.port}:127.0.0.1", "--resolve", f"s3.test:{store.port}:127.0.0.1"]
    run = store.headrace("s3", "cp", *options, "-", "s3://virtual/a b/ü.bin", data=body)
    assert run.returncode == 0, run.stderr
    assert client.get_object(Bucket="virtual", Key="a b/ü.bin")["Body"].read() == body
    run = store.headrace("s3", "cat", *options, "s3://virtual/a b/ü.bin")
    assert run.returncode == 0 and run.stdout == body, run.stderr
    # Without the table the name is nobody's: a clear error, not a wrong address.
    run = subprocess.run([stores.HEADRACE, "s3", "cat", *options[:4], "s3://virtual/a b/ü.bin"], capture_output=True,
                         env=store.environment(), timeout=60, check=False)
    assert run.returncode == 1 and b"s3.test" in run.stderr, (run.returncode, run.stderr)


if __name__ == "__main__":
    main()
