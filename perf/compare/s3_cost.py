#!/usr/bin/env python3
"""S3 operations of 4 KiB over kept connections, plain and over TLS 1.3, against one nginx worker with canned responses: headrace's GET
and PUT (payload unsigned, the same with a CRC-64/NVME, and signed with SHA-256), wrk's GET of the same object, which signs nothing,
the AWS Common Runtime (aws-c-s3) and boto3 under Python. The lower limit of what is not encrypted is a bare loop over io_uring that
sends the bytes of headrace's own signed request again and again and has llhttp parse what comes. The client is pinned to one core,
the server to another; rounds are interleaved; figures are medians with their spread, and ratios are those of one round. CPU is user +
system time of the client's whole process (wait4); of the two under Python that of the measured part."""
import argparse
import json
import os
import tempfile

import canned_nginx
import compare
import http_compare
from sent_request import sent_request

PROGRAM = "s3_cost.sh"
SIZE = 4096
BUCKET, KEY = "headrace-bench", "bench/a/00000000"
MODES = {"plain": "plain", "tls": "TLS 1.3"}
GET, PUT, PUT_CRC, PUT_SHA = "headrace GET", "headrace PUT", "headrace PUT, CRC-64/NVME", "headrace PUT, SHA-256"
BARE_GET, BARE_PUT = "bare loop GET", "bare loop PUT"
# Options of `headrace bench s3` for each.
OPERATIONS = {GET: ("get=1", "unsigned", "none"), PUT: ("put=1", "unsigned", "none"),
              PUT_CRC: ("put=1", "unsigned", "crc64nvme"), PUT_SHA: ("put=1", "signed", "none")}
# What each does is not the same: what is hashed stands in the name.
PYTHON = {"aws-c-s3 under Python, GET": ("awscrt_bench.py", "get"), "aws-c-s3 under Python, PUT": ("awscrt_bench.py", "put"),
          "boto3 GET": ("boto3_bench.py", "get"), "boto3 PUT (CRC-32; plain: SHA-256)": ("boto3_bench.py", "put")}
PYTHON_PER_S = 400  # operations of the slower one, in the time of a round
COLUMNS = {"cpu_us": ("CPU us an operation", 2), "requests_per_s": ("operations/s", 0), "rss_mib": ("peak MiB", 1)}
SHOWN = [(GET, BARE_GET), (GET, "wrk GET"), (PUT, BARE_PUT), (PUT, "wrk GET"), (PUT_CRC, PUT), (PUT_SHA, PUT),
         *((name, GET if mode == "get" else PUT) for name, (_, mode) in PYTHON.items())]


def case_name(mode, connections):
    return f"{MODES[mode]}, {connections} connections"


def limits():
    def at(what, against, mode, connections, limit):
        return compare.Limit(what, against, case_name(mode, connections), "cpu_us", limit)
    return [at(GET, BARE_GET, "plain", 64, 1.2), at(PUT, BARE_PUT, "plain", 64, 1.2),
            *(at(PUT_CRC, PUT, mode, connections, 1.1) for mode in MODES for connections in (64, 1000))]


def headrace(options, name, url, ca_file, *more):
    mix, payload, checksum = OPERATIONS[name]
    return [options.headrace, "bench", "s3", "--endpoint", url, "--no-setup", "--proxy", "", "--mix", mix, "--size", str(SIZE),
            "--payload", payload, "--checksum", checksum, *(["--ca-file", ca_file] if url.startswith("https:") else []), *more]


def own_figures(text, _):
    """Of a program that measured itself: its imports are not in the figures."""
    found = json.loads(text)
    if found["failed"]:
        raise RuntimeError(f"{found['harness']}: {found['example']}")
    return {"requests_per_s": found["operations_per_s"], "cpu_us": found["cpu_us_per_operation"], "rss_mib": None}


