#!/usr/bin/env python3
"""Checks what a compiler does not. Writes "ok: NAME" and "fail: NAME: WHY" lines.

usage: python3 tests/tidy/tidy.py [--library libheadrace.so]

include directions, banned calls, sizes of files, functions and structs, every exported symbol documented,
the README's program, links, no name twice, beginnings of comments, no unfinished marks, formatting, no path of a machine.
"""
import argparse
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests/support"))
import headers  # noqa: E402

MEMBERS_MAX = 30  # of a struct
SOURCE_LINES_MAX = 500
HEADER_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
README_PROGRAM_LINES_MAX = 40
NO_SUBJECT = re.compile(r"/\* (What|Who|Whom|Whose|Those|One that)\b")

# Folder of a file → module. The longest match wins.
MODULES = {
    "engine/base": "base", "engine": "engine", "net": "net", "s3": "s3", "s3/server": "server", "log": "log", "config": "config",
    "config/service": "service",
    "perf": "perf", "perf/command": "command", "tests": "tests", "docs/examples": "examples",
}
# What a module may include, by the module that owns the header.
MAY_INCLUDE = {
    "base": {"base"},
    "engine": {"base", "engine"},
    "net": {"base", "engine", "net"},
    "s3": {"base", "engine", "net", "s3"},
    "log": {"base", "engine", "log"},
    "config": {"base", "config"},
    "service": {"base", "engine", "net", "s3", "log", "config", "service"},
    "server": {"base", "engine", "net", "s3", "server"},
    "perf": {"base", "engine", "net", "s3", "log", "config", "service", "perf"},
    "command": {"base", "engine", "net", "s3", "log", "config", "service", "server", "perf", "command"},
    "examples": {"base", "engine", "net", "s3", "log", "config", "service"},
}
# These see public headers only: nothing under internal/.
PUBLIC_ONLY = {"perf", "command", "examples", "server"}
# But for this: it works below HTTP, on net's streams and reader.
BELOW_HTTP = "perf/src/proxy/"
# And this: its bytes go by operations of the engine.
OPERATIONS = "s3/server/src/stream/"
# Programs that headrace is compared with stand on what it stands on.
PEERS = "perf/compare/peers/"
URING = ["engine/src/uring/", PEERS]
# A foreign header and the only places that may know it (a folder, or a file).
FOREIGN = {
    r"liburing\.h": URING,
    r"linux/io_uring\.h": URING,
    r"llhttp\.h": ["net/src/", PEERS],
    r"openssl/ssl\.h": ["net/src/", "tests/"],
    r"openssl/.*": ["net/src/", "s3/", "tests/", "perf/tools/bench_checksums.c", "perf/src/tree/tree_compare.c", "perf/src/service/service_certificate.c",
                    "perf/command/serve/serve_certificate.c"],
    r"xxhash\.h": ["s3/src/checksum/", "perf/tools/bench_checksums.c"],
    r"expat\.h": ["s3/", "tests/"],
    r"yaml\.h": ["config/src/yaml/", PEERS],
    r"criterion/.*": ["tests/"],
    r"jansson\.h": ["perf/src/beside/", "perf/src/report/", "perf/src/require/", "perf/src/soak/", "tests/"],
}
BANNED_CALLS = ("sprintf vsprintf strcpy strcat strncpy strncat strtok atoi atol atoll atof alloca gets "
                "tmpnam mktemp").split()
BANNED_IN_LIBRARY = "abort exit _exit quick_exit system popen signal".split()
LIBRARY = ("base", "engine", "net", "s3", "log", "config", "service")
MARKS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(?:work|home|root|Users)/\w")

VALUE, SHOWN, OURS = "a value", "the library's, shown by pointer", "the library's own"
# Public structs without `reserved`, and why.
NOT_GROWING = {
    "hr_slice": VALUE, "hr_http_field": VALUE, "hr_s3_metadata": VALUE, "hr_s3_query": VALUE, "hr_s3_delete_key": VALUE, "hr_s3_completed_part": VALUE, "hr_url_reference": VALUE, "hr_sigv4_scope": VALUE,
    "hr_sigv4_credentials": VALUE, "hr_log_value": VALUE, "hr_log_field": VALUE, "hr_secret": VALUE, "hr_histogram_buckets": VALUE,
    "hr_breaker_result": VALUE, "hr_file_range": VALUE, "hr_s3_uri": VALUE, "hr_config_choice": VALUE,
    "hr_config_items": VALUE, "hr_s3_checksum": VALUE, "hr_s3_checksum_part": VALUE, "hr_s3_checksum_traits": SHOWN,
    "hr_s3_checksums": VALUE, "hr_s3_tag": VALUE, "hr_s3_post_condition": VALUE,
    "hr_http_head": SHOWN, "hr_tls_certificate": SHOWN, "hr_s3_object": SHOWN, "hr_s3_bucket": SHOWN,
    "hr_s3_version": SHOWN, "hr_s3_upload_info": SHOWN, "hr_s3_part_info": SHOWN, "hr_s3_deleted": SHOWN,
    "hr_request_private": OURS, "hr_http_request_private": OURS, "hr_s3_walk": OURS, "hr_log_producer": OURS, "hr_log_gate": OURS,
}

