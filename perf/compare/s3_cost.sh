#!/usr/bin/env bash
# S3 operations of 4 KiB by headrace beside a bare io_uring loop, wrk, the AWS Common Runtime and boto3, plain and over TLS 1.3, against nginx with
# canned responses: what perf/compare/s3_cost.py says. Installs what is missing and builds.
# Exit status: 0 done, 1 something failed or a limit was missed, 2 wrong usage, 3 something needed is not there.
set -u -o pipefail
cd "$(dirname "$0")/../.." || exit 1

case " $* " in
*" --help "* | *" -h "*) exec python3 perf/compare/s3_cost.py --help ;;
esac
. perf/compare/prepare.sh
compare_prepare wrk python3-venv
compare_build bare_loop
python=${PYTHON:-build/venv/bin/python3}
if ! "$python" -c 'import awscrt, boto3' 2>/dev/null; then
  { python3 -m venv build/venv && build/venv/bin/pip install -q boto3 awscrt; } || exit 3
  python=build/venv/bin/python3
fi
exec python3 perf/compare/s3_cost.py --headrace "$headrace" --python "$python" "$@"
