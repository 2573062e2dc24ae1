#!/usr/bin/env bash
# The README's first command: it ends well here, its report has what it must, and where the ring is refused as in a
# container it goes on with epoll and says why; only without either it ends with 3.
set -u
cd "$(dirname "$0")/../.." || exit 1
HR_PYTHON=${HR_PYTHON:-python3}
HR_HEADRACE=${HR_HEADRACE:-build/release/perf/headrace}
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
               "duration_s operations_per_s bytes_per_s latency_ms cpu_us_per_operation rss_peak_bytes retries errors backend".split()
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

# What a log says. says NAME PATTERN LOG
says() {
  if grep -qi -- "$2" "$3"; then echo "ok: $1"; else echo "fail: $1: $(tail -n 1 "$3")"; fi
}

# A container's filter: the whole demo.
if "$HR_REFUSE_IO_URING" EPERM timeout 600 bash perf/demo.sh >"$log.refused" 2>&1; then
  echo "ok: a refused ring: the demo ends with 0"
else
  echo "fail: a refused ring: the demo ends with 0: $(tail -n 1 "$log.refused")"
fi
says "a refused ring: the cause is named" 'seccomp' "$log.refused"
says "a refused ring: doctor names epoll" '^ok *backend *epoll: io_uring is refused (EPERM)' "$log.refused"
says "a refused ring: going on is said" 'going on with epoll: ' "$log.refused"
says "a refused ring: the uploads were on epoll" '1000 succeeded, 0 failed, .* on epoll$' "$log.refused"

# The other ways to refuse it: Docker and containerd, Podman, a filter that lets a ring be set up.
for refusal in EPERM:all ENOSYS:all EPERM:enter; do
  "$HR_REFUSE_IO_URING" $refusal timeout 120 "$HR_HEADRACE" bench s3 --concurrency 64 --operations 1000 --size 4KiB \
    --mix put=1,get=1 --json "$log.json" >"$log.$refusal" 2>&1
  status=$?
  if [ $status -eq 0 ]; then echo "ok: $refusal: a bench ends with 0"; else echo "fail: $refusal: a bench ends with 0: it ended with $status"; fi
  says "$refusal: it is on epoll" '"backend": *"epoll"' "$log.json"
  says "$refusal: the cause is in the report" '"backend_cause": *".*seccomp' "$log.json"
  rm -f "$log.json"
done

# A ring that is insisted on.
HEADRACE_BACKEND=io_uring "$HR_REFUSE_IO_URING" EPERM bash perf/demo.sh >"$log.insisted" 2>&1
status=$?
if [ $status -eq 3 ]; then echo "ok: a refused ring that is insisted on ends with 3"; else echo "fail: a refused ring that is insisted on ends with 3: it ended with $status"; fi
says "a refused ring that is insisted on: the remedy" 'unset HEADRACE_BACKEND' "$log.insisted"