failures = 0
checks = 0


def report(name, problems):
    """One line a problem, or one that the check passed."""
    global failures, checks
    checks += 1
    if not problems:
        print(f"ok: {name}")
    for where, why in problems:
        failures += 1
        print(f"fail: {name} {where}: {why}")


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def tracked_files():
    """What git knows or would add; outside a repository, everything that is not a build."""
    try:
        listing = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True,
                                 capture_output=True, text=True).stdout.splitlines()
        return sorted(path for path in set(listing) if os.path.isfile(os.path.join(ROOT, path)))
    except (OSError, subprocess.CalledProcessError):
        found = []
        for folder, folders, names in os.walk(ROOT):
            folders[:] = [name for name in folders if not name.startswith((".git", "build"))]
            found += [os.path.relpath(os.path.join(folder, name), ROOT) for name in names]
        return sorted(found)


def module_of(path):
    best = max((folder for folder in MODULES if path.startswith(folder + "/")), key=len, default=None)
    return MODULES[best] if best else None


def blank(code):
    """Comments and the insides of literals become spaces, so that lines and columns stay."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)

    def spaces(match):
        text = match.group(0)
        if text[0] in "\"'":
            return text[0] + " " * (len(text) - 2) + text[0]
        return re.sub(r"[^\n]", " ", text)
    return pattern.sub(spaces, code)


def header_owners(files):
    """Include name ("headrace/x.h", "engine/x.h", "x.h") → module, and the names that are internal."""
    public, internal, private = {}, {}, {}
    for path in files:
        if not path.endswith((".h", ".h.in")):
            continue
        module = module_of(path)
        if "/include/" in path:
            public[path.split("/include/", 1)[1].removesuffix(".in")] = module
        elif "/internal/" in path:
            internal[path.split("/internal/", 1)[1]] = module
        else:
            private.setdefault(os.path.basename(path), set()).add(module)
    return public, internal, private


def check_includes(files):
    public, internal, private = header_owners(files)
    problems, foreign = [], []
    for path in files:
        module = module_of(path)
        if not path.endswith((".c", ".h", ".cpp")) or module is None:
            continue
        for number, line in enumerate(read(path).splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if not match:
                continue
            name, where = match.group(2), f"{path}:{number}"
            owner = public.get(name) or internal.get(name)
            if module in MAY_INCLUDE:
                if owner and owner not in MAY_INCLUDE[module]:
                    problems.append((where, f"{module} may not include {name} of {owner}"))
                below = path.startswith(BELOW_HTTP)
                if name in internal and module in PUBLIC_ONLY and not below and not path.startswith(OPERATIONS):
                    problems.append((where, f"{module} sees public headers only, {name} is internal"))
                if match.group(1) == '"' and private.get(name) and not private[name] & {module, "tests"}:
                    # perf's own headers are the command's too: its library stands below it.
                    if not (module == "command" and "perf" in private[name]) and not (below and "net" in private[name]):
                        problems.append((where, f"{name} is private to {', '.join(sorted(private[name]))}"))
                if match.group(1) == '"' and name in public:
                    problems.append((where, f"a public header is included as <{name}>"))
                if match.group(1) == '"' and ".." in name:
                    problems.append((where, "reaches out of its folder"))
            for pattern, places in FOREIGN.items():
                if re.fullmatch(pattern, name):
                    if not path.startswith(tuple(places)):
                        foreign.append((where, f"{name} is known to {', '.join(places)} only"))
                    break
    report("include directions", problems)
    report("foreign headers", foreign)


def check_calls(files):
    banned = re.compile(r"(?<![\w.>])(" + "|".join(BANNED_CALLS) + r")\s*\(")
    in_library = re.compile(r"(?<![\w.>])(" + "|".join(BANNED_IN_LIBRARY) + r")\s*\(")
    problems = []
    for path in files:
        if not path.endswith((".c", ".h", ".cpp")):
            continue
        code = blank(read(path))
        for number, line in enumerate(code.splitlines(), 1):
            match = banned.search(line)
            if match:
                problems.append((f"{path}:{number}", f"{match.group(1)} is banned"))
            match = in_library.search(line)
            if match and module_of(path) in LIBRARY:
                problems.append((f"{path}:{number}", f"{match.group(1)} in library code"))
    report("banned calls", problems)


def make_headers(files, folder):
    """The headers that CMake makes, all of whose values are 0."""
    for path in files:
        if path.endswith(".h.in"):
            made = os.path.join(folder, path.split("/include/", 1)[1].removesuffix(".in"))
            os.makedirs(os.path.dirname(made), exist_ok=True)
            with open(made, "w", encoding="utf-8") as file:
                file.write(re.sub(r"@\w+@", "0", read(path)))


def check_variable_arrays(files):
    """The compiler knows best."""
    if not shutil.which("gcc"):
        print("skip: no variable-length arrays: gcc is not installed")
        return
    problems = []
    sources = [path for path in files if path.endswith(".c") and module_of(path) in LIBRARY + ("server", "perf", "command")]
    folders = [f"-I{ROOT}/{base}/{kind}" for base in ("engine/base", "engine", "net", "s3", "s3/server", "log", "config", "config/service", "perf")
               for kind in ("include", "internal", "src")] + [f"-I{path}" for path in glob.glob(f"{ROOT}/*/src/*/") + glob.glob(f"{ROOT}/perf/command/*/") + glob.glob(f"{ROOT}/s3/server/src/*/") + glob.glob(f"{ROOT}/config/service/src/*/")]
    llhttp = next((f"-I{place}" for place in ("/usr/share/include/llhttp", "/usr/include") if os.path.exists(
        os.path.join(place, "llhttp.h"))), "-I.")
    with tempfile.TemporaryDirectory() as made:
        make_headers(files, made)
        for path in sources:
            run = subprocess.run(["gcc", "-std=gnu17", "-D_GNU_SOURCE", "-fsyntax-only", "-w", "-Wvla", *folders, f"-I{made}",
                                  llhttp, path], cwd=ROOT, capture_output=True, text=True)
            for line in run.stderr.splitlines():
                if "[-Wvla]" in line:
                    problems.append((line.split(": ")[0], "a variable-length array"))
    report("no variable-length arrays", problems)


def functions(code):
    """(name, first line, lines) of each function of clang-formatted code: a body opens at the end of a line
    that began at column 0 and closes with a brace at column 0."""
    found, start, name, depth_open = [], None, None, None
    lines = blank(code).splitlines()
    for number, line in enumerate(lines, 1):
        if depth_open is None:
            if line and line[0] not in " \t}#{" and not line.startswith(("extern", "typedef")):
                start = number
                match = re.search(r"(\w+)\(", line)
                name = match.group(1) if match else None
            elif name is None and start is not None:
                match = re.search(r"(\w+)\(", line)
                name = match.group(1) if match else None
            if line.endswith("{") and line.rstrip(" {").endswith(")") and name and "=" not in line:
                depth_open = start
            elif line.endswith((";", "{", "};")):
                start, name = None, None
        elif line.startswith("}"):
            found.append((name, depth_open, number - depth_open + 1))
            depth_open, start, name = None, None, None
    return found


def sizes(files):
    """What is larger than the limits: {key: size}."""
    large = {}
    for path in files:
        if path.startswith("tests/") and not path.startswith("tests/support/") or not path.endswith((".c", ".h")):
            continue
        code = read(path)
        lines = code.count("\n")
        limit = HEADER_LINES_MAX if path.endswith(".h") else SOURCE_LINES_MAX
        if lines > limit:
            large[path] = lines
        for name, _, count in functions(code):
            if count > FUNCTION_LINES_MAX:
                large[f"{path}:{name}"] = count
    return large


def check_sizes(files):
    report("file and function sizes",
           [(key, f"{size} lines; the limits are {SOURCE_LINES_MAX} a source, {HEADER_LINES_MAX} a header, "
                  f"{FUNCTION_LINES_MAX} a function") for key, size in sorted(sizes(files).items())])


def own_members(text, start):
    """How many members the struct has whose brace stands before `start`: those of structs in it are that one's."""
    depth, own = 1, []
    for letter in text[start:]:
        depth += (letter == "{") - (letter == "}")
        if depth == 0:
            break
        if depth == 1:
            own.append(letter)
    declared = [part for part in "".join(own).split(";") if part.strip(" }\n")]
    return sum(1 if "(" in part else 1 + part.count(",") for part in declared)


