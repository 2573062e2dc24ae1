# Sourced: `headrace serve s3` as a child on a port that the kernel picks.

# store_start COMMAND LOG: sets store_pid, exports S3_ENDPOINT_URL and credentials.
store_start() {
  local command=$1 log=$2 line fifo
  export AWS_ACCESS_KEY_ID=test-access AWS_SECRET_ACCESS_KEY=test-secret
  unset AWS_SESSION_TOKEN
  fifo=$(mktemp -u)
  mkfifo "$fifo" || return 1
  "$command" serve s3 --listen 127.0.0.1:0 --access-key "$AWS_ACCESS_KEY_ID" --secret-key "$AWS_SECRET_ACCESS_KEY" \
    >"$fifo" &
  store_pid=$!
  exec 9<"$fifo"
  rm -f "$fifo"
  : >"$log"
  while IFS= read -r -t 30 -u 9 line; do
    printf '%s\n' "$line" >>"$log"
    if [[ $line =~ (http://127\.0\.0\.1:[0-9]+) ]]; then
      export S3_ENDPOINT_URL=${BASH_REMATCH[1]}
      return 0
    fi
  done
  store_stop
  return 1
}

# The server's exit status.
store_stop() {
  local status
  [ -n "${store_pid:-}" ] || return 0
  kill "$store_pid" 2>/dev/null
  wait "$store_pid"
  status=$?
  store_pid=
  exec 9<&-
  return $status
}
