# Sourced by tests/run.sh: counts what passed, failed and was skipped, and says it.

hr_passed=0
hr_failed=0
hr_skipped=0
hr_failures=()

pass() {
  hr_passed=$((hr_passed + 1))
  [ "${HR_VERBOSE:-0}" = 0 ] || printf 'ok: %s\n' "$1"
}

# fail NAME WHY [LOG]
fail() {
  hr_failed=$((hr_failed + 1))
  hr_failures+=("$1: $2")
  printf 'fail: %s: %s\n' "$1" "$2"
  if [ -n "${3:-}" ] && [ -s "$3" ]; then
    printf '  the last lines of %s:\n' "$3"
    tail -n 25 "$3" | sed 's/^/  | /'
  fi
}

# With HR_REQUIRE_ALL=1 a skip is a failure.
skip() {
  printf 'skip: %s: %s\n' "$1" "$2"
  if [ "${HR_REQUIRE_ALL:-0}" = 1 ]; then
    fail "$1" "skipped, and HR_REQUIRE_ALL=1 allows no skip"
  else
    hr_skipped=$((hr_skipped + 1))
  fi
}

# check NAME LOG COMMAND…: passes when the command does.
check() {
  local name=$1 log=$2 status
  shift 2
  "$@" >"$log" 2>&1
  status=$?
  count_status "$name" "$log" $status
  return $status
}

# Passes when STATUS is 0. count_status NAME LOG STATUS
count_status() {
  if [ "$3" -eq 0 ]; then pass "$1"; else fail "$1" "exit status $3" "$2"; fi
}

# Counts what Criterion wrote with --tap. count_tap NAME LOG STATUS
count_tap() {
  local name=$1 log=$2 status=$3 line test before=$hr_failed seen=0
  while IFS= read -r line; do
    case $line in
    "not ok - "*)
      test=${line#not ok - }
      fail "$name ${test%%  *}" "failed"
      seen=1
      ;;
    "ok - "*"# SKIP"*)
      test=${line#ok - }
      skip "$name ${test%%  *}" "${line#*# SKIP }"
      seen=1
      ;;
    "ok - "*)
      test=${line#ok - }
      pass "$name ${test%%  *}"
      seen=1
      ;;
    esac
  done <"$log"
  if [ $seen -eq 0 ]; then
    fail "$name" "no result (exit status $status)" "$log"
  elif [ "$status" -ne 0 ] && [ "$hr_failed" -eq "$before" ]; then
    fail "$name" "exit status $status" "$log"
  elif [ "$hr_failed" -ne "$before" ]; then
    grep -v '^ok - ' "$log" | tail -n 60 | sed 's/^/  | /'
  fi
}

# Counts a script that writes "ok: NAME", "fail: NAME: WHY" and "skip: NAME: WHY" lines; one that writes none
# counts once, by its exit status (77 is a skip, its last line the reason). count_lines NAME LOG STATUS
count_lines() {
  local name=$1 log=$2 status=$3 line rest before=$hr_failed seen=0
  while IFS= read -r line; do
    case $line in
    "ok: "*)
      pass "$name ${line#ok: }"
      seen=1
      ;;
    "fail: "*)
      rest=${line#fail: }
      fail "$name ${rest%%: *}" "${rest#*: }"
      seen=1
      ;;
    "skip: "*)
      rest=${line#skip: }
      skip "$name ${rest%%: *}" "${rest#*: }"
      seen=1
      ;;
    esac
  done <"$log"
  if [ "$status" -eq 77 ]; then
    [ $seen -eq 1 ] || skip "$name" "$(tail -n 1 "$log")"
  elif [ "$status" -ne 0 ] && [ "$hr_failed" -eq "$before" ]; then
    fail "$name" "exit status $status" "$log"
  elif [ "$status" -eq 0 ] && [ $seen -eq 0 ]; then
    pass "$name"
  fi
}

# Whether all that a report tells is memory that libcriterion allocated itself: the runner of Criterion 2.4.1 now and
# then leaks 48 bytes of its wait for a test. Memory that a test or what it calls leaks has another caller in frame 1.
of_criterion_alone() {
  awk '/ERROR: / { errors++; leaks += /LeakSanitizer: detected memory leaks/ }
       /^ *#1 / { callers++; own += /libcriterion\.so/ }
       END { exit !(errors == 1 && leaks == 1 && callers > 0 && callers == own) }' "$1"
}

# Every file under FOLDER is a sanitizer's report; each fails the run. count_reports NAME FOLDER
count_reports() {
  local name=$1 folder=$2 report found=0
  for report in "$folder"/*; do
    [ -e "$report" ] || continue
    if of_criterion_alone "$report"; then
      printf '  %s: Criterion itself leaked, see %s\n' "$name" "$report"
      continue
    fi
    found=1
    fail "$name" "a sanitizer wrote $(basename "$report"): $(grep -m 1 -E 'ERROR|runtime error|WARNING|[Tt]racer' "$report")" "$report"
  done
  [ $found -eq 1 ] || pass "$name"
}

# The last line, and the exit status of the run.
summary() {
  local failure
  if [ ${#hr_failures[@]} -gt 0 ]; then
    printf '\nfailed:\n'
    for failure in "${hr_failures[@]}"; do printf '  %s\n' "$failure"; done
  fi
  printf '\n%d passed, %d failed, %d skipped\n' $hr_passed $hr_failed $hr_skipped
  [ $hr_failed -eq 0 ] && [ $hr_passed -gt 0 ]
}
