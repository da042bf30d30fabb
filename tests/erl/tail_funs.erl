%% SPDX-License-Identifier: Apache-2.0
%% A fun called last leaves no frame behind; what stands behind such a call is reached by jumps alone.
-module(tail_funs).
-mode(compile).
-export([main/1]).

main(_) ->
    Loop = fun(_, 0) -> {memory, M} = process_info(self(), memory), M < 1000000;
              (G, N) -> id(N), G(G, N - 1)
           end,
    io:format("~p~n", [Loop(Loop, 1000000)]),
    io:format("~p~n", [[pick(K, fun(X) -> id(X) + 1 end, V) || K <- [a, b, c, d], V <- [1, 2]]]).

id(X) -> X.

pick(Kind, F, V) ->
    W = id(V),
    case id(Kind) of
        a -> F(W);
        b -> W;
        c -> G = id(F), G(W + 10);
        d -> {Kind, W}
    end.
