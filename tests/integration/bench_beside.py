"""`headrace bench s3 --beside`: what is measured, in turn, and that nothing is made up. No figure is held against another here: a busy
machine would decide the test."""
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
PEERS = os.path.join(HERE, "../../perf/peers")
FIGURES = ["operations_per_s", "p50_ms", "p99_ms", "cpu_us_per_operation", "rss_peak_mib", "success_rate"]
SMALL = ("--operations", "60", "--concurrency", "4", "--size", "5000", "--objects", "20")


def run(*arguments, **options):
    options.setdefault("timeout", 300)
    return subprocess.run([HEADRACE, "bench", "s3", "--python", sys.executable, *arguments], capture_output=True, check=False, **options)


def report_of(*arguments, code=0, **options):
    done = run("--json", "-", *arguments, **options)
    assert done.returncode == code, (done.returncode, done.stderr[-600:])
    return json.loads(done.stdout), done


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o755)
    return path


def check_boto3(_):
    report, _ = report_of(*SMALL, "--mix", "put=1,get=2,head=1,list=1,delete=1", "--rounds", "2", "--beside", "boto3")
    ours, theirs = report["programs"]
    with stores.case("bench s3 --beside boto3: both did all of the work, in each round"):
        assert [ours["name"], theirs["name"]] == ["headrace", "boto3"] and report["rounds"] == 2, report
        for program in (ours, theirs):
            assert program["missing"] is None and program["operations"] == {"submitted": 120, "succeeded": 120, "failed": 0, "cancelled": 0}, program
            assert list(program["figures"]) == FIGURES, program
            for figure in program["figures"].values():
                assert len(figure["rounds"]) == 2 and 0 <= figure["low"] <= figure["median"] <= figure["high"], figure
            assert sum(program["latency_histogram"]["counts"]) == 120, program
    with stores.case("bench s3 --beside: two rounds show nothing, and a ratio is that of the figures"):
        for name, ratio in theirs["ratios"].items():
            assert ratio["verdict"] == "too few rounds", ratio
            rounds = [a / b for a, b in zip(ours["figures"][name]["rounds"], theirs["figures"][name]["rounds"])]
            assert abs(ratio["median"] - sum(rounds) / 2) < 1e-4 * sum(rounds), (name, ratio, rounds)
    with stores.case("bench s3 --beside: payload, checksum, retries and pool of both are told"):
        for program in (ours, theirs):
            assert all(word in program["settings"] for word in ("payload signed", "checksum", "retries", "pool 4")), program
        assert "botocore" in theirs["versions"], theirs
    with stores.case("bench s3 --beside boto3: its work is the same by default"):
        assert report["unequal_work"] == [], report["unequal_work"]
    with stores.case("bench s3 --beside boto3, --payload and --checksum: both follow"):
        more, _ = report_of(*SMALL, "--payload", "unsigned", "--checksum", "none", "--rounds", "1", "--no-calibration", "--beside", "boto3")
        assert more["unequal_work"] == [] and all("payload unsigned, checksum none" in program["settings"] for program in more["programs"]), more


def check_external(_):
    """The store itself says what was done: objects by name and size."""
    with stores.embedded() as store:
        report, done = report_of(*SMALL, "--mix", "put=1", "--operations", "20", "--rounds", "1", "--beside", "boto3", "--endpoint", store.endpoint,
                                 "--bucket", "beside", "--prefix", "x/", env=store.environment())
        listed = store.boto3().list_objects_v2(Bucket="beside")["Contents"]
    with stores.case("bench s3 --beside: a store of the user's has the objects of the workload"):
        assert {item["Key"]: item["Size"] for item in listed} == {f"x/{'ab'[i % 2]}/{i:08d}": 5000 for i in range(20)}, listed
    with stores.case("bench s3 --beside: keys are in no output"):
        assert stores.SECRET_KEY not in done.stdout.decode() + done.stderr.decode()
        assert stores.SECRET_KEY not in json.dumps(report)


