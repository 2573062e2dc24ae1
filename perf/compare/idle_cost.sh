#!/usr/bin/env bash
# What headrace costs while nothing happens, on both back ends: own memory of an idle connection of the HTTP client, CPU
# of an engine with nothing to do. What perf/compare/idle_cost.py says; builds what it needs.
# Exit status: 0 within the limits, 1 not, or something failed, 2 wrong usage, 3 something needed is not there.
set -u -o pipefail
cd "$(dirname "$0")/../.." || exit 1
. tests/support/packages.sh

case " $* " in
*" --help "* | *" -h "*) exec python3 perf/compare/idle_cost.py --help ;;
esac
hr_packages_install "${hr_packages_build[@]}" python3 || exit 3
mkdir -p build/compare
program=${IDLE_COST:-build/release/perf/idle_cost}
if [ -z "${IDLE_COST:-}" ]; then
  { cmake --preset release && cmake --build --preset release --target idle_cost; } >build/compare/build.log 2>&1 ||
    { tail -n 20 build/compare/build.log >&2; exit 1; }
fi
cc -O2 -Wall -Wextra -Werror -o build/compare/hold_server perf/compare/peers/hold_server.c || exit 1
ulimit -Sn "$(ulimit -Hn)"
exec python3 perf/compare/idle_cost.py --program "$program" --server build/compare/hold_server "$@"
