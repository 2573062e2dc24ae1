#!/usr/bin/env python3
"""How many of the records whose call had returned are kept when the process is killed (SIGKILL): headrace's logger with
shared rings and without, spdlog's asynchronous logger, LTTng-UST. Eight threads log 20,000 records each on two cores; the
kill comes at a random place inside the burst, in every fourth run when all calls have returned. No ring or queue is too
small for the burst, so that none drops; spdlog's blocks.

usage: python3 perf/compare/log_kills.py [--kills N] [--seed N] [--build build/release] [--only NAME]

Needs gcc, g++, taskset and the library built in --build; libspdlog-dev, lttng-tools, liblttng-ust-dev and babeltrace2 for
the peers: one that is not there is left out and said so.
"""
import argparse
import mmap
import os
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
THREADS, RECORDS = 8, 20000
LINE = re.compile(rb"thread=(\d+) n=(\d+) text=(?:\"of middling length\"|of middling length)")


def build(folder, where):
    """Which programs could be built, by name."""
    peers = os.path.join(ROOT, "perf", "compare", "peers")
    flags = ["-O2", "-I" + peers, "-pthread"]
    includes = [f"-I{ROOT}/{module}/include" for module in ("log", "engine", "engine/base")]
    library = os.path.join(where, "libheadrace.so")
    plans = {
        "headrace": ["gcc", *flags, *includes, f"{peers}/log_kill_headrace.c", library, f"-Wl,-rpath,{os.path.abspath(where)}"],
        "spdlog": ["g++", *flags, "-DSPDLOG_FMT_EXTERNAL", f"{peers}/log_kill_spdlog.cpp", "-lspdlog", "-lfmt"],
        "lttng": ["gcc", *flags, f"{peers}/log_kill_lttng.c", "-llttng-ust", "-ldl"],
    }
    built = {}
    for name, plan in plans.items():
        program = os.path.join(folder, name)
        run = subprocess.run([*plan, "-o", program], capture_output=True, text=True)
        if run.returncode == 0:
            built[name] = program
        else:
            lines = run.stderr.strip().splitlines() or ["?"]
            print(f"skip: {name}: {lines[0]}", file=sys.stderr)
    return built


def kill_one(command, page_path, at_rest, environment=None):
    """Starts the program, kills it, and gives how many calls of each thread had returned."""
    with open(page_path, "wb") as file:
        file.write(bytes(4096))
    with open(page_path, "r+b") as file:
        page = mmap.mmap(file.fileno(), 4096)
    child = subprocess.Popen(["taskset", "-c", "0,1", *command], env=environment)
    deadline = time.monotonic() + 60
    wanted = THREADS * RECORDS if at_rest else random.randrange(1, THREADS * RECORDS)
    while sum(struct.unpack_from(f"<{THREADS}Q", page, 0)) < wanted:
        if child.poll() is not None or time.monotonic() > deadline:
            child.kill()
            raise SystemExit(f"log_kills.py: {command[0]} did not begin")
    child.send_signal(signal.SIGKILL)
    child.wait()
    return struct.unpack_from(f"<{THREADS}Q", page, 0)


def classify(text, returned):
    """(kept of those accepted, some came twice or out of order)."""
    seen = [[] for _ in range(THREADS)]
    for match in LINE.finditer(text):
        seen[int(match.group(1))].append(int(match.group(2)))
    kept = sum(len({n for n in numbers if n < least}) for numbers, least in zip(seen, returned))
    return kept, any(numbers != sorted(set(numbers)) for numbers in seen)


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""


