%% SPDX-License-Identifier: Apache-2.0
%% Looking up rows of a hashed table, small and large ones, there and not there.
-module(ets_lookup).
-export([main/0]).

main() ->
    {T0, _} = statistics(runtime),
    work(),
    {T1, _} = statistics(runtime),
    io:format("cpu_ns ~w~n", [(T1 - T0) * 1000000]).

work() ->
    T = ets:new(t, [set, public, {read_concurrency, true}]),
    ets:insert(T, [{N, {N, N}} || N <- lists:seq(1, 50000)]),
    ets:insert(T, [{{large, N}, lists:seq(1, 20)} || N <- lists:seq(1, 1000)]),
    look(T, 1500000).

look(_, 0) -> ok;
look(T, N) ->
    _ = ets:lookup(T, N rem 60000),
    _ = ets:member(T, N rem 60000),
    _ = ets:lookup(T, {large, N rem 1000}),
    2 = tuple_size(ets:lookup_element(T, 1 + N rem 50000, 2)),
    look(T, N - 1).
