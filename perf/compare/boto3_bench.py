#!/usr/bin/env python3
"""boto3 against the same server as `headrace bench s3`: threads, pool = concurrency, its defaults otherwise.

usage: boto3_bench.py --endpoint URL --concurrency N --operations N --size BYTES --kind get|put [--ca-file FILE]
Prints one JSON object: operations, failed, duration_s, cpu_us_per_operation, versions.
"""
import argparse
import concurrent.futures
import itertools
import json
import platform
import resource
import threading
import time

import boto3
import botocore
from botocore.config import Config


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--concurrency", type=int, required=True)
    parser.add_argument("--operations", type=int, required=True)
    parser.add_argument("--size", type=int, default=4096)
    parser.add_argument("--kind", choices=("get", "put"), required=True)
    parser.add_argument("--ca-file")
    options = parser.parse_args()
    client = boto3.client(
        "s3", endpoint_url=options.endpoint, region_name="us-east-1", verify=options.ca_file,
        aws_access_key_id="canned", aws_secret_access_key="canned-secret",
        config=Config(max_pool_connections=options.concurrency, s3={"addressing_style": "path"}))
    body = bytes(options.size)
    numbers = itertools.count()
    lock = threading.Lock()
    failures = []

    def worker():
        done = 0
        while True:
            with lock:
                number = next(numbers)
            if number >= options.operations:
                return done
            key = f"bench/{number % 1000:08d}"
            try:
                if options.kind == "put":
                    client.put_object(Bucket="headrace-bench", Key=key, Body=body)
                else:
                    client.get_object(Bucket="headrace-bench", Key=key)["Body"].read()
                done += 1
            except Exception as problem:  # counted and told, as the harness does
                failures.append(repr(problem))

    client.get_object(Bucket="headrace-bench", Key="warm")["Body"].read()
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(options.concurrency) as pool:
        done = sum(pool.map(lambda _: worker(), range(options.concurrency)))
    duration, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_SELF)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({
        "harness": "boto3", "kind": options.kind, "operations": done, "failed": len(failures),
        "example": failures[0] if failures else None, "duration_s": duration,
        "bytes": done * options.size, "operations_per_s": done / duration, "cpu_us_per_operation": cpu_s * 1e6 / max(done, 1),
        "versions": {"boto3": boto3.__version__, "botocore": botocore.__version__, "python": platform.python_version()},
    }))


if __name__ == "__main__":
    main()
