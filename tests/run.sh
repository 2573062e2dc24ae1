#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test. Needs nothing but a Debian 12, as root or with sudo.
set -u -o pipefail
cd "$(dirname "$0")/.." || exit 1
root=$PWD

usage() {
  cat <<'END'
usage: bash tests/run.sh [--only STAGE[,STAGE…]] [--verbose]

Stages, in their order: tidy, unit, stress, sim, torture, install, examples, integration, clients, fuzz. Each can be run alone.
All that is built or fetched is kept under build/, so a second run only does what is new.

Environment:
  HR_REQUIRE_ALL=1   a skipped test is a failure
  HR_CASES=DIR       the conformance cases (default ../shared/cases); without them those tests are skipped
  HR_FUZZ_SECONDS=N  per fuzz target (default 10)
  HR_BACKENDS=LIST   what tests with an engine run on (default "io_uring epoll")
  HR_JOBS=N          how many tests run at a time (default: as many as there are processors)

The last line is "N passed, N failed, N skipped"; the exit status is 1 if anything failed, 2 for wrong usage.
END
}

all_stages="tidy unit stress sim torture install examples integration clients fuzz"
stages=$all_stages
while [ $# -gt 0 ]; do
  case $1 in
  --only) [ $# -ge 2 ] || { usage >&2; exit 2; }; stages=${2//,/ }; shift ;;
  --only=*) stages=${1#--only=}; stages=${stages//,/ } ;;
  --verbose) export HR_VERBOSE=1 ;;
  --help | -h) usage; exit 0 ;;
  *) printf 'tests/run.sh: unknown argument: %s\n' "$1" >&2; usage >&2; exit 2 ;;
  esac
  shift
done
for stage in $stages; do
  case " $all_stages " in
  *" $stage "*) ;;
  *) printf 'tests/run.sh: unknown stage: %s\n' "$stage" >&2; exit 2 ;;
  esac
done
wants() {
  local stage
  for stage in "$@"; do
    case " $stages " in *" $stage "*) return 0 ;; esac
  done
  return 1
}

. tests/support/packages.sh
. tests/support/results.sh
. tests/support/jobs.sh
logs=$root/build/logs
mkdir -p "$logs"

HR_CASES=$(realpath -m "${HR_CASES:-../shared/cases}")
export HR_CASES HR_REQUIRE_ALL=${HR_REQUIRE_ALL:-0}
export CC=gcc CXX=g++
# Nothing of the caller's own cloud account reaches a test, and no proxy stands before the loopback.
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_PROFILE AWS_REGION AWS_DEFAULT_REGION
unset AWS_ENDPOINT_URL AWS_CA_BUNDLE S3_ENDPOINT_URL HEADRACE_BACKEND
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
export NO_PROXY=127.0.0.1,localhost,::1,.localhost,.test no_proxy=127.0.0.1,localhost,::1,.localhost,.test

