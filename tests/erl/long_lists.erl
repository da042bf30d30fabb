%% SPDX-License-Identifier: Apache-2.0
%% Lists of all lengths: reversed, appended, sorted, searched, with what lives moving meanwhile.
-module(long_lists).
-export([main/0]).
main() ->
    [io:format("~p ~p~n", [N, one(N)]) || N <- [0,1,10,100,300,5000,70000]],
    io:format("~p~n", [catch lists:reverse([1,2|3], [])]),
    io:format("~p~n", [catch improper() ++ [4]]),
    io:format("~p~n", [catch lists:keyfind(a, 1, [{b}, c, {a, 1}])]),
    io:format("~p~n", [lists:keyfind(1, 1, [{b}, {1.0, 1}])]),
    %% No tuple is too short to be seen as one: {} has no first element, whatever lies behind it.
    io:format("~w~n", [[lists:keyfind(Key, Position, List) || Key <- [<<"12">>, 1 bsl 80, {7}, 7], List <- [[{}], [{}, {7}]], Position <- lists:seq(1, 60)]]).

one(N) ->
    {P, M} = spawn_monitor(fun() -> exit({ok, work(N)}) end),
    receive {'DOWN', M, process, P, {ok, R}} -> R end.
work(N) ->
    L = [{X rem 7, X, <<X:64>>, integer_to_list(X)} || X <- lists:seq(1, N)],
    R = lists:reverse(L),
    A = R ++ L,
    S = lists:sort(A), K = lists:keysort(1, A), U = lists:usort(A),
    erlang:garbage_collect(),
    {erlang:phash2(S), erlang:phash2(K), erlang:phash2(U), erlang:phash2(lists:reverse(A, R)), length(A ++ U), lists:member(none, A), lists:keymember(N, 2, A)}.
improper() -> hd([[1, 2 | 3]]).
