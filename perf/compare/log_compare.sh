#!/usr/bin/env bash
# `headrace bench log` with all of its peers: installs what is missing, builds, runs. Arguments are those of the command.
# Exit status: 0 done, 1 something failed, 2 wrong usage, 3 something needed is not there.
set -u -o pipefail
cd "$(dirname "$0")/../.." || exit 1
. tests/support/packages.sh

hr_packages_install "${hr_packages_build[@]}" libspdlog-dev python3 >&2 || exit 3
mkdir -p build/compare
{ cmake --preset release && cmake --build --preset release; } >build/compare/build.log 2>&1 ||
  { tail -n 20 build/compare/build.log >&2; exit 1; }
exec build/release/perf/headrace bench log "$@"
