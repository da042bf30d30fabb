%% SPDX-License-Identifier: Apache-2.0
%% A long list of mixed numbers is sorted.
-module(sorting).
-export([size/0, run/1]).

size() -> 10000000.

run(Count) ->
    Sorted = lists:sort(numbers(Count, 20251125, [])),
    {{length(Sorted), hd(Sorted), lists:last(Sorted), in_order(Sorted), lists:foldl(fun(X, Sum) -> (Sum * 31 + X) band 16#FFFFFFF end, 7, Sorted)}, []}.

numbers(0, _, List) -> List;
numbers(N, Seed, List) -> numbers(N - 1, (Seed * 1103515245 + 12345) band 16#7FFFFFFF, [Seed bsr 3 | List]).

in_order([A | [B | _] = Rest]) when A =< B -> in_order(Rest);
in_order([_]) -> true;
in_order(_) -> false.
