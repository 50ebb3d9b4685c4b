#!/bin/sh
# run.sh BUILD_FOLDER [RUNS]: builds the fuzz targets with clang and feeds each RUNS inputs, grown from corpus/.
# Status 77: there is no clang here.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$1 runs=${2:-10000}
command -v clang++ >/dev/null || { echo "skipped: clang++ is not there (apt-get install clang)"; exit 77; }
launcher=
command -v ccache >/dev/null && launcher=-DCMAKE_CXX_COMPILER_LAUNCHER=ccache
cmake -G Ninja -S "$here" -B "$build" -DCMAKE_CXX_COMPILER=clang++ $launcher >/dev/null
cmake --build "$build"
for reader in protocol predictions manifest archive; do
  ln -sf fuzz_readers "$build/fuzz_$reader"
  grown=$(mktemp -d)  # new inputs are thrown away
  # A fixed seed: what failed once fails again.
  status=0
  "$build/fuzz_$reader" -runs="$runs" -seed=1 -max_len=4096 -timeout=20 -rss_limit_mb=2048 -verbosity=0 \
    -print_final_stats=1 -artifact_prefix="$build/" "$grown" "$here/corpus/$reader" >"$build/log" 2>&1 || status=$?
  rm -r "$grown"
  if [ "$status" != 0 ]; then
    cat "$build/log"
    exit 1
  fi
  echo "fuzz_$reader: $(sed -n 's/^stat::number_of_executed_units: *//p' "$build/log") inputs"
done
