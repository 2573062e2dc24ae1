#!/usr/bin/env bash
# A large object into a file and out of one by headrace, s5cmd, rclone and awscrt: what perf/compare/s3_files.py says. Installs what is missing
# and builds.
# Exit status: 0 done, 1 something failed or a limit was missed, 2 wrong usage, 3 something needed is not there.
set -u -o pipefail
cd "$(dirname "$0")/../.." || exit 1

case " $* " in
*" --help "* | *" -h "*) exec python3 perf/compare/s3_files.py --help ;;
esac
. perf/compare/prepare.sh
compare_prepare rclone
compare_build bare_bulk
exec python3 perf/compare/s3_files.py --headrace "$headrace" "$@"
