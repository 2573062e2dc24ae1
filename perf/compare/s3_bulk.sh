#!/usr/bin/env bash
# S3 objects of 64 and 8 MiB by headrace beside bare receives and sends and libcurl: what perf/compare/s3_bulk.py says. Installs what is missing
# and builds.
# Exit status: 0 done, 1 something failed or a limit was missed, 2 wrong usage, 3 something needed is not there.
set -u -o pipefail
cd "$(dirname "$0")/../.." || exit 1

case " $* " in
*" --help "* | *" -h "*) exec python3 perf/compare/s3_bulk.py --help ;;
esac
. perf/compare/prepare.sh
compare_prepare
compare_build bare_bulk
exec python3 perf/compare/s3_bulk.py --headrace "$headrace" --curl-multi build/compare/curl_multi "$@"
