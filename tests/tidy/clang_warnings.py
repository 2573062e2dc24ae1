#!/usr/bin/env python3
"""Has a compiler look at every source of a configured build, for its warnings and no code. Writes what it says of each.

usage: python3 tests/tidy/clang_warnings.py BUILD

BUILD was configured with HR_WERROR. The exit status is 1 if the compiler refused a source.
"""
import concurrent.futures
import json
import os
import shlex
import subprocess
import sys


def commands(build):
    """Each once, without its output."""
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        entries = json.load(file)
    found = {}
    for entry in entries:
        command = shlex.split(entry["command"])
        place = command.index("-o")
        found.setdefault((entry["directory"], *command[:place], *command[place + 2:], "-fsyntax-only"))
    return list(found)


def refused(command):
    done = subprocess.run(command[1:], cwd=command[0], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    if done.returncode != 0 or done.stderr:
        print(done.stderr, flush=True)
    return done.returncode != 0


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    found = commands(sys.argv[1])
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        bad = sum(pool.map(refused, found))
    print(f"{len(found)} sources, {bad} refused")
    sys.exit(1 if bad or not found else 0)


if __name__ == "__main__":
    main()
