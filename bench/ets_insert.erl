%% SPDX-License-Identifier: Apache-2.0
%% Filling hashed tables, row by row and by lists, and emptying them.
-module(ets_insert).
-export([main/0]).

main() ->
    {T0, _} = statistics(runtime),
    work(),
    {T1, _} = statistics(runtime),
    io:format("cpu_ns ~w~n", [(T1 - T0) * 1000000]).

work() ->
    [begin
        T = ets:new(t, [set | Options]),
        fill(T, 200000),
        fill(T, 200000),
        ets:insert(T, [{{list, N}, N} || N <- lists:seq(1, 100000)]),
        ets:delete(T)
    end || Options <- [[], [public, {write_concurrency, true}]]].

fill(_, 0) -> ok;
fill(T, N) -> ets:insert(T, {N, N, a}), fill(T, N - 1).
