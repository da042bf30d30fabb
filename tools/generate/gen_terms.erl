%% SPDX-License-Identifier: Apache-2.0
%% Random literals as source text, and the small vocabulary of chance that the other parts use. Everything draws from `rand`, which
%% the caller seeds; fresh names come from a counter in the process dictionary.
-module(gen_terms).
-export([pick/1, chance/1, weighted/1, fresh/0, int/0, tiny/0, float/0, atom/0, binary/0, bits/0, string/0, literal/1, literal/2, pattern_key/0]).

pick(List) -> lists:nth(rand:uniform(length(List)), List).

chance(Percent) -> rand:uniform(100) =< Percent.

%% [{Weight, Value}]
weighted(Rows) ->
    weighted(Rows, rand:uniform(lists:sum([W || {W, _} <- Rows]))).
weighted([{W, V} | _], N) when N =< W -> V;
weighted([{W, _} | Rest], N) -> weighted(Rest, N - W).

fresh() ->
    N = get(fresh),
    put(fresh, N + 1),
    "V" ++ integer_to_list(N).

%% Integers gather at the edges: of small values (60 bits), of words and of powers of two.
int() ->
    case rand:uniform(20) of
        N when N =< 10 -> integer_to_list(rand:uniform(24) - 6);
        N when N =< 12 -> integer_to_list(rand:uniform(3000) - 1000);
        13 -> integer_to_list((1 bsl 59) + rand:uniform(5) - 3);
        14 -> integer_to_list(-(1 bsl 59) + rand:uniform(5) - 3);
        15 -> integer_to_list((1 bsl pick([31, 32, 60, 63, 64, 127, 128])) + rand:uniform(5) - 3);
        16 -> integer_to_list(-(1 bsl pick([31, 32, 60, 63, 64, 127, 128])) + rand:uniform(5) - 3);
        17 -> integer_to_list(rand:uniform(1 bsl pick([70, 100, 200])));
        18 -> pick(["0", "1", "-1", "2", "255", "256", "65535", "16#10FFFF", "16#D800"]);
        _ -> pick(["$a", "$z", "$\\s", "$0", "97", "1024"])
    end.

tiny() -> integer_to_list(rand:uniform(9) - 1).

float() ->
    pick(["0.0", "1.0", "-1.0", "0.5", "3.25", "-2.75", "1.0e10", "1.0e300", "-1.0e300", "1.0e-300", "5.0e-324", "9007199254740992.0", "9007199254740993.0",
          "576460752303423488.0", "1.7976931348623157e308", "0.1", "100.0", "18446744073709551616.0", float_to_list(rand:uniform() * 1000, [short])]).

atom() -> pick(["a", "b", "c", "ok", "error", "true", "false", "undefined", "'hello world'", "''", "'é'", "'Ж'", "infinity", "nil", "foo", "'EXIT'", "badarg"]).

binary() ->
    pick(["<<>>", "<<\"a\">>", "<<\"abc\">>", "<<\"hello world\">>", "<<0>>", "<<255>>", "<<0,1,2,3,4,5,6,7>>", "<<\"12\">>", "<<\"-7\">>", "<<\"1.5\">>",
          "<<\"é\"/utf8>>", "<<\"日本\"/utf8>>", "<<\"a,b,,c\">>", "<<\"  x y \">>", "<<195>>", "<<237,160,128>>", "<<131,97,1>>", "<<0:800>>",
          "<<16#ffffffffffffffff:64>>", "<<1.5/float>>", "<<16#7ff0000000000000:64>>"]).

bits() -> pick(["<<1:1>>", "<<5:3>>", "<<1,2,3:4>>", "<<\"abc\",1:7>>", "<<0:65>>", "<<-1:13>>", "<<>>"]).

string() -> pick(["\"\"", "\"abc\"", "\"a\"", "\"hello world\"", "\"123\"", "\"-5\"", "\"1.25\"", "\"é\"", "\"Жук\"", "\"a b c\"", "\"1e5\"", "\"16#ff\""]).

literal(Type) -> literal(Type, 2).

literal(int, _) -> int();
literal(tiny, _) -> tiny();
literal(float, _) -> float();
literal(number, _) -> case chance(60) of true -> int(); false -> float() end;
literal(atom, _) -> atom();
literal(bool, _) -> pick(["true", "false"]);
literal(binary, _) -> binary();
literal(bits, _) -> case chance(50) of true -> bits(); false -> binary() end;
literal(string, _) -> string();
literal(ints, _) -> ["[", join([pick([int(), tiny(), tiny()]) || _ <- lists:seq(1, rand:uniform(6) - 1)]), "]"];
literal(pairs, _) -> ["[", join([["{", key(), ",", literal(any, 1), "}"] || _ <- lists:seq(1, rand:uniform(5) - 1)]), "]"];
literal(strings, _) -> ["[", join([string() || _ <- lists:seq(1, rand:uniform(4) - 1)]), "]"];
literal(iolist, D) -> ["[", join([pick([binary(), string(), "$a", "10"]) || _ <- lists:seq(1, rand:uniform(3))]), case D > 0 andalso chance(20) of true -> " | <<\"t\">>]"; false -> "]" end];
literal(list, D) when D > 0 ->
    Elements = [literal(any, D - 1) || _ <- lists:seq(1, rand:uniform(5) - 1)],
    Tail = case Elements =/= [] andalso chance(6) of true -> [" | ", literal(any, D - 1)]; false -> "" end,
    ["[", join(Elements), Tail, "]"];
literal(list, _) -> "[]";
literal(tuple, D) when D > 0 -> ["{", join([literal(any, D - 1) || _ <- lists:seq(1, rand:uniform(5) - 1)]), "}"];
literal(tuple, _) -> "{}";
literal(map, D) when D > 0 -> ["#{", join([[K, " => ", literal(any, D - 1)] || K <- lists:usort([lists:flatten(key()) || _ <- lists:seq(1, rand:uniform(5) - 1)])]), "}"];
literal(map, _) -> "#{}";
literal(fn, _) -> pick(["fun erlang:length/1", "fun erlang:abs/1", "fun lists:reverse/1", "fun(X) -> X end", "fun(X) -> {X, X} end", "fun(X) -> X + 1 end"]);
literal(any, D) ->
    literal(weighted([{5, int}, {2, float}, {4, atom}, {3, binary}, {1, bits}, {2, string}, {3, list}, {3, tuple}, {3, map}]), D).

key() -> pick(["a", "b", "c", "1", "2", "1.0", "<<\"k\">>", "{x,1}", "[]", "\"s\"", "576460752303423488"]).

pattern_key() -> key().

join([]) -> [];
join(Texts) -> lists:join(",", Texts).
