#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Peers that do the handshake of distribution wrong, or send wrong frames after it; then one that does it right: peer.sh ERL. HOSTILE_SEED repeats a run.
vm=$1
work=$(mktemp -d) || exit 1
cp "$(dirname "$0")/hostile_peer.erl" "$work" && cd "$work" && erlc hostile_peer.erl || exit 1
port=$((20000 + $$ % 20000))
# No epmd: all nodes are at this port, and the second listens elsewhere.
common="-noshell -setcookie hostile -erl_epmd_port $port -start_epmd false -kernel inet_dist_use_interface {127,0,0,1}"
timeout -s KILL 120 "$vm" -name "attacked$$@127.0.0.1" $common -kernel inet_dist_listen_min $port inet_dist_listen_max $port -s hostile_peer main >out 2>&1 &
attacked=$!
n=0
while [ ! -e ready ] && [ $n -lt 1000 ] && kill -0 $attacked 2>/dev/null; do sleep 0.1; n=$((n + 1)); done
cat out
[ -e ready ] || exit 1
timeout -s KILL 60 "$vm" -name "good$$@127.0.0.1" $common -dist_listen false -attacked "attacked$$@127.0.0.1" -s hostile_peer check || exit 1
wait $attacked
status=$?
cd / && rm -rf "$work"
exit $status
