"""Shards of a load: the commands of docs/shards.md, four of each, put together by `headrace report`, beside one run of all."""
import collections
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
import stores  # noqa: E402

HEADRACE = stores.HEADRACE
PAGE = os.path.join(stores.ROOT, "docs/shards.md")
SHARDS, EACH = 4, 300
AHEAD_S = 4  # of the start, for the set-up


def run(*arguments, **options):
    options.setdefault("timeout", 120)
    return subprocess.run([HEADRACE, *arguments], capture_output=True, check=False, text=True, **options)


def start_in(seconds):
    """A moment of whole seconds, as the option takes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(time.time()) + seconds))


def commands_of_page():
    """Name, words of the command, and the variables that a shard of that rank has."""
    with open(PAGE, encoding="utf-8") as file:
        text = file.read()
    args = json.loads(re.search(r"\bargs: (\[.*?\])", text, re.S).group(1))
    scripts = {name: re.search(rf"^{name} .*sh -c '(exec headrace .*)'$", text, re.M).group(1) for name in ("srun", "mpirun")}
    yield "Kubernetes", ["headrace", *args], lambda rank: {"JOB_COMPLETION_INDEX": str(rank)}
    yield "srun", ["sh", "-c", scripts["srun"]], lambda rank: {"SLURM_PROCID": str(rank), "SLURM_NTASKS": str(SHARDS)}
    yield "mpirun", ["sh", "-c", scripts["mpirun"]], lambda rank: {"OMPI_COMM_WORLD_RANK": str(rank), "OMPI_COMM_WORLD_SIZE": str(SHARDS)}


def local(word, store, folder, variables):
    """What stands in the page, here: $(VARIABLE) as Kubernetes replaces it, the store, the start and the folder."""
    for name, value in variables.items():
        word = word.replace(f"$({name})", value)
    word = re.sub(r"\b2026-11-30T18:30:00Z", variables["start"], word).replace("http://store:9000", store.endpoint)
    return word.replace("/results/", f"{folder}/").replace(" results/", f" {shlex.quote(folder)}/").replace("exec headrace", f"exec {shlex.quote(HEADRACE)}")


def run_shards(words, variables_of, store, folder):
    """The results of all four, by rank."""
    processes, start = [], start_in(AHEAD_S)
    for rank in range(SHARDS):
        variables = {**variables_of(rank), "start": start}
        command = [local(word, store, folder, variables) for word in words]
        if command[0] == "headrace":
            command[0] = HEADRACE
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("SLURM_", "PMI_", "OMPI_"))}
        processes.append(subprocess.Popen(command, env={**environment, **store.environment(), **variables}, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    results = []
    for rank, process in enumerate(processes):
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, (rank, errors)
        with open(os.path.join(folder, f"shard-{rank}.json"), encoding="utf-8") as file:
            results.append(json.load(file))
    return start, results


def check_results(start, results):
    for rank, result in enumerate(results):
        shard = result["shard"]
        assert (shard["rank"], shard["size"]) == (rank, SHARDS) and shard["from"], shard
        assert shard["start_at"][:19] == start[:19] and shard["ended_at"] >= result["started_at"], (shard, start)
        assert result["started_at"][:19] >= start[:19], (result["started_at"], start)  # none before it
        assert result["operations"]["succeeded"] == EACH and result["prefix"] == f"bench/shard-{rank}/", result["prefix"]
        clock = shard["clock"]  # the store's is this host's
        assert clock["offset_low_ms"] <= 0 <= clock["offset_high_ms"] and clock["offset_high_ms"] - clock["offset_low_ms"] < 1000, clock
    assert len({result["seed"] for result in results}) == SHARDS, results


def buckets_of(histogram, scale):
    """Counts by the index of the bucket at that scale, which is not finer than its own."""
    counts = collections.Counter()
    for index, count in enumerate(histogram["counts"]):
        if count:
            counts[(histogram["offset"] + index) >> (histogram["scale"] - scale)] += count
    return counts


def check_merge(folder, results, whole):
    """Counts exactly; percentiles within the bucket that they lie in by the counts of all four."""
    merged = os.path.join(folder, "merged.json")
    done = run("report", *(os.path.join(folder, f"shard-{rank}.json") for rank in range(SHARDS)), "--together", "shards", "-o", merged)
    assert done.returncode == 0, done.stderr
    with open(merged, encoding="utf-8") as file:
        report = json.load(file)
    assert len(report["results"]) == 1, report["results"]
    result = report["results"][0]
    assert result["shards"] == SHARDS and result["operations"] == whole["operations"], (result["operations"], whole["operations"])
    histogram = result["latency_histogram"]
    scale = histogram["scale"]
    counts = sum((buckets_of(one["latency_histogram"], scale) for one in results), collections.Counter())
    assert buckets_of(histogram, scale) == counts and sum(counts.values()) == SHARDS * EACH, counts
    figures = {figure["name"]: figure["value"] for figure in result["figures"]}
    for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99)):
        seen = 0
        for index in sorted(counts):
            seen += counts[index]
            if seen >= share * SHARDS * EACH:
                break
        low, high = (1000 * 2 ** (at / 2 ** scale) for at in (index, index + 1))
        assert low * 0.999999 <= figures[f"latency_ms.{name}"] <= high * 1.000001, (name, figures, low, high)


def check_hdrhistogram(folder, results):
    """HdrHistogram's own reader of what was put together, to 0.1 %."""
    try:
        from hdrh.histogram import HdrHistogram
        from hdrh.log import HistogramLogReader
    except ImportError:
        return  # report.py says so
    base = os.path.join(folder, "merged")
    done = run("report", *(os.path.join(folder, f"shard-{rank}.json") for rank in range(SHARDS)), "-o", f"{base}.hlog", "-o", f"{base}.hgrm")
    assert done.returncode == 0, done.stderr
    whole = HdrHistogram(1, 3600 * 10 ** 9, 3)
    reader = HistogramLogReader(f"{base}.hlog", whole)
    while reader.add_next_interval_histogram():
        pass
    assert whole.get_total_count() == sum(result["operations"]["succeeded"] for result in results), whole.get_total_count()
    with open(f"{base}.hgrm", encoding="utf-8") as file:
        rows = [line.split() for line in file if re.match(r" +\d", line)]
    for share in (0.25, 0.5, 0.9, 0.99):
        theirs, ours = whole.get_value_at_percentile(100 * share) / 1e6, next(float(row[0]) for row in rows if float(row[1]) >= share)
        assert abs(theirs - ours) <= 0.001 * ours + 1e-6, (share, theirs, ours)