def check_members(files):
    problems = []
    for path in files:
        if not path.endswith((".c", ".h")) or path.startswith("tests/"):
            continue
        text = re.sub(r"/\*.*?\*/", "", read(path), flags=re.S)
        for match in re.finditer(r"\bstruct (\w+) \{", text):
            count = own_members(text, match.end())
            if count > MEMBERS_MAX:
                problems.append((f"{path}: struct {match.group(1)}", f"{count} members; the limit is {MEMBERS_MAX}"))
    report("members of structs", problems)


def public_symbols(files):
    """Functions and tables with HR_API: {name: header}. A name that ends in _ is for macros of ours alone and needs no page."""
    symbols = {}
    for path in files:
        if "/include/headrace/" in path and path.endswith((".h", ".h.in")):
            for match in re.finditer(r"^HR_API\b(?: extern\b[^;(]*?\b(hr_\w+)(?:\[\])?;|[^;{]*?\b(hr_\w+)\()", read(path), re.M):
                name = match.group(1) or match.group(2)
                if not name.endswith("_"):
                    symbols[name] = path
    return symbols


def documented(pages):
    """Symbols with a row in a table that has the columns Owner, Thread and Errors: {name: {column: cell}}."""
    rows = {}
    for text in pages:
        columns = None
        for line in text.splitlines():
            if not line.startswith("|"):
                columns = None
                continue
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if columns is None:
                columns = [cell.lower() for cell in cells]
            elif {"owner", "thread", "errors"} <= set(columns) and cells:
                for name in re.findall(r"\bhr_\w+", cells[0]):
                    rows[name] = dict(zip(columns, cells))
    return rows


