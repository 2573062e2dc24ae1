#!/usr/bin/env bash
# Installs what is missing, builds, and runs the stress harness on the embedded S3 server: 1000 concurrent uploads
# of 64 KiB, then a sustained run. Needs nothing but a Debian 12, as root or with sudo; safe to run again.
# Exit status: 0 done, 1 an operation failed, 3 this machine cannot run it (the cause is said).
set -u -o pipefail
cd "$(dirname "$0")/.." || exit 1

. tests/support/packages.sh

hr_packages_install "${hr_packages_build[@]}" || exit 3
say "building"
mkdir -p build
if ! { CC=gcc CXX=g++ cmake --preset release && cmake --build --preset release --target headrace; } >build/demo-build.log 2>&1; then
  tail -n 40 build/demo-build.log >&2
  exit 1
fi
headrace=build/release/perf/headrace

say "headrace doctor"
"$headrace" doctor
status=$?
if [ $status -ne 0 ]; then
  say "the demo cannot run here: headrace doctor names the cause and the remedy above" >&2
  exit 3
fi

# The bench starts `headrace serve s3` as a child and ends it; what it prints of itself is the client's.
bench() {
  local title=$1 status
  shift
  say "$title"
  say "headrace bench s3 $*"
  "$headrace" bench s3 "$@"
  status=$?
  if [ $status -ne 0 ]; then
    say "failed with exit status $status" >&2
    exit $status
  fi
}

bench "1000 concurrent uploads of 64 KiB" --concurrency 1000 --operations 5000 --objects 1000 --size 64KiB --mix put=1
bench "sustained: 64 at a time for 30 s" --concurrency 64 --duration 30s --objects 1000 --size 64KiB \
  --mix put=1,get=3,head=1,list=1
