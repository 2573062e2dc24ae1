#!/usr/bin/env bash
# Compiles docs/examples/*.c against the installed library, runs them and compares what they write with
# NAME.expected. usage: bash tests/install/examples.sh BUILD PREFIX
# An example finds an empty store with a bucket `examples` through S3_ENDPOINT_URL and the AWS_… variables, and
# server.pem and server.key where it runs. Programs that stand in a page are compiled.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=$(realpath "$1")
mkdir -p "$2"
prefix=$(realpath "$2")
work=$build/examples
rm -rf "$work"
mkdir -p "$work"
lines_max=60
# What docs/examples/https.c says to be made.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=example \
  -addext subjectAltName=DNS:localhost -keyout "$work/server.key" -out "$work/server.pem" 2>"$work/openssl.log" ||
  echo "fail: a certificate for the examples: $(tail -n 1 "$work/openssl.log")"

cmake --install "$build" --prefix "$prefix" >"$work/install.log" 2>&1 || { echo "fail: install: see the log"; exit 1; }
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name headrace.pc)")
export PKG_CONFIG_PATH
LD_LIBRARY_PATH=$(dirname "$PKG_CONFIG_PATH")
export LD_LIBRARY_PATH

. tests/support/store.sh
store_start "$prefix/bin/headrace" "$work/store.log" || { echo "fail: headrace serve s3: $(tail -n 1 "$work/store.log")"; exit 1; }
trap store_stop EXIT
"$prefix/bin/headrace" s3 mb s3://examples >"$work/mb.log" 2>&1 || { echo "fail: headrace s3 mb: $(tail -n 1 "$work/mb.log")"; exit 1; }

count=0
for source in docs/examples/*.c; do
  [ -e "$source" ] || continue
  count=$((count + 1))
  name=$(basename "$source" .c)
  lines=$(wc -l <"$source")
  if [ "$lines" -le $lines_max ]; then echo "ok: $name is short"; else echo "fail: $name is short: $lines lines"; fi
  # shellcheck disable=SC2046 # the flags are words
  if ! errors=$(gcc -std=gnu17 -Wall -Wextra -Werror -o "$work/$name" "$source" $(pkg-config --cflags --libs headrace) 2>&1); then
    echo "fail: $name compiles: $(grep -m 1 error <<<"$errors")"
    continue
  fi
  echo "ok: $name compiles"
  (cd "$work" && timeout 60 "./$name" >"$name.out" 2>"$name.err" </dev/null)
  status=$?
  if [ $status -ne 0 ]; then
    echo "fail: $name runs: exit status $status: $(tail -n 1 "$work/$name.err")"
  elif difference=$(diff "${source%.c}.expected" "$work/$name.out"); then
    echo "ok: $name writes what is expected"
  else
    echo "fail: $name writes what is expected: $(sed -n 2,3p <<<"$difference" | tr '\n' ' ')"
  fi
done

# Whole programs that stand in a page.
for page in docs/*.md; do
  name=$(basename "$page" .md)
  sed -n '/^```c$/,/^```$/{/^```/!p}' "$page" >"$work/page-$name.c"
  grep -q '^int main' "$work/page-$name.c" || continue
  # shellcheck disable=SC2046 # the flags are words
  if errors=$(gcc -std=gnu17 -Wall -Wextra -Werror -o "$work/page-$name" "$work/page-$name.c" \
    $(pkg-config --cflags --libs headrace) 2>&1); then
    echo "ok: the program of $page compiles"
  else
    echo "fail: the program of $page compiles: $(grep -m 1 error <<<"$errors")"
  fi
done
[ $count -gt 0 ] || echo "skip: examples: there is none in docs/examples"
