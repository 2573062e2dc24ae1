#!/usr/bin/env bash
# Builds the simulated world and runs seeds of it. docs/replay-a-seed.md tells what it is.
set -u -o pipefail
cd "$(dirname "$0")/../.." || exit 1

usage() {
  cat <<'USAGE'
usage: bash tests/sim/run.sh --first-seed N --seeds M [options]

  --jobs J        worker processes; one per core without it
  --profile NAME  calm, hidden, tight, lossy, slow, closing or hostile; without it the seed picks
  --scenario NAME one client that is watched for how well it gets on: resets (a tenth of the connections
                  dies, half of the origins are slow), hosts (a service fails and returns, or moves), hedges (slow
                  requests are asked a second time) or strays (responses that nobody asked for, plain and over TLS);
                  or log, a log whose disk is bad; of the S3 client uploads and copies (answers are lost), regions
                  (the bucket lies in another one), keys (credentials expire, their provider lies and hangs) and reads
                  (bodies break off, objects change, the store's clock is wrong)
  --trace         every event, readable, one worker
  --twice         runs each seed twice and compares the traces
  --asan          built with AddressSanitizer and UBSan
  --build DIR     the build folder; build/sim, or build/asan with --asan

The last line is "N seeds, F findings, R seeds/s"; the exit status is 1 if there were findings, 2 for wrong usage.
USAGE
}

build='' asan='' jobs=$(nproc) arguments=()
while [ $# -gt 0 ]; do
  case $1 in
  --first-seed | --seeds | --profile | --scenario)
    [ $# -ge 2 ] || { usage >&2; exit 2; }
    arguments+=("$1" "$2")
    shift ;;
  --jobs | --build)
    [ $# -ge 2 ] || { usage >&2; exit 2; }
    if [ "$1" = --jobs ]; then jobs=$2; else build=$2; fi
    shift ;;
  --trace | --twice) arguments+=("$1") ;;
  --asan) asan=1 ;;
  --help | -h) usage; exit 0 ;;
  *) printf 'tests/sim/run.sh: unknown argument: %s\n' "$1" >&2; usage >&2; exit 2 ;;
  esac
  shift
done

# Optimised, but with every assertion.
configure() {
  if [ -n "$asan" ]; then
    cmake --preset asan -B "$build"
  else
    cmake -G Ninja -B "$build" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_FLAGS_RELWITHDEBINFO='-O2 -g' -DHR_TESTS=ON
  fi
}
[ -n "$build" ] || { [ -n "$asan" ] && build=build/asan || build=build/sim; }
mkdir -p "$build"
log=$build/build-sim.log
{ { [ -e "$build/CMakeCache.txt" ] || configure; } && cmake --build "$build" --target sim; } >"$log" 2>&1 || {
  grep -E -A8 'error:|FAILED:|CMake Error' "$log" | head -n 60 >&2
  printf 'tests/sim/run.sh: the build fails, see %s\n' "$log" >&2
  exit 1
}

# The sanitizers do not start reliably under the address-space randomisation of newer kernels.
without_aslr=()
if [ -n "$asan" ] && setarch "$(uname -m)" -R true 2>/dev/null; then without_aslr=(setarch "$(uname -m)" -R); fi
exec "${without_aslr[@]}" "$build/tests/sim" "${arguments[@]}" --jobs "$jobs"
