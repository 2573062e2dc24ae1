#!/usr/bin/env python3
"""The tables of docs/s3-operations.md, made from the table of operations and the public structs.

usage: python3 tests/tidy/s3_operations.py --check | --write [--model service-2.json]

The typed operations are the rows of s3/src/operation/s3_rows.c; options are the members of their structs before those
that are out, and those that are both. Operations that have no row are sent by hr_s3_request: their names are those of botocore's model (plain or .gz) where
--model gives it, else those that the page has. --check fails where the page is not what --write would make of it.
"""
import argparse
import glob
import gzip
import json
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGE = os.path.join(ROOT, "docs/s3-operations.md")
ROWS = os.path.join(ROOT, "s3/src/operation/s3_rows.c")
BEGIN, END = "<!-- begin: %s, by tests/tidy/s3_operations.py -->\n", "<!-- end: %s -->\n"
# Every request has the first; the next two are what it is about, not options.
NO_OPTIONS = {"request", "bucket", "key"}
WIDTH = 150


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def rows():
    """(operation, method, parameter or None, struct) of each typed row, in the table's order."""
    for row in re.split(r"\n    \[HR__S3_", read(ROWS))[1:]:
        struct = re.search(r"\b(?:OF_KEY|OF_BUCKET|COMMON|TIMED)\((\w+),", row).group(1)
        said = re.search(r'\.operation = \{\w+,\s*(?:\.name = )?"(\w+)",\s*(?:\.method = )?"(\w+)",\s*(?:"([^"]+)")?', row)
        if said:
            yield (*said.groups(), struct)
        elif struct != "hr_s3_request":
            sys.exit(f"s3_rows.c: the row of {struct} has no operation that can be read")


def options(struct, headers):
    """Names of the members that a caller may set."""
    body = re.search(r"struct %s \{\n(.*?)\n\};" % struct, headers, re.S)
    if not body:
        sys.exit(f"s3/include/headrace: there is no struct {struct}")
    text = re.split(r"/\* Out\.|void \*call_;", body.group(1))[0]
    text = re.sub(r"[^\n;]*; */\* out\b.*", "", text)  # a member that is out, and what follows it
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    found = []
    for member in text.split(";"):
        callback = re.search(r"\(\*(\w+)\)", member)
        names = [callback.group(1)] if callback else re.findall(r"(\w+)(?:\[[^]]*\])?\s*(?:,|$)", member.strip())
        found += [name for name in names if name not in NO_OPTIONS]
    return found + re.findall(r"(\w+); /\* in and out\b", body.group(1))


def typed_table():
    headers = "\n".join(read(path) for path in sorted(glob.glob(os.path.join(ROOT, "s3/include/headrace/s3*.h"))))
    lines = ["| operation | request | struct | members that may be set |", "|---|---|---|---|"]
    for name, method, parameter, struct in rows():
        members = ", ".join(f"`{member}`" for member in options(struct, headers))
        lines.append(f"| {name} | {method}{f' ?{parameter}' if parameter else ''} | `{struct}` | {members} |")
    return "\n".join(lines) + "\n"


def model_names(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8") as file:
        return json.load(file)["operations"].keys()


def passed_list(names):
    """Names that no row has, in lines of at most WIDTH characters."""
    typed = {row[0] for row in rows()}
    lines = [""]
    for name in sorted(set(names) - typed):
        if len(lines[-1]) + len(name) + 2 > WIDTH:
            lines.append("")
        lines[-1] += ("" if not lines[-1] else " ") + name + ","
    return "\n".join(lines).rstrip(",") + ".\n"


def between(page, name):
    begin, end = BEGIN % name, END % name
    if page.count(begin) != 1 or page.count(end) != 1:
        sys.exit(f"docs/s3-operations.md: the marks of its {name} are not there once")
    return page.index(begin) + len(begin), page.index(end)


def replaced(page, name, text):
    start, end = between(page, name)
    return page[:start] + "\n" + text + "\n" + page[end:]


def made(page, model):
    start, end = between(page, "pass-through")
    names = model_names(model) if model else re.findall(r"\w+", page[start:end])
    return replaced(replaced(page, "typed", typed_table()), "pass-through", passed_list(names))


def main():
    parser = argparse.ArgumentParser()
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--check", action="store_true")
    what.add_argument("--write", action="store_true")
    parser.add_argument("--model", help="botocore's data/s3/2006-03-01/service-2.json")
    arguments = parser.parse_args()
    page = read(PAGE)
    text = made(page, arguments.model)
    if arguments.check and text != page:
        sys.exit("docs/s3-operations.md is out of date: python3 tests/tidy/s3_operations.py --write")
    if arguments.write:
        with open(PAGE, "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    main()
