#!/usr/bin/env bash
# `headrace bench http` on both back ends beside wrk, h2load and libcurl's multi interface, plain and over TLS 1.3, against
# nginx with canned answers: what perf/compare/http_compare.py says. Installs what is missing and builds.
# Exit status: 0 done, 1 something failed or a limit was missed, 2 wrong usage, 3 something needed is not there.
set -u -o pipefail
cd "$(dirname "$0")/../.." || exit 1

case " $* " in
*" --help "* | *" -h "*) exec python3 perf/compare/http_compare.py --help ;;
esac
. perf/compare/prepare.sh
compare_prepare wrk nghttp2-client
exec python3 perf/compare/http_compare.py --headrace "$headrace" --curl-multi build/compare/curl_multi "$@"
