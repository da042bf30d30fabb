%% SPDX-License-Identifier: Apache-2.0
%% Readers and writers of one table from all schedulers, while it grows and shrinks.
-module(ets_shared).
-export([main/0]).

main() ->
    {T0, _} = statistics(runtime),
    work(),
    {T1, _} = statistics(runtime),
    io:format("cpu_ns ~w~n", [(T1 - T0) * 1000000]).

work() ->
    T = ets:new(t, [set, public, {write_concurrency, true}, {read_concurrency, true}]),
    Me = self(),
    Pids = [spawn_link(fun() -> mix(T, P * 100000, 150000), Me ! self() end) || P <- lists:seq(1, 8)],
    [receive P -> ok end || P <- Pids].

mix(_, _, 0) -> ok;
mix(T, Base, N) ->
    ets:insert(T, {Base + N, N}),
    _ = ets:lookup(T, Base + N + 7),
    _ = ets:lookup(T, N),
    N rem 2 =:= 0 andalso ets:delete(T, Base + N + 100),
    mix(T, Base, N - 1).
