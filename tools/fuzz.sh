#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs every fuzz target, or those named, for SECONDS each: fuzz.sh [SECONDS] [NAME…]. They begin with the inputs of tests/hostile and what earlier runs
# found of interest (build/fuzz/corpus). What ends one is left as build/fuzz/crash-NAME-*; once understood it goes to tests/hostile/fuzz_NAME.
cd "$(dirname "$0")/.." || exit 1
# Leaks are not looked for: literals lie where the leak checker does not look. What is too much to ask for is refused, as without the sanitizer.
export ASAN_OPTIONS="detect_leaks=0:allocator_may_return_null=1${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
seconds=${1:-60}
[ $# -gt 0 ] && shift
symbolizer=$(command -v llvm-symbolizer-19 || echo /usr/lib/llvm-19/bin/llvm-symbolizer)
[ -x "$symbolizer" ] && export ASAN_SYMBOLIZER_PATH="$symbolizer"
names=${*:-$(ls build/fuzz/bin | sed -n 's/^fuzz_//p' | grep -vx natives)}
failed=0
for name in $names; do
  corpus=build/fuzz/corpus/$name
  mkdir -p "$corpus"
  longest=800
  case "$name" in
    dist_*) longest=4096 ;;
    beam_file)
      longest=20000
      if [ ! -e "$corpus/shapes.beam" ]; then
        for source in fuzz/code/shapes.erl tests/instr/*.erl; do erlc +deterministic +no_debug_info -o "$corpus" "$source"; done
      fi ;;
  esac
  echo "$name: $seconds s"
  # Inputs may be long from the beginning: a short one is one call.
  "build/fuzz/bin/fuzz_$name" -max_total_time="$seconds" -timeout=25 -rss_limit_mb=2560 -max_len=$longest -len_control=0 -detect_leaks=0 -print_final_stats=1 \
    -verbosity=0 -artifact_prefix="build/fuzz/crash-$name-" "$corpus" $(ls -d tests/hostile/fuzz_"$name" 2>/dev/null) || failed=1
done
exit $failed