def headrace(program, folder, at_rest, command):
    rings = tempfile.mkdtemp(prefix="headrace-kills-", dir="/dev/shm")
    path = os.path.join(folder, "headrace.log")
    returned = kill_one([program, path, os.path.join(folder, "page"), rings], os.path.join(folder, "page"), at_rest)
    run = subprocess.run([command, "log", "recover", rings], capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(f"log_kills.py: {run.stderr.strip()}")
    text = read(path)
    os.unlink(path)
    shutil.rmtree(rings)
    return returned, text


def plain(program, folder, at_rest):
    path = os.path.join(folder, "plain.log")
    returned = kill_one([program, path, os.path.join(folder, "page")], os.path.join(folder, "page"), at_rest)
    text = read(path)
    if os.path.exists(path):
        os.unlink(path)
    return returned, text


def lttng(program, folder, at_rest, environment):
    """A session for each kill; one that does not end within ten seconds keeps what is in its files by then."""
    trace, name = os.path.join(folder, "trace"), f"kill{random.getrandbits(40)}"
    for words in (["create", name, f"--output={trace}"],
                  ["enable-channel", "-u", "channel", "--subbuf-size=16M", "--num-subbuf=4"],
                  ["enable-event", "-u", "lttng_ust_tracef:*", "-c", "channel"], ["start"]):
        subprocess.run(["lttng", "-n", *words], check=True, capture_output=True, env=environment)
    page = os.path.join(folder, "page")
    returned = kill_one([program, "-", page], page, at_rest, {**environment, "LTTNG_UST_REGISTER_TIMEOUT": "-1"})
    try:
        subprocess.run(["lttng", "-n", "destroy", name], capture_output=True, env=environment, timeout=10)
    except subprocess.TimeoutExpired:
        pass
    text = subprocess.run(["babeltrace2", trace], capture_output=True, env=environment).stdout
    shutil.rmtree(trace, ignore_errors=True)
    return returned, text


def measure(name, kills, run):
    shares, whole, wrong, accepted_all, kept_all = [], 0, 0, 0, 0
    for i in range(kills):
        returned, text = run(i % 4 == 3)
        accepted = sum(returned)
        kept, disorder = classify(text, returned)
        shares.append(kept / accepted if accepted else 1.0)
        whole += kept == accepted
        wrong += disorder
        accepted_all += accepted
        kept_all += kept
    shares.sort()
    print(f"| {name} | {kept_all:,} of {accepted_all:,} | {whole} of {kills} | {100 * shares[0]:.1f} % | "
          f"{100 * shares[len(shares) // 2]:.1f} % | {wrong} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "release"))
    parser.add_argument("--only")
    options = parser.parse_args()
    random.seed(options.seed)
    folder = tempfile.mkdtemp(prefix="headrace-kills-")
    command = os.path.join(options.build, "perf", "headrace")
    built = build(folder, options.build)
    print("| logger | kept of accepted | runs with all | least | median | runs out of order or twice |\n"
          "|---|---|---|---|---|---|", flush=True)
    plans = {}
    if "headrace" in built:
        plans["headrace, shared rings"] = lambda rest: headrace(built["headrace"], folder, rest, command)
        plans["headrace, rings in memory"] = lambda rest: plain(built["headrace"], folder, rest)
    if "spdlog" in built:
        plans["spdlog, asynchronous"] = lambda rest: plain(built["spdlog"], folder, rest)
    daemon, environment = None, {**os.environ, "LTTNG_HOME": folder, "HOME": folder}
    try:
        if "lttng" in built and shutil.which("lttng-sessiond") and shutil.which("babeltrace2"):
            daemon = subprocess.Popen(["lttng-sessiond", "--quiet"], env=environment, stderr=subprocess.DEVNULL)
            while subprocess.run(["lttng", "-n", "list"], capture_output=True, env=environment).returncode:
                if daemon.poll() is not None:
                    raise SystemExit("log_kills.py: lttng-sessiond does not run (is another one running?)")
            plans["LTTng-UST, with its daemons"] = lambda rest: lttng(built["lttng"], folder, rest, environment)
        for name, run in plans.items():
            if not options.only or options.only in name:
                measure(name, options.kills, run)
    finally:
        if daemon:
            daemon.terminate()
            daemon.wait()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
