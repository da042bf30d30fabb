%% SPDX-License-Identifier: Apache-2.0
%% Random modules as source text. An expression is asked for by kind (`int`, `list`, …) and mostly gets it; now and then another kind comes, so that
%% failures are as common as results. Variables bound in a branch are never named outside it, and functions call only those after
%% them or themselves with a falling counter: so every module compiles and every test ends.
-module(gen_code).
-export([module/3]).
-import(gen_terms, [pick/1, chance/1, weighted/1, fresh/0, literal/1]).

-define(FUNCTIONS, 3).   % at most

module(Name, Seed, Index) ->
    rand:seed(exsss, (Seed bsl 32) + Index),   % {Seed, Index, 0} would give the same programs to many pairs
    put(fresh, 1),
    Count = weighted([{6, 1}, {3, 2}, {1, ?FUNCTIONS}]),   % compiling takes most of the time: many small ones see more
    Shapes = [{"f" ++ integer_to_list(N), [pick([int, any, list, binary, map, tuple, float, bits, pairs, string, ints, fn]) || _ <- lists:seq(1, rand:uniform(4) - 1)]} || N <- lists:seq(1, Count)],
    Functions = [function(Shape, lists:nthtail(N, Shapes)) || {N, Shape} <- lists:enumerate(Shapes)],
    Tests = [test(N, lists:nth(N, Shapes)) || N <- lists:seq(1, Count)],
    ["-file(\"", Name, ".erl\", 1).\n-module(", Name, ").\n-export([", lists:join(",", [["t", integer_to_list(N), "/0"] || N <- lists:seq(1, Count)]), "]).\n", Functions, Tests].

%% A test calls a function three times with literals, once hidden from the compiler's types.
test(N, {F, Types}) ->
    Calls = [["gen_run:call(fun() -> ", F, "(", lists:join(",", [hidden(literal(case chance(8) of true -> any; false -> T end)) || T <- Types]), ") end)"] || _ <- lists:seq(1, 3)],
    ["t", integer_to_list(N), "() ->\n  [", lists:join(",\n   ", Calls), "].\n"].

hidden(Text) -> case chance(70) of true -> ["gen_run:id(", Text, ")"]; false -> Text end.

function({F, Types}, Later) ->
    put(functions, Later),
    case Types of
        [int | Rest] ->  % counts down: a loop
            Env = [{fresh(), T} || T <- Rest],
            Names = [V || {V, _} <- Env],
            N = fresh(),
            [F, "(", lists:join(",", [N | Names]), ") when ", N, " > 8; ", N, " < 0 ->\n  ", body(any, 3, [{N, int} | Env]), ";\n",
             F, "(", lists:join(",", ["0" | Names]), ") ->\n  ", body(any, 2, Env), ";\n",
             F, "(", lists:join(",", [N | Names]), ") when is_integer(", N, ") ->\n  ", loop(F, N, Rest, Env), ";\n",
             F, "(", lists:join(",", ["_" || _ <- Types]), ") ->\n  ", body(any, 1, []), ".\n"];
        _ ->
            Clauses = [clause(F, Types) || _ <- lists:seq(1, rand:uniform(2))],
            Env = [{fresh(), T} || T <- Types],
            Last = case chance(85) of
                       true -> [[F, "(", lists:join(",", [V || {V, _} <- Env]), ") ->\n  ", body(any, 3, Env)]];
                       false -> []
                   end,
            [lists:join(";\n", Clauses ++ Last), ".\n"]
    end.

%% Tail call, or a call whose result is used.
loop(F, N, Types, Env) ->
    Inner = [{N, int} | Env],
    Arguments = [[N, " - 1"] | [expression(T, 2, Inner) || T <- Types]],
    Call = [F, "(", lists:join(",", Arguments), ")"],
    case rand:uniform(4) of
        1 -> Call;
        2 -> ["[", expression(any, 2, Inner), " | ", Call, "]"];
        3 -> V = fresh(), [V, " = ", Call, ",\n  ", body(any, 2, [{V, any} | Inner])];
        4 -> [statement_list(1, 2, Inner, fun(_) -> Call end)]
    end.

clause(F, Types) ->
    {Patterns, Env} = patterns(Types, 2, []),
    [F, "(", lists:join(",", Patterns), ")", when_guard(60, Env), " ->\n  ", body(any, 3, Env)].

when_guard(Percent, Env) ->
    case chance(Percent) of
        true -> [" when ", lists:join(pick([", ", "; "]), [guard(2, Env) || _ <- lists:seq(1, rand:uniform(2))])];
        false -> ""
    end.

%% --- Patterns: text and the variables they bind.

