#!/usr/bin/env bash
# Installs a build and uses it as a stranger would. usage: bash tests/install/install.sh BUILD PREFIX
# Writes "ok: NAME" and "fail: NAME: WHY" lines for tests/run.sh.
set -u
build=$(realpath "$1")
here=$(realpath "$(dirname "$0")")
rm -rf "$2"
mkdir -p "$2"
prefix=$(realpath "$2")
work=$build/install-test
rm -rf "$work"
mkdir -p "$work"

report() { if [ "$1" -eq 0 ]; then echo "ok: $2"; else echo "fail: $2: ${3:-see the log}"; fi; }

# Runs a consumer, which answers "installed". run NAME COMMAND…
run() {
  local name=$1 answer
  shift
  answer=$("$@" 2>&1)
  if [ "$answer" = installed ]; then report 0 "$name"; else report 1 "$name" "it wrote: $answer"; fi
}

cmake --install "$build" --prefix "$prefix" >"$work/install.log" 2>&1
report $? "cmake --install"
libdir=$(dirname "$(find "$prefix" -name headrace.pc)")
libdir=$(dirname "$libdir")
for file in "$libdir/libheadrace.so" "$libdir/libheadrace.so.0" "$libdir/libheadrace.a" "$libdir/pkgconfig/headrace.pc" \
  "$libdir/cmake/headrace/headraceConfig.cmake" "$libdir/cmake/headrace/headraceConfigVersion.cmake" \
  "$prefix/include/headrace/engine.h" "$prefix/include/headrace/s3.h" "$prefix/bin/headrace" "$prefix/share/man/man1/headrace.1" \
  "$prefix/share/bash-completion/completions/headrace" "$prefix/share/zsh/vendor-completions/_headrace" \
  "$prefix/share/fish/vendor_completions.d/headrace.fish"; do
  [ -e "$file" ]
  report $? "installed ${file#"$prefix"/}" "it is not there"
done
[ ! -e "$prefix/include/headrace_server" ]
report $? "the embedded server's header is not installed"
objdump -p "$libdir/libheadrace.so" | grep -q 'SONAME *libheadrace.so.0$'
report $? "SONAME is libheadrace.so.0"
foreign=$(nm -D --defined-only "$libdir/libheadrace.so" | awk '$2 != "A" { print $3 }' | grep -v '^hr_[a-z0-9]' | tr '\n' ' ')
[ -z "$foreign" ]
report $? "exports nothing but hr_" "$foreign"
version=$(printf '#include <headrace/version.h>\nHR_VERSION_STRING HR_VERSION_NUMBER\n' | gcc -E -P -I "$prefix/include" - | tail -n 1)
report $? "the version's header is installed"
[ "\"$("$prefix/bin/headrace" --version | cut -d ' ' -f 2)\"" = "${version%% *}" ] &&
  [ "\"$(PKG_CONFIG_PATH=$libdir/pkgconfig pkg-config --modversion headrace)\"" = "${version%% *}" ]
report $? "header, command and pkg-config tell one version" "the header: $version"
"$prefix/bin/headrace" --help >"$work/help.log" 2>&1
report $? "the installed command runs" "$(tail -n 1 "$work/help.log")"

