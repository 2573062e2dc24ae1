#!/usr/bin/env python3
"""GETs of 4 KiB from one nginx worker over kept connections, plain and over TLS 1.3, by headrace on io_uring and on epoll,
wrk, h2load and libcurl multi. The lower limit of what is not encrypted is a bare loop over io_uring that
sends the bytes of headrace's own request head and has llhttp parse what comes, waiting for one event a turn as headrace does
or for 16. The client is pinned to one core, the server to another; rounds are interleaved; figures are medians with their
spread, and ratios are those of one round. CPU is user + system time of the client's whole process (wait4). headrace runs with
breaker, retry budget and deadline in place."""
import argparse
import json
import os
import re
import tempfile
import urllib.parse

import canned_nginx
import compare
from sent_request import sent_request

PROGRAM = "http_compare.sh"
SPIN_US = 100
BARE, GATHERING = "bare loop", "bare loop, 16 events a turn"
PLAIN, TLS = "plain", "TLS 1.3"
MODES = {"plain": PLAIN, "tls": TLS}
COLUMNS = {"cpu_us": ("CPU us a request", 2), "requests_per_s": ("requests/s", 0), "p50_ms": ("p50 ms", 3),
           "p99_ms": ("p99 ms", 3)}
SHOWN = [("headrace io_uring", BARE), ("headrace io_uring", GATHERING), ("wrk", BARE), ("headrace io_uring", "wrk"),
         ("headrace epoll", "wrk"), ("headrace io_uring", "h2load"), ("headrace io_uring", "libcurl multi"),
         ("headrace epoll", "libcurl multi"), ("headrace epoll", "headrace io_uring")]


def case_name(mode, connections):
    return f"{mode}, {connections} connection{'s' if connections > 1 else ''}"


def limits():
    def at(what, against, mode, connections, limit, goal=None):
        return compare.Limit(what, against, case_name(mode, connections), "cpu_us", limit, goal)
    return [
        at("headrace io_uring", BARE, PLAIN, 64, 1.25, 1.08),
        at("headrace io_uring", BARE, PLAIN, 1000, 1.3, 1.15),
        at("headrace io_uring", "wrk", PLAIN, 64, 1.3, 1.0),
        at("headrace io_uring", "libcurl multi", PLAIN, 64, 0.6, 0.5),
        at("headrace io_uring", "libcurl multi", PLAIN, 1000, 0.25, 0.17),
        at("headrace epoll", "headrace io_uring", PLAIN, 64, 1.2),
        at("headrace epoll", "headrace io_uring", PLAIN, 1000, 1.2),
        at("headrace io_uring", "wrk", TLS, 64, 1.15, 1.05),
        at("headrace io_uring", "libcurl multi", TLS, 64, 0.5),
    ]


def read_headrace(_, report):
    made = compare.report_of(report)
    return made["operations"]["succeeded"], made["duration_s"], made["latency_ms"]["p50"], made["latency_ms"]["p99"]


def read_wrk(text, _):
    unit = {"us": 1e-3, "ms": 1, "s": 1e3}
    quantiles = {at: float(value) * unit[name] for at, value, name in re.findall(r"(50|99)%\s+([\d.]+)(us|ms|s)\b", text)}
    count, seconds, name = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m),", text).groups()
    if "Non-2xx" in text or "Socket errors" in text:
        raise RuntimeError(f"wrk: {text}")
    return int(count), float(seconds) * {"ms": 1e-3, "s": 1, "m": 60}[name], quantiles["50"], quantiles["99"]


def read_h2load(text, _):
    done, failed = re.search(r"(\d+) done, \d+ succeeded, (\d+) failed", text).groups()
    rate = float(re.search(r"finished in .*?, ([\d.]+) req/s", text)[1])
    if int(failed) or not rate:
        raise RuntimeError(f"h2load: {text}")
    return int(done), int(done) / rate, None, None


def read_curl(text, _):
    found = json.loads(text)
    return found["requests"], found["seconds"], found["p50_ms"], found["p99_ms"]


