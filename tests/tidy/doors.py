#!/usr/bin/env python3
"""The doors between folders: which part (hr_part in the CMakeLists.txt) uses which, by the symbols of the objects.

usage: python3 tests/tidy/doors.py BUILD [--picture]

A header can hide a use, an object cannot. It fails on a symbol of a part that is not below, on a circle of parts, on a circle of
files inside a part, and on a folder with more than 25 files. --picture prints each part, what it uses, and how many symbols that
takes.
"""
import argparse
import collections
import glob
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# With the modules right below each.
MODULES = {"engine/base": (), "engine": ("engine/base",), "net": ("engine",), "s3": ("net",), "log": ("engine",),
           "config": ("engine/base",), "config/service": ("config", "s3", "log"),
           "s3/server": ("s3",), "perf": ("config/service", "s3/server")}
FILES_MAX = 25


def parts():
    """{part: (folder, parts that it names)}, as CMake has them."""
    found = {}
    for place in MODULES:
        with open(os.path.join(ROOT, place, "CMakeLists.txt"), encoding="utf-8") as file:
            for name, folder, rest in re.findall(r"^hr_part\((\w+) (\S+)([^)]*)\)", file.read(), re.M):
                found[name] = (f"{place}/{folder}", rest.split())
    return {name: (folder, [other for other in rest if other in found]) for name, (folder, rest) in found.items()}


def below(named):
    """{part: all that it may use}; a circle in the lists themselves raises."""
    reach, under_way = {}, []

    def visit(name):
        if name in reach:
            return
        if name in under_way:
            raise ValueError(" → ".join(under_way[under_way.index(name):] + [name]))
        under_way.append(name)
        for other in named[name]:
            visit(other)
        under_way.pop()
        reach[name] = set(named[name]).union(*(reach[other] for other in named[name]))

    for name in named:
        visit(name)
    return reach


def symbols(path):
    """(defined, used) of an object file: external names alone."""
    defined, used = set(), set()
    listing = subprocess.run(["nm", "--extern-only", path], capture_output=True, text=True, check=True)
    for line in listing.stdout.splitlines():
        match = re.match(r"^(?:[0-9a-f]+)? *([A-Za-z]) (\S+)$", line)
        if match:
            (used if match.group(1) in "Uvw" else defined).add(match.group(2))
    return defined, used


def arrows(tables):
    """{(from, to): names} of what parts, or files, use of one another."""
    owner = {name: part for part, (defined, _) in tables.items() for name in defined}
    found = collections.defaultdict(set)
    for part, (_, used) in tables.items():
        for name in used:
            if owner.get(name, part) != part:
                found[part, owner[name]].add(name)
    return found


def circles(found):
    """The groups of files that reach each other: each sorted, the largest first."""
    uses = collections.defaultdict(set)
    for user, other in found:
        uses[user].add(other)
    reach = {}
    for start in uses:
        seen, left = set(), list(uses[start])
        while left:
            name = left.pop()
            if name not in seen:
                seen.add(name)
                left += uses.get(name, ())
        reach[start] = seen
    groups = {tuple(sorted(other for other in reach if name in reach[other] and other in reach[name])) for name in reach
              if name in reach[name]}
    return sorted(groups, key=lambda group: (-len(group), group))


def with_modules(named, reach):
    """The same; a part may use all parts of the modules below its own."""
    module = {name: max((place for place in MODULES if folder.startswith(place + "/")), key=len) for name, (folder, _) in named.items()}
    lower = below(MODULES)
    return {name: others | {other for other in named if module[other] in lower[module[name]]} for name, others in reach.items()}


def upward(found, reach):
    return [f"{part} uses {', '.join(sorted(names)[:3])} of {other}" for (part, other), names in sorted(found.items())
            if other not in reach[part]]


def check_itself():
    """A planted arrow up and planted circles, of files and of parts, are found."""
    reach = below({"low": [], "high": ["low"]})
    tables = {"low": ({"a"}, {"b"}), "high": ({"b"}, {"a"})}
    assert upward(arrows(tables), reach) == ["low uses b of high"]
    tables = {"one.c": ({"a"}, {"b"}), "two.c": ({"b"}, {"c"}), "three.c": ({"c"}, {"a"}), "user.c": (set(), {"a"})}
    assert circles(arrows(tables)) == [("one.c", "three.c", "two.c")]
    assert len(in_circles({"a/src": tables})) == 1
    del tables["three.c"]
    assert not circles(arrows(tables)) and not in_circles({"a/src": tables})
    try:
        below({"one": ["other"], "other": ["one"]})
    except ValueError:
        return
    raise AssertionError("a circle was not found")


def read_objects(build, named):
    """{folder: {file: (defined, used)}}"""
    found = {}
    for name, (folder, _) in named.items():
        objects = [path for path in glob.glob(f"{build}/**/CMakeFiles/{name}.dir/**/*.o", recursive=True)
                   if os.path.exists(os.path.join(ROOT, folder, os.path.basename(path)[:-2]))]
        if not objects:
            raise SystemExit(f"doors.py: no object of {name} in {build}: build it first")
        found[folder] = {os.path.basename(path)[:-2]: symbols(path) for path in objects}
    return found


def together(files):
    """(defined, used) of all files of a part."""
    return (set().union(*(defined for defined, _ in files.values())), set().union(*(used for _, used in files.values())))


def in_circles(objects):
    found = {folder: circles(arrows(files)) for folder, files in objects.items()}
    return [f"{folder}: a circle of {', '.join(group)}" for folder, groups in found.items() for group in groups]


def crowded(named):
    problems = []
    for folder, _ in named.values():
        count = sum(name.endswith((".c", ".h", ".cpp")) for name in os.listdir(os.path.join(ROOT, folder)))
        if count > FILES_MAX:
            problems.append(f"{folder} has {count} files, over {FILES_MAX}")
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("build", help="the folder of a build")
    parser.add_argument("--picture", action="store_true", help="print who uses whom")
    arguments = parser.parse_args()
    check_itself()
    named = parts()
    reach = with_modules(named, below({name: others for name, (_, others) in named.items()}))
    objects = read_objects(arguments.build, named)
    found = arrows({name: together(objects[folder]) for name, (folder, _) in named.items()})
    for name, (folder, _) in named.items():
        if arguments.picture:
            uses = ", ".join(f"{named[other][0]} {len(names)}" for (part, other), names in sorted(found.items()) if part == name)
            print(f"{folder} uses {uses or 'none of the others'}")
    problems = upward(found, reach) + in_circles(objects) + crowded(named)
    for problem in problems:
        print(f"fail: doors between folders: {problem}")
    if not problems:
        print(f"ok: doors between folders ({len(named)} of them)")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
