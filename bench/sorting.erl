%% SPDX-License-Identifier: Apache-2.0
%% Sorting lists of integers and of tuples.
-module(sorting).
-export([main/0]).

main() ->
    {T0, _} = statistics(runtime),
    work(),
    {T1, _} = statistics(runtime),
    io:format("cpu_ns ~w~n", [(T1 - T0) * 1000000]).

work() ->
    Numbers = [N * 7919 rem 1000003 || N <- lists:seq(1, 200000)],
    [lists:sort(Numbers) || _ <- lists:seq(1, 5)],
    lists:keysort(2, [{N, N rem 1009} || N <- Numbers]).
