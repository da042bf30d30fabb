%% SPDX-License-Identifier: Apache-2.0
%% Spawn, one message, exit.
-module(spawning).
-export([main/0]).

main() ->
    {T0, _} = statistics(runtime),
    work(),
    {T1, _} = statistics(runtime),
    io:format("cpu_ns ~w~n", [(T1 - T0) * 1000000]).

work() -> Self = self(), loop(300000, Self).

loop(0, _) -> ok;
loop(N, Self) -> spawn(fun() -> Self ! done end), receive done -> loop(N - 1, Self) end.
