"""Shared by the peers of `bench log` in Python: the record, the threads that log it, the time until all of it is in the file."""
import array
import json
import os
import sys
import threading
import time

import peer

STRINGS = ("client-0a1b2c3d4", "client-5e6f70819", "client-2a3b4c5d6", "client-7e8f90a1b")


def fields(number):
    """Of record `number` of a thread, as docs/peers.md has them."""
    return number * 7919 + 1000000, (number % 100000 + 1) / 1000, STRINGS[number % 4]


def measure(work, settings, versions, open_log):
    """open_log(work) has put(request, seconds, client), flush() until all is in the file, and close()."""
    result = peer.Result(settings, versions)
    share = work.operations // work.threads
    samples = [array.array("q", bytes(8 * share)) for _ in range(work.threads)]
    log, barrier = open_log(work), threading.Barrier(work.threads)

    def call(own):
        put, clock = log.put, time.perf_counter_ns
        barrier.wait()
        for number in range(share):
            request, seconds, client = fields(number)
            before = clock()
            put(request, seconds, client)
            own[number] = clock() - before

    threads = [threading.Thread(target=call, args=(own,)) for own in samples]
    with peer.Timed(result):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        log.flush()
    log.close()
    result.rss_peak_bytes = peer.memory_peak("self")
    result.sent = os.path.getsize(work.path)
    for own in samples:
        for taken in own:
            result.histogram.record(taken)
    return result


def run(name, measured, needs=(), install="", forms=("text", "json")):
    text = sys.stdin.read()
    form = json.loads(text).get("form")
    if form not in forms:
        peer.say({"protocol": peer.PROTOCOL, "peer": name, "missing": f"{name} writes no lines of the form {form}",
                  "install": f"headrace bench log --form {forms[0]}"})
        sys.exit(3)
    peer.run(name, measured, needs=needs, install=install, text=text)
