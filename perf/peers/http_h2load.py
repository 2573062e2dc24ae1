#!/usr/bin/env python3
"""h2load over HTTP/1.1: a thread for each reactor that was asked for; the time of each request from its log. Speaks the protocol of
docs/peers.md."""
import re
import subprocess
import tempfile

import peer
import program
import web


def line_of(work, log, body):
    end = ["-D", f"{round(work.duration_s * 1000)}ms"] if work.duration_s else ["-n", str(work.operations)]
    clients = min(work.concurrency, work.operations or work.concurrency)
    line = ["h2load", "--h1", "-t", str(min(work.reactors, clients)), "-c", str(clients), *end, "-N", f"{round(work.timeout_s * 1000)}ms",
            f"--log-file={log}"]
    if work.method != "GET":
        line += ["-H", f":method: {work.method}"]
    for name, value in work.headers:
        line += ["-H", f"{name}: {value}"]
    return line + (["-d", body] if work.method == "PUT" else []) + list(work.urls)


def read_log(log, result):
    """Start in microseconds, status (-1: there was no response), microseconds."""
    for line in log:
        _, status, taken = line.split()
        if 200 <= int(status) < 300:
            result.record_many(int(taken) * 1000, 1)
        else:
            result.fail_many(f"status {status}" if int(status) > 0 else "no response", 1)


def measure(work):
    version = subprocess.run(["h2load", "--version"], capture_output=True, text=True, check=False).stdout.split()[-1]
    result = web.Counted({"threads": work.reactors, "certificates": "not verified"}, {"nghttp2": version.removeprefix("nghttp2/")})
    with tempfile.NamedTemporaryFile("w+") as log, tempfile.NamedTemporaryFile("w") as body:
        if work.method == "PUT":
            body.write("x" * work.size_bytes)
            body.flush()
        before = peer.cpu_seconds()
        text, errors, _, result.rss_peak_bytes = peer.run_program(line_of(work, log.name, body.name))
        result.cpu_s = peer.cpu_seconds() - before
        read_log(log, result)
    took = re.search(r"^finished in ([\d.]+)(us|ms|s)", text, re.M)
    data = re.search(r"\((\d+)\) data$", text, re.M)
    if not took:
        raise RuntimeError(f"h2load said: {(text + errors)[-300:]}")
    result.duration_s = float(took.group(1)) * {"us": 1e-6, "ms": 1e-3, "s": 1}[took.group(2)]
    result.received = int(data.group(1)) if data else 0
    result.sent = work.size_bytes * result.histogram.count if work.method == "PUT" else 0
    return result


def cannot(work):
    if work["connect_each"]:
        return "h2load keeps its connections", "headrace bench http without --connect-each"
    if work["method"] == "HEAD":
        return "h2load over HTTP/1.1 waits for the body that a response to HEAD has not", "headrace bench http --method GET"
    return None


if __name__ == "__main__":
    program.run("h2load", "h2load", "apt install nghttp2-client", measure, cannot)
