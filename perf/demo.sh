#!/usr/bin/env bash
# Installs what is missing, builds, and runs the stress harness on the embedded S3 server: 1000 concurrent uploads
# of 64 KiB, then a sustained run; on epoll, with the cause, where io_uring is refused as in a container. Needs nothing but
# a Debian 12, as root or with sudo; safe to run again.
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

# The number behind "NAME": of a report.
field() {
  grep -o "\"$1\": *[0-9.]*" "$2" | head -n 1 | grep -o '[0-9.]*$'
}

# The text behind "NAME": of a report.
text_field() {
  grep -o "\"$1\": *\"[^\"]*\"" "$2" | head -n 1 | sed 's/^"[^"]*": *"//; s/"$//'
}

# The bench starts `headrace serve s3` as a child and ends it; what it prints of itself is the client's alone.
# bench TITLE OPERATIONS_MIN CONNECTIONS_MIN OPTION…
bench() {
  local title=$1 operations_min=$2 connections_min=$3 report=build/demo-report.json status failed succeeded peak backend
  shift 3
  printf '\n'
  say "$title"
  say "headrace bench s3 $*"
  rm -f "$report"
  "$headrace" bench s3 "$@" --json "$report"
  status=$?
  if [ $status -ne 0 ]; then
    say "failed with exit status $status" >&2
    exit $status
  fi
  failed=$(field failed "$report")
  succeeded=$(field succeeded "$report")
  peak=$(field connections_peak "$report")
  backend=$(text_field backend "$report")
  say "$title: $succeeded succeeded, $failed failed, $peak connections at the peak, on $backend"
  if [ "$failed" != 0 ] || [ "$succeeded" -lt "$operations_min" ] || [ "$peak" -lt "$connections_min" ]; then
    say "expected: 0 failed, at least $operations_min succeeded, at least $connections_min connections" >&2
    exit 1
  fi
}

bench "1000 concurrent uploads of 64 KiB" 1000 1000 \
  --concurrency 1000 --operations 1000 --size 64KiB --mix put=1
bench "30 s of 64 at a time" 5000 64 \
  --concurrency 64 --duration 30s --size 64KiB --mix put=1,get=3,head=1,list=1
