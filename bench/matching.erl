%% SPDX-License-Identifier: Apache-2.0
%% Binary matching and building.
-module(matching).
-export([main/0]).

main() ->
    {T0, _} = statistics(runtime),
    work(),
    {T1, _} = statistics(runtime),
    io:format("cpu_ns ~w~n", [(T1 - T0) * 1000000]).

work() ->
    Data = binary:copy(<<1, 2, 3, 4, 5, 6, 7, 8>>, 100000),
    [sum(Data, 0) || _ <- lists:seq(1, 25)],
    byte_size(build(1000000, <<>>)).

sum(<<A, B:16, C:32, D, Rest/binary>>, S) -> sum(Rest, S + A + B + C + D);
sum(<<>>, S) -> S.

build(0, Acc) -> Acc;
build(N, Acc) -> build(N - 1, <<Acc/binary, N:16>>).
