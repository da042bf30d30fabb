#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Mutates compiled code and runs it for SECONDS: run.sh [SECONDS] [ERL] [FIRST_SEED]. ERL is the VM under test (build/asan/bin/erl); the stock
# erl makes the files. A module that ends the machine is kept in build/fuzz/code/finds; once understood it goes to tests/hostile/code.
cd "$(dirname "$0")/../.." || exit 1
seconds=${1:-60}
vm=${2:-build/asan/bin/erl}
seed=${3:-$(date +%s)}
work=build/fuzz/code
mkdir -p "$work/ebin" "$work/finds" "$work/batch"
erlc -o "$work/ebin" fuzz/code/*.erl || exit 1
end=$(($(date +%s) + seconds))
finds=0
while [ "$(date +%s)" -lt "$end" ]; do
  rm -f "$work"/batch/*
  erl -noshell -pa "$work/ebin" -run mutations main "$work/batch" "$seed" 200 fuzz/code/shapes.erl >/dev/null || exit 1
  seed=$((seed + 200))
  # Interpreted and as machine code by turns.
  if [ "${ATHANOR_JIT:-}" = 1 ]; then ATHANOR_JIT=off; else ATHANOR_JIT=1; fi
  export ATHANOR_JIT
  # What ends the machine is put aside, and the rest of the batch goes on.
  while set -- "$work"/batch/*.beam && [ -e "$1" ]; do
    timeout -s KILL 300 "$vm" -noshell -pa "$work/ebin" -run runner main "$work/note" "$@" >"$work/log" 2>&1 && break
    culprit=$(cat "$work/note")
    name=$(basename "$culprit")
    echo "find: $name"
    tail -c 20000 "$work/log" >"$work/finds/$name.log"
    finds=$((finds + 1))
    for file in "$@"; do
      if [ "$file" = "$culprit" ]; then mv "$file" "$work/finds/"; break; fi
      rm -f "$file"
    done
  done
done
echo "seeds up to $seed, $finds finds"
[ "$finds" -eq 0 ]
