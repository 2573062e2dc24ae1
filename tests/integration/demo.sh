#!/usr/bin/env bash
# The README's first command: it ends well here, its report has what it must, and where the kernel refuses the ring
# it ends with 3 and the cause.
set -u
cd "$(dirname "$0")/../.." || exit 1
HR_PYTHON=${HR_PYTHON:-python3}
HR_REFUSE_IO_URING=${HR_REFUSE_IO_URING:-build/asan/tests/refuse_io_uring}
log=build/logs/demo-run.log

if timeout 600 bash perf/demo.sh >"$log" 2>&1; then echo "ok: demo ends with 0"; else echo "fail: demo ends with 0: $(tail -n 1 "$log")"; fi
grep -q '1000 concurrent uploads of 64 KiB: 1000 succeeded, 0 failed' "$log" && echo "ok: 1000 uploads" || echo "fail: 1000 uploads: not said"
for word in p50 p99 CPU memory connections; do
  grep -qi "$word" "$log" && echo "ok: it shows $word" || echo "fail: it shows $word: it does not"
done

"$HR_PYTHON" - build/demo-report.json <<'END'
import json, sys
try:
    with open(sys.argv[1], encoding="utf-8") as file:
        result = json.load(file)
    missing = [name for name in "harness endpoint concurrency connections_peak operations success_rate first_attempt_success_rate "
               "duration_s operations_per_s bytes_per_s latency_ms cpu_us_per_operation rss_peak_bytes retries errors".split()
               if name not in result]
    missing += [name for name in "submitted succeeded failed cancelled".split() if name not in result["operations"]]
    missing += [name for name in "mean p50 p90 p95 p99 p999 max".split() if name not in result["latency_ms"]]
    print(f"fail: the report's fields: missing {missing}" if missing else "ok: the report's fields")
    operations = result["operations"]
    good = operations["failed"] == operations["cancelled"] == 0 and operations["succeeded"] >= 5000
    print("ok: at least 5000 sustained, none failed" if good else f"fail: at least 5000 sustained, none failed: {operations}")
except (OSError, ValueError, KeyError) as problem:
    print(f"fail: the report: {type(problem).__name__} {problem}")
END

"$HR_REFUSE_IO_URING" EPERM bash perf/demo.sh >"$log.refused" 2>&1
status=$?
if [ $status -eq 3 ]; then echo "ok: a refused ring ends with 3"; else echo "fail: a refused ring ends with 3: it ended with $status"; fi
grep -qi 'seccomp' "$log.refused" && echo "ok: the cause is named" || echo "fail: the cause is named: $(tail -n 1 "$log.refused")"
