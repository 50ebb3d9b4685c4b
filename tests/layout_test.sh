#!/usr/bin/env bash
# Every C++ file lies as .clang-format says. Usage: layout_test.sh ROOT CLANG_FORMAT
set -euo pipefail
cd "$1"
find core datasets environments submissions harness scoring leaderboard campaign cli tests \( -name '*.h' -o -name '*.cpp' \) -print0 |
  xargs -0 "$2" --dry-run --Werror