peers_pid=
cleanup() {
  jobs_kill
  [ -z "$peers_pid" ] || kill "$peers_pid" 2>/dev/null
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# The sanitizers of gcc 12 and clang 14 do not start reliably under the address-space randomisation of newer
# kernels; a container may forbid to change it, and then is left as it is.
without_aslr=()
if setarch "$(uname -m)" -R true 2>/dev/null; then without_aslr=(setarch "$(uname -m)" -R); fi

# Runs COMMAND so that every sanitizer report becomes a file in FOLDER. A leak does not change the exit status, which is
# the program's own: the file tells. sanitized FOLDER COMMAND…
sanitized() {
  local folder=$1
  shift
  ASAN_OPTIONS="log_path=$folder/report:detect_stack_use_after_return=1:strict_string_checks=1" \
    UBSAN_OPTIONS="log_path=$folder/report:print_stacktrace=1" \
    LSAN_OPTIONS="report_objects=1:exitcode=0" \
    TSAN_OPTIONS="log_path=$folder/report:halt_on_error=1:second_deadlock_stack=1" \
    "${without_aslr[@]}" "$@"
}

# An empty folder for reports. fresh_folder NAME
fresh_folder() {
  rm -rf "${logs:?}/$1"
  mkdir -p "$logs/$1"
  printf '%s' "$logs/$1"
}

install_packages() {
  local packages=("${hr_packages_build[@]}" util-linux)
  if wants unit stress sim torture integration fuzz; then packages+=(libcriterion-dev libjansson-dev zstd); fi
  if wants tidy unit fuzz; then packages+=(clang-14 libclang-rt-14-dev clang-format-14); fi
  if wants tidy unit sim integration clients; then packages+=(python3 python3-venv); fi
  if wants clients; then packages+=(awscli nodejs); fi
  if wants integration examples; then packages+=(awscli chromium curl dnsmasq-base fish gdb git groff-base man-db mount logrotate media-types nghttp2-client nginx-light haproxy libjs-chart.js libspdlog-dev nodejs openssl rclone restic rsyslog s3cmd shared-mime-info squid strace systemd-journal-remote tinyproxy wrk zsh); fi
  hr_packages_install "${packages[@]}"
}

# Configures and builds a preset with warnings as errors; the rest of the arguments are targets and -D options.
build() {
  local preset=$1 log=$logs/build-$1.log option options=() targets=()
  shift
  for option in "$@"; do
    case $option in -D*) options+=("$option") ;; *) targets+=("$option") ;; esac
  done
  say "building $preset"
  if cmake --preset "$preset" "${options[@]}" >"$log" 2>&1 &&
    cmake --build "build/$preset" ${targets[@]:+--target "${targets[@]}"} >>"$log" 2>&1; then
    pass "build $preset"
  else
    grep -E -A8 'error:|FAILED:|CMake Error' "$log" | head -n 60 | sed 's/^/  | /'
    fail "build $preset" "see build/logs/build-$preset.log"
    return 1
  fi
}

# What the engine runs on. HR_BACKENDS="epoll" tries one alone.
backends=${HR_BACKENDS:-io_uring epoll}

# Runs COMMAND with every engine that leaves it open on BACKEND; "any" leaves it to the engine. on_backend BACKEND COMMAND…
on_backend() {
  local HEADRACE_BACKEND=$1
  shift
  case $HEADRACE_BACKEND in
  any) unset HEADRACE_BACKEND ;;
  simulated)
    unset HEADRACE_BACKEND
    local HEADRACE_TEST_KERNEL=simulated
    export HEADRACE_TEST_KERNEL
    ;;
  *) export HEADRACE_BACKEND ;;
  esac
  "$@"
}

# The unit programs that make no engine, or leave it without work, run once.
backends_of_unit() {
  case $1 in
  unit_base | unit_command | unit_config | unit_perf | unit_sim) echo any ;;
  unit_s3_server) echo any simulated ;;
  unit_engine | unit_net | unit_s3) echo "$backends simulated" ;;
  *) echo "$backends" ;;
  esac
}

# So do these under stress. A logger has an engine: its programs run on both.
backends_of_stress() {
  case $1 in
  stress_breaker | stress_config | stress_histogram) echo any ;;
  *) echo "$backends" ;;
  esac
}

# The scripts that choose the back end themselves, or look at texts and not at work, run once.
backends_of_script() {
  case $1 in
  demo.sh | command.py | bench_baseline.py | bench_beside.py | bench_config.py | bench_http_beside.py | bench_http.py | bench_loads.py | bench_log.py | bench_stall.py | command_config.py | command_own.py | labels.py | report.py | config_schema_documents.py | config_schema_foreign.py | config_secrets.py | suite.py | manual.py | bench_shards.py | bench_soak.py | bench_live.py) echo any ;;
  command_log_cat.py | operation_example.sh | s3_operation_example.sh) echo any ;;
  log_refusals.sh | wording.py) echo any ;;
  *) echo "$backends" ;;
  esac
}

stage_tidy() {
  local status
  build release -DHR_WERROR=ON || return
  python3 tests/tidy/tidy.py --library build/release/libheadrace.so >"$logs/tidy.log" 2>&1
  status=$?
  count_lines tidy "$logs/tidy.log" $status
  check "tidy: the doors between folders" "$logs/doors.log" python3 tests/tidy/doors.py build/release
  check "tidy: docs/s3-operations.md has what the rows and structs have" "$logs/s3-operations.log" \
    python3 tests/tidy/s3_operations.py --check
  check "tidy: the places of the planted bugs are there" "$logs/planted-check.log" python3 tests/sim/planted.py --check
}

