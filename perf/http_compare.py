#!/usr/bin/env python3
"""GETs of 4 KiB from one nginx worker over kept connections, by headrace on io_uring and on epoll, wrk, h2load and
libcurl multi. The client is pinned to one core, the server to another; rounds are interleaved; figures are medians with
their spread, and ratios are those of one round. CPU is user + system time of the client's whole process (wait4)."""
import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile

import canned_nginx

SPIN_US = 100
# What, against what, at how many connections, the limit, the goal (None: the same): CPU a request.
LIMITS = [
    ("headrace io_uring", "wrk", 64, 1.3, 1.0),
    ("headrace io_uring", "libcurl multi", 64, 0.6, 0.5),
    ("headrace io_uring", "libcurl multi", 1000, 0.25, 0.17),
    ("headrace epoll", "headrace io_uring", 64, 1.2, None),
    ("headrace epoll", "headrace io_uring", 1000, 1.2, None),
]
SHOWN = [("headrace io_uring", "wrk"), ("headrace epoll", "wrk"), ("headrace io_uring", "h2load"),
         ("headrace io_uring", "libcurl multi"), ("headrace epoll", "libcurl multi"),
         ("headrace epoll", "headrace io_uring")]


def read_headrace(_, report):
    if report["operations"]["failed"]:
        raise RuntimeError(f"headrace: {report['error_examples']}")
    return report["operations"]["succeeded"], report["duration_s"], report["latency_ms"]["p50"], report["latency_ms"]["p99"]


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


def clients(options, url, connections, report):
    """Name, command and reader of each."""
    seconds, count = options.seconds, str(connections)

    def headrace(backend, *more):
        return [options.headrace, "bench", "http", "--backend", backend, "--concurrency", count, "--duration",
                f"{round(seconds * 1000)}ms", "--json", report, *more, url]
    for backend in options.backends:
        yield f"headrace {backend}", headrace(backend), read_headrace
    yield "wrk", ["wrk", "-t1", f"-c{count}", f"-d{round(seconds)}s", "--latency", url], read_wrk
    yield "h2load", ["h2load", "--h1", "-t1", "-c", count, "-D", str(round(seconds)), url], read_h2load
    yield "libcurl multi", [options.curl_multi, url, count, str(seconds)], read_curl
    if connections == 1:
        for backend in options.backends:
            yield f"headrace {backend}, spin {SPIN_US} us", headrace(backend, "--spin-us", str(SPIN_US)), read_headrace


