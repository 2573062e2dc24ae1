#!/usr/bin/env bash
# Clients of S3 against the embedded store: each does every operation of operations.txt and says how it went.
set -u -o pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)

# These install within a minute each; the others need --all.
usual=(boto3 awscli s3cmd rclone s5cmd pyarrow obstore django-storages duckdb minio-go aws-sdk-go aws-sdk-js aws-sdk-java)
others=(mc)

usage() {
  cat <<END
usage: bash tests/clients/run.sh [--all] [--only CLIENT[,CLIENT…]] [--check FILE | --table FILE]

Installs the clients that are not there under HR_CLIENTS (default build/clients), starts one store, and prints a line an
operation: "ok: CLIENT: OPERATION", "gap: CLIENT: OPERATION: REASON", "fail: CLIENT: OPERATION: WHY"; "skip: CLIENT: WHY"
for a client that cannot be had here.

Clients: ${usual[*]}; with --all also ${others[*]}.
  --check FILE   fail where the table in FILE says something else of those that ran
  --table FILE   write their rows of the table in FILE

Environment:
  HR_HEADRACE   the headrace program (default build/release/perf/headrace)
  HR_CLIENTS    where clients are kept
  HR_GO, HR_AWS the go and aws programs
  HR_JOBS       how many run at a time (default: as many as there are processors)

Exit status: 1 if an operation failed, 2 for wrong usage.
END
}

# Half a minute and less where nothing else runs.
client_seconds=600

clients=("${usual[@]}") table=()
while [ $# -gt 0 ]; do
  case $1 in
  --all) clients=("${usual[@]}" "${others[@]}") ;;
  --only) [ $# -ge 2 ] || { usage >&2; exit 2; }; IFS=, read -r -a clients <<<"$2"; shift ;;
  --check | --table) [ $# -ge 2 ] || { usage >&2; exit 2; }; table=("${1#--}" "$2"); shift ;;
  --help | -h) usage; exit 0 ;;
  *) printf 'tests/clients/run.sh: unknown argument: %s\n' "$1" >&2; usage >&2; exit 2 ;;
  esac
  shift
done
for client in "${clients[@]}"; do
  case " ${usual[*]} ${others[*]} " in
  *" $client "*) ;;
  *) printf 'tests/clients/run.sh: unknown client: %s\n' "$client" >&2; exit 2 ;;
  esac
done

. "$root/tests/support/packages.sh"
. "$root/tests/support/jobs.sh"
. "$root/tests/support/store.sh"
. "$here/installed.sh"

folder=${HR_CLIENTS:-$root/build/clients}
mkdir -p "$folder/bin" "$folder/logs"
folder=$(realpath "$folder") logs=$folder/logs results=$folder/results
export HR_OPERATIONS=$here/operations.txt HR_CLIENT_BIN=$folder/bin
# No account of the caller's, no proxy, and nothing asked of a machine's metadata.
for name in $(compgen -e | grep '^AWS_'); do unset "$name"; done
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
export NO_PROXY=127.0.0.1,localhost no_proxy=127.0.0.1,localhost PYTHONDONTWRITEBYTECODE=1

cleanup() {
  jobs_kill
  store_stop
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# The lines of one client, and one for each operation of which it has said nothing. count_client NAME LOG STATUS
count_client() {
  local client=$1 log=$2 operation
  grep -E "^(version|ok|gap|fail): $client: " "$log" | tee -a "$results"
  while IFS=: read -r operation _; do
    grep -qE "^(ok|gap|fail): $client: $operation(:|$)" "$log" ||
      printf 'fail: %s: %s: no result, exit status %s: %s\n' "$client" "$operation" "$3" "$(tail -n 1 "$log" | cut -c1-300)" |
      tee -a "$results"
  done <"$HR_OPERATIONS"
}

: >"$results"
runnable=()
for client in "${clients[@]}"; do
  if why=$(client_install "$client" "$folder" 2>&1); then
    runnable+=("$client")
  else
    printf 'skip: %s: %s\n' "$client" "$(tail -n 1 <<<"$why")" | tee -a "$results"
  fi
done
if ! store_start "${HR_HEADRACE:-$root/build/release/perf/headrace}" "$logs/store.log"; then
  echo "fail: store: start: $(tail -n 1 "$logs/store.log")"
  exit 1
fi
export HR_ENDPOINT=$S3_ENDPOINT_URL
for client in "${runnable[@]}"; do
  read -r -a command <<<"$(client_command "$client" "$here" "$folder")"
  PATH=$folder/venv/bin:$PATH job "$client" count_client timeout -k 10 "$client_seconds" "${command[@]}"
done
jobs_end
store_stop || echo "fail: store: end: it did not end with 0" | tee -a "$results"

[ ${#table[@]} -eq 0 ] || python3 "$here/clients_table.py" "${table[@]}" "$results" | tee -a "$results"
count() { grep -c "^$1: " "$results"; }
printf '%s operations work, %s gaps, %s failed, %s clients skipped\n' "$(count ok)" "$(count gap)" "$(count fail)" "$(count skip)"
[ "$(count fail)" -eq 0 ]
