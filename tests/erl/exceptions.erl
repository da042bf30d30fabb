%% SPDX-License-Identifier: Apache-2.0
%% Exceptions: classes, stack traces with places, nesting, after, and what crosses calls.
-module(exceptions).
-mode(compile). -compile([nowarn_failed, nowarn_nomatch, nowarn_ignored, nowarn_opportunistic]). % warnings would show where the file lies
-export([main/1]).

main(_) ->
    Cases = [fun() -> 1 / zero() end, fun() -> hd([]) end, fun() -> atom_to_list(1) end, fun() -> element(3, {1, 2}) end,
             fun() -> throw(ball) end, fun() -> exit(bye) end, fun() -> error(oops) end, fun() -> error(oops, [1, 2]) end,
             fun() -> {a, _} = id({b, c}) end, fun() -> case id(3) of 4 -> ok end end, fun() -> if hd([false]) -> ok end end,
             fun() -> clause(7) end, fun() -> (id(fun(X) -> X end))(1, 2) end, fun() -> (id(not_a_fun))(1) end,
             fun() -> no_such_module:f(1) end, fun() -> maps:get(k, #{}) end, fun() -> #{a := 1} = id(#{}) end,
             fun() -> M0 = id(#{}), M0#{a := 1} end, fun() -> binary_to_atom(<<255>>, utf8) end, fun() -> lists:sum([a]) end,
             fun() -> apply(?MODULE, no_such_function, [1]) end, fun() -> try id(1) of 2 -> ok after io:format("after~n") end end,
             fun() -> erlang:raise(error, custom, [{m, f, 2, []}]) end, fun() -> list_to_existing_atom("never_seen_before_xyz") end,
             fun() -> tuple_size([]) end, fun() -> length([a | b]) end, fun() -> [1] ++ id(a) end, fun() -> id(a) ++ [1] end,
             fun() -> spawn(id(x), y) end, fun() -> ets:lookup(no_table, 1) end, fun() -> register(undefined, self()) end,
             fun() -> ets:update_counter(ets:new(a_bag, [bag, named_table]), key, 1) end],
    [run(N, Case) || {N, Case} <- lists:zip(lists:seq(1, length(Cases)), Cases)],
    [raised(Trace) || Trace <- [[], [{a, b, 1}], [{a, b, [x]}], [{a, b, 1, []}, {c, d, 2}], [{fun lists:map/2, [1]}], [{a, b, -1}], [{a, b, c}],
                                [{a, 1, 2}], {x}, [a], [{a, b, 1} | x], [{a, b, 1, [{line, 3}]}], [{a, b, 1, x}], [{a, b, [x | y]}],
                                [{fun lists:map/2, [1], []}], [{a, b, 1 bsl 70}], [{[], b, 1}], [{a, b, 1, [{line, 3} | x]}],
                                [{fun lists:map/2, 3}], [{a, b, 1, [], []}], [{fun lists:map/2}], [{a, b}]]],
    io:format("~p~n", [catch throw(caught)]),
    io:format("~p~n", [catch exit(caught)]),
    {'EXIT', {Reason, [{M, F, _, _} | _]}} = (catch error(deep)),
    io:format("~p ~p ~s~n", [Reason, M, case atom_to_list(F) of [$- | _] -> "fun"; N -> N end]),
    io:format("~p~n", [nested(5)]),
    %% Passed on by erlang:raise/3: only a missing clause loses its place.
    [io:format("~p~n", [try Case() catch Class:Why:Stack -> {Class, Why, hd(Stack)} end]) ||
        Case <- [fun() -> try clause(7) catch C:R:S -> erlang:raise(C, {again, R}, S) end end, fun() -> try clause(7) catch C:R:S -> erlang:raise(exit, R, S), C end end,
                 fun() -> try error(x, [1]) catch C:R:S -> erlang:raise(C, R, S) end end, fun() -> try clause(7) after ok end end,
                 fun() -> try clause(7) catch C:R:S -> erlang:raise(C, R, id(S)) end end, fun() -> try atom_to_list(1) catch C:R:S -> erlang:raise(C, R, S) end end]].

zero() -> 0.
id(X) -> X.
clause(1) -> one.

run(N, Case) ->
    try Case() of
        Value -> io:format("~p: ~p~n", [N, Value])
    catch
        Class:Reason:Stack ->
            io:format("~p: ~p ~p~n", [N, Class, Reason]),
            [io:format("    ~p~n", [Item]) || Item <- lists:sublist(Stack, 2)]
    end.

nested(0) -> throw(bottom);
nested(N) ->
    try nested(N - 1)
    catch throw:R when N =:= 3 -> {caught_at, N, R};
          throw:R -> throw({N, R})
    after io:format("leaving ~p~n", [N])
    end.

raised(Trace) ->
    io:format("~p~n", [try erlang:raise(error, custom, id(Trace)) catch error:custom:Seen -> {raised, Seen} end]).
