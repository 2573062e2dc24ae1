#!/usr/bin/env python3
"""Does `headrace report --baseline` find a regression of a tenth, and none of a hundredth? A peer whose operations sleep 10 ms is
measured by `headrace bench s3 --beside` and recorded as the baseline. Then runs of the same peer sleep 10.1 ms (1 % slower) and 11 ms
(10 %): each is compared with the baseline at a threshold of 5 %, and it is counted how many are flagged. A sleep needs no CPU, so the
figures move by what was put in and hardly by what else the machine does; the peer's p50 is what counts.

usage: baseline_sleep.py [--headrace PROGRAM] [--runs 20] [--rounds 6] [--retries 0] [--json FILE]
Exit code 0: all of 10 % were flagged and none of 1 %; 1 else."""
import argparse
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
BASE_MS, SLOWER = 10.0, (1, 10)  # percent
PEER = """import time
import peer


def measure(work):
    result = peer.Result({"pool": work.pool}, {"sleep": "1"})

    def operation(name, index):
        time.sleep(%r)
        return 0, 0
    return peer.in_threads(work, result, operation)


peer.run("sleep", measure)
"""
# 4 at a time, so 0.5 s of sleep a round; headrace's own run is the smaller part.
LOAD = ("--operations", "200", "--concurrency", "4", "--size", "1000", "--objects", "10", "--no-calibration")


def write_peer(folder, milliseconds):
    """Always under one name: a result is compared with that of the same program."""
    path = os.path.join(folder, "sleep.py")
    with open(path, "w", encoding="utf-8") as file:
        file.write(PEER % (milliseconds / 1000))
    return path


def measure(options, folder, milliseconds, name):
    """The result file of one comparison."""
    path = os.path.join(folder, f"{name}.json")
    line = [options.headrace, "bench", "s3", *LOAD, "--rounds", str(options.rounds), "--python", sys.executable, "--beside",
            write_peer(folder, milliseconds), "--json", path]
    done = subprocess.run(line, capture_output=True, check=False, timeout=600)
    if done.returncode:
        sys.exit(f"{' '.join(line)}: exit {done.returncode}: {done.stderr.decode()[-300:]}")
    return path


def verdicts(options, baseline, result):
    """{figure: comparison} of the peer."""
    done = subprocess.run([options.headrace, "report", result, "--baseline", baseline, "--threshold", "5", "--json"], capture_output=True, check=False,
                          timeout=120)
    found = json.loads(done.stdout)["comparisons"]
    return {row["figure"]: row for row in found if row["name"] == "sleep.py"}


def flagged(options, baseline, result):
    """Whether the median latency is past the threshold, and its ratio. The rate follows it, with the start of the threads in it."""
    row = verdicts(options, baseline, result)["latency_ms.p50"]
    return row["past_threshold"], row["ratio"]


def judged(options, folder, baseline, percent, number):
    """flagged of one run; where other work got in between, once more with a baseline of its own, as often as --retries says."""
    for attempt in range(options.retries + 1):
        if attempt > 0:
            baseline = measure(options, folder, BASE_MS, f"baseline-{percent}-{number}-{attempt}")
        past, ratio = flagged(options, baseline, measure(options, folder, BASE_MS * (1 + percent / 100), f"run-{percent}-{number}-{attempt}"))
        if past == (percent == max(SLOWER)):
            break
    return past, ratio


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--headrace", default=os.path.join(ROOT, "build/release/perf/headrace"))
    parser.add_argument("--runs", type=int, default=20, help="of each, 1 % and 10 % slower")
    parser.add_argument("--rounds", type=int, default=6, help="of a run, at least 4")
    parser.add_argument("--retries", type=int, default=0, help="of a run with another verdict than expected, each with a new baseline")
    parser.add_argument("--json", help="the counts and ratios as one object")
    return parser.parse_args()


def main():
    options, made = parse(), {}
    with tempfile.TemporaryDirectory() as folder:
        baseline = measure(options, folder, BASE_MS, "baseline")
        for percent in SLOWER:
            found = [judged(options, folder, baseline, percent, number) for number in range(options.runs)]
            made[percent] = {"runs": options.runs, "flagged": sum(past for past, _ in found), "ratios": [ratio for _, ratio in found]}
            print(f"{percent} % slower: {made[percent]['flagged']} of {options.runs} flagged", flush=True)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(made, file)
    sys.exit(0 if made[1]["flagged"] == 0 and made[10]["flagged"] == options.runs else 1)


if __name__ == "__main__":
    main()
