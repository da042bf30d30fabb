%% SPDX-License-Identifier: Apache-2.0
%% A token around 1,000 processes.
-module(ring).
-export([main/0]).

main() ->
    {T0, _} = statistics(runtime),
    work(),
    {T1, _} = statistics(runtime),
    io:format("cpu_ns ~w~n", [(T1 - T0) * 1000000]).

work() ->
    Last = lists:foldl(fun(_, Next) -> spawn_link(fun() -> member(Next) end) end, self(), lists:seq(1, 1000)),
    turn(500, Last).

turn(0, _) -> ok;
turn(N, Last) -> Last ! token, receive token -> turn(N - 1, Last) end.

member(Next) -> receive token -> Next ! token, member(Next) end.