def check_docs(files, library):
    symbols = public_symbols(files)
    pages = [read(path) for path in files if path.startswith("docs/") and path.endswith(".md")]
    rows = documented(pages)
    missing, unsaid = [], []
    for name, header in sorted(symbols.items()):
        if name not in rows:
            missing.append((name, f"of {header} has no row with owner, thread and errors in docs/"))
            continue
        for column in ("owner", "thread", "errors"):
            if not rows[name].get(column):
                unsaid.append((name, f"its {column} is empty in docs/"))
    stale = [(name, "has a row in docs/, but is in no public header") for name in sorted(set(rows) - set(symbols))]
    report("exported symbols on a docs page", missing)
    report("owner, thread and errors of exported symbols", unsaid + stale)
    if library and os.path.exists(library):
        listing = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True)
        exported = {line.split()[-1].split("@")[0] for line in listing.stdout.splitlines() if " A " not in line}
        problems = [(name, "exported, but in no public header") for name in sorted(exported - set(symbols)) if not name.endswith("_")]
        problems += [(name, "in a public header, but not exported") for name in sorted(set(symbols) - exported)]
        report("the library exports what the headers declare", problems)


def check_structs(files):
    """No struct is defined within another: C++ would know it by a longer name than C. What a caller allocates can grow."""
    if not shutil.which("gcc"):
        print("skip: public structs: gcc is not installed")
        return
    with tempfile.TemporaryDirectory() as made:
        make_headers(files, made)
        public = [os.path.join(ROOT, path) for path in files if "/include/headrace/" in path and path.endswith(".h")]
        folders = sorted({path.split("/headrace/")[0] for path in public}) + [made]
        structs = headers.interface(public, [f"-I{folder}" for folder in folders]).structs
    inner = [(name, f"has the definition of {found} in it") for name, members in structs.items()
             for found in re.findall(r"\b(?:struct|union|enum) \w+ ?(?=\{)", members)]
    report("no struct within another in public", inner)
    growing = {name for name, members in structs.items() if re.search(r"\breserved\b", members)}
    report("public structs can grow",
           [(name, "has no member `reserved`") for name in structs if name not in growing and name not in NOT_GROWING] +
           [(name, f"stands in NOT_GROWING ({NOT_GROWING[name]}), but has `reserved` or is gone") for name in NOT_GROWING
            if name in growing or name not in structs])


