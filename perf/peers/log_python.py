"""Python's logging behind a QueueHandler and a QueueListener as `headrace bench log` measures it. Prints a line a figure; without
arguments it is a peer of `bench log --beside` (docs/peers.md).

usage: log_python.py [FILE RECORDS REPEAT BURSTS PACED IDLE_MS]
"""
import json
import logging
import logging.handlers
import os
import platform
import queue
import sys
import threading
import time

import logs

BURST, WARM_UPS, PACE_NS = 10000, 1, 2000
SHARE = 20  # of the records: it is that much slower, and a rate needs no more of them
NAME, MESSAGE = "service.part", "request has been answered after its upstream gave a response"
TEXT = logging.Formatter("%(asctime)s.%(msecs)03d - %(name)s - %(levelname)s - %(message)s", "%Y-%m-%d %H:%M:%S")


class Json(logging.Formatter):
    def format(self, record):
        line = {"timestamp": f"{self.formatTime(record, '%Y-%m-%dT%H:%M:%S')}.{int(record.msecs):03d}Z", "level": record.levelname,
                "logger": record.name, "message": record.getMessage(), **record.fields}
        return json.dumps(line, separators=(",", ":"))


class Log:
    def __init__(self, path, formatter):
        self.handler = logging.FileHandler(path)
        self.handler.setFormatter(formatter)
        self.queue = queue.Queue(-1)
        self.listener = logging.handlers.QueueListener(self.queue, self.handler)
        self.logger = logging.Logger(NAME, logging.INFO)
        self.logger.addHandler(logging.handlers.QueueHandler(self.queue))
        self.json = isinstance(formatter, Json)
        self.listener.start()

    def put(self, count, samples=None, gap=0):
        put, clock = self.put_one, time.perf_counter_ns
        due = clock()
        for i in range(count):
            number, seconds, client = logs.fields(i)
            while gap and clock() < due:
                pass
            due += gap
            before = clock()
            put(number, seconds, client)
            if samples is not None:
                samples.append(clock() - before)

    def put_one(self, request, seconds, client):
        if self.json:
            self.logger.info(MESSAGE, extra={"fields": {"request": request, "seconds": seconds, "client": client}})
        else:
            self.logger.info(MESSAGE + " [request=%d seconds=%s client=%s]", request, seconds, client)

    def flush(self):
        self.queue.join()  # the listener says task_done behind each line, and FileHandler flushes each

    def close(self):
        self.listener.stop()
        self.handler.close()


def together(threads, run):
    barrier = threading.Barrier(threads)
    started = [threading.Thread(target=run, args=(i, barrier)) for i in range(threads)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()


def latency(path, threads, bursts):
    log, samples = Log(path, TEXT), [[] for _ in range(threads)]

    def run(index, barrier):
        for i in range(bursts + WARM_UPS):
            barrier.wait()
            log.put(BURST, None if i < WARM_UPS else samples[index])
            barrier.wait()
            if index == 0:
                log.flush()

    together(threads, run)
    log.close()
    os.unlink(path)
    return [sample for some in samples for sample in some]


def paced(path, count):
    log, samples = Log(path, TEXT), []
    log.put(BURST)
    log.flush()
    log.put(count, samples, PACE_NS)
    log.flush()
    log.close()
    os.unlink(path)
    return samples


def tell(name, samples):
    clock = time.perf_counter_ns
    empty = sorted(-(clock() - clock()) for _ in range(20001))
    cost = empty[len(empty) // 2]
    samples.sort()
    for quantile, at in (("p50", 0.5), ("p99", 0.99), ("p999", 0.999), ("max", 1)):
        print(f"caller_ns.{name}.{quantile} {max(0, samples[int(at * (len(samples) - 1))] - cost)}")


def rate(path, name, formatter, threads, records, repeat):
    share, runs = records // threads, []
    log = Log(path, formatter)
    for i in range(repeat + 1):
        cpu, start = time.process_time(), time.perf_counter()
        together(threads, lambda index, barrier: (barrier.wait(), log.put(share)))
        log.flush()
        runs.append((time.perf_counter() - start, time.process_time() - cpu))
        with open(path, "rb") as file:
            lines = sum(1 for _ in file)
        if lines != share * threads:
            print(f"missing {share * threads - lines} lines of {name} are not in the file")
            sys.exit(1)
        os.truncate(path, 0)
    log.close()
    os.unlink(path)
    seconds, cpu = sorted(runs[1:])[repeat // 2]
    print(f"records_per_s.{name} {share * threads / seconds}")
    print(f"cpu_s_per_million.{name} {cpu * 1e6 / (share * threads)}")


def idle(path, milliseconds):
    log = Log(path, TEXT)
    log.put(1)
    log.flush()
    cpu, start = time.process_time(), time.perf_counter()
    time.sleep(milliseconds / 1000)
    print(f"idle_cpu_percent {100 * (time.process_time() - cpu) / (time.perf_counter() - start)}")
    log.close()
    os.unlink(path)


class Peer(Log):
    def __init__(self, work):
        super().__init__(work.path, Json() if work.form == "json" else TEXT)
        self.put = self.put_one


def measure(work):
    return logs.measure(work, {"queue": "unbounded", "written by": "a thread"}, {}, Peer)


def main():
    if len(sys.argv) == 1:
        logs.run("python", measure)
        return
    path = sys.argv[1]
    records, repeat, bursts, calls, milliseconds = (int(argument) for argument in sys.argv[2:7])
    records, bursts, calls = max(records // SHARE, BURST), max(bursts // SHARE, 1), max(calls // SHARE, BURST)
    print(f"version {platform.python_version()}")
    tell("paced", paced(path, calls))
    tell("burst_1", latency(path, 1, bursts))
    tell("burst_4", latency(path, 4, bursts))
    rate(path, "text_1", TEXT, 1, records, repeat)
    rate(path, "text_4", TEXT, 4, records, repeat)
    rate(path, "json_1", Json(), 1, records, repeat)
    rate(path, "json_4", Json(), 4, records, repeat)
    if milliseconds:
        idle(path, milliseconds)
    print("dropped 0")


if __name__ == "__main__":
    main()
