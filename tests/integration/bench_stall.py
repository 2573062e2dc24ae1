"""Coordinated omission: a server that stops for two seconds. An open loop shows it in its percentiles and its series, a closed loop
says what it hides. Both are worked out once more here, from the log of the server alone."""
import json
import math
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
import listener  # noqa: E402
import stores  # noqa: E402

HEADRACE = stores.HEADRACE
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
STALL_FROM, STALL_TO = 1.5, 3.5  # seconds behind the first measured request


class Stalling(listener.Listener):
    """Works `work` seconds on each request, and answers none between STALL_FROM and STALL_TO. Its log: when each came and went."""

    def __init__(self, work):
        self.work, self.log, self.start, self.trials = work, [], None, 1
        super().__init__()
        self.url = f"http://127.0.0.1:{self.port}/"

    def work_on(self):
        came = time.monotonic()
        if self.trials:  # the request that goes ahead
            self.trials -= 1
            return
        self.start = self.start or came
        time.sleep(self.work)  # the work
        now = time.monotonic() - self.start
        if STALL_FROM <= now < STALL_TO:
            time.sleep(STALL_TO - now)  # the stall
        self.log.append((came, time.monotonic()))

    def serve(self, peer):
        held = b""
        with peer:
            while data := peer.recv(65536):
                held += data
                while b"\r\n\r\n" in held:
                    _, held = held.split(b"\r\n\r\n", 1)
                    self.work_on()
                    peer.sendall(ANSWER)


def measured(*arguments, work=0.0):
    with Stalling(work) as server:
        done = subprocess.run([HEADRACE, "bench", "http", *arguments, "--duration", "5s", "--json", "-", server.url], capture_output=True,
                              check=False, timeout=120)
        assert done.returncode == 0, (done.returncode, done.stderr)
        return json.loads(done.stdout), sorted(server.log), server.start


def quantile(values, share):
    values = sorted(values)
    return values[max(0, math.ceil(share * len(values)) - 1)]


def near(told_ms, worked_out_s, share, slack_ms):
    return abs(told_ms - worked_out_s * 1000) <= share * worked_out_s * 1000 + slack_ms


def check_open():
    rate = 100
    for concurrency, name in ((400, "a connection for each"), (8, "fewer connections than requests that are due")):
        with stores.case(f"bench http, open loop, {name}: a stall of 2 s is in its percentiles, as the server's log has them"):
            report, log, start = measured("--rate", str(rate), "-c", str(concurrency))
            # Request n was due at start + n / rate, whenever it came.
            latencies = [went - (start + number / rate) for number, (_, went) in enumerate(log)]
            assert len(log) == report["operations"]["succeeded"] == 500, (len(log), report["operations"])
            for key, share in (("p90", 0.9), ("p99", 0.99), ("max", 1)):
                assert near(report["latency_ms"][key], quantile(latencies, share), 0.03, 100), (key, report["latency_ms"], quantile(latencies, share))
            assert report["latency_ms"]["p99"] > 1700 and report["latency_ms"]["p90"] > 1000, report["latency_ms"]
            assert report["omission"] is None, report["omission"]
        with stores.case(f"bench http, open loop, {name}: the stall is in the series"):
            rows = report["series"]
            assert rows[2]["operations"] == 0 and rows[2]["p99"] is None, rows  # from 2 to 3 s nothing was answered
            assert rows[3]["p99"] > 1700 and rows[0]["p99"] < 1000, rows
            ended = [sum(int(went - start) == second for _, went in log) for second in range(6)]
            for row, count in zip(rows, ended):  # one that ends at the bound may be in the next second
                assert abs(row["operations"] - count) <= 25, (row, ended)


def check_closed():
    with stores.case("bench http, closed loop: the same stall is in the maximum alone, and the report says what is hidden"):
        report, log, _ = measured("-c", "4", work=0.005)
        latency, omission = report["latency_ms"], report["omission"]
        assert latency["max"] > 1900 and latency["p99"] < 1000, latency
        assert omission["p99_ms"] > 1000 and omission["operations"] > 100, omission
    with stores.case("bench http, closed loop: what is hidden is what the server's log says by the rule of HdrHistogram"):
        interval = omission["interval_ms"] / 1000
        assert near(omission["interval_ms"], quantile([went - came for came, went in log], 0.5), 0.2, 2), omission
        everything = []
        for came, went in log:
            everything.append(went - came)
            left = went - came - interval
            while left >= interval:
                everything.append(left)
                left -= interval
        missing = len(everything) - len(log)
        assert abs(omission["operations"] - missing) <= 0.2 * missing + 20, (omission, missing)
        assert near(omission["p99_ms"], quantile(everything, 0.99), 0.05, 60), (omission, quantile(everything, 0.99))
    with stores.case("bench http, closed loop: the text says it"):
        with Stalling(0.005) as server:
            done = subprocess.run([HEADRACE, "bench", "http", "-c", "4", "--requests", "40", server.url], capture_output=True, check=False,
                                  timeout=60)
        assert done.returncode == 0 and b"a closed loop hides" in done.stdout, done


def main():
    check_open()
    check_closed()
    stores.finish()


if __name__ == "__main__":
    main()
