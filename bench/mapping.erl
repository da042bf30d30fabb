%% SPDX-License-Identifier: Apache-2.0
%% Maps: small ones updated, large ones built and read.
-module(mapping).
-export([main/0]).

main() ->
    {T0, _} = statistics(runtime),
    work(),
    {T1, _} = statistics(runtime),
    io:format("cpu_ns ~w~n", [(T1 - T0) * 1000000]).

work() ->
    lists:foldl(fun(N, M) -> M#{count := maps:get(count, M) + N} end, #{count => 0, name => x, other => y}, lists:seq(1, 500000)),
    Big = lists:foldl(fun(N, M) -> M#{N * 7919 rem 100003 => N} end, #{}, lists:seq(1, 100000)),
    lists:foldl(fun(N, S) -> case Big of #{N := V} -> S + V; _ -> S end end, 0, lists:seq(1, 300000)).
