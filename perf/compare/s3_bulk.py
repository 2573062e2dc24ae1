#!/usr/bin/env python3
"""Objects of 64 MiB, one at a time over a kept connection: GET from the embedded store, compared with the CRC-64/NVME that the store names,
and PUT with one to a server that drops it, each beside the same without it, and beside a bare loop of receives and sends
(perf/compare/peers/bare_bulk.c). Over TLS 1.3 GETs of 8 MiB, beside libcurl. Bodies are dropped. The client is pinned to one core, the server
to another; rounds are interleaved; figures are medians with their spread, ratios those of one round. CPU is user + system time of
the client's whole process (wait4)."""
import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import urllib.parse

import canned_nginx
import compare
import s3_cost

PROGRAM = "s3_bulk.sh"
MIB = 1 << 20
GET, PUT, TLS = "GET, 64 MiB", "PUT, 64 MiB", "GET, 8 MiB, TLS 1.3"
MODES = {"get": GET, "put": PUT, "tls": TLS}
SIZES = {GET: 64 * MIB, PUT: 64 * MIB, TLS: 8 * MIB}
OBJECT = "s3://headrace-bench/bench/a/00000000"
WITH, WITHOUT, BARE, CURL = "headrace, CRC-64/NVME", "headrace", "bare loop", "libcurl, 512 KiB buffer"
COLUMNS = {"cpu_s_per_gib": ("CPU s a GiB", 3), "mib_per_s": ("MiB/s", 0), "cpu_ms": ("CPU ms a body", 1)}
SHOWN = [(WITH, BARE), (WITHOUT, BARE), (WITH, WITHOUT), (WITH, CURL), (WITHOUT, CURL)]
LIMITS = [compare.Limit(WITH, BARE, case, "cpu_s_per_gib", 1.5) for case in (GET, PUT)] + \
         [compare.Limit(WITHOUT, CURL, TLS, "cpu_s_per_gib", 1.05)]


@contextlib.contextmanager
def ended(command):
    """A server and its first line; it ends with the block."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline()
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def store(options, prefix, folder):
    """The URL of an embedded store, over TLS where `folder` has a certificate."""
    paths = [os.path.join(folder, name) for name in ("certificate.pem", "key.pem")] if folder else []
    tls = ["--tls-cert", paths[0], "--tls-key", paths[1]] if folder else []
    command = [*prefix, options.headrace, "serve", "s3", "--listen", "127.0.0.1:0", "--any-credentials", "--json", "--reactors", "1"]
    with ended([*command, *tls]) as line:
        yield json.loads(line)["endpoint"]


def bench(options, url, ca_file, mode, checksum, *more):
    """One GET or PUT after the other; a GET is compared where the variable allows it."""
    return [options.headrace, "bench", "s3", "--endpoint", url, "--proxy", "", "--mix", f"{mode}=1", "--objects", "1",
            "--concurrency", "1", "--payload", "unsigned", "--checksum", checksum, *(["--ca-file", ca_file] if ca_file else []), *more]


def presigned(options, url, ca_file, method):
    text, _ = compare.run([options.headrace, "s3", "presign", "--endpoint", url, "--method", method, OBJECT,
                           *(["--ca-file", ca_file] if ca_file else [])], [])
    return text.strip()


def write_head(options, url, method, size, folder):
    """A file with the head of a request by a presigned URL, for the bare loop."""
    parts = urllib.parse.urlsplit(presigned(options, url, None, method))
    path = os.path.join(folder, method)
    with open(path, "w", encoding="ascii") as file:
        file.write(f"{method} {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n" +
                   (f"Content-Length: {size}\r\n" if size else "") + "\r\n")
    return path


def clients(options, case, url, ca_file, folder, report):
    """Name, command, environment of each."""
    mode = "put" if case == PUT else "get"
    run = ["--no-setup", "--size", str(SIZES[case]), "--duration", f"{round(options.seconds * 1000)}ms", "--json", report]
    for name, checksum, when in ((WITH, "crc64nvme", "when_supported"), (WITHOUT, "none", "when_required")):
        yield name, bench(options, url, ca_file, mode, checksum, *run), {"AWS_RESPONSE_CHECKSUM_VALIDATION": when}
    if case == TLS:
        yield CURL, [options.curl_multi, "--buffer", str(512 << 10), "--ca", ca_file, presigned(options, url, ca_file, "GET"), "1",
                     str(options.seconds)], {}
    else:
        size = SIZES[case] if mode == "put" else 0
        head = write_head(options, url, mode.upper(), size, folder)
        yield BARE, [options.bare_bulk, str(urllib.parse.urlsplit(url).port), head, str(size), str(options.seconds)], {}


def read(name, text, size, report):
    """Bodies and seconds."""
    if name in (WITH, WITHOUT):
        made = compare.report_of(report)
        return made["operations"]["succeeded"], made["duration_s"]
    made = json.loads(text)
    if made["bytes"] != made["requests"] * size:
        raise RuntimeError(f"{name}: {made['bytes']} bytes in {made['requests']} bodies of {size}")
    return made["requests"], made["seconds"]


def measure(options, place):
    cases = {MODES[mode]: mode for mode in options.modes}
    with tempfile.TemporaryDirectory() as folder, store(options, place.server, None) as plain:
        canned_nginx.make_certificate(folder)
        ca_file, report = os.path.join(folder, "certificate.pem"), os.path.join(folder, "report.json")
        sink = ended([*place.server, sys.executable, os.path.join(canned_nginx.HERE, "body_sink.py")])
        with store(options, place.server, folder) as tls, sink as port:
            places = {GET: (plain, None), PUT: (f"http://127.0.0.1:{port.strip()}", None), TLS: (tls, ca_file)}
            for case in (GET, TLS):
                compare.run(bench(options, *places[case], "put", "crc64nvme", "--operations", "1", "--size", str(SIZES[case])), [])

            def once(case):
                for name, command, variables in clients(options, case, *places[case], folder, report):
                    text, cpu = compare.run(["env", *(f"{key}={value}" for key, value in variables.items()), *command], place.client)
                    bodies, seconds = read(name, text, SIZES[case], report)
                    gib = bodies * SIZES[case] / (1 << 30)
                    yield name, {"cpu_s_per_gib": cpu / gib, "cpu_ms": cpu * 1e3 / bodies,
                                 "mib_per_s": bodies * SIZES[case] / MIB / seconds}
            return compare.measure(options.rounds, cases, once), LIMITS, COLUMNS, SHOWN, "cpu_s_per_gib"


def work():
    parser = compare.parser(PROGRAM, __doc__, 4)
    parser.add_argument("--modes", nargs="+", choices=list(MODES), default=list(MODES))
    parser.add_argument("--bare-bulk", default="build/release/perf/bare_bulk", help=argparse.SUPPRESS)
    options = compare.parse(parser)
    s3_cost.use_canned_credentials()
    return compare.compare(PROGRAM, options, "headrace serve s3, one reactor, and a sink", ["libcurl", "openssl"],
                           lambda place: measure(options, place))


if __name__ == "__main__":
    compare.main(PROGRAM, work)
