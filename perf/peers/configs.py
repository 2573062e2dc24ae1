"""Shared by the peers of `bench config` in Python: loads of one file, each timed."""
import json
import os
import sys
import time

import peer


def measure(work, settings, versions, load):
    """load(path) reads the file and returns what it has made of it."""
    result = peer.Result(settings, versions)
    load(work.path)  # the first does not count
    with peer.Timed(result):
        for _ in range(work.operations):
            started = time.monotonic_ns()
            load(work.path)
            result.success(started)
    result.received = work.operations * os.path.getsize(work.path)
    result.rss_peak_bytes = peer.memory_peak("self")
    return result


def lack(name, reason, install):
    peer.say({"protocol": peer.PROTOCOL, "peer": name, "missing": reason, "install": install})
    sys.exit(3)


def run(name, measured, needs=(), install="", loads=("tree",)):
    text = sys.stdin.read()
    asked = json.loads(text).get("load")
    if asked not in loads:
        lack(name, f"{name} has no load of the kind {asked}", f"headrace bench config --load {loads[0]}")
    peer.run(name, measured, needs=needs, install=install, text=text)
