%% SPDX-License-Identifier: Apache-2.0
%% Control: case, if, try, catch, receive, and small scenes with processes, timers, links, monitors and ETS.
-module(gen_control).
-export([expression/4]).
-import(gen_terms, [pick/1, chance/1, weighted/1, fresh/0]).

expression(Type, D, Env, Tools) ->
    (weighted([{8, fun choice/4}, {3, fun condition/4}, {5, fun attempt/4}, {2, fun caught/4}, {2, fun maybe_pair/4}, {2, fun mailbox/4}, {1, fun worker/4},
               {1, fun linked/4}, {1, fun timer/4}, {2, fun table/4}, {3, fun selection/4}, {1, fun block/4},
               {1, fun server/4}, {1, fun walk/4}, {1, fun killed/4}, {2, fun nested/4}]))(Type, D, Env, Tools).

clauses(N, T, Type, D, Env, #{pattern := P, guard := G, body := B}) ->
    [begin {Pattern, New} = P(T, 2, Env), [Pattern, G(40, New ++ Env), " -> ", B(Type, D - 1, New ++ Env)] end || _ <- lists:seq(1, N)].

choice(Type, D, Env, #{expression := E, kind := K} = Tools) ->
    T = K(),
    Last = case chance(70) of true -> [["_ -> ", E(Type, D - 1, Env)]]; false -> [] end,
    ["case ", E(T, D - 1, Env), " of\n    ", lists:join(";\n    ", clauses(rand:uniform(4), T, Type, D, Env, Tools) ++ Last), "\n  end"].

%% Many literals of one kind: becomes select_val, a jump table or a search.
selection(Type, D, Env, #{expression := E}) ->
    {T, Literals} = pick([{int, [integer_to_list(I) || I <- lists:seq(-2, rand:uniform(9))]}, {int, ["97", "98", "300", "70000", "576460752303423487", "576460752303423488"]},
                          {atom, ["a", "b", "c", "true", "false", "undefined"]}, {float, ["1.0", "0.5", "100.0"]}, {tuple, ["{}", "{1}", "{a,_}", "{b,_}", "{_,_,_}"]},
                          {binary, ["<<>>", "<<\"abc\">>", "<<\"a\",_/binary>>", "<<_:16>>"]}]),
    ["case ", E(T, D - 1, Env), " of\n    ", lists:join(";\n    ", [[L, " -> ", E(Type, D - 2, Env)] || L <- Literals]), ";\n    _ -> ", E(Type, D - 2, Env), "\n  end"].

condition(Type, D, Env, #{expression := E, test := Test}) ->
    Last = case chance(80) of true -> [["true -> ", E(Type, D - 1, Env)]]; false -> [] end,
    ["if ", lists:join("; ", [[Test(2, Env), " -> ", E(Type, D - 1, Env)] || _ <- lists:seq(1, rand:uniform(3))] ++ Last), " end"].

attempt(Type, D, Env, #{expression := E, body := B, kind := K} = Tools) ->
    T = K(),
    Of = case chance(40) of true -> [" of\n    ", lists:join("; ", clauses(rand:uniform(2), T, Type, D, Env, Tools))]; false -> "" end,
    C = fresh(), R = fresh(), S = fresh(),
    Handler = pick([[C, ":", R, " -> {", C, ",", R, "}"], [C, ":", R, ":", S, " -> {", C, ",", R, ",length(", S, ") > 0}"],
                    ["error:", R, " -> ", E(Type, D - 1, [{R, any} | Env])], ["throw:", R, " -> ", E(Type, D - 1, [{R, any} | Env])],
                    ["_:{", R, ",", S, "} -> {", R, ",", S, "}; ", "exit:", C, " -> ", C],
                    [C, ":", R, ":", S, " -> erlang:raise(", C, ", {again, ", R, "}, ", S, ")"],
                    ["error:badarg -> badarg; error:{badmatch,", R, "} -> ", R, "; error:badarith -> ", E(Type, D - 2, Env)]]),
    After = case chance(25) of true -> [" after put(after_key, ", E(any, D - 2, Env), ")"]; false -> "" end,
    ["try ", B(T, D - 1, Env), Of, "\n  catch ", Handler, After, " end"].

caught(_, D, Env, #{expression := E}) ->
    V = fresh(),
    ["case catch ", E(any, D - 1, Env), " of {'EXIT',{", V, ",_}} -> {caught,", V, "}; ", V, " -> ", V, " end"].

maybe_pair(_, D, Env, #{expression := E}) ->
    ["element(", pick(["1", "2"]), ", {", E(any, D - 1, Env), ",", E(any, D - 1, Env), "})"].

block(Type, D, Env, #{body := B}) -> ["begin ", B(Type, D - 1, Env), " end"].

%% Messages to oneself, taken out of order.
mailbox(Type, D, Env, #{expression := E, kind := K} = Tools) ->
    T = K(),
    Messages = [["self() ! ", E(case chance(60) of true -> T; false -> any end, D - 2, Env), ", "] || _ <- lists:seq(1, rand:uniform(3))],
    ["begin ", Messages, "receive\n    ", lists:join(";\n    ", clauses(rand:uniform(2), T, Type, D - 1, Env, Tools)),
     "\n  after ", pick(["0", "1", "0 + 1"]), " -> ", E(Type, D - 2, Env), " end end"].

%% A process of its own answers or dies; its monitor tells.
worker(_, D, Env, #{body := B}) ->
    [S, R, P, M, V] = [fresh() || _ <- lists:seq(1, 5)],
    ["begin ", S, " = self(), ", R, " = make_ref(), {", P, ",", M, "} = spawn_monitor(fun() -> ", S, " ! {", R, ", begin ", B(any, D - 1, Env), " end} end),\n  receive {", R, ",", V, "} -> erlang:demonitor(", M,
     ", [flush]), ", V, "; {'DOWN',", M, ",process,", P, ",{", V, ",_}} -> {down,", V, "}; {'DOWN',", M, ",process,", P, ",", V, "} -> {down,", V, "} end end"].

linked(_, D, Env, #{expression := E}) ->
    [P, V, O] = [fresh() || _ <- lists:seq(1, 3)],
    ["begin ", O, " = process_flag(trap_exit, true), ", P, " = spawn_link(fun() -> exit(", E(any, D - 1, Env), ") end),\n  receive {'EXIT',", P, ",{", V, ",[_|_]}} -> process_flag(trap_exit, ", O, "), ", V,
     "; {'EXIT',", P, ",", V, "} -> process_flag(trap_exit, ", O, "), {exit,", V, "} end end"].

timer(_, D, Env, #{expression := E}) ->
    [T, V] = [fresh() || _ <- lists:seq(1, 2)],
    pick([["begin ", T, " = erlang:start_timer(", pick(["0", "1", "2"]), ", self(), ", E(any, D - 1, Env), "), receive {timeout,", T, ",", V, "} -> ", V, " end end"],
          ["begin ", T, " = erlang:send_after(100000, self(), ", E(any, D - 1, Env), "), {is_integer(erlang:cancel_timer(", T, ")), erlang:cancel_timer(", T, ")} end"]]).

table(_, D, Env, #{expression := E}) ->
    [T, V] = [fresh() || _ <- lists:seq(1, 2)],
    Kind = pick(["set", "ordered_set", "bag", "duplicate_bag"]),
    Key = fun() -> case chance(50) of true -> gen_terms:pattern_key(); false -> E(any, D - 2, Env) end end,
    Step = fun() ->
        pick([["ets:insert(", T, ",{", Key(), ",", E(any, D - 2, Env), "})"], ["ets:insert(", T, ",[{", Key(), ",1},{", Key(), ",2,x}])"], ["ets:lookup(", T, ",", Key(), ")"],
              ["ets:delete(", T, ",", Key(), ")"], ["(catch ets:update_counter(", T, ",", Key(), ",", pick(["1", "{2,5}", "{2,3,10,0}", "[{2,1},{2,-4}]"]), "))"],
              ["ets:insert_new(", T, ",{", Key(), ",new})"], ["ets:member(", T, ",", Key(), ")"], ["(try ets:lookup_element(", T, ",", Key(), ",2) catch error:_ -> none end)"],
              ["lists:sort(ets:match(", T, ",{'$1',", pick(["'$2'", "1", "'_'"]), "}))"], ["lists:sort(ets:match_object(", T, ",{", pick(["a", "1", "'_'"]), ",'_'}))"],
              ["lists:sort(ets:select(", T, ",[{{'$1','$2'},[{", pick(["'>'", "'=:='", "'<'", "'=='"]), ",'$1',", pick(["'$2'", "1", "{const,a}", "{'+','$2',1}"]), "}],['$_']}]))"],
              ["ets:select_count(", T, ",[{{'$1','_'},[{", pick(["is_atom", "is_integer", "is_list", "is_float"]), ",'$1'}],[true]}])"], ["ets:info(", T, ", size)"], ["ets:take(", T, ",", Key(), ")"]])
    end,
    ["begin ", T, " = ets:new(t, [", Kind, "]), ", V, " = [", lists:join(",\n    ", [Step() || _ <- lists:seq(1, 2 + rand:uniform(5))]), ", lists:sort(ets:tab2list(", T, "))], ets:delete(", T, "), ", V, " end"].

%% A server with a state, its requests answered in order.
server(_, D, Env, #{expression := E}) ->
    ["gen_run:server(", E(fn2, D, Env), ",", E(any, D - 2, Env), ",[", lists:join(",", [E(any, D - 2, Env) || _ <- lists:seq(1, rand:uniform(4))]), "])"].

%% An ordered table walked in both ways, by pieces, and changed by match specs.
walk(_, D, Env, #{expression := E}) ->
    [T, V] = [fresh() || _ <- lists:seq(1, 2)],
    Key = fun() -> case chance(70) of true -> gen_terms:literal(pick([int, int, float, number, atom, any]), 1); false -> E(any, D - 2, Env) end end,
    Rows = lists:join(",", [["{", Key(), ",", pick(["1", "2.0", "a", "\"x\"", "7"]), "}"] || _ <- lists:seq(1, rand:uniform(6))]),
    Guard = fun() -> pick(["{'>','$1',{const,1}}", "{is_integer,'$2'}", "{'==','$2',1}", "{'andalso',{is_number,'$2'},{'<','$2',5}}", "{'orelse',{is_atom,'$1'},{'=:=','$2',a}}", "true", "{'not',{is_list,'$2'}}"]) end,
    Step = fun() ->
        pick([["ets:first(", T, ")"], ["ets:last(", T, ")"], ["ets:next(", T, ",", Key(), ")"], ["ets:prev(", T, ",", Key(), ")"],
              ["ets:foldl(fun({K,_},L) -> [K|L] end, [], ", T, ")"], ["ets:foldr(fun({K,_},L) -> [K|L] end, [], ", T, ")"],
              ["ets:select(", T, ",[{{'$1','$2'},[", Guard(), "],[{{'$2','$1'}}]}])"], ["ets:select_reverse(", T, ",[{{'$1','$2'},[", Guard(), "],['$$']}])"],
              ["ets:select_delete(", T, ",[{{'$1','$2'},[", Guard(), "],[true]}])"], ["ets:select_replace(", T, ",[{{'$1','$2'},[", Guard(), "],[{{'$1',replaced}}]}])"],
              ["(catch ets:update_element(", T, ",", Key(), ",{2,", E(any, D - 2, Env), "}))"], ["case ets:select(", T, ",[{{'$1','_'},[],['$1']}],2) of {", V, "a,", V, "b} -> {", V, "a,ets:select(", V, "b) =/= none}; ", V, "c -> ", V, "c end"],
              ["ets:match_delete(", T, ",{'_',1})"], ["(catch ets:update_counter(", T, ",", Key(), ",1,{x,0}))"], ["ets:lookup(", T, ",", Key(), ")"], ["ets:insert(", T, ",{", Key(), ",more})"]])
    end,
    Steps = [lists:flatten(Step()) || _ <- lists:seq(1, 1 + rand:uniform(6))],
    Numbered = [string:replace(S, V, V ++ "_" ++ integer_to_list(N) ++ "_", all) || {N, S} <- lists:enumerate(Steps)],
    ["begin ", T, " = ets:new(t, [ordered_set]), ets:insert(", T, ",[", Rows, "]), ", V, " = [", lists:join(",\n    ", Numbered), ", ets:tab2list(", T, ")], ets:delete(", T, "), ", V, " end"].

%% A process that waits is ended from outside, or does not let itself be.
killed(_, D, Env, #{expression := E}) ->
    [P, M, V, R, S] = [fresh() || _ <- lists:seq(1, 5)],
    ["begin ", S, " = self(), {", P, ",", M, "} = spawn_opt(fun() -> process_flag(trap_exit, ", pick(["true", "false"]), "), ", S, " ! {ready, self()}, receive {'EXIT',_,", R, "} -> exit({got,", R, "}); ", R, " -> exit({message,", R, "}) end end, [monitor", pick(["", ",{priority,high}"]), "]),\n  receive {ready, ", P, "} -> ok end, ",
     pick([["exit(", P, ",", pick(["kill", "normal", "shutdown", "{a,b}"]), "), exit(", P, ",", E(any, D - 2, Env), "), ", P, " ! last"], [P, " ! ", E(any, D - 1, Env)], ["erlang:send(", P, ",", E(any, D - 2, Env), ",[nosuspend])"]]),
     ", receive {'DOWN',", M, ",process,", P, ",", V, "} -> ", V, " end end"].

%% Try in try: what after leaves, and which exception wins.
nested(Type, D, Env, #{expression := E}) ->
    [C, R, K] = [fresh() || _ <- lists:seq(1, 3)],
    ["try try ", E(Type, D - 1, Env), " catch ", pick(["throw:_ -> thrown", "error:function_clause -> ok", ["exit:", K, " -> ", E(any, D - 2, Env)]]), " after ", pick([["put(left, ", E(any, D - 2, Env), ")"], "ok", "throw(from_after)", "erlang:garbage_collect()"]),
     " end of ", K, "z -> {ended,", K, "z} catch ", C, ":", R, " -> {", C, ",", R, "} end"].
