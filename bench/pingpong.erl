%% SPDX-License-Identifier: Apache-2.0
%% Two processes, one message each way.
-module(pingpong).
-export([main/0]).

main() ->
    {T0, _} = statistics(runtime),
    work(),
    {T1, _} = statistics(runtime),
    io:format("cpu_ns ~w~n", [(T1 - T0) * 1000000]).

work() ->
    Self = self(),
    Other = spawn_link(fun() -> pong() end),
    ping(500000, Other, Self).

ping(0, Other, _) -> Other ! stop;
ping(N, Other, Self) -> Other ! {Self, N}, receive {Other, N} -> ping(N - 1, Other, Self) end.

pong() -> receive {From, N} -> From ! {self(), N}, pong(); stop -> ok end.
