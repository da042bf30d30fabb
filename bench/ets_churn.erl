%% SPDX-License-Identifier: Apache-2.0
%% Tables made and dropped; rows taken, replaced, matched and deleted; keys that are binaries and tuples; bags.
-module(ets_churn).
-export([main/0]).

main() ->
    bench_parts:run([
        {create, fun() -> [begin T = ets:new(t, [set]), true = ets:insert(T, {1, 2}), ets:delete(T) end || _ <- lists:seq(1, 200000)] end},
        {take, fun() -> [take(100000) || _ <- lists:seq(1, 3)] end},
        {binary_keys, fun() -> [keys([integer_to_binary(N) || N <- lists:seq(1, 100000)], [set]) || _ <- lists:seq(1, 3)] end},
        {binary_keys_ordered, fun() -> [keys([integer_to_binary(N) || N <- lists:seq(1, 100000)], [ordered_set]) || _ <- lists:seq(1, 2)] end},
        {tuple_keys, fun() -> [keys([{user, N, <<"x">>} || N <- lists:seq(1, 100000)], [set]) || _ <- lists:seq(1, 3)] end},
        {match_delete, fun() -> [match_delete(100000) || _ <- lists:seq(1, 3)] end},
        {match_object, fun() -> T = filled(100000), [ets:match_object(T, {'_', 17, '_'}) || _ <- lists:seq(1, 20)] end},
        {select_replace, fun() -> T = filled(100000), [ets:select_replace(T, [{{'$1', '$2', '$3'}, [], [{{'$1', {'+', '$2', 1}, '$3'}}]}]) || _ <- lists:seq(1, 5)] end},
        {foldl, fun() -> T = filled(100000), [ets:foldl(fun({_, N, _}, Sum) -> N + Sum end, 0, T) || _ <- lists:seq(1, 8)] end},
        {tab2list, fun() -> T = filled(100000), [ets:tab2list(T) || _ <- lists:seq(1, 20)] end},
        {bag, fun() -> bag(300000) end},
        {large_rows, fun() -> large_rows(20000) end},
        {update_element, fun() -> T = filled(1000), [ets:update_element(T, N rem 1000 + 1, {2, N}) || N <- lists:seq(1, 2000000)] end},
        {ordered_next, fun() -> T = ets:new(t, [ordered_set]), [ets:insert(T, {N, N}) || N <- lists:seq(1, 100000)], [walk(T, ets:first(T)) || _ <- lists:seq(1, 40)] end}
    ]).

filled(N) ->
    T = ets:new(t, [set]),
    [ets:insert(T, {I, I rem 100, <<"some text">>}) || I <- lists:seq(1, N)],
    T.

take(N) ->
    T = filled(N),
    [[_] = ets:take(T, I) || I <- lists:seq(1, N)],
    0 = ets:info(T, size),
    ets:delete(T).

keys(Keys, Options) ->
    T = ets:new(t, Options),
    [ets:insert(T, {Key, 1}) || Key <- Keys],
    [ets:update_counter(T, Key, 1) || Key <- Keys],
    [[_] = ets:lookup(T, Key) || Key <- Keys],
    [ets:delete(T, Key) || Key <- Keys],
    ets:delete(T).

match_delete(N) ->
    T = filled(N),
    [ets:match_delete(T, {'_', I, '_'}) || I <- lists:seq(0, 9)],
    ets:match_delete(T, {'_', '_', <<"some text">>}),
    0 = ets:info(T, size),
    ets:delete(T).

bag(N) ->
    T = ets:new(t, [bag]),
    [ets:insert(T, {I rem 10000, I}) || I <- lists:seq(1, N)],
    [ets:lookup(T, I) || I <- lists:seq(0, 9999), _ <- lists:seq(1, 5)],
    [ets:delete_object(T, {I rem 10000, I}) || I <- lists:seq(1, N)],
    0 = ets:info(T, size),
    ets:delete(T).

large_rows(N) ->
    T = ets:new(t, [set]),
    Row = lists:duplicate(100, {a, 1, "text"}),
    [ets:insert(T, {I, Row}) || I <- lists:seq(1, N)],
    [ets:lookup(T, I) || I <- lists:seq(1, N)],
    ets:delete(T).

walk(_, '$end_of_table') -> ok;
walk(T, K) -> walk(T, ets:next(T, K)).
