#!/usr/bin/env bash
# Client cost against canned responses: nginx (perf/compare/nginx/canned.conf) on one core, the client on another, interleaved
# rounds, medians with spread. What is compared: wrk's plain GET (nothing signed: the floor), `headrace bench s3`
# GET, PUT with an unsigned and PUT with a signed payload (SHA-256 of the body), boto3 GET and PUT (threads, pool =
# concurrency). CPU is user + system time of the client process alone.
# Exit status: 0 done, 1 something failed, 3 something needed is not there (it is named).
set -u -o pipefail
cd "$(dirname "$0")/../.." || exit 1

usage() {
  cat <<'END'
usage: bash perf/compare/client_cost.sh [--rounds N] [--seconds N] [--connections "64 1000"] [--without-boto3]

Environment:
  HEADRACE=PATH  the command (default build/release/perf/headrace; built when it is missing)
Needs nginx (Debian: nginx-light), wrk, taskset, python3, and boto3 in build/venv (made when it is missing).
END
}

rounds=5 seconds=4 connections="64 1000" with_boto3=1 body_size=4096
while [ $# -gt 0 ]; do
  case $1 in
  --rounds | --seconds | --connections)
    [ $# -ge 2 ] || { usage >&2; exit 2; }
    declare "${1#--}=$2"
    shift
    ;;
  --without-boto3) with_boto3=0 ;;
  --help | -h) usage; exit 0 ;;
  *) printf 'client_cost.sh: unknown argument: %s\n' "$1" >&2; usage >&2; exit 2 ;;
  esac
  shift
done

say() { printf '%s\n' "$*"; }
need() {
  command -v "$1" >/dev/null || { say "client_cost.sh: $1 is not installed (Debian package $2)" >&2; exit 3; }
}
PATH=$PATH:/usr/sbin
need nginx nginx-light
need wrk wrk
need taskset util-linux
need python3 python3
headrace=${HEADRACE:-build/release/perf/headrace}
if [ ! -x "$headrace" ]; then
  say "building"
  mkdir -p build
  { cmake --preset release && cmake --build --preset release --target headrace; } >build/client_cost-build.log 2>&1 ||
    { tail -n 20 build/client_cost-build.log >&2; exit 1; }
fi
python=build/venv/bin/python3
if [ $with_boto3 -eq 1 ] && ! "$python" -c 'import boto3' 2>/dev/null; then
  say "installing boto3 into build/venv"
  { python3 -m venv build/venv && build/venv/bin/pip install -q boto3; } ||
    { say "client_cost.sh: boto3 could not be installed; --without-boto3 leaves it out" >&2; exit 3; }
