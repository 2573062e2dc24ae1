"""`headrace report`: shards against one run, each form read back by a parser that is not ours, baselines with their exit codes, and the
page in headless Chromium: no script error, no plot blank, nothing wider than the window."""
import csv
import html
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../support"))
import stores  # noqa: E402

HEADRACE = stores.HEADRACE
SHOTS = os.path.join(os.path.dirname(HEADRACE), "screenshots")  # looked at by people
CHART = "/usr/share/javascript/chart.js/chart.min.js"
SUITE = {"kind": "suite", "protocol": 1, "name": "logging", "title": "Logging </script>", "checks": [
    {"name": "mean of a call", "criterion": "logging-overhead", "value": 0.0004, "unit": "ms", "target": 0.1, "comparison": "<",
     "passed": True},
    {"name": "24 hours", "value": None, "passed": "not run", "why": "a shorter run was asked for"}]}


def report(*arguments, code=0, **options):
    done = subprocess.run([HEADRACE, "report", *arguments], capture_output=True, check=False, timeout=120, **options)
    assert done.returncode == code, (arguments, done.returncode, done.stdout[-300:], done.stderr[-600:])
    return done


def write(folder, name, value):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(value if isinstance(value, str) else json.dumps(value))
    return path


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return file.read()


def bench_words(store, path, operations, concurrency):
    return [HEADRACE, "bench", "s3", "--endpoint", store.endpoint, "--operations", str(operations), "--concurrency", str(concurrency),
            "--objects", "20", "--size", "2000", "--mix", "put=1,get=3", "--json", path]


def run_shards(store, folder, count):
    """So many at once, each of which wants the bucket to be there; their reports."""
    paths = [os.path.join(folder, f"shard{i}.json") for i in range(count)]
    running = [subprocess.Popen([*bench_words(store, path, 3000, 4), "--prefix", f"shard{i}/"], env=store.environment(),
                                stdout=subprocess.DEVNULL) for i, path in enumerate(paths)]
    for process in running:
        assert process.wait(timeout=120) == 0
    return paths


def bucket_bounds(histogram):
    """[(upper bound in ms, count)] by the protocol's own words: bucket i is (2^(i/2^scale), 2^((i+1)/2^scale)] seconds."""
    steps = 2 ** histogram["scale"]
    return [(1e3 * 2 ** ((histogram["offset"] + i + 1) / steps), count) for i, count in enumerate(histogram["counts"]) if count]


def quantile_of(histogram, share):
    """The upper bound of its bucket, in ms."""
    bounds = bucket_bounds(histogram)
    wanted = share * (sum(count for _, count in bounds) + histogram["zero_count"])
    below = histogram["zero_count"]
    for upper, count in bounds:
        below += count
        if below >= wanted - 1e-9:
            return upper
    return bounds[-1][0]


def figures(result):
    return {figure["name"]: figure["value"] for figure in result["figures"]}


def check_shards(store, folder):
    paths = run_shards(store, folder, 4)
    parts = [json.loads(read(path)) for path in paths]
    whole = json.loads(report("--json", "--together", "shards", *paths).stdout)["results"]
    with stores.case("report of four shards: counts are the sums, exactly"):
        assert len(whole) == 1 and whole[0]["shards"] == 4 and whole[0]["results"] == 4, whole
        for name in ("submitted", "succeeded", "failed", "cancelled"):
            assert whole[0]["operations"][name] == sum(part["operations"][name] for part in parts), name
        assert whole[0]["operations"]["succeeded"] == 12000, whole
        for name in ("bytes_sent", "bytes_received"):
            assert whole[0][name] == sum(part[name] for part in parts), name
    with stores.case("report of four shards: the histogram is the sum of all, bucket by bucket"):
        added = {}
        for part in parts:
            histogram = part["latency_histogram"]
            for i, count in enumerate(histogram["counts"]):
                added[histogram["offset"] + i] = added.get(histogram["offset"] + i, 0) + count
        histogram = whole[0]["latency_histogram"]
        found = {histogram["offset"] + i: count for i, count in enumerate(histogram["counts"])}
        assert {k: v for k, v in found.items() if v} == {k: v for k, v in added.items() if v}
        for name in ("p50", "p90", "p99", "p999"):
            share, value = float("0." + name[1:]), figures(whole[0])[f"latency_ms.{name}"]
            upper = quantile_of(histogram, share)
            assert upper / 2 ** (1 / 32) * 0.999 <= value <= upper * 1.001, (name, value, upper)
    return paths


def openmetrics_of(text):
    try:
        from prometheus_client.openmetrics.parser import text_string_to_metric_families
    except ImportError:
        stores.skip("report -o .prom", "prometheus_client is not there: pip install prometheus_client")
        return None
    return {family.name: family for family in text_string_to_metric_families(text)}


