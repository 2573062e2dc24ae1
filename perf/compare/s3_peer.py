"""What the S3 clients under Python share that are measured beside `headrace bench s3`: their options, and their report."""
import argparse
import json
import platform
import resource
import time

BUCKET = "headrace-bench"


def parse(about):
    """Options; `about` is the program's own text, its first paragraph what it is."""
    parser = argparse.ArgumentParser(description=about.split("\n\n")[0])
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--concurrency", type=int, required=True)
    parser.add_argument("--operations", type=int, required=True)
    parser.add_argument("--size", type=int, default=4096)
    parser.add_argument("--kind", choices=("get", "put"), required=True)
    parser.add_argument("--ca-file")
    return parser.parse_args()


def key_of(number):
    return f"bench/{number % 1000:08d}"


def measure(harness, options, versions, run):
    """Prints the report of run(), which returns the failures."""
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    failures = run()
    duration, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_SELF)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    done = options.operations - len(failures)
    print(json.dumps({
        "harness": harness, "kind": options.kind, "operations": done, "failed": len(failures),
        "example": failures[0] if failures else None, "duration_s": duration, "bytes": done * options.size,
        "operations_per_s": done / duration, "cpu_us_per_operation": cpu_s * 1e6 / max(done, 1),
        "versions": {**versions, "python": platform.python_version()},
    }))
