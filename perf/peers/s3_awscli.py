#!/usr/bin/env python3
"""The AWS command line: `aws s3 cp --recursive` of a folder, a process for as many objects as the workload has. A process for each
operation would measure the start of an interpreter. It tells no latency of an operation. Speaks the protocol of docs/peers.md."""
import math
import os
import shutil
import subprocess
import tempfile
import time

import peer
import program


def configuration(work):
    return ("[default]\nregion = {region}\ns3 =\n  max_concurrent_requests = {concurrency}\n  addressing_style = path\n  multipart_threshold = 5GB\n"
            "  payload_signing_enabled = {signed}\n").format(signed=str(work.payload == "signed").lower(), **work)


def environment(work, folder):
    path = os.path.join(folder, "config")
    with open(path, "w", encoding="utf-8") as file:
        file.write(configuration(work))
    keys = {"AWS_ACCESS_KEY_ID": work.access_key, "AWS_SECRET_ACCESS_KEY": work.secret_key} if work.access_key else {}
    calculation = "when_required" if work.checksum == "none" else "when_supported"
    return {**os.environ, **keys, "AWS_CONFIG_FILE": path, "AWS_RETRY_MODE": "standard", "AWS_MAX_ATTEMPTS": str(work.attempts), "AWS_PAGER": "",
            "AWS_REQUEST_CHECKSUM_CALCULATION": calculation, **({"AWS_CA_BUNDLE": work.ca_file} if work.ca_file else {})}


def fill(work, folder, count):
    """The keys of `count` objects as files, all of them one body by hard links."""
    for index in range(count):
        path = os.path.join(folder, f"tree-{count}", work.key(index)[len(work.prefix):])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.link(os.path.join(folder, "body"), path)


def count_files(tree):
    return sum(len(files) for _, _, files in os.walk(tree))


def run_batch(work, result, folder, variables, count):
    kind = next(iter(work.mix))
    tree, store = os.path.join(folder, f"tree-{count}"), f"s3://{work.bucket}/{work.prefix}"
    if kind == "get":
        shutil.rmtree(tree, ignore_errors=True)
        os.mkdir(tree)
    ends = [tree, store] if kind == "put" else [store, tree]
    line = ["aws", "--endpoint-url", work.endpoint, "s3", "cp", "--recursive", "--only-show-errors"]
    if work.checksum not in ("auto", "none"):
        line += ["--checksum-algorithm", work.checksum.upper()] if kind == "put" else []
    _, errors, code, peak = peer.run_program(line + ends, env=variables)
    result.rss_peak_bytes = max(result.rss_peak_bytes or 0, peak)
    failures = [text for text in errors.splitlines() if text.startswith(("upload failed", "download failed"))]
    if code and not failures:
        raise RuntimeError(f"aws said: {errors[-300:]}")
    for failure in failures:
        result.failure(failure)
    if kind == "get" and count_files(tree) != count - len(failures):
        raise RuntimeError(f"aws has read {count_files(tree)} objects, not {count}: others stand under {work.prefix}")
    done = count - len(failures)
    result.succeeded += done
    result.sent += done * work.size_bytes if kind == "put" else 0
    result.received += done * work.size_bytes if kind == "get" else 0


def measure(work):
    version = subprocess.run(["aws", "--version"], capture_output=True, text=True, check=True).stdout.split()[0].removeprefix("aws-cli/")
    checksum = "crc32" if work.checksum == "auto" else work.checksum
    result = program.Uncounted({"payload": work.payload, "checksum": checksum, "retries": f"standard, {work.attempts} attempts", "pool": work.concurrency,
                                "start of aws": "in the figures"}, {"aws-cli": version})
    limit, started = work.operations or math.inf, 0
    with tempfile.TemporaryDirectory() as folder:
        variables = environment(work, folder)
        with open(os.path.join(folder, "body"), "wb") as file:
            file.write(work.body())
        whole = min(work.objects, limit)
        for count in {whole, limit % whole if work.operations else 0} - {0}:
            fill(work, folder, count)
        with peer.Timed(result):
            until = time.monotonic() + work.duration_s if work.duration_s else math.inf
            while started < limit and time.monotonic() < until:
                count = int(min(limit - started, whole))
                run_batch(work, result, folder, variables, count)
                started += count
    return result


def cannot(work):
    if len(work["mix"]) != 1 or next(iter(work["mix"])) not in ("put", "get"):
        return "aws s3 cp uploads or downloads a folder", "headrace bench s3 --mix put=1, or get=1"
    if "get" in work["mix"] and work["operations"] and work["operations"] % work["objects"]:
        return "aws s3 cp reads all objects of a prefix", f"headrace bench s3 --operations {work['objects']}, or a multiple of it"
    return None


if __name__ == "__main__":
    program.run("awscli", "aws", "pip install awscli", measure, cannot)
