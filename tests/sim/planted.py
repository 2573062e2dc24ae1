#!/usr/bin/env python3
"""Puts bugs into the sources, one at a time, and runs seeds until one finds it.

usage: python3 tests/sim/planted.py [--first-seed N] [--seeds M] [--only NAME] [--asan] [--jobs J] [--check]

Each bug of planted_bugs.py names texts that must stand in their files exactly once; --check looks for no more. The
sources stay as they are: what a bug changes is compiled beside them, in build/planted, and linked before the libraries of
build/sim (build/asan with --asan). The last line is "N bugs, M found"; the exit status is 1 if one was not found.
"""
import argparse
import concurrent.futures
import json
import os
import re
import shlex
import shutil
import subprocess
import sys

from planted_bugs import BUGS

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CHUNK = 20  # seeds a run


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


def done(command, folder):
    """Its standard output; a command that fails ends all."""
    output = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace")
    if output.returncode != 0:
        raise RuntimeError(f"{shlex.join(command)}:\n{output.stdout[-2000:]}{output.stderr[-2000:]}")
    return output.stdout


class Build:
    """How the simulated world is built, as its build folder tells."""

    def __init__(self, arguments):
        self.folder = os.path.join(ROOT, "build", "asan" if arguments.asan else "sim")
        self.asan = arguments.asan
        done(["bash", "tests/sim/run.sh", "--first-seed", "1", "--seeds", "1"] + ["--asan"] * arguments.asan, ROOT)
        link = shlex.split(done(["ninja", "-t", "commands", "-s", "tests/sim"], self.folder).splitlines()[-1])
        self.link = link[2:-2]  # ": && … && :"
        if link[:2] + link[-2:] != [":", "&&", "&&", ":"] or "&&" in self.link:
            raise RuntimeError(f"the command that links tests/sim has another form: {shlex.join(link)}")
        with open(os.path.join(self.folder, "compile_commands.json"), encoding="utf-8") as file:
            commands = [(entry["file"], shlex.split(entry["command"])) for entry in json.load(file)]
        self.compile = {command[command.index("-o") + 1]: (source, command) for source, command in commands}
        self.needed = self.objects_needed()

    def objects_needed(self):
        """Each object that the world is linked from, with the files of ours that it is made of."""
        commands = done(["ninja", "-t", "commands", "tests/sim"], self.folder)
        needed, name = {}, None
        for line in done(["ninja", "-t", "deps"], self.folder).splitlines():
            if line.startswith("    "):
                path = os.path.realpath(os.path.join(self.folder, line.strip()))
                if name and path.startswith(ROOT + os.sep) and not path.startswith(self.folder + os.sep):
                    needed[name].append(os.path.relpath(path, ROOT))
            elif line:
                name = line.split(":")[0]
                name = name if name in self.compile and f" -o {name} " in commands else None
                if name:
                    needed[name] = []
        return needed

    def program(self, bug, place):
        """The world with the bug in it. An object that comes before the libraries takes the place of the one inside."""
        texts = planted(bug)
        names = [name for name, files in self.needed.items() if texts.keys() & set(files)]
        if not names:
            raise RuntimeError(f"{bug['name']}: nothing of the simulated world is made of {', '.join(texts)}")
        program, output = os.path.join(place, "sim"), self.link.index("-o")
        objects = [self.object(name, texts, place) for name in names]
        before = [part for part in self.link[:output] if part not in names]
        done(before + objects + ["-o", program] + self.link[output + 2:], self.folder)
        return program

    def object(self, name, texts, place):
        """Its sources and headers of ours are copied, so that no header is found beside the ones that are copied."""
        source, command = self.compile[name]
        for path in self.needed[name]:
            write(os.path.join(place, path), texts.get(path) or read(os.path.join(ROOT, path)))
        folders = [part[2:] for part in command if part.startswith("-I" + ROOT + os.sep)]
        copies = ["-I" + os.path.join(place, os.path.relpath(folder, ROOT)) for folder in folders]
        target = os.path.join(place, os.path.basename(name))
        command = command[:1] + copies + command[1:]
        command[command.index("-o") + 1] = target
        command[command.index("-c") + 1] = os.path.join(place, os.path.relpath(source, ROOT))
        done(command, self.folder)
        return target


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def run(build, bug, arguments):
    """One seed after the other, so that the first that finds it is the lowest."""
    place = os.path.join(ROOT, "build", "planted", re.sub(r"\W+", "-", bug["name"]))
    shutil.rmtree(place, ignore_errors=True)
    program = build.program(bug, place)
    first, end = arguments.first_seed, arguments.first_seed + arguments.seeds
    while first < end:
        found = findings(build, program, bug, first, min(CHUNK, end - first))
        if found:
            shutil.rmtree(place)
            return min(found)
        first += CHUNK
    return None


def findings(build, program, bug, first, seeds):
    command = [program, "--first-seed", str(first), "--seeds", str(seeds), "--jobs", "1"]
    if "scenario" in bug:
        command += ["--scenario", bug["scenario"]]
    if build.asan and subprocess.run(["setarch", "-R", "true"], capture_output=True).returncode == 0:
        command = ["setarch", "-R"] + command
    output = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace")
    if output.returncode not in (0, 1) or "seeds/s" not in output.stdout:
        raise RuntimeError(f"{bug['name']}: the run fails:\n{output.stdout[-2000:]}{output.stderr[-2000:]}")
    return [(int(seed), what) for seed, what in re.findall(r"^finding: seed (\d+) \(\w+\): (.*)$", output.stdout, re.M)]


def report(bugs, arguments):
    """How many of them were found; a few at a time, in their order."""
    build, found = Build(arguments), 0
    print(f"{'bug':<44} {'seed':>6} {'seeds':>6}  finding", flush=True)
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for bug, result in zip(bugs, pool.map(lambda bug: run(build, bug, arguments), bugs)):
            if result:
                found += 1
                seed, what = result
                print(f"{bug['name']:<44} {seed:>6} {seed - arguments.first_seed + 1:>6}  {what[:150]}", flush=True)
            else:
                print(f"{bug['name']:<44} {'-':>6} {arguments.seeds:>6}  not found", flush=True)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1000, help="at most, for each bug")
    parser.add_argument("--only")
    parser.add_argument("--asan", action="store_true")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="bugs at a time")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    bugs = [bug for bug in BUGS if arguments.only in (None, bug["name"])]
    for bug in bugs:
        planted(bug)
    if arguments.check:
        return
    try:
        found = report(bugs, arguments)
    except RuntimeError as error:
        sys.exit(f"planted.py: {error}")
    print(f"{len(bugs)} bugs, {found} found")
    sys.exit(0 if found == len(bugs) else 1)


if __name__ == "__main__":
    main()