# Every public header alone, as C and as C++, from the installed folder only.
for header in "$prefix"/include/headrace/*.h; do
  name=headrace/$(basename "$header")
  printf '#include <%s>\n' "$name" >"$work/alone.c"
  cp "$work/alone.c" "$work/alone.cpp"
  warnings="-Wall -Wextra -Wshadow -Wconversion -Werror -fsyntax-only"
  errors=$(gcc -std=c11 -D_DEFAULT_SOURCE $warnings -I "$prefix/include" "$work/alone.c" 2>&1)
  report $? "$name alone as C" "$(grep -m 1 error <<<"$errors")"
  errors=$(g++ -std=c++11 $warnings -I "$prefix/include" "$work/alone.cpp" 2>&1)
  report $? "$name alone as C++" "$(grep -m 1 error <<<"$errors")"
done

# A header that pulls in others than it needs. apart HEADER OTHER…
apart() {
  local header=$1 seen
  shift
  printf '#include <headrace/%s>\n' "$header" >"$work/alone.c"
  seen=$(gcc -MM -I "$prefix/include" "$work/alone.c" | grep -oE "headrace/($(IFS='|'; echo "$*"))" | tr '\n' ' ')
  [ -z "$seen" ]
  report $? "$header stands without $*" "it includes $seen"
}
apart sigv4.h http_client.h engine.h tls.h request.h body.h
apart http_server.h http_client.h engine.h request.h breaker.h
apart http_message.h http_client.h engine.h tls.h request.h body.h

# Through pkg-config: shared, and wholly static.
export PKG_CONFIG_PATH=$libdir/pkgconfig
for language in c cpp; do
  compiler=gcc
  [ $language = c ] || compiler="g++ -std=c++17"
  # shellcheck disable=SC2046 # the flags are words
  errors=$($compiler -Wall -Wextra -Werror -o "$work/$language-shared" "$here/consumer.$language" \
    $(pkg-config --cflags --libs headrace) 2>&1)
  report $? "pkg-config $language shared builds" "$(grep -m 1 error <<<"$errors")"
  run "pkg-config $language shared runs" env LD_LIBRARY_PATH="$libdir" "$work/$language-shared"
  # shellcheck disable=SC2046
  errors=$($compiler -Wall -Wextra -Werror -static -o "$work/$language-static" "$here/consumer.$language" \
    $(pkg-config --static --cflags --libs headrace) 2>&1)
  report $? "pkg-config $language static builds" "$(grep -m 1 -E 'error|undefined' <<<"$errors")"
  run "pkg-config $language static runs" "$work/$language-static"
done

# A C++ program that uses all that the headers declare.
python3 "$here/interface.py" "$prefix" "$libdir/libheadrace.so" >"$work/interface.cpp" 2>"$work/interface.log"
report $? "the headers declare what the library exports" "$(tail -n 1 "$work/interface.log")"
for standard in 11 17 20; do
  # shellcheck disable=SC2046
  errors=$(g++ -std=c++$standard -Wall -Wextra -Wshadow -Wconversion -Werror -o "$work/interface-$standard" "$work/interface.cpp" \
    $(pkg-config --cflags --libs headrace) 2>&1)
  report $? "every public name builds as C++$standard" "$(grep -m 1 error <<<"$errors")"
  run "every public name runs as C++$standard" env LD_LIBRARY_PATH="$libdir" "$work/interface-$standard"
done

# Every member of the options structs is in a table of the configuration, or has its reason.
python3 "$here/option_tables.py" "$prefix" >"$work/option_tables.c" 2>"$work/option_tables.log" &&
  gcc -std=gnu17 -o "$work/option_tables" "$work/option_tables.c" $(pkg-config --cflags --libs headrace) >>"$work/option_tables.log" 2>&1
report $? "a program over the option tables builds" "$(tail -n 1 "$work/option_tables.log")"
LD_LIBRARY_PATH="$libdir" "$work/option_tables" >"$work/option_tables.out"
report $? "the option tables are read"
report "$(grep -c '^fail' "$work/option_tables.out")" "all $(grep -c '^ok' "$work/option_tables.out") options are in a table" "$(grep -m 1 "^fail" "$work/option_tables.out")"

# Through CMake.
cmake -S "$here" -B "$work/cmake" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release >"$work/cmake.log" 2>&1 &&
  cmake --build "$work/cmake" >>"$work/cmake.log" 2>&1
report $? "CMake package builds" "$(grep -m 1 -E 'rror' "$work/cmake.log")"
for kind in shared static; do
  for language in c cpp; do
    run "CMake $language $kind runs" "$work/cmake/consumer_${language}_$kind"
  done
done
cmake -S "$here" -B "$work/cmake-newer" -DCMAKE_PREFIX_PATH="$prefix" -DHR_WANTED=9.9 >"$work/cmake-newer.log" 2>&1
if grep -q '"9.9"' "$work/cmake-newer.log"; then report 0 "the version file refuses a newer wish"; else report 1 "the version file refuses a newer wish"; fi
