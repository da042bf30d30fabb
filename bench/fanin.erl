%% SPDX-License-Identifier: Apache-2.0
%% A hundred senders, one receiver.
-module(fanin).
-export([main/0]).

main() ->
    {T0, _} = statistics(runtime),
    work(),
    {T1, _} = statistics(runtime),
    io:format("cpu_ns ~w~n", [(T1 - T0) * 1000000]).

work() ->
    Self = self(),
    [spawn_link(fun() -> [Self ! {N, M} || M <- lists:seq(1, 5000)] end) || N <- lists:seq(1, 100)],
    collect(500000).

collect(0) -> ok;
collect(N) -> receive {_, _} -> collect(N - 1) end.