def check_peers_of_its_own(folder):
    template = os.path.join(folder, "mine.py")
    with open(os.path.join(PEERS, "template_peer.py"), encoding="utf-8") as file:
        write(folder, "mine.py", file.read())
    lacking = write(folder, "lacking.py", "import peer\npeer.run('x', None, needs=['no_such_module'], install='pip install it')\n")
    liar = write(folder, "liar", "#!/bin/sh\necho '{\"protocol\":1}'\n")
    crash = write(folder, "crash", "#!/bin/sh\nexit 9\n")
    report, _ = report_of(*SMALL, "--rounds", "4", "--beside", ",".join((template, lacking, liar, crash)))
    programs = {program["name"]: program for program in report["programs"]}
    with stores.case("bench s3 --beside: the template is a peer, from any folder"):
        assert programs["mine.py"]["operations"]["succeeded"] == 240, programs["mine.py"]
        assert programs["mine.py"]["ratios"]["operations_per_s"]["verdict"] in ("less", "alike"), programs["mine.py"]
    with stores.case("bench s3 --beside: what a peer lacks is told with the command that installs it"):
        assert "no_such_module" in programs["lacking.py"]["missing"] and programs["lacking.py"]["install"] == "pip install it", programs
    with stores.case("bench s3 --beside: a result that is none, and a program that ends without one, are no figures"):
        assert "not understood" in programs["liar"]["missing"] and "exit code 9" in programs["crash"]["missing"], programs
        assert "figures" not in programs["liar"] and "figures" not in programs["crash"], programs
    with stores.case("bench s3 --beside: work that is not the same is told"):
        unequal = report["unequal_work"]
        assert unequal == ["mine.py does not tell its payload, checksum, retries"], unequal
    done = run(*SMALL, "--rounds", "1", "--beside", f"{template},{lacking}")
    with stores.case("bench s3 --beside: as tables"):
        text = done.stdout.decode()
        assert done.returncode == 0 and "| headrace / mine.py |" in text and "install it with: pip install it" in text, done
        assert "unequal work: mine.py does not tell its payload" in text, text


def template_in(folder):
    with open(os.path.join(PEERS, "template_peer.py"), encoding="utf-8") as file:
        return write(folder, "mine.py", file.read())


def check_rules(folder):
    mine = template_in(folder)
    with stores.case("bench s3 --beside --alpha, --difference: the rules are those that were asked for"):
        report, _ = report_of(*SMALL, "--rounds", "4", "--alpha", "0.01", "--difference", "1.5%", "--beside", mine)
        assert report["rules"] == {"p_below": 0.01, "share_above": 0.015} and report["stability"] is None, report
        # Four rounds of each differ by chance in 1 of 35 orders at least.
        verdicts = {ratio["verdict"] for ratio in report["programs"][1]["ratios"].values() if ratio["p"] < 1}
        assert verdicts == {"alike"}, report["programs"][1]["ratios"]
    with stores.case("bench s3 --beside --until-stable: at least seven rounds, at most as many as asked for, and it says whether"):
        report, _ = report_of(*SMALL, "--rounds", "2", "--until-stable", "--rounds-max", "8", "--beside", mine)
        stability, rates = report["stability"], [program["figures"]["operations_per_s"]["rounds"] for program in report["programs"]]
        settled = all(max(rounds[-7:]) <= 1.075 * min(rounds[-7:]) for rounds in rates)
        assert 7 <= report["rounds"] <= 8 and all(len(rounds) == report["rounds"] for rounds in rates), report
        assert stability == {"stable": settled, "points": 7, "within": 0.075, "rounds_max": 8} and (settled or report["rounds"] == 8), report
    with stores.case("bench s3 --beside --until-stable: as a sentence"):
        text = run(*SMALL, "--rounds", "1", "--until-stable", "--rounds-max", "7", "--beside", mine).stdout.decode()
        assert "stable after 7 rounds: the operations/s of the last 7" in text, text


