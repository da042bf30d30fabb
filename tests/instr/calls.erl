%% SPDX-License-Identifier: Apache-2.0
%% Calls take the moves before them along; frames take the first move behind them.
-module(calls).
-export([fib/1, swapped/2, constant/1, last/2, through/1, keep/3]).

fib(N) when N < 2 -> N;
fib(N) -> fib(N - 1) + fib(N - 2).

swapped(A, B) -> last(B, A).

constant(A) -> last(A, 17).

last(A, B) -> [keep(A, B, A) | through(B)].

through(A) -> {ok, B} = fib(A), last(B, A).

keep(A, B, C) ->
    D = fib(A),
    E = last(B, C),
    {A, B, D, E}.
