#!/usr/bin/env python3
"""Sums up what perf/compare/client_cost.sh measured: medians with spread, and ratios of interleaved pairs.

usage: client_cost.py RESULTS.tsv   (connections, name, operations a second, CPU us an operation, peak memory or 0)
"""
import collections
import statistics
import sys

# (what, against what, limit, whether the ratio is how often better): the goals of this comparison.
GOALS = [
    ("headrace GET", "wrk GET", 3, False),
    ("headrace PUT, payload unsigned", "wrk GET", 4, False),
    ("headrace PUT, payload signed", "wrk GET", 4, False),
    ("headrace GET", "boto3 GET", 50, True),
    ("headrace PUT, payload unsigned", "boto3 PUT", 50, True),
    ("headrace PUT, payload signed", "boto3 PUT", 50, True),
]

# CPU microseconds an operation, by connections: what the project wants to reach on its own kind of machine.
WANTED_US = {
    "headrace GET": {64: 8, 1000: 10},
    "headrace PUT, payload unsigned": {64: 9, 1000: 10},
    "headrace PUT, payload signed": {64: 12, 1000: 16},
}
WANTED_MIB = {1000: 20}


def main():
    rows = collections.defaultdict(lambda: collections.defaultdict(list))
    with open(sys.argv[1], encoding="utf-8") as file:
        for line in file:
            connections, name, rate, cpu, memory = line.rstrip("\n").split("\t")
            rows[int(connections)][name].append((float(rate), float(cpu), float(memory)))
    for connections, names in sorted(rows.items()):
        print(f"\n{connections} connections\n{'':48} {'CPU us an operation':>26} {'operations/s':>14} {'per CPU s':>11}")
        for name, runs in names.items():
            cpu = [run[1] for run in runs]
            median = statistics.median(cpu)
            spread = f"{median:.2f} ({min(cpu):.2f}-{max(cpu):.2f})"
            print(f"{name:48} {spread:>26} {statistics.median(run[0] for run in runs):14.0f} {1e6 / median:11.0f}")
        print_ratios(names)
        print_wanted(connections, names)


def find(names, beginning):
    return next((runs for name, runs in names.items() if name.startswith(beginning)), None)


def print_ratios(names):
    for what, against, limit, inverse in GOALS:
        runs, others = find(names, what), find(names, against)
        if not runs or not others:
            continue
        ratios = [other[1] / run[1] if inverse else run[1] / other[1] for run, other in zip(runs, others)]
        median = statistics.median(ratios)
        verdict = "reached" if (median >= limit if inverse else median <= limit) else "MISSED"
        text = "operations a CPU second" if inverse else "CPU"
        print(f"  {what}: {median:.2f} ({min(ratios):.2f}-{max(ratios):.2f}) x {against} in {text}; "
              f"goal {'>=' if inverse else '<='} {limit}: {verdict}")


def print_wanted(connections, names):
    for what, by_connections in WANTED_US.items():
        runs, wanted = find(names, what), by_connections.get(connections)
        if runs and wanted:
            median = statistics.median(run[1] for run in runs)
            verdict = "reached" if median <= wanted else "MISSED"
            print(f"  {what}: {median:.2f} us an operation; goal <= {wanted}: {verdict}")
    memory = [run[2] / (1 << 20) for runs in names.values() for run in runs if run[2]]
    if memory:
        wanted = WANTED_MIB.get(connections)
        goal = f"; goal < {wanted}: {'reached' if max(memory) < wanted else 'MISSED'}" if wanted else ""
        print(f"  headrace, resident memory at the peak: {max(memory):.1f} MiB{goal}")


if __name__ == "__main__":
    main()
