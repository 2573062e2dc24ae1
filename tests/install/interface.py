#!/usr/bin/env python3
"""Writes a C++ program that uses every enum, struct, function and constant of the installed headers by its bare name.
usage: python3 tests/install/interface.py PREFIX LIBRARY >PROGRAM.cpp

Fails where LIBRARY exports a function that no header declares as one."""
import glob
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
import headers  # noqa: E402

BEGIN = """
/* A name that stands for a function, too, is no type in C++: each alias below says that it is one. */
template <class T> static void zeroed() {
    T value{};
    T copy = value;
    (void)copy;
}
template <class T> static void counted(T constant, T &last) { last = constant; }
template <class F> static void linked(F *function, unsigned &count) { count += function != nullptr; }

int main() {
    unsigned count = 0;
"""


def program(names, declared):
    for name in names:
        yield f"#include <headrace/{name}>"
    yield "#include <cstdio>"
    yield BEGIN
    for name in declared.structs:
        yield f"    {{ typedef {name} type; zeroed<type>(); }}"
    for name, constants in declared.enums.items():
        yield f"    {{ typedef {name} type; type last{{}};"
        for constant in constants:
            yield f"      counted({constant}, last);"
        yield "    }"
    for name in declared.typedefs:
        yield f"    {{ {name} *pointer = nullptr; (void)pointer; }}"
    functions = [name for name in declared.functions if not name.endswith("_")]  # for macros alone
    for name in functions:
        yield f"    linked(&{name}, count);"
    for name in declared.macros:
        yield f"    (void)({name});"
    yield f"    if (count != {len(functions)}) return 1;"
    yield '    std::puts("installed");\n    return 0;\n}'


def main():
    prefix, library = sys.argv[1:]
    files = sorted(glob.glob(os.path.join(prefix, "include/headrace/*.h")))
    declared = headers.interface(files, [f"-I{prefix}/include"])
    listing = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    exported = {line.split()[-1].split("@")[0] for line in listing.splitlines() if " A " not in line}
    unknown = exported - set(declared.functions) - set(declared.variables)
    if unknown or not declared.structs or not declared.enums:
        sys.exit(f"the headers declare {len(declared.functions)} functions, but not {' '.join(sorted(unknown))}")
    print("\n".join(program([os.path.basename(path) for path in files], declared)))


if __name__ == "__main__":
    main()
