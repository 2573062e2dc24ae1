#!/usr/bin/env bash
# A log call with a key but no value, or with a value that no record can carry, does not compile, in C and in C++; the
# same call put right does. Every form of tests/install/log_forms.hpp compiles from C++11 on.
set -u
cd "$(dirname "$0")/../.." || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
include="-I log/include -I engine/include -I engine/base/include"
warnings="-Wall -Wextra -Wshadow -Wconversion -Werror"

# try ok|refused NAME CALL COMPILER…: the call in a function that has the variables it may use.
try() {
  local wanted=$1 name=$2 call=$3 is=ok
  shift 3
  cat >"$work/call.c" <<END
#include <headrace/log.h>
struct own { int member; };
void call(hr_log *log, int number, int *pointer, struct own own, const char *text, long double wide);
void call(hr_log *log, int number, int *pointer, struct own own, const char *text, long double wide) {
    (void)log, (void)number, (void)pointer, (void)own, (void)text, (void)wide;
    $call
}
END
  "$@" $include -fsyntax-only "$work/call.c" 2>"$work/errors" || is=refused
  if [ $is = "$wanted" ]; then echo "ok: $name"; else echo "fail: $name: it is $is: $(grep -m 1 error "$work/errors")"; fi
}

for compiler in "gcc -std=c11 -x c" "g++ -std=c++11 -x c++" "g++ -std=c++17 -x c++" "clang-14 -std=gnu17 -x c" "clang++-14 -std=c++17 -x c++"; do
  command -v "${compiler%% *}" >/dev/null || continue
  for form in "HR_INFO(log," "HR_ONCE(HR_LOG_INFO, log," "HR_EVERY_N(2, HR_LOG_INFO, log,"; do
    # shellcheck disable=SC2086
    {
      try ok "$compiler: $form a pair" "$form \"m\", \"n\", number);" $compiler
      try ok "$compiler: $form no pair" "$form \"m\");" $compiler
      try refused "$compiler: $form a key alone" "$form \"m\", \"n\");" $compiler
      try refused "$compiler: $form a key too many" "$form \"m\", \"n\", number, \"k\");" $compiler
      try refused "$compiler: $form a structure" "$form \"m\", \"n\", own);" $compiler
      try refused "$compiler: $form a pointer to a number" "$form \"m\", \"n\", pointer);" $compiler
      try refused "$compiler: $form a long double" "$form \"m\", \"n\", wide);" $compiler
      try refused "$compiler: $form a message that is no literal" "$form text, \"n\", number);" $compiler
      try refused "$compiler: $form a key that is no literal" "$form \"m\", text, number);" $compiler
      try refused "$compiler: $form seventeen pairs" \
        "$form \"m\"$(for i in {1..17}; do printf ', "k%d", %d' "$i" "$i"; done));" $compiler
      try ok "$compiler: $form sixteen pairs" \
        "$form \"m\"$(for i in {1..16}; do printf ', "k%d", %d' "$i" "$i"; done));" $compiler
    }
  done
  # shellcheck disable=SC2086
  {
    try refused "$compiler: a group with a key alone" 'HR_INFO(log, "m", "g", HR_GROUP("k"));' $compiler
    try refused "$compiler: an array of structures" 'HR_INFO(log, "m", "a", HR_ARRAY(&own, 1));' $compiler
    try refused "$compiler: a context with a key alone" 'HR_LOG_CONTEXT("k");' $compiler
    try ok "$compiler: two contexts in a line" 'HR_LOG_CONTEXT("k", 1); HR_LOG_CONTEXT("l", text);' $compiler
  }
done

printf '#include "log_forms.hpp"\nint main() { return log_forms::all() ? 0 : 1; }\n' >"$work/forms.cpp"
for standard in 11 14 17 20; do
  for compiler in g++ clang++-14; do
    command -v "$compiler" >/dev/null || continue
    # shellcheck disable=SC2086
    if "$compiler" -std=c++$standard $warnings $include -I tests/install -fsyntax-only "$work/forms.cpp" 2>"$work/errors"; then
      echo "ok: $compiler: every form in C++$standard"
    else
      echo "fail: $compiler: every form in C++$standard: $(grep -m 1 error "$work/errors")"
    fi
  done
done

# Run with a sanitizer, which sees a value that is used after its end.
if [ -e build/asan/libheadrace.so ]; then
  # shellcheck disable=SC2086
  g++ -std=c++17 -g -fsanitize=address,undefined $include -I tests/install -o "$work/forms" "$work/forms.cpp" \
    build/asan/libheadrace.so -Wl,-rpath,"$PWD/build/asan" >"$work/errors" 2>&1 &&
    setarch -R env ASAN_OPTIONS=detect_stack_use_after_return=1 "$work/forms" >"$work/errors" 2>&1
  code=$?
  if [ $code -eq 0 ]; then echo "ok: every form writes what it should"; else echo "fail: every form writes what it should: $(head -n 1 "$work/errors")"; fi
else
  echo "skip: every form writes what it should: there is no build/asan"
fi
