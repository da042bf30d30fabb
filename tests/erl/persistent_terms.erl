%% SPDX-License-Identifier: Apache-2.0
%% Persistent terms: sharing is kept, many of them are quick to make, literals are not counted as a process's, and what goes is copied out.
-module(persistent_terms).
-mode(compile).
-export([main/1]).

main(_) ->
    io:format("sharing ~p~n", [sharing()]),
    io:format("many ~p~n", [many(100)]),
    io:format("readers ~p~n", [readers()]).

%% Flat it would take 2^40 cells.
sharing() ->
    T = lists:foldl(fun(_, A) -> [A | A] end, [], lists:seq(1, 40)),
    persistent_term:put(shared, {T, #{a => T}, fun() -> T end}),
    {A, #{a := B}, F} = persistent_term:get(shared),
    Result = {erts_debug:size_shared(A), erts_debug:same(A, B), erts_debug:same(A, F()), erts_debug:same(hd(A), tl(A))},
    persistent_term:erase(shared),
    {Result, catch persistent_term:get(shared)} .

many(N) ->
    [persistent_term:put({many, I}, {I, [I]}) || I <- lists:seq(1, N)],
    Good = lists:all(fun(I) -> persistent_term:get({many, I}) =:= {I, [I]} end, lists:seq(1, N)),
    [persistent_term:put({many, I}, I) || I <- lists:seq(1, N, 20)],
    Count = length([K || {{many, K}, _} <- persistent_term:get()]),
    Gone = lists:usort([persistent_term:erase({many, I}) || I <- lists:seq(1, N)]),
    {Good, Count, Gone, persistent_term:erase({many, 1}), persistent_term:get({many, 1}, none)}.

%% Readers see the old value or the new one, and what they hold stays.
readers() ->
    persistent_term:put(moving, value(0)),
    Me = self(),
    Pids = [spawn_link(fun() -> Me ! {self(), look(100, [])} end) || _ <- lists:seq(1, 8)],
    [persistent_term:put(moving, value(N)) || N <- lists:seq(1, 12)],
    Results = [receive {P, R} -> R end || P <- Pids],
    persistent_term:erase(moving),
    lists:usort(Results).

value(N) -> {N, lists:seq(1, 50), integer_to_binary(N), list_to_binary(lists:duplicate(100, N))}.

look(0, Held) -> lists:all(fun({N, _, _, _} = V) -> V =:= value(N) end, Held);
look(Left, Held) ->
    V = persistent_term:get(moving),
    erlang:yield(),
    look(Left - 1, case Left rem 10 of 0 -> [V | Held]; _ -> Held end).
