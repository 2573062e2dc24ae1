#!/usr/bin/env python3
"""GETs of 64 MiB, one at a time over a kept connection, plain and over TLS 1.3, from one nginx worker (sendfile, the file in
memory): by headrace on io_uring and on epoll, and by libcurl with its standard buffer of 16 KiB and with its largest, 512 KiB.
Bodies are counted and dropped. The client is pinned to one core, the server to another; rounds are interleaved; figures are
medians with their spread, ratios those of one round."""
import json
import os
import tempfile

import canned_nginx
import compare

PROGRAM = "bulk_compare.sh"
BODY_BYTES = 64 << 20
MODES = {"plain": "plain, 64 MiB", "tls": "TLS 1.3, 64 MiB"}
COLUMNS = {"cpu_s_per_gib": ("CPU s a GiB", 3), "mib_per_s": ("MiB/s", 0), "cpu_ms": ("CPU ms a body", 1)}
SHOWN = [("headrace io_uring", "libcurl"), ("headrace epoll", "libcurl"), ("headrace io_uring", "libcurl, 512 KiB buffer"),
         ("headrace epoll", "libcurl, 512 KiB buffer")]
LIMITS = [compare.Limit("headrace io_uring", "libcurl", case, "cpu_s_per_gib", 1.05, 1.0) for case in MODES.values()]


def clients(options, url, ca_file, report):
    tls = url.startswith("https:")
    for backend in options.backends:
        yield f"headrace {backend}", [
            options.headrace, "bench", "http", "--backend", backend, "-c", "1", "--duration",
            f"{round(options.seconds * 1000)}ms", "--json", report, *(["--ca-file", ca_file] if tls else []), url]
    for name, more in (("libcurl", []), ("libcurl, 512 KiB buffer", ["--buffer", str(512 << 10)])):
        yield name, [options.curl_multi, *more, *(["--ca", ca_file] if tls else []), url, "1", str(options.seconds)]


def read(name, text, report):
    """Bodies and seconds. headrace asks once more before the run: its CPU is in wait4's figure too."""
    if name.startswith("headrace"):
        made = compare.report_of(report)
        done, size = made["operations"]["succeeded"], made["bytes_received"]
        bodies, seconds = done + 1, made["duration_s"]
    else:
        made = json.loads(text)
        done, size, seconds = made["requests"], made["bytes"], made["seconds"]
        bodies = done
    if size != done * BODY_BYTES:
        raise RuntimeError(f"{name}: {size} bytes in {done} bodies")
    return done, bodies, seconds


def measure(options, place):
    cases = {MODES[mode]: mode for mode in options.modes}
    with canned_nginx.running_secured(place.server, BODY_BYTES) as (plain, tls, ca_file), \
            tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.json")

        def once(case):
            url = (plain if cases[case] == "plain" else tls) + "/bulk"
            for name, command in clients(options, url, ca_file, report):
                text, cpu = compare.run(command, place.client)
                done, bodies, seconds = read(name, text, report)
                yield name, {"cpu_s_per_gib": cpu / (bodies * BODY_BYTES / (1 << 30)), "cpu_ms": cpu * 1e3 / bodies,
                             "mib_per_s": done * BODY_BYTES / (1 << 20) / seconds}
        return compare.measure(options.rounds, cases, once), LIMITS, COLUMNS, SHOWN, "cpu_s_per_gib"


def work():
    parser = compare.parser(PROGRAM, __doc__, 4)
    parser.add_argument("--modes", nargs="+", choices=list(MODES), default=list(MODES))
    options = compare.parse(parser)
    return compare.compare(PROGRAM, options, "nginx, one worker, sendfile", ["nginx", "libcurl", "openssl"],
                           lambda place: measure(options, place))


if __name__ == "__main__":
    compare.main(PROGRAM, work)
