#!/usr/bin/env bash
# minio-go against the embedded S3-compatible server. Reads HR_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY;
# HR_GO names a go program of 1.22 or later.
set -u
go=$(readlink -f "${HR_GO:-$(command -v go)}")
if [ ! -x "$go" ]; then
  echo "no go program"
  exit 77
fi
cd "$(dirname "$0")/minio_go" || exit 1
export GOFLAGS=-mod=readonly GOTOOLCHAIN=local
"$go" run .
