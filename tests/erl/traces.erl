%% SPDX-License-Identifier: Apache-2.0
%% What a failing operator leaves in the trace: for some pairs of operands an item of its own with its arguments, for others none; and the
%% names of files of modules that were made from forms.
-module(traces).
-mode(compile).
-export([main/1]).

main(_) ->
    Operands = ["X", "Y", "1", "-1", "0", "576460752303423487", "-576460752303423488", "576460752303423488", "1.5", "atom"],
    Binary = ["+", "-", "*", "/", "div", "rem", "band", "bor", "bxor", "bsl", "bsr", "++", "--", "and", "xor", "<"],
    Bodies = [[A, " ", Op, " ", B] || Op <- Binary, A <- Operands, B <- Operands, A =:= "X" orelse B =:= "X"] ++
        [[Op, " X"] || Op <- ["+", "-", "bnot", "not"]] ++
        ["{X div Y, X rem Y}", "{X rem Y, X div Y}", "X + 1 - 1", "1 + (X - 2)", "(X + 1) * 2", "length(X) + 1", "X + Y + 1", "hd(X) + 1"],
    Functions = [{list_to_atom("f" ++ integer_to_list(N)), Body} || {N, Body} <- lists:enumerate(Bodies)],
    Module = made([["-export([", lists:join(", ", [[atom_to_list(F), "/2"] || {F, _} <- Functions]), "])."] |
                   [[atom_to_list(F), "(X, Y) -> [", Body, "]."] || {F, Body} <- Functions]]),
    [io:format("~s: ~0p~n", [Body, [failure(fun() -> Module:F(X, 0) end) || X <- [atom, 1, 1.5, [], <<>>, 1 bsl 70]]]) || {F, Body} <- Functions],
    %% The same in a guard never shows.
    Guards = made(["-export([f/1]).", "f(X) when X + 1 > 0 -> yes; f(X) when +X > 0 -> yes; f(_) -> no."]),
    io:format("~p~n", [[Guards:f(X) || X <- [atom, 1, -3, 1.5]]]).

%% Forms alone have no file: its name in the table of lines is empty.
made(Texts) ->
    Forms = [form(N, Text) || {N, Text} <- lists:enumerate(["-module(made)." | Texts])],
    {ok, Module, Code} = compile:forms(Forms, [nowarn]),
    code:purge(Module),
    {module, Module} = code:load_binary(Module, "made", Code),
    Module.

form(Line, Text) ->
    {ok, Tokens, _} = erl_scan:string(lists:flatten(Text), Line),
    {ok, Form} = erl_parse:parse_form(Tokens),
    Form.

failure(Call) ->
    try Call()
    catch Class:Reason:Stack -> {Class, Reason, lists:takewhile(fun({M, _, _, _}) -> M =/= ?MODULE end, Stack)}
    end.