def check_hdrhistogram(result, path):
    try:
        from hdrh.histogram import HdrHistogram
        from hdrh.log import HistogramLogReader
    except ImportError:
        stores.skip("report -o .hlog", "hdrhistogram is not there: pip install hdrhistogram")
        return
    with stores.case("report -o .hlog and .hgrm: HdrHistogram's own reader agrees to 0.1 %"):
        whole = HdrHistogram(1, 3600 * 10 ** 9, 3)
        reader = HistogramLogReader(path + ".hlog", whole)
        while reader.add_next_interval_histogram():
            pass
        assert whole.get_total_count() == result["operations"]["succeeded"], whole.get_total_count()
        rows = [line.split() for line in read(path + ".hgrm").splitlines() if re.match(r" +\d", line)]
        assert int(rows[-1][2]) == result["operations"]["succeeded"] and float(rows[-1][1]) == 1, rows[-1]
        histogram = result["latency_histogram"]
        assert abs(float(rows[-1][0]) - histogram["max_ns"] / 1e6) < 1e-5, rows[-1]
        for share in (0.25, 0.5, 0.9, 0.99, 0.999):
            theirs = whole.get_value_at_percentile(100 * share) / 1e6
            ours = next(float(row[0]) for row in rows if float(row[1]) >= share)
            assert abs(theirs - ours) <= 0.001 * ours + 1e-6, (share, theirs, ours)


def check_forms(folder, paths):
    base = os.path.join(folder, "form")
    report(*paths, "--together", "shards", *(word for ending in ("json", "csv", "xml", "prom", "hgrm", "hlog", "md")
                                             for word in ("-o", f"{base}.{ending}")))
    result = json.loads(read(base + ".json"))["results"][0]
    check_hdrhistogram(result, base)
    with stores.case("report -o .csv: Python's reader has the figures"):
        rows = list(csv.DictReader(io.StringIO(read(base + ".csv"))))
        found = {row["figure"]: float(row["value"]) for row in rows}
        assert found["operations.succeeded"] == 12000 and len(rows) == 4 + len(result["figures"]), rows
        for name, value in figures(result).items():
            assert abs(found[name] - value) <= 1e-6 * abs(value) + 1e-9, name
    families = openmetrics_of(read(base + ".prom"))
    if families:
        with stores.case("report -o .prom: the reference parser of OpenMetrics has counts and latencies"):
            done = {sample.labels["outcome"]: sample.value for sample in families["headrace_report_operations"].samples}
            assert done == {"succeeded": 12000, "failed": 0, "cancelled": 0}, done
            latency = families["headrace_report_latency_seconds"]
            last = [sample for sample in latency.samples if sample.labels.get("le") == "+Inf"]
            assert latency.type == "histogram" and last[0].value == 12000, latency
    with stores.case("report -o .txt is the same as .prom"):
        report(*paths, "--together", "shards", "-o", base + ".txt")
        assert read(base + ".txt") == read(base + ".prom")
    with stores.case("report -o .hgrm of two results is refused, with their number"):
        done = report(*paths, "--together", "none", "-o", base + ".hgrm", code=1)
        assert b"there are 4 with some" in done.stderr, done.stderr


def check_suites(folder):
    path = write(folder, "suite.json", SUITE)
    with stores.case("report of a suite: a check that was not run is no tick, the status says so, and it is no failure"):
        text = report(path).stdout.decode()
        assert "ISSUES FOUND" in text and "- [x] Logging overhead" in text and "- [ ] Zero memory leaks" in text, text
        assert "not run: a shorter run was asked for" in text and "Next Steps" in text, text
    with stores.case("report of a suite that ran nothing fails"):
        empty = write(folder, "empty.json", dict(SUITE, checks=[]))
        assert b"ran nothing" in report(empty, code=1).stdout
        error = json.loads(report("--json", empty, code=1).stdout)["error"]
        assert error == {"code": "ERANGE", "class": "failed", "message": "Suite logging ran nothing"}, error
    with stores.case("report -o .xml: checks are test cases, as JUnit has them"):
        missed = dict(SUITE["checks"][0], name="missed", value=1, passed=False)
        failed = write(folder, "failed.json", dict(SUITE, checks=[*SUITE["checks"], missed]))
        report(failed, "-o", os.path.join(folder, "suite.xml"), code=1)
        suite = xml.etree.ElementTree.parse(os.path.join(folder, "suite.xml")).getroot().find("testsuite")
        cases = {case.get("name"): [part.tag for part in case] for case in suite.findall("testcase")}
        assert cases == {"mean of a call": [], "24 hours": ["skipped"], "missed": ["failure"]}, cases
        assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1"), suite.attrib


def slower(result, share, later):
    """A copy of a report with its rate and CPU so much worse."""
    copy = json.loads(json.dumps(result))
    copy["duration_s"] *= 1 + share
    copy["cpu_s"] *= 1 + share
    copy["started_at"] = f"2026-01-01T00:{later:02}:00.000Z"
    return copy


