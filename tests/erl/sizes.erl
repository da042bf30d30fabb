%% SPDX-License-Identifier: Apache-2.0
%% Sizes of terms in words, as the release tells them: flat, and with shared parts counted once.
-module(sizes).
-mode(compile).
-export([main/1]).

main(_) ->
    Empty = list_to_tuple([]),
    Big = maps:from_list([{I, {I}} || I <- lists:seq(1, 40)]),
    Bigger = maps:from_list([{I, Empty} || I <- lists:seq(1, 1000)]),
    Bytes = list_to_binary(lists:duplicate(800, 7)),
    <<_, Short:30/binary, Long:100/binary, _/bitstring>> = Bytes,
    Shared = [a, b, {c}],
    X = list_to_atom("x"),
    Y = self(),
    Terms = [Empty, #{}, [Empty, #{}], {Shared, Shared}, [Shared, Shared | Shared], #{k => Shared, l => Shared}, Big, Bigger, {Big, Big}, 1.5, 1 bsl 59, 1 bsl 64, -(1 bsl 200),
             "text", Short, Long, <<1:1>>, Y, make_ref(), fun lists:map/2, fun() -> ok end, fun() -> {X, Y} end, [Short | Short]],
    [io:format("~p: ~p ~p~n", [N, erts_debug:flat_size(T), erts_debug:size(T)]) || {N, T} <- lists:zip(lists:seq(1, length(Terms)), Terms)],
    Elsewhere = [binary_to_term(B) || B <- [<<131, 88, 119, 3, "a@b", 17:32, 42:32, 1:32>>, <<131, 89, 119, 3, "a@b", 17:32, 1:32>>, <<131, 120, 119, 3, "a@b", 17:64, 1:32>> |
                                            [<<131, 90, N:16, 119, 3, "a@b", 1:32, <<<<M:32>> || M <- lists:seq(1, N)>>/binary>> || N <- [1, 2, 3, 4, 5]]]],
    [io:format("~p ~p ~p ~p~n", [erts_internal:term_type(T), erts_debug:flat_size(T), erts_debug:size(T), erts_debug:size_shared(T)]) ||
        T <- Elsewhere ++ [make_ref(), ets:new(x, []), fun() -> {X, Y} end, [fun lists:map/2 | 1 bsl 70], 1.5]],
    [io:format("~p~n", [erts_internal:term_type(T)]) || T <- [fun lists:map/2, fun() -> ok end, Big, #{}, Y, hd(erlang:ports()), [], [a], {}, <<>>, Bytes, 1, 1 bsl 59, 1 bsl 60]],
    %% What hangs on the head of a hashed map can be held, printed and sent like any term.
    Children = erts_internal:map_hashmap_children(Big),
    {'EXIT', {Why, _}} = (catch erts_internal:map_hashmap_children(#{a => 1})),
    {'EXIT', {WhyNot, _}} = (catch erts_internal:map_hashmap_children(x)),
    io:format("~p ~p ~p~n", [is_list(Children), Why, WhyNot]),
    Self = self(),
    spawn_link(fun() -> Self ! {back, is_binary(term_to_binary(Children)), length(lists:flatten(io_lib:format("~w", [Children]))) > 0} end),
    receive {back, Encoded, Printed} -> io:format("~p ~p~n", [Encoded, Printed]) end.
