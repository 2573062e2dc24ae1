"""Runs with checkpoints: `headrace bench s3 --checkpoint` and `headrace suite soak`, killed, resumed, refused.

`bench_soak.py --minutes 30` is the long form: a soak of so long that is killed after a third of it, resumed, and held against the suite's checks."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, "../support"))
import stores  # noqa: E402
import bench_loads  # noqa: E402

HEADRACE = stores.HEADRACE
MEASURED = os.environ.get("HR_HEADRACE_RELEASE", HEADRACE)  # without sanitizers, whose memory is their own
SLOTS = 4
DRIFT = "p99 over the run, sure drift"
LOAD = ("--access-key", "a", "--secret-key", "s", "--no-setup", "--mix", "get=1", "--size", "2", "--concurrency", str(SLOTS), "--json", "-")
SUITE_LOAD = ("--concurrency", "16", "--size", "4KiB", "--objects", "1000", "--mix", "put=1,get=2,head=1", "--verify", "--cleanup")


class Canned(bench_loads.Canned):
    """Its clients are killed."""

    def serve(self, peer):
        try:
            super().serve(peer)
        except OSError:
            pass


def words(url, path, duration, *more):
    return [HEADRACE, "bench", "s3", "--endpoint", url, *LOAD, "--duration", duration, "--checkpoint", path, "--checkpoint-every", "100ms", *more]


def run(*arguments, **options):
    options.setdefault("timeout", 120)
    return subprocess.run(arguments, capture_output=True, check=False, text=True, **options)


def state_of(path):
    """The checkpoint, which is whole at any moment; None: there is none yet."""
    try:
        with open(path, encoding="utf-8") as file:
            return json.loads(file.readline())
    except FileNotFoundError:
        return None


def start_until(measured_s, command, path):
    """A run that has so much in its checkpoint, or that has ended well before anyone saw it."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while process.poll() is None:
        state = state_of(path)
        if state and state["measured_ns"] >= measured_s * 1e9:
            return process
        time.sleep(0.02)  # between two looks
    assert process.returncode == 0, process.communicate()
    return process


def interrupt(sent, measured_s, command_of, path):
    """A run that a signal has ended before its time: its seconds, exit code, output and errors. Where the machine is too busy for that, longer ones."""
    for seconds in (2, 8, 30):
        process = start_until(measured_s, command_of(f"{seconds}s"), path)
        process.send_signal(sent)
        out, errors = process.communicate(timeout=60)
        state = state_of(path)
        if state and state["measured_ns"] < state["duration_ns"]:
            return seconds, process.returncode, out, errors
        if state:
            os.remove(path)
    raise AssertionError("no run was slow enough")


def check_kill(folder):
    path = os.path.join(folder, "kill")
    with stores.case("bench s3 --checkpoint: killed and resumed, the counts are those of both processes"), Canned() as web:
        seconds, _, _, _ = interrupt(signal.SIGKILL, 0.7, lambda duration: words(web.url, path, duration), path)
        saved, seen = state_of(path), len(web.paths)
        assert 0 < saved["operations"] <= seen + SLOTS, (saved["operations"], seen)
        done = run(*words(web.url, path, f"{seconds}s"))
        assert done.returncode == 0, done.stderr
        report, soak = json.loads(done.stdout), json.loads(done.stdout)["soak"]
        assert soak["restarts"] == 1 and soak["complete"] and len(soak["processes"]) == 2, soak
        assert soak["lost_s"] > 0 and soak["measured_s"] >= seconds == soak["asked_s"], soak
        assert soak["processes"][0]["operations"] == saved["operations"], soak
        counts = report["operations"]
        assert counts["submitted"] == counts["succeeded"] == sum(one["operations"] for one in soak["processes"]), counts
        second = soak["processes"][1]["operations"]  # the few that were on their way may be seen late
        assert second <= len(web.paths) - seen <= second + SLOTS, (second, len(web.paths), seen)
        assert sum(row["operations"] for row in report["series"]) == counts["succeeded"], report["series"]
        histogram = report["latency_histogram"]
        assert sum(histogram["counts"]) + histogram["zero_count"] == counts["succeeded"], histogram
        assert abs(report["duration_s"] - soak["measured_s"]) < 0.01, (report["duration_s"], soak)
        assert not any(name.startswith("kill") for name in os.listdir(folder)), os.listdir(folder)
    with stores.case("bench s3 --checkpoint: what is read again is told in text, with the hours that it is not"), Canned() as web:
        seconds, _, _, _ = interrupt(signal.SIGKILL, 0.3, lambda duration: words(web.url, path, duration), path)
        text = [word for word in words(web.url, path, f"{seconds}s") if word not in ("--json", "-")]
        done = run(*text)
        assert done.returncode == 0 and f"of {seconds} s measured (not a day of 24 hours); 1 restart, " in done.stdout, done


