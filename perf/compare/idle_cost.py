#!/usr/bin/env python3
"""Own memory of an idle connection of the HTTP client, and CPU of an engine with nothing to do, on both back ends.

Memory is Private_Dirty of the client's process (smaps_rollup), less what it was with 100, per connection; the
server is a process of its own, and what the kernel keeps for a socket is in neither. The connections are made by groups of
100 requests at a time, and all at once: then what so many requests in progress leave for the next ones is in it."""
import argparse
import json
import resource
import subprocess
import sys

FILES_SPARE = 200
BYTES_LIMIT, BYTES_GOAL = 4096, 1024
CPU_LIMIT_MS = 10
GROUP = 100  # as many as idle_cost.c warms up with


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip() or f"{command[0]}: exit {done.returncode}")
    return json.loads(done.stdout)


def memory(options, backend, connections, at_once):
    server = subprocess.Popen([options.server, str(GROUP), str(at_once)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        port = server.stdout.readline().strip()
        found = run(options.program, "memory", backend, port, str(connections), str(at_once))
    finally:
        server.communicate()
    if found["connections_idle"] <= connections * 0.99:
        raise RuntimeError(f"only {found['connections_idle']} connections of {connections} are idle")
    return found


def main():
    parser = argparse.ArgumentParser(prog="idle_cost.sh", description=__doc__)
    parser.add_argument("--connections", type=int, default=10000, help="bounded by the hard limit of open files")
    parser.add_argument("--seconds", type=float, default=60, help="of doing nothing; the limit is for 60")
    parser.add_argument("--backends", nargs="+", choices=["io_uring", "epoll"], default=["io_uring", "epoll"])
    parser.add_argument("--json", metavar="FILE", help="write all figures there")
    parser.add_argument("--program", default="build/release/perf/idle_cost", help=argparse.SUPPRESS)
    parser.add_argument("--server", default="build/compare/hold_server", help=argparse.SUPPRESS)
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    connections = min(options.connections, hard - FILES_SPARE) // GROUP * GROUP
    if connections < GROUP or options.seconds <= 0:
        parser.error(f"at least {GROUP} connections (the hard limit of open files is {hard}) and some seconds")
    results, fine = [], True
    for backend in options.backends:
        for at_once in (GROUP, connections):
            found = memory(options, backend, connections, at_once)
            good = found["bytes"] <= BYTES_LIMIT
            results.append(dict(found, what="memory", limit=BYTES_LIMIT, goal=BYTES_GOAL, ok=good))
            print(f"{backend}: {found['bytes']} bytes an idle connection ({connections}, made {at_once} at a time), "
                  f"limit {BYTES_LIMIT} {'ok' if good else 'MISSED'}, "
                  f"goal {BYTES_GOAL} {'reached' if found['bytes'] <= BYTES_GOAL else 'not reached'}", flush=True)
            fine = fine and good
        found = run(options.program, "cpu", backend, str(options.seconds))
        good = found["cpu_ms"] <= CPU_LIMIT_MS
        results.append(dict(found, what="cpu", limit=CPU_LIMIT_MS, ok=good))
        print(f"{backend}: {found['cpu_ms']:.3f} ms of CPU in {options.seconds:g} s, {found['reactors']} reactors with nothing "
              f"to do, limit {CPU_LIMIT_MS} {'ok' if good else 'MISSED'}", flush=True)
        fine = fine and good
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)
    return 0 if fine else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except RuntimeError as problem:
        print(f"idle_cost.sh: {problem}", file=sys.stderr)
        sys.exit(1)
