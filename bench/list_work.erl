%% SPDX-License-Identifier: Apache-2.0
%% Lists: sorted in several ways, and the natives of lists.
-module(list_work).
-export([main/0]).

main() ->
    Numbers = [N * 7919 rem 1000003 || N <- lists:seq(1, 200000)],
    Tuples = [{N, N rem 1009} || N <- Numbers],
    Binaries = [integer_to_binary(N) || N <- lists:sublist(Numbers, 100000)],
    Short = lists:sublist(Numbers, 20),
    Strings = [integer_to_list(N) || N <- lists:sublist(Numbers, 100000)],
    Times = fun(N, Fun) -> fun() -> [Fun() || _ <- lists:seq(1, N)] end end,
    bench_parts:run([
        {sort, Times(5, fun() -> lists:sort(Numbers) end)},
        {usort, Times(5, fun() -> lists:usort(Numbers) end)},
        {keysort, Times(5, fun() -> lists:keysort(2, Tuples) end)},
        {sort_tuples, Times(3, fun() -> lists:sort(Tuples) end)},
        {sort_binaries, Times(5, fun() -> lists:sort(Binaries) end)},
        {sort_strings, Times(5, fun() -> lists:sort(Strings) end)},
        {sort_by, Times(3, fun() -> lists:sort(fun(A, B) -> A >= B end, Numbers) end)},
        {sort_short, Times(100000, fun() -> lists:sort(Short) end)},
        {reverse, Times(50, fun() -> lists:reverse(Numbers) end)},
        {member, Times(500, fun() -> false = lists:member(none, Numbers) end)},
        {keyfind, Times(500, fun() -> false = lists:keyfind(none, 2, Tuples) end)},
        {append, Times(200, fun() -> length(Numbers ++ Short) end)},
        {subtract, Times(3, fun() -> Numbers -- Strings end)}
    ]).
