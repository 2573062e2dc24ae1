#!/usr/bin/env bash
# The AWS command line against the embedded S3-compatible server. Reads HR_ENDPOINT, AWS_ACCESS_KEY_ID and
# AWS_SECRET_ACCESS_KEY; HR_AWS names another aws program. Prints a line a test; ends non-zero on failure.
set -u
aws=${HR_AWS:-aws}
export AWS_DEFAULT_REGION=us-east-1 AWS_MAX_ATTEMPTS=1 AWS_PAGER=
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
# Version 1 presigns in an older way than it signs, unless told.
printf '[default]\ns3 =\n  signature_version = s3v4\n' >"$folder/config"
export AWS_CONFIG_FILE=$folder/config
bucket=awscli-$(od -An -N4 -tx4 /dev/urandom | tr -d ' ')
passed=0 failed=0

s3() { "$aws" --endpoint-url "$HR_ENDPOINT" s3 "$@" --no-progress; }
plain() { "$aws" --endpoint-url "$HR_ENDPOINT" s3 "$@"; }
api() { "$aws" --endpoint-url "$HR_ENDPOINT" s3api "$@"; }

# check NAME COMMAND…: the command must succeed.
check() {
  local name=$1 output
  shift
  if output=$("$@" 2>&1); then
    passed=$((passed + 1))
    echo "ok: awscli, $name"
  else
    failed=$((failed + 1))
    echo "fail: awscli, $name: $(tr '\n' ' ' <<<"$output" | cut -c1-1200)"
  fi
}
# fails_with CODE COMMAND…
fails_with() {
  local code=$1 output
  shift
  if output=$("$@" 2>&1); then
    echo "it was accepted"
    return 1
  fi
  grep -q -- "$code" <<<"$output" || { echo "$output"; return 1; }
}
same_tree() { diff -r "$1" "$2"; }
count_is() {
  local wanted=$1 count
  count=$(plain ls --recursive "$2" | wc -l)
  [ "$count" -eq "$wanted" ] || { echo "$count instead of $wanted"; return 1; }
}

mkdir -p "$folder/in/deep/er/ünïcödé" "$folder/out"
head -c 1000 /dev/urandom >"$folder/in/a b+c%20&=?#.txt"
head -c 70000 /dev/urandom >"$folder/in/deep/er/ünïcödé/测试"
head -c 5 /dev/urandom >"$folder/in/quote'\"<&>"
: >"$folder/in/tilde~-_."
head -c 20971520 /dev/urandom >"$folder/in/large"

check "mb" plain mb "s3://$bucket"
check "a bucket twice" fails_with BucketAlreadyOwnedByYou api create-bucket --bucket "$bucket"
check "cp --recursive up" s3 cp --recursive "$folder/in" "s3://$bucket/tree"
check "ls --recursive" count_is 5 "s3://$bucket/tree/"
check "cp --recursive down" s3 cp --recursive "s3://$bucket/tree" "$folder/out"
check "what came back is the same" same_tree "$folder/in" "$folder/out"
check "sync finds nothing to do" bash -c '[ -z "$("$@" --dryrun)" ]' _ "$aws" --endpoint-url "$HR_ENDPOINT" s3 sync "$folder/out" "s3://$bucket/tree" --size-only
check "cp from a pipe" bash -c 'head -c 9000000 /dev/zero | "$@"' _ "$aws" --endpoint-url "$HR_ENDPOINT" s3 cp - "s3://$bucket/piped"
check "cp to a pipe" bash -c '[ "$("$@" | sha256sum)" = "$(head -c 9000000 /dev/zero | sha256sum)" ]' _ "$aws" --endpoint-url "$HR_ENDPOINT" s3 cp "s3://$bucket/piped" -
check "mv of a large object" s3 mv "s3://$bucket/tree/large" "s3://$bucket/moved"
check "mv of a small object" s3 mv "s3://$bucket/tree/tilde~-_." "s3://$bucket/small"
check "mv to a file" s3 mv "s3://$bucket/moved" "$folder/moved"
check "the moved file is the same" cmp "$folder/in/large" "$folder/moved"
check "head-object" api head-object --bucket "$bucket" --key small
check "get-bucket-location" api get-bucket-location --bucket "$bucket"
check "presign" bash -c '[ "$(curl -sSf --noproxy "*" "$("$@")" | wc -c)" -eq 9000000 ]' _ "$aws" --endpoint-url "$HR_ENDPOINT" s3 presign "s3://$bucket/piped"
check "a key that is not there" fails_with NoSuchKey api get-object --bucket "$bucket" --key absent /dev/null
check "a wrong secret" env AWS_SECRET_ACCESS_KEY=wrong bash -c '! "$@" >/dev/null 2>"$0" && grep -q SignatureDoesNotMatch "$0"' "$folder/error" "$aws" --endpoint-url "$HR_ENDPOINT" s3api list-buckets
check "rb of a bucket in use" fails_with BucketNotEmpty plain rb "s3://$bucket"
check "rm --recursive" plain rm --recursive "s3://$bucket"
check "all is gone" count_is 0 "s3://$bucket/"
check "rb" plain rb "s3://$bucket"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
