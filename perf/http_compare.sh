#!/usr/bin/env bash
# `headrace bench http` on both back ends beside wrk, h2load and libcurl's multi interface, against nginx with canned
# answers: what perf/http_compare.py says. Installs what is missing and builds.
# Exit status: 0 done, 1 something failed or a limit was missed, 2 wrong usage, 3 something needed is not there.
set -u -o pipefail
cd "$(dirname "$0")/.." || exit 1
. tests/support/packages.sh

case " $* " in
*" --help "* | *" -h "*) exec python3 perf/http_compare.py --help ;;
esac
hr_packages_install "${hr_packages_build[@]}" nginx-light wrk nghttp2-client libcurl4-openssl-dev python3 util-linux ||
  exit 3
mkdir -p build/compare
headrace=${HEADRACE:-build/release/perf/headrace}
if [ -z "${HEADRACE:-}" ]; then
  { cmake --preset release && cmake --build --preset release --target headrace; } >build/compare/build.log 2>&1 ||
    { tail -n 20 build/compare/build.log >&2; exit 1; }
fi
cc -O2 -Wall -Wextra -Werror -o build/compare/curl_multi perf/peers/curl_multi.c -lcurl || exit 1
ulimit -Sn "$(ulimit -Hn)"
exec python3 perf/http_compare.py --headrace "$headrace" --curl-multi build/compare/curl_multi "$@"
