#!/usr/bin/env bash
# Runs COMMAND beside an embedded store on a free port, which must also end well.
# usage: bash tests/support/with_store.sh COMMAND…
# Sets HR_ENDPOINT, S3_ENDPOINT_URL, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
set -u
here=$(dirname "$0")
. "$here/store.sh"
HR_HEADRACE=${HR_HEADRACE:-$here/../../build/release/perf/headrace}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! store_start "$HR_HEADRACE" "$log"; then
  echo "fail: headrace serve s3: $(tail -n 1 "$log")"
  exit 1
fi
export HR_ENDPOINT=$S3_ENDPOINT_URL
"$@"
status=$?
if ! store_stop; then
  echo "fail: headrace serve s3: it did not end with 0"
  exit 1
fi
exit $status