def check_errors(files):
    """Every error of headrace has a row on the errors page, and a test that provokes or names it."""
    page = read("docs/errors.md")
    tests = "".join(read(path) for path in files if path.startswith("tests/") and path.endswith((".c", ".py", ".sh")))
    names = re.findall(r"X\((HR_ERR_\w+)", read("engine/base/include/headrace/error.h"))
    report("a row on the errors page and a test for each error",
           [(name, "has no row in docs/errors.md") for name in names if not re.search(rf"^\|.*\b{name}\b", page, re.M)] +
           [(name, "is in no test") for name in names if not re.search(rf"\b{name}\b", tests)])


def check_readme():
    """The README's program is the example that the tests compile, run and compare (its first comment left out)."""
    shown = re.search(r"```c\n(.*?)```", read("README.md"), re.S)
    example = read("docs/examples/hello.c").split("\n", 1)[1]
    problems = []
    if not shown or shown.group(1) != example:
        problems.append(("README.md", "its program is not docs/examples/hello.c"))
    elif example.count("\n") > README_PROGRAM_LINES_MAX:
        problems.append(("README.md", f"its program has more than {README_PROGRAM_LINES_MAX} lines"))
    report("the README's program", problems)


def check_quick_start():
    """What the quick start installs is what the build needs."""
    needed = re.search(r"hr_packages_build=\(([^)]*)\)", read("tests/support/packages.sh")).group(1).split()
    shown = re.search(r"apt-get install ((?:.*\\\n)*.*)", read("docs/quick-start.md")).group(1).replace("\\\n", " ").split()
    report("the quick start's packages", [("docs/quick-start.md", f"apt-get install lacks {name}") for name in needed
                                          if name not in shown])


def check_links(files):
    """Every relative link of a page leads to something."""
    problems = []
    for path in files:
        if not path.endswith(".md"):
            continue
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", read(path)):
            if "://" not in target and not os.path.exists(os.path.join(ROOT, os.path.dirname(path), target)):
                problems.append((path, f"the link {target} leads nowhere"))
    report("links between pages", problems)


def check_names(files):
    """A file's name says which one it is, whatever its folder: in an include, a trace, a report."""
    places = {}
    for path in files:
        if path.endswith((".c", ".h", ".cpp")):
            places.setdefault(os.path.basename(path), []).append(path)
    report("names of files", [(name, "there are several: " + ", ".join(paths)) for name, paths in sorted(places.items())
                              if len(paths) > 1])


def check_comments(files):
    """A comment names its subject first."""
    problems = []
    for path in files:
        if not path.endswith((".c", ".h", ".cpp")) or path.startswith("tests/"):
            continue
        for number, line in enumerate(read(path).splitlines(), 1):
            match = NO_SUBJECT.search(line)
            if match:
                problems.append((f"{path}:{number}", f"a comment begins with {match.group(1)}: name its subject"))
    report("beginnings of comments", problems)


def check_marks(files):
    problems, paths = [], []
    for path in files:
        if path == "tests/tidy/tidy.py" or path == "LICENSE":
            continue
        try:
            text = read(path)
        except UnicodeDecodeError:
            continue  # a fuzz seed
        if path.startswith("tests/fuzz/corpus/"):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            match = MARKS.search(line)
            if match and not re.search(r"mktemp|X{4,}", line):
                problems.append((f"{path}:{number}", f"{match.group(1)} on main"))
            if MACHINE_PATH.search(line):
                paths.append((f"{path}:{number}", "a path of one machine"))
    report("no unfinished marks", problems)
    report("no machine paths", paths)


def check_format(files):
    formatter = shutil.which("clang-format-14") or shutil.which("clang-format")
    if not formatter:
        print("skip: clang-format: clang-format-14 is not installed")
        return
    sources = [path for path in files if path.endswith((".c", ".h", ".cpp"))]
    run = subprocess.run([formatter, "--dry-run", "-Werror", *sources], cwd=ROOT, capture_output=True, text=True)
    badly = sorted({line.split(":")[0] for line in run.stderr.splitlines() if "[-Wclang-format-violations]" in line})
    report("clang-format", [(path, "is not formatted: clang-format-14 -i") for path in badly])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--library", help="the shared library whose exports are compared with the headers")
    arguments = parser.parse_args()
    files = tracked_files()
    check_includes(files)
    check_calls(files)
    check_variable_arrays(files)
    check_sizes(files)
    check_members(files)
    check_docs(files, arguments.library)
    check_structs(files)
    check_errors(files)
    check_readme()
    check_quick_start()
    check_links(files)
    check_names(files)
    check_comments(files)
    check_marks(files)
    check_format(files)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
