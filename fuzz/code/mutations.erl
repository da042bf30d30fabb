%% SPDX-License-Identifier: Apache-2.0
%% Hostile modules: code of the release's compiler with a few instructions changed by chance and assembled again, unvalidated. Run by the
%% stock VM, which makes the files; runner.erl loads and calls them on the VM under test.
%%
%%   erl -noshell -pa EBIN -run mutations main OUT FIRST_SEED COUNT SOURCE.erl…
-module(mutations).
-export([main/1]).

main([Out, First, Count | Sources]) ->
    Modules = [asm(S, Out) || S <- Sources],
    Seed = list_to_integer(First),
    Made = lists:sum([make(Out, N, Modules) || N <- lists:seq(Seed, Seed + list_to_integer(Count) - 1)]),
    io:format("~p made~n", [Made]),
    halt(0).

%% The compiler writes a listing all the same: to where the batch goes.
asm(Source, Out) ->
    {ok, _, Asm} = compile:file(Source, [binary, 'S', {outdir, Out}, no_spawn_compiler_process | [no_type_opt || rand:uniform(2) =:= 1]]),
    Asm.

make(Out, N, Modules) ->
    rand:seed(exsss, {N, 17, 23}),
    {Mod, Exports, Attributes, Functions, Labels} = pick(Modules),
    All = [I || {function, _, _, _, Is} <- Functions, I <- Is],
    {Few, _} = lists:split(rand:uniform(3), shuffle(Functions)),
    Mutated = [case lists:member(F, Few) of true -> mutate_function(F, All); false -> F end || F <- Functions],
    try beam_asm:module({Mod, Exports, Attributes, Mutated, Labels}, [], [], []) of
        {ok, Code} -> ok = file:write_file(filename:join(Out, io_lib:format("~8..0b.beam", [N])), Code), 1
    catch _:_ -> 0
    end.

pick(List) -> lists:nth(rand:uniform(length(List)), List).
shuffle(List) -> [X || {_, X} <- lists:sort([{rand:uniform(), X} || X <- List])].

mutate_function({function, Name, Arity, Entry, Is}, All) ->
    {Head, Body} = lists:splitwith(fun(I) -> I =/= {label, Entry} end, Is),
    Labels = [L || {label, L} <- Body],
    Times = pick([1, 1, 1, 2, 2, 3, 5]),
    {function, Name, Arity, Entry, Head ++ times(Times, fun(B) -> mutate(B, Labels, All) end, Body)}.

times(0, _, B) -> B;
times(N, F, B) -> times(N - 1, F, F(B)).

%% The instruction at a random place, behind the entry label.
mutate([Entry | Body], Labels, All) when Body =/= [] ->
    At = rand:uniform(length(Body)),
    {Before, [I | After]} = lists:split(At - 1, Body),
    [Entry | case rand:uniform(12) of
        1 -> Before ++ After;
        2 -> Before ++ [I, I | After];
        3 when After =/= [] -> Before ++ [hd(After), I | tl(After)];
        4 -> Before ++ [pick(All) | After];
        5 -> Before ++ [pick(All), I | After];
        6 -> without_a_test(Body);
        7 -> without_a_test(Body);
        8 -> Before ++ [kin(I) | After];
        _ -> Before ++ [change(I, Labels) | After]
    end];
mutate(Body, _, _) -> Body.

%% What the compiler proved by a test is no longer so.
without_a_test(Body) ->
    case [N || {N, I} <- lists:zip(lists:seq(1, length(Body)), Body), is_tuple(I), lists:member(element(1, I), [test, bif, init_yregs, test_heap])] of
        [] -> Body;
        Ns -> {Before, [_ | After]} = lists:split(pick(Ns) - 1, Body), Before ++ After
    end.

kin({get_hd, A, B}) -> {get_tl, A, B};
kin({get_tl, A, B}) -> {get_hd, A, B};
kin({get_list, A, B, C}) -> {get_list, A, C, B};
kin({get_tuple_element, A, N, B}) -> {get_tuple_element, A, N + pick([-1, 1, 5, 1000]), B};
kin({test, Name, F, [A]}) when is_atom(Name) -> {test, pick([is_atom, is_list, is_nonempty_list, is_tuple, is_map, is_integer, is_float, is_binary, is_bitstr, is_nil, Name]), F, [A]};
kin({call, N, F}) -> {call_only, N, F};
kin({call_only, N, F}) -> {call, N, F};
kin({allocate, S, L}) -> pick([{allocate, S + 1, L}, {allocate_heap, S, 5, L}]);
kin({test_heap, N, L}) when is_integer(N) -> pick([{test_heap, max(0, N - 1), L}, {test_heap, 0, L}]);
kin({put_tuple2, D, {list, L}}) -> {put_tuple2, D, {list, tl(L ++ [nil])}};
kin(remove_message) -> timeout;
kin(I) -> I.

change(I, Labels) when is_tuple(I) ->
    At = rand:uniform(tuple_size(I)),
    case element(At, I) of
        Op when At =:= 1, is_atom(Op) -> I;
        E -> setelement(At, I, leaf(E, Labels))
    end;
change(I, _) -> I.

leaf({f, 0}, Labels) -> {f, pick([0 | Labels])};
leaf({f, _}, Labels) -> {f, pick([0 | Labels])};
leaf({x, N}, _) -> pick([{x, max(0, N + pick([-1, 1, 2]))}, {y, pick([0, 1, N])}, {x, pick([0, 1, 2, 3, 1023])}]);
leaf({y, N}, _) -> pick([{y, max(0, N + pick([-1, 1]))}, {x, pick([0, 1, 2])}]);
leaf({tr, R, _}, Labels) -> leaf(R, Labels);
leaf({fr, N}, _) -> {fr, max(0, N + pick([-1, 1, 7]))};
leaf({integer, _}, _) -> {integer, pick([0, 1, -1, 7, 64, 255, 256, 1 bsl 31, (1 bsl 59) - 1, 1 bsl 64, -(1 bsl 70)])};
leaf({atom, _}, _) -> pick([{atom, true}, {atom, ok}, nil, {integer, 3}]);
leaf({literal, _}, _) -> {literal, pick([[], {a}, {a, b, c}, [1 | 2], #{a => 1}, <<"abc">>, <<1:3>>, binary:copy(<<7>>, 100), 1.5, 1 bsl 90, fun lists:map/2])};
leaf({list, L}, Labels) when L =/= [] ->
    N = rand:uniform(length(L)),
    {A, [E | B]} = lists:split(N - 1, L),
    {list, A ++ [leaf(E, Labels) | B]};
leaf({alloc, L}, _) -> {alloc, [{K, max(0, N + pick([-1, 1]))} || {K, N} <- L]};
leaf(N, _) when is_integer(N) -> max(0, pick([N - 1, N + 1, 0, N * 2, 63, 255]));
leaf(L, Labels) when is_list(L), L =/= [] ->
    N = rand:uniform(length(L)),
    {A, [E | B]} = lists:split(N - 1, L),
    A ++ [leaf(E, Labels) | B];
leaf(T, _) -> T.
