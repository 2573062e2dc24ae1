#!/usr/bin/env bash
# One reactor with 1,000 active connections, without idle ones and beside 10,000 idle ones, on both back ends; client and
# server are processes of their own, on a core each. Interleaved rounds, medians with spread. Builds what it needs. There is
# no cliff when the median p99 beside idle ones is at most CLIFF (1.5) times the one without.
# usage: bash perf/compare/scale.sh [IDLE [ACTIVE [SECONDS [ROUNDS]]]]     (10000 1000 3 5)
# Exit status: 0 no cliff, 1 a cliff or something failed, 2 wrong usage, 3 something needed is not there.
set -u -o pipefail
cd "$(dirname "$0")/../.." || exit 1
. tests/support/packages.sh

[ $# -le 4 ] || { echo "usage: bash perf/compare/scale.sh [IDLE [ACTIVE [SECONDS [ROUNDS]]]]" >&2; exit 2; }
idle=${1:-10000} active=${2:-1000} seconds=${3:-3} rounds=${4:-5}
hr_packages_install "${hr_packages_build[@]}" python3 util-linux || exit 3
mkdir -p build/logs
program=${SCALE:-build/release/perf/scale}
if [ -z "${SCALE:-}" ]; then
  { cmake --preset release && cmake --build --preset release --target scale; } >build/logs/scale-build.log 2>&1 ||
    { tail -n 20 build/logs/scale-build.log >&2; exit 1; }
fi
ulimit -Sn "$(ulimit -Hn)"
exec python3 - "$program" "$idle" "$active" "$seconds" "$rounds" "${CLIFF:-1.5}" <<'END'
import json, statistics, subprocess, sys
program, idle, active, seconds = sys.argv[1:5]
rounds, cliff = int(sys.argv[5]), float(sys.argv[6])
first = subprocess.run(["chrt", "-f", "10", "true"], capture_output=True).returncode == 0
prefix = ["chrt", "-f", "10"] if first else []
print(f"{rounds} rounds of {seconds} s, {'SCHED_FIFO 10' if first else 'normal scheduling'}")
found = {"io_uring": [], "epoll": []}
for number in range(rounds):
    for backend, results in found.items():
        run = subprocess.run(prefix + [program, backend, idle, active, seconds], capture_output=True, text=True)
        if run.returncode != 0:
            sys.exit(f"scale.sh: {backend} failed: {run.stdout}{run.stderr}")
        results.append(json.loads(run.stdout))

def spread(results, phase, member):
    values = [each.get(phase, each["alone"])[member] for each in results]
    return f"{statistics.median(values):.0f} ({min(values):.0f}-{max(values):.0f})"

status = 0
for backend, results in found.items():
    alone = statistics.median(each["alone"]["p99_us"] for each in results)
    beside = statistics.median(each.get("beside_idle", each["alone"])["p99_us"] for each in results)
    held = results[0]["idle"]
    status |= beside > cliff * alone
    print(f"{backend}: {active} active, us; 0 idle: p50 {spread(results, 'alone', 'p50_us')}, p99 {spread(results, 'alone', 'p99_us')}; "
          f"{held} idle: p50 {spread(results, 'beside_idle', 'p50_us')}, p99 {spread(results, 'beside_idle', 'p99_us')}; "
          f"{statistics.median(each.get('bytes_per_idle', 0) for each in results):.0f} bytes an idle connection; "
          f"p99 {beside / alone:.2f} times: {'A CLIFF' if beside > cliff * alone else 'no cliff'}")
sys.exit(status)
END
