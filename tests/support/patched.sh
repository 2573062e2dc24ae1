# Worked examples that are a patch: applied to a copy of these sources, built, and a test of theirs run. To be sourced at the
# top of the sources.

# patched_build PATCH TARGET LOG: leaves the copy in $copy, which is removed at the end.
patched_build() {
  copy=$(mktemp -d) || exit 1
  trap 'rm -rf "$copy"' EXIT
  tar --exclude=./build --exclude=./.git -cf - . | tar -xf - -C "$copy"
  if ! patch -d "$copy" -p1 <"$1" >"$3" 2>&1; then
    echo "fail: the patch applies: $(grep -m 1 -B 1 FAILED "$3" | tr "\n" " ")"
    exit 1
  fi
  echo "ok: the patch applies"
  if ! { cmake -S "$copy" --preset debug -B "$copy/build/debug" -DHR_WERROR=ON &&
    cmake --build "$copy/build/debug" --target "$2"; } >>"$3" 2>&1; then
    echo "fail: it builds: $(grep -m 1 'error' "$3")"
    exit 1
  fi
  echo "ok: it builds"
}

# patched_test TARGET SUITE TEST LOG BACKEND…
patched_test() {
  local target=$1 suite=$2 name=$3 log=$4 backend choice
  shift 4
  for backend in "$@"; do
    choice=HEADRACE_BACKEND=$backend
    [ "$backend" != simulated ] || choice=HEADRACE_TEST_KERNEL=simulated
    if env "$choice" "$copy/build/debug/tests/$target" --filter "$suite/*" --tap >"$log.$backend" 2>&1 &&
      grep -q "^ok - $suite::$name" "$log.$backend"; then
      echo "ok: it passes on $backend"
    else
      echo "fail: it passes on $backend: $(grep -m 1 '^not ok' "$log.$backend")"
    fi
  done
}
