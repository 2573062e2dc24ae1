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


BESIDE = ("--records", "10000", "--rounds", "1", "--python", sys.executable, "--json", "-")
# A program of the user's own, which tells of `told` records and has written `written`.
OWN = """import json, sys
work = json.load(sys.stdin)
open(work["path"], "w").write((work["message"] + "\\n") * {written})
print(json.dumps({{"protocol": 1, "operations": {{"submitted": {told}, "succeeded": {told}, "failed": 0, "cancelled": 0}}, "duration_s": 1, "cpu_s": 1,
                  "bytes_sent": 0, "bytes_received": 0, "latency_histogram": None}}))
"""


def programs_of(*arguments, code=0):
    done = run(*BESIDE, *arguments)
    assert done.returncode == code, (done.returncode, done.stderr[-500:])
    return {program["name"]: program for program in json.loads(done.stdout)["programs"]}


def check_measured(program, records):
    assert program["missing"] is None, program
    assert program["operations"] == {"submitted": records, "succeeded": records, "failed": 0, "cancelled": 0}, program
    assert sum(program["latency_histogram"]["counts"]) + program["latency_histogram"]["zero_count"] == records, program
    assert all(figure["median"] > 0 for figure in program["figures"].values()), program


def check_beside(folder):
    for form, threads in (("text", 1), ("json", 3)):
        records = 10000 // threads * threads
        programs = programs_of("--beside", "spdlog,python,lines,structlog,jsonlogger", "--form", form, "--threads", str(threads), "--directory", folder)
        with stores.case(f"bench log --beside --form {form} --threads {threads}: each program has logged all records"):
            for name in ("headrace", "python", "lines"):
                check_measured(programs[name], records)
        for name in ("spdlog", "structlog", "jsonlogger"):
            if programs[name]["missing"]:
                with stores.case(f"bench log --beside {name} --form {form}: what is missing has a remedy"):
                    assert programs[name]["install"], programs[name]
            else:
                with stores.case(f"bench log --beside {name} --form {form}: it has logged all records"):
                    check_measured(programs[name], records)
    with stores.case("bench log --beside: its files are gone"):
        assert os.listdir(folder) == [], os.listdir(folder)


def check_liars(folder):
    paths = []
    for name, told, written in (("honest", 10000, 10000), ("liar", 10000, 9999), ("lazy", 10, 10)):
        paths.append(os.path.join(folder, f"{name}.py"))
        with open(paths[-1], "w", encoding="utf-8") as file:
            file.write(OWN.format(told=told, written=written))
    programs = programs_of("--beside", ",".join(paths))
    with stores.case("bench log --beside: a program of the user's own; lines that are not in the file are no records"):
        assert programs["honest.py"]["missing"] is None and programs["honest.py"]["operations"]["succeeded"] == 10000, programs
        assert "its file has 9999" in programs["liar.py"]["missing"] and "figures" not in programs["liar.py"], programs
        assert "it tells of 10," in programs["lazy.py"]["missing"], programs


def check_as_peer(folder):
    path = os.path.join(folder, "log")
    work = {"protocol": 1, "kind": "log", "path": path, "form": "json", "threads": 2, "operations": 20, "name": "n", "message": "m"}
    done = run("--as-peer", input=json.dumps(work).encode())
    with stores.case("bench log --as-peer: the work of standard input, in the form that was asked for"):
        result = json.loads(done.stdout)
        assert done.returncode == 0 and result["operations"]["succeeded"] == 20 and result["bytes_sent"] == os.path.getsize(path), result
        with open(path, encoding="utf-8") as file:
            assert [json.loads(line)["level"] for line in file] == ["INFO"] * 20
    for work in ({}, {**work, "threads": 0}, {**work, "form": "xml"}):
        with stores.case(f"bench log --as-peer: {work.get('form')}, {work.get('threads')} threads are refused"):
            done = run("--as-peer", input=json.dumps(work).encode())
            assert done.returncode == 1 and done.stderr and not done.stdout, done


def check_beside_refused(_):
    for arguments, words in ((("--beside", "lines", "--no-peers"), "--no-peers"), (("--beside", "lines", "--repeat", "2"), "--repeat"),
                             (("--threads", "2"), "needs --beside"), (("--form", "json"), "needs --beside"), (("--beside", "nobody"), "'nobody'")):
        with stores.case(f"bench log {' '.join(arguments)} is refused"):
            done = run(*arguments)
            assert done.returncode == 2 and words in done.stderr.decode() and not done.stdout, done


def check_beside_signal(folder):
    started = os.path.join(folder, "started")
    slow = os.path.join(folder, "slow")
    with open(slow, "w", encoding="utf-8") as file:
        file.write(f"#!/bin/sh\necho $$ > {started}.new && mv {started}.new {started}\nsleep 1000\n")
    os.chmod(slow, 0o755)
    logs = os.path.join(folder, "logs")
    os.mkdir(logs)
    with stores.case("bench log --beside: SIGINT ends the peer, too, and its files are gone"):
        process = subprocess.Popen([HEADRACE, "bench", "log", *BESIDE, "--beside", slow, "--directory", logs], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE)
        until = time.monotonic() + 120
        while not os.path.exists(started) and time.monotonic() < until:
            time.sleep(0.01)
        with open(started, encoding="utf-8") as file:
            pid = int(file.read())
        process.send_signal(signal.SIGINT)
        errors = process.communicate(timeout=120)[1]
        assert process.returncode == 130 and b"SIGINT" in errors, (process.returncode, errors)
        assert not os.path.exists(f"/proc/{pid}") and os.listdir(logs) == [], (pid, os.listdir(logs))


def main():
    for check in (check_beside, check_liars, check_as_peer, check_beside_refused, check_beside_signal, check_report, check_text, check_refused, check_signal):
        with tempfile.TemporaryDirectory() as folder:
            check(folder)
    stores.finish()


if __name__ == "__main__":
    main()
