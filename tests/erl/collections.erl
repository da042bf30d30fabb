%% SPDX-License-Identifier: Apache-2.0
%% Lists, maps, ETS, sorting, formatting, external terms, hashes.
-module(collections).
-mode(compile).
-export([main/1]).

main(_) ->
    Mixed = [3, a, "str", <<"bin">>, {t, 1}, #{k => v}, 1.0, 1, [], make_fun(), 1 bsl 70, -1, {t}, <<1:3>>],
    io:format("~p~n", [[element(2, T) || T <- lists:sort([{X, N} || {X, N} <- lists:zip(Mixed, lists:seq(1, length(Mixed)))])]]),
    Big = maps:from_list([{N, N * N} || N <- lists:seq(1, 1000)]),
    io:format("~p ~p~n", [maps:size(Big), maps:fold(fun(K, V, S) -> S + K * V end, 0, Big)]),
    io:format("~p~n", [lists:sublist(maps:to_list(Big), 20)]),
    Less = lists:foldl(fun maps:remove/2, Big, lists:seq(1, 980)),
    io:format("~p~n", [Less]),
    io:format("~p~n", [maps:merge(#{a => 1, b => 2}, #{b => 3, c => 4})]),
    io:format("~p~n", [maps:map(fun(_, V) -> V + 1 end, #{x => 1, "y" => 2, 3.0 => 3, 3 => 4})]),
    T = ets:new(t, [ordered_set]), [ets:insert(T, {N rem 17, N}) || N <- lists:seq(1, 100)],
    io:format("~p~n", [ets:tab2list(T)]),
    io:format("~p~n", [ets:select(T, [{{'$1', '$2'}, [{'>', '$2', 95}], [{{'$2', '$1'}}]}])]),
    B = ets:new(b, [bag]), ets:insert(B, [{a, 1}, {a, 2}, {b, 1}, {a, 1}]), io:format("~p~n", [ets:lookup(B, a)]),
    C = ets:new(c, []), ets:insert(C, {n, 0}), [ets:update_counter(C, n, 2) || _ <- lists:seq(1, 10)], io:format("~p~n", [ets:lookup(C, n)]),
    [io:format("~w~n", [term_to_binary(X)]) || X <- [a, 1, 300, -1, 1 bsl 40, 1 bsl 80, 1.5, {1, 2}, [1, 2], "abc", [a | b], <<"x">>, <<5:3>>, #{a => 1}, fun lists:map/2, []]],
    [X = binary_to_term(term_to_binary(X, [compressed])) || X <- [lists:seq(1, 1000), Big, Mixed -- [lists:nth(10, Mixed)]]],
    io:format("~p~n", [[erlang:phash2(X) || X <- [a, 1, "x", {1, [2]}, #{a => b}, <<1, 2>>, 1.5, 1 bsl 80]]]),
    io:format("~p~n", [lists:usort([N * 7919 rem 101 || N <- lists:seq(1, 200)])]),
    io:format("~ts ~w ~p~n", ["ñandú", "ñ", "plain"]),
    io:format("~s|~10s|~-10s|~.3f|~e|~b|~.16b|~c|~i~n", ["a", "b", "c", 2.0, 3.0, 42, 255, $x, ignored]),
    io:format("~p~n", [{long, lists:seq(1, 60), #{nested => [{a, "text", <<"binary">>}]}}]),
    io:format("~p~n", [re:run("2026-11-20", "([0-9]+)-([0-9]+)-([0-9]+)", [{capture, all_but_first, list}])]),
    io:format("~p~n", [re:replace("a-b-c", "-", "+", [global, {return, list}])]),
    io:format("~p~n", [re:split("one two  three", " +", [{return, binary}])]),
    io:format("~p~n", [binary:split(<<"a,b,,c">>, <<",">>, [global])]),
    io:format("~p~n", [string:tokens("a b c", " ")]),
    io:format("~p~n", [unicode:characters_to_binary(["å", [<<"ä"/utf8>>], 8364])]).

make_fun() -> fun lists:map/2.
