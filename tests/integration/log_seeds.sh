#!/usr/bin/env bash
# The figures that the seeds promised of their logger, none exceeded: perf/tools/log_seeds.c.
set -u
headrace=${HR_HEADRACE:-build/release/perf/headrace}
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
if table=$("$(dirname "$headrace")/log_seeds" "$folder/log" 2>&1); then
  echo "ok: the seeds' figures"
else
  echo "fail: the seeds' figures: $(grep -v ' ok ' <<<"$table" | tr '\n' ' ')"
fi
