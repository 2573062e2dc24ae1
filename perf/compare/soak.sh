#!/usr/bin/env bash
# A closed loop on many connections for a while, on both back ends, with the client's resident memory read each second: flat
# when the median of the last third is within 2 % of the middle third's; and its counters add up. Builds what it needs.
# usage: bash perf/compare/soak.sh [SECONDS [CONNECTIONS]]     (60 1000)
# Exit status: 0 flat, 1 not, or something failed, 2 wrong usage, 3 something needed is not there.
set -u -o pipefail
cd "$(dirname "$0")/../.." || exit 1
. tests/support/packages.sh

[ $# -le 2 ] || { echo "usage: bash perf/compare/soak.sh [SECONDS [CONNECTIONS]]" >&2; exit 2; }
seconds=${1:-60} connections=${2:-1000}
hr_packages_install "${hr_packages_build[@]}" python3 || exit 3
mkdir -p build/logs
program=${SCALE:-build/release/perf/scale}
if [ -z "${SCALE:-}" ]; then
  { cmake --preset release && cmake --build --preset release --target scale; } >build/logs/scale-build.log 2>&1 ||
    { tail -n 20 build/logs/scale-build.log >&2; exit 1; }
fi
ulimit -Sn "$(ulimit -Hn)"
exec python3 - "$program" "$seconds" "$connections" <<'END'
import json, os, statistics, subprocess, sys, time
program, seconds, connections = sys.argv[1], int(sys.argv[2]), sys.argv[3]
FLAT = 0.02
page_kib = os.sysconf("SC_PAGE_SIZE") // 1024
bad = 0
for backend in "io_uring", "epoll":
    run = subprocess.Popen([program, backend, "0", connections, str(seconds)], stdout=subprocess.PIPE, text=True)
    samples = []
    while run.poll() is None:
        try:
            with open(f"/proc/{run.pid}/statm", encoding="ascii") as file:
                resident = int(file.read().split()[1]) * page_kib
        except (OSError, IndexError):
            break
        if resident:
            samples.append(resident)
        time.sleep(1)
    text = run.communicate()[0]
    if run.returncode != 0:
        print(f"soak.sh: {backend} failed: {text}", file=sys.stderr)
        bad = 1
        continue
    found = json.loads(text)
    third = len(samples) // 3
    if third == 0:
        sys.exit("soak.sh: too short to say anything")
    middle, last = statistics.median(samples[third:2 * third]), statistics.median(samples[2 * third:])
    flat = abs(last - middle) <= FLAT * middle
    print(f"{backend}: {found['alone']['requests']} requests in {seconds} s on {found['connections_open']} connections; resident "
          f"{samples[0]} KiB first, {middle:.0f} in the middle third, {last:.0f} in the last ({100 * (last / middle - 1):+.2f} %), "
          f"{max(samples)} at most; {'flat' if flat else 'NOT FLAT'}; counters {found['counters']}")
    bad |= not flat
sys.exit(bad)
END
