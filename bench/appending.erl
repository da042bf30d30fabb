%% SPDX-License-Identifier: Apache-2.0
%% Binaries that grow at their end: by bytes, by words, by pieces, by bits, in comprehensions, and joined from lists.
-module(appending).
-export([main/0]).

main() ->
    Pieces = [<<"piece ", (integer_to_binary(N))/binary>> || N <- lists:seq(1, 100000)],
    bench_parts:run([
        {bytes, fun() -> [bytes(1000000, <<>>) || _ <- lists:seq(1, 5)] end},
        {words, fun() -> [words(500000, <<>>) || _ <- lists:seq(1, 5)] end},
        {pieces, fun() -> [pieces(Pieces, <<>>) || _ <- lists:seq(1, 20)] end},
        {bits, fun() -> [bits(300000, <<>>) || _ <- lists:seq(1, 20)] end},
        {comprehension, fun() -> Numbers = lists:seq(1, 300000), [<< <<N:24>> || N <- Numbers >> || _ <- lists:seq(1, 40)] end},
        {short_ones, fun() -> [short_one(N) || N <- lists:seq(1, 300000)] end},
        {iolist, fun() -> [iolist_to_binary(Pieces) || _ <- lists:seq(1, 100)] end}
    ]).

bytes(0, Binary) -> Binary;
bytes(N, Binary) -> bytes(N - 1, <<Binary/binary, N>>).

words(0, Binary) -> Binary;
words(N, Binary) -> words(N - 1, <<Binary/binary, N:32/little, 7:16>>).

pieces([], Binary) -> Binary;
pieces([Piece | Rest], Binary) -> pieces(Rest, <<Binary/binary, Piece/binary>>).

bits(0, Binary) -> Binary;
bits(N, Binary) -> bits(N - 1, <<Binary/bitstring, N:3>>).

short_one(N) -> byte_size(words(4, <<N:32>>)).
