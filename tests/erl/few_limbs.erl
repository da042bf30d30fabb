%% SPDX-License-Identifier: Apache-2.0
%% Integers of a few words: sums, products, bits and shifts around the edges of a word and of small integers, wherever the heap is full meanwhile, and
%% with operands that nothing needs afterwards.
-module(few_limbs).
-export([main/0]).

main() ->
    Numbers = numbers(),
    io:format("~p numbers~n", [length(Numbers)]),
    [io:format("~p: ~p~n", [Name, erlang:phash2([catch Operation(A, B) || A <- Numbers, B <- Numbers])]) || {Name, Operation} <- operations()],
    io:format("shifts: ~p ~p~n", [erlang:phash2([A bsl N || A <- Numbers, N <- lists:seq(0, 300, 7)]), erlang:phash2([A bsr N || A <- Numbers, N <- lists:seq(0, 300, 7)])]),
    [io:format("~p~n", [catch Operation(1 bsl 100, Other)]) || {_, Operation} <- operations(), Other <- [a, 1.5, <<>>]],
    %% As many different fillings of the heap: the answers are the same.
    Answers = lists:usort([filled(Words) || Words <- lists:seq(0, 260)]),
    io:format("~p~n", [Answers]),
    io:format("~p~n", [lists:usort([guarded(Words) || Words <- lists:seq(0, 120)])]),
    io:format("~p~n", [generator(16#9E3779B97F4A7C15, 1, 20000)]),
    io:format("~p~n", [mix(20000, 16#0123456789ABCDEF0123456789ABCDEF, 1 bsl 255)]).

numbers() ->
    Powers = [1 bsl N || N <- [0, 1, 31, 58, 59, 60, 63, 64, 65, 127, 128, 191, 192, 255, 256, 300]],
    [0 | lists:append([[P, P - 1, P + 1, -P, 1 - P, -1 - P, (P - 1) * (P - 1)] || P <- Powers])].

operations() ->
    [{add, fun(A, B) -> A + B end}, {subtract, fun(A, B) -> A - B end}, {multiply, fun(A, B) -> A * B end},
     {'and', fun(A, B) -> A band B end}, {'or', fun(A, B) -> A bor B end}, {'xor', fun(A, B) -> A bxor B end},
     {'div', fun(A, B) -> A div B end}, {'rem', fun(A, B) -> A rem B end}].

in_process(Fun) ->
    {Pid, Monitor} = spawn_opt(fun() -> exit({answer, Fun()}) end, [monitor, {min_heap_size, 1}]),
    receive {'DOWN', Monitor, process, Pid, {answer, Answer}} -> Answer end.

filled(Words) ->
    in_process(fun() ->
        Kept = lists:duplicate(Words, x),
        A = id(1 bsl 70 + Words - Words), B = id(-(1 bsl 130) + 5),
        {chain(A, B, id(3)), chain(B, A, id(1 bsl 62)), length(Kept) - Words}
    end).

%% Each operand is used for the last time.
chain(A, B, C) -> last(sum(A, B) * C, difference(B, A)).
sum(A, B) -> A + B.
difference(A, B) -> A - B.
last(A, B) -> {A bxor B, (A band B) bor (A bsl 3), B bsr 5, A div (B + 1), A rem 1000003}.

guarded(Words) ->
    in_process(fun() ->
        _ = lists:duplicate(Words, x),
        [guard(id(A), id(B)) || A <- [1 bsl 64, 5, -(1 bsl 90)], B <- [1 bsl 65, -1, a]]
    end).
guard(A, B) when A + B > 1 bsl 64, A * B > 0 -> {large, A - B};
guard(A, B) when A bxor B < 0 -> {negative, A};
guard(A, _) when abs(A) > 1 bsl 80 -> far;
guard(_, B) -> {other, B}.

generator(_, X, 0) -> X;
generator(Step, X, N) -> generator(Step, ((X bxor (X bsr 13)) * Step + N) band 16#FFFFFFFFFFFFFFFF, N - 1).

mix(0, A, B) -> {A, B};
mix(N, A, B) -> mix(N - 1, (A * 3 + (B bsr 7)) band ((1 bsl 200) - 1), (B bxor (A bsl 11)) rem ((1 bsl 250) - 19)).

id(X) -> X.
