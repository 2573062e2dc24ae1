"""What the comparisons with other clients share: runs with their CPU, medians with their spread, ratios of one round,
limits, Markdown. A program's CPU is user + system time of its whole process (wait4)."""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile

import canned_nginx


class Limit:
    """`figure` of `what` in `case`, as a multiple of that of `against`: at most `limit`, or, with `least`, at least."""

    def __init__(self, what, against, case, figure, limit, goal=None, least=False):
        self.what, self.against, self.case, self.figure = what, against, case, figure
        self.limit, self.goal, self.least = limit, goal, least

    def verdict(self, rows):
        found = ratio(rows.get(self.case, {}), self.what, self.against, self.figure)
        if not found:
            return None

        def holds(bound):
            return found["median"] >= bound if self.least else found["median"] <= bound
        return {"what": self.what, "against": self.against, "case": self.case, "figure": self.figure, "limit": self.limit,
                "goal": self.goal, "at": "least" if self.least else "most", "ratio": found, "ok": holds(self.limit),
                "goal_reached": None if self.goal is None else holds(self.goal)}


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


def report_of(path):
    """The JSON that `headrace bench` wrote there."""
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    if report["operations"]["failed"]:
        raise RuntimeError(f"headrace: {report['error_examples']}")
    return report


def measure(rounds, cases, once):
    """Rows {case: {name: [figures of each round]}}; once(case) yields name and figures of each program in turn."""
    rows = {case: {} for case in cases}
    for number in range(rounds):
        for case in cases:
            print(f"round {number + 1} of {rounds}, {case}", file=sys.stderr, flush=True)
            for name, figures in once(case):
                rows[case].setdefault(name, []).append(figures)
    return rows


def spread(values):
    if not values or values[0] is None:
        return None
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def sum_up(rows):
    return {case: {name: {figure: spread([run[figure] for run in runs]) for figure in runs[0]}
                   for name, runs in names.items()} for case, names in rows.items()}


def ratio(names, what, against, figure):
    """Round by round, so that what disturbs one round disturbs both."""
    if what not in names or against not in names:
        return None
    return spread([one[figure] / other[figure] for one, other in zip(names[what], names[against])])


def shown(figure, digits):
    return f"{figure['median']:.{digits}f} ({figure['min']:.{digits}f}-{figure['max']:.{digits}f})" if figure else "-"


def print_tables(rows, columns, shown_ratios, figure):
    """`columns`: {figure: (heading, digits)}; `shown_ratios`: pairs of names, of `figure`."""
    for case, names in sum_up(rows).items():
        print(f"\n### {case}\n\n| | {' | '.join(heading for heading, _ in columns.values())} |")
        print(f"|---|{'---|' * len(columns)}")
        for name, figures in names.items():
            print(f"| {name} | {' | '.join(shown(figures.get(key), digits) for key, (_, digits) in columns.items())} |")
        found = [(what, against, ratio(rows[case], what, against, figure)) for what, against in shown_ratios]
        found = [entry for entry in found if entry[2]]
        if found:
            print()
        for what, against, value in found:
            print(f"- {columns[figure][0]} of {what}: {shown(value, 2)} x {against}")


def print_verdicts(verdicts, columns):
    if not verdicts:
        return
    print("\n| limit | measured | | goal |\n|---|---|---|---|")
    for verdict in verdicts:
        sign = ">=" if verdict["at"] == "least" else "<="
        goal = "-" if verdict["goal"] is None else f"{verdict['goal']}: {'' if verdict['goal_reached'] else 'not '}met"
        print(f"| {verdict['case']}, {columns[verdict['figure']][0]}: {verdict['what']} {sign} {verdict['limit']} x "
              f"{verdict['against']} | {shown(verdict['ratio'], 2)} | {'met' if verdict['ok'] else 'NOT MET'} | {goal} |")


def versions(options, programs):
    def first(*command):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return ((done.stdout + done.stderr).splitlines() or ["?"])[0].split(" Copyright")[0]
    commands = {"nginx": (canned_nginx.program(), "-v"), "wrk": ("wrk", "-v"), "h2load": ("h2load", "--version"),
                "libcurl": ("curl-config", "--version"), "openssl": ("openssl", "version")}
    found = {"headrace": first(options.headrace, "--version"), **{name: first(*commands[name]) for name in programs}}
    return {**found, "kernel": platform.release()}


def parser(program, about, seconds):
    made = argparse.ArgumentParser(prog=program, description=about)
    made.add_argument("--rounds", type=int, default=5)
    made.add_argument("--seconds", type=float, default=seconds, help=f"of each run (default {seconds})")
    made.add_argument("--backends", nargs="+", choices=["io_uring", "epoll"], default=["io_uring", "epoll"])
    made.add_argument("--quick", action="store_true", help="one round of 1 s")
    made.add_argument("--json", metavar="FILE", help="write all figures there")
    made.add_argument("--headrace", default="build/release/perf/headrace", help=argparse.SUPPRESS)
    made.add_argument("--curl-multi", default="build/compare/curl_multi", help=argparse.SUPPRESS)
    return made


def parse(made):
    options = made.parse_args()
    if options.quick:
        options.rounds, options.seconds = 1, 1
    if options.rounds < 1 or options.seconds < 1:
        made.error("rounds and seconds are at least 1")
    return options


class Place:
    """A core for the client, another for the server, real-time scheduling where that is allowed."""

    def __init__(self):
        self.cores = sorted(os.sched_getaffinity(0))[:2]
        fifo = ["chrt", "-f", "10"]
        self.fifo = subprocess.run([*fifo, "true"], capture_output=True, check=False).returncode == 0
        self.client, self.server = (["taskset", "-c", str(core), *(fifo if self.fifo else [])] for core in
                                    (self.cores[0], self.cores[-1]))
        self.load = os.getloadavg()[0]

    def describe(self, options, server, found_versions):
        scheduling = "SCHED_FIFO 10" if self.fifo else "normal scheduling"
        print(f"client on core {self.cores[0]}, server ({server}) on core {self.cores[-1]}, {scheduling}; "
              f"{options.rounds} interleaved rounds of {options.seconds:g} s")
        print("; ".join(text if name in text else f"{name} {text}" for name, text in found_versions.items()))
        if self.load > 0.5:
            print(f"NOTE: the load average is {self.load:.2f} before the first run: other work is running, figures may be off")


def compare(program, options, server, programs, work):
    """work(place) gives rows, limits, columns, ratios to show and their figure. The exit code."""
    place = Place()
    if len(place.cores) < 2:
        print(f"{program}: two cores are needed, this process may use {len(place.cores)}", file=sys.stderr)
        return 3
    found = versions(options, programs)
    place.describe(options, server, found)
    rows, limits, columns, ratios, figure = work(place)
    verdicts = [verdict for verdict in (limit.verdict(rows) for limit in limits) if verdict]
    print_tables(rows, columns, ratios, figure)
    print_verdicts(verdicts, columns)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"rounds": options.rounds, "seconds": options.seconds, "load_before": place.load,
                       "scheduling": "SCHED_FIFO 10" if place.fifo else "normal", "versions": found,
                       "figures": sum_up(rows), "rounds_of": rows, "verdicts": verdicts}, file, indent=1)
    return 0 if all(verdict["ok"] for verdict in verdicts) else 1


def main(program, work):
    try:
        sys.exit(work())
    except RuntimeError as problem:
        print(f"{program}: {problem}", file=sys.stderr)
        sys.exit(1)
