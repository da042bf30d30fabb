%% SPDX-License-Identifier: Apache-2.0
%% Building and matching bitstrings.
-module(bitstrings).
-mode(compile).
-export([main/1]).

main(_) ->
    [io:format("~w~n", [<<V:S/big>>]) || V <- [0, 1, -1, 300, 1 bsl 70], S <- [0, 1, 7, 8, 12, 16, 33, 64, 80]],
    [io:format("~w~n", [<<V:S/little>>]) || V <- [0, 1, -2, 300, 1 bsl 70], S <- [0, 1, 7, 8, 12, 16, 33, 64, 80]],
    [io:format("~w~n", [<<F:S/float, F:S/float-little>>]) || F <- [1.5, -0.0, 3], S <- [16, 32, 64]],
    [io:format("~w~n", [<<C/utf8, C/utf16, C/utf32, C/utf16-little>>]) || C <- [0, $a, 16#7FF, 16#800, 16#FFFF, 16#10FFFF]],
    Bits = <<1:3, 200:13, "hello", 5:5/little, 77:16/little-signed, 1.25:64/float>>,
    <<A:3, B:13, C:5/binary, D:5/little, E:16/little-signed, F/float>> = Bits,
    io:format("~w~n", [{A, B, C, D, E, F, bit_size(Bits)}]),
    io:format("~w~n", [[X || <<X:5>> <= Bits]]),
    io:format("~w~n", [<< <<X:3>> || X <- lists:seq(1, 20) >>]),
    io:format("~w~n", [walk(<<"grüße, мир"/utf8>>, [])]),
    io:format("~w~n", [lists:foldl(fun(X, Acc) -> <<Acc/binary, X>> end, <<>>, lists:seq(1, 100))]),
    io:format("~w~n", [byte_size(lists:foldl(fun(X, Acc) -> <<Acc/binary, X:32>> end, <<>>, lists:seq(1, 50000)))]),
    One = <<"shared start ">>,
    Two = <<One/binary, "first">>,
    Three = <<One/binary, "second">>,
    Four = <<Two/binary, "!">>,
    io:format("~s~n~s~n~s~n~s~n", [One, Two, Three, Four]),
    [io:format("~w~n", [try packet(P) catch K:R -> {K, R} end]) || P <- [<<3, "abc", 1, "x">>, <<3, "ab">>, <<>>, <<0>>]],
    [io:format("~w~n", [try F1() catch K:R -> {K, R} end]) ||
        F1 <- [fun() -> <<(id(a)):8>> end, fun() -> <<(id("x"))/binary>> end, fun() -> <<(id(1.5)):8>> end,
               fun() -> <<1:(id(-1))>> end, fun() -> <<(id(16#D800))/utf8>> end, fun() -> <<(id(<<1:3>>))/binary>> end]].

id(X) -> X.
walk(<<C/utf8, Rest/binary>>, Acc) -> walk(Rest, [C | Acc]);
walk(<<>>, Acc) -> lists:reverse(Acc).
packet(<<Size, Payload:Size/binary, Rest/binary>>) -> [Payload | packet(Rest)];
packet(<<>>) -> done.
