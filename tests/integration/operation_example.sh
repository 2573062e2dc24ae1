#!/usr/bin/env bash
# The worked example of docs/adding-an-operation.md: its patch applies to a copy of these sources, builds without a warning,
# and its test and those beside it pass on io_uring, on epoll and on the simulated kernel.
set -u
cd "$(dirname "$0")/../.." || exit 1
log=$PWD/build/logs/operation-example.log
mkdir -p build/logs
copy=$(mktemp -d) || exit 1
trap 'rm -rf "$copy"' EXIT

tar --exclude=./build --exclude=./.git -cf - . | tar -xf - -C "$copy"
if ! patch -d "$copy" -p1 <docs/examples/operation_mkdir.patch >"$log" 2>&1; then
  echo "fail: the patch applies: $(tail -n 1 "$log")"
  exit 1
fi
echo "ok: the patch applies"
if ! { cmake -S "$copy" --preset debug -B "$copy/build/debug" -DHR_WERROR=ON &&
  cmake --build "$copy/build/debug" --target unit_engine; } >>"$log" 2>&1; then
  echo "fail: it builds: $(grep -m 1 'error' "$log")"
  exit 1
fi
echo "ok: it builds"
for backend in io_uring epoll simulated; do
  choice=HEADRACE_BACKEND=$backend
  [ $backend != simulated ] || choice=HEADRACE_TEST_KERNEL=simulated
  if env "$choice" "$copy/build/debug/tests/unit_engine" --filter 'operation/*' --tap >"$log.$backend" 2>&1 &&
    grep -q '^ok - operation::makes_a_directory' "$log.$backend"; then
    echo "ok: it passes on $backend"
  else
    echo "fail: it passes on $backend: $(grep -m 1 '^not ok' "$log.$backend")"
  fi
done
