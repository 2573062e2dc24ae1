"""Loads of `headrace bench s3` and `bench http`: requirements, sizes and keys, series, ramps, think time, traces."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
import listener  # noqa: E402
import stores  # noqa: E402

HEADRACE = stores.HEADRACE
SMALL = ("--operations", "200", "--size", "1KiB", "--concurrency", "8")


def run(*arguments, **options):
    options.setdefault("timeout", 120)
    return subprocess.run([HEADRACE, "bench", *arguments], capture_output=True, check=False, **options)


def report_of(*arguments, code=0, **options):
    done = run(*arguments, "--json", "-", **options)
    assert done.returncode == code, (done.returncode, done.stderr)
    return json.loads(done.stdout)


class Web(listener.Listener):
    """Answers the requests of a connection in turn; every `failing`th one with 503."""

    def __init__(self, failing=0):
        self.count, self.failing, self.heads = 0, failing, []
        super().__init__()
        self.url = f"http://127.0.0.1:{self.port}/"

    def serve(self, peer):
        held = b""
        with peer:
            while data := peer.recv(65536):
                held += data
                while b"\r\n\r\n" in held:
                    head, held = held.split(b"\r\n\r\n", 1)
                    self.heads.append(head)
                    self.count += 1
                    status = b"503 No" if self.failing and self.count % self.failing == 0 else b"200 OK"
                    peer.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 2\r\n\r\nhi")


class Sink(Web):
    """Takes bodies and notes their sizes."""

    def __init__(self):
        self.sizes = []
        super().__init__()

    def serve(self, peer):
        file = peer.makefile("rb")
        with peer:
            while True:
                size = 0
                while (line := file.readline()) not in (b"\r\n", b""):
                    if line.lower().startswith(b"content-length:"):
                        size = int(line.split(b":")[1])
                if not line or len(file.read(size)) < size:
                    return
                self.sizes.append(size)
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


class Canned(Web):
    """Answers each request with two bytes and notes its path."""

    def __init__(self):
        self.paths, self.times = [], []
        super().__init__()

    def serve(self, peer):
        held = b""
        with peer:
            while data := peer.recv(65536):
                held += data
                while b"\r\n\r\n" in held:
                    head, held = held.split(b"\r\n\r\n", 1)
                    self.times.append(time.monotonic())
                    self.paths.append(head.split(b" ")[1].split(b"?")[0].decode())
                    peer.sendall(b'HTTP/1.1 200 OK\r\nETag: "a"\r\nContent-Length: 2\r\n\r\nhi')


def check_requirements():
    with stores.case("bench s3 --require: what is met is told with its value, exit 0"):
        report = report_of("s3", *SMALL, "--require", "success_rate>=1", "--require", "kinds.put.operations.succeeded == 200")
        assert [(one["require"], one["value"], one["met"]) for one in report["requirements"]] == [
            ("success_rate>=1", 1, True), ("kinds.put.operations.succeeded == 200", 200, True)], report["requirements"]
        assert report["error"] is None, report["error"]
    with stores.case("bench s3 --require: each that is missed is named with its value, exit 1"):
        done = run("s3", *SMALL, "--require", "bytes<1000", "--require", "latency_ms.p99>1e6", "--require", "retries<1000")
        assert done.returncode == 1, done
        assert b"requirement missed: bytes<1000: it is 204800" in done.stderr, done.stderr
        assert b"latency_ms.p99>1e6: it is " in done.stderr and b"retries" not in done.stderr, done.stderr
        assert b"  met     retries<1000" in done.stdout and b"  missed  bytes<1000" in done.stdout, done.stdout
    with stores.case("bench s3 --require: a missed one is the error of the JSON object"):
        report = report_of("s3", *SMALL, "--require", "bytes<1000", code=1)
        assert report["error"]["class"] == "failed" and "bytes<1000" in report["error"]["message"], report["error"]
    with stores.case("bench s3 and bench http --require: an unknown path is told before anything is sent, with those near it"):
        done = run("s3", *SMALL, "--require", "latency.p99<1", "--json", "-")
        error = json.loads(done.stdout)["error"]
        assert done.returncode == 2 and error["class"] == "usage" and "latency_ms.p99" in error["message"], done
        with Web() as web:
            done = run("http", "--requests", "5", "--require", "p9<1", web.url)
            assert done.returncode == 2 and b"latency_ms.p90" in done.stderr and web.count == 0, (done, web.count)
        assert run("s3", *SMALL, "--require", "kinds.get.latency_ms.p99<1").returncode == 2, "there is no GET in the mix"
    with stores.case("bench http --require: it may allow for failures"):
        with Web(failing=10) as web:
            arguments = ("http", "--requests", "99", "-c", "1", web.url)
            assert report_of(*arguments, code=1)["error"]["class"] == "failed"
            report = report_of(*arguments, "--require", "success_rate>=0.85", "--require", "errors.HTTP 503<20")
            assert report["error"] is None and 0.85 < report["success_rate"] < 0.95, report["success_rate"]
            assert report_of(*arguments, "--require", "latency_ms.p50<60000", code=1)["requirements"][0]["met"]
            assert not report_of(*arguments, "--require", "errors.HTTP 503==0", code=1)["requirements"][0]["met"]
    with stores.case("bench http --require: where nothing succeeds there is no latency that could be low"):
        with Web(failing=1) as web:
            report = report_of("http", "--requests", "5", "-c", "1", "--require", "latency_ms.p99<60000", web.url, code=1)
        assert report["requirements"][0]["value"] is None and not report["requirements"][0]["met"], report["requirements"]
    with stores.case("bench s3 --beside: peers wait for no start"):
        for name, value in (("start-at", "2020-01-01T00:00:00Z"), ("start-in", "1s"), ("shard", "0/2")):
            done = run("s3", "--beside", "boto3", f"--{name}", value)
            assert done.returncode == 2 and f"--beside and --{name} exclude".encode() in done.stderr, done
    with stores.case("bench s3 --require and --beside exclude each other"):
        done = run("s3", "--beside", "boto3", "--require", "retries<1")
        assert done.returncode == 2 and b"--beside and --require exclude" in done.stderr, done


def check_sizes(store):
    with stores.case("bench s3 --size with classes: each object has the size of its class, each GET expects it, the report has all"):
        done = store.headrace("bench", "s3", "--endpoint", store.endpoint, "--bucket", "sizes", "--size", "1KiB:6,200KiB:3,2MiB:1",
                              "--mix", "put=1,get=2,head=1", "--objects", "60", "--operations", "400", "--verify", "--json", "-")
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)
        assert report["operations"]["failed"] == 0 and report["size_bytes"] is None, report["error"]
        assert [(one["size_bytes"], one["weight"]) for one in report["sizes"]] == [(1024, 6), (204800, 3), (2 << 20, 1)], report["sizes"]
        assert sum(one["bytes"] for one in report["sizes"]) == report["bytes"], (report["sizes"], report["bytes"])
        moved = sum(report["kinds"][kind]["operations"]["succeeded"] for kind in ("put", "get"))
        assert sum(one["operations"] for one in report["sizes"]) == moved, report["sizes"]
        assert all(one["bytes"] == one["operations"] * one["size_bytes"] for one in report["sizes"]), report["sizes"]
        entries = json.loads(store.headrace("s3", "ls", "--json", "--recursive", "s3://sizes").stdout)["entries"]
        counts = [sum(entry["size_bytes"] == size for entry in entries) for size in (1024, 204800, 2 << 20)]
        assert sum(counts) == 60 and counts[0] > counts[1] > counts[2] > 0, counts
    with stores.case("bench http --size with classes: of each request"):
        with Sink() as web:
            report = report_of("http", "--method", "PUT", "--size", "1:1,1000:1", "--requests", "300", "-c", "2", web.url)
        assert report["bytes_sent"] == sum(one["bytes"] for one in report["sizes"]) == sum(web.sizes) - web.sizes[0], report["sizes"]
        assert {size: web.sizes[1:].count(size) for size in (1, 1000)} == {one["size_bytes"]: one["operations"] for one in report["sizes"]}, (
            report["sizes"])
    with stores.case("bench s3 --size with classes, --key-choice and --beside exclude each other"):
        for name, option in (("size", "1KiB,2KiB"), ("key-choice", "zipf")):
            done = run("s3", "--beside", "boto3", f"--{name}", option)
            assert done.returncode == 2 and f"--{name}".encode() in done.stderr, done


def check_transfers(store):
    """Each object as boto3 finds it has its parts; what is counted is what its size says."""
    client, sizes = store.boto3(), {12 << 20: 3, 1 << 20: None}
    load = ("--mix", "upload=1,download=1", "--size", "12MiB:1,1MiB:1", "--objects", "6", "--concurrency", "3", "--bucket", "transfers")
    with stores.case("bench s3 --mix upload,download: sizes in classes, --part-size and --part-concurrency, each object in its parts"):
        for more, verified in (((), False), (("--verify",), True)):
            report = report_of("s3", "--endpoint", store.endpoint, *load, "--operations", "40", "--part-size", "5MiB", "--part-concurrency", "4", *more,
                               env=store.environment())
            kinds = {name: kind["operations"]["succeeded"] for name, kind in report["kinds"].items()}
            assert set(kinds) == {"upload", "download"} and sum(kinds.values()) == 40 and min(kinds.values()) > 5, kinds
            assert report["operations"]["failed"] == report["retries"] == 0 and report["first_attempt_success_rate"] == 1, report
            assert report["populated"] == 6 and report["pool"] == 12 and report["verify"] == verified, report
            assert report["part_size_bytes"] == 5 << 20 and report["part_concurrency"] == 4, report
            assert 2 < report["connections_peak"] <= 12, report["connections_peak"]
            assert {row["size_bytes"] for row in report["sizes"]} == set(sizes), report["sizes"]
            for row in report["sizes"]:
                assert row["bytes"] == row["size_bytes"] * row["operations"], row
            assert report["bytes_sent"] + report["bytes_received"] == sum(row["bytes"] for row in report["sizes"]), report
        objects = client.list_objects_v2(Bucket="transfers")["Contents"]
        assert len(objects) == 6 and {entry["Size"] for entry in objects} == set(sizes), objects
        for entry in objects:
            tag = entry["ETag"].strip('"')
            assert tag.partition("-")[2] == ("3" if sizes[entry["Size"]] else ""), entry
        assert not client.list_multipart_uploads(Bucket="transfers").get("Uploads")
    with stores.case("bench s3 --mix upload,download: parts of the usual size, in text"):
        done = run("s3", "--endpoint", store.endpoint, *load, "--operations", "6", env=store.environment())
        assert done.returncode == 0 and b"8 parts or ranges of a transfer at once, of the usual size" in done.stdout, done
        assert all(entry["ETag"].strip('"').partition("-")[2] in ("2", "") for entry in client.list_objects_v2(Bucket="transfers")["Contents"])
    with stores.case("bench s3 --mix download --verify: other bytes are told"):
        client.put_object(Bucket="transfers", Key="bench/a/00000000", Body=b"x" * (6 << 20))
        report = report_of("s3", "--endpoint", store.endpoint, "--mix", "download=1", "--size", "6MiB", "--part-size", "5MiB", "--objects", "1", "--concurrency", "1",
                           "--bucket", "transfers", "--operations", "2", "--no-setup", "--verify", code=1, env=store.environment())
        assert report["operations"]["failed"] == 2 and "is not what was written" in str(report["error_examples"]), report["error_examples"]
    with stores.case("bench s3 --mix download: another size is told"):
        report = report_of("s3", "--endpoint", store.endpoint, "--mix", "download=1", "--size", "7MiB", "--part-size", "5MiB", "--objects", "1", "--concurrency", "1",
                           "--bucket", "transfers", "--operations", "2", "--no-setup", code=1, env=store.environment())
        assert "6291456 bytes, 7340032 were expected" in str(report["error_examples"]), report["error_examples"]


def check_keys(store):
    with stores.case("bench s3 --key-choice zipf: key 0 is asked most, as often as the law says"):
        with Canned() as web:
            report = report_of("s3", "--endpoint", web.url, "--access-key", "a", "--secret-key", "s", "--no-setup", "--mix", "get=1",
                               "--size", "2", "--keys", "20", "--key-choice", "zipf:1", "--operations", "2000", "--concurrency", "1")
        assert report["key_choice"] == "zipf" and report["zipf_exponent"] == 1 and report["objects"] == 20, report
        counts = [sum(path.endswith(f"{index:08}") for path in web.paths) for index in range(20)]
        whole = sum(1 / rank for rank in range(1, 21))
        for rank, count in enumerate(counts, 1):
            share = 1 / rank / whole
            assert abs(count - 2000 * share) < 5 * (2000 * share * (1 - share)) ** 0.5, (rank, count, 2000 * share)
    with stores.case("bench s3 --key-choice uniform: told"):
        assert report_of("s3", *SMALL)["key_choice"] == "uniform"


def check_series():
    for kind in ("s3", "http"):
        with stores.case(f"bench {kind}: a row a second, which add up to the report"):
            with Canned() as web:
                given = ("--endpoint", web.url, "--access-key", "a", "--secret-key", "s", "--no-setup", "--mix", "get=1", "--size", "2")
                report = report_of(kind, *(given if kind == "s3" else (web.url,)), "--rate", "200", "--duration", "2500ms")
            rows = report["series"]
            assert [row["second"] for row in rows] == [0, 1, 2] and report["series_step_s"] == 1, rows
            assert sum(row["operations"] for row in rows) == report["operations"]["succeeded"], rows
            assert all(row["rss_bytes"] > 1 << 20 and 0 <= row["cpu_percent"] < 400 for row in rows), rows
            assert all(0 < row["p50"] <= row["p99"] <= 1.02 * report["latency_ms"]["max"] + 0.001 for row in rows), rows


class Slow(Web):
    """Answers one request at a time, each `seconds` after it has begun with it; notes when requests came and answers went."""

    def __init__(self, seconds):
        self.seconds, self.lock, self.came, self.went = seconds, threading.Lock(), [], []
        super().__init__()

    def serve(self, peer):
        held = b""
        with peer:
            while data := peer.recv(65536):
                held += data
                while b"\r\n\r\n" in held:
                    _, held = held.split(b"\r\n\r\n", 1)
                    self.came.append(time.monotonic())
                    with self.lock:
                        time.sleep(self.seconds)  # the work
                    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                    self.went.append(time.monotonic())


def check_ramps():
    with stores.case("bench http --rate FROM..TO: finds the rate that a server can do, by its latency"):
        with Slow(0.01) as web:  # a hundred a second, less what the machine takes
            report = report_of("http", "--rate", "10..640", "--step", "x4", "--step-duration", "1s", "--p99", "300ms", web.url)
            came = len(web.came)
        assert report["highest_rate_per_s"] == report["rate_per_s"] == 40, report["curve"]
        assert [(point["rate_per_s"], point["held"]) for point in report["curve"]] == [(10, True), (40, True), (160, False), (160, False)], report["curve"]
        assert report["operations"]["succeeded"] == report["curve"][1]["operations"] == 40, report["operations"]
        assert sum(point["operations"] + point["errors"] for point in report["curve"]) + 1 == came, (report["curve"], came)
        assert report["ramp"] == {"from_per_s": 10, "to_per_s": 640, "step_factor": 4, "step_s": 1, "p99_ms": 300}, report["ramp"]
        assert report["error"] is None and sum(row["operations"] for row in report["series"]) == 40, report["series"]
    with stores.case("bench http --rate FROM..TO --step N, and --require on the rate that was found"):
        with Web() as web:
            arguments = ("http", "--rate", "20..45", "--step", "10", "--step-duration", "200ms", "--p99", "10s", web.url)
            report = report_of(*arguments, "--require", "highest_rate_per_s>=45")
            assert [point["rate_per_s"] for point in report["curve"]] == [20, 30, 40, 45] and report["requirements"][0]["met"], report["curve"]
            assert not report_of(*arguments, "--require", "highest_rate_per_s>100", code=1)["requirements"][0]["met"]
    with stores.case("bench http --rate FROM..TO: no rate that is held is exit 1 and says so"):
        with Slow(0.05) as web:
            done = run("http", "--rate", "100..200", "--step-duration", "500ms", "--p99", "1ms", web.url)
        assert done.returncode == 1 and b"no rate of the ramp was held" in done.stderr, done
        assert b"missed" in done.stdout and b"those of the first" in done.stdout, done.stdout
    with stores.case("bench s3 --rate FROM..TO: SIGINT ends it with the curve as far as it is"):
        with Canned() as web:
            process = subprocess.Popen([HEADRACE, "bench", "s3", "--endpoint", web.url, "--access-key", "a", "--secret-key", "s", "--no-setup",
                                        "--mix", "get=1", "--size", "2", "--rate", "20..40", "--step", "20", "--step-duration", "3s", "--p99",
                                        "10s", "--json", "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            while len(web.paths) < 70 and process.poll() is None:
                time.sleep(0.01)  # between two looks
            process.send_signal(signal.SIGINT)
            out, errors = process.communicate(timeout=60)
        report = json.loads(out)
        assert process.returncode == 130 and report["stopped_by"] == "SIGINT", (process.returncode, errors)
        assert [point["rate_per_s"] for point in report["curve"]] == [20] and report["operations"]["succeeded"] == 60, report["curve"]
        assert report["highest_rate_per_s"] == 20, report


def check_think_time():
    with stores.case("bench http --think-time: the server sees that wait on each connection"):
        with Slow(0) as web:
            report = report_of("http", "--think-time", "150ms", "-c", "1", "--requests", "6", web.url)
        gaps = [came - went for went, came in zip(web.went[1:], web.came[2:])]
        assert len(gaps) == 5 and all(0.149 <= gap for gap in gaps) and report["think_time_s"] == 0.15, gaps
        assert report["latency_ms"]["p50"] < 150 and report["duration_s"] >= 0.75 and report["loop"] == "closed", report["latency_ms"]


def check_warm_up():
    with stores.case("bench http --warm-up: counted apart, and not in the figures"):
        with Web() as web:
            report = report_of("http", "--warm-up", "300ms", "--requests", "100", "-c", "2", web.url)
        warm_up = report["warm_up"]
        assert warm_up["duration_s"] == 0.3 and warm_up["operations"] > 0 and warm_up["failed"] == 0, warm_up
        assert web.count == 1 + warm_up["operations"] + 100 and report["operations"]["submitted"] == 100, (web.count, warm_up)
    with stores.case("bench s3 --warm-up: said in the text"):
        done = run("s3", *SMALL, "--warm-up", "200ms")
        assert done.returncode == 0 and b"0.2 s before were not counted: " in done.stdout, done.stdout


def check_drain():
    for name, load in (("closed", ()), ("open", ("--rate", "100"))):
        with stores.case(f"bench http, {name} loop: what is in progress at the end is waited for and counted"):
            with Slow(0.1) as web:
                report = report_of("http", "--duration", "150ms", "-c", "8", *load, web.url)
            counts = report["operations"]
            assert counts["submitted"] == counts["succeeded"] == len(web.went) - 1 >= 8, (counts, len(web.went))
            assert counts["cancelled"] == 0 and report["duration_s"] >= 0.75, report["duration_s"]


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def check_traces(folder):
    given = ("--access-key", "a", "--secret-key", "s", "--size", "2", "--prefix", "t/")
    with stores.case("bench s3 --trace: each operation comes at its time, with its key"):
        times = [round(0.05 * step * step, 3) for step in range(8)]
        path = write(folder, "a.csv", "time,operation,key,size\n" + "".join(f"{at},get,k{step},2\n" for step, at in enumerate(times)))
        with Canned() as web:
            report = report_of("s3", "--endpoint", web.url, "--no-setup", *given, "--trace", path)
        assert [name.rsplit("/", 1)[1] for name in web.paths] == [f"k{step}" for step in range(8)], web.paths
        late = [at - web.times[0] - due for at, due in zip(web.times, times)]
        assert all(-0.05 < one < 0.5 for one in late), late
        assert report["loop"] == "open" and report["trace"] == path and report["mix"] == {"get": 8}, report
        assert report["operations"]["succeeded"] == 8 and report["duration_s"] >= times[-1], report
    with stores.case("bench s3 --trace: what is read first is written before, every kind, --cleanup"):
        path = write(folder, "b.csv", "0,put,a/1,1000\n0.01,get,b,70000\n0.02,head,b,70000\n0.02,list,a/,\n0.3,delete,a/1,\n"
                                      "0.3,put,c,3000000\n0.3,get,d,\n")
        report = report_of("s3", "--trace", path, "--cleanup")
        assert {kind: one["operations"]["succeeded"] for kind, one in report["kinds"].items()} == {
            "put": 2, "get": 2, "head": 1, "list": 1, "delete": 1}, report["kinds"]
        assert report["bytes_sent"] == 3001000 and report["bytes_received"] == 70000 + 65536, report
    with stores.case("bench s3 --trace: what is wrong is told with its line, before anything runs"):
        path = write(folder, "c.csv", "0,put,a,1\n1,got,b,\n")
        done = run("s3", "--trace", path, "--json", "-")
        assert done.returncode == 2 and b"line 2: 'got' is no operation" in done.stderr, done
        assert json.loads(done.stdout)["error"]["class"] == "usage", done.stdout
        done = run("s3", "--trace", os.path.join(folder, "nowhere"))
        assert done.returncode == 1 and b"nowhere: No such file" in done.stderr, done
        for option in ("--rate", "--mix", "--operations"):
            done = run("s3", "--trace", path, option, "get=1" if option == "--mix" else "5")
            assert done.returncode == 2 and f"{option} exclude".encode() in done.stderr, done


class Recorded(Web):
    """Notes what each request asks for, and when; /five has five bytes."""

    def __init__(self):
        self.asked = []
        super().__init__()

    def serve(self, peer):
        file = peer.makefile("rb")
        with peer:
            while line := file.readline():
                size, method, path = 0, *line.decode().split()[:2]
                while (field := file.readline()) not in (b"\r\n", b""):
                    if field.lower().startswith(b"content-length:"):
                        size = int(field.split(b":")[1])
                self.asked.append((time.monotonic(), method, path, len(file.read(size))))
                body = b"" if method != "GET" else b"12345" if path == "/five" else b"hi"
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(body) or 0) + body)


def check_http_trace(folder):
    lines = [(0, "GET", "/a?b=c", ""), (0.1, "PUT", "/d", 1000), (0.2, "head", "/a?b=c", ""), (0.5, "GET", "/five", 5)]
    path = write(folder, "http.csv", "time,method,path,size\n" + "".join(",".join(map(str, line)) + "\n" for line in lines))
    with stores.case("bench http --trace: each request comes at its time, with method, path and size"), Recorded() as web:
        report = report_of("http", "--trace", path, web.url, "--concurrency", "1")
        assert [one[1:] for one in web.asked] == [("GET", "/a?b=c", 0), ("PUT", "/d", 1000), ("HEAD", "/a?b=c", 0), ("GET", "/five", 0)], web.asked
        late = [at - web.asked[0][0] - due for (at, *_), (due, *_) in zip(web.asked, lines)]
        assert all(-0.05 < one < 0.5 for one in late), late
        assert report["trace"] == path and report["loop"] == "open" and report["method"] is None, report
        assert {kind: one["operations"]["succeeded"] for kind, one in report["kinds"].items()} == {"get": 2, "head": 1, "put": 1}, report["kinds"]
        assert report["bytes_sent"] == 1000 and report["bytes_received"] == 7, report
    with stores.case("bench http --trace: a response of another size has failed"), Recorded() as web:
        other = write(folder, "other.csv", "0,get,/five,6\n0,get,/five,5\n")
        report = report_of("http", "--trace", other, web.url, code=1)
        assert report["operations"]["failed"] == 1 and "5 bytes, 6 were expected" in str(report["error_examples"]), report
    with Recorded() as web:
        for text, arguments, words in (("0,list,/a,\n", (), "list"), ("0,delete,/a,\n", (), "delete"), ("0,get,a,\n", (), "slash"), ("0,get,a?X-Amz-Signature=planted,\n", (), "a?X-Amz-Signature=***"),
                                       ("0,put,/a,\n", ("--size", "1:1,2:1"), "size with several classes"),
                                       ("0,put,/a,\n", (), "line 1"), ("0,get,/a,\n", ("--rate", "5"), "--rate"),
                                       ("0,get,/a,\n", ("--method", "PUT"), "--method"), ("0,get,/a,\n", (f"{web.url}b",), "one URL"),
                                       ("0,get,/a,\n", ("--beside", "curl"), "--trace")):
            with stores.case(f"bench http --trace: {text.strip()} {' '.join(arguments[:1])[:9]} is refused"):
                done = run("http", "--trace", write(folder, "wrong.csv", text), web.url, *arguments)
                assert done.returncode == 2 and words in done.stderr.decode() and not web.asked, done
        with stores.case("bench http --trace: a URL with a path is refused"):
            done = run("http", "--trace", path, f"{web.url}base")
            assert done.returncode == 2 and b"origin" in done.stderr, done


def check_strict(store):
    common = ("s3", "--endpoint", store.endpoint, "--operations", "40", "--objects", "60", "--size", "100KiB", "--mix", "get=1,put=1", "--concurrency", "4",
              "--strict-storage", "--prefix", "strict/")
    with stores.case("bench s3 --strict-storage --storage-memory: five runs, and the figures are those of the median one"):
        done = run(*common, "--storage-memory", "1MiB", "--verify", "--json", "-", env=store.environment())
        report = json.loads(done.stdout)
        strict = report["strict"]
        assert strict["data_bytes"] == 60 * 100 * 1024 and strict["memory_bytes"] == 1 << 20 and len(strict["operations_per_s"]) == 5, strict
        mean = sum(strict["operations_per_s"]) / 5
        spread = max(abs(rate - mean) / mean for rate in strict["operations_per_s"])
        assert abs(spread - strict["spread"]) < 1e-4 and strict["agrees"] == (spread <= 0.05), (spread, strict)
        assert abs(sorted(strict["operations_per_s"])[2] - report["operations_per_s"]) < 0.01 and report["operations"]["failed"] == 0, report
        assert done.returncode == (0 if strict["agrees"] else 1) and (report["error"] is None) == strict["agrees"], done
    alone = ("s3", "--access-key", "a", "--secret-key", "s", "--no-setup", "--mix", "get=1", "--size", "2", "--concurrency", "1", "--attempts", "1", "--json", "-")
    with stores.case("bench s3 --strict-storage: a failure of any of the five runs is told and is exit 1"), Web(failing=100) as web:
        done = run(*alone, "--endpoint", web.url, "--operations", "20", "--strict-storage", "--storage-memory", "100")
        report = json.loads(done.stdout)
        assert done.returncode == 1 and report["strict"]["failed"] == 1 and web.count == 100 and report["error"], (report["strict"], web.count)
    with stores.case("bench s3 --with-log: a failure of the run alone is exit 1"), Web(failing=10) as web:
        web.count = 8
        done = run(*alone, "--endpoint", web.url, "--operations", "5", "--with-log", "5")
        report = json.loads(done.stdout)
        assert report["with"]["alone"]["failed"] == 1 and report["operations"]["failed"] == 0 and report["error"] and done.returncode == 1, (report, done.returncode)
    with stores.case("bench s3 --with-log: SIGINT in the run alone leaves nothing that would have run beside it"), Canned() as web:
        process = subprocess.Popen([HEADRACE, "bench", *alone, "--endpoint", web.url, "--duration", "60s", "--with-log", "5"], stdout=subprocess.PIPE)
        while not web.paths:
            time.sleep(0.02)  # between two looks
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 130 and "with" not in json.loads(out), (process.returncode, out)
    with stores.case("bench s3 --strict-storage: too small a data set is refused with what is needed"):
        done = run(*common, "--storage-memory", "2MiB", env=store.environment())
        assert done.returncode == 2 and b"--objects 103" in done.stderr and not done.stdout, done
        done = run(*common, env=store.environment())
        assert done.returncode == 2 and b"five times" in done.stderr, done
    for arguments, words in ((("--storage-memory", "1MiB"), b"needs --strict-storage"), (("--strict-storage", "--fault", "1% reset"), b"--fault"),
                             (("--strict-storage", "--with-log", "5"), b"--with-log"),
                             (("--strict-storage", "--start-in", "1s"), b"--start-in")):
        with stores.case(f"bench s3 {' '.join(arguments)} is refused"):
            done = run("s3", *arguments)
            assert done.returncode == 2 and words in done.stderr, done


def check_with(store, folder):
    with Web() as web:
        with stores.case("bench s3 --with-log --with-http: all three on one engine, and the first one alone before"):
            report = report_of("s3", "--endpoint", store.endpoint, "--duration", "1s", "--concurrency", "4", "--size", "1KiB", "--with-log", "2000",
                               "--with-http", f"{web.url}a,b,100", "--with-directory", folder, env=store.environment())
            beside, log, http = report["with"], report["with"]["log"], report["with"]["http"]
            assert list(beside) == ["alone", "log", "http"] and beside["alone"]["succeeded"] > 0 and beside["alone"]["failed"] == 0, beside
            assert log["rate_per_s"] == 2000 and 0 < log["called"] == log["written"] + log["dropped"] and log["dropped"] == 0, log
            assert log["records_per_s"] <= 2001 and log["call_max_us"] >= log["call_p50_us"] > 0, log
            assert http["url"] == f"{web.url}a,b" and http["failed"] == 0 and 0 < http["succeeded"] <= web.count, (http, web.count)
            assert http["submitted"] == http["succeeded"] + http["cancelled"] and http["latency_ms"]["p50"] > 0, http
            assert report["operations"]["succeeded"] > 0 and os.listdir(folder) == [], report
        with stores.case("bench s3 --with-http: what signs a URL is in no output, and goes out as it was given"):
            seen = len(web.heads)
            url = f"{web.url}x?X-Amz-Signature=planted"
            done = run("s3", "--endpoint", store.endpoint, "--duration", "500ms", "--size", "1KiB", "--with-http", f"{url},50", "--json", "-", env=store.environment())
            assert done.returncode == 0 and b"planted" not in done.stdout + done.stderr, done
            assert json.loads(done.stdout)["with"]["http"]["url"] == url.replace("planted", "***"), done.stdout
            assert web.heads[seen:] and all(b"X-Amz-Signature=planted" in head for head in web.heads[seen:]), web.heads[seen:]
        with stores.case("bench s3 --with-log: a requirement about it"):
            report_of("s3", "--endpoint", store.endpoint, *SMALL, "--with-log", "100", "--with-directory", folder, "--require", "with.log.dropped==0",
                      env=store.environment())
    for arguments, words in ((("--with-log", "fast"), "'fast'"), (("--with-http", "http://h/"), "URL and a number"), (("--with-http", "x,5"), "URL"),
                             (("--with-log", "5", "--rate", "1..5", "--p99", "1s"), "range"), (("--with-log", "5", "--fault", "1% reset"), "--fault"),
                             (("--with-log", "5", "--beside", "boto3"), "--beside"), (("--with-log", "5", "--shard", "0/2"), "--shard"),
                             (("--with-log", "5", "--start-in", "1s"), "--start-in")):
        with stores.case(f"bench s3 {' '.join(arguments)} is refused"):
            done = run("s3", *arguments)
            assert done.returncode == 2 and words in done.stderr.decode(), done
    with stores.case("bench s3 --with-directory: a folder that is not there"):
        done = run("s3", *SMALL, "--with-log", "5", "--with-directory", os.path.join(folder, "nowhere"))
        assert done.returncode == 3 and b"nowhere" in done.stderr, done


def main():
    with tempfile.TemporaryDirectory() as folder:
        check_traces(folder)
        check_http_trace(folder)
    check_ramps()
    check_think_time()
    check_warm_up()
    check_drain()
    check_series()
    check_requirements()
    with stores.embedded() as store:
        check_sizes(store)
        check_keys(store)
        if stores.need("transfers of bench s3, read by boto3"):
            check_transfers(store)
        check_strict(store)
        with tempfile.TemporaryDirectory() as folder:
            check_with(store, folder)
    stores.finish()


if __name__ == "__main__":
    main()
