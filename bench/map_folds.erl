%% SPDX-License-Identifier: Apache-2.0
%% Maps as a whole: folded, mapped, filtered, merged, made from lists and turned into them; small and large.
-module(map_folds).
-export([main/0]).

main() ->
    Small = maps:from_list([{N, N} || N <- lists:seq(1, 20)]),
    Large = maps:from_list([{{key, N}, N} || N <- lists:seq(1, 20000)]),
    Other = maps:from_list([{{key, N}, -N} || N <- lists:seq(10000, 30000)]),
    Pairs = maps:to_list(Large),
    Times = fun(N, Fun) -> fun() -> [Fun() || _ <- lists:seq(1, N)] end end,
    bench_parts:run([
        {fold_small, Times(300000, fun() -> maps:fold(fun(_, V, Sum) -> V + Sum end, 0, Small) end)},
        {fold_large, Times(300, fun() -> maps:fold(fun(_, V, Sum) -> V + Sum end, 0, Large) end)},
        {map_small, Times(100000, fun() -> maps:map(fun(_, V) -> V + 1 end, Small) end)},
        {map_large, Times(50, fun() -> maps:map(fun(_, V) -> V + 1 end, Large) end)},
        {filter_large, Times(50, fun() -> maps:filter(fun(_, V) -> V rem 2 =:= 0 end, Large) end)},
        {iterator_large, Times(200, fun() -> walk(maps:next(maps:iterator(Large)), 0) end)},
        {to_list_large, Times(100, fun() -> maps:to_list(Large) end)},
        {from_list_large, Times(30, fun() -> maps:from_list(Pairs) end)},
        {merge_large, Times(50, fun() -> maps:merge(Large, Other) end)},
        {keys_values, Times(200000, fun() -> {maps:keys(Small), maps:values(Small)} end)},
        {with_without, Times(100000, fun() -> {maps:with([1, 2, 3], Small), maps:without([1, 2, 3], Small)} end)},
        {merge_small, Times(300000, fun() -> maps:merge(Small, #{1 => 2, x => y}) end)},
        {grow, Times(20, fun() -> lists:foldl(fun(N, Map) -> Map#{N => N} end, #{}, lists:seq(1, 20000)) end)},
        {binary_keys, Times(20, fun() -> lists:foldl(fun(N, Map) -> Map#{integer_to_binary(N) => N} end, #{}, lists:seq(1, 20000)) end)}
    ]).

walk(none, Sum) -> Sum;
walk({_, Value, Next}, Sum) -> walk(maps:next(Next), Sum + Value).