def check_refusals(folder):
    path = os.path.join(folder, "state")
    with Canned() as web:
        process = start_until(0.3, words(web.url, path, "20s"), path)
        with stores.case("bench s3 --checkpoint: a second process is kept away"):
            done = run(*words(web.url, path, "20s"))
            assert done.returncode == 3 and "another process's, which is still running" in done.stderr, done
        process.send_signal(signal.SIGKILL)
        process.wait()
        with open(path, "rb") as file:
            whole = file.read()
        with stores.case("bench s3 --checkpoint: flipped bytes and a cut file are refused by name, and nothing is sent"):
            seen = len(web.paths) + SLOTS
            for changed, part in ((whole[:1000] + bytes([whole[1000] ^ 1]) + whole[1001:], "SHA-256 is another one"), (whole[:-20], "no whole checkpoint"),
                                  (b"", "no whole checkpoint")):
                with open(path, "wb") as file:
                    file.write(changed)
                done = run(*words(web.url, path, "20s"))
                assert done.returncode == 1 and path in done.stderr and part in done.stderr and "delete it" in done.stderr, done
                assert json.loads(done.stdout)["error"]["message"], done.stdout
            assert len(web.paths) <= seen, (len(web.paths), seen)
        with open(path, "wb") as file:
            file.write(whole)
        with stores.case("bench s3 --checkpoint: one of another workload is refused with what differs"):
            for more, part in ((("--concurrency", "5"), "concurrency was 4, and is 5 now"), (("--seed", "2"), "seed was 1, and is 2 now"),
                               (("--rate", "5"), "loop was \"closed\", and is \"open\" now")):
                done = run(*words(web.url, path, "20s", *more))
                assert done.returncode == 2 and part in done.stderr and path in done.stderr, done
        with stores.case("bench s3 --checkpoint: a shorter run than the one that it is of is refused, and leaves it"):
            done = run(*words(web.url, path, "100ms"))
            assert done.returncode == 2 and "--duration 20.000s, and a shorter one of 0.100s" in done.stderr and path in done.stderr, done
            with open(path, "rb") as file:
                assert file.read() == whole
    path = os.path.join(folder, "classes")
    with stores.case("bench s3 --checkpoint: one of other classes of sizes is refused with both"), Canned() as web:
        classes = ("--size", "2:1,2:3")
        process = start_until(0.3, words(web.url, path, "60s", *classes), path)
        process.send_signal(signal.SIGKILL)
        process.wait()
        done = run(*words(web.url, path, "60s", "--size", "2:1,2:2"))
        assert done.returncode == 2 and "size_classes was [[2,1],[2,3]], and is [[2,1],[2,2]] now" in done.stderr, done
    path = os.path.join(folder, "untold")
    with stores.case("bench s3 --checkpoint: it stays where the report cannot be written; then that is told at once, and the file goes"), Canned() as web:
        command = words(web.url, path, "400ms")
        with open("/dev/full", "wb") as full:
            assert subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False, timeout=120).returncode != 0
        saved, seen = state_of(path), len(web.paths)
        assert saved["measured_ns"] >= 4e8 and saved["operations"] == seen, (saved["measured_ns"], saved["operations"], seen)
        done = run(*command, "--json", os.path.join(folder, "no/where"))
        assert done.returncode not in (0, 130) and state_of(path) == saved, done
        done = run(*command, "--require", "soak.restarts==0", "--require", "soak.more_threads==0")
        report = json.loads(done.stdout)
        assert done.returncode == 0 and report["operations"]["submitted"] == saved["operations"], done
        assert report["soak"]["complete"] and len(web.paths) == seen and not os.path.exists(path), report["soak"]
    with stores.case("bench s3 --checkpoint: where the file cannot be, nothing runs"), Canned() as web:
        done = run(*words(web.url, os.path.join(folder, "no/where"), "1s"))
        assert done.returncode == 3 and "no/where" in done.stderr and not web.paths, done


