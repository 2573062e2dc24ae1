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
BUCKET, PREFIX = "load", "run-1/"
COMMON = ["--bucket", BUCKET, "--prefix", PREFIX, "--seed", str(SEED), "--size", str(SIZE), "--objects", "1000", "--verify"]
NAME = "versitygw"


def bench(store, *options):
    """The result's JSON, and what was said besides."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "result.json")  # the report replaces the file, so it is opened afterwards
        run = store.headrace("bench", "s3", "--endpoint", store.endpoint, "--json", path, *options, timeout=600)
        with open(path, "rb") as result:
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


def expected_keys():
    """Objects stand alternately under two prefixes: {key: index}."""
    return {f"{PREFIX}{'ab'[index % 2]}/{index:08}": index for index in range(1000)}


def random_block():
    """splitmix64 from the seed, little-endian: what the harness's bodies are pieces of."""
    mask, state, words = (1 << 64) - 1, SEED, []
    for _ in range(SIZE // 8):
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        words.append((z ^ (z >> 31)).to_bytes(8, "little"))
    return b"".join(words) * 2


def check_listing(client):
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    found = {entry["Key"]: entry["Size"] for page in pages for entry in page.get("Contents", [])}
    assert set(found) == set(expected_keys()), f"{len(found)} keys, for example {sorted(found)[:2]}"
    assert set(found.values()) == {SIZE}, set(found.values())


def check_bodies(client, draw):
    """100 random objects, as boto3 reads them, are what the seed says."""
    block, keys = random_block(), expected_keys()
    for key in random.Random(draw).sample(sorted(keys), 100):
        body = client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        start = keys[key] * 61 % SIZE
        assert body == block[start:start + SIZE], f"{key} differs"


def main():
    if not stores.need(NAME) or not stores.need_versitygw(NAME):
        stores.finish()
    with stores.versitygw() as store:
        client = store.boto3()
        with stores.case("1000 concurrent PUTs"):
            run, result = bench(store, "--concurrency", "1000", "--operations", "1000", "--mix", "put=1", *COMMON)
            check_result(run, result, 1000, 1000)
        with stores.case("boto3 lists every key written"):
            check_listing(client)
        with stores.case("100 random bodies compare"):
            check_bodies(client, 1)
        with stores.case("5000 mixed operations"):
            run, result = bench(store, "--concurrency", "64", "--operations", "5000", "--mix", "put=1,get=3,head=1,list=1",
                                *COMMON)
            check_result(run, result, 5000, 64)
        with stores.case("boto3 still lists every key, 100 random bodies compare"):
            check_listing(client)
            check_bodies(client, 2)
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
