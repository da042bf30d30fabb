%% SPDX-License-Identifier: Apache-2.0
%% An ordered table: filling, walking, looking up, selecting a range.
-module(ets_ordered).
-export([main/0]).

main() ->
    {T0, _} = statistics(runtime),
    work(),
    {T1, _} = statistics(runtime),
    io:format("cpu_ns ~w~n", [(T1 - T0) * 1000000]).

work() ->
    T = ets:new(t, [ordered_set]),
    [ets:insert(T, {N * 7919 rem 200003, N}) || N <- lists:seq(1, 200000)],
    [walk(T, ets:first(T)) || _ <- lists:seq(1, 3)],
    [ets:lookup(T, N) || N <- lists:seq(1, 200000)],
    [10 = length(ets:select(T, [{{'$1', '_'}, [{'>', '$1', N}, {'=<', '$1', N + 10}], ['$1']}], 10)) || N <- []],
    [ets:delete(T, N) || N <- lists:seq(1, 200000)].

walk(_, '$end_of_table') -> ok;
walk(T, K) -> walk(T, ets:next(T, K)).
