%% SPDX-License-Identifier: Apache-2.0
%% Bit syntax, floats, arithmetic, maps.
-module(bits).
-export([header/1, skip/1, make/2, average/2, mix/2, lookup/1, update/2]).

header(<<A, B:16, C:32/signed, D:4, E:4, Rest/binary>>) -> {A, B, C, D, E, Rest}.

skip(<<_:8, A:8/little, B:24/little, Rest/bits>>) -> {A, B, Rest};
skip(<<"stop">>) -> stop.

make(A, B) -> <<A:16, B/binary, "end">>.

average(A, B) -> (float(A) + float(B)) / 2.0.

mix(A, B) -> (A band 255) * 3 + (B bsr 2) - abs(A).

lookup(#{key := V, other := W}) -> {V, W}.

update(M, V) -> M#{key := V, new => V}.
