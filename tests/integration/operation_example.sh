#!/usr/bin/env bash
# The worked example of docs/adding-an-operation.md: its patch applies to a copy of these sources, builds without a warning,
# and its test and those beside it pass on io_uring, on epoll and on the simulated kernel.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/support/patched.sh
log=$PWD/build/logs/operation-example.log
mkdir -p build/logs
patched_build docs/examples/operation_mkdir.patch unit_engine "$log"
patched_test unit_engine operation makes_a_directory "$log" io_uring epoll simulated