def check_signal(folder):
    path = os.path.join(folder, "signal")
    with stores.case("bench s3 --checkpoint: SIGINT ends it with the whole report, and with a checkpoint that goes on"), Canned() as web:
        seconds, code, out, errors = interrupt(signal.SIGINT, 0.4, lambda duration: words(web.url, path, duration), path)
        report = json.loads(out)
        assert code == 130 and report["stopped_by"] == "SIGINT", (code, errors)
        assert not report["soak"]["complete"] and report["soak"]["measured_s"] < seconds, report["soak"]
        assert state_of(path)["operations"] == report["operations"]["submitted"], report["operations"]
        done = run(*words(web.url, path, f"{seconds}s"))
        assert done.returncode == 0, done.stderr
        whole = json.loads(done.stdout)
        assert whole["soak"]["complete"] and whole["soak"]["restarts"] == 1 and whole["stopped_by"] is None, whole["soak"]
        assert whole["operations"]["submitted"] > report["operations"]["submitted"], whole["operations"]


def check_day(suite, is_day, more=()):
    """Of a suite: nothing missed but what is named, and no tick for a day that was none."""
    for check in suite["checks"]:
        of_day = check["name"].startswith("24 hours")
        assert check["passed"] is True or (of_day and not is_day) or check["name"] in more, check
        if of_day and not is_day:
            assert check["passed"] == "not run" and check["value"] is None and "soak.measured_s>=86400" in check["why"], check
            assert check["criterion"] == "memory-leaks", check
    assert sum(check["name"].startswith("24 hours") for check in suite["checks"]) == 3, suite


def run_suite(folder, duration, codes=(0,)):
    done = run(MEASURED, "suite", "soak", "--duration", duration, "--out", folder, timeout=7 * 86400)
    print(done.stdout)
    assert done.returncode in codes, (done.stdout, done.stderr)
    with open(os.path.join(folder, "soak.json"), encoding="utf-8") as file:
        return json.load(file)


def check_suite(folder):
    with stores.case("suite soak: ten seconds tick no 24 hours, and the report says so"):
        suite = run_suite(folder, "10s", (0, 1))
        check_day(suite, False, (DRIFT,))  # other work on the machine makes ten seconds drift
        done = run(HEADRACE, "report", folder)
        line = next(line for line in done.stdout.splitlines() if "24-hour" in line)
        assert "not run" in line, line
        assert os.listdir(folder) == ["soak.json"], os.listdir(folder)
    with stores.case("suite soak: a longer one that was interrupted is neither told as this one nor lost"):
        path = os.path.join(folder, "soak.checkpoint")
        process = start_until(0.3, [MEASURED, "bench", "s3", *SUITE_LOAD, "--duration", "10m", "--checkpoint", path, "--checkpoint-every", "100ms", "--json", "-"], path)
        process.send_signal(signal.SIGKILL)
        process.wait()
        saved = state_of(path)
        done = run(MEASURED, "suite", "soak", "--duration", "10s", "--out", folder)
        assert done.returncode == 1 and "shorter one of 10.000s" in done.stdout and state_of(path) == saved, done
        os.remove(path)
    with stores.case("suite: soak is none of all, and lasts ten seconds at least"):
        assert "soak" in run(HEADRACE, "suite", "--help").stdout
        done = run(HEADRACE, "suite", "soak", "--duration", "1s")
        assert done.returncode == 2 and "--duration" in done.stderr, done


def run_long(minutes):
    """Killed after a third of the time; the suite's own command goes on."""
    with tempfile.TemporaryDirectory() as folder:
        path, duration = os.path.join(folder, "soak.checkpoint"), f"{minutes}m"
        command = [MEASURED, "bench", "s3", *SUITE_LOAD, "--duration", duration, "--checkpoint", path, "--json", "-"]
        process = start_until(minutes * 20, command, path)
        process.send_signal(signal.SIGKILL)
        process.wait()
        print(f"killed with {state_of(path)['measured_ns'] / 1e9:.1f} s measured, {state_of(path)['operations']} operations")
        check_day(run_suite(folder, duration), minutes >= 1440)


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--minutes":
        run_long(int(sys.argv[2]))
        return
    for check in (check_kill, check_refusals, check_signal, check_suite):
        with tempfile.TemporaryDirectory() as folder:
            check(folder)
    stores.finish()


if __name__ == "__main__":
    main()
