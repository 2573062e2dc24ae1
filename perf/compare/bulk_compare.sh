#!/usr/bin/env bash
# `headrace bench http` beside libcurl, bodies of 64 MiB, plain and over TLS: what perf/compare/bulk_compare.py says. Installs what is missing and builds.
# Exit status: 0 done, 1 something failed or a limit was missed, 2 wrong usage, 3 something needed is not there.
set -u -o pipefail
cd "$(dirname "$0")/../.." || exit 1

case " $* " in
*" --help "* | *" -h "*) exec python3 perf/compare/bulk_compare.py --help ;;
esac
. perf/compare/prepare.sh
compare_prepare
exec python3 perf/compare/bulk_compare.py --headrace "$headrace" --curl-multi build/compare/curl_multi "$@"