def clients(options, url, ca_file, requests, count, report):
    """Name, command, and reader of each; the reader is of the whole process, or gives the figures itself."""
    run = ["--concurrency", str(count), "--duration", f"{round(options.seconds * 1000)}ms", "--json", report]
    for name in OPERATIONS:
        yield name, headrace(options, name, url, ca_file, *run), http_compare.read_headrace
        if name in requests:
            yield requests[name][0], [options.bare_loop, str(http_compare.port_of(url)), requests[name][1], str(count),
                                      str(options.seconds), "1"], requests[name][2]
    _, command, read = http_compare.wrk(options, f"{url}/{BUCKET}/{KEY}", count)
    yield "wrk GET", command, read
    for name, (program, kind) in PYTHON.items() if options.peers else ():
        operations = max(round(options.seconds * PYTHON_PER_S), 2 * count)
        yield name, [options.python, os.path.join(canned_nginx.HERE, program), "--endpoint", url, "--concurrency", str(count),
                     "--operations", str(operations), "--size", str(SIZE), "--kind", kind,
                     *(["--ca-file", ca_file] if url.startswith("https:") else [])], own_figures


def use_canned_credentials():
    """These, and no account of the caller's."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "S3_"))]:
        del os.environ[name]
    os.environ.update(AWS_ACCESS_KEY_ID="canned", AWS_SECRET_ACCESS_KEY="canned-secret", AWS_EC2_METADATA_DISABLED="true")


def write_requests(options, port, folder):
    """What headrace sends, for the bare loop: {operation: (name of the loop, file, reader of its report)}."""
    written = {}
    for name, bare, read in ((GET, BARE_GET, http_compare.read_bare), (PUT, BARE_PUT, http_compare.read_bare_put)):
        path = os.path.join(folder, bare.replace(" ", "-"))
        with open(path, "wb") as file:
            file.write(sent_request(lambda here, name=name: headrace(
                options, name, f"http://127.0.0.1:{here}", None, "--concurrency", "1", "--operations", "1"), port))
        written[name] = (bare, path, read)
    return written


def figures_of(text, cpu, read, report):
    if read is own_figures:
        return own_figures(text, report)
    requests, seconds, _, _ = read(text, report)
    peak = None
    if read is http_compare.read_headrace:
        with open(report, encoding="utf-8") as file:
            peak = json.load(file)["rss_peak_bytes"] / (1 << 20)
    return {"requests_per_s": requests / seconds, "cpu_us": cpu * 1e6 / requests, "rss_mib": peak}


def measure(options, place):
    cases = {case_name(mode, count): (mode, count) for mode in options.modes for count in options.connections}
    with canned_nginx.running_secured(place.server) as (plain, tls, ca_file), tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.json")
        requests = write_requests(options, http_compare.port_of(plain), folder)

        def once(case):
            mode, count = cases[case]
            url = plain if mode == "plain" else tls
            for name, command, read in clients(options, url, ca_file, requests if mode == "plain" else {}, count, report):
                text, cpu = compare.run(command, place.client)
                yield name, figures_of(text, cpu, read, report)
        return compare.measure(options.rounds, cases, once), limits(), COLUMNS, SHOWN, "cpu_us"


def work():
    parser = compare.parser(PROGRAM, __doc__, 4)
    parser.add_argument("--connections", type=int, nargs="+", default=[64, 1000])
    parser.add_argument("--modes", nargs="+", choices=list(MODES), default=list(MODES))
    parser.add_argument("--without-python", dest="peers", action="store_false", help="leave aws-c-s3 and boto3 out")
    parser.add_argument("--bare-loop", default="build/release/perf/bare_loop", help=argparse.SUPPRESS)
    parser.add_argument("--python", default="build/venv/bin/python3", help=argparse.SUPPRESS)
    options = compare.parse(parser)
    if min(options.connections) < 1:
        parser.error("connections are at least 1")
    use_canned_credentials()
    return compare.compare(PROGRAM, options, "nginx, one worker, 4 KiB", ["nginx", "wrk", "openssl"],
                           lambda place: measure(options, place))


if __name__ == "__main__":
    compare.main(PROGRAM, work)