def read_bare(text, _, size=4096):
    found = json.loads(text)
    if found["bytes"] != found["requests"] * size:
        raise RuntimeError(f"bare loop: {text}")
    return found["requests"], found["seconds"], None, None


def read_bare_put(text, _):
    """Its responses have no body."""
    return read_bare(text, _, 0)


def wrk(options, url, count):
    return "wrk", ["wrk", "-t1", f"-c{count}", f"-d{round(options.seconds)}s", "--latency", url], read_wrk


def bares(options, port, head, count):
    for name, events in ((BARE, 1), (GATHERING, 16)):
        yield name, [options.bare_loop, str(port), head, count, str(options.seconds), str(events)], read_bare


def clients(options, url, ca_file, head, connections, report):
    """Name, command and reader of each. `head`: a file for the bare loop; None: there is none over TLS."""
    seconds, count = options.seconds, str(connections)
    tls = url.startswith("https:")

    def headrace(backend, *more):
        return [options.headrace, "bench", "http", "--backend", backend, "--concurrency", count, "--duration",
                f"{round(seconds * 1000)}ms", "--attempts", "4", "--json", report,
                *(["--ca-file", ca_file] if tls else []), *more, url]
    for backend in options.backends:
        yield f"headrace {backend}", headrace(backend), read_headrace
    if head:
        yield from bares(options, port_of(url), head, count)
    yield wrk(options, url, count)
    yield "h2load", ["h2load", "--h1", "-t1", "-c", count, "-D", str(round(seconds)), url], read_h2load
    yield "libcurl multi", [options.curl_multi, *(["--ca", ca_file] if tls else []), url, count, str(seconds)], read_curl
    if connections == 1:
        for backend in options.backends:
            yield f"headrace {backend}, spin {SPIN_US} us", headrace(backend, "--spin-us", str(SPIN_US)), read_headrace


def port_of(url):
    return urllib.parse.urlsplit(url).port


def write_head(options, port, folder):
    """The file with what headrace sends for a GET."""
    path = os.path.join(folder, "head")
    with open(path, "wb") as file:
        file.write(sent_request(lambda here: [options.headrace, "bench", "http", "-c", "1", "--requests", "1",
                                              f"http://127.0.0.1:{here}/4k"], port))
    return path


def measure(options, place):
    cases = {case_name(mode, connections): (mode, connections) for mode in (MODES[mode] for mode in options.modes)
             for connections in options.connections}
    with canned_nginx.running_secured(place.server) as (plain, tls, ca_file), tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.json")
        head = write_head(options, port_of(plain), folder)

        def clients_of(mode, connections):
            if mode == PLAIN:
                return clients(options, plain + "/4k", ca_file, head, connections, report)
            return clients(options, tls + "/4k", ca_file, None, connections, report)

        def once(case):
            for name, command, read in clients_of(*cases[case]):
                text, cpu = compare.run(command, place.client)
                requests, seconds, p50, p99 = read(text, report)
                yield name, {"requests_per_s": requests / seconds, "cpu_us": cpu * 1e6 / requests, "p50_ms": p50,
                             "p99_ms": p99}
        return compare.measure(options.rounds, cases, once), limits(), COLUMNS, SHOWN, "cpu_us"


def work():
    parser = compare.parser(PROGRAM, __doc__, 4)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 64, 1000])
    parser.add_argument("--modes", nargs="+", choices=list(MODES), default=list(MODES))
    parser.add_argument("--bare-loop", default="build/release/perf/bare_loop", help=argparse.SUPPRESS)
    options = compare.parse(parser)
    if min(options.connections) < 1:
        parser.error("connections are at least 1")
    return compare.compare(PROGRAM, options, "nginx, one worker, 4 KiB", ["nginx", "wrk", "h2load", "libcurl", "openssl"],
                           lambda place: measure(options, place))


if __name__ == "__main__":
    compare.main(PROGRAM, work)
