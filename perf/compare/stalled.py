#!/usr/bin/env python3
"""A server that stops for two seconds, asked in open loop by `headrace bench http` and by vegeta at the same rate: their percentiles side
by side. Both count a request from when it was due, as each has a connection for it, so they have to agree, and with the server's own log.

usage: python3 perf/compare/stalled.py [--headrace COMMAND] [--vegeta COMMAND] [--rounds N] [--rate N]

vegeta: go install github.com/tsenart/vegeta/v12@latest. Exit code 1 where the median over the rounds of a percentile is more than
3 % and 100 ms away from vegeta's or from the log's; 2 where vegeta is not there."""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../tests/support"))
sys.path.insert(0, os.path.join(HERE, "../../tests/integration"))
import bench_stall  # noqa: E402

DURATION_S = 5
WORKERS = 400  # more than are due during the stall
SHARES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1}


def from_log(server, rate):
    """In ms; request n was due at start + n / rate."""
    log = sorted(server.log)
    late = [went - (server.start + number / rate) for number, (_, went) in enumerate(log)]
    return {name: bench_stall.quantile(late, share) * 1000 for name, share in SHARES.items()}


def by_headrace(command, rate):
    with bench_stall.Stalling(0) as server:
        done = subprocess.run([command, "bench", "http", "--rate", str(rate), "-c", str(WORKERS), "--duration", f"{DURATION_S}s", "--json", "-",
                               server.url], capture_output=True, check=True, timeout=120)
        report = json.loads(done.stdout)
        return {name: report["latency_ms"][name] for name in SHARES}, from_log(server, rate)


def by_vegeta(command, rate):
    with bench_stall.Stalling(0) as server:
        server.trials = 0  # nothing goes ahead
        attack = subprocess.run([command, "attack", f"-rate={rate}", f"-duration={DURATION_S}s", f"-workers={WORKERS}",
                                 f"-max-workers={WORKERS}", "-timeout=30s"], input=f"GET {server.url}\n".encode(), capture_output=True,
                                check=True, timeout=120)
        report = subprocess.run([command, "report", "-type=json"], input=attack.stdout, capture_output=True, check=True, timeout=60)
        told = json.loads(report.stdout)
        assert told["success"] == 1, told
        told = told["latencies"]
        return {name: told[f"{name[1:]}th" if name != "max" else "max"] / 1e6 for name in SHARES}, from_log(server, rate)


def medians(rounds):
    return {name: statistics.median(each[name] for each in rounds) for name in SHARES}


def apart(one, other):
    return abs(one - other) > 0.03 * max(one, other) + 100


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--headrace", default=bench_stall.HEADRACE)
    parser.add_argument("--vegeta", default=shutil.which("vegeta"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rate", type=int, default=100)
    asked = parser.parse_args()
    if not asked.vegeta:
        print("vegeta is not there: go install github.com/tsenart/vegeta/v12@latest, or name it by --vegeta", file=sys.stderr)
        return 2
    told = {"headrace": [], "vegeta": []}
    logs = {"headrace": [], "vegeta": []}
    for number in range(asked.rounds):
        names = ["headrace", "vegeta"] if number % 2 == 0 else ["vegeta", "headrace"]
        for name in names:
            one, log = (by_headrace if name == "headrace" else by_vegeta)(getattr(asked, name), asked.rate)
            told[name].append(one)
            logs[name].append(log)
    ours, theirs = medians(told["headrace"]), medians(told["vegeta"])
    our_log, their_log = medians(logs["headrace"]), medians(logs["vegeta"])
    print(f"{asked.rounds} rounds, {asked.rate} requests/s for {DURATION_S} s, the server stops for 2 s; ms\n")
    print(f"{'':6}{'headrace':>12}{'its log':>12}{'vegeta':>12}{'its log':>12}")
    wrong = False
    for name in SHARES:
        bad = apart(ours[name], theirs[name]) or apart(ours[name], our_log[name])
        wrong = wrong or bad
        print(f"{name:6}{ours[name]:12.1f}{our_log[name]:12.1f}{theirs[name]:12.1f}{their_log[name]:12.1f}{'  APART' if bad else ''}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
