#!/usr/bin/env bash
# One reactor with 1,000 active connections, without idle ones and beside 10,000 idle ones, on both back ends; client and
# server are processes of their own. Builds what it needs. There is no cliff when the p99 beside idle ones is at most
# CLIFF (1.5) times the one without.
# usage: bash perf/scale.sh [IDLE [ACTIVE [SECONDS]]]     (10000 1000 10)
# Exit status: 0 no cliff, 1 a cliff or something failed, 2 wrong usage, 3 something needed is not there.
set -u -o pipefail
cd "$(dirname "$0")/.." || exit 1
. tests/support/packages.sh

[ $# -le 3 ] || { echo "usage: bash perf/scale.sh [IDLE [ACTIVE [SECONDS]]]" >&2; exit 2; }
idle=${1:-10000} active=${2:-1000} seconds=${3:-10}
hr_packages_install "${hr_packages_build[@]}" python3 || exit 3
mkdir -p build/logs
program=${SCALE:-build/release/perf/scale}
if [ -z "${SCALE:-}" ]; then
  { cmake --preset release && cmake --build --preset release --target scale; } >build/logs/scale-build.log 2>&1 ||
    { tail -n 20 build/logs/scale-build.log >&2; exit 1; }
fi
status=0
for backend in io_uring epoll; do
  result=$("$program" "$backend" "$idle" "$active" "$seconds") || { echo "scale.sh: $backend failed: $result" >&2; exit 1; }
  printf '%s\n' "$result"
  python3 - "$result" "${CLIFF:-1.5}" <<'END' || status=1
import json, sys
found, cliff = json.loads(sys.argv[1]), float(sys.argv[2])
alone, beside = found["alone"], found.get("beside_idle", found["alone"])
ratio = beside["p99_us"] / alone["p99_us"]
print(f"{found['backend']}: {found['active']} active; 0 idle: p50 {alone['p50_us']:.0f} µs, p99 {alone['p99_us']:.0f} µs; "
      f"{found['idle']} idle: p50 {beside['p50_us']:.0f} µs, p99 {beside['p99_us']:.0f} µs ({ratio:.2f} times); "
      f"{found.get('bytes_per_idle', 0)} bytes an idle connection; {'no cliff' if ratio <= cliff else 'A CLIFF'}")
sys.exit(ratio > cliff)
END
done
exit $status
