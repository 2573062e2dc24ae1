#!/usr/bin/env python3
"""The program curl with --parallel: one process where the run ends by a number of requests, a process a batch where it ends by time.
Speaks the protocol of docs/peers.md."""
import math
import subprocess
import tempfile
import time

import peer
import program
import web

BATCH = 100  # requests for each transfer at a time, where the run ends by time
PARALLEL_MAX = 300


def line_of(work, count, body):
    """The numbers stand in the fragment, which is not sent."""
    line = ["curl", "-q", "-sS", "--parallel", "--parallel-max", str(work.concurrency), "--http1.1", "-o", "/dev/null", "--max-time",
            f"{work.timeout_s:g}", "-w", "%{http_code} %{time_total} %{size_download}\n"]
    if work.ca_file:
        line += ["--cacert", work.ca_file]
    for name, value in work.headers:
        line += ["-H", f"{name}: {value}"]
    if work.connect_each:
        line += ["-H", "Connection: close"]
    line += {"PUT": ["-T", body], "HEAD": ["-I"], "GET": []}[work.method]
    return line + [f"{work.urls[0]}#[1-{count}]"]


def run_batch(work, result, count, body):
    text, errors, _, peak = peer.run_program(line_of(work, count, body))
    result.rss_peak_bytes = max(result.rss_peak_bytes or 0, peak)
    told = 0
    for line in text.splitlines():
        status, seconds, size = line.split()
        told += 1
        if 200 <= int(status) < 300:
            result.record_many(round(float(seconds) * 1e9), 1)
            result.received += int(size)
            result.sent += work.size_bytes if work.method == "PUT" else 0
        else:
            result.fail_many(f"status {status}" if int(status) else errors.strip()[-100:] or "no response", 1)
    if told == 0:
        raise RuntimeError(f"curl said: {errors[-300:]}")


def measure(work):
    version = subprocess.run(["curl", "-q", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    result = web.Counted({"parallel": work.concurrency, "threads": 1, "certificates": "verified"}, {"curl": version})
    limit, started = work.operations or math.inf, 0
    with tempfile.NamedTemporaryFile("w") as body:
        if work.method == "PUT":
            body.write("x" * work.size_bytes)
            body.flush()
        with peer.Timed(result):
            until = time.monotonic() + work.duration_s if work.duration_s else math.inf
            while started < limit and time.monotonic() < until:
                count = int(min(limit - started, math.inf if until == math.inf else BATCH * work.concurrency))
                run_batch(work, result, count, body.name)
                started += count
    return result


def cannot(work):
    if work["concurrency"] > PARALLEL_MAX:
        return f"curl has {PARALLEL_MAX} transfers at a time at most", f"headrace bench http --concurrency {PARALLEL_MAX}"
    if len(work["urls"]) > 1:
        return "this peer asks one URL", "headrace bench http with one URL"
    if any(char in work["urls"][0] for char in "{}[]"):
        return "curl takes braces and brackets in a URL for patterns", "headrace bench http with a URL without them"
    if work["method"] == "PUT" and work["urls"][0].endswith("/"):
        return "curl adds a name to a URL that ends in a slash", "headrace bench http with a URL that does not"
    return None


if __name__ == "__main__":
    program.run("curl", "curl", "apt install curl", measure, cannot)
