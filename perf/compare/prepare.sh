# Sourced by the comparisons with other clients, from the repository's root: installs what they need and builds headrace
# and the peers. compare_prepare PACKAGE… sets `headrace`.
. tests/support/packages.sh

# Builds these programs of ours. compare_build TARGET…
compare_build() {
  { cmake --preset release && cmake --build --preset release --target "$@"; } >build/compare/build.log 2>&1 ||
    { tail -n 20 build/compare/build.log >&2; exit 1; }
}

compare_prepare() {
  hr_packages_install "${hr_packages_build[@]}" nginx-light libcurl4-openssl-dev openssl python3 util-linux "$@" || exit 3
  mkdir -p build/compare
  headrace=${HEADRACE:-build/release/perf/headrace}
  [ -n "${HEADRACE:-}" ] || compare_build headrace
  cc -O2 -Wall -Wextra -Werror -o build/compare/curl_multi perf/compare/peers/curl_multi.c -lcurl -lssl || exit 1
  ulimit -Sn "$(ulimit -Hn)"
}
