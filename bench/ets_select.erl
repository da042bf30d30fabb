%% SPDX-License-Identifier: Apache-2.0
%% Match specs over a whole table: select, select_count, match, foldl, tab2list.
-module(ets_select).
-export([main/0]).

main() ->
    {T0, _} = statistics(runtime),
    work(),
    {T1, _} = statistics(runtime),
    io:format("cpu_ns ~w~n", [(T1 - T0) * 1000000]).

work() ->
    T = ets:new(t, [set]),
    ets:insert(T, [{N, N rem 100, {a, N}} || N <- lists:seq(1, 100000)]),
    [begin
        1000 = length(ets:select(T, [{{'$1', 7, '_'}, [], ['$1']}])),
        100000 = ets:select_count(T, [{{'_', '$1', '_'}, [{'>=', '$1', 0}], [true]}]),
        1000 = length(ets:match(T, {'$1', 9, {a, '$2'}})),
        50000 = length(ets:select(T, [{{'$1', '_', '_'}, [{'=:=', {'rem', '$1', 2}, 0}], ['$_']}])),
        100000 = length(ets:tab2list(T)),
        4950000 = ets:foldl(fun({_, K, _}, S) -> S + K end, 0, T)
    end || _ <- lists:seq(1, 5)].
