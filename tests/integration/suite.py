"""`headrace suite` and `bench service`: every check, the files, a store that is not there, a signal. Limits of time are the suites' own: generous."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
import stores  # noqa: E402

HEADRACE = stores.HEADRACE
MEASURED = os.environ.get("HR_HEADRACE_RELEASE", HEADRACE)  # without sanitizers, whose times and memory are their own
SUITES = ["logging", "stress", "sustained", "pool", "bench", "configuration", "leak", "resilience", "recovery", "integration", "readiness"]
QUICK = SUITES[:-1]  # the last one takes half a minute
OF_STORE = ["stress", "sustained", "pool", "bench", "resilience", "recovery", "integration"]  # leak: as much again
COMPARISONS = {"<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b, "=": lambda a, b: a == b}


# A sanitizer keeps what was freed for a while, which is growth.
os.environ["ASAN_OPTIONS"] = ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"), "quarantine_size_mb=0:thread_local_quarantine_size_kb=0"]))


def run(*arguments, program=HEADRACE, **options):
    options.setdefault("timeout", 300)
    return subprocess.run([program, *arguments], capture_output=True, check=False, text=True, **options)


def check_suite(suite, name):
    assert (suite["kind"], suite["protocol"], suite["name"]) == ("suite", 1, name), suite
    assert suite["checks"] and suite["duration_s"] > 0 and suite["kernel"], suite
    for check in suite["checks"]:
        assert check["passed"] is True and "why" not in check, check
        assert COMPARISONS[check["comparison"]](check["value"], check["target"]), check
        assert check["command"].startswith(("headrace bench ", "headrace doctor ")), check


def children(pid):
    """Command lines of its children."""
    found = []
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            for child in file.read().split():
                with open(f"/proc/{child}/cmdline", encoding="utf-8") as line:
                    found.append(line.read())
    except FileNotFoundError:
        pass
    return found


def closed_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


with stores.case("bench service: every part, and the bucket, as JSON"):
    DONE = run("bench", "service", "--bucket", "made-here", "--json", "-")
    assert DONE.returncode == 0, DONE.stderr
    REPORT = json.loads(DONE.stdout)
    assert {"log", "kill", "leak_workers", "leak_log", "leak_s3", "leak_held", "secrets", "together", "sustained", "budget", "tls"} <= set(REPORT), REPORT
    assert REPORT["sustained"]["looks"] == 5 and REPORT["sustained"]["uploads"] == 5000, REPORT
    assert REPORT["budget"]["limit_bytes"] == 262144 and 0.8 < REPORT["budget"]["peak_share"] <= 1, REPORT
    assert (REPORT["budget"]["operations"], REPORT["budget"]["left_bytes"]) == (640, 0), REPORT
    assert (REPORT["tls"]["operations"], REPORT["tls"]["untrusted_refused"], REPORT["tls"]["other_name_refused"]) == (200, 1, 1), REPORT
    assert REPORT["kill"] == {"accepted": 10000, "recovered": 10000, "lost": 0}, REPORT
    assert REPORT["together"]["lines"] == 200 and REPORT["together"]["logged_uploads"] == 100, REPORT
    assert REPORT["leak_workers"]["failed"] == 0 and REPORT["secrets"]["found"] == 0, REPORT
    assert "call_mean_ms" in run("bench", "service", "--part", "log").stdout

with stores.case("bench service: a folder that is not there, and nothing left behind"), tempfile.TemporaryDirectory() as folder:
    DONE = run("bench", "service", "--part", "log", "--directory", f"{folder}/no")
    assert DONE.returncode == 3 and "no folder can be made" in DONE.stderr, DONE
    for PART in ("kill", "tls"):
        assert run("bench", "service", "--part", PART, "--directory", folder).returncode == 0, PART
    assert os.listdir(folder) == [], os.listdir(folder)

# The files stay beside the program, for whoever looks at a build.
RESULTS = os.path.join(os.path.dirname(os.path.abspath(HEADRACE)), "suites")
shutil.rmtree(RESULTS, ignore_errors=True)
with stores.case("suite: every check of the quick form runs, and each count is as it must be"):
    DONE = run("suite", *QUICK, "--quick", "--json", "-")
    CHECKS = [check for suite in json.loads(DONE.stdout)["suites"] for check in suite["checks"]]
    assert all(check["passed"] in (True, False) for check in CHECKS), CHECKS
    MISSED = [check for check in CHECKS if not check["passed"] and not check["unit"]]
    assert not MISSED, MISSED
with stores.case("suite: every check of the quick form passes, a file for each"):
    DONE = run("suite", *QUICK, "--quick", "--out", RESULTS, program=MEASURED)
    assert DONE.returncode == 0, [*re.findall(r"^ *MISSED.*\n.*", DONE.stdout, re.M), DONE.stderr]
    for NAME in QUICK:
        with open(f"{RESULTS}/{NAME}.json", encoding="utf-8") as file:
            check_suite(json.load(file), NAME)
        assert re.search(rf"^{NAME}: (\d+) of \1 checks passed", DONE.stdout, re.M), DONE.stdout
    assert not re.search(r" $", DONE.stdout, re.M), "blanks at the end of a line"
with stores.case("suite: their files are a report without issues, and a short run ticks nothing of a day"):
    DONE = run("report", *(f"{RESULTS}/{name}.json" for name in QUICK), "-o", f"{RESULTS}/report.md")
    with open(f"{RESULTS}/report.md", encoding="utf-8") as file:
        TEXT = file.read()
    assert DONE.returncode == 0 and "COMPLETE" in TEXT and f"{len(QUICK)} suites" in TEXT, (DONE, TEXT[:500])
    assert re.search(r"24-hour.*not run", TEXT), TEXT[-3000:]

with stores.case("suite: readiness looks at TLS, the budget and the doctor beside its half minute"):
    DONE = run("suite", "readiness", "--out", RESULTS, program=MEASURED)
    with open(f"{RESULTS}/readiness.json", encoding="utf-8") as file:
        SUITE = json.load(file)
    assert DONE.returncode == 0, [*re.findall(r"^ *MISSED.*\n.*", DONE.stdout, re.M), DONE.stderr]
    check_suite(SUITE, "readiness")
    COMMANDS = {check["command"] for check in SUITE["checks"]}
    for PART in ("service --part tls", "service --part budget", "service --part secrets", "headrace doctor --json"):
        assert any(PART in command for command in COMMANDS), (PART, COMMANDS)

if stores.need_versitygw("suite: every check of the suites with a store passes against versitygw"):
    with stores.case("suite: every check of the suites with a store passes against versitygw"), stores.versitygw() as STORE:
        DONE = run("suite", *OF_STORE, "--quick", "--endpoint", STORE.endpoint, "--region", stores.REGION, "--json", "-", program=MEASURED,
                   env=STORE.environment())
        REPORT = json.loads(DONE.stdout)
        assert DONE.returncode == 0, [check for suite in REPORT["suites"] for check in suite["checks"] if check["passed"] is not True]
        for SUITE, NAME in zip(REPORT["suites"], OF_STORE, strict=True):
            check_suite(SUITE, NAME)
            assert all(STORE.endpoint in check["command"] for check in SUITE["checks"]), SUITE

with stores.case("suite: all of them as one object"):
    DONE = run("suite", "pool", "bench", "pool", "--json", "-")
    REPORT = json.loads(DONE.stdout)
    assert DONE.returncode == 0 and REPORT["kind"] == "suites" and REPORT["passed"] is True, REPORT
    assert [suite["name"] for suite in REPORT["suites"]] == ["pool", "bench"], REPORT

with stores.case("suite: the full form has its own commands"):
    DONE = run("suite", "configuration", "--full", "--json", "-", program=MEASURED)
    COMMANDS = {check["command"] for suite in json.loads(DONE.stdout)["suites"] for check in suite["checks"]}
    assert DONE.returncode == 0 and "headrace bench config --no-peers --keys 20000 --json -" in COMMANDS, COMMANDS

with stores.case("suite: options of the store go to the commands; without a store every check is missed"):
    URL = f"http://127.0.0.1:{closed_port()}"
    DONE = run("suite", "bench", "--endpoint", URL, "--region", "eu-west-1", "--bucket", "elsewhere", "--addressing", "path", "--ca-file",
               "/dev/null", "--profile", "none", "--no-config", "--json", "-", env={**os.environ, "AWS_EC2_METADATA_DISABLED": "true"})
    REPORT = json.loads(DONE.stdout)
    CHECKS = REPORT["suites"][0]["checks"]
    assert DONE.returncode == 1 and REPORT["passed"] is False and len(CHECKS) == 3, REPORT
    for CHECK in CHECKS:
        assert CHECK["passed"] is False and CHECK["value"] is None and "no such profile" in CHECK["why"], CHECK
        for WORDS in (f"--endpoint {URL}", "--region eu-west-1", "--bucket elsewhere", "--addressing path", "--ca-file /dev/null",
                      "--profile none", "--no-config"):
            assert WORDS in CHECK["command"], CHECK

with stores.case("suite: a command that fails is told with its own words, and the one to repeat it can be typed"):
    with stores.embedded() as STORE:
        DONE = run("suite", "recovery", "bench", "--endpoint", STORE.endpoint, "--json", "-",
                   env={**STORE.environment(), "AWS_SECRET_ACCESS_KEY": "wrong"})
        CHECKS = [check for suite in json.loads(DONE.stdout)["suites"] for check in suite["checks"]]
        assert DONE.returncode == 1 and all("HTTP status 403" in check["why"] for check in CHECKS), CHECKS
        COMMAND = next(check["command"] for check in CHECKS if "first 5" in check["command"])
        assert "--fault 'first 5 reset'" in COMMAND, COMMAND

with stores.case("suite: a signal ends the command in progress, and the rest is not run"):
    PROCESS = subprocess.Popen([HEADRACE, "suite", "readiness", "--json", "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not any("bench\0s3" in line for line in children(PROCESS.pid)):
        time.sleep(0.01)
    PROCESS.send_signal(signal.SIGINT)
    OUT, _ = PROCESS.communicate(timeout=60)
    CHECKS = json.loads(OUT)["suites"][0]["checks"]
    assert PROCESS.returncode == 130, PROCESS.returncode
    assert all(check["passed"] == "not run" for check in CHECKS), CHECKS

stores.finish()
