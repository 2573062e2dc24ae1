"""The protocol of peers (docs/peers.md) for programs in Python: the workload from standard input, the result to standard output.

A peer is a module that calls `run`:

    import peer
    peer.run("mine", needs=["mine"], install="pip install mine", measure=measure)

where measure(work) returns a peer.Result. `needs` are modules; one that is missing is told, with the command that installs it.
"""
import importlib
import json
import math
import platform
import random
import resource
import subprocess
import sys
import threading
import time

PROTOCOL = 1
SCALE = 5  # buckets for a power of two: 2^5


class Work(dict):
    """The workload; its members by name, and what is made of them."""

    def __getattr__(self, name):
        return self[name]

    def key(self, index):
        """Of object `index`: keys stand in turn under two prefixes."""
        return f"{self['prefix']}{'ab'[index % 2]}/{index:08d}"

    def bucket_prefix(self, index):
        return f"{self['prefix']}{'ab'[index % 2]}/"

    def body(self):
        """Random bytes, the same in each run."""
        return random.Random(self["seed"]).randbytes(self["size_bytes"])

    def steps(self):
        """(operation, index of an object), without end, by the weights of the mix; one that is asked for by several threads."""
        source, lock = random.Random(self["seed"]), threading.Lock()
        names, weights = list(self["mix"]), list(self["mix"].values())
        number = 0
        while True:
            with lock:
                name = names[0] if len(names) == 1 else source.choices(names, weights)[0]
                index = number % self["objects"] if len(names) == 1 else source.randrange(self["objects"])
                number += 1
                if name == "delete":
                    index += self["objects"]
            yield name, index


class Histogram:
    """Counts of latencies, bounds at powers of 2^(1/32) in seconds."""

    def __init__(self):
        self.counts, self.zero, self.sum, self.least, self.most = {}, 0, 0, 0, 0
        self.count = 0

    @staticmethod
    def index(nanoseconds):
        fraction, exponent = math.frexp(nanoseconds / 1e9)
        if fraction == 0.5:  # a power of two is the upper bound of its bucket
            return ((exponent - 1) << SCALE) - 1
        return math.ceil(math.log2(nanoseconds / 1e9) * (1 << SCALE)) - 1

    def record(self, nanoseconds, times=1):
        self.least = nanoseconds if self.count == 0 else min(self.least, nanoseconds)
        self.most = max(self.most, nanoseconds)
        self.sum += nanoseconds * times
        self.count += times
        if nanoseconds == 0:
            self.zero += times
        else:
            at = self.index(nanoseconds)
            self.counts[at] = self.counts.get(at, 0) + times

    def document(self):
        first, last = (min(self.counts), max(self.counts)) if self.counts else (0, -1)
        return {"scale": SCALE, "offset": first, "counts": [self.counts.get(at, 0) for at in range(first, last + 1)],
                "zero_count": self.zero, "sum_ns": self.sum, "min_ns": self.least, "max_ns": self.most}


class Result:
    """What was done; threads record into it."""

    def __init__(self, settings, versions):
        self.settings, self.versions = settings, dict(versions, python=platform.python_version())
        self.lock = threading.Lock()
        self.histogram, self.failed = Histogram(), 0
        self.sent = self.received = 0
        self.errors, self.examples = {}, {}
        self.duration_s = self.cpu_s = 0.0
        self.rss_peak_bytes = None

    def success(self, started_ns, sent=0, received=0):
        taken = time.monotonic_ns() - started_ns
        with self.lock:
            self.histogram.record(taken)
            self.sent += sent
            self.received += received

    def failure(self, problem):
        name = type(problem).__name__ if isinstance(problem, BaseException) else str(problem)
        with self.lock:
            self.failed += 1
            self.errors[name] = self.errors.get(name, 0) + 1
            self.examples.setdefault(name, str(problem)[:200])

    def document(self, name):
        succeeded = self.histogram.count
        return {"protocol": PROTOCOL, "peer": name, "versions": self.versions, "settings": self.settings,
                "operations": {"submitted": succeeded + self.failed, "succeeded": succeeded, "failed": self.failed, "cancelled": 0},
                "duration_s": self.duration_s, "cpu_s": self.cpu_s, "bytes_sent": self.sent, "bytes_received": self.received,
                **({"rss_peak_bytes": self.rss_peak_bytes} if self.rss_peak_bytes else {}),
                "errors": self.errors, "error_examples": self.examples, "latency_histogram": self.histogram.document()}


class Limit:
    """Whether another operation may start: so many, or until so late."""

    def __init__(self, work):
        self.left = work["operations"] or math.inf
        self.until = time.monotonic() + work["duration_s"] if work["duration_s"] else math.inf
        self.lock = threading.Lock()

    def take(self):
        with self.lock:
            if self.left <= 0 or time.monotonic() >= self.until:
                return False
            self.left -= 1
            return True


def cpu_seconds():
    """User and system time of this process and of the children that it has waited for."""
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def memory_peak(pid):
    """Bytes, of a process that runs; 0: it has ended. What the kernel tells afterwards has the memory of the process that started it in it."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
            return next((int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:")), 0)
    except OSError:
        return 0


def run_program(line, text=None, **options):
    """A program to its end: (output, errors, exit code, its memory's peak, looked at fifty times a second)."""
    options.setdefault("stdout", subprocess.PIPE)
    process = subprocess.Popen(line, stdin=subprocess.PIPE if text is not None else subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                               errors="replace", **options)
    peak, over = [0], threading.Event()

    def look():
        while not over.wait(0.02):
            peak[0] = max(peak[0], memory_peak(process.pid))

    watch = threading.Thread(target=look)
    watch.start()
    try:
        output, errors = process.communicate(text)
    finally:
        over.set()
        watch.join()
    return output, errors, process.returncode, peak[0]


class Timed:
    """Takes time and CPU of what is inside of `with`."""

    def __init__(self, result):
        self.result = result

    def __enter__(self):
        self.cpu, self.started = cpu_seconds(), time.monotonic()

    def __exit__(self, *_):
        self.result.duration_s = time.monotonic() - self.started
        self.result.cpu_s = cpu_seconds() - self.cpu


def in_threads(work, result, operation):
    """work.concurrency threads, each with one operation(name, index) in progress, which returns (bytes sent, bytes received)."""
    steps, lock = work.steps(), threading.Lock()

    def loop():
        while limit.take():
            with lock:
                name, index = next(steps)
            started = time.monotonic_ns()
            try:
                sent, received = operation(name, index)
            except Exception as problem:  # told in the result
                result.failure(problem)
            else:
                result.success(started, sent, received)

    threads = [threading.Thread(target=loop) for _ in range(work.concurrency)]
    with Timed(result):
        limit = Limit(work)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return result


def say(document):
    json.dump(document, sys.stdout)
    sys.stdout.write("\n")


def run(name, measure, needs=(), install="", text=None):
    """`text`: the workload, where it has been read already."""
    work = Work(json.loads(sys.stdin.read() if text is None else text))
    if work.get("protocol") != PROTOCOL:
        sys.exit(f"{name}: the workload has protocol {work.get('protocol')}, this peer speaks {PROTOCOL}")
    for module in needs:
        try:
            importlib.import_module(module)
        except ImportError as problem:
            say({"protocol": PROTOCOL, "peer": name, "missing": str(problem), "install": install})
            sys.exit(3)
    say(measure(work).document(name))
