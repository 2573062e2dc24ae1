"""`headrace bench log`: its names, its counts, its peers, and what it leaves behind. No figure is judged here: a busy machine
would decide the test."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
import stores  # noqa: E402

HEADRACE = stores.HEADRACE
with open(HEADRACE, "rb") as command:
    SANITIZED = b"__asan_init" in command.read()  # its memory counts too
SMALL = ("--records", "10000", "--repeat", "1", "--idle", "100ms")
CASES = ["text_1", "text_4", "json_1", "json_4", "logfmt_1"]
QUANTILES = ["p50", "p99", "p999", "max"]


def run(*arguments, **options):
    options.setdefault("timeout", 300)
    return subprocess.run([HEADRACE, "bench", "log", *arguments], capture_output=True, check=False, **options)


def check_figures(figures, cases):
    for way in ("paced", "burst_1", "burst_4"):
        quantiles = figures["caller_ns"][way]
        assert list(quantiles) == QUANTILES, quantiles
        values = [quantiles[name] for name in QUANTILES]
        assert values == sorted(values) and values[-1] > 0, quantiles
    assert list(figures["records_per_s"]) == cases and all(figures["records_per_s"].values()), figures
    assert list(figures["cpu_s_per_million"]) == cases and all(figures["cpu_s_per_million"].values()), figures


def check_report(folder):
    done = run(*SMALL, "--json", "-", "--directory", folder)
    report = json.loads(done.stdout)
    with stores.case("bench log: names, and nothing dropped"):
        assert done.returncode == 0, done.stderr
        check_figures(report, CASES)
        assert report["dropped"] == 0 and report["harness"] == "log" and report["records"] == 10000, report
        assert 0 <= report["idle_cpu_percent"] < 100, report
        most = 10000 * (1600 if SANITIZED else 160)
        assert 10000 * 60 <= report["queued_10000_bytes"] < most, report["queued_10000_bytes"]
    with stores.case("bench log: limits in the same run"):
        assert list(report["limits"]["memcpy_ring"]["caller_ns"]["paced"]) == QUANTILES, report["limits"]
        assert report["limits"]["write_records_per_s"] > 0, report["limits"]
    with stores.case("bench log: Python in the same run"):
        check_figures(report["peers"]["python"], CASES[:4])
        assert report["peers"]["python"]["dropped"] == 0, report["peers"]
    if "missing" in report["peers"]["spdlog"]:
        stores.skip("bench log: spdlog in the same run", report["peers"]["spdlog"]["missing"])
    else:
        with stores.case("bench log: spdlog in the same run"):
            spdlog = report["peers"]["spdlog"]
            check_figures(spdlog, CASES[:2])
            assert list(spdlog["times"]) == CASES[:2] and "times" not in report["peers"]["python"], report["peers"]
            for name, times in spdlog["times"].items():  # one round: all three are that one's
                ratio = report["records_per_s"][name] / spdlog["records_per_s"][name]
                assert list(times) == ["least", "median", "most"] and len(set(times.values())) == 1, times
                assert abs(times["median"] - ratio) < 0.01 + ratio / 1000, (name, times, ratio)
    done = run(*SMALL[:2], "--repeat", "3", *SMALL[4:], "--json", "-", "--directory", folder)
    spdlog = json.loads(done.stdout)["peers"]["spdlog"]
    if "missing" not in spdlog:
        with stores.case("bench log: several rounds, and their spread"):
            for times in spdlog["times"].values():
                assert 0 < times["least"] <= times["median"] <= times["most"], times
            assert len(set(spdlog["times"]["text_1"].values())) > 1, spdlog["times"]
    with stores.case("bench log: its files are gone"):
        assert os.listdir(folder) == [], os.listdir(folder)


def check_text(folder):
    target = os.path.join(folder, "report.json")
    done = run(*SMALL, "--no-peers", "--json", target)
    with stores.case("bench log: as a table, and as JSON in a file"):
        assert done.returncode == 0 and b"caller_ns burst_4 p999" in done.stdout, done
        with open(target, encoding="utf-8") as file:
            report = json.load(file)
        assert report["peers"] == {} and report["dropped"] == 0, report
    done = run(*SMALL, "--peers", folder, "--json", "-")
    with stores.case("bench log: a peer that is not there is named"):
        peers = json.loads(done.stdout)["peers"]
        assert done.returncode == 0 and list(peers) == ["spdlog", "python"], done
        assert os.path.join(folder, "log_spdlog") in peers["spdlog"]["missing"], peers
        assert "No such file" in peers["python"]["missing"] and "caller_ns" not in peers["python"], peers
    broken = os.path.join(folder, "log_spdlog")
    with open(broken, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\necho nonsense\necho caller_ns.paced.p50 -7\nexit 5\n")
    os.chmod(broken, 0o755)
    done = run(*SMALL, "--peers", folder, "--json", "-")
    with open(broken, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\necho a line of it >\"$1\"\nkill -9 $$\n")
    killed = run(*SMALL[:2], "--repeat", "3", *SMALL[4:], "--peers", folder, "--json", "-")
    with stores.case("bench log: a peer that is killed leaves the other rounds alone"):
        report = json.loads(killed.stdout)
        assert killed.returncode == 0 and "signal 9" in report["peers"]["spdlog"]["missing"], report
        assert "times" not in report["peers"]["spdlog"] and report["records_per_s"]["text_1"] > 0, report
    with stores.case("bench log: a peer that fails has no figures"):
        spdlog = json.loads(done.stdout)["peers"]["spdlog"]
        assert done.returncode == 0 and "exit code 5" in spdlog["missing"] and "caller_ns" not in spdlog, spdlog


def check_refused(folder):
    with stores.case("bench log: a folder that is not there"):
        done = run("--directory", os.path.join(folder, "nowhere"), "--json", "-")
        error = json.loads(done.stdout)["error"]
        assert done.returncode == 3 and "nowhere" in error["message"] and "--directory" in error["message"], done
    with stores.case("bench log: the folder of TMPDIR"):
        done = run(env=dict(os.environ, TMPDIR=os.path.join(folder, "elsewhere")))
        assert done.returncode == 3 and b"elsewhere" in done.stderr, done
    with stores.case("bench log: too few records"):
        done = run("--records", "9999")
        assert done.returncode == 2 and b"--records" in done.stderr, done


def check_signal(folder):
    with stores.case("bench log: SIGTERM ends it and its files are gone"):
        process = subprocess.Popen([HEADRACE, "bench", "log", "--no-peers", "--idle", "1h", *SMALL[:4], "--directory", folder])
        until = time.monotonic() + 120
        while not os.listdir(folder) and time.monotonic() < until:
            time.sleep(0.01)
        assert os.listdir(folder)
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == -signal.SIGTERM
        assert os.listdir(folder) == [], os.listdir(folder)


def main():
    for check in (check_report, check_text, check_refused, check_signal):
        with tempfile.TemporaryDirectory() as folder:
            check(folder)
    stores.finish()


if __name__ == "__main__":
    main()