def check_calibration(folder):
    mine = template_in(folder)
    with stores.case("bench s3 --beside: the machine is measured before the rounds and after them"):
        made = report_of(*SMALL, "--rounds", "1", "--beside", mine, cwd=folder)[0]["calibration"]
        names = ["loop_per_s", "memcpy_bytes_per_s", "disk_syncs_per_s", "loopback_trips_per_s"]
        assert list(made["before"]) == list(made["after"]) == names and all(made[when][name] > 0 for when in ("before", "after") for name in names), made
        change = max(abs(made["after"][name] / made["before"][name] - 1) for name in names)
        assert abs(made["change"] - change) < 1e-3 and (made["warning"] is None) == (change <= 0.15), made
        assert os.listdir(folder) == ["mine.py"], os.listdir(folder)
    with stores.case("bench s3 --beside: client and server share cores, and it says how many"):
        report, _ = report_of(*SMALL, "--rounds", "1", "--no-calibration", "--beside", mine)
        cores = len(os.sched_getaffinity(0))
        assert report["shared_cores"] == max(cores - 1, 1), report["shared_cores"]
        assert report["environment"]["commit"] and report["environment"]["flags"], report["environment"]
    with stores.case("bench s3 --beside --no-calibration: it is not"):
        assert report_of(*SMALL, "--rounds", "1", "--no-calibration", "--beside", mine)[0]["calibration"] is None
        assert b"machine before" not in run(*SMALL, "--rounds", "1", "--no-calibration", "--beside", mine).stdout


def check_clients(_):
    """Each of the clients that is there does all of the work; the store's own listing has what was uploaded."""
    bin_folder = os.path.dirname(os.environ.get("HR_VERSITYGW", ""))
    path = os.pathsep.join((os.path.dirname(sys.executable), bin_folder, os.environ["PATH"]))
    everything = ("--mix", "put=1,get=2,head=1,list=1,delete=1")
    for name, mix in (("boto3-crt", everything), ("awscrt", everything), ("minio-go", everything), ("awscli", ("--mix", "put=1")), ("awscli", ("--mix", "get=1"))):
        for more in ((), ("--payload", "unsigned", "--checksum", "crc32c")) if mix == everything else ((),):
            label = f"bench s3 --beside {name} {' '.join(mix[1:] + more)}: it does all of the work"
            report, _ = report_of(*SMALL, *mix, *more, "--rounds", "1", "--no-calibration", "--beside", name, env={**os.environ, "PATH": path})
            theirs = report["programs"][1]
            if (theirs["install"] or "").startswith(("pip install", "go build")):
                stores.skip(label, theirs["missing"])
                continue
            with stores.case(label):
                assert theirs["missing"] is None, theirs
                assert theirs["operations"] == {"submitted": 60, "succeeded": 60, "failed": 0, "cancelled": 0}, theirs
                latencies = theirs["latency_histogram"]["counts"] if theirs["latency_histogram"] else []
                assert sum(latencies) == (0 if name == "awscli" else 60), theirs
    with stores.case("bench s3 --beside awscli: work that it cannot do is told, with what to ask for"):
        report, _ = report_of(*SMALL, *everything, "--rounds", "1", "--no-calibration", "--beside", "awscli", env={**os.environ, "PATH": path})
        theirs = report["programs"][1]
        assert "--mix put=1" in theirs["install"] or "pip install" in theirs["install"], theirs


def check_not_built(folder):
    for name in ("s3_minio-go.py", "peer.py"):
        with open(os.path.join(PEERS, name), encoding="utf-8") as file:
            write(folder, name, file.read())
    with stores.case("bench s3 --beside minio-go, not built: the command that builds it is named"):
        report, _ = report_of(*SMALL, "--rounds", "1", "--no-calibration", "--peers", folder, "--beside", "minio-go", env={**os.environ, "PATH": "/usr/bin:/bin"})
        theirs = report["programs"][1]
        assert theirs["install"] == f"go build -C {folder}/go -o {folder}/headrace-peer-minio-go ./minio_go", theirs


