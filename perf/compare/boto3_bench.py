#!/usr/bin/env python3
"""boto3 against the same server as `headrace bench s3`: threads, pool = concurrency, its defaults otherwise.

usage: boto3_bench.py --endpoint URL --concurrency N --operations N --size BYTES --kind get|put [--ca-file FILE]
Prints one JSON object: operations, failed, duration_s, cpu_us_per_operation, versions.
"""
import concurrent.futures
import itertools
import threading

import boto3
import botocore
from botocore.config import Config

import s3_peer


def main():
    options = s3_peer.parse(__doc__)
    client = boto3.client(
        "s3", endpoint_url=options.endpoint, region_name="us-east-1", verify=options.ca_file,
        aws_access_key_id="canned", aws_secret_access_key="canned-secret",
        config=Config(max_pool_connections=options.concurrency, s3={"addressing_style": "path"}))
    body = bytes(options.size)
    numbers = itertools.count()
    lock = threading.Lock()
    failures = []

    def worker():
        while True:
            with lock:
                number = next(numbers)
            if number >= options.operations:
                return
            try:
                if options.kind == "put":
                    client.put_object(Bucket=s3_peer.BUCKET, Key=s3_peer.key_of(number), Body=body)
                else:
                    client.get_object(Bucket=s3_peer.BUCKET, Key=s3_peer.key_of(number))["Body"].read()
            except Exception as problem:  # counted and told, as the harness does
                failures.append(repr(problem))

    def run():
        with concurrent.futures.ThreadPoolExecutor(options.concurrency) as pool:
            list(pool.map(lambda _: worker(), range(options.concurrency)))
        return failures

    client.get_object(Bucket=s3_peer.BUCKET, Key="warm")["Body"].read()
    s3_peer.measure("boto3", options, {"boto3": boto3.__version__, "botocore": botocore.__version__}, run)


if __name__ == "__main__":
    main()