fi
mapfile -t cores < <(python3 -c 'import os; print(*sorted(os.sched_getaffinity(0)), sep="\n")')
[ ${#cores[@]} -ge 2 ] || { say "client_cost.sh: two cores are needed, this process may use ${#cores[@]}" >&2; exit 3; }
client=(taskset -c "${cores[0]}")
server=(taskset -c "${cores[1]}")
scheduling="normal scheduling"
if chrt -f 10 true 2>/dev/null; then
  client+=(chrt -f 10)
  server+=(chrt -f 10)
  scheduling="SCHED_FIFO 10"
fi
ulimit -Sn "$(ulimit -Hn)"
export AWS_ACCESS_KEY_ID=canned AWS_SECRET_ACCESS_KEY=canned-secret
unset AWS_SESSION_TOKEN AWS_PROFILE S3_ENDPOINT_URL

folder=$(mktemp -d)
cleanup() {
  [ -z "${NGINX_PID:-}" ] || { eval "exec ${NGINX[1]}>&-"; wait "$NGINX_PID" 2>/dev/null; }
  rm -rf "$folder"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# Its URL comes out of one pipe, it ends with the other.
start_nginx() {
  coproc NGINX { exec python3 perf/compare/canned_nginx.py "${server[@]}"; }
  read -r endpoint <&"${NGINX[0]}" && [ -n "$endpoint" ] || { say "client_cost.sh: nginx did not start" >&2; exit 1; }
}

# A result is one line: connections, name, operations a second, CPU microseconds an operation, peak memory in bytes or 0.
record() { printf '%s\t%s\t%s\t%s\t%s\n' "$@" >>"$folder/results.tsv"; }

run_wrk() {
  local count=$1 times requests
  times=$({
    TIMEFORMAT='%U %S %R'
    time "${client[@]}" wrk -t1 -c"$count" -d"${seconds}s" "$endpoint/headrace-bench/bench/a/00000000" >"$folder/wrk.log" 2>&1
  } 2>&1) || { say "wrk failed: $(tail -n 1 "$folder/wrk.log")" >&2; exit 1; }
  requests=$(sed -nE 's/^ *([0-9]+) requests in .*/\1/p' "$folder/wrk.log")
  read -r user system real <<<"$times"
  record "$count" "wrk GET, nothing signed" "$(python3 -c "print($requests / $real)")" \
    "$(python3 -c "print(($user + $system) * 1e6 / $requests)")" 0
}

# run_headrace CONNECTIONS NAME MIX PAYLOAD
run_headrace() {
  if ! "${client[@]}" "$headrace" bench s3 --endpoint "$endpoint" --no-setup --concurrency "$1" --duration "${seconds}s" \
    --size $body_size --mix "$3" --payload "$4" --json "$folder/headrace.json" >"$folder/headrace.log" 2>&1; then
    cat "$folder/headrace.log" >&2
    exit 1
  fi
  record "$1" "$2" "$(json "$folder/headrace.json" operations_per_s)" \
    "$(json "$folder/headrace.json" cpu_us_per_operation)" "$(json "$folder/headrace.json" rss_peak_bytes)"
}

# run_boto3 CONNECTIONS NAME KIND
run_boto3() {
  local operations=$((seconds * 400))
  [ $operations -gt "$1" ] || operations=$(($1 * 2))
  "${client[@]}" "$python" perf/compare/boto3_bench.py --endpoint "$endpoint" --concurrency "$1" --operations $operations \
    --size $body_size --kind "$3" >"$folder/boto3.json" || exit 1
  [ "$(json "$folder/boto3.json" failed)" = 0 ] || { cat "$folder/boto3.json" >&2; exit 1; }
  record "$1" "$2" "$(json "$folder/boto3.json" operations_per_s)" "$(json "$folder/boto3.json" cpu_us_per_operation)" 0
}

json() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$1" "$2"; }

start_nginx
load=$(cut -d' ' -f1 /proc/loadavg)
say "client on core ${cores[0]}, server (nginx, one worker, canned $body_size bytes) on core ${cores[1]}, $scheduling"
say "$rounds interleaved rounds of $seconds s; $("$headrace" --version), $(nginx -v 2>&1), kernel $(uname -r)"
[ $with_boto3 -eq 0 ] ||
  say "$("$python" -c 'import boto3, botocore; print("boto3", boto3.__version__, "botocore", botocore.__version__)'), retry mode legacy, CRT off"
python3 -c "import sys; sys.exit($load > 0.5)" ||
  say "NOTE: the load average is $load before the first run: other work is running, the figures may be off"
for ((round = 1; round <= rounds; round++)); do
  for count in $connections; do
    say "round $round of $rounds, $count connections" >&2
    run_wrk "$count"
    run_headrace "$count" "headrace GET, signed, no payload" get=1 unsigned
    run_headrace "$count" "headrace PUT, payload unsigned" put=1 unsigned
    run_headrace "$count" "headrace PUT, payload signed (SHA-256)" put=1 signed
    if [ $with_boto3 -eq 1 ]; then
      run_boto3 "$count" "boto3 GET, signed, no payload" get
      run_boto3 "$count" "boto3 PUT, its defaults (CRC32, SHA-256)" put
    fi
  done
done
python3 perf/compare/client_cost.py "$folder/results.tsv"