def check_missing(folder):
    done = run("report", *(os.path.join(folder, f"shard-{rank}.json") for rank in (0, 1, 3)), "--together", "shards")
    assert "1 of 4 shards are missing: 2" in done.stdout, done.stdout


def check_page(store):
    whole = run("bench", "s3", "--endpoint", store.endpoint, "--operations", str(SHARDS * EACH), "--concurrency", "16", "--size", "4KiB", "--json", "-",
                env={**os.environ, **store.environment()})
    assert whole.returncode == 0, whole.stderr
    for name, words, variables_of in commands_of_page():
        with stores.case(f"bench s3 --shard: four shards as {name} starts them are one run of all"), tempfile.TemporaryDirectory() as folder:
            start, results = run_shards(words, variables_of, store, folder)
            check_results(start, results)
            check_merge(folder, results, json.loads(whole.stdout))
            check_hdrhistogram(folder, results)
            check_missing(folder)


def check_start(store):
    environment = {**os.environ, **store.environment()}
    with stores.case("bench s3: --start-in waits, and a start that has passed is told"):
        began = time.time()
        one = ("bench", "s3", "--endpoint", store.endpoint, "--operations", "10", "--concurrency", "1", "--size", "1", "--json", "-")
        done = run(*one, "--start-in", "10s", env=environment)  # on a busy machine the set-up takes a while
        assert done.returncode == 0 and time.time() - began >= 10 and json.loads(done.stdout)["shard"]["late_s"] == 0, done
        done = run(*one, "--shard", "1/2", "--start-at", start_in(-100), env=environment)
        assert done.returncode == 0 and 100 <= json.loads(done.stdout)["shard"]["late_s"] < 200, done
        assert json.loads(run(*one, env=environment).stdout)["shard"] is None
    with stores.case("bench s3 --start-in: SIGINT ends the wait"):
        words = ("--mix", "get=1", "--objects", "5", "--prefix", "wait/", "--start-in", "1h")
        process = subprocess.Popen([HEADRACE, *one, *words], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while process.poll() is None and store.headrace("s3", "ls", "--recursive", "s3://headrace-bench/wait/").stdout.count(b"wait/") < 5:
            time.sleep(0.05)  # between two looks: the set-up is done then
        process.send_signal(2)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 130 and "stopped by SIGINT" in errors, (process.returncode, errors)


def main():
    with stores.embedded() as store:
        check_page(store)
        check_start(store)
    stores.finish()


if __name__ == "__main__":
    main()
