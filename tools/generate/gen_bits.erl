%% SPDX-License-Identifier: Apache-2.0
%% Building of binaries and bit strings, and generators of comprehensions.
-module(gen_bits).
-export([expression/4, generators/4]).
-import(gen_terms, [pick/1, chance/1, fresh/0]).

expression(T, D, Env, #{expression := E} = Tools) ->
    case rand:uniform(8) of
        N when N < 6 -> ["<<", lists:join(",", [segment(T, D, Env, Tools) || _ <- lists:seq(1, rand:uniform(5))]), ">>"];
        6 -> ["<<(", E(T, D - 1, Env), ")/", case T of binary -> "binary"; bits -> "bitstring" end, ",", segment(T, D, Env, Tools), ">>"];
        _ ->
            {Generators, Inner} = generators(rand:uniform(2), D, Env, Tools),
            ["<< <<", segment(T, D - 1, Inner, Tools), ">> || ", Generators, ">>"]
    end.

segment(T, D, Env, #{expression := E}) ->
    Int = fun() -> ["(", E(int, D - 1, Env), ")"] end,
    case rand:uniform(13) of
        1 -> [Int(), ":", pick(["8", "16", "32", "64", "24", "72", "128"]), pick(["", "/little", "/signed", "/native"])];
        2 -> Int();
        3 -> ["(", E(float, D - 1, Env), "):", pick(["64", "32", "16"]), "/float", pick(["", "-little"])];
        4 -> ["(", E(binary, D - 1, Env), ")/binary"];
        5 -> ["(", E(binary, D - 1, Env), "):", gen_terms:tiny(), "/binary"];
        6 -> [Int(), pick(["/utf8", "/utf16", "/utf16-little", "/utf32"])];
        7 -> ["\"", pick(["abc", "é", "x"]), "\"", pick(["", "/utf8", "/utf16"])];
        8 -> [Int(), ":(", E(tiny, 0, Env), ")/unit:8"];
        9 when T =:= bits -> [Int(), ":", pick(["1", "3", "4", "7", "9", "13", "59", "60", "61", "65"]), pick(["", "/little", "/signed"])];
        10 when T =:= bits -> ["(", E(bits, D - 1, Env), ")/bitstring"];
        11 when T =:= bits -> ["(", E(bits, D - 1, Env), "):", pick(["1", "5", "8", "12"]), "/bitstring"];
        12 -> [gen_terms:tiny(), ":4, ", Int(), ":4"];
        _ -> [gen_terms:tiny()]
    end.

%% One or two generators; what they bind is for the filter and the value.
generators(N, D, Env, Tools) -> generators(N, D, Env, Tools, []).

generators(0, _, Env, _, Texts) -> {lists:join(", ", Texts), Env};
generators(N, D, Env, #{expression := E, pattern := P} = Tools, Texts) ->
    {Text, New} =
        case rand:uniform(5) of
            1 -> V = fresh(), {["<<", V, pick(["", ":4", ":8", ":3", ":16/little", "/utf8"]), ">> <= ", source(E(binary, D - 2, Env))], [{V, int}]};
            2 -> V = fresh(), W = fresh(), {["<<", V, ":", pick(["2", "8", "5"]), ", ", W, ":", pick(["6", "8", "1/bitstring"]), ">> <= ", source(E(bits, D - 2, Env))], [{V, int}, {W, int}]};
            3 -> {Pattern, Bound} = P(pick([tuple, int, any]), 1, []), {[Pattern, " <- ", E(pick([pairs, list]), D - 2, Env)], Bound};
            _ -> V = fresh(), {[V, " <- ", E(pick([ints, list, string]), D - 2, Env)], [{V, case chance(70) of true -> int; false -> any end}]}
        end,
    generators(N - 1, D, New ++ Env, Tools, Texts ++ [Text]).

source(Text) -> ["(", Text, ")"].
