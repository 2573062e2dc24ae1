"""ctest's labels each have tests, and every test of the seeds in docs/suites.md is there under its name and its label."""
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
import stores  # noqa: E402

BUILD = os.path.dirname(os.path.dirname(os.path.abspath(stores.HEADRACE)))
LABELS = ["unit", "stress", "integration", "benchmark", "production"]
ROW = re.compile(r"^\| `(?:Test\w+\.)?(test_\w+)` \| `(\w+)\.(test_\w+)`.* \| `([\w/]+)` \| (\w+) \|$", re.M)


def output_of(*command):
    return subprocess.run(command, capture_output=True, check=True, text=True, timeout=120).stdout


def commands_of(label):
    """Command lines of its tests."""
    return re.findall(r"^\d+: Test command: (.*)$", output_of("ctest", "--test-dir", BUILD, "-N", "-V", "-L", f"^{label}$"), re.M)


def seeds():
    with open(os.path.join(HERE, "../../docs/suites.md"), encoding="utf-8") as file:
        return ROW.findall(file.read())


def listed(program):
    """Of a Criterion program: SUITE/TEST."""
    found, suite = set(), None
    for line in output_of(os.path.join(BUILD, "tests", program), "--list").splitlines():
        name = re.match(r"^(\w+): \d+ tests?$", line)
        suite = name[1] if name else suite
        test = re.match(r"^\W+ (\w+)", line)
        if test and not name:
            found.add(f"{suite}/{test[1]}")
    return found


def main():
    commands = {label: commands_of(label) for label in LABELS}
    names = {label: re.findall(r"^ *Test +#\d+: (\S+)", output_of("ctest", "--test-dir", BUILD, "-N", "-L", f"^{label}$"), re.M) for label in LABELS}
    for label in LABELS:
        with stores.case(f"labels: {label} has tests"):
            assert names[label], names
    with stores.case("labels: the programs of units, stress and integration are there"):
        for label, program in (("unit", "unit_net"), ("stress", "stress_http"), ("integration", "test_tls_cases")):
            assert program in names[label], (label, names[label])
    rows = seeds()
    with stores.case("labels: every test of the seeds has a Criterion test of its name"):
        assert len(rows) == 26, len(rows)
        there = {module: listed(f"unit_{module}") for module in {row[3].split("/")[0] for row in rows}}
        for name, suite, test, module, _ in rows:
            assert name == test and f"{suite}/{test}" in there[module.split("/")[0]], (name, suite, test)
    with stores.case("labels: and runs under the label of its row"):
        for _, suite, test, module, label in rows:
            program = f"unit_{module.split('/')[0]}"
            fit = [command for command in commands[label] if program in command]
            patterns = [re.search(r'"--filter" "([^"]+)"', command) for command in fit]
            filters = ["*" if not pattern else pattern[1] for pattern in patterns]
            assert any(re.fullmatch(re.escape(each).replace(r"\*", ".*"), f"{suite}/{test}") for each in filters), (suite, test, filters)
    stores.finish()


if __name__ == "__main__":
    main()
