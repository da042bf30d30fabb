%% SPDX-License-Identifier: Apache-2.0
%% What a failing operator leaves in the trace: for some pairs of operands an item of its own with its arguments, for others none; and the
%% names of files of modules that were made from forms.
-module(traces).
-mode(compile).
-export([main/1]).

main(_) ->
    Operands = ["X", "Y", "1", "-1", "576460752303423487", "576460752303423488", "1.5"],
    Binary = ["+", "-", "*", "/", "div", "rem", "band", "bor", "bxor", "bsl", "bsr", "++"],
    Bodies = [[A, " ", Op, " ", B] || Op <- Binary, A <- Operands, B <- Operands, A =:= "X" orelse B =:= "X"] ++
        [[Op, " X"] || Op <- ["+", "-", "bnot", "not"]] ++
        ["{X div Y, X rem Y}", "{X rem Y, X div Y}", "X + 1 - 1", "1 + (X - 2)", "(X + 1) * 2", "length(X) + 1", "X + Y + 1", "hd(X) + 1"],
    Functions = [{list_to_atom("f" ++ integer_to_list(N)), Body} || {N, Body} <- lists:enumerate(Bodies)],
    Module = made([["-export([", lists:join(", ", [[atom_to_list(F), "/2"] || {F, _} <- Functions]), "])."] |
                   [[atom_to_list(F), "(X, Y) -> [", Body, "]."] || {F, Body} <- Functions]]),
    [io:format("~s: ~0p~n", [Body, [failure(fun() -> Module:F(X, 0) end) || X <- [atom, 1, 1.5, [], <<>>, 1 bsl 70]]]) || {F, Body} <- Functions],
    %% The same in a guard never shows.
    Guards = made(["-export([f/1]).", "f(X) when X + 1 > 0 -> yes; f(X) when +X > 0 -> yes; f(_) -> no."]),
    io:format("~p~n", [[Guards:f(X) || X <- [atom, 1, -3, 1.5]]]),
    [begin M = made(Texts), io:format("~s: ~0p~n", [Body, [failure(fun() -> M:f(X) end) || X <- [a, fun erlang:abs/2, fun erlang:abs/1, fun lists:no_such/1, {}]]]) end || {Body, Texts} <- calls()],
    [begin M = made(Texts), io:format("~s: ~0p~n", [Body, [failure(fun() -> M:f(X, Y) end) || X <- [a, b, true, {1}], Y <- [1, true, fun erlang:hd/1]]]) end || {Body, Texts} <- lines()].

%% Funs that cannot be called, modules that are none: a call that would come back shows twice.
calls() ->
    Bodies = ["X(a)", "[X(a)]", "apply(X, [a])", "[apply(X, [a])]", "apply(X, a)", "[apply(X, a)]", "apply(X, id([a]))", "[apply(X, id([a]))]", "X:f(1)", "[X:f(1)]",
              "apply(X, f, X)", "[apply(X, f, X)]", "[apply(X, f, [1 | X])]", "F = id(apply), [erlang:F(X, [a])]", "F = id(apply), erlang:F(X, [a])", "F = id(apply), [erlang:F(X, f, [a])]",
              "F = fun erlang:apply/2, [F(X, [a])]", "erlang:bump_reductions(100000), atom_to_list({X})", "erlang:bump_reductions(100000), [atom_to_list({X})]", "erlang:bump_reductions(100000), error(X)",
              "erlang:bump_reductions(100000), id(X), element(X, X)", "erlang:bump_reductions(100000), X ! X", "try X(a) catch throw:_ -> ok end", "catch X(a), X(b)"],
    [{Body, ["-export([f/1]).", ["f(X) -> ", Body, "."], "id(X) -> X."]} || Body <- Bodies].

%% Which line is told where a tail call's own is left out, and where a line begins right behind a call.
lines() ->
    Bodies = [["if X =:= a ->", "g(b);", "true ->", "(X orelse Y)", "end"], ["if X =:= a ->", "lists:reverse(b);", "true ->", "(X orelse Y)", "end"],
              ["if X =:= a ->", "atom_to_list(b);", "true ->", "(X orelse Y)", "end"], ["if X =:= a ->", "g(Y);", "true ->", "Y andalso", "(X orelse Y)", "end"],
              ["case X of", "a -> g(Y, X);", "b -> g(", "[X]);", "_ -> Y orelse", "(X orelse Y)", "end"],
              ["_ = (Y)(X),", "lists:reverse(X)"], ["_ = (Y)(X),", "g(X)"], ["(Y)(X) + ", "length(X)"], ["_ = apply(erlang, Y, [X]),", "g(X)"], ["_ = g(Y),", "_ = (Y)(X),", "_ = g(X),", "X + Y"],
              ["Z = (Y)(X),", "[g(X),", "Z]"], ["h(Y, X),", "g(X)"], ["[h(Y, X),", "g(X)]"],
              ["process_info(X, links),", "g(X)"], ["_ = process_info(X, links),", "_ = atom_to_list(X),", "g(X)"], ["process_info(X, Y)"], ["[process_info(X, Y),", "X]"],
              ["_ = (id(X)):Y(1) +", "X"], ["_ = apply(X, Y) +", "X"], ["_ = apply(X, g, Y) +", "X"], ["_ = apply(lists, X, [Y]) +", "X"]],
    [{lists:join(" ", Body), ["-export([f/2]).", ["f(X, Y) ->\n", lists:join("\n", Body), "."], "g(X) -> X.", "id(X) -> X.", "g(X, Y) -> {X, Y}.", "h(F, X) -> F(X)."]} || Body <- Bodies].

%% Forms alone have no file: its name in the table of lines is empty.
made(Texts) ->
    {Forms, _} = lists:mapfoldl(fun form/2, 1, ["-module(made)." | Texts]),
    {ok, Module, Code} = compile:forms(Forms, [nowarn]),
    code:purge(Module),
    {module, Module} = code:load_binary(Module, "made", Code),
    Module.

form(Text, Line) ->
    {ok, Tokens, Next} = erl_scan:string(lists:flatten(Text), Line),
    {ok, Form} = erl_parse:parse_form(Tokens),
    {Form, Next + 1}.

failure(Call) ->
    try Call()
    catch Class:Reason:Stack -> {Class, Reason, lists:takewhile(fun({M, _, _, _}) -> M =/= ?MODULE end, Stack)}
    end.