patterns(Types, D, Bound) ->
    lists:foldl(fun(T, {Ps, Env}) -> {P, New} = pattern(T, D, Bound), {Ps ++ [P], Env ++ New} end, {[], []}, Types).

pattern(Type, D, Bound) when D > 0 ->
    case {rand:uniform(12), Type} of
        {1, _} -> {constant(Type), []};
        {2, _} -> {"_", []};
        {3, _} when Bound =/= [] -> {element(1, pick(Bound)), []};
        {4, _} -> {P, Env} = pattern(Type, D - 1, Bound), V = fresh(), {[P, " = ", V], [{V, Type} | Env]};
        {N, _} when N < 7 -> variable(Type);
        {_, list} -> list_pattern(D, any, Bound);
        {_, ints} -> list_pattern(D, int, Bound);
        {_, string} -> case chance(20) of true -> V = fresh(), {["\"a\" ++ ", V], [{V, string}]}; false -> list_pattern(D, int, Bound) end;
        {_, pairs} -> list_pattern(D, tuple, Bound);
        {_, tuple} -> {Ps, Env} = patterns([any || _ <- lists:seq(1, rand:uniform(4) - 1)], D - 1, Bound), {["{", lists:join(",", Ps), "}"], Env};
        {_, map} ->
            Keys = lists:usort([lists:flatten(gen_terms:pattern_key()) || _ <- lists:seq(1, rand:uniform(3) - 1)]),
            {Ps, Env} = patterns([any || _ <- Keys], D - 1, Bound),
            {["#{", lists:join(",", [[K, " := ", P] || {K, P} <- lists:zip(Keys, Ps)]), "}"], Env};
        {_, T} when T =:= binary; T =:= bits -> segments(rand:uniform(5) - 1, [], []);
        {_, any} -> pattern(pick([int, atom, float, list, tuple, map, binary, bits, string]), D, Bound);
        _ -> variable(Type)
    end;
pattern(Type, _, _) ->
    case chance(70) of true -> variable(Type); false -> {constant(Type), []} end.

%% A literal that may stand in a pattern: one without maps.
constant(Type) ->
    Text = lists:flatten(gen_terms:literal(simple(Type), 1)),
    case string:find(Text, "#{") of nomatch -> Text; _ -> "{}" end.

variable(Type) -> V = fresh(), {V, [{V, Type}]}.

list_pattern(D, Of, Bound) ->
    {Ps, Env} = patterns([Of || _ <- lists:seq(1, rand:uniform(3) - 1)], D - 1, Bound),
    case {Ps, chance(60)} of
        {[_ | _], true} -> V = fresh(), {["[", lists:join(",", Ps), " | ", V, "]"], [{V, list} | Env]};
        _ -> {["[", lists:join(",", Ps), "]"], Env}
    end.

%% Segments of a binary pattern: adjacent fields of fixed size, sizes read before, a rest.
segments(0, Texts, Env) ->
    case rand:uniform(3) of
        1 -> {["<<", lists:join(",", Texts), ">>"], Env};
        2 -> V = fresh(), {["<<", lists:join(",", Texts ++ [[V, "/bitstring"]]), ">>"], [{V, bits} | Env]};
        3 -> V = fresh(), {["<<", lists:join(",", Texts ++ [[V, "/binary"]]), ">>"], [{V, binary} | Env]}
    end;
segments(N, Texts, Env) ->
    V = fresh(),
    Ints = [X || {X, int} <- Env],
    {Text, New} =
        case rand:uniform(17) of
            14 -> {[V, pick(["/utf16", "/utf32", "/utf16-little"])], [{V, int}]};
            15 when Ints =/= [] -> {[V, ":(", pick(Ints), pick([" + 1", " - 1", " band 7", " * 2"]), ")", pick(["", "/unit:4", "/binary", "/signed"])], [{V, int}]};
            16 -> {[V, ":", gen_terms:tiny(), pick(["/unit:8", "/unit:16-little", "/unit:3", "/binary-unit:4", "/bitstring-unit:8"])], [{V, int}]};
            17 -> {["\"", pick(["a", "é", "b"]), "\"", pick(["/utf8", "/utf16"])], []};   % with /utf32 OTP 25 dies of a segmentation fault
            1 -> {[V, ":", size(), flags()], [{V, int}]};
            2 -> {[V, ":8"], [{V, int}]};
            3 -> {V, [{V, int}]};
            4 -> {[V, ":4"], [{V, int}]};
            5 -> {[V, ":", pick(["16", "32", "64", "24", "3", "12", "72"]), flags()], [{V, int}]};
            6 -> {[gen_terms:tiny(), ":", size()], []};
            7 -> {["\"", pick(["a", "he", "1"]), "\""], []};
            8 -> {[V, ":", gen_terms:tiny(), "/binary"], [{V, binary}]};
            9 -> {[V, "/utf8"], [{V, int}]};
            10 -> {[V, ":", pick(["64", "32", "16"]), "/float", pick(["", "-little"])], [{V, float}]};
            11 when Ints =/= [] -> {[V, ":", pick(Ints), pick(["", "/binary", "/bitstring", "/little"])], [{V, int}]};
            12 -> {["_:", size()], []};
            _ -> {[V, ":", pick(["1", "2", "7", "5"]), "/bitstring"], [{V, bits}]}
        end,
    segments(N - 1, Texts ++ [Text], New ++ Env).

