#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A machine full of names and terms that look like parts of a crash dump ends with one; the release's crashdump_viewer reads back what was there:
# crash_dump.sh ERL.
vm=$1
work=$(mktemp -d) || exit 1
cp "$(dirname "$0")/hostile_dump.erl" "$(dirname "$0")/viewer_record.erl" "$work" && cd "$work" && erlc hostile_dump.erl viewer_record.erl || exit 1
ERL_CRASH_DUMP=$work/dump timeout -s KILL 60 "$vm" -noshell -s hostile_dump main >out 2>&1
[ -s dump ] || { cat out; echo "no dump"; exit 1; }
timeout -s KILL 120 erl -noshell -eval 'try hostile_dump:read() catch C:R:S -> io:format("~p ~tp~n~p~n", [C, R, S]), halt(1) end.'
status=$?
cd / && rm -rf "$work"
exit $status
