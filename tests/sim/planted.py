#!/usr/bin/env python3
"""Puts bugs into a copy of the sources, one at a time, and runs seeds until one finds it.

usage: python3 tests/sim/planted.py [--first-seed N] [--seeds M] [--only NAME] [--asan] [--check]

Each bug of planted_bugs.py names texts that must stand in their files exactly once; --check looks for no more. The copy
and its build are kept under build/planted. The last line is "N bugs, M found"; the exit status is 1 if one was not found.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys

from planted_bugs import BUGS

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDERS = ("engine", "log", "net", "s3", "config", "perf", "tests")


def copy_sources(copy):
    """Only what differs is written, so that only that is built again."""
    for folder in FOLDERS:
        for path, folders, names in os.walk(os.path.join(ROOT, folder)):
            folders[:] = [name for name in folders if name != "__pycache__"]
            for name in names:
                copy_file(os.path.relpath(os.path.join(path, name), ROOT), copy)
    for name in os.listdir(ROOT):
        if os.path.isfile(os.path.join(ROOT, name)):
            copy_file(name, copy)


def copy_file(name, copy):
    source, target = os.path.join(ROOT, name), os.path.join(copy, name)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(source, "rb") as file:
        wanted = file.read()
    write_if_other(target, wanted)


def write_if_other(target, wanted):
    if os.path.exists(target):
        with open(target, "rb") as file:
            if file.read() == wanted:
                return
    with open(target, "wb") as file:
        file.write(wanted)


def planted(bug):
    """The texts of the files that it changes."""
    texts = {}
    for name, old, new in bug["edits"]:
        if name not in texts:
            with open(os.path.join(ROOT, name), encoding="utf-8") as file:
                texts[name] = file.read()
        count = texts[name].count(old)
        if count != 1:
            sys.exit(f"planted.py: {bug['name']}: {name} has {count} times:\n{old}")
        texts[name] = texts[name].replace(old, new)
    return texts


def plant(copy, bug):
    for name, text in planted(bug).items():
        write_if_other(os.path.join(copy, name), text.encode())


def run(copy, bug, arguments):
    """One seed after the other, so that the first that finds it is the lowest."""
    chunk, first, end = 20, arguments.first_seed, arguments.first_seed + arguments.seeds
    while first < end:
        command = ["bash", "tests/sim/run.sh", "--first-seed", str(first), "--seeds", str(min(chunk, end - first)),
                   "--build", "build-asan" if arguments.asan else "build-sim"]
        if arguments.asan:
            command.append("--asan")
        if "scenario" in bug:
            command += ["--scenario", bug["scenario"]]
        output = subprocess.run(command, cwd=copy, capture_output=True, text=True, errors="replace")
        if output.returncode not in (0, 1) or "seeds/s" not in output.stdout:
            sys.exit(f"planted.py: the run fails:\n{output.stdout[-2000:]}{output.stderr[-2000:]}")
        found = [(int(seed), what) for seed, what in re.findall(r"^finding: seed (\d+) \(\w+\): (.*)$", output.stdout, re.M)]
        if found:
            return min(found)
        first += chunk
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1000, help="at most, for each bug")
    parser.add_argument("--only")
    parser.add_argument("--asan", action="store_true")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    copy = os.path.join(ROOT, "build", "planted")
    bugs = [bug for bug in BUGS if arguments.only in (None, bug["name"])]
    for bug in bugs:
        planted(bug)
    if arguments.check:
        return
    found = 0
    print(f"{'bug':<44} {'seed':>6} {'seeds':>6}  finding", flush=True)
    for bug in bugs:
        copy_sources(copy)
        plant(copy, bug)
        result = run(copy, bug, arguments)
        if result:
            found += 1
            seed, what = result
            print(f"{bug['name']:<44} {seed:>6} {seed - arguments.first_seed + 1:>6}  {what[:150]}", flush=True)
        else:
            print(f"{bug['name']:<44} {'-':>6} {arguments.seeds:>6}  not found", flush=True)
    shutil.rmtree(os.path.join(copy, "tests", "sim", "__pycache__"), ignore_errors=True)
    print(f"{len(bugs)} bugs, {found} found")
    sys.exit(0 if found == len(bugs) else 1)


if __name__ == "__main__":
    main()
