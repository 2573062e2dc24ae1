# Sourced by tests/run.sh: commands that run a few at a time. Their results are counted in the order in which they were started.

jobs_most=${HR_JOBS:-$(nproc)}
jobs_max=$jobs_most # a stage whose tests wait for most of their time sets more, and this again
declare -A background=()   # children that have not been waited for: no other process of the same number is ever meant
declare -A jobs_status=()  # of those that have ended, by their pid
declare -A jobs_seconds=() # when each began; then how long it took
jobs_pids=() jobs_names=() jobs_counts=()

# job NAME COUNT COMMAND…: runs COMMAND with $logs/NAME.log as soon as fewer than jobs_max run; jobs_end then counts it
# with COUNT NAME LOG STATUS.
job() {
  local name=$1 count=$2 pid
  shift 2
  while [ ${#background[@]} -ge "$jobs_max" ]; do jobs_wait; done
  "$@" >"$logs/$name.log" 2>&1 &
  pid=$!
  background[$pid]=1
  jobs_seconds[$pid]=$SECONDS
  jobs_pids+=("$pid") jobs_names+=("$name") jobs_counts+=("$count")
  jobs_count_ended
}

# Waits until one of them ends; for the oldest where bash has forgotten which that was.
jobs_wait() {
  local pid='' status
  wait -n -p pid "${!background[@]}"
  status=$?
  if [ -z "$pid" ]; then
    pid=${jobs_pids[0]}
    wait "$pid"
    status=$?
  fi
  jobs_status[$pid]=$status
  jobs_seconds[$pid]=$((SECONDS - jobs_seconds[$pid]))
  unset "background[$pid]"
}

# Counts those that have ended, up to the first that has not.
jobs_count_ended() {
  local pid=${jobs_pids[0]:-} name
  while [ -n "$pid" ] && [ -n "${jobs_status[$pid]:-}" ]; do
    name=${jobs_names[0]}
    say "$name, ${jobs_seconds[$pid]} s"
    "${jobs_counts[0]}" "$name" "$logs/$name.log" "${jobs_status[$pid]}"
    unset "jobs_status[$pid]" "jobs_seconds[$pid]"
    jobs_pids=("${jobs_pids[@]:1}") jobs_names=("${jobs_names[@]:1}") jobs_counts=("${jobs_counts[@]:1}")
    pid=${jobs_pids[0]:-}
  done
}

# Waits for all of them.
jobs_end() {
  while [ ${#jobs_pids[@]} -gt 0 ]; do
    jobs_count_ended
    [ ${#jobs_pids[@]} -eq 0 ] || jobs_wait
  done
}

# Ends what runs, with the children of each: a shell passes no signal on.
jobs_kill() {
  local pid
  for pid in "${!background[@]}"; do
    pkill -P "$pid" 2>/dev/null
    kill "$pid" 2>/dev/null
  done
}