def run(command, prefix):
    """Output and CPU seconds of a command; a child of its own for wait4."""
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen([*prefix, *command], stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit {process.returncode}: {text[-400:]}")
    return text, usage.ru_utime + usage.ru_stime


def measure(options, url, prefix):
    """Rows: {connections: {name: [figures of each round]}}."""
    rows = {connections: {} for connections in options.connections}
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.json")
        for number in range(options.rounds):
            for connections in options.connections:
                print(f"round {number + 1} of {options.rounds}, {connections} connections", file=sys.stderr, flush=True)
                for name, command, read in clients(options, url, connections, report):
                    text, cpu = run(command, prefix)
                    made = None
                    if read is read_headrace:
                        with open(report, encoding="utf-8") as file:
                            made = json.load(file)
                    requests, seconds, p50, p99 = read(text, made)
                    rows[connections].setdefault(name, []).append({
                        "requests_per_s": requests / seconds, "cpu_us": cpu * 1e6 / requests, "p50_ms": p50, "p99_ms": p99})
    return rows


def spread(values):
    if not values or values[0] is None:
        return None
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def sum_up(rows):
    return {connections: {name: {figure: spread([run[figure] for run in runs]) for figure in runs[0]}
                          for name, runs in names.items()} for connections, names in rows.items()}


def ratio(names, what, against):
    """Of CPU a request, round by round."""
    if what not in names or against not in names:
        return None
    return spread([one["cpu_us"] / other["cpu_us"] for one, other in zip(names[what], names[against])])


def judge(rows):
    verdicts = []
    for what, against, connections, limit, goal in LIMITS:
        found = ratio(rows.get(connections, {}), what, against)
        if found:
            verdicts.append({"what": what, "against": against, "connections": connections, "limit": limit, "goal": goal,
                             "ratio": found, "ok": found["median"] <= limit,
                             "goal_reached": found["median"] <= (goal or limit)})
    return verdicts


def shown(figure, digits):
    return f"{figure['median']:.{digits}f} ({figure['min']:.{digits}f}-{figure['max']:.{digits}f})" if figure else "-"


def print_tables(rows):
    for connections, names in sum_up(rows).items():
        print(f"\n{connections} connection{'s' if connections > 1 else ''}")
        print(f"{'':32} {'CPU us a request':>24} {'requests/s':>26} {'p50 ms':>22} {'p99 ms':>22}")
        for name, figures in names.items():
            print(f"{name:32} {shown(figures['cpu_us'], 2):>24} {shown(figures['requests_per_s'], 0):>26} "
                  f"{shown(figures['p50_ms'], 3):>22} {shown(figures['p99_ms'], 3):>22}")
        for what, against in SHOWN:
            found = ratio(rows[connections], what, against)
            if found:
                print(f"  CPU of {what}: {shown(found, 2)} x {against}")


def print_verdicts(rows, verdicts):
    print()
    for verdict in verdicts:
        goal = "" if verdict["goal"] is None else f", goal {verdict['goal']}{'' if verdict['goal_reached'] else ' not'} reached"
        print(f"CPU of {verdict['what']} <= {verdict['limit']} x {verdict['against']} at {verdict['connections']}: "
              f"{verdict['ratio']['median']:.2f} {'ok' if verdict['ok'] else 'MISSED'}{goal}")
    for backend in ("io_uring", "epoll"):
        plain = rows.get(1, {}).get(f"headrace {backend}")
        spun = rows.get(1, {}).get(f"headrace {backend}, spin {SPIN_US} us")
        if plain and spun:
            one, other = (shown(spread([run["p50_ms"] for run in runs]), 3) for runs in (spun, plain))
            print(f"p50 at one connection on {backend}: {one} ms with spin_us {SPIN_US}, {other} ms without")


def versions(options):
    def first(*command):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return ((done.stdout + done.stderr).splitlines() or ["?"])[0].split(" Copyright")[0]
    return {"headrace": first(options.headrace, "--version"), "nginx": first(canned_nginx.program(), "-v"),
            "wrk": first("wrk", "-v"), "h2load": first("h2load", "--version"), "libcurl": first("curl-config", "--version"),
            "kernel": platform.release()}


def parse():
    parser = argparse.ArgumentParser(prog="http_compare.sh", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4, help="of each run (default 4)")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 64, 1000])
    parser.add_argument("--backends", nargs="+", choices=["io_uring", "epoll"], default=["io_uring", "epoll"])
    parser.add_argument("--quick", action="store_true", help="one round of 1 s")
    parser.add_argument("--json", metavar="FILE", help="write all figures there")
    parser.add_argument("--headrace", default="build/release/perf/headrace", help=argparse.SUPPRESS)
    parser.add_argument("--curl-multi", default="build/compare/curl_multi", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds = 1, 1
    if options.rounds < 1 or options.seconds < 1 or min(options.connections) < 1:
        parser.error("rounds, seconds and connections are at least 1")
    return options


def main():
    options = parse()
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        print(f"http_compare.sh: two cores are needed, this process may use {len(cores)}", file=sys.stderr)
        return 3
    fifo = ["chrt", "-f", "10"]
    if subprocess.run([*fifo, "true"], capture_output=True, check=False).returncode:
        fifo = []
    client, server = (["taskset", "-c", str(core), *fifo] for core in cores[:2])
    load = os.getloadavg()[0]
    found = {"rounds": options.rounds, "seconds": options.seconds, "scheduling": "SCHED_FIFO 10" if fifo else "normal",
             "load_before": load, "versions": versions(options)}
    print(f"client on core {cores[0]}, server (nginx, one worker, 4 KiB) on core {cores[1]}, {found['scheduling']}; "
          f"{options.rounds} interleaved rounds of {options.seconds:g} s")
    print("; ".join(version if name in version else f"{name} {version}" for name, version in found["versions"].items()))
    if load > 0.5:
        print(f"NOTE: the load average is {load:.2f} before the first run: other work is running, figures may be off")
    with canned_nginx.running(server) as url:
        rows = measure(options, url + "/4k", client)
    verdicts = judge(rows)
    print_tables(rows)
    print_verdicts(rows, verdicts)
    if options.json:
        found.update(figures=sum_up(rows), rounds_of=rows, verdicts=verdicts)
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(found, file, indent=1)
    return 0 if all(verdict["ok"] for verdict in verdicts) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except RuntimeError as problem:
        print(f"http_compare.sh: {problem}", file=sys.stderr)
        sys.exit(1)