size() -> pick(["1", "2", "3", "4", "7", "8", "9", "16", "17", "31", "32", "33", "60", "64", "65", "100"]).
flags() -> pick(["", "", "/little", "/signed", "/signed-little", "/unsigned-big", "/native"]).

%% --- Guards

guard(D, Env) when D > 0 ->
    case rand:uniform(8) of
        1 -> ["(", guard(D - 1, Env), " andalso ", guard(D - 1, Env), ")"];
        2 -> ["(", guard(D - 1, Env), " orelse ", guard(D - 1, Env), ")"];
        3 -> ["not (", guard(D - 1, Env), ")"];
        4 -> ["(", guard(D - 1, Env), pick([" and ", " or ", " xor "]), guard(D - 1, Env), ")"];
        N when N < 7 -> ["(", guard_value(D, Env), pick([" < ", " > ", " =< ", " >= ", " == ", " =:= ", " /= ", " =/= "]), guard_value(D, Env), ")"];
        _ -> {F, A} = pick(gen_calls:guard_calls(bool)), [atom_to_list(F), "(", lists:join(",", [guard_argument(T, Env) || T <- A]), ")"]
    end;
guard(_, Env) -> ["(", guard_value(0, Env), pick([" < ", " == ", " =:= ", " =/= "]), guard_value(0, Env), ")"].

guard_argument(T, Env) -> case chance(80) of true -> known(T, Env); false -> known(any, Env) end.

guard_value(D, Env) when D > 0 ->
    case rand:uniform(9) of
        1 -> {F, A} = pick(gen_calls:guard_calls(pick([int, int, any]))), [atom_to_list(F), "(", lists:join(",", [guard_argument(T, Env) || T <- A]), ")"];
        2 -> ["(", known(int, Env), pick([" + ", " - ", " * ", " div ", " rem ", " band ", " bor ", " / ", " bsr "]), known(int, Env), ")"];
        3 -> ["(", known(number, Env), pick([" + ", " - ", " * ", " / "]), pick([known(float, Env), known(number, Env), "1", "0.5"]), ")"];
        4 -> [pick(["(- ", "(bnot ", "(+ "]), known(int, Env), ")"];
        _ -> known(any, Env)
    end;
guard_value(_, Env) -> known(any, Env).

%% A variable of the kind if there is one, else a literal.
known(T, Env) ->
    case [V || {V, K} <- Env, T =:= any orelse K =:= T orelse like(T, K)] of
        [_ | _] = Vs -> case chance(80) of true -> pick(Vs); false -> gen_terms:literal(simple(T), 1) end;
        [] -> gen_terms:literal(simple(T), 1)
    end.

simple(fn) -> atom;
simple(T) -> T.

like(list, K) -> lists:member(K, [string, ints, pairs, iolist, strings]);
like(bits, binary) -> true;
like(number, K) -> K =:= int orelse K =:= float;
like(iolist, K) -> K =:= string orelse K =:= binary;
like(_, _) -> false.

%% --- Bodies

body(Type, D, Env) -> statement_list(rand:uniform(3) - 1, D, Env, fun(Inner) -> expression(Type, D, Inner) end).

statement_list(0, _, Env, Last) -> Last(Env);
statement_list(N, D, Env, Last) ->
    T = kind(),
    case rand:uniform(8) of
        1 when D > 1 ->
            {P, New} = pattern(T, 2, Env),
            [P, " = ", expression(T, D - 1, Env), ",\n  ", statement_list(N - 1, D, New ++ Env, Last)];
        2 -> ["put(", gen_terms:atom(), ", ", expression(any, D - 1, Env), "),\n  ", statement_list(N - 1, D, Env, Last)];
        3 when D > 2 -> [pick(["erlang:garbage_collect()", "erlang:yield()", "erlang:bump_reductions(4000)"]), ",\n  ", statement_list(N - 1, D, Env, Last)];
        _ ->
            V = fresh(),
            [V, " = ", expression(T, D - 1, Env), ",\n  ", statement_list(N - 1, D, [{V, T} | Env], Last)]
    end.

