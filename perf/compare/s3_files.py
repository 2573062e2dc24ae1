#!/usr/bin/env python3
"""A large object into a file and out of one: `headrace s3 cp` with parts and checksums as it comes (no journal is kept, the object is
compared), beside s5cmd, rclone, aws-c-s3 under Python (awscrt) and a bare loop that receives and drops, or sends from memory, as many bytes in
bodies of 64 MiB (perf/compare/peers/bare_bulk.c): nobody needs less. The store is `headrace serve s3` in memory. Client on one core,
server on another; rounds are interleaved; figures are medians with their spread, ratios those of one round. CPU is user + system
time of the client's whole process (wait4), the start of an interpreter included; each file is new, and is removed behind its run."""
import argparse
import contextlib
import importlib.util
import json
import os
import shutil
import sys
import tempfile
import urllib.parse

import canned_nginx
import compare
import s3_bulk
import s3_cost

PROGRAM = "s3_files.sh"
GIB = 1 << 30
DOWN, UP = "download into a file", "upload from a file"
OBJECT = "headrace-bench/bench/file"
OURS, BARE, S5CMD, RCLONE, CRT = "headrace s3 cp", "bare loop", "s5cmd", "rclone", "awscrt"
COLUMNS = {"cpu_s_per_gib": ("CPU s a GiB", 3), "mib_per_s": ("MiB/s", 0)}
SHOWN = [(OURS, other) for other in (BARE, S5CMD, RCLONE, CRT)]
LIMITS = [compare.Limit(OURS, BARE, DOWN, "cpu_s_per_gib", 1.6), compare.Limit(OURS, BARE, UP, "cpu_s_per_gib", 1.25)]


def write_random(path, size):
    """Bytes that no peer can compress or take for a hole."""
    block = os.urandom(1 << 20)
    with open(path, "wb") as file:
        for number in range(size >> 20):
            file.write(number.to_bytes(8, "big") + block[8:])


def rclone(url):
    return ["rclone", "--config", "/dev/null", "--s3-provider", "Other", "--s3-env-auth", "--s3-endpoint", url, "--s3-no-check-bucket", "copyto"]


def clients(options, case, url, source, target):
    """Name and command of each that is there."""
    down = case == DOWN
    mine = [options.headrace, "s3", "cp", "--endpoint", url, "--proxy", ""]
    yield OURS, mine + ([f"s3://{OBJECT}", target] if down else [source, f"s3://{OBJECT}"])
    if shutil.which("s5cmd"):
        yield S5CMD, ["s5cmd", "--endpoint-url", url, "cp"] + ([f"s3://{OBJECT}", target] if down else [source, f"s3://{OBJECT}"])
    if shutil.which("rclone"):
        yield RCLONE, rclone(url) + ([f":s3:{OBJECT}", target] if down else [source, f":s3:{OBJECT}"])
    if importlib.util.find_spec("awscrt"):
        yield CRT, [sys.executable, os.path.join(canned_nginx.HERE, "awscrt_file.py"), "get" if down else "put", url, OBJECT, target if down else source]


def bare(options, case, url, sink, folder):
    """CPU and speed of bodies that are dropped, or come from memory."""
    size = 64 << 20
    head = s3_bulk.write_head(options, sink if case == UP else url, "PUT" if case == UP else "GET", size if case == UP else 0, folder)
    return [options.bare_bulk, str(urllib.parse.urlsplit(sink if case == UP else url).port), head, str(size if case == UP else 0), str(options.seconds)]


def same(a, b):
    """Whether two files have the same bytes."""
    with open(a, "rb") as one, open(b, "rb") as other:
        while block := one.read(1 << 20):
            if other.read(1 << 20) != block:
                return False
        return not other.read(1)


def measure(options, place):
    size = options.gib * GIB
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=options.folder))
        source, target = os.path.join(folder, "source"), os.path.join(folder, "target")
        write_random(source, size)
        store = [*place.server, options.headrace, "serve", "s3", "--listen", "127.0.0.1:0", "--any-credentials", "--json", "--reactors", "1",
                 "--limit", f"{3 * options.gib + 1}GiB"]
        url = json.loads(stack.enter_context(s3_bulk.ended(store)))["endpoint"]
        port = stack.enter_context(s3_bulk.ended([*place.server, sys.executable, os.path.join(canned_nginx.HERE, "body_sink.py")]))
        sink = f"http://127.0.0.1:{port.strip()}"
        compare.run([options.headrace, "s3", "mb", "--endpoint", url, "s3://headrace-bench"], [])
        compare.run([options.headrace, "s3", "cp", "--endpoint", url, source, f"s3://{OBJECT}"], [])
        compare.run(s3_bulk.bench(options, url, None, "put", "none", "--operations", "1", "--size", str(64 << 20)), [])

        def once(case):
            text, cpu = compare.run(bare(options, case, url, sink, folder), place.client)
            made = json.loads(text)
            yield BARE, {"cpu_s_per_gib": cpu / (made["bytes"] / GIB), "mib_per_s": made["bytes"] / 2**20 / made["seconds"]}
            for name, command in clients(options, case, url, source, target):
                began = os.times().elapsed
                _, cpu = compare.run(command, place.client)
                took = os.times().elapsed - began
                if case == DOWN:
                    if not same(source, target):
                        raise RuntimeError(f"{name}: the file is not the object")
                    os.unlink(target)
                yield name, {"cpu_s_per_gib": cpu / options.gib, "mib_per_s": size / 2**20 / took}
        return compare.measure(options.rounds, (DOWN, UP), once), LIMITS, COLUMNS, SHOWN, "cpu_s_per_gib"


def work():
    parser = compare.parser(PROGRAM, __doc__, 4)
    parser.add_argument("--gib", type=int, default=1, help="size of the object (default 1)")
    parser.add_argument("--folder", help="where the files are (default: that of temporary files)")
    parser.add_argument("--bare-bulk", default="build/release/perf/bare_bulk", help=argparse.SUPPRESS)
    options = compare.parse(parser)
    s3_cost.use_canned_credentials()
    return compare.compare(PROGRAM, options, "headrace serve s3, one reactor, and a sink", ["openssl"], lambda place: measure(options, place))


if __name__ == "__main__":
    compare.main(PROGRAM, work)
