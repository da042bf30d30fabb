#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs every fuzz target for SECONDS each, from the corpora of tests/hostile: fuzz.sh [SECONDS]
cd "$(dirname "$0")/.." || exit 1
seconds=${1:-60}
failed=0
for program in build/fuzz/bin/fuzz_*; do
  name=$(basename "$program")
  corpus=build/fuzz/corpus/$name
  mkdir -p "$corpus"
  case "$name" in
    fuzz_beam_file) find /usr/lib/erlang/lib/stdlib-*/ebin -name '*.beam' -size -20k -exec cp -n {} "$corpus" \; ;;
  esac
  echo "$name: $seconds s"
  "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=0 -verbosity=0 \
    -artifact_prefix="build/fuzz/crash-$name-" "$corpus" $(ls -d tests/hostile/"$name" 2>/dev/null) || failed=1
done
exit $failed