kind() -> pick([int, int, int, float, number, atom, bool, binary, bits, string, ints, list, pairs, tuple, map, fn, any]).

%% --- Expressions

expression(tiny, _, _) -> gen_terms:tiny();
expression({text, Text}, _, _) -> Text;
expression(Text, _, _) when is_list(Text) -> ["\"", Text, "\""];
expression(onelist, D, Env) -> ["[", expression(any, D - 1, Env), "]"];
expression(fn2, D, Env) -> lambda(2, D, Env);
expression(fn3, D, Env) -> lambda(3, D, Env);
expression(Type, D, Env) when D =< 0 ->
    case chance(4) of true -> known(any, Env); false -> leaf(Type, Env) end;
expression(Type, D, Env) ->
    case rand:uniform(100) of
        N when N =< 4 -> expression(any, D - 1, Env);
        N when N =< 20 -> leaf(Type, Env);
        N when N =< 62 -> built(Type, D, Env);
        N when N =< 80 -> library(Type, D, Env);
        N when N =< 93 -> gen_control:expression(Type, D, Env, tools());
        _ -> local(Type, D, Env)
    end.

tools() -> #{expression => fun expression/3, body => fun body/3, pattern => fun pattern/3, guard => fun when_guard/2, test => fun guard/2, kind => fun kind/0}.

leaf(fn, Env) -> case [V || {V, fn} <- Env] of [_ | _] = Vs -> pick(Vs); [] -> literal(fn) end;
leaf(Type, Env) -> known(Type, Env).

local(Type, D, Env) ->
    case get(functions) of
        [_ | _] = Later ->
            {F, Types} = pick(Later),
            [F, "(", lists:join(",", [expression(case T of int -> tiny; _ -> T end, D - 2, Env) || T <- Types]), ")"];
        [] -> library(Type, D, Env)
    end.

library(Type, D, Env) ->
    case gen_calls:calls(case Type of number -> int; iolist -> string; strings -> list; pairs -> list; _ -> Type end) of
        [] -> built(Type, D, Env);
        Calls ->
            {M, F, Kinds} = pick(Calls),
            Arguments = [case T =/= tiny andalso chance(5) of true -> expression(any, D - 1, Env); false -> expression(T, D - 1, Env) end || T <- Kinds],
            case chance(6) of
                true -> ["apply(", atom_to_list(M), ", ", io_lib:format("~w", [F]), ", [", lists:join(",", Arguments), "])"];
                false -> [atom_to_list(M), ":", io_lib:format("~w", [F]), "(", lists:join(",", Arguments), ")"]
            end
    end.

lambda(Arity, D, Env) ->
    Types = [kind() || _ <- lists:seq(1, Arity)],
    Vs = [{fresh(), T} || T <- Types],
    Head = ["(", lists:join(",", [V || {V, _} <- Vs]), ")"],
    case rand:uniform(5) of
        2 when Arity > 1 ->   % counts its first argument down
            [{N, _} | _] = Vs,
            F = fresh(),
            Others = lists:join(",", [V || {V, _} <- tl(Vs)]),
            ["fun ", F, "(", N, ",", Others, ") when is_integer(", N, "), ", N, " > 0, ", N, " < 20 -> ", F, "(", N, " - 1,",
             lists:join(",", [expression(T, D - 2, Vs ++ Env) || {_, T} <- tl(Vs)]), "); ", F, Head, " -> ", body(any, D - 2, Vs ++ Env), " end"];
        1 ->
            {Ps, New} = patterns(Types, 2, []),
            ["fun(", lists:join(",", Ps), ")", when_guard(30, New), " -> ", body(any, D - 2, New ++ Env), "; ", Head, " -> ", expression(any, D - 2, Vs ++ Env), " end"];
        _ -> ["fun", Head, " -> ", body(any, D - 2, Vs ++ Env), " end"]
    end.

%% What the language itself builds.
built(int, D, Env) ->
    E = fun(T) -> expression(T, D - 1, Env) end,
    weighted([{4, fun() -> ["(", E(int), pick([" + ", " - "]), gen_terms:int(), ")"] end},
              {4, fun() -> ["(", E(int), pick([" + ", " - ", " * "]), E(int), ")"] end},
              {2, fun() -> ["(", E(int), pick([" div ", " rem "]), E(int), ")"] end},
              {2, fun() -> ["(", E(int), pick([" band ", " bor ", " bxor "]), E(int), ")"] end},
              {1, fun() -> ["(", E(int), pick([" bsl ", " bsr "]), pick(["0", "1", "3", "31", "58", "60", "64", "70", "-1", "-59", "-64"]), ")"] end},
              {1, fun() -> ["(bnot ", E(int), ")"] end},
              {1, fun() -> ["(- ", E(int), ")"] end}], run);
