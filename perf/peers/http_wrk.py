#!/usr/bin/env python3
"""wrk: a thread for each reactor that was asked for; every latency that it has recorded, in microseconds. Speaks the protocol of
docs/peers.md."""
import os
import re
import subprocess
import tempfile

import peer
import program
import web

# wrk's own counts: every latency that it has with how often, and the errors.
DONE = """
function done(summary, latency)
  io.write("HISTOGRAM ", summary.requests, " ", summary.bytes, " ", summary.duration, "\\n")
  for i = 1, #latency do
    local value, count = latency(i)
    io.write("LATENCY ", value, " ", count, "\\n")
  end
  local e = summary.errors
  io.write("ERRORS ", e.connect, " ", e.read, " ", e.write, " ", e.status, " ", e.timeout, "\\n")
end
"""


def quoted(text):
    """As a string of Lua."""
    return '"' + "".join(char if re.match(r"[\w .:/?&=%+,;-]", char, re.ASCII) else "".join(f"\\{byte:03d}" for byte in char.encode()) for char in text) + '"'


def script(work):
    lines = [f"wrk.method = {quoted(work.method)}"]
    lines += [f"wrk.headers[{quoted(name)}] = {quoted(value)}" for name, value in work.headers]
    if work.method == "PUT":
        lines.append(f'wrk.body = string.rep("x", {work.size_bytes})')
    if work.connect_each:
        lines.append('wrk.headers["Connection"] = "close"')
    return "\n".join(lines) + DONE


def recorded(told, interval):
    """The latencies that wrk has recorded: what it tells has, for each that is over twice the interval in which a connection sends,
    the ones that requests in the meantime would have had (stats_correct of its stats.c). Those go again; the count is that of its requests."""
    counts = dict(told)
    for value in sorted(counts, reverse=True):
        count, made_up = counts[value], value - interval
        while value >= 2 * interval and count and made_up > interval:
            counts[made_up] -= count
            made_up -= interval
    return counts


def read(text, work, result):
    head = re.search(r"^HISTOGRAM (\d+) (\d+) (\d+)$", text, re.M)
    errors = re.search(r"^ERRORS (\d+) (\d+) (\d+) (\d+) (\d+)$", text, re.M)
    if not head or not errors:
        raise RuntimeError(f"wrk said: {text[-300:]}")
    told = [(int(value), int(count)) for value, count in re.findall(r"^LATENCY (\d+) (\d+)$", text, re.M)]
    requests, result.received, microseconds = map(int, head.groups())
    each = requests // work.concurrency
    for value, count in (recorded(told, microseconds // each) if each else dict(told)).items():
        result.record_many(value * 1000, count)
    for name, count in zip(("connect", "read", "write", "status", "timeout"), map(int, errors.groups())):
        result.fail_many(name, count)
    result.failed_responses = int(errors.group(4))
    result.requests = requests
    result.sent = work.size_bytes * (requests - result.failed_responses) if work.method == "PUT" else 0
    result.duration_s = microseconds / 1e6


def measure(work):
    version = re.search(r"wrk (\S+)", subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout)
    result = web.Counted({"threads": work.reactors, "certificates": "not verified", "bodies": "counted with heads", "failed": "statuses over 399"},
                         {"wrk": version.group(1) if version else "unknown"})
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as lua:
        lua.write(script(work))
        lua.flush()
        line = ["wrk", f"-t{min(work.reactors, work.concurrency)}", f"-c{work.concurrency}", f"-d{max(1, round(work.duration_s))}s",
                f"--timeout={max(1, round(work.timeout_s))}s", "-s", lua.name, work.urls[0]]
        before = peer.cpu_seconds()
        text, _, _, result.rss_peak_bytes = peer.run_program(line, env={**os.environ, "LC_ALL": "C"})
        result.cpu_s = peer.cpu_seconds() - before
    read(text, work, result)
    return result


def cannot(work):
    if not work["duration_s"]:
        return "wrk ends by time alone", "headrace bench http --duration 10s"
    if len(work["urls"]) > 1:
        return "wrk asks one URL", "headrace bench http with one URL"
    return None


if __name__ == "__main__":
    program.run("wrk", "wrk", "apt install wrk", measure, cannot)