def check_baseline(folder, path):
    one = json.loads(read(path))
    base = os.path.join(folder, "base")
    os.mkdir(base)
    noise = (0.0, 0.004, -0.003, 0.002, -0.005, 0.001)
    for i, part in enumerate(noise):
        write(base, f"{i}.json", slower(one, part, i))
    rounds = {name: [write(folder, f"{name}{i}.json", slower(one, share + part, i)) for i, part in enumerate(noise)]
              for name, share in (("tenth", 0.1), ("hundredth", 0.01))}
    with stores.case("report --baseline: a tenth over six rounds is past the threshold, with its interval, exit code 1"):
        found = json.loads(report("--json", "--baseline", base, *rounds["tenth"], code=1).stdout)
        rate = next(made for made in found["comparisons"] if made["figure"] == "operations_per_s")
        assert rate["verdict"] == "worse" and rate["past_threshold"] and rate["low"] <= 1 / 1.1 <= rate["high"], rate
        assert not rate["one_run"] and rate["p"] < 0.05 and rate["confidence"] >= 0.95, rate
    with stores.case("report --baseline: a hundredth is not"):
        found = json.loads(report("--json", "--baseline", base, *rounds["hundredth"]).stdout)
        assert not any(made["past_threshold"] for made in found["comparisons"]), found["comparisons"]
    with stores.case("report --threshold: what is past 5 % is not past 20 %"):
        report("--baseline", base, "--threshold", "20", *rounds["tenth"])
    with stores.case("report --baseline of another workload compares nothing, and fails"):
        other = write(folder, "other.json", dict(one, concurrency=99))
        assert b"Nothing was compared" in report(other, "--baseline", base, code=1).stdout
    with stores.case("report --together rounds: six results are six rounds"):
        found = json.loads(report("--json", "--together", "rounds", *rounds["tenth"]).stdout)["results"]
        assert len(found) == 1 and found[0]["rounds"] == 6, found


def check_faults(folder, path):
    with stores.case("report of what is no result names file and member, exit code 1"):
        for name, text, why in (("none.json", "{}", b"no harness"), ("broken.json", "{", b"line 1"),
                                ("other.json", json.dumps(dict(json.loads(read(path)), protocol=7)), b"protocol is not 1")):
            done = report(write(folder, name, text), code=1)
            assert name.encode() in done.stderr and why in done.stderr, done.stderr
        error = json.loads(report("--json", os.path.join(folder, "nothing.json"), code=1).stdout)["error"]
        assert "nothing.json" in error["message"], error
    with stores.case("report -o of an unknown form is wrong usage with the forms"):
        assert b".html" in report(path, "-o", "a.pdf", code=2).stderr
        assert b"percent" in report(path, "--threshold", "x", code=2).stderr


