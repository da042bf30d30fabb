%% SPDX-License-Identifier: Apache-2.0
%% Counters and atomics of many words, the first, the last and what lies at the edge of a cache line.
-module(large_counters).
-export([main/0]).

main() ->
    Count = 1 bsl 20,
    C = counters:new(Count, [write_concurrency]),
    A = atomics:new(Count, [{signed, false}]),
    D = counters:new(Count, [atomics]),
    Places = [1, 8, 9, Count div 2, Count - 1, Count],
    [begin counters:add(C, P, P), counters:sub(D, P, 1), atomics:put(A, P, P) end || P <- Places],
    io:format("~p~n", [[{counters:get(C, P), counters:get(D, P), atomics:get(A, P)} || P <- Places]]),
    io:format("~p~n", [[{counters:get(C, P), counters:get(D, P), atomics:get(A, P)} || P <- [2, 7, 10, Count - 2]]]),
    io:format("~p~n", [[answer(F) || F <- [fun() -> counters:get(C, 0) end, fun() -> counters:get(C, Count + 1) end, fun() -> atomics:get(A, Count + 1) end,
                                            fun() -> counters:new(0, []) end, fun() -> atomics:new(1 bsl 62, []) end, fun() -> counters:new(1 bsl 62, [write_concurrency]) end]]]),
    halt().

answer(F) -> try F() catch C:R -> {C, R} end.
