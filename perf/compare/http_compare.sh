#!/usr/bin/env bash
# `headrace bench http` on both back ends and `bench s3` beside a bare io_uring loop, wrk, h2load and libcurl's multi
# interface, plain and over TLS 1.3, against nginx with canned responses: what perf/compare/http_compare.py says. Installs what is missing and builds.
# Exit status: 0 done, 1 something failed or a limit was missed, 2 wrong usage, 3 something needed is not there.
set -u -o pipefail
cd "$(dirname "$0")/../.." || exit 1

case " $* " in
*" --help "* | *" -h "*) exec python3 perf/compare/http_compare.py --help ;;
esac
. perf/compare/prepare.sh
compare_prepare wrk nghttp2-client
bare_loop=${BARE_LOOP:-build/release/perf/bare_loop}
[ -n "${BARE_LOOP:-}" ] || compare_build bare_loop
exec python3 perf/compare/http_compare.py --headrace "$headrace" --bare-loop "$bare_loop" --curl-multi build/compare/curl_multi "$@"
