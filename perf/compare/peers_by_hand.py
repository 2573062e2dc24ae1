#!/usr/bin/env python3
"""Are the figures that `--beside` gives of other programs those that one gets by hand? In each round `headrace bench … --beside` measures
the peers once, and then each of them is run as a person would: boto3 and aiobotocore in loops of a few lines (here, nothing of
perf/peers), s5cmd under a clock, wrk, h2load and curl by their command lines; those two once with what `--beside` asks them for, the time
of each request and a time-out, and once as they come: the line "as it comes" is what that costs, and is not judged. Medians of the
operations per second (and of p50, where the loop has it) stand side by side with the intervals of the rounds (95 % from six on); "within"
is where the intervals meet.

usage: peers_by_hand.py [--quick] [--rounds 6] [--headrace PROGRAM] [--python PROGRAM] [--s3 NAMES] [--http NAMES] [--json FILE]
S3 goes to `headrace serve s3`, HTTP to nginx with canned responses. Exit code 1: one is not within."""
import argparse
import contextlib
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import canned_nginx

HERE = os.path.dirname(os.path.abspath(__file__))
KEY, SECRET = "by-hand", "by-hand-secret"
BUCKET, PREFIX = "by-hand", "x/"
SIZE, CONCURRENCY = 16384, 16
BOTO3 = """
import json, sys, threading, time, boto3, botocore.config
endpoint, bucket, count, concurrency, size = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", config=botocore.config.Config(
    max_pool_connections=concurrency, retries={"mode": "standard"}, s3={"addressing_style": "path"}))
body, taken, numbers, lock = bytes(size), [], iter(range(count)), threading.Lock()
def work():
    while True:
        with lock:
            number = next(numbers, None)
        if number is None:
            return
        began = time.perf_counter()
        client.put_object(Bucket=bucket, Key=f"hand/{number}", Body=body)
        taken.append(time.perf_counter() - began)
threads = [threading.Thread(target=work) for _ in range(concurrency)]
began = time.perf_counter()
[thread.start() for thread in threads]
[thread.join() for thread in threads]
took = time.perf_counter() - began
print(json.dumps({"operations_per_s": count / took, "p50_ms": sorted(taken)[count // 2] * 1000}))
"""
AIOBOTOCORE = """
import asyncio, json, sys, time
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
endpoint, bucket, count, concurrency, size = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
async def main():
    config = AioConfig(max_pool_connections=concurrency, retries={"mode": "standard"}, s3={"addressing_style": "path"})
    async with get_session().create_client("s3", endpoint_url=endpoint, region_name="us-east-1", config=config) as client:
        body, taken, numbers = bytes(size), [], iter(range(count))
        async def work():
            for number in numbers:
                began = time.perf_counter()
                await client.put_object(Bucket=bucket, Key=f"hand/{number}", Body=body)
                taken.append(time.perf_counter() - began)
        began = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(concurrency)))
        took = time.perf_counter() - began
        print(json.dumps({"operations_per_s": count / took, "p50_ms": sorted(taken)[count // 2] * 1000}))
asyncio.run(main())
"""


def output_of(line, **options):
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=600, **options)
    if done.returncode:
        raise RuntimeError(f"{line[0]}: exit {done.returncode}: {(done.stderr or done.stdout)[-300:]}")
    return done.stdout


def loop_of(script):
    def run(options, endpoint):
        return json.loads(output_of([options.python, "-c", script, endpoint, BUCKET, str(options.operations), str(CONCURRENCY), str(SIZE)]))
    return run


def s5cmd(options, endpoint):
    with tempfile.NamedTemporaryFile() as body:
        body.write(bytes(SIZE))
        body.flush()
        commands = "".join(f"cp {body.name} s3://{BUCKET}/hand/{number}\n" for number in range(options.operations))
        began = time.perf_counter()
        output_of(["s5cmd", "--endpoint-url", endpoint, "--numworkers", str(CONCURRENCY), "run"], input=commands)
        return {"operations_per_s": options.operations / (time.perf_counter() - began)}


def wrk(options, url):
    text = output_of(["wrk", "-t1", f"-c{CONCURRENCY}", f"-d{options.seconds}s", url])
    return {"operations_per_s": float(re.search(r"Requests/sec: +([\d.]+)", text).group(1))}


BARE = "operations_per_s as it comes"
TIMEOUT_S = 60  # of `headrace bench http`


def h2load_rate(options, url, *more):
    text = output_of(["h2load", "--h1", "-t1", f"-c{CONCURRENCY}", f"-D{options.seconds}", *more, url])
    return float(re.search(r"finished in .*?, ([\d.]+) req/s", text).group(1))


def h2load(options, url):
    with tempfile.NamedTemporaryFile() as log:
        return {"operations_per_s": h2load_rate(options, url, f"--log-file={log.name}", f"-N{TIMEOUT_S}s"), BARE: h2load_rate(options, url)}


def curl_rate(options, url, *more):
    """Processes of 100 requests for each transfer at a time, until the time is over: as many as it takes."""
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < options.seconds:
        output_of(["curl", "-q", "-sS", "--parallel", "--parallel-max", str(CONCURRENCY), "--http1.1", "-o", "/dev/null", *more,
                   f"{url}#[1-{100 * CONCURRENCY}]"])
        done += 100 * CONCURRENCY
    return done / (time.perf_counter() - began)


