%% SPDX-License-Identifier: Apache-2.0
%% A binary grows by appending, 10 bytes at a time.
-module(appending).
-export([size/0, run/1]).

size() -> 100000000.

run(Bytes) ->
    Binary = grow(<<>>, Bytes div 10),
    {{byte_size(Binary), erlang:crc32(Binary)}, []}.

grow(Binary, 0) -> Binary;
grow(Binary, N) -> grow(<<Binary/binary, N:80>>, N - 1).
