#!/usr/bin/env python3
"""Connect, TLS 1.3 handshake, GET of 4 KiB, close, again and again, to one nginx worker with an ECDSA P-256 certificate: by
headrace on io_uring and on epoll, and by libcurl multi with CURLOPT_FORBID_REUSE; full handshakes, and resumed ones (libcurl
with its sessions kept by each easy handle, and in a share). Both verify the certificate. The client is pinned to one core, the
server to another; rounds are interleaved; figures are medians with their spread, ratios those of one round. How many
handshakes were resumed is counted by the clients and must be what was asked for."""
import json
import os
import tempfile

import canned_nginx
import compare

PROGRAM = "handshake_compare.sh"
FULL, RESUMED = "full handshakes", "resumed handshakes"
COLUMNS = {"per_s": ("connections/s", 0), "cpu_us": ("CPU us a connection", 0), "p50_ms": ("p50 ms", 2),
           "p99_ms": ("p99 ms", 2)}
SHOWN = [("headrace io_uring", "libcurl"), ("headrace epoll", "libcurl"), ("headrace io_uring", "libcurl, shared sessions"),
         ("headrace epoll", "libcurl, shared sessions")]
LIMITS = [compare.Limit("headrace io_uring", "libcurl", FULL, "per_s", 1.8, 2, least=True),
          compare.Limit("headrace io_uring", "libcurl", RESUMED, "per_s", 2.2, 2.5, least=True),
          compare.Limit("headrace io_uring", "libcurl, shared sessions", RESUMED, "per_s", 2.2, 2.5, least=True)]
# Of the handshakes, where resumption is asked for: the first ones are full. libcurl's shared cache of 8 loses some.
RESUMED_LEAST = {"headrace": 0.95, "libcurl": 0.75}


def check(name, case, resumed, of):
    share = resumed / of if of else 0
    if share > 0 if case == FULL else share < RESUMED_LEAST[name.split(maxsplit=1)[0].rstrip(',')]:
        raise RuntimeError(f"{name}, {case}: {resumed} of {of} were resumed")


def clients(options, url, ca_file, case, report):
    count, seconds = str(options.connections), options.seconds
    for backend in options.backends:
        yield f"headrace {backend}", [
            options.headrace, "bench", "http", "--backend", backend, "-c", count, "--duration",
            f"{round(seconds * 1000)}ms", "--connect-each", "--ca-file", ca_file, "--json", report,
            *(["--no-resumption"] if case == FULL else []), url]
    for name, sessions in ((("libcurl", "none"),) if case == FULL else
                           (("libcurl", "own"), ("libcurl, shared sessions", "shared"))):
        yield name, [options.curl_multi, "--ca", ca_file, "--each", "--sessions", sessions, url, count, str(seconds)]


def read(name, case, text, report):
    """Connections, seconds, p50, p99."""
    if name.startswith("headrace"):
        made = compare.report_of(report)
        done = made["operations"]["succeeded"]
        check(name, case, made["handshakes_resumed"], made["handshakes_full"] + made["handshakes_resumed"])
        if made["connections_opened"] < done:
            raise RuntimeError(f"{name}: {made['connections_opened']} connections for {done} requests")
        return done, made["duration_s"], made["latency_ms"]["p50"], made["latency_ms"]["p99"]
    made = json.loads(text)
    check(name, case, made["resumed"], made["requests"])
    return made["requests"], made["seconds"], made["p50_ms"], made["p99_ms"]


def measure(options, place):
    with canned_nginx.running_secured(place.server) as (_, tls, ca_file), tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.json")

        def once(case):
            for name, command in clients(options, tls + "/4k", ca_file, case, report):
                text, cpu = compare.run(command, place.client)
                done, seconds, p50, p99 = read(name, case, text, report)
                yield name, {"per_s": done / seconds, "cpu_us": cpu * 1e6 / done, "p50_ms": p50, "p99_ms": p99}
        return compare.measure(options.rounds, [FULL, RESUMED], once), LIMITS, COLUMNS, SHOWN, "per_s"


def work():
    parser = compare.parser(PROGRAM, __doc__, 4)
    parser.add_argument("--connections", type=int, default=8, help="in progress at once (default 8)")
    options = compare.parse(parser)
    if options.connections < 1:
        parser.error("connections are at least 1")
    return compare.compare(PROGRAM, options, "nginx, one worker, ECDSA P-256", ["nginx", "libcurl", "openssl"],
                           lambda place: measure(options, place))


if __name__ == "__main__":
    compare.main(PROGRAM, work)