# Takes out of a log what is not for the simulated kernel, and tells how much that is. set_aside NAME
set_aside() {
  local log=$logs/$1.log
  printf '  %s tests need the real kernel\n' "$(grep -c '# SKIP not on the simulated kernel' "$log")"
  sed -i '/# SKIP not on the simulated kernel/d' "$log"
}

# What counts a job of unit programs. count_unit NAME LOG STATUS
count_unit() {
  case $1 in *-simulated) set_aside "$1" ;; esac
  count_tap "$@"
  count_reports "$1: no sanitizer report" "$logs/$1"
}

# Clang's warnings for every source: nothing is linked, so nothing is compiled further than they need.
clang_warnings() {
  say "clang's warnings"
  check "configure clang" "$logs/build-clang.log" cmake --preset clang -DHR_WERROR=ON || return
  check "clang's warnings" "$logs/clang-warnings.log" python3 tests/tidy/clang_warnings.py build/clang
}

stage_unit() {
  local folder program name backend
  clang_warnings
  build asan -DHR_WERROR=ON || return

  # The check of the check: Criterion passes this test, the log file tells.
  folder=$(fresh_folder leak_on_purpose)
  if sanitized "$folder" build/asan/tests/leak_on_purpose --filter 'on_purpose/leak' >"$logs/leak_on_purpose.log" 2>&1 &&
    grep -qs 'LeakSanitizer: detected memory leaks' "$folder"/report*; then
    pass "leak on purpose leaves a report"
  else
    fail "leak on purpose leaves a report" "none was found" "$logs/leak_on_purpose.log"
  fi
  if sanitized "$folder" build/asan/tests/leak_on_purpose --filter 'on_purpose/undefined' >"$logs/ub_on_purpose.log" 2>&1; then
    fail "undefined behaviour on purpose ends the test" "it passed" "$logs/ub_on_purpose.log"
  else
    pass "undefined behaviour on purpose ends the test"
  fi

  for program in build/asan/tests/unit_*; do
    [ -x "$program" ] || continue
    for backend in $(backends_of_unit "$(basename "$program")"); do
      name=$(basename "$program")-$backend
      folder=$(fresh_folder "$name")
      job "$name" count_unit on_backend "$backend" sanitized "$folder" timeout -k 10 900 "$program" --tap --timeout 300
    done
  done
  jobs_end
  # TAP output drops what a test prints: the boundaries at which a PUT and a GET were cancelled.
  build/asan/tests/unit_net --filter 'http_call/cancel_at_every_boundary*' 2>/dev/null | grep 'cancelled at' | sed 's/^/  /'
}

# What counts a job that passes when its command does. count_stress NAME LOG STATUS
count_stress() {
  count_status "$@"
  count_reports "$1: no sanitizer report" "$logs/$1"
}

# Starts one program on each of its back ends. stress_job KIND NAME
stress_job() {
  local backend folder
  for backend in $(backends_of_stress "$2"); do
    folder=$(fresh_folder "$1-$2-$backend")
    job "$1-$2-$backend" count_stress on_backend "$backend" sanitized "$folder" timeout -k 10 600 "build/$1/tests/stress/$2"
  done
}

