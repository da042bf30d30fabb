#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Loads and calls every module of tests/hostile/code on the VM given, interpreted and as machine code: run.sh ERL. Good is that the
# machine is alive at the end.
cd "$(dirname "$0")/../.." || exit 1
work=$(mktemp -d) || exit 1
erlc -o "$work" fuzz/code/runner.erl || exit 1
for jit in off 1; do
  ATHANOR_JIT=$jit timeout -s KILL 200 "$1" -noshell -pa "$work" -run runner main "$work/note" tests/hostile/code/*.beam
  status=$?
  [ "$status" -eq 0 ] || echo "ended by $(cat "$work/note"), JIT $jit"
  [ "$status" -eq 0 ] || break
done
rm -rf "$work"
exit "$status"