def check_environment(store, folder):
    with stores.case("bench reports their environment and command line, without secrets"):
        path = os.path.join(folder, "secret.json")
        access, secret = store.environment()["AWS_ACCESS_KEY_ID"], store.environment()["AWS_SECRET_ACCESS_KEY"]
        done = subprocess.run([*bench_words(store, path, 10, 1), "--access-key", access, "--secret-key", secret], capture_output=True,
                              check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        text, found = read(path), json.loads(read(path))["environment"]
        assert secret not in text and "--secret-key ***" in found["command"], found
        assert found["command"].startswith("headrace bench s3 --endpoint http"), found
        for name in ("kernel", "machine", "host", "cores", "memory_bytes", "limits", "clock", "headrace", "compiler"):
            assert name in found, name
        assert secret not in report(path).stdout.decode()


# ---- The page.

# Waits for the plots, then tells of each canvas how many of its pixels are drawn, and how wide the page is.
PROBE = """<script>addEventListener('load',()=>setTimeout(()=>{
const told=[...document.querySelectorAll('canvas')].map(c=>{const d=c.getContext('2d').getImageData(0,0,c.width,c.height).data;
let n=0;const hues=new Set();for(let i=3;i<d.length;i+=4)if(d[i]){n++;hues.add(d[i-3]>>5<<6|d[i-2]>>5<<3|d[i-1]>>5);}
return{label:c.getAttribute('aria-label'),width:c.width,height:c.height,drawn:n,hues:hues.size};});
parent.postMessage({told,wide:document.documentElement.scrollWidth,inner:innerWidth,dark:matchMedia('(prefers-color-scheme: dark)')
.matches,back:getComputedStyle(document.body).backgroundColor},'*');},300));</script>"""
# Chromium's own window is never narrower than 500: the page stands in a frame that is.
FRAME = """<!DOCTYPE html><meta charset="utf-8"><style>body{{margin:0}}iframe{{border:0;display:block}}</style><pre id="told"
style="display:none"></pre><script>addEventListener('message',e=>{{document.getElementById('told').textContent=JSON.stringify(e.data)}})
</script><iframe src="{page}" width="{width}" height="{height}"></iframe>"""


def pages_of(folder, path):
    one = json.loads(read(path))
    one["series"] = [{"second": i, "operations": 1000, "errors": int(i == 30), "rate": 1000 + 50 * (i % 5), "p50": 0.5 + i / 100,
                      "p99": None if i == 31 else 3 + i % 9} for i in range(60)]
    one["curve"] = [{"rate_per_s": rate, "operations_per_s": min(rate, 4300), "p50_ms": 0.4 + rate / 9000,
                     "p99_ms": 1 + (rate / 2000) ** 3} for rate in range(500, 5001, 500)]
    one["error_examples"] = {"</script><script>alert(1)</script>": "<img src=x onerror=alert(1)>"}
    one["errors"] = {"</script><script>alert(1)</script>": 1}
    other = dict(one, concurrency=77)
    return [write(folder, "page1.json", one), write(folder, "page2.json", other), os.path.join(folder, "suite.json")]


def chromium(page, shot, width, height, dark):
    words = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage",
             "--allow-file-access-from-files", "--enable-logging=stderr", f"--window-size={max(width, 500)},{height}",
             "--virtual-time-budget=4000", *(["--force-dark-mode"] if dark else [])]
    url = "file://" + page
    with tempfile.TemporaryDirectory() as home:
        env = dict(os.environ, HOME=home, XDG_CONFIG_HOME=home, XDG_CACHE_HOME=home)
        done = subprocess.run([*words, "--dump-dom", f"--screenshot={shot}", url], capture_output=True, check=False, timeout=60, env=env)
    console = [line for line in done.stderr.decode(errors="replace").splitlines() if "CONSOLE" in line]
    found = re.search(r'<pre id="told"[^>]*>([^<]+)</pre>', done.stdout.decode())
    assert found, (done.stdout[-500:], done.stderr[-500:])
    return json.loads(html.unescape(found.group(1))), console


def check_page(folder, path):
    if not shutil.which("chromium"):
        stores.skip("report -o .html in Chromium", "chromium is not installed: apt-get install chromium")
        return
    if not os.path.exists(CHART):
        stores.skip("report -o .html in Chromium", "libjs-chart.js is not installed: apt-get install libjs-chart.js")
        return
    os.makedirs(SHOTS, exist_ok=True)
    page = os.path.join(folder, "page.html")
    report(*pages_of(folder, path), "-o", page)
    write(folder, "probed.html", read(page).replace("</body>", PROBE + "</body>"))
    for width in (400, 1400):
        for dark in (False, True):
            name = f"report-{width}-{'dark' if dark else 'light'}"
            with stores.case(f"the page in Chromium, {width} wide, {'dark' if dark else 'light'}: no error, no blank plot, nothing too wide"):
                frame = write(folder, name + ".html", FRAME.format(page="probed.html", width=width, height=9000 if width < 500 else 5000))
                told, console = chromium(frame, os.path.join(SHOTS, name + ".png"), width, 9000 if width < 500 else 5000, dark)
                assert not console, console
                assert len(told["told"]) >= 12 and told["dark"] == dark, told
                for canvas in told["told"]:
                    assert canvas["drawn"] > 0.01 * canvas["width"] * canvas["height"] and canvas["hues"] >= 3, canvas
                assert told["inner"] == width and told["wide"] <= width, told
                assert (told["back"] == "rgb(255, 255, 255)") == (not dark), told["back"]


def check_page_alone(folder, path):
    with stores.case("the page asks for nothing from a network, and texts of a result end no script"):
        page = os.path.join(folder, "alone.html")
        report(*pages_of(folder, path), "-o", page)
        text = read(page)
        assert "default-src 'none'" in text and not re.search(r'(src|href)="(?!data:)', text), "it refers to something"
        # The library's own text may speak of scripts; ours is counted.
        assert text.count("<script>alert") == 0 and "&lt;script&gt;alert" in text
    with stores.case("report --chart: without the library the page has its tables and says so"):
        done = report(*pages_of(folder, path), "-o", page, "--chart", "/nonexistent/chart.js")
        assert b"install libjs-chart.js" in done.stderr and "latency_ms.p99" in read(page) and "No plots" in read(page), done.stderr


def main():
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, stores.embedded() as store:
        paths = check_shards(store, folder)
        check_environment(store, folder)
        check_forms(folder, paths)
        check_suites(folder)
        check_baseline(folder, paths[0])
        check_faults(folder, paths[0])
        check_page_alone(folder, paths[0])
        check_page(folder, paths[0])
    print(f"# {time.monotonic() - began:.0f} s")
    stores.finish()


if __name__ == "__main__":
    main()
