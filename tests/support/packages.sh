# Sourced by tests/run.sh and perf/demo.sh: Debian packages by name, installed where they are missing.

say() { printf '== %s\n' "$*"; }

# What the library and the command are built with.
hr_packages_build=(build-essential cmake ninja-build pkg-config liburing-dev libssl-dev node-llhttp
  libexpat1-dev libc-ares-dev zlib1g-dev libzstd-dev libbrotli-dev libxxhash-dev libyaml-dev libjansson-dev libdragonbox-dev ca-certificates)

hr_package_present() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Installs those of the named packages that are not there. Needs root or sudo only if something is missing.
hr_packages_install() {
  local missing=() package as_root=()
  for package in "$@"; do
    hr_package_present "$package" || missing+=("$package")
  done
  if [ ${#missing[@]} -eq 0 ]; then
    say "packages: all $# are installed"
    return 0
  fi
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      say "packages: missing ${missing[*]}; run as root or install sudo" >&2
      return 1
    fi
    as_root=(sudo)
  fi
  say "packages: installing ${missing[*]}"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq update &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get -qq -y -o Dpkg::Use-Pty=0 install --no-install-recommends "${missing[@]}"
}