def curl(options, url):
    return {"operations_per_s": curl_rate(options, url, "--max-time", str(TIMEOUT_S), "-w", "%{http_code} %{time_total} %{size_download}\n"), BARE: curl_rate(options, url)}


S3 = {"boto3": loop_of(BOTO3), "aiobotocore": loop_of(AIOBOTOCORE), "s5cmd": s5cmd}
HTTP = {"wrk": wrk, "h2load": h2load, "curl": curl}


@contextlib.contextmanager
def store(options):
    """`headrace serve s3`, with a bucket."""
    os.environ.update(AWS_ACCESS_KEY_ID=KEY, AWS_SECRET_ACCESS_KEY=SECRET, AWS_REGION="us-east-1", AWS_EC2_METADATA_DISABLED="true")
    line = [options.headrace, "serve", "s3", "--listen", "127.0.0.1:0", "--access-key", KEY, "--secret-key", SECRET]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield re.search(r"http://[0-9.]+:\d+", process.stdout.readline()).group(0)
        finally:
            process.terminate()


def beside(options, words, names):
    """One round: {peer: its figures}; what is missing says so once."""
    line = [options.headrace, "bench", *words, "--concurrency", str(CONCURRENCY), "--rounds", "1", "--no-calibration", "--python", options.python,
            "--beside", ",".join(names), "--json", "-"]
    found = {}
    for program in json.loads(output_of(line))["programs"][1:]:
        if program["missing"]:
            sys.exit(f"{program['name']}: {program['missing']}; install it with: {program['install']}")
        found[program["name"]] = {name: figure["rounds"][0] for name, figure in program["figures"].items()}
    return found


def measure(options, words, target, loops):
    """{(peer, figure): (rounds beside, rounds by hand)}"""
    rows = {}
    for number in range(options.rounds):
        told = beside(options, words, list(loops))
        for name, loop in loops.items():
            for figure, value in loop(options, target).items():
                both = rows.setdefault((name, figure), ([], []))
                both[0].append(told[name]["operations_per_s" if figure == BARE else figure])
                both[1].append(value)
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
    return rows


def cut_of(count):
    """How many of the figures in order lie outside of the 95 % interval of their median, at either end (binomial)."""
    chance, below, cut = 0.5 ** count, 0.0, -1
    for heads in range(count // 2):
        below += chance
        if 2 * below > 0.05:
            break
        cut, chance = heads, chance * (count - heads) / (heads + 1)
    return max(cut, 0)


def interval(values):
    ordered = sorted(values)
    cut = cut_of(len(ordered))
    return ordered[cut], statistics.median(ordered), ordered[-1 - cut]


def report(rows):
    """Prints the table; the rows as objects."""
    made = []
    print("| peer | figure | --beside | by hand | by hand / --beside | |\n|---|---|---|---|---|---|")
    for (name, figure), both in rows.items():
        (low, median, high), (hand_low, hand, hand_high) = map(interval, both)
        within = figure == BARE or (low <= hand_high and hand_low <= high)
        made.append({"peer": name, "figure": figure, "beside": [low, median, high], "by_hand": [hand_low, hand, hand_high], "within": within})
        print(f"| {name} | {figure} | {median:.4g} ({low:.4g}-{high:.4g}) | {hand:.4g} ({hand_low:.4g}-{hand_high:.4g}) | {hand / median:.3f} | "
              f"{'not judged' if figure == BARE else 'within' if within else 'not within'} |")
    return made


def chosen(names, loops):
    given = [name for name in names.split(",") if name]
    unknown = [name for name in given if name not in loops]
    if unknown:
        sys.exit(f"{unknown[0]} is none of {', '.join(loops)}")
    return {name: loops[name] for name in given}


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--headrace", default=os.path.join(HERE, "../../build/release/perf/headrace"))
    parser.add_argument("--python", default=sys.executable, help="has boto3 and aiobotocore")
    parser.add_argument("--s3", default=",".join(S3), metavar="NAMES")
    parser.add_argument("--http", default=",".join(HTTP), metavar="NAMES")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--quick", action="store_true", help="less work a round")
    parser.add_argument("--json", help="the rows as a list")
    options = parser.parse_args()
    options.operations, options.seconds = (300, 1) if options.quick else (3000, 5)
    return options


def main():
    options, rows = parse(), {}
    s3, web = chosen(options.s3, S3), chosen(options.http, HTTP)
    if s3:
        with store(options) as endpoint:
            words = ["s3", "--endpoint", endpoint, "--bucket", BUCKET, "--prefix", PREFIX, "--operations", str(options.operations), "--size", str(SIZE)]
            rows.update(measure(options, words, endpoint, s3))
    if web:
        if not shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin"):
            sys.exit("nginx is not installed; install it with: apt install nginx-light")
        with canned_nginx.running() as url:
            rows.update(measure(options, ["http", "--duration", f"{options.seconds}s", url + "/"], url + "/", web))
    made = report(rows)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(made, file)
    sys.exit(0 if all(row["within"] for row in made) else 1)


if __name__ == "__main__":
    main()
