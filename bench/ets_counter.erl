%% SPDX-License-Identifier: Apache-2.0
%% Counting in rows of a table.
-module(ets_counter).
-export([main/0]).

main() ->
    {T0, _} = statistics(runtime),
    work(),
    {T1, _} = statistics(runtime),
    io:format("cpu_ns ~w~n", [(T1 - T0) * 1000000]).

work() ->
    T = ets:new(t, [set, public, {write_concurrency, true}]),
    ets:insert(T, [{N, 0, 0} || N <- lists:seq(1, 100)]),
    count(T, 2000000).

count(_, 0) -> ok;
count(T, N) ->
    ets:update_counter(T, 1 + N rem 100, 1),
    ets:update_counter(T, 1 + N rem 100, {3, 1}),
    count(T, N - 1).
