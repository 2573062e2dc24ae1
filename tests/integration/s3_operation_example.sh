#!/usr/bin/env bash
# The worked example of docs/adding-an-s3-operation.md: its patch applies to a copy of these sources, builds without a warning,
# its test and those beside it pass on io_uring and on epoll, and the table of operations gets its row.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/patched.sh
log=$PWD/build/logs/s3-operation-example.log
mkdir -p build/logs
patched_build docs/examples/s3_operation_bucket_tags.patch unit_s3 "$log"
patched_test unit_s3 s3_documents tags_of_a_bucket_are_read "$log" io_uring epoll
if python3 "$copy/tests/tidy/s3_operations.py" --check >>"$log" 2>&1; then
  echo "fail: the table without the row is refused: it was not"
else
  echo "ok: the table without the row is refused"
fi
if python3 "$copy/tests/tidy/s3_operations.py" --write >>"$log" 2>&1 &&
  grep -qF '| GetBucketTagging | GET ?tagging | `hr_s3_bucket_tags_get` | `expected_owner`, `on_tag` |' "$copy/docs/s3-operations.md"; then
  echo "ok: the table gets the row"
else
  echo "fail: the table gets the row: $(tail -n 1 "$log")"
fi