def check_go_template(folder):
    go, label = os.environ.get("HR_GO"), "bench s3 --beside: the template in Go is a peer"
    if not go or not os.path.exists(go):
        stores.skip(label, "there is no Go")
        return
    made = subprocess.run([os.path.realpath(go), "build", "-C", os.path.join(PEERS, "go"), "-o", os.path.join(folder, "mine"), "./template_peer"],
                          capture_output=True, check=False, timeout=600, env={**os.environ, "GOFLAGS": "-mod=readonly -modcacherw"})
    if made.returncode:
        stores.skip(label, made.stderr.decode()[-200:].strip().replace("\n", " "))
        return
    with stores.case(label):
        report, _ = report_of(*SMALL, "--mix", "put=1,get=1", "--rounds", "1", "--no-calibration", "--beside", os.path.join(folder, "mine"))
        theirs = report["programs"][1]
        assert theirs["operations"]["succeeded"] == 60 == sum(theirs["latency_histogram"]["counts"]), theirs


def check_places(folder):
    with open(os.path.join(PEERS, "template_peer.py"), encoding="utf-8") as template, open(os.path.join(PEERS, "peer.py"), encoding="utf-8") as module:
        write(folder, "s3_other.py", template.read())
        write(folder, "peer.py", module.read())
    with stores.case("bench s3 --peers: a folder of peers of the user's"):
        report, _ = report_of(*SMALL, "--rounds", "1", "--peers", folder, "--beside", "other")
        assert report["programs"][1]["name"] == "other" and report["programs"][1]["operations"]["succeeded"] == 60, report
    bare = write(folder, "bare", f"#!/bin/sh\nexec {sys.executable} -S \"$@\"\n")
    with stores.case("bench s3 --python: a Python without the packages is told"):
        done = subprocess.run([HEADRACE, "bench", "s3", *SMALL, "--rounds", "1", "--python", bare, "--beside", "boto3", "--json", "-"],
                              capture_output=True, check=False, timeout=300)
        assert "boto3" in json.loads(done.stdout)["programs"][1]["missing"], done


def check_usage(_):
    for arguments, words in ((("--beside", "nobody"), "'nobody'"), (("--beside", "./nobody.py"), "./nobody.py"), (("--beside", ","), "no program"),
                             (("--beside", "boto3", "--rate", "5"), "--rate"), (("--beside", "boto3", "--verify"), "--verify"),
                             (("--beside", "boto3", "--alpha", "0.6"), "probability"), (("--beside", "boto3", "--difference", "101%"), "percent"),
                             (("--beside", "boto3", "--rounds-max", "6"), "--rounds-max")):
        with stores.case(f"bench s3 {' '.join(arguments)} is refused"):
            done = run(*arguments)
            assert done.returncode == 2 and words in done.stderr.decode() and not done.stdout, done
    with stores.case("bench s3 --beside nobody: those that are there are named"):
        assert "boto3" in run("--beside", "nobody").stderr.decode()


def check_signal(folder):
    """The peer says that it runs, and the signal goes to the command alone."""
    started = os.path.join(folder, "started")
    slow = write(folder, "slow", f"#!/bin/sh\necho $$ > {started}.new && mv {started}.new {started}\nsleep 1000\n")
    with stores.case("bench s3 --beside: SIGINT ends the peer, too"):
        process = subprocess.Popen([HEADRACE, "bench", "s3", *SMALL, "--beside", slow], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        until = time.monotonic() + 120
        while not os.path.exists(started) and time.monotonic() < until:
            time.sleep(0.01)
        with open(started, encoding="utf-8") as file:
            pid = int(file.read())
        process.send_signal(signal.SIGINT)
        errors = process.communicate(timeout=120)[1]
        assert process.returncode == 130 and b"SIGINT" in errors, (process.returncode, errors)
        assert not os.path.exists(f"/proc/{pid}"), pid


def main():
    for check in (check_boto3, check_external, check_peers_of_its_own, check_rules, check_calibration, check_clients, check_not_built, check_go_template, check_places, check_usage, check_signal):
        with tempfile.TemporaryDirectory() as folder:
            check(folder)
    stores.finish()


if __name__ == "__main__":
    main()