stage_stress() {
  local kind source name folder backend programs=()
  for source in tests/stress/*.c; do
    [ -e "$source" ] && programs+=("$(basename "$source" .c)")
  done
  if [ ${#programs[@]} -eq 0 ]; then
    skip stress "there is no program in tests/stress"
    return
  fi
  for kind in tsan asan; do
    build $kind "${programs[@]}" || continue
    jobs_max=$((jobs_most * 2)) # most of their time they wait
    for name in "${programs[@]}"; do
      [ "$name" = stress_hedge ] || stress_job $kind "$name"
    done
    jobs_end
    jobs_max=$jobs_most # its requests have 300 ms
    stress_job $kind stress_hedge
    jobs_end
  done
  # The short form of perf/compare/scale.sh, for what happens and not for the time it takes.
  build asan scale || return
  for backend in $backends; do
    folder=$(fresh_folder "scale-$backend")
    check "500 idle and 50 active connections on $backend" "$logs/scale-$backend.log" \
      sanitized "$folder" timeout 300 build/asan/perf/scale "$backend" 500 50 1
    count_reports "500 idle and 50 active connections on $backend: no sanitizer report" "$folder"
  done
}

# One seed is one world: 1,000 as fast as they go, the first 200 under the sanitizers; bugs planted on purpose.
stage_sim() {
  if ! grep -q 'add_library(sim_kernel' tests/CMakeLists.txt; then
    skip sim "there is no simulated kernel"
    return
  fi
  say "1000 seeds"
  check "sim: 1000 seeds" "$logs/sim.log" bash tests/sim/run.sh --first-seed 1 --seeds 1000
  tail -n 1 "$logs/sim.log" | sed 's/^/  /'
  say "200 seeds under the sanitizers"
  check "sim: 200 seeds under asan" "$logs/sim-asan.log" bash tests/sim/run.sh --first-seed 1 --seeds 200 --asan
  check "sim: 20 seeds run twice alike" "$logs/sim-twice.log" bash tests/sim/run.sh --first-seed 1 --seeds 20 --twice
  say "scenarios"
  check "sim: 1000 seeds of resets" "$logs/sim-resets.log" bash tests/sim/run.sh --scenario resets --first-seed 1 --seeds 1000
  check "sim: 200 seeds of strays" "$logs/sim-strays.log" bash tests/sim/run.sh --scenario strays --first-seed 1 --seeds 200
  check "sim: 300 seeds of hedges" "$logs/sim-hedges.log" bash tests/sim/run.sh --scenario hedges --first-seed 1 --seeds 300
  check "sim: 1000 seeds of hosts" "$logs/sim-hosts.log" bash tests/sim/run.sh --scenario hosts --first-seed 1 --seeds 1000
  check "sim: 1000 seeds of log" "$logs/sim-log.log" bash tests/sim/run.sh --scenario log --first-seed 1 --seeds 1000
  local scenario
  for scenario in uploads copies regions keys reads; do
    check "sim: 100 seeds of $scenario" "$logs/sim-$scenario.log" bash tests/sim/run.sh --scenario $scenario --first-seed 1 --seeds 100
    tail -n 2 "$logs/sim-$scenario.log" | sed 's/^/  /'
  done
  tail -q -n 2 "$logs/sim-resets.log" "$logs/sim-hosts.log" "$logs/sim-hedges.log" "$logs/sim-log.log" | sed 's/^/  /'
  say "planted bugs"
  check "sim: planted bugs are found" "$logs/sim-planted.log" python3 tests/sim/planted.py
  sed 's/^/  /' "$logs/sim-planted.log"
}

stage_torture() {
  local folder backend
  build asan torture || return
  say "each allocation and each operation fails once in turn"
  for backend in io_uring epoll; do
    folder=$(fresh_folder "torture-$backend")
    job "torture-$backend" count_stress sanitized "$folder" timeout -k 10 600 build/asan/tests/torture --backend "$backend"
  done
  jobs_end
  tail -q -n 1 "$logs/torture-io_uring.log" "$logs/torture-epoll.log" | sed 's/^/  /'
}

stage_install() {
  local status
  build release -DHR_WERROR=ON || return
  bash tests/install/install.sh build/release build/stage >"$logs/install.log" 2>&1
  status=$?
  count_lines install "$logs/install.log" $status
}

stage_examples() {
  local status
  build release -DHR_WERROR=ON || return
  bash tests/install/examples.sh build/release build/stage >"$logs/examples.log" 2>&1
  status=$?
  count_lines examples "$logs/examples.log" $status
}

# What counts a job of integration scripts. count_script NAME LOG STATUS
count_script() {
  count_lines "$@"
  count_reports "$1: no sanitizer report" "$logs/$1"
}

# Starts one script on BACKEND. integration_job SCRIPT BACKEND
integration_job() {
  local script=$1 backend=$2 name command=()
  name=$(basename "$script")
  case $script in
  *.py) command=("$HR_PYTHON" "$script") ;;
  *.sh) command=(bash "$script") ;;
  *.c) command=("build/asan/tests/integration/${name%.c}") ;;
  esac
  case $name in # these talk to an embedded store that they find started
  s3_server_*) command=(bash tests/support/with_store.sh "${command[@]}") ;;
  esac
  job "$name-$backend" count_script \
    on_backend "$backend" sanitized "$(fresh_folder "$name-$backend")" timeout -k 10 900 "${command[@]}"
}

# The result files of the suites stand beside the logs, for whoever keeps those of a build.
keep_suites() {
  [ -d build/asan/perf/suites ] || return 0
  rm -rf "${logs:?}/suites"
  cp -r build/asan/perf/suites "$logs/suites"
  say "results of the suites: build/logs/suites"
}

# One back end after the other, so that no script meets itself.
stage_integration() {
  local script backend
  build asan -DHR_WERROR=ON || return
  build release -DHR_WERROR=ON headrace || return # for what is measured
  say "waiting for the peers"
  peers_wait
  export HR_HEADRACE=$root/build/asan/perf/headrace HR_HEADRACE_RELEASE=$root/build/release/perf/headrace
  export HR_PYTHON=$root/build/venv/bin/python3 HR_VERSITYGW=$root/build/peers/bin/versitygw
  export HR_GO=$root/build/peers/go HR_REFUSE_IO_URING=$root/build/asan/tests/refuse_io_uring
  for backend in any $backends; do
    for script in tests/integration/*.sh tests/integration/*.py tests/integration/*.c; do
      [ -e "$script" ] || continue
      case " $(backends_of_script "$(basename "$script")") " in *" $backend "*) integration_job "$script" "$backend" ;; esac
    done
  done
  jobs_end
  keep_suites
}

# Clients of S3 that are not ours against the store, which runs under the sanitizers.
stage_clients() {
  local folder status go=$root/build/peers/go
  build asan -DHR_WERROR=ON headrace || return
  [ -e "$go" ] || go=$(command -v go)
  folder=$(fresh_folder clients)
  HR_HEADRACE=$root/build/asan/perf/headrace HR_GO=$go sanitized "$folder" \
    timeout -k 10 1500 bash tests/clients/run.sh --check docs/s3-clients.md >"$logs/clients.log" 2>&1
  status=$?
  count_lines clients "$logs/clients.log" $status
  count_reports "clients: no sanitizer report" "$folder"
  tail -n 1 "$logs/clients.log" | sed 's/^/  /'
}

fuzz_one() {
  local name=$1 seeds=tests/fuzz/corpus/$1 dictionary=tests/fuzz/$1.dict corpus=build/fuzz/corpus/$1
  mkdir -p "$corpus" build/fuzz/artifacts
  "${without_aslr[@]}" timeout $((HR_FUZZ_SECONDS + 120)) "build/fuzz/tests/fuzz/$name" \
    -max_total_time="$HR_FUZZ_SECONDS" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/artifacts/$name-" $([ -e "$dictionary" ] && echo "-dict=$dictionary") \
    "$corpus" $([ -d "$seeds" ] && echo "$seeds")
}

# What counts a job of fuzz_one. count_fuzz NAME LOG STATUS
count_fuzz() {
  if [ "$3" -eq 0 ]; then
    pass "fuzz $1"
    grep -E 'number_of_executed_units' "$2" | sed "s/^/  $1 /"
  else
    fail "fuzz $1" "a finding; the input is in build/fuzz/artifacts" "$2"
  fi
}

stage_fuzz() {
  local source name names=()
  HR_FUZZ_SECONDS=${HR_FUZZ_SECONDS:-10}
  for source in tests/fuzz/*.c; do
    [ -e "$source" ] && names+=("$(basename "$source" .c)")
  done
  if [ ${#names[@]} -eq 0 ]; then
    skip fuzz "there is no target in tests/fuzz"
    return
  fi
  build fuzz -DHR_WERROR=ON "${names[@]}" || return
  say "fuzzing ${names[*]}, $HR_FUZZ_SECONDS s each"
  for name in "${names[@]}"; do job "$name" count_fuzz fuzz_one "$name"; done
  jobs_end
}

peers_wait() {
  wait "$peers_pid"
  peers_pid=
  cat "$logs/peers.status" 2>/dev/null
}

say "headrace: tests ($stages)"
if ! install_packages; then
  fail packages "could not be installed"
  summary
  exit 1
fi
if wants integration; then
  # In the background from here on: building versitygw takes minutes.
  nice -n 10 bash tests/support/peers.sh build >"$logs/peers.log" 2>"$logs/peers.status" &
  peers_pid=$!
fi
[ -d "$HR_CASES" ] || say "no conformance cases in $HR_CASES: their tests are skipped"
for stage in $stages; do
  say "stage $stage"
  began=$SECONDS
  "stage_$stage"
  say "stage $stage took $((SECONDS - began)) s"
done
summary