built(float, D, Env) ->
    E = fun(T) -> expression(T, D - 1, Env) end,
    weighted([{3, fun() -> ["(", E(float), pick([" + ", " - ", " * ", " / "]), E(number), ")"] end},
              {2, fun() -> ["(", E(number), " / ", E(number), ")"] end},
              {2, fun() -> ["((", E(float), pick([" + ", " * "]), E(float), ")", pick([" - ", " / "]), E(float), ")"] end},
              {1, fun() -> ["(- ", E(float), ")"] end}], run);
built(number, D, Env) -> built(pick([int, float]), D, Env);
built(bool, D, Env) ->
    E = fun(T) -> expression(T, D - 1, Env) end,
    weighted([{4, fun() -> T = kind(), ["(", E(T), pick([" < ", " > ", " =< ", " >= ", " == ", " =:= ", " /= ", " =/= "]), E(T), ")"] end},
              {2, fun() -> ["(", E(any), pick([" < ", " >= ", " == ", " =:= "]), E(any), ")"] end},
              {2, fun() -> ["(", E(bool), pick([" andalso ", " orelse "]), E(bool), ")"] end},
              {1, fun() -> ["(not ", E(bool), ")"] end},
              {2, fun() -> {F, A} = pick(gen_calls:guard_calls(bool)), [atom_to_list(F), "(", lists:join(",", [expression(T, D - 1, Env) || T <- A]), ")"] end}], run);
built(atom, D, Env) -> gen_control:expression(atom, D, Env, tools());
built(T, D, Env) when T =:= binary; T =:= bits -> gen_bits:expression(T, D, Env, tools());
built(T, D, Env) when T =:= list; T =:= ints; T =:= pairs; T =:= string; T =:= iolist; T =:= strings ->
    Of = case T of ints -> int; string -> int; pairs -> pairs; strings -> string; iolist -> binary; list -> any end,
    Element = fun() when Of =:= pairs -> ["{", expression(any, D - 2, Env), ",", expression(any, D - 2, Env), "}"]; () -> expression(Of, D - 1, Env) end,
    weighted([{4, fun() -> ["[", lists:join(",", [Element() || _ <- lists:seq(1, rand:uniform(4))]), "]"] end},
              {2, fun() -> ["[", Element(), " | ", expression(T, D - 1, Env), "]"] end},
              {2, fun() -> ["(", expression(T, D - 1, Env), pick([" ++ ", " ++ ", " -- "]), expression(T, D - 1, Env), ")"] end},
              {3, fun() -> comprehension(Of, D, Env) end}], run);
built(tuple, D, Env) -> ["{", lists:join(",", [expression(any, D - 1, Env) || _ <- lists:seq(1, rand:uniform(4))]), "}"];
built(map, D, Env) ->
    Pairs = fun(Op) -> lists:join(",", [[case chance(70) of true -> gen_terms:pattern_key(); false -> expression(any, D - 2, Env) end, Op, expression(any, D - 2, Env)] || _ <- lists:seq(1, rand:uniform(3))]) end,
    weighted([{3, fun() -> ["#{", Pairs(" => "), "}"] end},
              {3, fun() -> ["(", expression(map, D - 1, Env), ")#{", Pairs(" => "), "}"] end},
              {1, fun() -> ["(", expression(map, D - 1, Env), ")#{", Pairs(" := "), "}"] end}], run);
built(fn, D, Env) -> lambda(1, D, Env);
built(any, D, Env) ->
    case chance(20) of
        true -> ["(", expression(fn, D - 1, Env), ")(", expression(any, D - 1, Env), ")"];
        false -> expression(kind(), D, Env)
    end.

weighted(Rows, run) -> (weighted(Rows))().

comprehension(Of, D, Env) ->
    {Generators, Inner} = gen_bits:generators(rand:uniform(2), D, Env, tools()),
    Filter = case chance(40) of true -> [", ", case chance(70) of true -> guard(1, Inner); false -> expression(bool, D - 2, Inner) end]; false -> "" end,
    Value = case Of of pairs -> ["{", expression(any, D - 2, Inner), ",", expression(any, D - 2, Inner), "}"]; _ -> expression(Of, D - 2, Inner) end,
    ["[", Value, " || ", Generators, Filter, "]"].
